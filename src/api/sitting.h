/* sitting.h: one sitting of a run: from its start, or from a resume, to its
 * stop. */
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

/* Writes the models of a run to its file, as settings. */
int pmpo_run_put_models(pmpo_store *s, const pmpo_model *scorer,
                        const pmpo_model *rewriter, pmpo_error *err);
/* PMPO_EMODEL: these are not the run's models; *err says what differs. */
int pmpo_run_check_models(pmpo_store *s, const pmpo_model *scorer,
                          const pmpo_model *rewriter, pmpo_error *err);
/* Where these are now, for the next sitting: they are the run's, but their files
 * may have moved, or their servers. */
int pmpo_run_put_places(pmpo_store *s, const pmpo_model *scorer,
                        const pmpo_model *rewriter, pmpo_error *err);

/* If the template `name` is a file, _put stores its text in the run, and _check
 * fails if the file has changed since. */
int pmpo_run_put_template(pmpo_store *s, const char *name, pmpo_error *err);
int pmpo_run_check_template(pmpo_store *s, const char *name, pmpo_error *err);
/* PMPO_EDATA unless the file of template `name` still has the text `then`.
 * Always 0 for templates that are not files. */
int pmpo_run_same_template(const char *name, pmpo_str then, pmpo_error *err);

/* Runs the search (search.h) with the settings and examples of the run file,
 * and stores the run's status. Returns the same codes as pmpo_optimize. */
int pmpo_run_sit(pmpo_store *s, pmpo_model *scorer, pmpo_model *rewriter,
                 const pmpo_sitting_options *o, pmpo_error *err);

/* Frees `s`. If `rc`, the result of the sitting, is one with which
 * pmpo_optimize gives a run, opens the run for reading into *out (`out` may be
 * NULL). Returns rc, or the code of a failure to open it. */
int pmpo_run_leave(pmpo_store *s, const char *path, int rc, pmpo_run **out,
                   pmpo_error *err);

#endif
