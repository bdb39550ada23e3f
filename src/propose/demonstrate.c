/* demonstrate.c: training examples behind the incumbent as demonstrations.
 *
 * They are chosen by what they are for: an example is worth how much its being
 * there lowers the loss on other examples. The candidates are examples of the
 * end of the training part, tried on those of its beginning: each alone, the
 * better half of them on more examples, and then greedily one after the other
 * behind those chosen, and those that the incumbent has. A gain seems to shrink as others are there (it nearly
 * always does), so an old one is taken as a bound and only the first in line is
 * tried again: lazy evaluation (Minoux 1978).
 *
 * Where the known answers are a few labels, one is shown again only once all
 * others are there, and a round of them that is begun is made complete where
 * there is room, also if one of it gains nothing: examples of a single label
 * lower the loss by what they say about the label, not about the task. */
#include "text/demos.h"

#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "propose/propose.h"

#define MOST_CANDIDATES                                                        \
    12 /* each is scored on several examples: 12 x 12 scorings at most */
#define MOST_TRIED_ON 12
#define FIRST_TRIED_ON 4 /* all candidates */
#define LEAST_KEPT 4     /* of these */
#define MOST_PROPOSED 3

typedef struct candidate {
    pmpo_demo demo;
    double gain; /* nats on the examples tried on; a bound unless `fresh` */
    bool fresh, chosen;
    size_t label; /* the same for equal outputs */
} candidate;

typedef struct choice {
    const pmpo_scene *s;
    candidate of[MOST_CANDIDATES];
    size_t n;
    size_t n_labels;
    bool labels; /* the outputs are some labels again and again */
    size_t tried_on;
    pmpo_demos best; /* the instruction and what was chosen so far */
    double loss;     /* with these */
} choice;

/* ---- candidates -------------------------------------------------------------- */

static size_t label_of(choice *c, pmpo_str output)
{
    for (size_t i = 0; i < c->n; i++) {
        if (pmpo_str_eq(c->of[i].demo.output, output)) {
            return c->of[i].label;
        }
    }
    return c->n_labels++;
}

static int offer(choice *c, const pmpo_example *e, pmpo_error *err)
{
    const pmpo_demo d = {pmpo_str_trim(e->input), pmpo_str_trim(e->target)};
    bool yes = false;
    if (e->n_messages > 0) { /* a whole chat is none */
        return 0;
    }
    if (pmpo_demos_can_hold(c->s->o->demos_as, d, &yes) < 0) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; yes && i < c->n; i++) {
        yes = !pmpo_str_eq(c->of[i].demo.input, d.input);
    }
    for (size_t i = 0; yes && i < c->best.n; i++) {
        yes = !pmpo_str_eq(c->best.of[i].input, d.input);
    }
    if (yes) {
        c->of[c->n++] = (candidate){.demo = d, .label = label_of(c, d.output)};
    }
    return 0;
}

/* Each known answer stands there twice or more, on the average. */
static bool has_labels(const pmpo_data *train)
{
    size_t n = pmpo_data_count(train), distinct = 0;
    for (size_t i = 0; i < n; i++) {
        bool new = true;
        for (size_t k = 0; new &&k < i; k++) {
            new = !pmpo_str_eq(pmpo_data_example(train, i)->target,
                               pmpo_data_example(train, k)->target);
        }
        distinct += new;
    }
    return 2 * distinct <= n;
}

size_t pmpo_least_demonstrations(const pmpo_data *train)
{
    return has_labels(train) ? 2 : 1;
}

/* At most half of the examples, from the end. */
static int gather(choice *c, pmpo_error *err)
{
    size_t all = pmpo_data_count(c->s->train), i = all;
    int rc = 0;
    c->labels = has_labels(c->s->train);
    while (rc == 0 && i > (all + 1) / 2 && c->n < MOST_CANDIDATES) {
        rc = offer(c, pmpo_data_example(c->s->train, --i), err);
    }
    c->tried_on = i < MOST_TRIED_ON ? i : MOST_TRIED_ON;
    return rc;
}

/* ---- losses -------------------------------------------------------------------- */

