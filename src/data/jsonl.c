/* jsonl.c: one JSON object a line, one example an object; or a list of them.
 *
 * docs/formats.md has the fields and the mistakes. The functions here see one
 * line only: pmpo_reader_add compares ids, and examples without one get it when
 * the whole file has been read. */
#include "data/set.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

#include "base/error.h"

/* ---- JSON --------------------------------------------------------------- */

json_t *pmpo_json_read(pmpo_str text, int *line, pmpo_error *err)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    json_error_t e;
    json_t *v = json_loadb(text.ptr, text.len, flags, &e);
    if (!v) {
        /* jansson tells a failed allocation inside a string as bad syntax.
         * Bad syntax is still there at a second look. */
        v = json_loadb(text.ptr, text.len, flags, &e);
    }
    if (v) {
        return v;
    }
    if (line) {
        *line = e.line;
    }
    void *probe = pmpo_calloc(text.len + 1, 1); /* is there memory at all? */
    pmpo_free(probe);
    enum json_error_code code = json_error_code(&e);
    if (!probe || !e.text[0] || code == json_error_out_of_memory) {
        pmpo_fail_memory(err);
    } else if (code == json_error_null_character) {
        pmpo_fail(err, PMPO_EDATA,
                  "a NUL character inside a string, column %d; remove it",
                  e.column);
    } else {
        pmpo_fail(err, PMPO_EDATA, "not JSON: %s, column %d", e.text, e.column);
    }
    return NULL;
}

json_t *pmpo_json_field(json_t *object, const char *name)
{
    json_t *v = json_object_get(object, name);
    return json_is_null(v) ? NULL : v;
}

static pmpo_str bytes_of(const json_t *string)
{
    return (pmpo_str){json_string_value(string), json_string_length(string)};
}

static int copy_text(pmpo_arena *mem, const json_t *string, pmpo_str *out,
                     pmpo_error *err)
{
    *out = pmpo_arena_str(mem, bytes_of(string));
    return out->ptr ? 0 : pmpo_fail_memory(err);
}

int pmpo_json_text(pmpo_arena *mem, const char *what, json_t *v, pmpo_str *out,
                   pmpo_error *err)
{
    if (!json_is_string(v)) {
        return pmpo_fail(err, PMPO_EDATA,
                         json_is_number(v)
                             ? "%s is not a string; put the number in quotes"
                             : "%s is not a string",
                         what);
    }
    if (json_string_length(v) == 0) {
        return pmpo_fail(err, PMPO_EDATA, "%s is empty", what);
    }
    return copy_text(mem, v, out, err);
}

int pmpo_shown(pmpo_str s)
{
    return (int)pmpo_utf8_floor(s, 60);
}

/* ---- input: a string or messages ---------------------------------------- */

/* The joined texts of a message's parts, {"type": "text", "text": ...}; other
 * parts can't be asked of a model of text. */
static int join_parts(pmpo_arena *mem, const char *what, json_t *parts,
                      pmpo_str *out, pmpo_error *err)
{
    pmpo_buf b = {0};
    size_t n = json_array_size(parts);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        json_t *part = json_array_get(parts, i);
        json_t *text = json_object_get(part, "text");
        const char *type = json_string_value(json_object_get(part, "type"));
        pmpo_str t = pmpo_str_of(type ? type : "");
        if (pmpo_str_eq(t, PMPO_STR("text")) && json_is_string(text)) {
            pmpo_buf_put(&b, bytes_of(text));
        } else {
            rc = pmpo_str_eq(t, PMPO_STR("text"))
                     ? pmpo_fail(err, PMPO_EDATA, "%s: part %zu has no text",
                                 what, i + 1)
                     : pmpo_fail(err, PMPO_EDATA,
                                 "%s: part %zu is of the type \"%.*s\"; only "
                                 "text can be read",
                                 what, i + 1, pmpo_shown(t), t.ptr);
        }
    }
    if (rc == 0) {
        pmpo_str all = b.len ? pmpo_buf_str(&b) : PMPO_STR("");
        *out = pmpo_arena_str(mem, all);
        rc = b.failed || !out->ptr ? pmpo_fail_memory(err) : 0;
    }
    pmpo_buf_release(&b);
    return rc;
}

int pmpo_json_content(pmpo_arena *mem, const char *what, json_t *content,
                      pmpo_str *out, pmpo_error *err)
{
    if (json_array_size(content) > 0) {
        return join_parts(mem, what, content, out, err);
    }
    return json_is_string(content)
               ? copy_text(mem, content, out, err)
               : pmpo_fail(err, PMPO_EDATA, "%s is not a string", what);
}

