/* import.c: files of other formats as one set of examples.
 *
 * This file has what the importers share: their table, the loop over the files,
 * the counts of dropped records, and the summary. The formats are in
 * import_*.c. */
#include "data/import.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"

/* ---- the table ---------------------------------------------------------- */

static const struct importer {
    const char *name;
    pmpo_import_fn read;
    const char *forms; /* what `as` may be; "" when there is one form only */
    bool has_columns, has_annotations;
} importers[] = {
#define ROW(name, read, forms, columns, annotations)                           \
    {name, read, forms, columns, annotations},
    PMPO_IMPORTERS(ROW)
#undef ROW
};

#define N_IMPORTERS (sizeof(importers) / sizeof(importers[0]))

/* The importer asked for; NULL: *err has the names that are known. */
static const struct importer *find_importer(const char *name, pmpo_error *err)
{
    char known[200];
    size_t at = 0;
    for (size_t i = 0; i < N_IMPORTERS; i++) {
        if (name && !strcmp(importers[i].name, name)) {
            return &importers[i];
        }
        at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
                               i ? ", " : "", importers[i].name);
    }
    pmpo_fail(err, PMPO_EUSAGE,
              "unknown format %s; known are %s; JSON records with other "
              "fields, "
              "such as Alpaca's: `pmpo data import jsonl FILE --target output`",
              name ? name : "(none)", known);
    return NULL;
}

/* True when `word` is one of the words of `list`, which have commas between. */
static bool in_list(const char *word, const char *list)
{
    size_t len = strlen(word);
    while (*list) {
        size_t n = strcspn(list, ",");
        if (n == len && !strncmp(list, word, n)) {
            return true;
        }
        list += n + strspn(list + n, ", ");
    }
    return false;
}

static bool names_columns(const pmpo_import_options *o)
{
    const pmpo_columns *c = &o->columns;
    return c->input || c->target || c->chosen || c->rejected || c->id ||
           c->answer || c->options || c->weight;
}

static int check_options(const struct importer *f, const pmpo_import_options *o,
                         pmpo_error *err)
{
    if (o->as && !*f->forms) {
        return pmpo_fail(err, PMPO_EUSAGE, "%s data have one form only, not "
                         "\"%s\"", f->name, o->as);
    }
    if (o->as && !in_list(o->as, f->forms)) {
        return pmpo_fail(err, PMPO_EUSAGE, "%s data have no form \"%s\"; there "
                         "are %s", f->name, o->as, f->forms);
    }
    if (!f->has_columns && names_columns(o)) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%s data have no columns; only csv "
                         "and jsonl take their names",
                         f->name);
    }
    if (!f->has_columns && o->labels) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "--labels is of csv and jsonl data, not of %s",
                         f->name);
    }
    if (o->separator && f->read != pmpo_import_csv) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "--separator is of csv data, not of "
                         "%s",
                         f->name);
    }
    if (o->annotations && !f->has_annotations) {
        return pmpo_fail(err, PMPO_EUSAGE, "--annotations is of gsm8k data, "
                         "not of %s", f->name);
    }
    if (o->annotations && !in_list(o->annotations, "strip, keep")) {
        return pmpo_fail(err, PMPO_EUSAGE, "--annotations %s: must be keep or "
                         "strip", o->annotations);
    }
    return 0;
}

void pmpo_import_options_init(pmpo_import_options *o)
{
    *o = (pmpo_import_options){.size = sizeof(*o)};
}

/* ---- what is dropped ---------------------------------------------------- */

int pmpo_import_drop(pmpo_import *im, const char *reason)
{
    pmpo_import_summary *s = &im->sum;
    size_t i = 0;
    while (i < s->n_drops && strcmp(s->drops[i].reason, reason) != 0) {
        i++;
    }
    if (i == s->n_drops) {
        assert(i < PMPO_MAX_DROPS);
        s->drops[s->n_drops++] = (pmpo_drop_count){reason, 0};
    }
    s->drops[i].n++;
    return 0;
}

