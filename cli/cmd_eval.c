/* cmd_eval.c: pmpo eval: how often the model answers right. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

#define MAX_RUNS 32 /* numbers of demonstrations */

/* One number of shots, and the results with it. */
typedef struct turn {
    size_t shots;
    pmpo_data *data;
    pmpo_eval *result;
} turn;

typedef struct evaluation {
    const options *o;
    pmpo_data *data;   /* asked */
    pmpo_data *train;  /* demonstrations; NULL: none */
    size_t n_train_of; /* of `data`, kept back for demonstrations; 0: none */
    pmpo_str *prompts;
    size_t n_prompts;
    pmpo_eval_options eo;
    turn turns[MAX_RUNS];
    size_t n_turns;
} evaluation;

/* ---- demonstrations --------------------------------------------------------- */

static int read_shots(evaluation *v, pmpo_error *err)
{
    const char *at = v->o->shots;
    do {
        size_t n = strspn(at, "0123456789");
        if (n == 0 || n > 4 || (at[n] && at[n] != ',')
            || v->n_turns == MAX_RUNS) {
            return cli_error(err, PMPO_EUSAGE, "eval: --shots %s: not numbers "
                             "with commas, such as 0,1,3; see pmpo eval --help",
                             v->o->shots);
        }
        v->turns[v->n_turns++].shots = strtoul(at, NULL, 10);
        at += n + (at[n] == ',');
    } while (*at);
    return 0;
}

static size_t most_shots(const evaluation *v)
{
    size_t most = 0;
    for (size_t i = 0; i < v->n_turns; i++) {
        most = v->turns[i].shots > most ? v->turns[i].shots : most;
    }
    return most;
}

/* The examples of one part of `d`: the training part, or all the others. */
static int take_part(const pmpo_data *d, const char *name,
                     const unsigned char *part, bool training,
                     pmpo_data **out, pmpo_error *err)
{
    size_t n = 0, all = pmpo_data_count(d);
    size_t *idx = cli_grow(NULL, all, sizeof(*idx));
    for (size_t i = 0; i < all; i++) {
        if ((part[i] == 0) == training) {
            idx[n++] = i;
        }
    }
    int rc = n > 0 ? pmpo_data_subset(d, idx, n, out, err)
                   : cli_error(err, PMPO_EUSAGE, "eval: %s has too few examples "
                               "to keep some back for demonstrations: give "
                               "--train FILE", name);
    cli_free(idx);
    return rc;
}

/* Without --train, the training part of the usual split shows how, and only
 * the others are asked, whatever the number of demonstrations. */
static int keep_back(evaluation *v, pmpo_error *err)
{
    const pmpo_split s = {-1, 0, -1, v->o->seed};
    size_t all = pmpo_data_count(v->data);
    unsigned char *part = cli_grow(NULL, all, 1);
    pmpo_data *asked = NULL;
    int rc = pmpo_data_split(v->data, &s, part, err);
    rc = rc < 0 ? rc : take_part(v->data, v->o->data, part, true, &v->train,
                                 err);
    rc = rc < 0 ? rc : take_part(v->data, v->o->data, part, false, &asked,
                                 err);
    if (rc == 0) {
        v->n_train_of = pmpo_data_count(v->train);
        pmpo_data_free(v->data);
        v->data = asked;
    }
    cli_free(part);
    return rc < 0 || most_shots(v) <= v->n_train_of
               ? rc
               : cli_error(err, PMPO_EUSAGE,
                           "eval: %zu of %s's %zu examples are kept for "
                           "demonstrations, too few for --shots %zu: give "
                           "--train FILE",
                           v->n_train_of, v->o->data, all, most_shots(v));
}

/* Examples as elsewhere, or a .txt file of worked demonstrations as BIG-Bench
 * Hard publishes them. */
static int load_train(const char *path, pmpo_data **out, pmpo_error *err)
{
    const char *dot = strrchr(path, '.');
    pmpo_import_options o;
    if (!dot || strcmp(dot, ".txt") != 0) {
        int rc = !strcmp(path, "-") ? cli_take_stdin(err) : 0;
        return rc < 0 ? rc : pmpo_data_load(path, NULL, out, err);
    }
    pmpo_import_options_init(&o);
    o.format = "bbh-cot";
    return pmpo_data_import(&path, 1, &o, out, NULL, err);
}

