/* estimate.c: pmpo_optimize_estimate: what a run would cost, writing nothing.
 *
 * The first scoring of the start prompt is counted exactly. Rates are measured (rate.h). Of the rest two figures are
 * given: what is likely, with prompts and replies of usual length, and an upper bound: every prompt as long as a reply
 * may be, every candidate scored to its end and validated, no iteration saved. */
#include <math.h>

#include "api/optimize_options.h"
#include "api/rate.h"
#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "score/score.h"
#include "propose/propose.h"
#include "search/search.h"

#define FORM_TOKENS 600 /* of a rewriting form without its texts */

/* What is usual, for the likely cost. */
#define USUAL_PROMPT                                                           \
    25                 /* tokens of a candidate more than of the start prompt */
#define USUAL_REPLY 60 /* tokens of the rewriter */
#define USUAL_REQUEST 300
#define USUAL_ANSWER 0.6 /* of --max-tokens, over all prompts that are asked */
#define RACED                                                                  \
    0.34 /* of the opening's work: 1/6, then 1/3 on the rest of the half, 1/9 on the other half */

static const char assumptions[] =
    "The first scoring is counted exactly. What is likely assumes that every "
    "iteration is run, that a candidate is 25 tokens longer than the start "
    "prompt, that one in an iteration is validated, and that answers take "
    "0.6 of their tokens. At most: every candidate is as long as a reply may "
    "be, "
    "scored on every training example and validated, and all replies use all "
    "their tokens. Times assume the rates measured just now. The score cache, "
    "duplicates and candidates given up early make a run cheaper.";

/* ---- counting ------------------------------------------------------------ */

typedef struct counted {
    uint64_t prefill, logical;
    size_t n_blocks, n_examples;
} counted;

static int count_part(pmpo_model *m, const pmpo_data *d,
                      const pmpo_optimize_options *o, pmpo_targets targets,
                      counted *out, pmpo_error *err)
{
    *out = (counted){0};
    if (!d) {
        return 0;
    }
    pmpo_scorer *s = NULL;
    pmpo_scorer_options so = pmpo_search_scoring(o, targets);
    int rc = pmpo_joint_scorer_new(m, d, &so, &s, err);
    rc = rc < 0 ? rc
                : pmpo_scorer_count(s, o->prompt, &out->prefill,
                                    &out->logical, err);
    size_t n_models = 1 + m->n_others;
    out->n_blocks = rc == 0 ? n_models * pmpo_scorer_blocks(s) : 0;
    out->n_examples = n_models * pmpo_data_count(d);
    pmpo_scorer_free(s);
    return rc;
}

/* Rows of one scoring under a prompt that is `more` tokens longer. Where the
 * instruction comes first it is fed once a unit at most; else once an
 * example; without shared prefixes, once a target. */
static uint64_t bound_of(const counted *c, const pmpo_model *m,
                         const char *template_name, uint64_t more)
{
    if (!m->info.shares_prefixes) {
        uint64_t each = c->n_examples ? c->logical / c->n_examples + 1 : 0;
        return c->logical + more * c->n_examples * (each > 16 ? 16 : each);
    }
    bool last = !strcmp(template_name, "user-suffix")
                || !strcmp(template_name, "place")
                || template_name[0] == '@';
    return c->prefill + more * (last ? c->n_examples : c->n_blocks);
}

/* ---- rates --------------------------------------------------------------- */

/* Prompts that answer the validation part. */
static size_t most_answering(const pmpo_optimize_options *o)
{
    return pmpo_answers_choose(o) ? pmpo_most_finalists(o->shortlist) : 0;
}

