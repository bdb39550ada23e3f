/* diff.c: see diff.h. */
#include "text/diff.h"

#define MOST_CELLS (4u << 20) /* of the table of common lengths */

typedef struct words {
    pmpo_str *w;
    size_t n;
} words;

int pmpo_words(pmpo_str s, pmpo_arena *mem, pmpo_str **out, size_t *n)
{
    pmpo_str *w = pmpo_arena_alloc(mem, s.len + 1, sizeof(*w));
    if (!w) {
        return PMPO_ENOMEM;
    }
    *n = 0;
    for (size_t i = 0; i < s.len;) {
        size_t begin = i;
        while (i < s.len && !pmpo_is_space(s.ptr[i])) {
            i++;
        }
        while (i < s.len && pmpo_is_space(s.ptr[i])) {
            i++;
        }
        w[(*n)++] = pmpo_str_sub(s, begin, i);
    }
    *out = w;
    return 0;
}

static bool alike(pmpo_str a, pmpo_str b)
{
    return pmpo_str_eq(pmpo_str_trim(a), pmpo_str_trim(b));
}

/* table[i * (m + 1) + j]: words that a[i..] and b[j..] have in common. */
static void fill(const words *a, const words *b, uint16_t *table)
{
    size_t row = b->n + 1;
    for (size_t i = a->n; i-- > 0;) {
        for (size_t j = b->n; j-- > 0;) {
            uint16_t down = table[(i + 1) * row + j];
            uint16_t right = table[i * row + j + 1];
            table[i * row + j] =
                alike(a->w[i], b->w[j])
                    ? (uint16_t)(table[(i + 1) * row + j + 1] + 1)
                : down >= right ? down
                                : right;
        }
    }
}

typedef struct pieces {
    pmpo_diff_piece *p;
    size_t n;
} pieces;

/* Words of one text follow each other, so a piece grows by their length. */
static void add(pieces *out, pmpo_change change, pmpo_str word)
{
    pmpo_diff_piece *last = out->n > 0 ? &out->p[out->n - 1] : NULL;
    if (last && last->change == change) {
        last->text.len += word.len;
    } else {
        out->p[out->n++] = (pmpo_diff_piece){change, word};
    }
}

static void walk(const words *a, const words *b, const uint16_t *table,
                 pieces *out)
{
    size_t i = 0, j = 0, row = b->n + 1;
    while (i < a->n || j < b->n) {
        if (i < a->n && j < b->n && table && alike(a->w[i], b->w[j])) {
            add(out, PMPO_SAME, b->w[j]);
            i++;
            j++;
        } else if (i < a->n
                   && (j == b->n || !table
                       || table[(i + 1) * row + j] >= table[i * row + j + 1])) {
            add(out, PMPO_GONE, a->w[i++]);
        } else {
            add(out, PMPO_NEW, b->w[j++]);
        }
    }
}

int pmpo_diff(pmpo_str a, pmpo_str b, pmpo_arena *mem, pmpo_diff_piece **out,
              size_t *n)
{
    words x = {0}, y = {0};
    if (pmpo_words(a, mem, &x.w, &x.n) < 0 || pmpo_words(b, mem, &y.w, &y.n) < 0) {
        return PMPO_ENOMEM;
    }
    pieces p = {pmpo_arena_alloc(mem, x.n + y.n + 1, sizeof(*p.p)), 0};
    size_t head = 0, tail = 0;
    while (head < x.n && head < y.n && alike(x.w[head], y.w[head])) {
        head++;
    }
    while (tail < x.n - head && tail < y.n - head
           && alike(x.w[x.n - 1 - tail], y.w[y.n - 1 - tail])) {
        tail++;
    }
    const words xm = {x.w + head, x.n - head - tail};
    const words ym = {y.w + head, y.n - head - tail};
    size_t cells = (xm.n + 1) * (ym.n + 1);
    bool small = xm.n < UINT16_MAX && cells <= MOST_CELLS;
    uint16_t *table =
        small ? pmpo_arena_alloc(mem, cells, sizeof(*table)) : NULL;
    if (!p.p || (small && !table)) {
        return PMPO_ENOMEM;
    }
    if (table) {
        fill(&xm, &ym, table);
    }
    for (size_t i = 0; i < head; i++) {
        add(&p, PMPO_SAME, y.w[i]);
    }
    walk(&xm, &ym, table, &p);
    for (size_t i = y.n - tail; i < y.n; i++) {
        add(&p, PMPO_SAME, y.w[i]);
    }
    *out = p.p;
    *n = p.n;
    return 0;
}
