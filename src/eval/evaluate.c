/* evaluate.c: the share of right answers with each prompt; see eval.h. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"
#include "score/prompts.h"
#include "stats/paired.h"

/* What is known of one prompt's answers. */
typedef struct per_prompt {
    pmpo_prompt_score score; /* where scores are needed */
    pmpo_answer *answers;    /* where answers are */
    double *wins;            /* [n examples], where a judge is */
} per_prompt;

typedef struct work {
    const pmpo_eval_input *in;
    const pmpo_eval_options *o; /* in->o */
    int metrics[PMPO_N_METRICS]; /* rows of the table, n_metrics of them */
    size_t n_metrics;
    bool scores, generates, judges; /* what they need */
    pmpo_scorer *scorer;
    regex_t pattern;
    bool has_pattern;
    per_prompt *per_prompt; /* [n_prompts] */
    size_t *groups;  /* of the examples, by input */
    double *column, *weights; /* room for one metric's; [n examples] */
    pmpo_eval *out;
    pmpo_arena *mem; /* of all of it */
    size_t prompt;   /* at work */
    double begin_ms;
} work;

/* ---- progress ------------------------------------------------------------------- */

static void report(work *w, const char *stage, size_t done, size_t total)
{
    if (w->o->progress) {
        double ms = pmpo_now_ms() - w->begin_ms;
        size_t at = total * w->prompt + done, all = total * w->in->n_prompts;
        double left = at ? ms * (double)(all - at) / (double)at : -1;
        w->o->progress(w->o->progress_ud,
                       &(pmpo_progress){.stage = stage,
                                        .done = done,
                                        .total = total,
                                        .unit = "examples",
                                        .candidate = (int)w->prompt + 1,
                                        .candidates = (int)w->in->n_prompts,
                                        .loss = NAN,
                                        .best = NAN,
                                        .left_ms = (int64_t)left});
    }
}

static void after_answers(void *ud, size_t done, size_t total)
{
    report(ud, "answering", done, total);
}

static void after_verdicts(void *ud, size_t done, size_t total)
{
    report(ud, "judging", done, total);
}

/* ---- one prompt -------------------------------------------------------------------- */

static int answer(work *w, per_prompt *s, pmpo_error *err)
{
    size_t n = pmpo_data_count(w->in->data);
    s->answers = pmpo_arena_alloc(w->mem, n, sizeof(*s->answers));
    if (!s->answers) {
        return pmpo_fail_memory(err);
    }
    const pmpo_answering a = {.model = w->in->model,
                              .data = w->in->data,
                              .template_name = w->o->template_name,
                              .max_tokens = w->o->max_tokens,
                              .cache = w->in->cache,
                              .after = after_answers,
                              .ud = w,
                              .cost = &w->out->cost};
    return pmpo_answers(&a, w->in->prompts[w->prompt], w->mem, s->answers, err);
}

/* The data's own targets, as answers. */
static pmpo_answer *targets_of(work *w)
{
    size_t n = pmpo_data_count(w->in->data);
    pmpo_answer *a = pmpo_arena_alloc(w->mem, n, sizeof(*a));
    for (size_t i = 0; a && i < n; i++) {
        a[i] = (pmpo_answer){.text = pmpo_data_example(w->in->data, i)->target,
                             .complete = true};
    }
    return a;
}

static int judge(work *w, per_prompt *s, pmpo_error *err)
{
    size_t n = pmpo_data_count(w->in->data);
    const pmpo_answer *other = w->prompt > 0 ? w->per_prompt[0].answers
                                             : targets_of(w);
    s->wins = pmpo_arena_alloc(w->mem, n, sizeof(*s->wins));
    if (!s->wins || !other) {
        return pmpo_fail_memory(err);
    }
    const pmpo_answering a = {.model = w->o->judge ? w->o->judge : w->in->model,
                              .data = w->in->data,
                              .cache = w->in->cache,
                              .after = after_verdicts,
                              .ud = w,
                              .cost = &w->out->cost};
    return pmpo_judge_answers(&a, s->answers, other, s->wins, err);
}

static int answer_and_judge(work *w, per_prompt *s, pmpo_error *err)
{
    int rc = w->generates ? answer(w, s, err) : 0;
    return rc < 0 || !w->judges ? rc : judge(w, s, err);
}

/* The scores of all prompts, together. */
static int score_all(work *w, pmpo_error *err)
{
    const pmpo_eval_input *in = w->in;
    const pmpo_prompt_list l = {.prompts = in->prompts,
                                .n = in->n_prompts,
                                .cache = in->cache,
                                .progress = w->o->progress,
                                .progress_ud = w->o->progress_ud,
                                .cost = &w->out->cost,
                                .mem = w->mem};
    pmpo_prompt_score *s = pmpo_arena_alloc(w->mem, l.n, sizeof(*s));
    int rc = s ? pmpo_score_prompts(w->scorer, NULL, &l, s, NULL, err)
               : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        w->per_prompt[i].score = s[i];
    }
    return rc;
}

