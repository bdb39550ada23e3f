/* test_data_sets.c: what is done with data once read: checks, writing, splits;
 * and everything again while the memory runs out. */
#define _POSIX_C_SOURCE 200809L
#include "data_help.h"

#include <jansson.h>

#include "fail_alloc.h"

/* ---- made in memory -------------------------------------------------------- */

/* Made of structs, a set is what it is when read from its own JSON. */
static void test_made(void **state)
{
    (void)state;
    static const pmpo_str options[] = {{"no", 2}, {"yes", 3}, {"maybe", 5}};
    static const pmpo_str rejected[] = {{"bad", 3}};
    static const pmpo_message chat[] = {{{"system", 6}, {"S", 1}},
                                        {{"user", 4}, {"U", 1}}};
    const pmpo_example x[] = {
        {.id = PMPO_STR("a"), .input = PMPO_STR("i"), .target = options[1],
         .options = options, .n_options = 3},
        {.id = PMPO_STR("b"), .messages = chat, .n_messages = 2, .weight = 2.5,
         .target = PMPO_STR("good"), .rejected = rejected, .n_rejected = 1},
    };
    pmpo_data *made = NULL, *read = NULL;
    pmpo_buf made_json = {0}, read_json = {0};
    assert_int_equal(pmpo_data_make(x, 2, "made", &made, NULL), 0);
    assert_int_equal(pmpo_data_count(made), 2);
    const pmpo_example *e = pmpo_data_example(made, 0);
    assert_true(e->weight == 1 && e->line == 1 && e->n_rejected == 2);
    assert_str(e->rejected[0], "no");
    assert_str(e->rejected[1], "maybe");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            pmpo_example_json(pmpo_data_example(made, i), &made_json, NULL), 0);
        pmpo_buf_putc(&made_json, '\n');
    }
    assert_int_equal(
        pmpo_data_parse(pmpo_buf_str(&made_json), "made", NULL, &read, NULL), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            pmpo_example_json(pmpo_data_example(read, i), &read_json, NULL), 0);
        pmpo_buf_putc(&read_json, '\n');
        assert_int_equal(pmpo_data_example(read, i)->line,
                         pmpo_data_example(made, i)->line);
    }
    assert_true(pmpo_str_eq(pmpo_buf_str(&made_json), pmpo_buf_str(&read_json)));
    pmpo_buf_release(&made_json);
    pmpo_buf_release(&read_json);
    pmpo_data_free(made);
    pmpo_data_free(read);
}

/* ---- check -------------------------------------------------------------- */

static void test_check(void **state)
{
    (void)state;
    const char *path = write_temp(
        "{\"id\":\"a\",\"input\":\"i\",\"target\":\"x\"}\n"
        "{\"input\":\"i\",\"target\":\"x\"}\n"      /* same content */
        "{\"id\":\"a\",\"input\":\"j\",\"target\":\"x\"}\n" /* same id */
        "{\"input\":\"i\",\"target\":\"y\"}\n"      /* same input */
        "junk\n"
        "{\"input\":\"k\",\"target\":\"y\",\"options\":[\"x\",\"y\"]}\n"
        "{\"input\":\"l\",\"chosen\":\"x\",\"rejected\":\"y\"}\n"
        "{\"input\":\"l\",\"chosen\":\"z\",\"rejected\":\"y\"}\n"
        "{\"input\":\"m\",\"target\":\"\"}\n");
    static const struct {
        int line;
        bool warning;
        const char *text;
    } expect[] = {
        {2, true, "the same content as line 1"},
        {3, false, "the id \"a\" is already that of line 1"},
        {4, true, "the same input as line 1 with another target"},
        {5, false, "not JSON: "},
        {9, false, "target is empty"},
    };
    pmpo_data_report *r;
    pmpo_error err;
    assert_int_equal(pmpo_data_check(path, &r, &err), 0);
    unlink(path);
    assert_int_equal(r->n_problems, 5);
    assert_int_equal(r->n_errors, 3);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(r->problems[i].line, expect[i].line);
        assert_int_equal(r->problems[i].is_warning, expect[i].warning);
        assert_memory_equal(r->problems[i].text, expect[i].text,
                            strlen(expect[i].text));
    }
    assert_int_equal(r->n_examples, 6);
    assert_int_equal(r->n_preference, 2);
    assert_int_equal(r->n_supervised, 4);
    assert_int_equal(r->n_with_options, 1);
    assert_int_equal(r->n_labels, 3);
    assert_int_equal(r->n_distinct_labels, 3);
    assert_str(r->labels[0].label, "x");
    assert_int_equal(r->labels[0].n, 3);
    assert_str(r->labels[1].label, "y");
    assert_int_equal(r->labels[1].n, 2);
    assert_int_equal(r->labels[2].n, 1);
    assert_true(r->majority == 0.5);
    pmpo_data_report_free(r);
    pmpo_data_report_free(NULL);
}

