/* score.h: what a prompt is worth on a data set.
 *
 * A scorer binds a model, a data set and the settings of a loss. The data
 * are cut into fixed blocks of consecutive examples, a pure function of the
 * data; prompt x block is a unit: scored whole, kept whole, looked up whole
 * (run file first, then score cache, then the engine). */
#ifndef PMPO_SCORE_SCORE_H
#define PMPO_SCORE_SCORE_H

#include "base/mem.h"
#include "model/model.h"
#include "pmpo.h"
#include "store/store.h"

typedef struct pmpo_scorer pmpo_scorer;

/* Which outputs of an example are scored. */
typedef enum pmpo_targets {
    PMPO_TARGETS_LOSS, /* those the loss needs */
    PMPO_TARGETS_ALL,  /* and all options, for format, choice, accuracy */
} pmpo_targets;

typedef struct pmpo_scorer_options {
    PMPO_SCORE_SETTINGS    /* loss and end not AUTO: see pmpo_loss_resolve and
                            * pmpo_end_resolve */
    pmpo_targets targets;
    bool plain;            /* the reference way; nothing looked up or kept */
    bool reversed;         /* the other packing, for the noise floor */
} pmpo_scorer_options;

/* AUTO becomes preference when every example has rejected outputs, else nll.
 * PMPO_EDATA: preference or choice asked for and an example has no rejected
 * output, or not two options (named). */
int pmpo_loss_resolve(pmpo_loss_kind asked, const pmpo_data *d,
                      pmpo_loss_kind *out, pmpo_error *err);
/* PMPO_EUSAGE: a setting that another loss than `loss`, which is resolved,
 * would read has another value than its default. */
int pmpo_loss_check(const pmpo_score_options *o, pmpo_loss_kind loss,
                    pmpo_error *err);
/* PMPO_EDATA: the loss is taken on the answer, and an example (named) has none
 * that stands in its target. */
int pmpo_loss_on_check(pmpo_loss_on on, const pmpo_data *d, pmpo_error *err);
/* AUTO becomes YES when in some example of `d` one output is a token prefix
 * of another (under `prompt`). */
int pmpo_end_resolve(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                     const char *template_name, pmpo_end asked, pmpo_end *out,
                     pmpo_error *err);

/* Puts example i's place before the text of a PMPO_EDATA; returns rc. */
int pmpo_in_example(const pmpo_data *d, size_t i, int rc, pmpo_error *err);

/* Borrows model and data until freed. PMPO_ETOOLONG can't be told here: it
 * depends on the prompt. */
int pmpo_scorer_new(pmpo_model *m, const pmpo_data *d,
                    const pmpo_scorer_options *o, pmpo_scorer **out,
                    pmpo_error *err);
/* The same of a model that stands for several (pmpo_model_join), which of one
 * alone is the above. What it gives has joint losses, all else as of the
 * first model. Its give-up has no race. (joint.c) */
int pmpo_joint_scorer_new(pmpo_model *m, const pmpo_data *d,
                          const pmpo_scorer_options *o, pmpo_scorer **out,
                          pmpo_error *err);
void pmpo_scorer_free(pmpo_scorer *s);
size_t pmpo_scorer_blocks(const pmpo_scorer *s);

/* When the scoring of a candidate is given up. Its losses and examples are
 * those of the scorer it is handed to, of no other. */
typedef struct pmpo_give_up {
    /* The incumbent's scores on the same data: blocks that cost it most come
     * first, where a hopeless candidate shows soonest; or, with a race, the
     * two are compared as they go, in the order of the data, which should be
     * random. NULL: blocks in order, no race. Borrowed. */
    const pmpo_prompt_score *rival;
    double race_alpha;   /* of the paired test, 0: no race. See pmpo_race */
    double race_margin;  /* the gain a candidate must have, nats */
    double bound;        /* give up once the weighted mean loss is sure to
                          * exceed this (losses are >= 0); INFINITY: never.
                          * Calibrated losses may be negative: not looked at */
    size_t most_examples; /* stop when so many are scored: pruned then; 0: all.
                           * Without a rival they are the first of the data */
} pmpo_give_up;

/* Where units are looked up and kept, and who is told. All may be NULL. */
typedef struct pmpo_score_context pmpo_score_context;
struct pmpo_score_context {
    pmpo_store *store;
    pmpo_cache *cache;
    const char *purpose; /* of the unit rows: "train", "mask", ... */
    int prompt_id;       /* candidate id; -1 */
    int place;           /* of several scored together, 1.. : for `after` */
    /* Asked before each unit is computed (not when it is looked up); a
     * negative code (budget, cancel) stops the scoring with it. */
    int (*before)(void *ud, pmpo_error *err);
    /* Told after each unit: examples done, weighted loss so far. */
    void (*after)(void *ud, const pmpo_score_context *c, size_t done,
                  size_t total, double loss_so_far);
    /* Told once a prompt is scored to the end on all of the data; a negative
     * code fails the scoring. */
    int (*whole)(void *ud, const pmpo_score_context *c,
                 const pmpo_prompt_score *score, pmpo_error *err);
    void *ud;
    pmpo_cost *cost;     /* added to */
    const pmpo_give_up *give_up; /* NULL: score to the end. Borrowed */
};

