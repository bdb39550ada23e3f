/* score.h: the loss of a prompt on a data set.
 *
 * A scorer combines a model, a data set and the settings of a loss. The data
 * are cut into fixed blocks of consecutive examples, which depend on the data
 * alone. A unit is a prompt x a block: it is looked up, scored and stored as a
 * whole (looked up in the run file, then in the score cache, then computed by
 * the engine). */
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
    bool plain;            /* reference code; nothing is looked up or stored */
    bool reversed;         /* use the other packing, for the noise floor */
} pmpo_scorer_options;

/* AUTO becomes preference if every example has rejected outputs, else nll.
 * PMPO_EDATA: `asked` is preference or choice, and an example, which *err
 * names, has no rejected output or fewer than two options. */
int pmpo_loss_resolve(pmpo_loss_kind asked, const pmpo_data *d,
                      pmpo_loss_kind *out, pmpo_error *err);
/* PMPO_EUSAGE: a setting that `loss` does not use differs from its default.
 * `loss` is not AUTO. */
int pmpo_loss_check(const pmpo_score_options *o, pmpo_loss_kind loss,
                    pmpo_error *err);
/* PMPO_EDATA: `on` is the answer, and the target of an example, which *err
 * names, does not contain its answer. */
int pmpo_loss_on_check(pmpo_loss_on on, const pmpo_data *d, pmpo_error *err);
/* AUTO becomes YES if in some example of `d`, rendered with `prompt`, one
 * output is a token prefix of another, else NO. */
int pmpo_end_resolve(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                     const char *template_name, pmpo_end asked, pmpo_end *out,
                     pmpo_error *err);

/* Puts example i's place before the text of a PMPO_EDATA; returns rc. */
int pmpo_in_example(const pmpo_data *d, size_t i, int rc, pmpo_error *err);

/* Borrows model and data until freed. Never PMPO_ETOOLONG, which depends on the
 * prompt. */
int pmpo_scorer_new(pmpo_model *m, const pmpo_data *d,
                    const pmpo_scorer_options *o, pmpo_scorer **out,
                    pmpo_error *err);
/* The same for a joined model (pmpo_model_join): losses are joint ones,
 * everything else is that of the first model. Its give-up can't have a race.
 * For a model that is not joined it is pmpo_scorer_new. (joint.c) */
int pmpo_joint_scorer_new(pmpo_model *m, const pmpo_data *d,
                          const pmpo_scorer_options *o, pmpo_scorer **out,
                          pmpo_error *err);
void pmpo_scorer_free(pmpo_scorer *s);
size_t pmpo_scorer_blocks(const pmpo_scorer *s);

/* When to stop scoring a candidate. It belongs to one scorer: `rival` and the
 * counts refer to that scorer's data. */
typedef struct pmpo_give_up {
    /* The incumbent's scores on the same data. Without a race, the blocks with
     * its highest losses are scored first, because they soonest show that a
     * candidate is hopeless. With a race, blocks are scored in the order of the
     * data, which should be random. NULL: blocks in order, no race.
     * Borrowed. */
    const pmpo_prompt_score *rival;
    double race_alpha;   /* level of the paired test (pmpo_race_is_lost); 0: no
                          * race */
    double race_margin;  /* the gain a candidate must have, nats */
    double bound;        /* stop once the weighted mean loss is certain to
                          * exceed this, losses being >= 0; INFINITY: never.
                          * Ignored where pmpo_loss_may_be_negative */
    size_t most_examples; /* stop after so many, as pruned; 0: all. Without a
                           * rival they are the first of the data */
} pmpo_give_up;

/* Where units are looked up and stored, and callbacks. Pointers may be NULL. */
typedef struct pmpo_score_context pmpo_score_context;
struct pmpo_score_context {
    pmpo_store *store;
    pmpo_cache *cache;
    const char *purpose; /* of the unit rows: "train", "mask", ... */
    int prompt_id;       /* candidate id; -1 */
    int place;           /* among prompts scored together, 1..; for `after` */
    /* Called before the unit with this key is computed, not if it is found. A
     * negative code (budget, cancel) stops the scoring with that code;
     * PMPO_ETOOLONG, that it was refused before, is this prompt's alone. */
    int (*before)(void *ud, pmpo_hash key, pmpo_error *err);
    /* Called after each unit with the number of examples done and the weighted
     * loss so far. */
    void (*after)(void *ud, const pmpo_score_context *c, size_t done,
                  size_t total, double loss_so_far);
    /* Called when a prompt has been scored on all of the data; a negative code
     * fails the scoring. */
    int (*whole)(void *ud, const pmpo_score_context *c,
                 const pmpo_prompt_score *score, pmpo_error *err);
    void *ud;
    pmpo_cost *cost;     /* added to */
    const pmpo_give_up *give_up; /* NULL: score all examples. Borrowed */
};