static void test_labels_that_look_the_same(void **state)
{
    (void)state;
    pmpo_data_report *r;
    const char *path = write_temp("{\"input\":\"1\",\"target\":\"Yes\"}\n"
                                  "{\"input\":\"2\",\"target\":\"no\"}\n"
                                  "{\"input\":\"3\",\"target\":\" yes \"}\n"
                                  "{\"input\":\"4\",\"target\":\"Yes\"}\n"
                                  "{\"input\":\"5\",\"target\":\"yest\"}\n");
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_problems, 1);
    assert_int_equal(r->problems[0].line, 3);
    assert_true(r->problems[0].is_warning);
    assert_non_null(strstr(r->problems[0].text, "\" yes \" is another than "
                                                "\"Yes\""));
    pmpo_data_report_free(r);
}

static void expect_warnings(const char *path, size_t n,
                            const char *const *texts)
{
    pmpo_data_report *r;
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_errors, 0);
    assert_int_equal(r->n_problems, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(r->problems[i].is_warning);
        assert_string_equal(r->problems[i].text, texts[i]);
    }
    pmpo_data_report_free(r);
}

static void test_fields_that_are_not_read(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "the field \"Answer\" is not read (line 1 and 1 other); \"answer\" is",
        "the field \"choices\" is not read (line 1 and 2 others); \"options\" "
        "is",
        "the field \"source\" is not read (line 3)"};
    static const char *const list[] = {
        "the field \"final_answer\" is not read (example 1); \"answer\" is"};
    static const char *const table[] = {
        "the column \"Options\" is not read; \"options\" is"};
    expect_warnings(
        write_temp("{\"input\":\"1\",\"target\":\"a\",\"choices\":[1],"
                   "\"Answer\":\"q\",\"note\":null}\n"
                   "{\"input\":\"2\",\"target\":\"b\",\"choices\":[1]}\n"
                   "{\"input\":\"3\",\"target\":\"b\",\"choices\":[1],"
                   "\"Answer\":\"q\",\"source\":1,\"id\":\"x\",\"weight\":1,"
                   "\"answer\":\"b\",\"options\":[\"b\",\"c\"]}\n"),
        3, lines);
    expect_warnings(write_temp("[{\"input\":\"1\",\"target\":\"a\","
                               "\"final_answer\":\"a\"}]"),
                    1, list);
    const char *path = in_folder("t.csv");
    assert_int_equal(
        pmpo_file_write(path, PMPO_STR("input,target,Options\na,b,c\nd,e,f\n"),
                        NULL),
        0);
    expect_warnings(path, 1, table);
}

static void test_check_more(void **state)
{
    (void)state;
    pmpo_data_report *r;
    const char *path = write_temp("junk\n\nmore junk\n");
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_examples, 0);
    assert_int_equal(r->n_errors, 2);
    assert_int_equal(r->problems[1].line, 3);
    assert_true(r->majority == 0);
    pmpo_data_report_free(r);

    pmpo_buf many = {0};
    for (int i = 0; i < 60; i++) {
        pmpo_buf_printf(&many, "{\"input\":\"%d\",\"target\":\"%02d\"}\n", i,
                        i);
    }
    path = write_temp(many.ptr);
    pmpo_buf_release(&many);
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_labels, 50);
    assert_int_equal(r->n_distinct_labels, 60);
    assert_str(r->labels[0].label, "00"); /* ties by bytes */
    assert_int_equal(r->n_problems, 0);
    pmpo_data_report_free(r);
}

