/* state.h: what the files of this room share: the run in memory.
 *
 * One struct, which loop.c fills as it proceeds; everything in it can be made
 * again from the run file by running the search again. */
#ifndef PMPO_SEARCH_STATE_H
#define PMPO_SEARCH_STATE_H

#include "propose/propose.h"
#include "search/accept.h"
#include "search/bandit.h"
#include "search/mask.h"
#include "search/search.h"
#include "search/vet.h"
#include "stats/stats.h"

/* This sitting: budgets, cost and the state of progress reports. */
typedef struct pmpo_sitting {
    double start_ms;
    uint64_t n_steps;  /* units and jobs computed, not looked up */
    uint64_t rows;     /* fed, by the models' ticks */
    pmpo_cost cost;
    double dollars_before;    /* paid in earlier sittings */
    double dollars_at_start;  /* the models' `dollars` when this one began */
    double dollars_kept;      /* as stored in the run file */
    size_t n_iterations;      /* computed (not replayed) in this sitting */
    double iterations_ms;     /* the time they took */
    double iteration_start_ms;
    size_t work_done, work_total; /* scorings of the current iteration */
    pmpo_progress now;
    pmpo_live_candidate *list; /* what now.list shows */
    size_t cap_list;
} pmpo_sitting;

/* A prompt that is considered as the final one. */
typedef struct pmpo_finalist {
    int id;
    double val_loss;
    size_t n, n_right, n_cut; /* answers; n 0: none were asked for */
    const char *why;          /* one line; NULL: nothing to say */
} pmpo_finalist;

#define PMPO_MOST_PROPOSERS 16

typedef struct pmpo_state {
    const pmpo_search_input *in;
    pmpo_optimize_options o; /* form resolved by the probe */
    pmpo_kept kept;          /* parts that every candidate must have */
    pmpo_scorer *train, *validation;    /* targets the loss needs */
    pmpo_scorer *train_all, *test;      /* all targets, for the report */
    pmpo_scorer *validation_all;        /* likewise; NULL: no such part */
    bool own_train_all;                 /* false: train_all is `train` */
    bool own_validation_all;
    pmpo_jobs jobs;
    pmpo_candidate_row *rows; /* every prompt of the run, by id */
    size_t n_rows, cap_rows;
    int incumbent;            /* id */
    double incumbent_loss;
    int chosen;               /* id of the final prompt; see choose.c */
    pmpo_finalist *finalists; /* in st->mem, by validation loss */
    size_t n_finalists;
    double noise_floor;       /* NAN: not measured */
    /* Proposers that ask the rewriter, as in the table. */
    pmpo_arm arms[PMPO_MOST_PROPOSERS];
    /* The measured effects of parts of incumbents. */
    pmpo_known_segment *past_segments;
    size_t n_past_segments, cap_past_segments;
    int decided;              /* iterations that earlier sittings decided */
    int patience_from;        /* the last iteration when the run was extended */
    bool replaying;           /* the current iteration is one of these */
    double best_gain;         /* largest training gain seen; NAN: none */
    double threshold;         /* which a gain had to exceed */
    size_t n_replies, n_scored, n_failed_validation;
    size_t n_refused; /* by a person */
    pmpo_sitting sitting;
    pmpo_arena mem;           /* texts of rows */
} pmpo_state;

/* One iteration. */
typedef struct pmpo_step {
    int index; /* 1..; 0: the opening, before the first iteration */
    pmpo_result whole;       /* the incumbent on the training part */
    pmpo_marking marking;
    pmpo_segment_effect *segments;
    size_t n_segments;
    size_t *cases;           /* hard cases: indices of training examples */
    size_t n_cases;
    size_t first;            /* its candidates: rows[first..n_rows) */
    size_t turn;             /* index of the proposer whose turn it was;
                              * SIZE_MAX: none */
    double generated;        /* tokens of replies */
    pmpo_arena mem;
} pmpo_step;

/* The value by which prompts are compared, in nats: the loss plus the price of
 * the prompt's length. NAN stays NAN. */
static inline double pmpo_priced(const pmpo_state *st, double loss, int id)
{
    return loss + st->o.length_price * (double)st->rows[id].n_tokens;
}

/* ---- candidates.c --------------------------------------------------------- */

