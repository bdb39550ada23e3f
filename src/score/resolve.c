/* resolve.c: resolves "auto" settings, and measures the noise of scores. */
#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"
#include "model/render.h"
#include "model/template.h"
#include "score/loss.h"
#include "score/score.h"

/* ---- loss ------------------------------------------------------------------------- */

static int fail_without(const pmpo_data *d, const pmpo_example *e,
                        pmpo_loss_kind kind, pmpo_error *err)
{
    bool options = pmpo_loss_row_of(kind)->reads == PMPO_READS_OPTIONS;
    pmpo_fail(err, PMPO_EDATA,
              "example %.*s has no %s, which the %s loss needs: add "
              "%s\"options\", or take --loss nll",
              (int)e->id.len, e->id.ptr,
              options ? "two options" : "rejected output", pmpo_loss_name(kind),
              options ? "" : "\"rejected\" or ");
    return pmpo_fail_at(d, e, PMPO_EDATA, err);
}

/* The first example for which the loss is not defined; NULL: none. */
static const pmpo_example *unfit(const pmpo_data *d, pmpo_loss_kind kind)
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        if (!pmpo_loss_fits(kind, e)) {
            return e;
        }
    }
    return NULL;
}

int pmpo_loss_resolve(pmpo_loss_kind asked, const pmpo_data *d,
                      pmpo_loss_kind *out, pmpo_error *err)
{
    pmpo_loss_kind kind = asked;
    if (asked == PMPO_LOSS_AUTO) {
        kind = unfit(d, PMPO_LOSS_PREFERENCE) ? PMPO_LOSS_NLL
                                              : PMPO_LOSS_PREFERENCE;
    }
    const pmpo_example *e = unfit(d, kind);
    if (e) {
        return fail_without(d, e, kind, err);
    }
    *out = kind;
    return 0;
}

int pmpo_loss_on_check(pmpo_loss_on on, const pmpo_data *d, pmpo_error *err)
{
    for (size_t i = 0; on == PMPO_LOSS_ON_ANSWER && i < pmpo_data_count(d);
         i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        size_t begin, end;
        if (!pmpo_answer_place(e, &begin, &end)) {
            pmpo_fail(err, PMPO_EDATA,
                      "example %.*s has no \"answer\" that stands in its "
                      "target, which --loss-on answer needs: add it, or take "
                      "--loss-on target",
                      (int)e->id.len, e->id.ptr);
            return pmpo_fail_at(d, e, PMPO_EDATA, err);
        }
    }
    return 0;
}

/* Names the losses that use a setting: "nll loss", "losses preference and
 * choice". */
static void name_users(unsigned setting, char *out, size_t room)
{
    int users[PMPO_N_LOSSES], n = 0;
    for (int k = 0; k < PMPO_N_LOSSES; k++) {
        if (pmpo_loss_row_of((pmpo_loss_kind)k)->uses & setting) {
            users[n++] = k;
        }
    }
    int at = snprintf(out, room, "%s", n > 1 ? "losses " : "");
    for (int i = 0; i < n && at < (int)room; i++) {
        at += snprintf(out + at, room - (size_t)at, "%s%s",
                       i == 0 ? "" : i == n - 1 ? " and " : ", ",
                       pmpo_loss_name((pmpo_loss_kind)users[i]));
    }
    if (n == 1 && at < (int)room) {
        snprintf(out + at, room - (size_t)at, " loss");
    }
}

int pmpo_loss_check(const pmpo_score_options *o, pmpo_loss_kind loss,
                    pmpo_error *err)
{
    if (!(o->beta > 0) || isinf(o->beta)) {
        return pmpo_fail(err, PMPO_EUSAGE, "beta must be a number above 0");
    }
    if (o->loss_on == PMPO_LOSS_ON_ANSWER &&
        o->calibrate != PMPO_CALIBRATE_NONE) {
        return pmpo_fail(err, PMPO_EUSAGE, "--loss-on answer has no --calibrate "
                         "content-free: that is of whole outputs");
    }
    unsigned unread = ~pmpo_loss_row_of(loss)->uses;
    const struct {
        unsigned setting;
        bool said;
        const char *name;
    } all[] = {
        {PMPO_USES_LOSS_ON, o->loss_on != PMPO_LOSS_ON_TARGET, "--loss-on"},
        {PMPO_USES_REDUCTION, o->reduction != PMPO_REDUCE_MEAN, "--reduction"},
        {PMPO_USES_NORMALIZE, o->normalize != PMPO_NORM_NONE, "--normalize"},
        {PMPO_USES_BETA, o->beta != 1, "--beta"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].said && unread & all[i].setting) {
            char users[120];
            name_users(all[i].setting, users, sizeof(users));
            return pmpo_fail(err, PMPO_EUSAGE, "%s is of the %s, and here it "
                             "is %s: leave it out, or say which --loss you "
                             "mean", all[i].name, users, pmpo_loss_name(loss));
        }
    }
    return 0;
}

int pmpo_score_check(const pmpo_score_options *o, const pmpo_data *d,
                     pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_score_options of another version of pmpo.h");
    }
    pmpo_data *part = NULL;
    pmpo_loss_kind loss = o->loss;
    int rc = pmpo_template_check(o->template_name, err);
    rc = rc < 0 || !d ? rc : pmpo_data_first(d, o->limit, &part, err);
    const pmpo_data *scored = part ? part : d;
    if (rc == 0 && scored) {
        rc = pmpo_loss_resolve(o->loss, scored, &loss, err);
    }
    if (rc == 0 && loss != PMPO_LOSS_AUTO) {
        rc = pmpo_loss_check(o, loss, err);
    }
    if (rc == 0 && scored) {
        rc = pmpo_loss_on_check(o->loss_on, scored, err);
    }
    pmpo_data_free(part);
    return rc;
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

int pmpo_in_example(const pmpo_data *d, size_t i, int rc, pmpo_error *err)
{
    return rc == PMPO_EDATA ? pmpo_fail_at(d, pmpo_data_example(d, i), rc, err)
                            : rc;
}

static int has_prefix(pmpo_template *t, const pmpo_example *e, pmpo_str prompt,
                      bool *yes, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_rendered r;
    pmpo_str *outs = pmpo_arena_alloc(&mem, 1 + e->n_rejected + e->n_options,
                                      sizeof(*outs));
    int rc = outs ? pmpo_render(t,
                                &(pmpo_render_input){prompt, e, outs, all_outputs(e, outs), false},
                                &mem, &r, err)
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
    int rc = pmpo_check_scores(m, err);
    rc = rc < 0 ? rc : pmpo_template_new(&m->vocab, template_name, &t, err);
    if (rc < 0) {
        return rc;
    }
    bool yes = false;
    for (size_t i = 0; rc == 0 && !yes && i < pmpo_data_count(d); i++) {
        rc = has_prefix(t, pmpo_data_example(d, i), prompt, &yes, err);
        rc = rc < 0 ? pmpo_in_example(d, i, rc, err) : 0;
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

int pmpo_noise_floor(pmpo_scorer *reversed, const pmpo_prompt_score *a,
                     const pmpo_score_context *c, pmpo_noise *out,
                     pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_result b;
    int rc = pmpo_scorer_score(reversed, a->prompt, c, &mem, &b, err);
    if (rc == 0) {
        pmpo_noise_between(a, &b.score, out);
    }
    pmpo_arena_release(&mem);
    return rc;
}
