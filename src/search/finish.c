/* finish.c: the outcome: initial and best on every part, and the verdict.
 *
 * The test part is read here and nowhere else, and each look at it is kept.
 * "Better" is said only when the paired 95 % interval of what counts excludes
 * zero: of the right answers where the run has a metric, else of the loss;
 * "unseen" only of the first look. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"
#include "search/answers.h"
#include "search/state.h"
#include "stats/margin.h"
#include "stats/stats.h"

typedef struct measured {
    pmpo_prompt_score train; /* .loss from the search's scorer */
    pmpo_prompt_score test;
    pmpo_interval accuracy; /* by options, on the test part */
    double val_loss;
    const double *by_model[3]; /* losses on each of several models, by part;
                                * NULL: one model, or no such part */
    pmpo_sheet answers; /* generated, on the test part; n_asked 0: none */
    pmpo_interval right; /* share of these */
} measured;

/* How the test part was looked at before. */
typedef struct looks {
    size_t n;
    int last; /* id of the prompt that was looked at last */
    double iterations, gain, low, high; /* of the first */
} looks;

typedef struct outcome {
    measured of[2]; /* initial, best */
    pmpo_interval gain;
    bool tested;
    double majority;
    bool answered;
    pmpo_sheet_pair answers; /* best against initial */
    looks before;
    double n_seen; /* test examples that the prompts given were made with */
} outcome;

static const char *const names[2] = {"initial", "best"};

/* ---- scoring ------------------------------------------------------------- */

/* One of the parts: of which scorer, for what, into what. */
typedef struct place {
    pmpo_scorer *s;
    const char *purpose;
    pmpo_prompt_score *out;
    const double **by_model;
} place;

static int score_on(pmpo_state *st, const place *at, int id, pmpo_arena *mem,
                    pmpo_error *err)
{
    pmpo_result r;
    if (!at->s) {
        return 0;
    }
    pmpo_score_context c = pmpo_context(st, at->purpose, id);
    c.whole = pmpo_record_answers;
    pmpo_stage(st, "final scoring", 0, 0);
    int rc = pmpo_scorer_score(at->s, st->rows[id].prompt, &c, mem, &r, err);
    if (rc == 0) {
        *at->out = r.score;
        *at->by_model = r.by_model;
    }
    return rc;
}

/* The share of right options, with its interval over the inputs. */
static int accuracy_of(const pmpo_prompt_score *p, pmpo_arena *mem,
                       pmpo_interval *out, pmpo_error *err)
{
    size_t n = p->n_examples;
    double *right = pmpo_arena_alloc(mem, n, sizeof(*right));
    double *counts = pmpo_arena_alloc(mem, n, sizeof(*counts));
    size_t *group = pmpo_arena_alloc(mem, n, sizeof(*group));
    if (!right || !counts || !group) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        right[i] = p->examples[i].correct;
        counts[i] = p->examples[i].picked >= 0;
        group[i] = p->examples[i].group;
    }
    *out = pmpo_wilson_grouped(right, counts,
                               pmpo_by_group(right, counts, group, n));
    return 0;
}

static int measure(pmpo_state *st, int id, pmpo_arena *mem, measured *out,
                   pmpo_error *err)
{
    pmpo_prompt_score val = {.loss = NAN};
    out->test = (pmpo_prompt_score){.loss = NAN, .format = NAN, .choice = NAN};
    const place parts[] = {{st->train_all, "train", &out->train,
                            &out->by_model[0]},
                           {st->validation, "validation", &val,
                            &out->by_model[1]},
                           {st->test, "test", &out->test, &out->by_model[2]}};
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = score_on(st, &parts[i], id, mem, err);
    }
    rc = rc < 0 ? rc : accuracy_of(&out->test, mem, &out->accuracy, err);
    /* With all options scored the packing is another one and the loss may
     * differ in its last bits; the search's own number is the one told. One
     * that was given up in the race has none. */
    if (!isnan(st->rows[id].loss)) {
        out->train.loss = st->rows[id].loss;
    }
    out->val_loss = val.loss;
    return rc;
}

