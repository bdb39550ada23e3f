/* custom_engine.c: an engine made of the functions of pmpo_custom.h.
 *
 * Units and samples are processed one after the other. All results of the
 * functions are checked before use: ids, counts, log-probabilities. */
#include "engine/custom/custom_engine.h"

#include <math.h>

#include "base/error.h"
#include "base/flag.h"
#include "base/thinking.h"
#include "pmpo_custom.h"

#define SCHEME "custom://"
#define MAX_SEQUENCES 256 /* a unit */

typedef struct custom {
    pmpo_custom_engine e;
    struct pmpo_model *model;
    pmpo_flag cancelled;
} custom;

/* A function has failed, or returned something impossible. */
static int broken(const custom *c, const char *function, ptrdiff_t code,
                  pmpo_error *err)
{
    if (code > 0) {
        return pmpo_fail(err, PMPO_EBACKEND, "%s of the engine %s gives what "
                         "can't be", function, c->model->info.name);
    }
    if (!err || err->code == code) {
        return (int)code;
    }
    return pmpo_fail(err, (int)code, "%s of the engine %s failed", function,
                     c->model->info.name);
}

/* ---- vocabulary ----------------------------------------------------------- */

static int tokenize(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err)
{
    const custom *c = self;
    size_t room = text.len / 2 + 16;
    for (int tries = 0; tries < 2; tries++) {
        if (PMPO_GROW(out->ids, out->cap, out->n + room) < 0) {
            return pmpo_fail_memory(err);
        }
        int32_t *ids = out->ids + out->n;
        ptrdiff_t n = c->e.tokenize(c->e.ud, text, special, ids, room, err);
        if (n < 0) {
            return broken(c, "tokenize", n, err);
        }
        if ((size_t)n > room) {
            room = (size_t)n;
            continue;
        }
        for (ptrdiff_t i = 0; i < n; i++) {
            if (ids[i] < 0 || ids[i] >= c->e.n_vocab) {
                return broken(c, "tokenize", 1, err);
            }
        }
        out->n += (size_t)n;
        return 0;
    }
    return broken(c, "tokenize", 1, err); /* more than it said */
}

/* Appends what a function of the kind of `piece` or `chat` writes. */
typedef struct asked {
    const custom *c;
    const char *function;
    int32_t id;
    const pmpo_message *messages;
    size_t n;
    bool assistant;
} asked;

static ptrdiff_t write_text(const asked *a, char *text, size_t room,
                            pmpo_error *err)
{
    const pmpo_custom_engine *e = &a->c->e;
    return a->messages ? e->chat(e->ud, a->messages, a->n, a->assistant, text,
                                 room, err)
                       : e->piece(e->ud, a->id, text, room, err);
}

static int append(const asked *a, pmpo_buf *out, pmpo_error *err)
{
    char small[512], *big = NULL;
    ptrdiff_t n = write_text(a, small, sizeof(small), err);
    if (n > (ptrdiff_t)sizeof(small)) {
        size_t room = (size_t)n;
        big = pmpo_calloc(room, 1);
        if (!big) {
            return pmpo_fail_memory(err);
        }
        n = write_text(a, big, room, err);
        n = n > (ptrdiff_t)room ? (ptrdiff_t)room + 1 : n;
        if (n > (ptrdiff_t)room) {
            pmpo_free(big);
            return broken(a->c, a->function, 1, err);
        }
    }
    if (n > 0) {
        pmpo_buf_put(out, (pmpo_str){big ? big : small, (size_t)n});
    }
    pmpo_free(big);
    return n < 0 ? broken(a->c, a->function, n, err)
           : out->failed ? pmpo_fail_memory(err) : 0;
}

static int piece(void *self, int32_t id, pmpo_buf *out, pmpo_error *err)
{
    return append(&(asked){.c = self, .function = "piece", .id = id}, out,
                  err);
}

static int chat(void *self, const pmpo_message *messages, size_t n,
                bool assistant, pmpo_buf *out, pmpo_error *err)
{
    const custom *c = self;
    if (!c->e.chat) {
        return pmpo_fail(err, PMPO_EMODEL, "the model has no chat template: "
                         "use the template raw or one in a file");
    }
    const asked a = {.c = c, .function = "chat", .messages = messages, .n = n,
                     .assistant = assistant};
    return append(&a, out, err);
}

