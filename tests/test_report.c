/* test_report.c: pages of runs, without a browser (report_browser.py has one):
 * that data cannot become markup, that what is known is there and what isn't
 * is left out, that memory may run out anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "made_run.h"
#include "text/diff.h"
#include "report/effects.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/report.h"

#define EVIL                                                                   \
    "\"'></title></style></svg><script>boo()</script><img src=x onerror=boo()>"

static char path[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/pmpo-report-%ld.pmpo", (long)getpid());
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static size_t count_of(const char *s, const char *what)
{
    size_t n = 0;
    for (; (s = strstr(s, what)); s += strlen(what)) {
        n++;
    }
    return n;
}

/* ---- writing ---------------------------------------------------------------- */

static void check_html(pmpo_buf *b, const char *expected)
{
    assert_false(b->failed);
    assert_string_equal(b->ptr ? b->ptr : "", expected);
    pmpo_buf_release(b);
}

static void test_escapes(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_html(&b, "<p id=\"%s\">%.*s</p>", "a\"'<&>", 3, "<x>y");
    check_html(&b, "<p id=\"a&quot;&#39;&lt;&amp;&gt;\">&lt;x&gt;</p>");
    pmpo_html(&b, "%d %zu %.2f %+.1f %g 5 %%", -3, (size_t)7, 1.5, 2.0, 0.25);
    check_html(&b, "-3 7 1.50 +2.0 0.25 5 %");
    pmpo_html_text(&b, (pmpo_str){"a\xff" "b\xc3" "c\x01\0d\t\n", 10});
    check_html(&b, "a\xef\xbf\xbd" "b\xef\xbf\xbd" "c\xef\xbf\xbd\xef\xbf\xbd"
                   "d\t\n");
    pmpo_html_text(&b, PMPO_STR("a\r\nb\r\r\nc\r"));
    check_html(&b, "a\nb\xef\xbf\xbd\nc\xef\xbf\xbd");
    pmpo_html_copied(&b, PMPO_STR("\r\n<b>\r\xc3"));
    check_html(&b, "&#13;\n&lt;b&gt;&#13;\xef\xbf\xbd");
    pmpo_html_copied(&b, PMPO_STR(""));
    check_html(&b, "");
    pmpo_html_cut(&b, PMPO_STR("caf\xc3\xa9!"), 4); /* not within the letter */
    check_html(&b, "caf\xe2\x80\xa6");
}

/* What isn't known to be safe is refused, not passed on. */
static void test_other_formats_fail(void **state)
{
    (void)state;
    static const char *const formats[] = {"%c", "%10s", "%x", "%"};
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        pmpo_buf b = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
        pmpo_html(&b, formats[i], "");
#pragma GCC diagnostic pop
        assert_true(b.failed);
        pmpo_buf_release(&b);
    }
}

static void test_numbers(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_html_count(&b, 1234567);
    check_html(&b, "1,234,567");
    pmpo_html_seconds(&b, 3725);
    check_html(&b, "1 h 2 min");
    pmpo_html_loss(&b, NAN);
    check_html(&b, "\xe2\x80\x93");
}

/* ---- differences --------------------------------------------------------------- */

static void check_diff(const char *before, const char *after,
                       const char *expected)
{
    pmpo_arena mem = {0};
    pmpo_diff_piece *p;
    size_t n;
    pmpo_buf b = {0};
    assert_int_equal(pmpo_diff(pmpo_str_of(before), pmpo_str_of(after), &mem,
                               &p, &n), 0);
    for (size_t i = 0; i < n; i++) {
        const char *sign[] = {"=", "-", "+"};
        pmpo_buf_printf(&b, "%s[%.*s]", sign[p[i].change], (int)p[i].text.len,
                        p[i].text.ptr);
    }
    assert_string_equal(b.ptr ? b.ptr : "", expected);
    pmpo_buf_release(&b);
    pmpo_arena_release(&mem);
}

