/* asks.c: bodies of requests for tokens and replies. See asks.h. */
#include "engine/http/asks.h"

#include "base/error.h"

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

json_t *pmpo_json_ids(const int32_t *ids, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(a, json_integer(ids[i]));
    }
    return a;
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
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(a, json_pack("{s:o, s:o}", "role",
                                           text_of(m[i].role), "content",
                                           text_of(m[i].content)));
    }
    return a;
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

int pmpo_ask_reply(const char *model, const pmpo_gen_request *r,
                   const pmpo_sampling *s, pmpo_buf *out)
{
    const pmpo_gen_params *p = s->p;
    json_t *o = json_pack("{s:s, s:f, s:f, s:i}", "model", model,
                          "temperature", p->temperature, "top_p", p->top_p,
                          s->completion_tokens ? "max_completion_tokens"
                                               : "max_tokens",
                          p->max_tokens);
    bool chat = r->n_messages > 0;
    json_object_set_new(o, chat ? "messages" : "prompt",
                        chat ? messages_of(r->messages, r->n_messages)
                             : pmpo_json_ids(r->ids, r->n_ids));
    if (p->temperature > 0) { /* signed 32 bits go everywhere */
        uint64_t seed = (s->seed ^ (s->seed >> 32)) & 0x7fffffff;
        json_object_set_new(o, "seed", json_integer((json_int_t)seed));
    }
    /* Others leave the stop out of the text without saying that it was there,
     * so there it is looked for in what came. */
    if (s->vllm && p->stop.len > 0) {
        json_object_set_new(o, "stop", text_of(p->stop));
        json_object_set_new(o, "include_stop_str_in_output", json_true());
    }
    return pmpo_json_put(o, out);
}

static const json_t *said(const json_t *choice)
{
    const json_t *text = json_object_get(choice, "text");
    const json_t *m = json_object_get(choice, "message");
    return text ? text : json_object_get(m, "content");
}

/* What comes after the stop is cut off. */
static bool cut_at_stop(pmpo_buf *text, pmpo_str stop)
{
    size_t at = stop.len ? pmpo_str_find(pmpo_buf_str(text), stop, 0) : SIZE_MAX;
    if (at == SIZE_MAX) {
        return false;
    }
    text->len = at + stop.len;
    text->ptr[text->len] = '\0';
    return true;
}

int pmpo_read_reply(pmpo_str body, const pmpo_gen_params *p, pmpo_reply *out,
                    pmpo_error *err)
{
    json_t *o = pmpo_json_reply(body, err);
    if (!o) {
        return PMPO_EBACKEND;
    }
    const json_t *choice = json_array_get(json_object_get(o, "choices"), 0);
    const json_t *text = said(choice), *usage = json_object_get(o, "usage");
    const char *end = json_string_value(json_object_get(choice, "finish_reason"));
    /* A model that only thought or called tools has null for its words. */
    if (!json_is_object(choice) || (!json_is_string(text) && !json_is_null(text))) {
        json_decref(o);
        return pmpo_fail(err, PMPO_EBACKEND, "no text in the reply");
    }
    pmpo_buf_clear(&out->text);
    pmpo_buf_put(&out->text, (pmpo_str){json_string_value(text),
                                        json_string_length(text)});
    bool stopped = cut_at_stop(&out->text, p->stop);
    out->complete = stopped || (end && strcmp(end, "stop") == 0);
    json_int_t made = json_integer_value(json_object_get(usage,
                                                         "completion_tokens"));
    json_int_t fed = json_integer_value(json_object_get(usage,
                                                        "prompt_tokens"));
    out->n_tokens = made > 0 ? (size_t)made : 0;
    out->n_fed = fed > 0 ? (size_t)fed : 0;
    json_decref(o);
    return out->text.failed ? pmpo_fail_memory(err) : 0;
}
