/* test_contest.c: the last choice by answers: in which order they are asked for,
 * and which prompt may put others out. */
#include "run_help.h"

/* ---- a file that is sorted by label ------------------------------------------- */

static const char *const labels[] = {"account", "billing", "delivery",
                                     "technical"};
static pmpo_str good; /* right but for the first label; others name that alone */

static bool is_asked_by(pmpo_str prompt, pmpo_str of)
{
    pmpo_str head = PMPO_STR("system\n");
    pmpo_str rest = pmpo_str_sub(prompt, head.len, prompt.len);
    return pmpo_str_starts(prompt, head) && pmpo_str_starts(rest, of) &&
           rest.ptr[of.len] == '\n';
}

/* The number that stands behind `what`. */
static int number_in(pmpo_str prompt, const char *what)
{
    size_t at = pmpo_str_find(prompt, pmpo_str_of(what), 0);
    assert_true(at != SIZE_MAX);
    return atoi(prompt.ptr + at + strlen(what));
}

static void answer_ticket(pmpo_str prompt, pmpo_buf *reply)
{
    int label = number_in(prompt, "Ticket ") / 30;
    pmpo_buf_puts(reply, !is_asked_by(prompt, good) ? "account"
                         : label == 0               ? "technical"
                                                    : labels[label]);
}

static pmpo_run *run_with(const pmpo_optimize_options *o, const pmpo_data *d,
                          fake_options f, const char *path)
{
    pmpo_model *m = fake_new(&f);
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    if (pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    fake_free(m);
    return run;
}

/* Its first labels alone would be in the first answers, and say nothing of the
 * others. */
static void the_files_order_decides_nothing(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (int i = 0; i < 120; i++) {
        pmpo_buf_printf(&b,
                        "{\"id\":\"e%d\",\"input\":\"Ticket %d is here\","
                        "\"target\":\"%s\"}\n",
                        i, i, labels[i / 30]);
    }
    assert_int_equal(pmpo_data_parse(pmpo_buf_str(&b), "t", NULL, &d, NULL), 0);
    pmpo_optimize_options o = small_options();
    good = o.prompt = PMPO_STR("Send the ticket to the right team.");
    o.proposers = "library,contract";
    o.score.loss = PMPO_LOSS_NLL;
    o.split = (pmpo_split){40, 40, 40, 1};
    o.iterations = 1;
    o.force = o.no_rewriter = true;
    pmpo_run *run = run_with(&o, d, (fake_options){.salt = 2,
                                                   .answers = answer_ticket},
                             path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_int_equal(v->best_id, 0);
    pmpo_run_free(run);
    pmpo_data_free(d);
    pmpo_buf_release(&b);
    free(path);
    drop_folder(folder);
}

/* ---- a rewriter's words ---------------------------------------------------------- */

enum { LEADS, PLAIN, WRITTEN, N_WHO };

/* Which of the questions, in the order in which they are asked, each knows. */
static pmpo_str who[N_WHO];
static bool right[N_WHO][60];
static int asked[60];
static size_t n_asked;

static void answer_question(pmpo_str prompt, pmpo_buf *reply)
{
    int k = number_in(prompt, "Question ");
    bool knows = false;
    size_t at = 0;
    while (at < n_asked && asked[at] != k) {
        at++;
    }
    if (at == n_asked) {
        asked[n_asked++] = k;
    }
    for (int i = 0; i < N_WHO; i++) {
        knows = knows || (who[i].len > 0 && is_asked_by(prompt, who[i]) &&
                          right[i][at]);
    }
    pmpo_buf_puts(reply, (k % 3 != 0) == knows ? "yes" : "no");
}

static const pmpo_candidate *candidate(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            if (v->iterations[i].candidates[k].id == id) {
                return &v->iterations[i].candidates[k];
            }
        }
    }
    return NULL;
}

/* Of a run in which nobody is right: a plain prompt that leads by loss, another
 * plain one, and a rewriter's. False: it has no such three. */
static bool find_three(const pmpo_run_view *v, int *ids)
{
    static char words[N_WHO][1000];
    ids[LEADS] = v->best_id;
    ids[PLAIN] = ids[WRITTEN] = -1;
    for (size_t i = 0; i < v->n_finalists; i++) {
        int id = v->finalists[i].id;
        const pmpo_candidate *c = candidate(v, id);
        bool by = c && !strcmp(c->proposer, "rewrite");
        if (id == v->best_id && by) {
            return false;
        }
        if (id != v->best_id && ids[by ? WRITTEN : PLAIN] < 0) {
            ids[by ? WRITTEN : PLAIN] = id;
        }
    }
    for (int i = 0; i < N_WHO && ids[PLAIN] >= 0 && ids[WRITTEN] >= 0; i++) {
        const pmpo_candidate *c = candidate(v, ids[i]);
        pmpo_str p = c ? c->prompt : v->initial.prompt;
        assert_true(p.len < sizeof(words[i]));
        memcpy(words[i], p.ptr, p.len);
        who[i] = (pmpo_str){words[i], p.len};
    }
    return ids[PLAIN] >= 0 && ids[WRITTEN] >= 0;
}

/* Of 40: the rewriter's prompt beats the leader by 24 to 14, the other plain one
 * has 13, 5 of which the rewriter's lacks: too near to be beaten for sure. With
 * `all` the rewriter's knows everything and the others nothing. */
static void fill_right(bool all)
{
    for (int i = 0; i < 40; i++) {
        bool some = i % 5 < 3;
        int nth = i / 5 * 3 + i % 5; /* of the 24 */
        right[WRITTEN][i] = all || some;
        right[LEADS][i] = !all && some && nth % 12 < 7;
        right[PLAIN][i] = !all && (some ? nth % 3 == 1 : i % 5 == 4 && i < 25);
    }
}

