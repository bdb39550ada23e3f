// llama_blas.cpp: see llama_blas.h. C++, for it enters llama.cpp's CPU engine
// where kernels of special kinds of memory do: the engine asks each whether it
// wants an operation, whatever memory that lies in.
#include "engine/llama/llama_blas.h"

#ifdef PMPO_BLAS
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "engine/llama/llama_kernel.h"

namespace {

// OpenBLAS, opened at run time: its names have a prefix and its integers 32
// bits.
struct library {
    void (*sgemm)(int order, int trans_a, int trans_b, int m, int n, int k,
                  float alpha, const float *a, int lda, const float *b,
                  int ldb, float beta, float *c, int ldc);
    void (*set_threads)(int);
    const char *(*config)(); // "OpenBLAS 0.3.34 DYNAMIC_ARCH ..."
    const char *(*core)();   // "SkylakeX": whose kernels it chose
    std::string name;        // empty: there is none
};
library blas;
constexpr int ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112; // of cblas.h

// Where weights multiply, fewer rows than these are left to the engine, since
// OpenBLAS copies weights into its own order at each call: 32 answers are
// decoded 1.36 times as fast without it at 1.5B (docs/speed.md); 64 rows are
// as fast either way.
constexpr int64_t LEAST_ROWS = 64;
// A slice's columns are a multiple of this, which kernels take at a time.
constexpr int64_t COLUMNS = 64;
// Slices a thread, so that one held up by another program does fewer.
constexpr int64_t SLICES = 1;

std::shared_mutex lock; // of the list
pmpo_pool *pools;

bool in_rows(const ggml_tensor *t)
{
    return t->type == GGML_TYPE_F32 && t->nb[0] == sizeof(float) &&
           t->nb[1] % sizeof(float) == 0 &&
           t->nb[1] >= t->ne[0] * sizeof(float);
}

} // namespace

namespace pmpo
{

const pmpo_pool *pool_of(const ggml_threadpool *threads)
{
    std::shared_lock<std::shared_mutex> held(lock);
    const pmpo_pool *p = pools;
    while (p && p->threads != threads) {
        p = p->next;
    }
    return p && p->blas ? p : nullptr;
}

bool suits_blas(const ggml_tensor *op, int64_t least)
{
    return op->op == GGML_OP_MUL_MAT && in_rows(op->src[0]) &&
           in_rows(op->src[1]) && in_rows(op) && op->ne[0] >= LEAST &&
           op->ne[1] >= least && op->src[0]->ne[0] >= LEAST &&
           ggml_get_op_params_i32(op, 1) != GGML_HINT_SRC0_IS_HADAMARD;
}

void sgemm(int m, int n, int k, rows a, rows b, float beta, rows c)
{
    blas.sgemm(ROW_MAJOR, NO_TRANS, TRANS, m, n, k, 1.0f, a.at, a.lead, b.at,
               b.lead, beta, c.at, c.lead);
}

} // namespace pmpo

namespace
{

// Columns [begin, end) of the `i`th of op's products.
void multiply(const ggml_tensor *op, int64_t i, int64_t begin, int64_t end)
{
    const ggml_tensor *w = op->src[0], *x = op->src[1];
    int64_t i2 = i % op->ne[2], i3 = i / op->ne[2];
    pmpo::sgemm((int)op->ne[1], (int)(end - begin), (int)w->ne[0],
                pmpo::matrix(x, i2, i3),
                pmpo::matrix(w, i2 / (op->ne[2] / w->ne[2]),
                             i3 / (op->ne[3] / w->ne[3]), begin),
                0, pmpo::matrix(op, i2, i3, 0, begin));
}

class product : public ggml::cpu::tensor_traits {
    bool work_size(int, const ggml_tensor *, size_t &) override
    {
        return false;
    }

    // Each thread of the pool calls this; slices are the same whoever takes them.
    bool compute_forward(ggml_compute_params *p, ggml_tensor *op) override
    {
        if (!pmpo::pool_of(p->threadpool)) {
            return false;
        }
        int64_t n = op->ne[2] * op->ne[3];
        int64_t cuts = (p->nth * SLICES + n - 1) / n;
        int64_t width = (op->ne[0] + cuts - 1) / cuts;
        width = (width + COLUMNS - 1) / COLUMNS * COLUMNS;
        cuts = (op->ne[0] + width - 1) / width;
        pmpo::share(p, n * cuts, [&](int64_t i) {
            int64_t begin = i % cuts * width;
            multiply(op, i / cuts, begin, std::min(begin + width, op->ne[0]));
        });
        return true;
    }
};

class products : public ggml::cpu::extra_buffer_type {
    bool supports_op(ggml_backend_dev_t, const ggml_tensor *) override
    {
        return false; // nothing lies in memory of this kind
    }

    ggml::cpu::tensor_traits *get_tensor_traits(const ggml_tensor *op) override
    {
        return pmpo::suits_blas(op, LEAST_ROWS) ? &by_blas : nullptr;
    }

    product by_blas;
};

const char *kind_name(ggml_backend_buffer_type_t)
{
    return "BLAS";
}

template <typename F> bool find(void *from, const char *symbol, F &out)
{
    void *at = dlsym(from, symbol);
    memcpy(&out, &at, sizeof(out));
    return at;
}

// The threads of its own would be started as it is loaded, which only the
// environment prevents.
void *open_alone()
{
    const char *own = "OPENBLAS_NUM_THREADS";
    const char *before = getenv(own);
    std::string kept = before ? before : "";
    setenv(own, "1", 1);
    void *from = dlopen("libscipy_openblas.so", RTLD_NOW | RTLD_LOCAL);
    before ? setenv(own, kept.c_str(), 1) : unsetenv(own);
    return from;
}

bool load()
{
    void *from = open_alone();
    if (!from || !find(from, "scipy_cblas_sgemm", blas.sgemm) ||
        !find(from, "scipy_openblas_set_num_threads", blas.set_threads) ||
        !find(from, "scipy_openblas_get_config", blas.config) ||
        !find(from, "scipy_openblas_get_corename", blas.core)) {
        return false;
    }
    blas.set_threads(1);
    const char *config = blas.config(); // name and version: two words
    const char *end = strchr(config, ' ');
    end = end ? strchr(end + 1, ' ') : nullptr;
    blas.name.assign(config, end ? end : config + strlen(config));
    blas.name += std::string(" ") + blas.core();
    return true;
}

} // namespace

extern "C" const char *pmpo_blas_name(void)
{
    return blas.name.c_str();
}

extern "C" void pmpo_blas_start(void)
{
    static products all;
    static ggml_backend_buffer_type kind = {};
    if (load()) {
        kind.iface.get_name = kind_name;
        kind.context = &all;
        ggml_backend_cpu_get_extra_buffer_types().push_back(&kind);
    }
}

extern "C" void pmpo_blas_enlist(pmpo_pool *pool)
{
    std::unique_lock<std::shared_mutex> held(lock);
    pool->next = pools;
    pools = pool;
}

extern "C" void pmpo_blas_delist(pmpo_pool *pool)
{
    std::unique_lock<std::shared_mutex> held(lock);
    for (pmpo_pool **p = &pools; *p; p = &(*p)->next) {
        if (*p == pool) {
            *p = pool->next;
            return;
        }
    }
}
#else
extern "C" const char *pmpo_blas_name(void)
{
    return "";
}

extern "C" void pmpo_blas_start(void)
{
}

extern "C" void pmpo_blas_enlist(pmpo_pool *)
{
}

extern "C" void pmpo_blas_delist(pmpo_pool *)
{
}
#endif
