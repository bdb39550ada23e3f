/* choose.c: the prompt that a run ends with.
 *
 * The search goes by training loss. At its end prompts are compared on the
 * validation part, which took no part in making them:
 *
 * 1. The pool is all prompts that were the incumbent once, and the best of the
 *    library and of the contract.
 * 2. The lowest loss leads.
 * 3. But a prompt with a rewriter's words leads only where a paired test says
 *    that it is better than the best one without: of many that a rewriter
 *    writes some gain by chance, and what they say may be nonsense. Where
 *    all examples have the same options another one has to say that it tells
 *    them apart better: words that only move the labels' probabilities, or even
 *    them out, need no sense (told_apart.c).
 * 4. With a metric, the few best by loss answer the validation part, because a
 *    loss that is read off the right answer rewards imitated form. Of those
 *    whose right answers are within one standard error of the most, the loss
 *    decides (the one-standard-error rule of Breiman, Friedman, Olshen and
 *    Stone, Classification and Regression Trees, 1984). A test at 5 % is too
 *    much to ask of a validation part: runs ended with prompts that answer
 *    worse than where they began; one answer more is chance (docs/results.md).
 *    The answers are looked at as they come, and whoever is worse for sure is
 *    asked no more.
 *
 * With lowest_loss it is the lowest loss, whatever tests and answers say. */
#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "search/answers.h"
#include "search/state.h"
#include "stats/stats.h"

#define MOST_LIBRARY 4 /* of the library, by training loss */
#define DECIDED 0.05 /* of the exact McNemar test, two-sided, over all looks */

/* Whatever its loss, the best prompt of each of these proposers answers, as
 * the start prompt does: they are written for how a model answers. */
static const struct {
    const char *proposer;
    size_t most; /* compared by validation loss */
} fixed[] = {{"library", MOST_LIBRARY}, {"contract", 1}};

#define N_FIXED (sizeof(fixed) / sizeof(fixed[0]))

typedef struct pool {
    pmpo_finalist *of; /* by validation loss, the lowest first */
    size_t n;
    bool *written; /* by prompt id: are words of it, or of a prompt that it was
                      made from, a rewriter's or a custom proposer's? */
    size_t lead;              /* index of the one that the loss would take */
    size_t owed[1 + N_FIXED]; /* where the start prompt and the best of each
                                 fixed are; SIZE_MAX: nowhere */
} pool;

bool pmpo_answers_choose(const pmpo_optimize_options *o)
{
    return o->metric != PMPO_RUN_METRIC_NONE && !o->lowest_loss && !o->paper &&
           o->iterations > 0;
}

size_t pmpo_most_finalists(int shortlist)
{
    /* The lowest loss, the leader, start, and the best of each. */
    size_t n = 3 + N_FIXED;
    return (size_t)shortlist > n ? (size_t)shortlist : n;
}

/* ---- who ------------------------------------------------------------------------ */

static bool is_by(const pmpo_candidate_row *r, const char *proposer)
{
    return !strcmp(r->proposer, proposer);
}

/* Are its words a rewriter's, or those of a proposer of the calling program? */
static bool is_authored(const pmpo_state *st, const pmpo_candidate_row *r)
{
    bool yes = pmpo_custom_find(st->o.custom, st->o.n_custom,
                                pmpo_str_of(r->proposer)) != NULL;
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        yes = yes ||
              (pmpo_proposers[i].asks && is_by(r, pmpo_proposers[i].name));
    }
    return yes;
}

/* Parents are of earlier rows. */
static void find_written(const pmpo_state *st, bool *written)
{
    for (size_t i = 0; i < st->n_rows; i++) {
        const pmpo_candidate_row *r = &st->rows[i];
        written[i] = is_authored(st, r);
        for (size_t k = 0; k < r->n_parents; k++) {
            written[i] = written[i] || written[r->parents[k]];
        }
    }
}

/* Is it `proposer`'s, and all of its words? */
static bool is_purely(const pmpo_state *st, const pool *p, int id,
                      const char *proposer)
{
    return is_by(&st->rows[id], proposer) && !p->written[id];
}

/* By training loss; those given up, whose bounds tell nothing of each other,
 * come last, as they were proposed. */
static bool is_ahead(const pmpo_candidate_row *a, const pmpo_candidate_row *b)
{
    double x = isnan(a->loss) ? INFINITY : a->loss;
    double y = isnan(b->loss) ? INFINITY : b->loss;
    return x < y || (x == y && a < b);
}

