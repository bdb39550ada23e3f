/* holm.c: see holm.h. */
#include "stats/holm.h"

#include <math.h>

void pmpo_holm(const double *p, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        size_t tests = 0;
        out[i] = isnan(p[i]) ? NAN : 0;
        for (size_t k = 0; k < n; k++) {
            tests += !isnan(p[k]);
        }
        /* The largest, over the p[k] up to p[i], of p[k] times the tests that
         * are not below it. */
        for (size_t k = 0; k < n; k++) {
            size_t below = 0;
            for (size_t l = 0; l < n; l++) {
                below += p[l] < p[k];
            }
            double v = p[k] * (double)(tests - below);
            out[i] = p[k] <= p[i] && v > out[i] ? v : out[i];
        }
        out[i] = out[i] > 1 ? 1 : out[i];
    }
}
