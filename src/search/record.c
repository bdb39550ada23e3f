/* record.c: the search's record in the run file.
 *
 * An iteration that was decided in an earlier sitting is on record whole; it
 * is played again in memory only, so that a reader never sees it undone. */
#include <math.h>
#include <stdarg.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/plain.h"
#include "propose/forms.h"
#include "search/state.h"

#define SECONDS_SO_FAR "iteration_seconds" /* of the one in work */

pmpo_candidate_row *pmpo_new_row(pmpo_state *st)
{
    if (PMPO_GROW(st->rows, st->cap_rows, st->n_rows + 1) < 0) {
        return NULL;
    }
    pmpo_candidate_row *r = &st->rows[st->n_rows];
    *r = (pmpo_candidate_row){
        .id = (int)st->n_rows++,
        .prompt = PMPO_STR(""),
        .reply = PMPO_STR(""),
        .loss = NAN,
        .lower_bound = NAN,
        .fate = PMPO_FATE_PENDING,
        .reason = "",
        .hard_case = -1,
        .variant = -1,
    };
    return r;
}

const char *pmpo_say(pmpo_state *st, const char *fmt, ...)
{
    char text[1000];
    va_list ap;
    va_start(ap, fmt);
    pmpo_print_list(text, sizeof(text), fmt, ap);
    va_end(ap);
    const char *copy = pmpo_arena_cstr(&st->mem, text);
    return copy ? copy : "";
}

static bool on_record(const pmpo_state *st, const pmpo_step *step)
{
    return step->index <= st->decided;
}

/* ---- the iteration's row ------------------------------------------------- */

/* Seconds of the iteration over all sittings, kept also for the next. */
static int seconds_of(pmpo_state *st, double *out, pmpo_error *err)
{
    double before = 0;
    bool found;
    int rc = pmpo_store_get_number(st->in->store, SECONDS_SO_FAR, &before,
                                   &found, err);
    double here = (pmpo_now_ms() - st->sitting.iteration_start_ms) / 1000;
    *out = (found && !isnan(before) ? before : 0) + here;
    return rc;
}

static pmpo_iteration_row row_of(const pmpo_state *st, const pmpo_step *step)
{
    return (pmpo_iteration_row){
        .index = step->index,
        .incumbent_loss = st->incumbent_loss,
        .best_loss = NAN,
        .marked_by_model = step->marking.by_model,
        .marking_note = step->marking.note,
        .decision = "",
        .version = "",
        .digest = "",
        .incumbent = st->incumbent,
        .best = -1,
    };
}

static int put_analysis(pmpo_state *st, const pmpo_step *step,
                        pmpo_error *err)
{
    pmpo_store *s = st->in->store;
    pmpo_iteration_row row = row_of(st, step);
    int rc = pmpo_store_put_iteration(s, &row, err);
    for (size_t i = 0; rc == 0 && i < step->n_segments; i++) {
        rc = pmpo_store_put_segment(s, step->index, (int)i,
                                    &step->segments[i], err);
    }
    for (size_t i = 0; rc == 0 && i < step->n_cases; i++) {
        pmpo_str id = step->whole.score.examples[step->cases[i]].id;
        rc = pmpo_store_put_hard(s, step->index, (int)i, id, err);
    }
    return rc;
}

int pmpo_record_analysis(pmpo_state *st, const pmpo_step *step,
                         pmpo_error *err)
{
    if (on_record(st, step)) {
        return 0;
    }
    int rc = pmpo_store_begin(st->in->store, err);
    rc = rc < 0 ? rc : put_analysis(st, step, err);
    return rc < 0 ? rc : pmpo_store_commit(st->in->store, err);
}

/* ---- candidates ---------------------------------------------------------- */

static int put_candidates(pmpo_state *st, const pmpo_step *step,
                          pmpo_error *err)
{
    int rc = 0;
    for (size_t i = step->first; rc == 0 && i < st->n_rows; i++) {
        rc = pmpo_store_put_candidate(st->in->store, &st->rows[i], err);
    }
    return rc;
}

