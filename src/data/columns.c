/* columns.c: which column of a table, or field of a JSON record, is which
 * field of an example; and what to advise where that can't be told.
 *
 * The names are the caller's, else those of docs/formats.md. Nothing is
 * guessed for reading: a guess only makes the advice. */
#include "data/import.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

static const struct {
    const char *name;
    size_t at; /* of its column's name in pmpo_columns */
} fields[PMPO_N_FIELDS] = {
    {"input", offsetof(pmpo_columns, input)},
    {"target", offsetof(pmpo_columns, target)},
    {"chosen", offsetof(pmpo_columns, chosen)},
    {"rejected", offsetof(pmpo_columns, rejected)},
    {"id", offsetof(pmpo_columns, id)},
    {"answer", offsetof(pmpo_columns, answer)},
    {"options", offsetof(pmpo_columns, options)},
    {"weight", offsetof(pmpo_columns, weight)},
};

/* ---- finding them -------------------------------------------------------- */

static void put_names(pmpo_buf *b, const pmpo_table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        pmpo_buf_puts(b, i ? ", " : "");
        pmpo_buf_put(b, t->names[i]);
    }
}

/* An error with `what` and the names of all columns, for correcting the
 * call. */
static int fail_columns(const pmpo_table *t, pmpo_error *err, const char *what)
{
    pmpo_buf list = {0};
    put_names(&list, t);
    pmpo_str all = pmpo_buf_str(&list);
    int shown = (int)pmpo_utf8_floor(all, 400);
    int rc = list.failed ? pmpo_fail_memory(err)
                         : pmpo_fail(err, PMPO_EDATA, "%s; the %ss are %.*s%s",
                                     what, t->what, shown, all.ptr,
                                     (size_t)shown < all.len ? "..." : "");
    pmpo_buf_release(&list);
    return rc;
}

/* The index of the column `name`; PMPO_NO_COLUMN: there is none. */
static int find_column(const pmpo_table *t, const char *name, size_t *out,
                       pmpo_error *err)
{
    *out = PMPO_NO_COLUMN;
    for (size_t i = 0; i < t->n; i++) {
        if (!pmpo_str_eq(t->names[i], pmpo_str_of(name))) {
            continue;
        }
        if (*out != PMPO_NO_COLUMN) {
            return pmpo_fail(err, PMPO_EDATA,
                             "two %ss are called \"%.200s\"; "
                             "rename one",
                             t->what, name);
        }
        *out = i;
    }
    return 0;
}

const char *pmpo_column_given(const pmpo_columns *given, pmpo_field field)
{
    return *(const char *const *)((const char *)given + fields[field].at);
}

static int find_given(pmpo_table *t, const pmpo_columns *given, pmpo_error *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < PMPO_N_FIELDS; i++) {
        const char *name = pmpo_column_given(given, (pmpo_field)i);
        bool may_lack = t->is_record && i >= PMPO_FIELD_ID;
        t->of[i] = PMPO_NO_COLUMN;
        if (name) {
            rc = find_column(t, name, &t->of[i], err);
        }
        if (rc == 0 && name && t->of[i] == PMPO_NO_COLUMN && !may_lack) {
            char what[300];
            snprintf(what, sizeof(what), "no %s \"%.200s\" for the %s", t->what,
                     name, fields[i].name);
            rc = fail_columns(t, err, what);
        }
    }
    return rc;
}

/* The input under one of its usual names. */
static int find_input(pmpo_table *t, pmpo_error *err)
{
    for (const char *const *name = t->inputs; *name; name++) {
        size_t at;
        int rc = find_column(t, *name, &at, err);
        if (rc == 0 && at != PMPO_NO_COLUMN &&
            t->of[PMPO_FIELD_INPUT] != PMPO_NO_COLUMN) {
            char what[200];
            snprintf(what, sizeof(what),
                     "more than one %s can be the input; name it: pmpo data "
                     "import %s FILE --input COLUMN",
                     t->what, t->format);
            rc = fail_columns(t, err, what);
        }
        if (rc < 0) {
            return rc;
        }
        if (at != PMPO_NO_COLUMN) {
            t->of[PMPO_FIELD_INPUT] = at;
        }
    }
    return 0;
}

static bool is_taken(const pmpo_table *t, size_t column)
{
    for (int i = 0; i < PMPO_N_FIELDS; i++) {
        if (t->of[i] == column) {
            return true;
        }
    }
    return false;
}

/* Columns that have a field's name, unless they are something else already.
 * Who names a target wants no pairs, and the other way round. */
