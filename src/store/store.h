/* store.h: the run file, and the score cache. The only user of sqlite3.h.
 *
 * The run file is an SQLite file with rollback journal and full
 * synchronisation; each put is a commit of its own unless between begin and
 * commit. It stores finished work: a resumed search runs the same deterministic
 * program from the start, looks up each unit and each generation job by its
 * key, and computes only what is missing. Puts are idempotent (an equal key is
 * replaced), so a replay writes the same rows again.
 *
 * One writer at a time, ensured by flock on the file; readers at any time. */
#ifndef PMPO_STORE_STORE_H
#define PMPO_STORE_STORE_H

#include "base/hash.h"
#include "base/str.h"
#include "pmpo.h"
#include "store/keys.h"

#define PMPO_STORE_SCHEMA 6

typedef struct pmpo_store pmpo_store;

/* Makes a new run file. PMPO_EUSAGE when `path` exists and !force (with
 * force it is replaced, unless PMPO_EBUSY). What `fill` (may be NULL) puts
 * into it is in the file when it gets its name; if `fill` fails, there is no
 * file. */
int pmpo_store_create(const char *path, bool force,
                      int (*fill)(pmpo_store *s, void *ud, pmpo_error *err),
                      void *ud, pmpo_store **out, pmpo_error *err);
/* Opens one for writing. PMPO_EDATA: missing or not a run file;
 * PMPO_EVERSION: another schema; PMPO_EBUSY: another writer. */
int pmpo_store_open(const char *path, pmpo_store **out, pmpo_error *err);
/* Closes; an open transaction is rolled back. NULL is fine. */
void pmpo_store_free(pmpo_store *s);
const char *pmpo_store_path(const pmpo_store *s);

int pmpo_store_begin(pmpo_store *s, pmpo_error *err);
int pmpo_store_commit(pmpo_store *s, pmpo_error *err);
/* Undoes everything since the last begin, unless it was committed. */
void pmpo_store_rollback(pmpo_store *s);

/* ---- settings and facts ------------------------------------------------- */

/* Text by name; keys.h lists them. */
int pmpo_store_put_text(pmpo_store *s, const char *name, pmpo_str value,
                        pmpo_error *err);
/* Appends to *out; *found false and nothing appended when there is none. */
int pmpo_store_get_text(pmpo_store *s, const char *name, pmpo_buf *out,
                        bool *found, pmpo_error *err);
/* Numbers by name, likewise. NAN is stored as
 * NULL and read back as NAN. */
int pmpo_store_put_number(pmpo_store *s, const char *name, double v,
                          pmpo_error *err);
int pmpo_store_get_number(pmpo_store *s, const char *name, double *v,
                          bool *found, pmpo_error *err);
/* Then there is none of that name. */
int pmpo_store_drop_number(pmpo_store *s, const char *name, pmpo_error *err);

/* A remark, shown with the run. The same kind, iteration (0: none) and place:
 * replaced. run_notes.c */
int pmpo_store_put_note(pmpo_store *s, pmpo_note kind, int iteration,
                        int place, const char *text, pmpo_error *err);

/* ---- examples ------------------------------------------------------------ */

int pmpo_store_put_example(pmpo_store *s, pmpo_part part, size_t index,
                           pmpo_str json, pmpo_error *err);
/* Appends the part's examples as JSONL, in order; *n is how many. */
int pmpo_store_get_examples(pmpo_store *s, pmpo_part part, pmpo_buf *jsonl,
                            size_t *n, pmpo_error *err);

/* The same for the run file `path`, which another process may be writing. */
int pmpo_store_read_part(const char *path, pmpo_part part, pmpo_buf *jsonl,
                         size_t *n, pmpo_error *err);

/* ---- finished work -------------------------------------------------------- */

typedef struct pmpo_unit_row {
    pmpo_hash key;
    int prompt;            /* candidate id, -1: none (a masked variant) */
    const char *purpose;   /* "train", "validation", "test", "mask", "noise" */
    size_t block;
    const float *logprobs; /* [n] */
    size_t n;
    uint64_t prefill_tokens, logical_tokens;
    size_t n_cached;       /* targets, where taken from the score cache; or 0 */
    double ms;
} pmpo_unit_row;

int pmpo_store_put_unit(pmpo_store *s, const pmpo_unit_row *u, pmpo_error *err);
/* *found: the unit is there, and logprobs[0..n) is filled. PMPO_EIO
 * ("damaged"): it is there with another length or a wrong checksum. */
int pmpo_store_get_unit(pmpo_store *s, pmpo_hash key, float *logprobs, size_t n,
                        bool *found, pmpo_error *err);

/* One generation job, with all its replies as one text in the caller's format.
 * Of *cost, the tokens of prompts and replies and the seconds are stored. */
int pmpo_store_put_job(pmpo_store *s, pmpo_hash key, const char *kind,
                       int iteration, pmpo_str replies,
                       const pmpo_cost *cost, pmpo_error *err);
