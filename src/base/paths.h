/* paths.h: the cache folder, for files that pmpo can make again; absolute
 * paths. */
#ifndef PMPO_BASE_PATHS_H
#define PMPO_BASE_PATHS_H

#include "base/str.h"

/* Appends ${XDG_CACHE_HOME:-$HOME/.cache}/pmpo/`sub` to *out (no trailing
 * slash) and makes that folder with its parents, mode 0700. `sub` may be "".
 * PMPO_EIO when there is no home or the folder can't be made. */
int pmpo_cache_folder(const char *sub, pmpo_buf *out, pmpo_error *err);

/* Appends the absolute path of `path`, or `path` itself if no such file
 * exists. */
void pmpo_absolute(const char *path, pmpo_buf *out);

#endif
