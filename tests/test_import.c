/* test_import.c: files of other formats as examples. The samples are made up
 * in the shape of the published files. */
#define _POSIX_C_SOURCE 200809L
#include "import_help.h"

#include <jansson.h>

#include "fail_alloc.h"

#define ALPACA(first, second, preference)                                      \
    "{\"instruction\":\"Name a colour.\",\"output_1\":\"" first                \
    "\",\"output_2\":\"" second "\",\"preference\":" preference                \
    ",\"annotator\":\"a\",\"generator_1\":\"g\",\"generator_2\":\"h\"}"

static const char gsm8k[] =
    "{\"question\": \"Ann has 3 pens and buys 4.  How many has she?\", "
    "\"answer\": \"She has 3+4=<<3+4=7>>7 pens.\\n#### 7\"}\r\n"
    "\n"
    "{\"question\": \"What do 50 cars at $25 cost?\", \"answer\": "
    "\"50 * 25 = 1,250\\n####  1,250\"}";

static const char aqua[] =
    "{\"question\": \"What is half of 42?\", \"options\": [\"A)20\", \"B) 21\","
    " \"C)22)\"], \"rationale\": \"42/2 = 21\\nAnswer B\", \"correct\": "
    "\"B\"}\n";

static const char alpaca[] =
    "[" ALPACA("Red.", "Perhaps blue?", "1.0000001827") ",\n"
    ALPACA("Red.", "Green.", "2") "," ALPACA("Red.", "Blue.", "1.5") ","
    ALPACA("Red.", "Red.", "1.2") "," ALPACA("Red.", "Pink.", "null") ","
    ALPACA("", "Pink.", "2") "," ALPACA("Red.", "Pink.", "0") "]";

static const char cot[] =
    "A WARNING about benchmark data. GUID 0\n-----\nCount things.\n\nMore.\n\n"
    "Q: I have a plum and two pears. How many fruits do I have?\n"
    "A: Let's think step by step.\n- plum (1)\n- pears (2)\n\n"
    "1 + 2 = 3. So the answer is 3.\n\n"
    "Q: Is it sarcastic?\nOptions:\n(A) Yes\n(B) No\n"
    "A: Let's think step by step.\nIt is plain. So the answer is (B).";

static const char dpo[] =
    "{\"prompt\":\"Hi\",\"chosen\":\"Hello!\",\"rejected\":\"Go.\",\"id\":7}\n"
    "{\"question\":\"Hi\",\"system\":\"Be kind.\",\"chosen\":\"Hello!\","
    "\"rejected\":\"Go.\"}\n"
    "{\"prompt\":\"Hi\",\"chosen\":[{\"role\":\"user\",\"content\":\"Hi\"},"
    "{\"role\":\"assistant\",\"content\":\"Ho!\"}],\"rejected\":[{\"role\":"
    "\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Go.\"}"
    "],\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":"
    "\"assistant\",\"content\":\"Ho!\"}]}\n"
    "{\"chosen\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\","
    "\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Hey!\"}],"
    "\"rejected\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\","
    "\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Go.\"}]}\n"
    "{\"prompt\":\"Hi\",\"chosen\":\"Same\",\"rejected\":\"Same\"}\n"
    "{\"chosen\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":"
    "\"assistant\",\"content\":\"A\"}],\"rejected\":[{\"role\":\"user\","
    "\"content\":\"Ho\"},{\"role\":\"assistant\",\"content\":\"B\"}]}\n";

static const char bbh[] =
    "{\"canary\":\"c\",\"examples\":["
    "{\"input\":\"Which?\\nOptions:\\n(A) x\\n(B) y\",\"target\":\"(A)\"},"
    "{\"input\":\"Valid?\\nOptions:\\n- valid \\n- invalid\",\"target\":"
    "\"invalid\"},"
    "{\"input\":\"Sort: b a\",\"target\":\"a b\"},"
    "{\"input\":\"((4 + 1))\",\"target\":\"5\"},"
    "{\"input\":\"[ { (\",\"target\":\") } ]\"},"
    "{\"input\":\"Add\",\"target\":\"-12\"},{\"input\":\"Count\","
    "\"target\":\"12\"}]}";

static const char bbh_labels[] =
    "{\"examples\":[{\"input\":\"not True is\",\"target\":\"False\"},"
    "{\"input\":\"True is\",\"target\":\"True\"}]}";

/* ---- the formats -------------------------------------------------------- */

