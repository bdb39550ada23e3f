/* compare_sum.c: the results of a comparison from the values of single
 * examples.
 *
 * All tests are paired by example; examples with the same input count as
 * one. */
#include <math.h>
#include <string.h>

#include "eval/compare.h"
#include "stats/holm.h"
#include "stats/paired.h"
#include "stats/stats.h"

/* ---- one column ------------------------------------------------------------- */

/* Puts a - b (b NULL: a) into s->x, with weights w (NULL: 1) into s->w; what
 * is no number has no weight. Returns how many are. */
static size_t put_column(const pmpo_compare_sums *s, const double *a,
                         const double *b, const double *w)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_examples; i++) {
        double v = b ? a[i] - b[i] : a[i];
        s->x[i] = isnan(v) ? 0 : v;
        s->w[i] = isnan(v) ? 0 : w ? w[i] : 1;
        n += !isnan(v);
    }
    return n;
}

static bool has_shares(const pmpo_compare_sums *s, const double *v)
{
    for (size_t i = 0; v && i < s->n_examples; i++) {
        if (v[i] > 0 && v[i] < 1) {
            return true;
        }
    }
    return false;
}

static size_t group(const pmpo_compare_sums *s)
{
    return pmpo_by_group(s->x, s->w, s->groups, s->n_examples);
}

static void sum_loss(const pmpo_compare_sums *s, const double *loss,
                     pmpo_compare_cell *c)
{
    put_column(s, loss, NULL, s->weights);
    pmpo_interval v = pmpo_mean_interval(s->x, s->w, group(s));
    c->loss = v.value;
    c->loss_low = v.low;
    c->loss_high = v.high;
}

static void sum_right(const pmpo_compare_sums *s, const double *right,
                      pmpo_compare_cell *c)
{
    c->n_asked = put_column(s, right, NULL, NULL);
    for (size_t i = 0; i < s->n_examples; i++) {
        c->n_right += right[i] == 1;
    }
    size_t n = group(s);
    pmpo_interval v = has_shares(s, right)
                          ? pmpo_bootstrap_mean(s->x, s->w, n, s->seed)
                          : pmpo_wilson_grouped(s->x, s->w, n);
    /* Of several models a mark is a share: equal sums differ in the last bit. */
    c->right = c->n_asked ? round(v.value * 1e12) / 1e12 : NAN;
    c->right_low = c->n_asked ? v.low : NAN;
    c->right_high = c->n_asked ? v.high : NAN;
}

/* ---- against the first -------------------------------------------------------- */

static const pmpo_compare_gain no_gain = {NAN, NAN, NAN, NAN, NAN};

static pmpo_compare_gain gain_of(pmpo_interval v, double p)
{
    return (pmpo_compare_gain){v.value, v.low, v.high, p, NAN};
}

static pmpo_compare_gain loss_gain(const pmpo_compare_sums *s,
                                   const double *first, const double *loss)
{
    put_column(s, first, loss, s->weights);
    size_t n = group(s);
    return gain_of(pmpo_mean_interval(s->x, s->w, n),
                   pmpo_mean_p(s->x, s->w, n));
}

static pmpo_compare_gain right_gain(const pmpo_compare_sums *s,
                                    const double *first, const double *right)
{
    if (put_column(s, right, first, NULL) == 0) {
        return no_gain;
    }
    double p;
    pmpo_interval v = pmpo_paired_groups(s->x, s->w, group(s), s->seed, &p);
    return gain_of(v, p);
}

/* ---- one model ------------------------------------------------------------------ */

static void sum_model(const pmpo_compare_sums *s, const pmpo_compare_values *t,
                      pmpo_compare_cell *cells)
{
    size_t n = s->n_examples;
    for (size_t p = 0; p < s->n_prompts; p++) {
        const double *loss = t->loss + p * n, *right = t->right + p * n;
        pmpo_compare_cell *c = &cells[p];
        *c = (pmpo_compare_cell){.loss_gain = no_gain, .right_gain = no_gain};
        c->n_replies = t->n_replies ? t->n_replies[p] : 0;
        c->n_cut_off = t->n_cut_off ? t->n_cut_off[p] : 0;
        sum_loss(s, loss, c);
        sum_right(s, right, c);
        if (p > 0) {
            c->loss_gain = loss_gain(s, t->loss, loss);
            c->right_gain = right_gain(s, t->right, right);
        }
    }
}

static pmpo_compare_best best_of(const pmpo_compare_cell *c, size_t n)
{
    pmpo_compare_best b = {-1, -1, -1, false, ""};
    for (size_t p = 0; p < n; p++) {
        if (b.by_loss < 0 || c[p].loss < c[b.by_loss].loss) {
            b.by_loss = (int)p;
        }
        double most = b.by_right < 0 ? -1 : c[b.by_right].right;
        if (c[p].right > most
            || (c[p].right == most && c[p].loss < c[b.by_right].loss)) {
            b.by_right = (int)p;
        }
    }
    b.pick = b.by_right >= 0 ? b.by_right : b.by_loss;
    const pmpo_compare_cell *pick = &c[b.pick];
    b.shown = (b.by_right >= 0 ? pick->right_gain.p_holm
                               : pick->loss_gain.p_holm) < PMPO_COMPARE_LEVEL;
    return b;
}

