/* cmd_compress.c: pmpo compress: a prompt made shorter at no loss. */
#include <math.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

#define HARDLY_READ 0.8 /* share of tokens saved */

/* ---- output ------------------------------------------------------------- */

static void put_prompts(const pmpo_compression *c)
{
    put_heading("prompt before");
    put_text(stdout, c->before, "  | ");
    put_heading("prompt after");
    put_text(stdout, c->after, "  | ");
}

static void put_steps(const pmpo_compression *c)
{
    char a[SHORT], b[SHORT];
    if (c->n_steps == 0) {
        return;
    }
    printf("\n%4s %-22s %7s %14s %15s\n", "step", "taken out", "tokens",
           "training loss", "validation loss");
    for (size_t i = 0; i < c->n_steps; i++) {
        const pmpo_compress_step *s = &c->steps[i];
        char what[40];
        snprintf(what, sizeof(what), "%zu %s%s", s->n_pieces,
                 pmpo_grain_name(s->grain), s->n_pieces == 1 ? "" : "s");
        printf("%4zu %-22s %7zu %14s %15s\n", i + 1, what, s->n_tokens,
               show_loss(s->train_loss, a), show_loss(s->val_loss, b));
    }
}

/* Why nothing was removed. */
static void put_nothing(const pmpo_compression *c)
{
    if (c->n_tried == 0) {
        put_fact("result",
                 "nothing was removed: the prompt has no part that may "
                 "go");
    } else if (c->n_within == 0) {
        put_fact("result",
                 "nothing was removed: no part can go that saves tokens "
                 "and raises the training loss by at most %.4g nats",
                 c->margin);
    } else {
        put_fact("result",
                 "nothing was removed: parts could go by the training "
                 "loss, but the validation loss rises by more than %.4g nats",
                 c->margin);
    }
}

static void put_test(const pmpo_compression *c)
{
    char interval[80] = "one input: no interval";
    if (isfinite(c->test_low) && isfinite(c->test_high)) {
        snprintf(interval, sizeof(interval), "95 %% interval %+.4f to %+.4f",
                 c->test_low, c->test_high);
    }
    put_fact("test",
             "loss %.4f, was %.4f, %+.4f (%s) on %zu example%s that had "
             "no say",
             c->test_after, c->test_before, c->test_after - c->test_before,
             interval, c->n_test, c->n_test == 1 ? "" : "s");
}

static void put_result(const pmpo_compression *c)
{
    double saved = 1 - (double)c->tokens_after / (double)c->tokens_before;
    printf("\n");
    if (c->n_steps == 0) {
        put_nothing(c);
    } else {
        put_fact("result", "%zu tokens of %zu, %.0f %% saved",
                 c->tokens_after, c->tokens_before, 100 * saved);
    }
    put_fact("validation", "loss %.4f, was %.4f; the margin is %.4g nats",
             c->val_after, c->val_before, c->margin);
    if (c->n_steps > 0 && c->n_test > 0) {
        put_test(c);
    }
    if (saved > HARDLY_READ) {
        put_fact("note", "hardly anything of the prompt matters to this loss; "
                 "before you use the shorter one, look at answers: pmpo eval "
                 "-p BEFORE -p AFTER --metric exact");
    }
    put_cost(&c->cost);
}

static void compress_text(const options *o, const session *s,
                          const pmpo_compression *c)
{
    put_model(o, s->scorer);
    put_fact("data", "%zu training, %zu validation, %zu test examples",
             c->n_train, c->n_val, c->n_test);
    put_prompts(c);
    put_steps(c);
    put_result(c);
}

static json_t *json_of_step(const pmpo_compress_step *s)
{
    json_t *j = js_object();
    js_put(j, "prompt", js_str(s->prompt));
    js_put(j, "n_pieces", js_count(s->n_pieces));
    js_put(j, "grain", js_text(pmpo_grain_name(s->grain)));
    js_put(j, "tokens", js_count(s->n_tokens));
    js_put(j, "train_loss", js_number(s->train_loss));
    js_put(j, "val_loss", js_number(s->val_loss));
    return j;
}

static void compress_json(const session *s, const pmpo_compression *c)
{
    json_t *j = js_object(), *steps = js_array();
    for (size_t i = 0; i < c->n_steps; i++) {
        js_add(steps, json_of_step(&c->steps[i]));
    }
    js_put(j, "before", js_str(c->before));
    js_put(j, "after", js_str(c->after));
    js_put(j, "tokens_before", js_count(c->tokens_before));
    js_put(j, "tokens_after", js_count(c->tokens_after));
    js_put(j, "train_before", js_number(c->train_before));
    js_put(j, "train_after", js_number(c->train_after));
    js_put(j, "val_before", js_number(c->val_before));
    js_put(j, "val_after", js_number(c->val_after));
    js_put(j, "test_before", js_number(c->test_before));
    js_put(j, "test_after", js_number(c->test_after));
    js_put(j, "test_low", js_number(c->test_low));
    js_put(j, "test_high", js_number(c->test_high));
    js_put(j, "margin", js_number(c->margin));
    js_put(j, "n_train", js_count(c->n_train));
    js_put(j, "n_val", js_count(c->n_val));
    js_put(j, "n_test", js_count(c->n_test));
    js_put(j, "steps", steps);
    js_put(j, "model", js_model(s->scorer));
    js_put(j, "cost", js_cost(&c->cost));
    js_print(j);
}

/* ---- the command -------------------------------------------------------- */

static void put(const options *o, const session *s, const pmpo_compression *c)
{
    bool best = o->best &&
                (options_said(o, "best") || !options_said(o, "json"));
    if (best) {
        printf("%.*s\n", (int)c->after.len, c->after.ptr);
    } else if (o->json) {
        compress_json(s, c);
    } else {
        compress_text(o, s, c);
    }
    if (*c->warning && !o->quiet) {
        fflush(stdout);
        cli_warn("%s", c->warning);
    }
}

static int compress(const options *o, const pmpo_data *d, pmpo_str prompt,
                    pmpo_error *err)
{
    session s;
    pmpo_compression *c = NULL;
    pmpo_compress_options co;
    pmpo_compress_options_init(&co);
    cli_score_options(o, &co.score);
    co.margin = o->margin;
    co.grain = (pmpo_grain)o->grain;
    co.split.seed = o->seed;
    int rc = o->freeze ? cli_text(o->freeze, true, &co.freeze, err) : 0;
    rc = rc < 0 ? rc : pmpo_score_check(&co.score, d, err);
    if (rc < 0) {
        return rc;
    }
    rc = session_open(o, &s, err);
    rc = rc < 0 ? rc : pmpo_compress(s.scorer, d, prompt, &co, &c, err);
    progress_end();
    if (rc == 0) {
        put(o, &s, c);
    }
    pmpo_compression_free(c);
    session_close(&s);
    return rc;
}

int cmd_compress(const options *o, pmpo_error *err)
{
    pmpo_data *d = NULL;
    pmpo_str prompt;
    int rc = cli_prompt(o, &prompt, err);
    rc = rc < 0 ? rc : cli_data(o, &d, err);
    rc = rc < 0 ? rc : compress(o, d, prompt, err);
    pmpo_data_free(d);
    return rc;
}
