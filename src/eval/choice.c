/* choice.c: finds the option that a reply gives, by its letter or its text. */
#include "base/bounds.h"
#include "data/data.h"
#include "eval/match.h"
#include "eval/number.h"
#include "eval/reply.h"

static char at(pmpo_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool is_digit_at(pmpo_str s, size_t i)
{
    return i < s.len && pmpo_is_digit(s.ptr[i]);
}

/* ---- options by their texts --------------------------------------------------------- */

/* The digits at i go on with what is before them: "-5", ".5", "2/5". */
static bool is_cut_number(pmpo_str s, size_t i)
{
    char before = i > 0 ? s.ptr[i - 1] : '\0';
    char first = i > 1 ? s.ptr[i - 2] : '\0';
    if (!is_digit_at(s, i) || before == '\0') {
        return false;
    }
    bool point = before == '.' && first != '.' && !pmpo_is_letter(first);
    return point || pmpo_minus_before(s, i) > 0 ||
           pmpo_minus_of_box(s, i) < i ||
           (pmpo_is_digit(first) && strchr(",/:", before));
}

/* The length of the text at i, "-" or U+2212 being one and a box after it
 * nothing; 0: it isn't there. */
static size_t length_at(pmpo_str s, size_t i, pmpo_str text)
{
    static const char *const box[] = {"\\boxed{", NULL};
    size_t n = pmpo_minus_at(s, i), m = pmpo_minus_at(text, 0);
    if (n == 0 || m == 0 || text.len == m) {
        return pmpo_word_at(s, i, text) && !is_cut_number(s, i) ? text.len : 0;
    }
    size_t k = i + n;
    k += pmpo_any_word_at(s, k, box);
    text = pmpo_str_sub(text, m, text.len);
    return pmpo_word_at(s, k, text) ? k - i + text.len : 0;
}

/* The index of the longest of the texts that are at i; SIZE_MAX: none. */
static size_t text_at(pmpo_str s, size_t i, const pmpo_str *texts, size_t n,
                      size_t *end)
{
    size_t best = SIZE_MAX, longest = 0;
    for (size_t k = 0; k < n; k++) {
        pmpo_str text = pmpo_unwrap(texts[k]);
        if (pmpo_is_wrapping(text)) {
            continue; /* in a longer reply it is markup */
        }
        size_t len = length_at(s, i, text);
        bool point = is_digit_at(s, i + len + 1) &&
                     strchr(".,/:", at(s, i + len));
        if (len > longest && !point) {
            best = k;
            longest = len;
        }
    }
    *end = i + longest;
    return best;
}

/* ---- letters ------------------------------------------------------------------------- */

static char letter_in(char c, size_t n_options)
{
    bool some = n_options > 0 && n_options < PMPO_LETTERS;
    char low = pmpo_lower(c);
    char top = (char)('a' + (some ? n_options : PMPO_LETTERS) - 1);
    return low >= 'a' && low <= top ? (char)(low - 'a' + 'A') : '\0';
}

/* An apostrophe at i with more of the word behind it: "A's". */
static bool goes_on(pmpo_str s, size_t i)
{
    pmpo_str curly = PMPO_STR("\xe2\x80\x99");
    size_t n = at(s, i) == '\''                                    ? 1
               : pmpo_str_starts(pmpo_str_sub(s, i, s.len), curly) ? curly.len
                                                                   : 0;
    return n > 0 && pmpo_is_word_at(s, i + n);
}

/* A word of the list ends before i and the markup there. */
static bool follows_word(pmpo_str s, size_t i, const char *const *words)
{
    i = pmpo_before_markup(s, i);
    pmpo_str word = pmpo_word_before(s, i);
    return word.len > 0 && pmpo_any_word_at(word, 0, words) == word.len;
}

/* "A" and "I" at i are words, where another word follows, unless "option" is
 * before or what follows is said of a letter. */
static bool is_article(pmpo_str s, size_t i)
{
    static const char *const before[] = {"option",   "choice", "statement",
                                         "sentence", "letter", NULL};
    static const char *const after[] = {
        "is",      "isn't", "or",   "and",     "since", "as",
        "with",    "which", "was",  "because", "has",   "seems",
        "appears", "would", "must", "fits",    NULL,
    };
    static const char *const after_i[] = {"is", "isn't", "or", NULL};
    return (s.ptr[i] == 'A' || s.ptr[i] == 'I') && at(s, i + 1) == ' ' &&
           pmpo_is_word_byte(at(s, i + 2)) && !follows_word(s, i, before) &&
           !pmpo_any_word_at(s, i + 2, s.ptr[i] == 'A' ? after : after_i);
}

/* In parentheses at i: "(B)", but no "(s)" of "option(s)" or "the speed (s)":
 * a small one begins a clause, ends a sentence or is called an option. */
static bool is_apart(pmpo_str s, size_t i)
{
    static const char *const before[] = {
        "option", "choice", "statement", "sentence", "letter", "answer",
        "is",     "be",     "are",       "to",       "choose", "select",
        "pick",   "say",    "so",        "or",       "and",    NULL,
    };
    bool word = pmpo_is_word_before(s, i);
    bool called = follows_word(s, i, before);
    if (s.ptr[i + 1] >= 'A' && s.ptr[i + 1] <= 'Z') {
        return !word || called;
    }
    size_t k = pmpo_before_markup(s, i);
    bool last = i + 3 >= s.len || strchr(".!?*", s.ptr[i + 3]);
    return !word &&
           (called || last || k == 0 || strchr(".,;!?])}", s.ptr[k - 1]) ||
            memchr(s.ptr + k, ':', i - k) || memchr(s.ptr + k, '\n', i - k));
}

/* A letter that stands for an option at i: "(B)", "$B$", "B)", "B.", "B:",
 * "**B**", or "B" alone; a bare one must be upper case and no word's part. */
static char letter_at(pmpo_str s, size_t i, size_t n_options)
{
    bool paren = at(s, i) && strchr("([{$", at(s, i));
    size_t k = i + paren;
    char c = letter_in(at(s, k), n_options), after = at(s, k + 1);
    bool inside = !paren && i > 0 && s.ptr[i - 1] == '(' && after == ')';
    if (!c || inside || pmpo_is_word_at(s, k + 1) || goes_on(s, k + 1) ||
        (!paren && pmpo_is_word_before(s, i))) {
        return '\0';
    }
    if (paren) {
        bool closed = after && strchr(")]}$", after);
        return closed && (s.ptr[i] != '(' || is_apart(s, i)) ? c : '\0';
    }
    if (at(s, k) >= 'a' && at(s, k) <= 'z') {
        return after == ')' || after == '\0' ? c : '\0';
    }
    return is_article(s, k) ? '\0' : c;
}

/* Behind "(B)", "B.", "**B**" at i and the white space after it. */
static size_t behind_letter(pmpo_str s, size_t i)
{
    i += strchr("([{$", s.ptr[i]) != NULL;
    i++;
    while (i < s.len && strchr(")]}$.:", s.ptr[i])) {
        i++;
    }
    return pmpo_skip_markup(s, i);
}

/* The same, and behind the option's own text, if that follows. */
static size_t behind_option(pmpo_str s, size_t i, char c,
                            const pmpo_answers_known *k)
{
    size_t end, after = behind_letter(s, i);
    size_t text = k->texts ? text_at(s, after, k->texts, k->n, &end) : SIZE_MAX;
    return text == (size_t)(c - 'A') ? pmpo_skip_markup(s, end) : after;
}

/* "is wrong", "isn't" at i: the option before it is talked of, not given. */
static bool is_dismissal(pmpo_str s, size_t i)
{
    static const char *const verbs[] = {"is", "are", "was", "would be",
                                        "must be", NULL};
    static const char *const words[] = {
        "incorrect", "wrong", "false", "not", "impossible", "excluded",
        "cannot", "can't", "isn't", "never", "too", NULL,
    };
    return pmpo_any_word_at(s, pmpo_skip_words(s, i, verbs), words) > 0;
}

static bool is_meant(pmpo_str s, size_t i, char c, const pmpo_answers_known *k)
{
    return !pmpo_is_denied(s, i) && !is_dismissal(s, behind_letter(s, i)) &&
           !is_dismissal(s, behind_option(s, i, c, k));
}

/* Behind what joins the letter that ends at i to another one, " or ", ", "; i:
 * nothing does. */
static size_t behind_join(pmpo_str s, size_t i)
{
    static const char *const more[] = {"and", "or", "and/or", ",", "/", NULL};
    static const char *const both[] = {"either", "both", "option", "also",
                                       NULL};
    size_t k = pmpo_skip_words(s, i, more);
    return pmpo_any_word_at(s, i, more) ? pmpo_skip_words(s, k, both) : i;
}

/* The place of another letter that the one at i, c, is given together with, "B
 * or C", "(A) the owl, (B) the robin", not "B, A comes second"; SIZE_MAX: it is
 * given alone. */
static size_t partner_of(pmpo_str s, size_t i, char c,
                         const pmpo_answers_known *k)
{
    size_t end = behind_option(s, i, c, k), next = behind_join(s, end);
    char d = next > end ? letter_at(s, next, k->n) : '\0';
    if (!d || d == c || !is_meant(s, next, d, k)) {
        return SIZE_MAX;
    }
    size_t last = behind_option(s, next, d, k);
    bool word = last < s.len && pmpo_is_word_byte(s.ptr[last]);
    return at(s, end) != ',' || !word || behind_join(s, last) > last ? next
                                                                     : SIZE_MAX;
}

static const char *const letter_fillers[] = {
    "is", "be", "option", "choice", "the", "letter", "statement", "sentence",
    "that", "therefore", ",", NULL,
};

/* What is announced: its first letter, or the option whose text it begins
 * with or holds. */
static bool begins_letter(const void *ud, pmpo_str s, double *v)
{
    const pmpo_answers_known *k = ud;
    size_t end, i = pmpo_skip_words(s, 0, letter_fillers);
    char c = letter_at(s, i, k->n);
    if (!c && at(s, i + 1) == '.' && i + 2 == s.len) {
        c = letter_in(s.ptr[i], k->n); /* "a." */
    }
    if (c && partner_of(s, i, c, k) != SIZE_MAX) {
        return false;
    }
    size_t text = k->texts ? text_at(s, i, k->texts, k->n, &end) : SIZE_MAX;
    bool letter = c && is_meant(s, i, c, k);
    *v = letter ? c : text != SIZE_MAX ? 'A' + (double)text : 0;
    return *v != 0;
}

/* The letter at i is a variable of a formula: "A = 5", "A + B". */
static bool is_variable(pmpo_str s, size_t i)
{
    char after = at(s, behind_letter(s, i));
    return after && strchr("=+/<^", after);
}

/* A bare letter at i of a sentence is an option and no variable: it is called
 * so, ends the sentence or is said to be right. */
static bool is_called_option(pmpo_str s, size_t i)
{
    static const char *const before[] = {
        "option", "choice", "statement", "sentence", "letter", "answer", "is",
        "be", "choose", "select", "pick", "say", NULL,
    };
    static const char *const after[] = {"is right", "is correct", "is the",
                                        "is true", NULL};
    static const char *const names[] = {"where", "let", NULL};
    size_t word = pmpo_before_markup(s, i), end = behind_letter(s, i);
    bool formula = s.ptr[i] == '$' || (i > 0 && s.ptr[i - 1] == '$');
    if (formula || is_variable(s, i) || follows_word(s, i, names)) {
        return false;
    }
    size_t begin = word;
    while (begin > 0 && pmpo_is_word_byte(s.ptr[begin - 1])) {
        begin--;
    }
    size_t n = pmpo_any_word_at(s, begin, before);
    return (n > 0 && begin + n == word) || end >= s.len ||
           pmpo_any_word_at(s, end, after) > 0;
}

/* The last letter that means an option; one in parentheses has precedence.
 * *several: letters that are given together, which are no answer. */
static char last_letter(pmpo_str s, const pmpo_answers_known *k, bool parens,
                        bool *several)
{
    char found = '\0';
    for (size_t i = 0, partner = SIZE_MAX; i < s.len; i++) {
        char c = letter_at(s, i, k->n);
        if (!c) {
            continue;
        }
        size_t next = partner_of(s, i, c, k);
        bool alone = next == SIZE_MAX && partner != i;
        bool taken = s.ptr[i] == '(' || (!parens && is_called_option(s, i));
        if (taken && is_meant(s, i, c, k)) {
            found = alone ? c : found;
            *several |= !alone;
        }
        partner = next != SIZE_MAX ? next : partner;
    }
    return found;
}

/* The index of the option whose text is last in s; SIZE_MAX: none. */
static size_t last_text(pmpo_str s, const pmpo_str *texts, size_t n)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < s.len;) {
        size_t end, k = text_at(s, i, texts, n, &end);
        if (k != SIZE_MAX && !pmpo_is_denied(s, i) && !is_dismissal(s, end)) {
            found = k;
        }
        i = end > i ? end : i + 1;
    }
    return found;
}

