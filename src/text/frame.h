/* frame.h: the lines that several texts share around what is each one's own. Pure.
 *
 * Answers of a program often stand in a frame, such as "[[ ## team ## ]]" above and
 * "[[ ## completed ## ]]" below. It tells no answer from another. */
#ifndef PMPO_TEXT_FRAME_H
#define PMPO_TEXT_FRAME_H

#include "base/str.h"

/* Bytes of the whole lines that all texts begin with (head) and end with (tail),
 * line ends included. */
typedef struct pmpo_frame {
    size_t head, tail;
} pmpo_frame;

/* The frame of texts[0..n). None (0, 0) of a single text, or where a text would
 * have nothing of its own. */
pmpo_frame pmpo_frame_of(const pmpo_str *texts, size_t n);

/* What `text`, one of those, has of its own, without white space at its ends.
 * Borrowed from it. */
pmpo_str pmpo_frame_inside(pmpo_frame f, pmpo_str text);

#endif