/* The next of `proposer` after `last`, among those that were scored. */
static const pmpo_candidate_row *next_by(const pmpo_state *st, const pool *p,
                                         const char *proposer,
                                         const pmpo_candidate_row *last)
{
    const pmpo_candidate_row *best = NULL;
    for (size_t i = 1; i < st->n_rows; i++) {
        const pmpo_candidate_row *r = &st->rows[i];
        bool scored = !isnan(r->loss) || isfinite(r->lower_bound) ||
                      r->given_up;
        if (is_purely(st, p, r->id, proposer) && scored &&
            r->fate != PMPO_FATE_DUPLICATE && (!last || is_ahead(last, r)) &&
            (!best || is_ahead(r, best))) {
            best = r;
        }
    }
    return best;
}

static bool is_in(const pool *p, int id)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->of[i].id == id) {
            return true;
        }
    }
    return false;
}

static void put_in(pool *p, int id)
{
    if (!is_in(p, id)) {
        p->of[p->n++] = (pmpo_finalist){.id = id, .val_loss = NAN};
    }
}

/* The latest incumbent first: of equal losses the earlier one here leads. */
static int fill_pool(pmpo_state *st, pool *p, pmpo_error *err)
{
    p->of = pmpo_arena_alloc(&st->mem, st->n_rows + 1, sizeof(*p->of));
    p->written =
        pmpo_arena_alloc(&st->mem, st->n_rows + 1, sizeof(*p->written));
    if (!p->of || !p->written) {
        return pmpo_fail_memory(err);
    }
    find_written(st, p->written);
    put_in(p, st->incumbent);
    for (size_t i = st->n_rows; i-- > 0;) {
        if (st->rows[i].fate == PMPO_FATE_ACCEPTED) {
            put_in(p, st->rows[i].id);
        }
    }
    /* Where a person approves, a run ends with nothing else. */
    for (size_t f = 0; !st->o.approve && f < N_FIXED; f++) {
        const pmpo_candidate_row *r = NULL;
        for (size_t k = 0;
             k < fixed[f].most && (r = next_by(st, p, fixed[f].proposer, r));
             k++) {
            put_in(p, r->id);
        }
    }
    return 0;
}

/* ---- by loss ---------------------------------------------------------------------- */

static int score_pool(pmpo_state *st, pool *p, pmpo_error *err)
{
    size_t kept = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        pmpo_arena mem = {0};
        pmpo_result r;
        pmpo_finalist f = p->of[i];
        pmpo_candidate_row row = st->rows[f.id]; /* its fate stays */
        pmpo_stage(st, "choosing", (int)i + 1, (int)p->n);
        rc = pmpo_vet_fits(st, &row, err);
        pmpo_score_context c = pmpo_context(st, "validation", f.id);
        bool fits = row.fate != PMPO_FATE_TOO_LONG;
        if (rc == 0 && fits) {
            rc = pmpo_scorer_score(st->validation, row.prompt, &c, &mem, &r,
                                   err);
        }
        if (rc == PMPO_ETOOLONG && fits && f.id != 0) {
            fits = false; /* only the server knew */
            rc = 0;
        }
        if (rc == 0 && fits) {
            f.val_loss = r.score.loss;
            p->of[kept++] = f;
        }
        pmpo_arena_release(&mem);
    }
    p->n = kept;
    return rc;
}

/* Insertion: equal losses keep their order. */
static void sort_pool(pmpo_state *st, pool *p)
{
    for (size_t i = 1; i < p->n; i++) {
        pmpo_finalist f = p->of[i];
        size_t k = i;
        double own = pmpo_priced(st, f.val_loss, f.id);
        for (; k > 0 && own < pmpo_priced(st, p->of[k - 1].val_loss,
                                          p->of[k - 1].id);
             k--) {
            p->of[k] = p->of[k - 1];
        }
        p->of[k] = f;
    }
    for (size_t k = 0; k <= N_FIXED; k++) {
        p->owed[k] = SIZE_MAX;
        for (size_t i = p->n; i-- > 0;) {
            int id = p->of[i].id;
            bool is = k == 0 ? id == 0
                             : is_purely(st, p, id, fixed[k - 1].proposer);
            p->owed[k] = is ? i : p->owed[k];
        }
    }
}

static const char *say_gain(pmpo_state *st, int other, pmpo_interval v,
                            double saved, bool sure)
{
    if (isnan(v.low)) {
        return pmpo_say(st,
                        "a rewriter's words, better than prompt %d by %.2g, "
                        "too few examples for an interval: may be chance",
                        other, v.value + saved);
    }
    return pmpo_say(st,
                    "a rewriter's words, better than prompt %d by %.2g (%.2g "
                    "to %.2g): %s",
                    other, v.value + saved, v.low + saved, v.high + saved,
                    sure ? "not by chance" : "may be chance");
}

