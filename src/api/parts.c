/* parts.c: splits, stores and reads a run's examples, and checks and resolves
 * the options that depend on them. */
#include "api/parts.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "eval/eval.h"
#include "propose/propose.h"
#include "score/loss.h"
#include "score/score.h"
#include "search/answers.h"
#include "search/search.h"
#include "text/keep.h"
#include "text/text.h"

/* ---- options ------------------------------------------------------------- */

static int unknown_proposer(const char *name, size_t n, pmpo_error *err)
{
    pmpo_buf known = {0};
    for (int i = 0; pmpo_proposer_name(i); i++) {
        pmpo_buf_printf(&known, "%s%s", i ? ", " : "", pmpo_proposer_name(i));
    }
    int rc = known.failed
                 ? pmpo_fail_memory(err)
                 : pmpo_fail(err, PMPO_EUSAGE, "'%.*s' is no proposer; there "
                             "are %s", (int)n, name, known.ptr);
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
        if (!p && !pmpo_custom_find(o->custom, o->n_custom,
                                    (pmpo_str){names, n})) {
            return unknown_proposer(names, n, err);
        }
        if (p && p->asks && o->no_rewriter) {
            return pmpo_fail(err, PMPO_EUSAGE, "the proposer %s needs a "
                             "rewriter", p->name);
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
        if (o->proposers
            && !pmpo_proposers_have(o->proposers, o->custom[i].name)) {
            rc = pmpo_fail(err, PMPO_EUSAGE, "the proposer %s is given, but "
                           "not among those that take part (%s)",
                           o->custom[i].name, o->proposers);
        }
    }
    return rc;
}

int pmpo_parts_check_proposers(const pmpo_optimize_options *o,
                               pmpo_error *err)
{
    int rc = check_custom(o, err);
    return rc < 0 ? rc : check_names(o, err);
}

static int check_proposers(const pmpo_optimize_options *o, pmpo_error *err)
{
    bool others = o->n_custom > 0
                  || (o->proposers && strcmp(o->proposers, "rewrite") != 0);
    if (o->paper && (others || o->no_rewriter)) {
        return pmpo_fail(err, PMPO_EUSAGE, "the published loop rewrites and "
                         "does nothing else: leave the proposers out, and let "
                         "it have a rewriter");
    }
    const char *names = o->proposers ? o->proposers
                                     : pmpo_proposers_default(o->paper,
                                                              o->no_rewriter);
    if (o->library.len > 0 && !pmpo_proposers_have(names, "library")) {
        return pmpo_fail(err, PMPO_EUSAGE, "a library is given, but the "
                         "proposer library does not take part");
    }
    pmpo_optimize_options none = *o;
    none.library = PMPO_STR("");
    if (o->library.len > 0
        && pmpo_most_library(o, 0) == pmpo_most_library(&none, 0)) {
        return pmpo_fail(err, PMPO_EUSAGE, "the library given holds no "
                         "instruction: one a line, # begins a remark");
    }
    int rc = check_custom(o, err);
    return rc < 0 || !o->proposers ? rc : check_names(o, err);
}

