/* score.c: pmpo_score: prompts on a data set. */
#include <math.h>

#include "api/cache.h"
#include "api/rate.h"
#include "base/error.h"
#include "data/data.h"
#include "score/prompts.h"

void pmpo_score_options_init(pmpo_score_options *o)
{
    *o = (pmpo_score_options){
        .size = sizeof(*o),
        .loss = PMPO_LOSS_AUTO,
        .reduction = PMPO_REDUCE_MEAN,
        .normalize = PMPO_NORM_NONE,
        .beta = 1,
        .template_name = "chat",
        .end = PMPO_END_AUTO,
    };
}

/* ---- the result -------------------------------------------------------------------- */

typedef struct scores {
    pmpo_scores pub; /* first, so that the two are one pointer */
    pmpo_arena mem;
} scores;

void pmpo_scores_free(pmpo_scores *s)
{
    if (s) {
        pmpo_arena_release(&((scores *)s)->mem);
        pmpo_free(s);
    }
}

/* ---- the work ----------------------------------------------------------------------- */

typedef struct job {
    pmpo_model *model;
    const pmpo_data *data; /* the first `limit` of what was given */
    const pmpo_str *prompts;
    size_t n_prompts;
    const pmpo_score_options *o;
    pmpo_scorer_options so;
    pmpo_scorer *scorer;
    pmpo_cache *cache;
    scores *out;
} job;

/* Their scores, and with the first prompt's reversed packing the noise floor. */
static int score_prompts(job *j, pmpo_prompt_score *out, pmpo_error *err)
{
    const pmpo_prompt_list l = {
        .prompts = j->prompts, .n = j->n_prompts, .cache = j->cache,
        .progress = j->o->progress, .progress_ud = j->o->progress_ud,
        .cost = &j->out->pub.cost, .mem = &j->out->mem};
    pmpo_scorer *reversed = NULL;
    pmpo_prompt_score other;
    int rc = j->o->noise_floor
                 ? pmpo_reversed_scorer_new(j->model, j->data, &j->so,
                                            &reversed, err)
                 : 0;
    rc = rc < 0 ? rc : pmpo_score_prompts(j->scorer, reversed, &l, out, &other,
                                          err);
    if (rc == 0 && reversed) {
        pmpo_noise noise;
        pmpo_noise_between(&out[0], &other, &noise);
        j->out->pub.noise_floor = noise.floor;
    }
    pmpo_scorer_free(reversed);
    return rc;
}

static int count_one(job *j, size_t i, pmpo_prompt_score *out,
                     pmpo_error *err)
{
    uint64_t prefill, logical;
    int rc = pmpo_scorer_count(j->scorer, j->prompts[i], &prefill, &logical,
                               err);
    if (rc == 0 && i == 0 && j->o->noise_floor) {
        prefill += prefill; /* the other packing feeds about as much */
        logical += logical;
    }
    if (rc == 0) {
        j->out->pub.cost.prefill_tokens += prefill;
        j->out->pub.cost.logical_tokens += logical;
        *out = (pmpo_prompt_score){
            .prompt = pmpo_arena_str(&j->out->mem, j->prompts[i]),
            .loss = NAN, .format = NAN, .choice = NAN};
    }
    return rc;
}

/* What was counted, at the rate of this machine. */
static int predict_time(job *j, pmpo_error *err)
{
    double per_s;
    int rc = pmpo_rate_scoring(j->model, j->data, &j->so, j->prompts[0], &per_s,
                               err);
    if (rc == 0) {
        j->out->pub.cost.seconds = (double)j->out->pub.cost.prefill_tokens /
                                   per_s;
    }
    return rc;
}

static int score_all(job *j, pmpo_error *err)
{
    pmpo_prompt_score *p =
        pmpo_arena_alloc(&j->out->mem, j->n_prompts, sizeof(*p));
    if (!p) {
        return pmpo_fail_memory(err);
    }
    int rc = j->o->dry_run ? 0 : score_prompts(j, p, err);
    for (size_t i = 0; rc == 0 && j->o->dry_run && i < j->n_prompts; i++) {
        rc = count_one(j, i, &p[i], err);
    }
    j->out->pub.prompts = p;
    j->out->pub.n_prompts = j->n_prompts;
    return rc < 0 || !j->o->dry_run ? rc : predict_time(j, err);
}

/* ---- settings -------------------------------------------------------------------------- */

static int resolve(job *j, pmpo_error *err)
{
    const pmpo_score_options *o = j->o;
    j->so = (pmpo_scorer_options){
        .how = o->how,
        .targets = PMPO_TARGETS_ALL,
        .plain = o->plain,
    };
    int rc = pmpo_loss_resolve(o->loss, j->data, &j->so.loss, err);
    rc = rc < 0 ? rc : pmpo_loss_check(o, j->so.loss, err);
    rc = rc < 0 ? rc : pmpo_loss_on_check(o->loss_on, j->data, err);
    if (rc == 0) {
        rc = pmpo_end_resolve(j->model, j->data, j->prompts[0],
                              o->template_name, o->end, &j->so.end, err);
    }
    j->out->pub.loss = j->so.loss;
    j->out->pub.end_token = j->so.end == PMPO_END_YES;
    return rc;
}

static void take_warning(job *j)
{
    const char *w = j->cache ? pmpo_cache_trouble(j->cache) : NULL;
    char *copy = w ? pmpo_arena_cstr(&j->out->mem, w) : NULL;
    j->out->pub.warning = copy ? copy : "";
}

static int run(job *j, pmpo_error *err)
{
    int rc = resolve(j, err);
    rc = rc < 0 ? rc : pmpo_user_cache(j->o->no_cache || j->o->plain ||
                                       j->o->dry_run || j->model->may_change,
                                       &j->cache, err);
    rc = rc < 0 ? rc : pmpo_scorer_new(j->model, j->data, &j->so, &j->scorer,
                                       err);
    rc = rc < 0 ? rc : score_all(j, err);
    take_warning(j);
    pmpo_scorer_free(j->scorer);
    pmpo_cache_free(j->cache);
    return rc;
}

int pmpo_score(pmpo_model *m, const pmpo_data *d, const pmpo_str *prompts,
               size_t n_prompts, const pmpo_score_options *o,
               pmpo_scores **out, pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_score_options of another version of pmpo.h");
    }
    if (n_prompts == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "scoring needs a prompt");
    }
    pmpo_data *part = NULL;
    job j = {.model = m, .prompts = prompts, .n_prompts = n_prompts, .o = o};
    j.out = pmpo_calloc(1, sizeof(*j.out));
    if (!j.out) {
        return pmpo_fail_memory(err);
    }
    j.out->pub.noise_floor = NAN;
    double before = pmpo_paid(m, NULL);
    int rc = pmpo_data_first(d, o->limit, &part, err);
    if (rc == 0) {
        j.data = part ? part : d;
        rc = run(&j, err);
    }
    j.out->pub.cost.dollars = pmpo_paid(m, NULL) - before;
    pmpo_data_free(part);
    if (rc < 0) {
        pmpo_scores_free(&j.out->pub);
        return rc;
    }
    *out = &j.out->pub;
    return 0;
}
