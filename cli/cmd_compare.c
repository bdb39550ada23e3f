/* cmd_compare.c: pmpo compare: prompts x models on the same examples. */
#include <math.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

/* ---- for people ----------------------------------------------------------------- */

static bool has_right(const pmpo_comparison *c)
{
    return strcmp(c->metric, "none") != 0;
}

static const char *show_range(double low, double high, double scale,
                              int digits, char out[SHORT])
{
    if (isfinite(low) && isfinite(high)) {
        snprintf(out, SHORT, "%.*f to %.*f", digits, scale * low, digits,
                 scale * high);
    } else {
        snprintf(out, SHORT, "-");
    }
    return out;
}

/* "+0.1234  0.1 to 0.2  p", or nothing for the first prompt. */
static void put_gain(const pmpo_compare_gain *g, double scale, int digits)
{
    char range[SHORT], p[SHORT] = "-"; /* one input has neither */
    if (isfinite(g->p_holm)) {
        snprintf(p, sizeof(p), "%.2g", g->p_holm);
    }
    if (isfinite(g->value)) {
        printf("  %+10.*f  %-20s %8s", digits, scale * g->value,
               show_range(g->low, g->high, scale, digits, range), p);
    }
    putchar('\n');
}

static void put_losses(const pmpo_compare_cell *cells, size_t n, int best)
{
    char loss[SHORT], range[SHORT];
    printf("%6s %10s  %-18s %12s  %-20s %8s\n", "prompt", "loss",
           "95 % interval", "nats less", "95 % interval", "p");
    for (size_t i = 0; i < n; i++) {
        printf("%c %4zu %10s  %-18s", best == (int)i ? '*' : ' ', i + 1,
               show_loss(cells[i].loss, loss),
               show_range(cells[i].loss_low, cells[i].loss_high, 1, 4, range));
        put_gain(&cells[i].loss_gain, 1, 4);
    }
}

static void put_rights(const pmpo_compare_cell *cells, size_t n, int best)
{
    char range[SHORT], cut[SHORT];
    printf("%6s %10s  %-18s %12s  %-20s %8s\n", "prompt", "right %",
           "95 % interval", "points more", "95 % interval", "p");
    for (size_t i = 0; i < n; i++) {
        const pmpo_compare_cell *c = &cells[i];
        printf("%c %4zu %10.1f  %-18s", best == (int)i ? '*' : ' ', i + 1,
               100 * c->right,
               show_range(c->right_low, c->right_high, 100, 1, range));
        put_gain(&c->right_gain, 100, 1);
        if (c->n_cut_off > 0) {
            printf("%6s replies cut off: %s\n", "",
                   show_share(c->n_cut_off, c->n_replies, cut));
        }
    }
}

static void put_block(const pmpo_comparison *c, const char *name,
                      const char *precision, const pmpo_compare_cell *cells,
                      const pmpo_compare_best *best)
{
    char heading[200];
    snprintf(heading, sizeof(heading), "%s%s%s%s", name, *precision ? " (" : "",
             precision, *precision ? ")" : "");
    put_heading(heading);
    put_losses(cells, c->n_prompts, best->by_loss);
    if (has_right(c)) {
        put_rights(cells, c->n_prompts, best->by_right);
    }
    put_fact("best", "%s", best->verdict);
}

static void put_facts(const options *o, const pmpo_comparison *c)
{
    put_fact("data", "%s: %zu examples, %zu different inputs", o->data,
             c->n_examples, c->n_inputs);
    put_fact("loss", "%s; template %s", pmpo_loss_name(c->loss),
             o->how.template_name);
    put_fact("right",
             !has_right(c) ? "not measured (%s)"
             : isfinite(c->majority)
                 ? "by %s; the commonest answer is right in %.1f %%"
                 : "by %s",
             c->metric, 100 * c->majority);
    for (size_t i = 0; i < c->n_prompts; i++) {
        put_prompt(i + 1, c->prompts[i]);
    }
}

static void put_notes(const pmpo_comparison *c)
{
    putchar('\n');
    put_fact("p",
             "of no difference from prompt 1 on the same examples, "
             "corrected for all comparisons of its kind (Holm), those over all "
             "models apart; losses by the paired t test, right answers by "
             "the exact McNemar test or, of shares, by sign flips");
    put_fact("*", "the best; it was picked on these very examples: on others "
             "it is likely to be less good");
    if (c->n_models > 1 && !c->losses_compare) {
        put_fact("losses", "count each model's own tokens: compare them within "
                 "a model only");
    }
    put_cost(&c->cost);
}

