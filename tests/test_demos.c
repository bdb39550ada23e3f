/* test_demos.c: demonstrations, in a prompt's text, in what the model reads and
 * in a search. */
#include "run_help.h"

#include "propose/propose.h"
#include "text/demos.h"
#include "text/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TURN(q, a)                                                             \
    PMPO_DEMO_OPEN "\n" q "\n" PMPO_DEMO_ANSWER "\n" a "\n" PMPO_DEMO_CLOSE

static pmpo_str str(const char *s)
{
    return (pmpo_str){s, strlen(s)};
}

/* ---- texts ------------------------------------------------------------------- */

static void a_prompt_is_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *prompt, *instruction;
        size_t n;
        pmpo_demos_as as;
        const char *input, *output; /* of the last one */
    } cases[] = {
        {"Say yes.", "Say yes.", 0, PMPO_DEMOS_AS_TEXT, "", ""},
        {"", "", 0, PMPO_DEMOS_AS_TEXT, "", ""},
        {"Say yes.\n\nExamples:\n\nInput: a\nOutput: b", "Say yes.", 1,
         PMPO_DEMOS_AS_TEXT, "a", "b"},
        {"Say yes.\n\nExamples:\n\nInput: a\nOutput: b\n\nInput: c\nd\nOutput: "
         "e"
         "\n\nf\n",
         "Say yes.", 2, PMPO_DEMOS_AS_TEXT, "c\nd", "e\n\nf"},
        {"Examples:\n\nInput: a\nOutput: b", "", 1, PMPO_DEMOS_AS_TEXT, "a",
         "b"},
        /* Not whole, or something else. */
        {"Say yes.\n\nExamples:\n\nInput: a",
         "Say yes.\n\nExamples:\n\nInput: a", 0, PMPO_DEMOS_AS_TEXT, "", ""},
        {"Say yes.\n\nExamples:\n\nInput: a\nOutput: \n\nb\n\nInput: "
         "c\nOutput: \n\nd",
         "Say yes.", 2, PMPO_DEMOS_AS_TEXT, "c", "d"}, /* a blank line first */
        {"Say yes. Examples:\n\nInput: a\nOutput: b",
         "Say yes. Examples:\n\nInput: a\nOutput: b", 0, PMPO_DEMOS_AS_TEXT, "",
         ""},
        {"Examples:\n\nnone\n\nExamples:\n\nInput: a\nOutput: b",
         "Examples:\n\nnone", 1, PMPO_DEMOS_AS_TEXT, "a", "b"},
        {"Say yes.\n\n" TURN("a", "b") "\n\n" TURN("c", "d e"), "Say yes.", 2,
         PMPO_DEMOS_AS_TURNS, "c", "d e"},
        {TURN("a", "b"), "", 1, PMPO_DEMOS_AS_TURNS, "a", "b"},
        {TURN("a", "b") "\n\nMind this.", TURN("a", "b") "\n\nMind this.", 0,
         PMPO_DEMOS_AS_TEXT, "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pmpo_demos d;
        pmpo_str prompt = str(cases[i].prompt);
        pmpo_demos_read(prompt, &d);
        assert_int_equal(d.n, cases[i].n);
        assert_true(pmpo_str_eq(d.instruction, str(cases[i].instruction)));
        assert_int_equal(d.instruction.len + d.rest.len, prompt.len);
        assert_int_equal(d.as, cases[i].as);
        if (d.n > 0) {
            assert_true(pmpo_str_eq(d.of[d.n - 1].input, str(cases[i].input)));
            assert_true(
                pmpo_str_eq(d.of[d.n - 1].output, str(cases[i].output)));
        }
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *input, *output;
        bool text, turns; /* can be held */
    } cases[] = {
        {"Is it?", "yes", true, true},
        {"Two\n\nparagraphs", "and\n\ntwo", true, true},
        {"It says\nOutput: 3", "no", false, true},
        {"a", "b\n\nInput: c\nOutput: d", false, true},
        {"a\n" PMPO_DEMO_ANSWER "\nb", "c", true, false},
        {"a", "b\n" PMPO_DEMO_CLOSE "\nc", true, false},
        {"", "yes", false, false},
        {"a", "", false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const pmpo_demo d = {str(cases[i].input), str(cases[i].output)};
        bool text = false, turns = false;
        assert_int_equal(pmpo_demos_can_hold(PMPO_DEMOS_AS_TEXT, d, &text), 0);
        assert_int_equal(pmpo_demos_can_hold(PMPO_DEMOS_AS_TURNS, d, &turns),
                         0);
        assert_int_equal(text, cases[i].text);
        assert_int_equal(turns, cases[i].turns);
    }
}

static void demonstrations_are_one_unit(void **state)
{
    (void)state;
    static const char *const prompts[] = {
        "Read it. Say yes.\n\nExamples:\n\nInput: A b. C d.\nOutput: e",
        "Read it. Say yes.\n\n" TURN("A b. C d.", "e"),
    };
    for (size_t i = 0; i < COUNT(prompts); i++) {
        pmpo_str prompt = str(prompts[i]);
        pmpo_span spans[8];
        size_t n;
        pmpo_text_segment(prompt, 8, spans, &n);
        assert_int_equal(n, 3);
        assert_int_equal(spans[2].begin, 19);
        assert_int_equal(spans[2].end, prompt.len);
        pmpo_text_segment(prompt, 2, spans, &n);
        assert_int_equal(n, 2);
        assert_int_equal(spans[0].end, 17);
        /* The last sentence goes, and the demonstrations are still there. */
        pmpo_buf b = {0};
        pmpo_demos d;
        pmpo_text_without(prompt, &(pmpo_span){9, 17}, 1, &b);
        pmpo_demos_read(pmpo_buf_str(&b), &d);
        assert_int_equal(d.n, 1);
        assert_true(pmpo_str_eq(d.instruction, PMPO_STR("Read it.")));
        pmpo_buf_clear(&b);
        pmpo_text_without(prompt, &(pmpo_span){19, prompt.len}, 1, &b);
        assert_string_equal(b.ptr, "Read it. Say yes.");
        pmpo_buf_clear(&b);
        pmpo_text_without(prompt, &(pmpo_span){0, 17}, 1, &b);
        pmpo_demos_read(pmpo_buf_str(&b), &d);
        assert_int_equal(d.n, 1);
        assert_int_equal(d.instruction.len, 0);
        pmpo_buf_release(&b);
    }
}

/* ---- what the model reads ------------------------------------------------------ */

static pmpo_data *parsed(const char *text)
{
    pmpo_data *d = NULL;
    pmpo_error err = {0};
    if (pmpo_data_parse(str(text), "t", NULL, &d, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return d;
}

static pmpo_score_options nll_options(void)
{
    pmpo_score_options o;
    pmpo_score_options_init(&o);
    o.no_cache = true;
    o.loss = PMPO_LOSS_NLL;
    return o;
}

/* Losses of the examples of `d` under `prompt`. */
static void losses_of(const pmpo_data *d, const char *prompt, double *out)
{
    pmpo_model *m = fake_new(&(fake_options){.salt = 3});
    pmpo_score_options o = nll_options();
    pmpo_scores *s = NULL;
    pmpo_error err = {0};
    const pmpo_str p = str(prompt);
    if (pmpo_score(m, d, &p, 1, &o, &s, &err) < 0) {
        fail_msg("%s", err.text);
    }
    const pmpo_prompt_score *one = &s->prompts[0];
    for (size_t i = 0; i < one->n_examples; i++) {
        out[i] = one->examples[i].loss;
    }
    pmpo_scores_free(s);
    fake_free(m);
}

static void an_example_is_not_its_own_demonstration(void **state)
{
    (void)state;
    pmpo_data *d = parsed("{\"input\":\"One?\",\"target\":\"yes\"}\n"
                          "{\"input\":\"Two?\",\"target\":\"no\"}\n");
    static const char *const both[] = {
        "Say.\n\nExamples:\n\nInput: One?\nOutput: yes\n\nInput: Two?\nOutput: "
        "no",
        "Say.\n\n" TURN("One?", "yes") "\n\n" TURN("Two?", "no")};
    static const char *const first[] = {"Say.\n\nExamples:\n\nInput: "
                                        "One?\nOutput: yes",
                                        "Say.\n\n" TURN("One?", "yes")};
    static const char *const second[] = {"Say.\n\nExamples:\n\nInput: "
                                         "Two?\nOutput: no",
                                         "Say.\n\n" TURN("Two?", "no")};
    double bare[2], x[2], y[2], z[2];
    losses_of(d, "Say.", bare);
    for (size_t i = 0; i < 2; i++) {
        losses_of(d, both[i], x);
        losses_of(d, first[i], y);
        losses_of(d, second[i], z);
        assert_true(y[0] == bare[0] && y[1] != bare[1]);
        assert_true(z[1] == bare[1] && z[0] != bare[0]);
        assert_true(x[0] == z[0] && x[1] == y[1]);
    }
    pmpo_data_free(d);
}

/* A prompt may close with an instruction behind its last demonstration; an answer
 * of two paragraphs is no such one. */
static void a_closing_instruction_stays(void **state)
{
    (void)state;
    pmpo_data *d = parsed("{\"input\":\"One?\",\"target\":\"yes\"}\n"
                          "{\"input\":\"Two?\",\"target\":\"It is.\\n\\nno\"}"
                          "\n");
    double x[2], y[2];
    losses_of(d, "Say.\n\nExamples:\n\nInput: One?\nOutput: yes\n\nNow say.",
              x);
    losses_of(d, "Say.\n\nNow say.", y);
    assert_true(x[0] == y[0] && x[1] != y[1]);
    losses_of(d, "Say.\n\nExamples:\n\nInput: Two?\nOutput: It is.\n\nno", x);
    losses_of(d, "Say.", y);
    assert_true(x[1] == y[1]);
    losses_of(d,
              "Say.\n\nExamples:\n\nInput: Two?\nOutput: It is.\n\nno\n\n"
              "Now say.",
              x);
    losses_of(d, "Say.\n\nNow say.", y);
    assert_true(x[1] == y[1]);
    /* It may all be the answer, in other words. */
    losses_of(d, "Say.\n\nExamples:\n\nInput: One?\nOutput: Well.\n\nSo yes.",
              x);
    losses_of(d, "Say.", y);
    assert_true(x[0] == y[0]);
    pmpo_data_free(d);
}

/* Its prior would have the demonstration that its score hasn't. */
static void no_prior_sees_the_answer(void **state)
{
    (void)state;
    pmpo_data *d = parsed("{\"input\":\"One?\",\"target\":\"yes\"}\n");
    pmpo_score_options o = nll_options();
    pmpo_scores *s = NULL;
    pmpo_error err = {0};
    o.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    const pmpo_str with[] = {PMPO_STR("Say.\n\n" TURN("One?", "yes")),
                             PMPO_STR("Say.\n\n" TURN("Two?", "yes"))};
    assert_int_equal(pmpo_score(m, d, &with[0], 1, &o, &s, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "1: it is one of the prompt's"));
    assert_int_equal(pmpo_score(m, d, &with[1], 1, &o, &s, &err), 0);
    pmpo_scores_free(s);
    o.beta = 0;
    assert_int_equal(pmpo_score(m, d, &with[1], 1, &o, &s, &err), PMPO_EUSAGE);
    fake_free(m);
    pmpo_data_free(d);
}

/* Bit for bit what a data set with these messages gives. */
static void turns_are_messages(void **state)
{
    (void)state;
    pmpo_data *d = parsed("{\"input\":\"Two?\",\"target\":\"no\"}\n");
    pmpo_data *chat = parsed(
        "{\"messages\":[{\"role\":\"user\",\"content\":\"One?\"},{\"role\":"
        "\"assistant\",\"content\":\"yes\"},{\"role\":\"user\",\"content\":"
        "\"Two?\"}],\"target\":\"no\"}\n");
    double x, y, z;
    losses_of(d, "Say.\n\n" TURN("One?", "yes"), &x);
    losses_of(chat, "Say.", &y);
    losses_of(d, "Say.", &z);
    assert_true(x == y && x != z);
    pmpo_data_free(d);
    pmpo_data_free(chat);
}

static void messages_have_the_turns(void **state)
{
    (void)state;
    const pmpo_example e = {.input = PMPO_STR("{input}")};
    pmpo_messages *m = NULL;
    assert_int_equal(pmpo_prompt_messages("chat",
                                          str("Say.\n\n" TURN("One?", "yes")),
                                          &e, &m, NULL),
                     0);
    static const char *const want[][2] = {{"system", "Say."},
                                          {"user", "One?"},
                                          {"assistant", "yes"},
                                          {"user", "{input}"}};
    assert_int_equal(m->n, COUNT(want));
    for (size_t i = 0; i < m->n; i++) {
        assert_true(pmpo_str_eq(m->messages[i].role, str(want[i][0])));
        assert_true(pmpo_str_eq(m->messages[i].content, str(want[i][1])));
    }
    pmpo_messages_free(m);
}

/* ---- in a search ------------------------------------------------------------------ */

static pmpo_optimize_options demo_options(pmpo_demos_as as)
{
    pmpo_optimize_options o = small_options();
    o.proposers = "contract,delete,demos";
    o.no_rewriter = true;
    o.metric = PMPO_RUN_METRIC_NONE;
    o.split = (pmpo_split){12, 6, 6, 1};
    o.iterations = 3;
    o.demos = 3;
    o.demos_as = as;
    return o;
}

static pmpo_run *searched(const pmpo_optimize_options *o, const char *path,
                          size_t cancel_at)
{
    pmpo_data *d = make_data(24, false);
    pmpo_model *m =
        fake_new(&(fake_options){.salt = 22, .cancel_at = cancel_at});
    pmpo_run *r = NULL;
    pmpo_error err = {0};
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, o,
                           path, &r, &err);
    assert_int_equal(rc, cancel_at ? PMPO_ECANCELLED : 0);
    assert_int_equal(fake_violations(m), 0);
    fake_free(m);
    pmpo_data_free(d);
    return r;
}

/* Each has training examples for demonstrations, at most as many as allowed,
 * none twice. Returns how many candidates came from the proposer. */
static size_t check_demos(const pmpo_run_view *v,
                          const pmpo_optimize_options *o)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            pmpo_demos d;
            pmpo_demos_read(c->prompt, &d);
            n += !strcmp(c->proposer, "demos");
            assert_true(strcmp(c->proposer, "demos") != 0 || d.n > 0);
            assert_true(d.n <= (size_t)o->demos);
            for (size_t a = 0; a < d.n; a++) {
                assert_int_equal(d.as, o->demos_as);
                assert_true(pmpo_str_starts(d.of[a].input, str("Question ")));
                for (size_t b = 0; b < a; b++) {
                    assert_false(pmpo_str_eq(d.of[a].input, d.of[b].input));
                }
            }
        }
    }
    return n;
}

