/* search.h: the search, for the room above (api).
 *
 * One deterministic program that runs from the start in every sitting. Each
 * expensive step, a scoring unit or a generation job, is looked up in the run
 * file by its key first, so a resumed run recomputes nothing that was
 * finished and ends as an uninterrupted run would, by construction. Settings
 * and examples come out of the run file, in the first sitting too. */
#ifndef PMPO_SEARCH_SEARCH_H
#define PMPO_SEARCH_SEARCH_H

#include "model/model.h"
#include "score/score.h"
#include "store/store.h"

typedef struct pmpo_search_input {
    pmpo_model *scorer, *rewriter; /* may be the same */
    pmpo_store *store;
    pmpo_cache *cache;             /* NULL: none */
    const pmpo_data *train;        /* at least one example */
    const pmpo_data *validation, *test; /* NULL: none */
    /* As read back from the run file; loss and end resolved. Progress and
     * budgets are this sitting's. */
    const pmpo_optimize_options *o;
} pmpo_search_input;

/* Runs to the end. 0; PMPO_EBUDGET or PMPO_ECANCELLED: stopped, everything
 * finished is kept; other codes: failed, likewise. The status of the run is
 * written by the caller. `why` (>= 200 bytes) gets why it ended when it ended
 * by itself. Sets the models' tick, and clears it at the end. */
int pmpo_search_run(const pmpo_search_input *in, char *why, size_t why_bytes,
                    pmpo_error *err);

/* Keeps what stands around a prompt in the text that the model reads, of the
 * first of these examples (rendering.c). Nothing where that can't be told. */
int pmpo_run_put_rendering(pmpo_store *s, pmpo_model *m, const pmpo_data *d,
                           const char *template_name, pmpo_error *err);

/* The scorer's settings that a run's options stand for. */
pmpo_scorer_options pmpo_search_scoring(const pmpo_optimize_options *o,
                                        pmpo_targets targets);

#endif
