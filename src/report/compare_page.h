/* compare_page.h: the page of a comparison of prompts and models. */
#ifndef PMPO_REPORT_COMPARE_PAGE_H
#define PMPO_REPORT_COMPARE_PAGE_H

#include "base/str.h"
#include "pmpo.h"

/* Appends to *out. Returns 0 or PMPO_ENOMEM. */
int pmpo_report_compared(const pmpo_comparison *c, pmpo_buf *out,
                         pmpo_error *err);

#endif