/* ---- scoring -------------------------------------------------------------- */

static int check_logprobs(const custom *c, const float *lp, size_t n,
                          pmpo_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(lp[i])) {
            return pmpo_fail(err, PMPO_ENAN, "score of the engine %s gives a "
                             "log-probability that is not a number",
                             c->model->info.name);
        }
        if (isinf(lp[i]) || lp[i] > 0) {
            return pmpo_fail(err, PMPO_EBACKEND,
                             "score of the engine %s gives "
                             "the log-probability %g: they are finite and at "
                             "most 0",
                             c->model->info.name, (double)lp[i]);
        }
    }
    return 0;
}

static int score_unit(const custom *c, const pmpo_unit *u,
                      pmpo_unit_result *r, pmpo_error *err)
{
    size_t n = u->n_requests;
    pmpo_custom_sequence *s = pmpo_calloc(n, sizeof(*s));
    int rc = s ? pmpo_unit_check(u, err) : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        s[i] = (pmpo_custom_sequence){u->requests[i].ids, u->requests[i].n_ids,
                                      u->requests[i].n_context};
    }
    if (rc == 0) {
        rc = c->e.score(c->e.ud, s, n, u->n_prefix, r->logprobs, err);
        rc = rc ? broken(c, "score", rc, err)
                : check_logprobs(c, r->logprobs, pmpo_unit_targets(u), err);
    }
    pmpo_free(s);
    return rc;
}

static int score_counted(const custom *c, const pmpo_unit *u,
                         pmpo_unit_result *r, pmpo_error *err)
{
    pmpo_error own = {0};
    int rc = score_unit(c, u, r, err ? err : &own);
    for (size_t i = 0; r->codes && i < u->n_requests; i++) {
        r->codes[i] = rc;
    }
    r->logical_tokens = pmpo_unit_logical(u);
    r->prefill_tokens = r->logical_tokens - u->n_requests;
    r->output_rows = pmpo_unit_targets(u);
    r->ms = 0;
    struct pmpo_model *m = c->model;
    if (rc == 0 && m->tick) {
        m->tick(m->tick_ud, (size_t)r->prefill_tokens);
    }
    return rc;
}

static int stopped(const custom *c, pmpo_error *err)
{
    return c->cancelled ? pmpo_fail(err, PMPO_ECANCELLED, "cancelled") : 0;
}

static int score(void *self, const pmpo_queue *q, pmpo_error *err)
{
    custom *c = self;
    pmpo_task *t;
    while ((t = q->next(q->ud)) != NULL) {
        int rc = stopped(c, err);
        if (rc < 0) {
            return rc;
        }
        t->code = score_counted(c, &t->unit, &t->result, &t->error);
        if (t->code == PMPO_ECANCELLED) {
            return pmpo_fail(err, t->code, "cancelled");
        }
        q->done(q->ud, t);
    }
    return 0;
}

static int count(void *self, const pmpo_unit *units, size_t n, uint64_t *rows,
                 pmpo_error *err)
{
    (void)self;
    (void)err;
    *rows = 0;
    for (size_t i = 0; i < n; i++) {
        *rows += pmpo_unit_logical(&units[i]) - units[i].n_requests;
    }
    return 0;
}

/* ---- generating ----------------------------------------------------------- */

/* The reply's text up to the stop, if it is in it. */
static int read_sample(custom *c, const int32_t *ids, size_t n, pmpo_str stop,
                       pmpo_reply *out, pmpo_error *err)
{
    pmpo_buf raw = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = ids[i] < 0 || ids[i] >= c->e.n_vocab
                 ? broken(c, "generate", 1, err)
                 : piece(c, ids[i], &raw, err);
        size_t at = pmpo_stop_in(pmpo_buf_str(&raw), stop);
        if (rc == 0 && at != SIZE_MAX) {
            raw.len = at + stop.len;
            out->complete = true;
            n = i + 1;
        }
    }
    if (rc == 0) {
        pmpo_buf_put_valid(&out->text, pmpo_buf_str(&raw));
        out->n_tokens = n;
        rc = out->text.failed ? pmpo_fail_memory(err) : 0;
    }
    pmpo_buf_release(&raw);
    return rc;
}

