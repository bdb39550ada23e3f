/* analyze.c: pmpo_analyze: what each part of a prompt is worth.
 *
 * The masked variants are scored with all targets, as pmpo_score does, so
 * that an effect is never the difference between two packings. */
#include <math.h>

#include "api/cache.h"
#include "base/error.h"
#include "data/data.h"
#include "score/score.h"
#include "search/mask.h"

#define MARK_SEED 1 /* marking is greedy; a seed only names the job */

typedef struct analysis {
    pmpo_analysis pub; /* first, so that the two are one pointer */
    pmpo_arena mem;
} analysis;

typedef struct work {
    pmpo_model *scorer, *rewriter;
    const pmpo_data *data; /* the first `limit` */
    const pmpo_score_options *o;
    pmpo_scorer *s;
    pmpo_cache *cache;
    const char *stage;
    analysis *out;
} work;

void pmpo_analyze_options_init(pmpo_analyze_options *o)
{
    *o = (pmpo_analyze_options){.size = sizeof(*o), .max_segments = 5};
    pmpo_score_options_init(&o->score);
}

void pmpo_analysis_free(pmpo_analysis *a)
{
    if (a) {
        pmpo_scores_free(a->scores);
        pmpo_arena_release(&((analysis *)a)->mem);
        pmpo_free(a);
    }
}

static void tell(work *w, size_t done, size_t total, double loss)
{
    if (w->o->progress) {
        w->o->progress(w->o->progress_ud, &(pmpo_progress){
                                              .stage = w->stage,
                                              .done = done,
                                              .total = total,
                                              .unit = "examples",
                                              .loss = loss,
                                              .best = NAN,
                                              .left_ms = -1,
                                          });
    }
}

static void on_unit(void *ud, const pmpo_score_context *c, size_t done,
                    size_t total, double loss)
{
    (void)c;
    tell(ud, done, total, loss);
}

static pmpo_score_context context(work *w, const char *stage)
{
    w->stage = stage;
    return (pmpo_score_context){
        .cache = w->cache,
        .purpose = stage,
        .prompt_id = -1,
        .after = on_unit,
        .ud = w,
        .cost = &w->out->pub.cost,
    };
}

/* Scores the prompt by pmpo_score, whose result is part of the analysis. */
static int score_whole(work *w, pmpo_str prompt, pmpo_error *err)
{
    pmpo_analysis *a = &w->out->pub;
    pmpo_score_options o = *w->o;
    o.limit = 0; /* applied already */
    o.dry_run = false;
    int rc = pmpo_score(w->scorer, w->data, &prompt, 1, &o, &a->scores, err);
    if (rc == 0) {
        a->loss = a->scores->prompts[0].loss;
        a->noise_floor = a->scores->noise_floor;
        a->cost = a->scores->cost;
    }
    return rc;
}

static int make_scorer(work *w, pmpo_error *err)
{
    const pmpo_scores *r = w->out->pub.scores;
    pmpo_scorer_options so = {.how = w->o->how,
                              .targets = PMPO_TARGETS_ALL,
                              .plain = w->o->plain};
    so.loss = r->loss; /* as they were resolved */
    so.end = r->end_token ? PMPO_END_YES : PMPO_END_NO;
    return pmpo_scorer_new(w->scorer, w->data, &so, &w->s, err);
}

/* A base model may have nothing to begin with under an empty prompt: then
 * there is no such loss, and the rest of the analysis stands. */
static int score_without(work *w, pmpo_error *err)
{
    pmpo_result r;
    pmpo_arena mem = {0};
    pmpo_score_context c = context(w, "scoring without");
    int rc = pmpo_scorer_score(w->s, PMPO_STR(""), &c, &mem, &r, err);
    w->out->pub.loss_without = rc == 0 ? r.score.loss : NAN;
    pmpo_arena_release(&mem);
    return rc == PMPO_EMODEL ? 0 : rc;
}

static int find_effects(work *w, pmpo_str prompt, int max, pmpo_error *err)
{
    pmpo_analysis *a = &w->out->pub;
    pmpo_marking m;
    pmpo_jobs jobs = {.model = w->rewriter, .cache = w->cache,
                      .cost = &a->cost};
    w->stage = "marking";
    tell(w, 0, 0, NAN);
    int rc = pmpo_mark(&jobs, prompt, max, 0, MARK_SEED, &m, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_segment_effect *e = pmpo_arena_alloc(&w->out->mem, m.n, sizeof(*e));
    if (!e) {
        return pmpo_fail_memory(err);
    }
    pmpo_score_context c = context(w, "masking");
    rc = pmpo_mask_effects(w->s, &a->scores->prompts[0], &m, &c,
                           &w->out->mem, e, err);
    a->marked_by_model = m.by_model;
    a->marking_note = m.note;
    a->segments = e;
    a->n_segments = m.n;
    return rc;
}

static int analyse(work *w, pmpo_str prompt, int max, pmpo_error *err)
{
    bool no_cache = w->o->no_cache || w->o->plain || w->scorer->may_change;
    int rc = score_whole(w, prompt, err);
    rc = rc < 0 ? rc : make_scorer(w, err);
    rc = rc < 0 ? rc : pmpo_user_cache(no_cache, &w->cache, err);
    rc = rc < 0 ? rc : score_without(w, err);
    rc = rc < 0 ? rc : find_effects(w, prompt, max, err);
    pmpo_scorer_free(w->s);
    pmpo_cache_free(w->cache);
    return rc;
}

int pmpo_analyze(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                 const pmpo_analyze_options *o, pmpo_analysis **out,
                 pmpo_error *err)
{
    if (o->size != sizeof(*o) || o->score.size != sizeof(o->score)) {
        return pmpo_fail(err, PMPO_EVERSION, "pmpo_analyze_options of another "
                         "version of pmpo.h");
    }
    if (o->max_segments < 1 || o->max_segments > PMPO_MAX_SEGMENTS) {
        return pmpo_fail(err, PMPO_EUSAGE, "1 to %d segments, not %d",
                         PMPO_MAX_SEGMENTS, o->max_segments);
    }
    pmpo_data *part = NULL;
    work w = {.scorer = m, .rewriter = o->rewriter ? o->rewriter : m,
              .o = &o->score};
    w.out = pmpo_calloc(1, sizeof(*w.out));
    if (!w.out) {
        return pmpo_fail_memory(err);
    }
    w.out->pub.prompt = pmpo_arena_str(&w.out->mem, prompt);
    w.out->pub.marking_note = "";
    double before = pmpo_paid(m, o->rewriter);
    int rc = w.out->pub.prompt.ptr ? pmpo_data_first(d, o->score.limit, &part,
                                                   err)
                                   : pmpo_fail_memory(err);
    w.data = part ? part : d;
    rc = rc < 0 ? rc : analyse(&w, prompt, o->max_segments, err);
    w.out->pub.cost.dollars = pmpo_paid(m, o->rewriter) - before;
    pmpo_data_free(part);
    if (rc < 0) {
        pmpo_analysis_free(&w.out->pub);
        return rc;
    }
    *out = &w.out->pub;
    return 0;
}
