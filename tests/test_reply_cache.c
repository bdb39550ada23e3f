/* test_reply_cache.c: a command that is repeated costs nothing: answers, verdicts and
 * rewrites are in the user's cache, as scores are. On the fake engine, whose
 * events are all that it ever computes. */
#include <signal.h>
#include <sys/wait.h>

#include "base/error.h"
#include "model/reply_cache.h"
#include "pmpo_report.h"
#include "run_help.h"

#define SALT 21
#define N 30

static char *folder;
static pmpo_data *data;

static int begin(void **state)
{
    (void)state;
    folder = make_folder();
    setenv("XDG_CACHE_HOME", folder, 1);
    data = make_data(N, false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    pmpo_data_free(data);
    drop_folder(folder);
    return 0;
}

/* ---- eval ------------------------------------------------------------------ */

static pmpo_eval_options eval_options(void)
{
    pmpo_eval_options o;
    pmpo_eval_options_init(&o);
    o.metrics = PMPO_METRIC_OPTIONS | PMPO_METRIC_EXACT | PMPO_METRIC_JUDGE;
    return o;
}

static int try_eval(pmpo_model *m, const pmpo_eval_options *o, pmpo_eval **e)
{
    const pmpo_str prompts[] = {PMPO_STR("One."), PMPO_STR("Two.")};
    pmpo_error err = {0};
    *e = NULL;
    int rc = pmpo_eval_run(m, data, prompts, 2, o, e, &err);
    assert_int_equal(fake_violations(m), 0);
    return rc;
}

static pmpo_eval *evaluate(pmpo_model *m, const pmpo_eval_options *o)
{
    pmpo_eval *e;
    assert_int_equal(try_eval(m, o, &e), 0);
    assert_string_equal(e->warning, "");
    return e;
}

static void check_free(const pmpo_cost *c)
{
    assert_int_equal(c->prefill_tokens, 0);
    assert_int_equal(c->prompt_tokens, 0);
    assert_int_equal(c->generated_tokens, 0);
}

static void check_same(const pmpo_eval *a, const pmpo_eval *b)
{
    assert_int_equal(a->n_metrics, b->n_metrics);
    for (size_t p = 0; p < a->n_prompts; p++) {
        for (size_t k = 0; k < a->n_metrics; k++) {
            assert_true(a->prompts[p].metrics[k].value ==
                        b->prompts[p].metrics[k].value);
        }
        for (size_t i = 0; i < N; i++) {
            assert_true(pmpo_str_eq(a->prompts[p].examples[i].reply,
                                    b->prompts[p].examples[i].reply));
        }
    }
}

static void test_costs_add_up(void **state)
{
    (void)state;
    const pmpo_cost one = {1, 2, 3, 4, 5, 6, 7, 0.5, 0.25};
    const pmpo_cost two = {2, 4, 6, 8, 10, 12, 14, 1, 0.5};
    pmpo_cost sum = one;
    pmpo_cost_add(&sum, &one);
    assert_memory_equal(&sum, &two, sizeof(sum));
}

static void test_eval_repeated(void **state)
{
    (void)state;
    pmpo_eval_options o = eval_options();
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_eval *a = evaluate(m, &o);
    assert_int_equal(a->cost.cached_replies, 0);
    assert_int_equal(fake_replies(m), 2 * N);
    size_t events = fake_events(m);
    pmpo_eval *b = evaluate(m, &o);
    check_free(&b->cost);
    assert_int_equal(b->cost.cached_replies, 2 * N);
    assert_int_equal(fake_events(m), events);
    check_same(a, b);
    pmpo_eval_free(b);
    o.no_cache = true;
    b = evaluate(m, &o);
    assert_int_equal(b->cost.cached_replies, 0);
    assert_int_equal(b->cost.generated_tokens, a->cost.generated_tokens);
    assert_int_equal(b->cost.prefill_tokens, a->cost.prefill_tokens);
    check_same(a, b);
    pmpo_eval_free(b);
    pmpo_eval_free(a);
    fake_free(m);
}

/* Whatever may change a reply is in its key. */
static void test_other_settings_are_other_replies(void **state)
{
    (void)state;
    pmpo_eval_options o = eval_options();
    o.metrics = PMPO_METRIC_EXACT;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_model *other = fake_new(&(fake_options){.salt = SALT + 1});
    pmpo_eval_free(evaluate(m, &o));
    assert_int_equal(fake_replies(m), 2 * N);
    o.max_tokens++;
    pmpo_eval_free(evaluate(m, &o));
    assert_int_equal(fake_replies(m), 4 * N);
    o.template_name = "user";
    pmpo_eval_free(evaluate(m, &o));
    assert_int_equal(fake_replies(m), 6 * N);
    pmpo_eval_free(evaluate(other, &o));
    assert_int_equal(fake_replies(other), 2 * N);
    o.limit = N / 2; /* of these all are known */
    pmpo_eval_free(evaluate(m, &o));
    assert_int_equal(fake_replies(m), 6 * N);
    m->may_change = true;
    pmpo_eval_free(evaluate(m, &o));
    assert_int_equal(fake_replies(m), 7 * N);
    fake_free(other);
    fake_free(m);
}

static void test_cancelled_eval(void **state)
{
    (void)state;
    pmpo_eval_options o = eval_options();
    o.metrics = PMPO_METRIC_EXACT;
    pmpo_eval *e;
    pmpo_model *m =
        fake_new(&(fake_options){.salt = SALT, .cancel_after = N + 7});
    assert_int_equal(try_eval(m, &o, &e), PMPO_ECANCELLED);
    assert_null(e);
    fake_free(m);
    m = fake_new(&(fake_options){.salt = SALT});
    e = evaluate(m, &o);
    assert_int_equal(fake_replies(m), N - 7);
    assert_int_equal(e->cost.cached_replies, N + 7);
    pmpo_eval_free(e);
    fake_free(m);
}

static void test_killed_eval(void **state)
{
    (void)state;
    pmpo_eval_options o = eval_options();
    o.metrics = PMPO_METRIC_EXACT;
    pid_t pid = fork();
    if (pid == 0) {
        pmpo_eval *e;
        pmpo_model *m =
            fake_new(&(fake_options){.salt = SALT, .kill_after = N / 2});
        try_eval(m, &o, &e);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_eval *e = evaluate(m, &o);
    assert_int_equal(e->cost.cached_replies, N / 2);
    assert_int_equal(fake_replies(m), 2 * N - N / 2);
    pmpo_eval_free(e);
    fake_free(m);
}

/* ---- other commands ---------------------------------------------------------- */

static void test_compare_repeated(void **state)
{
    (void)state;
    const pmpo_str prompts[] = {PMPO_STR("One."), PMPO_STR("Two.")};
    pmpo_compare_options o;
    pmpo_compare_options_init(&o);
    o.metric = PMPO_METRIC_EXACT;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    size_t events = 0;
    for (int i = 0; i < 2; i++) {
        pmpo_compare *c = NULL;
        assert_int_equal(pmpo_compare_new(data, prompts, 2, &o, &c, NULL), 0);
        assert_int_equal(pmpo_compare_add(c, m, NULL), 0);
        if (i == 0) {
            assert_int_equal(pmpo_compare_describe(c)->cost.cached_replies, 0);
            assert_true(pmpo_compare_describe(c)->cost.generated_tokens > 0);
            events = fake_events(m);
        } else {
            check_free(&pmpo_compare_describe(c)->cost);
            assert_int_equal(pmpo_compare_describe(c)->cost.cached_replies,
                             2 * N);
            assert_int_equal(fake_events(m), events);
        }
        pmpo_compare_free(c);
    }
    fake_free(m);
}

static void test_analyze_repeated(void **state)
{
    (void)state;
    pmpo_analyze_options o;
    pmpo_analyze_options_init(&o);
    pmpo_str prompt = PMPO_STR("Say yes or no. Think of the number. Be brief.");
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    size_t events = 0;
    for (int i = 0; i < 2; i++) {
        pmpo_analysis *a = NULL;
        assert_int_equal(pmpo_analyze(m, data, prompt, &o, &a, NULL), 0);
        if (i == 0) {
            assert_true(a->cost.generated_tokens > 0);
            events = fake_events(m);
        } else {
            check_free(&a->cost);
            assert_int_equal(a->cost.cached_replies, 1); /* the marking */
            assert_int_equal(fake_events(m), events);
        }
        pmpo_analysis_free(a);
    }
    fake_free(m);
}

static pmpo_run *optimize(pmpo_model *m, const char *name)
{
    pmpo_optimize_options o = small_options();
    o.score.no_cache = false;
    o.metric = PMPO_RUN_METRIC_EXACT;
    o.split = (pmpo_split){8, 6, 8, 1};
    char *path = path_in(folder, name);
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, data, NULL, NULL}, &o,
                      path, &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    free(path);
    return run;
}

/* The run's page says so, too. */
static void check_page(const char *name, size_t replies)
{
    char *path = path_in(folder, name);
    pmpo_report *page = NULL;
    char says[80];
    const char *one = path;
    assert_int_equal(pmpo_report_runs(&one, 1, &page, NULL), 0);
    snprintf(says, sizeof(says), "<li>%zu answers and rewrites came from",
             replies);
    pmpo_str html = pmpo_report_html(page);
    assert_true(pmpo_str_find(html, pmpo_str_of(says), 0) != SIZE_MAX);
    pmpo_report_free(page);
    free(path);
}

static void test_optimize_repeated(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_run *a = optimize(m, "a.pmpo");
    const pmpo_cost *cost = &pmpo_run_describe(a)->cost;
    assert_true(cost->generated_tokens > 0 && cost->prefill_tokens > 0);
    assert_int_equal(cost->cached_replies, 0);
    size_t events = fake_events(m), replies = fake_replies(m);
    pmpo_run *b = optimize(m, "b.pmpo");
    cost = &pmpo_run_describe(b)->cost;
    check_free(cost);
    assert_int_equal(cost->cached_replies, replies);
    assert_int_equal(fake_events(m), events);
    check_page("b.pmpo", replies);
    char *x = run_text(a, false), *y = run_text(b, false);
    assert_string_equal(x, y);
    free(x);
    free(y);
    pmpo_run_free(b);
    pmpo_run_free(a);
    fake_free(m);
}

/* ---- the call itself ------------------------------------------------------------ */

typedef struct told {
    size_t n, last;
} told;

static void on_reply(void *ud, size_t i)
{
    told *t = ud;
    t->n++;
    t->last = i;
}

/* `n` samples of one rewriting, from these seeds; how many were generated. */
static size_t sample(pmpo_model *m, const pmpo_reply_cache *k,
                     double temperature, const uint64_t *seeds, size_t n,
                     pmpo_reply *out)
{
    const pmpo_message chat[] = {{PMPO_STR("user"), PMPO_STR("Rewrite it.")}};
    const pmpo_gen_request q = {.messages = chat,
                                .n_messages = 1,
                                .seeds = seeds,
                                .n_samples = n};
    told t = {0};
    const pmpo_gen_params p = {.temperature = temperature,
                               .top_p = 1,
                               .max_tokens = 500,
                               .stop = PMPO_STR(""),
                               .done = on_reply,
                               .ud = &t};
    size_t before = fake_replies(m);
    assert_int_equal(pmpo_generate_cached(m, k, &q, 1, &p, out, NULL), 0);
    assert_int_equal(t.n, n); /* told of those from the cache, too */
    return fake_replies(m) - before;
}

static void drop(pmpo_reply *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_release(&r[i].text);
        r[i] = (pmpo_reply){0};
    }
}

