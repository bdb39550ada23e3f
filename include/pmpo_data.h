/* pmpo_data.h: the part of pmpo.h about examples: loading, checking, importing,
 * splitting. Do not include it: pmpo.h does. */
#ifndef PMPO_DATA_H
#define PMPO_DATA_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- data ------------------------------------------------------------- */

typedef struct pmpo_data pmpo_data;

typedef struct pmpo_message {
    pmpo_str role; /* "system", "user" or "assistant" */
    pmpo_str content;
} pmpo_message;

/* One example: supervised, with a `target`; or a preference example, whose
 * `target` is the chosen output and `rejected` holds the others. If `options`
 * are known, they include the target, and `rejected` may be empty. */
typedef struct pmpo_example {
    pmpo_str id;     /* unique in its set; from the file, or a hash of the
                      * content */
    pmpo_str input;  /* empty when n_messages > 0 */
    pmpo_str target;
    pmpo_str answer; /* short form for exact match; may be empty */
    const pmpo_str *options;  /* in file order, target among them */
    size_t n_options;         /* 0: unknown */
    const pmpo_str *rejected; /* never equal to target */
    size_t n_rejected;
    const pmpo_message *messages;
    size_t n_messages;
    double weight; /* > 0 */
    int line;      /* number of its line, or place in a BBH file; from 1 */
} pmpo_example;

/* What an answer is compared with, and counted as: the example's short answer,
 * else its target. (Worked solutions all differ, but their answers do not.) */
PMPO_API pmpo_str pmpo_example_label(const pmpo_example *e);
/* What an example asks: its input, or its last message. Borrows from `e`. */
PMPO_API pmpo_str pmpo_example_input(const pmpo_example *e);

typedef struct pmpo_data_options {
    size_t size;
    size_t limit; /* only the first `limit` examples; 0: all */
} pmpo_data_options;

PMPO_API void pmpo_data_options_init(pmpo_data_options *o);
/* Reads JSONL, a JSON list, a .csv or .tsv file (docs/formats.md) or a BIG-Bench
 * Hard .json file as published; "-" is standard input. PMPO_EDATA: err names
 * file, line (in a list: the example's number) and cause of the first mistake.
 * PMPO_EVERSION: o->size is another. `o` may be NULL. */
PMPO_API int pmpo_data_load(const char *path, const pmpo_data_options *o,
                            pmpo_data **out, pmpo_error *err);
/* Like pmpo_data_load, from bytes in memory. Error messages call them
 * `name`. */
PMPO_API int pmpo_data_parse(pmpo_str bytes, const char *name,
                             const pmpo_data_options *o, pmpo_data **out,
                             pmpo_error *err);
PMPO_API void pmpo_data_free(pmpo_data *d);
PMPO_API size_t pmpo_data_count(const pmpo_data *d);
/* Borrowed until pmpo_data_free; i < pmpo_data_count(d). */
PMPO_API const pmpo_example *pmpo_data_example(const pmpo_data *d, size_t i);
/* Are the rejected outputs of example i answers to other examples, drawn? */
PMPO_API bool pmpo_data_rejected_drawn(const pmpo_data *d, size_t i);
/* A sentence that describes the task, if the data has one; else empty. */
PMPO_API pmpo_str pmpo_data_task(const pmpo_data *d);
/* Share of the most frequent label, 0..1. An example's label is its answer, or
 * its target if it has no answer. *label (may be NULL) is set to that label,
 * borrowed until pmpo_data_free. */
PMPO_API double pmpo_data_majority(const pmpo_data *d, pmpo_str *label);

typedef struct pmpo_data_problem {
    int line;
    const char *text; /* the cause, one line */
    bool is_warning;  /* such as an example that occurs twice */
} pmpo_data_problem;

typedef struct pmpo_label_count {
    pmpo_str label;
    size_t n;
} pmpo_label_count;

typedef struct pmpo_data_report {
    size_t n_examples;                 /* without errors */
    size_t n_supervised, n_preference, n_with_options;
    const pmpo_data_problem *problems; /* by line; all of them */
    size_t n_problems, n_errors;
    /* By count, at most 50; none where all are preference pairs without an
     * answer. */
    const pmpo_label_count *labels;
    size_t n_labels, n_distinct_labels;
    double majority; /* as pmpo_data_majority; 0 without labels */
    /* No example has options or rejected outputs, but all targets are of so many
     * labels, each there twice at least: pmpo_import_options.labels makes options
     * of them. 0: that is not so. */
    size_t n_closed;
} pmpo_data_report;

/* Reads all of `path` and lists every problem in it. Fails only if the file
 * can't be read or has no example at all. */
PMPO_API int pmpo_data_check(const char *path, pmpo_data_report **out,
                             pmpo_error *err);
PMPO_API void pmpo_data_report_free(pmpo_data_report *r);

/* Writes `d` as JSONL to `path` ("-": standard output); an existing file is
 * replaced by rename. If idx is not NULL, only the examples idx[0..n) are
 * written, in that order. */
PMPO_API int pmpo_data_write(const pmpo_data *d, const size_t *idx, size_t n,
                             const char *path, pmpo_error *err);

/* The sizes of the parts. A value between 0 and 1 is a share of all examples,
 * >= 1 a count, 0 none, < 0 the default: train = min(50, half), validation = a
 * quarter, test = the rest. */
typedef struct pmpo_split {
    double train, validation, test;
    uint64_t seed;
} pmpo_split;

