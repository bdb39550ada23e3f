/* test_losses.c: losses against hand-computed cases and a naive version. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "score/score.h"

#define NEAR(a, b)                                                             \
    assert_true(fabs((a) - (double)(b)) < 1e-12 * (1 + fabs((double)(b))))

static pmpo_target_score target(double nats, size_t n)
{
    return (pmpo_target_score){.nats = nats, .n_tokens = n};
}

static void test_nll(void **state)
{
    (void)state;
    const pmpo_target_score t[] = {target(6, 4), target(1, 1)};
    pmpo_scorer_options o = {.loss = PMPO_LOSS_NLL,
                             .reduction = PMPO_REDUCE_MEAN};
    NEAR(pmpo_example_loss(t, 2, &o.how), 1.5);
    o.reduction = PMPO_REDUCE_SUM;
    NEAR(pmpo_example_loss(t, 2, &o.how), 6);
}

static void test_nll_of_the_answer(void **state)
{
    (void)state;
    const float lps[] = {-9, -1, -2, -9};
    pmpo_target_score t = target(21, 4);
    t.token_logprobs = lps;
    t.answer_begin = 1;
    t.answer_end = 3;
    pmpo_scorer_options o = {.loss = PMPO_LOSS_NLL,
                             .loss_on = PMPO_LOSS_ON_ANSWER,
                             .reduction = PMPO_REDUCE_MEAN};
    NEAR(pmpo_example_loss(&t, 1, &o.how), 1.5);
    o.reduction = PMPO_REDUCE_SUM;
    NEAR(pmpo_example_loss(&t, 1, &o.how), 3);
}

static void test_preference_by_hand(void **state)
{
    (void)state;
    /* margin = -1 - -3 = 2: -log sigmoid(2) = log(1 + e^-2) */
    const pmpo_target_score t[] = {target(1, 2), target(3, 3), target(1, 1)};
    pmpo_scorer_options o = {.loss = PMPO_LOSS_PREFERENCE, .beta = 1};
    NEAR(pmpo_example_loss(t, 2, &o.how), log1p(exp(-2)));
    NEAR(pmpo_example_loss(t, 3, &o.how), (log1p(exp(-2)) + log(2)) / 2);
    o.beta = 0.5;
    NEAR(pmpo_example_loss(t, 2, &o.how), log1p(exp(-1)));
    o.normalize = PMPO_NORM_LENGTH; /* margin -0.5 - -1 = 0.5 */
    NEAR(pmpo_example_loss(t, 2, &o.how), log1p(exp(-0.25)));
}

static void test_preference_saturates_without_overflow(void **state)
{
    (void)state;
    const pmpo_target_score far[] = {target(2000, 9), target(1, 9)};
    const pmpo_target_score near[] = {target(1, 9), target(2000, 9)};
    pmpo_scorer_options o = {.loss = PMPO_LOSS_PREFERENCE, .beta = 1};
    NEAR(pmpo_example_loss(far, 2, &o.how), 1999);
    double l = pmpo_example_loss(near, 2, &o.how);
    assert_true(l >= 0 && l < 1e-300);
}

static void test_choice_by_hand(void **state)
{
    (void)state;
    pmpo_target_score t[] = {target(-log(0.2), 2), target(-log(0.1), 1),
                             target(-log(0.1), 4)};
    pmpo_scorer_options o = {.loss = PMPO_LOSS_CHOICE};
    NEAR(pmpo_example_loss(t, 3, &o.how), log(2));
    o.normalize = PMPO_NORM_LENGTH;
    double a = pow(0.2, 0.5), b = 0.1, c = pow(0.1, 0.25);
    NEAR(pmpo_example_loss(t, 3, &o.how), -log(a / (a + b + c)));
}

static void test_calibration_by_hand(void **state)
{
    (void)state;
    pmpo_target_score t[] = {target(6, 4), target(7, 2)};
    t[0].prior_nats = 8;
    t[1].prior_nats = 2;
    pmpo_scorer_options o = {.loss = PMPO_LOSS_NLL, .beta = 1,
                             .reduction = PMPO_REDUCE_MEAN};
    NEAR(pmpo_example_loss(t, 2, &o.how), -0.5); /* (6 - 8) / 4 */
    o.loss = PMPO_LOSS_PREFERENCE;
    NEAR(pmpo_example_loss(t, 2, &o.how), log1p(exp(-7))); /* 2 against -5 */
    o.loss = PMPO_LOSS_CHOICE;
    NEAR(pmpo_example_loss(t, 2, &o.how), log1p(exp(-7)));
}

