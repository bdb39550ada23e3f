/* mem.h: memory. The only malloc in src/ is behind these three, so a test
 * can make the Nth one fail by wrapping malloc at link time. */
#ifndef PMPO_BASE_MEM_H
#define PMPO_BASE_MEM_H

#include <stddef.h>

#include "pmpo.h"

/* n * size zeroed bytes; NULL when out of memory or the product overflows.
 * Never NULL for n or size 0. */
void *pmpo_calloc(size_t n, size_t size);
/* `old` (may be NULL) grown to n * size bytes; NULL leaves `old` valid. */
void *pmpo_realloc(void *old, size_t n, size_t size);
void pmpo_free(void *p);

/* ---- arena: many allocations, one release ------------------------------ */

typedef struct pmpo_arena {
    struct pmpo_arena_block *head; /* NULL when empty */
} pmpo_arena;

/* A zeroed struct is an empty arena. */
void pmpo_arena_release(pmpo_arena *a);
/* n * size zeroed bytes aligned for any type; NULL: out of memory. */
void *pmpo_arena_alloc(pmpo_arena *a, size_t n, size_t size);
/* A copy of s, NUL after it; ptr NULL: out of memory. */
pmpo_str pmpo_arena_str(pmpo_arena *a, pmpo_str s);
/* A copy of the C string s; NULL: out of memory. */
char *pmpo_arena_cstr(pmpo_arena *a, const char *s);

/* ---- growing arrays ---------------------------------------------------- */

/* Makes room for `need` elements in *items (capacity *cap); contents are
 * kept, new room is not zeroed. Returns 0 or PMPO_ENOMEM. */
int pmpo_grow(void **items, size_t *cap, size_t need, size_t size);

#define PMPO_GROW(items, cap, need)                                            \
    pmpo_grow((void **)&(items), &(cap), (need), sizeof(*(items)))

#endif
