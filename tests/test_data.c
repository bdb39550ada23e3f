/* test_data.c: reading data files: mistakes, fields, ids, BIG-Bench Hard. */
#define _POSIX_C_SOURCE 200809L
#include "data_help.h"

/* ---- mistakes ----------------------------------------------------------- */

/* To add a row: the bytes of a file, the line that is wrong (0: the file as a
 * whole) and a part of the cause. */
static const struct {
    const char *bytes;
    int line;
    const char *cause;
} mistakes[] = {
    {"hello\n", 1, "not JSON: "},
    {GOOD "{\"input\":\"i\",\"target\":}\n", 2, "column 23"},
    {GOOD "\n  \r\n{\"input\":\"i\"", 4, "not JSON: "},
    {"{\n \"input\": \"i\",\n \"target\": \"t\"\n}\n", 1,
     "an object over several lines; write one object a line: `jq -c . FILE`"},
    {"[" GOOD ",\n" GOOD "\n", 5, "not JSON: "},
    {"[1]\n" GOOD, 2, "not JSON: "},
    {GOOD "[1]\n", 2, "not an object but a list"},
    {GOOD "17\n", 2, "not an object"},
    {"null", 1, "not an object"},
    {"{\"target\":\"t\"}", 1, "no input; give \"input\""},
    {"{\"input\":null,\"target\":\"t\"}", 1, "no input"},
    {"{\"input\":3,\"target\":\"t\"}", 1, "input is not a string"},
    {"{\"input\":[],\"target\":\"t\"}", 1, "input is not a string"},
    {"{\"input\":\"a\",\"prompt\":\"b\",\"target\":\"t\"}", 1,
     "both input and prompt"},
    {"{\"input\":\"i\"}", 1, "no target; give \"target\""},
    {"{\"input\":\"i\",\"target\":null}", 1, "no target"},
    {"{\"input\":\"i\",\"target\":\"\"}", 1, "target is empty"},
    {"{\"input\":\"i\",\"target\":3}", 1, "put the number in quotes"},
    {"{\"input\":\"i\",\"target\":[\"t\"]}", 1, "target is not a string"},
    {"{\"input\":\"i\",\"target\":\"t\",\"chosen\":\"c\"}", 1,
     "both target and chosen"},
    {"{\"input\":\"i\",\"chosen\":\"c\"}", 1, "no rejected output"},
    {"{\"input\":\"i\",\"chosen\":\"c\",\"rejected\":[]}", 1,
     "no rejected output"},
    {"{\"input\":\"i\",\"rejected\":\"c\"}", 1, "no target"},
    {"{\"input\":\"i\",\"chosen\":\"c\",\"rejected\":\"\"}", 1,
     "rejected is empty"},
    {"{\"input\":\"i\",\"chosen\":\"c\",\"rejected\":[\"r\",4]}", 1,
     "rejected is not a string"},
    {GOOD "{\"input\":\"i\",\"chosen\":\"same\",\"rejected\":[\"r\",\"same\"]}",
     2, "the chosen output equals a rejected one: \"same\""},
    {"{\"input\":\"i\",\"chosen\":[{\"role\":\"user\",\"content\":\"u\"}],"
     "\"rejected\":\"r\"}",
     1, "chosen is a list without an assistant message"},
    {GOOD "{\"input\":\"i\xc3\",\"target\":\"t\"}", 2,
     "invalid UTF-8 at byte 12 of the line"},
    {"\xff\xfe{", 1, "UTF-16, not UTF-8: convert with `iconv -f UTF-16"},
    {"\xfe\xff,\n,\n", 1, "UTF-16, not UTF-8"},
    {"\x1f\x8b\x08,\n,\n", 1, "compressed by gzip: unpack with `gunzip FILE`"},
    {"PK\x03\x04\n", 1, "a zip archive, as Excel's .xlsx are"},
    {"caf\xe9,b\nc,d\n", 1, "invalid UTF-8 at byte 4 of the line"},
    {"{\"input\":\"\xed\xa0\x80\",\"target\":\"t\"}", 1, "byte 11 of the line"},
    {"{\"input\":\"\\ud800\",\"target\":\"t\"}", 1, "not JSON: "},
    {GOOD "{\"input\":\"a\\u0000b\",\"target\":\"t\"}", 2,
     "a NUL character inside a string"},
    {"{\"input\":\"i\",\"target\":\"t\\u0000\"}", 1, "a NUL character"},
    {"{\"id\":\"x\",\"input\":\"i\",\"target\":\"t\"}\n" GOOD
     "{\"id\":\"x\",\"input\":\"j\",\"target\":\"t\"}",
     3, "the id \"x\" is already that of line 1"},
    {"{\"id\":7,\"input\":\"i\",\"target\":\"t\"}\n"
     "{\"id\":\"7\",\"input\":\"j\",\"target\":\"t\"}",
     2, "the id \"7\" is already that of line 1"},
    {"{\"id\":\"\",\"input\":\"i\",\"target\":\"t\"}", 1, "id is empty"},
    {"{\"id\":true,\"input\":\"i\",\"target\":\"t\"}", 1, "id is not a string"},
    {"{\"input\":\"i\",\"target\":\"t\",\"answer\":{}}", 1,
     "answer is not a string"},
    {"{\"input\":\"i\",\"target\":\"t\",\"options\":[\"a\",\"b\"]}", 1,
     "the options do not hold the target \"t\""},
    {"{\"input\":\"i\",\"target\":\"t\",\"options\":[\"t\",\"b\",\"b\"]}", 1,
     "the option \"b\" is there twice"},
    {"{\"input\":\"i\",\"target\":\"t\",\"options\":[\"t\",1]}", 1,
     "an option is not a string"},
    {"{\"input\":\"i\",\"target\":\"t\",\"options\":\"t\"}", 1,
     "options is not a list of strings"},
    {"{\"input\":\"i\",\"target\":\"t\",\"weight\":0}", 1, "weight is not"},
    {"{\"input\":\"i\",\"target\":\"t\",\"weight\":-1}", 1, "weight is not"},
    {"{\"input\":\"i\",\"target\":\"t\",\"weight\":\"1\"}", 1, "weight is not"},
    {"{\"input\":\"i\",\"target\":\"t\",\"weight\":1e-999}", 1,
     "weight is not a finite number above 0"},
    {"{\"input\":\"i\",\"target\":\"t\",\"weight\":1e999}", 1, "not JSON: "},
    {"{\"input\":\"i\",\"target\":\"t\",\"n\":99999999999999999999}", 1,
     "not JSON: "},
    {"{\"input\":\"i\",\"input\":\"i\",\"target\":\"t\"}", 1,
     "not JSON: duplicate object key"},
    {"{\"messages\":[],\"target\":\"t\"}", 1, "messages is not a list of"},
    {"{\"messages\":\"m\",\"target\":\"t\"}", 1, "messages is not a list of"},
    {"{\"messages\":[\"m\"],\"target\":\"t\"}", 1,
     "message 1 is not an object with role and content"},
    {"{\"messages\":[{\"role\":\"user\",\"content\":\"u\"},{\"role\":\"tool\","
     "\"content\":\"\"}],\"target\":\"t\"}",
     1, "message 2 has the role \"tool\""},
    {"{\"messages\":[{\"role\":\"user\"}],\"target\":\"t\"}", 1,
     "the content of message 1 is not a string"},
    {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\","
     "\"text\":\"u\"},{\"type\":\"image_url\",\"image_url\":{}}]}],"
     "\"target\":\"t\"}",
     1,
     "messages: the content of message 1: part 2 is of the type "
     "\"image_url\"; only text can be read"},
    {"{\"messages\":[{\"role\":\"user\",\"content\":[]}],\"target\":\"t\"}", 1,
     "the content of message 1 is not a string"},
    {"{\"input\":\"i\",\"messages\":[{\"role\":\"user\",\"content\":\"u\"}],"
     "\"target\":\"t\"}",
     1, "both input and messages"},
    {"{\"input\":\"i\",\"target\":\"t\",\"rejected_drawn\":1}", 1,
     "rejected_drawn is not true or false"},
    {"", 0, "no examples"},
    {"\n \t\r\n\n", 0, "no examples"},
    {"\xef\xbb\xbf", 0, "no examples"},
    {"{\"examples\":[]}", 0, "no examples"},
    {"{\"canary\":\"c\",\n\"examples\":[\n{\"input\":\"a\",\n", 4,
     "not JSON: "},
    {"{\"canary\":\"c\",\n\"examples\":[{\"input\":\"\xff\"}]}", 2,
     "invalid UTF-8 at byte 38 of the file"},
    /* these end at their first line, a word does not make a BBH file */
    {"{\"input\":\"\\\"examples\\\": [\",\"target\":}\n" GOOD, 1, "column 37"},
    {GOOD "{\"examples\":[]}\n", 2, "no input"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        pmpo_data *d = (pmpo_data *)&d;
        pmpo_error err = {.code = 0};
        int rc = pmpo_data_parse(pmpo_str_of(mistakes[i].bytes), "f.jsonl",
                                 NULL, &d, &err);
        char head[32] = "f.jsonl: ";
        if (mistakes[i].line) {
            snprintf(head, sizeof(head), "f.jsonl:%d: ", mistakes[i].line);
        }
        if (rc != PMPO_EDATA || err.code != rc ||
            strncmp(err.text, head, strlen(head)) != 0 ||
            !strstr(err.text, mistakes[i].cause) || d != (pmpo_data *)&d) {
            fail_msg("row %zu: %d, \"%s\"; expected %s...%s", i, rc, err.text,
                     head, mistakes[i].cause);
        }
        assert_int_equal(PMPO_EDATA, pmpo_data_parse(
            pmpo_str_of(mistakes[i].bytes), "f.jsonl", NULL, &d, NULL));
    }
    assert_int_equal(pmpo_code_exit(PMPO_EDATA), 2);
}