/* Scores of all examples of the data, in order; lives in `mem`. */
typedef struct pmpo_result {
    pmpo_prompt_score score; /* .loss NAN when pruned; examples as public */
    bool pruned;
    bool lost_race;          /* pruned by the paired test, not by the bound */
    size_t n_done;           /* examples scored */
    double lower_bound;      /* of the loss, when pruned; NAN where it may be
                              * negative */
    size_t units_scored, units;
    size_t n_prefix;         /* leading tokens that all sequences share */
    const double *by_model; /* joint scorer, not pruned: the loss on each model;
                             * else NULL. In the same `mem` */
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
    int code;           /* PMPO_ETOOLONG does not stop the other prompts */
    pmpo_error error;
} pmpo_scoring;

/* Scores all of `list`, whose scorers have the same model. All units are in the
 * engine's queue together, in the order of the list and of each prompt's
 * blocks; an engine that takes many at once gets about the same number for each
 * prompt. The results do not depend on the order of completion: whether scoring
 * stops is decided by a prompt's blocks in order. `decided` (may be NULL) is
 * called as soon as a prompt is scored, given up or failed; a negative code
 * stops the call. Returns 0 when all are decided, also with PMPO_ETOOLONG; else
 * the first failure: units in progress are then stored, and no new ones
 * begun. */
int pmpo_score_together(pmpo_scoring *list, size_t n,
                        int (*decided)(void *ud, size_t i, pmpo_error *err),
                        void *ud, pmpo_error *err);

/* Tokenises and plans, but scores nothing: *prefill is the number of rows that
 * would be fed with an empty cache, *logical the tokens of all sequences. */
int pmpo_scorer_count(pmpo_scorer *s, pmpo_str prompt, uint64_t *prefill,
                      uint64_t *logical, pmpo_error *err);

typedef struct pmpo_noise {
    double floor;                  /* nats of loss; see below */
    double token_mean, token_most; /* nats: how much a token's log-probability
                                    * changes, mean and largest absolute */
} pmpo_noise;

/* A scorer for the same model, data and options, but with the reversed
 * packing. */
int pmpo_reversed_scorer_new(pmpo_model *m, const pmpo_data *d,
                             const pmpo_scorer_options *o, pmpo_scorer **out,
                             pmpo_error *err);
/* The noise between the canonical packing (`a`) and the reversed one (`b`). The
 * floor is the root mean square of the differences of examples' losses, over
 * the examples that the packing moved. */
void pmpo_noise_between(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                        pmpo_noise *out);
/* The same between `a` and the score of the same prompt by `reversed`. */
int pmpo_noise_floor(pmpo_scorer *reversed, const pmpo_prompt_score *a,
                     const pmpo_score_context *c, pmpo_noise *out,
                     pmpo_error *err);

/* Sets t->token_ends, in `mem`; `end`: the last token is the end-of-turn token.
 * NULL if the vocabulary is not known. (ends.c) */
int pmpo_fill_ends(const pmpo_vocab *v, bool end, pmpo_arena *mem,
                   pmpo_target_score *t);

/* ---- losses (pure; losses.c, loss.h) ------------------------------------------ */

/* Loss of an example from its targets' scores, by the row of how->loss.
 * targets[0] is the target or chosen. */
double pmpo_example_loss(const pmpo_target_score *targets, size_t n,
                         const pmpo_score_settings *how);
/* Computed over the options from the scores that the loss compares:
 * log-likelihoods, minus their priors if calibrated, per token with length
 * normalisation. *format = -log(sum exp(score)), *choice = -log of the target's
 * share of that sum; their sum is minus the target's score. Per token that sum
 * has no meaning, so *format is NAN. *picked is the option with the highest
 * score, the first of equals. */
void pmpo_format_choice(const pmpo_target_score *targets, size_t n,
                        const pmpo_score_settings *how, double *format,
                        double *choice, int *picked);

#endif
