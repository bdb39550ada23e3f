/* discern.c: what scores of labels tell, apart from their bias and scale. */
#include "stats/discern.h"

#include <math.h>

#include "stats/stats.h"

#define MOST_SCALE 8.0 /* of log-probabilities; the best is mostly below 1 */
#define STEPS 60       /* golden sections: the scale to 1e-11 */

/* Each row becomes log-probabilities. */
static void normalize(double *x, size_t n, size_t k)
{
    for (size_t i = 0; i < n; i++) {
        double all = pmpo_logsumexp(x + i * k, k);
        for (size_t j = 0; j < k; j++) {
            x[i * k + j] -= all;
        }
    }
}

/* From each column the logarithm of its mean probability. */
static void subtract_bias(double *x, size_t n, size_t k)
{
    for (size_t j = 0; j < k; j++) {
        double most = -INFINITY, sum = 0;
        for (size_t i = 0; i < n; i++) {
            most = fmax(most, x[i * k + j]);
        }
        for (size_t i = 0; i < n; i++) {
            sum += exp(x[i * k + j] - most);
        }
        double bias = most + log(sum / (double)n);
        for (size_t i = 0; i < n; i++) {
            x[i * k + j] -= bias;
        }
    }
}

/* Nats of the right label of a row of scores times `scale`, weighted by the
 * labels' counts. */
static double nats(const double *row, const size_t *counts, size_t k,
                   size_t right, double scale)
{
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < k; j++) {
        most = counts[j] ? fmax(most, scale * row[j]) : most;
    }
    for (size_t j = 0; j < k; j++) {
        sum += counts[j] ? (double)counts[j] * exp(scale * row[j] - most) : 0;
    }
    return log(sum) - log((double)counts[right]) - (scale * row[right] - most);
}

static double total(const double *x, const size_t *right, const size_t *counts,
                    size_t n, size_t k, double scale)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += nats(x + i * k, counts, k, right[i], scale);
    }
    return sum;
}

void pmpo_discern(double *x, const size_t *right, size_t n, size_t k,
                  size_t *counts, double *out)
{
    const double golden = 0.6180339887498949;
    double low = 0, high = MOST_SCALE;
    normalize(x, n, k);
    subtract_bias(x, n, k);
    for (size_t j = 0; j < k; j++) {
        counts[j] = 0;
    }
    for (size_t i = 0; i < n; i++) {
        counts[right[i]]++;
    }
    for (int step = 0; step < STEPS; step++) { /* the sum is convex */
        double a = high - golden * (high - low),
               b = low + golden * (high - low);
        bool left = total(x, right, counts, n, k, a) <=
                    total(x, right, counts, n, k, b);
        high = left ? b : high;
        low = left ? low : a;
    }
    for (size_t i = 0; i < n; i++) {
        out[i] = nats(x + i * k, counts, k, right[i], low);
    }
}
