/* analysis_page.h: the page of an analysis. */
#ifndef PMPO_REPORT_ANALYSIS_PAGE_H
#define PMPO_REPORT_ANALYSIS_PAGE_H

#include "base/str.h"
#include "pmpo.h"

/* Appends to *out. Returns 0 or PMPO_ENOMEM. */
int pmpo_report_analysed(const pmpo_analysis *a, const pmpo_data *d,
                         const char *model, pmpo_buf *out, pmpo_error *err);

#endif
