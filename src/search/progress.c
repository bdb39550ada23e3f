/* progress.c: budgets, and telling how far a run is.
 *
 * Budgets count this sitting only. The first step of a sitting is never
 * refused, so a run with any budget gets ahead. */
#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "search/state.h"

/* ---- time left ----------------------------------------------------------- */

/* To the end of the last iteration, from the mean of the finished ones, or
 * from the scorings done in the first. */
static int64_t time_left(const pmpo_state *st, double now_ms)
{
    const pmpo_sitting *s = &st->sitting;
    int left = st->o.iterations - s->now.iteration;
    if (s->now.iteration == 0) {
        return -1;
    }
    double here = now_ms - s->iteration_start_ms, each;
    if (s->n_iterations > 0) {
        each = s->iterations_ms / (double)s->n_iterations;
    } else if (s->work_done > 0) {
        each = here * (double)s->work_total / (double)s->work_done;
    } else {
        return -1;
    }
    double rest = each * (left + 1) - here;
    return rest > 0 ? (int64_t)rest : 0;
}

static void tell(pmpo_state *st)
{
    pmpo_sitting *s = &st->sitting;
    if (!st->o.score.progress) {
        return;
    }
    double now = pmpo_now_ms(), ms = now - s->start_ms;
    s->now.tokens_per_s = ms > 0 ? (double)s->rows * 1000 / ms : 0;
    s->now.left_ms = time_left(st, now);
    s->now.best = st->incumbent_loss;
    s->now.prefill_tokens = s->cost.prefill_tokens;
    s->now.logical_tokens = s->cost.logical_tokens;
    s->now.cached_scores = s->cost.cached_scores;
    st->o.score.progress(st->o.score.progress_ud, &s->now);
}

/* ---- hooks --------------------------------------------------------------- */

static void on_tick(void *ud, size_t rows)
{
    pmpo_state *st = ud;
    st->sitting.rows += rows;
    tell(st);
}

static void on_unit(void *ud, const pmpo_score_context *c, size_t done,
                    size_t total, double loss)
{
    pmpo_state *st = ud;
    if (c->place > 0) {
        st->sitting.now.candidate = c->place;
    }
    st->sitting.now.done = done;
    st->sitting.now.total = total;
    st->sitting.now.loss = loss;
    tell(st);
}

/* Paid to all models so far, since they were opened. */
static double paid(const pmpo_state *st)
{
    return pmpo_paid(st->in->scorer, st->in->rewriter);
}

static void set_ticks(pmpo_state *st, void (*tick)(void *ud, size_t rows))
{
    const pmpo_search_input *in = st->in;
    for (size_t i = 0; i < 2 + in->scorer->n_others; i++) {
        pmpo_model *m = i == 0   ? in->scorer
                        : i == 1 ? in->rewriter
                                 : in->scorer->others[i - 2];
        m->tick = tick;
        m->tick_ud = tick ? st : NULL;
    }
}

/* What was paid goes into the run file before more is: a run that is killed
 * has lost sight of one step's cost at most. */
static int keep_dollars(pmpo_state *st, pmpo_error *err)
{
    pmpo_sitting *s = &st->sitting;
    double all = s->dollars_before + paid(st) - s->dollars_at_start;
    if (all == s->dollars_kept) {
        return 0;
    }
    s->dollars_kept = all;
    return pmpo_store_put_number(st->in->store, "dollars", all, err);
}

