/* progress.c: see progress.h. */
#define _POSIX_C_SOURCE 200809L
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "live.h"
#include "width.h"

#define EVERY_MS 100.0 /* between two drawings */

static struct {
    bool draw, tell;
    size_t lines;      /* of the picture that is there; the cursor is below */
    live seen;
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

/* ---- the picture -------------------------------------------------------- */

static live_looks looks_now(void)
{
    struct winsize w;
    const char *no = getenv("NO_COLOR");
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0;
    return (live_looks){.columns = known ? w.ws_col : 80,
                        .rows = known && w.ws_row > 0 ? w.ws_row : 24,
                        .utf8 = speaks_utf8(),
                        .colour = !(no && *no)};
}

/* Moves the cursor to the beginning of the display, to redraw it. */
static void go_back(FILE *f)
{
    if (now.lines > 0) {
        fprintf(f, "\033[%zuA\r", now.lines);
        now.lines = 0;
    }
}

/* As one write: a picture in parts would flicker. */
static void draw(const pmpo_progress *p)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) {
        return; /* it is only a picture */
    }
    const live_looks looks = looks_now();
    go_back(f);
    now.lines = live_draw(f, &now.seen, p, &looks);
    fputs("\033[J", f);
    if (fclose(f) == 0) {
        fwrite(text, 1, n, stderr);
        fflush(stderr);
    }
    free(text);
}

/* Can a cursor go up there? */
static bool is_screen(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
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
    now.draw = !quiet && is_screen();
    now.tell = !quiet && iterations;
    now.lines = 0;
    now.seen = (live){.n_losses = 0};
    now.last_ms = 0;
    now.iteration = 0;
    now.best = NAN;
}

void progress_show(void *ud, const pmpo_progress *p)
{
    (void)ud;
    /* The incumbent in the next iteration is the best of this one. */
    now.best = isfinite(p->best) ? p->best : now.best;
    if (p->iteration > now.iteration) {
        tell_iteration();
        now.iteration = p->iteration;
        now.iterations = p->iterations;
    }
    live_see(&now.seen, p);
    double ms = clock_ms();
    if (now.draw && ms - now.last_ms >= EVERY_MS) {
        now.last_ms = ms;
        draw(p);
    }
}

void progress_clear(void)
{
    if (now.lines > 0) {
        go_back(stderr);
        fputs("\033[J", stderr);
        fflush(stderr);
    }
}

void progress_end(void)
{
    tell_iteration();
    now.iteration = 0;
    progress_clear();
}
