/* together.c: prompts scored together, through the engine's queue.
 *
 * A lane is one prompt's blocks, in the order in which they are asked for. A
 * calibrated prompt has a second lane before its own, for the prior. The engine
 * asks for one unit after the other (`next`) and returns them in any order
 * (`take`); units that are found never reach it.
 *
 * Results must not depend on that order. So every unit is stored as it comes,
 * but a lane's blocks are evaluated in order only: whether it is given up,
 * after which block and with which bound, depends on their numbers alone. */
#include <math.h>

#include "base/error.h"
#include "score/loss.h"
#include "score/prune.h"
#include "score/scorer.h"

typedef struct lane {
    pmpo_scorer *s;
    pmpo_scoring *of;  /* whose it is */
    pmpo_score_context c;
    /* Of a pair: the lane of its prior, and the one that asks for the prior;
     * else NULL. */
    struct lane *prior, *asker;
    const double *prior_nats;
    pmpo_arena *mem; /* for the result: the caller's, or `own` */
    pmpo_arena own;
    pmpo_result result;
    pmpo_rendering r;
    pmpo_block_unit *units; /* [n_blocks], in order of asking */
    size_t *order;          /* [n_blocks]: their blocks */
    size_t n_wanted;        /* of these blocks, the first that are to be read */
    size_t n_given;         /* found, or given to the engine */
    size_t n_read;          /* of these, read: all that counts */
    size_t n_under_way;
    pmpo_example_score *x; /* [n_examples] */
    double sum, weight;    /* over the examples read */
    bool begun, through;
} lane;

typedef struct queue {
    lane *lanes;
    size_t n_lanes;
    pmpo_scoring *list;
    int (*decided)(void *ud, size_t i, pmpo_error *err);
    void *ud;
    int code; /* below 0: nothing new is begun */
    pmpo_error error;
} queue;

/* ---- ends ------------------------------------------------------------------------ */

static void stop(queue *q, int code, const pmpo_error *why)
{
    if (q->code == 0) {
        q->code = code;
        q->error = *why;
    }
}

static void close_lane(lane *p)
{
    p->through = true;
    for (size_t k = p->n_read; k < p->n_given; k++) {
        p->units[k].task.unwanted = true;
    }
}

/* The prompt is scored, given up or has failed. */
static void decide(queue *q, lane *p, int code, const pmpo_error *why)
{
    pmpo_scoring *of = p->of;
    close_lane(p);
    if (p->prior) {
        close_lane(p->prior);
    }
    of->code = code;
    of->result = p->result;
    if (code < 0) {
        of->error = *why;
    }
    if (code < 0 && code != PMPO_ETOOLONG) {
        stop(q, code, why);
        return;
    }
    pmpo_error err = {0};
    int rc = q->decided ? q->decided(q->ud, (size_t)(of - q->list), &err) : 0;
    if (rc < 0) {
        stop(q, rc, &err);
    }
}

static void fail(queue *q, lane *p, int code, const pmpo_error *why)
{
    decide(q, p->asker ? p->asker : p, code, why);
}

/* ---- reading blocks in order --------------------------------------------------------- */

static const pmpo_give_up never = {.bound = INFINITY};

static const pmpo_give_up *give_up(const lane *p)
{
    return p->c.give_up ? p->c.give_up : &never;
}

static int read_block(lane *p, pmpo_error *err)
{
    const pmpo_scorer *s = p->s;
    const pmpo_block_unit *u = &p->units[p->n_read];
    int rc = pmpo_fill_block(s, &p->r, u, p->prior_nats, p->mem, p->x, err);
    if (rc < 0) {
        return rc;
    }
    size_t end = s->block_begin[u->block + 1];
    for (size_t i = s->block_begin[u->block]; i < end; i++) {
        p->sum += p->x[i].weight * p->x[i].loss;
        p->weight += p->x[i].weight;
        p->result.n_done++;
    }
    p->n_read++;
    p->result.units_scored++;
    if (p->c.after) {
        p->c.after(p->c.ud, &p->c, p->result.n_done, s->n_examples,
                   p->sum / p->weight);
    }
    return 0;
}

/* Below this the loss can't be, whatever is to come; NAN: it can. */
static double lower_bound(const lane *p)
{
    return pmpo_loss_may_be_negative(&p->s->o.how)
               ? NAN
               : p->sum / p->s->total_weight;
}

/* Whether it is given up here, or has been looked at for long enough. */
static bool is_over(lane *p)
{
    const pmpo_give_up *g = give_up(p);
    bool hopeless = lower_bound(p) > g->bound; /* false of NAN */
    p->result.lost_race =
        !hopeless && g->race_alpha > 0 &&
        pmpo_race_is_lost(p->x, g->rival, p->result.n_done, p->s->n_examples,
                          g->race_alpha, g->race_margin);
    bool enough = g->most_examples > 0 && p->result.n_done >= g->most_examples;
    return hopeless || p->result.lost_race || enough;
}