static int one_sample(custom *c, const pmpo_gen_request *r, uint64_t seed,
                      const pmpo_gen_params *p, pmpo_reply *out,
                      pmpo_error *err)
{
    const pmpo_custom_sample s = {
        .ids = r->ids, .n_ids = r->n_ids, .temperature = p->temperature,
        .top_p = p->top_p, .seed = seed, .max_tokens = p->max_tokens,
        .stop = p->stop,
    };
    int rc = stopped(c, err);
    if (rc < 0) {
        return rc;
    }
    int32_t *ids = pmpo_calloc((size_t)p->max_tokens, sizeof(*ids));
    if (!ids) {
        return pmpo_fail_memory(err);
    }
    ptrdiff_t n = c->e.generate(c->e.ud, &s, ids, &out->complete, err);
    rc = n < 0 || n > p->max_tokens
             ? broken(c, "generate", n, err)
             : read_sample(c, ids, (size_t)n, p->stop, out, err);
    out->n_fed = r->n_ids;
    pmpo_free(ids);
    struct pmpo_model *m = c->model;
    if (rc == 0 && m->tick) {
        m->tick(m->tick_ud, r->n_ids + out->n_tokens);
    }
    return rc;
}

static int generate(void *self, const pmpo_gen_request *requests, size_t n,
                    const pmpo_gen_params *p, pmpo_reply *out,
                    pmpo_error *err)
{
    custom *c = self;
    pmpo_error own = {0};
    err = err ? err : &own;
    if (!c->e.generate) {
        return pmpo_fail(err, PMPO_EMODEL, "the engine %s can't generate: let "
                         "another model rewrite, or none", c->model->info.name);
    }
    int rc = 0;
    size_t at = 0; /* of a reply */
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (requests[i].n_ids + (size_t)p->max_tokens
            > (size_t)c->e.n_context) {
            return pmpo_fail(err, PMPO_ETOOLONG, "a prompt of %zu tokens "
                             "leaves no room for %d of %d", requests[i].n_ids,
                             p->max_tokens, c->e.n_context);
        }
        for (size_t v = 0; rc == 0 && v < requests[i].n_samples; v++) {
            rc = one_sample(c, &requests[i], requests[i].seeds[v], p, &out[at],
                            err);
            out[at].code = rc;
            if (rc == 0 && p->done) {
                p->done(p->ud, at);
            }
            at++;
        }
    }
    return rc;
}

/* ---- making and ending ---------------------------------------------------- */

static void cancel(void *self, bool on)
{
    custom *c = self;
    c->cancelled = on;
    if (c->e.cancel) {
        c->e.cancel(c->e.ud, on);
    }
}

static void close_custom(void *self)
{
    custom *c = self;
    if (c->e.close) {
        c->e.close(c->e.ud);
    }
    pmpo_free(c);
}

static const pmpo_engine engine = {
    .score = score,
    .count = count,
    .generate = generate,
    .cancel = cancel,
    .close = close_custom,
};

static bool id_or_none(const pmpo_custom_engine *e, int32_t id)
{
    return id >= -1 && id < e->n_vocab;
}

static int check(const pmpo_custom_engine *e, pmpo_error *err)
{
    if (e->size != sizeof(*e)) {
        return pmpo_fail(err, PMPO_EVERSION, "pmpo_custom_engine of another "
                         "version of pmpo_custom.h");
    }
    if (!e->name || !e->name[0] || !e->identity || !e->identity[0]
        || !e->tokenize || !e->piece || !e->score) {
        return pmpo_fail(err, PMPO_EUSAGE, "an engine needs a name, an "
                         "identity, tokenize, piece and score");
    }
    if (e->n_vocab < 1 || e->n_context < 2 || !id_or_none(e, e->bos)
        || !id_or_none(e, e->eos) || !id_or_none(e, e->eot)
        || (e->add_bos && e->bos < 0)) {
        return pmpo_fail(err, PMPO_EUSAGE, "the engine %s: n_vocab, n_context "
                         "or one of bos, eos, eot is out of range", e->name);
    }
    for (size_t i = 0; i < e->n_specials; i++) {
        const pmpo_custom_special *s = &e->specials[i];
        if (s->id < 0 || s->id >= e->n_vocab || s->text.len == 0
            || (i > 0 && s->text.len > s[-1].text.len)) {
            return pmpo_fail(err, PMPO_EUSAGE, "the engine %s: special %zu has "
                             "no text, no such id, or a longer text than the "
                             "one before", e->name, i);
        }
    }
    return 0;
}

