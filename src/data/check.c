/* check.c: lists the problems in a data file, and counts what it has.
 *
 * The readers report the errors. This file adds warnings about duplicate
 * content, and label counts. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "data/set.h"

#define MAX_SHOWN_LABELS 50 /* as pmpo_data_report says */

/* The report and what it points to; `pub` is first, so both have one
 * address. */
typedef struct report_box {
    pmpo_data_report pub;
    pmpo_data *d;
    pmpo_mistakes mistakes;
    pmpo_label_count *labels;
} report_box;

void pmpo_data_report_free(pmpo_data_report *r)
{
    report_box *box = (report_box *)r;
    if (box) {
        pmpo_data_free(box->d);
        pmpo_mistakes_release(&box->mistakes);
        pmpo_free(box->labels);
        pmpo_free(box);
    }
}

/* ---- content that is there twice ---------------------------------------- */

/* The example (its index) that had this content first; i itself when none.
 * SIZE_MAX: out of memory. */
static size_t first_with(report_box *box, pmpo_keys *seen, size_t i,
                         bool outputs)
{
    pmpo_hash h;
    if (pmpo_content_hash(&box->d->items[i].e, outputs, &h) < 0) {
        return SIZE_MAX;
    }
    pmpo_str key = {(const char *)h.bytes, sizeof(h.bytes)};
    key = pmpo_arena_str(&box->mistakes.mem, key);
    size_t *first = key.ptr ? pmpo_keys_add(seen, key, i, NULL) : NULL;
    return first ? *first : SIZE_MAX;
}

/* Preference data often has several pairs for one input, so an input with
 * another output is only told where the output is the answer. */
static int warn(report_box *box, pmpo_keys *whole, pmpo_keys *inputs, size_t i)
{
    const pmpo_item *items = box->d->items;
    size_t same = first_with(box, whole, i, true);
    size_t alike = first_with(box, inputs, i, false);
    if (same == SIZE_MAX || alike == SIZE_MAX) {
        return PMPO_ENOMEM;
    }
    const char *unit = box->d->by_index ? "example" : "line";
    char text[100];
    if (same != i) {
        snprintf(text, sizeof(text), "the same content as %s %d", unit,
                 items[same].e.line);
    } else if (alike != i && !pmpo_item_is_pair(&items[i]) &&
               !pmpo_str_eq(items[i].e.target, items[alike].e.target)) {
        snprintf(text, sizeof(text),
                 "the same input as %s %d with another target", unit,
                 items[alike].e.line);
    } else {
        return 0;
    }
    return pmpo_mistakes_add(&box->mistakes, items[i].e.line, true, text);
}

static int warn_of_repeats(report_box *box)
{
    pmpo_keys whole = {0}, inputs = {0};
    int rc = 0;
    for (size_t i = 0; i < box->d->n && rc == 0; i++) {
        rc = warn(box, &whole, &inputs, i);
    }
    pmpo_keys_release(&whole);
    pmpo_keys_release(&inputs);
    return rc;
}

/* ---- counts ------------------------------------------------------------- */

static int by_count(const void *a, const void *b)
{
    const pmpo_label_count *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n)
                        : pmpo_str_cmp(x->label, y->label);
}

static int count_labels(report_box *box)
{
    pmpo_data_report *r = &box->pub;
    pmpo_keys known = {0};
    box->labels = pmpo_calloc(box->d->n, sizeof(*box->labels));
    size_t n = 0;
    for (size_t i = 0; i < box->d->n && box->labels; i++) {
        pmpo_str label = pmpo_label(&box->d->items[i].e);
        size_t *at = pmpo_keys_add(&known, label, n, NULL);
        if (!at) {
            pmpo_keys_release(&known);
            return PMPO_ENOMEM;
        }
        n += *at == n;
        box->labels[*at].label = label;
        box->labels[*at].n++;
    }
    pmpo_keys_release(&known);
    if (!box->labels) {
        return PMPO_ENOMEM;
    }
    qsort(box->labels, n, sizeof(*box->labels), by_count);
    r->labels = box->labels;
    r->n_distinct_labels = n;
    r->n_labels = n < MAX_SHOWN_LABELS ? n : MAX_SHOWN_LABELS;
    r->majority = n ? (double)box->labels[0].n / (double)box->d->n : 0;
    return 0;
}

static void count_kinds(report_box *box)
{
    pmpo_data_report *r = &box->pub;
    r->n_examples = box->d->n;
    for (size_t i = 0; i < box->d->n; i++) {
        bool pair = pmpo_item_is_pair(&box->d->items[i]);
        r->n_preference += pair;
        r->n_supervised += !pair;
        r->n_with_options += box->d->items[i].e.n_options > 0;
    }
}

/* ---- all of it ---------------------------------------------------------- */

/* A line has at most one problem: warnings are only about valid examples. */
static int by_line(const void *a, const void *b)
{
    const pmpo_data_problem *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

static int fill(report_box *box, pmpo_str bytes, const char *path,
                pmpo_error *err)
{
    pmpo_mistakes *m = &box->mistakes;
    int rc = pmpo_set_read(bytes, path, 0, m, &box->d, err);
    if (rc < 0) {
        return rc;
    }
    box->pub.n_errors = m->n;
    if (warn_of_repeats(box) < 0 || count_labels(box) < 0) {
        return pmpo_fail_memory(err);
    }
    count_kinds(box);
    if (m->n) {
        qsort(m->items, m->n, sizeof(*m->items), by_line);
    }
    box->pub.problems = m->items;
    box->pub.n_problems = m->n;
    return 0;
}

int pmpo_data_check(const char *path, pmpo_data_report **out, pmpo_error *err)
{
    if (!path) {
        return pmpo_fail(err, PMPO_EUSAGE, "no data file given");
    }
    pmpo_buf bytes = {0};
    report_box *box = pmpo_calloc(1, sizeof(*box));
    int rc = box ? pmpo_data_slurp(path, &bytes, err) : pmpo_fail_memory(err);
    if (rc == 0) {
        rc = fill(box, pmpo_buf_str(&bytes), path, err);
    }
    pmpo_buf_release(&bytes);
    if (rc < 0) {
        pmpo_data_report_free(box ? &box->pub : NULL);
        return rc;
    }
    *out = &box->pub;
    return 0;
}
