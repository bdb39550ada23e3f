/* parts.h: the three parts of the data a run works on. */
#ifndef PMPO_API_PARTS_H
#define PMPO_API_PARTS_H

#include "base/mem.h"
#include "model/model.h"
#include "pmpo.h"
#include "store/store.h"

typedef struct pmpo_parts {
    pmpo_data *of[3]; /* by pmpo_part; NULL: none. Owned. */
    /* Split: a part that was to have examples got none, since those of one input
     * stay together. */
    bool lost[3];
} pmpo_parts;

/* Splits in->train by o->split if in->validation and in->test are NULL; else
 * takes the three sets as they are. Only the first o->score.limit examples of
 * each given set are used. PMPO_EDATA: no training example. PMPO_EUSAGE: o->demos
 * is below pmpo_least_demonstrations. */
int pmpo_parts_make(const pmpo_optimize_input *in,
                    const pmpo_optimize_options *o, pmpo_parts *out,
                    pmpo_error *err);
/* Reads the parts from a run file. */
int pmpo_parts_load(pmpo_store *s, pmpo_parts *out, pmpo_error *err);
/* Writes the parts to a run file. */
int pmpo_parts_put(pmpo_store *s, const pmpo_parts *p, pmpo_error *err);
void pmpo_parts_release(pmpo_parts *p);

/* PMPO_ETOOLONG: an example under the start prompt, or with the answer to be
 * generated, doesn't fit the model's context; told with its file and line. */
int pmpo_parts_fit(const pmpo_parts *p, pmpo_model *scorer,
                   const pmpo_optimize_options *o, pmpo_error *err);

#endif
