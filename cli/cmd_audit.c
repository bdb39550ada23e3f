/* cmd_audit.c: pmpo audit: whether a lower loss means more right answers. */
#include <math.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

typedef struct audit_job {
    const options *o;
    pmpo_run *run;   /* NULL: none given */
    pmpo_data *data;
    size_t n_left_out; /* examples that the run has trained on */
    pmpo_str *prompts;
    int *families; /* [n_prompts]: of a run's, the candidate that it goes back
                    * to; of others below 0 */
    size_t n_prompts;
    size_t n_models;  /* of the run; 0: none given, or -m names another */
    pmpo_joint joint; /* how n_models > 1 make one loss */
    session s;
    pmpo_audit *result;
} audit_job;

/* The run's loss among the audit's; -1: none, as where it is one of several
 * models and the audit is of the first. */
static int own_loss(const audit_job *j)
{
    return j->n_models > 1 ? -1 : j->result->own;
}

/* ---- prompts --------------------------------------------------------------- */

/* A given prompt that is also one of the run's is of the run's family, or its
 * relatives would count beside it. */
static void add_prompt(audit_job *j, pmpo_str p, int family)
{
    for (size_t i = 0; i < j->n_prompts; i++) {
        if (j->prompts[i].len == p.len
            && !memcmp(j->prompts[i].ptr, p.ptr, p.len)) {
            bool given = j->families[i] < 0;
            j->families[i] = given ? family : j->families[i];
            return;
        }
    }
    j->prompts = cli_grow(j->prompts, j->n_prompts + 1, sizeof(*j->prompts));
    j->families =
        cli_grow(j->families, j->n_prompts + 1, sizeof(*j->families));
    j->families[j->n_prompts] = family;
    j->prompts[j->n_prompts++] = p;
}

static const pmpo_candidate *candidate(const pmpo_run_view *v, int id)
{
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            if (v->iterations[i].candidates[k].id == id) {
                return &v->iterations[i].candidates[k];
            }
        }
    }
    return NULL;
}

/* The prompt from which a candidate descends; 0: the start prompt. Parents are
 * earlier prompts; in a damaged file they may not be. */
static int family_of(const pmpo_run_view *v, const pmpo_candidate *c)
{
    while (c->n_parents > 0 && c->parents[0] < c->id) {
        const pmpo_candidate *from = candidate(v, c->parents[0]);
        if (!from) {
            return c->parents[0];
        }
        c = from;
    }
    return c->id;
}

/* The start prompt and every candidate that was one. */
static void add_run_prompts(audit_job *j)
{
    const pmpo_run_view *v = pmpo_run_describe(j->run);
    add_prompt(j, v->initial.prompt, 0);
    for (size_t i = 0; i < v->n_iterations; i++) {
        for (size_t k = 0; k < v->iterations[i].n_candidates; k++) {
            const pmpo_candidate *c = &v->iterations[i].candidates[k];
            if (c->fate == PMPO_FATE_ACCEPTED
                || c->fate == PMPO_FATE_REJECTED) {
                add_prompt(j, c->prompt, family_of(v, c));
            }
        }
    }
}

static int collect_prompts(audit_job *j, pmpo_error *err)
{
    pmpo_str *given = NULL;
    size_t n = 0;
    int rc = 0;
    if (!j->run || j->o->prompts.n > 0 || j->o->baseline) {
        rc = cli_prompts(j->o, &given, &n, err);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        add_prompt(j, given[i], -1 - (int)i);
    }
    cli_free(given);
    if (rc == 0 && j->run) {
        add_run_prompts(j);
    }
    if (rc == 0 && j->n_prompts < PMPO_AUDIT_LEAST) {
        rc = cli_error(err, PMPO_EUSAGE, "audit: %zu different prompts are too "
                       "few to rank, %d are needed: add some by -p or "
                       "--baseline all", j->n_prompts, PMPO_AUDIT_LEAST);
    }
    return rc;
}

/* ---- examples ----------------------------------------------------------------- */

