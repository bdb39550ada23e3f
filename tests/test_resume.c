/* test_resume.c: runs stopped in every way end as if nothing had happened.
 *
 * The fake engine logs every unit and job whose work was done; so a test can
 * tell that no finished work was done again, and that a killed run had really
 * lost something. */
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "pmpo_custom.h"
#include "run_help.h"

static pmpo_data *data;
static char *folder, *path, *log_path, *whole;
static size_t n_events;
static double whole_ms; /* how long an uninterrupted run takes */

static fake_options model_options(void)
{
    return (fake_options){.salt = 14, .max_requests = 4, .log = log_path};
}

static pmpo_optimize_options run_options(void)
{
    pmpo_optimize_options o = small_options();
    o.force = true;
    o.split = (pmpo_split){6, 4, 4, 1};
    o.score.loss = PMPO_LOSS_PREFERENCE; /* with it candidates are accepted */
    return o;
}

/* ---- the log ------------------------------------------------------------- */

typedef struct log_lines {
    char *text;
    size_t n;
} log_lines;

static log_lines read_log(void)
{
    pmpo_buf b = {0};
    log_lines l = {0};
    if (access(log_path, F_OK) == 0) {
        assert_int_equal(pmpo_read_file(log_path, &b, NULL), 0);
        unlink(log_path);
    }
    for (size_t i = 0; i < b.len; i++) {
        l.n += b.ptr[i] == '\n';
    }
    l.text = b.ptr ? b.ptr : strdup("");
    return l;
}

static void line_at(const log_lines *l, size_t i, char out[40])
{
    assert_true(i < l->n && strlen(l->text) == l->n * 35);
    memcpy(out, l->text + 35 * i, 35);
    out[35] = '\0';
}

static void check_no_repeats(const log_lines *l)
{
    char a[40];
    for (size_t i = 0; i < l->n; i++) {
        line_at(l, i, a);
        assert_null(strstr(l->text + 35 * (i + 1), a));
    }
}

/* Nothing of the first `sure` lines of `before` is in `after`. */
static void check_not_done_again(const log_lines *before, size_t sure,
                                 const log_lines *after)
{
    char a[40];
    for (size_t i = 0; i < sure; i++) {
        line_at(before, i, a);
        if (strstr(after->text, a)) {
            fail_msg("work %zu of %zu was done again", i + 1, before->n);
        }
    }
}

/* ---- set-up: the uninterrupted run --------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    folder = make_folder();
    path = path_in(folder, "run.pmpo");
    log_path = path_in(folder, "log");
    data = make_data(14, true);
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    pmpo_error err = {0};
    double start = pmpo_now_ms();
    if (run_once(&f, &o, data, NULL, NULL, path, &whole, &err) < 0) {
        fail_msg("%s", err.text);
    }
    whole_ms = pmpo_now_ms() - start;
    log_lines l = read_log();
    n_events = l.n;
    check_no_repeats(&l);
    free(l.text);
    assert_true(n_events > 30);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pmpo_data_free(data);
    free(whole);
    free(log_path);
    free(path);
    drop_folder(folder);
    return 0;
}

static void check_resumes_to_whole(const log_lines *before, size_t sure)
{
    char *text = NULL;
    pmpo_error err = {0};
    fake_options f = model_options();
    int rc = resume_once(&f, path, NULL, &text, true, &err);
    if (rc < 0) {
        fail_msg("%s", err.text);
    }
    assert_string_equal(text, whole);
    free(text);
    log_lines after = read_log();
    check_not_done_again(before, sure, &after);
    check_no_repeats(&after);
    assert_int_equal(sure + after.n, n_events);
    free(after.text);
}

/* ---- kill -9 ------------------------------------------------------------- */

static pid_t start_run(const fake_options *f)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pmpo_optimize_options o = run_options();
        pmpo_model *m = fake_new(f);
        int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, data, NULL, NULL},
                               &o, path, NULL, NULL);
        _exit(rc == 0 ? 0 : 3);
    }
    return pid;
}

static void check_kill_at(size_t event, fake_moment when)
{
    fake_options f = model_options();
    int status;
    f.kill_at = event;
    f.kill_when = when;
    pid_t pid = start_run(&f);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    pmpo_run *run;
    assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
    assert_string_equal(pmpo_run_describe(run)->status, "interrupted");
    pmpo_run_free(run);
    log_lines before = read_log();
    check_no_repeats(&before);
    /* At its end the event's work is done (and logged) but not kept: lost. */
    assert_int_equal(before.n, when == FAKE_AT_END ? event : event - 1);
    check_resumes_to_whole(&before, event - 1);
    free(before.text);
}

