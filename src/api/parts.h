/* parts.h: the three parts of the data a run works on. */
#ifndef PMPO_API_PARTS_H
#define PMPO_API_PARTS_H

#include "base/mem.h"
#include "model/model.h"
#include "pmpo.h"
#include "store/store.h"

typedef struct pmpo_parts {
    pmpo_data *of[3]; /* by pmpo_part; NULL: none. Owned. */
} pmpo_parts;

/* Splits in->train by o->split when the others are NULL, else takes each as it
 * is; the first o->score.limit examples of each. PMPO_EDATA: no training
 * example. */
int pmpo_parts_make(const pmpo_optimize_input *in,
                    const pmpo_optimize_options *o, pmpo_parts *out,
                    pmpo_error *err);
/* The proposers named in *o are known, and all that are custom are named: of
 * a run that is sat down to. PMPO_EUSAGE. */
int pmpo_parts_check_proposers(const pmpo_optimize_options *o,
                               pmpo_error *err);
/* From a run file. */
int pmpo_parts_load(pmpo_store *s, pmpo_parts *out, pmpo_error *err);
/* Into a run file. */
int pmpo_parts_put(pmpo_store *s, const pmpo_parts *p, pmpo_error *err);
void pmpo_parts_release(pmpo_parts *p);

/* Loss and end of *o resolved, in place, over all parts. */
int pmpo_parts_resolve(const pmpo_parts *p, pmpo_model *scorer,
                       pmpo_optimize_options *o, pmpo_error *err);

/* Marks o->freeze in o->prompt, then takes all marks out: o->marked_prompt has
 * them from then on, o->prompt none; both live in `mem`. PMPO_EUSAGE: marks
 * that do not match, or the text to freeze is not there. */
int pmpo_optimize_unmark(pmpo_optimize_options *o, pmpo_arena *mem,
                         pmpo_error *err);

#endif
