/* compare.h: from the losses and marks of single examples to the results of a
 * comparison of prompts and models.
 *
 * compare_sum.c    means, intervals, tests and the best
 * compare_words.c  what is best, in a sentence */
#ifndef PMPO_EVAL_COMPARE_H
#define PMPO_EVAL_COMPARE_H

#include "base/mem.h"
#include "pmpo.h"

/* One model's values, [n_prompts][n_examples]. */
typedef struct pmpo_compare_values {
    double *loss, *right; /* right NAN: does not apply */
    size_t *n_replies, *n_cut_off; /* [n_prompts] */
} pmpo_compare_values;

typedef struct pmpo_compare_sums {
    const double *weights; /* of the losses, [n_examples] */
    const size_t *groups;  /* of the examples, by input */
    size_t n_prompts, n_examples, n_models;
    uint64_t seed;
    pmpo_arena *mem;
    double *x, *w;         /* room for one column each, [n_examples] */
} pmpo_compare_sums;

/* Fills the cells and bests of `models` (whose values are values[n_models])
 * and *all, *best; they live in s->mem. Returns 0 or PMPO_ENOMEM. */
int pmpo_compare_sum(const pmpo_compare_sums *s,
                     const pmpo_compare_values *values,
                     pmpo_compare_model *models, const pmpo_compare_cell **all,
                     pmpo_compare_best *best);

/* A sentence about *b, which was found in these n cells; it lives in `mem`.
 * n_tests: how many tests the cells' p_holm are corrected for. NULL: out of
 * memory. */
const char *pmpo_compare_verdict(const pmpo_compare_cell *cells, size_t n,
                                 size_t n_tests, const pmpo_compare_best *b,
                                 pmpo_arena *mem);

#endif
