/* compare_page.c: the page of a comparison: the verdict, the matrix, what each
 * prompt gains under each model, the prompts themselves. */
#include "report/compare_page.h"

#include <math.h>

#include "base/error.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/run_page.h"

#define MOST_CUT 40 /* bytes of a model's name in a plot */

static bool has_right(const pmpo_comparison *c)
{
    return strcmp(c->metric, "none") != 0;
}

/* ---- verdict ----------------------------------------------------------------- */

/* Which tests p is corrected for: those of a family, as compare_sum.c has them. */
static void put_families(pmpo_buf *b, const pmpo_comparison *c)
{
    size_t each = c->n_prompts - 1, n = each * c->n_models;
    if (each == 0) {
        return;
    }
    pmpo_html(b,
              " p is corrected within each family of tests (Holm): %zu of "
              "losses",
              n);
    if (has_right(c)) {
        pmpo_html(b, ", %zu of right answers", n);
    }
    if (c->all) {
        pmpo_html(b, "; over all models, %zu more %s apart", each,
                  has_right(c) ? "of each" : "of losses");
    }
    pmpo_html(b, ".");
}

static void put_verdict(pmpo_buf *b, const pmpo_comparison *c)
{
    const pmpo_compare_best *best = &c->best;
    bool first = best->pick == 0;
    pmpo_html(b, "<p class=\"badge %s\"><span aria-hidden=\"true\">%s</span> "
              "%s</p>\n", best->shown && !first ? "good" : "even",
              best->shown && !first ? "\xe2\x86\x93" : first ? "=" : "?",
              first         ? "The first prompt stays"
              : best->shown ? "A better prompt"
                            : "Not shown to be better");
    pmpo_html(b, "<h1>%s%s.</h1>\n",
              c->n_models > 1 ? "Over all models, " : "Here ",
              best->verdict);
    pmpo_html(b,
              "<p class=\"facts\">The best was picked on these very examples: "
              "on new ones it is likely to be less good.");
    put_families(b, c);
    pmpo_html(b, "</p>\n");
}

/* ---- the matrix ----------------------------------------------------------------- */

static void put_cell(pmpo_buf *b, const pmpo_comparison *c,
                     const pmpo_compare_cell *x, bool best)
{
    pmpo_html(b, best ? "<td class=\"n best\"><strong>" : "<td class=\"n\">");
    if (has_right(c)) {
        pmpo_html(b, "%.1f %%", 100 * x->right);
    } else {
        pmpo_html_loss(b, x->loss);
    }
    pmpo_html(b, best ? "</strong> <span class=\"tag\">best</span> " : " ");
    if (has_right(c) && isfinite(x->right_low)) {
        pmpo_html(b, "<small class=\"under\">%.1f to %.1f %%, loss %.4f</small></td>",
                  100 * x->right_low, 100 * x->right_high, x->loss);
    } else if (!has_right(c) && isfinite(x->loss_low)) {
        pmpo_html(b, "<small class=\"under\">%.4f to %.4f</small></td>", x->loss_low,
                  x->loss_high);
    } else {
        pmpo_html(b, "<small class=\"under\">one input</small></td>");
    }
}

static void put_matrix(pmpo_buf *b, const pmpo_comparison *c)
{
    pmpo_html_section(b, "matrix", "Prompts and models",
                      "Share of right answers with its 95 % interval and the "
                      "loss, or, where answers were not marked, the loss alone "
                      "with its interval. Over all models each model counts "
                      "alike.");
    pmpo_html(b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Prompts and models\"><table><thead><tr><th>Prompt"
              "</th>");
    for (size_t m = 0; m < c->n_models; m++) {
        pmpo_html(b, "<th class=\"n\" scope=\"col\">%s</th>", c->models[m].name);
    }
    if (c->all) {
        pmpo_html(b, "<th class=\"n\" scope=\"col\">All models</th>");
    }
    pmpo_html(b, "</tr></thead><tbody>\n");
    for (size_t p = 0; p < c->n_prompts; p++) {
        pmpo_html(b, "<tr><th scope=\"row\"><a href=\"#p%zu\">%zu</a></th>",
                  p + 1, p + 1);
        for (size_t m = 0; m < c->n_models; m++) {
            put_cell(b, c, &c->models[m].cells[p],
                     c->models[m].best.pick == (int)p);
        }
        if (c->all) {
            put_cell(b, c, &c->all[p], c->best.pick == (int)p);
        }
        pmpo_html(b, "</tr>\n");
    }
    pmpo_html(b, "</tbody></table></div>\n");
    if (!c->losses_compare && c->n_models > 1) {
        pmpo_html(b, "<p class=\"facts\">A loss counts a model's own tokens: "
                  "compare losses within a column only.</p>\n");
    }
    pmpo_html(b, "</section>\n");
}

/* ---- gains ------------------------------------------------------------------------- */

typedef struct rows {
    const pmpo_comparison *c;
    bool right; /* gains of right answers, in points; else of loss */
} rows;

