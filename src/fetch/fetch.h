/* fetch.h: models on disk: the list, packages, checksums, widened copies.
 *
 * Files are made under a temporary name beside their place and renamed, under
 * a lock file, so two processes never see or make half a model. The cache
 * folder is base/paths.h's "models". The list is the table in catalogue.c. */
#ifndef PMPO_FETCH_FETCH_H
#define PMPO_FETCH_FETCH_H

#include "base/hash.h"
#include "base/str.h"
#include "pmpo.h"

/* The path of a model given by path or listed name (NULL or "": PMPO_MODEL
 * in the environment, else the list's default), appended to *path, its short
 * name to *name (a path's name is its last part without ".gguf").
 * PMPO_EMODEL: no such file; or a listed model that is not here yet (the
 * text names the `pmpo models pull` to run). */
int pmpo_fetch_resolve(const char *model, pmpo_buf *path, pmpo_buf *name,
                       pmpo_error *err);

/* XXH3-128 of a file's bytes, remembered by device, inode, size and mtime in
 * the cache folder, so a big file is read once. `progress` may be NULL. */
int pmpo_fetch_weights_hash(const char *path, pmpo_progress_fn progress,
                            void *ud, pmpo_hash *out, pmpo_error *err);

typedef struct pmpo_widener {
    /* Writes the widened form of `from` to `to`. Returns 0 or a code. */
    int (*widen)(void *ud, const char *from, const char *to, pmpo_error *err);
    /* Whether the file `copy` is whole and has all weights of its source. */
    bool (*fits)(void *ud, const char *copy);
    void *ud;
} pmpo_widener;

/* The widened copy ("f16", "bf16" or "f32") of `source`, whose weights hash to
 * `hash`, made by `w` unless it exists and fits; its path is appended to *out.
 * It gets its name only after its bytes are on disk. `bytes` is its approximate
 * size: if the disk has less space, PMPO_EIO ("needs 2.0 GB, 1.1 GB free")
 * before anything is written. PMPO_EIO names --precision native, which needs no
 * copy. The copy stores its source's name for `models
 * list` (NAME:f32). */
int pmpo_fetch_widened(const char *source, pmpo_hash hash,
                       const char *precision, uint64_t bytes,
                       const pmpo_widener *w, pmpo_buf *out,
                       pmpo_error *err);

/* Is there that copy, or a folder that it can be written to? Space isn't looked
 * at. */
bool pmpo_fetch_can_widen(const char *source, pmpo_hash hash,
                          const char *precision, const pmpo_widener *w);

/* Facts that were measured once on this machine, such as the hash of a file's
 * weights: texts stored by key in the cache folder. A missing or damaged entry
 * counts as "not found". */
bool pmpo_fetch_recall(const char *key, pmpo_buf *out);
void pmpo_fetch_remember(const char *key, pmpo_str value);

/* pmpo_model_list_new, _free, pmpo_model_pull and pmpo_model_remove of
 * pmpo.h are here too. */

#endif
