/* test_analyze.c: what parts of a prompt are worth, and what a run would
 * cost, on the fake engine. */
#include "run_help.h"

static void test_estimate(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_error err;
    pmpo_estimate e;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.metric = PMPO_RUN_METRIC_EXACT; /* pairs have none by themselves */
    pmpo_model *m = fake_new(&(fake_options){.salt = 4});
    assert_int_equal(pmpo_optimize_estimate(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                            &o, &e, &err), 0);
    assert_true(fake_events(m) <= 8); /* two scorings, two generations */
    assert_int_equal(fake_violations(m), 0);
    assert_int_equal(e.n_train, 4);
    assert_int_equal(e.n_val, 3);
    assert_int_equal(e.n_test, 3);
    assert_true(e.first_prefill_tokens > 4 * 50);
    assert_true(e.first_logical_tokens > e.first_prefill_tokens);
    assert_true(e.prefill_per_s > 0 && e.decode_per_s > 0);
    assert_true(e.first_seconds > 0 && e.bound_seconds > 0);
    assert_true(strlen(e.assumptions) > 100);
    pmpo_run *run;
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                   &o, path, &run, &err), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_true(e.bound_prefill_tokens > v->cost.prefill_tokens);
    assert_true(v->cost.prompt_tokens > 0);
    assert_true(e.bound_prompt_tokens > v->cost.prompt_tokens);
    assert_true(e.bound_generated_tokens + e.bound_answer_tokens >
                v->cost.generated_tokens);
    assert_true(e.likely_prefill_tokens > e.first_prefill_tokens);
    assert_true(e.likely_prefill_tokens < e.bound_prefill_tokens);
    assert_true(e.likely_generated_tokens > 0 &&
                e.likely_generated_tokens < e.bound_generated_tokens);
    assert_true(e.likely_answer_tokens > 0 &&
                e.likely_answer_tokens < e.bound_answer_tokens);
    assert_true(e.answer_per_s > 0 && e.likely_seconds < e.bound_seconds);
    pmpo_run_free(run);
    o.iterations = 0; /* the rewriter isn't asked for anything */
    assert_int_equal(pmpo_optimize_estimate(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                            &o, &e, &err), 0);
    assert_true(isfinite(e.likely_seconds) && isfinite(e.bound_seconds));
    assert_int_equal(e.bound_generated_tokens, 0);
    o.iterations = 2;
    /* The published loop generates no answers to choose by; of the test part's
     * three, each prompt's. */
    o.paper = true;
    o.metric = PMPO_RUN_METRIC_EXACT;
    assert_int_equal(pmpo_optimize_estimate(&(pmpo_optimize_input){m, NULL, d,
                                                                   NULL, NULL},
                                            &o, &e, &err),
                     0);
    assert_int_equal(e.bound_answer_tokens, 2 * 3 * o.max_answer_tokens);
    o.paper = false;
    o.max_answer_tokens = 1 << 20; /* refused as by the run */
    assert_int_equal(pmpo_optimize_estimate(&(pmpo_optimize_input){m, NULL, d,
                                                                   NULL, NULL},
                                            &o, &e, &err),
                     PMPO_ETOOLONG);
    assert_non_null(strstr(err.text, "lower --max-tokens"));
    o.max_answer_tokens = 16;
    o.hard = 0;
    assert_int_equal(pmpo_optimize_estimate(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                            &o, &e, &err), PMPO_EUSAGE);
    fake_free(m);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void check_analysis(const pmpo_analysis *a, const pmpo_data *d,
                           pmpo_str prompt)
{
    const pmpo_segment_effect *s = &a->segments[0];
    assert_int_equal(a->n_segments, 2);
    for (size_t i = 0; i < a->n_segments; i++) {
        s = &a->segments[i];
        assert_true(pmpo_str_eq(s->text,
                                pmpo_str_sub(prompt, s->begin, s->end)));
        assert_true(s->low <= s->effect && s->effect <= s->high);
    }
    /* The last effect by hand. */
    pmpo_buf masked = {0};
    pmpo_buf_put(&masked, pmpo_str_sub(prompt, 0, s->begin));
    pmpo_buf_puts(&masked, "<MASK>");
    pmpo_buf_put(&masked, pmpo_str_sub(prompt, s->end, prompt.len));
    double sum = 0, weight = 0;
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        const char *t = i % 3 ? "yes" : "no";
        sum += e->weight / (double)strlen(t)
               * (by_hand(9, prompt, e->input, t)
                  - by_hand(9, pmpo_buf_str(&masked), e->input, t));
        weight += e->weight;
    }
    assert_true(fabs(sum / weight - s->effect) < 1e-9);
    pmpo_buf_release(&masked);
}

static void test_analyze(void **state)
{
    (void)state;
    pmpo_error err = {0};
    pmpo_analysis *a;
    pmpo_data *d = make_data(5, false);
    pmpo_analyze_options o;
    pmpo_analyze_options_init(&o);
    o.max_segments = 3;
    o.score.no_cache = true;
    o.score.loss = PMPO_LOSS_NLL;
    o.score.end = PMPO_END_NO;
    pmpo_model *m = fake_new(&(fake_options){.salt = 9});
    /* The fake's marking never has two segments, so this tag forces the
     * fallback, which has. */
    pmpo_str prompt = PMPO_STR("Say yes or no. Use the <prompt> tag.");
    int rc = pmpo_analyze(m, d, prompt, &o, &a, &err);
    if (rc < 0) {
        fail_msg("%s", err.text);
    }
    assert_false(a->marked_by_model);
    assert_true(a->marking_note[0] != '\0');
    assert_true(a->loss == a->scores->prompts[0].loss);
    assert_false(isnan(a->loss_without));
    assert_true(a->loss_without != a->loss);
    assert_true(a->cost.prefill_tokens > 0);
    check_analysis(a, d, prompt);
    pmpo_analysis_free(a);
    pmpo_analysis_free(NULL);
    o.max_segments = 0;
    assert_int_equal(pmpo_analyze(m, d, prompt, &o, &a, &err), PMPO_EUSAGE);
    assert_int_equal(fake_violations(m), 0);
    fake_free(m);
    pmpo_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_analyze),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
