/* test_custom.c: proposers and engines of the calling program. */
#include "pmpo_custom.h"
#include "run_help.h"

static char *folder, *path;
static pmpo_data *data;

static int set_up(void **state)
{
    (void)state;
    folder = make_folder();
    path = path_in(folder, "run.pmpo");
    data = make_data(14, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pmpo_data_free(data);
    free(path);
    drop_folder(folder);
    return 0;
}

/* ---- a proposer ---------------------------------------------------------- */

typedef struct mine {
    size_t n_calls, n_openings;
    bool asks, swallows, too_many, fails, no_case;
    char replies[4000]; /* all that the rewriter said */
} mine;

static int propose(void *ud, const pmpo_custom_scene *s, pmpo_error *err)
{
    mine *m = ud;
    char text[300];
    m->n_calls++;
    m->n_openings += s->iteration == 0;
    assert_true(s->task.len > 0 && s->incumbent.len > 0);
    assert_true(pmpo_data_count(s->train) == 6 && s->seed == 1);
    assert_int_equal(s->n_cases, s->iteration ? 2 : 0);
    if (m->fails) {
        err->code = PMPO_EDATA;
        strcpy(err->text, "the stars are not right");
        return PMPO_EDATA;
    }
    if (m->no_case) {
        return pmpo_custom_propose(s, PMPO_STR("x"), 2, err);
    }
    for (int i = 0; i < (m->too_many ? 3 : 2); i++) {
        snprintf(text, sizeof(text), "Way %d.%d: say yes or no at once.",
                 s->iteration, i);
        int rc = pmpo_custom_propose(s, (pmpo_str){text, strlen(text)},
                                     s->n_cases ? i % 2 : -1, err);
        if (rc < 0) {
            return rc;
        }
    }
    pmpo_str replies[2];
    int rc = m->asks ? pmpo_custom_ask(s, PMPO_STR("Rewrite it."), 2, replies,
                                       err)
                     : 0;
    for (int i = 0; rc == 0 && m->asks && i < 2; i++) {
        strncat(m->replies, replies[i].ptr, replies[i].len);
        strcat(m->replies, "\n");
    }
    return m->swallows ? 0 : rc;
}

static pmpo_custom_proposer row_of(mine *m)
{
    return (pmpo_custom_proposer){
        .size = sizeof(pmpo_custom_proposer), .name = "two-ways",
        .opens = true, .most = 2, .propose = propose, .ud = m};
}

static pmpo_optimize_options options(const pmpo_custom_proposer *p)
{
    pmpo_optimize_options o = small_options();
    o.force = true;
    o.split = (pmpo_split){6, 4, 4, 1};
    o.proposers = "rewrite,two-ways";
    o.custom = p;
    o.n_custom = 1;
    return o;
}

/* *whole (may be NULL): the run as text. */
static int run_it(const fake_options *f, const pmpo_optimize_options *o,
                  char **whole, pmpo_error *err)
{
    return run_once(f, o, data, NULL, NULL, path, whole, err);
}

static size_t proposals_of(const char *name)
{
    pmpo_run *run;
    size_t n = 0;
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            n += !strcmp(v->iterations[i].candidates[k].proposer, name);
        }
    }
    pmpo_run_free(run);
    return n;
}

static void test_takes_part(void **state)
{
    (void)state;
    mine m = {.asks = true};
    pmpo_custom_proposer p = row_of(&m);
    pmpo_optimize_options o = options(&p);
    fake_options f = {.salt = 3};
    pmpo_error err = {0};
    assert_int_equal(run_it(&f, &o, NULL, &err), 0);
    assert_int_equal(m.n_openings, 1);
    assert_int_equal(m.n_calls, 3);
    assert_int_equal(proposals_of("two-ways"), 6);
    assert_true(proposals_of("rewrite") > 0);
    o.proposers = NULL; /* the default: all of pmpo's own and this one */
    assert_int_equal(run_it(&f, &o, NULL, &err), 0);
    assert_int_equal(proposals_of("two-ways"), 6);
    o.proposers = "two-ways";
    assert_int_equal(run_it(&f, &o, NULL, &err), 0);
    assert_int_equal(proposals_of("rewrite"), 0);
}

/* A proposer that makes nothing of a failed request doesn't hide it. */
static void failed_requests_stop_the_run(void **state)
{
    (void)state;
    mine m = {.asks = true, .swallows = true};
    pmpo_custom_proposer p = row_of(&m);
    pmpo_optimize_options o = options(&p);
    for (int at = 1; at <= 25; at++) {
        fake_options f = {.salt = 3, .cancel_at = at};
        pmpo_error err = {0};
        assert_int_equal(run_it(&f, &o, NULL, &err), PMPO_ECANCELLED);
    }
}

