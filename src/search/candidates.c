/* candidates.c: asks the proposers for new prompts, and vets them. */
#include <math.h>

#include "base/error.h"
#include "search/state.h"
#include "text/demos.h"

int pmpo_probe_form(pmpo_state *st, pmpo_error *err)
{
    int n = 0;
    pmpo_stage(st, "probing", 0, 0);
    pmpo_error why = {0};
    int rc = pmpo_probe_large_form(&st->jobs, &st->o, &n, &why);
    if (rc < 0 && rc != PMPO_ETOOLONG) {
        return pmpo_fail(err, rc, "%s", why.text);
    }
    bool large = n >= PMPO_PROBE_SAMPLES - 1;
    st->o.form = large ? PMPO_FORM_LARGE : PMPO_FORM_SMALL;
    const char *text =
        rc == 0 ? pmpo_say(st, "%d of %d replies to the large form were usable",
                           n, PMPO_PROBE_SAMPLES)
                : pmpo_say(st, "the large form is too long for the rewriter: %s",
                           why.text);
    return pmpo_store_put_note(st->in->store, PMPO_NOTE_FORM, 0, 0, text, err);
}

static int note(void *ud, pmpo_note kind, int iteration, int place,
                const char *text, pmpo_error *err)
{
    pmpo_state *st = ud;
    bool replayed = iteration > 0 && iteration <= st->decided; /* has them */
    return replayed ? 0
                    : pmpo_store_put_note(st->in->store, kind, iteration, place,
                                          text, err);
}

/* The proposal with the parts to keep that it lacks and, where `demos` says so,
 * the incumbent's demonstrations; empty: out of memory, or there was none. */
static pmpo_str made_whole(pmpo_state *st, pmpo_str prompt, bool demos)
{
    pmpo_demos own, d;
    pmpo_demos_read(prompt, &own);
    pmpo_demos_read(st->rows[st->incumbent].prompt, &d);
    pmpo_str rest = own.n > 0 ? own.rest : demos ? d.rest : PMPO_STR("");
    bool lacks = pmpo_keep_missing(&st->kept, prompt) != NULL;
    if (prompt.len == 0 || (!lacks && rest.len == own.rest.len)) {
        return prompt;
    }
    pmpo_buf b = {0};
    if (lacks) {
        pmpo_keep_restore(&st->kept, own.instruction, &b);
    } else {
        pmpo_buf_put(&b, own.instruction);
    }
    pmpo_buf_put(&b, rest);
    pmpo_str whole = b.failed ? PMPO_STR("")
                              : pmpo_arena_str(&st->mem, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return whole;
}

static int sound(void *ud, pmpo_str prompt, bool joined, bool *yes,
                 pmpo_error *err)
{
    pmpo_state *st = ud;
    pmpo_candidate_row row = {
        .id = (int)st->n_rows,
        .prompt = made_whole(st, prompt, true),
        .reply = prompt, /* the guard asks what a model wrote */
        .fate = PMPO_FATE_PENDING,
    };
    int rc = pmpo_vet_row(st, &row, joined, err);
    *yes = rc == 0 && row.fate == PMPO_FATE_PENDING;
    return rc;
}

static int losses(void *ud, const pmpo_str *prompts, size_t n, size_t most,
                  double *out, pmpo_error *err)
{
    return pmpo_try_some(ud, prompts, n, most, out, err);
}

/* `row` as the incumbent. */
static pmpo_scene scene_of(pmpo_state *st, const pmpo_step *step, size_t row,
                           pmpo_arena *scratch)
{
    pmpo_demos d;
    pmpo_demos_read(st->rows[row].prompt, &d);
    return (pmpo_scene){
        .jobs = &st->jobs,
        .o = &st->o,
        .train = st->in->train,
        .validation = st->in->validation,
        .iteration = step->index,
        .rows = st->rows,
        .n_rows = st->n_rows,
        .incumbent = st->rows[row].prompt,
        .incumbent_id = st->rows[row].id,
        .instruction = d.instruction,
        .demos = d.rest,
        .kept = &st->kept,
        .segments = step->segments,
        .n_segments = step->n_segments,
        .noise_floor = st->noise_floor,
        .past_segments = st->past_segments,
        .n_past_segments = st->n_past_segments,
        .cases = step->cases,
        .n_cases = step->n_cases,
        .note = note,
        .losses = losses,
        .sound = sound,
        .ud = st,
        .scratch = scratch,
    };
}

static int add_row(pmpo_state *st, const pmpo_step *step, const char *proposer,
                   const pmpo_proposal *p, pmpo_error *err)
{
    pmpo_candidate_row *row = pmpo_new_row(st);
    if (!row) {
        return pmpo_fail_memory(err);
    }
    row->iteration = step->index;
    row->index = row->id - (int)step->first;
    row->proposer = proposer;
    memcpy(row->parents, p->parents, sizeof(row->parents));
    row->n_parents = p->n_parents;
    row->prompt = made_whole(st, p->prompt, !p->whole);
    row->reply = p->reply;
    if (p->prompt.len > 0 && row->prompt.len == 0) {
        return pmpo_fail_memory(err);
    }
    row->hard_case = p->hard_case;
    row->variant = p->variant;
    row->seed = p->seed;
    st->n_replies += p->asked;
    if (p->why) {
        row->fate = PMPO_FATE_BAD_REPLY;
        row->reason = p->why;
        return 0;
    }
    return pmpo_vet_row(st, row, p->joined, err);
}

/* One of the table, or of the calling program's. */
typedef struct source {
    const pmpo_proposer *own;
    const pmpo_custom_proposer *custom;
} source;

static int ask(pmpo_state *st, pmpo_step *step, source by,
               pmpo_error *err)
{
    const char *name = by.own ? by.own->name : by.custom->name;
    pmpo_arena scratch = {0};
    pmpo_proposals list = {.mem = &st->mem};
    const pmpo_scene scene =
        scene_of(st, step, (size_t)st->incumbent, &scratch);
    int rc = by.own ? by.own->propose(&scene, &list, err)
                    : pmpo_propose_custom(&scene, by.custom, &list, err);
    for (size_t i = 0; rc == 0 && i < list.n; i++) {
        rc = add_row(st, step, name, &list.of[i], err);
        step->generated += (double)list.of[i].n_tokens;
    }
    pmpo_free(list.of);
    pmpo_arena_release(&scratch);
    return rc;
}

static bool takes_part(const pmpo_state *st, const char *name, bool opens,
                       int iteration)
{
    return (iteration > 0 || opens)
           && pmpo_proposers_have(st->o.proposers, name);
}

bool pmpo_has_opening(const pmpo_state *st)
{
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        const pmpo_proposer *p = &pmpo_proposers[i];
        if (takes_part(st, p->name, p->opens, 0)) {
            return true;
        }
    }
    for (size_t i = 0; i < st->o.n_custom; i++) {
        const pmpo_custom_proposer *p = &st->o.custom[i];
        if (takes_part(st, p->name, p->opens, 0)) {
            return true;
        }
    }
    return false;
}