static pmpo_cache *open_cache(void)
{
    char *path = path_in(folder, "replies.sqlite");
    pmpo_cache *c = NULL;
    assert_int_equal(pmpo_cache_open(path, 1 << 22, &c, NULL), 0);
    free(path);
    return c;
}

static void test_samples_go_by_their_seeds(void **state)
{
    (void)state;
    pmpo_cache *c = open_cache();
    const pmpo_reply_cache k = {.cache = c};
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_reply a[3] = {0}, b[3] = {0};
    assert_int_equal(sample(m, &k, 1, (uint64_t[]){1, 2}, 2, a), 2);
    assert_int_equal(sample(m, &k, 1, (uint64_t[]){3, 2, 4}, 3, b), 2);
    assert_true(!b[0].cached && b[1].cached && !b[2].cached);
    assert_true(
        pmpo_str_eq(pmpo_buf_str(&a[1].text), pmpo_buf_str(&b[1].text)));
    assert_int_equal(a[1].complete, b[1].complete);
    assert_int_equal(a[1].n_tokens, b[1].n_tokens);
    assert_int_equal(b[1].n_fed, 0);
    drop(a, 2);
    drop(b, 3);
    /* Another temperature is another reply; a greedy one has no seed. */
    assert_int_equal(sample(m, &k, 0.5, (uint64_t[]){1}, 1, a), 1);
    drop(a, 1);
    assert_int_equal(sample(m, &k, 0, (uint64_t[]){1}, 1, a), 1);
    drop(a, 1);
    assert_int_equal(sample(m, &k, 0, (uint64_t[]){2}, 1, a), 0);
    drop(a, 1);
    pmpo_cache_free(c);
    fake_free(m);
}

