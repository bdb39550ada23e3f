/* transport.c: requests in flight on libcurl's multi interface. See
 * transport.h.
 *
 * Single-threaded. A pending request has one or more tries; a slot is a curl
 * handle that carries one request at a time and is reused, so memory depends on
 * the window, not on the number of requests. */
#include "engine/http/transport.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/flag.h"
#include "base/hash.h"
#include "base/mem.h"
#include "engine/http/authorities.h"
#include "engine/http/endpoint.h"
#include "engine/http/url.h"

typedef struct pending {
    pmpo_http_call call;
    int tries;     /* begun */
    int throttled; /* of these, answered with 429 or 503 */
    double due_ms; /* of a waiting one: when it is tried again */
    int last;      /* server of the last try; -1: none */
    struct pending *next;
} pending;

typedef struct slot {
    CURL *easy;
    pending *pending; /* NULL: free */
    size_t server;
    pmpo_buf url, reply;
    bool too_big;
    double began_ms;
    size_t max_body;
    char error[CURL_ERROR_SIZE];
    struct slot *next_free;
} slot;

struct pmpo_http {
    char **urls;
    pmpo_endpoint *servers; /* [n] */
    size_t n;
    char *key, *key_hint, *ca_file, *no_proxy;
    struct curl_slist *headers;
    int fixed, tries;
    double backoff_ms, busy_ms;
    double busy_since; /* the first 429 or 503 since another answer; -1: none */
    long timeout_ms;
    size_t max_body;
    CURLM *multi;
    slot **slots; /* [n_slots], all ever made */
    size_t n_slots, cap_slots;
    slot *free_slots;
    pending *waiting; /* by due time */
    size_t in_flight;
    uint64_t random;
    pmpo_flag cancelled;
    pmpo_arena mem;
};

/* ---- pending requests --------------------------------------------------------- */

static void pending_free(pending *p)
{
    if (p) {
        pmpo_buf_release(&p->call.body);
        pmpo_free(p);
    }
}

static void wait_until(pmpo_http *h, pending *p, double due_ms)
{
    pending **at = &h->waiting;
    while (*at && (*at)->due_ms <= due_ms) {
        at = &(*at)->next;
    }
    p->due_ms = due_ms;
    p->next = *at;
    *at = p;
}

/* ---- slots --------------------------------------------------------------------- */

static size_t on_body(char *ptr, size_t size, size_t n, void *ud)
{
    slot *s = ud;
    (void)size; /* always 1 */
    s->too_big = s->reply.len + n > s->max_body;
    if (s->too_big) {
        return 0;
    }
    pmpo_buf_put(&s->reply, (pmpo_str){ptr, n});
    return s->reply.failed ? 0 : n;
}

static void set_up(const pmpo_http *h, CURL *c, slot *s)
{
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, h->headers);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "pmpo/" PMPO_VERSION);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, h->timeout_ms);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_NOPROXY, h->no_proxy);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, s->error);
    curl_easy_setopt(c, CURLOPT_PRIVATE, s);
    if (h->ca_file) {
        curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
    }
}

static slot *take_slot(pmpo_http *h)
{
    slot *s = h->free_slots;
    if (s) {
        h->free_slots = s->next_free;
        return s;
    }
    s = pmpo_calloc(1, sizeof(*s));
    if (!s) {
        return NULL;
    }
    s->easy = curl_easy_init();
    if (!s->easy || PMPO_GROW(h->slots, h->cap_slots, h->n_slots + 1) < 0) {
        curl_easy_cleanup(s->easy);
        pmpo_free(s);
        return NULL;
    }
    s->max_body = h->max_body;
    set_up(h, s->easy, s);
    h->slots[h->n_slots++] = s;
    return s;
}

static void give_slot(pmpo_http *h, slot *s)
{
    s->pending = NULL;
    s->next_free = h->free_slots;
    h->free_slots = s;
}

/* ---- sending --------------------------------------------------------------------- */

/* There is another server for a request that has just failed on this one. */
static bool another(const pmpo_http *h, size_t than)
{
    for (size_t i = 0; i < h->n; i++) {
        if (i != than && !pmpo_endpoint_aside(&h->servers[i])) {
            return true;
        }
    }
    return false;
}

