/* test_run_lock.c: run files that several threads and processes want at the same
 * time. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "store/store.h"

static char folder[] = "/tmp/pmpo-lock-XXXXXX";
static char path[100];

static int set_up(void **state)
{
    (void)state;
    char *made = mkdtemp(folder);
    snprintf(path, sizeof(path), "%s/run", folder);
    return made ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static void must_create(bool force)
{
    pmpo_store *s = NULL;
    pmpo_error err = {0};
    if (pmpo_store_create(path, force, NULL, NULL, &s, &err) < 0) {
        fail_msg("%s", err.text);
    }
    pmpo_store_free(s);
}

/* A process that ends with this one. */
static pid_t begin_other(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

/* ---- a reader's lock --------------------------------------------------------- */

/* The bytes of a database that SQLite's readers lock. */
#define SHARED_FIRST (0x40000000 + 2)
#define SHARED_SIZE 510

/* Is the run locked for reading, as another process sees it? */
static bool is_read_locked(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct flock l = {.l_type = F_WRLCK,
                          .l_whence = SEEK_SET,
                          .l_start = SHARED_FIRST,
                          .l_len = SHARED_SIZE};
        int fd = open(path, O_RDWR);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static struct {
    void *(*other)(void *); /* what a second thread does while one reads */
    atomic_bool begun, done, locked;
    pthread_t thread;
} reading;

/* At the first row that the first reader gets. */
static int at_a_row(unsigned event, void *ud, void *statement, void *more)
{
    (void)event;
    (void)ud;
    (void)statement;
    (void)more;
    if (!atomic_exchange(&reading.begun, true)) {
        pthread_create(&reading.thread, NULL, reading.other, NULL);
        double until = pmpo_now_ms() + 500;
        while (!reading.done && pmpo_now_ms() < until) {
            usleep(1000);
        }
        reading.locked = is_read_locked();
    }
    return 0;
}

static int watch(sqlite3 *db, char **err, const void *api)
{
    (void)err;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_ROW, at_a_row, NULL);
}

static void *reads(void *ud)
{
    pmpo_run *run = NULL;
    pmpo_run_open(path, &run, NULL);
    pmpo_run_free(run);
    reading.done = true;
    return ud;
}

static void *wants_to_write(void *ud)
{
    pmpo_store *s = NULL;
    pmpo_store_open(path, &s, NULL);
    pmpo_store_free(s);
    reading.done = true;
    return ud;
}

static void *wants_to_replace(void *ud)
{
    pmpo_store *s = NULL;
    pmpo_store_create(path, true, NULL, NULL, &s, NULL);
    pmpo_store_free(s);
    reading.done = true;
    return ud;
}

static void keeps_its_lock(void *(*other)(void *))
{
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    reading.other = other;
    reading.begun = reading.done = reading.locked = false;
    sqlite3_auto_extension((void (*)(void))watch);
    int rc = pmpo_run_open(path, &run, &err);
    sqlite3_reset_auto_extension();
    assert_int_equal(rc, 0);
    assert_true(reading.begun);
    pthread_join(reading.thread, NULL);
    assert_true(reading.locked);
    pmpo_run_free(run);
}

/* Closing any descriptor of a file drops this process's locks on it: nothing
 * that another thread does to a run may do that to one who reads it. */
static void test_a_reader_keeps_its_lock(void **state)
{
    (void)state;
    must_create(true);
    keeps_its_lock(reads);
    keeps_its_lock(wants_to_write);
    keeps_its_lock(wants_to_replace);
}

/* The same while another process writes, so that the others fail. */
static void test_a_reader_keeps_its_lock_beside_a_writer(void **state)
{
    (void)state;
    int pipes[2];
    char c;
    must_create(true);
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = begin_other();
    if (pid == 0) {
        int fd = open(path, O_RDWR);
        c = flock(fd, LOCK_EX) == 0;
        _exit(write(pipes[1], &c, 1) != 1 || pause());
    }
    assert_int_equal(read(pipes[0], &c, 1), 1);
    keeps_its_lock(reads);
    keeps_its_lock(wants_to_write);
    keeps_its_lock(wants_to_replace);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
}

/* ---- a name that two want -------------------------------------------------------- */

static struct {
    bool armed;
    int go, came; /* to the other process, and from it */
    char outcome; /* of that: 'w' it writes, 'n' it may not, 0: not known yet */
} rival;

/* Not there: and in this moment another process makes a run of the name. */
int __real_access(const char *name, int mode);
int __wrap_access(const char *name, int mode);
int __wrap_access(const char *name, int mode)
{
    int rc = __real_access(name, mode);
    if (rival.armed && rc < 0 && !strcmp(name, path)) {
        struct pollfd in = {.fd = rival.came, .events = POLLIN};
        rival.armed = false;
        if (write(rival.go, "", 1) != 1 ||
            (poll(&in, 1, 100) > 0 &&
             read(rival.came, &rival.outcome, 1) != 1)) {
            abort();
        }
    }
    return rc;
}

/* Makes the run when it is told to and begins to write it. */
static void be_the_rival(int go, int came)
{
    pmpo_store *s = NULL;
    char c;
    bool ok = read(go, &c, 1) == 1 &&
              pmpo_store_create(path, false, NULL, NULL, &s, NULL) == 0 &&
              pmpo_store_begin(s, NULL) == 0 &&
              pmpo_store_put_text(s, "prompt", PMPO_STR("Mine."), NULL) == 0;
    _exit(write(came, ok ? "w" : "n", 1) != 1 || pause());
}

/* The journal of a run that was deleted is removed before a new one of the name
 * is made; never that of a run which another process has just begun. */
static void test_a_new_runs_journal_stays(void **state)
{
    (void)state;
    char journal[120];
    int go[2], came[2];
    pmpo_store *s = NULL;
    snprintf(journal, sizeof(journal), "%s-journal", path);
    unlink(path);
    assert_int_equal(pipe(go), 0);
    assert_int_equal(pipe(came), 0);
    pid_t pid = begin_other();
    if (pid == 0) {
        be_the_rival(go[0], came[1]);
    }
    rival.go = go[1];
    rival.came = came[0];
    rival.armed = true;
    int rc = pmpo_store_create(path, false, NULL, NULL, &s, NULL);
    assert_false(rival.armed);
    if (!rival.outcome) {
        assert_int_equal(read(came[0], &rival.outcome, 1), 1);
    }
    assert_int_equal(rc == 0, rival.outcome == 'n');
    assert_int_equal(access(journal, F_OK) == 0, rival.outcome == 'w');
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    pmpo_store_free(s);
    for (int i = 0; i < 2; i++) {
        close(go[i]);
        close(came[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reader_keeps_its_lock),
        cmocka_unit_test(test_a_reader_keeps_its_lock_beside_a_writer),
        cmocka_unit_test(test_a_new_runs_journal_stays),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
