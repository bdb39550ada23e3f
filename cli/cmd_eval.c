/* cmd_eval.c: pmpo eval: how often the model answers right. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"

/* ---- metrics by name -------------------------------------------------------- */

static int metric_of(const char *name, size_t n, unsigned *out,
                     pmpo_error *err)
{
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        const char *known = pmpo_metric_name(i);
        if (strlen(known) == n && !strncmp(known, name, n)) {
            *out |= 1u << i;
            return 0;
        }
    }
    return cli_error(err, PMPO_EUSAGE, "eval: --metric %.*s: not a metric; see "
                     "pmpo eval --help", (int)n, name);
}

static int metrics_of(const char *names, unsigned *out, pmpo_error *err)
{
    *out = 0;
    while (names && *names) {
        size_t n = strcspn(names, ",");
        int rc = metric_of(names, n, out, err);
        if (rc < 0) {
            return rc;
        }
        names += n + (names[n] == ',');
    }
    return 0;
}

/* ---- for people ---------------------------------------------------------------- */

static void put_metric(const pmpo_eval_metric *m, size_t prompt)
{
    char share[SHORT];
    printf("%6zu  %-13s %-18s", prompt, m->name,
           show_share(m->n_right, m->n, share));
    if (m->n) {
        printf(" %5.1f-%.1f %%", 100 * m->low, 100 * m->high);
    }
    putchar('\n');
}

static void put_answers(const pmpo_eval *e)
{
    for (size_t p = 0; p < e->n_prompts; p++) {
        printf("\nprompt %zu\n%-20s %-9s answer\n", p + 1, "id", "right");
        for (size_t i = 0; i < e->prompts[p].n_examples; i++) {
            const pmpo_eval_example *x = &e->prompts[p].examples[i];
            put_column(stdout, x->id, 20);
            putchar(' ');
            for (size_t k = 0; k < e->n_metrics; k++) {
                putchar("-.x"[x->right[k] < 0 ? 0 : x->right[k] ? 2 : 1]);
            }
            printf("%*s", (int)(10 - e->n_metrics), "");
            put_cut(stdout, x->reply, 46);
            puts(x->reply.len && !x->complete ? " (cut off)" : "");
        }
    }
}

static void put_test(const pmpo_eval *e)
{
    for (size_t k = 0; e->p_values && k < e->n_metrics; k++) {
        if (isfinite(e->p_values[k])) {
            put_fact("paired test", "%s: p = %.3g (exact McNemar, prompt 1 "
                     "against 2)", e->prompts[0].metrics[k].name,
                     e->p_values[k]);
        }
    }
}

static void eval_text(const options *o, const session *s, const pmpo_eval *e)
{
    put_model(o, s->scorer);
    put_fact("data", "%s: %zu examples", o->data, e->prompts[0].n_examples);
    printf("\n%6s  %-13s %-18s 95 %% interval\n", "prompt", "metric", "right");
    for (size_t p = 0; p < e->n_prompts; p++) {
        for (size_t k = 0; k < e->n_metrics; k++) {
            put_metric(&e->prompts[p].metrics[k], p + 1);
        }
    }
    if (o->verbose) {
        put_answers(e);
    }
    putchar('\n');
    put_fact("baseline", "the commonest answer is right in %.1f %%",
             100 * e->majority);
    put_test(e);
    put_cost(&e->cost);
}

/* ---- as JSON ---------------------------------------------------------------------- */

static json_t *metrics_json(const pmpo_eval *e, const pmpo_eval_prompt *p)
{
    json_t *o = js_object();
    for (size_t k = 0; k < e->n_metrics; k++) {
        const pmpo_eval_metric *m = &p->metrics[k];
        json_t *v = js_object();
        js_put(v, "value", js_number(m->value));
        js_put(v, "low", js_number(m->low));
        js_put(v, "high", js_number(m->high));
        js_put(v, "n", js_count(m->n));
        js_put(v, "right", js_count(m->n_right));
        js_put(o, m->name, v);
    }
    return o;
}

static json_t *examples_json(const pmpo_eval *e, const pmpo_eval_prompt *p)
{
    json_t *a = js_array();
    for (size_t i = 0; i < p->n_examples; i++) {
        const pmpo_eval_example *x = &p->examples[i];
        json_t *o = js_object(), *right = js_object();
        js_put(o, "id", js_str(x->id));
        for (size_t k = 0; k < e->n_metrics; k++) {
            if (x->right[k] >= 0) {
                js_put(right, p->metrics[k].name, js_bool(x->right[k] == 1));
            }
        }
        js_put(o, "right", right);
        js_put(o, "reply", js_str(x->reply));
        js_put(o, "complete", js_bool(x->complete));
        js_add(a, o);
    }
    return a;
}

static void eval_json(const session *s, const pmpo_eval *e)
{
    json_t *j = js_object(), *prompts = js_array();
    for (size_t i = 0; i < e->n_prompts; i++) {
        const pmpo_eval_prompt *p = &e->prompts[i];
        json_t *o = js_object();
        js_put(o, "prompt", js_str(p->prompt));
        js_put(o, "metrics", metrics_json(e, p));
        js_put(o, "majority", js_number(e->majority));
        js_put(o, "examples", examples_json(e, p));
        js_add(prompts, o);
    }
    js_put(j, "prompts", prompts);
    if (e->p_values) {
        json_t *test = js_object();
        for (size_t k = 0; k < e->n_metrics; k++) {
            js_put(test, e->prompts[0].metrics[k].name,
                   js_number(e->p_values[k]));
        }
        js_put(j, "mcnemar_p", test);
    }
    js_put(j, "model", js_model(s->scorer));
    js_put(j, "cost", js_cost(&e->cost));
    js_print(j);
}

/* ---- the command ------------------------------------------------------------------- */

static int evaluate(const options *o, const pmpo_data *d,
                    const pmpo_str *prompts, const pmpo_eval_options *eo,
                    pmpo_error *err)
{
    session s;
    pmpo_eval *e = NULL;
    int rc = session_open(o, &s, err);
    rc = rc < 0 ? rc : pmpo_eval_run(s.scorer, d, prompts, o->n_prompts, eo,
                                     &e, err);
    progress_end();
    if (rc == 0 && e->warning[0] && !o->quiet) {
        cli_warn("%s", e->warning);
    }
    if (rc == 0 && o->json) {
        eval_json(&s, e);
    } else if (rc == 0) {
        eval_text(o, &s, e);
    }
    pmpo_eval_free(e);
    session_close(&s);
    return rc;
}

int cmd_eval(const options *o, pmpo_error *err)
{
    pmpo_data *d = NULL;
    pmpo_eval_options eo;
    pmpo_score_options so;
    pmpo_eval_options_init(&eo);
    cli_score_options(o, &so); /* for what the two have in common */
    eo.template_name = so.template_name;
    eo.end = so.end;
    eo.limit = so.limit;
    eo.no_cache = so.no_cache;
    eo.progress = so.progress;
    eo.progress_ud = so.progress_ud;
    eo.max_tokens = o->max_tokens;
    pmpo_str *prompts = cli_grow(NULL, o->n_prompts + 1, sizeof(*prompts));
    int rc = cli_prompts(o, prompts, err);
    rc = rc < 0 ? rc : metrics_of(o->metrics, &eo.metrics, err);
    rc = rc < 0 ? rc : cli_data(o, &d, err);
    rc = rc < 0 ? rc : evaluate(o, d, prompts, &eo, err);
    pmpo_data_free(d);
    cli_free(prompts);
    return rc;
}