static void test_diffs(void **state)
{
    (void)state;
    check_diff("", "", "");
    check_diff("", "a b", "+[a b]");
    check_diff("a b", "", "-[a b]");
    check_diff("a b c", "a x c", "=[a ]-[b ]+[x ]=[c]");
    check_diff("a b c d", "b d", "-[a ]=[b ]-[c ]=[d]");
    check_diff("a  b\nc", "a b c", "=[a b c]"); /* white space is no change */
}

/* The two sides of a difference give back the two texts. */
static void test_diffs_are_whole(void **state)
{
    (void)state;
    uint64_t random = 3;
    for (int round = 0; round < 300; round++) {
        char text[2][64];
        for (int k = 0; k < 2; k++) {
            size_t n = (size_t)(pmpo_random_unit(&random) * 20);
            for (size_t i = 0; i < n; i++) {
                text[k][2 * i] = (char)('a' + (int)(pmpo_random_unit(&random) * 4));
                text[k][2 * i + 1] = ' ';
            }
            text[k][2 * n] = '\0';
        }
        pmpo_arena mem = {0};
        pmpo_diff_piece *p;
        size_t n;
        pmpo_buf a = {0}, b = {0};
        assert_int_equal(pmpo_diff(pmpo_str_of(text[0]), pmpo_str_of(text[1]),
                                   &mem, &p, &n), 0);
        for (size_t i = 0; i < n; i++) {
            if (p[i].change != PMPO_NEW) {
                pmpo_buf_put(&a, p[i].text);
            }
            if (p[i].change != PMPO_GONE) {
                pmpo_buf_put(&b, p[i].text);
            }
        }
        assert_string_equal(a.ptr ? a.ptr : "", text[0]);
        assert_string_equal(b.ptr ? b.ptr : "", text[1]);
        pmpo_buf_release(&a);
        pmpo_buf_release(&b);
        pmpo_arena_release(&mem);
    }
}

static void test_long_texts(void **state)
{
    (void)state;
    pmpo_buf a = {0}, b = {0};
    pmpo_arena mem = {0};
    pmpo_diff_piece *p;
    size_t n;
    for (int i = 0; i < 30000; i++) {
        pmpo_buf_printf(&a, "a%d ", i);
        pmpo_buf_printf(&b, "b%d ", i);
    }
    assert_int_equal(pmpo_diff(pmpo_buf_str(&a), pmpo_buf_str(&b), &mem, &p,
                               &n), 0);
    assert_int_equal(n, 2); /* all gone, all new */
    pmpo_arena_release(&mem);
    pmpo_buf_release(&a);
    pmpo_buf_release(&b);
}

/* ---- scales ---------------------------------------------------------------------- */

static void test_scales(void **state)
{
    (void)state;
    pmpo_scale s = {NAN, NAN, 0, 100};
    pmpo_scale_cover(&s, NAN);
    assert_true(isnan(s.low));
    pmpo_scale_cover(&s, 2);
    pmpo_scale_cover(&s, 4);
    assert_true(s.low == 2 && s.high == 4);
    assert_true(pmpo_scale_at(&s, 3) == 50);
    assert_true(fabs(pmpo_scale_step(&s, 5) - 0.5) < 1e-12);
    s = (pmpo_scale){1, 1, 0, 100}; /* nothing to divide by */
    assert_true(pmpo_scale_at(&s, 1) == 50);
    assert_true(pmpo_scale_step(&s, 5) == 1);
}

/* A range of a few roundings has ticks, and only so many. */
static void test_narrow_ranges(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_plot p = {.width = 400, .height = 200};
    p.x = (pmpo_scale){1, 1 + 4e-16, 0, 0};
    p.y = (pmpo_scale){1e9, 1e9 + 2e-7, 0, 0};
    pmpo_plot_begin(&p, &b, "id", "title", "what");
    pmpo_plot_axes(&p, &(pmpo_axis){.label = "x"}, &(pmpo_axis){.label = "y"});
    pmpo_plot_end(&p);
    size_t n = 0;
    for (const char *s = pmpo_buf_str(&b).ptr; (s = strstr(s, "class=\"tick"));
         s++) {
        n++;
    }
    assert_true(n >= 4 && n < 40);
    pmpo_buf_release(&b);
}