static const char *why_of(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_finalists; i++) {
        if (v->finalists[i].id == id) {
            return v->finalists[i].why;
        }
    }
    return "";
}

static size_t right_of(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_finalists; i++) {
        if (v->finalists[i].id == id) {
            return v->finalists[i].n_right;
        }
    }
    return SIZE_MAX;
}

/* The rewriter's words may not win, so they put nobody out. */
static void check_barred(const pmpo_run_view *v, const int *ids)
{
    assert_int_equal(right_of(v, ids[WRITTEN]), 24);
    assert_int_equal(right_of(v, ids[LEADS]), 14);
    assert_int_equal(right_of(v, ids[PLAIN]), 13);
    assert_int_equal(v->best_id, ids[LEADS]);
    assert_null(strstr(why_of(v, ids[PLAIN]), "not shown"));
}

static void only_what_may_win_puts_others_out(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = small_options();
    o.score.loss = PMPO_LOSS_NLL;
    o.proposers = "library,rewrite";
    o.iterations = 4;
    o.split = (pmpo_split){4, 40, 16, 1};
    o.force = o.no_guard = true;
    o.shortlist = 100;
    fake_options f = {.answers = answer_question};
    int ids[N_WHO];
    bool found = false;
    while (!found && f.salt < 60) {
        f.salt++;
        memset(who, 0, sizeof(who));
        n_asked = 0;
        pmpo_run *run = run_with(&o, d, f, path);
        found = find_three(pmpo_run_describe(run), ids);
        pmpo_run_free(run);
    }
    assert_true(found);
    for (int all = 0; all < 2; all++) {
        n_asked = 0;
        fill_right(all);
        pmpo_run *run = run_with(&o, d, f, path);
        const pmpo_run_view *v = pmpo_run_describe(run);
        if (all) {
            assert_int_equal(v->best_id, ids[WRITTEN]);
            assert_non_null(strstr(why_of(v, v->best_id), "than all others"));
        } else {
            check_barred(v, ids);
        }
        pmpo_run_free(run);
    }
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* The loss alone chooses; few prompts have no words of a rewriter. */
static pmpo_optimize_options options_for_words(void)
{
    pmpo_optimize_options o = small_options();
    o.score.loss = PMPO_LOSS_NLL;
    o.proposers = "contract,rewrite";
    o.metric = PMPO_RUN_METRIC_NONE;
    o.iterations = 6;
    o.split = (pmpo_split){4, 40, 16, 1};
    o.force = true;
    return o;
}

/* Where all examples have the same options, a lower loss alone does not let a
 * rewriter's words win: scores that are hashes tell nobody's label. */
static void words_must_tell_the_labels_apart(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_words();
    size_t n_barred = 0, n_won = 0;
    for (unsigned salt = 0; salt < 24; salt++) {
        pmpo_run *run = run_with(&o, d, (fake_options){.salt = salt}, path);
        const pmpo_run_view *v = pmpo_run_describe(run);
        for (size_t i = 0; i < v->n_finalists; i++) {
            bool barred =
                strstr(v->finalists[i].why, "to tell the labels apart");
            n_barred += barred;
            assert_false(barred && v->finalists[i].id == v->best_id);
        }
        n_won += strstr(why_of(v, v->best_id), "not by chance") != NULL;
        pmpo_run_free(run);
    }
    assert_true(n_barred > 0 && n_won == 0);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* The prompt under which the wrong label costs more. */
static char telling[1000];

static double costs_wrong(pmpo_str context, pmpo_str target)
{
    bool yes = number_in(context, "Question ") % 3 != 0;
    bool wrong =
        pmpo_str_starts(target, yes ? PMPO_STR("no") : PMPO_STR("yes"));
    return wrong && is_asked_by(context, pmpo_str_of(telling)) ? 3 : 0;
}

/* Of a run: the prompt of a rewriter that was refused for its labels. */
static bool find_barred(const pmpo_run_view *v)
{
    for (size_t i = 0; i < v->n_finalists; i++) {
        const pmpo_candidate *c = candidate(v, v->finalists[i].id);
        if (c && strstr(v->finalists[i].why, "to tell the labels apart")) {
            assert_true(c->prompt.len < sizeof(telling));
            memcpy(telling, c->prompt.ptr, c->prompt.len);
            telling[c->prompt.len] = '\0';
            return true;
        }
    }
    return false;
}

/* The same words win where the other label costs more under them: that moves no
 * target's loss, and tells each example's label. */
static void words_that_tell_the_labels_apart_win(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(60, false);
    pmpo_optimize_options o = options_for_words();
    fake_options f = {.salt = UINT64_MAX};
    bool found = false;
    while (!found && ++f.salt < 24) {
        pmpo_run *run = run_with(&o, d, f, path);
        found = find_barred(pmpo_run_describe(run));
        pmpo_run_free(run);
    }
    assert_true(found);
    f.costs = costs_wrong;
    pmpo_run *run = run_with(&o, d, f, path);
    const pmpo_run_view *v = pmpo_run_describe(run);
    const pmpo_candidate *c = candidate(v, v->best_id);
    assert_non_null(c);
    assert_true(pmpo_str_eq(c->prompt, pmpo_str_of(telling)));
    assert_non_null(strstr(why_of(v, v->best_id), "not by chance"));
    pmpo_run_free(run);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_files_order_decides_nothing),
        cmocka_unit_test(only_what_may_win_puts_others_out),
        cmocka_unit_test(words_must_tell_the_labels_apart),
        cmocka_unit_test(words_that_tell_the_labels_apart_win),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