static void test_check_counts_answers(void **state)
{
    (void)state;
    pmpo_data_report *r;
    const char *path = write_temp(
        "{\"input\":\"1\",\"target\":\"so A\",\"answer\":\"A\"}\n"
        "{\"input\":\"2\",\"target\":\"1 + 1, so B\",\"answer\":\"B\"}\n"
        "{\"input\":\"3\",\"target\":\"so B\",\"answer\":\"B\"}\n");
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_distinct_labels, 2);
    assert_str(r->labels[0].label, "B");
    assert_true(r->majority == 2.0 / 3);
    pmpo_data_report_free(r);
}

static void test_check_bbh(void **state)
{
    (void)state;
    pmpo_data_report *r;
    const char *path = write_temp("{\"examples\":[\n" GOOD "," GOOD ",{}]}");
    assert_int_equal(pmpo_data_check(path, &r, NULL), 0);
    unlink(path);
    assert_int_equal(r->n_examples, 2);
    assert_int_equal(r->n_problems, 2);
    assert_int_equal(r->problems[0].line, 2);
    assert_string_equal(r->problems[0].text, "the same content as example 1");
    assert_int_equal(r->problems[1].line, 3);
    assert_string_equal(r->problems[1].text, "no input");
    pmpo_data_report_free(r);
}

/* ---- writing ------------------------------------------------------------ */

static void assert_round_trip(pmpo_data *d, const size_t *idx, size_t n)
{
    const char *path = in_folder("out.jsonl");
    pmpo_data *again;
    pmpo_error err;
    assert_int_equal(pmpo_data_write(d, idx, n, path, &err), 0);
    assert_int_equal(pmpo_data_load(path, NULL, &again, &err), 0);
    unlink(path);
    pmpo_data *part = NULL;
    if (idx) {
        assert_int_equal(pmpo_data_subset(d, idx, n, &part, &err), 0);
    }
    const pmpo_data *want = part ? part : d;
    assert_int_equal(pmpo_data_count(again), pmpo_data_count(want));
    for (size_t i = 0; i < pmpo_data_count(want); i++) {
        assert_same(pmpo_data_example(again, i), pmpo_data_example(want, i));
    }
    pmpo_data_free(part);
    pmpo_data_free(again);
    pmpo_data_free(d);
}

static void test_round_trip(void **state)
{
    (void)state;
    assert_round_trip(parse(
        "{\"id\":\"\\\"\\n\",\"input\":\"\\t\\\\/\\u0001\xf0\x9f\x98\x80\","
        "\"target\":\" t\",\"answer\":\"a\",\"weight\":0.12345678901}\n"
        "{\"input\":\"\",\"target\":\"b\",\"options\":[\"a\",\"b\",\"c\"]}\n"
        "{\"input\":\"q\",\"target\":\"b\",\"options\":[\"b\"]}\n"
        "{\"input\":\"q\",\"chosen\":\"b\",\"rejected\":\"x\",\"options\":"
        "[\"a\",\"b\"]}\n"
        "{\"input\":\"q\",\"chosen\":\"b\",\"rejected\":[\"x\",\"y\"],"
        "\"weight\":1e300}\n"
        "{\"messages\":[{\"role\":\"user\",\"content\":\"u\"},{\"role\":"
        "\"assistant\",\"content\":\"\"}],\"target\":\"t\"}\n" GOOD GOOD),
        NULL, 0);
    const size_t idx[3] = {7, 2, 4};
    assert_round_trip(load("bbh/navigate.json"), NULL, 0);
    assert_round_trip(load("bbh/object_counting.json"), NULL, 0);
    assert_round_trip(load("bbh/object_counting.json"), idx, 3);
}

/* Writing and reading between loading and splitting must not bring the other
 * part's answers in. */
