/* paths.h: the cache folder, for files that pmpo can make again; absolute
 * paths. */
#ifndef PMPO_BASE_PATHS_H
#define PMPO_BASE_PATHS_H

#include "base/str.h"

/* Appends ${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/`sub` to *out (no trailing
 * slash), whether that folder is there or not. `sub` may be "". PMPO_EIO: there
 * is no home. */
int pmpo_cache_path(const char *sub, pmpo_buf *out, pmpo_error *err);
/* The same, and makes that folder with its parents, mode 0700. PMPO_EIO: also
 * where it can't be made. */
int pmpo_cache_folder(const char *sub, pmpo_buf *out, pmpo_error *err);

/* Appends the absolute path of `path`, or `path` itself if no such file
 * exists. */
void pmpo_absolute(const char *path, pmpo_buf *out);

#endif
