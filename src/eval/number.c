/* number.c: finds numbers in text, and the number that a reply gives. */
#include "eval/number.h"

#include <math.h>
#include <stdlib.h>

#include "base/bounds.h"
#include "base/plain.h"
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

/* ---- the number at a place ------------------------------------------------------- */

/* The length of what groups the digits at i: a comma or LaTeX's, before three
 * digits, or two where another group follows ("1,00,000"); 0: none does. */
static size_t group_at(pmpo_str s, size_t i)
{
    static const char *const marks[] = {",\\!", "{,}", "\\,", ",", NULL};
    size_t n = 0, digits = 0;
    for (int k = 0; marks[k] && n == 0; k++) {
        pmpo_str mark = pmpo_str_of(marks[k]);
        n = pmpo_str_starts(pmpo_str_sub(s, i, s.len), mark) ? mark.len : 0;
    }
    while (n > 0 && is_digit_at(s, i + n + digits)) {
        digits++;
    }
    return digits == 3 || (digits == 2 && group_at(s, i + n + 2)) ? n : 0;
}

static size_t count_digits(pmpo_str s, size_t i)
{
    size_t n = 0;
    while (is_digit_at(s, i + n)) {
        n++;
    }
    return n;
}

/* The length of `mark` at i if it groups the digits of a number, of which n are
 * before it: one to three, no 0 first, up to the first mark, which all are
 * alike, and three behind each; 0: it does not. */
static size_t spaced_at(pmpo_str s, size_t i, size_t n, pmpo_str mark)
{
    if (mark.len == 0 || n == 0 || count_digits(s, i + mark.len) != 3 ||
        !pmpo_str_starts(pmpo_str_sub(s, i, s.len), mark)) {
        return 0;
    }
    size_t begin = i - (n < 3 ? n : 3);
    if (n > 3) {
        bool alike =
            begin >= mark.len &&
            pmpo_str_starts(pmpo_str_sub(s, begin - mark.len, s.len), mark);
        return alike ? mark.len : 0;
    }
    bool decimals = begin > 1 && strchr(".,", s.ptr[begin - 1]) &&
                    is_digit_at(s, begin - 2);
    return s.ptr[begin] != '0' && !decimals ? mark.len : 0;
}

/* The length of any mark that groups the digits at i; `blank`: what does so in
 * this number alone, or empty. */
static size_t any_group_at(pmpo_str s, size_t i, size_t n, pmpo_str blank)
{
    /* Blanks that keep a line together and a narrow one, apostrophes. */
    static const char *const marks[] = {"\xc2\xa0",     "\xe2\x80\xaf",
                                        "\xe2\x80\x89", "'",
                                        "\xe2\x80\x99", "\\;",
                                        "\\ ",          NULL};
    size_t group = group_at(s, i);
    group = group ? group : spaced_at(s, i, n, blank);
    for (int k = 0; marks[k] && group == 0; k++) {
        group = spaced_at(s, i, n, pmpo_str_of(marks[k]));
    }
    return group;
}

/* 10 to the power that stands at *end, which then is behind it: "e-3", " x
 * 10^{5}"; 1: none does. */
static double power_at(pmpo_str s, size_t *end)
{
    static const char *const marks[] = {"e",
                                        " x 10^",
                                        " \xc3\x97 10^",
                                        "\xc3\x97"
                                        "10^",
                                        " * 10^",
                                        " \\times 10^",
                                        "\\times 10^",
                                        " \\cdot 10^",
                                        NULL};
    pmpo_str rest = pmpo_str_sub(s, *end, s.len);
    size_t n = 0;
    for (int k = 0; marks[k] && n == 0; k++) {
        pmpo_str mark = pmpo_str_of(marks[k]);
        bool capital = k == 0 && at(rest, 0) == 'E';
        n = capital || pmpo_str_starts(rest, mark) ? mark.len : 0;
    }
    if (n == 0) {
        return 1;
    }
    bool exponent = n == 1, brace = !exponent && at(rest, n) == '{';
    n += brace;
    bool minus = at(rest, n) == '-';
    size_t k = n + (minus || (exponent && at(rest, n) == '+'));
    double power = 0;
    for (n = k; n < k + 3 && is_digit_at(rest, n); n++) {
        power = 10 * power + (rest.ptr[n] - '0');
    }
    if (n == k || is_digit_at(rest, n) || (brace && at(rest, n) != '}') ||
        (exponent && pmpo_is_word_byte(at(rest, n)))) {
        return 1;
    }
    *end += n + brace;
    return pow(10, minus ? -power : power);
}

/* Reads the digits at i (a digit, or a point before one); *end is behind.
 * `blank`: as of any_group_at. */