/* Removes from j->data the examples that the run's search has used. */
static int leave_out_seen(audit_job *j, pmpo_error *err)
{
    pmpo_data *seen[2] = {NULL, NULL}, *rest = NULL;
    const char *path = j->o->args[0];
    int rc = pmpo_run_data(path, 0, &seen[0], err);
    rc = rc < 0 ? rc : pmpo_run_data(path, 1, &seen[1], err);
    rc = rc < 0 ? rc
                : pmpo_data_unseen(j->data, (const pmpo_data *const *)seen, 2,
                                   &rest, &j->n_left_out, err);
    if (rc == PMPO_EDATA) {
        rc = cli_error(err, rc, "audit: %s has only examples that the run has "
                       "trained on: give others", j->o->data);
    }
    if (rc == 0) {
        pmpo_data_free(j->data);
        j->data = rest;
    }
    pmpo_data_free(seen[0]);
    pmpo_data_free(seen[1]);
    return rc;
}

static int load_data(audit_job *j, pmpo_error *err)
{
    if (j->o->data || !j->run) {
        int rc = cli_data(j->o, &j->data, err);
        return rc == 0 && j->run ? leave_out_seen(j, err) : rc;
    }
    int rc = pmpo_run_data(j->o->args[0], 2, &j->data, err);
    return rc < 0 || j->data
               ? rc
               : cli_error(err, PMPO_EUSAGE, "audit: the run has no test part: "
                           "give -d FILE");
}

/* ---- for people ------------------------------------------------------------------ */

static void put_agreement(const pmpo_agreement *a)
{
    if (isnan(a->value)) {
        printf("  %23s", "-");
    } else if (isnan(a->low)) {
        printf("  %7.2f %15s", a->value, "");
    } else {
        printf("  %7.2f (%5.2f..%5.2f)%s", a->value, a->low, a->high,
               a->picked == PMPO_ACCORD_OPEN ? " " : "*");
    }
}

static void put_table(const pmpo_audit *a)
{
    printf("\nAgreement: Spearman's correlation of minus the loss with the "
           "share right, over\nprompts, and its 95 %% interval over inputs; "
           "*: beyond what the best of all these\nlosses has by chance over "
           "%zu prompts (at 5 %%)\n\n%-22s", a->n_families, "loss");
    for (size_t m = 0; m < a->n_metrics; m++) {
        printf("  %23s", a->metrics[m]);
    }
    putchar('\n');
    for (size_t r = 0; r < a->n_losses; r++) {
        printf("%-22s", a->losses[r].name);
        for (size_t m = 0; m < a->n_metrics; m++) {
            put_agreement(&a->losses[r].agreement[m]);
        }
        putchar('\n');
    }
}

static void put_prompts(const pmpo_audit *a)
{
    for (size_t p = 0; p < a->n_prompts; p++) {
        printf("\nprompt %zu:", p + 1);
        for (size_t m = 0; m < a->n_metrics; m++) {
            printf(" %s %.3f%s", a->metrics[m],
                   a->accuracy[m * a->n_prompts + p],
                   m + 1 < a->n_metrics ? "," : "\n");
        }
        for (size_t r = 0; r < a->n_losses; r++) {
            printf("  %-22s %8.4f\n", a->losses[r].name, a->losses[r].loss[p]);
        }
        put_text(stdout, a->prompts[p], "  | ");
    }
}

static void put_range(const pmpo_audit *a, size_t m)
{
    double low = 1, high = 0;
    for (size_t p = 0; p < a->n_prompts; p++) {
        low = fmin(low, a->accuracy[m * a->n_prompts + p]);
        high = fmax(high, a->accuracy[m * a->n_prompts + p]);
    }
    put_fact(m ? "" : "right", "%s: %.1f to %.1f %% over the prompts",
             a->metrics[m], 100 * low, 100 * high);
}