static void test_kill_at_every_event(void **state)
{
    (void)state;
    for (size_t i = 1; i <= n_events; i++) {
        check_kill_at(i, FAKE_AT_START);
        check_kill_at(i, FAKE_AT_END);
    }
}

static void test_kill_any_time(void **state)
{
    (void)state;
    fake_options f = model_options();
    uint64_t random = 12;
    for (int i = 0; i < 25; i++) {
        int status;
        unlink(path);
        pid_t pid = start_run(&f);
        double s = pmpo_random_unit(&random) * whole_ms / 1000;
        struct timespec t = {(time_t)s, (long)((s - floor(s)) * 1e9)};
        nanosleep(&t, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        log_lines before = read_log();
        char *text = NULL;
        int rc = resume_once(&f, path, NULL, &text, true, NULL);
        if (before.n > 0) {
            assert_int_equal(rc, 0);
        }
        if (rc == 0) {
            assert_string_equal(text, whole);
            log_lines after = read_log();
            check_not_done_again(&before, before.n ? before.n - 1 : 0,
                                 &after);
            free(after.text);
        }
        free(text);
        free(before.text);
    }
}

/* ---- stopping on purpose ------------------------------------------------- */

static void test_budgets(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    char *text = NULL;
    pmpo_error err;
    o.budget_tokens = 1;
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, &text, &err),
                     PMPO_EBUDGET);
    assert_non_null(strstr(text, "stopped the budget of 1 tokens is used up"));
    free(text);
    /* One step a sitting, and yet it ends, with the same result. */
    pmpo_resume_options r;
    pmpo_resume_options_init(&r);
    r.budget_tokens = 1;
    size_t sittings = 1;
    int rc = PMPO_EBUDGET;
    while (rc == PMPO_EBUDGET && sittings < 2 * n_events) {
        text = NULL;
        rc = resume_once(&f, path, &r, &text, true, &err);
        sittings++;
        if (rc != 0) {
            free(text);
        }
    }
    assert_int_equal(rc, 0);
    assert_int_equal(sittings, n_events);
    assert_string_equal(text, whole);
    free(text);
    log_lines l = read_log();
    check_no_repeats(&l);
    assert_int_equal(l.n, n_events);
    free(l.text);
    o.budget_tokens = 0;
    o.budget_ms = 1;
    rc = run_once(&f, &o, data, NULL, NULL, path, NULL, &err);
    assert_int_equal(rc, PMPO_EBUDGET);
    l = read_log();
    check_resumes_to_whole(&l, l.n);
    free(l.text);
}

static void test_cancel(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    for (size_t i = 1; i <= n_events; i += 7) {
        fake_options f = model_options();
        char *text = NULL;
        pmpo_error err;
        f.cancel_at = i;
        assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, &text,
                                  &err), PMPO_ECANCELLED);
        assert_non_null(strstr(text, "stopped cancelled"));
        free(text);
        log_lines before = read_log();
        assert_int_equal(before.n, i - 1);
        check_resumes_to_whole(&before, before.n);
        free(before.text);
    }
}

/* ---- going further ------------------------------------------------------- */

static void test_extend(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    char *shorter, *longer, *text = NULL;
    pmpo_error err;
    o.iterations = 4;
    pmpo_run *run;
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, NULL, &err), 0);
    assert_int_equal(pmpo_run_open(path, &run, &err), 0);
    longer = run_text(run, false);
    pmpo_run_free(run);
    o.iterations = 2;
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, &shorter, &err),
                     0);
    assert_string_equal(shorter, whole);
    pmpo_resume_options r;
    pmpo_resume_options_init(&r);
    r.iterations = 4;
    /* Stopped within the extension: the old outcome is not told as new. */
    f.cancel_at = 3;
    assert_int_equal(resume_once(&f, path, &r, &text, false, &err),
                     PMPO_ECANCELLED);
    assert_null(strstr(text, "unseen examples"));
    free(text);
    f.cancel_at = 0;
    r.iterations = 0;
    assert_int_equal(resume_once(&f, path, &r, &text, false, &err), 0);
    assert_string_equal(text, longer);
    free(text);
    r.iterations = 1; /* there are 4 */
    assert_int_equal(resume_once(&f, path, &r, NULL, false, &err),
                     PMPO_EUSAGE);
    free(shorter);
    free(longer);
    unlink(log_path);
}

