/* test_files.c: files that are put in the place of others, by name, link and
 * mode, and what is no run file. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
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
#include "pmpo.h"
#include "store/store.h"

static int create(const char *name, bool force)
{
    pmpo_store *s = NULL;
    int rc = pmpo_store_create(at(name), force, NULL, NULL, &s, NULL);
    pmpo_store_free(rc == 0 ? s : NULL);
    return rc;
}

/* What `f` returns for a user to whom modes apply; 0 is success. */
static int as_nobody(int (*f)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        bool ok = geteuid() != 0 || setuid(65534) == 0;
        _exit(ok ? f() : 99);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- links and modes --------------------------------------------------------- */

/* SQLite looks for a journal beside the file that a link leads to. */
static void test_a_journal_behind_a_link(void **state)
{
    (void)state;
    assert_int_equal(symlink("target", at("link")), 0);
    for (int force = 0; force < 2; force++) {
        write_file(at("target-journal"), "of a run that was deleted");
        write_file(at("link-journal"), "not of a run");
        assert_int_equal(create("link", force), 0);
        assert_int_equal(access(at("target-journal"), F_OK), -1);
        assert_int_equal(access(at("link-journal"), F_OK), 0);
    }
    struct stat st;
    assert_int_equal(lstat(at("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
}

static unsigned mode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(at(name), &st), 0);
    return st.st_mode & 0777;
}

static void test_a_mode_stays(void **state)
{
    (void)state;
    mode_t mask = umask(022);
    assert_int_equal(pmpo_file_write(at("page"), PMPO_STR("one"), NULL), 0);
    assert_int_equal(mode_of("page"), 0644);
    const unsigned modes[][2] = {{0600, 0600}, {0664, 0664}, {0444, 0644}};
    for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        chmod(at("page"), modes[i][0]);
        assert_int_equal(pmpo_file_write(at("page"), PMPO_STR("two"), NULL), 0);
        assert_int_equal(mode_of("page"), modes[i][1]);
    }
    assert_int_equal(create("private", false), 0);
    chmod(at("private"), 0600);
    assert_int_equal(create("private", true), 0);
    assert_int_equal(mode_of("private"), 0600);
    umask(mask);
}

static int writes_unlisted(void)
{
    pmpo_error err = {0};
    int rc = pmpo_file_write(at("unlisted/page"), PMPO_STR("one"), &err);
    return rc == 0 ? 0 : 1;
}

/* A folder that can't be opened can't be synchronised; the file is in place. */
static void test_a_folder_that_may_not_be_listed(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(at("unlisted"), 0700), 0);
    assert_int_equal(chmod(at("unlisted"), 0333), 0);
    assert_int_equal(as_nobody(writes_unlisted), 0);
    assert_int_equal(access(at("unlisted/page"), F_OK), 0);
    assert_int_equal(chmod(at("unlisted"), 0700), 0);
}

/* ---- what is no run, or no longer whole --------------------------------------- */

static int read_code(const char *path, pmpo_error *err)
{
    pmpo_run *run = NULL;
    int rc = pmpo_run_open(path, &run, err);
    pmpo_run_free(rc == 0 ? run : NULL);
    return rc;
}

static int open_code(const char *path, pmpo_error *err)
{
    pmpo_store *s = NULL;
    int rc = pmpo_store_open(path, &s, err);
    pmpo_store_free(rc == 0 ? s : NULL);
    return rc;
}

/* Nobody writes to it: who opens it waits for ever. */
static void test_a_pipe_is_no_run(void **state)
{
    (void)state;
    pmpo_error err = {0};
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    alarm(20);
    assert_int_equal(read_code(at("pipe"), &err), PMPO_EDATA);
    assert_non_null(strstr(err.text, "a device or a pipe, not a run file"));
    assert_int_equal(open_code(at("pipe"), &err), PMPO_EDATA);
    assert_int_equal(create("pipe", false), PMPO_EUSAGE);
    assert_int_equal(create("pipe", true), PMPO_EDATA);
    alarm(0);
    struct stat st;
    assert_int_equal(stat(at("pipe"), &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
}

static void test_a_path_too_long_for_sqlite(void **state)
{
    (void)state;
    pmpo_store *s = NULL;
    pmpo_error err = {0};
    char path[700];
    int n = snprintf(path, sizeof(path), "%s", folder);
    for (int i = 0; i < 3; i++) {
        n += snprintf(path + n, sizeof(path) - (size_t)n, "/%0160d", i);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    snprintf(path + n, sizeof(path) - (size_t)n, "/run");
    assert_int_equal(pmpo_store_create(path, false, NULL, NULL, &s, &err),
                     PMPO_EIO);
    assert_non_null(strstr(err.text, "longer than 490 bytes"));
    write_file(path, "text");
    assert_int_equal(read_code(path, &err), PMPO_EIO);
    assert_non_null(strstr(err.text, "longer than 490 bytes"));
}

/* Whose journal mode is not pmpo's to change. */
static void test_another_programs_database(void **state)
{
    (void)state;
    sqlite3 *db;
    char head[20] = {0};
    assert_int_equal(sqlite3_open(at("other"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA journal_mode=WAL;"
                                  "CREATE TABLE t(x)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(open_code(at("other"), NULL), PMPO_EDATA);
    FILE *f = fopen(at("other"), "rb");
    assert_non_null(f);
    assert_int_equal(fread(head, 1, sizeof(head), f), sizeof(head));
    fclose(f);
    assert_int_equal(head[18], 2); /* of a write-ahead log */
}

static int reads_half_written(void)
{
    pmpo_error err = {0};
    int rc = read_code(at("half/run"), &err);
    return rc == PMPO_EIO && strstr(err.text, "has to be undone first") ? 0 : 1;
}

static int reads_whole(void)
{
    return read_code(at("half/run"), NULL) == 0 ? 0 : 1;
}

/* A journal that can't be rolled back, for want of the folder or of the file. */
static void test_an_interrupted_write(void **state)
{
    (void)state;
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(at("half"), 0755), 0);
    assert_int_equal(create("half/run", false), 0);
    pid_t pid = fork();
    if (pid == 0) {
        static char text[8 << 20]; /* more than SQLite keeps in memory */
        pmpo_store *s = NULL;
        memset(text, 'x', sizeof(text));
        pmpo_store_open(at("half/run"), &s, NULL);
        pmpo_store_begin(s, NULL);
        pmpo_store_put_text(s, "x", (pmpo_str){text, sizeof(text)}, NULL);
        pmpo_store_put_text(s, "y", (pmpo_str){text, sizeof(text)}, NULL);
        raise(SIGKILL);
    }
    waitpid(pid, NULL, 0);
    assert_int_equal(access(at("half/run-journal"), F_OK), 0);
    chmod(at("half/run-journal"), 0666);
    for (int file = 0; file < 2; file++) {
        chmod(at("half/run"), file ? 0444 : 0666);
        chmod(at("half"), file ? 0777 : 0555);
        assert_int_equal(as_nobody(reads_half_written), 0);
    }
    assert_int_equal(read_code(at("half/run"), NULL), 0);
    chmod(at("half"), 0555);
    assert_int_equal(as_nobody(reads_whole), 0);
    chmod(at("half"), 0755);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_journal_behind_a_link),
        cmocka_unit_test(test_a_mode_stays),
        cmocka_unit_test(test_a_folder_that_may_not_be_listed),
        cmocka_unit_test(test_a_pipe_is_no_run),
        cmocka_unit_test(test_a_path_too_long_for_sqlite),
        cmocka_unit_test(test_another_programs_database),
        cmocka_unit_test(test_an_interrupted_write),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
