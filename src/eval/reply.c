/* reply.c: announcements, first lines and conclusions of replies. */
#include "eval/reply.h"

#include "base/bounds.h"
#include "base/thinking.h"

/* ---- characters and words ------------------------------------------------------ */

static char at(pmpo_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

size_t pmpo_any_word_at(pmpo_str s, size_t i, const char *const *words)
{
    for (; *words; words++) {
        if (pmpo_word_at(s, i, pmpo_str_of(*words))) {
            return strlen(*words);
        }
    }
    return 0;
}

size_t pmpo_find_any_word(pmpo_str s, size_t i, const char *const *words)
{
    while (i < s.len && !pmpo_any_word_at(s, i, words)) {
        i++;
    }
    return i;
}

/* Characters around an answer that have no meaning. */
static const char *const markup[] = {
    "\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\boxed{", "\\(",
    "\\[",     "\\quad",    "\\,",       "\\ ",       NULL,
};
static const char *const quotes[] = {"\xe2\x80\x98", "\xe2\x80\x99",
                                     "\xe2\x80\x9c", "\xe2\x80\x9d", NULL};

static size_t length_at(pmpo_str s, size_t i, const char *const *texts)
{
    for (; *texts; texts++) {
        if (pmpo_same_at(s, i, pmpo_str_of(*texts))) {
            return strlen(*texts);
        }
    }
    return 0;
}

static size_t markup_at(pmpo_str s, size_t i)
{
    size_t n = length_at(s, i, markup);
    n = n ? n : length_at(s, i, quotes);
    return n ? n
             : i < s.len &&
                   (pmpo_is_space(s.ptr[i]) || strchr("*_`\"':>#|", s.ptr[i]));
}

size_t pmpo_skip_markup(pmpo_str s, size_t i)
{
    for (size_t n; (n = markup_at(s, i)) > 0; i += n) {
    }
    return i;
}

size_t pmpo_skip_words(pmpo_str s, size_t i, const char *const *words)
{
    for (;;) {
        i = pmpo_skip_markup(s, i);
        size_t n = pmpo_any_word_at(s, i, words);
        if (n == 0) {
            return i;
        }
        i += n;
    }
}

size_t pmpo_before_markup(pmpo_str s, size_t i)
{
    while (i > 0) {
        if (pmpo_is_space(s.ptr[i - 1]) || strchr("*_`\"'($:", s.ptr[i - 1])) {
            i--;
        } else if (i >= 3 && length_at(s, i - 3, quotes)) {
            i -= 3;
        } else {
            break;
        }
    }
    return i;
}

pmpo_str pmpo_word_before(pmpo_str s, size_t i)
{
    size_t begin = i;
    while (begin > 0 && pmpo_is_word_byte(s.ptr[begin - 1])) {
        begin--;
    }
    return pmpo_str_sub(s, begin, i);
}

size_t pmpo_minus_at(pmpo_str s, size_t i)
{
    static const char *const signs[] = {"-", "\xe2\x88\x92", "\xe2\x80\x93",
                                        NULL};
    return length_at(s, i, signs);
}

size_t pmpo_minus_before(pmpo_str s, size_t i)
{
    return i >= 3 && pmpo_minus_at(s, i - 3) == 3   ? 3
           : i >= 1 && pmpo_minus_at(s, i - 1) == 1 ? 1
                                                    : 0;
}

/* A sign with s[0..i) before it parts that from what follows: an operator, a
 * hyphen, the dash of "Answer -". */
static bool parts(pmpo_str s, size_t i)
{
    static const char *const heralds[] = {"answer", "result", "conclusion",
                                          "output", "option", "choice",
                                          NULL};
    size_t k = i;
    while (k > 0 && strchr(" *_", s.ptr[k - 1])) {
        k--;
    }
    if (k == i) {
        return i > 0 && (pmpo_is_word_before(s, i) || pmpo_minus_before(s, i) ||
                         strchr(")]}", s.ptr[i - 1]));
    }
    pmpo_str word = pmpo_word_before(s, k);
    return k > 0 &&
           (pmpo_is_digit(s.ptr[k - 1]) || strchr(")]}", s.ptr[k - 1]) ||
            pmpo_any_word_at(word, 0, heralds) > 0);
}

static const pmpo_str BOX = {"\\boxed{", 7};

size_t pmpo_minus_of_box(pmpo_str s, size_t i)
{
    if (i < BOX.len || !pmpo_same_at(s, i - BOX.len, BOX)) {
        return i;
    }
    size_t k = i - BOX.len;
    k -= k > 0 && s.ptr[k - 1] == '$';
    size_t sign = pmpo_minus_before(s, k);
    return sign > 0 && !parts(s, k - sign) ? k - sign : i;
}

/* A word that "not" may stand before and still deny the next: "not a very". */
static bool is_between(pmpo_str word)
{
    static const char *const words[] = {
        "the",    "a",    "an",        "be",     "very",       "quite",
        "always", "also", "seem",      "appear", "considered", "deemed",
        "called", "to",   "therefore", NULL,
    };
    return word.len > 0 &&
           (pmpo_any_word_at(word, 0, words) == word.len ||
            (word.len > 3 && pmpo_same_at(word, word.len - 2, PMPO_STR("ly")) &&
             !pmpo_same_at(word, 0, PMPO_STR("only"))));
}

size_t pmpo_before_adverbs(pmpo_str s, size_t i)
{
    i = pmpo_before_markup(s, i);
    for (pmpo_str w; is_between(w = pmpo_word_before(s, i));) {
        i = pmpo_before_markup(s, i - w.len);
    }
    return i;
}

size_t pmpo_denial_before(pmpo_str s, size_t i)
{
    static const char *const denials[] = {
        "not",  "cannot",     "never",  "neither", "nor",
        "than", "instead of", "unlike", NULL,
    };
    static const char *const endings[] = {"n't", "n\xe2\x80\x99t", NULL};
    i = pmpo_before_adverbs(s, i);
    for (size_t k = 0; denials[k]; k++) {
        size_t n = strlen(denials[k]);
        if (i >= n && pmpo_word_at(s, i - n, pmpo_str_of(denials[k]))) {
            return i - n;
        }
    }
    for (size_t k = 0; endings[k]; k++) {
        size_t n = strlen(endings[k]);
        if (i >= n && pmpo_same_at(s, i - n, pmpo_str_of(endings[k]))) {
            return i - n;
        }
    }
    return SIZE_MAX;
}

bool pmpo_is_denied(pmpo_str s, size_t i)
{
    return pmpo_denial_before(s, i) != SIZE_MAX;
}

static bool is_wrapping(char c)
{
    return pmpo_is_space(c) || (c && strchr("\"'`*_.:;,!", c));
}

/* ".5", not "...5". */
static bool begins_decimal(pmpo_str s, size_t i)
{
    return s.ptr[i] == '.' && pmpo_is_digit(at(s, i + 1)) &&
           (i == 0 || s.ptr[i - 1] != '.');
}

pmpo_str pmpo_unwrap(pmpo_str s)
{
    size_t begin = 0, end = s.len;
    while (begin < end && is_wrapping(s.ptr[begin]) &&
           !begins_decimal(s, begin)) {
        begin++;
    }
    while (end > begin && is_wrapping(s.ptr[end - 1])) {
        end--;
    }
    return begin < end ? pmpo_str_sub(s, begin, end) : pmpo_str_trim(s);
}

bool pmpo_is_wrapping(pmpo_str s)
{
    size_t i = 0;
    while (i < s.len && is_wrapping(s.ptr[i])) {
        i++;
    }
    return i == s.len;
}

pmpo_str pmpo_before_reason(pmpo_str s)
{
    static const char *const reasons[] = {"since", "because", ", as", ";",
                                          NULL};
    size_t end = pmpo_find_any_word(s, 0, reasons);
    while (end > 0 && end < s.len &&
           s.ptr[end - 1] == '\\') { /* LaTeX's "\;" */
        end = pmpo_find_any_word(s, end + 1, reasons);
    }
    return pmpo_str_sub(s, 0, end > 0 ? end : s.len);
}

/* Does it have more than white space, markup and the opening of a formula? */
static bool has_content(pmpo_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!pmpo_is_space(s.ptr[i]) && !strchr("*_`\"':\\[({$", s.ptr[i])) {
            return true;
        }
    }
    return false;
}

