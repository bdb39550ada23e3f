/* match.h: the answer that a generated reply gives, and whether it is the
 * expected one. Pure. Where in the reply it is looked for: reply.h.
 *
 * Tolerant of how a model words an answer, never of what it says: `A`, `(A)`,
 * `A.` and "the answer is (A)" are one answer; "1,234.00" is 1234.
 *
 * `complete`, throughout: the reply ended by itself and was not cut off. */
#ifndef PMPO_EVAL_MATCH_H
#define PMPO_EVAL_MATCH_H

#include "base/str.h"
#include "pmpo.h"

/* The outputs that are possible, where they are known. */
typedef struct pmpo_answers_known {
    const pmpo_str *options; /* as the data has them: "(A)", "Yes" */
    const pmpo_str *texts;   /* what lettered options stand for; or NULL */
    size_t n;                /* 0: unknown */
} pmpo_answers_known;

#define PMPO_LETTERS 26

/* Those of `e`. Texts of letters are read off the lines "(A) the text" of its
 * input into `room`, which the result borrows like `e`; options that are no
 * letters are texts themselves. */
pmpo_answers_known pmpo_answers_of(const pmpo_example *e,
                                   pmpo_str room[PMPO_LETTERS]);

/* The number that the reply gives, tolerant of thousands separators, currency
 * signs, percent, units, LaTeX, fractions a/b and small numbers in words. */
bool pmpo_read_number(pmpo_str reply, bool complete, double *value);
/* It and the answer's are the same to 1e-6 relative. */
bool pmpo_match_number(pmpo_str reply, bool complete, pmpo_str answer);

/* The option letter that the reply settles on, 'A'..; 0: none. Without one,
 * the letter whose text it gives. */
char pmpo_read_letter(pmpo_str reply, bool complete,
                      const pmpo_answers_known *k);
/* The letter that an expected answer names: "(B)", "B", "b.", "B) 12". */
char pmpo_answer_letter(pmpo_str answer, size_t n_options);

/* Which of the options the reply gives; SIZE_MAX: none. */
size_t pmpo_read_option(pmpo_str reply, bool complete,
                        const pmpo_answers_known *k);
/* The reply gives `answer`: the option that is the same text, where options
 * are known; else its announcement, first or last line says it. Case, white
 * space, quotes and markup make no difference. */
bool pmpo_match_exact(pmpo_str reply, bool complete, pmpo_str answer,
                      const pmpo_answers_known *k);

#endif
