/* test_approve.c: a person has the last word on each new incumbent. */
#include "run_help.h"

/* A person of few words: `says` has a letter for each question, a, r, e, or s
 * to stop; the last one goes on. */
typedef struct person {
    const char *says;
    pmpo_str writes;
    bool numbers; /* and the number of the question behind it */
    char text[60];
    size_t n_asked;
    int first_id; /* asked about first; -1 */
} person;

static int ask(void *ud, const pmpo_would_be *w, pmpo_str *edited,
               pmpo_error *err)
{
    person *p = ud;
    size_t at = p->n_asked < strlen(p->says) ? p->n_asked
                                             : strlen(p->says) - 1;
    (void)err;
    p->first_id = p->n_asked++ ? p->first_id : w->id;
    /* What is asked about would really be accepted. */
    assert_true(w->train_after < w->train_before);
    assert_true(!(w->val_after > w->val_before));
    pmpo_buf before = {0}, after = {0};
    for (size_t i = 0; i < w->n_diff; i++) {
        if (w->diff[i].change != PMPO_NEW) {
            pmpo_buf_put(&before, pmpo_str_trim(w->diff[i].text));
        }
        if (w->diff[i].change != PMPO_GONE) {
            pmpo_buf_put(&after, pmpo_str_trim(w->diff[i].text));
        }
    }
    assert_true(before.len > 0 && after.len > 0);
    pmpo_buf_release(&before);
    pmpo_buf_release(&after);
    *edited = p->writes;
    if (p->numbers) {
        snprintf(p->text, sizeof(p->text), "%.*s %zu", (int)p->writes.len,
                 p->writes.ptr, p->n_asked);
        *edited = pmpo_str_of(p->text);
    }
    switch (p->says[at]) {
    case 'a':
        return PMPO_APPROVAL_ACCEPT;
    case 'e':
        return PMPO_APPROVAL_EDIT;
    case 's':
        return PMPO_ECANCELLED;
    default:
        return PMPO_APPROVAL_REFUSE;
    }
}

static pmpo_optimize_options asking(person *p)
{
    pmpo_optimize_options o = small_options();
    o.proposers = NULL; /* all of them: some are accepted */
    o.approve = p != NULL;
    o.ask = p ? ask : NULL;
    o.ask_ud = p;
    return o;
}

static int run(const pmpo_optimize_options *o, const char *path,
               pmpo_run **out)
{
    pmpo_data *d = make_data(12, false);
    pmpo_model *m = fake_new(&(fake_options){.salt = 4});
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, o,
                           path, out, NULL);
    fake_free(m);
    pmpo_data_free(d);
    return rc;
}

static int go_on(person *p, const char *path, pmpo_run **out, pmpo_error *err)
{
    pmpo_resume_options o;
    pmpo_resume_options_init(&o);
    o.no_cache = true;
    o.ask = p ? ask : NULL;
    o.ask_ud = p;
    pmpo_model *m = fake_new(&(fake_options){.salt = 4});
    int rc = pmpo_resume(m, NULL, path, &o, out, err);
    fake_free(m);
    return rc;
}

/* The prompts of a run with their fates and losses. */
static void put_rows(const pmpo_run *r, pmpo_buf *b)
{
    const pmpo_run_view *v = pmpo_run_describe(r);
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            put_candidate(&v->iterations[i].candidates[k], b);
        }
    }
    put_outcome(&v->best, b);
}

static void runs_are_alike(const pmpo_run *a, const pmpo_run *b)
{
    pmpo_buf x = {0}, y = {0};
    put_rows(a, &x);
    put_rows(b, &y);
    assert_string_equal(x.ptr, y.ptr);
    pmpo_buf_release(&x);
    pmpo_buf_release(&y);
}

static const pmpo_candidate *candidate(const pmpo_run *r, int id)
{
    const pmpo_run_view *v = pmpo_run_describe(r);
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            if (v->iterations[i].candidates[k].id == id) {
                return &v->iterations[i].candidates[k];
            }
        }
    }
    return NULL;
}

