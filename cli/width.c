/* width.c: see width.h. */
#define _XOPEN_SOURCE 700
#include "width.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

/* The locale whose tables know all of Unicode; (locale_t)0: none. */
static locale_t unicode(void)
{
    static locale_t known;
    static bool asked;
    if (!asked) {
        asked = true;
        known = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        known = known ? known
                      : newlocale(LC_CTYPE_MASK, "en_US.UTF-8", (locale_t)0);
    }
    return known;
}

/* The code point of n bytes of valid UTF-8. */
static wchar_t code_point(const unsigned char *c, size_t n)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned long v = n <= 4 ? c[0] & masks[n] : 0xfffd;
    for (size_t i = 1; i < n && n <= 4; i++) {
        v = v << 6 | (c[i] & 0x3f);
    }
    return (wchar_t)v;
}

int char_columns(pmpo_str s, size_t at, size_t *bytes)
{
    const unsigned char *c = (const unsigned char *)s.ptr + at;
    size_t n = 1;
    while (at + n < s.len && (c[n] & 0xc0) == 0x80) {
        n++;
    }
    *bytes = n;
    if (n == 1 || !unicode()) {
        return 1;
    }
    locale_t before = uselocale(unicode());
    int columns = wcwidth(code_point(c, n));
    uselocale(before);
    return columns < 0 ? 1 : columns;
}

size_t text_columns(pmpo_str s)
{
    size_t sum = 0, n;
    for (size_t i = 0; i < s.len; i += n) {
        sum += (size_t)char_columns(s, i, &n);
    }
    return sum;
}

bool speaks_utf8(void)
{
    static int answer = -1;
    if (answer < 0) {
        locale_t own = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
        answer = own && !strcmp(nl_langinfo_l(CODESET, own), "UTF-8");
        if (own) {
            freelocale(own);
        }
    }
    return answer;
}
