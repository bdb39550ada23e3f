/* answers.c: see answers.h. */
#include "search/answers.h"

#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "model/render.h"
#include "stats/paired.h"

int pmpo_sheet_new(int id, const pmpo_data *d, pmpo_arena *mem,
                   pmpo_sheet *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    *out = (pmpo_sheet){.id = id};
    out->right = pmpo_arena_alloc(mem, n, sizeof(*out->right));
    for (size_t i = 0; out->right && i < n; i++) {
        out->right[i] = NAN;
    }
    return out->right ? 0 : pmpo_fail_memory(err);
}

#define PLACE_OF_LEARNED 2 /* among a run's warnings: optimize.c has others */

/* ---- asking ------------------------------------------------------------------ */

const pmpo_metric_row *pmpo_answers_metric(const pmpo_state *st)
{
    unsigned bit = pmpo_run_metric_bit(st->o.metric);
    const pmpo_metric_row *row = &PMPO_METRIC_EXACT_ROW;
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        row = bit == 1u << i ? pmpo_metrics[i] : row;
    }
    return row;
}

int pmpo_answers_fit(const pmpo_model *model, const pmpo_optimize_options *o,
                     const pmpo_data *d, pmpo_str prompt, pmpo_error *err)
{
    pmpo_template *t = NULL;
    pmpo_tokens ids = {0};
    int rc = pmpo_template_new(&model->vocab, o->score.template_name, &t, err);
    for (size_t i = 0; rc == 0 && i < pmpo_data_count(d); i++) {
        ids.n = 0;
        rc = pmpo_render_prompt(t, prompt, pmpo_data_example(d, i), &ids, err);
        rc = rc < 0 ? rc
                    : pmpo_answer_fits(model, d, i, ids.n, o->max_answer_tokens,
                                       err);
    }
    pmpo_tokens_release(&ids);
    pmpo_template_free(t);
    return rc;
}

/* A round: the next n examples under each prompt of a list. */
typedef struct asked {
    pmpo_state *st;
    const pmpo_data *d;
    size_t n;
    pmpo_tokens *ids;       /* [prompts * n] */
    pmpo_gen_request *q;
    pmpo_job_reply *replies;
} asked;

static int render(asked *r, const pmpo_sheet *s, size_t at, pmpo_error *err)
{
    static const uint64_t seed = 0; /* greedy: of no effect */
    pmpo_template *t = NULL;
    int rc = pmpo_template_new(&r->st->in->scorer->vocab,
                               r->st->o.score.template_name, &t, err);
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        pmpo_tokens *ids = &r->ids[at + i];
        rc = pmpo_render_prompt(t, r->st->rows[s->id].prompt,
                                pmpo_data_example(r->d, s->n_asked + i), ids,
                                err);
        r->q[at + i] = (pmpo_gen_request){.ids = ids->ids, .n_ids = ids->n,
                                          .seeds = &seed, .n_samples = 1};
    }
    pmpo_template_free(t);
    return rc;
}

static void mark(const pmpo_state *st, const pmpo_data *d, pmpo_sheet *s,
                 const pmpo_job_reply *replies, size_t n)
{
    const pmpo_metric_row *m = pmpo_answers_metric(st);
    for (size_t i = 0; i < n; i++) {
        const pmpo_example *e = pmpo_data_example(d, s->n_asked + i);
        const pmpo_answer a = {replies[i].text, replies[i].complete,
                               replies[i].refused};
        s->n_cut += !a.complete && !a.refused;
        if (m->applies(e) && !a.refused) {
            double right = m->right(e, &a, NULL);
            s->right[s->n_asked + i] = right;
            s->n_right += right == 1;
            s->n++;
        }
    }
    s->n_asked += n;
}

/* What the scorer's engine found out is part of the run. It stays where it is:
 * what comes later is added to it, and the longer note replaces this one. */
static int tell_learned(const pmpo_state *st, pmpo_error *err)
{
    const char *text = st->in->scorer->learned;
    return text ? pmpo_store_put_note(st->in->store, PMPO_NOTE_WARNING, 0,
                                      PLACE_OF_LEARNED, text, err)
                : 0;
}

