/* test_asking.c: proposers that ask a rewriter: what it is asked, what becomes
 * of its replies, and what is asked once more. */
#include "propose/forms.h"
#include "propose/propose.h"
#include "propose/replies.h"
#include "propose/shape.h"
#include "run_help.h"
#include "search/bandit.h"
#include "text/text.h"

/* ---- a scene ---------------------------------------------------------------- */

typedef struct stage {
    pmpo_model *m;
    pmpo_jobs jobs;
    pmpo_data *d;
    pmpo_optimize_options o;
    pmpo_candidate_row start;
    pmpo_scene s;
    size_t cases[2];
    pmpo_arena scratch, mem;
    pmpo_proposals list;
    size_t n_notes, n_warnings;
} stage;

static int count_note(void *ud, pmpo_note kind, int iteration, int place,
                      const char *text, pmpo_error *err)
{
    stage *g = ud;
    (void)iteration;
    (void)place;
    (void)err;
    g->n_notes += kind == PMPO_NOTE_NO_REWRITES;
    assert_non_null(strstr(text, "too long"));
    return 0;
}

/* The rewriter's engine finds out more after each note. */
static int note_learned(void *ud, pmpo_note kind, int iteration, int place,
                        const char *text, pmpo_error *err)
{
    stage *g = ud;
    (void)err;
    assert_int_equal(kind, PMPO_NOTE_WARNING);
    assert_true(iteration == 1 && place == 0);
    assert_string_equal(text, g->n_warnings++ == 0 ? "one" : "one; two");
    g->m->learned = g->m->learned ? "one; two" : "two";
    return 0;
}

static const pmpo_segment_effect segments[] = {
    {0, 4, {"A b.", 4}, 0.25, 0.1, 1},
    {5, 9, {"C d.", 4}, -0.25, -1, 1},
    {10, 14, {"E f.", 4}, NAN, NAN, NAN},
};

static void open_stage(stage *g, const fake_options *f)
{
    *g = (stage){.m = fake_new(f), .d = make_data(12, false)};
    pmpo_optimize_options_init(&g->o);
    g->o.task = PMPO_STR("Decide.");
    g->o.hard = 2;
    g->o.variants = 3;
    g->o.max_reply_tokens = 2000;
    g->o.form = PMPO_FORM_SMALL;
    g->start = (pmpo_candidate_row){.prompt = PMPO_STR("A b. C d. E f.")};
    g->jobs = (pmpo_jobs){.model = g->m};
    g->list.mem = &g->mem;
    g->cases[1] = 5;
    g->s = (pmpo_scene){
        .jobs = &g->jobs,
        .o = &g->o,
        .train = g->d,
        .iteration = 1,
        .rows = &g->start,
        .n_rows = 1,
        .incumbent = g->start.prompt,
        .instruction = g->start.prompt,
        .segments = segments,
        .n_segments = 3,
        .noise_floor = NAN,
        .cases = g->cases,
        .n_cases = 2,
        .note = count_note,
        .ud = g,
        .scratch = &g->scratch,
    };
}

static void close_stage(stage *g)
{
    assert_int_equal(fake_violations(g->m), 0);
    fake_free(g->m);
    pmpo_data_free(g->d);
    pmpo_free(g->list.of);
    pmpo_arena_release(&g->scratch);
    pmpo_arena_release(&g->mem);
}

static void propose(stage *g, const char *name)
{
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        if (!strcmp(pmpo_proposers[i].name, name)) {
            g->list.n = 0;
            assert_int_equal(pmpo_proposers[i].propose(&g->s, &g->list, NULL),
                             0);
        }
    }
}

/* Replies that gave nothing new; those behind the first `first` were asked
 * again. */
static size_t count_useless(const stage *g, size_t first)
{
    size_t n = 0;
    for (size_t i = 0; i < first; i++) {
        bool same = pmpo_scene_tried(&g->s, g->list.of[i].prompt);
        for (size_t k = 0; k < i; k++) {
            same = same || pmpo_str_eq(g->list.of[k].prompt,
                                       g->list.of[i].prompt);
        }
        n += g->list.of[i].why || same;
    }
    return n;
}

/* ---- what is asked and what comes -------------------------------------------- */