/* Requests that were refused as too long leave no reply: they are refused again
 * when what was decided is replayed. */
static void test_too_long_then(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    char *longer, *text = NULL;
    pmpo_error err = {0};
    pmpo_resume_options r;
    pmpo_resume_options_init(&r);
    o.max_reply_tokens = 1 << 20; /* the context of this engine */
    o.iterations = 4;
    pmpo_run *run = finished(&f, &o, data, path, 0);
    longer = run_text(run, false);
    pmpo_run_free(run);
    o.iterations = 2;
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, NULL, &err), 0);
    r.iterations = 4;
    if (resume_once(&f, path, &r, &text, false, &err) < 0) {
        fail_msg("%s", err.text);
    }
    free(text);
    r.iterations = 0;
    assert_int_equal(resume_once(&f, path, &r, &text, false, &err), 0);
    assert_string_equal(text, longer);
    free(text);
    free(longer);
    unlink(log_path);
}

static void test_finished_run_resumed(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    pmpo_error err;
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, NULL, &err), 0);
    log_lines l = read_log();
    check_resumes_to_whole(&l, l.n); /* and computes nothing */
    free(l.text);
}

/* ---- refusals ------------------------------------------------------------ */

static void test_other_model_refused(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    fake_options f = model_options(), other = model_options();
    pmpo_error err;
    other.salt = 12;
    other.name = "another";
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, NULL, &err), 0);
    assert_int_equal(resume_once(&other, path, NULL, NULL, false, &err),
                     PMPO_EMODEL);
    assert_non_null(strstr(err.text, "scorer was fake (precision f32, 1 "
                                     "threads"));
    assert_non_null(strstr(err.text, "this one is another"));
    unlink(log_path);
    char *missing = path_in(folder, "nothing.pmpo");
    assert_int_equal(resume_once(&f, missing, NULL, NULL, false, &err),
                     PMPO_EDATA);
    free(missing);
}

static void test_run_models(void **state)
{
    (void)state;
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    pmpo_run *run;
    pmpo_error err;
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, NULL, &err), 0);
    assert_int_equal(pmpo_run_open(path, &run, &err), 0);
    pmpo_model_options a, b;
    bool same;
    assert_int_equal(pmpo_run_models(run, &a, &b, &same, &err), 0);
    assert_true(same);
    assert_string_equal(a.model, "/fake.gguf");
    assert_string_equal(b.model, "/fake.gguf");
    assert_int_equal(a.precision, PMPO_PRECISION_F32);
    assert_int_equal(a.products, PMPO_PRODUCTS_BLAS);
    assert_int_equal(a.threads, 1);
    assert_int_equal(a.size, sizeof(a));
    pmpo_run_free(run);
    unlink(log_path);
}

