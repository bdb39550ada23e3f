/* jobs.h: generation jobs; finished ones are stored in the run file and the
 * cache.
 *
 * A job is all samples of a few requests, which are generated together, and
 * stored or repeated as a whole, so that a reply never depends on what else is
 * stored. Its key is the hash of everything that determines its replies, so a
 * resumed run finds the jobs that an earlier sitting finished. */
#ifndef PMPO_PROPOSE_JOBS_H
#define PMPO_PROPOSE_JOBS_H

#include "base/mem.h"
#include "model/model.h"
#include "store/store.h"

typedef struct pmpo_jobs {
    pmpo_model *model;  /* borrowed */
    pmpo_store *store;  /* NULL: nothing is kept in a run file */
    pmpo_cache *cache;  /* NULL: nothing is kept for other runs */
    /* Called before the job with this key is computed, not if it is found; may be
     * NULL. A negative code ends the job with that code; PMPO_ETOOLONG: it was
     * refused before. */
    int (*before)(void *ud, pmpo_hash key, pmpo_error *err);
    void *ud;
    pmpo_cost *cost;    /* added to; may be NULL */
} pmpo_jobs;

typedef struct pmpo_job {
    const char *kind; /* "mark", "rewrite", "probe", "answer" */
    int iteration;    /* 0: none; only a note, not part of the key */
    const pmpo_gen_request *requests;
    size_t n_requests;
    pmpo_gen_params params;
} pmpo_job;

typedef struct pmpo_job_reply {
    pmpo_str text;
    bool complete;
    bool refused; /* by the server (pmpo_reply.code); the text is empty */
    size_t n_tokens;
} pmpo_job_reply;

/* Fills out[] (sum of n_samples, request-major); texts live in `mem`. */
int pmpo_jobs_run(pmpo_jobs *j, const pmpo_job *job, pmpo_arena *mem,
                  pmpo_job_reply *out, pmpo_error *err);

#endif
