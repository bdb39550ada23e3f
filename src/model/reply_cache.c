/* reply_cache.c: see reply_cache.h. */
#include "model/reply_cache.h"

#include "base/error.h"

#define REPLY_VERSION "pmpo reply 1"

typedef struct asked {
    pmpo_model *m;
    pmpo_cache *cache;
    const pmpo_gen_params *p;
    pmpo_gen_request *q; /* [n], as the engine takes them */
    size_t n;
    size_t n_replies;
    pmpo_hash *keys;  /* [n_replies] */
    pmpo_reply *out;  /* [n_replies], the caller's */
    size_t *at;       /* [n_missing]: which of out[] */
    pmpo_reply *made; /* [n_missing], what the engine fills */
    bool *put;        /* [n_missing] */
    size_t n_missing;
} asked;

/* ---- keys ------------------------------------------------------------------ */

static void hash_settings(pmpo_hasher *h, const asked *a)
{
    pmpo_hasher_str(h, PMPO_STR(REPLY_VERSION));
    pmpo_hasher_bytes(h, a->m->identity.bytes, sizeof(a->m->identity.bytes));
    pmpo_hasher_double(h, a->p->temperature);
    pmpo_hasher_double(h, a->p->top_p);
    pmpo_hasher_u64(h, (uint64_t)a->p->max_tokens);
    pmpo_hasher_str(h, a->p->stop);
}

void pmpo_hasher_form(pmpo_hasher *h, const pmpo_json_form *f)
{
    pmpo_hasher_u64(h, f->n_fields);
    for (size_t i = 0; i < f->n_fields; i++) {
        pmpo_hasher_str(h, pmpo_str_of(f->fields[i]));
    }
    pmpo_hasher_u64(h, f->n_words);
    for (size_t i = 0; i < f->n_words; i++) {
        pmpo_hasher_str(h, pmpo_str_of(f->words[i]));
    }
    pmpo_hasher_str(h, pmpo_str_of(f->open));
    pmpo_hasher_str(h, pmpo_str_of(f->close));
}

static void hash_request(pmpo_hasher *h, const pmpo_gen_request *r)
{
    pmpo_hasher_u64(h, r->n_ids);
    pmpo_hasher_bytes(h, r->ids, r->n_ids * sizeof(*r->ids));
    size_t n = r->n_ids ? 0 : r->n_messages;
    pmpo_hasher_u64(h, n);
    for (size_t i = 0; i < n; i++) {
        pmpo_hasher_str(h, r->messages[i].role);
        pmpo_hasher_str(h, r->messages[i].content);
    }
    if (n && r->json) { /* only engines that take messages know it */
        pmpo_hasher_form(h, r->json);
    }
    pmpo_hasher_str(h, r->begun);
    pmpo_hasher_str(h, r->grammar);
}

/* A greedy reply has no use for its seed. */
static uint64_t seed_of(const asked *a, const pmpo_gen_request *r, size_t i)
{
    return a->p->temperature > 0 ? r->seeds[i] : 0;
}

/* Of all that is asked for together. */
static pmpo_hash hash_company(pmpo_hasher *h, const asked *a)
{
    hash_settings(h, a);
    pmpo_hasher_u64(h, a->n);
    for (size_t i = 0; i < a->n; i++) {
        hash_request(h, &a->q[i]);
        pmpo_hasher_u64(h, a->q[i].n_samples);
        for (size_t k = 0; k < a->q[i].n_samples; k++) {
            pmpo_hasher_u64(h, seed_of(a, &a->q[i], k));
        }
    }
    return pmpo_hasher_end(h);
}

