/* model.h: the interface of engines to the rooms above.
 *
 * A pmpo_model is a table of functions (pmpo_engine) and a `self`. An engine
 * takes units from a queue, fills in their log-probabilities and gives them
 * back, in any order; and it generates tokens. It knows its vocabulary and its
 * chat template, but nothing of prompts, examples or losses.
 *
 * Engines are the folders of engine/ (engine/engines.h); tests use a fake
 * one. */
#ifndef PMPO_MODEL_MODEL_H
#define PMPO_MODEL_MODEL_H

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "pmpo.h"

/* ---- vocabulary --------------------------------------------------------- */

typedef struct pmpo_tokens {
    int32_t *ids;
    size_t n, cap;
} pmpo_tokens;

int pmpo_tokens_put(pmpo_tokens *t, int32_t id); /* 0 or PMPO_ENOMEM */
void pmpo_tokens_release(pmpo_tokens *t);

/* A special token, which only a template may produce, such as <|im_start|>. */
typedef struct pmpo_special {
    int32_t id;
    pmpo_str text;       /* never empty */
    bool lstrip, rstrip; /* swallows white space of the template before or
                          * after it */
} pmpo_special;

typedef struct pmpo_vocab {
    void *self;
    /* Appends the ids of `text` to *out. `special` false: special tokens in it
     * are ordinary text, and nothing is added in front except the space that
     * SentencePiece vocabularies put before every text. `special` true: `text`
     * is a whole rendered text, tokenised with BOS and special tokens as the
     * vocabulary is configured; for checks only. */
    int (*tokenize)(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err);
    /* Appends the bytes that token `id` stands for in a text. */
    int (*piece)(void *self, int32_t id, pmpo_buf *out, pmpo_error *err);
    /* Appends the chat in the format of the model's own template; with
     * `assistant`, followed by the beginning of the assistant's turn.
     * PMPO_EMODEL: no template, or an unknown one. */
    int (*chat)(void *self, const pmpo_message *messages, size_t n,
                bool assistant, pmpo_buf *out, pmpo_error *err);
    const pmpo_special *specials; /* longest text first */
    size_t n_specials;
    bool leading_space; /* SentencePiece: `tokenize` puts a space in front */
    bool add_bos;       /* texts begin with BOS */
    int32_t bos, eos, eot; /* -1: none */
    size_t n_tokens;
} pmpo_vocab;

/* ---- scoring ------------------------------------------------------------ */

/* One target after one context: the score is the log-probability of each of
 * ids[n_context..n_ids) given all ids before it. */
typedef struct pmpo_request {
    const int32_t *ids;
    size_t n_ids;
    size_t n_context; /* 1 <= n_context < n_ids */
    /* Leading ids that are likely to come again with others after them, such as
     * an input that stands before the prompt: an engine may keep what it has
     * computed for them. < n_context; 0: none. Needs model.keeps_leads */
    size_t n_lead;
} pmpo_request;

/* The unit of determinism: requests decoded together, in a layout that is a
 * pure function of this struct and the model's settings. */
typedef struct pmpo_unit {
    const pmpo_request *requests; /* [n_requests] */
    size_t n_requests;
    size_t n_prefix; /* leading ids that all requests share, < each n_context;
                      * they stay in the KV memory from one unit to the next */
    bool repacked; /* use another packing (smaller batches, one wave where the
                    * memory has room), to measure how much a score depends on
                    * the packing */
    bool plain;    /* the reference: one sequence at a time from an empty KV
                    * memory, double-precision two-pass log-softmax */
} pmpo_unit;

typedef struct pmpo_unit_result {
    float *logprobs;  /* caller's: [sum of n_ids - n_context], request order */
    int *codes;       /* caller's, [n_requests] or NULL: 0 or an error; the
                       * log-probabilities of a failed request are NAN */
    uint64_t prefill_tokens; /* rows fed for this unit */
    uint64_t output_rows;    /* of these, whose logits were read */
    uint64_t logical_tokens; /* sum of n_ids */
    double ms;
} pmpo_unit_result;

/* A unit on its way through an engine. */
typedef struct pmpo_task {
    pmpo_unit unit;
    pmpo_unit_result result; /* .logprobs: allocated by the queue's owner */
    int code;         /* set by the engine: 0, or why there are no numbers */
    pmpo_error error; /* with a code below 0 */
    bool unwanted;    /* set by the queue's owner while the engine has the task:
                       * its result is not needed any more, so the engine may
                       * drop it (`done` with PMPO_ECANCELLED) or finish it */
} pmpo_task;