static void test_resumes_alike(void **state)
{
    (void)state;
    mine m = {.asks = true};
    pmpo_custom_proposer p = row_of(&m);
    pmpo_optimize_options o = options(&p);
    fake_options f = {.salt = 3};
    char *whole = NULL, *resumed = NULL;
    pmpo_error err = {0};
    assert_int_equal(run_it(&f, &o, &whole, &err), 0);
    f.cancel_at = 25;
    mine again = {.asks = true};
    p = row_of(&again);
    assert_int_equal(run_it(&f, &o, NULL, &err), PMPO_ECANCELLED);
    f.cancel_at = 0;
    pmpo_model *model = fake_new(&f);
    pmpo_resume_options r;
    pmpo_resume_options_init(&r);
    r.no_cache = true;
    assert_int_equal(pmpo_resume(model, NULL, path, &r, NULL, &err),
                     PMPO_EUSAGE); /* without the proposer */
    assert_non_null(strstr(err.text, "two-ways"));
    again.replies[0] = '\0';
    r.custom = &p;
    r.n_custom = 1;
    pmpo_run *run = NULL;
    assert_int_equal(pmpo_resume(model, NULL, path, &r, &run, &err), 0);
    resumed = run_text(run, true);
    assert_string_equal(whole, resumed);
    assert_string_equal(m.replies, again.replies);
    pmpo_run_free(run);
    fake_free(model);
    free(whole);
    free(resumed);
}

static void expect(mine *m, pmpo_custom_proposer *p,
                   const pmpo_optimize_options *o, int code, const char *says)
{
    fake_options f = {.salt = 3};
    pmpo_error err = {0};
    m->n_calls = 0;
    p->ud = m;
    assert_int_equal(run_it(&f, o, NULL, &err), code);
    if (!strstr(err.text, says)) {
        fail_msg("'%s' does not say '%s'", err.text, says);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    mine m = {0};
    pmpo_custom_proposer p = row_of(&m);
    pmpo_optimize_options o = options(&p);
    m.too_many = true;
    expect(&m, &p, &o, PMPO_EUSAGE, "more than its 2 proposals");
    m = (mine){.fails = true};
    expect(&m, &p, &o, PMPO_EDATA, "two-ways: the stars are not right");
    m = (mine){.no_case = true};
    expect(&m, &p, &o, PMPO_EUSAGE, "no such hard case");
    m = (mine){.asks = true};
    o.no_rewriter = true;
    o.proposers = "two-ways";
    expect(&m, &p, &o, PMPO_EUSAGE, "no rewriter");
    o = options(&p);
    o.proposers = "rewrite";
    expect(&m, &p, &o, PMPO_EUSAGE, "not among those that take part");
    assert_int_equal(m.n_calls, 0);
    o.proposers = NULL;
    o.paper = true;
    expect(&m, &p, &o, PMPO_EUSAGE, "published loop");
    o = options(&p);
    p.name = "rewrite";
    expect(&m, &p, &o, PMPO_EUSAGE, "no name for a proposer");
    p.name = "two,ways";
    expect(&m, &p, &o, PMPO_EUSAGE, "no name for a proposer");
    p.name = "two-ways";
    p.most = 0;
    expect(&m, &p, &o, PMPO_EUSAGE, "1 to 1000");
    p.size = 1;
    expect(&m, &p, &o, PMPO_EVERSION, "pmpo_custom.h");
}

/* ---- an engine: the fake one, through the public functions ------------------ */

enum { IM_START = 256, IM_END, N_TOKENS };

typedef struct toy {
    size_t n_scored, n_closed, fail_at;
    float last; /* of the sequences scored by `odd_at` */
    size_t odd_at;
    bool cancelled, bad_ids;
} toy;

static ptrdiff_t toy_tokenize(void *ud, pmpo_str text, bool special,
                              int32_t *ids, size_t room, pmpo_error *err)
{
    (void)err;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++, n++) {
        int32_t id = (unsigned char)text.ptr[i];
        pmpo_str rest = pmpo_str_sub(text, i, text.len);
        if (special && pmpo_str_starts(rest, PMPO_STR("<|im_start|>"))) {
            id = IM_START;
            i += 11;
        } else if (special && pmpo_str_starts(rest, PMPO_STR("<|im_end|>"))) {
            id = IM_END;
            i += 9;
        }
        if (n < room) {
            ids[n] = ((toy *)ud)->bad_ids ? N_TOKENS : id;
        }
    }
    return (ptrdiff_t)n;
}