/* n_columns: of models, or the one of all; the tests of all of these are a
 * family. */
static int find_best(const pmpo_compare_sums *s, const pmpo_compare_cell *c,
                     size_t n_columns, pmpo_compare_best *best)
{
    *best = best_of(c, s->n_prompts);
    best->verdict = pmpo_compare_verdict(c, s->n_prompts,
                                         n_columns * (s->n_prompts - 1), best,
                                         s->mem);
    return best->verdict ? 0 : PMPO_ENOMEM;
}

/* ---- many tests -------------------------------------------------------------------- */

typedef pmpo_compare_gain *(*which)(pmpo_compare_cell *c);

static pmpo_compare_gain *of_loss(pmpo_compare_cell *c)
{
    return &c->loss_gain;
}

static pmpo_compare_gain *of_right(pmpo_compare_cell *c)
{
    return &c->right_gain;
}

/* Corrects the p-values of n cells, which are a family of tests: losses and right
 * answers are two, and the figures over all models two more. */
static int correct(const pmpo_compare_sums *s, pmpo_compare_cell *cells,
                   size_t n, which of)
{
    double *p = pmpo_arena_alloc(s->mem, 2 * n, sizeof(*p));
    if (!p) {
        return PMPO_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        p[i] = of(&cells[i])->p;
    }
    pmpo_holm(p, n, p + n);
    for (size_t i = 0; i < n; i++) {
        of(&cells[i])->p_holm = p[n + i];
    }
    return 0;
}

static int correct_both(const pmpo_compare_sums *s, pmpo_compare_cell *cells,
                        size_t n)
{
    int rc = correct(s, cells, n, of_loss);
    return rc < 0 ? rc : correct(s, cells, n, of_right);
}

/* ---- all models ---------------------------------------------------------------------- */

/* Each example's mean over the models, as if one model had them. */
static void average(const pmpo_compare_sums *s,
                    const pmpo_compare_values *values, pmpo_compare_values *out)
{
    for (size_t i = 0; i < s->n_prompts * s->n_examples; i++) {
        double loss = 0, right = 0;
        for (size_t m = 0; m < s->n_models; m++) {
            loss += values[m].loss[i];
            right += values[m].right[i];
        }
        out->loss[i] = loss / (double)s->n_models;
        out->right[i] = right / (double)s->n_models;
    }
}

static int sum_all(const pmpo_compare_sums *s,
                   const pmpo_compare_values *values,
                   const pmpo_compare_cell **all, pmpo_compare_best *best)
{
    size_t n = s->n_prompts * s->n_examples;
    pmpo_compare_values mean = {pmpo_arena_alloc(s->mem, n, sizeof(double)),
                                pmpo_arena_alloc(s->mem, n, sizeof(double)),
                                NULL, NULL};
    pmpo_compare_cell *c = pmpo_arena_alloc(s->mem, s->n_prompts, sizeof(*c));
    if (!mean.loss || !mean.right || !c) {
        return PMPO_ENOMEM;
    }
    average(s, values, &mean);
    sum_model(s, &mean, c);
    for (size_t p = 0; p < s->n_prompts; p++) { /* of one model each */
        c[p].n_asked = c[p].n_right = 0;
    }
    if (correct_both(s, c, s->n_prompts) < 0) {
        return PMPO_ENOMEM;
    }
    *all = c;
    return find_best(s, c, 1, best);
}

int pmpo_compare_sum(const pmpo_compare_sums *s,
                     const pmpo_compare_values *values,
                     pmpo_compare_model *models, const pmpo_compare_cell **all,
                     pmpo_compare_best *best)
{
    size_t n = s->n_prompts;
    pmpo_compare_cell *c = pmpo_arena_alloc(s->mem, s->n_models * n,
                                            sizeof(*c));
    if (!c) {
        return PMPO_ENOMEM;
    }
    for (size_t m = 0; m < s->n_models; m++) {
        sum_model(s, &values[m], c + m * n);
        models[m].cells = c + m * n;
    }
    if (correct_both(s, c, s->n_models * n) < 0) {
        return PMPO_ENOMEM;
    }
    for (size_t m = 0; m < s->n_models; m++) {
        if (find_best(s, models[m].cells, s->n_models, &models[m].best) < 0) {
            return PMPO_ENOMEM;
        }
    }
    *all = NULL;
    *best = models[0].best;
    return s->n_models > 1 ? sum_all(s, values, all, best) : 0;
}
