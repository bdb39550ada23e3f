/* bandit.c: see bandit.h. */
#include "search/bandit.h"

#include <math.h>
#include <stdio.h>

#include "base/plain.h"

#define CURIOSITY 1.0 /* C */

static double rate(const pmpo_arm *a)
{
    return a->tokens > 0 ? a->gain / a->tokens : 0;
}

static size_t untried(const pmpo_arm *arms, size_t n)
{
    size_t i = 0;
    while (i < n && (!arms[i].plays || arms[i].n_tries > 0)) {
        i++;
    }
    return i;
}

size_t pmpo_bandit_choose(const pmpo_arm *arms, size_t n, char *why,
                          size_t bytes)
{
    size_t best = untried(arms, n), all = 0;
    double best_rate = 0, most = -1;
    if (best < n) {
        snprintf(why, bytes, "%s: not tried yet", arms[best].name);
        return best;
    }
    for (size_t i = 0; i < n; i++) {
        if (arms[i].plays) {
            all += arms[i].n_tries;
            best_rate = fmax(best_rate, rate(&arms[i]));
        }
    }
    for (size_t i = 0; i < n; i++) {
        double scaled = best_rate > 0 ? rate(&arms[i]) / best_rate : 0;
        double value = scaled + CURIOSITY * sqrt(log((double)all)
                                                 / (double)arms[i].n_tries);
        if (arms[i].plays && value > most) {
            most = value;
            best = i;
        }
    }
    if (best < n) {
        const pmpo_arm *a = &arms[best];
        const char *for_that = best_rate == 0 ? "none has gained yet"
                               : rate(a) == best_rate
                                   ? "the most per token"
                                   : "tried less than the others";
        pmpo_print(why, bytes,
                   "%s: gained %.4f nats for %.0f tokens in "
                   "%zu tr%s, %s",
                   a->name, a->gain, a->tokens, a->n_tries,
                   a->n_tries == 1 ? "y" : "ies", for_that);
    }
    return best;
}