static void test_bbh_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *second, *cause;
    } rows[] = {
        {"[]", "f.json: example 2: not an object"},
        {"{\"target\":\"t\"}", "f.json: example 2: no input"},
        {"{\"input\":\"i\"}", "f.json: example 2: no target"},
        {"{\"input\":1,\"target\":\"t\"}", "f.json: example 2: input is not a"},
        {"{\"input\":\"i\",\"target\":\"\"}", "f.json: example 2: target is"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char bytes[200];
        pmpo_error err;
        pmpo_data *d;
        snprintf(bytes, sizeof(bytes), "{\"examples\":[" GOOD ",%s]}",
                 rows[i].second);
        int rc = pmpo_data_parse(pmpo_str_of(bytes), "f.json", NULL, &d, &err);
        assert_int_equal(rc, PMPO_EDATA);
        if (strncmp(err.text, rows[i].cause, strlen(rows[i].cause)) != 0) {
            fail_msg("%s", err.text);
        }
    }
}

/* One JSON list, over several lines; its examples are counted. */
static void test_list(void **state)
{
    (void)state;
    static const char list[] = "\xef\xbb\xbf\n[\n  {\n    \"input\": \"i\",\n"
                               "    \"target\": \"t\"\n  },\n  {\"prompt\": "
                               "\"j\", \"target\": \"\"}\n]\n";
    pmpo_error err;
    pmpo_data *d;
    pmpo_data_options o;
    pmpo_data_options_init(&o);
    int rc = pmpo_data_parse(pmpo_str_of(list), "f", NULL, &d, &err);
    assert_int_equal(rc, PMPO_EDATA);
    assert_string_equal(err.text, "f: example 2: target is empty");
    o.limit = 1;
    assert_int_equal(pmpo_data_parse(pmpo_str_of(list), "f", &o, &d, &err), 0);
    assert_int_equal(pmpo_data_count(d), 1);
    assert_string_equal(pmpo_data_example(d, 0)->target.ptr, "t");
    pmpo_data_free(d);
    rc = pmpo_data_parse(PMPO_STR(
                             "[{\"id\":1,\"input\":\"i\",\"target\":\"t\"},"
                             "{\"id\":1,\"input\":\"j\",\"target\":\"t\"}]"),
                         "f", NULL, &d, &err);
    assert_int_equal(rc, PMPO_EDATA);
    assert_string_equal(err.text, "f: example 2: the id \"1\" is already that "
                                  "of example 1");
}

