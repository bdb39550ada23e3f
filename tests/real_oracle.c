/* real_oracle.c: scores of a real model against an independent float32
 * forward pass of the same weights (data/oracle, made with transformers),
 * and the planned scorer against the plain one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "model/model.h"

#define MAX_ITEMS 64
#define MAX_TOKENS 4096

typedef struct oracle {
    int32_t ids[MAX_TOKENS];
    pmpo_request requests[MAX_ITEMS];
    size_t n_requests;
    double want[MAX_TOKENS]; /* of every token but the first of an item */
    size_t n_want;
} oracle;

static oracle o;
static pmpo_model *model;

static void load_oracle(void)
{
    json_error_t e;
    json_t *j = json_load_file(PMPO_TEST_DATA "/oracle/smollm2-135m-f32.json",
                               0, &e);
    assert_non_null(j);
    size_t i, t, used = 0;
    json_t *item, *id;
    json_array_foreach(json_object_get(j, "items"), i, item) {
        json_t *lp = json_object_get(item, "logprobs");
        int32_t *first = o.ids + used;
        json_array_foreach(json_object_get(item, "ids"), t, id) {
            o.ids[used++] = (int32_t)json_integer_value(id);
            if (t > 0) {
                o.want[o.n_want++] = json_number_value(json_array_get(lp, t));
            }
        }
        o.requests[o.n_requests++] =
            (pmpo_request){first, (size_t)(o.ids + used - first), 1, 0};
    }
    json_decref(j);
    assert_true(o.n_requests >= 20 && o.n_want > 1000);
}

static int score_plain(const pmpo_unit *u, pmpo_unit_result *r, pmpo_error *err)
{
    pmpo_unit plain = *u;
    plain.plain = true;
    return pmpo_score_unit(model, &plain, r, err);
}

static int open_exact(void **state)
{
    (void)state;
    char path[4096];
    const char *models = getenv("PMPO_MODELS");
    if (!models) {
        fprintf(stderr, "PMPO_MODELS is not set\n");
        return -1;
    }
    snprintf(path, sizeof(path), "%s/smollm2-135m-instruct.gguf", models);
    pmpo_model_options mo;
    pmpo_model_options_init(&mo);
    mo.model = path;
    mo.precision = PMPO_PRECISION_F32;
    pmpo_error err = {0};
    if (pmpo_model_open(&mo, &model, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    load_oracle();
    return 0;
}

static int end(void **state)
{
    (void)state;
    pmpo_model_free(model);
    return 0;
}

static double largest(const float *got)
{
    double worst = 0;
    for (size_t i = 0; i < o.n_want; i++) {
        double d = fabs((double)got[i] - o.want[i]);
        worst = d > worst ? d : worst;
    }
    return worst;
}

static float planned[MAX_TOKENS], plain[MAX_TOKENS], again[MAX_TOKENS];

static void test_every_token_agrees(void **state)
{
    (void)state;
    pmpo_unit u = {o.requests, o.n_requests, 0, false, false};
    int codes[MAX_ITEMS];
    pmpo_error err;
    pmpo_unit_result a = {.logprobs = planned, .codes = codes};
    pmpo_unit_result b = {.logprobs = plain};
    assert_int_equal(pmpo_score_unit(model, &u, &a, &err), 0);
    assert_int_equal(score_plain(&u, &b, &err), 0);
    for (size_t i = 0; i < o.n_requests; i++) {
        assert_int_equal(codes[i], 0);
    }
    double between = 0;
    for (size_t i = 0; i < o.n_want; i++) {
        double d = fabs((double)planned[i] - (double)plain[i]);
        between = d > between ? d : between;
    }
    print_message("%zu tokens, largest difference: planned to oracle %.1e, "
                  "plain to oracle %.1e, planned to plain %.1e nats; "
                  "%llu rows instead of %llu\n",
                  o.n_want, largest(planned), largest(plain), between,
                  (unsigned long long)a.prefill_tokens,
                  (unsigned long long)b.prefill_tokens);
    assert_true(largest(planned) < 1e-4);
    assert_true(largest(plain) < 1e-4);
    assert_true(a.prefill_tokens < b.prefill_tokens);
}

/* A shifted row, swapped items or a wrong token would show. */
static void test_faults_would_show(void **state)
{
    (void)state;
    assert_true(largest(planned + 1) > 0.1);
    float swapped[MAX_TOKENS];
    memcpy(swapped, planned, sizeof(swapped));
    size_t second = o.requests[0].n_ids - 1;
    memcpy(swapped, planned + second, 60 * sizeof(float));
    assert_true(largest(swapped) > 0.1);
    int32_t *ids = (int32_t *)o.requests[0].ids;
    ids[40] += 1;
    pmpo_unit u = {o.requests, 1, 0, false, false};
    pmpo_unit_result r = {.logprobs = swapped};
    assert_int_equal(pmpo_score_unit(model, &u, &r, NULL), 0);
    ids[40] -= 1;
    assert_true(largest(swapped) > 0.1);
}

/* The same unit gives the same bits whatever was computed before it. */
static void test_history_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < o.n_requests; i++) {
        o.requests[i].n_context = o.requests[i].n_ids - 1;
    }
    pmpo_unit u = {o.requests, o.n_requests, 30, false, false};
    pmpo_unit half = {o.requests, o.n_requests / 2, 20, false, false};
    pmpo_unit_result a = {.logprobs = planned}, b = {.logprobs = again},
                     other = {.logprobs = plain};
    assert_int_equal(pmpo_score_unit(model, &u, &a, NULL), 0);
    assert_int_equal(pmpo_score_unit(model, &u, &b, NULL), 0);
    assert_memory_equal(planned, again, pmpo_unit_targets(&u) * sizeof(float));
    assert_int_equal(b.prefill_tokens + 30, a.prefill_tokens);
    assert_int_equal(pmpo_score_unit(model, &half, &other, NULL), 0);
    assert_int_equal(score_plain(&half, &other,
                                                NULL), 0);
    memset(again, 0, sizeof(again));
    assert_int_equal(pmpo_score_unit(model, &u, &b, NULL), 0);
    assert_memory_equal(planned, again, pmpo_unit_targets(&u) * sizeof(float));
    assert_int_equal(b.prefill_tokens, a.prefill_tokens);
}

