/* resolve.c: what "auto" comes to, and how noisy a score is. */
#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "model/render.h"
#include "score/score.h"

/* ---- loss ------------------------------------------------------------------------- */

static bool lacks(const pmpo_example *e, pmpo_loss_kind kind)
{
    return kind == PMPO_LOSS_CHOICE ? e->n_options < 2 : e->n_rejected == 0;
}

int pmpo_loss_resolve(pmpo_loss_kind asked, const pmpo_data *d,
                      pmpo_loss_kind *out, pmpo_error *err)
{
    const pmpo_example *without = NULL;
    for (size_t i = 0; i < pmpo_data_count(d) && !without; i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        without = lacks(e, asked) ? e : NULL;
    }
    if (without && (asked == PMPO_LOSS_PREFERENCE
                    || asked == PMPO_LOSS_CHOICE)) {
        bool choice = asked == PMPO_LOSS_CHOICE;
        return pmpo_fail(err, PMPO_EDATA,
                         "%s:%d: example %.*s has no %s, which the %s loss "
                         "needs: add %s\"options\", or take --loss nll",
                         pmpo_data_name(d), without->line,
                         (int)without->id.len, without->id.ptr,
                         choice ? "two options" : "rejected output",
                         choice ? "choice" : "preference",
                         choice ? "" : "\"rejected\" or ");
    }
    *out = asked != PMPO_LOSS_AUTO ? asked
           : without               ? PMPO_LOSS_NLL
                                   : PMPO_LOSS_PREFERENCE;
    return 0;
}

int pmpo_loss_on_check(pmpo_loss_on on, const pmpo_data *d, pmpo_error *err)
{
    for (size_t i = 0; on == PMPO_LOSS_ON_ANSWER && i < pmpo_data_count(d);
         i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        size_t begin, end;
        if (!pmpo_answer_place(e, &begin, &end)) {
            return pmpo_fail(err, PMPO_EDATA,
                             "%s:%d: example %.*s has no \"answer\" that "
                             "stands in its target, which --loss-on answer "
                             "needs: add it, or take --loss-on target",
                             pmpo_data_name(d), e->line, (int)e->id.len,
                             e->id.ptr);
        }
    }
    return 0;
}

int pmpo_loss_check(const pmpo_score_options *o, pmpo_loss_kind loss,
                    pmpo_error *err)
{
    if (o->loss_on == PMPO_LOSS_ON_ANSWER &&
        o->calibrate != PMPO_CALIBRATE_NONE) {
        return pmpo_fail(err, PMPO_EUSAGE, "--loss-on answer has no --calibrate "
                         "content-free: that is of whole outputs");
    }
    const char *unread =
        loss != PMPO_LOSS_NLL && o->loss_on != PMPO_LOSS_ON_TARGET
            ? "--loss-on is of the nll loss"
        : loss != PMPO_LOSS_NLL && o->reduction != PMPO_REDUCE_MEAN
            ? "--reduction is of the nll loss"
        : loss == PMPO_LOSS_NLL && o->normalize != PMPO_NORM_NONE
            ? "--normalize is of the losses preference and choice"
        : loss != PMPO_LOSS_PREFERENCE && o->beta != 1
            ? "--beta is of the preference loss"
            : NULL;
    return unread ? pmpo_fail(err, PMPO_EUSAGE, "%s, and here it is %s: leave "
                              "it out, or say which --loss you mean", unread,
                              pmpo_loss_name(loss))
                  : 0;
}

/* ---- end of turn --------------------------------------------------------------------- */

/* Every output an example knows of. */
static size_t all_outputs(const pmpo_example *e, pmpo_str *out)
{
    size_t n = 0;
    out[n++] = e->target;
    for (size_t i = 0; i < e->n_rejected; i++) {
        out[n++] = e->rejected[i];
    }
    for (size_t i = 0; i < e->n_options; i++) {
        out[n++] = e->options[i];
    }
    return n;
}

static int has_prefix(pmpo_template *t, const pmpo_example *e, pmpo_str prompt,
                      bool *yes, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_rendered r;
    pmpo_str *outs = pmpo_arena_alloc(&mem, 1 + e->n_rejected + e->n_options,
                                      sizeof(*outs));
    int rc = outs ? pmpo_render(t, prompt, e, outs, all_outputs(e, outs),
                                false, &mem, &r, err)
                  : pmpo_fail_memory(err);
    *yes = rc == 0 && pmpo_rendered_prefixes(&r);
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_end_resolve(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                     const char *template_name, pmpo_end asked, pmpo_end *out,
                     pmpo_error *err)
{
    if (asked != PMPO_END_AUTO) {
        *out = asked;
        return 0;
    }
    pmpo_template *t;
    int rc = pmpo_template_new(&m->vocab, template_name, &t, err);
    if (rc < 0) {
        return rc;
    }
    bool yes = false;
    for (size_t i = 0; rc == 0 && !yes && i < pmpo_data_count(d); i++) {
        rc = has_prefix(t, pmpo_data_example(d, i), prompt, &yes, err);
    }
    pmpo_template_free(t);
    if (rc == 0) {
        *out = yes ? PMPO_END_YES : PMPO_END_NO;
    }
    return rc;
}

/* ---- noise ------------------------------------------------------------------------------ */

/* An example may be packed the same way both times: it says nothing. */
static double floor_of(const pmpo_prompt_score *a, const pmpo_prompt_score *b)
{
    double sum = 0;
    size_t moved = 0;
    for (size_t i = 0; i < a->n_examples; i++) {
        double x = a->examples[i].loss - b->examples[i].loss;
        sum += x * x;
        moved += x != 0;
    }
    return moved ? sqrt(sum / (double)moved) : 0;
}

static void compare_tokens(const pmpo_prompt_score *a,
                           const pmpo_prompt_score *b, pmpo_noise *out)
{
    double sum = 0;
    size_t n = 0;
    out->token_most = 0;
    for (size_t i = 0; i < a->n_examples; i++) {
        for (size_t t = 0; t < a->examples[i].n_targets; t++) {
            const pmpo_target_score *x = &a->examples[i].targets[t];
            const pmpo_target_score *y = &b->examples[i].targets[t];
            for (size_t k = 0; k < x->n_tokens; k++, n++) {
                double d = fabs((double)x->token_logprobs[k]
                                - (double)y->token_logprobs[k]);
                sum += d;
                out->token_most = d > out->token_most ? d : out->token_most;
            }
        }
    }
    out->token_mean = n ? sum / (double)n : 0;
}

int pmpo_reversed_scorer_new(pmpo_model *m, const pmpo_data *d,
                             const pmpo_scorer_options *o, pmpo_scorer **out,
                             pmpo_error *err)
{
    pmpo_scorer_options other = *o;
    other.reversed = true;
    return pmpo_scorer_new(m, d, &other, out, err);
}

void pmpo_noise_between(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                        pmpo_noise *out)
{
    out->floor = floor_of(a, b);
    compare_tokens(a, b, out);
}

int pmpo_noise_floor(pmpo_model *m, const pmpo_data *d,
                     const pmpo_scorer_options *o, pmpo_str prompt,
                     const pmpo_prompt_score *a, const pmpo_score_context *c,
                     pmpo_noise *out, pmpo_error *err)
{
    pmpo_scorer *s = NULL;
    pmpo_arena mem = {0};
    pmpo_result b;
    int rc = pmpo_reversed_scorer_new(m, d, o, &s, err);
    rc = rc < 0 ? rc : pmpo_scorer_score(s, prompt, c, &mem, &b, err);
    if (rc == 0) {
        pmpo_noise_between(a, &b.score, out);
    }
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    return rc;
}
