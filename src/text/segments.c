/* segments.c: the deterministic segmentation of a prompt, and masks.
 *
 * Lines are gathered into blocks (paragraph, list item, heading, code fence); a
 * paragraph is cut into sentences, every other block is one chunk. If there are
 * too many chunks, neighbours are merged: first the division with the smallest
 * largest piece is found; then, among the divisions whose largest piece is at
 * most a quarter larger, the one that merges the fewest chunks of different
 * blocks, and of those the most even one.
 *
 * Nothing is allocated. When in doubt, two sentences stay one chunk, because
 * half a sentence as a chunk shows nothing about the prompt. */
#include "text/demos.h"
#include "text/text.h"

/* ---- characters -------------------------------------------------------- */

static bool one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

/* The length of the string of `list` (ended by NULL) that is at `at`, or 0. */
static size_t listed_at(pmpo_str s, size_t at, const char *const *list)
{
    for (; *list; list++) {
        size_t n = strlen(*list);
        if (at <= s.len && s.len - at >= n && !memcmp(s.ptr + at, *list, n)) {
            return n;
        }
    }
    return 0;
}

/* `word` is ASCII lower case; compares in any case. */
static bool word_is(pmpo_str s, const char *word)
{
    size_t i = 0;
    while (i < s.len && word[i] && pmpo_lower(s.ptr[i]) == word[i]) {
        i++;
    }
    return i == s.len && word[i] == '\0';
}

static bool word_in(pmpo_str s, const char *const *list)
{
    while (*list && !word_is(s, *list)) {
        list++;
    }
    return *list != NULL;
}

/* ---- chunks ------------------------------------------------------------- */

enum { MAX_CHUNKS = 128 };

/* What joining a chunk with the one before it costs. The number of joins is
 * given by the number of chunks, so only the differences matter. */
typedef enum join {
    JOIN_HEADING = 0, /* a heading and what stands under it */
    JOIN_SENTENCE = 1,
    JOIN_ITEM = 2,
    JOIN_PARAGRAPH = 4,
} join;

typedef struct chunk {
    size_t begin, end;
    join before;
} chunk;

typedef struct chunks {
    pmpo_str text;
    chunk at[MAX_CHUNKS];
    size_t n;
    size_t lead; /* where text before the first chunk begins; SIZE_MAX: none */
    bool under_heading; /* the last chunk added is a heading */
} chunks;

bool pmpo_text_has_words(pmpo_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (pmpo_is_letter(c) || pmpo_is_digit(c) || (unsigned char)c >= 0x80) {
            return true;
        }
    }
    return false;
}

/* Makes room for one more by joining the two neighbours that stay shortest. */
static void join_shortest(chunks *u)
{
    size_t best = 1, best_cost = SIZE_MAX;
    for (size_t i = 1; i < u->n; i++) {
        size_t len = u->at[i].end - u->at[i - 1].begin;
        size_t cost = u->at[i].before > JOIN_SENTENCE ? len + len / 2 : len;
        if (cost < best_cost) {
            best_cost = cost;
            best = i;
        }
    }
    u->at[best - 1].end = u->at[best].end;
    memmove(u->at + best, u->at + best + 1,
            (u->n - best - 1) * sizeof(u->at[0]));
    u->n--;
}

static void add_chunk(chunks *u, size_t begin, size_t end, join before)
{
    while (begin < end && pmpo_is_space(u->text.ptr[begin])) {
        begin++;
    }
    while (end > begin && pmpo_is_space(u->text.ptr[end - 1])) {
        end--;
    }
    if (begin == end) {
        return;
    }
    if (!pmpo_text_has_words(pmpo_str_sub(u->text, begin, end))) {
        if (u->n) {
            u->at[u->n - 1].end = end;
        } else if (u->lead == SIZE_MAX) {
            u->lead = begin;
        }
        return;
    }
    if (u->n == 0 && u->lead != SIZE_MAX) {
        begin = u->lead;
    }
    if (u->n == MAX_CHUNKS) {
        join_shortest(u);
    }
    before = u->under_heading ? JOIN_HEADING : before;
    u->under_heading = false;
    u->at[u->n++] = (chunk){begin, end, before};
}

/* ---- sentences --------------------------------------------------------- */

/* Lines shorter than this were not wrapped by an editor. */
enum { WRAP = 60 };

