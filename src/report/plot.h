/* plot.h: static plots as inline SVG.
 *
 * A plot is a frame with two linear scales; marks are drawn in data units.
 * Colours and sizes of text are classes of page.css, so that a plot follows
 * the page's theme and grows its text on a narrow screen. */
#ifndef PMPO_REPORT_PLOT_H
#define PMPO_REPORT_PLOT_H

#include "base/str.h"

typedef struct pmpo_scale {
    double low, high;  /* data */
    double from, to;   /* pixels */
} pmpo_scale;

/* The position of v, in pixels. */
double pmpo_scale_at(const pmpo_scale *s, double v);
/* Widens low..high to include v unless v is NAN. Begin with low and high
 * NAN. */
void pmpo_scale_cover(pmpo_scale *s, double v);
/* The step of round ticks, about n of them: 1, 2 or 5 times a power of 10. */
double pmpo_scale_step(const pmpo_scale *s, int n);

typedef struct pmpo_plot {
    pmpo_buf *out;
    int width, height;
    pmpo_scale x, y;
} pmpo_plot;

typedef struct pmpo_axis {
    const char *label; /* a literal */
    bool whole;        /* ticks at whole numbers only */
    bool percent;      /* 0.5 is written 50 % */
} pmpo_axis;

/* Opens a figure and its SVG. The scales' low and high are in p->x and p->y;
 * their pixels are set here. `title` and `desc` are literals that
 * describe the plot to screen readers. */
void pmpo_plot_begin(pmpo_plot *p, pmpo_buf *out, const char *id,
                     const char *title, const char *desc);
/* `y` NULL: rows, which the caller labels. */
void pmpo_plot_axes(pmpo_plot *p, const pmpo_axis *x, const pmpo_axis *y);
/* Closes the SVG; the figure stays open for a caption and a table. */
void pmpo_plot_end(pmpo_plot *p);

/* A line through n points, class `how`; a point that is no number breaks it. */
void pmpo_plot_line(pmpo_plot *p, const double *x, const double *y, size_t n,
                    const char *how);
/* A line from low to high at x, with caps; nothing where one is no number. */
void pmpo_plot_upright(pmpo_plot *p, double x, double low, double high,
                       const char *how);
void pmpo_plot_flat(pmpo_plot *p, double y, double low, double high,
                    const char *how);

typedef enum pmpo_mark {
    PMPO_MARK_DOT,
    PMPO_MARK_DIAMOND,
    PMPO_MARK_SQUARE,
    PMPO_MARK_UP, /* a triangle: the value is above */
} pmpo_mark;

void pmpo_plot_mark(pmpo_plot *p, double x, double y, pmpo_mark mark,
                    const char *how);

#endif
