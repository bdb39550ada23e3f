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

typedef struct work {
    pmpo_model *model;
    const pmpo_data *data; /* the first `limit` of what was given */
    const pmpo_str *prompts;
    size_t n_prompts;
    const pmpo_score_options *o;
    pmpo_scorer_options so;
    pmpo_scorer *scorer;
    pmpo_cache *cache;
    scores *out;
} work;

/* Their scores, and with the first prompt's reversed packing the noise floor. */
static int score_prompts(work *w, pmpo_prompt_score *out, pmpo_error *err)
{
    const pmpo_prompt_list l = {.prompts = w->prompts,
                                .n = w->n_prompts,
                                .cache = w->cache,
                                .progress = w->o->progress,
                                .progress_ud = w->o->progress_ud,
                                .cost = &w->out->pub.cost,
                                .mem = &w->out->mem};
    pmpo_scorer *reversed = NULL;
    pmpo_prompt_score other;
    int rc = w->o->noise_floor
                 ? pmpo_reversed_scorer_new(w->model, w->data, &w->so,
                                            &reversed, err)
                 : 0;
    rc = rc < 0 ? rc
                : pmpo_score_prompts(w->scorer, reversed, &l, out, &other, err);
    if (rc == 0 && reversed) {
        pmpo_noise noise;
        pmpo_noise_between(&out[0], &other, &noise);
        w->out->pub.noise_floor = noise.floor;
    }
    pmpo_scorer_free(reversed);
    return rc;
}

static int count_one(work *w, size_t i, pmpo_prompt_score *out, pmpo_error *err)
{
    uint64_t prefill, logical;
    int rc =
        pmpo_scorer_count(w->scorer, w->prompts[i], &prefill, &logical, err);
    if (rc == 0 && i == 0 && w->o->noise_floor) {
        prefill += prefill; /* the other packing feeds about as much */
        logical += logical;
    }
    if (rc == 0) {
        w->out->pub.cost.prefill_tokens += prefill;
        w->out->pub.cost.logical_tokens += logical;
        *out = (pmpo_prompt_score){.prompt = pmpo_arena_str(&w->out->mem,
                                                            w->prompts[i]),
                                   .loss = NAN,
                                   .format = NAN,
                                   .choice = NAN};
    }
    return rc;
}

/* What was counted, at the rate of this machine. */
static int predict_time(work *w, pmpo_error *err)
{
    double per_s;
    int rc = pmpo_rate_scoring(w->model, w->data, &w->so, w->prompts[0], &per_s,
                               err);
    if (rc == 0) {
        w->out->pub.cost.seconds = (double)w->out->pub.cost.prefill_tokens /
                                   per_s;
    }
    return rc;
}

static int score_all(work *w, pmpo_error *err)
{
    pmpo_prompt_score *p =
        pmpo_arena_alloc(&w->out->mem, w->n_prompts, sizeof(*p));
    if (!p) {
        return pmpo_fail_memory(err);
    }
    int rc = w->o->dry_run ? 0 : score_prompts(w, p, err);
    for (size_t i = 0; rc == 0 && w->o->dry_run && i < w->n_prompts; i++) {
        rc = count_one(w, i, &p[i], err);
    }
    w->out->pub.prompts = p;
    w->out->pub.n_prompts = w->n_prompts;
    return rc < 0 || !w->o->dry_run ? rc : predict_time(w, err);
}

/* ---- settings -------------------------------------------------------------------------- */

static int resolve(work *w, pmpo_error *err)
{
    const pmpo_score_options *o = w->o;
    w->so = (pmpo_scorer_options){
        .how = o->how,
        .targets = PMPO_TARGETS_ALL,
        .plain = o->plain,
    };
    int rc = pmpo_loss_resolve(o->loss, w->data, &w->so.loss, err);
    rc = rc < 0 ? rc : pmpo_loss_check(o, w->so.loss, err);
    rc = rc < 0 ? rc : pmpo_loss_on_check(o->loss_on, w->data, err);
    if (rc == 0) {
        rc = pmpo_end_resolve(w->model, w->data, w->prompts[0],
                              o->template_name, o->end, &w->so.end, err);
    }
    w->out->pub.loss = w->so.loss;
    w->out->pub.end_token = w->so.end == PMPO_END_YES;
    return rc;
}

static void take_warning(work *w)
{
    const char *trouble = w->cache ? pmpo_cache_trouble(w->cache) : NULL;
    char *copy = trouble ? pmpo_arena_cstr(&w->out->mem, trouble) : NULL;
    w->out->pub.warning = copy ? copy : "";
}

static int run(work *w, pmpo_error *err)
{
    int rc = resolve(w, err);
    rc = rc < 0 ? rc
                : pmpo_user_cache(w->o->no_cache || w->o->plain ||
                                      w->o->dry_run || w->model->may_change,
                                  &w->cache, err);
    rc = rc < 0 ? rc
                : pmpo_scorer_new(w->model, w->data, &w->so, &w->scorer, err);
    rc = rc < 0 ? rc : score_all(w, err);
    take_warning(w);
    pmpo_scorer_free(w->scorer);
    pmpo_cache_free(w->cache);
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
    work w = {.model = m, .prompts = prompts, .n_prompts = n_prompts, .o = o};
    w.out = pmpo_calloc(1, sizeof(*w.out));
    if (!w.out) {
        return pmpo_fail_memory(err);
    }
    w.out->pub.noise_floor = NAN;
    double before = pmpo_paid(m, NULL);
    int rc = pmpo_data_first(d, o->limit, &part, err);
    if (rc == 0) {
        w.data = part ? part : d;
        rc = run(&w, err);
    }
    w.out->pub.cost.dollars = pmpo_paid(m, NULL) - before;
    pmpo_data_free(part);
    if (rc < 0) {
        pmpo_scores_free(&w.out->pub);
        return rc;
    }
    *out = &w.out->pub;
    return 0;
}
