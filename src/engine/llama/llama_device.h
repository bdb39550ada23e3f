/* llama_device.h: the part of a model's identity that comes from GPUs and
 * environment variables, beside what llama.cpp reports itself. */
#ifndef PMPO_ENGINE_LLAMA_DEVICE_H
#define PMPO_ENGINE_LLAMA_DEVICE_H

#include "base/str.h"

/* Lets CUDA's libraries multiply f32 as f32 and not as TF32 (10 bits), unless
 * the user says otherwise. Before llama.cpp starts. */
void pmpo_device_no_tf32(void);

/* Can layers be put on a GPU on this machine, with this build? */
bool pmpo_device_has_gpu(void);

/* Appends what can change scores: each environment variable that is set and
 * that llama.cpp, ggml or a library below them reads for its arithmetic; with
 * `gpu`, a line per GPU (name, compute capability) and the driver. On a CPU
 * this is usually nothing. */
void pmpo_device_describe(bool gpu, pmpo_buf *out);

#endif
