/* loss_nll.c: the negative log-likelihood of the target, or of the answer in it,
 * per token or whole. */
#include "score/loss.h"

/* The loss of the answer's tokens only, given the text before them. */
static double of_answer(const pmpo_target_score *t, bool per_token)
{
    double nats = 0;
    for (size_t i = t->answer_begin; i < t->answer_end; i++) {
        nats -= (double)t->token_logprobs[i];
    }
    return per_token ? nats / (double)(t->answer_end - t->answer_begin) : nats;
}

static double nll(const pmpo_target_score *targets, size_t n,
                  const pmpo_score_settings *how)
{
    bool per_token = how->reduction == PMPO_REDUCE_MEAN;
    (void)n;
    return how->loss_on == PMPO_LOSS_ON_ANSWER
               ? of_answer(&targets[0], per_token)
               : -pmpo_output_score(&targets[0], per_token);
}

const pmpo_loss_row PMPO_LOSS_NLL_ROW = {
    .reads = PMPO_READS_TARGET,
    .uses = PMPO_USES_REDUCTION | PMPO_USES_LOSS_ON,
    .may_be_negative = true,
    .loss = nll,
};
