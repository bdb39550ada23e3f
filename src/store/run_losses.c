/* run_losses.c: the losses of single examples under a prompt of the run.
 *
 * Units store log-probabilities in the engine's order; this table answers the
 * questions of a user: which example got better, and at which token. Runs of
 * versions without this table get it when they are resumed. */
#include <math.h>

#include "base/error.h"
#include "store/db.h"
#include "store/schema.h"
#include "store/store.h"

/* The first loss stays: with all options scored the packing is another one
 * and a loss may differ in its last bits; the search's own number is told. */
static const char put_sql[] =
    "INSERT INTO loss VALUES(?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
    "correct=coalesce(excluded.correct, correct), "
    "picked=coalesce(excluded.picked, picked), "
    "ends=coalesce(excluded.ends, ends), "
    "logprobs=coalesce(excluded.logprobs, logprobs)";

static bool any_options(const pmpo_prompt_score *p)
{
    for (size_t i = 0; i < p->n_examples; i++) {
        if (p->examples[i].picked >= 0) {
            return true;
        }
    }
    return false;
}

/* Is everything of `p` there already? Then a resumed run writes nothing. */
static int is_there(const pmpo_db *d, int prompt, pmpo_part part,
                    const pmpo_prompt_score *p, bool answers, bool *yes,
                    pmpo_error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = pmpo_db_prepare(d, "SELECT count(*), count(correct), count(ends) "
                             "FROM loss WHERE prompt=? AND part=?", &st, err);
    if (rc == 0) {
        sqlite3_bind_int(st, 1, prompt);
        sqlite3_bind_int(st, 2, (int)part);
        rc = pmpo_db_step(d, st, err);
    }
    if (rc == 1) {
        *yes = (size_t)sqlite3_column_int64(st, 0) == p->n_examples
               && (sqlite3_column_int64(st, 1) > 0 || !any_options(p))
               && (sqlite3_column_int64(st, 2) > 0 || !answers);
    }
    sqlite3_finalize(st);
    return rc < 0 ? rc : 0;
}

static void bind_answer(sqlite3_stmt *st, const pmpo_target_score *t)
{
    if (t->token_ends) {
        sqlite3_bind_blob64(st, 7, t->token_ends,
                            t->n_tokens * sizeof(*t->token_ends),
                            SQLITE_TRANSIENT);
        pmpo_db_bind_floats(st, 8, t->token_logprobs, t->n_tokens);
    }
}

static int put_rows(const pmpo_db *d, int prompt, pmpo_part part,
                    const pmpo_prompt_score *p, bool answers, pmpo_error *err)
{
    sqlite3_stmt *st = NULL;
    int rc = pmpo_db_prepare(d, put_sql, &st, err);
    for (size_t i = 0; rc == 0 && i < p->n_examples; i++) {
        const pmpo_example_score *x = &p->examples[i];
        sqlite3_bind_int(st, 1, prompt);
        sqlite3_bind_int(st, 2, (int)part);
        sqlite3_bind_int64(st, 3, (sqlite3_int64)i);
        pmpo_db_bind_number(st, 4, x->loss);
        if (x->picked >= 0) {
            sqlite3_bind_int(st, 5, x->correct);
            pmpo_db_bind_str(st, 6, x->targets[x->picked].text);
        }
        if (answers) {
            bind_answer(st, &x->targets[0]);
        }
        rc = pmpo_db_run(d, st, err);
    }
    sqlite3_finalize(st);
    return rc;
}

int pmpo_store_put_losses(pmpo_store *s, int prompt, pmpo_part part,
                          const pmpo_prompt_score *p, bool answers,
                          pmpo_error *err)
{
    const pmpo_db *d = pmpo_store_db(s);
    bool there = false;
    int rc = pmpo_db_exec(d, PMPO_LOSS_TABLE, err);
    rc = rc < 0 ? rc : is_there(d, prompt, part, p, answers, &there, err);
    if (rc < 0 || there) {
        return rc;
    }
    rc = pmpo_store_begin(s, err);
    rc = rc < 0 ? rc : put_rows(d, prompt, part, p, answers, err);
    if (rc < 0) {
        pmpo_store_rollback(s);
        return rc;
    }
    return pmpo_store_commit(s, err);
}

/* ---- reading ------------------------------------------------------------- */

