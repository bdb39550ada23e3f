/* test_store.c: the run file and the score cache, also where things go wrong:
 * killed writers, other writers, damage, other versions. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "fake_engine.h"
#include "folder_help.h"
#include "propose/jobs.h"
#include "store/store.h"

static pmpo_store *fresh(const char *name)
{
    pmpo_store *s = NULL;
    pmpo_error err;
    assert_int_equal(pmpo_store_create(at(name), true, NULL, NULL, &s, &err), 0);
    return s;
}

static pmpo_hash key(int n)
{
    pmpo_hash h = {{0}};
    h.bytes[0] = (unsigned char)n;
    h.bytes[15] = (unsigned char)(n >> 8);
    return h;
}

static void put_unit(pmpo_store *s, int n, const float *x, size_t len)
{
    pmpo_error err;
    const pmpo_unit_row u = {.key = key(n), .prompt = n, .purpose = "train",
                             .logprobs = x, .n = len, .prefill_tokens = 10,
                             .logical_tokens = 30, .ms = 2};
    assert_int_equal(pmpo_store_put_unit(s, &u, &err), 0);
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ---- the run file ----------------------------------------------------------------- */

static void test_values_come_back(void **state)
{
    (void)state;
    pmpo_store *s = fresh("a.pmpo");
    pmpo_buf b = {0};
    bool found;
    double v = 0;
    assert_int_equal(pmpo_store_put_text(s, "x", PMPO_STR("one"), NULL), 0);
    assert_int_equal(pmpo_store_put_text(s, "x", PMPO_STR("two"), NULL), 0);
    assert_int_equal(pmpo_store_get_text(s, "x", &b, &found, NULL), 0);
    assert_true(found);
    assert_string_equal(b.ptr, "two");
    assert_int_equal(pmpo_store_get_text(s, "y", &b, &found, NULL), 0);
    assert_false(found);
    assert_int_equal(pmpo_store_put_number(s, "n", 0.1, NULL), 0);
    assert_int_equal(pmpo_store_put_number(s, "nan", NAN, NULL), 0);
    assert_int_equal(pmpo_store_get_number(s, "n", &v, &found, NULL), 0);
    assert_true(found && v == 0.1);
    assert_int_equal(pmpo_store_get_number(s, "nan", &v, &found, NULL), 0);
    assert_true(found && isnan(v));
    assert_int_equal(pmpo_store_get_number(s, "none", &v, &found, NULL), 0);
    assert_false(found);
    pmpo_buf_release(&b);
    pmpo_store_free(s);
}

static void test_units_and_jobs(void **state)
{
    (void)state;
    pmpo_store *s = fresh("a.pmpo");
    const float x[3] = {-1, -0.25f, 0};
    float y[3];
    bool found;
    pmpo_error err;
    pmpo_buf b = {0};
    put_unit(s, 1, x, 3);
    put_unit(s, 1, x, 3);
    assert_int_equal(pmpo_store_get_unit(s, key(1), y, 3, &found, NULL), 0);
    assert_true(found);
    assert_memory_equal(x, y, sizeof(x));
    assert_int_equal(pmpo_store_get_unit(s, key(2), y, 3, &found, NULL), 0);
    assert_false(found);
    assert_int_equal(pmpo_store_get_unit(s, key(1), y, 2, &found, &err),
                     PMPO_EIO);
    const pmpo_cost cost = {.generated_tokens = 7};
    assert_int_equal(pmpo_store_put_job(s, key(9), "rewrite", 1,
                                        PMPO_STR("[1]"), &cost, NULL), 0);
    assert_int_equal(pmpo_store_get_job(s, key(9), &b, &found, NULL), 0);
    assert_true(found);
    assert_string_equal(b.ptr, "[1]");
    assert_int_equal(pmpo_store_get_job(s, key(8), &b, &found, NULL), 0);
    assert_false(found);
    pmpo_buf_release(&b);
    pmpo_store_free(s);
}

