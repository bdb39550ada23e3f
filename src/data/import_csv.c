/* import_csv.c: tables with a header row, which csv.c parses.
 *
 * The columns have the names of the fields in docs/formats.md, or are named
 * by the caller. An empty cell of a field that may be missing is a missing
 * one. */
#include "data/import.h"

#include <stddef.h>

#include "base/error.h"

enum { INPUT, TARGET, CHOSEN, REJECTED, ID, ANSWER, OPTIONS, WEIGHT, N_FIELDS };

#define NONE SIZE_MAX

static const struct {
    const char *name;
    size_t at; /* of its column's name in pmpo_columns */
} fields[N_FIELDS] = {
    {"input", offsetof(pmpo_columns, input)},
    {"target", offsetof(pmpo_columns, target)},
    {"chosen", offsetof(pmpo_columns, chosen)},
    {"rejected", offsetof(pmpo_columns, rejected)},
    {"id", offsetof(pmpo_columns, id)},
    {"answer", offsetof(pmpo_columns, answer)},
    {"options", offsetof(pmpo_columns, options)},
    {"weight", offsetof(pmpo_columns, weight)},
};

static const char *const input_names[] = {"input", "prompt", "question"};

typedef struct table {
    pmpo_csv csv;
    size_t n_columns;
    size_t column[N_FIELDS]; /* or NONE */
} table;

/* ---- columns ------------------------------------------------------------ */

/* An error with `what` and the names of all columns, for correcting the
 * call. */
static int fail_columns(const table *t, pmpo_error *err, const char *what)
{
    pmpo_buf list = {0};
    for (size_t i = 0; i < t->n_columns; i++) {
        pmpo_buf_puts(&list, i ? ", " : "");
        pmpo_buf_put(&list, t->csv.fields[i]);
    }
    pmpo_str all = pmpo_buf_str(&list);
    int shown = (int)pmpo_utf8_floor(all, 400);
    int rc = list.failed
                 ? pmpo_fail_memory(err)
                 : pmpo_fail(err, PMPO_EDATA, "%s; the columns are %.*s%s",
                             what, shown, all.ptr,
                             (size_t)shown < all.len ? "..." : "");
    pmpo_buf_release(&list);
    return rc;
}

/* The index of the column `name`; NONE: there is none. */
static int find_column(const table *t, const char *name, size_t *out,
                       pmpo_error *err)
{
    *out = NONE;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!pmpo_str_eq(t->csv.fields[i], pmpo_str_of(name))) {
            continue;
        }
        if (*out != NONE) {
            return pmpo_fail(err, PMPO_EDATA, "two columns are called "
                             "\"%.200s\"; rename one", name);
        }
        *out = i;
    }
    return 0;
}

static const char *given_name(const pmpo_import *im, int field)
{
    const char *columns = (const char *)&im->o->columns;
    return *(const char *const *)(columns + fields[field].at);
}

static int find_given(const pmpo_import *im, table *t, pmpo_error *err)
{
    int rc = 0;
    for (int i = 0; rc == 0 && i < N_FIELDS; i++) {
        const char *name = given_name(im, i);
        t->column[i] = NONE;
        if (name) {
            rc = find_column(t, name, &t->column[i], err);
        }
        if (rc == 0 && name && t->column[i] == NONE) {
            char what[300];
            snprintf(what, sizeof(what), "no column \"%.200s\" for the %s",
                     name, fields[i].name);
            rc = fail_columns(t, err, what);
        }
    }
    return rc;
}

/* The input under one of its usual names. */
static int find_input(table *t, pmpo_error *err)
{
    for (size_t i = 0; i < sizeof(input_names) / sizeof(*input_names); i++) {
        size_t at;
        int rc = find_column(t, input_names[i], &at, err);
        if (rc == 0 && at != NONE && t->column[INPUT] != NONE) {
            rc = fail_columns(t, err,
                              "more than one column can be the input; "
                              "name it: pmpo data import csv FILE --input "
                              "COLUMN");
        }
        if (rc < 0) {
            return rc;
        }
        t->column[INPUT] = at != NONE ? at : t->column[INPUT];
    }
    return 0;
}

