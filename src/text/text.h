/* text.h: pure functions on prompts and replies. No model, no files.
 *
 * All offsets are bytes; no function cuts a UTF-8 code point. */
#ifndef PMPO_TEXT_TEXT_H
#define PMPO_TEXT_TEXT_H

#include "base/str.h"
#include "pmpo.h"

/* The tags around a marked segment, the text that replaces a masked segment
 * (arXiv 2505.16307, section 3), and the tags around a prompt in a reply. */
#define PMPO_MARK_OPEN "<unit>"
#define PMPO_MARK_CLOSE "</unit>"
#define PMPO_MASK "<MASK>"
#define PMPO_REPLY_OPEN "<prompt>"
#define PMPO_REPLY_CLOSE "</prompt>"

#define PMPO_MAX_SEGMENTS 64

typedef struct pmpo_span {
    size_t begin, end; /* begin < end */
} pmpo_span;

/* ---- segments ---------------------------------------------------------- */

/* Does `prompt` contain one of the tags above, so that marks could not be
 * distinguished from its own text? */
bool pmpo_text_has_tags(pmpo_str prompt);

/* Reads a model's marking of `prompt`: `reply` must have the prompt with at
 * most `max` segments marked; code fences, reply tags and white space around it
 * are allowed, and thinking before them. It is accepted only if removing the
 * marks gives exactly
 * `prompt`. Fills spans[0..*n), in order, disjoint, each with some text that is
 * not white space. Returns NULL, or why it was refused (static). */
const char *pmpo_text_read_marking(pmpo_str prompt, pmpo_str reply, int max,
                                   pmpo_span *spans, size_t *n);

/* The deterministic segmentation: list items, paragraphs, sentences, merged
 * to at most `max` neighbours of roughly equal length. Demonstrations at the
 * end (text/demos.h) are one segment. Spans carry no white
 * space at their ends. A prompt of one sentence gives one segment; one of
 * only white space gives none. */
void pmpo_text_segment(pmpo_str prompt, int max, pmpo_span *spans, size_t *n);

/* Appends `prompt` with the span replaced by PMPO_MASK. */
void pmpo_text_mask(pmpo_str prompt, pmpo_span span, pmpo_buf *out);

/* ---- splicing ----------------------------------------------------------- */

/* Appends `prompt` and `more` as one text: with a line break between them if
 * the prompt has several lines, else with a space. White space at their ends is
 * removed; if the prompt ends within a sentence, a full stop is added. */
void pmpo_text_join(pmpo_str prompt, pmpo_str more, pmpo_buf *out);

/* The same without the sentences of `more` that `prompt` has already. */
void pmpo_text_join_new(pmpo_str prompt, pmpo_str more, pmpo_buf *out);

/* The first sentence of `prompt`, with at least PMPO_SENTENCE_BYTES, that
 * occurs in it twice; empty: there is none. */
#define PMPO_SENTENCE_BYTES 12
pmpo_str pmpo_text_repeated(pmpo_str prompt);

/* What a prompt asks for that excludes each other, and the words that say so. */
typedef struct pmpo_odds {
    const char *asks_for[2]; /* "the answer alone", "the way to it" */
    pmpo_str words[2];       /* borrowed from the prompt */
} pmpo_odds;

/* Does `prompt` ask for the answer alone ("only the final answer") and for the way
 * to it, too ("step by step"), or for a brief answer and a full one? It knows
 * English. (at_odds.c) */
bool pmpo_text_at_odds(pmpo_str prompt, pmpo_odds *out);
/* Do two sentences of `prompt` that are not in `start` ask for nothing but the
 * answer? */
bool pmpo_text_alone_twice(pmpo_str prompt, pmpo_str start, pmpo_str *first,
                           pmpo_str *second);

/* Appends `prompt` without the spans (in any order, may overlap; only the first
 * PMPO_MAX_PIECES are used) and cleans up the rest: no doubled white space,
 * none at the ends, no comma without the words before it, and a capital letter
 * where one was removed. */
#define PMPO_MAX_PIECES 512
void pmpo_text_without(pmpo_str prompt, const pmpo_span *spans, size_t n,
                       pmpo_buf *out);

/* Does `s` have a letter, a digit or anything beyond ASCII? A segment without is
 * a ruled line or a stray dot. */
bool pmpo_text_has_words(pmpo_str s);
/* Is it a number and nothing else: "-1,234.5", "$18", "40 %", not "1, 2" or
 * "1.2.3"? (is_number.c) */
bool pmpo_text_is_number(pmpo_str s);

/* Appends `prompt` with `by` in place of the span. */
void pmpo_text_replace(pmpo_str prompt, pmpo_span span, pmpo_str by,
                       pmpo_buf *out);

/* ---- replies ----------------------------------------------------------- */

/* Finds the instruction in a rewriter's reply, tolerantly: the last closed
 * <prompt>...</prompt> behind any thinking (any case, spaces inside the tag); an opened one that
 * runs to the end if `complete` (the reply was not cut off); code fences and
 * quotes right inside the tags are taken off; leading and trailing white
 * space too. *found borrows from `reply`. Returns NULL or why there is no
 * usable instruction (static): no tags, empty, a placeholder such as "..." or
 * "new instruction here", tags inside, cut off, thinking that never ends. */
const char *pmpo_text_read_reply(pmpo_str reply, bool complete,
                                 pmpo_str *found);

/* Appends `s`, cut in the middle to at most about `max` bytes with
 * " [...] " at the cut, which is between words where one ends nearby. Returns
 * true when it was cut. */
bool pmpo_text_shorten(pmpo_str s, size_t max, pmpo_buf *out);

#endif
