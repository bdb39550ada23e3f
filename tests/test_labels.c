/* test_labels.c: the set of labels of a run: what the contract lists, what the
 * guard holds a prompt to, and what is told of the test part. */
#include "propose/labels.h"
#include "run_help.h"

/* n tickets of the first `most` of the labels; `from` makes their inputs new. */
static pmpo_data *tickets(int n, int most, int from)
{
    static const char *const labels[] = {"account", "billing", "delivery",
                                         "technical"};
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (int i = 0; i < n; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"Ticket %d\",\"target\":\"%s\"}\n",
                        from + i, labels[i % most]);
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "t", NULL, &d, NULL), 0);
    pmpo_buf_release(&b);
    return d;
}

static size_t notes_with(const pmpo_run_view *v, const char *words)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_notes; i++) {
        n += strstr(v->notes[i], words) != NULL;
    }
    return n;
}

static bool has_candidate(const pmpo_run_view *v, const char *prompt)
{
    bool yes = false;
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            yes = yes || pmpo_str_eq(v->iterations[i].candidates[k].prompt,
                                     pmpo_str_of(prompt));
        }
    }
    return yes;
}

/* Training has two labels, validation three, and the test part four. */
static void labels_are_those_of_both_parts(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *train = tickets(8, 2, 0), *val = tickets(6, 3, 100);
    pmpo_optimize_options o = small_options();
    o.proposers = "contract";
    o.score.loss = PMPO_LOSS_NLL;
    o.metric = PMPO_RUN_METRIC_NONE;
    o.iterations = 1;
    o.force = o.no_rewriter = true;
    for (int most = 3; most <= 4; most++) {
        pmpo_data *test = tickets(8, most, 200);
        pmpo_model *m = fake_new(&(fake_options){.salt = 2});
        pmpo_run *run = NULL;
        pmpo_error err;
        if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, train, val, test},
                          &o, path, &run, &err) < 0) {
            fail_msg("%s", err.text);
        }
        const pmpo_run_view *v = pmpo_run_describe(run);
        assert_true(has_candidate(v, "Answer with exactly one of: account, "
                                     "billing, delivery."));
        assert_int_equal(notes_with(v, "2 test examples have a label"),
                         most == 4);
        assert_int_equal(notes_with(v, "('technical')"), most == 4);
        pmpo_run_free(run);
        fake_free(m);
        pmpo_data_free(test);
    }
    pmpo_data_free(train);
    pmpo_data_free(val);
    free(path);
    drop_folder(folder);
}

static pmpo_labels read_labels(const pmpo_data *a, const pmpo_data *b,
                               pmpo_arena *mem)
{
    pmpo_labels l;
    assert_int_equal(pmpo_labels_read(a, b, mem, &l, NULL), 0);
    return l;
}

static void what_is_a_set(void **state)
{
    (void)state;
    pmpo_arena mem = {0};
    pmpo_data *a = tickets(8, 4, 0), *b = tickets(7, 4, 100);
    assert_int_equal(read_labels(a, NULL, &mem).n, 4);
    assert_int_equal(read_labels(b, NULL, &mem).n, 0); /* once and a half each */
    assert_int_equal(read_labels(b, a, &mem).n, 4);
    pmpo_data_free(a);
    pmpo_data_free(b);
    pmpo_arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_those_of_both_parts),
        cmocka_unit_test(what_is_a_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
