/* http_score.c: units as requests for log-probabilities, many at a time.
 *
 * A unit is sent as requests in one of two forms. The whole form has one
 * request per sequence, for which vLLM computes the whole sequence. The
 * next-token form has one request per predicted target token, and uses the
 * server's prefix cache; it is cheaper for few tokens after a long context, and
 * options share the request for their first token. The choice depends on the
 * unit's tokens alone.
 *
 * Requests are sent unit after unit; those of one prompt prefer the same
 * server, so that its prefix cache has their common beginning. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "engine/http/http_engine.h"

#define MOST_NEXT 16    /* tokens asked for at one place; vLLM's limit is 20 */
#define MOST_PLACES 256 /* of a unit in the next-token form */
#define CACHE_BLOCK 16  /* tokens that a prefix cache holds together */

/* A target token: the request that asks for it, and its place in the reply. */
typedef struct target {
    size_t ask, number;
} target;

typedef struct work work;

typedef struct asked {
    work *of;
    pmpo_logprob_query what;
    size_t to; /* whole form: the first of its log-probabilities */
} asked;

/* A unit under way. */
struct work {
    pmpo_task *task;
    asked *asks; /* [n] */
    size_t n, n_sent, n_back;
    target *targets; /* [n_targets], request order; NULL: the whole form */
    size_t n_targets;
    uint64_t affinity;
    work *before, *after; /* of all under way */
    pmpo_arena mem;
};

typedef struct scoring {
    pmpo_remote *r;
    const pmpo_queue *q;
    work *first, *last; /* under way, in order of beginning */
    double since_ms;    /* the last unit was through, or all began */
} scoring;

/* ---- asks of a unit ------------------------------------------------------------------ */

static int ask_whole(work *w, const pmpo_unit *u)
{
    size_t to = 0;
    w->n = u->n_requests;
    w->asks = pmpo_arena_alloc(&w->mem, w->n, sizeof(*w->asks));
    w->targets = NULL;
    for (size_t i = 0; w->asks && i < w->n; i++) {
        const pmpo_request *q = &u->requests[i];
        w->asks[i] = (asked){w, {.ids = q->ids, .n_ids = q->n_ids,
                                 .from = q->n_context}, to};
        to += q->n_ids - q->n_context;
    }
    return w->asks ? 0 : PMPO_ENOMEM;
}

/* The request for the tokens after ids[0..n); a new one if there is none. */
static size_t place_of(work *w, const int32_t *ids, size_t n)
{
    for (size_t i = 0; i < w->n; i++) {
        const pmpo_logprob_query *a = &w->asks[i].what;
        if (a->n_ids == n && !memcmp(a->ids, ids, n * sizeof(*ids))) {
            return i;
        }
    }
    w->asks[w->n] = (asked){w, {.ids = ids, .n_ids = n}, 0};
    return w->n++;
}

/* The number of `id` among those asked for; SIZE_MAX: no room, or memory. */
static size_t number_of(work *w, pmpo_logprob_query *a, int32_t id)
{
    for (size_t i = 0; i < a->n_next; i++) {
        if (a->next[i] == id) {
            return i;
        }
    }
    int32_t *room = (int32_t *)a->next; /* ours, see below */
    if (!room) {
        room = pmpo_arena_alloc(&w->mem, MOST_NEXT, sizeof(*room));
        a->next = room;
    }
    if (!room || a->n_next == MOST_NEXT) {
        return SIZE_MAX;
    }
    room[a->n_next] = id;
    return a->n_next++;
}

/* False: the unit is not for this form. */
static bool ask_next(work *w, const pmpo_unit *u)
{
    size_t k = 0;
    w->n = 0;
    w->n_targets = pmpo_unit_targets(u);
    if (w->n_targets > MOST_PLACES) {
        return false;
    }
    w->asks = pmpo_arena_alloc(&w->mem, w->n_targets, sizeof(*w->asks));
    w->targets = pmpo_arena_alloc(&w->mem, w->n_targets, sizeof(*w->targets));
    for (size_t i = 0; w->asks && w->targets && i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        for (size_t t = q->n_context; t < q->n_ids; t++, k++) {
            size_t at = place_of(w, q->ids, t);
            size_t number = number_of(w, &w->asks[at].what, q->ids[t]);
            if (number == SIZE_MAX) {
                return false;
            }
            w->targets[k] = (target){at, number};
        }
    }
    return k == w->n_targets;
}

