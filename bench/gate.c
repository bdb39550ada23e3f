/* gate.c: what the validation part lets through over a whole run.
 *
 *     gate
 *
 * Simulates searches of 20 iterations with 12 candidates each, rewrites of the
 * incumbent whose true effect is known, on 50 training and 25 validation
 * examples. In each iteration candidates are tried from the lowest training
 * loss up, as the search does, and the first that passes a rule is taken. An
 * example's loss moves by the candidate's true effect and by chance of its
 * own, which stays with all that is rewritten from it. Prints a JSON row for
 * each kind of search and each rule: how the accepted prompt's true loss
 * differs from the start prompt's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "search/accept.h"
#include "stats/stats.h"

#define N_TRAIN 50
#define N_VAL 25
#define CANDIDATES 12
#define ITERATIONS 20
#define RUNS 500
#define FLOOR 0.002 /* noise floor, nats; twice that must be gained */

typedef struct prompt {
    double train[N_TRAIN], val[N_VAL];
    double loss; /* true, less the start prompt's */
} prompt;

/* ---- rules --------------------------------------------------------------- */

static double error_of(const prompt *a, const prompt *b)
{
    double diff[N_VAL];
    for (int i = 0; i < N_VAL; i++) {
        diff[i] = a->val[i] - b->val[i];
    }
    return pmpo_mean_error(diff, NULL, N_VAL);
}

static double val_of(const prompt *p)
{
    return pmpo_mean(p->val, NULL, N_VAL);
}

typedef bool (*rule_fn)(const prompt *start, const prompt *incumbent,
                        const prompt *candidate);

static bool no_validation(const prompt *s, const prompt *i, const prompt *c)
{
    (void)s;
    (void)i;
    (void)c;
    return true;
}

static bool near_incumbent(const prompt *s, const prompt *i, const prompt *c)
{
    (void)s;
    return val_of(c) - val_of(i) <= error_of(c, i);
}

static bool near_both(const prompt *s, const prompt *i, const prompt *c)
{
    return near_incumbent(s, i, c) && val_of(c) - val_of(s) <= error_of(c, s);
}

static bool not_worse(const prompt *s, const prompt *i, const prompt *c)
{
    (void)s;
    return val_of(c) <= val_of(i);
}

static bool as_accepted(const prompt *s, const prompt *i, const prompt *c)
{
    const pmpo_validation v = {val_of(s), val_of(i), val_of(c),
                               error_of(s, c)};
    return pmpo_validation_gate(&v) == PMPO_GATE_PASSES;
}

static bool twice(const prompt *s, const prompt *i, const prompt *c)
{
    return not_worse(s, i, c) && val_of(s) - val_of(c) >= 2 * error_of(s, c);
}

static const struct {
    const char *name;
    rule_fn passes;
} rules[] = {
    {"no validation", no_validation},
    {"incumbent + 1 error", near_incumbent},
    {"incumbent + 1 error, start + 1 error", near_both},
    {"incumbent", not_worse},
    {"incumbent, start - 1 error (pmpo)", as_accepted},
    {"incumbent, start - 2 errors", twice},
};

/* ---- searches ------------------------------------------------------------ */

/* True effect of a rewrite: normal; in the first iterations of some searches
 * all rewrites help. */
static const struct {
    const char *name;
    double mean, sd, early, noise; /* nats; noise: of an example */
} searches[] = {
    {"every rewrite hurts", 0.05, 0, 0.05, 0.3},
    {"four iterations help, then every rewrite hurts", 0.05, 0, -0.1, 0.3},
    {"rewrites hurt or help, noisy examples", 0.02, 0.03, 0.02, 0.3},
    {"rewrites hurt or help", 0.02, 0.02, 0.02, 0.1},
    {"small effects", 0.01, 0.01, 0.01, 0.1},
};

static double normal(uint64_t *seed)
{
    double sum = -6;
    for (int k = 0; k < 12; k++) {
        sum += pmpo_random_unit(seed);
    }
    return sum;
}

static prompt rewrite(const prompt *p, size_t search, int iteration,
                      uint64_t *seed)
{
    prompt c = *p;
    double mean = iteration < 4 ? searches[search].early
                                : searches[search].mean;
    double effect = mean + searches[search].sd * normal(seed);
    c.loss += effect;
    for (int i = 0; i < N_TRAIN; i++) {
        c.train[i] += effect + searches[search].noise * normal(seed);
    }
    for (int i = 0; i < N_VAL; i++) {
        c.val[i] += effect + searches[search].noise * normal(seed);
    }
    return c;
}

/* The next by training loss that gains enough; -1: none. */
static int next_best(const prompt *c, const bool *tried, double most)
{
    int best = -1;
    double least = 0;
    for (int k = 0; k < CANDIDATES; k++) {
        double loss = pmpo_mean(c[k].train, NULL, N_TRAIN);
        if (!tried[k] && loss < most && (best < 0 || loss < least)) {
            best = k;
            least = loss;
        }
    }
    return best;
}

/* Returns how many were accepted; *p is the start prompt, then the last. */
static int search(size_t kind, rule_fn passes, prompt *p, uint64_t *seed)
{
    const prompt start = *p;
    int accepted = 0;
    for (int t = 0; t < ITERATIONS; t++) {
        prompt c[CANDIDATES];
        bool tried[CANDIDATES] = {false};
        double most = pmpo_mean(p->train, NULL, N_TRAIN) - 2 * FLOOR;
        int k;
        for (k = 0; k < CANDIDATES; k++) {
            c[k] = rewrite(p, kind, t, seed);
        }
        while ((k = next_best(c, tried, most)) >= 0
               && !passes(&start, p, &c[k])) {
            tried[k] = true;
        }
        if (k >= 0) {
            *p = c[k];
            accepted++;
        }
    }
    return accepted;
}

static void try_rule(size_t kind, size_t rule)
{
    uint64_t seed = 1;
    double change = 0, accepted = 0, worse = 0, far = 0;
    for (int r = 0; r < RUNS; r++) {
        prompt p = {.loss = 0};
        for (int i = 0; i < N_TRAIN; i++) {
            p.train[i] = 2 + normal(&seed);
        }
        for (int i = 0; i < N_VAL; i++) {
            p.val[i] = 2 + normal(&seed);
        }
        accepted += search(kind, rules[rule].passes, &p, &seed);
        change += p.loss;
        worse += p.loss > 1e-9;
        far += p.loss > 0.1;
    }
    printf("{\"search\":\"%s\",\"rule\":\"%s\",\"runs\":%d,\"true_change\":%.4f,"
           "\"truly_worse\":%.3f,\"worse_by_0.1\":%.3f,\"accepted\":%.1f}\n",
           searches[kind].name, rules[rule].name, RUNS, change / RUNS,
           worse / RUNS, far / RUNS, accepted / RUNS);
    fflush(stdout);
}

int main(void)
{
    for (size_t k = 0; k < sizeof(searches) / sizeof(searches[0]); k++) {
        for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
            try_rule(k, r);
        }
    }
    return 0;
}
