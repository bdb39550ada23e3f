/* test_paid.c: what servers with a price were paid is told, once. */
#include "remote_help.h"

/* 100 dollars a million tokens in, 1000 out. */
static pmpo_model *open_priced(llm_server *s)
{
    pmpo_model *m = NULL;
    pmpo_error err;
    pmpo_model_options o = {.price_in = 100, .price_out = 1000};
    assert_int_equal(open_url(llm_server_url(s), &o, &m, &err), 0);
    return m;
}

/* What these calls have cost by their own account. */
static double told(pmpo_model *m, const pmpo_data *d)
{
    const pmpo_str p[] = {PMPO_STR("Say yes or no."), PMPO_STR("Decide."),
                          PMPO_STR("Is it so?"), PMPO_STR("Answer the user.")};
    pmpo_analyze_options ao;
    pmpo_eval_options eo;
    pmpo_compare_options co;
    pmpo_compress_options so;
    pmpo_analysis *a;
    pmpo_audit *u;
    pmpo_compare *c;
    pmpo_compression *s;
    pmpo_score_options po;
    pmpo_scores *scores;
    pmpo_score_options_init(&po);
    po.no_cache = true;
    pmpo_analyze_options_init(&ao);
    pmpo_eval_options_init(&eo);
    pmpo_compare_options_init(&co);
    pmpo_compress_options_init(&so);
    ao.score.no_cache = eo.no_cache = so.score.no_cache = true;
    co.score.no_cache = true;
    co.metric = PMPO_METRIC_EXACT;
    assert_int_equal(pmpo_score(m, d, p, 2, &po, &scores, NULL), 0);
    assert_int_equal(pmpo_analyze(m, d, p[0], &ao, &a, NULL), 0);
    assert_int_equal(pmpo_audit_run(m, d, p, 4, &eo, &u, NULL), 0);
    assert_int_equal(pmpo_compare_new(d, p, 2, &co, &c, NULL), 0);
    assert_int_equal(pmpo_compare_add(c, m, NULL), 0);
    assert_int_equal(pmpo_compress(m, d, p[0], &so, &s, NULL), 0);
    const double of[] = {scores->cost.dollars, a->cost.dollars, u->cost.dollars,
                         pmpo_compare_describe(c)->cost.dollars,
                         s->cost.dollars};
    double sum = 0;
    for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++) {
        assert_true(of[i] > 0);
        sum += of[i];
    }
    pmpo_scores_free(scores);
    pmpo_analysis_free(a);
    pmpo_audit_free(u);
    pmpo_compare_free(c);
    pmpo_compression_free(s);
    return sum;
}

static void test_every_call_tells_what_was_paid(void **state)
{
    (void)state;
    llm_server *s = llm_server_start(&(llm_options){.salt = 33});
    pmpo_model *m = open_priced(s);
    pmpo_data *d = make_data(8, false);
    double sum = told(m, d);
    assert_true(fabs(sum - m->dollars) < 1e-9 * sum);
    pmpo_data_free(d);
    pmpo_model_free(m);
    llm_server_stop(s);
}

/* A model that scores with another and rewrites, too, is paid once. */
static void test_money_of_joined_models(void **state)
{
    (void)state;
    llm_server *s = llm_server_start(&(llm_options){.salt = 31});
    llm_server *t = llm_server_start(&(llm_options){.salt = 34});
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_optimize_options o = small_options();
    pmpo_data *d = make_data(30, false);
    pmpo_model *m = must_open(llm_server_url(s)), *both = open_priced(t);
    pmpo_run *run;
    pmpo_error err;
    assert_int_equal(pmpo_model_join(m, &both, 1, PMPO_JOINT_MEAN, &err), 0);
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, both, d, NULL,
                                                          NULL},
                                   &o, path, &run, &err),
                     0);
    double dollars = pmpo_run_describe(run)->cost.dollars;
    assert_true(dollars > 0 && fabs(dollars - both->dollars) < 1e-9 * dollars);
    pmpo_run_free(run);
    pmpo_data_free(d);
    pmpo_model_free(m);
    pmpo_model_free(both);
    llm_server_stop(s);
    llm_server_stop(t);
    drop_folder(folder);
    free(path);
}

/* What the answers to 8 questions cost, where so many replies come first that
 * are no use. */
static double paid_for(unsigned mute)
{
    llm_server *s = llm_server_start(
        &(llm_options){.kind = LLM_CHAT, .salt = 33, .mute = mute});
    pmpo_model *m = open_priced(s);
    pmpo_data *d = make_data(8, false);
    pmpo_eval *e = evaluate(m, NULL, d);
    double dollars = e->cost.dollars;
    assert_true(fabs(dollars - (double)e->cost.prompt_tokens * 1e-4 -
                     (double)e->cost.generated_tokens * 1e-3) < 1e-9);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    pmpo_model_free(m);
    llm_server_stop(s);
    return dollars;
}

static void test_useless_replies_cost_too(void **state)
{
    (void)state;
    double plain = paid_for(0), more = paid_for(2);
    assert_true(more > plain * 1.1 && more < plain * 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_call_tells_what_was_paid),
        cmocka_unit_test(test_money_of_joined_models),
        cmocka_unit_test(test_useless_replies_cost_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
