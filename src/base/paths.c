/* paths.c: the cache folder, and absolute names. */
#define _GNU_SOURCE /* realpath, O_DIRECTORY */
#include "base/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"

/* Makes the folder `path`, parents first; cuts and mends `path` on the way. */
static int make_folders(char *path, pmpo_error *err)
{
    for (char *p = path + 1;; p++) {
        if (*p != '/' && *p != '\0') {
            continue;
        }
        char was = *p;
        *p = '\0';
        int rc = mkdir(path, 0700);
        int cause = errno;
        if (rc < 0 && cause != EEXIST) {
            rc = pmpo_fail(err, PMPO_EIO, "cannot make the folder %s: %s", path,
                           strerror(cause));
            *p = was;
            return rc;
        }
        *p = was;
        if (was == '\0') {
            return 0;
        }
    }
}

int pmpo_cache_path(const char *sub, pmpo_buf *out, pmpo_error *err)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/') {
        pmpo_buf_printf(out, "%s/pmpo", xdg);
    } else if (home && home[0] == '/') {
        pmpo_buf_printf(out, "%s/.cache/pmpo", home);
    } else {
        return pmpo_fail(err, PMPO_EIO,
                         "no cache folder: set HOME or XDG_CACHE_HOME");
    }
    if (sub[0]) {
        pmpo_buf_printf(out, "/%s", sub);
    }
    return out->failed ? pmpo_fail_memory(err) : 0;
}

int pmpo_cache_folder(const char *sub, pmpo_buf *out, pmpo_error *err)
{
    size_t begin = out->len;
    int rc = pmpo_cache_path(sub, out, err);
    return rc < 0 ? rc : make_folders(out->ptr + begin, err);
}

void pmpo_absolute(const char *path, pmpo_buf *out)
{
    char whole[PATH_MAX];
    pmpo_buf_puts(out, realpath(path, whole) ? whole : path);
}
