/* test_http.c: requests to a server on loopback that answers well and badly.
 *
 * The cases are tests/http/NAME.case (README.md there has their form). */
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <strings.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/http/authorities.h"
#include "engine/http/dialect.h"
#include "engine/http/endpoint.h"
#include "engine/http/transport.h"
#include "engine/http/url.h"
#include "http_server.h"

#define CASES PMPO_TEST_DATA "/../http"
#define MOST 32

/* ---- a case ------------------------------------------------------------------------ */

typedef struct http_case {
    const char *name;
    int tries;
    long timeout_ms;
    size_t max_body;
    char key[64];
    const pmpo_dialect *dialect;
    int32_t ids[4096], next[MOST];
    pmpo_logprob_query ask;
    char contains[MOST][200], header[MOST][200];
    size_t n_contains, n_header;
    http_answer replies[MOST];
    size_t n_replies;
    double expected[MOST];
    size_t n_expected;
    char error[400];
    int requests; /* -1: any */
    bool bad_request;
} http_case;

static size_t read_ids(const char *text, int32_t *out)
{
    size_t n = 0;
    char *end;
    for (;;) {
        long v = strtol(text, &end, 10);
        if (end == text) {
            return n;
        }
        out[n++] = (int32_t)v;
        text = end;
    }
}

static void read_ask(http_case *c, char *text)
{
    char *colon = strchr(text, ':');
    assert_non_null(colon);
    c->ask.ids = c->ids;
    c->ask.n_ids = read_ids(colon + 1, c->ids);
    if (strncmp(text, "whole ", 6) == 0) {
        c->ask.from = strtoul(text + 6, NULL, 10);
    } else {
        c->ask.next = c->next;
        c->ask.n_next = read_ids(text + 5, c->next);
    }
}

static void read_reply_words(http_answer *a, char *words)
{
    *a = (http_answer){.cut = -1, .status = atoi(words)};
    for (char *w = strtok(words, " "); w; w = strtok(NULL, " ")) {
        char *v = strchr(w, '=');
        v = v ? v + 1 : w;
        if (strncmp(w, "delay=", 6) == 0) {
            a->delay_ms = atoi(v);
        } else if (strncmp(w, "drip=", 5) == 0) {
            a->drip_ms = atoi(v);
        } else if (strncmp(w, "cut=", 4) == 0) {
            a->cut = atol(v);
        } else if (strncmp(w, "fill=", 5) == 0) {
            a->fill = strtoull(v, NULL, 10);
        } else if (strncmp(w, "header=", 7) == 0) {
            strcat(strcat(a->headers, v), "\r\n");
        }
        a->reset = a->reset || strcmp(w, "reset") == 0;
        a->chunked = a->chunked || strcmp(w, "chunked") == 0;
        a->bad_chunks = a->bad_chunks || strcmp(w, "bad-chunks") == 0;
        a->odd_chunks = a->odd_chunks || strcmp(w, "odd-chunks") == 0;
    }
}

/* "@FILE": the response of a recorded exchange. */
static char *recorded(const char *file)
{
    char path[600];
    snprintf(path, sizeof(path), CASES "/recorded/%s", file);
    json_t *o = json_load_file(path, 0, NULL);
    assert_non_null(o);
    char *text = json_dumps(json_object_get(o, "response"), JSON_COMPACT);
    json_decref(o);
    return text;
}

static void unescape(char *s, size_t *n)
{
    char *to = s;
    for (char *p = s; p < s + *n; p++) {
        unsigned byte;
        if (p[0] == '\\' && p[1] == 'x' && sscanf(p + 2, "%2x", &byte) == 1) {
            *to++ = (char)byte;
            p += 3;
        } else {
            *to++ = *p;
        }
    }
    *n = (size_t)(to - s);
}

static void read_body(http_answer *a, FILE *f)
{
    char line[8192];
    a->body = calloc(1, 1);
    while (fgets(line, sizeof(line), f) && strcmp(line, ".\n") != 0) {
        a->body = realloc(a->body, a->body_len + strlen(line) + 1);
        strcpy(a->body + a->body_len, line);
        a->body_len += strlen(line);
    }
    if (a->body[0] == '@') {
        a->body[a->body_len - 1] = '\0';
        char *text = recorded(a->body + 1);
        free(a->body);
        a->body = text;
        a->body_len = strlen(text);
    }
    unescape(a->body, &a->body_len);
}

