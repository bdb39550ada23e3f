/* dialect.h: how servers are asked for the log-probabilities of given tokens,
 * and how their replies are read. Pure: bytes in, bytes out.
 *
 * Every reply is checked against its request: it must have one log-probability
 * per token, the same ids if it has ids, and only finite numbers not above 0. In
 * the next-token form, the prompt's length if it tells one. A reply that fails a
 * check is an error, never a score.
 *
 * The formats are those of vLLM 0.32 and SGLang 0.5. */
#ifndef PMPO_ENGINE_HTTP_DIALECT_H
#define PMPO_ENGINE_HTTP_DIALECT_H

#include "base/str.h"

/* What one request asks for, in one of two forms. */
typedef struct pmpo_logprob_query {
    const int32_t *ids; /* [n_ids] the prompt */
    size_t n_ids;
    /* The whole form (n_next 0): the log-probability of each of
     * ids[from..n_ids) given all before it; 1 <= from < n_ids. */
    size_t from;
    /* The next-token form: the log-probability of each of these after all of
     * `ids`. */
    const int32_t *next; /* [n_next] */
    size_t n_next;
} pmpo_logprob_query;

/* A token that the server chose by itself. */
typedef struct pmpo_greedy {
    int32_t id;    /* -1: the reply has only its text */
    pmpo_buf text;
    float logprob;
} pmpo_greedy;

typedef struct pmpo_dialect {
    const char *name; /* as --dialect takes it */
    const char *path; /* of a request, see pmpo_http_call */
    bool next_form;   /* also supports the next-token form */
    bool prefix_cache; /* the whole form uses the server's prefix cache */
    const char *remark; /* what it can't do, for the user; or "" */
    /* Appends the body of the request. PMPO_ENOMEM. */
    int (*write)(const pmpo_logprob_query *ask, const char *model,
                 pmpo_buf *out);
    /* Fills out[n_next], or out[n_ids - from] in the whole form.
     * PMPO_EBACKEND: the reply does not have what was asked for; *err says what
     * is wrong with it. */
    int (*read)(pmpo_str body, const pmpo_logprob_query *ask, const char *model,
                float *out, pmpo_error *err);
    /* The likeliest token after ask->ids, for checks. `read` fills *out (text
     * appended). */
    int (*greedy_write)(const pmpo_logprob_query *ask, const char *model,
                        pmpo_buf *out);
    int (*greedy_read)(pmpo_str body, const char *model, pmpo_greedy *out,
                       pmpo_error *err);
} pmpo_dialect;

/* In the order in which a probe tries them; NULL past the last. */
const pmpo_dialect *pmpo_dialect_at(size_t i);
/* NULL: no such name. */
const pmpo_dialect *pmpo_dialect_named(const char *name);

#endif