/* Full stops that need no space after them. */
static const char *const wide_stops[] = {"。", "！", "？", "｡", NULL};
/* Full stops other than . ! ? that do. */
static const char *const other_stops[] = {"।", "؟", "…", NULL};
static const char *const closers[] = {
    ")", "]", "\"", "'", "*", "_", "`", "”", "’", "»", "」", "』", "）", "】",
    NULL};

/* A full stop after these ends no sentence. */
static const char *const abbreviations[] = {
    "dr", "mr", "mrs", "ms", "prof", "vs", "cf", "st", "jr", "sr", "approx",
    "resp", "incl", "excl", "eg", "ie", "viz", "al", "ca", "gen", "gov", "sen",
    "rev", "hon", "capt", "lt", "col", "mt", NULL};
/* Nor after these when a digit follows: "Fig. 2", but "Answer no. Then". */
static const char *const before_digits[] = {
    "no", "nos", "fig", "figs", "eq", "eqs", "sec", "ch", "vol", "p", "pp",
    "art", "ex", "ver", "v", NULL};
/* A capital letter after these names an option, it is no initial. */
static const char *const before_options[] = {
    "option", "options", "or", "and", "answer", "choice", "is", "class",
    "label", "letter", "to", "not", "than", "plan", "vitamin", NULL};

/* Whether a sentence may begin with the character at `at`. */
static bool starts_sentence(pmpo_str s, size_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    if (c < 0x80) {
        return pmpo_is_upper((char)c) || pmpo_is_digit((char)c) ||
               one_of((char)c, "\"'([{<*_`$#");
    }
    unsigned char d = at + 1 < s.len ? (unsigned char)s.ptr[at + 1] : 0;
    bool latin_small = c == 0xc3 && d >= 0x9f;
    bool cyrillic_small = (c == 0xd0 && d >= 0xb0) || (c == 0xd1 && d <= 0x9f);
    bool greek_small = (c == 0xce && d >= 0xac) || (c == 0xcf && d <= 0x8e);
    return !latin_small && !cyrillic_small && !greek_small;
}

/* The word that ends at `end`, at most 16 bytes of it, not before `from`. */
static pmpo_str word_before(pmpo_str s, size_t from, size_t end)
{
    size_t w = end;
    while (w > from && end - w < 16 && !pmpo_is_space(s.ptr[w - 1]) &&
           !one_of(s.ptr[w - 1], "([{\"'*_`/,;:")) {
        w--;
    }
    return pmpo_str_sub(s, w, end);
}

/* "e.g", "U.S": single letters with dots between them. */
static bool is_dotted(pmpo_str w)
{
    for (size_t i = 0; i < w.len; i++) {
        if (i % 2 ? w.ptr[i] != '.' : !pmpo_is_letter(w.ptr[i])) {
            return false;
        }
    }
    return w.len >= 3 && w.len % 2;
}

static bool is_number(pmpo_str w)
{
    for (size_t i = 0; i < w.len; i++) {
        if (!pmpo_is_digit(w.ptr[i])) {
            return false;
        }
    }
    return w.len > 0;
}

/* Whether the single full stop at `dot`, in a sentence that begins at `from`
 * and goes on at `next`, belongs to its word. */
static bool is_abbreviation(pmpo_str s, size_t from, size_t dot, size_t next)
{
    pmpo_str w = word_before(s, from, dot);
    if (w.len == 0) {
        return false;
    }
    size_t begin = (size_t)(w.ptr - s.ptr), gap = begin;
    while (gap > from && pmpo_is_space(s.ptr[gap - 1])) {
        gap--;
    }
    if (is_number(w) || (w.len == 1 && pmpo_is_letter(w.ptr[0]))) {
        if (gap == from || one_of(s.ptr[gap - 1], ":;,")) {
            return true; /* the label of an inline list: "1. Read." */
        }
    }
    if (w.len == 1 && pmpo_is_upper(w.ptr[0])) {
        return !word_in(word_before(s, from, gap), before_options);
    }
    return is_dotted(w) || word_in(w, abbreviations) ||
           (pmpo_is_digit(s.ptr[next]) && word_in(w, before_digits));
}

/* `at` is behind a full stop: behind further stops and closing quotes. Looks
 * only so far that a prompt of nothing but these costs no square of time. */
static size_t skip_closers(pmpo_str s, size_t at)
{
    size_t n, far = at + 32;
    do {
        n = at < s.len && one_of(s.ptr[at], ".!?") ? 1 : 0;
        n = n ? n : listed_at(s, at, wide_stops);
        n = n ? n : listed_at(s, at, closers);
        at += n;
    } while (n && at < far);
    return at;
}

