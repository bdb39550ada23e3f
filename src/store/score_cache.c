/* score_cache.c: scores and replies by key, for all runs of this user.
 *
 * The cache may be lost at any time, and a failure of it must never cost more
 * than time: it switches the cache off for this process and is reported once,
 * and the work continues without it. Each put is a commit of its own. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/store.h"

#define CACHE_VERSION 2 /* of the table below; other versions are replaced */
#define MAX_BUSY 3      /* busy writes in a row, then no more are tried */
#define BUSY_MS 500     /* a wait for another process's write, at most */
#define DAY_S 86400

struct pmpo_cache {
    pmpo_db d;
    char *path;
    uint64_t max_bytes;
    sqlite3_stmt *get, *touch, *put;
    bool readable, writable;
    bool renewed;       /* a corrupt file was replaced; done once */
    struct stat opened; /* the file at `path` when it was opened */
    int n_busy; /* writes in a row that another process kept waiting */
    char trouble[300];
};

static const char tables[] =
    "CREATE TABLE IF NOT EXISTS entry(key BLOB PRIMARY KEY, value BLOB,"
    " checksum INTEGER, used INTEGER) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS entry_used ON entry(used);";

/* ---- trouble ------------------------------------------------------------------ */

static void finalize_all(pmpo_cache *c)
{
    sqlite3_finalize(c->get);
    sqlite3_finalize(c->touch);
    sqlite3_finalize(c->put);
    c->get = c->touch = c->put = NULL;
}

static void close_all(pmpo_cache *c)
{
    finalize_all(c);
    sqlite3_close(c->d.db);
    c->d.db = NULL;
    c->readable = c->writable = false;
}

static void say(pmpo_cache *c, const char *what)
{
    if (!c->trouble[0]) {
        snprintf(c->trouble, sizeof(c->trouble), "score cache: %s: %s",
                 what, c->d.db ? sqlite3_errmsg(c->d.db) : "cannot be opened");
    }
}

const char *pmpo_cache_trouble(const pmpo_cache *c)
{
    return c->trouble[0] ? c->trouble : NULL;
}

/* ---- opening --------------------------------------------------------------------- */

static int set_up(pmpo_cache *c)
{
    sqlite3_int64 version = 0;
    sqlite3_busy_timeout(c->d.db, BUSY_MS);
    if (pmpo_db_int(&c->d, "PRAGMA user_version", &version, NULL) < 0) {
        return -1;
    }
    if (version != 0 && version != CACHE_VERSION &&
        pmpo_db_exec(&c->d, "DROP TABLE IF EXISTS score;"
                            "DROP TABLE IF EXISTS entry", NULL) < 0) {
        return -1;
    }
    char pragma[64];
    snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%d", CACHE_VERSION);
    if (pmpo_db_exec(&c->d, "PRAGMA journal_mode=WAL", NULL) < 0 ||
        pmpo_db_exec(&c->d, "PRAGMA synchronous=NORMAL", NULL) < 0 ||
        (version != CACHE_VERSION &&
         (pmpo_db_exec(&c->d, tables, NULL) < 0 ||
          pmpo_db_exec(&c->d, pragma, NULL) < 0))) {
        return -1;
    }
    return 0;
}

static int prepare_all(pmpo_cache *c)
{
    return pmpo_db_prepare(&c->d, "SELECT value, checksum, used FROM entry "
                                  "WHERE key=?", &c->get, NULL) < 0 ||
                   pmpo_db_prepare(&c->d, "UPDATE entry SET used=? "
                                          "WHERE key=?", &c->touch, NULL) < 0 ||
                   pmpo_db_prepare(&c->d, "INSERT OR REPLACE INTO entry "
                                          "VALUES(?,?,?,?)", &c->put, NULL) < 0
               ? -1
               : 0;
}

