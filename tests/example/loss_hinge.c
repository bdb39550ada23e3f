/* loss_hinge.c: an example of a loss, for docs/design.md and its test: this
 * file, and one row in PMPO_LOSSES.
 *
 * The mean over the other options y of max(0, 1 - (s(target) - s(y))): 0 once
 * the target is a nat likelier than each. */
#include "score/loss.h"

static double hinge(const pmpo_target_score *targets, size_t n,
                    const pmpo_score_settings *how)
{
    bool per_token = pmpo_compares_per_token(how);
    double right = pmpo_output_score(&targets[0], per_token), sum = 0;
    for (size_t i = 1; i < n; i++) {
        double short_of = 1 -
                          (right - pmpo_output_score(&targets[i], per_token));
        sum += short_of > 0 ? short_of : 0;
    }
    return sum / (double)(n - 1);
}

const pmpo_loss_row PMPO_LOSS_HINGE_ROW = {
    .reads = PMPO_READS_OPTIONS,
    .uses = PMPO_USES_NORMALIZE,
    .loss = hinge,
};
