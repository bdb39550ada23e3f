/* replies.h: what the rewriter is asked, and its replies as proposals.
 *
 * One way for all proposers that ask it. The replies of a small rewriter are
 * begun for it and held to a grammar (where the engine can); what no prompt
 * worth scoring came of is asked for once more, warmer. The published loop
 * does none of this. */
#ifndef PMPO_PROPOSE_REPLIES_H
#define PMPO_PROPOSE_REPLIES_H

#include "propose/propose.h"

/* Of an example's texts in small forms: a small model that sees less of an
 * example says more about the task. */
#define PMPO_SMALL_CASE_BYTES 160
#define PMPO_REPAIR_CASE_BYTES 60 /* where the first reply came to nothing */

typedef struct pmpo_asking {
    const char *name; /* the proposer's; also of its jobs and seeds */
    size_t n_requests, n_samples;
    /* Appends the form of request i, the examples' texts cut to `max` bytes
     * each. */
    int (*fill)(const pmpo_scene *s, const void *ud, size_t i, size_t max,
                pmpo_buf *out, pmpo_error *err);
    /* Appends the prompt that `said` in reply to request i stands for; NULL:
     * `said` is the prompt. */
    void (*splice)(const pmpo_scene *s, const void *ud, size_t i,
                   pmpo_str said, pmpo_buf *out);
    const void *ud;
    /* With small forms: how a prompt begins, the next one with each sample;
     * without white space at the end. NULL: as the model likes. */
    const char *const *openings;
    size_t n_openings;
    const int *parents;  /* [n_requests] ids of prompts; NULL: none */
    bool shows_cases;    /* request i shows hard case i */
    bool diagnoses; /* with the large form: says something before the prompt */
    bool sentence;  /* one sentence is asked for */
} pmpo_asking;

/* Asks and appends. Requests that are too long are filled again with shorter
 * texts; if they still are, there is a note and nothing is proposed. */
int pmpo_replies_gather(const pmpo_scene *s, const pmpo_asking *a,
                        pmpo_proposals *out, pmpo_error *err);

/* How replies are sampled, before anything is asked again. */
pmpo_gen_params pmpo_replies_sampling(const pmpo_optimize_options *o);
/* The proposer's temperature in this iteration: it rises with each earlier one
 * in which more than a third of its replies were repetitions. */
double pmpo_replies_temperature(const pmpo_scene *s, const char *name);

#endif
