/* llama_pool.h: the threads that one model computes with. */
#ifndef PMPO_ENGINE_LLAMA_POOL_H
#define PMPO_ENGINE_LLAMA_POOL_H

#include <ggml.h>
#include <stdbool.h>

typedef struct pmpo_pool {
    struct ggml_threadpool *threads;
    bool blas; /* products of f32 weights by BLAS */
    struct pmpo_attention *attention; /* owned; NULL without BLAS */
    struct pmpo_pool *next;
} pmpo_pool;

/* `threads` threads, the caller's among them; the others sleep between
 * computations. NULL: no memory. */
pmpo_pool *pmpo_pool_new(int threads, bool blas);
/* After the contexts that use it; NULL is fine. */
void pmpo_pool_free(pmpo_pool *p);

#endif
