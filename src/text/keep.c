/* keep.c: see keep.h. */
#include "text/keep.h"

#include "text/demos.h"

#define OPEN PMPO_STR(PMPO_KEEP_OPEN)
#define CLOSE PMPO_STR(PMPO_KEEP_CLOSE)

/* ---- marks --------------------------------------------------------------- */

typedef struct marked_part {
    size_t mark, begin, end, after; /* bytes in the marked prompt */
} marked_part;

/* The next marked part at or after `from`. *found false: there is none. */
static const char *next_part(pmpo_str s, size_t from, marked_part *out,
                             bool *found)
{
    size_t open = pmpo_str_find(s, OPEN, from);
    size_t close = pmpo_str_find(s, CLOSE, from);
    *found = open != SIZE_MAX;
    if (close < open) {
        return "a " PMPO_KEEP_CLOSE " without its " PMPO_KEEP_OPEN;
    }
    if (!*found) {
        return NULL;
    }
    size_t begin = open + OPEN.len;
    if (close == SIZE_MAX) {
        return "a " PMPO_KEEP_OPEN " without its " PMPO_KEEP_CLOSE;
    }
    if (pmpo_str_find(s, OPEN, begin) < close) {
        return "a " PMPO_KEEP_OPEN " inside another";
    }
    if (pmpo_str_trim(pmpo_str_sub(s, begin, close)).len == 0) {
        return "nothing stands between " PMPO_KEEP_OPEN " and " PMPO_KEEP_CLOSE;
    }
    *out = (marked_part){open, begin, close, close + CLOSE.len};
    return NULL;
}

const char *pmpo_keep_unmark(pmpo_str prompt, pmpo_buf *plain)
{
    size_t at = 0;
    for (;;) {
        marked_part p;
        bool found;
        const char *wrong = next_part(prompt, at, &p, &found);
        if (wrong) {
            return wrong;
        }
        if (!found) {
            pmpo_buf_put(plain, pmpo_str_sub(prompt, at, prompt.len));
            return NULL;
        }
        pmpo_buf_put(plain, pmpo_str_sub(prompt, at, p.mark));
        pmpo_buf_put(plain, pmpo_str_sub(prompt, p.begin, p.end));
        at = p.after;
    }
}

size_t pmpo_keep_mark(pmpo_str prompt, pmpo_str text, pmpo_buf *marked)
{
    size_t at = 0, n = 0, next;
    while (text.len > 0
           && (next = pmpo_str_find(prompt, text, at)) != SIZE_MAX) {
        pmpo_buf_put(marked, pmpo_str_sub(prompt, at, next));
        pmpo_buf_put(marked, OPEN);
        pmpo_buf_put(marked, text);
        pmpo_buf_put(marked, CLOSE);
        at = next + text.len;
        n++;
    }
    pmpo_buf_put(marked, pmpo_str_sub(prompt, at, prompt.len));
    return n;
}

/* ---- parts --------------------------------------------------------------- */

static pmpo_kept_part *same_part(pmpo_kept *k, pmpo_str text)
{
    for (size_t i = 0; i < k->n; i++) {
        if (pmpo_str_eq(k->parts[i].text, text)) {
            return &k->parts[i];
        }
    }
    return NULL;
}

static const char *add_part(pmpo_kept *k, pmpo_str text, bool placeholder,
                            bool leads)
{
    text = pmpo_str_trim(text); /* joining does, too */
    pmpo_kept_part *p = same_part(k, text);
    if (p) {
        p->times += !placeholder; /* a placeholder has to be there, once */
        return NULL;
    }
    if (k->n == PMPO_MAX_KEPT) {
        return "more than 32 parts are to be kept";
    }
    k->parts[k->n++] = (pmpo_kept_part){text, 1, placeholder, leads};
    return NULL;
}

static bool is_name(char c, bool first)
{
    return pmpo_is_letter(c) || c == '_' || (!first && pmpo_is_digit(c));
}

/* The length of a placeholder, {name} or {{name}}, at `at`; 0: there is
 * none. */
static size_t placeholder_at(pmpo_str s, size_t at)
{
    size_t n = 0, braces = 0;
    while (at + braces < s.len && s.ptr[at + braces] == '{') {
        braces++;
    }
    for (n = braces; at + n < s.len && is_name(s.ptr[at + n], n == braces);) {
        n++;
    }
    if (braces < 1 || braces > 2 || n == braces) {
        return 0;
    }
    for (size_t i = 0; i < braces; i++) {
        if (at + n >= s.len || s.ptr[at + n] != '}') {
            return 0;
        }
        n++;
    }
    return n;
}

