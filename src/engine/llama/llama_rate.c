/* llama_rate.c: see llama_rate.h. */
#include "engine/llama/llama_rate.h"

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>
#include <llama.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_pool.h"

/* A product of the shape that a small model's prefill is made of. */
#define DEPTH 1024
#define WIDTH 2048
#define ROWS 256
#define REPEATS 5
#define CLEARLY 1.05

/* Least milliseconds of the product with weights of `type`, by `threads`
 * threads and by BLAS if so; NAN: no memory. */
static double product_ms(int threads, enum ggml_type type, bool blas)
{
    pmpo_pool *pool = pmpo_pool_new(threads, blas);
    ggml_backend_t backend = pool ? ggml_backend_cpu_init() : NULL;
    struct ggml_context *c =
        backend ? ggml_init(
                      (struct ggml_init_params){.mem_size = (size_t)64 << 20})
                : NULL;
    double least = c ? INFINITY : NAN;
    if (c) {
        struct ggml_tensor *w = ggml_new_tensor_2d(c, type, DEPTH, WIDTH);
        struct ggml_tensor *x =
            ggml_new_tensor_2d(c, GGML_TYPE_F32, DEPTH, ROWS);
        struct ggml_cgraph *g = ggml_new_graph(c);
        memset(w->data, 0, ggml_nbytes(w));
        memset(x->data, 0, ggml_nbytes(x));
        ggml_backend_cpu_set_n_threads(backend, threads);
        ggml_backend_cpu_set_threadpool(backend, pool->threads);
        ggml_build_forward_expand(g, ggml_mul_mat(c, w, x));
        for (int i = 0; i <= REPEATS; i++) { /* the first one warms up */
            double begin = pmpo_now_ms();
            ggml_backend_graph_compute(backend, g);
            double ms = pmpo_now_ms() - begin;
            least = i > 0 && ms < least ? ms : least;
        }
        ggml_free(c);
    }
    if (backend) {
        ggml_backend_free(backend);
    }
    pmpo_pool_free(pool);
    return least;
}

/* The milliseconds of f16, f32 and f32 by BLAS, as a line to remember. */
static void measure(int threads, pmpo_buf *out)
{
    pmpo_buf_printf(out, "%.4f %.4f %.4f",
                    product_ms(threads, GGML_TYPE_F16, false),
                    product_ms(threads, GGML_TYPE_F32, false),
                    product_ms(threads, GGML_TYPE_F32, true));
}

pmpo_llama_rates pmpo_llama_measure(int threads)
{
    pmpo_buf key = {0}, line = {0};
    double f16 = NAN, f32 = NAN, blas = NAN;
    pmpo_buf_printf(&key, "product rates, f16 f32 sliced blas: %d threads, "
                    "llama.cpp %s, %s, blas %s", threads, llama_version(),
                    llama_print_system_info(), pmpo_blas_name());
    if (!key.failed && !pmpo_fetch_recall(key.ptr, &line)) {
        measure(threads, &line);
        if (!line.failed) {
            pmpo_fetch_remember(key.ptr, pmpo_buf_str(&line));
        }
    }
    if (!line.failed && line.ptr) {
        sscanf(line.ptr, "%lf %lf %lf", &f16, &f32, &blas);
    }
    pmpo_buf_release(&key);
    pmpo_buf_release(&line);
    bool by_blas = f32 / blas > CLEARLY;
    return (pmpo_llama_rates){f16 / (by_blas ? blas : f32) > CLEARLY, by_blas};
}
