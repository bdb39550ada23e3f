/* margin.h: how large a difference of losses must be to count as one. */
#ifndef PMPO_STATS_MARGIN_H
#define PMPO_STATS_MARGIN_H

#include "pmpo.h"
#include "stats/stats.h"

/* The difference of prompts' losses, in nats, up to which it may be noise:
 * twice the noise floor. A noise_floor of NAN (not measured) counts as 0. */
double pmpo_margin(double noise_floor);

/* The finding from the 95 % intervals of two gains on the test part: of the
 * share of right answers (value NAN: no answers were marked) and of the
 * loss. */
pmpo_finding pmpo_finding_of(const pmpo_interval *answers,
                             const pmpo_interval *loss);

#endif
