/* llama_lead.c: keys and values of leads, kept from one prompt to the next.
 *
 * Where the input stands before the prompt, the rows of a unit's inputs are the
 * same under every prompt. What the KV memory holds after the leads of a wave
 * (and its prefix) is copied out, and put back when a wave with the same leads
 * comes, into the same cells: the copy is to the bit what feeding them would
 * give, so no score depends on whether there was one. The first waves that fit
 * are kept: units come in the same order under every prompt, so what was used
 * last is what is needed last. Copies that nothing uses go once much has found
 * no room. */
#include "base/error.h"
#include "base/hash.h"
#include "engine/llama/llama_engine.h"

typedef struct copy {
    pmpo_hash key;
    uint8_t *bytes;
    size_t n;
    bool used;
} copy;

/* So many times the room has to be refused, and nothing found, before copies
 * that were never used go. */
#define PATIENCE 4

struct pmpo_leads {
    copy *all; /* [n] */
    size_t n, cap;
    uint64_t bytes; /* of all */
    uint64_t refused; /* bytes, since a copy was last found */
    pmpo_hasher *hasher;
};

pmpo_leads *pmpo_leads_new(void)
{
    pmpo_leads *k = pmpo_calloc(1, sizeof(*k));
    if (k) {
        k->hasher = pmpo_hasher_new();
    }
    if (k && !k->hasher) {
        pmpo_free(k);
        k = NULL;
    }
    return k;
}

void pmpo_leads_clear(pmpo_leads *k)
{
    for (size_t i = 0; i < k->n; i++) {
        pmpo_free(k->all[i].bytes);
    }
    k->n = 0;
    k->bytes = 0;
}

void pmpo_leads_free(pmpo_leads *k)
{
    if (k) {
        pmpo_leads_clear(k);
        pmpo_free(k->all);
        pmpo_hasher_free(k->hasher);
        pmpo_free(k);
    }
}

uint64_t pmpo_leads_bytes(const pmpo_leads *k)
{
    return k->bytes;
}

/* All that the memory's content after the leads follows from. */
static pmpo_hash key_of(const pmpo_llama *l, const pmpo_plan *p,
                        const pmpo_plan_wave *w)
{
    pmpo_hasher *h = l->leads->hasher;
    pmpo_hasher_u64(h, p->n_prefix);
    pmpo_hasher_bytes(h, l->prefix, p->n_prefix * sizeof(*l->prefix));
    pmpo_hasher_u64(h, w->n_sequences);
    for (size_t i = 0; i < w->n_lead; i++) {
        const pmpo_plan_row *r = &p->rows[w->row_begin + i];
        const int32_t x[4] = {r->token, r->position, r->seq_begin, r->seq_end};
        pmpo_hasher_bytes(h, x, sizeof(x));
    }
    return pmpo_hasher_end(h);
}

static void drop_unused(pmpo_leads *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->n; i++) {
        if (k->all[i].used) {
            k->all[n++] = k->all[i];
        } else {
            k->bytes -= k->all[i].n;
            pmpo_free(k->all[i].bytes);
        }
    }
    k->n = n;
}

static copy *find(const pmpo_leads *k, const pmpo_hash *key)
{
    for (size_t i = 0; i < k->n; i++) {
        if (!memcmp(k->all[i].key.bytes, key->bytes, sizeof(key->bytes))) {
            return &k->all[i];
        }
    }
    return NULL;
}

int pmpo_lead_restore(pmpo_llama *l, const pmpo_plan *p,
                      const pmpo_plan_wave *w, bool *restored, pmpo_error *err)
{
    pmpo_hash key = key_of(l, p, w);
    copy *c = find(l->leads, &key);
    *restored = c != NULL;
    if (!c) {
        return 0;
    }
    c->used = true;
    l->leads->refused = 0;
    if (llama_state_set_data(l->ctx, c->bytes, c->n) != c->n) {
        pmpo_llama_wipe(l);
        return pmpo_fail(err, PMPO_EBACKEND,
                         "llama.cpp could not put kept "
                         "keys and values back: %s",
                         pmpo_llama_log());
    }
    return 0;
}

void pmpo_lead_keep(pmpo_llama *l, const pmpo_plan *p, const pmpo_plan_wave *w)
{
    pmpo_leads *k = l->leads;
    copy c = {.key = key_of(l, p, w), .n = llama_state_get_size(l->ctx)};
    if (k->bytes + c.n > l->lead_bytes) {
        k->refused += c.n;
        if (k->refused > PATIENCE * l->lead_bytes) {
            drop_unused(k);
            k->refused = 0;
        }
    }
    if (k->bytes + c.n > l->lead_bytes ||
        PMPO_GROW(k->all, k->cap, k->n + 1) < 0) {
        return;
    }
    c.bytes = pmpo_calloc(c.n, 1);
    if (!c.bytes || llama_state_get_data(l->ctx, c.bytes, c.n) != c.n) {
        pmpo_free(c.bytes); /* not kept: it is fed again */
        return;
    }
    k->all[k->n++] = c;
    k->bytes += c.n;
}