/* Chooses between the large and the small form by a trial of the large one. */
int pmpo_probe_form(pmpo_state *st, pmpo_error *err);
/* Calls the proposers, vets their proposals and appends them to the rows; those
 * to be scored have PMPO_FATE_PENDING. */
int pmpo_add_candidates(pmpo_state *st, pmpo_step *step, pmpo_error *err);
/* If the proposer `contract` takes part, appends more candidates of the
 * opening: each of these rows followed by sentences about the form of the
 * answers. */
int pmpo_add_combinations(pmpo_state *st, pmpo_step *step, const size_t *rows,
                          size_t n, pmpo_error *err);
/* Adds the gain and the cost of the step to the proposer whose turn it was. */
int pmpo_credit_turn(pmpo_state *st, const pmpo_step *step, pmpo_error *err);
/* Is there a proposer that asks the rewriter, or a custom one? Only these may
 * propose something new when nothing has changed. */
bool pmpo_has_turns(const pmpo_state *st);
/* Does some proposer of the run propose before the first iteration? */
bool pmpo_has_opening(const pmpo_state *st);

/* ---- trial.c --------------------------------------------------------------- */

/* Scores the step's pending candidates, all together. */
int pmpo_try_candidates(pmpo_state *st, pmpo_step *step, pmpo_error *err);
/* The mean training loss of prompts that are not rows; see
 * pmpo_scene.losses. */
int pmpo_try_some(pmpo_state *st, const pmpo_str *prompts, size_t n,
                  size_t most, double *losses, pmpo_error *err);
/* Scores row `id` on the validation part; what was scored is looked up. */
int pmpo_try_validation(pmpo_state *st, int id, pmpo_arena *mem,
                        pmpo_prompt_score *out, pmpo_error *err);

/* ---- vet.c: is a candidate worth scoring? -------------------------------- */

/* Sets fate and reason of `row`, whose prompt is set, if it is refused. It must
 * not repeat a row before it. is_joined: see pmpo_proposal.joined. */
int pmpo_vet_row(pmpo_state *st, pmpo_candidate_row *row, bool is_joined,
                 pmpo_error *err);
/* Refuses a candidate with which an example of any part, with all its options,
 * or with the answer that will be asked for, is too long: the run could not be
 * finished if it were accepted. Only tokenises. */
int pmpo_vet_fits(pmpo_state *st, pmpo_candidate_row *row, pmpo_error *err);

/* ---- told_apart.c -------------------------------------------------------- */

/* What row `id` tells more than row `other` of which label an example of the
 * validation part has, by both prompts' scores of the labels without their bias
 * and scale (stats/discern.h): nats, with the paired 95 % interval over the
 * inputs. NAN: the examples don't have the same options, or these don't fit. Of
 * joined models it is the first one's. */
int pmpo_tells_apart(pmpo_state *st, int other, int id, pmpo_interval *gain,
                     pmpo_error *err);

/* ---- approve.c --------------------------------------------------------------- */

#define PMPO_MAX_EDITS 8 /* rows that a person may write in an iteration */

/* Asks the person about row `row`, which the rule would accept, or looks up the
 * answer of an earlier sitting. If *accepted is false, the row has its fate; if
 * the person has edited the prompt, that is a new row, vetted and scored. */
int pmpo_ask_person(pmpo_state *st, pmpo_step *step, size_t row,
                    const pmpo_validation *v, bool *accepted, pmpo_error *err);

/* ---- thin_out.c ----------------------------------------------------------- */

/* The weighted mean loss over the r->n_done examples that were scored. */
double pmpo_mean_of_done(const pmpo_result *r);
/* Is `by`, a's loss less b's on the same examples, more than twice its standard
 * error, over the inputs? So too where they are too few for one. Public for the
 * tests. */
bool pmpo_clearly_worse(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                        double by, pmpo_arena *mem);
/* Compares the step's pending candidates on a part of the training examples and
 * gives up the worse ones: their `given_up` is set, and they stay pending; without
 * a race on all, and none is given up. Appends combinations of the best. */
int pmpo_thin_out(pmpo_state *st, pmpo_step *step, pmpo_error *err);

/* ---- progress.c ---------------------------------------------------------- */

