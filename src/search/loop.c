/* loop.c: the program of a run, from the start prompt to the verdict.
 *
 * pmpo_search_run reads as the table of contents. Nothing here knows whether
 * a number was computed or looked up; see search.h. */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "propose/forms.h"
#include "score/loss.h"
#include "search/settings.h"
#include "search/state.h"
#include "stats/stats.h"
#include "text/demos.h"

/* ---- set-up -------------------------------------------------------------- */

pmpo_scorer_options pmpo_search_scoring(const pmpo_optimize_options *o,
                                        pmpo_targets targets)
{
    /* Where the loss needs the options anyway, one kind of unit serves the
     * search and the report. */
    bool all = pmpo_loss_row_of(o->score.loss)->reads != PMPO_READS_TARGET;
    return (pmpo_scorer_options){
        .how = o->score.how,
        .targets = all ? PMPO_TARGETS_ALL : targets,
    };
}

static bool any_options(const pmpo_data *d)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (pmpo_data_example(d, i)->n_options >= 2) {
            return true;
        }
    }
    return false;
}

/* With all targets, where `part` has options and the loss doesn't need them. */
static int make_whole(const pmpo_state *st, const pmpo_data *part,
                      pmpo_scorer *needed, pmpo_scorer **out, bool *own,
                      pmpo_error *err)
{
    pmpo_scorer_options need = pmpo_search_scoring(&st->o, PMPO_TARGETS_LOSS);
    pmpo_scorer_options all = pmpo_search_scoring(&st->o, PMPO_TARGETS_ALL);
    *out = needed;
    *own = need.targets != all.targets && any_options(part);
    return *own ? pmpo_joint_scorer_new(st->in->scorer, part, &all, out, err)
                : 0;
}

static int make_scorers(pmpo_state *st, pmpo_error *err)
{
    const pmpo_search_input *in = st->in;
    pmpo_scorer_options need = pmpo_search_scoring(&st->o, PMPO_TARGETS_LOSS);
    pmpo_scorer_options all = pmpo_search_scoring(&st->o, PMPO_TARGETS_ALL);
    int rc =
        pmpo_joint_scorer_new(in->scorer, in->train, &need, &st->train, err);
    if (rc == 0 && in->validation) {
        rc = pmpo_joint_scorer_new(in->scorer, in->validation, &need,
                                   &st->validation, err);
    }
    if (rc == 0 && in->test) {
        rc = pmpo_joint_scorer_new(in->scorer, in->test, &all, &st->test, err);
    }
    rc = rc < 0 ? rc
                : make_whole(st, in->train, st->train, &st->train_all,
                             &st->own_train_all, err);
    return rc < 0 || !in->validation
               ? rc
               : make_whole(st, in->validation, st->validation,
                            &st->validation_all, &st->own_validation_all, err);
}

static int load_progress(pmpo_state *st, pmpo_error *err)
{
    double v = 0;
    bool found;
    int rc = pmpo_store_get_number(st->in->store, "decided", &v, &found, err);
    st->decided = rc == 0 && found ? (int)v : -1;
    rc = rc < 0 ? rc
                : pmpo_store_get_number(st->in->store, "patience_from", &v,
                                        &found, err);
    st->patience_from = rc == 0 && found ? (int)v : 0;
    return rc;
}

static int state_init(pmpo_state *st, const pmpo_search_input *in,
                      pmpo_error *err)
{
    *st = (pmpo_state){
        .in = in,
        .o = *in->o,
        .noise_floor = NAN,
        .best_gain = NAN,
        .incumbent_loss = NAN,
    };
    if (st->o.task.len == 0) {
        st->o.task = PMPO_STR(PMPO_NEUTRAL_TASK);
    }
    const char *wrong = pmpo_keep_find(st->o.marked_prompt, &st->kept);
    if (wrong) {
        return pmpo_fail(err, PMPO_EDATA, "the run's marked prompt: %s", wrong);
    }
    st->jobs = (pmpo_jobs){
        .cache = in->cache,
        .model = in->rewriter,
        .store = in->store,
        .before = pmpo_before_step,
        .ud = st,
        .cost = &st->sitting.cost,
    };
    pmpo_sitting_begin(st);
    int rc = load_progress(st, err);
    return rc < 0 ? rc : make_scorers(st, err);
}

