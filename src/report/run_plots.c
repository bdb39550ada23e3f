/* run_plots.c: the plots of loss by iteration, of accuracy, and of loss against
 * length and accuracy. */
#include <math.h>
#include <stdlib.h>

#include "report/html.h"
#include "report/plot.h"
#include "report/run_page.h"

#define WIDTH 760
#define HEIGHT 340

/* ---- one candidate as a link to its row ----------------------------------- */

static const char *how_of(const pmpo_candidate *c)
{
    return c->fate == PMPO_FATE_ACCEPTED ? "m good"
           : isfinite(c->loss)           ? "m even"
                                         : "m given";
}

static void open_link(pmpo_buf *b, const pmpo_candidate *c)
{
    pmpo_html(b, "<a class=\"cand\" href=\"#c%d\" aria-label=\"candidate %d, "
              "%s, loss %s%.4f\">", c->id, c->id, pmpo_fate_name(c->fate),
              isfinite(c->loss) ? "" : "above ",
              isfinite(c->loss) ? c->loss : c->lower_bound);
}

static bool has_place(const pmpo_candidate *c)
{
    return isfinite(c->loss) || isfinite(c->lower_bound);
}

static double place_of(const pmpo_candidate *c)
{
    return isfinite(c->loss) ? c->loss : c->lower_bound;
}

/* ---- loss by iteration ------------------------------------------------------ */

typedef struct series {
    double *x, *train, *low, *high, *val;
    size_t n;
} series;

/* Incumbents after each iteration, 0: the start. An interval is that of the
 * difference from the start, put around the incumbent's loss. */
static bool make_series(pmpo_run_page *p, series *s)
{
    size_t n = p->v->n_iterations + 1;
    double *room = pmpo_arena_alloc(p->mem, 5 * n, sizeof(*room));
    if (!room) {
        p->failed = true;
        return false;
    }
    *s = (series){room,         room + n,     room + 2 * n,
                  room + 3 * n, room + 4 * n, n};
    for (size_t i = 0; i < n; i++) {
        int id = p->incumbents[i];
        pmpo_interval g = pmpo_run_gain(p, 0, id, PMPO_PART_TRAIN);
        s->x[i] = i > 0 ? p->v->iterations[i - 1].index
                        : n > 1 ? p->v->iterations[0].index - 1
                                : 0;
        s->train[i] = i > 0 ? p->v->iterations[i - 1].best_loss
                            : p->v->initial.train_loss;
        s->low[i] = id == 0 ? NAN : s->train[i] - (g.high - g.value);
        s->high[i] = id == 0 ? NAN : s->train[i] + (g.value - g.low);
        s->val[i] = pmpo_run_mean(p->run, id, PMPO_PART_VALIDATION);
    }
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The loss that most candidates are below: what is far above is drawn at the
 * edge, or the interesting part would be a flat line. */
static double most_below(pmpo_run_page *p)
{
    size_t most = 0, n = 0;
    for (size_t i = 0; i < p->v->n_iterations; i++) {
        most += p->v->iterations[i].n_candidates;
    }
    double *all = pmpo_arena_alloc(p->mem, most + 1, sizeof(*all));
    p->failed |= !all;
    for (size_t i = 0; all && i < p->v->n_iterations; i++) {
        const pmpo_iteration *it = &p->v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            if (has_place(&it->candidates[k])) {
                all[n++] = place_of(&it->candidates[k]);
            }
        }
    }
    if (n == 0) {
        return NAN;
    }
    qsort(all, n, sizeof(*all), by_value);
    return all[(n - 1) * 4 / 5];
}

static void cover_all(pmpo_run_page *p, const series *s, pmpo_plot *plot)
{
    double from = s->x[0], to = s->x[s->n - 1];
    plot->x.low = from + (from < 0 ? 1e-6 : 0); /* -1 is no iteration */
    plot->x.high = to > from ? to + 0.4 : from + 1;
    plot->y.low = plot->y.high = NAN;
    for (size_t i = 0; i < s->n; i++) {
        pmpo_scale_cover(&plot->y, s->train[i]);
        pmpo_scale_cover(&plot->y, s->low[i]);
        pmpo_scale_cover(&plot->y, s->high[i]);
        pmpo_scale_cover(&plot->y, s->val[i]);
    }
    pmpo_scale_cover(&plot->y, p->v->initial.test_loss);
    pmpo_scale_cover(&plot->y, p->v->best.test_loss);
    pmpo_scale_cover(&plot->y, most_below(p));
}

