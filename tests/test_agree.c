/* test_agree.c: whether loss and accuracy go together: values by hand, and
 * how often chance alone is taken for it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "stats/agree.h"
#include "stats/stats.h"

#define MOST_PROMPTS 16
#define MOST_LOSSES 10
#define N 24 /* examples */

typedef struct table {
    double loss[MOST_LOSSES * MOST_PROMPTS * N], right[MOST_PROMPTS * N];
    double weights[N];
    size_t group[N];
} table;

static pmpo_rankings view(const table *t, size_t n_losses, size_t n_prompts)
{
    return (pmpo_rankings){t->loss, t->right, t->weights, t->group, n_losses,
                           n_prompts, N};
}

static double normal(uint64_t *seed)
{
    double sum = -6;
    for (int k = 0; k < 12; k++) {
        sum += pmpo_random_unit(seed);
    }
    return sum;
}

/* Prompts differ in loss and in accuracy; `tie` is how much of the loss comes
 * from the accuracy: 0, nothing. Several losses are alike, as they are in an
 * audit. */
static void fill(table *t, size_t n_losses, size_t n_prompts, double tie,
                 uint64_t *seed)
{
    for (size_t p = 0; p < n_prompts; p++) {
        double good = pmpo_random_unit(seed), common = normal(seed);
        for (size_t i = 0; i < N; i++) {
            t->right[p * N + i] = pmpo_random_unit(seed) < 0.2 + 0.6 * good;
            t->weights[i] = 1;
            t->group[i] = i;
        }
        for (size_t l = 0; l < n_losses; l++) {
            double own = common + normal(seed) - 3 * tie * good;
            for (size_t i = 0; i < N; i++) {
                t->loss[(l * n_prompts + p) * N + i] =
                    4 + own + pmpo_random_unit(seed);
            }
        }
    }
}

/* ---- values -------------------------------------------------------------- */

static void test_by_hand(void **state)
{
    (void)state;
    static table t;
    pmpo_agreement a[2];
    for (size_t p = 0; p < 5; p++) {
        for (size_t i = 0; i < N; i++) {
            double right = i < 3 * p + 2;
            t.right[p * N + i] = right;
            t.loss[p * N + i] = 1 - right;    /* minus the accuracy */
            t.loss[(5 + p) * N + i] = right;  /* the accuracy */
            t.weights[i] = 1;
            t.group[i] = i;
        }
    }
    pmpo_rankings r = view(&t, 2, 5);
    assert_int_equal(pmpo_agreements(&r, 1, a), 0);
    assert_true(fabs(a[0].value - 1) < 1e-12 && a[0].low > 0);
    assert_true(fabs(a[1].value + 1) < 1e-12 && a[1].high < 0);
    /* One of 120 assignments is as good; with two losses to pick from, which
     * are each other's opposite, two are. */
    assert_true(fabs(a[0].p - 1.0 / 120) < 0.004);
    assert_true(fabs(a[0].p_picked - 2.0 / 120) < 0.006);
    assert_int_equal(a[0].alone, PMPO_ACCORD_AGREES);
    assert_int_equal(a[1].alone, PMPO_ACCORD_DISAGREES);
    assert_int_equal(a[1].picked, PMPO_ACCORD_DISAGREES);
    /* Of three prompts one order in six is as good: that proves nothing. */
    r.n_prompts = 3;
    r.n_losses = 1;
    assert_int_equal(pmpo_agreements(&r, 1, a), 0);
    assert_true(a[0].value > 0.99);
    assert_int_equal(a[0].alone, PMPO_ACCORD_OPEN);
    for (size_t i = 0; i < 5 * N; i++) {
        t.right[i] = 1;
    }
    assert_int_equal(pmpo_agreements(&r, 1, a), 0);
    assert_true(isnan(a[0].value) && isnan(a[0].low) && isnan(a[0].p));
    assert_int_equal(a[0].alone, PMPO_ACCORD_OPEN);
}

static void test_what_does_not_apply(void **state)
{
    (void)state;
    static table t;
    uint64_t seed = 9;
    pmpo_agreement a, b;
    fill(&t, 1, 8, 1, &seed);
    for (size_t k = 0; k < 8; k++) {
        for (size_t i = N / 2; i < N; i++) {
            t.right[k * N + i] = NAN;
        }
    }
    pmpo_rankings r = view(&t, 1, 8);
    double x[8], y[8];
    for (size_t p = 0; p < 8; p++) {
        x[p] = -pmpo_mean(t.loss + p * N, NULL, N);
        y[p] = pmpo_mean(t.right + p * N, NULL, N / 2);
    }
    assert_int_equal(pmpo_agreements(&r, 1, &a), 0);
    assert_true(fabs(a.value - pmpo_spearman(x, y, 8)) < 1e-12);
    assert_int_equal(pmpo_agreements(&r, 1, &b), 0); /* the same again */
    assert_memory_equal(&a, &b, sizeof(a));
}