static double read_grouped(pmpo_str s, size_t i, pmpo_str blank, size_t *end)
{
    char text[64];
    size_t n = 0, group;
    bool point = false;
    while (i < s.len && n + 1 < sizeof(text)) {
        if (is_digit_at(s, i)) {
            text[n++] = s.ptr[i++];
        } else if (!point && s.ptr[i] == '.' && is_digit_at(s, i + 1)) {
            text[n++] = s.ptr[i++];
            point = true;
        } else if (!point && (group = any_group_at(s, i, n, blank)) > 0) {
            i += group;
        } else {
            break;
        }
    }
    text[n] = '\0';
    *end = i;
    return pmpo_read_double(text, NULL) * power_at(s, end);
}

static double read_digits(pmpo_str s, size_t i, size_t *end)
{
    return read_grouped(s, i, PMPO_STR(""), end);
}

/* The length of the LaTeX of degrees at i, a unit and no power; 0: none is. */
static size_t degrees_at(pmpo_str s, size_t i)
{
    static const char *const marks[] = {"^\\circ",  "^{\\circ}",  "^{\\circ }",
                                        "^ \\circ", "^ {\\circ}", NULL};
    return pmpo_any_word_at(s, i, marks);
}

/* Behind "$", "\$" or nothing, backwards from i. */
static size_t before_currency(pmpo_str s, size_t i)
{
    while (i > 0 && (s.ptr[i - 1] == '$' || s.ptr[i - 1] == '\\')) {
        i--;
    }
    return i;
}

/* What ends before i, where a minus is, is nothing, a colon, "is", "=". */
static bool is_said_before(pmpo_str s, size_t i)
{
    static const char *const before[] = {"is", "are",    "was", "be",
                                         "=",  "equals", NULL};
    size_t end = pmpo_before_markup(s, i);
    bool said = end == 0 || s.ptr[end] == ':';
    for (int k = 0; before[k]; k++) {
        size_t n = strlen(before[k]);
        said |= end >= n && pmpo_word_at(s, end - n, pmpo_str_of(before[k]));
    }
    return said;
}

/* "negative 5", "is minus 5" with i at the 5, not "8 minus 5". */
static bool has_minus_word(pmpo_str s, size_t i)
{
    pmpo_str minus = PMPO_STR("minus "), negative = PMPO_STR("negative ");
    if (i >= negative.len && pmpo_word_at(s, i - negative.len, negative)) {
        return true;
    }
    return i >= minus.len && pmpo_word_at(s, i - minus.len, minus) &&
           is_said_before(s, i - minus.len);
}

/* U+2212, which marks no lines of a list. */
static bool is_true_minus(pmpo_str s, size_t i)
{
    return pmpo_str_starts(pmpo_str_sub(s, i, s.len), PMPO_STR("\xe2\x88\x92"));
}

/* "= - 5", "\boxed{- 5}" with i at the 5; with U+2212 also "is - 5". */
static bool has_minus_apart(pmpo_str s, size_t i)
{
    size_t n = i > 1 && s.ptr[i - 1] == ' ' ? pmpo_minus_before(s, i - 1) : 0;
    size_t sign = i - 1 - n, k = n ? sign : 0;
    while (k > 0 && s.ptr[k - 1] == ' ') {
        k--;
    }
    return (k > 0 && strchr("={", s.ptr[k - 1])) ||
           (n > 0 && is_true_minus(s, sign) && is_said_before(s, sign));
}

/* A minus sign before i that is no hyphen or operator. */
static bool has_minus(pmpo_str s, size_t i)
{
    i = before_currency(s, i);
    size_t n = pmpo_minus_before(s, i), before = i - n;
    if (n == 0) {
        return pmpo_minus_of_box(s, i) < i || has_minus_word(s, i) ||
               has_minus_apart(s, i);
    }
    return before == 0 || !(pmpo_is_word_byte(s.ptr[before - 1]) ||
                            s.ptr[before - 1] == ')');
}

/* \frac{a}{b} or \frac34 at i (at the backslash). */
static bool read_frac(pmpo_str s, size_t i, double *v, size_t *end)
{
    static const char *const heads[] = {"\\dfrac", "\\frac", "\\tfrac", NULL};
    size_t k = i;
    for (int h = 0; heads[h] && k == i; h++) {
        k += pmpo_str_starts(pmpo_str_sub(s, i, s.len), pmpo_str_of(heads[h]))
                 ? strlen(heads[h])
                 : 0;
    }
    double part[2];
    for (int p = 0; p < 2; p++) {
        bool brace = k > i && at(s, k) == '{';
        if (k == i || !is_digit_at(s, k + brace)) {
            return false;
        }
        part[p] = s.ptr[k] - '0';
        k++;
        if (brace) {
            part[p] = read_digits(s, k, &k);
            if (at(s, k++) != '}') {
                return false;
            }
        }
    }
    *v = (has_minus(s, i) ? -part[0] : part[0]) / part[1];
    *end = k;
    return part[1] != 0;
}