static void read_expect(http_case *c, char *text)
{
    if (strncmp(text, "error ", 6) == 0) {
        snprintf(c->error, sizeof(c->error), "%s", text + 6);
        return;
    }
    for (char *w = strtok(text + 2, " "); w; w = strtok(NULL, " ")) {
        c->expected[c->n_expected++] = atof(w);
    }
}

static void read_line(http_case *c, char *word, char *rest, FILE *f)
{
    if (strcmp(word, "tries") == 0) {
        c->tries = atoi(rest);
    } else if (strcmp(word, "timeout-ms") == 0) {
        c->timeout_ms = atol(rest);
    } else if (strcmp(word, "max-body") == 0) {
        c->max_body = strtoul(rest, NULL, 10);
    } else if (strcmp(word, "requests") == 0) {
        c->requests = atoi(rest);
    } else if (strcmp(word, "key") == 0) {
        snprintf(c->key, sizeof(c->key), "%s", rest);
    } else if (strcmp(word, "dialect") == 0) {
        c->dialect = pmpo_dialect_named(rest);
        assert_non_null(c->dialect);
    } else if (strcmp(word, "ask") == 0) {
        read_ask(c, rest);
    } else if (strcmp(word, "contains") == 0) {
        snprintf(c->contains[c->n_contains++], 200, "%s", rest);
    } else if (strcmp(word, "header") == 0) {
        snprintf(c->header[c->n_header++], 200, "%s", rest);
    } else if (strcmp(word, "reply") == 0) {
        read_reply_words(&c->replies[c->n_replies], rest);
        read_body(&c->replies[c->n_replies++], f);
    } else if (strcmp(word, "expect") == 0) {
        read_expect(c, rest);
    } else {
        fail_msg("%s: what is \"%s\"?", c->name, word);
    }
}

static http_case *read_case(const char *name)
{
    char path[600], line[8192];
    http_case *c = calloc(1, sizeof(*c));
    *c = (http_case){.name = name, .tries = 3, .timeout_ms = 2000,
                     .max_body = 1000000, .requests = -1};
    snprintf(path, sizeof(path), CASES "/%s", name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = strchr(line, ' ');
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        if (rest) {
            *rest++ = '\0';
        }
        read_line(c, line, rest ? rest : "", f);
    }
    fclose(f);
    return c;
}

/* ---- both ends ----------------------------------------------------------------------- */

static void answer(void *ud, const http_request *r, http_answer *a)
{
    http_case *c = ud;
    for (size_t i = 0; i < c->n_contains; i++) {
        if (!strstr(r->body, c->contains[i])) {
            print_error("%s: no %s in %s\n", c->name, c->contains[i], r->body);
            c->bad_request = true;
        }
    }
    for (size_t i = 0; i < c->n_header; i++) {
        if (!strstr(r->headers, c->header[i])) {
            print_error("%s: no %s in %s\n", c->name, c->header[i], r->headers);
            c->bad_request = true;
        }
    }
    size_t i = r->index < c->n_replies ? r->index : c->n_replies - 1;
    *a = c->replies[i];
    a->body = malloc(a->body_len + 1);
    memcpy(a->body, c->replies[i].body, a->body_len + 1);
}

typedef struct asking {
    http_case *c;
    bool sent;
    float out[4096];
    char error[1200];
    int code, n_done;
} asking;

static int ask_next(void *ud, pmpo_http_call *call, pmpo_error *err)
{
    asking *a = ud;
    (void)err;
    if (a->sent) {
        return 0;
    }
    a->sent = true;
    call->ticket = 7;
    call->path = a->c->dialect->path;
    return a->c->dialect->write(&a->c->ask, "smol", &call->body) < 0 ? -1 : 1;
}

static int ask_done(void *ud, const pmpo_http_reply *r, pmpo_error *err)
{
    asking *a = ud;
    assert_int_equal(r->ticket, 7);
    if (r->code < 0) {
        a->n_done++;
        a->code = r->code;
        snprintf(a->error, sizeof(a->error), "%s", r->why);
        return 0;
    }
    if (a->c->dialect->read(r->body, &a->c->ask, "smol", a->out, err) < 0) {
        return PMPO_HTTP_AGAIN;
    }
    a->n_done++;
    return 0;
}

