/* llama_rate.c: see llama_rate.h. */
#include "model/llama_rate.h"

#include <ggml-cpu.h>
#include <ggml.h>
#include <llama.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "fetch/fetch.h"

/* A product of the shape that a small model's prefill is made of. */
#define DEPTH 1024
#define WIDTH 2048
#define ROWS 256
#define REPEATS 5
#define CLEARLY 1.05

/* Least milliseconds of the product with weights of `type`; NAN: no memory. */
static double product_ms(enum ggml_type type, int threads)
{
    struct ggml_context *c = ggml_init(
        (struct ggml_init_params){.mem_size = (size_t)64 << 20});
    if (!c) {
        return NAN;
    }
    struct ggml_tensor *w = ggml_new_tensor_2d(c, type, DEPTH, WIDTH);
    struct ggml_tensor *x = ggml_new_tensor_2d(c, GGML_TYPE_F32, DEPTH, ROWS);
    struct ggml_cgraph *g = ggml_new_graph(c);
    memset(w->data, 0, ggml_nbytes(w));
    memset(x->data, 0, ggml_nbytes(x));
    ggml_build_forward_expand(g, ggml_mul_mat(c, w, x));
    double least = INFINITY;
    for (int i = 0; i <= REPEATS; i++) { /* the first one warms up */
        double begin = pmpo_now_ms();
        ggml_graph_compute_with_ctx(c, g, threads);
        double ms = pmpo_now_ms() - begin;
        least = i > 0 && ms < least ? ms : least;
    }
    ggml_free(c);
    return least;
}

bool pmpo_llama_f32_is_faster(int threads)
{
    pmpo_buf key = {0}, known = {0}, value = {0};
    pmpo_buf_printf(&key, "product rates: %d threads, llama.cpp %s, %s",
                    threads, llama_version(), llama_print_system_info());
    double ratio = 0;
    if (!key.failed && pmpo_fetch_recall(key.ptr, &known) && !known.failed) {
        ratio = strtod(known.ptr, NULL);
    }
    if (!(ratio > 0)) {
        ratio = product_ms(GGML_TYPE_F16, threads)
                / product_ms(GGML_TYPE_F32, threads);
        pmpo_buf_printf(&value, "%.3f", ratio);
        if (!key.failed && !value.failed && isfinite(ratio)) {
            pmpo_fetch_remember(key.ptr, pmpo_buf_str(&value));
        }
    }
    pmpo_buf_release(&key);
    pmpo_buf_release(&known);
    pmpo_buf_release(&value);
    return ratio > CLEARLY;
}
