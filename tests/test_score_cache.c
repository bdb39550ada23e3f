/* test_score_cache.c: the score cache, whole, damaged, locked and full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "folder_help.h"
#include "store/store.h"

static pmpo_hash key(int n)
{
    pmpo_hash h = {{0}};
    h.bytes[0] = (unsigned char)n;
    h.bytes[15] = (unsigned char)(n >> 8);
    return h;
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static pmpo_cache *open_cache(const char *path, uint64_t bytes)
{
    pmpo_cache *c = NULL;
    assert_int_equal(pmpo_cache_open(path, bytes, &c, NULL), 0);
    return c;
}

static void test_cache_hits_and_misses(void **state)
{
    (void)state;
    const float x[2] = {-1, -2};
    float y[3];
    pmpo_cache *c = open_cache(at("c"), 1 << 20);
    assert_false(pmpo_cache_get(c, key(1), y, 2));
    pmpo_cache_put(c, key(1), x, 2);
    assert_true(pmpo_cache_get(c, key(1), y, 2));
    pmpo_cache_free(c);
    c = open_cache(at("c"), 1 << 20);
    assert_true(pmpo_cache_get(c, key(1), y, 2));
    assert_memory_equal(x, y, sizeof(x));
    assert_false(pmpo_cache_get(c, key(1), y, 3));
    assert_false(pmpo_cache_get(c, key(2), y, 2));
    assert_null(pmpo_cache_trouble(c));
    pmpo_cache_free(c);
}

static void test_cache_damage(void **state)
{
    (void)state;
    const float x[2] = {-1, -2};
    float y[2];
    pmpo_cache *c = open_cache(at("d"), 1 << 20);
    pmpo_cache_put(c, key(1), x, 2);
    pmpo_cache_free(c);
    sql(at("d"), "UPDATE entry SET value = x'0000803f00000040'");
    c = open_cache(at("d"), 1 << 20);
    assert_false(pmpo_cache_get(c, key(1), y, 2)); /* a wrong checksum */
    pmpo_cache_free(c);
    write_file(at("g"), "garbage garbage garbage garbage garbage garbage "
                        "garbage garbage garbage garbage garbage garbage "
                        "garbage garbage garbage garbage garbage garbage");
    c = open_cache(at("g"), 1 << 20);
    assert_non_null(pmpo_cache_trouble(c));
    pmpo_cache_put(c, key(1), x, 2);
    assert_true(pmpo_cache_get(c, key(1), y, 2));
    pmpo_cache_free(c);
    assert_int_equal(access(at("g.corrupt"), F_OK), 0);
}

static void test_cache_that_cannot_be(void **state)
{
    (void)state;
    const float x[1] = {-1};
    float y[1];
    assert_int_equal(mkdir(at("folder"), 0700), 0);
    pmpo_cache *c = open_cache(at("folder"), 1 << 20);
    assert_non_null(pmpo_cache_trouble(c));
    pmpo_cache_put(c, key(1), x, 1);
    assert_false(pmpo_cache_get(c, key(1), y, 1));
    pmpo_cache_free(c);
}

