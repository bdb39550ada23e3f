/* agree.c: see agree.h. */
#include "stats/agree.h"

#include <math.h>

#include "base/hash.h"
#include "stats/stats.h"

/* What the two halves work on. */
typedef struct bench {
    const pmpo_rankings *r;
    uint64_t seed;
    size_t n_groups;
    size_t *times;   /* [n_groups] how often an input is drawn */
    double *x, *y;   /* [n_losses][n_prompts], [n_prompts]: means */
    double *draws;   /* [n_losses][PMPO_AGREE_RESAMPLES] */
    double *ranks_x, *ranks_y; /* centred, of length 1, as x and y */
    size_t *beats;   /* [2][n_losses] permutations that do as well */
    pmpo_arena mem;
} bench;

static int make_room(bench *b)
{
    const pmpo_rankings *r = b->r;
    size_t cells = r->n_losses * r->n_prompts;
    for (size_t i = 0; i < r->n_examples; i++) {
        b->n_groups += r->group[i] == b->n_groups;
    }
    b->times = pmpo_arena_alloc(&b->mem, b->n_groups, sizeof(*b->times));
    b->x = pmpo_arena_alloc(&b->mem, cells, sizeof(double));
    b->y = pmpo_arena_alloc(&b->mem, r->n_prompts, sizeof(double));
    b->ranks_x = pmpo_arena_alloc(&b->mem, cells, sizeof(double));
    b->ranks_y = pmpo_arena_alloc(&b->mem, r->n_prompts, sizeof(double));
    b->draws = pmpo_arena_alloc(&b->mem, r->n_losses * PMPO_AGREE_RESAMPLES,
                                sizeof(double));
    b->beats = pmpo_arena_alloc(&b->mem, 2 * r->n_losses, sizeof(*b->beats));
    return b->times && b->x && b->y && b->ranks_x && b->ranks_y && b->draws
                   && b->beats
               ? 0
               : PMPO_ENOMEM;
}

/* ---- over examples ------------------------------------------------------- */

/* The mean of the drawn values, weighted unless `weights` is NULL; NANs are
 * left out. */
static double drawn_mean(const bench *b, const double *v, const double *weights)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < b->r->n_examples; i++) {
        if (!isnan(v[i])) {
            double w = (weights ? weights[i] : 1) *
                       (double)b->times[b->r->group[i]];
            sum += w * v[i];
            weight += w;
        }
    }
    return weight > 0 ? sum / weight : NAN;
}

static void fill_means(bench *b)
{
    const pmpo_rankings *r = b->r;
    for (size_t k = 0; k < r->n_losses * r->n_prompts; k++) {
        b->x[k] = -drawn_mean(b, r->loss + k * r->n_examples, r->weights);
    }
    for (size_t p = 0; p < r->n_prompts; p++) {
        b->y[p] = drawn_mean(b, r->right + p * r->n_examples, NULL);
    }
}

static void draw_inputs(bench *b)
{
    for (size_t g = 0; g < b->n_groups; g++) {
        b->times[g] = 0;
    }
    for (size_t g = 0; g < b->n_groups; g++) {
        b->times[pmpo_random(&b->seed) % b->n_groups]++;
    }
}

static void over_examples(bench *b, pmpo_agreement *out)
{
    size_t n = b->r->n_prompts;
    for (size_t k = 0; k < PMPO_AGREE_RESAMPLES; k++) {
        draw_inputs(b);
        fill_means(b);
        for (size_t l = 0; l < b->r->n_losses; l++) {
            b->draws[l * PMPO_AGREE_RESAMPLES + k] =
                pmpo_spearman(b->x + l * n, b->y, n);
        }
    }
    for (size_t l = 0; l < b->r->n_losses; l++) {
        pmpo_percentile_bounds(b->draws + l * PMPO_AGREE_RESAMPLES,
                               PMPO_AGREE_RESAMPLES, &out[l].low,
                               &out[l].high);
    }
}

/* ---- over prompts -------------------------------------------------------- */

