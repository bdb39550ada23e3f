/* transport.h: many HTTP requests at once, over one or several servers that
 * serve the same model.
 *
 * The caller is a source: it is asked for the next request whenever there is
 * room, and receives each reply or failure exactly once, in any order. After a
 * failure that may be temporary (connection refused or reset, time-out, 408,
 * 429, 5xx, a body that the source can't use), a request is retried after a
 * delay, on another server if there is one. A server that has too much to do
 * (429, 503) is waited for by the clock, not by tries. Redirects are not followed, so a
 * key is sent only to the given hosts. Built on libcurl's multi interface,
 * which nothing else in the tree uses. */
#ifndef PMPO_ENGINE_HTTP_TRANSPORT_H
#define PMPO_ENGINE_HTTP_TRANSPORT_H

#include "base/str.h"

typedef struct pmpo_http_options {
    const char *const *urls; /* [n_urls] http(s)://host[:port][/path], without a
                              * '/' at the end, user or query */
    size_t n_urls;
    const char *key;     /* sent as "Authorization: Bearer"; NULL: none */
    const char *key_hint; /* how to give one, for messages; NULL: not said */
    const char *ca_file; /* certificates to trust; NULL: see authorities.h */
    bool insecure;       /* a key may travel over plain http to another host */
    int concurrency;     /* requests in flight, each server; 0: found out */
    int tries;           /* at most, of a request; 0: PMPO_HTTP_TRIES */
    double busy_ms;      /* how long nothing but 429 and 503 may come, which are
                          * no tries; 0: PMPO_HTTP_BUSY_MS */
    double backoff_ms;   /* before the second try; 0: PMPO_HTTP_BACKOFF_MS */
    long timeout_ms;     /* of one try; 0: PMPO_HTTP_TIMEOUT_MS */
    size_t max_body;     /* bytes of a reply; 0: PMPO_HTTP_MAX_BODY */
} pmpo_http_options;

#define PMPO_HTTP_TRIES 6
#define PMPO_HTTP_BUSY_MS 300000.0
#define PMPO_HTTP_BACKOFF_MS 500.0
#define PMPO_HTTP_TIMEOUT_MS 600000L
#define PMPO_HTTP_MAX_BODY ((size_t)64 << 20)

typedef struct pmpo_http pmpo_http;

/* PMPO_EUSAGE: no URL, one that isn't http(s), holds a user or password, or
 * would get the key in the clear; PMPO_EIO: ca_file can't be read. */
int pmpo_http_new(const pmpo_http_options *o, pmpo_http **out, pmpo_error *err);
void pmpo_http_free(pmpo_http *h);

typedef struct pmpo_http_call {
    size_t ticket;    /* the source's own number for it */
    const char *path; /* after the URL, "/completions"; "^/tokenize": in
                       * place of the /v1 at its end; static */
    pmpo_buf body;    /* of a POST, given to the transport; empty: a GET */
    uint64_t affinity; /* equal ones prefer the same server, whose prefix cache
                        * then has what they share */
} pmpo_http_call;

typedef struct pmpo_http_reply {
    size_t ticket;
    int code;        /* 0: status 2xx and a whole body; else the failure */
    int status;      /* of HTTP; 0: none came */
    pmpo_str body;   /* borrowed until the function returns; of a failure what
                      * came of one, such as the server's error */
    const char *why; /* of the failure, one line that names the URL */
    double ms;       /* of the last try */
} pmpo_http_reply;

#define PMPO_HTTP_AGAIN 1 /* the body can't be used: *err says why; try again */

typedef struct pmpo_http_source {
    void *ud;
    /* 1: *call is filled; 0: nothing to send now; negative: the run ends. */
    int (*next)(void *ud, pmpo_http_call *call, pmpo_error *err);
    /* 0: taken; PMPO_HTTP_AGAIN (of a reply of code 0 only), *err filled;
     * negative: the run ends. */
    int (*done)(void *ud, const pmpo_http_reply *reply, pmpo_error *err);
} pmpo_http_source;

/* Runs until the source has nothing more and nothing is in flight. Returns 0,
 * the source's error, PMPO_ECANCELLED, or PMPO_EBACKEND when no server is
 * left alive. Failures of single requests are the source's affair. */
int pmpo_http_run(pmpo_http *h, const pmpo_http_source *source, pmpo_error *err);

/* One request, its body appended to *out. Takes `call`'s body. Returns 0 or
 * the failure; *status (may be NULL) is HTTP's, 0 where none came. */
int pmpo_http_one(pmpo_http *h, pmpo_http_call *call, pmpo_buf *out,
                  int *status, pmpo_error *err);

/* *err says that `body`, a reply of pmpo_http_one, can't be used: appends the
 * server's own words, where the body is an error in spite of its status. False:
 * it is none. */
bool pmpo_http_blame(const pmpo_http *h, pmpo_str body, pmpo_error *err);

/* Any thread, signal handler. Sticky until called with false. */
void pmpo_http_cancel(pmpo_http *h, bool on);

/* Fixes the requests in flight for each server (n > 0) unless the options did,
 * or lets them be found out again (0). Not during a run. */
void pmpo_http_at_once(pmpo_http *h, int n);

#endif