static void compare_text(const options *o, const pmpo_comparison *c)
{
    put_facts(o, c);
    for (size_t m = 0; m < c->n_models; m++) {
        const pmpo_compare_model *x = &c->models[m];
        put_block(c, x->name, x->precision, x->cells, &x->best);
    }
    if (c->all) {
        put_block(c, "all models, which count alike", "", c->all, &c->best);
    }
    put_notes(c);
}

/* ---- as JSON ----------------------------------------------------------------------- */

static json_t *gain_json(const pmpo_compare_gain *g)
{
    json_t *o = js_object();
    js_put(o, "value", js_number(g->value));
    js_put(o, "interval", js_interval(g->low, g->high));
    js_put(o, "p_value", js_number(g->p));
    js_put(o, "p_holm", js_number(g->p_holm));
    return o;
}

/* Counts of what was measured; null: it was not, or is of the models, not of
 * their mean. */
static json_t *count_of(size_t k, size_t n)
{
    return n > 0 ? js_count(k) : json_null();
}

static json_t *cells_json(const pmpo_comparison *c,
                          const pmpo_compare_cell *cells)
{
    json_t *a = js_array();
    for (size_t i = 0; i < c->n_prompts; i++) {
        const pmpo_compare_cell *x = &cells[i];
        json_t *o = js_object();
        js_put(o, "prompt", js_count(i + 1));
        js_put(o, "loss", js_number(x->loss));
        js_put(o, "loss_interval", js_interval(x->loss_low, x->loss_high));
        js_put(o, "loss_gain", gain_json(&x->loss_gain));
        js_put(o, "right", js_number(x->right));
        js_put(o, "right_interval", js_interval(x->right_low, x->right_high));
        js_put(o, "right_gain", gain_json(&x->right_gain));
        js_put(o, "asked", count_of(x->n_asked, x->n_asked));
        js_put(o, "n_right", count_of(x->n_right, x->n_asked));
        js_put(o, "replies", count_of(x->n_replies, x->n_replies));
        js_put(o, "cut_off", count_of(x->n_cut_off, x->n_replies));
        js_add(a, o);
    }
    return a;
}

/* Prompts are numbered from 1; null: not measured. */
static json_t *place_json(int i)
{
    return i < 0 ? json_null() : js_count((uint64_t)i + 1);
}

static json_t *best_json(const pmpo_compare_best *b)
{
    json_t *o = js_object();
    js_put(o, "prompt", place_json(b->pick));
    js_put(o, "by_loss", place_json(b->by_loss));
    js_put(o, "by_right", place_json(b->by_right));
    js_put(o, "better_than_first", js_bool(b->shown));
    js_put(o, "verdict", js_text(b->verdict));
    return o;
}

static json_t *model_json(const pmpo_comparison *c, const pmpo_compare_model *m)
{
    json_t *o = js_object();
    js_put(o, "name", js_text(m->name));
    js_put(o, "precision", js_text(m->precision));
    js_put(o, "identity", js_text(m->identity));
    js_put(o, "cells", cells_json(c, m->cells));
    js_put(o, "best", best_json(&m->best));
    return o;
}

static void compare_json(const options *o, const pmpo_comparison *c)
{
    json_t *j = js_object(), *prompts = js_array(), *models = js_array();
    json_t *all = js_object();
    for (size_t i = 0; i < c->n_prompts; i++) {
        js_add(prompts, js_str(c->prompts[i]));
    }
    for (size_t m = 0; m < c->n_models; m++) {
        js_add(models, model_json(c, &c->models[m]));
    }
    js_put(all, "cells", c->all ? cells_json(c, c->all) : json_null());
    js_put(all, "best", best_json(&c->best));
    js_put(j, "prompts", prompts);
    js_put(j, "models", models);
    js_put(j, "all", all);
    js_put(j, "data", js_text(o->data));
    js_put(j, "examples", js_count(c->n_examples));
    js_put(j, "inputs", js_count(c->n_inputs));
    js_put(j, "loss", js_text(pmpo_loss_name(c->loss)));
    js_put(j, "metric", js_text(c->metric));
    js_put(j, "majority", js_number(c->majority));
    js_put(j, "losses_compare", js_bool(c->losses_compare));
    js_put(j, "cost", js_cost(&c->cost));
    js_print(j);
}

/* ---- the command --------------------------------------------------------------------- */

