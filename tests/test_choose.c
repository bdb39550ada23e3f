/* test_choose.c: what a run ends with: by validation loss, and by answers. */
#include "eval/eval.h"
#include "run_help.h"
#include "stats/paired.h"

/* ---- the form of answers ---------------------------------------------------- */

static unsigned metric_of(const char *jsonl)
{
    pmpo_data *d = NULL;
    assert_int_equal(pmpo_data_parse(pmpo_str_of(jsonl), "x", NULL, &d, NULL),
                     0);
    unsigned m = pmpo_metric_by_form(d);
    pmpo_data_free(d);
    return m;
}

static void the_metric_by_the_form(void **state)
{
    (void)state;
    static const struct {
        const char *jsonl;
        unsigned metric;
    } rows[] = {
        {"{\"input\":\"a\",\"target\":\"Half is 9.\\n#### 9\",\"answer\":"
         "\"9\"}\n{\"input\":\"b\",\"target\":\"So 1.\",\"answer\":\"$1,200.50"
         "\"}\n",
         PMPO_METRIC_NUMBER},
        {"{\"input\":\"a\",\"target\":\"7\"}\n", PMPO_METRIC_NUMBER},
        {"{\"input\":\"a\",\"target\":\"-1,234.50\"}\n{\"input\":\"b\","
         "\"target\":\".5\"}\n{\"input\":\"c\",\"target\":\"$1,200,000\"}\n"
         "{\"input\":\"d\",\"target\":\"40 %\"}\n{\"input\":\"e\","
         "\"target\":\"7.5%\"}\n{\"input\":\"f\",\"target\":\"18.\"}\n",
         PMPO_METRIC_NUMBER},
        {"{\"input\":\"a\",\"target\":\"1 2 5 9\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"chosen\":\"It rains.\",\"rejected\":\"No.\"}\n",
         0}, /* better than another, and no answer to be met */
        {"{\"input\":\"a\",\"chosen\":\"So it is 7.\",\"rejected\":\"No.\","
         "\"answer\":\"7\"}\n",
         PMPO_METRIC_NUMBER},
        {"{\"input\":\"a\",\"target\":\"1, 2, 3\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"1,2,3\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"1234,567\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"192.168.1.1\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"25 000\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"$ %\"}\n", PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"(B)\"}\n{\"input\":\"b\",\"target\":"
         "\"C\"}\n",
         PMPO_METRIC_CHOICE},
        {"{\"input\":\"a\",\"target\":\"because 2 is 2\",\"answer\":\"B\"}\n",
         PMPO_METRIC_CHOICE},
        {"{\"input\":\"a\",\"target\":\"billing\"}\n{\"input\":\"b\","
         "\"target\":\"7\"}\n",
         PMPO_METRIC_EXACT},
        {"{\"input\":\"a\",\"target\":\"It is seven because three and four "
         "make seven.\"}\n",
         0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(metric_of(rows[i].jsonl), rows[i].metric);
    }
}

/* ---- runs -------------------------------------------------------------------------- */

static pmpo_str wise; /* the prompt that answers right; the others wrong */
static int every = 1; /* it knows every so manyth question */
static bool rambling; /* the others' answers don't come to an end */
static pmpo_model *sampled; /* the model, which notes as it answers; or NULL */

/* Instead: which of the questions, in the order in which they are asked, each
 * knows. */
static struct {
    pmpo_str prompt;
    bool right[60];
} scripts[3];
static size_t n_scripts;
static int asked[60];
static size_t n_asked;

/* Of what the system message begins with. */
static bool knows_by_script(pmpo_str rest, int k)
{
    size_t at = 0;
    while (at < n_asked && asked[at] != k) {
        at++;
    }
    if (at == n_asked) {
        asked[n_asked++] = k;
    }
    for (size_t i = 0; i < n_scripts; i++) {
        pmpo_str p = scripts[i].prompt;
        if (pmpo_str_starts(rest, p) && rest.ptr[p.len] == '\n') {
            return scripts[i].right[at];
        }
    }
    return false;
}

/* make_data: "Question K" is "no" where 3 divides K. */
static void answer(pmpo_str prompt, pmpo_buf *reply)
{
    size_t at = pmpo_str_find(prompt, PMPO_STR("Question "), 0);
    assert_true(at != SIZE_MAX);
    int k = atoi(prompt.ptr + at + 9);
    bool yes = k % 3 != 0;
    if (sampled) {
        sampled->learned = "takes no temperature";
    }
    pmpo_str head = PMPO_STR("system\n");
    assert_true(pmpo_str_starts(prompt, head));
    pmpo_str rest = pmpo_str_sub(prompt, head.len, prompt.len);
    bool knows = wise.len > 0 && pmpo_str_starts(rest, wise) &&
                 rest.ptr[wise.len] == '\n' && k % every == 0;
    knows = n_scripts > 0 ? knows_by_script(rest, k) : knows;
    for (int i = 0; rambling && !knows && i < 50; i++) {
        pmpo_buf_puts(reply, "well, ");
    }
    pmpo_buf_puts(reply, yes == knows ? "yes" : "no");
}

static pmpo_run *run_with(const pmpo_optimize_options *o, const pmpo_data *d,
                          const char *path)
{
    pmpo_model *m = fake_new(&(fake_options){.salt = 2, .answers = answer});
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(fake_violations(m), 0);
    fake_free(m);
    return run;
}

/* What a server refuses of a request for answers is part of the run. */
static void what_the_scorer_learns_is_told(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = small_options();
    o.score.loss = PMPO_LOSS_NLL;
    o.split = (pmpo_split){4, 40, 16, 1};
    pmpo_model *m = fake_new(&(fake_options){.salt = 2, .answers = answer});
    pmpo_model *writer = fake_new(&(fake_options){.salt = 2});
    pmpo_run *run = NULL;
    sampled = m;
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, writer, d, NULL,
                                                          NULL},
                                   &o, path, &run, NULL),
                     0);
    sampled = NULL;
    const pmpo_run_view *v = pmpo_run_describe(run);
    size_t n = 0;
    for (size_t i = 0; i < v->n_notes; i++) {
        n += strcmp(v->notes[i], "takes no temperature") == 0;
    }
    assert_int_equal(n, 1);
    pmpo_run_free(run);
    fake_free(m);
    fake_free(writer);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static int approve(void *ud, const pmpo_would_be *w, pmpo_str *edited,
                   pmpo_error *err)
{
    (void)ud, (void)w, (void)edited, (void)err;
    return PMPO_APPROVAL_ACCEPT;
}

