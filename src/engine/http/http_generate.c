/* http_generate.c: replies, one request per sample, many at a time. */
#include "base/error.h"
#include "base/hash.h"
#include "engine/http/asks.h"
#include "engine/http/http_engine.h"

/* A sample to be had. */
typedef struct sample {
    const pmpo_gen_request *request;
    uint64_t seed;
    pmpo_reply *out;
    bool sent;
    unsigned left_out;    /* its own guesses at what was refused */
    unsigned refused;     /* sent without these */
    size_t n_fed, n_made; /* paid for, by all its tries */
} sample;

typedef struct writing {
    pmpo_remote *r;
    const pmpo_gen_params *p;
    sample *samples; /* [n] */
    size_t n, at;    /* at: before it all are sent */
    size_t n_ended;  /* that have a reply */
    size_t n_denied; /* that the server refuses, each for itself */
    pmpo_error denied; /* why the first of these */
    int code;          /* the first failure of another kind */
    pmpo_error error;
} writing;

/* So many refused before there is any reply: no more are sent until those under
 * way have ended, and if all are refused, that is an error. */
#define SURELY_DENIED 32

static bool is_chat(const sample *s)
{
    return s->request->n_messages > 0 && !s->request->ids;
}

/* Samples of one prompt go to one server, which has it in its cache. */
static uint64_t affinity_of(const sample *s)
{
    return pmpo_hash64(&s->request, sizeof(s->request), 0);
}

static int next(void *ud, pmpo_http_call *call, pmpo_error *err)
{
    writing *w = ud;
    while (w->at < w->n && w->samples[w->at].sent) {
        w->at++;
    }
    bool hopeless = w->n_ended == 0 && w->n_denied >= SURELY_DENIED;
    if (w->at == w->n || w->code < 0 || hopeless) {
        return 0;
    }
    sample *s = &w->samples[w->at];
    pmpo_gen_request one = *s->request;
    const pmpo_sampling how = {.p = w->p,
                               .seed = s->seed,
                               .vllm = w->r->is_vllm,
                               .refused = w->r->refused | s->left_out};
    one.n_messages = is_chat(s) ? one.n_messages : 0;
    s->sent = true;
    s->refused = how.refused;
    *call = (pmpo_http_call){.ticket = w->at,
                             .path = is_chat(s) ? "/chat/completions"
                                                : "/completions",
                             .affinity = affinity_of(s)};
    int rc = pmpo_ask_reply(w->r->name, &one, &how, &call->body);
    return rc < 0 ? pmpo_fail(err, PMPO_EBACKEND, "a prompt is not UTF-8, or "
                              "memory ran out") : 1;
}

/* A remark for the run or the result, such as a parameter that was refused. */
static void tell(pmpo_remote *r, const char *lost)
{
    struct pmpo_model *m = r->model;
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%s%sthe server of %s %s", m->learned ? m->learned : "",
                    m->learned ? "; " : "", r->name, lost);
    if (lost[0] && !b.failed) {
        m->learned = pmpo_arena_cstr(&m->mem, pmpo_buf_str(&b).ptr);
    }
    pmpo_buf_release(&b);
}

/* What a server said as it refused a request; NULL: it didn't. */
static const char *refusal_of(const pmpo_http_reply *reply)
{
    bool refused = reply->status == 400 || reply->status == 413 ||
                   reply->status == 422 || reply->status == 451;
    return refused ? strstr(reply->why, ": HTTP ") : NULL;
}

bool pmpo_remote_too_long(const pmpo_http_reply *reply)
{
    const char *error = refusal_of(reply);
    return error && pmpo_says_too_long(error);
}

/* Servers of chats take not all the same: where an error names what this one
 * refused, the sample is sent again without. But an error may name anything: not
 * what others have had a reply with, except that a form may be too much for a
 * server where another one is not. */
static bool ask_otherwise(writing *w, const pmpo_http_reply *reply,
                          const char *error)
{
    const pmpo_remote *r = w->r;
    sample *s = &w->samples[reply->ticket];
    unsigned sent = pmpo_ask_has(s->request, w->p, s->refused);
    unsigned what = pmpo_read_refusal(error, reply->body, sent);
    if (what & r->taken & ~(r->refused | PMPO_REFUSES_JSON)) {
        return false;
    }
    s->left_out |= what;
    s->sent = what == 0;
    w->at = what ? 0 : w->at;
    return what != 0;
}

/* The sample has a reply: what it was sent with is taken, and what it was sent
 * without was refused, unless others had a reply with it. */
static void learn(const writing *w, const sample *s)
{
    pmpo_remote *r = w->r;
    unsigned news = s->left_out & ~(r->refused | r->taken);
    r->refused |= news;
    r->taken |= pmpo_ask_has(s->request, w->p, s->refused);
    for (unsigned one = 1; one <= news; one *= 2) {
        if (news & one) {
            tell(r, pmpo_refusal_costs(one));
        }
    }
}

