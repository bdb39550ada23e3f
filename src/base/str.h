/* str.h: strings with a length, and a buffer that remembers its failure.
 *
 * Append as much as you like to a pmpo_buf and check once, at the end:
 *
 *     pmpo_buf b = {0};
 *     pmpo_buf_put(&b, prompt);
 *     pmpo_buf_printf(&b, " (%zu tokens)", n);
 *     if (b.failed) { ... out of memory ... }
 *     pmpo_buf_release(&b); */
#ifndef PMPO_BASE_STR_H
#define PMPO_BASE_STR_H

#include <string.h>

#include "pmpo.h"

typedef struct pmpo_buf {
    char *ptr;   /* NUL after the content; NULL while empty */
    size_t len;
    size_t cap;
    bool failed; /* sticky: memory ran out, content is incomplete */
} pmpo_buf;

void pmpo_buf_put(pmpo_buf *b, pmpo_str s);
void pmpo_buf_puts(pmpo_buf *b, const char *s);
void pmpo_buf_putc(pmpo_buf *b, char c);
void pmpo_buf_printf(pmpo_buf *b, const char *fmt, ...) PMPO_PRINTF(2, 3);
/* Like pmpo_buf_put, with U+FFFD for each byte that is not UTF-8 and each NUL,
 * which would end the text for some that read it. */
void pmpo_buf_put_valid(pmpo_buf *b, pmpo_str s);
void pmpo_buf_clear(pmpo_buf *b); /* keeps the memory and `failed` */
void pmpo_buf_release(pmpo_buf *b);
/* Borrowed until the next change; ptr is never NULL. */
pmpo_str pmpo_buf_str(const pmpo_buf *b);

pmpo_str pmpo_str_of(const char *s); /* NULL gives an empty one */
/* Characters of ASCII, in every locale: <ctype.h> and strcasecmp ask the calling
 * program's. */
bool pmpo_is_space(char c);
bool pmpo_is_digit(char c);
bool pmpo_is_letter(char c);
bool pmpo_is_upper(char c);
char pmpo_lower(char c);
/* Equal but for capitals of A to Z. */
bool pmpo_str_alike(pmpo_str a, pmpo_str b);
bool pmpo_str_eq(pmpo_str a, pmpo_str b);
/* Where `s` stands in list[0..n); n: nowhere. */
size_t pmpo_str_index(const pmpo_str *list, size_t n, pmpo_str s);
int pmpo_str_cmp(pmpo_str a, pmpo_str b); /* bytes, shorter first */
/* Byte offset of the first `needle` at or after `from`; SIZE_MAX: none. */
size_t pmpo_str_find(pmpo_str s, pmpo_str needle, size_t from);
bool pmpo_str_starts(pmpo_str s, pmpo_str head);
pmpo_str pmpo_str_sub(pmpo_str s, size_t begin, size_t end);
/* `s` without the ASCII white space at both ends. */
pmpo_str pmpo_str_trim(pmpo_str s);
/* Offset of the first byte that is not valid UTF-8; SIZE_MAX: all valid. */
size_t pmpo_utf8_check(pmpo_str s);
/* The largest offset <= at that does not cut a code point of valid UTF-8. */
size_t pmpo_utf8_floor(pmpo_str s, size_t at);

/* Reads a whole file; "-" is standard input. Appends to *out. Returns 0,
 * PMPO_EIO (err names path and cause) or PMPO_ENOMEM. */
int pmpo_read_file(const char *path, pmpo_buf *out, pmpo_error *err);

#endif
