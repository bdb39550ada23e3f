/* diff.h: what changed between two texts, by words. Pure. */
#ifndef PMPO_TEXT_DIFF_H
#define PMPO_TEXT_DIFF_H

#include "base/mem.h"
#include "base/str.h"

/* Cuts `s` into words, each with the white space after it; white space at the
 * start is a word of its own. */
int pmpo_words(pmpo_str s, pmpo_arena *mem, pmpo_str **words, size_t *n);

/* A shortest edit, in words, from a to b (longest common subsequence); adjacent
 * words with the same change are one piece. White space after words is ignored
 * in the comparison. Texts of more than several thousand words are compared at
 * their ends only. Borrows the texts. Returns 0 or PMPO_ENOMEM. */
int pmpo_diff(pmpo_str a, pmpo_str b, pmpo_arena *mem, pmpo_diff_piece **out,
              size_t *n);

#endif
