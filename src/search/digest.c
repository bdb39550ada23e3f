/* digest.c: what an iteration came to, as one hash.
 *
 * A decided iteration is played again in every later sitting. If that comes
 * to something else, the program is not the one that made the run, and going
 * on would mix two: so what was decided is kept as a digest and compared.
 * Wording is left out, it decides nothing. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "search/state.h"

static void hash_number(pmpo_hasher *h, double v)
{
    pmpo_hasher_u64(h, isnan(v));
    pmpo_hasher_double(h, isnan(v) ? 0 : v); /* one NAN is like another */
}

static void hash_analysis(pmpo_hasher *h, const pmpo_step *step)
{
    pmpo_hasher_u64(h, step->n_segments);
    for (size_t i = 0; i < step->n_segments; i++) {
        pmpo_hasher_u64(h, step->segments[i].begin);
        pmpo_hasher_u64(h, step->segments[i].end);
        hash_number(h, step->segments[i].effect);
    }
    pmpo_hasher_u64(h, step->n_cases);
    for (size_t i = 0; i < step->n_cases; i++) {
        pmpo_hasher_str(h, step->whole.score.examples[step->cases[i]].id);
    }
}

static void hash_candidates(pmpo_hasher *h, const pmpo_state *st,
                            const pmpo_step *step)
{
    pmpo_hasher_u64(h, st->n_rows - step->first);
    for (size_t i = step->first; i < st->n_rows; i++) {
        const pmpo_candidate_row *r = &st->rows[i];
        pmpo_hasher_str(h, r->prompt);
        pmpo_hasher_str(h, r->reply);
        pmpo_hasher_str(h, pmpo_str_of(pmpo_fate_name(r->fate)));
        hash_number(h, r->loss);
    }
}

int pmpo_step_digest(const pmpo_state *st, const pmpo_step *step, int best,
                     double best_loss, char out[33], pmpo_error *err)
{
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return pmpo_fail_memory(err);
    }
    pmpo_hasher_u64(h, (uint64_t)st->incumbent);
    hash_number(h, st->incumbent_loss);
    hash_analysis(h, step);
    hash_candidates(h, st, step);
    pmpo_hasher_u64(h, (uint64_t)best);
    hash_number(h, best_loss);
    pmpo_hash_hex(pmpo_hasher_end(h), out);
    pmpo_hasher_free(h);
    return 0;
}

static int differs(const pmpo_state *st, int iteration, pmpo_str made_by,
                   pmpo_error *err)
{
    return pmpo_fail(err, PMPO_EVERSION, "%s: iteration %d was decided by pmpo "
                     "%.*s, and this one (%s) comes to something else; the run "
                     "is as it was: go on with the pmpo that made it, or begin "
                     "a new run", pmpo_store_path(st->in->store), iteration,
                     (int)made_by.len, made_by.ptr, pmpo_version());
}

int pmpo_step_compare(const pmpo_state *st, int iteration, const char *digest,
                      pmpo_error *err)
{
    pmpo_buf version = {0}, then = {0};
    int rc = pmpo_store_get_digest(st->in->store, iteration, &version, &then,
                                   err);
    bool same = rc == 0 && digest
                && pmpo_str_eq(pmpo_buf_str(&then), pmpo_str_of(digest));
    if (rc == 0 && !same) {
        rc = differs(st, iteration, pmpo_buf_str(&version), err);
    }
    pmpo_buf_release(&version);
    pmpo_buf_release(&then);
    return rc;
}
