/* llama_blas.h: f32 products by a BLAS library, where the build has one.
 *
 * Each thread of a context's pool computes its own slice of a product, with the
 * library's own threads switched off. So there is one pool of threads, whether
 * llama.cpp or BLAS multiplies. */
#ifndef PMPO_ENGINE_LLAMA_BLAS_H
#define PMPO_ENGINE_LLAMA_BLAS_H

#ifdef __cplusplus
extern "C" {
#endif

#include "engine/llama/llama_pool.h"

/* Name, version and kernels of the library, such as "OpenBLAS 0.3.34.0.0
 * SkylakeX"; "" if the build has none or it was not found. */
const char *pmpo_blas_name(void);

/* Once a process, before anything is computed and before the name is asked
 * for: loads the library. */
void pmpo_blas_start(void);

/* From now on the threads of `pool` compute f32 products by BLAS if pool->blas.
 * Delist the pool before it is freed. Any thread. */
void pmpo_blas_enlist(pmpo_pool *pool);
void pmpo_blas_delist(pmpo_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
