/* fake_engine.c: the model for tests. */
#include "fake_engine.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/flag.h"
#include "engine/llama/plan.h"
#include "propose/forms.h"
#include "text/text.h"

enum { IM_START = 256, IM_END, END_OF_TEXT, N_TOKENS };

typedef struct fake {
    fake_options o;
    pmpo_model *model;
    pmpo_flag cancelled;
    size_t n_events, n_generated, n_replies, n_violations;
    size_t n_most, n_dropped; /* units under way; not finished, unwanted */
    size_t n_held; /* requests with a grammar */
} fake;

static const pmpo_special specials[] = {
    {END_OF_TEXT, {"<|endoftext|>", 13}, false, false},
    {IM_START, {"<|im_start|>", 12}, false, false},
    {IM_END, {"<|im_end|>", 10}, false, false},
};

#define N_SPECIALS (sizeof(specials) / sizeof(specials[0]))

/* ---- vocabulary ---------------------------------------------------------- */

static int tokenize(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err)
{
    (void)self;
    for (size_t i = 0; i < text.len;) {
        int32_t id = (unsigned char)text.ptr[i];
        size_t n = 1;
        for (size_t k = 0; special && k < N_SPECIALS; k++) {
            if (pmpo_str_starts(pmpo_str_sub(text, i, text.len),
                                specials[k].text)) {
                id = specials[k].id;
                n = specials[k].text.len;
            }
        }
        if (pmpo_tokens_put(out, id) < 0) {
            return pmpo_fail_memory(err);
        }
        i += n;
    }
    return 0;
}

static int piece(void *self, int32_t id, pmpo_buf *out, pmpo_error *err)
{
    (void)self;
    if (id < 0 || id >= N_TOKENS) {
        return pmpo_fail(err, PMPO_EUSAGE, "no token %d", (int)id);
    }
    if (id < 256) {
        pmpo_buf_putc(out, (char)id);
    }
    for (size_t k = 0; k < N_SPECIALS; k++) {
        if (specials[k].id == id) {
            pmpo_buf_put(out, specials[k].text);
        }
    }
    return 0;
}

static int chat(void *self, const pmpo_message *messages, size_t n,
                bool assistant, pmpo_buf *out, pmpo_error *err)
{
    (void)self;
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_puts(out, "<|im_start|>");
        pmpo_buf_put(out, messages[i].role);
        pmpo_buf_putc(out, '\n');
        pmpo_buf_put(out, messages[i].content);
        pmpo_buf_puts(out, "<|im_end|>\n");
    }
    pmpo_buf_puts(out, assistant ? "<|im_start|>assistant\n" : "");
    return out->failed ? pmpo_fail_memory(err) : 0;
}

/* ---- events -------------------------------------------------------------- */

static int event_begins(fake *f, pmpo_error *err)
{
    size_t n = ++f->n_events;
    if (n == f->o.kill_at && f->o.kill_when == FAKE_AT_START) {
        raise(SIGKILL);
    }
    if (n == f->o.cancel_at) {
        f->cancelled = 1;
    }
    if (f->cancelled) {
        return pmpo_fail(err, PMPO_ECANCELLED, "cancelled");
    }
    if (n == f->o.fail_at) {
        return pmpo_fail(err, PMPO_EBACKEND, "planted failure at event %zu",
                         n);
    }
    return 0;
}

static void event_ends(fake *f, char kind, pmpo_hash key)
{
    if (f->o.log) {
        char line[48], hex[33];
        pmpo_hash_hex(key, hex);
        int n = snprintf(line, sizeof(line), "%c %s\n", kind, hex);
        int fd = open(f->o.log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (fd < 0 || write(fd, line, (size_t)n) != n) {
            abort();
        }
        close(fd);
    }
    if (f->n_events == f->o.kill_at && f->o.kill_when == FAKE_AT_END) {
        raise(SIGKILL);
    }
}

/* ---- scoring ------------------------------------------------------------- */

double fake_logprob(uint64_t salt, const int32_t *ids, size_t at)
{
    uint64_t h = pmpo_hash64(ids, (at + 1) * sizeof(*ids), salt);
    return -4 * pmpo_random_unit(&h);
}

static void check_unit(fake *f, const pmpo_unit *u)
{
    bool ok = u->n_requests > 0;
    for (size_t i = 0; ok && i < u->n_requests; i++) {
        const pmpo_request *r = &u->requests[i];
        ok = r->n_context >= 1 && r->n_context < r->n_ids
             && u->n_prefix < r->n_context
             && r->n_ids <= (size_t)f->model->info.n_context
             && !memcmp(r->ids, u->requests[0].ids,
                        u->n_prefix * sizeof(*r->ids));
        for (size_t t = 0; ok && t < r->n_ids; t++) {
            ok = r->ids[t] >= 0 && r->ids[t] < N_TOKENS;
        }
    }
    f->n_violations += !ok;
}

static void put_text(const int32_t *ids, size_t n, pmpo_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (ids[i] < 256) {
            pmpo_buf_putc(out, (char)ids[i]);
        }
    }
}

