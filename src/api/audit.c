/* audit.c: pmpo_audit_run: which losses rank prompts as accuracy does.
 *
 * All losses come from one scoring of all outputs with their content-free
 * priors; what is resampled are examples, the same for all prompts. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/hash.h"
#include "data/data.h"
#include "eval/eval.h"
#include "score/score.h"
#include "stats/agree.h"

/* ---- the losses --------------------------------------------------------------- */

typedef struct loss_row {
    const char *name;
    pmpo_loss_kind loss;
    pmpo_reduction reduction;
    pmpo_normalize normalize;
    bool calibrated;
    double beta; /* of preference */
    pmpo_loss_on on;
} loss_row;

#define MEAN PMPO_REDUCE_MEAN
#define SUM PMPO_REDUCE_SUM
#define WHOLE PMPO_NORM_NONE
#define LENGTH PMPO_NORM_LENGTH
#define WHOLE_TARGET PMPO_LOSS_ON_TARGET
#define ANSWER PMPO_LOSS_ON_ANSWER

static const loss_row loss_rows[] = {
    {"nll mean", PMPO_LOSS_NLL, MEAN, WHOLE, false, 1, WHOLE_TARGET},
    {"nll sum", PMPO_LOSS_NLL, SUM, WHOLE, false, 1, WHOLE_TARGET},
    {"nll mean calibrated", PMPO_LOSS_NLL, MEAN, WHOLE, true, 1, WHOLE_TARGET},
    {"nll sum calibrated", PMPO_LOSS_NLL, SUM, WHOLE, true, 1, WHOLE_TARGET},
    {"nll mean of answer", PMPO_LOSS_NLL, MEAN, WHOLE, false, 1, ANSWER},
    {"nll sum of answer", PMPO_LOSS_NLL, SUM, WHOLE, false, 1, ANSWER},
    {"preference", PMPO_LOSS_PREFERENCE, MEAN, WHOLE, false, 1, WHOLE_TARGET},
    {"preference length", PMPO_LOSS_PREFERENCE, MEAN, LENGTH, false, 1, WHOLE_TARGET},
    {"preference calibrated", PMPO_LOSS_PREFERENCE, MEAN, WHOLE, true, 1, WHOLE_TARGET},
    {"choice", PMPO_LOSS_CHOICE, MEAN, WHOLE, false, 1, WHOLE_TARGET},
    {"choice length", PMPO_LOSS_CHOICE, MEAN, LENGTH, false, 1, WHOLE_TARGET},
    {"choice calibrated", PMPO_LOSS_CHOICE, MEAN, WHOLE, true, 1, WHOLE_TARGET},
};

#define N_LOSS_ROWS (sizeof(loss_rows) / sizeof(loss_rows[0]))

/* ---- the job -------------------------------------------------------------------- */

typedef struct result {
    pmpo_audit pub; /* first: the two are one pointer */
    pmpo_arena mem;
} result;

void pmpo_audit_free(pmpo_audit *a)
{
    if (a) {
        pmpo_arena_release(&((result *)a)->mem);
        pmpo_free(a);
    }
}

typedef struct job {
    pmpo_model *model;
    const pmpo_data *data;
    const pmpo_str *prompts;
    size_t n_prompts, n_examples;
    const pmpo_eval_options *o;
    unsigned metrics;
    pmpo_scores *scores;
    pmpo_eval *answers;            /* NULL where no metric needs them */
    const loss_row **rows;         /* [n_rows] that the data can have */
    size_t n_rows, n_metrics;
    int own;                       /* the run's loss among them; -1 */
    double *losses;   /* [n_rows][n_prompts][n_examples] */
    double *right;    /* [n_metrics][n_prompts][n_examples]; NAN */
    double *weights;  /* [n_examples] */
    size_t *groups;   /* [n_examples] by input */
    result *out;
} job;

static double *cell(const job *j, double *table, size_t row, size_t prompt)
{
    return table + (row * j->n_prompts + prompt) * j->n_examples;
}

