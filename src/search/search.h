/* search.h: the search, for the room above (api).
 *
 * The search is a deterministic program that runs from the start in every
 * sitting. Each expensive step (a scoring unit or a generation job) is first
 * looked up in the run file by its key, so a resumed run repeats no finished
 * work and by construction ends like an uninterrupted one. Settings and
 * examples are always read from the run file, in the first sitting too. */
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
    /* As read from the run file, with loss and end resolved; progress and
     * budgets are those of this sitting. */
    const pmpo_optimize_options *o;
} pmpo_search_input;

/* Runs the search to its end. Returns 0; PMPO_EBUDGET or PMPO_ECANCELLED if it
 * was stopped; another code if it failed. Finished work is stored in any case.
 * The caller stores the run's status. With 0, `why` (>= 200 bytes) has the
 * reason for the end. Sets the models' tick, and clears it at the end. */
int pmpo_search_run(const pmpo_search_input *in, char *why, size_t why_bytes,
                    pmpo_error *err);

/* Stores the text that the model reads before and after a prompt, and all of it
 * with the start prompt, as rendered for the first of these examples
 * (rendering.c); nothing if that can't be found. */
int pmpo_run_put_rendering(pmpo_store *s, pmpo_model *m, const pmpo_data *d,
                           const char *template_name, pmpo_str prompt,
                           pmpo_error *err);

/* The scorer's settings for a run's options. */
pmpo_scorer_options pmpo_search_scoring(const pmpo_optimize_options *o,
                                        pmpo_targets targets);

/* Do answers to the validation part have a say in what the run ends with?
 * (choose.c) */
bool pmpo_answers_choose(const pmpo_optimize_options *o);
/* Prompts that answer the validation part at the end, at most. (choose.c) */
size_t pmpo_most_finalists(int shortlist);

#endif
