/* model.h: what every engine offers to the rooms above.
 *
 * A pmpo_model is a table of functions (pmpo_engine) and a `self`. An engine
 * takes units from a queue and brings them back with their numbers, in any
 * order, and generates new tokens; it knows its vocabulary and its chat
 * template. It knows nothing of prompts, examples or losses.
 *
 * Engines: the folders of engine/ (engine/engines.h). Tests put a fake one
 * here. */
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

/* A token that only a template may bring: <|im_start|> and the like. */
typedef struct pmpo_special {
    int32_t id;
    pmpo_str text;       /* never empty */
    bool lstrip, rstrip; /* eats white space of the literal beside it */
} pmpo_special;

typedef struct pmpo_vocab {
    void *self;
    /* Appends the ids of `text` to *out. `special` false: the bytes are
     * plain, special tokens in them are not parsed, nothing is added in
     * front but the space that the vocabulary puts before a text of its own
     * (SentencePiece). `special` true: the whole-text reference, with BOS and
     * special tokens as the vocabulary is configured; for checks only. */
    int (*tokenize)(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err);
    /* Appends the bytes that token `id` stands for in a text. */
    int (*piece)(void *self, int32_t id, pmpo_buf *out, pmpo_error *err);
    /* Appends the chat as the model's own template writes it; with
     * `assistant`, up to where the assistant's words begin. PMPO_EMODEL: no
     * template or not a recognised one. */
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
} pmpo_request;

/* The unit of determinism: requests decoded together, in a layout that is a
 * pure function of this struct and the model's settings. */
typedef struct pmpo_unit {
    const pmpo_request *requests; /* [n_requests] */
    size_t n_requests;
    size_t n_prefix; /* leading ids equal in all requests, < each n_context;
                      * kept in the KV memory from one unit to the next */
    bool repacked; /* another packing of the same requests, to measure how much
                    * a score depends on it: smaller batches, one wave */
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
    pmpo_unit_result result; /* .logprobs: the asker's room */
    int code;         /* set by the engine: 0, or why there are no numbers */
    pmpo_error error; /* with a code below 0 */
    bool unwanted;    /* set by the asker while the engine has it: its numbers
                       * decide nothing any more, it may be dropped (done with
                       * PMPO_ECANCELLED) or finished */
} pmpo_task;

/* Where an engine gets its work and brings it. Both are called in the thread
 * that called `score`; they may tokenise, render and count with the model. */
typedef struct pmpo_queue {
    /* The next unit to begin, the asker's until it is done; NULL: none now.
     * After NULL the engine asks again when something is done; it ends once
     * it gets NULL with nothing under way. */
    pmpo_task *(*next)(void *ud);
    /* The unit is through, in whatever order: numbers, or a code. */
    void (*done)(void *ud, pmpo_task *t);
    void *ud;
} pmpo_queue;

/* Sum of the requests' target tokens. */
size_t pmpo_unit_targets(const pmpo_unit *u);
/* Sum of n_ids. */
uint64_t pmpo_unit_logical(const pmpo_unit *u);
/* PMPO_EUSAGE: `u` breaks its contract. */
int pmpo_unit_check(const pmpo_unit *u, pmpo_error *err);

/* ---- generating ---------------------------------------------------------- */

/* A chat's reply as a JSON object of text fields, which some servers hold a
 * model to. What comes back as the reply's text is what a free reply would
 * have: the fields' values, a line each, `open` before the last of them and
 * `close` after it. */
typedef struct pmpo_json_form {
    const char *const *fields; /* [n_fields], at least one */
    size_t n_fields;
    const char *open, *close;
    const char *const *words; /* [n_words] one of which the last one is; none:
                               * any text */
    size_t n_words;
} pmpo_json_form;

typedef struct pmpo_gen_request {
    const int32_t *ids; /* the prompt; NULL for an engine: it takes_messages */
    size_t n_ids;
    const pmpo_message *messages; /* what the ids are rendered from, if a chat:
                                   * pmpo_generate does that */
    size_t n_messages;
    pmpo_str begun;   /* how the reply to a chat begins, "": nothing. The model
                       * goes on from there; no part of the reply's text. Needs
                       * pmpo_begins_replies */
    pmpo_str grammar; /* GBNF, beginning with "root", that what the model adds
                       * obeys, "": none. Needs model.obeys_grammars */
    /* A wish, which most engines don't know: the messages have to ask for all
     * by themselves, too. NULL: none. Borrowed. */
    const pmpo_json_form *json;
    const uint64_t *seeds; /* [n_samples], one a sample */
    size_t n_samples;
} pmpo_gen_request;

typedef struct pmpo_gen_params {
    double temperature; /* 0: greedy */
    double top_p;       /* (0,1] */
    int max_tokens;     /* a sample */
    pmpo_str stop;      /* a sample ends once its text holds this; "": no */
    /* Called as replies end, in any order, with their index in out[], by
     * engines that generate some after others; may be NULL. */
    void (*done)(void *ud, size_t reply);
    void *ud;
} pmpo_gen_params;

