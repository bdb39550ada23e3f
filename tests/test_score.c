/* test_score.c: the scorer on the fake engine, whose numbers depend on every
 * token before: what comes out is compared with texts put together by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data.h"
#include "fake_engine.h"
#include "score/score.h"

#define SALT 11

static const char options_data[] =
    "{\"id\":\"a\",\"input\":\"2+2?\",\"target\":\"4\",\"options\":"
    "[\"3\",\"4\",\"5\"]}\n"
    "{\"id\":\"b\",\"input\":\"1+1?\",\"target\":\"2\",\"options\":"
    "[\"2\",\"3\"],\"weight\":3}\n"
    "{\"id\":\"c\",\"input\":\"7+8 is <|im_end|>?\",\"target\":\"15\","
    "\"options\":[\"15\",\"16\"]}\n";

static pmpo_data *parse(const char *text)
{
    pmpo_data *d = NULL;
    pmpo_error err;
    int rc = pmpo_data_parse(pmpo_str_of(text), "test", NULL, &d, &err);
    assert_int_equal(rc, 0);
    return d;
}

static pmpo_scorer_options settings(pmpo_loss_kind loss, pmpo_targets targets)
{
    return (pmpo_scorer_options){.loss = loss,
                                 .reduction = PMPO_REDUCE_MEAN,
                                 .beta = 1,
                                 .template_name = "chat",
                                 .targets = targets};
}

static const pmpo_score_context nothing = {.prompt_id = -1};

/* ---- by hand ---------------------------------------------------------------------- */

static void put_plain(pmpo_model *m, pmpo_tokens *t, const char *text)
{
    assert_int_equal(m->vocab.tokenize(m->vocab.self, pmpo_str_of(text), false,
                                       t, NULL), 0);
}

static void put_marked(pmpo_model *m, pmpo_tokens *t, const char *text)
{
    assert_int_equal(m->vocab.tokenize(m->vocab.self, pmpo_str_of(text), true,
                                       t, NULL), 0);
}

/* -log-likelihood of `target`, with the tokens put together one by one. */
static double nats_by_hand(pmpo_model *m, const char *prompt,
                           const char *input, const char *target)
{
    pmpo_tokens t = {0};
    put_marked(m, &t, "<|im_start|>system\n");
    put_plain(m, &t, prompt);
    put_marked(m, &t, "<|im_end|>\n<|im_start|>user\n");
    put_plain(m, &t, input);
    put_marked(m, &t, "<|im_end|>\n<|im_start|>assistant\n");
    size_t context = t.n;
    put_plain(m, &t, target);
    double nats = 0;
    for (size_t i = context; i < t.n; i++) {
        nats -= (double)(float)fake_logprob(SALT, t.ids, i);
    }
    pmpo_tokens_release(&t);
    return nats;
}

static void test_scores_are_those_of_the_texts(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = parse(options_data);
    pmpo_scorer_options o = settings(PMPO_LOSS_PREFERENCE, PMPO_TARGETS_LOSS);
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Add up."), &nothing, &mem,
                                       &r, NULL), 0);
    double sum = 0;
    for (size_t i = 0; i < 3; i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        const pmpo_example_score *x = &r.score.examples[i];
        assert_int_equal(x->n_targets, e->n_options);
        double pairs = 0;
        for (size_t t = 0; t < x->n_targets; t++) {
            double want = nats_by_hand(m, "Add up.", e->input.ptr,
                                       x->targets[t].text.ptr);
            assert_true(fabs(x->targets[t].nats - want) < 1e-12);
            if (t > 0) {
                double margin = want - x->targets[0].nats;
                pairs += log1p(exp(-margin));
            }
        }
        assert_true(fabs(x->loss - pairs / (double)(x->n_targets - 1)) < 1e-9);
        assert_true(fabs(x->format + x->choice - x->targets[0].nats) < 1e-9);
        sum += e->weight * x->loss;
    }
    assert_true(fabs(r.score.loss - sum / 5) < 1e-12);
    assert_int_equal(r.score.n_options, 3);
    assert_int_equal(fake_violations(m), 0);
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

/* The loss on the answer is the cost of its last place in the target, not of
 * longer words, given all that is before it; the target's own cost stays. */
