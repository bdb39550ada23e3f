/* eval.c: pmpo_eval_run: what share of answers is right, under each prompt. */
#include <math.h>

#include "api/cache.h"
#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"
#include "score/score.h"
#include "stats/stats.h"

void pmpo_eval_options_init(pmpo_eval_options *o)
{
    *o = (pmpo_eval_options){.size = sizeof(*o), .template_name = "chat",
                             .max_tokens = 256};
}

typedef struct result {
    pmpo_eval pub; /* first: the two are one pointer */
    pmpo_arena mem;
} result;

void pmpo_eval_free(pmpo_eval *e)
{
    if (e) {
        pmpo_arena_release(&((result *)e)->mem);
        pmpo_free(e);
    }
}

typedef struct job {
    pmpo_model *model;
    const pmpo_data *data;
    const pmpo_str *prompts;
    size_t n_prompts;
    const pmpo_eval_options *o;
    int metrics[PMPO_N_METRICS]; /* rows of the table, n_metrics of them */
    size_t n_metrics;
    bool scores, generates; /* what they need */
    pmpo_scorer *scorer;
    pmpo_cache *cache;
    result *out;
    size_t prompt; /* at work */
    double begin_ms;
} job;

/* ---- progress ------------------------------------------------------------------- */

static void report(job *j, const char *stage, size_t done, size_t total)
{
    if (j->o->progress) {
        double ms = pmpo_now_ms() - j->begin_ms;
        size_t at = total * j->prompt + done, all = total * j->n_prompts;
        j->o->progress(j->o->progress_ud,
                       &(pmpo_progress){
                           .stage = stage, .done = done, .total = total,
                           .unit = "examples",
                           .candidate = (int)j->prompt + 1,
                           .candidates = (int)j->n_prompts,
                           .loss = NAN, .best = NAN,
                           .left_ms = (int64_t)(ms * (double)(all - at) /
                                                (double)at)});
    }
}

static void after_block(void *ud, size_t done, size_t total, double loss)
{
    (void)loss;
    report(ud, "scoring", done, total);
}

static void after_answers(void *ud, size_t done, size_t total)
{
    report(ud, "answering", done, total);
}

/* ---- one prompt -------------------------------------------------------------------- */

typedef struct sheet {
    pmpo_prompt_score score; /* where scores are needed */
    pmpo_answer *answers;    /* where answers are */
} sheet;

static int fill_sheet(job *j, sheet *s, pmpo_error *err)
{
    size_t n = pmpo_data_count(j->data);
    pmpo_str prompt = j->prompts[j->prompt];
    int rc = 0;
    if (j->scores) {
        const pmpo_score_context c = {.cache = j->cache, .prompt_id = -1,
                                      .after = after_block, .ud = j,
                                      .cost = &j->out->pub.cost,
                                      .bound = INFINITY};
        pmpo_result r;
        rc = pmpo_scorer_score(j->scorer, prompt, &c, &j->out->mem, &r, err);
        s->score = r.score;
    }
    if (rc == 0 && j->generates) {
        s->answers = pmpo_arena_alloc(&j->out->mem, n, sizeof(*s->answers));
        rc = s->answers ? pmpo_answers(j->model, j->data, prompt,
                                       j->o->template_name, j->o->max_tokens,
                                       after_answers, j, &j->out->pub.cost,
                                       &j->out->mem, s->answers, err)
                        : pmpo_fail_memory(err);
    }
    return rc;
}

/* Counts one metric on one example into *v; its mark goes to *right. */
static void count(const job *j, const sheet *s, int metric, size_t i,
                  pmpo_eval_metric *v, signed char *right)
{
    const pmpo_metric_row *m = &pmpo_metrics[metric];
    const pmpo_example *e = pmpo_data_example(j->data, i);
    *right = -1;
    if (!m->applies(e)) {
        return;
    }
    size_t of = 1;
    size_t n = m->generates ? m->right(e, s->answers[i].text)
                            : m->count(e, &s->score.examples[i], &of);
    v->n += of;
    v->n_right += n;
    *right = n == of;
}

static int fill_prompt(job *j, const sheet *s, pmpo_eval_prompt *out,
                       pmpo_error *err)
{
    size_t n = pmpo_data_count(j->data);
    pmpo_arena *mem = &j->out->mem;
    pmpo_eval_metric *v = pmpo_arena_alloc(mem, j->n_metrics, sizeof(*v));
    pmpo_eval_example *x = pmpo_arena_alloc(mem, n, sizeof(*x));
    signed char *right = pmpo_arena_alloc(mem, n, j->n_metrics);
    pmpo_str prompt = pmpo_arena_str(mem, j->prompts[j->prompt]);
    if (!v || !x || !right || !prompt.ptr) {
        return pmpo_fail_memory(err);
    }
    for (size_t k = 0; k < j->n_metrics; k++) {
        v[k].name = pmpo_metrics[j->metrics[k]].name;
        for (size_t i = 0; i < n; i++) {
            count(j, s, j->metrics[k], i, &v[k], &right[i * j->n_metrics + k]);
        }
        pmpo_interval w = pmpo_wilson(v[k].n_right, v[k].n);
        v[k].value = w.value;
        v[k].low = w.low;
        v[k].high = w.high;
    }
    for (size_t i = 0; i < n; i++) {
        x[i].id = pmpo_arena_str(mem, pmpo_data_example(j->data, i)->id);
        x[i].right = right + i * j->n_metrics;
        if (s->answers) {
            x[i].reply = s->answers[i].text;
            x[i].complete = s->answers[i].complete;
        }
    }
    *out = (pmpo_eval_prompt){prompt, v, x, n};
    return 0;
}

