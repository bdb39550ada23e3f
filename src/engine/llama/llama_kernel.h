// llama_kernel.h: what our kernels within llama.cpp's CPU engine share. C++.
#ifndef PMPO_ENGINE_LLAMA_KERNEL_H
#define PMPO_ENGINE_LLAMA_KERNEL_H

#include <cstdint>
#include <ggml-cpu-impl.h>
#include <traits.h>

#include "engine/llama/llama_pool.h"

namespace pmpo
{

// The enlisted pool of these threads; nullptr: none, or one without BLAS.
const pmpo_pool *pool_of(const ggml_threadpool *threads);

// A matrix in rows, `lead` floats apart.
struct rows {
    float *at;
    int lead;
};

// c[m][n] = a[m][k] b[n][k]^T + beta c.
void sgemm(int m, int n, int k, rows a, rows b, float beta, rows c);

// Below this many columns or terms the engine's own product is faster.
constexpr int64_t LEAST = 32;

// Is `op` a product of f32 matrices in rows, large enough for BLAS, with
// `least` rows or more?
bool suits_blas(const ggml_tensor *op, int64_t least = LEAST);

// The matrix [i2][i3] of `t`, from (row, column) on.
inline rows matrix(const ggml_tensor *t, int64_t i2, int64_t i3,
                   int64_t row = 0, int64_t column = 0)
{
    char *at = (char *)t->data + i2 * t->nb[2] + i3 * t->nb[3];
    return {(float *)(at + row * t->nb[1]) + column,
            (int)(t->nb[1] / sizeof(float))};
}

// Calls work(i) for each i of [0, n), spread over the threads of `p`, each of which
// calls this: whoever is free takes the next.
template <typename F>
void share(const ggml_compute_params *p, int64_t n, const F &work)
{
    if (n > p->nth) {
        if (p->ith == 0) {
            ggml_threadpool_chunk_set(p->threadpool, p->nth);
        }
        ggml_barrier(p->threadpool);
    }
    for (int64_t i = p->ith; i < n;) {
        work(i);
        i = n > p->nth ? ggml_threadpool_chunk_add(p->threadpool, 1) : n;
    }
}

} // namespace pmpo

#endif
