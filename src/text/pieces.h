/* pieces.h: parts of a prompt that can be taken out of it for good.
 *
 * Other than segments (text.h), which are masked to be measured, what is left
 * has to read well: a clause goes with the comma that joins it, a sentence
 * that loses its beginning begins with a capital letter again. */
#ifndef PMPO_TEXT_PIECES_H
#define PMPO_TEXT_PIECES_H

#include "text/text.h"

#define PMPO_MAX_PIECES 512

/* The pieces of `prompt`, in order; they may overlap by the comma or space
 * between two. At most PMPO_MAX_PIECES, the first. Sentences are those of
 * pmpo_text_segment; clauses are what commas, semicolons and colons divide
 * within one, brackets too; words stand between white space. A sentence with
 * one clause has no piece of that kind. */
void pmpo_text_pieces(pmpo_str prompt, pmpo_grain kind, pmpo_span *pieces,
                      size_t *n);

/* Appends `prompt` without the pieces (in any order, may overlap), tidied. */
void pmpo_text_take_out(pmpo_str prompt, const pmpo_span *pieces, size_t n,
                        pmpo_buf *out);

#endif