/* The server for a request: the one it prefers if that has room, else the one
 * with the largest share of its window free; not the one that has just failed
 * it while another is alive. h->n: none has room. */
static size_t server_for(const pmpo_http *h, const pending *p, double now)
{
    size_t best = h->n;
    double most = 0;
    for (size_t i = 0; i < h->n; i++) {
        const pmpo_endpoint *e = &h->servers[i];
        int room = pmpo_endpoint_room(e, now);
        if (room == 0 || ((int)i == p->last && another(h, i))) {
            continue;
        }
        double share = (double)room / e->window;
        share += i == p->call.affinity % h->n ? 1 : 0;
        if (best == h->n || share > most) {
            best = i;
            most = share;
        }
    }
    return best;
}

static int send_pending(pmpo_http *h, pending *p, size_t server)
{
    slot *s = take_slot(h);
    if (!s) {
        return PMPO_ENOMEM;
    }
    pmpo_buf_clear(&s->url);
    pmpo_buf_clear(&s->reply);
    pmpo_http_join(h->urls[server], p->call.path, &s->url);
    s->too_big = false;
    s->error[0] = '\0';
    s->server = server;
    s->began_ms = pmpo_now_ms();
    curl_easy_setopt(s->easy, CURLOPT_URL, pmpo_buf_str(&s->url).ptr);
    curl_easy_setopt(s->easy, CURLOPT_PROXY,
                     pmpo_http_is_loopback(h->urls[server]) ? "" : NULL);
    if (p->call.body.len > 0) {
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)p->call.body.len);
        curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, p->call.body.ptr);
    } else {
        curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
    }
    if (s->url.failed || s->reply.failed ||
        curl_multi_add_handle(h->multi, s->easy) != CURLM_OK) {
        give_slot(h, s);
        return PMPO_ENOMEM;
    }
    s->pending = p;
    p->last = (int)server;
    p->tries++;
    pmpo_endpoint_started(&h->servers[server]);
    h->in_flight++;
    return 0;
}

/* The next request to send: one whose wait is over, else a new one. */
static int next_pending(pmpo_http *h, const pmpo_http_source *source,
                        double now, bool *dry, pending **out, pmpo_error *err)
{
    *out = NULL;
    if (h->waiting && h->waiting->due_ms <= now) {
        *out = h->waiting;
        h->waiting = h->waiting->next;
        return 0;
    }
    if (*dry) {
        return 0;
    }
    pending *p = pmpo_calloc(1, sizeof(*p));
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->last = -1;
    int rc = source->next(source->ud, &p->call, err);
    if (rc <= 0) {
        pending_free(p);
        *dry = true;
        return rc;
    }
    if (p->call.body.failed) {
        pending_free(p);
        return pmpo_fail_memory(err);
    }
    *out = p;
    return 0;
}

static bool any_room(const pmpo_http *h, double now)
{
    for (size_t i = 0; i < h->n; i++) {
        if (pmpo_endpoint_room(&h->servers[i], now) > 0) {
            return true;
        }
    }
    return false;
}

#define BUSY_MS                                                                \
    20 /* a request waits for a server other than the one it
                    * failed on */

static int fill(pmpo_http *h, const pmpo_http_source *source, bool *dry,
                pmpo_error *err)
{
    double now = pmpo_now_ms();
    while (any_room(h, now)) {
        pending *p;
        int rc = next_pending(h, source, now, dry, &p, err);
        if (rc < 0 || !p) {
            return rc;
        }
        size_t server = server_for(h, p, now);
        if (server == h->n) { /* the others are busy */
            wait_until(h, p, now + BUSY_MS);
            continue;
        }
        rc = send_pending(h, p, server);
        if (rc < 0) {
            pending_free(p);
            return pmpo_fail_memory(err);
        }
    }
    return 0;
}

/* ---- what came back ----------------------------------------------------------------- */

typedef enum fate { TAKEN, LATER, THROTTLED, UNREACHED, HOPELESS } fate;

