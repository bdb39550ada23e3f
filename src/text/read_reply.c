/* read_reply.c: extracts the wanted text from a model's reply, or gives a
 * reason to refuse the reply.
 *
 * Tolerant of anything around that text, strict about the text itself. Nothing
 * is allocated: results point into the reply. */
#include "base/thinking.h"
#include "text/text.h"

/* ---- characters -------------------------------------------------------- */

static bool is_alnum(char c)
{
    return pmpo_is_digit(c) || pmpo_is_letter(c);
}

static bool is_blank(pmpo_str s)
{
    return pmpo_str_trim(s).len == 0;
}

static size_t skip_space(pmpo_str s, size_t at)
{
    while (at < s.len && pmpo_is_space(s.ptr[at])) {
        at++;
    }
    return at;
}

/* ---- tags -------------------------------------------------------------- */

typedef enum tag_kind { TAG_NONE, TAG_OPEN, TAG_CLOSE } tag_kind;

typedef struct tag {
    tag_kind kind;
    size_t begin, end;
} tag;

/* The tag `name` (lower case) at s[at]: any case, spaces inside allowed. */
static tag tag_at(pmpo_str s, size_t at, const char *name)
{
    tag t = {TAG_NONE, at, at};
    if (at >= s.len || s.ptr[at] != '<') {
        return t;
    }
    size_t i = skip_space(s, at + 1), n = strlen(name);
    bool close = i < s.len && s.ptr[i] == '/';
    i = close ? skip_space(s, i + 1) : i;
    for (size_t k = 0; k < n; k++, i++) {
        if (i >= s.len || pmpo_lower(s.ptr[i]) != name[k]) {
            return t;
        }
    }
    i = skip_space(s, i);
    if (i < s.len && s.ptr[i] == '>') {
        t.kind = close ? TAG_CLOSE : TAG_OPEN;
        t.end = i + 1;
    }
    return t;
}

/* The first tag `name` at or after `from`; kind TAG_NONE: there is none. */
static tag next_tag(pmpo_str s, size_t from, const char *name)
{
    while (from < s.len) {
        const char *p = memchr(s.ptr + from, '<', s.len - from);
        if (!p) {
            break;
        }
        tag t = tag_at(s, (size_t)(p - s.ptr), name);
        if (t.kind != TAG_NONE) {
            return t;
        }
        from = t.begin + 1;
    }
    return (tag){TAG_NONE, s.len, s.len};
}

static bool has_mask(pmpo_str s)
{
    return pmpo_str_find(s, PMPO_STR(PMPO_MASK), 0) != SIZE_MAX;
}

bool pmpo_text_has_tags(pmpo_str prompt)
{
    return has_mask(prompt) ||
           next_tag(prompt, 0, "unit").kind != TAG_NONE ||
           next_tag(prompt, 0, "prompt").kind != TAG_NONE;
}

/* ---- markings ---------------------------------------------------------- */

static const char no_copy[] = "the reply does not repeat the prompt exactly";
static const char no_marks[] = "no segment is marked";

typedef struct marking {
    pmpo_str prompt; /* without white space at its ends */
    size_t max;
    pmpo_span spans[PMPO_MAX_SEGMENTS];
    size_t n;
    bool is_open;
    size_t begin; /* of the open mark, in the prompt */
} marking;

/* A continuation byte: a mark before it would be inside a character. */
static bool cuts_character(pmpo_str s, size_t at)
{
    return at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80;
}

/* Takes one mark at prompt offset `at`. Returns NULL or the refusal. */
static const char *take_mark(marking *m, tag_kind kind, size_t at)
{
    if (cuts_character(m->prompt, at)) {
        return "a mark cuts a character";
    }
    if (kind == TAG_OPEN) {
        if (m->is_open) {
            return "marks are nested";
        }
        m->is_open = true;
        m->begin = at;
        return NULL;
    }
    if (!m->is_open) {
        return "a mark is closed that was not opened";
    }
    m->is_open = false;
    pmpo_str s = pmpo_str_trim(pmpo_str_sub(m->prompt, m->begin, at));
    if (s.len == 0) {
        return "a marked segment is empty";
    }
    if (m->n == m->max) {
        return "more segments are marked than asked for";
    }
    size_t begin = (size_t)(s.ptr - m->prompt.ptr);
    m->spans[m->n++] = (pmpo_span){begin, begin + s.len};
    return NULL;
}