/* Replies in another form are another job's. */
static void test_forms_of_jobs(void **state)
{
    (void)state;
    static const char *const fields[] = {"why", "answer"};
    static const char *const words[2][2] = {{"A", "B"}, {"yes", "no"}};
    pmpo_store *s = fresh("a.pmpo");
    pmpo_model *m = fake_new(&(fake_options){.salt = 1});
    m->takes_messages = true; /* such engines know forms */
    pmpo_jobs jobs = {.model = m, .store = s};
    const pmpo_message message = {PMPO_STR("user"), PMPO_STR("Which?")};
    const uint64_t seed = 1;
    pmpo_arena mem = {0};
    for (int i = 0; i < 4; i++) {
        const pmpo_json_form form = {.fields = fields,
                                     .n_fields = 2,
                                     .words = words[i % 2],
                                     .n_words = 2,
                                     .open = "",
                                     .close = ""};
        const pmpo_gen_request q = {.messages = &message,
                                    .n_messages = 1,
                                    .json = &form,
                                    .seeds = &seed,
                                    .n_samples = 1};
        const pmpo_job job = {.kind = "rewrite",
                              .requests = &q,
                              .n_requests = 1,
                              .params = {.top_p = 1,
                                         .max_tokens = 20,
                                         .stop = PMPO_STR("")}};
        pmpo_job_reply r;
        assert_int_equal(pmpo_jobs_run(&jobs, &job, &mem, &r, NULL), 0);
        assert_int_equal(fake_generated(m), i < 2 ? i + 1 : 2);
    }
    pmpo_arena_release(&mem);
    fake_free(m);
    pmpo_store_free(s);
}

static void test_what_is_not_a_number_is_refused(void **state)
{
    (void)state;
    pmpo_store *s = fresh("a.pmpo");
    const float x[2] = {-1, NAN};
    float y[2];
    bool found;
    const pmpo_unit_row u = {.key = key(1), .purpose = "train", .logprobs = x,
                             .n = 2};
    assert_int_equal(pmpo_store_put_unit(s, &u, NULL), PMPO_ENAN);
    assert_int_equal(pmpo_store_get_unit(s, key(1), y, 2, &found, NULL), 0);
    assert_false(found);
    pmpo_store_free(s);
}

static void test_examples_keep_their_order(void **state)
{
    (void)state;
    pmpo_store *s = fresh("a.pmpo");
    pmpo_buf b = {0};
    size_t n;
    pmpo_store_put_example(s, PMPO_PART_TRAIN, 1, PMPO_STR("{\"b\":1}"), NULL);
    pmpo_store_put_example(s, PMPO_PART_TRAIN, 0, PMPO_STR("{\"a\":1}"), NULL);
    pmpo_store_put_example(s, PMPO_PART_TEST, 0, PMPO_STR("{\"t\":1}"), NULL);
    assert_int_equal(pmpo_store_get_examples(s, PMPO_PART_TRAIN, &b, &n, NULL),
                     0);
    assert_int_equal(n, 2);
    assert_string_equal(b.ptr, "{\"a\":1}\n{\"b\":1}\n");
    pmpo_buf_release(&b);
    pmpo_store_free(s);
}

static void test_a_damaged_unit_is_noticed(void **state)
{
    (void)state;
    pmpo_store *s = fresh("a.pmpo");
    const float x[2] = {-1, -2};
    float y[2];
    bool found = true;
    pmpo_error err = {0};
    put_unit(s, 1, x, 2);
    pmpo_store_free(s);
    sql(at("a.pmpo"), "UPDATE unit SET logprobs = x'0000803f00000040'");
    assert_int_equal(pmpo_store_open(at("a.pmpo"), &s, NULL), 0);
    assert_int_equal(pmpo_store_get_unit(s, key(1), y, 2, &found, &err),
                     PMPO_EIO);
    assert_false(found);
    assert_non_null(strstr(err.text, "checksum"));
    pmpo_store_free(s);
}

