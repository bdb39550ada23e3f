/* test_vet.c: which proposed prompts are worth scoring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/data.h"
#include "fake_engine.h"
#include "search/vet.h"

static const char examples[] =
    "{\"input\":\"When Mary and Jane went to the shop, was it open?\","
    "\"target\":\"yes\"}\n"
    "{\"input\":\"Is the number of legs of a spider larger than six?\","
    "\"target\":\"no\"}\n"
    "{\"input\":\"Does a train from London to Leeds stop in York?\","
    "\"target\":\"no\"}\n";

typedef struct row {
    const char *prompt;
    pmpo_fate fate;
    const char *reason; /* must hold this */
} row;

/* Prompt 0 is "Think.", prompt 1 a reply without a prompt, prompt 2 the
 * incumbent. Tokens are bytes. */
static const row table[] = {
    {"Answer yes or no.", PMPO_FATE_PENDING, ""},
    {"Think.", PMPO_FATE_DUPLICATE, "the same as prompt 0"},
    {"Think twice.", PMPO_FATE_DUPLICATE, "prompt 2, the incumbent"},
    {"\nThink twice. \n", PMPO_FATE_DUPLICATE, "prompt 2, the incumbent"},
    {"Say if Mary and Jane went to the shop, was it open", PMPO_FATE_REJECTED,
     "it copies words of a training example"},
    {"Answer yes or no. Be brief. Answer yes or no.", PMPO_FATE_REJECTED,
     "it says twice: \"Answer yes or no.\""},
    {"Mary and Jane went to the shop.", PMPO_FATE_REJECTED,
     "it retells the training example"},
    {"Say whether Jane went.", PMPO_FATE_REJECTED, "(Jane, went)"},
    {"This instruction takes more words than anybody should ever need here.",
     PMPO_FATE_TOO_LONG, "69 tokens, at most 60 are allowed"},
};

static void the_first_rule_that_objects_decides(void **state)
{
    (void)state;
    pmpo_data *d = NULL;
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    assert_int_equal(pmpo_data_parse((pmpo_str){examples, strlen(examples)},
                                     "train", NULL, &d, NULL), 0);
    const pmpo_candidate_row rows[] = {{.prompt = PMPO_STR(" Think.\n")},
                                       {.prompt = PMPO_STR("")},
                                       {.prompt = PMPO_STR("Think twice.")}};
    const pmpo_guard_input guard = {.start = rows[0].prompt, .train = d};
    pmpo_vet_input in = {.rows = rows, .n_rows = 3, .incumbent = 2,
                         .guard = &guard, .vocab = &m->vocab, .max_tokens = 60};
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        pmpo_verdict v;
        in.prompt = (pmpo_str){table[i].prompt, strlen(table[i].prompt)};
        assert_int_equal(pmpo_vet(&in, &v, NULL), 0);
        if (v.fate != table[i].fate || !strstr(v.reason, table[i].reason)) {
            fail_msg("%s: %s, %s", table[i].prompt, pmpo_fate_name(v.fate),
                     v.reason);
        }
    }
    pmpo_data_free(d);
    fake_free(m);
}

/* Demonstrations in a reply are the rewriter's, but for the incumbent's. */
static void demonstrations_of_a_reply_are_guarded(void **state)
{
    (void)state;
#define SHOWS                                                                  \
    "\n\nExamples:\n\nInput: Mary and Jane went to the shop, was it open?\n"   \
    "Output: yes"
    const pmpo_candidate_row rows[] = {{.prompt = PMPO_STR("Think.")},
                                       {.prompt = PMPO_STR("Go." SHOWS)}};
    pmpo_data *d = NULL;
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    assert_int_equal(pmpo_data_parse(pmpo_str_of(examples), "train", NULL, &d,
                                     NULL),
                     0);
    const pmpo_guard_input guard = {.start = rows[0].prompt, .train = d};
    for (int incumbent = 0; incumbent < 2; incumbent++) {
        pmpo_verdict v;
        const pmpo_vet_input in = {.prompt = PMPO_STR("Say if it was." SHOWS),
                                   .rows = rows,
                                   .n_rows = 2,
                                   .incumbent = incumbent,
                                   .guard = &guard,
                                   .vocab = &m->vocab};
        assert_int_equal(pmpo_vet(&in, &v, NULL), 0);
        assert_int_equal(v.fate,
                         incumbent ? PMPO_FATE_PENDING : PMPO_FATE_REJECTED);
    }
    pmpo_data_free(d);
    fake_free(m);
}

