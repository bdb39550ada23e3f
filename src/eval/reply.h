/* reply.h: where in a reply its answer stands. Pure.
 *
 * One set of rules for every kind of answer (docs/formats.md states them for
 * users): first what the reply announces ("the answer is", "Answer:", "####",
 * \boxed{}), the last such place first; then a first line that is nothing but
 * the answer; then, if the reply was not cut off, its last conclusion. What
 * an answer looks like, in each of these places, is the kind's to say. */
#ifndef PMPO_EVAL_REPLY_H
#define PMPO_EVAL_REPLY_H

#include "base/str.h"
#include "pmpo.h"

/* A kind of answer. Each function fills *v, a number or an index, and returns
 * true when `s` has an answer. */
typedef struct pmpo_answer_kind {
    /* What is announced begins with one: "18 dollars, since 9 * 2". */
    bool (*begins)(const void *ud, pmpo_str s, double *v);
    /* A whole sentence states one: "She makes $18 every day." */
    bool (*states)(const void *ud, pmpo_str sentence, double *v);
    /* A first line is one, with no more than a unit or a remark after it.
     * `next`: the line below it that has something in it, or empty. */
    bool (*opens)(const void *ud, pmpo_str line, pmpo_str next, double *v);
    const void *ud;
} pmpo_answer_kind;

/* `complete`: the reply ended by itself. A reply that was cut off has no
 * conclusion, and its last word may be half a word. */
bool pmpo_reply_read(pmpo_str reply, bool complete, const pmpo_answer_kind *k,
                     double *v);

/* ---- characters and words, for the kinds -------------------------------- */

bool pmpo_is_word_byte(char c); /* letter, digit, underscore, part of UTF-8 */
/* `word` stands at i in any case; at a word's beginning and end where its own
 * first and last bytes are of words. */
bool pmpo_word_at(pmpo_str s, size_t i, pmpo_str word);
/* The list's word at i (NULL ends it); its length, 0: none. */
size_t pmpo_any_word_at(pmpo_str s, size_t i, const char *const *words);
/* The first place at or after i of any of the words; s.len: none. */
size_t pmpo_find_any_word(pmpo_str s, size_t i, const char *const *words);
/* Behind white space, markup, quotes, brackets and LaTeX at i. */
size_t pmpo_skip_markup(pmpo_str s, size_t i);
/* The same and behind any of the words, as often as they come. */
size_t pmpo_skip_words(pmpo_str s, size_t i, const char *const *words);
/* The word before i says that what stands at i is not meant: "not 7". */
bool pmpo_is_denied(pmpo_str s, size_t i);
/* White space, quotes, markup and points taken off both ends. */
pmpo_str pmpo_unwrap(pmpo_str s);
/* Up to the first reason or aside: " since", " because", " (", "; ". */
pmpo_str pmpo_before_reason(pmpo_str s);

#endif
