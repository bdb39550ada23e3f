/* db.h: a thin layer over SQLite that turns its failures into pmpo_error. */
#ifndef PMPO_STORE_DB_H
#define PMPO_STORE_DB_H

#include <sqlite3.h>

#include "base/mem.h"
#include "base/str.h"
#include "pmpo.h"
#include "store/store.h"

/* How long a run file may be locked by another process's commit, or by a
 * reader, before that is an error. */
#define PMPO_BUSY_MS 10000

typedef struct pmpo_db {
    sqlite3 *db;
    const char *path; /* borrowed, for messages */
} pmpo_db;

/* The database of an open run. (run_file.c) */
const pmpo_db *pmpo_store_db(const pmpo_store *s);

/* Reads the losses of single examples, by prompt and part, into `mem`; none for
 * runs of older versions, which did not store them. (run_losses.c) */
int pmpo_run_read_losses(const pmpo_db *d, pmpo_arena *mem,
                         const pmpo_prompt_losses **out, size_t *n_out,
                         pmpo_error *err);

/* Reads the run's notes as sentences, into `mem`. (run_notes.c) */
int pmpo_run_read_notes(const pmpo_db *d, pmpo_arena *mem,
                        const char *const **out, size_t *n_out,
                        pmpo_error *err);

/* PMPO_EDATA or PMPO_EVERSION unless `d` is a run file of this version.
 * (run_file.c) */
int pmpo_run_check(const pmpo_db *d, pmpo_error *err);

/* Returns SQLite's last error as a pmpo_code, with path and cause in *err. */
int pmpo_db_fail(const pmpo_db *d, pmpo_error *err);
int pmpo_db_exec(const pmpo_db *d, const char *sql, pmpo_error *err);
int pmpo_db_prepare(const pmpo_db *d, const char *sql, sqlite3_stmt **out,
                    pmpo_error *err);
/* Runs a statement that gives no rows, and resets it. */
int pmpo_db_run(const pmpo_db *d, sqlite3_stmt *st, pmpo_error *err);
/* Next row: 1, none: 0, or a code. */
int pmpo_db_step(const pmpo_db *d, sqlite3_stmt *st, pmpo_error *err);
/* The single integer that `sql` gives. */
int pmpo_db_int(const pmpo_db *d, const char *sql, sqlite3_int64 *out,
                pmpo_error *err);

/* Binding can only fail if memory runs out, which the next step then
 * reports. */
void pmpo_db_bind_str(sqlite3_stmt *st, int i, pmpo_str s);
void pmpo_db_bind_text(sqlite3_stmt *st, int i, const char *s);
void pmpo_db_bind_number(sqlite3_stmt *st, int i, double v); /* NAN: NULL */
void pmpo_db_bind_key(sqlite3_stmt *st, int i, const pmpo_hash *key);
pmpo_str pmpo_db_str(sqlite3_stmt *st, int column); /* until the next step */
double pmpo_db_number(sqlite3_stmt *st, int column); /* NULL: NAN */

/* Log-probabilities as a blob: little-endian float32. */
void pmpo_db_bind_floats(sqlite3_stmt *st, int i, const float *x, size_t n);
uint64_t pmpo_db_checksum(const float *x, size_t n);
/* Fills x[0..n) from columns `blob` and `sum` (the checksum); false when
 * length or checksum are wrong. */
bool pmpo_db_floats(sqlite3_stmt *st, int blob, int sum, float *x, size_t n);

#endif