static ptrdiff_t put(pmpo_str s, char *out, size_t room)
{
    memcpy(out, s.ptr, s.len < room ? s.len : room);
    return (ptrdiff_t)s.len;
}

static ptrdiff_t toy_piece(void *ud, int32_t id, char *out, size_t room,
                           pmpo_error *err)
{
    (void)ud;
    (void)err;
    char c = (char)id;
    return put(id == IM_START ? PMPO_STR("<|im_start|>")
               : id == IM_END ? PMPO_STR("<|im_end|>") : (pmpo_str){&c, 1},
               out, room);
}

static ptrdiff_t toy_chat(void *ud, const pmpo_message *m, size_t n,
                          bool assistant, char *out, size_t room,
                          pmpo_error *err)
{
    (void)ud;
    (void)err;
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_puts(&b, "<|im_start|>");
        pmpo_buf_put(&b, m[i].role);
        pmpo_buf_puts(&b, "\n");
        pmpo_buf_put(&b, m[i].content);
        pmpo_buf_puts(&b, "<|im_end|>\n");
    }
    pmpo_buf_puts(&b, assistant ? "<|im_start|>assistant\n" : "");
    ptrdiff_t len = put(pmpo_buf_str(&b), out, room);
    pmpo_buf_release(&b);
    return len;
}

static int toy_score(void *ud, const pmpo_custom_sequence *s, size_t n,
                     size_t n_prefix, float *out, pmpo_error *err)
{
    toy *t = ud;
    (void)n_prefix;
    if (++t->n_scored == t->fail_at) {
        err->code = PMPO_EBACKEND;
        strcpy(err->text, "out of paper");
        return PMPO_EBACKEND;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = s[i].n_context; k < s[i].n_ids; k++) {
            *out++ = t->n_scored == t->odd_at
                         ? t->last
                         : (float)fake_logprob(9, s[i].ids, k);
        }
    }
    return 0;
}

static ptrdiff_t toy_generate(void *ud, const pmpo_custom_sample *s,
                              int32_t *ids, bool *ended, pmpo_error *err)
{
    (void)ud;
    (void)err;
    char text[200];
    snprintf(text, sizeof(text), "<prompt>Say yes or no, way %u.</prompt> and",
             (unsigned)(s->seed % 1000));
    size_t n = strlen(text);
    n = n > (size_t)s->max_tokens ? (size_t)s->max_tokens : n;
    for (size_t i = 0; i < n; i++) {
        ids[i] = (unsigned char)text[i];
    }
    *ended = false;
    return (ptrdiff_t)n;
}

static void toy_cancel(void *ud, bool on)
{
    ((toy *)ud)->cancelled = on;
}

static void toy_close(void *ud)
{
    ((toy *)ud)->n_closed++;
}

static const pmpo_custom_special specials[] = {
    {IM_START, {"<|im_start|>", 12}}, {IM_END, {"<|im_end|>", 10}}};

static pmpo_custom_engine toy_engine(toy *t)
{
    return (pmpo_custom_engine){
        .size = sizeof(pmpo_custom_engine), .name = "toy", .identity = "1",
        .n_vocab = N_TOKENS, .n_context = 1 << 16, .bos = -1, .eos = -1,
        .eot = IM_END, .specials = specials, .n_specials = 2,
        .tokenize = toy_tokenize, .piece = toy_piece, .chat = toy_chat,
        .score = toy_score, .generate = toy_generate, .cancel = toy_cancel,
        .close = toy_close, .ud = t};
}

static pmpo_scores *scores_of(pmpo_model *m, int code, const char *says)
{
    pmpo_score_options o;
    pmpo_scores *s = NULL;
    pmpo_error err = {0};
    pmpo_score_options_init(&o);
    o.no_cache = true;
    const pmpo_str prompts[] = {PMPO_STR("Say yes or no."), PMPO_STR("So?")};
    int rc = pmpo_score(m, data, prompts, 2, &o, &s, &err);
    if (rc != code || !strstr(err.text, says)) {
        fail_msg("%d: '%s' is not %d with '%s'", rc, err.text, code, says);
    }
    return s;
}

