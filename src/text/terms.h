/* terms.h: a text as words and numbers, for comparing texts. Pure.
 *
 * A word is a run of letters and digits (bytes from 0x80 up count as letters,
 * so any script that writes spaces works), with single apostrophes, hyphens,
 * commas or points inside; of Han and Kana, one character. Words are compared by a key: lower case, and no
 * more than the first five code points, so that "weighs" meets "weighed". */
#ifndef PMPO_TEXT_TERMS_H
#define PMPO_TEXT_TERMS_H

#include "base/mem.h"
#include "base/str.h"

typedef struct pmpo_term {
    pmpo_str text;   /* borrowed */
    uint64_t key;    /* equal for words that count as the same */
    bool number;     /* begins with a digit */
    bool name;       /* has a capital letter, but does not begin a sentence */
    bool heads;      /* first word of a sentence or line */
    bool marker;     /* the number of a list item: "1." at a line's start */
} pmpo_term;

/* All words of `s`, in order, in `mem`. 0 or PMPO_ENOMEM. */
int pmpo_text_terms(pmpo_str s, pmpo_arena *mem, pmpo_term **out, size_t *n);

/* The key of one word, as above. */
uint64_t pmpo_term_key(pmpo_str word);

#endif