static int answer(pmpo_state *st, pmpo_arena *mem, outcome *o,
                  pmpo_error *err)
{
    const pmpo_data *d = st->in->test;
    o->answered = o->tested && st->o.metric != PMPO_RUN_METRIC_NONE;
    o->answers = (pmpo_sheet_pair){.gain = {NAN, NAN, NAN}, .p_value = NAN};
    const int ids[2] = {0, st->chosen};
    int rc = 0;
    o->of[0].right = o->of[1].right = o->answers.gain;
    for (int i = 0; rc == 0 && i < 2 && o->answered; i++) {
        pmpo_sheet *s = &o->of[i].answers;
        pmpo_stage(st, "answering", i + 1, 2);
        rc = pmpo_sheet_new(ids[i], d, mem, s, err);
        rc = rc < 0 ? rc : pmpo_sheet_fill(st, d, s, err);
        rc = rc < 0 ? rc : pmpo_sheet_share(d, s, &o->of[i].right, err);
    }
    return rc < 0 || !o->answered
               ? rc
               : pmpo_sheet_compare(d, &o->of[0].answers, &o->of[1].answers,
                                    st->o.seed, &o->answers, err);
}

static int compare(pmpo_state *st, pmpo_arena *mem, outcome *o,
                   pmpo_error *err)
{
    o->gain = (pmpo_interval){NAN, NAN, NAN};
    o->majority = NAN;
    if (!o->tested) {
        return 0;
    }
    double *diff, *weights;
    size_t n;
    const pmpo_prompt_score *a = &o->of[0].test, *b = &o->of[1].test;
    int rc = pmpo_paired_losses(a, b, mem, &diff, &weights, &n, err);
    if (rc == 0) {
        o->gain = pmpo_mean_interval(diff, weights, n);
    }
    if (a->n_options > 0) {
        rc = rc < 0 ? rc
                    : pmpo_metric_majority(&PMPO_METRIC_OPTIONS_ROW,
                                           st->in->test, &o->majority, err);
    }
    return rc;
}

/* ---- verdict ------------------------------------------------------------- */

static const char *why_chosen(const pmpo_state *st)
{
    const char *why = NULL;
    for (size_t i = 0; i < st->n_finalists; i++) {
        why = st->finalists[i].id == st->chosen ? st->finalists[i].why : why;
    }
    return why ? why : "the lowest loss";
}

/* Why the start prompt stayed. */
static void say_kept(const pmpo_state *st, pmpo_buf *out)
{
    if (st->incumbent != 0) {
        pmpo_buf_printf(out,
                        "The start prompt stays: prompts were accepted, "
                        "but the last choice, on the validation part, is for "
                        "it: %s.",
                        why_chosen(st));
        return;
    }
    pmpo_buf_puts(out, "No candidate was accepted, so the start prompt "
                       "stays: ");
    if (st->o.iterations == 0) {
        pmpo_buf_puts(out, "no iteration was asked for.");
    } else if (st->n_scored == 0 && st->n_replies == 0) {
        pmpo_buf_puts(out, "nothing that was proposed could be scored.");
    } else if (st->n_scored == 0) {
        pmpo_buf_printf(out, "none of the rewriter's %zu replies held a new "
                        "instruction that could be scored.", st->n_replies);
    } else if (st->n_refused > 0) {
        pmpo_buf_printf(out, "a person was asked about %zu of %zu scored and "
                        "accepted none.", st->n_refused, st->n_scored);
    } else if (st->n_failed_validation > 0) {
        pmpo_buf_printf(out, "%zu of %zu scored had enough training gain (the "
                        "best %.4g nats, more than %.4g is needed) but not on "
                        "the validation part.",
                        st->n_failed_validation, st->n_scored, st->best_gain,
                        st->threshold);
    } else if (isnan(st->best_gain)) {
        pmpo_buf_printf(out, "all %zu scored were plainly worse on the "
                        "training part.", st->n_scored);
    } else {
        pmpo_buf_printf(out, "the best training gain of %zu scored was %.4g "
                        "nats, and a gain must exceed %.4g.", st->n_scored,
                        st->best_gain, st->threshold);
    }
}

/* In nats, or a share's in points. */
static void say_interval(const pmpo_interval *v, bool share, pmpo_buf *out)
{
    double low = v->low + 0.0, high = v->high + 0.0; /* no -0 */
    if (isnan(low) || isnan(high)) {
        pmpo_buf_puts(out, " (too few examples for an interval");
    } else if (share) {
        pmpo_buf_printf(out, " (95 %% interval %+.1f to %+.1f", 100 * low,
                        100 * high);
    } else {
        pmpo_buf_printf(out, " (95 %% interval %.4g to %.4g", low, high);
    }
}

