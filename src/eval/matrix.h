/* matrix.h: losses and right answers of the same prompts on the same examples,
 * and how well the two agree. Pure.
 *
 * The check of a run's loss has one loss and one metric; an audit has many. */
#ifndef PMPO_EVAL_MATRIX_H
#define PMPO_EVAL_MATRIX_H

#include "base/mem.h"
#include "stats/agree.h"

typedef struct pmpo_matrix {
    size_t n_losses, n_metrics, n_prompts, n_examples;
    double *loss;    /* [n_losses][n_prompts][n_examples] */
    double *right;   /* [n_metrics][n_prompts][n_examples]; NAN: does not apply */
    double *weights; /* [n_examples] */
    size_t *groups;  /* [n_examples] by input, see pmpo_data_groups */
    /* [n_prompts]: the same for prompts that were made from one another. They
     * are alike in both figures, so they count as one, their mean: else chance
     * would pass for agreement too often (docs/results.md). Each its own where
     * none is set. */
    size_t *families;
} pmpo_matrix;

/* Room in `mem` for the counts that *m has. PMPO_ENOMEM. */
int pmpo_matrix_make(pmpo_matrix *m, pmpo_arena *mem);
/* The row of a prompt: [n_examples]. */
double *pmpo_matrix_loss(const pmpo_matrix *m, size_t loss, size_t prompt);
double *pmpo_matrix_right(const pmpo_matrix *m, size_t metric, size_t prompt);
/* Takes weights and groups, which are the same under every prompt. */
void pmpo_matrix_weigh(pmpo_matrix *m, const pmpo_prompt_score *s);

/* The weighted mean of a row over the examples that have a value; NAN: none
 * has. */
double pmpo_matrix_mean(const pmpo_matrix *m, const double *row);
size_t pmpo_matrix_families(const pmpo_matrix *m); /* how many */
/* out[n_losses]: each loss with one metric, over the families. PMPO_ENOMEM. */
int pmpo_matrix_agree(const pmpo_matrix *m, size_t metric, uint64_t seed,
                      pmpo_agreement *out);

#endif
