/* asks.c: bodies of requests for tokens and replies. See asks.h. */
#include "engine/http/asks.h"

#include "base/error.h"
#include "base/thinking.h"

/* ---- JSON -------------------------------------------------------------------- */

static int put(const char *text, size_t n, void *out)
{
    pmpo_buf_put(out, (pmpo_str){text, n});
    return 0;
}

int pmpo_json_put(json_t *o, pmpo_buf *out)
{
    int rc = o ? json_dump_callback(o, put, out, JSON_COMPACT) : -1;
    json_decref(o);
    return rc < 0 || out->failed ? PMPO_ENOMEM : 0;
}

/* Both take `value`. False: there is none (a text that is no UTF-8, no
 * memory), so what it was for is incomplete. */
static bool set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

static bool add(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) == 0;
}

/* `o` if it is complete, else NULL. */
static json_t *if_whole(json_t *o, bool whole)
{
    if (!whole) {
        json_decref(o);
    }
    return whole ? o : NULL;
}

json_t *pmpo_json_ids(const int32_t *ids, size_t n)
{
    json_t *a = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = add(a, json_integer(ids[i]));
    }
    return if_whole(a, ok);
}

json_t *pmpo_json_reply(pmpo_str body, pmpo_error *err)
{
    json_error_t e;
    json_t *o = json_loadb(body.ptr ? body.ptr : "", body.len, JSON_ALLOW_NUL,
                           &e);
    if (!json_is_object(o)) {
        json_decref(o);
        pmpo_fail(err, PMPO_EBACKEND, "the reply is not a JSON object%s%s",
                  e.text[0] ? ": " : "", e.text);
        return NULL;
    }
    return o;
}

static json_t *text_of(pmpo_str s)
{
    return json_stringn(s.ptr ? s.ptr : "", s.len);
}

static json_t *messages_of(const pmpo_message *m, size_t n)
{
    json_t *a = json_array();
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        ok = add(a, json_pack("{s:o, s:o}", "role", text_of(m[i].role),
                              "content", text_of(m[i].content)));
    }
    return if_whole(a, ok);
}

/* ---- tokens -------------------------------------------------------------------- */

int pmpo_ask_tokens(const char *model, pmpo_str text, bool special,
                    pmpo_buf *out)
{
    return pmpo_json_put(json_pack("{s:s, s:o, s:b, s:b}", "model", model,
                                   "prompt", text_of(text),
                                   "add_special_tokens", (int)special,
                                   "return_token_strs", 1),
                         out);
}

int pmpo_ask_chat_tokens(const char *model, const pmpo_message *messages,
                         size_t n, bool assistant, pmpo_buf *out)
{
    return pmpo_json_put(json_pack("{s:s, s:o, s:b, s:b, s:b}", "model", model,
                                   "messages", messages_of(messages, n),
                                   "add_generation_prompt", (int)assistant,
                                   "add_special_tokens", 0,
                                   "return_token_strs", 1),
                         out);
}

int pmpo_ask_text(const char *model, const int32_t *ids, size_t n,
                  pmpo_buf *out)
{
    return pmpo_json_put(json_pack("{s:s, s:o}", "model", model, "tokens",
                                   pmpo_json_ids(ids, n)),
                         out);
}

/* ---- replies --------------------------------------------------------------------- */

static const struct {
    const char *word;
    pmpo_refusal what;
    const char *lost;
} refusals[] = {
    {"max_completion_tokens", PMPO_REFUSES_MAX_TOKENS, ""},
    {"response_format", PMPO_REFUSES_JSON, ""},
    {"json_schema", PMPO_REFUSES_JSON, ""},
    {"seed", PMPO_REFUSES_SEED, "takes no seeds: its replies don't repeat"},
    {"temperature", PMPO_REFUSES_TEMPERATURE,
     "takes no temperature: its replies are sampled as it likes"},
    {"top_p", PMPO_REFUSES_TOP_P,
     "takes no top_p: its replies are sampled as it likes"},
};
#define N_REFUSALS (sizeof(refusals) / sizeof(*refusals))

