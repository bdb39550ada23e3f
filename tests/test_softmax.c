/* test_softmax.c: the one-pass log-sum-exp against the two-pass one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "engine/llama/softmax.h"

static float row[151936];

static void fill(size_t n, double spread, double shift, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) {
        row[i] = (float)((pmpo_random_unit(seed) - 0.5) * spread + shift);
    }
}

static void test_agrees_with_the_plain_one(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 2, 15, 16, 17, 1023, 1024, 1025, 49152, 151936};
    const double spreads[] = {0, 1, 30, 200};
    uint64_t seed = 1;
    double worst = 0;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
        for (size_t k = 0; k < sizeof(spreads) / sizeof(*spreads); k++) {
            fill(sizes[s], spreads[k], 40.0 * (double)k - 60, &seed);
            double d = fabs(pmpo_logsumexp_row(row, sizes[s]) -
                            pmpo_logsumexp_plain(row, sizes[s]));
            worst = d > worst ? d : worst;
        }
    }
    print_message("largest difference %.1e nats\n", worst);
    assert_true(worst < 1e-6);
}

static void test_rising_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50000; i++) {
        row[i] = (float)i * 0.01f; /* every chunk has a new maximum */
    }
    assert_true(fabs(pmpo_logsumexp_row(row, 50000) -
                     pmpo_logsumexp_plain(row, 50000)) < 1e-5);
}

static void test_what_is_not_a_number(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (size_t at = 0; at < 5000; at += 499) {
        fill(5000, 10, 0, &seed);
        row[at] = NAN;
        assert_true(isnan(pmpo_logsumexp_row(row, 5000)));
        row[at] = INFINITY;
        assert_true(isnan(pmpo_logsumexp_row(row, 5000)));
        row[at] = -INFINITY; /* a token that can't be: fine */
        assert_true(fabs(pmpo_logsumexp_row(row, 5000) -
                         pmpo_logsumexp_plain(row, 5000)) < 1e-6);
    }
    for (size_t i = 0; i < 5000; i++) {
        row[i] = -INFINITY;
    }
    assert_true(isnan(pmpo_logsumexp_row(row, 5000)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_the_plain_one),
        cmocka_unit_test(test_rising_rows),
        cmocka_unit_test(test_what_is_not_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
