/* bench.c: pmpo_bench_run: compares scoring with the engine's plain prefill.
 *
 * The reference is the same engine fed batches of 512 rows of one sequence with
 * one row of logits each, which is what llama-bench's pp512 does. The two are
 * measured in turn, so that a slow moment of the machine affects both, and each
 * starts from the same state: all memory allocated, without its prefix.
 *
 * For a server the reference is the same work with more requests in flight than
 * it can process. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/peak.h"
#include "data/data.h"
#include "score/score.h"

#define REFERENCE_ROWS 512 /* as in llama-bench's pp512 */
#define MADE_UP 50 /* questions, if there are no data */
#define PLAIN_EXAMPLES 5 /* of the plain loop, which is slow */
#define PLAIN_TOKENS 6000

#define MANY 256 /* requests in flight that keep any server busy */

typedef struct work {
    pmpo_model *model;
    const pmpo_data *data;
    const pmpo_str *prompts; /* [n_prompts] */
    size_t n_prompts;
    const pmpo_score_options *o;
    pmpo_scorer_options so;
    pmpo_scorer *scorer;
    size_t n_prefix; /* of the last scoring */
    unsigned n_passes; /* over servers */
    pmpo_bench *out;
} work;

/* ---- data of our own ------------------------------------------------------------ */

/* A walk on a line: do the steps lead back? The answer is worked out. */
static bool make_walk(uint64_t *seed, size_t i, pmpo_arena *mem,
                      pmpo_example *out)
{
    static const pmpo_str options[2] = {{"Yes", 3}, {"No", 2}};
    pmpo_buf b = {0};
    char id[32];
    int at = 0, steps = 3 + (int)(pmpo_random(seed) % 5);
    snprintf(id, sizeof(id), "walk-%zu", i);
    pmpo_buf_puts(&b, "You start on a line and walk.");
    for (int k = 0; k < steps; k++) {
        int n = 1 + (int)(pmpo_random(seed) % 9);
        bool back = i % 2 == 0 && k == steps - 1;
        n = back ? -at : pmpo_random(seed) % 2 ? n : -n;
        at += n;
        pmpo_buf_printf(&b, " Take %d steps %s.", abs(n),
                        n < 0 ? "backward" : "forward");
    }
    pmpo_buf_puts(&b, " Are you back at the start?\nOptions:\n- Yes\n- No");
    *out = (pmpo_example){.id = pmpo_arena_str(mem, pmpo_str_of(id)),
                          .input = pmpo_arena_str(mem, pmpo_buf_str(&b)),
                          .target = options[at != 0],
                          .options = options,
                          .n_options = 2};
    bool ok = !b.failed && out->id.ptr && out->input.ptr;
    pmpo_buf_release(&b);
    return ok;
}

static int make_up(size_t n, pmpo_data **out, pmpo_error *err)
{
    pmpo_arena mem = {0};
    uint64_t seed = 1;
    pmpo_example *x = pmpo_arena_alloc(&mem, n, sizeof(*x));
    bool ok = x != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        ok = make_walk(&seed, i, &mem, &x[i]);
    }
    int rc = ok ? pmpo_data_make(x, n, "made-up walks", out, err)
                : pmpo_fail_memory(err);
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- what is timed ---------------------------------------------------------------- */

static bool is_served(const work *w)
{
    return w->model->engine->at_once != NULL;
}

/* Servers keep what they have computed: each pass over one has prompts that are
 * new to it, as candidates are. */