int pmpo_before_step(void *ud, pmpo_hash key, pmpo_error *err)
{
    pmpo_state *st = ud;
    pmpo_sitting *s = &st->sitting;
    if (st->replaying) { /* all that was asked then is in the file */
        int rc = pmpo_store_was_too_long(st->in->store, key, err);
        return rc < 0 ? rc : pmpo_step_compare(st, s->now.iteration, NULL, err);
    }
    uint64_t tokens = s->rows; /* of both models: prompts and generated ones */
    double ms = pmpo_now_ms() - s->start_ms;
    if (s->n_steps > 0 && st->o.budget_tokens > 0
        && tokens >= st->o.budget_tokens) {
        return pmpo_fail(err, PMPO_EBUDGET, "the budget of %" PRIu64
                         " tokens is used up", st->o.budget_tokens);
    }
    if (s->n_steps > 0 && st->o.budget_ms > 0
        && ms >= (double)st->o.budget_ms) {
        return pmpo_fail(err, PMPO_EBUDGET,
                         "the budget of %g seconds is "
                         "used up",
                         (double)st->o.budget_ms / 1000);
    }
    if (s->n_steps > 0 && st->o.budget_dollars > 0
        && paid(st) - s->dollars_at_start >= st->o.budget_dollars) {
        return pmpo_fail(err, PMPO_EBUDGET, "the budget of %.2f dollars is "
                         "used up", st->o.budget_dollars);
    }
    s->n_steps++;
    return keep_dollars(st, err);
}

pmpo_score_context pmpo_context(pmpo_state *st, const char *purpose, int id)
{
    return (pmpo_score_context){
        .store = st->in->store,
        .cache = st->in->cache,
        .purpose = purpose,
        .prompt_id = id,
        .before = pmpo_before_step,
        .after = on_unit,
        .whole = pmpo_record_losses,
        .ud = st,
        .cost = &st->sitting.cost,
    };
}

/* ---- stages -------------------------------------------------------------- */

void pmpo_sitting_begin(pmpo_state *st)
{
    st->sitting.start_ms = pmpo_now_ms();
    st->sitting.now = (pmpo_progress){
        .stage = "scoring",
        .unit = "examples",
        .iterations = st->o.iterations,
        .loss = NAN,
        .best = NAN,
        .left_ms = -1,
    };
    bool found = false;
    double before = 0;
    if (pmpo_store_get_number(st->in->store, "dollars", &before, &found,
                              NULL) == 0 && found) {
        st->sitting.dollars_before = before;
    }
    st->sitting.dollars_kept = found ? before : NAN; /* 0 is kept, too */
    st->sitting.dollars_at_start = paid(st);
    set_ticks(st, on_tick);
}

void pmpo_sitting_end(pmpo_state *st)
{
    keep_dollars(st, NULL);
    set_ticks(st, NULL);
    pmpo_free(st->sitting.list);
    st->sitting.list = NULL;
    st->sitting.cap_list = st->sitting.now.n_list = 0;
}

void pmpo_stage(pmpo_state *st, const char *stage, int candidate,
                int candidates)
{
    pmpo_progress *p = &st->sitting.now;
    p->stage = stage;
    p->candidate = candidate;
    p->candidates = candidates;
    p->done = p->total = 0;
    p->loss = NAN;
    tell(st);
}

void pmpo_show_candidates(pmpo_state *st, size_t first)
{
    pmpo_sitting *s = &st->sitting;
    size_t n = st->n_rows - first;
    s->now.n_list = 0;
    if (!st->o.score.progress || PMPO_GROW(s->list, s->cap_list, n) < 0) {
        return; /* it is only a picture */
    }
    for (size_t i = 0; i < n; i++) {
        const pmpo_candidate_row *r = &st->rows[first + i];
        s->list[i] = (pmpo_live_candidate){
            .id = r->id, .proposer = r->proposer, .prompt = r->prompt,
            .loss = r->loss, .lower_bound = r->lower_bound, .fate = r->fate,
            .reason = r->reason ? r->reason : ""};
    }
    s->now.list = s->list;
    s->now.n_list = n;
    tell(st);
}

void pmpo_iteration_begins(pmpo_state *st, int index, size_t work)
{
    pmpo_sitting *s = &st->sitting;
    s->now.n_list = 0;
    s->now.iteration = index;
    s->iteration_start_ms = pmpo_now_ms();
    s->work_done = 0;
    s->work_total = work;
}

void pmpo_iteration_ends(pmpo_state *st)
{
    pmpo_sitting *s = &st->sitting;
    if (s->now.iteration > st->decided && s->now.iteration > 0) {
        s->n_iterations++;
        s->iterations_ms += pmpo_now_ms() - s->iteration_start_ms;
    }
    s->now.candidate = s->now.candidates = 0;
}
