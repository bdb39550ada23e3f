/* progress.h: one line on standard error that says how far the work is.
 *
 * Only on a terminal; redrawn ten times a second at most; cut to the
 * terminal's width. There is one terminal, so there is one state. */
#ifndef PMPO_CLI_PROGRESS_H
#define PMPO_CLI_PROGRESS_H

#include "pmpo.h"

/* `iterations`: also print a line for each finished iteration. */
void progress_begin(bool quiet, bool iterations);
/* A pmpo_progress_fn. */
void progress_show(void *ud, const pmpo_progress *p);
/* Takes the line away; the next progress_show draws it again. */
void progress_clear(void);
/* The work is done: tells the last iteration, takes the line away. */
void progress_end(void);

#endif
