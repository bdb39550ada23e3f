/* trial.c: an iteration's candidates, scored against the incumbent.
 *
 * All of them are in the engine's queue together. Losses are >= 0, so one whose
 * sum is above the incumbent's already is given up: that can't change the
 * outcome. Each is on record as soon as it is decided. */
#include <math.h>

#include "base/error.h"
#include "search/state.h"
#include "stats/margin.h"

/* Of the paired race: of candidates that would be accepted, the share that it
 * may lose. */
#define RACE_ALPHA 0.05

typedef struct trial {
    pmpo_state *st;
    const pmpo_step *step;
    pmpo_give_up *give_up; /* [n] */
    pmpo_scoring *list; /* [n]: those that are worth scoring */
    size_t *rows;       /* [n]: their rows */
    pmpo_arena *scores; /* [n] */
    size_t n;
    pmpo_arena mem;
} trial;

static int settle(trial *t, pmpo_candidate_row *row, const pmpo_scoring *s,
                  pmpo_error *err)
{
    pmpo_state *st = t->st;
    const pmpo_result *r = &s->result;
    if (s->code == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(st, "%s", s->error.text);
        return 0;
    }
    bool may_win = !r->pruned && pmpo_priced(st, r->score.loss, row->id)
                                     < pmpo_priced(st, st->incumbent_loss,
                                                   st->incumbent);
    int rc = may_win ? pmpo_vet_fits(st, row, err) : 0;
    row->loss = r->pruned ? NAN : r->score.loss;
    row->lower_bound = r->pruned ? r->lower_bound : NAN;
    if (r->lost_race) {
        row->given_up = pmpo_say(st, "given up after %zu of %zu examples: "
                                 "the paired test says that it won't gain "
                                 "enough", r->n_done, r->score.n_examples);
    }
    st->n_scored++;
    return rc;
}

static int decided(void *ud, size_t i, pmpo_error *err)
{
    trial *t = ud;
    pmpo_candidate_row *row = &t->st->rows[t->rows[i]];
    int rc = settle(t, row, &t->list[i], err);
    t->st->sitting.work_done++;
    t->st->sitting.now.examples_wanted += t->list[i].result.score.n_examples;
    t->st->sitting.now.examples_scored += t->list[i].result.n_done;
    pmpo_arena_release(&t->scores[i]);
    pmpo_show_candidates(t->st, t->step->first);
    return rc < 0 ? rc : pmpo_record_scored(t->st, t->step, row, err);
}

/* Once its loss is sure to be too high for its length. */
static pmpo_give_up give_up_of(const trial *t, const pmpo_candidate_row *row)
{
    const pmpo_state *st = t->st;
    double most = pmpo_priced(st, st->incumbent_loss, st->incumbent)
                  - pmpo_priced(st, 0, row->id);
    pmpo_give_up g = {.rival = &t->step->whole.score, .bound = most};
    if (st->o.race == PMPO_RACE_PAIRED) { /* not with a price */
        g.race_alpha = RACE_ALPHA;
        g.race_margin = pmpo_margin(st->noise_floor);
    }
    return g;
}

static int open_trial(trial *t, pmpo_error *err)
{
    pmpo_state *st = t->st;
    size_t most = st->n_rows - t->step->first;
    t->list = pmpo_arena_alloc(&t->mem, most, sizeof(*t->list));
    t->rows = pmpo_arena_alloc(&t->mem, most, sizeof(*t->rows));
    t->scores = pmpo_arena_alloc(&t->mem, most, sizeof(*t->scores));
    t->give_up = pmpo_arena_alloc(&t->mem, most, sizeof(*t->give_up));
    if (!t->list || !t->rows || !t->scores || !t->give_up) {
        return pmpo_fail_memory(err);
    }
    pmpo_race race = st->o.race;
    for (size_t i = t->step->first; i < st->n_rows; i++) {
        const pmpo_candidate_row *row = &st->rows[i];
        if (row->fate != PMPO_FATE_PENDING || row->given_up) {
            st->sitting.work_done++;
            continue;
        }
        t->rows[t->n] = i;
        t->list[t->n] = (pmpo_scoring){
            .scorer = st->train,
            .prompt = row->prompt,
            .context = pmpo_context(st, "train", row->id),
            .mem = &t->scores[t->n],
        };
        t->list[t->n].context.place = (int)(i - t->step->first) + 1;
        t->list[t->n].context.give_up =
            race == PMPO_RACE_OFF ? NULL : &t->give_up[t->n];
        t->give_up[t->n] = give_up_of(t, row);
        t->n++;
    }
    return 0;
}

/* A duplicate has the loss of the first prompt like it, where that is known
 * by now: it may be one of the same batch. */
static void copy_losses(pmpo_state *st, const pmpo_step *step)
{
    for (size_t i = step->first; i < st->n_rows; i++) {
        pmpo_candidate_row *r = &st->rows[i];
        int same = r->fate == PMPO_FATE_DUPLICATE
                       ? pmpo_find_prompt(st->rows, i, r->prompt)
                       : -1;
        if (same >= 0) {
            r->n_tokens = st->rows[same].n_tokens;
            r->loss = st->rows[same].loss;
            r->lower_bound = st->rows[same].lower_bound;
        }
    }
}

int pmpo_try_candidates(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    trial t = {.st = st, .step = step};
    pmpo_stage(st, "scoring", 1, (int)(st->n_rows - step->first));
    int rc = open_trial(&t, err);
    rc = rc < 0 ? rc : pmpo_score_together(t.list, t.n, decided, &t, err);
    for (size_t i = 0; i < t.n; i++) {
        pmpo_arena_release(&t.scores[i]);
    }
    pmpo_arena_release(&t.mem);
    copy_losses(st, step);
    return rc;
}

/* ---- on some examples ------------------------------------------------------ */

int pmpo_try_some(pmpo_state *st, const pmpo_str *prompts, size_t n,
                  size_t most, double *losses, pmpo_error *err)
{
    pmpo_arena mem = {0};
    const pmpo_give_up first = {.bound = INFINITY, .most_examples = most};
    pmpo_scoring *list = pmpo_arena_alloc(&mem, n, sizeof(*list));
    if (!list) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = (pmpo_scoring){.scorer = st->train,
                                 .prompt = prompts[i],
                                 .context = pmpo_context(st, "demos", -1),
                                 .mem = &mem};
        list[i].context.whole = NULL;
        list[i].context.give_up = &first;
    }
    int rc = pmpo_score_together(list, n, NULL, NULL, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        losses[i] = list[i].code < 0 ? INFINITY
                                     : pmpo_mean_of_done(&list[i].result);
    }
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_try_validation(pmpo_state *st, int id, pmpo_arena *mem,
                        pmpo_prompt_score *out, pmpo_error *err)
{
    pmpo_result r;
    pmpo_score_context c = pmpo_context(st, "validation", id);
    int rc = pmpo_scorer_score(st->validation, st->rows[id].prompt, &c, mem, &r,
                               err);
    if (rc == 0) {
        *out = r.score;
    }
    return rc;
}
