/* labels.c: see labels.h. */
#include "propose/labels.h"

#include <stdlib.h>

#include "base/error.h"
#include "data/data.h"
#include "text/text.h"

#define MOST_MARKS 7   /* of a scale of numbers; counts repeat, too */
#define LABEL_BYTES 40 /* a longer answer is a sentence, not a label */
#define MOST_REPEATED 200 /* targets that repeat and are more are no set */

typedef struct set {
    const pmpo_data *part[2]; /* the second may be NULL */
    size_t n[2];
} set;

/* The i-th of both parts. */
static const pmpo_example *example(const set *x, size_t i)
{
    return i < x->n[0] ? pmpo_data_example(x->part[0], i)
                       : pmpo_data_example(x->part[1], i - x->n[0]);
}

/* All examples know the same options: these, in the file's order. */
static size_t shared_options(const set *x, const pmpo_str **out)
{
    const pmpo_example *first = example(x, 0);
    for (size_t i = 0; i < x->n[0] + x->n[1]; i++) {
        const pmpo_example *e = example(x, i);
        if (e->n_options != first->n_options || e->n_options < 2) {
            return 0;
        }
        for (size_t k = 0; k < e->n_options; k++) {
            if (pmpo_str_index(first->options, first->n_options,
                               e->options[k]) == first->n_options) {
                return 0;
            }
        }
    }
    *out = first->options;
    return first->n_options;
}

static int by_bytes(const void *a, const void *b)
{
    return pmpo_str_cmp(*(const pmpo_str *)a, *(const pmpo_str *)b);
}

/* Those that occur, if each does twice in the mean, and none is long. Numbers
 * have to be few, as marks are. found[MOST_REPEATED]. */
static size_t repeated_targets(const set *x, pmpo_str *found, bool *numbers)
{
    size_t n = 0, all = x->n[0] + x->n[1];
    *numbers = true;
    for (size_t i = 0; i < all; i++) {
        pmpo_str t = pmpo_str_trim(example(x, i)->target);
        bool known = pmpo_str_index(found, n, t) < n;
        if (t.len == 0 || t.len > LABEL_BYTES ||
            (!known && n == MOST_REPEATED) ||
            pmpo_str_find(t, PMPO_STR("\n"), 0) != SIZE_MAX) {
            return 0;
        }
        *numbers = *numbers && pmpo_text_is_number(t);
        if (!known) {
            found[n++] = t;
        }
    }
    /* The order in which they happen to come says nothing. */
    qsort(found, n, sizeof(*found), by_bytes);
    if (*numbers && (n > MOST_MARKS || 5 * n > all)) {
        return 0;
    }
    return n >= 2 && 2 * n <= all ? n : 0;
}

int pmpo_labels_read(const pmpo_data *train, const pmpo_data *validation,
                     pmpo_arena *mem, pmpo_labels *out, pmpo_error *err)
{
    const set x = {{train, validation},
                   {pmpo_data_count(train),
                    validation ? pmpo_data_count(validation) : 0}};
    *out = (pmpo_labels){.n = 0};
    if (x.n[0] == 0) {
        return 0;
    }
    out->n = shared_options(&x, &out->of);
    if (out->n == 0) {
        pmpo_str *found = pmpo_arena_alloc(mem, MOST_REPEATED, sizeof(*found));
        if (!found) {
            return pmpo_fail_memory(err);
        }
        out->of = found;
        out->n = repeated_targets(&x, found, &out->numbers);
    }
    return 0;
}

size_t pmpo_labels_lacking(const pmpo_labels *labels, const pmpo_data *test,
                           pmpo_str *first)
{
    size_t n = 0;
    for (size_t i = 0; labels->n > 0 && i < pmpo_data_count(test); i++) {
        pmpo_str t = pmpo_str_trim(pmpo_data_example(test, i)->target);
        size_t k = 0;
        while (k < labels->n && !pmpo_str_eq(pmpo_str_trim(labels->of[k]), t)) {
            k++;
        }
        if (k == labels->n) {
            *first = n++ ? *first : t;
        }
    }
    return n;
}