static fate judge(const slot *s, CURLcode c, int status)
{
    if (s->too_big || s->reply.failed) {
        return HOPELESS;
    }
    switch (c) {
    case CURLE_OK:
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return HOPELESS;
    default:
        return UNREACHED;
    }
    if (status >= 200 && status < 300) {
        return TAKEN;
    }
    if (status == 429 || status == 503) { /* money doesn't come by waiting */
        return pmpo_str_find(pmpo_buf_str(&s->reply),
                             PMPO_STR("insufficient_quota"), 0) == SIZE_MAX
                   ? THROTTLED
                   : HOPELESS;
    }
    return status == 408 || status == 425 || status >= 500 ? LATER : HOPELESS;
}

/* OpenSSL's results of verification from X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
 * to X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE. */
#define SELF_SIGNED 18
#define UNVERIFIED_LEAF 21

/* The authority of the certificate is unknown here; the certificate has not
 * expired and is not of another host. */
static bool unknown_authority(const slot *s, CURLcode c)
{
    long verified = 0;
    curl_easy_getinfo(s->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    return c == CURLE_PEER_FAILED_VERIFICATION &&
           verified >= SELF_SIGNED && verified <= UNVERIFIED_LEAF;
}

static pmpo_str secret_of(const pmpo_http *h)
{
    return pmpo_str_of(h->key ? h->key : "");
}

/* The server refused for want of the right key. */
static void explain_key(const pmpo_http *h, pmpo_buf *out)
{
    if (h->key) {
        pmpo_buf_puts(out, " (the key was refused)");
    } else {
        pmpo_buf_printf(out, " (no key was given%s%s)", h->key_hint ? ": " : "",
                        h->key_hint ? h->key_hint : "");
    }
}

/* One line: URL, what happened and, if known, what to do. */
static void explain(const pmpo_http *h, const slot *s, CURLcode c, int status,
                    const char *unusable, pmpo_buf *out)
{
    pmpo_buf_printf(out, "%s: ", pmpo_buf_str(&s->url).ptr);
    if (s->too_big) {
        pmpo_buf_printf(out, "a reply of more than %zu bytes", h->max_body);
    } else if (unusable) {
        pmpo_buf_puts(out, unusable);
        pmpo_http_own_error(pmpo_buf_str(&s->reply), secret_of(h), out);
    } else if (c != CURLE_OK) {
        pmpo_buf_puts(out, s->error[0] ? s->error : curl_easy_strerror(c));
        if (unknown_authority(s, c)) {
            pmpo_buf_puts(out, ": --cacert FILE names certificates to trust in "
                               "place of the system's");
        } else if (c == CURLE_SSL_CONNECT_ERROR) {
            pmpo_buf_puts(out, ": does the server speak TLS? If not, write "
                               "http://");
        }
    } else if (status >= 300 && status < 400) {
        char *to = NULL;
        curl_easy_getinfo(s->easy, CURLINFO_REDIRECT_URL, &to);
        pmpo_buf_printf(out, "HTTP %d, a redirect to %s, which is not followed: "
                        "give that URL if it is right", status, to ? to : "?");
    } else {
        pmpo_buf_printf(out, "HTTP %d: ", status);
        pmpo_http_error_text(pmpo_buf_str(&s->reply), secret_of(h), out);
        if (status == 401 || status == 403) {
            explain_key(h, out);
        }
    }
    if (s->pending->tries > 1) {
        pmpo_buf_printf(out, " (%d tries)", s->pending->tries);
    }
}

static void tell_endpoint(pmpo_http *h, const slot *s, fate f, double delay,
                          double now)
{
    pmpo_endpoint *e = &h->servers[s->server];
    if (f == UNREACHED) {
        pmpo_endpoint_failed(e, h->backoff_ms, now);
    } else if (f == THROTTLED) {
        pmpo_endpoint_throttled(e, s->began_ms, delay, now);
    } else {
        pmpo_endpoint_answered(e, now);
    }
}

/* Is this the last try of a request that has no reply? */
static bool is_over(const pmpo_http *h, const pending *p, fate f, double now)
{
    return f == HOPELESS ||
           (f == THROTTLED ? now - h->busy_since >= h->busy_ms
                           : p->tries - p->throttled >= h->tries);
}

static void count_throttled(pmpo_http *h, pending *p, fate f, double now)
{
    if (f == THROTTLED) {
        p->throttled++;
        h->busy_since = h->busy_since < 0 ? now : h->busy_since;
    } else if (f != UNREACHED) {
        h->busy_since = -1;
    }
}

static int tell_source(const pmpo_http_source *source, const slot *s, int code,
                       int status, const char *why, pmpo_error *err)
{
    pmpo_http_reply r = {
        .ticket = s->pending->call.ticket,
        .code = code,
        .status = status,
        .body = pmpo_buf_str(&s->reply),
        .why = why,
        .ms = pmpo_now_ms() - s->began_ms,
    };
    return source->done(source->ud, &r, err);
}

static int finish(pmpo_http *h, const pmpo_http_source *source, slot *s,
                  CURLcode c, pmpo_error *err)
{
    long status = 0;
    curl_off_t after = 0;
    pmpo_buf why = {0};
    pmpo_error unusable = {0};
    double now = pmpo_now_ms();
    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &after);
    fate f = judge(s, c, (int)status);
    double delay = pmpo_retry_delay(s->pending->tries, h->backoff_ms,
                                    (double)after,
                                    pmpo_random_unit(&h->random));
    tell_endpoint(h, s, f, delay, now);
    count_throttled(h, s->pending, f, now);
    int rc = 0;
    bool over = f != TAKEN && is_over(h, s->pending, f, now);
    if (f == TAKEN) {
        rc = tell_source(source, s, 0, (int)status, "", &unusable);
        over = rc <= 0 || is_over(h, s->pending, f, now);
        f = rc == PMPO_HTTP_AGAIN ? LATER : f;
        if (rc < 0 && err) {
            *err = unusable;
        }
    }
    if (f != TAKEN && over) {
        explain(h, s, c, (int)status, rc == PMPO_HTTP_AGAIN ? unusable.text : NULL,
                &why);
        rc = tell_source(source, s, PMPO_EBACKEND, (int)status,
                         pmpo_buf_str(&why).ptr, err);
    }
    if (over) {
        pending_free(s->pending);
    } else {
        wait_until(h, s->pending, now + delay);
        rc = 0;
    }
    pmpo_buf_release(&why);
    give_slot(h, s);
    return rc < 0 ? rc : 0;
}

