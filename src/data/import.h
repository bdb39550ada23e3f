/* import.h: what the importers of published data sets share.
 *
 * An importer turns each record of its format into the JSON object that
 * docs/formats.md describes, which the JSONL reader then checks. So whatever is
 * imported can also be loaded. To add an importer: a file import_NAME.c, a
 * row in PMPO_IMPORTERS, a section in docs/formats.md. */
#ifndef PMPO_DATA_IMPORT_H
#define PMPO_DATA_IMPORT_H

#include "data/set.h"

typedef struct pmpo_import {
    pmpo_reader r; /* r.name: the file that is being read */
    const pmpo_import_options *o;
    pmpo_import_summary sum;
    pmpo_keys seen; /* contents; value: number of the file that had it first */
    size_t file;    /* number of the file that is being read */
    pmpo_str task;  /* in r.mem; ptr NULL: none known yet */
    bool many_tasks;
    unsigned found; /* jsonl: bits of the fields that some record had */
} pmpo_import;

/* Like pmpo_data_import, for n texts in memory whose names are names[0..n). */
int pmpo_import_parse(const pmpo_str *texts, const char *const *names,
                      size_t n, const pmpo_import_options *o, pmpo_data **out,
                      pmpo_import_summary *sum, pmpo_error *err);

/* Reads the text as the file `name`; all mistakes are collected, and *out, which
 * may then be empty, has the examples without one. o->format may be NULL, as in
 * pmpo_data_check_as. */
int pmpo_import_all(pmpo_str text, const char *name,
                    const pmpo_import_options *o, pmpo_mistakes *mistakes,
                    pmpo_data **out, pmpo_error *err);

/* ---- for the importers -------------------------------------------------- */

/* Reads one file, whose byte order mark is taken off. The text is checked with
 * pmpo_text_check as far as it is read, and no further. Returns 0, or a negative
 * code with file and line in *err. `err` is never NULL here. */
typedef int (*pmpo_import_fn)(pmpo_import *im, pmpo_str text, pmpo_error *err);

/* Format, reader, the values that `as` may have ("": none), whether it has
 * columns, whether it has annotations. */
#define PMPO_IMPORTERS(X)                                                      \
    X("bbh", pmpo_import_bbh, "", false, false)                                \
    X("bbh-cot", pmpo_import_cot, "", false, false)                            \
    X("gsm8k", pmpo_import_gsm8k, "", false, true)                             \
    X("aqua", pmpo_import_aqua, "target, options, preference", false, false)   \
    X("alpaca-eval", pmpo_import_alpaca, "", false, false)                     \
    X("dpo", pmpo_import_dpo, "", false, false)                                \
    X("csv", pmpo_import_csv, "", true, false)                                 \
    X("jsonl", pmpo_import_jsonl, "", true, false)

#define PMPO_IMPORTER(name, read, forms, columns, annotations)                 \
    int read(pmpo_import *im, pmpo_str text, pmpo_error *err);
PMPO_IMPORTERS(PMPO_IMPORTER)
#undef PMPO_IMPORTER

/* Is it UTF-8 without NUL bytes? PMPO_EDATA: not so, *line has where, from 1. */
int pmpo_text_check(pmpo_str text, int *line, pmpo_error *err);
/* The same of a whole file, with its name and line in *err. */
int pmpo_import_check(pmpo_import *im, pmpo_str text, pmpo_error *err);

/* Makes one example from the object `o`, which is at `line`. Its error messages
 * do not name file and line; the caller adds them. */
typedef int (*pmpo_record_fn)(pmpo_import *im, json_t *o, int line,
                              pmpo_error *err);

/* Calls `fn` for each object of a JSON list or of JSON lines. */
int pmpo_import_records(pmpo_import *im, pmpo_str text, pmpo_record_fn fn,
                        pmpo_error *err);

/* The string `name` of a record, borrowed from it; it may be empty. */
int pmpo_record_text(json_t *o, const char *name, pmpo_str *out,
                     pmpo_error *err);
/* The text of a JSON string; empty for any other value. Borrowed. */
pmpo_str pmpo_json_str(const json_t *v);

/* Do chosen and rejected hold the conversation, too, with no prompt beside
 * them? import_dpo.c */
bool pmpo_dpo_holds_prompt(json_t *o);

/* Alpaca's `instruction`, and below it the `input`, as a new text; *there: both
 * are there as texts. NULL: they are not, or no memory. */
json_t *pmpo_instruction(json_t *o, bool *there);
/* A list of messages without the last one, new; NULL: no memory. */
json_t *pmpo_messages_before(json_t *list);

