/* bounds.c: see bounds.h. */
#include "base/bounds.h"

#include "base/fold.h"

/* What the UTF-8 of U+2000 to U+2FFF begins with: dashes, quotes, signs. */
#define UTF8_SIGN '\xe2'

bool pmpo_is_word_byte(char c)
{
    return pmpo_is_letter(c) || pmpo_is_digit(c) || c == '_' ||
           (unsigned char)c >= 0x80;
}

bool pmpo_is_word_at(pmpo_str s, size_t i)
{
    return i < s.len && s.ptr[i] != UTF8_SIGN && pmpo_is_word_byte(s.ptr[i]);
}

bool pmpo_is_word_before(pmpo_str s, size_t i)
{
    size_t k = i > 0 ? i - 1 : 0;
    while (k > 0 && ((unsigned char)s.ptr[k] & 0xC0) == 0x80) {
        k--;
    }
    return i > 0 && pmpo_is_word_at(s, k);
}

bool pmpo_same_at(pmpo_str s, size_t i, pmpo_str word)
{
    if (i > s.len || s.len - i < word.len) {
        return false;
    }
    s = pmpo_str_sub(s, i, i + word.len);
    size_t n, m, k = 0;
    while (k < word.len &&
           pmpo_fold_at(s, k, &n) == pmpo_fold_at(word, k, &m)) {
        k += m;
    }
    return k >= word.len;
}

bool pmpo_word_at(pmpo_str s, size_t i, pmpo_str word)
{
    if (word.len == 0 || !pmpo_same_at(s, i, word)) {
        return false;
    }
    bool begins = !pmpo_is_word_at(word, 0) || !pmpo_is_word_before(s, i);
    bool ends = !pmpo_is_word_before(word, word.len) ||
                !pmpo_is_word_at(s, i + word.len);
    return begins && ends;
}

size_t pmpo_find_word(pmpo_str s, pmpo_str word)
{
    for (size_t i = 0; i + word.len <= s.len; i++) {
        if (pmpo_word_at(s, i, word)) {
            return i;
        }
    }
    return SIZE_MAX;
}
