/* loss_preference.c: the mean over the rejected outputs y- of
 * -log sigmoid(beta (s(y+) - s(y-))). */
#include "score/loss.h"
#include "stats/stats.h"

static double preference(const pmpo_target_score *targets, size_t n,
                         const pmpo_score_settings *how)
{
    bool per_token = pmpo_compares_per_token(how);
    double chosen = pmpo_output_score(&targets[0], per_token), sum = 0;
    for (size_t i = 1; i < n; i++) {
        double margin = chosen - pmpo_output_score(&targets[i], per_token);
        sum += pmpo_softplus_neg(how->beta * margin);
    }
    return sum / (double)(n - 1);
}

const pmpo_loss_row PMPO_LOSS_PREFERENCE_ROW = {
    .reads = PMPO_READS_REJECTED,
    .uses = PMPO_USES_NORMALIZE | PMPO_USES_BETA,
    .loss = preference,
};
