/* holm.h: several tests at once. Pure. */
#ifndef PMPO_STATS_HOLM_H
#define PMPO_STATS_HOLM_H

#include <stddef.h>

/* Sets out[i] to p[i] corrected for all n tests (Holm 1979, Scand. J. Statist.
 * 6). Rejecting those below 5 % makes any false rejection with a probability
 * below 5 %, however the tests depend on each other. A NAN is not a test and
 * stays NAN. O(n^2). */
void pmpo_holm(const double *p, size_t n, double *out);

#endif