/* The mark right before the copy that begins at `at`, over white space. */
static bool opens_before(pmpo_str reply, size_t at)
{
    while (at > 0 && pmpo_is_space(reply.ptr[at - 1])) {
        at--;
    }
    size_t lt = at > 0 ? at - 1 : 0;
    while (lt > 0 && at - lt < 32 && reply.ptr[lt] != '<') {
        lt--;
    }
    tag t = tag_at(reply, lt, "unit");
    return t.kind == TAG_OPEN && t.end == at;
}

/* Reads the prompt from reply[at..], marks aside. Returns NULL: accepted,
 * no_copy: something else stands there, or why this copy is refused. */
static const char *read_copy(marking *m, pmpo_str reply, size_t at)
{
    const char *why = NULL, *refused = NULL;
    m->n = 0;
    m->is_open = opens_before(reply, at);
    m->begin = 0;
    size_t pos = 0;
    while (pos < m->prompt.len) {
        tag t = tag_at(reply, at, "unit");
        if (t.kind != TAG_NONE) {
            why = take_mark(m, t.kind, pos);
            refused = refused ? refused : why;
            at = t.end;
        } else if (at < reply.len && reply.ptr[at] == m->prompt.ptr[pos]) {
            at++;
            pos++;
        } else {
            return no_copy;
        }
    }
    if (refused) {
        return refused;
    }
    if (m->is_open) {
        tag t = tag_at(reply, skip_space(reply, at), "unit");
        if (t.kind != TAG_CLOSE) {
            return t.kind == TAG_OPEN ? "marks are nested"
                                      : "a mark is not closed";
        }
        why = take_mark(m, t.kind, pos);
    }
    return why ? why : m->n ? NULL : no_marks;
}

/* Thinking comes before the copy. A reply may repeat the prompt more than once, without marks first: the last
 * copy that is marked soundly counts. */
const char *pmpo_text_read_marking(pmpo_str prompt, pmpo_str reply, int max,
                                   pmpo_span *spans, size_t *n)
{
    marking m = {.prompt = pmpo_str_trim(prompt)};
    *n = 0;
    if (m.prompt.len == 0) {
        return "the prompt is empty";
    }
    if (pmpo_text_has_tags(prompt)) {
        return "the prompt itself holds a tag";
    }
    m.max = max < 0 ? 0 : (size_t)max;
    m.max = m.max > PMPO_MAX_SEGMENTS ? PMPO_MAX_SEGMENTS : m.max;
    size_t shift = (size_t)(m.prompt.ptr - prompt.ptr);
    const char *why = no_copy;
    bool ended;
    if (pmpo_str_find(prompt, PMPO_STR("</think>"), 0) == SIZE_MAX) {
        reply = pmpo_after_first_thought(reply, &ended);
    }
    for (size_t at = 0; at < reply.len;) {
        tag t = tag_at(reply, at, "unit");
        if (t.kind != TAG_NONE) {
            at = t.end;
            continue;
        }
        const char *this_one = no_copy;
        if (reply.ptr[at] == m.prompt.ptr[0]) {
            this_one = read_copy(&m, reply, at);
        }
        if (!this_one) {
            for (size_t i = 0; i < m.n; i++) {
                spans[i].begin = m.spans[i].begin + shift;
                spans[i].end = m.spans[i].end + shift;
            }
            *n = m.n;
        } else if (this_one != no_copy && (why == no_copy || why == no_marks)) {
            why = this_one;
        }
        at++;
    }
    return *n ? NULL : why;
}

/* ---- instructions: finding --------------------------------------------- */

enum { MAX_DEPTH = 8 };