static int finish(lane *p, pmpo_error *err)
{
    pmpo_prompt_score *score = &p->result.score;
    pmpo_sum_up(p->x, p->s->n_examples, score);
    if (!isfinite(score->loss)) {
        return pmpo_fail(err, PMPO_ENAN, "the mean loss is not a number: "
                         "are the examples' weights too far apart?");
    }
    return p->c.whole ? p->c.whole(p->c.ud, &p->c, score, err) : 0;
}

static void advance(queue *q, lane *p);

/* All of a prior is there: its prompt can be read. */
static void hand_over(queue *q, lane *p)
{
    pmpo_error err = {0};
    lane *asker = p->asker;
    close_lane(p);
    asker->prior_nats =
        pmpo_prior_nats(asker->s->prior, &p->result.score, &asker->r.mem);
    if (!asker->prior_nats) {
        fail(q, p, pmpo_fail_memory(&err), &err);
        return;
    }
    advance(q, asker);
}

/* Evaluates the results that have come, up to the first missing block. */
static void advance(queue *q, lane *p)
{
    pmpo_error err = {0};
    while (!p->through && p->n_read < p->n_given && p->units[p->n_read].done &&
           (!p->prior || p->prior_nats)) {
        int rc = read_block(p, &err);
        bool last = p->n_read == p->s->n_blocks;
        if (rc == 0 && !last && is_over(p)) {
            p->result.pruned = true;
            p->result.lower_bound = lower_bound(p);
            decide(q, p, 0, NULL);
            return;
        }
        rc = rc < 0 || !last ? rc : finish(p, &err);
        if (rc < 0) {
            fail(q, p, rc, &err);
        } else if (last && p->asker) {
            hand_over(q, p);
        } else if (last) {
            decide(q, p, 0, NULL);
        }
    }
}

/* ---- looking up and keeping ------------------------------------------------------------ */

static int keep(const lane *p, const pmpo_block_unit *u, bool cached,
                pmpo_error *err)
{
    const pmpo_unit_result *r = &u->task.result;
    if (!p->c.store || p->s->o.plain) {
        return 0;
    }
    return pmpo_store_put_unit(
        p->c.store,
        &(pmpo_unit_row){
            .key = u->key,
            .prompt = p->c.prompt_id,
            .purpose = p->c.purpose,
            .block = u->block,
            .logprobs = r->logprobs,
            .n = u->n_logprobs,
            .prefill_tokens = r->prefill_tokens,
            .logical_tokens = r->logical_tokens,
            .n_cached = cached ? u->task.unit.n_requests : 0,
            .ms = r->ms,
        },
        err);
}

static void add_cost(pmpo_cost *cost, const pmpo_block_unit *u, bool cached)
{
    const pmpo_unit_result *r = &u->task.result;
    if (!cost) {
        return;
    }
    cost->prefill_tokens += r->prefill_tokens;
    cost->output_rows += r->output_rows;
    cost->logical_tokens += r->logical_tokens;
    cost->cached_scores += cached ? u->task.unit.n_requests : 0;
    cost->seconds += r->ms / 1e3;
}

/* Looks for the unit's numbers in the run file, then in the score cache. */
static int look_up(const lane *p, pmpo_block_unit *u, pmpo_error *err)
{
    float *lps = u->task.result.logprobs;
    if (p->s->o.plain) {
        return 0;
    }
    int rc = !p->c.store ? 0
                         : pmpo_store_get_unit(p->c.store, u->key, lps,
                                               u->n_logprobs, &u->done, err);
    if (rc < 0 || u->done || !p->c.cache ||
        !pmpo_cache_get(p->c.cache, u->key, lps, u->n_logprobs)) {
        return rc;
    }
    u->done = true;
    add_cost(p->c.cost, u, true);
    return keep(p, u, true, err);
}

/* What the engine made of a unit: checked before anything is kept, for a kept
 * NaN would outlive its cause. */
static int accept(const lane *p, pmpo_block_unit *u, pmpo_error *err)
{
    const float *lps = u->task.result.logprobs;
    for (size_t i = 0; i < u->n_logprobs; i++) {
        if (!isfinite(lps[i])) {
            return pmpo_fail(err, PMPO_ENAN,
                             "the engine gave a score that is "
                             "not a finite number");
        }
    }
    if (p->c.cache && !p->s->o.plain) {
        pmpo_cache_put(p->c.cache, u->key, lps, u->n_logprobs);
    }
    add_cost(p->c.cost, u, false);
    u->done = true;
    return keep(p, u, false, err);
}

/* Those units of the lane that haven't come are missing when the search is
 * replayed. *err: what keeps that from being stored. */
