/* test_audit.c: the audit on the fake engine, against figures put together
 * from the public calls it is made of. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/data.h"
#include "fake_engine.h"
#include "stats/stats.h"

#define SALT 21
#define N_PROMPTS 6
#define N 30

static const pmpo_str prompts[N_PROMPTS] = {
    {"One.", 4}, {"Two.", 4}, {"Three.", 6}, {"Four.", 5}, {"", 0},
    {"Six words that say very little.", 31}};

static pmpo_data *walks(void)
{
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (size_t i = 0; i < N; i++) {
        pmpo_buf_printf(&b, "{\"id\":\"w%zu\",\"input\":\"Walk %zu?\","
                        "\"target\":\"%s\",\"options\":[\"Yes\",\"No\"],"
                        "\"weight\":%zu}\n", i, i, i % 3 ? "Yes" : "No",
                        1 + i % 2);
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "walks", NULL, &d, NULL),
                     0);
    pmpo_buf_release(&b);
    return d;
}

static const pmpo_audit_loss *row(const pmpo_audit *a, const char *name)
{
    for (size_t i = 0; i < a->n_losses; i++) {
        if (!strcmp(a->losses[i].name, name)) {
            return &a->losses[i];
        }
    }
    fail_msg("no loss %s", name);
    return NULL;
}

/* The losses of all prompts under some settings, by pmpo_score. */
static void losses_by(pmpo_model *m, const pmpo_data *d, pmpo_score_options *o,
                      double *out)
{
    pmpo_scores *s = NULL;
    o->no_cache = true;
    assert_int_equal(pmpo_score(m, d, prompts, N_PROMPTS, o, &s, NULL), 0);
    for (size_t p = 0; p < N_PROMPTS; p++) {
        out[p] = s->prompts[p].loss;
    }
    pmpo_scores_free(s);
}