const char *pmpo_json_role(json_t *message)
{
    static const char *const others[][2] = {
        {"developer", "system"}, /* OpenAI's newer name */
        {"human", "user"},
        {"gpt", "assistant"},
        {"chatgpt", "assistant"},
    };
    json_t *v = json_object_get(message, "role");
    v = v ? v : json_object_get(message, "from");
    const char *role = json_string_value(v);
    for (size_t i = 0; role && i < sizeof(others) / sizeof(*others); i++) {
        role = strcmp(role, others[i][0]) ? role : others[i][1];
    }
    return role;
}

json_t *pmpo_json_said(json_t *message)
{
    json_t *v = json_object_get(message, "content");
    return v ? v : json_object_get(message, "value");
}

static int read_message(pmpo_arena *mem, const char *what, size_t i, json_t *v,
                        pmpo_message *out, pmpo_error *err)
{
    const char *role = pmpo_json_role(v);
    json_t *content = pmpo_json_said(v);
    if (!json_is_object(v) || !role) {
        return pmpo_fail(err, PMPO_EDATA,
                         "%s: message %zu is not an object with role and "
                         "content", what, i + 1);
    }
    if (strcmp(role, "system") && strcmp(role, "user") &&
        strcmp(role, "assistant")) {
        pmpo_str r = pmpo_str_of(role);
        return pmpo_fail(err, PMPO_EDATA,
                         "%s: message %zu has the role \"%.*s\"; known are "
                         "system (or developer), user (human) and assistant "
                         "(gpt)",
                         what, i + 1, pmpo_shown(r), role);
    }
    char place[60];
    snprintf(place, sizeof(place), "%s: the content of message %zu", what,
             i + 1);
    int rc = pmpo_json_content(mem, place, content, &out->content, err);
    out->role = pmpo_arena_str(mem, pmpo_str_of(role));
    return rc < 0 ? rc : out->role.ptr ? 0 : pmpo_fail_memory(err);
}

static int read_messages(pmpo_arena *mem, const char *what, json_t *list,
                         pmpo_example *e, pmpo_error *err)
{
    size_t n = json_array_size(list);
    if (n == 0) {
        return pmpo_fail(err, PMPO_EDATA, "%s is not a list of messages", what);
    }
    pmpo_message *m = pmpo_arena_alloc(mem, n, sizeof(*m));
    if (!m) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_array_get(list, i);
        int rc = read_message(mem, what, i, v, &m[i], err);
        if (rc < 0) {
            return rc;
        }
    }
    e->messages = m;
    e->n_messages = n;
    return 0;
}

bool pmpo_ends_with_answer(json_t *list)
{
    size_t n = json_array_size(list);
    const char *role = n ? pmpo_json_role(json_array_get(list, n - 1)) : NULL;
    return role && !strcmp(role, "assistant");
}

static int read_input(pmpo_arena *mem, json_t *o, pmpo_example *e,
                      pmpo_error *err)
{
    json_t *input = pmpo_json_field(o, "input");
    json_t *prompt = pmpo_json_field(o, "prompt");
    json_t *messages = pmpo_json_field(o, "messages");
    if (input && prompt) {
        return pmpo_fail(err, PMPO_EDATA,
                         "both input and prompt; give one of them");
    }
    const char *what = prompt ? "prompt" : "input";
    input = prompt ? prompt : input;
    if (prompt && pmpo_ends_with_answer(messages)) {
        messages = NULL; /* prompt and answer once more, as in DPO files */
    }
    if (messages) {
        if (input) {
            return pmpo_fail(err, PMPO_EDATA,
                             "both %s and messages; give one of them", what);
        }
        return read_messages(mem, "messages", messages, e, err);
    }
    if (!input) {
        return pmpo_fail(err, PMPO_EDATA, "no input; give \"input\", "
                         "\"prompt\" or \"messages\"");
    }
    if (prompt && json_is_array(prompt)) {
        return read_messages(mem, what, prompt, e, err);
    }
    /* An empty input is sound: the whole task may be in the instruction. */
    if (!json_is_string(input)) {
        return pmpo_fail(err, PMPO_EDATA, "%s is not a string", what);
    }
    return copy_text(mem, input, &e->input, err);
}

/* ---- outputs ------------------------------------------------------------ */

