/* cmd_score.c: pmpo score: the loss of prompts on examples. */
#include <math.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

/* ---- the table ---------------------------------------------------------- */

static void put_how(const options *o, const pmpo_scores *s)
{
    const loss_words how = {
        .nll = s->loss == PMPO_LOSS_NLL,
        .on_answer = o->how.loss_on == PMPO_LOSS_ON_ANSWER,
        .sum = o->how.reduction == PMPO_REDUCE_SUM,
        .per_token = o->how.normalize == PMPO_NORM_LENGTH,
    };
    put_fact("loss", "%s, %s%s; template %s; the end-of-turn token is %s",
             pmpo_loss_name(s->loss), how_loss_is_made(&how),
             o->how.calibrate ? CALIBRATED : "", o->how.template_name,
             s->end_token ? "part of a target" : "not part of a target");
}

static void put_row(size_t number, const pmpo_prompt_score *p)
{
    char loss[SHORT], format[SHORT], choice[SHORT], right[SHORT], n[SHORT];
    printf("%6zu %10s %10s %10s  %-18s %12s\n", number,
           show_loss(p->loss, loss), show_loss(p->format, format),
           show_loss(p->choice, choice),
           isnan(p->loss) ? "-" : show_share(p->n_correct, p->n_options,
                                             right),
           isnan(p->loss) ? "-" : show_count(p->n_tokens, n));
}

static void put_table(const pmpo_scores *s)
{
    printf("\n%6s %10s %10s %10s  %-18s %12s\n", "prompt", "loss", "format",
           "choice", "right option", "target tokens");
    for (size_t i = 0; i < s->n_prompts; i++) {
        put_row(i + 1, &s->prompts[i]);
    }
    for (size_t i = 0; i < s->n_prompts; i++) {
        put_prompt(i + 1, s->prompts[i].prompt);
    }
}

/* ---- examples ----------------------------------------------------------- */

static void put_example(const pmpo_example_score *e)
{
    char loss[SHORT], format[SHORT], choice[SHORT];
    bool known = e->picked >= 0 && (size_t)e->picked < e->n_targets;
    put_column(stdout, e->id, 20);
    printf(" %10s %10s %10s %c %-5s ", show_loss(e->loss, loss),
           show_loss(e->format, format), show_loss(e->choice, choice),
           e->seam ? '~' : ' ', !known ? "" : e->correct ? "right" : "wrong");
    if (known) {
        put_cut(stdout, e->targets[e->picked].text, 16);
    }
    putchar('\n');
}

static void put_examples(const pmpo_scores *s)
{
    for (size_t i = 0; i < s->n_prompts; i++) {
        const pmpo_prompt_score *p = &s->prompts[i];
        printf("\nprompt %zu\n%-20s %10s %10s %10s   %-5s %s\n", i + 1, "id",
               "loss", "format", "choice", "", "likeliest");
        for (size_t k = 0; k < p->n_examples; k++) {
            put_example(&p->examples[k]);
        }
    }
}

/* ---- notes -------------------------------------------------------------- */

static void put_seams(const pmpo_scores *s)
{
    size_t most = 0, of = 0;
    for (size_t i = 0; i < s->n_prompts; i++) {
        size_t n = 0;
        of = s->prompts[i].n_examples;
        for (size_t k = 0; k < of; k++) {
            n += s->prompts[i].examples[k].seam;
        }
        most = n > most ? n : most;
    }
    if (most > 0) {
        put_fact("seam (~)", "in %zu of %zu examples a token crosses from the "
                 "prompt to the answer; they are scored from before it",
                 most, of);
    }
}

static void put_baseline(const pmpo_data *d, const pmpo_scores *s)
{
    pmpo_str label = PMPO_STR("");
    double share = pmpo_data_majority(d, &label);
    /* Long answers are no labels. */
    if (s->n_prompts > 0 && s->prompts[0].n_options > 0 && label.len < 40
        && isfinite(share)) {
        put_fact("baseline",
                 "always answering \"%.*s\" would be right in "
                 "%.0f %% of these examples",
                 (int)label.len, label.ptr, 100 * share);
    }
}

