/* run_many.c: the page of several runs side by side. */
#include <math.h>

#include "base/error.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/run_page.h"

/* ---- the table ------------------------------------------------------------- */

static void put_row(pmpo_buf *b, size_t i, const pmpo_report_run *r)
{
    const pmpo_run_view *v = r->view;
    size_t n = v->best.test_n_options;
    pmpo_html(b, "<tr><th scope=\"row\"><a href=\"#r%zu\">%s</a></th><td>%s"
              "</td><td class=\"n\">", i + 1, r->name, v->scorer);
    pmpo_html_loss(b, v->initial.test_loss);
    pmpo_html(b, "</td><td class=\"n\">");
    pmpo_html_loss(b, v->best.test_loss);
    pmpo_html(b, "</td><td class=\"n\">");
    if (isfinite(v->test_gain_low)) {
        pmpo_html(b, "%+.4f (%+.4f to %+.4f)", v->test_gain, v->test_gain_low,
                  v->test_gain_high);
    }
    pmpo_html(b, "</td><td class=\"n\">");
    if (n > 0) {
        pmpo_html(b, "%.0f to %.0f %%",
                  100 * (double)v->initial.test_n_correct / (double)n,
                  100 * (double)v->best.test_n_correct / (double)n);
    }
    pmpo_html(b, "</td><td class=\"n\">");
    pmpo_html_seconds(b, v->cost.seconds);
    pmpo_html(b, "</td></tr>\n");
}

static void put_table(pmpo_buf *b, const pmpo_report_run *runs, size_t n)
{
    pmpo_html(b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Runs\"><table><thead><tr><th>Run</th><th>Model</th>"
              "<th class=\"n\">Test loss, start</th><th class=\"n\">best</th>"
              "<th class=\"n\">Gain, 95 %% interval</th><th class=\"n\">Right "
              "option</th><th class=\"n\">Time</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        put_row(b, i, &runs[i]);
    }
    pmpo_html(b, "</tbody></table></div>\n");
}

/* ---- plots ------------------------------------------------------------------ */

static void put_gains(pmpo_buf *b, const pmpo_report_run *runs, size_t n)
{
    size_t known = 0;
    pmpo_plot plot = {.width = 620, .height = 66 + 40 * (int)n};
    plot.x.low = plot.x.high = 0;
    plot.y.low = 0.6;
    plot.y.high = (double)n + 0.4;
    for (size_t i = 0; i < n; i++) {
        known += isfinite(runs[i].view->test_gain);
        pmpo_scale_cover(&plot.x, runs[i].view->test_gain);
        pmpo_scale_cover(&plot.x, runs[i].view->test_gain_low);
        pmpo_scale_cover(&plot.x, runs[i].view->test_gain_high);
    }
    if (known == 0) {
        return;
    }
    pmpo_plot_begin(&plot, b, "gains", "Gain on the test part",
                    "Test loss of the start less that of the best prompt, with "
                    "95 % intervals; numbers are in the table above.");
    pmpo_plot_axes(&plot, &(pmpo_axis){"gain of test loss, nats", false, false},
                   NULL);
    double zero = pmpo_scale_at(&plot.x, 0);
    pmpo_html(b, "<path class=\"zero\" d=\"M%.1f %.1fV%.1f\"/>\n", zero,
              plot.y.from, plot.y.to);
    for (size_t i = 0; i < n; i++) {
        const pmpo_run_view *v = runs[i].view;
        double y = (double)(n - i);
        if (isfinite(v->test_gain)) {
            pmpo_plot_flat(&plot, y, v->test_gain_low, v->test_gain_high,
                           "bar");
            pmpo_plot_mark(&plot, v->test_gain, y, PMPO_MARK_DOT,
                           v->test_gain_low > 0    ? "m good"
                           : v->test_gain_high < 0 ? "m bad"
                                                   : "m even");
        }
        pmpo_html(b, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">",
                  plot.x.from + 2, pmpo_scale_at(&plot.y, y) - 10);
        pmpo_html_cut(b, pmpo_str_of(runs[i].name), 60);
        pmpo_html(b, "</text>\n");
    }
    pmpo_plot_end(&plot);
    pmpo_html(b, "</figure>\n");
}

/* ---- settings that differ ---------------------------------------------------- */

static bool differs(const pmpo_report_run *runs, size_t n, const char *name)
{
    for (size_t i = 1; i < n; i++) {
        if (strcmp(pmpo_page_setting(runs[0].view, name),
                   pmpo_page_setting(runs[i].view, name)) != 0) {
            return true;
        }
    }
    return false;
}