static pmpo_str prompt_of_pass(work *w, size_t i, pmpo_arena *mem)
{
    pmpo_buf b = {0};
    if (!is_served(w)) {
        return w->prompts[i];
    }
    pmpo_buf_printf(&b, "Take %u of %lld: ", 10 + w->n_passes++ % 90,
                    (long long)pmpo_wall_s());
    pmpo_buf_put(&b, w->prompts[i]);
    pmpo_str s = pmpo_arena_str(mem, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return s.ptr ? s : w->prompts[i];
}

/* What a pass scores: all prompts together, as a search does. */
static pmpo_scoring *list_pass(work *w, pmpo_cost *cost, pmpo_arena *mem)
{
    pmpo_scoring *list = pmpo_arena_alloc(mem, w->n_prompts, sizeof(*list));
    for (size_t i = 0; list && i < w->n_prompts; i++) {
        list[i] = (pmpo_scoring){.scorer = w->scorer,
                                 .prompt = prompt_of_pass(w, i, mem),
                                 .context = {.cost = cost, .prompt_id = -1},
                                 .mem = mem};
    }
    return list;
}

static int score_list(work *w, pmpo_scoring *list, pmpo_error *err)
{
    int rc = pmpo_score_together(list, w->n_prompts, NULL, NULL, err);
    for (size_t i = 0; rc == 0 && i < w->n_prompts; i++) {
        rc = list[i].code < 0
                 ? pmpo_fail(err, list[i].code, "%s", list[i].error.text)
                 : 0;
    }
    w->n_prefix = rc == 0 ? list[0].result.n_prefix : 0;
    return rc;
}

/* *keep, if not NULL: the first prompt's score, in `mem`. */
static int score_once(work *w, pmpo_cost *cost, pmpo_prompt_score *keep,
                      pmpo_arena *mem, pmpo_error *err)
{
    pmpo_arena own = {0};
    pmpo_scoring *list = list_pass(w, cost, keep ? mem : &own);
    int rc = list ? score_list(w, list, err) : pmpo_fail_memory(err);
    if (rc == 0 && keep) {
        *keep = list[0].result.score;
    }
    pmpo_arena_release(&own);
    return rc;
}

/* The same work with more requests in flight than a server can work on, its
 * texts tokenised before: what a load gets that does nothing but keep it busy.
 * *ms is scaled to exactly `rows`. */
static int saturate_once(work *w, uint64_t rows, double *ms, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_cost cost = {0};
    pmpo_scoring *list = list_pass(w, &cost, &mem);
    int rc = list ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < w->n_prompts; i++) {
        uint64_t prefill, logical;
        rc = pmpo_scorer_count(w->scorer, list[i].prompt, &prefill, &logical,
                               err);
    }
    w->model->engine->at_once(w->model->self, MANY);
    rc = rc < 0 ? rc : score_list(w, list, err);
    w->model->engine->at_once(w->model->self, 0);
    *ms = cost.prefill_tokens ? cost.seconds * 1e3 * (double)rows /
                                    (double)cost.prefill_tokens
                              : 0;
    pmpo_arena_release(&mem);
    return rc;
}

static int32_t any_token(const work *w, uint64_t *seed)
{
    uint64_t n = (uint64_t)w->model->info.n_vocab;
    return (int32_t)(pmpo_random(seed) % n);
}

/* Leaves a prefix in the engine's memory that is nobody's, so that what is
 * timed next has to feed its own. */
static int forget(work *w, pmpo_error *err)
{
    if (is_served(w)) {
        return 0;
    }
    const int32_t ids[] = {0, 1, 0};
    float lps[1];
    const pmpo_request q = {ids, 3, 2, 0};
    const pmpo_unit u = {.requests = &q, .n_requests = 1, .n_prefix = 1};
    pmpo_unit_result r = {.logprobs = lps};
    return pmpo_score_unit(w->model, &u, &r, err);
}

/* Feeds about as many rows as the work: a prefix of the work's length, and then
 * sequences of REFERENCE_ROWS after it, logits read at the end of each from as
 * large a share of them as of the work's. *ms is scaled to exactly `rows`. */
static int prefill_once(work *w, uint64_t rows, uint64_t outputs, double *ms,
                        pmpo_error *err)
{
    size_t prefix = w->n_prefix, room = w->model->limits.max_context;
    size_t all = prefix + REFERENCE_ROWS + 1;
    float lps[REFERENCE_ROWS];
    uint64_t fed = 0, seed = 7;
    if (is_served(w)) {
        return saturate_once(w, rows, ms, err);
    }
    all = all < room ? all : room;
    size_t n = (size_t)((REFERENCE_ROWS * outputs + rows / 2) / rows);
    n = n < 1 ? 1 : n > REFERENCE_ROWS - 1 ? REFERENCE_ROWS - 1 : n;
    n = n < all - prefix ? n : all - prefix - 1;
    int32_t *ids = pmpo_calloc(all, sizeof(*ids));
    int rc = ids ? 0 : pmpo_fail_memory(err);
    *ms = 0;
    while (rc == 0 && fed < rows) {
        for (size_t i = fed > 0 ? prefix : 0; i < all; i++) {
            ids[i] = any_token(w, &seed);
        }
        const pmpo_request q = {ids, all, all - n, 0};
        const pmpo_unit u = {.requests = &q, .n_requests = 1,
                             .n_prefix = prefix};
        pmpo_unit_result r = {.logprobs = lps};
        rc = pmpo_score_unit(w->model, &u, &r, err);
        fed += r.prefill_tokens;
        *ms += r.ms;
    }
    *ms *= (double)rows / (double)fed;
    pmpo_free(ids);
    return rc;
}

