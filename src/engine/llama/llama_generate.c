/* llama_generate.c: many replies at a time.
 *
 * A slot is a sequence with its own part of the KV memory (a stream: attention
 * reads only that sample's cells), and knows which tokens are there. Every step
 * feeds one row per slot, so the weights are read once for all of them; a slot
 * whose reply has ended takes the next sample at once. A new prompt reuses the
 * beginning that its slot already has, or copies the slot that has most of it,
 * so demonstrations and instructions that prompts share are fed once. The rest
 * is fed many rows at a time, except for the last token: it is fed in the next
 * step, from whose logits the first token is drawn. A sample's randomness
 * depends on its own seed alone. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/thinking.h"
#include "engine/llama/llama_engine.h"

/* Tokens that another slot must hold more of a prompt to be worth copying, or
 * waiting for where they are being fed. */
#define WORTH_COPYING 16
/* A prompt's last tokens go one by one with the steps of the others. */
#define BY_STEPS 8
/* More slots than that are a multiple of it, as matrix products like it. */
#define EVEN_SLOTS 16

/* One sample: reply out[reply] to requests[request]. */
typedef struct item {
    const pmpo_gen_request *request;
    uint64_t seed;
    size_t reply;
    bool taken;
} item;

typedef struct slot {
    item *item;   /* NULL: free */
    int32_t *ids; /* [n_cells]: tokens in its stream, then those still to feed */
    size_t n;     /* of them in the stream */
    size_t n_ids;
    int32_t row;  /* in the batch at hand; -1: no logits */
    struct llama_sampler *chain, *grammar; /* of its sample; NULL: none */
} slot;

typedef struct job {
    pmpo_llama *l;
    struct llama_context *ctx;
    llama_memory_t memory;
    const pmpo_gen_params *p;
    pmpo_reply *out;
    item *items; /* [n_items], the longest prompts first */
    size_t n_items, first_left; /* items before that one are taken */
    slot *slots;
    size_t n_slots;
    llama_token_data *room; /* [n_vocab], with a grammar */
    pmpo_arena mem;
} job;

/* ---- the context ---------------------------------------------------------------- */

/* Slots of `cells` cells each: as many as there are samples, if their keys and
 * values fit. How many there are moves replies in their last bits (native
 * weights): it must not depend on what is free just now. */
static size_t slots_for(const pmpo_llama *l, size_t samples, size_t cells)
{
    size_t most = l->shares ? PMPO_MAX_SEQUENCES : 1;
    uint64_t each = (uint64_t)cells * l->cell_bytes; /* 0: no attention */
    size_t n = each && l->slot_bytes / each < most ? l->slot_bytes / each
                                                   : most;
    n = n > EVEN_SLOTS ? n / EVEN_SLOTS * EVEN_SLOTS : n > 0 ? n : 1;
    return samples < n ? samples : n;
}

static int start_context(job *j, size_t cells, pmpo_error *err)
{
    pmpo_llama *l = j->l;
    cells = pmpo_llama_pad(cells);
    size_t n = slots_for(l, j->n_items, cells);
    int rc = pmpo_llama_streams(l, n, cells, err);
    if (rc < 0) {
        return rc;
    }
    j->n_slots = n;
    j->ctx = l->streams;
    j->memory = llama_get_memory(j->ctx);
    j->slots = pmpo_arena_alloc(&j->mem, n, sizeof(*j->slots));
    for (size_t i = 0; j->slots && i < n; i++) {
        int32_t *ids = pmpo_arena_alloc(&j->mem, cells, sizeof(*ids));
        if (!ids) {
            return pmpo_fail_memory(err);
        }
        j->slots[i] = (slot){.ids = ids};
    }
    return j->slots ? 0 : pmpo_fail_memory(err);
}

/* Puts the next `n` tokens of slot `s` into the batch. */
static void put_rows(job *j, size_t s, size_t n, bool output)
{
    slot *t = &j->slots[s];
    for (size_t i = 0; i < n; i++, t->n++) {
        pmpo_llama_row(j->l,
                       &(pmpo_plan_row){t->ids[t->n], (int32_t)t->n, (int32_t)s,
                                        (int32_t)s + 1, output, false});
    }
}

/* Copies the first n tokens of slot `from` to slot `to`. */
static void copy(job *j, size_t from, size_t to, size_t n)
{
    slot *a = &j->slots[from], *b = &j->slots[to];
    if (from != to) {
        llama_memory_seq_cp(j->memory, (llama_seq_id)from, (llama_seq_id)to,
                            -1, -1);
        memcpy(b->ids, a->ids, n * sizeof(*a->ids));
    }
    if (n == 0 || from != to || b->n > n) {
        llama_memory_seq_rm(j->memory, (llama_seq_id)to,
                            n ? (llama_pos)n : -1, -1);
    }
    b->n = n;
}