static void test_the_loss_is_taken_on_the_answer(void **state)
{
    (void)state;
    static const char text[] =
        "{\"input\":\"q\",\"target\":\"7 is 17 less 10: 7, not 70.\",\"answer\":\"7\"}\n"
        "{\"input\":\"r\",\"target\":\"#### 1,250\",\"answer\":\"1,250\"}";
    static const char *const before[] = {"7 is 17 less 10: ", "#### "};
    static const char *const with[] = {"7 is 17 less 10: 7", "#### 1,250"};
    static const size_t n_bytes[] = {1, 5};
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = parse(text);
    for (int end = 0; end < 2; end++) {
        pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
        o.loss_on = PMPO_LOSS_ON_ANSWER;
        o.reduction = PMPO_REDUCE_SUM;
        o.end = end ? PMPO_END_YES : PMPO_END_NO;
        pmpo_scorer *s;
        pmpo_result r;
        pmpo_arena mem = {0};
        assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
        assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Say."), &nothing, &mem,
                                           &r, NULL), 0);
        for (size_t i = 0; i < 2; i++) {
            const pmpo_target_score *t = &r.score.examples[i].targets[0];
            const char *input = i ? "r" : "q";
            double want = nats_by_hand(m, "Say.", input, with[i])
                          - nats_by_hand(m, "Say.", input, before[i]);
            bool more = end && i == 1; /* the end of the turn follows it */
            assert_int_equal(t->answer_end - t->answer_begin,
                             n_bytes[i] + more);
            want -= more ? (double)t->token_logprobs[t->n_tokens - 1] : 0;
            assert_true(fabs(r.score.examples[i].loss - want) < 1e-9);
            assert_true(t->nats > want);
        }
        pmpo_arena_release(&mem);
        pmpo_scorer_free(s);
    }
    pmpo_data_free(d);
    fake_free(m);
}

static void test_an_answer_must_stand_in_its_target(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"id\":\"x\",\"input\":\"q\",\"target\":\"7\"}",
        "{\"id\":\"x\",\"input\":\"q\",\"target\":\"17\",\"answer\":\"7\"}",
        "{\"id\":\"x\",\"input\":\"q\",\"target\":\"seven\",\"answer\":\"7\"}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        pmpo_data *d = parse(bad[i]);
        pmpo_error err;
        assert_int_equal(pmpo_loss_on_check(PMPO_LOSS_ON_TARGET, d, &err), 0);
        assert_int_equal(pmpo_loss_on_check(PMPO_LOSS_ON_ANSWER, d, &err),
                         PMPO_EDATA);
        assert_string_equal(err.text, "test:1: example x has no \"answer\" that "
                            "stands in its target, which --loss-on answer "
                            "needs: add it, or take --loss-on target");
        pmpo_data_free(d);
    }
    pmpo_loss_kind kind;
    pmpo_error err; /* in a list examples are counted */
    pmpo_data *d =
        parse("[\n\n{\"id\":\"x\",\"input\":\"q\",\"target\":\"7\"}]");
    assert_int_equal(pmpo_loss_on_check(PMPO_LOSS_ON_ANSWER, d, &err),
                     PMPO_EDATA);
    assert_ptr_equal(strstr(err.text, "test: example 1: example x "), err.text);
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_PREFERENCE, d, &kind, &err),
                     PMPO_EDATA);
    assert_ptr_equal(strstr(err.text, "test: example 1: example x "), err.text);
    err.text[0] = '\0';
    assert_int_equal(pmpo_in_example(d, 0, PMPO_EDATA, &err), PMPO_EDATA);
    assert_string_equal(err.text, "test: example 1: ");
    pmpo_data_free(d);
}

/* Calibrated, every log-likelihood is less that of the same output after the
 * input N/A; the outputs' own scores stay what they are. */
static void test_calibration_takes_off_what_no_input_gives(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = parse(options_data);
    pmpo_scorer_options o = settings(PMPO_LOSS_CHOICE, PMPO_TARGETS_LOSS);
    o.calibrate = PMPO_CALIBRATE_CONTENT_FREE;
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    pmpo_score_context c = nothing;
    c.give_up = &(pmpo_give_up){.bound = -1000}; /* may be: not looked at */
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Add up."), &c, &mem, &r,
                                       NULL), 0);
    assert_false(r.pruned);
    for (size_t i = 0; i < 3; i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        const pmpo_example_score *x = &r.score.examples[i];
        double all = 0, right = 0;
        assert_int_equal(x->n_targets, e->n_options);
        for (size_t t = 0; t < x->n_targets; t++) {
            const char *text = x->targets[t].text.ptr;
            double nats = nats_by_hand(m, "Add up.", e->input.ptr, text);
            double prior = nats_by_hand(m, "Add up.", "N/A", text);
            assert_true(fabs(x->targets[t].nats - nats) < 1e-12);
            assert_true(fabs(x->targets[t].prior_nats - prior) < 1e-12);
            all += exp(prior - nats);
            right = t == 0 ? exp(prior - nats) : right;
        }
        assert_true(fabs(x->loss + log(right / all)) < 1e-9);
    }
    assert_int_equal(fake_violations(m), 0);
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