/* ---- opening what is not to be opened ------------------------------------------------ */

static int open_code(const char *path)
{
    pmpo_store *s = NULL;
    int rc = pmpo_store_open(path, &s, NULL);
    pmpo_store_free(s);
    return rc;
}

static int read_code(const char *path)
{
    pmpo_run *r = NULL;
    int rc = pmpo_run_open(path, &r, NULL);
    pmpo_run_free(r);
    return rc;
}

static void test_strange_files(void **state)
{
    (void)state;
    pmpo_store_free(fresh("v.pmpo"));
    sql(at("v.pmpo"), "PRAGMA user_version=99");
    write_file(at("text"), "this is not a run file, and long enough to look "
                           "like the head of some file or other, really it is "
                           "just words and words and words and words");
    write_file(at("empty"), "");
    sql(at("other.db"), "CREATE TABLE t(x)");
    assert_int_equal(open_code(at("v.pmpo")), PMPO_EVERSION);
    assert_int_equal(read_code(at("v.pmpo")), PMPO_EVERSION);
    assert_int_equal(open_code(at("text")), PMPO_EDATA);
    assert_int_equal(read_code(at("text")), PMPO_EDATA);
    assert_int_equal(open_code(at("empty")), PMPO_EDATA);
    assert_int_equal(open_code(at("other.db")), PMPO_EDATA);
    assert_int_equal(open_code(at("missing")), PMPO_EDATA);
    assert_int_equal(read_code(at("missing")), PMPO_EDATA);
}

static void test_a_cut_file_is_an_error(void **state)
{
    (void)state;
    pmpo_store *s = fresh("cut.pmpo");
    float x[4000] = {0};
    for (int i = 0; i < 20; i++) {
        put_unit(s, i, x, 4000);
    }
    pmpo_store_free(s);
    assert_int_equal(truncate(at("cut.pmpo"), 20000), 0);
    int rc = open_code(at("cut.pmpo"));
    if (rc == 0) {
        rc = read_code(at("cut.pmpo"));
    }
    assert_true(rc < 0);
}

/* File systems without hard links, with and without a rename that replaces
 * nothing; see CMakeLists.txt. */
static bool no_links, no_rename;

int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to)
{
    errno = EPERM;
    return no_links ? -1 : __real_link(from, to);
}

int __real_renameat2(int a, const char *from, int b, const char *to,
                     unsigned f);
int __wrap_renameat2(int a, const char *from, int b, const char *to,
                     unsigned f);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned f)
{
    errno = EINVAL;
    return no_rename ? -1 : __real_renameat2(a, from, b, to, f);
}

static void test_no_hard_links(void **state)
{
    (void)state;
    no_links = true;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "plain.pmpo" : "noreplace.pmpo";
        no_rename = i == 1;
        pmpo_store *s = NULL, *t = NULL;
        assert_int_equal(pmpo_store_create(at(name), false, NULL, NULL, &s,
                                           NULL),
                         0);
        pmpo_store_free(s);
        assert_int_equal(pmpo_store_create(at(name), false, NULL, NULL, &t,
                                           NULL),
                         PMPO_EUSAGE);
    }
    no_links = no_rename = false;
}

