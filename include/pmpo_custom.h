/* pmpo_custom.h: proposers and engines of your own. Not included by pmpo.h:
 * most programs need neither. Conventions are those of pmpo.h. docs/library.md
 * shows both in use; examples/c/ has whole programs. */
#ifndef PMPO_CUSTOM_H
#define PMPO_CUSTOM_H

#include "pmpo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a proposer: where new prompts come from ------------------------------ */

/* What the search knows when it asks. Lives during the call only. */
typedef struct pmpo_custom_scene {
    int iteration; /* 1..; 0: before the first, nothing is analysed yet */
    pmpo_str task;
    pmpo_str incumbent;
    int incumbent_id;
    const pmpo_segment_effect *segments; /* of the incumbent; nats of loss */
    size_t n_segments;                   /* 0: not analysed */
    double noise_floor;                  /* nats; NAN: not measured */
    const pmpo_data *train;
    const size_t *cases; /* [n_cases] training examples of the highest loss, */
    size_t n_cases;      /* the highest first; 0: not looked for */
    uint64_t seed;       /* of the run; for random choices */
    struct pmpo_custom_work *work; /* the library's own */
} pmpo_custom_scene;

typedef struct pmpo_custom_proposer {
    size_t size;      /* sizeof(pmpo_custom_proposer) */
    const char *name; /* letters, digits, '-'; no name of pmpo's own. It is in
                       * the run file: the name of whatever decides the prompts,
                       * so another one when that changes */
    bool opens;       /* also asked before the first iteration */
    size_t most;      /* proposals at most each time, 1..1000; more is an error */
    /* Proposes by pmpo_custom_propose. A run that is resumed asks again, and
     * has to be answered alike: let nothing decide but the scene. Prompts are
     * vetted and scored by the search. A negative code, with *err filled,
     * ends the sitting; what was finished is kept. Called in the thread that
     * runs the search; no call on its models may be made from here. */
    int (*propose)(void *ud, const pmpo_custom_scene *s, pmpo_error *err);
    void *ud;
} pmpo_custom_proposer;

/* Proposes `prompt` (copied). hard_case: the place in s->cases of the example
 * it was made for, -1: for none. PMPO_EUSAGE: more than the proposer's `most`,
 * no such case, not UTF-8. */
PMPO_API int pmpo_custom_propose(const pmpo_custom_scene *s, pmpo_str prompt,
                                 int hard_case, pmpo_error *err);
/* Asks the run's rewriter: n replies (1..1000) to one message of a user, at
 * the run's temperature, top_p and max_reply_tokens. Replies are kept in the
 * run file: a resumed run gets the same, at no cost. replies[n] live during
 * the call of the proposer. PMPO_EUSAGE: the run has no rewriter. */
PMPO_API int pmpo_custom_ask(const pmpo_custom_scene *s, pmpo_str message,
                             size_t n, pmpo_str *replies, pmpo_error *err);

/* ---- an engine: where log-probabilities come from --------------------------- */

/* A token that no text can bring but the chat template's own. */
typedef struct pmpo_custom_special {
    int32_t id;
    pmpo_str text; /* not empty: "<|im_start|>" */
} pmpo_custom_special;

/* The log-probabilities of ids[n_context..n_ids), each given all ids before
 * it, are asked for. 1 <= n_context < n_ids. */
typedef struct pmpo_custom_sequence {
    const int32_t *ids;
    size_t n_ids, n_context;
} pmpo_custom_sequence;

typedef struct pmpo_custom_sample {
    const int32_t *ids; /* the prompt */
    size_t n_ids;
    double temperature; /* 0: greedy */
    double top_p;       /* (0,1] */
    uint64_t seed;
    int max_tokens;
    pmpo_str stop; /* nothing after this text is looked at; "": no such text */
} pmpo_custom_sample;

/* One model. Strings and arrays are copied, functions are called in the thread
 * that calls pmpo, one at a time. tokenize, piece and chat write at most
 * `room` elements and return how many there are in all: with more than `room`
 * they are called again. All return a negative pmpo_code, with *err filled,
 * on failure. */
typedef struct pmpo_custom_engine {
    size_t size;          /* sizeof(pmpo_custom_engine) */
    const char *name;     /* shown to people and kept in runs */
    const char *identity; /* of all that can change a score: a hash of the
                           * weights, version, precision. Scores are cached and
                           * runs resumed by it */
    int32_t n_vocab;      /* ids are 0..n_vocab-1 */
    int n_context;        /* positions of one sequence at most */
    int32_t bos, eos, eot; /* -1: none. eot ends the assistant's turn */
    bool add_bos;         /* every text begins with bos */
    bool leading_space;   /* `tokenize` puts a space before a text of its own
                           * (SentencePiece) */
    const pmpo_custom_special *specials; /* the longest text first */
    size_t n_specials;
    /* Bytes to ids. `special` false: the texts of specials are plain bytes, and
     * nothing is added in front; true: the whole text, with bos if add_bos and
     * specials as themselves. */
    ptrdiff_t (*tokenize)(void *ud, pmpo_str text, bool special, int32_t *ids,
                          size_t room, pmpo_error *err);
    /* The bytes that a token stands for. */
    ptrdiff_t (*piece)(void *ud, int32_t id, char *bytes, size_t room,
                       pmpo_error *err);
    /* The chat as the model wants it; with `assistant`, up to where its words
     * begin. NULL: only the template raw, or one in a file, can be used. */
    ptrdiff_t (*chat)(void *ud, const pmpo_message *messages, size_t n,
                      bool assistant, char *text, size_t room,
                      pmpo_error *err);
    /* logprobs[sum of n_ids - n_context]: nats, at most 0, in the order of the
     * sequences. The first n_prefix ids are the same in all of them. What comes
     * out may depend on these arguments only, to the last bit. */
    int (*score)(void *ud, const pmpo_custom_sequence *s, size_t n,
                 size_t n_prefix, float *logprobs, pmpo_error *err);
    /* Writes at most s->max_tokens ids and returns how many; *ended: the model
     * ended by itself (the token it ended with is not among the ids). NULL:
     * the model can't generate: no rewriting, no answers. */
    ptrdiff_t (*generate)(void *ud, const pmpo_custom_sample *s, int32_t *ids,
                          bool *ended, pmpo_error *err);
    /* From any thread and in a signal handler: stop soon (or, `on` false, work
     * on). NULL: calls are not interrupted, pmpo stops between them. */
    void (*cancel)(void *ud, bool on);
    void (*close)(void *ud); /* by pmpo_model_free; may be NULL */
    void *ud;
} pmpo_custom_engine;

/* A model that *e stands for; `close` is called only if this succeeds.
 * PMPO_EUSAGE: something is missing or out of range. PMPO_EVERSION: another
 * size. */
PMPO_API int pmpo_model_custom(const pmpo_custom_engine *e, pmpo_model **out,
                               pmpo_error *err);

#ifdef __cplusplus
}
#endif
#endif