/* Has one of the runs the setting? */
static bool has_setting(const pmpo_report_run *runs, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (pmpo_run_setting(runs[i].view, name)) {
            return true;
        }
    }
    return false;
}

static void put_difference(pmpo_buf *b, const pmpo_report_run *runs, size_t n,
                           const char *name)
{
    pmpo_html(b, "<tr><th scope=\"row\">%s</th>", name);
    for (size_t i = 0; i < n; i++) {
        pmpo_html(b, "<td class=\"text\">");
        pmpo_html_setting(b, name, pmpo_page_setting(runs[i].view, name));
        pmpo_html(b, "</td>");
    }
    pmpo_html(b, "</tr>\n");
}

/* Of the settings of any run, in the order of the first that has one. */
static void put_differences(pmpo_buf *b, const pmpo_report_run *runs, size_t n)
{
    pmpo_html_section(b, "differences", "Settings that differ",
                      "What the others have in common is not shown.");
    pmpo_html(b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Settings that differ\"><table><thead><tr>"
              "<th></th>");
    for (size_t i = 0; i < n; i++) {
        pmpo_html(b, "<th>%s</th>", runs[i].name);
    }
    pmpo_html(b, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < n; i++) {
        const pmpo_run_view *v = runs[i].view;
        for (size_t k = 0; k < v->n_settings; k++) {
            const char *name = v->setting_names[k];
            if (!pmpo_is_path_setting(name) && !has_setting(runs, i, name) &&
                differs(runs, n, name)) {
                put_difference(b, runs, n, name);
            }
        }
    }
    pmpo_html(b, "</tbody></table></div>\n</section>\n");
}

/* ---- each run ------------------------------------------------------------------ */

static int put_run(pmpo_buf *b, size_t i, const pmpo_report_run *r)
{
    pmpo_arena mem = {0};
    const pmpo_run_view *v = r->view;
    pmpo_html(b, "<div class=\"box\" id=\"r%zu\"><h3>%s</h3>\n<p "
              "class=\"facts\">%s</p>\n<div class=\"text\">", i + 1, r->name,
              *v->verdict ? v->verdict : v->status);
    int rc = pmpo_put_diff(b, v->initial.prompt, v->best.prompt, &mem);
    pmpo_html(b, "</div></div>\n");
    pmpo_arena_release(&mem);
    return rc;
}

/* The number of runs with each finding, as in their verdicts. */
static void put_heading(pmpo_buf *b, const pmpo_report_run *runs, size_t n)
{
    size_t better = 0, gains = 0, open = 0, none = 0;
    for (size_t i = 0; i < n; i++) {
        const pmpo_run_view *v = runs[i].view;
        bool is_tested = isfinite(v->test_gain);
        pmpo_finding f = pmpo_run_finding(v);
        open += !is_tested && v->n_test > 0;
        none += !is_tested && v->n_test == 0;
        better += is_tested && f == PMPO_FINDING_BETTER;
        gains += is_tested && (f == PMPO_FINDING_LOSS ||
                               f == PMPO_FINDING_LOSS_ALONE);
    }
    pmpo_html(b, "<h1>%zu of %zu runs found a prompt that answers better on the "
              "test examples", better, n);
    if (gains > 0) {
        pmpo_html(b, "; %zu gain loss, which is not the same", gains);
    }
    if (open > 0) {
        pmpo_html(b, "; %zu are not tested yet", open);
    }
    if (none > 0) {
        pmpo_html(b, "; %zu have no test part", none);
    }
    pmpo_html(b, ".</h1>\n");
}

int pmpo_report_many(const pmpo_report_run *runs, size_t n, pmpo_buf *out,
                     pmpo_error *err)
{
    pmpo_buf body = {0};
    pmpo_html(&body, "<header><p class=\"kicker\"><b>pmpo</b> report of %zu "
              "runs</p><button type=\"button\" id=\"theme\" class=\"js\" hidden>"
              "Dark or light</button></header>\n<main id=\"main\">\n", n);
    put_heading(&body, runs, n);
    put_table(&body, runs, n);
    put_gains(&body, runs, n);
    pmpo_html_section(&body, "bests", "The best prompts",
                      "Each against the start of its run.");
    pmpo_html(&body, "<div class=\"pair\">\n");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = put_run(&body, i, &runs[i]);
    }
    pmpo_html(&body, "</div>\n</section>\n");
    put_differences(&body, runs, n);
    pmpo_html(&body, "</main>\n");
    pmpo_html_page(out, PMPO_STR("Prompt runs compared"), &body);
    pmpo_buf_release(&body);
    return rc < 0 || out->failed ? pmpo_fail_memory(err) : 0;
}
