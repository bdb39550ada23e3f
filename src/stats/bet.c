/* bet.c: see bet.h. */
#include "stats/bet.h"

#include <math.h>

/* Shares of the largest stake, among which the capital is split once: the bold
 * one is quick where x exceeds y steadily, the other lives longer where it
 * does so now and then. */
static const double stakes[PMPO_BET_STAKES] = {0.95, 0.5};

static double above(const pmpo_bet *b, double y)
{
    return y > b->cut ? y - b->cut : 0;
}

void pmpo_bet_begin(pmpo_bet *b, double margin, double cut)
{
    *b = (pmpo_bet){.most = 1, .rest = -margin, .cut = cut};
    for (int s = 0; s < PMPO_BET_STAKES; s++) {
        b->capital[s] = 1.0 / PMPO_BET_STAKES;
    }
}

void pmpo_bet_expect(pmpo_bet *b, double y)
{
    b->rest_above += above(b, y);
    b->left++;
}

double pmpo_bet_draw(pmpo_bet *b, double x, double y)
{
    /* If the statement is true, x - y is at most `mean` on average over those
     * left. `drawn` has an average of at most 0, then, and is -range or more
     * since x is 0 or more. */
    double mean = b->rest / (double)b->left;
    double mean_above = b->rest_above / (double)b->left;
    double range = b->cut + mean_above + mean, sum = 0;
    double drawn = x - y + above(b, y) - mean_above - mean;
    b->rest -= x - y;
    b->rest_above -= above(b, y);
    b->left--;
    if (!(range > 0)) {
        b->most = INFINITY;
        return b->most;
    }
    for (int s = 0; s < PMPO_BET_STAKES; s++) {
        b->capital[s] *= 1 + stakes[s] * drawn / range;
        sum += b->capital[s];
    }
    b->most = fmax(b->most, sum);
    return b->most;
}
