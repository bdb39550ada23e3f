/* llama_rate.h: which matrix products are fastest on this processor. */
#ifndef PMPO_ENGINE_LLAMA_RATE_H
#define PMPO_ENGINE_LLAMA_RATE_H

#include <stdbool.h>

#include "base/str.h"

typedef struct pmpo_llama_rates {
    bool f32;  /* f32 weights take less time than f16 ones, or by BLAS, which
                * makes scores exact, no more */
    bool blas; /* f32 products take less time by BLAS */
} pmpo_llama_rates;

/* Compares products of the size that prefill uses; "less" and "more" mean by
 * more than 5 %. Measured once for this processor, build and number of threads (half
 * a second), then stored in the cache folder, unless the times varied too
 * much. */
pmpo_llama_rates pmpo_llama_measure(int threads);

/* Appends the key under which the result is stored (pmpo_fetch_recall). The
 * value is the word "f16" or "f32", and "blas" if that is faster. */
void pmpo_llama_rate_key(int threads, pmpo_buf *out);

/* ---- the same with any stopwatch, for tests ----------------------------------- */

typedef enum pmpo_contender {
    PMPO_BY_F16,  /* f16 weights, llama.cpp's product */
    PMPO_BY_F32,  /* f32 weights, llama.cpp's product */
    PMPO_BY_BLAS, /* f32 weights, the build's BLAS */
    PMPO_CONTENDERS
} pmpo_contender;

/* Milliseconds of one product; INFINITY: can't be made. */
typedef double (*pmpo_stopwatch)(void *ud, pmpo_contender who);

/* The contenders are timed in turn, and the least time of each counts, so that
 * other programs on the processor do not slow one of them alone. The comparison
 * is repeated, at most 8 times, until two in a row have the same result.
 * Returns whether that happened. *out is that result, or else the one by the
 * least times of all repetitions. */
bool pmpo_llama_contest(pmpo_stopwatch ms, void *ud, pmpo_llama_rates *out);

#endif
