/* pmpo_compare.h: the part of pmpo.h that compares prompts and models on the
 * same examples. Do not include it: pmpo.h does. */
#ifndef PMPO_COMPARE_H
#define PMPO_COMPARE_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- comparing: prompts x models ------------------------------------------ */

typedef struct pmpo_compare_options {
    size_t size;
    pmpo_score_options score; /* progress and no_cache also apply to answers;
                               * plain, dry_run and noise_floor are ignored */
    /* The metric for right answers: one bit, not regex or judge. 0: options if
     * they are known, pairs if rejected outputs are, else by the form of the
     * answers. */
    unsigned metric;
    bool no_metric;  /* losses only */
    int max_tokens;  /* of a generated answer */
    uint64_t seed;   /* of the bootstrap */
} pmpo_compare_options;

PMPO_API void pmpo_compare_options_init(pmpo_compare_options *o);

/* The gain of a prompt over the first prompt on the same examples; above 0 it
 * is better. low and high are its 95 % interval, p is two-sided, both over
 * distinct inputs. p_holm is p corrected for all tests of its family (Holm
 * 1979): the losses of all prompts under all models; their right answers; and in
 * `all` each of the two apart. All NAN for the first prompt, and if nothing was
 * measured. */
typedef struct pmpo_compare_gain {
    double value, low, high;
    double p, p_holm;
} pmpo_compare_gain;

/* One prompt under one model. */
typedef struct pmpo_compare_cell {
    double loss, loss_low, loss_high; /* mean and 95 % interval, in nats */
    /* Share of right answers and 95 % interval; NAN: not measured. */
    double right, right_low, right_high;
    size_t n_asked, n_right; /* examples that the metric applies to; of these,
                              * with value 1. Both 0 in `all` */
    /* The first prompt's loss minus this one's: paired t interval and
     * test. */
    pmpo_compare_gain loss_gain;
    /* This share minus the first prompt's: exact McNemar test and its interval;
     * if examples have values between 0 and 1, the paired sign-flip test (Good
     * 2005, section 3.2) and Student's interval. */
    pmpo_compare_gain right_gain;
    size_t n_replies, n_cut_off;  /* as in pmpo_eval_prompt */
} pmpo_compare_cell;

#define PMPO_COMPARE_LEVEL                                                     \
    0.05 /* level of the tests against the first prompt */

/* Indexes of the best prompts; -1: not measured. If several are equal, the
 * first. The prompt was picked on these same examples, so expect less of it on
 * others. */
typedef struct pmpo_compare_best {
    int by_loss, by_right;
    int pick;   /* the best by right answers (among equals, by loss) if these
                 * were measured, else by_loss */
    bool shown; /* `pick` is better than the first prompt: its p_holm, of the
                 * gain that it was picked by, is below PMPO_COMPARE_LEVEL */
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
    /* [n_prompts]: over all models with equal weight; the values of an example
     * are its means over the models, and shares are tested by sign flips.
     * NULL with fewer than two models. */
    const pmpo_compare_cell *all;
    pmpo_compare_best best;   /* over all models; with one, that model's */
    const char *data; /* the file's name without its folder */
    size_t n_examples, n_inputs; /* n_inputs: distinct inputs */
    pmpo_loss_kind loss;      /* resolved */
    /* Losses of different models can be compared: they do not depend on how a
     * model cuts text into tokens. */
    bool losses_compare;
    const char *metric;       /* "options" and so on; "none" */
    double majority;          /* share of the commonest label, 0..1; NAN: by
                               * pairs, which compare outputs */
    pmpo_cost cost;
    const char *warning;      /* "" or one line */
} pmpo_comparison;

typedef struct pmpo_compare pmpo_compare;

/* Begins a comparison of `prompts` on `d`. The prompts are copied; `d` is
 * borrowed until pmpo_compare_free. PMPO_EUSAGE: no prompt, or a metric that
 * does not apply to the data. */
PMPO_API int pmpo_compare_new(const pmpo_data *d, const pmpo_str *prompts,
                              size_t n_prompts, const pmpo_compare_options *o,
                              pmpo_compare **out, pmpo_error *err);
/* Scores all prompts with one more model, which may be freed afterwards. On
 * failure the comparison is unchanged. */
PMPO_API int pmpo_compare_add(pmpo_compare *c, pmpo_model *m, pmpo_error *err);
/* The results so far. Borrowed until the next pmpo_compare_add or
 * pmpo_compare_free. */
PMPO_API const pmpo_comparison *pmpo_compare_describe(const pmpo_compare *c);
PMPO_API void pmpo_compare_free(pmpo_compare *c);

#endif
