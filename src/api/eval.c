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
                             .max_tokens = 256, .seed = 1};
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

/* What is known of one prompt's answers. */
typedef struct sheet {
    pmpo_prompt_score score; /* where scores are needed */
    pmpo_answer *answers;    /* where answers are */
    double *wins;            /* [n examples], where a judge is */
} sheet;

typedef struct job {
    pmpo_model *model;
    const pmpo_data *data;
    const pmpo_str *prompts;
    size_t n_prompts;
    const pmpo_eval_options *o;
    int metrics[PMPO_N_METRICS]; /* rows of the table, n_metrics of them */
    size_t n_metrics;
    bool scores, generates, judges; /* what they need */
    pmpo_scorer *scorer;
    pmpo_cache *cache;
    regex_t pattern;
    bool has_pattern;
    sheet *sheets; /* [n_prompts] */
    size_t *groups;  /* of the examples, by input */
    double *column, *weights; /* room for one metric's; [n examples] */
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

static void after_block(void *ud, const pmpo_score_context *c, size_t done,
                        size_t total, double loss)
{
    job *j = ud;
    (void)loss;
    j->prompt = (size_t)c->place - 1;
    report(j, "scoring", done, total);
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
    size_t n = pmpo_data_count(j->data);
    s->answers = pmpo_arena_alloc(&j->out->mem, n, sizeof(*s->answers));
    if (!s->answers) {
        return pmpo_fail_memory(err);
    }
    return pmpo_answers(j->model, j->data, j->prompts[j->prompt],
                        j->o->template_name, j->o->max_tokens, after_answers,
                        j, &j->out->pub.cost, &j->out->mem, s->answers, err);
}

/* The data's own targets, as answers. */
static pmpo_answer *targets_of(job *j)
{
    size_t n = pmpo_data_count(j->data);
    pmpo_answer *a = pmpo_arena_alloc(&j->out->mem, n, sizeof(*a));
    for (size_t i = 0; a && i < n; i++) {
        a[i] = (pmpo_answer){pmpo_data_example(j->data, i)->target, true};
    }
    return a;
}

static int judge(job *j, sheet *s, pmpo_error *err)
{
    size_t n = pmpo_data_count(j->data);
    const pmpo_answer *other = j->prompt > 0 ? j->sheets[0].answers
                                             : targets_of(j);
    s->wins = pmpo_arena_alloc(&j->out->mem, n, sizeof(*s->wins));
    if (!s->wins || !other) {
        return pmpo_fail_memory(err);
    }
    return pmpo_judge_answers(j->o->judge ? j->o->judge : j->model, j->data,
                              s->answers, other, j->cache, after_verdicts, j,
                              &j->out->pub.cost, s->wins, err);
}

static int fill_sheet(job *j, sheet *s, pmpo_error *err)
{
    int rc = j->generates ? answer(j, s, err) : 0;
    return rc == 0 && j->judges ? judge(j, s, err) : rc;
}

/* The scores of all prompts, together. */
static int score_all(job *j, pmpo_error *err)
{
    pmpo_scoring *list =
        pmpo_arena_alloc(&j->out->mem, j->n_prompts, sizeof(*list));
    for (size_t i = 0; list && i < j->n_prompts; i++) {
        list[i] = (pmpo_scoring){
            .scorer = j->scorer,
            .prompt = j->prompts[i],
            .context = {.cache = j->cache, .prompt_id = -1,
                        .place = (int)i + 1, .after = after_block, .ud = j,
                        .cost = &j->out->pub.cost},
            .mem = &j->out->mem,
        };
    }
    int rc = list ? pmpo_score_together(list, j->n_prompts, NULL, NULL, err)
                  : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < j->n_prompts; i++) {
        rc = list[i].code < 0
                 ? pmpo_fail(err, list[i].code, "%s", list[i].error.text)
                 : 0;
        j->sheets[i].score = list[i].result.score;
    }
    return rc;
}

/* One metric's value on one example; NAN: does not apply. */
static double value_of(const job *j, const sheet *s, int metric, size_t i)
{
    const pmpo_metric_row *m = &pmpo_metrics[metric];
    const pmpo_example *e = pmpo_data_example(j->data, i);
    if (!m->applies(e)) {
        return NAN;
    }
    switch (m->kind) {
    case PMPO_BY_SCORES:
        return m->value(e, &s->score.examples[i]);
    case PMPO_BY_ANSWER:
        return m->right(e, &s->answers[i], &j->pattern);
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
    size_t n = pmpo_data_count(j->data), k = j->n_metrics;
    pmpo_arena *mem = &j->out->mem;
    pmpo_eval_metric *v = pmpo_arena_alloc(mem, k, sizeof(*v));
    pmpo_eval_example *x = pmpo_arena_alloc(mem, n, sizeof(*x));
    double *right = pmpo_arena_alloc(mem, n * k, sizeof(*right));
    pmpo_str prompt = pmpo_arena_str(mem, j->prompts[j->prompt]);
    if (!v || !x || !right || !prompt.ptr) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        x[i].id = pmpo_arena_str(mem, pmpo_data_example(j->data, i)->id);
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
        v[m].name = pmpo_metrics[j->metrics[m]].name;
        for (size_t i = 0; i < n; i++) {
            put_value(j, i, x[i].right[m]);
        }
        sum_up(j, n, &v[m]);
    }
    *out = (pmpo_eval_prompt){.prompt = prompt, .metrics = v, .examples = x,
                              .n_examples = n};
    for (size_t i = 0; s->answers && i < n; i++) {
        out->n_replies++;
        out->n_cut_off += !s->answers[i].complete;
    }
    return 0;
}

