/* test_eval.c: metrics on the fake engine, compared with answers and
 * likelihoods put together by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/data.h"
#include "eval/eval.h"
#include "fake_engine.h"

#define SALT 5

static pmpo_data *walks(size_t n)
{
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(&b, "{\"id\":\"w%zu\",\"input\":\"Walk %zu?\","
                        "\"target\":\"%s\",\"options\":[\"Yes\",\"No\"]}\n", i,
                        i, i % 3 ? "Yes" : "No");
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "walks", NULL, &d, NULL),
                     0);
    pmpo_buf_release(&b);
    return d;
}

static pmpo_eval *evaluate(pmpo_model *m, const pmpo_data *d, unsigned metrics,
                           size_t n_prompts)
{
    const pmpo_str prompts[] = {PMPO_STR("One."), PMPO_STR("Two.")};
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_error err = {0};
    pmpo_eval_options_init(&o);
    o.metrics = metrics;
    o.no_cache = true;
    if (pmpo_eval_run(m, d, prompts, n_prompts, &o, &e, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return e;
}

static void test_answers_are_counted(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(30);
    pmpo_eval *e = evaluate(m, d, PMPO_METRIC_EXACT | PMPO_METRIC_OPTIONS, 2);
    size_t b[2] = {0}, c[2] = {0};
    assert_int_equal(e->n_metrics, 2);
    assert_string_equal(e->prompts[0].metrics[0].name, "options");
    assert_string_equal(e->prompts[0].metrics[1].name, "exact");
    for (size_t p = 0; p < 2; p++) {
        size_t right = 0;
        for (size_t i = 0; i < 30; i++) {
            const pmpo_eval_example *x = &e->prompts[p].examples[i];
            const pmpo_example *t = pmpo_data_example(d, i);
            bool yes = strstr(x->reply.ptr, "Yes") != NULL;
            bool want = pmpo_str_eq(t->target, PMPO_STR("Yes"));
            assert_int_equal(x->right[1], yes == want);
            right += yes == want;
        }
        assert_int_equal(e->prompts[p].metrics[1].n_right, right);
        assert_int_equal(e->prompts[p].metrics[1].n, 30);
        assert_true(right > 3 && right < 27); /* both kinds occurred */
    }
    for (size_t i = 0; i < 30; i++) {
        for (int k = 0; k < 2; k++) {
            int x = e->prompts[0].examples[i].right[k];
            int y = e->prompts[1].examples[i].right[k];
            b[k] += x > y;
            c[k] += x < y;
        }
    }
    assert_true(b[1] + c[1] > 0);
    assert_true(e->p_values[1] > 0 && e->p_values[1] <= 1);
    assert_true(e->majority == 20.0 / 30);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_pairs_and_means(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(20);
    pmpo_eval *e = evaluate(m, d, PMPO_METRIC_PAIRS | PMPO_METRIC_OPTIONS |
                                      PMPO_METRIC_OPTIONS_MEAN, 1);
    const pmpo_eval_metric *v = e->prompts[0].metrics;
    /* With two options, the likelier one is the one above in its pair. */
    assert_int_equal(v[0].n_right, v[2].n_right);
    assert_int_equal(v[2].n, 20);
    assert_true(v[1].n == 20 && v[0].low < v[0].value);
    assert_null(e->p_values);
    assert_int_equal(e->prompts[0].examples[0].reply.len, 0);
    assert_int_equal(fake_generated(m), 0);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_what_applies(void **state)
{
    (void)state;
    pmpo_data *d = NULL;
    unsigned metrics = 0;
    pmpo_error err = {0};
    const char *text = "{\"input\":\"x\",\"target\":\"7 apples\"}\n"
                       "{\"input\":\"y\",\"target\":\"many\"}\n";
    assert_int_equal(pmpo_data_parse(pmpo_str_of(text), "t", NULL, &d, NULL),
                     0);
    assert_int_equal(pmpo_metrics_resolve(0, d, &metrics, &err), 0);
    assert_int_equal(metrics, PMPO_METRIC_EXACT);
    assert_int_equal(pmpo_metrics_resolve(PMPO_METRIC_PAIRS, d, &metrics, &err),
                     PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "rejected"));
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_eval *e = evaluate(m, d, PMPO_METRIC_NUMBER, 1);
    assert_int_equal(e->prompts[0].metrics[0].n, 1);
    assert_int_equal(e->prompts[0].examples[1].right[0], -1);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_counted),
        cmocka_unit_test(test_pairs_and_means),
        cmocka_unit_test(test_what_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
