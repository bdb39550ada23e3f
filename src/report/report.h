/* report.h: pages that show what was measured.
 *
 * This room turns what others found into HTML. It reads public views and data
 * and nothing else, computes no score, and leaves out what isn't there. One
 * file a page or a part of it; html.h writes, plot.h draws. */
#ifndef PMPO_REPORT_REPORT_H
#define PMPO_REPORT_REPORT_H

#include "base/str.h"
#include "pmpo.h"

typedef struct pmpo_report_run {
    const char *name;          /* of the file, without its folder */
    const pmpo_run_view *view;
    const pmpo_data *parts[3]; /* training, validation, test; NULL: none */
} pmpo_report_run;

/* The page of one run. Appends to *out. Returns 0 or PMPO_ENOMEM. */
int pmpo_report_one(const pmpo_report_run *run, pmpo_buf *out,
                    pmpo_error *err);
/* Several runs beside each other. */
int pmpo_report_many(const pmpo_report_run *runs, size_t n, pmpo_buf *out,
                     pmpo_error *err);

#endif
