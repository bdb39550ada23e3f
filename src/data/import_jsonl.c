/* import_jsonl.c: JSON records whose fields have other names, and chats.
 *
 * A record's fields are its columns (columns.c). Alpaca's `instruction` and
 * `input` are one input. A chat that ends with the assistant's turn becomes the
 * messages before it, and the target; ShareGPT's chats are such, too. */
#include "data/import.h"

#include <stdio.h>

#include "base/error.h"

typedef struct record {
    pmpo_table columns;
    pmpo_str *names; /* those of the fields that are there, borrowed */
    json_t **values; /* borrowed */
    bool *likely;    /* see pmpo_table */
    json_t *joined;  /* instruction and input as one text, owned; or NULL */
} record;

static const char *const input_names[] = {
    "input",         "prompt",      "question", "messages",
    "conversations", "instruction", NULL};

/* ---- a record's fields ---------------------------------------------------- */

static void record_release(record *r)
{
    pmpo_free(r->names);
    pmpo_free(r->values);
    pmpo_free(r->likely);
    json_decref(r->joined);
}

static bool is_joined(const record *r, const char *name)
{
    return r->joined &&
           (!strcmp(name, "instruction") || !strcmp(name, "input"));
}

static void add_field(record *r, const char *name, json_t *value)
{
    r->names[r->columns.n] = pmpo_str_of(name);
    r->likely[r->columns.n] = pmpo_json_is_plain(value);
    r->values[r->columns.n++] = value;
}

/* Lists the fields of `o`, which must outlive the record. End with
 * record_release, also after a failure. */
static int record_init(record *r, json_t *o, const pmpo_columns *given,
                       const char *file, pmpo_error *err)
{
    size_t room = json_object_size(o) + 1;
    bool whole = false;
    *r = (record){.columns = {.format = "jsonl",
                              .what = "field",
                              .file = file,
                              .is_record = true,
                              .inputs = input_names},
                  .names = pmpo_calloc(room, sizeof(*r->names)),
                  .values = pmpo_calloc(room, sizeof(*r->values)),
                  .likely = pmpo_calloc(room, sizeof(*r->likely))};
    if (!given->input) {
        r->joined = pmpo_instruction(o, &whole);
    }
    if (!r->names || !r->values || !r->likely || (whole && !r->joined)) {
        return pmpo_fail_memory(err);
    }
    const char *name;
    json_t *value;
    json_object_foreach(o, name, value)
    {
        if (!json_is_null(value) && !is_joined(r, name)) {
            add_field(r, name, value);
        }
    }
    if (r->joined) {
        add_field(r, "input", r->joined);
    }
    r->columns.names = r->names;
    r->columns.likely = r->likely;
    r->columns.is_joined = !given->input &&
                           json_is_string(pmpo_json_field(o, "instruction"));
    return pmpo_columns_find(&r->columns, given, err);
}

static json_t *value_of(const record *r, pmpo_field field)
{
    size_t at = r->columns.of[field];
    return at == PMPO_NO_COLUMN ? NULL : r->values[at];
}

/* Is the input a chat with its answer, where there is no other output? */
static bool is_chat(const record *r)
{
    return pmpo_ends_with_answer(value_of(r, PMPO_FIELD_INPUT)) &&
           !value_of(r, PMPO_FIELD_TARGET) && !value_of(r, PMPO_FIELD_CHOSEN);
}

/* Puts the command for preference pairs that hold their conversation behind the
 * text in *err. Returns err->code. */
static int advise_dpo(const char *file, pmpo_error *err)
{
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%s; or try `pmpo data import dpo", err->text);
    pmpo_put_word(&b, pmpo_str_of(file));
    pmpo_buf_puts(&b, " -o data.jsonl`");
    int rc = b.failed ? pmpo_fail_memory(err)
                      : pmpo_fail(err, PMPO_EDATA, "%s", b.ptr);
    pmpo_buf_release(&b);
    return rc;
}

int pmpo_jsonl_advise(pmpo_reader *reader, json_t *o, pmpo_error *err)
{
    const pmpo_columns none = {NULL};
    pmpo_error why = {.code = 0};
    record r;
    if (pmpo_dpo_holds_prompt(o)) {
        return advise_dpo(reader->name, err);
    }
    int rc = record_init(&r, o, &none, reader->name, &why);
    rc = rc < 0 ? rc : pmpo_tally(reader, &why);
    for (size_t i = 0; rc == 0 && i < r.columns.n; i++) {
        r.likely[i] = r.likely[i] && pmpo_is_common(reader, r.names[i]);
    }
    if (rc == 0) {
        rc = pmpo_columns_hint(&r.columns, is_chat(&r), err);
    }
    record_release(&r);
    return rc == PMPO_ENOMEM ? pmpo_fail_memory(err) : err->code;
}

/* ---- values -------------------------------------------------------------- */

/* A text, a number or true or false as a new JSON text; NULL: something else,
 * or no memory. */
