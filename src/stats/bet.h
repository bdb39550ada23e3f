/* bet.h: testing by betting, on draws without replacement. Pure.
 *
 * A set of pairs x, y is drawn in random order until all are. The y are known
 * beforehand, the x are not; both are >= 0, nothing else is assumed. The bet is
 * against the statement "the x of all add up to less than the y, by `margin` or
 * more".
 *
 * Method of Waudby-Smith and Ramdas, Estimating means of bounded random
 * variables by betting (arXiv 2010.09686), section 5: before each draw a bet is
 * placed against the mean that the remaining pairs must have if the statement
 * is true. The loss on a draw is bounded by y, because x >= 0. Only the part of
 * y up to `cut` is paired with x; for the part above it, the known mean of the
 * remaining ones is used, so that the stake does not depend on the largest y.
 * The test is valid for any cut >= 0; one somewhat above the mean of y has good
 * power. */
#ifndef PMPO_STATS_BET_H
#define PMPO_STATS_BET_H

#include <stddef.h>

#define PMPO_BET_STAKES 2

typedef struct pmpo_bet {
    double capital[PMPO_BET_STAKES], most;
    double rest;       /* greatest sum of x - y over the remaining pairs */
    double rest_above; /* sum of their parts of y above the cut */
    double cut;
    size_t left;       /* remaining pairs */
} pmpo_bet;

void pmpo_bet_begin(pmpo_bet *b, double margin, double cut);
/* Call once for every y of the set, before the first draw. */
void pmpo_bet_expect(pmpo_bet *b, double y);
/* Adds a draw. Returns the greatest capital so far of a bettor who began with 1
 * and can't fall below 0. If the statement is true, the probability that this
 * ever reaches 1 / alpha is at most alpha, however often it is checked (Ville's
 * inequality). INFINITY: the draws make the statement impossible. */
double pmpo_bet_draw(pmpo_bet *b, double x, double y);

#endif
