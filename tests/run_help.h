/* run_help.h: small runs on the fake engine, for test_search and
 * test_resume. */
#ifndef PMPO_TESTS_RUN_HELP_H
#define PMPO_TESTS_RUN_HELP_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "data/data.h"
#include "fake_engine.h"

/* n examples whose ids are eNN: preference ones, or supervised ones with
 * options. */
static inline pmpo_data *make_data(size_t n, bool preference)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        const char *yes = i % 3 ? "yes" : "no", *no = i % 3 ? "no" : "yes";
        pmpo_buf_printf(&b,
                        "{\"id\":\"e%02zu\",\"input\":\"Question %zu: is the "
                        "number %zu a lucky number for us?\",",
                        i, i, i * i + 7);
        if (preference) {
            pmpo_buf_printf(&b, "\"chosen\":\"%s\",\"rejected\":[\"%s\"]}\n",
                            yes, no);
        } else {
            pmpo_buf_printf(&b,
                            "\"target\":\"%s\",\"options\":[\"yes\","
                            "\"no\"],\"weight\":%zu}\n",
                            yes, 1 + i % 2);
        }
    }
    pmpo_data *d = NULL;
    pmpo_error err = {0};
    if (pmpo_data_parse(pmpo_buf_str(&b), "test.jsonl", NULL, &d, &err) < 0) {
        fail_msg("%s", err.text);
    }
    pmpo_buf_release(&b);
    return d;
}

/* The same questions and targets, without options. */
static inline pmpo_data *make_targets(size_t n)
{
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_printf(&b,
                        "{\"id\":\"e%02zu\",\"input\":\"Question %zu: is the "
                        "number %zu a lucky number for us?\",\"target\":"
                        "\"%s\",\"weight\":%zu}\n",
                        i, i, i * i + 7, i % 3 ? "yes" : "no", 1 + i % 2);
    }
    pmpo_data *d = NULL;
    pmpo_error err = {0};
    if (pmpo_data_parse(pmpo_buf_str(&b), "test.jsonl", NULL, &d, &err) < 0) {
        fail_msg("%s", err.text);
    }
    pmpo_buf_release(&b);
    return d;
}

static inline pmpo_optimize_options small_options(void)
{
    pmpo_optimize_options o;
    pmpo_optimize_options_init(&o);
    o.prompt = PMPO_STR("Decide about the number. Say yes or no.");
    o.iterations = 2;
    o.hard = 2;
    o.variants = 2;
    o.segments = 2;
    o.proposers = "rewrite";
    o.max_reply_tokens = 2000; /* bytes, with this engine */
    o.score.no_cache = true;
    o.split = (pmpo_split){4, 3, 3, 1};
    return o;
}

/* A folder of the test's own; files in it are removed with it. */
static inline char *make_folder(void)
{
    /* In memory where that is to be had: a run is one commit a unit, and
     * these tests make thousands. A kill -9 is the same there. */
    char fast[] = "/dev/shm/pmpo-test-XXXXXX", slow[] = "/tmp/pmpo-test-XXXXXX";
    if (mkdtemp(fast)) {
        return strdup(fast);
    }
    assert_non_null(mkdtemp(slow));
    return strdup(slow);
}

static inline char *path_in(const char *folder, const char *name)
{
    char *p = malloc(strlen(folder) + strlen(name) + 2);
    sprintf(p, "%s/%s", folder, name);
    return p;
}

static inline void drop_folder(char *folder)
{
    char command[200];
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    free(folder);
}

/* ---- a run as text, without times ---------------------------------------- */

static inline void put_outcome(const pmpo_outcome *o, pmpo_buf *b)
{
    pmpo_buf_put(b, o->prompt);
    pmpo_buf_printf(b, "\n%.17g %.17g %.17g %.17g %.17g %.17g %.17g %zu %zu\n",
                    o->train_loss, o->val_loss, o->test_loss, o->train_format,
                    o->train_choice, o->test_format, o->test_choice,
                    o->test_n_options, o->test_n_correct);
}

static inline void put_candidate(const pmpo_candidate *c, pmpo_buf *b)
{
    pmpo_buf_printf(b, " c %d", c->id);
    for (size_t i = 0; i < c->n_parents; i++) {
        pmpo_buf_printf(b, " %d", c->parents[i]);
    }
    pmpo_buf_printf(b, " %s %.17g %.17g %s|%s|%d %d %llu ", c->proposer,
                    c->loss, c->lower_bound, pmpo_fate_name(c->fate), c->reason, c->hard_case, c->variant,
                    (unsigned long long)c->seed);
    pmpo_buf_put(b, c->prompt);
    pmpo_buf_putc(b, '|');
    pmpo_buf_put(b, c->reply);
    pmpo_buf_putc(b, '\n');
}

static inline void put_iteration(const pmpo_iteration *it, pmpo_buf *b)
{
    pmpo_buf_printf(b, "i %d %.17g %.17g %d %s|%s\n", it->index,
                    it->incumbent_loss, it->best_loss, it->marked_by_model,
                    it->marking_note, it->decision);
    for (size_t i = 0; i < it->n_segments; i++) {
        const pmpo_segment_effect *e = &it->segments[i];
        pmpo_buf_printf(b, " s %zu %zu %.17g %.17g %.17g ", e->begin, e->end,
                        e->effect, e->low, e->high);
        pmpo_buf_put(b, e->text);
        pmpo_buf_putc(b, '\n');
    }
    for (size_t i = 0; i < it->n_hard; i++) {
        pmpo_buf_puts(b, " h ");
        pmpo_buf_put(b, it->hard_ids[i]);
        pmpo_buf_putc(b, '\n');
    }
    for (size_t i = 0; i < it->n_candidates; i++) {
        put_candidate(&it->candidates[i], b);
    }
}

