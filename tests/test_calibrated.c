/* test_calibrated.c: losses less what the model says before it has read
 * anything: the same rendering with only the input replaced, and figures that
 * are those of the run's own scores. */
#include "run_help.h"
#include "score/score.h"

#define SALT 11

static const char data[] =
    "{\"id\":\"plain\",\"input\":\"2+2?\",\"target\":\"4\",\"options\":"
    "[\"3\",\"4\",\"5\"]}\n"
    "{\"id\":\"system\",\"messages\":["
    "{\"role\":\"system\",\"content\":\"Be brief.\"},"
    "{\"role\":\"user\",\"content\":\"1+1?\"}],"
    "\"target\":\"2\",\"options\":[\"2\",\"4\"]}\n"
    "{\"id\":\"turns\",\"messages\":["
    "{\"role\":\"user\",\"content\":\"5+5?\"},"
    "{\"role\":\"assistant\",\"content\":\"10\"},"
    "{\"role\":\"user\",\"content\":\"1+3?\"}],"
    "\"target\":\"4\",\"options\":[\"2\",\"4\"]}\n"
    "{\"id\":\"again\",\"messages\":["
    "{\"role\":\"user\",\"content\":\"5+5?\"},"
    "{\"role\":\"assistant\",\"content\":\"10\"},"
    "{\"role\":\"user\",\"content\":\"0+2?\"}],"
    "\"target\":\"2\",\"options\":[\"2\",\"4\"]}\n";

/* The same examples with what they ask replaced by N/A, written by hand. */
static const char asked_nothing[] =
    "{\"id\":\"plain\",\"input\":\"N/A\",\"target\":\"4\",\"options\":"
    "[\"3\",\"4\",\"5\"]}\n"
    "{\"id\":\"system\",\"messages\":["
    "{\"role\":\"system\",\"content\":\"Be brief.\"},"
    "{\"role\":\"user\",\"content\":\"N/A\"}],"
    "\"target\":\"2\",\"options\":[\"2\",\"4\"]}\n"
    "{\"id\":\"turns\",\"messages\":["
    "{\"role\":\"user\",\"content\":\"5+5?\"},"
    "{\"role\":\"assistant\",\"content\":\"10\"},"
    "{\"role\":\"user\",\"content\":\"N/A\"}],"
    "\"target\":\"4\",\"options\":[\"2\",\"4\"]}\n"
    "{\"id\":\"again\",\"messages\":["
    "{\"role\":\"user\",\"content\":\"5+5?\"},"
    "{\"role\":\"assistant\",\"content\":\"10\"},"
    "{\"role\":\"user\",\"content\":\"N/A\"}],"
    "\"target\":\"2\",\"options\":[\"2\",\"4\"]}\n";

static pmpo_data *parse(const char *text)
{
    pmpo_data *d = NULL;
    assert_int_equal(pmpo_data_parse(pmpo_str_of(text), "test", NULL, &d,
                                     NULL), 0);
    return d;
}

static void score(pmpo_model *m, const pmpo_data *d, pmpo_loss_kind loss,
                  pmpo_calibrate calibrate, pmpo_arena *mem, pmpo_result *r)
{
    const pmpo_scorer_options o = {.loss = loss,
                                   .beta = 1,
                                   .calibrate = calibrate,
                                   .template_name = "chat",
                                   .targets = PMPO_TARGETS_ALL};
    const pmpo_score_context c = {.prompt_id = -1};
    pmpo_scorer *s;
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Add up."), &c, mem, r,
                                       NULL), 0);
    pmpo_scorer_free(s);
}

/* ---- the prior ------------------------------------------------------------ */

static void check_priors(const pmpo_result *r, const pmpo_result *blank)
{
    for (size_t i = 0; i < r->score.n_examples; i++) {
        const pmpo_example_score *x = &r->score.examples[i];
        const pmpo_example_score *y = &blank->score.examples[i];
        assert_int_equal(x->n_targets, y->n_targets);
        for (size_t t = 0; t < x->n_targets; t++) {
            if (fabs(x->targets[t].prior_nats - y->targets[t].nats) > 1e-12) {
                fail_msg("example %s, output %s: prior %.17g, should be %.17g",
                         x->id.ptr, x->targets[t].text.ptr,
                         x->targets[t].prior_nats, y->targets[t].nats);
            }
        }
    }
}

