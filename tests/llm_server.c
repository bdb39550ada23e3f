/* llm_server.c: see llm_server.h. */
#include "llm_server.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_engine.h"
#include "http_server.h"
#include "model/render.h"
#include "propose/forms.h"

#define N_TOKENS 259
#define END_OF_TEXT 258

struct llm_server {
    llm_options o;
    http_server *http;
    pmpo_model *fake;
    llm_counts counts;
    unsigned n_scored, n_stale, n_heavy;
    volatile bool goes_on;
    char bearer[200];
};

/* What a request and its answer are made of. */
typedef struct exchange {
    llm_server *s;
    const json_t *in;
    json_t *out; /* NULL: `status` and `error` */
    int status;
    const char *error;
} exchange;

static void refuse(exchange *x, int status, const char *error)
{
    x->status = status;
    x->error = error;
}

static size_t told_len(const llm_server *s)
{
    return s->o.no_len ? 0 : s->o.max_len;
}

/* ---- tokens ------------------------------------------------------------------ */

/* Byte-level BPE's name of a token. */
static json_t *name_of(llm_server *s, int32_t id)
{
    pmpo_buf b = {0};
    if (id < 256) {
        unsigned c = (unsigned)id, p = c;
        bool prints = (c >= 0x21 && c <= 0x7e) || (c >= 0xa1 && c <= 0xac) ||
                      c >= 0xae;
        if (!prints) {
            p = 0x100 + (c <= 0x20 ? c : c <= 0xa0 ? c - 0x7f + 0x21 : 0x43);
        }
        if (p < 0x80) {
            pmpo_buf_putc(&b, (char)p);
        } else {
            pmpo_buf_putc(&b, (char)(0xc0 | p >> 6));
            pmpo_buf_putc(&b, (char)(0x80 | (p & 0x3f)));
        }
    } else {
        s->fake->vocab.piece(s->fake->vocab.self, id, &b, NULL);
    }
    json_t *j = json_stringn(pmpo_buf_str(&b).ptr, b.len);
    pmpo_buf_release(&b);
    return j;
}

static void tokenize(exchange *x)
{
    llm_server *s = x->s;
    const pmpo_vocab *v = &s->fake->vocab;
    const json_t *prompt = json_object_get(x->in, "prompt");
    const json_t *messages = json_object_get(x->in, "messages");
    const json_t *special = json_object_get(x->in, "add_special_tokens");
    pmpo_buf text = {0};
    pmpo_tokens t = {0};
    s->counts.tokens++;
    if (s->o.no_tokens || (messages && s->o.no_chat) || (!prompt && !messages)) {
        refuse(x, 404, "Not Found");
        return;
    }
    pmpo_buf_put(&text, (pmpo_str){json_string_value(prompt),
                                   json_string_length(prompt)});
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *m = json_array_get(messages, i);
        const json_t *content = json_object_get(m, "content");
        pmpo_buf_printf(&text, "<|im_start|>%s\n",
                        json_string_value(json_object_get(m, "role")));
        pmpo_buf_put(&text, (pmpo_str){json_string_value(content),
                                       json_string_length(content)});
        pmpo_buf_puts(&text, "<|im_end|>\n");
    }
    if (json_is_true(json_object_get(x->in, "add_generation_prompt"))) {
        pmpo_buf_puts(&text, "<|im_start|>assistant\n");
    }
    if (s->o.bos && prompt && !json_is_false(special)) {
        pmpo_tokens_put(&t, END_OF_TEXT);
    }
    v->tokenize(v->self, pmpo_buf_str(&text), true, &t, NULL);
    json_t *ids = json_array(), *names = json_array();
    for (size_t i = 0; i < t.n; i++) {
        json_array_append_new(ids, json_integer(t.ids[i]));
        json_array_append_new(names, name_of(s, t.ids[i]));
    }
    x->out = json_pack("{s:o, s:I, s:I}", "tokens", ids, "count",
                       (json_int_t)t.n, "max_model_len",
                       (json_int_t)told_len(s));
    json_object_set_new(x->out, "token_strs", s->o.no_names ? json_null()
                                                           : json_incref(names));
    json_decref(names);
    pmpo_tokens_release(&t);
    pmpo_buf_release(&text);
}

