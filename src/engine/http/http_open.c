/* http_open.c: opens a model on servers: finds its name and what the servers
 * support; description, identity, closing. */
#include "engine/http/http.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "engine/http/asks.h"
#include "engine/http/http_engine.h"
#include "engine/http/url.h"

#define REQUESTS_A_UNIT 16 /* sequences; a unit is kept once all are there */
#define TRIES_AT_OPENING 2
#define BUSY_AT_OPENING_MS 30000.0
#define APART 0.1 /* nats a token: other weights, not another rounding */

typedef struct opening {
    const pmpo_model_options *o;
    struct pmpo_model *m;
    pmpo_remote *r;
    pmpo_http_options http;
    const char **urls; /* [n] */
    size_t n;
    char name[256], root[256], owner[64], version[64];
    size_t max_context; /* positions; 0: not known */
    int n_vocab;
    pmpo_probe probe; /* of the first that answered */
    pmpo_buf notes;
} opening;

/* ---- addresses ------------------------------------------------------------------- */

static bool is_url(const char *s)
{
    return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

bool pmpo_http_takes(const char *model)
{
    return model && is_url(model);
}

/* Without '/' at the end; a host alone gets /v1. */
static char *tidy_url(pmpo_arena *mem, pmpo_str s)
{
    s = pmpo_str_trim(s);
    while (s.len > 8 && s.ptr[s.len - 1] == '/') {
        s.len--;
    }
    pmpo_buf b = {0};
    pmpo_buf_put(&b, s);
    const char *host = strstr(pmpo_buf_str(&b).ptr, "://");
    if (host && !strchr(host + 3, '/')) {
        pmpo_buf_puts(&b, "/v1");
    }
    char *out = b.failed ? NULL
                         : pmpo_arena_cstr(mem, pmpo_buf_str(&b).ptr);
    pmpo_buf_release(&b);
    return out;
}

static int split_urls(opening *w, pmpo_error *err)
{
    const char *at = w->o->model;
    size_t most = 1;
    for (const char *p = at; (p = strchr(p, ',')) != NULL; p++) {
        most++;
    }
    w->urls = pmpo_arena_alloc(&w->m->mem, most, sizeof(*w->urls));
    if (!w->urls) {
        return pmpo_fail_memory(err);
    }
    while (*at) {
        size_t n = strcspn(at, ",");
        const char *url = tidy_url(&w->m->mem, (pmpo_str){at, n});
        if (!url) {
            return pmpo_fail_memory(err);
        }
        w->urls[w->n++] = url;
        at += n + (at[n] == ',');
    }
    return 0;
}

/* ---- what a server says of itself -------------------------------------------------------- */

/* GETs `path` of the server at `url`, h's only one. *o is the caller's to
 * release. */
static int get(pmpo_http *h, const char *url, const char *path, json_t **o,
               int *status, pmpo_error *err)
{
    pmpo_error bad;
    pmpo_http_call call = {.path = path};
    pmpo_buf body = {0};
    *o = NULL;
    int rc = pmpo_http_one(h, &call, &body, status, err);
    if (rc == 0) {
        *o = pmpo_json_reply(pmpo_buf_str(&body), &bad);
        rc = *o ? 0 : pmpo_fail(err, PMPO_EBACKEND, "%s%s: %s: is this the URL of "
                                "an OpenAI-compatible server, such as "
                                "http://host:8000/v1?", url, path, bad.text);
    }
    pmpo_buf_release(&body);
    return rc;
}

static void copy(char *to, size_t size, const json_t *from)
{
    const char *s = json_string_value(from);
    if (s) {
        snprintf(to, size, "%s", s);
    }
}

/* The names of the models served, for an error. */
static int which_model(const json_t *list, const char *url, const char *asked,
                       pmpo_error *err)
{
    pmpo_buf names = {0};
    for (size_t i = 0; i < json_array_size(list) && i < 20; i++) {
        const json_t *id = json_object_get(json_array_get(list, i), "id");
        pmpo_buf_printf(&names, "%s%s", i ? ", " : "",
                        json_string_value(id) ? json_string_value(id) : "?");
    }
    int rc = asked ? pmpo_fail(err, PMPO_EMODEL, "%s serves no model \"%s\"; "
                               "there is %s", url, asked,
                               pmpo_buf_str(&names).ptr)
                   : pmpo_fail(err, PMPO_EUSAGE, "%s serves %zu models: name "
                               "one (--model-name): %s", url,
                               json_array_size(list), pmpo_buf_str(&names).ptr);
    pmpo_buf_release(&names);
    return rc;
}

/* Finds the model in the list of those served. */
static int find_model(opening *w, const json_t *list, const char *url,
                      pmpo_error *err)
{
    const char *asked = w->name[0] ? w->name : w->o->model_name;
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *id = json_string_value(json_object_get(one, "id"));
        bool only = !asked && json_array_size(list) == 1;
        found = id && (only || (asked && !strcmp(id, asked))) ? one : found;
    }
    if (!found) {
        return which_model(list, url, asked, err);
    }
    const json_t *meta = json_object_get(found, "meta");
    copy(w->name, sizeof(w->name), json_object_get(found, "id"));
    copy(w->root, sizeof(w->root), json_object_get(found, "root"));
    copy(w->owner, sizeof(w->owner), json_object_get(found, "owned_by"));
    json_int_t most =
        json_integer_value(json_object_get(found, "max_model_len"));
    most = most > 0 ? most
                    : json_integer_value(json_object_get(meta, "n_ctx"));
    if (most > 0 && (w->max_context == 0 || (size_t)most < w->max_context)) {
        w->max_context = (size_t)most;
    }
    w->n_vocab = (int)json_integer_value(json_object_get(meta, "n_vocab"));
    return 0;
}

