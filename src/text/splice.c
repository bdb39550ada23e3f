/* splice.c: removes parts of a prompt and inserts others. */
#include <stdlib.h>

#include "text/demos.h"
#include "text/text.h"

static bool ends_sentence(char c)
{
    return !pmpo_is_letter(c) && !pmpo_is_digit(c);
}

void pmpo_text_join(pmpo_str prompt, pmpo_str more, pmpo_buf *out)
{
    prompt = pmpo_str_trim(prompt);
    more = pmpo_str_trim(more);
    pmpo_buf_put(out, prompt);
    if (prompt.len > 0 && more.len > 0) {
        bool lines = pmpo_str_find(prompt, PMPO_STR("\n"), 0) != SIZE_MAX;
        pmpo_buf_puts(out, ends_sentence(prompt.ptr[prompt.len - 1]) ? ""
                                                                     : ".");
        pmpo_buf_putc(out, lines ? '\n' : ' ');
    }
    pmpo_buf_put(out, more);
}

void pmpo_text_join_new(pmpo_str prompt, pmpo_str more, pmpo_buf *out)
{
    pmpo_span s[PMPO_MAX_SEGMENTS], known[PMPO_MAX_SEGMENTS];
    pmpo_buf rest = {0};
    size_t n, n_known = 0;
    pmpo_text_segment(more, PMPO_MAX_SEGMENTS, s, &n);
    for (size_t i = 0; i < n; i++) {
        pmpo_str one = pmpo_str_sub(more, s[i].begin, s[i].end);
        if (pmpo_str_find(prompt, one, 0) != SIZE_MAX) {
            known[n_known++] = s[i];
        }
    }
    pmpo_text_without(more, known, n_known, &rest);
    pmpo_text_join(prompt, pmpo_buf_str(&rest), out);
    out->failed |= rest.failed;
    pmpo_buf_release(&rest);
}

pmpo_str pmpo_text_repeated(pmpo_str prompt)
{
    pmpo_span s[PMPO_MAX_SEGMENTS];
    size_t n;
    pmpo_text_segment(prompt, PMPO_MAX_SEGMENTS, s, &n);
    for (size_t i = 0; i < n; i++) {
        pmpo_str one = pmpo_str_sub(prompt, s[i].begin, s[i].end);
        if (one.len >= PMPO_SENTENCE_BYTES
            && pmpo_str_find(prompt, one, s[i].end) != SIZE_MAX) {
            return one;
        }
    }
    return PMPO_STR("");
}

/* ---- taking out ---------------------------------------------------------- */

static int by_begin(const void *a, const void *b)
{
    const pmpo_span *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* Does a small letter now begin a text that began with a capital? */
static void capitalise(pmpo_str prompt, pmpo_span gone, size_t at,
                       pmpo_buf *out)
{
    char was = prompt.ptr[gone.begin];
    if (pmpo_is_upper(was) && at < out->len && out->ptr[at] >= 'a' &&
        out->ptr[at] <= 'z') {
        out->ptr[at] = (char)(out->ptr[at] - 'a' + 'A');
    }
}

/* Prompt[from..to), without white space where some stands before it, nor a
 * comma that has lost what it followed. */
static void put_rest(pmpo_str prompt, size_t from, size_t to, size_t start,
                     pmpo_buf *out)
{
    bool open = out->len == start || pmpo_is_space(out->ptr[out->len - 1]);
    bool lost = open && from > 0;
    while (open && from < to
           && (pmpo_is_space(prompt.ptr[from])
               || (lost && strchr(",;:", prompt.ptr[from])
                   && prompt.ptr[from] != '\0'))) {
        from++;
    }
    pmpo_buf_put(out, pmpo_str_sub(prompt, from, to));
}

/* Overlapping spans become one. Returns how many are left. */
static size_t join_overlaps(pmpo_span *s, size_t n)
{
    size_t k = 0;
    qsort(s, n, sizeof(*s), by_begin);
    for (size_t i = 0; i < n; i++) {
        if (k > 0 && s[i].begin <= s[k - 1].end) {
            s[k - 1].end = s[i].end > s[k - 1].end ? s[i].end : s[k - 1].end;
        } else {
            s[k++] = s[i];
        }
    }
    return k;
}

static void take_out(pmpo_str prompt, const pmpo_span *spans, size_t n,
                     pmpo_buf *out)
{
    pmpo_span gone[PMPO_MAX_PIECES];
    size_t at = 0, start = out->len;
    n = n < PMPO_MAX_PIECES ? n : PMPO_MAX_PIECES;
    memcpy(gone, spans, n * sizeof(*gone));
    n = join_overlaps(gone, n);
    for (size_t i = 0; i <= n; i++) {
        size_t from = out->len;
        put_rest(prompt, at, i < n ? gone[i].begin : prompt.len, start, out);
        if (i > 0 && !out->failed) {
            capitalise(prompt, gone[i - 1], from, out);
        }
        at = i < n ? gone[i].end : prompt.len;
    }
    while (!out->failed && out->len > start
           && pmpo_is_space(out->ptr[out->len - 1])) {
        out->ptr[--out->len] = '\0';
    }
}

void pmpo_text_without(pmpo_str prompt, const pmpo_span *spans, size_t n,
                       pmpo_buf *out)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    size_t start = out->len;
    for (size_t i = 0; i < n; i++) {
        if (spans[i].end > d.instruction.len) { /* they go, too */
            d.instruction = prompt;
            d.rest = PMPO_STR("");
        }
    }
    take_out(d.instruction, spans, n, out);
    pmpo_buf_put(out, out->len > start ? d.rest : pmpo_str_trim(d.rest));
}

/* ---- putting in ---------------------------------------------------------- */

void pmpo_text_replace(pmpo_str prompt, pmpo_span span, pmpo_str by,
                       pmpo_buf *out)
{
    pmpo_buf_put(out, pmpo_str_sub(prompt, 0, span.begin));
    pmpo_buf_put(out, by);
    pmpo_buf_put(out, pmpo_str_sub(prompt, span.end, prompt.len));
}