static json_t *as_text(json_t *v)
{
    char room[64];
    if (json_is_string(v)) {
        return json_incref(v);
    }
    if (json_is_boolean(v)) {
        return json_string(json_is_true(v) ? "true" : "false");
    }
    size_t n = json_is_number(v)
                   ? json_dumpb(v, room, sizeof(room),
                                JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
                   : 0;
    return n > 0 && n <= sizeof(room) ? json_stringn(room, n) : NULL;
}

/* Options or outputs: numbers in it as texts; the reader checks the rest. */
static void put_list(pmpo_fields *f, pmpo_field field, json_t *list)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *v = json_array_get(list, i);
        v = pmpo_json_is_plain(v) ? as_text(v) : json_incref(v);
        f->failed |= json_array_append_new(out, v) < 0;
    }
    pmpo_fields_value(f, pmpo_field_name(field), out);
}

/* The chat without its last turn, and that as the target. */
static int put_chat(pmpo_arena *mem, pmpo_fields *f, json_t *list,
                    pmpo_error *err)
{
    size_t n = json_array_size(list);
    json_t *content = pmpo_json_said(json_array_get(list, n - 1));
    char what[60];
    pmpo_str target;
    if (n == 1) {
        return pmpo_fail(err, PMPO_EDATA,
                         "no message stands before the "
                         "assistant's, which is the target");
    }
    snprintf(what, sizeof(what), "the content of message %zu (the target)", n);
    int rc = pmpo_json_content(mem, what, content, &target, err);
    if (rc == 0) {
        pmpo_fields_value(f, "messages", pmpo_messages_before(list));
        pmpo_fields_text(f, "target", target);
    }
    return rc;
}

static int put_value(pmpo_arena *mem, pmpo_fields *f, const record *r,
                     pmpo_field field, pmpo_error *err)
{
    json_t *v = value_of(r, field);
    bool messages = json_is_object(json_array_get(v, 0));
    if (field == PMPO_FIELD_INPUT && messages) {
        pmpo_fields_value(f, "messages", json_incref(v));
        return is_chat(r) ? put_chat(mem, f, v, err) : 0;
    }
    bool list = field == PMPO_FIELD_CHOSEN || field == PMPO_FIELD_REJECTED ||
                field == PMPO_FIELD_OPTIONS;
    if (list && json_is_array(v)) {
        put_list(f, field, v);
        return 0;
    }
    pmpo_str name = r->names[r->columns.of[field]];
    if (!pmpo_json_is_plain(v)) {
        return pmpo_fail(err, PMPO_EDATA,
                         "the field \"%.*s\" is %s; the %s is "
                         "a text, a number, or true or false",
                         pmpo_shown(name), name.ptr,
                         json_is_array(v) ? "a list" : "an object",
                         pmpo_field_name(field));
    }
    json_t *text = as_text(v);
    int rc = text ? pmpo_field_put(f, field, pmpo_json_str(text), err)
                  : pmpo_fail_memory(err);
    json_decref(text);
    return rc;
}

/* ---- records ------------------------------------------------------------- */

static int put_record(pmpo_import *im, const record *r, int line,
                      pmpo_error *err)
{
    pmpo_fields f = {.object = json_object()};
    int rc = 0;
    for (int i = 0; rc == 0 && i < PMPO_N_FIELDS; i++) {
        if (r->columns.of[i] != PMPO_NO_COLUMN) {
            im->found |= 1u << i;
            rc = put_value(im->r.mem, &f, r, (pmpo_field)i, err);
        }
    }
    if (rc < 0) {
        json_decref(f.object);
        return rc;
    }
    return pmpo_import_put(im, &f, line, err);
}

static int read_record(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    record r;
    int rc = record_init(&r, o, &im->o->columns, im->r.name, err);
    if (rc == 0 && !pmpo_columns_suffice(&r.columns) && !is_chat(&r)) {
        rc = pmpo_columns_advise(&r.columns, err);
        rc = pmpo_dpo_holds_prompt(o) ? advise_dpo(im->r.name, err) : rc;
    }
    rc = rc < 0 ? rc : put_record(im, &r, line, err);
    record_release(&r);
    return rc;
}

/* A field that some records may lack, but not all: its name is mistyped. */
static int check_found(const pmpo_import *im, pmpo_error *err)
{
    for (int i = PMPO_FIELD_ID; im->r.n > 0 && i < PMPO_N_FIELDS; i++) {
        const char *name = pmpo_column_given(&im->o->columns, (pmpo_field)i);
        if (name && !(im->found & 1u << i)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "%s: no record has the field "
                             "\"%.200s\" for the %s",
                             im->r.name, name, pmpo_field_name((pmpo_field)i));
        }
    }
    return 0;
}

int pmpo_import_jsonl(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    im->found = 0;
    int rc = pmpo_import_records(im, text, read_record, err);
    return rc < 0 ? rc : check_found(im, err);
}
