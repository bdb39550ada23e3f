/* losses.c: the table of losses, and the numbers reported beside a loss. Pure.
 *
 * s(y) is the log-likelihood of output y after prompt and input: the sum of
 * its tokens' log-probabilities. Losses are those of arXiv 2505.16307 section
 * 3, a file each; the length-normalised margin is the one of SimPO (arXiv
 * 2405.14734). */
#include <math.h>

#include "score/loss.h"
#include "score/score.h"
#include "stats/stats.h"

#define MAX_OPTIONS 64 /* on the stack; more go in chunks */

/* ---- the table ------------------------------------------------------------- */

/* "auto" is settled before anything is scored (resolve.c). */
const pmpo_loss_row PMPO_LOSS_AUTO_ROW = {.reads = PMPO_READS_TARGET};

#define ROW(name, word) [name] = &name##_ROW,
static const pmpo_loss_row *const rows[] = {PMPO_LOSSES(ROW)};
#undef ROW

const pmpo_loss_row *pmpo_loss_row_of(pmpo_loss_kind kind)
{
    return rows[kind];
}

const pmpo_str *pmpo_loss_others(pmpo_loss_kind kind, const pmpo_example *e,
                                 size_t *n)
{
    switch (rows[kind]->reads) {
    case PMPO_READS_REJECTED:
        *n = e->n_rejected;
        return e->rejected;
    case PMPO_READS_OPTIONS:
        *n = e->n_options;
        return e->options;
    case PMPO_READS_TARGET:
        break;
    }
    *n = 0;
    return NULL;
}

bool pmpo_loss_fits(pmpo_loss_kind kind, const pmpo_example *e)
{
    static const size_t least[] = {[PMPO_READS_TARGET] = 0,
                                   [PMPO_READS_REJECTED] = 1,
                                   [PMPO_READS_OPTIONS] = 2};
    size_t n;
    pmpo_loss_others(kind, e, &n);
    return n >= least[rows[kind]->reads];
}

/* ---- losses ---------------------------------------------------------------- */

double pmpo_output_score(const pmpo_target_score *t, bool per_token)
{
    double s = t->prior_nats - t->nats;
    return per_token ? s / (double)t->n_tokens : s;
}

bool pmpo_compares_per_token(const pmpo_score_settings *how)
{
    return rows[how->loss]->uses & PMPO_USES_NORMALIZE &&
           how->normalize == PMPO_NORM_LENGTH;
}

bool pmpo_loss_may_be_negative(const pmpo_score_settings *how)
{
    return rows[how->loss]->may_be_negative &&
           how->calibrate != PMPO_CALIBRATE_NONE;
}

double pmpo_example_loss(const pmpo_target_score *targets, size_t n,
                         const pmpo_score_settings *how)
{
    return rows[how->loss]->loss(targets, n, how);
}

/* ---- format and choice ----------------------------------------------------- */

void pmpo_format_choice(const pmpo_target_score *targets, size_t n,
                        const pmpo_score_settings *how, double *format,
                        double *choice, int *picked)
{
    bool per_token = pmpo_compares_per_token(how);
    double top = -INFINITY, all = -INFINITY;
    *picked = 0;
    for (size_t i = 0; i < n;) {
        double s[MAX_OPTIONS + 1];
        size_t k = 0;
        s[k++] = all;
        for (; i < n && k <= MAX_OPTIONS; i++) {
            double score = pmpo_output_score(&targets[i], per_token);
            s[k++] = score;
            if (score > top) { /* a tie goes to the earlier */
                top = score;
                *picked = (int)i;
            }
        }
        all = pmpo_logsumexp(s, k);
    }
    *format = per_token ? NAN : -all;
    *choice = all - pmpo_output_score(&targets[0], per_token);
}