/* The instruction with demonstrations `d` and, unless it is NULL, `more`. */
static pmpo_str written(const choice *c, const pmpo_demos *d,
                        const pmpo_demo *more)
{
    pmpo_demos all = *d;
    pmpo_buf b = {0};
    if (more) {
        all.of[all.n++] = *more;
    }
    pmpo_demos_write(&all, &b);
    pmpo_str text = b.failed ? (pmpo_str){NULL, 0}
                             : pmpo_arena_str(c->s->scratch, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return text;
}

static int loss_of(const choice *c, const pmpo_demos *d, double *loss,
                   pmpo_error *err)
{
    pmpo_str text = written(c, d, NULL);
    return text.ptr ? c->s->losses(c->s->ud, &text, 1, c->tried_on, loss, err)
                    : pmpo_fail_memory(err);
}

/* Tries the first n candidates behind those chosen, on `most` examples, all
 * together: losses[0..n). */
static int try_all(const choice *c, size_t n, size_t most, double *losses,
                   pmpo_error *err)
{
    pmpo_str texts[MOST_CANDIDATES];
    for (size_t i = 0; i < n; i++) {
        texts[i] = written(c, &c->best, &c->of[i].demo);
        if (!texts[i].ptr) {
            return pmpo_fail_memory(err);
        }
    }
    return c->s->losses(c->s->ud, texts, n, most, losses, err);
}

/* ---- choosing -------------------------------------------------------------------- */

/* The place of the lowest loss among of[from..n) whose label no kept one has,
 * of any where all have; n: none. */
static size_t best_of(const choice *c, const double *losses, size_t from,
                      bool new_label)
{
    size_t best = c->n;
    for (size_t i = from; i < c->n; i++) {
        bool taken = false;
        for (size_t k = 0; new_label && k < from; k++) {
            taken |= c->of[k].label == c->of[i].label;
        }
        if (!taken && (best == c->n || losses[i] < losses[best])) {
            best = i;
        }
    }
    return best;
}

/* The better half of the candidates, each alone, by a few examples; and the
 * best of each label. */
static int thin_out(choice *c, pmpo_error *err)
{
    double losses[MOST_CANDIDATES];
    size_t keep = (c->n + 1) / 2, least = c->labels ? c->n_labels : 0;
    keep = keep > LEAST_KEPT ? keep : LEAST_KEPT;
    keep = keep > least ? keep : least;
    if (keep >= c->n || FIRST_TRIED_ON >= c->tried_on) {
        return 0;
    }
    int rc = try_all(c, c->n, FIRST_TRIED_ON, losses, err);
    for (size_t k = 0; rc == 0 && k < keep; k++) {
        size_t best = best_of(c, losses, k, k < least);
        candidate x = c->of[k];
        double y = losses[k];
        c->of[k] = c->of[best];
        losses[k] = losses[best];
        c->of[best] = x;
        losses[best] = y;
    }
    c->n = rc == 0 ? keep : c->n;
    return rc;
}

static int try_alone(choice *c, pmpo_error *err)
{
    double losses[MOST_CANDIDATES];
    int rc = try_all(c, c->n, c->tried_on, losses, err);
    for (size_t i = 0; rc == 0 && i < c->n; i++) {
        c->of[i].gain = c->loss - losses[i];
        c->of[i].fresh = true;
    }
    return rc;
}

/* How many of those chosen have this output. */
static size_t times_shown(const choice *c, pmpo_str output)
{
    size_t n = 0;
    for (size_t i = 0; i < c->best.n; i++) {
        n += pmpo_str_eq(c->best.of[i].output, output);
    }
    return n;
}

/* Is no other label shown less often? */
static bool is_due(const choice *c, const candidate *x)
{
    size_t n = times_shown(c, x->demo.output);
    for (size_t i = 0; c->labels && i < c->n; i++) {
        if (times_shown(c, c->of[i].demo.output) < n) {
            return false;
        }
    }
    return true;
}

static candidate *first_in_line(choice *c)
{
    candidate *first = NULL;
    for (size_t i = 0; i < c->n; i++) {
        if (!c->of[i].chosen && is_due(c, &c->of[i]) &&
            (!first || c->of[i].gain > first->gain)) {
            first = &c->of[i];
        }
    }
    return first;
}

/* What the next one has to gain: more than noise; anything where a round of the
 * labels is not complete, since only all of them say what the task is. */
static double least_gain(const choice *c)
{
    if (c->labels && c->best.n % c->n_labels != 0) {
        return -INFINITY;
    }
    return isnan(c->s->noise_floor) ? 0 : c->s->noise_floor;
}

/* Adds the one that gains most behind those chosen. *added false: none gains. */
static int add_one(choice *c, bool *added, pmpo_error *err)
{
    double least = least_gain(c);
    candidate *x = first_in_line(c);
    *added = false;
    while (x && !x->fresh && x->gain > least) {
        pmpo_demos with = c->best;
        double loss;
        with.of[with.n++] = x->demo;
        int rc = loss_of(c, &with, &loss, err);
        if (rc < 0) {
            return rc;
        }
        x->gain = c->loss - loss;
        x->fresh = true;
        x = first_in_line(c);
    }
    if (x && x->gain > least) {
        c->best.of[c->best.n++] = x->demo;
        c->loss -= x->gain;
        x->chosen = true;
        *added = true;
    }
    for (size_t i = 0; i < c->n; i++) {
        c->of[i].fresh = false;
    }
    return 0;
}

static int choose(choice *c, pmpo_error *err)
{
    size_t most = (size_t)c->s->o->demos;
    bool added = true;
    int rc = loss_of(c, &c->best, &c->loss, err);
    rc = rc < 0 ? rc : thin_out(c, err);
    rc = rc < 0 ? rc : try_alone(c, err);
    while (rc == 0 && added && c->best.n < most) {
        rc = add_one(c, &added, err);
    }
    return rc;
}

/* The last in front, if that is better. */
static int order(choice *c, pmpo_error *err)
{
    pmpo_demos back = c->best;
    double loss;
    if (back.n < 2) {
        return 0;
    }
    for (size_t i = 0; i < back.n; i++) {
        back.of[i] = c->best.of[back.n - 1 - i];
    }
    int rc = loss_of(c, &back, &loss, err);
    if (rc == 0 && loss < c->loss) {
        c->best = back;
        c->loss = loss;
    }
    return rc;
}

/* ---- proposing ------------------------------------------------------------------------ */

static int add(const pmpo_scene *s, const pmpo_demos *d, pmpo_proposals *out,
               pmpo_error *err)
{
    pmpo_buf b = {0};
    pmpo_demos_write(d, &b);
    pmpo_str prompt = b.failed ? (pmpo_str){NULL, 0}
                               : pmpo_arena_str(out->mem, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    if (!prompt.ptr) {
        return pmpo_fail_memory(err);
    }
    if (pmpo_scene_tried(s, prompt)) {
        return 0;
    }
    pmpo_proposal *p = pmpo_proposals_add(out);
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->prompt = prompt;
    p->whole = true;
    p->parents[0] = s->incumbent_id;
    p->n_parents = 1;
    return 0;
}

/* All that were chosen, in the better order; without the last half of the new
 * ones; with the first of them. */
static int propose(const choice *c, const pmpo_demos *chosen, size_t before,
                   pmpo_proposals *out, pmpo_error *err)
{
    pmpo_demos some = *chosen;
    size_t new = chosen->n - before;
    size_t least = before > 0 ? 1 : pmpo_least_demonstrations(c->s->train);
    if (chosen->n < least) {
        return 0;
    }
    int rc = new > 0 ? add(c->s, &c->best, out, err) : 0;
    for (size_t n = new / 2; rc == 0 && n >= least; n = n > 1) {
        some.n = before + n;
        rc = add(c->s, &some, out, err);
    }
    return rc;
}

int pmpo_propose_demonstrations(const pmpo_scene *s, pmpo_proposals *out,
                                pmpo_error *err)
{
    choice c = {.s = s};
    pmpo_demos_read(s->incumbent, &c.best);
    size_t before = c.best.n;
    if (before == 0) {
        c.best.instruction = pmpo_str_trim(s->instruction);
        c.best.as = s->o->demos_as;
    }
    int rc = (int)before < s->o->demos ? gather(&c, err) : 0;
    if (rc < 0 || c.n == 0 || c.tried_on == 0) {
        return rc;
    }
    rc = choose(&c, err);
    const pmpo_demos chosen = c.best;
    rc = rc < 0 ? rc : order(&c, err);
    return rc < 0 ? rc : propose(&c, &chosen, before, out, err);
}

/* The trials are on half of the examples at most, a third of the singles. */
size_t pmpo_most_demonstrations(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 || o->demos == 0
               ? 0
               : MOST_PROPOSED + MOST_CANDIDATES / 2 + (size_t)o->demos;
}
