/* bandit.h: which of several proposers has its turn. Pure.
 *
 * Each is tried once, in the table's order. Then the one with the highest
 *
 *     gain per token / that of the best + C * sqrt(ln(all tries) / its tries)
 *
 * UCB1 (Auer, Cesa-Bianchi, Fischer 2002) with rewards scaled to the best
 * seen, since nats have no natural unit here. */
#ifndef PMPO_SEARCH_BANDIT_H
#define PMPO_SEARCH_BANDIT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct pmpo_arm {
    const char *name;
    bool plays;    /* takes part in the run */
    size_t n_tries;
    double gain;   /* sum of the nats of training loss below the incumbent's */
    double tokens; /* generated and scored for it */
} pmpo_arm;

/* The index of the arm whose turn it is, and the reason as one line in `why`; n
 * if no arm plays. */
size_t pmpo_bandit_choose(const pmpo_arm *arms, size_t n, char *why,
                          size_t bytes);

#endif
