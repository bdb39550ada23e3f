/* clock.h: time. */
#ifndef PMPO_BASE_CLOCK_H
#define PMPO_BASE_CLOCK_H

#include <stdint.h>

/* Monotonic milliseconds since some fixed moment. */
double pmpo_now_ms(void);
/* Seconds since 1970, UTC. */
int64_t pmpo_wall_s(void);

#endif
