/* paired.c: see paired.h. */
#include "stats/paired.h"

#include <math.h>

/* Widened to hold 0 where the test at 5 % doesn't exclude it, and within -1 to
 * 1; the estimate itself is in it. */
static pmpo_interval kept(double value, double low, double high, double p)
{
    bool open = !(p < 0.05);
    low = fmin(open ? fmin(low, 0) : low, value);
    high = fmax(open ? fmax(high, 0) : high, value);
    return (pmpo_interval){value, fmax(low, -1), fmin(high, 1)};
}

/* Groups' sums x and counts w; two groups of the mean size more, one of which
 * gains in all examples and one of which loses in all. */
static pmpo_interval adjusted(const double *x, const double *w, size_t n,
                              double p_value)
{
    double sum = 0, asked = 0, squares = 0;
    size_t groups = 0, differ = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        asked += w[i];
        groups += w[i] > 0;
        differ += x[i] != 0;
    }
    if (differ == 0) {
        double most = 1 - pow(0.025, 1 / (double)groups);
        return (pmpo_interval){0, -most, most};
    }
    double size = asked / (double)groups, all = asked + 2 * size;
    double middle = sum / all;
    for (size_t i = 0; i < n; i++) {
        squares += pow(x[i] - w[i] * middle, 2);
    }
    squares += 2 * size * size * (1 + middle * middle);
    double half = PMPO_Z_975 * sqrt(squares) / all;
    return kept(sum / asked, middle - half, middle + half, p_value);
}

pmpo_interval pmpo_paired_groups(double *x, const double *w, size_t n,
                                 uint64_t seed, double *p_value)
{
    double asked = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = round(x[i] * w[i] * 1e9) / 1e9; /* the sum again */
        asked += w[i];
    }
    *p_value = asked > 0 ? pmpo_mcnemar_grouped(x, n, seed) : NAN;
    return asked > 0 ? adjusted(x, w, n, *p_value)
                     : (pmpo_interval){NAN, NAN, NAN};
}

double pmpo_paired_z(const double *x, const double *w, size_t n)
{
    double sum = 0, asked = 0, squares = 0;
    size_t groups = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += x[i] * x[i];
        asked += w[i];
        groups += w[i] > 0;
    }
    double size = groups ? asked / (double)groups : 1;
    return sum / sqrt(squares + 2 * size * size);
}