/* The loss of `prompt` with a fresh scorer. */
static double loss_of(pmpo_model *m, const pmpo_data *d,
                      const pmpo_scorer_options *o,
                      const pmpo_score_context *c, const char *prompt)
{
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    assert_int_equal(pmpo_scorer_new(m, d, o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, pmpo_str_of(prompt), c, &mem, &r,
                                       NULL), 0);
    double loss = r.score.loss;
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    return loss;
}

static void test_a_wrong_prefix_would_show(void **state)
{
    (void)state;
    pmpo_model *good = fake_new(&(fake_options){.salt = SALT});
    pmpo_model *bad = fake_new(&(fake_options){.salt = SALT, .shift = true});
    pmpo_data *d = parse(options_data);
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    assert_true(loss_of(good, d, &o, &nothing, "Add.") !=
                loss_of(bad, d, &o, &nothing, "Add."));
    assert_true(loss_of(good, d, &o, &nothing, "Add.") !=
                loss_of(good, d, &o, &nothing, "Add!"));
    pmpo_data_free(d);
    fake_free(good);
    fake_free(bad);
}

/* ---- many examples: blocks ---------------------------------------------------------- */

static pmpo_data *many(size_t n)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"Question number %zu, with some more "
                        "words to make it longer?\",\"target\":\"%s\","
                        "\"options\":[\"Yes\",\"No\"]}\n", i,
                        i % 3 ? "Yes" : "No");
    }
    pmpo_data *d = parse(b.ptr);
    pmpo_buf_release(&b);
    return d;
}

static void test_packing_does_not_change_scores(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = many(60);
    pmpo_scorer_options o = settings(PMPO_LOSS_PREFERENCE, PMPO_TARGETS_ALL);
    pmpo_scorer *s;
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_true(pmpo_scorer_blocks(s) >= 3);
    pmpo_scorer_free(s);
    double a = loss_of(m, d, &o, &nothing, "Say.");
    o.reversed = true;
    double b = loss_of(m, d, &o, &nothing, "Say.");
    assert_true(a == b); /* summed in the same order, too */
    pmpo_data_free(d);
    fake_free(m);
}

static void test_noise_floor(void **state)
{
    (void)state;
    pmpo_data *d = many(40);
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    for (int noisy = 0; noisy < 2; noisy++) {
        pmpo_model *m = fake_new(&(fake_options){
            .salt = SALT, .jitter = noisy ? 0.5 : 0});
        pmpo_scorer *s;
        pmpo_result r;
        pmpo_arena mem = {0};
        pmpo_noise noise;
        assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
        assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Say."), &nothing, &mem,
                                           &r, NULL), 0);
        pmpo_scorer *reversed;
        assert_int_equal(pmpo_reversed_scorer_new(m, d, &o, &reversed, NULL), 0);
        assert_int_equal(pmpo_noise_floor(reversed, &r.score, &nothing, &noise,
                                          NULL), 0);
        pmpo_scorer_free(reversed);
        double floor = noise.floor;
        assert_true(noisy ? floor > 0.01 && floor < 0.5 : floor == 0);
        assert_true(noisy ? noise.token_mean > 0.01 : noise.token_mean == 0);
        assert_true(noise.token_most >= noise.token_mean);
        pmpo_arena_release(&mem);
        pmpo_scorer_free(s);
        fake_free(m);
    }
    pmpo_data_free(d);
}

/* ---- looking up ------------------------------------------------------------------------- */

static char folder[] = "/tmp/pmpo-score-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(in_folder("run"));
    unlink(in_folder("cache"));
    unlink(in_folder("cache-wal"));
    unlink(in_folder("cache-shm"));
    return rmdir(folder);
}