/* Name and version of one server; some have no list of models. */
static int ask_server(opening *w, pmpo_http *h, size_t i, bool *silent,
                      pmpo_error *err)
{
    json_t *o = NULL, *v = NULL;
    int status = 0;
    int rc = get(h, w->urls[i], "/models", &o, &status, err);
    const json_t *list = json_object_get(o, "data");
    *silent = rc < 0 && status == 0;
    if (rc == 0 && json_is_array(list)) {
        rc = find_model(w, list, w->urls[i], err);
    } else if ((rc == 0 || status == 404 || status == 405) &&
               w->o->model_name) {
        rc = 0;
        snprintf(w->name, sizeof(w->name), "%s", w->o->model_name);
    } else if (rc == 0 || status == 404 || status == 405) {
        rc = pmpo_fail(err, PMPO_EMODEL, "%s: no list of models in it: is this "
                       "the URL of an OpenAI-compatible server, such as "
                       "http://host:8000/v1? If so, name the model "
                       "(--model-name)", w->urls[i]);
    }
    if (rc == 0 && !w->version[0] &&
        get(h, w->urls[i], "^/version", &v, &status, NULL) == 0) {
        copy(w->version, sizeof(w->version), json_object_get(v, "version"));
    }
    json_decref(o);
    json_decref(v);
    return rc;
}

/* ---- one server after the other ------------------------------------------------------------- */

/* A transport to server i alone. */
static int one_server(const opening *w, size_t i, pmpo_http **out,
                      pmpo_error *err)
{
    pmpo_http_options one = w->http;
    one.urls = &w->urls[i];
    one.n_urls = 1;
    one.tries = TRIES_AT_OPENING;
    one.busy_ms = BUSY_AT_OPENING_MS;
    return pmpo_http_new(&one, out, err);
}

/* Those that are silent are left out: nobody could tell later whether they serve
 * the same weights. */
