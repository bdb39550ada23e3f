/* pmpo_run.h: the part of pmpo.h that reads a run file. Do not include it:
 * pmpo.h does. */
#ifndef PMPO_RUN_H
#define PMPO_RUN_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- reading a run ------------------------------------------------------ */

#define PMPO_MAX_PARENTS 4 /* prompts that one candidate was made from */

typedef struct pmpo_candidate {
    int id;          /* unique in the run; the initial prompt is 0 */
    /* Ids of the prompts it was made from, the incumbent first; n_parents is 0
     * if it was made from none. */
    int parents[PMPO_MAX_PARENTS];
    size_t n_parents;
    pmpo_str prompt; /* empty: no prompt could be read from the reply */
    size_t n_tokens; /* of the prompt alone, by the scoring model's tokeniser;
                      * 0: refused before they were counted */
    const char *proposer;
    double loss;        /* NAN: not scored on all examples */
    double lower_bound; /* of the loss, if scoring stopped early; else NAN */
    pmpo_fate fate;
    const char *reason; /* one line */
    pmpo_str reply;     /* of the rewriter, unchanged */
    int hard_case;      /* index in the iteration's hard_ids; -1: none */
    int variant;        /* which rewrite for its hard case, 0..; -1: none */
    uint64_t seed;      /* of the sample */
} pmpo_candidate;

typedef struct pmpo_iteration {
    int index; /* 1..; 0: the opening, before the first iteration */
    double incumbent_loss; /* before the iteration, on the training part */
    double best_loss;      /* of the incumbent after it */
    bool marked_by_model;
    const char *marking_note;
    const pmpo_segment_effect *segments;
    size_t n_segments;
    const pmpo_str *hard_ids;
    size_t n_hard;
    const pmpo_candidate *candidates;
    size_t n_candidates;
    const char *decision; /* one line */
    double seconds;
} pmpo_iteration;

/* Notes of whose turn it was, one an iteration, begin with it. */
#define PMPO_TURN_NOTE "the rewriter's turn went to "

/* A prompt that was considered as the final one, on the validation part. */
typedef struct pmpo_run_finalist {
    int id;          /* of the candidate; 0: the initial prompt */
    double val_loss;
    size_t n_answers, n_right, n_cut_off; /* n_answers 0: it was not asked */
    const char *why; /* one line, or "" */
} pmpo_run_finalist;

/* A prompt on the three parts; NAN: not measured. */
typedef struct pmpo_outcome {
    pmpo_str prompt;
    size_t n_tokens; /* of the prompt alone */
    double train_loss, val_loss, test_loss;
    double train_format, train_choice, test_format, test_choice;
    size_t test_n_options, test_n_correct;
    /* Answers generated on the test part; 0: none. */
    size_t test_n_answers, test_n_right, test_n_cut_off;
    double test_right_low, test_right_high; /* 95 % interval of their share */
} pmpo_outcome;

/* The losses of the start prompt [0] and of the best one [1] on one of several
 * models; NAN: not measured. */
typedef struct pmpo_run_model {
    const char *name;
    double train_loss[2], val_loss[2], test_loss[2];
} pmpo_run_model;

/* One example of a part under one prompt. */
typedef struct pmpo_kept_example {
    double loss;
    int correct;     /* the likeliest option is the target: 0, 1; -1: unknown */
    pmpo_str picked; /* the likeliest option; empty: unknown */
    /* Tokens of the target or chosen output, as in pmpo_target_score. Only for
     * the start and the best prompt of a finished run; else n_tokens is 0. */
    const uint32_t *token_ends;   /* [n_tokens] */
    const float *token_logprobs;  /* [n_tokens] */
    size_t n_tokens;
} pmpo_kept_example;

typedef struct pmpo_prompt_losses {
    int prompt; /* candidate id; the start prompt is 0 */
    pmpo_part part;
    const pmpo_kept_example *examples; /* in the order of pmpo_run_data */
    size_t n;
} pmpo_prompt_losses;

/* One evaluation on the test part, of the prompt that the search chose. */
typedef struct pmpo_test_look {
    int iterations; /* done by then */
    int candidate;  /* id of the prompt */
    double gain, low, high; /* over the start prompt; paired 95 % */
} pmpo_test_look;