/* Where an engine takes its work from and returns it to. Both functions are
 * called in the thread that called `score`; they may tokenise, render and count
 * with the model. */
typedef struct pmpo_queue {
    /* The next task to begin, borrowed until it is done; NULL: none now. After
     * NULL, the engine asks again when a task is done; it returns once it gets
     * NULL with no task in progress. */
    pmpo_task *(*next)(void *ud);
    /* Takes a task back, in any order, with its result or a code. */
    void (*done)(void *ud, pmpo_task *t);
    void *ud;
} pmpo_queue;

/* Sum of the requests' target tokens. */
size_t pmpo_unit_targets(const pmpo_unit *u);
/* Sum of n_ids. */
uint64_t pmpo_unit_logical(const pmpo_unit *u);
/* PMPO_EUSAGE: `u` is not as its declaration says. */
int pmpo_unit_check(const pmpo_unit *u, pmpo_error *err);

/* ---- generating ---------------------------------------------------------- */

/* Makes a chat's reply a JSON object of text fields, which some servers can
 * enforce. The reply's text is then put together as a free reply would be: the
 * values of the fields, one per line, with `open` before the last one and
 * `close` after it. */
typedef struct pmpo_json_form {
    const char *const *fields; /* [n_fields], at least one */
    size_t n_fields;
    const char *open, *close;
    const char *const *words; /* [n_words]: allowed values of the last field;
                               * none: any text */
    size_t n_words;
} pmpo_json_form;

typedef struct pmpo_gen_request {
    const int32_t *ids; /* the prompt; NULL if the engine takes_messages */
    size_t n_ids;
    const pmpo_message *messages; /* a chat, which pmpo_generate renders to ids
                                   * for the engine; or NULL */
    size_t n_messages;
    pmpo_str begun;   /* the beginning of the reply to a chat, from which the
                       * model continues; not in the reply's text. "": none.
                       * Needs pmpo_begins_replies */
    pmpo_str grammar; /* GBNF with a rule "root" for what the model generates;
                       * "": none. Needs model.obeys_grammars */
    /* Optional: most engines ignore it, so the messages must also ask for the
     * form in words. NULL: none. Borrowed. */
    const pmpo_json_form *json;
    const uint64_t *seeds; /* [n_samples], one per sample */
    size_t n_samples;
} pmpo_gen_request;

typedef struct pmpo_gen_params {
    double temperature; /* 0: greedy */
    double top_p;       /* (0,1] */
    int max_tokens;     /* of a sample */
    pmpo_str stop; /* a sample ends once its text has this behind any thinking
                         * that it begins with; "": none */
    /* Called as replies end, in any order, with their index in out[]; not of
     * those that fail. May be NULL. */
    void (*done)(void *ud, size_t reply);
    void *ud;
} pmpo_gen_params;

typedef struct pmpo_reply {
    pmpo_buf
        text; /* valid UTF-8 without NULs (bad bytes replaced); includes the
                      * stop */
    size_t n_tokens; /* paid for: with those of tries that gave no text */
    size_t n_fed;    /* rows fed for its prompt. Rows that replies share count
                      * for the first one, so the sum over a call is its cost */
    bool complete;   /* ended by the model or the stop, not by max_tokens */
    bool cached;     /* from the cache (reply_cache.h); engines never set it */
    int code; /* below 0: this sample failed and has no text. After a call
                      * that returned 0: a server refused this request alone,
                      * so it is neither a right answer nor a wrong one */
} pmpo_reply;

/* ---- the engine ------------------------------------------------------------ */