/* A NUL byte itself, which C strings can't hold, and hostile sizes. */
static void test_hostile_bytes(void **state)
{
    (void)state;
    static const char nul[] = "{\"input\":\"a\0b\",\"target\":\"t\"}";
    pmpo_error err;
    pmpo_data *d;
    int rc = pmpo_data_parse((pmpo_str){nul, sizeof(nul) - 1}, "f", NULL, &d,
                             &err);
    assert_int_equal(rc, PMPO_EDATA);
    assert_non_null(strstr(err.text, "f:1: not JSON: control character 0x0"));

    const size_t n = 100000;
    char *deep = calloc(n + 100, 1);
    memset(deep, '[', n);
    rc = pmpo_data_parse((pmpo_str){deep, n}, "f", NULL, &d, &err);
    assert_int_equal(rc, PMPO_EDATA);
    assert_non_null(strstr(err.text, "f:1: not JSON: maximum parsing depth"));
    free(deep);

    pmpo_buf many = {0};
    pmpo_buf_puts(&many,
                  "{\"input\":\"i\",\"chosen\":\"c\",\"rejected\":[\"0\"");
    for (int i = 1; i < 1001; i++) {
        pmpo_buf_printf(&many, ",\"%d\"", i);
    }
    pmpo_buf_puts(&many, "]}");
    rc = pmpo_data_parse(pmpo_buf_str(&many), "f", NULL, &d, &err);
    assert_int_equal(rc, PMPO_EDATA);
    assert_string_equal(err.text, "f:1: rejected has more than 1000 entries");
    pmpo_buf_release(&many);
}

