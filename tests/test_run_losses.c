/* test_run_losses.c: the losses of single examples that a run keeps. */
#include <sqlite3.h>

#include "run_help.h"

static const pmpo_prompt_losses *find(const pmpo_run_view *v, int prompt,
                                      pmpo_part part)
{
    for (size_t i = 0; i < v->n_losses; i++) {
        if (v->losses[i].prompt == prompt && v->losses[i].part == part) {
            return &v->losses[i];
        }
    }
    return NULL;
}

static pmpo_run *make_run(const char *path)
{
    pmpo_optimize_options o = small_options();
    o.score.loss = PMPO_LOSS_NLL;
    fake_options f = {.salt = 5, .max_requests = 4};
    pmpo_data *d = make_data(10, false);
    pmpo_model *m = fake_new(&f);
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, &o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    fake_free(m);
    pmpo_data_free(d);
    return run;
}

/* Means over the examples are the losses told, and an answer's tokens are the
 * loss of its example. */
static void check_part(const pmpo_prompt_losses *l, const pmpo_data *d,
                       double told)
{
    double sum = 0, weight = 0;
    assert_non_null(l);
    assert_int_equal(l->n, pmpo_data_count(d));
    for (size_t i = 0; i < l->n; i++) {
        const pmpo_kept_example *x = &l->examples[i];
        const pmpo_example *e = pmpo_data_example(d, i);
        double nats = 0;
        assert_int_equal(x->n_tokens, e->target.len); /* bytes, here */
        for (size_t k = 0; k < x->n_tokens; k++) {
            assert_int_equal(x->token_ends[k], k + 1);
            nats -= (double)x->token_logprobs[k];
        }
        assert_true(fabs(x->loss - nats / (double)x->n_tokens) < 1e-6);
        assert_in_range(x->correct, 0, 1);
        assert_int_equal(x->correct, pmpo_str_eq(x->picked, e->target));
        sum += e->weight * x->loss;
        weight += e->weight;
    }
    assert_true(fabs(sum / weight - told) < 1e-9);
}

static void test_kept(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    pmpo_run *run = make_run(path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    const pmpo_outcome *of[2] = {&v->initial, &v->best};
    const int id[2] = {0, v->best_id};
    for (int part = 0; part < 3; part++) {
        pmpo_data *d = NULL;
        assert_int_equal(pmpo_run_data(path, part, &d, NULL), 0);
        for (int i = 0; i < 2; i++) {
            const double told[3] = {of[i]->train_loss, of[i]->val_loss,
                                    of[i]->test_loss};
            if (part != 1) { /* validation scores no options: see below */
                check_part(find(v, id[i], part), d, told[part]);
            } else {
                assert_non_null(find(v, id[i], part));
                assert_int_equal(find(v, id[i], part)->examples[0].correct, -1);
            }
        }
        pmpo_data_free(d);
    }
    pmpo_run_free(run);
    free(path);
    drop_folder(folder);
}

/* Candidates that were scored to the end have theirs, others none. */
static void test_candidates(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    pmpo_run *run = make_run(path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    size_t n = 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            bool scored = c->fate == PMPO_FATE_ACCEPTED
                          || c->fate == PMPO_FATE_REJECTED;
            assert_int_equal(find(v, c->id, 0) != NULL,
                             scored && !isnan(c->loss));
            n += scored;
        }
    }
    assert_true(n > 0);
    pmpo_run_free(run);
    free(path);
    drop_folder(folder);
}

/* A run of before the table is read, and gets it when it goes on. */
static void test_older_run(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    pmpo_run_free(make_run(path));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DROP TABLE loss", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    pmpo_run *run = NULL;
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    assert_int_equal(pmpo_run_describe(run)->n_losses, 0);
    pmpo_run_free(run);
    fake_options f = {.salt = 5, .max_requests = 4};
    pmpo_error err = {0};
    assert_int_equal(resume_once(&f, path, NULL, NULL, false, &err), 0);
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_non_null(find(v, 0, 2));
    assert_true(find(v, 0, 2)->examples[0].n_tokens > 0);
    pmpo_run_free(run);
    free(path);
    drop_folder(folder);
}

/* As every call, this one leaves its output alone where it fails. */
static void test_no_run(void **state)
{
    (void)state;
    pmpo_data *const before = (pmpo_data *)&state, *d = before;
    assert_int_not_equal(pmpo_run_data("/nowhere/r", 0, &d, NULL), 0);
    assert_ptr_equal(d, before);
    assert_int_equal(pmpo_run_data("/nowhere/r", 3, &d, NULL), PMPO_EUSAGE);
    assert_ptr_equal(d, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_candidates),
        cmocka_unit_test(test_older_run),
        cmocka_unit_test(test_no_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