static void test_induce(void **state)
{
    (void)state;
    bool again = false;
    for (unsigned salt = 0; salt < 8; salt++) {
        stage g;
        open_stage(&g, &(fake_options){.salt = salt});
        propose(&g, "induce");
        assert_true(g.list.n >= 6);
        assert_int_equal(g.list.n, 6 + count_useless(&g, 6));
        again = again || g.list.n > 6;
        for (size_t i = 0; i < g.list.n; i++) {
            const pmpo_proposal *p = &g.list.of[i];
            assert_true(p->asked && p->n_parents == 0 && p->hard_case == -1);
            assert_true(pmpo_str_starts(p->reply, PMPO_STR(PMPO_REPLY_OPEN)));
            assert_int_equal(p->why == NULL, p->prompt.len > 0);
        }
        close_stage(&g);
    }
    assert_true(again);
}

/* What the incumbent says of the answers' form stands behind an instruction of
 * the rewriter's, too; not in the published algorithm. */
static void test_the_form_stays(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        stage g;
        pmpo_shape shape;
        char text[200];
        open_stage(&g, &(fake_options){.salt = 1});
        assert_int_equal(pmpo_shape_read(g.d, NULL, &shape, NULL), 0);
        pmpo_str form = pmpo_buf_str(&shape.answer);
        assert_true(form.len > 0);
        snprintf(text, sizeof(text), "A b. C d. E f. %.*s", (int)form.len,
                 form.ptr);
        g.start.prompt = g.s.incumbent = g.s.instruction = pmpo_str_of(text);
        g.o.paper = way == 2;
        propose(&g, way == 0 ? "induce" : "rewrite");
        size_t n = 0, n_new = 0;
        for (size_t i = 0; i < g.list.n; i++) {
            const pmpo_proposal *p = &g.list.of[i];
            size_t at = pmpo_str_find(p->prompt, form, 0);
            if (!p->why) {
                n++;
                assert_int_equal(p->n_parents, way > 0);
                assert_true(
                    way == 2
                        ? pmpo_str_find(p->reply, p->prompt, 0) != SIZE_MAX
                        : at != SIZE_MAX && pmpo_str_find(p->prompt, form,
                                                          at + 1) == SIZE_MAX);
                n_new += pmpo_str_find(p->reply, form, 0) == SIZE_MAX;
            }
        }
        assert_true(n > 0 && (way > 0 || n_new > 0));
        pmpo_shape_release(&shape);
        close_stage(&g);
    }
}

/* One request adds, the other replaces the segment with the least effect. */
static void test_edit(void **state)
{
    (void)state;
    stage g;
    open_stage(&g, &(fake_options){.salt = 1});
    propose(&g, "edit");
    size_t n = 0;
    for (size_t i = 0; i < g.list.n; i++) {
        const pmpo_proposal *p = &g.list.of[i];
        if (p->why) {
            continue;
        }
        n++;
        assert_int_equal(p->n_parents, 1);
        bool added = pmpo_str_starts(p->prompt, PMPO_STR("A b. C d. E f. "));
        bool replaced = pmpo_str_starts(p->prompt, PMPO_STR("A b. "))
                        && p->prompt.len > 14
                        && !memcmp(p->prompt.ptr + p->prompt.len - 5, " E f.",
                                   5);
        assert_true(i < 3 ? added : i < 6 ? replaced : added || replaced);
    }
    assert_true(n >= 4);
    /* A single segment is all there is: a sentence is added. */
    g.s.n_segments = 1;
    propose(&g, "edit");
    for (size_t i = 0; i < g.list.n; i++) {
        assert_true(g.list.of[i].why
                    || pmpo_str_starts(g.list.of[i].prompt, g.s.incumbent));
    }
    /* So, too, beside demonstrations, which are a segment. */
    g.s.n_segments = 2;
    g.s.instruction = pmpo_str_sub(g.s.incumbent, 0, segments[0].end);
    propose(&g, "edit");
    for (size_t i = 0; i < g.list.n; i++) {
        assert_true(g.list.of[i].why ||
                    pmpo_str_starts(g.list.of[i].prompt, g.s.instruction));
    }
    close_stage(&g);
}

/* ---- beginning, grammar, once more --------------------------------------------- */

static size_t held_of(const fake_options *f, pmpo_rewrite_form form, bool paper,
                      size_t *n, size_t *n_jobs)
{
    stage g;
    open_stage(&g, f);
    g.o.form = form;
    g.o.paper = paper;
    propose(&g, "rewrite");
    size_t held = fake_held(g.m);
    *n = g.list.n;
    *n_jobs = fake_generated(g.m);
    close_stage(&g);
    return held;
}