static void test_the_run_file_is_asked_first(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = many(40);
    pmpo_scorer_options o = settings(PMPO_LOSS_PREFERENCE, PMPO_TARGETS_ALL);
    pmpo_store *store;
    pmpo_cost cost = {0};
    assert_int_equal(pmpo_store_create(in_folder("run"), true, NULL, NULL, &store, NULL), 0);
    const pmpo_score_context c = {.store = store, .purpose = "train", .cost = &cost};
    double first = loss_of(m, d, &o, &c, "Say.");
    size_t events = fake_events(m);
    uint64_t rows = cost.prefill_tokens;
    assert_true(events >= 2 && rows > 0);
    assert_true(loss_of(m, d, &o, &c, "Say.") == first);
    assert_int_equal(fake_events(m), events);
    assert_int_equal(cost.prefill_tokens, rows);
    loss_of(m, d, &o, &c, "Tell.");
    assert_int_equal(fake_events(m), 2 * events);
    pmpo_store_free(store);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_the_cache_is_asked_next(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_model *other = fake_new(&(fake_options){.salt = SALT + 1});
    pmpo_data *d = many(40);
    pmpo_scorer_options o = settings(PMPO_LOSS_PREFERENCE, PMPO_TARGETS_ALL);
    pmpo_cache *cache;
    pmpo_cost cost = {0};
    assert_int_equal(pmpo_cache_open(in_folder("cache"), 1 << 20, &cache, NULL),
                     0);
    const pmpo_score_context c = {.cache = cache, .prompt_id = -1, .cost = &cost};
    double first = loss_of(m, d, &o, &c, "Say.");
    size_t events = fake_events(m);
    assert_true(loss_of(m, d, &o, &c, "Say.") == first);
    assert_int_equal(fake_events(m), events);
    assert_int_equal(cost.cached_scores, 80);
    loss_of(other, d, &o, &c, "Say."); /* another model: another key */
    assert_int_equal(fake_events(other), events);
    pmpo_cache_free(cache);
    pmpo_data_free(d);
    fake_free(m);
    fake_free(other);
}

/* ---- giving up, failing -------------------------------------------------------------------- */

static void test_pruning_is_exact(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = many(60);
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    double whole = loss_of(m, d, &o, &nothing, "Say.");
    pmpo_scorer *s;
    pmpo_arena own = {0};
    pmpo_result rival; /* its costliest blocks come first */
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Tell."), &nothing, &own,
                                       &rival, NULL), 0);
    for (int i = 1; i <= 24; i++) {
        pmpo_arena mem = {0};
        pmpo_result r;
        pmpo_score_context c = nothing;
        const pmpo_give_up g = {.bound = whole * ((i + 1) / 2) / 10,
                                .rival = i % 2 ? &rival.score : NULL};
        c.give_up = &g;
        assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Say."), &c, &mem, &r,
                                           NULL), 0);
        if (r.pruned) {
            assert_true(whole > g.bound);
            assert_true(r.lower_bound > g.bound && r.lower_bound <= whole);
            assert_true(isnan(r.score.loss));
            assert_true(r.units_scored < r.units);
        } else {
            assert_true(r.score.loss == whole);
        }
        assert_true(i > 4 || r.pruned);
        pmpo_arena_release(&mem);
    }
    pmpo_arena_release(&own);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_what_is_not_a_number_is_an_error(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT, .nan_at = 2});
    pmpo_data *d = many(60);
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    pmpo_error err = {0};
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Say."), &nothing, &mem, &r,
                                       &err), PMPO_ENAN);
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

static int no_budget(void *ud, pmpo_hash key, pmpo_error *err)
{
    (void)key;
    (void)err;
    return ++*(int *)ud > 1 ? PMPO_EBUDGET : 0;
}

static void test_the_hook_stops_it(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = many(60);
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    int asked = 0;
    pmpo_score_context c = nothing;
    c.before = no_budget;
    c.ud = &asked;
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("Say."), &c, &mem, &r, NULL),
                     PMPO_EBUDGET);
    assert_int_equal(fake_events(m), 1);
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_too_long_names_the_example(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT, .context = 60});
    pmpo_data *d = parse("{\"id\":\"fine\",\"input\":\"x\",\"target\":\"y\"}\n"
                         "{\"id\":\"long\",\"input\":\"xxxxxxxxxxxxxxxxxxxxxx"
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"target\":\"y\"}\n");
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    pmpo_error err = {0};
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("P"), &nothing, &mem, &r,
                                       &err), PMPO_ETOOLONG);
    assert_non_null(strstr(err.text, "test:2"));
    assert_non_null(strstr(err.text, "long"));
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_no_place_names_the_example(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = parse("{\"input\":\"{{prompt}} x\",\"target\":\"y\"}\n"
                         "{\"input\":\"x\",\"target\":\"y\"}\n");
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    o.template_name = "place";
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    pmpo_error err = {0};
    pmpo_end end;
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("P"), &nothing, &mem, &r,
                                       &err), PMPO_EDATA);
    assert_non_null(strstr(err.text, "test:2: no text"));
    err.text[0] = '\0';
    assert_int_equal(pmpo_end_resolve(m, d, PMPO_STR("P"), "place",
                                      PMPO_END_AUTO, &end, &err), PMPO_EDATA);
    assert_non_null(strstr(err.text, "test:2: no text"));
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(d);
    fake_free(m);
}