static int make_keys(asked *a, bool whole, pmpo_error *err)
{
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return pmpo_fail_memory(err);
    }
    pmpo_hash company = {{0}};
    if (whole) {
        company = hash_company(h, a);
    }
    size_t at = 0;
    for (size_t i = 0; i < a->n; i++) {
        for (size_t k = 0; k < a->q[i].n_samples; k++, at++) {
            hash_settings(h, a);
            hash_request(h, &a->q[i]);
            pmpo_hasher_u64(h, seed_of(a, &a->q[i], k));
            pmpo_hasher_bytes(h, company.bytes, sizeof(company.bytes));
            pmpo_hasher_u64(h, whole ? at : 0);
            a->keys[at] = pmpo_hasher_end(h);
        }
    }
    pmpo_hasher_free(h);
    return 0;
}

/* ---- replies as bytes --------------------------------------------------------- */

/* 'c' (complete) or '-', the number of tokens, a line break, the text. */
static void put(asked *a, size_t missing)
{
    const pmpo_reply *r = &a->made[missing];
    if (a->put[missing] || r->code < 0 || r->text.failed) {
        return;
    }
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%c%zu\n", r->complete ? 'c' : '-', r->n_tokens);
    pmpo_buf_put(&b, pmpo_buf_str(&r->text));
    if (!b.failed) {
        pmpo_cache_put_bytes(a->cache, a->keys[a->at[missing]],
                             pmpo_buf_str(&b));
    }
    pmpo_buf_release(&b);
    a->put[missing] = true;
}

static bool read_reply(pmpo_str s, pmpo_reply *out)
{
    size_t i = 1, n = 0;
    while (i < s.len && pmpo_is_digit(s.ptr[i])) {
        n = n * 10 + (size_t)(s.ptr[i++] - '0');
    }
    if (i < 2 || i >= s.len || s.ptr[i] != '\n' ||
        (s.ptr[0] != 'c' && s.ptr[0] != '-')) {
        return false;
    }
    pmpo_str text = pmpo_str_sub(s, i + 1, s.len);
    if (pmpo_utf8_check(text) != SIZE_MAX) { /* an earlier version kept such */
        return false;
    }
    pmpo_buf_put(&out->text, text);
    out->complete = s.ptr[0] == 'c';
    out->n_tokens = n;
    out->cached = true;
    return !out->text.failed;
}

/* ---- looking up ------------------------------------------------------------------ */

static bool look_up(asked *a, size_t reply)
{
    pmpo_buf b = {0};
    bool found = pmpo_cache_get_bytes(a->cache, a->keys[reply], &b) &&
                 read_reply(pmpo_buf_str(&b), &a->out[reply]);
    pmpo_buf_release(&b);
    return found;
}

static void forget(pmpo_reply *r)
{
    pmpo_buf_release(&r->text);
    *r = (pmpo_reply){0};
}

/* Fills out[] with replies from the cache and lists the missing ones. */
static void look_up_all(asked *a, bool whole)
{
    a->n_missing = 0;
    for (size_t i = 0; i < a->n_replies; i++) {
        if (!look_up(a, i)) {
            forget(&a->out[i]);
            a->at[a->n_missing++] = i;
        }
    }
    if (whole && a->n_missing > 0) {
        for (size_t i = 0; i < a->n_replies; i++) {
            forget(&a->out[i]);
            a->at[i] = i;
        }
        a->n_missing = a->n_replies;
    }
    for (size_t i = 0; a->p->done && i < a->n_replies; i++) {
        if (a->out[i].cached) {
            a->p->done(a->p->ud, i);
        }
    }
}

/* ---- the rest ----------------------------------------------------------------------- */

static void after_one(void *ud, size_t missing)
{
    asked *a = ud;
    put(a, missing);
    if (a->p->done) {
        a->p->done(a->p->ud, a->at[missing]);
    }
}

