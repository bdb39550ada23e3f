/* pmpo_data.h: the part of pmpo.h that is about examples: loading, checking,
 * importing, splitting. pmpo.h includes it where it belongs; include that. */
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

/* One example. Either a supervised one (`target`) or a preference one: then
 * `target` is the chosen output and `rejected` the others. When `options` are
 * known they hold the target; `rejected` may be empty then. */
typedef struct pmpo_example {
    pmpo_str id;     /* unique in its set; given, or a hash of the content */
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
    int line;      /* 1-based line, or index in a BBH file */
} pmpo_example;

typedef struct pmpo_data_options {
    size_t size;
    size_t limit; /* first examples only; 0: all */
} pmpo_data_options;

PMPO_API void pmpo_data_options_init(pmpo_data_options *o);
/* Reads JSONL (docs/formats.md) or a BIG-Bench Hard .json file as it is;
 * "-" is standard input. PMPO_EDATA names file, line and cause of the first
 * mistake. `o` may be NULL. */
PMPO_API int pmpo_data_load(const char *path, const pmpo_data_options *o,
                            pmpo_data **out, pmpo_error *err);
/* As pmpo_data_load, from bytes in memory. `name` is what errors call the
 * file. */
PMPO_API int pmpo_data_parse(pmpo_str bytes, const char *name,
                             const pmpo_data_options *o, pmpo_data **out,
                             pmpo_error *err);
PMPO_API void pmpo_data_free(pmpo_data *d);
PMPO_API size_t pmpo_data_count(const pmpo_data *d);
/* Borrowed until pmpo_data_free; i < pmpo_data_count(d). */
PMPO_API const pmpo_example *pmpo_data_example(const pmpo_data *d, size_t i);
/* What the task is, in a sentence, when the importer knows it; else empty. */
PMPO_API pmpo_str pmpo_data_task(const pmpo_data *d);
/* Share of the most frequent label, 0..1: of the answers, where examples have
 * one, else of the targets. *label (may be NULL) borrows it. */
PMPO_API double pmpo_data_majority(const pmpo_data *d, pmpo_str *label);

typedef struct pmpo_data_problem {
    int line;
    const char *text; /* the cause, one line */
    bool is_warning;  /* duplicates of content */
} pmpo_data_problem;

typedef struct pmpo_label_count {
    pmpo_str label;
    size_t n;
} pmpo_label_count;

typedef struct pmpo_data_report {
    size_t n_examples;                 /* sound ones */
    size_t n_supervised, n_preference, n_with_options;
    const pmpo_data_problem *problems; /* by line; all of them */
    size_t n_problems, n_errors;
    const pmpo_label_count *labels;    /* by count, at most 50 */
    size_t n_labels, n_distinct_labels;
    double majority; /* share of the commonest label, 0..1; a label is the
                      * answer, where an example has one, else the target */
} pmpo_data_report;

/* Reads all of `path` and lists everything that is wrong with it. Fails only
 * when the file cannot be read or holds no example at all. */
PMPO_API int pmpo_data_check(const char *path, pmpo_data_report **out,
                             pmpo_error *err);
PMPO_API void pmpo_data_report_free(pmpo_data_report *r);

/* Writes `d` as JSONL to `path` ("-": stdout); an existing file is replaced
 * by rename. With idx, only those n examples in that order. */
PMPO_API int pmpo_data_write(const pmpo_data *d, const size_t *idx, size_t n,
                             const char *path, pmpo_error *err);

/* How big the parts are. A value in (0,1) is a share of all, >= 1 a count,
 * 0 none, < 0 the default: train = min(50, half), validation = a quarter,
 * test = the rest. */
typedef struct pmpo_split {
    double train, validation, test;
    uint64_t seed;
} pmpo_split;

/* Deals the examples into parts by a hash of seed and id: part[i] is 0 train,
 * 1 validation, 2 test, 3 unused. Examples of equal content share a part.
 * part has room for pmpo_data_count(d). PMPO_EUSAGE: the parts do not fit. */
