/* test_locale.c: the library in a program that has set a locale in which numbers
 * have a comma, or an i is no I's lower case. The locale is made by localedef; where there is none, one of the
 * system's is taken, and without that the tests are skipped. */
#include <ctype.h>
#include <locale.h>

#include "base/error.h"
#include "base/fold.h"
#include "base/plain.h"
#include "data/set.h"
#include "engine/http/url.h"
#include "eval/number.h"
#include "report/html.h"
#include "report/plot.h"
#include "run_help.h"
#include "search/settings.h"

static char places[] = "/tmp/pmpo-locale-XXXXXX";

static bool have_comma(void)
{
    return setlocale(LC_ALL, "de_DE.UTF-8") &&
           !strcmp(localeconv()->decimal_point, ",");
}

static int set_up(void **state)
{
    char command[200];
    (void)state;
    if (!mkdtemp(places)) {
        return -1;
    }
    snprintf(command, sizeof(command),
             "for l in de_DE tr_TR; do localedef -i $l -f UTF-8 "
             "%s/$l.UTF-8 || exit; done >/dev/null 2>&1",
             places);
    if (system(command) == 0) {
        setenv("LOCPATH", places, 1);
    }
    return 0;
}

static int tear_down(void **state)
{
    char command[100];
    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", places);
    return system(command) == 0 ? 0 : -1;
}

static void set_comma(void)
{
    if (!have_comma()) {
        print_message("no locale with a comma\n");
        skip();
    }
}

static int back(void **state)
{
    (void)state;
    return setlocale(LC_ALL, "C") ? 0 : -1;
}

static void test_numbers_are_read(void **state)
{
    (void)state;
    double v = 0;
    char *end;
    set_comma();
    assert_true(pmpo_states_number(PMPO_STR("The answer is 3.75."), &v));
    assert_true(v == 3.75);
    assert_true(pmpo_read_double("0.5 x", &end) == 0.5);
    assert_string_equal(end, " x");
    assert_true(strtod("0,5", NULL) ==
                0.5); /* the program's own is untouched */
}

static void test_numbers_are_written(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_error err = {0};
    char text[20];
    set_comma();
    pmpo_buf_printf(&b, "%.2f|", 1.5);
    pmpo_html(&b, "%.2f %+.1f %g|", 1.5, 2.0, 0.25);
    pmpo_html_count(&b, 1234.0);
    assert_string_equal(b.ptr, "1.50|1.50 +2.0 0.25|1,234");
    pmpo_fail(&err, PMPO_EDATA, "%g", 0.5);
    pmpo_fail_in(&err, PMPO_EDATA, "%g", 1.5);
    assert_string_equal(err.text, "1.5: 0.5");
    pmpo_print(text, sizeof(text), "%.3f", 0.125);
    assert_string_equal(text, "0.125");
    snprintf(text, sizeof(text), "%.1f", 0.5); /* nor is this */
    assert_string_equal(text, "0,5");
    pmpo_buf_release(&b);
}

/* Numbers in an SVG are separated by commas: one in a number breaks it. */
static void test_a_plot(void **state)
{
    (void)state;
    pmpo_buf b[2] = {{0}, {0}};
    const double x[] = {0.25, 0.5, 1.75}, y[] = {1.5, 2.25, 0.125};
    for (int i = 0; i < 2; i++) {
        pmpo_plot p = {.x = {0, 2, 0, 0}, .y = {0, 3, 0, 0}};
        pmpo_plot_begin(&p, &b[i], "p", "A plot", "Three points.");
        pmpo_plot_axes(&p, &(pmpo_axis){.label = "x"},
                       &(pmpo_axis){.label = "y", .percent = true});
        pmpo_plot_line(&p, x, y, 3, "line");
        pmpo_plot_end(&p);
        if (i == 0) {
            set_comma();
        }
    }
    assert_string_equal(b[0].ptr, b[1].ptr);
    pmpo_buf_release(&b[0]);
    pmpo_buf_release(&b[1]);
}

static char *run_here(const char *path)
{
    pmpo_model *m = fake_new(&(fake_options){0});
    pmpo_data *d = make_data(30, true);
    pmpo_optimize_options o = small_options(), read = o;
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    o.score.loss = PMPO_LOSS_PREFERENCE;
    o.score.beta = 0.75;
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(pmpo_settings_of(pmpo_run_describe(run), &read, &err), 0);
    assert_true(read.score.beta == 0.75);
    char *text = run_text(run, true);
    pmpo_run_free(run);
    pmpo_data_free(d);
    fake_free(m);
    return text;
}

/* Settings, losses, reasons and decisions are the same. */
static void test_a_run(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *one = path_in(folder, "one"), *two = path_in(folder, "two");
    char *plain = run_here(one);
    if (!have_comma()) {
        drop_folder(folder);
        skip();
    }
    char *comma = run_here(two);
    assert_string_equal(plain, comma);
    assert_non_null(strstr(comma, "0.75"));
    free(plain);
    free(comma);
    free(one);
    free(two);
    drop_folder(folder);
}

static void test_letters(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "tr_TR.UTF-8") || tolower('I') == 'i') {
        print_message("no locale with other letters\n");
        skip();
    }
    assert_true(pmpo_same_words(PMPO_STR("FILE IT"), PMPO_STR("file it")));
    assert_true(pmpo_str_alike(PMPO_STR("INFO.CSV"), PMPO_STR("info.csv")));
    assert_true(pmpo_http_is_loopback("http://LOCALHOST:80/v1"));
    assert_int_equal(pmpo_table_separator("list.CSV"), ',');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_numbers_are_read, back),
        cmocka_unit_test_teardown(test_numbers_are_written, back),
        cmocka_unit_test_teardown(test_letters, back),
        cmocka_unit_test_teardown(test_a_plot, back),
        cmocka_unit_test_teardown(test_a_run, back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
