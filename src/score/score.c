/* score.c: the scorer: rendering, blocks, units, and what comes of them. */
#include "score/score.h"

#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "model/render.h"
#include "score/prior.h"
#include "score/prune.h"

/* A block's size in estimated tokens: about one full batch of the engine. A
 * pure function of the data, so that a unit never depends on the prompt. */
#define BLOCK_TOKENS 480
/* In the reversed packing no block has one example alone where it can be
 * helped: alone it would be packed the same way. */
#define REVERSED_LEAST 2
#define BYTES_PER_TOKEN 4
#define TOKENS_PER_EXAMPLE 12 /* of the template */

/* What is scored of one example, in this order: the target or chosen output,
 * the rejected ones, other options. */
typedef struct outputs {
    const pmpo_str *texts;
    const bool *is_option;
    size_t n;
    size_t n_loss; /* leading ones that the loss reads */
    size_t first;  /* place of the first among those of all examples */
} outputs;

struct pmpo_scorer {
    pmpo_model *model;
    const pmpo_data *data;
    pmpo_scorer_options o;
    pmpo_template *template;
    size_t n_examples;
    outputs *outputs;     /* [n_examples] */
    size_t *groups;       /* [n_examples] by input, see pmpo_data_groups */
    size_t n_outputs;     /* of all */
    size_t *block_begin;  /* [n_blocks + 1] */
    size_t n_blocks;
    double total_weight;
    pmpo_hasher *hasher;
    pmpo_prior *prior; /* NULL: not calibrated */
    pmpo_arena mem;
};

/* ---- which outputs ---------------------------------------------------------------- */

static bool among(pmpo_str s, const pmpo_str *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(s, list[i])) {
            return true;
        }
    }
    return false;
}

static int choose_outputs(pmpo_scorer *s, const pmpo_example *e, outputs *out)
{
    bool choice = s->o.loss == PMPO_LOSS_CHOICE;
    size_t most = 1 + e->n_rejected + e->n_options;
    pmpo_str *texts = pmpo_arena_alloc(&s->mem, most, sizeof(*texts));
    bool *is_option = pmpo_arena_alloc(&s->mem, most, sizeof(*is_option));
    if (!texts || !is_option) {
        return PMPO_ENOMEM;
    }
    size_t n = 0, n_loss = 1;
    texts[n++] = e->target;
    if (s->o.loss == PMPO_LOSS_PREFERENCE) {
        for (size_t i = 0; i < e->n_rejected; i++) {
            texts[n++] = e->rejected[i];
        }
        n_loss = n;
    }
    for (size_t i = 0;
         (choice || s->o.targets == PMPO_TARGETS_ALL) && i < e->n_options;
         i++) {
        if (!among(e->options[i], texts, n)) {
            texts[n++] = e->options[i];
        }
    }
    n_loss = choice ? n : n_loss;
    for (size_t i = 0; i < n; i++) {
        is_option[i] = among(texts[i], e->options, e->n_options);
    }
    *out = (outputs){texts, is_option, n, n_loss, s->n_outputs};
    s->n_outputs += n;
    return 0;
}

/* ---- blocks ------------------------------------------------------------------------- */

static size_t estimate(const pmpo_example *e, const outputs *o)
{
    size_t bytes = e->input.len;
    for (size_t i = 0; i < e->n_messages; i++) {
        bytes += e->messages[i].content.len;
    }
    for (size_t i = 0; i < o->n; i++) {
        bytes += o->texts[i].len;
    }
    return TOKENS_PER_EXAMPLE + bytes / BYTES_PER_TOKEN;
}

static int cut_blocks(pmpo_scorer *s)
{
    s->block_begin = pmpo_arena_alloc(&s->mem, s->n_examples + 1,
                                      sizeof(*s->block_begin));
    if (!s->block_begin) {
        return PMPO_ENOMEM;
    }
    size_t tokens = 0, requests = 0, n = 0;
    const size_t least = s->o.reversed ? REVERSED_LEAST : 1;
    for (size_t i = 0; i < s->n_examples; i++) {
        size_t t = estimate(pmpo_data_example(s->data, i), &s->outputs[i]);
        size_t r = s->outputs[i].n;
        if (i == 0 || (tokens + t > BLOCK_TOKENS && n >= least) ||
            requests + r > s->model->max_requests) {
            s->block_begin[s->n_blocks++] = i;
            tokens = requests = n = 0;
        }
        tokens += t;
        requests += r;
        n++;
    }
    s->block_begin[s->n_blocks] = s->n_examples;
    return 0;
}

