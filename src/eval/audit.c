/* audit.c: which losses rank prompts as accuracy does; see eval.h.
 *
 * All losses are computed from one scoring of all outputs with their
 * content-free priors. Resampling draws inputs, the same ones for all
 * prompts. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/plain.h"
#include "data/data.h"
#include "eval/eval.h"
#include "eval/matrix.h"
#include "score/loss.h"
#include "score/prompts.h"

/* A loss with its settings: a column of the table. */
typedef struct loss_row {
    const char *name;
    pmpo_score_settings how;
} loss_row;

/* As many ways as a loss may be set in (add_loss), and the run's own, which may
 * be another. */
#define MOST_ROWS (6 * PMPO_N_LOSSES + 1)

typedef struct work {
    const pmpo_eval_input *in;
    unsigned metrics;
    pmpo_prompt_score *scores; /* [n_prompts] */
    pmpo_eval *answers;        /* NULL where no metric needs them */
    loss_row rows[MOST_ROWS];  /* n_losses of them, that the data can have */
    const char *names[PMPO_N_METRICS]; /* n_metrics of them */
    int own;                   /* the run's loss among the rows; -1 */
    pmpo_matrix table;
    pmpo_audit *out;
    pmpo_arena *mem; /* of all of it */
} work;

/* ---- the losses -------------------------------------------------------------- */

/* "preference length beta 0.5 calibrated"; NULL: no memory. */
static const char *name_of(pmpo_arena *mem, const pmpo_score_settings *how)
{
    char name[80], beta[30] = "";
    unsigned uses = pmpo_loss_row_of(how->loss)->uses;
    if (uses & PMPO_USES_BETA && how->beta != 1) {
        pmpo_print(beta, sizeof(beta), " beta %g", how->beta);
    }
    snprintf(name, sizeof(name), "%s%s%s%s%s%s%s", pmpo_loss_name(how->loss),
             uses & PMPO_USES_REDUCTION ? " " : "",
             uses & PMPO_USES_REDUCTION ? pmpo_reduction_name(how->reduction)
                                        : "",
             how->loss_on == PMPO_LOSS_ON_ANSWER ? " of answer" : "",
             pmpo_compares_per_token(how) ? " length" : "", beta,
             how->calibrate != PMPO_CALIBRATE_NONE ? " calibrated" : "");
    return pmpo_arena_cstr(mem, name);
}

/* The answer of every example stands in its target; where it is not the run's
 * own loss, it must not be all of it, either: that would be a loss twice. */
static bool have_answers(const work *w, bool own)
{
    for (size_t i = 0; i < pmpo_data_count(w->in->data); i++) {
        const pmpo_example *e = pmpo_data_example(w->in->data, i);
        const pmpo_target_score *t = w->scores[0].examples[i].targets;
        if (t[0].answer_begin == t[0].answer_end ||
            (!own && e->answer.len == e->target.len)) {
            return false;
        }
    }
    return true;
}

static bool data_have(const work *w, const pmpo_score_settings *how, bool own)
{
    pmpo_loss_kind same;
    return pmpo_loss_resolve(how->loss, w->in->data, &same, NULL) == 0 &&
           (how->loss_on == PMPO_LOSS_ON_TARGET || have_answers(w, own));
}

/* The same loss, whatever the settings that it doesn't read. */
static bool is_loss(const pmpo_score_settings *a, const pmpo_score_settings *b)
{
    unsigned uses = pmpo_loss_row_of(a->loss)->uses;
    return a->loss == b->loss &&
           (a->calibrate == PMPO_CALIBRATE_NONE) ==
               (b->calibrate == PMPO_CALIBRATE_NONE) &&
           (!(uses & PMPO_USES_REDUCTION) || a->reduction == b->reduction) &&
           (!(uses & PMPO_USES_NORMALIZE) || a->normalize == b->normalize) &&
           (!(uses & PMPO_USES_BETA) || a->beta == b->beta) &&
           (!(uses & PMPO_USES_LOSS_ON) || a->loss_on == b->loss_on);
}