/* Right options and, where answers were generated, nothing of them: those
 * are told first. */
static void say_accuracy(const outcome *o, pmpo_buf *out)
{
    const pmpo_prompt_score *a = &o->of[0].test, *b = &o->of[1].test;
    if (a->n_options > 0) {
        pmpo_buf_printf(out,
                        "; by the likeliest option %zu of %zu right, was "
                        "%zu (the commonest answer: %.0f %%)",
                        b->n_correct, b->n_options, a->n_correct,
                        100 * o->majority);
    }
}

static void say_gain(double gain, double low, double high, pmpo_buf *out)
{
    pmpo_interval v = {gain, low, high};
    pmpo_buf_printf(out, "a gain of %.4g", gain);
    say_interval(&v, false, out);
    pmpo_buf_putc(out, ')');
}

/* A later look is at examples that had a part in the choice to go on. */
static bool is_new_look(const pmpo_state *st, const looks *l)
{
    return l->n == 0 || l->last != st->chosen;
}

static void say_loss(const outcome *o, pmpo_buf *out)
{
    pmpo_buf_printf(out, "test loss %.4g, was %.4g, on %zu examples, ",
                    o->of[1].test.loss, o->of[0].test.loss,
                    o->of[0].test.n_examples);
    say_gain(o->gain.value, o->gain.low, o->gain.high, out);
    say_accuracy(o, out);
}

/* Are there so many fewer replies cut off that this alone may be why more are
 * right? */
static bool may_be_length(const outcome *o)
{
    const pmpo_sheet *a = &o->of[0].answers, *b = &o->of[1].answers;
    return o->answered && a->n == b->n && b->n_right > a->n_right &&
           a->n_cut > b->n_cut &&
           a->n_cut - b->n_cut >= b->n_right - a->n_right;
}

/* Replies that the cap ended may lack their answer. */
static void say_cut(const outcome *o, pmpo_buf *out)
{
    size_t a = o->of[0].answers.n_cut, b = o->of[1].answers.n_cut;
    if (a + b > 0) {
        pmpo_buf_printf(out, "; replies cut off: %zu, was %zu", b, a);
    }
    if (may_be_length(o)) {
        pmpo_buf_puts(out, ", which alone may be why: see what a higher "
                           "--max-tokens gives");
    }
}

static void say_answers(const outcome *o, pmpo_buf *out)
{
    const pmpo_sheet *a = &o->of[0].answers, *b = &o->of[1].answers;
    const pmpo_interval *g = &o->answers.gain;
    pmpo_buf_printf(out, "%zu of %zu answers right, was %zu", b->n_right, b->n,
                    a->n_right);
    if (a->n != b->n) { /* a server refused some */
        pmpo_buf_printf(out, " of %zu", a->n);
    }
    pmpo_buf_printf(out, ", %+.1f points", 100 * g->value);
    say_interval(g, true, out);
    pmpo_buf_printf(out, "; McNemar's test p = %.2g)", o->answers.p_value);
    say_cut(o, out);
    pmpo_buf_puts(out, ". Loss: ");
}

static const char *finding(const outcome *o)
{
    static const pmpo_interval none = {NAN, NAN, NAN};
    return pmpo_finding_name(
        pmpo_finding_of(o->answered ? &o->answers.gain : &none, &o->gain));
}

/* What the first look was at. The prompt of an earlier run knows some of it. */
static void say_unseen(const outcome *o, const char *what, pmpo_buf *out)
{
    if (o->n_seen > 0) {
        pmpo_buf_printf(out, "test %s of which %.0f are not unseen", what,
                        o->n_seen);
    } else {
        pmpo_buf_printf(out, "unseen %s", what);
    }
}

