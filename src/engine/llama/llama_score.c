/* llama_score.c: log-probabilities of given tokens.
 *
 * The planned scorer feeds the necessary rows of a unit (plan.h). The plain
 * one feeds every sequence whole, one at a time, from an empty memory; it is
 * slow but simple, and the reference for the other. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/softmax.h"

static int too_few_logits(pmpo_error *err)
{
    return pmpo_fail(err, PMPO_EBACKEND, "llama.cpp gave no logits for a row");
}

/* log softmax at `token`; NAN where it is not a number. Rounding may bring
 * it above 0: it is clamped. */
static float log_prob(const float *logits, double norm, int32_t token)
{
    double lp = (double)logits[token] - norm;
    return (float)(lp > 0 ? 0 : lp);
}

static int finish(const pmpo_unit *u, pmpo_unit_result *r, pmpo_error *err)
{
    size_t at = 0;
    int rc = 0;
    r->logical_tokens = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        int code = 0;
        for (size_t t = q->n_context; t < q->n_ids; t++, at++) {
            if (!isfinite(r->logprobs[at])) {
                code = PMPO_ENAN;
            }
        }
        if (code < 0) {
            rc = pmpo_fail(err, code, "the model gives a log-probability that "
                           "is not a number (request %zu)", i);
        }
        if (r->codes) {
            r->codes[i] = code;
        }
        r->logical_tokens += q->n_ids;
    }
    return rc;
}

static void fail_all(const pmpo_unit *u, pmpo_unit_result *r, int code)
{
    size_t n = pmpo_unit_targets(u);
    for (size_t i = 0; i < n; i++) {
        r->logprobs[i] = NAN;
    }
    for (size_t i = 0; r->codes && i < u->n_requests; i++) {
        r->codes[i] = code;
    }
}

/* ---- planned --------------------------------------------------------------------- */

static int run_batch(pmpo_llama *l, const pmpo_plan *p,
                     const pmpo_plan_batch *b, pmpo_unit_result *r,
                     pmpo_error *err)
{
    pmpo_llama_rows_clear(l);
    for (size_t i = b->row_begin; i < b->row_end; i++) {
        pmpo_llama_row(l, &p->rows[i]);
    }
    int rc = pmpo_llama_decode(l, err);
    if (rc < 0) {
        return rc;
    }
    r->prefill_tokens += b->row_end - b->row_begin;
    const float *logits = NULL;
    double norm = 0;
    for (size_t i = b->read_begin; i < b->read_end; i++) {
        const pmpo_plan_read *read = &p->reads[i];
        if (i == b->read_begin || read->row != p->reads[i - 1].row) {
            logits = llama_get_logits_ith(l->ctx,
                                          (int32_t)(read->row - b->row_begin));
            if (!logits) {
                return too_few_logits(err);
            }
            norm = pmpo_logsumexp_row(logits, l->n_vocab);
            r->output_rows++;
        }
        r->logprobs[read->to] = log_prob(logits, norm, read->token);
    }
    return 0;
}

static int run_batches(pmpo_llama *l, const pmpo_plan *p, size_t begin,
                       size_t end, pmpo_unit_result *r, pmpo_error *err)
{
    int rc = 0;
    for (size_t b = begin; rc == 0 && b < end; b++) {
        rc = run_batch(l, p, &p->batches[b], r, err);
    }
    if (rc < 0) {
        pmpo_llama_forget(l);
    }
    return rc;
}

/* The prefix for all sequences of the wave, and the leads, fed or put back. */
static int begin_wave(pmpo_llama *l, const pmpo_plan *p,
                      const pmpo_plan_wave *w, pmpo_unit_result *r,
                      pmpo_error *err)
{
    bool restored = false;
    int rc = w->n_lead ? pmpo_lead_restore(l, p, w, &restored, err) : 0;
    if (rc < 0 || restored) {
        return rc;
    }
    llama_memory_t memory = llama_get_memory(l->ctx);
    for (size_t s = 1; p->n_prefix && s < w->n_sequences; s++) {
        llama_memory_seq_cp(memory, 0, (llama_seq_id)s, -1, -1);
    }
    rc = run_batches(l, p, w->batch_begin, w->lead_end, r, err);
    if (rc == 0 && w->n_lead) {
        pmpo_lead_keep(l, p, w);
    }
    return rc;
}

static int run_wave(pmpo_llama *l, const pmpo_plan *p, const pmpo_plan_wave *w,
                    pmpo_unit_result *r, pmpo_error *err)
{
    int rc = begin_wave(l, p, w, r, err);
    rc = rc < 0 ? rc : run_batches(l, p, w->lead_end, w->batch_end, r, err);
    if (rc == 0) {
        pmpo_llama_wave_end(l, w->n_sequences);
    }
    return rc;
}

