/* vet.c: see vet.h. The rules come first, then how they meet a run. */
#include "search/vet.h"

#include <stdarg.h>

#include "base/error.h"
#include "base/plain.h"
#include "model/template.h"
#include "search/answers.h"
#include "search/state.h"
#include "text/demos.h"

#define PMPO_KEPT_SHOWN 60 /* bytes of a part in a reason */

static int object(pmpo_verdict *v, pmpo_fate fate, const char *fmt, ...)
    PMPO_PRINTF(3, 4);

static int object(pmpo_verdict *v, pmpo_fate fate, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    pmpo_print_list(v->reason, sizeof(v->reason), fmt, ap);
    va_end(ap);
    v->fate = fate;
    return 0;
}

/* ---- seen already -------------------------------------------------------- */

int pmpo_find_prompt(const pmpo_candidate_row *rows, size_t n, pmpo_str prompt)
{
    prompt = pmpo_str_trim(prompt);
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(pmpo_str_trim(rows[i].prompt), prompt)
            && (i == 0 || rows[i].prompt.len > 0)) {
            return (int)i;
        }
    }
    return -1;
}

/* A duplicate's loss comes once all are scored: see trial.c. */
static int is_new(const pmpo_vet_input *in, pmpo_verdict *v, pmpo_error *err)
{
    (void)err;
    int same = pmpo_find_prompt(in->rows, in->n_rows, in->prompt);
    return same < 0 ? 0
                    : object(v, PMPO_FATE_DUPLICATE, "the same as prompt %d%s",
                             same,
                             same == in->incumbent ? ", the incumbent" : "");
}

/* ---- a person would throw it away ---------------------------------------- */

static pmpo_str instruction_of(pmpo_str prompt)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    return d.instruction;
}

/* The incumbent's demonstrations are meant to be examples; others in a reply are
 * the rewriter's. */
static pmpo_str guarded_part(const pmpo_vet_input *in)
{
    pmpo_demos d, known = {.n = 0};
    pmpo_demos_read(in->prompt, &d);
    if (in->n_rows > 0) {
        pmpo_demos_read(in->rows[in->incumbent].prompt, &known);
    }
    bool same = pmpo_str_eq(pmpo_str_trim(d.rest), pmpo_str_trim(known.rest));
    return d.n > 0 && same ? d.instruction : in->prompt;
}

static int is_sound(const pmpo_vet_input *in, pmpo_verdict *v, pmpo_error *err)
{
    bool refused = false;
    if (!in->guard) {
        return 0;
    }
    pmpo_guard_input g = *in->guard;
    g.prompt = guarded_part(in);
    int rc = pmpo_guard(&g, v->reason, sizeof(v->reason), &refused, err);
    v->fate = refused ? PMPO_FATE_REJECTED : v->fate;
    return rc;
}

/* ---- frozen parts -------------------------------------------------------- */

static int holds_kept_parts(const pmpo_vet_input *in, pmpo_verdict *v,
                            pmpo_error *err)
{
    (void)err;
    const pmpo_kept_part *p = in->kept ? pmpo_keep_missing(in->kept, in->prompt)
                                       : NULL;
    pmpo_buf text = {0};
    if (p) {
        pmpo_text_shorten(p->text, PMPO_KEPT_SHOWN, &text);
        object(v, PMPO_FATE_REJECTED, "%s \"%s\" is missing or changed",
               p->placeholder ? "the placeholder" : "the part to keep",
               pmpo_buf_str(&text).ptr);
        pmpo_buf_release(&text);
    }
    return 0;
}

/* ---- said twice ---------------------------------------------------------- */

/* A sentence said again can lower the loss; nobody would write it. */
static int says_things_once(const pmpo_vet_input *in, pmpo_verdict *v,
                            pmpo_error *err)
{
    (void)err;
    pmpo_buf text = {0};
    pmpo_str twice = in->may_repeat
                         ? PMPO_STR("")
                         : pmpo_text_repeated(instruction_of(in->prompt));
    if (twice.len > 0) {
        pmpo_text_shorten(twice, PMPO_KEPT_SHOWN, &text);
        object(v, PMPO_FATE_REJECTED, "it says twice: \"%s\"",
               pmpo_buf_str(&text).ptr);
        pmpo_buf_release(&text);
    }
    return 0;
}

/* ---- at odds with itself --------------------------------------------------- */

/* Sentences of two prompts, each sound by itself, that exclude each other or say
 * the same in other words. */
static int fits_together(const pmpo_vet_input *in, pmpo_verdict *v,
                         pmpo_error *err)
{
    (void)err;
    pmpo_odds odds;
    pmpo_str whole = instruction_of(in->prompt), a, b;
    if (!in->is_joined) {
        return 0;
    }
    if (pmpo_text_at_odds(whole, &odds)) {
        return object(v, PMPO_FATE_REJECTED,
                      "it asks for %s (\"%.*s\") and for %s (\"%.*s\")",
                      odds.asks_for[0], (int)odds.words[0].len,
                      odds.words[0].ptr, odds.asks_for[1],
                      (int)odds.words[1].len, odds.words[1].ptr);
    }
    if (pmpo_text_alone_twice(whole, in->start, &a, &b)) {
        pmpo_buf text[2] = {{0}};
        pmpo_text_shorten(a, PMPO_KEPT_SHOWN, &text[0]);
        pmpo_text_shorten(b, PMPO_KEPT_SHOWN, &text[1]);
        object(v, PMPO_FATE_REJECTED,
               "it asks for the answer alone twice: \"%s\" and \"%s\"",
               pmpo_buf_str(&text[0]).ptr, pmpo_buf_str(&text[1]).ptr);
        pmpo_buf_release(&text[0]);
        pmpo_buf_release(&text[1]);
    }
    return 0;
}

