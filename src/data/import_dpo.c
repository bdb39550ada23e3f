/* import_dpo.c: preference pairs as they are published for DPO.
 *
 * JSON lines or a list; `chosen` and `rejected` are texts or conversations
 * that end with the output. The conversation may stand under `prompt` (or a
 * name like it), or only in front of the outputs. */
#include "data/import.h"

#include "base/error.h"

static const char *const prompt_names[] = {"prompt", "input", "question",
                                           "instruction"};
static const char *const kept_names[] = {"id", "answer", "weight"};

#define N_PROMPTS (sizeof(prompt_names) / sizeof(prompt_names[0]))
#define N_KEPT (sizeof(kept_names) / sizeof(kept_names[0]))

/* The prompt under any of its names; *out NULL: there is none. */
static int find_prompt(json_t *o, json_t **out, pmpo_error *err)
{
    const char *name = NULL;
    *out = NULL;
    for (size_t i = 0; i < N_PROMPTS; i++) {
        json_t *v = pmpo_json_field(o, prompt_names[i]);
        if (v && *out) {
            return pmpo_fail(err, PMPO_EDATA, "both %s and %s; which is the "
                             "prompt can't be told", name, prompt_names[i]);
        }
        if (v) {
            *out = v;
            name = prompt_names[i];
        }
    }
    return 0;
}

/* The output that `v` ends with, when it is a text or a conversation. */
static pmpo_str output_of(json_t *v)
{
    size_t n = json_array_size(v);
    json_t *last = n ? json_array_get(v, n - 1) : NULL;
    return last ? pmpo_json_str(json_object_get(last, "content"))
                : pmpo_json_str(v);
}

static bool is_conversation(json_t *v)
{
    return json_is_object(json_array_get(v, 0));
}

/* The conversation in front of an output, a new list; NULL: no memory. */
static json_t *lead_of(json_t *v)
{
    json_t *lead = json_copy(v);
    if (lead && json_array_remove(lead, json_array_size(lead) - 1) < 0) {
        json_decref(lead);
        return NULL;
    }
    return lead;
}

static bool ends_with_output(json_t *v)
{
    json_t *last = json_array_get(v, json_array_size(v) - 1);
    const char *role = json_string_value(json_object_get(last, "role"));
    return role && !strcmp(role, "assistant");
}

/* Sets *differ when the two outputs follow different conversations. */
static int put_lead(pmpo_fields *f, json_t *chosen, json_t *rejected,
                    bool *differ, pmpo_error *err)
{
    if (!ends_with_output(chosen) || !ends_with_output(rejected)) {
        return pmpo_fail(err, PMPO_EDATA, "%s does not end with an assistant "
                         "message",
                         ends_with_output(chosen) ? "rejected" : "chosen");
    }
    json_t *a = lead_of(chosen), *b = lead_of(rejected);
    int rc = a && b ? 0 : pmpo_fail_memory(err);
    *differ = rc == 0 && !json_equal(a, b);
    json_decref(b);
    pmpo_fields_value(f, "messages", a);
    return rc;
}

/* A prompt with a system message beside it, as a list of messages. */
static json_t *with_system(json_t *system, json_t *prompt)
{
    return json_pack("[{s:s,s:O},{s:s,s:O}]", "role", "system", "content",
                     system, "role", "user", "content", prompt);
}

static int put_prompt(pmpo_fields *f, json_t *o, json_t *prompt,
                      bool *differ, pmpo_error *err)
{
    json_t *chosen = pmpo_json_field(o, "chosen");
    json_t *rejected = pmpo_json_field(o, "rejected");
    json_t *system = pmpo_json_field(o, "system");
    json_t *messages = pmpo_json_field(o, "messages");
    bool told = is_conversation(chosen) && is_conversation(rejected) &&
                json_array_size(chosen) > 1;
    /* A user message and the output tell no more than the prompt does. */
    if (told && (json_array_size(chosen) > 2 || !prompt)) {
        return put_lead(f, chosen, rejected, differ, err);
    }
    if (pmpo_json_str(system).len && json_is_string(prompt)) {
        pmpo_fields_value(f, "messages", with_system(system, prompt));
    } else if (prompt) {
        pmpo_fields_value(f, "prompt", json_incref(prompt));
    } else if (messages) {
        pmpo_fields_value(f, "messages", json_incref(messages));
    } else {
        return pmpo_fail(err, PMPO_EDATA, "no prompt; give \"prompt\", or "
                         "conversations as \"chosen\" and \"rejected\"");
    }
    return 0;
}

static int put_fields(pmpo_import *im, pmpo_fields *f, json_t *o, int line,
                      pmpo_error *err)
{
    json_t *prompt;
    bool differ = false;
    int rc = find_prompt(o, &prompt, err);
    rc = rc < 0 ? rc : put_prompt(f, o, prompt, &differ, err);
    if (rc < 0 || differ) {
        json_decref(f->object);
        return rc < 0 ? rc
                      : pmpo_import_drop(im, "outputs of different "
                                             "conversations");
    }
    for (size_t i = 0; i < N_KEPT; i++) {
        json_t *v = pmpo_json_field(o, kept_names[i]);
        if (v) {
            pmpo_fields_value(f, kept_names[i], json_incref(v));
        }
    }
    pmpo_fields_value(f, "chosen", json_incref(json_object_get(o, "chosen")));
    pmpo_fields_value(f, "rejected",
                      json_incref(json_object_get(o, "rejected")));
    return pmpo_import_put(im, f, line, err);
}

static int read_record(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    json_t *chosen = pmpo_json_field(o, "chosen");
    json_t *rejected = pmpo_json_field(o, "rejected");
    if (!chosen || !rejected) {
        return pmpo_fail(err, PMPO_EDATA, "no %s",
                         chosen ? "rejected" : "chosen");
    }
    bool plain = (json_is_string(chosen) || is_conversation(chosen)) &&
                 (json_is_string(rejected) || is_conversation(rejected));
    const char *why = plain ? pmpo_not_a_pair(output_of(chosen),
                                              output_of(rejected))
                            : NULL;
    if (why) {
        return pmpo_import_drop(im, why);
    }
    pmpo_fields f = {.object = json_object()};
    return put_fields(im, &f, o, line, err);
}

int pmpo_import_dpo(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    return pmpo_import_records(im, text, read_record, err);
}
