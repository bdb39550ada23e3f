/* test_prune.c: the order of blocks and the paired race, on made-up losses. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "score/prune.h"

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
        double base = fabs(2 + normal(state));
        rival[i] = (pmpo_example_score){.loss = base, .weight = 1};
        candidate[i] = (pmpo_example_score){
            .loss = fabs(base + worse + 0.5 * normal(state)), .weight = 1};
    }
}

/* After how many examples, looked at in blocks of 5, the race is lost; N:
 * never. */
static size_t lost_after(const pmpo_example_score *rival,
                         const pmpo_example_score *candidate)
{
    const pmpo_prompt_score r = {.examples = rival, .n_examples = N};
    for (size_t n = 5; n < N; n += 5) {
        if (pmpo_race_is_lost(candidate, &r, n, N, 0.05, 0)) {
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

static void test_plain_losers_go_at_once(void **state)
{
    (void)state;
    pmpo_example_score rival[N], candidate[N];
    uint64_t seed = 2;
    draw(&seed, 50, rival, candidate);
    assert_int_equal(lost_after(rival, candidate), 5);
}

/* In how many of 2,000 orders a candidate with a gain is given up: of the N
 * examples, n_gain cost the rival `high` and the candidate `gain` less; the
 * others cost `low` and the candidate a bit more. */
static double given_up(size_t n_gain, double high, double gain, double low,
                       double worse, uint64_t *seed)
{
    pmpo_example_score rival[N], candidate[N];
    size_t lost = 0;
    for (int t = 0; t < 2000; t++) {
        size_t left = n_gain;
        for (size_t i = 0; i < N; i++) {
            bool gains = pmpo_random_unit(seed) * (double)(N - i)
                         < (double)left;
            left -= gains;
            rival[i] = (pmpo_example_score){.loss = gains ? high : low,
                                            .weight = 1};
            candidate[i] = rival[i];
            candidate[i].loss += gains ? -gain : worse;
        }
        assert_true(left == 0 && mean_difference(rival, candidate) < 0);
        lost += lost_after(rival, candidate) < N;
    }
    return (double)lost / 2000;
}

/* The level holds where the gain sits on few examples. A bound from the
 * differences' own spread gave up a third and a half of the first two. */
static void test_sparse_gains(void **state)
{
    (void)state;
    uint64_t seed = 4;
    assert_true(given_up(5, 2.5, 2, 2.5, 0.03, &seed) <= 0.06);
    assert_true(given_up(3, 4.5, 4, 4.5, 0.03, &seed) <= 0.06);
    assert_true(given_up(5, 2, 2, 0.1, 0.03, &seed) <= 0.06);
    /* With next to no gain in all, the level is used, and kept. */
    double rate = given_up(5, 4, 4, 0.5, 20.0 / 45 - 1e-9, &seed);
    assert_true(rate > 0.01 && rate <= 0.06);
    rate = given_up(25, 1, 1, 0.5, 1 - 1e-9, &seed);
    assert_true(rate > 0.01 && rate <= 0.06);
}

/* Differences with heavy tails, over which the candidate has a small gain. */
static void test_heavy_tails(void **state)
{
    (void)state;
    uint64_t seed = 5;
    pmpo_example_score rival[N], candidate[N];
    int lost = 0, winners = 0;
    while (winners < 2000) {
        for (size_t i = 0; i < N; i++) {
            double a = exp(2 * normal(&seed)), b = exp(2 * normal(&seed));
            rival[i] = (pmpo_example_score){.loss = a, .weight = 1};
            candidate[i] = (pmpo_example_score){
                .loss = pmpo_random_unit(&seed) < 0.2 ? b : 1.1 * a,
                .weight = 1};
        }
        if (mean_difference(rival, candidate) < 0) {
            winners++;
            lost += lost_after(rival, candidate) < N;
        }
    }
    assert_true(lost <= 0.06 * 2000);
}

/* A gain that is not above the margin doesn't save a candidate. */
static void test_margin(void **state)
{
    (void)state;
    pmpo_example_score rival[N], candidate[N];
    const pmpo_prompt_score r = {.examples = rival, .n_examples = N};
    for (size_t i = 0; i < N; i++) {
        rival[i] = (pmpo_example_score){.loss = 1, .weight = 2};
        candidate[i] = (pmpo_example_score){.loss = 0.95, .weight = 2};
    }
    assert_false(pmpo_race_is_lost(candidate, &r, N - 1, N, 0.05, 0));
    assert_true(pmpo_race_is_lost(candidate, &r, N - 1, N, 0.05, 0.3));
    assert_false(pmpo_race_is_lost(candidate, &r, N, N, 0.05, 0.3));
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
        cmocka_unit_test(test_plain_losers_go_at_once),
        cmocka_unit_test(test_sparse_gains),
        cmocka_unit_test(test_heavy_tails),
        cmocka_unit_test(test_margin),
        cmocka_unit_test(test_block_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