/* The text with a mask may not fit: then there is no effect, and no number. */
static void test_unknown_effect(void **state)
{
    (void)state;
    const pmpo_str text = PMPO_STR("Think. Answer.");
    const pmpo_segment_effect two[] = {{0, 6, PMPO_STR("Think."), NAN, NAN,
                                        NAN},
                                       {7, 14, PMPO_STR("Answer."), 0.5, 0.25,
                                        0.75}};
    pmpo_buf b = {0};
    pmpo_put_effects(&b, &(pmpo_effects){two, 2, text, NAN}, "effects");
    assert_false(b.failed);
    assert_null(strstr(b.ptr, "nan"));
    assert_non_null(strstr(b.ptr, "too long when masked</td><td>Think."));
    pmpo_buf_release(&b);
}

/* ---- pages of runs ----------------------------------------------------------------- */

static pmpo_report *report_of(const made_run *m, size_t n)
{
    pmpo_report *r = NULL;
    pmpo_error err = {0};
    const char *paths[3] = {path, path, path};
    make_run_file(path, m);
    if (pmpo_report_runs(paths, n, &r, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return r;
}

static void check_has(pmpo_report *r, const char *const *ids, size_t n,
                      bool there)
{
    for (size_t i = 0; i < n; i++) {
        char mark[80];
        snprintf(mark, sizeof(mark), "<section id=\"%s\"", ids[i]);
        if ((strstr(pmpo_report_html(r).ptr, mark) != NULL) != there) {
            fail_msg("%s is %sthere", ids[i], there ? "not " : "");
        }
    }
}

#define HAS(r, there, ...)                                                     \
    check_has(r, (const char *const[]){__VA_ARGS__},                           \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),     \
              there)

static void test_whole_run(void **state)
{
    (void)state;
    const made_run m = {.n_train = 8, .n_val = 5, .n_test = 9,
                        .n_iterations = 4, .n_candidates = 6, .n_words = 5};
    pmpo_report *r = report_of(&m, 1);
    HAS(r, true, "prompts", "losses", "accuracy", "segments", "examples",
        "hard", "lineage", "tradeoffs", "candidates", "cost", "settings");
    const char *html = pmpo_report_html(r).ptr;
    assert_int_equal(count_of(html, "<tr id=\"c"), 24); /* every candidate */
    assert_int_equal(count_of(html, "<li data-part="), 22); /* and example */
    assert_non_null(strstr(html, "A gain of loss on unseen examples</p>"));
    assert_null(strstr(html, "/home/somebody")); /* no paths of a machine */
    assert_non_null(strstr(html, "-p 'it&#39;\\&#39;&#39;s")); /* quoted */
    assert_null(strstr(html, "nan"));
    assert_null(strstr(html, "inf\""));
    pmpo_report_free(r);
}

/* Checks the page of a made run after `change` has altered what it tells: `has`
 * is in it, `lacks` (NULL: nothing) is not. */
static void check_page(const made_run *m, void (*change)(pmpo_run_view *v),
                       const char *has, const char *lacks)
{
    pmpo_run *run = NULL;
    pmpo_report_run r = {.name = "made"};
    pmpo_data *parts[3];
    pmpo_buf b = {0};
    make_run_file(path, m);
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pmpo_run_data(path, i, &parts[i], NULL), 0);
        r.parts[i] = parts[i];
    }
    pmpo_run_view v = *pmpo_run_describe(run);
    change(&v);
    r.view = &v;
    assert_int_equal(pmpo_report_one(&r, &b, NULL), 0);
    if (!strstr(b.ptr, has) || (lacks && strstr(b.ptr, lacks))) {
        fail_msg("'%s' is missing or '%s' is there", has, lacks ? lacks : "");
    }
    pmpo_buf_release(&b);
    for (int i = 0; i < 3; i++) {
        pmpo_data_free(parts[i]);
    }
    pmpo_run_free(run);
}