static bool is_corrupt(const pmpo_cache *c)
{
    int code = c->d.db ? sqlite3_errcode(c->d.db) & 0xff : 0;
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

/* Opens for writing; if that fails, for reading; else not at all. */
static void open_cache(pmpo_cache *c)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    bool there = sqlite3_open_v2(c->path, &c->d.db, flags, NULL) == SQLITE_OK;
    bool whole = there && set_up(c) == 0 && prepare_all(c) == 0;
    if (stat(c->path, &c->opened) < 0) {
        c->opened = (struct stat){0};
    }
    if (whole) {
        c->readable = c->writable = true;
        return;
    }
    say(c, c->path);
    if (c->d.db && !is_corrupt(c)) {
        finalize_all(c);
        c->readable = prepare_all(c) == 0;
    }
}

/* Has another process replaced the corrupt file already? */
static bool is_replaced(const pmpo_cache *c)
{
    struct stat now;
    return stat(c->path, &now) == 0 &&
           (now.st_dev != c->opened.st_dev || now.st_ino != c->opened.st_ino);
}

/* Puts a corrupt cache aside, so that a new one can be made. */
static void move_aside(pmpo_cache *c)
{
    if (is_replaced(c)) {
        return;
    }
    pmpo_buf to = {0}, side = {0};
    pmpo_buf_printf(&to, "%s.corrupt", c->path);
    if (!to.failed && rename(c->path, to.ptr) == 0) {
        snprintf(c->trouble, sizeof(c->trouble),
                 "score cache: %s was corrupt and has been moved aside",
                 c->path);
    }
    const char *const tails[] = {"-wal", "-shm"};
    for (int i = 0; i < 2; i++) {
        pmpo_buf_clear(&side);
        pmpo_buf_printf(&side, "%s%s", c->path, tails[i]);
        if (!side.failed) {
            unlink(side.ptr);
        }
    }
    pmpo_buf_release(&side);
    pmpo_buf_release(&to);
}

/* Replaces a cache in which the last call of SQLite met a corrupt page, wherever
 * in the file. False: it met none, or in the new one, too. */
static bool renew(pmpo_cache *c)
{
    if (!is_corrupt(c) || c->renewed) {
        return false;
    }
    c->renewed = true;
    close_all(c);
    move_aside(c);
    open_cache(c);
    return true;
}

/* After a failed write the cache is only read. If another process was writing,
 * only this row is lost, unless that happens MAX_BUSY times in a row. */
static void write_failed(pmpo_cache *c)
{
    bool busy = (sqlite3_errcode(c->d.db) & 0xff) == SQLITE_BUSY;
    if (!renew(c) && (!busy || ++c->n_busy == MAX_BUSY)) {
        say(c, c->path);
        c->writable = false;
    }
}

static void read_failed(pmpo_cache *c)
{
    if (!renew(c)) {
        say(c, c->path);
        c->readable = false;
    }
}

/* Deletes the least recently used rows until the file is at most three
 * quarters of what it may be. */
static void shrink(pmpo_cache *c)
{
    sqlite3_int64 pages = 0, size = 0, free_pages = 0;
    if (!c->writable || pmpo_db_int(&c->d, "PRAGMA page_count", &pages, NULL) ||
        pmpo_db_int(&c->d, "PRAGMA page_size", &size, NULL) ||
        pmpo_db_int(&c->d, "PRAGMA freelist_count", &free_pages, NULL) ||
        (uint64_t)(pages * size) <= c->max_bytes) {
        return;
    }
    for (int i = 0; i < 40 &&
                    (uint64_t)((pages - free_pages) * size) >
                        c->max_bytes / 4 * 3;
         i++) {
        if (pmpo_db_exec(&c->d,
                         "DELETE FROM entry WHERE key IN (SELECT key FROM "
                         "entry ORDER BY used LIMIT (SELECT count(*)/8+1 FROM "
                         "entry))", NULL) < 0 ||
            pmpo_db_int(&c->d, "PRAGMA page_count", &pages, NULL) ||
            pmpo_db_int(&c->d, "PRAGMA freelist_count", &free_pages, NULL)) {
            write_failed(c);
            return;
        }
    }
    if (pmpo_db_exec(&c->d, "VACUUM", NULL) < 0) {
        write_failed(c);
    }
}

int pmpo_cache_none(const char *why, pmpo_cache **out, pmpo_error *err)
{
    pmpo_cache *c = pmpo_calloc(1, sizeof(*c));
    if (!c) {
        return pmpo_fail_memory(err);
    }
    snprintf(c->trouble, sizeof(c->trouble), "score cache: %s", why);
    *out = c;
    return 0;
}