static int find_by_name(pmpo_table *t, pmpo_error *err)
{
    const size_t *of = t->of;
    bool target = of[PMPO_FIELD_TARGET] != PMPO_NO_COLUMN;
    bool pair = of[PMPO_FIELD_CHOSEN] != PMPO_NO_COLUMN ||
                of[PMPO_FIELD_REJECTED] != PMPO_NO_COLUMN;
    for (int i = PMPO_FIELD_TARGET; i < PMPO_N_FIELDS; i++) {
        size_t at;
        bool is_pair = i == PMPO_FIELD_CHOSEN || i == PMPO_FIELD_REJECTED;
        bool other_kind = (i == PMPO_FIELD_TARGET && pair) ||
                          (is_pair && target);
        if (of[i] != PMPO_NO_COLUMN || other_kind) {
            continue;
        }
        int rc = find_column(t, fields[i].name, &at, err);
        if (rc < 0) {
            return rc;
        }
        bool free_one = at != PMPO_NO_COLUMN && !is_taken(t, at);
        t->of[i] = free_one ? at : PMPO_NO_COLUMN;
    }
    return 0;
}

int pmpo_columns_find(pmpo_table *t, const pmpo_columns *given, pmpo_error *err)
{
    int rc = find_given(t, given, err);
    if (rc == 0 && t->of[PMPO_FIELD_INPUT] == PMPO_NO_COLUMN) {
        rc = find_input(t, err);
    }
    return rc < 0 ? rc : find_by_name(t, err);
}

static bool has_output(const pmpo_table *t)
{
    return t->of[PMPO_FIELD_TARGET] != PMPO_NO_COLUMN ||
           t->of[PMPO_FIELD_CHOSEN] != PMPO_NO_COLUMN;
}

bool pmpo_columns_suffice(const pmpo_table *t)
{
    return t->of[PMPO_FIELD_INPUT] != PMPO_NO_COLUMN && has_output(t);
}

/* ---- what they may be ---------------------------------------------------- */

/* Names that people give to columns of inputs and of targets. */
static const char *const like_input[] = {"input",    "prompt",      "question",
                                         "text",     "sentence",    "message",
                                         "query",    "instruction", "content",
                                         "document", "review",      "utterance",
                                         "email",    "title",       "body",
                                         "context",  NULL};
static const char *const like_target[] = {"target",   "label",    "answer",
                                          "output",   "response", "completion",
                                          "category", "class",    "sentiment",
                                          "intent",   "tag",      "expected",
                                          "gold",     "solution", NULL};

/* Is `word`, of small letters, one of the words of `name`? */
static bool has_word(pmpo_str name, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= name.len; at++) {
        size_t same = 0;
        while (same < n && pmpo_lower(name.ptr[at + same]) == word[same]) {
            same++;
        }
        if (same == n && (at == 0 || !pmpo_is_letter(name.ptr[at - 1])) &&
            (at + n == name.len || !pmpo_is_letter(name.ptr[at + n]))) {
            return true;
        }
    }
    return false;
}

/* The column that has one of `names` in its own, other than `other`; else, of
 * two columns, the one that is left. PMPO_NO_COLUMN: can't be told. */
static size_t guess(const pmpo_table *t, const char *const *names, size_t other)
{
    for (; *names; names++) {
        for (size_t i = 0; i < t->n; i++) {
            if (i != other && has_word(t->names[i], *names)) {
                return i;
            }
        }
    }
    bool one_left = t->n == 2 && other < 2 && !is_taken(t, 1 - other);
    return one_left ? 1 - other : PMPO_NO_COLUMN;
}

/* " WORD", quoted for a shell where that is called for. */
static void put_word(pmpo_buf *b, pmpo_str word)
{
    bool plain = word.len > 0 && (word.ptr[0] != '-' || word.len == 1);
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        plain &= pmpo_is_digit(c) || pmpo_is_letter(c) || c == '_' ||
                 c == '-' || c == '.' || c == '/' || c >= 0x80;
    }
    pmpo_buf_puts(b, plain ? " " : " '");
    for (size_t i = 0; i < word.len; i++) {
        if (!plain && word.ptr[i] == '\'') {
            pmpo_buf_puts(b, "'\\''");
        } else {
            pmpo_buf_putc(b, word.ptr[i]);
        }
    }
    pmpo_buf_puts(b, plain ? "" : "'");
}

bool pmpo_columns_command(const pmpo_table *t, bool is_chat, pmpo_buf *b)
{
    size_t input = t->of[PMPO_FIELD_INPUT], target = t->of[PMPO_FIELD_TARGET];
    bool asks_target = !has_output(t) && !is_chat;
    if (input == PMPO_NO_COLUMN) {
        input = guess(t, like_input, target);
    }
    if (asks_target) {
        target = guess(t, like_target, input);
    }
    if (input == PMPO_NO_COLUMN && target != PMPO_NO_COLUMN) {
        input = guess(t, like_input, target);
    }
    if (input == PMPO_NO_COLUMN || (asks_target && target == PMPO_NO_COLUMN)) {
        return false;
    }
    pmpo_buf_printf(b, "pmpo data import %s", t->format);
    put_word(b, pmpo_str_of(t->file));
    if (!t->is_joined && !is_chat) {
        pmpo_buf_puts(b, " --input");
        put_word(b, t->names[input]);
    }
    if (asks_target) {
        pmpo_buf_puts(b, " --target");
        put_word(b, t->names[target]);
    }
    pmpo_buf_puts(b, " -o data.jsonl");
    return true;
}