static int score_planned(pmpo_llama *l, const pmpo_unit *u,
                         pmpo_unit_result *r, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_plan plan;
    size_t fed = 0;
    int rc = pmpo_plan_make(u, &l->limits, &mem, &plan, err);
    if (rc == 0) {
        rc = pmpo_llama_reserve(l, plan.n_cells, err);
    }
    if (rc == 0) {
        rc = pmpo_llama_prefix(l, u->n_requests ? u->requests[0].ids : NULL,
                               u->n_prefix, &fed, err);
        r->prefill_tokens += fed;
    }
    for (size_t w = 0; rc == 0 && w < plan.n_waves; w++) {
        rc = run_wave(l, &plan, &plan.waves[w], r, err);
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- plain ------------------------------------------------------------------------ */

/* One sequence from an empty memory, in batches of PMPO_MAX_LOGIT_ROWS rows. */
static int score_sequence(pmpo_llama *l, const pmpo_request *q, float *out,
                          pmpo_error *err)
{
    if (q->n_ids > l->n_context) {
        return pmpo_fail(err, PMPO_ETOOLONG,
                         "%zu tokens, the model's context holds %zu", q->n_ids,
                         l->n_context);
    }
    int rc = pmpo_llama_reserve(l, q->n_ids, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_llama_forget(l);
    for (size_t at = 0; at + 1 < q->n_ids;) {
        size_t begin = at, left = q->n_ids - 1 - at;
        size_t end = at +
                     (left < PMPO_MAX_LOGIT_ROWS ? left : PMPO_MAX_LOGIT_ROWS);
        pmpo_llama_rows_clear(l);
        for (; at < end; at++) {
            pmpo_llama_row(l, &(pmpo_plan_row){q->ids[at], (int32_t)at, 0, 1,
                                               at + 1 >= q->n_context, false});
        }
        rc = pmpo_llama_decode(l, err);
        if (rc < 0) {
            return rc;
        }
        for (size_t t = begin; t < end; t++) {
            if (t + 1 < q->n_context) {
                continue;
            }
            const float *logits =
                llama_get_logits_ith(l->ctx, (int32_t)(t - begin));
            if (!logits) {
                return too_few_logits(err);
            }
            out[t + 1 - q->n_context] =
                log_prob(logits, pmpo_logsumexp_plain(logits, l->n_vocab),
                         q->ids[t + 1]);
        }
    }
    return 0;
}

static int score_each(pmpo_llama *l, const pmpo_unit *u, pmpo_unit_result *r,
                      pmpo_error *err)
{
    int rc = pmpo_unit_check(u, err);
    size_t at = 0;
    for (size_t i = 0; rc == 0 && i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        rc = score_sequence(l, q, r->logprobs + at, err);
        pmpo_llama_forget(l); /* also after a failure: others count on it */
        at += q->n_ids - q->n_context;
        r->prefill_tokens += q->n_ids - 1;
    }
    return rc;
}

/* ---- pmpo_engine ------------------------------------------------------------------- */

static int score_unit(pmpo_llama *l, const pmpo_unit *u, pmpo_unit_result *r,
                      pmpo_error *err)
{
    double begin = pmpo_now_ms();
    r->prefill_tokens = r->output_rows = r->logical_tokens = 0;
    int rc = u->plain || !l->shares ? score_each(l, u, r, err)
                                    : score_planned(l, u, r, err);
    if (rc < 0) {
        fail_all(u, r, rc);
    } else {
        rc = finish(u, r, err);
    }
    if (rc == PMPO_ENAN) {
        pmpo_llama_wipe(l);
    }
    r->ms = pmpo_now_ms() - begin;
    return rc;
}

/* One at a time: a unit fills the machine. */
int pmpo_llama_score(void *self, const pmpo_queue *q, pmpo_error *err)
{
    pmpo_llama *l = self;
    for (pmpo_task *t; (t = q->next(q->ud)) != NULL;) {
        t->code = score_unit(l, &t->unit, &t->result, &t->error);
        if (t->code == PMPO_ECANCELLED) {
            return pmpo_fail(err, t->code, "%s", t->error.text);
        }
        q->done(q->ud, t);
    }
    return 0;
}

/* ---- counting ------------------------------------------------------------------------ */

static bool same_prefix(const pmpo_unit *a, const pmpo_unit *b)
{
    return a->n_prefix == b->n_prefix &&
           (a->n_prefix == 0 ||
            !memcmp(a->requests[0].ids, b->requests[0].ids,
                    a->n_prefix * sizeof(*a->requests[0].ids)));
}

static int count_planned(const pmpo_llama *l, const pmpo_unit *u,
                         uint64_t *rows, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_plan plan;
    int rc = pmpo_plan_make(u, &l->limits, &mem, &plan, err);
    *rows += rc < 0 ? 0 : plan.n_rows;
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_llama_count(void *self, const pmpo_unit *units, size_t n,
                     uint64_t *rows, pmpo_error *err)
{
    const pmpo_llama *l = self;
    *rows = 0;
    for (size_t i = 0; i < n; i++) {
        const pmpo_unit *u = &units[i];
        if (u->plain || !l->shares) {
            *rows += pmpo_unit_logical(u) - u->n_requests;
            continue;
        }
        if (i == 0 || !same_prefix(&units[i - 1], u)) {
            *rows += u->n_prefix;
        }
        int rc = count_planned(l, u, rows, err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}
