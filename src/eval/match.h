/* match.h: does a generated reply give the expected answer? Pure.
 *
 * Tolerant of how a model words an answer, never of what it says: `A`, `(A)`,
 * `A.` and "the answer is (A)" are one answer; "1,234.00" is 1234. */
#ifndef PMPO_EVAL_MATCH_H
#define PMPO_EVAL_MATCH_H

#include "base/str.h"
#include "pmpo.h"

/* The reply's last line or stated answer equals `answer` but for case, white
 * space, quotes, markup and a full stop at the end. */
bool pmpo_match_exact(pmpo_str reply, pmpo_str answer);

/* The last number of `text`, tolerant of thousands separators, currency
 * signs, percent, units after it, LaTeX (\boxed{}, \frac{a}{b}, \text{}) and
 * fractions a/b; a number that an answer phrase or "####" or \boxed announces
 * goes before it. False: no number. */
bool pmpo_match_last_number(pmpo_str text, double *value);
/* Both have such a number and they are the same to 1e-6 relative. */
bool pmpo_match_number(pmpo_str reply, pmpo_str answer);

/* The option letter that the reply settles on, 'A'..; 0: none. `n_options`
 * bounds the letters (0: up to Z). */
char pmpo_match_letter(pmpo_str reply, size_t n_options);
/* The reply settles on the letter that `answer` ("(B)", "B", "b.") names. */
bool pmpo_match_choice(pmpo_str reply, pmpo_str answer, size_t n_options);

#endif