static size_t count_read(const pmpo_import *im)
{
    size_t n = im->r.n;
    for (size_t i = 0; i < im->sum.n_drops; i++) {
        n += im->sum.drops[i].n;
    }
    return n;
}

const char *pmpo_not_a_pair(pmpo_str chosen, pmpo_str rejected)
{
    return chosen.len == 0 || rejected.len == 0 ? "an empty output"
           : pmpo_str_eq(chosen, rejected)      ? "equal outputs"
                                                : NULL;
}

/* Drops what an earlier file had. A file's own repeats stay: they are what
 * was published. */
static int filter(void *ud, const pmpo_item *item, bool *drop)
{
    pmpo_import *im = ud;
    pmpo_hash h;
    if (pmpo_content_hash(&item->e, true, &h) < 0) {
        return PMPO_ENOMEM;
    }
    pmpo_str key = {(const char *)h.bytes, sizeof(h.bytes)};
    key = pmpo_arena_str(im->r.mem, key);
    size_t *file =
        key.ptr ? pmpo_keys_add(&im->seen, key, im->file, NULL) : NULL;
    if (!file) {
        return PMPO_ENOMEM;
    }
    *drop = *file != im->file;
    if (*drop) {
        pmpo_import_drop(im, "in an earlier file");
    }
    return 0;
}

/* ---- text --------------------------------------------------------------- */

int pmpo_text_check(pmpo_str text, int *line, pmpo_error *err)
{
    size_t at = 0;
    pmpo_str one;
    for (*line = 1; pmpo_next_line(text, &at, &one); ++*line) {
        size_t bad = pmpo_utf8_check(one);
        if (bad != SIZE_MAX) {
            return pmpo_fail(err, PMPO_EDATA,
                             "invalid UTF-8 at byte %zu of "
                             "the line; save the file as UTF-8",
                             bad + 1);
        }
        if (one.len && memchr(one.ptr, '\0', one.len)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "a NUL byte in the line; remove "
                             "it");
        }
    }
    return 0;
}

int pmpo_import_check(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    int line;
    int rc = pmpo_text_check(text, &line, err);
    return rc < 0 ? pmpo_reader_bad(&im->r, line, err) : 0;
}

/* Line numbers are ints. */
static int check_length(pmpo_str text, const char *name, pmpo_error *err)
{
    size_t at = 0;
    pmpo_str line;
    for (int n = 0; text.len >= INT_MAX && pmpo_next_line(text, &at, &line);
         n++) {
        if (n == INT_MAX - 1) {
            return pmpo_fail(err, PMPO_EDATA, "%s: too many lines", name);
        }
    }
    return 0;
}

/* ---- records ------------------------------------------------------------ */

pmpo_str pmpo_json_str(const json_t *v)
{
    return json_is_string(v)
               ? (pmpo_str){json_string_value(v), json_string_length(v)}
               : (pmpo_str){"", 0};
}

int pmpo_record_text(json_t *o, const char *name, pmpo_str *out,
                     pmpo_error *err)
{
    json_t *v = pmpo_json_field(o, name);
    if (!json_is_string(v)) {
        return pmpo_fail(err, PMPO_EDATA, v ? "%s is not a string" : "no %s",
                         name);
    }
    *out = pmpo_json_str(v);
    return 0;
}

json_t *pmpo_instruction(json_t *o, bool *there)
{
    json_t *a = pmpo_json_field(o, "instruction");
    json_t *b = pmpo_json_field(o, "input");
    *there = json_is_string(a) && json_is_string(b);
    bool both = json_string_length(a) && json_string_length(b);
    return *there ? json_sprintf("%s%s%s", json_string_value(a),
                                 both ? "\n\n" : "", json_string_value(b))
                  : NULL;
}

json_t *pmpo_messages_before(json_t *list)
{
    json_t *before = json_copy(list);
    if (before && json_array_remove(before, json_array_size(before) - 1) < 0) {
        json_decref(before);
        return NULL;
    }
    return before;
}

