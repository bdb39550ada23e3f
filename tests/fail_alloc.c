/* fail_alloc.c: malloc, calloc and realloc that count and then refuse. */
#include "fail_alloc.h"

#include <stdlib.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t n);

static long left = -1; /* allocations until the failure; < 0: no failure */
static bool only_one, hit;

void fail_alloc_after(long n)
{
    left = n;
    only_one = false;
    hit = false;
}

void fail_alloc_once(long n)
{
    fail_alloc_after(n);
    only_one = true;
}

bool fail_alloc_hit(void)
{
    return hit;
}

static bool refuse(void)
{
    if (left < 0) {
        return false;
    }
    if (left > 0) {
        left--;
        return false;
    }
    hit = true;
    if (only_one) {
        left = -1;
    }
    return true;
}

void *__wrap_malloc(size_t n)
{
    return refuse() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refuse() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t n)
{
    return refuse() ? NULL : __real_realloc(old, n);
}

void *fail_alloc_malloc(size_t n)
{
    return __wrap_malloc(n);
}

void fail_alloc_free(void *p)
{
    free(p);
}