static void detokenize(exchange *x)
{
    const json_t *ids = json_object_get(x->in, "tokens");
    pmpo_buf b = {0};
    for (size_t i = 0; i < json_array_size(ids); i++) {
        x->s->fake->vocab.piece(
            x->s->fake->vocab.self,
            (int32_t)json_integer_value(json_array_get(ids, i)), &b, NULL);
    }
    json_t *text = json_stringn(pmpo_buf_str(&b).ptr, b.len);
    x->out = json_pack("{s:o}", "prompt",
                       text ? text : json_string("\xef\xbf\xbd"));
    pmpo_buf_release(&b);
}

/* ---- scores -------------------------------------------------------------------- */

static int32_t *take_ids(const json_t *a, size_t *n)
{
    int32_t *ids = calloc(json_array_size(a) + 2, sizeof(*ids));
    *n = json_array_size(a);
    for (size_t i = 0; i < *n; i++) {
        ids[i] = (int32_t)json_integer_value(json_array_get(a, i));
    }
    return ids;
}

/* Of ids[at] after those before it, with the server's faults. */
static double logprob(llm_server *s, const int32_t *ids, size_t at)
{
    double lp = fake_logprob(s->o.salt, ids, at - (s->o.shift && at > 1));
    return s->o.stale ? lp - 0.4 * (s->n_stale % 3) : lp;
}

/* The likeliest token after ids[0..n); ids has room for it. */
static int32_t likeliest(llm_server *s, int32_t *ids, size_t n)
{
    int32_t best = 0;
    double most = -1e9;
    bool letters = s->o.kind == LLM_ECHO; /* it has no other name for a token */
    for (int32_t id = letters ? ' ' : 0; id < (letters ? 127 : N_TOKENS); id++) {
        ids[n] = id;
        double lp = fake_logprob(s->o.salt, ids, n);
        if (lp > most) {
            most = lp;
            best = id;
        }
    }
    ids[n] = best;
    return best;
}

static json_t *id_name(int32_t id)
{
    char name[32];
    snprintf(name, sizeof(name), "token_id:%d", (int)id);
    return json_string(name);
}

/* prompt_logprobs: null, then an object an id. */
static json_t *all_of(llm_server *s, const int32_t *ids, size_t n)
{
    json_t *a = json_array();
    json_array_append_new(a, json_null());
    for (size_t i = 1; i < n; i++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", (int)ids[i]);
        bool real = !s->o.quick || s->counts.whole < 20; /* the probe's */
        json_array_append_new(a, json_pack("{s:{s:f}}", id, "logprob",
                                           real ? logprob(s, ids, i) : -1.5));
    }
    return a;
}

/* logprobs of one next token, with those asked for by id. */
static json_t *next_of(llm_server *s, int32_t *ids, size_t n,
                       const json_t *asked)
{
    json_t *top = json_object();
    for (size_t i = 0; i < json_array_size(asked); i++) {
        ids[n] = (int32_t)json_integer_value(json_array_get(asked, i));
        json_t *name = id_name(ids[n]);
        double lp = fake_logprob(s->o.salt, ids, n) - (s->o.wrong_next ? 1 : 0);
        json_object_set_new(top, json_string_value(name), json_real(lp));
        json_decref(name);
    }
    int32_t best = likeliest(s, ids, n);
    double lp = fake_logprob(s->o.salt, ids, n);
    json_t *name = id_name(best);
    json_object_set_new(top, json_string_value(name), json_real(lp));
    return json_pack("{s:[o], s:[f], s:[o]}", "tokens", name, "token_logprobs",
                     lp, "top_logprobs", top);
}

static json_t *echo_of(llm_server *s, const int32_t *ids, size_t n)
{
    json_t *tokens = json_array(), *each = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(tokens, name_of(s, ids[i]));
        json_array_append_new(each, i ? json_real(logprob(s, ids, i))
                                      : json_null());
    }
    return json_pack("{s:o, s:o}", "tokens", tokens, "token_logprobs", each);
}

/* ---- replies ---------------------------------------------------------------------- */

