/* write.c: examples back to JSONL.
 *
 * What is written loads as an equal set. A file is written beside its place
 * and renamed into it, so a reader never sees half of one. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
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
    return rc == 0 && out->failed ? pmpo_fail_memory(err) : rc;
}

/* ---- files -------------------------------------------------------------- */

static int fail_file(pmpo_error *err, const char *verb, const char *path)
{
    int cause = errno;
    return pmpo_fail(err, PMPO_EIO, "cannot %s %s: %s", verb, path,
                     strerror(cause));
}

static int write_fd(int fd, pmpo_str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n < 0 && errno != EINTR) {
            return -1;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_stdout(pmpo_str bytes, pmpo_error *err)
{
    if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len ||
        fflush(stdout) != 0) {
        return fail_file(err, "write to", "standard output");
    }
    return 0;
}

/* A device or a pipe: renaming a file over it would destroy it. */
static int write_special(const char *path, pmpo_str bytes, pmpo_error *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_file(err, "open", path);
    }
    int rc = write_fd(fd, bytes) < 0 ? fail_file(err, "write", path) : 0;
    if (close(fd) < 0 && rc == 0) {
        rc = fail_file(err, "write", path);
    }
    return rc;
}

/* Makes a new file beside `path`; its name goes to *name. Not mkstemp, which
 * gives modes that the umask would not. */
static int open_beside(const char *path, pmpo_buf *name)
{
    uint64_t state = pmpo_seed_for((uint64_t)getpid(), path,
                                   (uint64_t)(pmpo_now_ms() * 1e3), 0, 0);
    for (int attempt = 0; attempt < 100; attempt++) {
        pmpo_buf_clear(name);
        pmpo_buf_printf(name, "%s.%08x.tmp", path,
                        (unsigned)(pmpo_random(&state) >> 32));
        if (name->failed) {
            errno = ENOMEM;
            return -1;
        }
        int fd = open(name->ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

static int write_by_rename(const char *path, pmpo_str bytes, pmpo_error *err)
{
    pmpo_buf name = {0};
    int fd = open_beside(path, &name);
    if (fd < 0) {
        int rc = name.failed ? pmpo_fail_memory(err)
                             : fail_file(err, "write", path);
        pmpo_buf_release(&name);
        return rc;
    }
    int rc = 0;
    if (write_fd(fd, bytes) < 0 || fsync(fd) < 0) {
        rc = fail_file(err, "write", path);
    }
    if (close(fd) < 0 && rc == 0) {
        rc = fail_file(err, "write", path);
    }
    if (rc == 0 && rename(name.ptr, path) < 0) {
        rc = fail_file(err, "rename a file to", path);
    }
    if (rc < 0) {
        unlink(name.ptr);
    }
    pmpo_buf_release(&name);
    return rc;
}

static int write_path(const char *path, pmpo_str bytes, pmpo_error *err)
{
    struct stat st;
    if (!strcmp(path, "-")) {
        return write_stdout(bytes, err);
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        return write_special(path, bytes, err);
    }
    return write_by_rename(path, bytes, err);
}

int pmpo_data_write(const pmpo_data *d, const size_t *idx, size_t n,
                    const char *path, pmpo_error *err)
{
    if (!path) {
        return pmpo_fail(err, PMPO_EUSAGE, "no file to write to");
    }
    /* A subset of its own, so that what is drawn comes from what is written. */
    pmpo_data *part = NULL;
    int rc = idx ? pmpo_data_subset(d, idx, n, &part, err) : 0;
    pmpo_buf bytes = {0};
    if (rc == 0) {
        rc = put_all(part ? part : d, &bytes, err);
    }
    if (rc == 0) {
        rc = write_path(path, pmpo_buf_str(&bytes), err);
    }
    pmpo_buf_release(&bytes);
    pmpo_data_free(part);
    return rc;
}