static void test_existing_runs_are_kept(void **state)
{
    (void)state;
    pmpo_store *s = fresh("keep.pmpo"), *t = NULL;
    pmpo_store_put_text(s, "x", PMPO_STR("mine"), NULL);
    pmpo_error err;
    assert_int_equal(pmpo_store_create(at("keep.pmpo"), true, NULL, NULL, &t, &err),
                     PMPO_EBUSY);
    pmpo_store_free(s);
    assert_int_equal(pmpo_store_create(at("keep.pmpo"), false, NULL, NULL, &t, &err),
                     PMPO_EUSAGE);
    assert_non_null(strstr(err.text, "--force"));
    bool found;
    pmpo_buf b = {0};
    assert_int_equal(pmpo_store_open(at("keep.pmpo"), &s, NULL), 0);
    assert_int_equal(pmpo_store_get_text(s, "x", &b, &found, NULL), 0);
    assert_true(found);
    pmpo_store_free(s);
    assert_int_equal(pmpo_store_create(at("keep.pmpo"), true, NULL, NULL, &s, NULL), 0);
    assert_int_equal(pmpo_store_get_text(s, "x", &b, &found, NULL), 0);
    assert_false(found);
    pmpo_buf_release(&b);
    pmpo_store_free(s);
    assert_int_equal(pmpo_store_create("/nowhere/x.pmpo", false, NULL, NULL, &s, &err),
                     PMPO_EIO);
}

/* ---- other processes ---------------------------------------------------------------------- */

static void test_one_writer(void **state)
{
    (void)state;
    int pipe_fd[2];
    assert_int_equal(pipe(pipe_fd), 0);
    pmpo_store_free(fresh("w.pmpo"));
    pid_t pid = fork();
    if (pid == 0) {
        pmpo_store *s = NULL;
        char ok = pmpo_store_open(at("w.pmpo"), &s, NULL) == 0;
        if (write(pipe_fd[1], &ok, 1) != 1) {
            _exit(1);
        }
        pause();
    }
    char ok = 0;
    assert_int_equal(read(pipe_fd[0], &ok, 1), 1);
    assert_int_equal(ok, 1);
    assert_int_equal(open_code(at("w.pmpo")), PMPO_EBUSY);
    assert_int_equal(read_code(at("w.pmpo")), 0); /* readers always */
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(open_code(at("w.pmpo")), 0); /* the lock died with it */
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

/* A process forked while a run is written has the descriptors, too, for as long
 * as it lives: the run is free all the same once it is let go. */
static void test_a_fork_keeps_no_lock(void **state)
{
    (void)state;
    pmpo_store *s = fresh("fork.pmpo");
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    pmpo_store_free(s);
    int first = open_code(at("fork.pmpo"));
    int forced = pmpo_store_create(at("fork.pmpo"), true, NULL, NULL, &s, NULL);
    pmpo_store_free(forced == 0 ? s : NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(first, 0);
    assert_int_equal(forced, 0);
}

/* Another process holds a run, and then puts a file in its place: neither run
 * is replaced or opened. */
static void test_a_held_run_is_not_replaced(void **state)
{
    (void)state;
    pmpo_store *s = NULL;
    pmpo_store_free(fresh("h.pmpo"));
    for (int moves = 0; moves < 2; moves++) {
        int ready[2];
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0) {
            int fd = open(at("h.pmpo"), O_RDWR);
            bool ok = fd >= 0 && flock(fd, LOCK_EX) == 0 &&
                      write(ready[1], "x", 1) == 1;
            usleep(moves ? 50 * 1000 : 1000 * 1000);
            ok = ok && (!moves || (!unlink(at("h.pmpo")) &&
                                   !close(creat(at("h.pmpo"), 0600))));
            _exit(ok ? 0 : 1);
        }
        char x;
        assert_int_equal(read(ready[0], &x, 1), 1);
        if (moves) {
            assert_int_equal(pmpo_store_open(at("h.pmpo"), &s, NULL),
                             PMPO_EBUSY);
        } else {
            assert_int_equal(pmpo_store_create(at("h.pmpo"), true, NULL, NULL,
                                               &s, NULL),
                             PMPO_EBUSY);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        close(ready[0]);
        close(ready[1]);
    }
}

static void test_killed_in_a_transaction(void **state)
{
    (void)state;
    const float x[1] = {-1};
    float y[1];
    bool found;
    pmpo_store_free(fresh("k.pmpo"));
    pid_t pid = fork();
    if (pid == 0) {
        pmpo_store *s = NULL;
        pmpo_store_open(at("k.pmpo"), &s, NULL);
        put_unit(s, 1, x, 1);
        pmpo_store_begin(s, NULL);
        put_unit(s, 2, x, 1);
        raise(SIGKILL);
    }
    int status;
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status));
    pmpo_store *s = NULL;
    assert_int_equal(pmpo_store_open(at("k.pmpo"), &s, NULL), 0);
    pmpo_store_get_unit(s, key(1), y, 1, &found, NULL);
    assert_true(found);
    pmpo_store_get_unit(s, key(2), y, 1, &found, NULL);
    assert_false(found);
    pmpo_store_free(s);
}

