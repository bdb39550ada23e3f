/* read.c: from bytes to a set: which format, what to do about a mistake, ids.
 *
 * The readers (jsonl.c, bbh.c) handle one example at a time; everything that
 * needs the other examples is here. */
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"
#include "data/set.h"

/* ---- mistakes ----------------------------------------------------------- */

void pmpo_mistakes_release(pmpo_mistakes *m)
{
    pmpo_arena_release(&m->mem);
    pmpo_free(m->items);
    pmpo_free(m->unread);
    pmpo_keys_release(&m->names);
    *m = (pmpo_mistakes){.n = 0};
}

int pmpo_mistakes_add(pmpo_mistakes *m, int line, bool is_warning,
                      const char *text)
{
    char *kept = pmpo_arena_cstr(&m->mem, text);
    if (!kept || PMPO_GROW(m->items, m->cap, m->n + 1) < 0) {
        return PMPO_ENOMEM;
    }
    m->items[m->n++] = (pmpo_data_problem){line, kept, is_warning};
    return 0;
}

int pmpo_mistakes_unread(pmpo_mistakes *m, pmpo_str name, int line,
                         bool is_column)
{
    bool added;
    pmpo_str key = pmpo_arena_str(&m->mem, name);
    size_t *at = key.ptr ? pmpo_keys_add(&m->names, key, m->n_unread, &added)
                         : NULL;
    if (!at) {
        return PMPO_ENOMEM;
    }
    if (!added) {
        m->unread[*at].n++;
        return 0;
    }
    if (PMPO_GROW(m->unread, m->unread_cap, m->n_unread + 1) < 0) {
        return PMPO_ENOMEM;
    }
    m->unread[m->n_unread++] = (pmpo_unread){key, line, 1, is_column};
    return 0;
}