static void test_template_file_changed(void **state)
{
    (void)state;
    char *file = path_in(folder, "template.txt"), *name;
    name = malloc(strlen(file) + 2);
    sprintf(name, "@%s", file);
    FILE *t = fopen(file, "w");
    fputs("{prompt}\n\nQ: {input}\nA: ", t);
    fclose(t);
    pmpo_optimize_options o = run_options();
    fake_options f = model_options();
    pmpo_error err = {0};
    o.score.template_name = name;
    if (run_once(&f, &o, data, NULL, NULL, path, NULL, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(resume_once(&f, path, NULL, NULL, false, &err), 0);
    t = fopen(file, "w");
    fputs("{prompt}\n\nAsked: {input}\nAnswer: ", t);
    fclose(t);
    assert_int_equal(resume_once(&f, path, NULL, NULL, false, &err),
                     PMPO_EDATA);
    assert_non_null(strstr(err.text, "template"));
    unlink(log_path);
    free(name);
    free(file);
}

/* ---- another program -------------------------------------------------------- */

static void tamper(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

/* The number that `sql` gives; NAN: no row. */
static double figure(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    double v = sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_double(st, 0)
                                              : NAN;
    sqlite3_finalize(st);
    sqlite3_close(db);
    return v;
}

#define PATIENCE "SELECT value FROM number WHERE name = 'patience_from'"
#define ITERATIONS "SELECT value FROM text WHERE name = 'setting.iterations'"

/* Refused before it is extended, a run keeps the length it has. */
static void test_refused_keeps_its_length(void **state)
{
    (void)state;
    fake_options f = model_options();
    pmpo_optimize_options o = run_options();
    pmpo_resume_options more;
    pmpo_error err = {0};
    pmpo_resume_options_init(&more);
    assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, NULL, &err), 0);
    assert_true(isnan(figure(PATIENCE)));
    more.iterations = 3;
    assert_int_equal(resume_once(&f, path, &more, NULL, true, &err), 0);
    assert_true(figure(PATIENCE) == 2);
    pmpo_custom_proposer other = {.size = 1}; /* of another header */
    more.custom = &other;
    more.n_custom = 1;
    more.iterations = 5;
    assert_int_equal(resume_once(&f, path, &more, NULL, true, &err),
                     PMPO_EVERSION);
    assert_true(figure(PATIENCE) == 2);
    assert_true(figure(ITERATIONS) == 3);
    unlink(log_path);
}

/* Changes what a decided iteration comes to, as another version would: by what
 * it decided, by what it asks, by what it reads out of a reply. */
static void test_other_version_refused(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE iteration SET digest = 'another', version = '0.0.9' "
        "WHERE idx = 1",
        "UPDATE text SET value = '1' WHERE name = 'setting.hard'",
        "UPDATE text SET value = 'yes' WHERE name = 'setting.no_mask'",
        "UPDATE number SET value = 1000 WHERE name = 'noise_floor'",
    };
    fake_options f = model_options();
    pmpo_optimize_options o = run_options();
    pmpo_resume_options more;
    pmpo_resume_options_init(&more);
    more.iterations = 3;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        pmpo_error err = {0};
        char *before, *after;
        assert_int_equal(run_once(&f, &o, data, NULL, NULL, path, &before,
                                  &err), 0);
        tamper(changes[i]);
        if (resume_once(&f, path, &more, NULL, true, &err) != PMPO_EVERSION) {
            fail_msg("not refused: %s", changes[i]);
        }
        assert_non_null(strstr(err.text, "was decided by pmpo"));
        assert_true(i > 0 || strstr(err.text, "iteration 1 was decided by "
                                              "pmpo 0.0.9"));
        pmpo_run *run; /* what was decided stands */
        assert_int_equal(pmpo_run_open(path, &run, NULL), 0);
        assert_string_equal(pmpo_run_describe(run)->status, "done");
        assert_int_equal(pmpo_run_describe(run)->max_iterations, 2);
        assert_true(isnan(figure(PATIENCE)));
        after = run_text(run, false);
        const char *then = strstr(before, "\ni 1 ");
        const char *now = strstr(after, "\ni 1 ");
        assert_non_null(now);
        assert_memory_equal(then, now, strlen(now));
        pmpo_run_free(run);
        free(before);
        free(after);
    }
    unlink(log_path);
}

/* A run that stopped for want of gains, extended, counts anew; so does every
 * later sitting. */
static void patience_begins_anew(void **state)
{
    (void)state;
    pmpo_data *d = make_data(10, true);
    pmpo_optimize_options o = small_options();
    o.force = true;
    o.iterations = 9;
    o.patience = 2;
    pmpo_run *run = finished(&(fake_options){.all_bad = true}, &o, d, path, 0);
    assert_int_equal(pmpo_run_describe(run)->n_iterations, 2);
    pmpo_run_free(run);
    pmpo_resume_options more;
    pmpo_resume_options_init(&more);
    for (int i = 0; i < 2; i++) {
        pmpo_error err;
        pmpo_model *m = fake_new(&(fake_options){.all_bad = true});
        more.iterations = i == 0 ? 12 : 0;
        assert_int_equal(pmpo_resume(m, NULL, path, &more, &run, &err), 0);
        const pmpo_run_view *v = pmpo_run_describe(run);
        assert_int_equal(v->n_iterations, 4);
        assert_non_null(strstr(v->status_reason, "after iteration 4 of 12"));
        pmpo_run_free(run);
        fake_free(m);
    }
    pmpo_data_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patience_begins_anew),
        cmocka_unit_test(test_refused_keeps_its_length),
        cmocka_unit_test(test_kill_at_every_event),
        cmocka_unit_test(test_kill_any_time),
        cmocka_unit_test(test_budgets),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_extend),
        cmocka_unit_test(test_too_long_then),
        cmocka_unit_test(test_finished_run_resumed),
        cmocka_unit_test(test_other_model_refused),
        cmocka_unit_test(test_run_models),
        cmocka_unit_test(test_template_file_changed),
        cmocka_unit_test(test_other_version_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
