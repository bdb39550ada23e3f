/* import_csv.c: tables with a header row, which csv.c parses.
 *
 * The columns have the names of the fields in docs/formats.md, or are named
 * by the caller (columns.c). An empty cell of a field that may be missing is a
 * missing one. */
#include "data/import.h"

#include "base/error.h"

typedef struct table {
    pmpo_csv csv;
    pmpo_table columns;
} table;

static const char *const input_names[] = {"input", "prompt", "question", NULL};

/* ---- the header --------------------------------------------------------- */

/* A file of one line only, for want of a line feed. */
static int check_line_ends(const pmpo_import *im, const table *t,
                           pmpo_error *err)
{
    pmpo_str text = pmpo_str_trim(t->csv.text);
    return memchr(text.ptr, '\r', text.len) && !memchr(text.ptr, '\n', text.len)
               ? pmpo_fail(err, PMPO_EDATA,
                           "lines end in CR alone: convert "
                           "with `tr '\\r' '\\n' < %.300s > NEW.csv`",
                           im->r.name)
               : 0;
}

/* Of a table with one column only: another separator seems to be in it. */
static int check_separator(const pmpo_import *im, const table *t,
                           pmpo_error *err)
{
    static const char *const words[] = {";", "tab", ",", NULL};
    static const char seps[] = ";\t,";
    pmpo_str only = t->csv.fields[0];
    int i = 0;
    while (words[i] && (t->columns.n > 1 || seps[i] == t->csv.separator ||
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

/* Columns that are no field. */
static int note_unread(const pmpo_import *im, const table *t, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && im->r.mistakes && i < t->columns.n; i++) {
        bool used = false;
        for (int f = 0; f < PMPO_N_FIELDS; f++) {
            used |= t->columns.of[f] == i;
        }
        rc = used ? 0
                  : pmpo_mistakes_unread(im->r.mistakes, t->columns.names[i],
                                         t->csv.line, true);
    }
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

static int find_columns(const pmpo_import *im, table *t, pmpo_error *err)
{
    t->columns = (pmpo_table){.format = "csv",
                              .what = "column",
                              .file = im->r.name,
                              .inputs = input_names,
                              .names = t->csv.fields,
                              .n = t->csv.n_fields};
    int rc = check_line_ends(im, t, err);
    rc = rc < 0 ? rc : check_separator(im, t, err);
    rc = rc < 0 ? rc : pmpo_columns_find(&t->columns, &im->o->columns, err);
    if (rc == 0 && !pmpo_columns_suffice(&t->columns)) {
        rc = pmpo_columns_advise(&t->columns, err);
    }
    return rc < 0 ? rc : note_unread(im, t, err);
}

/* ---- rows --------------------------------------------------------------- */

/* The next row, 1 as pmpo_csv_next; *bad: it is none to be read, though those
 * behind it may be. */
static int next_row(table *t, bool *bad, pmpo_error *err)
{
    size_t from = t->csv.at;
    int before = t->csv.lines;
    int more = pmpo_csv_next(&t->csv, err);
    int line = 0;
    pmpo_str bytes = pmpo_str_sub(t->csv.text, from, t->csv.at);
    *bad = more > 0 && pmpo_text_check(bytes, &line, err) < 0;
    t->csv.line = *bad ? before + line : t->csv.line;
    return more;
}

static int put_row(pmpo_import *im, const table *t, pmpo_error *err)
{
    pmpo_fields f = {.object = json_object()};
    int rc = 0;
    if (t->csv.n_fields != t->columns.n) {
        rc = pmpo_fail(err, PMPO_EDATA, "%zu fields where the header has %zu",
                       t->csv.n_fields, t->columns.n);
    }
    for (int i = 0; rc == 0 && i < PMPO_N_FIELDS; i++) {
        size_t at = t->columns.of[i];
        if (at != PMPO_NO_COLUMN) {
            rc = pmpo_field_put(&f, (pmpo_field)i, t->csv.fields[at], err);
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
        bool bad;
        more = next_row(t, &bad, err);
        bad = bad || more < 0 || (more > 0 && put_row(im, t, err) < 0);
        int rc = bad ? pmpo_reader_bad(&im->r, t->csv.line, err) : 0;
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int read_table(pmpo_import *im, table *t, pmpo_error *err)
{
    bool bad;
    int more = next_row(t, &bad, err);
    int rc = bad ? PMPO_EDATA : more > 0 ? find_columns(im, t, err) : more;
    if (rc < 0) {
        return pmpo_reader_bad(&im->r, t->csv.line, err);
    }
    return more > 0 ? read_rows(im, t, err) : 0;
}

/* Excel's first line "sep=;", in quotes or not, which says what separates the
 * fields; 0: there is none. *len: its bytes, with the end of the line. */
static char told_separator(pmpo_str text, size_t *len)
{
    pmpo_str line;
    *len = 0;
    pmpo_next_line(text, len, &line);
    line = line.len && line.ptr[line.len - 1] == '\r'
               ? pmpo_str_sub(line, 0, line.len - 1)
               : line;
    if (line.len == 7 && line.ptr[0] == '"' && line.ptr[6] == '"') {
        line = pmpo_str_sub(line, 1, 6);
    }
    bool told = line.len == 5 && line.ptr[4] != '"' &&
                pmpo_str_alike(pmpo_str_sub(line, 0, 4), PMPO_STR("sep="));
    return told ? line.ptr[4] : 0;
}

int pmpo_import_csv(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    size_t len = 0;
    char told = text.len ? told_separator(text, &len) : 0;
    char of_name = pmpo_table_separator(im->r.name);
    char separator = im->o->separator ? im->o->separator
                     : told           ? told
                     : of_name        ? of_name
                                      : ',';
    table t = {.csv = {.text = text,
                       .separator = separator,
                       .at = !told            ? 0
                             : len < text.len ? len
                                              : text.len,
                       .lines = told ? 1 : 0}};
    int rc = read_table(im, &t, err);
    pmpo_csv_release(&t.csv);
    return rc;
}
