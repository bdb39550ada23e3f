/* plain.c: see plain.h. */
#define _POSIX_C_SOURCE 200809L
#include "base/plain.h"

#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static locale_t c_locale;
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* In this thread alone; gives back what uselocale takes to undo it. */
static locale_t enter(void)
{
    pthread_once(&made, make);
    return uselocale(c_locale);
}

double pmpo_read_double(const char *text, char **end)
{
    locale_t before = enter();
    double v = strtod(text, end);
    uselocale(before);
    return v;
}

int pmpo_print_list(char *out, size_t bytes, const char *fmt, va_list ap)
{
    locale_t before = enter();
    int n = vsnprintf(out, bytes, fmt, ap);
    uselocale(before);
    return n;
}

int pmpo_print(char *out, size_t bytes, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = pmpo_print_list(out, bytes, fmt, ap);
    va_end(ap);
    return n;
}
