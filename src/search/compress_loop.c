/* compress_loop.c: see compress_loop.h. */
#include "search/compress_loop.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "search/mask.h"
#include "search/vet.h"
#include "stats/stats.h"
#include "text/pieces.h"

#define MAX_STEPS 256 /* removals; a prompt has at most PMPO_MAX_PIECES parts */

/* A part that might go. */
typedef struct attempt {
    pmpo_span span;
    pmpo_str prompt;  /* without it */
    double loss;      /* of that; NAN: beyond the limit */
    double per_token; /* loss gained per token saved */
} attempt;

typedef struct squeeze {
    const pmpo_compress_input *in;
    pmpo_arena *mem;  /* of the result */
    pmpo_arena round; /* of one round */
    pmpo_str now;
    size_t tokens;      /* of `now` */
    double loss, limit; /* of `now`; what it may be at most */
    pmpo_compress_step steps[MAX_STEPS];
    size_t n_steps;
    size_t n_tried, n_within; /* as in pmpo_compression */
} squeeze;

/* ---- one prompt ---------------------------------------------------------- */

/* `now` without the spans, in the round's memory. */
static pmpo_str without(squeeze *q, const pmpo_span *spans, size_t n)
{
    pmpo_buf b = {0};
    pmpo_text_without(q->now, spans, n, &b);
    pmpo_str s = b.failed ? (pmpo_str){NULL, 0}
                          : pmpo_arena_str(&q->round, pmpo_buf_str(&b));
    pmpo_buf_release(&b);
    return s;
}

static int score(const squeeze *q, pmpo_scorer *s, pmpo_str prompt,
                 pmpo_arena *mem, pmpo_prompt_score *out, pmpo_error *err)
{
    pmpo_result r;
    pmpo_score_context c = q->in->context;
    c.purpose = "compress";
    int rc = pmpo_scorer_score(s, prompt, &c, mem, &r, err);
    if (rc == 0) {
        *out = r.score;
    }
    return rc;
}

/* ---- one round ----------------------------------------------------------- */

static bool may_go(const squeeze *q, pmpo_str prompt, pmpo_span span)
{
    return pmpo_text_has_words(prompt) &&
           !pmpo_keep_touches(q->in->kept, q->now, span) &&
           !pmpo_keep_missing(q->in->kept, prompt);
}

static int list_tries(squeeze *q, pmpo_grain grain, attempt **out, size_t *n,
                      pmpo_error *err)
{
    pmpo_span pieces[PMPO_MAX_PIECES];
    size_t all;
    pmpo_text_pieces(q->now, grain, pieces, &all);
    *n = 0;
    *out = pmpo_arena_alloc(&q->round, all, sizeof(**out));
    for (size_t i = 0; *out && i < all; i++) {
        pmpo_str prompt = without(q, &pieces[i], 1);
        if (!prompt.ptr) {
            return pmpo_fail_memory(err);
        }
        if (may_go(q, prompt, pieces[i])) {
            (*out)[(*n)++] = (attempt){.span = pieces[i], .prompt = prompt};
        }
    }
    return *out ? 0 : pmpo_fail_memory(err);
}

/* All tries at once; each is given up once it is sure to be beyond the
 * limit. */
static int score_tries(squeeze *q, attempt *t, size_t n, pmpo_error *err)
{
    const pmpo_give_up beyond = {.bound = q->limit};
    pmpo_scoring *list = pmpo_arena_alloc(&q->round, n, sizeof(*list));
    if (!list) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = (pmpo_scoring){.scorer = q->in->train,
                                 .prompt = t[i].prompt,
                                 .context = q->in->context,
                                 .mem = &q->round};
        list[i].context.purpose = "compress";
        list[i].context.place = (int)i + 1;
        list[i].context.give_up = &beyond;
    }
    int rc = n ? pmpo_score_together(list, n, NULL, NULL, err) : 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        size_t tokens = 0;
        rc = pmpo_count_tokens(q->in->vocab, t[i].prompt, &tokens, err);
        bool out = list[i].code < 0 || list[i].result.pruned ||
                   !(list[i].result.score.loss <= q->limit) ||
                   tokens >= q->tokens;
        t[i].loss = out ? NAN : list[i].result.score.loss;
        t[i].per_token = out ? INFINITY
                             : (t[i].loss - q->loss) /
                                   (double)(q->tokens - tokens);
    }
    return rc;
}

