/* compare.c: pmpo_compare: prompts x models on the same examples.
 *
 * Built on pmpo_score and, for metrics that need more than its scores, on
 * pmpo_eval_run. Models are added one after the other, because few machines
 * have the memory for many at once. */
#include "eval/compare.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"

void pmpo_compare_options_init(pmpo_compare_options *o)
{
    pmpo_eval_options e;
    pmpo_eval_options_init(&e);
    *o = (pmpo_compare_options){.size = sizeof(*o),
                                .max_tokens = e.max_tokens,
                                .seed = e.seed};
    pmpo_score_options_init(&o->score);
}

struct pmpo_compare {
    pmpo_comparison pub;
    pmpo_arena mem;
    pmpo_compare_options o;
    unsigned metric; /* one bit; 0: none */
    const pmpo_data *data;
    pmpo_data *part; /* the first `limit`, where that is not all */
    double *weights;
    size_t *groups;
    pmpo_compare_model *models; /* [pub.n_models], and their values */
    pmpo_compare_values *values;
};

void pmpo_compare_free(pmpo_compare *c)
{
    if (c) {
        pmpo_data_free(c->part);
        pmpo_arena_release(&c->mem);
        pmpo_free(c);
    }
}

const pmpo_comparison *pmpo_compare_describe(const pmpo_compare *c)
{
    return &c->pub;
}

/* ---- beginning ---------------------------------------------------------------- */

static int choose_metric(pmpo_compare *c, pmpo_error *err)
{
    const unsigned never = PMPO_METRIC_REGEX | PMPO_METRIC_JUDGE;
    unsigned asked = c->o.metric, metric = 0;
    if ((asked & never) || (asked & (asked - 1))) {
        return pmpo_fail(err, PMPO_EUSAGE, "--metric takes one name here, and "
                         "neither regex nor judge");
    }
    int rc = pmpo_metrics_resolve(asked, c->data, &metric, err);
    bool given = metric == PMPO_METRIC_OPTIONS || metric == PMPO_METRIC_PAIRS;
    if (rc == 0 && !asked && !given) {
        metric = pmpo_metric_by_form(c->data); /* none for long texts */
    }
    c->metric = c->o.no_metric ? 0 : metric;
    return rc;
}

static const char *name_of_metric(unsigned bit)
{
    int i = 0;
    while (bit && !(bit & 1u << i)) {
        i++;
    }
    return bit ? pmpo_metric_name(i) : "none";
}

static int copy_prompts(pmpo_compare *c, const pmpo_str *prompts, size_t n)
{
    pmpo_str *copy = pmpo_arena_alloc(&c->mem, n, sizeof(*copy));
    const char *template_name = c->o.score.template_name;
    for (size_t i = 0; copy && i < n; i++) {
        copy[i] = pmpo_arena_str(&c->mem, prompts[i]);
        if (!copy[i].ptr) {
            return PMPO_ENOMEM;
        }
    }
    c->pub.prompts = copy;
    c->pub.n_prompts = n;
    c->o.score.template_name = pmpo_arena_cstr(&c->mem, template_name);
    return copy && c->o.score.template_name ? 0 : PMPO_ENOMEM;
}

static int take_data(pmpo_compare *c, const pmpo_data *d, pmpo_error *err)
{
    int rc = pmpo_data_first(d, c->o.score.limit, &c->part, err);
    c->data = c->part ? c->part : d;
    c->o.score.limit = 0;
    size_t n = pmpo_data_count(c->data);
    c->weights = pmpo_arena_alloc(&c->mem, n, sizeof(*c->weights));
    c->groups = pmpo_arena_alloc(&c->mem, n, sizeof(*c->groups));
    if (rc < 0 || !c->weights || !c->groups) {
        return rc < 0 ? rc : pmpo_fail_memory(err);
    }
    rc = pmpo_data_groups(c->data, c->groups, err);
    for (size_t i = 0; i < n && rc == 0; i++) {
        c->weights[i] = pmpo_data_example(c->data, i)->weight;
        size_t inputs = c->groups[i] + 1;
        c->pub.n_inputs = inputs > c->pub.n_inputs ? inputs : c->pub.n_inputs;
    }
    const char *name = pmpo_data_name(d), *slash = strrchr(name, '/');
    c->pub.data = pmpo_arena_cstr(&c->mem, slash ? slash + 1 : name);
    c->pub.n_examples = n;
    return rc == 0 && !c->pub.data ? pmpo_fail_memory(err) : rc;
}

