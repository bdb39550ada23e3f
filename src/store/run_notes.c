/* run_notes.c: remarks stored with a run, by kind, iteration, and place in the
 * iteration. */
#include "base/error.h"
#include "store/db.h"
#include "store/store.h"

static const struct {
    const char *word, *before;
} kinds[] = {
#define X(kind, word, before) {word, before},
    PMPO_NOTES(X)
#undef X
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

int pmpo_store_put_note(pmpo_store *s, pmpo_note kind, int iteration,
                        int place, const char *text, pmpo_error *err)
{
    const pmpo_db *d = pmpo_store_db(s);
    sqlite3_stmt *st = NULL;
    int rc = pmpo_db_prepare(d, "INSERT OR REPLACE INTO note VALUES(?,?,?,?)",
                             &st, err);
    if (rc == 0) {
        pmpo_db_bind_text(st, 1, kinds[kind].word);
        sqlite3_bind_int(st, 2, iteration);
        sqlite3_bind_int(st, 3, place);
        pmpo_db_bind_text(st, 4, text);
        rc = pmpo_db_run(d, st, err);
    }
    sqlite3_finalize(st);
    return rc;
}

/* The words before a note of the kind called `word`. */
static const char *before(pmpo_str word)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (pmpo_str_eq(word, pmpo_str_of(kinds[i].word))) {
            return kinds[i].before;
        }
    }
    return ""; /* of a later version: shown as it is */
}

static int read_row(sqlite3_stmt *st, pmpo_arena *mem, const char **out,
                    pmpo_error *err)
{
    pmpo_buf text = {0};
    pmpo_buf_puts(&text, before(pmpo_db_str(st, 0)));
    pmpo_buf_put(&text, pmpo_db_str(st, 1));
    *out = text.failed ? NULL : pmpo_arena_str(mem, pmpo_buf_str(&text)).ptr;
    pmpo_buf_release(&text);
    return *out ? 0 : pmpo_fail_memory(err);
}

int pmpo_run_read_notes(const pmpo_db *d, pmpo_arena *mem,
                        const char *const **out, size_t *n_out,
                        pmpo_error *err)
{
    sqlite3_stmt *st = NULL;
    sqlite3_int64 most = 0;
    size_t n = 0;
    int rc = pmpo_db_int(d, "SELECT count(*) FROM note", &most, err);
    const char **notes = rc < 0 ? NULL
                                : pmpo_arena_alloc(mem, (size_t)most,
                                                   sizeof(*notes));
    if (rc == 0 && !notes) {
        rc = pmpo_fail_memory(err);
    }
    rc = rc < 0
             ? rc
             : pmpo_db_prepare(d,
                               "SELECT kind, text FROM note "
                               "ORDER BY kind <> 'warning', kind, iteration, "
                               "place",
                               &st, err);
    while (rc == 0 && n < (size_t)most
           && (rc = pmpo_db_step(d, st, err)) == 1) {
        rc = read_row(st, mem, &notes[n++], err);
    }
    sqlite3_finalize(st);
    *out = notes;
    *n_out = n;
    return rc < 0 ? rc : 0;
}
