/* test_compare.c: comparisons on the fake engine, against figures put together
 * from the public calls they are made of; Holm's correction by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/compare.h"
#include "data/data.h"
#include "fail_alloc.h"
#include "fake_engine.h"
#include "stats/holm.h"
#include "stats/paired.h"
#include "stats/stats.h"

#define N 30
#define N_PROMPTS 3
#define EVIL                                                                   \
    "\"'></title></style></svg><script>boo()</script><img src=x onerror=boo()>"
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-12)

static const pmpo_str prompts[N_PROMPTS] = {
    {"One.", 4}, {"Two.", 4}, {"Three words more.", 17}};

static pmpo_data *parse(pmpo_buf *b)
{
    pmpo_data *d = NULL;
    pmpo_error err = {0};
    if (pmpo_data_parse(pmpo_buf_str(b), "made", NULL, &d, &err) < 0) {
        fail_msg("%s", err.text);
    }
    pmpo_buf_release(b);
    return d;
}

/* Yes or no, with weights; `twice`: every input twice. */
static pmpo_data *choices(bool twice)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < N; i++) {
        pmpo_buf_printf(&b, "{\"id\":\"w%zu\",\"input\":\"Walk %zu?\","
                        "\"target\":\"%s\",\"options\":[\"Yes\",\"No\"],"
                        "\"weight\":%zu}\n", i, twice ? i / 2 : i,
                        i % 3 ? "Yes" : "No", 1 + i % 2);
    }
    return parse(&b);
}

static pmpo_data *free_answers(void)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < N; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"Walk %zu?\",\"target\":\"%s\"}\n", i,
                        i % 3 ? "Yes" : "No");
    }
    return parse(&b);
}

static pmpo_compare *compared(const pmpo_data *d, const pmpo_str *p, size_t n,
                              const uint64_t *salts, size_t n_models)
{
    pmpo_compare *c = NULL;
    pmpo_compare_options o;
    pmpo_error err = {0};
    pmpo_compare_options_init(&o);
    o.score.no_cache = true;
    if (pmpo_compare_new(d, p, n, &o, &c, &err) < 0) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < n_models; i++) {
        pmpo_model *m = fake_new(&(fake_options){.salt = salts[i]});
        if (pmpo_compare_add(c, m, &err) < 0) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(fake_violations(m), 0);
        fake_free(m);
    }
    return c;
}

/* ---- Holm ---------------------------------------------------------------------- */

static void test_holm(void **state)
{
    (void)state;
    /* Sorted: 0.01 x 4, 0.02 x 3, 0.03 x 2 (no less than 0.06), 0.5 x 1. */
    const double p[] = {0.03, NAN, 0.01, 0.5, 0.02};
    const double expected[] = {0.06, NAN, 0.04, 0.5, 0.06};
    double out[5];
    pmpo_holm(p, 5, out);
    for (size_t i = 0; i < 5; i++) {
        assert_true(isnan(p[i]) ? isnan(out[i])
                                : fabs(out[i] - expected[i]) < 1e-12);
    }
    const double many[] = {0.9, 0.8, 0.8};
    pmpo_holm(many, 3, out);
    assert_true(out[0] == 1 && out[1] == 1 && out[2] == 1);
    pmpo_holm(p, 1, out);
    NEAR(out[0], 0.03);
}

/* ---- figures ----------------------------------------------------------------------- */

