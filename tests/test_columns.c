/* test_columns.c: tables and JSON records as examples, by the names of their
 * columns. What is wrong in them is in test_import.c. */
#define _POSIX_C_SOURCE 200809L
#include "import_help.h"

static void test_csv(void **state)
{
    (void)state;
    pmpo_data *d = import("csv", csv, NULL);
    assert_int_equal(pmpo_data_count(d), 3);
    assert_str(at(d, 0)->id, "a");
    assert_str(at(d, 0)->input, "Which, of \"two\",\r\nis it?");
    assert_int_equal(at(d, 0)->n_options, 2);
    assert_str(at(d, 0)->options[1], "no");
    assert_true(at(d, 0)->weight == 2);
    assert_int_equal(at(d, 0)->line, 2);
    assert_int_equal(at(d, 1)->n_options, 2);
    assert_str(at(d, 1)->options[0], "no");
    assert_int_equal(at(d, 1)->line, 5);
    assert_int_equal(at(d, 2)->input.len, 0);
    assert_int_equal(at(d, 2)->n_options, 0);
    assert_true(at(d, 2)->weight == 0.5);
    assert_loads(d);
}

static void test_csv_columns(void **state)
{
    (void)state;
    pmpo_import_options o = options_for("csv");
    const char *text = "text;target;good;bad;answer\nq;t;g;b;s\n";
    o.separator = ';';
    o.columns.input = "text";
    pmpo_data *d = import_with(&o, "text;target;answer\nq;t;s\n", NULL);
    assert_str(at(d, 0)->target, "t");
    assert_str(at(d, 0)->answer, "s");
    assert_loads(d);

    o.columns.chosen = "good"; /* then the column target is none */
    o.columns.rejected = "bad";
    d = import_with(&o, text, NULL);
    assert_str(at(d, 0)->target, "g");
    assert_str(at(d, 0)->rejected[0], "b");
    assert_loads(d);

    o = options_for("csv"); /* what is the target can't be the answer too */
    o.columns.target = "answer";
    d = import_with(&o, "input,answer\nq,x\n", NULL);
    assert_str(at(d, 0)->target, "x");
    assert_int_equal(at(d, 0)->answer.len, 0);
    assert_loads(d);
}

static void test_tsv(void **state)
{
    (void)state;
    const char *const name = "some.tsv";
    const pmpo_str text = PMPO_STR("input\ttarget\n1, 2\t3\n\t4");
    const pmpo_import_options o = options_for("csv");
    pmpo_data *d;
    assert_int_equal(pmpo_import_parse(&text, &name, 1, &o, &d, NULL, NULL), 0);
    assert_str(at(d, 0)->input, "1, 2");
    assert_str(at(d, 1)->target, "4");
    assert_loads(d);
}

static void test_jsonl(void **state)
{
    (void)state;
    pmpo_import_options o = options_for("jsonl");
    o.columns.input = "text";
    o.columns.target = "label";
    o.columns.answer = "short"; /* not every record has it */
    o.columns.options = "choices";
    pmpo_data *d = import_with(
        &o,
        "{\"text\":\"a b\",\"label\":\"x\",\"input\":\"no\",\"n\":{}}\n"
        "{\"text\":1,\"label\":true,\"short\":2.5,\"weight\":2}\r\n\n"
        "{\"text\":\"\",\"label\":2,\"choices\":[1,2],\"id\":7}\n"
        "{\"text\":\"\",\"label\":\"y\",\"choices\":\"x|y\",\"short\":null}",
        NULL);
    assert_str(at(d, 0)->input, "a b");
    assert_str(at(d, 0)->target, "x");
    assert_int_equal(at(d, 0)->answer.len, 0);
    assert_str(at(d, 1)->input, "1");
    assert_str(at(d, 1)->target, "true");
    assert_str(at(d, 1)->answer, "2.5");
    assert_true(at(d, 1)->weight == 2);
    assert_str(at(d, 2)->id, "7");
    assert_str(at(d, 2)->options[1], "2");
    assert_int_equal(at(d, 2)->line, 4);
    assert_str(at(d, 3)->options[0], "x");
    assert_loads(d);

    o = options_for("jsonl"); /* names that are found; a list */
    o.columns.target = "output";
    d = import_with(&o,
                    "[{\"question\":\"q\",\"output\":\"t\"},"
                    "{\"instruction\":\"i\",\"input\":\"j\",\"output\":\"t\"},"
                    "{\"instruction\":\"i\",\"input\":\"\",\"output\":\"t\"},"
                    "{\"instruction\":\"k\",\"output\":\"t\"}]",
                    NULL);
    assert_str(at(d, 0)->input, "q");
    assert_str(at(d, 1)->input, "i\n\nj");
    assert_str(at(d, 2)->input, "i");
    assert_str(at(d, 3)->input, "k");
    assert_loads(d);
}

