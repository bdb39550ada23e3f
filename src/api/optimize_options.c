/* optimize_options.c: checks the options of a search, and resolves those that the
 * examples decide. */
#include "api/optimize_options.h"

#include <math.h>

#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "eval/eval.h"
#include "propose/propose.h"
#include "score/loss.h"
#include "score/score.h"
#include "search/search.h"
#include "text/keep.h"

/* ---- options ------------------------------------------------------------- */

static int unknown_proposer(const char *name, size_t n, pmpo_error *err)
{
    pmpo_buf known = {0};
    for (int i = 0; pmpo_proposer_name(i); i++) {
        pmpo_buf_printf(&known, "%s%s", i ? ", " : "", pmpo_proposer_name(i));
    }
    int rc = known.failed ? pmpo_fail_memory(err)
                          : pmpo_fail(err, PMPO_EUSAGE,
                                      "'%.*s' is no proposer; there "
                                      "are %s",
                                      (int)n, name, known.ptr);
    pmpo_buf_release(&known);
    return rc;
}

static const pmpo_proposer *find_proposer(const char *name, size_t n)
{
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        const char *known = pmpo_proposers[i].name;
        if (strlen(known) == n && !strncmp(known, name, n)) {
            return &pmpo_proposers[i];
        }
    }
    return NULL;
}

static int check_names(const pmpo_optimize_options *o, pmpo_error *err)
{
    const char *names = o->proposers;
    do {
        size_t n = strcspn(names, ",");
        const pmpo_proposer *p = find_proposer(names, n);
        if (!p &&
            !pmpo_custom_find(o->custom, o->n_custom, (pmpo_str){names, n})) {
            return unknown_proposer(names, n, err);
        }
        if (p && p->asks && o->no_rewriter) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "the proposer %s needs a "
                             "rewriter",
                             p->name);
        }
        names += n + (names[n] == ',');
    } while (*names);
    return 0;
}

/* Every custom one is good, and takes part. */
static int check_custom(const pmpo_optimize_options *o, pmpo_error *err)
{
    int rc = pmpo_custom_check(o->custom, o->n_custom, err);
    for (size_t i = 0; rc == 0 && i < o->n_custom; i++) {
        if (o->proposers &&
            !pmpo_proposers_have(o->proposers, o->custom[i].name)) {
            rc = pmpo_fail(err, PMPO_EUSAGE,
                           "the proposer %s is given, but "
                           "not among those that take part (%s)",
                           o->custom[i].name, o->proposers);
        }
    }
    return rc;
}

int pmpo_optimize_check_proposers(const pmpo_optimize_options *o,
                                  pmpo_error *err)
{
    int rc = check_custom(o, err);
    return rc < 0 ? rc : check_names(o, err);
}

static int check_proposers(const pmpo_optimize_options *o, pmpo_error *err)
{
    bool others = o->n_custom > 0 ||
                  (o->proposers && strcmp(o->proposers, "rewrite") != 0);
    if (o->paper && (others || o->no_rewriter)) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "the published loop rewrites and "
                         "does nothing else: leave the proposers out, and let "
                         "it have a rewriter");
    }
    const char *names = o->proposers
                            ? o->proposers
                            : pmpo_proposers_default(o->paper, o->no_rewriter);
    if (o->library.len > 0 && !pmpo_proposers_have(names, "library")) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "a library is given, but the "
                         "proposer library does not take part");
    }
    pmpo_optimize_options none = *o;
    none.library = PMPO_STR("");
    if (o->library.len > 0 &&
        pmpo_most_library(o, 0) == pmpo_most_library(&none, 0)) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "the library given holds no "
                         "instruction: one a line, # begins a remark");
    }
    int rc = check_custom(o, err);
    return rc < 0 || !o->proposers ? rc : check_names(o, err);
}

/* Settings that decide which candidate is accepted. */
static int check_choice(const pmpo_optimize_options *o, pmpo_error *err)
{
    if (!(o->length_price >= 0) || isinf(o->length_price) ||
        (o->length_price > 0 && (o->paper || o->race == PMPO_RACE_PAIRED))) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "a price of length is 0 nats a "
                         "token or more, and goes neither with the published "
                         "loop nor with the paired race");
    }
    if (o->demos < 0 || o->demos > PMPO_MAX_DEMOS ||
        (unsigned)o->demos_as > PMPO_DEMOS_AS_TURNS) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "0 to %d demonstrations, as turns or "
                         "as text",
                         PMPO_MAX_DEMOS);
    }
    if (o->demos > 0 &&
        (o->paper ||
         (o->proposers && !pmpo_proposers_have(o->proposers, "demos")))) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "demonstrations are asked for, but "
                         "the proposer demos does not take part");
    }
    if (o->demos > 0 && o->score.calibrate != PMPO_CALIBRATE_NONE) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "demonstrations don't go with "
                         "calibration: the prior of an example would see the "
                         "example's own demonstration");
    }
    if (o->approve && !o->ask) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "nobody can be asked to approve: "
                         "set `ask`");
    }
    return 0;
}