static void run_case(const char *name)
{
    http_case *c = read_case(name);
    http_server *s = http_server_start(answer, c);
    const char *url = http_server_url(s);
    pmpo_http_options o = {.urls = &url, .n_urls = 1, .tries = c->tries,
                           .timeout_ms = c->timeout_ms, .backoff_ms = 5,
                           .max_body = c->max_body,
                           .key = c->key[0] ? c->key : NULL};
    pmpo_http *h;
    pmpo_error err = {0};
    asking a = {.c = c};
    assert_int_equal(pmpo_http_new(&o, &h, &err), 0);
    int rc = pmpo_http_run(h, &(pmpo_http_source){&a, ask_next, ask_done}, &err);
    const char *said = rc < 0 ? err.text : a.error;
    print_message("%s: %s\n", name, said[0] ? said : "ok");
    if (c->error[0]) {
        assert_non_null(strstr(said, c->error));
        assert_true(rc < 0 || a.code < 0);
    } else {
        assert_string_equal(said, "");
        assert_int_equal(a.n_done, 1);
        assert_int_equal(c->n_expected, c->ask.n_next > 0
                                            ? c->ask.n_next
                                            : c->ask.n_ids - c->ask.from);
    }
    if (c->key[0]) {
        assert_null(strstr(said, c->key));
    }
    for (size_t i = 0; i < c->n_expected; i++) {
        assert_true(fabs(c->expected[i] - a.out[i]) < 1e-6);
    }
    assert_false(c->bad_request);
    if (c->requests >= 0) {
        assert_int_equal(http_server_requests(s), c->requests);
    }
    pmpo_http_free(h);
    http_server_stop(s);
    for (size_t i = 0; i < c->n_replies; i++) {
        free(c->replies[i].body);
    }
    free(c);
}

static void test_cases(void **state)
{
    (void)state;
    struct dirent **files;
    int n = scandir(CASES, &files, NULL, alphasort);
    int cases = 0;
    for (int i = 0; i < n; i++) {
        const char *dot = strrchr(files[i]->d_name, '.');
        if (dot && strcmp(dot, ".case") == 0) {
            run_case(files[i]->d_name);
            cases++;
        }
        free(files[i]);
    }
    free(files);
    assert_true(cases >= 25);
}

/* ---- many requests ----------------------------------------------------------------------- */

typedef struct load {
    size_t n, sent, done, failed;
    char error[1200];
    pmpo_http *cancel; /* after `cancel_at` replies */
    size_t cancel_at;
    unsigned char *seen; /* [n] */
} load;

static int load_next(void *ud, pmpo_http_call *call, pmpo_error *err)
{
    load *l = ud;
    (void)err;
    if (l->sent == l->n) {
        return 0;
    }
    call->ticket = l->sent++;
    call->affinity = call->ticket / 8;
    call->path = "/completions";
    pmpo_buf_puts(&call->body, "{}");
    return 1;
}

static int load_done(void *ud, const pmpo_http_reply *r, pmpo_error *err)
{
    load *l = ud;
    (void)err;
    assert_true(r->ticket < l->n);
    l->seen[r->ticket]++;
    l->done++;
    if (r->code < 0) {
        l->failed++;
        snprintf(l->error, sizeof(l->error), "%s", r->why);
    }
    if (l->cancel && l->done == l->cancel_at) {
        pmpo_http_cancel(l->cancel, true);
    }
    return 0;
}

static void after_50_ms(void *ud, const http_request *r, http_answer *a)
{
    (void)ud;
    (void)r;
    a->delay_ms = 50;
    a->body = strdup("{}");
    a->body_len = 2;
}

static load run_load(const char *const *urls, size_t n_urls, size_t n,
                     int concurrency, size_t cancel_at, int *rc)
{
    pmpo_http_options o = {.urls = urls, .n_urls = n_urls, .tries = 4,
                           .concurrency = concurrency, .backoff_ms = 5,
                           .timeout_ms = 5000};
    pmpo_http *h;
    pmpo_error err = {0};
    assert_int_equal(pmpo_http_new(&o, &h, &err), 0);
    load l = {.n = n, .cancel = cancel_at ? h : NULL, .cancel_at = cancel_at};
    l.seen = calloc(n, 1);
    *rc = pmpo_http_run(h, &(pmpo_http_source){&l, load_next, load_done}, &err);
    if (*rc < 0) {
        snprintf(l.error, sizeof(l.error), "%s", err.text);
    }
    pmpo_http_free(h);
    return l;
}