static int prepare_data(evaluation *v, pmpo_error *err)
{
    int rc = cli_data(v->o, &v->data, err);
    rc = rc < 0 ? rc : read_shots(v, err);
    if (rc < 0) {
        return rc;
    }
    if (v->o->train_file) {
        rc = load_train(v->o->train_file, &v->train, err);
    } else if (most_shots(v) > 0) {
        rc = keep_back(v, err);
    }
    for (size_t i = 0; rc == 0 && i < v->n_turns; i++) {
        rc = pmpo_data_shots(v->data, v->train, v->turns[i].shots,
                             v->o->seed, &v->turns[i].data, err);
    }
    return rc;
}

/* ---- for people ---------------------------------------------------------------- */

static void put_metric(const pmpo_eval_metric *m, size_t prompt, size_t shots)
{
    char share[SHORT];
    printf("%6zu %6zu  %-18s ", prompt, shots, m->name);
    if (m->shares && m->n) {
        printf("mean %-13.3f", m->value);
    } else {
        printf("%-18s", show_share(m->n_right, m->n, share));
    }
    if (isfinite(m->low) && isfinite(m->high)) {
        printf(" %5.1f-%.1f %%", 100 * m->low, 100 * m->high);
    } else if (m->n) {
        printf(" %5s", "-"); /* one input */
    }
    if (isfinite(m->p_value)) {
        printf("  p = %.3g", m->p_value);
    }
    putchar('\n');
}

/* Where replies were generated: how many of them have no end. Below the table, whose
 * shares are of right answers. */
static void put_cut_off(const evaluation *v)
{
    char share[SHORT];
    bool first = true;
    for (size_t i = 0; i < v->n_turns; i++) {
        const pmpo_eval *e = v->turns[i].result;
        for (size_t k = 0; k < e->n_prompts; k++) {
            const pmpo_eval_prompt *p = &e->prompts[k];
            if (p->n_replies > 0) {
                put_fact(first ? "cut off" : "",
                         "prompt %zu, %zu shots: %s of the replies", k + 1,
                         v->turns[i].shots,
                         show_share(p->n_cut_off, p->n_replies, share));
                first = false;
            }
        }
    }
}

/* A metric's marks stand under its name, and at least this wide. */
static int mark_width(const pmpo_eval_metric *m)
{
    int n = (int)strlen(m->name);
    return n > 5 ? n : 5;
}

static char mark_of(double right)
{
    return isnan(right) ? '-' : right == 1 ? 'x' : right > 0 ? '~' : '.';
}

static void put_marks_head(const turn *r, size_t p)
{
    const pmpo_eval *e = r->result;
    printf("\nprompt %zu, %zu shots\n%-20s ", p + 1, r->shots, "id");
    for (size_t k = 0; k < e->n_metrics; k++) {
        const pmpo_eval_metric *m = &e->prompts[p].metrics[k];
        printf("%-*s ", mark_width(m), m->name);
    }
    puts("answer");
}

static void put_answers(const turn *r)
{
    const pmpo_eval *e = r->result;
    for (size_t p = 0; p < e->n_prompts; p++) {
        put_marks_head(r, p);
        for (size_t i = 0; i < e->prompts[p].n_examples; i++) {
            const pmpo_eval_example *x = &e->prompts[p].examples[i];
            size_t used = 21;
            put_column(stdout, x->id, 20);
            putchar(' ');
            for (size_t k = 0; k < e->n_metrics; k++) {
                int width = mark_width(&e->prompts[p].metrics[k]);
                printf("%-*c ", width, mark_of(x->right[k]));
                used += (size_t)width + 1;
            }
            put_cut(stdout, x->reply, used < 50 ? COLUMNS - 3 - used : 26);
            puts(x->reply.len && !x->complete ? " (cut off)" : "");
        }
    }
}

static void put_tests(const evaluation *v)
{
    const pmpo_eval *e = v->turns[0].result;
    bool shares = false;
    for (size_t k = 0; k < e->n_metrics && e->n_prompts == 2; k++) {
        shares |= e->prompts[1].metrics[k].shares;
    }
    if (e->n_prompts == 2) {
        put_fact("p",
                 "of prompt 2 against prompt 1 on the same examples, "
                 "exact McNemar test%s",
                 shares ? "; of means, by sign flips" : "");
    }
}

static pmpo_cost cost_of(const evaluation *v)
{
    pmpo_cost sum = {0};
    for (size_t i = 0; i < v->n_turns; i++) {
        pmpo_cost_add(&sum, &v->turns[i].result->cost);
    }
    return sum;
}