static void report(const work *w, size_t done)
{
    if (w->o->progress) {
        w->o->progress(w->o->progress_ud,
                       &(pmpo_progress){.stage = "measuring",
                                        .done = done,
                                        .total = PMPO_BENCH_PAIRS,
                                        .unit = "pairs",
                                        .loss = NAN,
                                        .best = NAN,
                                        .left_ms = -1});
    }
}

static int one_pair(work *w, int i, pmpo_error *err)
{
    pmpo_cost cost = {0};
    report(w, (size_t)i);
    int rc = forget(w, err);
    rc = rc < 0 ? rc : score_once(w, &cost, NULL, NULL, err);
    rc = rc < 0 ? rc : forget(w, err);
    if (rc < 0) {
        return rc;
    }
    if (i > 0 && cost.prefill_tokens != w->out->rows && !is_served(w)) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "pair %d fed %llu rows, those "
                         "before it %llu: they can't be compared",
                         i + 1, (unsigned long long)cost.prefill_tokens,
                         (unsigned long long)w->out->rows);
    }
    w->out->score_ms[i] = cost.seconds * 1e3;
    w->out->rows = cost.prefill_tokens;
    w->out->logical = cost.logical_tokens;
    w->out->output_rows = cost.output_rows;
    return prefill_once(w, cost.prefill_tokens, cost.output_rows,
                        &w->out->prefill_ms[i], err);
}

/* The plain loop with the first prompt, on the first examples: it is slow. */
static int time_plain(work *w, pmpo_error *err)
{
    size_t idx[PLAIN_EXAMPLES], n = pmpo_data_count(w->data);
    size_t each = (size_t)(w->out->logical / w->n_prompts / n) + 1;
    pmpo_data *few = NULL;
    pmpo_scorer *s = NULL;
    pmpo_cost cost = {0};
    pmpo_scorer_options so = w->so;
    n = n < PLAIN_EXAMPLES ? n : PLAIN_EXAMPLES;
    while (n > 1 && n * each > PLAIN_TOKENS) {
        n--;
    }
    for (size_t i = 0; i < n; i++) {
        idx[i] = i;
    }
    so.plain = true;
    so.loss = PMPO_LOSS_NLL; /* a part's rejected outputs may be none */
    so.calibrate = PMPO_CALIBRATE_NONE;
    int rc = pmpo_data_subset(w->data, idx, n, &few, err);
    rc = rc < 0 ? rc : pmpo_scorer_new(w->model, few, &so, &s, err);
    if (rc == 0) {
        work plain = *w;
        plain.scorer = s;
        plain.n_prompts = 1;
        if (is_served(w)) {
            w->model->engine->at_once(w->model->self, 1);
        }
        rc = score_once(&plain, &cost, NULL, NULL, err);
        if (is_served(w)) {
            w->model->engine->at_once(w->model->self, 0);
        }
        w->out->plain_loop_logical_per_s = (double)cost.logical_tokens /
                                           cost.seconds;
    }
    pmpo_scorer_free(s);
    pmpo_data_free(few);
    return rc;
}

