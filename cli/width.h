/* width.h: the width of text on a terminal, and what the terminal can show. */
#ifndef PMPO_CLI_WIDTH_H
#define PMPO_CLI_WIDTH_H

#include "pmpo.h"

/* The columns of the character at s.ptr[at], which must be valid UTF-8: 0 for
 * combining marks, 2 for wide characters, 1 for control characters, which are
 * shown as a blank. *bytes is its length. Uses the C library's tables, the same
 * in every locale; without them, 1 for every character. */
int char_columns(pmpo_str s, size_t at, size_t *bytes);
/* The columns of `s` on one line. */
size_t text_columns(pmpo_str s);

/* Does the user's locale use UTF-8, so that block and line characters can be
 * drawn? */
bool speaks_utf8(void);

#endif
