/* test_accept.c: the decision at the end of an iteration. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/words.h"
#include "propose/forms.h"
#include "search/accept.h"
#include "search/state.h"

#define N 4
#define NONE PMPO_ACCEPT_NONE

/* Validation answers by candidate, and who was asked, in order. */
typedef struct judge {
    pmpo_validation pairs[N];
    size_t asked[N], n_asked;
    int code;
} judge;

static int validate(void *ud, size_t i, pmpo_validation *out,
                    pmpo_error *err)
{
    judge *j = ud;
    if (j->code < 0) {
        return pmpo_fail(err, j->code, "planted");
    }
    j->asked[j->n_asked++] = i;
    *out = j->pairs[i];
    return 0;
}

typedef struct row {
    const char *name;
    bool paper, validation;
    double floor;
    double losses[N]; /* the incumbent's is 1 */
    size_t accepted;
    const char *reasons[N]; /* each must hold this; NULL: any */
    const char *decision;
} row;

static const row table[] = {
    {"a clear gain",
     false,
     false,
     0.01,
     {1.2, 0.9, 0.95, 1},
     1,
     {"0.2 above", "gain 0.1", "another candidate was taken", "no gain"},
     "accepted: loss 0.9, was 1,"},
    {"a gain within twice the floor",
     false,
     false,
     0.06,
     {0.9, 0.95, 1.1, 1.2},
     NONE,
     {"gain 0.1 is within twice the noise floor, 0.12", NULL, NULL, NULL},
     "best gain 0.1 is not above twice the noise floor, 0.12"},
    {"twice the floor exactly is not enough",
     false,
     false,
     0.25,
     {0.5, 1, 1, 1},
     NONE,
     {"within twice", NULL, NULL, NULL},
     "kept"},
    {"the published rule takes it",
     true,
     false,
     0.06,
     {0.9, 0.95, 1.1, 1.2},
     0,
     {"gain 0.1", NULL, NULL, NULL},
     "accepted"},
    {"the published rule wants lower, not equal",
     true,
     false,
     NAN,
     {1, 1, 1, 1},
     NONE,
     {"no gain", "no gain", "no gain", "no gain"},
     "kept"},
    {"ties go to the first",
     false,
     false,
     0,
     {1, 0.8, 0.8, 0.8},
     1,
     {NULL, "gain 0.2", "taken first", "taken first"},
     "accepted"},
    {"no floor counts as none",
     false,
     false,
     NAN,
     {0.999, 1, 1, 1},
     0,
     {"gain 0.001", NULL, NULL, NULL},
     "accepted"},
    {"nothing scored",
     false,
     false,
     0.01,
     {NAN, NAN, NAN, NAN},
     NONE,
     {"not scored", "not scored", NULL, NULL},
     "no new candidate beat its loss 1 or"},
    {"a number beats what is unknown",
     false,
     false,
     0.01,
     {NAN, NAN, 0.5, NAN},
     2,
     {NULL, NULL, "gain 0.5", NULL},
     "accepted"},
};

static void fill(pmpo_accept_entry *e, const double *losses)
{
    for (size_t i = 0; i < N; i++) {
        e[i] = (pmpo_accept_entry){.loss = losses[i],
                                   .lower_bound = NAN,
                                   .considered = true};
    }
}

static void check_row(const row *r)
{
    pmpo_accept_entry e[N];
    pmpo_decision d;
    pmpo_error err;
    fill(e, r->losses);
    pmpo_accept_rule rule = {r->paper, r->validation, 1, r->floor, false};
    assert_int_equal(pmpo_accept(&rule, e, N, NULL, NULL, &d, &err), 0);
    if (d.accepted != r->accepted) {
        fail_msg("%s: accepted %zu", r->name, d.accepted);
    }
    for (size_t i = 0; i < N; i++) {
        if (!e[i].reason[0]
            || (r->reasons[i] && !strstr(e[i].reason, r->reasons[i]))) {
            fail_msg("%s: reason %zu is '%s'", r->name, i, e[i].reason);
        }
    }
    if (!strstr(d.text, r->decision)) {
        fail_msg("%s: decision is '%s'", r->name, d.text);
    }
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        check_row(&table[i]);
    }
}