/* ---- medians ------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(const double *x)
{
    double sorted[PMPO_BENCH_PAIRS];
    for (int i = 0; i < PMPO_BENCH_PAIRS; i++) {
        sorted[i] = x[i];
    }
    qsort(sorted, PMPO_BENCH_PAIRS, sizeof(*sorted), by_value);
    return sorted[PMPO_BENCH_PAIRS / 2];
}

static void sum_up(pmpo_bench *b)
{
    double ratios[PMPO_BENCH_PAIRS];
    for (int i = 0; i < PMPO_BENCH_PAIRS; i++) {
        ratios[i] = b->prefill_ms[i] / b->score_ms[i];
    }
    b->prefill_per_s = (double)b->rows / median(b->prefill_ms) * 1e3;
    b->distinct_per_s = (double)b->rows / median(b->score_ms) * 1e3;
    b->logical_per_s = (double)b->logical / median(b->score_ms) * 1e3;
    b->distinct_over_prefill = median(ratios);
}

/* The rate of one scoring's products as a share of the processor's peak. */
static void compare_with_peak(const pmpo_model *m, pmpo_bench *b)
{
    double flops = 2 * (m->row_macs * (double)b->rows +
                        m->output_macs * (double)b->output_rows);
    b->share_of_peak = NAN;
    if (m->row_macs > 0 && m->info.gpu_layers == 0) {
        b->peak_flops = pmpo_peak_flops(m->info.threads);
    }
    if (b->peak_flops > 0) {
        b->share_of_peak = flops / (median(b->score_ms) / 1e3) / b->peak_flops;
    }
}

/* ---- all ------------------------------------------------------------------------------ */

static int measure(work *w, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_prompt_score canonical;
    pmpo_score_context c = {.prompt_id = -1};
    pmpo_cost cost = {0};
    double ms;
    int rc = score_once(w, &cost, &canonical, &mem, err);
    /* That warms up, too. */
    rc = rc < 0
             ? rc
             : prefill_once(w, cost.prefill_tokens, cost.output_rows, &ms, err);
    size_t contexts = w->model->n_contexts;
    for (int i = 0; rc == 0 && i < PMPO_BENCH_PAIRS; i++) {
        rc = one_pair(w, i, err);
    }
    w->out->contexts_made = w->model->n_contexts - contexts;
    rc = rc < 0 ? rc : time_plain(w, err);
    pmpo_noise noise = {0};
    pmpo_scorer *reversed = NULL;
    rc = rc < 0 ? rc
                : pmpo_reversed_scorer_new(w->model, w->data, &w->so, &reversed,
                                           err);
    rc = rc < 0 ? rc : pmpo_noise_floor(reversed, &canonical, &c, &noise, err);
    pmpo_scorer_free(reversed);
    w->out->noise_floor = noise.floor;
    w->out->token_noise = noise.token_mean;
    w->out->token_noise_most = noise.token_most;
    pmpo_arena_release(&mem);
    return rc;
}

static int check_call(size_t n_prompts, const pmpo_score_options *o,
                      pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_score_options of another "
                         "version of pmpo.h");
    }
    return n_prompts ? 0 : pmpo_fail(err, PMPO_EUSAGE, "no prompt to score");
}

int pmpo_bench_run(pmpo_model *m, const pmpo_data *d, const pmpo_str *prompts,
                   size_t n_prompts, const pmpo_score_options *o,
                   pmpo_bench *out, pmpo_error *err)
{
    int rc = check_call(n_prompts, o, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_data *own = NULL;
    pmpo_bench b = {0};
    work w = {.model = m,
              .prompts = prompts,
              .n_prompts = n_prompts,
              .o = o,
              .out = &b};
    rc = d ? pmpo_data_first(d, o->limit, &own, err)
           : make_up(o->limit ? o->limit : MADE_UP, &own, err);
    w.data = own ? own : d;
    w.so = (pmpo_scorer_options){.how = o->how, .targets = PMPO_TARGETS_ALL};
    rc = rc < 0 ? rc : pmpo_loss_resolve(o->loss, w.data, &w.so.loss, err);
    rc = rc < 0 ? rc : pmpo_loss_check(o, w.so.loss, err);
    rc = rc < 0 ? rc : pmpo_loss_on_check(o->loss_on, w.data, err);
    rc = rc < 0 ? rc
                : pmpo_end_resolve(m, w.data, prompts[0], o->template_name,
                                   o->end, &w.so.end, err);
    rc = rc < 0 ? rc : pmpo_scorer_new(m, w.data, &w.so, &w.scorer, err);
    if (rc == 0) {
        b.n_examples = pmpo_data_count(w.data);
        b.n_prompts = n_prompts;
        rc = measure(&w, err);
    }
    pmpo_scorer_free(w.scorer);
    pmpo_data_free(own);
    if (rc == 0) {
        sum_up(&b);
        compare_with_peak(m, &b);
        b.loss = w.so.loss;
        b.end_token = w.so.end == PMPO_END_YES;
        *out = b;
    }
    return rc;
}
