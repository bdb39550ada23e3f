/* loss_check.c: can the run's loss be trusted for this model and task?
 *
 * A loss is only worth lowering where lower goes with more right answers. The
 * cheap look: accuracy by option likelihood on the training part, under the
 * start prompt, the fixed baselines and, at the end, those candidates whose
 * options were scored anyway. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "eval/matrix.h"
#include "search/state.h"

#define LEAST_PROMPTS 4 /* with 3, an order by chance agrees once in 6 times */

typedef struct check {
    pmpo_str *prompts;
    int *ids; /* of candidates; -1: a baseline */
    size_t n;
    pmpo_matrix table; /* of one loss and one metric; its n_prompts: those that
                        * could be scored */
    double least, most;   /* share of right options over the prompts */
    pmpo_arena mem;
} check;

/* ---- which prompts --------------------------------------------------------- */

static void add(check *c, pmpo_str prompt, int id)
{
    for (size_t i = 0; i < c->n; i++) {
        if (pmpo_str_eq(c->prompts[i], prompt)) {
            return;
        }
    }
    c->prompts[c->n] = prompt;
    c->ids[c->n++] = id;
}

/* Scored to the end with all options, so looking at it costs nothing; or
 * accepted, so it matters. */
static bool counts(const pmpo_state *st, const pmpo_candidate_row *r)
{
    bool scored = !isnan(r->loss) && r->fate != PMPO_FATE_DUPLICATE;
    return scored && (!st->own_train_all || r->fate == PMPO_FATE_ACCEPTED);
}

static int choose(const pmpo_state *st, bool at_end, check *c)
{
    size_t most = 1 + PMPO_N_BASELINES + st->n_rows;
    c->prompts = pmpo_arena_alloc(&c->mem, most, sizeof(*c->prompts));
    c->ids = pmpo_arena_alloc(&c->mem, most, sizeof(*c->ids));
    if (!c->prompts || !c->ids) {
        return PMPO_ENOMEM;
    }
    add(c, st->rows[0].prompt, 0);
    for (int i = 0; i < PMPO_N_BASELINES; i++) {
        const char *text;
        pmpo_baseline(i, &text);
        add(c, pmpo_str_of(text), -1);
    }
    for (size_t i = 1; at_end && i < st->n_rows; i++) {
        if (counts(st, &st->rows[i])) {
            add(c, st->rows[i].prompt, st->rows[i].id);
        }
    }
    return 0;
}

/* ---- scoring ------------------------------------------------------------------ */

/* A prompt counts with all that were made from it, and those from these. */
static size_t family_of(const pmpo_state *st, const check *c, size_t p)
{
    int id = c->ids[p];
    while (id >= 0 && st->rows[id].n_parents > 0) {
        id = st->rows[id].parents[0];
    }
    return id >= 0 ? (size_t)id : st->n_rows + p; /* a baseline: its own */
}

static void take(check *c, const pmpo_prompt_score *s, size_t family)
{
    pmpo_matrix *t = &c->table;
    size_t p = t->n_prompts++;
    t->families[p] = family;
    double *loss = pmpo_matrix_loss(t, 0, p);
    double *right = pmpo_matrix_right(t, 0, p);
    for (size_t i = 0; i < t->n_examples; i++) {
        const pmpo_example_score *x = &s->examples[i];
        loss[i] = x->loss;
        right[i] = x->picked < 0 ? NAN : x->correct;
    }
    pmpo_matrix_weigh(t, s);
    double share = (double)s->n_correct / (double)s->n_options;
    c->least = p == 0 || share < c->least ? share : c->least;
    c->most = p == 0 || share > c->most ? share : c->most;
}

