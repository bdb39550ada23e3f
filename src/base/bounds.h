/* bounds.h: words in a text: where they begin and end. Pure. */
#ifndef PMPO_BASE_BOUNDS_H
#define PMPO_BASE_BOUNDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

bool pmpo_is_word_byte(char c); /* letter, digit, underscore, part of UTF-8 */
/* Is the character at i, or the one that ends before it, one of a word? Dashes,
 * quotes and signs of UTF-8 are not. */
bool pmpo_is_word_at(pmpo_str s, size_t i);
bool pmpo_is_word_before(pmpo_str s, size_t i);
/* Is `text` at i, ignoring case (pmpo_fold_at)? */
bool pmpo_same_at(pmpo_str s, size_t i, pmpo_str text);
/* Is `word` at i, ignoring case? If its first or last character is one of a
 * word, it must begin or end a word there. */
bool pmpo_word_at(pmpo_str s, size_t i, pmpo_str word);
/* The first place of `word`, as pmpo_word_at has it; SIZE_MAX: none. */
size_t pmpo_find_word(pmpo_str s, pmpo_str word);

#endif