/* ---- one sample --------------------------------------------------------------------- */

static struct llama_sampler *new_chain(const pmpo_gen_params *p, uint64_t seed)
{
    struct llama_sampler *c =
        llama_sampler_chain_init(llama_sampler_chain_default_params());
    if (!c) {
        return NULL;
    }
    if (p->temperature <= 0) {
        llama_sampler_chain_add(c, llama_sampler_init_greedy());
        return c;
    }
    uint32_t s = (uint32_t)(seed ^ (seed >> 32));
    s = s == LLAMA_DEFAULT_SEED ? 1 : s; /* which would mean "random" */
    llama_sampler_chain_add(c, llama_sampler_init_temp((float)p->temperature));
    llama_sampler_chain_add(c, llama_sampler_init_top_p((float)p->top_p, 1));
    llama_sampler_chain_add(c, llama_sampler_init_dist(s));
    return c;
}

static void drop_samplers(slot *s)
{
    if (s->chain) {
        llama_sampler_free(s->chain);
    }
    if (s->grammar) {
        llama_sampler_free(s->grammar);
    }
    s->chain = s->grammar = NULL;
}

/* What slot `s` draws its sample's tokens with. */
static int give_samplers(job *j, slot *s, pmpo_error *err)
{
    s->chain = new_chain(j->p, s->item->seed);
    if (!s->chain) {
        return pmpo_fail_memory(err);
    }
    pmpo_str gbnf = s->item->request->grammar;
    if (gbnf.len == 0) {
        return 0;
    }
    if (!j->room) {
        j->room = pmpo_arena_alloc(&j->mem, j->l->n_vocab, sizeof(*j->room));
    }
    s->grammar = j->room ? pmpo_llama_grammar(j->l, gbnf, err) : NULL;
    return s->grammar ? 0 : j->room ? PMPO_EUSAGE : pmpo_fail_memory(err);
}

static bool has_stop(const pmpo_buf *text, size_t before, pmpo_str stop)
{
    if (stop.len == 0) {
        return false;
    }
    size_t from = before > stop.len ? before - stop.len : 0;
    return pmpo_str_find(pmpo_buf_str(text), stop, from) != SIZE_MAX &&
           pmpo_stop_in(pmpo_buf_str(text), stop) != SIZE_MAX;
}

/* The likeliest token, of equals the first; none: the logits are no numbers.
 * In place of llama.cpp's sampler, which first copies them all. */
static llama_token greedy(const job *j, int32_t row)
{
    const float *x = llama_get_logits_ith(j->ctx, row);
    llama_token best = 0;
    for (llama_token t = 1; x && t < (llama_token)j->l->n_vocab; t++) {
        best = x[t] > x[best] ? t : best;
    }
    return x && isfinite(x[best]) ? best : LLAMA_TOKEN_NULL;
}

/* Replaces what is not UTF-8 (a reply may end within a code point), and NULs. */
static int mend(pmpo_buf *text, pmpo_error *err)
{
    if (pmpo_utf8_check(pmpo_buf_str(text)) == SIZE_MAX &&
        pmpo_str_find(pmpo_buf_str(text), PMPO_STR("\0"), 0) == SIZE_MAX) {
        return 0;
    }
    pmpo_buf good = {0};
    pmpo_buf_put_valid(&good, pmpo_buf_str(text));
    pmpo_buf_release(text);
    *text = good;
    return text->failed ? pmpo_fail_memory(err) : 0;
}

static int end_sample(job *j, slot *s, pmpo_error *err)
{
    drop_samplers(s);
    int rc = mend(&j->out[s->item->reply].text, err);
    if (rc == 0 && j->p->done) {
        j->p->done(j->p->ud, s->item->reply);
    }
    s->item = NULL;
    return rc;
}

/* Draws the slot's next token from its row; ends its sample when due. */
static int draw(job *j, slot *s, pmpo_error *err)
{
    bool plain = j->p->temperature <= 0 && !s->grammar;
    llama_token t = plain ? greedy(j, s->row)
                          : pmpo_llama_draw(j->l, s->chain, s->grammar, s->row,
                                            j->room);
    if (t == LLAMA_TOKEN_NULL) {
        return pmpo_fail(err, PMPO_EBACKEND, "sampling failed");
    }
    pmpo_reply *r = &j->out[s->item->reply];
    r->n_tokens++;
    size_t before = r->text.len;
    r->complete = llama_vocab_is_eog(j->l->vocab, t);
    if (!r->complete) {
        int rc = j->l->model->vocab.piece(j->l, t, &r->text, err);
        if (rc < 0) {
            return rc;
        }
        r->complete = has_stop(&r->text, before, j->p->stop);
    }
    if (r->complete || r->n_tokens >= (size_t)j->p->max_tokens) {
        return end_sample(j, s, err);
    }
    s->ids[s->n_ids++] = t;
    return 0;
}

