/* state.h: what the files of this room share: the run in memory.
 *
 * One struct, filled by the program in loop.c as it goes; everything in it
 * can be made again from the run file by running the program again. */
#ifndef PMPO_SEARCH_STATE_H
#define PMPO_SEARCH_STATE_H

#include "propose/propose.h"
#include "search/accept.h"
#include "search/bandit.h"
#include "search/mask.h"
#include "search/search.h"
#include "search/vet.h"

/* This sitting: budgets, cost and what progress is told from. */
typedef struct pmpo_sitting {
    double start_ms;
    uint64_t n_steps;  /* units and jobs computed, not looked up */
    uint64_t rows;     /* fed, by the models' ticks */
    pmpo_cost cost;
    double dollars_before;    /* of earlier sittings */
    double dollars_at_start;  /* that the models had been paid before this one */
    double dollars_kept;      /* as the run file has them */
    size_t n_iterations;      /* finished in this sitting by computing */
    double iterations_ms;     /* and how long they took */
    double iteration_start_ms;
    size_t work_done, work_total; /* scorings of the iteration in work */
    pmpo_progress now;
    pmpo_live_candidate *list; /* what now.list shows */
    size_t cap_list;
} pmpo_sitting;

/* A prompt that the run might have ended with. */
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
    pmpo_kept kept;          /* parts that every candidate holds */
    pmpo_scorer *train, *validation;    /* targets the loss needs */
    pmpo_scorer *train_all, *test;      /* all targets, for the report */
    bool own_train_all;                 /* else train_all is train */
    pmpo_jobs jobs;
    pmpo_candidate_row *rows; /* every prompt of the run, by id */
    size_t n_rows, cap_rows;
    int incumbent;            /* id */
    double incumbent_loss;
    int chosen;               /* id of what the run ends with; see choose.c */
    pmpo_finalist *finalists; /* in st->mem, by validation loss */
    size_t n_finalists;
    double noise_floor;       /* NAN: not measured */
    /* Proposers that ask the rewriter, as in the table. */
    pmpo_arm arms[PMPO_MOST_PROPOSERS];
    pmpo_known_unit *units;   /* what parts of prompts were found to be worth */
    size_t n_units, cap_units;
    int decided;              /* iterations on record from earlier sittings */
    bool replaying;           /* one of these is played again */
    double best_gain;         /* largest training gain seen; NAN: none */
    double threshold;         /* that a gain had to exceed */
    size_t n_replies, n_scored, n_failed_validation;
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
    size_t turn;             /* whose turn it was, in the table; SIZE_MAX: none */
    double generated;        /* tokens of replies */
    pmpo_arena mem;
} pmpo_step;

/* What a prompt is compared by: its loss (NAN stays) and the price of its
 * length, in nats. With no price the loss itself. */
static inline double pmpo_priced(const pmpo_state *st, double loss, int id)
{
    return loss + st->o.length_price * (double)st->rows[id].n_tokens;
}

/* ---- candidates.c --------------------------------------------------------- */

/* Chooses between the large and the small form by asking. */
int pmpo_probe_form(pmpo_state *st, pmpo_error *err);
/* Asks the proposers and appends what they propose to the rows, vetted: what
 * is worth scoring has PMPO_FATE_PENDING. */
int pmpo_add_candidates(pmpo_state *st, pmpo_step *step, pmpo_error *err);
/* Of these rows each with the sentences behind it that ask for the form of the
 * answers, where `contract` takes part: more candidates of the opening. */
int pmpo_add_combinations(pmpo_state *st, pmpo_step *step, const size_t *rows,
                          size_t n, pmpo_error *err);
/* Counts what the step's turn brought and cost. */
int pmpo_credit_turn(pmpo_state *st, const pmpo_step *step, pmpo_error *err);
/* Does one ask the rewriter, or is the calling program's own? Such may have
 * something new next time. */
bool pmpo_has_turns(const pmpo_state *st);
/* Does some proposer of the run propose before the first iteration? */
bool pmpo_has_opening(const pmpo_state *st);

/* ---- trial.c --------------------------------------------------------------- */

/* Scores the step's pending candidates, all together. */
int pmpo_try_candidates(pmpo_state *st, pmpo_step *step, pmpo_error *err);
/* Mean training loss of prompts that are no rows, see pmpo_scene. */
int pmpo_try_some(pmpo_state *st, const pmpo_str *prompts, size_t n,
                  size_t most, double *losses, pmpo_error *err);

/* ---- vet.c: is a candidate worth scoring? -------------------------------- */

/* Gives `row`, whose prompt is set, its fate and reason unless it is to be
 * scored. Rows before it are what it may not repeat. */
int pmpo_vet_row(pmpo_state *st, pmpo_candidate_row *row, pmpo_error *err);
/* A candidate that might be accepted has to fit every part of the data, with
 * all options, or the run could not be finished with it. Tokenises only. */
int pmpo_vet_fits(pmpo_state *st, pmpo_candidate_row *row, pmpo_error *err);