static void test_bad_files(void **state)
{
    (void)state;
    pmpo_data *d;
    pmpo_data_report *r;
    pmpo_error err;
    assert_int_equal(pmpo_data_load("/nowhere/f", NULL, &d, &err), PMPO_EDATA);
    assert_int_equal(err.code, PMPO_EDATA);
    assert_string_equal(err.text, "/nowhere/f: No such file or directory");
    assert_int_equal(pmpo_data_load(folder, NULL, &d, &err), PMPO_EDATA);
    assert_non_null(strstr(err.text, ": Is a directory"));
    assert_int_equal(pmpo_data_load(NULL, NULL, &d, &err), PMPO_EUSAGE);
    assert_int_equal(pmpo_data_check("/nowhere/f", &r, &err), PMPO_EDATA);
    assert_int_equal(pmpo_data_check("/dev/null", &r, &err), PMPO_EDATA);
    assert_string_equal(err.text, "/dev/null: no examples");
    if (geteuid() != 0) { /* root may read everything */
        const char *path = in_folder("secret");
        FILE *f = fopen(path, "w");
        fclose(f);
        chmod(path, 0);
        assert_int_equal(pmpo_data_load(path, NULL, &d, &err), PMPO_EDATA);
        unlink(path);
    }
}

/* Of a file, what has other fields is told how it is imported. */
static void test_advice(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *advice; /* %s: the file */
    } cases[] = {
        {"{\"text\":\"q\",\"label\":1}",
         "%s:1: no input; give \"input\", \"prompt\" or \"messages\"; or try "
         "`pmpo data import jsonl %s --input text --target label -o "
         "data.jsonl`"},
        {"{\"question\":\"q\",\"answer\":\"a\"}",
         "%s:1: no input; give \"input\", \"prompt\" or \"messages\"; or try "
         "`pmpo data import jsonl %s --input question --target answer -o "
         "data.jsonl`"},
        {"{\"instruction\":\"i\",\"input\":\"j\",\"output\":\"o\"}",
         "%s:1: no target; give \"target\", or \"chosen\" and \"rejected\"; or "
         "try `pmpo data import jsonl %s --target output -o data.jsonl`"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":\"u\"},{\"role\":"
         "\"assistant\",\"content\":\"a\"}]}",
         "%s:1: no target; give \"target\", or \"chosen\" and \"rejected\"; or "
         "try `pmpo data import jsonl %s -o data.jsonl`"},
        {"{\"conversations\":[{\"from\":\"human\",\"value\":\"u\"},"
         "{\"from\":\"gpt\",\"value\":\"a\"}]}",
         "%s:1: no input; give \"input\", \"prompt\" or \"messages\"; or try "
         "`pmpo data import jsonl %s -o data.jsonl`"},
        {"{\"chosen\":\"\\n\\nHuman: q\\n\\nAssistant: a\",\"rejected\":"
         "\"\\n\\nHuman: q\\n\\nAssistant: b\"}",
         "%s:1: no input; give \"input\", \"prompt\" or \"messages\"; or try "
         "`pmpo data import dpo %s -o data.jsonl`"},
        {"{\"a\":1,\"b\":2,\"c\":3}",
         "%s:1: no input; give \"input\", \"prompt\" or \"messages\"; or say "
         "which fields these are: `pmpo data import jsonl %s --input COLUMN "
         "--target COLUMN -o data.jsonl`; there are a, b, c"},
        {"{\"input\":\"i\"}",
         "%s:1: no target; give \"target\", or \"chosen\" and \"rejected\""},
    };
    pmpo_data *d;
    pmpo_error err;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[600];
        const char *path = write_temp(cases[i].bytes);
        snprintf(want, sizeof(want), cases[i].advice, path, path);
        assert_int_equal(pmpo_data_load(path, NULL, &d, &err), PMPO_EDATA);
        assert_string_equal(err.text, want);
        unlink(path);
    }
    assert_int_equal(pmpo_data_parse(pmpo_str_of(cases[0].bytes), "rows", NULL,
                                     &d, &err),
                     PMPO_EDATA); /* no file: nothing to import */
    assert_string_equal(err.text, "rows:1: no input; give \"input\", "
                                  "\"prompt\" or \"messages\"");
}