/* ---- turns ----------------------------------------------------------------- */

bool pmpo_has_turns(const pmpo_state *st)
{
    return pmpo_proposers_ask(st->o.proposers) || st->o.n_custom > 0;
}

/* Of the proposers that ask the rewriter one has its turn; noted where there
 * is a choice. */
static int choose_turn(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    char why[200];
    size_t n_playing = 0;
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        const pmpo_proposer *p = &pmpo_proposers[i];
        st->arms[i].name = p->name;
        st->arms[i].plays = p->asks && takes_part(st, p->name, p->opens, step->index);
        n_playing += st->arms[i].plays;
    }
    step->turn = n_playing == 0
                     ? SIZE_MAX
                     : pmpo_bandit_choose(st->arms, pmpo_n_proposers, why,
                                          sizeof(why));
    return n_playing < 2 ? 0
                         : note(st, PMPO_NOTE_TURN, step->index, 0, why, err);
}

int pmpo_credit_turn(pmpo_state *st, const pmpo_step *step, pmpo_error *err)
{
    if (step->turn == SIZE_MAX) {
        return 0;
    }
    uint64_t rows, logical;
    double gain = 0, n_scored = 0;
    pmpo_arm *arm = &st->arms[step->turn];
    int rc = pmpo_scorer_count(st->train, st->rows[st->incumbent].prompt, &rows,
                               &logical, err);
    for (size_t i = step->first; rc == 0 && i < st->n_rows; i++) {
        const pmpo_candidate_row *r = &st->rows[i];
        if (!strcmp(r->proposer, arm->name) &&
            r->fate != PMPO_FATE_DUPLICATE) { /* credited before, and free */
            double gained = step->whole.score.loss - r->loss;
            gain = gained > gain ? gained : gain; /* false of NAN */
            n_scored += !isnan(r->loss) || !isnan(r->lower_bound);
        }
    }
    arm->n_tries++;
    arm->gain += gain;
    arm->tokens += step->generated + n_scored * (double)rows;
    return rc;
}

/* ---- all ---------------------------------------------------------------------- */

int pmpo_add_candidates(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    step->first = st->n_rows;
    int rc = choose_turn(st, step, err);
    for (size_t i = 0; rc == 0 && i < pmpo_n_proposers; i++) {
        const pmpo_proposer *p = &pmpo_proposers[i];
        if (p->asks ? i == step->turn
                    : takes_part(st, p->name, p->opens, step->index)) {
            pmpo_stage(st, p->asks ? "rewriting" : "proposing", 0, 0);
            rc = ask(st, step, (source){.own = p}, err);
            pmpo_show_candidates(st, step->first);
        }
    }
    for (size_t i = 0; rc == 0 && i < st->o.n_custom; i++) {
        const pmpo_custom_proposer *p = &st->o.custom[i];
        if (takes_part(st, p->name, p->opens, step->index)) {
            pmpo_stage(st, "proposing", 0, 0);
            rc = ask(st, step, (source){.custom = p}, err);
            pmpo_show_candidates(st, step->first);
        }
    }
    return rc;
}

/* ---- combinations ----------------------------------------------------------------- */

/* The proposer contract, as if the prompt were the incumbent: its first
 * proposal made from it has all of its sentences. */
static int combine(pmpo_state *st, pmpo_step *step, size_t with,
                   const pmpo_proposer *by, pmpo_error *err)
{
    pmpo_arena scratch = {0};
    pmpo_proposals list = {.mem = &st->mem};
    const pmpo_scene scene = scene_of(st, step, with, &scratch);
    int rc = by->propose(&scene, &list, err);
    bool added = false;
    for (size_t i = 0; rc == 0 && i < list.n && !added; i++) {
        if (list.of[i].n_parents > 0) {
            added = true;
            rc = add_row(st, step, by->name, &list.of[i], err);
        }
    }
    pmpo_free(list.of);
    pmpo_arena_release(&scratch);
    return rc;
}

int pmpo_add_combinations(pmpo_state *st, pmpo_step *step, const size_t *rows,
                          size_t n, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        const pmpo_proposer *p = &pmpo_proposers[i];
        bool it = !strcmp(p->name, "contract") && takes_part(st, p->name, p->opens, 0);
        for (size_t k = 0; it && rc == 0 && k < n; k++) {
            rc = combine(st, step, rows[k], p, err);
        }
    }
    return rc < 0 ? rc : pmpo_record_candidates(st, step, err);
}