static bool copy_specials(struct pmpo_model *m, const pmpo_custom_engine *e)
{
    pmpo_special *s = pmpo_arena_alloc(&m->mem, e->n_specials, sizeof(*s));
    bool ok = s != NULL;
    for (size_t i = 0; ok && i < e->n_specials; i++) {
        s[i].id = e->specials[i].id;
        s[i].text = pmpo_arena_str(&m->mem, e->specials[i].text);
        ok = s[i].text.ptr != NULL;
    }
    m->vocab.specials = s;
    m->vocab.n_specials = e->n_specials;
    return ok;
}

static bool identify(struct pmpo_model *m, const pmpo_custom_engine *e)
{
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return false;
    }
    pmpo_hasher_str(h, PMPO_STR("custom engine"));
    pmpo_hasher_str(h, pmpo_str_of(e->identity));
    const int32_t facts[] = {e->n_vocab, e->bos, e->eos, e->eot, e->add_bos,
                             e->leading_space};
    pmpo_hasher_bytes(h, facts, sizeof(facts));
    m->identity = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    return true;
}

static bool describe(struct pmpo_model *m, const pmpo_custom_engine *e)
{
    char hex[33];
    pmpo_buf place = {0};
    pmpo_buf_printf(&place, SCHEME "%s", e->name);
    pmpo_hash_hex(m->identity, hex);
    m->info = (pmpo_model_info){
        .name = pmpo_arena_cstr(&m->mem, e->name),
        .path = place.failed ? NULL : pmpo_arena_cstr(&m->mem, place.ptr),
        .architecture = "custom",
        .description = "engine of the calling program",
        .precision = "native",
        .products = "own",
        .identity = pmpo_arena_cstr(&m->mem, hex),
        .template_name = e->chat ? "chat" : "none",
        .note = "",
        .n_vocab = e->n_vocab,
        .n_context = e->n_context,
        .threads = 1,
        .shares_prefixes = true,
    };
    m->info.source_path = m->info.path;
    pmpo_buf_release(&place);
    return m->info.name && m->info.path && m->info.identity;
}

static struct pmpo_model *make(const pmpo_custom_engine *e)
{
    struct pmpo_model *m = pmpo_calloc(1, sizeof(*m));
    custom *c = pmpo_calloc(1, sizeof(*c));
    if (!m || !c) {
        pmpo_free(m);
        pmpo_free(c);
        return NULL;
    }
    c->e = *e;
    c->e.name = c->e.identity = NULL; /* the caller's: not kept */
    c->e.specials = NULL;
    c->model = m;
    m->vocab = (pmpo_vocab){
        .self = c, .tokenize = tokenize, .piece = piece, .chat = chat,
        .leading_space = e->leading_space, .add_bos = e->add_bos,
        .bos = e->bos, .eos = e->eos, .eot = e->eot,
        .n_tokens = (size_t)e->n_vocab,
    };
    m->limits = (pmpo_limits){MAX_SEQUENCES, (size_t)e->n_context};
    if (!copy_specials(m, e) || !identify(m, e) || !describe(m, e)) {
        pmpo_arena_release(&m->mem);
        pmpo_free(m);
        pmpo_free(c);
        return NULL;
    }
    m->engine = &engine;
    m->self = c;
    return m;
}

int pmpo_model_custom(const pmpo_custom_engine *e, pmpo_model **out,
                      pmpo_error *err)
{
    int rc = check(e, err);
    if (rc < 0) {
        return rc;
    }
    struct pmpo_model *m = make(e);
    if (!m) {
        return pmpo_fail_memory(err);
    }
    *out = m;
    return 0;
}

/* ---- in the table of engines ------------------------------------------------ */

bool pmpo_custom_takes(const char *model)
{
    return model && !strncmp(model, SCHEME, strlen(SCHEME));
}

int pmpo_custom_open(const pmpo_model_options *o, pmpo_model **out,
                     pmpo_error *err)
{
    (void)out;
    return pmpo_fail(err, PMPO_EMODEL, "%s is an engine of the program that "
                     "made the run: only that can go on with it", o->model);
}
