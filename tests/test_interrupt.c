/* test_interrupt.c: ^C while the program itself has 1,000 requests in flight,
 * and a server that breaks down.
 *
 * A server of the fake engine's model answers at once for a while and then
 * hangs, so that a known number of requests is answered and the rest in flight
 * when the signal comes. What was answered must not be asked again. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "llm_server.h"
#include "run_help.h"

#define EXAMPLES 1700
#define IN_FLIGHT 1000
#define ANSWERED 500 /* before the server hangs */

extern char **environ;

static char *folder, *data_path, *log_path;
static unsigned all; /* requests of an uninterrupted run */

/* ---- the program ------------------------------------------------------------ */

/* An example has 16 outputs of one token, which share a request: a unit. */
static void write_data(void)
{
    FILE *f = fopen(data_path, "w");
    assert_non_null(f);
    for (int i = 0; i < EXAMPLES; i++) {
        fprintf(f, "{\"input\":\"Case %d?\",\"target\":\"%c\",\"options\":[", i,
                'a' + i % 16);
        for (int k = 0; k < 16; k++) {
            fprintf(f, "%s\"%c\"", k ? "," : "", 'a' + k);
        }
        fprintf(f, "]}\n");
    }
    fclose(f);
}

static pid_t start(const char *const *args)
{
    pid_t pid;
    posix_spawn_file_actions_t a;
    posix_spawn_file_actions_init(&a);
    posix_spawn_file_actions_addopen(&a, 1, log_path,
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&a, 1, 2);
    assert_int_equal(posix_spawn(&pid, PMPO_PROGRAM, &a, NULL,
                                 (char *const *)args, environ),
                     0);
    posix_spawn_file_actions_destroy(&a);
    return pid;
}

static pid_t optimize(const char *url, const char *path)
{
    const char *args[] = {"pmpo",
                          "optimize",
                          "-m",
                          url,
                          "--model-name",
                          "fake",
                          "-d",
                          data_path,
                          "-p",
                          "Say a letter.",
                          "--loss",
                          "choice",
                          "--end",
                          "no",
                          "--train",
                          "1600",
                          "--val",
                          "50",
                          "--test",
                          "50",
                          "--iterations",
                          "1",
                          "--hard",
                          "1",
                          "--variants",
                          "2",
                          "--segments",
                          "1",
                          "--proposers",
                          "rewrite",
                          "--no-loss-check",
                          "--concurrency",
                          "1000",
                          "-q",
                          "-o",
                          path,
                          NULL};
    return start(args);
}

static int resume(const char *path)
{
    int status;
    const char *args[] = {"pmpo", "resume", path, "--concurrency",
                          "1000", "-q",     NULL};
    pid_t pid = start(args);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void show_log(void)
{
    pmpo_buf b = {0};
    pmpo_read_file(log_path, &b, NULL);
    print_error("%s\n", b.ptr ? b.ptr : "");
    pmpo_buf_release(&b);
}

/* ---- the test ----------------------------------------------------------------- */

static unsigned asked(llm_server *s)
{
    llm_counts c = llm_server_counts(s);
    return c.next + c.whole + c.replies;
}

static unsigned whole_run(llm_server *s, const char *path)
{
    int status;
    pid_t pid = optimize(llm_server_url(s), path);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show_log();
        fail_msg("an uninterrupted run failed");
    }
    return asked(s);
}

/* Waits for 1,000 requests that hang, sends ^C, and tells how long the program
 * took to end. */
static double interrupt(llm_server *s, pid_t pid)
{
    int status;
    double give_up = pmpo_now_ms() + 60000;
    while (llm_server_now(s) < IN_FLIGHT && pmpo_now_ms() < give_up) {
        usleep(2000);
    }
    if (llm_server_now(s) < IN_FLIGHT) {
        show_log();
        kill(pid, SIGKILL);
    }
    double sent = pmpo_now_ms();
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3); /* go on with resume */
    return pmpo_now_ms() - sent;
}

static pmpo_run *open_run(const char *path)
{
    pmpo_run *r;
    pmpo_error err;
    if (pmpo_run_open(path, &r, &err) < 0) {
        fail_msg("%s", err.text);
    }
    return r;
}

static void test_interrupt(void **state)
{
    (void)state;
    const llm_options quick = {.salt = 3};
    llm_options hangs = quick;
    hangs.hang_after = ANSWERED;
    char *one = path_in(folder, "one"), *two = path_in(folder, "two");
    llm_server *s = llm_server_start(&quick);
    all = whole_run(s, one);
    llm_server_stop(s);

    s = llm_server_start(&hangs);
    double ms = interrupt(s, optimize(llm_server_url(s), two));
    unsigned answered = asked(s) - llm_server_now(s);
    print_message("%u requests in all; %u answered and %u in flight at ^C; "
                  "ended after %.0f ms\n",
                  all, answered, llm_server_now(s), ms);
    assert_true(ms < 1000);
    llm_server_go_on(s);
    unsigned before = asked(s);
    if (resume(two) != 0) {
        show_log();
        fail_msg("the run was not resumed");
    }
    unsigned rest = asked(s) - before;
    print_message("%u asked after it\n", rest);
    /* Opening asks for a known text again. */
    assert_in_range(answered + rest, all, all + 20);
    pmpo_run *a = open_run(one), *b = open_run(two);
    const pmpo_run_view *x = pmpo_run_describe(a), *y = pmpo_run_describe(b);
    assert_string_equal(y->status, "done");
    assert_true(pmpo_str_eq(x->best.prompt, y->best.prompt));
    assert_true(x->best.train_loss == y->best.train_loss);
    pmpo_run_free(a);
    pmpo_run_free(b);
    llm_server_stop(s);
    free(one);
    free(two);
}

/* A server that fails for good ends the run with one line; once it is well
 * again, the run goes on where it was. */
static void test_break_down(void **state)
{
    (void)state;
    int status;
    char *path = path_in(folder, "three");
    llm_server *s = llm_server_start(
        &(llm_options){.salt = 3, .hang_after = ANSWERED, .hang_fails = true});
    assert_int_equal(truncate(log_path, 0), 0);
    pid_t pid = optimize(llm_server_url(s), path);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    show_log();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    pmpo_buf log = {0};
    assert_int_equal(pmpo_read_file(log_path, &log, NULL), 0);
    pmpo_str line = pmpo_str_trim(pmpo_buf_str(&log));
    assert_non_null(
        strstr(line.ptr, "HTTP 500: EngineCore encountered an issue"));
    assert_non_null(strstr(line.ptr, "pmpo resume"));
    assert_int_equal(pmpo_str_find(line, PMPO_STR("\n"), 0), SIZE_MAX);
    pmpo_buf_release(&log);
    unsigned before = asked(s);
    llm_server_go_on(s);
    assert_int_equal(resume(path), 0);
    print_message("%u requests before, %u after\n", before, asked(s) - before);
    assert_in_range(asked(s), all, all + 20);
    pmpo_run *r = open_run(path);
    assert_string_equal(pmpo_run_describe(r)->status, "done");
    pmpo_run_free(r);
    llm_server_stop(s);
    free(path);
}

static int make_place(void **state)
{
    (void)state;
    folder = make_folder();
    data_path = path_in(folder, "data.jsonl");
    log_path = path_in(folder, "log");
    setenv("XDG_CACHE_HOME", folder, 1);
    write_data();
    return 0;
}

static int drop_place(void **state)
{
    (void)state;
    drop_folder(folder);
    free(data_path);
    free(log_path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_interrupt),
                                       cmocka_unit_test(test_break_down)};
    return cmocka_run_group_tests(tests, make_place, drop_place);
}
