/* str.c: string buffers, searches, UTF-8, whole files. */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/plain.h"

/* ---- buffer ------------------------------------------------------------ */

static bool reserve(pmpo_buf *b, size_t more)
{
    if (b->failed || more > SIZE_MAX / 2 - b->len - 1) {
        b->failed = true;
        return false;
    }
    if (PMPO_GROW(b->ptr, b->cap, b->len + more + 1) < 0) {
        b->failed = true;
    }
    return !b->failed;
}

void pmpo_buf_put(pmpo_buf *b, pmpo_str s)
{
    if (!reserve(b, s.len)) {
        return;
    }
    if (s.len) {
        memcpy(b->ptr + b->len, s.ptr, s.len);
    }
    b->len += s.len;
    b->ptr[b->len] = '\0';
}

void pmpo_buf_puts(pmpo_buf *b, const char *s)
{
    pmpo_buf_put(b, pmpo_str_of(s));
}

void pmpo_buf_putc(pmpo_buf *b, char c)
{
    pmpo_buf_put(b, (pmpo_str){&c, 1});
}

static size_t first_bad(pmpo_str s)
{
    size_t bad = pmpo_utf8_check(s);
    size_t zero = pmpo_str_find(pmpo_str_sub(s, 0, bad), PMPO_STR("\0"), 0);
    return zero < bad ? zero : bad;
}

void pmpo_buf_put_valid(pmpo_buf *b, pmpo_str s)
{
    for (size_t bad; (bad = first_bad(s)) != SIZE_MAX;) {
        pmpo_buf_put(b, pmpo_str_sub(s, 0, bad));
        pmpo_buf_puts(b, "\xef\xbf\xbd");
        s = pmpo_str_sub(s, bad + 1, s.len);
    }
    pmpo_buf_put(b, s);
}

void pmpo_buf_printf(pmpo_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = pmpo_print_list(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) {
        b->failed = true;
    } else if (reserve(b, (size_t)n)) {
        pmpo_print_list(b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void pmpo_buf_clear(pmpo_buf *b)
{
    b->len = 0;
    if (b->ptr) {
        b->ptr[0] = '\0';
    }
}

void pmpo_buf_release(pmpo_buf *b)
{
    pmpo_free(b->ptr);
    *b = (pmpo_buf){0};
}

pmpo_str pmpo_buf_str(const pmpo_buf *b)
{
    return (pmpo_str){b->ptr ? b->ptr : "", b->len};
}

/* ---- strings ----------------------------------------------------------- */

pmpo_str pmpo_str_of(const char *s)
{
    return s ? (pmpo_str){s, strlen(s)} : (pmpo_str){"", 0};
}

bool pmpo_str_eq(pmpo_str a, pmpo_str b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

size_t pmpo_str_index(const pmpo_str *list, size_t n, pmpo_str s)
{
    size_t i = 0;
    while (i < n && !pmpo_str_eq(list[i], s)) {
        i++;
    }
    return i;
}

int pmpo_str_cmp(pmpo_str a, pmpo_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

size_t pmpo_str_find(pmpo_str s, pmpo_str needle, size_t from)
{
    if (needle.len == 0) {
        return from <= s.len ? from : SIZE_MAX;
    }
    while (from < s.len && s.len - from >= needle.len) {
        const char *p = memchr(s.ptr + from, needle.ptr[0],
                               s.len - from - needle.len + 1);
        if (!p) {
            break;
        }
        from = (size_t)(p - s.ptr);
        if (!memcmp(p, needle.ptr, needle.len)) {
            return from;
        }
        from++;
    }
    return SIZE_MAX;
}

bool pmpo_str_starts(pmpo_str s, pmpo_str head)
{
    return s.len >= head.len && pmpo_str_eq((pmpo_str){s.ptr, head.len}, head);
}

pmpo_str pmpo_str_sub(pmpo_str s, size_t begin, size_t end)
{
    if (end > s.len) {
        end = s.len;
    }
    if (begin >= end) {
        return (pmpo_str){"", 0};
    }
    return (pmpo_str){s.ptr + begin, end - begin};
}

bool pmpo_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool pmpo_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool pmpo_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

char pmpo_lower(char c)
{
    return pmpo_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

bool pmpo_is_letter(char c)
{
    return pmpo_lower(c) >= 'a' && pmpo_lower(c) <= 'z';
}

bool pmpo_str_alike(pmpo_str a, pmpo_str b)
{
    bool same = a.len == b.len;
    for (size_t i = 0; same && i < a.len; i++) {
        same = pmpo_lower(a.ptr[i]) == pmpo_lower(b.ptr[i]);
    }
    return same;
}

pmpo_str pmpo_str_trim(pmpo_str s)
{
    size_t begin = 0, end = s.len;
    while (begin < end && pmpo_is_space(s.ptr[begin])) {
        begin++;
    }
    while (end > begin && pmpo_is_space(s.ptr[end - 1])) {
        end--;
    }
    return pmpo_str_sub(s, begin, end);
}

/* Bytes of the code point at p (at most `left`); 0: not valid UTF-8. */
static size_t utf8_len(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80) {
        return 1;
    }
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n > left) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool too_big = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || too_big ? 0 : n;
}

size_t pmpo_utf8_check(pmpo_str s)
{
    for (size_t i = 0; i < s.len;) {
        size_t n = utf8_len((const unsigned char *)s.ptr + i, s.len - i);
        if (n == 0) {
            return i;
        }
        i += n;
    }
    return SIZE_MAX;
}

size_t pmpo_utf8_floor(pmpo_str s, size_t at)
{
    if (at >= s.len) {
        return s.len;
    }
    while (at > 0 && ((unsigned char)s.ptr[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

/* ---- files ------------------------------------------------------------- */

int pmpo_read_file(const char *path, pmpo_buf *out, pmpo_error *err)
{
    bool std = !strcmp(path, "-");
    FILE *f = std ? stdin : fopen(path, "rb");
    if (!f) {
        return pmpo_fail(err, PMPO_EIO, "%s: %s", path, strerror(errno));
    }
    char chunk[64 * 1024];
    size_t n;
    while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
        pmpo_buf_put(out, (pmpo_str){chunk, n});
    }
    int rc = 0;
    if (ferror(f)) {
        rc = pmpo_fail(err, PMPO_EIO, "%s: %s", path, strerror(errno));
    } else if (out->failed) {
        rc = pmpo_fail_memory(err);
    }
    if (!std) {
        fclose(f);
    }
    return rc;
}
