/* test_llama.c: the llama.cpp engine on a model of random weights: a score is
 * a function of its unit and of the model's identity, whatever else was
 * computed before. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/llama/llama_attention.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_rate.h"
#include "fetch/fetch.h"
#include "model/model.h"
#include "propose/forms.h"
#include "text/text.h"
#include "tiny_model.h"

static char folder[] = "/tmp/pmpo-llama-XXXXXX";

static const char *at(const char *name)
{
    static char path[2][256];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    setenv("XDG_CACHE_HOME", folder, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof(command), "/bin/rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static pmpo_model *open_model(const char *path, pmpo_precision precision)
{
    pmpo_model_options o;
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    pmpo_model_options_init(&o);
    o.model = path;
    o.precision = precision;
    o.threads = 1;
    if (pmpo_model_open(&o, &m, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return m;
}

/* ---- units ------------------------------------------------------------------ */

enum { MAX_IDS = 4096 };

/* One sequence of n tokens, all but the last 8 of them context. */
typedef struct text {
    int32_t ids[MAX_IDS];
    pmpo_request q;
    float lps[8];
} text;

static void make_text(text *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        t->ids[i] = (int32_t)(3 + (i * 37 + n) % 200);
    }
    t->q = (pmpo_request){t->ids, n, n - 8, 0};
}

static int score(pmpo_model *m, text *t, size_t n_prefix, pmpo_error *err)
{
    pmpo_unit u = {.requests = &t->q, .n_requests = 1,
                   .n_prefix = n_prefix};
    pmpo_unit_result r = {.logprobs = t->lps};
    return pmpo_score_unit(m, &u, &r, err);
}

static void assert_same(const text *a, const text *b)
{
    assert_memory_equal(a->lps, b->lps, sizeof(a->lps));
}

/* ---- what was computed before --------------------------------------------------- */

static void once_before_and_after(const char *path, pmpo_precision p,
                                  size_t n_long)
{
    static text first, again, other;
    pmpo_model *m = open_model(path, p);
    make_text(&first, 60);
    make_text(&again, 60);
    make_text(&other, n_long);
    assert_int_equal(score(m, &first, 20, NULL), 0);
    assert_true(isfinite(first.lps[0]) && first.lps[0] < 0);
    assert_int_equal(m->n_contexts, 1);
    assert_int_equal(score(m, &other, 0, NULL), 0);
    assert_int_equal(m->n_contexts, 2); /* the memory has grown */
    assert_int_equal(score(m, &again, 20, NULL), 0);
    assert_same(&first, &again);
    pmpo_model_free(m);
}

static void test_a_longer_one_changes_nothing(void **state)
{
    (void)state;
    tiny_model_write(at("plain.gguf"), &(tiny_options){.n_context = 4096});
    once_before_and_after(at("plain.gguf"), PMPO_PRECISION_F32, 3500);
    once_before_and_after(at("plain.gguf"), PMPO_PRECISION_F32_FAST, 3500);
    once_before_and_after(at("plain.gguf"), PMPO_PRECISION_F16, 3500);
}

/* Factors of short and long texts: a memory that has grown beyond the short
 * ones' range must not change them. */
static void test_a_grown_memory_keeps_the_rope_factors(void **state)
{
    (void)state;
    tiny_model_write(at("long.gguf"), &(tiny_options){.n_context_short = 512});
    static text first, again, wide[3];
    pmpo_request q[3];
    float lps[3 * 8];
    pmpo_model *m = open_model(at("long.gguf"), PMPO_PRECISION_F32);
    make_text(&first, 60);
    make_text(&again, 60);
    for (size_t i = 0; i < 3; i++) { /* each fits; together they take 900 cells */
        make_text(&wide[i], 300 + i);
        q[i] = wide[i].q;
    }
    assert_int_equal(score(m, &first, 20, NULL), 0);
    pmpo_unit u = {.requests = q, .n_requests = 3};
    pmpo_unit_result r = {.logprobs = lps};
    assert_int_equal(pmpo_score_unit(m, &u, &r, NULL), 0);
    assert_int_equal(score(m, &again, 20, NULL), 0);
    assert_same(&first, &again);
    pmpo_model_free(m);
}

