/* run_lock.c: see run_lock.h. */
#define _GNU_SOURCE /* flock, O_CLOEXEC, O_DIRECTORY */
#include "store/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/str.h"

#define MAX_WRITTEN 64 /* runs that a process writes at a time */

/* Files that this process writes. SQLite's own locks are a process's, and
 * closing any descriptor of the file drops them: so a file that is in this
 * list is never opened just to look at its lock. */
static struct {
    struct {
        dev_t device;
        ino_t inode;
    } items[MAX_WRITTEN];
    size_t n;
} written;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void pmpo_runs_enter(void)
{
    pthread_mutex_lock(&mutex);
}

void pmpo_runs_leave(void)
{
    pthread_mutex_unlock(&mutex);
}

static bool is_ours(const char *path)
{
    struct stat st;
    bool ours = false;
    if (stat(path, &st) < 0) {
        return false;
    }
    for (size_t i = 0; i < written.n; i++) {
        ours |= written.items[i].device == st.st_dev &&
                written.items[i].inode == st.st_ino;
    }
    return ours;
}

static bool remember_ours(int fd)
{
    struct stat st;
    bool ok = false;
    if (fstat(fd, &st) == 0 && written.n < MAX_WRITTEN) {
        written.items[written.n].device = st.st_dev;
        written.items[written.n++].inode = st.st_ino;
        ok = true;
    }
    return ok;
}

static void forget_ours(int fd)
{
    struct stat st;
    for (size_t i = 0; fstat(fd, &st) == 0 && i < written.n; i++) {
        if (written.items[i].device == st.st_dev &&
            written.items[i].inode == st.st_ino) {
            written.items[i] = written.items[--written.n];
            break;
        }
    }
}

/* Processes that are forked meanwhile have the descriptor, too: closing ours
 * alone would leave the file locked for as long as they live. */
static void let_go(int fd)
{
    flock(fd, LOCK_UN);
    close(fd);
}

int pmpo_run_is_file(const char *path, pmpo_error *err)
{
    struct stat st;
    return stat(path, &st) < 0 || S_ISREG(st.st_mode)
               ? 0
               : pmpo_fail(err, PMPO_EDATA, "%s: %s, not a run file", path,
                           S_ISDIR(st.st_mode) ? "a folder"
                                               : "a device or a pipe");
}

/* Never waits for the other end of a pipe: the caller has the mutex. */
static int open_to_look(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

bool pmpo_run_is_written(const char *path)
{
    if (is_ours(path)) {
        return true;
    }
    int fd = open_to_look(path);
    bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 &&
                errno == EWOULDBLOCK;
    if (fd >= 0) {
        let_go(fd);
    }
    return busy;
}

int pmpo_run_busy(const char *path, pmpo_error *err)
{
    return pmpo_fail(err, PMPO_EBUSY, "%s: another pmpo is writing this run",
                     path);
}

/* Somebody who looks whether it is written holds it for a moment. */
static bool lock_soon(int fd)
{
    const struct timespec moment = {0, 10 * 1000 * 1000};
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; i++) {
        if (i == 20) {
            return false;
        }
        nanosleep(&moment, NULL);
    }
    return true;
}

/* Is the open file still the one of that name? --force puts another there. */
static bool is_still(int fd, const char *path)
{
    struct stat ours, theirs;
    return fstat(fd, &ours) == 0 && stat(path, &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int pmpo_run_lock(const char *path, int *out, pmpo_error *err)
{
    if (is_ours(path)) {
        return pmpo_run_busy(path, err);
    }
    int rc = pmpo_run_is_file(path, err);
    if (rc < 0) {
        return rc;
    }
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return pmpo_fail(err, errno == ENOENT ? PMPO_EDATA : PMPO_EIO, "%s: %s",
                         path, strerror(errno));
    }
    bool locked = lock_soon(fd) && is_still(fd, path);
    if (!locked || !remember_ours(fd)) {
        let_go(fd);
        return !locked ? pmpo_run_busy(path, err)
                       : pmpo_fail(err, PMPO_EUSAGE,
                                   "more than %d runs are "
                                   "written at a time",
                                   MAX_WRITTEN);
    }
    *out = fd;
    return 0;
}

void pmpo_run_unlock(int fd)
{
    if (fd >= 0) {
        forget_ours(fd);
        let_go(fd);
    }
}

void pmpo_run_let_go(int fd)
{
    if (fd >= 0) {
        let_go(fd);
    }
}

bool pmpo_run_hold(const char *path, int *fd)
{
    *fd = is_ours(path) ? -1 : open_to_look(path);
    bool held = *fd >= 0 && lock_soon(*fd) && is_still(*fd, path);
    if (*fd >= 0 && !held) {
        let_go(*fd);
        *fd = -1;
    }
    return held || access(path, F_OK) < 0;
}

int pmpo_run_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    pmpo_buf folder = {0};
    pmpo_buf_put(&folder, slash ? (pmpo_str){path, (size_t)(slash - path) + 1}
                                : PMPO_STR("."));
    int fd = folder.failed
                 ? -1
                 : open(folder.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pmpo_buf_release(&folder);
    if (fd >= 0 && !lock_soon(fd)) {
        close(fd);
        fd = -1;
    }
    return fd;
}
