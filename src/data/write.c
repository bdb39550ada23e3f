/* write.c: examples back to JSONL.
 *
 * What is written loads as an equal set. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/mem.h"
#include "data/data.h"
#include "data/set.h"

/* ---- one example -------------------------------------------------------- */

/* jansson takes a NULL value as a failure of the call it is given to, so each
 * of these may fail without a check of its own. */
static json_t *text(pmpo_str s)
{
    return json_stringn(s.len ? s.ptr : "", s.len);
}

static json_t *texts(const pmpo_str *list, size_t n)
{
    json_t *a = json_array();
    for (size_t i = 0; a && i < n; i++) {
        if (json_array_append_new(a, text(list[i])) < 0) {
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

static json_t *messages(const pmpo_example *e)
{
    json_t *a = json_array();
    for (size_t i = 0; a && i < e->n_messages; i++) {
        json_t *m = json_object();
        int bad = json_object_set_new(m, "role", text(e->messages[i].role)) |
                  json_object_set_new(m, "content",
                                      text(e->messages[i].content));
        if (json_array_append_new(a, bad ? NULL : m) < 0) {
            if (bad) {
                json_decref(m);
            }
            json_decref(a);
            return NULL;
        }
    }
    return a;
}

static json_t *example_object(const pmpo_example *e, bool drawn)
{
    json_t *o = json_object();
    bool pair = e->n_rejected > 0 && !pmpo_rejected_are_options(e);
    int bad = json_object_set_new(o, "id", text(e->id));
    if (e->n_messages) {
        bad |= json_object_set_new(o, "messages", messages(e));
    } else {
        bad |= json_object_set_new(o, "input", text(e->input));
    }
    bad |= json_object_set_new(o, pair ? "chosen" : "target", text(e->target));
    if (pair) {
        bad |= json_object_set_new(o, "rejected",
                                   texts(e->rejected, e->n_rejected));
    }
    if (drawn) {
        bad |= json_object_set_new(o, "rejected_drawn", json_true());
    }
    if (e->n_options) {
        bad |= json_object_set_new(o, "options",
                                   texts(e->options, e->n_options));
    }
    if (e->answer.len) {
        bad |= json_object_set_new(o, "answer", text(e->answer));
    }
    if (e->weight < 1 || e->weight > 1) {
        bad |= json_object_set_new(o, "weight", json_real(e->weight));
    }
    if (bad) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static int append(const char *bytes, size_t n, void *buf)
{
    pmpo_buf_put(buf, (pmpo_str){bytes, n});
    return ((pmpo_buf *)buf)->failed ? -1 : 0;
}

static int put_example(const pmpo_example *e, bool drawn, pmpo_buf *out,
                       pmpo_error *err)
{
    json_t *o = example_object(e, drawn);
    int rc = o ? json_dump_callback(o, append, out, JSON_REAL_PRECISION(17))
               : -1;
    json_decref(o);
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

int pmpo_example_json(const pmpo_example *e, pmpo_buf *out, pmpo_error *err)
{
    return put_example(e, false, out, err);
}

static int put_all(const pmpo_data *d, pmpo_buf *out, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < d->n && rc == 0; i++) {
        rc = put_example(&d->items[i].e, d->items[i].drawn, out, err);
        pmpo_buf_putc(out, '\n');
    }
    return rc < 0 || !out->failed ? rc : pmpo_fail_memory(err);
}

/* ---- files -------------------------------------------------------------- */

static int write_stdout(pmpo_str bytes, pmpo_error *err)
{
    if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len ||
        fflush(stdout) != 0) {
        return pmpo_fail(err, PMPO_EIO, "cannot write to standard output: %s",
                         strerror(errno));
    }
    return 0;
}

/* A subset of its own, so that what is drawn comes from what is written. */
static int put_some(const pmpo_data *d, const size_t *idx, size_t n,
                    pmpo_buf *out, pmpo_error *err)
{
    pmpo_data *part = NULL;
    int rc = pmpo_data_subset(d, idx, n, &part, err);
    rc = rc < 0 ? rc : put_all(part, out, err);
    pmpo_data_free(part);
    return rc;
}

int pmpo_data_write(const pmpo_data *d, const size_t *idx, size_t n,
                    const char *path, pmpo_error *err)
{
    if (!path) {
        return pmpo_fail(err, PMPO_EUSAGE, "no file to write to");
    }
    pmpo_buf bytes = {0};
    int rc = idx ? put_some(d, idx, n, &bytes, err) : put_all(d, &bytes, err);
    if (rc == 0) {
        pmpo_str all = pmpo_buf_str(&bytes);
        rc = strcmp(path, "-") ? pmpo_file_write(path, all, err)
                               : write_stdout(all, err);
    }
    pmpo_buf_release(&bytes);
    return rc;
}

/* ---- splits ------------------------------------------------------------- */

#define PARTS 3

typedef struct split_files {
    const char *full[PARTS], *empty[PARTS]; /* names */
    pmpo_str bytes[PARTS];                  /* [n_full] */
    size_t n_full, n_empty;
    pmpo_buf bufs[PARTS]; /* by part */
} split_files;

static int collect(const pmpo_data *d, const unsigned char *part,
                   const char *const *paths, size_t *idx, split_files *f,
                   pmpo_error *err)
{
    int rc = 0;
    for (int p = 0; rc == 0 && p < PARTS; p++) {
        size_t n = 0;
        for (size_t e = 0; e < d->n; e++) {
            if (part[e] == p) {
                idx[n++] = e;
            }
        }
        if (n == 0) {
            f->empty[f->n_empty++] = paths[p];
            continue;
        }
        rc = put_some(d, idx, n, &f->bufs[p], err);
        f->full[f->n_full] = paths[p];
        f->bytes[f->n_full++] = pmpo_buf_str(&f->bufs[p]);
    }
    return rc;
}

int pmpo_data_write_split(const pmpo_data *d, const unsigned char *part,
                          const char *const paths[3], pmpo_error *err)
{
    split_files f = {.n_full = 0};
    size_t *idx = pmpo_calloc(d->n, sizeof(*idx));
    int rc = idx ? collect(d, part, paths, idx, &f, err)
                 : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : pmpo_files_write(f.full, f.bytes, f.n_full, err);
    for (size_t i = 0; rc == 0 && i < f.n_empty; i++) {
        if (unlink(f.empty[i]) < 0 && errno != ENOENT) {
            rc = pmpo_fail(err, PMPO_EIO, "cannot remove %s: %s", f.empty[i],
                           strerror(errno));
        }
    }
    for (int p = 0; p < PARTS; p++) {
        pmpo_buf_release(&f.bufs[p]);
    }
    pmpo_free(idx);
    return rc;
}
