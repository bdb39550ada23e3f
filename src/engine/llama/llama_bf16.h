/* llama_bf16.h: products of bfloat16 weights by oneDNN, where the build has it
 * and the processor multiplies bfloat16 (AVX-512 BF16, AMX).
 *
 * llama.cpp asks each kind of memory, as it loads a model, which weights it
 * wants; this one takes the bfloat16 matrices and keeps them in the order that
 * oneDNN's kernels read. Rows are rounded to bfloat16 as they come, products
 * are summed in f32: what llama.cpp's own kernels do, too. */
#ifndef PMPO_ENGINE_LLAMA_BF16_H
#define PMPO_ENGINE_LLAMA_BF16_H

#ifdef __cplusplus
extern "C" {
#endif

/* Name, version and kernels of the library, such as "oneDNN 2.6.3 AMX"; "" if
 * the build has none, or this processor nothing for it. */
const char *pmpo_bf16_name(void);

/* Once a process, before a model is loaded and the name is asked for. */
void pmpo_bf16_start(void);

#ifdef __cplusplus
}
#endif

#endif
