/* dialect.c: vLLM's prompt_logprobs, completions with echo, SGLang's own
 * interface. See dialect.h. */
#include "engine/http/dialect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/http/asks.h"

/* ---- what all have in common ------------------------------------------------------ */

/* vLLM writes this for minus infinity. */
#define NO_PROBABILITY (-9990.0)
/* A log-probability may be above 0 by rounding, by this much. */
#define ROUNDING 1e-3

static int take(const json_t *value, size_t i, float *out, pmpo_error *err)
{
    double v = json_is_number(value) ? json_number_value(value) : NAN;
    if (!isfinite(v)) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "no log-probability for token %zu in the reply", i);
    }
    if (v > ROUNDING || v <= NO_PROBABILITY) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "%g for token %zu is no log-probability", v, i);
    }
    *out = v > 0 ? 0.0f : (float)v;
    return 0;
}

/* choices[0], after a look at which model answered. */
static const json_t *choice_of(const json_t *reply, const char *model,
                               pmpo_error *err)
{
    const char *by = json_string_value(json_object_get(reply, "model"));
    const json_t *c = json_array_get(json_object_get(reply, "choices"), 0);
    if (by && strcmp(by, model) != 0) {
        pmpo_fail(err, PMPO_EBACKEND, "model \"%s\" answered, not \"%s\"", by,
                  model);
        return NULL;
    }
    if (!json_is_object(c)) {
        pmpo_fail(err, PMPO_EBACKEND, "no choices in the reply");
        return NULL;
    }
    return c;
}

static int wrong_count(size_t has, size_t wants, pmpo_error *err)
{
    return pmpo_fail(err, PMPO_EBACKEND,
                     "%zu log-probabilities in the reply, %zu tokens were sent",
                     has, wants);
}

/* "token_id:123": how vLLM writes tokens when asked to. -1: another text. */
static long id_in(const char *token)
{
    static const char head[] = "token_id:";
    char *end;
    if (!token || strncmp(token, head, sizeof(head) - 1) != 0) {
        return -1;
    }
    long id = strtol(token + sizeof(head) - 1, &end, 10);
    return *end == '\0' ? id : -1;
}

/* The one token of completions, with its log-probability. */
static int one_write(const pmpo_logprob_query *ask, const char *model,
                     pmpo_buf *out)
{
    return pmpo_json_put(json_pack("{s:s, s:o, s:i, s:i, s:i, s:b}", "model",
                                   model, "prompt",
                                   pmpo_json_ids(ask->ids, ask->n_ids),
                                   "max_tokens", 1, "temperature", 0,
                                   "logprobs", 1, "return_tokens_as_token_ids",
                                   1),
                         out);
}

static int take_one(const json_t *token, const json_t *value, pmpo_greedy *out,
                    pmpo_error *err)
{
    long id = id_in(json_string_value(token));
    out->id = id < 0 ? -1 : (int32_t)id;
    pmpo_buf_put(&out->text, (pmpo_str){json_string_value(token),
                                        json_string_length(token)});
    return take(value, 0, &out->logprob, err);
}

static int one_read(pmpo_str body, const char *model, pmpo_greedy *out,
                    pmpo_error *err)
{
    json_t *o = pmpo_json_reply(body, err);
    const json_t *c = o ? choice_of(o, model, err) : NULL;
    const json_t *l = json_object_get(c, "logprobs");
    int rc = c ? take_one(json_array_get(json_object_get(l, "tokens"), 0),
                          json_array_get(json_object_get(l, "token_logprobs"),
                                         0),
                          out, err)
               : PMPO_EBACKEND;
    json_decref(o);
    return rc;
}

/* ---- vLLM ---------------------------------------------------------------------------- */

static int vllm_write(const pmpo_logprob_query *ask, const char *model,
                      pmpo_buf *out)
{
    json_t *o = json_pack("{s:s, s:o, s:i, s:i}", "model", model, "prompt",
                          pmpo_json_ids(ask->ids, ask->n_ids), "max_tokens", 1,
                          "temperature", 0);
    json_t *what = ask->n_next == 0
                       ? json_pack("{s:i}", "prompt_logprobs", 0)
                       : json_pack("{s:i, s:o, s:b}", "logprobs", 0,
                                   "logprob_token_ids",
                                   pmpo_json_ids(ask->next, ask->n_next),
                                   "return_tokens_as_token_ids", 1);
    if (json_object_update(o, what) < 0) {
        json_decref(o);
        o = NULL;
    }
    json_decref(what);
    return pmpo_json_put(o, out);
}