/* <|im_start|>role\ncontent<|im_end|>\n ... as messages; 0: it is no chat. */
static size_t parse_chat(llm_server *s, const int32_t *ids, size_t n,
                         pmpo_buf *text, pmpo_message *out, size_t most)
{
    size_t k = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        s->fake->vocab.piece(s->fake->vocab.self, ids[i], text, NULL);
    }
    pmpo_str t = pmpo_buf_str(text), head = PMPO_STR("<|im_start|>");
    for (; k < most && (at = pmpo_str_find(t, head, at)) != SIZE_MAX; k++) {
        size_t role = at + head.len;
        size_t line = pmpo_str_find(t, PMPO_STR("\n"), role);
        size_t end = pmpo_str_find(t, PMPO_STR("<|im_end|>\n"), line);
        if (line == SIZE_MAX || end == SIZE_MAX) {
            break;
        }
        out[k] = (pmpo_message){pmpo_str_sub(t, role, line),
                                pmpo_str_sub(t, line + 1, end)};
        at = end;
    }
    return k;
}

static size_t parse_messages(const json_t *a, pmpo_message *out, size_t most)
{
    size_t n = json_array_size(a) < most ? json_array_size(a) : most;
    for (size_t i = 0; i < n; i++) {
        const json_t *m = json_array_get(a, i);
        const json_t *c = json_object_get(m, "content");
        out[i] = (pmpo_message){
            pmpo_str_of(json_string_value(json_object_get(m, "role"))),
            {json_string_value(c), json_string_length(c)}};
    }
    return n;
}

/* A judge's request is answered by a letter: the longer answer wins. */
static bool judged(const llm_server *of, const pmpo_message *m, size_t n,
                   pmpo_reply *reply)
{
    pmpo_str s = n ? m[n - 1].content : PMPO_STR("");
    size_t a = pmpo_str_find(s, PMPO_STR("\n\nAnswer A:\n"), 0);
    size_t b = pmpo_str_find(s, PMPO_STR("\n\nAnswer B:\n"), 0);
    size_t end = pmpo_str_find(s, PMPO_STR("\n\nWhich answer is better"), 0);
    if (a == SIZE_MAX || b == SIZE_MAX || end == SIZE_MAX) {
        return false;
    }
    pmpo_buf_puts(&reply->text, of->o.thinks      ? "Well, as to the first"
                                : b - a > end - b ? "A."
                                : b - a < end - b ? "**B**"
                                                  : "Neither");
    reply->n_tokens = reply->text.len;
    reply->n_fed = s.len;
    reply->complete = true;
    return true;
}

/* The reply as the object that was asked for: what stands between the marks, or
 * all of it, is the last field, what stands before them the others. */
static void make_object(exchange *x, const json_t *format, pmpo_buf *text)
{
    const json_t *schema =
        json_object_get(json_object_get(format, "json_schema"), "schema");
    json_t *names = json_object_get(schema, "required"), *o = json_object();
    pmpo_str s = pmpo_buf_str(text);
    size_t a = pmpo_str_find(s, PMPO_STR("<prompt>"), 0),
           n = json_array_size(names);
    size_t b = pmpo_str_find(s, PMPO_STR("</prompt>"), 0);
    bool marked = a != SIZE_MAX && b != SIZE_MAX && a < b;
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const json_t *one =
            json_object_get(json_object_get(schema, "properties"), name);
        pmpo_str v = i + 1 < n ? pmpo_str_sub(s, 0, marked ? a : 0)
                     : marked  ? pmpo_str_sub(s, a + 8, b)
                               : s;
        for (size_t k = 0; k < json_array_size(json_object_get(one, "enum"));
             k++) {
            const char *w = json_string_value(
                json_array_get(json_object_get(one, "enum"), k));
            v = pmpo_str_find(s, pmpo_str_of(w), 0) != SIZE_MAX ? pmpo_str_of(w)
                                                                : v;
        }
        json_object_set_new(o, name, json_stringn(v.ptr, v.len));
    }
    char *out = json_dumps(o, JSON_INDENT(2));
    pmpo_buf_clear(text);
    pmpo_buf_puts(text, out);
    free(out);
    json_decref(o);
    x->s->counts.as_json++;
}

static json_t *choice_of(const llm_server *s, const pmpo_reply *reply,
                         bool chat)
{
    json_t *text =
        json_stringn(pmpo_buf_str(&reply->text).ptr, reply->text.len);
    json_t *choice = chat ? json_pack("{s:i, s:{s:s, s:o}}", "index", 0,
                                      "message", "role", "assistant", "content",
                                      text)
                          : json_pack("{s:i, s:o}", "index", 0, "text", text);
    const char *ends = s->o.ends ? s->o.ends : "stop";
    ends = reply->complete ? ends : "length";
    json_object_set_new(choice, "finish_reason",
                        ends[0] ? json_string(ends) : json_null());
    return choice;
}

