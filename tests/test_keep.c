/* test_keep.c: parts of a prompt that stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "run_help.h"
#include "text/keep.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static pmpo_str str(const char *s)
{
    return (pmpo_str){s, strlen(s)};
}

/* ---- marks --------------------------------------------------------------- */

static void marks_come_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Say yes.", "Say yes."},
        {"{{keep}}Be kind.{{/keep}} Say yes.", "Be kind. Say yes."},
        {"A {{keep}}b{{/keep}}{{keep}}c{{/keep}} d", "A bc d"},
        {"Use {context}.", "Use {context}."},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pmpo_buf b = {0};
        char plain[100] = "";
        size_t n = 0;
        assert_null(pmpo_keep_unmark(str(cases[i][0]), &b));
        assert_string_equal(pmpo_buf_str(&b).ptr, cases[i][1]);
        pmpo_buf_release(&b);
        assert_int_equal(pmpo_prompt_unmark(str(cases[i][0]), plain, &n, NULL),
                         0);
        assert_int_equal(n, strlen(cases[i][1]));
        assert_memory_equal(plain, cases[i][1], n);
    }
}

static void marks_that_do_not_match_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{{keep}}Be kind.", "without its {{/keep}}"},
        {"Be kind.{{/keep}}", "without its {{keep}}"},
        {"{{keep}}a{{keep}}b{{/keep}}{{/keep}}", "inside another"},
        {"{{keep}} \n{{/keep}} a", "nothing stands between"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pmpo_buf b = {0};
        pmpo_kept k;
        const char *wrong = pmpo_keep_unmark(str(cases[i][0]), &b);
        assert_non_null(wrong);
        assert_non_null(strstr(wrong, cases[i][1]));
        assert_non_null(pmpo_keep_find(str(cases[i][0]), &k));
        pmpo_buf_release(&b);
        char plain[100];
        size_t n;
        pmpo_error err;
        assert_int_equal(pmpo_prompt_unmark(str(cases[i][0]), plain, &n, &err),
                         PMPO_EUSAGE);
        assert_non_null(strstr(err.text, cases[i][1]));
    }
}

static void parts_and_placeholders_are_found(void **state)
{
    (void)state;
    pmpo_kept k;
    assert_null(pmpo_keep_find(str("{{keep}}Be kind. {{/keep}}Read {context} and "
                                   "{{keep}}stop{{/keep}}, {{name}}; {1} {a b} "
                                   "{{{x}}} {{keep}}stop{{/keep}}"), &k));
    static const char *const want[] = {"Be kind.", "stop", "{context}",
                                       "{{name}}"};
    assert_int_equal(k.n, COUNT(want));
    for (size_t i = 0; i < k.n; i++) {
        assert_true(pmpo_str_eq(k.parts[i].text, str(want[i])));
        assert_int_equal(k.parts[i].placeholder, i >= 2);
        assert_int_equal(k.parts[i].leads, i == 0);
        assert_int_equal(k.parts[i].times, i == 1 ? 2 : 1);
    }
}

static void a_text_is_marked_wherever_it_stands(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    assert_int_equal(pmpo_keep_mark(str("aba"), str("a"), &b), 2);
    assert_string_equal(b.ptr, "{{keep}}a{{/keep}}b{{keep}}a{{/keep}}");
    pmpo_buf_clear(&b);
    assert_int_equal(pmpo_keep_mark(str("aba"), str("c"), &b), 0);
    assert_string_equal(b.ptr, "aba");
    pmpo_buf_release(&b);
}

/* ---- prompts ------------------------------------------------------------- */

static void what_is_missing_comes_back_in_its_place(void **state)
{
    (void)state;
    static const char marked[] =
        "{{keep}}You are a clerk.{{/keep}} Decide. {{keep}}Never name prices."
        "{{/keep}} Use {context}.";
    static const struct {
        const char *prompt, *want, *missing; /* NULL: nothing */
    } cases[] = {
        {"Answer with {context}.",
         "You are a clerk. Answer with {context}. Never name prices.", NULL},
        {"Answer briefly",
         "You are a clerk. Answer briefly. Never name prices.", "{context}"},
        {"You are a clerk. {context} Never name prices.",
         "You are a clerk. {context} Never name prices.", NULL},
        /* A changed version of a part is no reason to have both. */
        {"You are a good clerk. {context}. Never name any prices.",
         "You are a good clerk. {context}. Never name any prices.",
         "You are a clerk."},
    };
    pmpo_kept k;
    assert_null(pmpo_keep_find(str(marked), &k));
    for (size_t i = 0; i < COUNT(cases); i++) {
        pmpo_buf b = {0};
        pmpo_keep_restore(&k, str(cases[i].prompt), &b);
        assert_string_equal(b.ptr, cases[i].want);
        const pmpo_kept_part *p = pmpo_keep_missing(&k, pmpo_buf_str(&b));
        assert_int_equal(p != NULL, cases[i].missing != NULL);
        assert_true(!p || pmpo_str_eq(p->text, str(cases[i].missing)));
        pmpo_buf_release(&b);
    }
}