PMPO_API int pmpo_data_split(const pmpo_data *d, const pmpo_split *s,
                             unsigned char *part, pmpo_error *err);

/* A new set holding copies of d's examples idx[0..n) in that order (n may be
 * 0). The rejected outputs of free-form answers from an importer that asks for
 * it (BBH), or from rows marked "rejected_drawn", are drawn anew: at most 4
 * targets of other examples OF THIS SUBSET, distinct and different from their
 * own, chosen by hash of their id. Given ones are never touched.
 * PMPO_EUSAGE: an index out of range. */
PMPO_API int pmpo_data_subset(const pmpo_data *d, const size_t *idx, size_t n,
                              pmpo_data **out, pmpo_error *err);

/* The examples of d that ask nothing that an example of the n_seen sets asks
 * (the same input or messages, whatever the ids), as a set of their own;
 * seen[i] may be NULL. *n_left_out (may be NULL) is how many are not in it.
 * PMPO_EDATA: none is left. */
PMPO_API int pmpo_data_unseen(const pmpo_data *d, const pmpo_data *const *seen,
                              size_t n_seen, pmpo_data **out,
                              size_t *n_left_out, pmpo_error *err);

/* A copy of d in which every example is a chat that begins with k solved
 * examples of `from`, its shots, as user and assistant turns. They are the
 * first k in an order of ids that depends on the seed: the same for every
 * example, but that one which asks the same as the example is passed over. So
 * an example's k shots begin with its k - 1 shots. k 0: a plain copy, `from`
 * may be NULL. PMPO_EUSAGE: `from` has too few. */
PMPO_API int pmpo_data_shots(const pmpo_data *d, const pmpo_data *from,
                             size_t k, uint64_t seed, pmpo_data **out,
                             pmpo_error *err);

/* ---- importing data --------------------------------------------------- */

/* For csv: names of columns. NULL: the column of that very name, if there is
 * one; for the input also "prompt" or "question". */
typedef struct pmpo_columns {
    const char *input, *target, *chosen, *rejected;
    const char *id, *answer, *options, *weight;
} pmpo_columns;

typedef struct pmpo_import_options {
    size_t size;
    const char *format;   /* bbh, bbh-cot, gsm8k, aqua, alpaca-eval, dpo, csv */
    const char *as;       /* aqua: target (also NULL), options, preference */
    const char *annotations; /* gsm8k, the <<...>> of its solutions: strip
                              * (also NULL) or keep */
    char separator;       /* csv; 0: a tab in a .tsv file, else a comma */
    pmpo_columns columns; /* csv */
    size_t limit;         /* first examples only; 0: all */
} pmpo_import_options;

#define PMPO_MAX_DROPS 8

typedef struct pmpo_drop_count {
    const char *reason; /* static */
    size_t n;
} pmpo_drop_count;

typedef struct pmpo_import_summary {
    size_t n_read, n_kept;
    pmpo_drop_count drops[PMPO_MAX_DROPS]; /* add up to read - kept */
    size_t n_drops;
    /* Labels: the answer where there is one, else the target; a preference
     * pair without an answer has none. */
    size_t n_labelled, n_labels; /* examples that have one; distinct ones */
    double majority;             /* the commonest label's share of these */
    pmpo_str majority_label;     /* lives in the data */
} pmpo_import_summary;

PMPO_API void pmpo_import_options_init(pmpo_import_options *o);
/* Reads files of one published format (docs/formats.md), one after the other;
 * "-" is standard input. What an earlier file had already is dropped. The
 * same files give the same examples and ids. PMPO_EDATA names file, line and
 * cause of the first mistake. `sum` may be NULL. */
PMPO_API int pmpo_data_import(const char *const *paths, size_t n_paths,
                              const pmpo_import_options *o, pmpo_data **out,
                              pmpo_import_summary *sum, pmpo_error *err);

#endif