/* A text beyond the range would need the other factors. */
static void test_what_crosses_the_range_is_refused(void **state)
{
    (void)state;
    static text fits, over;
    pmpo_error err = {0};
    tiny_model_write(at("long.gguf"), &(tiny_options){.n_context_short = 512});
    pmpo_model *m = open_model(at("long.gguf"), PMPO_PRECISION_F32);
    assert_int_equal(pmpo_model_describe(m)->n_context, 512);
    make_text(&fits, 512);
    make_text(&over, 600);
    assert_int_equal(score(m, &fits, 0, &err), 0);
    assert_int_equal(score(m, &over, 0, &err), PMPO_ETOOLONG);
    pmpo_unit u = {.requests = &over.q, .n_requests = 1, .plain = true};
    pmpo_unit_result r = {.logprobs = over.lps};
    assert_int_equal(pmpo_score_unit(m, &u, &r, &err), PMPO_ETOOLONG);
    pmpo_model_free(m);
}

/* ---- after numbers that are none ------------------------------------------------ */

/* Cells that held NaN must not reach a later unit, whose window they lie in. */
static void not_a_number_stays_alone(pmpo_precision p)
{
    static text first, bad, again;
    pmpo_error err = {0};
    pmpo_model *m = open_model(at("bad.gguf"), p);
    make_text(&first, 20);
    make_text(&again, 20);
    make_text(&bad, 200);
    bad.ids[100] = 250;
    assert_int_equal(score(m, &first, 4, NULL), 0);
    assert_int_equal(score(m, &bad, 0, &err), PMPO_ENAN);
    assert_int_equal(score(m, &again, 4, NULL), 0);
    assert_same(&first, &again);
    pmpo_model_free(m);
}

static void test_not_a_number_stays_alone(void **state)
{
    (void)state;
    tiny_model_write(at("bad.gguf"), &(tiny_options){.bad_token = 250});
    not_a_number_stays_alone(PMPO_PRECISION_F32);
    not_a_number_stays_alone(PMPO_PRECISION_F32_FAST);
}

static void test_no_token_has_no_text(void **state)
{
    (void)state;
    pmpo_model *m = open_model(at("bad.gguf"), PMPO_PRECISION_NATIVE);
    const pmpo_vocab *v = &m->vocab;
    const int32_t none[] = {-1, (int32_t)v->n_tokens, INT32_MAX};
    pmpo_buf b = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(v->piece(v->self, none[i], &b, NULL), PMPO_EUSAGE);
    }
    pmpo_model_free(m);
}

/* ---- identity --------------------------------------------------------------------- */

static void identity_of(const char *path, char *out)
{
    pmpo_model *m = open_model(path, PMPO_PRECISION_NATIVE);
    snprintf(out, 33, "%s", pmpo_model_describe(m)->identity);
    pmpo_model_free(m);
}

/* What the environment does to the arithmetic is part of the identity; a
 * variable that does nothing to it isn't. */
static void test_the_environment_counts(void **state)
{
    (void)state;
    char plain[33], tiled[33], other[33], again[33];
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    identity_of(at("plain.gguf"), plain);
    setenv("GGML_CPU_TILED_MM", "0", 1);
    identity_of(at("plain.gguf"), tiled);
    unsetenv("GGML_CPU_TILED_MM");
    setenv("LLAMA_TRACE", "0", 1);
    identity_of(at("plain.gguf"), other);
    unsetenv("LLAMA_TRACE");
    identity_of(at("plain.gguf"), again);
    assert_string_not_equal(plain, tiled);
    assert_string_equal(plain, other);
    assert_string_equal(plain, again);
}

/* CUDA's libraries read this when they start; without them it is nobody's. */
static void test_tf32_is_off(void **state)
{
    (void)state;
    const char *v = getenv("NVIDIA_TF32_OVERRIDE");
    assert_string_equal(v ? v : "", llama_supports_gpu_offload() ? "0" : "");
}