int pmpo_store_get_job(pmpo_store *s, pmpo_hash key, pmpo_buf *replies,
                       bool *found, pmpo_error *err);

/* That a model refused the unit or the job with this key as too long, and what it
 * said, since a search goes on without it. */
int pmpo_store_put_too_long(pmpo_store *s, pmpo_hash key, const char *why,
                            pmpo_error *err);
/* PMPO_ETOOLONG, with what it said then; 0: nothing is known of that key. */
int pmpo_store_was_too_long(pmpo_store *s, pmpo_hash key, pmpo_error *err);

/* ---- the search's record --------------------------------------------------- */

typedef struct pmpo_candidate_row {
    int id;          /* the initial prompt is 0 */
    int parents[PMPO_MAX_PARENTS]; /* ids */
    size_t n_parents;
    int iteration;   /* 0 for the initial prompt */
    int index;       /* within the iteration */
    pmpo_str prompt, reply;
    size_t n_tokens; /* of the prompt alone; 0: refused before counting them */
    const char *proposer;
    double loss, lower_bound; /* NAN: none */
    pmpo_fate fate; /* stored by name */
    const char *reason;
    const char *given_up;     /* not stored: why scoring stopped early; NULL */
    int hard_case, variant;   /* -1: none */
    uint64_t seed;
} pmpo_candidate_row;

int pmpo_store_put_candidate(pmpo_store *s, const pmpo_candidate_row *c,
                             pmpo_error *err);

typedef struct pmpo_iteration_row {
    int index; /* 1..; 0: the opening */
    double incumbent_loss, best_loss; /* NAN until decided */
    bool marked_by_model;
    const char *marking_note;
    const char *decision; /* "" until decided */
    int incumbent, best;  /* candidate ids, before and after; -1 undecided */
    double seconds;
    /* The pmpo version that decided it, and a digest of the decision; "" until
     * decided. */
    const char *version, *digest;
} pmpo_iteration_row;

int pmpo_store_put_iteration(pmpo_store *s, const pmpo_iteration_row *it,
                             pmpo_error *err);
/* Appends version and digest of an iteration; nothing if it is not there. */
int pmpo_store_get_digest(pmpo_store *s, int iteration, pmpo_buf *version,
                          pmpo_buf *digest, pmpo_error *err);
int pmpo_store_put_hard(pmpo_store *s, int iteration, int index, pmpo_str id,
                        pmpo_error *err);
/* Stores for each example its loss under prompt `prompt`, the picked option
 * and, with `answers`, the tokens of its target. Writes nothing if all is there
 * already. Do not call it within a transaction. */
int pmpo_store_put_losses(pmpo_store *s, int prompt, pmpo_part part,
                          const pmpo_prompt_score *p, bool answers,
                          pmpo_error *err);
/* Stores also e->text. */
int pmpo_store_put_segment(pmpo_store *s, int iteration, int index,
                           const pmpo_segment_effect *e, pmpo_error *err);

/* Reading a whole run is pmpo_run_open (pmpo.h), in run_read.c; keys.h says
 * what of it is shown where. */

/* ---- score cache ------------------------------------------------------------ */

typedef struct pmpo_cache pmpo_cache;

/* Opens the score cache `path`, or makes it. When it is opened and freed it is
 * brought to at most max_bytes, between them it grows with what is put; the
 * least recently used rows are deleted first. Several processes may use it. A
 * cache that is corrupt, read-only, locked or full never makes a run fail:
 * opening still succeeds, gets find nothing, puts do nothing, and
 * pmpo_cache_trouble says why. A corrupt file is renamed and a new one made,
 * also by the get or put that meets the corrupt page.
 * Fails only if memory runs out. */
int pmpo_cache_open(const char *path, uint64_t max_bytes, pmpo_cache **out,
                    pmpo_error *err);
/* A cache that stores nothing, and whose pmpo_cache_trouble is `why`. */
int pmpo_cache_none(const char *why, pmpo_cache **out, pmpo_error *err);
void pmpo_cache_free(pmpo_cache *c);
/* Fills logprobs[0..n) and returns true if `key` is there with n values and a
 * correct checksum. */
bool pmpo_cache_get(pmpo_cache *c, pmpo_hash key, float *logprobs, size_t n);
/* Commits each row by itself, which is cheap with a write-ahead log and holds
 * no lock between rows. */
void pmpo_cache_put(pmpo_cache *c, pmpo_hash key, const float *logprobs,
                    size_t n);
/* The same for byte strings of any length, which are appended to *out. */
bool pmpo_cache_get_bytes(pmpo_cache *c, pmpo_hash key, pmpo_buf *out);
void pmpo_cache_put_bytes(pmpo_cache *c, pmpo_hash key, pmpo_str value);
/* NULL, or one line on what is wrong with the cache. Borrowed. */
const char *pmpo_cache_trouble(const pmpo_cache *c);

#endif
