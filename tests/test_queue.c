/* test_queue.c: engines that take many units at a time and bring them back in
 * any order: what comes out is what comes out of one unit after the other. */
#include "run_help.h"

#include "score/score.h"

/* ---- whole runs ---------------------------------------------------------------- */

static pmpo_optimize_options case_of(unsigned i)
{
    pmpo_optimize_options o = small_options();
    o.score.loss = i & 1 ? PMPO_LOSS_PREFERENCE : PMPO_LOSS_NLL;
    o.score.calibrate = i % 8 == 7 ? PMPO_CALIBRATE_CONTENT_FREE
                                   : PMPO_CALIBRATE_NONE;
    o.race = o.score.calibrate ? PMPO_RACE_OFF : (pmpo_race)(i / 2 % 3);
    o.hard = 3;
    o.variants = 3;
    if (i % 4 == 1) { /* and before the first iteration the fixed prompts */
        o.proposers = "library,contract,delete,rewrite";
    }
    o.force = true;
    o.split = (pmpo_split){20, 8, 8, 1};
    return o;
}

typedef struct ran {
    char *text; /* without costs: some units are begun in vain */
    uint64_t rows;
    size_t most, dropped;
} ran;

static ran run_with(unsigned i, size_t at_a_time, uint64_t disorder,
                    const char *path)
{
    pmpo_optimize_options o = case_of(i);
    pmpo_data *d = make_data(36, i & 1);
    const fake_options f = {.salt = i, .max_requests = 4, .jitter = 0.05,
                            .at_a_time = at_a_time, .disorder = disorder};
    pmpo_model *m = fake_new(&f);
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(fake_violations(m), 0);
    ran r = {run_text(run, false),
             pmpo_run_describe(run)->cost.prefill_tokens,
             fake_most_under_way(m), fake_dropped(m)};
    pmpo_run_free(run);
    fake_free(m);
    pmpo_data_free(d);
    return r;
}

static void test_the_order_does_not_matter(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    size_t dropped = 0, given_up = 0;
    uint64_t one_rows = 0, many_rows = 0;
    for (unsigned i = 0; i < 24; i++) {
        ran one = run_with(i, 1, 0, path);
        ran few = run_with(i, 3, i, path);
        ran many = run_with(i, 50, i + 100, path);
        assert_int_equal(one.most, 1);
        assert_int_equal(few.most, 3);
        assert_true(many.most > 8);
        assert_string_equal(one.text, few.text);
        assert_string_equal(one.text, many.text);
        given_up += strstr(one.text, "given up after") != NULL ||
                    strstr(one.text, "sure to be above") != NULL;
        dropped += few.dropped + many.dropped;
        one_rows += one.rows;
        many_rows += many.rows;
        free(one.text);
        free(few.text);
        free(many.text);
    }
    assert_true(given_up > 8 && dropped > 8);
    assert_true(many_rows >= one_rows); /* begun before they were hopeless */
    free(path);
    drop_folder(folder);
}

/* ---- many prompts --------------------------------------------------------------- */

static pmpo_scores *score_all(const fake_options *f, pmpo_calibrate calibrate,
                              size_t *most)
{
    const pmpo_str prompts[] = {PMPO_STR("One."), PMPO_STR("Two words."),
                                PMPO_STR("Say yes or no, no more.")};
    pmpo_data *d = make_data(12, false);
    pmpo_model *m = fake_new(f);
    pmpo_scores *s = NULL;
    pmpo_error err = {0};
    pmpo_score_options o;
    pmpo_score_options_init(&o);
    o.no_cache = true;
    o.noise_floor = true;
    o.calibrate = calibrate;
    if (pmpo_score(m, d, prompts, 3, &o, &s, &err) < 0) {
        fail_msg("%s", err.text);
    }
    *most = fake_most_under_way(m);
    fake_free(m);
    pmpo_data_free(d);
    return s;
}

static void test_all_prompts_at_once(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        pmpo_calibrate c = k ? PMPO_CALIBRATE_CONTENT_FREE
                             : PMPO_CALIBRATE_NONE;
        size_t most;
        pmpo_scores *a = score_all(&(fake_options){.salt = 3, .jitter = 0.1,
                                                   .max_requests = 4},
                                   c, &most);
        assert_int_equal(most, 1);
        pmpo_scores *b = score_all(&(fake_options){.salt = 3, .jitter = 0.1,
                                                   .max_requests = 4,
                                                   .at_a_time = 60,
                                                   .disorder = 5},
                                   c, &most);
        assert_true(most >= 24); /* 6 blocks, 3 prompts, one of them twice */
        assert_true(a->noise_floor > 0 && a->noise_floor == b->noise_floor);
        assert_int_equal(a->cost.prefill_tokens, b->cost.prefill_tokens);
        for (size_t i = 0; i < 3; i++) {
            assert_true(a->prompts[i].loss == b->prompts[i].loss);
            assert_true(a->prompts[i].nats == b->prompts[i].nats);
        }
        pmpo_scores_free(a);
        pmpo_scores_free(b);
    }
}

