/* discern.h: how well scores of labels tell the right one, whatever bias and
 * scale they have. Pure.
 *
 * A prompt may lower the loss of labels by moving all examples' probabilities
 * from one label to another, or towards even ones: that says nothing of an
 * example. So the scores are first made as good as they get without regard to the
 * example: each label's mean probability is taken out of its scores (batch
 * calibration, Zhou et al., arXiv 2309.17249), the labels' own shares are put in,
 * and all scores are scaled by the one factor of 0 and more that makes the loss
 * least (temperature scaling, Guo et al., arXiv 1706.04599). */
#ifndef PMPO_STATS_DISCERN_H
#define PMPO_STATS_DISCERN_H

#include <stddef.h>

/* x[n][k]: log-likelihoods of k labels for n examples, overwritten; right[i] < k
 * is the label of example i; counts[k] is room. out[n]: nats of the right label
 * then. Where the scores tell nothing, their mean is the entropy of the labels. */
void pmpo_discern(double *x, const size_t *right, size_t n, size_t k,
                  size_t *counts, double *out);

#endif