/* Whether the line break at `at`, in lines up to `width` long, was meant: the
 * next word would still have fitted on the line that begins at `line`. */
static bool is_meant_break(pmpo_str s, size_t line, size_t at, size_t width)
{
    size_t next = at + 1;
    while (next < s.len && (s.ptr[next] == ' ' || s.ptr[next] == '\t')) {
        next++;
    }
    size_t word = next;
    while (word < s.len && word - next < width && !pmpo_is_space(s.ptr[word])) {
        word++;
    }
    if (word == next || !starts_sentence(s, next)) {
        return false;
    }
    pmpo_str before = pmpo_str_trim(pmpo_str_sub(s, line, at));
    return before.len && before.ptr[before.len - 1] != ',' &&
           before.len + 1 + (word - next) <= width;
}

/* Where the sentence that began at `from` ends, if it does so at the
 * character at `at`, else 0. `s` ends with the paragraph. */
static size_t sentence_end(pmpo_str s, size_t from, size_t at)
{
    size_t n = listed_at(s, at, wide_stops);
    if (n) {
        return skip_closers(s, at + n);
    }
    n = one_of(s.ptr[at], ".!?") ? 1 : listed_at(s, at, other_stops);
    if (n == 0 || (at > from && one_of(s.ptr[at - 1], ".!?"))) {
        return 0; /* of "..." the first stop has decided */
    }
    size_t end = skip_closers(s, at + n), next = end;
    bool new_line = false;
    while (next < s.len && pmpo_is_space(s.ptr[next])) {
        new_line = new_line || s.ptr[next] == '\n';
        next++;
    }
    if (next == s.len || next == end) {
        return 0;
    }
    if (s.ptr[at] == '.' && end == at + 1 &&
        is_abbreviation(s, from, at, next)) {
        return 0;
    }
    return new_line || starts_sentence(s, next) ? end : 0;
}

/* The longest line of s[begin..], at least WRAP. */
static size_t line_width(pmpo_str s, size_t begin)
{
    size_t width = WRAP, line = begin;
    for (size_t i = begin; i <= s.len; i++) {
        if (i == s.len || s.ptr[i] == '\n') {
            width = i - line > width ? i - line : width;
            line = i + 1;
        }
    }
    return width;
}

static void add_paragraph(chunks *u, size_t begin, size_t end, join before)
{
    pmpo_str s = {u->text.ptr, end};
    size_t width = line_width(s, begin), from = begin, line = begin;
    for (size_t i = begin; i < end;) {
        size_t cut = sentence_end(s, from, i);
        if (s.ptr[i] == '\n') {
            cut = is_meant_break(s, line, i, width) ? i + 1 : 0;
            line = i + 1;
        }
        if (cut) {
            add_chunk(u, from, cut, before);
            before = JOIN_SENTENCE;
            from = cut;
        }
        i = cut ? cut : i + 1;
    }
    add_chunk(u, from, end, before);
}

/* ---- blocks ------------------------------------------------------------ */

typedef enum kind { BLANK, TEXT, ITEM, HEADING, FENCE } kind;

typedef struct line {
    size_t begin, first, end, next; /* first: behind the indentation */
    kind kind;
} line;

/* "- ", "* ", "+ ", "1. ", "12) ", "a) ", "(a) ", "(iv) ". */
static bool is_item(pmpo_str s)
{
    static const char *const bullets[] = {"-", "*", "+", "•", "–", "◦", NULL};
    size_t i = listed_at(s, 0, bullets);
    if (i == 0) {
        bool paren = s.len && s.ptr[0] == '(';
        size_t label = paren ? 1 : 0;
        i = label;
        while (i < s.len && i < label + 3 && pmpo_is_digit(s.ptr[i])) {
            i++;
        }
        if (i == label && i < s.len && pmpo_is_letter(s.ptr[i])) {
            i++;
            while (paren && i < s.len && i < label + 4 &&
                   one_of(s.ptr[i], "ivx")) {
                i++;
            }
        }
        if (i == label || i == s.len ||
            !one_of(s.ptr[i], paren ? ")" : ".)")) {
            return false;
        }
        i++;
    }
    return i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '\t');
}

