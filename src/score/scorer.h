/* scorer.h: what the files of a scorer share.
 *
 * scorer.c    outputs, blocks, rendering, units
 * together.c  the queue of units, looking up, keeping, giving up
 * fill.c      from log-probabilities to scores */
#ifndef PMPO_SCORE_SCORER_H
#define PMPO_SCORE_SCORER_H

#include "base/hash.h"
#include "model/render.h"
#include "score/prior.h"
#include "score/score.h"

/* What is scored of one example, in this order: the target or chosen output,
 * the rejected ones, other options. */
typedef struct pmpo_outputs {
    const pmpo_str *texts;
    const bool *is_option;
    size_t n;
    size_t n_loss; /* leading ones that the loss reads */
    size_t first;  /* index of the first one among those of all examples */
} pmpo_outputs;

struct pmpo_scorer {
    pmpo_model *model;
    const pmpo_data *data;
    pmpo_scorer_options o;
    pmpo_template *template;
    size_t n_examples;
    pmpo_outputs *outputs; /* [n_examples] */
    size_t *groups;       /* [n_examples] by input, see pmpo_data_groups */
    size_t n_outputs;     /* of all */
    size_t *block_begin;  /* [n_blocks + 1] */
    size_t n_blocks;
    double total_weight;
    pmpo_hasher *hasher;
    pmpo_prior *prior; /* NULL: not calibrated */
    /* Joint scorer: the scorers of the other models, with the same blocks. */
    pmpo_scorer *others[PMPO_MOST_JOINED - 1];
    size_t n_others;
    size_t max_requests; /* of a unit */
    /* What stands before the prompt in each example: its tokens with another
     * prompt, which the tokens with any begin like. NULL: the prompt is first. */
    pmpo_rendered *leads; /* [n_examples] */
    bool leads_known;
    pmpo_arena mem;
};

/* ---- scorer.c ------------------------------------------------------------------ */

/* All examples rendered with one prompt, as tokens. */
typedef struct pmpo_rendering {
    pmpo_rendered *examples; /* [n_examples] */
    size_t *n_lead;          /* [n_examples]: tokens of each before the prompt,
                              * where the input is there; else 0 */
    size_t n_prefix;         /* leading tokens that all sequences share */
    pmpo_arena mem;          /* owns the above, and the units made from it */
} pmpo_rendering;

/* PMPO_ETOOLONG names the example that doesn't fit. */
int pmpo_render_all(pmpo_scorer *s, pmpo_str prompt, pmpo_rendering *r,
                    pmpo_error *err);

/* A block's unit, with memory for its result. */
typedef struct pmpo_block_unit {
    pmpo_task task; /* first, so that the two are one pointer */
    size_t block;
    pmpo_hash key;
    size_t n_logprobs;
    void *owner; /* for together.c */
    bool done;   /* its result is there */
} pmpo_block_unit;

int pmpo_make_unit(pmpo_scorer *s, pmpo_rendering *r, size_t block,
                   pmpo_block_unit *out, pmpo_error *err);

/* Like pmpo_scorer_new, with units of at most max_requests requests. */
int pmpo_scorer_new_within(pmpo_model *m, const pmpo_data *d,
                           const pmpo_scorer_options *o, size_t max_requests,
                           pmpo_scorer **out, pmpo_error *err);
/* pmpo_scorer_count on the scorer's own model. */
int pmpo_count_alone(pmpo_scorer *s, pmpo_str prompt, uint64_t *prefill,
                     uint64_t *total, pmpo_error *err);

/* ---- together.c ---------------------------------------------------------------- */

/* pmpo_score_together, each on its scorer's own model. */
int pmpo_score_alone(pmpo_scoring *list, size_t n,
                     int (*decided)(void *ud, size_t i, pmpo_error *err),
                     void *ud, pmpo_error *err);

/* ---- joint.c --------------------------------------------------------------------- */

/* pmpo_score_together of joint scorers. */
int pmpo_score_joint(pmpo_scoring *list, size_t n,
                     int (*decided)(void *ud, size_t i, pmpo_error *err),
                     void *ud, pmpo_error *err);

/* ---- fill.c -------------------------------------------------------------------- */

/* Fills x[i] for the examples of u's block. `prior`: nats of the outputs' prior
 * under the same prompt (prior.h), NULL where the scorer has none. */
int pmpo_fill_block(const pmpo_scorer *s, const pmpo_rendering *r,
                    const pmpo_block_unit *u, const double *prior,
                    pmpo_arena *mem, pmpo_example_score *x, pmpo_error *err);
/* Computes the means and sums of *p from its n examples' scores. */
void pmpo_sum_up(const pmpo_example_score *x, size_t n, pmpo_prompt_score *p);

#endif