static pmpo_compare_gain gain_at(const rows *r, size_t m, size_t p)
{
    const pmpo_compare_cell *x = &r->c->models[m].cells[p];
    return r->right ? x->right_gain : x->loss_gain;
}

static const char *how_of(const pmpo_compare_gain *g)
{
    return !(g->p_holm < PMPO_COMPARE_LEVEL) ? "m even"
           : g->value > 0                    ? "m good"
                                             : "m bad";
}

/* A row a prompt but the first, under a heading for each model. */
static void put_rows(const rows *r, pmpo_plot *plot)
{
    const pmpo_comparison *c = r->c;
    double y = plot->y.high - 0.4;
    for (size_t m = 0; m < c->n_models; m++) {
        pmpo_html(plot->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">",
                  plot->x.from + 2, pmpo_scale_at(&plot->y, y) + 4);
        pmpo_html_cut(plot->out, pmpo_str_of(c->models[m].name), MOST_CUT);
        pmpo_html(plot->out, "</text>\n");
        y -= 1;
        for (size_t p = 1; p < c->n_prompts; p++, y -= 1) {
            pmpo_compare_gain g = gain_at(r, m, p);
            if (isfinite(g.value)) {
                pmpo_plot_flat(plot, y, g.low, g.high, "bar");
                pmpo_plot_mark(plot, g.value, y, PMPO_MARK_DOT, how_of(&g));
            }
            pmpo_html(plot->out, "<text class=\"tick end\" x=\"%.1f\" "
                      "y=\"%.1f\">%zu</text>\n", plot->x.from - 6,
                      pmpo_scale_at(&plot->y, y) + 4, p + 1);
        }
    }
}

static void put_plot(pmpo_buf *b, const rows *r)
{
    const pmpo_comparison *c = r->c;
    size_t n = c->n_models * c->n_prompts;
    pmpo_plot plot = {.out = b, .width = 560, .height = 66 + 26 * (int)n};
    plot.x.low = plot.x.high = 0;
    plot.y.low = 0.6;
    plot.y.high = (double)n + 0.4;
    for (size_t m = 0; m < c->n_models; m++) {
        for (size_t p = 1; p < c->n_prompts; p++) {
            pmpo_compare_gain g = gain_at(r, m, p);
            pmpo_scale_cover(&plot.x, g.value);
            pmpo_scale_cover(&plot.x, g.low);
            pmpo_scale_cover(&plot.x, g.high);
        }
    }
    pmpo_plot_begin(&plot, b, r->right ? "rightgain" : "lossgain",
                    r->right ? "Gain of right answers over prompt 1"
                             : "Gain of loss over prompt 1",
                    "A row for each prompt but the first, by model, with 95 % "
                    "intervals; numbers are in the table below.");
    pmpo_plot_axes(&plot,
                   r->right ? &(pmpo_axis){"right answers more than with "
                                           "prompt 1", false, true}
                            : &(pmpo_axis){"nats of loss less than with "
                                           "prompt 1", false, false},
                   NULL);
    pmpo_html(b, "<path class=\"zero\" d=\"M%.1f %.1fV%.1f\"/>\n",
              pmpo_scale_at(&plot.x, 0), plot.y.from, plot.y.to);
    put_rows(r, &plot);
    pmpo_plot_end(&plot);
    pmpo_html(b, "</figure>\n");
}

static void put_gain(pmpo_buf *b, const pmpo_compare_gain *g, double scale,
                     int digits)
{
    if (!isfinite(g->value)) {
        pmpo_html(b, "<td class=\"n\"></td><td class=\"n\"></td>");
        return;
    }
    if (!isfinite(g->low)) { /* one input */
        pmpo_html(b, digits == 1 ? "<td class=\"n\">%+.1f</td>"
                                 : "<td class=\"n\">%+.4f</td>",
                  scale * g->value);
    } else if (digits == 1) {
        pmpo_html(b, "<td class=\"n\">%+.1f (%.1f to %.1f)</td>",
                  scale * g->value, scale * g->low, scale * g->high);
    } else {
        pmpo_html(b, "<td class=\"n\">%+.4f (%.4f to %.4f)</td>", g->value,
                  g->low, g->high);
    }
    pmpo_html(b, isfinite(g->p_holm) ? "<td class=\"n\">%.2g</td>"
                                     : "<td class=\"n\">-</td>",
              g->p_holm);
}

static void put_gain_rows(pmpo_buf *b, const pmpo_comparison *c,
                          const char *name, const pmpo_compare_cell *cells)
{
    for (size_t p = 1; p < c->n_prompts; p++) {
        pmpo_html(b, "<tr><td class=\"name\">%s</td><td class=\"n\">%zu</td>", name, p + 1);
        put_gain(b, &cells[p].loss_gain, 1, 4);
        if (has_right(c)) {
            put_gain(b, &cells[p].right_gain, 100, 1);
        }
        pmpo_html(b, "</tr>\n");
    }
}

