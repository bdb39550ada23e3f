/* is_number.c: pmpo_text_is_number of text.h. */
#include <string.h>

#include "text/text.h"

static size_t digits_at(pmpo_str s, size_t i)
{
    size_t n = 0;
    while (i + n < s.len && pmpo_is_digit(s.ptr[i + n])) {
        n++;
    }
    return n;
}

static bool is_at(pmpo_str s, size_t i, const char *any_of)
{
    return i < s.len && s.ptr[i] != '\0' && strchr(any_of, s.ptr[i]);
}

bool pmpo_text_is_number(pmpo_str s)
{
    s = pmpo_str_trim(s);
    size_t i = 0, all = 0, n;
    while (is_at(s, i, "-+$")) {
        i++;
    }
    n = digits_at(s, i);
    bool grouped = n > 0 && n <= 3;
    for (all = n, i += n; grouped && is_at(s, i, ",");) {
        n = digits_at(s, i + 1);
        if (n != 3) {
            return false;
        }
        all += n;
        i += 1 + n;
    }
    if (is_at(s, i, ".")) {
        n = digits_at(s, i + 1);
        all += n;
        i += 1 + n;
    }
    if (is_at(s, i, " ") && is_at(s, i + 1, "%")) {
        i++;
    }
    i += is_at(s, i, "%");
    return all > 0 && i == s.len;
}