static void copies_and_length_can_be_let_through(void **state)
{
    (void)state;
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    const pmpo_vet_input in = {.prompt = {table[4].prompt,
                                          strlen(table[4].prompt)},
                               .vocab = &m->vocab};
    pmpo_verdict v;
    assert_int_equal(pmpo_vet(&in, &v, NULL), 0);
    assert_int_equal(v.fate, PMPO_FATE_PENDING);
    fake_free(m);
}

static void joined_sentences_fit_together(void **state)
{
    (void)state;
    static const struct {
        const char *prompt, *reason;
    } rows[] = {
        {"Please output directly and only output the final answer. Let's think "
         "step by step.",
         "(\"only output\") and for the way to it (\"step by step\")"},
        {"Work in brief steps, one per line. Give the final answer only, "
         "without "
         "any explanation.",
         "(\"answer only\")"},
        {"Let's think step by step. Answer with exactly one of: yes, no.", ""},
        {"Let's think step by step. Answer with one word.", "with one word"},
        {"Restate the problem in your own words, then solve it. Answer with "
         "the number only, in digits.",
         "number only"},
        {"Let's think step by step. Answer with a few words only.",
         "words only"},
        {"Answer in full, with the reasons. Answer in one short sentence.",
         "one short sentence"},
        {"Only output the final answer. Work in steps, one per line.",
         "in steps"},
        {"Let's think step by step. Work in brief steps, one per line, with "
         "the calculation of each. End with a line '#### ' and the number.",
         ""},
        {"Answer in full, with many facts. Answer briefly and plainly.",
         "for a brief answer (\"briefly\") and for a full one (\"in full\")"},
        {"Please output directly and only output the final answer. Answer with "
         "one word. Give the final answer only, without any explanation.",
         "the answer alone twice: \"Please output directly and only output the "
         "final answer.\" and \"Give the final answer only,"},
        {"Please output directly and only output the final answer. Answer with "
         "exactly one of: No, Yes.",
         ""},
        {"Please output directly and only output the final answer. Answer with "
         "the letter of the right option, and nothing else.",
         ""},
        {"Answer with the label only. Do not explain your answer.", ""},
        {"Say nothing else than the label. Read each stepwise.", ""},
    };
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pmpo_verdict v;
        pmpo_vet_input in = {.prompt = pmpo_str_of(rows[i].prompt),
                             .vocab = &m->vocab,
                             .is_joined = true};
        assert_int_equal(pmpo_vet(&in, &v, NULL), 0);
        assert_int_equal(v.fate, *rows[i].reason ? PMPO_FATE_REJECTED
                                                 : PMPO_FATE_PENDING);
        assert_non_null(strstr(v.reason, rows[i].reason));
        in.is_joined = false;
        assert_int_equal(pmpo_vet(&in, &v, NULL), 0);
        assert_int_equal(v.fate, PMPO_FATE_PENDING);
    }
    /* What the user's prompt says may be said again. */
    pmpo_verdict v;
    const pmpo_vet_input own = {.prompt = PMPO_STR("Only output the label. "
                                                   "Give the answer only."),
                                .start = PMPO_STR("Only output the label."),
                                .vocab = &m->vocab,
                                .is_joined = true};
    assert_int_equal(pmpo_vet(&own, &v, NULL), 0);
    assert_int_equal(v.fate, PMPO_FATE_PENDING);
    fake_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_objects_decides),
        cmocka_unit_test(joined_sentences_fit_together),
        cmocka_unit_test(demonstrations_of_a_reply_are_guarded),
        cmocka_unit_test(copies_and_length_can_be_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
