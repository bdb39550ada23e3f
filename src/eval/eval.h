/* eval.h: which answers are right, by likelihood or by generating them.
 *
 * A metric gives each example a value in 0..1, in one of three ways: from the
 * log-likelihoods of options, which cost a forward pass; from an answer by
 * greedy decoding, which match.h reads; or from a judge that compares two
 * generated answers. */
#ifndef PMPO_EVAL_EVAL_H
#define PMPO_EVAL_EVAL_H

#include <regex.h>

#include "base/mem.h"
#include "model/model.h"
#include "pmpo.h"
#include "store/store.h"

/* What the model replied to one example. */
typedef struct pmpo_answer {
    pmpo_str text;
    bool complete; /* ended by itself, not by max_tokens */
    bool refused;  /* by the server: neither right nor wrong */
} pmpo_answer;

typedef enum pmpo_metric_kind {
    PMPO_BY_SCORES,
    PMPO_BY_ANSWER,
    PMPO_BY_JUDGE, /* also needs generated answers */
} pmpo_metric_kind;

typedef struct pmpo_metric_row {
    pmpo_metric_kind kind;
    const char *needs; /* what an example must have, in words */
    bool no_audit;     /* no audit compares losses with it */
    bool (*applies)(const pmpo_example *e);
    /* PMPO_BY_SCORES: the value, 0..1. */
    double (*value)(const pmpo_example *e, const pmpo_example_score *s);
    /* PMPO_BY_ANSWER: is the answer right? `pattern` is for regex, else
     * NULL. */
    bool (*right)(const pmpo_example *e, const pmpo_answer *a,
                  const regex_t *pattern);
} pmpo_metric_row;

/* Rows are named after the metric: PMPO_METRIC_EXACT_ROW. To add a metric: its
 * row in a file of its own, and its line in PMPO_METRICS (pmpo_words.h). */
#define PMPO_METRIC_ROW(name, word) extern const pmpo_metric_row name##_ROW;
PMPO_METRICS(PMPO_METRIC_ROW)
#undef PMPO_METRIC_ROW
extern const pmpo_metric_row *const pmpo_metrics[]; /* [PMPO_N_METRICS] */

/* *out is `asked`, or the default metrics for these data if that is 0.
 * PMPO_EUSAGE: one of them, which *err names, applies to no example. */
int pmpo_metrics_resolve(unsigned asked, const pmpo_data *d, unsigned *out,
                         pmpo_error *err);
/* The pattern of the metric regex, for regfree. PMPO_EUSAGE: there is none (NULL or
 * empty), or it is no regular expression; then there is nothing to free. */
int pmpo_pattern_new(const char *text, regex_t *out, pmpo_error *err);

/* The share of the examples that always giving the same one of the data's labels
 * gets right: pmpo_data_majority, or more where the metric takes several labels
 * for the same ("Yes" and "yes", 1000 and 1,000). The 32 commonest are tried;
 * each example is read once for each. NAN: of pairs and judge, which compare
 * outputs. PMPO_ENOMEM. */
int pmpo_metric_majority(const pmpo_metric_row *m, const pmpo_data *d,
                         double *out, pmpo_error *err);
/* The largest of the metrics whose bits are set; NAN: there is none. */
int pmpo_metrics_majority(unsigned metrics, const pmpo_data *d, double *out,
                          pmpo_error *err);

/* The bit of the metric for generated answers that suits the form of the data's
 * answers (or targets): number if all are numbers, choice if all are option
 * letters, exact if all are short, else 0, as for worked solutions and free
 * texts, and for pairs without answers. (by_form.c) */
unsigned pmpo_metric_by_form(const pmpo_data *d);

/* Nothing but preference pairs, whose outputs are no answers to be met. Rejected
 * outputs that were drawn among the other examples' make no pair. (metrics.c) */
bool pmpo_all_are_pairs(const pmpo_data *d);

/* The bit of the metric that a run marks its answers by; 0: auto and none. */
unsigned pmpo_run_metric_bit(pmpo_run_metric m);

/* 1 if the target is the likeliest option: by log-likelihood, per token, or
 * minus the prior; else 0. A tie counts as right. *s must have all options. */
double pmpo_right_option(const pmpo_example *e, const pmpo_example_score *s);
double pmpo_right_option_mean(const pmpo_example *e,
                              const pmpo_example_score *s);
double pmpo_right_option_calibrated(const pmpo_example *e,
                                    const pmpo_example_score *s);

/* The model that answers or judges, and the examples. */
typedef struct pmpo_answering {
    pmpo_model *model;
    const pmpo_data *data;
    const char *template_name; /* of answers */
    int max_tokens;            /* of an answer */
    pmpo_cache *cache;         /* of replies and verdicts; NULL: none */
    /* Called with the number of examples done; may be NULL. */
    void (*after)(void *ud, size_t done, size_t total);
    void *ud;
    pmpo_cost *cost; /* added to */
} pmpo_answering;

/* PMPO_EUSAGE: with so few tokens every answer would be cut off. */
int pmpo_check_max_tokens(int max_tokens, pmpo_error *err);

/* Example i of d, n_ids tokens with the prompt, leaves room for an answer.
 * PMPO_ETOOLONG: it doesn't; *err says where it stands and what to do. */
int pmpo_answer_fits(const pmpo_model *model, const pmpo_data *d, size_t i,
                     size_t n_ids, int max_tokens, pmpo_error *err);

/* Greedy answers to every example, in order; texts live in `mem`. PMPO_ETOOLONG:
 * one has no room; *err says which, unless the engine alone knows. */
int pmpo_answers(const pmpo_answering *a, pmpo_str prompt, pmpo_arena *mem,
                 pmpo_answer *out, pmpo_error *err);

/* How sure the model is, 0..1, that answers[i] to example i is better than
 * references[i]: the mean over both orders of p(A) / (p(A) + p(B)). A model
 * that gives no log-probabilities writes A or B: 1 or 0, and 0.5 for other
 * words; NAN: an answer or a verdict was refused. */
int pmpo_judge_answers(const pmpo_answering *a, const pmpo_answer *answers,
                       const pmpo_answer *references, double *win,
                       pmpo_error *err);

/* ---- evaluation and audit ---------------------------------------------------- */

typedef struct pmpo_eval_input {
    pmpo_model *model;
    const pmpo_data *data; /* all of it is used: o->limit is applied already */
    const pmpo_str *prompts;
    size_t n_prompts;
    const pmpo_eval_options *o;
    pmpo_cache *cache; /* NULL: none */
} pmpo_eval_input;

/* The share of right answers with each prompt; see pmpo_eval_run in pmpo.h.
 * Everything that *out points to lives in `mem`. (evaluate.c) */
int pmpo_evaluate(const pmpo_eval_input *in, pmpo_arena *mem, pmpo_eval *out,
                  pmpo_error *err);

/* The metrics of an audit on `d`, as of pmpo_metrics_resolve; with the default, all
 * metrics that scores tell where there are options. PMPO_EUSAGE, too: an audit
 * doesn't compare with one of them. `d` NULL: not known; then *out is left alone.
 * (audit.c) */
int pmpo_audit_resolve(unsigned asked, const pmpo_data *d, unsigned *out,
                       pmpo_error *err);

/* Which losses rank the prompts as accuracy does; see pmpo_audit_run in
 * pmpo_measure.h. Everything that *out points to lives in `mem`. (audit.c) */
int pmpo_audit_prompts(const pmpo_eval_input *in, pmpo_arena *mem,
                       pmpo_audit *out, pmpo_error *err);

#endif