/* ---- the run ------------------------------------------------------------------------- */

/* Every server has failed so often in a row that waiting has no use. */
static bool all_dead(const pmpo_http *h)
{
    for (size_t i = 0; i < h->n; i++) {
        if (!pmpo_endpoint_dead(&h->servers[i], h->tries)) {
            return false;
        }
    }
    return true;
}

static void withdraw(pmpo_http *h, slot *s)
{
    curl_multi_remove_handle(h->multi, s->easy);
    h->in_flight--;
}

/* Everything in flight or waiting is let go. */
static void drop_all(pmpo_http *h)
{
    for (size_t i = 0; i < h->n_slots; i++) {
        slot *s = h->slots[i];
        if (s->pending) {
            withdraw(h, s);
            h->servers[s->server].in_flight--;
            pending_free(s->pending);
            give_slot(h, s);
        }
    }
    while (h->waiting) {
        pending *p = h->waiting;
        h->waiting = p->next;
        pending_free(p);
    }
}

/* The number of requests that ended, or an error. */
static int collect(pmpo_http *h, const pmpo_http_source *source, bool *dry,
                   pmpo_error *err)
{
    CURLMsg *m;
    int left, ended = 0;
    while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
        if (m->msg != CURLMSG_DONE) {
            continue;
        }
        CURLcode c = m->data.result;
        slot *s = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &s);
        withdraw(h, s);
        ended++;
        *dry = false; /* the source may know more now */
        bool unreached = c != CURLE_OK && !s->too_big;
        char last[CURL_ERROR_SIZE + 300];
        snprintf(last, sizeof(last), "%s: %s", pmpo_buf_str(&s->url).ptr,
                 s->error[0] ? s->error : curl_easy_strerror(c));
        int rc = finish(h, source, s, c, err);
        if (rc == 0 && unreached && all_dead(h)) {
            rc = pmpo_fail(err, PMPO_EBACKEND, "%s (also after waiting, %d times): is "
                           "the server running?", last, h->tries);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return ended;
}

