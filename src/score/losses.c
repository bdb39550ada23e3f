/* losses.c: from log-likelihoods to losses. Pure.
 *
 * s(y) is the log-likelihood of output y after prompt and input: the sum of
 * its tokens' log-probabilities. Losses are those of arXiv 2505.16307 section
 * 3; the length-normalised margin is the one of SimPO (arXiv 2405.14734). */
#include <math.h>

#include "score/score.h"
#include "stats/stats.h"

#define MAX_OPTIONS 64 /* on the stack; more go in chunks */

static double score_of(const pmpo_target_score *t, bool per_token)
{
    double s = t->prior_nats - t->nats;
    return per_token ? s / (double)t->n_tokens : s;
}

/* Outputs are compared per token; nll compares none and reduces one. */
static bool compares_per_token(const pmpo_scorer_options *o)
{
    return o->loss != PMPO_LOSS_NLL && o->normalize == PMPO_NORM_LENGTH;
}

/* -log of the target's share among the outputs. */
static double choice_loss(const pmpo_target_score *t, size_t n, bool per_token)
{
    double all = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double two[2] = {all, score_of(&t[i], per_token)};
        all = pmpo_logsumexp(two, 2);
    }
    return all - score_of(&t[0], per_token);
}

/* nll of the answer's tokens alone, given what stands before them. */
static double answer_loss(const pmpo_target_score *t, bool per_token)
{
    double nats = 0;
    for (size_t i = t->answer_begin; i < t->answer_end; i++) {
        nats -= (double)t->token_logprobs[i];
    }
    return per_token ? nats / (double)(t->answer_end - t->answer_begin) : nats;
}

double pmpo_example_loss(const pmpo_target_score *targets, size_t n,
                         const pmpo_scorer_options *o)
{
    if (o->loss == PMPO_LOSS_NLL && o->loss_on == PMPO_LOSS_ON_ANSWER) {
        return answer_loss(&targets[0], o->reduction == PMPO_REDUCE_MEAN);
    }
    if (o->loss == PMPO_LOSS_NLL) {
        return -score_of(&targets[0], o->reduction == PMPO_REDUCE_MEAN);
    }
    bool per_token = compares_per_token(o);
    if (o->loss == PMPO_LOSS_CHOICE) {
        return choice_loss(targets, n, per_token);
    }
    double chosen = score_of(&targets[0], per_token), sum = 0;
    for (size_t i = 1; i < n; i++) {
        double margin = chosen - score_of(&targets[i], per_token);
        sum += pmpo_softplus_neg(o->beta * margin);
    }
    return sum / (double)(n - 1);
}

void pmpo_format_choice(const pmpo_target_score *targets, size_t n,
                        const pmpo_scorer_options *o, double *format,
                        double *choice, int *picked)
{
    bool per_token = compares_per_token(o);
    double top = -INFINITY, all = -INFINITY;
    *picked = 0;
    for (size_t i = 0; i < n;) {
        double s[MAX_OPTIONS + 1];
        size_t k = 0;
        s[k++] = all;
        for (; i < n && k <= MAX_OPTIONS; i++) {
            double score = score_of(&targets[i], per_token);
            s[k++] = score;
            if (score > top) { /* a tie goes to the earlier */
                top = score;
                *picked = (int)i;
            }
        }
        all = pmpo_logsumexp(s, k);
    }
    *format = per_token ? NAN : -all;
    *choice = all - score_of(&targets[0], per_token);
}
