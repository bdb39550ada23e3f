/* mem.c: checked allocation, arenas, growing arrays. */
#include "base/mem.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *pmpo_calloc(size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size) {
        return NULL;
    }
    size_t bytes = n * size;
    return calloc(1, bytes ? bytes : 1);
}

void *pmpo_realloc(void *old, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size) {
        return NULL;
    }
    size_t bytes = n * size;
    return realloc(old, bytes ? bytes : 1);
}

void pmpo_free(void *p)
{
    free(p);
}

/* ---- arena ------------------------------------------------------------- */

#define BLOCK_BYTES ((size_t)16 * 1024)
#define ALIGN alignof(max_align_t)

struct pmpo_arena_block {
    struct pmpo_arena_block *next;
    size_t used, size; /* bytes of data[] */
    alignas(max_align_t) unsigned char data[];
};

void pmpo_arena_release(pmpo_arena *a)
{
    for (struct pmpo_arena_block *b = a->head; b;) {
        struct pmpo_arena_block *next = b->next;
        pmpo_free(b);
        b = next;
    }
    a->head = NULL;
}

void *pmpo_arena_alloc(pmpo_arena *a, size_t n, size_t size)
{
    if (size != 0 && n > (SIZE_MAX - BLOCK_BYTES) / size) {
        return NULL;
    }
    size_t bytes = (n * size + ALIGN - 1) / ALIGN * ALIGN;
    if (bytes == 0) {
        bytes = ALIGN;
    }
    struct pmpo_arena_block *b = a->head;
    if (!b || b->size - b->used < bytes) {
        size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        b = pmpo_calloc(1, sizeof(*b) + room);
        if (!b) {
            return NULL;
        }
        b->size = room;
        b->next = a->head;
        a->head = b;
    }
    void *p = b->data + b->used;
    b->used += bytes;
    return p;
}

pmpo_str pmpo_arena_str(pmpo_arena *a, pmpo_str s)
{
    char *p = s.len < SIZE_MAX ? pmpo_arena_alloc(a, s.len + 1, 1) : NULL;
    if (!p) {
        return (pmpo_str){NULL, 0};
    }
    if (s.len) {
        memcpy(p, s.ptr, s.len);
    }
    return (pmpo_str){p, s.len};
}

char *pmpo_arena_cstr(pmpo_arena *a, const char *s)
{
    return (char *)pmpo_arena_str(a, (pmpo_str){s, strlen(s)}).ptr;
}

/* ---- growing arrays ---------------------------------------------------- */

int pmpo_grow(void **items, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) {
        return 0;
    }
    size_t n = *cap ? *cap : 8;
    while (n < need) {
        if (n > SIZE_MAX / 2) {
            return PMPO_ENOMEM;
        }
        n *= 2;
    }
    void *p = pmpo_realloc(*items, n, size);
    if (!p) {
        return PMPO_ENOMEM;
    }
    *items = p;
    *cap = n;
    return 0;
}
