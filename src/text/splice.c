/* splice.c: taking parts out of a prompt and putting others in. */
#include "text/text.h"

static bool ends_sentence(char c)
{
    return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
             || (c >= '0' && c <= '9'));
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

/* Appends prompt[from..to) so that what is cut between two parts leaves one
 * gap, not two: white space at its beginning goes if something that ends with
 * white space stands before it. */
static void put_part(pmpo_str prompt, size_t from, size_t to, size_t start,
                     pmpo_buf *out)
{
    bool open = out->len == start || pmpo_is_space(out->ptr[out->len - 1]);
    while (open && from < to && pmpo_is_space(prompt.ptr[from])) {
        from++;
    }
    pmpo_buf_put(out, pmpo_str_sub(prompt, from, to));
}

void pmpo_text_without(pmpo_str prompt, const pmpo_span *spans, size_t n,
                       pmpo_buf *out)
{
    size_t at = 0, start = out->len;
    for (size_t i = 0; i < n; i++) {
        put_part(prompt, at, spans[i].begin, start, out);
        at = spans[i].end;
    }
    put_part(prompt, at, prompt.len, start, out);
    while (out->len > start && pmpo_is_space(out->ptr[out->len - 1])) {
        out->ptr[--out->len] = '\0';
    }
}

void pmpo_text_replace(pmpo_str prompt, pmpo_span span, pmpo_str by,
                       pmpo_buf *out)
{
    pmpo_buf_put(out, pmpo_str_sub(prompt, 0, span.begin));
    pmpo_buf_put(out, by);
    pmpo_buf_put(out, pmpo_str_sub(prompt, span.end, prompt.len));
}
