/* paired.c: see paired.h. */
#include "stats/paired.h"

#include <math.h>

#define STEPS 60 /* of bisection: past the last bit of a share */

/* P(X >= k) of a binomial of n trials at p. */
static double upper_tail(size_t k, size_t n, double p)
{
    double sum = 0, term = 0; /* log C(n, i) */
    for (size_t i = 0; i <= n; i++) {
        if (i >= k) {
            double log_p = (i ? (double)i * log(p) : 0)
                           + (n > i ? (double)(n - i) * log1p(-p) : 0);
            sum += exp(term + log_p);
        }
        term += log((double)(n - i)) - log((double)(i + 1));
    }
    return sum < 1 ? sum : 1;
}

/* The p at which upper_tail(k, n, p) is `level`; it grows with p. */
static double solve(size_t k, size_t n, double level)
{
    double low = 0, high = 1;
    for (int i = 0; i < STEPS; i++) {
        double mid = (low + high) / 2;
        if (upper_tail(k, n, mid) < level) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return (low + high) / 2;
}

pmpo_interval pmpo_exact_share(size_t k, size_t n)
{
    if (n == 0) {
        return (pmpo_interval){NAN, 0, 1};
    }
    return (pmpo_interval){(double)k / (double)n,
                           k == 0 ? 0 : solve(k, n, 0.025),
                           k == n ? 1 : solve(k + 1, n, 0.975)};
}

pmpo_interval pmpo_paired_shares(size_t up, size_t down, size_t n)
{
    if (n == 0) {
        return (pmpo_interval){NAN, NAN, NAN};
    }
    if (up + down == 0) {
        double most = pmpo_exact_share(0, n).high;
        return (pmpo_interval){0, -most, most};
    }
    pmpo_interval p = pmpo_exact_share(up, up + down);
    double m = (double)(up + down) / (double)n;
    return (pmpo_interval){((double)up - (double)down) / (double)n,
                           m * (2 * p.low - 1), m * (2 * p.high - 1)};
}

/* Student's interval, within -1 to 1, and with 0 in it where the test at 5 %
 * doesn't exclude it. */
static pmpo_interval by_means(pmpo_interval v, double p)
{
    bool open = !(p < 0.05);
    v.low = isnan(v.low) ? NAN : fmax(open ? fmin(v.low, 0) : v.low, -1);
    v.high = isnan(v.high) ? NAN : fmin(open ? fmax(v.high, 0) : v.high, 1);
    return v;
}

pmpo_interval pmpo_paired_groups(double *x, const double *w, size_t n,
                                 uint64_t seed, double *p_value)
{
    pmpo_interval v = pmpo_mean_interval(x, w, n);
    size_t up = 0, down = 0;
    double asked = 0;
    bool single = true;
    for (size_t i = 0; i < n; i++) {
        x[i] = round(x[i] * w[i] * 1e9) / 1e9; /* the sum again */
        single = single && (x[i] == 0 || fabs(x[i]) == 1);
        up += x[i] > 0;
        down += x[i] < 0;
        asked += w[i];
    }
    *p_value = n ? pmpo_mcnemar_grouped(x, n, seed) : NAN;
    return single ? pmpo_paired_shares(up, down, (size_t)asked)
                  : by_means(v, *p_value);
}
