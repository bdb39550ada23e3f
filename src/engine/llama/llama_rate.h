/* llama_rate.h: which products this processor makes fastest. */
#ifndef PMPO_ENGINE_LLAMA_RATE_H
#define PMPO_ENGINE_LLAMA_RATE_H

#include <stdbool.h>

#include "base/str.h"

typedef struct pmpo_llama_rates {
    bool f32;  /* f32 weights take less time than f16 ones */
    bool blas; /* f32 products take less time by BLAS */
} pmpo_llama_rates;

/* Products as prefill makes them; "less" is by more than a twentieth. Measured
 * once for this processor, build and number of threads (half a second), then
 * remembered in the cache folder, unless the measurement was too unsteady. */
pmpo_llama_rates pmpo_llama_measure(int threads);

/* Where it is remembered: pmpo_fetch_recall's key, and the words "f16" or
 * "f32", and "blas". */
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

/* The contenders take turns, and the least time of each counts, so that a
 * moment in which others had the processor slows none of them alone. That is
 * done twice, and again (8 times at most) until two in a row agree. Returns
 * whether they did; *out is the last choice then, else that of the least times
 * of all. */
bool pmpo_llama_contest(pmpo_stopwatch ms, void *ud, pmpo_llama_rates *out);

#endif
