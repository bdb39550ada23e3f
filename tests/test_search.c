/* test_search.c: whole runs on the fake engine. */
#include "run_help.h"
#include "propose/forms.h"

/* Candidates with that fate ("": any) and that in their reason. */
static size_t count_fate(const pmpo_run_view *v, const char *fate,
                         const char *reason)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            n += (!*fate || !strcmp(pmpo_fate_name(c->fate), fate))
                 && strstr(c->reason, reason);
        }
    }
    return n;
}

/* ---- every setting ------------------------------------------------------- */

/* Some earlier prompt is the same and has the same loss, if any. */
static void check_duplicate(const pmpo_run_view *v, const pmpo_candidate *c)
{
    bool found = pmpo_str_eq(c->prompt, v->initial.prompt)
                 && c->loss == v->initial.train_loss;
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *e = &v->iterations[i].candidates[k];
            bool alike = e->loss == c->loss
                         || (isnan(e->loss) && isnan(c->loss));
            found |= e->id < c->id && alike
                     && pmpo_str_eq(e->prompt, c->prompt);
        }
    }
    assert_true(found);
}

static void check_candidate(const pmpo_run_view *v, const pmpo_iteration *it,
                            const pmpo_candidate *c, int *n_accepted)
{
    assert_true(c->id > 0);
    assert_string_equal(c->proposer, "rewrite");
    assert_true(c->reason[0] != '\0');
    if (c->fate == PMPO_FATE_ACCEPTED) {
        (*n_accepted)++;
        assert_true(c->loss == it->best_loss);
        assert_true(c->loss < it->incumbent_loss);
    } else if (c->fate == PMPO_FATE_BAD_REPLY) {
        assert_int_equal(c->prompt.len, 0);
        assert_true(isnan(c->loss));
    } else if (c->fate == PMPO_FATE_REJECTED) {
        assert_true(c->prompt.len > 0);
    } else {
        assert_int_equal(c->fate, PMPO_FATE_DUPLICATE);
        check_duplicate(v, c);
    }
    if (!isnan(c->lower_bound) && c->fate != PMPO_FATE_DUPLICATE) {
        assert_true(isnan(c->loss));
        assert_true(c->lower_bound > it->incumbent_loss);
    }
}

static void check_view(const pmpo_run_view *v, const pmpo_optimize_options *o)
{
    assert_string_equal(v->status, "done");
    assert_int_equal(v->n_iterations, o->iterations);
    assert_true(v->n_train == 4 && v->n_val == 3 && v->n_test == 3);
    double loss = v->initial.train_loss;
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        int n_accepted = 0;
        assert_in_range(it->n_candidates, o->hard * o->variants,
                        (o->paper ? 1 : 2) * o->hard * o->variants);
        assert_int_equal(it->n_hard, o->hard);
        assert_true(o->no_mask ? it->n_segments == 0 : it->n_segments > 0);
        assert_true(it->incumbent_loss == loss);
        for (size_t k = 0; k < it->n_candidates; k++) {
            check_candidate(v, it, &it->candidates[k], &n_accepted);
        }
        assert_int_equal(n_accepted, it->best_loss < it->incumbent_loss);
        loss = it->best_loss;
    }
    assert_true(!o->paper || v->best.train_loss == loss);
    assert_true(isnan(v->noise_floor) == o->paper);
    assert_false(isnan(v->best.test_loss + v->best.val_loss));
    assert_true(v->verdict[0] != '\0');
}

static pmpo_optimize_options case_of(unsigned i, bool *preference)
{
    pmpo_optimize_options o = small_options();
    *preference = i & 1;
    o.score.loss = i & 1 ? PMPO_LOSS_PREFERENCE : PMPO_LOSS_NLL;
    if (i & 2 && *preference) { /* each loss has its own */
        o.score.normalize = PMPO_NORM_LENGTH;
    } else if (i & 2) {
        o.score.reduction = PMPO_REDUCE_SUM;
    }
    o.paper = i & 4;
    o.no_mask = i & 8;
    o.no_hard_cases = i & 16;
    o.lowest_loss = i % 3 == 0;
    return o;
}

