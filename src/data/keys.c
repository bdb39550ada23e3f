/* keys.c: a hash table from strings to numbers; it only grows. */
#include "data/set.h"

/* The slot that holds `key` or, when none does, the free one it belongs in.
 * There is one: the table is never more than half full. */
static pmpo_key_slot *place(pmpo_key_slot *slots, size_t cap, pmpo_str key)
{
    size_t i = (size_t)pmpo_hash64(key.ptr, key.len, 0) & (cap - 1);
    while (slots[i].key.ptr && !pmpo_str_eq(slots[i].key, key)) {
        i = (i + 1) & (cap - 1);
    }
    return &slots[i];
}

static int widen(pmpo_keys *k)
{
    size_t cap = k->cap ? k->cap * 2 : 64;
    pmpo_key_slot *slots = pmpo_calloc(cap, sizeof(*slots));
    if (!slots) {
        return PMPO_ENOMEM;
    }
    for (size_t i = 0; i < k->cap; i++) {
        if (k->slots[i].key.ptr) {
            *place(slots, cap, k->slots[i].key) = k->slots[i];
        }
    }
    pmpo_free(k->slots);
    k->slots = slots;
    k->cap = cap;
    return 0;
}

size_t *pmpo_keys_add(pmpo_keys *k, pmpo_str key, size_t value, bool *added)
{
    if ((k->n + 1) * 2 > k->cap && widen(k) < 0) {
        return NULL;
    }
    pmpo_key_slot *s = place(k->slots, k->cap, key);
    bool new = !s->key.ptr;
    if (new) {
        s->key = key.ptr ? key : PMPO_STR("");
        s->value = value;
        k->n++;
    }
    if (added) {
        *added = new;
    }
    return &s->value;
}

const size_t *pmpo_keys_find(const pmpo_keys *k, pmpo_str key)
{
    const pmpo_key_slot *s = k->cap ? place(k->slots, k->cap, key) : NULL;
    return s && s->key.ptr ? &s->value : NULL;
}

void pmpo_keys_release(pmpo_keys *k)
{
    pmpo_free(k->slots);
    *k = (pmpo_keys){0};
}