static void a_search_shows_examples(void **state)
{
    (void)state;
    static const pmpo_demos_as forms[] = {PMPO_DEMOS_AS_TEXT,
                                          PMPO_DEMOS_AS_TURNS};
    char *folder = make_folder(), *path = path_in(folder, "r");
    for (size_t i = 0; i < COUNT(forms); i++) {
        pmpo_optimize_options o = demo_options(forms[i]);
        pmpo_run *r = searched(&o, path, 0);
        assert_true(check_demos(pmpo_run_describe(r), &o) > 0);
        pmpo_run_free(r);
        assert_int_equal(unlink(path), 0);
        o.demos = 0;
        r = searched(&o, path, 0);
        assert_int_equal(check_demos(pmpo_run_describe(r), &o), 0);
        pmpo_run_free(r);
        assert_int_equal(unlink(path), 0);
    }
    free(path);
    drop_folder(folder);
}

/* The trials are on record: a run stopped among them ends as if it had not been. */
static void a_stopped_search_goes_on(void **state)
{
    (void)state;
    char *folder = make_folder();
    char *a = path_in(folder, "a"), *b = path_in(folder, "b");
    pmpo_optimize_options o = demo_options(PMPO_DEMOS_AS_TEXT);
    pmpo_run *whole = searched(&o, a, 0);
    for (size_t at = 10; at <= 60; at += 25) {
        pmpo_run *r = searched(&o, b, at);
        pmpo_run_free(r);
        pmpo_model *m = fake_new(&(fake_options){.salt = 22});
        pmpo_resume_options go;
        pmpo_resume_options_init(&go);
        assert_int_equal(pmpo_resume(m, NULL, b, &go, &r, NULL), 0);
        fake_free(m);
        const pmpo_run_view *x = pmpo_run_describe(whole);
        const pmpo_run_view *y = pmpo_run_describe(r);
        assert_true(pmpo_str_eq(x->best.prompt, y->best.prompt));
        assert_true(x->best.train_loss == y->best.train_loss);
        pmpo_run_free(r);
        assert_int_equal(unlink(b), 0);
    }
    pmpo_run_free(whole);
    free(a);
    free(b);
    drop_folder(folder);
}