/* ---- scoring and answering --------------------------------------------------------- */

static int score_all(job *j, pmpo_error *err)
{
    pmpo_score_options so;
    pmpo_score_options_init(&so);
    so.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    so.template_name = j->o->template_name;
    so.end = j->o->end;
    so.no_cache = j->o->no_cache;
    so.progress = j->o->progress;
    so.progress_ud = j->o->progress_ud;
    return pmpo_score(j->model, j->data, j->prompts, j->n_prompts, &so,
                      &j->scores, err);
}

static int answer_all(job *j, unsigned metrics, pmpo_error *err)
{
    pmpo_eval_options eo;
    pmpo_eval_options_init(&eo);
    eo.metrics = metrics;
    eo.template_name = j->o->template_name;
    eo.max_tokens = j->o->max_tokens;
    eo.no_cache = j->o->no_cache;
    eo.progress = j->o->progress;
    eo.progress_ud = j->o->progress_ud;
    return pmpo_eval_run(j->model, j->data, j->prompts, j->n_prompts, &eo,
                         &j->answers, err);
}

static int measure(job *j, pmpo_error *err)
{
    unsigned answers = 0;
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        unsigned bit = 1u << i & j->metrics;
        answers |= pmpo_metrics[i].kind == PMPO_BY_ANSWER ? bit : 0;
    }
    int rc = score_all(j, err);
    return rc == 0 && answers ? answer_all(j, answers, err) : rc;
}

/* ---- tables -------------------------------------------------------------------------- */

/* What of the targets a loss reads: itself, and the rejected or the options.
 * The scores hold more where rejected outputs are no options. */
static bool reads(const loss_row *r, const pmpo_example *e, pmpo_str text)
{
    bool choice = r->loss == PMPO_LOSS_CHOICE;
    const pmpo_str *list = choice ? e->options : e->rejected;
    size_t n = r->loss == PMPO_LOSS_NLL ? 0
               : choice                 ? e->n_options
                                        : e->n_rejected;
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(list[i], text)) {
            return true;
        }
    }
    return false;
}

static double loss_of(const loss_row *r, const pmpo_example *e,
                      const pmpo_example_score *s, pmpo_target_score *room)
{
    const pmpo_scorer_options o = {.loss = r->loss, .reduction = r->reduction,
                                   .loss_on = r->on, .normalize = r->normalize,
                                   .beta = r->beta};
    size_t n = 0;
    for (size_t i = 0; i < s->n_targets; i++) {
        if (i == 0 || reads(r, e, s->targets[i].text)) {
            room[n] = s->targets[i];
            room[n++].prior_nats *= r->calibrated;
        }
    }
    return pmpo_example_loss(room, n, &o);
}

/* The answer of every example stands in its target, and is not all of it. */
static bool have_answers(const job *j)
{
    for (size_t i = 0; i < pmpo_data_count(j->data); i++) {
        const pmpo_example *e = pmpo_data_example(j->data, i);
        const pmpo_target_score *t = j->scores->prompts[0].examples[i].targets;
        if (t[0].answer_begin == t[0].answer_end ||
            e->answer.len == e->target.len) {
            return false;
        }
    }
    return true;
}

static bool data_have(const job *j, pmpo_loss_kind kind, pmpo_loss_on on)
{
    pmpo_loss_kind same;
    return pmpo_loss_resolve(kind, j->data, &same, NULL) == 0 &&
           (on == WHOLE_TARGET || have_answers(j));
}

static int fill_losses(job *j, pmpo_error *err)
{
    pmpo_arena *mem = &j->out->mem;
    for (size_t p = 0; p < j->n_prompts; p++) {
        const pmpo_prompt_score *s = &j->scores->prompts[p];
        for (size_t i = 0; i < j->n_examples; i++) {
            const pmpo_example_score *x = &s->examples[i];
            pmpo_target_score *room =
                pmpo_arena_alloc(mem, x->n_targets, sizeof(*room));
            if (!room) {
                return pmpo_fail_memory(err);
            }
            for (size_t r = 0; r < j->n_rows; r++) {
                cell(j, j->losses, r, p)[i] =
                    loss_of(j->rows[r], pmpo_data_example(j->data, i), x,
                            room);
            }
            j->weights[i] = x->weight;
            j->groups[i] = x->group;
        }
    }
    return 0;
}