/* The same weights, so the same scores as the fake engine's, bit for bit. */
static void test_engine_scores(void **state)
{
    (void)state;
    toy t = {0};
    pmpo_custom_engine e = toy_engine(&t);
    pmpo_model *custom = NULL;
    pmpo_error err = {0};
    assert_int_equal(pmpo_model_custom(&e, &custom, &err), 0);
    pmpo_model *fake = fake_new(&(fake_options){.salt = 9});
    pmpo_scores *a = scores_of(custom, 0, ""), *b = scores_of(fake, 0, "");
    for (int i = 0; i < 2; i++) {
        assert_true(a->prompts[i].loss == b->prompts[i].loss);
        assert_int_equal(a->prompts[i].n_tokens, b->prompts[i].n_tokens);
    }
    assert_string_equal(pmpo_model_describe(custom)->name, "toy");
    pmpo_scores_free(a);
    pmpo_scores_free(b);
    fake_free(fake);
    pmpo_model_free(custom);
    assert_int_equal(t.n_closed, 1);
}

static void test_engine_runs(void **state)
{
    (void)state;
    toy t = {0};
    pmpo_custom_engine e = toy_engine(&t);
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    assert_int_equal(pmpo_model_custom(&e, &m, &err), 0);
    pmpo_optimize_options o = small_options();
    o.force = true;
    pmpo_run *run = NULL;
    if (pmpo_optimize(&(pmpo_optimize_input){.scorer = m, .train = data}, &o, path,
                      &run, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_true(proposals_of("rewrite") == 8);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_string_equal(v->scorer, "toy");
    pmpo_model_options a, b;
    bool same;
    assert_int_equal(pmpo_run_models(run, &a, &b, &same, &err), 0);
    pmpo_model *none = NULL;
    assert_int_equal(pmpo_model_open(&a, &none, &err), PMPO_EMODEL);
    assert_non_null(strstr(err.text, "the program that made the run"));
    pmpo_run_free(run);
    pmpo_model_free(m);
}

static void test_engine_failures(void **state)
{
    (void)state;
    const struct {
        toy t;
        int code;
        const char *says;
    } cases[] = {
        {{.fail_at = 2}, PMPO_EBACKEND, "out of paper"},
        {{.odd_at = 1, .last = NAN}, PMPO_ENAN, "not a number"},
        {{.odd_at = 1, .last = 0.5f}, PMPO_EBACKEND, "at most 0"},
        {{.odd_at = 1, .last = -INFINITY}, PMPO_EBACKEND, "finite"},
        {{.bad_ids = true}, PMPO_EBACKEND, "tokenize"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        toy t = cases[i].t;
        pmpo_custom_engine e = toy_engine(&t);
        pmpo_model *m = NULL;
        assert_int_equal(pmpo_model_custom(&e, &m, NULL), 0);
        assert_null(scores_of(m, cases[i].code, cases[i].says));
        pmpo_model_free(m);
    }
    toy t = {0};
    pmpo_custom_engine e = toy_engine(&t);
    pmpo_model *m = NULL;
    assert_int_equal(pmpo_model_custom(&e, &m, NULL), 0);
    pmpo_cancel(m);
    assert_true(t.cancelled);
    assert_null(scores_of(m, PMPO_ECANCELLED, "cancelled"));
    pmpo_uncancel(m);
    pmpo_scores *s = scores_of(m, 0, "");
    pmpo_scores_free(s);
    pmpo_model_free(m);
    e.generate = NULL;
    assert_int_equal(pmpo_model_custom(&e, &m, NULL), 0);
    pmpo_optimize_options o = small_options();
    o.force = true;
    pmpo_error err = {0};
    assert_int_equal(pmpo_optimize(&(pmpo_optimize_input){.scorer = m,
                                                          .train = data},
                                   &o, path, NULL,
                                   &err), PMPO_EMODEL);
    assert_non_null(strstr(err.text, "can't generate"));
    pmpo_model_free(m);
}

static void test_engine_refusals(void **state)
{
    (void)state;
    toy t = {0};
    pmpo_model *m = NULL;
    pmpo_custom_engine e = toy_engine(&t);
    e.size = 8;
    assert_int_equal(pmpo_model_custom(&e, &m, NULL), PMPO_EVERSION);
    e = toy_engine(&t);
    e.score = NULL;
    assert_int_equal(pmpo_model_custom(&e, &m, NULL), PMPO_EUSAGE);
    e = toy_engine(&t);
    e.eot = N_TOKENS;
    assert_int_equal(pmpo_model_custom(&e, &m, NULL), PMPO_EUSAGE);
    e = toy_engine(&t);
    e.identity = "";
    assert_int_equal(pmpo_model_custom(&e, &m, NULL), PMPO_EUSAGE);
    assert_null(m);
    assert_int_equal(t.n_closed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_part),
        cmocka_unit_test(failed_requests_stop_the_run),
        cmocka_unit_test(test_resumes_alike),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_engine_scores),
        cmocka_unit_test(test_engine_runs),
        cmocka_unit_test(test_engine_failures),
        cmocka_unit_test(test_engine_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
