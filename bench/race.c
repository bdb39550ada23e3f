/* race.c: what giving candidates up early saves, and what it costs.
 *
 *     pmpo score --json -m MODEL -d DATA -p START -p CANDIDATE... | race [N]
 *     race made-up
 *
 * The first reads the losses of all prompts on all examples and replays the
 * search's rule on them many times, with the examples shuffled anew each time
 * and cut into blocks: the first prompt is the incumbent, the others are scored
 * in order, the best one with a gain is taken at the end. With N, each replay
 * draws N of the examples with replacement, as a larger training part might
 * have. Prints, for each way of giving up, the share of the work that is left
 * and how often the outcome was another one than that of scoring everything.
 *
 * "least" is the work of the exact rule where each candidate's own costliest
 * blocks come first, which nobody can know beforehand.
 *
 * The second prints a JSON row for each of some hard cases, candidates that
 * gain on a few examples only: how often they are given up. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "score/prune.h"

#define BLOCK 5
#define REPLAYS 1000
#define ALPHA 0.05

typedef struct matrix {
    size_t n_prompts, n_examples;
    double *loss; /* [n_prompts][n_examples] */
} matrix;

static double *row(const matrix *m, size_t p)
{
    return m->loss + p * m->n_examples;
}

static int read_matrix(matrix *m)
{
    json_error_t why;
    json_t *doc = json_loadf(stdin, 0, &why), *prompts, *p, *examples, *e;
    size_t i, k;
    prompts = json_object_get(doc, "prompts");
    m->n_prompts = json_array_size(prompts);
    examples = json_object_get(json_array_get(prompts, 0), "examples");
    m->n_examples = json_array_size(examples);
    if (m->n_prompts < 2 || m->n_examples < 2 * BLOCK) {
        fprintf(stderr, "race: standard input must be what pmpo score --json "
                        "prints for two prompts or more\n");
        json_decref(doc);
        return -1;
    }
    m->loss = calloc(m->n_prompts * m->n_examples, sizeof(*m->loss));
    json_array_foreach(prompts, i, p) {
        json_array_foreach(json_object_get(p, "examples"), k, e) {
            row(m, i)[k] = json_number_value(json_object_get(e, "loss"));
        }
    }
    json_decref(doc);
    return 0;
}

/* ---- one replay ---------------------------------------------------------------- */

typedef struct replay {
    const matrix *m;
    pmpo_example_score *rival, *candidate; /* shuffled, by block order */
    size_t *shuffle; /* [n] which examples, in which order */
    size_t n;
} replay;

static double mean(const replay *r, size_t p)
{
    double sum = 0;
    for (size_t i = 0; i < r->n; i++) {
        sum += row(r->m, p)[r->shuffle[i]];
    }
    return sum / (double)r->n;
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

static void draw(replay *r, uint64_t *seed)
{
    size_t all = r->m->n_examples;
    if (r->n == all) {
        shuffle(r->shuffle, r->n, seed);
    }
    for (size_t i = 0; r->n != all && i < r->n; i++) {
        r->shuffle[i] = pmpo_random(seed) % all;
    }
}

static void deal(replay *r, size_t p)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t at = r->shuffle[i];
        r->rival[i] = (pmpo_example_score){.loss = row(r->m, 0)[at],
                                           .weight = 1};
        r->candidate[i] = (pmpo_example_score){.loss = row(r->m, p)[at],
                                               .weight = 1};
    }
}

/* Blocks to score until the sum passes the incumbent's, in an order made by
 * what `by` costs (NULL: as they are). */
static size_t exact_blocks(const replay *r, const pmpo_example_score *by)
{
    size_t n = r->n, blocks = (n + BLOCK - 1) / BLOCK;
    size_t begin[blocks + 1], order[blocks];
    const pmpo_prompt_score p = {.examples = by, .n_examples = n};
    double total = 0, sum = 0;
    for (size_t b = 0; b <= blocks; b++) {
        begin[b] = b * BLOCK < n ? b * BLOCK : n;
    }
    for (size_t i = 0; i < n; i++) {
        total += r->rival[i].loss;
    }
    pmpo_block_order(begin, blocks, by ? &p : NULL, order);
    for (size_t b = 0; b < blocks; b++) {
        for (size_t i = begin[order[b]]; i < begin[order[b] + 1]; i++) {
            sum += r->candidate[i].loss;
        }
        if (sum > total) {
            return b + 1;
        }
    }
    return blocks;
}

/* The same with the paired race on top; *lost says whether it ended it. */
static size_t paired_blocks(const replay *r, bool *lost)
{
    size_t n = r->n, blocks = (n + BLOCK - 1) / BLOCK;
    size_t exact = exact_blocks(r, NULL);
    const pmpo_prompt_score p = {.examples = r->rival, .n_examples = n};
    *lost = false;
    for (size_t b = 1; b < exact; b++) {
        if (pmpo_race_is_lost(r->candidate, &p, b * BLOCK, n, ALPHA, 0)) {
            *lost = true;
            return b;
        }
    }
    return exact < blocks ? exact : blocks;
}

/* ---- all --------------------------------------------------------------------------- */

typedef struct tally {
    double plain, hinted, least, paired; /* blocks */
    double all;
    size_t winners, lost; /* candidates with a gain; of these given up */
    size_t other;         /* replays with another outcome */
} tally;

