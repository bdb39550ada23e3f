/* asks.h: request bodies for tokenising and generating, which all kinds of
 * servers share. Pure: bytes in, bytes out.
 *
 * A body is whole or not written: what returns int gives PMPO_ENOMEM where a
 * text is not UTF-8 or memory ran out, the json_t functions NULL. */
#ifndef PMPO_ENGINE_HTTP_ASKS_H
#define PMPO_ENGINE_HTTP_ASKS_H

#include <jansson.h>

#include "model/model.h"

/* Appends `o` as text and releases it; NULL (jansson gave up) is PMPO_ENOMEM. */
int pmpo_json_put(json_t *o, pmpo_buf *out);
json_t *pmpo_json_ids(const int32_t *ids, size_t n);
/* The reply as an object; NULL: *err says why not. */
json_t *pmpo_json_reply(pmpo_str body, pmpo_error *err);

/* The body of a /tokenize request. `special`: with BOS and special tokens, as
 * the vocabulary is configured. */
int pmpo_ask_tokens(const char *model, pmpo_str text, bool special,
                    pmpo_buf *out);
int pmpo_ask_chat_tokens(const char *model, const pmpo_message *messages,
                         size_t n, bool assistant, pmpo_buf *out);
/* The body of a /detokenize request. */
int pmpo_ask_text(const char *model, const int32_t *ids, size_t n,
                  pmpo_buf *out);

/* Parameters that some chat servers refuse. A server is first sent all of them,
 * and then again without those that it refused. */
typedef enum pmpo_refusal {
    PMPO_REFUSES_MAX_TOKENS = 1, /* in chats; max_completion_tokens instead */
    PMPO_REFUSES_JSON = 2,
    PMPO_REFUSES_SEED = 4,
    PMPO_REFUSES_TEMPERATURE = 8,
    PMPO_REFUSES_TOP_P = 16
} pmpo_refusal;

/* Those that a request of pmpo_ask_reply has, sent without `refused`. */
unsigned pmpo_ask_has(const pmpo_gen_request *r, const pmpo_gen_params *p,
                      unsigned refused);
/* Which of them, of those in `sent`, a server says that it refuses; 0: none.
 * Its error's own field for that (error.param in `body`) goes before what the
 * message names, which may speak of anything: a guess until the request has a
 * reply without it. */
unsigned pmpo_read_refusal(const char *message, pmpo_str body, unsigned sent);
/* What replies lose by leaving out one of them, as part of a sentence; "":
 * nothing. */
const char *pmpo_refusal_costs(unsigned one);

/* Does an error message say that prompt and reply don't fit into the context? It
 * may name parameters, too, of which none was refused. */
bool pmpo_says_too_long(const char *error);

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
/* Reads a reply's text, how it ended and what it cost. If `form` is not NULL
 * and the reply is an object with its fields, the text is put together from
 * these (model.h). PMPO_EBACKEND: the body has no reply; what it cost is read
 * all the same. */
int pmpo_read_reply(pmpo_str body, const pmpo_gen_params *p,
                    const pmpo_json_form *form, pmpo_reply *out,
                    pmpo_error *err);

#endif