/* ---- two prompts compared ------------------------------------------------------------- */

/* The p-value of a metric's difference; j->column holds it. */
static double p_of(const job *j, bool shares, size_t n)
{
    n = pmpo_by_group(j->column, j->weights, j->groups, n);
    if (shares) {
        return pmpo_bootstrap_p(j->column, j->weights, n, j->o->seed);
    }
    for (size_t g = 0; g < n; g++) {
        j->column[g] *= j->weights[g]; /* sums again */
    }
    return pmpo_mcnemar_grouped(j->column, n, j->o->seed);
}

static void compare(job *j, pmpo_eval_prompt *p)
{
    pmpo_eval_metric *v = (pmpo_eval_metric *)p[1].metrics; /* ours, above */
    for (size_t k = 0; k < j->n_metrics; k++) {
        for (size_t i = 0; i < p[0].n_examples; i++) {
            put_value(j, i, p[1].examples[i].right[k]
                            - p[0].examples[i].right[k]);
        }
        bool shares = v[k].shares || p[0].metrics[k].shares;
        bool compares = pmpo_metrics[j->metrics[k]].kind != PMPO_BY_JUDGE;
        v[k].p_value = compares ? p_of(j, shares, p[0].n_examples) : NAN;
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
    int rc = pairs ? pmpo_loss_resolve(so.loss, j->data, &so.loss, err) : 0;
    rc = rc < 0 ? rc : pmpo_end_resolve(j->model, j->data, j->prompts[0],
                                        so.template_name, j->o->end, &so.end,
                                        err);
    return rc < 0 ? rc : pmpo_scorer_new(j->model, j->data, &so, &j->scorer,
                                         err);
}

static int make_pattern(job *j, pmpo_error *err)
{
    char why[200];
    if (!j->o->regex || !*j->o->regex) {
        return pmpo_fail(err, PMPO_EUSAGE, "metric regex needs a pattern");
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
    int rc = pmpo_metrics_resolve(j->o->metrics, j->data, &metrics, err);
    for (int i = 0; rc == 0 && i < PMPO_N_METRICS; i++) {
        if (metrics & 1u << i) {
            pmpo_metric_kind kind = pmpo_metrics[i].kind;
            j->metrics[j->n_metrics++] = i;
            j->scores |= kind == PMPO_BY_SCORES;
            j->generates |= kind != PMPO_BY_SCORES;
            j->judges |= kind == PMPO_BY_JUDGE;
        }
    }
    rc = rc == 0 && wants(j, PMPO_METRIC_REGEX) ? make_pattern(j, err) : rc;
    rc = rc < 0 ? rc : pmpo_user_cache(j->o->no_cache, &j->cache, err);
    return rc == 0 && j->scores ? make_scorer(j, err) : rc;
}

static void clean_up(job *j)
{
    const char *w = j->cache ? pmpo_cache_trouble(j->cache) : NULL;
    char *copy = w ? pmpo_arena_cstr(&j->out->mem, w) : NULL;
    j->out->pub.warning = copy ? copy : "";
    if (j->has_pattern) {
        regfree(&j->pattern);
    }
    pmpo_scorer_free(j->scorer);
    pmpo_cache_free(j->cache);
}

static int make_room(job *j, pmpo_error *err)
{
    pmpo_arena *mem = &j->out->mem;
    size_t n = pmpo_data_count(j->data);
    j->groups = pmpo_arena_alloc(mem, n, sizeof(*j->groups));
    j->column = pmpo_arena_alloc(mem, n, sizeof(*j->column));
    j->weights = pmpo_arena_alloc(mem, n, sizeof(*j->weights));
    return j->groups && j->column && j->weights
               ? pmpo_data_groups(j->data, j->groups, err)
               : pmpo_fail_memory(err);
}

static int run(job *j, pmpo_error *err)
{
    pmpo_eval *out = &j->out->pub;
    pmpo_eval_prompt *p =
        pmpo_arena_alloc(&j->out->mem, j->n_prompts, sizeof(*p));
    j->sheets = pmpo_arena_alloc(&j->out->mem, j->n_prompts,
                                 sizeof(*j->sheets));
    int rc = p && j->sheets ? make_room(j, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : set_up(j, err);
    j->begin_ms = pmpo_now_ms();
    rc = rc == 0 && j->scores ? score_all(j, err) : rc;
    for (j->prompt = 0; rc == 0 && j->prompt < j->n_prompts; j->prompt++) {
        sheet *s = &j->sheets[j->prompt];
        rc = fill_sheet(j, s, err);
        rc = rc < 0 ? rc : fill_prompt(j, s, &p[j->prompt], err);
    }
    out->prompts = p;
    out->n_prompts = j->n_prompts;
    out->n_metrics = j->n_metrics;
    out->majority = pmpo_data_majority(j->data, NULL);
    if (rc == 0 && j->n_prompts == 2) {
        compare(j, p);
    }
    clean_up(j);
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