/* One model by pmpo_score, without groups. */
static void check_losses(const pmpo_data *d, uint64_t salt,
                         const pmpo_compare_cell *cells)
{
    pmpo_model *m = fake_new(&(fake_options){.salt = salt});
    pmpo_score_options o;
    pmpo_scores *s = NULL;
    pmpo_score_options_init(&o);
    o.no_cache = true;
    assert_int_equal(pmpo_score(m, d, prompts, N_PROMPTS, &o, &s, NULL), 0);
    for (size_t p = 0; p < N_PROMPTS; p++) {
        const pmpo_prompt_score *x = &s->prompts[p], *first = &s->prompts[0];
        double gain[N], w[N], right_gain[N], one[N], p_value;
        size_t up = 0, down = 0;
        for (size_t i = 0; i < N; i++) {
            gain[i] = first->examples[i].loss - x->examples[i].loss;
            w[i] = x->examples[i].weight;
            right_gain[i] = x->examples[i].correct - first->examples[i].correct;
            one[i] = 1;
            up += x->examples[i].correct && !first->examples[i].correct;
            down += !x->examples[i].correct && first->examples[i].correct;
        }
        NEAR(cells[p].loss, x->loss);
        assert_int_equal(cells[p].n_right, x->n_correct);
        assert_int_equal(cells[p].n_asked, N);
        pmpo_interval right = pmpo_wilson(x->n_correct, N);
        NEAR(cells[p].right_low, right.low);
        if (p == 0) {
            assert_true(isnan(cells[p].loss_gain.value));
            assert_true(isnan(cells[p].right_gain.p_holm));
            continue;
        }
        pmpo_interval v = pmpo_mean_interval(gain, w, N);
        pmpo_interval r = pmpo_paired_groups(right_gain, one, N, 1, &p_value);
        NEAR(cells[p].loss_gain.value, v.value);
        NEAR(cells[p].loss_gain.high, v.high);
        NEAR(cells[p].right_gain.value, r.value);
        NEAR(cells[p].right_gain.low, r.low);
        NEAR(cells[p].right_gain.p, pmpo_mcnemar(up, down));
    }
    pmpo_scores_free(s);
    fake_free(m);
}

static void test_two_models(void **state)
{
    (void)state;
    const uint64_t salts[] = {4, 9};
    pmpo_data *d = choices(false);
    pmpo_compare *c = compared(d, prompts, N_PROMPTS, salts, 2);
    const pmpo_comparison *v = pmpo_compare_describe(c);
    assert_int_equal(v->n_models, 2);
    assert_int_equal(v->n_examples, N);
    assert_int_equal(v->n_inputs, N);
    assert_string_equal(v->metric, "options");
    assert_true(v->losses_compare); /* preference */
    for (size_t m = 0; m < 2; m++) {
        check_losses(d, salts[m], v->models[m].cells);
    }
    for (size_t p = 0; p < N_PROMPTS; p++) {
        NEAR(v->all[p].loss, (v->models[0].cells[p].loss
                              + v->models[1].cells[p].loss) / 2);
        NEAR(v->all[p].right, (v->models[0].cells[p].right
                               + v->models[1].cells[p].right) / 2);
        assert_true(p == 0 || v->all[p].loss_gain.low
                              < v->all[p].loss_gain.value);
    }
    /* Holm's correction is over both models' tests. */
    double most = 0, least = 1;
    for (size_t m = 0; m < 2; m++) {
        for (size_t p = 1; p < N_PROMPTS; p++) {
            const pmpo_compare_gain *g = &v->models[m].cells[p].loss_gain;
            if (g->p < least) {
                least = g->p;
                most = g->p_holm;
            }
        }
    }
    NEAR(most, fmin(1, 4 * least));
    pmpo_compare_free(c);
    pmpo_data_free(d);
}

/* The loss may be calibrated; the metric options isn't. */
static void test_options_are_eval_s(void **state)
{
    (void)state;
    pmpo_data *d = choices(false);
    pmpo_compare_options o;
    pmpo_compare *c = NULL;
    pmpo_compare_options_init(&o);
    o.score.no_cache = true;
    o.score.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    assert_int_equal(pmpo_compare_new(d, prompts, N_PROMPTS, &o, &c, NULL), 0);
    pmpo_model *m = fake_new(&(fake_options){.salt = 4});
    assert_int_equal(pmpo_compare_add(c, m, NULL), 0);
    pmpo_eval_options eo;
    pmpo_eval *e = NULL;
    pmpo_eval_options_init(&eo);
    eo.no_cache = true;
    eo.metrics = PMPO_METRIC_OPTIONS | PMPO_METRIC_OPTIONS_CALIBRATED;
    assert_int_equal(pmpo_eval_run(m, d, prompts, N_PROMPTS, &eo, &e, NULL), 0);
    bool differ = false;
    for (size_t p = 0; p < N_PROMPTS; p++) {
        const pmpo_eval_metric *v = e->prompts[p].metrics;
        assert_int_equal(pmpo_compare_describe(c)->models[0].cells[p].n_right,
                         v[0].n_right);
        differ |= v[0].n_right != v[1].n_right;
    }
    assert_true(differ);
    pmpo_eval_free(e);
    pmpo_compare_free(c);
    pmpo_data_free(d);
    fake_free(m);
}

