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
#include "stats/stats.h"

#define SALT 5

/* Each of n walks is asked about `times` times. */
static pmpo_data *repeated_walks(size_t n, size_t times)
{
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (size_t k = 0; k < n * times; k++) {
        size_t i = k / times;
        pmpo_buf_printf(&b, "{\"id\":\"w%zu\",\"input\":\"Walk %zu?\","
                        "\"target\":\"%s\",\"options\":[\"Yes\",\"No\"]}\n", k,
                        i, i % 3 ? "Yes" : "No");
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "walks", NULL, &d, NULL),
                     0);
    pmpo_buf_release(&b);
    return d;
}

static pmpo_data *walks(size_t n)
{
    return repeated_walks(n, 1);
}

static pmpo_eval *evaluate_by(pmpo_model *m, const pmpo_data *d,
                              unsigned metrics, size_t n_prompts,
                              const char *regex)
{
    const pmpo_str prompts[] = {PMPO_STR("One."), PMPO_STR("Two.")};
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_error err = {0};
    pmpo_eval_options_init(&o);
    o.metrics = metrics;
    o.no_cache = true;
    o.regex = regex;
    if (pmpo_eval_run(m, d, prompts, n_prompts, &o, &e, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return e;
}

static pmpo_eval *evaluate(pmpo_model *m, const pmpo_data *d, unsigned metrics,
                           size_t n_prompts)
{
    return evaluate_by(m, d, metrics, n_prompts, NULL);
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
            assert_true(x->right[1] == (yes == want));
            right += yes == want;
        }
        assert_int_equal(e->prompts[p].metrics[1].n_right, right);
        assert_int_equal(e->prompts[p].metrics[1].n, 30);
        assert_true(right > 3 && right < 27); /* both kinds occurred */
    }
    for (size_t i = 0; i < 30; i++) {
        for (int k = 0; k < 2; k++) {
            double x = e->prompts[0].examples[i].right[k];
            double y = e->prompts[1].examples[i].right[k];
            b[k] += x > y;
            c[k] += x < y;
        }
    }
    assert_true(b[1] + c[1] > 0);
    for (int k = 0; k < 2; k++) {
        double p = e->prompts[1].metrics[k].p_value;
        assert_true(fabs(p - pmpo_mcnemar(b[k], c[k])) < 1e-12);
        assert_true(isnan(e->prompts[0].metrics[k].p_value));
    }
    assert_true(e->majority == 20.0 / 30);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

/* What is asked four times is not four times as sure. */
static void test_copies_add_nothing(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(30), *copies = repeated_walks(30, 4);
    const unsigned metrics = PMPO_METRIC_EXACT | PMPO_METRIC_OPTIONS;
    pmpo_eval *a = evaluate(m, d, metrics, 2);
    pmpo_eval *b = evaluate(m, copies, metrics, 2);
    for (int k = 0; k < 2; k++) {
        const pmpo_eval_metric *x = &a->prompts[1].metrics[k];
        const pmpo_eval_metric *y = &b->prompts[1].metrics[k];
        assert_int_equal(y->n, 4 * x->n);
        assert_int_equal(y->n_right, 4 * x->n_right);
        assert_true(fabs(y->value - x->value) < 1e-12);
        assert_true(y->high - y->low > x->high - x->low);
        assert_true(y->high - y->low < 1.2 * (x->high - x->low));
        assert_true(fabs(y->p_value - x->p_value) < 0.05);
    }
    pmpo_eval_free(a);
    pmpo_eval_free(b);
    pmpo_data_free(copies);
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
    assert_true(isnan(v[0].p_value));
    assert_int_equal(e->prompts[0].examples[0].reply.len, 0);
    assert_int_equal(fake_generated(m), 0);
    assert_true(e->majority > 0);
    pmpo_eval_free(e);
    e = evaluate(m, d, PMPO_METRIC_PAIRS, 1); /* no answer is always right */
    assert_true(isnan(e->majority));
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

/* What optimize and compare count as right, eval and audit do. */
static void test_default_is_by_form(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned metric;
    } cases[] = {
        {"{\"input\":\"x\",\"target\":\"so 7\",\"answer\":\"7\"}",
         PMPO_METRIC_NUMBER},
        {"{\"input\":\"x\",\"target\":\"(B)\"}", PMPO_METRIC_CHOICE},
        {"{\"input\":\"x\",\"target\":\"yes\"}", PMPO_METRIC_EXACT},
        {"{\"input\":\"x\",\"target\":\"a b c d e f g\"}", PMPO_METRIC_EXACT},
        {"{\"input\":\"x\",\"target\":\"7\",\"options\":[\"7\",\"8\"]}",
         PMPO_METRIC_OPTIONS},
        {"{\"input\":\"x\",\"target\":\"7\",\"rejected\":[\"8\"]}",
         PMPO_METRIC_PAIRS},
        {"{\"input\":\"x\",\"target\":\"7\",\"rejected\":[\"8\"],"
         "\"options\":[\"7\",\"8\"]}",
         PMPO_METRIC_OPTIONS},
        {"{\"input\":\"x\",\"target\":\"7\",\"rejected\":[\"8\"]}\n"
         "{\"input\":\"y\",\"target\":\"7\"}",
         PMPO_METRIC_NUMBER},
        {"{\"input\":\"x\",\"target\":\"7\",\"rejected\":[\"8\"],"
         "\"rejected_drawn\":true}",
         PMPO_METRIC_NUMBER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pmpo_data *d = NULL;
        unsigned metrics = 0;
        assert_int_equal(pmpo_data_parse(pmpo_str_of(cases[i].text), "t", NULL,
                                         &d, NULL),
                         0);
        assert_int_equal(pmpo_metrics_resolve(0, d, &metrics, NULL), 0);
        assert_int_equal(metrics, cases[i].metric);
        assert_int_equal(pmpo_metrics_default(d), cases[i].metric);
        pmpo_data_free(d);
    }
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
    pmpo_data *mixed = NULL;
    pmpo_eval_options o;
    pmpo_eval *none = NULL;
    text = "{\"input\":\"x\",\"chosen\":\"7\",\"rejected\":\"8\"}\n"
           "{\"input\":\"y\",\"target\":\"many\"}\n";
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_PAIRS;
    assert_int_equal(pmpo_data_parse(pmpo_str_of(text), "t", NULL, &mixed,
                                     NULL),
                     0);
    assert_int_equal(pmpo_eval_run(m, mixed, &(pmpo_str){"One.", 4}, 1, &o,
                                   &none, &err),
                     PMPO_EDATA);
    assert_non_null(strstr(err.text, "t:2: no rejected output"));
    pmpo_data_free(mixed);
    pmpo_eval *e = evaluate(m, d, PMPO_METRIC_NUMBER, 1);
    assert_int_equal(e->prompts[0].metrics[0].n, 1);
    assert_true(isnan(e->prompts[0].examples[1].right[0]));
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

/* What one answer to everything gets, as the metric reads it. */
static void test_majority_is_of_the_metric(void **state)
{
    static const char *text = "{\"input\":\"1\",\"target\":\"1,000\"}\n"
                              "{\"input\":\"2\",\"target\":\"1000\"}\n"
                              "{\"input\":\"3\",\"target\":\"yes\"}\n"
                              "{\"input\":\"4\",\"target\":\"Yes\"}\n"
                              "{\"input\":\"5\",\"target\":\"YES\"}\n"
                              "{\"input\":\"6\",\"target\":\"no\"}\n"
                              "{\"input\":\"7\",\"target\":\"no\"}\n"
                              "{\"input\":\"8\",\"target\":\"x\"}\n";
    const struct {
        const pmpo_metric_row *metric;
        double share;
    } rows[] = {{&PMPO_METRIC_EXACT_ROW, 3.0 / 8},
                {&PMPO_METRIC_NUMBER_ROW, 1}, /* of those with a number */
                {&PMPO_METRIC_REGEX_ROW, 2.0 / 8}};
    (void)state;
    pmpo_data *d;
    assert_int_equal(pmpo_data_parse(pmpo_str_of(text), "t", NULL, &d, NULL),
                     0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        double share;
        assert_int_equal(pmpo_metric_majority(rows[i].metric, d, &share, NULL),
                         0);
        assert_true(share == rows[i].share);
    }
    double none; /* there are no options */
    assert_int_equal(pmpo_metric_majority(&PMPO_METRIC_OPTIONS_ROW, d, &none,
                                          NULL),
                     0);
    assert_true(isnan(none));
    pmpo_data_free(d);
}

static void test_calibrated_options(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(40);
    pmpo_eval *e = evaluate(m, d, PMPO_METRIC_OPTIONS |
                                      PMPO_METRIC_OPTIONS_CALIBRATED, 1);
    const pmpo_str prompt = PMPO_STR("One.");
    pmpo_scores *s = NULL;
    pmpo_score_options o;
    size_t differ = 0;
    pmpo_score_options_init(&o);
    o.no_cache = true;
    o.loss = PMPO_LOSS_CHOICE;
    o.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    assert_int_equal(pmpo_score(m, d, &prompt, 1, &o, &s, NULL), 0);
    for (size_t i = 0; i < 40; i++) {
        const pmpo_target_score *t = s->prompts[0].examples[i].targets;
        const double *right = e->prompts[0].examples[i].right;
        assert_true(right[0] == (t[0].nats < t[1].nats));
        assert_true(right[1] == (t[0].nats - t[0].prior_nats <
                                 t[1].nats - t[1].prior_nats));
        differ += right[0] != right[1];
    }
    assert_true(differ > 0);
    pmpo_scores_free(s);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_an_example_without_room_is_named(void **state)
{
    (void)state;
    pmpo_model *m =
        fake_new(&(fake_options){.salt = SALT, .context = 400, .strict = true});
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    pmpo_eval *e = NULL;
    pmpo_error err = {0};
    const pmpo_str prompt = PMPO_STR("One.");
    pmpo_eval_options o;
    pmpo_buf_printf(&b,
                    "{\"id\":\"a\",\"input\":\"x\",\"target\":\"Yes\"}\n"
                    "{\"id\":\"b\",\"input\":\"%0300d\","
                    "\"target\":\"Yes\"}\n",
                    7);
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "long.jsonl", NULL, &d,
                                     NULL),
                     0);
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_EXACT;
    o.no_cache = true;
    o.max_tokens = 150;
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 1, &o, &e, &err),
                     PMPO_ETOOLONG);
    assert_non_null(strstr(err.text, "long.jsonl:2: example b has "));
    assert_non_null(strstr(err.text, "context of 400: lower --max-tokens"));
    assert_null(strstr(err.text, "rewriter"));
    pmpo_buf_release(&b);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_a_pattern_finds_the_answer(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(30);
    pmpo_eval *exact = evaluate(m, d, PMPO_METRIC_EXACT, 1);
    pmpo_eval *found = evaluate_by(m, d, PMPO_METRIC_REGEX, 1,
                                   "x*(Yes|No)|never");
    pmpo_eval *none = evaluate_by(m, d, PMPO_METRIC_REGEX, 1, "z*");
    assert_int_equal(found->prompts[0].metrics[0].n_right,
                     exact->prompts[0].metrics[0].n_right);
    assert_int_equal(none->prompts[0].metrics[0].n_right, 0);
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_error err = {0};
    const pmpo_str prompt = PMPO_STR("One.");
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_REGEX;
    o.no_cache = true;
    o.regex = "(";
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 1, &o, &e, &err),
                     PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "pattern ("));
    pmpo_eval_free(exact);
    pmpo_eval_free(found);
    pmpo_eval_free(none);
    pmpo_data_free(d);
    fake_free(m);
}