static void a_span_that_cuts_a_part_touches_it(void **state)
{
    (void)state;
    pmpo_kept k;
    assert_null(pmpo_keep_find(str("One. {{keep}}Two.{{/keep}} Three."), &k));
    pmpo_str prompt = str("One. Two. Three.");
    assert_false(pmpo_keep_touches(&k, prompt, (pmpo_span){0, 4}));
    assert_true(pmpo_keep_touches(&k, prompt, (pmpo_span){0, 6}));
    assert_true(pmpo_keep_touches(&k, prompt, (pmpo_span){5, 9}));
    assert_false(pmpo_keep_touches(&k, prompt, (pmpo_span){10, 16}));
}

/* ---- a run --------------------------------------------------------------- */

static void every_candidate_of_a_run_holds_them(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "keep.pmpo");
    pmpo_data *d = make_data(10, false);
    pmpo_model *m = fake_new(&(fake_options){.salt = 3});
    pmpo_optimize_options o = small_options();
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    o.proposers = NULL; /* all of them */
    o.prompt = PMPO_STR("{{keep}}Be kind.{{/keep}} Decide about the number. "
                        "Say yes or no for {user}.");
    o.freeze = PMPO_STR("about the number");
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    const pmpo_run_view *v = pmpo_run_describe(run);
    size_t n_scored = 0, n_refused = 0;
    assert_true(pmpo_str_eq(v->initial.prompt,
                            PMPO_STR("Be kind. Decide about the number. Say "
                                     "yes or no for {user}.")));
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            bool holds =
                pmpo_str_find(c->prompt, PMPO_STR("Be kind."), 0) != SIZE_MAX
                && pmpo_str_find(c->prompt, PMPO_STR("about the number"), 0)
                       != SIZE_MAX
                && pmpo_str_find(c->prompt, PMPO_STR("{user}"), 0) != SIZE_MAX;
            bool scored = isfinite(c->loss) || isfinite(c->lower_bound)
                          || c->fate == PMPO_FATE_ACCEPTED;
            n_scored += scored;
            n_refused += strstr(c->reason, "is missing or changed") != NULL;
            assert_true(holds || !scored);
        }
    }
    assert_true(n_refused > 0); /* the library knows no {user} */
    assert_true(n_scored > 0);
    pmpo_run_free(run);
    pmpo_data_free(d);
    fake_free(m);
    free(path);
    drop_folder(folder);
}

static void what_is_not_there_can_not_be_frozen(void **state)
{
    (void)state;
    pmpo_data *d = make_data(10, false);
    pmpo_model *m = fake_new(&(fake_options){.salt = 3});
    pmpo_optimize_options o = small_options();
    pmpo_error err = {0};
    o.freeze = PMPO_STR("nowhere");
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                   &o, "/dev/null/x", NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "\"nowhere\""));
    o.freeze = PMPO_STR("");
    o.prompt = PMPO_STR("{{keep}}a");
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                   &o, "/dev/null/x", NULL, &err), PMPO_EUSAGE);
    pmpo_data_free(d);
    fake_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_come_out),
        cmocka_unit_test(marks_that_do_not_match_are_refused),
        cmocka_unit_test(parts_and_placeholders_are_found),
        cmocka_unit_test(a_text_is_marked_wherever_it_stands),
        cmocka_unit_test(what_is_missing_comes_back_in_its_place),
        cmocka_unit_test(a_span_that_cuts_a_part_touches_it),
        cmocka_unit_test(every_candidate_of_a_run_holds_them),
        cmocka_unit_test(what_is_not_there_can_not_be_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
