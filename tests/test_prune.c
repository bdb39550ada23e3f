/* test_prune.c: the order of blocks and the paired race, on made-up losses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "score/prune.h"
#include "stats/stats.h"

#define N 50

static double normal(uint64_t *state)
{
    double sum = -6;
    for (int k = 0; k < 12; k++) {
        sum += pmpo_random_unit(state);
    }
    return sum;
}

/* A rival, and a candidate that is `worse` by so much on average. */
static void draw(uint64_t *state, double worse, pmpo_example_score *rival,
                 pmpo_example_score *candidate)
{
    for (size_t i = 0; i < N; i++) {
        double base = 2 + normal(state);
        rival[i] = (pmpo_example_score){.loss = base, .weight = 1};
        candidate[i] = (pmpo_example_score){
            .loss = base + worse + 0.5 * normal(state), .weight = 1};
    }
}

/* After how many examples, looked at in blocks of 5, the race is lost; N:
 * never. */
static size_t lost_after(const pmpo_example_score *rival,
                         const pmpo_example_score *candidate)
{
    const pmpo_prompt_score r = {.examples = rival, .n_examples = N};
    double diff[N];
    for (size_t n = 5; n < N; n += 5) {
        if (pmpo_race_is_lost(candidate, &r, n, N, 0.05, 0, diff)) {
            return n;
        }
    }
    return N;
}

static double mean_difference(const pmpo_example_score *rival,
                              const pmpo_example_score *candidate)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        sum += candidate[i].loss - rival[i].loss;
    }
    return sum / N;
}

/* Of candidates that would win, at most 5 % are lost, however they are drawn;
 * of hopeless ones most of the work is saved. */
static void test_race(void **state)
{
    (void)state;
    pmpo_example_score rival[N], candidate[N];
    uint64_t seed = 1;
    size_t winners = 0, lost = 0, work = 0;
    for (int i = 0; i < 3000; i++) {
        draw(&seed, -0.02, rival, candidate);
        if (mean_difference(rival, candidate) < 0) {
            winners++;
            lost += lost_after(rival, candidate) < N;
        }
    }
    assert_true(winners > 1500);
    assert_true((double)lost / (double)winners < 0.05);
    for (int i = 0; i < 300; i++) {
        draw(&seed, 0.5, rival, candidate);
        work += lost_after(rival, candidate);
    }
    assert_true(work < 300 * N / 2);
}

static void test_race_needs_some_examples(void **state)
{
    (void)state;
    pmpo_example_score rival[N], candidate[N];
    uint64_t seed = 2;
    draw(&seed, 50, rival, candidate);
    assert_int_equal(lost_after(rival, candidate), 10);
}

/* The bound holds at all n at once: rarely is it above the true mean. */
static void test_anytime_lower(void **state)
{
    (void)state;
    uint64_t seed = 3;
    int wrong = 0;
    for (int i = 0; i < 1000; i++) {
        double x[200];
        bool above = false;
        for (size_t n = 0; n < 200; n++) {
            x[n] = normal(&seed);
            above |= n >= 7
                     && pmpo_anytime_lower(x, n + 1, 0.05, 20) > 0;
        }
        wrong += above;
    }
    assert_true(wrong < 70);
    const double flat[] = {1, 1, 1};
    assert_true(pmpo_anytime_lower(flat, 3, 0.05, 20) == 1);
    assert_true(isinf(pmpo_anytime_lower(flat, 1, 0.05, 20)));
}

static void test_block_order(void **state)
{
    (void)state;
    const pmpo_example_score x[] = {{.loss = 1, .weight = 1},
                                    {.loss = 1, .weight = 1},
                                    {.loss = 3, .weight = 1},
                                    {.loss = 1, .weight = 5},
                                    {.loss = 2, .weight = 1}};
    const pmpo_prompt_score rival = {.examples = x, .n_examples = 5};
    const size_t begin[] = {0, 2, 3, 4, 5};
    size_t order[4];
    pmpo_block_order(begin, 4, &rival, order); /* sums 2, 3, 5, 2 */
    const size_t want[] = {2, 1, 0, 3};
    for (size_t b = 0; b < 4; b++) {
        assert_int_equal(order[b], want[b]);
    }
    pmpo_block_order(begin, 4, NULL, order);
    for (size_t b = 0; b < 4; b++) {
        assert_int_equal(order[b], b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_race),
        cmocka_unit_test(test_race_needs_some_examples),
        cmocka_unit_test(test_anytime_lower),
        cmocka_unit_test(test_block_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