static bool is_mark(pmpo_str text)
{
    return pmpo_str_eq(text, OPEN);
}

/* In the instruction: demonstrations are data. */
static const char *find_placeholders(pmpo_str prompt, pmpo_kept *out)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    pmpo_str marked = d.instruction;
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && i < marked.len;) {
        size_t n = placeholder_at(marked, i);
        pmpo_str text = pmpo_str_sub(marked, i, i + n);
        if (n > 0 && !is_mark(text)) {
            wrong = add_part(out, text, true, false);
        }
        /* All of a run of braces at once: {{{x}}} holds no {x}. */
        size_t step = n;
        while (n == 0 && i + step < marked.len && marked.ptr[i + step] == '{') {
            step++;
        }
        i += step ? step : 1;
    }
    return wrong;
}

const char *pmpo_keep_find(pmpo_str marked, pmpo_kept *out)
{
    *out = (pmpo_kept){.n = 0};
    const char *wrong = NULL;
    bool found = true;
    for (size_t at = 0; !wrong && found;) {
        marked_part p;
        wrong = next_part(marked, at, &p, &found);
        if (!wrong && found) {
            pmpo_str before = pmpo_str_sub(marked, at, p.mark);
            bool leads = out->n == 0 || out->parts[out->n - 1].leads;
            wrong = add_part(out, pmpo_str_sub(marked, p.begin, p.end), false,
                             leads && pmpo_str_trim(before).len == 0);
            at = p.after;
        }
    }
    return wrong ? wrong : find_placeholders(marked, out);
}

/* ---- prompts ------------------------------------------------------------- */

static size_t times_in(pmpo_str prompt, pmpo_str text)
{
    size_t n = 0;
    for (size_t at = 0; (at = pmpo_str_find(prompt, text, at)) != SIZE_MAX;
         at += text.len) {
        n++;
    }
    return n;
}

const pmpo_kept_part *pmpo_keep_missing(const pmpo_kept *k, pmpo_str prompt)
{
    for (size_t i = 0; i < k->n; i++) {
        if (times_in(prompt, k->parts[i].text) < k->parts[i].times) {
            return &k->parts[i];
        }
    }
    return NULL;
}

/* Does the prompt have at least half of the part as one piece? */
static bool is_there_changed(pmpo_str prompt, pmpo_str part)
{
    size_t half = (part.len + 1) / 2;
    for (size_t i = 0; i + half <= part.len; i++) {
        if (pmpo_str_find(prompt, pmpo_str_sub(part, i, i + half), 0)
            != SIZE_MAX) {
            return true;
        }
    }
    return false;
}

static bool is_to_be_restored(const pmpo_kept_part *p, pmpo_str prompt)
{
    return !p->placeholder && times_in(prompt, p->text) == 0 && p->times == 1
           && !is_there_changed(prompt, p->text);
}

void pmpo_keep_restore(const pmpo_kept *k, pmpo_str prompt, pmpo_buf *out)
{
    pmpo_buf whole = {0}, longer = {0};
    for (size_t i = 0; i < k->n; i++) {
        const pmpo_kept_part *p = &k->parts[i];
        if (p->leads && is_to_be_restored(p, prompt)) {
            pmpo_buf_put(&whole, p->text);
            pmpo_buf_putc(&whole, ' ');
        }
    }
    pmpo_buf_put(&whole, prompt);
    for (size_t i = 0; i < k->n; i++) {
        const pmpo_kept_part *p = &k->parts[i];
        if (!p->leads && is_to_be_restored(p, prompt)) {
            pmpo_buf_clear(&longer);
            pmpo_text_join(pmpo_buf_str(&whole), p->text, &longer);
            pmpo_buf_clear(&whole);
            pmpo_buf_put(&whole, pmpo_buf_str(&longer));
        }
    }
    pmpo_buf_put(out, pmpo_buf_str(&whole));
    out->failed |= whole.failed || longer.failed;
    pmpo_buf_release(&whole);
    pmpo_buf_release(&longer);
}

bool pmpo_keep_touches(const pmpo_kept *k, pmpo_str prompt, pmpo_span span)
{
    for (size_t i = 0; i < k->n; i++) {
        pmpo_str text = k->parts[i].text;
        for (size_t at = 0; (at = pmpo_str_find(prompt, text, at)) != SIZE_MAX;
             at += text.len) {
            if (at < span.end && span.begin < at + text.len) {
                return true;
            }
        }
    }
    return false;
}