/* What the tags of a reply came to. */
typedef struct finding {
    bool closed;      /* body is that of the last closed pair */
    pmpo_str body;
    size_t open[MAX_DEPTH]; /* where the bodies of open tags begin */
    size_t depth;
} finding;

/* "Put it between <prompt> and </prompt>" is talk, not an instruction. */
static bool is_talk(pmpo_str body)
{
    pmpo_str s = pmpo_str_trim(body);
    return pmpo_str_eq(s, PMPO_STR("and")) || pmpo_str_eq(s, PMPO_STR("or")) ||
           pmpo_str_eq(s, PMPO_STR("` and `")) ||
           pmpo_str_eq(s, PMPO_STR("/"));
}

/* Whether `body` is nothing but the tags around `inner`. */
static bool only_wraps(pmpo_str body, pmpo_str inner)
{
    size_t begin = (size_t)(inner.ptr - body.ptr), end = begin + inner.len;
    pmpo_str head = pmpo_str_trim(pmpo_str_sub(body, 0, begin));
    pmpo_str tail = pmpo_str_trim(pmpo_str_sub(body, end, body.len));
    tag open = tag_at(head, 0, "prompt"), close = tag_at(tail, 0, "prompt");
    /* Deeper nestings were unwrapped one by one, so runs of tags are left. */
    while (open.kind == TAG_OPEN && open.end < head.len) {
        open = tag_at(head, skip_space(head, open.end), "prompt");
    }
    while (close.kind == TAG_CLOSE && close.end < tail.len) {
        close = tag_at(tail, skip_space(tail, close.end), "prompt");
    }
    return open.kind == TAG_OPEN && close.kind == TAG_CLOSE;
}

static void close_tag(finding *f, pmpo_str reply, tag t)
{
    if (f->depth == 0) {
        return;
    }
    size_t begin = f->open[--f->depth];
    pmpo_str body = pmpo_str_sub(reply, begin, t.begin);
    if (is_talk(body)) {
        return;
    }
    bool nested = f->closed && f->body.len &&
                  f->body.ptr > reply.ptr + begin;
    if (!nested || !only_wraps(body, f->body)) {
        f->body = body;
    }
    f->closed = true;
}

static finding find_bodies(pmpo_str reply)
{
    finding f = {0};
    for (tag t = next_tag(reply, 0, "prompt"); t.kind != TAG_NONE;
         t = next_tag(reply, t.end, "prompt")) {
        if (t.kind == TAG_CLOSE) {
            close_tag(&f, reply, t);
            continue;
        }
        if (f.depth == MAX_DEPTH) {
            memmove(f.open, f.open + 1, (MAX_DEPTH - 1) * sizeof(f.open[0]));
            f.depth--;
        }
        f.open[f.depth++] = t.end;
    }
    return f;
}

/* Without the beginning of a closing tag, where a reply ended inside it. */
static pmpo_str drop_torn_tag(pmpo_str s)
{
    static const char name[] = PMPO_REPLY_CLOSE;
    s = pmpo_str_trim(s);
    for (size_t n = sizeof(name) - 2; n >= 2; n--) {
        size_t k = 0;
        while (k < n && n <= s.len &&
               pmpo_lower(s.ptr[s.len - n + k]) == name[k]) {
            k++;
        }
        if (k == n) {
            s.len -= n;
            break;
        }
    }
    return s;
}

/* ---- instructions: peeling --------------------------------------------- */

/* Takes off a code fence around all of *s. */
static bool peel_fence(pmpo_str *s)
{
    pmpo_str fence = PMPO_STR("```");
    if (s->len < 6 || !pmpo_str_starts(*s, fence) ||
        memcmp(s->ptr + s->len - 3, "```", 3) != 0) {
        return false;
    }
    pmpo_str in = pmpo_str_sub(*s, 3, s->len - 3);
    if (pmpo_str_find(in, fence, 0) != SIZE_MAX) {
        return false; /* more than one block */
    }
    size_t word = 0;
    while (word < in.len && (is_alnum(in.ptr[word]) || in.ptr[word] == '-')) {
        word++;
    }
    size_t eol = word; /* behind the language's name */
    while (eol < in.len && (in.ptr[eol] == ' ' || in.ptr[eol] == '\r')) {
        eol++;
    }
    bool named = eol < in.len && in.ptr[eol] == '\n';
    *s = pmpo_str_sub(in, named ? eol : 0, in.len);
    return true;
}

