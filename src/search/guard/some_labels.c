/* some_labels.c: it names some of the labels as the answer, and not the others. */
#include "base/bounds.h"
#include "propose/labels.h"
#include "search/guard/rules.h"
#include "text/frame.h"
#include "text/text.h"

/* What introduces a label that is to be answered. */
static const char *const label_cues[] = {
    "as",         "is",        "answer",  "answers", "say",    "output",
    "label",      "labels",    "respond", "reply",   "return", "either",
    "with",       "otherwise", "else",    "or",      "and",    "category",
    "categories", "into",      "one of",  "word",    NULL};

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`' || c == '*';
}

/* The bytes before `at` end with one of the cues, quotes, colons, commas and
 * spaces aside. */
static bool is_introduced(pmpo_str s, size_t at)
{
    while (at > 0 && (pmpo_is_space(s.ptr[at - 1]) || is_quote(s.ptr[at - 1]) ||
                      strchr(":,;-(", s.ptr[at - 1]))) {
        at--;
    }
    for (const char *const *w = label_cues; *w; w++) {
        size_t n = strlen(*w);
        if (at >= n &&
            pmpo_word_at(pmpo_str_sub(s, 0, at), at - n, pmpo_str_of(*w))) {
            return true;
        }
    }
    return at == 0;
}

/* "such as (A)" shows a form, it gives no answer. */
static bool is_illustration(pmpo_str s, size_t at)
{
    static const char *const words[] = {"such as ", "e.g. ", "for example ",
                                        "like ", NULL};
    for (const char *const *w = words; *w; w++) {
        size_t n = strlen(*w);
        if (at >= n && pmpo_same_at(s, at - n, pmpo_str_of(*w))) {
            return true;
        }
    }
    return false;
}

/* "whether the statement is true" asks, it gives no answer. */
static bool is_asked(pmpo_str s, size_t at)
{
    while (at > 0 && !strchr(".!?\n", s.ptr[at - 1])) {
        at--;
        if (pmpo_word_at(s, at, PMPO_STR("whether"))) {
            return true;
        }
    }
    return false;
}

/* A word that a label looks like: the article "a" for A; "no explanation" for
 * No, unless a condition follows ("no if"). */
static bool is_common_word(pmpo_str s, size_t at, pmpo_str label)
{
    static const char *const after_label[] = {"if",   "when", "unless",
                                              "only", "for",  "otherwise",
                                              "or",   "and",  NULL};
    bool starts =
        at == 0 || strchr(".!?\n", s.ptr[at - 1]) ||
        (at > 1 && s.ptr[at - 1] == ' ' && strchr(".!?\n", s.ptr[at - 2]));
    size_t next = at + label.len;
    bool goes_on = next + 1 < s.len && s.ptr[next] == ' ' &&
                   pmpo_is_word_byte(s.ptr[next + 1]);
    if (label.len == 1) {
        return s.ptr[at] != label.ptr[0] || (starts && goes_on);
    }
    if (!goes_on || label.len != 2 || !pmpo_same_at(label, 0, PMPO_STR("no"))) {
        return false;
    }
    for (const char *const *w = after_label; *w; w++) {
        if (pmpo_word_at(s, next + 1, pmpo_str_of(*w))) {
            return false;
        }
    }
    return true;
}

/* `label` is named as an answer: introduced, quoted, or a line of its own. */
static bool names_label(pmpo_str s, pmpo_str label)
{
    for (size_t at = 0; at + label.len <= s.len; at++) {
        size_t end = at + label.len;
        if (!pmpo_word_at(s, at, label)) {
            continue;
        }
        bool quoted = at > 0 && end < s.len && is_quote(s.ptr[at - 1]) &&
                      is_quote(s.ptr[end]);
        bool letter = label.ptr[0] == '(';
        if (is_illustration(s, at) ||
            (!quoted && is_common_word(s, at, label)) || is_asked(s, at)) {
            continue;
        }
        if (quoted || letter || is_introduced(s, at)) {
            return true;
        }
    }
    return false;
}

/* Naming one of two labels with its condition is enough: "yes if ...". */
static bool states_condition(pmpo_str s)
{
    static const char *const words[] = {"if", "when", "unless", "only", NULL};
    for (const char *const *w = words; *w; w++) {
        if (pmpo_says(s, pmpo_str_of(*w))) {
            return true;
        }
    }
    return false;
}

/* What the prompt says and the incumbent doesn't, a sentence a line. */
static pmpo_str news_of(const pmpo_guard_input *in, pmpo_arena *mem)
{
    pmpo_span s[PMPO_MAX_SEGMENTS];
    pmpo_buf b = {0};
    size_t n;
    pmpo_text_segment(in->prompt, PMPO_MAX_SEGMENTS, s, &n);
    for (size_t i = 0; i < n; i++) {
        pmpo_str one = pmpo_str_sub(in->prompt, s[i].begin, s[i].end);
        if (pmpo_str_find(in->incumbent, one, 0) == SIZE_MAX) {
            pmpo_buf_put(&b, one);
            pmpo_buf_putc(&b, '\n');
        }
    }
    pmpo_str out = b.failed ? (pmpo_str){NULL, 0}
                            : pmpo_arena_str(mem, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return out;
}

/* Some labels are named in `text` as the answer, and others are not in it. */
static bool favours(const pmpo_labels *l, pmpo_str text, size_t *named,
                    pmpo_str *first)
{
    const pmpo_frame frame = pmpo_frame_of(l->of, l->n);
    size_t seen = 0;
    *named = 0;
    for (size_t i = 0; i < l->n; i++) {
        pmpo_str label = pmpo_frame_inside(frame, l->of[i]);
        seen += label.len == 0 || pmpo_says(text, label);
        if (label.len > 0 && names_label(text, label)) {
            *first = (*named)++ ? *first : label;
        }
    }
    return *named > 0 && seen < l->n;
}

/* Of the whole prompt, unless what was there before does it, too; and of what it
 * says beside a list of all labels that the incumbent has: there, a condition is
 * enough with any number of labels. Numbers are a scale, whose ends name all. */
int pmpo_rule_labels(const pmpo_guard_input *in, pmpo_arena *mem,
                     pmpo_guard_refusal *r)
{
    pmpo_labels l;
    size_t named;
    pmpo_str first = PMPO_STR("");
    if (pmpo_labels_read(in->train, in->validation, mem, &l, NULL) < 0) {
        return PMPO_ENOMEM;
    }
    pmpo_str news = news_of(in, mem);
    if (!news.ptr || l.n == 0 || l.numbers) {
        return news.ptr ? 0 : PMPO_ENOMEM;
    }
    bool before = favours(&l, in->start, &named, &first) ||
                  favours(&l, in->incumbent, &named, &first);
    bool two = l.n == 2 && states_condition(in->prompt);
    if ((!before && !two && favours(&l, in->prompt, &named, &first)) ||
        (!states_condition(news) && favours(&l, news, &named, &first))) {
        return pmpo_refuse(r,
                           "it names %zu of %zu labels as the answer "
                           "('%.*s'%s), "
                           "which moves the prior and not the choice",
                           named, l.n, (int)first.len, first.ptr,
                           named > 1 ? ", ..." : "");
    }
    return 0;
}
