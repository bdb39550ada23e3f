/* width.h: how much room text takes on a terminal, and what it can show. */
#ifndef PMPO_CLI_WIDTH_H
#define PMPO_CLI_WIDTH_H

#include "pmpo.h"

/* The columns of the character at s.ptr[at], which is valid UTF-8: 0 for marks
 * that join the one before, 2 for wide ones, 1 for control characters, which
 * are shown as a blank. *bytes is its length. By the C library's tables, the
 * same in every locale; 1 for all where it has none. */
int char_columns(pmpo_str s, size_t at, size_t *bytes);
/* All of `s` on one line. */
size_t text_columns(pmpo_str s);

/* The user's locale writes UTF-8: lines and dots of our own may be drawn. */
bool speaks_utf8(void);

#endif