/* ---- filling slots ---------------------------------------------------------------------- */

/* Tokens that `r`'s prompt, but for its last, has in common with ids[0..n). */
static size_t in_common(const pmpo_gen_request *r, const int32_t *ids, size_t n)
{
    size_t k = 0, most = r->n_ids - 1 < n ? r->n_ids - 1 : n;
    while (k < most && r->ids[k] == ids[k]) {
        k++;
    }
    return k;
}

/* The slot whose stream holds most of r's prompt, `own` unless another has
 * clearly more. *coming: the most of it that some slot is being fed. */
static size_t source_for(const job *j, const pmpo_gen_request *r, size_t own,
                         size_t *held, size_t *coming)
{
    size_t best = own;
    *held = *coming = 0;
    if (!j->l->shares) {
        return own;
    }
    *held = in_common(r, j->slots[own].ids, j->slots[own].n);
    for (size_t i = 0; i < j->n_slots; i++) {
        const slot *s = &j->slots[i];
        size_t k = in_common(r, s->ids, s->n_ids);
        if (k > s->n) {
            *coming = k > *coming ? k : *coming;
            k = s->n;
        }
        if (k > *held + WORTH_COPYING) {
            best = i;
            *held = k;
        }
    }
    return best;
}

static int begin(job *j, size_t to, size_t from, size_t held, item *it,
                 pmpo_error *err)
{
    slot *s = &j->slots[to];
    const pmpo_gen_request *r = it->request;
    copy(j, from, to, held);
    memcpy(s->ids + held, r->ids + held, (r->n_ids - held) * sizeof(*r->ids));
    s->n_ids = r->n_ids;
    s->item = it;
    it->taken = true;
    j->out[it->reply].n_fed = r->n_ids - held;
    return give_samplers(j, s, err);
}

/* Gives the free slot `s` the first sample left whose prompt isn't better
 * copied from a slot that is being fed. */
static int fill(job *j, size_t s, bool *filled, pmpo_error *err)
{
    while (j->first_left < j->n_items && j->items[j->first_left].taken) {
        j->first_left++;
    }
    for (size_t i = j->first_left; i < j->n_items; i++) {
        size_t held, coming;
        if (j->items[i].taken) {
            continue;
        }
        size_t from = source_for(j, j->items[i].request, s, &held, &coming);
        if (coming <= held + WORTH_COPYING) {
            *filled = true;
            return begin(j, s, from, held, &j->items[i], err);
        }
    }
    return 0;
}

static int fill_all(job *j, bool *filled, pmpo_error *err)
{
    int rc = 0;
    *filled = false;
    for (size_t s = 0; rc == 0 && s < j->n_slots; s++) {
        if (!j->slots[s].item) {
            rc = fill(j, s, filled, err);
        }
    }
    return rc;
}

/* With no sample left, live slots move together: rows of slots that are not
 * neighbours would be computed apart. */
static void close_ranks(job *j)
{
    size_t n = j->n_slots;
    for (size_t s = 0; s < n; s++) {
        while (n > s && !j->slots[n - 1].item) {
            n--;
        }
        if (s < n && !j->slots[s].item) {
            slot *to = &j->slots[s], *from = &j->slots[n - 1];
            int32_t *ids = to->ids;
            copy(j, n - 1, s, from->n);
            memcpy(ids, from->ids, from->n_ids * sizeof(*ids));
            *to = *from;
            to->ids = ids;
            from->item = NULL;
            from->chain = from->grammar = NULL;
        }
    }
    j->n_slots = n;
}

/* ---- feeding ------------------------------------------------------------------------------ */

static int decode(job *j, pmpo_error *err)
{
    return pmpo_llama_decode_in(j->l, j->ctx, err);
}

/* Rows of the slot's prompt that are fed before its last. */
static size_t ahead(const slot *s)
{
    return s->item && s->n_ids - s->n > BY_STEPS ? s->n_ids - s->n - 1 : 0;
}

/* Feeds as many rows of slot `s`, and of neighbours that wait for about as
 * many, as one batch takes. llama.cpp computes equal numbers of rows of
 * neighbouring sequences together. */