size_t pmpo_scorer_blocks(const pmpo_scorer *s)
{
    return s->n_blocks;
}

/* ---- making and ending ----------------------------------------------------------------- */

static int make_prior(pmpo_scorer *s, pmpo_error *err)
{
    size_t n = 0;
    pmpo_prior_ask *asks =
        pmpo_arena_alloc(&s->mem, s->n_outputs, sizeof(*asks));
    if (!asks) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < s->n_examples; i++) {
        for (size_t k = 0; k < s->outputs[i].n; k++) {
            asks[n++] = (pmpo_prior_ask){pmpo_data_example(s->data, i),
                                         s->outputs[i].texts[k]};
        }
    }
    return pmpo_prior_new(s->model, asks, n, &s->o, &s->prior, err);
}

static int prepare(pmpo_scorer *s, pmpo_error *err)
{
    s->n_examples = pmpo_data_count(s->data);
    s->hasher = pmpo_hasher_new();
    s->outputs = pmpo_arena_alloc(&s->mem, s->n_examples, sizeof(*s->outputs));
    s->groups = pmpo_arena_alloc(&s->mem, s->n_examples, sizeof(*s->groups));
    if (!s->hasher || !s->outputs || !s->groups
        || pmpo_data_groups(s->data, s->groups, err) < 0) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < s->n_examples; i++) {
        const pmpo_example *e = pmpo_data_example(s->data, i);
        if (choose_outputs(s, e, &s->outputs[i]) < 0) {
            return pmpo_fail_memory(err);
        }
        s->total_weight += e->weight;
    }
    if (cut_blocks(s) < 0) {
        return pmpo_fail_memory(err);
    }
    int rc = pmpo_template_new(&s->model->vocab, s->o.template_name,
                               &s->template, err);
    if (rc < 0 || s->o.calibrate == PMPO_CALIBRATE_NONE) {
        return rc;
    }
    return make_prior(s, err);
}

