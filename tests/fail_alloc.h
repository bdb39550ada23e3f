/* fail_alloc.h: make the memory run out on purpose.
 *
 * Link the test with fail_alloc.c and
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc. Only calls from objects of
 * the program itself are wrapped; a shared library needs a hook of its own:
 *
 *     json_set_alloc_funcs(fail_alloc_malloc, fail_alloc_free); */
#ifndef PMPO_TESTS_FAIL_ALLOC_H
#define PMPO_TESTS_FAIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* The next n allocations succeed, all after them fail. n < 0: none fails. */
void fail_alloc_after(long n);

/* The next n allocations succeed, the one after them fails, then all succeed
 * again: code that does not notice goes on with what it thinks it has. */
void fail_alloc_once(long n);

/* True when an allocation has failed since the last of the calls above. */
bool fail_alloc_hit(void);

void *fail_alloc_malloc(size_t n);
void fail_alloc_free(void *p);

#endif