static void test_gsm8k(void **state)
{
    (void)state;
    pmpo_import_summary s;
    pmpo_data *d = import("gsm8k", gsm8k, &s);
    assert_int_equal(s.n_read, 2);
    assert_int_equal(s.n_kept, 2);
    assert_int_equal(s.n_drops, 0);
    assert_int_equal(s.n_labelled, 2);
    assert_int_equal(s.n_labels, 2);
    assert_true(s.majority == 0.5);
    assert_str(s.majority_label, "1,250"); /* the first by bytes */
    assert_str(at(d, 0)->input, "Ann has 3 pens and buys 4.  How many has "
                                "she?");
    assert_str(at(d, 0)->target, "She has 3+4=7 pens.\n#### 7");
    assert_str(at(d, 0)->answer, "7");
    assert_int_equal(at(d, 0)->n_options, 0);
    assert_str(at(d, 1)->answer, "1,250");
    assert_int_equal(at(d, 1)->line, 3);
    assert_true(pmpo_data_task(d).len > 0);
    assert_loads(d);
}

static void test_gsm8k_annotations(void **state)
{
    (void)state;
    static const char text[] =
        "{\"question\":\"q\",\"answer\":\"1<<a>>2<<b>>\\n<<3>4<<5\\n6>>7 << 8 >>9"
        "<<>>\\n#### 1\"}";
    static const struct {
        const char *annotations, *target;
    } cases[] = {
        {NULL, "12\n<<3>4<<5\n6>>7 9\n#### 1"},
        {"strip", "12\n<<3>4<<5\n6>>7 9\n#### 1"},
        {"keep", "1<<a>>2<<b>>\n<<3>4<<5\n6>>7 << 8 >>9<<>>\n#### 1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pmpo_import_options o = options_for("gsm8k");
        o.annotations = cases[i].annotations;
        pmpo_data *d = import_with(&o, text, NULL);
        assert_str(at(d, 0)->target, cases[i].target);
        assert_str(at(d, 0)->answer, "1");
        assert_loads(d);
    }
}

static void test_aqua(void **state)
{
    (void)state;
    pmpo_import_options o = options_for("aqua");
    pmpo_data *d = import_with(&o, aqua, NULL);
    assert_str(at(d, 0)->input,
               "What is half of 42?\nOptions:\n(A) 20\n(B) 21\n(C) 22)");
    assert_str(at(d, 0)->target, "42/2 = 21\nAnswer B");
    assert_str(at(d, 0)->answer, "B");
    assert_int_equal(at(d, 0)->n_options, 0);
    assert_loads(d);

    o.as = "options";
    d = import_with(&o, aqua, NULL);
    assert_str(at(d, 0)->target, "(B)");
    assert_int_equal(at(d, 0)->n_options, 3);
    assert_str(at(d, 0)->options[2], "(C)");
    assert_loads(d);

    o.as = "preference";
    pmpo_import_summary s;
    d = import_with(&o, aqua, &s);
    assert_str(at(d, 0)->target, "(B)");
    assert_int_equal(at(d, 0)->n_options, 0);
    assert_int_equal(at(d, 0)->n_rejected, 2);
    assert_str(at(d, 0)->rejected[0], "(A)");
    assert_str(at(d, 0)->rejected[1], "(C)");
    assert_int_equal(s.n_labelled, 1);
    assert_loads(d);
}

static void test_alpaca(void **state)
{
    (void)state;
    static const pmpo_drop_count expect[] = {
        {"a tie", 2}, {"equal outputs", 1}, {"no preference", 1},
        {"an empty output", 1}};
    pmpo_import_summary s;
    pmpo_data *d = import("alpaca-eval", alpaca, &s);
    assert_int_equal(s.n_read, 7);
    assert_int_equal(s.n_kept, 2);
    assert_int_equal(s.n_labelled, 0);
    assert_int_equal(s.n_drops, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(s.drops[i].reason, expect[i].reason);
        assert_int_equal(s.drops[i].n, expect[i].n);
    }
    assert_str(at(d, 0)->input, "Name a colour.");
    assert_str(at(d, 0)->target, "Red.");
    assert_str(at(d, 0)->rejected[0], "Perhaps blue?");
    assert_str(at(d, 1)->target, "Green.");
    assert_str(at(d, 1)->rejected[0], "Red.");
    assert_loads(d);

    d = import("alpaca-eval", /* also as lines, and with an input */
               "{\"instruction\":\"Add.\",\"input\":\"1 2\",\"output_1\":\"3\","
               "\"output_2\":\"4\",\"preference\":1}", NULL);
    assert_str(at(d, 0)->input, "Add.\n\n1 2");
    assert_loads(d);
}

static void test_cot(void **state)
{
    (void)state;
    pmpo_data *d = import("bbh-cot", cot, NULL);
    assert_int_equal(pmpo_data_count(d), 2);
    assert_str(at(d, 0)->input,
               "I have a plum and two pears. How many fruits do I have?");
    assert_str(at(d, 0)->target,
               "Let's think step by step.\n- plum (1)\n- pears (2)\n\n"
               "1 + 2 = 3. So the answer is 3.");
    assert_str(at(d, 0)->answer, "3");
    assert_int_equal(at(d, 0)->line, 7);
    assert_str(at(d, 1)->input, "Is it sarcastic?\nOptions:\n(A) Yes\n(B) No");
    assert_str(at(d, 1)->answer, "(B)");
    assert_str(pmpo_data_task(d), "Count things.");
    assert_loads(d);
}

static void test_dpo(void **state)
{
    (void)state;
    pmpo_import_summary s;
    pmpo_data *d = import("dpo", dpo, &s);
    assert_int_equal(s.n_read, 6);
    assert_int_equal(s.n_kept, 4);
    assert_string_equal(s.drops[0].reason, "equal outputs");
    assert_string_equal(s.drops[1].reason,
                        "outputs of different conversations");
    assert_str(at(d, 0)->id, "7");
    assert_str(at(d, 0)->input, "Hi");
    assert_str(at(d, 0)->target, "Hello!");
    assert_str(at(d, 0)->rejected[0], "Go.");
    assert_int_equal(at(d, 1)->n_messages, 2);
    assert_str(at(d, 1)->messages[0].content, "Be kind.");
    assert_str(at(d, 2)->input, "Hi");
    assert_str(at(d, 2)->target, "Ho!");
    assert_int_equal(at(d, 3)->n_messages, 2);
    assert_str(at(d, 3)->messages[1].content, "Hi");
    assert_str(at(d, 3)->target, "Hey!");
    assert_loads(d);
}

#define PAIR "\"chosen\":\"c\",\"rejected\":\"r\"}\n"

/* A system text stands in front of whatever the prompt is; Alpaca's
 * instruction has its input below it. */
static void test_dpo_joins(void **state)
{
    (void)state;
    pmpo_data *d =
        import("dpo",
               "{\"system\":\"Be kind.\",\"prompt\":[{\"role\":\"user\","
               "\"content\":\"Hi\"}]," PAIR
               "{\"system\":\"Be kind.\",\"prompt\":[{\"role\":\"system\","
               "\"content\":\"Be "
               "kind.\"},{\"role\":\"user\",\"content\":\"Ho\"}]," PAIR
               "{\"system\":\"Be kind.\",\"messages\":[{\"role\":\"user\","
               "\"content\":\"Ha\"}]," PAIR
               "{\"instruction\":\"Do it.\",\"input\":\"\"," PAIR
               "{\"instruction\":\"Do it.\",\"input\":\"Now.\"," PAIR
               "{\"system\":\"Be kind.\",\"instruction\":\"Do it.\",\"input\":"
               "\"Then.\"," PAIR,
               NULL);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(at(d, i)->n_messages, 2);
        assert_str(at(d, i)->messages[0].role, "system");
        assert_str(at(d, i)->messages[0].content, "Be kind.");
        assert_str(at(d, i)->messages[1].role, "user");
    }
    assert_str(at(d, 2)->messages[1].content, "Ha");
    assert_str(at(d, 3)->input, "Do it.");
    assert_str(at(d, 4)->input, "Do it.\n\nNow.");
    assert_str(at(d, 5)->messages[0].content, "Be kind.");
    assert_str(at(d, 5)->messages[1].content, "Do it.\n\nThen.");
    assert_loads(d);
}