static void test_another_version(void **state)
{
    (void)state;
    pmpo_data *d;
    pmpo_data_options o;
    pmpo_data_options_init(&o);
    o.size--;
    assert_int_equal(pmpo_data_parse(PMPO_STR(GOOD), "f", &o, &d, NULL),
                     PMPO_EVERSION);
    assert_int_equal(pmpo_data_load("/dev/null", &o, &d, NULL), PMPO_EVERSION);
}

/* ---- fields ------------------------------------------------------------- */

static void test_fields(void **state)
{
    (void)state;
    pmpo_data *d = parse(
        "\xef\xbb\xbf{\"id\":\"a\",\"input\":\" i\\n\",\"target\":\"t \","
        "\"answer\":\"T\",\"weight\":2.5,\"extra\":[{\"x\":null}]}\r\n"
        "\r\n"
        "{\"id\":12,\"prompt\":\"\",\"target\":\"\xc3\xa9\",\"options\":"
        "[\"x\",\"\xc3\xa9\",\"y\"],\"weight\":null}\n"
        "{\"prompt\":\"p\",\"chosen\":\"c\",\"rejected\":[\"r\",\"s\",\"r\"]}");
    assert_int_equal(pmpo_data_count(d), 3);
    assert_string_equal(pmpo_data_name(d), "t");
    assert_int_equal(pmpo_data_task(d).len, 0);
    const pmpo_example *e = pmpo_data_example(d, 0);
    assert_str(e->id, "a");
    assert_str(e->input, " i\n"); /* bytes are never trimmed */
    assert_str(e->target, "t ");
    assert_str(e->answer, "T");
    assert_true(e->weight == 2.5);
    assert_int_equal(e->line, 1);
    assert_int_equal(e->n_options + e->n_rejected + e->n_messages, 0);
    e = pmpo_data_example(d, 1);
    assert_str(e->id, "12");
    assert_int_equal(e->input.len, 0);
    assert_int_equal(e->line, 3);
    assert_true(e->weight == 1);
    assert_int_equal(e->n_options, 3);
    assert_int_equal(e->n_rejected, 2);
    assert_str(e->rejected[0], "x");
    assert_str(e->rejected[1], "y");
    e = pmpo_data_example(d, 2);
    assert_str(e->input, "p");
    assert_str(e->target, "c");
    assert_int_equal(e->n_rejected, 2);
    assert_str(e->rejected[1], "s");
    assert_int_equal(e->id.len, 16);
    assert_int_equal(strspn(e->id.ptr, "0123456789abcdef"), 16);
    pmpo_data_free(d);
}

