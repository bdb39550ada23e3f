/* run_page.c: the page of one run: its parts in order, and the verdict at the
 * top. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "report/html.h"
#include "report/run_page.h"

/* ---- verdict ------------------------------------------------------------- */

typedef struct badge {
    const char *how, *sign;
    char word[160]; /* what the verdict begins with, before its colon */
} badge;

static badge badge_of(const pmpo_run_view *v)
{
    static const struct {
        const char *how, *sign;
    } marks[] = {
        [PMPO_FINDING_NOT_SHOWN] = {"even", "?"},
        [PMPO_FINDING_BETTER] = {"good", "\xe2\x86\x91"},
        [PMPO_FINDING_WORSE] = {"bad", "\xe2\x86\x93"},
        [PMPO_FINDING_LOSS] = {"good", "\xe2\x86\x93"},
        [PMPO_FINDING_LOSS_ALONE] = {"even", "?"},
    };
    if (strcmp(v->status, "done") != 0) {
        return (badge){"open", "\xe2\x80\xa6", "Not finished"};
    }
    if (v->best_id == 0) {
        return (badge){"even", "=", "The start prompt stays"};
    }
    if (isnan(v->test_gain)) {
        return (badge){"even", "?", "Not checked on unseen examples"};
    }
    pmpo_finding f = pmpo_run_finding(v);
    size_t n = strcspn(v->verdict, ":");
    badge b = {marks[f].how, marks[f].sign, ""};
    snprintf(b.word, sizeof(b.word), "%.*s", (int)n, v->verdict);
    return b;
}

/* Where a first sentence ends: behind its full stop. */
static size_t sentence_end(pmpo_str s)
{
    for (size_t i = 0; i + 2 < s.len; i++) {
        bool next = pmpo_is_upper(s.ptr[i + 2]);
        if (s.ptr[i] == '.' && s.ptr[i + 1] == ' ' && next) {
            return i + 1;
        }
    }
    return s.len;
}

/* The verdict without what the badge before it says: its first sentence as the
 * heading, the others, the evidence in numbers, below. */
static void put_sentence(pmpo_run_page *p, const char *word)
{
    const pmpo_run_view *v = p->v;
    pmpo_str rest = pmpo_str_of(v->verdict);
    size_t n = strlen(word);
    if (rest.len == 0) {
        pmpo_html(p->b,
                  "<h1>The run is %s%s%s after %zu of %d iterations: there "
                  "is no verdict %s.</h1>\n",
                  v->status, *v->status_reason ? ", " : "", v->status_reason,
                  pmpo_run_iterations(v), v->max_iterations,
                  v->n_test > 0 ? "before the test part is scored"
                                : "without a test part");
        return;
    }
    if (rest.len > n + 2 && !strncmp(rest.ptr, word, n)
        && !strncmp(rest.ptr + n, ": ", 2)) { /* the badge has said it */
        rest = pmpo_str_sub(rest, n + 2, rest.len);
    }
    size_t end = sentence_end(rest);
    pmpo_html(p->b, "<h1>%.*s</h1>\n", (int)end, rest.ptr);
    if (end < rest.len) {
        pmpo_html(p->b, "<p class=\"evidence\">%.*s</p>\n",
                  (int)(rest.len - end - 1), rest.ptr + end + 1);
    }
}

/* ---- figures at the top -------------------------------------------------- */

static void tile(pmpo_buf *b, const char *name)
{
    pmpo_html(b, "<div class=\"tile\"><dt>%s</dt><dd>", name);
}

static void put_pair(pmpo_buf *b, double before, double after)
{
    pmpo_html_loss(b, before);
    pmpo_html(b, " <span class=\"to\" aria-label=\"to\">\xe2\x86\x92</span> "
              "<strong>");
    pmpo_html_loss(b, after);
    pmpo_html(b, "</strong>");
}

