/* llama_blas.h: f32 products by a BLAS library, where the build has one.
 *
 * Each thread of a context's pool multiplies its own slice of a product with
 * the library's own threads switched off, so that there is one pool of threads
 * whoever multiplies. */
#ifndef PMPO_ENGINE_LLAMA_BLAS_H
#define PMPO_ENGINE_LLAMA_BLAS_H

#ifdef __cplusplus
extern "C" {
#endif

#include "engine/llama/llama_pool.h"

/* "OpenBLAS 0.3.34.0.0 SkylakeX" (whose kernels it uses), or "" where the build has
 * none or it wasn't found. */
const char *pmpo_blas_name(void);

/* Once a process, before anything is computed and before the name is asked
 * for: loads the library. */
void pmpo_blas_start(void);

/* The products of f32 weights that `pool` computes are BLAS's from here on if
 * pool->blas. It stays listed until delisted, before it is freed. Any thread. */
void pmpo_blas_enlist(pmpo_pool *pool);
void pmpo_blas_delist(pmpo_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
