/* optimize_options.h: the options of a search, checked and resolved. See also
 * pmpo_optimize_check and pmpo_optimize_check_data in pmpo.h. */
#ifndef PMPO_API_OPTIMIZE_OPTIONS_H
#define PMPO_API_OPTIMIZE_OPTIONS_H

#include "api/parts.h"

/* PMPO_EUSAGE: *o names an unknown proposer, or has a custom proposer that its
 * list of names lacks. Checked whenever a run begins or is resumed. */
int pmpo_optimize_check_proposers(const pmpo_optimize_options *o,
                                  pmpo_error *err);

/* Marks o->freeze in o->prompt, then sets o->marked_prompt to the prompt with
 * marks and o->prompt to the prompt without them; both live in `mem`.
 * PMPO_EUSAGE: marks that do not match, or the text to freeze is not in the
 * prompt. */
int pmpo_optimize_unmark(pmpo_optimize_options *o, pmpo_arena *mem,
                         pmpo_error *err);

/* Sets what the preset paper and several models settle, before anything else is
 * resolved. PMPO_EUSAGE: a race that several models can't have. */
int pmpo_optimize_settle(const pmpo_model *scorer, pmpo_optimize_options *o,
                         pmpo_error *err);

/* Replaces AUTO settings of *o by what the examples of all parts call for. */
int pmpo_optimize_resolve(const pmpo_parts *p, pmpo_model *scorer,
                          pmpo_optimize_options *o, pmpo_error *err);

#endif