static void say_tested(const pmpo_state *st, const outcome *o, pmpo_buf *out)
{
    bool again = o->before.n > 0
                 && (o->before.n > 1 || is_new_look(st, &o->before));
    pmpo_buf_printf(out, "%s ", finding(o));
    if (may_be_length(o)) {
        pmpo_buf_printf(out, "with at most %d tokens an answer, ",
                        st->o.max_answer_tokens);
    }
    pmpo_buf_puts(out, "on ");
    if (again) {
        pmpo_buf_puts(out, "test examples that were looked at before");
    } else {
        say_unseen(o, "examples", out);
    }
    pmpo_buf_puts(out, ": ");
    if (o->answered) {
        say_answers(o, out);
    }
    say_loss(o, out);
    pmpo_buf_putc(out, '.');
    if (again) {
        pmpo_buf_printf(out, " The first look, after %.0f iterations, was at ",
                        o->before.iterations);
        say_unseen(o, "ones", out);
        pmpo_buf_puts(out, ": ");
        say_gain(o->before.gain, o->before.low, o->before.high, out);
        pmpo_buf_putc(out, '.');
    }
}

static void say_verdict(const pmpo_state *st, const outcome *o, pmpo_buf *out)
{
    if (st->chosen == 0) {
        say_kept(st, out);
    } else if (o->tested) {
        say_tested(st, o, out);
    } else {
        pmpo_buf_printf(out, "Not checked on unseen data, there is no test "
                        "part: the training loss went from %.4g to %.4g.",
                        o->of[0].train.loss, o->of[1].train.loss);
    }
}

/* ---- record -------------------------------------------------------------- */

static int put(pmpo_store *s, const char *who, const char *what, double v,
               pmpo_error *err)
{
    char name[128];
    snprintf(name, sizeof(name), "%s%s%s", who, *who ? "." : "", what);
    return pmpo_store_put_number(s, name, v, err);
}

static int put_measured(pmpo_store *s, const char *who, const measured *m,
                        bool tested, pmpo_error *err)
{
    const pmpo_sheet *a = &m->answers;
    const struct {
        const char *name; /* of PMPO_RUN_FIGURES */
        double value;
    } figures[] = {
        {"train_loss", m->train.loss},
        {"val_loss", m->val_loss},
        {"test_loss", m->test.loss},
        {"train_format", m->train.format},
        {"train_choice", m->train.choice},
        {"test_format", m->test.format},
        {"test_choice", m->test.choice},
        {"test_n_options", tested ? (double)m->test.n_options : 0},
        {"test_n_correct", tested ? (double)m->test.n_correct : 0},
        {"test_accuracy_low", m->accuracy.low},
        {"test_accuracy_high", m->accuracy.high},
        {"test_n_answers", (double)a->n},
        {"test_n_right", (double)a->n_right},
        {"test_n_cut_off", (double)a->n_cut},
        {"test_right_low", m->right.low},
        {"test_right_high", m->right.high},
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(figures) / sizeof(*figures); i++) {
        rc = put(s, who, figures[i].name, figures[i].value, err);
    }
    return rc;
}

static const char *const part_losses[3] = {"train_loss", "val_loss",
                                           "test_loss"};

/* Figures for each of several models. */
static int put_models(const pmpo_state *st, const char *who, const measured *m,
                      pmpo_error *err)
{
    const pmpo_model *scorer = st->in->scorer;
    int rc = 0;
    for (size_t k = 0; scorer->n_others > 0 && k <= scorer->n_others; k++) {
        char name[40];
        snprintf(name, sizeof(name), "%s.model%zu", who, k);
        for (int i = 0; rc == 0 && i < 3; i++) {
            rc = put(st->in->store, name, part_losses[i],
                     m->by_model[i] ? m->by_model[i][k] : NAN, err);
        }
    }
    return rc;
}

static int put_finalist(pmpo_store *s, size_t i, const pmpo_finalist *f,
                        pmpo_error *err)
{
    const char *const what[] = {"id", "val_loss", "n_answers", "n_right",
                                "n_cut_off"};
    const double values[] = {f->id, f->val_loss, (double)f->n,
                             (double)f->n_right, (double)f->n_cut};
    char name[64];
    int rc = 0;
    snprintf(name, sizeof(name), "finalist.%zu", i);
    for (size_t k = 0; rc == 0 && k < sizeof(values) / sizeof(values[0]);
         k++) {
        rc = put(s, name, what[k], values[k], err);
    }
    snprintf(name, sizeof(name), "finalist.%zu.why", i);
    return rc < 0 ? rc
                  : pmpo_store_put_text(s, name,
                                        pmpo_str_of(f->why ? f->why : ""),
                                        err);
}

