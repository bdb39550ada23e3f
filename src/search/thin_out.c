/* thin_out.c: many candidates are thinned out on a part of the examples.
 *
 * Of the prompts tried before the first iteration most are plainly worse than
 * the best few. All are scored on the first sixth of the training examples,
 * which come in random order; the better third of them on the first half;
 * the better third of those on all. A run must not end below the best fixed
 * prompt, so one of the library is given up only where it is worse than the
 * round's best of them by more than chance allows, as long as no more than
 * half stay. The library's best two go on with the contract behind them, too.
 * This is a heuristic, with any race but off, which scores all on everything.
 * Units scored once are looked up later. */
#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "search/state.h"
#include "stats/stats.h"

#define LEAST_EXAMPLES 4   /* of a round: fewer say nothing */
#define LEAST_CANDIDATES 4 /* kept by a round */
#define CHANCE 2.0         /* paired standard errors that a difference may be */
#define MOST_COMBINED 2

typedef struct entrant {
    size_t row;
    double loss; /* mean over the round's examples; INFINITY: too long */
    size_t n_done;
    pmpo_prompt_score
        each;   /* of the n_done examples; without them: no memory */
    bool fixed; /* of the library */
} entrant;

double pmpo_mean_of_done(const pmpo_result *r)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < r->n_done; i++) {
        sum += r->score.examples[i].weight * r->score.examples[i].loss;
        weight += r->score.examples[i].weight;
    }
    return weight > 0 ? sum / weight : INFINITY;
}

/* A round's scorings, all together. */
typedef struct scoring_round {
    pmpo_state *st;
    const pmpo_step *step;
    entrant *e;         /* [n] */
    pmpo_scoring *list; /* [n] */
    pmpo_arena *scores; /* [n] */
    pmpo_arena mem;
} scoring_round;

/* What was scored, to compare later: loss, weight and group of each example. */
static pmpo_prompt_score copy_of(const pmpo_result *r, pmpo_arena *mem)
{
    pmpo_prompt_score to = {.loss = pmpo_mean_of_done(r)};
    pmpo_example_score *each = pmpo_arena_alloc(mem, r->n_done, sizeof(*each));
    for (size_t i = 0; each && i < r->n_done; i++) {
        const pmpo_example_score *e = &r->score.examples[i];
        each[i] = (pmpo_example_score){.loss = e->loss,
                                       .weight = e->weight,
                                       .group = e->group};
    }
    to.examples = each;
    to.n_examples = each ? r->n_done : 0;
    return to;
}

static int decided(void *ud, size_t i, pmpo_error *err)
{
    scoring_round *r = ud;
    const pmpo_scoring *s = &r->list[i];
    entrant *e = &r->e[i];
    pmpo_candidate_row *row = &r->st->rows[e->row];
    if (s->code == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(r->st, "%s", s->error.text);
        e->loss = INFINITY;
    } else {
        e->loss = pmpo_priced(r->st, pmpo_mean_of_done(&s->result), row->id);
        e->n_done = s->result.n_done;
        e->each = copy_of(&s->result, &r->mem);
        row->lower_bound = s->result.pruned ? s->result.lower_bound : NAN;
    }
    pmpo_arena_release(&r->scores[i]);
    return pmpo_record_scored(r->st, r->step, row, err);
}