static void test_validation_order(void **state)
{
    (void)state;
    const double losses[N] = {0.9, 0.5, 0.7, 0.99};
    judge j = {.pairs = {{1, 1, 0.1, 0.1}, {1.5, 1, 1.3, 0.2},
                         {1.5, 1, 1, 0.5}, {1, 1, 0, 0}}};
    pmpo_accept_entry e[N];
    pmpo_decision d;
    fill(e, losses);
    pmpo_accept_rule rule = {false, true, 1, 0.01, false};
    assert_int_equal(pmpo_accept(&rule, e, N, validate, &j, &d, NULL), 0);
    /* 1 gains most but is worse than the incumbent by 0.3; 2 is no worse, and
     * better than the start by its error; 0 is never asked, nor is 3, whose
     * gain is too small. */
    assert_int_equal(d.accepted, 2);
    assert_int_equal(j.n_asked, 2);
    assert_int_equal(j.asked[0], 1);
    assert_int_equal(j.asked[1], 2);
    assert_int_equal(d.n_failed_validation, 1);
    assert_non_null(strstr(e[1].reason, "worse by 0.3"));
    assert_non_null(strstr(e[0].reason, "taken first"));
    assert_non_null(strstr(e[3].reason, "within twice"));
    assert_true(d.best_gain == 0.5);
}