static void check_losses(pmpo_model *m, const pmpo_data *d,
                         const pmpo_audit *a)
{
    static const struct {
        const char *name;
        pmpo_loss_kind loss;
        pmpo_reduction reduction;
        pmpo_normalize normalize;
        pmpo_calibrate calibrate;
    } rows[] = {
        {"nll mean", PMPO_LOSS_NLL, PMPO_REDUCE_MEAN, 0, 0},
        {"nll sum", PMPO_LOSS_NLL, PMPO_REDUCE_SUM, 0, 0},
        {"nll sum calibrated", PMPO_LOSS_NLL, PMPO_REDUCE_SUM, 0, 1},
        {"preference", PMPO_LOSS_PREFERENCE, 0, PMPO_NORM_NONE, 0},
        {"preference length", PMPO_LOSS_PREFERENCE, 0, PMPO_NORM_LENGTH, 0},
        {"choice", PMPO_LOSS_CHOICE, 0, PMPO_NORM_NONE, 0},
        {"choice calibrated", PMPO_LOSS_CHOICE, 0, PMPO_NORM_NONE, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double want[N_PROMPTS];
        pmpo_score_options o;
        pmpo_score_options_init(&o);
        o.loss = rows[i].loss;
        o.reduction = rows[i].reduction;
        o.normalize = rows[i].normalize;
        o.calibrate = rows[i].calibrate;
        losses_by(m, d, &o, want);
        for (size_t p = 0; p < N_PROMPTS; p++) {
            double got = row(a, rows[i].name)->loss[p];
            assert_true(fabs(got - want[p]) < 1e-9 * (1 + fabs(want[p])));
        }
    }
}

static pmpo_audit *audit(pmpo_model *m, const pmpo_data *d, unsigned metrics)
{
    pmpo_eval_options o;
    pmpo_audit *a = NULL;
    pmpo_error err = {0};
    pmpo_eval_options_init(&o);
    o.metrics = metrics;
    o.no_cache = true;
    if (pmpo_audit_run(m, d, prompts, N_PROMPTS, &o, &a, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return a;
}

static void test_losses_and_agreement(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks();
    pmpo_audit *a = audit(m, d, 0);
    assert_int_equal(a->n_metrics, 3);
    assert_string_equal(a->metrics[0], "options");
    assert_int_equal(a->n_losses, 10);
    check_losses(m, d, a);
    for (size_t r = 0; r < a->n_losses; r++) {
        double minus[N_PROMPTS];
        for (size_t p = 0; p < N_PROMPTS; p++) {
            minus[p] = -a->losses[r].loss[p];
        }
        for (size_t k = 0; k < 3; k++) {
            const pmpo_agreement *g = &a->losses[r].agreement[k];
            double want = pmpo_spearman(minus, a->accuracy + k * N_PROMPTS,
                                        N_PROMPTS);
            assert_true(fabs(g->value - want) < 1e-12);
            assert_true(g->low <= g->value && g->value <= g->high);
            assert_true(0 < g->p && g->p <= g->p_picked && g->p_picked <= 1);
            assert_true(g->picked == PMPO_ACCORD_OPEN || g->alone == g->picked);
            int best = a->best[k];
            assert_true(best < 0 ? !(g->value > 0)
                                 : g->value <= a->losses[best].agreement[k]
                                                   .value);
        }
    }
    pmpo_audit_free(a);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_answers(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks();
    pmpo_audit *a = audit(m, d, PMPO_METRIC_EXACT);
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_EXACT;
    o.no_cache = true;
    assert_int_equal(pmpo_eval_run(m, d, prompts, N_PROMPTS, &o, &e, NULL), 0);
    assert_int_equal(a->n_metrics, 1);
    assert_true(a->cost.generated_tokens > 0 && a->cost.prompt_tokens > 0);
    for (size_t p = 0; p < N_PROMPTS; p++) { /* weights are of the loss alone */
        assert_true(a->accuracy[p] > 0 && a->accuracy[p] < 1);
        assert_true(fabs(a->accuracy[p] - e->prompts[p].metrics[0].value) <
                    1e-12);
    }
    pmpo_eval_free(e);
    pmpo_audit_free(a);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_misuse(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks();
    pmpo_eval_options o;
    pmpo_audit *a = NULL;
    pmpo_error err = {0};
    pmpo_eval_options_init(&o);
    o.no_cache = true;
    assert_int_equal(pmpo_audit_run(m, d, prompts, 3, &o, &a, &err),
                     PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "too few"));
    for (int n = 0; n >= -1; n--) { /* every answer would be cut off */
        o.max_tokens = n;
        assert_int_equal(pmpo_audit_run(m, d, prompts, 5, &o, &a, &err),
                         PMPO_EUSAGE);
        assert_non_null(strstr(err.text, "1 token or more"));
    }
    o.max_tokens = 8;
    o.metrics = PMPO_METRIC_JUDGE;
    assert_int_equal(pmpo_audit_run(m, d, prompts, 5, &o, &a, &err),
                     PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "options-calibrated, exact, number, "
                                     "choice only"));
    o.metrics = PMPO_METRIC_NUMBER;
    assert_int_equal(pmpo_audit_run(m, d, prompts, 5, &o, &a, &err),
                     PMPO_EUSAGE);
    assert_null(a);
    pmpo_data_free(d);
    fake_free(m);
}

/* A run's own loss is named, also where it is none of the ten. */
static void test_run_loss(void **state)
{
    (void)state;
    static const struct {
        pmpo_loss_kind loss;
        pmpo_reduction reduction;
        pmpo_normalize normalize;
        pmpo_calibrate calibrate;
        double beta;
        const char *name;
        size_t n;
    } cases[] = {
        {PMPO_LOSS_NLL, PMPO_REDUCE_SUM, 0, 1, 1, "nll sum calibrated", 10},
        {PMPO_LOSS_CHOICE, 0, PMPO_NORM_LENGTH, 0, 1, "choice length", 10},
        {PMPO_LOSS_PREFERENCE, 0, PMPO_NORM_NONE, 0, 1, "preference", 10},
        {PMPO_LOSS_PREFERENCE, 0, PMPO_NORM_LENGTH, 1, 0.5,
         "preference length beta 0.5 calibrated", 11},
    };
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pmpo_score_options so;
        pmpo_score_options_init(&so);
        so.loss = cases[i].loss;
        so.reduction = cases[i].reduction;
        so.normalize = cases[i].normalize;
        so.calibrate = cases[i].calibrate;
        so.beta = cases[i].beta;
        pmpo_eval_options o;
        pmpo_eval_options_init(&o);
        o.no_cache = true;
        o.run_loss = &so;
        pmpo_audit *a = NULL;
        assert_int_equal(pmpo_audit_run(m, d, prompts, N_PROMPTS, &o, &a,
                                        NULL), 0);
        assert_int_equal(a->n_losses, cases[i].n);
        assert_true(a->own >= 0);
        assert_string_equal(a->losses[a->own].name, cases[i].name);
        double want[N_PROMPTS];
        losses_by(m, d, &so, want);
        for (size_t p = 0; p < N_PROMPTS; p++) {
            assert_true(fabs(a->losses[a->own].loss[p] - want[p]) < 1e-9);
        }
        pmpo_audit_free(a);
    }
    pmpo_data_free(d);
    fake_free(m);
}

/* Prompts made from one another count as one, their mean: here the first three
 * do, and the audit of the means by hand says the same. */
static void test_families(void **state)
{
    (void)state;
    static const int families[N_PROMPTS] = {7, 7, 7, 1, 2, 3};
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks();
    pmpo_eval_options o;
    pmpo_audit *apart = audit(m, d, PMPO_METRIC_OPTIONS), *a = NULL;
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_OPTIONS;
    o.no_cache = true;
    o.families = families;
    assert_int_equal(pmpo_audit_run(m, d, prompts, N_PROMPTS, &o, &a, NULL), 0);
    assert_int_equal(apart->n_families, N_PROMPTS);
    assert_int_equal(a->n_families, 4);
    assert_int_equal(a->n_prompts, N_PROMPTS);
    double right[4] = {0};
    for (size_t p = 0; p < N_PROMPTS; p++) {
        right[p < 3 ? 0 : p - 2] += a->accuracy[p] / (p < 3 ? 3 : 1);
    }
    bool other = false;
    for (size_t r = 0; r < a->n_losses; r++) {
        double minus[4] = {0};
        for (size_t p = 0; p < N_PROMPTS; p++) {
            minus[p < 3 ? 0 : p - 2] -= a->losses[r].loss[p] / (p < 3 ? 3 : 1);
            assert_true(a->losses[r].loss[p] == apart->losses[r].loss[p]);
        }
        double want = pmpo_spearman(minus, right, 4);
        assert_true(fabs(a->losses[r].agreement[0].value - want) < 1e-9);
        other |= a->losses[r].agreement[0].value !=
                 apart->losses[r].agreement[0].value;
    }
    assert_true(other);
    pmpo_audit_free(a);
    pmpo_audit_free(apart);
    pmpo_data_free(d);
    fake_free(m);
}

/* A run's loss on the answer is named also where the answer is the target. */
static void test_own_loss_on_the_answer(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (int i = 0; i < 8; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"Q%d\",\"target\":\"%d\","
                        "\"answer\":\"%d\"}\n", i, 10 + i, 10 + i);
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "q", NULL, &d, NULL), 0);
    pmpo_buf_release(&b);
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_score_options run;
    pmpo_eval_options o;
    pmpo_audit *a = NULL;
    pmpo_score_options_init(&run);
    run.loss = PMPO_LOSS_NLL;
    run.loss_on = PMPO_LOSS_ON_ANSWER;
    pmpo_eval_options_init(&o);
    o.run_loss = &run;
    o.no_cache = true;
    assert_int_equal(pmpo_audit_run(m, d, prompts, N_PROMPTS, &o, &a, NULL), 0);
    assert_true(a->own >= 0);
    assert_string_equal(a->losses[a->own].name, "nll mean of answer");
    pmpo_audit_free(a);
    pmpo_data_free(d);
    fake_free(m);
}