void pmpo_fields_value(pmpo_fields *f, const char *name, json_t *value)
{
    f->failed |= json_object_set_new(f->object, name, value) < 0;
}

void pmpo_fields_text(pmpo_fields *f, const char *name, pmpo_str s)
{
    pmpo_fields_value(f, name, json_stringn(s.len ? s.ptr : "", s.len));
}

int pmpo_import_put(pmpo_import *im, pmpo_fields *f, int line, pmpo_error *err)
{
    pmpo_item item = {.e = {.weight = 1, .line = line}};
    int rc = f->failed ? pmpo_fail_memory(err)
                       : pmpo_example_read(im->r.mem, f->object, &item, err);
    json_decref(f->object);
    return rc < 0 ? rc : pmpo_reader_add(&im->r, &item, err);
}

/* One record, of a list (by_index) or a line. */
static int take(pmpo_import *im, json_t *o, int line, pmpo_record_fn fn,
                pmpo_error *err)
{
    int rc = json_is_object(o) ? fn(im, o, line, err)
                               : pmpo_fail(err, PMPO_EDATA, "not an object");
    return rc < 0 ? pmpo_reader_bad(&im->r, line, err) : 0;
}

static int read_list(pmpo_import *im, pmpo_str text, pmpo_record_fn fn,
                     pmpo_error *err)
{
    int line = 1;
    int rc = pmpo_import_check(im, text, err);
    if (rc < 0) {
        return rc;
    }
    json_t *root = pmpo_json_read(text, &line, err);
    if (!root) {
        return pmpo_reader_bad(&im->r, line, err);
    }
    im->r.by_index = true;
    im->r.list = root;
    size_t n = json_array_size(root);
    for (size_t i = 0;
         rc == 0 && i < n && i < INT_MAX && !pmpo_reader_full(&im->r); i++) {
        rc = take(im, json_array_get(root, i), (int)i + 1, fn, err);
    }
    im->r.list = NULL;
    json_decref(root);
    return rc;
}

/* A table, by its look or its name, has an importer of its own. */
static int refuse_table(const pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    bool named = pmpo_table_separator(im->r.name) &&
                 !pmpo_str_starts(pmpo_str_trim(text), PMPO_STR("{"));
    pmpo_buf word = {0};
    if (!named && !pmpo_is_table(text)) {
        return 0;
    }
    pmpo_put_word(&word, pmpo_str_of(im->r.name));
    int rc = word.failed ? pmpo_fail_memory(err)
                         : pmpo_fail(err, PMPO_EDATA,
                                     "not JSON but a table, it seems: try "
                                     "`pmpo data import csv%.*s -o data.jsonl`",
                                     (int)word.len, word.ptr);
    pmpo_buf_release(&word);
    return rc;
}

int pmpo_import_records(pmpo_import *im, pmpo_str text, pmpo_record_fn fn,
                        pmpo_error *err)
{
    if (pmpo_str_starts(pmpo_str_trim(text), PMPO_STR("["))) {
        return read_list(im, text, fn, err);
    }
    if (text.len > 0 && refuse_table(im, text, err) < 0) {
        return pmpo_reader_bad(&im->r, 1, err);
    }
    pmpo_str line;
    int rc = 0, number = 0;
    im->r.text = text;
    for (size_t at = 0; rc == 0 && !pmpo_reader_full(&im->r) &&
                        pmpo_next_line(text, &at, &line);) {
        number++;
        if (pmpo_str_trim(line).len == 0) {
            continue;
        }
        int first;
        json_t *o = pmpo_text_check(line, &first, err) < 0
                        ? NULL
                        : pmpo_json_read(line, NULL, err);
        rc = o ? take(im, o, number, fn, err)
               : pmpo_reader_bad(&im->r, number, err);
        json_decref(o);
    }
    return rc;
}

int pmpo_import_task(pmpo_import *im, pmpo_str task, pmpo_error *err)
{
    if (!im->task.ptr) {
        im->task = pmpo_arena_str(im->r.mem, task);
        return im->task.ptr ? 0 : pmpo_fail_memory(err);
    }
    im->many_tasks |= !pmpo_str_eq(im->task, task);
    return 0;
}

