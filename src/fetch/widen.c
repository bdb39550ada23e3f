/* widen.c: widened copies of models, made once.
 *
 * A copy is called NAME.HASH.PRECISION.gguf after its source and the hash of
 * the source's weights, so it can't be taken for another model's. */
#define _GNU_SOURCE /* O_CLOEXEC */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/paths.h"
#include "fetch/catalogue.h"
#include "fetch/fetch.h"

static void put_name(const char *source, pmpo_hash hash, const char *precision,
                     pmpo_buf *out)
{
    char hex[33];
    pmpo_hash_hex(hash, hex);
    pmpo_put_short_name(source, out);
    pmpo_buf_printf(out, ".%.16s.%s.gguf", hex, precision);
}

/* Where the copy lies, or would: the folder, which is made, and the file. */
static int find_place(const char *source, pmpo_hash hash, const char *precision,
                      pmpo_buf *folder, pmpo_buf *path, pmpo_error *err)
{
    int rc = pmpo_widened_folder(folder, err);
    if (rc == 0) {
        pmpo_buf_printf(path, "%s/", folder->ptr);
        put_name(source, hash, precision, path);
        rc = path->failed ? pmpo_fail_memory(err) : 0;
    }
    return rc;
}

bool pmpo_fetch_can_widen(const char *source, pmpo_hash hash,
                          const char *precision, const pmpo_widener *w)
{
    pmpo_buf folder = {0}, path = {0};
    bool can =
        find_place(source, hash, precision, &folder, &path, NULL) == 0 &&
        (access(folder.ptr, W_OK | X_OK) == 0 || w->fits(w->ud, path.ptr));
    pmpo_buf_release(&folder);
    pmpo_buf_release(&path);
    return can;
}

/* It is the copy that has no place. */
static int say_native(int rc, pmpo_error *err)
{
    if (rc != PMPO_EIO || !err) {
        return rc;
    }
    pmpo_error why = *err;
    return pmpo_fail(err, rc,
                     "%s, or take --precision native, which needs no copy",
                     why.text);
}

static int make_copy(const char *source, const char *folder, const char *to,
                     uint64_t bytes, const pmpo_widener *w, pmpo_error *err)
{
    pmpo_buf tmp = {0};
    struct stat st;
    pmpo_buf_printf(&tmp, "%s.part", to);
    if (tmp.failed) {
        return pmpo_fail_memory(err);
    }
    /* One that was not finished is written over. */
    uint64_t there = stat(tmp.ptr, &st) == 0 ? (uint64_t)st.st_size : 0;
    int rc = pmpo_check_space(folder,
                              (bytes > there ? bytes - there : 0) + (100 << 20),
                              "a copy with widened weights", err);
    rc = rc < 0 ? rc : w->widen(w->ud, source, tmp.ptr, err);
    if (rc == 0 && !w->fits(w->ud, tmp.ptr)) {
        rc = pmpo_fail(err, PMPO_EMODEL, "%s: its widened copy has not come "
                       "out whole", source);
    }
    rc = rc < 0 ? rc : pmpo_file_place(tmp.ptr, to, false, err);
    if (rc < 0) {
        unlink(tmp.ptr);
    }
    pmpo_buf_release(&tmp);
    return rc;
}

int pmpo_fetch_widened(const char *source, pmpo_hash hash,
                       const char *precision, uint64_t bytes,
                       const pmpo_widener *w, pmpo_buf *out, pmpo_error *err)
{
    pmpo_buf folder = {0}, path = {0};
    int lock = -1;
    int rc = find_place(source, hash, precision, &folder, &path, err);
    if (rc == 0 && !w->fits(w->ud, path.ptr)) {
        rc = pmpo_lock_path(path.ptr, &lock, err);
        if (rc == 0 && !w->fits(w->ud, path.ptr)) {
            rc = make_copy(source, folder.ptr, path.ptr, bytes, w, err);
        }
        if (lock >= 0) {
            close(lock);
        }
    }
    if (rc == 0) {
        pmpo_buf_put(out, pmpo_buf_str(&path));
        rc = out->failed ? pmpo_fail_memory(err) : 0;
    }
    pmpo_buf_release(&folder);
    pmpo_buf_release(&path);
    return say_native(rc, err);
}
