/* digits.c: the number that stands at a place in a text. */
#include "eval/digits.h"

#include <math.h>
#include <stdlib.h>

#include "base/bounds.h"
#include "base/plain.h"
#include "eval/reply.h"

static char at(pmpo_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool is_digit_at(pmpo_str s, size_t i)
{
    return i < s.len && pmpo_is_digit(s.ptr[i]);
}

/* ---- digits ------------------------------------------------------- */

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
size_t pmpo_before_currency(pmpo_str s, size_t i)
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
bool pmpo_has_minus(pmpo_str s, size_t i)
{
    i = pmpo_before_currency(s, i);
    size_t n = pmpo_minus_before(s, i), before = i - n;
    if (n == 0) {
        return pmpo_minus_of_box(s, i) < i || has_minus_word(s, i) ||
               has_minus_apart(s, i);
    }
    return before == 0 ||
           !(pmpo_is_word_byte(s.ptr[before - 1]) || s.ptr[before - 1] == ')');
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
    *v = (pmpo_has_minus(s, i) ? -part[0] : part[0]) / part[1];
    *end = k;
    return part[1] != 0;
}

/* "one of them", "one half": no number, or another one. */
static bool is_part(pmpo_str s, size_t end)
{
    static const char *const more[] = {"of",      "half",    "third",
                                       "thirds",  "quarter", "quarters",
                                       "another", NULL};
    return at(s, end) == '-' ||
           pmpo_any_word_at(s, pmpo_skip_markup(s, end), more) > 0;
}

/* "five", "fifteen". */
static bool below_twenty(pmpo_str s, size_t i, double *v, size_t *end)
{
    static const char *const words[] = {
        "zero",     "one",      "two",      "three",   "four",    "five",
        "six",      "seven",    "eight",    "nine",    "ten",     "eleven",
        "twelve",   "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
        "eighteen", "nineteen", NULL,
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
    static const char *const tens[] = {"twenty", "thirty", "forty",
                                       "fifty",  "sixty",  "seventy",
                                       "eighty", "ninety", NULL};
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
    } scales[] = {{{" thousand", 9}, 1e3},
                  {{" million", 8}, 1e6},
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
bool pmpo_words_at(pmpo_str s, size_t i, double *v, size_t *end)
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

const char *const pmpo_number_fillers[] = {
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
    size_t k = pmpo_skip_words(s, 0, pmpo_number_fillers);
    k += pmpo_any_word_at(s, k, signs);
    return k == i || pmpo_skip_words(s, k, pmpo_number_fillers) == i;
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

bool pmpo_digits_at(pmpo_str s, size_t i, double *v, size_t *end)
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
    *v = pmpo_has_minus(s, i) ? -x : x;
    return !in_word && !is_ordinal(s, *end) && at(s, *end) != '^';
}

bool pmpo_signed_at(pmpo_str s, size_t *i, bool apart, double *v, size_t *end)
{
    static const char *const words[] = {"minus ", "negative ", NULL};
    static const char *const boxes[] = {"\\boxed{", "$\\boxed{", NULL};
    size_t word = pmpo_any_word_at(s, *i, words);
    size_t sign = pmpo_minus_at(s, *i);
    bool blank = (apart || is_true_minus(s, *i)) && sign &&
                 at(s, *i + sign) == ' ';
    size_t k = *i + (word ? word : sign + blank);
    if (sign && pmpo_any_word_at(s, k, boxes)) {
        k = pmpo_skip_words(s, k, pmpo_number_fillers);
    }
    if (!pmpo_digits_at(s, k, v, end) &&
        ((k > *i && !word) || !pmpo_words_at(s, k, v, end))) {
        return false;
    }
    blank = blank && !pmpo_is_word_at(s, *end + (at(s, *end) == ' '));
    *v = word || blank ? -fabs(*v) : *v;
    *i = k;
    return true;
}
