/* margin.c: see margin.h; also the name of a part's effect, the same for the
 * rewriter and for the user. */
#include "stats/margin.h"

#include <math.h>

#include "pmpo.h"

double pmpo_margin(double noise_floor)
{
    return isnan(noise_floor) ? 0 : 2 * noise_floor;
}

pmpo_finding pmpo_finding_of(const pmpo_interval *answers,
                             const pmpo_interval *loss)
{
    if (isnan(answers->value)) {
        return loss->low > 0    ? PMPO_FINDING_LOSS
               : loss->high < 0 ? PMPO_FINDING_WORSE
                                : PMPO_FINDING_NOT_SHOWN;
    }
    return answers->low > 0    ? PMPO_FINDING_BETTER
           : answers->high < 0 ? PMPO_FINDING_WORSE
           : loss->low > 0     ? PMPO_FINDING_LOSS_ALONE
                               : PMPO_FINDING_NOT_SHOWN;
}

pmpo_effect pmpo_effect_of(const pmpo_segment_effect *e, double noise_floor)
{
    bool covers_zero = !(e->low > 0 || e->high < 0);
    bool in_noise = !(fabs(e->effect) > pmpo_margin(noise_floor));
    return isnan(e->effect)          ? PMPO_EFFECT_UNMEASURED
           : covers_zero || in_noise ? PMPO_EFFECT_UNCLEAR
           : e->effect > 0           ? PMPO_EFFECT_HELPS
                                     : PMPO_EFFECT_HURTS;
}
