/* plain.h: numbers as text, with a point, whatever locale the calling program
 * has set: that of LC_NUMERIC decides what strtod and printf's %f and %g take
 * and give, and a run file or a page must not depend on it. pmpo_fail and
 * pmpo_buf_printf are made of these; strtod is used nowhere else, and snprintf
 * for no floating-point numbers (tests/check_rooms.sh). Any thread. */
#ifndef PMPO_BASE_PLAIN_H
#define PMPO_BASE_PLAIN_H

#include <stdarg.h>

#include "pmpo.h"

/* strtod, snprintf and vsnprintf in the C locale. */
double pmpo_read_double(const char *text, char **end);
int pmpo_print(char *out, size_t bytes, const char *fmt, ...) PMPO_PRINTF(3, 4);
int pmpo_print_list(char *out, size_t bytes, const char *fmt, va_list ap)
    PMPO_PRINTF(3, 0);

#endif
