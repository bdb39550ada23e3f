/* files.c: see files.h. */
#define _GNU_SOURCE /* O_CLOEXEC, O_DIRECTORY, renameat2 */
#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

#define ATTEMPTS 100 /* at a name that no other file has */

static int fail_file(pmpo_error *err, const char *verb, const char *path)
{
    int cause = errno;
    return pmpo_fail(err, PMPO_EIO, "cannot %s %s: %s", verb, path,
                     strerror(cause));
}

/* ---- symbolic links -------------------------------------------------------- */

#define MOST_LINKS 40 /* as Linux follows */

/* The text of the link `path`; false: it is none, or errno says why. */
static bool read_link(const char *path, pmpo_buf *out)
{
    char text[4096];
    ssize_t n = readlink(path, text, sizeof(text));
    pmpo_buf_clear(out);
    pmpo_buf_put(out, (pmpo_str){text, n > 0 ? (size_t)n : 0});
    return n > 0 && (size_t)n < sizeof(text);
}

/* A rename would replace a link by a file. */
int pmpo_file_follow(const char *path, pmpo_buf *out, pmpo_error *err)
{
    pmpo_buf link = {0}, folder = {0};
    int n = 0;
    pmpo_buf_clear(out);
    pmpo_buf_puts(out, path);
    while (!out->failed && n < MOST_LINKS && read_link(out->ptr, &link) &&
           !link.failed) {
        const char *slash = strrchr(out->ptr, '/');
        size_t head =
            slash && link.ptr[0] != '/' ? (size_t)(slash - out->ptr) + 1 : 0;
        pmpo_buf_clear(&folder);
        pmpo_buf_put(&folder, pmpo_str_sub(pmpo_buf_str(out), 0, head));
        pmpo_buf_clear(out);
        pmpo_buf_put(out, pmpo_buf_str(&folder));
        pmpo_buf_put(out, pmpo_buf_str(&link));
        n++;
    }
    bool failed = out->failed || link.failed || folder.failed;
    pmpo_buf_release(&link);
    pmpo_buf_release(&folder);
    if (failed) {
        return pmpo_fail_memory(err);
    }
    errno = ELOOP;
    return n < MOST_LINKS ? 0 : fail_file(err, "write", path);
}

/* ---- beside ---------------------------------------------------------------- */

/* Not mkstemp, which gives modes that the umask would not. */
static int open_beside(const char *path, pmpo_buf *name)
{
    uint64_t state = pmpo_seed_for((uint64_t)getpid(), path,
                                   (uint64_t)(pmpo_now_ms() * 1e3), 0, 0);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
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

/* Who can read the file `path` can read the one in its place, and nobody else.
 * Some file systems (FAT) have one mode for all. */
static void keep_mode(int fd, const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        (void)!fchmod(fd, (st.st_mode & 0777) | S_IRUSR | S_IWUSR);
    }
}

int pmpo_file_beside(const char *path, pmpo_buf *name, pmpo_error *err)
{
    pmpo_buf real = {0};
    int rc = pmpo_file_follow(path, &real, err);
    int fd = rc < 0 ? -1 : open_beside(real.ptr, name);
    if (rc == 0 && fd < 0) {
        rc = name->failed ? pmpo_fail_memory(err)
                          : fail_file(err, "write", path);
    }
    if (fd >= 0) {
        keep_mode(fd, real.ptr);
        close(fd);
    }
    pmpo_buf_release(&real);
    return rc;
}

/* ---- in place -------------------------------------------------------------- */

static bool sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int cause = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = cause;
    return ok;
}

static bool sync_folder_of(const char *path, pmpo_buf *folder)
{
    const char *slash = strrchr(path, '/');
    pmpo_buf_clear(folder);
    pmpo_buf_put(folder, slash ? (pmpo_str){path, (size_t)(slash - path) + 1}
                               : PMPO_STR("."));
    return !folder->failed &&
           (sync_path(folder->ptr, O_RDONLY | O_DIRECTORY) ||
            errno == EINVAL || /* this file system has no such thing */
            errno == EACCES);  /* a folder that may not be listed */
}

