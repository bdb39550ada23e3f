/* terms.c: see terms.h. */
#include "text/terms.h"

#include "base/error.h"
#include "base/hash.h"

#define KEY_POINTS 5 /* code points of a word that count */

/* Letters of ASCII and digits; from 0x80 up all but the general and the CJK
 * punctuation (U+2000 to U+207F, U+3000 to U+303F), told by two bytes. */
static bool in_word(pmpo_str s, size_t at)
{
    char c = s.ptr[at];
    if ((unsigned char)c < 0x80) {
        return pmpo_is_digit(c) || pmpo_is_letter(c);
    }
    size_t lead = at;
    while (lead > 0 && ((unsigned char)s.ptr[lead] & 0xc0) == 0x80) {
        lead--;
    }
    pmpo_str rest = pmpo_str_sub(s, lead, s.len);
    return !pmpo_str_starts(rest, PMPO_STR("\xe2\x80"))
           && !pmpo_str_starts(rest, PMPO_STR("\xe2\x81"))
           && !pmpo_str_starts(rest, PMPO_STR("\xe3\x80"));
}

/* May be once between two characters of a word: a's, re-read, 1,234.5. */
static bool joins(char c)
{
    return c == '\'' || c == '-' || c == ',' || c == '.';
}

/* Han and Kana have no spaces: each character counts as a word. */
static bool stands_alone(pmpo_str s, size_t at)
{
    unsigned char c = (unsigned char)s.ptr[at];
    return c >= 0xe3 && c <= 0xe9 && at + 3 <= s.len;
}

static size_t word_end(pmpo_str s, size_t at)
{
    if (stands_alone(s, at)) {
        return at + 3;
    }
    bool number = pmpo_is_digit(s.ptr[at]);
    for (;; at++) {
        while (at < s.len && in_word(s, at) && !stands_alone(s, at)) {
            at++;
        }
        if (at + 1 >= s.len || !joins(s.ptr[at]) || !in_word(s, at + 1)) {
            return at;
        }
        bool point = s.ptr[at] == ',' || s.ptr[at] == '.';
        if (point && !(number && pmpo_is_digit(s.ptr[at + 1]))) {
            return at;
        }
    }
}

/* 1,234 is 1234. */
static uint64_t number_key(pmpo_str word)
{
    char digits[40];
    size_t n = 0;
    for (size_t i = 0; i < word.len && n < sizeof(digits); i++) {
        if (word.ptr[i] != ',') {
            digits[n++] = word.ptr[i];
        }
    }
    return pmpo_hash64(digits, n, 1);
}

uint64_t pmpo_term_key(pmpo_str word)
{
    if (word.len > 0 && pmpo_is_digit(word.ptr[0])) {
        return number_key(word);
    }
    char low[4 * KEY_POINTS];
    size_t n = 0, points = 0;
    for (size_t i = 0; i < word.len && word.ptr[i] != '\''; i++) {
        char c = word.ptr[i];
        points += ((unsigned char)c & 0xc0) != 0x80;
        if (points > KEY_POINTS || n == sizeof(low)) {
            break;
        }
        low[n++] = pmpo_lower(c);
    }
    if (n > 3 && low[n - 1] == 's' && low[n - 2] != 's') {
        n--; /* a plural is the same word */
    }
    return pmpo_hash64(low, n, 0);
}

/* Whether a sentence or line begins after s[0..at). */
static bool sentence_begins(pmpo_str s, size_t at)
{
    while (at > 0 && !in_word(s, at - 1) && !strchr("\n.!?:", s.ptr[at - 1])) {
        at--; /* spaces, quotes, bullets */
    }
    return at == 0 || !in_word(s, at - 1);
}

static bool is_marker(pmpo_str s, size_t begin, size_t end)
{
    bool closed = end < s.len && (s.ptr[end] == '.' || s.ptr[end] == ')');
    while (begin > 0 && (s.ptr[begin - 1] == ' ' || s.ptr[begin - 1] == '(')) {
        begin--;
    }
    return closed && (begin == 0 || s.ptr[begin - 1] == '\n');
}

int pmpo_text_terms(pmpo_str s, pmpo_arena *mem, pmpo_term **out, size_t *n)
{
    size_t most = s.len / 2 + 1; /* a byte and what ends the word */
    pmpo_term *list = pmpo_arena_alloc(mem, most, sizeof(*list));
    *out = list;
    *n = 0;
    if (!list) {
        return PMPO_ENOMEM;
    }
    for (size_t at = 0; at < s.len;) {
        if (!in_word(s, at)) {
            at++;
            continue;
        }
        size_t end = word_end(s, at);
        pmpo_str text = pmpo_str_sub(s, at, end);
        bool number = pmpo_is_digit(s.ptr[at]), heads = sentence_begins(s, at);
        list[(*n)++] = (pmpo_term){
            .text = text,
            .key = pmpo_term_key(text),
            .number = number,
            .heads = heads,
            .name = pmpo_is_upper(s.ptr[at]) && !heads && text.len > 1,
            .marker = number && is_marker(s, at, end),
        };
        at = end;
    }
    return 0;
}