/* ---- what was measured --------------------------------------------------------------- */

static char path[300]; /* of a file of 16 bits */

/* Opens it where `rates` is what was measured once. */
static void open_measured(const char *rates, pmpo_products products,
                          char precision[16], char made_by[8], char id[40])
{
    pmpo_buf key = {0};
    pmpo_model_options o;
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    pmpo_llama_rate_key(1, &key);
    pmpo_fetch_remember(key.ptr, pmpo_str_of(rates));
    pmpo_buf_release(&key);
    pmpo_model_options_init(&o);
    o.model = path;
    o.products = products;
    o.precision = products == PMPO_PRODUCTS_AUTO ? PMPO_PRECISION_AUTO
                                                 : PMPO_PRECISION_F32;
    o.threads = 1;
    assert_int_equal(pmpo_model_open(&o, &m, &err), 0);
    const pmpo_model_info *i = pmpo_model_describe(m);
    snprintf(precision, 16, "%s", i->precision);
    snprintf(made_by, 8, "%s", i->products);
    snprintf(id, 40, "%s", i->identity);
    pmpo_model_free(m);
}

/* A run's models are opened with the run's choices, whatever is measured then. */
static void test_another_measurement_changes_no_run(void **state)
{
    (void)state;
    char p[2][16], by[2][8], id[2][40];
    if (!*pmpo_blas_name()) {
        skip();
    }
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_F16);
    snprintf(path, sizeof(path), "%s", pmpo_model_describe(m)->path);
    pmpo_model_free(m);
    open_measured("f32 blas", PMPO_PRODUCTS_AUTO, p[0], by[0], id[0]);
    assert_string_equal(p[0], "f32");
    assert_string_equal(by[0], "blas");
    open_measured("f32", PMPO_PRODUCTS_AUTO, p[1], by[1], id[1]);
    assert_string_equal(p[1], "f32-fast");
    assert_string_equal(by[1], "own");
    assert_string_not_equal(id[0], id[1]);
    open_measured("f32", PMPO_PRODUCTS_BLAS, p[1], by[1], id[1]);
    assert_string_equal(id[0], id[1]);
    open_measured("f16", PMPO_PRODUCTS_AUTO, p[1], by[1], id[1]);
    assert_string_equal(p[1], "native");
}

/* ---- attention ---------------------------------------------------------------------------- */

enum { N_TEXTS = 40 };

/* Scores of texts of 48 to 204 tokens that share 40: several waves. Returns the
 * share of the cells that attention read. */
static double by(pmpo_products products, float lps[N_TEXTS * 8])
{
    static text t[N_TEXTS];
    pmpo_request q[N_TEXTS];
    pmpo_model_options o;
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    pmpo_model_options_init(&o);
    o.model = at("heads.gguf");
    o.products = products;
    o.precision = PMPO_PRECISION_F32;
    o.threads = 2;
    if (pmpo_model_open(&o, &m, &err) < 0) {
        fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < N_TEXTS; i++) {
        make_text(&t[i], 48 + 4 * i);
        for (size_t k = 0; k < 40; k++) {
            t[i].ids[k] = (int32_t)(3 + k);
        }
        q[i] = t[i].q;
    }
    const pmpo_unit u = {.requests = q, .n_requests = N_TEXTS, .n_prefix = 32};
    pmpo_unit_result r = {.logprobs = lps};
    assert_int_equal(pmpo_score_unit(m, &u, &r, &(pmpo_error){0}), 0);
    const pmpo_llama *l = m->self;
    double share = pmpo_attention_share(l->pool->attention);
    pmpo_model_free(m);
    return share;
}

/* What is masked is left out, and nothing else. */
static void test_attention_leaves_out_what_is_masked(void **state)
{
    (void)state;
    static float own[N_TEXTS * 8], blas[N_TEXTS * 8];
    if (!*pmpo_blas_name()) {
        skip();
    }
    tiny_model_write(at("heads.gguf"), &(tiny_options){.n_head = 2});
    assert_true(isnan(by(PMPO_PRODUCTS_OWN, own)));
    double share = by(PMPO_PRODUCTS_BLAS, blas);
    for (size_t i = 0; i < N_TEXTS * 8; i++) {
        assert_true(fabsf(own[i] - blas[i]) < 1e-4);
    }
    assert_true(share > 0.05 && share < 0.6);
}