/* Is the paired 95 % interval of what p->of[i] gains over p->of[plain] on the
 * validation part above 0? Its `why` says so. */
static int gains(pmpo_state *st, const pool *p, size_t i, size_t plain,
                 bool *yes, pmpo_error *err)
{
    int own = p->of[i].id, other = p->of[plain].id;
    pmpo_arena mem = {0};
    pmpo_prompt_score a = {0}, b = {0};
    double *diff, *weights;
    size_t n;
    int rc = pmpo_try_validation(st, other, &mem, &a, err);
    rc = rc < 0 ? rc : pmpo_try_validation(st, own, &mem, &b, err);
    rc = rc < 0 ? rc
                : pmpo_paired_losses(&a, &b, &mem, &diff, &weights, &n, err);
    if (rc == 0) {
        pmpo_interval gain = pmpo_mean_interval(diff, weights, n);
        double saved = pmpo_priced(st, 0, other) - pmpo_priced(st, 0, own);
        *yes = gain.low + saved > 0; /* not where one example has no interval */
        p->of[i].why = say_gain(st, other, gain, saved, *yes);
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* And does it, where that can be asked, tell the labels apart better? */
static int is_better(pmpo_state *st, const pool *p, size_t i, size_t plain,
                     bool *yes, pmpo_error *err)
{
    pmpo_interval told = {NAN, NAN, NAN};
    int rc = gains(st, p, i, plain, yes, err);
    if (rc == 0 && *yes) {
        rc = pmpo_tells_apart(st, p->of[plain].id, p->of[i].id, &told, err);
    }
    if (rc == 0 && !isnan(told.value) && !(told.low > 0)) {
        *yes = false;
        p->of[i].why = pmpo_say(st,
                                "%s, but not shown to tell the labels apart "
                                "better: %.2g (%.2g to %.2g)",
                                p->of[i].why, told.value, told.low, told.high);
    }
    return rc;
}

/* The lowest loss of those that aren't `out` (NULL: none is), or of those of
 * them that are plain; p->n: there is none. */
static size_t first_left(const pool *p, const bool *out, bool plain)
{
    size_t i = 0;
    while (i < p->n &&
           ((out && out[i]) || (plain && p->written[p->of[i].id]))) {
        i++;
    }
    return i;
}

/* Sets p->lead, of those that aren't `out` (NULL: none is), and why it leads. A
 * person who approves has read the words. */
static int choose_lead(pmpo_state *st, pool *p, const bool *out,
                       pmpo_error *err)
{
    size_t first = first_left(p, out, false);
    size_t plain = first_left(p, out, true);
    bool any = plain == p->n || st->o.lowest_loss || st->o.approve;
    bool better = false;
    int rc = 0;
    p->lead = any ? first : plain;
    for (size_t i = first; rc == 0 && i < p->lead && !better; i++) {
        if (!out || !out[i]) {
            rc = is_better(st, p, i, plain, &better, err);
            p->lead = rc == 0 && better ? i : p->lead;
        }
    }
    if (!better) {
        p->of[p->lead].why =
            p->lead > first && out
                ? "the lowest validation loss without a rewriter's words, of "
                  "those not shown to answer worse"
            : p->lead > first ? "the lowest validation loss without a "
                                "rewriter's words"
            : out ? "the lowest validation loss of those not shown to answer "
                    "worse"
                  : "the lowest validation loss";
    }
    return rc;
}

/* The first `most`, and those that are owed an answer among them. */
static void keep_shortlist(pool *p, size_t most)
{
    size_t n = 0, lead = p->lead;
    for (size_t i = 0; i < p->n; i++) {
        size_t owed = lead > i;
        bool must = lead == i;
        for (size_t k = 0; k <= N_FIXED; k++) {
            must = must || p->owed[k] == i;
            owed += p->owed[k] != SIZE_MAX && p->owed[k] > i &&
                    p->owed[k] != lead;
        }
        p->lead = lead == i ? n : p->lead;
        if (must || n + owed < most || n == 0) {
            p->of[n++] = p->of[i];
        }
    }
    p->n = n;
}

/* ---- by answers --------------------------------------------------------------------- */

/* Sheets as p->of; `out[i]`: it has lost against another for sure, or the
 * model's context has no room for its answers. */
typedef struct contest {
    pmpo_state *st;
    const pmpo_data *data;
    pool *p;
    pmpo_sheet *sheets;
    bool *out, *no_room;
    double level; /* of one look: the answers are looked at as they come */
} contest;

/* May the run end with p->of[i]? A rewriter's words have to lead by loss, or to
 * have beaten all others. */
static bool may_win(const contest *c, size_t i)
{
    return !c->out[i] && (i == c->p->lead || c->st->o.approve ||
                          !c->p->written[c->p->of[i].id]);
}

/* A server may have refused some under one prompt and not under another. */
static double rate(const contest *c, size_t i)
{
    return pmpo_sheet_rate(&c->sheets[i]);
}

/* The one with the most right answers so far, of all or of those that may win; of
 * equals the lower loss. SIZE_MAX: there is none. */
static size_t leader(const contest *c, bool winners)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < c->p->n; i++) {
        if (!c->out[i] && (!winners || may_win(c, i)) &&
            (best == SIZE_MAX || rate(c, i) > rate(c, best))) {
            best = i;
        }
    }
    return best;
}

