/* test_pool.c: the engine's threads: barriers with more threads than cores, and
 * products cut into slices, by BLAS and without, against a plain loop. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include "base/hash.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_pool.h"

static int start(void **state)
{
    (void)state;
    pmpo_blas_start();
    return 0;
}

static struct ggml_context *new_context(void)
{
    struct ggml_context *c =
        ggml_init((struct ggml_init_params){.mem_size = (size_t)64 << 20});
    assert_non_null(c);
    return c;
}

static void compute(struct ggml_context *c, struct ggml_tensor *out,
                    int threads, bool blas)
{
    pmpo_pool *pool = pmpo_pool_new(threads, blas);
    ggml_backend_t backend = ggml_backend_cpu_init();
    struct ggml_cgraph *g = ggml_new_graph(c);
    assert_non_null(pool);
    assert_non_null(backend);
    ggml_backend_cpu_set_n_threads(backend, threads);
    ggml_backend_cpu_set_threadpool(backend, pool->threads);
    ggml_build_forward_expand(g, out);
    assert_int_equal(ggml_backend_graph_compute(backend, g),
                     GGML_STATUS_SUCCESS);
    ggml_backend_free(backend);
    pmpo_pool_free(pool);
}

/* ---- barriers ---------------------------------------------------------------- */

#define STEPS 300

/* With 12 threads hardly a barrier finds all of them running: they sleep and
 * are woken, or this never ends. */
static void *many_steps(void *ud)
{
    float *got = ud;
    struct ggml_context *c = new_context();
    struct ggml_tensor *x = ggml_new_tensor_2d(c, GGML_TYPE_F32, 64, 64);
    struct ggml_tensor *sum = x;
    ggml_set_f32(x, 1);
    for (int i = 0; i < STEPS; i++) {
        sum = ggml_add(c, sum, x);
    }
    compute(c, sum, 12, true);
    *got = ggml_get_f32_1d(sum, 64 * 64 - 1);
    ggml_free(c);
    return NULL;
}

static void test_two_pools_on_the_same_cores(void **state)
{
    (void)state;
    pthread_t other;
    float mine = 0, its = 0;
    assert_int_equal(pthread_create(&other, NULL, many_steps, &its), 0);
    many_steps(&mine);
    pthread_join(other, NULL);
    assert_float_equal(mine, STEPS + 1, 0);
    assert_float_equal(its, STEPS + 1, 0);
}

/* ---- products ----------------------------------------------------------------- */

typedef struct shape {
    int64_t depth, columns, rows, heads, kv_heads;
    bool strided; /* a head's rows lie apart, as in the KV memory */
} shape;

static struct ggml_tensor *filled(struct ggml_context *c, int64_t width,
                                  int64_t height, int64_t n, bool strided,
                                  uint64_t *seed)
{
    struct ggml_tensor *t =
        strided ? ggml_new_tensor_3d(c, GGML_TYPE_F32, width, n, height)
                : ggml_new_tensor_3d(c, GGML_TYPE_F32, width, height, n);
    float *v = t->data;
    for (int64_t i = 0; i < ggml_nelements(t); i++) {
        v[i] = (float)pmpo_random_unit(seed) - 0.5f;
    }
    return strided ? ggml_permute(c, t, 0, 2, 1, 3) : t;
}

static const float *row_of(const struct ggml_tensor *t, int64_t row,
                           int64_t head)
{
    return (const float *)((const char *)t->data + (size_t)row * t->nb[1] +
                           (size_t)head * t->nb[2]);
}

static double worst_of(const struct ggml_tensor *w, const struct ggml_tensor *x,
                       const struct ggml_tensor *out)
{
    double worst = 0;
    for (int64_t h = 0; h < out->ne[2]; h++) {
        for (int64_t r = 0; r < out->ne[1]; r++) {
            for (int64_t col = 0; col < out->ne[0]; col++) {
                const float *a = row_of(w, col, h / (x->ne[2] / w->ne[2]));
                const float *b = row_of(x, r, h);
                double sum = 0;
                for (int64_t k = 0; k < w->ne[0]; k++) {
                    sum += (double)a[k] * (double)b[k];
                }
                double off = fabs(sum - (double)row_of(out, r, h)[col]);
                worst = off > worst ? off : worst;
            }
        }
    }
    return worst;
}

static double worst_product(shape s, int threads, bool blas)
{
    uint64_t seed = 1;
    struct ggml_context *c = new_context();
    struct ggml_tensor *w =
        filled(c, s.depth, s.columns, s.kv_heads, s.strided, &seed);
    struct ggml_tensor *x =
        filled(c, s.depth, s.rows, s.heads, s.strided, &seed);
    struct ggml_tensor *out = ggml_mul_mat(c, w, x);
    compute(c, out, threads, blas);
    double worst = worst_of(w, x, out);
    ggml_free(c);
    return worst;
}

static void test_products_in_slices(void **state)
{
    (void)state;
    static const shape shapes[] = {
        {64, 64, 64, 1, 1, false},   {576, 192, 77, 1, 1, false},
        {33, 1537, 64, 1, 1, false}, {33, 1537, 63, 1, 1, false},
        {300, 49, 512, 1, 1, false}, {64, 256, 100, 9, 3, false},
        {64, 256, 100, 9, 3, true},  {31, 64, 64, 1, 1, false},
        {64, 31, 64, 1, 1, false},   {64, 64, 1, 1, 1, false},
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
        for (int threads = 1; threads <= 5; threads += 2) {
            assert_true(worst_product(shapes[i], threads, true) < 1e-4);
            assert_true(worst_product(shapes[i], threads, false) < 1e-4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_pools_on_the_same_cores),
        cmocka_unit_test(test_products_in_slices),
    };
    return cmocka_run_group_tests_name("pool", tests, start, NULL);
}
