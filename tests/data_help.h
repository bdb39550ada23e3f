/* data_help.h: what the tests of the data room share. */
#ifndef PMPO_TESTS_DATA_HELP_H
#define PMPO_TESTS_DATA_HELP_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data.h"

/* One sound example, a line of its own. */
#define GOOD "{\"input\":\"i\",\"target\":\"t\"}\n"

#define assert_str(s, literal)                                                 \
    do {                                                                       \
        assert_int_equal((s).len, strlen(literal));                            \
        assert_memory_equal((s).ptr, (literal), strlen(literal));              \
    } while (0)

static char folder[] = "/tmp/pmpo-data-XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder); /* fails when a test left something behind */
}

static inline const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static inline pmpo_data *parse_named(const char *bytes, const char *name)
{
    pmpo_data *d = NULL;
    pmpo_error err = {.code = 0};
    if (pmpo_data_parse(pmpo_str_of(bytes), name, NULL, &d, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return d;
}

static inline pmpo_data *parse(const char *bytes)
{
    return parse_named(bytes, "t");
}

static inline pmpo_data *load(const char *name)
{
    char path[512];
    pmpo_data *d = NULL;
    pmpo_error err = {.code = 0};
    snprintf(path, sizeof(path), "%s/%s", PMPO_TEST_DATA, name);
    if (pmpo_data_load(path, NULL, &d, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return d;
}

static inline void assert_same_list(const pmpo_str *a, size_t n,
                                    const pmpo_str *b, size_t m)
{
    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++) {
        assert_true(pmpo_str_eq(a[i], b[i]));
    }
}

static inline void assert_same(const pmpo_example *a, const pmpo_example *b)
{
    assert_true(pmpo_str_eq(a->id, b->id));
    assert_true(pmpo_str_eq(a->input, b->input));
    assert_true(pmpo_str_eq(a->target, b->target));
    assert_true(pmpo_str_eq(a->answer, b->answer));
    assert_true(a->weight == b->weight);
    assert_same_list(a->options, a->n_options, b->options, b->n_options);
    assert_same_list(a->rejected, a->n_rejected, b->rejected, b->n_rejected);
    assert_int_equal(a->n_messages, b->n_messages);
    for (size_t i = 0; i < a->n_messages; i++) {
        assert_true(pmpo_str_eq(a->messages[i].role, b->messages[i].role));
        assert_true(
            pmpo_str_eq(a->messages[i].content, b->messages[i].content));
    }
}

static inline bool has(const pmpo_str *list, size_t n, pmpo_str s)
{
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(list[i], s)) {
            return true;
        }
    }
    return false;
}

static inline void assert_drawn_from(const pmpo_data *d)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        assert_int_equal(e->n_options, 0);
        for (size_t k = 0; k < e->n_rejected; k++) {
            bool found = false;
            for (size_t j = 0; j < pmpo_data_count(d); j++) {
                found |= pmpo_str_eq(pmpo_data_example(d, j)->target,
                                     e->rejected[k]);
            }
            assert_true(found);
            assert_false(pmpo_str_eq(e->rejected[k], e->target));
            assert_false(has(e->rejected, k, e->rejected[k]));
        }
    }
}

static inline const char *write_temp(const char *bytes)
{
    const char *path = in_folder("f.jsonl");
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(bytes, f);
    fclose(f);
    return path;
}

#endif