static void test_drawn_survives(void **state)
{
    (void)state;
    pmpo_data *d = load("bbh/object_counting.json"), *again, *part;
    const char *path = in_folder("drawn.jsonl");
    const size_t idx[3] = {1, 6, 11};
    assert_int_equal(pmpo_data_write(d, NULL, 0, path, NULL), 0);
    assert_int_equal(pmpo_data_load(path, NULL, &again, NULL), 0);
    unlink(path);
    assert_int_equal(pmpo_data_subset(again, idx, 3, &part, NULL), 0);
    assert_drawn_from(part);
    assert_int_equal(pmpo_data_example(part, 0)->n_rejected, 2);
    pmpo_data_free(part);
    /* what a file gives as rejected is never drawn anew */
    pmpo_data_free(again);
    again = parse(
        "{\"input\":\"a\",\"chosen\":\"b\",\"rejected\":\"c\"}\n" GOOD);
    const size_t zero = 0;
    assert_int_equal(pmpo_data_subset(again, &zero, 1, &part, NULL), 0);
    assert_int_equal(pmpo_data_example(part, 0)->n_rejected, 1);
    assert_str(pmpo_data_example(part, 0)->rejected[0], "c");
    pmpo_data_free(part);
    pmpo_data_free(again);
    pmpo_data_free(d);
}

static void test_write_file(void **state)
{
    (void)state;
    pmpo_data *d = parse(GOOD);
    pmpo_error err;
    const char *path = write_temp("old content that is longer than the new\n");
    const size_t idx[1] = {0};
    assert_int_equal(pmpo_data_write(d, idx, 1, path, &err), 0);
    pmpo_buf got = {0};
    assert_int_equal(pmpo_read_file(path, &got, NULL), 0);
    char expect[200];
    snprintf(expect, sizeof(expect),
             "{\"id\": \"%s\", \"input\": \"i\", \"target\": \"t\"}\n",
             pmpo_data_example(d, 0)->id.ptr);
    assert_string_equal(got.ptr, expect);
    pmpo_buf_release(&got);
    unlink(path);

    assert_int_equal(pmpo_data_write(d, NULL, 0, "/dev/full", &err), PMPO_EIO);
    assert_string_equal(err.text,
                        "cannot write /dev/full: No space left on device");
    struct stat st;
    assert_int_equal(stat("/dev/full", &st), 0);
    assert_true(S_ISCHR(st.st_mode)); /* not renamed over */
    assert_int_equal(pmpo_data_write(d, NULL, 0, "/nowhere/f", &err), PMPO_EIO);
    assert_non_null(strstr(err.text, "/nowhere/f: No such file"));
    /* over a folder: the rename fails and nothing is left beside it */
    path = in_folder("dir");
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(pmpo_data_write(d, NULL, 0, path, &err), PMPO_EIO);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    pmpo_data_free(d);
}

/* ---- splits ------------------------------------------------------------- */

static pmpo_data *numbered(size_t n, bool backwards)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        size_t k = backwards ? n - 1 - i : i;
        pmpo_buf_printf(&b, "{\"input\":\"%zu\",\"target\":\"t\"}\n", k);
    }
    pmpo_data *d = parse(b.ptr);
    pmpo_buf_release(&b);
    return d;
}

static void count_parts(const unsigned char *part, size_t n, size_t counts[4])
{
    memset(counts, 0, 4 * sizeof(counts[0]));
    for (size_t i = 0; i < n; i++) {
        assert_true(part[i] < 4);
        counts[part[i]]++;
    }
}

