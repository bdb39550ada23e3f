/* progress.c: see progress.h. */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "print.h"

#define EVERY_MS 100.0

static struct {
    bool draw, tell;
    bool drawn;        /* there is a line to take away */
    double last_ms;
    int iteration;     /* at work; 0: none yet */
    int iterations;
    double best;
} now;

static double clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- the line ----------------------------------------------------------- */

typedef struct line {
    char text[400];
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

static bool counts_in(const pmpo_progress *p, const char *unit)
{
    return p->unit && !strcmp(p->unit, unit);
}

/* Losses are told of work on examples only: loading and fetching have none. */
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

static void compose(line *l, const pmpo_progress *p)
{
    char left[SHORT];
    if (p->iteration > 0) {
        add(l, "iteration %d/%d  ", p->iteration, p->iterations);
    }
    add(l, "%s", p->stage ? p->stage : "working");
    if (p->candidate > 0) {
        add(l, " candidate %d/%d", p->candidate, p->candidates);
    } else {
        add_count(l, p);
    }
    if (has_loss(p, p->loss)) {
        add(l, "  loss %.3f", p->loss);
    }
    if (has_loss(p, p->best)) {
        add(l, has_loss(p, p->loss) ? " (best %.3f)" : "  best %.3f", p->best);
    }
    if (p->tokens_per_s >= 1) {
        add(l, "  %.0f tok/s", p->tokens_per_s);
    }
    if (p->left_ms >= 0) {
        show_duration((double)p->left_ms, left);
        add(l, "  %s left", left);
    }
}

static size_t terminal_width(void)
{
    struct winsize w;
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0;
    return known ? w.ws_col : 80;
}

static void draw(const pmpo_progress *p)
{
    line l = {.n = 0};
    compose(&l, p);
    /* The last column stays free: some terminals wrap when it is filled. */
    size_t width = terminal_width() - 1;
    fputs("\r\033[K", stderr);
    put_cut(stderr, (pmpo_str){l.text, l.n}, width);
    fflush(stderr);
    now.drawn = true;
}

/* ---- iterations --------------------------------------------------------- */

static void tell_iteration(void)
{
    if (now.tell && now.iteration > 0) {
        progress_clear();
        fprintf(stderr, "iteration %d/%d done: best loss %.4f\n",
                now.iteration, now.iterations, now.best);
    }
}

/* ---- public ------------------------------------------------------------- */

void progress_begin(bool quiet, bool iterations)
{
    now.draw = !quiet && isatty(STDERR_FILENO);
    now.tell = !quiet && iterations;
    now.drawn = false;
    now.last_ms = 0;
    now.iteration = 0;
    now.best = NAN;
}

void progress_show(void *ud, const pmpo_progress *p)
{
    (void)ud;
    /* The incumbent in the next iteration is the best of this one. */
    now.best = has_loss(p, p->best) ? p->best : now.best;
    if (p->iteration > now.iteration) {
        tell_iteration();
        now.iteration = p->iteration;
        now.iterations = p->iterations;
    }
    double ms = clock_ms();
    if (now.draw && ms - now.last_ms >= EVERY_MS) {
        now.last_ms = ms;
        draw(p);
    }
}

void progress_clear(void)
{
    if (now.drawn) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        now.drawn = false;
    }
}

void progress_end(void)
{
    tell_iteration();
    now.iteration = 0;
    progress_clear();
}