int pmpo_scorer_new(pmpo_model *m, const pmpo_data *d,
                    const pmpo_scorer_options *o, pmpo_scorer **out,
                    pmpo_error *err)
{
    pmpo_scorer *s = pmpo_calloc(1, sizeof(*s));
    if (!s) {
        return pmpo_fail_memory(err);
    }
    s->model = m;
    s->data = d;
    s->o = *o;
    int rc = prepare(s, err);
    if (rc < 0) {
        pmpo_scorer_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void pmpo_scorer_free(pmpo_scorer *s)
{
    if (!s) {
        return;
    }
    pmpo_prior_free(s->prior);
    pmpo_template_free(s->template);
    pmpo_hasher_free(s->hasher);
    pmpo_arena_release(&s->mem);
    pmpo_free(s);
}

/* ---- rendering a prompt -------------------------------------------------------------------- */

typedef struct rendering {
    pmpo_rendered *examples; /* [n_examples] */
    size_t n_prefix;         /* shared by everything */
    pmpo_arena mem;
} rendering;

static size_t common(const int32_t *a, const int32_t *b, size_t n)
{
    size_t i = 0;
    while (i < n && a[i] == b[i]) {
        i++;
    }
    return i;
}

static int too_long(const pmpo_scorer *s, size_t i, size_t n_ids,
                    pmpo_error *err)
{
    const pmpo_example *e = pmpo_data_example(s->data, i);
    return pmpo_fail(err, PMPO_ETOOLONG,
                     "%s:%d: example %.*s has %zu tokens with the prompt, the "
                     "model's context holds %d: shorten it or take it out",
                     pmpo_data_name(s->data), e->line, (int)e->id.len,
                     e->id.ptr, n_ids, s->model->info.n_context);
}

static int render_all(pmpo_scorer *s, pmpo_str prompt, rendering *r,
                      pmpo_error *err)
{
    r->examples = pmpo_arena_alloc(&r->mem, s->n_examples,
                                   sizeof(*r->examples));
    if (!r->examples) {
        return pmpo_fail_memory(err);
    }
    r->n_prefix = SIZE_MAX;
    const int32_t *first = NULL;
    for (size_t i = 0; i < s->n_examples; i++) {
        const outputs *o = &s->outputs[i];
        pmpo_rendered *x = &r->examples[i];
        int rc = pmpo_render(s->template, prompt, pmpo_data_example(s->data, i),
                             o->texts, o->n, s->o.end, &r->mem, x, err);
        if (rc < 0) {
            return rc;
        }
        first = first ? first : x->targets[0].ids;
        size_t most = x->n_context - 1;
        most = most < r->n_prefix ? most : r->n_prefix;
        r->n_prefix = common(first, x->targets[0].ids, most);
        for (size_t t = 0; t < x->n_targets; t++) {
            if (x->targets[t].n_ids > (size_t)s->model->info.n_context) {
                return too_long(s, i, x->targets[t].n_ids, err);
            }
        }
    }
    return 0;
}

/* ---- units ------------------------------------------------------------------------------------ */

typedef struct unit {
    pmpo_unit u;
    pmpo_hash key;
    float *logprobs;
    size_t n_logprobs;
} unit;

static void add_requests(const pmpo_rendered *x, pmpo_request *q, size_t *n)
{
    for (size_t t = 0; t < x->n_targets; t++) {
        q[(*n)++] = (pmpo_request){x->targets[t].ids, x->targets[t].n_ids,
                                   x->n_context};
    }
}

static pmpo_hash key_of(pmpo_scorer *s, const pmpo_unit *u)
{
    pmpo_hasher *h = s->hasher;
    pmpo_hasher_bytes(h, s->model->identity.bytes,
                      sizeof(s->model->identity.bytes));
    pmpo_hasher_u64(h, u->n_prefix);
    pmpo_hasher_u64(h, u->repacked);
    pmpo_hasher_u64(h, u->n_requests);
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        pmpo_hasher_u64(h, q->n_ids);
        pmpo_hasher_u64(h, q->n_context);
        pmpo_hasher_bytes(h, q->ids, q->n_ids * sizeof(*q->ids));
    }
    return pmpo_hasher_end(h);
}

static int make_unit(pmpo_scorer *s, rendering *r, size_t block, unit *out,
                     pmpo_error *err)
{
    size_t begin = s->block_begin[block], end = s->block_begin[block + 1];
    size_t most = 0, n = 0;
    for (size_t i = begin; i < end; i++) {
        most += r->examples[i].n_targets;
    }
    pmpo_request *q = pmpo_arena_alloc(&r->mem, most, sizeof(*q));
    if (!q) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = begin; i < end; i++) {
        size_t at = s->o.reversed ? begin + (end - 1 - i) : i;
        add_requests(&r->examples[at], q, &n);
    }
    out->u = (pmpo_unit){q, n, r->n_prefix,
                         s->o.reversed};
    out->n_logprobs = pmpo_unit_targets(&out->u);
    out->logprobs = pmpo_arena_alloc(&r->mem, out->n_logprobs, sizeof(float));
    if (!out->logprobs) {
        return pmpo_fail_memory(err);
    }
    out->key = key_of(s, &out->u);
    return 0;
}

static int keep(const pmpo_score_context *c, const unit *x, size_t block,
                const pmpo_unit_result *r, bool cached, pmpo_error *err)
{
    if (!c->store) {
        return 0;
    }
    return pmpo_store_put_unit(c->store,
                               &(pmpo_unit_row){
                                   .key = x->key,
                                   .prompt = c->prompt_id,
                                   .purpose = c->purpose,
                                   .block = block,
                                   .logprobs = x->logprobs,
                                   .n = x->n_logprobs,
                                   .prefill_tokens = r->prefill_tokens,
                                   .logical_tokens = r->logical_tokens,
                                   .n_cached = cached ? x->u.n_requests : 0,
                                   .ms = r->ms,
                               },
                               err);
}

