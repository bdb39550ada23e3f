/* test_match.c: answers in replies as models really word them. To add a case
 * add a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "eval/match.h"

typedef struct row {
    const char *reply, *answer;
    bool same;
} row;

/* ---- numbers -------------------------------------------------------------------- */

static const row numbers[] = {
    {"18", "18", true},
    {"#### 18", "18", true},
    {"Janet sells 16 - 3 - 4 = 9 eggs. She makes 9 * 2 = $18.\n#### 18", "18",
     true},
    {"She makes $18 every day.", "18", true},
    {"The answer is 18.", "18", true},
    {"The answer is: **18**", "18", true},
    {"The answer is -41. There are 8 steps.", "-41", true},
    {"The answer is -5, since 8 people left.", "-5", true},
    {"The answer is \xe2\x88\x92"
     "5.",
     "-5", true},
    {"The answer is -18 is the total of 3.", "18", false},
    {"The answer is -$5 is the loss", "-5", true},
    {"So it falls by 10 degrees.\n#### -5", "-5", true},
    {"-5 degrees\nIt fell by 8 in 3 hours.", "-5", true},
    {"The answer is $\\boxed{18}$.", "18", true},
    {"\\boxed{1{,}234}", "1234", true},
    {"So the total is \\(\\boxed{70000}\\) dollars.", "70000", true},
    {"The total is $70,000.", "70000", true},
    {"The total is $70,000.00", "70000", true},
    {"It costs 1,234,567 dollars", "1234567", true},
    {"It is 1234567", "1,234,567", true},
    /* Thousands behind blanks that keep a line together, and apostrophes. */
    {"The answer is 1\xc2\xa0"
     "200.",
     "1200", true},
    {"She makes $1\xe2\x80\xaf"
     "200 every day.",
     "1200", true},
    {"So it is 12\xe2\x80\x89"
     "345\xe2\x80\x89"
     "678.50 in all.",
     "12345678.5", true},
    {"1'200", "1200", true},
    {"It costs 1'200'000 francs.", "1200000", true},
    {"It costs 1\xe2\x80\x99"
     "200 francs.",
     "1200", true},
    {"\\boxed{1\\;200}", "1200", true},
    {"\\boxed{1\\ 200}", "1200", true},
    {"The value is $-1\\;200$ here.", "-1200", true},
    {"1\xc2\xa0"
     "200",
     "200", false},
    {"1'200", "200", false},
    {"\\boxed{1\\;200}", "200", false},
    {"1999\xc2\xa0"
     "200",
     "200", true},
    {"1\xc2\xa0"
     "20",
     "20", true},
    {"1\xc2\xa0"
     "2000",
     "2000", true},
    {"0\xc2\xa0"
     "200",
     "200", true},
    {"2,5\xc2\xa0"
     "200",
     "200", true},
    {"1,200'300", "300", true},
    {"1'200\xc2\xa0"
     "300",
     "300", true},
    {"He is 5'10 tall", "10", true},
    {"'12', '345'", "345", true},
    /* A plain blank only where the answer is nothing but the number. */
    {"1 200", "1200", true},
    {"1 200", "200", false},
    {"1 200 000", "1200000", true},
    {"-1 200", "-1200", true},
    {"$1 200.50", "1200.5", true},
    {"1 200 km/h", "1200", true},
    {"1 200 \xe2\x82\xac", "1200", true},
    {"#### 1 200", "1200", true},
    {"\\boxed{1 200}", "1200", true},
    {"\\boxed{1~200}", "1200", true},
    {"\\boxed{1~200}", "200", false},
    {"\\boxed{1 200 \\text{ m}^2}", "1200", true},
    {"The answer is 1 200.", "1200", true},
    {"The answer is **1 200** dollars.", "1200", true},
    {"The answer is $1 200$, since 3 * 400 is that.", "1200", true},
    {"The answer is 1 200 dollars. Each of 3 gets 400.", "1200", true},
    {"I add.\nThe total is 12 345.", "12345", true},
    {"#### minus 1 200", "-1200", true},
    {"He reads in 2 300-page books", "300", true},
    {"The answer is 2 300-page books.", "2300", false},
    {"The answer is 2 300 page books.", "2300", false},
    {"There are rooms 12 345", "345", true},
    {"The list is 10 200 300 1", "10200300", false},
    {"The answer is 10 200 and 5", "10200", false},
    {"The answer is 10 200, 300", "10200", false},
    {"The answer is 3 1/2", "3.5", true},
    {"The answer is 3 100/200", "3.5", true},
    {"10 20 300", "300", true},
    {"1 200 3000", "3000", true},
    {"2000 300", "300", true},
    {"between 100~200 people", "200", true},
    {"We pick 3, 4, 5", "5", true},
    {"3,4", "34", false},
    {"It takes 2.5 hours.", "2.5", true},
    {"It takes 2.50 hours", "2.5", true},
    {"He has .5 left", "0.5", true},
    {"That is 0.5 of it", ".5", true},
    {"half, so 1/2", "0.5", true},
    {"The probability is \\frac{3}{4}.", "0.75", true},
    {"The probability is $\\dfrac{3}{4}$", "3/4", true},
    {"The temperature is -5 degrees", "-5", true},
    {"The temperature is \xe2\x88\x92"
     "5 degrees",
     "-5", true},
    {"The change is -$40", "-40", true},
    {"\\boxed{90^\\circ}", "90", true},
    {"\\boxed{90^{\\circ}}", "90", true},
    {"#### 90^\\circ", "90", true},
    {"The angle is $90^\\circ$.", "90", true},
    {"The angle is $90^{\\circ}\\text{C}$.", "90", true},
    {"It is $-40^\\circ C$ outside.", "-40", true},
    {"There are 3 angles, so the answer is \\boxed{90^\\circ}.", "3", false},
    {"$60^\\circ + 30^\\circ = 90^\\circ$", "90", true},
    {"The answer is $90^\\circ - 60^\\circ = 30^\\circ$.", "30", true},
    {"90\xc2\xb0", "90", true},
    {"10^2", "10", false},
    {"between 10-12", "12", true},
    {"x = 20-8 = 12", "12", true},
    {"20%", "20", true},
    {"The answer is 20 percent", "20%", true},
    {"45 km/h", "45", true},
    {"He runs 540 meters a week", "540", true},
    {"The answer is 540 meters. That is 3 times 180.", "540", true},
    {"Final answer: 64", "64", true},
    {"Final Answer: \\boxed{64}", "64", true},
    {"Answer: 260", "260", true},
    {"The answer is 3 + 4 = 7.", "7", true},
    {"#### 7 apples and 2 more", "7", true},
    {"#### 7", "8", false},
    {"Step 1: 5\nStep 2: 6\nStep 3: 11", "11", true},
    {"Step 3: there are eleven", "11", false},
    {"I do not know.", "0", false},
    {"", "0", false},
    {"The year 1999", "1999", true},
    {"3.0", "3", true},
    {"3.0001", "3", false},
    {"1234568", "1234567", false},
    {"1234567.0", "1,234,567", true},
    {"0.333333333", "1/3", true},
    {"1e3", "1000", true},
    {"1e2", "1", false},
    {"The mass is 6.02e24.", "6.02e23", false},
    {"The mass is 6.02E+23.", "6.02e23", true},
    {"6.02 x 10^23", "6.02e23", true},
    {"$6.02 \\times 10^{-3}$", "0.00602", true},
    {"6.02 x 10^23", "6.02", false},
    {"2 x 10 = 20", "20", true},
    {"2e5x is no number", "200000", false},
    {"The answer is - 63.", "-63", true},
    {"Answer:\n- 63 apples", "63", true},
    {"0.0000009", "0.0000004", false},
    {"The result is negative 63.", "-63", true},
    {"The result is negative 63.", "63", false},
    {"The answer is minus three.", "-3", true},
    {"The answer is minus three.", "3", false},
    {"minus three", "-3", true},
    {"Negative five", "-5", true},
    {"about minus 5", "-5", true},
    {"8 minus three is 5", "5", true},
    {"x = - 63", "-63", true},
    {"\\boxed{- 63}", "-63", true},
    {"10 - 7 = 3", "3", true},
    {"- 63 apples", "63", true},
    {"The result is \xe2\x88\x92 16.", "-16", true},
    {"The result is \xe2\x88\x92 16.", "16", false},
    {"\xe2\x88\x92 16", "-16", true},
    {"\xe2\x88\x92 16", "16", false},
    {"\xe2\x88\x92 16 degrees", "-16", true},
    {"So it was **\xe2\x88\x92 16**.", "-16", true},
    {"So x equals \xe2\x88\x92 $16$", "-16", true},
    {"The answer is \xe2\x88\x92 16 apples.", "-16", true},
    {"So we have 20 \xe2\x88\x92 4 = 16.", "16", true},
    {"20 \xe2\x88\x92 16", "16", true},
    {"The answer is 20 \xe2\x88\x92 4 = 16", "16", true},
    {"x \xe2\x88\x92 16", "16", true},
    {"- 16 apples", "16", true},
    {"The result is - 16 apples", "16", true},
    {"The result is \xe2\x80\x93 16 apples", "16", true},
    /* A minus before a box. */
    {"$-\\boxed{18}$", "-18", true},
    {"The answer is $-\\boxed{18}$.", "-18", true},
    {"The answer is $-\\boxed{18}$.", "18", false},
    {"The answer is -$\\boxed{18}$.", "-18", true},
    {"\xe2\x88\x92\\boxed{18}", "-18", true},
    {"\xe2\x80\x93\\boxed{18}", "-18", true},
    {"So we get -\\boxed{\\frac{3}{4}}.", "-0.75", true},
    {"x = -\\boxed{\\$1,234.5}", "-1234.5", true},
    {"Answer: -\\boxed{18}", "-18", true},
    {"\\[ -\\boxed{18} \\]", "-18", true},
    {"-\\boxed{-18}", "-18", true},
    {"-\\boxed{18\\text{ m}}", "-18", true},
    {"Answer -\\boxed{18}", "18", true},
    {"**Answer** \xe2\x80\x93\\boxed{18}", "18", true},
    {"$20-\\boxed{18}$", "18", true},
    {"$20 -\\boxed{18}$", "18", true},
    {"$(x)-\\boxed{18}$", "18", true},
    {"final-\\boxed{18}", "18", true},
    {"- \\boxed{18}", "18", true},
    {"So it is - $\\boxed{18}$", "18", true},
    {"---\\boxed{18}", "18", true},
    {"The answer is \xe2\x80\x93"
     "63.",
     "-63", true},
    {"pages 5\xe2\x80\x93"
     "7",
     "7", true},
    {"A2 is the sheet, total 7", "7", true},
    {"The 2nd of 3 boxes holds 12", "12", true},
    {"12 eggs.", "12", true},
    {"(12)", "12", true},
    {"[12]", "12", true},
    {"\"12\"", "12", true},
    {"12!", "12", true},
    {"The answer is $1,200.50.", "1200.5", true},
    {"\\text{Total} = 36", "36", true},
    {"Total: $\\$36$", "36", true},
    {"The sum is 8", "-8", false},
    {"about 99.99", "100", false},
};