static void test_who_is_held_to_what(void **state)
{
    (void)state;
    size_t n, jobs;
    const fake_options bad = {.all_bad = true};
    assert_int_equal(held_of(&bad, PMPO_FORM_SMALL, false, &n, &jobs), 6 + 6);
    assert_int_equal(n, 12); /* all six again */
    assert_int_equal(jobs, 2);
    assert_int_equal(held_of(&bad, PMPO_FORM_LARGE, false, &n, &jobs), 0);
    assert_int_equal(n, 12);
    assert_int_equal(held_of(&bad, PMPO_FORM_SMALL, true, &n, &jobs), 0);
    assert_int_equal(n, 6); /* the published loop asks once */
    assert_int_equal(jobs, 1);
    /* An engine that can't is asked plainly; the fake would object. */
    const fake_options deaf = {.deaf = true};
    assert_int_equal(held_of(&deaf, PMPO_FORM_SMALL, false, &n, &jobs), 0);
    assert_true(n >= 6);
}

static int refuse(void *ud, pmpo_str prompt, bool joined, bool *yes,
                  pmpo_error *err)
{
    (void)ud;
    (void)prompt;
    (void)joined;
    (void)err;
    *yes = false;
    return 0;
}

static void test_unsound_is_asked_again(void **state)
{
    (void)state;
    stage g;
    open_stage(&g, &(fake_options){.salt = 1});
    g.s.sound = refuse;
    propose(&g, "rewrite");
    assert_int_equal(g.list.n, 12);
    for (size_t i = 0; i < 6; i++) { /* another sample of the same request */
        assert_int_equal(g.list.of[i].hard_case, g.list.of[i + 6].hard_case);
        assert_int_equal(g.list.of[i].variant, g.list.of[i + 6].variant);
        assert_true(g.list.of[i].seed != g.list.of[i + 6].seed);
    }
    close_stage(&g);
}

static void test_too_long(void **state)
{
    (void)state;
    stage g;
    open_stage(&g, &(fake_options){.context = 2050});
    propose(&g, "induce");
    assert_int_equal(g.list.n, 0);
    assert_int_equal(g.n_notes, 1);
    close_stage(&g);
}

/* The model says what it can't do, and is not asked for it behind its back. */
static void test_engines_say_no(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.deaf = true});
    const pmpo_message ask = {PMPO_STR("user"), PMPO_STR("Hi.")};
    const uint64_t seed = 1;
    const pmpo_gen_params p = {.temperature = 1, .top_p = 1, .max_tokens = 10,
                               .stop = PMPO_STR("")};
    pmpo_gen_request q = {.messages = &ask, .n_messages = 1, .seeds = &seed,
                          .n_samples = 1, .begun = PMPO_STR("Well,")};
    pmpo_reply r = {0};
    pmpo_error err = {0};
    assert_false(pmpo_begins_replies(m));
    assert_int_equal(pmpo_generate(m, &q, 1, &p, &r, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "begun"));
    q.begun = PMPO_STR("");
    q.grammar = PMPO_STR("root ::= \"a\"");
    assert_int_equal(pmpo_generate(m, &q, 1, &p, &r, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "grammar"));
    assert_int_equal(fake_events(m), 0);
    fake_free(m);
}

/* What the engine finds out as it is asked again is told with what it found out
 * before: the notes have the same place, so the later one replaces the other. */
static void test_remarks_of_an_engine_are_all_told(void **state)
{
    (void)state;
    size_t most = 0;
    for (unsigned salt = 0; salt < 8; salt++) {
        stage g;
        open_stage(&g, &(fake_options){.salt = salt});
        g.s.note = note_learned;
        g.m->learned = "one";
        propose(&g, "induce");
        assert_int_equal(g.n_warnings, g.list.n > 6 ? 2 : 1);
        assert_null(g.m->learned);
        most = g.n_warnings > most ? g.n_warnings : most;
        close_stage(&g);
    }
    assert_int_equal(most, 2);
}

/* Every sample of a small form begins otherwise; of a large one none is begun
 * with more than the tag. */
static void test_openings(void **state)
{
    (void)state;
    stage g;
    open_stage(&g, &(fake_options){.salt = 1});
    propose(&g, "induce");
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < i; k++) {
            const pmpo_proposal *a = &g.list.of[i], *b = &g.list.of[k];
            size_t tag = strlen(PMPO_REPLY_OPEN);
            assert_true(a->reply.len > tag + 4 && b->reply.len > tag + 4);
            assert_true(memcmp(a->reply.ptr, b->reply.ptr, tag + 4) != 0);
        }
    }
    close_stage(&g);
    open_stage(&g, &(fake_options){.salt = 1});
    g.o.form = PMPO_FORM_LARGE;
    propose(&g, "induce");
    assert_int_equal(fake_held(g.m), 0);
    close_stage(&g);
}

