/* real_memory.c: how much memory stays resident at most: the weights, the keys
 * and values, twice a batch's logits and 200 MB; and no more than a limit that
 * is set. Each case is a process of its own, whose peak the kernel tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data.h"
#include "engine/llama/llama_engine.h"

#define OTHER_BYTES (200.0 * 1024 * 1024)
#define OVER 3 /* exit statuses of a case */
#define FAILED 4

static double peak_bytes(void)
{
    char line[200];
    double kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof(line), f)) {
        sscanf(line, "VmHWM: %lf", &kib);
    }
    if (f) {
        fclose(f);
    }
    return kib * 1024;
}

/* Worked solutions, so that most rows have logits that are read. */
static pmpo_data *make_data(void)
{
    pmpo_buf b = {0};
    pmpo_data *d = NULL;
    for (int i = 0; i < 4; i++) {
        pmpo_buf_printf(&b, "{\"input\":\"What is %d plus %d?\",\"target\":\"",
                        i, i);
        for (int k = 0; k < 20; k++) {
            pmpo_buf_printf(&b, "%d plus %d is %d. ", i, k, i + k);
        }
        pmpo_buf_printf(&b, "So it is %d.\"}\n", 2 * i);
    }
    pmpo_data_parse(pmpo_buf_str(&b), "sums", NULL, &d, NULL);
    pmpo_buf_release(&b);
    return d;
}

static int work(pmpo_model *m, pmpo_data *d)
{
    pmpo_score_options o;
    pmpo_scores *s = NULL;
    pmpo_error err = {0};
    const pmpo_str prompt = PMPO_STR("Add up.");
    pmpo_score_options_init(&o);
    o.no_cache = true;
    int rc = pmpo_score(m, d, &prompt, 1, &o, &s, &err);
    pmpo_scores_free(s);
    pmpo_eval_options e;
    pmpo_eval *v = NULL;
    pmpo_eval_options_init(&e);
    e.metrics = PMPO_METRIC_NUMBER;
    e.no_cache = true;
    e.max_tokens = 6;
    rc = rc < 0 ? rc : pmpo_eval_run(m, d, &prompt, 1, &e, &v, &err);
    pmpo_eval_free(v);
    if (rc < 0) {
        fprintf(stderr, "%s\n", err.text);
    }
    return rc;
}

/* In the child. */
static int run(pmpo_precision p, uint64_t limit)
{
    char path[4096];
    pmpo_model *m = NULL;
    pmpo_error err = {0};
    pmpo_model_options o;
    const char *models = getenv("PMPO_MODELS");
    pmpo_model_options_init(&o);
    snprintf(path, sizeof(path), "%s/smollm2-135m-instruct.gguf",
             models ? models : ".");
    o.model = path;
    o.precision = p;
    o.memory_bytes = limit;
    pmpo_data *d = make_data();
    if (!d || pmpo_model_open(&o, &m, &err) < 0 || work(m, d) < 0) {
        fprintf(stderr, "%s\n", err.text);
        return FAILED;
    }
    const pmpo_llama *l = m->self;
    double kv = ((double)l->n_cells +
                 (double)(l->n_streams * l->stream_cells)) *
                (double)l->cell_bytes;
    double logits = 2.0 * PMPO_MAX_LOGIT_ROWS * (double)l->n_vocab *
                    sizeof(float);
    double bound = (double)m->info.file_bytes + kv + logits + OTHER_BYTES;
    double peak = peak_bytes();
    printf("peak %.0f MB; weights %.0f, keys and values %.0f, logits %.0f, "
           "bound %.0f, limit %.0f\n", peak / 1e6,
           (double)m->info.file_bytes / 1e6, kv / 1e6, logits / 1e6,
           bound / 1e6, (double)limit / 1e6);
    fflush(stdout);
    return peak <= bound && (!limit || peak <= (double)limit) ? 0 : OVER;
}

static int in_a_process(pmpo_precision p, uint64_t limit)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(run(p, limit));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_peak_without_a_limit(void **state)
{
    (void)state;
    assert_int_equal(in_a_process(PMPO_PRECISION_NATIVE, 0), 0);
    assert_int_equal(in_a_process(PMPO_PRECISION_F32, 0), 0);
    assert_int_equal(in_a_process(PMPO_PRECISION_BF16, 0), 0);
}

static void test_peak_within_a_limit(void **state)
{
    (void)state;
    assert_int_equal(in_a_process(PMPO_PRECISION_NATIVE, 460000000), 0);
    /* Less than the weights take at this precision. */
    assert_int_equal(in_a_process(PMPO_PRECISION_F32, 460000000), FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peak_without_a_limit),
        cmocka_unit_test(test_peak_within_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
