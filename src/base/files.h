/* files.h: writing files so that they are complete or do not exist: a file is
 * written under a temporary name in the same folder, then renamed. A crash at
 * any moment leaves the old file, no file, or the complete new one. A symbolic
 * link stays: what it leads to is written. In one call: pmpo_file_write
 * (pmpo.h). */
#ifndef PMPO_BASE_FILES_H
#define PMPO_BASE_FILES_H

#include "base/str.h"

/* Makes a new, empty file in the folder of `path`, to be filled and renamed to
 * `path` by pmpo_file_place; *name is its name. PMPO_EIO names `path`. */
int pmpo_file_beside(const char *path, pmpo_buf *name, pmpo_error *err);

/* Renames the file `from` to `to` in the same file system, after its bytes have
 * been synchronised to disk; then synchronises the folder. An existing `to` is
 * replaced; with `fresh` that is PMPO_EUSAGE. PMPO_EIO names `to`. */
int pmpo_file_place(const char *from, const char *to, bool fresh,
                    pmpo_error *err);

#endif