static int add_model(const options *o, const char *name, pmpo_compare *c,
                     pmpo_error *err)
{
    session s;
    pmpo_model_options mo;
    cli_model_options(o, &mo);
    mo.model = name;
    int rc = session_open_as(o, &mo, NULL, &s, err);
    rc = rc < 0 ? rc : pmpo_compare_add(c, s.scorer, err);
    progress_end();
    const pmpo_model_info *i = rc == 0 ? pmpo_model_describe(s.scorer) : NULL;
    if (i && i->note && *i->note && !o->quiet) {
        fprintf(stderr, "%s: %s\n", i->name, i->note);
    }
    session_close(&s);
    return rc;
}

static int add_models(const options *o, pmpo_compare *c, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->models.n; i++) {
        rc = add_model(o, o->models.items[i], c, err);
    }
    return o->models.n ? rc : add_model(o, NULL, c, err);
}

/* A name that is wrong is told before hours go into the models before it. */
static int find_models(const options *o, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < o->models.n; i++) {
        rc = pmpo_model_find(o->models.items[i], err);
    }
    return rc;
}

static int put_page(const options *o, const pmpo_comparison *c,
                    pmpo_error *err)
{
    pmpo_report *r = NULL;
    int rc = pmpo_report_comparison(c, &r, err);
    rc = rc < 0 ? rc : cli_write_page(o, o->html, r, err);
    pmpo_report_free(r);
    return rc;
}

static int put_result(const options *o, const pmpo_comparison *c,
                      pmpo_error *err)
{
    if (c->warning[0] && !o->quiet) {
        cli_warn("%s", c->warning);
    }
    if (o->json) {
        compare_json(o, c);
    } else if (!o->html || strcmp(o->html, "-") != 0) {
        compare_text(o, c);
    }
    return o->html ? put_page(o, c, err) : 0;
}

/* The result; after a failure, `rc`, that of the models which were done. */
static int put_done(const options *o, const pmpo_comparison *c, int rc,
                    pmpo_error *err)
{
    pmpo_error other;
    if (rc == 0) {
        return put_result(o, c, err);
    }
    if (c->n_models > 0) {
        put_result(o, c, &other);
        fflush(stdout);
    }
    return rc;
}

/* --metric: one name, or none. */
static int read_metric(const options *o, pmpo_compare_options *co,
                       pmpo_error *err)
{
    co->no_metric = o->metrics && !strcmp(o->metrics, "none");
    return co->no_metric ? 0 : cli_metrics(o, &co->metric, err);
}

/* Only generated answers have a length. */
static int check_max_tokens(const options *o, const pmpo_comparison *c,
                            pmpo_error *err)
{
    bool idle = options_said(o, "max-tokens");
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        idle &= !pmpo_metric_needs_answers(i) ||
                strcmp(c->metric, pmpo_metric_name(i)) != 0;
    }
    return idle ? cli_error(err, PMPO_EUSAGE, "compare: --max-tokens has no "
                            "effect: nothing is generated for the metric %s; "
                            "see pmpo compare --help", c->metric)
                : 0;
}

static int compare(const options *o, const pmpo_data *d,
                   const pmpo_str *prompts, size_t n, pmpo_error *err)
{
    pmpo_compare *c = NULL;
    pmpo_compare_options co;
    pmpo_compare_options_init(&co);
    cli_score_options(o, &co.score);
    co.max_tokens = o->max_tokens;
    co.seed = o->seed;
    int rc = read_metric(o, &co, err);
    rc = rc == 0 && o->html ? cli_check_page(o->html, o->force, err) : rc;
    rc = rc < 0 ? rc : pmpo_compare_new(d, prompts, n, &co, &c, err);
    rc = rc < 0 ? rc : pmpo_score_check(&co.score, d, err);
    rc = rc < 0 ? rc : check_max_tokens(o, pmpo_compare_describe(c), err);
    rc = rc < 0 ? rc : find_models(o, err);
    if (rc == 0) {
        rc = add_models(o, c, err);
        rc = put_done(o, pmpo_compare_describe(c), rc, err);
    }
    pmpo_compare_free(c);
    return rc;
}

int cmd_compare(const options *o, pmpo_error *err)
{
    pmpo_data *d = NULL;
    pmpo_str *prompts = NULL;
    size_t n;
    int rc = cli_prompts(o, &prompts, &n, err);
    rc = rc < 0 ? rc : cli_data(o, &d, err);
    rc = rc < 0 ? rc : compare(o, d, prompts, n, err);
    pmpo_data_free(d);
    cli_free(prompts);
    return rc;
}