static void shuffle(double *v, size_t n, uint64_t *seed)
{
    for (size_t i = n; i-- > 1;) {
        size_t k = pmpo_random(seed) % (i + 1);
        double t = v[i];
        v[i] = v[k];
        v[k] = t;
    }
}

static double product(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

/* One assignment of marks to prompts: which losses it does as well for. A
 * figure that is the same for all prompts has ranks of 0 and beats none. */
static void count_beats(bench *b, const pmpo_agreement *seen)
{
    const double slack = 1e-9; /* equal ranks add up in another order */
    size_t n = b->r->n_prompts, n_losses = b->r->n_losses;
    double most = -INFINITY, least = INFINITY;
    for (size_t l = 0; l < n_losses; l++) {
        double v = product(b->ranks_x + l * n, b->ranks_y, n);
        b->beats[l] += seen[l].value < 0 ? v <= seen[l].value + slack
                                         : v >= seen[l].value - slack;
        most = fmax(most, v);
        least = fmin(least, v);
    }
    for (size_t l = 0; l < n_losses; l++) {
        b->beats[n_losses + l] += seen[l].value < 0
                                      ? least <= seen[l].value + slack
                                      : most >= seen[l].value - slack;
    }
}

static double share(size_t beats)
{
    return (double)(beats + 1) / (PMPO_AGREE_PERMUTATIONS + 1);
}

static void over_prompts(bench *b, pmpo_agreement *out)
{
    size_t n = b->r->n_prompts, n_losses = b->r->n_losses;
    for (size_t l = 0; l < n_losses; l++) {
        pmpo_centred_ranks(b->x + l * n, n, b->ranks_x + l * n);
    }
    pmpo_centred_ranks(b->y, n, b->ranks_y);
    for (size_t k = 0; k < 2 * n_losses; k++) {
        b->beats[k] = 0;
    }
    for (size_t k = 0; k < PMPO_AGREE_PERMUTATIONS; k++) {
        shuffle(b->ranks_y, n, &b->seed);
        count_beats(b, out);
    }
    for (size_t l = 0; l < n_losses; l++) {
        out[l].p = share(b->beats[l]);
        out[l].p_picked = share(b->beats[n_losses + l]);
    }
}

/* ---- both ---------------------------------------------------------------- */

/* Neither which examples there were nor which prompts may explain it. */
static pmpo_accord accord(const pmpo_agreement *a, double p)
{
    if (!(p <= PMPO_AGREE_LEVEL)) {
        return PMPO_ACCORD_OPEN;
    }
    return a->value > 0 && a->low > 0    ? PMPO_ACCORD_AGREES
           : a->value < 0 && a->high < 0 ? PMPO_ACCORD_DISAGREES
                                         : PMPO_ACCORD_OPEN;
}

static void conclude(const bench *b, pmpo_agreement *a)
{
    if (isnan(a->value)) {
        *a = (pmpo_agreement){NAN, NAN, NAN, NAN, NAN, PMPO_ACCORD_OPEN,
                              PMPO_ACCORD_OPEN};
        return;
    }
    bool few = b->n_groups < PMPO_AUDIT_LEAST_INPUTS;
    a->alone = few ? PMPO_ACCORD_OPEN : accord(a, a->p);
    a->picked = few ? PMPO_ACCORD_OPEN : accord(a, a->p_picked);
}

int pmpo_agreements(const pmpo_rankings *r, uint64_t seed,
                    pmpo_agreement *out)
{
    bench b = {.r = r, .seed = seed};
    size_t n = r->n_prompts;
    int rc = make_room(&b);
    if (rc == 0) {
        over_examples(&b, out);
        for (size_t g = 0; g < b.n_groups; g++) {
            b.times[g] = 1;
        }
        fill_means(&b);
        for (size_t l = 0; l < r->n_losses; l++) {
            out[l].value = pmpo_spearman(b.x + l * n, b.y, n);
        }
        over_prompts(&b, out);
    }
    for (size_t l = 0; rc == 0 && l < r->n_losses; l++) {
        conclude(&b, &out[l]);
    }
    pmpo_arena_release(&b.mem);
    return rc;
}