static void test_split_sizes(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double train, validation, test;
        size_t expect[4];
    } rows[] = {
        {1, -1, -1, -1, {1, 0, 0, 0}},    {2, -1, -1, -1, {1, 0, 1, 0}},
        {3, -1, -1, -1, {1, 0, 2, 0}},    {4, -1, -1, -1, {2, 1, 1, 0}},
        {40, -1, -1, -1, {20, 10, 10, 0}}, {250, -1, -1, -1, {50, 62, 138, 0}},
        {10, 3, 2, 1, {3, 2, 1, 4}},      {10, 10, 0, 0, {10, 0, 0, 0}},
        {10, 0, 0, -1, {0, 0, 10, 0}},    {10, 0.2, 0.3, 0, {2, 3, 0, 5}},
        {6, 0.5, 0.25, 0.25, {3, 1, 2, 0}}, {10, 0.7, 0.2, 0.1, {7, 2, 1, 0}},
        {3, 0.2, 0, -1, {1, 0, 2, 0}},    {10, -1, 8, -1, {2, 8, 0, 0}},
        {10, 9, -1, -1, {9, 1, 0, 0}},    {10, 1.0, 0, 0, {1, 0, 0, 9}},
        {10, 0.5, -1, -1, {5, 2, 3, 0}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        pmpo_data *d = numbered(rows[i].n, false);
        unsigned char part[250];
        size_t counts[4];
        pmpo_error err = {.text = ""};
        pmpo_split s = {rows[i].train, rows[i].validation, rows[i].test, 42};
        if (pmpo_data_split(d, &s, part, &err) < 0) {
            fail_msg("row %zu: %s", i, err.text);
        }
        count_parts(part, rows[i].n, counts);
        if (memcmp(counts, rows[i].expect, sizeof(counts)) != 0) {
            fail_msg("row %zu: %zu %zu %zu %zu", i, counts[0], counts[1],
                     counts[2], counts[3]);
        }
        pmpo_data_free(d);
    }
}

static void test_split_misuse(void **state)
{
    (void)state;
    static const pmpo_split rows[] = {
        {11, 0, 0, 0},  {5, 5, 1, 0},  {1.5, 0, 0, 0},   {NAN, -1, -1, 0},
        {-1, -1, NAN, 0}, {INFINITY, 0, 0, 0}, {0.6, 0.6, 0, 0}, {-1, 5, 5, 0},
        {1e300, 0, 0, 0}, {0.9, 5, -1, 0},
    };
    pmpo_data *d = numbered(10, false);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned char part[10];
        pmpo_error err;
        if (pmpo_data_split(d, &rows[i], part, &err) != PMPO_EUSAGE) {
            fail_msg("row %zu", i);
        }
    }
    pmpo_data_free(d);
}

static void test_split_order(void **state)
{
    (void)state;
    enum { N = 100 };
    pmpo_data *d = numbered(N, false), *back = numbered(N, true);
    unsigned char a[N], b[N], c[N];
    pmpo_split s = {-1, -1, -1, 1};
    assert_int_equal(pmpo_data_split(d, &s, a, NULL), 0);
    assert_int_equal(pmpo_data_split(d, &s, c, NULL), 0);
    assert_memory_equal(a, c, N);
    assert_int_equal(pmpo_data_split(back, &s, b, NULL), 0);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(a[i], b[N - 1 - i]); /* file order is nothing */
    }
    s.seed = 2;
    assert_int_equal(pmpo_data_split(d, &s, c, NULL), 0);
    assert_true(memcmp(a, c, N) != 0);
    /* the training part is spread over the file, not its head */
    size_t in_first_half = 0;
    for (size_t i = 0; i < N / 2; i++) {
        in_first_half += a[i] == 0;
    }
    assert_in_range(in_first_half, 13, 37);
    pmpo_data_free(d);
    pmpo_data_free(back);
}

static void test_split_groups(void **state)
{
    (void)state;
    pmpo_buf b = {0};
    for (int i = 0; i < 60; i++) { /* 20 inputs, three targets each */
        pmpo_buf_printf(&b, "{\"input\":\"%d\",\"target\":\"%d\"}\n", i % 20,
                        i);
    }
    pmpo_data *d = parse(b.ptr);
    pmpo_buf_release(&b);
    for (uint64_t seed = 0; seed < 20; seed++) {
        unsigned char part[60];
        size_t counts[4];
        pmpo_split s = {10, 10, -1, seed};
        assert_int_equal(pmpo_data_split(d, &s, part, NULL), 0);
        for (int i = 0; i < 40; i++) {
            assert_int_equal(part[i], part[i + 20]);
        }
        count_parts(part, 60, counts);
        assert_int_equal(counts[0], 12);
        assert_int_equal(counts[1], 12);
        assert_int_equal(counts[2], 36);
    }
    pmpo_data_free(d);
}

