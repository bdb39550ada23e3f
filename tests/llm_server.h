/* llm_server.h: a server of the fake engine's model (fake_engine.h) on loopback,
 * as vLLM, SGLang, a completions server with echo, or one of chats alone.
 *
 * Its log-probabilities are fake_logprob's, so that what comes through the
 * HTTP engine can be held against the fake engine's own. It parses the text of
 * special tokens wherever it stands, as real servers do. */
#ifndef PMPO_TESTS_LLM_SERVER_H
#define PMPO_TESTS_LLM_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum llm_kind { LLM_VLLM, LLM_SGLANG, LLM_ECHO, LLM_CHAT } llm_kind;

typedef struct llm_options {
    llm_kind kind;
    uint64_t salt;    /* other weights */
    const char *name; /* of the model; NULL: "fake" */
    const char *key;  /* that has to come with each request; NULL: none */
    int delay_ms;     /* before each answer to a request for scores or replies */
    size_t max_len;   /* positions; 0: 100000 */
    bool no_len;      /* it does not say how many positions it has */
    int too_long;     /* status of a refusal to score; 0: 400 */
    bool shift;       /* each token has the log-probability of the one before */
    bool stale;       /* asked again, a text has other numbers */
    bool ignores;     /* LLM_CHAT: 200 to requests for scores, without any */
    bool wrong_next;  /* the next-token form gives other numbers */
    bool no_tokens;   /* no /tokenize */
    bool no_names;    /* /tokenize without the tokens' names */
    bool bos;         /* texts begin with <|endoftext|> */
    bool quick;       /* whole texts get one made-up number at every place */
    bool no_chat;     /* /tokenize renders no messages */
    bool thinks;      /* as a judge it doesn't come to the letter */
    bool new_limit;   /* chats want max_completion_tokens */
    bool json;        /* chats obey response_format; else they ignore it */
    bool no_usage;    /* replies don't say what they cost */
    const char *ends; /* why a reply ended by itself, "": null; NULL: "stop" */
    const char *refuses; /* parameters that chats answer with 400, each in
                          * commas: ",seed,top_p,"; NULL: none */
    const char *denies;  /* chats whose last message has this text are answered
                          * with 400, as by a filter of contents; NULL: none */
    const char *deny_says; /* the error then; NULL: "the content is filtered" */
    unsigned mute;       /* so many replies of chats come first that have no
                          * message, but cost */
    bool errors_200;     /* errors come with status 200 */
    bool hang_fails;     /* what would hang is answered with 500 */
    unsigned hang_after; /* so many requests for scores or replies are answered,
                          * the next not before llm_server_go_on; 0: all are */
    unsigned fail_every; /* every so manyth request for scores or replies is
                          * answered with 500; 0: none */
} llm_options;

typedef struct llm_counts {
    unsigned all, whole, next, replies, tokens, with_key;
    /* Of the replies: with a seed, with a temperature, as an object. */
    unsigned seeded, heated, as_json;
} llm_counts;

typedef struct llm_server llm_server;

llm_server *llm_server_start(const llm_options *o);
void llm_server_stop(llm_server *s);
const char *llm_server_url(const llm_server *s);
llm_counts llm_server_counts(llm_server *s);
unsigned llm_server_most(llm_server *s); /* requests at the same time */

unsigned llm_server_now(llm_server *s); /* that are being answered */
void llm_server_go_on(llm_server *s);   /* nothing hangs any more */

#endif
