/* stats.h: pure statistics, in double, in a fixed order. */
#ifndef PMPO_STATS_STATS_H
#define PMPO_STATS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pmpo_interval {
    double value, low, high; /* low <= value <= high; NAN when n is too small */
} pmpo_interval;

/* The standard normal distribution's quantile of 95 % intervals. */
#define PMPO_Z_975 1.959963984540054235524594430521

/* Wilson score interval, 95 %, of k successes in n (Wilson 1927). n == 0
 * gives NAN. */
pmpo_interval pmpo_wilson(size_t k, size_t n);

/* Mean of x (weights w, or NULL for equal) with the 95 % interval of
 * Student's t on n - 1 degrees of freedom; with weights the linearised
 * standard error of a ratio mean. n < 2 gives NAN bounds. Use it on paired
 * differences. */
pmpo_interval pmpo_mean_interval(const double *x, const double *w, size_t n);

/* Two-sided p-value of "the mean is 0" by the same t: below 0.05 where that
 * interval excludes 0. n < 2 gives NAN. */
double pmpo_mean_p(const double *x, const double *w, size_t n);

/* Standard error of the (weighted) mean; NAN for n < 2. */
double pmpo_mean_error(const double *x, const double *w, size_t n);

/* Weighted mean; w NULL means equal weights; n == 0 gives NAN. */
double pmpo_mean(const double *x, const double *w, size_t n);

/* Quantile 0.975 of Student's t with df >= 1 degrees of freedom, to 1e-9. */
double pmpo_t975(double df);

/* Replaces each group by one observation: x becomes the groups' weighted means
 * and w their weights, both in place; returns the number of groups. The ratio
 * mean of these and its linearised error are cluster-robust (Cochran, Sampling
 * Techniques, 1977, chapter 9A). group[i] numbers groups from 0 in order of
 * first appearance (NULL: each observation is a group). Observations of weight
 * 0 are ignored, and so are groups that have no others. */
size_t pmpo_by_group(double *x, double *w, const size_t *group, size_t n);

/* Two-sided p-value of the exact McNemar test: of the examples on which two
 * treatments differ, b went one way and c the other. */
double pmpo_mcnemar(size_t b, size_t c);

/* Like pmpo_mcnemar for groups: d[i] is how many more examples of group i went
 * one way than the other. If the treatments do not differ, a group's sign is
 * equally likely to be as it is or reversed: p is the share of PMPO_SIGN_FLIPS
 * random choices of signs whose sum is at least as far from 0, with one added, so
 * that levels down to a thousandth can be reached. Exact if all d[i] are 0 or of
 * one size. */
#define PMPO_SIGN_FLIPS 20000
double pmpo_mcnemar_grouped(const double *d, size_t n, uint64_t seed);

/* Wilson interval of a share over groups (pmpo_by_group of marks 0 and 1): n
 * is replaced by the effective number of examples, n over the design effect
 * (at least 1; if all marks are equal, by the number of groups), and the normal
 * quantile by Student's for the groups (Dean and Pagano 2015, J. Survey Stat.
 * Methodol. 3). Groups of one: pmpo_wilson. */
pmpo_interval pmpo_wilson_grouped(const double *x, const double *w, size_t n);

/* Weighted mean of x with the 95 % percentile interval of PMPO_BOOTSTRAPS
 * resamples (Efron and Tibshirani 1993, section 13.3), the same for the same
 * seed; w NULL means equal weights. n < 2 gives NAN bounds. */
#define PMPO_BOOTSTRAPS 2000
pmpo_interval pmpo_bootstrap_mean(const double *x, const double *w, size_t n,
                                  uint64_t seed);
/* The 2.5 and 97.5 % quantiles of v[0..n), which is sorted in place. NaNs are
 * ignored. */
void pmpo_percentile_bounds(double *v, size_t n, double *low, double *high);

/* Spearman's rank correlation; ties get their mean rank. NAN if n < 2 or one of
 * the two is constant. O(n^2). */
double pmpo_spearman(const double *x, const double *y, size_t n);

/* The ranks of x minus their mean, scaled to norm 1, so that the dot product of
 * two such vectors is Spearman's correlation. All 0 if x is constant. */
void pmpo_centred_ranks(const double *x, size_t n, double *out);

/* log(sum exp x[i]); -INFINITY for n == 0. */
double pmpo_logsumexp(const double *x, size_t n);
/* -log sigmoid(x), without overflow. */
double pmpo_softplus_neg(double x);

#endif
