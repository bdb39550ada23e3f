/* asks.h: bodies of requests for tokens and replies, and what servers of all
 * kinds have in common. Pure: bytes in, bytes out. */
#ifndef PMPO_ENGINE_HTTP_ASKS_H
#define PMPO_ENGINE_HTTP_ASKS_H

#include <jansson.h>

#include "model/model.h"

/* Appends `o` as text and releases it; NULL (jansson gave up) is PMPO_ENOMEM. */
int pmpo_json_put(json_t *o, pmpo_buf *out);
json_t *pmpo_json_ids(const int32_t *ids, size_t n);
/* The reply as an object; NULL: *err says why not. */
json_t *pmpo_json_reply(pmpo_str body, pmpo_error *err);

/* Of /tokenize. `special`: as the vocabulary is configured, with BOS. */
int pmpo_ask_tokens(const char *model, pmpo_str text, bool special,
                    pmpo_buf *out);
int pmpo_ask_chat_tokens(const char *model, const pmpo_message *messages,
                         size_t n, bool assistant, pmpo_buf *out);
/* Of /detokenize. */
int pmpo_ask_text(const char *model, const int32_t *ids, size_t n,
                  pmpo_buf *out);

typedef struct pmpo_sampling {
    const pmpo_gen_params *p;
    uint64_t seed;
    bool vllm;     /* the server keeps the stop in the text if asked to */
    bool completion_tokens; /* it calls the limit max_completion_tokens */
} pmpo_sampling;

/* One sample of one request: chat completions for messages, else completions. */
int pmpo_ask_reply(const char *model, const pmpo_gen_request *r,
                   const pmpo_sampling *s, pmpo_buf *out);
/* Its text (appended), how it ended and what it cost. PMPO_EBACKEND: no reply
 * in it. */
int pmpo_read_reply(pmpo_str body, const pmpo_gen_params *p, pmpo_reply *out,
                    pmpo_error *err);

#endif