static int measure_rates(pmpo_model *scorer, pmpo_model *rewriter,
                         const pmpo_parts *p, const pmpo_optimize_options *o,
                         pmpo_estimate *out, pmpo_error *err)
{
    pmpo_scorer_options so = pmpo_search_scoring(o, PMPO_TARGETS_LOSS);
    size_t replies = (size_t)o->variants * (size_t)(o->paper ? 1 : o->hard);
    size_t answers = most_answering(o) * out->n_val + 2 * out->n_test;
    int rc = pmpo_rate_scoring(scorer, p->of[0], &so, o->prompt,
                               &out->prefill_per_s, err);
    if (rc == 0 && !o->no_rewriter && o->iterations > 0) {
        rc = pmpo_rate_generating(rewriter, replies, &out->decode_per_s, err);
    }
    if (rc == 0 && o->metric != PMPO_RUN_METRIC_NONE && answers > 0) {
        rc = pmpo_rate_generating(scorer, answers, &out->answer_per_s, err);
    }
    return rc;
}

/* ---- the bound ----------------------------------------------------------- */

typedef struct counts {
    counted train, train_all, val, val_all, test;
} counts;

static int count_all(pmpo_model *m, const pmpo_parts *p,
                     const pmpo_optimize_options *o, counts *c,
                     pmpo_error *err)
{
    int rc = count_part(m, p->of[0], o, PMPO_TARGETS_LOSS, &c->train, err);
    rc = rc < 0 ? rc
                : count_part(m, p->of[0], o, PMPO_TARGETS_ALL, &c->train_all,
                             err);
    rc = rc < 0 ? rc
                : count_part(m, p->of[1], o, PMPO_TARGETS_LOSS, &c->val, err);
    rc = rc < 0
             ? rc
             : count_part(m, p->of[1], o, PMPO_TARGETS_ALL, &c->val_all, err);
    return rc < 0 ? rc
                  : count_part(m, p->of[2], o, PMPO_TARGETS_ALL, &c->test,
                               err);
}

/* Are a rewriter's words asked whether they tell the labels apart? At most one
 * incumbent an iteration, and the best prompt without such words. */
static uint64_t n_told_apart(const pmpo_optimize_options *o)
{
    bool asked = !o->paper && !o->lowest_loss && !o->approve;
    return asked && o->iterations > 0 && !o->no_rewriter
               ? (uint64_t)o->iterations + 1
               : 0;
}

/* The greatest length of a prompt of the run, in tokens. */
static uint64_t longest_prompt(const pmpo_optimize_options *o)
{
    int cap = o->max_prompt_tokens;
    return (uint64_t)(cap > 0 && cap < o->max_reply_tokens
                          ? cap
                          : o->max_reply_tokens);
}

/* Before the first iteration, or in one. */
typedef struct proposed {
    uint64_t prompts; /* worth scoring */
    uint64_t replies; /* of the rewriter, with those asked for once more */
    uint64_t jobs;    /* 1: it is asked at all */
} proposed;

static proposed count_proposed(const pmpo_optimize_options *o, int iteration)
{
    const char *names = o->proposers
                            ? o->proposers
                            : pmpo_proposers_default(o->paper, o->no_rewriter);
    proposed n = {0};
    uint64_t asked = 0;
    for (size_t i = 0; i < pmpo_n_proposers; i++) {
        const pmpo_proposer *p = &pmpo_proposers[i];
        if (pmpo_proposers_have(names, p->name)
            && (iteration > 0 || p->opens)) {
            uint64_t most = p->most(o, iteration);
            n.prompts += p->asks ? 0 : most;
            asked = p->asks && most > asked ? most : asked;
        }
    }
    for (size_t i = 0; i < o->n_custom; i++) {
        const pmpo_custom_proposer *p = &o->custom[i];
        n.prompts += iteration > 0 || p->opens ? p->most : 0;
    }
    n.prompts += iteration == 0 && n.prompts > 0 ? 2 : 0; /* combinations */
    n.prompts += asked; /* one of those that ask has its turn */
    n.replies = o->paper ? asked : 2 * asked;
    n.jobs = asked > 0;
    return n;
}

/* At the end the finalists answer the validation part, start and best the
 * test part. */
