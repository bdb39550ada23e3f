/* sitting.h: one sitting of a run, fresh or resumed. */
#ifndef PMPO_API_SITTING_H
#define PMPO_API_SITTING_H

#include "model/model.h"
#include "pmpo.h"
#include "store/store.h"

typedef struct pmpo_sitting_options {
    int64_t budget_ms;
    uint64_t budget_tokens;
    double budget_dollars;
    const struct pmpo_custom_proposer *custom;
    size_t n_custom;
    bool no_cache;
    pmpo_progress_fn progress;
    void *progress_ud;
    pmpo_ask_fn ask;
    void *ask_ud;
} pmpo_sitting_options;

/* The models of a run, as settings in its file. */
int pmpo_run_put_models(pmpo_store *s, const pmpo_model *scorer,
                        const pmpo_model *rewriter, pmpo_error *err);
/* PMPO_EMODEL, saying what differs, unless these are the run's models. */
int pmpo_run_check_models(pmpo_store *s, const pmpo_model *scorer,
                          const pmpo_model *rewriter, pmpo_error *err);

/* A template in a file is part of the run: kept, and compared later. */
int pmpo_run_put_template(pmpo_store *s, const char *name, pmpo_error *err);
int pmpo_run_check_template(pmpo_store *s, const char *name, pmpo_error *err);
/* Is the file of the template `name` still `then`? Other names always are. */
int pmpo_run_same_template(const char *name, pmpo_str then, pmpo_error *err);

/* Runs the program of search.h on what the file says, and keeps the status.
 * Returns as pmpo_optimize. */
int pmpo_run_sit(pmpo_store *s, pmpo_model *scorer, pmpo_model *rewriter,
                 const pmpo_sitting_options *o, pmpo_error *err);

/* Frees `s`; opens the run for reading into *out (may be NULL) when `rc`, the
 * outcome of the sitting, calls for it. Returns rc, or why that failed. */
int pmpo_run_leave(pmpo_store *s, const char *path, int rc, pmpo_run **out,
                   pmpo_error *err);

#endif
