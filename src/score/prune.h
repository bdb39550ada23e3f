/* prune.h: when to give up the scoring of a candidate, and which blocks to
 * score first. Pure. */
#ifndef PMPO_SCORE_PRUNE_H
#define PMPO_SCORE_PRUNE_H

#include "pmpo.h"

/* order[0..n_blocks): blocks from the costliest for the rival down, by the
 * sum of its examples' weighted losses; ties by index. Without a rival, as
 * they are. Block b is examples begin[b]..begin[b + 1]. */
void pmpo_block_order(const size_t *begin, size_t n_blocks,
                      const pmpo_prompt_score *rival, size_t *order);

/* True once the candidate's first n examples show, at level alpha and however
 * often one looks, that its mean loss over all n_all is not below the rival's
 * by more than `margin`. The examples must be in random order, and all losses
 * >= 0; nothing else is assumed. */
bool pmpo_race_is_lost(const pmpo_example_score *candidate,
                       const pmpo_prompt_score *rival, size_t n, size_t n_all,
                       double alpha, double margin);

#endif