static void two_answers(pmpo_str prompt, pmpo_buf *reply)
{
    (void)prompt;
    pmpo_buf_puts(reply, "Answer: 1\nAnswer: 2, not 3");
}

/* The last match counts, where a line begins too, and its group is the answer
 * and no more. */
static void test_a_group_is_the_answer(void **state)
{
    (void)state;
    const struct {
        const char *pattern;
        size_t right;
    } rows[] = {{"^Answer: ([0-9]+)[[:space:]]*", 1},
                {"^Answer: ([0-9]+).*", 1},
                {"^Answer: (.*)", 0}};
    pmpo_data *d = NULL;
    const char *text = "{\"input\":\"x\",\"target\":\"2\"}\n";
    assert_int_equal(pmpo_data_parse(pmpo_str_of(text), "t", NULL, &d, NULL),
                     0);
    pmpo_model *m = fake_new(&(fake_options){.answers = two_answers});
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        pmpo_eval *e = evaluate_by(m, d, PMPO_METRIC_REGEX, 1, rows[i].pattern);
        assert_int_equal(e->prompts[0].metrics[0].n_right, rows[i].right);
        pmpo_eval_free(e);
    }
    pmpo_data_free(d);
    fake_free(m);
}

/* What needs no model is told without one; what needs the data, with them only. */
static void test_checks(void **state)
{
    (void)state;
    pmpo_data *d = walks(2); /* their answers are Yes and No */
    pmpo_error err = {0};
    pmpo_eval_options o;
    pmpo_eval_options_init(&o);
    assert_int_equal(pmpo_eval_check(&o, d, &err), 0);
    assert_int_equal(pmpo_audit_check(&o, d, &err), 0);
    o.metrics = PMPO_METRIC_NUMBER;
    assert_int_equal(pmpo_eval_check(&o, NULL, &err), 0);
    assert_int_equal(pmpo_eval_check(&o, d, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "metric number: no example"));
    assert_int_equal(pmpo_audit_check(&o, d, &err), PMPO_EUSAGE);
    o.metrics = PMPO_METRIC_REGEX;
    assert_int_equal(pmpo_eval_check(&o, NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "needs a pattern"));
    o.regex = "(";
    assert_int_equal(pmpo_eval_check(&o, NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "pattern ("));
    o.regex = "(Yes|No)";
    assert_int_equal(pmpo_eval_check(&o, d, &err), 0);
    assert_int_equal(pmpo_audit_check(&o, NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "an audit compares with options"));
    o.max_tokens = 0;
    assert_int_equal(pmpo_eval_check(&o, NULL, &err), PMPO_EUSAGE);
    o.max_tokens = 1;
    o.template_name = "none";
    assert_int_equal(pmpo_eval_check(&o, NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "unknown template 'none'"));
    o.size--;
    assert_int_equal(pmpo_eval_check(&o, NULL, &err), PMPO_EVERSION);
    assert_int_equal(pmpo_audit_check(&o, NULL, &err), PMPO_EVERSION);
    pmpo_data_free(d);
}

