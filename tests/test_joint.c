/* test_joint.c: a prompt for several models: what comes out is made of what
 * each gives alone. */
#include "run_help.h"
#include "score/score.h"

#define N_MODELS 3

static pmpo_model *models[N_MODELS];

/* Models that differ in weights, in the requests of a unit and in the units
 * that they take at a time. */
static pmpo_model *join(pmpo_joint how)
{
    pmpo_error err = {0};
    static const char *const names[N_MODELS] = {"first", "second", "third"};
    for (int i = 0; i < N_MODELS; i++) {
        models[i] = fake_new(&(fake_options){.salt = 50 + (uint64_t)i,
                                             .name = names[i],
                                             .max_requests = 9 - 2 * (size_t)i,
                                             .at_a_time = 1 + 3 * (size_t)i,
                                             .jitter = 0.01});
    }
    assert_int_equal(pmpo_model_join(models[0], models + 1, N_MODELS - 1, how,
                                     &err),
                     0);
    return models[0];
}

static void free_models(void)
{
    for (int i = 0; i < N_MODELS; i++) {
        assert_int_equal(fake_violations(models[i]), 0);
        fake_free(models[i]);
    }
}

/* ---- scores ------------------------------------------------------------------- */

static const pmpo_scorer_options settings = {.loss = PMPO_LOSS_CHOICE,
                                             .beta = 1,
                                             .end = PMPO_END_NO,
                                             .template_name = "chat",
                                             .targets = PMPO_TARGETS_ALL};