/* Whether the quote at `at` is an apostrophe: a letter on both sides. */
static bool is_apostrophe(pmpo_str s, size_t at, pmpo_str quote)
{
    bool may = pmpo_str_eq(quote, PMPO_STR("'")) ||
               pmpo_str_eq(quote, PMPO_STR("’"));
    size_t next = at + quote.len;
    return may && at > 0 && next < s.len && is_alnum(s.ptr[at - 1]) &&
           is_alnum(s.ptr[next]);
}

/* Whether `quote` stands in `s` as a quote: then the outer two, as in
 * "yes" or "no", are no pair. */
static bool holds_quote(pmpo_str s, pmpo_str quote)
{
    size_t at = pmpo_str_find(s, quote, 0);
    while (at != SIZE_MAX && is_apostrophe(s, at, quote)) {
        at = pmpo_str_find(s, quote, at + 1);
    }
    return at != SIZE_MAX;
}

/* Takes off a pair of quotes around all of *s. */
static bool peel_quotes(pmpo_str *s)
{
    static const char *const pairs[][2] = {
        {"\"", "\""}, {"'", "'"}, {"`", "`"}, {"“", "”"}, {"‘", "’"},
        {"«", "»"},   {"「", "」"},   {"„", "“"}, {"”", "”"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        pmpo_str open = pmpo_str_of(pairs[i][0]);
        pmpo_str close = pmpo_str_of(pairs[i][1]);
        if (s->len < open.len + close.len || !pmpo_str_starts(*s, open)) {
            continue;
        }
        pmpo_str tail = pmpo_str_sub(*s, s->len - close.len, s->len);
        pmpo_str in = pmpo_str_sub(*s, open.len, s->len - close.len);
        if (pmpo_str_eq(tail, close) && !holds_quote(in, open) &&
            !holds_quote(in, close)) {
            *s = in;
            return true;
        }
    }
    return false;
}

static pmpo_str peel(pmpo_str s)
{
    do {
        s = pmpo_str_trim(s);
    } while (peel_fence(&s) || peel_quotes(&s));
    return s;
}

/* ---- instructions: judging --------------------------------------------- */

/* The words of "your improved instruction here" and its like ... */
static const char *const filler_words[] = {
    "insert", "put", "place", "write", "enter", "add", "provide", "the", "a",
    "an", "my", "your", "this", "new", "improved", "revised", "rewritten",
    "updated", "better", "optimized", "optimised", "final", "full", "complete",
    "entire", "modified", "edited", "of", "here", "goes", "is", "text", "only",
    "and", NULL};
/* ... one of which must be among these. */
static const char *const filler_nouns[] = {
    "instruction", "instructions", "prompt", "prompts", "placeholder", "none",
    "todo", "tbd", NULL};

static bool in_list(pmpo_str w, const char *const *list)
{
    for (; *list; list++) {
        size_t i = 0;
        while (i < w.len && pmpo_lower(w.ptr[i]) == (*list)[i] && (*list)[i]) {
            i++;
        }
        if (i == w.len && (*list)[i] == '\0') {
            return true;
        }
    }
    return false;
}

/* No words at all ("...", "[…]"), or filler with its noun. */
static bool is_placeholder(pmpo_str s)
{
    static const char ellipsis[] = "…";
    bool noun = false;
    size_t n_words = 0;
    for (size_t i = 0; i < s.len;) {
        size_t w = i;
        while (w < s.len && is_alnum(s.ptr[w])) {
            w++;
        }
        if (w > i) {
            pmpo_str word = pmpo_str_sub(s, i, w);
            bool is_noun = in_list(word, filler_nouns);
            if (!is_noun && !in_list(word, filler_words)) {
                return false;
            }
            noun = noun || is_noun;
            n_words++;
            i = w;
        } else if (pmpo_str_starts(pmpo_str_sub(s, i, s.len),
                                   PMPO_STR(ellipsis))) {
            i += sizeof(ellipsis) - 1;
        } else if ((unsigned char)s.ptr[i] >= 0x80) {
            return false; /* letters of another script */
        } else {
            i++;
        }
    }
    return n_words == 0 || noun;
}

static const char *judge(pmpo_str s)
{
    if (s.len == 0) {
        return "the instruction is empty";
    }
    if (has_mask(s)) {
        return "the instruction holds a mask";
    }
    if (pmpo_text_has_tags(s)) {
        return "the instruction holds a tag";
    }
    if (is_placeholder(s)) {
        return "the instruction is only a placeholder";
    }
    return NULL;
}

/* The reply without its thinking; all of it where the instruction itself names
 * the end of thinking. */
static pmpo_str without_thinking(pmpo_str reply, bool *ended)
{
    pmpo_str said = pmpo_after_first_thought(reply, ended);
    finding f = find_bodies(reply);
    bool within = f.closed && f.body.ptr < said.ptr &&
                  f.body.ptr + f.body.len >= said.ptr;
    return *ended && within ? reply : said;
}

const char *pmpo_text_read_reply(pmpo_str reply, bool complete,
                                 pmpo_str *found)
{
    bool ended;
    reply = without_thinking(reply, &ended);
    if (!ended) {
        return "the reply ends in the middle of its thinking";
    }
    finding f = find_bodies(reply);
    if (!f.closed && f.depth == 0) {
        return is_blank(reply) ? "the reply is empty"
                               : "the reply holds no <prompt> tags";
    }
    if (!f.closed && !complete) {
        return "the reply was cut off inside the instruction";
    }
    if (!f.closed) {
        f.body = drop_torn_tag(
            pmpo_str_sub(reply, f.open[f.depth - 1], reply.len));
    }
    pmpo_str s = peel(f.body);
    const char *why = judge(s);
    if (!why) {
        *found = s;
    }
    return why;
}

/* ---- showing ----------------------------------------------------------- */

/* Bytes left out so that no word is cut: a model takes a stump for a word. */
#define MOST_DROPPED 24

/* The end of the last word of s[0..at), near `at`. */
static size_t word_before(pmpo_str s, size_t at)
{
    size_t i = at;
    while (i > 0 && at - i < MOST_DROPPED && !pmpo_is_space(s.ptr[i])) {
        i--;
    }
    return i > 0 && pmpo_is_space(s.ptr[i]) ? i : at;
}

/* The beginning of the first word of s[at..), near `at`. */
static size_t word_after(pmpo_str s, size_t at)
{
    size_t i = at;
    while (i < s.len && i - at < MOST_DROPPED && !pmpo_is_space(s.ptr[i - 1])) {
        i++;
    }
    return i < s.len && pmpo_is_space(s.ptr[i - 1]) ? i : at;
}

bool pmpo_text_shorten(pmpo_str s, size_t max, pmpo_buf *out)
{
    pmpo_str mark = PMPO_STR(" [...] ");
    if (s.len <= max) {
        pmpo_buf_put(out, s);
        return false;
    }
    size_t keep = max > mark.len ? max - mark.len : 0;
    size_t head = pmpo_utf8_floor(s, keep - keep / 2);
    size_t tail = s.len - keep / 2;
    while (tail < s.len && ((unsigned char)s.ptr[tail] & 0xc0) == 0x80) {
        tail++;
    }
    head = word_before(s, head);
    tail = tail > 0 ? word_after(s, tail) : tail;
    pmpo_buf_put(out, pmpo_str_sub(s, 0, head));
    pmpo_buf_put(out, mark);
    pmpo_buf_put(out, pmpo_str_sub(s, tail, s.len));
    return true;
}