#define PARTS_C                                                                \
    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"c\"}]" \
    "}"
#define PARTS_R                                                                \
    "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"r\"}]" \
    "}"

/* Contents may be parts of text, which are no empty outputs. */
static void test_dpo_parts(void **state)
{
    (void)state;
    static const char text[] = "{\"prompt\":\"p\",\"chosen\":[" USER "," PARTS_C
                               "],"
                               "\"rejected\":[" USER "," PARTS_R "]}\n"
                               "{\"prompt\":\"p\",\"chosen\":[" PARTS_C "],"
                               "\"rejected\":[" PARTS_C "]}\n";
    pmpo_import_summary s;
    pmpo_data *d = import("dpo", text, &s);
    assert_int_equal(s.n_kept, 1);
    assert_string_equal(s.drops[0].reason, "equal outputs");
    assert_str(at(d, 0)->target, "c");
    assert_str(at(d, 0)->rejected[0], "r");
    assert_loads(d);
}

#define HH_LEAD "\\n\\nHuman: Hi\\n\\nAssistant: Ho\\n\\nHuman: And?"
#define HH(a, b) "{\"chosen\":\"" a "\",\"rejected\":\"" b "\"}\n"

/* Anthropic's dialogues: one text each, cut at the turns. */
static void test_dpo_dialogues(void **state)
{
    (void)state;
    static const char text[] = HH(HH_LEAD "\\n\\nAssistant: Yes,\\n\\nso.",
                                  HH_LEAD "\\n\\nAssistant: No.")
        HH(HH_LEAD "\\n\\nAssistant: Yes.",
           "\\n\\nHuman: Hi\\n\\nAssistant: No.")
            HH(HH_LEAD "\\n\\nAssistant: Yes.", HH_LEAD "\\n\\nAssistant:")
                HH(HH_LEAD, HH_LEAD);
    pmpo_import_summary s;
    pmpo_data *d = import("dpo", text, &s);
    assert_int_equal(s.n_kept, 1);
    assert_int_equal(s.n_drops, 3);
    assert_string_equal(s.drops[0].reason, "outputs of different "
                                           "conversations");
    assert_string_equal(s.drops[1].reason, "an empty output");
    assert_string_equal(s.drops[2].reason, "a dialogue without a last answer");
    assert_int_equal(at(d, 0)->n_messages, 3);
    assert_str(at(d, 0)->messages[0].role, "user");
    assert_str(at(d, 0)->messages[0].content, "Hi");
    assert_str(at(d, 0)->messages[1].role, "assistant");
    assert_str(at(d, 0)->messages[2].content, "And?");
    assert_str(at(d, 0)->target, "Yes,\n\nso.");
    assert_str(at(d, 0)->rejected[0], "No.");
    assert_loads(d);
}

