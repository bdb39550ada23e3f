/* rewriter_batch.h: several requests to the rewriter as one generation job. */
#ifndef PMPO_PROPOSE_REWRITER_BATCH_H
#define PMPO_PROPOSE_REWRITER_BATCH_H

#include "propose/jobs.h"

/* k requests of n samples each. The caller fills forms[] and seeds[], calls
 * pmpo_rewriter_batch_run and reads replies[]. */
typedef struct pmpo_rewriter_batch {
    size_t n_requests, n_samples;
    pmpo_buf *forms; /* [n_requests] the user's message */
    /* [n_requests]: how the replies begin; and one grammar for what follows.
     * "": none. Ignored if the model does not support them. */
    pmpo_str *begun, grammar;
    const pmpo_json_form *json; /* as in a pmpo_gen_request; NULL: none */
    uint64_t *seeds;            /* [n_requests * n_samples], request-major */
    pmpo_job_reply *replies;    /* likewise */
    pmpo_message *messages;     /* [n_requests] */
    pmpo_gen_request *requests; /* [n_requests] */
} pmpo_rewriter_batch;

/* Everything but the forms' texts lives in `mem`. */
int pmpo_rewriter_batch_init(pmpo_rewriter_batch *a, size_t k, size_t n,
                             pmpo_arena *mem, pmpo_error *err);
void pmpo_rewriter_batch_release(pmpo_rewriter_batch *a);
/* `kind` and `iteration` as in a pmpo_job. Replies live in `mem`, and include
 * the beginning that they were given. */
int pmpo_rewriter_batch_run(pmpo_rewriter_batch *a, pmpo_jobs *jobs,
                            const char *kind, int iteration,
                            const pmpo_gen_params *params, pmpo_arena *mem,
                            pmpo_error *err);

#endif
