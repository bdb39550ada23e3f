/* http_engine.h: the HTTP engine's own header.
 *
 * http_open.c      which servers, which model; description, identity, ending
 * http_probe.c     how a server is asked for log-probabilities, and whether
 *                  those it gives can be trusted
 * http_vocab.c     tokens and chats by the server's tokeniser
 * http_score.c     units as requests, many at a time
 * http_generate.c  replies
 * asks.c           bodies of requests that no dialect is needed for
 * dialect.c        bodies and replies of the scoring dialects
 * token_text.c     the bytes behind a token's name
 * transport.c      requests in flight; endpoint.c, url.c: of one server;
 *                  one_request.c: one alone */
#ifndef PMPO_ENGINE_HTTP_ENGINE_H
#define PMPO_ENGINE_HTTP_ENGINE_H

#include "engine/engines.h"
#include "engine/http/dialect.h"
#include "engine/http/transport.h"
#include "model/model.h"

typedef struct pmpo_remote_vocab pmpo_remote_vocab;

typedef struct pmpo_remote {
    struct pmpo_model *model; /* the handle we are the `self` of */
    const char *name;         /* of the model, as the servers call it */
    const pmpo_dialect *dialect; /* NULL: they can't score */
    bool next_form; /* the dialect's next-token form gives right values, too */
    bool is_vllm;   /* accepts vLLM's sampling parameters */
    bool estimates; /* replies don't say what they cost */
    /* Requests refused one by one: how many of how many the last note on them
     * tells, that note, and what was to be told before it. */
    size_t n_denied, n_asked;
    const char *denied_note, *before_denied;
    /* Parameters of requests for replies, bits of pmpo_refusal: those that it
     * refuses, which are left out, and those of requests that had a reply. The
     * latter only with the values of the last call. */
    unsigned refused, taken;
    double temperature, top_p;
    pmpo_http *load; /* for scores and replies, many requests at once */
    /* For tokenising, one request at a time. Separate, because a queue renders,
     * and so tokenises, while `load` is in use. */
    pmpo_http *talk;
    pmpo_remote_vocab *vocab;     /* the server's tokeniser; or NULL */
    pmpo_tokenizer *tokenizer;    /* of a file; or NULL */
} pmpo_remote;

/* ---- http_probe.c --------------------------------------------------------- */

/* Tokens of the fixed text that are compared: enough to tell other weights, and
 * short enough to store as text with a run. */
#define PMPO_PRINT_TOKENS 16

/* The result of probing one server. */
typedef struct pmpo_probe {
    const pmpo_dialect *dialect; /* NULL: none */
    bool next_form;
    pmpo_buf why;  /* without a dialect: what was wrong with each */
    /* The fingerprint: log-probabilities of a fixed text's first tokens, which
     * differ for other weights. */
    float print[PMPO_PRINT_TOKENS];
    size_t n_print;
} pmpo_probe;

/* Sends a known text to the server of `h`, a transport to it alone, in the
 * dialect `only` (NULL: in all dialects, one after the other), and checks the
 * replies as http_probe.c describes. Returns 0 even if the server can't score;
 * an error if it can't be reached or memory runs out. `v` tokenises. */
int pmpo_remote_probe(pmpo_http *h, const char *model, const pmpo_vocab *v,
                      const pmpo_dialect *only, pmpo_probe *out,
                      pmpo_error *err);
/* The mean absolute difference of two fingerprints, in nats. */
double pmpo_probe_apart(const pmpo_probe *a, const pmpo_probe *b);
void pmpo_probe_release(pmpo_probe *p);

/* ---- http_vocab.c ------------------------------------------------------------ */

/* Fills m->vocab with functions that use the server's /tokenize, and
 * *max_context with the context length that the server reports (0: none).
 * Borrows talk and model. PMPO_EBACKEND: the server has no /tokenize. */
int pmpo_remote_vocab_new(pmpo_http *talk, const char *model,
                          struct pmpo_model *m, size_t *max_context,
                          pmpo_remote_vocab **out, pmpo_error *err);
void pmpo_remote_vocab_free(pmpo_remote_vocab *v);

/* ---- http_score.c, http_generate.c: pmpo_engine's functions -------------------- */

int pmpo_remote_score(void *self, const pmpo_queue *q, pmpo_error *err);
int pmpo_remote_count(void *self, const pmpo_unit *units, size_t n,
                      uint64_t *rows, pmpo_error *err);
int pmpo_remote_generate(void *self, const pmpo_gen_request *requests,
                         size_t n, const pmpo_gen_params *p, pmpo_reply *out,
                         pmpo_error *err);
/* Does the server refuse a request because it doesn't fit into the context? */
bool pmpo_remote_too_long(const pmpo_http_reply *reply);

#endif