/* The loss that the run was made with: it wasn't picked from this table. */
static void put_own(const pmpo_audit *a, size_t m)
{
    const pmpo_audit_loss *l = &a->losses[a->own];
    const pmpo_agreement *v = &l->agreement[m];
    const char *key = m ? "" : "run's loss";
    if (isnan(v->value) && a->n_families < PMPO_AUDIT_LEAST) {
        put_fact(key, "%s: %s: can't be told from %zu prompts", a->metrics[m],
                 l->name, a->n_families);
        return;
    }
    if (isnan(v->value)) {
        put_fact(key, "%s: %s: can't be told: one of the two is the same for "
                 "all prompts", a->metrics[m], l->name);
        return;
    }
    put_fact(key, "%s: %s: %s: agreement %.2f, chance does as well in %.2g %%",
             a->metrics[m], l->name,
             v->alone == PMPO_ACCORD_AGREES ? "agrees"
             : v->alone == PMPO_ACCORD_DISAGREES
                 ? "warning: disagrees, don't trust its gains"
             : v->value > 0 ? "can't be told"
                            : "warning: can't be told, nothing speaks for it",
             v->value, 100 * v->p);
}

/* No loss can be compared with the metric. */
static bool is_same(const pmpo_audit *a, size_t m)
{
    bool same = true;
    for (size_t l = 0; l < a->n_losses; l++) {
        same = same && isnan(a->losses[l].agreement[m].value);
    }
    return same;
}

static void put_conclusion(const pmpo_audit *a, size_t m)
{
    const char *key = m ? "" : "best";
    if (a->n_inputs < PMPO_AUDIT_LEAST_INPUTS) {
        put_fact(key,
                 "%s: can't be told from %zu different inputs, take %d or "
                 "more",
                 a->metrics[m], a->n_inputs, PMPO_AUDIT_LEAST_INPUTS);
        return;
    }
    if (is_same(a, m)) {
        put_fact(key,
                 "%s: can't be told: it is the same for all prompts, or "
                 "every loss is",
                 a->metrics[m]);
        return;
    }
    if (a->best[m] < 0) {
        put_fact(key, "%s: warning: no loss agrees with it here, don't trust a "
                 "gain of loss", a->metrics[m]);
        return;
    }
    const pmpo_audit_loss *l = &a->losses[a->best[m]];
    const pmpo_agreement *v = &l->agreement[m];
    put_fact(key, "%s: %s: %s: agreement %.2f, the best of %zu losses has it by "
             "chance in %.2g %%", a->metrics[m], l->name,
             v->picked == PMPO_ACCORD_AGREES ? "agrees" : "can't be told",
             v->value, a->n_losses, 100 * v->p_picked);
}

static void put_models(const audit_job *j)
{
    if (j->n_models > 1) {
        put_model_of(j->o, j->s.scorer, ", the run's first");
        put_fact("",
                 "of %zu models the first alone; the run's loss is the %s "
                 "over all",
                 j->n_models, j->joint == PMPO_JOINT_MAX ? "maximum" : "mean");
    } else if (j->n_models == 1) {
        put_model_of(j->o, j->s.scorer, ", the run's");
    } else {
        put_model(j->o, j->s.scorer);
    }
}

static void audit_text(const audit_job *j)
{
    const pmpo_audit *a = j->result;
    put_models(j);
    put_fact("data", "%s: %zu examples, %zu prompts",
             j->o->data ? j->o->data : "the run's test part", a->n_examples,
             a->n_prompts);
    if (a->n_families < a->n_prompts) {
        put_fact("", "prompts made from one another count as one: %zu%s",
                 a->n_families, a->n_families < PMPO_AUDIT_LEAST
                     ? ", too few to tell; --baseline all adds some" : "");
    }
    if (j->n_left_out > 0) {
        put_fact("", "%zu others were left out: the run has trained on them",
                 j->n_left_out);
    }
    put_table(a);
    if (j->o->verbose) {
        put_prompts(a);
    }
    putchar('\n');
    for (size_t m = 0; m < a->n_metrics; m++) {
        put_range(a, m);
    }
    if (isfinite(a->majority)) {
        put_fact("baseline", "the commonest answer is right in %.1f %%",
                 100 * a->majority);
    }
    for (size_t m = 0; own_loss(j) >= 0 && m < a->n_metrics; m++) {
        put_own(a, m);
    }
    for (size_t m = 0; m < a->n_metrics; m++) {
        put_conclusion(a, m);
    }
    put_cost(&a->cost);
}

