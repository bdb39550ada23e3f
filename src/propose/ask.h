/* ask.h: several requests to the rewriter as one generation job. */
#ifndef PMPO_PROPOSE_ASK_H
#define PMPO_PROPOSE_ASK_H

#include "propose/jobs.h"

/* k requests of n samples each. The caller fills forms[] and seeds[], calls
 * pmpo_ask_run and reads replies[]. */
typedef struct pmpo_ask {
    size_t n_requests, n_samples;
    pmpo_buf *forms;            /* [n_requests] the user's message */
    /* [n_requests]: how the replies begin; and one grammar for what follows.
     * "": none. Ignored if the model does not support them. */
    pmpo_str *begun, grammar;
    const pmpo_json_form *json; /* as in a pmpo_gen_request; NULL: none */
    uint64_t *seeds;            /* [n_requests * n_samples], request-major */
    pmpo_job_reply *replies;    /* likewise */
    pmpo_message *messages;     /* [n_requests] */
    pmpo_gen_request *requests; /* [n_requests] */
} pmpo_ask;

/* Everything but the forms' texts lives in `mem`. */
int pmpo_ask_init(pmpo_ask *a, size_t k, size_t n, pmpo_arena *mem,
                  pmpo_error *err);
void pmpo_ask_release(pmpo_ask *a);
/* `kind` and `iteration` as in a pmpo_job. Replies live in `mem`, and include
 * the beginning that they were given. */
int pmpo_ask_run(pmpo_ask *a, pmpo_jobs *jobs, const char *kind,
                 int iteration, const pmpo_gen_params *params,
                 pmpo_arena *mem, pmpo_error *err);

#endif