static void demonstrations_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    pmpo_optimize_options o = demo_options(PMPO_DEMOS_AS_TEXT);
    assert_int_equal(pmpo_optimize_check(&o, NULL), 0);
    o.demos = PMPO_MAX_DEMOS + 1;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
    o.demos = -1;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
    o.demos = 2;
    o.proposers = "contract";
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
    o.proposers = "demos";
    o.score.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    assert_int_equal(pmpo_optimize_check(&o, NULL), PMPO_EUSAGE);
}

static void one_of_several_labels_is_refused(void **state)
{
    (void)state;
    pmpo_data *d = parsed("{\"input\":\"1\",\"target\":\"yes\"}\n"
                          "{\"input\":\"2\",\"target\":\"no\"}\n"
                          "{\"input\":\"3\",\"target\":\"yes\"}\n"
                          "{\"input\":\"4\",\"target\":\"no\"}\n");
    pmpo_model *m = fake_new(&(fake_options){.salt = 22});
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_optimize_options o = demo_options(PMPO_DEMOS_AS_TEXT);
    o.split = (pmpo_split){4, 0, 0, 1};
    pmpo_run *r = NULL;
    pmpo_error err = {0};
    const pmpo_optimize_input in = {m, NULL, d, NULL, NULL};
    o.demos = 1;
    assert_int_equal(pmpo_optimize(&in, &o, path, &r, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "at least 2"));
    assert_int_not_equal(access(path, F_OK), 0);
    o.demos = 2;
    assert_int_equal(pmpo_optimize(&in, &o, path, &r, &err), 0);
    pmpo_run_free(r);
    assert_int_equal(unlink(path), 0);
    free(path);
    drop_folder(folder);
    fake_free(m);
    pmpo_data_free(d);
}