int pmpo_cache_open(const char *path, uint64_t max_bytes, pmpo_cache **out,
                    pmpo_error *err)
{
    pmpo_cache *c = pmpo_calloc(1, sizeof(*c));
    size_t n = strlen(path) + 1;
    if (!c || !(c->path = pmpo_calloc(n, 1))) {
        pmpo_free(c);
        return pmpo_fail_memory(err);
    }
    memcpy(c->path, path, n);
    c->d.path = c->path;
    c->max_bytes = max_bytes;
    open_cache(c);
    if (!c->readable) {
        renew(c);
    }
    shrink(c);
    *out = c;
    return 0;
}

void pmpo_cache_free(pmpo_cache *c)
{
    if (!c) {
        return;
    }
    shrink(c);
    close_all(c);
    pmpo_free(c->path);
    pmpo_free(c);
}

/* ---- get and put ------------------------------------------------------------------------ */

/* Remembers that a row was used, at most once a day. */
static void touch(pmpo_cache *c, const pmpo_hash *key, sqlite3_int64 used)
{
    int64_t now = pmpo_wall_s();
    if (!c->writable || now - used < DAY_S) {
        return;
    }
    sqlite3_bind_int64(c->touch, 1, now);
    pmpo_db_bind_key(c->touch, 2, key);
    if (pmpo_db_run(&c->d, c->touch, NULL) < 0) {
        write_failed(c);
    }
}

static uint64_t checksum(pmpo_str value)
{
    return pmpo_hash64(value.ptr, value.len, value.len);
}

bool pmpo_cache_get_bytes(pmpo_cache *c, pmpo_hash key, pmpo_buf *out)
{
    if (!c->readable) {
        return false;
    }
    pmpo_db_bind_key(c->get, 1, &key);
    int rc = pmpo_db_step(&c->d, c->get, NULL);
    bool found = false;
    sqlite3_int64 used = 0;
    if (rc == 1) {
        const char *p = sqlite3_column_blob(c->get, 0);
        pmpo_str v = {p ? p : "", (size_t)sqlite3_column_bytes(c->get, 0)};
        found = checksum(v) == (uint64_t)sqlite3_column_int64(c->get, 1);
        used = sqlite3_column_int64(c->get, 2);
        if (found) {
            pmpo_buf_put(out, v);
        }
    }
    sqlite3_reset(c->get);
    sqlite3_clear_bindings(c->get);
    if (rc < 0) {
        read_failed(c); /* by what the reset has said again */
    } else if (found) {
        touch(c, &key, used);
    }
    return found && !out->failed;
}

bool pmpo_cache_get(pmpo_cache *c, pmpo_hash key, float *logprobs, size_t n)
{
    pmpo_buf b = {0};
    bool found = pmpo_cache_get_bytes(c, key, &b)
                 && b.len == n * sizeof(*logprobs);
    if (found && n) {
        memcpy(logprobs, b.ptr, b.len);
    }
    for (size_t i = 0; found && i < n; i++) {
        found = isfinite(logprobs[i]);
    }
    pmpo_buf_release(&b);
    return found;
}

void pmpo_cache_put_bytes(pmpo_cache *c, pmpo_hash key, pmpo_str value)
{
    if (!c->writable) {
        return;
    }
    pmpo_db_bind_key(c->put, 1, &key);
    sqlite3_bind_blob64(c->put, 2, value.len ? value.ptr : "", value.len,
                        SQLITE_TRANSIENT);
    sqlite3_bind_int64(c->put, 3, (sqlite3_int64)checksum(value));
    sqlite3_bind_int64(c->put, 4, pmpo_wall_s());
    if (pmpo_db_run(&c->d, c->put, NULL) < 0) {
        write_failed(c);
    } else {
        c->n_busy = 0;
    }
}

void pmpo_cache_put(pmpo_cache *c, pmpo_hash key, const float *logprobs,
                    size_t n)
{
    pmpo_cache_put_bytes(c, key, (pmpo_str){(const char *)logprobs,
                                            n * sizeof(*logprobs)});
}
