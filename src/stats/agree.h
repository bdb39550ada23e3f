/* agree.h: whether losses rank prompts as accuracy does. Pure. */
#ifndef PMPO_STATS_AGREE_H
#define PMPO_STATS_AGREE_H

#include "base/mem.h"
#include "pmpo.h"

#define PMPO_AGREE_RESAMPLES 500 /* for the interval */
#define PMPO_AGREE_PERMUTATIONS 4999 /* least p: 1 / 5000 */
#define PMPO_AGREE_LEVEL 0.05 /* of a verdict */

/* Losses and marks of prompts on the same examples. */
typedef struct pmpo_rankings {
    const double *loss;  /* [n_losses][n_prompts][n_examples] */
    const double *right; /* [n_prompts][n_examples], 0..1; NAN: does not apply */
    const double *weights; /* [n_examples], of the losses; marks count alike */
    const size_t *group; /* [n_examples] by input, see pmpo_data_groups */
    size_t n_losses, n_prompts, n_examples;
} pmpo_rankings;

/* For every loss, out[l] is: Spearman's correlation, over prompts, of minus the
 * mean loss with the mean mark; its 95 % percentile interval over resampled
 * inputs, which are the same for all prompts; and p-values of a permutation
 * test.
 *
 * If loss and marks are unrelated, every assignment of the marks to the prompts
 * is equally likely, so the correlation is compared with those of random
 * assignments (Good, Permutation, Parametric and Bootstrap Tests, 2005, section
 * 3.6). p_picked compares with the best of all losses in each assignment,
 * because a reader of the table picks the best one (Westfall and Young 1993,
 * maxT).
 *
 * All NAN and open if loss or marks are the same for all prompts; open with fewer
 * than PMPO_AUDIT_LEAST_INPUTS inputs.
 * PMPO_ENOMEM. */
int pmpo_agreements(const pmpo_rankings *r, uint64_t seed,
                    pmpo_agreement *out);

#endif