int pmpo_compare_new(const pmpo_data *d, const pmpo_str *prompts,
                     size_t n_prompts, const pmpo_compare_options *o,
                     pmpo_compare **out, pmpo_error *err)
{
    if (o->size != sizeof(*o) || o->score.size != sizeof(o->score)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_compare_options of another version of pmpo.h");
    }
    if (n_prompts == 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "a comparison needs a prompt");
    }
    int rc = pmpo_check_max_tokens(o->max_tokens, err);
    pmpo_compare *c = rc < 0 ? NULL : pmpo_calloc(1, sizeof(*c));
    if (!c) {
        return rc < 0 ? rc : pmpo_fail_memory(err);
    }
    c->o = *o;
    c->pub.warning = "";
    rc = take_data(c, d, err);
    if (rc == 0 && copy_prompts(c, prompts, n_prompts) < 0) {
        rc = pmpo_fail_memory(err);
    }
    rc = rc < 0 ? rc : choose_metric(c, err);
    c->pub.metric = name_of_metric(c->metric);
    rc = rc < 0
             ? rc
             : pmpo_metrics_majority(c->metric, c->data, &c->pub.majority, err);
    if (rc < 0) {
        pmpo_compare_free(c);
        return rc;
    }
    *out = c;
    return 0;
}

/* ---- one model --------------------------------------------------------------------- */

/* What one model's figures change in the whole. */
typedef struct addition {
    pmpo_compare_values values;
    pmpo_loss_kind loss;
    pmpo_cost cost;
    const char *warning;
} addition;

static int make_values(pmpo_compare *c, pmpo_compare_values *t, pmpo_error *err)
{
    size_t p = c->pub.n_prompts, n = p * c->pub.n_examples;
    t->loss = pmpo_arena_alloc(&c->mem, n, sizeof(*t->loss));
    t->right = pmpo_arena_alloc(&c->mem, n, sizeof(*t->right));
    t->n_replies = pmpo_arena_alloc(&c->mem, p, sizeof(*t->n_replies));
    t->n_cut_off = pmpo_arena_alloc(&c->mem, p, sizeof(*t->n_cut_off));
    return t->loss && t->right && t->n_replies && t->n_cut_off
               ? 0
               : pmpo_fail_memory(err);
}

/* `before` and `more`, once if they are the same; they outlive the results that
 * they came with. Without memory: `before`. */
static const char *join(pmpo_compare *c, const char *before, const char *more)
{
    if (!more || strstr(before, more)) {
        return before;
    }
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%s%s%s", before, *before ? "; " : "", more);
    char *both = b.failed ? NULL : pmpo_arena_cstr(&c->mem, b.ptr);
    pmpo_buf_release(&b);
    return both ? both : before;
}

/* The losses; what is right, too, where the likeliest option says so. */
static int score(pmpo_compare *c, pmpo_model *m, addition *a, pmpo_error *err)
{
    pmpo_scores *s = NULL;
    pmpo_score_options so = c->o.score;
    size_t n = c->pub.n_examples;
    so.plain = so.dry_run = so.noise_floor = false;
    int rc = pmpo_score(m, c->data, c->pub.prompts, c->pub.n_prompts, &so, &s,
                        err);
    for (size_t p = 0; rc == 0 && p < c->pub.n_prompts; p++) {
        for (size_t i = 0; i < n; i++) {
            const pmpo_example_score *e = &s->prompts[p].examples[i];
            bool known = c->metric == PMPO_METRIC_OPTIONS && e->picked >= 0;
            a->values.loss[p * n + i] = e->loss;
            a->values.right[p * n + i] =
                known ? pmpo_right_option(pmpo_data_example(c->data, i), e)
                      : NAN;
        }
    }
    if (rc == 0) {
        a->loss = s->loss;
        pmpo_cost_add(&a->cost, &s->cost);
        a->warning = join(c, a->warning, s->warning);
    }
    pmpo_scores_free(s);
    return rc;
}