/* The column of an answer metric in the evaluation. */
static double answered(const job *j, int metric, size_t prompt, size_t i)
{
    const pmpo_eval_prompt *p = &j->answers->prompts[prompt];
    for (size_t k = 0; k < j->answers->n_metrics; k++) {
        if (p->metrics[k].name == pmpo_metrics[metric].name) {
            return p->examples[i].right[k];
        }
    }
    return NAN;
}

static void fill_right(job *j, int metric, size_t row)
{
    const pmpo_metric_row *m = &pmpo_metrics[metric];
    for (size_t p = 0; p < j->n_prompts; p++) {
        for (size_t i = 0; i < j->n_examples; i++) {
            const pmpo_example *e = pmpo_data_example(j->data, i);
            const pmpo_example_score *s = &j->scores->prompts[p].examples[i];
            cell(j, j->right, row, p)[i] =
                m->kind == PMPO_BY_ANSWER ? answered(j, metric, p, i)
                : m->applies(e)           ? m->value(e, s)
                                          : NAN;
        }
    }
}

static bool is_loss(const loss_row *r, const pmpo_score_options *o)
{
    bool nll = o->loss == PMPO_LOSS_NLL;
    return r->loss == o->loss && r->on == o->loss_on
           && r->calibrated == (o->calibrate != PMPO_CALIBRATE_NONE)
           && (nll ? r->reduction == o->reduction : r->normalize == o->normalize)
           && (o->loss != PMPO_LOSS_PREFERENCE || r->beta == o->beta);
}

/* A row for a run's loss that is none of the usual ones; NULL: no memory. */
static const loss_row *row_of(pmpo_arena *mem, const pmpo_score_options *o)
{
    char name[80], beta[30] = "";
    bool calibrated = o->calibrate != PMPO_CALIBRATE_NONE;
    bool preference = o->loss == PMPO_LOSS_PREFERENCE;
    if (preference && o->beta != 1) {
        snprintf(beta, sizeof(beta), " beta %g", o->beta);
    }
    snprintf(name, sizeof(name), "%s%s%s%s", preference ? "preference" : "choice",
             o->normalize == LENGTH ? " length" : "", beta,
             calibrated ? " calibrated" : "");
    loss_row *r = pmpo_arena_alloc(mem, 1, sizeof(*r));
    char *copy = pmpo_arena_cstr(mem, name);
    if (!r || !copy) {
        return NULL;
    }
    *r = (loss_row){copy, o->loss, MEAN, o->normalize, calibrated, o->beta,
                    o->loss_on};
    return r;
}

/* The losses that the data can have, with the run's own among them. */
static int choose_rows(job *j, pmpo_error *err)
{
    const pmpo_score_options *own = j->o->run_loss;
    j->own = -1;
    for (size_t r = 0; r < N_LOSS_ROWS; r++) {
        if (data_have(j, loss_rows[r].loss, loss_rows[r].on)) {
            bool is_own = own && is_loss(&loss_rows[r], own);
            j->own = is_own ? (int)j->n_rows : j->own;
            j->rows[j->n_rows++] = &loss_rows[r];
        }
    }
    if (own && j->own < 0 && data_have(j, own->loss, own->loss_on)) {
        const loss_row *r = row_of(&j->out->mem, own);
        if (!r) {
            return pmpo_fail_memory(err);
        }
        j->own = (int)j->n_rows;
        j->rows[j->n_rows++] = r;
    }
    return 0;
}