static void a_person_who_refuses_all_keeps_the_start(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    person p = {.says = "r"};
    pmpo_run *r = NULL;
    pmpo_optimize_options o = asking(&p);
    assert_int_equal(run(&o, path, &r), 0);
    assert_true(p.n_asked > 1);
    const pmpo_run_view *v = pmpo_run_describe(r);
    assert_int_equal(v->best_id, 0);
    assert_true(pmpo_str_eq(v->best.prompt, o.prompt));
    const pmpo_candidate *c = candidate(r, p.first_id);
    assert_int_equal(c->fate, PMPO_FATE_REJECTED);
    assert_string_equal(c->reason, "a person refused it");
    char says[100];
    snprintf(says, sizeof(says), "a person was asked about %zu of ", p.n_asked);
    assert_non_null(strstr(v->verdict, says));
    pmpo_run_free(r);
    free(path);
    drop_folder(folder);
}

/* Each change is a prompt of its own, and as good as any other: up to eight. */
static void what_a_person_changes_too_often_is_not_taken(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    person p = {.says = "e", .writes = PMPO_STR("Way"), .numbers = true};
    pmpo_run *r = NULL;
    pmpo_optimize_options o = asking(&p);
    o.iterations = 1;
    o.variants = 12;
    o.split = (pmpo_split){12, 0, 0, 1}; /* any gain is asked about */
    assert_int_equal(run(&o, path, &r), 0);
    size_t taken = 0, dropped = 0;
    const pmpo_candidate *c;
    for (int id = 1; (c = candidate(r, id)); id++) {
        taken += strstr(c->reason, "a person changed it: prompt") != NULL;
        dropped += strstr(c->reason, "not taken, after 8 changes") != NULL;
        assert_null(strstr(c->reason, "a person refused it"));
    }
    assert_true(taken >= 8 && dropped > 0);
    pmpo_run_free(r);
    free(path);
    drop_folder(folder);
}

static void what_a_person_writes_is_scored_like_any_other(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    person p = {.says = "ea", .writes = PMPO_STR(" Decide, and say it. ")};
    pmpo_run *r = NULL;
    pmpo_optimize_options o = asking(&p);
    assert_int_equal(run(&o, path, &r), 0);
    const pmpo_candidate *old = candidate(r, p.first_id), *own = NULL;
    const pmpo_run_view *v = pmpo_run_describe(r);
    for (int id = 1; !own && candidate(r, id); id++) {
        own = !strcmp(candidate(r, id)->proposer, "person") ? candidate(r, id)
                                                            : NULL;
    }
    assert_non_null(own);
    assert_non_null(strstr(old->reason, "a person changed it"));
    assert_int_equal(own->parents[0], p.first_id);
    assert_true(pmpo_str_eq(own->prompt, PMPO_STR("Decide, and say it.")));
    assert_true(isfinite(own->loss));
    assert_true(own->fate == PMPO_FATE_ACCEPTED
                || own->loss >= v->iterations[0].best_loss
                || own->reason[0] != '\0');
    pmpo_run_free(r);
    free(path);
    drop_folder(folder);
}

static void a_run_waits_for_its_answer(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    char *whole = path_in(folder, "w");
    person p = {.says = "rs"}, all = {.says = "ra"}, late = {.says = "a"};
    pmpo_run *r = NULL, *w = NULL;
    pmpo_error err = {0};
    pmpo_optimize_options o = asking(&p);
    assert_int_equal(run(&o, path, &r), PMPO_ECANCELLED);
    assert_int_equal(p.n_asked, 2);
    pmpo_run_free(r);
    r = NULL;
    assert_int_equal(go_on(NULL, path, NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "--approve"));
    assert_int_equal(go_on(&late, path, &r, &err), 0);
    o = asking(&all);
    assert_int_equal(run(&o, whole, &w), 0);
    assert_int_equal(late.n_asked + 1, all.n_asked); /* never asked twice */
    runs_are_alike(r, w);
    pmpo_run_free(r);
    pmpo_run_free(w);
    free(path);
    free(whole);
    drop_folder(folder);
}

static void somebody_has_to_be_asked(void **state)
{
    (void)state;
    pmpo_optimize_options o = asking(NULL);
    o.approve = true;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_who_refuses_all_keeps_the_start),
        cmocka_unit_test(what_a_person_changes_too_often_is_not_taken),
        cmocka_unit_test(what_a_person_writes_is_scored_like_any_other),
        cmocka_unit_test(a_run_waits_for_its_answer),
        cmocka_unit_test(somebody_has_to_be_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