static int evaluate(pmpo_compare *c, pmpo_model *m, addition *a,
                    pmpo_error *err)
{
    pmpo_eval *e = NULL;
    pmpo_eval_options eo;
    size_t n = c->pub.n_examples;
    pmpo_eval_options_init(&eo);
    eo.metrics = c->metric;
    eo.template_name = c->o.score.template_name;
    eo.end = c->o.score.end;
    eo.no_cache = c->o.score.no_cache;
    eo.progress = c->o.score.progress;
    eo.progress_ud = c->o.score.progress_ud;
    eo.max_tokens = c->o.max_tokens;
    eo.seed = c->o.seed;
    int rc = pmpo_eval_run(m, c->data, c->pub.prompts, c->pub.n_prompts, &eo,
                           &e, err);
    for (size_t p = 0; rc == 0 && p < c->pub.n_prompts; p++) {
        const pmpo_eval_prompt *x = &e->prompts[p];
        a->values.n_replies[p] = x->n_replies;
        a->values.n_cut_off[p] = x->n_cut_off;
        for (size_t i = 0; i < n; i++) {
            a->values.right[p * n + i] = x->examples[i].right[0];
        }
    }
    if (rc == 0) {
        pmpo_cost_add(&a->cost, &e->cost);
        a->warning = join(c, a->warning, e->warning);
    }
    pmpo_eval_free(e);
    return rc;
}

static const char *copy_of(pmpo_compare *c, const char *text, bool *failed)
{
    char *copy = pmpo_arena_cstr(&c->mem, text ? text : "");
    *failed |= !copy;
    return copy;
}

/* The lists with one more place, in which the model's figures are. */
static int grow(pmpo_compare *c, const pmpo_model *m, const addition *a,
                pmpo_compare_model **models, pmpo_compare_values **values)
{
    const pmpo_model_info *i = pmpo_model_describe(m);
    size_t n = c->pub.n_models;
    *models = pmpo_arena_alloc(&c->mem, n + 1, sizeof(**models));
    *values = pmpo_arena_alloc(&c->mem, n + 1, sizeof(**values));
    bool failed = !*models || !*values;
    pmpo_compare_model one = {.name = copy_of(c, i->name, &failed),
                              .precision = copy_of(c, i->precision, &failed),
                              .identity = copy_of(c, i->identity, &failed),
                              .note = copy_of(c, i->note, &failed)};
    if (failed) {
        return PMPO_ENOMEM;
    }
    if (n > 0) {
        memcpy(*models, c->models, n * sizeof(**models));
        memcpy(*values, c->values, n * sizeof(**values));
    }
    (*models)[n] = one;
    (*values)[n] = a->values;
    return 0;
}

static int take_in(pmpo_compare *c, const pmpo_model *m, const addition *a)
{
    pmpo_compare_model *models;
    pmpo_compare_values *values;
    const pmpo_compare_cell *all;
    pmpo_compare_best best;
    size_t n = c->pub.n_examples;
    double *room = pmpo_arena_alloc(&c->mem, 2 * n, sizeof(*room));
    pmpo_compare_sums s = {.weights = c->weights, .groups = c->groups,
                           .n_prompts = c->pub.n_prompts, .n_examples = n,
                           .n_models = c->pub.n_models + 1,
                           .seed = c->o.seed, .mem = &c->mem, .x = room,
                           .w = room + n};
    int rc = room ? grow(c, m, a, &models, &values) : PMPO_ENOMEM;
    rc = rc < 0 ? rc : pmpo_compare_sum(&s, values, models, &all, &best);
    if (rc < 0) {
        return rc;
    }
    c->models = models;
    c->values = values;
    c->pub.models = models;
    c->pub.n_models++;
    c->pub.all = all;
    c->pub.best = best;
    c->pub.loss = a->loss;
    c->pub.losses_compare = a->loss != PMPO_LOSS_NLL;
    pmpo_cost_add(&c->pub.cost, &a->cost);
    c->pub.warning = join(c, c->pub.warning, a->warning);
    return 0;
}

int pmpo_compare_add(pmpo_compare *c, pmpo_model *m, pmpo_error *err)
{
    addition a = {.warning = ""};
    int rc = make_values(c, &a.values, err);
    bool by_scores = c->metric == PMPO_METRIC_OPTIONS || c->metric == 0;
    rc = rc < 0 ? rc : score(c, m, &a, err);
    rc = rc == 0 && !by_scores ? evaluate(c, m, &a, err) : rc;
    if (rc < 0) {
        return rc;
    }
    return take_in(c, m, &a) < 0 ? pmpo_fail_memory(err) : 0;
}