/* "one of them", "one half": no number, or another one. */
static bool is_part(pmpo_str s, size_t end)
{
    static const char *const more[] = {"of", "half", "third", "thirds",
                                       "quarter", "quarters", "another", NULL};
    return at(s, end) == '-' ||
           pmpo_any_word_at(s, pmpo_skip_markup(s, end), more) > 0;
}

/* "five", "fifteen". */
static bool below_twenty(pmpo_str s, size_t i, double *v, size_t *end)
{
    static const char *const words[] = {
        "zero", "one", "two", "three", "four", "five", "six", "seven",
        "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", NULL,
    };
    for (int k = 0; words[k]; k++) {
        if (pmpo_word_at(s, i, pmpo_str_of(words[k]))) {
            *end = i + strlen(words[k]);
            *v = k;
            return !is_part(s, *end);
        }
    }
    return false;
}

/* "five", "twenty-one", "twenty one". */
static bool below_hundred(pmpo_str s, size_t i, double *v, size_t *end)
{
    static const char *const tens[] = {"twenty", "thirty", "forty", "fifty",
                                       "sixty", "seventy", "eighty", "ninety",
                                       NULL};
    for (int k = 0; tens[k]; k++) {
        if (pmpo_word_at(s, i, pmpo_str_of(tens[k]))) {
            size_t e = i + strlen(tens[k]);
            double unit = 0;
            *end = e;
            bool more = at(s, e) == '-' || at(s, e) == ' ';
            more = more && below_twenty(s, e + 1, &unit, &e) && unit < 10;
            *end = more ? e : *end;
            *v = 20 + 10 * k + (more ? unit : 0);
            return true;
        }
    }
    return below_twenty(s, i, v, end);
}

/* "2 million" */
static double scale_at(pmpo_str s, size_t *end)
{
    static const struct {
        pmpo_str word;
        double by;
    } scales[] = {{{" thousand", 9}, 1e3}, {{" million", 8}, 1e6},
                  {{" billion", 8}, 1e9}};
    for (size_t k = 0; k < sizeof(scales) / sizeof(*scales); k++) {
        if (pmpo_word_at(s, *end, scales[k].word)) {
            *end += scales[k].word.len;
            return scales[k].by;
        }
    }
    return 1;
}

/* "five", "one hundred and twenty", "two thousand". */
static bool read_word(pmpo_str s, size_t i, double *v, size_t *end)
{
    static const char *const ands[] = {" and ", " ", NULL};
    if (!below_hundred(s, i, v, end)) {
        return false;
    }
    if (pmpo_word_at(s, *end, PMPO_STR(" hundred"))) {
        size_t e = *end += strlen(" hundred");
        double rest;
        bool more =
            below_hundred(s, e + pmpo_any_word_at(s, e, ands), &rest, &e);
        *v = 100 * *v + (more ? rest : 0);
        *end = more ? e : *end;
    }
    *v *= has_minus_word(s, i) ? -scale_at(s, end) : scale_at(s, end);
    return true;
}

/* "2nd", "1st": a place, not a number. */
static bool is_ordinal(pmpo_str s, size_t end)
{
    static const char *const endings[] = {"st", "nd", "rd", "th", NULL};
    for (int k = 0; endings[k]; k++) {
        if (pmpo_lower(at(s, end)) == endings[k][0] &&
            pmpo_lower(at(s, end + 1)) == endings[k][1] &&
            !pmpo_is_word_byte(at(s, end + 2))) {
            return true;
        }
    }
    return false;
}

/* Adds or divides by what makes a fraction of the x that ends at *end: "/2",
 * " 1/2" or "\frac12" after it. */
static double with_fraction(pmpo_str s, double x, size_t *end)
{
    size_t e = *end, slash = e;
    double top = x, bottom, part;
    if (read_frac(s, e, &part, &e) && part < 1) {
        *end = e;
        return x + part;
    }
    bool mixed = at(s, e) == ' ' && is_digit_at(s, e + 1);
    if (mixed) {
        top = read_digits(s, e + 1, &slash);
    }
    if (at(s, slash) != '/' || !is_digit_at(s, slash + 1)) {
        return x;
    }
    bottom = read_digits(s, slash + 1, &e);
    if (bottom == 0 || at(s, e) == '/' || (mixed && top >= bottom)) {
        return x; /* "1/2/2006" is a date */
    }
    *end = e;
    return (mixed ? x : 0) + top / bottom;
}