static void each_once(load *l)
{
    for (size_t i = 0; i < l->n; i++) {
        assert_int_equal(l->seen[i], 1);
    }
    free(l->seen);
}

static void test_many_at_once(void **state)
{
    (void)state;
    http_server *s = http_server_start(after_50_ms, NULL);
    const char *url = http_server_url(s);
    int rc;
    load l = run_load(&url, 1, 2000, 0, 0, &rc);
    assert_int_equal(rc, 0);
    assert_int_equal(l.done, 2000);
    assert_int_equal(l.failed, 0);
    /* One after the other they would have gone out one at a time; the window
     * has grown. */
    print_message("most at once: %u\n", http_server_most(s));
    assert_true(http_server_most(s) > 2 * PMPO_WINDOW_FIRST);
    each_once(&l);
    http_server_stop(s);
}

static void test_cancelled(void **state)
{
    (void)state;
    http_server *s = http_server_start(after_50_ms, NULL);
    const char *url = http_server_url(s);
    int rc;
    double before = pmpo_now_ms();
    load l = run_load(&url, 1, 100000, 500, 700, &rc);
    assert_int_equal(rc, PMPO_ECANCELLED);
    assert_true(pmpo_now_ms() - before < 5000);
    assert_true(l.done >= 700 && l.done < 5000);
    free(l.seen);
    http_server_stop(s);
}

static void after_10_ms(void *ud, const http_request *r, http_answer *a)
{
    after_50_ms(ud, r, a);
    a->delay_ms = 10;
}

/* Each gets what it answers: five times as much for a fifth of the time. */
static void test_balance(void **state)
{
    (void)state;
    http_server *slow = http_server_start(after_50_ms, NULL);
    http_server *fast = http_server_start(after_10_ms, NULL);
    const char *urls[] = {http_server_url(slow), http_server_url(fast)};
    int rc;
    load l = run_load(urls, 2, 1200, 4, 0, &rc);
    assert_int_equal(rc, 0);
    assert_int_equal(l.failed, 0);
    unsigned a = http_server_requests(slow), b = http_server_requests(fast);
    print_message("slow %u, fast %u\n", a, b);
    assert_true(a > 60 && b > 3 * a);
    /* Connections are used again. */
    assert_true(http_server_connections(slow) <= 8 &&
                http_server_connections(fast) <= 8);
    each_once(&l);
    http_server_stop(slow);
    http_server_stop(fast);
}

static void test_a_dead_server_is_set_aside(void **state)
{
    (void)state;
    http_server *s = http_server_start(after_50_ms, NULL);
    char dead[64];
    snprintf(dead, sizeof(dead), "http://127.0.0.1:%d/v1", http_dead_port());
    const char *urls[] = {dead, http_server_url(s)};
    int rc;
    load l = run_load(urls, 2, 400, 0, 0, &rc);
    assert_int_equal(rc, 0);
    assert_int_equal(l.done, 400);
    assert_int_equal(l.failed, 0);
    each_once(&l);
    http_server_stop(s);
}

static void test_no_server_at_all(void **state)
{
    (void)state;
    char dead[64];
    snprintf(dead, sizeof(dead), "http://127.0.0.1:%d/v1", http_dead_port());
    const char *url = dead;
    int rc;
    load l = run_load(&url, 1, 1000, 0, 0, &rc);
    assert_int_equal(rc, PMPO_EBACKEND);
    print_message("%s\n", l.error);
    assert_non_null(strstr(l.error, dead));
    assert_non_null(strstr(l.error, "is the server running?"));
    free(l.seen);
}

/* Does a request get an answer, at the first try? */
static bool is_answered(const char *url)
{
    pmpo_http_options o = {.urls = &url,
                           .n_urls = 1,
                           .tries = 1,
                           .timeout_ms = 300};
    pmpo_http_call call = {.path = "/models"};
    pmpo_http *h = NULL;
    pmpo_buf body = {0};
    assert_int_equal(pmpo_http_new(&o, &h, NULL), 0);
    bool yes = pmpo_http_one(h, &call, &body, NULL, NULL) == 0;
    pmpo_buf_release(&body);
    pmpo_http_free(h);
    return yes;
}

static void anything(void *ud, const http_request *r, http_answer *a)
{
    (void)ud;
    (void)r;
    a->body = strdup("{}");
    a->body_len = 2;
}

