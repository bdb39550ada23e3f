/* prune.h: when to stop scoring a candidate, and which blocks to score first.
 * Pure. */
#ifndef PMPO_SCORE_PRUNE_H
#define PMPO_SCORE_PRUNE_H

#include "pmpo.h"

/* Fills order[0..n_blocks) with the blocks by falling loss of the rival: the
 * sum of its weighted losses in the block; ties by index. If rival is NULL, in
 * order. Block b is examples begin[b] to begin[b + 1] - 1. */
void pmpo_block_order(const size_t *begin, size_t n_blocks,
                      const pmpo_prompt_score *rival, size_t *order);

/* Do the candidate's first n examples show, at level alpha, that its mean loss
 * over all n_all examples is not below the rival's by more than `margin`? The
 * level holds even if this is asked after every example. The examples must be
 * in random order and all losses >= 0; nothing else is assumed. */
bool pmpo_race_is_lost(const pmpo_example_score *candidate,
                       const pmpo_prompt_score *rival, size_t n, size_t n_all,
                       double alpha, double margin);

#endif
