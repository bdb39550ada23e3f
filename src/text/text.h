/* text.h: pure functions on prompts and replies. No model, no files.
 *
 * All offsets are bytes; no function cuts a UTF-8 code point. */
#ifndef PMPO_TEXT_TEXT_H
#define PMPO_TEXT_TEXT_H

#include "base/str.h"
#include "pmpo.h"

/* What the marking form puts around a unit, what a masked unit becomes
 * (arXiv 2505.16307, section 3), and what a reply puts around a prompt. */
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

/* True when `prompt` holds one of the tags above, so that a marking of it
 * could not be told from its own text. */
bool pmpo_text_has_tags(pmpo_str prompt);

/* Reads a model's marking of `prompt`: somewhere in `reply` (code fences,
 * reply tags and white space around it are forgiven) stands the prompt with
 * at most `max` units marked. Accepted only if taking the marks out gives
 * `prompt` back exactly. Fills spans[0..*n), in order, disjoint, each with
 * some non-space text. Returns NULL, or why it was refused (static). */
const char *pmpo_text_read_marking(pmpo_str prompt, pmpo_str reply, int max,
                                   pmpo_span *spans, size_t *n);

/* The deterministic segmentation: list items, paragraphs, sentences, merged
 * to at most `max` neighbours of roughly equal length. Demonstrations at the
 * end (text/demos.h) are one unit. Spans carry no white
 * space at their ends. A prompt of one sentence gives one segment; one of
 * only white space gives none. */
void pmpo_text_segment(pmpo_str prompt, int max, pmpo_span *spans, size_t *n);

/* Appends `prompt` with the span replaced by PMPO_MASK. */
void pmpo_text_mask(pmpo_str prompt, pmpo_span span, pmpo_buf *out);

/* ---- splicing ----------------------------------------------------------- */

/* Appends `prompt` and `more` as one text: with a line break between them
 * where the prompt has several lines, else a space. White space at their ends
 * goes; a full stop comes between where the prompt ends within a sentence. */
void pmpo_text_join(pmpo_str prompt, pmpo_str more, pmpo_buf *out);

/* The same, but for the sentences of `more` that `prompt` has already. */
void pmpo_text_join_new(pmpo_str prompt, pmpo_str more, pmpo_buf *out);

/* The first sentence of `prompt`, of PMPO_SENTENCE_BYTES or more, that stands
 * in it once more; empty: there is none. */
#define PMPO_SENTENCE_BYTES 12
pmpo_str pmpo_text_repeated(pmpo_str prompt);

/* Appends `prompt` without the spans (in any order, may overlap; the first
 * PMPO_MAX_PIECES), tidied: no white space stands double or at the ends, no
 * comma is left that has lost what it followed, and what now begins in place
 * of a capital letter begins with one. */
#define PMPO_MAX_PIECES 512
void pmpo_text_without(pmpo_str prompt, const pmpo_span *spans, size_t n,
                       pmpo_buf *out);

/* Letters, digits, anything beyond ASCII: a unit without is a ruler or a stray
 * dot. */
bool pmpo_text_has_words(pmpo_str s);

/* Appends `prompt` with `by` in place of the span. */
void pmpo_text_replace(pmpo_str prompt, pmpo_span span, pmpo_str by,
                       pmpo_buf *out);

/* ---- replies ----------------------------------------------------------- */

/* Finds the instruction in a rewriter's reply, tolerantly: the last closed
 * <prompt>...</prompt> (any case, spaces inside the tag); an opened one that
 * runs to the end if `complete` (the reply was not cut off); code fences and
 * quotes right inside the tags are taken off; leading and trailing white
 * space too. *found borrows from `reply`. Returns NULL or why there is no
 * usable instruction (static): no tags, empty, a placeholder such as "..." or
 * "new instruction here", tags inside, cut off. */
const char *pmpo_text_read_reply(pmpo_str reply, bool complete,
                                 pmpo_str *found);

/* Appends `s`, cut in the middle to at most about `max` bytes with
 * " [...] " at the cut. Returns true when it was cut. */
bool pmpo_text_shorten(pmpo_str s, size_t max, pmpo_buf *out);

#endif
