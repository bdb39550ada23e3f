/* llama_device.c: see llama_device.h. */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "engine/llama/llama_device.h"

#include <ggml-backend.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef PMPO_CUDA
#include <cuda_runtime_api.h>
#endif

/* ---- the environment ---------------------------------------------------------- */

/* Of llama.cpp 0.5.0, libgomp and BLAS: those that choose other kernels, other
 * roundings or fewer threads. Not those that only log. */
static const char *const heeded[] = {
    "GGML_CPU_TILED_MM",        "GGML_CPU_TILED_MM_FORCE",
    "GGML_CPU_DISABLE_FUSION",  "GGML_KLEIDIAI_SME",
    "LLAMA_ATTN_ROT_DISABLE",   "OMP_DYNAMIC",
    "OMP_THREAD_LIMIT",         "OPENBLAS_CORETYPE",
};

static const char *const heeded_by_gpu[] = {
    "NVIDIA_TF32_OVERRIDE",     "GGML_CUDA_CUBLAS_COMPUTE_TYPE",
    "GGML_CUDA_MMQ_PREC",       "GGML_CUDA_DISABLE_FUSION",
    "GGML_CUDA_ALLREDUCE",      "GGML_OP_OFFLOAD_MIN_BATCH",
};

static void put_variables(const char *const *names, size_t n, pmpo_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);
        if (value) {
            pmpo_buf_printf(out, "%s=%s\n", names[i], value);
        }
    }
}

void pmpo_device_no_tf32(void)
{
#if defined(PMPO_CUDA) || defined(PMPO_SYSTEM_LLAMA)
    setenv("NVIDIA_TF32_OVERRIDE", "0", 0);
#endif
}

/* ---- the GPUs ------------------------------------------------------------------ */

static bool is_gpu(ggml_backend_dev_t d)
{
    enum ggml_backend_dev_type t = ggml_backend_dev_type(d);
    return t == GGML_BACKEND_DEVICE_TYPE_GPU ||
           t == GGML_BACKEND_DEVICE_TYPE_IGPU;
}

bool pmpo_device_has_gpu(void)
{
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        if (is_gpu(ggml_backend_dev_get(i))) {
            return true;
        }
    }
    return false;
}

/* The first line of a file of the kernel's, where there is one. */
static void put_line(const char *path, pmpo_buf *out)
{
    char line[256];
    FILE *f = fopen(path, "r");
    if (f) {
        pmpo_buf_puts(out, fgets(line, sizeof(line), f) ? line : "");
        fclose(f);
    }
}

#ifdef PMPO_CUDA
static void put_cuda(pmpo_buf *out)
{
    int n = 0, driver = 0, runtime = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&runtime);
    pmpo_buf_printf(out, "CUDA driver %d, runtime %d\n", driver, runtime);
    if (cudaGetDeviceCount(&n) != cudaSuccess) {
        n = 0;
    }
    for (int i = 0; i < n; i++) {
        int major = 0, minor = 0, sms = 0;
        cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, i);
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, i);
        cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, i);
        pmpo_buf_printf(out, "device %d: compute capability %d.%d, %d "
                        "multiprocessors\n", i, major, minor, sms);
    }
}
#else
static void put_cuda(pmpo_buf *out)
{
    (void)out;
}
#endif

static void put_gpus(pmpo_buf *out)
{
    for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
        ggml_backend_dev_t d = ggml_backend_dev_get(i);
        if (is_gpu(d)) {
            pmpo_buf_printf(out, "%s: %s\n", ggml_backend_dev_name(d),
                            ggml_backend_dev_description(d));
        }
    }
    put_cuda(out);
    put_line("/proc/driver/nvidia/version", out);
}

void pmpo_device_describe(bool gpu, pmpo_buf *out)
{
    put_variables(heeded, sizeof(heeded) / sizeof(*heeded), out);
    if (gpu && pmpo_device_has_gpu()) {
        put_variables(heeded_by_gpu,
                      sizeof(heeded_by_gpu) / sizeof(*heeded_by_gpu), out);
        put_gpus(out);
    }
}