static void add_cost(pmpo_cost *cost, const unit *x, const pmpo_unit_result *r,
                     bool cached)
{
    if (!cost) {
        return;
    }
    cost->prefill_tokens += r->prefill_tokens;
    cost->output_rows += r->output_rows;
    cost->logical_tokens += r->logical_tokens;
    cost->cached_scores += cached ? x->u.n_requests : 0;
    cost->seconds += r->ms / 1e3;
}

static int compute(pmpo_scorer *s, const pmpo_score_context *c, unit *x,
                   pmpo_unit_result *r, pmpo_error *err)
{
    if (c->before) {
        int rc = c->before(c->ud, err);
        if (rc < 0) {
            return rc;
        }
    }
    const pmpo_engine *e = s->model->engine;
    int rc = (s->o.plain ? e->score_plain : e->score)(s->model->self, &x->u, r,
                                                      err);
    /* Looked at before anything is kept: a kept NaN would outlive its cause. */
    for (size_t i = 0; rc == 0 && i < x->n_logprobs; i++) {
        if (isnan(x->logprobs[i])) {
            rc = pmpo_fail(err, PMPO_ENAN, "the engine gave a score that is "
                           "not a number");
        }
    }
    return rc;
}

/* The unit's log-probabilities: looked up, or computed and kept. */
static int settle_unit(pmpo_scorer *s, const pmpo_score_context *c, unit *x,
                       size_t block, pmpo_error *err)
{
    bool found = false;
    pmpo_unit_result r = {.logprobs = x->logprobs,
                          .logical_tokens = pmpo_unit_logical(&x->u)};
    if (c->store && !s->o.plain) {
        int rc = pmpo_store_get_unit(c->store, x->key, x->logprobs,
                                     x->n_logprobs, &found, err);
        if (rc < 0 || found) {
            return rc;
        }
    }
    bool use_cache = c->cache && !s->o.plain;
    bool cached = use_cache && pmpo_cache_get(c->cache, x->key, x->logprobs,
                                              x->n_logprobs);
    if (!cached) {
        int rc = compute(s, c, x, &r, err);
        if (rc < 0) {
            return rc;
        }
        if (use_cache) {
            pmpo_cache_put(c->cache, x->key, x->logprobs, x->n_logprobs);
        }
    }
    add_cost(c->cost, x, &r, cached);
    return s->o.plain ? 0 : keep(c, x, block, &r, cached, err);
}

/* ---- from log-probabilities to scores --------------------------------------------------------- */

static int fill_target(const pmpo_rendered *x, size_t t, pmpo_str text,
                       const float *lp, pmpo_arena *mem, pmpo_target_score *out)
{
    size_t n = x->targets[t].n_ids - x->n_context;
    int32_t *ids = pmpo_arena_alloc(mem, n, sizeof(*ids));
    float *lps = pmpo_arena_alloc(mem, n, sizeof(*lps));
    *out = (pmpo_target_score){.text = pmpo_arena_str(mem, text),
                               .n_tokens = n,
                               .token_ids = ids,
                               .token_logprobs = lps};
    if (!ids || !lps || !out->text.ptr) {
        return PMPO_ENOMEM;
    }
    memcpy(ids, x->targets[t].ids + x->n_context, n * sizeof(*ids));
    memcpy(lps, lp, n * sizeof(*lps));
    for (size_t i = 0; i < n; i++) {
        out->nats -= (double)lp[i];
    }
    return 0;
}

/* Format, choice and pick over those targets that are options. */
static int fill_choice(const pmpo_scorer *s, const outputs *o,
                       const pmpo_example *e, pmpo_arena *mem,
                       pmpo_example_score *x)
{
    x->format = x->choice = NAN;
    x->picked = -1;
    pmpo_target_score *list = pmpo_arena_alloc(mem, o->n, sizeof(*list));
    size_t *where = pmpo_arena_alloc(mem, o->n, sizeof(*where));
    if (!list || !where) {
        return PMPO_ENOMEM;
    }
    size_t n = 0;
    for (size_t i = 0; i < o->n; i++) {
        if (o->is_option[i]) {
            where[n] = i;
            list[n++] = x->targets[i];
        }
    }
    if (e->n_options >= 2 && n == e->n_options && where[0] == 0) {
        int picked;
        pmpo_format_choice(list, n, &s->o, &x->format, &x->choice, &picked);
        x->picked = (int)where[picked];
        x->correct = x->picked == 0;
    }
    return 0;
}