static int copy_answer(sqlite3_stmt *st, pmpo_arena *mem,
                       pmpo_kept_example *out)
{
    size_t n = (size_t)sqlite3_column_bytes(st, 6) / sizeof(uint32_t);
    if (n == 0 || (size_t)sqlite3_column_bytes(st, 7) != n * sizeof(float)) {
        return 0; /* none, or damaged: not shown */
    }
    uint32_t *ends = pmpo_arena_alloc(mem, n, sizeof(*ends));
    float *logprobs = pmpo_arena_alloc(mem, n, sizeof(*logprobs));
    if (!ends || !logprobs) {
        return PMPO_ENOMEM;
    }
    memcpy(ends, sqlite3_column_blob(st, 6), n * sizeof(*ends));
    memcpy(logprobs, sqlite3_column_blob(st, 7), n * sizeof(*logprobs));
    out->token_ends = ends;
    out->token_logprobs = logprobs;
    out->n_tokens = n;
    return 0;
}

static int copy_row(sqlite3_stmt *st, pmpo_arena *mem, pmpo_kept_example *out)
{
    bool known = sqlite3_column_type(st, 4) != SQLITE_NULL;
    *out = (pmpo_kept_example){
        .loss = pmpo_db_number(st, 3),
        .correct = known ? sqlite3_column_int(st, 4) != 0 : -1,
        .picked = pmpo_arena_str(mem, pmpo_db_str(st, 5)),
    };
    return out->picked.ptr ? copy_answer(st, mem, out) : PMPO_ENOMEM;
}

/* All that is kept: rows, and the sets that they are of. */
typedef struct table {
    pmpo_prompt_losses *sets; /* n_sets so far */
    size_t n_sets;
    pmpo_kept_example *rows; /* [n_rows] */
    size_t n_rows;
} table;

/* Rows come grouped by prompt and part, examples in order. */
static int read_rows(sqlite3_stmt *st, const pmpo_db *d, pmpo_arena *mem,
                     table *t, pmpo_error *err)
{
    pmpo_prompt_losses *sets = t->sets;
    size_t n = 0, *n_sets = &t->n_sets;
    int rc;
    while ((rc = pmpo_db_step(d, st, err)) == 1 && n < t->n_rows) {
        int prompt = sqlite3_column_int(st, 0);
        pmpo_part part = (pmpo_part)sqlite3_column_int(st, 1);
        if (*n_sets == 0 || sets[*n_sets - 1].prompt != prompt
            || sets[*n_sets - 1].part != part) {
            sets[(*n_sets)++] =
                (pmpo_prompt_losses){prompt, part, &t->rows[n], 0};
        }
        if (copy_row(st, mem, &t->rows[n++]) < 0) {
            return pmpo_fail_memory(err);
        }
        sets[*n_sets - 1].n++;
    }
    return rc < 0 ? rc : 0;
}

int pmpo_run_read_losses(const pmpo_db *d, pmpo_arena *mem,
                         const pmpo_prompt_losses **out, size_t *n_out,
                         pmpo_error *err)
{
    sqlite3_int64 there = 0, rows = 0, sets = 0;
    *out = NULL;
    *n_out = 0;
    int rc = pmpo_db_int(d, "SELECT count(*) FROM sqlite_master WHERE "
                         "name='loss'", &there, err);
    if (rc < 0 || there == 0) {
        return rc;
    }
    rc = pmpo_db_int(d, "SELECT count(*) FROM loss", &rows, err);
    rc = rc < 0 ? rc : pmpo_db_int(d, "SELECT count(*) FROM (SELECT DISTINCT "
                                   "prompt, part FROM loss)", &sets, err);
    table t = {.n_rows = (size_t)rows};
    t.sets = pmpo_arena_alloc(mem, (size_t)sets, sizeof(*t.sets));
    t.rows = pmpo_arena_alloc(mem, t.n_rows, sizeof(*t.rows));
    if (rc == 0 && (!t.sets || !t.rows)) {
        return pmpo_fail_memory(err);
    }
    sqlite3_stmt *st = NULL;
    rc = rc < 0 ? rc
                : pmpo_db_prepare(d, "SELECT prompt, part, example, loss, "
                                  "correct, picked, ends, logprobs FROM loss "
                                  "ORDER BY prompt, part, example", &st, err);
    rc = rc < 0 ? rc : read_rows(st, d, mem, &t, err);
    sqlite3_finalize(st);
    *out = t.sets;
    *n_out = t.n_sets;
    return rc;
}
