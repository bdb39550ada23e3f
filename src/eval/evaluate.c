/* evaluate.c: the share of right answers with each prompt; see eval.h. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"
#include "score/prompts.h"
#include "stats/paired.h"

/* What is known of one prompt's answers. */
typedef struct sheet {
    pmpo_prompt_score score; /* where scores are needed */
    pmpo_answer *answers;    /* where answers are */
    double *wins;            /* [n examples], where a judge is */
} sheet;

typedef struct job {
    const pmpo_eval_input *in;
    const pmpo_eval_options *o; /* in->o */
    int metrics[PMPO_N_METRICS]; /* rows of the table, n_metrics of them */
    size_t n_metrics;
    bool scores, generates, judges; /* what they need */
    pmpo_scorer *scorer;
    regex_t pattern;
    bool has_pattern;
    sheet *sheets; /* [n_prompts] */
    size_t *groups;  /* of the examples, by input */
    double *column, *weights; /* room for one metric's; [n examples] */
    pmpo_eval *out;
    pmpo_arena *mem; /* of all of it */
    size_t prompt;   /* at work */
    double begin_ms;
} job;

/* ---- progress ------------------------------------------------------------------- */

static void report(job *j, const char *stage, size_t done, size_t total)
{
    if (j->o->progress) {
        double ms = pmpo_now_ms() - j->begin_ms;
        size_t at = total * j->prompt + done, all = total * j->in->n_prompts;
        double left = at ? ms * (double)(all - at) / (double)at : -1;
        j->o->progress(j->o->progress_ud,
                       &(pmpo_progress){.stage = stage,
                                        .done = done,
                                        .total = total,
                                        .unit = "examples",
                                        .candidate = (int)j->prompt + 1,
                                        .candidates = (int)j->in->n_prompts,
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

static int answer(job *j, sheet *s, pmpo_error *err)
{
    size_t n = pmpo_data_count(j->in->data);
    s->answers = pmpo_arena_alloc(j->mem, n, sizeof(*s->answers));
    if (!s->answers) {
        return pmpo_fail_memory(err);
    }
    const pmpo_answering a = {.model = j->in->model,
                              .data = j->in->data,
                              .template_name = j->o->template_name,
                              .max_tokens = j->o->max_tokens,
                              .cache = j->in->cache,
                              .after = after_answers,
                              .ud = j,
                              .cost = &j->out->cost};
    return pmpo_answers(&a, j->in->prompts[j->prompt], j->mem, s->answers, err);
}

/* The data's own targets, as answers. */
static pmpo_answer *targets_of(job *j)
{
    size_t n = pmpo_data_count(j->in->data);
    pmpo_answer *a = pmpo_arena_alloc(j->mem, n, sizeof(*a));
    for (size_t i = 0; a && i < n; i++) {
        a[i] = (pmpo_answer){.text = pmpo_data_example(j->in->data, i)->target,
                             .complete = true};
    }
    return a;
}

static int judge(job *j, sheet *s, pmpo_error *err)
{
    size_t n = pmpo_data_count(j->in->data);
    const pmpo_answer *other = j->prompt > 0 ? j->sheets[0].answers
                                             : targets_of(j);
    s->wins = pmpo_arena_alloc(j->mem, n, sizeof(*s->wins));
    if (!s->wins || !other) {
        return pmpo_fail_memory(err);
    }
    const pmpo_answering a = {.model = j->o->judge ? j->o->judge : j->in->model,
                              .data = j->in->data,
                              .cache = j->in->cache,
                              .after = after_verdicts,
                              .ud = j,
                              .cost = &j->out->cost};
    return pmpo_judge_answers(&a, s->answers, other, s->wins, err);
}

static int fill_sheet(job *j, sheet *s, pmpo_error *err)
{
    int rc = j->generates ? answer(j, s, err) : 0;
    return rc == 0 && j->judges ? judge(j, s, err) : rc;
}

/* The scores of all prompts, together. */
static int score_all(job *j, pmpo_error *err)
{
    const pmpo_eval_input *in = j->in;
    const pmpo_prompt_list l = {
        .prompts = in->prompts, .n = in->n_prompts, .cache = in->cache,
        .progress = j->o->progress, .progress_ud = j->o->progress_ud,
        .cost = &j->out->cost, .mem = j->mem};
    pmpo_prompt_score *s = pmpo_arena_alloc(j->mem, l.n, sizeof(*s));
    int rc = s ? pmpo_score_prompts(j->scorer, NULL, &l, s, NULL, err)
               : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        j->sheets[i].score = s[i];
    }
    return rc;
}

/* One metric's value on one example; NAN: does not apply, or the server refused
 * to answer. */
static double value_of(const job *j, const sheet *s, int metric, size_t i)
{
    const pmpo_metric_row *m = pmpo_metrics[metric];
    const pmpo_example *e = pmpo_data_example(j->in->data, i);
    if (!m->applies(e)) {
        return NAN;
    }
    switch (m->kind) {
    case PMPO_BY_SCORES:
        return m->value(e, &s->score.examples[i]);
    case PMPO_BY_ANSWER:
        return s->answers[i].refused ? NAN
                                     : m->right(e, &s->answers[i], &j->pattern);
    case PMPO_BY_JUDGE:
        return s->wins[i];
    }
    return NAN;
}

/* ---- from values to figures ----------------------------------------------------------- */

/* Puts one value and its weight of 1 at j->column[i], or none where the
 * metric doesn't apply. */
static void put_value(const job *j, size_t i, double v)
{
    j->column[i] = isnan(v) ? 0 : v;
    j->weights[i] = !isnan(v);
}

static void sum_up(const job *j, size_t n, pmpo_eval_metric *m)
{
    m->p_value = NAN;
    for (size_t i = 0; i < n; i++) {
        double v = j->column[i];
        m->n += j->weights[i] != 0;
        m->n_right += v == 1;
        m->shares |= v > 0 && v < 1;
    }
    n = pmpo_by_group(j->column, j->weights, j->groups, n);
    pmpo_interval v = m->shares ? pmpo_bootstrap_mean(j->column, j->weights, n,
                                                      j->o->seed)
                                : pmpo_wilson_grouped(j->column, j->weights,
                                                      n);
    m->value = v.value;
    m->low = v.low;
    m->high = v.high;
}

static int fill_prompt(job *j, const sheet *s, pmpo_eval_prompt *out,
                       pmpo_error *err)
{
    size_t n = pmpo_data_count(j->in->data), k = j->n_metrics;
    pmpo_arena *mem = j->mem;
    pmpo_eval_metric *v = pmpo_arena_alloc(mem, k, sizeof(*v));
    pmpo_eval_example *x = pmpo_arena_alloc(mem, n, sizeof(*x));
    double *right = pmpo_arena_alloc(mem, n * k, sizeof(*right));
    pmpo_str prompt = pmpo_arena_str(mem, j->in->prompts[j->prompt]);
    if (!v || !x || !right || !prompt.ptr) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        x[i].id = pmpo_arena_str(mem, pmpo_data_example(j->in->data, i)->id);
        x[i].right = right + i * k;
        for (size_t m = 0; m < k; m++) {
            right[i * k + m] = value_of(j, s, j->metrics[m], i);
        }
        if (s->answers) {
            x[i].reply = s->answers[i].text;
            x[i].complete = s->answers[i].complete;
        }
    }
    for (size_t m = 0; m < k; m++) {
        v[m].name = pmpo_metric_name(j->metrics[m]);
        for (size_t i = 0; i < n; i++) {
            put_value(j, i, x[i].right[m]);
        }
        sum_up(j, n, &v[m]);
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

/* The p-value of a metric's differences, which are in j->column. */
static double p_of(const job *j, size_t n)
{
    double p;
    n = pmpo_by_group(j->column, j->weights, j->groups, n);
    pmpo_paired_groups(j->column, j->weights, n, j->o->seed, &p);
    return p;
}

static void compare(job *j, pmpo_eval_prompt *p)
{
    pmpo_eval_metric *v = (pmpo_eval_metric *)p[1].metrics; /* ours, above */
    for (size_t k = 0; k < j->n_metrics; k++) {
        for (size_t i = 0; i < p[0].n_examples; i++) {
            put_value(j, i, p[1].examples[i].right[k]
                            - p[0].examples[i].right[k]);
        }
        bool compares = pmpo_metrics[j->metrics[k]]->kind != PMPO_BY_JUDGE;
        v[k].p_value = compares ? p_of(j, p[0].n_examples) : NAN;
    }
}

/* ---- all --------------------------------------------------------------------------------- */

static bool wants(const job *j, pmpo_metric bit)
{
    for (size_t i = 0; i < j->n_metrics; i++) {
        if (1u << j->metrics[i] == (unsigned)bit) {
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

static int make_scorer(job *j, pmpo_error *err)
{
    bool pairs = wants(j, PMPO_METRIC_PAIRS); /* scores rejected outputs, too */
    bool calibrated = wants(j, PMPO_METRIC_OPTIONS_CALIBRATED);
    pmpo_scorer_options so = {.loss = pairs ? PMPO_LOSS_PREFERENCE
                                            : PMPO_LOSS_NLL,
                              .calibrate = calibrated
                                               ? PMPO_CALIBRATE_CONTENT_FREE
                                               : PMPO_CALIBRATE_NONE,
                              .beta = 1,
                              .template_name = j->o->template_name,
                              .targets = PMPO_TARGETS_ALL};
    int rc = pairs ? check_pairs(j->in->data, err) : 0;
    rc = rc < 0 ? rc : pmpo_end_resolve(j->in->model, j->in->data, j->in->prompts[0],
                                        so.template_name, j->o->end, &so.end,
                                        err);
    return rc < 0 ? rc : pmpo_scorer_new(j->in->model, j->in->data, &so, &j->scorer,
                                         err);
}

static int make_pattern(job *j, pmpo_error *err)
{
    char why[200];
    if (!j->o->regex || !*j->o->regex) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "metric regex needs a "
                         "pattern: --regex PATTERN");
    }
    int bad = regcomp(&j->pattern, j->o->regex, REG_EXTENDED | REG_NEWLINE);
    if (bad) {
        regerror(bad, &j->pattern, why, sizeof(why));
        return pmpo_fail(err, PMPO_EUSAGE, "the pattern %s: %s", j->o->regex,
                         why);
    }
    j->has_pattern = true;
    return 0;
}

static int set_up(job *j, pmpo_error *err)
{
    unsigned metrics;
    int rc = pmpo_metrics_resolve(j->o->metrics, j->in->data, &metrics, err);
    for (int i = 0; rc == 0 && i < PMPO_N_METRICS; i++) {
        if (metrics & 1u << i) {
            pmpo_metric_kind kind = pmpo_metrics[i]->kind;
            j->metrics[j->n_metrics++] = i;
            j->scores |= kind == PMPO_BY_SCORES;
            j->generates |= kind != PMPO_BY_SCORES;
            j->judges |= kind == PMPO_BY_JUDGE;
        }
    }
    rc = rc == 0 && wants(j, PMPO_METRIC_REGEX) ? make_pattern(j, err) : rc;
    return rc == 0 && j->scores ? make_scorer(j, err) : rc;
}

static int make_room(job *j, pmpo_error *err)
{
    pmpo_arena *mem = j->mem;
    size_t n = pmpo_data_count(j->in->data);
    j->groups = pmpo_arena_alloc(mem, n, sizeof(*j->groups));
    j->column = pmpo_arena_alloc(mem, n, sizeof(*j->column));
    j->weights = pmpo_arena_alloc(mem, n, sizeof(*j->weights));
    return j->groups && j->column && j->weights
               ? pmpo_data_groups(j->in->data, j->groups, err)
               : pmpo_fail_memory(err);
}

static int run(job *j, pmpo_error *err)
{
    size_t n = j->in->n_prompts;
    pmpo_eval_prompt *p = pmpo_arena_alloc(j->mem, n, sizeof(*p));
    j->sheets = pmpo_arena_alloc(j->mem, n, sizeof(*j->sheets));
    int rc = p && j->sheets ? make_room(j, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : set_up(j, err);
    rc = rc == 0 && j->scores ? score_all(j, err) : rc;
    j->begin_ms = pmpo_now_ms(); /* of the answers */
    for (j->prompt = 0; rc == 0 && j->prompt < n; j->prompt++) {
        sheet *s = &j->sheets[j->prompt];
        rc = fill_sheet(j, s, err);
        rc = rc < 0 ? rc : fill_prompt(j, s, &p[j->prompt], err);
    }
    j->out->prompts = p;
    j->out->n_prompts = n;
    j->out->n_metrics = j->n_metrics;
    unsigned bits = 0;
    for (size_t i = 0; i < j->n_metrics; i++) {
        bits |= 1u << j->metrics[i];
    }
    rc = rc < 0
             ? rc
             : pmpo_metrics_majority(bits, j->in->data, &j->out->majority, err);
    if (rc == 0 && n == 2) {
        compare(j, p);
    }
    return rc;
}

int pmpo_evaluate(const pmpo_eval_input *in, pmpo_arena *mem, pmpo_eval *out,
                  pmpo_error *err)
{
    *out = (pmpo_eval){.warning = ""};
    job j = {.in = in, .o = in->o, .out = out, .mem = mem};
    int rc = run(&j, err);
    if (j.has_pattern) {
        regfree(&j.pattern);
    }
    pmpo_scorer_free(j.scorer);
    return rc;
}