static void eval_text(const evaluation *v, const session *s)
{
    const pmpo_eval *first = v->turns[0].result;
    put_model(v->o, s->scorer);
    put_fact("data", "%s: %zu examples", v->o->data,
             first->prompts[0].n_examples);
    if (v->n_train_of > 0) {
        put_fact("", "%zu others were kept back for demonstrations",
                 v->n_train_of);
    }
    printf("\n%6s %6s  %-18s %-18s 95 %% interval\n", "prompt", "shots",
           "metric", "right");
    for (size_t i = 0; i < v->n_turns; i++) {
        const pmpo_eval *e = v->turns[i].result;
        for (size_t p = 0; p < e->n_prompts; p++) {
            for (size_t k = 0; k < e->n_metrics; k++) {
                put_metric(&e->prompts[p].metrics[k], p + 1,
                           v->turns[i].shots);
            }
        }
    }
    for (size_t i = 0; i < v->n_prompts; i++) {
        put_prompt(i + 1, v->prompts[i]);
    }
    for (size_t i = 0; v->o->verbose && i < v->n_turns; i++) {
        put_answers(&v->turns[i]);
    }
    if (v->o->verbose) {
        puts("\nx right, . wrong, ~ a share between, - not measured");
    }
    putchar('\n');
    if (isfinite(first->majority)) {
        put_fact("baseline", "the commonest answer is right in %.1f %%",
                 100 * first->majority);
    }
    put_tests(v);
    put_cut_off(v);
    const pmpo_cost cost = cost_of(v);
    put_cost(&cost);
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
        js_put(v, "interval", js_text(m->shares ? "bootstrap" : "wilson"));
        js_put(v, "p_value", js_number(m->p_value));
        js_put(o, m->name, v);
    }
    return o;
}

static json_t *example_json(const pmpo_eval *e, const pmpo_eval_prompt *p,
                            const pmpo_eval_example *x)
{
    json_t *o = js_object(), *right = js_object();
    js_put(o, "id", js_str(x->id));
    for (size_t k = 0; k < e->n_metrics; k++) {
        if (!isnan(x->right[k])) {
            js_put(right, p->metrics[k].name, js_number(x->right[k]));
        }
    }
    js_put(o, "right", right);
    js_put(o, "reply", js_str(x->reply));
    js_put(o, "complete", js_bool(x->complete));
    return o;
}

static json_t *prompt_json(const turn *r, const pmpo_eval_prompt *p)
{
    json_t *o = js_object(), *examples = js_array();
    js_put(o, "prompt", js_str(p->prompt));
    js_put(o, "shots", js_count(r->shots));
    js_put(o, "metrics", metrics_json(r->result, p));
    js_put(o, "cut_off", p->n_replies ? js_count(p->n_cut_off)
                                      : js_text(NULL));
    js_put(o, "majority", js_number(r->result->majority));
    for (size_t i = 0; i < p->n_examples; i++) {
        js_add(examples, example_json(r->result, p, &p->examples[i]));
    }
    js_put(o, "examples", examples);
    return o;
}

static void eval_json(const evaluation *v, const session *s)
{
    const pmpo_cost cost = cost_of(v);
    json_t *j = js_object(), *prompts = js_array();
    for (size_t i = 0; i < v->n_turns; i++) {
        const pmpo_eval *e = v->turns[i].result;
        for (size_t p = 0; p < e->n_prompts; p++) {
            js_add(prompts, prompt_json(&v->turns[i], &e->prompts[p]));
        }
    }
    js_put(j, "prompts", prompts);
    js_put(j, "model", js_model(s->scorer));
    js_put(j, "cost", js_cost(&cost));
    js_print(j);
}

/* ---- a line for each example -------------------------------------------------------- */

/* By what the example is found again: data without ids get hashes as such. */
static void put_source(json_t *o, const pmpo_example *e)
{
    js_put(o, "line", js_count((uint64_t)e->line));
    js_put(o, "input", js_str(pmpo_example_input(e)));
    js_put(o, "target", js_str(e->target));
}

static void put_examples(const turn *r, FILE *f)
{
    const pmpo_eval *e = r->result;
    for (size_t p = 0; p < e->n_prompts; p++) {
        for (size_t k = 0; k < e->prompts[p].n_examples; k++) {
            json_t *o =
                example_json(e, &e->prompts[p], &e->prompts[p].examples[k]);
            put_source(o, pmpo_data_example(r->data, k));
            js_put(o, "prompt", js_count(p + 1));
            js_put(o, "shots", js_count(r->shots));
            js_put_line(f, o);
        }
    }
}

