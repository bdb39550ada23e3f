/* test_run_keys.c: what stands in run files by name is what keys.h lists. */
#include <sqlite3.h>

#include "run_help.h"
#include "store/store.h"

#define NAME(name, shown) name,
static const char *const texts[] = {PMPO_RUN_TEXTS(NAME)};
static const char *const numbers[] = {PMPO_RUN_NUMBERS(NAME)};
static const char *const figures[] = {PMPO_RUN_FIGURES(NAME)};
static const char *const facts[] = {PMPO_RUN_MODEL_FACTS(NAME)};

#define COUNT(list) (sizeof(list) / sizeof(list[0]))

static bool holds(sqlite3 *db, const char *table, const char *name)
{
    char sql[200];
    sqlite3_stmt *st;
    snprintf(sql, sizeof(sql), "SELECT 1 FROM %s WHERE name='%s'", table,
             name);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    bool found = sqlite3_step(st) == SQLITE_ROW;
    sqlite3_finalize(st);
    return found;
}

/* Counts those that are there; template_text is only with a template file. */
static size_t count_listed(sqlite3 *db, const char *table, const char *before,
                           const char *const *list, size_t n)
{
    size_t there = 0;
    for (size_t i = 0; i < n; i++) {
        char name[80];
        snprintf(name, sizeof(name), "%s%s", before, list[i]);
        there += holds(db, table, name);
        if (!holds(db, table, name) && strcmp(name, "template_text")) {
            fail_msg("no %s is in the %s table", name, table);
        }
    }
    return there;
}

static size_t count_all(sqlite3 *db, const char *what)
{
    char sql[200];
    sqlite3_stmt *st;
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    size_t n = (size_t)sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

static void test_nothing_else_is_kept_by_name(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_data *d = make_data(12, false);
    pmpo_optimize_options o = small_options();
    pmpo_error err;
    sqlite3 *db;
    assert_int_equal(run_once(&(fake_options){.salt = 1}, &o, d, NULL, NULL,
                              path, NULL, &err), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(count_listed(db, "text", "", texts, COUNT(texts)),
                     count_all(db, "text WHERE name NOT LIKE 'setting.%' "
                                   "AND name NOT LIKE 'finalist.%'"));
    assert_int_equal(
        count_listed(db, "number", "", numbers, COUNT(numbers))
            + count_listed(db, "number", "initial.", figures, COUNT(figures))
            + count_listed(db, "number", "best.", figures, COUNT(figures)),
        count_all(db, "number WHERE name NOT LIKE 'finalist.%' "
                      "AND name NOT LIKE 'test_look.%'"));
    const char *const models[] = {"setting.scorer_", "setting.rewriter_"};
    for (int i = 0; i < 2; i++) {
        char like[80];
        snprintf(like, sizeof(like), "text WHERE name LIKE '%s%%'", models[i]);
        assert_int_equal(count_listed(db, "text", models[i], facts,
                                      COUNT(facts)), count_all(db, like));
    }
    sqlite3_close(db);
    pmpo_data_free(d);
    free(path);
    drop_folder(folder);
}

static void test_notes(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = path_in(folder, "r");
    pmpo_store *s;
    pmpo_run *run;
    assert_int_equal(pmpo_store_create(path, false, NULL, NULL, &s, NULL), 0);
    assert_int_equal(pmpo_store_put_note(s, PMPO_NOTE_WARNING, 0, 0, "few",
                                         NULL), 0);
    assert_int_equal(pmpo_store_put_note(s, PMPO_NOTE_SHORTENED, 10, 0, "ten",
                                         NULL), 0);
    assert_int_equal(pmpo_store_put_note(s, PMPO_NOTE_SHORTENED, 2, 1, "two",
                                         NULL), 0);
    for (int i = 0; i < 2; i++) { /* again: the same note */
        assert_int_equal(pmpo_store_put_note(s, PMPO_NOTE_FORM, 0, 0,
                                             "3 of 4", NULL), 0);
    }
    pmpo_store_free(s);
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    const char *const want[] = {"few", "rewriting form: 3 of 4", "two", "ten"};
    assert_int_equal(v->n_notes, 4);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(v->notes[i], want[i]);
    }
    pmpo_run_free(run);
    free(path);
    drop_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_else_is_kept_by_name),
        cmocka_unit_test(test_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