/* Where a person approves, a rewriter's words are like any others. */
static pmpo_optimize_options options_for_choice(void)
{
    pmpo_optimize_options o = small_options();
    o.score.loss = PMPO_LOSS_NLL;
    o.iterations = 6;
    o.split = (pmpo_split){4, 40, 16, 1};
    o.force = true;
    o.approve = true;
    o.ask = approve;
    return o;
}

static pmpo_str prompt_of(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            if (v->iterations[i].candidates[k].id == id) {
                return v->iterations[i].candidates[k].prompt;
            }
        }
    }
    assert_int_equal(id, 0);
    return v->initial.prompt;
}

static void check_sorted(const pmpo_run_view *v)
{
    assert_true(v->n_finalists >= 2); /* or the test shows nothing */
    for (size_t i = 1; i < v->n_finalists; i++) {
        assert_true(v->finalists[i - 1].val_loss <= v->finalists[i].val_loss);
    }
}

/* Without a metric; and with lowest_loss where only the start prompt answers
 * right. */
static void the_lowest_validation_loss_is_chosen(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    wise = o.prompt;
    for (int lowest = 0; lowest < 2; lowest++) {
        o.metric = lowest ? PMPO_RUN_METRIC_EXACT : PMPO_RUN_METRIC_NONE;
        o.approve = !lowest;
        o.lowest_loss = lowest;
        pmpo_run *run = run_with(&o, d, path);
        const pmpo_run_view *v = pmpo_run_describe(run);
        check_sorted(v);
        assert_int_not_equal(v->best_id, 0);
        assert_int_equal(v->best_id, v->finalists[0].id);
        assert_true(v->best.val_loss == v->finalists[0].val_loss);
        assert_true(pmpo_str_eq(v->best.prompt, prompt_of(v, v->best_id)));
        assert_int_equal(v->finalists[0].n_answers, 0);
        assert_int_equal(v->best.test_n_answers, lowest ? 16 : 0);
        assert_int_equal(v->initial.test_n_right, lowest ? 16 : 0);
        pmpo_run_free(run);
    }
    wise = PMPO_STR("");
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* Nobody answers right: the loss decides. */
static void without_a_difference_the_loss_decides(const pmpo_run_view *v)
{
    check_sorted(v);
    assert_int_equal(v->best_id, v->finalists[0].id);
    for (size_t i = 0; i < v->n_finalists; i++) {
        assert_int_equal(v->finalists[i].n_answers, 40);
        assert_int_equal(v->finalists[i].n_right, 0);
    }
}

/* The last by loss is the only one that answers right. */
static void answers_decide(const pmpo_run_view *v)
{
    const pmpo_run_finalist *f = &v->finalists[v->n_finalists - 1];
    check_sorted(v);
    assert_int_equal(v->best_id, f->id);
    assert_false(isnan(v->best.train_loss)); /* also of one given up */
    assert_int_equal(f->n_right, 40);
    assert_int_equal(v->finalists[0].n_answers, 8); /* beaten in one round */
    assert_string_equal(v->finalists[0].why,
                        "answers worse for sure, given up");
}

static void start_and_best_answer_the_test_part(const pmpo_run_view *v)
{
    assert_int_equal(v->initial.test_n_answers, 16);
    assert_int_equal(v->best.test_n_answers, 16);
    assert_int_equal(v->best.test_n_right, 16);
    bool start = v->best_id == 0;
    assert_int_equal(v->initial.test_n_right, start ? 16 : 0);
    if (start) {
        assert_ptr_equal(strstr(v->verdict, "The start prompt stays"),
                         v->verdict);
    } else {
        assert_ptr_equal(strstr(v->verdict,
                                "Better on unseen examples: 16 of "
                                "16 answers right, was 0, +100.0 points"),
                         v->verdict);
        assert_true(v->answers_gain == 1 && v->answers_gain_low > 0);
        assert_true(fabs(v->answers_p - pmpo_mcnemar(16, 0)) < 1e-12);
    }
}

static void answers_decide_where_they_differ(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    o.shortlist = 100;
    wise = PMPO_STR("");
    pmpo_run *run = run_with(&o, d, path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_string_equal(v->metric, "exact");
    without_a_difference_the_loss_decides(v);
    size_t n = v->n_finalists;
    char words[1000];
    wise = prompt_of(v, v->finalists[n - 1].id);
    memcpy(words, wise.ptr, wise.len);
    wise.ptr = words;
    pmpo_run_free(run);
    run = run_with(&o, d, path);
    v = pmpo_run_describe(run);
    assert_int_equal(v->n_finalists, n);
    answers_decide(v);
    start_and_best_answer_the_test_part(v);
    assert_null(strstr(v->verdict, "which alone may be why"));
    pmpo_run_free(run);
    /* Whatever the list's length, the start prompt is on it. */
    o.shortlist = 1;
    wise = o.prompt;
    run = run_with(&o, d, path);
    v = pmpo_run_describe(run);
    assert_true(v->n_finalists <= 2);
    assert_int_equal(v->best_id, 0);
    start_and_best_answer_the_test_part(v);
    pmpo_run_free(run);
    wise = PMPO_STR("");
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* Who is told that others were only cut off can ask for more. */
static void a_gain_that_may_be_length_is_told(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r"), words[1000];
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    o.max_answer_tokens = 20;
    pmpo_run *run = run_with(&o, d, path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_true(v->finalists[0].id != 0);
    wise = prompt_of(v, v->finalists[0].id);
    memcpy(words, wise.ptr, wise.len);
    wise.ptr = words;
    pmpo_run_free(run);

    rambling = true;
    run = run_with(&o, d, path);
    v = pmpo_run_describe(run);
    assert_non_null(strstr(v->verdict, "Better with at most 20 tokens an answer,"
                                       " on unseen examples: "));
    assert_non_null(strstr(v->verdict, "cut off: 0, was 16, which "
                                       "alone may be why"));
    rambling = false;
    wise = PMPO_STR("");
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* Where the others know nothing, three right answers are more than a standard
 * error (sqrt(3 + 2)) ahead, whatever the loss; two and one aren't. */
static void more_than_a_standard_error_decides(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    size_t few = 0, chance = 0;
    wise = o.prompt;
    for (every = 10; every < 40; every += 5) {
        pmpo_run *run = run_with(&o, d, path);
        const pmpo_run_view *v = pmpo_run_describe(run);
        const pmpo_run_finalist *f = v->finalists;
        while (f->id != 0) {
            f++;
        }
        assert_int_equal(f->n_answers, 40);
        assert_true(f > v->finalists && f->n_right > 0 && f->n_right < 6);
        if (f->n_right >= 3) { /* by no test at 5 % */
            assert_int_equal(v->best_id, 0);
            assert_non_null(strstr(f->why, "more right answers than prompt "));
            assert_true(!strstr(v->verdict, "prompts were accepted") ||
                        strstr(v->verdict, "is for it: more right answers"));
        } else {
            assert_int_equal(v->best_id, v->finalists[0].id);
            assert_non_null(strstr(f->why, "within a standard error"));
        }
        few += f->n_right >= 3;
        chance += f->n_right < 3;
        pmpo_run_free(run);
    }
    assert_true(few > 0 && chance > 0);
    every = 1;
    wise = PMPO_STR("");
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* A prompt of more right answers than the leader's, not one that the best isn't
 * a standard error ahead of: of 40, the leader has 17 of the best one's 20, and
 * the one between them in loss 16, 5 of which the best one lacks. */
static void the_leader_gives_way_to_more_right_answers(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    wise = PMPO_STR("");
    pmpo_run *before = run_with(&o, d, path);
    const pmpo_run_view *v = pmpo_run_describe(before);
    assert_true(v->n_finalists >= 3);
    for (size_t i = 0; i < 3; i++) {
        scripts[i].prompt = prompt_of(v, v->finalists[i].id);
    }
    for (size_t i = 0; i < 40; i++) {
        scripts[2].right[i] = i % 2 == 0;
        scripts[0].right[i] = i % 2 == 0 && i < 34;
        scripts[1].right[i] = i % 2 == 0 ? i < 22 : i % 8 == 1;
    }
    n_scripts = 3;
    int best = v->finalists[2].id;
    pmpo_run *run = run_with(&o, d, path);
    v = pmpo_run_describe(run);
    assert_int_equal(v->finalists[0].n_right, 17);
    assert_int_equal(v->finalists[1].n_right, 16);
    assert_int_equal(v->finalists[2].n_right, 20);
    assert_int_equal(v->best_id, best);
    assert_non_null(strstr(v->finalists[2].why, "more right answers than"));
    assert_string_equal(v->finalists[1].why, "answers no better");
    pmpo_run_free(run);
    pmpo_run_free(before);
    n_scripts = 0;
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static const pmpo_candidate *row_of(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            if (c->id == id) {
                return c;
            }
        }
    }
    return NULL; /* the start prompt */
}

static bool has_words(const pmpo_run_view *v, int id)
{
    const pmpo_candidate *c = row_of(v, id);
    bool yes = c &&
               (!strcmp(c->proposer, "rewrite") ||
                !strcmp(c->proposer, "induce") || !strcmp(c->proposer, "edit"));
    for (size_t k = 0; c && k < c->n_parents; k++) {
        yes = yes || has_words(v, c->parents[k]);
    }
    return yes;
}

/* The validation part that `o` makes of d. */
static pmpo_data *validation_part(const pmpo_optimize_options *o,
                                  const pmpo_data *d)
{
    unsigned char part[200];
    size_t idx[200], n = 0;
    pmpo_data *out = NULL;
    pmpo_error err;
    assert_true(pmpo_data_count(d) <= 200);
    assert_int_equal(pmpo_data_split(d, &o->split, part, &err), 0);
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (part[i] == 1) {
            idx[n++] = i;
        }
    }
    assert_int_equal(pmpo_data_subset(d, idx, n, &out, &err), 0);
    return out;
}

/* Student's lower bound of how much better b is than a, by hand. */
static double surely_better(pmpo_model *m, const pmpo_optimize_options *o,
                            const pmpo_data *val, pmpo_str a, pmpo_str b)
{
    pmpo_scores *s = NULL;
    pmpo_error err;
    double diff[200], weights[200];
    size_t n = pmpo_data_count(val);
    assert_int_equal(pmpo_score(m, val, (pmpo_str[]){a, b}, 2, &o->score, &s,
                                &err),
                     0);
    for (size_t i = 0; i < n; i++) {
        const pmpo_example_score *x = &s->prompts[0].examples[i];
        diff[i] = x->loss - s->prompts[1].examples[i].loss;
        weights[i] = x->weight;
    }
    double gain = s->prompts[0].loss - s->prompts[1].loss;
    double error = pmpo_mean_error(diff, weights, n);
    assert_true(fabs(gain - pmpo_mean(diff, weights, n)) < 1e-9);
    pmpo_scores_free(s);
    return gain - pmpo_t975((double)n - 1) * error;
}

/* Of those that have lower losses than the best prompt without a rewriter's
 * words, the first that is surely better; else that one. */
static size_t lead_of(const pmpo_run_view *v, pmpo_model *m,
                      const pmpo_optimize_options *o, const pmpo_data *val,
                      size_t *plain)
{
    size_t lead = 0;
    for (*plain = 0; has_words(v, v->finalists[*plain].id); ++*plain) {
        assert_true(*plain + 1 < v->n_finalists);
    }
    pmpo_str least = prompt_of(v, v->finalists[*plain].id);
    while (lead < *plain &&
           surely_better(m, o, val, least,
                         prompt_of(v, v->finalists[lead].id)) <= 0) {
        assert_non_null(strstr(v->finalists[lead].why, "may be chance"));
        lead++;
    }
    assert_non_null(strstr(v->finalists[lead].why,
                           lead == 0 && *plain == 0 ? "the lowest validation"
                           : lead < *plain          ? "not by chance"
                                                    : "without a rewriter"));
    return lead;
}

/* Runs with contract and rewriter, each twice; seen[0] counts those in which a
 * prompt with a lower loss was passed over, seen[1] those that end with a
 * rewriter's words. */
static void run_pairs(pmpo_run_metric metric, int shortlist, size_t *seen)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_targets(60); /* with options: test_contest.c */
    pmpo_optimize_options o = options_for_choice();
    pmpo_data *val = validation_part(&o, d);
    o.metric = metric;
    o.shortlist = shortlist;
    o.proposers = "contract,rewrite"; /* few prompts without such words */
    for (unsigned i = 0; i < 24; i++) {
        pmpo_run *run = NULL;
        pmpo_error err;
        pmpo_model *m =
            fake_new(&(fake_options){.salt = i / 2, .answers = answer});
        o.approve = false;
        o.lowest_loss = i % 2;
        assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL,
                                                              NULL},
                                       &o, path, &run, &err),
                         0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        size_t plain, lead = 0;
        if (!o.lowest_loss) {
            lead = lead_of(v, m, &o, val, &plain);
            seen[0] += lead > 0;
            seen[1] += lead < plain;
        }
        assert_int_equal(v->best_id, v->finalists[lead].id);
        pmpo_run_free(run);
        fake_free(m);
    }
    pmpo_data_free(val);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* By loss alone; and where all answer, but none right, however short the
 * list. */
static void words_of_a_rewriter_must_be_worth_it(void **state)
{
    static const struct {
        pmpo_run_metric metric;
        int shortlist;
    } rows[] = {{PMPO_RUN_METRIC_NONE, 4},
                {PMPO_RUN_METRIC_EXACT, 100},
                {PMPO_RUN_METRIC_EXACT, 1}};
    (void)state;
    wise = PMPO_STR("");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        size_t seen[2] = {0, 0};
        run_pairs(rows[i].metric, rows[i].shortlist, seen);
        assert_true(seen[0] > 0 && seen[1] > 0); /* or it shows little */
    }
}

static void a_metric_that_cannot_be_is_refused(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    pmpo_error err;
    o.metric = PMPO_RUN_METRIC_NUMBER;
    pmpo_model *m = fake_new(&(fake_options){.salt = 9});
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                   &o, path, NULL, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "metric number"));
    o.metric = PMPO_RUN_METRIC_AUTO;
    o.shortlist = 0;
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL},
                                   &o, path, NULL, &err), PMPO_EUSAGE);
    fake_free(m);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* With the start prompt it is told before a run is made; a candidate with
 * which an answer would not fit is refused. */
