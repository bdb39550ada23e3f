/* answers.h: answers that a run generates on its validation and test part,
 * marked by a metric of eval/.
 *
 * Answers are generation jobs of a few examples each, stored in the run file
 * like all jobs, so a resumed run finds them again. */
#ifndef PMPO_SEARCH_ANSWERS_H
#define PMPO_SEARCH_ANSWERS_H

#include "eval/eval.h"
#include "search/state.h"
#include "stats/stats.h"

/* Examples that several prompts answer before they are compared. */
#define PMPO_ANSWERED_TOGETHER 8
/* Examples per job if prompts are not compared in between: the most answers
 * that an interrupted run loses. */
#define PMPO_ANSWERED_AT_ONCE 128

/* The row of the run's metric; one that has none is an error of the caller. */
const pmpo_metric_row *pmpo_answers_metric(const pmpo_state *st);

/* PMPO_ETOOLONG, with the example's place: under `prompt` an example of `d` leaves no
 * room for an answer of o->max_answer_tokens in the model's context. Only
 * tokenises. */
int pmpo_answers_fit(const pmpo_model *model, const pmpo_optimize_options *o,
                     const pmpo_data *d, pmpo_str prompt, pmpo_error *err);

/* A prompt's answers to the first `n_asked` examples of a part. */
typedef struct pmpo_sheet {
    int id;           /* the prompt's */
    double *right;    /* [examples of the part]: 1, 0; NAN: does not apply,
                       * refused by the server, or not asked yet */
    size_t n_asked;
    size_t n;         /* of these, those that the metric applies to */
    size_t n_right;
    size_t n_cut;     /* replies that the cap on tokens ended */
} pmpo_sheet;

/* An empty sheet of prompt `id` for `d`, in `mem`. */
int pmpo_sheet_new(int id, const pmpo_data *d, pmpo_arena *mem,
                   pmpo_sheet *out, pmpo_error *err);
/* Generates, as one job, the answers to the next `most` examples of `d` (fewer
 * if fewer remain) with each of the n prompts of the list, which must all have
 * the same n_asked. */
int pmpo_sheets_next(pmpo_state *st, const pmpo_data *d, pmpo_sheet **list,
                     size_t n, size_t most, pmpo_error *err);
/* Generates the answers to all remaining examples. */
int pmpo_sheet_fill(pmpo_state *st, const pmpo_data *d, pmpo_sheet *s,
                    pmpo_error *err);

/* Right answers of those that the metric applies to; 0: of none. */
double pmpo_sheet_rate(const pmpo_sheet *s);

/* Compares two sheets of the same part on the examples that both have answered:
 * the difference of their shares of right answers, with its 95 % interval, and
 * the p-value of "no difference". Examples with the same input count as one. */
typedef struct pmpo_sheet_pair {
    pmpo_interval gain; /* share of right answers of b minus that of a */
    double p_value;
    double z;           /* standard errors that b is ahead: pmpo_paired_z */
    size_t up, down;    /* examples that only b, or only a, has right */
} pmpo_sheet_pair;

int pmpo_sheet_compare(const pmpo_data *d, const pmpo_sheet *a,
                       const pmpo_sheet *b, uint64_t seed,
                       pmpo_sheet_pair *out, pmpo_error *err);

/* The share of right answers, with its interval over different inputs; NAN:
 * nothing was asked. */
int pmpo_sheet_share(const pmpo_data *d, const pmpo_sheet *s,
                     pmpo_interval *out, pmpo_error *err);

#endif