static int fill_example(const pmpo_scorer *s, const pmpo_rendered *r, size_t i,
                        const float *lp, size_t *used, pmpo_arena *mem,
                        pmpo_example_score *x)
{
    const pmpo_example *e = pmpo_data_example(s->data, i);
    const outputs *o = &s->outputs[i];
    pmpo_target_score *t = pmpo_arena_alloc(mem, o->n, sizeof(*t));
    *x = (pmpo_example_score){.id = pmpo_arena_str(mem, e->id),
                              .weight = e->weight,
                              .group = s->groups[i],
                              .seam = r->seam,
                              .targets = t,
                              .n_targets = o->n};
    if (!t || !x->id.ptr) {
        return PMPO_ENOMEM;
    }
    for (size_t k = 0; k < o->n; k++) {
        if (fill_target(r, k, o->texts[k], lp + *used, mem, &t[k]) < 0) {
            return PMPO_ENOMEM;
        }
        t[k].role = k > 0 ? PMPO_ROLE_REJECTED
                    : s->o.loss == PMPO_LOSS_PREFERENCE ? PMPO_ROLE_CHOSEN
                                                        : PMPO_ROLE_TARGET;
        t[k].prior_nats = s->prior ? pmpo_prior_of(s->prior, o->first + k) : 0;
        *used += t[k].n_tokens;
    }
    if (pmpo_fill_ends(&s->model->vocab, s->o.end, mem, &t[0]) < 0) {
        return PMPO_ENOMEM;
    }
    x->loss = pmpo_example_loss(t, o->n_loss, &s->o);
    return fill_choice(s, o, e, mem, x);
}

static int fill_block(pmpo_scorer *s, const rendering *r, size_t block,
                      const unit *u, pmpo_arena *mem, pmpo_example_score *x,
                      pmpo_error *err)
{
    size_t begin = s->block_begin[block], end = s->block_begin[block + 1];
    size_t used = 0;
    for (size_t k = begin; k < end; k++) {
        size_t i = s->o.reversed ? begin + (end - 1 - k) : k;
        if (fill_example(s, &r->examples[i], i, u->logprobs, &used, mem,
                         &x[i]) < 0) {
            return pmpo_fail_memory(err);
        }
        if (!isfinite(x[i].loss)) {
            return pmpo_fail(err, PMPO_ENAN, "example %.*s: its loss is not a "
                             "number", (int)x[i].id.len, x[i].id.ptr);
        }
    }
    return 0;
}

/* Sums over the examples in their order, so that they add up the same way
 * whatever the packing. */
static void sum_up(const pmpo_example_score *x, size_t n,
                   pmpo_prompt_score *p)
{
    double loss = 0, format = 0, choice = 0, weight = 0, known = 0;
    for (size_t i = 0; i < n; i++) {
        loss += x[i].weight * x[i].loss;
        weight += x[i].weight;
        p->nats += x[i].targets[0].nats;
        p->n_tokens += x[i].targets[0].n_tokens;
        if (x[i].picked >= 0) {
            format += x[i].weight * x[i].format;
            choice += x[i].weight * x[i].choice;
            known += x[i].weight;
            p->n_options++;
            p->n_correct += x[i].correct;
        }
    }
    p->loss = loss / weight;
    p->format = known > 0 ? format / known : NAN;
    p->choice = known > 0 ? choice / known : NAN;
}

/* ---- scoring ------------------------------------------------------------------------------------ */

