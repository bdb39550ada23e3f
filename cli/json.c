/* json.c: see json.h. */
#include "json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* ---- makers ------------------------------------------------------------- */

static json_t *made(json_t *j)
{
    if (!j) {
        cli_no_memory();
    }
    return j;
}

json_t *js_object(void)
{
    return made(json_object());
}

json_t *js_array(void)
{
    return made(json_array());
}

json_t *js_number(double v)
{
    return made(isfinite(v) ? json_real(v) : json_null());
}

json_t *js_count(uint64_t n)
{
    return made(json_integer((json_int_t)n));
}

json_t *js_bool(bool v)
{
    return json_boolean(v);
}

/* Texts of the library are UTF-8; a path may be anything, and is told with
 * "?" for what JSON cannot say. */
static json_t *lossy(pmpo_str s)
{
    char *copy = cli_grow(NULL, s.len, 1);
    for (size_t i = 0; i < s.len; i++) {
        copy[i] = (unsigned char)s.ptr[i] < 0x80 ? s.ptr[i] : '?';
    }
    json_t *j = json_stringn(copy, s.len);
    cli_free(copy);
    return j;
}

json_t *js_str(pmpo_str s)
{
    json_t *j = json_stringn(s.len ? s.ptr : "", s.len);
    return made(j ? j : lossy(s));
}

json_t *js_text(const char *s)
{
    return s ? js_str((pmpo_str){s, strlen(s)}) : json_null();
}

void js_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0) {
        cli_no_memory();
    }
}

void js_add(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0) {
        cli_no_memory();
    }
}

void js_put_line(FILE *f, json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT);
    if (!text) {
        cli_no_memory();
    }
    fputs(text, f);
    putc('\n', f);
    free(text);
    json_decref(document);
}

void js_print(json_t *document)
{
    /* A write that fails shows in ferror, which main looks at. */
    js_put_line(stdout, document);
}

/* ---- parts of documents ------------------------------------------------- */

json_t *js_interval(double low, double high)
{
    json_t *a = js_array();
    js_add(a, js_number(low));
    js_add(a, js_number(high));
    return a;
}

json_t *js_cost(const pmpo_cost *c)
{
    json_t *o = js_object();
    js_put(o, "prefill_tokens", js_count(c->prefill_tokens));
    js_put(o, "logical_tokens", js_count(c->logical_tokens));
    js_put(o, "cached_scores", js_count(c->cached_scores));
    js_put(o, "prompt_tokens", js_count(c->prompt_tokens));
    js_put(o, "generated_tokens", js_count(c->generated_tokens));
    js_put(o, "cached_replies", js_count(c->cached_replies));
    js_put(o, "seconds", js_number(c->seconds));
    if (c->dollars > 0) {
        js_put(o, "dollars", js_number(c->dollars));
    }
    return o;
}

json_t *js_model(const pmpo_model *m)
{
    const pmpo_model_info *info = pmpo_model_describe(m);
    json_t *o = js_object();
    js_put(o, "name", js_text(info->name));
    js_put(o, "identity", js_text(info->identity));
    js_put(o, "precision", js_text(info->precision));
    if (info->dialect) {
        js_put(o, "servers", js_text(info->path));
        js_put(o, "dialect", js_text(info->dialect));
    }
    return o;
}

static const char *role_name(pmpo_role role)
{
    return role == PMPO_ROLE_TARGET   ? "target"
           : role == PMPO_ROLE_CHOSEN ? "chosen"
                                      : "rejected";
}

static json_t *target(const pmpo_target_score *t)
{
    json_t *o = js_object(), *ids = js_array(), *logprobs = js_array();
    js_put(o, "text", js_str(t->text));
    js_put(o, "role", js_text(role_name(t->role)));
    js_put(o, "nats", js_number(t->nats));
    js_put(o, "prior_nats", js_number(t->prior_nats));
    js_put(o, "tokens", js_count(t->n_tokens));
    for (size_t i = 0; i < t->n_tokens; i++) {
        js_add(ids, made(json_integer(t->token_ids ? t->token_ids[i] : 0)));
        js_add(logprobs, js_number(t->token_logprobs
                                       ? (double)t->token_logprobs[i]
                                       : NAN));
    }
    js_put(o, "token_ids", ids);
    js_put(o, "token_logprobs", logprobs);
    return o;
}

static json_t *example(const pmpo_example_score *e)
{
    json_t *o = js_object(), *targets = js_array();
    js_put(o, "id", js_str(e->id));
    js_put(o, "loss", js_number(e->loss));
    js_put(o, "seam", js_bool(e->seam));
    bool known = e->picked >= 0 && (size_t)e->picked < e->n_targets;
    js_put(o, "format", js_number(e->format));
    js_put(o, "choice", js_number(e->choice));
    js_put(o, "picked", known ? js_count((uint64_t)e->picked) : js_text(NULL));
    js_put(o, "correct", known ? js_bool(e->correct) : js_text(NULL));
    for (size_t i = 0; i < e->n_targets; i++) {
        js_add(targets, target(&e->targets[i]));
    }
    js_put(o, "targets", targets);
    return o;
}

json_t *js_prompt(const pmpo_prompt_score *p)
{
    json_t *o = js_object(), *examples = js_array();
    js_put(o, "prompt", js_str(p->prompt));
    js_put(o, "loss", js_number(p->loss));
    js_put(o, "nats", js_number(p->nats));
    js_put(o, "tokens", js_count(p->n_tokens));
    js_put(o, "format", js_number(p->format));
    js_put(o, "choice", js_number(p->choice));
    js_put(o, "n_options", js_count(p->n_options));
    js_put(o, "n_correct", js_count(p->n_correct));
    for (size_t i = 0; i < p->n_examples; i++) {
        js_add(examples, example(&p->examples[i]));
    }
    js_put(o, "examples", examples);
    return o;
}

json_t *js_segment(const pmpo_segment_effect *s)
{
    json_t *o = js_object();
    js_put(o, "text", js_str(s->text));
    js_put(o, "effect", js_number(s->effect));
    js_put(o, "low", js_number(s->low));
    js_put(o, "high", js_number(s->high));
    js_put(o, "begin", js_count(s->begin));
    js_put(o, "end", js_count(s->end));
    return o;
}

json_t *js_settings(const options *o, pmpo_loss_kind loss, bool end_token)
{
    json_t *j = js_object();
    js_put(j, "data", js_text(o->data));
    js_put(j, "loss", js_text(pmpo_loss_name(loss)));
    js_put(j, "reduction",
           js_text(pmpo_reduction_name(o->how.reduction)));
    js_put(j, "loss_on", js_text(pmpo_loss_on_name(o->how.loss_on)));
    js_put(j, "normalize",
           js_text(pmpo_normalize_name(o->how.normalize)));
    js_put(j, "calibrate",
           js_text(pmpo_calibrate_name(o->how.calibrate)));
    js_put(j, "beta", js_number(o->how.beta));
    js_put(j, "template", js_text(o->how.template_name));
    js_put(j, "end_token", js_bool(end_token));
    js_put(j, "limit", js_count(o->limit));
    js_put(j, "plain", js_bool(o->plain));
    return j;
}