/* ---- as JSON --------------------------------------------------------------------- */

static json_t *accord_json(pmpo_accord v)
{
    return js_text(v == PMPO_ACCORD_AGREES      ? "agrees"
                   : v == PMPO_ACCORD_DISAGREES ? "disagrees"
                                                : "can't be told");
}

static json_t *loss_json(const pmpo_audit *a, const pmpo_audit_loss *l)
{
    json_t *o = js_object(), *agreement = js_object(), *losses = js_array();
    js_put(o, "loss", js_text(l->name));
    for (size_t m = 0; m < a->n_metrics; m++) {
        json_t *v = js_object();
        js_put(v, "value", js_number(l->agreement[m].value));
        js_put(v, "low", js_number(l->agreement[m].low));
        js_put(v, "high", js_number(l->agreement[m].high));
        js_put(v, "p", js_number(l->agreement[m].p));
        js_put(v, "p_picked", js_number(l->agreement[m].p_picked));
        js_put(v, "alone", accord_json(l->agreement[m].alone));
        js_put(v, "picked", accord_json(l->agreement[m].picked));
        js_put(agreement, a->metrics[m], v);
    }
    for (size_t p = 0; p < a->n_prompts; p++) {
        js_add(losses, js_number(l->loss[p]));
    }
    js_put(o, "agreement", agreement);
    js_put(o, "by_prompt", losses);
    return o;
}

static void audit_json(const audit_job *j)
{
    const pmpo_audit *a = j->result;
    json_t *o = js_object(), *prompts = js_array(), *losses = js_array();
    json_t *best = js_object();
    for (size_t p = 0; p < a->n_prompts; p++) {
        json_t *x = js_object(), *right = js_object();
        for (size_t m = 0; m < a->n_metrics; m++) {
            js_put(right, a->metrics[m],
                   js_number(a->accuracy[m * a->n_prompts + p]));
        }
        js_put(x, "prompt", js_str(a->prompts[p]));
        js_put(x, "right", right);
        js_add(prompts, x);
    }
    for (size_t r = 0; r < a->n_losses; r++) {
        js_add(losses, loss_json(a, &a->losses[r]));
    }
    for (size_t m = 0; m < a->n_metrics; m++) {
        js_put(best, a->metrics[m],
               js_text(a->best[m] < 0 ? NULL : a->losses[a->best[m]].name));
    }
    js_put(o, "prompts", prompts);
    js_put(o, "losses", losses);
    js_put(o, "best", best);
    js_put(o, "run_loss",
           js_text(own_loss(j) < 0 ? NULL : a->losses[a->own].name));
    js_put(o, "examples", js_count(a->n_examples));
    js_put(o, "inputs", js_count(a->n_inputs));
    js_put(o, "families", js_count(a->n_families));
    js_put(o, "left_out", js_count(j->n_left_out));
    js_put(o, "cut_off", a->n_replies ? js_count(a->n_cut_off)
                                      : js_text(NULL));
    js_put(o, "majority", js_number(a->majority));
    js_put(o, "model", js_model(j->s.scorer));
    js_put(o, "cost", js_cost(&a->cost));
    js_print(o);
}

/* ---- the command -------------------------------------------------------------------- */

/* What the command line says of the run's model goes before the run. */
static void take_options(const options *o, pmpo_model_options *run)
{
    pmpo_model_options asked;
    cli_model_options(o, &asked);
    if (options_said(o, "precision")) {
        run->precision = asked.precision;
    }
    if (options_said(o, "threads")) {
        run->threads = asked.threads;
    }
    if (options_said(o, "gpu-layers")) {
        run->gpu_layers = asked.gpu_layers;
    }
    if (options_said(o, "memory") || run->memory_bytes == 0) {
        run->memory_bytes = asked.memory_bytes;
    }
    if (options_said(o, "model-name")) {
        run->model_name = asked.model_name;
    }
    if (options_said(o, "dialect")) {
        run->dialect = asked.dialect;
    }
    if (options_said(o, "tokenizer")) {
        run->tokenizer = asked.tokenizer;
    }
}