/* Pairs are compared where every example is one. */
static void test_some_pairs(void **state)
{
    (void)state;
    for (size_t n_pairs = N - 1; n_pairs <= N; n_pairs++) {
        pmpo_buf b = {0};
        for (size_t i = 0; i < N; i++) {
            pmpo_buf_printf(&b, "{\"input\":\"Walk %zu?\",\"%s\":\"Yes\"%s}\n",
                            i, i < n_pairs ? "chosen" : "target",
                            i < n_pairs ? ",\"rejected\":[\"No\"]" : "");
        }
        pmpo_data *d = parse(&b);
        const uint64_t salt = 4;
        pmpo_compare *c = compared(d, prompts, 2, &salt, 1);
        assert_string_equal(pmpo_compare_describe(c)->metric,
                            n_pairs == N ? "pairs" : "exact");
        pmpo_compare_free(c);
        pmpo_data_free(d);
    }
}

/* Two examples of one input count as one. */
static void test_groups(void **state)
{
    (void)state;
    const uint64_t salt = 4;
    pmpo_data *d = choices(true);
    pmpo_compare *c = compared(d, prompts, 2, &salt, 1);
    const pmpo_comparison *v = pmpo_compare_describe(c);
    assert_int_equal(v->n_inputs, N / 2);
    assert_null(v->all);
    assert_int_equal(v->best.pick, v->models[0].best.pick);
    pmpo_compare_free(c);
    pmpo_data_free(d);
}

static void test_best(void **state)
{
    (void)state;
    const uint64_t salt = 9;
    pmpo_data *d = choices(false);
    pmpo_compare *c = compared(d, prompts, N_PROMPTS, &salt, 1);
    const pmpo_comparison *v = pmpo_compare_describe(c);
    const pmpo_compare_cell *x = v->models[0].cells;
    const pmpo_compare_best *b = &v->models[0].best;
    for (size_t p = 0; p < N_PROMPTS; p++) {
        assert_true(x[b->by_loss].loss <= x[p].loss);
        assert_true(x[b->by_right].right >= x[p].right);
    }
    assert_int_equal(b->pick, b->by_right);
    assert_true(strlen(b->verdict) > 10);
    pmpo_compare_free(c);
    pmpo_data_free(d);
}

/* "Yes" under one prompt, "No" under the others: a difference that is shown. */
static void yes_after_two(pmpo_str prompt, pmpo_buf *reply)
{
    bool two = pmpo_str_find(prompt, PMPO_STR("Two."), 0) != SIZE_MAX;
    pmpo_buf_puts(reply, two ? "Yes" : "Perhaps");
}