static void test_every_setting(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    (void)state;
    size_t n_validated[2] = {0}, n_pruned[2] = {0};
    for (unsigned i = 0; i < 32; i++) {
        bool preference;
        pmpo_optimize_options o = case_of(i, &preference);
        o.force = true;
        pmpo_data *d = make_data(10, preference);
        /* Two units a part, so that a candidate can be given up. */
        const fake_options f = {.salt = i, .max_requests = 4};
        pmpo_run *run = finished(&f, &o, d, path, 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        check_view(v, &o);
        n_validated[o.paper] += count_fate(v, "", "validation loss");
        n_pruned[o.paper] += count_fate(v, "", "sure to be above");
        assert_string_equal(v->loss, preference ? "preference" : "nll");
        assert_int_equal(v->initial.test_n_options, preference ? 0 : 3);
        assert_true(isnan(v->test_majority) == preference);
        /* Looked at where options are known, at both ends. */
        bool looked = !preference && !o.paper;
        assert_true((v->loss_check_start[0] != '\0') == looked);
        assert_true((v->loss_check_end[0] != '\0') == looked);
        pmpo_run_free(run);
        pmpo_data_free(d);
    }
    assert_true(n_validated[false] > 4 && n_pruned[false] > 4);
    assert_int_equal(n_validated[true], 0);
    assert_int_equal(n_pruned[true], 0);
    free(path);
    drop_folder(folder);
}

/* Giving up hopeless candidates changes nothing of the outcome; the paired
 * race may, but it saves work, and keeps what it accepts honest. */
static void test_races(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    (void)state;
    uint64_t rows[3] = {0};
    for (unsigned i = 0; i < 8; i++) {
        double best[3];
        char *prompt[3];
        for (int race = 0; race < 3; race++) {
            pmpo_optimize_options o = small_options();
            o.race = (pmpo_race)race;
            o.force = true;
            o.split = (pmpo_split){24, 0, 0, 1};
            pmpo_data *d = make_data(24, false);
            const fake_options f = {.salt = i, .max_requests = 4};
            pmpo_run *run = finished(&f, &o, d, path, 0);
            const pmpo_run_view *v = pmpo_run_describe(run);
            best[race] = v->best.train_loss;
            prompt[race] = strdup(v->best.prompt.ptr);
            rows[race] += v->cost.prefill_tokens;
            pmpo_run_free(run);
            pmpo_data_free(d);
        }
        assert_true(best[0] == best[1] && best[0] <= best[2]);
        assert_string_equal(prompt[0], prompt[1]);
        for (int race = 0; race < 3; race++) {
            free(prompt[race]);
        }
    }
    assert_true(rows[1] < rows[0] && rows[2] < rows[0]);
    free(path);
    drop_folder(folder);
}

/* ---- the numbers, by hand ------------------------------------------------ */

/* The first iteration's hard cases are the examples of highest loss. */
static void check_hardest(const pmpo_run_view *v, const double *losses,
                          size_t n)
{
    double last = INFINITY;
    for (size_t k = 0; k < v->iterations[0].n_hard; k++) {
        size_t at = (size_t)atoi(v->iterations[0].hard_ids[k].ptr + 1);
        size_t n_above = 0;
        for (size_t i = 0; i < n; i++) {
            n_above += losses[i] > losses[at];
        }
        assert_int_equal(n_above, k);
        assert_true(losses[at] < last);
        last = losses[at];
    }
}

static void test_loss_by_hand(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "run.pmpo");
    (void)state;
    pmpo_data *all = make_data(12, false), *d, *unseen;
    const size_t idx[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    assert_int_equal(pmpo_data_subset(all, idx, 6, &d, NULL), 0);
    assert_int_equal(pmpo_data_subset(all, idx + 6, 6, &unseen, NULL), 0);
    pmpo_optimize_options o = small_options();
    o.score.loss = PMPO_LOSS_NLL;
    o.score.end = PMPO_END_NO;
    o.paper = true;
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    pmpo_run *run;
    pmpo_error err;
    /* Train and test are given: nothing is split. */
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, d},
                                   &o, path, &run, &err),
                     PMPO_EDATA); /* what is tested must be unseen */
    assert_non_null(strstr(err.text, "take it out of one"));
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, unseen},
                                   &o, path, &run, &err), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    double sum = 0, weight = 0, start[6], test = 0, test_weight = 0;
    for (size_t i = 0; i < 6; i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        const char *t = i % 3 ? "yes" : "no";
        start[i] = -by_hand(5, o.prompt, e->input, t) / (double)strlen(t);
        sum -= e->weight * by_hand(5, v->best.prompt, e->input, t)
               / (double)strlen(t);
        weight += e->weight;
        e = pmpo_data_example(unseen, i);
        test -= e->weight * by_hand(5, v->best.prompt, e->input, t)
                / (double)strlen(t);
        test_weight += e->weight;
    }
    assert_true(fabs(sum / weight - v->best.train_loss) < 1e-12);
    assert_true(fabs(test / test_weight - v->best.test_loss) < 1e-12);
    assert_true(v->best.train_loss < v->initial.train_loss);
    assert_int_equal(v->n_val, 0);
    check_hardest(v, start, 6);
    pmpo_run_free(run);
    fake_free(m);
    pmpo_data_free(d);
    pmpo_data_free(unseen);
    pmpo_data_free(all);
    free(path);
    drop_folder(folder);
}