static const made_run small_run = {.n_train = 6,
                                   .n_val = 4,
                                   .n_test = 6,
                                   .n_iterations = 2,
                                   .n_candidates = 3,
                                   .n_words = 1};

static void as_it_is(pmpo_run_view *v)
{
    (void)v;
}

static void answered(pmpo_run_view *v)
{
    for (size_t i = 0; i < v->n_losses; i++) {
        for (size_t k = 0; k < v->losses[i].n; k++) { /* as without options */
            ((pmpo_kept_example *)v->losses[i].examples)[k].correct = -1;
        }
    }
    v->initial.test_n_answers = v->best.test_n_answers = 6;
    v->initial.test_n_right = 2;
    v->best.test_n_right = 5;
    v->answers_p = 0.25;
}

/* Likeliest options are one thing, generated answers another. */
static void test_likeliest_and_answers(void **state)
{
    (void)state;
    check_page(&small_run, as_it_is, "the likeliest option became right in ",
               "Of the answers generated");
    check_page(&small_run, answered,
               "2 of 6 were right, then 5 of 6; p = 0.25 of no difference",
               "McNemar");
}

static void all_right(pmpo_run_view *v)
{
    for (size_t i = 0; i < v->n_losses; i++) {
        for (size_t k = 0; k < v->losses[i].n; k++) {
            ((pmpo_kept_example *)v->losses[i].examples)[k].correct = 1;
        }
    }
}

static void accuracy_known(pmpo_run_view *v)
{
    v->test_accuracy_low[0] = 0.123;
    v->test_accuracy_high[0] = 0.987;
}

/* Examples with the same input count as one. */
static void test_repeated_inputs(void **state)
{
    (void)state;
    made_run m = small_run;
    check_page(&m, all_right, "61.0 to 100.0 %", "test, by input"); /* 6 of 6 */
    check_page(&m, accuracy_known, "12.3 to 98.7 %", NULL);
    m.n_train = m.n_test = 12;
    m.twice = true;
    check_page(&m, all_right, "47.6 to 100.0 %", "75.7 to"); /* 12 of 12 */
    check_page(&m, as_it_is, "test, by input", "exact McNemar");
}

/* The last choice goes back to the start prompt, though one was accepted. */
static void start_stays(pmpo_run_view *v)
{
    static const pmpo_run_finalist two[] = {{1, 0.5, 4, 1, 2,
                                             "answers <worse>"},
                                            {0, 0.75, 4, 3, 0, "taken"}};
    v->best_id = 0;
    v->finalists = two;
    v->n_finalists = 2;
    for (size_t i = 0; i < v->n_losses; i++) {
        double mark = v->losses[i].prompt == 0 ? 1234 : 5678;
        for (size_t k = 0; k < v->losses[i].n; k++) {
            ((pmpo_kept_example *)v->losses[i].examples)[k].loss = mark;
        }
    }
}

static void test_start_stays(void **state)
{
    (void)state;
    made_run m = small_run;
    m.n_iterations = 1; /* of which a candidate is accepted */
    check_page(&m, start_stays, "the start prompt stays</small>", "5678.00<");
    check_page(&m, start_stays,
               "<td class=\"n\">0.5000</td><td class=\"n\">1 of "
               "4</td><td class=\"n\">2</td><td class=\"why\">answers "
               "&lt;worse&gt;</td>",
               "no candidate was accepted");
    check_page(&m, start_stays, "<tr class=\"best\"><td class=\"n\">start<",
               "<tr class=&quot;");
    check_page(&m, as_it_is, "<h2", "id=\"choice\"");
}

/* As a ready-made prompt, which has no parent. */
static void from_a_library(pmpo_run_view *v)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            pmpo_candidate *c = (pmpo_candidate *)&it->candidates[k];
            if (c->id == v->best_id) {
                c->n_parents = 0;
                c->prompt = v->best.prompt = PMPO_STR("Think, then answer.");
            }
        }
    }
}

