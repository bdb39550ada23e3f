/* flag.h: a flag that any thread or a signal handler sets and every thread
 * sees. Lock-free, which is what C11 asks for in a signal handler;
 * sig_atomic_t would be a data race between threads. */
#ifndef PMPO_BASE_FLAG_H
#define PMPO_BASE_FLAG_H

#include <assert.h>
#include <stdatomic.h>

static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "a flag must be free of locks");

typedef atomic_bool pmpo_flag;

#endif
