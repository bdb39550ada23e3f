/* loss_choice.c: -log of the target's share among the options. */
#include <math.h>

#include "score/loss.h"
#include "stats/stats.h"

static double choice(const pmpo_target_score *targets, size_t n,
                     const pmpo_score_settings *how)
{
    bool per_token = pmpo_compares_per_token(how);
    double all = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        const double two[2] = {all, pmpo_output_score(&targets[i], per_token)};
        all = pmpo_logsumexp(two, 2);
    }
    return all - pmpo_output_score(&targets[0], per_token);
}

const pmpo_loss_row PMPO_LOSS_CHOICE_ROW = {
    .reads = PMPO_READS_OPTIONS,
    .uses = PMPO_USES_NORMALIZE,
    .loss = choice,
};