/* ---- lines and sentences ------------------------------------------------------- */

static size_t line_end(pmpo_str s, size_t i)
{
    while (i < s.len && s.ptr[i] != '\n') {
        i++;
    }
    return i;
}

/* The first line at or after i that is not blank; empty: none. */
static pmpo_str content_line(pmpo_str s, size_t i)
{
    while (i < s.len) {
        size_t end = line_end(s, i);
        pmpo_str line = pmpo_str_sub(s, i, end);
        if (has_content(line)) {
            return line;
        }
        i = end + 1;
    }
    return PMPO_STR("");
}

/* The point at i ends no sentence: "1. Add", "B. the owl", "Rs. 400". */
static bool is_abbreviation(pmpo_str s, size_t i)
{
    static const char *const short_words[] = {"rs", "mr", "mrs", "ms", "dr",
                                              "vs", "no", "approx", NULL};
    size_t begin = i;
    while (begin > 0 && pmpo_is_word_byte(s.ptr[begin - 1])) {
        begin--;
    }
    pmpo_str word = pmpo_str_sub(s, begin, i);
    size_t line = begin;
    while (line > 0 && s.ptr[line - 1] != '\n' &&
           !pmpo_is_word_byte(s.ptr[line - 1])) {
        line--;
    }
    bool first = line == 0 || s.ptr[line - 1] == '\n';
    bool marker = word.len == 1 ||
                  (word.len == 2 && pmpo_is_digit(word.ptr[0]));
    return word.len > 0 &&
           ((first && marker) ||
            pmpo_any_word_at(word, 0, short_words) == word.len);
}

