/* aa.c: how often a search among rewordings without meaning claims a gain.
 *
 *     aa
 *     pmpo score --json -m MODEL -d DATA -p START -p REWORDING... | aa -
 *
 * An A/A experiment: no candidate is better or worse than the start prompt in
 * truth, each only moves every example's loss by chance. Searches of 20
 * iterations with 12 candidates are simulated with the program's own rule of
 * acceptance (search/accept.h), on the training and validation parts; what a
 * run then says is by the paired 95 % interval on the test part, as its verdict
 * is. The first draws the moves; the second takes measured ones: those of the
 * rewordings of a model's real losses, each with a sign at random, so that
 * their sizes and tails are real and their truth is known. Prints a JSON row a
 * case: how often another prompt than the start was accepted, and how often it
 * was said to be better or worse. Exits with 1 when "better" is said more often
 * than the 2.5 % that such an interval leaves, beyond what chance may do. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "search/accept.h"
#include "stats/stats.h"

#define CANDIDATES 12
#define ITERATIONS 20
#define RUNS 4000
#define FLOOR 0.002  /* noise floor, nats; twice that must be gained */
#define STATED 0.025 /* of the claims "better" that may be false */
#define MOST 200     /* examples of a part */

enum { TRAIN, VAL, TEST, N_PARTS };

/* Losses of one prompt on the examples of the three parts. */
typedef struct prompt {
    double loss[N_PARTS][MOST];
} prompt;

typedef struct measured {
    size_t n_rewordings, n_examples;
    double *move; /* [n_rewordings][n_examples]: loss less the start's */
} measured;

typedef struct aa_case {
    const char *name;
    size_t n[N_PARTS];
    bool heavy;        /* moves: normal, or a few large ones among small */
    const measured *m; /* NULL: drawn */
} aa_case;

/* ---- moves --------------------------------------------------------------- */

static double normal(uint64_t *seed)
{
    double sum = -6;
    for (int k = 0; k < 12; k++) {
        sum += pmpo_random_unit(seed);
    }
    return sum;
}

static double drawn_move(const aa_case *c, uint64_t *seed)
{
    double x = 0.1 * normal(seed);
    return c->heavy && pmpo_random_unit(seed) < 0.05 ? 20 * x : x;
}

/* `p` reworded: every example moves by chance, and keeps what moved before.
 * place[i]: the measured example that stands for the i-th of all parts. */
static prompt reword(const aa_case *c, const prompt *p, const size_t *place,
                     uint64_t *seed)
{
    prompt r = *p;
    size_t which = c->m ? pmpo_random(seed) % c->m->n_rewordings : 0, at = 0;
    for (int part = 0; part < N_PARTS; part++) {
        for (size_t i = 0; i < c->n[part]; i++, at++) {
            double x = c->m ? c->m->move[which * c->m->n_examples + place[at]]
                            : drawn_move(c, seed);
            bool flip = c->m && pmpo_random(seed) & 1;
            r.loss[part][i] += flip ? -x : x;
        }
    }
    return r;
}

/* ---- one search ---------------------------------------------------------- */

typedef struct search {
    const aa_case *c;
    prompt start, incumbent, candidates[CANDIDATES];
} search;

static double mean(const search *s, const prompt *p, int part)
{
    return pmpo_mean(p->loss[part], NULL, s->c->n[part]);
}

static void differences(const search *s, const prompt *a, const prompt *b,
                        int part, double *out)
{
    for (size_t i = 0; i < s->c->n[part]; i++) {
        out[i] = a->loss[part][i] - b->loss[part][i];
    }
}

static int validate(void *ud, size_t i, pmpo_validation *out, pmpo_error *err)
{
    (void)err;
    const search *s = ud;
    const prompt *x = &s->candidates[i];
    double diff[MOST];
    differences(s, &s->start, x, VAL, diff);
    *out = (pmpo_validation){mean(s, &s->start, VAL), mean(s, &s->incumbent, VAL),
                             mean(s, x, VAL),
                             pmpo_mean_error(diff, NULL, s->c->n[VAL])};
    return 0;
}

static void iterate(search *s, const size_t *place, uint64_t *seed)
{
    pmpo_accept_entry e[CANDIDATES];
    memset(e, 0, sizeof(e));
    for (size_t k = 0; k < CANDIDATES; k++) {
        s->candidates[k] = reword(s->c, &s->incumbent, place, seed);
        e[k].loss = mean(s, &s->candidates[k], TRAIN);
        e[k].lower_bound = NAN;
        e[k].considered = true;
    }
    const pmpo_accept_rule rule = {.has_validation = true,
                                   .incumbent_loss = mean(s, &s->incumbent, TRAIN),
                                   .noise_floor = FLOOR};
    pmpo_decision d;
    if (pmpo_accept(&rule, e, CANDIDATES, validate, s, &d, NULL) == 0
        && d.accepted != PMPO_ACCEPT_NONE) {
        s->incumbent = s->candidates[d.accepted];
    }
}