/* ---- leads -------------------------------------------------------------------------------- */

enum { N_LED = 24, LEAD = 60, LED_LPS = N_LED * 8 };

/* Inputs of 60 to 83 tokens that begin alike, each with two targets that share
 * all but their last 4 tokens, after prompt `prompt`. With `leads` the engine
 * may keep the inputs. Returns the rows fed. */
static uint64_t score_led(pmpo_model *m, int prompt, bool leads,
                          float lps[LED_LPS])
{
    static int32_t ids[N_LED][160];
    pmpo_request q[N_LED];
    for (size_t i = 0; i < N_LED; i++) {
        size_t lead = LEAD + i / 2, n = 0;
        for (size_t k = 0; k < lead; k++) {
            ids[i][n++] = (int32_t)(3 + (k < 20 ? k : k * 7 + i / 2) % 200);
        }
        for (int k = 0; k < 10 + prompt; k++) {
            ids[i][n++] = (int32_t)(3 + (k * 11 + prompt) % 200);
        }
        for (size_t k = 0; k < 8; k++) {
            ids[i][n++] = (int32_t)(3 + (k < 4 ? k : k + 50 * (i % 2)));
        }
        q[i] = (pmpo_request){ids[i], n, n - 8, leads ? lead : 0};
    }
    const pmpo_unit u = {.requests = q, .n_requests = N_LED, .n_prefix = 10};
    pmpo_unit_result r = {.logprobs = lps};
    pmpo_error err = {0};
    if (pmpo_score_unit(m, &u, &r, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return r.prefill_tokens;
}

/* What is kept gives the very scores that feeding it again gives. */
static void test_kept_leads_change_no_score(void **state)
{
    (void)state;
    static const pmpo_precision all[] = {PMPO_PRECISION_F32,
                                         PMPO_PRECISION_F32_FAST,
                                         PMPO_PRECISION_NATIVE};
    static float first[LED_LPS], kept[LED_LPS], fed[LED_LPS], plain[LED_LPS];
    tiny_model_write(at("plain.gguf"), &(tiny_options){.n_head = 2});
    for (size_t i = 0; i < 3; i++) {
        pmpo_model *m = open_model(at("plain.gguf"), all[i]);
        assert_true(m->keeps_leads);
        uint64_t whole = score_led(m, 1, true, first);
        uint64_t rest = score_led(m, 5, true, kept);
        assert_true(rest > 0 && rest < whole / 2);
        /* Of each input 4 rows of the prompt more or less. */
        assert_int_equal(score_led(m, 1, true, fed), rest - 4 * N_LED / 2);
        assert_memory_equal(first, fed, sizeof(fed));
        pmpo_model_free(m);
        m = open_model(at("plain.gguf"), all[i]);
        score_led(m, 5, true, fed);
        assert_memory_equal(kept, fed, sizeof(fed));
        score_led(m, 5, false, plain);
        for (size_t k = 0; k < LED_LPS; k++) {
            assert_true(fabsf(plain[k] - fed[k]) < 0.02);
            assert_true(all[i] != PMPO_PRECISION_F32 ||
                        fabsf(plain[k] - fed[k]) < 1e-4);
        }
        pmpo_model_free(m);
    }
}

/* Where memory is limited there may be no room; the scores are the same. */
static void test_leads_keep_to_the_limit(void **state)
{
    (void)state;
    static float kept[LED_LPS], fed[LED_LPS];
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_F32);
    pmpo_llama *l = m->self;
    uint64_t whole = score_led(m, 5, true, kept);
    assert_true(pmpo_leads_bytes(l->leads) > 0);
    pmpo_leads_clear(l->leads);
    l->lead_bytes = 1000;
    assert_int_equal(score_led(m, 5, true, fed), whole - 10); /* the prefix */
    assert_int_equal(pmpo_leads_bytes(l->leads), 0);
    assert_memory_equal(kept, fed, sizeof(fed));
    pmpo_model_free(m);
}

/* ---- memories ---------------------------------------------------------------------------- */

static void generate(pmpo_model *m, size_t n_ids, size_t n_samples,
                     int max_tokens)
{
    int32_t ids[600];
    uint64_t seeds[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    pmpo_reply out[8] = {0};
    for (size_t i = 0; i < n_ids; i++) {
        ids[i] = (int32_t)(3 + i % 250);
    }
    const pmpo_gen_request q = {.ids = ids, .n_ids = n_ids, .seeds = seeds,
                                .n_samples = n_samples};
    const pmpo_gen_params p = {.temperature = 1, .top_p = 1,
                               .max_tokens = max_tokens,
                               .stop = PMPO_STR("")};
    assert_int_equal(pmpo_generate(m, &q, 1, &p, out, NULL), 0);
    for (size_t i = 0; i < n_samples; i++) {
        assert_true(out[i].n_tokens > 0);
        pmpo_buf_release(&out[i].text);
    }
}

/* Prompts that grow, as those of a search do, seldom need a new memory. */
static void test_memories_grow_by_half(void **state)
{
    (void)state;
    static text t;
    tiny_model_write(at("plain.gguf"), &(tiny_options){.n_context = 4096});
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_NATIVE);
    for (size_t n = 100; n <= 4000; n += 100) {
        make_text(&t, n);
        assert_int_equal(score(m, &t, 20, NULL), 0);
        assert_int_equal(m->n_contexts, n <= 2048 ? 1 : n <= 3072 ? 2 : 3);
    }
    pmpo_model_free(m);
}

/* Scoring, short replies of many and long ones of few, in turn: from the
 * second round on nothing is made anew. */
static void test_no_memory_is_made_twice(void **state)
{
    (void)state;
    static text t;
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_NATIVE);
    for (size_t round = 0; round < 4; round++) {
        make_text(&t, 600 + 300 * round);
        assert_int_equal(score(m, &t, 20, NULL), 0);
        generate(m, 100 + 20 * round, 8, 6);
        generate(m, 480 + 5 * round, 2, 6);
        assert_int_equal(m->n_contexts, 3);
    }
    pmpo_model_free(m);
}

