/* bet.h: testing by betting, on draws without replacement. Pure.
 *
 * A set of pairs x, y is drawn in random order until all are. The y are known
 * beforehand, the x are not; both are >= 0, nothing else is assumed. The bet
 * is against the statement "the x of all add up to less than the y, by
 * `margin` or more".
 *
 * Waudby-Smith and Ramdas, Estimating means of bounded random variables by
 * betting (arXiv 2010.09686), section 5: each draw is bet on against the mean
 * that those left must have if the statement is true. What can be lost on a
 * draw is bounded by y, since x >= 0. Only the part of y up to `cut` is paired
 * with x; of the part above, the mean of those left is known and stands for it:
 * so the stake doesn't hang on the largest y. Any cut >= 0 is right; somewhat
 * above the mean of y is good. */
#ifndef PMPO_STATS_BET_H
#define PMPO_STATS_BET_H

#include <stddef.h>

#define PMPO_BET_STAKES 2

typedef struct pmpo_bet {
    double capital[PMPO_BET_STAKES], most;
    double rest;       /* of those left: the most that x - y can add up to */
    double rest_above; /* and what the parts of y above the cut add up to */
    double cut;
    size_t left;
} pmpo_bet;

void pmpo_bet_begin(pmpo_bet *b, double margin, double cut);
/* Once for every y of the set, before the first draw. */
void pmpo_bet_expect(pmpo_bet *b, double y);
/* Returns the most that a bettor has had so far who began with 1 and can't
 * fall below 0. Where the statement is true, the chance that this ever reaches
 * 1 / alpha is at most alpha, however often one looks (Ville). INFINITY: the
 * draws rule the statement out. */
double pmpo_bet_draw(pmpo_bet *b, double x, double y);

#endif