/* A string, or the last assistant message of a conversation. */
static int read_output(pmpo_arena *mem, const char *what, json_t *v,
                       pmpo_str *out, pmpo_error *err)
{
    if (!json_is_array(v)) {
        return pmpo_json_text(mem, what, v, out, err);
    }
    for (size_t i = json_array_size(v); i-- > 0;) {
        json_t *m = json_array_get(v, i);
        const char *role = pmpo_json_role(m);
        if (role && !strcmp(role, "assistant")) {
            json_t *content = pmpo_json_said(m);
            int rc = json_is_array(content)
                         ? pmpo_json_content(mem, what, content, out, err)
                         : pmpo_json_text(mem, what, content, out, err);
            return rc < 0 || out->len > 0
                       ? rc
                       : pmpo_fail(err, PMPO_EDATA, "%s is empty", what);
        }
    }
    return pmpo_fail(err, PMPO_EDATA,
                     "%s is a list without an assistant message", what);
}

/* A list of n strings in `mem`, which may be too many for an example. */
static int new_list(pmpo_arena *mem, const char *what, size_t n,
                    pmpo_str **out, pmpo_error *err)
{
    if (n > PMPO_MAX_OUTPUTS_PER_EXAMPLE) {
        return pmpo_fail(err, PMPO_EDATA, "%s has more than %d entries", what,
                         PMPO_MAX_OUTPUTS_PER_EXAMPLE);
    }
    *out = pmpo_arena_alloc(mem, n, sizeof(**out));
    return *out ? 0 : pmpo_fail_memory(err);
}

/* One rejected output or several; repeats are dropped. */
static int read_rejected(pmpo_arena *mem, json_t *v, pmpo_example *e,
                         pmpo_error *err)
{
    bool many = json_is_array(v) && !json_is_object(json_array_get(v, 0));
    size_t n = many ? json_array_size(v) : 1, kept = 0;
    pmpo_str *list;
    int rc = new_list(mem, "rejected", n, &list, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        json_t *one = many ? json_array_get(v, i) : v;
        rc = read_output(mem, "rejected", one, &list[kept], err);
        if (rc < 0) {
            return rc;
        }
        if (pmpo_str_eq(list[kept], e->target)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "the chosen output equals a rejected one: "
                             "\"%.*s\"", pmpo_shown(e->target),
                             e->target.ptr);
        }
        kept += pmpo_str_index(list, kept, list[kept]) == kept;
    }
    if (rc == 0) {
        e->rejected = list;
        e->n_rejected = kept;
    }
    return rc;
}

static int read_target(pmpo_arena *mem, json_t *o, pmpo_example *e,
                       pmpo_error *err)
{
    json_t *target = pmpo_json_field(o, "target");
    json_t *chosen = pmpo_json_field(o, "chosen");
    json_t *rejected = pmpo_json_field(o, "rejected");
    if (target && chosen) {
        return pmpo_fail(err, PMPO_EDATA,
                         "both target and chosen; give one of them");
    }
    if (!target && !chosen) {
        return pmpo_fail(err, PMPO_EDATA, "no target; give \"target\", or "
                         "\"chosen\" and \"rejected\"");
    }
    int rc = target ? pmpo_json_text(mem, "target", target, &e->target, err)
                    : read_output(mem, "chosen", chosen, &e->target, err);
    if (rc == 0 && rejected) {
        rc = read_rejected(mem, rejected, e, err);
    }
    if (rc == 0 && chosen && e->n_rejected == 0) {
        rc = pmpo_fail(err, PMPO_EDATA, "no rejected output; chosen needs at "
                       "least one");
    }
    return rc;
}

static int read_options(pmpo_arena *mem, json_t *v, pmpo_example *e,
                        pmpo_error *err)
{
    size_t n = json_array_size(v);
    if (n == 0) {
        return pmpo_fail(err, PMPO_EDATA, "options is not a list of strings");
    }
    pmpo_str *list;
    int rc = new_list(mem, "options", n, &list, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        json_t *one = json_array_get(v, i);
        rc = pmpo_json_text(mem, "an option", one, &list[i], err);
        if (rc < 0) {
            return rc;
        }
        if (pmpo_str_index(list, i, list[i]) < i) {
            return pmpo_fail(err, PMPO_EDATA, "the option \"%.*s\" is there "
                             "twice", pmpo_shown(list[i]), list[i].ptr);
        }
    }
    if (pmpo_str_index(list, n, e->target) == n) {
        return pmpo_fail(err, PMPO_EDATA,
                         "the options do not hold the target \"%.*s\"",
                         pmpo_shown(e->target), e->target.ptr);
    }
    e->options = list;
    e->n_options = n;
    if (e->n_rejected == 0 && pmpo_reject_options(mem, e) < 0) {
        return pmpo_fail_memory(err);
    }
    return 0;
}

