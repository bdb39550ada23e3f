/* error.h: how a failure is reported.
 *
 * A function that can fail returns 0 or a negative pmpo_code. One line fills
 * *err and returns: `return pmpo_fail(err, PMPO_EIO, "read %s", path);`. */
#ifndef PMPO_BASE_ERROR_H
#define PMPO_BASE_ERROR_H

#include "pmpo.h"

/* Fills *err (unless NULL) with `code` and one line of text, newlines and
 * control characters replaced by spaces. Returns `code`. */
int pmpo_fail(pmpo_error *err, int code, const char *fmt, ...)
    PMPO_PRINTF(3, 4);

/* The same for PMPO_ENOMEM, without a format. */
int pmpo_fail_memory(pmpo_error *err);

/* Puts "text: " before the text already in *err. Returns err->code, or
 * `code` when err is NULL. */
int pmpo_fail_in(pmpo_error *err, int code, const char *fmt, ...)
    PMPO_PRINTF(3, 4);

#endif