typedef struct pmpo_run_view {
    const char *status; /* "done", "running", "stopped", "interrupted" */
    const char *status_reason;
    const char *scorer, *rewriter;    /* names */
    const char *precision, *loss, *reduction, *form, *template_name;
    const char *template_text; /* of a template in a file; else "" */
    /* The exact text that the model reads before it answers is rendered_before,
     * the prompt, rendered_after; rendered_empty is the text with an empty
     * prompt. {input} (with messages: {turn1} and so on, as in the first
     * training example) stands for the example's content. A prompt with
     * demonstrations as turns is not one piece of the text, so rendered_best is
     * the whole text with the best prompt so far. All are "" where the text
     * can't be told (the template place), and in runs of older versions, which
     * did not store them. */
    const char *rendered_before, *rendered_after, *rendered_empty;
    const char *rendered_best;
    const char *joint; /* "mean" or "max": over several models; else "none" */
    const pmpo_run_model *models; /* the several models, `scorer` first */
    size_t n_models;
    uint64_t seed;
    int max_iterations;
    size_t n_train, n_val, n_test;
    double noise_floor;
    double share_marked_by_model; /* of all iterations; NAN: there is none */
    pmpo_outcome initial, best;
    /* Loss of `initial` minus loss of `best` on the test part, with its paired
     * 95 % interval; NAN: not measured. */
    double test_gain, test_gain_low, test_gain_high;
    /* 95 % Wilson interval of the accuracy over options; initial, best. */
    double test_accuracy_low[2], test_accuracy_high[2];
    /* Share of the commonest label of the test examples with options; NAN: none
     * has any. */
    double test_majority;
    const char *metric;   /* for generated answers; "none" */
    /* Share of right answers of `best` minus that of `initial`, with its paired
     * 95 % interval and the p-value of "no difference"; NAN: no answers. */
    double answers_gain, answers_gain_low, answers_gain_high, answers_p;
    double answers_majority; /* share of the test part's commonest answer */
    const pmpo_run_finalist *finalists; /* by validation loss */
    size_t n_finalists;
    /* In order. A run that is extended after its end is evaluated on the test
     * part again. Only the first evaluation is independent of every choice,
     * because whoever extends a run has seen that result. */
    const pmpo_test_look *test_looks;
    size_t n_test_looks;
    size_t n_test_seen; /* test examples that the given prompt or library was
                         * made with: see pmpo_optimize_options.seen */
    const char *verdict;  /* one sentence; "" until the test part is scored */
    /* Whether a lower loss goes with more right options on the training part:
     * at the start, over the start prompt and the baselines; at the end, also
     * over the candidates. Prompts made from one another count as one. One
     * sentence each; "": not checked. */
    const char *loss_check_start, *loss_check_end;
    const char *const *notes; /* [n_notes]: other remarks, one line each, such
                               * as trouble with the cache; warnings first.
                               * Where PMPO_TURN_NOTE begins it, the name of a
                               * proposer and ": " follow */
    size_t n_notes;
    const pmpo_iteration *iterations;
    size_t n_iterations;
    const char *const *setting_names;  /* every setting of the run */
    const char *const *setting_values; /* as text */
    size_t n_settings;
    pmpo_cost cost;
    /* Over all rejected candidates: units of scoring (a block of training
     * examples on a model; with calibration a block of content-free inputs,
     * too) that there are, and those that were scored before it stopped. */
    size_t n_units_wanted, n_units_scored;
    int best_id; /* of the best prompt so far; 0: the start prompt */
    /* Every prompt and part that was scored on all examples, ordered by prompt,
     * then part. Empty in runs of older versions, which did not store it. */
    const pmpo_prompt_losses *losses;
    size_t n_losses;
} pmpo_run_view;

/* Opens a run file for reading; it may be in use by a run that writes it. */
PMPO_API int pmpo_run_open(const char *path, pmpo_run **out, pmpo_error *err);
PMPO_API void pmpo_run_free(pmpo_run *run);
/* The examples of one part of a run. *out is owned by the caller; NULL if the run
 * does not have that part. */
PMPO_API int pmpo_run_data(const char *path, pmpo_part part, pmpo_data **out,
                           pmpo_error *err);
/* Borrowed until pmpo_run_free. */
PMPO_API const pmpo_run_view *pmpo_run_describe(const pmpo_run *run);
/* A setting's value as text, borrowed from the run; NULL: not stored (older
 * runs). */
PMPO_API const char *pmpo_run_setting(const pmpo_run_view *v, const char *name);

#endif