static void test_messages(void **state)
{
    (void)state;
    pmpo_data *d = parse(
        "{\"messages\":[{\"role\":\"system\",\"content\":\"\"},{\"role\":"
        "\"user\",\"content\":\"u\",\"name\":\"n\"}],\"target\":\"t\"}\n"
        /* as DPO files have it: conversations with their answers */
        "{\"prompt\":\"q\",\"messages\":[{\"role\":\"user\",\"content\":\"q\"},"
        "{\"role\":\"assistant\",\"content\":\"good\"}],"
        "\"chosen\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":"
        "\"assistant\",\"content\":\"good\"}],"
        "\"rejected\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":"
        "\"assistant\",\"content\":\"bad\"}]}\n"
        "{\"prompt\":[{\"role\":\"user\",\"content\":\"q\"}],\"chosen\":"
        "[{\"role\":\"assistant\",\"content\":\"1\"},{\"role\":\"assistant\","
        "\"content\":\"2\"},{\"role\":\"user\",\"content\":\"3\"}],"
        "\"rejected\":[[{\"role\":\"assistant\",\"content\":\"4\"}],\"5\"]}\n");
    const pmpo_example *e = pmpo_data_example(d, 0);
    assert_int_equal(e->n_messages, 2);
    assert_str(e->messages[0].role, "system");
    assert_int_equal(e->messages[0].content.len, 0);
    assert_str(e->messages[1].role, "user");
    assert_str(e->messages[1].content, "u");
    assert_int_equal(e->input.len, 0);
    e = pmpo_data_example(d, 1);
    assert_int_equal(e->n_messages, 0);
    assert_str(e->input, "q");
    assert_str(e->target, "good");
    assert_int_equal(e->n_rejected, 1);
    assert_str(e->rejected[0], "bad");
    e = pmpo_data_example(d, 2);
    assert_int_equal(e->n_messages, 1);
    assert_str(e->target, "2");
    assert_int_equal(e->n_rejected, 2);
    assert_str(e->rejected[0], "4");
    assert_str(e->rejected[1], "5");
    pmpo_data_free(d);
}

static void test_default_ids(void **state)
{
    (void)state;
    pmpo_data *d = parse(GOOD GOOD "{\"input\":\"j\",\"target\":\"t\"}\n" GOOD);
    pmpo_str first = pmpo_data_example(d, 0)->id;
    char expect[64];
    snprintf(expect, sizeof(expect), "%s-2", first.ptr);
    assert_str(pmpo_data_example(d, 1)->id, expect);
    snprintf(expect, sizeof(expect), "%s-3", first.ptr);
    assert_str(pmpo_data_example(d, 3)->id, expect);
    assert_int_equal(pmpo_data_example(d, 2)->id.len, 16);
    assert_false(pmpo_str_eq(pmpo_data_example(d, 2)->id, first));

    /* a row that has the name of another's content by hand */
    char bytes[300];
    snprintf(bytes, sizeof(bytes), "%s{\"id\":\"%s\",\"input\":\"other\","
             "\"target\":\"t\"}\n", GOOD, first.ptr);
    pmpo_data *two = parse(bytes);
    snprintf(expect, sizeof(expect), "%s-2", first.ptr);
    assert_str(pmpo_data_example(two, 0)->id, expect);
    assert_true(pmpo_str_eq(pmpo_data_example(two, 1)->id, first));
    pmpo_data_free(two);
    pmpo_data_free(d);

    /* where input ends and target begins matters, a weight does not */
    d = parse("{\"input\":\"ab\",\"target\":\"c\"}\n"
              "{\"input\":\"a\",\"target\":\"bc\"}\n");
    two = parse("{\"input\":\"ab\",\"target\":\"c\",\"weight\":3}\n");
    assert_false(pmpo_str_eq(pmpo_data_example(d, 0)->id,
                             pmpo_data_example(d, 1)->id));
    assert_true(pmpo_str_eq(pmpo_data_example(d, 0)->id,
                            pmpo_data_example(two, 0)->id));
    pmpo_data_free(two);
    pmpo_data_free(d);
}

static void test_limit(void **state)
{
    (void)state;
    pmpo_data_options o;
    pmpo_data_options_init(&o);
    assert_int_equal(o.size, sizeof(o));
    assert_int_equal(o.limit, 0);
    pmpo_data *d;
    pmpo_error err;
    pmpo_str bytes = PMPO_STR(GOOD "\n" GOOD "broken\n");
    o.limit = 2;
    assert_int_equal(pmpo_data_parse(bytes, "t", &o, &d, &err), 0);
    assert_int_equal(pmpo_data_count(d), 2);
    pmpo_data_free(d);
    o.limit = 3;
    assert_int_equal(pmpo_data_parse(bytes, "t", &o, &d, &err), PMPO_EDATA);
    o.limit = 1; /* the labels are still those of the whole file */
    bytes = PMPO_STR("{\"examples\":[{\"input\":\"a\",\"target\":\"yes\"},"
                     "{\"input\":\"b\",\"target\":\"no\"}]}");
    assert_int_equal(pmpo_data_parse(bytes, "t", &o, &d, &err), 0);
    assert_int_equal(pmpo_data_count(d), 1);
    assert_int_equal(pmpo_data_example(d, 0)->n_options, 2);
    pmpo_data_free(d);
}