static int add_row(work *w, const pmpo_score_settings *how, pmpo_error *err)
{
    loss_row *r = &w->rows[w->table.n_losses];
    *r = (loss_row){name_of(w->mem, how), *how};
    if (!r->name) {
        return pmpo_fail_memory(err);
    }
    const pmpo_score_options *run = w->in->o->run_loss;
    if (run && is_loss(how, &run->how)) {
        w->own = (int)w->table.n_losses;
    }
    w->table.n_losses++;
    return 0;
}

/* The ways in which a loss may be set, as far as the data can have them. */
static int add_loss(work *w, pmpo_loss_kind kind, pmpo_error *err)
{
    static const pmpo_score_settings reduced[] = {
        {.reduction = PMPO_REDUCE_MEAN},
        {.reduction = PMPO_REDUCE_SUM},
        {.reduction = PMPO_REDUCE_MEAN, .calibrate = PMPO_CALIBRATE_CONTENT_FREE},
        {.reduction = PMPO_REDUCE_SUM, .calibrate = PMPO_CALIBRATE_CONTENT_FREE},
        {.reduction = PMPO_REDUCE_MEAN, .loss_on = PMPO_LOSS_ON_ANSWER},
        {.reduction = PMPO_REDUCE_SUM, .loss_on = PMPO_LOSS_ON_ANSWER},
    };
    static const pmpo_score_settings compared[] = {
        {.normalize = PMPO_NORM_NONE},
        {.normalize = PMPO_NORM_LENGTH},
        {.calibrate = PMPO_CALIBRATE_CONTENT_FREE},
    };
    unsigned uses = pmpo_loss_row_of(kind)->uses;
    bool reduces = uses & PMPO_USES_REDUCTION;
    size_t n = reduces ? sizeof(reduced) / sizeof(reduced[0])
                       : sizeof(compared) / sizeof(compared[0]);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        pmpo_score_settings how = reduces ? reduced[i] : compared[i];
        how.loss = kind;
        how.beta = 1;
        if (how.loss_on != PMPO_LOSS_ON_TARGET && !(uses & PMPO_USES_LOSS_ON)) {
            continue;
        }
        rc = data_have(w, &how, false) ? add_row(w, &how, err) : 0;
    }
    return rc;
}

/* All losses, with the run's own among them. */
static int choose_rows(work *w, pmpo_error *err)
{
    const pmpo_score_options *run = w->in->o->run_loss;
    int rc = 0;
    w->own = -1;
    for (int k = PMPO_LOSS_AUTO + 1; rc == 0 && k < PMPO_N_LOSSES; k++) {
        rc = add_loss(w, (pmpo_loss_kind)k, err);
    }
    bool other = run && w->own < 0 && data_have(w, &run->how, true);
    return rc < 0 || !other ? rc : add_row(w, &run->how, err);
}

/* ---- scoring and answering ------------------------------------------------------ */

static int score_all(work *w, pmpo_error *err)
{
    const pmpo_eval_input *in = w->in;
    const pmpo_prompt_list l = {.prompts = in->prompts,
                                .n = in->n_prompts,
                                .cache = in->cache,
                                .progress = in->o->progress,
                                .progress_ud = in->o->progress_ud,
                                .cost = &w->out->cost,
                                .mem = w->mem};
    pmpo_scorer *s = NULL;
    pmpo_scorer_options so = {.calibrate = PMPO_CALIBRATE_CONTENT_FREE,
                              .beta = 1,
                              .template_name = in->o->template_name,
                              .targets = PMPO_TARGETS_ALL};
    w->scores = pmpo_arena_alloc(w->mem, l.n, sizeof(*w->scores));
    int rc = w->scores
                 ? pmpo_loss_resolve(PMPO_LOSS_AUTO, in->data, &so.loss, err)
                 : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : pmpo_end_resolve(in->model, in->data, in->prompts[0],
                                        so.template_name, in->o->end, &so.end,
                                        err);
    rc = rc < 0 ? rc : pmpo_scorer_new(in->model, in->data, &so, &s, err);
    rc = rc < 0 ? rc : pmpo_score_prompts(s, NULL, &l, w->scores, NULL, err);
    pmpo_scorer_free(s);
    return rc;
}

