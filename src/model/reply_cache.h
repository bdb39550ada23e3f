/* reply_cache.h: replies from the user's cache.
 *
 * A reply's key is the hash of everything that determines it: the model's
 * identity, the prompt as it is fed (rendered token ids; messages where the
 * engine renders them), how the reply is begun, grammar, temperature, top-p,
 * stop, most tokens and, where it is sampled, the seed. The key does not cover
 * the other replies of the batch, which change the last bits of logits: at
 * native precision, another layout may draw another token where two are almost
 * equally likely. Callers that need exactly the replies of an earlier job set
 * `whole`. */
#ifndef PMPO_MODEL_REPLY_CACHE_H
#define PMPO_MODEL_REPLY_CACHE_H

#include "model/model.h"
#include "store/store.h"

/* How a call uses the cache. */
typedef struct pmpo_reply_cache {
    pmpo_cache *cache; /* NULL: nothing is looked up or kept */
    bool whole; /* take replies from the cache only if one earlier call with
                 * `whole` generated all of them together; else generate all */
    /* Called before anything is generated; may be NULL. A negative code ends
     * the call with that code. */
    int (*before)(void *ud, pmpo_error *err);
    void *ud;
} pmpo_reply_cache;

/* Like pmpo_generate, but takes replies from the cache (they are `cached`, with
 * no rows fed), and stores each new reply there as it ends. For a model that
 * may_change, all replies are generated. */
int pmpo_generate_cached(struct pmpo_model *m, const pmpo_reply_cache *k,
                         const pmpo_gen_request *requests, size_t n,
                         const pmpo_gen_params *p, pmpo_reply *out,
                         pmpo_error *err);

/* All that a form asks for. */
void pmpo_hasher_form(pmpo_hasher *h, const pmpo_json_form *f);

/* Adds the cost of `r` to *c: its rows and tokens, or one cached reply. */
void pmpo_cost_add_reply(pmpo_cost *c, const pmpo_reply *r);

#endif
