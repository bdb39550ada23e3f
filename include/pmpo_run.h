/* pmpo_run.h: the part of pmpo.h that reads a run.
 * pmpo.h includes it where it belongs; include that. */
#ifndef PMPO_RUN_H
#define PMPO_RUN_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- reading a run ------------------------------------------------------ */

#define PMPO_MAX_PARENTS 4

typedef struct pmpo_candidate {
    int id;          /* unique in the run; the initial prompt is 0 */
    /* Ids of the prompts it was made from, the incumbent first; none of a
     * prompt that was made from no other. */
    int parents[PMPO_MAX_PARENTS];
    size_t n_parents;
    pmpo_str prompt; /* empty for a reply that held none */
    size_t n_tokens; /* of the prompt alone, by the scoring model's tokeniser;
                      * 0: not counted, it was refused before */
    const char *proposer;
    double loss;        /* NAN: not scored to the end */
    double lower_bound; /* of the loss, where pruned; else NAN */
    pmpo_fate fate;
    const char *reason; /* one line */
    pmpo_str reply;     /* the rewriter's raw words */
    int hard_case;      /* which, 0..; -1: none */
    int variant;
    uint64_t seed;      /* of the sample */
} pmpo_candidate;

typedef struct pmpo_iteration {
    int index; /* 1.. */
    double incumbent_loss; /* before the iteration, on the training part */
    double best_loss;      /* after it */
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

/* A prompt that a run might have ended with, on the validation part. */
typedef struct pmpo_run_finalist {
    int id;          /* of the candidate; 0: the initial prompt */
    double val_loss;
    size_t n_answers, n_right, n_cut_off; /* 0 answers: none were asked for */
    const char *why; /* one line, or "" */
} pmpo_run_finalist;

/* A prompt on the three parts; NAN where it was not measured. */
typedef struct pmpo_outcome {
    pmpo_str prompt;
    size_t n_tokens; /* of the prompt alone */
    double train_loss, val_loss, test_loss;
    double train_format, train_choice, test_format, test_choice;
    size_t test_n_options, test_n_correct;
    /* Answers generated on the test part; 0: none. */
    size_t test_n_answers, test_n_right, test_n_cut_off;
    double test_right_low, test_right_high; /* of the share, 95 % */
} pmpo_outcome;

/* What the start prompt [0] and the best [1] cost on one of several models; NAN
 * where it was not measured. */
typedef struct pmpo_run_model {
    const char *name;
    double train_loss[2], val_loss[2], test_loss[2];
} pmpo_run_model;

/* One example of a part under one prompt. */
typedef struct pmpo_kept_example {
    double loss;
    int correct;     /* the likeliest option is the target: 0, 1; -1: unknown */
    pmpo_str picked; /* the likeliest option; empty: unknown */
    /* Tokens of the target or chosen output, as in pmpo_target_score. Of the
     * start and the best prompt, once the run is done; else n_tokens is 0. */
    const uint32_t *token_ends;   /* [n_tokens] */
    const float *token_logprobs;  /* [n_tokens] */
    size_t n_tokens;
} pmpo_kept_example;

typedef struct pmpo_prompt_losses {
    int prompt; /* candidate id; the start prompt is 0 */
    int part;   /* 0 training, 1 validation, 2 test */
    const pmpo_kept_example *examples; /* in the order of pmpo_run_data */
    size_t n;
} pmpo_prompt_losses;

/* The test part was scored for a prompt that the search had chosen. */
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
    /* The exact text that the model reads, up to where it answers: before, the
     * prompt, after; or `empty` under an empty prompt. In it {input}, or for
     * messages {turn1} and so on, stands for what an example brings (the turns
     * are those of the first training example). All "": not known, as in runs
     * of versions that did not keep it. A prompt with demonstrations as turns
     * stands in no one place: `best` is the whole text under the best prompt,
     * once the run has ended; "" before. */
    const char *rendered_before, *rendered_after, *rendered_empty;
    const char *rendered_best;
    const char *joint; /* "mean" or "max" of several models' losses; "none" */
    const pmpo_run_model *models; /* of these, `scorer`'s first; else none */
    size_t n_models;
    uint64_t seed;
    int max_iterations;
    size_t n_train, n_val, n_test;
    double noise_floor;
    double share_marked_by_model; /* of the iterations; NAN: none */
    pmpo_outcome initial, best;
    double test_gain, test_gain_low, test_gain_high; /* paired 95 %; NAN */
    double test_accuracy_low[2], test_accuracy_high[2]; /* initial, best;
                                                         * Wilson 95 % */
    double test_majority; /* NAN: no options */
    const char *metric;   /* of the answers; "none" */
    /* Best's share of right answers less initial's: paired, 95 %; p-value of
     * "no difference". NAN: not asked. */
    double answers_gain, answers_gain_low, answers_gain_high, answers_p;
    double answers_majority; /* share of the test part's commonest answer */
    const pmpo_run_finalist *finalists; /* by validation loss */
    size_t n_finalists;
    /* In order. A run that is extended after its end may look again: only the
     * first is of examples that had no part in any choice, since whoever
     * extends a run has seen what came out. */
    const pmpo_test_look *test_looks;
    size_t n_test_looks;
    size_t n_test_seen; /* test examples that the prompts given were made with:
                         * see pmpo_optimize_options.seen */
    const char *verdict;  /* one sentence; "" until the test part is scored */
    /* Does a lower loss go with more right options, on the training part: at
     * the start over the start prompt and the baselines, at the end over the
     * candidates, too; prompts made from one another count as one. One sentence
     * each, "" where it wasn't looked at. */
    const char *loss_check_start, *loss_check_end;
    const char *const *notes; /* what else there is to know: trouble with the
                               * cache, texts cut short, ... */
    size_t n_notes;
    const pmpo_iteration *iterations;
    size_t n_iterations;
    const char *const *setting_names;  /* every setting of the run */
    const char *const *setting_values; /* as text */
    size_t n_settings;
    pmpo_cost cost;
    /* Blocks of training examples that all candidates would have been scored
     * on, and those that they were: the rest was given up. */
    size_t n_units_wanted, n_units_scored;
    int best_id; /* of the best prompt so far; 0: the start prompt */
    /* What was scored to the end, by prompt, then part. Empty in runs of
     * versions that did not keep it. */
    const pmpo_prompt_losses *losses;
    size_t n_losses;
} pmpo_run_view;

/* Opens a run file for reading, also while it is being written. */
PMPO_API int pmpo_run_open(const char *path, pmpo_run **out, pmpo_error *err);
PMPO_API void pmpo_run_free(pmpo_run *run);
/* The examples of a run's part: 0 training, 1 validation, 2 test. NULL in
 * *out where it has none. */
PMPO_API int pmpo_run_data(const char *path, int part, pmpo_data **out,
                           pmpo_error *err);
/* Borrowed until pmpo_run_free. */
PMPO_API const pmpo_run_view *pmpo_run_describe(const pmpo_run *run);

#endif
