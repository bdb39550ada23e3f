/* stats.c: intervals, means, and two sums of exponentials.
 *
 * All sums run in double, in the order of the input, so that the same scores
 * give the same last digit. NAN goes through every function unchanged. */
#include "stats/stats.h"

#include <math.h>

/* Quantile 0.975 of the standard normal distribution. */

/* ---- Student's t ------------------------------------------------------- */

/* The continued fraction of the incomplete beta function, by Lentz's method
 * (Press et al., Numerical Recipes, 6.4). Converges fast for
 * x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 1000; m++) {
        double k = m;
        double even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        double odd = -(a + k) * (a + b + k) * x /
                     ((a + 2 * k) * (a + 2 * k + 1));
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            h *= c * d;
        }
        if (fabs(c * d - 1) < 1e-16) {
            break;
        }
    }
    return h;
}

/* P(|T| > t) = I_x(df/2, 1/2) with x = df / (df + t^2); df <= 200. */
static double two_tails(double t, double df)
{
    const double sqrt_pi = 1.772453850905516027298167483341;
    double a = df / 2, b = 0.5;
    double x = df / (df + t * t), y = t * t / (df + t * t);
    /* x^a y^b / B(a, b). tgamma, not lgamma: that one writes a global. */
    double front = pow(x, a) * sqrt(y) * tgamma(a + b) / (tgamma(a) * sqrt_pi);
    if (x < (a + 1) / (a + b + 2)) {
        return front * beta_fraction(a, b, x) / a;
    }
    return 1 - front * beta_fraction(b, a, y) / b;
}

/* The expansion in 1/df around the normal quantile (Abramowitz and Stegun
 * 26.7.5). The first term left out is below 2 / df^5. */
static double t975_far(double df)
{
    double z = PMPO_Z_975, z2 = z * z;
    double g1 = z * (z2 + 1) / 4;
    double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
    double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) /
                92160;
    return z + (g1 + (g2 + (g3 + g4 / df) / df) / df) / df;
}

double pmpo_t975(double df)
{
    if (!(df >= 1)) {
        return NAN;
    }
    if (df > 200) {
        return t975_far(df);
    }
    double low = 1.9, high = 13; /* the values at df = 200 and 1 lie inside */
    for (int i = 0; i < 60; i++) {
        double mid = low + (high - low) / 2;
        if (two_tails(mid, df) > 0.05) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return low + (high - low) / 2;
}

/* Abramowitz and Stegun 26.7.8 for many degrees of freedom. */
static double both_tails(double t, double df)
{
    if (df <= 200) {
        return two_tails(t, df);
    }
    double z = t * (1 - 1 / (4 * df)) / sqrt(1 + t * t / (2 * df));
    return erfc(z / sqrt(2));
}

/* ---- means ------------------------------------------------------------- */

static double weight(const double *w, size_t i)
{
    return w ? w[i] : 1;
}

/* How many x[i] count: one of weight 0 was not observed. */
static size_t n_observed(const double *w, size_t n)
{
    size_t seen = 0;
    for (size_t i = 0; i < n; i++) {
        seen += weight(w, i) != 0;
    }
    return seen;
}

double pmpo_mean(const double *x, const double *w, size_t n)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        if (weight(w, i) != 0) {
            sum += weight(w, i) * x[i];
            total += weight(w, i);
        }
    }
    return total != 0 ? sum / total : NAN;
}

/* The linearised variance of a ratio mean,
 *     n / (n - 1) * sum (w (x - mean))^2 / (sum w)^2,
 * which for equal weights is the usual s^2 / n. */
double pmpo_mean_error(const double *x, const double *w, size_t n)
{
    size_t seen = n_observed(w, n);
    if (seen < 2) {
        return NAN;
    }
    double mean = pmpo_mean(x, w, n), squares = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
        if (weight(w, i) != 0) {
            double d = weight(w, i) * (x[i] - mean);
            squares += d * d;
            total += weight(w, i);
        }
    }
    double m = (double)seen;
    return sqrt(m / (m - 1) * squares) / fabs(total);
}

