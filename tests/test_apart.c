/* test_apart.c: what a run has seen is told by what is asked, not by ids. */
#include "run_help.h"

static pmpo_data *parse(const char *text)
{
    pmpo_data *d = NULL;
    assert_int_equal(pmpo_data_parse(pmpo_str_of(text), "other.jsonl", NULL,
                                     &d, NULL), 0);
    return d;
}

static const char seen_text[] =
    "{\"id\":\"a\",\"input\":\"1+1?\",\"target\":\"2\"}\n"
    "{\"id\":\"b\",\"messages\":[{\"role\":\"user\",\"content\":\"2+2?\"}],"
    "\"target\":\"4\"}\n"
    "{\"id\":\"c\",\"messages\":[{\"role\":\"system\",\"content\":\"Add.\"},"
    "{\"role\":\"user\",\"content\":\"3+3?\"}],\"target\":\"6\"}\n";

static const char more_text[] =
    "{\"id\":\"a\",\"input\":\"an id by chance the same\",\"target\":\"2\"}\n"
    "{\"id\":\"x\",\"input\":\"1+1?\",\"target\":\"two\"}\n"
    "{\"id\":\"y\",\"input\":\"2+2?\",\"target\":\"4\"}\n"
    "{\"id\":\"z\",\"input\":\"3+3?\",\"target\":\"6\"}\n"
    "{\"id\":\"w\",\"messages\":[{\"role\":\"user\",\"content\":\"1+1?\"}],"
    "\"target\":\"2\"}\n";

static void test_unseen_by_content(void **state)
{
    (void)state;
    pmpo_data *seen = parse(seen_text), *more = parse(more_text), *rest;
    const pmpo_data *const sets[] = {NULL, seen};
    size_t n = 0;
    assert_int_equal(pmpo_data_unseen(more, sets, 2, &rest, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_int_equal(pmpo_data_count(rest), 2);
    assert_string_equal(pmpo_data_example(rest, 0)->id.ptr, "a");
    assert_string_equal(pmpo_data_example(rest, 1)->id.ptr, "z");
    pmpo_data_free(rest);
    pmpo_error err;
    assert_int_equal(pmpo_data_unseen(seen, sets, 2, &rest, &n, &err),
                     PMPO_EDATA);
    assert_non_null(strstr(err.text, "other.jsonl"));
    pmpo_data_free(seen);
    pmpo_data_free(more);
}

/* The parts given to optimize: refused by content, whatever the ids say. */
static void test_parts_are_apart(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *train = make_data(8, true);
    pmpo_data *same_id = parse("{\"id\":\"e01\",\"input\":\"Another question "
                               "under an old id?\",\"chosen\":\"yes\","
                               "\"rejected\":[\"no\"]}\n");
    pmpo_data *same_words = parse(
        "{\"id\":\"new\",\"messages\":[{\"role\":\"user\",\"content\":"
        "\"Question 1: is the number 8 a lucky number for us?\"}],"
        "\"chosen\":\"yes\",\"rejected\":[\"no\"]}\n");
    pmpo_optimize_options o = small_options();
    pmpo_error err;
    o.iterations = 1;
    assert_int_equal(run_once(&(fake_options){.salt = 1}, &o, train, NULL,
                              same_words, path, NULL, &err), PMPO_EDATA);
    assert_non_null(strstr(err.text, "other.jsonl:1: example new"));
    assert_int_equal(run_once(&(fake_options){.salt = 1}, &o, train,
                              same_words, NULL, path, NULL, &err),
                     PMPO_EDATA);
    assert_int_equal(run_once(&(fake_options){.salt = 1}, &o, train, NULL,
                              same_id, path, NULL, &err), 0);
    pmpo_data_free(train);
    pmpo_data_free(same_id);
    pmpo_data_free(same_words);
    free(path);
    drop_folder(folder);
}

/* Parts too small to tell anything are remarked on. */
static void test_few_examples(void **state)
{
    static const struct {
        double train, val;
        const char *notes[2]; /* beginnings, in order */
    } cases[] = {
        {2, 1, {"fewer than 3 training examples", "1 validation example:"}},
        {3, 4, {"4 validation examples: too few"}},
        {3, 5, {NULL}},
        {3, 0, {NULL}},
    };
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(12, true);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pmpo_optimize_options o = small_options();
        o.iterations = 0;
        o.force = true;
        o.split.train = cases[i].train;
        o.split.validation = cases[i].val;
        pmpo_run *run = finished(&(fake_options){0}, &o, d, path, 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        size_t n = (cases[i].notes[0] != NULL) + (cases[i].notes[1] != NULL);
        size_t found = 0;
        for (size_t k = 0; k < v->n_notes; k++) {
            const char *want = found < n ? cases[i].notes[found] : NULL;
            found += want && strncmp(v->notes[k], want, strlen(want)) == 0;
            assert_true(want || !strstr(v->notes[k], " examples"));
        }
        assert_int_equal(found, n);
        pmpo_run_free(run);
    }
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* Examples of one input fill the training part; where a size was asked for that
 * is refused. */
static void test_nothing_left(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_buf b = {0};
    for (int i = 0; i < 12; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"\",\"target\":\"%d\"}\n", i);
    }
    pmpo_data *d = NULL;
    pmpo_error err;
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "d", NULL, &d, NULL), 0);
    pmpo_buf_release(&b);
    pmpo_optimize_options o = small_options();
    o.iterations = 0;
    o.split = (pmpo_split){-1, -1, -1, 1};
    pmpo_run *run = finished(&(fake_options){0}, &o, d, path, 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_non_null(strstr(v->notes[0], "left for the validation part"));
    assert_non_null(strstr(v->notes[1], "left for the test part"));
    pmpo_run_free(run);
    o.force = true;
    o.split.test = 4;
    assert_int_equal(run_once(&(fake_options){.salt = 1}, &o, d, NULL, NULL,
                              path, NULL, &err),
                     PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "nothing is left for the test part"));
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unseen_by_content),
        cmocka_unit_test(test_parts_are_apart),
        cmocka_unit_test(test_few_examples),
        cmocka_unit_test(test_nothing_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