static int make_tables(job *j, const char **names, pmpo_error *err)
{
    pmpo_arena *mem = &j->out->mem;
    size_t cells = j->n_prompts * j->n_examples;
    size_t most = N_LOSS_ROWS + 1; /* the run's may be another */
    j->rows = pmpo_arena_alloc(mem, most, sizeof(*j->rows));
    j->losses = pmpo_arena_alloc(mem, most * cells, sizeof(double));
    j->right = pmpo_arena_alloc(mem, PMPO_N_METRICS * cells, sizeof(double));
    j->weights = pmpo_arena_alloc(mem, j->n_examples, sizeof(double));
    j->groups = pmpo_arena_alloc(mem, j->n_examples, sizeof(*j->groups));
    if (!j->rows || !j->losses || !j->right || !j->weights || !j->groups) {
        return pmpo_fail_memory(err);
    }
    int rc = choose_rows(j, err);
    if (rc < 0) {
        return rc;
    }
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        if (j->metrics & 1u << i) {
            names[j->n_metrics] = pmpo_metrics[i].name;
            fill_right(j, i, j->n_metrics++);
        }
    }
    return fill_losses(j, err);
}

/* ---- agreement ------------------------------------------------------------------------ */

/* of[r * n_metrics + metric], for all losses r at once. */
static int agreements(const job *j, size_t metric, pmpo_agreement *of,
                      pmpo_error *err)
{
    const pmpo_rankings r = {
        .loss = j->losses, .right = cell(j, j->right, metric, 0),
        .weights = j->weights, .group = j->groups, .n_losses = j->n_rows,
        .n_prompts = j->n_prompts, .n_examples = j->n_examples};
    uint64_t seed = pmpo_seed_for(j->o->seed, "audit", metric, 0, 0);
    pmpo_agreement *column = pmpo_arena_alloc(&j->out->mem, j->n_rows,
                                              sizeof(*column));
    if (!column || pmpo_agreements(&r, seed, column) < 0) {
        return pmpo_fail_memory(err);
    }
    for (size_t l = 0; l < j->n_rows; l++) {
        of[l * j->n_metrics + metric] = column[l];
    }
    return 0;
}

/* The weighted mean over the examples that have a value. */
static double mean_of(const job *j, const double *v)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < j->n_examples; i++) {
        if (!isnan(v[i])) {
            sum += j->weights[i] * v[i];
            weight += j->weights[i];
        }
    }
    return weight > 0 ? sum / weight : NAN;
}

static int fill_rows(job *j, pmpo_audit_loss *out, pmpo_error *err)
{
    pmpo_arena *mem = &j->out->mem;
    double *loss = pmpo_arena_alloc(mem, j->n_rows * j->n_prompts,
                                    sizeof(*loss));
    pmpo_agreement *a = pmpo_arena_alloc(mem, j->n_rows * j->n_metrics,
                                         sizeof(*a));
    int rc = loss && a ? 0 : pmpo_fail_memory(err);
    for (size_t m = 0; rc == 0 && m < j->n_metrics; m++) {
        rc = agreements(j, m, a, err);
    }
    for (size_t r = 0; rc == 0 && r < j->n_rows; r++) {
        for (size_t p = 0; p < j->n_prompts; p++) {
            loss[r * j->n_prompts + p] = mean_of(j, cell(j, j->losses, r, p));
        }
        out[r] = (pmpo_audit_loss){j->rows[r]->name, loss + r * j->n_prompts,
                                   a + r * j->n_metrics};
    }
    return rc;
}

/* The loss that agrees best with a metric; -1: none does. */
static int best_of(const pmpo_audit_loss *l, size_t n, size_t metric)
{
    int best = -1;
    for (size_t r = 0; r < n; r++) {
        double v = l[r].agreement[metric].value;
        if (v > 0 && (best < 0 || v > l[best].agreement[metric].value)) {
            best = (int)r;
        }
    }
    return best;
}

