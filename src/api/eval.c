/* eval.c: pmpo_eval_run and pmpo_audit_run: check their arguments and own their
 * results. The work is done in eval/. */
#include "api/cache.h"
#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"
#include "model/template.h"

void pmpo_eval_options_init(pmpo_eval_options *o)
{
    *o = (pmpo_eval_options){.size = sizeof(*o), .template_name = "chat",
                             .max_tokens = 512, .seed = 1};
}

/* ---- checks ---------------------------------------------------------------- */

static int check_version(const pmpo_eval_options *o, pmpo_error *err)
{
    return o->size == sizeof(*o)
               ? 0
               : pmpo_fail(err, PMPO_EVERSION,
                           "pmpo_eval_options of another version of pmpo.h");
}

/* What evaluations and audits have in common. */
static int check_options(const pmpo_eval_options *o, pmpo_error *err)
{
    int rc = check_version(o, err);
    rc = rc < 0 ? rc : pmpo_check_max_tokens(o->max_tokens, err);
    return rc < 0 ? rc : pmpo_template_check(o->template_name, err);
}

static int check_pattern(const char *text, pmpo_error *err)
{
    regex_t pattern;
    int rc = pmpo_pattern_new(text, &pattern, err);
    if (rc == 0) {
        regfree(&pattern);
    }
    return rc;
}

int pmpo_eval_check(const pmpo_eval_options *o, const pmpo_data *d,
                    pmpo_error *err)
{
    pmpo_data *part = NULL;
    unsigned metrics;
    int rc = check_options(o, err);
    if (rc == 0 && (o->metrics & PMPO_METRIC_REGEX)) {
        rc = check_pattern(o->regex, err);
    }
    if (rc == 0 && d) {
        rc = pmpo_data_first(d, o->limit, &part, err);
        rc = rc < 0 ? rc
                    : pmpo_metrics_resolve(o->metrics, part ? part : d,
                                           &metrics, err);
    }
    pmpo_data_free(part);
    return rc;
}

int pmpo_audit_check(const pmpo_eval_options *o, const pmpo_data *d,
                     pmpo_error *err)
{
    pmpo_data *part = NULL;
    unsigned metrics;
    int rc = check_options(o, err);
    rc = rc == 0 && d ? pmpo_data_first(d, o->limit, &part, err) : rc;
    rc = rc < 0
             ? rc
             : pmpo_audit_resolve(o->metrics, part ? part : d, &metrics, err);
    pmpo_data_free(part);
    return rc;
}

/* ---- what both do ---------------------------------------------------------- */

static void add(const char *what, pmpo_buf *out)
{
    if (what && *what) {
        pmpo_buf_puts(out, out->len ? "; " : "");
        pmpo_buf_puts(out, what);
    }
}

/* What the user should know: the cache failed, or what the engines of the model
 * and the judge (NULL: none) found out. */
static const char *warn(const pmpo_eval_input *in, pmpo_model *judge,
                        pmpo_arena *mem)
{
    pmpo_model *const m[] = {in->model, judge != in->model ? judge : NULL};
    pmpo_buf b = {0};
    add(in->cache ? pmpo_cache_trouble(in->cache) : NULL, &b);
    for (int i = 0; i < 2 && m[i]; i++) {
        add(m[i]->learned, &b);
        m[i]->learned = NULL;
    }
    const char *text = b.failed ? NULL
                                : pmpo_arena_cstr(mem, pmpo_buf_str(&b).ptr);
    pmpo_buf_release(&b);
    return text ? text : "";
}

/* Fills in->data, the first `limit` of it (*part is the caller's to free), and
 * in->cache. PMPO_EUSAGE: as of pmpo_check_max_tokens. */
static int prepare(pmpo_eval_input *in, pmpo_data **part, pmpo_error *err)
{
    int rc = pmpo_check_max_tokens(in->o->max_tokens, err);
    rc = rc < 0 ? rc : pmpo_data_first(in->data, in->o->limit, part, err);
    in->data = *part ? *part : in->data;
    return rc < 0 ? rc : pmpo_user_cache(in->o->no_cache ||
                                     in->model->may_change,
                                 &in->cache, err);
}

/* ---- evaluation ------------------------------------------------------------ */

typedef struct evaluation {
    pmpo_eval pub; /* first: the two are one pointer */
    pmpo_arena mem;
} evaluation;

void pmpo_eval_free(pmpo_eval *e)
{
    if (e) {
        pmpo_arena_release(&((evaluation *)e)->mem);
        pmpo_free(e);
    }
}

int pmpo_eval_run(pmpo_model *m, const pmpo_data *d, const pmpo_str *prompts,
                  size_t n_prompts, const pmpo_eval_options *o,
                  pmpo_eval **out, pmpo_error *err)
{
    if (check_version(o, err) < 0) {
        return PMPO_EVERSION;
    }
    if (n_prompts == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "an evaluation needs a prompt");
    }
    pmpo_data *part = NULL;
    pmpo_eval_input in = {m, d, prompts, n_prompts, o, NULL};
    evaluation *e = pmpo_calloc(1, sizeof(*e));
    double before = pmpo_paid(m, o->judge);
    int rc = e ? prepare(&in, &part, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : pmpo_evaluate(&in, &e->mem, &e->pub, err);
    if (rc == 0) {
        e->pub.warning = warn(&in, o->judge, &e->mem);
        e->pub.cost.dollars = pmpo_paid(m, o->judge) - before;
        *out = &e->pub;
    } else if (e) {
        pmpo_eval_free(&e->pub);
    }
    pmpo_cache_free(in.cache);
    pmpo_data_free(part);
    return rc;
}

/* ---- audit ----------------------------------------------------------------- */

typedef struct audit {
    pmpo_audit pub; /* first: the two are one pointer */
    pmpo_arena mem;
} audit;

void pmpo_audit_free(pmpo_audit *a)
{
    if (a) {
        pmpo_arena_release(&((audit *)a)->mem);
        pmpo_free(a);
    }
}

int pmpo_audit_run(pmpo_model *m, const pmpo_data *d, const pmpo_str *prompts,
                   size_t n_prompts, const pmpo_eval_options *o,
                   pmpo_audit **out, pmpo_error *err)
{
    if (check_version(o, err) < 0) {
        return PMPO_EVERSION;
    }
    if (n_prompts < PMPO_AUDIT_LEAST) {
        return pmpo_fail(err, PMPO_EUSAGE, "%zu prompts are too few to rank: "
                         "%d or more", n_prompts, PMPO_AUDIT_LEAST);
    }
    pmpo_data *part = NULL;
    pmpo_eval_input in = {m, d, prompts, n_prompts, o, NULL};
    audit *a = pmpo_calloc(1, sizeof(*a));
    double before = pmpo_paid(m, NULL);
    int rc = a ? prepare(&in, &part, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : pmpo_audit_prompts(&in, &a->mem, &a->pub, err);
    if (rc == 0) {
        a->pub.warning = warn(&in, NULL, &a->mem);
        a->pub.cost.dollars = pmpo_paid(m, NULL) - before;
        *out = &a->pub;
    } else if (a) {
        pmpo_audit_free(&a->pub);
    }
    pmpo_cache_free(in.cache);
    pmpo_data_free(part);
    return rc;
}
