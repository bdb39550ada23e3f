/* prune.c: see prune.h. */
#include "score/prune.h"

#include "stats/stats.h"

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

/* Fewer say too little of how the differences spread. */
#define LEAST 8

static double total_weight(const pmpo_prompt_score *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->n_examples; i++) {
        sum += p->examples[i].weight;
    }
    return sum;
}

bool pmpo_race_is_lost(const pmpo_example_score *candidate,
                       const pmpo_prompt_score *rival, size_t n, size_t n_all,
                       double alpha, double margin, double *diff)
{
    if (n < LEAST || n >= n_all) {
        return false;
    }
    /* Scaled so that the plain mean over all is the difference of losses. */
    double scale = (double)n_all / total_weight(rival);
    for (size_t i = 0; i < n; i++) {
        diff[i] = scale * candidate[i].weight
                  * (candidate[i].loss - rival->examples[i].loss);
    }
    double low = pmpo_anytime_lower(diff, n, alpha, (double)n_all / 4);
    return low > -margin;
}
