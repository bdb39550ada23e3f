/* test_files.c: files that are put in the place of others, by name, link and
 * mode, and what is no run file. */
#include <fcntl.h>
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

#include "pmpo.h"
#include "store/store.h"

static char folder[] = "/tmp/pmpo-files-XXXXXX";

static const char *at(const char *name)
{
    static char path[4][600];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_journal_behind_a_link),
        cmocka_unit_test(test_a_mode_stays),
        cmocka_unit_test(test_a_folder_that_may_not_be_listed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