int pmpo_record_candidates(pmpo_state *st, const pmpo_step *step,
                           pmpo_error *err)
{
    if (on_record(st, step)) {
        return 0;
    }
    int rc = pmpo_store_begin(st->in->store, err);
    rc = rc < 0 ? rc : put_candidates(st, step, err);
    return rc < 0 ? rc : pmpo_store_commit(st->in->store, err);
}

int pmpo_record_scored(pmpo_state *st, const pmpo_step *step,
                       const pmpo_candidate_row *row, pmpo_error *err)
{
    return on_record(st, step)
               ? 0
               : pmpo_store_put_candidate(st->in->store, row, err);
}

/* ---- decision ------------------------------------------------------------ */

static int put_decision(pmpo_state *st, const pmpo_step *step,
                        const pmpo_iteration_row *row, pmpo_error *err)
{
    pmpo_store *s = st->in->store;
    int rc = put_candidates(st, step, err);
    rc = rc < 0 ? rc : pmpo_store_put_iteration(s, row, err);
    rc = rc < 0 ? rc : pmpo_put_best_text(st, row->best, err);
    rc = rc < 0 ? rc
                : pmpo_store_put_number(s, "decided", step->index, err);
    return rc < 0 ? rc : pmpo_store_put_number(s, SECONDS_SO_FAR, 0, err);
}

int pmpo_record_decision(pmpo_state *st, const pmpo_step *step,
                         const pmpo_decision *d, int best, double best_loss,
                         pmpo_error *err)
{
    char digest[33];
    int rc = pmpo_step_digest(st, step, best, best_loss, digest, err);
    if (rc < 0 || on_record(st, step)) {
        return rc < 0 ? rc : pmpo_step_compare(st, step->index, digest, err);
    }
    pmpo_iteration_row row = row_of(st, step);
    row.best = best;
    row.best_loss = best_loss;
    row.decision = d->text;
    row.version = pmpo_version();
    row.digest = digest;
    rc = seconds_of(st, &row.seconds, err);
    rc = rc < 0 ? rc : pmpo_store_begin(st->in->store, err);
    rc = rc < 0 ? rc : put_decision(st, step, &row, err);
    return rc < 0 ? rc : pmpo_store_commit(st->in->store, err);
}

void pmpo_record_interrupted(pmpo_state *st, const pmpo_step *step)
{
    double seconds;
    if (!on_record(st, step) && seconds_of(st, &seconds, NULL) == 0) {
        pmpo_store_put_number(st->in->store, SECONDS_SO_FAR, seconds, NULL);
    }
}

/* ---- losses of single examples ------------------------------------------- */

static int put_losses(pmpo_state *st, const pmpo_score_context *c,
                      const pmpo_prompt_score *score, bool answers,
                      pmpo_error *err)
{
    static const struct {
        const char *purpose;
        pmpo_part part;
    } kept[] = {
        {"train", PMPO_PART_TRAIN},
        {"check", PMPO_PART_TRAIN},
        {"validation", PMPO_PART_VALIDATION},
        {"test", PMPO_PART_TEST},
    };
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (c->prompt_id >= 0 && !strcmp(c->purpose, kept[i].purpose)) {
            return pmpo_store_put_losses(st->in->store, c->prompt_id,
                                         kept[i].part, score, answers, err);
        }
    }
    return 0;
}

int pmpo_record_losses(void *ud, const pmpo_score_context *c,
                       const pmpo_prompt_score *score, pmpo_error *err)
{
    return put_losses(ud, c, score, false, err);
}

int pmpo_record_answers(void *ud, const pmpo_score_context *c,
                        const pmpo_prompt_score *score, pmpo_error *err)
{
    return put_losses(ud, c, score, true, err);
}

