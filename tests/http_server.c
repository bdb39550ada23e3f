/* http_server.c: see http_server.h. One thread a connection; a test needs
 * some hundred at most. */
#include "http_server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 4096

struct http_server {
    int listener, port;
    char url[64];
    http_answer_fn answer;
    void *ud;
    pthread_t accepting;
    pthread_mutex_t lock;
    pthread_t threads[MOST_CONNECTIONS];
    int sockets[MOST_CONNECTIONS];
    unsigned n_threads, n_requests, now, most;
};

typedef struct connection {
    http_server *s;
    unsigned slot;
    int fd;
    char *data; /* read and not yet used */
    size_t n, cap;
} connection;

static void pause_ms(int ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

static int loopback_socket(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
        abort();
    }
    *port = ntohs(a.sin_port);
    return fd;
}

int http_dead_port(void)
{
    int port;
    close(loopback_socket(&port));
    return port;
}

/* ---- reading a request -------------------------------------------------------- */

static bool more(connection *c)
{
    if (c->cap < c->n + 65536) {
        c->cap = 2 * c->n + 65536;
        c->data = realloc(c->data, c->cap + 1);
    }
    ssize_t got = recv(c->fd, c->data + c->n, c->cap - c->n, 0);
    if (got <= 0) {
        return false;
    }
    c->n += (size_t)got;
    c->data[c->n] = '\0';
    return true;
}

static size_t content_length(const char *headers)
{
    for (const char *p = headers; (p = strchr(p, '\n')) != NULL; p++) {
        if (strncasecmp(p + 1, "content-length:", 15) == 0) {
            return strtoul(p + 16, NULL, 10);
        }
    }
    return 0;
}

/* The head's lines and the body, cut out of c->data; *total: bytes used. */
static bool read_request(connection *c, http_request *r, size_t *total)
{
    char *end;
    while (c->n == 0 || !(end = strstr(c->data, "\r\n\r\n"))) {
        if (!more(c)) {
            return false;
        }
    }
    size_t head = (size_t)(end - c->data) + 4;
    *total = head + content_length(c->data);
    while (c->n < *total) {
        if (!more(c)) {
            return false;
        }
    }
    char *data = c->data;
    char *path = strchr(data, ' ');
    char *version = path ? strchr(path + 1, ' ') : NULL;
    if (!version) {
        return false;
    }
    *path = *version = '\0';
    data[head - 1] = '\0';
    r->method = data;
    r->path = path + 1;
    r->headers = version + 1;
    r->body_len = *total - head;
    char *body = malloc(r->body_len + 1);
    memcpy(body, data + head, r->body_len);
    body[r->body_len] = '\0';
    r->body = body;
    return true;
}

/* ---- answering --------------------------------------------------------------------- */

static bool send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t done = send(fd, p, n, MSG_NOSIGNAL);
        if (done <= 0) {
            return false;
        }
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* A cut one lacks the chunk of size 0 that ends it. */
static bool send_chunks(int fd, const http_answer *a, size_t all)
{
    size_t size = a->odd_chunks ? 1 : a->bad_chunks ? all / 2 : all;
    for (size_t at = 0; at < all; at += size, size += a->odd_chunks) {
        char head[64];
        size = size > all - at ? all - at : size;
        if (a->bad_chunks && at > 0) {
            send_all(fd, "size\r\n", 6);
            return false;
        }
        int n = snprintf(head, sizeof(head), "%zx%s\r\n", size,
                         a->odd_chunks ? ";name=\"value\"" : "");
        if (!send_all(fd, head, (size_t)n) ||
            !send_all(fd, a->body + at, size) || !send_all(fd, "\r\n", 2)) {
            return false;
        }
    }
    return a->cut < 0 && send_all(fd, "0\r\n\r\n", 5);
}

static bool send_fill(int fd, uint64_t n)
{
    char spaces[65536];
    memset(spaces, ' ', sizeof(spaces));
    while (n > 0) {
        size_t part = n < sizeof(spaces) ? (size_t)n : sizeof(spaces);
        if (!send_all(fd, spaces, part)) {
            return false;
        }
        n -= part;
    }
    return true;
}

static bool is_chunked(const http_answer *a)
{
    return a->chunked || a->odd_chunks || a->bad_chunks;
}

static bool send_body(int fd, const http_answer *a)
{
    size_t n = a->cut >= 0 && (size_t)a->cut < a->body_len ? (size_t)a->cut
                                                           : a->body_len;
    if (is_chunked(a)) {
        return send_chunks(fd, a, n);
    }
    for (size_t i = 0; a->drip_ms > 0 && i < n; i++) {
        pause_ms(a->drip_ms);
        if (!send_all(fd, a->body + i, 1)) {
            return false;
        }
    }
    return (a->drip_ms > 0 || send_all(fd, a->body, n)) && a->cut < 0 &&
           send_fill(fd, a->fill);
}