/* Where the prompt stands in the input it stays when that is replaced by N/A. */
static void test_calibration_keeps_the_place(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = parse("{\"input\":\"a {{prompt}} b\",\"target\":\"y\"}\n"
                         "{\"input\":\"{{prompt}} c\",\"target\":\"y\"}\n");
    pmpo_data *free = parse("{\"input\":\"{{prompt}}\\n\\nN/A\","
                            "\"target\":\"y\"}\n");
    pmpo_scorer_options o = settings(PMPO_LOSS_NLL, PMPO_TARGETS_LOSS);
    o.template_name = "place";
    o.reduction = PMPO_REDUCE_SUM;
    pmpo_arena mem = {0};
    double loss[3];
    for (int i = 0; i < 3; i++) {
        pmpo_scorer *s;
        pmpo_result r;
        o.calibrate = i == 2 ? PMPO_CALIBRATE_CONTENT_FREE
                             : PMPO_CALIBRATE_NONE;
        assert_int_equal(pmpo_scorer_new(m, i == 1 ? free : d, &o, &s, NULL), 0);
        assert_int_equal(pmpo_scorer_score(s, PMPO_STR("P"), &nothing, &mem, &r,
                                           NULL), 0);
        loss[i] = r.score.loss;
        pmpo_scorer_free(s);
    }
    assert_true(fabs(loss[0] - loss[1] - loss[2]) < 1e-5);
    pmpo_arena_release(&mem);
    pmpo_data_free(d);
    pmpo_data_free(free);
    fake_free(m);
}

/* ---- auto ------------------------------------------------------------------------------------ */

static void test_end_token_where_an_option_begins_another(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *plain = parse(options_data);
    pmpo_data *nested = parse("{\"input\":\"x\",\"target\":\"1\",\"options\":"
                              "[\"1\",\"15\"]}\n");
    pmpo_end end = PMPO_END_AUTO;
    assert_int_equal(pmpo_end_resolve(m, plain, PMPO_STR("P"), "chat",
                                      PMPO_END_AUTO, &end, NULL), 0);
    assert_int_equal(end, PMPO_END_NO);
    assert_int_equal(pmpo_end_resolve(m, nested, PMPO_STR("P"), "chat",
                                      PMPO_END_AUTO, &end, NULL), 0);
    assert_int_equal(end, PMPO_END_YES);
    pmpo_scorer_options o = settings(PMPO_LOSS_PREFERENCE, PMPO_TARGETS_ALL);
    o.end = PMPO_END_YES;
    pmpo_scorer *s;
    pmpo_result r;
    pmpo_arena mem = {0};
    assert_int_equal(pmpo_scorer_new(m, nested, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_score(s, PMPO_STR("P"), &nothing, &mem, &r,
                                       NULL), 0);
    assert_int_equal(r.score.examples[0].targets[0].n_tokens, 2);
    assert_int_equal(r.score.examples[0].targets[1].n_tokens, 3);
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(plain);
    pmpo_data_free(nested);
    fake_free(m);
}

static void test_loss_auto(void **state)
{
    (void)state;
    pmpo_data *with = parse(options_data);
    pmpo_data *without = parse("{\"id\":\"q\",\"input\":\"x\",\"target\":\"y\"}");
    pmpo_loss_kind k = PMPO_LOSS_AUTO;
    pmpo_error err = {0};
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_AUTO, with, &k, NULL), 0);
    assert_int_equal(k, PMPO_LOSS_PREFERENCE);
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_AUTO, without, &k, NULL), 0);
    assert_int_equal(k, PMPO_LOSS_NLL);
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_NLL, with, &k, NULL), 0);
    assert_int_equal(k, PMPO_LOSS_NLL);
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_PREFERENCE, without, &k, &err),
                     PMPO_EDATA);
    assert_non_null(strstr(err.text, "q"));
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_CHOICE, without, &k, &err),
                     PMPO_EDATA);
    assert_non_null(strstr(err.text, "two options"));
    assert_int_equal(pmpo_loss_resolve(PMPO_LOSS_CHOICE, with, &k, NULL), 0);
    assert_int_equal(k, PMPO_LOSS_CHOICE);
    pmpo_data_free(with);
    pmpo_data_free(without);
}