/* The index of the only option with the number that s states; SIZE_MAX:
 * none. */
static size_t numbered(pmpo_str s, const pmpo_answers_known *k)
{
    size_t found = SIZE_MAX;
    double want, v;
    if (!pmpo_states_number(s, &want)) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < k->n; i++) {
        if (pmpo_states_number(k->texts[i], &v) && pmpo_near(v, want, 1)) {
            if (found != SIZE_MAX) {
                return SIZE_MAX;
            }
            found = i;
        }
    }
    return found;
}

static bool states_letter(const void *ud, pmpo_str s, double *v)
{
    const pmpo_answers_known *k = ud;
    bool several = false;
    char c = last_letter(s, k, true, &several);
    c = c || several ? c : last_letter(s, k, false, &several);
    size_t text = SIZE_MAX;
    if (!c && !several && k->texts) {
        text = last_text(s, k->texts, k->n);
        text = text == SIZE_MAX ? numbered(s, k) : text;
    }
    *v = c ? c : text != SIZE_MAX ? 'A' + (double)text : 0;
    return *v != 0;
}

/* The next letter in parentheses begins a clause of the line, too, before any
 * reason: "(A) says 5. (B) says 6." */
static bool names_next(pmpo_str line, size_t i, char c,
                       const pmpo_answers_known *k)
{
    line = pmpo_before_reason(line);
    for (i++; i < line.len; i++) {
        size_t before = pmpo_before_markup(line, i);
        if (line.ptr[i] == '(' && letter_at(line, i, k->n) == c + 1 &&
            before > 0 && strchr(".,;!?", line.ptr[before - 1]) &&
            is_meant(line, i, (char)(c + 1), k)) {
            return true;
        }
    }
    return false;
}

