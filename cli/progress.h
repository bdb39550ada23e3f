/* progress.h: on standard error, how far the work is.
 *
 * On a terminal a picture (live.h) that is drawn again in place, ten times a
 * second at most: one line, of a run some more. Elsewhere nothing but what
 * --verbose asks for. There is one terminal, so there is one state. */
#ifndef PMPO_CLI_PROGRESS_H
#define PMPO_CLI_PROGRESS_H

#include "pmpo.h"

/* `iterations`: also print a line for each finished iteration. */
void progress_begin(bool quiet, bool iterations);
/* A pmpo_progress_fn. */
void progress_show(void *ud, const pmpo_progress *p);
/* Takes the picture away; the next progress_show draws it again. */
void progress_clear(void);
/* The work is done: tells the last iteration, takes the picture away. */
void progress_end(void);

#endif