static int feed_from(job *j, size_t s, pmpo_error *err)
{
    size_t each = ahead(&j->slots[s]), n = 1;
    each = each < PMPO_MAX_ROWS ? each : PMPO_MAX_ROWS;
    for (; s + n < j->n_slots; n++) {
        size_t next = ahead(&j->slots[s + n]);
        next = next < each ? next : each;
        if (next * (n + 1) < each * n || next * (n + 1) > PMPO_MAX_ROWS) {
            break;
        }
        each = next;
    }
    pmpo_llama_rows_clear(j->l);
    for (size_t i = s; i < s + n; i++) {
        put_rows(j, i, each, false);
    }
    return decode(j, err);
}

static int feed_prompts(job *j, pmpo_error *err)
{
    int rc = 0;
    for (size_t s = 0; rc == 0 && s < j->n_slots; s++) {
        while (rc == 0 && ahead(&j->slots[s])) {
            rc = feed_from(j, s, err);
        }
    }
    return rc;
}

/* Feeds one row per slot; slots that have fed all their tokens draw the
 * next. */
static int step(job *j, pmpo_error *err)
{
    pmpo_llama_rows_clear(j->l);
    for (size_t s = 0; s < j->n_slots; s++) {
        slot *t = &j->slots[s];
        t->row = -1;
        if (t->item) {
            bool last = t->n + 1 == t->n_ids;
            t->row = last ? j->l->batch.n_tokens : -1;
            put_rows(j, s, 1, last);
        }
    }
    int rc = decode(j, err);
    for (size_t s = 0; rc == 0 && s < j->n_slots; s++) {
        if (j->slots[s].row >= 0) {
            rc = draw(j, &j->slots[s], err);
        }
    }
    return rc;
}

static bool is_live(const job *j)
{
    for (size_t s = 0; s < j->n_slots; s++) {
        if (j->slots[s].item) {
            return true;
        }
    }
    return false;
}

static int run(job *j, pmpo_error *err)
{
    int rc = 0;
    bool filled = true;
    while (rc == 0 && filled) {
        rc = fill_all(j, &filled, err);
        rc = rc < 0 ? rc : feed_prompts(j, err);
    }
    while (rc == 0 && is_live(j)) {
        rc = step(j, err);
        for (filled = true; rc == 0 && filled;) {
            rc = fill_all(j, &filled, err);
            rc = rc < 0 ? rc : feed_prompts(j, err);
        }
        if (j->first_left == j->n_items) {
            close_ranks(j);
        }
    }
    for (size_t s = 0; s < j->n_slots; s++) {
        drop_samplers(&j->slots[s]);
    }
    return rc;
}

/* ---- pmpo_engine --------------------------------------------------------------------------- */

static int by_length(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->request->n_ids != y->request->n_ids) {
        return x->request->n_ids > y->request->n_ids ? -1 : 1;
    }
    return x->reply < y->reply ? -1 : 1;
}

static int make_items(job *j, const pmpo_gen_request *requests, size_t n,
                      size_t *longest, pmpo_error *err)
{
    size_t total = 0;
    *longest = 0;
    for (size_t i = 0; i < n; i++) {
        total += requests[i].n_samples;
    }
    j->items = pmpo_arena_alloc(&j->mem, total, sizeof(*j->items));
    if (!j->items) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        const pmpo_gen_request *r = &requests[i];
        if (r->n_ids == 0) {
            return pmpo_fail(err, PMPO_EUSAGE, "a prompt of no tokens");
        }
        if (r->n_ids + (size_t)j->p->max_tokens > j->l->n_context) {
            return pmpo_fail(err, PMPO_ETOOLONG,
                             "a prompt of %zu tokens and a reply of %d do not "
                             "fit the model's context of %zu",
                             r->n_ids, j->p->max_tokens, j->l->n_context);
        }
        for (size_t k = 0; k < r->n_samples; k++, j->n_items++) {
            j->items[j->n_items] = (item){r, r->seeds[k], j->n_items, false};
        }
        *longest = r->n_ids > *longest ? r->n_ids : *longest;
    }
    qsort(j->items, j->n_items, sizeof(*j->items), by_length);
    return 0;
}

int pmpo_llama_generate(void *self, const pmpo_gen_request *requests, size_t n,
                        const pmpo_gen_params *p, pmpo_reply *out,
                        pmpo_error *err)
{
    job j = {.l = self, .p = p, .out = out};
    size_t longest;
    int rc = make_items(&j, requests, n, &longest, err);
    if (rc == 0 && j.n_items) {
        rc = start_context(&j, longest + (size_t)p->max_tokens, err);
        rc = rc < 0 ? rc : run(&j, err);
    }
    pmpo_arena_release(&j.mem);
    return rc;
}