static void put_gain_tile(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    bool tested = isfinite(v->best.test_loss);
    tile(p->b, tested ? "Test loss, nats" : "Training loss, nats");
    put_pair(p->b, tested ? v->initial.test_loss : v->initial.train_loss,
             tested ? v->best.test_loss : v->best.train_loss);
    if (tested && isfinite(v->test_gain_low) && v->best_id != 0) {
        pmpo_html(p->b, "<small>gain %.4f, 95 %% interval %.4f to %.4f</small>",
                  v->test_gain, v->test_gain_low, v->test_gain_high);
    } else {
        pmpo_html(p->b, "<small>%s</small>",
                  v->best_id == 0 ? "the start prompt stays"
                  : tested        ? "too few examples for an interval"
                  : v->n_test > 0 ? "the test part is not scored yet"
                                  : "there is no test part");
    }
    pmpo_html(p->b, "</dd></div>\n");
}

static void put_share(pmpo_buf *b, size_t k, size_t n)
{
    pmpo_html(b, "%.0f %%", 100 * (double)k / (double)n);
}

static void put_accuracy_tile(pmpo_run_page *p)
{
    const pmpo_outcome *x = &p->v->initial, *y = &p->v->best;
    if (x->test_n_options == 0 || y->test_n_options == 0) {
        return;
    }
    tile(p->b, "Right option on the test part");
    put_share(p->b, x->test_n_correct, x->test_n_options);
    pmpo_html(p->b, " <span class=\"to\" aria-label=\"to\">\xe2\x86\x92</span> "
              "<strong>");
    put_share(p->b, y->test_n_correct, y->test_n_options);
    pmpo_html(p->b, "</strong><small>%zu, then %zu of %zu", x->test_n_correct,
              y->test_n_correct, y->test_n_options);
    if (isfinite(p->v->test_majority)) {
        pmpo_html(p->b, "; commonest answer %.0f %%",
                  100 * p->v->test_majority);
    }
    pmpo_html(p->b, "</small></dd></div>\n");
}

static void put_answers_tile(pmpo_run_page *p)
{
    const pmpo_outcome *x = &p->v->initial, *y = &p->v->best;
    if (x->test_n_answers == 0 || y->test_n_answers == 0) {
        return;
    }
    tile(p->b, "Generated answers right");
    put_share(p->b, x->test_n_right, x->test_n_answers);
    pmpo_html(p->b, " <span class=\"to\" aria-label=\"to\">\xe2\x86\x92</span> "
              "<strong>");
    put_share(p->b, y->test_n_right, y->test_n_answers);
    pmpo_html(p->b, "</strong><small>%zu of %zu, then %zu of %zu",
              x->test_n_right, x->test_n_answers, y->test_n_right,
              y->test_n_answers);
    if (isfinite(p->v->answers_majority)) {
        pmpo_html(p->b, "; commonest answer %.0f %%",
                  100 * p->v->answers_majority);
    }
    pmpo_html(p->b, "</small></dd></div>\n");
}

static void put_search_tile(pmpo_run_page *p)
{
    size_t n = 0, accepted = 0;
    for (size_t i = 0; i < p->v->n_iterations; i++) {
        const pmpo_iteration *it = &p->v->iterations[i];
        n += it->n_candidates;
        for (size_t k = 0; k < it->n_candidates; k++) {
            accepted += it->candidates[k].fate == PMPO_FATE_ACCEPTED;
        }
    }
    size_t iterations = pmpo_run_iterations(p->v);
    tile(p->b, "Prompts tried");
    pmpo_html(p->b,
              "<strong>%zu</strong><small>%zu accepted, in %zu "
              "iteration%s</small></dd></div>\n",
              n, accepted, iterations, iterations == 1 ? "" : "s");
}

