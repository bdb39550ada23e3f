/* http_server.h: a server on loopback that answers as a test tells it to,
 * also wrongly: resets, cut bodies, dripping bytes, odd chunks. */
#ifndef PMPO_TESTS_HTTP_SERVER_H
#define PMPO_TESTS_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct http_request {
    unsigned index; /* 0.. in the order of arrival */
    const char *method, *path, *headers; /* headers: all lines, as sent */
    const char *body; /* NUL after it */
    size_t body_len;
} http_request;

typedef struct http_answer {
    int status; /* 200 before the function is called */
    char headers[400]; /* more header lines, each with \r\n */
    char *body; /* malloc'd by the function, freed by the server; or NULL */
    size_t body_len;
    int delay_ms; /* before the first byte */
    const volatile bool *until; /* not before this is true, either; NULL: no */
    int drip_ms;  /* > 0: the body byte by byte, so long between them */
    long cut;     /* >= 0: the connection ends after so many bytes of the body;
                   * -1 before the function is called */
    bool reset;   /* the connection is reset in place of an answer, or where it
                   * is cut */
    bool chunked, odd_chunks; /* odd: 1, 2, 3.. bytes each, with extensions */
    bool bad_chunks; /* chunked, and a size that is none after the first */
    uint64_t fill; /* > 0: so many spaces after the body */
} http_answer;

typedef void (*http_answer_fn)(void *ud, const http_request *request,
                               http_answer *answer);

typedef struct http_server http_server;

/* Called from one thread a connection, but never at the same time. */
http_server *http_server_start(http_answer_fn answer, void *ud);
void http_server_stop(http_server *s);
int http_server_port(const http_server *s);
const char *http_server_url(const http_server *s); /* http://127.0.0.1:PORT/v1 */
unsigned http_server_requests(http_server *s);
unsigned http_server_connections(http_server *s); /* ever made to it */
/* Requests that are being answered. */
unsigned http_server_now(http_server *s);
/* Most requests that were being answered at the same time. */
unsigned http_server_most(http_server *s);
/* A port of loopback where nobody listens. */
int http_dead_port(void);

#endif
