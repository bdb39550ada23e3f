/* test_price.c: a run whose prompts pay for their length. */
#include "run_help.h"

static pmpo_run *finished_at(double price, pmpo_race race, const char *path)
{
    pmpo_data *d = make_data(16, false);
    pmpo_model *m = fake_new(&(fake_options){.salt = 6});
    pmpo_optimize_options o = small_options();
    pmpo_run *r = NULL;
    pmpo_error err = {0};
    o.proposers = NULL; /* all: short and long ones */
    o.metric = PMPO_RUN_METRIC_NONE;
    o.lowest_loss = true;
    o.length_price = price;
    o.race = race;
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o, path,
                      &r, &err) < 0) {
        fail_msg("%s", err.text);
    }
    fake_free(m);
    pmpo_data_free(d);
    return r;
}

/* Each new incumbent is cheaper, length included, than the one before. */
static void check_incumbents(const pmpo_run_view *v, double price)
{
    double now = v->initial.train_loss + price * (double)v->initial.n_tokens;
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            double own = c->loss + price * (double)c->n_tokens;
            if (isfinite(c->loss)) {
                assert_int_equal(c->n_tokens, c->prompt.len); /* bytes, here */
            }
            if (c->fate == PMPO_FATE_ACCEPTED) {
                assert_true(own < now);
                now = own;
            }
        }
    }
}

/* Of the last choice the one with the lowest validation loss, length paid. */
static void check_choice(const pmpo_run_view *v, double price)
{
    double best = v->best.val_loss + price * (double)v->best.n_tokens;
    for (size_t i = 0; i < v->n_finalists; i++) {
        size_t n = v->finalists[i].id == 0 ? v->initial.n_tokens : 0;
        for (size_t k = 0; k < v->n_iterations; k++) {
            for (size_t c = 0; c < v->iterations[k].n_candidates; c++) {
                const pmpo_candidate *one = &v->iterations[k].candidates[c];
                n = one->id == v->finalists[i].id ? one->n_tokens : n;
            }
        }
        assert_true(n > 0);
        assert_true(best <= v->finalists[i].val_loss + price * (double)n);
    }
}

static void length_is_paid_for(void **state)
{
    (void)state;
    static const double prices[] = {0, 0.001, 0.05};
    char *folder = make_folder(), *path = path_in(folder, "r");
    size_t before = SIZE_MAX;
    for (size_t i = 0; i < 3; i++) {
        pmpo_run *r = finished_at(prices[i], PMPO_RACE_EXACT, path);
        const pmpo_run_view *v = pmpo_run_describe(r);
        check_incumbents(v, prices[i]);
        check_choice(v, prices[i]);
        assert_true(v->best.n_tokens <= before);
        before = v->best.n_tokens;
        pmpo_run_free(r);
        assert_int_equal(unlink(path), 0);
    }
    free(path);
    drop_folder(folder);
}

/* Giving candidates up early changes no outcome, with a price either. */
static void the_race_stays_exact(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *a = path_in(folder, "a"), *b = path_in(folder, "b");
    pmpo_run *x = finished_at(0.002, PMPO_RACE_EXACT, a);
    pmpo_run *y = finished_at(0.002, PMPO_RACE_OFF, b);
    const pmpo_run_view *v = pmpo_run_describe(x), *w = pmpo_run_describe(y);
    /* Without the race all of the opening are scored: later iterations are
     * alike only if what the opening ends with is. */
    if (v->iterations[0].best_loss == w->iterations[0].best_loss) {
        assert_true(pmpo_str_eq(v->best.prompt, w->best.prompt));
    }
    pmpo_run_free(x);
    pmpo_run_free(y);
    free(a);
    free(b);
    drop_folder(folder);
}

static void prices_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    pmpo_optimize_options o = small_options();
    o.length_price = -1;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
    o.length_price = NAN;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
    o.length_price = 0.1;
    assert_int_equal(pmpo_optimize_check(&o, NULL), 0);
    o.race = PMPO_RACE_PAIRED;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(length_is_paid_for),
        cmocka_unit_test(the_race_stays_exact),
        cmocka_unit_test(prices_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
