/* pieces.h: parts of a prompt that can be removed from it for good.
 *
 * Segments (text.h) are only masked for a measurement; after removing pieces,
 * the rest must read well, so a clause includes the comma that joins it.
 * pmpo_text_without removes them. */
#ifndef PMPO_TEXT_PIECES_H
#define PMPO_TEXT_PIECES_H

#include "text/text.h"

/* The first PMPO_MAX_PIECES pieces of `prompt`, in order; neighbours may
 * overlap by the comma or space between them. Sentences are those of
 * pmpo_text_segment; clauses are the parts of a sentence between commas,
 * semicolons, colons and brackets; words are separated by white space. A
 * sentence with only one clause has no piece of that kind. */
void pmpo_text_pieces(pmpo_str prompt, pmpo_grain kind, pmpo_span *pieces,
                      size_t *n);

#endif