/* Does a answer better than b, for sure? */
static int beats(const contest *c, size_t a, size_t b, bool *yes,
                 pmpo_error *err)
{
    pmpo_sheet_pair pair;
    int rc = pmpo_sheet_compare(c->data, &c->sheets[b], &c->sheets[a],
                                c->st->o.seed, &pair, err);
    *yes = rc == 0 && pair.gain.value > 0 && pair.p_value < c->level;
    return rc;
}

/* Whoever is beaten for sure answers no more; by a prompt that may win itself, or
 * the run would end with one that is worse than what was given up for it. */
static int drop_losers(contest *c, pmpo_error *err)
{
    size_t best = leader(c, true);
    int rc = 0;
    best = best == SIZE_MAX ? leader(c, false) : best;
    for (size_t i = 0; rc == 0 && i < c->p->n; i++) {
        bool lost;
        if (i != best && !c->out[i]) {
            rc = beats(c, best, i, &lost, err);
            c->out[i] = rc == 0 && lost;
        }
    }
    return rc;
}

/* Each alone: whoever's answers don't fit is out. PMPO_ETOOLONG: nobody's do. */
static int ask_each(contest *c, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; (rc == 0 || rc == PMPO_ETOOLONG) && i < c->p->n; i++) {
        pmpo_sheet *one = &c->sheets[i];
        if (!c->out[i]) {
            rc = pmpo_sheets_next(c->st, c->data, &one, 1,
                                  PMPO_ANSWERED_TOGETHER, err);
            c->out[i] = c->no_room[i] = rc == PMPO_ETOOLONG;
        }
    }
    return rc == PMPO_ETOOLONG && leader(c, false) != SIZE_MAX ? 0 : rc;
}

/* A server that doesn't tell its context's length refuses the first request that
 * doesn't fit. */
static int ask(contest *c, pmpo_sheet **left, pmpo_error *err)
{
    size_t k = 0;
    for (size_t i = 0; i < c->p->n; i++) {
        if (!c->out[i]) {
            left[k++] = &c->sheets[i];
        }
    }
    pmpo_stage(c->st, "answering", 1, (int)k);
    int rc =
        pmpo_sheets_next(c->st, c->data, left, k, PMPO_ANSWERED_TOGETHER, err);
    return rc == PMPO_ETOOLONG ? ask_each(c, err) : rc;
}

