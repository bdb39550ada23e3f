/* test_bf16.c: precision bf16 on a model of random weights. Each case is a
 * process of its own, since what oneDNN may use is decided once. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/llama/llama_bf16.h"
#include "model/model.h"
#include "tiny_model.h"

enum { N_TEXTS = 5, N_TARGETS = 6 };

/* Lengths with and without rows left over beside a kernel's own 16. */
static const size_t lengths[N_TEXTS] = {7, 16, 33, 300, 521};

static char folder[] = "/tmp/pmpo-bf16-XXXXXX";
static char path[300];

typedef struct outcome {
    char by[64]; /* pmpo_bf16_name */
    char identity[33];
    float lps[N_TEXTS][N_TARGETS];
} outcome;

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    setenv("XDG_CACHE_HOME", folder, 1);
    snprintf(path, sizeof(path), "%s/tiny.gguf", folder);
    tiny_model_write(path, &(tiny_options){0});
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof(command), "/bin/rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

static bool score(pmpo_model *m, size_t n, float *lps)
{
    int32_t ids[600];
    for (size_t i = 0; i < n; i++) {
        ids[i] = (int32_t)(3 + (i * 37 + n) % 200);
    }
    const pmpo_request q = {ids, n, n - N_TARGETS, 0};
    const pmpo_unit u = {.requests = &q, .n_requests = 1, .n_prefix = 0};
    pmpo_unit_result r = {.logprobs = lps};
    return pmpo_score_unit(m, &u, &r, NULL) == 0;
}

static bool fill(pmpo_precision p, int threads, outcome *out)
{
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    pmpo_model_options o;
    pmpo_model_options_init(&o);
    o.model = path;
    o.precision = p;
    o.threads = threads;
    if (pmpo_model_open(&o, &m, &err) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return false;
    }
    bool ok = true;
    for (size_t i = 0; i < N_TEXTS; i++) {
        ok = ok && score(m, lengths[i], out->lps[i]);
    }
    snprintf(out->by, sizeof(out->by), "%s", pmpo_bf16_name());
    snprintf(out->identity, sizeof(out->identity), "%s",
             pmpo_model_describe(m)->identity);
    pmpo_model_free(m);
    return ok;
}

/* `isa`: the most that oneDNN may use; NULL: what there is. */
static outcome in_a_process(pmpo_precision p, int threads, const char *isa)
{
    outcome out = {0};
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (isa) {
            setenv("ONEDNN_MAX_CPU_ISA", isa, 1);
        }
        bool ok = fill(p, threads, &out) &&
                  write(ends[1], &out, sizeof(out)) == (ssize_t)sizeof(out);
        _exit(ok ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], &out, sizeof(out));
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(got, (ssize_t)sizeof(out));
    return out;
}

static double apart(const outcome *a, const outcome *b)
{
    double most = 0;
    for (size_t i = 0; i < N_TEXTS; i++) {
        for (size_t k = 0; k < N_TARGETS; k++) {
            double d = fabs((double)a->lps[i][k] - (double)b->lps[i][k]);
            most = d > most || isnan(d) ? d : most;
        }
    }
    return most;
}

static void test_near_f32_and_not_it(void **state)
{
    (void)state;
    outcome exact = in_a_process(PMPO_PRECISION_F32, 1, NULL);
    outcome b = in_a_process(PMPO_PRECISION_BF16, 1, NULL);
    double d = apart(&exact, &b);
    print_message("by %s: %.5f nats a token from f32\n",
                  *b.by ? b.by : "llama.cpp", d);
    assert_true(d < 0.1);
    assert_true(d > 1e-5);
    assert_string_not_equal(exact.identity, b.identity);
}

/* The same rounding, whoever multiplies. */
static void test_as_by_llama_cpp(void **state)
{
    (void)state;
    outcome ours = in_a_process(PMPO_PRECISION_BF16, 1, NULL);
    outcome plain = in_a_process(PMPO_PRECISION_BF16, 1, "AVX512_CORE");
    assert_string_equal(plain.by, "");
    assert_true(apart(&ours, &plain) < 0.02);
    if (*ours.by) { /* scores by one are not taken for the other's */
        assert_string_not_equal(ours.identity, plain.identity);
    } else {
        assert_string_equal(ours.identity, plain.identity);
    }
}

/* Each product is computed by one thread: which one changes nothing. */
static void test_threads_change_nothing(void **state)
{
    (void)state;
    outcome one = in_a_process(PMPO_PRECISION_BF16, 1, NULL);
    outcome two = in_a_process(PMPO_PRECISION_BF16, 2, NULL);
    if (*one.by) {
        assert_true(apart(&one, &two) < 1e-4);
    }
    assert_true(apart(&one, &two) < 0.02);
}

/* Whatever number of threads oneDNN would take by itself. */
static void test_its_own_threads_change_nothing(void **state)
{
    (void)state;
    outcome one = in_a_process(PMPO_PRECISION_BF16, 2, NULL);
    setenv("OMP_NUM_THREADS", "32", 1);
    outcome many = in_a_process(PMPO_PRECISION_BF16, 2, NULL);
    unsetenv("OMP_NUM_THREADS");
    assert_memory_equal(one.lps, many.lps, sizeof(one.lps));
    assert_string_equal(one.identity, many.identity);
}

/* Some of its matrices stay in f32, in the copy, too. */
static void test_a_recurrent_model(void **state)
{
    (void)state;
    tiny_model_write(path, &(tiny_options){.recurrent = true});
    outcome exact = in_a_process(PMPO_PRECISION_F32, 1, NULL);
    outcome b = in_a_process(PMPO_PRECISION_BF16, 1, NULL);
    assert_true(apart(&exact, &b) < 0.2);
    tiny_model_write(path, &(tiny_options){0});
}

/* The copy is a model like others: named, and deleted by that name. */
static void test_the_copy_is_listed(void **state)
{
    (void)state;
    pmpo_model_list *list = NULL;
    bool found = false;
    in_a_process(PMPO_PRECISION_BF16, 1, NULL);
    assert_int_equal(pmpo_model_list_new(&list, NULL), 0);
    for (size_t i = 0; i < list->n_entries; i++) {
        found = found || !strcmp(list->entries[i].name, "tiny:bf16");
    }
    pmpo_model_list_free(list);
    assert_true(found);
    assert_int_equal(pmpo_model_remove("tiny:bf16", NULL), 0);
    assert_true(pmpo_model_remove("tiny:bf16", NULL) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_f32_and_not_it),
        cmocka_unit_test(test_as_by_llama_cpp),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_its_own_threads_change_nothing),
        cmocka_unit_test(test_a_recurrent_model),
        cmocka_unit_test(test_the_copy_is_listed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