static void first_cut(void *ud, const http_request *r, http_answer *a)
{
    (void)ud;
    a->body = strdup(r->index == 0 ? "{\"tokens\": [1, 2" : "{\"tokens\": []}");
    a->body_len = strlen(a->body);
}

static void test_a_cut_reply_is_asked_for_again(void **state)
{
    (void)state;
    http_server *s = http_server_start(first_cut, NULL);
    const char *url = http_server_url(s);
    pmpo_http_options o = {.urls = &url, .n_urls = 1, .backoff_ms = 0.1};
    pmpo_http_call call = {.path = "/models"};
    pmpo_http *h = NULL;
    pmpo_buf body = {0};
    assert_int_equal(pmpo_http_new(&o, &h, NULL), 0);
    assert_int_equal(pmpo_http_one(h, &call, &body, NULL, NULL), 0);
    assert_string_equal(pmpo_buf_str(&body).ptr, "{\"tokens\": []}");
    assert_int_equal(http_server_requests(s), 2);
    pmpo_buf_release(&body);
    pmpo_http_free(h);
    http_server_stop(s);
}

/* A proxy of the environment is asked, but not for this machine nor for what
 * no_proxy names. 192.0.2.1 is nobody's. */
static void test_proxy(void **state)
{
    (void)state;
    http_server *proxy = http_server_start(anything, NULL);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", http_server_port(proxy));
    setenv("http_proxy", url, 1);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    assert_true(is_answered("http://192.0.2.1:9/v1"));
    setenv("no_proxy", "example.org,192.0.2.1", 1);
    assert_false(is_answered("http://192.0.2.1:9/v1"));
    setenv("no_proxy", "*", 1);
    assert_false(is_answered("http://192.0.2.1:9/v1"));
    unsetenv("no_proxy");
    snprintf(url, sizeof(url), "http://127.0.0.2:%d/v1", http_dead_port());
    assert_false(is_answered(url));
    assert_int_equal(http_server_requests(proxy), 1);
    unsetenv("http_proxy");
    http_server_stop(proxy);
}

/* A server that refuses every other request for a while. */
static void sometimes(void *ud, const http_request *r, http_answer *a)
{
    (void)ud;
    if (r->index % 5 == 1) {
        a->status = 503;
        strcpy(a->headers, "Retry-After: 0\r\n");
    } else if (r->index % 7 == 2) {
        a->reset = true;
    }
    a->body = strdup("{}");
    a->body_len = 2;
}

static void test_a_shaky_server(void **state)
{
    (void)state;
    http_server *s = http_server_start(sometimes, NULL);
    const char *url = http_server_url(s);
    pmpo_http_options o = {.urls = &url, .n_urls = 1, .tries = 30,
                           .backoff_ms = 0.1};
    pmpo_http *h;
    pmpo_error err = {0};
    assert_int_equal(pmpo_http_new(&o, &h, &err), 0);
    load l = {.n = 200, .seen = calloc(200, 1)};
    int rc = pmpo_http_run(h, &(pmpo_http_source){&l, load_next, load_done}, &err);
    assert_int_equal(rc, 0);
    assert_int_equal(l.failed, 0);
    assert_true(http_server_requests(s) > 200 + 20); /* tried again */
    each_once(&l);
    pmpo_http_free(h);
    http_server_stop(s);
}

/* 429 as often as *ud says, without Retry-After, then answers. */
static void busy_for_a_while(void *ud, const http_request *r, http_answer *a)
{
    a->status = r->index < *(size_t *)ud ? 429 : 200;
    a->body = strdup(a->status == 200 ? "{}" : "{\"error\": \"slow down\"}");
    a->body_len = strlen(a->body);
}

/* Such a server is waited for by the clock, not by tries. */
static void test_a_busy_server(void **state)
{
    (void)state;
    for (size_t late = 0, busy = 12; late < 2; late++, busy = SIZE_MAX) {
        http_server *s = http_server_start(busy_for_a_while, &busy);
        const char *url = http_server_url(s);
        pmpo_http_options o = {&url, 1, .tries = 2, .backoff_ms = 0.01};
        o.busy_ms = late ? 50 : 6e4;
        pmpo_http *h = NULL;
        assert_int_equal(pmpo_http_new(&o, &h, NULL), 0);
        load l = {.n = 1, .seen = (unsigned char[1]){0}};
        const pmpo_http_source source = {&l, load_next, load_done};
        assert_int_equal(pmpo_http_run(h, &source, NULL), 0);
        assert_int_equal(l.failed, late);
        assert_true(late ? strstr(l.error, "HTTP 429: slow down") != NULL
                         : http_server_requests(s) == 13);
        pmpo_http_free(h);
        http_server_stop(s);
    }
}