/* "(A) is ...", "A = ...", "A, B and C ...", "(A) the owl is wrong", or the
 * first of all options repeated: no answer yet. */
static bool only_names(pmpo_str line, size_t i, char c, pmpo_str next,
                       const pmpo_answers_known *k)
{
    static const char *const verbs[] = {
        "is",  "isn't", "are",  "was",    "and", "or",   "cannot", "can",
        "can't", "says", "states", "means", "would", "does", NULL,
    };
    size_t begin = pmpo_skip_markup(next, 0), after = behind_letter(line, i);
    bool list = at(line, after) == ',' &&
                letter_at(line, pmpo_skip_markup(line, after + 1), k->n);
    return list || is_variable(line, i) ||
           pmpo_any_word_at(line, after, verbs) ||
           partner_of(line, i, c, k) != SIZE_MAX || !is_meant(line, i, c, k) ||
           names_next(line, i, c, k) || letter_at(next, begin, k->n) == c + 1;
}

/* "(B)", "B. the doctor", the text of an option: the reply opens with it. */
static bool opens_letter(const void *ud, pmpo_str line, pmpo_str next,
                         double *v)
{
    const pmpo_answers_known *k = ud;
    size_t end, i = pmpo_skip_words(line, 0, letter_fillers);
    char c = letter_at(line, i, k->n);
    if (!c && line.len <= 2 && !pmpo_is_word_byte(at(line, 1))) {
        c = letter_in(at(line, 0), k->n); /* "b", "b." */
    }
    if (c) {
        *v = c;
        return !only_names(line, i, c, next, k);
    }
    size_t text = k->texts ? text_at(line, i, k->texts, k->n, &end) : SIZE_MAX;
    *v = text == SIZE_MAX ? 0 : 'A' + (double)text;
    return text != SIZE_MAX && pmpo_unwrap(pmpo_str_sub(line, end, line.len))
                                       .len == 0;
}