/* The incumbent alone is no measure: it may be worse than the start. */
static void test_gate(void **state)
{
    (void)state;
    static const struct {
        pmpo_validation v;
        pmpo_gate gate;
    } rows[] = {
        {{1, 1, 0.9, 0.05}, PMPO_GATE_PASSES},
        {{1, 1, 0.9, 0.2}, PMPO_GATE_NO_GAIN},
        {{1, 1.2, 1.1, 0.01}, PMPO_GATE_NO_GAIN},
        {{1, 0.5, 0.6, 0.01}, PMPO_GATE_WORSE},
        {{1, 0.5, 0.5, 0.01}, PMPO_GATE_PASSES},
        {{1, 1, 1, NAN}, PMPO_GATE_PASSES},
        {{1, 1, 1.001, NAN}, PMPO_GATE_WORSE},
        {{NAN, NAN, INFINITY, NAN}, PMPO_GATE_WORSE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(pmpo_validation_gate(&rows[i].v), rows[i].gate);
    }
    const double losses[N] = {0.9, 1, 1, 1};
    judge j = {.pairs = {{1, 1.2, 1.1, 0.25}}};
    pmpo_accept_entry e[N];
    pmpo_decision d;
    fill(e, losses);
    pmpo_accept_rule rule = {false, true, 1, 0.01, false};
    assert_int_equal(pmpo_accept(&rule, e, N, validate, &j, &d, NULL), 0);
    assert_int_equal(d.accepted, NONE);
    assert_non_null(strstr(e[0].reason, "standard error 0.25"));
}

static void test_validation_fails_all(void **state)
{
    (void)state;
    const double losses[N] = {0.9, 0.5, 0.7, 0.6};
    judge j = {0};
    for (size_t i = 0; i < N; i++) {
        /* An unknown error allows nothing. */
        j.pairs[i] = (pmpo_validation){1, 1, 1.001, NAN};
    }
    pmpo_accept_entry e[N];
    pmpo_decision d;
    fill(e, losses);
    pmpo_accept_rule rule = {false, true, 1, 0, false};
    assert_int_equal(pmpo_accept(&rule, e, N, validate, &j, &d, NULL), 0);
    assert_int_equal(d.accepted, NONE);
    assert_int_equal(j.n_asked, N);
    assert_int_equal(d.n_failed_validation, N);
    assert_non_null(strstr(d.text, "failed on the validation part"));
    /* The published rule does not look at the part at all. */
    fill(e, losses);
    j.n_asked = 0;
    rule.paper = true;
    assert_int_equal(pmpo_accept(&rule, e, N, validate, &j, &d, NULL), 0);
    assert_int_equal(d.accepted, 1);
    assert_int_equal(j.n_asked, 0);
}

static void test_validation_error(void **state)
{
    (void)state;
    const double losses[N] = {0.9, 0.5, 0.7, 0.6};
    judge j = {.code = PMPO_ECANCELLED};
    pmpo_accept_entry e[N];
    pmpo_decision d;
    pmpo_error err;
    fill(e, losses);
    pmpo_accept_rule rule = {false, true, 1, 0, false};
    assert_int_equal(pmpo_accept(&rule, e, N, validate, &j, &d, &err),
                     PMPO_ECANCELLED);
    assert_string_equal(err.text, "planted");
}

static void test_leaves_others_alone(void **state)
{
    (void)state;
    const double losses[N] = {0.1, 0.5, NAN, 1.5};
    pmpo_accept_entry e[N];
    pmpo_decision d;
    fill(e, losses);
    e[0].considered = false; /* a duplicate with a known loss */
    e[2].lower_bound = 1.25;
    pmpo_accept_rule rule = {false, false, 1, 0.01, false};
    assert_int_equal(pmpo_accept(&rule, e, N, NULL, NULL, &d, NULL), 0);
    assert_int_equal(d.accepted, 1);
    assert_string_equal(e[0].reason, "");
    assert_non_null(strstr(e[2].reason, "sure to be above 1.25"));
    assert_string_equal(e[3].reason, "loss 1.5 is 0.5 above the incumbent's");
    fill(e, losses);
    rule.priced = true;
    assert_int_equal(pmpo_accept(&rule, e, N, NULL, NULL, &d, NULL), 0);
    assert_string_equal(e[3].reason, "loss with its length's price 1.5 is 0.5 "
                                     "above the incumbent's");
    assert_string_equal(d.text, "accepted: loss with its length's price 0.1, "
                                "was 1, gain 0.9");
    e[0].considered = false;
    assert_int_equal(pmpo_accept(&rule, e, 0, NULL, NULL, &d, NULL), 0);
    assert_int_equal(d.accepted, NONE);
    assert_true(isnan(d.best_gain));
}

/* What was tried before or can't be used is not told as beaten. */
static void test_nothing_new(void **state)
{
    (void)state;
    const double losses[N] = {0.1, 0.2, NAN, NAN};
    const pmpo_accept_rule rule = {false, false, 1, 0.01, false};
    pmpo_accept_entry e[N];
    pmpo_decision d;
    fill(e, losses);
    const pmpo_fate fates[N] = {PMPO_FATE_DUPLICATE, PMPO_FATE_DUPLICATE,
                                PMPO_FATE_BAD_REPLY, PMPO_FATE_TOO_LONG};
    for (size_t i = 0; i < N; i++) {
        e[i].considered = false;
        e[i].fate = fates[i];
    }
    assert_int_equal(pmpo_accept(&rule, e, N, NULL, NULL, &d, NULL), 0);
    assert_int_equal(d.accepted, NONE);
    assert_string_equal(d.text, "kept the incumbent: nothing new: 2 tried "
                                "before, 1 unusable reply, 1 too long");
    e[2].fate = PMPO_FATE_PENDING; /* new, and refused by a person */
    assert_int_equal(pmpo_accept(&rule, e, N, NULL, NULL, &d, NULL), 0);
    assert_non_null(strstr(d.text, "no new candidate beat"));
    assert_int_equal(pmpo_accept(&rule, e, 0, NULL, NULL, &d, NULL), 0);
    assert_string_equal(d.text, "kept the incumbent: nothing was proposed");
}

/* A part's effect needs what a gain needs, and an interval without 0; the form
 * for the rewriter says what the user is told. */
static void test_effects(void **state)
{
    (void)state;
    static const struct {
        pmpo_segment_effect e;
        double floor;
        pmpo_effect effect;
    } rows[] = {
        {{.effect = 0.25, .low = 0.1, .high = 0.4}, 0, PMPO_EFFECT_HELPS},
        {{.effect = 0.25, .low = 0.1, .high = 0.4}, NAN, PMPO_EFFECT_HELPS},
        {{.effect = 0.25, .low = 0.1, .high = 0.4}, 0.12, PMPO_EFFECT_HELPS},
        {{.effect = 0.25, .low = 0.1, .high = 0.4}, 0.125, PMPO_EFFECT_UNCLEAR},
        {{.effect = -0.25, .low = -0.4, .high = -0.1}, 0, PMPO_EFFECT_HURTS},
        {{.effect = 0.25, .low = -0.1, .high = 0.6}, 0, PMPO_EFFECT_UNCLEAR},
        {{.effect = NAN, .low = NAN, .high = NAN}, 0, PMPO_EFFECT_UNMEASURED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pmpo_segment_effect e = rows[i].e;
        const pmpo_example example = {.input = PMPO_STR("in")};
        pmpo_buf form = {0};
        assert_int_equal(pmpo_effect_of(&e, rows[i].floor), rows[i].effect);
        e.text = PMPO_STR("unit");
        pmpo_form_rewrite(PMPO_FORM_SMALL,
                          &(pmpo_form_input){.example = &example,
                                             .max_bytes = 100,
                                             .segments = &e,
                                             .n_segments = 1,
                                             .noise_floor = rows[i].floor},
                          &form);
        assert_true(isnan(e.effect)
                    || strstr(form.ptr, pmpo_effect_name(rows[i].effect)));
        pmpo_buf_release(&form);
    }
}

#define LOSSES 6

/* A fixed prompt is given up by its weighted loss over the inputs: copies and
 * examples of little weight make no difference sure. */
static void test_clearly_worse(void **state)
{
    (void)state;
    static const struct {
        double diff[LOSSES], weight[LOSSES];
        size_t group[LOSSES];
        bool worse;
    } rows[] = {
        {{0.4, 0.5, 0.6, 0.4, 0.5, 0.6},
         {1, 1, 1, 1, 1, 1},
         {0, 1, 2, 3, 4, 5},
         true},
        {{0.4, 0.5, 0.6, 0.4, 0.5, 0.6},
         {3, 3, 3, 3, 3, 3},
         {0, 1, 2, 3, 4, 5},
         true},
        {{0.9, -0.5, 0.6, -0.4, 0.5, 0.6},
         {1, 1, 1, 1, 1, 1},
         {0, 1, 2, 3, 4, 5},
         false},
        /* The same of two inputs, copied. */
        {{0.9, 0.9, 0.9, 0.2, 0.2, 0.2},
         {1, 1, 1, 1, 1, 1},
         {0, 1, 2, 3, 4, 5},
         true},
        {{0.9, 0.9, 0.9, 0.2, 0.2, 0.2},
         {1, 1, 1, 1, 1, 1},
         {0, 0, 0, 1, 1, 1},
         false},
        {{1, -0.2, 0.4, 0.4, 0.4, 0.4},
         {10, 10, 1, 1, 1, 1},
         {0, 1, 2, 3, 4, 5},
         false},
        {{1, -0.2, 0.4, 0.4, 0.4, 0.4},
         {1, 1, 1, 1, 1, 1},
         {0, 1, 2, 3, 4, 5},
         true},
        {{-9, 9, 0.4, 0.5, 0.6, 0.5},
         {0, 0, 1, 1, 1, 1},
         {0, 1, 2, 3, 4, 5},
         true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pmpo_example_score a[LOSSES] = {0}, b[LOSSES] = {0};
        double sum = 0, weight = 0;
        for (size_t k = 0; k < LOSSES; k++) {
            a[k].weight = b[k].weight = rows[i].weight[k];
            a[k].group = b[k].group = rows[i].group[k];
            b[k].loss = 1;
            a[k].loss = 1 + rows[i].diff[k];
            sum += rows[i].weight[k] * rows[i].diff[k];
            weight += rows[i].weight[k];
        }
        const pmpo_prompt_score x = {.examples = a, .n_examples = LOSSES};
        const pmpo_prompt_score y = {.examples = b, .n_examples = LOSSES};
        pmpo_arena mem = {0};
        assert_int_equal(pmpo_clearly_worse(&x, &y, sum / weight, &mem),
                         rows[i].worse);
        pmpo_arena_release(&mem);
    }
}

/* Every value of an enum has its word, and reads back from it. */
static void test_words(void **state)
{
    (void)state;
    assert_string_equal(pmpo_loss_name(PMPO_LOSS_CHOICE), "choice");
    assert_string_equal(pmpo_loss_name((pmpo_loss_kind)99), "");
    assert_int_equal(pmpo_word_place(pmpo_precision_words, "f32-fast"),
                     PMPO_PRECISION_F32_FAST);
    assert_int_equal(pmpo_word_place(pmpo_race_words, "fast"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_effects),
        cmocka_unit_test(test_clearly_worse),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_validation_order),
        cmocka_unit_test(test_gate),
        cmocka_unit_test(test_validation_fails_all),
        cmocka_unit_test(test_validation_error),
        cmocka_unit_test(test_leaves_others_alone),
        cmocka_unit_test(test_nothing_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