static void put_notes(const pmpo_data *d, const pmpo_scores *s)
{
    putchar('\n');
    put_baseline(d, s);
    put_seams(s);
    if (isfinite(s->noise_floor)) {
        put_fact("noise floor", "%.2g nats: smaller differences of loss mean "
                 "nothing", s->noise_floor);
    }
    put_cost(&s->cost);
}

/* The count is the real one but in two cases: inputs that stand before several
 * prompts are fed once, and the other packing of the noise floor isn't made. */
static const char *how_exactly(const options *o, const pmpo_scores *s)
{
    const char *t = o->how.template_name;
    bool fixed = !strcmp(t, "chat") || !strcmp(t, "user") || !strcmp(t, "raw");
    return o->noise_floor               ? "about"
           : s->n_prompts > 1 && !fixed ? "at most"
                                        : "exactly";
}

static void put_prediction(const options *o, const pmpo_scores *s)
{
    char a[SHORT], b[SHORT], t[SHORT];
    put_fact("dry run",
             "%zu prompt%s would cost %s %s rows for %s tokens of whole "
             "sequences; about %s, at the "
             "rate of a few examples scored just now. What the score cache "
             "holds costs nothing",
             s->n_prompts, s->n_prompts == 1 ? "" : "s", how_exactly(o, s),
             show_count(s->cost.prefill_tokens, a),
             show_count(s->cost.logical_tokens, b),
             show_duration(s->cost.seconds * 1000, t));
}

static void score_text(const options *o, const session *s, const pmpo_data *d,
                       const pmpo_scores *r)
{
    size_t n = r->n_prompts ? r->prompts[0].n_examples : 0;
    put_model(o, s->scorer);
    if (o->dry_run) {
        put_how(o, r);
        put_prediction(o, r);
        return;
    }
    put_fact("data", "%s: %zu examples", o->data, n);
    put_how(o, r);
    put_table(r);
    if (o->verbose) {
        put_examples(r);
    }
    put_notes(d, r);
}

static void score_json(const options *o, const session *s,
                       const pmpo_scores *r)
{
    json_t *j = js_object(), *prompts = js_array();
    for (size_t i = 0; i < r->n_prompts; i++) {
        js_add(prompts, js_prompt(&r->prompts[i]));
    }
    js_put(j, "prompts", prompts);
    js_put(j, "model", js_model(s->scorer));
    js_put(j, "settings", js_settings(o, r->loss, r->end_token));
    js_put(j, "noise_floor", js_number(r->noise_floor));
    js_put(j, "cost", js_cost(&r->cost));
    js_print(j);
}

/* ---- the command -------------------------------------------------------- */

static int score(const options *o, const pmpo_data *d, const pmpo_str *prompts,
                 size_t n, pmpo_error *err)
{
    session s;
    pmpo_scores *r = NULL;
    pmpo_score_options so;
    cli_score_options(o, &so);
    int rc = pmpo_score_check(&so, d, err);
    if (rc < 0) {
        return rc;
    }
    rc = session_open(o, &s, err);
    rc = rc < 0 ? rc
                : pmpo_score(s.scorer, d, prompts, n, &so, &r, err);
    progress_end();
    if (rc == 0 && r->warning[0] && !o->quiet) {
        cli_warn("%s", r->warning);
    }
    if (rc == 0 && o->json) {
        score_json(o, &s, r);
    } else if (rc == 0) {
        score_text(o, &s, d, r);
    }
    pmpo_scores_free(r);
    session_close(&s);
    return rc;
}

int cmd_score(const options *o, pmpo_error *err)
{
    pmpo_data *d = NULL;
    pmpo_str *prompts = NULL;
    size_t n;
    int rc = cli_prompts(o, &prompts, &n, err);
    rc = rc < 0 ? rc : cli_data(o, &d, err);
    rc = rc < 0 ? rc : score(o, d, prompts, n, err);
    pmpo_data_free(d);
    cli_free(prompts);
    return rc;
}
