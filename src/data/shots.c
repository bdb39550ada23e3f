/* shots.c: solved examples put before each example, as turns of a chat. */
#include <stdlib.h>

#include "base/error.h"
#include "data/data.h"
#include "data/set.h"

typedef struct shot {
    uint64_t order; /* hash of seed and id */
    pmpo_hash content;
    const pmpo_example *e;
} shot;

static int by_order(const void *a, const void *b)
{
    const shot *x = a, *y = b;
    int c = (x->order > y->order) - (x->order < y->order);
    return c ? c : pmpo_str_cmp(x->e->id, y->e->id);
}

static shot *ordered(const pmpo_data *from, uint64_t seed)
{
    shot *s = pmpo_calloc(from->n, sizeof(*s));
    for (size_t i = 0; s && i < from->n; i++) {
        const pmpo_example *e = &from->items[i].e;
        s[i].e = e;
        s[i].order = pmpo_hash64(e->id.ptr, e->id.len, seed);
        if (pmpo_content_hash(e, false, &s[i].content) < 0) {
            pmpo_free(s);
            return NULL;
        }
    }
    if (s) {
        qsort(s, from->n, sizeof(*s), by_order);
    }
    return s;
}

static bool is_system(const pmpo_message *m)
{
    return pmpo_str_eq(m->role, PMPO_STR("system"));
}

/* How many system messages an example begins with: they stay in front. */
static size_t head_of(const pmpo_example *e)
{
    size_t n = 0;
    while (n < e->n_messages && is_system(&e->messages[n])) {
        n++;
    }
    return n;
}

/* What an example asks: its messages but for leading system ones, or its
 * input as one user message. */
static size_t put_question(const pmpo_example *e, pmpo_message *m)
{
    if (e->n_messages == 0) {
        m[0] = (pmpo_message){PMPO_STR("user"), e->input};
        return 1;
    }
    size_t head = head_of(e);
    memcpy(m, e->messages + head, (e->n_messages - head) * sizeof(*m));
    return e->n_messages - head;
}

/* Copies the texts of m[0..n) into the arena. */
static int own_texts(pmpo_arena *mem, pmpo_message *m, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        m[i].role = pmpo_arena_str(mem, m[i].role);
        m[i].content = pmpo_arena_str(mem, m[i].content);
        if (!m[i].role.ptr || !m[i].content.ptr) {
            return PMPO_ENOMEM;
        }
    }
    return 0;
}

/* The first k shots that don't ask the same as `e`. False: too few. */
static bool choose(const shot *s, size_t n, const pmpo_hash *own, size_t k,
                   const pmpo_example **out)
{
    size_t got = 0;
    for (size_t i = 0; i < n && got < k; i++) {
        if (memcmp(s[i].content.bytes, own->bytes, sizeof(own->bytes)) != 0) {
            out[got++] = s[i].e;
        }
    }
    return got == k;
}

int pmpo_example_after(const pmpo_example *e, const pmpo_demo *d, size_t n,
                       pmpo_arena *mem, pmpo_example *out)
{
    pmpo_message *m =
        pmpo_arena_alloc(mem, e->n_messages + 2 * n + 1, sizeof(*m));
    if (!m) {
        return PMPO_ENOMEM;
    }
    size_t k = head_of(e);
    for (size_t i = 0; i < k; i++) {
        m[i] = e->messages[i];
    }
    for (size_t i = 0; i < n; i++) {
        m[k++] = (pmpo_message){PMPO_STR("user"), d[i].input};
        m[k++] = (pmpo_message){PMPO_STR("assistant"), d[i].output};
    }
    k += put_question(e, m + k);
    *out = *e;
    out->messages = m;
    out->n_messages = k;
    out->input = PMPO_STR("");
    return 0;
}

static int put_shots(pmpo_arena *mem, const pmpo_example *const *shots,
                     size_t k, pmpo_example *e)
{
    size_t room = e->n_messages + 1, n = 0;
    for (size_t i = 0; i < k; i++) {
        room += shots[i]->n_messages + 2;
    }
    pmpo_message *m = pmpo_arena_alloc(mem, room, sizeof(*m));
    if (!m) {
        return PMPO_ENOMEM;
    }
    n = head_of(e);
    for (size_t i = 0; i < n; i++) {
        m[i] = e->messages[i];
    }
    for (size_t i = 0; i < k; i++) {
        n += put_question(shots[i], m + n);
        m[n++] = (pmpo_message){PMPO_STR("assistant"), shots[i]->target};
    }
    n += put_question(e, m + n);
    if (own_texts(mem, m, n) < 0) {
        return PMPO_ENOMEM;
    }
    e->messages = m;
    e->n_messages = n;
    e->input = PMPO_STR("");
    return 0;
}

static int fill(pmpo_data *out, const pmpo_data *from, const shot *s, size_t k,
                pmpo_error *err)
{
    const pmpo_example **list = pmpo_calloc(k, sizeof(*list));
    int rc = list ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < out->n; i++) {
        pmpo_example *e = &out->items[i].e;
        pmpo_hash own;
        if (pmpo_content_hash(e, false, &own) < 0) {
            rc = pmpo_fail_memory(err);
        } else if (!choose(s, from->n, &own, k, list)) {
            rc = pmpo_fail(err, PMPO_EUSAGE, "%s has %zu examples, too few "
                           "for %zu demonstrations that ask something else "
                           "than example %.*s", from->name, from->n, k,
                           (int)e->id.len, e->id.ptr);
        } else if (put_shots(&out->mem, list, k, e) < 0) {
            rc = pmpo_fail_memory(err);
        }
    }
    pmpo_free(list);
    return rc;
}

int pmpo_data_shots(const pmpo_data *d, const pmpo_data *from, size_t k,
                    uint64_t seed, pmpo_data **out, pmpo_error *err)
{
    size_t *idx = pmpo_calloc(d->n, sizeof(*idx));
    shot *s = k > 0 ? ordered(from, seed) : NULL;
    pmpo_data *made = NULL;
    for (size_t i = 0; idx && i < d->n; i++) {
        idx[i] = i;
    }
    int rc = idx && (s || k == 0) ? pmpo_data_subset(d, idx, d->n, &made, err)
                                  : pmpo_fail_memory(err);
    if (rc == 0 && k > 0) {
        rc = fill(made, from, s, k, err);
    }
    pmpo_free(idx);
    pmpo_free(s);
    if (rc < 0) {
        pmpo_data_free(made);
        return rc;
    }
    *out = made;
    return 0;
}