char pmpo_read_letter(pmpo_str reply, bool complete,
                      const pmpo_answers_known *k)
{
    const pmpo_answer_kind kind = {begins_letter, states_letter, opens_letter,
                                   NULL, k};
    double v;
    return pmpo_reply_read(reply, complete, &kind, &v) ? (char)v : '\0';
}

char pmpo_answer_letter(pmpo_str answer, size_t n_options)
{
    const pmpo_answers_known k = {NULL, NULL, n_options};
    answer = pmpo_unwrap(answer);
    if (answer.len == 1) {
        return letter_in(answer.ptr[0], n_options);
    }
    return pmpo_read_letter(answer, true, &k);
}

/* ---- options as texts ------------------------------------------------------------------ */

static size_t option_at(const pmpo_answers_known *k, pmpo_str s, size_t i,
                        size_t *end)
{
    return text_at(s, i, k->options, k->n, end);
}

/* The option that ends at `end` is what a clause comes to: "... is False.",
 * not "False or ...". */
static bool is_last_word(pmpo_str s, size_t end)
{
    static const char *const after[] = {
        "is the answer", "is the correct", "since",        "because", "as",
        "rather than",   "\xe2\x80\x93",   "\xe2\x80\x94", "to me",   NULL,
    };
    bool space = end < s.len && pmpo_is_space(s.ptr[end]);
    size_t k = pmpo_skip_markup(s, end);
    if (k >= s.len || strchr(".,;!:()}]-\\$", s.ptr[k])) {
        return true;
    }
    return pmpo_any_word_at(s, k, after) > 0 || (!space && k > end);
}

