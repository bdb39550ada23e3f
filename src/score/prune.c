/* prune.c: see prune.h. */
#include "score/prune.h"

#include "stats/bet.h"

/* ---- order ------------------------------------------------------------------- */

static double block_loss(const size_t *begin, size_t b,
                         const pmpo_prompt_score *rival)
{
    double sum = 0;
    for (size_t i = begin[b]; i < begin[b + 1]; i++) {
        sum += rival->examples[i].weight * rival->examples[i].loss;
    }
    return sum;
}

void pmpo_block_order(const size_t *begin, size_t n_blocks,
                      const pmpo_prompt_score *rival, size_t *order)
{
    for (size_t b = 0; b < n_blocks; b++) {
        size_t at = b;
        double loss = rival ? block_loss(begin, b, rival) : 0;
        while (rival && at > 0
               && block_loss(begin, order[at - 1], rival) < loss) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = b;
    }
}

/* ---- race ---------------------------------------------------------------------- */

/* The rival's losses up to this multiple of their mean are paired with the
 * candidate's; of other values, this one saved most on recorded runs. */
#define CUT 1.5

static double weighted(const pmpo_example_score *x)
{
    return x->weight * x->loss;
}

bool pmpo_race_is_lost(const pmpo_example_score *candidate,
                       const pmpo_prompt_score *rival, size_t n, size_t n_all,
                       double alpha, double margin)
{
    double sum = 0, weight = 0, capital = 1;
    for (size_t i = 0; i < n_all; i++) {
        sum += weighted(&rival->examples[i]);
        weight += rival->examples[i].weight;
    }
    pmpo_bet bet;
    pmpo_bet_begin(&bet, margin * weight, CUT * sum / (double)n_all);
    for (size_t i = 0; i < n_all; i++) {
        pmpo_bet_expect(&bet, weighted(&rival->examples[i]));
    }
    for (size_t i = 0; i < n && n < n_all; i++) {
        capital = pmpo_bet_draw(&bet, weighted(&candidate[i]),
                                weighted(&rival->examples[i]));
    }
    return capital >= 1 / alpha;
}
