/* pmpo_custom.h: proposers and engines of your own. pmpo.h does not include it,
 * because most programs need neither. The conventions are those of pmpo.h.
 * docs/library.md explains both; examples/c/ has complete programs. */
#ifndef PMPO_CUSTOM_H
#define PMPO_CUSTOM_H

#include "pmpo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- a proposer: where new prompts come from ------------------------------ */

/* What the search knows when it asks for proposals. Valid during the call
 * only. */
typedef struct pmpo_custom_scene {
    int iteration; /* 1..; 0: before the first, when nothing is analysed yet */
    pmpo_str task;
    pmpo_str incumbent;
    int incumbent_id;
    const pmpo_segment_effect *segments; /* of the incumbent; nats of loss */
    size_t n_segments;                   /* 0: not analysed */
    double noise_floor;                  /* nats; NAN: not measured */
    const pmpo_data *train;
    const size_t *cases; /* [n_cases]: indexes of the training examples with
                          * the highest losses, highest first */
    size_t n_cases;      /* 0: not determined */
    uint64_t seed;       /* of the run; for random choices */
    struct pmpo_custom_work *work; /* private to the library */
} pmpo_custom_scene;

typedef struct pmpo_custom_proposer {
    size_t size;      /* sizeof(pmpo_custom_proposer) */
    const char *name; /* letters, digits, '-'; not the name of a built-in
                       * proposer. The run file stores it: change it when you
                       * change how prompts are made */
    bool opens;       /* also called before the first iteration */
    size_t most;      /* limit of proposals per call, 1..1000; more: an error */
    /* Makes proposals by calling pmpo_custom_propose. A resumed run calls this
     * again and must get the same proposals, so they may depend on the scene
     * only. The search checks and scores them. Return 0, or a negative code
     * with *err filled, which stops pmpo_optimize; finished work is kept.
     * Called in the thread that runs the search; do not use the run's models
     * here except by pmpo_custom_ask. */
    int (*propose)(void *ud, const pmpo_custom_scene *s, pmpo_error *err);
    void *ud;
} pmpo_custom_proposer;

/* Proposes `prompt`, which is copied. hard_case: index in s->cases of the
 * example that it was made for; -1: none. PMPO_EUSAGE: more than the proposer's
 * `most` proposals, no such case, or not UTF-8. */
PMPO_API int pmpo_custom_propose(const pmpo_custom_scene *s, pmpo_str prompt,
                                 int hard_case, pmpo_error *err);
/* Asks the run's rewriter for n replies (1..1000) to one user message, with the
 * run's temperature, top_p and max_reply_tokens. The run file stores replies,
 * so a resumed run gets the same ones without asking again. replies[0..n) are
 * valid until the proposer returns. PMPO_EUSAGE: the run has no rewriter.
 * PMPO_ETOOLONG: the message is. Any other failure (^C, a budget, a server's)
 * stops pmpo_optimize, whatever the proposer returns. */
PMPO_API int pmpo_custom_ask(const pmpo_custom_scene *s, pmpo_str message,
                             size_t n, pmpo_str *replies, pmpo_error *err);

/* ---- an engine: where log-probabilities come from --------------------------- */

/* A special token: one that only the chat template can produce, not the text of
 * a user. */
typedef struct pmpo_custom_special {
    int32_t id;
    pmpo_str text; /* not empty: "<|im_start|>" */
} pmpo_custom_special;

/* A request for the log-probabilities of ids[n_context..n_ids), each given all
 * ids before it. 1 <= n_context < n_ids. */
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
    /* Output after this text is ignored, but in <think>...</think> that a reply
     * begins with; "": none. */
    pmpo_str stop;
} pmpo_custom_sample;

/* One model. Strings and arrays are copied. Functions are called one at a time,
 * in the thread that calls pmpo. tokenize, piece and chat write at most `room`
 * elements and return how many there are in all; if that is more than `room`,
 * they are called again with more. On failure all return a negative pmpo_code,
 * with *err filled. */
typedef struct pmpo_custom_engine {
    size_t size;          /* sizeof(pmpo_custom_engine) */
    const char *name;     /* shown to users and stored in runs */
    const char *identity; /* covers everything that can change a score: a hash
                           * of weights, version, precision. It is the key for
                           * cached scores and for resuming runs */
    int32_t n_vocab;      /* ids are 0..n_vocab-1 */
    int n_context;        /* greatest length of a sequence, in tokens */
    int32_t bos, eos, eot; /* -1: none. eot ends the assistant's turn */
    bool add_bos;         /* every sequence begins with bos */
    bool leading_space;   /* `tokenize` puts a space in front of every text
                           * (SentencePiece) */
    const pmpo_custom_special *specials; /* the longest text first */
    size_t n_specials;
    /* Bytes to ids. `special` false: the texts of specials are ordinary text,
     * and no bos is added. True: `text` is a whole rendered text, in which the
     * texts of specials become their ids; bos goes first if add_bos. */
    ptrdiff_t (*tokenize)(void *ud, pmpo_str text, bool special, int32_t *ids,
                          size_t room, pmpo_error *err);
    /* The bytes that a token stands for. */
    ptrdiff_t (*piece)(void *ud, int32_t id, char *bytes, size_t room,
                       pmpo_error *err);
    /* The chat in the model's format; if `assistant`, with the beginning of the
     * assistant's turn after it. NULL: only the template raw, or one in a file,
     * can be used. */
    ptrdiff_t (*chat)(void *ud, const pmpo_message *messages, size_t n,
                      bool assistant, char *text, size_t room,
                      pmpo_error *err);
    /* Fills logprobs with n_ids - n_context values for each sequence, in order;
     * in nats, finite and at most 0. The first n_prefix ids are the same in all sequences.
     * The values must depend on these arguments only, to the last bit. */
    int (*score)(void *ud, const pmpo_custom_sequence *s, size_t n,
                 size_t n_prefix, float *logprobs, pmpo_error *err);
    /* Writes at most s->max_tokens ids and returns how many. *ended: the model
     * ended the reply itself; its end token is not among the ids. NULL: the
     * model can't generate, so it neither rewrites nor answers. */
    ptrdiff_t (*generate)(void *ud, const pmpo_custom_sample *s, int32_t *ids,
                          bool *ended, pmpo_error *err);
    /* Asks calls in progress to stop soon or, with `on` false, takes that back.
     * Called from any thread and in signal handlers. NULL: calls are not
     * interrupted; pmpo stops between them. */
    void (*cancel)(void *ud, bool on);
    void (*close)(void *ud); /* by pmpo_model_free; may be NULL */
    void *ud;
} pmpo_custom_engine;

/* Makes a model that uses the engine *e. e->close is called only if this
 * succeeds. PMPO_EUSAGE: a field is missing or out of range. PMPO_EVERSION:
 * e->size is not that of this version. */
PMPO_API int pmpo_model_custom(const pmpo_custom_engine *e, pmpo_model **out,
                               pmpo_error *err);

#ifdef __cplusplus
}
#endif
#endif
