/* compress.c: pmpo_compress: checks its arguments, splits the data, and calls
 * the search for a shorter prompt (search/compress_loop.h). */
#include <math.h>

#include "api/cache.h"
#include "api/optimize_options.h"
#include "base/error.h"
#include "data/data.h"
#include "search/compress_loop.h"
#include "search/search.h"

#define LEAST_EXAMPLES 5 /* the smallest number with all three parts */

void pmpo_compress_options_init(pmpo_compress_options *o)
{
    *o = (pmpo_compress_options){
        .size = sizeof(*o),
        .margin = 0.01,
        .grain = PMPO_GRAIN_CLAUSE,
        .freeze = PMPO_STR(""),
        .split = {0.4, 0.4, -1, 1},
    };
    pmpo_score_options_init(&o->score);
}

typedef struct compression {
    pmpo_compression pub; /* first, so that the two are one pointer */
    pmpo_arena mem;
} compression;

void pmpo_compression_free(pmpo_compression *c)
{
    if (c) {
        pmpo_arena_release(&((compression *)c)->mem);
        pmpo_free(c);
    }
}

typedef struct work {
    pmpo_model *model;
    const pmpo_compress_options *o;
    pmpo_optimize_options as_run; /* the same settings, for parts and loss */
    pmpo_parts parts;
    pmpo_kept kept;
    pmpo_cache *cache;
    compression *out;
    const pmpo_compress_step *now;
} work;

/* ---- progress ------------------------------------------------------------ */

static void tell(work *w, size_t tokens, double loss)
{
    if (w->o->score.progress) {
        w->o->score.progress(w->o->score.progress_ud,
                             &(pmpo_progress){
                                 .stage = "compressing",
                                 .done = tokens,
                                 .unit = "tokens left",
                                 .loss = loss,
                                 .best = NAN,
                                 .left_ms = -1,
                             });
    }
}

static void on_step(void *ud, const pmpo_compress_step *s, size_t before)
{
    (void)before;
    work *w = ud;
    w->now = s;
    tell(w, s->n_tokens, s->train_loss);
}

static void on_unit(void *ud, const pmpo_score_context *c, size_t done,
                    size_t total, double loss)
{
    (void)c, (void)done, (void)total, (void)loss;
    work *w = ud;
    if (w->now) {
        tell(w, w->now->n_tokens, w->now->train_loss);
    }
}

/* ---- the work ------------------------------------------------------------ */

static int check(const pmpo_compress_options *o, pmpo_str prompt,
                 pmpo_error *err)
{
    if (o->size != sizeof(*o) || o->score.size != sizeof(o->score)) {
        return pmpo_fail(err, PMPO_EVERSION, "pmpo_compress_options of "
                         "another version of pmpo.h");
    }
    if (!(o->margin >= 0) || isinf(o->margin)
        || (unsigned)o->grain > PMPO_GRAIN_WORD) {
        return pmpo_fail(err, PMPO_EUSAGE, "the margin must be 0 nats or more, "
                         "and parts sentences, clauses or words");
    }
    return pmpo_str_trim(prompt).len > 0
               ? 0
               : pmpo_fail(err, PMPO_EUSAGE, "an empty prompt can't be made "
                           "shorter");
}

static int make_parts(work *w, const pmpo_data *d, pmpo_error *err)
{
    size_t n = d ? pmpo_data_count(d) : 0;
    if (n < LEAST_EXAMPLES) {
        return pmpo_fail(err, PMPO_EDATA, "%s: %zu examples are too few for a "
                         "training, a validation and a test part: %d at "
                         "least", d ? pmpo_data_name(d) : "no data", n,
                         LEAST_EXAMPLES);
    }
    const pmpo_optimize_input in = {.scorer = w->model, .train = d};
    int rc = pmpo_parts_make(&in, &w->as_run, &w->parts, err);
    if (rc == 0 && !w->parts.of[PMPO_PART_VALIDATION]) {
        return pmpo_fail(err, PMPO_EDATA, "%s: the split leaves no validation "
                         "example", pmpo_data_name(d));
    }
    return rc < 0 ? rc
                  : pmpo_optimize_resolve(&w->parts, w->model, &w->as_run, err);
}