static kind kind_of(pmpo_str s)
{
    static const char *const fences[] = {"```", "~~~", NULL};
    size_t hashes = 0;
    while (hashes < s.len && s.ptr[hashes] == '#') {
        hashes++;
    }
    if (pmpo_str_trim(s).len == 0) {
        return BLANK;
    }
    if (hashes >= 1 && hashes <= 6 && hashes < s.len &&
        pmpo_is_space(s.ptr[hashes])) {
        return HEADING;
    }
    return listed_at(s, 0, fences) ? FENCE : is_item(s) ? ITEM : TEXT;
}

static line line_at(pmpo_str s, size_t pos)
{
    line l = {.begin = pos, .first = pos};
    const char *nl = memchr(s.ptr + pos, '\n', s.len - pos);
    l.end = nl ? (size_t)(nl - s.ptr) : s.len;
    l.next = nl ? l.end + 1 : s.len;
    while (l.first < l.end &&
           (s.ptr[l.first] == ' ' || s.ptr[l.first] == '\t')) {
        l.first++;
    }
    l.kind = kind_of(pmpo_str_sub(s, l.first, l.end));
    return l;
}

static bool is_indented(line l)
{
    return l.first - l.begin >= 2;
}

/* Behind the code block that `l` opens; one never closed runs to the end. */
static size_t fence_end(pmpo_str s, line l)
{
    pmpo_str mark = pmpo_str_sub(s, l.first, l.first + 3);
    for (size_t pos = l.next; pos < s.len;) {
        line m = line_at(s, pos);
        pmpo_str body = pmpo_str_trim(pmpo_str_sub(s, m.first, m.end));
        pos = m.next;
        size_t run = 0;
        while (run < body.len && body.ptr[run] == mark.ptr[0]) {
            run++;
        }
        if (run >= 3 && run == body.len) {
            return pos;
        }
    }
    return s.len;
}

/* Whether the unindented line `l` after the line `prev` of a list item is
 * about something else: "- last point.\nNow answer." */
static bool leaves_item(pmpo_str s, line prev, line l)
{
    if (is_indented(l) || !starts_sentence(s, l.first)) {
        return false;
    }
    pmpo_str t = pmpo_str_trim(pmpo_str_sub(s, prev.first, prev.end));
    return (t.len && one_of(t.ptr[t.len - 1], ".!?:;")) ||
           is_meant_break(s, prev.begin, prev.end, WRAP);
}

/* Behind the list item that begins with `l`: its wrapped lines, and what is
 * indented under it. Nested items are items of their own. */
static size_t item_end(pmpo_str s, line l)
{
    size_t end = l.next;
    line prev = l;
    for (size_t pos = end; pos < s.len;) {
        line m = line_at(s, pos);
        bool blank_before = prev.kind == BLANK;
        bool goes_on = m.kind == BLANK ||
                       (m.kind == FENCE && is_indented(m)) ||
                       (m.kind == TEXT && (blank_before
                                               ? is_indented(m)
                                               : !leaves_item(s, prev, m)));
        if (!goes_on) {
            break;
        }
        pos = m.kind == FENCE ? fence_end(s, m) : m.next;
        end = m.kind == BLANK ? end : pos;
        prev = m;
    }
    return end;
}

static size_t paragraph_end(pmpo_str s, line l)
{
    size_t end = l.next;
    while (end < s.len) {
        line m = line_at(s, end);
        if (m.kind != TEXT) {
            break;
        }
        end = m.next;
    }
    return end;
}

static join join_before(line l, bool after_blank, kind last)
{
    if (l.kind == ITEM && last == ITEM) {
        return is_indented(l) ? JOIN_SENTENCE : JOIN_ITEM;
    }
    return after_blank || l.kind == HEADING ? JOIN_PARAGRAPH : JOIN_ITEM;
}

static void find_chunks(chunks *u)
{
    pmpo_str s = u->text;
    bool after_blank = false;
    kind last = BLANK;
    for (size_t pos = 0; pos < s.len;) {
        line l = line_at(s, pos);
        if (l.kind == BLANK) {
            after_blank = true;
            pos = l.next;
            continue;
        }
        join before = join_before(l, after_blank, last);
        if (l.kind == TEXT) {
            pos = paragraph_end(s, l);
            add_paragraph(u, l.begin, pos, before);
        } else {
            size_t end = l.kind == ITEM    ? item_end(s, l)
                         : l.kind == FENCE ? fence_end(s, l)
                                           : l.next;
            add_chunk(u, pos, end, before);
            u->under_heading = l.kind == HEADING;
            pos = end;
        }
        after_blank = false;
        last = l.kind;
    }
    if (u->n == 0 && u->lead != SIZE_MAX) {
        size_t end = s.len;
        while (pmpo_is_space(s.ptr[end - 1])) {
            end--;
        }
        u->at[u->n++] = (chunk){u->lead, end, JOIN_SENTENCE};
    }
}