/* ---- the choice ------------------------------------------------------------------ */

/* A loss that is known: each demonstration whose input ends in a letter of
 * `good` takes 1 off, "a" and "b" together only 1. */
static int known_losses(void *ud, const pmpo_str *prompts, size_t n,
                        size_t most, double *out, pmpo_error *err)
{
    (void)most;
    (void)err;
    ++*(size_t *)ud;
    for (size_t i = 0; i < n; i++) {
        pmpo_demos d;
        bool a = false, b = false, c = false;
        pmpo_demos_read(prompts[i], &d);
        out[i] = 10;
        for (size_t k = 0; k < d.n; k++) {
            char last = d.of[k].input.ptr[d.of[k].input.len - 1];
            a |= last == 'a';
            b |= last == 'b';
            c |= last == 'c';
            out[i] += last == 'x' ? 0.5 : 0;
        }
        out[i] -= a || b ? 3 : 0;
        out[i] -= c ? 2 : 0;
    }
    return 0;
}

static void what_helps_is_chosen(void **state)
{
    (void)state;
    pmpo_data *train = parsed("{\"input\":\"1\",\"target\":\"y1\"}\n"
                              "{\"input\":\"2\",\"target\":\"y2\"}\n"
                              "{\"input\":\"3\",\"target\":\"y3\"}\n"
                              "{\"input\":\"4\",\"target\":\"y4\"}\n"
                              "{\"input\":\"x\",\"target\":\"y5\"}\n"
                              "{\"input\":\"a\",\"target\":\"y6\"}\n"
                              "{\"input\":\"b\",\"target\":\"y7\"}\n"
                              "{\"input\":\"c\",\"target\":\"y8\"}\n");
    size_t n_calls = 0;
    pmpo_arena mem = {0}, scratch = {0};
    pmpo_proposals list = {.mem = &mem};
    pmpo_candidate_row start = {.prompt = PMPO_STR("Say.")};
    pmpo_optimize_options o = demo_options(PMPO_DEMOS_AS_TEXT);
    o.demos = 4;
    const pmpo_scene s = {.o = &o,
                          .train = train,
                          .iteration = 1,
                          .rows = &start,
                          .n_rows = 1,
                          .incumbent = start.prompt,
                          .instruction = start.prompt,
                          .noise_floor = NAN,
                          .losses = known_losses,
                          .ud = &n_calls,
                          .scratch = &scratch};
    assert_int_equal(pmpo_propose_demonstrations(&s, &list, NULL), 0);
    /* One of a and b, and c; the other gains nothing more, x and 1 to 4 never
     * do. Then the first alone. */
    assert_int_equal(list.n, 2);
    pmpo_demos d;
    pmpo_demos_read(list.of[0].prompt, &d);
    assert_int_equal(d.n, 2);
    assert_true(pmpo_str_eq(d.of[1].input, str("c")));
    assert_true(strchr("ab", d.of[0].input.ptr[0]) != NULL);
    pmpo_demos_read(list.of[1].prompt, &d);
    assert_int_equal(d.n, 1);
    assert_true(n_calls <= 8); /* lazy: not all of them again each time */
    pmpo_free(list.of);
    pmpo_arena_release(&mem);
    pmpo_arena_release(&scratch);
    pmpo_data_free(train);
}

