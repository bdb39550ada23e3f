/* llama_generate.c: many replies in one batch.
 *
 * The prompts of all requests form a prefix tree that is fed once; each
 * sample is a sequence of its own that begins with its prompt's cells. Then
 * every step decodes one row a sample, so the weights are read once a step
 * for all of them. A sample's randomness comes from its own seed alone. */
#include "base/error.h"
#include "engine/llama/llama_engine.h"

typedef struct sample {
    size_t reply;    /* index in out[] */
    int32_t seq;
    int32_t position; /* of its next token */
    int32_t token;    /* drawn, not yet fed */
    int32_t row;      /* of its logits in the batch at hand */
    bool live;
    struct llama_sampler *chain;
    struct llama_sampler *grammar; /* NULL: none */
} sample;

typedef struct job {
    pmpo_llama *l;
    const pmpo_gen_params *p;
    pmpo_reply *out;
    pmpo_tokens *prompts; /* [n] */
    size_t n;
    sample *samples;
    size_t n_samples;
    llama_token_data *room; /* [n_vocab], with a grammar */
    pmpo_arena mem;
} job;

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

static bool has_stop(const pmpo_buf *text, size_t before, pmpo_str stop)
{
    if (stop.len == 0) {
        return false;
    }
    size_t from = before > stop.len ? before - stop.len : 0;
    return pmpo_str_find(pmpo_buf_str(text), stop, from) != SIZE_MAX;
}

/* Draws the sample's next token from the batch's row; ends it when due. */
static int draw(job *j, sample *s, pmpo_error *err)
{
    llama_token t = pmpo_llama_draw(j->l, s->chain, s->grammar, s->row,
                                    j->room);
    if (t == LLAMA_TOKEN_NULL) {
        return pmpo_fail(err, PMPO_EBACKEND, "sampling failed");
    }
    pmpo_reply *r = &j->out[s->reply];
    s->token = t;
    r->n_tokens++;
    if (llama_vocab_is_eog(j->l->vocab, t)) {
        r->complete = true;
        s->live = false;
        return 0;
    }
    size_t before = r->text.len;
    int rc = j->l->model->vocab.piece(j->l, t, &r->text, err);
    if (rc < 0) {
        return rc;
    }
    r->complete = has_stop(&r->text, before, j->p->stop);
    s->live = !r->complete && r->n_tokens < (size_t)j->p->max_tokens;
    return 0;
}

/* ---- the prompts ---------------------------------------------------------------------- */

/* Samples of request `i` (a prompt whose logits are at `row` of the batch
 * just decoded, its cells in sequence `seq`) get their first token. */