/* True when the connection can go on. */
static bool send_answer(int fd, const http_answer *a)
{
    char head[800];
    if (a->delay_ms > 0) {
        pause_ms(a->delay_ms);
    }
    while (a->until && !*a->until) {
        pause_ms(20);
    }
    if (a->reset) {
        struct linger now = {1, 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        if (a->cut < 0) {
            return false;
        }
    }
    int n = snprintf(head, sizeof(head), "HTTP/1.1 %d Reply\r\n%s", a->status,
                     a->headers);
    n += is_chunked(a) ? snprintf(head + n, sizeof(head) - (size_t)n,
                                  "Transfer-Encoding: chunked\r\n\r\n")
                       : snprintf(head + n, sizeof(head) - (size_t)n,
                                  "Content-Length: %llu\r\n\r\n",
                                  (unsigned long long)(a->body_len + a->fill));
    bool alive = send_all(fd, head, (size_t)n) && send_body(fd, a);
    if (a->reset) { /* what came before it has to be read first */
        pause_ms(50);
    }
    return alive;
}

static void *serve(void *arg)
{
    connection *c = arg;
    http_server *s = c->s;
    http_request r = {0};
    size_t used;
    bool alive = true;
    while (alive && read_request(c, &r, &used)) {
        http_answer a = {.status = 200, .cut = -1};
        pthread_mutex_lock(&s->lock);
        r.index = s->n_requests++;
        s->most = ++s->now > s->most ? s->now : s->most;
        s->answer(s->ud, &r, &a);
        pthread_mutex_unlock(&s->lock);
        alive = send_answer(c->fd, &a);
        pthread_mutex_lock(&s->lock);
        s->now--;
        pthread_mutex_unlock(&s->lock);
        free(a.body);
        free((char *)r.body);
        memmove(c->data, c->data + used, c->n - used + 1);
        c->n -= used;
    }
    pthread_mutex_lock(&s->lock);
    s->sockets[c->slot] = -1;
    pthread_mutex_unlock(&s->lock);
    close(c->fd);
    free(c->data);
    free(c);
    return NULL;
}

/* ---- starting and ending --------------------------------------------------------------- */

static void *accept_all(void *arg)
{
    http_server *s = arg;
    int fd;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 256 << 10);
        pthread_mutex_lock(&s->lock);
        connection *c = calloc(1, sizeof(*c));
        *c = (connection){.s = s, .slot = s->n_threads, .fd = fd};
        s->sockets[c->slot] = fd;
        if (s->n_threads == MOST_CONNECTIONS ||
            pthread_create(&s->threads[s->n_threads], &small, serve, c) != 0) {
            abort();
        }
        s->n_threads++;
        pthread_mutex_unlock(&s->lock);
        pthread_attr_destroy(&small);
    }
    return NULL;
}

http_server *http_server_start(http_answer_fn answer, void *ud)
{
    http_server *s = calloc(1, sizeof(*s));
    s->answer = answer;
    s->ud = ud;
    s->listener = loopback_socket(&s->port);
    pthread_mutex_init(&s->lock, NULL);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/v1", s->port);
    if (listen(s->listener, 1024) < 0 ||
        pthread_create(&s->accepting, NULL, accept_all, s) != 0) {
        abort();
    }
    return s;
}

void http_server_stop(http_server *s)
{
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->accepting, NULL);
    close(s->listener);
    pthread_mutex_lock(&s->lock);
    for (unsigned i = 0; i < s->n_threads; i++) {
        if (s->sockets[i] >= 0) {
            shutdown(s->sockets[i], SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->n_threads; i++) {
        pthread_join(s->threads[i], NULL);
    }
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int http_server_port(const http_server *s)
{
    return s->port;
}

const char *http_server_url(const http_server *s)
{
    return s->url;
}

unsigned http_server_requests(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned n = s->n_requests;
    pthread_mutex_unlock(&s->lock);
    return n;
}

unsigned http_server_connections(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned n = s->n_threads;
    pthread_mutex_unlock(&s->lock);
    return n;
}

unsigned http_server_now(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned n = s->now;
    pthread_mutex_unlock(&s->lock);
    return n;
}

unsigned http_server_most(http_server *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned n = s->most;
    pthread_mutex_unlock(&s->lock);
    return n;
}