/* A header of another version is told from what is wrong with the call. */
static void test_other_versions(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(2);
    const pmpo_str prompt = PMPO_STR("One.");
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_error err = {0};
    pmpo_eval_options_init(&o);
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 0, &o, &e, &err),
                     PMPO_EUSAGE);
    o.max_tokens = 0;
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 1, &o, &e, &err),
                     PMPO_EUSAGE);
    assert_null(strstr(err.text, "version"));
    o.size--;
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 1, &o, &e, &err),
                     PMPO_EVERSION);
    assert_non_null(strstr(err.text, "another version of pmpo.h"));
    assert_null(e);
    pmpo_data_free(d);
    fake_free(m);
}

/* A judge is asked in both orders, so it can't favour a place: two prompts
 * with the same answers are worth a half each. */
static void test_a_judge_has_no_favourite_place(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(12);
    const pmpo_str same[] = {PMPO_STR("One."), PMPO_STR("One.")};
    pmpo_eval_options o;
    pmpo_eval *e = NULL;
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_JUDGE;
    o.no_cache = true;
    assert_int_equal(pmpo_eval_run(m, d, same, 2, &o, &e, NULL), 0);
    const pmpo_eval_metric *v = &e->prompts[1].metrics[0];
    assert_true(fabs(v->value - 0.5) < 1e-9 && v->shares);
    assert_true(isnan(v->p_value) && isnan(e->majority));
    bool some = false; /* against the targets it is not all the same */
    for (size_t i = 0; i < 12; i++) {
        double win = e->prompts[0].examples[i].right[0];
        assert_true(win >= 0 && win <= 1);
        some |= fabs(win - 0.5) > 1e-6;
    }
    assert_true(some);
    pmpo_eval_free(e);
    pmpo_data_free(d);
    fake_free(m);
}