/* ---- the rest ----------------------------------------------------------- */

/* A string, or a number as its text. */
static int read_id(pmpo_arena *mem, json_t *v, pmpo_str *out, pmpo_error *err)
{
    if (!json_is_number(v)) {
        return pmpo_json_text(mem, "id", v, out, err);
    }
    char text[64];
    size_t n = json_dumpb(v, text, sizeof(text),
                          JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (n == 0 || n > sizeof(text)) {
        return pmpo_fail_memory(err);
    }
    *out = pmpo_arena_str(mem, (pmpo_str){text, n});
    return out->ptr ? 0 : pmpo_fail_memory(err);
}

static int read_weight(json_t *v, double *out, pmpo_error *err)
{
    double w = json_number_value(v); /* 0 for what is no number */
    if (!(w > 0) || !isfinite(w)) {
        return pmpo_fail(err, PMPO_EDATA,
                         "weight is not a finite number above 0");
    }
    *out = w;
    return 0;
}

static int read_extras(pmpo_arena *mem, json_t *o, pmpo_item *item,
                       pmpo_error *err)
{
    pmpo_example *e = &item->e;
    json_t *options = pmpo_json_field(o, "options");
    json_t *id = pmpo_json_field(o, "id");
    json_t *answer = pmpo_json_field(o, "answer");
    json_t *weight = pmpo_json_field(o, "weight");
    json_t *drawn = pmpo_json_field(o, "rejected_drawn");
    int rc = options ? read_options(mem, options, e, err) : 0;
    if (rc == 0 && id) {
        rc = read_id(mem, id, &e->id, err);
    }
    if (rc == 0 && answer) {
        rc = pmpo_json_text(mem, "answer", answer, &e->answer, err);
    }
    if (rc == 0 && weight) {
        rc = read_weight(weight, &e->weight, err);
    }
    if (rc == 0 && drawn && !json_is_boolean(drawn)) {
        rc = pmpo_fail(err, PMPO_EDATA, "rejected_drawn is not true or false");
    }
    item->drawn = json_is_true(drawn) && e->n_options == 0;
    return rc;
}

int pmpo_example_read(pmpo_arena *mem, json_t *o, pmpo_item *item,
                      pmpo_error *err)
{
    if (json_is_array(o)) {
        return pmpo_fail(err, PMPO_EDATA, "not an object but a list; write one "
                         "object a line");
    }
    if (!json_is_object(o)) {
        return pmpo_fail(err, PMPO_EDATA, "not an object; write one object "
                         "{...} a line");
    }
    int rc = read_input(mem, o, &item->e, err);
    if (rc == 0) {
        rc = read_target(mem, o, &item->e, err);
    }
    return rc < 0 ? rc : read_extras(mem, o, item, err);
}

/* ---- lines -------------------------------------------------------------- */

static bool lacks_all(json_t *o, const char *a, const char *b, const char *c)
{
    return !pmpo_json_field(o, a) && !pmpo_json_field(o, b) &&
           !pmpo_json_field(o, c);
}

const char *const pmpo_example_fields[] = {
    "input",   "prompt", "messages", "target", "chosen",         "rejected",
    "options", "answer", "id",       "weight", "rejected_drawn", NULL};

/* Fields that are not read. */
static int note_unread(pmpo_mistakes *m, json_t *o, int number)
{
    const char *name;
    json_t *value;
    json_object_foreach(o, name, value)
    {
        bool is_known = json_is_null(value);
        for (const char *const *f = pmpo_example_fields; *f; f++) {
            is_known |= !strcmp(*f, name);
        }
        if (!is_known &&
            pmpo_mistakes_unread(m, pmpo_str_of(name), number, false) < 0) {
            return PMPO_ENOMEM;
        }
    }
    return 0;
}

/* Is the record one that an import may make an example of? Not where a message of
 * its chat is at fault: the import reads them as they are read here. */
static bool may_import(json_t *o, const pmpo_example *e)
{
    bool chat = json_is_array(pmpo_json_field(o, "messages")) ||
                json_is_array(pmpo_json_field(o, "prompt"));
    return lacks_all(o, "input", "prompt", "messages") ||
           (lacks_all(o, "target", "chosen", "chosen") &&
            (!chat || e->messages));
}

static int read_value(pmpo_reader *r, json_t *o, int number, pmpo_error *err)
{
    pmpo_item item = {.e = {.weight = 1, .line = number}};
    int rc = pmpo_example_read(r->mem, o, &item, err);
    if (rc == PMPO_EDATA && r->is_file && json_is_object(o) &&
        may_import(o, &item.e)) {
        return pmpo_jsonl_advise(r, o, err);
    }
    if (rc == 0 && r->mistakes && note_unread(r->mistakes, o, number) < 0) {
        return pmpo_fail_memory(err);
    }
    return rc < 0 ? rc : pmpo_reader_add(r, &item, err);
}

static int read_line(pmpo_reader *r, pmpo_str line, int number, pmpo_error *err)
{
    size_t bad = pmpo_utf8_check(line);
    if (bad != SIZE_MAX) {
        return pmpo_fail(err, PMPO_EDATA, "invalid UTF-8 at byte %zu of the "
                         "line; save the file as UTF-8", bad + 1);
    }
    json_t *o = pmpo_json_read(line, NULL, err);
    if (!o) {
        return err->code;
    }
    int rc = read_value(r, o, number, err);
    json_decref(o);
    return rc;
}

bool pmpo_next_line(pmpo_str text, size_t *at, pmpo_str *line)
{
    if (*at >= text.len) {
        return false;
    }
    size_t end = pmpo_str_find(text, PMPO_STR("\n"), *at);
    end = end == SIZE_MAX ? text.len : end;
    *line = pmpo_str_sub(text, *at, end);
    *at = end + 1;
    return true;
}

/* Does `text` begin with an object that goes on in the next line? */
static bool is_indented(pmpo_str text)
{
    json_error_t e;
    text = pmpo_str_trim(text);
    size_t end = pmpo_str_find(text, PMPO_STR("\n"), 0);
    json_t *o = json_loadb(text.ptr, text.len, JSON_DISABLE_EOF_CHECK, &e);
    bool object = json_is_object(o);
    json_decref(o);
    return object && end != SIZE_MAX && (size_t)e.position > end;
}

/* Two lines of text at least, none of the first two an object. */
bool pmpo_is_table(pmpo_str text)
{
    pmpo_str line[2];
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        if (!pmpo_next_line(text, &at, &line[i]) ||
            pmpo_utf8_check(line[i]) != SIZE_MAX ||
            pmpo_str_starts(pmpo_str_trim(line[i]), PMPO_STR("{"))) {
            return false;
        }
    }
    return memchr(line[0].ptr, ',', line[0].len) ||
           memchr(line[0].ptr, '\t', line[0].len);
}

