/* approve.c: a person has the last word on each new incumbent.
 *
 * An answer is kept with the run before it has an effect, so that a resumed
 * run doesn't ask twice. */
#include <stdio.h>

#include "base/error.h"
#include "search/state.h"
#include "text/diff.h"

#define WROTE "edit\n" /* before the person's own prompt */

typedef struct given {
    pmpo_approval answer;
    pmpo_str edited; /* in st->mem */
} given;

/* ---- the answer ---------------------------------------------------------- */

static int remembered(pmpo_state *st, const char *name, given *g, bool *found,
                      pmpo_error *err)
{
    pmpo_buf b = {0};
    int rc = pmpo_store_get_text(st->in->store, name, &b, found, err);
    pmpo_str text = pmpo_buf_str(&b);
    if (rc == 0 && *found) {
        g->answer = pmpo_str_eq(text, PMPO_STR("accept")) ? PMPO_APPROVAL_ACCEPT
                    : pmpo_str_starts(text, PMPO_STR(WROTE))
                        ? PMPO_APPROVAL_EDIT
                        : PMPO_APPROVAL_REFUSE;
        size_t at = g->answer == PMPO_APPROVAL_EDIT ? strlen(WROTE) : text.len;
        g->edited = pmpo_arena_str(&st->mem, pmpo_str_sub(text, at, text.len));
        rc = b.failed || !g->edited.ptr ? pmpo_fail_memory(err) : 0;
    }
    pmpo_buf_release(&b);
    return rc;
}

static int remember(pmpo_state *st, const char *name, const given *g,
                    pmpo_error *err)
{
    pmpo_buf b = {0};
    pmpo_buf_puts(&b, g->answer == PMPO_APPROVAL_ACCEPT ? "accept"
                      : g->answer == PMPO_APPROVAL_EDIT ? WROTE
                                                      : "refuse");
    pmpo_buf_put(&b, g->edited);
    int rc = b.failed ? pmpo_fail_memory(err)
                      : pmpo_store_put_text(st->in->store, name,
                                            pmpo_buf_str(&b), err);
    pmpo_buf_release(&b);
    return rc;
}

static int ask(pmpo_state *st, const pmpo_step *step,
               const pmpo_candidate_row *row, const pmpo_validation *v,
               given *g, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_diff_piece *diff;
    pmpo_str edited = PMPO_STR("");
    pmpo_would_be w = {
        .iteration = step->index,
        .id = row->id,
        .proposer = row->proposer,
        .incumbent = st->rows[st->incumbent].prompt,
        .candidate = row->prompt,
        .train_before = st->incumbent_loss,
        .train_after = row->loss,
        .val_before = v->incumbent - pmpo_priced(st, 0, st->incumbent),
        .val_after = v->candidate - pmpo_priced(st, 0, row->id),
    };
    if (!st->o.ask) {
        return pmpo_fail(err, PMPO_EUSAGE, "prompt %d waits for a person's "
                         "approval, and nobody can be asked: resume with "
                         "--approve", row->id);
    }
    pmpo_stage(st, "asking", 0, 0);
    int rc = pmpo_diff(w.incumbent, w.candidate, &mem, &diff, &w.n_diff);
    w.diff = diff;
    rc = rc < 0 ? pmpo_fail_memory(err)
                : st->o.ask(st->o.ask_ud, &w, &edited, err);
    if (rc >= 0) {
        g->answer = (pmpo_approval)rc;
        g->edited = rc == PMPO_APPROVAL_EDIT
                        ? pmpo_arena_str(&st->mem, pmpo_str_trim(edited))
                        : PMPO_STR("");
        rc = g->edited.ptr ? 0 : pmpo_fail_memory(err);
    }
    pmpo_arena_release(&mem);
    return rc;
}

static int answer_of(pmpo_state *st, const pmpo_step *step,
                     const pmpo_candidate_row *row, const pmpo_validation *v,
                     given *g, pmpo_error *err)
{
    char name[40];
    bool found = false;
    snprintf(name, sizeof(name), "answer.%d", row->id);
    int rc = remembered(st, name, g, &found, err);
    if (rc < 0 || found) {
        return rc;
    }
    rc = ask(st, step, row, v, g, err);
    return rc < 0 ? rc : remember(st, name, g, err);
}

/* ---- the person's own prompt --------------------------------------------- */

static int score_row(pmpo_state *st, const pmpo_step *step, size_t i,
                     pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_result r;
    pmpo_candidate_row *row = &st->rows[i];
    pmpo_score_context c = pmpo_context(st, "train", row->id);
    pmpo_stage(st, "scoring", 0, 0);
    int rc = pmpo_scorer_score(st->train, row->prompt, &c, &mem, &r, err);
    if (rc == 0) {
        row->loss = r.score.loss;
        st->n_scored++;
        rc = pmpo_vet_fits(st, row, err);
    } else if (rc == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(st, "%s", err ? err->text : "too long");
        rc = 0;
    }
    pmpo_arena_release(&mem);
    return rc < 0 ? rc : pmpo_record_scored(st, step, row, err);
}

static int add_edited(pmpo_state *st, pmpo_step *step, int parent,
                      pmpo_str prompt, pmpo_error *err)
{
    size_t i = st->n_rows;
    pmpo_candidate_row *row = pmpo_new_row(st);
    if (!row) {
        return pmpo_fail_memory(err);
    }
    row->iteration = step->index;
    row->index = row->id - (int)step->first;
    row->proposer = "person";
    row->parents[0] = parent;
    row->n_parents = 1;
    row->prompt = prompt;
    int rc = pmpo_vet_row(st, row, false, err);
    return rc < 0 || row->fate != PMPO_FATE_PENDING
               ? rc
               : score_row(st, step, i, err);
}

static size_t n_edited(const pmpo_state *st, const pmpo_step *step)
{
    size_t n = 0;
    for (size_t i = step->first; i < st->n_rows; i++) {
        n += !strcmp(st->rows[i].proposer, "person");
    }
    return n;
}

int pmpo_ask_person(pmpo_state *st, pmpo_step *step, size_t row,
                    const pmpo_validation *v, bool *accepted, pmpo_error *err)
{
    given g = {.answer = PMPO_APPROVAL_REFUSE, .edited = PMPO_STR("")};
    int id = st->rows[row].id;
    int rc = answer_of(st, step, &st->rows[row], v, &g, err);
    *accepted = rc == 0 && g.answer == PMPO_APPROVAL_ACCEPT;
    if (rc < 0 || *accepted) {
        return rc;
    }
    st->n_refused++;
    bool changed = g.answer == PMPO_APPROVAL_EDIT && g.edited.len > 0;
    bool edits = changed && n_edited(st, step) < PMPO_MAX_EDITS;
    st->rows[row].fate = PMPO_FATE_REJECTED;
    st->rows[row].reason =
        edits     ? pmpo_say(st, "a person changed it: prompt %zu", st->n_rows)
        : changed ? pmpo_say(st,
                             "a person changed it; not taken, after %d changes "
                             "in this iteration",
                             PMPO_MAX_EDITS)
                  : "a person refused it";
    return edits ? add_edited(st, step, id, g.edited, err) : 0;
}
