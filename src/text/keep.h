/* keep.h: parts of a prompt that every new version of it must keep.
 *
 * A user marks them in the prompt, {{keep}}like this{{/keep}}; the marks are
 * not part of the prompt. Placeholders such as {context}, which the user's own
 * program fills in, are found without marks. */
#ifndef PMPO_TEXT_KEEP_H
#define PMPO_TEXT_KEEP_H

#include "base/mem.h"
#include "text/text.h"

#define PMPO_KEEP_OPEN "{{keep}}"
#define PMPO_KEEP_CLOSE "{{/keep}}"
#define PMPO_MAX_KEPT 32

typedef struct pmpo_kept_part {
    pmpo_str text;
    size_t times;     /* how often a prompt must have it, at least */
    bool placeholder; /* found without marks; never restored by the program */
    bool leads;       /* it is at the beginning of the start prompt */
} pmpo_kept_part;

typedef struct pmpo_kept {
    pmpo_kept_part parts[PMPO_MAX_KEPT];
    size_t n;
} pmpo_kept;

/* Appends `prompt` without its marks to *plain. Returns NULL, or what is
 * wrong with the marks (static): one that is not closed or not opened, one
 * inside another, an empty part. */
const char *pmpo_keep_unmark(pmpo_str prompt, pmpo_buf *plain);

/* Appends `prompt` (without marks) with marks around each occurrence of `text`.
 * Returns the number of occurrences. */
size_t pmpo_keep_mark(pmpo_str prompt, pmpo_str text, pmpo_buf *marked);

/* The parts of a marked prompt; texts borrow from it. NULL, or what is wrong:
 * as above, or more than PMPO_MAX_KEPT parts. */
const char *pmpo_keep_find(pmpo_str marked, pmpo_kept *out);

/* The first part that `prompt` does not have often enough, byte for byte; NULL:
 * it has all of them. */
const pmpo_kept_part *pmpo_keep_missing(const pmpo_kept *k, pmpo_str prompt);

/* Appends `prompt` with the marked parts that it lacks: parts that lead the
 * start prompt in front, the others at the end. A part is not restored if
 * `prompt` has a changed version of it, because then there would be two. */
void pmpo_keep_restore(const pmpo_kept *k, pmpo_str prompt, pmpo_buf *out);

/* Does the span overlap a part in `prompt`? */
bool pmpo_keep_touches(const pmpo_kept *k, pmpo_str prompt, pmpo_span span);

#endif