static void test_jsonl_chats(void **state)
{
    (void)state;
    pmpo_data *d = import("jsonl",
                          "{\"messages\":[" USER "," ASSISTANT "," USER
                          "," ASSISTANT "]}\n"
                          "{\"messages\":[" USER "],\"target\":\"t\"}\n"
                          "{\"messages\":[" USER "," ASSISTANT
                          "],\"target\":\"t\"}\n",
                          NULL);
    assert_int_equal(at(d, 0)->n_messages, 3);
    assert_str(at(d, 0)->messages[1].content, "a");
    assert_str(at(d, 0)->target, "a");
    assert_int_equal(at(d, 1)->n_messages, 1);
    assert_str(at(d, 1)->target, "t");
    assert_int_equal(at(d, 2)->n_messages, 2); /* a target is given */
    assert_loads(d);

    pmpo_import_options o = options_for("jsonl");
    o.columns.input = "conversation";
    d = import_with(&o, "{\"conversation\":[" USER "," ASSISTANT "]}", NULL);
    assert_int_equal(at(d, 0)->n_messages, 1);
    assert_str(at(d, 0)->target, "a");
    assert_loads(d);
}

/* ShareGPT's. */
static void test_conversations(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":\"c\",\"conversations\":[{\"from\":"
                               "\"system\",\"value\":\"s\"},"
                               "{\"from\":\"human\",\"value\":\"q\"},{\"from\":"
                               "\"gpt\",\"value\":\"a\"},"
                               "{\"from\":\"user\",\"value\":\"r\"},"
                               "{\"from\":\"assistant\",\"value\":\"b\"}]}";
    pmpo_data *d = import("jsonl", text, NULL);
    assert_str(at(d, 0)->id, "c");
    assert_int_equal(at(d, 0)->n_messages, 4);
    assert_str(at(d, 0)->messages[0].role, "system");
    assert_str(at(d, 0)->messages[1].role, "user");
    assert_str(at(d, 0)->messages[2].role, "assistant");
    assert_str(at(d, 0)->messages[3].content, "r");
    assert_str(at(d, 0)->target, "b");
    assert_loads(d);
}

/* OpenAI's newer chats: parts of text, and `developer` for `system`. */
static void test_chat_parts(void **state)
{
    (void)state;
    static const char text[] =
        "{\"messages\":[{\"role\":\"developer\",\"content\":\"d\"},"
        "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
        "{\"type\":\"text\",\"text\":\"b\"}]},{\"role\":\"assistant\","
        "\"content\":[{\"type\":\"text\",\"text\":\"c\"}]}]}";
    pmpo_data *d = import("jsonl", text, NULL);
    assert_int_equal(at(d, 0)->n_messages, 2);
    assert_str(at(d, 0)->messages[0].role, "system");
    assert_str(at(d, 0)->messages[0].content, "d");
    assert_str(at(d, 0)->messages[1].content, "ab");
    assert_str(at(d, 0)->target, "c");
    assert_loads(d);
}

/* Excel's first line wins over the name's separator, and the caller over both. */
static void test_csv_sep(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        char separator;
    } cases[] = {
        {"sep=;\r\ninput;target\r\nq,r;t\r\n", 0},
        {"\"sep=;\"\ninput;target\n\"q,r\";t\n", 0},
        {"\xef\xbb\xbfSEP=,\ninput;target\nq,r;t\n", ';'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pmpo_import_options o = options_for("csv");
        o.separator = cases[i].separator;
        pmpo_data *d = import_with(&o, cases[i].text, NULL);
        assert_str(at(d, 0)->input, "q,r");
        assert_str(at(d, 0)->target, "t");
        assert_int_equal(at(d, 0)->line, 3);
        assert_loads(d);
    }
}

/* What a limit leaves unread may be anything. */
static void test_limit(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text;
    } cases[] = {
        {"csv", "input,target\nq,t\nr,\xe9\n"},
        {"csv", "input,target\nq,t\n\"r"},
        {"gsm8k", "{\"question\":\"q\",\"answer\":\"#### 5\"}\n\xe9\n"},
        {"jsonl", GOOD "\xe9\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pmpo_import_options o = options_for(cases[i].format);
        o.limit = 1;
        pmpo_data *d = import_with(&o, cases[i].text, NULL);
        assert_int_equal(pmpo_data_count(d), 1);
        pmpo_data_free(d);
    }
}

/* ---- labels -------------------------------------------------------------- */