static void test_paraphrase(void **state)
{
    (void)state;
    stage g;
    open_stage(&g, &(fake_options){.salt = 1});
    const pmpo_candidate_row rows[] = {
        {.id = 0, .prompt = PMPO_STR("A b. C d. E f."), .loss = 1},
        {.id = 1, .prompt = PMPO_STR("Worse."), .loss = 3},
        {.id = 2, .prompt = PMPO_STR("Not scored."), .loss = NAN},
        {.id = 3, .prompt = PMPO_STR("Good."), .loss = 0.5},
        {.id = 4, .prompt = PMPO_STR("Good."), .loss = 0.5,
         .fate = PMPO_FATE_DUPLICATE},
    };
    g.s.rows = rows;
    g.s.n_rows = 5;
    propose(&g, "paraphrase"); /* of the incumbent and of the best other one */
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(g.list.of[i].n_parents, 1);
        assert_int_equal(g.list.of[i].parents[0], i < 3 ? 0 : 3);
        assert_int_equal(g.list.of[i].hard_case, -1);
    }
    close_stage(&g);
}

/* ---- no model needed ------------------------------------------------------------ */

static bool proposed(const stage *g, const char *prompt)
{
    for (size_t i = 0; i < g->list.n; i++) {
        if (pmpo_str_eq(g->list.of[i].prompt, pmpo_str_of(prompt))) {
            return true;
        }
    }
    return false;
}

static void test_merge(void **state)
{
    (void)state;
    stage g;
    open_stage(&g, &(fake_options){.salt = 1});
    const pmpo_candidate_row rows[] = {
        {.id = 0, .prompt = PMPO_STR("Start."), .loss = 1},
        {.id = 1, .prompt = PMPO_STR("Now."), .loss = 0.4},
        {.id = 2, .prompt = PMPO_STR("Whole."), .loss = 0.8},
        {.id = 3, .prompt = PMPO_STR("No gain."), .loss = 1.2},
    };
    const pmpo_known_segment known[] = {
        {PMPO_STR("Start."), 0.5, 0},
        {PMPO_STR("Useless."), -0.1, 0},
        {PMPO_STR("Now."), 0.9, 1}, /* the incumbent's own */
    };
    g.s.rows = rows;
    g.s.n_rows = 4;
    g.s.incumbent = g.s.instruction = rows[1].prompt;
    g.s.incumbent_id = 1;
    g.s.past_segments = known;
    g.s.n_past_segments = 3;
    propose(&g, "merge");
    assert_int_equal(g.list.n, 3);
    assert_true(proposed(&g, "Now. Start.") && proposed(&g, "Now. Whole.")
                && proposed(&g, "Now. Start. Whole."));
    assert_int_equal(g.list.of[2].n_parents, 3);
    assert_int_equal(g.list.of[2].parents[2], 2);
    g.s.noise_floor = 0.3; /* what is within the noise is worth nothing */
    propose(&g, "merge");
    assert_int_equal(g.list.n, 1);
    assert_true(proposed(&g, "Now. Start."));
    close_stage(&g);
}

/* ---- turns ------------------------------------------------------------------------ */

static void test_turns(void **state)
{
    (void)state;
    char why[200];
    pmpo_arm arms[] = {
        {"library", false, 0, 0, 0}, {"a", true, 0, 0, 0}, {"b", true, 0, 0, 0},
        {"c", true, 0, 0, 0},
    };
    for (size_t i = 1; i < 4; i++) { /* all once, in order */
        assert_int_equal(pmpo_bandit_choose(arms, 4, why, sizeof(why)), i);
        assert_non_null(strstr(why, "not tried yet"));
        arms[i].n_tries = 1;
        arms[i].tokens = 1000;
    }
    arms[2].gain = 0.5;
    assert_int_equal(pmpo_bandit_choose(arms, 4, why, sizeof(why)), 2);
    assert_string_equal(why, "b: gained 0.5000 nats for 1000 tokens in 1 try, "
                             "the most per token");
    arms[3].gain = 0.5; /* the same gain for less */
    arms[3].tokens = 100;
    assert_int_equal(pmpo_bandit_choose(arms, 4, why, sizeof(why)), 3);
    arms[3].n_tries = 9; /* and what was tried little has its turn again */
    assert_int_equal(pmpo_bandit_choose(arms, 4, why, sizeof(why)), 2);
    assert_non_null(strstr(why, "tried less"));
    arms[3].gain = arms[2].gain = 0; /* nothing gained: in turns */
    arms[1].n_tries = 2;
    assert_int_equal(pmpo_bandit_choose(arms, 4, why, sizeof(why)), 2);
    assert_non_null(strstr(why, "none has gained yet"));
    for (size_t i = 1; i < 4; i++) {
        arms[i].plays = false;
    }
    assert_int_equal(pmpo_bandit_choose(arms, 4, why, sizeof(why)), 4);
}

