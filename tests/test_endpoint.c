/* test_endpoint.c: how many requests one server is sent at once, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/http/endpoint.h"

/* A server that answers `capacity` requests a second at most, each after
 * 20 ms: the window that the search ends at. */
static int window_for(double capacity)
{
    pmpo_endpoint e;
    double now = 0;
    pmpo_endpoint_init(&e, 0, now);
    for (int i = 0; i < 20000; i++) {
        while (pmpo_endpoint_room(&e, now) > 0) {
            pmpo_endpoint_started(&e);
        }
        double rate = e.in_flight / 0.020;
        now += 1000 / (rate < capacity ? rate : capacity);
        pmpo_endpoint_answered(&e, now);
    }
    return e.window;
}

static void test_window(void **state)
{
    (void)state;
    /* capacity x latency: 2, 20, 200 in flight are enough. */
    int small = window_for(100), middle = window_for(1000),
        large = window_for(10000);
    print_message("windows %d %d %d\n", small, middle, large);
    assert_in_range(small, 1, 16);
    assert_in_range(middle, 16, 64);
    assert_in_range(large, 128, 512);
    pmpo_endpoint e;
    pmpo_endpoint_init(&e, 0, 0);
    pmpo_endpoint_started(&e);
    pmpo_endpoint_started(&e);
    pmpo_endpoint_throttled(&e, 0, 1000, 0);
    pmpo_endpoint_throttled(&e, 0, 1000, 0);
    assert_int_equal(e.window, PMPO_WINDOW_FIRST / 2); /* once for both */
    assert_int_equal(pmpo_endpoint_room(&e, 999), 0);
    assert_int_equal(pmpo_endpoint_room(&e, 1001), PMPO_WINDOW_FIRST / 2);
}

/* Of requests under way together some are answered and some refused for
 * overload, one after the other: the first delay holds, and halves once. */
static void test_a_delay_holds(void **state)
{
    (void)state;
    const int half = PMPO_WINDOW_FIRST / 2;
    pmpo_endpoint e;
    pmpo_endpoint_init(&e, 0, 100);
    for (int i = 0; i < PMPO_WINDOW_FIRST; i++) {
        pmpo_endpoint_started(&e);
    }
    pmpo_endpoint_throttled(&e, 100, 60000, 101);
    pmpo_endpoint_answered(&e, 102);
    assert_int_equal(pmpo_endpoint_room(&e, 103), 0);
    pmpo_endpoint_throttled(&e, 100, 1, 103);
    assert_int_equal(pmpo_endpoint_room(&e, 110), 0);
    pmpo_endpoint_throttled(&e, 100, 60000, 104);
    for (int i = 4; i < PMPO_WINDOW_FIRST; i++) {
        pmpo_endpoint_answered(&e, 111);
    }
    assert_int_equal(pmpo_endpoint_room(&e, 60103), 0);
    assert_true(pmpo_endpoint_closed_until(&e) == 60104);
    assert_int_equal(pmpo_endpoint_room(&e, 60105), half);
    pmpo_endpoint_started(&e);
    pmpo_endpoint_throttled(&e, 60105, 1, 60106); /* of the half */
    assert_int_equal(pmpo_endpoint_room(&e, 60108), half / 2);
}

static void test_delays(void **state)
{
    (void)state;
    for (int tries = 1; tries < 40; tries++) {
        double most = 500;
        for (int i = 1; i < tries && most < PMPO_DELAY_MOST_MS; i++) {
            most *= 2;
        }
        most = most > PMPO_DELAY_MOST_MS ? PMPO_DELAY_MOST_MS : most;
        assert_true(pmpo_retry_delay(tries, 500, 0, 0.999999) <= most);
        assert_true(pmpo_retry_delay(tries, 500, 0, 0) >= 0.0999 * most);
    }
    assert_true(pmpo_retry_delay(1, 500, 7, 0) == 7000);
    assert_true(pmpo_retry_delay(1, 500, 1e9, 0) == PMPO_RETRY_AFTER_MOST_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_a_delay_holds),
        cmocka_unit_test(test_delays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
