/* holm.h: several tests at once. Pure. */
#ifndef PMPO_STATS_HOLM_H
#define PMPO_STATS_HOLM_H

#include <stddef.h>

/* out[i]: p[i] corrected for all n tests (Holm 1979, Scand. J. Statist. 6):
 * below 5 % only where the chance that any such is a false alarm is below 5 %,
 * however the tests depend on each other. A NAN is no test and stays NAN.
 * Time in n squared. */
void pmpo_holm(const double *p, size_t n, double *out);

#endif
