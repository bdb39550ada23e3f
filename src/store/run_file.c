/* run_file.c: writing a run file.
 *
 * The file is made complete under a temporary name and then linked to its
 * own, so a run file that exists has its tables. The writer holds it from then
 * on (run_lock.h). */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/files.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/run_lock.h"
#include "store/schema.h"
#include "store/store.h"

enum {
    PUT_TEXT,
    GET_TEXT,
    PUT_NUMBER,
    GET_NUMBER,
    DROP_NUMBER,
    PUT_EXAMPLE,
    GET_EXAMPLES,
    PUT_UNIT,
    GET_UNIT,
    PUT_JOB,
    GET_JOB,
    PUT_CANDIDATE,
    PUT_ITERATION,
    GET_DIGEST,
    PUT_HARD,
    PUT_SEGMENT,
    N_STATEMENTS,
};

static const char *const sql[N_STATEMENTS] = {
    [PUT_TEXT] = "INSERT OR REPLACE INTO text VALUES(?,?)",
    [GET_TEXT] = "SELECT value FROM text WHERE name=?",
    [PUT_NUMBER] = "INSERT OR REPLACE INTO number VALUES(?,?)",
    [GET_NUMBER] = "SELECT value FROM number WHERE name=?",
    [DROP_NUMBER] = "DELETE FROM number WHERE name=?",
    [PUT_EXAMPLE] = "INSERT OR REPLACE INTO example VALUES(?,?,?)",
    [GET_EXAMPLES] = "SELECT json FROM example WHERE part=? ORDER BY idx",
    [PUT_UNIT] = "INSERT OR REPLACE INTO unit VALUES(?,?,?,?,?,?,?,?,?,?)",
    [GET_UNIT] = "SELECT logprobs, checksum FROM unit WHERE key=?",
    [PUT_JOB] = "INSERT OR REPLACE INTO job VALUES(?,?,?,?,?,?,?)",
    [GET_JOB] = "SELECT replies FROM job WHERE key=?",
    [PUT_CANDIDATE] =
        "INSERT OR REPLACE INTO candidate VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
        "?)",
    [PUT_ITERATION] =
        "INSERT OR REPLACE INTO iteration VALUES(?,?,?,?,?,?,?,?,?,?,?)",
    [GET_DIGEST] = "SELECT version, digest FROM iteration WHERE idx=?",
    [PUT_HARD] = "INSERT OR REPLACE INTO hard VALUES(?,?,?)",
    [PUT_SEGMENT] = "INSERT OR REPLACE INTO segment VALUES(?,?,?,?,?,?,?,?)",
};

struct pmpo_store {
    pmpo_db d;
    int lock; /* descriptor; -1: none */
    char *path;
    sqlite3_stmt *st[N_STATEMENTS]; /* prepared on first use */
};

/* ---- opening ------------------------------------------------------------------- */

void pmpo_store_free(pmpo_store *s)
{
    if (!s) {
        return;
    }
    for (int i = 0; i < N_STATEMENTS; i++) {
        sqlite3_finalize(s->st[i]);
    }
    sqlite3_close(s->d.db);
    pmpo_runs_enter();
    pmpo_run_unlock(s->lock);
    pmpo_runs_leave();
    pmpo_free(s->path);
    pmpo_free(s);
}

const char *pmpo_store_path(const pmpo_store *s)
{
    return s->path;
}

const pmpo_db *pmpo_store_db(const pmpo_store *s)
{
    return &s->d;
}

static pmpo_store *new_store(const char *path)
{
    pmpo_store *s = pmpo_calloc(1, sizeof(*s));
    size_t n = strlen(path) + 1;
    if (s) {
        s->lock = -1;
        s->path = pmpo_calloc(n, 1);
        if (!s->path) {
            pmpo_free(s);
            return NULL;
        }
        memcpy(s->path, path, n);
        s->d.path = s->path;
    }
    return s;
}

static int open_db(pmpo_store *s, const char *path, pmpo_error *err)
{
    if (sqlite3_open_v2(path, &s->d.db, SQLITE_OPEN_READWRITE, NULL) !=
        SQLITE_OK) {
        return pmpo_db_fail(&s->d, err);
    }
    sqlite3_busy_timeout(s->d.db, PMPO_BUSY_MS);
    return 0;
}

