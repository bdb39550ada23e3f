/* llama_blas.h: f32 products by a BLAS library (MKL), where the build has it.
 *
 * llama.cpp gives a context every device that is in its list when the context
 * is made. BLAS is in the list only while a context is made that wants it:
 * with f16 weights it would convert them anew for each product. */
#ifndef PMPO_ENGINE_LLAMA_BLAS_H
#define PMPO_ENGINE_LLAMA_BLAS_H

#include <ggml-backend.h>
#include <llama.h>
#include <stdbool.h>

const char *pmpo_blas_name(void); /* "mkl 2026.2", or "" without */

/* A backend that multiplies by BLAS, freed by ggml_backend_free(); NULL: not
 * in this build. */
ggml_backend_t pmpo_blas_backend(int threads);

/* A context for `m`, with BLAS among its devices or without; NULL: failed.
 * Any thread; waits for loads under pmpo_blas_hold. */
struct llama_context *pmpo_blas_context(struct llama_model *m,
                                        struct llama_context_params p,
                                        bool blas);

/* While a thread holds the list of devices, nobody changes it: for whatever
 * makes llama.cpp walk it. */
void pmpo_blas_hold(void);
void pmpo_blas_release(void);

#endif
