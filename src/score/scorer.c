/* scorer.c: the scorer: outputs, blocks, rendering, units. together.c scores
 * the units. */
#include "score/score.h"

#include "base/error.h"
#include "data/data.h"
#include "model/template.h"
#include "score/loss.h"
#include "score/prior.h"
#include "score/scorer.h"

/* A block's size in estimated tokens: about one full batch of the engine. A
 * pure function of the data, so that a unit never depends on the prompt. */
#define BLOCK_TOKENS 800
/* In the reversed packing no block has one example alone where it can be
 * helped: alone it would be packed the same way. */
#define REVERSED_LEAST 2
#define BYTES_PER_TOKEN 4
#define TOKENS_PER_EXAMPLE 12 /* of the template */
/* Fewer tokens before the prompt aren't worth a batch of their own. */
#define LEAST_LEAD 16
#define LOOKED_AT 8 /* examples, for whether there are leads */

/* ---- which outputs ---------------------------------------------------------------- */

static int choose_outputs(pmpo_scorer *s, const pmpo_example *e, pmpo_outputs *out)
{
    size_t most = 1 + e->n_rejected + e->n_options, n_others, n = 0;
    const pmpo_str *others = pmpo_loss_others(s->o.loss, e, &n_others);
    pmpo_str *texts = pmpo_arena_alloc(&s->mem, most, sizeof(*texts));
    bool *is_option = pmpo_arena_alloc(&s->mem, most, sizeof(*is_option));
    if (!texts || !is_option) {
        return PMPO_ENOMEM;
    }
    bool options = others == e->options;
    texts[n++] = e->target;
    for (size_t i = 0; i < n_others; i++) { /* the target is an option, too */
        size_t n_seen = options ? n : 1;
        if (pmpo_str_index(texts, n_seen, others[i]) == n_seen) {
            texts[n++] = others[i];
        }
    }
    size_t n_loss = n;
    bool all = s->o.targets == PMPO_TARGETS_ALL;
    for (size_t i = 0; all && i < e->n_options; i++) {
        if (pmpo_str_index(texts, n, e->options[i]) == n) {
            texts[n++] = e->options[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        is_option[i] = pmpo_str_index(e->options, e->n_options, texts[i]) <
                       e->n_options;
    }
    *out = (pmpo_outputs){texts, is_option, n, n_loss, s->n_outputs};
    s->n_outputs += n;
    return 0;
}

/* ---- blocks ------------------------------------------------------------------------- */

static size_t estimate(const pmpo_example *e, const pmpo_outputs *o)
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
            requests + r > s->max_requests) {
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
    return pmpo_scorer_new_within(m, d, o, m->limits.max_requests, out, err);
}

int pmpo_scorer_new_within(pmpo_model *m, const pmpo_data *d,
                           const pmpo_scorer_options *o, size_t max_requests,
                           pmpo_scorer **out, pmpo_error *err)
{
    pmpo_scorer *s = pmpo_calloc(1, sizeof(*s));
    if (!s) {
        return pmpo_fail_memory(err);
    }
    s->model = m;
    s->data = d;
    s->o = *o;
    s->max_requests = max_requests;
    int rc = pmpo_check_scores(m, err);
    rc = rc < 0 ? rc : prepare(s, err);
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
    for (size_t i = 0; i < s->n_others; i++) {
        pmpo_scorer_free(s->others[i]);
    }
    pmpo_prior_free(s->prior);
    pmpo_template_free(s->template);
    pmpo_hasher_free(s->hasher);
    pmpo_arena_release(&s->mem);
    pmpo_free(s);
}

/* ---- rendering a prompt -------------------------------------------------------------------- */

static size_t common(const int32_t *a, const int32_t *b, size_t n)
{
    size_t i = 0;
    while (i < n && a[i] == b[i]) {
        i++;
    }
    return i;
}

/* Two prompts unlike from their first byte on. */
static const pmpo_str strange[2] = {{"~", 1}, {"|", 1}};

/* Leading tokens that the contexts of both have, but for the last. */
static size_t alike(const pmpo_rendered *a, const pmpo_rendered *b)
{
    size_t n = a->n_context < b->n_context ? a->n_context : b->n_context;
    return common(a->targets[0].ids, b->targets[0].ids, n - 1);
}

static int render_example(pmpo_scorer *s, pmpo_str prompt, size_t i,
                          pmpo_arena *mem, pmpo_rendered *out, pmpo_error *err)
{
    const pmpo_outputs *o = &s->outputs[i];
    const pmpo_example *e = pmpo_data_example(s->data, i);
    const pmpo_render_input in = {prompt, e, o->texts, o->n,
                                  s->o.end == PMPO_END_YES};
    if (s->prior && pmpo_asked_drops(prompt, e)) {
        pmpo_fail(err, PMPO_EUSAGE,
                  "it is one of the prompt's demonstrations, so its prior "
                  "(--calibrate content-free) would see its answer: take it "
                  "out "
                  "of either, or leave the calibration out");
        return pmpo_fail_at(s->data, e, PMPO_EUSAGE, err);
    }
    return pmpo_render(s->template, &in, mem, out, err);
}

/* Does some of the first examples have, before the prompt, a text of its own?
 * They are compared with each other, and under two prompts. */
static int has_leads(pmpo_scorer *s, bool *has, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_rendered x[LOOKED_AT], other;
    size_t own[LOOKED_AT], head = SIZE_MAX, n = s->n_examples;
    int rc = 0;
    n = n < LOOKED_AT ? n : LOOKED_AT;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = render_example(s, strange[0], i, &mem, &x[i], err);
        rc = rc < 0 ? rc : render_example(s, strange[1], i, &mem, &other, err);
        own[i] = rc < 0 ? 0 : alike(&x[i], &other);
        size_t shared = rc < 0 ? 0 : alike(&x[0], &x[i]);
        head = shared < head ? shared : head;
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        *has = *has || own[i] >= head + LEAST_LEAD;
    }
    pmpo_arena_release(&mem);
    return rc;
}