static void count_and_score(pmpo_calibrate calibrate)
{
    pmpo_model *m = fake_new(&(fake_options){.salt = SALT});
    pmpo_data *d = many(40);
    pmpo_scorer_options o = settings(PMPO_LOSS_PREFERENCE, PMPO_TARGETS_ALL);
    o.calibrate = calibrate;
    pmpo_scorer *s;
    uint64_t prefill = 0, logical = 0;
    pmpo_cost cost = {0};
    assert_int_equal(pmpo_scorer_new(m, d, &o, &s, NULL), 0);
    assert_int_equal(pmpo_scorer_count(s, PMPO_STR("Say."), &prefill, &logical,
                                       NULL), 0);
    assert_int_equal(fake_events(m), 0);
    pmpo_scorer_free(s);
    pmpo_score_context c = nothing;
    c.cost = &cost;
    loss_of(m, d, &o, &c, "Say.");
    assert_int_equal(cost.logical_tokens, logical);
    assert_true(prefill > 0 && prefill < logical);
    pmpo_data_free(d);
    fake_free(m);
}

static void test_counting_feeds_nothing(void **state)
{
    (void)state;
    count_and_score(PMPO_CALIBRATE_NONE);
    count_and_score(PMPO_CALIBRATE_CONTENT_FREE);
}

/* What no model is needed for: templates, and losses with their settings. */
static void test_check(void **state)
{
    (void)state;
    static const char plain[] = "{\"input\":\"a\",\"target\":\"b\"}\n";
    pmpo_data *with = parse(options_data), *without = parse(plain);
    const struct {
        const char *template_name;
        pmpo_loss_kind loss;
        double beta;
        const pmpo_data *d;
        int rc;
        const char *says;
    } cases[] = {
        {"chat", PMPO_LOSS_AUTO, 1, with, 0, ""},
        {"chat", PMPO_LOSS_AUTO, 2, with, 0, ""},
        {"chat", PMPO_LOSS_AUTO, 2, NULL, 0, ""},
        {"chat", PMPO_LOSS_AUTO, 2, without, PMPO_EUSAGE, "--beta is of"},
        {"chat", PMPO_LOSS_NLL, 2, NULL, PMPO_EUSAGE, "--beta is of"},
        {"chat", PMPO_LOSS_CHOICE, 1, without, PMPO_EDATA, "test:1"},
        {"foo", PMPO_LOSS_AUTO, 1, NULL, PMPO_EUSAGE, "template 'foo'"},
        {"@/no/file", PMPO_LOSS_AUTO, 1, with, PMPO_EUSAGE, "/no/file"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pmpo_error err = {0};
        pmpo_score_options o;
        pmpo_score_options_init(&o);
        o.template_name = cases[i].template_name;
        o.loss = cases[i].loss;
        o.beta = cases[i].beta;
        assert_int_equal(pmpo_score_check(&o, cases[i].d, &err), cases[i].rc);
        assert_int_equal(err.code, cases[i].rc);
        assert_non_null(strstr(err.text, cases[i].says));
    }
    pmpo_data_free(with);
    pmpo_data_free(without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_are_those_of_the_texts),
        cmocka_unit_test(test_the_loss_is_taken_on_the_answer),
        cmocka_unit_test(test_an_answer_must_stand_in_its_target),
        cmocka_unit_test(test_calibration_takes_off_what_no_input_gives),
        cmocka_unit_test(test_a_wrong_prefix_would_show),
        cmocka_unit_test(test_packing_does_not_change_scores),
        cmocka_unit_test(test_noise_floor),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_the_run_file_is_asked_first),
        cmocka_unit_test(test_the_cache_is_asked_next),
        cmocka_unit_test(test_pruning_is_exact),
        cmocka_unit_test(test_what_is_not_a_number_is_an_error),
        cmocka_unit_test(test_the_hook_stops_it),
        cmocka_unit_test(test_too_long_names_the_example),
        cmocka_unit_test(test_no_place_names_the_example),
        cmocka_unit_test(test_calibration_keeps_the_place),
        cmocka_unit_test(test_end_token_where_an_option_begins_another),
        cmocka_unit_test(test_loss_auto),
        cmocka_unit_test(test_counting_feeds_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