static void state_release(pmpo_state *st)
{
    pmpo_sitting_end(st);
    pmpo_scorer_free(st->train);
    pmpo_scorer_free(st->validation);
    pmpo_scorer_free(st->test);
    if (st->own_train_all) {
        pmpo_scorer_free(st->train_all);
    }
    if (st->own_validation_all) {
        pmpo_scorer_free(st->validation_all);
    }
    pmpo_free(st->rows);
    pmpo_free(st->past_segments);
    pmpo_arena_release(&st->mem);
}

/* ---- the start prompt ---------------------------------------------------- */

static int measure_noise(pmpo_state *st, const pmpo_prompt_score *start,
                         pmpo_error *err)
{
    bool found;
    pmpo_store *s = st->in->store;
    int rc = pmpo_store_get_number(s, "noise_floor", &st->noise_floor, &found,
                                   err);
    if (rc < 0 || found) {
        return rc;
    }
    pmpo_stage(st, "measuring noise", 0, 0);
    pmpo_score_context c = pmpo_context(st, "noise", 0);
    pmpo_scorer_options o = pmpo_search_scoring(&st->o, PMPO_TARGETS_LOSS);
    pmpo_scorer *reversed = NULL;
    pmpo_noise noise;
    o.reversed = true;
    rc = pmpo_joint_scorer_new(st->in->scorer, st->in->train, &o, &reversed,
                               err);
    rc = rc < 0 ? rc : pmpo_noise_floor(reversed, start, &c, &noise, err);
    pmpo_scorer_free(reversed);
    st->noise_floor = rc == 0 ? noise.floor : NAN;
    return rc < 0 ? rc
                  : pmpo_store_put_number(s, "noise_floor", st->noise_floor,
                                          err);
}

static int score_start(pmpo_state *st, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_result r;
    pmpo_stage(st, "scoring", 0, 0);
    pmpo_score_context c = pmpo_context(st, "train", 0);
    int rc = pmpo_scorer_score(st->train, st->o.prompt, &c, &mem, &r, err);
    pmpo_candidate_row *row = rc == 0 ? pmpo_new_row(st) : NULL;
    if (row) {
        row->prompt = st->o.prompt;
        row->proposer = "given";
        row->loss = r.score.loss;
        row->fate = PMPO_FATE_ACCEPTED;
        row->reason = "the start prompt";
        row->index = 0;
        st->incumbent_loss = r.score.loss;
        rc = pmpo_count_tokens(&st->in->scorer->vocab, row->prompt,
                               &row->n_tokens, err);
        rc = rc < 0 ? rc : pmpo_store_put_candidate(st->in->store, row, err);
    } else if (rc == 0) {
        rc = pmpo_fail_memory(err);
    }
    if (rc == 0 && !st->o.paper) {
        rc = measure_noise(st, &r.score, err);
    }
    pmpo_arena_release(&mem);
    return rc;
}

static int settle_form(pmpo_state *st, pmpo_error *err)
{
    bool asked = st->o.iterations > 0
                 && pmpo_proposers_ask(st->o.proposers);
    if (st->o.form != PMPO_FORM_AUTO || !asked) {
        return 0;
    }
    int rc = pmpo_probe_form(st, err);
    return rc < 0 ? rc
                  : pmpo_settings_put_one(st->in->store, &st->o, "form", err);
}

/* ---- one iteration: what is known of the incumbent ----------------------- */

/* For the proposer merge; once an incumbent. */
static int remember_segments(pmpo_state *st, const pmpo_step *step,
                             pmpo_error *err)
{
    if (st->n_past_segments > 0 &&
        st->past_segments[st->n_past_segments - 1].prompt == st->incumbent) {
        return 0;
    }
    pmpo_str prompt = st->rows[st->incumbent].prompt; /* the step's texts end with it */
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    for (size_t i = 0; i < step->n_segments; i++) {
        if (step->segments[i].end > d.instruction.len) {
            continue; /* demonstrations are not merged */
        }
        if (PMPO_GROW(st->past_segments, st->cap_past_segments,
                      st->n_past_segments + 1) < 0) {
            return pmpo_fail_memory(err);
        }
        st->past_segments[st->n_past_segments++] = (pmpo_known_segment){
            .text = pmpo_str_sub(prompt, step->segments[i].begin,
                                 step->segments[i].end),
            .effect = step->segments[i].effect,
            .prompt = st->incumbent,
        };
    }
    return 0;
}