static int begin_samples(job *j, size_t i, int32_t seq, int32_t row,
                         pmpo_error *err)
{
    llama_memory_t memory = llama_get_memory(j->l->ctx);
    for (size_t k = 0; k < j->n_samples; k++) {
        sample *s = &j->samples[k];
        if (s->position != -1 - (int32_t)i) {
            continue; /* of another request, or begun */
        }
        s->position = (int32_t)j->prompts[i].n;
        s->row = row;
        if (s->seq != seq) {
            llama_memory_seq_cp(memory, seq, s->seq, -1, s->position);
        }
        int rc = draw(j, s, err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int feed_prompts(job *j, const pmpo_plan *p, size_t first_reply,
                        pmpo_error *err)
{
    j->out[first_reply].n_fed = p->n_rows;
    for (size_t b = 0; b < p->n_batches; b++) {
        const pmpo_plan_batch *at = &p->batches[b];
        pmpo_llama_rows_clear(j->l);
        for (size_t i = at->row_begin; i < at->row_end; i++) {
            pmpo_llama_row(j->l, &p->rows[i]);
        }
        int rc = pmpo_llama_decode(j->l, err);
        for (size_t i = at->read_begin; rc == 0 && i < at->read_end; i++) {
            const pmpo_plan_read *r = &p->reads[i];
            rc = begin_samples(j, r->to, p->rows[r->row].seq_begin,
                               (int32_t)(r->row - at->row_begin), err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* Prompts as a unit whose targets are one made-up token each, so that the
 * planner asks for the logits after the last token of every prompt. */
static int plan_prompts(job *j, pmpo_plan *plan, pmpo_error *err)
{
    pmpo_request *q = pmpo_arena_alloc(&j->mem, j->n, sizeof(*q));
    if (!q) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < j->n; i++) {
        size_t n = j->prompts[i].n;
        if (n + (size_t)j->p->max_tokens > j->l->n_context) {
            return pmpo_fail(err, PMPO_ETOOLONG,
                             "a prompt of %zu tokens and a reply of %d do not "
                             "fit the rewriter's context of %zu",
                             n, j->p->max_tokens, j->l->n_context);
        }
        if (pmpo_tokens_put(&j->prompts[i], 0) < 0) {
            return pmpo_fail_memory(err);
        }
        j->prompts[i].n = n; /* the made-up token lies behind the end */
        q[i] = (pmpo_request){j->prompts[i].ids, n + 1, n};
    }
    const pmpo_plan_limits limits = {
        .max_rows = PMPO_MAX_ROWS,
        .max_outputs = PMPO_MAX_OUTPUTS,
        .max_sequences = PMPO_MAX_SEQUENCES,
        .max_cells = SIZE_MAX / 2,
        .max_context = j->l->n_context,
    };
    return pmpo_plan_make(&(pmpo_unit){.requests = q, .n_requests = j->n}, &limits, &j->mem, plan,
                          err);
}

/* ---- steps ------------------------------------------------------------------------------ */

static int step(job *j, size_t *n_live, pmpo_error *err)
{
    pmpo_llama_rows_clear(j->l);
    *n_live = 0;
    for (size_t k = 0; k < j->n_samples; k++) {
        sample *s = &j->samples[k];
        if (s->live) {
            s->row = (int32_t)(*n_live)++;
            pmpo_llama_row(j->l, &(pmpo_plan_row){s->token, s->position++,
                                                  s->seq, s->seq + 1, true});
        }
    }
    int rc = pmpo_llama_decode(j->l, err);
    for (size_t k = 0; rc == 0 && k < j->n_samples; k++) {
        if (j->samples[k].live) {
            rc = draw(j, &j->samples[k], err);
        }
    }
    return rc;
}

static int give_grammar(job *j, sample *s, pmpo_str gbnf, pmpo_error *err)
{
    if (gbnf.len == 0) {
        return 0;
    }
    if (!j->room) {
        j->room = pmpo_arena_alloc(&j->mem, j->l->n_vocab, sizeof(*j->room));
    }
    s->grammar = j->room ? pmpo_llama_grammar(j->l, gbnf, err) : NULL;
    return s->grammar ? 0 : j->room ? PMPO_EUSAGE : pmpo_fail_memory(err);
}

static int make_samples(job *j, const pmpo_gen_request *requests,
                        size_t first_reply, pmpo_error *err)
{
    size_t k = 0;
    for (size_t i = 0; i < j->n; i++) {
        for (size_t v = 0; v < requests[i].n_samples; v++, k++) {
            j->samples[k] = (sample){
                .reply = first_reply + k,
                .seq = j->l->shares ? (int32_t)(j->n + k) : 0,
                .position = -1 - (int32_t)i,
                .chain = new_chain(j->p, requests[i].seeds[v]),
            };
            if (!j->samples[k].chain) {
                return pmpo_fail_memory(err);
            }
            int rc = give_grammar(j, &j->samples[k], requests[i].grammar, err);
            if (rc < 0) {
                return rc;
            }
            j->samples[k].live = true;
        }
    }
    return 0;
}

static int put_prompt(const pmpo_gen_request *r, pmpo_tokens *out,
                      pmpo_error *err)
{
    for (size_t i = 0; i < r->n_ids; i++) {
        if (pmpo_tokens_put(out, r->ids[i]) < 0) {
            return pmpo_fail_memory(err);
        }
    }
    return 0;
}

static int run(job *j, const pmpo_gen_request *requests, size_t first_reply,
               pmpo_error *err)
{
    for (size_t i = 0; i < j->n; i++) {
        int rc = put_prompt(&requests[i], &j->prompts[i], err);
        if (rc < 0) {
            return rc;
        }
    }
    pmpo_plan plan;
    int rc = plan_prompts(j, &plan, err);
    if (rc == 0) {
        rc = pmpo_llama_reserve(j->l, plan.n_cells + j->n_samples *
                                          (size_t)j->p->max_tokens, err);
    }
    if (rc == 0) {
        pmpo_llama_forget(j->l);
        rc = make_samples(j, requests, first_reply, err);
    }
    if (rc == 0) {
        rc = feed_prompts(j, &plan, first_reply, err);
    }
    for (size_t live = 1; rc == 0 && live > 0;) {
        rc = step(j, &live, err);
    }
    pmpo_llama_wipe(j->l); /* nobody looked for NaN */
    return rc;
}

/* Requests that fit into the KV memory's sequences together. */
static int run_group(pmpo_llama *l, const pmpo_gen_request *requests, size_t n,
                     const pmpo_gen_params *p, pmpo_reply *out,
                     size_t first_reply, pmpo_error *err)
{
    size_t n_samples = 0;
    for (size_t i = 0; i < n; i++) {
        n_samples += requests[i].n_samples;
    }
    job j = {.l = l, .p = p, .out = out, .n = n, .n_samples = n_samples};
    j.prompts = pmpo_arena_alloc(&j.mem, n, sizeof(*j.prompts));
    j.samples = pmpo_arena_alloc(&j.mem, n_samples, sizeof(*j.samples));
    int rc = j.prompts && j.samples ? run(&j, requests, first_reply, err)
                                    : pmpo_fail_memory(err);
    for (size_t i = 0; j.prompts && i < n; i++) {
        pmpo_tokens_release(&j.prompts[i]);
    }
    for (size_t k = 0; j.samples && k < n_samples; k++) {
        if (j.samples[k].chain) {
            llama_sampler_free(j.samples[k].chain);
        }
        if (j.samples[k].grammar) {
            llama_sampler_free(j.samples[k].grammar);
        }
    }
    pmpo_arena_release(&j.mem);
    return rc;
}

/* ---- pmpo_engine --------------------------------------------------------------------------- */

/* Replaces what is not UTF-8 (a reply may end within a code point). */
static int mend(pmpo_buf *text, pmpo_error *err)
{
    pmpo_str s = pmpo_buf_str(text);
    size_t bad = pmpo_utf8_check(s);
    if (bad == SIZE_MAX) {
        return 0;
    }
    pmpo_buf good = {0};
    while (bad != SIZE_MAX) {
        pmpo_buf_put(&good, pmpo_str_sub(s, 0, bad));
        pmpo_buf_puts(&good, "\xef\xbf\xbd");
        s = pmpo_str_sub(s, bad + 1, s.len);
        bad = pmpo_utf8_check(s);
    }
    pmpo_buf_put(&good, s);
    pmpo_buf_release(text);
    *text = good;
    return text->failed ? pmpo_fail_memory(err) : 0;
}

/* Models that can't share prefixes: one sample after the other. */
static int generate_each(pmpo_llama *l, const pmpo_gen_request *requests,
                         size_t n, const pmpo_gen_params *p, pmpo_reply *out,
                         pmpo_error *err)
{
    size_t reply = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t v = 0; v < requests[i].n_samples; v++, reply++) {
            pmpo_gen_request one = requests[i];
            one.seeds += v;
            one.n_samples = 1;
            int rc = run_group(l, &one, 1, p, out, reply, err);
            if (rc < 0) {
                return rc;
            }
        }
    }
    return 0;
}

/* The samples of one request in groups that fit. */
static int generate_many(pmpo_llama *l, const pmpo_gen_request *request,
                         const pmpo_gen_params *p, pmpo_reply *out,
                         size_t reply, pmpo_error *err)
{
    const size_t most = PMPO_MAX_SEQUENCES - 1;
    int rc = 0;
    for (size_t v = 0; rc == 0 && v < request->n_samples; v += most) {
        pmpo_gen_request some = *request;
        size_t left = request->n_samples - v;
        some.seeds += v;
        some.n_samples = left < most ? left : most;
        rc = run_group(l, &some, 1, p, out, reply + v, err);
    }
    return rc;
}

static int generate_together(pmpo_llama *l, const pmpo_gen_request *requests,
                             size_t n, const pmpo_gen_params *p,
                             pmpo_reply *out, pmpo_error *err)
{
    size_t reply = 0;
    for (size_t i = 0; i < n;) {
        size_t k = 0, samples = 0;
        while (i + k < n && k + 1 + samples + requests[i + k].n_samples <=
                                PMPO_MAX_SEQUENCES) {
            samples += requests[i + k++].n_samples;
        }
        if (k == 0) { /* more samples than sequences: some at a time */
            int rc = generate_many(l, &requests[i], p, out, reply, err);
            if (rc < 0) {
                return rc;
            }
            reply += requests[i++].n_samples;
            continue;
        }
        int rc = run_group(l, requests + i, k, p, out, reply, err);
        if (rc < 0) {
            return rc;
        }
        i += k;
        reply += samples;
    }
    return 0;
}

int pmpo_llama_generate(void *self, const pmpo_gen_request *requests, size_t n,
                        const pmpo_gen_params *p, pmpo_reply *out,
                        pmpo_error *err)
{
    pmpo_llama *l = self;
    int rc = l->shares ? generate_together(l, requests, n, p, out, err)
                       : generate_each(l, requests, n, p, out, err);
    size_t reply = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t v = 0; rc == 0 && v < requests[i].n_samples; v++) {
            rc = mend(&out[reply++].text, err);
        }
    }
    return rc;
}
