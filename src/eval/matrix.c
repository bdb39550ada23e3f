/* matrix.c: see matrix.h. */
#include "eval/matrix.h"

#include <math.h>

int pmpo_matrix_make(pmpo_matrix *m, pmpo_arena *mem)
{
    size_t cells = m->n_prompts * m->n_examples;
    m->loss = pmpo_arena_alloc(mem, m->n_losses * cells, sizeof(*m->loss));
    m->right = pmpo_arena_alloc(mem, m->n_metrics * cells, sizeof(*m->right));
    m->weights = pmpo_arena_alloc(mem, m->n_examples, sizeof(*m->weights));
    m->groups = pmpo_arena_alloc(mem, m->n_examples, sizeof(*m->groups));
    return m->loss && m->right && m->weights && m->groups ? 0 : PMPO_ENOMEM;
}

static double *row_of(const pmpo_matrix *m, double *table, size_t row,
                      size_t prompt)
{
    return table + (row * m->n_prompts + prompt) * m->n_examples;
}

double *pmpo_matrix_loss(const pmpo_matrix *m, size_t loss, size_t prompt)
{
    return row_of(m, m->loss, loss, prompt);
}

double *pmpo_matrix_right(const pmpo_matrix *m, size_t metric, size_t prompt)
{
    return row_of(m, m->right, metric, prompt);
}

void pmpo_matrix_weigh(pmpo_matrix *m, const pmpo_prompt_score *s)
{
    for (size_t i = 0; i < m->n_examples; i++) {
        m->weights[i] = s->examples[i].weight;
        m->groups[i] = s->examples[i].group;
    }
}

double pmpo_matrix_mean(const pmpo_matrix *m, const double *row)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < m->n_examples; i++) {
        if (!isnan(row[i])) {
            sum += m->weights[i] * row[i];
            weight += m->weights[i];
        }
    }
    return weight > 0 ? sum / weight : NAN;
}

int pmpo_matrix_agree(const pmpo_matrix *m, size_t metric, uint64_t seed,
                      pmpo_agreement *out)
{
    const pmpo_rankings r = {.loss = m->loss,
                             .right = pmpo_matrix_right(m, metric, 0),
                             .weights = m->weights,
                             .group = m->groups,
                             .n_losses = m->n_losses,
                             .n_prompts = m->n_prompts,
                             .n_examples = m->n_examples};
    return pmpo_agreements(&r, seed, out);
}