/* malloc'd; with `whole` also status, cost and settings. */
static inline char *run_text(const pmpo_run *run, bool whole)
{
    const pmpo_run_view *v = pmpo_run_describe(run);
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%s %s %s %s %s %s %s %llu %zu %zu %zu\n", v->scorer,
                    v->rewriter, v->precision, v->loss, v->reduction, v->form,
                    v->template_name, (unsigned long long)v->seed, v->n_train,
                    v->n_val, v->n_test);
    pmpo_buf_printf(&b, "%.17g %.17g\n", v->noise_floor,
                    v->share_marked_by_model);
    put_outcome(&v->initial, &b);
    put_outcome(&v->best, &b);
    pmpo_buf_printf(&b, "%.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\n%s\n"
                    "%s\n%s\n",
                    v->test_gain, v->test_gain_low, v->test_gain_high,
                    v->test_accuracy_low[0], v->test_accuracy_low[1],
                    v->test_accuracy_high[0], v->test_accuracy_high[1],
                    v->test_majority, v->verdict, v->loss_check_start,
                    v->loss_check_end);
    for (size_t i = 0; i < v->n_iterations; i++) {
        put_iteration(&v->iterations[i], &b);
    }
    if (whole) {
        pmpo_buf_printf(&b, "%s %s %llu %llu %llu %llu\n", v->status,
                        v->status_reason,
                        (unsigned long long)v->cost.prefill_tokens,
                        (unsigned long long)v->cost.logical_tokens,
                        (unsigned long long)v->cost.prompt_tokens,
                        (unsigned long long)v->cost.generated_tokens);
        for (size_t i = 0; i < v->n_settings; i++) {
            pmpo_buf_printf(&b, "%s=%s\n", v->setting_names[i],
                            v->setting_values[i]);
        }
    }
    assert_false(b.failed);
    return b.ptr;
}

/* One fresh run with the fake engine `f`; returns the code. */
static inline int run_once(const fake_options *f,
                           const pmpo_optimize_options *o,
                           const pmpo_data *train, const pmpo_data *val,
                           const pmpo_data *test, const char *path,
                           char **text, pmpo_error *err)
{
    pmpo_model *m = fake_new(f);
    pmpo_run *run = NULL;
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, train, val, test},
                           o, path, &run, err);
    assert_int_equal(fake_violations(m), 0);
    if (text) {
        *text = run ? run_text(run, true) : NULL;
    }
    pmpo_run_free(run);
    fake_free(m);
    return rc;
}

/* The same without other parts, which must end with `code`; the run opened. */
static inline pmpo_run *finished(const fake_options *f,
                                 const pmpo_optimize_options *o,
                                 const pmpo_data *d, const char *path,
                                 int code)
{
    pmpo_model *m = fake_new(f);
    pmpo_run *run = NULL;
    pmpo_error err = {0};
    int rc = pmpo_optimize(&(pmpo_optimize_input){m, NULL, d, NULL, NULL}, o,
                           path, &run, &err);
    if (rc != code) {
        fail_msg("%s (%d)", err.text, rc);
    }
    assert_int_equal(fake_violations(m), 0);
    fake_free(m);
    return run;
}

static inline int resume_once(const fake_options *f, const char *path,
                              const pmpo_resume_options *o, char **text,
                              bool whole, pmpo_error *err)
{
    pmpo_model *m = fake_new(f);
    pmpo_run *run = NULL;
    pmpo_resume_options plain;
    pmpo_resume_options_init(&plain);
    int rc = pmpo_resume(m, NULL, path, o ? o : &plain, &run, err);
    assert_int_equal(fake_violations(m), 0);
    if (text) {
        *text = run ? run_text(run, whole) : NULL;
    }
    pmpo_run_free(run);
    fake_free(m);
    return rc;
}

/* The summed log-likelihood of `target` after `prompt` and `input` in ChatML,
 * from the fake engine's definition alone. */
static inline double by_hand(uint64_t salt, pmpo_str prompt, pmpo_str input,
                      const char *target)
{
    int32_t ids[4096];
    size_t n = 0;
    const struct {
        int32_t special;
        pmpo_str text;
    } parts[] = {
        {256, PMPO_STR("system\n")}, {-1, prompt},
        {257, PMPO_STR("\n")},       {256, PMPO_STR("user\n")},
        {-1, input},                 {257, PMPO_STR("\n")},
        {256, PMPO_STR("assistant\n")},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].special >= 0) {
            ids[n++] = parts[i].special;
        }
        for (size_t k = 0; k < parts[i].text.len; k++) {
            ids[n++] = (unsigned char)parts[i].text.ptr[k];
        }
    }
    double sum = 0;
    for (const char *p = target; *p; p++) {
        ids[n++] = (unsigned char)*p;
        sum += (float)fake_logprob(salt, ids, n - 1);
    }
    return sum;
}

#endif
