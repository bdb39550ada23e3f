/* db.c: SQLite's errors as ours, and values in and out. */
#define _POSIX_C_SOURCE 200809L
#include "store/db.h"

#include <limits.h>
#include <math.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hash.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "run files keep float32 in little-endian order"
#endif

/* SQLite's 512 bytes without "-journal" and the ending of a file that is being
 * made. */
#define LONGEST_PATH 490

static bool is_too_long(const char *path)
{
    char here[PATH_MAX];
    bool whole = path[0] == '/' || !getcwd(here, sizeof(here));
    return strlen(path) + (whole ? 0 : strlen(here) + 1) > LONGEST_PATH;
}

/* Could SQLite not undo what a process that was killed had begun? */
static bool is_half_written(const pmpo_db *d)
{
    int code = sqlite3_extended_errcode(d->db);
    const char *file = sqlite3_db_filename(d->db, "main");
    if (!file ||
        (code != SQLITE_IOERR_DELETE && code != SQLITE_READONLY_ROLLBACK &&
         (code & 0xff) != SQLITE_CANTOPEN)) {
        return false;
    }
    pmpo_buf journal = {0};
    pmpo_buf_printf(&journal, "%s-journal", file);
    bool there = !journal.failed && access(journal.ptr, F_OK) == 0;
    pmpo_buf_release(&journal);
    return there;
}

/* What SQLite says in words of its own. */
static int fail_otherwise(const pmpo_db *d, const char *text, pmpo_error *err)
{
    if (is_half_written(d)) {
        return pmpo_fail(err, PMPO_EIO,
                         "%s: an interrupted write has to be undone first, "
                         "which needs write access to the file and its folder",
                         d->path);
    }
    bool long_path = (sqlite3_errcode(d->db) & 0xff) == SQLITE_CANTOPEN &&
                     is_too_long(d->path);
    return long_path ? pmpo_fail(err, PMPO_EIO,
                                 "%s: its whole path is longer than %d bytes, "
                                 "which is too long for SQLite",
                                 d->path, LONGEST_PATH)
                     : pmpo_fail(err, PMPO_EIO, "%s: %s", d->path, text);
}

int pmpo_db_fail(const pmpo_db *d, pmpo_error *err)
{
    int code = d->db ? sqlite3_errcode(d->db) : SQLITE_NOMEM;
    const char *text = d->db ? sqlite3_errmsg(d->db) : "out of memory";
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return pmpo_fail_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return pmpo_fail(err, PMPO_EBUSY, "%s: in use by another process",
                         d->path);
    case SQLITE_NOTADB:
        return pmpo_fail(err, PMPO_EDATA, "%s: not a pmpo run file", d->path);
    case SQLITE_CORRUPT:
        return pmpo_fail(err, PMPO_EIO, "%s: damaged: %s", d->path, text);
    case SQLITE_FULL:
        return pmpo_fail(err, PMPO_EIO, "%s: the disk is full", d->path);
    default:
        return fail_otherwise(d, text, err);
    }
}

int pmpo_db_exec(const pmpo_db *d, const char *sql, pmpo_error *err)
{
    return sqlite3_exec(d->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : pmpo_db_fail(d, err);
}

int pmpo_db_prepare(const pmpo_db *d, const char *sql, sqlite3_stmt **out,
                    pmpo_error *err)
{
    return sqlite3_prepare_v2(d->db, sql, -1, out, NULL) == SQLITE_OK
               ? 0
               : pmpo_db_fail(d, err);
}

int pmpo_db_step(const pmpo_db *d, sqlite3_stmt *st, pmpo_error *err)
{
    switch (sqlite3_step(st)) {
    case SQLITE_ROW:
        return 1;
    case SQLITE_DONE:
        return 0;
    default:
        return pmpo_db_fail(d, err);
    }
}

int pmpo_db_run(const pmpo_db *d, sqlite3_stmt *st, pmpo_error *err)
{
    int rc = pmpo_db_step(d, st, err);
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return rc < 0 ? rc : 0;
}

int pmpo_db_int(const pmpo_db *d, const char *sql, sqlite3_int64 *out,
                pmpo_error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = pmpo_db_prepare(d, sql, &st, err);
    rc = rc < 0 ? rc : pmpo_db_step(d, st, err);
    *out = rc == 1 ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

/* ---- values --------------------------------------------------------------------- */

void pmpo_db_bind_str(sqlite3_stmt *st, int i, pmpo_str s)
{
    sqlite3_bind_text64(st, i, s.ptr ? s.ptr : "", s.len, SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

void pmpo_db_bind_text(sqlite3_stmt *st, int i, const char *s)
{
    pmpo_db_bind_str(st, i, pmpo_str_of(s));
}

void pmpo_db_bind_number(sqlite3_stmt *st, int i, double v)
{
    if (isnan(v)) {
        sqlite3_bind_null(st, i);
    } else {
        sqlite3_bind_double(st, i, v);
    }
}

void pmpo_db_bind_key(sqlite3_stmt *st, int i, const pmpo_hash *key)
{
    sqlite3_bind_blob(st, i, key->bytes, sizeof(key->bytes), SQLITE_TRANSIENT);
}

pmpo_str pmpo_db_str(sqlite3_stmt *st, int column)
{
    const char *p = (const char *)sqlite3_column_text(st, column);
    return (pmpo_str){p ? p : "", (size_t)sqlite3_column_bytes(st, column)};
}

double pmpo_db_number(sqlite3_stmt *st, int column)
{
    return sqlite3_column_type(st, column) == SQLITE_NULL
               ? NAN
               : sqlite3_column_double(st, column);
}

void pmpo_db_bind_floats(sqlite3_stmt *st, int i, const float *x, size_t n)
{
    sqlite3_bind_blob64(st, i, n ? (const void *)x : "", n * sizeof(*x),
                        SQLITE_TRANSIENT);
}

uint64_t pmpo_db_checksum(const float *x, size_t n)
{
    return pmpo_hash64(x, n * sizeof(*x), n);
}

bool pmpo_db_floats(sqlite3_stmt *st, int blob, int sum, float *x, size_t n)
{
    size_t bytes = (size_t)sqlite3_column_bytes(st, blob);
    if (bytes != n * sizeof(*x)) {
        return false;
    }
    if (bytes) {
        memcpy(x, sqlite3_column_blob(st, blob), bytes);
    }
    return pmpo_db_checksum(x, n) == (uint64_t)sqlite3_column_int64(st, sum);
}