static void reply_with(exchange *x, const pmpo_gen_request *r, bool chat)
{
    const json_t *most = json_object_get(x->in, "max_tokens");
    const json_t *stop = json_object_get(x->in, "stop");
    if (chat && !most) { /* /completions doesn't know it, as vLLM's */
        most = json_object_get(x->in, "max_completion_tokens");
    }
    const pmpo_gen_params p = {
        .temperature = json_number_value(json_object_get(x->in, "temperature")),
        .top_p = json_number_value(json_object_get(x->in, "top_p")),
        .max_tokens = (int)json_integer_value(most),
        .stop = pmpo_str_of(json_string_value(stop))};
    pmpo_reply reply = {0};
    pmpo_error err = {0};
    x->s->counts.replies++;
    size_t last = r->n_messages ? r->messages[r->n_messages - 1].content.len : 0;
    if (r->n_ids + last + (size_t)p.max_tokens > x->s->o.max_len) {
        refuse(x, 400, "'max_tokens' or 'max_completion_tokens' is too large. "
                       "This model's maximum context length is less."); /* vLLM's */
        return;
    }
    if (!judged(x->s, r->messages, r->n_messages, &reply) &&
        pmpo_generate(x->s->fake, r, 1, &p, &reply, &err) < 0) {
        refuse(x, 400, "the fake model failed");
        return;
    }
    const json_t *format = json_object_get(x->in, "response_format");
    if (chat && format && x->s->o.json) {
        make_object(x, format, &reply.text);
    }
    x->s->counts.seeded += json_object_get(x->in, "seed") != NULL;
    x->s->counts.heated += json_object_get(x->in, "temperature") != NULL;
    json_t *choice = choice_of(x->s, &reply, chat);
    x->out = json_pack("{s:s, s:[o], s:{s:I, s:I}}", "model", x->s->o.name,
                       "choices", choice, "usage", "prompt_tokens",
                       (json_int_t)reply.n_fed, "completion_tokens",
                       (json_int_t)reply.n_tokens);
    if (chat && x->s->counts.replies <= x->s->o.mute) {
        json_object_del(choice, "message");
    }
    if (x->s->o.no_usage) {
        json_object_del(x->out, "usage");
    }
    pmpo_buf_release(&reply.text);
}

static uint64_t seed_in(const json_t *in)
{
    return (uint64_t)json_integer_value(json_object_get(in, "seed"));
}

/* A parameter is there that isn't taken. */
static bool refuses(exchange *x)
{
    static const char *const errors[][2] = {
        {"seed", "Unsupported parameter: 'seed'."},
        {"temperature",
         "Unsupported value: 'temperature' does not support 0.9."},
        {"top_p", "Unsupported parameter: 'top_p'."},
        {"response_format", "response_format is not available for this model"},
    };
    for (size_t i = 0; x->s->o.refuses && i < 4; i++) {
        char word[40];
        snprintf(word, sizeof(word), ",%s,", errors[i][0]);
        if (strstr(x->s->o.refuses, word) &&
            json_object_get(x->in, errors[i][0])) {
            refuse(x, 400, errors[i][1]);
            return true;
        }
    }
    return false;
}

static bool is_form(const pmpo_message *m, size_t n)
{
    return n > 0 && pmpo_str_find(m[n - 1].content, PMPO_STR(PMPO_FORM_BEGIN),
                                  0) != SIZE_MAX;
}

static void chat(exchange *x)
{
    pmpo_message m[32];
    pmpo_tokens ids = {0};
    uint64_t seed = seed_in(x->in);
    if (x->s->o.new_limit && json_object_get(x->in, "max_tokens")) {
        refuse(x, 400, "Unsupported parameter: 'max_tokens'. Use "
                       "'max_completion_tokens' instead.");
        return;
    }
    if (refuses(x)) {
        return;
    }
    size_t n = parse_messages(json_object_get(x->in, "messages"), m, 32);
    if (x->s->o.denies && n > 0 &&
        pmpo_str_find(m[n - 1].content, pmpo_str_of(x->s->o.denies), 0) !=
            SIZE_MAX) {
        refuse(x, 400,
               x->s->o.deny_says ? x->s->o.deny_says
                                 : "the content is filtered");
        return;
    }
    pmpo_gen_request r = {.messages = m,
                          .n_messages = n,
                          .seeds = &seed,
                          .n_samples = 1};
    if (!is_form(m, n) &&
        !pmpo_str_starts(m[0].content, PMPO_STR("You compare")) &&
        pmpo_render_chat(&x->s->fake->vocab, m, n, PMPO_STR(""), &ids, NULL) ==
            0) {
        r = (pmpo_gen_request){.ids = ids.ids,
                               .n_ids = ids.n,
                               .seeds = &seed,
                               .n_samples = 1};
    }
    reply_with(x, &r, true);
    pmpo_tokens_release(&ids);
}

