/* llama_rate.h: which width of weights this processor multiplies faster. */
#ifndef PMPO_MODEL_LLAMA_RATE_H
#define PMPO_MODEL_LLAMA_RATE_H

#include <stdbool.h>

/* True where products with f32 weights, as prefill makes them, take less time
 * than with f16 weights by more than a twentieth. Measured once for this
 * processor, build and number of threads (a tenth of a second), then
 * remembered in the cache folder. */
bool pmpo_llama_f32_is_faster(int threads);

#endif
