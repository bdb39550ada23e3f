/* token_text.c: names of tokens as bytes. See token_text.h. */
#include "engine/http/token_text.h"

#include <stdlib.h>

#define GPT2_SPACE 0x120u
#define SP_SPACE 0x2581u

/* The code point at *at of valid UTF-8, which moves past it. */
static uint32_t next_point(pmpo_str s, size_t *at)
{
    unsigned char c = (unsigned char)s.ptr[(*at)++];
    size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    uint32_t point = more ? c & (0x3fu >> more) : c;
    for (; more > 0 && *at < s.len; more--) {
        point = point << 6 | ((unsigned char)s.ptr[(*at)++] & 0x3f);
    }
    return point;
}

/* The byte of a code point in byte-level BPE's alphabet (as GPT-2 has it): bytes
 * that print stand for themselves, the 68 others are U+0100 onwards in their
 * order. -1: not of the alphabet. */
static int gpt2_byte(uint32_t p)
{
    bool prints = (p >= 0x21 && p <= 0x7e) || (p >= 0xa1 && p <= 0xac) ||
                  (p >= 0xae && p <= 0xff);
    if (prints) {
        return (int)p;
    }
    if (p < 0x100 || p > 0x143) {
        return -1;
    }
    int n = (int)p - 0x100;
    return n <= 0x20 ? n : n < 0x43 ? 0x7f + n - 0x21 : 0xad;
}

static bool put_bytes(pmpo_str name, pmpo_buf *out)
{
    size_t before = out->len;
    for (size_t at = 0; at < name.len;) {
        int b = gpt2_byte(next_point(name, &at));
        if (b < 0) {
            out->len = before;
            return false;
        }
        pmpo_buf_putc(out, (char)b);
    }
    return true;
}

/* The byte of a name such as "<0x0A>"; -1: it is not of that form. */
static int piece_byte(pmpo_str name)
{
    if (name.len != 6 || !pmpo_str_starts(name, PMPO_STR("<0x")) ||
        name.ptr[5] != '>') {
        return -1;
    }
    char hex[3] = {name.ptr[3], name.ptr[4], '\0'};
    char *end;
    long v = strtol(hex, &end, 16);
    return *end == '\0' ? (int)v : -1;
}

static void put_piece(pmpo_str name, pmpo_buf *out)
{
    int byte = piece_byte(name);
    if (byte >= 0) {
        pmpo_buf_putc(out, (char)byte);
        return;
    }
    for (size_t at = 0, from; at < name.len;) {
        from = at;
        if (next_point(name, &at) == SP_SPACE) {
            pmpo_buf_putc(out, ' ');
        } else {
            pmpo_buf_put(out, pmpo_str_sub(name, from, at));
        }
    }
}

pmpo_token_style pmpo_token_style_of(pmpo_str name)
{
    for (size_t at = 0; at < name.len;) {
        uint32_t p = next_point(name, &at);
        if (p == GPT2_SPACE || p == SP_SPACE) {
            return p == SP_SPACE ? PMPO_TOKENS_PIECES : PMPO_TOKENS_BYTES;
        }
    }
    return PMPO_TOKENS_PLAIN;
}

void pmpo_token_bytes(pmpo_token_style style, pmpo_str name, pmpo_buf *out)
{
    if (style == PMPO_TOKENS_PIECES && !pmpo_token_looks_special(name)) {
        put_piece(name, out);
    } else if (style != PMPO_TOKENS_BYTES || !put_bytes(name, out)) {
        pmpo_buf_put(out, name);
    }
}

bool pmpo_token_looks_special(pmpo_str text)
{
    if (text.len < 3 || piece_byte(text) >= 0) {
        return false;
    }
    char first = text.ptr[0], last = text.ptr[text.len - 1];
    return (first == '<' && last == '>') || (first == '[' && last == ']');
}