static void test_bbh(void **state)
{
    (void)state;
    static const size_t n_options[] = {2, 2, 0, 0, 0, 0, 0};
    pmpo_data *d = import("bbh", bbh, NULL);
    assert_int_equal(pmpo_data_count(d), 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(at(d, i)->n_options, n_options[i]);
        assert_int_equal(at(d, i)->n_rejected, n_options[i] ? 1 : 4);
        assert_memory_equal(at(d, i)->id.ptr, "bbh-", 4);
    }
    assert_str(at(d, 1)->target, "invalid");
    pmpo_data_free(d); /* what is drawn is drawn again at a split */

    d = import("bbh", bbh_labels, NULL);
    assert_int_equal(at(d, 0)->n_options, 2);
    assert_loads(d);
}

/* ---- several files ------------------------------------------------------ */

static void test_files(void **state)
{
    (void)state;
    const char *const names[] = {"a", "b"};
    const pmpo_str texts[] = {
        PMPO_STR("id,input,target\n1,p,x\n,q,y\n,q,y\n"),
        PMPO_STR("input,id,target\nq,,y\np,1,x\nr,9,y\n")};
    pmpo_import_options o = options_for("csv");
    pmpo_import_summary s;
    pmpo_data *d;
    assert_int_equal(pmpo_import_parse(texts, names, 2, &o, &d, &s, NULL), 0);
    assert_int_equal(s.n_read, 6);
    assert_int_equal(s.n_kept, 4);
    assert_int_equal(s.n_drops, 1);
    assert_string_equal(s.drops[0].reason, "in an earlier file");
    assert_int_equal(s.drops[0].n, 2);
    assert_int_equal(s.n_labelled, 4);
    assert_true(s.majority == 0.75);
    assert_str(s.majority_label, "y");
    assert_str(at(d, 3)->id, "9");
    assert_loads(d);

    o.limit = 4; /* of what is kept */
    assert_int_equal(pmpo_import_parse(texts, names, 2, &o, &d, &s, NULL), 0);
    assert_int_equal(s.n_kept, 4);
    pmpo_data_free(d);
    o.limit = 2;
    assert_int_equal(pmpo_import_parse(texts, names, 2, &o, &d, &s, NULL), 0);
    assert_int_equal(s.n_read, 2);
    pmpo_data_free(d);
}

static void test_same_again(void **state)
{
    (void)state;
    const char *const formats[] = {"gsm8k", "aqua", "alpaca-eval", "dpo",
                                   "bbh-cot", "csv", "bbh"};
    const char *const texts[] = {gsm8k, aqua, alpaca, dpo, cot, csv, bbh};
    for (size_t i = 0; i < 7; i++) {
        pmpo_data *a = import(formats[i], texts[i], NULL);
        pmpo_data *b = import(formats[i], texts[i], NULL);
        assert_int_equal(pmpo_data_count(a), pmpo_data_count(b));
        for (size_t k = 0; k < pmpo_data_count(a); k++) {
            assert_same(at(a, k), at(b, k));
        }
        pmpo_data_free(a);
        pmpo_data_free(b);
    }
    /* Ids must not change from one version to the next. */
    pmpo_data *d = import("gsm8k", gsm8k, NULL);
    assert_str(at(d, 0)->id, "033dfe85fee21e4f");
    pmpo_data_free(d);
}