static int ask_servers(opening *w, pmpo_error *err)
{
    int rc = 0;
    size_t n = 0; /* of those that answered */
    for (size_t i = 0; rc == 0 && i < w->n; i++) {
        pmpo_http *h = NULL;
        bool silent = false;
        pmpo_error why = {0};
        rc = one_server(w, i, &h, &why);
        rc = rc < 0 ? rc : ask_server(w, h, i, &silent, &why);
        pmpo_http_free(h);
        if (rc == 0) {
            w->urls[n++] = w->urls[i];
        } else if (silent && (n > 0 || i + 1 < w->n)) {
            pmpo_buf_printf(&w->notes,
                            "%s%s did not answer, and is left out: %s",
                            w->notes.len ? "; " : "", w->urls[i], why.text);
            rc = 0;
        } else {
            pmpo_fail(err, rc, "%s", why.text);
        }
    }
    w->n = n;
    return rc;
}

static int compare(const opening *w, size_t i, const pmpo_probe *p,
                   pmpo_error *err)
{
    if (p->dialect != w->probe.dialect) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s gives log-probabilities by the "
                         "dialect %s, the servers before it by %s: replicas "
                         "have to be alike",
                         w->urls[i], p->dialect ? p->dialect->name : "none",
                         w->probe.dialect ? w->probe.dialect->name : "none");
    }
    double apart = pmpo_probe_apart(p, &w->probe);
    if (p->dialect && apart > APART) {
        return pmpo_fail(err, PMPO_EMODEL, "%s serves other weights as \"%s\" "
                         "than the servers before it: a known text's "
                         "log-probabilities are %.3g nats a token apart",
                         w->urls[i], w->name, apart);
    }
    return 0;
}

static int probe_servers(opening *w, const pmpo_dialect *only, pmpo_error *err)
{
    int rc = 0;
    bool first = true;
    for (size_t i = 0; rc == 0 && i < w->n; i++) {
        pmpo_http *h = NULL;
        pmpo_probe p = {0};
        rc = one_server(w, i, &h, err);
        rc = rc < 0 ? rc
                    : pmpo_remote_probe(h, w->name, &w->m->vocab, only, &p, err);
        if (rc == 0 && first) {
            w->probe = p;
            p = (pmpo_probe){0};
            first = false;
        } else if (rc == 0) {
            rc = compare(w, i, &p, err);
            w->probe.next_form = w->probe.next_form && p.next_form;
        }
        pmpo_probe_release(&p);
        pmpo_http_free(h);
    }
    return rc;
}

/* ---- tokens ------------------------------------------------------------------------------------ */

static int tokens_of(const pmpo_vocab *v, pmpo_str text, pmpo_tokens *out,
                     pmpo_error *err)
{
    out->n = 0;
    return v->tokenize(v->self, text, false, out, err);
}

/* The tokens, by the file's vocabulary, spell the text. */
static bool spells(const pmpo_vocab *v, const pmpo_tokens *t, pmpo_str text)
{
    pmpo_buf b = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < t->n; i++) {
        ok = v->piece(v->self, t->ids[i], &b, NULL) == 0;
    }
    ok = ok && pmpo_str_find(pmpo_buf_str(&b), text, 0) != SIZE_MAX;
    pmpo_buf_release(&b);
    return ok;
}

static void add_note(opening *w, const char *text)
{
    pmpo_buf_puts(&w->notes, w->notes.len ? "; " : "");
    pmpo_buf_puts(&w->notes, text);
}

/* A file's tokens have to be those of the server, where it tells its own. Two
 * tokenisers with one vocabulary may cut a text differently: that is said. */
