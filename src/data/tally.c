/* tally.c: which fields most records of a file have, for advice on records that
 * lack one. A field of a few, such as a misspelt one, is no column. */
#include "base/error.h"
#include "data/set.h"

#define MOST_TALLIED 1000 /* records, the first */

bool pmpo_json_is_plain(const json_t *v)
{
    return json_is_string(v) || json_is_number(v) || json_is_boolean(v);
}

static int tally_record(pmpo_reader *r, json_t *o)
{
    const char *name;
    json_t *value;
    r->n_tallied += json_is_object(o);
    json_object_foreach(o, name, value)
    {
        pmpo_str key = {NULL, 0};
        if (pmpo_json_is_plain(value)) {
            key = pmpo_arena_str(r->mem, pmpo_str_of(name));
            size_t *n = key.ptr ? pmpo_keys_add(&r->tally, key, 0, NULL) : NULL;
            if (!n) {
                return PMPO_ENOMEM;
            }
            ++*n;
        }
    }
    return 0;
}

/* Lines that are no JSON don't count. */
static int tally_lines(pmpo_reader *r)
{
    pmpo_str line;
    int rc = 0;
    for (size_t at = 0; rc == 0 && r->n_tallied < MOST_TALLIED &&
                        pmpo_next_line(r->text, &at, &line);) {
        json_t *o = json_loadb(line.ptr, line.len, 0, NULL);
        rc = tally_record(r, o);
        json_decref(o);
    }
    return rc;
}

int pmpo_tally(pmpo_reader *r, pmpo_error *err)
{
    size_t n = json_array_size(r->list);
    int rc = 0;
    if (r->n_tallied > 0) {
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < n && r->n_tallied < MOST_TALLIED; i++) {
        rc = tally_record(r, json_array_get(r->list, i));
    }
    rc = rc == 0 && !r->list ? tally_lines(r) : rc;
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

bool pmpo_is_common(const pmpo_reader *r, pmpo_str name)
{
    const size_t *n = pmpo_keys_find(&r->tally, name);
    return n && 2 * *n > r->n_tallied;
}
