/* resample.c: intervals and tests by resampling, and rank correlation. */
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "stats/stats.h"

/* ---- quantiles ------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void pmpo_percentile_bounds(double *v, size_t n, double *low, double *high)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(v[i])) {
            v[k++] = v[i];
        }
    }
    *low = *high = NAN;
    if (k > 0) {
        qsort(v, k, sizeof(*v), by_value);
        *low = v[(size_t)(0.025 * (double)(k - 1) + 0.5)];
        *high = v[(size_t)(0.975 * (double)(k - 1) + 0.5)];
    }
}

/* ---- resampling ------------------------------------------------------------ */

static double resampled_mean(const double *x, const double *w, size_t n,
                             uint64_t *seed)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = pmpo_random(seed) % n;
        double wk = w ? w[k] : 1;
        sum += wk * x[k];
        total += wk;
    }
    return sum / total;
}

pmpo_interval pmpo_bootstrap_mean(const double *x, const double *w, size_t n,
                                  uint64_t seed)
{
    double means[PMPO_BOOTSTRAPS];
    pmpo_interval v = {pmpo_mean(x, w, n), NAN, NAN};
    if (n < 2) {
        return v;
    }
    for (size_t b = 0; b < PMPO_BOOTSTRAPS; b++) {
        means[b] = resampled_mean(x, w, n, &seed);
    }
    pmpo_percentile_bounds(means, PMPO_BOOTSTRAPS, &v.low, &v.high);
    v.low = fmin(v.low, v.value);
    v.high = fmax(v.high, v.value);
    return v;
}

/* The exact test where all groups count alike or not at all: then only signs
 * matter. *sum is that of d. */
static bool all_alike(const double *d, size_t n, double *sum, double *p)
{
    size_t up = 0, down = 0;
    double size = 0;
    bool alike = true;
    *sum = 0;
    for (size_t i = 0; i < n; i++) {
        *sum += d[i];
        up += d[i] > 0;
        down += d[i] < 0;
        size = size > 0 ? size : fabs(d[i]);
        alike &= d[i] == 0 || fabs(d[i]) == size;
    }
    *p = pmpo_mcnemar(up, down);
    return alike;
}

double pmpo_mcnemar_grouped(const double *d, size_t n, uint64_t seed)
{
    double seen, p;
    if (all_alike(d, n, &seen, &p)) {
        return p;
    }
    size_t as_far = 1;
    for (size_t b = 0; b < PMPO_SIGN_FLIPS; b++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            sum += d[i] == 0 ? 0 : pmpo_random(&seed) >> 63 ? d[i] : -d[i];
        }
        as_far += fabs(sum) >= fabs(seen) - 1e-9; /* shares round */
    }
    return (double)as_far / (PMPO_SIGN_FLIPS + 1);
}

/* ---- ranks --------------------------------------------------------------------- */

static double rank_of(const double *x, size_t n, size_t i)
{
    size_t less = 0, same = 0;
    for (size_t k = 0; k < n; k++) {
        less += x[k] < x[i];
        same += x[k] == x[i];
    }
    return (double)less + ((double)same + 1) / 2;
}

void pmpo_centred_ranks(const double *x, size_t n, double *out)
{
    double mean = ((double)n + 1) / 2, squares = 0;
    for (size_t i = 0; i < n; i++) {
        out[i] = rank_of(x, n, i) - mean;
        squares += out[i] * out[i];
    }
    for (size_t i = 0; i < n && squares > 0; i++) {
        out[i] /= sqrt(squares);
    }
}

double pmpo_spearman(const double *x, const double *y, size_t n)
{
    double mean = ((double)n + 1) / 2, xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) {
            return NAN;
        }
        double a = rank_of(x, n, i) - mean, b = rank_of(y, n, i) - mean;
        xy += a * b;
        xx += a * a;
        yy += b * b;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
