/* llama_attention.h: f32 attention that leaves out what its mask hides.
 *
 * The rows of a wave belong to many texts, each of which sees the prefix and
 * itself. llama.cpp multiplies every row by every cell and then masks most of
 * them. Here blocks of rows are multiplied by those cells alone that some row of
 * the block sees, and the softmax is over these; what is left out would be 0.
 * For products by BLAS without flash attention, which is how f32 is computed. */
#ifndef PMPO_ENGINE_LLAMA_ATTENTION_H
#define PMPO_ENGINE_LLAMA_ATTENTION_H

#ifdef __cplusplus
extern "C" {
#endif

#include "engine/llama/llama_pool.h"

/* Once a process, before pmpo_blas_start lists its own kernel. */
void pmpo_attention_start(void);

/* For a pool with BLAS; NULL: no memory, or a build without BLAS. */
struct pmpo_attention *pmpo_attention_new(void);
void pmpo_attention_free(struct pmpo_attention *a);

/* Before a graph is computed: forgets the last one. NULL is fine. */
void pmpo_attention_begin(struct pmpo_attention *a);
/* llama.cpp's cb_eval, with a pmpo_attention as `ud`: notes which products and
 * softmaxes belong together, and under which mask. Asks for nothing. */
bool pmpo_attention_see(struct ggml_tensor *t, bool ask, void *ud);

/* The share of the cells of all rows so far that was read; NAN: nothing was
 * computed here. */
double pmpo_attention_share(const struct pmpo_attention *a);

#ifdef __cplusplus
}
#endif

#endif
