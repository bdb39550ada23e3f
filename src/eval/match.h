/* match.h: the answer that a generated reply gives, and whether it is the
 * expected one. Pure. reply.h finds the place of the answer in the reply.
 *
 * Tolerant of how a model words an answer, never of what it says: `A`, `(A)`,
 * `A.` and "the answer is (A)" are one answer; "1,234.00" is 1234.
 *
 * `complete` always means: the model ended the reply, it was not cut off. */
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

#define PMPO_LETTERS 26 /* A to Z */

/* The options of `e`. If they are letters, their texts are taken from the lines
 * "(A) the text" of the input, into `room`; otherwise the options are the
 * texts. The result borrows `room` and `e`. */
pmpo_answers_known pmpo_answers_of(const pmpo_example *e,
                                   pmpo_str room[PMPO_LETTERS]);

/* The number that the reply gives, tolerant of thousands separators, currency
 * signs, percent, units, LaTeX, fractions a/b and numbers in words. */
bool pmpo_read_number(pmpo_str reply, bool complete, double *value);
/* Is the number that the reply gives equal to the answer's, or within a relative
 * error of 1e-6 where not both are whole? */
bool pmpo_match_number(pmpo_str reply, bool complete, pmpo_str answer);

/* The option letter that the reply concludes with, 'A'..; if it has none, the
 * letter of the option whose text it gives; 0: neither. */
char pmpo_read_letter(pmpo_str reply, bool complete,
                      const pmpo_answers_known *k);
/* The letter that an expected answer names: "(B)", "B", "b.", "B) 12". */
char pmpo_answer_letter(pmpo_str answer, size_t n_options);

/* Which of the options the reply gives; SIZE_MAX: none. */
size_t pmpo_read_option(pmpo_str reply, bool complete,
                        const pmpo_answers_known *k);
/* Does the reply give `answer`? If options are known, the option that it gives
 * must be the same text; else what it announces ("the answer is"), its first
 * line or its last line must be. Ignores case, white space, quotes and
 * markup. */
bool pmpo_match_exact(pmpo_str reply, bool complete, pmpo_str answer,
                      const pmpo_answers_known *k);

#endif
