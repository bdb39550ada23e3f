/* halve.c: many candidates are thinned out on a part of the examples.
 *
 * Of the prompts tried before the first iteration most are plainly worse than
 * the best few. All are scored on the first sixth of the training examples,
 * which come in random order; the better third of them on the first half;
 * the better third of those on all. Units scored once are looked up later. */
#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "search/state.h"

#define LEAST_EXAMPLES 4   /* of a round: fewer say nothing */
#define LEAST_CANDIDATES 4 /* kept by a round */

typedef struct entrant {
    size_t row;
    double loss; /* mean over the round's examples; INFINITY: too long */
    size_t n_done;
} entrant;

/* The weighted mean loss over the examples scored, which are the first. */
static double mean_of(const pmpo_result *r)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < r->n_done; i++) {
        sum += r->score.examples[i].weight * r->score.examples[i].loss;
        weight += r->score.examples[i].weight;
    }
    return weight > 0 ? sum / weight : INFINITY;
}

static int score_some(pmpo_state *st, entrant *e, size_t most,
                      pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_result r;
    pmpo_error why = {0};
    pmpo_candidate_row *row = &st->rows[e->row];
    pmpo_score_context c = pmpo_context(st, "train", row->id);
    const pmpo_give_up first = {.bound = INFINITY, .most_examples = most};
    c.give_up = &first;
    int rc = pmpo_scorer_score(st->train, row->prompt, &c, &mem, &r, &why);
    if (rc == 0) {
        e->loss = mean_of(&r);
        e->n_done = r.n_done;
        row->lower_bound = r.pruned ? r.lower_bound : NAN;
    } else if (rc == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(st, "%s", why.text);
        e->loss = INFINITY;
        rc = 0;
    } else {
        rc = pmpo_fail(err, rc, "%s", why.text);
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* Moves the better `keep` of e[0..n) to the front, both parts in order. */
static void sort_out(entrant *e, size_t n, size_t keep)
{
    for (size_t k = 0; k < keep; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++) {
            best = e[i].loss < e[best].loss ? i : best;
        }
        entrant x = e[best];
        memmove(&e[k + 1], &e[k], (best - k) * sizeof(*e));
        e[k] = x;
    }
}

static void give_up(pmpo_state *st, const entrant *e, size_t n_better)
{
    pmpo_candidate_row *row = &st->rows[e->row];
    if (row->fate == PMPO_FATE_PENDING) {
        row->given_up = pmpo_say(st, "given up after %zu of %zu examples: %zu "
                                 "other prompts were better", e->n_done,
                                 pmpo_data_count(st->in->train), n_better);
        st->n_scored++;
    }
}

/* Scores e[0..*n) on `most` examples and keeps the better third. */
static int round_of(pmpo_state *st, const pmpo_step *step, entrant *e,
                    size_t *n, size_t most, pmpo_error *err)
{
    for (size_t i = 0; i < *n; i++) {
        pmpo_stage(st, "racing", (int)i + 1, (int)*n);
        int rc = score_some(st, &e[i], most, err);
        rc = rc < 0 ? rc
                    : pmpo_record_scored(st, step, &st->rows[e[i].row], err);
        if (rc < 0) {
            return rc;
        }
    }
    size_t keep = (*n + 2) / 3;
    keep = keep > LEAST_CANDIDATES ? keep : LEAST_CANDIDATES;
    keep = keep < *n ? keep : *n;
    sort_out(e, *n, keep);
    for (size_t i = keep; i < *n; i++) {
        give_up(st, &e[i], keep);
    }
    *n = keep;
    return 0;
}

int pmpo_thin_out(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    size_t all = pmpo_data_count(st->in->train), n = 0;
    const size_t rounds[] = {all / 6 > LEAST_EXAMPLES ? all / 6
                                                      : LEAST_EXAMPLES,
                             all / 2};
    entrant *e = pmpo_arena_alloc(&step->mem, st->n_rows - step->first,
                                  sizeof(*e));
    if (!e) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = step->first; i < st->n_rows; i++) {
        if (st->rows[i].fate == PMPO_FATE_PENDING) {
            e[n++].row = i;
        }
    }
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < 2; k++) {
        if (n > LEAST_CANDIDATES && rounds[k] < all
            && (k == 0 || rounds[k] > rounds[0])) {
            rc = round_of(st, step, e, &n, rounds[k], err);
        }
    }
    return rc;
}
