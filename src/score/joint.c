/* joint.c: the loss of a prompt on several models.
 *
 * A joint scorer is the scorer of the first model and has a scorer for each
 * other model, with the same blocks but the model's own tokens. All prompts are
 * scored on one model before the next. The joint loss of a prompt is the mean
 * or the maximum of its losses; that of an example is its mean over the models,
 * or its loss on the model on which the prompt's loss is highest. So in both
 * cases a prompt's loss is the mean of its examples' losses.
 *
 * Losses are >= 0, so a bound on the joint loss gives a bound on each model; a
 * prompt that is given up on one model is not scored on the others. */
#include <math.h>

#include "base/error.h"
#include "score/loss.h"
#include "score/scorer.h"

typedef struct joining {
    pmpo_scoring *list; /* [n], the asker's */
    size_t n, n_models;
    pmpo_joint how;
    double **losses; /* [n * n_models]: examples' losses, in mem */
    double *sums;    /* [n * n_models]: of them, the prompt's loss over those
                      * examples that were scored */
    bool *over;      /* [n] */
    /* The present model: */
    size_t model;
    pmpo_scoring *part; /* [n_part] */
    size_t *place;      /* [n_part]: of each in `list` */
    pmpo_give_up *give_up;
    pmpo_arena *scores; /* [n_part], of the other models */
    size_t n_part;
    int (*decided)(void *ud, size_t i, pmpo_error *err);
    void *ud;
    pmpo_arena mem;
} joining;

/* ---- making one ---------------------------------------------------------------- */

