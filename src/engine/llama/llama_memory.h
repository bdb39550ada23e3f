/* llama_memory.h: how much memory a model takes at a precision. */
#ifndef PMPO_ENGINE_LLAMA_MEMORY_H
#define PMPO_ENGINE_LLAMA_MEMORY_H

#include <stddef.h>

#include "engine/llama/llama_file.h"
#include "pmpo.h"

/* Are attention, keys and values in f32? */
bool pmpo_llama_exact(pmpo_precision p);
/* Are bfloat16 matrices packed for oneDNN (llama_bf16.h)? */
bool pmpo_llama_packs(const pmpo_llama_file *f, pmpo_precision p);
/* Of the weights alone. */
uint64_t pmpo_llama_weight_bytes(const pmpo_llama_file *f, pmpo_precision p);
/* Of one token's keys and values. */
uint64_t pmpo_llama_cell_bytes(const pmpo_llama_file *f, pmpo_precision p);
/* Everything except keys and values: weights, two copies of a batch's logits,
 * llama.cpp's buffers and ours. */
uint64_t pmpo_llama_fixed_bytes(const pmpo_llama_file *f, pmpo_precision p);
/* Everything, with the keys and values of a typical job or, with `least`, those
 * of the smallest windows that scoring can use. */
uint64_t pmpo_llama_needed_bytes(const pmpo_llama_file *f, pmpo_precision p,
                                 bool least);

/* How the memory that the user allows is divided. */
typedef struct pmpo_llama_shares {
    uint64_t kv_bytes;   /* keys and values of what is scored; 0: no limit */
    uint64_t slot_bytes; /* keys and values of all replies in progress */
    size_t window;       /* rows of a wave beside the prefix */
    size_t most;         /* that there is room for; 0: no limit */
} pmpo_llama_shares;

/* `allowed` 0: no limit; else at least the least that is needed. */
pmpo_llama_shares pmpo_llama_share_out(const pmpo_llama_file *f,
                                       pmpo_precision p, uint64_t allowed);

#endif
