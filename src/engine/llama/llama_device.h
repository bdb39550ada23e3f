/* llama_device.h: what a GPU and the environment bring into a model's
 * identity, beside what llama.cpp tells of itself. */
#ifndef PMPO_ENGINE_LLAMA_DEVICE_H
#define PMPO_ENGINE_LLAMA_DEVICE_H

#include "base/str.h"

/* Lets CUDA's libraries multiply f32 as f32 and not as TF32 (10 bits), unless
 * the user says otherwise. Before llama.cpp starts. */
void pmpo_device_no_tf32(void);

/* Whether layers can lie on a GPU here. */
bool pmpo_device_has_gpu(void);

/* Appends what changes numbers: each variable of the environment that
 * llama.cpp, ggml or a library below them reads for its arithmetic and that
 * is set; with `gpu`, a line a GPU (name, compute capability) and the
 * driver. Nothing: the usual case of a CPU. */
void pmpo_device_describe(bool gpu, pmpo_buf *out);

#endif