static double cost_of(const fake *f, const pmpo_request *r)
{
    pmpo_buf context = {0}, target = {0};
    put_text(r->ids, r->n_context, &context);
    put_text(r->ids + r->n_context, r->n_ids - r->n_context, &target);
    double nats = f->o.costs(pmpo_buf_str(&context), pmpo_buf_str(&target));
    pmpo_buf_release(&context);
    pmpo_buf_release(&target);
    return nats;
}

static double one_token(const fake *f, const pmpo_request *r, size_t t,
                        size_t place)
{
    size_t skip = f->o.shift ? 1 : 0;
    double lp = fake_logprob(f->o.salt, r->ids + skip, t - skip);
    uint64_t h = pmpo_hash64(&lp, sizeof(lp), place + 1);
    lp -= f->o.jitter * pmpo_random_unit(&h);
    lp -= f->o.costs && t == r->n_context ? cost_of(f, r) : 0;
    return f->n_events == f->o.nan_at ? NAN : lp;
}

static pmpo_hash unit_key(const pmpo_unit *u)
{
    pmpo_hasher *h = pmpo_hasher_new();
    for (size_t i = 0; i < u->n_requests; i++) {
        pmpo_hasher_u64(h, u->requests[i].n_context);
        pmpo_hasher_u64(h, u->requests[i].n_ids);
        pmpo_hasher_bytes(h, u->requests[i].ids,
                          u->requests[i].n_ids * sizeof(int32_t));
    }
    pmpo_hash key = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    return key;
}

static int score_unit(fake *f, const pmpo_unit *u, pmpo_unit_result *r,
                      pmpo_error *err)
{
    int rc = event_begins(f, err);
    if (rc < 0) {
        return rc;
    }
    check_unit(f, u);
    size_t at = 0;
    r->prefill_tokens = r->logical_tokens = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        for (size_t t = q->n_context; t < q->n_ids; t++) {
            r->logprobs[at++] = (float)one_token(f, q, t, i);
        }
        if (r->codes) {
            r->codes[i] = 0;
        }
        r->prefill_tokens += q->n_ids - u->n_prefix;
        r->logical_tokens += q->n_ids;
    }
    r->ms = 1;
    if (f->model->tick) {
        f->model->tick(f->model->tick_ud, (size_t)r->prefill_tokens);
    }
    event_ends(f, 's', unit_key(u));
    return 0;
}

/* Takes as many units as it has room for, finishes some, in any order, and
 * asks for more. What is not wanted any more it drops as often as not. */
static int score(void *self, const pmpo_queue *q, pmpo_error *err)
{
    fake *f = self;
    enum { MOST = 64 };
    pmpo_task *under_way[MOST];
    size_t n = 0, room = f->o.at_a_time ? f->o.at_a_time : 1;
    uint64_t seed = f->o.disorder;
    for (;;) {
        pmpo_task *t;
        while (n < room && n < MOST && (t = q->next(q->ud)) != NULL) {
            under_way[n++] = t;
            f->n_most = n > f->n_most ? n : f->n_most;
        }
        if (n == 0) {
            return 0;
        }
        for (size_t some = 1 + pmpo_random(&seed) % n; some > 0; some--) {
            size_t i = n == 1 ? 0 : pmpo_random(&seed) % n;
            t = under_way[i];
            under_way[i] = under_way[--n];
            bool drop = t->unwanted && pmpo_random(&seed) % 2;
            t->code = drop ? PMPO_ECANCELLED
                           : score_unit(f, &t->unit, &t->result, &t->error);
            if (t->code == PMPO_ECANCELLED && !drop) {
                return pmpo_fail(err, t->code, "%s", t->error.text);
            }
            f->n_dropped += drop;
            q->done(q->ud, t);
        }
    }
}

/* ---- counting ------------------------------------------------------------ */

