/* clock.c: time. */
#define _POSIX_C_SOURCE 200809L
#include "base/clock.h"

#include <time.h>

double pmpo_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int64_t pmpo_wall_s(void)
{
    return (int64_t)time(NULL);
}