static int analyse(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    pmpo_str prompt = st->rows[st->incumbent].prompt;
    pmpo_score_context c = pmpo_context(st, "train", st->incumbent);
    pmpo_stage(st, "scoring", 0, 0);
    int rc = pmpo_scorer_score(st->train, prompt, &c, &step->mem,
                               &step->whole, err);
    step->marking.note = "";
    if (rc < 0 || st->o.no_mask || step->index == 0) {
        return rc;
    }
    pmpo_stage(st, "marking", 0, 0);
    rc = pmpo_mark(st->o.no_rewriter ? NULL : &st->jobs, prompt, st->o.segments, step->index, st->o.seed,
                   &step->marking, err);
    if (rc < 0) {
        return rc;
    }
    step->n_segments = step->marking.n;
    step->segments = pmpo_arena_alloc(&step->mem, step->n_segments,
                                      sizeof(*step->segments));
    if (!step->segments) {
        step->n_segments = 0;
        return pmpo_fail_memory(err);
    }
    pmpo_stage(st, "masking", 0, 0);
    c = pmpo_context(st, "mask", -1);
    rc = pmpo_mask_effects(st->train, &step->whole.score, &step->marking, &c,
                           &step->mem, step->segments, err);
    st->sitting.work_done += step->n_segments;
    return rc < 0 ? rc : remember_segments(st, step, err);
}

/* How much an example wants to be a hard case: its loss, or chance. */
static double hardness(const pmpo_state *st, const pmpo_step *step, size_t i)
{
    if (!st->o.no_hard_cases) {
        return step->whole.score.examples[i].loss;
    }
    uint64_t state = pmpo_seed_for(st->o.seed, "case", (uint64_t)step->index,
                                   i, 0);
    return pmpo_random_unit(&state);
}

static bool taken(const pmpo_step *step, size_t i)
{
    for (size_t k = 0; k < step->n_cases; k++) {
        if (step->cases[k] == i) {
            return true;
        }
    }
    return false;
}

/* The highest first; ties by order. */
static int choose_cases(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    size_t n = step->whole.score.n_examples;
    size_t k = step->index == 0 ? 0
               : (size_t)st->o.hard < n ? (size_t)st->o.hard : n;
    step->cases = pmpo_arena_alloc(&step->mem, k, sizeof(*step->cases));
    if (!step->cases) {
        return pmpo_fail_memory(err);
    }
    while (step->n_cases < k) {
        size_t best = n;
        double most = 0;
        for (size_t i = 0; i < n; i++) {
            double h = hardness(st, step, i);
            if (!taken(step, i) && (best == n || h > most)) {
                best = i;
                most = h;
            }
        }
        step->cases[step->n_cases++] = best;
    }
    return 0;
}

/* ---- one iteration: decision --------------------------------------------- */

typedef struct judge_ud {
    pmpo_state *st;
    pmpo_step *step;
    pmpo_validation last; /* of the candidate asked about last */
} judge_ud;

/* `mem` holds the scores. */
static int compare_validation(pmpo_state *st, int id, pmpo_arena *mem,
                              pmpo_validation *out, pmpo_error *err)
{
    pmpo_prompt_score start = {0}, incumbent = {0}, candidate = {0};
    double *diff, *weights;
    size_t n;
    int rc = pmpo_try_validation(st, 0, mem, &start, err);
    rc = rc < 0 ? rc
                : pmpo_try_validation(st, st->incumbent, mem, &incumbent, err);
    rc = rc < 0 ? rc : pmpo_try_validation(st, id, mem, &candidate, err);
    if (rc == PMPO_ETOOLONG) { /* this candidate's failure, not the run's */
        *out = (pmpo_validation){NAN, NAN, INFINITY, NAN};
        return 0;
    }
    rc = rc < 0 ? rc
                : pmpo_paired_losses(&start, &candidate, mem, &diff, &weights,
                                     &n, err);
    if (rc == 0) {
        *out = (pmpo_validation){
            pmpo_priced(st, start.loss, 0),
            pmpo_priced(st, incumbent.loss, st->incumbent),
            pmpo_priced(st, candidate.loss, id),
            pmpo_mean_error(diff, weights, n)};
    }
    return rc;
}

