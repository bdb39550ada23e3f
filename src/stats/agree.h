/* agree.h: does one figure rank things as another does. Pure. */
#ifndef PMPO_STATS_AGREE_H
#define PMPO_STATS_AGREE_H

#include "stats/stats.h"

#define PMPO_AGREE_RESAMPLES 500

/* Losses and marks of prompts on the same examples. */
typedef struct pmpo_rankings {
    const double *loss;  /* [n_prompts][n_examples] */
    const double *right; /* the same shape, 0..1; NAN: does not apply */
    const double *weights; /* [n_examples] */
    size_t n_prompts, n_examples;
} pmpo_rankings;

/* Spearman's correlation, over prompts, of minus the mean loss with the mean
 * mark, and its 95 % percentile interval over resampled examples, the same
 * for all prompts. `means` has room for 2 n_prompts, `sample` for n_examples.
 * All NAN where one of the two is the same for all prompts. */
pmpo_interval pmpo_agreement_of(const pmpo_rankings *r, uint64_t seed,
                                double *means, size_t *sample);

#endif
