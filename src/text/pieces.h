/* pieces.h: parts of a prompt that can be taken out of it for good.
 *
 * Other than segments (text.h), which are masked to be measured, what is left
 * has to read well: a clause goes with the comma that joins it. They are taken
 * out by pmpo_text_without. */
#ifndef PMPO_TEXT_PIECES_H
#define PMPO_TEXT_PIECES_H

#include "text/text.h"

/* The pieces of `prompt`, in order; they may overlap by the comma or space
 * between two. At most PMPO_MAX_PIECES, the first. Sentences are those of
 * pmpo_text_segment; clauses are what commas, semicolons and colons divide
 * within one, brackets too; words stand between white space. A sentence with
 * one clause has no piece of that kind. */
void pmpo_text_pieces(pmpo_str prompt, pmpo_grain kind, pmpo_span *pieces,
                      size_t *n);

#endif