static void test_only_the_input_is_replaced(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = parse(data), *blank = parse(asked_nothing);
    pmpo_arena mem = {0};
    pmpo_result r, b;
    score(m, d, PMPO_LOSS_CHOICE, PMPO_CALIBRATE_CONTENT_FREE, &mem, &r);
    score(m, blank, PMPO_LOSS_CHOICE, PMPO_CALIBRATE_NONE, &mem, &b);
    check_priors(&r, &b);
    pmpo_arena_release(&mem);
    pmpo_data_free(d);
    pmpo_data_free(blank);
    fake_free(m);
}

static void test_shots_stay(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = make_data(6, false), *from = parse(data), *with = NULL;
    assert_int_equal(pmpo_data_shots(d, from, 2, 1, &with, NULL), 0);
    pmpo_buf text = {0}; /* the same with the last turn replaced */
    for (size_t i = 0; i < pmpo_data_count(with); i++) {
        pmpo_example e = *pmpo_data_example(with, i);
        pmpo_message turns[16];
        assert_in_range(e.n_messages, 3, 16);
        memcpy(turns, e.messages, e.n_messages * sizeof(*turns));
        turns[e.n_messages - 1].content = PMPO_STR("N/A");
        e.messages = turns;
        assert_int_equal(pmpo_example_json(&e, &text, NULL), 0);
        pmpo_buf_putc(&text, '\n');
    }
    pmpo_data *blank = parse(text.ptr);
    pmpo_arena mem = {0};
    pmpo_result r, b;
    score(m, with, PMPO_LOSS_NLL, PMPO_CALIBRATE_CONTENT_FREE, &mem, &r);
    score(m, blank, PMPO_LOSS_NLL, PMPO_CALIBRATE_NONE, &mem, &b);
    check_priors(&r, &b);
    pmpo_arena_release(&mem);
    pmpo_buf_release(&text);
    pmpo_data_free(d);
    pmpo_data_free(from);
    pmpo_data_free(with);
    pmpo_data_free(blank);
    fake_free(m);
}

/* ---- figures -------------------------------------------------------------- */

static double margin_of(const pmpo_target_score *t)
{
    return t->prior_nats - t->nats;
}

/* Right is what the calibrated loss calls so, and its split adds up. */
static void test_figures_are_of_the_scores_of_the_loss(void **state)
{
    (void)state;
    pmpo_data *d = make_data(30, false);
    size_t n_moved = 0;
    for (uint64_t salt = 0; salt < 4; salt++) {
        pmpo_model *m = fake_new(&(fake_options){.salt = salt});
        pmpo_arena mem = {0};
        pmpo_result r;
        score(m, d, PMPO_LOSS_NLL, PMPO_CALIBRATE_CONTENT_FREE, &mem, &r);
        size_t n_right = 0;
        for (size_t i = 0; i < r.score.n_examples; i++) {
            const pmpo_example_score *x = &r.score.examples[i];
            bool right = margin_of(&x->targets[0])
                         >= margin_of(&x->targets[1]);
            bool plainly = x->targets[0].nats <= x->targets[1].nats;
            assert_int_equal(x->correct, right);
            assert_int_equal(x->picked, right ? 0 : 1);
            assert_true(fabs(x->format + x->choice + margin_of(&x->targets[0]))
                        < 1e-9);
            n_right += right;
            n_moved += right != plainly;
        }
        assert_int_equal(r.score.n_correct, n_right);
        pmpo_arena_release(&mem);
        fake_free(m);
    }
    assert_true(n_moved > 0); /* or nothing was tested */
    pmpo_data_free(d);
}

/* ---- runs ----------------------------------------------------------------- */

/* The run's share of right options is what `eval` counts with the same
 * scores; eval's plain metric stays plain beside it. */
static void check_right(pmpo_model *m, const pmpo_run_view *v,
                        const char *path)
{
    pmpo_data *test = NULL;
    pmpo_eval *e = NULL;
    pmpo_eval_options eo;
    pmpo_eval_options_init(&eo);
    eo.metrics = PMPO_METRIC_OPTIONS | PMPO_METRIC_OPTIONS_CALIBRATED;
    eo.no_cache = true;
    assert_int_equal(pmpo_run_data(path, 2, &test, NULL), 0);
    assert_int_equal(pmpo_eval_run(m, test, &v->initial.prompt, 1, &eo, &e,
                                   NULL), 0);
    const pmpo_eval_metric *plain = &e->prompts[0].metrics[0];
    assert_int_equal(plain[1].n_right, v->initial.test_n_correct);
    assert_int_not_equal(plain[0].n_right, plain[1].n_right);
    pmpo_eval_free(e);
    pmpo_data_free(test);
}