static pmpo_result score_with(pmpo_scorer *s, pmpo_str prompt,
                              const pmpo_give_up *g, pmpo_arena *mem)
{
    const pmpo_score_context c = {.prompt_id = -1, .give_up = g};
    pmpo_result r;
    pmpo_error err = {0};
    if (pmpo_scorer_score(s, prompt, &c, mem, &r, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return r;
}

static void compare_with_each(pmpo_joint how)
{
    pmpo_model *m = join(how);
    pmpo_data *d = make_data(21, false);
    pmpo_arena mem = {0};
    pmpo_error err = {0};
    pmpo_scorer *joint, *alone;
    const pmpo_str prompt = PMPO_STR("Say yes or no.");
    assert_int_equal(pmpo_joint_scorer_new(m, d, &settings, &joint, &err), 0);
    pmpo_result r = score_with(joint, prompt, NULL, &mem), each[N_MODELS];
    size_t worst = 0;
    double mean = 0;
    uint64_t rows, whole, all_rows = 0, all_whole = 0;
    for (size_t i = 0; i < N_MODELS; i++) {
        assert_int_equal(pmpo_scorer_new(models[i], d, &settings, &alone, &err),
                         0);
        each[i] = score_with(alone, prompt, NULL, &mem);
        assert_int_equal(pmpo_scorer_count(alone, prompt, &rows, &whole, &err),
                         0);
        all_whole += whole;
        pmpo_scorer_free(alone);
        mean += each[i].score.loss / N_MODELS;
        worst = each[i].score.loss > each[worst].score.loss ? i : worst;
        assert_true(fabs(r.by_model[i] - each[i].score.loss) < 0.02);
    }
    double expected = how == PMPO_JOINT_MAX ? each[worst].score.loss : mean;
    assert_true(fabs(r.score.loss - expected) < 0.02); /* another packing */
    double sum = 0, weight = 0;
    for (size_t k = 0; k < r.score.n_examples; k++) {
        const pmpo_example_score *x = &r.score.examples[k];
        double of_each = 0;
        for (size_t i = 0; i < N_MODELS; i++) {
            of_each += each[i].score.examples[k].loss / N_MODELS;
        }
        of_each = how == PMPO_JOINT_MAX ? each[worst].score.examples[k].loss
                                        : of_each;
        assert_true(fabs(x->loss - of_each) < 0.1);
        assert_int_equal(x->picked, each[0].score.examples[k].picked);
        sum += x->weight * x->loss;
        weight += x->weight;
    }
    assert_true(fabs(r.score.loss - sum / weight) < 1e-12);
    assert_int_equal(pmpo_scorer_count(joint, prompt, &all_rows, &whole, &err),
                     0);
    assert_int_equal(whole, all_whole);
    pmpo_scorer_free(joint);
    pmpo_arena_release(&mem);
    pmpo_data_free(d);
    free_models();
}

static void test_scores(void **state)
{
    (void)state;
    compare_with_each(PMPO_JOINT_MEAN);
    compare_with_each(PMPO_JOINT_MAX);
}

/* A bound gives up what is above it, tells the truth about how far it is, and
 * nothing that is below it. */
static void check_bounds(pmpo_joint how)
{
    pmpo_model *m = join(how);
    pmpo_data *d = make_data(21, false);
    pmpo_error err = {0};
    pmpo_scorer *s;
    assert_int_equal(pmpo_joint_scorer_new(m, d, &settings, &s, &err), 0);
    size_t given_up = 0, later = 0;
    for (int i = 0; i < 40; i++) {
        pmpo_arena mem = {0};
        char text[40];
        snprintf(text, sizeof(text), "Prompt number %d.", i);
        pmpo_result all = score_with(s, pmpo_str_of(text), NULL, &mem);
        const pmpo_give_up g = {.bound = all.score.loss * (0.5 + 0.025 * i)};
        size_t before = fake_events(models[2]);
        pmpo_result r = score_with(s, pmpo_str_of(text), &g, &mem);
        assert_true(r.pruned == (all.score.loss > g.bound) || !r.pruned);
        assert_true(!r.pruned || (r.lower_bound > g.bound &&
                                  r.lower_bound <= all.score.loss + 1e-9));
        assert_true(r.pruned || r.score.loss == all.score.loss);
        assert_true(r.pruned == (r.by_model == NULL));
        given_up += r.pruned;
        later += r.pruned && fake_events(models[2]) == before;
        pmpo_arena_release(&mem);
    }
    print_message("%zu given up, %zu before the last model\n", given_up, later);
    assert_true(given_up > 10 && later > 5);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    free_models();
}

static void test_bounds(void **state)
{
    (void)state;
    check_bounds(PMPO_JOINT_MEAN);
    check_bounds(PMPO_JOINT_MAX);
}

/* On a part of the examples, the same for all models. */
static void test_part(void **state)
{
    (void)state;
    pmpo_model *m = join(PMPO_JOINT_MEAN);
    pmpo_data *d = make_data(21, false);
    pmpo_error err = {0};
    pmpo_arena mem = {0};
    pmpo_scorer *s;
    const pmpo_give_up g = {.bound = INFINITY, .most_examples = 5};
    const pmpo_str prompt = PMPO_STR("Say yes or no.");
    assert_int_equal(pmpo_joint_scorer_new(m, d, &settings, &s, &err), 0);
    pmpo_result all = score_with(s, prompt, NULL, &mem);
    pmpo_result part = score_with(s, prompt, &g, &mem);
    assert_true(part.pruned && part.n_done >= 5 && part.n_done < 21);
    for (size_t k = 0; k < part.n_done; k++) {
        assert_true(part.score.examples[k].loss == all.score.examples[k].loss);
    }
    pmpo_scorer_free(s);
    pmpo_arena_release(&mem);
    pmpo_data_free(d);
    free_models();
}

/* ---- whole runs ------------------------------------------------------------------ */

static pmpo_run *optimize(pmpo_model *m, const pmpo_optimize_options *o,
                          const char *path, int expected)
{
    pmpo_data *d = make_data(40, false);
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, o,
                           path, &run, &err);
    if (rc != expected) {
        fail_msg("%d: %s", rc, err.text);
    }
    pmpo_data_free(d);
    return run;
}

static pmpo_optimize_options run_options(void)
{
    pmpo_optimize_options o = small_options();
    o.split = (pmpo_split){16, 8, 8, 1};
    o.hard = 3;
    o.variants = 3;
    o.proposers = "library,contract,delete,rewrite";
    o.metric = PMPO_RUN_METRIC_NONE;
    o.force = true;
    return o;
}

static void check_figures(const pmpo_run_view *v, pmpo_joint how)
{
    assert_string_equal(v->joint, pmpo_joint_name(how));
    assert_int_equal(v->n_models, N_MODELS);
    for (int w = 0; w < 2; w++) {
        double mean = 0, most = 0;
        for (size_t i = 0; i < N_MODELS; i++) {
            double x = v->models[i].test_loss[w];
            mean += x / N_MODELS;
            most = x > most ? x : most;
            assert_true(isfinite(v->models[i].train_loss[w]) &&
                        isfinite(v->models[i].val_loss[w]));
        }
        double joint = w ? v->best.test_loss : v->initial.test_loss;
        assert_true(fabs(joint - (how == PMPO_JOINT_MAX ? most : mean)) < 1e-9);
    }
}

/* Giving up what is sure to lose changes nothing. */
static void check_race(pmpo_joint how)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_optimize_options o = run_options();
    o.proposers = "rewrite";
    pmpo_run *a = optimize(join(how), &o, path, 0);
    free_models();
    o.race = PMPO_RACE_OFF;
    pmpo_run *b = optimize(join(how), &o, path, 0);
    free_models();
    const pmpo_run_view *v = pmpo_run_describe(a), *w = pmpo_run_describe(b);
    assert_true(v->cost.prefill_tokens < w->cost.prefill_tokens);
    assert_true(pmpo_str_eq(v->best.prompt, w->best.prompt));
    assert_true(v->best.train_loss == w->best.train_loss);
    pmpo_run_free(a);
    pmpo_run_free(b);
    drop_folder(folder);
    free(path);
}

/* The run's page has a row for each model and one for all. */
static void check_page(const char *run, pmpo_joint how)
{
    pmpo_report *r = NULL;
    pmpo_error err = {0};
    if (pmpo_report_runs(&run, 1, &r, &err) < 0) {
        fail_msg("%s", err.text);
    }
    const char *page = pmpo_report_html(r).ptr;
    assert_non_null(strstr(page, "id=\"models-h\""));
    assert_non_null(strstr(page, "<tr><td>third</td>"));
    assert_non_null(
        strstr(page, how == PMPO_JOINT_MAX ? "The highest" : "The mean"));
    pmpo_report_free(r);
}