static bool is_taken(const table *t, size_t column)
{
    for (int i = 0; i < N_FIELDS; i++) {
        if (t->column[i] == column) {
            return true;
        }
    }
    return false;
}

/* Columns that have a field's name, unless they are something else already.
 * Who names a target wants no pairs, and the other way round. */
static int find_by_name(table *t, pmpo_error *err)
{
    bool target = t->column[TARGET] != NONE;
    bool pair = t->column[CHOSEN] != NONE || t->column[REJECTED] != NONE;
    for (int i = TARGET; i < N_FIELDS; i++) {
        size_t at;
        bool other_kind = (i == TARGET && pair) ||
                          ((i == CHOSEN || i == REJECTED) && target);
        if (t->column[i] != NONE || other_kind) {
            continue;
        }
        int rc = find_column(t, fields[i].name, &at, err);
        if (rc < 0) {
            return rc;
        }
        t->column[i] = at != NONE && !is_taken(t, at) ? at : NONE;
    }
    return 0;
}

/* ---- what the columns may be --------------------------------------------- */

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

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_letter(char c)
{
    return small(c) >= 'a' && small(c) <= 'z';
}

/* Is `word`, of small letters, one of the words of `name`? */
static bool has_word(pmpo_str name, const char *word)
{
    size_t n = strlen(word);
    for (size_t at = 0; at + n <= name.len; at++) {
        size_t same = 0;
        while (same < n && small(name.ptr[at + same]) == word[same]) {
            same++;
        }
        if (same == n && (at == 0 || !is_letter(name.ptr[at - 1]))
            && (at + n == name.len || !is_letter(name.ptr[at + n]))) {
            return true;
        }
    }
    return false;
}

/* The column that has one of `names` in its own; of two columns the one that is
 * not `other`. NONE: can't be told. */
static size_t guess(const table *t, const char *const *names, size_t other)
{
    for (; *names; names++) {
        for (size_t i = 0; i < t->n_columns; i++) {
            if (i != other && has_word(t->csv.fields[i], *names)) {
                return i;
            }
        }
    }
    return t->n_columns == 2 && other < 2 ? 1 - other : NONE;
}

/* " --input 'the text'": an option with a column's name, quoted for a shell
 * where that is called for. */
static void put_option(pmpo_buf *b, const char *option, pmpo_str name)
{
    bool plain = name.len > 0 && name.ptr[0] != '-';
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        plain &= (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                 || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '.'
                 || c >= 0x80;
    }
    pmpo_buf_printf(b, " %s ", option);
    pmpo_buf_puts(b, plain ? "" : "'");
    for (size_t i = 0; i < name.len; i++) {
        if (!plain && name.ptr[i] == '\'') {
            pmpo_buf_puts(b, "'\\''");
        } else {
            pmpo_buf_putc(b, name.ptr[i]);
        }
    }
    pmpo_buf_puts(b, plain ? "" : "'");
}

/* Says which options make data of this table, where that can be guessed. */
static int fail_with_advice(const pmpo_import *im, const table *t,
                            pmpo_error *err)
{
    bool has_target = t->column[TARGET] != NONE || t->column[CHOSEN] != NONE;
    size_t input = t->column[INPUT], target = t->column[TARGET];
    if (input == NONE) {
        input = guess(t, like_input, target);
    }
    if (!has_target) {
        target = guess(t, like_target, input);
    }
    if (input == NONE && target != NONE) {
        input = guess(t, like_input, target);
    }
    const char *lacks = t->column[INPUT] == NONE
                            ? "no column is called input, prompt or question"
                            : "no column is called target or chosen";
    if (input == NONE || (!has_target && target == NONE)) {
        char what[200];
        snprintf(what, sizeof(what), "%s: say which it is with --input COLUMN "
                 "--target COLUMN of `pmpo data import csv`", lacks);
        return fail_columns(t, err, what);
    }
    pmpo_buf b = {0};
    put_option(&b, "--input", t->csv.fields[input]);
    if (!has_target) {
        put_option(&b, "--target", t->csv.fields[target]);
    }
    pmpo_str options = pmpo_buf_str(&b);
    int rc = b.failed ? pmpo_fail_memory(err)
                      : pmpo_fail(err, PMPO_EDATA, "%s: try `pmpo data import "
                                  "csv %.300s%.*s -o data.jsonl`", lacks,
                                  im->r.name, (int)options.len, options.ptr);
    pmpo_buf_release(&b);
    return rc;
}

