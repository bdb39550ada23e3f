/* plot.c: see plot.h. */
#include "report/plot.h"

#include <math.h>
#include <stdio.h>

#include "base/plain.h"
#include "report/html.h"

#define LEFT 56
#define RIGHT 14
#define TOP 14
#define BOTTOM 44
#define CAP 4    /* half the width of an interval's cap */
#define RADIUS 5 /* of marks */

/* ---- scales -------------------------------------------------------------- */

double pmpo_scale_at(const pmpo_scale *s, double v)
{
    double span = s->high - s->low;
    return span > 0 ? s->from + (v - s->low) / span * (s->to - s->from)
                    : (s->from + s->to) / 2;
}

void pmpo_scale_cover(pmpo_scale *s, double v)
{
    if (!isfinite(v)) {
        return;
    }
    if (!(s->low <= v)) {
        s->low = v;
    }
    if (!(s->high >= v)) {
        s->high = v;
    }
}

double pmpo_scale_step(const pmpo_scale *s, int n)
{
    double raw = (s->high - s->low) / n;
    if (!(raw > 0)) {
        return 1;
    }
    double power = pow(10, floor(log10(raw))), f = raw / power;
    return power * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10);
}

/* Adds a margin to the range, so that it is never empty, nor so narrow that
 * steps are lost to rounding. */
static void ease(pmpo_scale *s)
{
    if (!isfinite(s->low) || !isfinite(s->high)) {
        s->low = 0;
        s->high = 1;
    }
    double span = s->high - s->low;
    double room = span > 0
                      ? fmax(0.06 * span, 1e-9 * (fabs(s->low) + fabs(s->high)))
                      : fabs(s->low) * 0.1 + 0.01;
    s->low -= room;
    s->high += room;
}

/* ---- frame --------------------------------------------------------------- */

void pmpo_plot_begin(pmpo_plot *p, pmpo_buf *out, const char *id,
                     const char *title, const char *desc)
{
    p->out = out;
    ease(&p->x);
    ease(&p->y);
    p->x.from = LEFT;
    p->x.to = p->width - RIGHT;
    p->y.from = p->height - BOTTOM;
    p->y.to = TOP;
    pmpo_html(out, "<figure class=\"plot\"><svg viewBox=\"0 0 %d %d\" "
              "role=\"group\" aria-labelledby=\"%s-t %s-d\"><title "
              "id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n", p->width,
              p->height, id, id, id, title, id, desc);
}

static int digits(double step)
{
    int n = (int)ceil(-log10(step) - 1e-9);
    return n < 0 ? 0 : n > 8 ? 8 : n;
}

static void put_number(pmpo_buf *b, const pmpo_axis *a, double v, double step)
{
    char text[40];
    double shown = a->percent ? 100 * v : v;
    pmpo_print(text, sizeof(text), "%.*f%s",
               digits(a->percent ? 100 * step : step),
               fabs(shown) < 1e-12 ? 0.0 : shown, a->percent ? " %" : "");
    pmpo_html(b, "%s", text);
}

/* The multiples of `step` in the range: how many, and the first. */
static int count_ticks(const pmpo_scale *s, double step, double *first)
{
    *first = ceil(s->low / step);
    double n = floor(s->high / step) - *first + 1;
    return n > 0 && n < 100 ? (int)n : 0;
}

static void put_x_ticks(pmpo_plot *p, const pmpo_axis *a)
{
    double step = pmpo_scale_step(&p->x, 6);
    step = a->whole && step < 1 ? 1 : step;
    double first;
    int n = count_ticks(&p->x, step, &first);
    for (int i = 0; i < n; i++) {
        double v = (first + i) * step, at = pmpo_scale_at(&p->x, v);
        if (a->whole && v < 0) { /* nothing is counted there */
            continue;
        }
        pmpo_html(p->out, "<text class=\"tick mid\" x=\"%.1f\" y=\"%.1f\">",
                  at, p->y.from + 18);
        put_number(p->out, a, v, step);
        pmpo_html(p->out, "</text>\n");
    }
}

static void put_y_ticks(pmpo_plot *p, const pmpo_axis *a)
{
    double step = pmpo_scale_step(&p->y, 5);
    double first;
    int n = count_ticks(&p->y, step, &first);
    for (int i = 0; i < n; i++) {
        double v = (first + i) * step, at = pmpo_scale_at(&p->y, v);
        pmpo_html(p->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text "
                  "class=\"tick end\" x=\"%.1f\" y=\"%.1f\">", p->x.from, at,
                  p->x.to, p->x.from - 6, at + 4);
        put_number(p->out, a, v, step);
        pmpo_html(p->out, "</text>\n");
    }
}

