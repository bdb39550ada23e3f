/* llama_memory.c: see llama_memory.h. */
#include "engine/llama/llama_memory.h"

#include "engine/llama/llama_engine.h"

#define TYPICAL_CELLS 2048 /* of the KV memory: a window and a long prompt */
#define OTHER_BYTES ((uint64_t)200 << 20) /* the engine's buffers, and ours */

uint64_t pmpo_llama_weight_bytes(const pmpo_llama_file *f, pmpo_precision p)
{
    return p == PMPO_PRECISION_NATIVE ? f->n_bytes
           : p == PMPO_PRECISION_F16  ? 2 * f->n_params
                                      : 4 * f->n_params;
}

uint64_t pmpo_llama_needed_bytes(const pmpo_llama_file *f, pmpo_precision p)
{
    uint64_t cells = f->n_context && f->n_context < TYPICAL_CELLS
                         ? f->n_context
                         : TYPICAL_CELLS;
    uint64_t value = p == PMPO_PRECISION_F32 ? 4 : 2;
    return pmpo_llama_weight_bytes(f, p) + cells * f->kv_values * value +
           2 * PMPO_MAX_OUTPUTS * f->n_vocab * sizeof(float) + OTHER_BYTES;
}