static void test_cancel(void **state)
{
    (void)state;
    pmpo_unit u = {o.requests, o.n_requests, 10, false, false};
    pmpo_unit_result r = {.logprobs = again};
    pmpo_error err = {0};
    pmpo_cancel(model);
    assert_int_equal(pmpo_score_unit(model, &u, &r, &err),
                     PMPO_ECANCELLED);
    assert_true(isnan(again[0])); /* a failed request is never a score */
    pmpo_uncancel(model);
    assert_int_equal(pmpo_score_unit(model, &u, &r, &err), 0);
    assert_true(again[0] < 0);
}

static void add_rows(void *ud, size_t rows)
{
    *(size_t *)ud += rows;
}

static void test_replies_follow_their_seeds(void **state)
{
    (void)state;
    const pmpo_message ask = {PMPO_STR("user"), PMPO_STR("Name a colour.")};
    const uint64_t seeds[] = {1, 2, 1}, alone[] = {2};
    const pmpo_gen_params p = {.temperature = 1.0, .top_p = 0.95, .max_tokens = 16,
                               .stop = PMPO_STR("")};
    const pmpo_gen_request three = {.messages = &ask, .n_messages = 1,
                                    .seeds = seeds, .n_samples = 3};
    const pmpo_gen_request one = {.messages = &ask, .n_messages = 1,
                                  .seeds = alone, .n_samples = 1};
    pmpo_reply r[4] = {0};
    size_t rows = 0, told = 0;
    model->tick = add_rows;
    model->tick_ud = &rows;
    assert_int_equal(pmpo_generate(model, &three, 1, &p, r,
                                             NULL), 0);
    assert_int_equal(pmpo_generate(model, &one, 1, &p, r + 3,
                                             NULL), 0);
    assert_string_equal(r[0].text.ptr, r[2].text.ptr);
    assert_string_not_equal(r[0].text.ptr, r[1].text.ptr);
    assert_string_equal(r[1].text.ptr, r[3].text.ptr);
    for (int i = 0; i < 4; i++) { /* the last token of a reply isn't fed */
        told += r[i].n_fed + r[i].n_tokens - 1;
        pmpo_buf_release(&r[i].text);
    }
    model->tick = NULL;
    assert_int_equal(told, rows);
    assert_true(r[0].n_fed > 10 && r[0].n_fed == r[3].n_fed);
    /* The same prompt: what the slots share is copied where that pays, the
     * rest is fed again; what was told above is all that was fed. */
    assert_true(r[1].n_fed >= 1 && r[1].n_fed <= r[0].n_fed);
    assert_true(r[2].n_fed >= 1 && r[2].n_fed <= r[0].n_fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_token_agrees),
        cmocka_unit_test(test_faults_would_show),
        cmocka_unit_test(test_history_does_not_matter),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_replies_follow_their_seeds),
    };
    return cmocka_run_group_tests(tests, open_exact, end);
}
