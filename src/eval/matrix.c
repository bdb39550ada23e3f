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
    m->families = pmpo_arena_alloc(mem, m->n_prompts, sizeof(*m->families));
    for (size_t p = 0; m->families && p < m->n_prompts; p++) {
        m->families[p] = p;
    }
    return m->loss && m->right && m->weights && m->groups && m->families
               ? 0
               : PMPO_ENOMEM;
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

static double mean_of(const double *row, const double *weights, size_t n)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(row[i])) {
            double w = weights ? weights[i] : 1;
            sum += w * row[i];
            weight += w;
        }
    }
    return weight > 0 ? sum / weight : NAN;
}

double pmpo_matrix_mean_loss(const pmpo_matrix *m, size_t loss, size_t prompt)
{
    return mean_of(pmpo_matrix_loss(m, loss, prompt), m->weights,
                   m->n_examples);
}

double pmpo_matrix_share(const pmpo_matrix *m, size_t metric, size_t prompt)
{
    return mean_of(pmpo_matrix_right(m, metric, prompt), NULL, m->n_examples);
}

/* ---- families -------------------------------------------------------------- */

/* The first prompt of p's family. */
static size_t head_of(const pmpo_matrix *m, size_t p)
{
    size_t first = 0;
    while (m->families[first] != m->families[p]) {
        first++;
    }
    return first;
}

size_t pmpo_matrix_families(const pmpo_matrix *m)
{
    size_t n = 0;
    for (size_t p = 0; p < m->n_prompts; p++) {
        n += head_of(m, p) == p;
    }
    return n;
}

size_t pmpo_matrix_inputs(const pmpo_matrix *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_examples; i++) {
        n = m->groups[i] >= n ? m->groups[i] + 1 : n;
    }
    return n;
}

/* out[n_families][n_examples]: the means of a table's rows by family. A NAN,
 * which is one under every prompt, stays. */
static void by_family(const pmpo_matrix *m, const double *rows, double *out)
{
    for (size_t p = 0; p < m->n_prompts; p++) {
        if (head_of(m, p) != p) {
            continue;
        }
        for (size_t i = 0; i < m->n_examples; i++) {
            double sum = 0, n = 0;
            for (size_t q = p; q < m->n_prompts; q++) {
                bool kin = m->families[q] == m->families[p];
                sum += kin ? rows[q * m->n_examples + i] : 0;
                n += kin;
            }
            *out++ = round(sum / n * 1e12) / 1e12; /* equal ones stay ties */
        }
    }
}

int pmpo_matrix_agree(const pmpo_matrix *m, size_t metric, uint64_t seed,
                      pmpo_agreement *out)
{
    pmpo_rankings r = {.loss = m->loss,
                       .right = pmpo_matrix_right(m, metric, 0),
                       .weights = m->weights,
                       .group = m->groups,
                       .n_losses = m->n_losses,
                       .n_prompts = m->n_prompts,
                       .n_examples = m->n_examples};
    size_t n = pmpo_matrix_families(m), cells = n * m->n_examples;
    if (n == m->n_prompts) {
        return pmpo_agreements(&r, seed, out);
    }
    double *means = pmpo_calloc((m->n_losses + 1) * cells, sizeof(*means));
    if (!means) {
        return PMPO_ENOMEM;
    }
    for (size_t l = 0; l < m->n_losses; l++) {
        by_family(m, pmpo_matrix_loss(m, l, 0), means + l * cells);
    }
    by_family(m, r.right, means + m->n_losses * cells);
    r.loss = means;
    r.right = means + m->n_losses * cells;
    r.n_prompts = n;
    int rc = pmpo_agreements(&r, seed, out);
    pmpo_free(means);
    return rc;
}