static void shuffle(size_t *order, size_t n, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (size_t i = n; i-- > 1;) {
        size_t k = pmpo_random(seed) % (i + 1), t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
}

/* How the test part has it: -1 worse, 0 can't be told, 1 better. */
static int run(search *s, bool *changed, uint64_t *seed)
{
    size_t *place = NULL;
    if (s->c->m) {
        place = calloc(s->c->m->n_examples, sizeof(*place));
        shuffle(place, s->c->m->n_examples, seed);
    }
    for (int part = 0; part < N_PARTS; part++) {
        for (size_t i = 0; i < s->c->n[part]; i++) {
            s->start.loss[part][i] = 2 + normal(seed);
        }
    }
    s->incumbent = s->start;
    for (int t = 0; t < ITERATIONS; t++) {
        iterate(s, place, seed);
    }
    free(place);
    double diff[MOST];
    differences(s, &s->start, &s->incumbent, TEST, diff);
    *changed = memcmp(&s->start, &s->incumbent, sizeof(s->start)) != 0;
    pmpo_interval gain = pmpo_mean_interval(diff, NULL, s->c->n[TEST]);
    return !*changed ? 0 : (gain.low > 0) - (gain.high < 0);
}

/* Returns 1 when "better" is said too often. */
static int try_case(const aa_case *c)
{
    static search s;
    uint64_t seed = 1;
    size_t accepted = 0, better = 0, worse = 0;
    s.c = c;
    for (int r = 0; r < RUNS; r++) {
        bool changed;
        int said = run(&s, &changed, &seed);
        accepted += changed;
        better += said > 0;
        worse += said < 0;
    }
    pmpo_interval share = pmpo_wilson(better, RUNS);
    bool bad = share.low > STATED;
    printf("{\"case\":\"%s\",\"train\":%zu,\"val\":%zu,\"test\":%zu,\"runs\":%d,"
           "\"accepted\":%.4f,\"said_better\":%.4f,\"low\":%.4f,\"high\":%.4f,"
           "\"said_worse\":%.4f,\"stated\":%.3f,\"ok\":%s}\n",
           c->name, c->n[TRAIN], c->n[VAL], c->n[TEST], RUNS,
           (double)accepted / RUNS, share.value, share.low, share.high,
           (double)worse / RUNS, STATED, bad ? "false" : "true");
    fflush(stdout);
    return bad;
}

/* ---- measured losses ----------------------------------------------------- */

static int read_measured(measured *m)
{
    json_error_t why;
    json_t *doc = json_loadf(stdin, 0, &why);
    json_t *prompts = json_object_get(doc, "prompts"), *p, *e;
    json_t *first = json_object_get(json_array_get(prompts, 0), "examples");
    size_t n = json_array_size(prompts), i, k;
    m->n_examples = json_array_size(first);
    m->n_rewordings = n > 0 ? n - 1 : 0;
    m->move = calloc(n * m->n_examples + 1, sizeof(*m->move));
    json_array_foreach(prompts, i, p) {
        json_array_foreach(json_object_get(p, "examples"), k, e) {
            double start = json_number_value(
                json_object_get(json_array_get(first, k), "loss"));
            if (i > 0 && k < m->n_examples) {
                m->move[(i - 1) * m->n_examples + k] =
                    json_number_value(json_object_get(e, "loss")) - start;
            }
        }
    }
    json_decref(doc);
    return m->n_rewordings > 0 ? 0 : -1;
}

static int try_measured(void)
{
    measured m = {0};
    int bad = read_measured(&m);
    const aa_case cases[] = {
        {"measured", {50, 25, 50}, false, &m},
        {"measured, few examples", {20, 12, 24}, false, &m},
    };
    if (bad < 0 || m.n_examples < 125) {
        fprintf(stderr, "aa: standard input must be what pmpo score --json prints "
                        "for two prompts or more on 125 examples or more\n");
        free(m.move);
        return 2;
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bad |= try_case(&cases[i]);
    }
    free(m.move);
    return bad;
}

int main(int argc, char **argv)
{
    static const aa_case cases[] = {
        {"normal", {50, 25, 50}, false, NULL},
        {"normal, few examples", {20, 12, 24}, false, NULL},
        {"heavy tails", {50, 25, 50}, true, NULL},
        {"heavy tails, few examples", {20, 12, 24}, true, NULL},
    };
    if (argc == 2 && !strcmp(argv[1], "-")) {
        return try_measured();
    }
    int bad = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bad |= try_case(&cases[i]);
    }
    return bad;
}
