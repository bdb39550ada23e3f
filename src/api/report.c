/* report.c: the public functions that make report pages. */
#include "base/error.h"
#include "base/files.h"
#include "base/mem.h"
#include "report/analysis_page.h"
#include "report/compare_page.h"
#include "report/report.h"

struct pmpo_report {
    pmpo_buf html;
};

typedef struct opened {
    pmpo_run *run;
    pmpo_data *parts[3];
} opened;

static int open_one(const char *path, opened *o, pmpo_report_run *r,
                    pmpo_error *err)
{
    int rc = pmpo_run_open(path, &o->run, err);
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = pmpo_run_data(path, i, &o->parts[i], err);
        r->parts[i] = o->parts[i];
    }
    if (rc == 0) {
        r->view = pmpo_run_describe(o->run);
    }
    return rc;
}

/* The last k parts of a path. */
static const char *tail(const char *path, int k)
{
    const char *p = path + strlen(path);
    while (p > path && (p[-1] != '/' || --k > 0)) {
        p--;
    }
    return p;
}

/* A run's file, with as many of its folders as tell it from the others. */
static const char *name_of(const char *const *paths, size_t n, size_t i)
{
    int k = 1;
    for (size_t j = 0; j < n; j++) {
        bool other = strcmp(paths[i], paths[j]) != 0;
        while (other && tail(paths[i], k) > paths[i] &&
               !strcmp(tail(paths[i], k), tail(paths[j], k))) {
            k++;
        }
    }
    return tail(paths[i], k);
}

static void close_all(opened *o, size_t n)
{
    for (size_t i = 0; o && i < n; i++) {
        pmpo_run_free(o[i].run);
        for (int k = 0; k < 3; k++) {
            pmpo_data_free(o[i].parts[k]);
        }
    }
}

static int make(const char *const *paths, size_t n, opened *o,
                pmpo_report_run *runs, pmpo_buf *html, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = open_one(paths[i], &o[i], &runs[i], err);
        runs[i].name = name_of(paths, n, i);
    }
    if (rc < 0) {
        return rc;
    }
    return n == 1 ? pmpo_report_one(&runs[0], html, err)
                  : pmpo_report_many(runs, n, html, err);
}

int pmpo_report_runs(const char *const *paths, size_t n, pmpo_report **out,
                     pmpo_error *err)
{
    if (n == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "a report needs a run");
    }
    pmpo_arena mem = {0};
    opened *o = pmpo_arena_alloc(&mem, n, sizeof(*o));
    pmpo_report_run *runs = pmpo_arena_alloc(&mem, n, sizeof(*runs));
    pmpo_report *r = pmpo_calloc(1, sizeof(*r));
    int rc = o && runs && r ? make(paths, n, o, runs, &r->html, err)
                            : pmpo_fail_memory(err);
    close_all(o, n);
    pmpo_arena_release(&mem);
    if (rc < 0) {
        pmpo_report_free(r);
        return rc;
    }
    *out = r;
    return 0;
}

int pmpo_report_comparison(const pmpo_comparison *c, pmpo_report **out,
                           pmpo_error *err)
{
    if (c->n_models == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "a comparison needs a model");
    }
    pmpo_report *r = pmpo_calloc(1, sizeof(*r));
    int rc = r ? pmpo_report_compared(c, &r->html, err)
               : pmpo_fail_memory(err);
    if (rc < 0) {
        pmpo_report_free(r);
        return rc;
    }
    *out = r;
    return 0;
}

int pmpo_report_write(const pmpo_report *r, const char *path, pmpo_error *err)
{
    return pmpo_file_write(path, pmpo_buf_str(&r->html), err);
}

int pmpo_report_analysis(const pmpo_analysis *a, const pmpo_data *d,
                         const char *model, pmpo_report **out, pmpo_error *err)
{
    pmpo_report *r = pmpo_calloc(1, sizeof(*r));
    int rc = r ? pmpo_report_analysed(a, d, model, &r->html, err)
               : pmpo_fail_memory(err);
    if (rc < 0) {
        pmpo_report_free(r);
        return rc;
    }
    *out = r;
    return 0;
}

pmpo_str pmpo_report_html(const pmpo_report *r)
{
    return pmpo_buf_str(&r->html);
}

void pmpo_report_free(pmpo_report *r)
{
    if (r) {
        pmpo_buf_release(&r->html);
        pmpo_free(r);
    }
}
