/* metrics.c: the table of metrics. */
#include "eval/eval.h"

#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fold.h"
#include "base/thinking.h"
#include "data/data.h"
#include "eval/match.h"
#include "model/render.h"

/* ---- metrics of scores -------------------------------------------------------- */

static bool has_options(const pmpo_example *e)
{
    return e->n_options >= 2;
}

static bool has_rejected(const pmpo_example *e)
{
    return e->n_rejected > 0;
}

/* Where an option stands; e->n_options: it is none. */
static size_t place_of(const pmpo_example *e, pmpo_str text)
{
    return pmpo_str_index(e->options, e->n_options, text);
}

static double whole(const pmpo_target_score *t)
{
    return t->nats;
}

static double per_token(const pmpo_target_score *t)
{
    return t->nats / (double)t->n_tokens;
}

static double calibrated(const pmpo_target_score *t)
{
    return t->nats - t->prior_nats;
}

/* No other option costs less than the target, nor as much and stands before it. */
static double cheapest(const pmpo_example *e, const pmpo_example_score *s,
                       double (*cost)(const pmpo_target_score *t))
{
    size_t own = place_of(e, s->targets[0].text);
    double least = cost(&s->targets[0]);
    for (size_t i = 1; i < s->n_targets; i++) {
        size_t place = place_of(e, s->targets[i].text);
        double c = cost(&s->targets[i]);
        if (place < e->n_options &&
            (c < least || (c == least && place < own))) {
            return 0;
        }
    }
    return 1;
}

double pmpo_right_option(const pmpo_example *e, const pmpo_example_score *s)
{
    return cheapest(e, s, whole);
}

double pmpo_right_option_mean(const pmpo_example *e,
                              const pmpo_example_score *s)
{
    return cheapest(e, s, per_token);
}

double pmpo_right_option_calibrated(const pmpo_example *e,
                                    const pmpo_example_score *s)
{
    return cheapest(e, s, calibrated);
}

static double share_of_pairs(const pmpo_example *e,
                             const pmpo_example_score *s)
{
    size_t right = 0;
    for (size_t i = 1; i <= e->n_rejected; i++) {
        right += s->targets[0].nats < s->targets[i].nats;
    }
    return (double)right / (double)e->n_rejected;
}

/* ---- metrics of answers ---------------------------------------------------------- */

static bool always(const pmpo_example *e)
{
    (void)e;
    return true;
}

static bool has_number(const pmpo_example *e)
{
    double v;
    return pmpo_read_number(pmpo_example_label(e), true, &v);
}

static bool has_letter(const pmpo_example *e)
{
    return pmpo_answer_letter(pmpo_example_label(e), e->n_options) != 0;
}

static bool right_exact(const pmpo_example *e, const pmpo_answer *a,
                        const regex_t *pattern)
{
    pmpo_str room[PMPO_LETTERS];
    const pmpo_answers_known known = pmpo_answers_of(e, room);
    (void)pattern;
    return pmpo_match_exact(a->text, a->complete, pmpo_example_label(e),
                            &known);
}

static bool right_number(const pmpo_example *e, const pmpo_answer *a,
                         const regex_t *pattern)
{
    (void)pattern;
    return pmpo_match_number(a->text, a->complete, pmpo_example_label(e));
}

static bool right_choice(const pmpo_example *e, const pmpo_answer *a,
                         const regex_t *pattern)
{
    pmpo_str room[PMPO_LETTERS];
    const pmpo_answers_known known = pmpo_answers_of(e, room);
    (void)pattern;
    return pmpo_read_letter(a->text, a->complete, &known) ==
           pmpo_answer_letter(pmpo_example_label(e), e->n_options);
}

int pmpo_pattern_new(const char *text, regex_t *out, pmpo_error *err)
{
    char why[200];
    if (!text || !*text) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "metric regex needs a pattern: --regex PATTERN");
    }
    int bad = regcomp(out, text, REG_EXTENDED | REG_NEWLINE);
    if (bad) {
        regerror(bad, out, why, sizeof(why));
        return pmpo_fail(err, PMPO_EUSAGE, "the pattern %s: %s", text, why);
    }
    return 0;
}

/* Flags of a search from `at` on. */
static int begins_line(pmpo_str text, const char *at)
{
    return at == text.ptr || at[-1] == '\n' ? 0 : REG_NOTBOL;
}

/* What the pattern finds last: its first group, or all of it. A reply has no
 * NUL: the engine gives text. */
static bool right_regex(const pmpo_example *e, const pmpo_answer *a,
                        const regex_t *pattern)
{
    regmatch_t m[2];
    pmpo_str found = {NULL, 0};
    bool ended;
    const pmpo_str text = pmpo_after_thinking(a->text, &ended);
    const char *at = text.ptr;
    while (regexec(pattern, at, 2, m, begins_line(text, at)) == 0) {
        const regmatch_t *g = m[1].rm_so >= 0 ? &m[1] : &m[0];
        found = (pmpo_str){at + g->rm_so, (size_t)(g->rm_eo - g->rm_so)};
        if (!at[m[0].rm_eo]) {
            break;
        }
        at += m[0].rm_eo > 0 ? m[0].rm_eo : 1; /* past an empty match */
    }
    return found.ptr && pmpo_same_words(pmpo_str_trim(found),
                                        pmpo_str_trim(pmpo_example_label(e)));
}

/* ---- the table ---------------------------------------------------------------------- */

/* Rows of metrics by scores, and by generated answers. */
#define BY_SCORES(name, what, when, how)                                       \
    const pmpo_metric_row name##_ROW = {                                       \
        .kind = PMPO_BY_SCORES, .needs = what, .applies = when, .value = how}