/* The candidates of an iteration are side by side before its end. */
static void put_candidates(pmpo_run_page *p, const pmpo_iteration *it,
                           pmpo_plot *plot)
{
    for (size_t k = 0; k < it->n_candidates; k++) {
        const pmpo_candidate *c = &it->candidates[k];
        if (!has_place(c)) {
            continue;
        }
        double at = it->n_candidates > 1
                        ? (double)k / (double)(it->n_candidates - 1)
                        : 0.5;
        double x = it->index - 0.35 + 0.7 * at, y = place_of(c);
        bool above = y > plot->y.high || !isfinite(c->loss);
        open_link(p->b, c);
        y = fmax(fmin(y, plot->y.high), plot->y.low); /* at the edges */
        pmpo_plot_mark(plot, x, y,
                       above ? PMPO_MARK_UP : PMPO_MARK_DOT, how_of(c));
        pmpo_html(p->b, "</a>\n");
    }
}

static void put_marks(pmpo_run_page *p, const series *s, pmpo_plot *plot)
{
    const pmpo_run_view *v = p->v;
    pmpo_plot_line(plot, s->x, s->train, s->n, "line train");
    pmpo_plot_line(plot, s->x, s->val, s->n, "line val");
    for (size_t i = 0; i < v->n_iterations; i++) {
        put_candidates(p, &v->iterations[i], plot);
    }
    for (size_t i = 0; i < s->n; i++) {
        pmpo_plot_upright(plot, s->x[i], s->low[i], s->high[i], "bar");
        if (isfinite(s->val[i])) {
            pmpo_plot_mark(plot, s->x[i], s->val[i], PMPO_MARK_DIAMOND,
                           "m val");
        }
    }
    const double ends[2] = {v->initial.test_loss, v->best.test_loss};
    for (size_t i = 0; i < 2; i++) {
        if (isfinite(ends[i])) {
            pmpo_plot_mark(plot, s->x[i ? s->n - 1 : 0], ends[i],
                           PMPO_MARK_SQUARE, "m test");
        }
    }
}

static void put_loss_table(pmpo_run_page *p, const series *s)
{
    pmpo_html(p->b, "<details><summary>Numbers</summary><div class=\"wide\" "
              "tabindex=\"0\" role=\"region\" aria-label=\"Losses by "
              "iteration\"><table><thead><tr><th class=\"n\">Iteration</th>"
              "<th class=\"n\">Training</th><th class=\"n\">95 %% interval of "
              "the change</th><th class=\"n\">Validation</th>"
              "<th>Decision</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < s->n; i++) {
        pmpo_html(p->b, i ? "<tr><td class=\"n\">%.0f</td><td class=\"n\">"
                          : "<tr><td class=\"n\"></td><td class=\"n\">",
                  s->x[i]);
        pmpo_html_loss(p->b, s->train[i]);
        pmpo_html(p->b, "</td><td class=\"n\">");
        if (isfinite(s->low[i]) && isfinite(s->high[i])) {
            double from = s->train[0];
            pmpo_html(p->b, "%+.4f to %+.4f", s->low[i] - from,
                      s->high[i] - from);
        }
        pmpo_html(p->b, "</td><td class=\"n\">");
        pmpo_html_loss(p->b, s->val[i]);
        pmpo_html(p->b, "</td><td>%s</td></tr>\n",
                  i ? p->v->iterations[i - 1].decision : "start");
    }
    pmpo_html(p->b, "</tbody></table></div></details>\n");
}

