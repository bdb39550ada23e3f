/* test_live.c: what the terminal shows of a run in work: no line is wider than
 * the terminal, whatever the texts, and nothing but ASCII where that is asked;
 * the columns of characters. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../cli/live.h"
#include "../cli/print.h"
#include "../cli/width.h"

/* ---- columns ------------------------------------------------------------------ */

static size_t columns(const char *s)
{
    return text_columns((pmpo_str){s, strlen(s)});
}

static void test_columns(void **state)
{
    (void)state;
    assert_int_equal(columns(""), 0);
    assert_int_equal(columns("abc"), 3);
    assert_int_equal(columns("\xc3\xa9"), 1);             /* e acute */
    assert_int_equal(columns("e\xcc\x81"), 1);            /* e, then an accent */
    assert_int_equal(columns("\xe6\xbc\xa2\xe5\xad\x97"), 4); /* two of CJK */
    assert_int_equal(columns("\xf0\x9f\x98\x80"), 2);     /* a face */
    assert_int_equal(columns("\xe2\x80\x8b"), 0);         /* zero width space */
    assert_int_equal(columns("\xef\xbc\xa1"), 2);         /* full width A */
    assert_int_equal(columns("a\tb\x7f"), 4);             /* shown as blanks */
}

static void check_cut(const char *s, size_t width, const char *expected)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    size_t took = put_cut(f, (pmpo_str){s, strlen(s)}, width);
    fclose(f);
    assert_string_equal(text, expected);
    assert_int_equal(took, columns(expected));
    free(text);
}

static void test_cuts(void **state)
{
    (void)state;
    check_cut("abcdef", 6, "abcdef");
    check_cut("abcdefg", 6, "abc...");
    check_cut("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 6,
              "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2");
    /* Of five columns two are for text: one wide character. */
    check_cut("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 5, "\xe6\xbc\xa2...");
    /* And of six three: one, and a column stays free. */
    check_cut("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2x", 6, "\xe6\xbc\xa2...");
    check_cut("a\x1b[31mb\nc", 20, "a [31mb c"); /* steers no terminal */
}

/* ---- the picture ------------------------------------------------------------------ */

#define N_LIST 14

static pmpo_live_candidate list[N_LIST];

static pmpo_progress some_progress(void)
{
    static const char *const prompts[] = {
        "Classify the message. Answer with exactly one of: billing, delivery.",
        "\xe6\xbc\xa2\xe5\xad\x97\xe3\x82\x92\xe6\xb8\xac\xe3\x82\x8b "
        "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 wide ones",
        "tab\there\nand a line", ""};
    for (size_t i = 0; i < N_LIST; i++) {
        const char *p = prompts[i % 4];
        bool known = i % 3 == 0;
        list[i] = (pmpo_live_candidate){
            .id = (int)i + 30, .proposer = "rewrite",
            .prompt = {p, strlen(p)}, .loss = known ? 3.5 - (double)i / 10 : NAN,
            .lower_bound = i % 3 == 1 ? 4.25 : NAN,
            .fate = i == 9   ? PMPO_FATE_ACCEPTED
                    : i == 5 ? PMPO_FATE_BAD_REPLY
                             : PMPO_FATE_PENDING,
            .reason = "no prompt could be read from the reply"};
    }
    return (pmpo_progress){.stage = "scoring",
                           .iteration = 3,
                           .iterations = 20,
                           .candidate = 5,
                           .candidates = N_LIST,
                           .loss = 1.98321,
                           .best = 1.8932,
                           .tokens_per_s = 412,
                           .left_ms = 250000,
                           .list = list,
                           .n_list = N_LIST,
                           .prefill_tokens = 220,
                           .logical_tokens = 1000,
                           .cached_scores = 1204,
                           .examples_wanted = 100,
                           .examples_scored = 59};
}

static live some_past(void)
{
    live l = {.n_losses = 0};
    pmpo_progress p = some_progress();
    for (int i = 0; i < 40; i++) {
        p.best = 4 - 0.05 * i;
        p.iteration = i / 10;
        live_see(&l, &p);
        live_see(&l, &p); /* the same again is no news */
    }
    assert_int_equal(l.n_losses, 40);
    return l;
}

/* The picture, without colours; the caller's to free. */
static char *picture(const live_looks *looks, size_t *lines)
{
    char *text = NULL;
    size_t n = 0;
    const live l = some_past();
    const pmpo_progress p = some_progress();
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    *lines = live_draw(f, &l, &p, looks);
    fclose(f);
    return text;
}

static void test_fits_any_terminal(void **state)
{
    (void)state;
    for (size_t width = 1; width <= 240; width++) {
        for (size_t rows = 1; rows <= 30; rows += 3) {
            size_t lines, n = 0;
            char *text = picture(&(live_looks){width, rows, width % 2, false},
                                 &lines);
            for (char *at = text; *at; n++) {
                char *end = strstr(at, "\033[K\n");
                assert_non_null(end);
                size_t took = text_columns((pmpo_str){at, (size_t)(end - at)});
                assert_true(took <= (width > 1 ? width - 1 : 1));
                at = end + 4;
            }
            assert_int_equal(n, lines);
            assert_true(lines <= (rows > 1 ? rows - 1 : 1));
            free(text);
        }
    }
}

static void test_says_what_it_should(void **state)
{
    (void)state;
    size_t lines;
    char *text = picture(&(live_looks){120, 24, true, true}, &lines);
    assert_non_null(strstr(text, "iteration 3/20  scoring candidate 5/14"));
    assert_non_null(strstr(text, "4 min 10 s left"));
    assert_non_null(strstr(text, "412 tok/s"));
    assert_non_null(strstr(text, "78 % of rows by shared beginnings"));
    assert_non_null(strstr(text, "1,204 scores by the cache"));
    assert_non_null(strstr(text, "41 % of scoring by giving up"));
    assert_non_null(strstr(text, "\xe2\x96\x88")); /* the sparkline's top */
    assert_non_null(strstr(text, "\033[32m"));     /* what was accepted */
    /* The accepted one comes first, then by loss. */
    char *first = strstr(text, "   39  rewrite"), *next = strstr(text, "   42  ");
    assert_true(first && next && first < next);
    assert_int_equal(lines, 3 + 1 + 10);
    free(text);
    text = picture(&(live_looks){120, 24, false, false}, &lines);
    char *table = strstr(text, "   id");
    for (char *c = text; c < table; c++) {
        assert_true((unsigned char)*c < 0x80);
    }
    assert_null(strstr(text, "\033[3"));
    free(text);
}

/* Loading a model and the like is one line. */
static void test_one_line(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    const live l = {.n_losses = 0};
    const pmpo_progress p = {.stage = "fetching", .unit = "bytes",
                             .done = 1000000, .total = 2500000, .loss = NAN,
                             .best = NAN, .left_ms = -1};
    FILE *f = open_memstream(&text, &n);
    assert_int_equal(live_draw(f, &l, &p, &(live_looks){80, 24, false, false}),
                     1);
    fclose(f);
    assert_string_equal(text, "fetching 1.0 MB of 2.5 MB\033[K\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_fits_any_terminal),
        cmocka_unit_test(test_says_what_it_should),
        cmocka_unit_test(test_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
