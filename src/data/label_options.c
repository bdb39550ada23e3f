/* label_options.c: is the target of every example one of a few labels? Then these can
 * be the options of all.
 *
 * They are a closed set where there are two to PMPO_MAX_LABELS of them and each
 * is there twice at least: a target that is there once may be a free text, and
 * the next file may bring another. */
#include <stdlib.h>

#include "base/error.h"
#include "base/fold.h"
#include "data/set.h"

typedef struct labels {
    pmpo_label_count items[PMPO_MAX_LABELS];
    size_t n;
} labels;

/* Counts the target; false: there is no room for it. */
static bool count(labels *l, pmpo_str target)
{
    size_t i = 0;
    while (i < l->n && !pmpo_str_eq(l->items[i].label, target)) {
        i++;
    }
    if (i == PMPO_MAX_LABELS) {
        return false;
    }
    if (i == l->n) {
        l->items[l->n++] = (pmpo_label_count){target, 0};
    }
    l->items[i].n++;
    return true;
}

static size_t next_mark(pmpo_str s, size_t i)
{
    while (i < s.len && pmpo_is_space(s.ptr[i])) {
        i++;
    }
    return i;
}

bool pmpo_labels_alike(pmpo_str a, pmpo_str b)
{
    size_t i = next_mark(a, 0), k = next_mark(b, 0);
    size_t n, m;
    while (i < a.len && k < b.len &&
           pmpo_fold_at(a, i, &n) == pmpo_fold_at(b, k, &m)) {
        i = next_mark(a, i + n);
        k = next_mark(b, k + m);
    }
    return i == a.len && k == b.len;
}

/* Has the example outputs beside its target? */
static bool has_others(const pmpo_example *e)
{
    return e->n_options > 0 || e->n_rejected > 0;
}

/* Two spellings of one label as two options would be told apart by their form. */
static int check_apart(const labels *l, size_t i, pmpo_error *err)
{
    pmpo_str s = l->items[i].label;
    for (size_t k = 0; k < i; k++) {
        pmpo_str other = l->items[k].label;
        if (pmpo_labels_alike(s, other)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "the labels \"%.*s\" and \"%.*s\" differ by case "
                             "or blanks alone: make them one",
                             pmpo_shown(other), other.ptr, pmpo_shown(s),
                             s.ptr);
        }
    }
    return 0;
}

static int find(const pmpo_item *items, size_t n, labels *l, pmpo_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (has_others(&items[i].e)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "there are examples that have %s already",
                             items[i].e.n_options ? "options"
                                                  : "rejected outputs");
        }
        if (!count(l, items[i].e.target)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "more than %d different targets are no labels",
                             PMPO_MAX_LABELS);
        }
    }
    for (size_t i = 0; i < l->n; i++) {
        pmpo_str s = l->items[i].label;
        if (check_apart(l, i, err) < 0) {
            return PMPO_EDATA;
        }
        if (l->items[i].n < 2) {
            return pmpo_fail(err, PMPO_EDATA,
                             "the target \"%.*s\" is there once only, so it "
                             "may be no label",
                             pmpo_shown(s), s.ptr);
        }
    }
    return l->n == 1 ? pmpo_fail(err, PMPO_EDATA,
                                 "all targets are the same: one label leaves "
                                 "nothing to choose")
                     : 0;
}

size_t pmpo_labels_count(const pmpo_item *items, size_t n)
{
    labels l = {.n = 0};
    return find(items, n, &l, NULL) < 0 ? 0 : l.n;
}

static int by_text(const void *a, const void *b)
{
    return pmpo_str_cmp(*(const pmpo_str *)a, *(const pmpo_str *)b);
}

int pmpo_labels_as_options(pmpo_arena *mem, pmpo_item *items, size_t n,
                           pmpo_error *err)
{
    labels l = {.n = 0};
    int rc = find(items, n, &l, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_str *all = pmpo_arena_alloc(mem, l.n, sizeof(*all));
    for (size_t i = 0; all && i < l.n; i++) {
        all[i] = l.items[i].label;
    }
    if (!all) {
        return pmpo_fail_memory(err);
    }
    qsort(all, l.n, sizeof(*all), by_text);
    for (size_t i = 0; i < n; i++) {
        items[i].e.options = all;
        items[i].e.n_options = l.n;
        if (pmpo_reject_options(mem, &items[i].e) < 0) {
            return pmpo_fail_memory(err);
        }
    }
    return 0;
}
