/* paired.h: two treatments of the same examples, each right or wrong. Pure. */
#ifndef PMPO_STATS_PAIRED_H
#define PMPO_STATS_PAIRED_H

#include "stats/stats.h"

/* Clopper-Pearson interval, 95 %, of k successes in n (Clopper and Pearson
 * 1934). n == 0: value NAN, 0 to 1. */
pmpo_interval pmpo_exact_share(size_t k, size_t n);

/* The second treatment's share of right examples minus the first's, with the 95
 * % interval conditional on up + down. Of n examples, `up` are right only with
 * the second treatment and `down` only with the first (Fleiss, Statistical
 * Methods for Rates and Proportions, 1981, section 8.1, with the exact
 * interval). The interval excludes 0 exactly if pmpo_mcnemar(up, down) < 0.05.
 * Where none differs it is that of the share that would, to both sides. n == 0:
 * NAN. */
pmpo_interval pmpo_paired_shares(size_t up, size_t down, size_t n);

/* The same over n groups of examples with the same input, from pmpo_by_group
 * of the differences of single examples (-1, 0 and 1, or of shares between):
 * x[i] is the group's mean, which becomes its sum, and w[i] how many it has.
 * *p_value: pmpo_mcnemar_grouped. Where all sums are -1, 0 or 1 the interval is
 * pmpo_paired_shares', else Student's over the groups, cut to -1 and 1 and
 * widened to hold 0 where the p-value is not below 0.05. */
pmpo_interval pmpo_paired_groups(double *x, const double *w, size_t n,
                                 uint64_t seed, double *p_value);

#endif