static void put_legend(pmpo_run_page *p, const series *s)
{
    bool val = false;
    for (size_t i = 0; i < s->n; i++) {
        val |= isfinite(s->val[i]);
    }
    pmpo_html(p->b, "<figcaption class=\"legend\"><span><svg viewBox=\"0 0 28 "
              "12\" class=\"key\"><path class=\"line train\" d=\"M1 6h26\"/>"
              "</svg> training, best so far</span> ");
    if (val) {
        pmpo_html(p->b, "<span><svg viewBox=\"0 0 28 12\" class=\"key\"><path "
                  "class=\"line val\" d=\"M1 6h26\"/></svg> validation</span> ");
    }
    if (isfinite(p->v->initial.test_loss)) {
        pmpo_html(p->b, "<span><svg viewBox=\"0 0 12 12\" class=\"key\"><rect "
                  "class=\"m test\" x=\"2\" y=\"2\" width=\"8\" height=\"8\"/>"
                  "</svg> test, at the ends</span> ");
    }
    pmpo_html(p->b, "<span><svg viewBox=\"0 0 12 12\" class=\"key\"><circle "
              "class=\"m good\" cx=\"6\" cy=\"6\" r=\"4\"/></svg> accepted "
              "candidate</span> <span><svg viewBox=\"0 0 12 12\" "
              "class=\"key\"><circle class=\"m even\" cx=\"6\" cy=\"6\" "
              "r=\"4\"/></svg> rejected</span> <span><svg viewBox=\"0 0 12 "
              "12\" class=\"key\"><path class=\"m given\" d=\"M6 2l4 "
              "8h-8z\"/></svg> the loss is above this</span></figcaption>\n");
}

void pmpo_page_losses(pmpo_run_page *p)
{
    series s;
    if (p->v->n_iterations == 0 || !make_series(p, &s)) {
        return;
    }
    pmpo_html_section(p->b, "losses", "Loss by iteration",
                      "Every candidate is a mark: point at it, or step through "
                      "them with the arrow keys, for its text and fate. Bars "
                      "are "
                      "95 % intervals of the change since the start, paired by "
                      "example (by input where some are repeated). Iteration 0 "
                      "is the opening: ready-made prompts.");
    pmpo_html(p->b, "<div class=\"box large\">\n");
    pmpo_plot plot = {.width = WIDTH, .height = HEIGHT};
    cover_all(p, &s, &plot);
    pmpo_plot_begin(&plot, p->b, "by-iteration", "Loss by iteration",
                    "Training loss of the best prompt so far, validation and "
                    "test loss, and every candidate; numbers are in the table "
                    "below.");
    pmpo_plot_axes(&plot, &(pmpo_axis){"iteration", true, false},
                   &(pmpo_axis){"nats", false, false});
    put_marks(p, &s, &plot);
    pmpo_plot_end(&plot);
    put_legend(p, &s);
    pmpo_html(p->b, "</figure>\n");
    put_loss_table(p, &s);
    pmpo_html(p->b, "</div>\n</section>\n");
}

/* ---- accuracy ----------------------------------------------------------------- */

typedef struct share {
    const char *name, *how;
    size_t n, right;
    pmpo_interval i;
} share;

static void put_shares(pmpo_run_page *p, const share *s, int n)
{
    pmpo_plot plot = {.width = 480, .height = 66 + 40 * n};
    plot.x.low = 0;
    plot.x.high = 1;
    plot.y.low = 0.6;
    plot.y.high = n + 0.4;
    pmpo_plot_begin(&plot, p->b, "shares", "Share of right options",
                    "Before and after, with 95 % intervals; numbers are in the "
                    "table beside.");
    pmpo_plot_axes(&plot, &(pmpo_axis){"right", false, true},
                   NULL);
    double most = p->v->test_majority;
    if (isfinite(most)) {
        double x = pmpo_scale_at(&plot.x, most);
        pmpo_html(p->b, "<path class=\"zero dashed\" d=\"M%.1f %.1fV%.1f\"/>\n",
                  x, plot.y.from, plot.y.to);
    }
    for (int i = 0; i < n; i++) {
        pmpo_plot_flat(&plot, n - i, s[i].i.low, s[i].i.high, "bar");
        pmpo_plot_mark(&plot, s[i].i.value, n - i, PMPO_MARK_DOT, s[i].how);
        pmpo_html(p->b, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                  plot.x.from + 2, pmpo_scale_at(&plot.y, n - i) - 10,
                  s[i].name);
    }
    pmpo_plot_end(&plot);
    pmpo_html(p->b, "</figure>\n");
}

