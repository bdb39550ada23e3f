/* pmpo_compare.h: the part of pmpo.h that sets prompts and models beside each
 * other. pmpo.h includes it where it belongs; include that. */
#ifndef PMPO_COMPARE_H
#define PMPO_COMPARE_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- comparing: prompts x models ------------------------------------------ */

typedef struct pmpo_compare_options {
    size_t size;
    pmpo_score_options score; /* its progress and no_cache are for answers, too;
                               * plain, dry_run and noise_floor are not read */
    /* What counts as right: one bit, 0: by the data (options where they are
     * known, pairs where rejected outputs are, else by the form of the
     * answers). Not regex, not judge. */
    unsigned metric;
    bool no_metric;  /* losses only */
    int max_tokens;  /* of a generated answer */
    uint64_t seed;   /* of the bootstrap */
} pmpo_compare_options;

PMPO_API void pmpo_compare_options_init(pmpo_compare_options *o);

/* A prompt less the first prompt, on the same examples: above 0 it is better.
 * Bounds are 95 %, p is two-sided, both count different inputs. p_holm is p
 * corrected for all tests of its kind in the comparison (Holm 1979). All NAN
 * for the first prompt, and where nothing was measured. */
typedef struct pmpo_compare_gain {
    double value, low, high;
    double p, p_holm;
} pmpo_compare_gain;

/* One prompt under one model. */
typedef struct pmpo_compare_cell {
    double loss, loss_low, loss_high; /* mean, 95 %; nats */
    /* Share of right answers, 95 %; NAN: not measured. */
    double right, right_low, right_high;
    size_t n_asked, n_right; /* examples that the metric applies to; wholly
                              * right ones. 0 over several models */
    pmpo_compare_gain loss_gain;  /* the first's loss less this one's: paired t
                                   * interval, paired bootstrap test */
    pmpo_compare_gain right_gain; /* share less the first's: exact McNemar test,
                                   * the interval that goes with it; of values
                                   * between 0 and 1 the paired bootstrap */
    size_t n_replies, n_cut_off;  /* as in pmpo_eval_prompt */
} pmpo_compare_cell;

/* Indexes of prompts; -1: not measured. Of equals the first. They were picked
 * on the same examples: on others the best is likely to be less good. */
typedef struct pmpo_compare_best {
    int by_loss, by_right;
    int pick;   /* by_right where there is one (of equals the lowest loss), else
                 * by_loss */
    bool shown; /* p_holm of the pick, of the kind it was picked by, is below
                 * 5 %: it is better than the first prompt */
    const char *verdict; /* one sentence without a full stop */
} pmpo_compare_best;

typedef struct pmpo_compare_model {
    const char *name, *precision, *identity, *note; /* as in pmpo_model_info */
    const pmpo_compare_cell *cells; /* [n_prompts] */
    pmpo_compare_best best;
} pmpo_compare_model;

typedef struct pmpo_comparison {
    const pmpo_str *prompts;
    size_t n_prompts;
    const pmpo_compare_model *models; /* in the order they were added */
    size_t n_models;
    /* [n_prompts]: over all models, which count alike: of each example the
     * mean over the models. Bounds and tests by the bootstrap for shares.
     * NULL with fewer than two models. */
    const pmpo_compare_cell *all;
    pmpo_compare_best best;   /* for all models; of one: that model's */
    const char *data; /* the file's name without its folder */
    size_t n_examples, n_inputs;
    pmpo_loss_kind loss;      /* resolved */
    /* Losses of different models may be set beside each other: they don't
     * count tokens. */
    bool losses_compare;
    const char *metric;       /* "options" and so on; "none" */
    double majority;          /* share of the commonest label */
    pmpo_cost cost;
    const char *warning;      /* "" or one line */
} pmpo_comparison;

typedef struct pmpo_compare pmpo_compare;

/* Begins a comparison of `prompts` on `d`, both of which it copies or borrows:
 * the prompts are copied, `d` must live as long as the comparison. PMPO_EUSAGE:
 * no prompt, or a metric that the data can't be measured by. */
PMPO_API int pmpo_compare_new(const pmpo_data *d, const pmpo_str *prompts,
                              size_t n_prompts, const pmpo_compare_options *o,
                              pmpo_compare **out, pmpo_error *err);
/* Scores all prompts under one more model, which may be closed afterwards. On
 * failure the comparison is as it was. */
PMPO_API int pmpo_compare_add(pmpo_compare *c, pmpo_model *m, pmpo_error *err);
/* What is known so far. Borrowed until the next pmpo_compare_add or
 * pmpo_compare_free. */
PMPO_API const pmpo_comparison *pmpo_compare_describe(const pmpo_compare *c);
PMPO_API void pmpo_compare_free(pmpo_compare *c);

#endif