static void continue_text(exchange *x, const int32_t *ids, size_t n)
{
    pmpo_message m[32];
    pmpo_buf text = {0};
    uint64_t seed = seed_in(x->in);
    pmpo_gen_request r = {.seeds = &seed, .n_samples = 1};
    size_t k = parse_chat(x->s, ids, n, &text, m, 32);
    if (is_form(m, k)) {
        r.messages = m;
        r.n_messages = k;
    } else {
        r.ids = ids;
        r.n_ids = n;
    }
    reply_with(x, &r, false);
    pmpo_buf_release(&text);
}

/* ---- paths -------------------------------------------------------------------------- */

static void completions(exchange *x)
{
    llm_server *s = x->s;
    size_t n;
    const json_t *asked = json_object_get(x->in, "logprob_token_ids");
    const json_t *whole = json_object_get(x->in, "prompt_logprobs");
    const json_t *lps = json_object_get(x->in, "logprobs");
    bool echo = json_is_true(json_object_get(x->in, "echo"));
    int32_t *ids = take_ids(json_object_get(x->in, "prompt"), &n);
    json_t *choice = json_pack("{s:i, s:s, s:s}", "index", 0, "text", "",
                               "finish_reason", "length");
    bool vllm = s->o.kind == LLM_VLLM;
    s->n_stale++;
    if (n + 1 > s->o.max_len) {
        refuse(x, s->o.too_long ? s->o.too_long : 400,
               "Requested tokens exceed the context window");
    } else if (n == 0) {
        refuse(x, 400, "You must pass at least one prompt");
    } else if (vllm && whole) {
        s->counts.whole++;
        json_object_set_new(choice, "prompt_logprobs", all_of(s, ids, n));
    } else if (s->o.kind == LLM_ECHO && echo) {
        s->counts.whole++;
        json_object_set_new(choice, "logprobs", echo_of(s, ids, n));
    } else if (lps && (vllm || s->o.kind == LLM_ECHO)) {
        s->counts.next++;
        json_object_set_new(choice, "logprobs", next_of(s, ids, n, asked));
        if (s->o.kind == LLM_ECHO) { /* it has no way to name ids */
            json_t *l = json_object_get(choice, "logprobs");
            const char text[] = {(char)ids[n], '\0'};
            json_object_set_new(l, "tokens", json_pack("[s]", text));
        }
    } else if (!whole && !lps) {
        continue_text(x, ids, n);
    } else if (!s->o.ignores) {
        refuse(x, 400, "logprobs are not supported");
    }
    if (!x->out && !x->error) {
        x->out = json_pack("{s:s, s:[O]}", "model", s->o.name, "choices", choice);
    }
    json_decref(choice);
    free(ids);
}

static void sglang(exchange *x)
{
    llm_server *s = x->s;
    size_t n;
    const json_t *sampling = json_object_get(x->in, "sampling_params");
    int32_t *ids = take_ids(json_object_get(x->in, "input_ids"), &n);
    json_int_t made =
        json_integer_value(json_object_get(sampling, "max_new_tokens"));
    json_t *meta = json_object(), *list = json_array();
    s->n_stale++;
    if (made == 0) {
        json_int_t from =
            json_integer_value(json_object_get(x->in, "logprob_start_len"));
        s->counts.whole++;
        for (size_t i = (size_t)from; i < n; i++) {
            json_array_append_new(
                list, json_pack("[o, i, n]",
                                i == (size_t)from ? json_null()
                                                  : json_real(logprob(s, ids, i)),
                                (int)ids[i]));
        }
        json_object_set_new(meta, "input_token_logprobs", list);
    } else {
        int32_t best = likeliest(s, ids, n);
        s->counts.next++;
        json_array_append_new(list, json_pack("[f, i, n]",
                                              fake_logprob(s->o.salt, ids, n),
                                              (int)best));
        json_object_set_new(meta, "output_token_logprobs", list);
    }
    x->out = json_pack("{s:s, s:o}", "text", "", "meta_info", meta);
    free(ids);
}