static void put_gain_table(pmpo_buf *b, const pmpo_comparison *c)
{
    pmpo_html(b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Gains as numbers\"><table><thead><tr><th>Model</th>"
              "<th class=\"n\">Prompt</th><th class=\"n\">Gain of loss, nats "
              "(95 %%)</th><th class=\"n\">p</th>");
    if (has_right(c)) {
        pmpo_html(b, "<th class=\"n\">Right answers, points (95 %%)</th><th "
                  "class=\"n\">p</th>");
    }
    pmpo_html(b, "</tr></thead><tbody>\n");
    for (size_t m = 0; m < c->n_models; m++) {
        put_gain_rows(b, c, c->models[m].name, c->models[m].cells);
    }
    if (c->all) {
        put_gain_rows(b, c, "all models", c->all);
    }
    pmpo_html(b, "</tbody></table></div>\n");
}

static void put_gains(pmpo_buf *b, const pmpo_comparison *c)
{
    if (c->n_prompts < 2) {
        return;
    }
    pmpo_html_section(b, "gains", "Against the first prompt",
                      "On the same examples, under the same model: right of "
                      "the line is better. Coloured where a test says so after "
                      "correction for the comparisons of its family.");
    pmpo_html(b, "<div class=\"pair\"><div class=\"box\">");
    put_plot(b, &(rows){c, false});
    pmpo_html(b, "</div>");
    if (has_right(c)) {
        pmpo_html(b, "<div class=\"box\">");
        put_plot(b, &(rows){c, true});
        pmpo_html(b, "</div>");
    }
    pmpo_html(b, "</div>\n<h3>As numbers</h3>\n");
    put_gain_table(b, c);
    pmpo_html(b, "</section>\n");
}

/* ---- prompts, models ------------------------------------------------------------------ */

static int put_prompts(pmpo_buf *b, const pmpo_comparison *c)
{
    int rc = 0;
    pmpo_html_section(b, "prompts", "The prompts",
                      "What differs from the first is marked.");
    pmpo_html(b, "<div class=\"pair\">\n");
    for (size_t p = 0; rc == 0 && p < c->n_prompts; p++) {
        pmpo_arena mem = {0};
        pmpo_html(b, "<div class=\"box\" id=\"p%zu\"><h3>Prompt %zu</h3>\n<div "
                  "class=\"text\">", p + 1, p + 1);
        rc = pmpo_put_diff(b, c->prompts[0], c->prompts[p], &mem);
        pmpo_html(b, "</div></div>\n");
        pmpo_arena_release(&mem);
    }
    pmpo_html(b, "</div>\n</section>\n");
    return rc;
}

static void put_models(pmpo_buf *b, const pmpo_comparison *c)
{
    pmpo_html_section(b, "models", "Models and data", "");
    pmpo_html(b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Models\"><table class=\"verdicts\"><thead><tr><th>Model</th><th>Best "
              "prompt</th><th>Precision</th><th>Identity</th></tr></thead>"
              "<tbody>\n");
    for (size_t m = 0; m < c->n_models; m++) {
        const pmpo_compare_model *x = &c->models[m];
        pmpo_html(b, "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td>"
                  "<td>%s</td><td><code>%s</code></td></tr>\n", x->name,
                  x->best.verdict, x->precision, x->identity);
    }
    pmpo_html(b, "</tbody></table></div>\n<p class=\"facts\">%s: %zu examples, "
              "%zu different inputs; loss %s; right answers: %s", c->data,
              c->n_examples, c->n_inputs, pmpo_loss_name(c->loss), c->metric);
    if (has_right(c) && isfinite(c->majority)) {
        pmpo_html(b, "; the commonest answer is right in %.1f %%",
                  100 * c->majority);
    }
    pmpo_html(b, ". ");
    pmpo_html_count(b, (double)c->cost.prefill_tokens);
    pmpo_html(b, " tokens read, ");
    pmpo_html_count(b, (double)c->cost.generated_tokens);
    pmpo_html(b, " written, ");
    pmpo_html_seconds(b, c->cost.seconds);
    pmpo_html(b, ".</p>\n</section>\n");
}

int pmpo_report_compared(const pmpo_comparison *c, pmpo_buf *out,
                         pmpo_error *err)
{
    pmpo_buf body = {0};
    pmpo_html(&body, "<header><p class=\"kicker\"><b>pmpo</b> comparison <span "
              "class=\"facts\">%zu prompts, %zu models, %zu examples of "
              "%s</span></p><button type=\"button\" id=\"theme\" class=\"js\" "
              "hidden>Dark or light</button></header>\n<main id=\"main\">\n",
              c->n_prompts, c->n_models, c->n_examples, c->data);
    put_verdict(&body, c);
    put_matrix(&body, c);
    put_gains(&body, c);
    int rc = put_prompts(&body, c);
    put_models(&body, c);
    pmpo_html(&body, "</main>\n");
    pmpo_html_page(out, PMPO_STR("Prompts compared"), &body);
    pmpo_buf_release(&body);
    return rc < 0 || out->failed ? pmpo_fail_memory(err) : 0;
}
