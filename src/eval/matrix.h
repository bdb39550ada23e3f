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
    double
        *weights; /* [n_examples], of the losses; right answers count alike */
    size_t *groups;  /* [n_examples] by input, see pmpo_data_groups */
    /* [n_prompts]: the same number for prompts that were made from one another.
     * Such prompts have similar losses and accuracies, so they count as one, by
     * their means; otherwise chance would look like agreement too often
     * (docs/results.md). By default every prompt has its own number. */
    size_t *families;
} pmpo_matrix;

/* Allocates the arrays of *m, whose counts are set, in `mem`. PMPO_ENOMEM. */
int pmpo_matrix_make(pmpo_matrix *m, pmpo_arena *mem);
/* The row of a prompt: [n_examples]. */
double *pmpo_matrix_loss(const pmpo_matrix *m, size_t loss, size_t prompt);
double *pmpo_matrix_right(const pmpo_matrix *m, size_t metric, size_t prompt);
/* Sets weights and groups from the scores of one prompt; they are the same for
 * every prompt. */
void pmpo_matrix_weigh(pmpo_matrix *m, const pmpo_prompt_score *s);

/* A prompt's mean loss, weighted, and its share of right answers among the
 * examples that are not NAN; NAN if all are. */
double pmpo_matrix_mean_loss(const pmpo_matrix *m, size_t loss, size_t prompt);
double pmpo_matrix_share(const pmpo_matrix *m, size_t metric, size_t prompt);
size_t pmpo_matrix_families(const pmpo_matrix *m); /* how many */
size_t pmpo_matrix_inputs(const pmpo_matrix *m);   /* different ones */
/* out[n_losses]: each loss with one metric, over the families. PMPO_ENOMEM. */
int pmpo_matrix_agree(const pmpo_matrix *m, size_t metric, uint64_t seed,
                      pmpo_agreement *out);

#endif