/* A part that was asked for and gets nothing is an error; where its size is the
 * default's it is empty. */
static void test_split_leaves_nothing(void **state)
{
    (void)state;
    static const struct {
        int inputs;
        double train, validation, test;
        const char *error; /* NULL: none */
    } cases[] = {
        {1, 20, 10, 10,
         "all examples have one input and stay together: nothing is left for "
         "the validation part; give examples with other inputs, or 0 as its "
         "size"},
        {1, 20, 0, 10,
         "all examples have one input and stay together: nothing is left for "
         "the test part; give examples with other inputs, or 0 as its size"},
        {2, 20, 10, 10,
         "examples of one input stay together: nothing is left for the test "
         "part; give examples with other inputs, or 0 as its size"},
        {2, 0.5, -1, 0.25,
         "examples of one input stay together: nothing is left for the test "
         "part; give examples with other inputs, or 0 as its size"},
        {1, 20, -1, -1, NULL},
        {1, -1, -1, -1, NULL},
        {2, 20, 10, -1, NULL},
        {1, 40, 0, 0, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        pmpo_buf b = {0};
        for (int k = 0; k < 40; k++) {
            pmpo_buf_printf(&b, "{\"input\":\"%d\",\"target\":\"%d\"}\n",
                            k % cases[i].inputs, k);
        }
        pmpo_data *d = parse(b.ptr);
        pmpo_split s = {cases[i].train, cases[i].validation, cases[i].test, 1};
        unsigned char part[40];
        pmpo_error err = {.code = 0};
        int rc = pmpo_data_split(d, &s, part, &err);
        assert_int_equal(rc, cases[i].error ? PMPO_EUSAGE : 0);
        if (cases[i].error) {
            assert_string_equal(err.text, cases[i].error);
        }
        pmpo_buf_release(&b);
        pmpo_data_free(d);
    }
}

/* A link stays, and what it leads to is written, be it there or not. */
static void test_write_through_links(void **state)
{
    (void)state;
    char link[256], other[256];
    pmpo_buf got = {0};
    struct stat st;
    snprintf(link, sizeof(link), "%s", in_folder("link"));
    snprintf(other, sizeof(other), "%s", in_folder("other"));
    const char *path = in_folder("real");
    assert_int_equal(symlink("other", link), 0);
    assert_int_equal(symlink(path, other), 0);
    for (int i = 0; i < 2; i++) { /* dangling; leading to a file */
        pmpo_buf_clear(&got);
        assert_int_equal(pmpo_file_write(link, PMPO_STR("text"), NULL), 0);
        assert_true(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
        assert_true(lstat(other, &st) == 0 && S_ISLNK(st.st_mode));
        assert_true(lstat(path, &st) == 0 && S_ISREG(st.st_mode));
        assert_int_equal(pmpo_read_file(path, &got, NULL), 0);
        assert_string_equal(got.ptr, "text");
    }
    pmpo_buf_release(&got);
    unlink(path);
    unlink(other);
    assert_int_equal(symlink("link", other), 0); /* in a circle */
    assert_int_equal(pmpo_file_write(link, PMPO_STR("text"), NULL), PMPO_EIO);
    unlink(link);
    unlink(other);
}

/* ---- memory runs out ---------------------------------------------------- */

static const char *const starving[] = {
    "{\"id\":\"a\",\"input\":\"i\",\"target\":\"t\",\"answer\":\"x\","
    "\"options\":[\"t\",\"u\"],\"weight\":2}\n"
    "{\"id\":3,\"messages\":[{\"role\":\"user\",\"content\":\"u\"}],"
    "\"chosen\":\"c\",\"rejected\":[\"r\",\"s\"]}\n" GOOD GOOD,
    "{\"canary\":\"c\",\"examples\":[{\"input\":\"1\",\"target\":\"1\"},"
    "{\"input\":\"2\",\"target\":\"2\"},{\"input\":\"3\",\"target\":\"3\"},"
    "{\"input\":\"4\",\"target\":\"4\"},{\"input\":\"5\",\"target\":\"5\"},"
    "{\"input\":\"q\\nOptions:\\n(A) x\\n(B) y\",\"target\":\"(A)\"}]}",
    "{\"examples\":[{\"input\":\"1\",\"target\":\"yes\"},{\"input\":\"2\","
    "\"target\":\"no\"}]}",
    "[{\"input\":\"1\",\"target\":\"a\",\"Answer\":\"b\"},{\"input\":\"2\","
    "\"target\":\"a\",\"note\":\"c\"}]",
};

/* Everything the room does, on one file; 0 or the first failure. */
static int do_everything(const char *in, const char *out)
{
    pmpo_data *d = NULL, *part = NULL;
    pmpo_data_report *r = NULL;
    pmpo_error err;
    unsigned char parts[8];
    const size_t idx[2] = {1, 0};
    const pmpo_split split = {-1, -1, -1, 3};
    int rc = pmpo_data_load(in, NULL, &d, &err);
    if (rc == 0) {
        rc = pmpo_data_check(in, &r, &err);
    }
    if (rc == 0) {
        rc = pmpo_data_split(d, &split, parts, &err);
    }
    if (rc == 0) {
        rc = pmpo_data_subset(d, idx, 2, &part, &err);
    }
    if (rc == 0) {
        rc = pmpo_data_write(part, idx, 2, out, &err);
    }
    assert_true(rc == 0 || err.code == rc);
    assert_true(rc < 0 || r->n_errors == 0);
    pmpo_data_report_free(r);
    pmpo_data_free(part);
    pmpo_data_free(d);
    return rc;
}

/* Fails each allocation in turn until there are none left to fail. With
 * `may_recover` a failure may also have been mended: then the file written is
 * what it always is. */
static void starve_file(void (*begin)(long), bool may_recover, const char *in,
                        const char *out)
{
    pmpo_buf whole = {0}, got = {0};
    assert_int_equal(do_everything(in, out), 0);
    assert_int_equal(pmpo_read_file(out, &whole, NULL), 0);
    long n = 0;
    for (bool hit = true; hit; n++) {
        begin(n);
        int rc = do_everything(in, out);
        hit = fail_alloc_hit();
        fail_alloc_after(-1);
        if (rc != (hit ? PMPO_ENOMEM : 0) && (rc != 0 || !may_recover)) {
            fail_msg("%s, allocation %ld: %d", in, n, rc);
        }
        if (rc == 0) {
            pmpo_buf_clear(&got);
            assert_int_equal(pmpo_read_file(out, &got, NULL), 0);
            assert_string_equal(got.ptr, whole.ptr);
        }
        assert_true(n < 5000);
    }
    assert_true(n > 50); /* the wrapping works */
    unlink(out);
    pmpo_buf_release(&whole);
    pmpo_buf_release(&got);
}

static void starve(void (*begin)(long), bool may_recover)
{
    for (size_t k = 0; k < sizeof(starving) / sizeof(starving[0]); k++) {
        char in[256], out[256];
        snprintf(in, sizeof(in), "%s", write_temp(starving[k]));
        snprintf(out, sizeof(out), "%s", in_folder("out"));
        starve_file(begin, may_recover, in, out);
        unlink(in);
    }
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    json_set_alloc_funcs(fail_alloc_malloc, fail_alloc_free);
    starve(fail_alloc_after, false);
    starve(fail_alloc_once, true);
    json_set_alloc_funcs(malloc, free);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_labels_that_look_the_same),
        cmocka_unit_test(test_fields_that_are_not_read),
        cmocka_unit_test(test_check_more),
        cmocka_unit_test(test_check_counts_answers),
        cmocka_unit_test(test_check_bbh),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_drawn_survives),
        cmocka_unit_test(test_write_file),
        cmocka_unit_test(test_split_sizes),
        cmocka_unit_test(test_split_misuse),
        cmocka_unit_test(test_split_order),
        cmocka_unit_test(test_split_groups),
        cmocka_unit_test(test_split_leaves_nothing),
        cmocka_unit_test(test_write_through_links),
        cmocka_unit_test(test_memory_runs_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