/* ---- mistakes ----------------------------------------------------------- */

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text, *expect;
    } cases[] = {
        {"gsm8k", "", "f: no examples"},
        {"gsm8k", "\n\n", "f: no examples"},
        {"gsm8k", "[]", "f: no examples"},
        {"gsm8k", "\n{\"question\":", "f:2: not JSON: "},
        {"gsm8k", "[1]", "f: example 1: not an object"},
        {"gsm8k", "[{}\n,]", "f:2: not JSON: "},
        {"gsm8k", "{\"answer\":\"#### 1\"}", "f:1: no question"},
        {"gsm8k", "{\"question\":\"q\",\"answer\":5}",
         "f:1: answer is not a string"},
        {"gsm8k", "{\"question\":\"q\",\"answer\":\"5\"}",
         "f:1: no number after \"####\""},
        {"gsm8k", "{\"question\":\"q\",\"answer\":\"1 #### one\"}",
         "f:1: no number after \"####\""},
        {"gsm8k", "{\"question\":\"q\",\"answer\":\"#### 5\"}\n\xc3(",
         "f:2: invalid UTF-8 at byte 1 of the line"},
        {"aqua", "{\"question\":\"q\",\"rationale\":\"r\",\"correct\":\"A\"}",
         "f:1: options is not a list"},
        {"aqua",
         "{\"question\":\"q\",\"rationale\":\"r\",\"correct\":\"A\","
         "\"options\":[\"A)1\",\"2\"]}",
         "f:1: option 2 does not begin with \"B)\""},
        {"aqua",
         "{\"question\":\"q\",\"rationale\":\"r\",\"correct\":\"C\","
         "\"options\":[\"A)1\",\"B)2\"]}",
         "f:1: correct is \"C\", none of the options A to B"},
        {"aqua",
         "{\"question\":\"q\",\"rationale\":\"\",\"correct\":\"A\","
         "\"options\":[\"A)1\",\"B)2\"]}",
         "f: none of the 1 examples can be used: no rationale"},
        {"alpaca-eval", ALPACA("a", "b", "3"),
         "f:1: preference is not a number from 1 to 2"},
        {"alpaca-eval", "[" ALPACA("a", "b", "\"output_1\"") "]",
         "f: example 1: preference is not a number from 1 to 2"},
        {"alpaca-eval",
         "{\"instruction\":\"i\",\"output_1\":\"a\","
         "\"output_2\":\"b\"}",
         "f:1: no preference"},
        {"alpaca-eval",
         "{\"output_1\":\"a\",\"output_2\":\"b\","
         "\"preference\":1}",
         "f:1: no instruction"},
        {"alpaca-eval", ALPACA("a", "b", "1.5") "\n" ALPACA("a", "c", "1.5"),
         "f: none of the 2 examples can be used: a tie"},
        {"bbh", GOOD, "f: not a BIG-Bench Hard file"},
        {"bbh", "{\"examples\":[\n", "f:2: not JSON: "},
        {"bbh", "{\"examples\":[{\"input\":\"i\"}]}",
         "f: example 1: no target"},
        {"bbh", " ", "f: no examples"},
        {"bbh-cot", "", "f: no examples"},
        {"bbh-cot", "words\n", "f: no demonstrations"},
        {"bbh-cot", "\nQ: one?\n\nQ: two?\nA: So the answer is 2.",
         "f:2: a question without an answer"},
        {"bbh-cot", "Q: one?\nA: It is 1.", "f:1: no \"So the answer is\""},
        {"dpo", "{\"prompt\":\"p\",\"chosen\":\"c\"}", "f:1: no rejected"},
        {"dpo", "{\"chosen\":\"c\",\"rejected\":\"r\"}", "f:1: no prompt"},
        {"dpo",
         "{\"prompt\":\"p\",\"question\":\"q\",\"chosen\":\"c\","
         "\"rejected\":\"r\"}",
         "f:1: both prompt and question"},
        {"dpo", "{\"prompt\":\"p\",\"instruction\":\"a\",\"input\":\"b\"," PAIR,
         "f:1: both instruction and prompt"},
        {"dpo",
         "{\"system\":\"a\",\"prompt\":[{\"role\":\"system\","
         "\"content\":\"b\"}]," PAIR,
         "f:1: both system and a system message"},
        {"dpo",
         "{\"chosen\":[{\"role\":\"user\",\"content\":\"c\"},{\"role\":"
         "\"user\",\"content\":\"c\"}],\"rejected\":[{\"role\":\"user\","
         "\"content\":\"r\"}]}",
         "f:1: chosen does not end with"},
        {"jsonl", "", "f: no examples"},
        {"jsonl", "{\"text\":\"q\",\"label\":1}",
         "f:1: no field is called input, prompt, question, messages, "
         "conversations or instruction: try `pmpo data import jsonl f --input "
         "text --target "
         "label -o data.jsonl`"},
        {"jsonl", "[{\"instruction\":\"i\",\"output\":\"o\"}]",
         "f: example 1: no field is called target or chosen: try `pmpo data "
         "import jsonl f --target output -o data.jsonl`"},
        {"jsonl", "{\"input\":{\"q\":1},\"target\":\"t\"}",
         "f:1: the field \"input\" is an object; the input is a text"},
        {"jsonl", GOOD "{\"input\":\"i\",\"target\":[\"t\"]}",
         "f:2: the field \"target\" is a list; the target is a text"},
        {"jsonl", "{\"input\":[\"i\"],\"target\":\"t\"}",
         "f:1: the field \"input\" is a list; the input is a text"},
        {"jsonl", "{\"messages\":[" ASSISTANT "]}",
         "f:1: no message stands before the assistant's"},
        {"jsonl",
         "{\"messages\":[" USER ",{\"role\":\"assistant\",\"content\":null}]}",
         "f:1: the content of message 2 (the target) is not a string"},
        {"jsonl", "{\"messages\":[" USER "]}",
         "f:1: no field is called target or chosen: say which it is"},
        {"jsonl", "{\"input\":\"i\",\"prompt\":\"p\",\"target\":\"t\"}",
         "f:1: more than one field can be the input; name it: pmpo data import "
         "jsonl FILE --input COLUMN; the fields are input, prompt, target"},
        {"jsonl",
         "{\"question\":\"q\",\"response_a\":\"a\",\"response_b\":\"b\","
         "\"winner\":\"a\"}",
         "f:1: no field is called target or chosen: \"winner\" seems to say "
         "which of \"response_a\" and \"response_b\" is better: write a file "
         "that has the better one as chosen and the other as rejected first; "
         "the fields are question, response_a, response_b, winner"},
        {"jsonl", "{\"prompt\":\"p\",\"completion\":\"c\",\"label\":true}",
         "f:1: no field is called target or chosen: \"label\" may say whether "
         "\"completion\" is a good output: then write a file of the good ones, "
         "or with fields chosen and rejected, first; else name the target"},
        {"jsonl",
         "{\"instruction\":\"i\",\"output_1\":\"a\",\"output_2\":\"b\","
         "\"preference\":1}",
         "f:1: no field is called target or chosen: try `pmpo data import "
         "alpaca-eval f -o data.jsonl`"},
        {"jsonl",
         "{\"chosen\":\"\\n\\nHuman: q\\n\\nAssistant: a\",\"rejected\":"
         "\"\\n\\nHuman: q\\n\\nAssistant: b\"}",
         "f:1: no field is called input, prompt, question, messages, "
         "conversations or instruction: say which it is with --input COLUMN "
         "--target COLUMN of `pmpo data import jsonl`; the fields are chosen, "
         "rejected; or try `pmpo data import dpo f -o data.jsonl`"},
        {"dpo", "prompt,chosen,rejected\np,c,r\n",
         "f:1: not JSON but a table, it seems: try `pmpo data import csv f -o "
         "data.jsonl`"},
        {"csv", "question,good_answer,bad_answer\n",
         "f:1: no column is called target or chosen: try `pmpo data import csv "
         "f --input question --chosen good_answer --rejected bad_answer -o "
         "data.jsonl`"},
        {"csv", "prompt,response_0,response_1,better\n",
         "f:1: no column is called target or chosen: \"better\" seems to say"},
        {"csv", "text,answer 1,answer 2\n",
         "f:1: no column is called input, prompt or question: both \"answer "
         "1\" and \"answer 2\" may be outputs: name the right one with "
         "--target COLUMN of `pmpo data import csv`, or the better one with "
         "--chosen COLUMN and the other with --rejected COLUMN"},
        {"csv", "text,answer,answer_type\n",
         "f:1: no column is called input, prompt or question: try `pmpo data "
         "import csv f --input text --target answer -o"},
        {"csv", "", "f: no examples"},
        {"csv", "input,target\rq,t\r",
         "f:1: lines end in CR alone: convert with `tr '\\r' '\\n' < f > "},
        {"csv", "input,target\n\nq,caf\xe9\n",
         "f:3: invalid UTF-8 at byte 6 of"},
        {"csv", "input,target\n\"q\nr\xe9\",t\n", "f:3: invalid UTF-8 at"},
        {"csv", "inp\xe9t,target\n", "f:1: invalid UTF-8 at byte 4 of"},
        {"csv", "input,target\n", "f: no examples"},
        {"csv", "text,target\nq,t\n",
         "f:1: no column is called input, prompt or question: try `pmpo data "
         "import csv f --input text -o data.jsonl`"},
        {"csv", "input,prompt,target\n", "f:1: more than one column"},
        {"csv", "input,input,target\n", "f:1: two columns are called \"input"},
        {"csv", "input,label\n",
         "f:1: no column is called target or chosen: try `pmpo data import csv "
         "f --input input --target label -o data.jsonl`"},
        {"csv", "input,chosen\nq,c", "f:2: no rejected output"},
        {"csv", "input,target\n\"a\nb\",t\nq\n",
         "f:4: 1 fields where the header has 2"},
        {"csv", "input,target\nq,\n", "f:2: target is empty"},
        {"csv", "input,target\nq,t\n\na,\"x\ny\n",
         "f:4: a quote that begins here is never closed"},
        {"csv", "input,target\n\"a\nb\" c,t", "f:3: text behind a closing"},
        {"csv", "input,target\nq,5\" disk\n", "f:2: a quote inside a field"},
        {"csv", "one,two,three\n",
         "f:1: no column is called input, prompt or question: say which it is "
         "with --input COLUMN --target COLUMN of `pmpo data import csv`; the "
         "columns are one, two, three"},
        {"csv", "The Text,What's right\n",
         "f:1: no column is called input, prompt or question: try `pmpo data "
         "import csv f --input 'The Text' --target 'What'\\''s right' -o "},
        {"csv", "input,target,weight\nq,t,0\n",
         "f:2: weight is not a finite number"},
        {"csv", "input,target,weight\nq,t,a lot\n",
         "f:2: weight \"a lot\" is not a number"},
        {"csv", "input,target,options\nq,t,a|b\n",
         "f:2: the options do not hold the target"},
        {"csv", "input,target,options\nq,t,[a\n",
         "f:2: options \"[a\" is not a list"},
        {"csv", "input,target,id\nq,t,1\nr,t,1\n",
         "f:3: the id \"1\" is already that of line 2"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const pmpo_import_options o = options_for(cases[i].format);
        const pmpo_str text = pmpo_str_of(cases[i].text);
        const char *const name = "f";
        pmpo_data *d = NULL;
        pmpo_error err = {.code = 0};
        int rc = pmpo_import_parse(&text, &name, 1, &o, &d, NULL, &err);
        const char *expect = cases[i].expect;
        if (rc != PMPO_EDATA || strncmp(err.text, expect, strlen(expect))) {
            fail_msg("%s: %s: %d, \"%s\" instead of \"%s\"", cases[i].format,
                     cases[i].text, rc, err.text, expect);
        }
        assert_int_equal(err.code, rc);
        assert_null(d);
    }
}