static int score(pmpo_state *st, check *c, pmpo_error *err)
{
    c->table = (pmpo_matrix){.n_losses = 1, .n_metrics = 1, .n_prompts = c->n,
                             .n_examples = pmpo_data_count(st->in->train)};
    if (pmpo_matrix_make(&c->table, &c->mem) < 0) {
        return pmpo_fail_memory(err);
    }
    pmpo_arena mem = {0};
    pmpo_scoring *list = pmpo_arena_alloc(&mem, c->n, sizeof(*list));
    pmpo_stage(st, "checking the loss", 1, (int)c->n);
    for (size_t p = 0; list && p < c->n; p++) {
        list[p] = (pmpo_scoring){
            .scorer = st->train_all,
            .prompt = c->prompts[p],
            .context = pmpo_context(st, "check", c->ids[p]),
            .mem = &mem,
        };
        list[p].context.place = (int)p + 1;
    }
    int rc = list ? pmpo_score_together(list, c->n, NULL, NULL, err)
                  : pmpo_fail_memory(err);
    c->table.n_prompts = 0;
    for (size_t p = 0; rc == 0 && p < c->n; p++) {
        if (list[p].code == 0) { /* a baseline may not fit */
            take(c, &list[p].result.score, family_of(st, c, p));
        }
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- what is said ---------------------------------------------------------------- */

static const char *sentence(pmpo_state *st, const check *c,
                            const pmpo_agreement *v)
{
    size_t n = c->table.n_prompts;
    if (c->most == c->least) {
        return pmpo_say(st, "can't be told: %.0f %% of the options are right "
                        "under all of %zu prompts, the prompt doesn't matter "
                        "to the choice", 100 * c->most, n);
    }
    if (isnan(v->value)) {
        return pmpo_say(st, "can't be told: the loss is the same under all of "
                        "%zu prompts", n);
    }
    const char *what =
        v->alone == PMPO_ACCORD_AGREES ? "lower loss goes with more right "
                                         "options"
        : v->alone == PMPO_ACCORD_DISAGREES
            ? "don't trust a gain of loss here, it goes with fewer right options"
        : v->value > 0 ? "can't be told from so few prompts"
                       : "can't be told, but nothing speaks for it";
    size_t k = pmpo_matrix_families(&c->table);
    return pmpo_say(st, "%s: agreement %.2f (95 %% interval %.2f to %.2f) over "
                    "%zu prompts scored whole%s, chance does as well in "
                    "%.2g %%, with %.0f to %.0f %% right", what, v->value,
                    v->low, v->high, k, k < n ? ", rewrites of one together"
                                              : "",
                    100 * v->p, 100 * c->least, 100 * c->most);
}

static int conclude(pmpo_state *st, check *c, const char *name,
                    pmpo_error *err)
{
    if (pmpo_matrix_families(&c->table) < LEAST_PROMPTS) {
        return 0;
    }
    pmpo_agreement v;
    int rc = pmpo_matrix_agree(&c->table, 0, st->o.seed, &v);
    return rc < 0 ? pmpo_fail_memory(err)
                  : pmpo_store_put_text(st->in->store, name,
                                        pmpo_str_of(sentence(st, c, &v)), err);
}

/* Different inputs that have options into *out. */
static int count_inputs(const pmpo_data *d, size_t *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    size_t *group = pmpo_calloc(n, sizeof(*group));
    bool *seen = pmpo_calloc(n, sizeof(*seen));
    int rc = group && seen ? pmpo_data_groups(d, group, err)
                           : pmpo_fail_memory(err);
    *out = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (pmpo_data_example(d, i)->n_options >= 2 && !seen[group[i]]) {
            seen[group[i]] = true;
            ++*out;
        }
    }
    pmpo_free(group);
    pmpo_free(seen);
    return rc;
}

int pmpo_check_loss(pmpo_state *st, bool at_end, pmpo_error *err)
{
    size_t n_inputs;
    bool replayed = !at_end && st->decided >= 0; /* the run has it */
    if (st->o.no_loss_check || st->o.paper || st->o.iterations == 0 ||
        replayed) {
        return 0;
    }
    int rc = count_inputs(st->in->train, &n_inputs, err);
    if (rc < 0 || n_inputs == 0) {
        return rc;
    }
    const char *name = at_end ? "loss_check_end" : "loss_check_start";
    if (n_inputs < PMPO_AUDIT_LEAST_INPUTS) {
        const char *few =
            pmpo_say(st,
                     "can't be told from so few different inputs: "
                     "%zu, and it takes %d",
                     n_inputs, PMPO_AUDIT_LEAST_INPUTS);
        return pmpo_store_put_text(st->in->store, name, pmpo_str_of(few), err);
    }
    check c = {0};
    rc = choose(st, at_end, &c) < 0 ? pmpo_fail_memory(err)
                                    : score(st, &c, err);
    rc = rc < 0 ? rc : conclude(st, &c, name, err);
    pmpo_arena_release(&c.mem);
    return rc;
}
