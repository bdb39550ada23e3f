/* margin.h: how big a difference of losses must be to be taken for one. */
#ifndef PMPO_STATS_MARGIN_H
#define PMPO_STATS_MARGIN_H

#include "pmpo.h"
#include "stats/stats.h"

/* Differences of prompts' losses up to this may be noise: twice the noise
 * floor, nats. NAN (not measured) counts as 0. */
double pmpo_margin(double noise_floor);

/* What the 95 % intervals of the gains on a test part say: of the share of right
 * answers (value NAN: none were marked) and of the loss. */
pmpo_finding pmpo_finding_of(const pmpo_interval *answers,
                             const pmpo_interval *loss);

#endif