static void test_nul(void **state)
{
    (void)state;
    const char *const name = "f";
    const pmpo_str text = {"input,target\na,\0b", 17};
    const pmpo_import_options o = options_for("csv");
    pmpo_data *d;
    pmpo_error err;
    assert_int_equal(pmpo_import_parse(&text, &name, 1, &o, &d, NULL, &err),
                     PMPO_EDATA);
    assert_string_equal(err.text, "f:2: a NUL byte in the line; remove it");
}

static void test_same_id_in_two_files(void **state)
{
    (void)state;
    const char *const names[] = {"a", "b"};
    const pmpo_str texts[] = {PMPO_STR("id,input,target\n1,p,x\n"),
                              PMPO_STR("id,input,target\n1,q,x\n")};
    const pmpo_import_options o = options_for("csv");
    pmpo_data *d;
    pmpo_error err;
    assert_int_equal(pmpo_import_parse(texts, names, 2, &o, &d, NULL, &err),
                     PMPO_EDATA);
    assert_string_equal(err.text, "b:2: the id \"1\" is already that of "
                                  "another example in an earlier file");
}

static void expect_misuse(const pmpo_import_options *o, const char *expect)
{
    const char *const path = "/nowhere/at/all";
    pmpo_data *d;
    pmpo_error err;
    const pmpo_str text = PMPO_STR("x");
    assert_int_equal(pmpo_import_parse(&text, &path, 1, o, &d, NULL, &err),
                     PMPO_EUSAGE);
    assert_memory_equal(err.text, expect, strlen(expect));
}