#define BY_ANSWER(name, what, when, how)                                       \
    const pmpo_metric_row name##_ROW = {                                       \
        .kind = PMPO_BY_ANSWER, .needs = what, .applies = when, .right = how}

BY_SCORES(PMPO_METRIC_OPTIONS, "options", has_options, pmpo_right_option);
BY_SCORES(PMPO_METRIC_OPTIONS_MEAN, "options", has_options,
          pmpo_right_option_mean);
BY_SCORES(PMPO_METRIC_OPTIONS_CALIBRATED, "options", has_options,
          pmpo_right_option_calibrated);
const pmpo_metric_row PMPO_METRIC_PAIRS_ROW = {.kind = PMPO_BY_SCORES,
                                               .needs = "rejected outputs",
                                               .no_audit = true,
                                               .applies = has_rejected,
                                               .value = share_of_pairs};
BY_ANSWER(PMPO_METRIC_EXACT, "an answer", always, right_exact);
BY_ANSWER(PMPO_METRIC_NUMBER, "a number as answer", has_number, right_number);
BY_ANSWER(PMPO_METRIC_CHOICE, "a letter as answer", has_letter, right_choice);
const pmpo_metric_row PMPO_METRIC_REGEX_ROW = {.kind = PMPO_BY_ANSWER,
                                               .needs = "an answer",
                                               .no_audit = true,
                                               .applies = always,
                                               .right = right_regex};
const pmpo_metric_row PMPO_METRIC_JUDGE_ROW = {.kind = PMPO_BY_JUDGE,
                                               .needs = "an answer",
                                               .no_audit = true,
                                               .applies = always};

#define ROW(name, word) &name##_ROW,
#define WORD(name, word) word,
const pmpo_metric_row *const pmpo_metrics[] = {PMPO_METRICS(ROW)};
static const char *const words[] = {PMPO_METRICS(WORD)};

const char *pmpo_metric_name(int i)
{
    return i >= 0 && i < PMPO_N_METRICS ? words[i] : "";
}

bool pmpo_metric_needs_answers(int i)
{
    return i >= 0 && i < PMPO_N_METRICS &&
           pmpo_metrics[i]->kind != PMPO_BY_SCORES;
}

static bool applies_to_some(int metric, const pmpo_data *d)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (pmpo_metrics[metric]->applies(pmpo_data_example(d, i))) {
            return true;
        }
    }
    return false;
}

#define LABELS_TRIED 32

/* Of the examples that the metric applies to: those that have this very label,
 * or whose answer it reads as. */
static double share_right(const pmpo_metric_row *m, const pmpo_data *d,
                          pmpo_str label)
{
    const pmpo_answer a = {.text = label, .complete = true};
    bool reads = m->kind == PMPO_BY_ANSWER && m != &PMPO_METRIC_REGEX_ROW;
    size_t n = 0, right = 0;
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        bool counts = m->applies(e);
        n += counts;
        right += counts && (pmpo_str_eq(pmpo_example_label(e), label) ||
                            (reads && m->right(e, &a, NULL)));
    }
    return n ? (double)right / (double)n : NAN;
}

int pmpo_metric_majority(const pmpo_metric_row *m, const pmpo_data *d,
                         double *out, pmpo_error *err)
{
    size_t n;
    if (m->kind == PMPO_BY_JUDGE || m == &PMPO_METRIC_PAIRS_ROW) {
        *out = NAN; /* no label is right or wrong of itself */
        return 0;
    }
    pmpo_label_count *all = pmpo_data_count_labels(d, &n);
    if (!all) {
        return pmpo_fail_memory(err);
    }
    *out = NAN; /* which fmax passes over */
    for (size_t i = 0; i < n && i < LABELS_TRIED; i++) {
        *out = fmax(*out, share_right(m, d, all[i].label));
    }
    pmpo_free(all);
    return 0;
}

int pmpo_metrics_majority(unsigned metrics, const pmpo_data *d, double *out,
                          pmpo_error *err)
{
    int rc = 0;
    *out = NAN;
    for (int i = 0; rc == 0 && i < PMPO_N_METRICS; i++) {
        double share = NAN;
        rc = metrics & 1u << i
                 ? pmpo_metric_majority(pmpo_metrics[i], d, &share, err)
                 : 0;
        *out = fmax(*out, share);
    }
    return rc;
}

bool pmpo_all_are_pairs(const pmpo_data *d)
{
    size_t i = 0, n = pmpo_data_count(d);
    while (i < n && has_rejected(pmpo_data_example(d, i)) &&
           !pmpo_data_rejected_drawn(d, i)) {
        i++;
    }
    return n > 0 && i == n;
}

unsigned pmpo_metrics_default(const pmpo_data *d)
{
    unsigned form = pmpo_metric_by_form(d);
    return applies_to_some(0, d)   ? PMPO_METRIC_OPTIONS
           : pmpo_all_are_pairs(d) ? PMPO_METRIC_PAIRS
           : form                  ? form
                                   : PMPO_METRIC_EXACT;
}

int pmpo_metrics_resolve(unsigned asked, const pmpo_data *d, unsigned *out,
                         pmpo_error *err)
{
    if (asked == 0) {
        *out = pmpo_metrics_default(d);
        return 0;
    }
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        if ((asked & 1u << i) && !applies_to_some(i, d)) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "metric %s: no example has what it needs (%s)",
                             pmpo_metric_name(i), pmpo_metrics[i]->needs);
        }
    }
    *out = asked;
    return 0;
}
