/* test_rate.c: which product is fastest, with a stopwatch of our own. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/llama/llama_rate.h"

/* What the products take, and who has the processor besides. */
typedef struct machine {
    double ms[PMPO_CONTENDERS];
    int calls;
    int busy_from, busy_until; /* calls that take ten times as long */
    int favours;               /* each contest another one, if > 0 */
} machine;

static double stopwatch(void *ud, pmpo_contender who)
{
    machine *m = ud;
    int call = m->calls++;
    double ms = m->ms[who];
    if (m->favours > 0) { /* a contest is 15 calls */
        return (call / 15) % 2 == (who == PMPO_BY_BLAS) ? 2 * ms : ms;
    }
    return call >= m->busy_from && call < m->busy_until ? 10 * ms : ms;
}

static void check(machine m, bool f32, bool blas)
{
    pmpo_llama_rates r;
    assert_true(pmpo_llama_contest(stopwatch, &m, &r));
    assert_int_equal(r.f32, f32);
    assert_int_equal(r.blas, blas);
    assert_int_equal(m.calls, 2 * 15);
}

static void test_the_least_time_wins_clearly(void **state)
{
    (void)state;
    check((machine){.ms = {4, 3, 2}}, true, true);
    check((machine){.ms = {4, 3, 3}}, true, false);
    check((machine){.ms = {3, 4, 2}}, true, true);
    check((machine){.ms = {2, 4, 3}}, false, true);
    check((machine){.ms = {3, 4, 3.1}}, true, true); /* level, and exact */
    check((machine){.ms = {3, 3.1, 3}}, false, false);
    check((machine){.ms = {4, 3, INFINITY}}, true, false); /* no BLAS here */
}

/* However long others have the processor, they have it for all in turn. */
static void test_a_busy_moment_decides_nothing(void **state)
{
    (void)state;
    for (int from = 0; from < 30; from++) {
        for (int n = 1; n <= 12; n++) {
            check((machine){.ms = {4, 3, 2}, .busy_from = from,
                            .busy_until = from + n}, true, true);
            check((machine){.ms = {2, 3, 4}, .busy_from = from,
                            .busy_until = from + n}, false, false);
        }
    }
}

static void test_what_disagrees_is_measured_again(void **state)
{
    (void)state;
    machine m = {.ms = {9, 3, 3}, .favours = 1};
    pmpo_llama_rates r;
    assert_false(pmpo_llama_contest(stopwatch, &m, &r));
    assert_int_equal(m.calls, 8 * 15);
    assert_true(r.f32 && !r.blas); /* by the least times of all */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_least_time_wins_clearly),
        cmocka_unit_test(test_a_busy_moment_decides_nothing),
        cmocka_unit_test(test_what_disagrees_is_measured_again),
    };
    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
