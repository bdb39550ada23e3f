/* told_apart.c: does a prompt help to tell the labels of one example from those of
 * the next, or does it only move them all? */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "propose/labels.h"
#include "search/mask.h"
#include "search/state.h"
#include "stats/discern.h"

/* The validation part under one prompt. */
typedef struct table {
    double *nats;   /* [n][k], minus the labels' nats */
    size_t *right;  /* [n] */
    size_t *counts; /* [k] */
    double *out;    /* [n] */
    size_t n, k;
} table;

static int make_table(const pmpo_labels *l, size_t n, pmpo_arena *mem, table *t,
                      pmpo_error *err)
{
    *t = (table){.n = n, .k = l->n};
    t->nats = pmpo_arena_alloc(mem, n * l->n, sizeof(*t->nats));
    t->right = pmpo_arena_alloc(mem, n, sizeof(*t->right));
    t->counts = pmpo_arena_alloc(mem, l->n, sizeof(*t->counts));
    t->out = pmpo_arena_alloc(mem, n, sizeof(*t->out));
    return t->nats && t->right && t->counts && t->out ? 0
                                                      : pmpo_fail_memory(err);
}

/* Every label's nats, in the labels' order; false: one wasn't scored. */
static bool fill_row(const pmpo_labels *l, const pmpo_example_score *x,
                     double *row, size_t *right)
{
    size_t n = 0;
    for (size_t j = 0; j < l->n; j++) {
        row[j] = NAN;
    }
    for (size_t i = 0; i < x->n_targets; i++) {
        size_t j = pmpo_str_index(l->of, l->n, x->targets[i].text);
        if (j < l->n && isnan(row[j])) {
            row[j] = -x->targets[i].nats;
            n += isfinite(row[j]);
        }
    }
    *right = x->n_targets > 0 ? pmpo_str_index(l->of, l->n, x->targets[0].text)
                              : l->n;
    return n == l->n && *right < l->n;
}

/* Sets the losses of *s to what its scores of labels tell of each example. */
static int discern(const pmpo_labels *l, pmpo_arena *mem, pmpo_prompt_score *s,
                   bool *known, pmpo_error *err)
{
    table t = {.n = 0};
    pmpo_example_score *x = pmpo_arena_alloc(mem, s->n_examples, sizeof(*x));
    int rc = x ? make_table(l, s->n_examples, mem, &t, err)
               : pmpo_fail_memory(err);
    *known = true;
    for (size_t i = 0; rc == 0 && *known && i < t.n; i++) {
        *known = fill_row(l, &s->examples[i], t.nats + i * t.k, &t.right[i]);
    }
    if (rc < 0 || !*known) {
        return rc;
    }
    pmpo_discern(t.nats, t.right, t.n, t.k, t.counts, t.out);
    memcpy(x, s->examples, t.n * sizeof(*x));
    for (size_t i = 0; i < t.n; i++) {
        x[i].loss = t.out[i];
        x[i].weight = 1; /* as in the fit: weights are of the mean loss alone */
    }
    s->examples = x;
    return 0;
}

/* PMPO_ETOOLONG: an option doesn't fit. */
static int score(pmpo_state *st, int id, const pmpo_labels *l, pmpo_arena *mem,
                 pmpo_prompt_score *out, bool *known, pmpo_error *err)
{
    pmpo_result r;
    pmpo_score_context c = pmpo_context(st, "validation", id);
    c.whole = NULL; /* the part's losses are on record */
    int rc = pmpo_scorer_score(st->validation_all, st->rows[id].prompt, &c, mem,
                               &r, err);
    if (rc < 0) {
        return rc;
    }
    *out = r.score;
    return discern(l, mem, out, known, err);
}

/* Have all examples of the part the same options? */
static int labels_of(const pmpo_data *d, pmpo_arena *mem, pmpo_labels *l,
                     pmpo_error *err)
{
    int rc = pmpo_labels_read(d, NULL, mem, l, err);
    if (rc == 0 && l->n > 0 && l->of != pmpo_data_example(d, 0)->options) {
        l->n = 0; /* targets that repeat: no other is scored */
    }
    return rc;
}

int pmpo_tells_apart(pmpo_state *st, int other, int id, pmpo_interval *gain,
                     pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_labels l = {.n = 0};
    pmpo_prompt_score a = {0}, b = {0};
    bool known = false;
    *gain = (pmpo_interval){NAN, NAN, NAN};
    int rc = st->validation_all ? labels_of(st->in->validation, &mem, &l, err)
                                : 0;
    if (rc == 0 && l.n > 0) {
        rc = score(st, other, &l, &mem, &a, &known, err);
    }
    if (rc == 0 && known) {
        rc = score(st, id, &l, &mem, &b, &known, err);
    }
    if (rc == 0 && known) {
        double *diff, *weights;
        size_t n;
        rc = pmpo_paired_losses(&a, &b, &mem, &diff, &weights, &n, err);
        *gain = rc == 0 ? pmpo_mean_interval(diff, weights, n) : *gain;
    }
    pmpo_arena_release(&mem);
    return rc == PMPO_ETOOLONG ? 0 : rc;
}