static void sum_answers(const pmpo_model *m, const counts *c,
                        const pmpo_optimize_options *o, pmpo_estimate *out)
{
    uint64_t list = most_answering(o), cap = longest_prompt(o);
    const char *tn = o->score.template_name;
    uint64_t n = list * c->val.n_examples + 2 * c->test.n_examples;
    if (o->metric != PMPO_RUN_METRIC_NONE) {
        out->bound_prompt_tokens += list * bound_of(&c->val, m, tn, cap)
                                    + 2 * bound_of(&c->test, m, tn, cap);
        out->bound_answer_tokens = n * (uint64_t)o->max_answer_tokens;
        out->likely_prompt_tokens +=
            list * bound_of(&c->val, m, tn, USUAL_PROMPT) +
            2 * bound_of(&c->test, m, tn, USUAL_PROMPT);
        out->likely_answer_tokens =
            (uint64_t)(USUAL_ANSWER * (double)out->bound_answer_tokens);
    }
}

static void bound_rest(const pmpo_model *m, const counts *c,
                       const pmpo_optimize_options *o, pmpo_estimate *out)
{
    uint64_t t = (uint64_t)o->iterations, cap = longest_prompt(o);
    proposed each = count_proposed(o, 1);
    proposed first = t > 0 ? count_proposed(o, 0) : (proposed){0};
    bool asks = !o->no_rewriter && t > 0;
    uint64_t masks = o->no_mask ? 0 : (uint64_t)o->segments;
    const char *tn = o->score.template_name;
    /* The loss is checked under the baselines and every accepted prompt. */
    uint64_t check = o->no_loss_check ? 0 : (uint64_t)PMPO_N_BASELINES + t;
    uint64_t train = bound_of(&c->train, m, tn, cap);
    uint64_t val = o->paper ? 0 : bound_of(&c->val, m, tn, cap);
    /* A request holds the form, the instruction and a case's texts. */
    uint64_t request = FORM_TOKENS + 2 * cap + 3 * PMPO_CASE_BYTES;
    uint64_t marking = masks && asks ? 2 * cap + 64 + 16 * masks : 0;
    out->bound_prefill_tokens =
        (o->paper ? 0 : c->train.prefill) +
        check * bound_of(&c->train_all, m, tn, cap) +
        first.prompts * (train + val) +
        t * ((masks + each.prompts) * train + each.prompts * val) +
        2 * bound_of(&c->train_all, m, tn, cap) + 2 * val +
        n_told_apart(o) * bound_of(&c->val_all, m, tn, cap) +
        2 * bound_of(&c->test, m, tn, cap);
    bool probed = asks && o->form == PMPO_FORM_AUTO;
    uint64_t reply = (uint64_t)o->max_reply_tokens;
    /* A job's requests are fed once; those asked again, once more. */
    uint64_t requests = (o->paper ? 1 : 2) * (uint64_t)o->hard;
    out->bound_prompt_tokens =
        (first.jobs + t * each.jobs) * requests * request
        + t * marking + (probed ? request : 0);
    out->bound_generated_tokens =
        (first.replies + t * each.replies) * reply
        + t * marking + (probed ? PMPO_PROBE_SAMPLES * reply : 0);
}

/* What a run like most would take. The terms are those of the bound. */
static void likely_rest(const pmpo_model *m, const counts *c,
                        const pmpo_optimize_options *o, pmpo_estimate *out)
{
    uint64_t t = (uint64_t)o->iterations;
    proposed each = count_proposed(o, 1);
    proposed first = t > 0 ? count_proposed(o, 0) : (proposed){0};
    uint64_t masks = o->no_mask ? 0 : (uint64_t)o->segments;
    const char *tn = o->score.template_name;
    uint64_t train = bound_of(&c->train, m, tn, USUAL_PROMPT);
    uint64_t all = bound_of(&c->train_all, m, tn, USUAL_PROMPT);
    uint64_t val = o->paper ? 0 : bound_of(&c->val, m, tn, USUAL_PROMPT);
    uint64_t check = o->no_loss_check ? 0 : (uint64_t)PMPO_N_BASELINES;
    double raced = o->race == PMPO_RACE_OFF ? 1 : RACED;
    out->likely_prefill_tokens =
        (o->paper ? 0 : c->train.prefill) +
        (uint64_t)(raced * (double)(first.prompts * train)) +
        (first.prompts > 0 ? val : 0) +
        t * ((masks + each.prompts) * train + val) + check * all +
        2 * bound_of(&c->test, m, tn, USUAL_PROMPT) +
        pmpo_most_finalists(o->shortlist) * val;
    bool asks = !o->no_rewriter && each.jobs && t > 0;
    uint64_t marking = masks && asks ? USUAL_REPLY + 16 * masks : 0;
    bool probed = asks && o->form == PMPO_FORM_AUTO;
    out->likely_prompt_tokens =
        t * each.jobs * (uint64_t)o->hard * USUAL_REQUEST +
        t * (marking + (masks && asks ? USUAL_REQUEST : 0)) +
        (probed ? USUAL_REQUEST : 0);
    /* Half of what is asked for is asked for once more. */
    out->likely_generated_tokens =
        t * each.replies * USUAL_REPLY * 3 / (o->paper ? 3 : 4) + t * marking +
        (probed ? PMPO_PROBE_SAMPLES * USUAL_REPLY : 0);
}