/* One metric's value on one example; NAN: does not apply, or the server refused
 * to answer. */
static double value_of(const work *w, const per_prompt *s, int metric, size_t i)
{
    const pmpo_metric_row *m = pmpo_metrics[metric];
    const pmpo_example *e = pmpo_data_example(w->in->data, i);
    if (!m->applies(e)) {
        return NAN;
    }
    switch (m->kind) {
    case PMPO_BY_SCORES:
        return m->value(e, &s->score.examples[i]);
    case PMPO_BY_ANSWER:
        return s->answers[i].refused ? NAN
                                     : m->right(e, &s->answers[i], &w->pattern);
    case PMPO_BY_JUDGE:
        return s->wins[i];
    }
    return NAN;
}

/* ---- from values to figures ----------------------------------------------------------- */

/* Puts one value and its weight of 1 at w->column[i], or none where the
 * metric doesn't apply. */
static void put_value(const work *w, size_t i, double v)
{
    w->column[i] = isnan(v) ? 0 : v;
    w->weights[i] = !isnan(v);
}

static void sum_up(const work *w, size_t n, pmpo_eval_metric *m)
{
    m->p_value = NAN;
    for (size_t i = 0; i < n; i++) {
        double v = w->column[i];
        m->n += w->weights[i] != 0;
        m->n_right += v == 1;
        m->shares |= v > 0 && v < 1;
    }
    n = pmpo_by_group(w->column, w->weights, w->groups, n);
    pmpo_interval v =
        m->shares ? pmpo_bootstrap_mean(w->column, w->weights, n, w->o->seed)
                  : pmpo_wilson_grouped(w->column, w->weights, n);
    m->value = v.value;
    m->low = v.low;
    m->high = v.high;
}

static int fill_prompt(work *w, const per_prompt *s, pmpo_eval_prompt *out,
                       pmpo_error *err)
{
    size_t n = pmpo_data_count(w->in->data), k = w->n_metrics;
    pmpo_arena *mem = w->mem;
    pmpo_eval_metric *v = pmpo_arena_alloc(mem, k, sizeof(*v));
    pmpo_eval_example *x = pmpo_arena_alloc(mem, n, sizeof(*x));
    double *right = pmpo_arena_alloc(mem, n * k, sizeof(*right));
    pmpo_str prompt = pmpo_arena_str(mem, w->in->prompts[w->prompt]);
    if (!v || !x || !right || !prompt.ptr) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        x[i].id = pmpo_arena_str(mem, pmpo_data_example(w->in->data, i)->id);
        x[i].right = right + i * k;
        for (size_t m = 0; m < k; m++) {
            right[i * k + m] = value_of(w, s, w->metrics[m], i);
        }
        if (s->answers) {
            x[i].reply = s->answers[i].text;
            x[i].complete = s->answers[i].complete;
        }
    }
    for (size_t m = 0; m < k; m++) {
        v[m].name = pmpo_metric_name(w->metrics[m]);
        for (size_t i = 0; i < n; i++) {
            put_value(w, i, x[i].right[m]);
        }
        sum_up(w, n, &v[m]);
    }
    *out = (pmpo_eval_prompt){.prompt = prompt, .metrics = v, .examples = x,
                              .n_examples = n};
    for (size_t i = 0; s->answers && i < n; i++) {
        out->n_replies += !s->answers[i].refused;
        out->n_cut_off += !s->answers[i].complete && !s->answers[i].refused;
    }
    return 0;
}

/* ---- two prompts compared ------------------------------------------------------------- */

/* The p-value of a metric's differences, which are in w->column. */
static double p_of(const work *w, size_t n)
{
    double p;
    n = pmpo_by_group(w->column, w->weights, w->groups, n);
    pmpo_paired_groups(w->column, w->weights, n, w->o->seed, &p);
    return p;
}

static void compare(work *w, pmpo_eval_prompt *p)
{
    pmpo_eval_metric *v = (pmpo_eval_metric *)p[1].metrics; /* ours, above */
    for (size_t k = 0; k < w->n_metrics; k++) {
        for (size_t i = 0; i < p[0].n_examples; i++) {
            put_value(w, i,
                      p[1].examples[i].right[k] - p[0].examples[i].right[k]);
        }
        bool compares = pmpo_metrics[w->metrics[k]]->kind != PMPO_BY_JUDGE;
        v[k].p_value = compares ? p_of(w, p[0].n_examples) : NAN;
    }
}

/* ---- all --------------------------------------------------------------------------------- */

static bool wants(const work *w, pmpo_metric bit)
{
    for (size_t i = 0; i < w->n_metrics; i++) {
        if (1u << w->metrics[i] == (unsigned)bit) {
            return true;
        }
    }
    return false;
}

