/* peak.c: see peak.h.
 *
 * Runs independent chains of multiply-adds: more of them than a core's units
 * times the latency of one multiply-add. The build lets the compiler contract a
 * * b + c in this file (CMakeLists.txt). */
#include "base/peak.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"

#define CHAINS 12 /* 2 units of 4 to 5 steps; 16 registers hold them */
#define ROUNDS 5
#define ROUND_MS 150
#define FIRST_STEPS (1L << 16)
#define MOST_STEPS (1L << 40)

typedef float (*kernel_fn)(long steps);

typedef struct kernel {
    kernel_fn run;
    int width; /* numbers in a vector */
} kernel;

/* x converges to 1, so no value becomes infinite or subnormal. */
#define KERNEL(name, bytes, target)                                            \
    typedef float name##_vec __attribute__((vector_size(bytes)));              \
    target static float name(long steps)                                       \
    {                                                                          \
        name##_vec a[CHAINS], x, y;                                            \
        for (int i = 0; i < bytes / 4; i++) {                                  \
            x[i] = 0.5f;                                                       \
            y[i] = 0.5f;                                                       \
        }                                                                      \
        for (int k = 0; k < CHAINS; k++) {                                     \
            a[k] = y + (float)k;                                               \
        }                                                                      \
        for (long s = 0; s < steps; s++) {                                     \
            _Pragma("GCC unroll 12")                                           \
            for (int k = 0; k < CHAINS; k++) {                                 \
                a[k] = a[k] * x + y;                                           \
            }                                                                  \
        }                                                                      \
        float sum = 0;                                                         \
        for (int k = 0; k < CHAINS; k++) {                                     \
            sum += a[k][0];                                                    \
        }                                                                      \
        return sum;                                                            \
    }

KERNEL(narrow, 16, )
#if defined(__x86_64__)
KERNEL(avx2, 32, __attribute__((target("avx2,fma"))))
KERNEL(avx512, 64, __attribute__((target("avx512f"))))
#endif

static kernel widest(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        return (kernel){avx512, 16};
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return (kernel){avx2, 8};
    }
#endif
    return (kernel){narrow, 4};
}

/* ---- threads --------------------------------------------------------------- */

typedef struct worker {
    pthread_t thread;
    kernel_fn run;
    long steps;
    volatile float sum; /* so that the work is done */
} worker;

static void *work(void *ud)
{
    worker *w = ud;
    w->sum = w->run(w->steps);
    return NULL;
}

/* Milliseconds until all are done; below 0: a thread could not be begun. */
static double time_all(worker *w, int n, const kernel *k, long steps)
{
    int begun = 0;
    double start = pmpo_now_ms();
    for (; begun < n; begun++) {
        w[begun].run = k->run;
        w[begun].steps = steps;
        if (pthread_create(&w[begun].thread, NULL, work, &w[begun]) != 0) {
            break;
        }
    }
    for (int i = 0; i < begun; i++) {
        pthread_join(w[i].thread, NULL);
    }
    return begun < n ? -1 : pmpo_now_ms() - start;
}

double pmpo_peak_flops(int threads)
{
    kernel k = widest();
    worker *w = threads > 0 ? pmpo_calloc((size_t)threads, sizeof(*w)) : NULL;
    long steps = FIRST_STEPS;
    double ms = 0, best = 0;
    while (w && ms >= 0 && ms < ROUND_MS && steps < MOST_STEPS) {
        steps *= 2;
        ms = time_all(w, threads, &k, steps);
    }
    for (int i = 0; i < ROUNDS && ms > 0; i++) {
        double rate = 2.0 * CHAINS * k.width * (double)steps * threads / ms
                      * 1e3;
        best = rate > best ? rate : best;
        ms = time_all(w, threads, &k, steps);
    }
    pmpo_free(w);
    return best;
}