/* Where answers stand in longer targets, their own cost is two losses more;
 * a run may have been made with one. */
static void test_losses_on_the_answer(void **state)
{
    (void)state;
    static const char text[] =
        "{\"input\":\"a\",\"target\":\"So it is 4.\",\"answer\":\"4\"}\n"
        "{\"input\":\"b\",\"target\":\"So it is 12.\",\"answer\":\"12\"}\n"
        "{\"input\":\"c\",\"target\":\"So it is 9.\",\"answer\":\"9\"}\n";
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d;
    assert_int_equal(pmpo_data_parse(PMPO_STR(text), "sums", NULL, &d, NULL), 0);
    for (int sum = 0; sum < 2; sum++) {
        pmpo_score_options so;
        pmpo_score_options_init(&so);
        so.loss = PMPO_LOSS_NLL;
        so.loss_on = PMPO_LOSS_ON_ANSWER;
        so.reduction = sum ? PMPO_REDUCE_SUM : PMPO_REDUCE_MEAN;
        pmpo_eval_options o;
        pmpo_eval_options_init(&o);
        o.no_cache = true;
        o.run_loss = &so;
        o.metrics = PMPO_METRIC_NUMBER;
        pmpo_audit *a = NULL;
        assert_int_equal(pmpo_audit_run(m, d, prompts, N_PROMPTS, &o, &a,
                                        NULL), 0);
        assert_int_equal(a->n_losses, 6); /* nll: 4, and 2 of answers */
        const char *name = sum ? "nll sum of answer" : "nll mean of answer";
        assert_true(a->own >= 0);
        assert_string_equal(a->losses[a->own].name, name);
        double want[N_PROMPTS];
        losses_by(m, d, &so, want);
        for (size_t p = 0; p < N_PROMPTS; p++) {
            assert_true(fabs(row(a, name)->loss[p] - want[p]) < 1e-9);
            assert_true(fabs(row(a, "nll mean")->loss[p] - want[p]) > 1e-9);
        }
        pmpo_audit_free(a);
    }
    pmpo_data_free(d);
    fake_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_losses_and_agreement),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_run_loss),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_own_loss_on_the_answer),
        cmocka_unit_test(test_losses_on_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