static void put_share_table(pmpo_run_page *p, const share *s, int n)
{
    pmpo_html(p->b, "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
              "aria-label=\"Shares as numbers\"><table><thead><tr><th></th>"
              "<th class=\"n\">Right</th>"
              "<th class=\"n\">95 %% interval</th></tr></thead><tbody>\n");
    for (int i = 0; i < n; i++) {
        pmpo_html(p->b,
                  "<tr><td>%s</td><td class=\"n\">%zu of %zu (%.1f %%)"
                  "</td><td class=\"n\">",
                  s[i].name, s[i].right, s[i].n, 100 * s[i].i.value);
        if (isfinite(s[i].i.low) && isfinite(s[i].i.high)) {
            pmpo_html(p->b, "%.1f to %.1f %%</td></tr>\n", 100 * s[i].i.low,
                      100 * s[i].i.high);
        } else {
            pmpo_html(p->b, "\xe2\x80\x93</td></tr>\n"); /* one input */
        }
    }
    pmpo_html(p->b, "</tbody></table></div>\n");
}

typedef struct flips {
    size_t known, won, lost; /* examples with options under both prompts */
    size_t inputs;           /* different ones of them */
    double p;                /* of no difference; NAN: not known */
} flips;

/* Of the test part: examples whose likeliest option is right under only one of
 * the two prompts. */
static flips count_flips(pmpo_run_page *p)
{
    const pmpo_prompt_losses *a = pmpo_run_losses(p->run, 0, PMPO_PART_TEST);
    const pmpo_prompt_losses *b =
        pmpo_run_losses(p->run, p->v->best_id, PMPO_PART_TEST);
    size_t n = a && b ? a->n : 0;
    double *d = pmpo_arena_alloc(p->mem, 2 * n + 1, sizeof(*d));
    flips f = {0, 0, 0, 0, NAN};
    for (size_t i = 0; d && i < n; i++) {
        int x = a->examples[i].correct, y = b->examples[i].correct;
        bool known = x >= 0 && y >= 0;
        d[i] = known ? y - x : 0;
        d[n + i] = known;
        f.known += known;
        f.won += d[i] > 0;
        f.lost += d[i] < 0;
    }
    p->failed |= !d;
    if (d && f.known > 0) {
        f.inputs =
            pmpo_by_group(d, d + n, pmpo_run_groups(p, PMPO_PART_TEST), n);
        for (size_t i = 0; i < f.inputs; i++) {
            d[i] *= d[n + i]; /* the sum again */
        }
        f.p = pmpo_mcnemar_grouped(d, f.inputs, p->v->seed);
    }
    return f;
}

static void put_flips(pmpo_run_page *p)
{
    flips f = count_flips(p);
    if (f.known > 0 && p->v->best_id != 0) {
        pmpo_html(p->b,
                  "<p>On the test part the likeliest option became right in "
                  "%zu examples and wrong in %zu; %s: p = %.2g.</p>\n",
                  f.won, f.lost,
                  f.inputs < f.known ? "McNemar's test, by input"
                                     : "exact McNemar test",
                  f.p);
    }
    if (isfinite(p->v->test_majority)) {
        pmpo_html(p->b, "<p>Dashed: always the commonest answer, %.1f %%.</p>\n",
                  100 * p->v->test_majority);
    }
}

/* What the run found about the answers generated on the test part. */
static void put_answers_test(pmpo_run_page *p)
{
    const pmpo_outcome *x = &p->v->initial, *y = &p->v->best;
    if (p->v->best_id == 0 || !isfinite(p->v->answers_p)) {
        return;
    }
    pmpo_html(p->b,
              "<p>Of the answers generated on the test part %zu of %zu were "
              "right, then %zu of %zu; p = %.2g of no difference, paired by "
              "example.</p>\n",
              x->test_n_right, x->test_n_answers, y->test_n_right,
              y->test_n_answers, p->v->answers_p);
}

/* Of answers that were generated on the test part; returns how many rows. */
static int put_answer_shares(pmpo_run_page *p, share *s, int prompts)
{
    static const char *const names[] = {"answers, test, start",
                                        "answers, test, best"};
    int n = 0;
    for (int i = 0; i < prompts; i++) {
        const pmpo_outcome *o = i ? &p->v->best : &p->v->initial;
        s[n] = (share){.name = names[i], .how = i ? "m good" : "m even",
                       .n = o->test_n_answers, .right = o->test_n_right};
        s[n].i = (pmpo_interval){(double)o->test_n_right
                                     / (double)o->test_n_answers,
                                 o->test_right_low, o->test_right_high};
        n += o->test_n_answers > 0;
    }
    return n;
}