static int render_leads(pmpo_scorer *s, pmpo_rendered **out, pmpo_error *err)
{
    bool has = false;
    int rc = has_leads(s, &has, err);
    if (rc < 0 || !has) {
        return rc;
    }
    pmpo_rendered *x = pmpo_arena_alloc(&s->mem, s->n_examples, sizeof(*x));
    rc = x ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < s->n_examples; i++) {
        rc = render_example(s, strange[0], i, &s->mem, &x[i], err);
    }
    *out = rc == 0 ? x : NULL;
    return rc;
}

/* Once. Where such prompts can't be rendered, as with a template that has no
 * place for one, there are no leads. */
static int know_leads(pmpo_scorer *s, pmpo_error *err)
{
    pmpo_error own;
    if (s->leads_known || !s->model->keeps_leads || s->o.reversed ||
        s->o.plain || s->n_examples < 2) {
        return 0;
    }
    int rc = render_leads(s, &s->leads, &own);
    s->leads_known = rc != PMPO_ENOMEM;
    return rc == PMPO_ENOMEM ? pmpo_fail_memory(err) : 0;
}

static size_t lead_of(const pmpo_scorer *s, const pmpo_rendering *r, size_t i)
{
    const pmpo_rendered *x = &r->examples[i];
    if (!s->leads) {
        return 0;
    }
    size_t n = alike(&s->leads[i], x);
    return n >= r->n_prefix + LEAST_LEAD ? n : 0;
}

static int too_long(const pmpo_scorer *s, size_t i, size_t n_ids,
                    pmpo_error *err)
{
    const pmpo_example *e = pmpo_data_example(s->data, i);
    pmpo_fail(err, PMPO_ETOOLONG,
              "example %.*s has %zu tokens with the prompt, the model's "
              "context holds %zu: shorten it or take it out",
              (int)e->id.len, e->id.ptr, n_ids, s->model->limits.max_context);
    return pmpo_fail_at(s->data, e, PMPO_ETOOLONG, err);
}

