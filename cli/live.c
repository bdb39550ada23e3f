/* live.c: see live.h. */
#include "live.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "print.h"
#include "width.h"

#define MOST_ROWS 10 /* of the table */
#define BARS 8

/* ---- one line ------------------------------------------------------------- */

typedef struct line {
    char text[600];
    size_t n;
} line;

static void add(line *l, const char *fmt, ...) PMPO_PRINTF(2, 3);

static void add(line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->n, sizeof(l->text) - l->n, fmt, ap);
    va_end(ap);
    size_t room = sizeof(l->text) - 1 - l->n;
    l->n += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room;
}

static pmpo_str str_of_line(const line *l)
{
    return (pmpo_str){l->text, l->n};
}

/* Adds `part` if it fits; the most important parts are added first. */
static void add_if_fits(line *l, const line *part, size_t width)
{
    size_t gap = l->n ? 2 : 0;
    if (part->n > 0 && text_columns(str_of_line(l)) + gap
                           + text_columns(str_of_line(part)) <= width) {
        add(l, "%s%s", gap ? "  " : "", part->text);
    }
}

/* ---- what is worked on ------------------------------------------------------ */

static bool counts_in(const pmpo_progress *p, const char *unit)
{
    return p->unit && !strcmp(p->unit, unit);
}

/* Losses are shown for work on examples only: loading and fetching have
 * none. */
static bool has_loss(const pmpo_progress *p, double v)
{
    return isfinite(v) && !counts_in(p, "bytes");
}

static void add_count(line *l, const pmpo_progress *p)
{
    char done[SHORT], total[SHORT];
    if (p->done == 0 && p->total == 0) {
        return;
    }
    if (counts_in(p, "bytes")) {
        show_bytes(p->done, done);
        show_bytes(p->total, total);
        add(l, p->total ? " %s of %s" : " %s", done, total);
    } else if (p->total) {
        add(l, " %zu/%zu %s", p->done, p->total, p->unit ? p->unit : "");
    } else {
        add(l, " %zu %s", p->done, p->unit ? p->unit : "");
    }
}

void live_line(FILE *f, const pmpo_progress *p, size_t width)
{
    line l = {.n = 0}, loss = {.n = 0}, rate = {.n = 0}, left = {.n = 0};
    char time[SHORT];
    if (p->iteration > 0) {
        add(&l, "iteration %d/%d  ", p->iteration, p->iterations);
    }
    add(&l, "%s", p->stage ? p->stage : "working");
    if (p->candidate > 0) {
        add(&l, " candidate %d/%d", p->candidate, p->candidates);
    } else {
        add_count(&l, p);
    }
    if (has_loss(p, p->loss)) {
        add(&loss, "loss %.3f", p->loss);
    }
    if (has_loss(p, p->best)) {
        add(&loss, loss.n ? " (best %.3f)" : "best %.3f", p->best);
    }
    if (p->tokens_per_s >= 1) {
        add(&rate, "%.0f tok/s", p->tokens_per_s);
    }
    if (p->left_ms >= 0) {
        add(&left, "%s left", show_duration((double)p->left_ms, time));
    }
    add_if_fits(&l, &left, width);
    add_if_fits(&l, &loss, width);
    add_if_fits(&l, &rate, width);
    put_cut(f, str_of_line(&l), width);
}

/* ---- what was seen ------------------------------------------------------------ */

static bool decided(const pmpo_live_candidate *c)
{
    return c->fate != PMPO_FATE_PENDING || isfinite(c->loss)
           || isfinite(c->lower_bound);
}

void live_see(live *l, const pmpo_progress *p)
{
    if (p->iteration != l->iteration) {
        l->n_tried += l->tried_now;
        l->n_accepted += l->accepted_now;
        l->iteration = p->iteration;
    }
    l->tried_now = l->accepted_now = 0;
    for (size_t i = 0; i < p->n_list; i++) {
        l->tried_now += decided(&p->list[i]);
        l->accepted_now += p->list[i].fate == PMPO_FATE_ACCEPTED;
    }
    size_t n = l->n_losses;
    if (!has_loss(p, p->best) || (n > 0 && l->losses[n - 1] == p->best)) {
        return;
    }
    if (n == LIVE_HISTORY) {
        memmove(l->losses, l->losses + 1, (n - 1) * sizeof(l->losses[0]));
        n--;
    }
    l->losses[n] = p->best;
    l->n_losses = n + 1;
}

/* ---- the loss so far ------------------------------------------------------------ */

/* The last `most` values as bars between the least and the greatest. */
static void add_sparkline(line *l, const live *v, size_t most, bool utf8)
{
    static const char *const bars[BARS] = {
        "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
        "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    static const char *const plain[BARS] = {"_", ".", ",", "-", "=", "+", "*",
                                            "#"};
    size_t n = v->n_losses < most ? v->n_losses : most;
    const double *x = v->losses + v->n_losses - n;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double share = high > low ? (x[i] - low) / (high - low) : 0;
        add(l, "%s", (utf8 ? bars : plain)[(int)(share * (BARS - 1) + 0.5)]);
    }
}

static void put_best(FILE *f, const live *v, const pmpo_progress *p,
                     const live_looks *looks, size_t width)
{
    line l = {.n = 0}, tried = {.n = 0}, spark = {.n = 0};
    char loss[SHORT];
    add(&l, "best %s", show_loss(p->best, loss));
    size_t n = v->n_tried + v->tried_now;
    if (n > 0) {
        add(&tried, "%zu of %zu prompts accepted",
            v->n_accepted + v->accepted_now, n);
    }
    size_t used = text_columns(str_of_line(&l)) + tried.n + 4;
    if (v->n_losses > 1) {
        add_sparkline(&spark, v, used + 4 < width ? width - used : 8,
                      looks->utf8);
    }
    add_if_fits(&l, &spark, width);
    add_if_fits(&l, &tried, width);
    put_cut(f, str_of_line(&l), width);
}