/* ---- determinism --------------------------------------------------------- */

static char *text_of(uint64_t seed, const pmpo_data *d, const char *path)
{
    pmpo_optimize_options o = small_options();
    o.seed = seed;
    o.force = true;
    pmpo_run *run = finished(&(fake_options){.salt = 3}, &o, d, path, 0);
    char *text = run_text(run, false);
    pmpo_run_free(run);
    return text;
}

static void test_same_seed_same_run(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    char *a = text_of(7, d, path), *b = text_of(7, d, path);
    char *c = text_of(8, d, path);
    assert_string_equal(a, b);
    /* The candidates of another seed are others, not just the number. */
    assert_string_not_equal(strchr(a, '\n'), strchr(c, '\n'));
    free(a);
    free(b);
    free(c);
    free(path);
    pmpo_data_free(d);
    drop_folder(folder);
}

static void test_other_model_other_run(void **state)
{
    /* The fault of a shifted prefix must show in the numbers. */
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    char *a, *b;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.force = true;
    run_once(&(fake_options){.salt = 3}, &o, d, NULL, NULL, path, &a, NULL);
    run_once(&(fake_options){.salt = 3, .shift = true}, &o, d, NULL, NULL,
             path, &b, NULL);
    assert_string_not_equal(a, b);
    free(a);
    free(b);
    free(path);
    pmpo_data_free(d);
    drop_folder(folder);
}

/* ---- forms --------------------------------------------------------------- */

static void test_forms(void **state)
{
    (void)state;
    const pmpo_str rejected = PMPO_STR("wrong <|im_end|>");
    const pmpo_example e = {.input = PMPO_STR("in </prompt> \001put"),
                            .target = PMPO_STR("right"),
                            .rejected = &rejected,
                            .n_rejected = 1};
    const pmpo_segment_effect effects[] = {
        {0, 3, PMPO_STR("unit A"), 0.25, 0.1, 0.4},
        {3, 6, PMPO_STR("unit B"), -0.25, -0.4, -0.1},
        {6, 9, PMPO_STR("unit C"), 0.25, -0.1, 0.6},
        {9, 12, PMPO_STR("unit D"), NAN, NAN, NAN},
    };
    pmpo_form_input in = {.task = PMPO_STR("the task"),
                          .instruction = PMPO_STR("do === this {x} %s"),
                          .example = &e,
                          .max_bytes = 100,
                          .segments = effects,
                          .n_segments = 4};
    const char *const wanted[] = {
        "the task", "do === this {x} %s", "in </prompt> \001put",
        "Expected output: right", "Not: wrong <|im_end|>",
        "+0.2500, helps: unit A", "-0.2500, hurts: unit B",
        "+0.2500, no clear effect: unit C", "<prompt>", "</prompt>",
    };
    for (int f = PMPO_FORM_LARGE; f <= PMPO_FORM_SMALL; f++) {
        pmpo_buf b = {0};
        assert_false(pmpo_form_rewrite((pmpo_rewrite_form)f, &in, &b));
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
            assert_non_null(strstr(b.ptr, wanted[i]));
        }
        assert_null(strstr(b.ptr, "unit D"));
        pmpo_buf_release(&b);
    }
    pmpo_buf b = {0};
    in.max_bytes = 12;
    assert_true(pmpo_form_rewrite(PMPO_FORM_SMALL, &in, &b));
    assert_non_null(strstr(b.ptr, "[...]"));
    pmpo_buf_clear(&b);
    pmpo_form_mark(PMPO_STR("copy me"), 4, &b);
    assert_non_null(strstr(b.ptr, "copy me"));
    assert_non_null(strstr(b.ptr, "at most 4 parts"));
    pmpo_buf_release(&b);
}