static int by_worth(const void *a, const void *b)
{
    const attempt *x = a, *y = b;
    int c = (x->per_token > y->per_token) - (x->per_token < y->per_token);
    return c ? c
             : (x->span.begin > y->span.begin) -
                   (x->span.begin < y->span.begin);
}

/* ---- what goes ----------------------------------------------------------- */

static int keep_step(squeeze *q, const pmpo_compress_step *step,
                     pmpo_error *err)
{
    pmpo_compress_step *s = &q->steps[q->n_steps++];
    *s = *step;
    s->prompt = pmpo_arena_str(q->mem, step->prompt);
    int rc = s->prompt.ptr
                 ? pmpo_count_tokens(q->in->vocab, s->prompt, &s->n_tokens, err)
                 : pmpo_fail_memory(err);
    q->now = s->prompt;
    q->tokens = s->n_tokens;
    q->loss = s->train_loss;
    if (rc == 0 && q->in->step) {
        q->in->step(q->in->ud, s, q->steps[0].n_tokens);
    }
    return rc;
}

/* Takes `s->prompt`, if it holds on both parts. `s->train_loss` NAN: not known
 * yet. */
static int take_if_good(squeeze *q, pmpo_compress_step *s, bool *taken,
                        pmpo_error *err)
{
    pmpo_prompt_score train = {.loss = s->train_loss}, val = {0};
    int rc = isnan(s->train_loss)
                 ? score(q, q->in->train, s->prompt, &q->round, &train, err)
                 : 0;
    if (rc < 0 || !(train.loss <= q->limit)) {
        return rc;
    }
    rc = score(q, q->in->validation, s->prompt, &q->round, &val, err);
    if (rc < 0 || !(val.loss <= q->steps[0].val_loss + q->in->margin)) {
        return rc;
    }
    s->train_loss = train.loss;
    s->val_loss = val.loss;
    *taken = true;
    return keep_step(q, s, err);
}

/* The best k of the tries together: all of them, half as many and so on, as
 * long as that is too much. */
static int take_many(squeeze *q, const attempt *t, size_t n, pmpo_grain grain,
                     bool *taken, pmpo_error *err)
{
    pmpo_span spans[PMPO_MAX_PIECES];
    int rc = 0;
    for (size_t i = 0; i < n; i++) {
        spans[i] = t[i].span;
    }
    for (size_t k = n; rc == 0 && !*taken && k > 1; k /= 2) {
        pmpo_compress_step s = {without(q, spans, k), k, grain, 0, NAN, NAN};
        if (!s.prompt.ptr) {
            return pmpo_fail_memory(err);
        }
        if (pmpo_text_has_words(s.prompt) &&
            !pmpo_keep_missing(q->in->kept, s.prompt)) {
            rc = take_if_good(q, &s, taken, err);
        }
    }
    return rc;
}

static int take_one(squeeze *q, const attempt *t, size_t n, pmpo_grain grain,
                    bool *taken, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && !*taken && i < n; i++) {
        pmpo_compress_step s = {t[i].prompt, 1, grain, 0, t[i].loss, NAN};
        rc = take_if_good(q, &s, taken, err);
    }
    return rc;
}

static int round_of(squeeze *q, pmpo_grain grain, bool *taken, pmpo_error *err)
{
    attempt *t;
    size_t n, fit = 0;
    int rc = list_tries(q, grain, &t, &n, err);
    rc = rc < 0 ? rc : score_tries(q, t, n, err);
    if (rc == 0) {
        qsort(t, n, sizeof(*t), by_worth);
        while (fit < n && isfinite(t[fit].per_token)) {
            fit++;
        }
        q->n_tried += n;
        q->n_within += fit;
    }
    *taken = false;
    rc = rc < 0 ? rc : take_many(q, t, fit, grain, taken, err);
    rc = rc < 0 || *taken ? rc : take_one(q, t, fit, grain, taken, err);
    pmpo_arena_release(&q->round);
    return rc;
}

