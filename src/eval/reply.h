/* reply.h: where in a reply its answer stands. Pure.
 *
 * One set of rules for every kind of answer (docs/formats.md states them for
 * users): first what the reply announces ("the answer is", "Answer:", "####",
 * \boxed{}), the last such place first; then a first line that is nothing but
 * the answer; then, if the reply was not cut off, its last conclusion. The kind
 * of answer decides what an answer looks like in each of these places. */
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
    /* A first line is one, with at most a unit or a remark after it. `next`:
     * the next line that is not blank, or empty. */
    bool (*opens)(const void *ud, pmpo_str line, pmpo_str next, double *v);
    /* The line before the list that ends the reply states one, of which the
     * list has the parts; `s`: both. May be NULL. */
    bool (*lists)(const void *ud, pmpo_str s, double *v);
    const void *ud;
} pmpo_answer_kind;

/* `complete`: the reply ended by itself. A reply that was cut off has no
 * conclusion, and its last word may be half a word. */
bool pmpo_reply_read(pmpo_str reply, bool complete, const pmpo_answer_kind *k,
                     double *v);

/* ---- characters and words, for the kinds (see base/bounds.h, too) -------- */

/* The length of the word of the list (ended by NULL) that is at i; 0: none
 * is. */
size_t pmpo_any_word_at(pmpo_str s, size_t i, const char *const *words);
/* The first place at or after i of any of the words; s.len: none. */
size_t pmpo_find_any_word(pmpo_str s, size_t i, const char *const *words);
/* The offset after any white space, markup, quotes, brackets and LaTeX at i. */
size_t pmpo_skip_markup(pmpo_str s, size_t i);
/* The same, also after any of the words, repeatedly. */
size_t pmpo_skip_words(pmpo_str s, size_t i, const char *const *words);
/* The length of the minus sign that is at i, or that ends before i: "-", U+2212,
 * or the en dash that is written for it; 0: none is. */
size_t pmpo_minus_at(pmpo_str s, size_t i);
size_t pmpo_minus_before(pmpo_str s, size_t i);
/* Where the minus begins that makes the number at i negative although it is
 * before the number's box, "$-\boxed{18}$"; i: none does. */
size_t pmpo_minus_of_box(pmpo_str s, size_t i);
/* The word that ends at i; empty: none does. */
pmpo_str pmpo_word_before(pmpo_str s, size_t i);
/* The offset before any white space, markup, quotes and "(" that end at i. */
size_t pmpo_before_markup(pmpo_str s, size_t i);
/* The same for markup, articles, adverbs and "be" that end at i. */
size_t pmpo_before_adverbs(pmpo_str s, size_t i);
/* Where the word begins that denies the text at i: "not 7", "isn't very good",
 * "cannot be a 7"; SIZE_MAX: none does. */
size_t pmpo_denial_before(pmpo_str s, size_t i);
bool pmpo_is_denied(pmpo_str s, size_t i);
/* Without white space, quotes, markup and full stops at both ends, but with the
 * point of ".5". */
pmpo_str pmpo_unwrap(pmpo_str s);
/* Has it nothing else? pmpo_unwrap takes only the white space off it, then. */
bool pmpo_is_wrapping(pmpo_str s);
/* The part before the first reason: "since", "because", ", as", ";". */
pmpo_str pmpo_before_reason(pmpo_str s);

#endif