static unsigned named_in(const char *text, unsigned sent)
{
    for (size_t i = 0; i < N_REFUSALS; i++) {
        if (sent & refusals[i].what && strstr(text, refusals[i].word)) {
            return refusals[i].what;
        }
    }
    return 0;
}

unsigned pmpo_read_refusal(const char *message, pmpo_str body, unsigned sent)
{
    json_t *o = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    const json_t *error = json_object_get(o, "error");
    const char *param = json_string_value(json_object_get(error, "param"));
    unsigned what = param ? named_in(param, sent) : 0;
    if (!what) {
        what = named_in(message, sent);
    }
    json_decref(o);
    return what;
}

const char *pmpo_refusal_costs(unsigned one)
{
    size_t i = 0;
    while (i + 1 < N_REFUSALS && refusals[i].what != one) {
        i++;
    }
    return refusals[i].lost;
}

bool pmpo_says_too_long(const char *error)
{
    static const char *const words[] = {
        "context length",          "context_length",       "context size",
        "context window",          "maximum model length", "max_model_len",
        "must be at least 1, got", /* what the prompt leaves of the context */
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strstr(error, words[i])) {
            return true;
        }
    }
    return false;
}

const pmpo_json_form *pmpo_json_form_of(const pmpo_gen_request *r,
                                        unsigned refused)
{
    bool chat = r->n_messages > 0 && !r->ids && r->begun.len == 0;
    return chat && !(refused & PMPO_REFUSES_JSON) ? r->json : NULL;
}

/* An object with these text fields and no others. */
static json_t *schema_of(const pmpo_json_form *f)
{
    json_t *each = json_object(), *names = json_array();
    bool ok = true;
    for (size_t i = 0; i < f->n_fields; i++) {
        json_t *one = json_pack("{s:s}", "type", "string");
        bool chosen = i + 1 == f->n_fields && f->n_words > 0;
        json_t *words = chosen ? json_array() : NULL;
        for (size_t k = 0; chosen && k < f->n_words; k++) {
            ok = add(words, json_string(f->words[k])) && ok;
        }
        ok = (!chosen || set(one, "enum", words)) && ok;
        ok = set(each, f->fields[i], one) && ok;
        ok = add(names, json_string(f->fields[i])) && ok;
    }
    return if_whole(json_pack("{s:s, s:o, s:o, s:b}", "type", "object",
                              "properties", each, "required", names,
                              "additionalProperties", 0),
                    ok);
}

/* The form in words, after the last message: a model that is only held to it
 * doesn't know what goes where. */
static bool put_form(json_t *o, const pmpo_json_form *f, json_t *messages)
{
    json_t *last = json_array_get(messages, json_array_size(messages) - 1);
    pmpo_buf b = {0};
    const json_t *said = json_object_get(last, "content");
    pmpo_buf_put(&b,
                 (pmpo_str){json_string_value(said), json_string_length(said)});
    pmpo_buf_puts(&b,
                  "\n\nGive the reply as one JSON object with these fields, "
                  "in this order:");
    for (size_t i = 0; i < f->n_fields; i++) {
        pmpo_buf_printf(&b, "%s \"%s\"", i ? "," : "", f->fields[i]);
    }
    if (f->open[0]) {
        pmpo_buf_printf(&b,
                        ". The last one has what belongs between %s and %s, "
                        "without these marks",
                        f->open, f->close);
    }
    pmpo_buf_puts(&b, ".\n");
    bool ok = !b.failed && set(last, "content", text_of(pmpo_buf_str(&b)));
    json_t *schema = json_pack("{s:s, s:b, s:o}", "name", "reply", "strict", 1,
                               "schema", schema_of(f));
    ok = set(o, "response_format",
             json_pack("{s:s, s:o}", "type", "json_schema", "json_schema",
                       schema)) &&
         ok;
    pmpo_buf_release(&b);
    return ok;
}

unsigned pmpo_ask_has(const pmpo_gen_request *r, const pmpo_gen_params *p,
                      unsigned refused)
{
    bool chat = r->n_messages > 0 && !r->ids;
    unsigned all = PMPO_REFUSES_TEMPERATURE | PMPO_REFUSES_TOP_P;
    all |= chat ? PMPO_REFUSES_MAX_TOKENS : 0;
    all |= p->temperature > 0 ? PMPO_REFUSES_SEED : 0;
    all |= pmpo_json_form_of(r, refused) ? PMPO_REFUSES_JSON : 0;
    return all & ~refused;
}