static int validate(void *ud, size_t i, pmpo_validation *out, pmpo_error *err)
{
    judge_ud *j = ud;
    pmpo_state *st = j->st;
    pmpo_step *step = j->step;
    pmpo_arena mem = {0};
    pmpo_stage(st, "validating", (int)i + 1, (int)(st->n_rows - step->first));
    int rc = compare_validation(st, st->rows[step->first + i].id, &mem, out,
                                err);
    j->last = *out;
    pmpo_arena_release(&mem);
    return rc;
}

static void apply(pmpo_state *st, pmpo_step *step,
                  const pmpo_accept_entry *entries, const pmpo_decision *d)
{
    for (size_t i = step->first; i < st->n_rows; i++) {
        const pmpo_accept_entry *e = &entries[i - step->first];
        if (e->considered) {
            bool yes = i - step->first == d->accepted;
            st->rows[i].fate = yes ? PMPO_FATE_ACCEPTED : PMPO_FATE_REJECTED;
            st->rows[i].reason = pmpo_say(st, "%s", e->reason);
        }
    }
    st->n_failed_validation += d->n_failed_validation;
    st->threshold = d->threshold;
    if (isnan(st->best_gain) || d->best_gain > st->best_gain) {
        st->best_gain = d->best_gain;
    }
}

static pmpo_accept_entry entry_of(const pmpo_state *st, size_t i)
{
    const pmpo_candidate_row *r = &st->rows[i];
    return (pmpo_accept_entry){.loss = pmpo_priced(st, r->loss, r->id),
                               .lower_bound =
                                   pmpo_priced(st, r->lower_bound, r->id),
                               .given_up = r->given_up,
                               .considered = r->fate == PMPO_FATE_PENDING,
                               .fate = r->fate};
}

/* Whom the rule accepts; and where a person has the last word, whom the person
 * does, too. The step may get rows that the person wrote: e has room for
 * them. */
static int choose(judge_ud *j, const pmpo_accept_rule *rule,
                  pmpo_accept_entry *e, pmpo_decision *d, pmpo_error *err)
{
    pmpo_state *st = j->st;
    pmpo_step *step = j->step;
    for (;;) {
        size_t n = st->n_rows - step->first;
        bool accepted = true;
        j->last = (pmpo_validation){NAN, NAN, NAN, NAN};
        int rc = pmpo_accept(rule, e, n, validate, j, d, err);
        if (rc < 0 || d->accepted == PMPO_ACCEPT_NONE || !st->o.approve) {
            return rc;
        }
        rc = pmpo_ask_person(st, step, step->first + d->accepted, &j->last,
                             &accepted, err);
        if (rc < 0 || accepted) {
            return rc;
        }
        e[d->accepted].considered = false;
        for (size_t i = n; i < st->n_rows - step->first; i++) {
            e[i] = entry_of(st, step->first + i);
        }
    }
}

static int decide(pmpo_state *st, pmpo_step *step, bool *gained,
                  pmpo_error *err)
{
    size_t n = st->n_rows - step->first;
    pmpo_accept_entry *e =
        pmpo_arena_alloc(&step->mem, n + PMPO_MAX_EDITS, sizeof(*e));
    if (!e) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        e[i] = entry_of(st, step->first + i);
    }
    pmpo_accept_rule rule = {.paper = st->o.paper,
                             .has_validation = st->validation != NULL,
                             .incumbent_loss = pmpo_priced(st,
                                                           st->incumbent_loss,
                                                           st->incumbent),
                             .noise_floor = st->noise_floor,
                             .priced = st->o.length_price > 0};
    pmpo_decision d;
    judge_ud ud = {.st = st, .step = step};
    int rc = choose(&ud, &rule, e, &d, err);
    if (rc < 0) {
        return rc;
    }
    apply(st, step, e, &d);
    *gained = d.accepted != PMPO_ACCEPT_NONE;
    int best = *gained ? (int)(step->first + d.accepted) : st->incumbent;
    double loss = *gained ? st->rows[best].loss : st->incumbent_loss;
    rc = pmpo_record_decision(st, step, &d, best, loss, err);
    st->incumbent = best;
    st->incumbent_loss = loss;
    return rc;
}

