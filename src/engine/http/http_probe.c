/* http_probe.c: can a server score, and do its numbers mean what they should?
 *
 * Servers answer 200 to requests for log-probabilities that they ignore, shift
 * them by one token, or take them from a stale cache. So a known text is sent,
 * and for each dialect in turn it is checked that
 * - there are as many log-probabilities as tokens, the ids equal, each finite
 *   and not above 0 (the dialect's own checks);
 * - a second time, with the prefix cache warm, they are the same;
 * - the token that the server generates after a part of the text has the same
 *   log-probability when it is scored as the end of that part, and the tokens
 *   before it have the same ones as in the whole text;
 * - the next-token form, if the dialect has one, gives the same values.
 * The text begins with a number made from the time, so that the server's prefix
 * cache does not have it the first time. */
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "engine/http/http_engine.h"

/* Numbers of a server in half precision that are meant to be equal. */
#define TOLERANCE 0.05
#define N_CUTS 3 /* places where the next token is looked at */

static const char known[] =
    "Paris is the capital of France and Rome is the capital of Italy. One, two, "
    "three, four, five, six. She poured the tea into her favourite cup.";

typedef struct probing {
    pmpo_http *h;
    const char *model;
    const pmpo_vocab *v;
    const pmpo_dialect *d;
    pmpo_tokens ids; /* of the text */
    float *cold;     /* [ids.n], the first is not used */
    float *again;    /* [ids.n + 1] */
    bool told_apart; /* some number that was checked differs from its
                      * neighbour: a shift would have shown */
    bool silent;     /* nothing came back */
} probing;

/* ---- asking ---------------------------------------------------------------------- */

static int send(probing *p,
                int (*write)(const pmpo_logprob_query *, const char *,
                             pmpo_buf *),
                const pmpo_logprob_query *ask, pmpo_buf *body, pmpo_error *err)
{
    pmpo_http_call call = {.path = p->d->path};
    int status = 0;
    if (write(ask, p->model, &call.body) < 0) {
        pmpo_buf_release(&call.body);
        return pmpo_fail_memory(err);
    }
    int rc = pmpo_http_one(p->h, &call, body, &status, err);
    p->silent = rc < 0 && status == 0;
    return rc;
}

/* A reply that can't be read may be an error under HTTP 200. */
static void blame(const probing *p, int rc, const pmpo_buf *body,
                  pmpo_error *err)
{
    if (rc < 0 && err) {
        pmpo_http_blame(p->h, pmpo_buf_str(body), err);
    }
}

static int score(probing *p, const pmpo_logprob_query *ask, float *out,
                 pmpo_error *err)
{
    pmpo_buf body = {0};
    int rc = send(p, p->d->write, ask, &body, err);
    if (rc == 0) {
        rc = p->d->read(pmpo_buf_str(&body), ask, p->model, out, err);
        blame(p, rc, &body, err);
    }
    pmpo_buf_release(&body);
    return rc;
}

/* The likeliest token after the first n; *id -1: its text is no single token. */
static int likeliest(probing *p, size_t n, int32_t *id, float *logprob,
                     pmpo_error *err)
{
    const pmpo_logprob_query ask = {.ids = p->ids.ids, .n_ids = n};
    pmpo_buf body = {0};
    pmpo_tokens t = {0};
    pmpo_greedy g = {.id = -1};
    int rc = send(p, p->d->greedy_write, &ask, &body, err);
    if (rc == 0) {
        rc = p->d->greedy_read(pmpo_buf_str(&body), p->model, &g, err);
        blame(p, rc, &body, err);
    }
    if (rc == 0 && g.id < 0) {
        rc = p->v->tokenize(p->v->self, pmpo_buf_str(&g.text), false, &t, err);
        g.id = rc == 0 && t.n == 1 ? t.ids[0] : -1;
    }
    *id = g.id;
    *logprob = g.logprob;
    pmpo_buf_release(&body);
    pmpo_buf_release(&g.text);
    pmpo_tokens_release(&t);
    return rc;
}

/* ---- checks ------------------------------------------------------------------------ */

static bool same(float a, float b)
{
    return fabs((double)a - (double)b) <= TOLERANCE + TOLERANCE * fabs(a);
}

static int check_warm(probing *p, pmpo_error *err)
{
    const pmpo_logprob_query whole = {.ids = p->ids.ids,
                                      .n_ids = p->ids.n,
                                      .from = 1};
    int rc = score(p, &whole, p->cold + 1, err);
    rc = rc < 0 ? rc : score(p, &whole, p->again + 1, err);
    for (size_t i = 1; rc == 0 && i < p->ids.n; i++) {
        if (!same(p->cold[i], p->again[i])) {
            rc = pmpo_fail(err, PMPO_EBACKEND, "token %zu of a text had the "
                           "log-probability %g, asked again %g", i, p->cold[i],
                           p->again[i]);
        }
    }
    return rc;
}

/* The text up to k and the server's own next token, as a text to score. */
static int check_next(probing *p, size_t k, pmpo_error *err)
{
    int32_t id, was = p->ids.ids[k];
    float logprob;
    int rc = likeliest(p, k, &id, &logprob, err);
    if (rc < 0 || id < 0) {
        return rc;
    }
    p->ids.ids[k] = id;
    const pmpo_logprob_query whole = {.ids = p->ids.ids,
                                      .n_ids = k + 1,
                                      .from = 1};
    rc = score(p, &whole, p->again + 1, err);
    p->ids.ids[k] = was;
    if (rc == 0 && !same(logprob, p->again[k])) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "the next token has the "
                       "log-probability %g, as the last of a text %g: they may "
                       "be shifted", logprob, p->again[k]);
    }
    for (size_t i = 1; rc == 0 && i < k; i++) {
        if (!same(p->cold[i], p->again[i])) {
            rc = pmpo_fail(err, PMPO_EBACKEND, "token %zu had the "
                           "log-probability %g, before another end %g", i,
                           p->cold[i], p->again[i]);
        }
    }
    p->told_apart = p->told_apart || !same(p->again[k], p->again[k - 1]);
    return rc;
}