static pmpo_model *open_within(const char *file, uint64_t bytes, int *rc)
{
    pmpo_model_options o;
    pmpo_model *m = NULL;
    pmpo_model_options_init(&o);
    o.model = file;
    o.precision = PMPO_PRECISION_NATIVE;
    o.threads = 1;
    o.memory_bytes = bytes;
    *rc = pmpo_model_open(&o, &m, NULL);
    return m;
}

/* A limit makes the window of what is scored together smaller, and is kept to. */
static void test_a_limit_of_memory_caps_the_window(void **state)
{
    (void)state;
    static text t;
    pmpo_error err = {0};
    int rc;
    uint64_t least = 0;
    tiny_model_write(at("plain.gguf"), &(tiny_options){.n_context = 4096});
    for (uint64_t mb = 150; !least && mb < 300; mb++) {
        pmpo_model *m = open_within(at("plain.gguf"), mb << 20, &rc);
        least = rc == 0 ? mb : 0;
        pmpo_model_free(m);
    }
    assert_true(least > 190); /* buffers of 200 MB are reckoned with */
    pmpo_model *free_one = open_model(at("plain.gguf"), PMPO_PRECISION_NATIVE);
    pmpo_model *small = open_within(at("plain.gguf"), least << 20, &rc);
    const pmpo_llama *l = small->self, *any = free_one->self;
    assert_int_equal(any->limits.max_cells, PMPO_MAX_CELLS);
    assert_true(l->limits.max_cells < PMPO_MAX_CELLS);
    assert_memory_not_equal(&small->identity, &free_one->identity,
                            sizeof(small->identity));
    make_text(&t, 200);
    assert_int_equal(score(small, &t, 20, NULL), 0);
    assert_true(l->n_cells * l->cell_bytes <= l->kv_bytes);
    make_text(&t, 4000);
    assert_int_equal(score(free_one, &t, 0, NULL), 0);
    if (4096 * l->cell_bytes > l->kv_bytes) {
        assert_int_equal(score(small, &t, 0, &err), PMPO_ETOOLONG);
        assert_non_null(strstr(err.text, "--memory"));
    }
    pmpo_model_free(small);
    pmpo_model_free(free_one);
}