/* A sentence ends behind s[i]. */
static bool ends_sentence(pmpo_str s, size_t i)
{
    if (s.ptr[i] == '\n') {
        return true;
    }
    if (!strchr(".!?", s.ptr[i])) {
        return false;
    }
    size_t k = i + 1;
    while (k < s.len && strchr("\"'*`)", s.ptr[k])) {
        k++;
    }
    return (k == s.len || pmpo_is_space(s.ptr[k])) &&
           !(s.ptr[i] == '.' && k < s.len && is_abbreviation(s, i));
}

static pmpo_str first_sentence(pmpo_str s)
{
    size_t i = 0;
    while (i < s.len && !ends_sentence(s, i)) {
        i++;
    }
    return pmpo_str_sub(s, 0, i);
}

/* The sentence that ends at or before *end, which moves to its beginning. */
static bool sentence_before(pmpo_str s, size_t *end, pmpo_str *out)
{
    size_t e = *end;
    while (e > 0 && (pmpo_is_space(s.ptr[e - 1]) || ends_sentence(s, e - 1))) {
        e--;
    }
    size_t begin = e;
    while (begin > 0 && !ends_sentence(s, begin - 1)) {
        begin--;
    }
    *end = begin;
    *out = pmpo_str_sub(s, begin, e);
    return e > 0;
}

/* ---- announcements -------------------------------------------------------------- */

static const char *const links[] = {
    "is",        "was",         "are",       "would be", "should be", "will be",
    "must be",   "could be",    "equals",    "=",        "-",
    "\xe2\x80\x93", "\xe2\x80\x94", ":", NULL,
};

/* What follows "answer" up to its "is": "answer to the question is". */
static size_t skip_object(pmpo_str s, size_t i)
{
    static const char *const begins[] = {"to", "for", "of", "in", "choice",
                                         "option", NULL};
    static const char *const ends[] = {"is", ":", "=", ".", ",", "?", "\n",
                                       NULL};
    if (!pmpo_any_word_at(s, i, begins)) {
        return i;
    }
    size_t end = pmpo_find_any_word(s, i, ends);
    return at(s, end) == ':' || at(s, end) == '=' ||
                   pmpo_word_at(s, end, PMPO_STR("is"))
               ? end
               : i;
}

/* Behind what links "answer", which ends at i, to what it is; 0: nothing does.
 * Markup may stand between, and ", therefore,". */
static size_t link_at(pmpo_str s, size_t i)
{
    static const char *const between[] = {"therefore", "thus", "then", "here",
                                          NULL};
    size_t k = i;
    for (size_t n = 1; n > 0; k += n) {
        bool mark = k < s.len && strchr(" *_`\"'),", s.ptr[k]);
        n = mark ? 1 : pmpo_any_word_at(s, k, between);
    }
    if (at(s, k) == '>') { /* <answer> */
        return k + 1;
    }
    k = skip_object(s, k);
    size_t n = pmpo_any_word_at(s, k, links);
    if (n == 0) {
        return 0;
    }
    k += n;
    size_t colon = k;
    while (colon < s.len && strchr(" *_", s.ptr[colon])) {
        colon++;
    }
    return at(s, colon) == ':' ? colon + 1 : k;
}