static int answer_all(work *w, unsigned metrics, pmpo_error *err)
{
    pmpo_eval_options o = *w->in->o;
    pmpo_eval_input in = *w->in;
    o.metrics = metrics;
    o.run_loss = NULL;
    in.o = &o;
    w->answers = pmpo_arena_alloc(w->mem, 1, sizeof(*w->answers));
    return w->answers ? pmpo_evaluate(&in, w->mem, w->answers, err)
                      : pmpo_fail_memory(err);
}

static int measure(work *w, pmpo_error *err)
{
    unsigned answers = 0;
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        unsigned bit = 1u << i & w->metrics;
        answers |= pmpo_metrics[i]->kind == PMPO_BY_ANSWER ? bit : 0;
    }
    int rc = score_all(w, err);
    return rc < 0 || !answers ? rc : answer_all(w, answers, err);
}

/* ---- tables --------------------------------------------------------------------- */

/* Is the output among those that the loss compares with the target? The scores
 * hold more where rejected outputs are no options. */
static bool reads(pmpo_loss_kind kind, const pmpo_example *e, pmpo_str text)
{
    size_t n;
    const pmpo_str *list = pmpo_loss_others(kind, e, &n);
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(list[i], text)) {
            return true;
        }
    }
    return false;
}

static double loss_of(const pmpo_score_settings *how, const pmpo_example *e,
                      const pmpo_example_score *s, pmpo_target_score *room)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_targets; i++) {
        if (i == 0 || reads(how->loss, e, s->targets[i].text)) {
            room[n] = s->targets[i];
            room[n++].prior_nats *= how->calibrate != PMPO_CALIBRATE_NONE;
        }
    }
    return pmpo_example_loss(room, n, how);
}

static int fill_losses(work *w, pmpo_error *err)
{
    const pmpo_matrix *t = &w->table;
    for (size_t p = 0; p < t->n_prompts; p++) {
        for (size_t i = 0; i < t->n_examples; i++) {
            const pmpo_example_score *x = &w->scores[p].examples[i];
            const pmpo_example *e = pmpo_data_example(w->in->data, i);
            pmpo_target_score *room =
                pmpo_arena_alloc(w->mem, x->n_targets, sizeof(*room));
            if (!room) {
                return pmpo_fail_memory(err);
            }
            for (size_t r = 0; r < t->n_losses; r++) {
                pmpo_matrix_loss(t, r, p)[i] =
                    loss_of(&w->rows[r].how, e, x, room);
            }
        }
    }
    pmpo_matrix_weigh(&w->table, &w->scores[0]);
    return 0;
}

/* The column of an answer metric in the evaluation. */
static double answered(const work *w, int metric, size_t prompt, size_t i)
{
    const pmpo_eval_prompt *p = &w->answers->prompts[prompt];
    for (size_t k = 0; k < w->answers->n_metrics; k++) {
        if (p->metrics[k].name == pmpo_metric_name(metric)) {
            return p->examples[i].right[k];
        }
    }
    return NAN;
}

/* An example that a server refused to answer under one prompt compares no
 * prompts. */
static void drop_refused(const pmpo_matrix *t, size_t row, size_t i)
{
    bool any = false;
    for (size_t p = 0; p < t->n_prompts; p++) {
        any = any || isnan(pmpo_matrix_right(t, row, p)[i]);
    }
    for (size_t p = 0; any && p < t->n_prompts; p++) {
        pmpo_matrix_right(t, row, p)[i] = NAN;
    }
}

static void fill_right(work *w, int metric, size_t row)
{
    const pmpo_metric_row *m = pmpo_metrics[metric];
    const pmpo_matrix *t = &w->table;
    for (size_t p = 0; p < t->n_prompts; p++) {
        for (size_t i = 0; i < t->n_examples; i++) {
            const pmpo_example *e = pmpo_data_example(w->in->data, i);
            const pmpo_example_score *s = &w->scores[p].examples[i];
            pmpo_matrix_right(t, row, p)[i] = m->kind == PMPO_BY_ANSWER
                                                  ? answered(w, metric, p, i)
                                              : m->applies(e) ? m->value(e, s)
                                                              : NAN;
        }
    }
    for (size_t i = 0; i < t->n_examples; i++) {
        drop_refused(t, row, i);
    }
}