/* "The answer is Yes." has a byte more than the limit, "... No." has not. */
static void test_cut_off_replies_are_counted(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = walks(30);
    const pmpo_str prompt = PMPO_STR("One.");
    pmpo_eval_options o;
    pmpo_eval *whole = evaluate(m, d, PMPO_METRIC_EXACT, 1), *e = NULL;
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_EXACT;
    o.no_cache = true;
    o.max_tokens = 17;
    assert_int_equal(pmpo_eval_run(m, d, &prompt, 1, &o, &e, NULL), 0);
    size_t yes = 0;
    for (size_t i = 0; i < 30; i++) {
        const pmpo_eval_example *x = &e->prompts[0].examples[i];
        bool is_yes = strstr(whole->prompts[0].examples[i].reply.ptr, "Yes");
        assert_true(x->complete == !is_yes);
        yes += is_yes;
    }
    assert_true(yes > 3 && yes < 27);
    assert_int_equal(e->prompts[0].n_replies, 30);
    assert_int_equal(e->prompts[0].n_cut_off, yes);
    assert_int_equal(whole->prompts[0].n_cut_off, 0);
    assert_true(e->cost.prompt_tokens > 30 * 4);
    pmpo_eval_free(e);
    e = evaluate(m, d, PMPO_METRIC_OPTIONS, 1);
    assert_int_equal(e->prompts[0].n_replies, 0);
    assert_int_equal(e->cost.prompt_tokens, 0);
    pmpo_eval_free(e);
    pmpo_eval_free(whole);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_shots(void **state)
{
    (void)state;
    pmpo_data *d = walks(6), *s0 = NULL, *s2 = NULL, *s3 = NULL;
    pmpo_error err = {0};
    assert_int_equal(pmpo_data_shots(d, NULL, 0, 1, &s0, NULL), 0);
    assert_int_equal(pmpo_data_example(s0, 0)->n_messages, 0);
    assert_int_equal(pmpo_data_shots(d, d, 2, 1, &s2, NULL), 0);
    assert_int_equal(pmpo_data_shots(d, d, 3, 1, &s3, NULL), 0);
    for (size_t i = 0; i < 6; i++) {
        const pmpo_example *own = pmpo_data_example(d, i);
        const pmpo_example *a = pmpo_data_example(s2, i);
        const pmpo_example *b = pmpo_data_example(s3, i);
        assert_int_equal(a->n_messages, 5);
        assert_int_equal(b->n_messages, 7);
        assert_true(pmpo_str_eq(a->id, own->id) && a->n_options == 2);
        for (size_t k = 0; k < 4; k++) { /* three shots begin with the two */
            assert_true(pmpo_str_eq(a->messages[k].content,
                                    b->messages[k].content));
        }
        for (size_t k = 0; k < 7; k++) {
            bool answer = k % 2 == 1;
            assert_true(pmpo_str_eq(b->messages[k].role,
                                    answer ? PMPO_STR("assistant")
                                           : PMPO_STR("user")));
            bool mine = pmpo_str_eq(b->messages[k].content, own->input);
            assert_true(mine == (k == 6)); /* its own answer is not shown */
        }
    }
    pmpo_data_free(s3);
    assert_int_equal(pmpo_data_shots(d, d, 6, 1, &s3, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "too few"));
    pmpo_data_free(d);
    pmpo_data_free(s0);
    pmpo_data_free(s2);
}

/* Of equally likely options the first of the data is the answer, not the target
 * because it was scored first. */
static void test_ties_go_by_the_data(void **state)
{
    (void)state;
    pmpo_data *d = walks(2); /* No, then Yes; "Yes" is the first option */
    pmpo_target_score t[2] = {{.nats = 1.5, .n_tokens = 1},
                              {.nats = 1.5, .n_tokens = 1}};
    for (size_t i = 0; i < 2; i++) {
        t[0].text = i ? PMPO_STR("Yes") : PMPO_STR("No");
        t[1].text = i ? PMPO_STR("No") : PMPO_STR("Yes");
        const pmpo_example_score x = {.targets = t, .n_targets = 2};
        const pmpo_example *e = pmpo_data_example(d, i);
        assert_true(pmpo_right_option(e, &x) == (double)i);
        assert_true(pmpo_right_option_mean(e, &x) == (double)i);
        assert_true(pmpo_right_option_calibrated(e, &x) == (double)i);
    }
    pmpo_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_are_counted),
        cmocka_unit_test(test_copies_add_nothing),
        cmocka_unit_test(test_ties_go_by_the_data),
        cmocka_unit_test(test_pairs_and_means),
        cmocka_unit_test(test_default_is_by_form),
        cmocka_unit_test(test_what_applies),
        cmocka_unit_test(test_majority_is_of_the_metric),
        cmocka_unit_test(test_calibrated_options),
        cmocka_unit_test(test_an_example_without_room_is_named),
        cmocka_unit_test(test_a_pattern_finds_the_answer),
        cmocka_unit_test(test_a_group_is_the_answer),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_a_judge_has_no_favourite_place),
        cmocka_unit_test(test_cut_off_replies_are_counted),
        cmocka_unit_test(test_shots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
