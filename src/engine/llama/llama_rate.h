/* llama_rate.h: which products this processor makes fastest. */
#ifndef PMPO_ENGINE_LLAMA_RATE_H
#define PMPO_ENGINE_LLAMA_RATE_H

#include <stdbool.h>

typedef struct pmpo_llama_rates {
    bool f32;  /* f32 weights take less time than f16 ones */
    bool blas; /* f32 products take less time by BLAS */
} pmpo_llama_rates;

/* Products as prefill makes them; "less" is by more than a twentieth. Measured
 * once for this processor, build and number of threads (a fifth of a second),
 * then remembered in the cache folder. */
pmpo_llama_rates pmpo_llama_measure(int threads);

#endif