static void put_cost_tile(pmpo_run_page *p)
{
    const pmpo_cost *c = &p->v->cost;
    tile(p->b, "Work");
    pmpo_html(p->b, "<strong>");
    pmpo_html_seconds(p->b, c->seconds);
    pmpo_html(p->b, "</strong><small>");
    pmpo_html_count(p->b, (double)c->prefill_tokens);
    pmpo_html(p->b, " tokens read, ");
    pmpo_html_count(p->b, (double)c->generated_tokens);
    pmpo_html(p->b, " written</small></dd></div>\n");
}

static void put_remarks(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    const char *check = *v->loss_check_end ? v->loss_check_end
                                           : v->loss_check_start;
    if (*check == '\0' && v->n_notes == 0) {
        return;
    }
    pmpo_html(p->b, "<ul class=\"remarks\">\n");
    if (*check) {
        pmpo_html(p->b, "<li><b>Can the loss be trusted?</b> %s.</li>\n",
                  check);
    }
    for (size_t i = 0; i < v->n_notes; i++) {
        pmpo_html(p->b, "<li>%s</li>\n", v->notes[i]);
    }
    pmpo_html(p->b, "</ul>\n");
}

void pmpo_page_verdict(pmpo_run_page *p)
{
    badge g = badge_of(p->v);
    pmpo_html(p->b, "<p class=\"badge %s\"><span aria-hidden=\"true\">%s</span> "
              "%s</p>\n", g.how, g.sign, g.word);
    put_sentence(p, g.word);
    pmpo_html(p->b, "<dl class=\"tiles\">\n");
    put_answers_tile(p);
    put_gain_tile(p);
    put_accuracy_tile(p);
    put_search_tile(p);
    put_cost_tile(p);
    pmpo_html(p->b, "</dl>\n");
    put_remarks(p);
}

/* ---- the page ------------------------------------------------------------ */

static void put_header(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    pmpo_html(p->b, "<header>\n<p class=\"kicker\"><b>pmpo</b> report of "
              "<code>%s</code> <span class=\"facts\">%s, %zu training, %zu "
              "validation, %zu test examples</span></p>\n<button type=\"button\" "
              "id=\"theme\" class=\"js\" hidden>Dark or light</button>\n"
              "</header>\n<main id=\"main\">\n", p->run->name, v->scorer,
              v->n_train, v->n_val, v->n_test);
}

/* Where each iteration began, and the run ended: accepted candidates, in
 * order. */
static void find_incumbents(pmpo_run_page *p)
{
    const pmpo_run_view *v = p->v;
    p->incumbents = pmpo_arena_alloc(p->mem, v->n_iterations + 1,
                                     sizeof(*p->incumbents));
    if (!p->incumbents) {
        p->failed = true;
        return;
    }
    int now = 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        p->incumbents[i] = now;
        for (size_t k = 0; k < it->n_candidates; k++) {
            if (it->candidates[k].fate == PMPO_FATE_ACCEPTED) {
                now = it->candidates[k].id;
            }
        }
    }
    p->incumbents[v->n_iterations] = now;
}

static void put_body(pmpo_run_page *p)
{
#define PART(part) part,
    static void (*const parts[])(pmpo_run_page *) = {PMPO_RUN_PAGE_PARTS(PART)};
    put_header(p);
    for (size_t i = 0; !p->failed && i < sizeof(parts) / sizeof(*parts); i++) {
        parts[i](p);
    }
    pmpo_html(p->b, "</main>\n");
}

int pmpo_report_one(const pmpo_report_run *run, pmpo_buf *out,
                    pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_buf body = {0}, title = {0};
    pmpo_run_page p = {.run = run, .v = run->view, .b = &body, .mem = &mem};
    find_incumbents(&p);
    if (!p.failed) {
        put_body(&p);
    }
    pmpo_buf_printf(&title, "%s: prompt report", run->name);
    pmpo_html_page(out, pmpo_buf_str(&title), &body);
    bool failed = p.failed || out->failed || title.failed;
    pmpo_buf_release(&title);
    pmpo_buf_release(&body);
    pmpo_arena_release(&mem);
    return failed ? pmpo_fail_memory(err) : 0;
}
