/* llama_rate.c: see llama_rate.h. */
#include "engine/llama/llama_rate.h"

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>
#include <llama.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_pool.h"
#include "fetch/fetch.h"

/* ---- the contest ------------------------------------------------------------------ */

#define TURNS 5
#define CONTESTS 8
#define CLEARLY 1.05

static pmpo_llama_rates decide(const double least[PMPO_CONTENDERS])
{
    double f16 = least[PMPO_BY_F16], f32 = least[PMPO_BY_F32];
    double blas = least[PMPO_BY_BLAS];
    bool by_blas = f32 > CLEARLY * blas;
    return (pmpo_llama_rates){
        /* With BLAS attention is exact, too, which is worth as much. */
        .f32 = by_blas ? blas < CLEARLY * f16 : CLEARLY * f32 < f16,
        .blas = by_blas,
    };
}

static pmpo_llama_rates contest(pmpo_stopwatch ms, void *ud,
                                double least_of_all[PMPO_CONTENDERS])
{
    double least[PMPO_CONTENDERS] = {INFINITY, INFINITY, INFINITY};
    for (int turn = 0; turn < TURNS; turn++) {
        for (int who = 0; who < PMPO_CONTENDERS; who++) {
            least[who] = fmin(least[who], ms(ud, (pmpo_contender)who));
            least_of_all[who] = fmin(least_of_all[who], least[who]);
        }
    }
    return decide(least);
}

bool pmpo_llama_contest(pmpo_stopwatch ms, void *ud, pmpo_llama_rates *out)
{
    double least[PMPO_CONTENDERS] = {INFINITY, INFINITY, INFINITY};
    *out = contest(ms, ud, least);
    for (int i = 1; i < CONTESTS; i++) {
        pmpo_llama_rates before = *out;
        *out = contest(ms, ud, least);
        if (out->f32 == before.f32 && out->blas == before.blas) {
            return true;
        }
    }
    *out = decide(least);
    return false;
}

/* ---- products ----------------------------------------------------------------------- */

/* Of the shape that a small model's prefill is made of. */
#define DEPTH 1024
#define WIDTH 2048
#define ROWS 256

typedef struct product {
    pmpo_pool *pool;
    ggml_backend_t backend;
    struct ggml_context *memory;
    struct ggml_cgraph *graph;
} product;

static void product_end(product *p)
{
    if (p->backend) {
        ggml_backend_free(p->backend);
    }
    pmpo_pool_free(p->pool);
    ggml_free(p->memory);
}

/* False: no memory; to be ended all the same. */
static bool product_start(product *p, int threads, pmpo_contender who)
{
    *p = (product){
        .pool = pmpo_pool_new(threads, who == PMPO_BY_BLAS),
        .backend = ggml_backend_cpu_init(),
        .memory = ggml_init(
            (struct ggml_init_params){.mem_size = (size_t)16 << 20}),
    };
    if (!p->pool || !p->backend || !p->memory) {
        return false;
    }
    enum ggml_type type = who == PMPO_BY_F16 ? GGML_TYPE_F16 : GGML_TYPE_F32;
    struct ggml_tensor *w =
        ggml_new_tensor_2d(p->memory, type, DEPTH, WIDTH);
    struct ggml_tensor *x =
        ggml_new_tensor_2d(p->memory, GGML_TYPE_F32, DEPTH, ROWS);
    memset(w->data, 0, ggml_nbytes(w));
    memset(x->data, 0, ggml_nbytes(x));
    p->graph = ggml_new_graph(p->memory);
    ggml_build_forward_expand(p->graph, ggml_mul_mat(p->memory, w, x));
    ggml_backend_cpu_set_n_threads(p->backend, threads);
    ggml_backend_cpu_set_threadpool(p->backend, p->pool->threads);
    return true;
}

static double product_ms(void *ud, pmpo_contender who)
{
    const product *p = (product *)ud + who;
    if (who == PMPO_BY_BLAS && !*pmpo_blas_name()) {
        return INFINITY;
    }
    double begin = pmpo_now_ms();
    ggml_backend_graph_compute(p->backend, p->graph);
    return pmpo_now_ms() - begin;
}

/* Whether the measurement was steady. */
static bool measure(int threads, pmpo_llama_rates *out)
{
    product all[PMPO_CONTENDERS];
    bool ready = true, steady = false;
    *out = (pmpo_llama_rates){false, false};
    for (int i = 0; i < PMPO_CONTENDERS; i++) {
        ready = product_start(&all[i], threads, (pmpo_contender)i) && ready;
    }
    if (ready) {
        for (int i = 0; i < PMPO_CONTENDERS; i++) {
            product_ms(all, (pmpo_contender)i); /* warms up */
        }
        steady = pmpo_llama_contest(product_ms, all, out);
    }
    for (int i = 0; i < PMPO_CONTENDERS; i++) {
        product_end(&all[i]);
    }
    return steady;
}

/* ---- once for this machine ------------------------------------------------------------ */

void pmpo_llama_rate_key(int threads, pmpo_buf *out)
{
    pmpo_buf_printf(out,
                    "f16, f32 or blas: %d threads, "
                    "llama.cpp %s, %s, blas %s",
                    threads, llama_version(), pmpo_llama_system(),
                    pmpo_blas_name());
}

pmpo_llama_rates pmpo_llama_measure(int threads)
{
    static const char *const words[2][2] = {{"f16", "f16 blas"},
                                            {"f32", "f32 blas"}};
    pmpo_buf key = {0}, line = {0};
    pmpo_llama_rates r = {false, false};
    pmpo_llama_rate_key(threads, &key);
    if (!key.failed && pmpo_fetch_recall(key.ptr, &line) && !line.failed) {
        r.f32 = !strncmp(line.ptr, "f32", 3);
        r.blas = strstr(line.ptr, "blas") != NULL;
    } else if (measure(threads, &r) && !key.failed) {
        pmpo_fetch_remember(key.ptr, pmpo_str_of(words[r.f32][r.blas]));
    }
    pmpo_buf_release(&key);
    pmpo_buf_release(&line);
    return r;
}