/* Words and signs that may be before an announced number. */
static const char *const number_fillers[] = {
    "is",        "are",
    "was",       "be",
    "about",     "approximately",
    "around",    "exactly",
    "only",      "just",
    "a",         "the",
    "total",     "total of",
    "equal to",  "of",
    "therefore", "thus",
    "so",        "then",
    "that",      ",",
    "(",         "[",
    "{",         "$",
    "\\$",       "rs.",
    "rs",        "usd",
    "us$",       "\xe2\x82\xac",
    "\xc2\xa3",  "\xe2\x82\xb9",
    "=",         "\xe2\x89\x88",
    "-$",        "\\approx",
    NULL,
};

/* Behind the exponent at i: "^2", "^{-3}". */
static size_t behind_exponent(pmpo_str s, size_t i)
{
    i++;
    while (i < s.len && (is_digit_at(s, i) || strchr("{-}", s.ptr[i]))) {
        i++;
    }
    return i;
}

/* Nothing but such words and a sign is before i. */
static bool begins_alone(pmpo_str s, size_t i)
{
    static const char *const signs[] = {"-",     "\xe2\x88\x92", "\xe2\x80\x93",
                                        "minus", "negative",     NULL};
    size_t k = pmpo_skip_words(s, 0, number_fillers);
    k += pmpo_any_word_at(s, k, signs);
    return k == i || pmpo_skip_words(s, k, number_fillers) == i;
}

/* Behind markup, brackets and percent at i. */
static size_t behind_closing(pmpo_str s, size_t i)
{
    static const char *const closing[] = {"}",   "$",   "%",   ")", "]",
                                          "\\)", "\\]", "\\%", NULL};
    return pmpo_skip_words(s, i, closing);
}

/* Nothing but a unit, one word, is behind i in its sentence: not what follows
 * in "2 300-page books", "10 200 and 5". */
static bool ends_alone(pmpo_str s, size_t i)
{
    pmpo_str euro = PMPO_STR("\xe2\x82\xac");
    size_t k = behind_closing(s, i + degrees_at(s, i));
    k += pmpo_str_starts(pmpo_str_sub(s, k, s.len), euro) ? euro.len : 0;
    while (!is_digit_at(s, k) && (pmpo_is_word_at(s, k) || at(s, k) == '/')) {
        k++;
    }
    k = behind_closing(s, k);
    k = at(s, k) == '^' ? behind_closing(s, behind_exponent(s, k)) : k;
    return k >= s.len || (strchr(".!?,;", s.ptr[k]) &&
                          !is_digit_at(s, behind_closing(s, k + 1)));
}

/* What groups the digits at i although it parts words elsewhere: " " or LaTeX's
 * "~", where the answer is nothing but this number; empty: nothing. */
static pmpo_str blank_in(pmpo_str s, size_t i)
{
    const pmpo_str blanks[] = {PMPO_STR(" "), PMPO_STR("~")};
    size_t n = count_digits(s, i), end;
    for (int k = 0; k < 2; k++) {
        if (spaced_at(s, i + n, n, blanks[k]) && begins_alone(s, i)) {
            read_grouped(s, i, blanks[k], &end);
            return ends_alone(s, end) ? blanks[k] : PMPO_STR("");
        }
    }
    return PMPO_STR("");
}

/* The number in digits at i with its sign, fraction and so on. *end is behind
 * what was read, also of what is none ("A2", "2nd", "10^3"). */
static bool digits_at(pmpo_str s, size_t i, double *v, size_t *end)
{
    if (at(s, i) == '^') {
        *end = behind_exponent(s, i);
        return false;
    }
    if (at(s, i) == '\\') {
        return read_frac(s, i, v, end);
    }
    bool point = at(s, i) == '.' && is_digit_at(s, i + 1) &&
                 !(i > 0 && is_digit_at(s, i - 1));
    if (!is_digit_at(s, i) && !point) {
        return false;
    }
    bool in_word = i > 0 &&
                   (pmpo_is_letter(s.ptr[i - 1]) || s.ptr[i - 1] == '_');
    double x = read_grouped(s, i, blank_in(s, i), end);
    x = with_fraction(s, x, end);
    x *= scale_at(s, end);
    *end += degrees_at(s, *end);
    *v = has_minus(s, i) ? -x : x;
    return !in_word && !is_ordinal(s, *end) && at(s, *end) != '^';
}

