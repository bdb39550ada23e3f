/* prior.h: the log-likelihoods of outputs after a content-free input.
 *
 * These are what calibration subtracts (arXiv 2102.09690; as a difference of
 * log-likelihoods, arXiv 2104.08315). Every output is scored after the same
 * rendering of its example, with its turns and system messages, in which only
 * the input (the last user message) is replaced by "N/A"; with the template
 * `place`, where the prompt stands in it, by the prompt and "N/A" below. Examples that do not
 * differ otherwise share a prior. */
#ifndef PMPO_SCORE_PRIOR_H
#define PMPO_SCORE_PRIOR_H

#include "score/score.h"

typedef struct pmpo_prior pmpo_prior;

/* One output of one example; borrowed. */
typedef struct pmpo_prior_ask {
    const pmpo_example *e;
    pmpo_str text;
} pmpo_prior_ask;

/* `asks` may have duplicates. Only the rendering and packing settings of `o`
 * are used. */
int pmpo_prior_new(pmpo_model *m, const pmpo_prior_ask *asks, size_t n,
                   const pmpo_scorer_options *o, pmpo_prior **out,
                   pmpo_error *err);
void pmpo_prior_free(pmpo_prior *p);

/* The prior's scorer, whose data has one example per distinct question. Owned
 * by the prior. */
pmpo_scorer *pmpo_prior_scorer(pmpo_prior *p);
/* The nats of each distinct question, from the scores of that scorer's
 * examples; in `mem`. NULL: out of memory. */
const double *pmpo_prior_nats(const pmpo_prior *p, const pmpo_prompt_score *s,
                              pmpo_arena *mem);
/* The value in `nats` for asks[i]. */
double pmpo_prior_of(const pmpo_prior *p, const double *nats, size_t i);

/* As pmpo_scorer_count. */
int pmpo_prior_count(pmpo_prior *p, pmpo_str prompt, uint64_t *prefill,
                     uint64_t *logical, pmpo_error *err);

#endif