/* ---- choices ----------------------------------------------------------------------- */

static const row choices[] = {
    {"A", "(A)", true},
    {"(A)", "(A)", true},
    {"A.", "(A)", true},
    {"A)", "(A)", true},
    {"a", "(A)", true},
    {"(a)", "(A)", true},
    {"b)", "(B)", true},
    {"**A**", "(A)", true},
    {"**(B)**", "(B)", true},
    {"\"B\"", "(B)", true},
    {"`C`", "(C)", true},
    {"[C]", "(C)", true},
    {"B: the mailman", "(B)", true},
    {"B. The doctor", "(B)", true},
    {"B - the doctor", "(B)", true},
    {"(B) The robin is the rightmost", "(B)", true},
    {"Option B", "(B)", true},
    {"Option: B", "(B)", true},
    {"The answer is (A).", "(A)", true},
    {"The answer is A.", "(A)", true},
    {"the answer is a.", "(A)", true},
    {"So the answer is (C).", "(C)", true},
    {"The correct answer is (D) 12/25/2006.", "(D)", true},
    {"The correct option is B, since it is sarcastic.", "(B)", true},
    {"Answer: C", "(C)", true},
    {"Answer:\nC", "(C)", true},
    {"Answer: **C**", "(C)", true},
    {"Final answer: (B)", "(B)", true},
    {"The final answer is \\boxed{B}.", "(B)", true},
    {"\\boxed{(C)}", "(C)", true},
    {"-\\boxed{C}", "(C)", true},
    {"- \\boxed{C}", "(C)", true},
    {"$\\boxed{\\text{C}}$", "(C)", true},
    {"Let's think step by step. (A) is wrong because the robin is left of the "
     "owl. (B) is right.",
     "(B)", true},
    {"(A) or (B)? The answer is (A).", "(A)", true},
    {"The answer is not clear, but the answer is (B).", "(B)", true},
    {"The answer is (B). The answer is (C).", "(C)", true},
    {"A blue jay is on the left, so the answer is (B).", "(B)", true},
    {"A blue jay is on the left", "(A)", false},
    {"I think that C is right", "(C)", true},
    {"I am not sure.", "(A)", false},
    {"I'd say B.", "(B)", true},
    {"None of these", "(A)", false},
    {"", "(A)", false},
    {"D", "(A)", false},
    {"(E)", "(E)", true},
    {"The statement that is sarcastic is (B).", "(B)", true},
    {"The answer is B) midsize grey Brazilian old sweater", "(B)", true},
    {"The answer is Option A", "(A)", true},
    {"Therefore, the answer is **B**.", "(B)", true},
    {"The answer would be (C)", "(C)", true},
    {"Answer - B", "(B)", true},
    {"Based on this, B", "(B)", true},
    {"C\n\nExplanation: A is wrong. B is wrong.", "(C)", true},
    {"(C)\n(A) is wrong", "(C)", true},
    {"The correct choice is: C", "(C)", true},
    {"A", "A", true},
    {"A", "a", true},
    {"(B)", "B.", true},
    {"B", "B)", true},
};