static void test_misuse(void **state)
{
    (void)state;
    pmpo_import_options o = options_for(NULL);
    expect_misuse(&o, "unknown format (none); known are bbh, bbh-cot, gsm8k");
    o.format = "xml";
    expect_misuse(&o, "unknown format xml; known are bbh,");
    o.format = "gsm8k";
    o.as = "target";
    expect_misuse(&o, "gsm8k data have one form only, not \"target\"");
    o.as = NULL;
    o.annotations = "Keep";
    expect_misuse(&o, "--annotations Keep: must be keep or strip");
    o.format = "aqua";
    expect_misuse(&o, "--annotations is of gsm8k data, not of aqua");
    o.annotations = NULL;
    o.as = "opt";
    expect_misuse(&o, "aqua data have no form \"opt\"; there are target, ");
    o.as = NULL;
    o.columns.answer = "x";
    expect_misuse(&o, "aqua data have no columns");
    o.columns.answer = NULL;
    o.separator = ';';
    expect_misuse(&o, "--separator is of csv data, not of aqua");
    o.format = "jsonl";
    expect_misuse(&o, "--separator is of csv data, not of jsonl");

    pmpo_data *d;
    pmpo_error err;
    const char *const path = "/nowhere/at/all";
    o = options_for("csv");
    assert_int_equal(pmpo_data_import(&path, 1, &o, &d, NULL, &err),
                     PMPO_EDATA);
    assert_string_equal(err.text, "/nowhere/at/all: No such file or directory");
    assert_int_equal(pmpo_data_import(&path, 0, &o, &d, NULL, &err),
                     PMPO_EUSAGE);
    o.columns.target = "colour";
    const pmpo_str text = PMPO_STR("input,target\nq,t\n");
    assert_int_equal(pmpo_import_parse(&text, &path, 1, &o, &d, NULL, &err),
                     PMPO_EDATA);
    assert_string_equal(err.text, "/nowhere/at/all:1: no column \"colour\" for "
                                  "the target; the columns are input, target");
    o = options_for("jsonl");
    o.columns.answer = "shrot";
    const pmpo_str lines = PMPO_STR(GOOD);
    assert_int_equal(pmpo_import_parse(&lines, &path, 1, &o, &d, NULL, &err),
                     PMPO_EDATA);
    assert_string_equal(err.text, "/nowhere/at/all: no record has the field "
                                  "\"shrot\" for the answer");
    o.size--;
    assert_int_equal(pmpo_data_import(&path, 1, &o, &d, NULL, &err),
                     PMPO_EVERSION);
}