/* ---- recurrent models ------------------------------------------------------------------- */

/* They can't share beginnings: the plain way is theirs, and it says so. */
static void test_a_recurrent_model_is_scored_plainly(void **state)
{
    (void)state;
    static text a, b, other;
    tiny_model_write(at("mamba.gguf"), &(tiny_options){.recurrent = true});
    pmpo_model *m = open_model(at("mamba.gguf"), PMPO_PRECISION_NATIVE);
    assert_false(pmpo_model_describe(m)->shares_prefixes);
    assert_non_null(strstr(pmpo_model_describe(m)->note, "one sequence by one"));
    make_text(&a, 300);
    make_text(&other, 90);
    pmpo_request q[3] = {a.q, other.q, a.q};
    float lps[3 * 8];
    pmpo_unit_result r = {.logprobs = lps};
    pmpo_unit u = {.requests = q, .n_requests = 3};
    assert_int_equal(pmpo_score_unit(m, &u, &r, NULL), 0);
    assert_memory_equal(lps, lps + 16, 8 * sizeof(*lps)); /* no state is left */
    assert_int_equal(r.prefill_tokens, 299 + 89 + 299);
    make_text(&b, 300);
    assert_int_equal(score(m, &b, 20, NULL), 0);
    assert_memory_equal(lps, b.lps, sizeof(b.lps));
    b.ids[0]++; /* what was first still counts */
    b.q.ids = b.ids;
    assert_int_equal(score(m, &b, 0, NULL), 0);
    assert_memory_not_equal(lps, b.lps, sizeof(b.lps));
    generate(m, 100, 3, 6);
    assert_int_equal(score(m, &a, 20, NULL), 0);
    assert_memory_equal(lps, a.lps, sizeof(a.lps));
    pmpo_model_free(m);
}

/* ---- the bench ------------------------------------------------------------------------- */

/* It compares the rows that each pair fed. */
static void test_pairs_of_the_bench_start_alike(void **state)
{
    (void)state;
    pmpo_bench b;
    pmpo_error err = {0};
    pmpo_score_options o;
    pmpo_score_options_init(&o);
    o.template_name = "raw";
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_NATIVE);
    const pmpo_str prompts[] = {PMPO_STR("Answer."), PMPO_STR("Answer now.")};
    uint64_t rows[2];
    const pmpo_score_options old = {.size = 1};
    assert_true(pmpo_bench_run(m, NULL, prompts, 1, &old, &b, &err) < 0);
    for (size_t n = 2; n > 0; n--) {
        if (pmpo_bench_run(m, NULL, prompts, n, &o, &b, &err) < 0) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(b.n_prompts, n);
        rows[n - 1] = b.rows;
    }
    assert_true(b.rows > b.n_examples && rows[1] > rows[0] + b.n_examples);
    for (int i = 0; i < PMPO_BENCH_PAIRS; i++) {
        assert_true(b.score_ms[i] > 0 && b.prefill_ms[i] > 0);
    }
    assert_int_equal(b.contexts_made, 0);
    assert_true(b.peak_flops > 1e8 && b.share_of_peak > 0);
    assert_true(b.share_of_peak < 1);
    pmpo_model_free(m);
}

/* ---- widened copies -------------------------------------------------------------------- */

