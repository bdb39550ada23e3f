/* llama_pool.c: see llama_pool.h. */
#include "engine/llama/llama_pool.h"

#include <ggml-cpu.h>

#include "base/mem.h"
#include "engine/llama/llama_attention.h"
#include "engine/llama/llama_blas.h"

pmpo_pool *pmpo_pool_new(int threads, bool blas)
{
    struct ggml_threadpool_params params =
        ggml_threadpool_params_default(threads);
    pmpo_pool *p = pmpo_calloc(1, sizeof(*p));
    params.poll = 0; /* a graph is long; spinning for the next takes a core */
    if (!p) {
        return NULL;
    }
    p->blas = blas;
    p->threads = ggml_threadpool_new(&params);
    if (!p->threads) {
        pmpo_free(p);
        return NULL;
    }
    p->attention = blas ? pmpo_attention_new() : NULL;
    pmpo_blas_enlist(p);
    return p;
}

void pmpo_pool_free(pmpo_pool *p)
{
    if (p) {
        pmpo_blas_delist(p);
        ggml_threadpool_free(p->threads);
        pmpo_attention_free(p->attention);
        pmpo_free(p);
    }
}
