/* kept.h: replies that the user's cache remembers.
 *
 * A reply's key is the hash of all that decides it: the model's identity, the
 * prompt as it is fed (rendered token ids; messages where the engine renders
 * them), how the reply is begun, grammar, temperature, top-p, stop, most
 * tokens and, where it is sampled, the seed. What its neighbours in a batch
 * move, last bits of logits, is not in it: at native precision another
 * layout may draw another token where two are as good as equal. Who needs the
 * same replies to a whole job again asks for `whole`. */
#ifndef PMPO_MODEL_KEPT_H
#define PMPO_MODEL_KEPT_H

#include "model/model.h"
#include "store/store.h"

typedef struct pmpo_keeping {
    pmpo_cache *cache; /* NULL: nothing is looked up or kept */
    bool whole; /* all replies of the call were generated together, by such a
                 * call, or all are generated now */
    /* Asked before anything is generated; may be NULL. A negative code stops
     * the call with it. */
    int (*before)(void *ud, pmpo_error *err);
    void *ud;
} pmpo_keeping;

/* pmpo_generate; what the cache has is not generated (its replies are `kept`,
 * with no rows fed), the rest is put there reply by reply as they end. A model
 * that may_change gets all its replies anew. */
int pmpo_generate_kept(struct pmpo_model *m, const pmpo_keeping *k,
                       const pmpo_gen_request *requests, size_t n,
                       const pmpo_gen_params *p, pmpo_reply *out,
                       pmpo_error *err);

/* Adds what `r` cost: rows and tokens, or one from the cache. */
void pmpo_cost_add_reply(pmpo_cost *c, const pmpo_reply *r);

#endif