static int compress(work *w, pmpo_error *err)
{
    pmpo_scorer_options so = pmpo_search_scoring(&w->as_run,
                                                 PMPO_TARGETS_LOSS);
    pmpo_compress_input in = {
        .vocab = &w->model->vocab,
        .kept = &w->kept,
        .prompt = w->as_run.prompt,
        .margin = w->o->margin,
        .finest = w->o->grain,
        .context = {.cache = w->cache, .prompt_id = -1, .after = on_unit,
                    .ud = w, .cost = &w->out->pub.cost},
        .step = on_step,
        .ud = w,
    };
    int rc = pmpo_scorer_new(w->model, w->parts.of[PMPO_PART_TRAIN], &so,
                             &in.train, err);
    rc = rc < 0 ? rc
                : pmpo_scorer_new(w->model, w->parts.of[PMPO_PART_VALIDATION],
                                  &so, &in.validation, err);
    if (rc == 0 && w->parts.of[PMPO_PART_TEST]) {
        rc = pmpo_scorer_new(w->model, w->parts.of[PMPO_PART_TEST], &so,
                             &in.test, err);
    }
    rc = rc < 0 ? rc
                : pmpo_search_compress(&in, &w->out->mem, &w->out->pub, err);
    pmpo_scorer_free(in.train);
    pmpo_scorer_free(in.validation);
    pmpo_scorer_free(in.test);
    return rc;
}

static int run(work *w, const pmpo_data *d, pmpo_error *err)
{
    pmpo_arena *mem = &w->out->mem;
    int rc = pmpo_optimize_unmark(&w->as_run, mem, err);
    const char *wrong = rc < 0 ? NULL
                               : pmpo_keep_find(w->as_run.marked_prompt,
                                                &w->kept);
    rc = wrong ? pmpo_fail(err, PMPO_EUSAGE, "the prompt: %s", wrong) : rc;
    rc = rc < 0 ? rc : make_parts(w, d, err);
    rc = rc < 0 ? rc : pmpo_user_cache(w->o->score.no_cache || w->model->may_change,
                                 &w->cache, err);
    rc = rc < 0 ? rc : compress(w, err);
    const char *trouble = w->cache ? pmpo_cache_trouble(w->cache) : NULL;
    char *copy = trouble ? pmpo_arena_cstr(mem, trouble) : NULL;
    w->out->pub.warning = copy ? copy : "";
    w->out->pub.margin = w->o->margin;
    size_t *const n[3] = {&w->out->pub.n_train, &w->out->pub.n_val,
                          &w->out->pub.n_test};
    for (int p = 0; rc == 0 && p < 3; p++) {
        const pmpo_data *part = w->parts.of[p];
        *n[p] = part ? pmpo_data_count(part) : 0;
    }
    pmpo_cache_free(w->cache);
    pmpo_parts_release(&w->parts);
    return rc;
}

int pmpo_compress(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                  const pmpo_compress_options *o, pmpo_compression **out,
                  pmpo_error *err)
{
    int rc = check(o, prompt, err);
    if (rc < 0) {
        return rc;
    }
    work w = {.model = m, .o = o};
    pmpo_optimize_options_init(&w.as_run);
    w.as_run.score = o->score;
    w.as_run.split = o->split;
    w.as_run.metric = PMPO_RUN_METRIC_NONE; /* nothing is answered */
    w.as_run.prompt = prompt;
    w.as_run.freeze = o->freeze;
    w.out = pmpo_calloc(1, sizeof(*w.out));
    if (!w.out) {
        return pmpo_fail_memory(err);
    }
    double before = pmpo_paid(m, NULL);
    rc = run(&w, d, err);
    w.out->pub.cost.dollars = pmpo_paid(m, NULL) - before;
    if (rc < 0) {
        pmpo_compression_free(&w.out->pub);
        return rc;
    }
    *out = &w.out->pub;
    return 0;
}