/* As an engine would that has room for everything at one time. */
static int count(void *self, const pmpo_unit *units, size_t n, uint64_t *rows,
                 pmpo_error *err)
{
    (void)self;
    const pmpo_plan_limits unbounded = {SIZE_MAX / 2, SIZE_MAX / 2,
                                        SIZE_MAX / 2, SIZE_MAX / 2,
                                        SIZE_MAX / 2, 0};
    pmpo_arena mem = {0};
    int rc = 0;
    *rows = n && !units[0].plain ? units[0].n_prefix : 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        pmpo_plan plan;
        rc = pmpo_plan_make(&units[i], &unbounded, &mem, &plan, err);
        *rows += units[i].plain
                     ? pmpo_unit_logical(&units[i]) - units[i].n_requests
                     : plan.n_rows;
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- generating ---------------------------------------------------------- */

static const char *const sentences[] = {
    "Answer with the label only.",
    "Read the whole input first.",
    "Think about what is asked, then decide.",
    "Be brief.",
    "Give exactly one answer.",
    "Check the result before answering.",
    "If unsure, choose the likelier answer.",
    "Ignore details that do not matter.",
    "Use the wording of the task.",
    "Write nothing but the answer.",
    "Compare all possibilities.",
    "Work step by step.",
};

#define N_SENTENCES (sizeof(sentences) / sizeof(sentences[0]))

/* What stands between two lines of the form. */
static pmpo_str between(pmpo_str text, const char *head, const char *tail)
{
    size_t a = pmpo_str_find(text, pmpo_str_of(head), 0);
    if (a == SIZE_MAX) {
        return PMPO_STR("");
    }
    a += strlen(head);
    size_t b = pmpo_str_find(text, pmpo_str_of(tail), a);
    return b == SIZE_MAX ? PMPO_STR("") : pmpo_str_sub(text, a, b);
}

static void wrap(pmpo_str prompt, const char *more, pmpo_buf *out)
{
    pmpo_buf_puts(out, "The instruction is vague.\n" PMPO_REPLY_OPEN);
    pmpo_buf_put(out, prompt);
    pmpo_buf_puts(out, more[0] && prompt.len ? " " : "");
    pmpo_buf_puts(out, more);
    pmpo_buf_puts(out, PMPO_REPLY_CLOSE);
}

static void rewrite(const fake *f, pmpo_str form, bool begun, uint64_t h,
                    pmpo_reply *out)
{
    pmpo_str old = between(form, PMPO_FORM_BEGIN, PMPO_FORM_END);
    pmpo_str input = between(form, "\nInput: ", "\nExpected output: ");
    size_t cut = pmpo_str_find(old, PMPO_STR(". "), 0);
    const char *more = sentences[pmpo_random(&h) % N_SENTENCES];
    uint64_t share = pmpo_random(&h) % 20;
    out->complete = true;
    if (begun && (f->o.all_bad || share == 0) && !f->o.stuck) {
        pmpo_buf_puts(&out->text, PMPO_REPLY_OPEN " " PMPO_REPLY_CLOSE);
        return;
    }
    if (f->o.stuck) {
        wrap(old, "", &out->text);
    } else if (f->o.all_bad || share == 0) {
        pmpo_buf_puts(&out->text, "I think the instruction is fine.");
    } else if (share == 1) {
        pmpo_buf_puts(&out->text, PMPO_REPLY_OPEN "Never mind the");
        out->complete = false;
    } else if (share == 2) {
        wrap(old, "", &out->text);
    } else if (share == 3) {
        wrap(PMPO_STR(""), "", &out->text);
    } else if (share == 4) {
        wrap(PMPO_STR("..."), "", &out->text);
    } else if (share == 5) {
        wrap(input, more, &out->text);
    } else if (share < 9 && cut != SIZE_MAX) {
        wrap(pmpo_str_sub(old, cut + 2, old.len), more, &out->text);
    } else {
        wrap(old, more, &out->text);
    }
}

/* Marks the first sentence; two prompts in three are copied faithfully. */
static void mark(pmpo_str form, pmpo_reply *out)
{
    pmpo_str old = between(form, PMPO_FORM_BEGIN, PMPO_FORM_END);
    size_t cut = pmpo_str_find(old, PMPO_STR("."), 0);
    cut = cut == SIZE_MAX ? old.len : cut + 1;
    bool faithful = pmpo_hash64(old.ptr, old.len, 7) % 3 != 0;
    pmpo_buf_puts(&out->text, PMPO_MARK_OPEN);
    pmpo_buf_put(&out->text, pmpo_str_sub(old, 0, cut));
    pmpo_buf_puts(&out->text, PMPO_MARK_CLOSE);
    pmpo_buf_puts(&out->text, faithful ? "" : " (a unit)");
    pmpo_buf_put(&out->text, pmpo_str_sub(old, cut, old.len));
    out->complete = true;
}

/* Tokens are bytes here. */
static void cut_off(pmpo_reply *out, size_t max_tokens)
{
    if (out->text.len > max_tokens) {
        out->text.len = pmpo_utf8_floor(pmpo_buf_str(&out->text), max_tokens);
        out->text.ptr[out->text.len] = '\0';
        out->complete = false;
    }
    out->n_tokens = out->text.len;
}

/* What was begun is not said again. */
static void go_on(pmpo_str begun, pmpo_reply *out)
{
    size_t at = pmpo_str_find(pmpo_buf_str(&out->text), begun, 0);
    if (begun.len > 0 && at != SIZE_MAX) {
        size_t skip = at + begun.len;
        memmove(out->text.ptr, out->text.ptr + skip, out->text.len - skip + 1);
        out->text.len -= skip;
    }
}

static void reply(const fake *f, const pmpo_gen_request *r, uint64_t seed,
                  const pmpo_gen_params *p, pmpo_reply *out)
{
    pmpo_str form = r->messages[r->n_messages - 1].content;
    if (pmpo_str_find(form, PMPO_STR(PMPO_MARK_OPEN " before"), 0)
        != SIZE_MAX) {
        mark(form, out);
    } else {
        rewrite(f, form, r->begun.len > 0,
                pmpo_hash64(form.ptr, form.len, seed ^ f->o.salt), out);
        go_on(r->begun, out);
    }
    cut_off(out, (size_t)p->max_tokens);
}

/* A chat comes with its tokens, which hold its words. */
static void check_rendered(fake *f, const pmpo_gen_request *r)
{
    pmpo_buf text = {0};
    f->n_held += r->grammar.len > 0;
    if (f->o.deaf) {
        f->n_violations += r->begun.len || r->grammar.len;
        return;
    }
    for (size_t i = 0; i < r->n_ids; i++) {
        piece(NULL, r->ids[i], &text, NULL);
    }
    for (size_t i = 0; i < r->n_messages; i++) {
        f->n_violations += pmpo_str_find(pmpo_buf_str(&text),
                                         r->messages[i].content, 0)
                           == SIZE_MAX;
    }
    if (r->begun.len > 0) { /* comes last */
        pmpo_str all = pmpo_buf_str(&text);
        size_t at = all.len < r->begun.len ? all.len : all.len - r->begun.len;
        f->n_violations += !pmpo_str_eq(pmpo_str_sub(all, at, all.len),
                                        r->begun);
    }
    f->n_violations += r->n_ids == 0;
    pmpo_buf_release(&text);
}

/* Without messages: an answer, by the hash of the whole prompt. */
static void answer(const fake *f, const pmpo_gen_request *r,
                   const pmpo_gen_params *p, pmpo_reply *out)
{
    uint64_t h = pmpo_hash64(r->ids, r->n_ids * sizeof(*r->ids), f->o.salt);
    if (f->o.answers) {
        pmpo_buf prompt = {0};
        for (size_t i = 0; i < r->n_ids; i++) {
            if (r->ids[i] < 256) {
                pmpo_buf_putc(&prompt, (char)r->ids[i]);
            }
        }
        f->o.answers(pmpo_buf_str(&prompt), &out->text);
        pmpo_buf_release(&prompt);
    } else {
        pmpo_buf_printf(&out->text, "The answer is %s.", h % 2 ? "Yes" : "No");
    }
    out->complete = true;
    cut_off(out, (size_t)p->max_tokens);
    out->n_fed = r->n_ids;
}

/* One more reply has ended. */
static int after_reply(fake *f, const pmpo_gen_params *p, size_t i,
                       pmpo_error *err)
{
    f->n_replies++;
    if (p->done) {
        p->done(p->ud, i);
    }
    if (f->n_replies == f->o.kill_after) {
        raise(SIGKILL);
    }
    return f->n_replies == f->o.cancel_after
               ? pmpo_fail(err, PMPO_ECANCELLED, "cancelled")
               : 0;
}

static void hash_generation(pmpo_hasher *h, const pmpo_gen_request *r)
{
    if (r->n_messages == 0) {
        pmpo_hasher_bytes(h, r->ids, r->n_ids * sizeof(*r->ids));
    }
    for (size_t i = 0; i < r->n_messages; i++) {
        pmpo_hasher_str(h, r->messages[i].content);
    }
    pmpo_hasher_str(h, r->begun);
    pmpo_hasher_str(h, r->grammar);
    for (size_t i = 0; i < r->n_samples; i++) {
        pmpo_hasher_u64(h, r->seeds[i]);
    }
}

/* One request's samples into out[*at]...; *at moves on. */
static int generate_one(fake *f, const pmpo_gen_request *r,
                        const pmpo_gen_params *p, pmpo_reply *out, size_t *at,
                        pmpo_error *err)
{
    size_t fed = f->o.strict ? r->n_ids : 0;
    for (size_t i = 0; i < r->n_messages; i++) { /* the last one's */
        fed = r->messages[i].content.len;
    }
    if (fed > 0 &&
        fed + (size_t)p->max_tokens > (size_t)f->model->info.n_context) {
        return pmpo_fail(err, PMPO_ETOOLONG, "no room to generate");
    }
    int rc = 0;
    for (size_t v = 0; rc == 0 && v < r->n_samples; v++, ++*at) {
        pmpo_reply *to = &out[*at];
        if (r->n_messages == 0) {
            answer(f, r, p, to);
        } else {
            reply(f, r, r->seeds[v], p, to);
            to->n_fed = v == 0 ? fed : 0; /* shared by the others */
        }
        rc = after_reply(f, p, *at, err);
    }
    return rc;
}

static int generate(void *self, const pmpo_gen_request *requests, size_t n,
                    const pmpo_gen_params *p, pmpo_reply *out,
                    pmpo_error *err)
{
    fake *f = self;
    int rc = event_begins(f, err);
    if (rc < 0) {
        return rc;
    }
    f->n_generated++;
    pmpo_hasher *h = pmpo_hasher_new();
    size_t at = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        check_rendered(f, &requests[i]);
        hash_generation(h, &requests[i]);
        rc = generate_one(f, &requests[i], p, out, &at, err);
    }
    pmpo_hash key = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    if (rc < 0) {
        return rc;
    }
    if (f->model->tick) {
        f->model->tick(f->model->tick_ud, 1);
    }
    event_ends(f, 'g', key);
    return 0;
}