/* What a server computes for the asks in the next-token form, in tokens: the
 * part of each that neither the unit's prefix nor an earlier ask left in its
 * cache. */
static uint64_t next_cost(const work *w, size_t n_prefix)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        const pmpo_logprob_query *a = &w->asks[i].what;
        size_t known = n_prefix;
        for (size_t k = 0; k < i; k++) {
            const pmpo_logprob_query *b = &w->asks[k].what;
            if (b->n_ids > known && b->n_ids < a->n_ids &&
                !memcmp(a->ids, b->ids, b->n_ids * sizeof(*a->ids))) {
                known = b->n_ids;
            }
        }
        sum += a->n_ids - known + CACHE_BLOCK;
    }
    return sum;
}

static uint64_t whole_cost(const pmpo_dialect *d, const pmpo_unit *u)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        sum += u->requests[i].n_ids - (d->prefix_cache ? u->n_prefix : 0) +
               CACHE_BLOCK;
    }
    return sum;
}

static int plan(const pmpo_remote *r, const pmpo_unit *u, work *w)
{
    bool may = r->next_form && !u->plain;
    if (may && ask_next(w, u) &&
        next_cost(w, u->n_prefix) < whole_cost(r->dialect, u)) {
        return 0;
    }
    return ask_whole(w, u);
}

static uint64_t rows_of(const work *w)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        sum += w->asks[i].what.n_ids;
    }
    return sum;
}

int pmpo_remote_count(void *self, const pmpo_unit *units, size_t n,
                      uint64_t *rows, pmpo_error *err)
{
    const pmpo_remote *r = self;
    int rc = pmpo_check_scores(r->model, err);
    *rows = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        work w = {0};
        rc = plan(r, &units[i], &w) < 0 ? pmpo_fail_memory(err) : 0;
        *rows += rc == 0 ? rows_of(&w) : 0;
        pmpo_arena_release(&w.mem);
    }
    return rc;
}

/* ---- units under way --------------------------------------------------------------------- */

static void unlink_work(scoring *s, work *w)
{
    *(w->before ? &w->before->after : &s->first) = w->after;
    *(w->after ? &w->after->before : &s->last) = w->before;
    pmpo_arena_release(&w->mem);
    pmpo_free(w);
}

/* The unit has all it will ever have. Its time is what went by since the last
 * one was through: the sum over all is what the work took. */
static void finish(scoring *s, work *w)
{
    pmpo_task *t = w->task;
    double now = pmpo_now_ms();
    if (t->code < 0) {
        for (size_t i = 0; i < pmpo_unit_targets(&t->unit); i++) {
            t->result.logprobs[i] = NAN;
        }
        for (size_t i = 0; t->result.codes && i < t->unit.n_requests; i++) {
            t->result.codes[i] = t->code;
        }
    }
    t->result.ms = now - s->since_ms;
    s->since_ms = now;
    unlink_work(s, w);
    s->q->done(s->q->ud, t);
}

/* Nothing more of it is sent; through when nothing is out. */
static void give_up(scoring *s, work *w, int code, const char *why)
{
    if (w->task->code == 0) {
        w->task->code = pmpo_fail(&w->task->error, code, "%s", why);
    }
    w->n = w->n_sent;
    if (w->n_back == w->n_sent) {
        finish(s, w);
    }
}

static int begin(scoring *s, pmpo_task *t, pmpo_error *err)
{
    const pmpo_unit *u = &t->unit;
    work *w = pmpo_calloc(1, sizeof(*w));
    if (!w) {
        return pmpo_fail_memory(err);
    }
    w->task = t;
    w->before = s->last;
    *(s->last ? &s->last->after : &s->first) = w;
    s->last = w;
    t->code = 0;
    if (plan(s->r, u, w) < 0) {
        give_up(s, w, PMPO_ENOMEM, pmpo_code_text(PMPO_ENOMEM));
        return 0;
    }
    for (size_t i = 0; t->result.codes && i < u->n_requests; i++) {
        t->result.codes[i] = 0;
    }
    w->affinity = pmpo_hash64(u->requests[0].ids,
                              u->n_prefix * sizeof(*u->requests[0].ids), 0);
    t->result.prefill_tokens = rows_of(w);
    t->result.output_rows = pmpo_unit_targets(u);
    t->result.logical_tokens = pmpo_unit_logical(u);
    return 0;
}