/* ---- length -------------------------------------------------------------- */

int pmpo_count_tokens(const pmpo_vocab *v, pmpo_str prompt, size_t *n,
                      pmpo_error *err)
{
    pmpo_tokens t = {0};
    int rc = v->tokenize(v->self, prompt, false, &t, err);
    *n = t.n;
    pmpo_tokens_release(&t);
    return rc;
}

static int is_short_enough(const pmpo_vet_input *in, pmpo_verdict *v,
                           pmpo_error *err)
{
    int rc = pmpo_count_tokens(in->vocab, in->prompt, &v->n_tokens, err);
    if (rc == 0 && in->max_tokens > 0
        && v->n_tokens > (size_t)in->max_tokens) {
        object(v, PMPO_FATE_TOO_LONG, "%zu tokens, at most %d are allowed",
               v->n_tokens, in->max_tokens);
    }
    return rc;
}

/* ---- all rules ----------------------------------------------------------- */

typedef int rule(const pmpo_vet_input *in, pmpo_verdict *v, pmpo_error *err);

static rule *const rules[] = {is_new,        holds_kept_parts, says_things_once,
                              fits_together, is_sound,         is_short_enough};

int pmpo_vet(const pmpo_vet_input *in, pmpo_verdict *out, pmpo_error *err)
{
    *out = (pmpo_verdict){.fate = PMPO_FATE_PENDING};
    int rc = 0;
    for (size_t i = 0; rc == 0 && out->fate == PMPO_FATE_PENDING
                       && i < sizeof(rules) / sizeof(rules[0]);
         i++) {
        rc = rules[i](in, out, err);
    }
    return rc;
}

/* ---- in a run ------------------------------------------------------------ */

/* With calibration an example must not be a demonstration: see pmpo_render_all. */
static bool shows_examples(const pmpo_state *st, pmpo_str prompt)
{
    const pmpo_data *const parts[] = {st->in->train, st->in->validation,
                                      st->in->test};
    bool calibrated = st->o.score.calibrate != PMPO_CALIBRATE_NONE;
    bool shown = false;
    for (size_t i = 0; calibrated && i < 3; i++) {
        for (size_t k = 0; parts[i] && k < pmpo_data_count(parts[i]); k++) {
            shown = shown ||
                    pmpo_asked_drops(prompt, pmpo_data_example(parts[i], k));
        }
    }
    return shown;
}

int pmpo_vet_row(pmpo_state *st, pmpo_candidate_row *row, bool is_joined,
                 pmpo_error *err)
{
    const pmpo_guard_input guard = {
        .start = instruction_of(st->rows[0].prompt),
        .incumbent = instruction_of(st->rows[st->incumbent].prompt),
        .task = st->o.task,
        .train = st->in->train,
        .validation = st->in->validation,
        .may_copy = st->o.allow_copy,
    };
    /* What no model wrote needs no guard: the user's own prompts. */
    bool on = !st->o.paper && !st->o.no_guard;
    bool guarded = on && row->reply.len > 0;
    pmpo_odds odds;
    const pmpo_vet_input in = {
        .prompt = row->prompt,
        .rows = st->rows,
        .n_rows = (size_t)row->id,
        .incumbent = st->incumbent,
        .guard = guarded ? &guard : NULL,
        .vocab = &st->in->scorer->vocab,
        .max_tokens = st->o.max_prompt_tokens,
        .may_repeat = !on || pmpo_text_repeated(guard.start).len > 0,
        .is_joined = on && is_joined && !pmpo_text_at_odds(guard.start, &odds),
        .start = guard.start,
        .kept = &st->kept,
    };
    pmpo_verdict v;
    int rc = pmpo_vet(&in, &v, err);
    row->n_tokens = rc == 0 ? v.n_tokens : 0;
    if (rc == 0 && v.fate != PMPO_FATE_PENDING) {
        row->fate = v.fate;
        row->reason = pmpo_say(st, "%s", v.reason);
    } else if (rc == 0 && shows_examples(st, row->prompt)) {
        row->fate = PMPO_FATE_REJECTED;
        row->reason = "a demonstration of it is an example of the run, whose "
                      "calibration would see the answer";
    }
    return rc;
}

int pmpo_vet_fits(pmpo_state *st, pmpo_candidate_row *row, pmpo_error *err)
{
    pmpo_scorer *const all[] = {st->train_all, st->validation_all, st->test};
    uint64_t prefill, logical;
    pmpo_error why = {0};
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = all[i] ? pmpo_scorer_count(all[i], row->prompt, &prefill,
                                        &logical, &why)
                    : 0;
    }
    const pmpo_data *const answered[] = {
        pmpo_answers_choose(&st->o) ? st->in->validation : NULL, st->in->test};
    bool asks = st->o.metric != PMPO_RUN_METRIC_NONE;
    for (int i = 0; asks && rc == 0 && i < 2; i++) {
        rc = answered[i] ? pmpo_answers_fit(st->in->scorer, &st->o,
                                            answered[i], row->prompt, &why)
                         : 0;
    }
    if (rc == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(st, "%s", why.text);
        return 0;
    }
    return rc < 0 ? pmpo_fail(err, rc, "%s", why.text) : 0;
}