/* ---- exact ---------------------------------------------------------------------------- */

static const row words[] = {
    {"Yes", "Yes", true},
    {"yes", "Yes", true},
    {"Yes.", "Yes", true},
    {" Yes\n", "Yes", true},
    {"\"Yes\"", "Yes", true},
    {"**Yes**", "Yes", true},
    {"`yes`", "yes", true},
    {"No", "Yes", false},
    {"The answer is Yes.", "Yes", true},
    {"The answer is yes. You return to the start.", "Yes", true},
    {"So the answer is No.", "No", true},
    {"So the answer is No.", "Yes", false},
    {"Answer: No", "No", true},
    {"Answer:\nNo", "No", true},
    {"Final answer: no", "No", true},
    {"We walk 5 forward and 5 back.\nYes", "Yes", true},
    {"We walk 5 forward and 5 back.\n\nYes.", "Yes", true},
    {"We walk and do not return.\nNo, we do not", "No", true},
    {"Yes\nbecause we return", "Yes", true},
    {"True", "True", true},
    {"true", "True", true},
    {"The answer is False", "False", true},
    {"not False", "False", false},
    {"\\boxed{True}", "True", true},
    {"valid", "valid", true},
    {"invalid", "valid", false},
    {"The argument is: invalid", "invalid", false},
    {"The answer is invalid.", "invalid", true},
    {"apple banana cherry", "apple banana cherry", true},
    {"apple  banana\ncherry", "apple banana cherry", true},
    {"applebanana", "apple banana", false},
    {"] ] >", "] ] >", true},
    {"Answer: ] ] >", "] ] >", true},
    {"", "Yes", false},
    {"Yes Yes", "Yes", false},
    {"Oui", "Yes", false},
    {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9", true},
    {"The answer is 05/01/2021.", "05/01/2021", true},
    {"The correct answer is Plausible", "plausible", true},
    {"ANSWER: NO", "No", true},
    {"The answer, therefore, is no.", "No", true},
    {"He had no answer, as usual", "usual", false},
    {"the answer is **no**", "no", true},
    {"_no_", "no", true},
    {"Yes\nAnswer:", "Yes", true},
    {"\xd0\xb4\xd0\xb0", "\xd0\x94\xd0\xb0", true}, /* da, Da */
    {"The answer is \xc3\x9c"
     "BER.",
     "\xc3\xbc"
     "ber",
     true},
    {"\xc3\xa8", "\xc3\xa9", false},
    {"\xce\x9f\xce\xa7\xce\x99", "\xcf\x8c\xcf\x87\xce\xb9", false},
    {"\xce\x8c\xce\xa7\xce\x99", "\xcf\x8c\xcf\x87\xce\xb9", true},
    {"\xe1\xba\xa2", "\xe1\xba\xa3", true}, /* of Vietnamese */
    {"The answer is \xe2\x88\x92"
     "1.",
     "-1", true},
    {"-1",
     "\xe2\x88\x92"
     "1",
     true},
    {"The answer is $-\\boxed{18}$.", "-18", true},
    {"The answer is $-\\boxed{18}$.", "18", false},
    {"5", ".5", false},
    {".5", "5", false},
    {"The answer is .5.", ".5", true},
    {"...5", "5", true},
    {"*", "*", true},
    {"*", ":", false},
};

/* ---- running the tables ------------------------------------------------------------------ */

typedef bool (*match_fn)(pmpo_str reply, pmpo_str answer);

static const pmpo_answers_known six = {NULL, NULL, 6};

static bool match_number(pmpo_str reply, pmpo_str answer)
{
    return pmpo_match_number(reply, true, answer);
}

static bool match_choice(pmpo_str reply, pmpo_str answer)
{
    return pmpo_read_letter(reply, true, &six) ==
           pmpo_answer_letter(answer, 6);
}

static bool match_exact(pmpo_str reply, pmpo_str answer)
{
    return pmpo_match_exact(reply, true, answer, NULL);
}

static void run(const row *rows, size_t n, match_fn match)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        if (match(pmpo_str_of(rows[i].reply), pmpo_str_of(rows[i].answer)) !=
            rows[i].same) {
            print_error("row %zu: [%s] against [%s] should %smatch\n", i,
                        rows[i].reply, rows[i].answer,
                        rows[i].same ? "" : "not ");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

#define N(x) (sizeof(x) / sizeof(*(x)))

static void test_numbers(void **state)
{
    (void)state;
    run(numbers, N(numbers), match_number);
}

static void test_choices(void **state)
{
    (void)state;
    run(choices, N(choices), match_choice);
}

static void test_words(void **state)
{
    (void)state;
    run(words, N(words), match_exact);
}

static void test_letters_end_with_the_options(void **state)
{
    (void)state;
    for (size_t n = 0; n < 5; n++) {
        const pmpo_answers_known k = {NULL, NULL, n};
        assert_int_equal(pmpo_read_letter(PMPO_STR("(D)"), true, &k),
                         n == 0 || n == 4 ? 'D' : 0);
    }
}

/* From 27 options on there are letters for the first 26 only. */
static void test_letters_end_with_the_alphabet(void **state)
{
    (void)state;
    for (size_t n = 26; n < 200; n++) {
        const pmpo_answers_known k = {NULL, NULL, n};
        assert_int_equal(pmpo_read_letter(PMPO_STR("(Z)"), true, &k), 'Z');
        assert_int_equal(pmpo_read_letter(PMPO_STR("({)"), true, &k), 0);
        assert_int_equal(pmpo_read_letter(PMPO_STR("B"), true, &k), 'B');
    }
}

/* Marks that are markup elsewhere are answers where they are the options. */
static void test_options_of_marks(void **state)
{
    (void)state;
    const pmpo_str marks[] = {PMPO_STR("+"), PMPO_STR("-"), PMPO_STR("*"),
                              PMPO_STR(":")};
    const pmpo_answers_known k = {marks, marks, 4};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(pmpo_match_exact(marks[i], true, marks[j], &k),
                             i == j);
        }
    }
    assert_true(
        pmpo_match_exact(PMPO_STR("**Answer**: +"), true, marks[0], &k));
}

