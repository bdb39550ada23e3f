/* report.h: HTML pages about results.
 *
 * This room turns results into HTML. It reads only public views and data,
 * computes no scores, and leaves out what is not available. Each page or part
 * of a page is one file; html.h writes text, plot.h draws. */
#ifndef PMPO_REPORT_REPORT_H
#define PMPO_REPORT_REPORT_H

#include "base/str.h"
#include "pmpo.h"

typedef struct pmpo_report_run {
    const char *name; /* of the file; its folder where names are equal */
    const pmpo_run_view *view;
    const pmpo_data *parts[3]; /* training, validation, test; NULL: none */
} pmpo_report_run;

/* The page of one run. Appends to *out. Returns 0 or PMPO_ENOMEM. */
int pmpo_report_one(const pmpo_report_run *run, pmpo_buf *out,
                    pmpo_error *err);
/* The page of several runs side by side. */
int pmpo_report_many(const pmpo_report_run *runs, size_t n, pmpo_buf *out,
                     pmpo_error *err);

#endif
