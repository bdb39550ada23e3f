/* error.c: error texts and their codes. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/plain.h"

const char *pmpo_code_text(int code)
{
    switch (code) {
#define X(name, value, exit, text)                                             \
    case name:                                                                 \
        return text;
        PMPO_CODES(X)
#undef X
    default:
        return "unknown error";
    }
}

const char *pmpo_code_name(int code)
{
    switch (code) {
#define X(name, value, exit, text)                                             \
    case name:                                                                 \
        return #name;
        PMPO_CODES(X)
#undef X
    default:
        return "?";
    }
}

int pmpo_code_exit(int code)
{
    switch (code) {
#define X(name, value, exit, text)                                             \
    case name:                                                                 \
        return exit;
        PMPO_CODES(X)
#undef X
    default:
        return 1;
    }
}

static void one_line(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
}

int pmpo_fail(pmpo_error *err, int code, const char *fmt, ...)
{
    if (!err) {
        return code;
    }
    va_list ap;
    va_start(ap, fmt);
    err->code = code;
    pmpo_print_list(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    one_line(err->text);
    return code;
}

int pmpo_fail_memory(pmpo_error *err)
{
    return pmpo_fail(err, PMPO_ENOMEM, "out of memory");
}

int pmpo_fail_in(pmpo_error *err, int code, const char *fmt, ...)
{
    if (!err) {
        return code;
    }
    char head[sizeof(err->text)], tail[sizeof(err->text)];
    va_list ap;
    va_start(ap, fmt);
    pmpo_print_list(head, sizeof(head), fmt, ap);
    va_end(ap);
    memcpy(tail, err->text, sizeof(tail));
    size_t n = strlen(head);
    if (n > sizeof(err->text) / 2) {
        n = sizeof(err->text) / 2;
    }
    snprintf(err->text, sizeof(err->text), "%.*s: %.*s", (int)n, head,
             (int)(sizeof(err->text) - n - 3), tail);
    one_line(err->text);
    return err->code;
}
