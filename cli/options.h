/* options.h: the options of the command line.
 *
 * Each option is a row of one table (table.c). It drives parsing, --help, the
 * --config file and the test that docs/cli.md covers every row. To add an
 * option: a member in struct options, a row in the table, a row in docs. */
#ifndef PMPO_CLI_OPTIONS_H
#define PMPO_CLI_OPTIONS_H

#include "pmpo.h"

/* ---- commands ----------------------------------------------------------- */

enum {
    CMD_OPTIMIZE = 1 << 0,
    CMD_RESUME = 1 << 1,
    CMD_SCORE = 1 << 2,
    CMD_ANALYZE = 1 << 3,
    CMD_SHOW = 1 << 4,
    CMD_BENCH = 1 << 5,
    CMD_MODELS_LIST = 1 << 6,
    CMD_MODELS_PULL = 1 << 7,
    CMD_MODELS_INFO = 1 << 8,
    CMD_MODELS_RM = 1 << 9,
    CMD_DATA_CHECK = 1 << 10,
    CMD_DATA_SPLIT = 1 << 11,
    CMD_DATA_IMPORT = 1 << 12,
    CMD_EVAL = 1 << 13,
    CMD_AUDIT = 1 << 14,
    CMD_REPORT = 1 << 15,
    CMD_COMPARE = 1 << 16,
    CMD_COMPRESS = 1 << 17,
    CMD_COMPLETION = 1 << 18,
    CMD_ALL = (1 << 19) - 1,
};

typedef struct options options;

/* What an option that may be repeated was given, in order. */
typedef struct text_list {
    const char **items; /* [n], as given */
    size_t n;
} text_list;

typedef struct command {
    const char *name; /* "score", "models list" */
    unsigned id;      /* CMD_... */
    int min_args, max_args;
    const char *args; /* usage words of the arguments, or "" */
    const char *what; /* one line */
    const char *more; /* a paragraph for its help, or "" */
    /* Returns 0 or a negative pmpo_code, then with *err filled. */
    int (*run)(const options *o, pmpo_error *err);
} command;

extern const command commands[]; /* main.c */
extern const size_t n_commands;

/* ---- options ------------------------------------------------------------ */

#define MAX_OPTION_ROWS 144 /* at least n_option_rows; table.c asserts it */

struct options {
    const command *command;
    const char *const *args; /* [n_args]: the end of argv */
    int n_args;
    const char *model, *rewriter, *data, *output, *config;
    /* For models on servers: their names there, the key and more. */
    const char *model_name, *rewriter_name, *judge_name, *tokenizer;
    const char *key_file, *cacert;
    int dialect, concurrency, timeout_s;
    bool insecure;
    const char *task;      /* as given: the text or @file */
    text_list prompts, models;
    text_list each_model; /* every -m of OPT_MODEL, for --joint */
    const char *as, *annotations, *separator;
    pmpo_columns columns;
    const char *val, *test; /* as given: a file, a share or a count */
    double train;           /* < 0: the default */
    pmpo_score_settings how;
    int precision, form, preset, race;
    int joint; /* JOINT_NONE, or as options_joint_how reads it */
    double temperature, top_p;
    int threads, gpu_layers;
    uint64_t memory_bytes, limit, seed, budget_tokens;
    int64_t budget_ms;
    double budget_dollars;
    const char *price; /* as given: IN,OUT */
    int iterations, hard, variants, segments, patience;
    const char *metrics; /* as given: names with commas; NULL: none */
    const char *proposers, *library; /* as given: names, a file */
    const char *from;   /* an earlier run */
    const char *freeze; /* as given: the text or @file */
    const char *baseline, *shots, *train_file, *regex, *judge, *examples, *html;
    int max_tokens, max_reply_tokens, max_prompt_tokens;
    bool no_cache, no_mask, no_hard_cases, no_loss_check, noise_floor, plain;
    bool lowest_loss, allow_copy, no_guard, approve;
    bool said[MAX_OPTION_ROWS]; /* by row: given on the command line, not only
                                 * in the --config file */
    int run_metric, shortlist, grain, format, demos, demos_as;
    double margin, length_price;
    bool labels;
    bool json, quiet, verbose, dry_run, force, best, table, pareto, help;
};

