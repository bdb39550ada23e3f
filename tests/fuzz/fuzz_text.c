/* fuzz_text.c: the text room on arbitrary bytes.
 *
 * Input: a byte that gives `max`, then a prompt, a byte 0x01, a reply; without
 * a 0x01 the whole is both. Aborts when a promise of text.h is broken. */
#include <stdlib.h>

#include "text/language.h"
#include "text/terms.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Ordered, disjoint, inside, trimmed, on character boundaries. */
static void check_spans(pmpo_str p, const pmpo_span *s, size_t n, int max)
{
    bool valid = pmpo_utf8_check(p) == SIZE_MAX;
    size_t last = 0;
    expect(n <= (max > 0 ? (size_t)max : 0));
    for (size_t i = 0; i < n; i++) {
        expect(s[i].begin >= last && s[i].begin < s[i].end);
        expect(s[i].end <= p.len);
        expect(!is_space(p.ptr[s[i].begin]));
        expect(!is_space(p.ptr[s[i].end - 1]));
        expect(!valid || pmpo_utf8_floor(p, s[i].begin) == s[i].begin);
        expect(!valid || pmpo_utf8_floor(p, s[i].end) == s[i].end);
        last = s[i].end;
    }
}

/* What stands between the segments is white space: nothing is left out. */
static void check_cover(pmpo_str p, const pmpo_span *s, size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i <= n; i++) {
        size_t end = i < n ? s[i].begin : p.len;
        expect(pmpo_str_trim(pmpo_str_sub(p, at, end)).len == 0);
        at = i < n ? s[i].end : at;
    }
}

/* The prompt with its spans marked reads back as the same spans. */
static void check_round_trip(pmpo_str p, const pmpo_span *s, size_t n, int max)
{
    pmpo_buf b = {0};
    pmpo_span back[PMPO_MAX_SEGMENTS];
    size_t n_back = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_put(&b, pmpo_str_sub(p, at, s[i].begin));
        pmpo_buf_puts(&b, PMPO_MARK_OPEN);
        pmpo_buf_put(&b, pmpo_str_sub(p, s[i].begin, s[i].end));
        pmpo_buf_puts(&b, PMPO_MARK_CLOSE);
        at = s[i].end;
    }
    pmpo_buf_put(&b, pmpo_str_sub(p, at, p.len));
    const char *why =
        pmpo_text_read_marking(p, pmpo_buf_str(&b), max, back, &n_back);
    expect(!why && n_back == n);
    for (size_t i = 0; i < n; i++) {
        expect(back[i].begin == s[i].begin && back[i].end == s[i].end);
    }
    pmpo_buf_release(&b);
}

static void check_masks(pmpo_str p, const pmpo_span *s, size_t n)
{
    const size_t mask = sizeof(PMPO_MASK) - 1;
    for (size_t i = 0; i < n; i++) {
        pmpo_buf b = {0};
        pmpo_text_mask(p, s[i], &b);
        expect(b.len == p.len - (s[i].end - s[i].begin) + mask);
        expect(!memcmp(b.ptr + s[i].begin, PMPO_MASK, mask));
        expect(!memcmp(b.ptr, p.ptr, s[i].begin));
        pmpo_buf_release(&b);
    }
}

static void check_reply(pmpo_str reply, bool complete)
{
    pmpo_str found = {NULL, 0};
    if (pmpo_text_read_reply(reply, complete, &found)) {
        expect(found.ptr == NULL);
        return;
    }
    expect(found.len > 0 && !pmpo_text_has_tags(found));
    expect(found.ptr >= reply.ptr);
    expect(found.ptr + found.len <= reply.ptr + reply.len);
    expect(pmpo_str_trim(found).len == found.len);
    expect(pmpo_utf8_check(reply) != SIZE_MAX ||
           pmpo_utf8_check(found) == SIZE_MAX);
}

static void check_shorten(pmpo_str s, size_t max)
{
    pmpo_buf b = {0};
    bool cut = pmpo_text_shorten(s, max, &b);
    expect(cut == (s.len > max));
    expect(cut ? b.len <= (max > 7 ? max : 7) : b.len == s.len);
    expect(pmpo_utf8_check(s) != SIZE_MAX ||
           pmpo_utf8_check(pmpo_buf_str(&b)) == SIZE_MAX);
    pmpo_buf_release(&b);
}

/* Words stand in order, inside, and no more of them than were made room for. */
static void check_words(pmpo_str p)
{
    pmpo_arena mem = {0};
    pmpo_term *t;
    size_t n, scripts[PMPO_N_SCRIPTS] = {0};
    const char *name, *last = p.ptr;
    expect(pmpo_text_terms(p, &mem, &t, &n) == 0);
    expect(n <= p.len / 2 + 1);
    for (size_t i = 0; i < n; i++) {
        expect(t[i].text.len > 0 && t[i].text.ptr >= last);
        last = t[i].text.ptr + t[i].text.len;
        expect(last <= p.ptr + p.len);
    }
    expect(pmpo_text_language(p, &mem, &name) == 0);
    pmpo_text_scripts(p, scripts);
    pmpo_arena_release(&mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    int max = data[0] % (PMPO_MAX_SEGMENTS + 1);
    pmpo_str all = {(const char *)data + 1, size - 1}, p = all, reply = all;
    size_t at = pmpo_str_find(all, PMPO_STR("\x01"), 0);
    if (at != SIZE_MAX) {
        p = pmpo_str_sub(all, 0, at);
        reply = pmpo_str_sub(all, at + 1, all.len);
    }
    pmpo_span s[PMPO_MAX_SEGMENTS];
    size_t n = 0;
    check_words(p);
    check_words(reply);
    pmpo_text_segment(p, max, s, &n);
    check_spans(p, s, n, max);
    check_masks(p, s, n);
    expect((n > 0) == (max > 0 && pmpo_str_trim(p).len > 0));
    if (n) {
        check_cover(p, s, n);
    }
    if (n && !pmpo_text_has_tags(p) && pmpo_utf8_check(p) == SIZE_MAX) {
        check_round_trip(p, s, n, max);
    }
    const char *why = pmpo_text_read_marking(p, reply, max, s, &n);
    expect((why == NULL) == (n > 0));
    check_spans(p, s, n, max);
    if (n) {
        check_round_trip(p, s, n, max);
    }
    check_reply(reply, true);
    check_reply(reply, false);
    check_shorten(reply, data[0]);
    return 0;
}