static int fill_result(job *j, const char **names, pmpo_error *err)
{
    pmpo_audit *out = &j->out->pub;
    pmpo_arena *mem = &j->out->mem;
    pmpo_audit_loss *l = pmpo_arena_alloc(mem, j->n_rows, sizeof(*l));
    double *accuracy = pmpo_arena_alloc(mem, j->n_metrics * j->n_prompts,
                                        sizeof(*accuracy));
    int *best = pmpo_arena_alloc(mem, j->n_metrics, sizeof(*best));
    pmpo_str *prompts = pmpo_arena_alloc(mem, j->n_prompts, sizeof(*prompts));
    if (!l || !accuracy || !best || !prompts) {
        return pmpo_fail_memory(err);
    }
    int rc = fill_rows(j, l, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t m = 0; m < j->n_metrics; m++) {
        for (size_t p = 0; p < j->n_prompts; p++) {
            accuracy[m * j->n_prompts + p] =
                mean_of(j, cell(j, j->right, m, p));
        }
        best[m] = best_of(l, j->n_rows, m);
    }
    for (size_t p = 0; p < j->n_prompts; p++) {
        prompts[p] = pmpo_arena_str(mem, j->prompts[p]);
    }
    *out = (pmpo_audit){.prompts = prompts, .n_prompts = j->n_prompts,
                        .n_examples = j->n_examples, .metrics = names,
                        .n_metrics = j->n_metrics, .accuracy = accuracy,
                        .losses = l, .n_losses = j->n_rows, .best = best, .own = j->own,
                        .majority = pmpo_data_majority(j->data, NULL),
                        .cost = j->scores->cost};
    if (j->answers) {
        for (size_t p = 0; p < j->n_prompts; p++) {
            out->n_replies += j->answers->prompts[p].n_replies;
            out->n_cut_off += j->answers->prompts[p].n_cut_off;
        }
        out->cost.prompt_tokens += j->answers->cost.prompt_tokens;
        out->cost.generated_tokens += j->answers->cost.generated_tokens;
        out->cost.seconds += j->answers->cost.seconds;
    }
    char *w = pmpo_arena_cstr(mem, j->scores->warning);
    out->warning = w ? w : "";
    return 0;
}

/* ---- all ---------------------------------------------------------------------------------- */

static int resolve(job *j, pmpo_error *err)
{
    const unsigned all = PMPO_METRIC_OPTIONS | PMPO_METRIC_OPTIONS_MEAN
                         | PMPO_METRIC_OPTIONS_CALIBRATED;
    const unsigned other = PMPO_METRIC_PAIRS | PMPO_METRIC_REGEX
                           | PMPO_METRIC_JUDGE;
    if (j->o->metrics & other) {
        return pmpo_fail(err, PMPO_EUSAGE, "an audit compares with options, "
                         "options-mean, options-calibrated, exact, number or "
                         "choice");
    }
    int rc = pmpo_metrics_resolve(j->o->metrics, j->data, &j->metrics, err);
    if (rc == 0 && j->o->metrics == 0
        && j->metrics == PMPO_METRIC_OPTIONS) {
        j->metrics = all;
    }
    return rc;
}

static int run(job *j, pmpo_error *err)
{
    j->n_examples = pmpo_data_count(j->data);
    const char **names = pmpo_arena_alloc(&j->out->mem, PMPO_N_METRICS,
                                          sizeof(*names));
    int rc = names ? resolve(j, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : measure(j, err);
    rc = rc < 0 ? rc : make_tables(j, names, err);
    rc = rc < 0 ? rc : fill_result(j, names, err);
    pmpo_scores_free(j->scores);
    pmpo_eval_free(j->answers);
    return rc;
}

int pmpo_audit_run(pmpo_model *m, const pmpo_data *d, const pmpo_str *prompts,
                   size_t n_prompts, const pmpo_eval_options *o,
                   pmpo_audit **out, pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION, "pmpo_eval_options of another "
                         "version of pmpo.h");
    }
    if (n_prompts < PMPO_AUDIT_LEAST) {
        return pmpo_fail(err, PMPO_EUSAGE, "%zu prompts are too few to rank: "
                         "%d or more", n_prompts, PMPO_AUDIT_LEAST);
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
        pmpo_audit_free(&j.out->pub);
        return rc;
    }
    *out = &j.out->pub;
    return 0;
}