static bool put_sampling(json_t *o, const pmpo_gen_request *r,
                         const pmpo_sampling *s)
{
    const pmpo_gen_params *p = s->p;
    unsigned has = pmpo_ask_has(r, p, s->refused);
    bool chat = r->n_messages > 0;
    bool ok = set(o,
                  chat && s->refused & PMPO_REFUSES_MAX_TOKENS
                      ? "max_completion_tokens"
                      : "max_tokens",
                  json_integer(p->max_tokens));
    if (has & PMPO_REFUSES_TEMPERATURE) {
        ok = set(o, "temperature", json_real(p->temperature)) && ok;
    }
    if (has & PMPO_REFUSES_TOP_P) {
        ok = set(o, "top_p", json_real(p->top_p)) && ok;
    }
    if (has & PMPO_REFUSES_SEED) {
        /* signed 32 bits go everywhere */
        uint64_t seed = (s->seed ^ (s->seed >> 32)) & 0x7fffffff;
        ok = set(o, "seed", json_integer((json_int_t)seed)) && ok;
    }
    return ok;
}

int pmpo_ask_reply(const char *model, const pmpo_gen_request *r,
                   const pmpo_sampling *s, pmpo_buf *out)
{
    const pmpo_gen_params *p = s->p;
    const pmpo_json_form *form = pmpo_json_form_of(r, s->refused);
    json_t *o = json_pack("{s:s}", "model", model);
    bool chat = r->n_messages > 0;
    json_t *what = chat ? messages_of(r->messages, r->n_messages)
                        : pmpo_json_ids(r->ids, r->n_ids);
    bool ok = !form || put_form(o, form, what);
    ok = put_sampling(o, r, s) && ok;
    ok = set(o, chat ? "messages" : "prompt", what) && ok;
    /* Others leave the stop out of the text without saying that it was there, and
     * any would stop at one in the thinking, which a begun reply has none of. So
     * there it is looked for in what came. */
    if (s->vllm && p->stop.len > 0 && r->begun.len > 0) {
        ok = set(o, "stop", text_of(p->stop)) && ok;
        ok = set(o, "include_stop_str_in_output", json_true()) && ok;
    }
    return pmpo_json_put(if_whole(o, ok), out);
}

static void put_string(const json_t *s, pmpo_buf *out)
{
    pmpo_buf_put_valid(out,
                       (pmpo_str){json_string_value(s), json_string_length(s)});
}

/* Appends a choice's words; false: it is no reply. A message's are a text, a
 * list of parts, or null or absent where the model only thought or called
 * tools. */
static bool put_said(const json_t *choice, pmpo_buf *out)
{
    const json_t *m = json_object_get(choice, "message");
    const json_t *said = json_object_get(choice, "text");
    if (m && !json_is_string(said)) {
        said = json_object_get(m, "content");
    }
    for (size_t i = 0; i < json_array_size(said); i++) {
        const json_t *part = json_array_get(said, i);
        const char *type = json_string_value(json_object_get(part, "type"));
        if (type && !strcmp(type, "text")) {
            put_string(json_object_get(part, "text"), out);
        }
    }
    put_string(said, out);
    return json_is_string(said) || json_is_array(said) || json_is_null(said) ||
           (!said && json_is_object(m));
}

static size_t tokens_in(const json_t *usage, const char *name)
{
    json_int_t n = json_integer_value(json_object_get(usage, name));
    return n > 0 ? (size_t)n : 0;
}

/* The object in a fence of code, or bare. */
static pmpo_str without_fence(pmpo_str s)
{
    s = pmpo_str_trim(s);
    if (!pmpo_str_starts(s, PMPO_STR("```"))) {
        return s;
    }
    size_t from = pmpo_str_find(s, PMPO_STR("{"), 0), to = s.len;
    while (to > 0 && s.ptr[to - 1] != '}') {
        to--;
    }
    return from < to ? pmpo_str_sub(s, from, to) : s;
}