int pmpo_joint_scorer_new(pmpo_model *m, const pmpo_data *d,
                          const pmpo_scorer_options *o, pmpo_scorer **out,
                          pmpo_error *err)
{
    size_t most = m->limits.max_requests;
    for (size_t i = 0; i < m->n_others; i++) {
        size_t theirs = m->others[i]->limits.max_requests;
        most = theirs < most ? theirs : most;
    }
    pmpo_scorer *s = NULL;
    int rc = pmpo_scorer_new_within(m, d, o, most, &s, err);
    for (size_t i = 0; rc == 0 && i < m->n_others; i++) {
        rc = pmpo_scorer_new_within(m->others[i], d, o, most, &s->others[i],
                                    err);
        rc = rc < 0 ? pmpo_fail_in(err, rc, "%s", m->others[i]->info.name) : 0;
        s->n_others += rc == 0;
    }
    if (rc < 0) {
        pmpo_scorer_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

/* ---- scoring on one model ------------------------------------------------------ */

/* What the loss on this model may be for the joint one to stay in bounds. */
static double bound_of(const joining *j, size_t i, double bound)
{
    if (j->how == PMPO_JOINT_MAX) {
        return bound;
    }
    double left = bound * (double)j->n_models;
    for (size_t m = 0; m < j->model; m++) {
        left -= j->sums[i * j->n_models + m];
    }
    return left;
}

static void ask(joining *j, size_t i)
{
    const pmpo_scoring *of = &j->list[i];
    pmpo_scorer *s = j->model ? of->scorer->others[j->model - 1] : of->scorer;
    pmpo_scoring *p = &j->part[j->n_part];
    pmpo_give_up *g = &j->give_up[j->n_part];
    *p = (pmpo_scoring){.scorer = s,
                        .prompt = of->prompt,
                        .context = of->context,
                        .mem = j->model ? &j->scores[j->n_part] : of->mem};
    p->context.whole = NULL; /* it is called with the joint scores */
    p->context.cache = s->model->may_change ? NULL : of->context.cache;
    if (of->context.give_up) {
        *g = *of->context.give_up;
        g->bound = bound_of(j, i, g->bound);
        g->race_alpha = 0;
        p->context.give_up = g;
    }
    j->place[j->n_part++] = i;
}

/* ---- joint results ------------------------------------------------------------- */

static double combine(const joining *j, const double *losses)
{
    double sum = 0, most = losses[0];
    for (size_t m = 0; m < j->n_models; m++) {
        sum += losses[m];
        most = losses[m] > most ? losses[m] : most;
    }
    return j->how == PMPO_JOINT_MAX ? most : sum / (double)j->n_models;
}

static int tell(joining *j, size_t i, pmpo_error *err)
{
    j->over[i] = true;
    return j->decided ? j->decided(j->ud, i, err) : 0;
}

/* Was the prompt scored on as much as was asked for? */
static bool is_scored(const pmpo_scoring *p)
{
    const pmpo_give_up *g = p->context.give_up;
    return !p->result.pruned ||
           (g && g->most_examples > 0 && p->result.n_done >= g->most_examples);
}

/* Given up on this model: the joint loss can't get below the bound. */
static void put_lower_bound(joining *j, size_t i, const pmpo_result *r)
{
    double known[PMPO_MOST_JOINED] = {0};
    pmpo_result *to = &j->list[i].result;
    for (size_t m = 0; m < j->model; m++) {
        known[m] = j->sums[i * j->n_models + m];
    }
    known[j->model] = r->lower_bound;
    if (j->model > 0) { /* the first model's scores are of no use now */
        to->n_done = r->n_done;
    }
    to->pruned = true;
    to->score.loss = NAN;
    to->lower_bound = isnan(r->lower_bound) ? NAN : combine(j, known);
}

/* Keeps this model's losses of a prompt. */
static int keep(joining *j, size_t i, const pmpo_result *r, pmpo_error *err)
{
    const pmpo_prompt_score *p = &r->score;
    double *x = pmpo_arena_alloc(&j->mem, p->n_examples, sizeof(*x));
    double sum = 0, weight = 0;
    if (!x) {
        return pmpo_fail_memory(err);
    }
    for (size_t k = 0; k < p->n_examples; k++) { /* others have weight 0 */
        x[k] = p->examples[k].loss;
        sum += p->examples[k].weight * x[k];
        weight += p->examples[k].weight;
    }
    j->losses[i * j->n_models + j->model] = x;
    j->sums[i * j->n_models + j->model] = sum / weight;
    if (j->model == 0) {
        j->list[i].result = *r;
    }
    return 0;
}

/* On all models: the first one's scores get the joint losses. */
static int finish(joining *j, size_t i, pmpo_error *err)
{
    pmpo_scoring *of = &j->list[i];
    pmpo_prompt_score *p = &of->result.score;
    pmpo_example_score *x = (pmpo_example_score *)p->examples; /* ours */
    double *each = &j->sums[i * j->n_models], sum = 0, weight = 0;
    double *by_model = pmpo_arena_alloc(of->mem, j->n_models, sizeof(*each));
    size_t worst = 0;
    if (!by_model) {
        return pmpo_fail_memory(err);
    }
    for (size_t m = 0; m < j->n_models; m++) {
        by_model[m] = each[m];
        worst = each[m] > each[worst] ? m : worst;
    }
    for (size_t k = 0; k < p->n_examples; k++) {
        double mean = 0;
        for (size_t m = 0; m < j->n_models; m++) {
            mean += j->losses[i * j->n_models + m][k] / (double)j->n_models;
        }
        x[k].loss = j->how == PMPO_JOINT_MAX
                        ? j->losses[i * j->n_models + worst][k]
                        : mean;
        sum += x[k].weight * x[k].loss;
        weight += x[k].weight;
    }
    if (of->result.pruned) { /* on as many examples as were asked for */
        of->result.lower_bound = pmpo_loss_may_be_negative(&of->scorer->o.how)
                                     ? NAN
                                     : sum / of->scorer->total_weight;
        return 0;
    }
    p->loss = sum / weight;
    of->result.by_model = by_model;
    return of->context.whole
               ? of->context.whole(of->context.ud, &of->context, p, err)
               : 0;
}

/* Called for each prompt on each model. */
static int take(void *ud, size_t k, pmpo_error *err)
{
    joining *j = ud;
    pmpo_scoring *p = &j->part[k];
    size_t i = j->place[k];
    int rc = 0;
    if (p->code < 0) { /* it is too long for this model */
        j->list[i].code = p->code;
        j->list[i].error = p->error;
        rc = tell(j, i, err);
    } else if (!is_scored(p)) {
        if (j->model == 0) {
            j->list[i].result = p->result;
        }
        put_lower_bound(j, i, &p->result);
        rc = tell(j, i, err);
    } else {
        rc = keep(j, i, &p->result, err);
        if (rc == 0 && j->model + 1 == j->n_models) {
            rc = finish(j, i, err);
            rc = rc < 0 ? rc : tell(j, i, err);
        }
    }
    if (j->model > 0) {
        pmpo_arena_release(&j->scores[k]);
    }
    return rc;
}

/* ---- all --------------------------------------------------------------------------- */

static int open_joining(joining *j, pmpo_error *err)
{
    size_t n = j->n;
    j->losses = pmpo_arena_alloc(&j->mem, n * j->n_models, sizeof(*j->losses));
    j->sums = pmpo_arena_alloc(&j->mem, n * j->n_models, sizeof(*j->sums));
    j->over = pmpo_arena_alloc(&j->mem, n, sizeof(*j->over));
    j->part = pmpo_arena_alloc(&j->mem, n, sizeof(*j->part));
    j->place = pmpo_arena_alloc(&j->mem, n, sizeof(*j->place));
    j->give_up = pmpo_arena_alloc(&j->mem, n, sizeof(*j->give_up));
    j->scores = pmpo_arena_alloc(&j->mem, n, sizeof(*j->scores));
    bool ok = j->losses && j->sums && j->over && j->part && j->place &&
              j->give_up && j->scores;
    return ok ? 0 : pmpo_fail_memory(err);
}

static int score_on_model(joining *j, pmpo_error *err)
{
    j->n_part = 0;
    for (size_t i = 0; i < j->n; i++) {
        if (!j->over[i]) {
            ask(j, i);
        }
    }
    int rc = j->n_part > 0 ? pmpo_score_alone(j->part, j->n_part, take, j, err)
                           : 0;
    for (size_t k = 0; k < j->n_part; k++) {
        pmpo_arena_release(&j->scores[k]);
    }
    return rc;
}

int pmpo_score_joint(pmpo_scoring *list, size_t n,
                     int (*decided)(void *ud, size_t i, pmpo_error *err),
                     void *ud, pmpo_error *err)
{
    joining j = {.list = list,
                 .n = n,
                 .n_models = 1 + list[0].scorer->n_others,
                 .how = list[0].scorer->model->joint,
                 .decided = decided,
                 .ud = ud};
    int rc = open_joining(&j, err);
    for (size_t i = 0; i < n; i++) {
        list[i].code = 0;
        list[i].result = (pmpo_result){.lower_bound = NAN};
        list[i].result.score.loss = NAN;
    }
    for (j.model = 0; rc == 0 && j.model < j.n_models; j.model++) {
        rc = score_on_model(&j, err);
    }
    pmpo_arena_release(&j.mem);
    return rc;
}