static void test_chain_without_a_start(void **state)
{
    (void)state;
    check_page(&small_run, from_a_library,
               "<div class=\"text\"><ins>Think, then answer.</ins></div></li>",
               NULL);
}

static void with_returns(pmpo_run_view *v)
{
    v->best.prompt = PMPO_STR("\nOne.\r\nTwo.");
    for (size_t i = 0; i < v->n_settings; i++) {
        if (!strcmp(v->setting_names[i], "prompt")) {
            ((const char **)v->setting_values)[i] = "Say\r\nyes.";
        }
    }
}

/* What is copied from the page is the prompt, to the byte. */
static void test_copies_are_exact(void **state)
{
    (void)state;
    check_page(&small_run, with_returns, "hidden>\n\nOne.&#13;\nTwo.</pre>",
               "\r");
    check_page(&small_run, with_returns, "-p 'Say&#13;\nyes.'", NULL);
}

/* The first is the opening, the last is undecided. */
static void with_opening(pmpo_run_view *v)
{
    pmpo_iteration *it = (pmpo_iteration *)v->iterations;
    it[0].index = 0;
    it[v->n_iterations - 1].decision = "";
    v->max_iterations = 3;
}

static void test_iterations_are_counted(void **state)
{
    (void)state;
    made_run m = small_run;
    m.n_iterations = 4;
    check_page(&m, with_opening, "accepted, in 2 iterations<", NULL);
    m.unfinished = true;
    check_page(&m, with_opening, "after 2 of 3 iterations", NULL);
}

static void test_unfinished_run(void **state)
{
    (void)state;
    const made_run m = {.n_train = 8, .n_val = 5, .n_test = 9,
                        .n_iterations = 2, .n_candidates = 3, .n_words = 1,
                        .unfinished = true};
    pmpo_report *r = report_of(&m, 1);
    HAS(r, true, "prompts", "losses", "candidates", "settings");
    assert_non_null(strstr(pmpo_report_html(r).ptr, "Not finished"));
    assert_null(strstr(pmpo_report_html(r).ptr, "nan"));
    pmpo_report_free(r);
}

/* As runs of before losses of examples were kept, without options, just
 * begun. */
static void test_bare_run(void **state)
{
    (void)state;
    const made_run m = {.n_train = 1, .n_words = 1, .bare = true,
                        .unfinished = true};
    pmpo_report *r = report_of(&m, 1);
    HAS(r, true, "prompts", "cost", "settings");
    HAS(r, false, "losses", "accuracy", "segments", "examples", "hard",
        "lineage", "tradeoffs", "candidates");
    assert_null(strstr(pmpo_report_html(r).ptr, "nan"));
    pmpo_report_free(r);
}

/* The test part of a run, which was not scored, is taken away. */
static void without_test(pmpo_run_view *v)
{
    v->n_test = 0;
    v->test_gain = v->best.test_loss = v->initial.test_loss = NAN;
}

static void test_no_test_part(void **state)
{
    (void)state;
    made_run m = small_run;
    check_page(&m, without_test, "there is no test part</small>", "scored yet");
    m.unfinished = true;
    check_page(&m, without_test, "no verdict without a test part",
               "scored yet");
}

static void short_answers(pmpo_run_view *v)
{
    v->verdict =
        "Better with at most 12 tokens an answer, on unseen examples: 27 "
        "of 90.";
}

/* The badge says what the verdict begins with, and what limits it. */
static void test_badge(void **state)
{
    (void)state;
    made_run m = small_run;
    check_page(&m, short_answers,
               "</span> Better with at most 12 tokens an answer, on unseen "
               "examples</p>",
               ">Better with at most 12 tokens an answer, on unseen examples:");
}

/* A setting that only a later run has differs; who has no test part is not waited
 * for. */