/* ---- two prompts compared ------------------------------------------------------------- */

static int compare(job *j, pmpo_error *err)
{
    const pmpo_eval_prompt *p = j->out->pub.prompts;
    double *out = pmpo_arena_alloc(&j->out->mem, j->n_metrics, sizeof(*out));
    if (!out) {
        return pmpo_fail_memory(err);
    }
    for (size_t k = 0; k < j->n_metrics; k++) {
        size_t b = 0, c = 0;
        for (size_t i = 0; i < p[0].n_examples; i++) {
            int x = p[0].examples[i].right[k], y = p[1].examples[i].right[k];
            b += x == 1 && y == 0;
            c += x == 0 && y == 1;
        }
        bool pairs = 1u << j->metrics[k] == PMPO_METRIC_PAIRS;
        out[k] = pairs ? NAN : pmpo_mcnemar(b, c);
    }
    j->out->pub.p_values = out;
    return 0;
}

/* ---- all --------------------------------------------------------------------------------- */

static int make_scorer(job *j, pmpo_error *err)
{
    pmpo_scorer_options so = {.loss = PMPO_LOSS_NLL, .beta = 1,
                              .template_name = j->o->template_name,
                              .targets = PMPO_TARGETS_ALL};
    for (size_t i = 0; i < j->n_metrics; i++) {
        if (1u << j->metrics[i] == PMPO_METRIC_PAIRS) {
            so.loss = PMPO_LOSS_PREFERENCE; /* scores rejected outputs, too */
        }
    }
    int rc = so.loss == PMPO_LOSS_PREFERENCE
                 ? pmpo_loss_resolve(so.loss, j->data, &so.loss, err)
                 : 0;
    rc = rc < 0 ? rc : pmpo_end_resolve(j->model, j->data, j->prompts[0],
                                        so.template_name, j->o->end, &so.end,
                                        err);
    rc = rc < 0 ? rc : pmpo_user_cache(j->o->no_cache, &j->cache, err);
    return rc < 0 ? rc : pmpo_scorer_new(j->model, j->data, &so, &j->scorer,
                                         err);
}

static int set_up(job *j, pmpo_error *err)
{
    unsigned metrics;
    int rc = pmpo_metrics_resolve(j->o->metrics, j->data, &metrics, err);
    for (int i = 0; rc == 0 && i < PMPO_N_METRICS; i++) {
        if (metrics & 1u << i) {
            j->metrics[j->n_metrics++] = i;
            *(pmpo_metrics[i].generates ? &j->generates : &j->scores) = true;
        }
    }
    return rc == 0 && j->scores ? make_scorer(j, err) : rc;
}

static int run(job *j, pmpo_error *err)
{
    pmpo_eval *out = &j->out->pub;
    pmpo_eval_prompt *p =
        pmpo_arena_alloc(&j->out->mem, j->n_prompts, sizeof(*p));
    int rc = p ? set_up(j, err) : pmpo_fail_memory(err);
    j->begin_ms = pmpo_now_ms();
    for (; rc == 0 && j->prompt < j->n_prompts; j->prompt++) {
        sheet s = {.answers = NULL};
        rc = fill_sheet(j, &s, err);
        rc = rc < 0 ? rc : fill_prompt(j, &s, &p[j->prompt], err);
    }
    out->prompts = p;
    out->n_prompts = j->n_prompts;
    out->n_metrics = j->n_metrics;
    out->majority = pmpo_data_majority(j->data, NULL);
    if (rc == 0 && j->n_prompts == 2) {
        rc = compare(j, err);
    }
    const char *w = j->cache ? pmpo_cache_trouble(j->cache) : NULL;
    char *copy = w ? pmpo_arena_cstr(&j->out->mem, w) : NULL;
    out->warning = copy ? copy : "";
    pmpo_scorer_free(j->scorer);
    pmpo_cache_free(j->cache);
    return rc;
}

int pmpo_eval_run(pmpo_model *m, const pmpo_data *d, const pmpo_str *prompts,
                  size_t n_prompts, const pmpo_eval_options *o,
                  pmpo_eval **out, pmpo_error *err)
{
    if (o->size != sizeof(*o) || n_prompts == 0 || o->max_tokens < 1) {
        return pmpo_fail(err, PMPO_EUSAGE, "pmpo_eval_run: no prompt, or "
                         "options of another version of pmpo.h");
    }
    pmpo_data *part = NULL;
    job j = {.model = m, .prompts = prompts, .n_prompts = n_prompts, .o = o};
    j.out = pmpo_calloc(1, sizeof(*j.out));
    if (!j.out) {
        return pmpo_fail_memory(err);
    }
    int rc = pmpo_data_first(d, o->limit, &part, err);
    if (rc == 0) {
        j.data = part ? part : d;
        rc = run(&j, err);
    }
    pmpo_data_free(part);
    if (rc < 0) {
        pmpo_eval_free(&j.out->pub);
        return rc;
    }
    *out = &j.out->pub;
    return 0;
}