/* ---- files -------------------------------------------------------------- */

static int read_file(pmpo_import *im, pmpo_import_fn read, pmpo_str text,
                     const char *name, pmpo_error *err)
{
    pmpo_reader *r = &im->r;
    size_t before = count_read(im);
    r->name = name;
    r->by_index = false;
    r->first = r->n;
    pmpo_keys_release(&r->tally); /* of an earlier file */
    r->n_tallied = 0;
    if (pmpo_str_starts(text, PMPO_STR("\xef\xbb\xbf"))) {
        text = pmpo_str_sub(text, 3, text.len); /* a byte order mark */
    }
    int rc = pmpo_text_sniff(text, err);
    rc = rc < 0 ? pmpo_reader_bad(r, 1, err) : check_length(text, name, err);
    rc = rc < 0 ? rc : read(im, text, err);
    im->sum.n_read = count_read(im);
    bool told = r->mistakes && r->mistakes->n > 0;
    if (rc == 0 && im->sum.n_read == before && !told) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s: no examples", name);
    }
    return rc;
}

static int read_files(pmpo_import *im, const struct importer *f,
                      const pmpo_str *texts, const char *const *names, size_t n,
                      pmpo_error *err)
{
    int rc = check_options(f, im->o, err);
    for (size_t i = 0; rc == 0 && i < n && !pmpo_reader_full(&im->r); i++) {
        im->file = i;
        rc = read_file(im, f->read, texts[i], names[i], err);
    }
    if (rc == 0 && im->r.n == 0 && im->sum.n_drops > 0) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s: none of the %zu examples can be "
                       "used: %s", names[0], im->sum.n_read,
                       im->sum.drops[0].reason);
    }
    return rc;
}

char pmpo_table_separator(const char *name)
{
    size_t n = strlen(name);
    pmpo_str ending = pmpo_str_of(n > 4 ? name + n - 4 : "");
    return pmpo_str_alike(ending, PMPO_STR(".csv"))   ? ','
           : pmpo_str_alike(ending, PMPO_STR(".tsv")) ? '\t'
                                                      : 0;
}

int pmpo_table_read(pmpo_reader *r, pmpo_str text, pmpo_error *err)
{
    pmpo_import_options o;
    pmpo_import_options_init(&o);
    pmpo_import im = {.r = *r, .o = &o};
    int rc = check_length(text, r->name, err);
    rc = rc < 0 ? rc : pmpo_import_csv(&im, text, err);
    *r = im.r;
    return rc;
}

/* ---- the set ------------------------------------------------------------ */

static pmpo_str label_of(const pmpo_item *item)
{
    bool none = !item->e.answer.len && pmpo_item_is_pair(item);
    return none ? (pmpo_str){NULL, 0} : pmpo_example_label(&item->e);
}

/* Of two labels equally frequent the first by bytes is the commonest. */
static int count_labels(const pmpo_data *d, pmpo_import_summary *s)
{
    pmpo_keys counts = {0};
    size_t best = 0;
    for (size_t i = 0; i < d->n; i++) {
        pmpo_str label = label_of(&d->items[i]);
        if (!label.ptr) {
            continue;
        }
        size_t *n = pmpo_keys_add(&counts, label, 0, NULL);
        if (!n) {
            pmpo_keys_release(&counts);
            return PMPO_ENOMEM;
        }
        s->n_labelled++;
        ++*n;
        if (*n > best || (*n == best &&
                          pmpo_str_cmp(label, s->majority_label) < 0)) {
            best = *n;
            s->majority_label = label;
        }
    }
    s->n_labels = counts.n;
    s->majority = s->n_labelled ? (double)best / (double)s->n_labelled : 0;
    pmpo_keys_release(&counts);
    return 0;
}

