/* files.h: files that are whole, or not there: written beside their place,
 * then given their name. A crash at any moment leaves the old file, or none,
 * or the whole new one. */
#ifndef PMPO_BASE_FILES_H
#define PMPO_BASE_FILES_H

#include "base/str.h"

/* Makes a new, empty file beside `path`, to be filled and put in its place;
 * its name goes to *name. PMPO_EIO names `path`. */
int pmpo_file_beside(const char *path, pmpo_buf *name, pmpo_error *err);

/* Gives the file `from` the name `to` in the same file system: its bytes go to
 * disk first, the folder's entry after. An existing `to` is replaced, or with
 * `fresh` refused: PMPO_EUSAGE. PMPO_EIO names `to`. */
int pmpo_file_place(const char *from, const char *to, bool fresh,
                    pmpo_error *err);

/* Writes `path` whole. What is there is replaced, but for a device or a pipe,
 * which is written to. */
int pmpo_file_write(const char *path, pmpo_str bytes, pmpo_error *err);

#endif