/* "the answer is not (A)", "the answer is obtained by": nothing announced. */
static bool is_empty_talk(pmpo_str s, size_t i)
{
    static const char *const words[] = {
        "not",   "n't",     "obtained", "found",    "calculated",
        "based", "because", "determined", "correct", "incorrect",
        "wrong", "right",   "unclear",  "derived",  "computed", NULL,
    };
    i = pmpo_skip_markup(s, i);
    return pmpo_any_word_at(s, i, words) || pmpo_same_at(s, i, PMPO_STR("n't"));
}

static bool begins_line(pmpo_str s, size_t i)
{
    while (i > 0 && s.ptr[i - 1] != '\n' &&
           !pmpo_is_word_byte(s.ptr[i - 1])) {
        i--;
    }
    return i == 0 || s.ptr[i - 1] == '\n';
}

/* The length of the word of an announcement at i; 0: none. */
static size_t herald_at(pmpo_str s, size_t i)
{
    static const char *const anywhere[] = {
        "answer", "correct option", "correct choice", "right option",
        "right choice", "best option", "best choice", NULL,
    };
    static const char *const headings[] = {
        "option", "choice", "conclusion", "result", "output", NULL,
    };
    size_t n = pmpo_any_word_at(s, i, anywhere);
    if (n > 0) {
        return n;
    }
    n = pmpo_any_word_at(s, i, headings);
    size_t k = i + n;
    while (n > 0 && k < s.len && strchr("*_ ", s.ptr[k])) {
        k++;
    }
    return n > 0 && at(s, k) == ':' && begins_line(s, i) ? n : 0;
}

/* Inside the braces that open before i. */
static pmpo_str inside_braces(pmpo_str s, size_t i)
{
    size_t depth = 1, k = i;
    for (; k < s.len; k++) {
        depth += s.ptr[k] == '{';
        depth -= s.ptr[k] == '}';
        if (depth == 0) {
            break;
        }
    }
    return pmpo_str_sub(s, i, k);
}

/* What is in the box at i; with a minus that is before it, that and the
 * beginning of the box, too. */
static pmpo_str boxed(pmpo_str s, size_t i)
{
    pmpo_str inner = inside_braces(s, i + BOX.len);
    size_t k = 0;
    while (k < inner.len && strchr(" $\\", inner.ptr[k])) {
        k++;
    }
    bool number = pmpo_is_digit(at(inner, k)) || at(inner, k) == '.' ||
                  pmpo_same_at(inner, k, PMPO_STR("frac")) ||
                  pmpo_same_at(inner, k + 1, PMPO_STR("frac")); /* \dfrac */
    size_t end = i + BOX.len + inner.len;
    return number ? pmpo_str_sub(s, pmpo_minus_of_box(s, i + BOX.len), end)
                  : inner;
}

/* "If you turned left, the answer would be": of another question. */
static bool is_hypothetical(pmpo_str s, size_t i, size_t link)
{
    size_t begin = i;
    while (begin > 0 && !ends_sentence(s, begin - 1)) {
        begin--;
    }
    pmpo_str would = PMPO_STR("would be");
    return pmpo_word_at(s, pmpo_skip_markup(s, begin), PMPO_STR("if")) &&
           pmpo_str_find(pmpo_str_sub(s, i, link), would, 0) != SIZE_MAX;
}

/* Does an announcement begin at i? *said is the text that it announces. */
static bool announces(pmpo_str s, size_t i, pmpo_str *said)
{
    if (pmpo_same_at(s, i, BOX)) {
        *said = boxed(s, i);
        return true;
    }
    if (pmpo_same_at(s, i, PMPO_STR("####"))) {
        *said = pmpo_str_sub(s, i + 4, line_end(s, i));
        return true;
    }
    size_t n = herald_at(s, i), k = n ? link_at(s, i + n) : 0;
    if (k == 0 || is_empty_talk(s, k) || is_hypothetical(s, i, k)) {
        return false;
    }
    pmpo_str rest = pmpo_str_sub(s, k, line_end(s, k));
    *said = has_content(rest) ? rest : content_line(s, k);
    return said->len > 0;
}

/* ---- conclusions ----------------------------------------------------------------- */

/* Where code between fences begins before i, if i is in it; else i. */
static size_t before_code(pmpo_str s, size_t i)
{
    size_t open = SIZE_MAX;
    for (size_t k = 0; k + 3 <= i; k++) {
        if (pmpo_same_at(s, k, PMPO_STR("```"))) {
            open = open == SIZE_MAX ? k : SIZE_MAX;
            k += 2;
        }
    }
    return open == SIZE_MAX ? i : open;
}

