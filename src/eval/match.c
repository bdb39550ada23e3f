/* match.c: answers in replies.
 *
 * Each kind first looks for where the reply announces its answer ("the answer
 * is", "####", \boxed{}), from the last such place backwards; only without
 * one does it take the last thing that looks like an answer. */
#include "eval/match.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

/* ---- characters --------------------------------------------------------------- */

static int lower(char c)
{
    return tolower((unsigned char)c);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static char at(pmpo_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool same_at(pmpo_str s, size_t i, pmpo_str word)
{
    if (i > s.len || s.len - i < word.len) {
        return false;
    }
    for (size_t k = 0; k < word.len; k++) {
        if (lower(s.ptr[i + k]) != lower(word.ptr[k])) {
            return false;
        }
    }
    return true;
}

/* The last place of any of the words, in any case; *end is behind it.
 * SIZE_MAX: none. Only places before `limit`. */
static size_t find_last(pmpo_str s, const char *const *words, size_t limit,
                        size_t *end)
{
    for (size_t i = limit < s.len ? limit : s.len; i-- > 0;) {
        for (size_t w = 0; words[w]; w++) {
            pmpo_str word = pmpo_str_of(words[w]);
            if (same_at(s, i, word) &&
                (i == 0 || !is_word(s.ptr[i - 1]) || !is_word(word.ptr[0]))) {
                *end = i + word.len;
                return i;
            }
        }
    }
    return SIZE_MAX;
}

static const char *const announcements[] = {
    "####",
    "\\boxed{",
    "the answer is",
    "answer is",
    "the correct answer is",
    "the correct option is",
    "correct option is",
    "the correct choice is",
    "final answer:",
    "final answer is",
    "answer:",
    "answer -",
    "option:",
    "therefore, the answer",
    "answer would be",
    "answer should be",
    NULL,
};

/* ---- exact ---------------------------------------------------------------------- */

/* White space, quotes, asterisks, backticks and the like at both ends. */
static bool is_wrapping(char c)
{
    return isspace((unsigned char)c) || strchr("\"'`*_.:;,!", c);
}

static pmpo_str unwrap(pmpo_str s)
{
    size_t begin = 0, end = s.len;
    while (begin < end && is_wrapping(s.ptr[begin])) {
        begin++;
    }
    while (end > begin && is_wrapping(s.ptr[end - 1])) {
        end--;
    }
    return pmpo_str_sub(s, begin, end);
}

/* Equal but for case and the amount of white space. */
static bool same_words(pmpo_str a, pmpo_str b)
{
    size_t i = 0, k = 0;
    while (i < a.len && k < b.len) {
        bool sa = isspace((unsigned char)a.ptr[i]) != 0;
        bool sb = isspace((unsigned char)b.ptr[k]) != 0;
        if (sa != sb || (!sa && lower(a.ptr[i]) != lower(b.ptr[k]))) {
            return false;
        }
        while (sa && i < a.len && isspace((unsigned char)a.ptr[i])) {
            i++;
        }
        while (sb && k < b.len && isspace((unsigned char)b.ptr[k])) {
            k++;
        }
        i += !sa;
        k += !sb;
    }
    return i == a.len && k == b.len;
}

static pmpo_str line_from(pmpo_str s, size_t begin)
{
    size_t end = begin;
    while (end < s.len && s.ptr[end] != '\n') {
        end++;
    }
    return pmpo_str_sub(s, begin, end);
}

static pmpo_str last_line(pmpo_str s)
{
    s = pmpo_str_trim(s);
    size_t begin = s.len;
    while (begin > 0 && s.ptr[begin - 1] != '\n') {
        begin--;
    }
    return pmpo_str_sub(s, begin, s.len);
}

/* Up to the end of its first sentence. */
static pmpo_str first_sentence(pmpo_str s)
{
    size_t i = 0;
    while (i < s.len && !(strchr(".!?}", s.ptr[i]) &&
                          (i + 1 == s.len || s.ptr[i] == '}' ||
                           isspace((unsigned char)s.ptr[i + 1])))) {
        i++;
    }
    return pmpo_str_sub(s, 0, i);
}

bool pmpo_match_exact(pmpo_str reply, pmpo_str answer)
{
    answer = unwrap(answer);
    if (same_words(unwrap(reply), answer)) {
        return true;
    }
    size_t end, place = find_last(reply, announcements, reply.len, &end);
    if (place != SIZE_MAX) {
        pmpo_str line = line_from(reply, end);
        if (unwrap(line).len == 0) { /* "Answer:", and it on the next line */
            size_t i = end;
            while (i < reply.len && isspace((unsigned char)reply.ptr[i])) {
                i++;
            }
            line = line_from(reply, i);
        }
        return same_words(unwrap(line), answer) ||
               same_words(unwrap(first_sentence(line)), answer);
    }
    return same_words(unwrap(last_line(reply)), answer);
}

/* ---- numbers --------------------------------------------------------------------- */

static bool is_digit_at(pmpo_str s, size_t i)
{
    return i < s.len && isdigit((unsigned char)s.ptr[i]);
}

/* A comma between digits that groups thousands. */
static bool is_group(pmpo_str s, size_t i)
{
    bool latex = at(s, i) == '{' && at(s, i + 1) == ',' && at(s, i + 2) == '}';
    size_t d = latex ? i + 3 : i + 1;
    if (!latex && at(s, i) != ',') {
        return false;
    }
    return is_digit_at(s, d) && is_digit_at(s, d + 1) && is_digit_at(s, d + 2)
           && !is_digit_at(s, d + 3);
}

/* Reads the number at i (a digit, or a point before one); *end is behind. */
static double read_number(pmpo_str s, size_t i, size_t *end)
{
    char text[64];
    size_t n = 0;
    bool point = false;
    for (; i < s.len && n + 1 < sizeof(text); i++) {
        if (is_digit_at(s, i)) {
            text[n++] = s.ptr[i];
        } else if (!point && s.ptr[i] == '.' && is_digit_at(s, i + 1)) {
            text[n++] = '.';
            point = true;
        } else if (!point && is_group(s, i)) {
            i += s.ptr[i] == '{' ? 2 : 0;
        } else {
            break;
        }
    }
    text[n] = '\0';
    *end = i;
    return strtod(text, NULL);
}

/* A minus sign right before i that is no hyphen or operator. */
static bool has_minus(pmpo_str s, size_t i)
{
    while (i > 0 && (s.ptr[i - 1] == '$' || s.ptr[i - 1] == '\\')) {
        i--;
    }
    bool utf8 = i >= 3 && !memcmp(s.ptr + i - 3, "\xe2\x88\x92", 3);
    size_t before = utf8 ? i - 3 : i - 1;
    if (!utf8 && (i == 0 || s.ptr[i - 1] != '-')) {
        return false;
    }
    return before == 0 || !(is_word(s.ptr[before - 1]) ||
                            s.ptr[before - 1] == ')');
}

/* \frac{a}{b} at i (at the backslash). */
static bool read_frac(pmpo_str s, size_t i, double *v, size_t *end)
{
    size_t k = i;
    if (same_at(s, k, PMPO_STR("\\dfrac{"))) {
        k += 7;
    } else if (same_at(s, k, PMPO_STR("\\frac{"))) {
        k += 6;
    } else {
        return false;
    }
    if (!is_digit_at(s, k)) {
        return false;
    }
    double top = read_number(s, k, &k);
    if (at(s, k) != '}' || at(s, k + 1) != '{' || !is_digit_at(s, k + 2)) {
        return false;
    }
    double bottom = read_number(s, k + 2, &k);
    if (at(s, k) != '}' || bottom == 0) {
        return false;
    }
    *v = (has_minus(s, i) ? -top : top) / bottom;
    *end = k + 1;
    return true;
}

/* The number at i with its sign, fraction and so on; false: none begins. */
static bool number_at(pmpo_str s, size_t i, double *v, size_t *end)
{
    if (at(s, i) == '\\') {
        return read_frac(s, i, v, end);
    }
    bool point = at(s, i) == '.' && is_digit_at(s, i + 1) &&
                 !(i > 0 && is_digit_at(s, i - 1));
    if (!is_digit_at(s, i) && !point) {
        return false;
    }
    bool in_word = i > 0 && (isalpha((unsigned char)s.ptr[i - 1]) ||
                             s.ptr[i - 1] == '_');
    double x = read_number(s, i, end);
    if (at(s, *end) == '/' && is_digit_at(s, *end + 1)) {
        size_t e;
        double d = read_number(s, *end + 1, &e);
        bool date = at(s, e) == '/';
        if (d != 0 && !date) {
            x /= d;
            *end = e;
        }
    }
    *v = has_minus(s, i) ? -x : x;
    return !in_word;
}

/* The first or last number of s. */
static bool scan_numbers(pmpo_str s, bool last, double *v)
{
    bool found = false;
    for (size_t i = 0; i < s.len;) {
        size_t end = i + 1;
        double x;
        if (number_at(s, i, &x, &end)) {
            *v = x;
            found = true;
            if (!last) {
                return true;
            }
        }
        i = end > i ? end : i + 1;
    }
    return found;
}

bool pmpo_match_last_number(pmpo_str text, double *value)
{
    size_t limit = text.len, end;
    size_t place = find_last(text, announcements, limit, &end);
    if (place != SIZE_MAX) {
        bool firm = text.ptr[place] == '#' || text.ptr[place] == '\\';
        pmpo_str rest = pmpo_str_sub(text, end, text.len);
        pmpo_str line = firm ? line_from(text, end) : first_sentence(rest);
        /* "the answer is 3 + 4 = 7": the last one of what is announced */
        if (scan_numbers(line, !firm, value)) {
            return true;
        }
    }
    return scan_numbers(text, true, value);
}

bool pmpo_match_number(pmpo_str reply, pmpo_str answer)
{
    double a, b;
    if (!pmpo_match_last_number(reply, &a) ||
        !pmpo_match_last_number(answer, &b)) {
        return false;
    }
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(b));
}

/* ---- letters ----------------------------------------------------------------------- */

static char letter_in(char c, size_t n_options)
{
    char up = (char)toupper((unsigned char)c);
    char top = (char)('A' + (n_options ? n_options : 26) - 1);
    return up >= 'A' && up <= top ? up : '\0';
}

/* A letter that stands for an option at i: "(B)", "B)", "B.", "B:", "**B**",
 * or "B" alone; a bare one must be upper case and no word's part. */
static char option_at(pmpo_str s, size_t i, size_t n_options)
{
    bool paren = at(s, i) == '(' || at(s, i) == '[' || at(s, i) == '{';
    size_t k = i + paren;
    char c = letter_in(at(s, k), n_options);
    char before = i > 0 ? s.ptr[i - 1] : ' ', after = at(s, k + 1);
    if (!c || is_word(after) || after == '\'' || is_word(before)) {
        return '\0';
    }
    if (paren) {
        return after == ')' || after == ']' || after == '}' ? c : '\0';
    }
    bool closed = after == ')' || after == '.' || after == ':' || after == '*';
    bool small = islower((unsigned char)at(s, k)) != 0;
    if (small) {
        return after == ')' || after == '\0' ? c : '\0';
    }
    /* "A" and "I" are words, too, when another word follows. */
    bool wordy = (c == 'A' || c == 'I') && after == ' ' && is_word(at(s, k + 2));
    return closed || !wordy ? c : '\0';
}

static char first_option(pmpo_str s, size_t n_options)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = option_at(s, i, n_options);
        if (c) {
            return c;
        }
    }
    return '\0';
}