static int vllm_whole(const json_t *choice, const pmpo_logprob_query *ask,
                      float *out, pmpo_error *err)
{
    const json_t *each = json_object_get(choice, "prompt_logprobs");
    if (!json_is_array(each)) {
        return pmpo_fail(err, PMPO_EBACKEND, "no prompt_logprobs in the reply");
    }
    if (json_array_size(each) != ask->n_ids) {
        return wrong_count(json_array_size(each), ask->n_ids, err);
    }
    for (size_t i = ask->from; i < ask->n_ids; i++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", ask->ids[i]);
        const json_t *entry = json_object_get(json_array_get(each, i), id);
        if (!entry) {
            return pmpo_fail(err, PMPO_EBACKEND,
                             "token %zu of the reply is not %s", i, id);
        }
        int rc = take(json_object_get(entry, "logprob"), i,
                      &out[i - ask->from], err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* A reply about the next token has nothing else of the prompt. */
static int check_read(const json_t *reply, const pmpo_logprob_query *ask,
                      pmpo_error *err)
{
    const json_t *usage = json_object_get(reply, "usage");
    json_int_t n = json_integer_value(json_object_get(usage, "prompt_tokens"));
    return n == 0 || n == (json_int_t)ask->n_ids
               ? 0
               : pmpo_fail(err, PMPO_EBACKEND,
                           "the server read %lld tokens, %zu were sent",
                           (long long)n, ask->n_ids);
}

static int vllm_next(const json_t *reply, const json_t *choice,
                     const pmpo_logprob_query *ask, float *out, pmpo_error *err)
{
    const json_t *l = json_object_get(choice, "logprobs");
    const json_t *top = json_array_get(json_object_get(l, "top_logprobs"), 0);
    int rc = check_read(reply, ask, err);
    for (size_t i = 0; rc == 0 && i < ask->n_next; i++) {
        char id[32];
        snprintf(id, sizeof(id), "token_id:%d", ask->next[i]);
        const json_t *value = json_object_get(top, id);
        if (!value) {
            return pmpo_fail(err, PMPO_EBACKEND,
                             "no log-probability of %s in the reply", id);
        }
        rc = take(value, ask->n_ids, &out[i], err);
    }
    return rc;
}

static int vllm_read(pmpo_str body, const pmpo_logprob_query *ask,
                     const char *model, float *out, pmpo_error *err)
{
    json_t *o = pmpo_json_reply(body, err);
    const json_t *c = o ? choice_of(o, model, err) : NULL;
    int rc = !c                ? PMPO_EBACKEND
             : ask->n_next > 0 ? vllm_next(o, c, ask, out, err)
                               : vllm_whole(c, ask, out, err);
    json_decref(o);
    return rc;
}

/* ---- completions with echo ----------------------------------------------------------- */

/* One token is generated and ignored, because not all servers accept 0. */
static int echo_write(const pmpo_logprob_query *ask, const char *model,
                      pmpo_buf *out)
{
    return pmpo_json_put(json_pack("{s:s, s:o, s:i, s:i, s:b, s:i, s:b}", "model", model,
                          "prompt", pmpo_json_ids(ask->ids, ask->n_ids),
                          "max_tokens", 1, "temperature", 0, "echo", 1,
                          "logprobs", 1, "return_tokens_as_token_ids", 1),
                out);
}

static int echo_values(const json_t *choice, const pmpo_logprob_query *ask,
                       float *out, pmpo_error *err)
{
    const json_t *l = json_object_get(choice, "logprobs");
    const json_t *each = json_object_get(l, "token_logprobs");
    const json_t *tokens = json_object_get(l, "tokens");
    size_t n = json_array_size(each);
    if (!json_is_array(each)) {
        return pmpo_fail(err, PMPO_EBACKEND, "no token_logprobs in the reply");
    }
    if (n != ask->n_ids && n != ask->n_ids + 1) {
        return wrong_count(n, ask->n_ids, err);
    }
    for (size_t i = ask->from; i < ask->n_ids; i++) {
        long id = id_in(json_string_value(json_array_get(tokens, i)));
        if (id >= 0 && id != ask->ids[i]) {
            return pmpo_fail(err, PMPO_EBACKEND,
                             "token %zu of the reply is %ld, not %d", i, id,
                             ask->ids[i]);
        }
        int rc = take(json_array_get(each, i), i, &out[i - ask->from], err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int echo_read(pmpo_str body, const pmpo_logprob_query *ask,
                     const char *model, float *out, pmpo_error *err)
{
    json_t *o = pmpo_json_reply(body, err);
    const json_t *c = o ? choice_of(o, model, err) : NULL;
    int rc = c ? echo_values(c, ask, out, err) : PMPO_EBACKEND;
    json_decref(o);
    return rc;
}

/* ---- SGLang -------------------------------------------------------------------------- */

/* The entry at logprob_start_len is always null, so it is asked for one
 * early; up to there the prefix cache is read. */
static int sglang_write(const pmpo_logprob_query *ask, const char *model,
                        pmpo_buf *out)
{
    (void)model; /* one server, one model */
    return pmpo_json_put(json_pack("{s:o, s:{s:i, s:i}, s:b, s:I, s:b}", "input_ids",
                          pmpo_json_ids(ask->ids, ask->n_ids), "sampling_params",
                          "max_new_tokens", 0, "temperature", 0,
                          "return_logprob", 1, "logprob_start_len",
                          (json_int_t)ask->from - 1, "return_text_in_logprobs", 0),
                out);
}

static int sglang_values(const json_t *o, const pmpo_logprob_query *ask,
                         float *out, pmpo_error *err)
{
    const json_t *meta = json_object_get(o, "meta_info");
    const json_t *each = json_object_get(meta, "input_token_logprobs");
    size_t wants = ask->n_ids - ask->from + 1;
    if (!json_is_array(each)) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "no input_token_logprobs in the reply");
    }
    if (json_array_size(each) != wants) {
        return wrong_count(json_array_size(each), wants, err);
    }
    for (size_t i = 1; i < wants; i++) {
        const json_t *entry = json_array_get(each, i);
        json_int_t id = json_integer_value(json_array_get(entry, 1));
        int32_t sent = ask->ids[ask->from + i - 1];
        /* SGLang reports the ids at the end of its vocabulary as 0. */
        if (id != sent && id != 0) {
            return pmpo_fail(err, PMPO_EBACKEND,
                             "token %zu of the reply is %lld, not %d",
                             ask->from + i - 1, (long long)id, sent);
        }
        int rc = take(json_array_get(entry, 0), ask->from + i - 1, &out[i - 1],
                      err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int sglang_read(pmpo_str body, const pmpo_logprob_query *ask,
                       const char *model, float *out, pmpo_error *err)
{
    (void)model;
    json_t *o = pmpo_json_reply(body, err);
    int rc = o ? sglang_values(o, ask, out, err) : PMPO_EBACKEND;
    json_decref(o);
    return rc;
}

static int sglang_one_write(const pmpo_logprob_query *ask, const char *model,
                            pmpo_buf *out)
{
    (void)model;
    return pmpo_json_put(json_pack("{s:o, s:{s:i, s:i}, s:b, s:b}", "input_ids",
                                   pmpo_json_ids(ask->ids, ask->n_ids),
                                   "sampling_params", "max_new_tokens", 1,
                                   "temperature", 0, "return_logprob", 1,
                                   "return_text_in_logprobs", 0),
                         out);
}

static int sglang_one_read(pmpo_str body, const char *model, pmpo_greedy *out,
                           pmpo_error *err)
{
    (void)model;
    json_t *o = pmpo_json_reply(body, err);
    const json_t *meta = json_object_get(o, "meta_info");
    const json_t *one =
        json_array_get(json_object_get(meta, "output_token_logprobs"), 0);
    const json_t *id = json_array_get(one, 1);
    int rc = !o ? PMPO_EBACKEND
                : take(json_array_get(one, 0), 0, &out->logprob, err);
    if (rc == 0 && !json_is_integer(id)) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "no token id in the reply");
    }
    out->id = (int32_t)json_integer_value(id);
    json_decref(o);
    return rc;
}

/* ---- the table ------------------------------------------------------------------------- */

static const pmpo_dialect dialects[] = {
    {"vllm", "/completions", true, false, "", vllm_write, vllm_read,
     one_write, one_read},
    {"sglang", "^/generate", false, true, "", sglang_write, sglang_read,
     sglang_one_write, sglang_one_read},
    {"echo", "/completions", false, false,
     "the server's replies name no token ids: only their number is checked",
     echo_write, echo_read, one_write, one_read},
};

const pmpo_dialect *pmpo_dialect_at(size_t i)
{
    return i < sizeof(dialects) / sizeof(*dialects) ? &dialects[i] : NULL;
}

const pmpo_dialect *pmpo_dialect_named(const char *name)
{
    const pmpo_dialect *d;
    for (size_t i = 0; (d = pmpo_dialect_at(i)) != NULL; i++) {
        if (strcmp(d->name, name) == 0) {
            return d;
        }
    }
    return NULL;
}