/* Of a table with one column only: another separator seems to be in it. */
static int check_separator(const pmpo_import *im, const table *t,
                           pmpo_error *err)
{
    static const char *const words[] = {";", "tab", ",", NULL};
    static const char seps[] = ";\t,";
    pmpo_str only = t->csv.fields[0];
    int i = 0;
    while (words[i] && (t->n_columns > 1 || seps[i] == t->csv.separator ||
                        !memchr(only.ptr, seps[i], only.len))) {
        i++;
    }
    return words[i]
               ? pmpo_fail(err, PMPO_EDATA,
                           "one column only, called "
                           "\"%.*s\": is the separator another? Try `pmpo "
                           "data import csv %.300s --separator '%s' -o "
                           "data.jsonl`",
                           pmpo_shown(only), only.ptr, im->r.name, words[i])
               : 0;
}

static int find_columns(const pmpo_import *im, table *t, pmpo_error *err)
{
    t->n_columns = t->csv.n_fields;
    int rc = check_separator(im, t, err);
    rc = rc < 0 ? rc : find_given(im, t, err);
    if (rc == 0 && t->column[INPUT] == NONE) {
        rc = find_input(t, err);
    }
    rc = rc < 0 ? rc : find_by_name(t, err);
    bool lacks = t->column[INPUT] == NONE
                 || (t->column[TARGET] == NONE && t->column[CHOSEN] == NONE);
    return rc == 0 && lacks ? fail_with_advice(im, t, err) : rc;
}

/* ---- rows --------------------------------------------------------------- */

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
static int put_json(pmpo_fields *f, int field, pmpo_str cell, pmpo_error *err)
{
    if (field == OPTIONS && !pmpo_str_starts(cell, PMPO_STR("["))) {
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
                           field == OPTIONS ? "list of strings" : "number");
}

static int put_row(pmpo_import *im, const table *t, pmpo_error *err)
{
    pmpo_fields f = {.object = json_object()};
    int rc = 0;
    if (t->csv.n_fields != t->n_columns) {
        rc = pmpo_fail(err, PMPO_EDATA, "%zu fields where the header has %zu",
                       t->csv.n_fields, t->n_columns);
    }
    for (int i = 0; rc == 0 && i < N_FIELDS; i++) {
        if (t->column[i] == NONE) {
            continue;
        }
        pmpo_str cell = t->csv.fields[t->column[i]];
        if (i >= ID && cell.len == 0) {
            continue; /* missing */
        }
        if (i == OPTIONS || i == WEIGHT) {
            rc = put_json(&f, i, cell, err);
        } else {
            pmpo_fields_text(&f, fields[i].name, cell);
        }
    }
    if (rc < 0) {
        json_decref(f.object);
        return rc;
    }
    return pmpo_import_put(im, &f, t->csv.line, err);
}

/* A bad row is noted where all mistakes are listed. What comes after a misplaced
 * quote can't be told: there it ends. */
static int read_rows(pmpo_import *im, table *t, pmpo_error *err)
{
    int more = 1;
    while (more > 0 && !pmpo_reader_full(&im->r)) {
        more = pmpo_csv_next(&t->csv, err);
        bool bad = more < 0 || (more > 0 && put_row(im, t, err) < 0);
        int rc = bad ? pmpo_reader_bad(&im->r, t->csv.line, err) : 0;
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int read_table(pmpo_import *im, table *t, pmpo_error *err)
{
    int more = pmpo_csv_next(&t->csv, err);
    int rc = more > 0 ? find_columns(im, t, err) : more;
    if (rc < 0) {
        return pmpo_reader_bad(&im->r, t->csv.line, err);
    }
    return more > 0 ? read_rows(im, t, err) : 0;
}

int pmpo_import_csv(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    char of_name = pmpo_table_separator(im->r.name);
    char separator = im->o->separator ? im->o->separator
                     : of_name        ? of_name
                                      : ',';
    table t = {.csv = {.text = text, .separator = separator}};
    int rc = read_table(im, &t, err);
    pmpo_csv_release(&t.csv);
    return rc;
}