static json_t *read_object(pmpo_str s)
{
    s = without_fence(s);
    return json_loadb(s.ptr ? s.ptr : "", s.len, 0, NULL);
}

/* Replaces an object of the form by what a free reply would say; a text that
 * is no such object stays as it is. */
static void put_together(const pmpo_json_form *f, pmpo_buf *text)
{
    bool ended;
    pmpo_str said = pmpo_after_first_thought(pmpo_buf_str(text), &ended);
    json_t *o = read_object(said);
    if (!o) { /* its texts may name the tags of thinking */
        o = read_object(pmpo_buf_str(text));
    }
    pmpo_buf b = {0};
    bool ok = json_is_object(o);
    for (size_t i = 0; ok && i < f->n_fields; i++) {
        const json_t *v = json_object_get(o, f->fields[i]);
        bool last = i + 1 == f->n_fields;
        pmpo_str value = {json_string_value(v), json_string_length(v)};
        ok = json_is_string(v);
        if (ok && last && f->open[0] &&
            pmpo_str_find(value, pmpo_str_of(f->open), 0) == SIZE_MAX) {
            pmpo_buf_puts(&b, f->open);
            pmpo_buf_put(&b, value);
            pmpo_buf_puts(&b, f->close);
        } else if (ok) { /* it brought the marks itself, or there are none */
            pmpo_buf_put(&b, value);
            pmpo_buf_puts(&b, last ? "" : "\n");
        }
    }
    if (ok) {
        pmpo_buf_clear(text);
        pmpo_buf_put(text, pmpo_buf_str(&b));
        text->failed = text->failed || b.failed;
    }
    pmpo_buf_release(&b);
    json_decref(o);
}

/* Cuts the text after the stop. */
static bool cut_at_stop(pmpo_buf *text, pmpo_str stop)
{
    size_t at = pmpo_stop_in(pmpo_buf_str(text), stop);
    if (at == SIZE_MAX) {
        return false;
    }
    text->len = at + stop.len;
    text->ptr[text->len] = '\0';
    return true;
}

/* Did the model end the reply by itself? Servers have many words for that
 * ("stop", "eos", "eos_token", "tool_calls") and fewer for a reply that was cut.
 * Where there is no word, the reply was cut if it has as many tokens as it may;
 * where these aren't counted, a token has a byte at least. */
static bool has_ended(const json_t *choice, size_t made, size_t bytes,
                      size_t most)
{
    static const char *const cut[] = {
        "length",
        "max_tokens",
        "max_length",
        "model_length",
        "token_limit",
        "time_limit",
        "abort",
        "cancelled",
        "content_filter",
        "error",
        "insufficient_system_resource",
    };
    const char *end =
        json_string_value(json_object_get(choice, "finish_reason"));
    for (size_t i = 0; end && i < sizeof(cut) / sizeof(*cut); i++) {
        if (pmpo_str_alike(pmpo_str_of(end), pmpo_str_of(cut[i]))) {
            return false;
        }
    }
    return (end && end[0]) || (made > 0 ? made : bytes) < most;
}

int pmpo_read_reply(pmpo_str body, const pmpo_gen_params *p,
                    const pmpo_json_form *form, pmpo_reply *out,
                    pmpo_error *err)
{
    out->n_tokens = out->n_fed = 0;
    json_t *o = pmpo_json_reply(body, err);
    if (!o) {
        return PMPO_EBACKEND;
    }
    const json_t *choice = json_array_get(json_object_get(o, "choices"), 0);
    const json_t *usage = json_object_get(o, "usage");
    out->n_tokens = tokens_in(usage, "completion_tokens");
    out->n_fed = tokens_in(usage, "prompt_tokens");
    pmpo_buf_clear(&out->text);
    if (!put_said(choice, &out->text)) {
        json_decref(o);
        return pmpo_fail(err, PMPO_EBACKEND, "no text in the reply");
    }
    size_t bytes = out->text.len;
    if (form) {
        put_together(form, &out->text);
    }
    bool stopped = cut_at_stop(&out->text, p->stop);
    out->complete = stopped || has_ended(choice, out->n_tokens, bytes,
                                         (size_t)p->max_tokens);
    json_decref(o);
    return out->text.failed ? pmpo_fail_memory(err) : 0;
}