static pmpo_optimize_options calibrated(pmpo_loss_kind loss, pmpo_race race)
{
    pmpo_optimize_options o = small_options();
    o.score.loss = loss;
    o.score.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    o.split = (pmpo_split){20, 4, 16, 1};
    o.race = race;
    o.force = true;
    return o;
}

static char *run_with(pmpo_race race, const pmpo_data *d, const char *path)
{
    pmpo_optimize_options o = calibrated(PMPO_LOSS_NLL, race);
    pmpo_run *run;
    pmpo_error err;
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o,
                           path, &run, &err);
    if (race == PMPO_RACE_PAIRED) { /* its test needs losses of 0 or more */
        assert_int_equal(rc, PMPO_EUSAGE);
        o.score.loss = PMPO_LOSS_CHOICE;
        rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o,
                           path, &run, &err);
    }
    if (rc < 0) {
        fail_msg("%s", err.text);
    }
    check_right(m, pmpo_run_describe(run), path);
    char *text = run_text(run, false);
    pmpo_run_free(run);
    assert_int_equal(fake_violations(m), 0);
    fake_free(m);
    return text;
}

/* Examples of every output once: more priors than training examples. */
static pmpo_data *free_form(size_t n)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(&b, "{\"id\":\"e%02zu\",\"input\":\"Question %zu?\","
                        "\"target\":\"answer %zu\",\"options\":["
                        "\"answer %zu\",\"other %zu\",\"third %zu\"]}\n", i, i,
                        i, i, i, i);
    }
    pmpo_data *d = parse(b.ptr);
    pmpo_buf_release(&b);
    return d;
}

static void test_races(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = free_form(40);
    char *off = run_with(PMPO_RACE_OFF, d, path);
    char *exact = run_with(PMPO_RACE_EXACT, d, path);
    char *paired = run_with(PMPO_RACE_PAIRED, d, path);
    /* Nothing is sure of calibrated nll before its end. */
    assert_string_equal(strstr(off, "\ni 1 "), strstr(exact, "\ni 1 "));
    free(off);
    free(exact);
    free(paired);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static pmpo_run *run_choice(pmpo_model *m, pmpo_race race, const pmpo_data *d,
                            const char *path)
{
    pmpo_optimize_options o = calibrated(PMPO_LOSS_CHOICE, race);
    pmpo_run *run;
    pmpo_error err;
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return run;
}

static size_t n_given_up(const pmpo_iteration *it)
{
    size_t n = 0;
    for (size_t k = 0; k < it->n_candidates; k++) {
        n += isfinite(it->candidates[k].lower_bound);
    }
    return n;
}

/* Calibrated or not, choice is 0 or more: candidates are given up by it, and
 * the others come to what they come to without. */
static void test_choice_has_a_bound(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    char *path2 = path_in(folder, "s");
    pmpo_data *d = free_form(40);
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    pmpo_run *off = run_choice(m, PMPO_RACE_OFF, d, path);
    pmpo_run *exact = run_choice(m, PMPO_RACE_EXACT, d, path2);
    const pmpo_run_view *a = pmpo_run_describe(off);
    const pmpo_run_view *b = pmpo_run_describe(exact);
    size_t n = 0;
    assert_true(a->n_iterations > 1 && a->n_iterations == b->n_iterations);
    for (size_t i = 0; i < a->n_iterations; i++) {
        const pmpo_iteration *x = &a->iterations[i], *y = &b->iterations[i];
        assert_true(x->best_loss == y->best_loss && x->best_loss >= 0);
        assert_int_equal(n_given_up(x), 0);
        n += n_given_up(y);
    }
    assert_true(n > 0);
    assert_true(pmpo_str_eq(a->best.prompt, b->best.prompt));
    assert_true(a->test_gain == b->test_gain);
    pmpo_run_free(off);
    pmpo_run_free(exact);
    fake_free(m);
    pmpo_data_free(d);
    drop_folder(folder);
    free(path);
    free(path2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_input_is_replaced),
        cmocka_unit_test(test_shots_stay),
        cmocka_unit_test(test_figures_are_of_the_scores_of_the_loss),
        cmocka_unit_test(test_races),
        cmocka_unit_test(test_choice_has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