static bool is_conclusion(pmpo_str sentence)
{
    static const char *const marks[] = {
        "so",      "therefore", "thus",       "hence",   "consequently",
        "finally", "overall",   "in total",   "must be", "in conclusion",
        "as a result", NULL,
    };
    return pmpo_find_any_word(sentence, 0, marks) < sentence.len;
}

/* What stands before a reason states it; where nothing does before a semicolon,
 * what stands behind it: "It's not 36; it's 18." */
static bool states(pmpo_str sentence, const pmpo_answer_kind *k, double *v)
{
    for (size_t i = 0; i < sentence.len; i++) {
        pmpo_str part = pmpo_str_sub(sentence, i, sentence.len);
        part = pmpo_before_reason(part);
        i += part.len;
        if (k->states(k->ud, part, v)) {
            return true;
        }
        if (at(sentence, i) != ';') {
            return false;
        }
    }
    return false;
}

/* It still calculates, and not to confirm what was said: "Check: 18 / 2 = 9." */
static bool calculates(pmpo_str sentence)
{
    static const char *const checks[] = {"check", "checking",     "verify",
                                         "(",     "verification", NULL};
    size_t begin = pmpo_skip_markup(sentence, 0);
    return pmpo_str_find(sentence, PMPO_STR("="), 0) != SIZE_MAX &&
           !pmpo_any_word_at(sentence, begin, checks);
}

/* From the last sentence backwards; `marked`: only those that say that they
 * conclude, only of the last paragraph, and none before another one that
 * calculates ("So 9 are left. She makes 9 * 2 = $18."). */
static bool last_statement(pmpo_str s, bool marked, const pmpo_answer_kind *k,
                           double *v)
{
    pmpo_str sentence;
    for (size_t end = s.len; sentence_before(s, &end, &sentence);) {
        size_t code = before_code(s, end);
        if (code < end) {
            end = code;
            continue;
        }
        bool concluding = is_conclusion(sentence);
        if (marked && !concluding && calculates(sentence)) {
            return false;
        }
        if ((!marked || concluding) && states(sentence, k, v)) {
            return true;
        }
        if (marked && end > 1 && s.ptr[end - 1] == '\n' &&
            s.ptr[end - 2] == '\n') {
            return false;
        }
    }
    return false;
}

/* A line of a list: "* 3 cats". */
static bool is_item(pmpo_str line)
{
    static const char *const marks[] = {"* ", "- ", "+ ", "\xe2\x80\xa2", NULL};
    return length_at(line, 0, marks) > 0;
}

/* The list at the end of s with the line before it, which ends in a colon;
 * empty: s ends otherwise. */
static pmpo_str last_list(pmpo_str s)
{
    size_t begin = s.len, items = 0;
    while (begin > 0) {
        size_t end = begin;
        while (begin > 0 && s.ptr[begin - 1] != '\n') {
            begin--;
        }
        pmpo_str line = pmpo_str_trim(pmpo_str_sub(s, begin, end));
        if (line.len > 0 && !is_item(line)) {
            size_t colon = line.len;
            while (colon > 0 && strchr("*_ ", line.ptr[colon - 1])) {
                colon--;
            }
            bool leads = items > 0 && colon > 0 && line.ptr[colon - 1] == ':';
            return pmpo_str_sub(s, leads ? begin : s.len, s.len);
        }
        items += line.len > 0;
        begin -= begin > 0;
    }
    return PMPO_STR("");
}

static bool concludes(pmpo_str s, const pmpo_answer_kind *k, double *v)
{
    return (k->lists && k->lists(k->ud, last_list(s), v)) ||
           last_statement(s, true, k, v) || last_statement(s, false, k, v);
}

/* ---- what announcements give ------------------------------------------------------- */

/* Worked steps: "First, 5 + 3 = 8. Then, 8 * 2 = 16." */
static bool has_steps(pmpo_str s)
{
    static const char *const marks[] = {"=",    "first", "next", "then",
                                        "step", "\n2.",  NULL};
    return is_conclusion(s) || pmpo_find_any_word(s, 0, marks) < s.len;
}

/* What stands before s[said] is the heading of a line at i: "**Answer:**". */
static bool is_heading(pmpo_str s, size_t i, size_t said)
{
    while (said > i &&
           (pmpo_is_space(s.ptr[said - 1]) || strchr("*_", s.ptr[said - 1]))) {
        said--;
    }
    return said > i && s.ptr[said - 1] == ':' && begins_line(s, i);
}