static int compare_tokens(opening *w, pmpo_error *err)
{
    static const char text[] = "Is it 12 \xe4\xb8\x96, caf\xc3\xa9?\n\n1. Yes: "
                               "it's the Unbelievable_Name(x)";
    struct pmpo_model other = {0};
    pmpo_remote_vocab *v = NULL;
    pmpo_tokens a = {0}, b = {0};
    size_t most = 0;
    pmpo_error ignored;
    int rc = pmpo_remote_vocab_new(w->r->talk, w->r->name, &other, &most, &v,
                                   &ignored);
    if (rc < 0) {
        return rc == PMPO_ENOMEM ? pmpo_fail_memory(err) : 0;
    }
    w->max_context = w->max_context ? w->max_context : most;
    rc = tokens_of(&w->m->vocab, pmpo_str_of(text), &a, err);
    rc = rc < 0 ? rc : tokens_of(&other.vocab, pmpo_str_of(text), &b, err);
    bool alike = a.n == b.n && (a.n == 0 ||
                                !memcmp(a.ids, b.ids, a.n * sizeof(*a.ids)));
    if (rc == 0 && !alike && spells(&w->m->vocab, &b, pmpo_str_of(text))) {
        add_note(w, "the file's tokeniser and the server's have the same tokens, "
                    "but cut some texts differently");
    } else if (rc == 0 && !alike) {
        rc = pmpo_fail(err, PMPO_EMODEL, "the tokens of %s are not those of the "
                       "model \"%s\" on the server", w->o->tokenizer, w->name);
    }
    pmpo_tokens_release(&a);
    pmpo_tokens_release(&b);
    pmpo_remote_vocab_free(v);
    pmpo_arena_release(&other.mem);
    return rc;
}

/* From the file given, else from the server; without either the model has no
 * vocabulary, and *why says so. */
static int open_vocab(opening *w, pmpo_buf *why, pmpo_error *err)
{
    pmpo_error none = {0};
    size_t most = 0;
    w->m->vocab = (pmpo_vocab){.bos = -1, .eos = -1, .eot = -1};
    if (w->o->tokenizer) {
        int rc = pmpo_tokenizer_open(w->o->tokenizer, &w->r->tokenizer, err);
        if (rc == 0) {
            w->m->vocab = w->r->tokenizer->vocab;
            w->n_vocab = (int)w->m->vocab.n_tokens;
            rc = compare_tokens(w, err);
        }
        return rc;
    }
    int rc = pmpo_remote_vocab_new(w->r->talk, w->r->name, w->m, &most,
                                   &w->r->vocab, &none);
    if (rc == 0) {
        w->max_context = most && (w->max_context == 0 || most < w->max_context)
                             ? most
                             : w->max_context;
        return 0;
    }
    if (rc != PMPO_EBACKEND && rc != PMPO_EMODEL) {
        return pmpo_fail(err, rc, "%s", none.text);
    }
    pmpo_buf_printf(why, "it does not say how it cuts texts into tokens (%s): "
                    "give --tokenizer FILE.gguf", none.text);
    return 0;
}

static bool has_chat(const struct pmpo_model *m)
{
    const pmpo_message one = {PMPO_STR("user"), PMPO_STR("x")};
    pmpo_buf text = {0};
    bool yes = m->vocab.chat &&
               m->vocab.chat(m->vocab.self, &one, 1, true, &text, NULL) == 0;
    pmpo_buf_release(&text);
    return yes;
}

/* ---- description ----------------------------------------------------------------------------- */

static int identify(opening *w, pmpo_error *err)
{
    struct pmpo_model *m = w->m;
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return pmpo_fail_memory(err);
    }
    pmpo_hasher_str(h, PMPO_STR("http"));
    pmpo_hasher_str(h, pmpo_str_of(w->name));
    pmpo_hasher_str(h, pmpo_str_of(w->root));
    pmpo_hasher_str(h, pmpo_str_of(w->version));
    pmpo_hasher_str(h, pmpo_str_of(m->info.dialect));
    m->identity = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    char hex[33];
    pmpo_hash_hex(m->identity, hex);
    m->info.identity = pmpo_arena_cstr(&m->mem, hex);
    return m->info.identity ? 0 : pmpo_fail_memory(err);
}

static char *kept(opening *w, const pmpo_buf *b)
{
    return b->failed ? NULL
                     : pmpo_arena_cstr(&w->m->mem, pmpo_buf_str(b).ptr);
}