/* The first pragma is written to the file. */
static int set_modes(pmpo_store *s, pmpo_error *err)
{
    return pmpo_db_exec(&s->d,
                        "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA",
                        err);
}

int pmpo_run_check(const pmpo_db *d, pmpo_error *err)
{
    sqlite3_int64 id, version;
    int rc = pmpo_db_int(d, "PRAGMA application_id", &id, err);
    rc = rc < 0 ? rc : pmpo_db_int(d, "PRAGMA user_version", &version, err);
    if (rc < 0) {
        return rc;
    }
    if (id != PMPO_APPLICATION_ID) {
        return pmpo_fail(err, PMPO_EDATA, "%s: not a pmpo run file", d->path);
    }
    if (version != PMPO_STORE_SCHEMA) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "%s: made by another version of pmpo (format %lld, "
                         "this one reads %d)",
                         d->path, (long long)version, PMPO_STORE_SCHEMA);
    }
    return 0;
}

int pmpo_store_open(const char *path, pmpo_store **out, pmpo_error *err)
{
    pmpo_store *s = new_store(path);
    pmpo_runs_enter();
    int rc = s ? pmpo_run_lock(path, &s->lock, err) : pmpo_fail_memory(err);
    pmpo_runs_leave();
    rc = rc < 0 ? rc : open_db(s, path, err);
    rc = rc < 0 ? rc : pmpo_run_check(&s->d, err);
    rc = rc < 0 ? rc : set_modes(s, err);
    if (rc < 0) {
        pmpo_store_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

/* ---- making -------------------------------------------------------------------- */

static int make_tables(pmpo_store *s, pmpo_error *err)
{
    char pragmas[96];
    snprintf(pragmas, sizeof(pragmas),
             "PRAGMA application_id=%d; PRAGMA user_version=%d",
             PMPO_APPLICATION_ID, PMPO_STORE_SCHEMA);
    int rc = pmpo_db_exec(&s->d, pragmas, err);
    return rc < 0 ? rc
                  : pmpo_db_exec(&s->d, "BEGIN;" PMPO_RUN_TABLES "COMMIT", err);
}

static void remove_journal(const char *path)
{
    pmpo_buf j = {0};
    pmpo_buf_printf(&j, "%s-journal", path);
    if (!j.failed) {
        unlink(j.ptr);
    }
    pmpo_buf_release(&j);
}

/* Gives the finished file its name. A journal that is there already is that of
 * a run that goes or was deleted: the lock on the folder keeps others from
 * beginning a run of the name between the look and the removal. */
static int put_in_place(const char *from, const char *path, bool force,
                        pmpo_error *err)
{
    int old = -1;
    pmpo_runs_enter();
    int folder = pmpo_run_folder(path);
    int rc = force && !pmpo_run_hold(path, &old) ? pmpo_run_busy(path, err) : 0;
    if (rc == 0 && (force || access(path, F_OK) < 0)) {
        remove_journal(path);
    }
    rc = rc < 0 ? rc : pmpo_file_place(from, path, !force, err);
    pmpo_run_let_go(old);
    pmpo_run_let_go(folder);
    pmpo_runs_leave();
    return rc == PMPO_EUSAGE
               ? pmpo_fail(err, rc, "%s exists already: --force replaces it, "
                           "pmpo resume goes on with it", path)
               : rc;
}

typedef int fill_fn(pmpo_store *s, void *ud, pmpo_error *err);

/* `path`: no symbolic link. */
static int make_file(const char *path, bool force, fill_fn *fill, void *ud,
                     pmpo_error *err)
{
    pmpo_buf name = {0};
    pmpo_store *s = NULL;
    int rc = pmpo_file_beside(path, &name, err);
    if (rc == 0) {
        s = new_store(path);
        rc = s ? open_db(s, name.ptr, err) : pmpo_fail_memory(err);
    }
    rc = rc < 0 ? rc : set_modes(s, err);
    rc = rc < 0 ? rc : make_tables(s, err);
    rc = rc < 0 || !fill ? rc : fill(s, ud, err);
    pmpo_store_free(s);
    rc = rc < 0 ? rc : put_in_place(name.ptr, path, force, err);
    if (rc < 0 && name.ptr) {
        unlink(name.ptr);
    }
    pmpo_buf_release(&name);
    return rc;
}

/* The journal of a run lies beside the file that a symbolic link leads to, and has
 * its name. */
int pmpo_store_create(const char *path, bool force, fill_fn *fill, void *ud,
                      pmpo_store **out, pmpo_error *err)
{
    pmpo_buf real = {0};
    int rc = pmpo_file_follow(path, &real, err);
    rc = rc < 0 || !force ? rc : pmpo_run_is_file(real.ptr, err);
    rc = rc < 0 ? rc : make_file(real.ptr, force, fill, ud, err);
    pmpo_buf_release(&real);
    return rc < 0 ? rc : pmpo_store_open(path, out, err);
}

/* ---- statements ------------------------------------------------------------------ */

/* The statement, ready to be bound; NULL with `err` filled. */
static sqlite3_stmt *ready(pmpo_store *s, int which, int *rc, pmpo_error *err)
{
    *rc = 0;
    if (!s->st[which]) {
        *rc = pmpo_db_prepare(&s->d, sql[which], &s->st[which], err);
    }
    return s->st[which];
}

/* Steps a SELECT once: 1 row, 0 none, or a code. The caller reads columns,
 * then calls done(). */
static int fetch(pmpo_store *s, sqlite3_stmt *st, pmpo_error *err)
{
    int rc = pmpo_db_step(&s->d, st, err);
    if (rc < 0) {
        sqlite3_reset(st);
    }
    return rc;
}

static void done(sqlite3_stmt *st)
{
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
}

int pmpo_store_begin(pmpo_store *s, pmpo_error *err)
{
    return pmpo_db_exec(&s->d, "BEGIN IMMEDIATE", err);
}

int pmpo_store_commit(pmpo_store *s, pmpo_error *err)
{
    return pmpo_db_exec(&s->d, "COMMIT", err);
}

void pmpo_store_rollback(pmpo_store *s)
{
    if (!sqlite3_get_autocommit(s->d.db)) {
        pmpo_db_exec(&s->d, "ROLLBACK", NULL);
    }
}

/* ---- text, numbers, examples --------------------------------------------------------- */

int pmpo_store_put_text(pmpo_store *s, const char *name, pmpo_str value,
                        pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_TEXT, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_text(st, 1, name);
    pmpo_db_bind_str(st, 2, value);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_get_text(pmpo_store *s, const char *name, pmpo_buf *out,
                        bool *found, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, GET_TEXT, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_text(st, 1, name);
    rc = fetch(s, st, err);
    *found = rc == 1;
    if (rc == 1) {
        pmpo_buf_put(out, pmpo_db_str(st, 0));
    }
    done(st);
    return rc < 0 ? rc : out->failed ? pmpo_fail_memory(err) : 0;
}

int pmpo_store_put_number(pmpo_store *s, const char *name, double v,
                          pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_NUMBER, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_text(st, 1, name);
    pmpo_db_bind_number(st, 2, v);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_get_number(pmpo_store *s, const char *name, double *v,
                          bool *found, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, GET_NUMBER, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_text(st, 1, name);
    rc = fetch(s, st, err);
    *found = rc == 1;
    if (rc == 1) {
        *v = pmpo_db_number(st, 0);
    }
    done(st);
    return rc < 0 ? rc : 0;
}

int pmpo_store_drop_number(pmpo_store *s, const char *name, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, DROP_NUMBER, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_text(st, 1, name);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_put_example(pmpo_store *s, pmpo_part part, size_t index,
                           pmpo_str json, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_EXAMPLE, &rc, err);
    if (!st) {
        return rc;
    }
    sqlite3_bind_int(st, 1, (int)part);
    sqlite3_bind_int64(st, 2, (sqlite3_int64)index);
    pmpo_db_bind_str(st, 3, json);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_get_examples(pmpo_store *s, pmpo_part part, pmpo_buf *jsonl,
                            size_t *n, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, GET_EXAMPLES, &rc, err);
    if (!st) {
        return rc;
    }
    *n = 0;
    sqlite3_bind_int(st, 1, (int)part);
    while ((rc = fetch(s, st, err)) == 1) {
        pmpo_buf_put(jsonl, pmpo_db_str(st, 0));
        pmpo_buf_putc(jsonl, '\n');
        ++*n;
    }
    done(st);
    return rc < 0 ? rc : jsonl->failed ? pmpo_fail_memory(err) : 0;
}

/* ---- finished work --------------------------------------------------------------------- */

int pmpo_store_put_unit(pmpo_store *s, const pmpo_unit_row *u, pmpo_error *err)
{
    for (size_t i = 0; i < u->n; i++) {
        if (!isfinite(u->logprobs[i])) {
            return pmpo_fail(err, PMPO_ENAN,
                             "%s: a score that is not a number is not kept",
                             s->path);
        }
    }
    int rc;
    sqlite3_stmt *st = ready(s, PUT_UNIT, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_key(st, 1, &u->key);
    sqlite3_bind_int(st, 2, u->prompt);
    pmpo_db_bind_text(st, 3, u->purpose);
    sqlite3_bind_int64(st, 4, (sqlite3_int64)u->block);
    pmpo_db_bind_floats(st, 5, u->logprobs, u->n);
    sqlite3_bind_int64(st, 6,
                       (sqlite3_int64)pmpo_db_checksum(u->logprobs, u->n));
    sqlite3_bind_int64(st, 7, (sqlite3_int64)u->prefill_tokens);
    sqlite3_bind_int64(st, 8, (sqlite3_int64)u->logical_tokens);
    sqlite3_bind_int64(st, 9, (sqlite3_int64)u->n_cached);
    sqlite3_bind_double(st, 10, u->ms);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_get_unit(pmpo_store *s, pmpo_hash key, float *logprobs, size_t n,
                        bool *found, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, GET_UNIT, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_key(st, 1, &key);
    rc = fetch(s, st, err);
    *found = rc == 1;
    if (rc == 1 && !pmpo_db_floats(st, 0, 1, logprobs, n)) {
        *found = false;
        rc = pmpo_fail(err, PMPO_EIO,
                       "%s: damaged: the scores of a unit fail their checksum",
                       s->path);
    }
    done(st);
    return rc < 0 ? rc : 0;
}

int pmpo_store_put_job(pmpo_store *s, pmpo_hash key, const char *kind,
                       int iteration, pmpo_str replies,
                       const pmpo_cost *cost, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_JOB, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_key(st, 1, &key);
    pmpo_db_bind_text(st, 2, kind);
    sqlite3_bind_int(st, 3, iteration);
    pmpo_db_bind_str(st, 4, replies);
    sqlite3_bind_int64(st, 5, (sqlite3_int64)cost->prompt_tokens);
    sqlite3_bind_int64(st, 6, (sqlite3_int64)cost->generated_tokens);
    sqlite3_bind_double(st, 7, cost->seconds * 1e3);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_get_job(pmpo_store *s, pmpo_hash key, pmpo_buf *replies,
                       bool *found, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, GET_JOB, &rc, err);
    if (!st) {
        return rc;
    }
    pmpo_db_bind_key(st, 1, &key);
    rc = fetch(s, st, err);
    *found = rc == 1;
    if (rc == 1) {
        pmpo_buf_put(replies, pmpo_db_str(st, 0));
    }
    done(st);
    return rc < 0 ? rc : replies->failed ? pmpo_fail_memory(err) : 0;
}

static void name_too_long(pmpo_hash key, char out[48])
{
    char hex[33];
    pmpo_hash_hex(key, hex);
    snprintf(out, 48, "too_long.%s", hex);
}

int pmpo_store_put_too_long(pmpo_store *s, pmpo_hash key, const char *why,
                            pmpo_error *err)
{
    char name[48];
    name_too_long(key, name);
    return pmpo_store_put_text(s, name, pmpo_str_of(why), err);
}

int pmpo_store_was_too_long(pmpo_store *s, pmpo_hash key, pmpo_error *err)
{
    char name[48];
    pmpo_buf why = {0};
    bool found = false;
    name_too_long(key, name);
    int rc = pmpo_store_get_text(s, name, &why, &found, err);
    if (rc == 0 && found) {
        rc = pmpo_fail(err, PMPO_ETOOLONG, "%.*s", (int)why.len, why.ptr);
    }
    pmpo_buf_release(&why);
    return rc;
}

/* ---- the search's record ------------------------------------------------------------------ */

/* "3 7"; at most PMPO_MAX_PARENTS numbers of at most 11 signs. */
static void join_parents(const pmpo_candidate_row *c, char out[64])
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < c->n_parents; i++) {
        at += (size_t)snprintf(out + at, 64 - at, i ? " %d" : "%d",
                               c->parents[i]);
    }
}

int pmpo_store_put_candidate(pmpo_store *s, const pmpo_candidate_row *c,
                             pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_CANDIDATE, &rc, err);
    if (!st) {
        return rc;
    }
    sqlite3_bind_int(st, 1, c->id);
    char parents[64];
    join_parents(c, parents);
    pmpo_db_bind_text(st, 2, parents);
    sqlite3_bind_int(st, 3, c->iteration);
    sqlite3_bind_int(st, 4, c->index);
    pmpo_db_bind_str(st, 5, c->prompt);
    pmpo_db_bind_str(st, 6, c->reply);
    pmpo_db_bind_text(st, 7, c->proposer);
    pmpo_db_bind_number(st, 8, c->loss);
    pmpo_db_bind_number(st, 9, c->lower_bound);
    pmpo_db_bind_text(st, 10, pmpo_fate_name(c->fate));
    pmpo_db_bind_text(st, 11, c->reason);
    sqlite3_bind_int(st, 12, c->hard_case);
    sqlite3_bind_int(st, 13, c->variant);
    sqlite3_bind_int64(st, 14, (sqlite3_int64)c->seed);
    sqlite3_bind_int64(st, 15, (sqlite3_int64)c->n_tokens);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_put_iteration(pmpo_store *s, const pmpo_iteration_row *it,
                             pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_ITERATION, &rc, err);
    if (!st) {
        return rc;
    }
    sqlite3_bind_int(st, 1, it->index);
    pmpo_db_bind_number(st, 2, it->incumbent_loss);
    pmpo_db_bind_number(st, 3, it->best_loss);
    sqlite3_bind_int(st, 4, it->marked_by_model);
    pmpo_db_bind_text(st, 5, it->marking_note);
    pmpo_db_bind_text(st, 6, it->decision);
    sqlite3_bind_int(st, 7, it->incumbent);
    sqlite3_bind_int(st, 8, it->best);
    sqlite3_bind_double(st, 9, it->seconds);
    pmpo_db_bind_text(st, 10, it->version);
    pmpo_db_bind_text(st, 11, it->digest);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_get_digest(pmpo_store *s, int iteration, pmpo_buf *version,
                          pmpo_buf *digest, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, GET_DIGEST, &rc, err);
    if (!st) {
        return rc;
    }
    sqlite3_bind_int(st, 1, iteration);
    rc = fetch(s, st, err);
    if (rc == 1) {
        pmpo_buf_put(version, pmpo_db_str(st, 0));
        pmpo_buf_put(digest, pmpo_db_str(st, 1));
    }
    done(st);
    return rc < 0 ? rc
           : version->failed || digest->failed ? pmpo_fail_memory(err)
                                               : 0;
}

int pmpo_store_put_hard(pmpo_store *s, int iteration, int index, pmpo_str id,
                        pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_HARD, &rc, err);
    if (!st) {
        return rc;
    }
    sqlite3_bind_int(st, 1, iteration);
    sqlite3_bind_int(st, 2, index);
    pmpo_db_bind_str(st, 3, id);
    return pmpo_db_run(&s->d, st, err);
}

int pmpo_store_put_segment(pmpo_store *s, int iteration, int index,
                           const pmpo_segment_effect *e, pmpo_error *err)
{
    int rc;
    sqlite3_stmt *st = ready(s, PUT_SEGMENT, &rc, err);
    if (!st) {
        return rc;
    }
    sqlite3_bind_int(st, 1, iteration);
    sqlite3_bind_int(st, 2, index);
    sqlite3_bind_int64(st, 3, (sqlite3_int64)e->begin);
    sqlite3_bind_int64(st, 4, (sqlite3_int64)e->end);
    pmpo_db_bind_str(st, 5, e->text);
    pmpo_db_bind_number(st, 6, e->effect);
    pmpo_db_bind_number(st, 7, e->low);
    pmpo_db_bind_number(st, 8, e->high);
    return pmpo_db_run(&s->d, st, err);
}