/* ---- making and ending --------------------------------------------------- */

static void cancel(void *self, bool on)
{
    ((fake *)self)->cancelled = on;
}

static void close_fake(void *self)
{
    pmpo_free(self);
}

static const pmpo_engine engine = {
    .score = score,
    .count = count,
    .generate = generate,
    .cancel = cancel,
    .close = close_fake,
};

pmpo_model *fake_new(const fake_options *o)
{
    pmpo_model *m = pmpo_calloc(1, sizeof(*m));
    fake *f = pmpo_calloc(1, sizeof(*f));
    f->o = *o;
    f->model = m;
    m->engine = &engine;
    m->self = f;
    m->vocab = (pmpo_vocab){
        .self = f,
        .tokenize = tokenize,
        .piece = piece,
        .chat = chat,
        .specials = specials,
        .n_specials = N_SPECIALS,
        .bos = -1,
        .eos = END_OF_TEXT,
        .eot = IM_END,
        .n_tokens = N_TOKENS,
    };
    uint64_t id[2] = {o->salt, 0x66616b65};
    memcpy(m->identity.bytes, id, sizeof(id));
    char hex[33];
    pmpo_hash_hex(m->identity, hex);
    m->info = (pmpo_model_info){
        .name = o->name ? o->name : "fake",
        .path = "/fake.gguf",
        .source_path = "/fake.gguf",
        .architecture = "fake",
        .description = "hashes",
        .precision = "f32",
        .products = "blas",
        .identity = pmpo_arena_cstr(&m->mem, hex),
        .template_name = "chat",
        .note = "",
        .n_vocab = N_TOKENS,
        .n_context = o->context ? o->context : 1 << 20,
        .threads = 1,
        .shares_prefixes = true,
    };
    m->takes_messages = o->deaf;
    m->obeys_grammars = !o->deaf;
    m->limits = (pmpo_limits){o->max_requests ? o->max_requests : 8,
                              (size_t)m->info.n_context};
    return m;
}

void fake_free(pmpo_model *m)
{
    if (m) {
        m->engine->close(m->self);
        pmpo_arena_release(&m->mem);
        pmpo_free(m);
    }
}

size_t fake_events(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_events;
}

size_t fake_generated(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_generated;
}

size_t fake_replies(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_replies;
}

size_t fake_violations(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_violations;
}

size_t fake_held(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_held;
}

size_t fake_most_under_way(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_most;
}

size_t fake_dropped(const pmpo_model *m)
{
    return ((const fake *)m->self)->n_dropped;
}
