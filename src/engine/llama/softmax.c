/* softmax.c: log-sum-exp of a row of logits.
 *
 * The row is processed in chunks that fit into the first-level cache: first the
 * chunk's maximum, then its sum of exponentials relative to the running
 * maximum. The exponential is written out so that the compiler can vectorise
 * it. */
#include "engine/llama/softmax.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define CHUNK 1024 /* floats: 4 KiB, well within any first-level cache */
#define LANES 16   /* independent sums, the floats of the widest vectors */

/* e^x for x <= 0: 2^k times a polynomial in the remainder (the coefficients
 * are the Taylor series of 2^r at r in [-0.5, 0.5], error below 2e-8). */
static inline float exp_neg(float x)
{
    x = x < -87.0f ? -87.0f : x;
    float t = x * 1.44269504f;
    float n = (t + 12582912.0f) - 12582912.0f; /* t rounded */
    float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.0f / 5040.0f;
    p = p * r + 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof(scale));
    return p * scale;
}

static float chunk_max(const float *x, size_t n)
{
    float m[LANES];
    for (int j = 0; j < LANES; j++) {
        m[j] = -INFINITY;
    }
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            m[j] = x[i + j] > m[j] ? x[i + j] : m[j];
        }
    }
    for (; i < n; i++) {
        m[0] = x[i] > m[0] ? x[i] : m[0];
    }
    float best = m[0];
    for (int j = 1; j < LANES; j++) {
        best = m[j] > best ? m[j] : best;
    }
    return best;
}

static double chunk_sum(const float *x, size_t n, float max)
{
    float s[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            s[j] += exp_neg(x[i + j] - max);
        }
    }
    double sum = 0;
    for (; i < n; i++) {
        sum += exp_neg(x[i] - max);
    }
    for (int j = 0; j < LANES; j++) {
        sum += s[j];
    }
    return sum;
}

/* A comparison drops NAN, so they are looked for by arithmetic: any NAN or
 * infinity makes the sum of (x - x) one. */
static float chunk_taint(const float *x, size_t n)
{
    float t[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (int j = 0; j < LANES; j++) {
            t[j] += x[i + j] * 0.0f;
        }
    }
    float taint = 0;
    for (; i < n; i++) {
        taint += x[i] * 0.0f;
    }
    for (int j = 0; j < LANES; j++) {
        taint += t[j];
    }
    return taint;
}

double pmpo_logsumexp_row(const float *logits, size_t n)
{
    float max = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < n; i += CHUNK) {
        size_t len = n - i < CHUNK ? n - i : CHUNK;
        float taint = chunk_taint(logits + i, len);
        float top = chunk_max(logits + i, len);
        if (taint != 0) { /* NAN, or an infinity: a masked token's -inf */
            return pmpo_logsumexp_plain(logits, n);
        }
        if (top > max) {
            sum *= exp((double)max - (double)top);
            max = top;
        }
        sum += chunk_sum(logits + i, len, max);
    }
    return (double)max + log(sum);
}

double pmpo_logsumexp_plain(const float *logits, size_t n)
{
    double max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(logits[i])) {
            return NAN;
        }
        max = logits[i] > max ? logits[i] : max;
    }
    if (isinf(max)) {
        return NAN;
    }
    for (size_t i = 0; i < n; i++) {
        sum += exp((double)logits[i] - max);
    }
    return max + log(sum);
}