static int write_examples(const evaluation *v, pmpo_error *err)
{
    cli_text_file t;
    FILE *f = cli_begin_file(&t);
    for (size_t i = 0; i < v->n_turns; i++) {
        put_examples(&v->turns[i], f);
    }
    return cli_end_file(&t, v->o->examples, err);
}

/* ---- remarks ----------------------------------------------------------------------- */

static void warn_of_cut_off(const evaluation *v)
{
    for (size_t i = 0; i < v->n_turns; i++) {
        const pmpo_eval *e = v->turns[i].result;
        for (size_t p = 0; p < e->n_prompts; p++) {
            char which[64];
            snprintf(which, sizeof(which), "prompt %zu, %zu shots", p + 1,
                     v->turns[i].shots);
            cli_warn_cut_off(v->o, which, e->prompts[p].n_cut_off,
                             e->prompts[p].n_replies);
        }
    }
}

/* ---- the command ------------------------------------------------------------------- */

static int run_turns(evaluation *v, session *s, pmpo_error *err)
{
    const unsigned metrics = cli_metrics_for(v->data, v->eo.metrics);
    const unsigned others = ~cli_generated() | PMPO_METRIC_JUDGE; /* scored */
    int rc = session_open_for(v->o, !(metrics & others), s, err);
    v->eo.judge = s->rewriter;
    for (size_t i = 0; rc == 0 && i < v->n_turns; i++) {
        turn *r = &v->turns[i];
        rc = pmpo_eval_run(s->scorer, r->data, v->prompts, v->n_prompts,
                           &v->eo, &r->result, err);
        if (rc == 0 && r->result->warning[0] && !v->o->quiet) {
            cli_warn("%s", r->result->warning);
        }
    }
    progress_end();
    return rc;
}

static int evaluate(evaluation *v, pmpo_error *err)
{
    session s;
    int rc = run_turns(v, &s, err);
    if (rc == 0) {
        warn_of_cut_off(v);
    }
    if (rc == 0 && v->o->json) {
        eval_json(v, &s);
    } else if (rc == 0) {
        eval_text(v, &s);
    }
    rc = rc == 0 && v->o->examples ? write_examples(v, err) : rc;
    session_close(&s);
    return rc;
}

static void set_options(evaluation *v)
{
    const options *o = v->o;
    pmpo_score_options so;
    pmpo_eval_options_init(&v->eo);
    cli_score_options(o, &so); /* for what the two have in common */
    v->eo.template_name = so.template_name;
    v->eo.end = so.end;
    v->eo.limit = so.limit;
    v->eo.no_cache = so.no_cache;
    v->eo.progress = so.progress;
    v->eo.progress_ud = so.progress_ud;
    v->eo.max_tokens = o->max_tokens;
    v->eo.seed = o->seed;
    v->eo.regex = o->regex;
}

static void release(evaluation *v)
{
    for (size_t i = 0; i < v->n_turns; i++) {
        pmpo_eval_free(v->turns[i].result);
        pmpo_data_free(v->turns[i].data);
    }
    pmpo_data_free(v->train);
    pmpo_data_free(v->data);
    cli_free(v->prompts);
}

int cmd_eval(const options *o, pmpo_error *err)
{
    evaluation v = {.o = o};
    set_options(&v);
    int rc = cli_prompts(o, &v.prompts, &v.n_prompts, err);
    rc = rc < 0 ? rc : cli_metrics(o, &v.eo.metrics, err);
    if (rc == 0 && o->regex && v.eo.metrics == 0) {
        v.eo.metrics = PMPO_METRIC_REGEX;
    }
    rc = rc < 0 ? rc : pmpo_eval_check(&v.eo, NULL, err);
    if (rc == 0 && o->examples && !strcmp(o->examples, "-")) {
        rc = cli_error(err, PMPO_EUSAGE,
                       "eval: --examples - : the result has "
                       "standard output; give a FILE");
    }
    rc = rc == 0 && o->examples ? cli_check_output(o, o->examples, err) : rc;
    rc = rc < 0 ? rc : prepare_data(&v, err);
    rc = rc < 0 ? rc : pmpo_eval_check(&v.eo, v.data, err);
    rc = rc < 0 ? rc : cli_check_metrics(o, v.data, v.eo.metrics, err);
    rc = rc < 0 ? rc : evaluate(&v, err);
    release(&v);
    return rc;
}