/* In a run: one proposer that asks in each iteration, each once, its reason
 * with the run. */
static void test_turns_in_a_run(void **state)
{
    char *folder = make_folder(), *path = path_in(folder, "r");
    (void)state;
    pmpo_error err;
    pmpo_data *d = make_data(16, true);
    pmpo_optimize_options o = small_options();
    o.proposers = "induce,edit,rewrite,paraphrase,contract";
    o.iterations = 6;
    o.split = (pmpo_split){8, 4, 4, 1};
    pmpo_model *m = fake_new(&(fake_options){.salt = 5});
    pmpo_run *run = NULL;
    const pmpo_optimize_input in = {.scorer = m, .train = d};
    assert_int_equal(pmpo_optimize(&in, &o, path, &run, &err), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    size_t n_notes = 0;
    const char *turns[7] = {NULL};
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            const char *by = it->candidates[k].proposer;
            const char **turn = &turns[it->index];
            if (strcmp(by, "contract") != 0) {
                assert_true(it->index > 0);
                assert_true(!*turn || !strcmp(*turn, by));
                *turn = by;
            }
        }
    }
    assert_string_equal(turns[1], "induce");
    assert_string_equal(turns[2], "edit");
    assert_string_equal(turns[3], "rewrite");
    assert_string_equal(turns[4], "paraphrase");
    assert_non_null(turns[5]);
    for (size_t i = 0; i < v->n_notes; i++) {
        n_notes += strstr(v->notes[i], "the rewriter's turn went to ") != NULL;
    }
    assert_int_equal(n_notes, 6);
    assert_int_equal(fake_violations(m), 0);
    pmpo_run_free(run);
    fake_free(m);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

/* ---- warmth --------------------------------------------------------------------- */

/* Replies at another temperature are another job: the kept one is not found. */
static double temperature_of(const pmpo_candidate_row *rows, size_t n,
                             bool paper)
{
    stage g;
    open_stage(&g, &(fake_options){.salt = 1});
    g.s.rows = rows;
    g.s.n_rows = n;
    g.s.iteration = 2;
    g.o.paper = paper;
    double t = pmpo_replies_temperature(&g.s, "induce");
    close_stage(&g);
    return t;
}

static void test_repetition_warms(void **state)
{
    (void)state;
    pmpo_candidate_row rows[4] = {{.prompt = PMPO_STR("start")}};
    for (int i = 1; i < 4; i++) {
        rows[i] = (pmpo_candidate_row){.iteration = 1, .proposer = "induce",
                                       .prompt = PMPO_STR("p"),
                                       .reply = PMPO_STR("p"),
                                       .fate = PMPO_FATE_DUPLICATE};
    }
    assert_true(temperature_of(rows, 4, false) > 0.95);
    assert_true(temperature_of(rows, 4, true) == 0.9);
    rows[1].fate = rows[2].fate = PMPO_FATE_REJECTED; /* one of three is usual */
    assert_true(temperature_of(rows, 4, false) == 0.9);
    rows[1].fate = PMPO_FATE_DUPLICATE;
    rows[1].proposer = rows[3].proposer = "edit"; /* another's repetitions */
    assert_true(temperature_of(rows, 4, false) == 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_induce),
        cmocka_unit_test(test_the_form_stays),
        cmocka_unit_test(test_edit),
        cmocka_unit_test(test_who_is_held_to_what),
        cmocka_unit_test(test_unsound_is_asked_again),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_engines_say_no),
        cmocka_unit_test(test_repetition_warms),
        cmocka_unit_test(test_remarks_of_an_engine_are_all_told),
        cmocka_unit_test(test_openings),
        cmocka_unit_test(test_paraphrase),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_turns),
        cmocka_unit_test(test_turns_in_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