static int make_tables(work *w, pmpo_error *err)
{
    pmpo_matrix *t = &w->table;
    int which[PMPO_N_METRICS];
    t->n_prompts = w->in->n_prompts;
    t->n_examples = pmpo_data_count(w->in->data);
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        if (w->metrics & 1u << i) {
            which[t->n_metrics] = i;
            w->names[t->n_metrics++] = pmpo_metric_name(i);
        }
    }
    int rc = choose_rows(w, err);
    if (rc == 0 && pmpo_matrix_make(t, w->mem) < 0) {
        rc = pmpo_fail_memory(err);
    }
    const int *families = w->in->o->families;
    for (size_t p = 0; rc == 0 && families && p < t->n_prompts; p++) {
        t->families[p] = (size_t)families[p]; /* any number will do */
    }
    for (size_t m = 0; rc == 0 && m < t->n_metrics; m++) {
        fill_right(w, which[m], m);
    }
    return rc < 0 ? rc : fill_losses(w, err);
}

/* ---- agreement ------------------------------------------------------------------ */

/* of[r * n_metrics + metric], for all losses r at once. */
static int agreements(const work *w, size_t metric, pmpo_agreement *of,
                      pmpo_error *err)
{
    const pmpo_matrix *t = &w->table;
    uint64_t seed = pmpo_seed_for(w->in->o->seed, "audit", metric, 0, 0);
    pmpo_agreement column[MOST_ROWS];
    if (pmpo_matrix_agree(t, metric, seed, column) < 0) {
        return pmpo_fail_memory(err);
    }
    for (size_t l = 0; l < t->n_losses; l++) {
        of[l * t->n_metrics + metric] = column[l];
    }
    return 0;
}

static int fill_rows(work *w, pmpo_audit_loss *out, pmpo_error *err)
{
    const pmpo_matrix *t = &w->table;
    double *loss =
        pmpo_arena_alloc(w->mem, t->n_losses * t->n_prompts, sizeof(*loss));
    pmpo_agreement *a =
        pmpo_arena_alloc(w->mem, t->n_losses * t->n_metrics, sizeof(*a));
    int rc = loss && a ? 0 : pmpo_fail_memory(err);
    for (size_t m = 0; rc == 0 && m < t->n_metrics; m++) {
        rc = agreements(w, m, a, err);
    }
    for (size_t r = 0; rc == 0 && r < t->n_losses; r++) {
        double *row = loss + r * t->n_prompts;
        for (size_t p = 0; p < t->n_prompts; p++) {
            row[p] = pmpo_matrix_mean_loss(t, r, p);
        }
        out[r] = (pmpo_audit_loss){w->rows[r].name, row, a + r * t->n_metrics};
    }
    return rc;
}

/* The index of the loss that agrees best with a metric; -1: none agrees. */
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

static void add_answers(pmpo_audit *out, const pmpo_eval *answers)
{
    for (size_t p = 0; p < out->n_prompts; p++) {
        out->n_replies += answers->prompts[p].n_replies;
        out->n_cut_off += answers->prompts[p].n_cut_off;
    }
    /* Its dollars are 0: pmpo_audit_run sets those of the whole audit. */
    pmpo_cost_add(&out->cost, &answers->cost);
}

static void fill_accuracy(const pmpo_matrix *t, size_t metric, double *out)
{
    for (size_t p = 0; p < t->n_prompts; p++) {
        out[p] = pmpo_matrix_share(t, metric, p);
    }
}