static double seconds_of(const pmpo_estimate *e, uint64_t rows,
                         uint64_t generated, uint64_t answered)
{
    return (double)rows / e->prefill_per_s +
           (generated ? (double)generated / e->decode_per_s : 0) +
           (answered ? (double)answered / e->answer_per_s : 0);
}

static int estimate(pmpo_model *scorer, pmpo_model *rewriter,
                    const pmpo_parts *p, pmpo_optimize_options *o,
                    pmpo_estimate *out, pmpo_error *err)
{
    counts c;
    if (o->score.progress) {
        o->score.progress(o->score.progress_ud,
                          &(pmpo_progress){.stage = "measuring rates",
                                           .unit = "", .loss = NAN,
                                           .best = NAN, .left_ms = -1});
    }
    int rc = pmpo_optimize_settle(scorer, o, err);
    rc = rc < 0 ? rc : pmpo_optimize_resolve(p, scorer, o, err);
    rc = rc < 0 ? rc : pmpo_parts_fit(p, scorer, o, err);
    rc = rc < 0 ? rc : count_all(scorer, p, o, &c, err);
    if (rc == 0) {
        out->n_train = pmpo_data_count(p->of[0]);
        out->n_val = p->of[1] ? pmpo_data_count(p->of[1]) : 0;
        out->n_test = p->of[2] ? pmpo_data_count(p->of[2]) : 0;
        rc = measure_rates(scorer, rewriter, p, o, out, err);
    }
    if (rc < 0) {
        return rc;
    }
    out->first_prefill_tokens = c.train.prefill;
    out->first_logical_tokens = c.train.logical;
    out->first_seconds = seconds_of(out, c.train.prefill, 0, 0);
    bound_rest(scorer, &c, o, out);
    likely_rest(scorer, &c, o, out);
    sum_answers(scorer, &c, o, out);
    out->likely_seconds =
        seconds_of(out, out->likely_prefill_tokens + out->likely_prompt_tokens,
                   out->likely_generated_tokens, out->likely_answer_tokens);
    out->bound_seconds =
        seconds_of(out, out->bound_prefill_tokens + out->bound_prompt_tokens,
                   out->bound_generated_tokens, out->bound_answer_tokens);
    return 0;
}

int pmpo_optimize_estimate(const pmpo_optimize_input *in,
                           const pmpo_optimize_options *asked,
                           pmpo_estimate *out, pmpo_error *err)
{
    pmpo_parts parts;
    pmpo_estimate e = {.assumptions = assumptions};
    pmpo_arena mem = {0};
    int rc = pmpo_optimize_check(asked, err);
    if (rc < 0) {
        return rc; /* it may be of another size */
    }
    pmpo_optimize_options o = *asked;
    rc = pmpo_optimize_unmark(&o, &mem, err);
    rc = rc < 0 ? rc : pmpo_parts_make(in, &o, &parts, err);
    if (rc == 0) {
        rc = estimate(in->scorer, in->rewriter ? in->rewriter : in->scorer,
                      &parts, &o, &e, err);
        pmpo_parts_release(&parts);
    }
    pmpo_arena_release(&mem);
    if (rc == 0) {
        *out = e;
    }
    return rc;
}
