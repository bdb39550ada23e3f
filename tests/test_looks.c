/* test_looks.c: later looks at the test part of a run, and its commonest answer. */
#include "run_help.h"

static pmpo_run *extended(const fake_options *f, const char *path, int total)
{
    pmpo_resume_options ro;
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    pmpo_model *m = fake_new(f);
    pmpo_resume_options_init(&ro);
    ro.iterations = total;
    ro.no_cache = true;
    if (pmpo_resume(m, NULL, path, &ro, &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    fake_free(m);
    return run;
}

/* The page's badge is what the verdict begins with. */
static void check_badge(const char *path, const char *verdict)
{
    char want[200];
    pmpo_report *r;
    const char *colon = strchr(verdict, ':');
    assert_int_equal(pmpo_report_runs(&path, 1, &r, NULL), 0);
    snprintf(want, sizeof(want), "%.*s</p>", (int)(colon - verdict), verdict);
    if (!strstr(pmpo_report_html(r).ptr, want)) {
        fail_msg("no badge \"%s\"", want);
    }
    pmpo_report_free(r);
}

/* A run that begins with prompts made with some of its test examples says so,
 * and doesn't call these unseen. */
static void test_prompts_that_have_seen(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    const size_t idx[] = {10, 11, 12, 2};
    size_t n_said = 0;
    pmpo_data *all = make_data(24, false), *seen, *train, *test;
    const size_t first[] = {0, 1, 2, 3}, others[] = {8, 9, 10, 11, 12, 13, 14, 15};
    assert_int_equal(pmpo_data_subset(all, idx, 4, &seen, NULL), 0);
    assert_int_equal(pmpo_data_subset(all, first, 4, &train, NULL), 0);
    assert_int_equal(pmpo_data_subset(all, others, 8, &test, NULL), 0);
    pmpo_optimize_options o = small_options();
    o.force = true;
    o.iterations = 1;
    o.paper = true;
    o.score.loss = PMPO_LOSS_NLL;
    o.seen[1] = seen;
    for (uint64_t salt = 0; salt < 8; salt++) {
        pmpo_model *m = fake_new(&(fake_options){.salt = salt});
        const pmpo_optimize_input in = {.scorer = m, .train = train, .test = test};
        pmpo_run *run = NULL;
        assert_int_equal(pmpo_optimize(&in, &o, path, &run, NULL), 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        assert_int_equal(v->n_test_seen, 3); /* one is of the training part */
        assert_null(strstr(v->verdict, "on unseen examples"));
        if (v->best_id != 0) {
            n_said++;
            assert_non_null(strstr(v->verdict, "on test examples of which 3 are "
                                               "not unseen: "));
            check_badge(path, v->verdict);
        }
        pmpo_run_free(run);
        fake_free(m);
    }
    assert_true(n_said > 0);
    pmpo_data_free(all);
    pmpo_data_free(seen);
    pmpo_data_free(train);
    pmpo_data_free(test);
    free(path);
    drop_folder(folder);
}

/* A run that goes on after its end keeps its first look at the test part, and
 * doesn't call the examples unseen again. */
static void test_later_looks_are_marked(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    size_t n_again = 0, n_same = 0, n_kept = 0;
    pmpo_data *d = make_data(24, false);
    pmpo_optimize_options o = small_options();
    o.force = true;
    o.paper = true;
    o.iterations = 1;
    o.score.loss = PMPO_LOSS_NLL;
    o.split = (pmpo_split){4, 0, 20, 1};
    for (uint64_t salt = 0; salt < 12; salt++) {
        const fake_options f = {.salt = salt};
        pmpo_run *run = finished(&f, &o, d, path, 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        bool kept = pmpo_str_eq(v->best.prompt, v->initial.prompt);
        pmpo_test_look first = {.iterations = 0};
        assert_int_equal(v->n_test_looks, !kept);
        if (!kept) {
            first = v->test_looks[0];
            assert_int_equal(first.iterations, 1);
            assert_true(first.gain == v->test_gain);
            assert_non_null(strstr(v->verdict, "unseen examples"));
            check_badge(path, v->verdict);
        }
        char *prompt = strdup(v->best.prompt.ptr);
        pmpo_run_free(run);
        pmpo_run_free(extended(&f, path, 0)); /* nothing new to look at */
        run = extended(&f, path, 4);
        v = pmpo_run_describe(run);
        bool same = !strcmp(prompt, v->best.prompt.ptr);
        bool again = strstr(v->verdict, "looked at before") != NULL;
        assert_int_equal(v->n_test_looks, (!kept) + (!same));
        assert_int_equal(again, !kept && !same);
        if (!kept) {
            assert_memory_equal(&v->test_looks[0], &first, sizeof(first));
        }
        if (again) {
            assert_int_equal(v->test_looks[1].iterations, 4);
            assert_true(v->test_looks[1].gain == v->test_gain);
            assert_non_null(strstr(v->verdict, "The first look, after 1 "));
            check_badge(path, v->verdict);
        }
        n_again += again;
        n_same += same && !kept;
        n_kept += kept;
        free(prompt);
        pmpo_run_free(run);
    }
    assert_true(n_again > 0 && n_same + n_kept > 0);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* Examples without options have no part in what is right by options, nor in the
 * commonest answer beside it. */
static void test_majority_is_of_those_with_options(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_buf b = {0};
    for (int i = 0; i < 10; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"Is %d odd?\",\"target\":\"%s\"%s}\n",
                        i,
                        i == 0  ? "no"
                        : i < 4 ? "yes"
                                : "maybe",
                        i < 4 ? ",\"options\":[\"yes\",\"no\"]" : "");
    }
    pmpo_data *d = make_data(12, false), *test = NULL;
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "t", NULL, &test, NULL),
                     0);
    pmpo_optimize_options o = small_options();
    o.paper = true;
    o.score.loss = PMPO_LOSS_NLL;
    pmpo_model *m = fake_new(&(fake_options){.salt = 2});
    pmpo_run *run;
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL,
                                                          test},
                                   &o, path, &run, NULL),
                     0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_int_equal(v->best.test_n_options, 4);
    assert_true(v->test_majority == 0.75);
    pmpo_run_free(run);
    fake_free(m);
    pmpo_data_free(test);
    pmpo_data_free(d);
    pmpo_buf_release(&b);
    free(path);
    drop_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_later_looks_are_marked),
        cmocka_unit_test(test_prompts_that_have_seen),
        cmocka_unit_test(test_majority_is_of_those_with_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
