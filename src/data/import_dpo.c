/* import_dpo.c: preference pairs as they are published for DPO.
 *
 * JSON lines or a list; `chosen` and `rejected` are texts or conversations
 * that end with the output. The conversation may stand under `prompt` (or a
 * name like it), or only in front of the outputs: as messages, or as Anthropic's
 * texts "\n\nHuman: ...\n\nAssistant: ...", which are read as such. */
#include "data/import.h"

#include "base/error.h"

static const char *const prompt_names[] = {"prompt", "input", "question",
                                           "instruction"};
static const char *const kept_names[] = {"id", "answer", "weight"};

#define N_PROMPTS (sizeof(prompt_names) / sizeof(prompt_names[0]))
#define N_KEPT (sizeof(kept_names) / sizeof(kept_names[0]))

/* The prompt under any of its names, for json_decref; *out NULL: there is
 * none. */
static int find_prompt(json_t *o, json_t **out, pmpo_error *err)
{
    const char *name = "instruction";
    bool whole;
    *out = pmpo_instruction(o, &whole);
    if (whole && !*out) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < N_PROMPTS; i++) {
        json_t *v = pmpo_json_field(o, prompt_names[i]);
        bool in_whole = whole && (!strcmp(prompt_names[i], "input") ||
                                  !strcmp(prompt_names[i], "instruction"));
        if (!v || in_whole) {
            continue;
        }
        if (*out) {
            json_decref(*out);
            return pmpo_fail(err, PMPO_EDATA, "both %s and %s; which is the "
                             "prompt can't be told", name, prompt_names[i]);
        }
        *out = json_incref(v);
        name = prompt_names[i];
    }
    return 0;
}

static bool is_conversation(json_t *v)
{
    return json_is_object(json_array_get(v, 0));
}

/* ---- dialogues in one text ------------------------------------------------ */

#define HUMAN PMPO_STR("\n\nHuman:")
#define ASSISTANT PMPO_STR("\n\nAssistant:")

static bool is_dialogue(json_t *v)
{
    pmpo_str s = pmpo_json_str(v);
    return pmpo_str_starts(pmpo_str_trim(s), PMPO_STR("Human:")) &&
           pmpo_str_find(s, ASSISTANT, 0) != SIZE_MAX;
}

/* The turns of a dialogue as messages, new; NULL: no memory. */
static json_t *dialogue_messages(pmpo_str s)
{
    json_t *list = json_array();
    bool user = true; /* whose turn begins at `at` */
    for (size_t at = pmpo_str_find(s, PMPO_STR("Human:"), 0) + 6;
         list && at <= s.len;) {
        size_t human = pmpo_str_find(s, HUMAN, at);
        size_t other = pmpo_str_find(s, ASSISTANT, at);
        size_t end = human < other ? human : other;
        pmpo_str said = pmpo_str_trim(pmpo_str_sub(s, at, end));
        json_t *turn = json_pack("{s:s,s:s%}", "role",
                                 user ? "user" : "assistant", "content",
                                 said.len ? said.ptr : "", said.len);
        if (json_array_append_new(list, turn) < 0) {
            json_decref(list);
            return NULL;
        }
        user = human < other;
        at = end == SIZE_MAX ? s.len + 1
                             : end + (user ? HUMAN.len : ASSISTANT.len);
    }
    return list;
}

static bool lacks_prompt(json_t *o)
{
    bool lacks = !pmpo_json_field(o, "messages");
    for (size_t i = 0; i < N_PROMPTS; i++) {
        lacks &= !pmpo_json_field(o, prompt_names[i]);
    }
    return lacks;
}

bool pmpo_dpo_holds_prompt(json_t *o)
{
    json_t *a = pmpo_json_field(o, "chosen");
    json_t *b = pmpo_json_field(o, "rejected");
    bool lists = is_conversation(a) && is_conversation(b) &&
                 json_array_size(a) > 1;
    return lacks_prompt(o) && (lists || (is_dialogue(a) && is_dialogue(b)));
}