static void answers_must_fit_the_context(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    const fake_options f = {.salt = 9, .context = 3000};
    pmpo_optimize_options o = options_for_choice();
    pmpo_error err;
    size_t n = 0, refused = 0;
    o.max_answer_tokens = 3000;
    assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err),
                     PMPO_ETOOLONG);
    const char *has = strstr(err.text, " has ");
    assert_true(has && sscanf(has, " has %zu tokens", &n) == 1 && n > 0);
    assert_non_null(strstr(err.text, "lower --max-tokens"));
    assert_int_not_equal(access(path, F_OK), 0);

    o.max_answer_tokens = 3000 - (int)n - 20; /* a few words more */
    assert_int_equal(run_once(&f, &o, d, NULL, NULL, path, NULL, &err), 0);
    pmpo_run *run = NULL;
    assert_int_equal(pmpo_run_open(path, &run, &err), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            refused += it->candidates[k].fate == PMPO_FATE_TOO_LONG;
        }
    }
    assert_true(refused > 0);
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static const char *proposer_of(const pmpo_run_view *v, int id)
{
    const pmpo_candidate *c = row_of(v, id);
    return c ? c->proposer : "start";
}

/* Whatever their losses, and however short the list. */
static void the_best_of_library_and_contract_answer(void **state)
{
    (void)state;
    static const char *const owed[] = {"start", "library", "contract"};
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_choice();
    o.approve = false; /* or they are not in the choice */
    o.proposers = "library,contract";
    o.iterations = 1;
    o.shortlist = 1;
    wise = PMPO_STR("");
    pmpo_run *run = run_with(&o, d, path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_true(v->n_finalists <= 4);
    for (size_t k = 0; k < 3; k++) {
        size_t n = 0;
        for (size_t i = 0; i < v->n_finalists; i++) {
            n += !strcmp(proposer_of(v, v->finalists[i].id), owed[k]);
        }
        assert_true(n > 0);
    }
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* Counts, with rejected outputs that are drawn from the other examples'. */
static pmpo_data *make_counts(size_t n)
{
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(&b,
                        "{\"input\":\"How many: %zu?\",\"chosen\":\"%zu\","
                        "\"rejected\":[\"%zu\"],\"rejected_drawn\":true}\n",
                        i, i, (i + 1) % n);
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "x", NULL, &d, NULL), 0);
    pmpo_buf_release(&b);
    return d;
}

