/* ggml_barrier.h: how llama.cpp's compute threads wait for each other; cmake/llama.cmake puts it
 * into ggml-cpu.c in place of a loop that spins until the last thread has come.
 *
 * Some hundred times a batch each thread waits for the slowest. Alone on its cores that takes some
 * microseconds, and waking a sleeper takes longer: spinning is best. Where other programs run on
 * the same cores the slowest thread is often not running at all, and a spinning one holds the core
 * that it needs: sleeping is best. So a thread spins as long as that works: a wait that outlasts
 * its patience ends asleep and leaves it little patience, each wait that didn't gives some back.
 * bench/neighbours.sh measures both cases. */
#ifndef PMPO_GGML_BARRIER_H
#define PMPO_GGML_BARRIER_H

#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In rounds of the processor's pause, which takes 10 to 40 nanoseconds. */
#define PMPO_PATIENCE_MOST 100000
#define PMPO_PATIENCE_LEAST 500
#define PMPO_PATIENCE_BACK 64

/* Threads that sleep or are about to, of all pools: a barrier that nobody sleeps at costs no
 * system call. */
static atomic_int pmpo_sleepers;

/* Returns when *passed is no longer `before`. */
static void pmpo_barrier_wait(atomic_int *passed, int before)
{
    static _Thread_local int patience = PMPO_PATIENCE_MOST;
    for (int i = 0; i < patience; i++) {
        if (atomic_load_explicit(passed, memory_order_relaxed) != before) {
            patience += patience < PMPO_PATIENCE_MOST ? PMPO_PATIENCE_BACK : 0;
            return;
        }
        ggml_thread_cpu_relax();
    }
    patience = PMPO_PATIENCE_LEAST;
    atomic_fetch_add(&pmpo_sleepers, 1);
    while (atomic_load(passed) == before) { /* the kernel compares once more */
        syscall(SYS_futex, passed, FUTEX_WAIT_PRIVATE, before, NULL, NULL, 0);
    }
    atomic_fetch_sub(&pmpo_sleepers, 1);
}

/* After *passed has changed, by a sequentially consistent operation. */
static void pmpo_barrier_wake(atomic_int *passed)
{
    if (atomic_load(&pmpo_sleepers)) {
        syscall(SYS_futex, passed, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    }
}
#else
static void pmpo_barrier_wait(atomic_int *passed, int before)
{
    while (atomic_load_explicit(passed, memory_order_relaxed) == before) {
        ggml_thread_cpu_relax();
    }
}

static void pmpo_barrier_wake(atomic_int *passed)
{
    (void)passed;
}
#endif
#endif