/* The words of --preset, in their order. */
enum { PRESET_DEFAULT, PRESET_PAPER };
/* The first word of --joint; those of pmpo_joint follow. */
enum { JOINT_NONE };

typedef enum option_type {
    OPT_SWITCH, /* bool; --no-NAME (or NAME without its no-) turns it off */
    OPT_TEXT,   /* const char * */
    OPT_TEXTS,  /* text_list */
    OPT_MODEL,  /* const char *; URLs given one after the other are joined;
                 * each goes into each_model, too */
    OPT_INT,    /* int */
    OPT_COUNT,  /* uint64_t */
    OPT_REAL,   /* double */
    OPT_BYTES,  /* uint64_t, with K, M, G or T */
    OPT_WORD,   /* int: the place in `words` */
    OPT_BUDGET, /* budget_ms, budget_tokens or budget_dollars */
} option_type;

typedef struct option_row {
    char letter; /* 0: none */
    const char *name;
    option_type type;
    size_t at;        /* offset in struct options */
    const char *arg;  /* argument word for the help */
    const char *help;
    const char *value; /* the default. "": the library's; in parentheses: its
                        * description; else parsed like a value of the user */
    unsigned commands; /* CMD_... that take it */
    const char *words; /* OPT_WORD: "a|b|c" */
    double low, high;  /* numbers: least and greatest */
} option_row;

extern const option_row option_rows[]; /* table.c */
extern const size_t n_option_rows;

/* Parses argv[first..argc) for `c` into *o, defaults and --config included.
 * PMPO_EUSAGE with one line that ends in "see pmpo COMMAND --help". Call
 * options_release in any case. */
int options_parse(const command *c, int argc, char **argv, int first,
                  options *o, pmpo_error *err);
void options_release(options *o);

/* Sets the options whose defaults come from the library. defaults.c */
void options_library_defaults(options *o);
/* The default of `r` for `c` in words, in `out`, which is returned. */
const char *options_default(const command *c, const option_row *r, char *out,
                            size_t size);
/* Was --name given on the command line, not only in the --config file? */
bool options_said(const options *o, const char *name);

/* Sets what `r` is of. `text` must live as long as *o. Part of options_parse.
 * PMPO_EUSAGE. */
int options_set(const option_row *r, const char *text, options *o,
                pmpo_error *err);
/* Reads the --config file: what it says and the command line does not. Part of
 * options_parse; config.c */
int options_read_config(options *o, pmpo_error *err);

/* All of `text` as a number; false when it is none. */
bool parse_real(const char *text, double *out);
/* Refuses `text`, the size v of a part, where it is written like a share and isn't
 * below 1: 1.0 may be meant as all and would be one example. PMPO_EUSAGE. */
int check_size(const char *name, const char *text, double v, pmpo_error *err);

/* Refuses options on the command line that would have no effect, and pairs that
 * don't go together. Part of options_parse; rules.c */
int options_check(const options *o, pmpo_error *err);

/* Does a run with these options race the library's prompts? */
bool options_race_library(const options *o);
/* --allow-copy where copies are looked for; in a --config file elsewhere it says
 * nothing. */
bool options_allow_copy(const options *o);
/* Does the job take several scoring models? `joint` in a --config file alone, with
 * one model, says nothing. rules.c */
bool options_joint(const options *o);
/* How these models make one loss; only where options_joint says that they do. */
pmpo_joint options_joint_how(const options *o);

/* The help of one command, on standard output. */
void options_help(const command *c);
/* "COMMAND<tab>--OPTION<tab>DEFAULT" for each, for the tests. */
void options_list(void);

#endif