/* ---- approve.c --------------------------------------------------------------- */

#define PMPO_MAX_EDITS 8 /* rows that a person may write in an iteration */

/* Asks the person about row `row`, which the rule would accept; or looks up
 * what was answered before. *accepted false: the row has its fate, and where
 * the person wrote another prompt that is a new row, vetted and scored. */
int pmpo_ask_person(pmpo_state *st, pmpo_step *step, size_t row,
                    const pmpo_validation *v, bool *accepted, pmpo_error *err);

/* ---- halve.c --------------------------------------------------------------- */

/* The weighted mean loss over the examples scored, which are the first. */
double pmpo_mean_of_done(const pmpo_result *r);
/* Gives up the worse of the step's pending candidates on a part of the
 * training examples: they get `given_up`, and stay pending. */
int pmpo_thin_out(pmpo_state *st, pmpo_step *step, pmpo_error *err);

/* ---- progress.c ---------------------------------------------------------- */

void pmpo_sitting_begin(pmpo_state *st);
void pmpo_sitting_end(pmpo_state *st); /* the models' ticks as they were */
/* What is worked on, from now on. */
void pmpo_stage(pmpo_state *st, const char *stage, int candidate,
                int candidates);
/* The iteration's candidates are rows[first..n_rows) as they are now. */
void pmpo_show_candidates(pmpo_state *st, size_t first);
void pmpo_iteration_begins(pmpo_state *st, int index, size_t work);
void pmpo_iteration_ends(pmpo_state *st);
/* Asked before each computed unit or job: budgets. `ud` is the state. */
int pmpo_before_step(void *ud, pmpo_error *err);
/* The context of a scoring, without a bound. */
pmpo_score_context pmpo_context(pmpo_state *st, const char *purpose, int id);

/* ---- record.c ------------------------------------------------------------ */

/* A new zeroed row with the next id; NULL: out of memory. Until the next. */
pmpo_candidate_row *pmpo_new_row(pmpo_state *st);
/* A formatted copy in st->mem; "" when out of memory. */
const char *pmpo_say(pmpo_state *st, const char *fmt, ...) PMPO_PRINTF(2, 3);
/* Each writes nothing in an iteration that is on record already. */
int pmpo_record_analysis(pmpo_state *st, const pmpo_step *step,
                         pmpo_error *err);
int pmpo_record_candidates(pmpo_state *st, const pmpo_step *step,
                           pmpo_error *err);
int pmpo_record_scored(pmpo_state *st, const pmpo_step *step,
                       const pmpo_candidate_row *row, pmpo_error *err);
/* Before the step's decision changes the incumbent: `best` is the new one. An
 * iteration on record is compared with it: PMPO_EVERSION where they differ. */
int pmpo_record_decision(pmpo_state *st, const pmpo_step *step,
                         const pmpo_decision *d, int best, double best_loss,
                         pmpo_error *err);
/* Remembers the time spent on an iteration that stops unfinished; it may
 * fail, the time is then not counted. */
void pmpo_record_interrupted(pmpo_state *st, const pmpo_step *step);
/* Callbacks of a scoring: keep the losses of single examples; the second one
 * the answers' tokens, too. `ud` is the state. */
int pmpo_record_losses(void *ud, const pmpo_score_context *c,
                       const pmpo_prompt_score *score, pmpo_error *err);
int pmpo_record_answers(void *ud, const pmpo_score_context *c,
                        const pmpo_prompt_score *score, pmpo_error *err);

/* ---- digest.c -------------------------------------------------------------- */

/* The digest of a step that ends with `best`, before the incumbent changes. */
int pmpo_step_digest(const pmpo_state *st, const pmpo_step *step, int best,
                     double best_loss, char out[33], pmpo_error *err);
/* PMPO_EVERSION unless the decided iteration's digest is `digest`; NULL: it
 * is known to be another. */
int pmpo_step_compare(const pmpo_state *st, int iteration, const char *digest,
                      pmpo_error *err);

/* ---- loss_check.c ------------------------------------------------------------ */

/* Compares loss and accuracy over prompts and records a sentence: over the
 * start prompt and the baselines, at the end over the candidates, too. */
int pmpo_check_loss(pmpo_state *st, bool at_end, pmpo_error *err);

/* ---- choose.c ------------------------------------------------------------- */

/* Chooses what the run ends with, among all that were the incumbent once and
 * the best of the library; asks for answers where the run has a metric. */
int pmpo_choose(pmpo_state *st, pmpo_error *err);

/* ---- rendering.c --------------------------------------------------------- */

/* Keeps the whole text that the model reads under the chosen prompt. */
int pmpo_put_best_text(pmpo_state *st, pmpo_error *err);

/* ---- finish.c ------------------------------------------------------------ */

/* Takes back the outcome of a run that is about to go on. */
int pmpo_forget_outcome(pmpo_state *st, pmpo_error *err);
/* Scores initial and best on all parts, writes figures and verdict. */
int pmpo_finish(pmpo_state *st, pmpo_error *err);

#endif