/* The run's model, the first of several, with its settings unless the command
 * line has others. */
static int open_model(audit_job *j, pmpo_error *err)
{
    const options *o = j->o;
    pmpo_model_options scorer, rewriter, other;
    bool same;
    if (o->model || !j->run) {
        return session_open(o, &j->s, err);
    }
    int rc = pmpo_run_models(j->run, &scorer, &rewriter, &same, err);
    if (rc < 0) {
        return rc;
    }
    j->n_models = 1;
    while (pmpo_run_joined(j->run, j->n_models - 1, &other, &j->joint)) {
        j->n_models++;
    }
    take_options(o, &scorer);
    return session_open_as(o, &scorer, NULL, &j->s, err);
}

/* Prompts are rendered as the run rendered them, or its losses are others;
 * and its own loss, *run, is named. */
static int take_scoring(const audit_job *j, pmpo_score_options *run,
                        pmpo_eval_options *ao, pmpo_error *err)
{
    ao->template_name = j->o->how.template_name;
    ao->end = j->o->how.end;
    int rc = j->run ? pmpo_run_scoring(j->run, run, err) : 0;
    if (rc < 0 || !j->run) {
        return rc;
    }
    ao->run_loss = run;
    if (!options_said(j->o, "template")) {
        ao->template_name = run->template_name;
    }
    if (!options_said(j->o, "end")) {
        ao->end = run->end;
    }
    return 0;
}

static int audit(audit_job *j, pmpo_error *err)
{
    const options *o = j->o;
    pmpo_eval_options ao;
    pmpo_score_options run;
    pmpo_eval_options_init(&ao);
    ao.limit = (size_t)o->limit;
    ao.max_tokens = o->max_tokens;
    ao.seed = o->seed;
    ao.no_cache = o->no_cache;
    ao.progress = progress_show;
    ao.families = j->families;
    int rc = cli_metrics(o, &ao.metrics, err);
    rc = rc < 0 ? rc : take_scoring(j, &run, &ao, err);
    rc = rc < 0 ? rc : pmpo_audit_check(&ao, j->data, err);
    rc = rc < 0 ? rc : cli_check_metrics(o, j->data, ao.metrics, err);
    rc = rc < 0 ? rc : open_model(j, err);
    rc = rc < 0 ? rc : pmpo_audit_run(j->s.scorer, j->data, j->prompts,
                                      j->n_prompts, &ao, &j->result, err);
    progress_end();
    if (rc == 0 && j->result->warning[0] && !o->quiet) {
        cli_warn("%s", j->result->warning);
    }
    if (rc == 0) {
        cli_warn_cut_off(o, "all prompts", j->result->n_cut_off,
                         j->result->n_replies);
    }
    return rc;
}

/* What a --config file has of these goes after the run. */
static void leave_to_run(options *o)
{
    o->model = options_said(o, "model") ? o->model : NULL;
    o->data = options_said(o, "data") ? o->data : NULL;
    o->prompts.n = options_said(o, "prompt") ? o->prompts.n : 0;
    o->baseline = options_said(o, "baseline") ? o->baseline : NULL;
}

int cmd_audit(const options *given, pmpo_error *err)
{
    options own = *given;
    const options *o = &own;
    audit_job j = {.o = o};
    if (o->n_args > 0) {
        leave_to_run(&own);
    }
    int rc = o->n_args > 0 ? pmpo_run_open(o->args[0], &j.run, err) : 0;
    rc = rc < 0 ? rc : collect_prompts(&j, err);
    rc = rc < 0 ? rc : load_data(&j, err);
    rc = rc < 0 ? rc : audit(&j, err);
    if (rc == 0) {
        (o->json ? audit_json : audit_text)(&j);
    }
    pmpo_audit_free(j.result);
    session_close(&j.s);
    cli_free(j.prompts);
    cli_free(j.families);
    pmpo_data_free(j.data);
    pmpo_run_free(j.run);
    return rc;
}