#define POLL_MS 100 /* how soon a cancel is seen */

/* Without room nothing can be sent before a reply comes, which ends the wait by
 * itself, or a server is asked again: one that is due doesn't count then. */
static int poll_ms(const pmpo_http *h, double now)
{
    double ms = POLL_MS;
    if (h->waiting && h->waiting->due_ms - now < ms && any_room(h, now)) {
        ms = h->waiting->due_ms - now;
    }
    for (size_t i = 0; i < h->n; i++) {
        double back = pmpo_endpoint_closed_until(&h->servers[i]) - now;
        ms = back > 0 && back < ms ? back : ms;
    }
    return ms < 1 ? 1 : (int)ms;
}

int pmpo_http_run(pmpo_http *h, const pmpo_http_source *source, pmpo_error *err)
{
    int rc = 0;
    bool dry = false;
    h->busy_since = -1;
    while (rc == 0) {
        if (h->cancelled) {
            rc = pmpo_fail(err, PMPO_ECANCELLED, "cancelled");
            break;
        }
        rc = fill(h, source, &dry, err);
        if (rc < 0 || (h->in_flight == 0 && !h->waiting && dry)) {
            break;
        }
        int running;
        CURLMcode c = curl_multi_perform(h->multi, &running);
        rc = c == CURLM_OK ? collect(h, source, &dry, err) : 0;
        if (c == CURLM_OK && rc == 0) {
            c = curl_multi_poll(h->multi, NULL, 0, poll_ms(h, pmpo_now_ms()),
                                NULL);
        }
        rc = c == CURLM_OK ? rc
                           : pmpo_fail(err, PMPO_EBACKEND, "libcurl failed");
        rc = rc > 0 ? 0 : rc;
    }
    drop_all(h);
    return rc;
}

/* ---- errors in replies ----------------------------------------------------------------- */

bool pmpo_http_blame(const pmpo_http *h, pmpo_str body, pmpo_error *err)
{
    pmpo_buf why = {0};
    pmpo_buf_puts(&why, err->text);
    bool is = pmpo_http_own_error(body, secret_of(h), &why);
    if (is && !why.failed) {
        pmpo_fail(err, PMPO_EBACKEND, "%s", why.ptr);
    }
    pmpo_buf_release(&why);
    return is;
}

/* ---- opening and ending ------------------------------------------------------------------ */

static pthread_once_t started = PTHREAD_ONCE_INIT;

static void start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int add_headers(pmpo_http *h, const char *key)
{
    pmpo_buf line = {0};
    const char *lines[] = {"Content-Type: application/json",
                           "Accept: application/json", "Expect:", NULL};
    if (key) {
        pmpo_buf_printf(&line, "Authorization: Bearer %s", key);
        lines[3] = pmpo_buf_str(&line).ptr;
    }
    bool failed = line.failed;
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines) && lines[i]; i++) {
        struct curl_slist *more = curl_slist_append(h->headers, lines[i]);
        failed = failed || !more;
        h->headers = more ? more : h->headers;
    }
    pmpo_buf_release(&line);
    return failed ? PMPO_ENOMEM : 0;
}

static int check(const pmpo_http_options *o, pmpo_error *err)
{
    if (o->n_urls == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "no URL of a server");
    }
    for (size_t i = 0; i < o->n_urls; i++) {
        int rc = pmpo_http_check_url(o->urls[i], o->key && !o->insecure, err);
        if (rc < 0) {
            return rc;
        }
    }
    if (o->key && strpbrk(o->key, "\r\n")) {
        return pmpo_fail(err, PMPO_EUSAGE, "the key has more than one line");
    }
    return o->ca_file && access(o->ca_file, R_OK) != 0
               ? pmpo_fail(err, PMPO_EIO, "%s: cannot be read", o->ca_file)
               : 0;
}

/* Hosts that are asked without a proxy: the user's, and this machine. libcurl
 * leaves the environment alone once the option is set. */