/* "is", "are" and so on end at i; *begin is where, or i. */
static bool follows_being(pmpo_str s, size_t i, size_t *begin)
{
    static const char *const verbs[] = {"is", "are", "was", "were", "s", NULL};
    size_t k = i;
    while (k > 0 && pmpo_is_letter(s.ptr[k - 1])) {
        k--;
    }
    *begin = k;
    pmpo_str word = pmpo_str_sub(s, k, i); /* also that of "isn't" */
    return k < i && pmpo_any_word_at(word, 0, verbs) == word.len;
}

/* The denial at d is one of what is, "is not", "isn't", "cannot be", "does not
 * seem", or begins a clause; not that of "True and not False". i: what is
 * denied. */
static bool is_of_being(pmpo_str s, size_t d, size_t i)
{
    static const char *const be[] = {"be", "seem", "appear", NULL};
    size_t begin, end = pmpo_before_adverbs(s, d);
    bool expression = memchr(s.ptr, '(', i) != NULL; /* "not ( True )" */
    return follows_being(s, end, &begin) || (begin == end && !expression) ||
           pmpo_find_any_word(pmpo_str_sub(s, d, i), 0, be) < i - d;
}

/* "is not very valid", "cannot be valid", "Not valid": with two options, the
 * other one. */
static bool is_reversed(const pmpo_answers_known *k, pmpo_str s, size_t i)
{
    static const char *const others[] = {"neither",    "nor",    "than",
                                         "instead of", "unlike", NULL};
    size_t d = k->n == 2 ? pmpo_denial_before(s, i) : SIZE_MAX;
    return d != SIZE_MAX && !pmpo_any_word_at(s, d, others) &&
           is_of_being(s, d, i);
}

#define MOST_OF_CLAUSE 300 /* bytes that are looked at, of endless ones too */

/* What stands before i in its clause. */
static pmpo_str clause_before(pmpo_str s, size_t i)
{
    static const char *const ends[] = {",",  ";",    ":",       ".",   "!",
                                       "?",  "\n",   "so",      "but", "and",
                                       "as", "then", "because", NULL};
    size_t begin = i;
    while (begin > 0 && i - begin < MOST_OF_CLAUSE &&
           !pmpo_any_word_at(s, begin - 1, ends)) {
        begin--;
    }
    return pmpo_str_sub(s, begin, i);
}

/* "I don't think that ...", "It is not the case that ...", "far from ...": what
 * governs a clause and denies what it says. */