static void test_cache_locked_by_another(void **state)
{
    (void)state;
    const float x[1] = {-1};
    float y[1];
    pmpo_cache *c = open_cache(at("l"), 1 << 20);
    pmpo_cache_put(c, key(1), x, 1);
    pmpo_cache_free(c);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(at("l"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    c = open_cache(at("l"), 1 << 20);
    assert_true(pmpo_cache_get(c, key(1), y, 1)); /* WAL: readers go on */
    pmpo_cache_put(c, key(2), x, 1); /* just this row is not kept */
    assert_null(pmpo_cache_trouble(c));
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    pmpo_cache_put(c, key(3), x, 1);
    assert_true(pmpo_cache_get(c, key(3), y, 1));
    assert_false(pmpo_cache_get(c, key(2), y, 1));
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    for (int i = 4; i < 7; i++) { /* but it doesn't wait for ever */
        pmpo_cache_put(c, key(i), x, 1);
    }
    assert_non_null(pmpo_cache_trouble(c));
    assert_true(pmpo_cache_get(c, key(1), y, 1));
    pmpo_cache_free(c);
    sqlite3_close(db);
}

static void test_cache_stays_small(void **state)
{
    (void)state;
    static float x[1000];
    float y[1000];
    pmpo_cache *c = open_cache(at("s"), 400000);
    for (int i = 0; i < 400; i++) { /* four times what it may hold */
        pmpo_cache_put(c, key(i), x, 1000);
    }
    pmpo_cache_free(c);
    struct stat st;
    assert_int_equal(stat(at("s"), &st), 0);
    assert_true(st.st_size <= 400000);
    c = open_cache(at("s"), 400000);
    int kept = 0;
    for (int i = 0; i < 400; i++) {
        kept += pmpo_cache_get(c, key(i), y, 1000);
    }
    assert_true(kept > 20 && kept < 400);
    assert_null(pmpo_cache_trouble(c));
    pmpo_cache_free(c);
}

static void put_many(const char *path, int from)
{
    pmpo_cache *c = open_cache(path, 1 << 24);
    for (int i = from; i < from + 300; i++) {
        const float x[1] = {(float)-i};
        pmpo_cache_put(c, key(i), x, 1);
    }
    pmpo_cache_free(c);
}

static void test_cache_of_two_processes(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        put_many(at("two"), 0);
        _exit(0);
    }
    put_many(at("two"), 150);
    waitpid(pid, NULL, 0);
    pmpo_cache *c = open_cache(at("two"), 1 << 24);
    float y[1];
    int kept = 0;
    for (int i = 0; i < 450; i++) {
        if (pmpo_cache_get(c, key(i), y, 1)) {
            assert_true(y[0] == (float)-i);
            kept++;
        }
    }
    assert_true(kept >= 300); /* none wrong; few lost, if any */
    pmpo_cache_free(c);
}

/* Writes over all pages of the file but the first `from`, the header's. */
static void spoil(const char *path, long from)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, from * 4096, SEEK_SET);
    for (long at = from * 4096; at < st.st_size; at++) {
        fputc(0xa5, f);
    }
    fclose(f);
}

/* A page that is met by a get, by a put: the first one to meet it makes a new
 * cache, which is whole. */
static void test_cache_with_a_corrupt_page(void **state)
{
    (void)state;
    static float x[100];
    float y[100];
    for (int put = 0; put < 2; put++) {
        const char *name = put ? "page-put" : "page-get";
        char aside[100];
        pmpo_cache *c = open_cache(at(name), 1 << 24);
        for (int i = 0; i < 200; i++) {
            pmpo_cache_put(c, key(i), x, 100);
        }
        pmpo_cache_free(c);
        spoil(at(name), 1);
        c = open_cache(at(name), 1 << 24);
        if (put) {
            pmpo_cache_put(c, key(1), x, 100);
        } else {
            assert_false(pmpo_cache_get(c, key(1), y, 100));
        }
        assert_non_null(strstr(pmpo_cache_trouble(c), "moved aside"));
        pmpo_cache_put(c, key(2), x, 100);
        assert_true(pmpo_cache_get(c, key(2), y, 100));
        pmpo_cache_free(c);
        snprintf(aside, sizeof(aside), "%s.corrupt", name);
        assert_int_equal(access(at(aside), F_OK), 0);
        c = open_cache(at(name), 1 << 24);
        assert_null(pmpo_cache_trouble(c));
        assert_true(pmpo_cache_get(c, key(2), y, 100));
        pmpo_cache_free(c);
    }
}

/* Two that have the corrupt file open: the second one takes the first's new
 * file. */
static void test_cache_replaced_by_another(void **state)
{
    (void)state;
    static float x[100];
    float y[100];
    pmpo_cache *c = open_cache(at("both"), 1 << 24), *d;
    for (int i = 0; i < 200; i++) {
        pmpo_cache_put(c, key(i), x, 100);
    }
    pmpo_cache_free(c);
    spoil(at("both"), 1);
    c = open_cache(at("both"), 1 << 24);
    d = open_cache(at("both"), 1 << 24);
    pmpo_cache_put(c, key(1), x, 100);
    pmpo_cache_put(c, key(2), x, 100);
    assert_false(pmpo_cache_get(d, key(2), y, 100));
    assert_true(pmpo_cache_get(d, key(2), y, 100));
    pmpo_cache_free(d);
    pmpo_cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cache_hits_and_misses),
        cmocka_unit_test(test_cache_damage),
        cmocka_unit_test(test_cache_that_cannot_be),
        cmocka_unit_test(test_cache_locked_by_another),
        cmocka_unit_test(test_cache_stays_small),
        cmocka_unit_test(test_cache_of_two_processes),
        cmocka_unit_test(test_cache_with_a_corrupt_page),
        cmocka_unit_test(test_cache_replaced_by_another),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
