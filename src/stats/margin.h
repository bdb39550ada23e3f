/* margin.h: how big a difference of losses must be to be taken for one. */
#ifndef PMPO_STATS_MARGIN_H
#define PMPO_STATS_MARGIN_H

/* Differences of prompts' losses up to this may be noise: twice the noise
 * floor, nats. NAN (not measured) counts as 0. */
double pmpo_margin(double noise_floor);

#endif