static void test_answers(void **state)
{
    (void)state;
    pmpo_data *d = free_answers();
    pmpo_compare *c = NULL;
    pmpo_compare_options o;
    pmpo_compare_options_init(&o);
    o.score.no_cache = true;
    assert_int_equal(pmpo_compare_new(d, prompts, N_PROMPTS, &o, &c, NULL), 0);
    pmpo_model *m = fake_new(&(fake_options){.salt = 2,
                                             .answers = yes_after_two});
    m->learned = "one takes no temperature";
    assert_int_equal(pmpo_compare_add(c, m, NULL), 0);
    const pmpo_comparison *v = pmpo_compare_describe(c);
    const pmpo_compare_cell *x = v->models[0].cells;
    assert_string_equal(v->warning, "one takes no temperature");
    assert_null(m->learned);
    assert_string_equal(v->metric, "exact");
    assert_int_equal(x[0].n_right, 0);
    assert_int_equal(x[1].n_right, N * 2 / 3);
    assert_int_equal(x[1].n_replies, N);
    assert_int_equal(v->best.pick, 1);
    assert_true(v->best.shown);
    NEAR(x[1].right_gain.p_holm, 2 * pmpo_mcnemar(N * 2 / 3, 0));
    assert_non_null(strstr(v->best.verdict, "better than prompt 1, p = "));
    assert_non_null(strstr(v->best.verdict, "correction for 2 comparisons"));
    assert_false(v->losses_compare); /* nll counts tokens */
    m->learned = "two neither";      /* of another model, nothing is lost */
    assert_int_equal(pmpo_compare_add(c, m, NULL), 0);
    assert_string_equal(v->warning, "one takes no temperature; two neither");
    fake_free(m);
    pmpo_compare_free(c);
    pmpo_data_free(d);
}

/* ---- refusals and failures -------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    pmpo_data *d = free_answers();
    pmpo_compare *c = NULL;
    pmpo_compare_options o;
    pmpo_error err = {0};
    pmpo_compare_options_init(&o);
    assert_int_equal(pmpo_compare_new(d, prompts, 0, &o, &c, &err),
                     PMPO_EUSAGE);
    const unsigned bad[] = {PMPO_METRIC_JUDGE, PMPO_METRIC_REGEX,
                            PMPO_METRIC_EXACT | PMPO_METRIC_NUMBER,
                            PMPO_METRIC_OPTIONS, PMPO_METRIC_PAIRS};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        o.metric = bad[i];
        assert_int_equal(pmpo_compare_new(d, prompts, 1, &o, &c, &err),
                         PMPO_EUSAGE);
    }
    o.metric = 0;
    o.max_tokens = 0;
    assert_int_equal(pmpo_compare_new(d, prompts, 1, &o, &c, &err),
                     PMPO_EUSAGE);
    o.max_tokens = 1;
    o.score.size--;
    assert_int_equal(pmpo_compare_new(d, prompts, 1, &o, &c, &err),
                     PMPO_EVERSION);
    o.score.size++;
    o.size = 1;
    assert_int_equal(pmpo_compare_new(d, prompts, 1, &o, &c, &err),
                     PMPO_EVERSION);
    assert_non_null(strstr(err.text, "another version of pmpo.h"));
    assert_null(c);
    pmpo_data_free(d);
}

static void test_failed_model_leaves_all(void **state)
{
    (void)state;
    const uint64_t salt = 4;
    pmpo_data *d = choices(false);
    pmpo_compare *c = compared(d, prompts, 2, &salt, 1);
    pmpo_model *m = fake_new(&(fake_options){.salt = 7, .nan_at = 2});
    assert_int_equal(pmpo_compare_add(c, m, NULL), PMPO_ENAN);
    fake_free(m);
    assert_int_equal(pmpo_compare_describe(c)->n_models, 1);
    pmpo_compare_free(c);
    pmpo_data_free(d);
}

/* ---- the page -------------------------------------------------------------------------------- */

static size_t count_of(const char *s, const char *what)
{
    size_t n = 0;
    for (; (s = strstr(s, what)); s += strlen(what)) {
        n++;
    }
    return n;
}

