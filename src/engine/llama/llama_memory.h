/* llama_memory.h: how much memory a model takes at a precision. */
#ifndef PMPO_ENGINE_LLAMA_MEMORY_H
#define PMPO_ENGINE_LLAMA_MEMORY_H

#include "engine/llama/llama_file.h"
#include "pmpo.h"

/* Of the weights alone. */
uint64_t pmpo_llama_weight_bytes(const pmpo_llama_file *f, pmpo_precision p);
/* Weights, KV memory, two copies of a batch's logits, and the rest. */
uint64_t pmpo_llama_needed_bytes(const pmpo_llama_file *f, pmpo_precision p);

#endif