void pmpo_sitting_begin(pmpo_state *st);
void pmpo_sitting_end(pmpo_state *st); /* restores the models' ticks */
/* Sets what progress reports as the current work. */
void pmpo_stage(pmpo_state *st, const char *stage, int candidate,
                int candidates);
/* Reports rows[first..n_rows), as they are now, as the iteration's
 * candidates. */
void pmpo_show_candidates(pmpo_state *st, size_t first);
void pmpo_iteration_begins(pmpo_state *st, int index, size_t work);
void pmpo_iteration_ends(pmpo_state *st);
/* Called before each unit or job is computed: checks the budgets. `ud` is the
 * state. */
int pmpo_before_step(void *ud, pmpo_hash key, pmpo_error *err);
/* The context for scoring prompt `id`, without give_up. */
pmpo_score_context pmpo_context(pmpo_state *st, const char *purpose, int id);

/* ---- record.c ------------------------------------------------------------ */

/* A new zeroed row with the next id, valid until the next call; NULL: out of
 * memory. */
pmpo_candidate_row *pmpo_new_row(pmpo_state *st);
/* A formatted string in st->mem; "" if memory runs out. */
const char *pmpo_say(pmpo_state *st, const char *fmt, ...) PMPO_PRINTF(2, 3);
/* These write nothing in an iteration that an earlier sitting decided. */
int pmpo_record_analysis(pmpo_state *st, const pmpo_step *step,
                         pmpo_error *err);
int pmpo_record_candidates(pmpo_state *st, const pmpo_step *step,
                           pmpo_error *err);
int pmpo_record_scored(pmpo_state *st, const pmpo_step *step,
                       const pmpo_candidate_row *row, pmpo_error *err);
/* Stores the step's decision; call it before the incumbent changes to `best`.
 * If an earlier sitting decided the iteration, it compares the two instead:
 * PMPO_EVERSION if they differ. */
int pmpo_record_decision(pmpo_state *st, const pmpo_step *step,
                         const pmpo_decision *d, int best, double best_loss,
                         pmpo_error *err);
/* Stores the time spent on an unfinished iteration. If that fails, the time is
 * not counted. */
void pmpo_record_interrupted(pmpo_state *st, const pmpo_step *step);
/* Callbacks of a scoring that store the losses of single examples; the second
 * one also stores the tokens of answers. `ud` is the state. */
int pmpo_record_losses(void *ud, const pmpo_score_context *c,
                       const pmpo_prompt_score *score, pmpo_error *err);
int pmpo_record_answers(void *ud, const pmpo_score_context *c,
                        const pmpo_prompt_score *score, pmpo_error *err);

/* ---- digest.c -------------------------------------------------------------- */

/* The digest of a step that ends with `best`; call it before the incumbent
 * changes. */
int pmpo_step_digest(const pmpo_state *st, const pmpo_step *step, int best,
                     double best_loss, char out[33], pmpo_error *err);
/* PMPO_EVERSION unless `digest` is the stored digest of a decided iteration;
 * NULL never is. */
int pmpo_step_compare(const pmpo_state *st, int iteration, const char *digest,
                      pmpo_error *err);

/* ---- loss_check.c ------------------------------------------------------------ */

/* Compares loss and accuracy over prompts and stores a sentence about it: over
 * the start prompt and the baselines, and at the end also over the
 * candidates. */
int pmpo_check_loss(pmpo_state *st, bool at_end, pmpo_error *err);

/* ---- choose.c ------------------------------------------------------------- */

/* Chooses the final prompt among all former incumbents and the best prompts of
 * the library; generates answers if the run has a metric. */
int pmpo_choose(pmpo_state *st, pmpo_error *err);

/* ---- rendering.c --------------------------------------------------------- */

/* Stores the whole text that the model reads with the prompt `id`, the best one
 * from now on. */
int pmpo_put_best_text(pmpo_state *st, int id, pmpo_error *err);

/* ---- finish.c ------------------------------------------------------------ */

/* Deletes the outcome of a run that is about to continue. */
int pmpo_forget_outcome(pmpo_state *st, pmpo_error *err);
/* Scores the initial and the best prompt on all parts; stores numbers and
 * verdict. */
int pmpo_finish(pmpo_state *st, pmpo_error *err);

#endif