/* The next-token form against the whole form, at place k. */
static bool next_form_is_right(probing *p, size_t k)
{
    const pmpo_logprob_query ask = {.ids = p->ids.ids,
                                    .n_ids = k,
                                    .next = &p->ids.ids[k],
                                    .n_next = 1};
    float got;
    pmpo_error ignored;
    return p->d->next_form && score(p, &ask, &got, &ignored) == 0 &&
           same(got, p->cold[k]);
}

static int check_dialect(probing *p, pmpo_error *err)
{
    size_t n = p->ids.n;
    p->told_apart = false;
    int rc = check_warm(p, err);
    for (size_t i = 1; rc == 0 && i <= N_CUTS; i++) {
        rc = check_next(p, n - 1 - (n / 2) * (i - 1) / N_CUTS, err);
    }
    if (rc == 0 && !p->told_apart) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "its log-probabilities can't be "
                       "held against its next tokens");
    }
    return rc;
}

/* ---- the probe ------------------------------------------------------------------------ */

/* The tokens of `text`, with BOS where it is due, into p->ids. */
static int tokens_of(probing *p, pmpo_str text, pmpo_error *err)
{
    int rc = 0;
    p->ids.n = 0;
    if (p->v->add_bos && p->v->bos >= 0) {
        rc = pmpo_tokens_put(&p->ids, p->v->bos) < 0 ? pmpo_fail_memory(err) : 0;
    }
    rc = rc < 0 ? rc
                : p->v->tokenize(p->v->self, text, false, &p->ids, err);
    if (rc == 0 && p->ids.n < 8) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "%zu tokens for a text of %zu bytes",
                       p->ids.n, text.len);
    }
    return rc;
}

static int tokens_of_now(probing *p, pmpo_error *err)
{
    uint64_t seed = (uint64_t)pmpo_wall_s() ^ (uint64_t)(pmpo_now_ms() * 1e3);
    pmpo_buf text = {0};
    pmpo_buf_printf(&text, "Note %llu: %s",
                    (unsigned long long)(pmpo_random(&seed) % 1000000), known);
    int rc = text.failed ? pmpo_fail_memory(err)
                         : tokens_of(p, pmpo_buf_str(&text), err);
    pmpo_buf_release(&text);
    return rc;
}

/* Log-probabilities of the known text itself. */
static int take_print(probing *p, pmpo_probe *out, pmpo_error *err)
{
    int rc = tokens_of(p, pmpo_str_of(known), err);
    const size_t most = sizeof(out->print) / sizeof(*out->print);
    size_t n = p->ids.n - 1 < most ? p->ids.n - 1 : most;
    const pmpo_logprob_query ask = {.ids = p->ids.ids,
                                    .n_ids = n + 1,
                                    .from = 1};
    rc = rc < 0 ? rc : score(p, &ask, out->print, err);
    out->n_print = rc == 0 ? n : 0;
    return rc;
}

static int try_dialect(probing *p, const pmpo_dialect *d, pmpo_probe *out,
                       pmpo_error *err)
{
    pmpo_error why = {0};
    p->d = d;
    int rc = tokens_of_now(p, &why);
    if (rc == 0) {
        p->cold = pmpo_calloc(p->ids.n + 1, sizeof(*p->cold));
        p->again = pmpo_calloc(p->ids.n + 1, sizeof(*p->again));
        rc = p->cold && p->again ? check_dialect(p, &why)
                                 : pmpo_fail_memory(&why);
    }
    if (rc == 0) {
        out->next_form = next_form_is_right(p, p->ids.n / 2);
        rc = take_print(p, out, &why);
    }
    pmpo_free(p->cold);
    pmpo_free(p->again);
    p->cold = p->again = NULL;
    if (rc == 0) {
        out->dialect = d;
    } else if (rc == PMPO_EBACKEND && !p->silent) {
        pmpo_buf_printf(&out->why, "%sas %s: %s", out->why.len ? "; " : "",
                        d->name, why.text);
        rc = out->why.failed ? pmpo_fail_memory(err) : 0;
    } else {
        pmpo_fail(err, rc, "%s", why.text);
    }
    return rc;
}

int pmpo_remote_probe(pmpo_http *h, const char *model, const pmpo_vocab *v,
                      const pmpo_dialect *only, pmpo_probe *out,
                      pmpo_error *err)
{
    probing p = {.h = h, .model = model, .v = v};
    const pmpo_dialect *d;
    int rc = 0;
    *out = (pmpo_probe){0};
    for (size_t i = 0; rc == 0 && !out->dialect &&
                       (d = pmpo_dialect_at(i)) != NULL; i++) {
        rc = only && only != d ? 0 : try_dialect(&p, d, out, err);
    }
    pmpo_tokens_release(&p.ids);
    return rc;
}

double pmpo_probe_apart(const pmpo_probe *a, const pmpo_probe *b)
{
    double sum = 0;
    if (a->n_print != b->n_print) {
        return INFINITY;
    }
    for (size_t i = 0; i < a->n_print; i++) {
        sum += fabs((double)a->print[i] - (double)b->print[i]);
    }
    return a->n_print ? sum / (double)a->n_print : 0;
}

void pmpo_probe_release(pmpo_probe *p)
{
    pmpo_buf_release(&p->why);
}