int pmpo_jsonl_read(pmpo_reader *r, pmpo_str text, pmpo_error *err)
{
    int number = 0;
    pmpo_str line;
    if (pmpo_is_table(text)) {
        pmpo_fail(err, PMPO_EDATA,
                  "not JSON but a table, it seems; one is read from a file "
                  "whose name ends in .csv or .tsv");
        return pmpo_reader_bad(r, 1, err);
    }
    if (is_indented(text)) {
        pmpo_fail(err, PMPO_EDATA,
                  "an object over several lines; write one "
                  "object a line: `jq -c . FILE` does");
        return pmpo_reader_bad(r, 1, err);
    }
    r->text = text;
    for (size_t at = 0;
         !pmpo_reader_full(r) && pmpo_next_line(text, &at, &line);) {
        if (number == INT_MAX) {
            return pmpo_fail(err, PMPO_EDATA, "%s: too many lines", r->name);
        }
        number++;
        if (pmpo_str_trim(line).len == 0) {
            continue;
        }
        int rc = read_line(r, line, number, err);
        if (rc < 0) {
            rc = pmpo_reader_bad(r, number, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

int pmpo_list_read(pmpo_reader *r, pmpo_str text, pmpo_error *err)
{
    int rc = 0, line = 1;
    json_t *list = pmpo_json_read(text, &line, err);
    if (!list) {
        return pmpo_reader_bad(r, line, err);
    }
    r->by_index = true;
    r->list = list;
    size_t n = json_array_size(list);
    for (size_t i = 0; rc == 0 && i < n && i < INT_MAX && !pmpo_reader_full(r);
         i++) {
        int number = (int)i + 1;
        rc = read_value(r, json_array_get(list, i), number, err);
        rc = rc < 0 ? pmpo_reader_bad(r, number, err) : 0;
    }
    r->list = NULL;
    json_decref(list);
    return rc;
}
