/* store.h: the run file, and the score cache. The only user of sqlite3.h.
 *
 * Run file: one SQLite file with rollback journal and full synchronisation;
 * each put is a commit of its own unless between begin and commit. It works
 * as a memory of finished work: the search runs the same deterministic
 * program from the start whenever it is resumed, asks for each unit and each
 * generation job by key first, and computes only what is not there. Puts are
 * idempotent (same key: replaced), so a replay writes the same rows again.
 *
 * One writer at a time, held by flock on the file; readers any time. */
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
 * into it is there from the moment the file has its name, or there is none. */
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
/* Takes back what was put since the last begin, where that was not committed. */
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

/* A remark, shown with the run. The same kind, iteration (0: none) and place:
 * replaced. run_notes.c */
int pmpo_store_put_note(pmpo_store *s, pmpo_note kind, int iteration,
                        int place, const char *text, pmpo_error *err);

/* ---- examples ------------------------------------------------------------ */

typedef enum pmpo_part {
    PMPO_PART_TRAIN,
    PMPO_PART_VALIDATION,
    PMPO_PART_TEST,
} pmpo_part;

int pmpo_store_put_example(pmpo_store *s, pmpo_part part, size_t index,
                           pmpo_str json, pmpo_error *err);
/* Appends the part's examples as JSONL, in order; *n is how many. */
int pmpo_store_get_examples(pmpo_store *s, pmpo_part part, pmpo_buf *jsonl,
                            size_t *n, pmpo_error *err);

/* The same, of the run file `path`, also while another writes it. */
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
/* Fills logprobs[0..n) when there and of that length with a right checksum;
 * anything else there is PMPO_EIO ("damaged"). */
int pmpo_store_get_unit(pmpo_store *s, pmpo_hash key, float *logprobs, size_t n,
                        bool *found, pmpo_error *err);

/* One generation job: all its replies as one text blob of the caller's. Of
 * `cost` the tokens of prompts and replies and the seconds are kept. */
int pmpo_store_put_job(pmpo_store *s, pmpo_hash key, const char *kind,
                       int iteration, pmpo_str replies,
                       const pmpo_cost *cost, pmpo_error *err);
int pmpo_store_get_job(pmpo_store *s, pmpo_hash key, pmpo_buf *replies,
                       bool *found, pmpo_error *err);

/* ---- the search's record --------------------------------------------------- */

typedef struct pmpo_candidate_row {
    int id;          /* the initial prompt is 0 */
    int parents[PMPO_MAX_PARENTS]; /* ids */
    size_t n_parents;
    int iteration;   /* 0 for the initial prompt */
    int index;       /* within the iteration */
    pmpo_str prompt, reply;
    size_t n_tokens; /* of the prompt alone; 0: not counted, it was refused */
    const char *proposer;
    double loss, lower_bound; /* NAN: none */
    pmpo_fate fate; /* kept by name */
    const char *reason;
    const char *given_up;     /* not kept: why scoring stopped early; NULL */
    int hard_case, variant;   /* -1: none */
    uint64_t seed;
} pmpo_candidate_row;

int pmpo_store_put_candidate(pmpo_store *s, const pmpo_candidate_row *c,
                             pmpo_error *err);

typedef struct pmpo_iteration_row {
    int index; /* 1.. */
    double incumbent_loss, best_loss; /* NAN until decided */
    bool marked_by_model;
    const char *marking_note;
    const char *decision; /* "" until decided */
    int incumbent, best;  /* candidate ids, before and after; -1 undecided */
    double seconds;
    const char *version, *digest; /* who decided it, and what; "" until then */
} pmpo_iteration_row;

int pmpo_store_put_iteration(pmpo_store *s, const pmpo_iteration_row *it,
                             pmpo_error *err);
/* Appends version and digest of an iteration; nothing where there is none. */
int pmpo_store_get_digest(pmpo_store *s, int iteration, pmpo_buf *version,
                          pmpo_buf *digest, pmpo_error *err);
int pmpo_store_put_hard(pmpo_store *s, int iteration, int index, pmpo_str id,
                        pmpo_error *err);
/* Loss, pick and, with `answers`, the tokens of the target of each example
 * under prompt `prompt`. Writes nothing where all is there already. Not within
 * a transaction. */
int pmpo_store_put_losses(pmpo_store *s, int prompt, pmpo_part part,
                          const pmpo_prompt_score *p, bool answers,
                          pmpo_error *err);
/* `e->text` is kept too. */
int pmpo_store_put_segment(pmpo_store *s, int iteration, int index,
                           const pmpo_segment_effect *e, pmpo_error *err);

/* Reading a whole run is pmpo_run_open (pmpo.h), in run_read.c; keys.h says
 * what of it is shown where. */

/* ---- score cache ------------------------------------------------------------ */

typedef struct pmpo_cache pmpo_cache;

/* Opens (makes) the score cache `path`, at most max_bytes big (oldest used
 * rows go first); safe with several processes. A cache that is corrupt,
 * read-only, locked or full never makes a run fail: open then still
 * succeeds, gets find nothing or puts do nothing, and pmpo_cache_trouble
 * says why (once a cache file is found corrupt it is moved aside and a new
 * one made). Fails only for want of memory. */
int pmpo_cache_open(const char *path, uint64_t max_bytes, pmpo_cache **out,
                    pmpo_error *err);
/* One that keeps nothing, and whose trouble is `why`. */
int pmpo_cache_none(const char *why, pmpo_cache **out, pmpo_error *err);
void pmpo_cache_free(pmpo_cache *c);
/* True and logprobs[0..n) filled when `key` is there with n values and a
 * right checksum. */
bool pmpo_cache_get(pmpo_cache *c, pmpo_hash key, float *logprobs, size_t n);
/* One commit a row: cheap with a write-ahead log, and no lock is held between
 * rows. */
void pmpo_cache_put(pmpo_cache *c, pmpo_hash key, const float *logprobs,
                    size_t n);
/* The same for bytes of any number: appended to *out when `key` is there with
 * a right checksum. */
bool pmpo_cache_get_bytes(pmpo_cache *c, pmpo_hash key, pmpo_buf *out);
void pmpo_cache_put_bytes(pmpo_cache *c, pmpo_hash key, pmpo_str value);
/* NULL, or one line on what is wrong with the cache. Borrowed. */
const char *pmpo_cache_trouble(const pmpo_cache *c);

#endif
