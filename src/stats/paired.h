/* paired.h: two treatments of the same examples, each right or wrong. Pure. */
#ifndef PMPO_STATS_PAIRED_H
#define PMPO_STATS_PAIRED_H

#include "stats/stats.h"

/* The second treatment's share of right examples minus the first's, with its 95
 * % interval, over n groups of examples with the same input, from pmpo_by_group
 * of the differences of single examples (-1, 0 and 1, or of shares between):
 * x[i] is the group's mean, which becomes its sum, and w[i] how many it has.
 * *p_value: pmpo_mcnemar_grouped.
 *
 * The interval is Wald's with a gain and a loss more (Bonett and Price, Adjusted
 * Wald confidence interval for a difference of binomial proportions based on
 * paired data, J. Educ. Behav. Stat. 37, 2012), by the variance of the groups'
 * sums, and widened to hold 0 where the p-value is not below 0.05. Where no
 * example differs it is the exact one of the share that would (1 - 0.025^(1/n)),
 * to both sides. Nothing asked: NAN. */
pmpo_interval pmpo_paired_groups(double *x, const double *w, size_t n,
                                 uint64_t seed, double *p_value);

/* By how many standard errors the second is ahead: the sum of the groups' sums
 * x, by the error that it has if gains and losses are as likely, with a gain and
 * a loss more, each of the mean size. Nothing asked: 0. */
double pmpo_paired_z(const double *x, const double *w, size_t n);

#endif