static void models(exchange *x)
{
    static const char *const owners[] = {"vllm", "sglang", "me", "chats"};
    x->out = json_pack("{s:s, s:[{s:s, s:s, s:s, s:I}, {s:s}]}", "object",
                       "list", "data", "id", x->s->o.name, "owned_by",
                       owners[x->s->o.kind], "root", "/models/fake",
                       "max_model_len", (json_int_t)told_len(x->s), "id",
                       "another");
}

/* ---- the server ---------------------------------------------------------------------- */

/* Every so manyth request that matters fails. */
static bool breaks(llm_server *s)
{
    return s->o.fail_every && ++s->n_scored % s->o.fail_every == 0;
}

static void route(exchange *x, const http_request *r, http_answer *a)
{
    llm_server *s = x->s;
    const char *p = r->path;
    bool heavy = !strcmp(p, "/v1/completions") || !strcmp(p, "/generate") ||
                 !strcmp(p, "/v1/chat/completions");
    a->delay_ms = heavy ? s->o.delay_ms : 0;
    s->n_heavy += heavy;
    a->until = heavy && s->o.hang_after && s->n_heavy > s->o.hang_after &&
                       !s->goes_on
                   ? &s->goes_on
                   : NULL;
    if (s->o.key && !strstr(r->headers, s->bearer)) {
        refuse(x, 401, "invalid key");
    } else if (heavy && (breaks(s) || (a->until && s->o.hang_fails))) {
        a->until = NULL;
        refuse(x, 500, "EngineCore encountered an issue");
    } else if (!strcmp(p, "/v1/models")) {
        models(x);
    } else if (!strcmp(p, "/version") && s->o.kind == LLM_VLLM) {
        x->out = json_pack("{s:s}", "version", "0.32.0");
    } else if (!strcmp(p, "/tokenize") && s->o.kind != LLM_CHAT) {
        tokenize(x);
    } else if (!strcmp(p, "/detokenize") && s->o.kind != LLM_CHAT) {
        detokenize(x);
    } else if (!strcmp(p, "/v1/completions")) {
        completions(x);
    } else if (!strcmp(p, "/generate") && s->o.kind == LLM_SGLANG) {
        sglang(x);
    } else if (!strcmp(p, "/v1/chat/completions")) {
        chat(x);
    } else {
        refuse(x, 404, "Not Found");
    }
}

static void answer(void *ud, const http_request *r, http_answer *a)
{
    llm_server *s = ud;
    json_t *in = json_loadb(r->body, r->body_len, 0, NULL);
    exchange x = {.s = s, .in = in};
    s->counts.all++;
    s->counts.with_key += strstr(r->headers, "Authorization:") != NULL;
    route(&x, r, a);
    if (!x.out) {
        x.out = json_pack("{s:{s:s, s:i}}", "error", "message",
                          x.error ? x.error : "?", "code", x.status);
        a->status = s->o.errors_200 ? 200 : x.status ? x.status : 500;
    }
    a->body = json_dumps(x.out, JSON_COMPACT | JSON_REAL_PRECISION(17));
    a->body_len = strlen(a->body);
    json_decref(x.out);
    json_decref(in);
}

llm_server *llm_server_start(const llm_options *o)
{
    llm_server *s = calloc(1, sizeof(*s));
    s->o = *o;
    s->o.name = o->name ? o->name : "fake";
    s->o.max_len = o->max_len ? o->max_len : 100000;
    s->fake = fake_new(&(fake_options){.salt = o->salt});
    if (o->key) {
        snprintf(s->bearer, sizeof(s->bearer), "Authorization: Bearer %s\r\n",
                 o->key);
    }
    s->http = http_server_start(answer, s);
    return s;
}

unsigned llm_server_now(llm_server *s)
{
    return http_server_now(s->http);
}

void llm_server_go_on(llm_server *s)
{
    s->goes_on = true;
}

void llm_server_stop(llm_server *s)
{
    llm_server_go_on(s);
    http_server_stop(s->http);
    fake_free(s->fake);
    free(s);
}

const char *llm_server_url(const llm_server *s)
{
    return http_server_url(s->http);
}

llm_counts llm_server_counts(llm_server *s)
{
    return s->counts;
}

unsigned llm_server_most(llm_server *s)
{
    return http_server_most(s->http);
}