static int score_all(scoring_round *r, size_t n, size_t most, pmpo_error *err)
{
    const pmpo_give_up first = {.bound = INFINITY, .most_examples = most};
    r->list = pmpo_arena_alloc(&r->mem, n, sizeof(*r->list));
    r->scores = pmpo_arena_alloc(&r->mem, n, sizeof(*r->scores));
    if (!r->list || !r->scores) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        const pmpo_candidate_row *row = &r->st->rows[r->e[i].row];
        r->list[i] = (pmpo_scoring){
            .scorer = r->st->train,
            .prompt = row->prompt,
            .context = pmpo_context(r->st, "train", row->id),
            .mem = &r->scores[i],
        };
        r->list[i].context.place = (int)i + 1;
        r->list[i].context.give_up = &first;
    }
    int rc = pmpo_score_together(r->list, n, decided, r, err);
    for (size_t i = 0; i < n; i++) {
        pmpo_arena_release(&r->scores[i]);
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

/* One that was scored to its end has a loss to be told: of short texts the first
 * block may hold all examples. */
static void give_up(pmpo_state *st, const entrant *e, size_t n_better)
{
    pmpo_candidate_row *row = &st->rows[e->row];
    size_t all = pmpo_data_count(st->in->train);
    if (row->fate == PMPO_FATE_PENDING && e->n_done < all) {
        row->given_up = pmpo_say(st,
                                 "given up after %zu of %zu examples: %zu "
                                 "other prompts were better",
                                 e->n_done, all, n_better);
        st->n_scored++;
    }
}

bool pmpo_clearly_worse(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                        double by, pmpo_arena *mem)
{
    double *diff, *weights, error = NAN;
    size_t n;
    if (a->n_examples == b->n_examples &&
        pmpo_paired_losses(a, b, mem, &diff, &weights, &n, NULL) == 0) {
        error = pmpo_mean_error(diff, weights, n);
    }
    return isnan(error) || by > CHANCE * error;
}

/* Is fixed prompt `e` worse than `best` by more than chance allows? */
static bool clearly_worse(const entrant *e, const entrant *best,
                          pmpo_arena *mem)
{
    return pmpo_clearly_worse(&e->each, &best->each, e->loss - best->loss, mem);
}

/* Moves fixed prompts of e[keep..n), sorted as they are, behind the kept ones
 * until `most` are kept. Returns how many then are. */
static size_t keep_fixed(entrant *e, size_t n, size_t keep, size_t most,
                         pmpo_arena *mem)
{
    const entrant *found = NULL;
    for (size_t i = 0; i < n; i++) {
        if (e[i].fixed && (!found || e[i].loss < found->loss)) {
            found = &e[i];
        }
    }
    if (!found || isinf(found->loss)) {
        return keep;
    }
    const entrant best = *found;
    bool in = found < e + keep;
    for (size_t i = keep; i < n && (keep < most || !in); i++) {
        bool is_best = e[i].fixed && e[i].row == best.row;
        if (e[i].fixed && (is_best || !clearly_worse(&e[i], &best, mem))) {
            entrant x = e[i];
            memmove(&e[keep + 1], &e[keep], (i - keep) * sizeof(*e));
            e[keep++] = x;
            in = in || is_best;
        }
    }
    return keep;
}

/* Scores e[0..*n) on `most` examples and keeps the better third, and more of
 * the library. */
static int round_of(pmpo_state *st, const pmpo_step *step, entrant *e,
                    size_t *n, size_t most, pmpo_error *err)
{
    scoring_round r = {.st = st, .step = step, .e = e};
    pmpo_stage(st, "racing", 1, (int)*n);
    int rc = score_all(&r, *n, most, err);
    if (rc == 0) {
        size_t keep = (*n + 2) / 3;
        keep = keep > LEAST_CANDIDATES ? keep : LEAST_CANDIDATES;
        keep = keep < *n ? keep : *n;
        sort_out(e, *n, *n);
        keep = keep_fixed(e, *n, keep, (*n + 1) / 2, &r.mem);
        for (size_t i = keep; i < *n; i++) {
            give_up(st, &e[i], keep);
        }
        *n = keep;
    }
    pmpo_arena_release(&r.mem);
    return rc;
}

/* The library's best two that are left; its first two where so few examples or
 * candidates needed no round. */
static int combine(pmpo_state *st, pmpo_step *step, const entrant *e, size_t n,
                   pmpo_error *err)
{
    size_t rows[MOST_COMBINED], k = 0;
    for (size_t i = 0; i < n && k < MOST_COMBINED; i++) {
        if (e[i].fixed && st->rows[e[i].row].fate == PMPO_FATE_PENDING) {
            rows[k++] = e[i].row;
        }
    }
    return k > 0 ? pmpo_add_combinations(st, step, rows, k, err) : 0;
}

/* The rounds; those of e[0..*n) that are left come first, the best in front. */
static int thin(pmpo_state *st, const pmpo_step *step, entrant *e, size_t *n,
                pmpo_error *err)
{
    size_t all = pmpo_data_count(st->in->train);
    const size_t rounds[] = {all / 6 > LEAST_EXAMPLES ? all / 6
                                                      : LEAST_EXAMPLES,
                             all / 2};
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < 2; k++) {
        if (*n > LEAST_CANDIDATES && rounds[k] < all &&
            (k == 0 || rounds[k] > rounds[0])) {
            rc = round_of(st, step, e, n, rounds[k], err);
        }
    }
    return rc;
}

/* Without a race: all of them on all examples, the best in front. */
static int score_whole(pmpo_state *st, const pmpo_step *step, entrant *e,
                       size_t n, pmpo_error *err)
{
    scoring_round r = {.st = st, .step = step, .e = e};
    pmpo_stage(st, "scoring", 1, (int)n);
    int rc = score_all(&r, n, pmpo_data_count(st->in->train), err);
    if (rc == 0) {
        sort_out(e, n, n);
    }
    pmpo_arena_release(&r.mem);
    return rc;
}

int pmpo_thin_out(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    size_t n = 0;
    entrant *e =
        pmpo_arena_alloc(&step->mem, st->n_rows - step->first, sizeof(*e));
    if (!e) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = step->first; i < st->n_rows; i++) {
        if (st->rows[i].fate == PMPO_FATE_PENDING) {
            e[n].fixed = !strcmp(st->rows[i].proposer, "library");
            e[n++].row = i;
        }
    }
    int rc = st->o.race == PMPO_RACE_OFF ? score_whole(st, step, e, n, err)
                                         : thin(st, step, e, &n, err);
    return rc < 0 ? rc : combine(st, step, e, n, err);
}
