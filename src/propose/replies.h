/* replies.h: asks the rewriter and turns its replies into proposals.
 *
 * All proposers that use the rewriter do it by this file. For a small rewriter,
 * the beginning of its reply is given and a grammar enforced (if the engine
 * supports that); requests without a usable prompt are repeated once at a
 * higher temperature. The published algorithm does none of this. */
#ifndef PMPO_PROPOSE_REPLIES_H
#define PMPO_PROPOSE_REPLIES_H

#include "propose/propose.h"

/* Limit for an example's texts in small forms: a small model that sees less of
 * an example says more about the task. */
#define PMPO_SMALL_CASE_BYTES 160
#define PMPO_REPAIR_CASE_BYTES 60 /* where the first reply came to nothing */

typedef struct pmpo_rewrite_plan {
    const char *name; /* the proposer's; also of its jobs and seeds */
    size_t n_requests, n_samples;
    /* Appends the form of request i, the examples' texts cut to `max` bytes
     * each. */
    int (*fill)(const pmpo_scene *s, const void *ud, size_t i, size_t max,
                pmpo_buf *out, pmpo_error *err);
    /* Appends the prompt for `said`, the text found in a reply to request i;
     * NULL: `said` is the prompt. */
    void (*splice)(const pmpo_scene *s, const void *ud, size_t i,
                   pmpo_str said, pmpo_buf *out);
    const void *ud;
    /* For small forms: the words with which the prompt begins, taken in turn
     * for the samples; without white space at the end. NULL: none are given. */
    const char *const *openings;
    size_t n_openings;
    const int *parents;  /* [n_requests] ids of prompts; NULL: none */
    bool shows_cases;    /* request i shows hard case i */
    bool diagnoses; /* with the large form: says something before the prompt */
    bool sentence;  /* one sentence is asked for */
} pmpo_rewrite_plan;

/* Asks the rewriter and appends proposals. Requests that are too long are made
 * again with shorter texts; if they are still too long, a note is stored and
 * nothing is proposed. */
int pmpo_replies_gather(const pmpo_scene *s, const pmpo_rewrite_plan *a,
                        pmpo_proposals *out, pmpo_error *err);

/* How replies are sampled, before anything is asked again. */
pmpo_gen_params pmpo_replies_sampling(const pmpo_optimize_options *o);
/* The proposer's temperature in this iteration, which is raised for each
 * earlier iteration in which more than a third of its replies were
 * repetitions. */
double pmpo_replies_temperature(const pmpo_scene *s, const char *name);

#endif
