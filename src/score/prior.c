/* prior.c: see prior.h. Uses a scorer of its own on a generated set. */
#include "score/prior.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "model/render.h"

#define CONTENT_FREE "N/A"

/* A distinct question: the first ask that puts it, and where it was asked. */
typedef struct entry {
    const pmpo_prior_ask *ask;
    size_t index; /* of the ask */
    bool placed;  /* the prompt stands in the question */
} entry;

struct pmpo_prior {
    pmpo_data *data; /* an example a distinct question */
    pmpo_scorer *scorer;
    size_t *which; /* [n_asks]: the ask's example in `data` */
    size_t n;
    pmpo_arena mem;
};

/* ---- which asks are the same ------------------------------------------------- */

/* The message with the question: the user's last. */
static size_t asking(const pmpo_example *e)
{
    for (size_t i = e->n_messages; i > 0; i--) {
        if (pmpo_str_eq(e->messages[i - 1].role, PMPO_STR("user"))) {
            return i - 1;
        }
    }
    return e->n_messages - 1;
}

static bool question_has_place(const pmpo_example *e)
{
    pmpo_str s = e->n_messages ? e->messages[asking(e)].content : e->input;
    return pmpo_str_find(s, PMPO_PROMPT_PLACE, 0) != SIZE_MAX;
}

/* Compares the messages around the questions of two examples; 0: equal. */
static int by_surroundings(const pmpo_example *a, const pmpo_example *b)
{
    if (a->n_messages != b->n_messages) {
        return a->n_messages < b->n_messages ? -1 : 1;
    }
    size_t here = a->n_messages ? asking(a) : 0;
    size_t there = b->n_messages ? asking(b) : 0;
    int c = (here > there) - (here < there);
    for (size_t i = 0; c == 0 && i < a->n_messages; i++) {
        const pmpo_message *x = &a->messages[i], *y = &b->messages[i];
        c = pmpo_str_cmp(x->role, y->role);
        c = c || i == here ? c : pmpo_str_cmp(x->content, y->content);
    }
    return c;
}

static int by_question(const void *a, const void *b)
{
    const pmpo_prior_ask *x = ((const entry *)a)->ask;
    const pmpo_prior_ask *y = ((const entry *)b)->ask;
    int c = x->e == y->e ? 0 : by_surroundings(x->e, y->e);
    c = c ? c : ((const entry *)a)->placed - ((const entry *)b)->placed;
    return c ? c : pmpo_str_cmp(x->text, y->text);
}

/* ---- the made-up set ----------------------------------------------------------- */

/* The question as an example: nothing but surroundings, the prompt's place and an
 * output. Returns false for want of memory. */
static bool make_example(pmpo_prior *p, const entry *of, pmpo_example *out)
{
    const pmpo_prior_ask *ask = of->ask;
    char id[24];
    snprintf(id, sizeof(id), "%zu", p->n);
    *out = (pmpo_example){.id = pmpo_arena_str(&p->mem, pmpo_str_of(id)),
                          .target = ask->text};
    size_t n = ask->e->n_messages;
    pmpo_str free = of->placed
                        ? PMPO_STR(PMPO_PROMPT_PLACE_TEXT "\n\n" CONTENT_FREE)
                        : PMPO_STR(CONTENT_FREE);
    if (n == 0) {
        out->input = free;
        return out->id.ptr;
    }
    pmpo_message *m = pmpo_arena_alloc(&p->mem, n, sizeof(*m));
    if (!m || !out->id.ptr) {
        return false;
    }
    memcpy(m, ask->e->messages, n * sizeof(*m));
    m[asking(ask->e)].content = free;
    out->messages = m;
    out->n_messages = n;
    return true;
}

/* Fills x[p->n] and p->which. */
static bool make_examples(pmpo_prior *p, const entry *sorted, size_t n,
                          pmpo_example *x)
{
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        if (i == 0 || by_question(&sorted[i - 1], &sorted[i]) != 0) {
            ok = make_example(p, &sorted[i], &x[p->n]);
            p->n++;
        }
        p->which[sorted[i].index] = p->n - 1;
    }
    return ok;
}

/* `place`: the template puts the prompt where PMPO_PROMPT_PLACE is. */
static int make_data(pmpo_prior *p, const pmpo_prior_ask *asks, size_t n,
                     bool place, pmpo_error *err)
{
    entry *sorted = pmpo_arena_alloc(&p->mem, n, sizeof(*sorted));
    pmpo_example *x = pmpo_arena_alloc(&p->mem, n, sizeof(*x));
    p->which = pmpo_arena_alloc(&p->mem, n, sizeof(*p->which));
    if (!sorted || !x || !p->which) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        bool placed = place && question_has_place(asks[i].e);
        sorted[i] = (entry){&asks[i], i, placed};
    }
    qsort(sorted, n, sizeof(*sorted), by_question);
    return make_examples(p, sorted, n, x)
               ? pmpo_data_make(x, p->n, "the content-free set", &p->data, err)
               : pmpo_fail_memory(err);
}

/* ---- making and reading -------------------------------------------------------- */

int pmpo_prior_new(pmpo_model *m, const pmpo_prior_ask *asks, size_t n,
                   const pmpo_scorer_options *o, pmpo_prior **out,
                   pmpo_error *err)
{
    pmpo_prior *p = pmpo_calloc(1, sizeof(*p));
    if (!p) {
        return pmpo_fail_memory(err);
    }
    pmpo_scorer_options own = *o;
    own.loss = PMPO_LOSS_NLL;
    own.reduction = PMPO_REDUCE_SUM;
    own.calibrate = PMPO_CALIBRATE_NONE;
    own.targets = PMPO_TARGETS_LOSS;
    bool place = !strcmp(o->template_name, "place");
    int rc = make_data(p, asks, n, place, err);
    rc = rc < 0 ? rc : pmpo_scorer_new(m, p->data, &own, &p->scorer, err);
    if (rc < 0) {
        pmpo_prior_free(p);
        return rc;
    }
    *out = p;
    return 0;
}

void pmpo_prior_free(pmpo_prior *p)
{
    if (p) {
        pmpo_scorer_free(p->scorer);
        pmpo_data_free(p->data);
        pmpo_arena_release(&p->mem);
        pmpo_free(p);
    }
}

pmpo_scorer *pmpo_prior_scorer(pmpo_prior *p)
{
    return p->scorer;
}

const double *pmpo_prior_nats(const pmpo_prior *p, const pmpo_prompt_score *s,
                              pmpo_arena *mem)
{
    double *nats = pmpo_arena_alloc(mem, p->n, sizeof(*nats));
    for (size_t i = 0; nats && i < p->n; i++) {
        nats[i] = s->examples[i].targets[0].nats;
    }
    return nats;
}

double pmpo_prior_of(const pmpo_prior *p, const double *nats, size_t i)
{
    return nats[p->which[i]];
}

int pmpo_prior_count(pmpo_prior *p, pmpo_str prompt, uint64_t *prefill,
                     uint64_t *logical, pmpo_error *err)
{
    return pmpo_scorer_count(p->scorer, prompt, prefill, logical, err);
}
