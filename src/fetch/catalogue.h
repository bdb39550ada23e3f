/* catalogue.h: the listed models. To add one, add a row in catalogue.c. */
#ifndef PMPO_FETCH_CATALOGUE_H
#define PMPO_FETCH_CATALOGUE_H

#include "base/str.h"
#include "pmpo.h"

typedef struct pmpo_listed {
    const char *name;
    const char *package; /* with %d: parts 1..n_parts, joined in that order */
    int n_parts;         /* 0: the package itself, no number */
    const char *version;
    const char *sha256;  /* of the whole file */
    uint64_t bytes;
    const char *licence, *note;
    bool is_default;
} pmpo_listed;

extern const pmpo_listed pmpo_catalogue[];
extern const size_t pmpo_n_catalogue;

/* The row with this name; NULL: none. */
const pmpo_listed *pmpo_listed_find(const char *name);
/* Appends the path of the folder of models, or of widened copies, which is made
 * if it is missing. */
int pmpo_models_folder(pmpo_buf *out, pmpo_error *err);
int pmpo_widened_folder(pmpo_buf *out, pmpo_error *err);
/* Appends the path at which a listed model is or would be. */
int pmpo_listed_path(const pmpo_listed *m, pmpo_buf *out, pmpo_error *err);
/* Appends the path of the folder in which a listed model's packages are kept until
 * it is complete. */
int pmpo_pull_folder(const pmpo_listed *m, pmpo_buf *out, pmpo_error *err);
/* Deletes that folder, if it is there, with all in it. */
void pmpo_pull_remove(const char *folder);

/* Appends a file's name without folder and ".gguf": "/a/b/c.gguf" gives "c". */
void pmpo_put_short_name(const char *path, pmpo_buf *out);

/* Locks the file `path`.lock, waiting while another process has the lock. Close
 * *fd to unlock. */
int pmpo_lock_path(const char *path, int *fd, pmpo_error *err);
/* PMPO_EIO if the disk of `folder` has fewer than `bytes` free; `what` names
 * what needs them. */
int pmpo_check_space(const char *folder, uint64_t bytes, const char *what,
                     pmpo_error *err);

#endif