/* ---- the transport's source ------------------------------------------------------------------ */

/* The first unit with something to send; NULL: there is none. Then *begun says
 * whether a new one was begun. */
static int to_send(scoring *s, work **out, bool *begun, pmpo_error *err)
{
    for (work *w = s->first, *after; w; w = after) {
        after = w->after;
        if (w->n_sent < w->n && w->task->unwanted) {
            give_up(s, w, PMPO_ECANCELLED, "nobody waits for it");
        } else if (w->n_sent < w->n) {
            *out = w;
            return 0;
        }
    }
    *out = NULL;
    pmpo_task *t = s->q->next(s->q->ud);
    *begun = t != NULL;
    return t ? begin(s, t, err) : 0;
}

static int next(void *ud, pmpo_http_call *call, pmpo_error *err)
{
    scoring *s = ud;
    work *w;
    bool begun;
    int rc;
    do { /* until there is something to send, or nothing new */
        begun = false;
        rc = to_send(s, &w, &begun, err);
    } while (rc == 0 && !w && begun);
    if (rc < 0 || !w) {
        return rc;
    }
    asked *a = &w->asks[w->n_sent++];
    *call = (pmpo_http_call){.ticket = (size_t)(uintptr_t)a,
                             .path = s->r->dialect->path,
                             .affinity = w->affinity};
    rc = s->r->dialect->write(&a->what, s->r->name, &call->body);
    return rc < 0 ? pmpo_fail_memory(err) : 1;
}

static int read_ask(const scoring *s, const asked *a, pmpo_str body,
                    pmpo_error *err)
{
    float few[MOST_NEXT];
    work *w = a->of;
    float *all = w->task->result.logprobs;
    float *out = w->targets ? few : all + a->to;
    int rc = s->r->dialect->read(body, &a->what, s->r->name, out, err);
    size_t at = (size_t)(a - w->asks);
    for (size_t i = 0; rc == 0 && w->targets && i < w->n_targets; i++) {
        if (w->targets[i].ask == at) {
            all[i] = few[w->targets[i].number];
        }
    }
    return rc;
}

/* A text that is too long is the prompt's failure, not the server's. */
static void fail(scoring *s, asked *a, const pmpo_http_reply *reply)
{
    pmpo_error why = {0};
    if (pmpo_remote_too_long(reply)) {
        pmpo_fail(&why, PMPO_ETOOLONG,
                  "prompt and example have %zu tokens, which the server "
                  "refuses: shorten one of them (%s)",
                  a->what.n_ids, reply->why);
        give_up(s, a->of, PMPO_ETOOLONG, why.text);
    } else {
        give_up(s, a->of, reply->code, reply->why);
    }
}

static int done(void *ud, const pmpo_http_reply *reply, pmpo_error *err)
{
    scoring *s = ud;
    asked *a = (asked *)(uintptr_t)reply->ticket;
    work *w = a->of;
    if (reply->code == 0 && read_ask(s, a, reply->body, err) < 0) {
        return PMPO_HTTP_AGAIN;
    }
    w->n_back++;
    if (reply->code == 0) { /* a token is written for each request */
        s->r->model->dollars += (double)a->what.n_ids * s->r->model->price_in +
                                s->r->model->price_out;
    }
    if (s->r->model->tick) {
        s->r->model->tick(s->r->model->tick_ud, a->what.n_ids);
    }
    if (reply->code < 0) {
        fail(s, a, reply);
    } else if (w->n_back == w->n) {
        finish(s, w);
    }
    return 0;
}

int pmpo_remote_score(void *self, const pmpo_queue *q, pmpo_error *err)
{
    scoring s = {.r = self, .q = q, .since_ms = pmpo_now_ms()};
    int rc = pmpo_check_scores(s.r->model, err);
    rc = rc < 0 ? rc
                : pmpo_http_run(s.r->load, &(pmpo_http_source){&s, next, done},
                                err);
    while (s.first) {
        unlink_work(&s, s.first);
    }
    return rc;
}