/* The first request fails at once, the others take their time. */
static void first_fails(void *ud, const http_request *r, http_answer *a)
{
    (void)ud;
    a->status = r->index == 0 ? 500 : 200;
    a->delay_ms = r->index == 0 ? 0 : 400;
    a->body = strdup("{}");
    a->body_len = 2;
}

/* A request that is due again while the only place is taken waits for that
 * place, asleep: the one under way is not looked at a thousand times a second. */
static void test_waits_for_room_asleep(void **state)
{
    (void)state;
    http_server *s = http_server_start(first_fails, NULL);
    const char *url = http_server_url(s);
    struct rusage before, after;
    int rc;
    getrusage(RUSAGE_THREAD, &before);
    load l = run_load(&url, 1, 2, 1, 0, &rc);
    getrusage(RUSAGE_THREAD, &after);
    assert_int_equal(rc, 0);
    assert_int_equal(http_server_requests(s), 3);
    each_once(&l);
    long woken = after.ru_nvcsw - before.ru_nvcsw;
    print_message("woken %ld times in 0.8 s\n", woken);
    assert_true(woken < 100);
    http_server_stop(s);
}

/* ---- the pure parts -------------------------------------------------------------------------- */

static void refused(const char *url, const char *key, bool insecure, int code)
{
    pmpo_http_options o = {.urls = &url, .n_urls = 1, .key = key,
                           .insecure = insecure};
    pmpo_http *h = NULL;
    pmpo_error err = {0};
    int rc = pmpo_http_new(&o, &h, &err);
    print_message("%s: %s\n", url, rc < 0 ? err.text : "ok");
    assert_int_equal(rc, code);
    assert_null(strstr(err.text, "s3cret"));
    pmpo_http_free(h);
}

static void test_urls(void **state)
{
    (void)state;
    refused("http://127.0.0.1:8000/v1", "s3cret", false, 0);
    refused("http://localhost:8000/v1", "s3cret", false, 0);
    refused("http://[::1]:8000/v1", "s3cret", false, 0);
    refused("https://api.example.org/v1", "s3cret", false, 0);
    refused("http://gpu7:8000/v1", NULL, false, 0);
    refused("http://gpu7:8000/v1", "s3cret", true, 0);
    refused("http://gpu7:8000/v1", "s3cret", false, PMPO_EUSAGE);
    refused("http://127.0.0.1.example.org/v1", "s3cret", true, 0);
    refused("http://me:s3cret@gpu7:8000/v1", NULL, false, PMPO_EUSAGE);
    refused("ftp://gpu7/v1", NULL, false, PMPO_EUSAGE);
    refused("http:///v1", NULL, false, PMPO_EUSAGE);
    refused("http://gpu7/v1?key=s3", NULL, false, PMPO_EUSAGE);
    refused("https://gpu7/v1", "s3cret\r\nX: y", false, PMPO_EUSAGE);
    assert_true(pmpo_http_is_loopback("http://127.0.0.1/v1"));
    assert_false(pmpo_http_is_loopback("http://127.0.0.1.example.org/v1"));
}

/* ---- certificates -------------------------------------------------------------- */

static void test_authorities(void **state)
{
    (void)state;
    static const char *const places[] = {"/nowhere/a.pem", "/dev/null", "/", NULL};
    assert_string_equal(pmpo_http_first_readable("/", places), "/");
    assert_string_equal(pmpo_http_first_readable("/nowhere/b", places),
                        "/dev/null");
    assert_string_equal(pmpo_http_first_readable(NULL, places), "/dev/null");
    assert_null(pmpo_http_first_readable("/nowhere/b", places + 3));
    assert_string_equal(pmpo_http_authorities("x.pem"), "x.pem");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authorities),
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_balance),
        cmocka_unit_test(test_a_dead_server_is_set_aside),
        cmocka_unit_test(test_no_server_at_all),
        cmocka_unit_test(test_a_shaky_server),
        cmocka_unit_test(test_a_busy_server),
        cmocka_unit_test(test_waits_for_room_asleep),
        cmocka_unit_test(test_a_cut_reply_is_asked_for_again),
        cmocka_unit_test(test_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
