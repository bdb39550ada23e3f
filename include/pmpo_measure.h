/* pmpo_measure.h: the part of pmpo.h that measures the measuring: whether a
 * loss can be trusted, how fast this machine scores, and what a run would cost. pmpo.h includes it
 * where it belongs; include that. */
#ifndef PMPO_MEASURE_H
#define PMPO_MEASURE_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- audit: does a lower loss mean more right answers ---------------------- */

#define PMPO_AUDIT_LEAST 4 /* prompts */

/* What can be said of an agreement. */
typedef enum pmpo_accord {
    PMPO_ACCORD_OPEN,      /* can't be told: chance may do as well */
    PMPO_ACCORD_AGREES,    /* a lower loss goes with more right answers */
    PMPO_ACCORD_DISAGREES, /* with fewer */
} pmpo_accord;

/* How well one loss agrees with one metric: Spearman's rank correlation,
 * over the prompts (those made from one another count as one, their mean), of
 * minus the loss with the share of right answers, and
 * the 95 % bootstrap interval over the inputs. p is the share of random
 * assignments of the shares to the prompts that agree as well (where value is
 * below 0: disagree as much); p_picked the same for the best of all losses
 * compared, which is the one to read where this loss was picked for its value.
 * A verdict needs a share of at most 5 % and an interval without 0. NAN and
 * open: loss or metric is the same for all prompts. */
typedef struct pmpo_agreement {
    double value, low, high, p, p_picked;
    pmpo_accord alone, picked; /* by p and by p_picked */
} pmpo_agreement;

typedef struct pmpo_audit_loss {
    const char *name;   /* as options: "nll mean", "choice calibrated" */
    const double *loss; /* [n_prompts] */
    const pmpo_agreement *agreement; /* [n_metrics] */
} pmpo_audit_loss;

typedef struct pmpo_audit {
    const pmpo_str *prompts;
    size_t n_prompts, n_examples;
    size_t n_families; /* prompts, those made from one another counted once */
    const char *const *metrics; /* names */
    size_t n_metrics;
    const double *accuracy;     /* [n_metrics][n_prompts] */
    const pmpo_audit_loss *losses; /* those that the data can have */
    size_t n_losses;
    /* [n_metrics]: the loss that agrees best, -1 where none is positive. It
     * was picked: its verdict is `picked`. */
    const int *best;
    int own; /* options' run_loss among the losses; -1: none, or the data can't
              * have it. It was not picked: its verdict is `alone`. */
    double majority; /* share of the commonest label */
    pmpo_cost cost;
    const char *warning; /* "" or one line */
    size_t n_replies, n_cut_off; /* of all prompts, as in pmpo_eval_prompt */
} pmpo_audit;

/* Scores `d`, which should hold examples that no prompt was made with, under
 * every prompt and compares losses with accuracies. o->metrics 0: the three of
 * options where they are known, else exact. PMPO_EUSAGE: fewer than
 * PMPO_AUDIT_LEAST prompts, a metric that the data can't be measured by, or
 * pairs, regex, judge. */
PMPO_API int pmpo_audit_run(pmpo_model *m, const pmpo_data *d,
                            const pmpo_str *prompts, size_t n_prompts,
                            const pmpo_eval_options *o, pmpo_audit **out,
                            pmpo_error *err);
PMPO_API void pmpo_audit_free(pmpo_audit *a);

/* ---- how fast this machine scores --------------------------------------- */

#define PMPO_BENCH_PAIRS 5

/* Rates of a scoring job beside the engine's own prefill, measured in turn. */
typedef struct pmpo_bench {
    size_t n_examples;
    uint64_t rows;    /* necessary rows of the job, fed each time */
    uint64_t output_rows; /* of these, whose logits are read */
    uint64_t logical; /* tokens of its whole sequences */
    double prefill_ms[PMPO_BENCH_PAIRS]; /* as many rows and outputs, 512 a sequence
                                         * after a prefix as long as the job's */
    double score_ms[PMPO_BENCH_PAIRS];
    double prefill_per_s, distinct_per_s;       /* medians */
    double distinct_over_prefill;               /* median of the ratios */
    double logical_per_s;
    double plain_loop_logical_per_s; /* of one block, one by one */
    double noise_floor;              /* nats, of `prompt` */
    /* How much a token's log-probability changes between the canonical and the
     * reversed packing: mean and largest absolute, nats. */
    double token_noise, token_noise_most;
    /* Multiply-adds of f32 numbers in registers on the threads that the model
     * has, measured, two operations each a second; and which share of that
     * scoring reaches, products with weights alone counted (not attention). 0,
     * NAN: of servers, on GPUs, of mixtures of experts. */
    double peak_flops, share_of_peak;
    size_t contexts_made; /* memories for keys and values that the engine made
                           * during the pairs: 0 in the steady state */
    pmpo_loss_kind loss;  /* resolved, as is the end token */
    bool end_token;
} pmpo_bench;

/* Times `prompt` on the first o->limit examples of `d` (NULL: made-up yes/no
 * questions, 50 or as many as the limit says) without
 * any cache, PMPO_BENCH_PAIRS times in turn with a prefill of as many rows. */
PMPO_API int pmpo_bench_run(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                            const pmpo_score_options *o, pmpo_bench *out,
                            pmpo_error *err);

/* ---- estimates ----------------------------------------------------------- */

typedef struct pmpo_estimate {
    size_t n_train, n_val, n_test;
    uint64_t first_prefill_tokens; /* exact: the start prompt, first scoring */
    uint64_t first_logical_tokens;
    double first_seconds;          /* at the rate measured just now */
    uint64_t bound_prefill_tokens; /* for the rest, at most */
    uint64_t bound_prompt_tokens;  /* fed to the rewriter */
    uint64_t bound_generated_tokens;
    double bound_seconds;
    double prefill_per_s, decode_per_s; /* rates the times assume */
    const char *assumptions;       /* one paragraph; static */
} pmpo_estimate;

/* What pmpo_optimize would cost; nothing is written. */
PMPO_API int pmpo_optimize_estimate(const pmpo_optimize_input *in,
                                    const pmpo_optimize_options *o,
                                    pmpo_estimate *out, pmpo_error *err);

#endif