typedef struct pmpo_engine {
    /* Scores the tasks of the queue, any number at a time, and returns when the
     * queue is empty. A task that fails gets a code and does not stop the
     * others. Returns 0 or, if it was cancelled (PMPO_ECANCELLED) or the engine
     * can't go on, a negative code; tasks in progress are then not done. */
    int (*score)(void *self, const pmpo_queue *q, pmpo_error *err);
    /* For dry runs: the rows that scoring these units in this order would feed,
     * beginning with an empty KV memory. */
    int (*count)(void *self, const pmpo_unit *units, size_t n, uint64_t *rows,
                 pmpo_error *err);
    /* Generates all samples of all requests, any number at a time; common
     * beginnings of prompts may be fed once. `out` has one zeroed reply per
     * sample, request-major; the caller releases their text, also on failure.
     * Returns 0 if every sample has its text (or was refused for itself, while
     * others were not: `learned` tells), else the first failure's code.
     * PMPO_ETOOLONG: a prompt leaves no room for a reply. */
    int (*generate)(void *self, const pmpo_gen_request *requests, size_t n,
                    const pmpo_gen_params *p, pmpo_reply *out,
                    pmpo_error *err);
    /* For measurements: fixes the number of requests in flight; 0: the engine
     * chooses it again. NULL: the engine has no such number. */
    void (*at_once)(void *self, int n);
    void (*cancel)(void *self, bool on); /* any thread, signal handler */
    void (*close)(void *self);
} pmpo_engine;

typedef struct pmpo_limits {
    size_t max_requests; /* at most, of a unit */
    size_t max_context;  /* tokens of one sequence, at most */
} pmpo_limits;

struct pmpo_model {
    const pmpo_engine *engine;
    void *self;
    pmpo_vocab vocab;
    pmpo_model_info info; /* strings live in `mem` */
    pmpo_hash identity;   /* covers everything that can change a score */
    pmpo_limits limits;
    bool takes_messages;  /* the engine renders chats itself, from messages */
    bool takes_begun;     /* with messages, it also takes a begun reply */
    bool obeys_grammars;
    bool keeps_leads; /* what was computed for the leads of requests */
    /* Why it gives no log-probabilities, and what would help; NULL: it gives
     * them. Such a model only generates, and may have no vocabulary. */
    const char *cant_score;
    /* Its weights may change without its identity, so its scores and replies
     * are not stored in the score cache. */
    bool may_change;
    /* The models that it is joined with (pmpo_model_join). Borrowed. */
    struct pmpo_model *others[PMPO_MOST_JOINED - 1];
    size_t n_others;
    pmpo_joint joint;
    double price_in, price_out; /* dollars per token */
    double dollars;             /* paid since it was opened */
    /* Multiply-adds with weights per row, and in addition per row of logits; 0:
     * not known. */
    double row_macs, output_macs;
    size_t n_contexts; /* KV memories that the engine has allocated; constant in
                        * the steady state */
    /* A remark of the engine, in `mem`, for the user; it grows while requests
     * are made. A note replaces that of the same kind and place, so storing it
     * again is harmless. Set it to NULL only when a new piece of work begins. */
    const char *learned;
    /* Called after each batch with the rows it fed; may be NULL. Set by the
     * rooms above, called from within score and generate. */
    void (*tick)(void *ud, size_t rows);
    void *tick_ud;
    pmpo_arena mem;
};

/* Dollars paid since they were opened to both, which may be one and the same or
 * NULL, and to the models that they are joined with; each model counts once. */
double pmpo_paid(const struct pmpo_model *a, const struct pmpo_model *b);

/* PMPO_EMODEL with the text m->cant_score, if that is set. */
int pmpo_check_scores(const struct pmpo_model *m, pmpo_error *err);

/* Scores a single unit. PMPO_ECANCELLED: nothing in *r is valid. */
int pmpo_score_unit(struct pmpo_model *m, const pmpo_unit *u,
                    pmpo_unit_result *r, pmpo_error *err);

/* Does the model accept a begun reply (pmpo_gen_request.begun)? */
bool pmpo_begins_replies(const struct pmpo_model *m);

/* Prepares requests for the engine, in *out [n], which lives in `mem`: renders
 * chats by the model's own template unless the engine does that. PMPO_EUSAGE: a
 * request has a begun reply or a grammar, and the model does not support it. */
int pmpo_ready_requests(struct pmpo_model *m, const pmpo_gen_request *requests,
                        size_t n, pmpo_arena *mem, pmpo_gen_request **out,
                        pmpo_error *err);

/* Calls the engine's `generate` after pmpo_ready_requests. A request has
 * messages or ids. Codes as for these two. */
int pmpo_generate(struct pmpo_model *m, const pmpo_gen_request *requests,
                  size_t n, const pmpo_gen_params *p, pmpo_reply *out,
                  pmpo_error *err);

#endif
