/* mask.h: the segments of an instruction, and the effect of each.
 *
 * The rewriter marks the segments. If its marked text is not an exact copy, or
 * the instruction contains our tags, the fixed segmentation of text.h is used
 * instead. A segment's effect is the loss with the segment masked minus the
 * loss of the whole instruction; above 0 it helps. */
#ifndef PMPO_SEARCH_MASK_H
#define PMPO_SEARCH_MASK_H

#include "score/score.h"
#include "propose/jobs.h"
#include "text/text.h"

typedef struct pmpo_marking {
    pmpo_span spans[PMPO_MAX_SEGMENTS];
    size_t n;
    bool by_model;
    const char *note; /* why the fallback was used; ""; static */
} pmpo_marking;

/* Finds at most `max` (1..PMPO_MAX_SEGMENTS) segments of `prompt`. `jobs` NULL:
 * by the fixed segmentation. */
int pmpo_mark(pmpo_jobs *jobs, pmpo_str prompt, int max, int iteration,
              uint64_t seed, pmpo_marking *out, pmpo_error *err);

/* Effects of the marked segments of a prompt: out[m->n], texts in `mem`. `whole`
 * is its score by the same scorer. The effect of a variant that does
 * not fit the context is NAN; any other error stops the analysis. */
int pmpo_mask_effects(pmpo_scorer *s, const pmpo_prompt_score *whole,
                      const pmpo_marking *m,
                      const pmpo_score_context *c, pmpo_arena *mem,
                      pmpo_segment_effect *out, pmpo_error *err);

/* The losses of `a` minus those of `b`, and their weights, as arrays in `mem`
 * with one value for each of the *n distinct inputs. Both scores must be of the
 * same examples. */
int pmpo_paired_losses(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                       pmpo_arena *mem, double **diff, double **weights,
                       size_t *n, pmpo_error *err);

#endif