int pmpo_optimize_check(const pmpo_optimize_options *o, pmpo_error *err)
{
    if (o->size != sizeof(*o) || o->score.size != sizeof(o->score)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_optimize_options of "
                         "another version of pmpo.h");
    }
    if (o->iterations < 0 || o->hard < 1 || o->variants < 1 ||
        o->patience < 0 || o->max_prompt_tokens < 0) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "iterations, patience and the "
                         "prompt cap must be 0 or more, hard cases and "
                         "variants 1 or more");
    }
    if (o->hard > 1000 || o->variants > 1000 || o->segments < 1 ||
        o->segments > PMPO_MAX_SEGMENTS) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "at most 1000 hard cases and "
                         "variants, and 1 to %d segments",
                         PMPO_MAX_SEGMENTS);
    }
    if (!(o->temperature >= 0) || isinf(o->temperature) || !(o->top_p > 0) ||
        o->top_p > 1 || o->max_reply_tokens < 1) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "temperature must be 0 or more, "
                         "top-p above 0 and at most 1, replies 1 token or "
                         "more");
    }
    if ((unsigned)o->metric > PMPO_RUN_METRIC_CHOICE || o->shortlist < 1 ||
        o->shortlist > 100 || o->max_answer_tokens < 1) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "no such metric; the shortlist must "
                         "be 1 to 100 prompts, answers 1 token or more");
    }
    if (!(o->score.beta > 0) || isinf(o->score.beta)) {
        return pmpo_fail(err, PMPO_EUSAGE, "beta must be above 0");
    }
    if (o->score.plain) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "the plain way of scoring keeps "
                         "nothing, a run has to");
    }
    int rc = check_choice(o, err);
    return rc < 0 ? rc : check_proposers(o, err);
}

/* A text to freeze that a mark cuts is not found between marks: it is in the
 * prompt as it was given or nowhere. */
static int mark_frozen(const pmpo_optimize_options *o, pmpo_buf *marked,
                       pmpo_error *err)
{
    if (o->freeze.len == 0) {
        pmpo_buf_put(marked, o->prompt);
    } else if (pmpo_keep_mark(o->prompt, o->freeze, marked) == 0) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "the text to freeze is not in the "
                         "prompt, byte for byte: \"%.*s\"",
                         (int)o->freeze.len, o->freeze.ptr);
    }
    return marked->failed ? pmpo_fail_memory(err) : 0;
}

int pmpo_optimize_unmark(pmpo_optimize_options *o, pmpo_arena *mem,
                         pmpo_error *err)
{
    pmpo_kept kept;
    pmpo_buf marked = {0}, plain = {0};
    int rc = mark_frozen(o, &marked, err);
    pmpo_str all = pmpo_buf_str(&marked);
    const char *wrong = rc < 0 ? NULL : pmpo_keep_unmark(all, &plain);
    wrong = wrong || rc < 0 ? wrong : pmpo_keep_find(all, &kept);
    if (wrong) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "the prompt: %s", wrong);
    } else if (rc == 0) {
        o->marked_prompt = pmpo_arena_str(mem, all);
        o->prompt = pmpo_arena_str(mem, pmpo_buf_str(&plain));
        rc = plain.failed || !o->prompt.ptr || !o->marked_prompt.ptr
                 ? pmpo_fail_memory(err)
                 : 0;
    }
    pmpo_buf_release(&marked);
    pmpo_buf_release(&plain);
    return rc;
}

/* ---- resolving ----------------------------------------------------------- */

/* Will answers be generated, and does neither the data nor a setting ask for
 * outputs to be compared? */
static bool only_answers(const pmpo_parts *p, const pmpo_optimize_options *o)
{
    const pmpo_score_options *how = &o->score;
    for (int i = 0; i < 3; i++) {
        if (p->of[i] && pmpo_data_has_pairs(p->of[i])) {
            return false;
        }
    }
    return o->metric != PMPO_RUN_METRIC_NONE &&
           (p->of[PMPO_PART_VALIDATION] || p->of[PMPO_PART_TEST]) &&
           how->beta == 1 && how->normalize == PMPO_NORM_NONE &&
           how->calibrate == PMPO_CALIBRATE_NONE;
}

/* AUTO means preference only where every part can have it. Where generated
 * answers decide it is nll: preference orders the target and others, but
 * doesn't tell whether the model would answer with one of them. */
static int resolve_loss(const pmpo_parts *p, const pmpo_optimize_options *o,
                        pmpo_loss_kind *out, pmpo_error *err)
{
    pmpo_loss_kind asked = o->score.loss;
    if (asked == PMPO_LOSS_AUTO && only_answers(p, o)) {
        asked = PMPO_LOSS_NLL;
    }
    *out = asked;
    for (int i = 0; i < 3; i++) {
        pmpo_loss_kind one = asked;
        int rc = p->of[i] ? pmpo_loss_resolve(asked, p->of[i], &one, err) : 0;
        if (rc < 0) {
            return rc;
        }
        if (p->of[i] && (*out == PMPO_LOSS_AUTO || one == PMPO_LOSS_NLL)) {
            *out = one;
        }
    }
    return 0;
}