static void test_majority(void **state)
{
    (void)state;
    pmpo_data *d = parse("{\"input\":\"1\",\"target\":\"b\"}\n"
                         "{\"input\":\"2\",\"target\":\"a\"}\n"
                         "{\"input\":\"3\",\"target\":\"b\"}\n"
                         "{\"input\":\"4\",\"target\":\"a\"}\n"
                         "{\"input\":\"5\",\"target\":\"c\"}\n");
    pmpo_str label;
    assert_true(pmpo_data_majority(d, &label) == 0.4);
    assert_str(label, "a");
    assert_true(pmpo_data_majority(d, NULL) == 0.4);
    pmpo_data_free(d);
}

/* Worked solutions are all different; what counts is their answers. */
static void test_majority_is_of_answers(void **state)
{
    (void)state;
    pmpo_data *d = parse(
        "{\"input\":\"1\",\"target\":\"1 + 1 is B\",\"answer\":\"B\"}\n"
        "{\"input\":\"2\",\"target\":\"so B\",\"answer\":\"B\"}\n"
        "{\"input\":\"3\",\"target\":\"so A\",\"answer\":\"A\"}\n"
        "{\"input\":\"4\",\"target\":\"C\"}\n");
    pmpo_str label;
    assert_true(pmpo_data_majority(d, &label) == 0.5);
    assert_str(label, "B");
    pmpo_data_free(d);
}

/* ---- BIG-Bench Hard ----------------------------------------------------- */

static void test_bbh_options(void **state)
{
    (void)state;
    pmpo_data *d = load("bbh/navigate.json");
    const pmpo_example *e = pmpo_data_example(d, 3);
    assert_int_equal(pmpo_data_count(d), 12);
    assert_str(e->target, "Yes");
    assert_int_equal(e->n_options, 2);
    assert_str(e->options[0], "Yes");
    assert_str(e->options[1], "No");
    assert_int_equal(e->n_rejected, 1);
    assert_str(e->rejected[0], "No");
    assert_int_equal(e->line, 4);
    assert_int_equal(e->id.len, 20);
    assert_memory_equal(e->id.ptr, "bbh-", 4);
    assert_str(pmpo_data_task(d), "Decide whether a sequence of steps leads "
               "back to the starting point; answer Yes or No.");
    pmpo_data_free(d);

    d = load("bbh/logical_deduction_three_objects.json");
    e = pmpo_data_example(d, 1);
    assert_str(e->target, "(B)");
    assert_int_equal(e->n_options, 3);
    assert_str(e->options[2], "(C)");
    assert_str(e->rejected[0], "(A)");
    assert_str(e->rejected[1], "(C)");
    pmpo_data_free(d);

    d = load("bbh/snarks.json");
    assert_int_equal(pmpo_data_example(d, 0)->n_options, 2);
    pmpo_data_free(d);
}

static void test_bbh_labels(void **state)
{
    (void)state;
    pmpo_data *d = load("bbh/boolean_expressions.json");
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        assert_int_equal(e->n_options, 2);
        assert_str(e->options[0], "False");
        assert_str(e->options[1], "True");
        assert_int_equal(e->n_rejected, 1);
    }
    pmpo_data_free(d);
    /* options as formal_fallacies has them, and a target that is no option */
    d = parse_named("{\"examples\":[{\"input\":\"Options:\\n(A) not these\\n"
                    "q\\nOptions:\\n- valid \\n- invalid\",\"target\":"
                    "\"valid\"},{\"input\":\"q\\nOptions:\\n(A) a\\n(B) b\","
                    "\"target\":\"b\"}]}", "dir.json/formal_fallacies.json");
    const pmpo_example *e = pmpo_data_example(d, 0);
    assert_int_equal(e->n_options, 2);
    assert_str(e->options[0], "valid");
    assert_str(e->options[1], "invalid");
    e = pmpo_data_example(d, 1);
    assert_int_equal(e->n_options, 0);
    assert_int_equal(e->n_rejected, 1); /* drawn */
    assert_str(e->rejected[0], "valid");
    assert_true(pmpo_data_task(d).len > 0);
    pmpo_data_free(d);
}