/* Some servers take a temperature of 1 and no other. */
static void forget_values(pmpo_remote *r, const pmpo_gen_params *p)
{
    unsigned other = p->temperature != r->temperature ? PMPO_REFUSES_TEMPERATURE
                                                      : 0;
    other |= p->top_p != r->top_p ? PMPO_REFUSES_TOP_P : 0;
    r->taken &= ~other;
    r->temperature = p->temperature;
    r->top_p = p->top_p;
}

/* Four bytes a token, where the server's reply doesn't say what it cost. */
static void estimate_cost(pmpo_remote *r, const pmpo_gen_request *q,
                          pmpo_reply *out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < q->n_messages; i++) {
        bytes += q->messages[i].content.len;
    }
    out->n_fed = q->ids ? q->n_ids : bytes / 4 + 1;
    out->n_tokens = pmpo_buf_str(&out->text).len / 4 + 1;
    if (!r->estimates) {
        r->estimates = true;
        tell(r,
             "does not say how many tokens replies cost: they are estimated");
    }
}

/* A reply is paid for whether its text can be used or not. */
static void pay(struct pmpo_model *m, sample *s)
{
    pmpo_reply *out = s->out;
    m->dollars += (double)out->n_fed * m->price_in +
                  (double)out->n_tokens * m->price_out;
    if (m->tick) {
        m->tick(m->tick_ud, out->n_fed + out->n_tokens);
    }
    out->n_fed = s->n_fed += out->n_fed;
    out->n_tokens = s->n_made += out->n_tokens;
}

static int take(writing *w, const pmpo_http_reply *reply, pmpo_error *err)
{
    sample *s = &w->samples[reply->ticket];
    const pmpo_json_form *form = pmpo_json_form_of(s->request, s->refused);
    int rc = pmpo_read_reply(reply->body, w->p, form, s->out, err);
    if (rc == 0 && s->out->n_fed == 0 && s->out->n_tokens == 0) {
        estimate_cost(w->r, s->request, s->out);
    }
    pay(w->r->model, s);
    if (rc < 0) {
        return PMPO_HTTP_AGAIN;
    }
    learn(w, s);
    w->n_ended++;
    if (w->p->done) {
        w->p->done(w->p->ud, reply->ticket);
    }
    return 0;
}

static int done(void *ud, const pmpo_http_reply *reply, pmpo_error *err)
{
    writing *w = ud;
    pmpo_reply *out = w->samples[reply->ticket].out;
    if (reply->code == 0) {
        return take(w, reply, err);
    }
    const char *error = refusal_of(reply);
    bool too_long = pmpo_remote_too_long(reply);
    if (error && !too_long && ask_otherwise(w, reply, error)) {
        return 0;
    }
    out->code = too_long ? PMPO_ETOOLONG : reply->code;
    if (error && !too_long) { /* as by a filter of contents: others may pass */
        if (w->n_denied++ == 0) {
            pmpo_fail(&w->denied, out->code, "%s", reply->why);
        }
    } else if (w->code == 0) {
        w->code = pmpo_fail(&w->error, out->code, "%s", reply->why);
    }
    return 0;
}

/* Counts on in the note of an earlier call, if nobody has read that yet. */
static void tell_denied(writing *w)
{
    pmpo_remote *r = w->r;
    struct pmpo_model *m = r->model;
    if (!m->learned || m->learned != r->denied_note) {
        r->before_denied = m->learned;
        r->n_denied = r->n_asked = 0;
    }
    r->n_denied += w->n_denied;
    r->n_asked += w->n;
    pmpo_buf b = {0};
    pmpo_buf_printf(&b,
                    "refused %zu of %zu requests, which have no reply and "
                    "count neither as right nor as wrong (%s)",
                    r->n_denied, r->n_asked, w->denied.text);
    m->learned = r->before_denied;
    tell(r, pmpo_buf_str(&b).ptr);
    r->denied_note = m->learned;
    pmpo_buf_release(&b);
}

/* What the call comes to, once nothing is in flight. */
static int conclude(writing *w, pmpo_error *err)
{
    if (w->code < 0) {
        return pmpo_fail(err, w->code, "%s", w->error.text);
    }
    if (w->n_denied > 0 && w->n_ended == 0) {
        return pmpo_fail(err, w->denied.code, "%s", w->denied.text);
    }
    if (w->n_denied > 0) {
        tell_denied(w);
    }
    return 0;
}

int pmpo_remote_generate(void *self, const pmpo_gen_request *requests,
                         size_t n, const pmpo_gen_params *p, pmpo_reply *out,
                         pmpo_error *err)
{
    writing w = {.r = self, .p = p};
    forget_values(w.r, p);
    for (size_t i = 0; i < n; i++) {
        w.n += requests[i].n_samples;
    }
    w.samples = pmpo_calloc(w.n, sizeof(*w.samples));
    if (!w.samples) {
        return pmpo_fail_memory(err);
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t v = 0; v < requests[i].n_samples; v++, k++) {
            w.samples[k] = (sample){.request = &requests[i],
                                    .seed = requests[i].seeds[v],
                                    .out = &out[k]};
        }
    }
    int rc = pmpo_http_run(w.r->load, &(pmpo_http_source){&w, next, done}, err);
    pmpo_free(w.samples);
    return rc < 0 ? rc : conclude(&w, err);
}
