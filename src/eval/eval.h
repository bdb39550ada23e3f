/* eval.h: which answers are right, by likelihood and by what is generated.
 *
 * Two ways to an answer: the scorer's option log-likelihoods, which cost a
 * forward pass, and greedy decoding, read tolerantly by match.h. */
#ifndef PMPO_EVAL_EVAL_H
#define PMPO_EVAL_EVAL_H

#include "base/mem.h"
#include "model/model.h"
#include "pmpo.h"

typedef struct pmpo_metric_row {
    const char *name;
    bool generates; /* needs an answer; else the scores of the outputs */
    /* Whether an example can be measured by it. */
    bool (*applies)(const pmpo_example *e);
    /* Of a generated answer. */
    bool (*right)(const pmpo_example *e, pmpo_str reply);
    /* Of scores: how many of how many (1 but for pairs). */
    size_t (*count)(const pmpo_example *e, const pmpo_example_score *s,
                    size_t *of);
} pmpo_metric_row;

/* [PMPO_N_METRICS]; to add one, add its row and its bit in pmpo.h. */
extern const pmpo_metric_row pmpo_metrics[];

/* The metrics that `asked` comes to for these data; PMPO_EUSAGE names one
 * that applies to no example. */
int pmpo_metrics_resolve(unsigned asked, const pmpo_data *d, unsigned *out,
                         pmpo_error *err);

/* Greedy answers of at most max_tokens to every example, in order; texts
 * live in `mem`. `after` (may be NULL) is told how many are done. */
typedef struct pmpo_answer {
    pmpo_str text;
    bool complete;
} pmpo_answer;

int pmpo_answers(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                 const char *template_name, int max_tokens,
                 void (*after)(void *ud, size_t done, size_t total), void *ud,
                 pmpo_cost *cost, pmpo_arena *mem, pmpo_answer *out,
                 pmpo_error *err);

#endif