/* Scores of all examples of the data, in order; lives in `mem`. */
typedef struct pmpo_result {
    pmpo_prompt_score score; /* .loss NAN when pruned; examples as public */
    bool pruned;
    bool lost_race;          /* pruned by the paired test, not by the bound */
    size_t n_done;           /* examples scored */
    double lower_bound;      /* of the loss, when pruned */
    size_t units_scored, units;
    size_t n_prefix;         /* leading tokens that everything shares */
    const double *by_model; /* of a joint scorer, scored to the end: the loss on
                              * each model; else NULL. Lives with the score */
} pmpo_result;

/* Scores `prompt`. PMPO_ETOOLONG names the example that doesn't fit.
 * PMPO_ENAN: the model gave something that is not a number. */
int pmpo_scorer_score(pmpo_scorer *s, pmpo_str prompt,
                      const pmpo_score_context *c, pmpo_arena *mem,
                      pmpo_result *out, pmpo_error *err);

/* A prompt to score with others. */
typedef struct pmpo_scoring {
    pmpo_scorer *scorer;
    pmpo_str prompt; /* borrowed until it is decided */
    pmpo_score_context context;
    pmpo_arena *mem;    /* for the result */
    pmpo_result result;
    int code;           /* PMPO_ETOOLONG is its own affair: others go on */
    pmpo_error error;
} pmpo_scoring;

/* Scores all of `list` (scorers of one model): their units are in the engine's
 * queue together, in the order of the list and each prompt's blocks; an engine
 * that takes many gets the same number of each prompt. What comes out is the
 * same whatever the order of completion: a prompt is given up by its blocks in
 * order alone. `decided` (may be NULL) is told of each as soon as it is scored,
 * given up or failed; a negative code stops. Returns 0 when all are decided,
 * PMPO_ETOOLONG ones included; else the first failure: units under way are
 * kept, nothing new is begun. */
int pmpo_score_together(pmpo_scoring *list, size_t n,
                        int (*decided)(void *ud, size_t i, pmpo_error *err),
                        void *ud, pmpo_error *err);

/* Tokenises and plans only: rows that would be fed (`prefill`) with an empty
 * cache, and the sum of whole sequences (`logical`). */
int pmpo_scorer_count(pmpo_scorer *s, pmpo_str prompt, uint64_t *prefill,
                      uint64_t *logical, pmpo_error *err);

typedef struct pmpo_noise {
    double floor;                  /* nats of loss; see below */
    double token_mean, token_most; /* nats: how much a token's log-probability
                                    * changes, mean and largest absolute */
} pmpo_noise;

/* A scorer of the same with the reversed packing. */
int pmpo_reversed_scorer_new(pmpo_model *m, const pmpo_data *d,
                             const pmpo_scorer_options *o, pmpo_scorer **out,
                             pmpo_error *err);
/* Root mean square of the difference of an example's loss between the
 * canonical packing (`a`) and the reversed one (`b`), over the examples that
 * the packing moved. */
void pmpo_noise_between(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                        pmpo_noise *out);
/* The same between `a` and what `reversed` gives the same prompt. */
int pmpo_noise_floor(pmpo_scorer *reversed, const pmpo_prompt_score *a,
                     const pmpo_score_context *c, pmpo_noise *out,
                     pmpo_error *err);

/* Fills t->token_ends, in `mem`; `end`: the last token is the end of the turn.
 * Leaves NULL where the vocabulary is not known. (ends.c) */
int pmpo_fill_ends(const pmpo_vocab *v, bool end, pmpo_arena *mem,
                   pmpo_target_score *t);

/* ---- losses (pure; losses.c, loss.h) ------------------------------------------ */

/* Loss of an example from its targets' scores, by the row of how->loss.
 * targets[0] is the target or chosen. */
double pmpo_example_loss(const pmpo_target_score *targets, size_t n,
                         const pmpo_score_settings *how);
/* Over the options, by the scores that the loss compares: log-likelihoods,
 * less their priors where calibrated; with length normalisation, per token.
 * format = -log sum exp(score), choice = -log of the target's share of that
 * sum: together minus the target's score. Per token there is no such sum to
 * speak of: format is NAN. *picked has the highest score, the first of
 * equals. */
void pmpo_format_choice(const pmpo_target_score *targets, size_t n,
                        const pmpo_score_settings *how, double *format,
                        double *choice, int *picked);

#endif
