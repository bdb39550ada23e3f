/* defaults.c: the default values of options, from the library's _init
 * functions, and their texts in --help. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "options.h"

static void take_search(options *o)
{
    pmpo_optimize_options d;
    pmpo_optimize_options_init(&d);
    o->hard = d.hard;
    o->variants = d.variants;
    o->segments = d.segments;
    o->temperature = d.temperature;
    o->top_p = d.top_p;
    o->max_reply_tokens = d.max_reply_tokens;
    o->max_prompt_tokens = d.max_prompt_tokens;
    o->patience = d.patience;
    o->length_price = d.length_price;
    o->demos = d.demos;
    o->demos_as = (int)d.demos_as;
    o->form = d.form;
    o->race = d.race;
    o->run_metric = d.metric;
    o->shortlist = d.shortlist;
    o->train = d.split.train;
    o->seed = d.seed;
    if (o->command->id != CMD_RESUME) { /* that has its run's */
        o->iterations = d.iterations;
    }
}

static void take_compression(options *o)
{
    pmpo_compress_options d;
    pmpo_compress_options_init(&d);
    o->margin = d.margin;
    o->grain = (int)d.grain;
}

static void take_evaluation(options *o)
{
    pmpo_eval_options d;
    pmpo_eval_options_init(&d);
    o->max_tokens = d.max_tokens;
    if (o->command->id & (CMD_EVAL | CMD_AUDIT | CMD_COMPARE)) {
        o->seed = d.seed;
    }
}

void options_library_defaults(options *o)
{
    pmpo_score_options score;
    pmpo_model_options model;
    pmpo_score_options_init(&score);
    pmpo_model_options_init(&model);
    o->how = score.how;
    o->limit = score.limit;
    o->precision = model.precision;
    o->threads = model.threads;
    o->gpu_layers = model.gpu_layers;
    o->memory_bytes = model.memory_bytes;
    o->concurrency = model.concurrency;
    take_search(o);
    take_evaluation(o);
    take_compression(o);
}

/* ---- in words --------------------------------------------------------------- */

/* The place-th of "a|b|c". */
static void put_word(const char *words, int place, char *out, size_t size)
{
    for (; place > 0; place--) {
        words += strcspn(words, "|") + 1;
    }
    snprintf(out, size, "%.*s", (int)strcspn(words, "|"), words);
}

const char *options_default(const command *c, const option_row *r, char *out,
                            size_t size)
{
    options o;
    memset(&o, 0, sizeof(o));
    o.command = c;
    options_library_defaults(&o);
    const void *at = (const char *)&o + r->at;
    if (r->value[0]) { /* the command's own; or words, in parentheses */
        bool words = r->value[0] == '(';
        snprintf(out, size, "%.*s", (int)strlen(r->value) - 2 * words,
                 r->value + words);
    } else if (r->type == OPT_INT) {
        snprintf(out, size, "%d", *(const int *)at);
    } else if (r->type == OPT_WORD) {
        put_word(r->words, *(const int *)at, out, size);
    } else if (r->type == OPT_REAL) {
        snprintf(out, size, "%.15g", *(const double *)at);
    } else if (r->type == OPT_TEXT) {
        snprintf(out, size, "%s", *(const char *const *)at);
    } else {
        snprintf(out, size, "%" PRIu64, *(const uint64_t *)at);
    }
    return out;
}
