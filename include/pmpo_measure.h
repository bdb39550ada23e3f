/* pmpo_measure.h: the part of pmpo.h about measurement itself: whether a lower
 * loss means more right answers, how fast this machine scores, and what a run
 * would cost. Do not include it: pmpo.h does. */
#ifndef PMPO_MEASURE_H
#define PMPO_MEASURE_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- audit: does a lower loss mean more right answers ---------------------- */

#define PMPO_AUDIT_LEAST 4 /* prompts that an audit needs */
#define PMPO_AUDIT_LEAST_INPUTS 8 /* different ones, for a verdict */

/* Whether a loss and a metric agree. */
typedef enum pmpo_accord {
    PMPO_ACCORD_OPEN,      /* unknown: chance could explain what was found */
    PMPO_ACCORD_AGREES,    /* a lower loss goes with more right answers */
    PMPO_ACCORD_DISAGREES, /* with fewer */
} pmpo_accord;

/* How well one loss agrees with one metric. Prompts that were made from one
 * another count as one, by their means. If the loss or the metric is the same
 * for all prompts, the numbers are NAN and both accords OPEN. So are these with
 * fewer than PMPO_AUDIT_LEAST_INPUTS different inputs: the permutations are of
 * prompts, so what few examples have in common would look certain. */
typedef struct pmpo_agreement {
    /* Spearman's rank correlation, over the prompts, of minus the loss with the
     * share of right answers, and its 95 % bootstrap interval over inputs. */
    double value, low, high;
    /* p-value of a permutation test: the share of random assignments of the
     * shares to the prompts that agree at least as well (if value < 0: disagree
     * at least as much). p_picked: the same for the best of all compared
     * losses; use it if this loss was picked because its value was best. */
    double p, p_picked;
    /* By p and by p_picked. Not OPEN only if that is at most 5 % and the
     * interval excludes 0. */
    pmpo_accord alone, picked;
} pmpo_agreement;

typedef struct pmpo_audit_loss {
    const char *name;   /* its settings: "nll mean", "choice calibrated" */
    const double *loss; /* [n_prompts] */
    const pmpo_agreement *agreement; /* [n_metrics] */
} pmpo_audit_loss;

typedef struct pmpo_audit {
    const pmpo_str *prompts;
    size_t n_prompts, n_examples;
    size_t n_families; /* prompts, with those made from one another as one */
    size_t n_inputs;   /* examples, with those of the same input as one */
    const char *const *metrics; /* names */
    size_t n_metrics;
    const double *accuracy;     /* [n_metrics][n_prompts] */
    const pmpo_audit_loss *losses; /* those that the data allows */
    size_t n_losses;
    /* [n_metrics]: index of the loss that agrees best; -1: none has a positive
     * correlation. It was picked for that, so use its `picked`. */
    const int *best;
    int own; /* index of pmpo_eval_options.run_loss; -1: none was given, or the
              * data does not allow it. It was not picked: use its `alone`. */
    double majority; /* share of the commonest label, 0..1; NAN: pairs, judge */
    pmpo_cost cost;
    const char *warning; /* "" or one line */
    size_t n_replies, n_cut_off; /* of all prompts, as in pmpo_eval_prompt */
} pmpo_audit;

/* As pmpo_eval_check, for pmpo_audit_run: PMPO_EUSAGE for the metrics pairs, regex
 * and judge, too. */
PMPO_API int pmpo_audit_check(const pmpo_eval_options *o, const pmpo_data *d,
                              pmpo_error *err);

/* Scores every prompt on `d`, which should have only examples that no prompt
 * was made with, and compares losses with accuracies. o->metrics 0: options,
 * options-mean and options-calibrated if options are known, else
 * number, choice or exact by the form of the answers.
 * PMPO_EUSAGE: fewer than PMPO_AUDIT_LEAST prompts, max_tokens below 1, a
 * metric that does not apply to the data, or one of pairs, regex and judge. */