static int fill_result(work *w, pmpo_error *err)
{
    const pmpo_matrix *t = &w->table;
    pmpo_audit_loss *l = pmpo_arena_alloc(w->mem, t->n_losses, sizeof(*l));
    double *accuracy = pmpo_arena_alloc(w->mem, t->n_metrics * t->n_prompts,
                                        sizeof(*accuracy));
    int *best = pmpo_arena_alloc(w->mem, t->n_metrics, sizeof(*best));
    const char **names = pmpo_arena_alloc(w->mem, t->n_metrics, sizeof(*names));
    pmpo_str *prompts =
        pmpo_arena_alloc(w->mem, t->n_prompts, sizeof(*prompts));
    if (!l || !accuracy || !best || !names || !prompts) {
        return pmpo_fail_memory(err);
    }
    int rc = fill_rows(w, l, err);
    for (size_t m = 0; rc == 0 && m < t->n_metrics; m++) {
        fill_accuracy(t, m, accuracy + m * t->n_prompts);
        best[m] = best_of(l, t->n_losses, m);
        names[m] = w->names[m];
    }
    for (size_t p = 0; rc == 0 && p < t->n_prompts; p++) {
        prompts[p] = pmpo_arena_str(w->mem, w->in->prompts[p]);
    }
    pmpo_cost cost = w->out->cost;
    *w->out = (pmpo_audit){.prompts = prompts,
                           .n_prompts = t->n_prompts,
                           .n_examples = t->n_examples,
                           .metrics = names,
                           .n_families = pmpo_matrix_families(t),
                           .n_inputs = pmpo_matrix_inputs(t),
                           .n_metrics = t->n_metrics,
                           .accuracy = accuracy,
                           .losses = l,
                           .n_losses = t->n_losses,
                           .best = best,
                           .own = w->own,
                           .cost = cost,
                           .warning = "",
                           .majority = NAN};
    if (w->answers) {
        add_answers(w->out, w->answers);
    }
    return rc;
}

/* ---- all ------------------------------------------------------------------------ */

static int refuse(pmpo_error *err)
{
    pmpo_buf names = {0};
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        if (!pmpo_metrics[i]->no_audit) {
            pmpo_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
                            pmpo_metric_name(i));
        }
    }
    int rc = names.failed
                 ? pmpo_fail_memory(err)
                 : pmpo_fail(err, PMPO_EUSAGE, "an audit compares with %s only",
                             names.ptr);
    pmpo_buf_release(&names);
    return rc;
}

/* Of those that an audit compares with, all that scores tell of these data. */
static unsigned all_by_scores(const pmpo_data *d)
{
    unsigned all = 0, one;
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        const pmpo_metric_row *m = pmpo_metrics[i];
        bool is = m->kind == PMPO_BY_SCORES && !m->no_audit &&
                  pmpo_metrics_resolve(1u << i, d, &one, NULL) == 0;
        all |= is ? 1u << i : 0;
    }
    return all;
}

int pmpo_audit_resolve(unsigned asked, const pmpo_data *d, unsigned *out,
                       pmpo_error *err)
{
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        if ((asked & 1u << i) && pmpo_metrics[i]->no_audit) {
            return refuse(err);
        }
    }
    int rc = d ? pmpo_metrics_resolve(asked, d, out, err) : 0;
    if (rc == 0 && d && asked == 0 && *out == PMPO_METRIC_OPTIONS) {
        *out = all_by_scores(d);
    } else if (rc == 0 && d && asked == 0 && *out == PMPO_METRIC_PAIRS) {
        unsigned form = pmpo_metric_by_form(d);
        *out = form ? form : PMPO_METRIC_EXACT;
    }
    return rc;
}

int pmpo_audit_prompts(const pmpo_eval_input *in, pmpo_arena *mem,
                       pmpo_audit *out, pmpo_error *err)
{
    *out = (pmpo_audit){.warning = ""};
    work w = {.in = in, .out = out, .mem = mem};
    int rc = pmpo_audit_resolve(in->o->metrics, in->data, &w.metrics, err);
    rc = rc < 0 ? rc : measure(&w, err);
    rc = rc < 0 ? rc : make_tables(&w, err);
    rc = rc < 0 ? rc : fill_result(&w, err);
    return rc < 0 ? rc
                  : pmpo_metrics_majority(w.metrics, in->data, &out->majority,
                                          err);
}
