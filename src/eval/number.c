/* number.c: the number that a sentence states, and that a reply gives. */
#include "eval/number.h"

#include <math.h>

#include "base/bounds.h"
#include "eval/digits.h"
#include "eval/match.h"
#include "eval/reply.h"

static char at(pmpo_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool is_digit_at(pmpo_str s, size_t i)
{
    return i < s.len && pmpo_is_digit(s.ptr[i]);
}

/* ---- numbers as answers ----------------------------------------------------------- */

static const char *const operators[] = {
    "+", "*", "/", "\xc3\x97", "\xc3\xb7", "\\times", "\\cdot", "\\div", "x",
    "-", "\xe2\x88\x92", NULL,
};

/* An operator at i with an operand after it: not that of "$18/day". */
static bool operator_at(pmpo_str s, size_t i)
{
    size_t n = pmpo_any_word_at(s, i, operators), k = i + n;
    while (k < s.len && strchr(" $\\(", s.ptr[k])) {
        k++;
    }
    return n > 0 && (is_digit_at(s, k) || at(s, k) == '.');
}

/* An operator that ends before i, with something before it: not the marks of
 * "* 3 cats" and "**3**". */
static bool operator_before(pmpo_str s, size_t i)
{
    for (int k = 0; operators[k]; k++) {
        size_t n = strlen(operators[k]);
        if (i >= n && pmpo_word_at(s, i - n, pmpo_str_of(operators[k]))) {
            size_t before = i - n;
            while (before > 0 && s.ptr[before - 1] == ' ') {
                before--;
            }
            return before > 0 && !strchr("*\n", s.ptr[before - 1]);
        }
    }
    return false;
}

/* An operand of a calculation, not its result. */
static bool is_operand(pmpo_str s, size_t begin, size_t end)
{
    size_t i = pmpo_before_currency(s, begin);
    while (end < s.len && strchr(" )%", s.ptr[end])) {
        end++;
    }
    while (i > 0 && strchr(" (", s.ptr[i - 1])) {
        i--;
    }
    return operator_at(s, end) ||
           (!pmpo_has_minus(s, begin) && operator_before(s, i));
}

/* The word before *end, which moves to its beginning; empty: none is. */
static pmpo_str word_before(pmpo_str s, size_t *end)
{
    while (*end > 0 && strchr(" *_(", s.ptr[*end - 1])) {
        --*end;
    }
    pmpo_str word = pmpo_word_before(s, *end);
    *end -= word.len;
    return word;
}

/* "160 minutes to download 200 GB": 200 is of the purpose. */
static bool is_purpose(pmpo_str s, size_t end)
{
    bool verb = word_before(s, &end).len > 0;
    bool to = pmpo_word_at(word_before(s, &end), 0, PMPO_STR("to"));
    bool unit = word_before(s, &end).len > 0;
    return verb && to && unit && is_digit_at(word_before(s, &end), 0);
}

/* "$18 by selling 9 eggs": 9 is of how it came about. */
static bool is_means(pmpo_str s, size_t end)
{
    static const char *const words[] = {"by", "after", "from", NULL};
    pmpo_str verb = word_before(s, &end);
    return verb.len > 4 && pmpo_same_at(verb, verb.len - 3, PMPO_STR("ing")) &&
           pmpo_any_word_at(word_before(s, &end), 0, words) > 0;
}

/* "in 3 weeks", "for each of the 5": a circumstance of what is counted. */
static bool is_circumstance(pmpo_str s, size_t begin)
{
    static const char *const words[] = {
        "in",   "for",  "per",    "every", "each",   "on",   "at",   "after",
        "over", "by",   "from",   "with",  "within", "of",   "step", "than",
        "until", "during", "out of", NULL,
    };
    size_t end = pmpo_before_currency(s, begin);
    if (is_purpose(s, end) || is_means(s, end)) {
        return true;
    }
    for (int articles = 0; articles < 2; articles++) {
        pmpo_str w = word_before(s, &end);
        if (w.len > 0 && pmpo_any_word_at(w, 0, words) == w.len) {
            return end < 6 || !pmpo_word_at(s, end - 6, PMPO_STR("total of"));
        }
        if (!pmpo_word_at(w, 0, PMPO_STR("the"))) {
            return false;
        }
    }
    return false;
}

/* Below 2^53, where a double tells each from its neighbours. */
static bool is_whole(double v)
{
    return fabs(v) < 9007199254740992.0 && floor(v) == v;
}

bool pmpo_near(double a, double b, double least)
{
    return is_whole(a) && is_whole(b)
               ? a == b
               : fabs(a - b) <= 1e-6 * fmax(least, fabs(b));
}

typedef bool (*at_fn)(pmpo_str s, size_t i, double *v, size_t *end);

/* Behind the remark in parentheses at i, "12 (3 cats and 9 dogs)"; i: none is,
 * as in "3 * (4 + 2)", "= (7)" and LaTeX's "\\(". */
static size_t behind_remark(pmpo_str s, size_t i)
{
    size_t k = i;
    while (k > 0 && s.ptr[k - 1] == ' ') {
        k--;
    }
    if (at(s, i) != '(' || k == i || k == 0 || s.ptr[k - 1] == '=' ||
        operator_before(s, k)) {
        return i;
    }
    size_t end = pmpo_str_find(s, PMPO_STR(")"), i);
    return end == SIZE_MAX ? i : end + 1;
}

/* Behind " or 17" at i, after the number v: two whole numbers, of which none is
 * given; i: no such other one is. */
static size_t behind_other(pmpo_str s, size_t i, double v)
{
    static const char *const signs[] = {"$", "\\$", NULL};
    size_t k = pmpo_skip_markup(s, i), end;
    bool either = pmpo_word_at(s, k, PMPO_STR("or"));
    double x;
    k = pmpo_skip_words(s, k + 2, signs);
    bool other = either && pmpo_digits_at(s, k, &x, &end) && is_whole(x) &&
                 is_whole(v) && x != v;
    char after = other ? at(s, pmpo_skip_markup(s, end)) : '\0';
    return other && after != '=' && after != '%' ? end : i;
}

/* What last_number takes: results, of these only those in no remark, or all
 * that is not denied. */
enum { OUTSIDE, RESULTS, ANY };

static bool last_number(pmpo_str s, at_fn read, int which, double *v)
{
    bool found = false;
    for (size_t i = 0; i < s.len;) {
        size_t end = i + 1, behind = behind_remark(s, i);
        double x;
        if (which == OUTSIDE && behind > i) {
            i = behind;
            continue;
        }
        bool number = read(s, i, &x, &end);
        size_t other = number ? behind_other(s, end, x) : end;
        if (number && other == end && !pmpo_is_denied(s, i) &&
            (which == ANY ||
             (!is_operand(s, i, end) && !is_circumstance(s, i)))) {
            *v = x;
            found = true;
        }
        i = other > i ? other : i + 1;
    }
    return found;
}

/* The part before ", including 3 cats", unless that goes on to conclude. */
static pmpo_str before_parts(pmpo_str s)
{
    static const char *const marks[] = {", including", NULL};
    static const char *const more[] = {"=", "so", "then", "therefore", NULL};
    size_t end = pmpo_find_any_word(s, 0, marks);
    bool goes_on = pmpo_find_any_word(s, end, more) < s.len;
    return pmpo_str_sub(s, 0, goes_on ? s.len : end);
}

/* The sum of the numbers, in digits or words, and of each article one, behind
 * s[i]; *articles: how many of these. */
static double sum_of(pmpo_str s, size_t i, size_t *parts, size_t *articles)
{
    static const char *const words[] = {"a", "an", NULL};
    double x, sum = 0;
    for (size_t end; i<s.len; i = end> i ? end : i + 1) {
        end = i + 1;
        bool part = pmpo_digits_at(s, i, &x, &end) ||
                    (end == i + 1 && pmpo_words_at(s, i, &x, &end));
        sum += part ? x : 0;
        *parts += part;
        *articles += pmpo_any_word_at(s, i, words) > 0;
    }
    return sum;
}

/* "12 animals: 3 cats and 9 dogs": what follows the first colon after a number
 * sums up to the number before it, which is then the one that is stated. */
static bool sums_up(const void *ud, pmpo_str s, double *v)
{
    (void)ud;
    double total, x;
    size_t parts = 0, articles = 0, end, i = 0;
    while (i < s.len && !pmpo_digits_at(s, i, &x, &end) &&
           !pmpo_words_at(s, i, &x, &end)) {
        i++;
    }
    size_t colon = pmpo_str_find(s, PMPO_STR(":"), i);
    pmpo_str head = pmpo_str_sub(s, 0, colon == SIZE_MAX ? 0 : colon);
    if (!last_number(head, pmpo_digits_at, OUTSIDE, &total) &&
        !last_number(head, pmpo_words_at, OUTSIDE, &total)) {
        return false;
    }
    double sum = sum_of(s, colon, &parts, &articles);
    *v = total;
    return (parts > 1 && pmpo_near(sum, total, 1)) ||
           (parts > 0 && parts + articles > 1 &&
            pmpo_near(sum + (double)articles, total, 1));
}

bool pmpo_states_number(pmpo_str s, double *v)
{
    return sums_up(NULL, s, v) ||
           last_number(before_parts(s), pmpo_digits_at, OUTSIDE, v) ||
           last_number(s, pmpo_digits_at, OUTSIDE, v) ||
           last_number(s, pmpo_digits_at, RESULTS, v) ||
           last_number(s, pmpo_digits_at, ANY, v) ||
           last_number(s, pmpo_words_at, RESULTS, v);
}

static bool states_number(const void *ud, pmpo_str s, double *v)
{
    (void)ud;
    return pmpo_states_number(s, v);
}

/* The part before a comma, "not" or a remark in parentheses. */
static pmpo_str clause(pmpo_str s)
{
    static const char *const ends[] = {", ", ". ", " (", " not ", "\n", NULL};
    s = pmpo_before_reason(s);
    size_t end = pmpo_find_any_word(s, 0, ends);
    return pmpo_str_sub(s, 0, end);
}

/* "1. Multiply": the number of a first step, not "15. That is ...". */
static bool is_list_mark(pmpo_str s, size_t end, double v)
{
    return v == 1 && (at(s, end) == '.' || at(s, end) == ')') && at(s, end + 1) == ' ' &&
           pmpo_is_word_byte(at(s, pmpo_skip_markup(s, end + 1)));
}

static bool begins_number(const void *ud, pmpo_str s, double *v)
{
    static const char *const equals[] = {"=", "is", "are", "equals",
                                         "\xe2\x89\x88", NULL};
    (void)ud;
    size_t end, i = pmpo_skip_words(s, 0, pmpo_number_fillers), begin = i;
    if (!pmpo_signed_at(s, &i, true, v, &end)) {
        return false;
    }
    begin -= begin > 1 && s.ptr[begin - 1] == '$' && s.ptr[begin - 2] == '-'
                 ? 2 /* "-$" is a filler, and the sign */
                 : 0;
    if (is_list_mark(s, end, *v) || behind_other(s, end, *v) > end) {
        return false;
    }
    pmpo_str said = clause(pmpo_str_sub(s, begin, s.len));
    if (pmpo_find_any_word(said, 0, equals) < said.len) {
        double x = *v; /* "18 is the total" has but one */
        *v = last_number(said, pmpo_digits_at, RESULTS, &x) ? x : *v;
        return true;
    }
    return !is_operand(s, i, end);
}

/* A line "18", "$18 per day.": the number and at most three words, *words. */
static bool is_amount(pmpo_str line, double *v, size_t *words)
{
    size_t end, i = pmpo_skip_words(line, 0, pmpo_number_fillers);
    *words = 0;
    if (!pmpo_signed_at(line, &i, false, v, &end)) {
        return false;
    }
    if (is_list_mark(line, end, *v) || is_operand(line, i, end)) {
        return false;
    }
    for (size_t k = end; k < line.len; k++) {
        if (is_digit_at(line, k) || line.ptr[k] == '=') {
            return false;
        }
        *words += pmpo_is_word_byte(line.ptr[k]) &&
                  !pmpo_is_word_byte(line.ptr[k - 1]);
    }
    return *words <= 3 && at(line, line.len - 1) != ':';
}

/* A first line that is an amount, but not the first of "2 apples", "3 pears". */
static bool opens_number(const void *ud, pmpo_str line, pmpo_str next,
                         double *v)
{
    size_t words, next_words;
    double x;
    (void)ud;
    return is_amount(line, v, &words) &&
           !(words > 0 && is_amount(next, &x, &next_words) && next_words > 0);
}

bool pmpo_read_number(pmpo_str reply, bool complete, double *value)
{
    static const pmpo_answer_kind kind = {begins_number, states_number,
                                          opens_number, sums_up, NULL};
    return pmpo_reply_read(reply, complete, &kind, value);
}

bool pmpo_match_number(pmpo_str reply, bool complete, pmpo_str answer)
{
    double a, b;
    return pmpo_read_number(reply, complete, &a) &&
           pmpo_read_number(answer, true, &b) && pmpo_near(a, b, 0);
}