static void test_runs_of_other_kinds(void **state)
{
    (void)state;
    const char *const names[] = {"seed", "race"}, *const values[] = {"1",
                                                                     "exact"};
    pmpo_run *run = NULL;
    pmpo_buf b = {0};
    make_run_file(path, &small_run);
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    pmpo_run_view v[2] = {*pmpo_run_describe(run), *pmpo_run_describe(run)};
    without_test(&v[0]);
    for (size_t i = 0; i < 2; i++) {
        v[i].setting_names = names;
        v[i].setting_values = values;
        v[i].n_settings = i + 1;
    }
    const pmpo_report_run r[2] = {{.name = "a", .view = &v[0]},
                                  {.name = "b", .view = &v[1]}};
    assert_int_equal(pmpo_report_many(r, 2, &b, NULL), 0);
    assert_non_null(strstr(b.ptr, "; 1 have no test part.</h1>"));
    assert_null(strstr(b.ptr, "not tested yet"));
    assert_int_equal(count_of(b.ptr, "<th scope=\"row\">race</th>"), 1);
    assert_null(strstr(b.ptr, "<th scope=\"row\">seed</th>"));
    pmpo_buf_release(&b);
    pmpo_run_free(run);
}

/* What the command of the page says depends on whether a rewriter was asked. */
static void set_proposers(pmpo_run_view *v, const char *proposers)
{
    static const char *const names[] = {"proposers", "variants"};
    static const char *values[2] = {NULL, "7"};
    values[0] = proposers;
    v->setting_names = names;
    v->setting_values = values;
    v->n_settings = 2;
}

static void with_edit(pmpo_run_view *v)
{
    set_proposers(v, "library,edit");
}

/* A proposer of the calling program. */
static void with_my_editor(pmpo_run_view *v)
{
    set_proposers(v, "library,my-editor");
}

static void test_who_asks(void **state)
{
    (void)state;
    pmpo_run_view v = {0};
    with_edit(&v);
    assert_string_equal(pmpo_run_setting(&v, "variants"), "7");
    assert_null(pmpo_run_setting(&v, "hard"));
    check_page(&small_run, with_edit, "--variants 7", NULL);
    check_page(&small_run, with_my_editor, "library,my-editor", "--variants");
}

static void test_several_runs(void **state)
{
    (void)state;
    const made_run m = {.n_train = 8, .n_val = 5, .n_test = 9,
                        .n_iterations = 2, .n_candidates = 3, .n_words = 1};
    pmpo_report *r = report_of(&m, 3);
    assert_non_null(strstr(pmpo_report_html(r).ptr,
                           "<h1>0 of 3 runs found a prompt that answers better "
                           "on the test examples; 3 gain loss, which"));
    pmpo_report_free(r);
}

/* Runs of one name in two folders, which the page tells apart. */
static void test_equal_names(void **state)
{
    (void)state;
    const made_run m = {.n_train = 4,
                        .n_val = 3,
                        .n_test = 3,
                        .n_iterations = 1,
                        .n_candidates = 1,
                        .n_words = 1};
    char folders[2][80], files[2][200];
    for (int i = 0; i < 2; i++) {
        snprintf(folders[i], sizeof(folders[i]), "%s.%c", path, 'a' + i);
        snprintf(files[i], sizeof(files[i]), "%s/run.pmpo", folders[i]);
        mkdir(folders[i], 0700);
        make_run_file(files[i], &m);
    }
    pmpo_report *r = NULL;
    const char *paths[] = {files[0], files[1]};
    assert_int_equal(pmpo_report_runs(paths, 2, &r, NULL), 0);
    const char *html = pmpo_report_html(r).ptr;
    assert_non_null(strstr(html, ".a/run.pmpo</a>"));
    assert_non_null(strstr(html, ".b/run.pmpo</a>"));
    assert_null(strstr(html, "/tmp"));
    pmpo_report_free(r);
    for (int i = 0; i < 2; i++) {
        unlink(files[i]);
        rmdir(folders[i]);
    }
}

/* The text that tries to break out is in every field; it must come out as
 * text, many times, and never as markup. */