/* The record with messages for dialogues, new; NULL: no memory. */
static json_t *parse_dialogues(json_t *o)
{
    static const char *const names[] = {"chosen", "rejected"};
    json_t *copy = json_copy(o);
    for (int i = 0; copy && i < 2; i++) {
        pmpo_str s = pmpo_json_str(json_object_get(o, names[i]));
        if (json_object_set_new(copy, names[i], dialogue_messages(s)) < 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

/* ---- a record ------------------------------------------------------------- */

/* The output that `v` ends with, when it is a text or a conversation. */
static int output_of(pmpo_import *im, const char *what, json_t *v,
                     pmpo_str *out, pmpo_error *err)
{
    json_t *last = json_array_get(v, json_array_size(v) - 1);
    bool talk = is_conversation(v);
    json_t *content = talk ? pmpo_json_said(last) : v;
    *out = pmpo_json_str(content);
    return talk && json_is_array(content)
               ? pmpo_json_content(im->r.mem, what, content, out, err)
               : 0;
}

/* Sets *differ when the two outputs follow different conversations. */
static int put_lead(pmpo_fields *f, json_t *chosen, json_t *rejected,
                    bool *differ, pmpo_error *err)
{
    if (!pmpo_ends_with_answer(chosen) || !pmpo_ends_with_answer(rejected)) {
        return pmpo_fail(err, PMPO_EDATA,
                         "%s does not end with an assistant "
                         "message",
                         pmpo_ends_with_answer(chosen) ? "rejected" : "chosen");
    }
    json_t *a = pmpo_messages_before(chosen),
           *b = pmpo_messages_before(rejected);
    int rc = a && b ? 0 : pmpo_fail_memory(err);
    *differ = rc == 0 && !json_equal(a, b);
    json_decref(b);
    pmpo_fields_value(f, "messages", a);
    return rc;
}

/* Puts a system text in front of the messages, or of the prompt. */
static int put_system(pmpo_fields *f, json_t *system, pmpo_error *err)
{
    json_t *prompt = json_object_get(f->object, "prompt");
    json_t *list =
        json_is_array(prompt) ? prompt : json_object_get(f->object, "messages");
    json_t *first = json_array_get(list, 0);
    const char *role = pmpo_json_role(first);
    if (!pmpo_json_str(system).len ||
        !(json_is_string(prompt) || json_is_array(list))) {
        return 0;
    }
    if (role && !strcmp(role, "system")) {
        return json_equal(pmpo_json_said(first), system)
                   ? 0
                   : pmpo_fail(err, PMPO_EDATA,
                               "both system and a system "
                               "message; give one of them");
    }
    json_t *all = json_pack("[{s:s,s:O}]", "role", "system", "content", system);
    int rc =
        json_is_string(prompt)
            ? json_array_append_new(all, json_pack("{s:s,s:O}", "role", "user",
                                                   "content", prompt))
            : json_array_extend(all, list);
    f->failed |= rc < 0;
    pmpo_fields_value(f, "messages", all);
    json_object_del(f->object, "prompt");
    return 0;
}

static int put_prompt(pmpo_fields *f, json_t *o, json_t *prompt,
                      bool *differ, pmpo_error *err)
{
    json_t *chosen = pmpo_json_field(o, "chosen");
    json_t *rejected = pmpo_json_field(o, "rejected");
    json_t *messages = pmpo_json_field(o, "messages");
    bool told = is_conversation(chosen) && is_conversation(rejected) &&
                json_array_size(chosen) > 1;
    /* A user message and the output tell no more than the prompt does. */
    if (told && (json_array_size(chosen) > 2 || !prompt)) {
        return put_lead(f, chosen, rejected, differ, err);
    }
    if (prompt) {
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
    if (rc == 0) {
        rc = put_prompt(f, o, prompt, &differ, err);
        json_decref(prompt);
    }
    rc = rc < 0 ? rc : put_system(f, pmpo_json_field(o, "system"), err);
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

static int read_pair(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    json_t *chosen = pmpo_json_field(o, "chosen");
    json_t *rejected = pmpo_json_field(o, "rejected");
    if (!chosen || !rejected) {
        return pmpo_fail(err, PMPO_EDATA, "no %s",
                         chosen ? "rejected" : "chosen");
    }
    bool plain = (json_is_string(chosen) || is_conversation(chosen)) &&
                 (json_is_string(rejected) || is_conversation(rejected));
    pmpo_str good, bad;
    int rc = output_of(im, "chosen", chosen, &good, err);
    rc = rc < 0 ? rc : output_of(im, "rejected", rejected, &bad, err);
    if (rc < 0) {
        return rc;
    }
    const char *why = plain ? pmpo_not_a_pair(good, bad) : NULL;
    if (why) {
        return pmpo_import_drop(im, why);
    }
    pmpo_fields f = {.object = json_object()};
    return put_fields(im, &f, o, line, err);
}

static int read_record(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    if (!lacks_prompt(o) || !is_dialogue(pmpo_json_field(o, "chosen")) ||
        !is_dialogue(pmpo_json_field(o, "rejected"))) {
        return read_pair(im, o, line, err);
    }
    json_t *told = parse_dialogues(o);
    if (!told) {
        return pmpo_fail_memory(err);
    }
    bool ends = pmpo_ends_with_answer(json_object_get(told, "chosen")) &&
                pmpo_ends_with_answer(json_object_get(told, "rejected"));
    int rc = ends ? read_pair(im, told, line, err)
                  : pmpo_import_drop(im, "a dialogue without a last answer");
    json_decref(told);
    return rc;
}

int pmpo_import_dpo(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    return pmpo_import_records(im, text, read_record, err);
}