static void test_whole_jobs_only(void **state)
{
    (void)state;
    pmpo_cache *c = open_cache();
    const pmpo_reply_cache each = {.cache = c},
                           all = {.cache = c, .whole = true};
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_reply a[3] = {0};
    const uint64_t seeds[] = {11, 12, 13};
    assert_int_equal(sample(m, &each, 1, seeds, 2, a), 2);
    drop(a, 2);
    assert_int_equal(sample(m, &all, 1, seeds, 2, a), 2);
    drop(a, 2);
    assert_int_equal(sample(m, &all, 1, seeds, 3, a), 3);
    drop(a, 3);
    assert_int_equal(sample(m, &all, 1, seeds, 3, a), 0);
    drop(a, 3);
    assert_int_equal(sample(m, &all, 1, seeds, 2, a), 0);
    drop(a, 2);
    pmpo_cache_free(c);
    fake_free(m);
}

static int refuse(void *ud, pmpo_error *err)
{
    ++*(int *)ud;
    return pmpo_fail(err, PMPO_EBUDGET, "no more");
}

static void test_asked_before_generating_only(void **state)
{
    (void)state;
    pmpo_cache *c = open_cache();
    int n = 0;
    const pmpo_reply_cache free_of = {.cache = c, .whole = true};
    const pmpo_reply_cache strict = {c, true, refuse, &n},
                           none = {NULL, true, refuse, &n};
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    const pmpo_message chat[] = {{PMPO_STR("user"), PMPO_STR("Again.")}};
    const uint64_t seed = 1;
    const pmpo_gen_request q = {.messages = chat,
                                .n_messages = 1,
                                .seeds = &seed,
                                .n_samples = 1};
    const pmpo_gen_params p = {.top_p = 1,
                               .max_tokens = 500,
                               .stop = PMPO_STR("")};
    pmpo_reply r = {0};
    assert_int_equal(pmpo_generate_cached(m, &strict, &q, 1, &p, &r, NULL),
                     PMPO_EBUDGET);
    assert_int_equal(pmpo_generate_cached(m, &none, &q, 1, &p, &r, NULL),
                     PMPO_EBUDGET);
    assert_int_equal(n, 2);
    assert_int_equal(pmpo_generate_cached(m, &free_of, &q, 1, &p, &r, NULL), 0);
    drop(&r, 1);
    assert_int_equal(pmpo_generate_cached(m, &strict, &q, 1, &p, &r, NULL), 0);
    assert_int_equal(n, 2);
    drop(&r, 1);
    pmpo_cache_free(c);
    fake_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
        cmocka_unit_test(test_costs_add_up),
        T(test_eval_repeated),
        T(test_other_settings_are_other_replies),
        T(test_cancelled_eval),
        T(test_killed_eval),
        T(test_compare_repeated),
        T(test_analyze_repeated),
        T(test_optimize_repeated),
        T(test_samples_go_by_their_seeds),
        T(test_whole_jobs_only),
        T(test_asked_before_generating_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
