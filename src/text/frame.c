/* frame.c: the lines that several texts share around what is each one's own. */
#include "text/frame.h"

/* The common beginning of all, up to the end of its last whole line. */
static size_t shared_head(const pmpo_str *texts, size_t n)
{
    size_t len = texts[0].len, end = 0;
    for (size_t i = 1; i < n; i++) {
        size_t k = 0;
        while (k < len && k < texts[i].len &&
               texts[i].ptr[k] == texts[0].ptr[k]) {
            k++;
        }
        len = k;
    }
    for (size_t k = 0; k < len; k++) {
        end = texts[0].ptr[k] == '\n' ? k + 1 : end;
    }
    return end;
}

/* The common end of all that follows `head`, from a line end on. */
static size_t shared_tail(const pmpo_str *texts, size_t n, size_t head)
{
    const pmpo_str a = texts[0];
    size_t len = a.len - head, begin = 0;
    for (size_t i = 1; i < n; i++) {
        const pmpo_str b = texts[i];
        size_t k = 0;
        while (k < len && k < b.len - head &&
               b.ptr[b.len - 1 - k] == a.ptr[a.len - 1 - k]) {
            k++;
        }
        len = k;
    }
    for (size_t k = 1; k <= len; k++) {
        begin = a.ptr[a.len - k] == '\n' ? k : begin;
    }
    return begin;
}

pmpo_frame pmpo_frame_of(const pmpo_str *texts, size_t n)
{
    const pmpo_frame none = {0, 0};
    if (n < 2) {
        return none;
    }
    pmpo_frame f = {.head = shared_head(texts, n)};
    f.tail = shared_tail(texts, n, f.head);
    for (size_t i = 0; i < n; i++) {
        if (pmpo_frame_inside(f, texts[i]).len == 0) {
            return none;
        }
    }
    return f;
}

pmpo_str pmpo_frame_inside(pmpo_frame f, pmpo_str text)
{
    return pmpo_str_trim(pmpo_str_sub(text, f.head, text.len - f.tail));
}