int pmpo_reader_bad(pmpo_reader *r, int line, pmpo_error *err)
{
    if (err->code != PMPO_EDATA) {
        return err->code;
    }
    if (!r->mistakes) {
        return r->by_index
                   ? pmpo_fail_in(err, PMPO_EDATA, "%s: example %d", r->name,
                                  line)
                   : pmpo_fail_in(err, PMPO_EDATA, "%s:%d", r->name, line);
    }
    int rc = pmpo_mistakes_add(r->mistakes, line, false, err->text);
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

/* ---- examples ----------------------------------------------------------- */

bool pmpo_reader_full(const pmpo_reader *r)
{
    return r->limit && r->n >= r->limit;
}

static int known_id(const pmpo_reader *r, pmpo_str id, size_t at,
                    pmpo_error *err)
{
    if (at < r->first) {
        return pmpo_fail(err, PMPO_EDATA, "the id \"%.*s\" is already that of "
                         "another example in an earlier file",
                         pmpo_shown(id), id.ptr);
    }
    return pmpo_fail(err, PMPO_EDATA, "the id \"%.*s\" is already that of %s "
                     "%d", pmpo_shown(id), id.ptr,
                     r->by_index ? "example" : "line", r->items[at].e.line);
}

int pmpo_reader_add(pmpo_reader *r, const pmpo_item *item, pmpo_error *err)
{
    pmpo_str id = item->e.id;
    bool drop = false;
    if (r->filter && r->filter(r->filter_ud, item, &drop) < 0) {
        return pmpo_fail_memory(err);
    }
    if (drop) {
        return 0;
    }
    if (id.ptr) {
        bool added;
        size_t *at = pmpo_keys_add(&r->ids, id, r->n, &added);
        if (!at) {
            return pmpo_fail_memory(err);
        }
        if (!added) {
            return known_id(r, id, *at, err);
        }
    }
    if (PMPO_GROW(r->items, r->cap, r->n + 1) < 0) {
        return pmpo_fail_memory(err);
    }
    r->items[r->n++] = *item;
    return 0;
}

/* Names an example without an id by its content. Rows of the same content
 * get "-2", "-3" and so on, as does a name that some row was given by hand;
 * `made` counts how many of each name there are. */
static int name_example(pmpo_reader *r, pmpo_keys *made, pmpo_example *e)
{
    pmpo_hash h;
    char hex[33], text[64];
    if (pmpo_content_hash(e, true, &h) < 0) {
        return PMPO_ENOMEM;
    }
    pmpo_hash_hex(h, hex);
    snprintf(text, sizeof(text), "%s%.16s", r->id_head, hex);
    pmpo_str base = pmpo_arena_str(r->mem, pmpo_str_of(text));
    size_t *count = base.ptr ? pmpo_keys_add(made, base, 0, NULL) : NULL;
    e->id = base;
    for (bool added = false; count && !added;) {
        if (++*count > 1) {
            size_t n = (size_t)snprintf(text, sizeof(text), "%s-%zu", base.ptr,
                                        *count);
            e->id = pmpo_arena_str(r->mem, (pmpo_str){text, n});
        }
        if (!e->id.ptr ||
            !pmpo_keys_add(&r->ids, e->id, 0, &added)) {
            return PMPO_ENOMEM;
        }
    }
    return count ? 0 : PMPO_ENOMEM;
}

static int name_examples(pmpo_reader *r, pmpo_error *err)
{
    pmpo_keys made = {0};
    int rc = 0;
    for (size_t i = 0; i < r->n && rc == 0; i++) {
        if (!r->items[i].e.id.ptr) {
            rc = name_example(r, &made, &r->items[i].e);
        }
    }
    pmpo_keys_release(&made);
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

/* ---- the whole file ----------------------------------------------------- */

#define AS_UTF8                                                                \
    "UTF-16, not UTF-8: convert with `iconv -f UTF-16 -t UTF-8 FILE > NEW`"

int pmpo_text_sniff(pmpo_str text, pmpo_error *err)
{
    static const struct {
        const char *head;
        const char *what;
    } others[] = {
        {"\xff\xfe", AS_UTF8},
        {"\xfe\xff", AS_UTF8},
        {"\x1f\x8b", "compressed by gzip: unpack with `gunzip FILE`"},
        {"PK\x03\x04", "a zip archive, as Excel's .xlsx are: save "
                       "the table as .csv, or unpack the archive"},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (pmpo_str_starts(text, pmpo_str_of(others[i].head))) {
            return pmpo_fail(err, PMPO_EDATA, "%s", others[i].what);
        }
    }
    return 0;
}

/* Runs the reader that fits. On success *is_bbh is set. */
static int read_text(pmpo_reader *r, pmpo_str text, bool *is_bbh,
                     pmpo_error *err)
{
    if (pmpo_text_sniff(text, err) < 0) {
        return pmpo_reader_bad(r, 1, err);
    }
    if (pmpo_str_starts(text, PMPO_STR("\xef\xbb\xbf"))) {
        text = pmpo_str_sub(text, 3, text.len); /* a byte order mark */
    }
    if (pmpo_table_separator(r->name)) {
        return pmpo_table_read(r, text, err);
    }
    if (pmpo_str_starts(pmpo_str_trim(text), PMPO_STR("["))) {
        return pmpo_list_read(r, text, err);
    }
    json_t *root;
    int line = 1;
    int rc = pmpo_bbh_sniff(text, is_bbh, &root, &line, err);
    if (rc < 0) {
        return rc;
    }
    if (!*is_bbh) {
        return pmpo_jsonl_read(r, text, err);
    }
    if (!root) {
        return pmpo_reader_bad(r, line, err);
    }
    rc = pmpo_bbh_read(r, root, err);
    json_decref(root);
    return rc;
}

int pmpo_reader_finish(pmpo_reader *r, pmpo_data *d, pmpo_error *err)
{
    if (r->n == 0 && (!r->mistakes || r->mistakes->n == 0)) {
        return pmpo_fail(err, PMPO_EDATA, "%s: no examples", r->name);
    }
    int rc = name_examples(r, err);
    if (rc < 0) {
        return rc;
    }
    d->items = pmpo_arena_alloc(&d->mem, r->n, sizeof(*d->items));
    if (!d->items) {
        return pmpo_fail_memory(err);
    }
    d->n = r->n;
    d->by_index = r->by_index;
    if (r->n) {
        memcpy(d->items, r->items, r->n * sizeof(*d->items));
    }
    return 0;
}

void pmpo_reader_release(pmpo_reader *r)
{
    pmpo_keys_release(&r->ids);
    pmpo_keys_release(&r->tally);
    pmpo_free(r->items);
    r->items = NULL;
    r->n = r->cap = 0;
}

int pmpo_set_read(pmpo_str bytes, const char *name, bool is_file, size_t limit,
                  pmpo_mistakes *mistakes, pmpo_data **out, pmpo_error *err)
{
    pmpo_error e = {.code = 0};
    pmpo_data *d = pmpo_calloc(1, sizeof(*d));
    if (!d) {
        return pmpo_fail_memory(err);
    }
    pmpo_reader r = {.mem = &d->mem,
                     .limit = limit,
                     .mistakes = mistakes,
                     .id_head = "",
                     .is_file = is_file};
    bool is_bbh = false;
    int rc = 0;
    d->name = r.name = pmpo_arena_cstr(&d->mem, name);
    if (!d->name) {
        rc = pmpo_fail_memory(&e);
    }
    if (rc == 0) {
        rc = read_text(&r, bytes, &is_bbh, &e);
    }
    if (rc == 0) {
        rc = pmpo_reader_finish(&r, d, &e);
    }
    d->task = is_bbh ? pmpo_bbh_task(d->name) : PMPO_STR("");
    if (rc == 0 && is_bbh) {
        rc = pmpo_set_draw(d, &e);
    }
    pmpo_reader_release(&r);
    if (rc < 0) {
        pmpo_data_free(d);
        return pmpo_fail(err, rc, "%s", e.text);
    }
    *out = d;
    return 0;
}