/* A closed set of targets as the options of all, over all files of the call. */
static void test_labels(void **state)
{
    (void)state;
    const char *const names[] = {"a", "b"};
    const pmpo_str texts[] = {PMPO_STR("input,target\np,no\nq,yes\n"),
                              PMPO_STR("input,target\nr,yes\ns,no\n")};
    pmpo_import_options o = options_for("csv");
    pmpo_data *d;
    o.labels = true;
    assert_int_equal(pmpo_import_parse(texts, names, 2, &o, &d, NULL, NULL), 0);
    assert_int_equal(at(d, 3)->n_options, 2);
    assert_str(at(d, 3)->options[0], "no");
    assert_str(at(d, 3)->options[1], "yes");
    assert_str(at(d, 3)->rejected[0], "yes");
    assert_loads(d);
}

static void test_no_labels(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"input,target\np,a\nq,b\nr,a\n",
         "f: --labels: the target \"b\" is there once only"},
        {"input,target\np,a\nq,a\n", "f: --labels: all targets are the same"},
        {"input,target\np,a b\nq,c\nr,A  b\ns,c\nt,a b\nu,A  b\n",
         "f: --labels: the labels \"a b\" and \"A  b\" differ by case or "
         "blanks"},
        {"input,chosen,rejected\np,a,b\nq,a,b\n",
         "f: --labels: there are examples that have rejected outputs already"},
        {"input,target,options\np,a,a|b\nq,a,\n",
         "f: --labels: there are examples that have options already"},
    };
    pmpo_import_options o = options_for("csv");
    pmpo_error err;
    pmpo_data *d;
    const char *const name = "f";
    o.labels = true;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const pmpo_str text = pmpo_str_of(cases[i].text);
        assert_int_equal(pmpo_import_parse(&text, &name, 1, &o, &d, NULL, &err),
                         PMPO_EDATA);
        assert_memory_equal(err.text, cases[i].why, strlen(cases[i].why));
    }
    char many[2 * 27 * 16] = "input,target\n";
    for (int i = 0; i < 2 * 27; i++) {
        size_t at = strlen(many);
        snprintf(many + at, sizeof(many) - at, "%d,t%d\n", i, i / 2);
    }
    const pmpo_str text = pmpo_str_of(many);
    assert_int_equal(pmpo_import_parse(&text, &name, 1, &o, &d, NULL, &err),
                     PMPO_EDATA);
    assert_string_equal(err.text, "f: --labels: more than 26 different targets "
                                  "are no labels");
    o.format = "dpo";
    assert_int_equal(pmpo_import_parse(&text, &name, 1, &o, &d, NULL, &err),
                     PMPO_EUSAGE);
}

/* ---- all mistakes -------------------------------------------------------- */

static pmpo_data_report *checked(const char *name, const char *text,
                                 const pmpo_import_options *o)
{
    pmpo_data_report *r;
    const char *path = in_folder(name);
    FILE *f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
    assert_int_equal(pmpo_data_check_as(path, o, &r, NULL), 0);
    unlink(path);
    return r;
}

/* Of a file whose columns are named all mistakes are listed. */
static void test_check_as(void **state)
{
    (void)state;
    pmpo_import_options o;
    pmpo_import_options_init(&o);
    o.columns.input = "text";
    o.columns.target = "label";
    pmpo_data_report *r =
        checked("t.csv", "text,label\na,x\nb,\nc,y\nd\ne,x\nf,y\n", &o);
    assert_int_equal(r->n_examples, 4);
    assert_int_equal(r->n_errors, 2);
    assert_int_equal(r->problems[0].line, 3);
    assert_string_equal(r->problems[0].text, "target is empty");
    assert_int_equal(r->problems[1].line, 5);
    assert_int_equal(r->n_closed, 2);
    pmpo_data_report_free(r);

    r = checked("t.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\",\"label\":1}\n",
                &o);
    assert_int_equal(r->n_examples, 1);
    assert_int_equal(r->problems[0].line, 1);
    assert_int_equal(r->n_closed, 0);
    pmpo_data_report_free(r);

    r = checked("t.csv", "text,label\na,\n", &o); /* there is none */
    assert_int_equal(r->n_examples, 0);
    assert_int_equal(r->n_errors, 1);
    pmpo_data_report_free(r);

    pmpo_error err;
    assert_int_equal(pmpo_data_check_as("/nowhere/f", &o, &r, &err),
                     PMPO_EDATA);
    o.size--;
    assert_int_equal(pmpo_data_check_as("/nowhere/f", &o, &r, &err),
                     PMPO_EVERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_columns),
        cmocka_unit_test(test_tsv),
        cmocka_unit_test(test_jsonl),
        cmocka_unit_test(test_jsonl_chats),
        cmocka_unit_test(test_chat_parts),
        cmocka_unit_test(test_conversations),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_no_labels),
        cmocka_unit_test(test_check_as),
        cmocka_unit_test(test_csv_sep),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