static int score_blocks(pmpo_scorer *s, const pmpo_score_context *c,
                        rendering *r, pmpo_arena *mem, pmpo_example_score *x,
                        pmpo_result *out, pmpo_error *err)
{
    double sum = 0, weight = 0;
    size_t *order = pmpo_arena_alloc(&r->mem, s->n_blocks, sizeof(*order));
    if (!order) {
        return pmpo_fail_memory(err);
    }
    const pmpo_give_up never = {.bound = INFINITY};
    const pmpo_give_up *g = c->give_up ? c->give_up : &never;
    pmpo_block_order(s->block_begin, s->n_blocks,
                     g->race_alpha > 0 ? NULL : g->rival, order);
    for (size_t k = 0; k < s->n_blocks; k++) {
        unit u;
        size_t b = order[k];
        int rc = make_unit(s, r, b, &u, err);
        rc = rc < 0 ? rc : settle_unit(s, c, &u, b, err);
        rc = rc < 0 ? rc : fill_block(s, r, b, &u, mem, x, err);
        if (rc < 0) {
            return rc;
        }
        out->units_scored++;
        size_t end = s->block_begin[b + 1];
        out->n_done += end - s->block_begin[b];
        for (size_t i = s->block_begin[b]; i < end; i++) {
            sum += x[i].weight * x[i].loss;
            weight += x[i].weight;
        }
        if (c->after) {
            c->after(c->ud, out->n_done, s->n_examples, sum / weight);
        }
        bool hopeless = !s->prior && sum / s->total_weight > g->bound;
        out->lost_race = !hopeless && g->race_alpha > 0
                         && pmpo_race_is_lost(x, g->rival, out->n_done,
                                              s->n_examples, g->race_alpha,
                                              g->race_margin);
        bool enough = g->most_examples > 0 && out->n_done >= g->most_examples;
        if ((hopeless || out->lost_race || enough) && k + 1 < s->n_blocks) {
            out->pruned = true;
            out->lower_bound = s->prior ? NAN : sum / s->total_weight;
            return 0;
        }
    }
    return 0;
}

int pmpo_scorer_score(pmpo_scorer *s, pmpo_str prompt,
                      const pmpo_score_context *c, pmpo_arena *mem,
                      pmpo_result *out, pmpo_error *err)
{
    rendering r = {0};
    pmpo_example_score *x = pmpo_arena_alloc(mem, s->n_examples, sizeof(*x));
    *out = (pmpo_result){.units = s->n_blocks, .lower_bound = NAN};
    out->score.prompt = pmpo_arena_str(mem, prompt);
    out->score.examples = x;
    out->score.n_examples = s->n_examples;
    out->score.loss = NAN;
    int rc = x && out->score.prompt.ptr ? 0 : pmpo_fail_memory(err);
    if (rc == 0) {
        rc = render_all(s, prompt, &r, err);
    }
    out->n_prefix = r.n_prefix;
    if (rc == 0 && s->prior) {
        rc = pmpo_prior_score(s->prior, prompt, c, err);
    }
    if (rc == 0) {
        rc = score_blocks(s, c, &r, mem, x, out, err);
    }
    if (rc == 0 && !out->pruned) {
        sum_up(x, s->n_examples, &out->score);
        if (!isfinite(out->score.loss)) {
            rc = pmpo_fail(err, PMPO_ENAN, "the mean loss is not a number: "
                           "are the examples' weights too far apart?");
        } else if (c->whole) {
            rc = c->whole(c->ud, c, &out->score, err);
        }
    }
    pmpo_arena_release(&r.mem);
    return rc;
}

/* ---- counting --------------------------------------------------------------------------------------- */

int pmpo_scorer_count(pmpo_scorer *s, pmpo_str prompt, uint64_t *prefill,
                      uint64_t *total, pmpo_error *err)
{
    rendering r = {0};
    uint64_t rows = 0, whole = 0, prior_rows = 0, prior_whole = 0;
    pmpo_unit *units = pmpo_arena_alloc(&r.mem, s->n_blocks, sizeof(*units));
    int rc = units ? render_all(s, prompt, &r, err) : pmpo_fail_memory(err);
    for (size_t b = 0; rc == 0 && b < s->n_blocks; b++) {
        unit u;
        rc = make_unit(s, &r, b, &u, err);
        units[b] = u.u;
        whole += rc < 0 ? 0 : pmpo_unit_logical(&u.u);
    }
    rc = rc < 0 ? rc
                : s->model->engine->count(s->model->self, units, s->n_blocks,
                                          s->o.plain, &rows, err);
    if (rc == 0 && s->prior) {
        rc = pmpo_prior_count(s->prior, prompt, &prior_rows, &prior_whole,
                              err);
    }
    if (rc == 0) {
        *prefill = rows + prior_rows;
        *total = whole + prior_whole;
    }
    pmpo_arena_release(&r.mem);
    return rc;
}