static int put_answers(pmpo_state *st, const outcome *o, pmpo_error *err)
{
    pmpo_store *s = st->in->store;
    const pmpo_sheet_pair *p = &o->answers;
    int rc = put(s, "", "answers_gain", p->gain.value, err);
    rc = rc < 0 ? rc : put(s, "", "answers_gain_low", p->gain.low, err);
    rc = rc < 0 ? rc : put(s, "", "answers_gain_high", p->gain.high, err);
    rc = rc < 0 ? rc : put(s, "", "answers_p", p->p_value, err);
    double majority = NAN;
    if (rc == 0 && o->answered) {
        rc = pmpo_metric_majority(pmpo_answers_metric(st), st->in->test,
                                  &majority, err);
    }
    rc = rc < 0 ? rc : put(s, "", "answers_majority", majority, err);
    for (size_t i = 0; rc == 0 && i < st->n_finalists; i++) {
        rc = put_finalist(s, i, &st->finalists[i], err);
    }
    return rc < 0 ? rc
                  : put(s, "", "n_finalists", (double)st->n_finalists, err);
}

/* ---- looks at the test part ---------------------------------------------- */

static int look_number(pmpo_store *s, size_t look, const char *what,
                       double *out, pmpo_error *err)
{
    char name[64];
    bool found;
    snprintf(name, sizeof(name), "test_look.%zu.%s", look, what);
    *out = NAN;
    return pmpo_store_get_number(s, name, out, &found, err);
}

static int read_looks(pmpo_store *s, looks *l, pmpo_error *err)
{
    double n = 0, last = -1;
    bool found;
    *l = (looks){.last = -1};
    int rc = pmpo_store_get_number(s, "test_looks", &n, &found, err);
    if (rc < 0 || !found || !(n > 0)) {
        return rc;
    }
    l->n = (size_t)n;
    rc = look_number(s, l->n, "candidate", &last, err);
    rc = rc < 0 ? rc : look_number(s, 1, "iterations", &l->iterations, err);
    rc = rc < 0 ? rc : look_number(s, 1, "gain", &l->gain, err);
    rc = rc < 0 ? rc : look_number(s, 1, "low", &l->low, err);
    rc = rc < 0 ? rc : look_number(s, 1, "high", &l->high, err);
    l->last = (int)last;
    return rc;
}

/* The start prompt's test loss tells nothing of what was chosen, and the same
 * prompt's again nothing new: neither is a look. */
static int put_look(pmpo_state *st, const outcome *o, pmpo_error *err)
{
    pmpo_store *s = st->in->store;
    double done = 0;
    bool found;
    char head[40];
    if (!o->tested || st->chosen == 0 || !is_new_look(st, &o->before)) {
        return put(s, "", "test_looks", (double)o->before.n, err);
    }
    size_t n = o->before.n + 1;
    snprintf(head, sizeof(head), "test_look.%zu", n);
    int rc = pmpo_store_get_number(s, "decided", &done, &found, err);
    rc = rc < 0 ? rc : put(s, head, "iterations", done, err);
    rc = rc < 0 ? rc : put(s, head, "candidate", st->chosen, err);
    rc = rc < 0 ? rc : put(s, head, "gain", o->gain.value, err);
    rc = rc < 0 ? rc : put(s, head, "low", o->gain.low, err);
    rc = rc < 0 ? rc : put(s, head, "high", o->gain.high, err);
    return rc < 0 ? rc : put(s, "", "test_looks", (double)n, err);
}

static int put_outcome(pmpo_state *st, const outcome *o, pmpo_str verdict,
                       pmpo_error *err)
{
    pmpo_store *s = st->in->store;
    int rc = put(s, "", "final", st->chosen, err);
    rc = rc < 0 ? rc : put_answers(st, o, err);
    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = put_measured(s, names[i], &o->of[i], o->tested, err);
        rc = rc < 0 ? rc : put_models(st, names[i], &o->of[i], err);
    }
    rc = rc < 0 ? rc : put(s, "", "test_gain", o->gain.value, err);
    rc = rc < 0 ? rc : put(s, "", "test_gain_low", o->gain.low, err);
    rc = rc < 0 ? rc : put(s, "", "test_gain_high", o->gain.high, err);
    rc = rc < 0 ? rc : put(s, "", "test_majority", o->majority, err);
    rc = rc < 0 ? rc : put_look(st, o, err);
    return rc < 0 ? rc : pmpo_store_put_text(s, "verdict", verdict, err);
}