void pmpo_plot_axes(pmpo_plot *p, const pmpo_axis *x, const pmpo_axis *y)
{
    double mid = (p->y.from + p->y.to) / 2;
    put_x_ticks(p, x);
    pmpo_html(p->out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>"
              "<text class=\"label mid\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
              p->x.from, p->y.from, p->x.to, (p->x.from + p->x.to) / 2,
              (double)p->height - 6, x->label);
    if (y) {
        put_y_ticks(p, y);
        pmpo_html(p->out, "<text class=\"label mid\" transform=\"rotate(-90 13 "
                  "%.1f)\" x=\"13\" y=\"%.1f\">%s</text>\n", mid, mid,
                  y->label);
    }
}

void pmpo_plot_end(pmpo_plot *p)
{
    pmpo_html(p->out, "</svg>\n");
}

/* ---- marks --------------------------------------------------------------- */

void pmpo_plot_line(pmpo_plot *p, const double *x, const double *y, size_t n,
                    const char *how)
{
    bool pen = false;
    pmpo_html(p->out, "<path class=\"%s\" d=\"", how);
    for (size_t i = 0; i < n; i++) {
        bool known = isfinite(x[i]) && isfinite(y[i]);
        if (known) {
            pmpo_html(p->out, pen ? "L%.1f %.1f" : "M%.1f %.1f",
                      pmpo_scale_at(&p->x, x[i]), pmpo_scale_at(&p->y, y[i]));
        }
        pen = known;
    }
    pmpo_html(p->out, "\"/>\n");
}

void pmpo_plot_upright(pmpo_plot *p, double x, double low, double high,
                       const char *how)
{
    if (!isfinite(low) || !isfinite(high)) {
        return;
    }
    double at = pmpo_scale_at(&p->x, x), a = pmpo_scale_at(&p->y, low),
           b = pmpo_scale_at(&p->y, high);
    pmpo_html(p->out, "<path class=\"%s\" d=\"M%.1f %.1fH%.1fM%.1f %.1fV%.1f"
              "M%.1f %.1fH%.1f\"/>\n", how, at - CAP, a, at + CAP, at, a, b,
              at - CAP, b, at + CAP);
}

void pmpo_plot_flat(pmpo_plot *p, double y, double low, double high,
                    const char *how)
{
    if (!isfinite(low) || !isfinite(high)) {
        return;
    }
    double at = pmpo_scale_at(&p->y, y), a = pmpo_scale_at(&p->x, low),
           b = pmpo_scale_at(&p->x, high);
    pmpo_html(p->out, "<path class=\"%s\" d=\"M%.1f %.1fV%.1fM%.1f %.1fH%.1f"
              "M%.1f %.1fV%.1f\"/>\n", how, a, at - CAP, at + CAP, a, at, b, b,
              at - CAP, at + CAP);
}

void pmpo_plot_mark(pmpo_plot *p, double x, double y, pmpo_mark mark,
                    const char *how)
{
    double cx = pmpo_scale_at(&p->x, x), cy = pmpo_scale_at(&p->y, y);
    const double r = RADIUS;
    if (mark == PMPO_MARK_DOT) {
        pmpo_html(p->out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" "
                  "r=\"%.1f\"/>", how, cx, cy, r - 0.5);
    } else if (mark == PMPO_MARK_SQUARE) {
        pmpo_html(p->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
                  "width=\"%.1f\" height=\"%.1f\"/>", how, cx - r, cy - r,
                  2 * r, 2 * r);
    } else if (mark == PMPO_MARK_DIAMOND) {
        pmpo_html(p->out, "<path class=\"%s\" d=\"M%.1f %.1fl%.1f %.1fl%.1f "
                  "%.1fl%.1f %.1fz\"/>", how, cx, cy - r - 1, r + 1, r + 1,
                  -r - 1, r + 1, -r - 1, -r - 1);
    } else {
        pmpo_html(p->out, "<path class=\"%s\" d=\"M%.1f %.1fl%.1f %.1fh%.1fz"
                  "\"/>", how, cx, cy - r, r, 2 * r, -2 * r);
    }
}