/* A reply, and the one of the options that it gives; NULL: none of them. */
typedef struct choice_row {
    const char *options[4];
    const char *reply, *gives;
} choice_row;

static const choice_row signed_options[] = {
    {{"-1", "1"},
     "The answer is \xe2\x88\x92"
     "1.",
     "-1"},
    {{"-1", "1"},
     "The answer is \xe2\x80\x93"
     "1.",
     "-1"},
    {{"-1", "1"},
     "\xe2\x88\x92"
     "1",
     "-1"},
    {{"-1", "1"}, "-1", "-1"},
    {{"-1", "1"}, "So it is -1.", "-1"},
    {{"-1", "1"}, "The answer is 1.", "1"},
    {{"\xe2\x88\x92"
      "1",
      "1"},
     "The answer is -1.",
     "\xe2\x88\x92"
     "1"},
    {{"-18", "18"}, "$-\\boxed{18}$", "-18"},
    {{"-18", "18"}, "$\\boxed{-18}$", "-18"},
    {{"-18", "18"}, "$\\boxed{18}$", "18"},
    {{"17", "18"}, "$-\\boxed{18}$", NULL},
    {{"5", "7"}, "-5", NULL},
    {{"5", "7"},
     "The answer is \xe2\x88\x92"
     "5.",
     NULL},
    {{"5", "7"}, "The answer is .5.", NULL},
    {{"5", "7"}, "The answer is 0.5.", NULL},
    {{"5", "7"}, "The answer is 1,5.", NULL},
    {{"5", "7"}, "The answer is 2/5.", NULL},
    {{"5", "7", ".5"}, "The answer is .5.", ".5"},
    {{"5", "7"}, "Answer -5", "5"},
    {{"5", "7"}, "Answer: 5", "5"},
    {{"5", "7"}, "The answer is...5", "5"},
    {{"5", "7"}, "It's No.5", "5"},
    {{"5", "7"}, "- 5", "5"},
    {{"5", "7"}, "**5**", "5"},
    {{"-", "+"}, "-", "-"},
    {{"anti-5", "5"}, "It is anti-5.", "anti-5"},
};

static void test_options_with_signs(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < N(signed_options); i++) {
        const choice_row *r = &signed_options[i];
        pmpo_str options[4];
        pmpo_answers_known k = {options, options, 0};
        for (; k.n < 4 && r->options[k.n]; k.n++) {
            options[k.n] = pmpo_str_of(r->options[k.n]);
        }
        size_t got = pmpo_read_option(pmpo_str_of(r->reply), true, &k);
        const char *text = got < k.n ? r->options[got] : "";
        if (strcmp(text, r->gives ? r->gives : "") != 0) {
            print_error("row %zu: [%s] gives [%s], not [%s]\n", i, r->reply,
                        text, r->gives ? r->gives : "");
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void test_table_is_big(void **state)
{
    (void)state;
    assert_true(N(numbers) + N(choices) + N(words) >= 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_letters_end_with_the_options),
        cmocka_unit_test(test_letters_end_with_the_alphabet),
        cmocka_unit_test(test_options_of_marks),
        cmocka_unit_test(test_options_with_signs),
        cmocka_unit_test(test_table_is_big),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