static bool denies(pmpo_str clause)
{
    static const char *const denials[] = {"far from", "wrong to",
                                          "incorrect to", NULL};
    static const char *const verbs[] = {
        "think",    "believe", "say",  "said", "claim",
        "conclude", "call",    "case", NULL,
    };
    if (pmpo_find_any_word(clause, 0, denials) < clause.len) {
        return true;
    }
    for (size_t i = 0; i < clause.len; i++) {
        if (pmpo_any_word_at(clause, i, verbs) && pmpo_is_denied(clause, i)) {
            return true;
        }
    }
    return false;
}

/* The option that s means by option `found` at i: with two of them, where it is
 * denied, the other one; SIZE_MAX: none. */
static size_t meant_at(const pmpo_answers_known *k, pmpo_str s, size_t i,
                       size_t found)
{
    static const char *const ifs[] = {"if", "whether", NULL};
    pmpo_str clause = clause_before(s, i);
    bool denied = denies(clause), reversed = is_reversed(k, s, i);
    if (pmpo_find_any_word(clause, 0, ifs) < clause.len ||
        (denied && k->n != 2) || (!reversed && pmpo_is_denied(s, i))) {
        return SIZE_MAX;
    }
    return denied != reversed ? 1 - found : found;
}

/* The option that begins at i, or with "not" before it at i the other one. */
static size_t option_from(const pmpo_answers_known *k, pmpo_str s, size_t i,
                          size_t *end)
{
    size_t found = option_at(k, s, i, end), j = i;
    if (found != SIZE_MAX || k->n != 2) {
        return found;
    }
    while (j < s.len && (found = option_at(k, s, j, end)) == SIZE_MAX) {
        j++;
    }
    size_t d = pmpo_denial_before(s, j);
    bool first = d != SIZE_MAX && pmpo_before_adverbs(s, d) <= i;
    return found < 2 && first && is_reversed(k, s, j) ? 1 - found : SIZE_MAX;
}

static bool begins_option(const void *ud, pmpo_str s, double *v)
{
    static const char *const fillers[] = {
        "is", "be", "the", "option", "therefore", "that", ",", "likely",
        "definitely", "(", "[", "$", NULL,
    };
    static const char *const more[] = {"and", "or", "xor", "/", NULL};
    size_t end, i = pmpo_skip_words(s, 0, fillers);
    size_t k = option_from(ud, s, i, &end);
    if (k == SIZE_MAX) { /* one that begins as a filler does */
        i = pmpo_skip_markup(s, 0);
        k = option_at(ud, s, i, &end);
    }
    *v = (double)k;
    return k != SIZE_MAX &&
           !pmpo_any_word_at(s, pmpo_skip_markup(s, end), more);
}

/* "... or False": part of an expression, not its value. */
static bool is_joined(pmpo_str s, size_t i)
{
    static const char *const words[] = {"and", "or", "xor", NULL};
    i = pmpo_before_markup(s, i);
    for (int k = 0; words[k]; k++) {
        size_t n = strlen(words[k]);
        if (i >= n && pmpo_word_at(s, i - n, pmpo_str_of(words[k]))) {
            return true;
        }
    }
    return false;
}

/* What has or expresses something ends before i: "has a positive tone". */
static bool follows_having(pmpo_str s, size_t i)
{
    static const char *const verbs[] = {
        "has",     "expresses", "conveys",  "shows",    "seems",
        "appears", "carries",   "reflects", "contains", NULL,
    };
    return follows_word(s, i, verbs);
}

/* A noun for what is labelled is at i, and nothing of a longer name. */
static bool is_labelled(pmpo_str s, size_t i)
{
    static const char *const nouns[] = {
        "sentiment", "tone",     "review",   "opinion", "feeling",
        "emotion",   "attitude", "argument", "label",   NULL,
    };
    i = pmpo_skip_markup(s, i);
    size_t end = i + pmpo_any_word_at(s, i, nouns);
    return end > i && (end >= s.len || strchr(".,;:!?*)", s.ptr[end]) ||
                       pmpo_is_space(s.ptr[end]));
}

/* "It is a very negative review", "isn't a positive one", "has a positive
 * tone", "expresses positive sentiment": an option that something is said to
 * be, or not; it ends at `after`. */
static bool is_attribute(pmpo_str s, size_t i, size_t after, bool reversed)
{
    static const char *const articles[] = {"a", "an", NULL};
    size_t begin, end = pmpo_before_adverbs(s, i);
    pmpo_str between = pmpo_str_sub(s, end, i);
    bool article = pmpo_find_any_word(between, 0, articles) < between.len;
    return (article && (reversed || follows_being(s, end, &begin))) ||
           ((article || is_labelled(s, after)) && follows_having(s, end));
}

