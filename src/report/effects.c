/* effects.c: the effects of a prompt's parts, as a coloured prompt, a plot and
 * a table. */
#include "report/effects.h"

#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/plot.h"

/* The class of an effect: sign and size against the largest, or unclear. */
static const char *effect_class(const pmpo_segment_effect *s, double largest,
                                double floor)
{
    static const char *const helps[] = {"u1", "u2", "u3", "u4"};
    static const char *const hurts[] = {"d1", "d2", "d3", "d4"};
    pmpo_effect what = pmpo_effect_of(s, floor);
    if ((what != PMPO_EFFECT_HELPS && what != PMPO_EFFECT_HURTS) ||
        !(largest > 0)) {
        return "unclear";
    }
    int k = (int)(fabs(s->effect) / largest * 3.999); /* 0..3, the largest: 3 */
    return (what == PMPO_EFFECT_HELPS ? helps : hurts)[k];
}

static double largest_effect(const pmpo_effects *e)
{
    double most = 0;
    for (size_t i = 0; i < e->n; i++) {
        most = fmax(most, fabs(e->list[i].effect));
    }
    return most;
}

static void put_coloured(pmpo_buf *b, const pmpo_effects *e)
{
    pmpo_str prompt = e->prompt;
    double most = largest_effect(e);
    size_t at = 0;
    pmpo_html(b, "<div class=\"text coloured\">");
    for (size_t i = 0; i < e->n; i++) {
        const pmpo_segment_effect *s = &e->list[i];
        if (s->begin < at || s->end > prompt.len || s->end < s->begin) {
            continue; /* a damaged run: the rest is still shown */
        }
        pmpo_html(b, "%.*s<span class=\"%s\">%.*s<sup>%zu</sup></span>",
                  (int)(s->begin - at), prompt.ptr + at,
                  effect_class(s, most, e->noise_floor),
                  (int)(s->end - s->begin), prompt.ptr + s->begin, i + 1);
        at = s->end;
    }
    pmpo_html(b, "%.*s</div>\n", (int)(prompt.len - at), prompt.ptr + at);
}

static void put_effect_plot(pmpo_buf *b, const pmpo_effects *e,
                            const char *id)
{
    int n = (int)e->n;
    pmpo_plot plot = {.width = 480, .height = 60 + 34 * n};
    plot.x.low = plot.x.high = 0;
    plot.y.low = 0.5;
    plot.y.high = n + 0.5;
    for (int i = 0; i < n; i++) {
        pmpo_scale_cover(&plot.x, e->list[i].effect);
        pmpo_scale_cover(&plot.x, e->list[i].low);
        pmpo_scale_cover(&plot.x, e->list[i].high);
    }
    pmpo_plot_begin(&plot, b, id, "Effect of each part of the prompt",
                    "Nats of training loss without the part less the loss with "
                    "it, with 95 % intervals; numbers are in the table below.");
    pmpo_plot_axes(&plot, &(pmpo_axis){"nats of loss that the part saves",
                                       false, false},
                   NULL);
    double zero = pmpo_scale_at(&plot.x, 0);
    pmpo_html(b, "<path class=\"zero\" d=\"M%.1f %.1fV%.1f\"/>\n", zero,
              plot.y.from, plot.y.to);
    double most = largest_effect(e);
    for (int i = 0; i < n; i++) {
        const pmpo_segment_effect *s = &e->list[i];
        double y = n - i;
        if (!isfinite(s->effect)) {
            continue;
        }
        pmpo_html(b, "<text class=\"tick end\" x=\"%.1f\" y=\"%.1f\">%d"
                  "</text>", plot.x.from - 8, pmpo_scale_at(&plot.y, y) + 4,
                  i + 1);
        const char *how = effect_class(s, most, e->noise_floor);
        bool unclear = !strcmp(how, "unclear");
        pmpo_plot_flat(&plot, y, s->low, s->high, "bar");
        pmpo_plot_mark(&plot, s->effect, y, PMPO_MARK_DOT,
                       unclear ? "m even" : s->effect > 0 ? "m good" : "m bad");
    }
    pmpo_plot_end(&plot);
    pmpo_html(b, "</figure>\n");
}

static void put_effect_table(pmpo_buf *b, const pmpo_effects *e)
{
    pmpo_html(b, "<details><summary>Numbers</summary><div class=\"wide\" "
              "tabindex=\"0\" role=\"region\" aria-label=\"Effects as numbers\">"
              "<table><thead><tr><th>Part</th><th class=\"n\">Effect</th>"
              "<th class=\"n\">95 %% interval</th><th>Text</th></tr></thead>"
              "<tbody>\n");
    for (size_t i = 0; i < e->n; i++) {
        const pmpo_segment_effect *s = &e->list[i];
        /* The text with the mask may not fit. */
        bool known = isfinite(s->effect);
        pmpo_html(b,
                  known ? "<tr><td>%zu</td><td class=\"n\">%+.4f</td>"
                          "<td class=\"n\">"
                        : "<tr><td>%zu</td><td class=\"n\">\xe2\x80\x93</td>"
                          "<td class=\"n\">too long when masked",
                  i + 1, s->effect);
        if (known && isfinite(s->low) && isfinite(s->high)) {
            pmpo_html(b, "%+.4f to %+.4f", s->low, s->high);
        } else if (known) {
            pmpo_html(b, "too few examples");
        }
        pmpo_html(b, "</td><td>%.*s</td></tr>\n", (int)s->text.len,
                  s->text.ptr);
    }
    pmpo_html(b, "</tbody></table></div></details>\n");
}

void pmpo_put_effects(pmpo_buf *b, const pmpo_effects *e, const char *id)
{
    pmpo_html(b, "<div class=\"pair\"><div class=\"box\">");
    put_coloured(b, e);
    pmpo_html(b, "<p class=\"legend\"><span class=\"u3\">saves loss</span> "
              "<span class=\"d3\">costs loss</span> <span class=\"unclear\">no "
              "clear effect</span></p></div>\n<div class=\"box\">");
    put_effect_plot(b, e, id);
    put_effect_table(b, e);
    pmpo_html(b, "</div></div>\n");
}