static int squeeze_all(squeeze *q, pmpo_error *err)
{
    int rc = 0;
    for (int kind = 0; rc == 0 && kind <= (int)q->in->finest; kind++) {
        bool gone = true;
        while (rc == 0 && gone && q->n_steps < MAX_STEPS) {
            rc = round_of(q, (pmpo_grain)kind, &gone, err);
        }
    }
    return rc;
}

/* ---- the test part ------------------------------------------------------- */

static int compare_on_test(squeeze *q, pmpo_compression *out, pmpo_error *err)
{
    pmpo_prompt_score before = {0}, after = {0};
    double *diff, *weights;
    size_t n;
    out->test_before = out->test_after = out->test_low = out->test_high = NAN;
    if (!q->in->test) {
        return 0;
    }
    int rc = score(q, q->in->test, q->in->prompt, &q->round, &before, err);
    rc = rc < 0 ? rc : score(q, q->in->test, q->now, &q->round, &after, err);
    rc = rc < 0 ? rc
                : pmpo_paired_losses(&after, &before, &q->round, &diff,
                                     &weights, &n, err);
    if (rc == 0) {
        pmpo_interval i = pmpo_mean_interval(diff, weights, n);
        out->test_before = before.loss;
        out->test_after = after.loss;
        out->test_low = i.low;
        out->test_high = i.high;
    }
    return rc;
}

/* ---- the call ------------------------------------------------------------ */

static int begin(squeeze *q, pmpo_error *err)
{
    pmpo_prompt_score train = {0}, val = {0};
    pmpo_str prompt = q->in->prompt;
    int rc = score(q, q->in->train, prompt, &q->round, &train, err);
    rc = rc < 0 ? rc
                : score(q, q->in->validation, prompt, &q->round, &val, err);
    pmpo_arena_release(&q->round);
    q->limit = train.loss + q->in->margin;
    const pmpo_compress_step s = {prompt, 0,          PMPO_GRAIN_SENTENCE,
                                  0,      train.loss, val.loss};
    return rc < 0 ? rc : keep_step(q, &s, err);
}

static void put_result(const squeeze *q, const pmpo_compress_step *steps,
                       pmpo_compression *out)
{
    const pmpo_compress_step *last = &steps[q->n_steps - 1];
    out->before = steps[0].prompt;
    out->after = last->prompt;
    out->tokens_before = steps[0].n_tokens;
    out->tokens_after = last->n_tokens;
    out->train_before = steps[0].train_loss;
    out->train_after = last->train_loss;
    out->val_before = steps[0].val_loss;
    out->val_after = last->val_loss;
    out->steps = steps + 1; /* the first is the prompt as it was */
    out->n_steps = q->n_steps - 1;
    out->n_tried = q->n_tried;
    out->n_within = q->n_within;
}

int pmpo_search_compress(const pmpo_compress_input *in, pmpo_arena *mem,
                         pmpo_compression *out, pmpo_error *err)
{
    squeeze *q = pmpo_calloc(1, sizeof(*q));
    if (!q) {
        return pmpo_fail_memory(err);
    }
    q->in = in;
    q->mem = mem;
    int rc = begin(q, err);
    rc = rc < 0 ? rc : squeeze_all(q, err);
    rc = rc < 0 ? rc : compare_on_test(q, out, err);
    pmpo_arena_release(&q->round);
    pmpo_compress_step *steps =
        pmpo_arena_alloc(mem, q->n_steps, sizeof(*steps));
    if (rc == 0 && !steps) {
        rc = pmpo_fail_memory(err);
    }
    if (rc == 0) {
        memcpy(steps, q->steps, q->n_steps * sizeof(*steps));
        put_result(q, steps, out);
    }
    pmpo_free(q);
    return rc;
}