static int note_missing(const lane *p, const char *why, pmpo_error *err)
{
    int rc = 0;
    for (size_t k = 0; rc == 0 && k < p->n_given; k++) {
        const pmpo_block_unit *u = &p->units[k];
        rc = u->done ? 0
                     : pmpo_store_put_too_long(p->c.store, u->key, why, err);
    }
    return rc;
}

/* The server refused a unit as too long, and the prompt with it. A lane that is
 * through has let go of its units, and misses none. Returns PMPO_ETOOLONG, or what
 * keeps that from being stored, in *why. */
static int keep_refusal(const lane *p, pmpo_error *why)
{
    const lane *both[] = {p, p->asker ? p->asker : p->prior};
    pmpo_error err;
    for (int i = 0; i < 2 && p->c.store; i++) {
        int rc = both[i] && !both[i]->through
                     ? note_missing(both[i], why->text, &err)
                     : 0;
        if (rc < 0) {
            *why = err;
            return rc;
        }
    }
    return PMPO_ETOOLONG;
}

/* ---- the engine's side -------------------------------------------------------------------- */

/* Blocks, in order, that have as many examples as are asked for. */
static size_t wanted(const lane *p)
{
    const size_t *begin = p->s->block_begin;
    size_t most = give_up(p)->most_examples, n = 0, k = 0;
    while (k < p->s->n_blocks && (most == 0 || n < most)) {
        n += begin[p->order[k] + 1] - begin[p->order[k]];
        k++;
    }
    return k;
}

static int begin(lane *p, pmpo_error *err)
{
    pmpo_scorer *s = p->s;
    p->begun = true;
    p->units = pmpo_arena_alloc(&p->r.mem, s->n_blocks, sizeof(*p->units));
    p->order = pmpo_arena_alloc(&p->r.mem, s->n_blocks, sizeof(*p->order));
    p->x = pmpo_arena_alloc(p->mem, s->n_examples, sizeof(*p->x));
    p->result.score.prompt = pmpo_arena_str(p->mem, p->of->prompt);
    p->result.score.examples = p->x;
    if (!p->units || !p->order || !p->x ||
        !p->result.score.prompt.ptr) {
        return pmpo_fail_memory(err);
    }
    const pmpo_give_up *g = give_up(p);
    pmpo_block_order(s->block_begin, s->n_blocks,
                     g->race_alpha > 0 ? NULL : g->rival, p->order);
    p->n_wanted = wanted(p);
    int rc = pmpo_render_all(s, p->of->prompt, &p->r, err);
    p->result.n_prefix = p->r.n_prefix;
    return rc;
}

/* Releases what is not needed once a prompt is decided. */
static void let_go(lane *p)
{
    lane *both[] = {p, p->asker ? p->asker : p->prior};
    for (int i = 0; i < 2; i++) {
        if (both[i] && both[i]->through && both[i]->n_under_way == 0) {
            pmpo_arena_release(&both[i]->r.mem);
            pmpo_arena_release(&both[i]->own);
        }
    }
}