static void test_losses_are_not_negative(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 10000; i++) {
        pmpo_target_score t[4];
        for (int k = 0; k < 4; k++) {
            t[k] = target(pmpo_random_unit(&seed) * 500, 1 + i % 7);
        }
        pmpo_scorer_options o = {
            .loss = i % 2   ? PMPO_LOSS_NLL
                    : i % 4 ? PMPO_LOSS_CHOICE
                            : PMPO_LOSS_PREFERENCE,
            .reduction = i % 3 ? PMPO_REDUCE_MEAN : PMPO_REDUCE_SUM,
            .normalize = i % 5 ? PMPO_NORM_NONE : PMPO_NORM_LENGTH,
            .beta = 1};
        double l = pmpo_example_loss(t, 4, &o.how);
        assert_true(l >= 0 && isfinite(l));
    }
}

static const pmpo_scorer_options plain = {.loss = PMPO_LOSS_NLL, .beta = 1};

static void test_format_and_choice_add_up(void **state)
{
    (void)state;
    /* p = 0.2, 0.1, 0.1: format -log 0.4, choice -log 0.5 */
    const pmpo_target_score t[] = {target(-log(0.2), 1), target(-log(0.1), 1),
                                   target(-log(0.1), 1)};
    double format, choice;
    int picked;
    pmpo_format_choice(t, 3, &plain.how, &format, &choice, &picked);
    NEAR(format, -log(0.4));
    NEAR(choice, -log(0.5));
    assert_int_equal(picked, 0);
}

static void test_many_options(void **state)
{
    (void)state;
    static pmpo_target_score t[500];
    double sum = 0, format, choice;
    int picked;
    uint64_t seed = 4;
    for (int i = 0; i < 500; i++) {
        t[i] = target(1 + 20 * pmpo_random_unit(&seed), 3);
        sum += exp(-t[i].nats);
    }
    t[333].nats = 0.5;
    sum = 0;
    for (int i = 0; i < 500; i++) {
        sum += exp(-t[i].nats);
    }
    pmpo_format_choice(t, 500, &plain.how, &format, &choice, &picked);
    assert_int_equal(picked, 333);
    assert_true(fabs(format + log(sum)) < 1e-9);
    assert_true(fabs(format + choice - t[0].nats) < 1e-9);
}

static void test_ties_go_to_the_first(void **state)
{
    (void)state;
    const pmpo_target_score t[] = {target(2, 1), target(1, 1), target(1, 1)};
    double format, choice;
    int picked;
    pmpo_format_choice(t, 3, &plain.how, &format, &choice, &picked);
    assert_int_equal(picked, 1);
}

/* Whole, the first is likelier; per token the second is, which has 4. */
static void test_picks_by_what_the_loss_compares(void **state)
{
    (void)state;
    const pmpo_target_score t[] = {target(2, 1), target(3, 4)};
    pmpo_scorer_options o = {.loss = PMPO_LOSS_CHOICE,
                             .normalize = PMPO_NORM_LENGTH};
    double format, choice;
    int picked;
    pmpo_format_choice(t, 2, &o.how, &format, &choice, &picked);
    assert_int_equal(picked, 1);
    assert_true(isnan(format));
    NEAR(choice, pmpo_example_loss(t, 2, &o.how));
    o.loss = PMPO_LOSS_NLL; /* it normalises nothing */
    pmpo_format_choice(t, 2, &o.how, &format, &choice, &picked);
    assert_int_equal(picked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nll),
        cmocka_unit_test(test_nll_of_the_answer),
        cmocka_unit_test(test_preference_by_hand),
        cmocka_unit_test(test_preference_saturates_without_overflow),
        cmocka_unit_test(test_choice_by_hand),
        cmocka_unit_test(test_calibration_by_hand),
        cmocka_unit_test(test_losses_are_not_negative),
        cmocka_unit_test(test_format_and_choice_add_up),
        cmocka_unit_test(test_picks_by_what_the_loss_compares),
        cmocka_unit_test(test_many_options),
        cmocka_unit_test(test_ties_go_to_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
