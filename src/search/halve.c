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

/* A round's scorings, all together. */
typedef struct heat {
    pmpo_state *st;
    const pmpo_step *step;
    entrant *e;         /* [n] */
    pmpo_scoring *list; /* [n] */
    pmpo_arena *scores; /* [n] */
    pmpo_arena mem;
} heat;

static int decided(void *ud, size_t i, pmpo_error *err)
{
    heat *h = ud;
    const pmpo_scoring *s = &h->list[i];
    entrant *e = &h->e[i];
    pmpo_candidate_row *row = &h->st->rows[e->row];
    if (s->code == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(h->st, "%s", s->error.text);
        e->loss = INFINITY;
    } else {
        e->loss = pmpo_priced(h->st, mean_of(&s->result), row->id);
        e->n_done = s->result.n_done;
        row->lower_bound = s->result.pruned ? s->result.lower_bound : NAN;
    }
    pmpo_arena_release(&h->scores[i]);
    return pmpo_record_scored(h->st, h->step, row, err);
}

static int score_all(heat *h, size_t n, size_t most, pmpo_error *err)
{
    const pmpo_give_up first = {.bound = INFINITY, .most_examples = most};
    h->list = pmpo_arena_alloc(&h->mem, n, sizeof(*h->list));
    h->scores = pmpo_arena_alloc(&h->mem, n, sizeof(*h->scores));
    if (!h->list || !h->scores) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        const pmpo_candidate_row *row = &h->st->rows[h->e[i].row];
        h->list[i] = (pmpo_scoring){
            .scorer = h->st->train,
            .prompt = row->prompt,
            .context = pmpo_context(h->st, "train", row->id),
            .mem = &h->scores[i],
        };
        h->list[i].context.place = (int)i + 1;
        h->list[i].context.give_up = &first;
    }
    int rc = pmpo_score_together(h->list, n, decided, h, err);
    for (size_t i = 0; i < n; i++) {
        pmpo_arena_release(&h->scores[i]);
    }
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
    heat h = {.st = st, .step = step, .e = e};
    pmpo_stage(st, "racing", 1, (int)*n);
    int rc = score_all(&h, *n, most, err);
    pmpo_arena_release(&h.mem);
    if (rc < 0) {
        return rc;
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