size_t pmpo_by_group(double *x, double *w, const size_t *group, size_t n)
{
    size_t n_groups = 0, kept = 0;
    /* A group's number is at most the index of its first member, so what is
     * overwritten has been read. */
    for (size_t i = 0; i < n; i++) {
        size_t g = group ? group[i] : i;
        double wi = w[i], sum = wi != 0 ? wi * x[i] : 0;
        x[g] = g < n_groups ? x[g] + sum : sum;
        w[g] = g < n_groups ? w[g] + wi : wi;
        n_groups += g == n_groups;
    }
    for (size_t g = 0; g < n_groups; g++) {
        if (w[g] != 0) {
            x[kept] = x[g] / w[g];
            w[kept++] = w[g];
        }
    }
    return kept;
}

pmpo_interval pmpo_mean_interval(const double *x, const double *w, size_t n)
{
    double mean = pmpo_mean(x, w, n), error = pmpo_mean_error(x, w, n);
    size_t seen = n_observed(w, n);
    if (seen < 2) {
        return (pmpo_interval){mean, NAN, NAN};
    }
    double half = pmpo_t975((double)(seen - 1)) * error;
    return (pmpo_interval){mean, mean - half, mean + half};
}

double pmpo_mean_p(const double *x, const double *w, size_t n)
{
    size_t seen = n_observed(w, n);
    double mean = pmpo_mean(x, w, n), error = pmpo_mean_error(x, w, n);
    if (seen < 2 || isnan(error)) {
        return NAN;
    }
    return mean == 0    ? 1
           : error == 0 ? 0
                        : both_tails(fabs(mean) / error, (double)(seen - 1));
}

/* ---- proportions ------------------------------------------------------- */

static pmpo_interval wilson(double p, double n, double z)
{
    double z2 = z * z;
    double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    /* At the ends the formula gives 0 and 1 but for rounding. */
    double low = p == 0 ? 0 : centre - half;
    double high = p == 1 ? 1 : centre + half;
    return (pmpo_interval){p, fmin(low, p), fmax(high, p)};
}

pmpo_interval pmpo_wilson(size_t k, size_t n)
{
    if (n == 0 || k > n) {
        return (pmpo_interval){NAN, NAN, NAN};
    }
    return wilson((double)k / (double)n, (double)n, PMPO_Z_975);
}

pmpo_interval pmpo_wilson_grouped(const double *x, const double *w, size_t n)
{
    double marks = 0, groups = (double)n_observed(w, n);
    for (size_t i = 0; i < n; i++) {
        marks += w[i];
    }
    double p = pmpo_mean(x, w, n);
    if (marks == groups && groups > 0) {
        return wilson(p, groups, PMPO_Z_975);
    }
    if (groups < 2) {
        return (pmpo_interval){p, NAN, NAN};
    }
    double error = pmpo_mean_error(x, w, n), alone = p * (1 - p) / marks;
    double effect = fmax(error * error / alone, 1);
    double effective = p == 0 || p == 1 ? groups : marks / effect;
    return wilson(p, effective, pmpo_t975(groups - 1));
}

/* ---- exponentials ------------------------------------------------------ */

double pmpo_logsumexp(const double *x, size_t n)
{
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            return NAN;
        }
        max = x[i] > max ? x[i] : max;
    }
    if (isinf(max)) {
        return max; /* inf - inf below would be NAN */
    }
    for (size_t i = 0; i < n; i++) {
        sum += exp(x[i] - max);
    }
    return max + log(sum);
}

double pmpo_softplus_neg(double x)
{
    return x >= 0 ? log1p(exp(-x)) : log1p(exp(x)) - x;
}

/* ---- paired tests -------------------------------------------------------- */

double pmpo_mcnemar(size_t b, size_t c)
{
    size_t n = b + c, least = b < c ? b : c;
    double sum = 0, log_term = -(double)n * log(2); /* C(n, 0) / 2^n */
    for (size_t i = 0; i <= least; i++) {
        sum += exp(log_term);
        log_term += log((double)(n - i)) - log((double)(i + 1));
    }
    return 2 * sum < 1 ? 2 * sum : 1;
}
