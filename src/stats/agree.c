/* agree.c: see agree.h. */
#include "stats/agree.h"

#include <math.h>

#include "base/hash.h"

/* The weighted mean of the sampled values; what does not apply is left out. */
static double sampled_mean(const pmpo_rankings *r, const double *v,
                           const size_t *sample)
{
    double sum = 0, weight = 0;
    for (size_t k = 0; k < r->n_examples; k++) {
        size_t i = sample[k];
        if (!isnan(v[i])) {
            sum += r->weights[i] * v[i];
            weight += r->weights[i];
        }
    }
    return weight > 0 ? sum / weight : NAN;
}

static double correlate(const pmpo_rankings *r, double *means,
                        const size_t *sample)
{
    double *x = means, *y = means + r->n_prompts;
    for (size_t p = 0; p < r->n_prompts; p++) {
        x[p] = -sampled_mean(r, r->loss + p * r->n_examples, sample);
        y[p] = sampled_mean(r, r->right + p * r->n_examples, sample);
    }
    return pmpo_spearman(x, y, r->n_prompts);
}

pmpo_interval pmpo_agreement_of(const pmpo_rankings *r, uint64_t seed,
                                double *means, size_t *sample)
{
    double v[PMPO_AGREE_RESAMPLES];
    pmpo_interval out;
    for (size_t i = 0; i < r->n_examples; i++) {
        sample[i] = i;
    }
    out.value = correlate(r, means, sample);
    for (size_t b = 0; b < PMPO_AGREE_RESAMPLES; b++) {
        for (size_t i = 0; i < r->n_examples; i++) {
            sample[i] = pmpo_random(&seed) % r->n_examples;
        }
        v[b] = correlate(r, means, sample);
    }
    pmpo_percentile_bounds(v, PMPO_AGREE_RESAMPLES, &out.low, &out.high);
    if (isnan(out.value)) {
        out.low = out.high = NAN;
    }
    return out;
}