/* A number that was never there stays so: only what is found is cleared. */
static int clear(pmpo_store *s, const char *who, const char *what,
                 pmpo_error *err)
{
    char name[64];
    double v;
    bool found;
    snprintf(name, sizeof(name), "%s%s%s", who, *who ? "." : "", what);
    int rc = pmpo_store_get_number(s, name, &v, &found, err);
    return rc < 0 || !found ? rc : pmpo_store_put_number(s, name, NAN, err);
}

static int clear_models(pmpo_store *s, pmpo_error *err)
{
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < PMPO_MOST_JOINED; k++) {
        char name[40];
        snprintf(name, sizeof(name), "best.model%zu", k);
        for (int i = 0; rc == 0 && i < 3; i++) {
            rc = clear(s, name, part_losses[i], err);
        }
    }
    return rc;
}

#define NAME(name, shown) name,

static int clear_outcome(pmpo_store *s, pmpo_error *err)
{
    static const char *const single[] = {
        "final",        "test_gain",        "test_gain_low",
        "test_gain_high", "answers_gain",   "answers_gain_low",
        "answers_gain_high", "answers_p",   "n_finalists"};
    static const char *const figures[] = {PMPO_RUN_FIGURES(NAME)};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof(single) / sizeof(*single); i++) {
        rc = clear(s, "", single[i], err);
    }
    for (size_t i = 0; rc == 0 && i < sizeof(figures) / sizeof(*figures);
         i++) {
        rc = clear(s, "best", figures[i], err);
    }
    rc = rc < 0 ? rc : clear_models(s, err);
    rc = rc < 0 ? rc
                : pmpo_store_put_text(s, "verdict", PMPO_STR(""), err);
    return rc < 0 ? rc
                  : pmpo_store_put_text(s, "loss_check_end", PMPO_STR(""), err);
}

int pmpo_forget_outcome(pmpo_state *st, pmpo_error *err)
{
    double v;
    bool found;
    pmpo_store *s = st->in->store;
    int rc = pmpo_store_get_number(s, "final", &v, &found, err);
    if (rc < 0 || !found || isnan(v)) {
        return rc;
    }
    rc = pmpo_store_begin(s, err);
    rc = rc < 0 ? rc : clear_outcome(s, err);
    rc = rc < 0 ? rc : pmpo_put_best_text(st, st->incumbent, err);
    return rc < 0 ? rc : pmpo_store_commit(s, err);
}

static int keep_outcome(pmpo_state *st, const outcome *o, pmpo_error *err)
{
    pmpo_buf verdict = {0};
    say_verdict(st, o, &verdict);
    int rc = verdict.failed ? pmpo_fail_memory(err)
                            : pmpo_store_begin(st->in->store, err);
    rc = rc < 0 ? rc : put_outcome(st, o, pmpo_buf_str(&verdict), err);
    rc = rc < 0 ? rc : pmpo_put_best_text(st, st->chosen, err);
    rc = rc < 0 ? rc : pmpo_store_commit(st->in->store, err);
    pmpo_buf_release(&verdict);
    return rc;
}

int pmpo_finish(pmpo_state *st, pmpo_error *err)
{
    pmpo_arena mem = {0};
    outcome o = {.tested = st->test != NULL};
    const int ids[2] = {0, st->chosen};
    int rc = 0;
    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = measure(st, ids[i], &mem, &o.of[i], err);
    }
    rc = rc < 0 ? rc : compare(st, &mem, &o, err);
    rc = rc < 0 ? rc : answer(st, &mem, &o, err);
    rc = rc < 0 ? rc : read_looks(st->in->store, &o.before, err);
    bool found;
    rc = rc < 0 ? rc : pmpo_store_get_number(st->in->store, "test_seen",
                                             &o.n_seen, &found, err);
    rc = rc < 0 ? rc : keep_outcome(st, &o, err);
    pmpo_arena_release(&mem);
    return rc;
}