/* The fields of an example that is being made. Initialise with
 * {json_object()}; a failure is remembered until pmpo_import_put. */
typedef struct pmpo_fields {
    json_t *object; /* NULL: out of memory */
    bool failed;
} pmpo_fields;

void pmpo_fields_text(pmpo_fields *f, const char *name, pmpo_str s);
/* Takes `value` over; NULL is a failure. */
void pmpo_fields_value(pmpo_fields *f, const char *name, json_t *value);
/* Adds the example, unless an earlier file had it, and releases the fields. */
int pmpo_import_put(pmpo_import *im, pmpo_fields *f, int line, pmpo_error *err);

/* Counts a record that is left out; `reason` is static. Returns 0. */
int pmpo_import_drop(pmpo_import *im, const char *reason);
/* The reason why two outputs are no preference pair; NULL: they are one. */
const char *pmpo_not_a_pair(pmpo_str chosen, pmpo_str rejected);

/* Sets the sentence that describes the task. If files have different tasks, the
 * data gets none. */
int pmpo_import_task(pmpo_import *im, pmpo_str task, pmpo_error *err);

/* ---- columns as fields (columns.c) -------------------------------------- */

typedef enum pmpo_field {
    PMPO_FIELD_INPUT,
    PMPO_FIELD_TARGET,
    PMPO_FIELD_CHOSEN,
    PMPO_FIELD_REJECTED,
    PMPO_FIELD_ID, /* from here on they may be missing */
    PMPO_FIELD_ANSWER,
    PMPO_FIELD_OPTIONS,
    PMPO_FIELD_WEIGHT,
    PMPO_N_FIELDS
} pmpo_field;

#define PMPO_NO_COLUMN SIZE_MAX

/* The columns of a table, or the fields of one record, and which is which. All
 * is borrowed. */
typedef struct pmpo_table {
    const char *format; /* the importer's name */
    const char *what;   /* "column" or "field" */
    const char *file;
    bool is_record; /* what may be missing may be so under a given name, too */
    bool is_joined; /* the input may be several fields; it needs no name */
    const char *const *inputs; /* usual names of the input, then NULL */
    const pmpo_str *names;     /* [n] */
    const bool *likely;        /* [n], those that advice may name; NULL: all */
    size_t n;
    size_t of[PMPO_N_FIELDS]; /* index of the name, or PMPO_NO_COLUMN */
} pmpo_table;

/* The field's name in docs/formats.md; static. */
const char *pmpo_field_name(pmpo_field field);
/* The name that the caller gave its column; NULL: none. */
const char *pmpo_column_given(const pmpo_columns *given, pmpo_field field);
/* Fills t->of. PMPO_EDATA: a given column isn't there, or two can be the same
 * field. */
int pmpo_columns_find(pmpo_table *t, const pmpo_columns *given,
                      pmpo_error *err);
/* Are there an input and an output? */
bool pmpo_columns_suffice(const pmpo_table *t);
/* Appends the command that would import the file, as far as the names let
 * guess; false: they don't. A chat needs no names. */
bool pmpo_columns_command(const pmpo_table *t, bool is_chat, pmpo_buf *b);
/* Appends " WORD", quoted for a shell where that is called for. */
void pmpo_put_word(pmpo_buf *b, pmpo_str word);
/* Fails with what is missing, and that command. Returns err->code. */
int pmpo_columns_advise(const pmpo_table *t, pmpo_error *err);
/* Puts that command behind the text in *err, or how to find it where there are
 * columns that are no field. Returns err->code. */
int pmpo_columns_hint(const pmpo_table *t, bool is_chat, pmpo_error *err);
/* Puts the text of a column's cell, which is not there where it is empty and may
 * be missing. Options are a JSON list or texts with "|" between. */
int pmpo_field_put(pmpo_fields *f, pmpo_field field, pmpo_str cell,
                   pmpo_error *err);

/* ---- rows of a CSV file (csv.c) ----------------------------------------- */

/* Initialise with the text and the separator; end with pmpo_csv_release. */
typedef struct pmpo_csv {
    pmpo_str text;
    char separator;
    size_t at;
    int lines;        /* read so far */
    int line;         /* at which the row, or a mistake in it, begins */
    pmpo_str *fields; /* of the row; they live until the next one */
    size_t n_fields, cap;
    size_t *ends, ends_cap; /* of the fields in `bytes` */
    pmpo_buf bytes;
} pmpo_csv;

/* 1: a row; 0: there are no more; else PMPO_EDATA or PMPO_ENOMEM. Empty lines
 * are skipped. */
int pmpo_csv_next(pmpo_csv *c, pmpo_error *err);
void pmpo_csv_release(pmpo_csv *c);

#endif