static int check_pairs(const pmpo_data *d, pmpo_error *err)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (pmpo_data_example(d, i)->n_rejected == 0) {
            int rc = pmpo_fail(err, PMPO_EDATA,
                               "no rejected output, and the "
                               "metric pairs compares with one: leave the "
                               "example out, or take another metric");
            return pmpo_in_example(d, i, rc, err);
        }
    }
    return 0;
}

static int make_scorer(work *w, pmpo_error *err)
{
    bool pairs = wants(w, PMPO_METRIC_PAIRS); /* scores rejected outputs, too */
    bool calibrated = wants(w, PMPO_METRIC_OPTIONS_CALIBRATED);
    pmpo_scorer_options so = {.loss = pairs ? PMPO_LOSS_PREFERENCE
                                            : PMPO_LOSS_NLL,
                              .calibrate = calibrated
                                               ? PMPO_CALIBRATE_CONTENT_FREE
                                               : PMPO_CALIBRATE_NONE,
                              .beta = 1,
                              .template_name = w->o->template_name,
                              .targets = PMPO_TARGETS_ALL};
    int rc = pairs ? check_pairs(w->in->data, err) : 0;
    rc = rc < 0 ? rc
                : pmpo_end_resolve(w->in->model, w->in->data, w->in->prompts[0],
                                   so.template_name, w->o->end, &so.end, err);
    return rc < 0 ? rc
                  : pmpo_scorer_new(w->in->model, w->in->data, &so, &w->scorer,
                                    err);
}

static int make_pattern(work *w, pmpo_error *err)
{
    int rc = pmpo_pattern_new(w->o->regex, &w->pattern, err);
    w->has_pattern = rc == 0;
    return rc;
}

static int set_up(work *w, pmpo_error *err)
{
    unsigned metrics;
    int rc = pmpo_metrics_resolve(w->o->metrics, w->in->data, &metrics, err);
    for (int i = 0; rc == 0 && i < PMPO_N_METRICS; i++) {
        if (metrics & 1u << i) {
            pmpo_metric_kind kind = pmpo_metrics[i]->kind;
            w->metrics[w->n_metrics++] = i;
            w->scores |= kind == PMPO_BY_SCORES;
            w->generates |= kind != PMPO_BY_SCORES;
            w->judges |= kind == PMPO_BY_JUDGE;
        }
    }
    rc = rc == 0 && wants(w, PMPO_METRIC_REGEX) ? make_pattern(w, err) : rc;
    return rc == 0 && w->scores ? make_scorer(w, err) : rc;
}

static int make_room(work *w, pmpo_error *err)
{
    pmpo_arena *mem = w->mem;
    size_t n = pmpo_data_count(w->in->data);
    w->groups = pmpo_arena_alloc(mem, n, sizeof(*w->groups));
    w->column = pmpo_arena_alloc(mem, n, sizeof(*w->column));
    w->weights = pmpo_arena_alloc(mem, n, sizeof(*w->weights));
    return w->groups && w->column && w->weights
               ? pmpo_data_groups(w->in->data, w->groups, err)
               : pmpo_fail_memory(err);
}

static int run(work *w, pmpo_error *err)
{
    size_t n = w->in->n_prompts;
    pmpo_eval_prompt *p = pmpo_arena_alloc(w->mem, n, sizeof(*p));
    w->per_prompt = pmpo_arena_alloc(w->mem, n, sizeof(*w->per_prompt));
    int rc = p && w->per_prompt ? make_room(w, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : set_up(w, err);
    rc = rc < 0 || !w->scores ? rc : score_all(w, err);
    w->begin_ms = pmpo_now_ms(); /* of the answers */
    for (w->prompt = 0; rc == 0 && w->prompt < n; w->prompt++) {
        per_prompt *s = &w->per_prompt[w->prompt];
        rc = answer_and_judge(w, s, err);
        rc = rc < 0 ? rc : fill_prompt(w, s, &p[w->prompt], err);
    }
    w->out->prompts = p;
    w->out->n_prompts = n;
    w->out->n_metrics = w->n_metrics;
    unsigned bits = 0;
    for (size_t i = 0; i < w->n_metrics; i++) {
        bits |= 1u << w->metrics[i];
    }
    rc = rc < 0
             ? rc
             : pmpo_metrics_majority(bits, w->in->data, &w->out->majority, err);
    if (rc == 0 && n == 2) {
        compare(w, p);
    }
    return rc;
}

int pmpo_evaluate(const pmpo_eval_input *in, pmpo_arena *mem, pmpo_eval *out,
                  pmpo_error *err)
{
    *out = (pmpo_eval){.warning = ""};
    work w = {.in = in, .o = in->o, .out = out, .mem = mem};
    int rc = run(&w, err);
    if (w.has_pattern) {
        regfree(&w.pattern);
    }
    pmpo_scorer_free(w.scorer);
    return rc;
}