static const char *join_urls(opening *w)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < w->n; i++) {
        pmpo_buf_printf(&b, "%s%s", i ? "," : "", w->urls[i]);
    }
    const char *s = kept(w, &b);
    pmpo_buf_release(&b);
    return s;
}

static const char *describe_server(opening *w)
{
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%s%s%s", w->owner[0] ? w->owner : "a server",
                    w->version[0] ? " " : "", w->version);
    if (w->root[0] && strcmp(w->root, w->name) != 0) {
        pmpo_buf_printf(&b, ", %s", w->root);
    }
    if (w->n > 1) {
        pmpo_buf_printf(&b, ", %zu replicas", w->n);
    }
    const char *s = kept(w, &b);
    pmpo_buf_release(&b);
    return s;
}

/* The dialect's remark goes into the description of the model. */
static void put_notes(opening *w)
{
    const pmpo_remote *r = w->r;
    if (r->dialect && r->dialect->remark[0]) {
        add_note(w, r->dialect->remark);
    }
    if (r->dialect) {
        add_note(w, "scores and samples repeat within the server's rounding, not "
                    "bit for bit");
    }
    if (r->dialect && r->vocab) {
        add_note(w, "special tokens in the data are text, cut in parts");
    }
}

static const char *print_of(opening *w)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < w->probe.n_print; i++) {
        pmpo_buf_printf(&b, "%s%.4f", i ? " " : "", (double)w->probe.print[i]);
    }
    const char *s = kept(w, &b);
    pmpo_buf_release(&b);
    return s;
}

static int describe(opening *w, pmpo_error *err)
{
    struct pmpo_model *m = w->m;
    const pmpo_remote *r = w->r;
    put_notes(w);
    m->info = (pmpo_model_info){
        .name = r->name,
        .path = join_urls(w),
        .architecture = "server",
        .description = describe_server(w),
        .precision = "as served",
        .products = "as served",
        .template_name = has_chat(m) ? "chat" : "none",
        .note = kept(w, &w->notes),
        .n_vocab = w->n_vocab,
        .n_context = (int)w->max_context,
        .shares_prefixes = true,
        .dialect = r->dialect ? r->dialect->name : "none",
        .tokenizer = w->o->tokenizer ? pmpo_arena_cstr(&m->mem, w->o->tokenizer)
                     : r->vocab      ? "server"
                                     : "none",
        .cant_score = m->cant_score,
        .fingerprint = print_of(w),
    };
    m->info.source_path = m->info.path;
    const pmpo_model_info *i = &m->info;
    return i->path && i->description && i->note && i->tokenizer &&
                   i->fingerprint
               ? 0
               : pmpo_fail_memory(err);
}

/* ---- ending -------------------------------------------------------------------------------------- */

static void engine_cancel(void *self, bool on)
{
    pmpo_remote *r = self;
    pmpo_http_cancel(r->load, on);
    pmpo_http_cancel(r->talk, on);
}

static void engine_at_once(void *self, int n)
{
    pmpo_http_at_once(((pmpo_remote *)self)->load, n);
}

static void engine_close(void *self)
{
    pmpo_remote *r = self;
    pmpo_remote_vocab_free(r->vocab);
    if (r->tokenizer) {
        r->tokenizer->close(r->tokenizer);
    }
    pmpo_http_free(r->load);
    pmpo_http_free(r->talk);
    pmpo_free(r);
}

static const pmpo_engine http_engine = {
    .score = pmpo_remote_score,
    .count = pmpo_remote_count,
    .generate = pmpo_remote_generate,
    .at_once = engine_at_once,
    .cancel = engine_cancel,
    .close = engine_close,
};

/* ---- opening --------------------------------------------------------------------------------------- */