/* Of likeliest options on a part, under the start prompt or the best. */
static share option_share(pmpo_run_page *p, bool best, pmpo_part part)
{
    const pmpo_run_view *v = p->v;
    share x = {.how = best ? "m good" : "m even"};
    int id = best ? v->best_id : 0;
    pmpo_run_right(p->run, id, part, &x.n, &x.right);
    x.i = pmpo_run_right_interval(p, id, part);
    if (part == PMPO_PART_TEST && x.n == 0) { /* what older runs have */
        const pmpo_outcome *o = best ? &v->best : &v->initial;
        x.n = o->test_n_options;
        x.right = o->test_n_correct;
        x.i = pmpo_wilson(x.right, x.n);
    }
    if (part == PMPO_PART_TEST && isfinite(v->test_accuracy_low[best])) {
        x.i.low = v->test_accuracy_low[best];
        x.i.high = v->test_accuracy_high[best];
    }
    return x;
}

void pmpo_page_accuracy(pmpo_run_page *p)
{
    static const char *const names[2][2] = {
        {"training, start", "training, best"}, {"test, start", "test, best"}};
    static const pmpo_part parts[2] = {PMPO_PART_TRAIN, PMPO_PART_TEST};
    share s[6];
    int n = 0, prompts = p->v->best_id == 0 ? 1 : 2;
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < prompts; i++) {
            s[n] = option_share(p, i, parts[k]);
            s[n].name = names[k][i];
            n += s[n].n > 0;
        }
    }
    n += put_answer_shares(p, s + n, prompts);
    if (n == 0) {
        return;
    }
    pmpo_html_section(
        p->b, "accuracy", "Accuracy before and after",
        "How often the right option is the likeliest one and, where "
        "answers were generated, how often they are right. Bars are "
        "95 % intervals (Wilson); examples with the same input "
        "count as one.");
    pmpo_html(p->b, "<div class=\"pair\"><div class=\"box\">");
    put_shares(p, s, n);
    pmpo_html(p->b, "</div><div class=\"box\">");
    put_share_table(p, s, n);
    put_flips(p);
    put_answers_test(p);
    pmpo_html(p->b, "</div></div>\n</section>\n");
}

/* ---- length and accuracy against loss ------------------------------------------ */

typedef struct spot {
    const pmpo_candidate *c; /* NULL: the start prompt */
    double words, loss, right; /* right NAN: not known */
} spot;

static spot spot_of(pmpo_run_page *p, const pmpo_candidate *c)
{
    size_t n, right;
    int id = c ? c->id : 0;
    pmpo_run_right(p->run, id, PMPO_PART_TRAIN, &n, &right);
    return (spot){c, (double)pmpo_count_words(pmpo_run_prompt(p->v, id)),
                  c ? c->loss : p->v->initial.train_loss,
                  n > 0 ? (double)right / (double)n : NAN};
}

/* Every prompt with a loss of its own. */
static size_t find_spots(pmpo_run_page *p, spot **out)
{
    size_t most = 1, n = 0;
    for (size_t i = 0; i < p->v->n_iterations; i++) {
        most += p->v->iterations[i].n_candidates;
    }
    spot *s = pmpo_arena_alloc(p->mem, most, sizeof(*s));
    *out = s;
    p->failed |= !s;
    if (s && isfinite(p->v->initial.train_loss)) {
        s[n++] = spot_of(p, NULL);
    }
    for (size_t i = 0; s && i < p->v->n_iterations; i++) {
        const pmpo_iteration *it = &p->v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            const pmpo_candidate *c = &it->candidates[k];
            if (isfinite(c->loss) && c->fate != PMPO_FATE_DUPLICATE) {
                s[n++] = spot_of(p, c);
            }
        }
    }
    return n;
}

static int by_words(const void *a, const void *b)
{
    const spot *x = a, *y = b;
    return x->words != y->words ? (x->words > y->words ? 1 : -1)
                                : (x->loss > y->loss) - (x->loss < y->loss);
}

