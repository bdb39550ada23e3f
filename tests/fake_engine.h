/* fake_engine.h: a model for tests: known probabilities, no weights.
 *
 * Tokens are bytes, and a few specials; the template is ChatML. The
 * log-probability of a token is a hash of ALL ids before it and of itself, so
 * a shifted, swapped or truncated prefix changes every number. Generated
 * replies are a function of messages and seed, good and bad in set shares.
 *
 * Every unit scored and every generation is an event, numbered from 1. */
#ifndef PMPO_TESTS_FAKE_ENGINE_H
#define PMPO_TESTS_FAKE_ENGINE_H

#include "model/model.h"

typedef enum fake_moment {
    FAKE_AT_START, /* before anything of the event is done */
    FAKE_AT_END,   /* all computed, nothing handed over yet */
} fake_moment;

typedef struct fake_options {
    uint64_t salt;       /* another salt is another model */
    const char *name;    /* NULL: "fake" */
    double jitter;       /* nats that a token may move with its place in the
                          * unit: makes a noise floor */
    int context;         /* positions; 0: 1 << 20 */
    size_t max_requests; /* 0: 8 */
    size_t at_a_time;    /* units under way, at most; 0: 1. More than one: they
                          * are done some at a time, in any order ... */
    uint64_t disorder;   /* ... drawn from this seed */
    /* Faults; event numbers, 0: never. */
    size_t kill_at;      /* raise(SIGKILL) */
    fake_moment kill_when;
    size_t fail_at;      /* PMPO_EBACKEND */
    size_t nan_at;       /* the event's scores are NAN */
    size_t cancel_at;    /* as if pmpo_cancel had been called then */
    size_t cancel_after, kill_after; /* the same, and raise(SIGKILL), when so
                                      * many replies have ended */
    bool shift;          /* scores forget the first id of the prefix */
    bool all_bad;        /* no reply is usable */
    bool stuck;          /* every reply is the instruction itself */
    bool strict;         /* refuses rendered prompts without room for a reply,
                          * too, not only messages */
    bool deaf;           /* takes no begun replies and no grammars */
    /* Answers (not rewrites) to a rendered prompt, its specials left out;
     * NULL: by the hash of the prompt. */
    void (*answers)(pmpo_str prompt, pmpo_buf *reply);
    /* Nats that the first token of a target costs more under a context, both without
     * specials. NULL: none. */
    double (*costs)(pmpo_str context, pmpo_str target);
    const char *log;     /* file: one line "s KEY" or "g KEY" an event whose
                          * work was done, written before it is handed over */
} fake_options;

pmpo_model *fake_new(const fake_options *o);
void fake_free(pmpo_model *m);
size_t fake_events(const pmpo_model *m);
size_t fake_generated(const pmpo_model *m); /* events that were generations */
size_t fake_replies(const pmpo_model *m);
/* The log-probability of ids[at] given those before it. */
double fake_logprob(uint64_t salt, const int32_t *ids, size_t at);
/* Broken contracts seen so far (units whose requests disagree in the prefix
 * and the like); must stay 0. */
size_t fake_violations(const pmpo_model *m);
size_t fake_held(const pmpo_model *m); /* requests that brought a grammar */
size_t fake_most_under_way(const pmpo_model *m); /* units at one time, so far */
size_t fake_dropped(const pmpo_model *m); /* units begun, unwanted, not done */

#endif