/* Sets cant_score: why the server can't score, and what could. */
static int refuse(opening *w, const pmpo_buf *why, pmpo_error *err)
{
    pmpo_buf b = {0};
    pmpo_buf_printf(&b,
                    "%s can't score: %s. vLLM and SGLang can, and servers "
                    "whose completions echo log-probabilities; this one can "
                    "still be --rewriter or --judge, and answer in eval",
                    w->urls[0], pmpo_buf_str(why).ptr);
    w->m->cant_score = kept(w, &b);
    /* Where chats can be put together as tokens, replies can be begun, too. */
    w->m->takes_messages = !(w->r->is_vllm && has_chat(w->m));
    pmpo_buf_release(&b);
    return w->m->cant_score ? 0 : pmpo_fail_memory(err);
}

static int find_dialect(opening *w, pmpo_error *err)
{
    const pmpo_dialect *only = NULL;
    pmpo_buf why = {0};
    int rc = 0;
    if (w->o->dialect) {
        only = pmpo_dialect_named(w->o->dialect);
        rc = only ? 0
                  : pmpo_fail(err, PMPO_EUSAGE, "'%s' is no dialect; there are "
                              "vllm, sglang, echo", w->o->dialect);
    }
    rc = rc < 0 ? rc : open_vocab(w, &why, err);
    if (rc == 0 && w->o->for_generation) {
        pmpo_buf_clear(&why);
        pmpo_buf_puts(&why, "it was opened to write only");
    } else if (rc == 0 && w->m->vocab.tokenize) {
        rc = probe_servers(w, only, err);
        w->r->dialect = w->probe.dialect;
        w->r->next_form = w->probe.next_form;
        pmpo_buf_put(&why, pmpo_buf_str(&w->probe.why));
    }
    if (rc == 0 && !w->r->dialect) {
        rc = refuse(w, &why, err);
    }
    pmpo_buf_release(&why);
    return rc;
}

static int assemble(opening *w, pmpo_error *err)
{
    struct pmpo_model *m = w->m;
    pmpo_remote *r = w->r = pmpo_calloc(1, sizeof(*r));
    if (!r) {
        return pmpo_fail_memory(err);
    }
    m->engine = &http_engine;
    m->self = r;
    m->may_change = true;
    m->price_in = w->o->price_in / 1e6;
    m->price_out = w->o->price_out / 1e6;
    r->model = m;
    w->http = (pmpo_http_options){
        .key = w->o->api_key && *w->o->api_key ? w->o->api_key : NULL,
        .key_hint = w->o->key_hint,
        .ca_file = w->o->ca_file,
        .insecure = w->o->insecure,
        .concurrency = w->o->concurrency,
        .timeout_ms = 1000L * w->o->timeout_s,
    };
    int rc = ask_servers(w, err);
    w->http.urls = w->urls;
    w->http.n_urls = w->n;
    rc = rc < 0 ? rc : pmpo_http_new(&w->http, &r->load, err);
    rc = rc < 0 ? rc : pmpo_http_new(&w->http, &r->talk, err);
    r->name = rc < 0 ? "" : pmpo_arena_cstr(&m->mem, w->name);
    if (!r->name) {
        return pmpo_fail_memory(err);
    }
    r->is_vllm = strcmp(w->owner, "vllm") == 0;
    rc = rc < 0 ? rc : find_dialect(w, err);
    rc = rc < 0 ? rc : describe(w, err);
    /* One position is left for the token that a server has to generate. */
    m->limits = (pmpo_limits){REQUESTS_A_UNIT, w->max_context > 1
                                                   ? w->max_context - 1
                                                   : INT32_MAX};
    return rc < 0 ? rc : identify(w, err);
}

int pmpo_http_open(const pmpo_model_options *o, pmpo_model **out,
                   pmpo_error *err)
{
    opening w = {.o = o, .m = pmpo_calloc(1, sizeof(*w.m))};
    if (!w.m) {
        return pmpo_fail_memory(err);
    }
    int rc = split_urls(&w, err);
    rc = rc < 0 ? rc : assemble(&w, err);
    pmpo_probe_release(&w.probe);
    pmpo_buf_release(&w.notes);
    if (rc < 0) {
        pmpo_model_free(w.m);
        return rc;
    }
    *out = w.m;
    return 0;
}