PMPO_API int pmpo_audit_run(pmpo_model *m, const pmpo_data *d,
                            const pmpo_str *prompts, size_t n_prompts,
                            const pmpo_eval_options *o, pmpo_audit **out,
                            pmpo_error *err);
PMPO_API void pmpo_audit_free(pmpo_audit *a);

/* ---- how fast this machine scores --------------------------------------- */

#define PMPO_BENCH_PAIRS 5 /* measurements of prefill and of scoring */

/* The speed of a scoring job compared with the engine's plain prefill. The two
 * are measured alternately. */
typedef struct pmpo_bench {
    size_t n_examples, n_prompts;
    uint64_t rows;    /* token positions that the job feeds each time */
    uint64_t output_rows; /* of these, rows whose logits are read */
    uint64_t logical; /* tokens of the job's sequences without sharing */
    /* Prefill of as many rows and output rows, in sequences of 512 after a
     * prefix as long as the job's. */
    double prefill_ms[PMPO_BENCH_PAIRS];
    double score_ms[PMPO_BENCH_PAIRS];
    double prefill_per_s, distinct_per_s;       /* medians */
    double distinct_over_prefill;               /* median of the ratios */
    double logical_per_s;
    double plain_loop_logical_per_s; /* one block, one sequence at a time */
    double noise_floor;              /* nats, of the first prompt */
    /* How much a token's log-probability changes between the canonical and the
     * reversed packing: mean and largest absolute, nats. */
    double token_noise, token_noise_most;
    /* Peak f32 rate of the model's threads, measured with multiply-adds in
     * registers, which count as two operations; and the share of it that
     * scoring reaches, counting products with weights but not attention. 0 and
     * NAN for servers, GPUs and mixture-of-experts models. */
    double peak_flops, share_of_peak;
    size_t contexts_made; /* KV memories that the engine allocated during the
                           * measurements: 0 in the steady state */
    pmpo_loss_kind loss;  /* resolved, as is the end token */
    bool end_token;
} pmpo_bench;

/* Times the scoring of `n_prompts` >= 1 prompts, together, as a search scores
 * its candidates, on the first o->limit examples of `d` (NULL:
 * o->limit made-up yes/no questions, 50 if that is 0) without the score cache,
 * PMPO_BENCH_PAIRS times in turn with a prefill of as many rows. Inputs before
 * the prompt are kept from a warm-up, as from a search's first prompt. */
PMPO_API int pmpo_bench_run(pmpo_model *m, const pmpo_data *d,
                            const pmpo_str *prompts, size_t n_prompts,
                            const pmpo_score_options *o, pmpo_bench *out,
                            pmpo_error *err);

/* ---- estimates ----------------------------------------------------------- */

typedef struct pmpo_estimate {
    size_t n_train, n_val, n_test;
    /* To score the start prompt once: the exact numbers of tokens, and the time
     * at a rate that is measured in this call. */
    uint64_t first_prefill_tokens;
    uint64_t first_logical_tokens;
    double first_seconds;
    /* The rest of the run: with prompts, replies and answers of usual length
     * (likely_), and upper bounds (bound_). */
    uint64_t likely_prefill_tokens, bound_prefill_tokens; /* scored */
    uint64_t likely_prompt_tokens, bound_prompt_tokens;   /* of requests */
    uint64_t likely_generated_tokens, bound_generated_tokens; /* rewriter */
    uint64_t likely_answer_tokens, bound_answer_tokens; /* scoring model */
    double likely_seconds, bound_seconds;
    /* Tokens per second, assumed for the times; 0: the run does none of it. */
    double prefill_per_s, decode_per_s, answer_per_s;
    const char *assumptions;       /* one paragraph; static */
} pmpo_estimate;

/* Estimates what pmpo_optimize would cost; writes nothing. */
PMPO_API int pmpo_optimize_estimate(const pmpo_optimize_input *in,
                                    const pmpo_optimize_options *o,
                                    pmpo_estimate *out, pmpo_error *err);

#endif