/* The option that ends a clause of s, the last of them; or that something is
 * said to be, where no other one is named. */
static bool states_option(const void *ud, pmpo_str s, double *v)
{
    const pmpo_answers_known *known = ud;
    size_t said = SIZE_MAX, named = SIZE_MAX, is = SIZE_MAX;
    bool one = true;
    for (size_t i = 0, end; i < s.len; i = end > i ? end : i + 1) {
        size_t k = option_at(known, s, i, &end);
        if (k == SIZE_MAX) {
            continue;
        }
        size_t meant = meant_at(known, s, i, k);
        one = one && (named == SIZE_MAX || named == k);
        named = k;
        if (meant == SIZE_MAX) {
            continue;
        }
        said = is_last_word(s, end) && !is_joined(s, i) ? meant : said;
        is = is_attribute(s, i, end, meant != k) ? meant : is;
    }
    said = said == SIZE_MAX && one ? is : said;
    *v = (double)said;
    return said != SIZE_MAX;
}

/* "Positive sentiment" is all of a line, of which an option ends at i. */
static bool is_label(pmpo_str line, size_t i)
{
    size_t k = pmpo_skip_markup(line, i);
    while (k < line.len && pmpo_is_letter(line.ptr[k])) {
        k++;
    }
    return is_labelled(line, i) &&
           pmpo_is_wrapping(pmpo_str_sub(line, k, line.len));
}

static bool opens_option(const void *ud, pmpo_str line, pmpo_str next,
                         double *v)
{
    (void)next;
    size_t end, i = pmpo_skip_markup(line, 0);
    size_t k = option_from(ud, line, i, &end);
    *v = (double)k;
    return k != SIZE_MAX && (is_last_word(line, end) || is_label(line, end));
}

size_t pmpo_read_option(pmpo_str reply, bool complete,
                        const pmpo_answers_known *k)
{
    const pmpo_answer_kind kind = {begins_option, states_option, opens_option,
                                   NULL, k};
    double v;
    for (size_t i = 0; i < k->n; i++) {
        if (pmpo_str_eq(pmpo_str_trim(reply), pmpo_str_trim(k->options[i]))) {
            return i;
        }
    }
    return pmpo_reply_read(reply, complete, &kind, &v) ? (size_t)v : SIZE_MAX;
}

/* ---- the options of an example ------------------------------------------------------- */

/* The text of the option `mark` ("(A)") in a block of lines "(A) text". */
static pmpo_str text_of(pmpo_str input, char letter)
{
    pmpo_str found = PMPO_STR("");
    for (size_t i = 0; i < input.len;) {
        size_t end = pmpo_str_find(input, PMPO_STR("\n"), i);
        end = end == SIZE_MAX ? input.len : end;
        pmpo_str line = pmpo_str_trim(pmpo_str_sub(input, i, end));
        size_t paren = at(line, 0) == '(';
        if (at(line, paren) == letter && at(line, paren + 1) &&
            strchr(").:", at(line, paren + 1))) {
            found = pmpo_str_trim(pmpo_str_sub(line, paren + 2, line.len));
        }
        i = end + 1;
    }
    return found;
}

/* Option i is the letter of that place. */
static bool is_lettered(pmpo_str option, size_t i)
{
    pmpo_str s = pmpo_str_trim(option);
    size_t paren = at(s, 0) == '(';
    return at(s, paren) == (char)('A' + i) &&
           s.len == 1 + paren + (at(s, paren + 1) == ')');
}

pmpo_answers_known pmpo_answers_of(const pmpo_example *e,
                                   pmpo_str room[PMPO_LETTERS])
{
    size_t n = e->n_options;
    pmpo_str input = pmpo_example_input(e);
    bool lettered = n <= PMPO_LETTERS;
    for (size_t i = 0; lettered && i < n; i++) {
        lettered = is_lettered(e->options[i], i);
        room[i] = text_of(input, (char)('A' + i));
    }
    return (pmpo_answers_known){e->options, lettered ? room : e->options, n};
}