int pmpo_render_all(pmpo_scorer *s, pmpo_str prompt, pmpo_rendering *r,
                    pmpo_error *err)
{
    r->examples = pmpo_arena_alloc(&r->mem, s->n_examples,
                                   sizeof(*r->examples));
    r->n_lead = pmpo_arena_alloc(&r->mem, s->n_examples, sizeof(*r->n_lead));
    if (!r->examples || !r->n_lead) {
        return pmpo_fail_memory(err);
    }
    r->n_prefix = SIZE_MAX;
    const int32_t *first = NULL;
    for (size_t i = 0; i < s->n_examples; i++) {
        pmpo_rendered *x = &r->examples[i];
        int rc = render_example(s, prompt, i, &r->mem, x, err);
        if (rc < 0) {
            return pmpo_in_example(s->data, i, rc, err);
        }
        first = first ? first : x->targets[0].ids;
        size_t most = x->n_context - 1;
        most = most < r->n_prefix ? most : r->n_prefix;
        r->n_prefix = common(first, x->targets[0].ids, most);
        for (size_t t = 0; t < x->n_targets; t++) {
            if (x->targets[t].n_ids > s->model->limits.max_context) {
                return too_long(s, i, x->targets[t].n_ids, err);
            }
        }
    }
    int rc = know_leads(s, err);
    for (size_t i = 0; rc == 0 && i < s->n_examples; i++) {
        r->n_lead[i] = lead_of(s, r, i);
    }
    return rc;
}

/* ---- units ------------------------------------------------------------------------------------ */

static void add_requests(const pmpo_rendered *x, size_t n_lead, pmpo_request *q,
                         size_t *n)
{
    for (size_t t = 0; t < x->n_targets; t++) {
        q[(*n)++] = (pmpo_request){x->targets[t].ids, x->targets[t].n_ids,
                                   x->n_context, n_lead};
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
        pmpo_hasher_u64(h, q->n_lead);
        pmpo_hasher_bytes(h, q->ids, q->n_ids * sizeof(*q->ids));
    }
    return pmpo_hasher_end(h);
}

int pmpo_make_unit(pmpo_scorer *s, pmpo_rendering *r, size_t block,
                   pmpo_block_unit *out, pmpo_error *err)
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
        add_requests(&r->examples[at], r->n_lead[at], q, &n);
    }
    const pmpo_unit u = {q, n, r->n_prefix, s->o.reversed, s->o.plain};
    *out = (pmpo_block_unit){
        .task = {.unit = u, .result.logical_tokens = pmpo_unit_logical(&u)},
        .block = block,
        .key = key_of(s, &u),
        .n_logprobs = pmpo_unit_targets(&u),
    };
    out->task.result.logprobs = pmpo_arena_alloc(&r->mem, out->n_logprobs,
                                                 sizeof(float));
    return out->task.result.logprobs ? 0 : pmpo_fail_memory(err);
}

/* ---- counting --------------------------------------------------------------------------------------- */

int pmpo_count_alone(pmpo_scorer *s, pmpo_str prompt, uint64_t *prefill,
                     uint64_t *total, pmpo_error *err)
{
    pmpo_rendering r = {0};
    uint64_t rows = 0, whole = 0, prior_rows = 0, prior_whole = 0;
    pmpo_unit *units = pmpo_arena_alloc(&r.mem, s->n_blocks, sizeof(*units));
    int rc = units ? pmpo_render_all(s, prompt, &r, err) : pmpo_fail_memory(err);
    for (size_t b = 0; rc == 0 && b < s->n_blocks; b++) {
        pmpo_block_unit u;
        rc = pmpo_make_unit(s, &r, b, &u, err);
        if (rc == 0) {
            units[b] = u.task.unit;
            whole += u.task.result.logical_tokens;
        }
    }
    rc = rc < 0 ? rc
                : s->model->engine->count(s->model->self, units, s->n_blocks,
                                          &rows, err);
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

int pmpo_scorer_count(pmpo_scorer *s, pmpo_str prompt, uint64_t *prefill,
                      uint64_t *total, pmpo_error *err)
{
    int rc = pmpo_count_alone(s, prompt, prefill, total, err);
    for (size_t i = 0; rc == 0 && i < s->n_others; i++) {
        uint64_t rows, whole;
        rc = pmpo_count_alone(s->others[i], prompt, &rows, &whole, err);
        *prefill += rc < 0 ? 0 : rows;
        *total += rc < 0 ? 0 : whole;
    }
    return rc;
}