static int answer(contest *c, pmpo_error *err)
{
    pmpo_arena mem = {0};
    size_t n = pmpo_data_count(c->data);
    pmpo_sheet **left = pmpo_arena_alloc(&mem, c->p->n, sizeof(*left));
    int rc = left ? 0 : pmpo_fail_memory(err);
    size_t looks = (n + PMPO_ANSWERED_TOGETHER - 1) / PMPO_ANSWERED_TOGETHER;
    c->level = DECIDED / (double)looks; /* Bonferroni */
    for (size_t done = 0; rc == 0 && done < n;
         done += PMPO_ANSWERED_TOGETHER) {
        rc = ask(c, left, err);
        rc = rc < 0 ? rc : drop_losers(c, err);
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* A rewriter's words that have beaten all that may win lead. */
static int let_words_win(contest *c, pmpo_error *err)
{
    size_t best = leader(c, false);
    bool all = best != SIZE_MAX && !may_win(c, best);
    int rc = 0;
    for (size_t i = 0; rc == 0 && all && i < c->p->n; i++) {
        rc = may_win(c, i) ? beats(c, best, i, &all, err) : 0;
    }
    for (size_t i = 0; rc == 0 && all && i < c->p->n; i++) {
        c->out[i] = c->out[i] || may_win(c, i);
    }
    if (rc == 0 && all) {
        c->p->lead = best;
        c->p->of[best].why = "a rewriter's words, more right answers than all "
                             "others, not by chance";
    }
    return rc;
}

/* Has a fewer right answers than b by more than one standard error? */
static int is_behind(const contest *c, size_t a, size_t b, bool *yes,
                     pmpo_error *err)
{
    pmpo_sheet_pair pair = {.up = 0};
    int rc = pmpo_sheet_compare(c->data, &c->sheets[a], &c->sheets[b],
                                c->st->o.seed, &pair, err);
    *yes = pair.z > 1;
    return rc;
}

/* The one that leads by loss, if it isn't behind the most right answers; else,
 * of those that answer better than it and aren't, the lowest loss. */
static int settle(contest *c, size_t *chosen, pmpo_error *err)
{
    pool *p = c->p;
    bool behind = true;
    int rc = let_words_win(c, err);
    rc = rc == 0 && c->out[p->lead] ? choose_lead(c->st, p, c->out, err) : rc;
    size_t most = p->lead;
    double least = rate(c, p->lead);
    for (size_t i = 0; i < p->n; i++) {
        bool more = rate(c, i) > rate(c, most);
        most = more && may_win(c, i) ? i : most;
    }
    *chosen = p->lead;
    rc = rc < 0 ? rc : is_behind(c, p->lead, most, &behind, err);
    for (size_t i = 0; rc == 0 && behind && i < p->n; i++) {
        if (may_win(c, i) && rate(c, i) > least) {
            *chosen = i; /* `most` at the latest */
            rc = is_behind(c, i, most, &behind, err);
        }
    }
    if (rc == 0 && *chosen != p->lead) {
        p->of[*chosen].why = pmpo_say(c->st,
                                      "more right answers than prompt %d, "
                                      "which leads by loss",
                                      p->of[p->lead].id);
    }
    return rc;
}

/* Of one that wasn't chosen, or that leads by loss. */
static const char *why_not(const contest *c, size_t i, size_t chosen)
{
    if (c->no_room[i]) {
        return "no room for its answers in the model's context";
    }
    if (c->out[i]) {
        return c->sheets[i].n_asked < pmpo_data_count(c->data)
                   ? "answers worse for sure, given up"
                   : "answers worse for sure";
    }
    if (c->p->of[i].why) {
        return c->p->of[i].why;
    }
    if (rate(c, i) <= rate(c, chosen)) {
        return "answers no better";
    }
    if (may_win(c, i)) {
        return "right answers within a standard error, and a higher loss";
    }
    return "a rewriter's words, not shown to answer better than all others";
}

static int choose_by_answers(pmpo_state *st, pool *p, size_t *chosen,
                             pmpo_error *err)
{
    pmpo_arena mem = {0};
    contest c = {.st = st, .data = st->in->validation, .p = p};
    c.sheets = pmpo_arena_alloc(&mem, p->n, sizeof(*c.sheets));
    c.out = pmpo_arena_alloc(&mem, p->n, sizeof(*c.out));
    c.no_room = pmpo_arena_alloc(&mem, p->n, sizeof(*c.no_room));
    int rc = c.sheets && c.out && c.no_room ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        rc = pmpo_sheet_new(p->of[i].id, c.data, &mem, &c.sheets[i], err);
    }
    rc = rc < 0 ? rc : answer(&c, err);
    rc = rc < 0 ? rc : settle(&c, chosen, err);
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        pmpo_finalist *f = &p->of[i];
        f->n = c.sheets[i].n;
        f->n_right = c.sheets[i].n_right;
        f->n_cut = c.sheets[i].n_cut;
        f->why = why_not(&c, i, *chosen);
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- all -------------------------------------------------------------------------------- */

int pmpo_choose(pmpo_state *st, pmpo_error *err)
{
    pool p = {0};
    size_t chosen = 0;
    st->chosen = st->incumbent;
    if (!st->validation || st->o.paper || st->o.iterations == 0) {
        return 0;
    }
    int rc = fill_pool(st, &p, err);
    rc = rc < 0 ? rc : score_pool(st, &p, err);
    if (rc < 0 || p.n == 0) {
        return rc;
    }
    sort_pool(st, &p);
    rc = choose_lead(st, &p, NULL, err);
    chosen = p.lead;
    if (rc == 0 && pmpo_answers_choose(&st->o)) {
        keep_shortlist(&p, (size_t)st->o.shortlist);
        rc = choose_by_answers(st, &p, &chosen, err);
    }
    st->chosen = rc == 0 ? p.of[chosen].id : st->incumbent;
    st->finalists = p.of;
    st->n_finalists = p.n;
    return rc;
}