static char *no_proxy(pmpo_arena *mem)
{
    const char *own = getenv("no_proxy");
    own = own ? own : getenv("NO_PROXY");
    own = own ? own : "";
    pmpo_buf b = {0};
    if (strcmp(own, "*") == 0) { /* all, which it is only alone */
        pmpo_buf_puts(&b, own);
    } else {
        pmpo_buf_printf(&b, "%s%slocalhost,127.0.0.1,::1", own,
                        own[0] ? "," : "");
    }
    char *kept = b.failed ? NULL : pmpo_arena_cstr(mem, pmpo_buf_str(&b).ptr);
    pmpo_buf_release(&b);
    return kept;
}

static int fill_in(pmpo_http *h, const pmpo_http_options *o)
{
    h->n = o->n_urls;
    h->fixed = o->concurrency;
    h->tries = o->tries > 0 ? o->tries : PMPO_HTTP_TRIES;
    h->backoff_ms = o->backoff_ms > 0 ? o->backoff_ms : PMPO_HTTP_BACKOFF_MS;
    h->busy_ms = o->busy_ms > 0 ? o->busy_ms : PMPO_HTTP_BUSY_MS;
    h->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : PMPO_HTTP_TIMEOUT_MS;
    h->max_body = o->max_body > 0 ? o->max_body : PMPO_HTTP_MAX_BODY;
    h->random = (uint64_t)pmpo_wall_s();
    h->urls = pmpo_arena_alloc(&h->mem, h->n, sizeof(*h->urls));
    h->servers = pmpo_arena_alloc(&h->mem, h->n, sizeof(*h->servers));
    h->key = o->key ? pmpo_arena_cstr(&h->mem, o->key) : NULL;
    h->key_hint = o->key_hint ? pmpo_arena_cstr(&h->mem, o->key_hint) : NULL;
    const char *ca_file = pmpo_http_authorities(o->ca_file);
    h->ca_file = ca_file ? pmpo_arena_cstr(&h->mem, ca_file) : NULL;
    h->no_proxy = no_proxy(&h->mem);
    h->multi = curl_multi_init();
    if (!h->urls || !h->servers || !h->multi || !h->no_proxy ||
        (o->key && !h->key) || (o->key_hint && !h->key_hint) ||
        (ca_file && !h->ca_file) || add_headers(h, o->key) < 0) {
        return PMPO_ENOMEM;
    }
    for (size_t i = 0; i < h->n; i++) {
        h->urls[i] = pmpo_arena_cstr(&h->mem, o->urls[i]);
        pmpo_endpoint_init(&h->servers[i], o->concurrency, pmpo_now_ms());
        if (!h->urls[i]) {
            return PMPO_ENOMEM;
        }
    }
    long most = (long)h->n * (o->concurrency > PMPO_WINDOW_MOST
                                  ? o->concurrency
                                  : PMPO_WINDOW_MOST);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, most);
    return 0;
}

int pmpo_http_new(const pmpo_http_options *o, pmpo_http **out, pmpo_error *err)
{
    pthread_once(&started, start);
    int rc = check(o, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_http *h = pmpo_calloc(1, sizeof(*h));
    if (!h || fill_in(h, o) < 0) {
        pmpo_http_free(h);
        return pmpo_fail_memory(err);
    }
    *out = h;
    return 0;
}

void pmpo_http_free(pmpo_http *h)
{
    if (!h) {
        return;
    }
    drop_all(h);
    for (size_t i = 0; i < h->n_slots; i++) {
        slot *s = h->slots[i];
        curl_easy_cleanup(s->easy);
        pmpo_buf_release(&s->url);
        pmpo_buf_release(&s->reply);
        pmpo_free(s);
    }
    pmpo_free(h->slots);
    curl_multi_cleanup(h->multi);
    curl_slist_free_all(h->headers);
    pmpo_arena_release(&h->mem);
    pmpo_free(h);
}

void pmpo_http_cancel(pmpo_http *h, bool on)
{
    h->cancelled = on;
}

void pmpo_http_at_once(pmpo_http *h, int n)
{
    for (size_t i = 0; i < h->n; i++) {
        pmpo_endpoint_fix(&h->servers[i], n);
    }
}