/* Requests for the missing samples, with their seeds. */
static size_t left_over(const asked *a, uint64_t *seeds, pmpo_gen_request *q)
{
    size_t n = 0, next = 0, at = 0;
    for (size_t i = 0; i < a->n; i++) {
        q[n] = a->q[i];
        q[n].seeds = seeds + next;
        q[n].n_samples = 0;
        for (size_t k = 0; k < a->q[i].n_samples; k++, at++) {
            if (next < a->n_missing && a->at[next] == at) {
                seeds[next++] = a->q[i].seeds[k];
                q[n].n_samples++;
            }
        }
        n += q[n].n_samples > 0;
    }
    return n;
}

static int make_missing(asked *a, pmpo_arena *mem, pmpo_error *err)
{
    uint64_t *seeds = pmpo_arena_alloc(mem, a->n_missing, sizeof(*seeds));
    pmpo_gen_request *q = pmpo_arena_alloc(mem, a->n, sizeof(*q));
    a->made = pmpo_arena_alloc(mem, a->n_missing, sizeof(*a->made));
    a->put = pmpo_arena_alloc(mem, a->n_missing, sizeof(*a->put));
    if (!seeds || !q || !a->made || !a->put) {
        return pmpo_fail_memory(err);
    }
    pmpo_gen_params p = *a->p;
    p.done = after_one;
    p.ud = a;
    int rc = a->m->engine->generate(a->m->self, q, left_over(a, seeds, q), &p,
                                    a->made, err);
    for (size_t i = 0; i < a->n_missing; i++) {
        if (rc == 0) {
            put(a, i);
        }
        a->out[a->at[i]] = a->made[i];
    }
    return rc;
}

static int before(const pmpo_reply_cache *k, pmpo_error *err)
{
    return k->before ? k->before(k->ud, err) : 0;
}

static int run(asked *a, const pmpo_reply_cache *k, pmpo_arena *mem,
               pmpo_error *err)
{
    a->keys = pmpo_arena_alloc(mem, a->n_replies, sizeof(*a->keys));
    a->at = pmpo_arena_alloc(mem, a->n_replies, sizeof(*a->at));
    int rc = a->keys && a->at ? make_keys(a, k->whole, err)
                              : pmpo_fail_memory(err);
    if (rc < 0) {
        return rc;
    }
    look_up_all(a, k->whole);
    if (a->n_missing == 0) {
        return 0;
    }
    rc = before(k, err);
    return rc < 0 ? rc : make_missing(a, mem, err);
}

int pmpo_generate_cached(struct pmpo_model *m, const pmpo_reply_cache *k,
                         const pmpo_gen_request *requests, size_t n,
                         const pmpo_gen_params *p, pmpo_reply *out,
                         pmpo_error *err)
{
    if (!k->cache || m->may_change) {
        int rc = before(k, err);
        return rc < 0 ? rc : pmpo_generate(m, requests, n, p, out, err);
    }
    pmpo_arena mem = {0};
    asked a = {.m = m, .cache = k->cache, .p = p, .n = n, .out = out};
    for (size_t i = 0; i < n; i++) {
        a.n_replies += requests[i].n_samples;
    }
    int rc = pmpo_ready_requests(m, requests, n, &mem, &a.q, err);
    rc = rc < 0 ? rc : run(&a, k, &mem, err);
    pmpo_arena_release(&mem);
    return rc;
}

void pmpo_cost_add(pmpo_cost *sum, const pmpo_cost *c)
{
    sum->prefill_tokens += c->prefill_tokens;
    sum->output_rows += c->output_rows;
    sum->logical_tokens += c->logical_tokens;
    sum->cached_scores += c->cached_scores;
    sum->prompt_tokens += c->prompt_tokens;
    sum->generated_tokens += c->generated_tokens;
    sum->cached_replies += c->cached_replies;
    sum->dollars += c->dollars;
    sum->seconds += c->seconds;
}

void pmpo_cost_add_reply(pmpo_cost *c, const pmpo_reply *r)
{
    if (r->cached) {
        c->cached_replies++;
    } else {
        c->generated_tokens += r->n_tokens;
        c->prompt_tokens += r->n_fed;
    }
}
