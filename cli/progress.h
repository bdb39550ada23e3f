/* progress.h: reports progress on standard error.
 *
 * On a terminal it is a display (live.h) that is redrawn in place, at most ten
 * times a second: one line, for a run several. Otherwise only the lines of
 * --verbose are printed. There is one terminal, so the state is global. */
#ifndef PMPO_CLI_PROGRESS_H
#define PMPO_CLI_PROGRESS_H

#include "pmpo.h"

/* `iterations`: also print a line for each finished iteration. */
void progress_begin(bool quiet, bool iterations);
/* A pmpo_progress_fn. */
void progress_show(void *ud, const pmpo_progress *p);
/* Erases the display; the next progress_show draws it again. */
void progress_clear(void);
/* Ends the reports: prints the line of the last iteration, erases the
 * display. */
void progress_end(void);

#endif