static void check_harmless(pmpo_report *r, size_t least)
{
    const char *html = pmpo_report_html(r).ptr;
    assert_int_equal(count_of(html, "<script"), 1); /* our own */
    assert_int_equal(count_of(html, "</script"), 1);
    assert_int_equal(count_of(html, "<style"), 1);
    assert_int_equal(count_of(html, "</style"), 1);
    assert_int_equal(count_of(html, "</title>\n<style>"), 1);
    assert_int_equal(count_of(html, "<img"), 0);
    size_t n = count_of(html, "&quot;&#39;&gt;&lt;/title&gt;");
    if (n < least) {
        fail_msg("only %zu fields hold the text", n);
    }
}

static void test_injection(void **state)
{
    (void)state;
    made_run m = {.n_train = 8, .n_val = 5, .n_test = 9, .n_iterations = 3,
                  .n_candidates = 6, .n_words = 3, .evil = EVIL};
    pmpo_report *r = report_of(&m, 1);
    check_harmless(r, 150);
    pmpo_report_free(r);
    r = report_of(&m, 2);
    check_harmless(r, 8);
    pmpo_report_free(r);
    m.unfinished = true;
    r = report_of(&m, 1);
    check_harmless(r, 80);
    pmpo_report_free(r);
}

/* The policy names the very style and script that stand in the page. */
static void test_policy(void **state)
{
    (void)state;
    const made_run m = {.n_train = 3, .n_words = 1, .unfinished = true};
    pmpo_report *r = report_of(&m, 1);
    const char *html = pmpo_report_html(r).ptr;
    assert_non_null(strstr(html, "default-src 'none'; base-uri 'none'; "
                                 "form-action 'none'; style-src 'sha256-"));
    assert_null(strstr(html, "unsafe-"));
    assert_null(strstr(html, "http:"));
    assert_null(strstr(html, "https:"));
    assert_null(strstr(html, " style="));
    pmpo_report_free(r);
}

static void test_no_such_run(void **state)
{
    (void)state;
    pmpo_report *r = NULL;
    pmpo_error err = {0};
    const char *none = "/tmp/no-such-run.pmpo";
    assert_int_equal(pmpo_report_runs(&none, 1, &r, &err), PMPO_EDATA);
    assert_int_equal(pmpo_report_runs(NULL, 0, &r, &err), PMPO_EUSAGE);
    assert_null(r);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const made_run m = {.n_train = 4, .n_val = 3, .n_test = 4,
                        .n_iterations = 2, .n_candidates = 3, .n_words = 2};
    const char *p = path;
    make_run_file(path, &m);
    size_t failures = 0;
    for (long n = 0;; n++) {
        pmpo_report *r = NULL;
        pmpo_error err = {0};
        fail_alloc_once(n);
        int rc = pmpo_report_runs(&p, 1, &r, &err);
        bool hit = fail_alloc_hit();
        fail_alloc_after(-1);
        if (!hit) {
            assert_int_equal(rc, 0);
            pmpo_report_free(r);
            break;
        }
        if (rc != PMPO_ENOMEM) {
            fail_msg("allocation %ld: %d", n, rc);
        }
        assert_null(r);
        failures++;
    }
    assert_true(failures > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_other_formats_fail),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_diffs),
        cmocka_unit_test(test_diffs_are_whole),
        cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_narrow_ranges),
        cmocka_unit_test(test_unknown_effect),
        cmocka_unit_test(test_whole_run),
        cmocka_unit_test(test_likeliest_and_answers),
        cmocka_unit_test(test_repeated_inputs),
        cmocka_unit_test(test_start_stays),
        cmocka_unit_test(test_chain_without_a_start),
        cmocka_unit_test(test_copies_are_exact),
        cmocka_unit_test(test_iterations_are_counted),
        cmocka_unit_test(test_unfinished_run),
        cmocka_unit_test(test_bare_run),
        cmocka_unit_test(test_no_test_part),
        cmocka_unit_test(test_badge),
        cmocka_unit_test(test_runs_of_other_kinds),
        cmocka_unit_test(test_who_asks),
        cmocka_unit_test(test_several_runs),
        cmocka_unit_test(test_equal_names),
        cmocka_unit_test(test_injection),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_no_such_run),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