static void test_page(void **state)
{
    (void)state;
    const uint64_t salts[] = {4, 9};
    const pmpo_str evil[] = {PMPO_STR("Plain."), PMPO_STR(EVIL)};
    pmpo_data *d = choices(false);
    pmpo_compare *c = NULL;
    pmpo_compare_options o;
    pmpo_report *r = NULL;
    pmpo_compare_options_init(&o);
    o.score.no_cache = true;
    assert_int_equal(pmpo_compare_new(d, evil, 2, &o, &c, NULL), 0);
    assert_int_equal(pmpo_report_comparison(pmpo_compare_describe(c), &r,
                                            NULL), PMPO_EUSAGE);
    for (size_t i = 0; i < 2; i++) {
        pmpo_model *m = fake_new(&(fake_options){.salt = salts[i],
                                                 .name = EVIL});
        assert_int_equal(pmpo_compare_add(c, m, NULL), 0);
        fake_free(m);
    }
    assert_int_equal(pmpo_report_comparison(pmpo_compare_describe(c), &r,
                                            NULL), 0);
    const char *html = pmpo_report_html(r).ptr;
    assert_int_equal(count_of(html, "<script"), 1);
    assert_int_equal(count_of(html, "<img"), 0);
    assert_int_equal(count_of(html, "</title>\n<style>"), 1);
    assert_true(count_of(html, "&quot;&#39;&gt;") >= 6);
    assert_null(strstr(html, "nan"));
    assert_non_null(strstr(html,
                           "(Holm): 2 of losses, 2 of right answers; over "
                           "all models, 1 more of each apart.</p>"));
    assert_non_null(strstr(html, "<section id=\"matrix\""));
    assert_non_null(strstr(html, "<section id=\"gains\""));
    assert_int_equal(count_of(html, "<div class=\"box\" id=\"p"), 2);
    pmpo_report_free(r);
    pmpo_compare_free(c);
    pmpo_data_free(d);
}

/* Every allocation of a comparison's beginning and of its page fails once; the
 * fake engine in between has no such care. */
static void test_out_of_memory(void **state)
{
    (void)state;
    pmpo_data *d = choices(false);
    pmpo_model *m = fake_new(&(fake_options){.salt = 4});
    pmpo_compare_options o;
    pmpo_compare_options_init(&o);
    o.score.no_cache = true;
    size_t failures = 0, spared = 0;
    for (long n = 0;; n++) {
        pmpo_compare *c = NULL;
        pmpo_report *r = NULL;
        fail_alloc_once(n);
        int rc = pmpo_compare_new(d, prompts, 2, &o, &c, NULL);
        bool early = fail_alloc_hit();
        fail_alloc_after(-1);
        rc = rc < 0 ? rc : pmpo_compare_add(c, m, NULL);
        if (!early) {
            fail_alloc_once(n);
        }
        rc = rc < 0 ? rc : pmpo_report_comparison(pmpo_compare_describe(c), &r,
                                                  NULL);
        bool hit = early || fail_alloc_hit();
        fail_alloc_after(-1);
        pmpo_report_free(r);
        pmpo_compare_free(c);
        if (!hit) {
            assert_int_equal(rc, 0);
            break;
        }
        spared += rc == 0;
        if (rc != PMPO_ENOMEM && rc != 0) {
            fail_msg("allocation %ld: %d", n, rc);
        }
        failures++;
    }
    assert_true(failures > 20);
    assert_int_equal(spared, 0);
    fake_free(m);
    pmpo_data_free(d);
}

static void test_equal_shares_are_told_as_equal(void **state)
{
    (void)state;
    pmpo_arena mem = {0};
    const pmpo_compare_gain none = {0, -0.0, 0, NAN, 1};
    const pmpo_compare_cell c[2] = {{.right = 0.5, .loss = 2},
                                    {.right = 0.5,
                                     .loss = 1,
                                     .right_gain = none}};
    const pmpo_compare_best best = {1, 1, 1, false, ""};
    const char *text = pmpo_compare_verdict(c, 2, 1, &best, &mem);
    assert_non_null(strstr(text, "as many right answers as prompt 1, 50.0 %, "
                                 "and a lower loss"));
    pmpo_arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holm),
        cmocka_unit_test(test_two_models),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_options_are_eval_s),
        cmocka_unit_test(test_some_pairs),
        cmocka_unit_test(test_best),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_failed_model_leaves_all),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_equal_shares_are_told_as_equal),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