static int iterate(pmpo_state *st, int index, bool *gained, bool *exhausted,
                   pmpo_error *err)
{
    pmpo_step step = {.index = index, .turn = SIZE_MAX};
    bool opening = index == 0;
    size_t masks = st->o.no_mask || opening ? 0 : (size_t)st->o.segments;
    pmpo_iteration_begins(st, index,
                          masks + (size_t)st->o.hard * (size_t)st->o.variants);
    st->replaying = index <= st->decided;
    int rc = analyse(st, &step, err);
    rc = rc < 0 ? rc : choose_cases(st, &step, err);
    rc = rc < 0 ? rc : pmpo_record_analysis(st, &step, err);
    rc = rc < 0 ? rc : pmpo_add_candidates(st, &step, err);
    rc = rc < 0 ? rc : pmpo_record_candidates(st, &step, err);
    if (rc == 0 && opening) {
        rc = pmpo_thin_out(st, &step, err);
    }
    rc = rc < 0 ? rc : pmpo_try_candidates(st, &step, err);
    rc = rc < 0 ? rc : pmpo_credit_turn(st, &step, err);
    rc = rc < 0 ? rc : decide(st, &step, gained, err);
    *exhausted = !opening && st->n_rows == step.first && !pmpo_has_turns(st);
    if (rc < 0) {
        pmpo_record_interrupted(st, &step);
    }
    st->replaying = false;
    pmpo_iteration_ends(st);
    pmpo_arena_release(&step.mem);
    return rc;
}

/* ---- the run ------------------------------------------------------------- */

static int run_iterations(pmpo_state *st, char *why, size_t why_bytes,
                          pmpo_error *err)
{
    int idle = 0;
    if (st->o.iterations == 1) {
        snprintf(why, why_bytes, "the one iteration is done");
    } else {
        snprintf(why, why_bytes, "all %d iterations are done",
                 st->o.iterations);
    }
    int first = st->o.iterations > 0 && pmpo_has_opening(st) ? 0 : 1;
    for (int t = first; t <= st->o.iterations; t++) {
        bool gained = false, exhausted = false;
        int rc = t > st->decided ? pmpo_forget_outcome(st, err) : 0;
        rc = rc < 0 ? rc : iterate(st, t, &gained, &exhausted, err);
        if (rc < 0) {
            return rc;
        }
        idle = gained || t <= st->patience_from ? 0 : idle + 1;
        if (exhausted) {
            snprintf(why, why_bytes, "nothing is left to propose, after "
                     "iteration %d of %d", t, st->o.iterations);
            break;
        }
        if (st->o.patience > 0 && idle >= st->o.patience) {
            snprintf(why, why_bytes, "no gain in %d iterations in a row, "
                     "after iteration %d of %d", idle, t, st->o.iterations);
            break;
        }
    }
    return 0;
}

int pmpo_search_run(const pmpo_search_input *in, char *why, size_t why_bytes,
                    pmpo_error *err)
{
    pmpo_state st;
    int rc = state_init(&st, in, err);
    rc = rc < 0 ? rc : score_start(&st, err);
    rc = rc < 0 ? rc : pmpo_check_loss(&st, false, err);
    rc = rc < 0 ? rc : settle_form(&st, err);
    rc = rc < 0 ? rc : run_iterations(&st, why, why_bytes, err);
    rc = rc < 0 ? rc : pmpo_check_loss(&st, true, err);
    rc = rc < 0 ? rc : pmpo_choose(&st, err);
    rc = rc < 0 ? rc : pmpo_finish(&st, err);
    state_release(&st);
    return rc;
}