/* Settings that decide which candidate is accepted. */
static int check_choice(const pmpo_optimize_options *o, pmpo_error *err)
{
    if (!(o->length_price >= 0) || isinf(o->length_price)
        || (o->length_price > 0
            && (o->paper || o->race == PMPO_RACE_PAIRED))) {
        return pmpo_fail(err, PMPO_EUSAGE, "a price of length is 0 nats a "
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
        return pmpo_fail(err, PMPO_EUSAGE, "nobody can be asked to approve: "
                         "set `ask`");
    }
    return 0;
}

int pmpo_optimize_check(const pmpo_optimize_options *o, pmpo_error *err)
{
    if (o->size != sizeof(*o) || o->score.size != sizeof(o->score)) {
        return pmpo_fail(err, PMPO_EVERSION, "pmpo_optimize_options of "
                         "another version of pmpo.h");
    }
    if (o->iterations < 0 || o->hard < 1 || o->variants < 1
        || o->patience < 0 || o->max_prompt_tokens < 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "iterations, patience and the "
                         "prompt cap must be 0 or more, hard cases and "
                         "variants 1 or more");
    }
    if (o->hard > 1000 || o->variants > 1000 || o->segments < 1
        || o->segments > PMPO_MAX_SEGMENTS) {
        return pmpo_fail(err, PMPO_EUSAGE, "at most 1000 hard cases and "
                         "variants, and 1 to %d segments", PMPO_MAX_SEGMENTS);
    }
    if (!(o->temperature >= 0) || isinf(o->temperature) || !(o->top_p > 0)
        || o->top_p > 1 || o->max_reply_tokens < 1) {
        return pmpo_fail(err, PMPO_EUSAGE, "temperature must be 0 or more, "
                         "top-p above 0 and at most 1, replies 1 token or "
                         "more");
    }
    if ((unsigned)o->metric > PMPO_RUN_METRIC_CHOICE || o->shortlist < 1
        || o->shortlist > 100 || o->max_answer_tokens < 1) {
        return pmpo_fail(err, PMPO_EUSAGE, "no such metric; the shortlist must "
                         "be 1 to 100 prompts, answers 1 token or more");
    }
    if (!(o->score.beta > 0) || isinf(o->score.beta)) {
        return pmpo_fail(err, PMPO_EUSAGE, "beta must be above 0");
    }
    if (o->score.plain) {
        return pmpo_fail(err, PMPO_EUSAGE, "the plain way of scoring keeps "
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
        return pmpo_fail(err, PMPO_EUSAGE, "the text to freeze is not in the "
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

/* ---- making -------------------------------------------------------------- */

static int subset(const pmpo_data *d, const size_t *idx, size_t n,
                  pmpo_data **out, pmpo_error *err)
{
    *out = NULL;
    return n == 0 ? 0 : pmpo_data_subset(d, idx, n, out, err);
}

/* A copy of the first `limit` of `d` (0: all). */
static int take_first(const pmpo_data *d, size_t limit, pmpo_data **out,
                      pmpo_error *err)
{
    int rc = pmpo_data_first(d, limit, out, err);
    if (rc < 0 || *out) {
        return rc;
    }
    return pmpo_data_shots(d, NULL, 0, 0, out, err); /* all: a plain copy */
}

/* The published split: a fifth, at most 50, at least 3; the rest is for the
 * test. What the caller asked for explicitly stays. */
static pmpo_split split_of(const pmpo_optimize_options *o, size_t n)
{
    pmpo_split s = o->split;
    if (o->paper) {
        size_t train = n / 5 > 50 ? 50 : n / 5;
        train = train < 3 ? 3 : train;
        train = train > n ? n : train;
        s.train = s.train < 0 ? (double)train : s.train;
        s.validation = s.validation < 0 ? 0 : s.validation;
    }
    return s;
}

static int deal(const pmpo_data *d, const unsigned char *part,
                pmpo_parts *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    size_t *idx = pmpo_calloc(n, sizeof(*idx));
    int rc = idx ? 0 : pmpo_fail_memory(err);
    for (unsigned char p = 0; rc == 0 && p < 3; p++) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            if (part[i] == p) {
                idx[k++] = i;
            }
        }
        rc = subset(d, idx, k, &out->of[p], err);
    }
    pmpo_free(idx);
    return rc;
}

static int split(const pmpo_data *d, const pmpo_optimize_options *o,
                 pmpo_parts *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    pmpo_split s = split_of(o, n);
    unsigned char *part = pmpo_calloc(n, 1);
    size_t size[3];
    int rc = part ? pmpo_data_split(d, &s, part, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : pmpo_split_sizes(&s, n, size, err);
    rc = rc < 0 ? rc : deal(d, part, out, err);
    for (int p = 0; rc == 0 && p < 3; p++) {
        out->lost[p] = size[p] > 0 && !out->of[p];
    }
    pmpo_free(part);
    return rc;
}

/* No example of one part may be asked in another: the verdict is about
 * examples that the search has not seen. */
static int check_apart(const pmpo_data *const given[3], pmpo_error *err)
{
    static const char *const names[3] = {"training", "validation", "test"};
    for (int a = 0; a < 2; a++) {
        for (int b = a + 1; b < 3; b++) {
            const pmpo_example *e = NULL;
            size_t n = 0;
            int rc = given[a] && given[b]
                         ? pmpo_data_overlap(given[a], given[b], &e, &n, err)
                         : 0;
            if (rc < 0) {
                return rc;
            }
            if (e) {
                pmpo_fail(err, PMPO_EDATA,
                          "example %.*s (one of %zu) is in "
                          "the %s part and among the %s examples: take it out "
                          "of one, or let one file be split",
                          (int)e->id.len, e->id.ptr, n, names[b], names[a]);
                return pmpo_fail_at(given[b], e, PMPO_EDATA, err);
            }
        }
    }
    return 0;
}

static int take_given(const pmpo_data *const given[3], size_t limit,
                      pmpo_parts *out, pmpo_error *err)
{
    int rc = check_apart(given, err);
    for (int p = 0; rc == 0 && p < 3; p++) {
        rc = given[p] ? take_first(given[p], limit, &out->of[p], err) : 0;
    }
    return rc;
}

static int split_first(const pmpo_data *train, const pmpo_optimize_options *o,
                       pmpo_parts *out, pmpo_error *err)
{
    /* Split before subsetting: rejected outputs that a subset makes up must
     * come from the same part. */
    size_t limit = o->score.limit;
    if (limit == 0 || limit >= pmpo_data_count(train)) {
        return split(train, o, out, err);
    }
    pmpo_data *some = NULL;
    int rc = take_first(train, limit, &some, err);
    rc = rc < 0 ? rc : split(some, o, out, err);
    pmpo_data_free(some);
    return rc;
}

typedef struct place {
    uint64_t order;
    size_t index;
} place;

static int by_order(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int c = (x->order > y->order) - (x->order < y->order);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

/* The training part in an order that depends on seed and ids only: files are
 * often sorted, and a paired race needs examples that come at random. */
static int shuffle_training(pmpo_parts *p, uint64_t seed, pmpo_error *err)
{
    pmpo_data *d = p->of[PMPO_PART_TRAIN], *shuffled = NULL;
    size_t n = d ? pmpo_data_count(d) : 0;
    place *places = pmpo_calloc(n, sizeof(*places));
    size_t *idx = pmpo_calloc(n, sizeof(*idx));
    int rc = places && idx ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        pmpo_str id = pmpo_data_example(d, i)->id;
        places[i] = (place){pmpo_hash64(id.ptr, id.len, ~seed), i};
    }
    if (rc == 0 && n > 0) {
        qsort(places, n, sizeof(*places), by_order);
        for (size_t i = 0; i < n; i++) {
            idx[i] = places[i].index;
        }
        rc = pmpo_data_subset(d, idx, n, &shuffled, err);
    }
    if (rc == 0 && n > 0) {
        pmpo_data_free(d);
        p->of[PMPO_PART_TRAIN] = shuffled;
    }
    pmpo_free(places);
    pmpo_free(idx);
    return rc;
}

/* A limit under which none would ever be proposed. */
static int check_demos(const pmpo_parts *p, const pmpo_optimize_options *o,
                       pmpo_error *err)
{
    size_t least = pmpo_least_demonstrations(p->of[PMPO_PART_TRAIN]);
    return o->demos == 0 || (size_t)o->demos >= least
               ? 0
               : pmpo_fail(err, PMPO_EUSAGE,
                           "one demonstration of answers that are labels would "
                           "show a single label and only move its share: allow "
                           "at least %zu",
                           least);
}

int pmpo_parts_make(const pmpo_optimize_input *in,
                    const pmpo_optimize_options *o, pmpo_parts *out,
                    pmpo_error *err)
{
    const pmpo_data *train = in->train;
    *out = (pmpo_parts){0};
    if (!train || pmpo_data_count(train) == 0) {
        return pmpo_fail(err, PMPO_EDATA, "no training examples");
    }
    const pmpo_data *const given[3] = {train, in->validation, in->test};
    int rc = in->validation || in->test
                 ? take_given(given, o->score.limit, out, err)
                 : split_first(train, o, out, err);
    rc = rc < 0 ? rc : shuffle_training(out, o->split.seed, err);
    if (rc == 0 && !out->of[PMPO_PART_TRAIN]) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s: the training part of the split "
                       "is empty", pmpo_data_name(train));
    }
    rc = rc < 0 ? rc : check_demos(out, o, err);
    if (rc < 0) {
        pmpo_parts_release(out);
    }
    return rc;
}

void pmpo_parts_release(pmpo_parts *p)
{
    for (int i = 0; i < 3; i++) {
        pmpo_data_free(p->of[i]);
        p->of[i] = NULL;
    }
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
    if (rc == 0 && o->race == PMPO_RACE_PAIRED
        && o->score.calibrate != PMPO_CALIBRATE_NONE
        && pmpo_loss_row_of(o->score.loss)->may_be_negative) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "a paired race needs losses of 0 or "
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

int pmpo_parts_resolve(const pmpo_parts *p, pmpo_model *scorer,
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

/* ---- in a run file ------------------------------------------------------- */

static int put_example(pmpo_store *s, pmpo_part part, size_t i,
                       const pmpo_example *e, pmpo_error *err)
{
    pmpo_buf json = {0};
    int rc = pmpo_example_json(e, &json, err);
    if (rc == 0) {
        rc = json.failed ? pmpo_fail_memory(err)
                         : pmpo_store_put_example(s, part, i,
                                                  pmpo_buf_str(&json), err);
    }
    pmpo_buf_release(&json);
    return rc;
}

int pmpo_parts_put(pmpo_store *s, const pmpo_parts *p, pmpo_error *err)
{
    int rc = 0;
    for (int part = 0; part < 3; part++) {
        size_t n = p->of[part] ? pmpo_data_count(p->of[part]) : 0;
        for (size_t i = 0; rc == 0 && i < n; i++) {
            rc = put_example(s, (pmpo_part)part, i,
                             pmpo_data_example(p->of[part], i), err);
        }
    }
    return rc;
}

/* The JSONL of a run's part. Its name doesn't end as a table's does, whatever
 * the run file is called. */
static int parse_part(const char *path, int part, const pmpo_buf *jsonl,
                      pmpo_data **out, pmpo_error *err)
{
    static const char *const names[] = {"training", "validation", "test"};
    pmpo_buf name = {0};
    pmpo_buf_printf(&name, "%s (%s part)", path, names[part]);
    int rc = name.failed ? pmpo_fail_memory(err)
                         : pmpo_data_parse(pmpo_buf_str(jsonl), name.ptr, NULL,
                                           out, err);
    pmpo_buf_release(&name);
    return rc;
}

int pmpo_run_data(const char *path, int part, pmpo_data **out, pmpo_error *err)
{
    pmpo_buf jsonl = {0};
    pmpo_data *d = NULL;
    size_t n = 0;
    if (part < 0 || part > 2) {
        return pmpo_fail(err, PMPO_EUSAGE, "a run has the parts 0 to 2");
    }
    int rc = pmpo_store_read_part(path, (pmpo_part)part, &jsonl, &n, err);
    if (rc == 0 && n > 0) {
        rc = parse_part(path, part, &jsonl, &d, err);
    }
    pmpo_buf_release(&jsonl);
    if (rc == 0) {
        *out = d;
    }
    return rc;
}

int pmpo_parts_load(pmpo_store *s, pmpo_parts *out, pmpo_error *err)
{
    *out = (pmpo_parts){0};
    int rc = 0;
    for (int part = 0; rc == 0 && part < 3; part++) {
        pmpo_buf jsonl = {0};
        size_t n = 0;
        rc = pmpo_store_get_examples(s, (pmpo_part)part, &jsonl, &n, err);
        if (rc == 0 && n > 0) {
            rc = parse_part(pmpo_store_path(s), part, &jsonl, &out->of[part],
                            err);
        }
        pmpo_buf_release(&jsonl);
    }
    if (rc == 0 && !out->of[PMPO_PART_TRAIN]) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s holds no examples: the run was "
                       "stopped before anything was kept; start it anew",
                       pmpo_store_path(s));
    }
    if (rc < 0) {
        pmpo_parts_release(out);
    }
    return rc;
}

int pmpo_parts_fit(const pmpo_parts *p, pmpo_model *scorer,
                   const pmpo_optimize_options *o, pmpo_error *err)
{
    pmpo_scorer_options so = pmpo_search_scoring(o, PMPO_TARGETS_ALL);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        pmpo_scorer *s = NULL;
        uint64_t prefill, logical;
        if (!p->of[i]) {
            continue;
        }
        rc = pmpo_joint_scorer_new(scorer, p->of[i], &so, &s, err);
        rc = rc < 0 ? rc
                    : pmpo_scorer_count(s, o->prompt, &prefill, &logical, err);
        pmpo_scorer_free(s);
        bool answered = i == PMPO_PART_VALIDATION
                            ? pmpo_answers_choose(o)
                            : i == PMPO_PART_TEST &&
                                  o->metric != PMPO_RUN_METRIC_NONE;
        rc = rc < 0 || !answered
                 ? rc
                 : pmpo_answers_fit(scorer, o, p->of[i], o->prompt, err);
    }
    return rc;
}