static char last_option(pmpo_str s, size_t n_options)
{
    for (size_t i = s.len; i-- > 0;) {
        char c = option_at(s, i, n_options);
        if (c) {
            return c;
        }
    }
    return '\0';
}

/* A letter in parentheses: surer than a bare one. */
static char last_in_parens(pmpo_str s, size_t n_options)
{
    for (size_t i = s.len; i-- > 0;) {
        char c = s.ptr[i] == '(' ? option_at(s, i, n_options) : '\0';
        if (c) {
            return c;
        }
    }
    return '\0';
}

char pmpo_match_letter(pmpo_str reply, size_t n_options)
{
    pmpo_str s = unwrap(reply);
    size_t limit = s.len, end;
    for (;;) {
        size_t place = find_last(s, announcements, limit, &end);
        if (place == SIZE_MAX) {
            break;
        }
        char c = first_option(line_from(s, end), n_options);
        if (!c && unwrap(line_from(s, end)).len == 0) {
            c = first_option(pmpo_str_sub(s, end, s.len), n_options);
        }
        if (c) {
            return c;
        }
        limit = place;
    }
    if (s.len <= 2 && letter_in(at(s, 0), n_options) && !is_word(at(s, 1))) {
        return letter_in(at(s, 0), n_options);
    }
    char c = option_at(s, 0, n_options); /* the reply opens with it */
    if (c) {
        return c;
    }
    c = last_in_parens(s, n_options);
    return c ? c : last_option(s, n_options);
}

bool pmpo_match_choice(pmpo_str reply, pmpo_str answer, size_t n_options)
{
    char want = first_option(pmpo_str_trim(answer), n_options);
    if (!want && answer.len) {
        want = letter_in(unwrap(answer).ptr[0], n_options);
    }
    return want && pmpo_match_letter(reply, n_options) == want;
}
