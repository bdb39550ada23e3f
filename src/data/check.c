/* check.c: lists the problems in a data file, and counts what it has.
 *
 * The readers report the errors. This file adds warnings about duplicate
 * content, fields that are not read and labels that look the same, and label
 * counts. */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "data/data.h"
#include "data/import.h"

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

/* ---- fields that are not read --------------------------------------------- */

/* Other names of a field, as plain_name makes them. Those that are the field's own
 * are known without. */
static const struct {
    const char *other, *name;
} synonyms[] = {
    {"text", "input"},
    {"question", "input"},
    {"query", "input"},
    {"instruction", "input"},
    {"conversation", "messages"},
    {"label", "target"},
    {"output", "target"},
    {"completion", "target"},
    {"response", "target"},
    {"gold", "target"},
    {"expected", "target"},
    {"choice", "options"},
    {"candidate", "options"},
    {"short answer", "answer"},
    {"final answer", "answer"},
};

/* The name in small letters, with blanks for "_" and "-", without an "s" at the
 * end; cut to the room. */
static void plain_name(pmpo_str name, char *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < name.len && n + 1 < room; i++) {
        char c = name.ptr[i];
        out[n++] = c == '_' || c == '-' ? ' ' : pmpo_lower(c);
    }
    n -= n > 1 && out[n - 1] == 's';
    out[n] = '\0';
}

/* The field that may have been meant; NULL: none is near. */
static const char *meant(pmpo_str name)
{
    char plain[40], own[40];
    plain_name(name, plain, sizeof(plain));
    for (const char *const *f = pmpo_example_fields; *f; f++) {
        plain_name(pmpo_str_of(*f), own, sizeof(own));
        if (!strcmp(plain, own)) {
            return *f;
        }
    }
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++) {
        if (!strcmp(plain, synonyms[i].other)) {
            return synonyms[i].name;
        }
    }
    return NULL;
}

static int warn_of_field(report_box *box, const pmpo_unread *u)
{
    const char *unit = box->d->by_index ? "example" : "line";
    const char *hint = meant(u->name);
    char place[80] = "", instead[40] = "";
    if (!u->is_column && u->n == 1) {
        snprintf(place, sizeof(place), " (%s %d)", unit, u->line);
    } else if (!u->is_column) {
        snprintf(place, sizeof(place), " (%s %d and %zu other%s)", unit,
                 u->line, u->n - 1, u->n == 2 ? "" : "s");
    }
    if (hint) {
        snprintf(instead, sizeof(instead), "; \"%s\" is", hint);
    }
    pmpo_error text; /* one line, as errors are */
    pmpo_fail(&text, PMPO_EDATA, "the %s \"%.*s\" is not read%s%s",
              u->is_column ? "column" : "field", pmpo_shown(u->name),
              u->name.ptr, place, instead);
    return pmpo_mistakes_add(&box->mistakes, u->line, true, text.text);
}

static int warn_of_fields(report_box *box)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < box->mistakes.n_unread; i++) {
        rc = warn_of_field(box, &box->mistakes.unread[i]);
    }
    return rc;
}

/* ---- counts ------------------------------------------------------------- */

#define LONGEST_ALIKE 40 /* bytes of labels that are compared */
#define MOST_ALIKE 200   /* labels */

static int warn_of_label(report_box *box, pmpo_str label, pmpo_str other)
{
    pmpo_error text; /* one line, as errors are */
    const pmpo_item *at = box->d->items;
    while (!pmpo_str_eq(pmpo_example_label(&at->e), label)) {
        at++;
    }
    pmpo_fail(&text, PMPO_EDATA,
              "the label \"%.*s\" is another than "
              "\"%.*s\", by case or blanks alone",
              (int)label.len, label.ptr, (int)other.len, other.ptr);
    return pmpo_mistakes_add(&box->mistakes, at->e.line, true, text.text);
}

/* Of labels alike the rarer ones are told, once each. */
static int warn_of_labels(report_box *box, size_t n)
{
    const pmpo_label_count *l = box->labels;
    int rc = 0;
    n = n < MOST_ALIKE ? n : MOST_ALIKE;
    for (size_t i = 1; rc == 0 && i < n; i++) {
        size_t k = 0;
        while (k < i && !pmpo_labels_alike(l[i].label, l[k].label)) {
            k++;
        }
        bool tell = k < i && l[i].label.len <= LONGEST_ALIKE &&
                    l[k].label.len <= LONGEST_ALIKE;
        rc = tell ? warn_of_label(box, l[i].label, l[k].label) : 0;
    }
    return rc;
}

/* Is there an example that has a label? The chosen output of a pair is none. */
static bool has_labels(const pmpo_data *d)
{
    size_t i = 0;
    while (i < d->n && pmpo_item_is_pair(&d->items[i]) &&
           d->items[i].e.answer.len == 0) {
        i++;
    }
    return i < d->n;
}

static int count_labels(report_box *box)
{
    pmpo_data_report *r = &box->pub;
    size_t n = 0;
    if (!has_labels(box->d)) {
        return 0;
    }
    box->labels = pmpo_data_count_labels(box->d, &n);
    if (!box->labels) {
        return PMPO_ENOMEM;
    }
    r->labels = box->labels;
    r->n_distinct_labels = n;
    r->n_labels = n < MAX_SHOWN_LABELS ? n : MAX_SHOWN_LABELS;
    r->majority = n ? (double)box->labels[0].n / (double)box->d->n : 0;
    return warn_of_labels(box, n);
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
    r->n_closed = pmpo_labels_count(box->d->items, box->d->n);
}

/* ---- all of it ---------------------------------------------------------- */

/* Of one line by the text, so that the order is always the same. */
static int by_line(const void *a, const void *b)
{
    const pmpo_data_problem *x = a, *y = b;
    int c = (x->line > y->line) - (x->line < y->line);
    return c ? c : strcmp(x->text, y->text);
}

static int fill(report_box *box, pmpo_str bytes, const char *path,
                const pmpo_import_options *o, pmpo_error *err)
{
    pmpo_mistakes *m = &box->mistakes;
    int rc = o ? pmpo_import_all(bytes, path, o, m, &box->d, err)
               : pmpo_set_read(bytes, path, true, 0, m, &box->d, err);
    if (rc < 0) {
        return rc;
    }
    box->pub.n_errors = m->n;
    if (warn_of_fields(box) < 0 || warn_of_repeats(box) < 0 ||
        count_labels(box) < 0) {
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

/* As an import with the options `o`; NULL: as data that are loaded. */
static int check(const char *path, const pmpo_import_options *o,
                 pmpo_data_report **out, pmpo_error *err)
{
    if (!path) {
        return pmpo_fail(err, PMPO_EUSAGE, "no data file given");
    }
    pmpo_buf bytes = {0};
    report_box *box = pmpo_calloc(1, sizeof(*box));
    int rc = box ? pmpo_data_slurp(path, &bytes, err) : pmpo_fail_memory(err);
    if (rc == 0) {
        rc = fill(box, pmpo_buf_str(&bytes), path, o, err);
    }
    pmpo_buf_release(&bytes);
    if (rc < 0) {
        pmpo_data_report_free(box ? &box->pub : NULL);
        return rc;
    }
    *out = &box->pub;
    return 0;
}

int pmpo_data_check(const char *path, pmpo_data_report **out, pmpo_error *err)
{
    return check(path, NULL, out, err);
}

int pmpo_data_check_as(const char *path, const pmpo_import_options *o,
                       pmpo_data_report **out, pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_import_options of another "
                         "version of pmpo.h");
    }
    return check(path, o, out, err);
}
