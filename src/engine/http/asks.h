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

/* What servers of chats differ in: each is asked with all of it, and again
 * without what it refuses. */
typedef enum pmpo_refusal {
    PMPO_REFUSES_MAX_TOKENS = 1, /* calls the limit max_completion_tokens */
    PMPO_REFUSES_JSON = 2,
    PMPO_REFUSES_SEED = 4,
    PMPO_REFUSES_TEMPERATURE = 8,
    PMPO_REFUSES_TOP_P = 16
} pmpo_refusal;

/* Which of them an error names that is not yet in `known`; 0: none. *lost is
 * what replies have lost by it, for a sentence; "": nothing. */
unsigned pmpo_read_refusal(const char *error, unsigned known,
                           const char **lost);

typedef struct pmpo_sampling {
    const pmpo_gen_params *p;
    uint64_t seed;
    bool vllm;        /* the server keeps the stop in the text if asked to */
    unsigned refused; /* bits of pmpo_refusal */
} pmpo_sampling;

/* The JSON form that a request is sent with; NULL: none. */
const pmpo_json_form *pmpo_json_form_of(const pmpo_gen_request *r,
                                        unsigned refused);

/* One sample of one request: chat completions for messages, else completions. */
int pmpo_ask_reply(const char *model, const pmpo_gen_request *r,
                   const pmpo_sampling *s, pmpo_buf *out);
/* Its text, how it ended and what it cost. With a form (may be NULL) an object
 * of its fields is put together as its text; else the text is what was said.
 * PMPO_EBACKEND: no reply in it. */
int pmpo_read_reply(pmpo_str body, const pmpo_gen_params *p,
                    const pmpo_json_form *form, pmpo_reply *out,
                    pmpo_error *err);

#endif