/* ---- what was saved --------------------------------------------------------------- */

static void put_saved(FILE *f, const pmpo_progress *p, size_t width)
{
    line l = {.n = 0}, shared = {.n = 0}, cache = {.n = 0}, pruned = {.n = 0};
    char n[SHORT];
    add(&l, "saved");
    if (p->logical_tokens > 0) {
        double share = 1 -
                       (double)p->prefill_tokens / (double)p->logical_tokens;
        add(&shared, "%.0f %% of rows by shared beginnings",
            100 * fmax(0, share));
    }
    if (p->cached_scores > 0) {
        add(&cache, "%s scores by the cache", show_count(p->cached_scores, n));
    }
    if (p->examples_wanted > 0) {
        add(&pruned, "%.0f %% of scoring by giving up",
            100 - 100 * (double)p->examples_scored
                      / (double)p->examples_wanted);
    }
    add_if_fits(&l, &shared, width);
    add_if_fits(&l, &pruned, width);
    add_if_fits(&l, &cache, width);
    put_cut(f, str_of_line(&l), width);
}

/* ---- the candidates ----------------------------------------------------------------- */

/* Ordered by importance. */
static double rank_of(const pmpo_live_candidate *c)
{
    return c->fate == PMPO_FATE_ACCEPTED ? -INFINITY
           : isfinite(c->loss)           ? c->loss
           : isfinite(c->lower_bound)    ? 1e12 + c->lower_bound
           : c->fate == PMPO_FATE_PENDING ? 1e15
                                          : 1e18;
}

/* The next after `last` in that order; of equals the first. NULL: no more. */
static const pmpo_live_candidate *next_of(const pmpo_progress *p,
                                          const pmpo_live_candidate *last)
{
    const pmpo_live_candidate *best = NULL;
    for (size_t i = 0; i < p->n_list; i++) {
        const pmpo_live_candidate *c = &p->list[i];
        double r = rank_of(c), l = last ? rank_of(last) : 0;
        bool after = !last || r > l || (r == l && c > last);
        if (after && (!best || r < rank_of(best))) {
            best = c;
        }
    }
    return best;
}

static const char *word_for(const pmpo_live_candidate *c)
{
    bool waits = c->fate == PMPO_FATE_PENDING;
    return waits && isfinite(c->loss)          ? "scored"
           : waits && isfinite(c->lower_bound) ? "given up"
           : waits                             ? ""
                                               : pmpo_fate_name(c->fate);
}

static const char *colour_for(const pmpo_live_candidate *c, const char *word)
{
    return c->fate == PMPO_FATE_ACCEPTED ? "\033[32m"
           : !strcmp(word, "scored")     ? ""
                                         : "\033[2m";
}

static void put_row(FILE *f, const pmpo_live_candidate *c,
                    const live_looks *looks, size_t width)
{
    char loss[SHORT], figures[80];
    const char *word = word_for(c);
    const char *colour = looks->colour ? colour_for(c, word) : "";
    if (!isfinite(c->loss) && isfinite(c->lower_bound)) {
        snprintf(loss, sizeof(loss), ">%.4f", c->lower_bound);
    } else {
        show_loss(c->loss, loss);
    }
    int n = snprintf(figures, sizeof(figures), "%5d  %-9.9s %9s  %-9.9s  ",
                     c->id, c->proposer, loss, word);
    fputs(colour, f);
    put_cut(f, (pmpo_str){figures, (size_t)n}, width);
    if (width > (size_t)n) {
        put_cut(f, c->prompt.len ? c->prompt : str_of(c->reason),
                width - (size_t)n);
    }
    fputs(*colour ? "\033[0m" : "", f);
}

static size_t put_table(FILE *f, const pmpo_progress *p,
                        const live_looks *looks, size_t room, size_t width)
{
    size_t n = p->n_list < MOST_ROWS ? p->n_list : MOST_ROWS;
    n = n + 1 > room ? (room > 1 ? room - 1 : 0) : n;
    if (n == 0) {
        return 0;
    }
    line head = {.n = 0};
    add(&head, "%5s  %-9s %9s  %-9s  prompt", "id", "proposer", "loss", "fate");
    put_cut(f, str_of_line(&head), width);
    fputs("\033[K\n", f);
    const pmpo_live_candidate *c = NULL;
    for (size_t i = 0; i < n && (c = next_of(p, c)); i++) {
        put_row(f, c, looks, width);
        fputs("\033[K\n", f);
    }
    return n + 1;
}

/* ---- all of it ------------------------------------------------------------------------- */

size_t live_draw(FILE *f, const live *l, const pmpo_progress *p,
                 const live_looks *looks)
{
    /* The last column stays free: some terminals wrap when it is filled. */
    size_t width = looks->columns > 1 ? looks->columns - 1 : 1, n = 1;
    live_line(f, p, width);
    fputs("\033[K\n", f);
    if (p->iterations == 0 || looks->rows < 5) {
        return n;
    }
    put_best(f, l, p, looks, width);
    fputs("\033[K\n", f);
    put_saved(f, p, width);
    fputs("\033[K\n", f);
    n = 3;
    return n + put_table(f, p, looks, looks->rows - 1 - n, width);
}
