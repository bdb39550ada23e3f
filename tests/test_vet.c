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
    fake_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_objects_decides),
        cmocka_unit_test(joined_sentences_fit_together),
        cmocka_unit_test(copies_and_length_can_be_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