static int finish(pmpo_import *im, const char *name, pmpo_data *d,
                  pmpo_error *err)
{
    int rc = im->o->labels
                 ? pmpo_labels_as_options(&d->mem, im->r.items, im->r.n, err)
                 : 0;
    if (rc < 0) {
        return rc == PMPO_EDATA ? pmpo_fail_in(err, rc, "%s: --labels", name)
                                : rc;
    }
    rc = pmpo_reader_finish(&im->r, d, err);
    d->name = pmpo_arena_cstr(&d->mem, name);
    d->task = im->task.ptr && !im->many_tasks ? im->task : PMPO_STR("");
    im->sum.n_kept = d->n;
    if (rc < 0) {
        return rc;
    }
    if (!d->name || count_labels(d, &im->sum) < 0) {
        return pmpo_fail_memory(err);
    }
    return pmpo_set_draw(d, err);
}

/* Like pmpo_import_parse, by the importer `f`. */
static int import(const struct importer *f, const pmpo_str *texts,
                  const char *const *names, size_t n, pmpo_import *im,
                  pmpo_data **out, pmpo_error *err)
{
    pmpo_error e = {.code = 0};
    pmpo_data *d = pmpo_calloc(1, sizeof(*d));
    if (!d) {
        return pmpo_fail_memory(err);
    }
    im->r.mem = &d->mem;
    im->r.name = names[0];
    im->r.limit = im->o->limit;
    im->r.id_head = "";
    im->r.filter = filter;
    im->r.filter_ud = im;
    int rc = read_files(im, f, texts, names, n, &e);
    rc = rc < 0 ? rc : finish(im, names[0], d, &e);
    pmpo_reader_release(&im->r);
    pmpo_keys_release(&im->seen);
    if (rc < 0) {
        pmpo_data_free(d);
        return pmpo_fail(err, rc, "%s", e.text);
    }
    *out = d;
    return 0;
}

int pmpo_import_parse(const pmpo_str *texts, const char *const *names, size_t n,
                      const pmpo_import_options *o, pmpo_data **out,
                      pmpo_import_summary *sum, pmpo_error *err)
{
    const struct importer *f = find_importer(o->format, err);
    if (!f || n == 0) {
        return f ? pmpo_fail(err, PMPO_EUSAGE, "no file to import")
                 : PMPO_EUSAGE;
    }
    pmpo_import im = {.o = o};
    int rc = import(f, texts, names, n, &im, out, err);
    if (rc == 0 && sum) {
        *sum = im.sum;
    }
    return rc;
}

int pmpo_import_all(pmpo_str text, const char *name,
                    const pmpo_import_options *o, pmpo_mistakes *mistakes,
                    pmpo_data **out, pmpo_error *err)
{
    const char *format = o->format ? o->format
                         : o->separator || pmpo_table_separator(name) ? "csv"
                                                                      : "jsonl";
    const struct importer *f = find_importer(format, err);
    pmpo_import im = {.r = {.mistakes = mistakes}, .o = o};
    return f ? import(f, &text, &name, 1, &im, out, err) : PMPO_EUSAGE;
}

int pmpo_data_import(const char *const *paths, size_t n_paths,
                     const pmpo_import_options *o, pmpo_data **out,
                     pmpo_import_summary *sum, pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_import_options of another "
                         "version of pmpo.h");
    }
    int rc = find_importer(o->format, err) ? 0 : PMPO_EUSAGE;
    pmpo_buf *files = pmpo_calloc(n_paths, sizeof(*files));
    pmpo_str *texts = pmpo_calloc(n_paths, sizeof(*texts));
    if (rc == 0 && (!files || !texts)) {
        rc = pmpo_fail_memory(err);
    }
    for (size_t i = 0; rc == 0 && i < n_paths; i++) {
        rc = pmpo_data_slurp(paths[i], &files[i], err);
        texts[i] = pmpo_buf_str(&files[i]);
    }
    if (rc == 0) {
        rc = pmpo_import_parse(texts, paths, n_paths, o, out, sum, err);
    }
    for (size_t i = 0; files && i < n_paths; i++) {
        pmpo_buf_release(&files[i]);
    }
    pmpo_free(files);
    pmpo_free(texts);
    return rc;
}