/* Where answers are generated, whether the right one is counts, not the order of
 * what it could be. */
static void auto_loss_is_of_what_decides(void **state)
{
    enum { OPTIONS, PAIRS, DRAWN };
    static const struct {
        int data;
        pmpo_run_metric metric;
        double beta, val, test;
        const char *loss;
    } rows[] = {
        {OPTIONS, PMPO_RUN_METRIC_AUTO, 1, 4, 4, "nll"},
        {DRAWN, PMPO_RUN_METRIC_AUTO, 1, 4, 4, "nll"},
        {OPTIONS, PMPO_RUN_METRIC_NONE, 1, 4, 4, "preference"},
        {DRAWN, PMPO_RUN_METRIC_NONE, 1, 4, 4, "preference"},
        {PAIRS, PMPO_RUN_METRIC_AUTO, 1, 4, 4, "preference"},
        {OPTIONS, PMPO_RUN_METRIC_AUTO, 2, 4, 4, "preference"},
        {OPTIONS, PMPO_RUN_METRIC_AUTO, 1, 0, 0, "preference"},
    };
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pmpo_data *d = rows[i].data == DRAWN
                           ? make_counts(12)
                           : make_data(12, rows[i].data == PAIRS);
        pmpo_optimize_options o = small_options();
        o.force = true;
        o.iterations = 0;
        o.metric = rows[i].metric;
        o.score.beta = rows[i].beta;
        o.split = (pmpo_split){4, rows[i].val, rows[i].test, 1};
        pmpo_run *run = finished(&(fake_options){0}, &o, d, path, 0);
        assert_string_equal(pmpo_run_describe(run)->loss, rows[i].loss);
        pmpo_run_free(run);
        pmpo_data_free(d);
    }
    free(path);
    drop_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_scorer_learns_is_told),
        cmocka_unit_test(the_metric_by_the_form),
        cmocka_unit_test(auto_loss_is_of_what_decides),
        cmocka_unit_test(the_lowest_validation_loss_is_chosen),
        cmocka_unit_test(answers_decide_where_they_differ),
        cmocka_unit_test(a_gain_that_may_be_length_is_told),
        cmocka_unit_test(more_than_a_standard_error_decides),
        cmocka_unit_test(the_best_of_library_and_contract_answer),
        cmocka_unit_test(words_of_a_rewriter_must_be_worth_it),
        cmocka_unit_test(a_metric_that_cannot_be_is_refused),
        cmocka_unit_test(answers_must_fit_the_context),
        cmocka_unit_test(the_leader_gives_way_to_more_right_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