/* A copy that lost its end is noticed by its header and made again. */
static void test_a_cut_copy_is_made_again(void **state)
{
    (void)state;
    static text a, b;
    char copy[300];
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    make_text(&a, 60);
    make_text(&b, 60);
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_F16);
    snprintf(copy, sizeof(copy), "%s", pmpo_model_describe(m)->path);
    assert_non_null(strstr(copy, ".f16.gguf"));
    assert_int_equal(score(m, &a, 20, NULL), 0);
    pmpo_model_free(m);
    assert_int_equal(truncate(copy, 60000), 0);
    m = open_model(at("plain.gguf"), PMPO_PRECISION_F16);
    assert_int_equal(score(m, &b, 20, NULL), 0);
    assert_same(&a, &b);
    pmpo_model_free(m);
}

/* ---- replies ------------------------------------------------------------------ */

/* Samples of one chat; the model is of random weights, so without a grammar
 * its bytes are anything. */
static int say(pmpo_model *m, const char *grammar, double temperature,
               pmpo_reply out[4], pmpo_error *err)
{
    const pmpo_message ask = {PMPO_STR("user"), PMPO_STR("Say.")};
    const uint64_t seeds[] = {1, 2, 3, 4};
    const pmpo_gen_params p = {.temperature = temperature, .top_p = 0.95,
                               .max_tokens = 1700,
                               .stop = PMPO_STR("</prompt>")};
    const pmpo_gen_request q = {.messages = &ask, .n_messages = 1,
                                .grammar = {grammar, strlen(grammar)},
                                .begun = PMPO_STR("<prompt>"),
                                .seeds = seeds, .n_samples = 4};
    memset(out, 0, 4 * sizeof(*out));
    return pmpo_generate(m, &q, 1, &p, out, err);
}

static void drop(pmpo_reply r[4])
{
    for (int i = 0; i < 4; i++) {
        pmpo_buf_release(&r[i].text);
    }
}

/* What is told of a reply as it ends is what the cache keeps. */
static void check_text(void *ud, size_t i)
{
    const pmpo_reply *all = ud;
    assert_int_equal(pmpo_utf8_check(pmpo_buf_str(&all[i].text)), SIZE_MAX);
}

/* More prompts than slots, of many lengths, with a beginning in common: each
 * gets the reply that it gets alone. */
static void test_replies_together_are_those_alone(void **state)
{
    enum { N = 70 };
    (void)state;
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_F32);
    static char texts[N][256];
    static pmpo_message ask[N];
    static pmpo_gen_request q[N];
    static pmpo_reply all[N];
    const uint64_t seed = 0;
    size_t n_fed = 0, n_fed_alone = 0;
    for (int i = 0; i < N; i++) {
        int n = snprintf(texts[i], sizeof(texts[i]),
                         "A beginning that all of them have. %d %.*s", i,
                         i * 37 % 120, "bcdefghijklmnopqrstuvwxyzabcdefghijkl"
                         "mnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl"
                         "mnopqrstuvwxyzabcdefghijklmnopqrst");
        ask[i] = (pmpo_message){PMPO_STR("user"), {texts[i], (size_t)n}};
        q[i] = (pmpo_gen_request){.messages = &ask[i], .n_messages = 1,
                                  .seeds = &seed, .n_samples = 1};
    }
    pmpo_gen_params p = {.temperature = 0, .top_p = 1, .max_tokens = 12,
                         .stop = PMPO_STR(""), .done = check_text, .ud = all};
    memset(all, 0, sizeof(all));
    assert_int_equal(pmpo_generate(m, q, N, &p, all, NULL), 0);
    p.done = NULL;
    for (int i = 0; i < N; i++) {
        pmpo_reply one = {.n_tokens = 0};
        assert_int_equal(pmpo_generate(m, &q[i], 1, &p, &one, NULL), 0);
        assert_int_equal(all[i].n_tokens, one.n_tokens);
        assert_int_equal(all[i].text.len, one.text.len);
        assert_memory_equal(all[i].text.ptr ? all[i].text.ptr : "",
                            one.text.ptr ? one.text.ptr : "", one.text.len);
        n_fed += all[i].n_fed;
        n_fed_alone += one.n_fed;
        pmpo_buf_release(&one.text);
        pmpo_buf_release(&all[i].text);
    }
    assert_true(n_fed < n_fed_alone * 4 / 5); /* what they share is fed once */
    pmpo_model_free(m);
}

