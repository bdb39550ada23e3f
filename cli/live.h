/* live.h: the display of a running search: a few lines at the bottom of the
 * terminal that are redrawn in place.
 *
 *     iteration 2/20  scoring 5/12  loss 1.983  412 tok/s  4 min left
 *     best 1.8932  ▇▆▅▃▂▁  3 of 41 prompts accepted
 *     saved  78 % of rows by shared beginnings, 41 % of scoring by giving up
 *      id  proposer   loss      fate      prompt
 *      37  rewrite    1.9832    accepted  Classify the message. Answer with ...
 *
 * This file makes lines of text for a width and a height; progress.c puts them
 * on the terminal. */
#ifndef PMPO_CLI_LIVE_H
#define PMPO_CLI_LIVE_H

#include <stdio.h>

#include "pmpo.h"

#define LIVE_HISTORY 512 /* more changes than a curve has columns */

/* What progress has reported so far. Initialise with zeros. */
typedef struct live {
    double losses[LIVE_HISTORY]; /* the best, after each change; the latest
                                  * LIVE_HISTORY of them */
    size_t n_losses;
    int iteration;               /* of the last look */
    size_t n_tried, n_accepted;  /* in iterations before it */
    size_t tried_now, accepted_now;
} live;

typedef struct live_looks {
    size_t columns, rows; /* of the terminal */
    bool utf8, colour;
} live_looks;

/* Updates *l by a progress report. */
void live_see(live *l, const pmpo_progress *p);
/* Writes the first line, the current work, cut to the width. */
void live_line(FILE *f, const pmpo_progress *p, size_t width);
/* All lines, each ended by "\033[K\n" and at most looks.columns - 1 wide, at
 * most looks.rows - 1 of them. Returns how many. */
size_t live_draw(FILE *f, const live *l, const pmpo_progress *p,
                 const live_looks *looks);

#endif