/* A run that is stopped and resumed, by other handles, ends as one that isn't. */
static void check_run(pmpo_joint how)
{
    char *folder = make_folder(), *one = path_in(folder, "one");
    char *two = path_in(folder, "two");
    pmpo_optimize_options o = run_options();
    pmpo_run *a = optimize(join(how), &o, one, 0);
    const pmpo_run_view *v = pmpo_run_describe(a), *w;
    check_figures(v, how);
    check_page(one, how);
    free_models();
    o.budget_tokens = 30000;
    pmpo_run *b = optimize(join(how), &o, two, PMPO_EBUDGET);
    pmpo_run_free(b);
    free_models();
    pmpo_resume_options r;
    pmpo_error err = {0};
    pmpo_resume_options_init(&r);
    assert_int_equal(pmpo_resume(join(how), NULL, two, &r, &b, &err), 0);
    w = pmpo_run_describe(b);
    assert_true(pmpo_str_eq(v->best.prompt, w->best.prompt));
    assert_true(v->best.train_loss == w->best.train_loss);
    check_figures(w, how);
    pmpo_run_free(a);
    pmpo_run_free(b);
    free_models();
    drop_folder(folder);
    free(one);
    free(two);
}

static void test_runs(void **state)
{
    (void)state;
    check_race(PMPO_JOINT_MEAN);
    check_race(PMPO_JOINT_MAX);
    check_run(PMPO_JOINT_MEAN);
    check_run(PMPO_JOINT_MAX);
}

static void resume_refused(const char *path, pmpo_model *m, const char *why)
{
    pmpo_resume_options r;
    pmpo_error err = {0};
    pmpo_resume_options_init(&r);
    assert_int_equal(pmpo_resume(m, NULL, path, &r, NULL, &err), PMPO_EMODEL);
    print_message("%s\n", err.text);
    assert_non_null(strstr(err.text, why));
}

/* What a run was made for is what it is resumed with. */
static void test_refused(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_optimize_options o = run_options();
    pmpo_error err = {0};
    pmpo_model *m = join(PMPO_JOINT_MEAN);
    pmpo_model *twice[] = {models[1], models[1]};
    assert_int_equal(pmpo_model_join(m, twice, 2, PMPO_JOINT_MEAN, &err),
                     PMPO_EUSAGE);
    assert_int_equal(pmpo_model_join(m, &m, 1, PMPO_JOINT_MEAN, &err),
                     PMPO_EUSAGE);
    o.budget_tokens = 30000;
    pmpo_run *run = optimize(m, &o, path, PMPO_EBUDGET);
    pmpo_model_options mo;
    pmpo_joint how;
    assert_int_equal(pmpo_run_joined(run, 1, &mo, &how), 1);
    assert_int_equal(how, PMPO_JOINT_MEAN);
    assert_int_equal(pmpo_run_joined(run, 2, &mo, &how), 0);
    pmpo_run_free(run);
    o.race = PMPO_RACE_PAIRED;
    assert_null(optimize(m, &o, path, PMPO_EUSAGE));
    free_models();
    resume_refused(path, join(PMPO_JOINT_MAX), "joined by mean, these by max");
    free_models();
    m = join(PMPO_JOINT_MEAN);
    assert_int_equal(pmpo_model_join(m, models + 1, 1, PMPO_JOINT_MEAN, &err),
                     0);
    resume_refused(path, m, "more than 2 models");
    assert_int_equal(pmpo_model_join(m, NULL, 0, PMPO_JOINT_MEAN, &err), 0);
    resume_refused(path, m, "joined by mean, these by none");
    pmpo_model *other[] = {models[2], models[1]};
    assert_int_equal(pmpo_model_join(m, other, 2, PMPO_JOINT_MEAN, &err), 0);
    resume_refused(path, m, "the run's scorer2 was");
    free_models();
    drop_folder(folder);
    free(path);
}

/* A dry run refuses what the run does, and counts no check that isn't made. */
static void test_estimate(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    pmpo_error err = {0};
    pmpo_data *d = make_data(40, false);
    pmpo_optimize_input in = {.scorer = join(PMPO_JOINT_MEAN), .train = d};
    pmpo_estimate e[2];
    for (int i = 0; i < 2; i++) {
        o.no_loss_check = i;
        assert_int_equal(pmpo_optimize_estimate(&in, &o, &e[i], &err), 0);
    }
    assert_int_equal(e[0].bound_prefill_tokens, e[1].bound_prefill_tokens);
    assert_int_equal(e[0].likely_prefill_tokens, e[1].likely_prefill_tokens);
    o.race = PMPO_RACE_PAIRED;
    assert_int_equal(pmpo_optimize_estimate(&in, &o, &e[0], &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "paired race"));
    free_models();
    pmpo_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),  cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_part),    cmocka_unit_test(test_runs),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
