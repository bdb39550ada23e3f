/* digits.h: the number that stands at a place in a text: in digits, with
 * separators, fractions and powers, or in words. Pure. */
#ifndef PMPO_EVAL_DIGITS_H
#define PMPO_EVAL_DIGITS_H

#include "base/str.h"
#include "pmpo.h"

/* The number in digits at i with its sign, fraction and so on. *end is behind
 * what was read, also of what is none ("A2", "2nd", "10^3"). */
bool pmpo_digits_at(pmpo_str s, size_t i, double *v, size_t *end);
/* The number in words at i: "five", "one hundred and twenty". */
bool pmpo_words_at(pmpo_str s, size_t i, double *v, size_t *end);
/* The number at *i, in digits or words, or behind a minus there, after it,
 * where *i is then. `apart`: a blank may be between, but not in a line of a
 * list, "- 5 apples". */
bool pmpo_signed_at(pmpo_str s, size_t *i, bool apart, double *v, size_t *end);
/* Has the number at i a minus before it that is no hyphen or operator? */
bool pmpo_has_minus(pmpo_str s, size_t i);
/* Before "$", "\$" or nothing that ends at i. */
size_t pmpo_before_currency(pmpo_str s, size_t i);
/* Words and signs that may be before an announced number; ended by NULL. */
extern const char *const pmpo_number_fillers[];

#endif
