/* alike.c: how often chance alone passes for agreement of loss and accuracy
 * where some of the prompts were made from one another.
 *
 *     alike
 *
 * Five prompts are drawn at random, loss and accuracy apart; so many more are
 * rewrites of the first: near it in both. 400 draws a row, 50 examples. Prints a
 * JSON row a number of rewrites: the share called agreeing or disagreeing, each
 * prompt counted by itself, and rewrites counted as one (eval/matrix.h). */
#include <stdio.h>

#include "base/hash.h"
#include "eval/matrix.h"

#define N 50
#define DRAWS 400
#define ALONE 5
#define MOST 40

static double normal(uint64_t *seed)
{
    double sum = -6;
    for (int k = 0; k < 12; k++) {
        sum += pmpo_random_unit(seed);
    }
    return sum;
}

static void draw(pmpo_matrix *m, uint64_t *seed)
{
    double good[MOST], cost[MOST];
    for (size_t p = 0; p < m->n_prompts; p++) {
        bool alone = p < ALONE;
        good[p] = alone ? pmpo_random_unit(seed) : good[0] + 0.05 * normal(seed);
        cost[p] = alone ? normal(seed) : cost[0] + 0.1 * normal(seed);
        for (size_t i = 0; i < N; i++) {
            double u = pmpo_random_unit(seed);
            pmpo_matrix_right(m, 0, p)[i] = u < 0.2 + 0.6 * good[p];
            pmpo_matrix_loss(m, 0, p)[i] = 4 + cost[p] + pmpo_random_unit(seed);
        }
    }
}

static int count(size_t rewrites, int said[2])
{
    pmpo_arena mem = {0};
    pmpo_matrix m = {.n_losses = 1, .n_metrics = 1,
                     .n_prompts = ALONE + rewrites, .n_examples = N};
    int rc = pmpo_matrix_make(&m, &mem);
    uint64_t seed = 5;
    for (size_t i = 0; rc == 0 && i < N; i++) {
        m.weights[i] = 1;
        m.groups[i] = i;
    }
    for (uint64_t d = 0; rc == 0 && d < DRAWS; d++) {
        draw(&m, &seed);
        for (int together = 0; rc == 0 && together < 2; together++) {
            pmpo_agreement a;
            for (size_t p = 0; p < m.n_prompts; p++) {
                m.families[p] = together && p >= ALONE ? 0 : p;
            }
            rc = pmpo_matrix_agree(&m, 0, d, &a);
            said[together] += rc == 0 && a.alone != PMPO_ACCORD_OPEN;
        }
    }
    pmpo_arena_release(&mem);
    return rc;
}

int main(void)
{
    static const size_t rewrites[] = {0, 6, 12, 24};
    for (size_t i = 0; i < sizeof(rewrites) / sizeof(rewrites[0]); i++) {
        int said[2] = {0, 0};
        if (count(rewrites[i], said) < 0) {
            fputs("alike: out of memory\n", stderr);
            return 1;
        }
        printf("{\"program\": \"alike\", \"alone\": %d, \"rewrites\": %zu, "
               "\"each\": %.4f, \"together\": %.4f}\n", ALONE, rewrites[i],
               (double)said[0] / DRAWS, (double)said[1] / DRAWS);
        fflush(stdout);
    }
    return 0;
}