static bool has_word(pmpo_str s)
{
    size_t i = 0;
    while (i < s.len && !pmpo_is_word_at(s, i)) {
        i++;
    }
    return i < s.len;
}

/* What the announcement at i states: its first sentence, or, behind the heading
 * of a line, the conclusion of the steps that follow up to s[end]. */
static bool says(pmpo_str s, size_t i, pmpo_str said, size_t end, bool complete,
                 const pmpo_answer_kind *k, double *v)
{
    pmpo_str first = first_sentence(said);
    size_t begin = (size_t)(said.ptr - s.ptr);
    pmpo_str rest = pmpo_str_sub(s, begin + first.len, end);
    pmpo_str all = pmpo_str_sub(s, begin, end);
    if (has_word(rest) && has_steps(all) && is_heading(s, i, begin)) {
        return complete && concludes(all, k, v);
    }
    return k->states(k->ud, first, v);
}

/* `complete`: s is no part of a reply that was cut off. */
static bool announced(pmpo_str s, bool complete, const pmpo_answer_kind *k,
                      double *v)
{
    for (size_t i = s.len, end = s.len; i-- > 0;) {
        pmpo_str said;
        if (!announces(s, i, &said)) {
            continue;
        }
        bool heading = s.ptr[i] == '#'; /* "#### Step 2" is one, perhaps */
        if (k->begins(k->ud, said, v) ||
            (!heading && says(s, i, said, end, complete, k, v))) {
            return true;
        }
        end = i;
    }
    return false;
}

/* ---- first lines ----------------------------------------------------------------- */

static bool opens(pmpo_str s, const pmpo_answer_kind *k, double *v)
{
    pmpo_str line = content_line(s, 0), next = PMPO_STR("");
    if (line.len > 0) {
        next = content_line(s, (size_t)(line.ptr - s.ptr) + line.len);
    }
    return k->opens(k->ud, pmpo_str_trim(line), pmpo_str_trim(next), v);
}

/* ---- replies ---------------------------------------------------------------------- */

static bool begins_sentence(pmpo_str s, size_t i)
{
    while (i > 0 && strchr(" *_", s.ptr[i - 1])) {
        i--;
    }
    return i == 0 || ends_sentence(s, i - 1);
}

/* An explanation begins at i. One that only goes on with the reply ("Let's
 * break it down") counts where the reply has no end to look at. */
static bool explains(pmpo_str s, size_t i, bool complete)
{
    static const char *const headings[] = {"explanation", "justification",
                                           "here's why", NULL};
    static const char *const steps[] = {"let's break", "let us break",
                                        "let's evaluate", "here's how",
                                        "this is because", NULL};
    size_t n = pmpo_any_word_at(s, i, headings);
    return (n > 0 && (at(s, i + n) == ':' || begins_line(s, i))) ||
           (!complete && pmpo_any_word_at(s, i, steps) &&
            begins_sentence(s, i));
}

/* What stands before the explanation of an answer that was given; all of the
 * reply where it gives none first. */
static pmpo_str before_explanation(pmpo_str s, bool complete)
{
    for (size_t i = 0; i < s.len; i++) {
        if (explains(s, i, complete) && has_content(pmpo_str_sub(s, 0, i))) {
            return pmpo_str_sub(s, 0, i);
        }
    }
    return s;
}

static pmpo_str without_last_word(pmpo_str s)
{
    size_t end = s.len;
    while (end > 0 && !pmpo_is_space(s.ptr[end - 1])) {
        end--;
    }
    return pmpo_str_sub(s, 0, end);
}

bool pmpo_reply_read(pmpo_str reply, bool complete, const pmpo_answer_kind *k,
                     double *v)
{
    bool ended;
    reply = pmpo_after_thinking(reply, &ended);
    pmpo_str s = complete ? reply : without_last_word(reply);
    if (!ended || pmpo_str_trim(s).len == 0) {
        return false; /* a model that has only thought has not answered */
    }
    pmpo_str head = before_explanation(s, complete);
    bool split = head.len < s.len;
    if (announced(head, complete || split, k, v) || opens(head, k, v)) {
        return true;
    }
    return (split && (announced(s, complete, k, v) || concludes(head, k, v))) ||
           (complete && concludes(s, k, v));
}