/* Weights are of the losses; marks are counted. */
static void test_weights(void **state)
{
    (void)state;
    static table t;
    uint64_t seed = 11;
    double x[8], y[8];
    pmpo_agreement a;
    fill(&t, 1, 8, 1, &seed);
    for (size_t i = 0; i < N; i++) {
        t.weights[i] = i == 0 ? 1000 : 1;
    }
    for (size_t p = 0; p < 8; p++) {
        t.right[p * N] = p < 4;
        x[p] = -pmpo_mean(t.loss + p * N, t.weights, N);
        y[p] = pmpo_mean(t.right + p * N, NULL, N);
    }
    pmpo_rankings r = view(&t, 1, 8);
    assert_int_equal(pmpo_agreements(&r, 1, &a), 0);
    assert_true(fabs(a.value - pmpo_spearman(x, y, 8)) < 1e-12);
    for (size_t p = 0; p < 8; p++) {
        y[p] = pmpo_mean(t.right + p * N, t.weights, N);
    }
    assert_true(fabs(a.value - pmpo_spearman(x, y, 8)) > 1e-3);
}

/* Four copies of an input make nothing surer than one. */
static void test_copies_add_nothing(void **state)
{
    (void)state;
    static table t, copies;
    uint64_t seed = 10;
    pmpo_agreement apart, together;
    fill(&t, 1, 8, 0.5, &seed);
    copies = t;
    for (size_t k = 0; k < 8 * N; k++) {
        size_t from = k - k % N % 4;
        copies.loss[k] = t.loss[from];
        copies.right[k] = t.right[from];
    }
    pmpo_rankings r = view(&copies, 1, 8);
    assert_int_equal(pmpo_agreements(&r, 1, &apart), 0);
    for (size_t i = 0; i < N; i++) {
        copies.group[i] = i / 4;
    }
    assert_int_equal(pmpo_agreements(&r, 1, &together), 0);
    assert_true(apart.value == together.value);
    assert_true(together.high - together.low > apart.high - apart.low);
}

/* What seven inputs have in common would look certain. */
static void test_few_inputs_prove_nothing(void **state)
{
    (void)state;
    static table t;
    for (size_t p = 0; p < 8; p++) {
        for (size_t i = 0; i < N; i++) {
            t.right[p * N + i] = i % 8 <= p;
            t.loss[p * N + i] = -(double)p;
            t.weights[i] = 1;
        }
    }
    for (size_t n_inputs = 7; n_inputs <= 8; n_inputs++) {
        pmpo_agreement a;
        for (size_t i = 0; i < N; i++) {
            t.group[i] = i % n_inputs;
        }
        pmpo_rankings r = view(&t, 1, 8);
        assert_int_equal(pmpo_agreements(&r, 1, &a), 0);
        assert_true(a.value > 0.99 && a.low > 0 && a.p < 0.05);
        assert_int_equal(a.alone, n_inputs < PMPO_AUDIT_LEAST_INPUTS
                                      ? PMPO_ACCORD_OPEN
                                      : PMPO_ACCORD_AGREES);
    }
}

/* ---- levels -------------------------------------------------------------- */

typedef struct shares {
    double agrees;   /* shares of cases that are said to agree */
    double interval; /* of those whose interval over examples is above 0 */
} shares;

/* Where `picked`, the best of all losses is what is looked at. */
static shares reassured(size_t n_losses, size_t n_prompts, double tie,
                        int times, bool picked)
{
    static table t;
    uint64_t seed = 77 + n_prompts;
    shares s = {0};
    for (int k = 0; k < times; k++) {
        pmpo_agreement a[MOST_LOSSES];
        fill(&t, n_losses, n_prompts, tie, &seed);
        pmpo_rankings r = view(&t, n_losses, n_prompts);
        assert_int_equal(pmpo_agreements(&r, seed, a), 0);
        size_t best = 0;
        for (size_t l = 1; l < n_losses; l++) {
            best = a[l].value > a[best].value ? l : best;
        }
        pmpo_accord v = picked ? a[best].picked : a[best].alone;
        s.agrees += (double)(v == PMPO_ACCORD_AGREES) / times;
        s.interval += (double)(a[best].low > 0) / times;
    }
    return s;
}

/* Monte-Carlo error of a share of 5 % in 400 cases: 2.2 % is two of them. */
#define MOST 0.072

static void test_one_loss_keeps_the_level(void **state)
{
    (void)state;
    const size_t prompts[] = {5, 8, 16};
    for (int i = 0; i < 3; i++) {
        shares s = reassured(1, prompts[i], 0, 400, false);
        print_message("%zu prompts: %.3f, by the interval alone %.3f\n", prompts[i], s.agrees, s.interval);
        assert_true(s.agrees <= MOST);
        assert_true(s.interval > 0.1); /* which alone would reassure */
    }
    assert_true(reassured(1, 16, 1, 100, false).agrees > 0.5);
}

static void test_the_best_of_ten_keeps_the_level(void **state)
{
    (void)state;
    const size_t prompts[] = {5, 8, 16};
    for (int i = 0; i < 3; i++) {
        shares s = reassured(10, prompts[i], 0, 400, true);
        print_message("%zu prompts: %.3f, by the interval alone %.3f\n", prompts[i], s.agrees, s.interval);
        assert_true(s.agrees <= MOST);
        assert_true(s.interval > 0.3);
    }
    assert_true(reassured(10, 16, 1, 50, true).agrees > 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_what_does_not_apply),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_copies_add_nothing),
        cmocka_unit_test(test_few_inputs_prove_nothing),
        cmocka_unit_test(test_one_loss_keeps_the_level),
        cmocka_unit_test(test_the_best_of_ten_keeps_the_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