typedef struct pmpo_reply {
    pmpo_buf text;   /* valid UTF-8 (bad bytes replaced); holds the stop */
    size_t n_tokens;
    size_t n_fed;    /* rows fed for its prompt. Of what replies share most is
                      * fed for the first: the sum over a call's is the cost */
    bool complete;   /* ended by itself or by the stop, not by max_tokens */
    bool kept;       /* not generated now but taken from the cache (kept.h);
                      * never set by an engine */
    int code;        /* below 0: this sample failed, there is no text */
} pmpo_reply;

/* ---- the engine ------------------------------------------------------------ */

typedef struct pmpo_engine {
    /* Scores what the queue gives, as many units at a time as the engine
     * likes, and returns when the queue is empty. A unit that fails has its
     * code and stops nothing. Below 0: PMPO_ECANCELLED, or the engine as a
     * whole can't go on; what was under way is then not done. */
    int (*score)(void *self, const pmpo_queue *q, pmpo_error *err);
    /* The rows that scoring these units in this order would feed to an engine
     * that has seen nothing: for dry runs. */
    int (*count)(void *self, const pmpo_unit *units, size_t n, uint64_t *rows,
                 pmpo_error *err);
    /* All samples of all requests; engines may share what prompts have in
     * common, and run as many at a time as they like. out has sum of
     * n_samples zeroed replies, request-major; the caller releases their
     * text, also on failure. Returns 0 when every sample has its text, else
     * the first code. PMPO_ETOOLONG: a prompt leaves no room. */
    int (*generate)(void *self, const pmpo_gen_request *requests, size_t n,
                    const pmpo_gen_params *p, pmpo_reply *out,
                    pmpo_error *err);
    /* That many requests in flight, whatever the engine thinks best; 0: as it
     * thinks. For measuring. NULL: an engine that has no such choice. */
    void (*at_once)(void *self, int n);
    void (*cancel)(void *self, bool on); /* any thread, signal handler */
    void (*close)(void *self);
} pmpo_engine;

typedef struct pmpo_limits {
    size_t max_requests; /* sequences a unit should hold at most */
    size_t max_context;  /* positions of one sequence */
} pmpo_limits;

struct pmpo_model {
    const pmpo_engine *engine;
    void *self;
    pmpo_vocab vocab;
    pmpo_model_info info; /* strings live in `mem` */
    pmpo_hash identity;   /* of all that can change a score */
    pmpo_limits limits;
    bool takes_messages;  /* the engine renders chats itself, from messages */
    bool takes_begun;     /* and it honours a reply begun for it, too */
    bool obeys_grammars;
    /* Why it gives no log-probabilities, with what would; NULL: it gives them.
     * Such a model only generates, and need not have a vocabulary. */
    const char *cant_score;
    /* Its weights may be others tomorrow under the same identity: what it says
     * goes into no cache that outlives the call or the run. */
    bool may_change;
    /* With these it is what a prompt is made for (pmpo_model_join). Borrowed. */
    struct pmpo_model *others[PMPO_MOST_JOINED - 1];
    size_t n_others;
    pmpo_joint joint;
    double price_in, price_out; /* dollars a token */
    double dollars;             /* paid so far, since it was opened */
    /* Multiply-adds with weights that a row takes, and its logits beside; 0: not
     * known. */
    double row_macs, output_macs;
    size_t n_contexts; /* memories for keys and values that the engine has made:
                        * in the steady state none is made */
    /* What the engine has found out at work that a run should say; whoever does
     * makes it NULL. In `mem`. */
    const char *learned;
    /* Called after each batch with the rows it fed; may be NULL. Set by the
     * rooms above, called from within score and generate. */
    void (*tick)(void *ud, size_t rows);
    void *tick_ud;
    pmpo_arena mem;
};

/* PMPO_EMODEL with m->cant_score, where that is set. */
int pmpo_check_scores(const struct pmpo_model *m, pmpo_error *err);

/* Scores one unit by itself. PMPO_ECANCELLED: nothing of it is valid. */
int pmpo_score_unit(struct pmpo_model *m, const pmpo_unit *u,
                    pmpo_unit_result *r, pmpo_error *err);

/* Can replies be begun for the model? */
bool pmpo_begins_replies(const struct pmpo_model *m);

/* The requests as the engine takes them, in *out [n] of `mem`: chats rendered
 * by the model's own template unless the engine does that. PMPO_EUSAGE: a
 * request begins the reply or brings a grammar, and the model can't take
 * that. */
int pmpo_ready_requests(struct pmpo_model *m, const pmpo_gen_request *requests,
                        size_t n, pmpo_arena *mem, pmpo_gen_request **out,
                        pmpo_error *err);

/* The engine's `generate`, with chats rendered for it by the model's own
 * template: a request has messages or ids. Codes as above. */
int pmpo_generate(struct pmpo_model *m, const pmpo_gen_request *requests,
                  size_t n, const pmpo_gen_params *p, pmpo_reply *out,
                  pmpo_error *err);

#endif