/* ---- two models ---------------------------------------------------------- */

static void test_two_models(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.metric = PMPO_RUN_METRIC_NONE;
    pmpo_model *scorer = fake_new(&(fake_options){.salt = 1, .name = "s"});
    pmpo_model *rewriter = fake_new(&(fake_options){.salt = 2, .name = "r"});
    pmpo_run *run;
    pmpo_error err;
    pmpo_resume_options r;
    pmpo_resume_options_init(&r);
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){scorer, rewriter, d, NULL, NULL},
                                   &o, path, &run, &err), 0);
    assert_int_equal(fake_generated(scorer), 0);
    assert_int_equal(fake_events(rewriter), fake_generated(rewriter));
    assert_string_equal(pmpo_run_describe(run)->rewriter, "r");
    pmpo_model_options a, b;
    bool same = true;
    assert_int_equal(pmpo_run_models(run, &a, &b, &same, &err), 0);
    assert_false(same);
    assert_true(b.for_generation && !a.for_generation);
    pmpo_run_free(run);
    assert_int_equal(pmpo_resume(scorer, NULL, path, &r, NULL, &err),
                     PMPO_EMODEL);
    assert_non_null(strstr(err.text, "rewriter was r"));
    assert_int_equal(pmpo_resume(scorer, rewriter, path, &r, NULL, &err), 0);
    fake_free(scorer);
    fake_free(rewriter);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* ---- replies ------------------------------------------------------------- */