/* Four labels, of which one alone would gain most. */
static int losses_by_label(void *ud, const pmpo_str *prompts, size_t n,
                           size_t most, double *out, pmpo_error *err)
{
    (void)ud;
    (void)most;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        pmpo_demos d;
        pmpo_demos_read(prompts[i], &d);
        out[i] = 10 - 0.5 * (double)d.n;
        for (size_t k = 0; k < d.n; k++) {
            out[i] -= pmpo_str_eq(d.of[k].output, str("l0"));
        }
    }
    return 0;
}

static void labels_are_shown_in_turn(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    for (size_t i = 0; i < 24; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"q%zu\",\"target\":\"l%zu\"}\n", i,
                        i % 4);
    }
    pmpo_data *train = parsed(pmpo_buf_str(&b).ptr);
    pmpo_arena mem = {0}, scratch = {0};
    pmpo_proposals list = {.mem = &mem};
    pmpo_candidate_row start = {.prompt = PMPO_STR("Say.")};
    pmpo_optimize_options o = demo_options(PMPO_DEMOS_AS_TEXT);
    o.demos = 5;
    const pmpo_scene s = {.o = &o,
                          .train = train,
                          .iteration = 1,
                          .rows = &start,
                          .n_rows = 1,
                          .incumbent = start.prompt,
                          .instruction = start.prompt,
                          .noise_floor = NAN,
                          .losses = losses_by_label,
                          .scratch = &scratch};
    assert_int_equal(pmpo_propose_demonstrations(&s, &list, NULL), 0);
    assert_true(list.n > 0);
    for (size_t i = 0; i < list.n; i++) {
        pmpo_demos d;
        size_t times[4] = {0};
        pmpo_demos_read(list.of[i].prompt, &d);
        assert_true(d.n >= 2);
        for (size_t k = 0; k < d.n; k++) {
            times[d.of[k].output.ptr[1] - '0']++;
        }
        for (size_t k = 0; k < 4; k++) {
            assert_true(times[k] <= 1 + (d.n > 4));
        }
        assert_int_equal(i == 0 ? d.n : 5, 5);
    }
    pmpo_free(list.of);
    pmpo_arena_release(&mem);
    pmpo_arena_release(&scratch);
    pmpo_data_free(train);
    pmpo_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_is_taken_apart),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(demonstrations_are_one_unit),
        cmocka_unit_test(an_example_is_not_its_own_demonstration),
        cmocka_unit_test(a_closing_instruction_stays),
        cmocka_unit_test(no_prior_sees_the_answer),
        cmocka_unit_test(turns_are_messages),
        cmocka_unit_test(messages_have_the_turns),
        cmocka_unit_test(a_search_shows_examples),
        cmocka_unit_test(a_stopped_search_goes_on),
        cmocka_unit_test(demonstrations_that_make_no_sense_are_refused),
        cmocka_unit_test(one_of_several_labels_is_refused),
        cmocka_unit_test(what_helps_is_chosen),
        cmocka_unit_test(labels_are_shown_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