/* ---- memory runs out ---------------------------------------------------- */

/* Short strings: where jansson's lexer can't make room for a longer one it
 * loses a character, and when that is the closing quote it runs on. */
static const struct {
    const char *format, *as, *text;
} starving[] = {
    {"gsm8k", NULL,
     "{\"question\":\"q\",\"answer\":\"#### 1\"}\n"
     "{\"question\":\"r\",\"answer\":\"#### 1\"}"},
#define AQUA                                                                   \
    "[{\"question\":\"q\",\"options\":[\"A)1\",\"B)2\"],\"rationale\":\"r\","  \
    "\"correct\":\"A\"}]"
    {"aqua", NULL, AQUA},
    {"aqua", "options", AQUA},
    {"aqua", "preference", AQUA},
    {"alpaca-eval", NULL,
     "{\"instruction\":\"i\",\"output_1\":\"a\",\"output_2\":\"b\","
     "\"input\":\"j\",\"preference\":2}"},
    {"dpo", NULL,
     "{\"prompt\":\"p\",\"system\":\"s\",\"chosen\":\"c\",\"rejected\":\"r\","
     "\"id\":1}\n{\"chosen\":[{\"role\":\"user\",\"content\":\"u\"},{\"role\":"
     "\"assistant\",\"content\":\"c\"}],\"rejected\":[{\"role\":\"user\","
     "\"content\":\"u\"},{\"role\":\"assistant\",\"content\":\"r\"}]}\n"
     "{\"instruction\":\"a\",\"input\":\"b\",\"system\":\"s\"," PAIR HH(
         HH_LEAD "\\n\\nAssistant: c", HH_LEAD "\\n\\nAssistant: r")},
    {"bbh-cot", NULL, cot},
    {"bbh", NULL, bbh_labels},
    {"csv", NULL,
     "input,target,options,id,weight\n\"a \"\"b\"\"\",t,t|u,1,2\n"
     "c,t,\"[\"\"t\"\"]\",,\n"},
    {"jsonl", NULL,
     "{\"instruction\":\"i\",\"input\":\"j\",\"target\":1,\"options\":[1,2]}\n"
     "{\"messages\":[" USER "," ASSISTANT "],\"weight\":2}\n"
     "{\"question\":true,\"target\":\"t\",\"options\":\"t|u\"}\n"},
};

static void starve(void (*begin)(long), bool may_recover, size_t i)
{
    const char *const names[] = {"a", "b"};
    const pmpo_str text = pmpo_str_of(starving[i].text);
    const pmpo_str texts[] = {text, text};
    pmpo_import_options o = options_for(starving[i].format);
    o.as = starving[i].as;
    long n = 0;
    for (bool hit = true; hit; n++) {
        pmpo_data *d = NULL;
        pmpo_error err = {.code = 0};
        begin(n);
        int rc = pmpo_import_parse(texts, names, 2, &o, &d, NULL, &err);
        hit = fail_alloc_hit();
        fail_alloc_after(-1);
        if (rc != (hit ? PMPO_ENOMEM : 0) && (rc != 0 || !may_recover)) {
            fail_msg("%s, allocation %ld: %d %s", o.format, n, rc, err.text);
        }
        assert_int_equal(err.code, rc);
        pmpo_data_free(d);
        assert_true(n < 5000);
    }
    assert_true(n > 20); /* the wrapping works */
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    json_set_alloc_funcs(fail_alloc_malloc, fail_alloc_free);
    for (size_t i = 0; i < sizeof(starving) / sizeof(starving[0]); i++) {
        starve(fail_alloc_after, false, i);
        starve(fail_alloc_once, true, i);
    }
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gsm8k),
        cmocka_unit_test(test_gsm8k_annotations),
        cmocka_unit_test(test_aqua),
        cmocka_unit_test(test_alpaca),
        cmocka_unit_test(test_cot),
        cmocka_unit_test(test_dpo),
        cmocka_unit_test(test_dpo_joins),
        cmocka_unit_test(test_dpo_parts),
        cmocka_unit_test(test_dpo_dialogues),
        cmocka_unit_test(test_bbh),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_same_again),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_same_id_in_two_files),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