static void test_bad_replies(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    pmpo_run *run = finished(&(fake_options){.all_bad = true}, &o, d, path, 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_string_equal(v->status, "done");
    assert_string_equal(v->form, "small"); /* the probe saw no good reply */
    assert_int_equal(count_fate(v, "bad reply", ""), 16); /* each asked again */
    assert_non_null(strstr(v->verdict, "No candidate was accepted"));
    assert_non_null(strstr(v->verdict, "none of the rewriter's 16 replies"));
    assert_true(v->test_gain == 0);
    assert_true(v->best.test_loss == v->initial.test_loss);
    pmpo_run_free(run);
    /* Nobody was asked for replies. */
    o.no_rewriter = true;
    o.proposers = NULL;
    o.max_prompt_tokens = 1;
    o.force = true;
    run = finished(&(fake_options){.salt = 1}, &o, d, path, 0);
    v = pmpo_run_describe(run);
    assert_non_null(strstr(v->verdict, "nothing that was proposed could be "));
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_duplicates_are_not_scored(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.no_mask = true;
    o.form = PMPO_FORM_LARGE;
    o.paper = true;
    o.split = (pmpo_split){4, 0, 0, 1};
    pmpo_model *m = fake_new(&(fake_options){.stuck = true});
    pmpo_run *run;
    pmpo_error err;
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                   &o, path, &run, &err), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_int_equal(count_fate(v, "duplicate", "the incumbent"), 8);
    assert_true(v->iterations[0].candidates[3].loss == v->initial.train_loss);
    /* 4 examples of 2 outputs are one unit of at most 8 requests: scored
     * once; and one generation an iteration. */
    assert_int_equal(fake_generated(m), 2);
    assert_int_equal(fake_events(m), 3);
    assert_int_equal(v->n_test, 0);
    pmpo_run_free(run);
    fake_free(m);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_prompt_cap(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.max_prompt_tokens = (int)o.prompt.len; /* bytes, here */
    o.variants = 8;
    pmpo_run *run = finished(&(fake_options){.salt = 2}, &o, d, path, 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_true(count_fate(v, "too long", "at most 39 are allowed") > 0);
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            if (c->prompt.len > o.prompt.len) {
                assert_true(isnan(c->loss));
            }
        }
    }
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_copied_examples(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.variants = 30;
    o.force = true;
    pmpo_run *run = finished(&(fake_options){.salt = 2}, &o, d, path, 0);
    assert_true(count_fate(pmpo_run_describe(run), "rejected", "it copies")
                > 0);
    pmpo_run_free(run);
    o.paper = true; /* the published loop doesn't look */
    run = finished(&(fake_options){.salt = 2}, &o, d, path, 0);
    assert_int_equal(count_fate(pmpo_run_describe(run), "rejected",
                                "it copies"), 0);
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* ---- noise, patience, verdicts ------------------------------------------- */

static void test_noise_floor(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.force = true;
    pmpo_run *run = finished(&(fake_options){.salt = 2}, &o, d, path, 0);
    assert_true(pmpo_run_describe(run)->noise_floor == 0);
    pmpo_run_free(run);
    run = finished(&(fake_options){.salt = 2, .jitter = 3}, &o, d, path, 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_true(v->noise_floor > 0.3);
    /* So much noise that nothing may be accepted. */
    assert_true(v->best.train_loss == v->initial.train_loss);
    assert_non_null(strstr(v->verdict, "No candidate was accepted"));
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_patience(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.iterations = 9;
    o.patience = 2;
    pmpo_run *run = finished(&(fake_options){.all_bad = true}, &o, d, path, 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_int_equal(v->n_iterations, 2);
    assert_string_equal(v->status, "done");
    assert_non_null(strstr(v->status_reason, "no gain in 2 iterations"));
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* A test set that asks each of ten questions `times` times. */
static pmpo_data *repeated(int times)
{
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (int i = 0; i < 10 * times; i++) {
        pmpo_buf_printf(&b, "{\"id\":\"t%d\",\"input\":\"Is %d odd?\","
                        "\"target\":\"%s\",\"options\":[\"yes\",\"no\"]}\n",
                        i, i / times, i / times % 3 ? "yes" : "no");
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "t", NULL, &d, NULL),
                     0);
    pmpo_buf_release(&b);
    return d;
}

static void test_copies_make_no_gain_sure(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_data *d = make_data(12, false);
    pmpo_optimize_options o = small_options();
    double low[2], high[2], width[2];
    o.force = true;
    o.paper = true;
    o.score.loss = PMPO_LOSS_NLL;
    for (int i = 0; i < 2; i++) {
        pmpo_data *test = repeated(i ? 5 : 1);
        pmpo_model *m = fake_new(&(fake_options){.salt = 2});
        pmpo_run *run;
        assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, test},
                                       &o, path, &run, NULL), 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        assert_int_equal(v->n_test, i ? 50 : 10);
        assert_true(v->test_gain != 0);
        low[i] = v->test_gain_low;
        high[i] = v->test_gain_high;
        width[i] = v->test_accuracy_high[1] - v->test_accuracy_low[1];
        pmpo_run_free(run);
        fake_free(m);
        pmpo_data_free(test);
    }
    assert_true(fabs(low[0] - low[1]) < 1e-9);
    assert_true(fabs(high[0] - high[1]) < 1e-9);
    assert_true(width[1] > width[0]);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_verdicts(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    size_t seen[3] = {0};
    pmpo_data *d = make_data(24, false);
    pmpo_optimize_options o = small_options();
    o.force = true;
    o.paper = true;
    o.score.loss = PMPO_LOSS_NLL;
    o.split = (pmpo_split){4, 0, 20, 1};
    for (uint64_t salt = 0; salt < 12; salt++) {
        pmpo_run *run = finished(&(fake_options){.salt = salt}, &o, d, path,
                                 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        bool same = pmpo_str_eq(v->best.prompt, v->initial.prompt);
        bool better = v->test_gain_low > 0, worse = v->test_gain_high < 0;
        assert_true(fabs(v->initial.test_loss - v->best.test_loss
                         - v->test_gain) < 1e-9);
        if (!same) {
            const char *head = better  ? "A gain of loss on unseen"
                               : worse ? "Worse on unseen"
                                       : "Not shown to be better";
            assert_ptr_equal(strstr(v->verdict, head), v->verdict);
            seen[better ? 0 : worse ? 1 : 2]++;
        }
        assert_int_equal(v->best.test_n_options, 20);
        double share = (double)v->best.test_n_correct / 20;
        assert_true(v->test_accuracy_low[1] < share + 1e-9);
        assert_true(v->test_accuracy_high[1] > share - 1e-9);
        pmpo_run_free(run);
    }
    assert_true(seen[2] > 0); /* chance gains are not called better */
    o.split = (pmpo_split){12, 0, 0, 1};
    pmpo_run *run = finished(&(fake_options){.salt = 2}, &o, d, path, 0);
    assert_non_null(strstr(pmpo_run_describe(run)->verdict,
                           "Not checked on unseen data"));
    assert_true(isnan(pmpo_run_describe(run)->test_gain));
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* ---- failures ------------------------------------------------------------ */

static void test_engine_failure(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    char *whole, *text = NULL;
    pmpo_error err;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.force = true;
    assert_int_equal(run_once(&(fake_options){.salt = 1}, &o, d, NULL, NULL,
                              path, &whole, &err), 0);
    const fake_options faults[] = {
        {.salt = 1, .fail_at = 1}, {.salt = 1, .fail_at = 3},
        {.salt = 1, .fail_at = 9}, {.salt = 1, .nan_at = 1},
        {.salt = 1, .nan_at = 8},
    };
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        int code = faults[i].nan_at ? PMPO_ENAN : PMPO_EBACKEND;
        assert_int_equal(run_once(&faults[i], &o, d, NULL, NULL, path, NULL,
                                  &err), code);
        pmpo_run *run;
        assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        assert_string_equal(v->status, "stopped");
        assert_string_equal(v->status_reason, err.text);
        pmpo_run_free(run);
        /* Nothing of the failure was kept: the run ends as if there had
         * been none. */
        assert_int_equal(resume_once(&(fake_options){.salt = 1}, path, NULL,
                                     &text, true, &err), 0);
        assert_string_equal(text, whole);
        free(text);
    }
    free(whole);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_misuse(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_error err;
    pmpo_data *d = make_data(10, true);
    const fake_options f = {0};
    pmpo_optimize_options o = small_options();
    const struct {
        size_t at;
        int value;
    } bad[] = {
        {offsetof(pmpo_optimize_options, iterations), -1},
        {offsetof(pmpo_optimize_options, hard), 0},
        {offsetof(pmpo_optimize_options, variants), 0},
        {offsetof(pmpo_optimize_options, segments), 0},
        {offsetof(pmpo_optimize_options, segments), 65},
        {offsetof(pmpo_optimize_options, patience), -1},
        {offsetof(pmpo_optimize_options, max_reply_tokens), 0},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        o = small_options();
        memcpy((char *)&o + bad[i].at, &bad[i].value, sizeof(int));
        assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err),
                         PMPO_EUSAGE);
    }
    o = small_options();
    o.race = PMPO_RACE_PAIRED; /* its test needs losses of 0 or more */
    o.score.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    o.score.loss = PMPO_LOSS_NLL;
    assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err),
                     PMPO_EUSAGE);
    o = small_options();
    o.size--;
    assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err),
                     PMPO_EVERSION);
    assert_int_not_equal(access(path, F_OK), 0); /* nothing was made */
    o = small_options();
    assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err), 0);
    assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err),
                     PMPO_EUSAGE); /* it is there already */
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_too_long_example(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_error err;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    assert_int_equal(run_once(&(fake_options){.context = 100}, &o, d, NULL,
                              NULL, path, NULL, &err), PMPO_ETOOLONG);
    assert_non_null(strstr(err.text, "test.jsonl:"));
    assert_int_not_equal(access(path, F_OK), 0);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* ---- progress ------------------------------------------------------------ */

typedef struct seen {
    size_t n, n_candidates, n_left;
    int iterations, last_iteration;
    bool orderly;
} seen;

static void on_progress(void *ud, const pmpo_progress *p)
{
    seen *s = ud;
    s->n++;
    s->iterations = p->iterations;
    s->orderly = s->orderly && p->iteration >= s->last_iteration
                 && p->done <= p->total;
    s->last_iteration = p->iteration;
    s->n_candidates += p->candidate > 0;
    s->n_left += p->left_ms >= 0;
}

static void test_progress(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    seen s = {.orderly = true};
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.score.progress = on_progress;
    o.score.progress_ud = &s;
    assert_int_equal(run_once(&(fake_options){0}, &o, d, NULL, NULL, path,
                              NULL, NULL), 0);
    assert_true(s.orderly);
    assert_true(s.n > 20 && s.n_candidates > 4 && s.n_left > 0);
    assert_int_equal(s.iterations, 2);
    assert_int_equal(s.last_iteration, 2);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_setting),
        cmocka_unit_test(test_races),
        cmocka_unit_test(test_loss_by_hand),
        cmocka_unit_test(test_same_seed_same_run),
        cmocka_unit_test(test_other_model_other_run),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_two_models),
        cmocka_unit_test(test_bad_replies),
        cmocka_unit_test(test_duplicates_are_not_scored),
        cmocka_unit_test(test_prompt_cap),
        cmocka_unit_test(test_copied_examples),
        cmocka_unit_test(test_noise_floor),
        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_copies_make_no_gain_sure),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_engine_failure),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_too_long_example),
        cmocka_unit_test(test_progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