static void play(replay *r, tally *t)
{
    const matrix *m = r->m;
    size_t best = 0, raced = 0;
    for (size_t p = 1; p < m->n_prompts; p++) {
        bool lost;
        deal(r, p);
        t->all += (double)((r->n + BLOCK - 1) / BLOCK);
        t->plain += (double)exact_blocks(r, NULL);
        t->hinted += (double)exact_blocks(r, r->rival);
        t->least += (double)exact_blocks(r, r->candidate);
        t->paired += (double)paired_blocks(r, &lost);
        bool wins = mean(r, p) < mean(r, 0);
        t->winners += wins;
        t->lost += wins && lost;
        best = mean(r, p) < mean(r, best) ? p : best;
        raced = !lost && mean(r, p) < mean(r, raced) ? p : raced;
    }
    t->other += best != raced;
}

static int replay_matrix(size_t n)
{
    matrix m;
    tally t = {0};
    uint64_t seed = 1;
    if (read_matrix(&m) < 0) {
        return 2;
    }
    replay r = {.m = &m, .n = n ? n : m.n_examples};
    r.rival = calloc(r.n, sizeof(*r.rival));
    r.candidate = calloc(r.n, sizeof(*r.candidate));
    r.shuffle = calloc(r.n, sizeof(*r.shuffle));
    int replays = r.n > 100 ? REPLAYS / 10 : REPLAYS;
    for (int i = 0; i < replays; i++) {
        draw(&r, &seed);
        play(&r, &t);
    }
    printf("%zu candidates, %zu examples in blocks of %d, %d replays\n",
           m.n_prompts - 1, r.n, BLOCK, replays);
    printf("work saved: exact %.1f %%, exact with the costliest blocks first "
           "%.1f %%, at most %.1f %%\n", 100 * (1 - t.plain / t.all),
           100 * (1 - t.hinted / t.all), 100 * (1 - t.least / t.all));
    printf("paired race at %.0f %%: saved %.1f %%; %zu of %zu candidates with "
           "a gain given up (%.2f %%), another outcome in %.2f %% of replays\n",
           100 * ALPHA, 100 * (1 - t.paired / t.all), t.lost, t.winners,
           t.winners ? 100.0 * (double)t.lost / (double)t.winners : 0.0,
           100.0 * (double)t.other / replays);
    free(m.loss);
    free(r.rival);
    free(r.candidate);
    free(r.shuffle);
    return 0;
}

/* ---- hard cases ---------------------------------------------------------------------- */

/* Of n examples, n_gain cost the incumbent `high` and the candidate `gain`
 * less; the others cost the incumbent `low` and the candidate more: by `loss`,
 * or, where that is 0, by as much as leaves a gain of next to nothing. */
typedef struct hard_case {
    size_t n, n_gain;
    double high, gain, low, loss;
} hard_case;

static const hard_case hard_cases[] = {
    {50, 5, 2.5, 2, 2.5, 0.03},   {50, 3, 4.5, 4, 4.5, 0.03},
    {50, 5, 2, 2, 0.1, 0.03},     {50, 3, 4, 4, 0.1, 0.03},
    {50, 1, 4, 4, 0.5, 0},        {50, 2, 4, 4, 0.5, 0},
    {50, 5, 4, 4, 0.5, 0},        {50, 10, 1, 1, 1, 0},
    {50, 2, 1, 1, 1, 0},          {50, 25, 1, 1, 0.5, 0},
    {200, 2, 4, 4, 0.5, 0},       {200, 10, 4, 4, 0.5, 0},
    {200, 20, 1, 1, 1, 0},
};

/* The share of orders in which the candidate is given up. */
static double share_given_up(const hard_case *c, int times, uint64_t *seed)
{
    pmpo_example_score rival[c->n], candidate[c->n];
    size_t order[c->n], lost = 0, rest = c->n - c->n_gain;
    const pmpo_prompt_score p = {.examples = rival, .n_examples = c->n};
    double loss = c->loss > 0 ? c->loss
                              : (double)c->n_gain * c->gain / (double)rest
                                    - 1e-9;
    for (int t = 0; t < times; t++) {
        shuffle(order, c->n, seed);
        for (size_t i = 0; i < c->n; i++) {
            bool gains = order[i] < c->n_gain;
            double before = gains ? c->high : c->low;
            rival[i] = (pmpo_example_score){.loss = before, .weight = 1};
            candidate[i] = (pmpo_example_score){
                .loss = before + (gains ? -c->gain : loss), .weight = 1};
        }
        for (size_t n = BLOCK; n < c->n; n += BLOCK) {
            if (pmpo_race_is_lost(candidate, &p, n, c->n, ALPHA, 0)) {
                lost++;
                break;
            }
        }
    }
    return (double)lost / times;
}

static int try_hard_cases(void)
{
    uint64_t seed = 1;
    for (size_t i = 0; i < sizeof(hard_cases) / sizeof(*hard_cases); i++) {
        const hard_case *c = &hard_cases[i];
        printf("{\"examples\":%zu,\"gaining\":%zu,\"their_loss\":%g,"
               "\"gain\":%g,\"loss_of_others\":%g,\"worse_by\":%g,"
               "\"orders\":%d,\"given_up\":%.4f}\n", c->n, c->n_gain, c->high,
               c->gain, c->low, c->loss, 10 * REPLAYS,
               share_given_up(c, 10 * REPLAYS, &seed));
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "made-up")) {
        return try_hard_cases();
    }
    return replay_matrix(argc > 1 ? strtoul(argv[1], NULL, 10) : 0);
}