/* ---- the view --------------------------------------------------------------------------------- */

static void fill_run(pmpo_store *s)
{
    const float x[1] = {-1};
    pmpo_store_put_text(s, "status", PMPO_STR("running"), NULL);
    pmpo_store_put_text(s, "setting.seed", PMPO_STR("7"), NULL);
    pmpo_store_put_text(s, "setting.loss", PMPO_STR("nll"), NULL);
    pmpo_store_put_text(s, "scorer.name", PMPO_STR("m"), NULL);
    pmpo_store_put_example(s, PMPO_PART_TEST, 0, PMPO_STR("{}"), NULL);
    put_unit(s, 1, x, 1);
    const pmpo_cost cost = {.prompt_tokens = 90, .generated_tokens = 40,
                            .seconds = 1};
    pmpo_store_put_job(s, key(5), "rewrite", 1, PMPO_STR("[]"), &cost, NULL);
    pmpo_candidate_row c = {.id = 0, .prompt = PMPO_STR("start"),
                            .proposer = "given", .loss = 3,
                            .lower_bound = NAN, .fate = PMPO_FATE_ACCEPTED,
                            .reason = "r", .hard_case = -1, .variant = -1};
    pmpo_store_put_candidate(s, &c, NULL);
    c = (pmpo_candidate_row){.id = 1, .iteration = 1,
                             .parents = {0, 30000, 2, 7}, .n_parents = 4,
                             .prompt = PMPO_STR("better"),
                             .reply = PMPO_STR("<prompt>better</prompt>"),
                             .proposer = "rewrite", .loss = 2,
                             .lower_bound = NAN, .fate = PMPO_FATE_ACCEPTED,
                             .reason = "gain 1", .seed = UINT64_MAX - 1};
    pmpo_store_put_candidate(s, &c, NULL);
    pmpo_store_put_hard(s, 1, 0, PMPO_STR("ex-3"), NULL);
    pmpo_segment_effect e = {0, 5, PMPO_STR("start"), 0.5, 0.1, 0.9};
    pmpo_store_put_segment(s, 1, 0, &e, NULL);
    pmpo_iteration_row it = {.index = 1, .incumbent_loss = 3, .best_loss = 2,
                             .marked_by_model = true, .marking_note = "",
                             .decision = "accepted", .incumbent = 0, .best = 1,
                             .seconds = 4};
    pmpo_store_put_iteration(s, &it, NULL);
}