/* ---- what fails on the way --------------------------------------------------------- */

/* Each finished event's key stands in the log once: nothing is done twice. */
static size_t count_lines(const char *log, bool *twice)
{
    pmpo_buf b = {0};
    assert_int_equal(pmpo_read_file(log, &b, NULL), 0);
    enum { LINE = 35 };
    size_t n = b.len / LINE;
    *twice = false;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            *twice |= !memcmp(b.ptr + i * LINE, b.ptr + k * LINE, LINE);
        }
    }
    pmpo_buf_release(&b);
    return n;
}

/* A unit fails, or everything is cancelled, while others are under way: what
 * is done is kept, and the resumed run ends as one that nothing befell. */
static void stop_and_resume(size_t event, bool cancel, const char *whole)
{
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    char *log = path_in(folder, "log"), *text = NULL;
    pmpo_optimize_options o = case_of(2);
    pmpo_data *d = make_data(36, false);
    pmpo_error err = {0};
    fake_options f = {.salt = 2, .max_requests = 4, .jitter = 0.05,
                      .at_a_time = 7, .disorder = event, .log = log};
    f.fail_at = cancel ? 0 : event;
    f.cancel_at = cancel ? event : 0;
    int rc = run_once(&f, &o, d, NULL, NULL, path, NULL, &err);
    assert_int_equal(rc, cancel ? PMPO_ECANCELLED : PMPO_EBACKEND);
    bool twice;
    size_t before = count_lines(log, &twice);
    assert_false(twice);
    f.fail_at = f.cancel_at = 0;
    rc = resume_once(&f, path, NULL, &text, false, &err);
    assert_int_equal(rc, 0);
    assert_true(count_lines(log, &twice) > before);
    assert_false(twice);
    assert_string_equal(text, whole);
    free(text);
    free(log);
    free(path);
    pmpo_data_free(d);
    drop_folder(folder);
}

static void test_failures_lose_nothing(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    ran whole = run_with(2, 1, 0, path);
    for (size_t event = 2; event < 60; event += 7) {
        stop_and_resume(event, false, whole.text);
        stop_and_resume(event, true, whole.text);
    }
    free(whole.text);
    free(path);
    drop_folder(folder);
}

/* ---- an engine that exists only here -------------------------------------------------- */

typedef struct odd {
    bool lazy; /* leaves what it took */
    float answer;
} odd;

/* Answers every token with the same number, the last unit first. */
static int odd_score(void *self, const pmpo_queue *q, pmpo_error *err)
{
    const odd *e = self;
    (void)err;
    pmpo_task *all[64], *t;
    size_t n = 0;
    while (n < 64 && (t = q->next(q->ud)) != NULL) {
        all[n++] = t;
    }
    while (n > 0 && !e->lazy) {
        t = all[--n];
        for (size_t i = 0; i < pmpo_unit_targets(&t->unit); i++) {
            t->result.logprobs[i] = e->answer;
        }
        q->done(q->ud, t);
    }
    return 0;
}

static int score_oddly(odd *e, double *loss)
{
    const pmpo_engine engine = {.score = odd_score};
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    pmpo_model own = *m;
    own.engine = &engine;
    own.self = e;
    pmpo_data *d = make_data(12, false);
    const pmpo_scorer_options o = {.loss = PMPO_LOSS_NLL, .beta = 1,
                                   .template_name = "chat"};
    pmpo_scorer *s = NULL;
    pmpo_arena mem = {0};
    pmpo_result r;
    pmpo_error err = {0};
    assert_int_equal(pmpo_scorer_new(&own, d, &o, &s, &err), 0);
    int rc = pmpo_scorer_score(s, PMPO_STR("P"), &(pmpo_score_context){0},
                               &mem, &r, &err);
    *loss = r.score.loss;
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
    return rc;
}

static void test_another_engine(void **state)
{
    (void)state;
    double loss;
    assert_int_equal(score_oddly(&(odd){.answer = -0.5f}, &loss), 0);
    assert_true(loss == 0.5);
    /* A number that is none, or units that never come back: no score. */
    assert_int_equal(score_oddly(&(odd){.answer = NAN}, &loss), PMPO_ENAN);
    assert_int_equal(score_oddly(&(odd){.lazy = true}, &loss), PMPO_EBACKEND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_order_does_not_matter),
        cmocka_unit_test(test_all_prompts_at_once),
        cmocka_unit_test(test_failures_lose_nothing),
        cmocka_unit_test(test_another_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
