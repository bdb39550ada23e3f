/* cmd_bench.c: pmpo bench: this machine's speed and noise floor. */
#include <math.h>
#include <pmpo_commit.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

static json_t *times(const double *ms)
{
    json_t *a = js_array();
    for (int i = 0; i < PMPO_BENCH_PAIRS; i++) {
        js_add(a, js_number(ms[i]));
    }
    return a;
}

static json_t *settings(const options *o, const session *s,
                        const pmpo_bench *b)
{
    const pmpo_model_info *m = pmpo_model_describe(s->scorer);
    json_t *j = js_settings(o, b->loss, b->end_token);
    js_put(j, "threads", js_count((uint64_t)m->threads));
    js_put(j, "products", js_text(m->products));
    return j;
}

static void bench_json(const options *given, const session *s,
                       const pmpo_bench *b)
{
    json_t *o = js_object();
    js_put(o, "prefill_per_s", js_number(b->prefill_per_s));
    js_put(o, "distinct_per_s", js_number(b->distinct_per_s));
    js_put(o, "distinct_over_prefill", js_number(b->distinct_over_prefill));
    js_put(o, "logical_per_s", js_number(b->logical_per_s));
    js_put(o, "plain_loop_logical_per_s",
           js_number(b->plain_loop_logical_per_s));
    js_put(o, "noise_floor", js_number(b->noise_floor));
    js_put(o, "token_noise", js_number(b->token_noise));
    js_put(o, "token_noise_most", js_number(b->token_noise_most));
    js_put(o, "examples", js_count(b->n_examples));
    js_put(o, "prompts", js_count(b->n_prompts));
    js_put(o, "rows", js_count(b->rows));
    js_put(o, "output_rows", js_count(b->output_rows));
    js_put(o, "logical", js_count(b->logical));
    js_put(o, "prefill_ms", times(b->prefill_ms));
    js_put(o, "score_ms", times(b->score_ms));
    js_put(o, "peak_flops",
           b->peak_flops > 0 ? js_number(b->peak_flops) : js_text(NULL));
    js_put(o, "share_of_peak", js_number(b->share_of_peak));
    js_put(o, "contexts_made", js_count(b->contexts_made));
    js_put(o, "model", js_model(s->scorer));
    js_put(o, "settings", settings(given, s, b));
    js_put(o, "version", js_text(pmpo_version()));
    js_put(o, "commit", *PMPO_COMMIT ? js_text(PMPO_COMMIT) : js_text(NULL));
    js_print(o);
}

static void bench_text(const options *o, const session *s,
                       const pmpo_bench *b)
{
    char rows[SHORT], outputs[SHORT], logical[SHORT], prompts[SHORT] = "";
    bool served = pmpo_model_describe(s->scorer)->dialect != NULL;
    put_model(o, s->scorer);
    if (b->n_prompts > 1) {
        snprintf(prompts, sizeof(prompts), " under %zu prompts", b->n_prompts);
    }
    put_fact("job",
             "%zu examples%s: %s %s (logits of %s) for %s tokens of "
             "whole sequences",
             b->n_examples, prompts, show_count(b->rows, rows),
             served ? "tokens sent" : "rows",
             show_count(b->output_rows, outputs),
             show_count(b->logical, logical));
    printf("\n%12.0f  %s\n", b->prefill_per_s,
           served ? "tokens/s, a load that keeps the server busy"
                  : "rows/s, plain prefill by the engine");
    printf("%12.0f  %s/s, scoring (%.2f of %s)\n", b->distinct_per_s,
           served ? "tokens" : "rows", b->distinct_over_prefill,
           served ? "that load" : "prefill");
    printf("%12.0f  tokens of whole sequences/s, scoring\n",
           b->logical_per_s);
    printf("%12.0f  the same, one sequence at a time\n",
           b->plain_loop_logical_per_s);
    if (!isnan(b->share_of_peak)) {
        printf("%12.0f  GFLOP/s, multiply-adds in registers; scoring reaches "
               "%.2f of that\n", b->peak_flops / 1e9, b->share_of_peak);
    }
    if (!served) {
        printf("%12zu  memories for keys and values made meanwhile\n",
               b->contexts_made);
    }
    printf("%12.2g  nats, noise floor of the loss\n", b->noise_floor);
    printf("%12.2g  nats, mean change of a token's score by another packing "
           "(at most %.2g)\n", b->token_noise, b->token_noise_most);
}

static int bench(const options *o, const pmpo_data *d, const pmpo_str *prompts,
                 size_t n_prompts, pmpo_error *err)
{
    session s;
    pmpo_bench b;
    pmpo_score_options so;
    cli_score_options(o, &so);
    int rc = pmpo_score_check(&so, d, err);
    if (rc < 0) {
        return rc;
    }
    rc = session_open(o, &s, err);
    rc = rc < 0 ? rc
                : pmpo_bench_run(s.scorer, d, prompts, n_prompts, &so, &b, err);
    progress_end();
    if (rc == 0 && o->json) {
        bench_json(o, &s, &b);
    } else if (rc == 0) {
        bench_text(o, &s, &b);
    }
    session_close(&s);
    return rc;
}

int cmd_bench(const options *o, pmpo_error *err)
{
    const pmpo_str usual = PMPO_STR("Let's think step by step.");
    pmpo_data *d = NULL;
    pmpo_str *prompts = NULL;
    size_t n = 0;
    int rc = o->prompts.n > 0 ? cli_prompts(o, &prompts, &n, err) : 0;
    if (rc == 0 && o->data) {
        rc = cli_data(o, &d, err);
    }
    rc = rc < 0 ? rc
                : bench(o, d, prompts ? prompts : &usual, prompts ? n : 1, err);
    pmpo_data_free(d);
    cli_free(prompts);
    return rc;
}