static void test_the_view_has_it_all(void **state)
{
    (void)state;
    pmpo_store *s = fresh("view.pmpo");
    fill_run(s);
    pmpo_run *run = NULL;
    assert_int_equal(pmpo_run_open(at("view.pmpo"), &run, NULL), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_string_equal(v->status, "running");
    assert_int_equal(v->seed, 7);
    assert_string_equal(v->loss, "nll");
    assert_string_equal(v->scorer, "m");
    assert_int_equal(v->n_test, 1);
    assert_int_equal(v->cost.prefill_tokens, 10);
    assert_int_equal(v->cost.prompt_tokens, 90);
    assert_int_equal(v->cost.generated_tokens, 40);
    assert_true(fabs(v->cost.seconds - 1.002) < 1e-9);
    assert_true(v->share_marked_by_model == 1);
    assert_string_equal(v->initial.prompt.ptr, "start");
    assert_true(v->initial.train_loss == 3 && isnan(v->initial.test_loss));
    assert_string_equal(v->best.prompt.ptr, "better");
    assert_true(v->best.train_loss == 2);
    assert_int_equal(v->n_iterations, 1);
    assert_int_equal(v->iterations[0].n_candidates, 1);
    assert_string_equal(v->iterations[0].candidates[0].reply.ptr,
                        "<prompt>better</prompt>");
    assert_true(v->iterations[0].candidates[0].seed == UINT64_MAX - 1);
    assert_int_equal(v->iterations[0].candidates[0].n_parents, 4);
    assert_int_equal(v->iterations[0].candidates[0].parents[1], 30000);
    assert_int_equal(v->iterations[0].candidates[0].parents[3], 7);
    assert_string_equal(v->iterations[0].hard_ids[0].ptr, "ex-3");
    assert_true(v->iterations[0].segments[0].effect == 0.5);
    pmpo_run_free(run);
    pmpo_store_free(s); /* nobody writes it any more, yet it is not done */
    assert_int_equal(pmpo_run_open(at("view.pmpo"), &run, NULL), 0);
    assert_string_equal(pmpo_run_describe(run)->status, "interrupted");
    pmpo_run_free(run);
}

/* Numbers that no pmpo wrote are not taken for lengths or counts. */
static void test_numbers_out_of_range(void **state)
{
    (void)state;
    pmpo_store *s = fresh("range.pmpo");
    fill_run(s);
    assert_int_equal(pmpo_store_put_number(s, "test_looks", 1e300, NULL), 0);
    assert_int_equal(pmpo_store_put_number(s, "n_finalists", 1, NULL), 0);
    assert_int_equal(pmpo_store_put_number(s, "finalist.0.id", 1e12, NULL), 0);
    assert_int_equal(pmpo_store_put_number(s, "finalist.0.n_right", 1e300,
                                           NULL),
                     0);
    pmpo_run *run = NULL;
    assert_int_equal(pmpo_run_open(at("range.pmpo"), &run, NULL), 0);
    const pmpo_run_view *v = pmpo_run_describe(run);
    assert_int_equal(v->n_test_looks, 0);
    assert_int_equal(v->n_finalists, 1);
    assert_int_equal(v->finalists[0].id, 0);
    assert_int_equal(v->finalists[0].n_right, 0);
    pmpo_run_free(run);
    assert_int_equal(pmpo_store_put_number(s, "test_looks", 1, NULL), 0);
    assert_int_equal(pmpo_store_put_number(s, "test_look.1.candidate", -1e12,
                                           NULL),
                     0);
    assert_int_equal(pmpo_run_open(at("range.pmpo"), &run, NULL), 0);
    assert_int_equal(pmpo_run_describe(run)->n_test_looks, 1);
    assert_int_equal(pmpo_run_describe(run)->test_looks[0].candidate, 0);
    pmpo_run_free(run);
    pmpo_store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_come_back),
        cmocka_unit_test(test_units_and_jobs),
        cmocka_unit_test(test_forms_of_jobs),
        cmocka_unit_test(test_what_is_not_a_number_is_refused),
        cmocka_unit_test(test_examples_keep_their_order),
        cmocka_unit_test(test_a_damaged_unit_is_noticed),
        cmocka_unit_test(test_strange_files),
        cmocka_unit_test(test_a_cut_file_is_an_error),
        cmocka_unit_test(test_no_hard_links),
        cmocka_unit_test(test_existing_runs_are_kept),
        cmocka_unit_test(test_one_writer),
        cmocka_unit_test(test_a_fork_keeps_no_lock),
        cmocka_unit_test(test_a_held_run_is_not_replaced),
        cmocka_unit_test(test_killed_in_a_transaction),
        cmocka_unit_test(test_the_view_has_it_all),
        cmocka_unit_test(test_numbers_out_of_range),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
