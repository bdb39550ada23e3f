/* files.h: writing files so that they are complete or do not exist: a file is
 * written under a temporary name in the same folder, then renamed. A crash at
 * any moment leaves the old file, no file, or the complete new one. A symbolic
 * link stays: what it leads to is written. A hard link does not: the other names
 * keep the old file. In one call: pmpo_file_write (pmpo.h). */
#ifndef PMPO_BASE_FILES_H
#define PMPO_BASE_FILES_H

#include "base/str.h"

/* Sets *out to where `path` leads, if it is a symbolic link, else to `path`; the
 * file need not exist. PMPO_EIO, PMPO_ENOMEM. */
int pmpo_file_follow(const char *path, pmpo_buf *out, pmpo_error *err);

/* Makes a new, empty file in the folder of `path`, to be filled and renamed to
 * `path` by pmpo_file_place; *name is its name. It has the permissions of the
 * file `path`, if there is one, and its owner can read and write it. PMPO_EIO
 * names `path`. */
int pmpo_file_beside(const char *path, pmpo_buf *name, pmpo_error *err);

/* Renames the file `from` to `to` in the same file system, after its bytes have
 * been synchronised to disk; then synchronises the folder. An existing `to` is
 * replaced; with `fresh` that is PMPO_EUSAGE. PMPO_EIO names `to`. */
int pmpo_file_place(const char *from, const char *to, bool fresh,
                    pmpo_error *err);

/* pmpo_file_write for n files: all are written before the first is put in its
 * place. PMPO_EIO, PMPO_ENOMEM. */
int pmpo_files_write(const char *const *paths, const pmpo_str *bytes, size_t n,
                     pmpo_error *err);

#endif