/* The prompt's next unit into *out, looked up. */
static int next_unit(lane *p, pmpo_block_unit **out, pmpo_error *err)
{
    /* A prompt that is too long is reported before its prior is scored. */
    int rc = p->asker && !p->asker->begun ? begin(p->asker, err) : 0;
    rc = rc < 0 || p->begun ? rc : begin(p, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_block_unit *u = *out = &p->units[p->n_given];
    rc = pmpo_make_unit(p->s, &p->r, p->order[p->n_given], u, err);
    if (rc < 0) {
        return rc;
    }
    u->owner = p;
    p->n_given++;
    return look_up(p, u, err);
}

/* Of those that have more, the one with the fewest units under way; of equals
 * the first. So an engine that takes one at a time gets prompt after prompt,
 * whose prefix it keeps, and one that takes many gets the blocks that tell
 * most of every prompt. */
static lane *pick(queue *q)
{
    lane *best = NULL;
    for (size_t i = 0; i < q->n_lanes; i++) {
        lane *p = &q->lanes[i];
        if (!p->through && p->n_given < p->n_wanted &&
            (!best || p->n_under_way < best->n_under_way)) {
            best = p;
        }
    }
    return best;
}

static pmpo_task *next(void *ud)
{
    queue *q = ud;
    for (lane *p; q->code == 0 && (p = pick(q)) != NULL;) {
        pmpo_error err = {0};
        pmpo_block_unit *u;
        int rc = next_unit(p, &u, &err);
        if (rc < 0) {
            fail(q, p, rc, &err);
            let_go(p);
        } else if (u->done) {
            advance(q, p);
            let_go(p);
        } else if (p->c.before && (rc = p->c.before(p->c.ud, u->key, &err))) {
            rc == PMPO_ETOOLONG ? fail(q, p, rc, &err) : stop(q, rc, &err);
            let_go(p);
        } else {
            p->n_under_way++;
            return &u->task;
        }
    }
    return NULL;
}

static void take(void *ud, pmpo_task *t)
{
    queue *q = ud;
    pmpo_block_unit *u = (pmpo_block_unit *)t;
    lane *p = u->owner;
    bool unwanted = t->unwanted;
    bool refused = unwanted && p->of->code == PMPO_ETOOLONG; /* another unit */
    p->n_under_way--;
    int rc = t->code;
    if (rc == 0 && refused) { /* it is on record as missing */
        add_cost(p->c.cost, u, false);
    } else if (rc == 0) {
        rc = accept(p, u, &t->error);
    }
    if (rc == PMPO_ETOOLONG && !unwanted) {
        rc = keep_refusal(p, &t->error);
    }
    if (rc == 0) {
        advance(q, p);
    } else if (!unwanted) {
        fail(q, p, rc, &t->error);
    } else if (t->code == 0 && rc != PMPO_ENAN) {
        stop(q, rc, &t->error); /* it could not be kept */
    } /* else nobody waits for it */
    let_go(p);
}

/* ---- all -------------------------------------------------------------------------------- */

static void open_lane(lane *p, pmpo_scorer *s, pmpo_scoring *of)
{
    *p = (lane){.s = s, .of = of, .c = of->context, .mem = of->mem};
    p->n_wanted = s->n_blocks; /* until it begins */
    p->result = (pmpo_result){.units = s->n_blocks, .lower_bound = NAN};
    p->result.score.loss = NAN;
    p->result.score.n_examples = s->n_examples;
}

/* The lane of a prior: its examples are not the prompt's. */
static void open_prior(lane *p, lane *asker)
{
    open_lane(p, pmpo_prior_scorer(asker->s->prior), asker->of);
    p->c.after = NULL;
    p->c.whole = NULL;
    p->c.give_up = NULL;
    p->mem = &p->own;
    p->asker = asker;
    asker->prior = p;
}

static void open_all(queue *q, pmpo_scoring *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool two = list[i].scorer->prior != NULL;
        lane *p = &q->lanes[q->n_lanes];
        lane *asker = p + two;
        q->n_lanes += 1 + two;
        open_lane(asker, list[i].scorer, &list[i]);
        if (two) {
            open_prior(p, asker);
        }
        list[i].code = 0;
    }
}

static void release_all(queue *q)
{
    for (size_t i = 0; i < q->n_lanes; i++) {
        pmpo_arena_release(&q->lanes[i].r.mem);
        pmpo_arena_release(&q->lanes[i].own);
    }
    pmpo_free(q->lanes);
}

static bool all_through(const queue *q)
{
    for (size_t i = 0; i < q->n_lanes; i++) {
        if (!q->lanes[i].through) {
            return false;
        }
    }
    return true;
}

int pmpo_score_together(pmpo_scoring *list, size_t n,
                        int (*decided)(void *ud, size_t i, pmpo_error *err),
                        void *ud, pmpo_error *err)
{
    if (n == 0) {
        return 0;
    }
    return list[0].scorer->n_others > 0
               ? pmpo_score_joint(list, n, decided, ud, err)
               : pmpo_score_alone(list, n, decided, ud, err);
}

int pmpo_score_alone(pmpo_scoring *list, size_t n,
                     int (*decided)(void *ud, size_t i, pmpo_error *err),
                     void *ud, pmpo_error *err)
{
    queue q = {.list = list, .decided = decided, .ud = ud};
    q.lanes = pmpo_calloc(2 * n, sizeof(*q.lanes));
    if (!q.lanes) {
        return pmpo_fail_memory(err);
    }
    open_all(&q, list, n);
    pmpo_model *m = list[0].scorer->model;
    const pmpo_queue engines = {next, take, &q};
    int rc = m->engine->score(m->self, &engines, err);
    if (q.code < 0) {
        rc = pmpo_fail(err, q.code, "%s", q.error.text);
    } else if (rc == 0 && !all_through(&q)) {
        rc = pmpo_fail(err, PMPO_EBACKEND, "the engine left units behind");
    }
    release_all(&q);
    return rc;
}

int pmpo_scorer_score(pmpo_scorer *s, pmpo_str prompt,
                      const pmpo_score_context *c, pmpo_arena *mem,
                      pmpo_result *out, pmpo_error *err)
{
    pmpo_scoring one = {.scorer = s, .prompt = prompt, .context = *c,
                        .mem = mem};
    int rc = pmpo_score_together(&one, 1, NULL, NULL, err);
    if (rc == 0 && one.code < 0) {
        rc = pmpo_fail(err, one.code, "%s", one.error.text);
    }
    *out = one.result;
    return rc;
}
