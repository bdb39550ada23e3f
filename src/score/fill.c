/* fill.c: computes the scores of examples from the log-probabilities of a unit,
 * and the score of a prompt from those. */
#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "score/loss.h"
#include "score/scorer.h"

static int fill_target(const pmpo_rendered *x, size_t t, pmpo_str text,
                       const float *lp, pmpo_arena *mem, pmpo_target_score *out)
{
    size_t n = x->targets[t].n_ids - x->n_context;
    int32_t *ids = pmpo_arena_alloc(mem, n, sizeof(*ids));
    float *lps = pmpo_arena_alloc(mem, n, sizeof(*lps));
    *out = (pmpo_target_score){.text = pmpo_arena_str(mem, text),
                               .n_tokens = n,
                               .token_ids = ids,
                               .token_logprobs = lps};
    if (!ids || !lps || !out->text.ptr) {
        return PMPO_ENOMEM;
    }
    memcpy(ids, x->targets[t].ids + x->n_context, n * sizeof(*ids));
    memcpy(lps, lp, n * sizeof(*lps));
    for (size_t i = 0; i < n; i++) {
        out->nats -= (double)lp[i];
    }
    return 0;
}

/* Of the options that score as list[picked], the first in the data's order: the
 * target stands first in the list, and a tie is no answer to it. */
static size_t first_of_equals(const pmpo_example *e,
                              const pmpo_target_score *list, size_t n,
                              size_t picked, bool per_token)
{
    double top = pmpo_output_score(&list[picked], per_token);
    size_t best = picked, least = e->n_options;
    for (size_t i = 0; i < n; i++) {
        size_t k = pmpo_str_index(e->options, e->n_options, list[i].text);
        if (pmpo_output_score(&list[i], per_token) == top && k < least) {
            best = i;
            least = k;
        }
    }
    return best;
}

/* Format, choice and pick over those targets that are options. */
static int fill_choice(const pmpo_scorer *s, const pmpo_outputs *o,
                       const pmpo_example *e, pmpo_arena *mem,
                       pmpo_example_score *x)
{
    x->format = x->choice = NAN;
    x->picked = -1;
    pmpo_target_score *list = pmpo_arena_alloc(mem, o->n, sizeof(*list));
    size_t *where = pmpo_arena_alloc(mem, o->n, sizeof(*where));
    if (!list || !where) {
        return PMPO_ENOMEM;
    }
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++) {
        if (o->is_option[i]) {
            where[n] = i;
            list[n++] = x->targets[i];
        }
    }
    if (e->n_options >= 2 && n == e->n_options && where[0] == 0) {
        int picked;
        pmpo_format_choice(list, n, &s->o.how, &x->format, &x->choice,
                           &picked);
        x->picked =
            (int)where[first_of_equals(e, list, n, (size_t)picked,
                                       pmpo_compares_per_token(&s->o.how))];
        x->correct = x->picked == 0;
    }
    return 0;
}

/* The answer's tokens; `end`: the last one ends the turn. */
static void fill_answer(const pmpo_example *e, bool end, pmpo_target_score *t)
{
    size_t begin, stop, i = 0;
    if (!t->token_ends || !pmpo_answer_place(e, &begin, &stop)) {
        return;
    }
    while (i + 1 < t->n_tokens && t->token_ends[i] <= begin) {
        i++;
    }
    t->answer_begin = i;
    while (i + 1 < t->n_tokens && t->token_ends[i] < stop) {
        i++;
    }
    bool last = end && stop == t->text.len;
    t->answer_end = last ? t->n_tokens : i + 1;
}

static int fill_example(const pmpo_scorer *s, const pmpo_rendered *r, size_t i,
                        const float *lp, const double *prior, pmpo_arena *mem,
                        pmpo_example_score *x)
{
    const pmpo_example *e = pmpo_data_example(s->data, i);
    const pmpo_outputs *o = &s->outputs[i];
    pmpo_target_score *t = pmpo_arena_alloc(mem, o->n, sizeof(*t));
    pmpo_role first = pmpo_loss_row_of(s->o.loss)->reads == PMPO_READS_REJECTED
                          ? PMPO_ROLE_CHOSEN
                          : PMPO_ROLE_TARGET;
    *x = (pmpo_example_score){.id = pmpo_arena_str(mem, e->id),
                              .weight = e->weight,
                              .group = s->groups[i],
                              .seam = r->seam,
                              .targets = t,
                              .n_targets = o->n};
    if (!t || !x->id.ptr) {
        return PMPO_ENOMEM;
    }
    for (size_t k = 0; k < o->n; k++) {
        if (fill_target(r, k, o->texts[k], lp, mem, &t[k]) < 0) {
            return PMPO_ENOMEM;
        }
        t[k].role = k > 0 ? PMPO_ROLE_REJECTED : first;
        t[k].prior_nats =
            prior ? pmpo_prior_of(s->prior, prior, o->first + k) : 0;
        lp += t[k].n_tokens;
    }
    if (pmpo_fill_ends(&s->model->vocab, s->o.end == PMPO_END_YES, mem, &t[0]) < 0) {
        return PMPO_ENOMEM;
    }
    fill_answer(e, s->o.end == PMPO_END_YES, &t[0]);
    x->loss = pmpo_example_loss(t, o->n_loss, &s->o.how);
    return fill_choice(s, o, e, mem, x);
}

int pmpo_fill_block(const pmpo_scorer *s, const pmpo_rendering *r,
                    const pmpo_block_unit *u, const double *prior,
                    pmpo_arena *mem, pmpo_example_score *x, pmpo_error *err)
{
    size_t begin = s->block_begin[u->block], end = s->block_begin[u->block + 1];
    const float *lp = u->task.result.logprobs;
    for (size_t k = begin; k < end; k++) {
        size_t i = s->o.reversed ? begin + (end - 1 - k) : k;
        if (fill_example(s, &r->examples[i], i, lp, prior, mem, &x[i]) < 0) {
            return pmpo_fail_memory(err);
        }
        for (size_t t = 0; t < x[i].n_targets; t++) {
            lp += x[i].targets[t].n_tokens;
        }
        if (!isfinite(x[i].loss)) {
            return pmpo_fail(err, PMPO_ENAN, "example %.*s: its loss is not a "
                             "number", (int)x[i].id.len, x[i].id.ptr);
        }
    }
    return 0;
}

/* Sums over the examples in their order, so that they add up the same way
 * whatever the packing. */
void pmpo_sum_up(const pmpo_example_score *x, size_t n, pmpo_prompt_score *p)
{
    double loss = 0, format = 0, choice = 0, weight = 0, known = 0;
    for (size_t i = 0; i < n; i++) {
        loss += x[i].weight * x[i].loss;
        weight += x[i].weight;
        p->nats += x[i].targets[0].nats;
        p->n_tokens += x[i].targets[0].n_tokens;
        if (x[i].picked >= 0) {
            format += x[i].weight * x[i].format;
            choice += x[i].weight * x[i].choice;
            known += x[i].weight;
            p->n_options++;
            p->n_correct += x[i].correct;
        }
    }
    p->loss = loss / weight;
    p->format = known > 0 ? format / known : NAN;
    p->choice = known > 0 ? choice / known : NAN;
}