/* The number at *i, in digits or words, or behind a minus there, after it,
 * where *i is then. `apart`: a blank may be between, but not in a line of a
 * list, "- 5 apples". */
static bool signed_at(pmpo_str s, size_t *i, bool apart, double *v, size_t *end)
{
    static const char *const words[] = {"minus ", "negative ", NULL};
    static const char *const boxes[] = {"\\boxed{", "$\\boxed{", NULL};
    size_t word = pmpo_any_word_at(s, *i, words);
    size_t sign = pmpo_minus_at(s, *i);
    bool blank = (apart || is_true_minus(s, *i)) && sign &&
                 at(s, *i + sign) == ' ';
    size_t k = *i + (word ? word : sign + blank);
    if (sign && pmpo_any_word_at(s, k, boxes)) {
        k = pmpo_skip_words(s, k, number_fillers);
    }
    if (!digits_at(s, k, v, end) &&
        ((k > *i && !word) || !read_word(s, k, v, end))) {
        return false;
    }
    blank = blank && !pmpo_is_word_at(s, *end + (at(s, *end) == ' '));
    *v = word || blank ? -fabs(*v) : *v;
    *i = k;
    return true;
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
    size_t i = before_currency(s, begin);
    while (end < s.len && strchr(" )%", s.ptr[end])) {
        end++;
    }
    while (i > 0 && strchr(" (", s.ptr[i - 1])) {
        i--;
    }
    return operator_at(s, end) ||
           (!has_minus(s, begin) && operator_before(s, i));
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

/* "in 3 weeks", "for each of the 5": a circumstance of what is counted. */
static bool is_circumstance(pmpo_str s, size_t begin)
{
    static const char *const words[] = {
        "in",   "for",  "per",    "every", "each",   "on",   "at",   "after",
        "over", "by",   "from",   "with",  "within", "of",   "step", "than",
        "until", "during", "out of", NULL,
    };
    size_t end = before_currency(s, begin);
    if (is_purpose(s, end)) {
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
        if (read(s, i, &x, &end) && !pmpo_is_denied(s, i) &&
            (which == ANY ||
             (!is_operand(s, i, end) && !is_circumstance(s, i)))) {
            *v = x;
            found = true;
        }
        i = end > i ? end : i + 1;
    }
    return found;
}

/* "12 animals: 3 cats and 9 dogs": what follows the first colon after a number
 * sums up to the number before it, which is then the one that is stated. */
static bool sums_up(const void *ud, pmpo_str s, double *v)
{
    (void)ud;
    double total, x, sum = 0;
    size_t parts = 0, end, i = 0;
    while (i < s.len && !digits_at(s, i, &x, &end)) {
        i++;
    }
    size_t colon = pmpo_str_find(s, PMPO_STR(":"), i);
    if (colon == SIZE_MAX ||
        !last_number(pmpo_str_sub(s, 0, colon), digits_at, OUTSIDE, &total)) {
        return false;
    }
    for (i = colon; i < s.len; i = end) {
        end = i + 1;
        bool part = digits_at(s, i, &x, &end);
        sum += part ? x : 0;
        parts += part;
    }
    *v = total;
    return parts > 1 && pmpo_near(sum, total, 1);
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

bool pmpo_states_number(pmpo_str s, double *v)
{
    return sums_up(NULL, s, v) || last_number(s, digits_at, OUTSIDE, v) ||
           last_number(s, digits_at, RESULTS, v) ||
           last_number(s, digits_at, ANY, v) ||
           last_number(s, read_word, RESULTS, v);
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
    size_t end, i = pmpo_skip_words(s, 0, number_fillers), begin = i;
    if (!signed_at(s, &i, true, v, &end)) {
        return false;
    }
    begin -= begin > 1 && s.ptr[begin - 1] == '$' && s.ptr[begin - 2] == '-'
                 ? 2 /* "-$" is a filler, and the sign */
                 : 0;
    if (is_list_mark(s, end, *v)) {
        return false;
    }
    pmpo_str said = clause(pmpo_str_sub(s, begin, s.len));
    if (pmpo_find_any_word(said, 0, equals) < said.len) {
        double x = *v; /* "18 is the total" has but one */
        *v = last_number(said, digits_at, RESULTS, &x) ? x : *v;
        return true;
    }
    return !is_operand(s, i, end);
}

/* A line "18", "$18 per day.": the number and at most three words, *words. */
static bool is_amount(pmpo_str line, double *v, size_t *words)
{
    size_t end, i = pmpo_skip_words(line, 0, number_fillers);
    *words = 0;
    if (!signed_at(line, &i, false, v, &end)) {
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