static int generate(const asked *r, size_t n, pmpo_arena *mem,
                    pmpo_error *err)
{
    const pmpo_job job = {
        .kind = "answer",
        .requests = r->q,
        .n_requests = n,
        .params = {.temperature = 0, .top_p = 1,
                   .max_tokens = r->st->o.max_answer_tokens,
                   .stop = PMPO_STR("")},
    };
    pmpo_jobs jobs = r->st->jobs;
    jobs.model = r->st->in->scorer;
    int rc = n ? pmpo_jobs_run(&jobs, &job, mem, r->replies, err) : 0;
    if (rc == PMPO_ETOOLONG) {
        pmpo_error own = *err;
        pmpo_fail(err, rc,
                  "no room for an answer of %d tokens: lower "
                  "--max-tokens (%s)",
                  job.params.max_tokens, own.text);
    }
    return rc < 0 ? rc : tell_learned(r->st, err);
}

int pmpo_sheets_next(pmpo_state *st, const pmpo_data *d, pmpo_sheet **list,
                     size_t n, size_t most, pmpo_error *err)
{
    pmpo_arena mem = {0};
    size_t left = n ? pmpo_data_count(d) - list[0]->n_asked : 0;
    asked r = {.st = st, .d = d, .n = left < most ? left : most};
    size_t all = n * r.n;
    r.ids = pmpo_arena_alloc(&mem, all, sizeof(*r.ids));
    r.q = pmpo_arena_alloc(&mem, all, sizeof(*r.q));
    r.replies = pmpo_arena_alloc(&mem, all, sizeof(*r.replies));
    int rc = r.ids && r.q && r.replies ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = render(&r, list[i], i * r.n, err);
    }
    rc = rc < 0 ? rc : generate(&r, all, &mem, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        mark(st, d, list[i], r.replies + i * r.n, r.n);
    }
    for (size_t i = 0; r.ids && i < all; i++) {
        pmpo_tokens_release(&r.ids[i]);
    }
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_sheet_fill(pmpo_state *st, const pmpo_data *d, pmpo_sheet *s,
                    pmpo_error *err)
{
    int rc = 0;
    while (rc == 0 && s->n_asked < pmpo_data_count(d)) {
        rc = pmpo_sheets_next(st, d, &s, 1, PMPO_ANSWERED_AT_ONCE, err);
    }
    return rc;
}

/* ---- comparing ------------------------------------------------------------------ */

double pmpo_sheet_rate(const pmpo_sheet *s)
{
    return s->n > 0 ? (double)s->n_right / (double)s->n : 0;
}

int pmpo_sheet_share(const pmpo_data *d, const pmpo_sheet *s,
                     pmpo_interval *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    pmpo_arena mem = {0};
    double *right = pmpo_arena_alloc(&mem, n, sizeof(*right));
    double *counts = pmpo_arena_alloc(&mem, n, sizeof(*counts));
    size_t *group = pmpo_arena_alloc(&mem, n, sizeof(*group));
    int rc = right && counts && group ? pmpo_data_groups(d, group, err)
                                     : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        counts[i] = !isnan(s->right[i]);
        right[i] = counts[i] > 0 ? s->right[i] : 0;
    }
    if (rc == 0) {
        n = pmpo_by_group(right, counts, group, n);
        *out = pmpo_wilson_grouped(right, counts, n);
    }
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_sheet_compare(const pmpo_data *d, const pmpo_sheet *a,
                       const pmpo_sheet *b, uint64_t seed,
                       pmpo_sheet_pair *out, pmpo_error *err)
{
    size_t all = pmpo_data_count(d);
    pmpo_arena mem = {0};
    double *diff = pmpo_arena_alloc(&mem, all, sizeof(*diff));
    double *weights = pmpo_arena_alloc(&mem, all, sizeof(*weights));
    size_t *group = pmpo_arena_alloc(&mem, all, sizeof(*group));
    *out = (pmpo_sheet_pair){.p_value = NAN};
    int rc = diff && weights && group ? pmpo_data_groups(d, group, err)
                                      : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < all; i++) {
        diff[i] = b->right[i] - a->right[i];
        weights[i] = !isnan(diff[i]);
        if (weights[i] > 0) {
            out->up += diff[i] > 0;
            out->down += diff[i] < 0;
        } else {
            diff[i] = 0;
        }
    }
    if (rc == 0) {
        size_t n = pmpo_by_group(diff, weights, group, all);
        out->gain = pmpo_paired_groups(diff, weights, n, seed, &out->p_value);
        out->z = pmpo_paired_z(diff, weights, n);
    }
    pmpo_arena_release(&mem);
    return rc;
}