/* "no column is called input, prompt or question" */
static void put_lack(pmpo_buf *b, const pmpo_table *t)
{
    pmpo_buf_printf(b, "no %s is called ", t->what);
    if (t->of[PMPO_FIELD_INPUT] != PMPO_NO_COLUMN) {
        pmpo_buf_puts(b, "target or chosen");
        return;
    }
    for (size_t i = 0; t->inputs[i]; i++) {
        pmpo_buf_puts(b, i == 0 ? "" : t->inputs[i + 1] ? ", " : " or ");
        pmpo_buf_puts(b, t->inputs[i]);
    }
}

int pmpo_columns_advise(const pmpo_table *t, pmpo_error *err)
{
    pmpo_buf b = {0}, command = {0};
    put_lack(&b, t);
    bool known = pmpo_columns_command(t, false, &command);
    int rc = 0;
    if (known) {
        pmpo_buf_puts(&b, ": try `");
        pmpo_buf_put(&b, pmpo_buf_str(&command));
        pmpo_buf_puts(&b, "`");
    } else {
        pmpo_buf_printf(&b,
                        ": say which it is with --input COLUMN --target "
                        "COLUMN of `pmpo data import %s`",
                        t->format);
    }
    if (b.failed || command.failed) {
        rc = pmpo_fail_memory(err);
    } else {
        rc = known ? pmpo_fail(err, PMPO_EDATA, "%s", b.ptr)
                   : fail_columns(t, err, b.ptr);
    }
    pmpo_buf_release(&b);
    pmpo_buf_release(&command);
    return rc;
}

/* Has it columns that are no field yet? */
static bool has_others(const pmpo_table *t)
{
    size_t i = 0;
    while (i < t->n && is_taken(t, i)) {
        i++;
    }
    return i < t->n;
}

int pmpo_columns_hint(const pmpo_table *t, bool is_chat, pmpo_error *err)
{
    pmpo_buf b = {0};
    pmpo_buf_puts(&b, err->text);
    pmpo_buf_puts(&b, "; or try `");
    if (pmpo_columns_command(t, is_chat, &b)) {
        pmpo_buf_puts(&b, "`");
    } else {
        pmpo_buf_clear(&b);
        if (!has_others(t)) {
            pmpo_buf_release(&b);
            return err->code;
        }
        pmpo_buf_printf(&b,
                        "%s; or say which %ss these are: `pmpo data import "
                        "%s",
                        err->text, t->what, t->format);
        put_word(&b, pmpo_str_of(t->file));
        pmpo_buf_puts(&b, " --input COLUMN --target COLUMN -o data.jsonl`; "
                          "there are ");
        put_names(&b, t);
    }
    int rc = b.failed ? pmpo_fail_memory(err)
                      : pmpo_fail(err, PMPO_EDATA, "%s", b.ptr);
    pmpo_buf_release(&b);
    return rc;
}

/* ---- their values -------------------------------------------------------- */

/* Texts with "|" between them. */
static json_t *split_options(pmpo_str cell)
{
    json_t *list = json_array();
    for (size_t at = 0; list && at <= cell.len;) {
        size_t end = pmpo_str_find(cell, PMPO_STR("|"), at);
        end = end == SIZE_MAX ? cell.len : end;
        pmpo_str s = pmpo_str_trim(pmpo_str_sub(cell, at, end));
        at = end + 1;
        if (json_array_append_new(list, json_stringn(s.ptr, s.len)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* The options, a JSON list or split_options; the weight, a JSON number. */
static int put_json(pmpo_fields *f, pmpo_field field, pmpo_str cell,
                    pmpo_error *err)
{
    bool options = field == PMPO_FIELD_OPTIONS;
    if (options && !pmpo_str_starts(cell, PMPO_STR("["))) {
        pmpo_fields_value(f, "options", split_options(cell));
        return 0;
    }
    json_t *v = pmpo_json_read(cell, NULL, err);
    if (v) {
        pmpo_fields_value(f, fields[field].name, v);
        return 0;
    }
    return err->code == PMPO_ENOMEM
               ? PMPO_ENOMEM
               : pmpo_fail(err, PMPO_EDATA, "%s \"%.*s\" is not a %s",
                           fields[field].name, pmpo_shown(cell), cell.ptr,
                           options ? "list of strings" : "number");
}

int pmpo_field_put(pmpo_fields *f, pmpo_field field, pmpo_str cell,
                   pmpo_error *err)
{
    if (field >= PMPO_FIELD_ID && cell.len == 0) {
        return 0; /* missing */
    }
    if (field == PMPO_FIELD_OPTIONS || field == PMPO_FIELD_WEIGHT) {
        return put_json(f, field, cell, err);
    }
    pmpo_fields_text(f, fields[field].name, cell);
    return 0;
}

const char *pmpo_field_name(pmpo_field field)
{
    return fields[field].name;
}