/* Splits the examples at random, by a hash of seed and id. Sets part[i] to a
 * pmpo_part, or 3: unused. Examples with the same input (or
 * messages) get the same part. `part` has pmpo_data_count(d) elements; on failure
 * its content is undefined. PMPO_EUSAGE: the parts are larger than the data, or
 * nothing is left for one whose size was given, since examples of one input stay
 * together. */
PMPO_API int pmpo_data_split(const pmpo_data *d, const pmpo_split *s,
                             unsigned char *part, pmpo_error *err);
/* Writes the parts of a split as JSONL to paths[0..3). All are written beside
 * their places before the first is put there: a failure such as a full disk
 * leaves the old files as they are. An empty part has no file: one of an earlier
 * split, with examples that are in another part now, is removed. PMPO_EIO. */
PMPO_API int pmpo_data_write_split(const pmpo_data *d,
                                   const unsigned char *part,
                                   const char *const paths[3], pmpo_error *err);

/* A new set with copies of d's examples idx[0..n) in that order (n may be 0).
 * Rejected outputs that were not in the file but drawn from other examples (BBH
 * tasks with free-form answers, rows marked "rejected_drawn") are drawn again:
 * at most 4 distinct targets of other examples OF THIS SUBSET, different from
 * the example's own, chosen by a hash of its id. Rejected outputs from the file
 * are kept as they are. PMPO_EUSAGE: an index is out of range. */
PMPO_API int pmpo_data_subset(const pmpo_data *d, const size_t *idx, size_t n,
                              pmpo_data **out, pmpo_error *err);

/* A new set with the examples of d whose input (or messages) no example of the
 * n_seen sets has; ids do not matter. seen[i] may be NULL. *n_left_out (may be
 * NULL) is the number of examples that were left out. PMPO_EDATA: no example
 * remains. */
PMPO_API int pmpo_data_unseen(const pmpo_data *d, const pmpo_data *const *seen,
                              size_t n_seen, pmpo_data **out,
                              size_t *n_left_out, pmpo_error *err);

/* A copy of d in which every example is a chat that begins with k solved
 * examples of `from`, its shots, as user and assistant turns. The shots are the
 * first k in a random order that depends only on the seed, without those that
 * have the example's own input. So the first k - 1 shots are the same as for
 * k - 1. With k = 0 it is a plain copy, and `from` may be NULL. PMPO_EUSAGE:
 * `from` has too few examples. */
PMPO_API int pmpo_data_shots(const pmpo_data *d, const pmpo_data *from,
                             size_t k, uint64_t seed, pmpo_data **out,
                             pmpo_error *err);

/* ---- importing data --------------------------------------------------- */

/* Names of columns, for csv, and of fields, for jsonl. NULL: the column that has
 * the field's name, if there is one; for the input also "prompt" or "question",
 * of jsonl also "messages", or "instruction" with "input" below it. */
typedef struct pmpo_columns {
    const char *input, *target, *chosen, *rejected;
    const char *id, *answer, *options, *weight;
} pmpo_columns;

typedef struct pmpo_import_options {
    size_t size;
    const char *format;   /* bbh, bbh-cot, gsm8k, aqua, alpaca-eval, dpo, csv,
                           * jsonl */
    const char *as;       /* aqua: "target" (NULL: the same), "options",
                           * "preference" */
    const char *annotations; /* gsm8k, the <<...>> in solutions: "strip" (NULL:
                              * the same) or "keep" */
    char separator;       /* csv; 0: a tab in a .tsv file, else a comma */
    pmpo_columns columns; /* csv, jsonl */
    /* csv, jsonl: the targets of all files, 2 to 26 different ones, each there
     * twice at least, become the options of every example, sorted by their
     * bytes. PMPO_EDATA: they are no such set, or an example has options or
     * rejected outputs. */
    bool labels;
    size_t limit;         /* only the first `limit` examples; 0: all */
} pmpo_import_options;

#define PMPO_MAX_DROPS 8 /* different reasons for leaving out a record */

typedef struct pmpo_drop_count {
    const char *reason; /* static */
    size_t n;
} pmpo_drop_count;

typedef struct pmpo_import_summary {
    size_t n_read, n_kept;
    pmpo_drop_count drops[PMPO_MAX_DROPS]; /* sum: n_read - n_kept */
    size_t n_drops;
    /* A label is the example's answer, or its target if it has no answer; a
     * preference pair without an answer has no label. */
    size_t n_labelled, n_labels; /* examples with a label; distinct labels */
    double majority;             /* share of the commonest one, 0..1 */
    pmpo_str majority_label;     /* borrowed from the data */
} pmpo_import_summary;

PMPO_API void pmpo_import_options_init(pmpo_import_options *o);
/* Reads files of one published format (docs/formats.md) in the given order; "-"
 * is standard input. Examples that an earlier file already had are dropped. The
 * same files always give the same examples and ids. PMPO_EDATA: err names file,
 * line and cause of the first mistake. PMPO_EVERSION: o->size is another. `sum`
 * may be NULL. */
PMPO_API int pmpo_data_import(const char *const *paths, size_t n_paths,
                              const pmpo_import_options *o, pmpo_data **out,
                              pmpo_import_summary *sum, pmpo_error *err);

/* Like pmpo_data_check, of a file that pmpo_data_import would read with these
 * options. `format` may be NULL here: csv, where a separator is given or the
 * file's name ends in .csv or .tsv, else jsonl. */
PMPO_API int pmpo_data_check_as(const char *path, const pmpo_import_options *o,
                                pmpo_data_report **out, pmpo_error *err);

#endif
