/* llama_blas.c: see llama_blas.h. */
#define _GNU_SOURCE /* pthread_rwlock_t */
#include "engine/llama/llama_blas.h"

#include <pthread.h>

#include "engine/llama/llama_engine.h"

static pthread_rwlock_t devices = PTHREAD_RWLOCK_INITIALIZER;

void pmpo_blas_hold(void)
{
    pthread_rwlock_rdlock(&devices);
}

void pmpo_blas_release(void)
{
    pthread_rwlock_unlock(&devices);
}

#ifdef PMPO_MKL
#include <ggml-blas.h>
#include <mkl_service.h>
#include <mkl_version.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *pmpo_blas_name(void)
{
    return "mkl " TEXT(__INTEL_MKL__) "." TEXT(__INTEL_MKL_UPDATE__);
}

/* Equal products for equal operands, wherever these lie in memory, by as many
 * threads as asked for. */
static void settle(void)
{
    mkl_cbwr_set(MKL_CBWR_AUTO);
    mkl_set_dynamic(0);
}

static ggml_backend_reg_t registry(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, settle);
    return ggml_backend_blas_reg();
}

ggml_backend_t pmpo_blas_backend(int threads)
{
    registry();
    ggml_backend_t b = ggml_backend_blas_init();
    if (b) {
        ggml_backend_blas_set_n_threads(b, threads);
    }
    return b;
}

static void list(bool on)
{
    if (on) {
        ggml_backend_register(registry());
    } else {
        ggml_backend_unload(registry());
    }
}
#else
const char *pmpo_blas_name(void)
{
    return "";
}

ggml_backend_t pmpo_blas_backend(int threads)
{
    (void)threads;
    return NULL;
}

static void list(bool on)
{
    (void)on;
}
#endif

struct llama_context *pmpo_blas_context(struct llama_model *m,
                                        struct llama_context_params p,
                                        bool blas)
{
    if (!blas) {
        pmpo_blas_hold();
    } else {
        pthread_rwlock_wrlock(&devices);
        list(true);
    }
    struct llama_context *c = pmpo_guard_context(m, p);
    if (blas) {
        list(false);
    }
    pmpo_blas_release();
    return c;
}