/* Where a file system has no hard links (FAT, some of FUSE): a rename that
 * replaces nothing, and where that isn't known, a look before a plain one. */
static bool rename_fresh(const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return true;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return false;
    }
#endif
    if (access(to, F_OK) == 0) {
        errno = EEXIST;
        return false;
    }
    return rename(from, to) == 0;
}

/* A link fails where there is a file of the name, a rename replaces it. */
static bool name_it(const char *from, const char *to, bool fresh)
{
    if (!fresh) {
        return rename(from, to) == 0;
    }
    if (link(from, to) == 0) {
        return unlink(from) == 0;
    }
    bool no_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS;
    return no_links && rename_fresh(from, to);
}

int pmpo_file_place(const char *from, const char *to, bool fresh,
                    pmpo_error *err)
{
    pmpo_buf folder = {0}, real = {0};
    int rc = pmpo_file_follow(to, &real, err);
    if (rc < 0) {
        pmpo_buf_release(&real);
        return rc;
    }
    bool named = sync_path(from, O_RDONLY) && name_it(from, real.ptr, fresh);
    bool taken = !named && fresh && errno == EEXIST;
    if (taken) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "%s exists already", to);
    } else if (!named || !sync_folder_of(real.ptr, &folder)) {
        rc = folder.failed ? pmpo_fail_memory(err)
                           : fail_file(err, "write", to);
    }
    pmpo_buf_release(&folder);
    pmpo_buf_release(&real);
    return rc;
}

/* ---- whole ----------------------------------------------------------------- */

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

static int write_to(const char *name, const char *path, pmpo_str bytes,
                    pmpo_error *err)
{
    int fd = open(name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_file(err, "open", path);
    }
    int rc = write_fd(fd, bytes) < 0 ? fail_file(err, "write", path) : 0;
    if (close(fd) < 0 && rc == 0) {
        rc = fail_file(err, "write", path);
    }
    return rc;
}

/* A device or a pipe: a file put in its place would destroy it. */
static bool is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_beside(const char *path, pmpo_str bytes, pmpo_buf *name,
                        pmpo_error *err)
{
    int rc = pmpo_file_beside(path, name, err);
    if (rc < 0) {
        return rc;
    }
    rc = write_to(name->ptr, path, bytes, err);
    if (rc < 0) {
        unlink(name->ptr);
    }
    return rc;
}

/* `name`: of the file written for it; empty: none. */
static int put_down(const char *path, pmpo_str bytes, const pmpo_buf *name,
                    pmpo_error *err)
{
    if (name->len == 0) {
        return write_to(path, path, bytes, err);
    }
    return pmpo_file_place(name->ptr, path, false, err);
}

int pmpo_files_write(const char *const *paths, const pmpo_str *bytes, size_t n,
                     pmpo_error *err)
{
    pmpo_buf *names = pmpo_calloc(n, sizeof(*names));
    size_t written = 0, placed = 0;
    int rc = names ? 0 : pmpo_fail_memory(err);
    while (rc == 0 && written < n) {
        size_t i = written;
        rc = is_special(paths[i])
                 ? 0
                 : write_beside(paths[i], bytes[i], &names[i], err);
        written += rc == 0;
    }
    while (rc == 0 && placed < n) {
        rc = put_down(paths[placed], bytes[placed], &names[placed], err);
        placed += rc == 0;
    }
    for (size_t i = placed; i < written; i++) {
        if (names[i].len > 0) {
            unlink(names[i].ptr);
        }
    }
    for (size_t i = 0; names && i < n; i++) {
        pmpo_buf_release(&names[i]);
    }
    pmpo_free(names);
    return rc;
}

int pmpo_file_write(const char *path, pmpo_str bytes, pmpo_error *err)
{
    return pmpo_files_write(&path, &bytes, 1, err);
}