static int resolve_end(const pmpo_parts *p, pmpo_model *scorer,
                       pmpo_optimize_options *o, pmpo_error *err)
{
    pmpo_end end = PMPO_END_NO; /* YES as soon as a part and a model need it */
    int rc = 0;
    size_t n = 3 * (1 + scorer->n_others);
    for (size_t i = 0; rc == 0 && end == PMPO_END_NO && i < n; i++) {
        const pmpo_data *d = p->of[i % 3];
        pmpo_model *m = i < 3 ? scorer : scorer->others[i / 3 - 1];
        rc = d ? pmpo_end_resolve(m, d, o->prompt, o->score.template_name,
                                  o->score.end, &end, err)
               : 0;
        if (rc < 0 && i >= 3) {
            pmpo_fail_in(err, rc, "%s", m->info.name);
        }
    }
    if (rc == 0) {
        o->score.end = end;
    }
    return rc;
}

/* AUTO by the form of all parts' answers; else the metric must apply to some
 * example of each part that is answered. */
static int resolve_metric(const pmpo_parts *p, pmpo_optimize_options *o,
                          pmpo_error *err)
{
    if (o->metric == PMPO_RUN_METRIC_AUTO) {
        unsigned bit = o->paper ? 0 : pmpo_metric_by_form(p->of[0]);
        for (int i = 1; i < 3; i++) {
            bit = p->of[i] && pmpo_metric_by_form(p->of[i]) != bit ? 0 : bit;
        }
        o->metric = PMPO_RUN_METRIC_NONE;
        for (pmpo_run_metric m = PMPO_RUN_METRIC_EXACT;
             bit && m <= PMPO_RUN_METRIC_CHOICE; m++) {
            o->metric = pmpo_run_metric_bit(m) == bit ? m : o->metric;
        }
        return 0;
    }
    unsigned bit = pmpo_run_metric_bit(o->metric), same;
    int rc = 0;
    for (int i = 1; rc == 0 && bit && i < 3; i++) {
        rc = p->of[i] ? pmpo_metrics_resolve(bit, p->of[i], &same, err) : 0;
    }
    return rc;
}

/* The published loop gives nothing up and looks at no loss; options that count
 * as right, and the test of a race, are for one model only. What the file says
 * is what is done. */
int pmpo_optimize_settle(const pmpo_model *scorer, pmpo_optimize_options *o,
                         pmpo_error *err)
{
    bool several = scorer->n_others > 0;
    o->race = o->paper ? PMPO_RACE_OFF : o->race;
    o->no_loss_check = o->no_loss_check || o->paper || several;
    return several && o->race == PMPO_RACE_PAIRED
               ? pmpo_fail(err, PMPO_EUSAGE,
                           "a paired race is run on one "
                           "model: with several take race off or exact")
               : 0;
}

/* What the examples alone decide. */
static int resolve_by_data(const pmpo_parts *p, pmpo_optimize_options *o,
                           pmpo_error *err)
{
    int rc = resolve_metric(p, o, err);
    rc = rc < 0 ? rc : resolve_loss(p, o, &o->score.loss, err);
    if (rc == 0 && o->race == PMPO_RACE_PAIRED &&
        pmpo_loss_may_be_negative(&o->score.how)) {
        rc = pmpo_fail(err, PMPO_EUSAGE,
                       "a paired race needs losses of 0 or "
                       "more, calibrated %s may be negative: take race off or "
                       "exact, or the loss choice or preference",
                       pmpo_loss_name(o->score.loss));
    }
    rc = rc < 0 ? rc : pmpo_loss_check(&o->score, o->score.loss, err);
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = p->of[i] ? pmpo_loss_on_check(o->score.loss_on, p->of[i], err) : 0;
    }
    return rc;
}

int pmpo_optimize_resolve(const pmpo_parts *p, pmpo_model *scorer,
                          pmpo_optimize_options *o, pmpo_error *err)
{
    int rc = resolve_by_data(p, o, err);
    return rc < 0 ? rc : resolve_end(p, scorer, o, err);
}

int pmpo_optimize_check_data(const pmpo_optimize_input *in,
                             const pmpo_optimize_options *asked,
                             pmpo_error *err)
{
    pmpo_parts parts = {0};
    pmpo_arena mem = {0};
    int rc = pmpo_optimize_check(asked, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_optimize_options o = *asked;
    o.race = o.paper ? PMPO_RACE_OFF : o.race;
    rc = pmpo_optimize_unmark(&o, &mem, err);
    rc = rc < 0 ? rc : pmpo_parts_make(in, &o, &parts, err);
    rc = rc < 0 ? rc : resolve_by_data(&parts, &o, err);
    pmpo_parts_release(&parts);
    pmpo_arena_release(&mem);
    return rc;
}
