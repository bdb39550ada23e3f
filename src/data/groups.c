/* groups.c: groups examples with the same input.
 *
 * Several pairs for one input, or one question with several targets, are not
 * independent draws, so intervals and tests count inputs, not lines. */
#include "base/error.h"
#include "data/data.h"
#include "data/set.h"

static int number(const pmpo_data *d, pmpo_keys *known, pmpo_arena *mem,
                  size_t *group)
{
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        pmpo_hash h;
        if (pmpo_content_hash(&d->items[i].e, false, &h) < 0) {
            return PMPO_ENOMEM;
        }
        pmpo_str key = {(const char *)h.bytes, sizeof(h.bytes)};
        key = pmpo_arena_str(mem, key);
        size_t *at = key.ptr ? pmpo_keys_add(known, key, n, NULL) : NULL;
        if (!at) {
            return PMPO_ENOMEM;
        }
        n += *at == n;
        group[i] = *at;
    }
    return 0;
}

int pmpo_data_groups(const pmpo_data *d, size_t *group, pmpo_error *err)
{
    pmpo_keys known = {0};
    pmpo_arena mem = {0};
    int rc = number(d, &known, &mem, group);
    pmpo_keys_release(&known);
    pmpo_arena_release(&mem);
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}