static void test_replies_obey_grammars(void **state)
{
    (void)state;
    tiny_model_write(at("plain.gguf"), &(tiny_options){0});
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_F32);
    pmpo_reply r[4];
    pmpo_error err = {0};
    size_t n_alike = 0;
    assert_true(m->obeys_grammars);
    assert_int_equal(say(m, "root ::= \"<\" [a-c]{4} \">\"", 1, r, NULL), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(r[i].text.len, 6);
        assert_int_equal(strspn(r[i].text.ptr + 1, "abc"), 4);
        assert_true(r[i].complete); /* by itself: nothing else is allowed */
        n_alike += i > 0 && !strcmp(r[i].text.ptr, r[0].text.ptr);
    }
    assert_true(n_alike < 3);
    drop(r);
    assert_int_equal(say(m, "root ::= \"<\" [a-c]{4} \">\"", 0, r, NULL), 0);
    assert_string_equal(r[0].text.ptr, r[3].text.ptr); /* greedy */
    assert_int_equal(strspn(r[0].text.ptr + 1, "abc"), 4);
    drop(r);
    assert_int_equal(say(m, "root ::= nothing", 1, r, &err), PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "grammar"));
    drop(r);
    pmpo_model_free(m);
}

/* Whatever the model is, what it says fills the form. */
static void test_forms_can_be_obeyed(void **state)
{
    (void)state;
    pmpo_model *m = open_model(at("plain.gguf"), PMPO_PRECISION_F32);
    for (int way = 0; way < 6; way++) {
        pmpo_buf g = {0};
        pmpo_reply r[4];
        pmpo_str found;
        bool ascii = way < 3, sentence = way % 3 == 0;
        pmpo_form_grammar(way % 3 == 1 ? PMPO_STR("One.\nTwo.")
                                       : PMPO_STR("One."),
                          way % 2 == 1, ascii, sentence, &g);
        assert_int_equal(say(m, g.ptr, 1, r, NULL), 0);
        for (int i = 0; i < 4; i++) {
            pmpo_str reply = pmpo_buf_str(&r[i].text);
            assert_true(r[i].complete && reply.len > 9);
            assert_int_equal(pmpo_str_find(reply, PMPO_STR("?"), 0), SIZE_MAX);
            assert_int_equal(pmpo_str_find(reply, PMPO_STR("</prompt>"), 0),
                             reply.len - 9);
            pmpo_buf whole = {0};
            pmpo_buf_printf(&whole, "<prompt>%s", r[i].text.ptr);
            assert_null(pmpo_text_read_reply(pmpo_buf_str(&whole), true,
                                             &found));
            pmpo_buf_release(&whole);
        }
        drop(r);
        pmpo_buf_release(&g);
    }
    pmpo_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_a_number_stays_alone),
        cmocka_unit_test(test_no_token_has_no_text),
        cmocka_unit_test(test_the_environment_counts),
        cmocka_unit_test(test_tf32_is_off),
        cmocka_unit_test(test_another_measurement_changes_no_run),
        cmocka_unit_test(test_attention_leaves_out_what_is_masked),
        cmocka_unit_test(test_kept_leads_change_no_score),
        cmocka_unit_test(test_leads_keep_to_the_limit),
        cmocka_unit_test(test_memories_grow_by_half),
        cmocka_unit_test(test_no_memory_is_made_twice),
        cmocka_unit_test(test_a_limit_of_memory_caps_the_window),
        cmocka_unit_test(test_a_recurrent_model_is_scored_plainly),
        cmocka_unit_test(test_pairs_of_the_bench_start_alike),
        cmocka_unit_test(test_a_cut_copy_is_made_again),
        cmocka_unit_test(test_a_longer_one_changes_nothing),
        cmocka_unit_test(test_a_grown_memory_keeps_the_rope_factors),
        cmocka_unit_test(test_what_crosses_the_range_is_refused),
        cmocka_unit_test(test_replies_together_are_those_alone),
        cmocka_unit_test(test_replies_obey_grammars),
        cmocka_unit_test(test_forms_can_be_obeyed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