static void test_bbh_drawn(void **state)
{
    (void)state;
    pmpo_data *all = load("bbh/object_counting.json"), *part, *again;
    assert_drawn_from(all);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(pmpo_data_example(all, i)->n_rejected, 4);
    }
    /* targets 8 15 3 14 5 3 2 14 9 10 10 12: a subset has only its own */
    const size_t idx[4] = {5, 0, 2, 7}, back[4] = {7, 2, 0, 5};
    assert_int_equal(pmpo_data_subset(all, idx, 4, &part, NULL), 0);
    assert_int_equal(pmpo_data_count(part), 4);
    assert_drawn_from(part);
    assert_str(pmpo_data_example(part, 0)->target, "3");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pmpo_data_example(part, i)->n_rejected, 2);
        assert_true(pmpo_str_eq(pmpo_data_example(part, i)->id,
                                pmpo_data_example(all, idx[i])->id));
    }
    assert_true(pmpo_data_task(part).len > 0);
    /* the choice depends on what is in the subset, not on its order */
    assert_int_equal(pmpo_data_subset(all, back, 4, &again, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_same(pmpo_data_example(part, i),
                    pmpo_data_example(again, 3 - i));
    }
    pmpo_data_free(again);
    /* a subset of all is all */
    const size_t whole[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    assert_int_equal(pmpo_data_subset(all, whole, 12, &again, NULL), 0);
    pmpo_data_free(all); /* copies, not borrowed */
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(pmpo_data_example(again, i)->n_rejected, 4);
    }
    assert_drawn_from(again);
    pmpo_error err;
    pmpo_data *none = NULL;
    const size_t wrong = 12;
    assert_int_equal(pmpo_data_subset(again, &wrong, 1, &none, &err),
                     PMPO_EUSAGE);
    assert_null(none);
    pmpo_data_free(again);
    pmpo_data_free(part);
}

static void test_bbh_tasks(void **state)
{
    (void)state;
    static const char *const known[] = {
        "boolean_expressions", "causal_judgement", "date_understanding",
        "disambiguation_qa", "dyck_languages", "formal_fallacies",
        "geometric_shapes", "hyperbaton", "logical_deduction_five_objects",
        "logical_deduction_seven_objects", "logical_deduction_three_objects",
        "movie_recommendation", "multistep_arithmetic_two", "navigate",
        "object_counting", "penguins_in_a_table",
        "reasoning_about_colored_objects", "ruin_names",
        "salient_translation_error_detection", "snarks", "sports_understanding",
        "temporal_sequences", "tracking_shuffled_objects_five_objects",
        "tracking_shuffled_objects_seven_objects",
        "tracking_shuffled_objects_three_objects", "web_of_lies",
        "word_sorting",
    };
    const char *bytes = "{\"examples\":[{\"input\":\"a\",\"target\":\"b\"}]}";
    assert_int_equal(sizeof(known) / sizeof(known[0]), 27);
    for (size_t i = 0; i < 27; i++) {
        char name[100];
        snprintf(name, sizeof(name), "/x/%s.json", known[i]);
        pmpo_data *d = parse_named(bytes, name);
        pmpo_str task = pmpo_data_task(d);
        assert_true(task.len > 20 && task.ptr[task.len - 1] == '.');
        pmpo_data_free(d);
    }
    pmpo_data *d = parse_named(bytes, "navigate_more.json");
    assert_int_equal(pmpo_data_task(d).len, 0);
    pmpo_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_bbh_mistakes),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_advice),
        cmocka_unit_test(test_another_version),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_default_ids),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_majority),
        cmocka_unit_test(test_majority_is_of_answers),
        cmocka_unit_test(test_bbh_options),
        cmocka_unit_test(test_bbh_labels),
        cmocka_unit_test(test_bbh_drawn),
        cmocka_unit_test(test_bbh_tasks),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