/* ---- merging ----------------------------------------------------------- */

/* Can at most k pieces of at most `limit` bytes contain all chunks? */
static bool fits(const chunks *u, size_t k, size_t limit)
{
    size_t pieces = 1, begin = u->at[0].begin;
    for (size_t i = 0; i < u->n; i++) {
        if (u->at[i].end - u->at[i].begin > limit) {
            return false;
        }
        if (u->at[i].end - begin > limit) {
            begin = u->at[i].begin;
            pieces++;
        }
    }
    return pieces <= k;
}

/* The smallest possible largest piece, in bytes. */
static size_t smallest_limit(const chunks *u, size_t k)
{
    size_t low = 1, high = u->at[u->n - 1].end - u->at[0].begin;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (fits(u, k, mid)) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    return low;
}

/* Below any real cost: sums of joins and squared shares. */
static const double no_way = 1e300;

/* One row of the division: cost[j] for the first j chunks in p pieces becomes
 * that for p + 1 pieces; from[j] is where the last piece begins. Joins count
 * first: the squared shares of all pieces together never exceed 1. */
static void add_piece(const chunks *u, size_t limit, double *cost,
                      unsigned char *from)
{
    double total = (double)(u->at[u->n - 1].end - u->at[0].begin);
    for (size_t j = u->n; j >= 1; j--) {
        double best = no_way;
        double joins = 0;
        for (size_t i = j; i-- > 0;) {
            size_t len = u->at[j - 1].end - u->at[i].begin;
            if (len > limit) {
                break;
            }
            double share = (double)len / total;
            double c = cost[i] + 2 * joins + share * share;
            if (cost[i] < no_way && c < best) {
                best = c;
                from[j] = (unsigned char)i;
            }
            joins += (double)u->at[i].before;
        }
        cost[j] = best;
    }
    cost[0] = no_way; /* no chunks in one piece or more */
}

/* Divides the chunks into exactly k < u->n pieces. */
static void merge(const chunks *u, size_t k, pmpo_span *spans)
{
    double cost[MAX_CHUNKS + 1];
    unsigned char from[PMPO_MAX_SEGMENTS][MAX_CHUNKS + 1];
    size_t limit = smallest_limit(u, k);
    limit += limit / 4;
    cost[0] = 0;
    for (size_t j = 1; j <= u->n; j++) {
        cost[j] = no_way;
    }
    memset(from, 0, sizeof(from));
    for (size_t p = 0; p < k; p++) {
        add_piece(u, limit, cost, from[p]);
    }
    for (size_t p = k, j = u->n; p-- > 0;) {
        size_t i = from[p][j];
        spans[p] = (pmpo_span){u->at[i].begin, u->at[j - 1].end};
        j = i;
    }
}

/* ---- public ------------------------------------------------------------ */

static void segment(pmpo_str prompt, int max, pmpo_span *spans, size_t *n)
{
    chunks u = {.text = prompt, .lead = SIZE_MAX};
    *n = 0;
    if (max < 1 || prompt.len == 0) {
        return;
    }
    size_t k = max < PMPO_MAX_SEGMENTS ? (size_t)max : PMPO_MAX_SEGMENTS;
    find_chunks(&u);
    if (u.n > k) {
        merge(&u, k, spans);
        *n = k;
        return;
    }
    for (size_t i = 0; i < u.n; i++) {
        spans[i] = (pmpo_span){u.at[i].begin, u.at[i].end};
    }
    *n = u.n;
}

void pmpo_text_segment(pmpo_str prompt, int max, pmpo_span *spans, size_t *n)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    segment(d.instruction, max > 1 && d.n > 0 ? max - 1 : max, spans, n);
    if (max >= 1) {
        pmpo_demos_add_segment(prompt, &d, max, spans, n);
    }
}

void pmpo_text_mask(pmpo_str prompt, pmpo_span span, pmpo_buf *out)
{
    pmpo_buf_put(out, pmpo_str_sub(prompt, 0, span.begin));
    pmpo_buf_puts(out, PMPO_MASK);
    pmpo_buf_put(out, pmpo_str_sub(prompt, span.end, prompt.len));
}