/* The prompts that no shorter one beats, as a staircase. */
static void put_front(pmpo_run_page *p, pmpo_plot *plot, const spot *s,
                      size_t n)
{
    double *x = pmpo_arena_alloc(p->mem, 4 * n + 2, sizeof(*x));
    double *y = x ? x + 2 * n + 1 : NULL, best = INFINITY;
    size_t k = 0;
    p->failed |= !x;
    for (size_t i = 0; x && i < n; i++) {
        if (s[i].loss < best) {
            if (k > 0) {
                x[k] = s[i].words;
                y[k++] = best;
            }
            best = s[i].loss;
            x[k] = s[i].words;
            y[k++] = best;
        }
    }
    if (x && k > 0) {
        x[k] = s[n - 1].words;
        y[k++] = best;
        pmpo_plot_line(plot, x, y, k, "line front");
    }
}

static void put_spot(pmpo_run_page *p, pmpo_plot *plot, const spot *s, double x,
                     double y)
{
    if (s->c) {
        open_link(p->b, s->c);
    }
    pmpo_plot_mark(plot, x, y, s->c ? PMPO_MARK_DOT : PMPO_MARK_SQUARE,
                   s->c ? how_of(s->c) : "m start");
    pmpo_html(p->b, s->c ? "</a>\n" : "\n");
}

static void put_length_plot(pmpo_run_page *p, const spot *s, size_t n)
{
    pmpo_plot plot = {.width = 480, .height = 320};
    plot.x = plot.y = (pmpo_scale){NAN, NAN, 0, 0};
    for (size_t i = 0; i < n; i++) {
        pmpo_scale_cover(&plot.x, s[i].words);
        pmpo_scale_cover(&plot.y, s[i].loss);
    }
    pmpo_plot_begin(&plot, p->b, "length", "Length of a prompt against its loss",
                    "The line joins prompts that no shorter prompt beats. "
                    "Numbers are in the table of candidates.");
    pmpo_plot_axes(&plot, &(pmpo_axis){"words", true, false},
                   &(pmpo_axis){"training loss, nats", false, false});
    put_front(p, &plot, s, n);
    for (size_t i = 0; i < n; i++) {
        put_spot(p, &plot, &s[i], s[i].words, s[i].loss);
    }
    pmpo_plot_end(&plot);
    pmpo_html(p->b, "<figcaption>The line joins the prompts that no shorter one "
              "beats; the square is the start.</figcaption></figure>\n");
}

static void put_right_plot(pmpo_run_page *p, const spot *s, size_t n)
{
    pmpo_plot plot = {.width = 480, .height = 320};
    plot.x = plot.y = (pmpo_scale){NAN, NAN, 0, 0};
    for (size_t i = 0; i < n; i++) {
        if (isfinite(s[i].right)) {
            pmpo_scale_cover(&plot.x, s[i].loss);
            pmpo_scale_cover(&plot.y, s[i].right);
        }
    }
    pmpo_plot_begin(&plot, p->b, "right", "Loss against accuracy",
                    "Training loss and share of right options of each prompt "
                    "whose options were scored.");
    pmpo_plot_axes(&plot, &(pmpo_axis){"training loss, nats", false, false},
                   &(pmpo_axis){"right options", false, true});
    for (size_t i = 0; i < n; i++) {
        if (isfinite(s[i].right)) {
            put_spot(p, &plot, &s[i], s[i].loss, s[i].right);
        }
    }
    pmpo_plot_end(&plot);
    pmpo_html(p->b, "<figcaption>A loss worth lowering falls from the upper left "
              "to the lower right: lower loss, more right options."
              "</figcaption></figure>\n");
}

void pmpo_page_tradeoffs(pmpo_run_page *p)
{
    spot *s;
    size_t n = find_spots(p, &s), known = 0;
    if (n < 3) {
        return;
    }
    qsort(s, n, sizeof(*s), by_words);
    for (size_t i = 0; i < n; i++) {
        known += isfinite(s[i].right);
    }
    pmpo_html_section(p->b, "tradeoffs", "Length, loss and accuracy",
                      "Is a lower loss paid for with a longer prompt, and does it "
                      "go with more right answers? Prompts scored to the end.");
    pmpo_html(p->b, "<div class=\"pair\"><div class=\"box\">");
    put_length_plot(p, s, n);
    pmpo_html(p->b, "</div>");
    if (known >= 3) {
        pmpo_html(p->b, "<div class=\"box\">");
        put_right_plot(p, s, n);
        pmpo_html(p->b, "</div>");
    }
    pmpo_html(p->b, "</div>\n</section>\n");
}
