/* answer.c: answers by greedy decoding; see eval.h.
 *
 * All answers for a prompt are requested in one call, so that the engine can
 * decode many at a time and start the next as each one ends. */
#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"
#include "model/reply_cache.h"
#include "model/render.h"

typedef struct asking {
    const pmpo_answering *of;
    size_t n, n_done;
    pmpo_tokens *ids;     /* [n], of each example */
    pmpo_gen_request *q;  /* [n] */
    pmpo_reply *replies;  /* [n] */
} asking;

int pmpo_check_max_tokens(int max_tokens, pmpo_error *err)
{
    return max_tokens < 1 ? pmpo_fail(err, PMPO_EUSAGE,
                                      "answers of 1 token or "
                                      "more, not of %d",
                                      max_tokens)
                          : 0;
}

static void after_one(void *ud, size_t reply)
{
    asking *a = ud;
    (void)reply;
    if (a->of->after) {
        a->of->after(a->of->ud, ++a->n_done, a->n);
    }
}

static const uint64_t no_seed = 0; /* greedy: of no effect */

static int render(asking *a, pmpo_str prompt, pmpo_error *err)
{
    pmpo_template *t = NULL;
    int rc = pmpo_template_new(&a->of->model->vocab, a->of->template_name, &t,
                               err);
    for (size_t i = 0; rc == 0 && i < a->n; i++) {
        rc = pmpo_render_prompt(t, prompt, pmpo_data_example(a->of->data, i),
                                &a->ids[i], err);
        a->q[i] = (pmpo_gen_request){.ids = a->ids[i].ids,
                                     .n_ids = a->ids[i].n,
                                     .seeds = &no_seed,
                                     .n_samples = 1};
    }
    pmpo_template_free(t);
    return rc;
}

/* The same turns for a server that puts chats together itself: it need not say
 * what its tokens are. */
static int make_turns(asking *a, pmpo_str prompt, pmpo_arena *mem,
                      pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->n; i++) {
        pmpo_message *m;
        size_t n;
        rc = pmpo_render_turns(a->of->template_name, prompt,
                               pmpo_data_example(a->of->data, i), mem, &m, &n,
                               err);
        a->q[i] = (pmpo_gen_request){.messages = m,
                                     .n_messages = n,
                                     .seeds = &no_seed,
                                     .n_samples = 1};
    }
    return rc;
}

static int ask_for(asking *a, pmpo_str prompt, pmpo_arena *mem, pmpo_error *err)
{
    const char *name = a->of->template_name;
    bool turns = strcmp(name, "raw") != 0 && name[0] != '@';
    return a->of->model->takes_messages && turns
               ? make_turns(a, prompt, mem, err)
               : render(a, prompt, err);
}

static int keep(const asking *a, pmpo_arena *mem, pmpo_answer *out,
                pmpo_error *err)
{
    for (size_t i = 0; i < a->n; i++) {
        const pmpo_reply *r = &a->replies[i];
        out[i] = (pmpo_answer){pmpo_arena_str(mem, pmpo_buf_str(&r->text)),
                               r->complete, r->code < 0};
        pmpo_cost_add_reply(a->of->cost, r);
        if (!out[i].text.ptr) {
            return pmpo_fail_memory(err);
        }
    }
    return 0;
}

static int generate(asking *a, pmpo_error *err)
{
    const pmpo_gen_params p = {.temperature = 0, .top_p = 1,
                               .max_tokens = a->of->max_tokens,
                               .stop = PMPO_STR(""),
                               .done = after_one, .ud = a};
    const pmpo_reply_cache cache = {.cache = a->of->cache};
    return pmpo_generate_cached(a->of->model, &cache, a->q, a->n, &p,
                                a->replies, err);
}

int pmpo_answer_fits(const pmpo_model *model, const pmpo_data *d, size_t i,
                     size_t n_ids, int max_tokens, pmpo_error *err)
{
    const pmpo_example *e = pmpo_data_example(d, i);
    if (n_ids + (size_t)max_tokens <= model->limits.max_context) {
        return 0;
    }
    pmpo_fail(err, PMPO_ETOOLONG,
              "example %.*s has %zu tokens with the prompt, which with an "
              "answer of %d is more than the model's context of %zu: lower "
              "--max-tokens, shorten the example or take it out",
              (int)e->id.len, e->id.ptr, n_ids, max_tokens,
              model->limits.max_context);
    return pmpo_fail_at(d, e, PMPO_ETOOLONG, err);
}

/* Which example it was for which there is no room; *err as it is: the engine
 * alone knows. */
static int name_long(const asking *a, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->n; i++) {
        if (a->q[i].n_ids > 0) {
            rc = pmpo_answer_fits(a->of->model, a->of->data, i, a->q[i].n_ids,
                                  a->of->max_tokens, err);
        }
    }
    return rc < 0 ? rc : PMPO_ETOOLONG;
}

int pmpo_answers(const pmpo_answering *of, pmpo_str prompt, pmpo_arena *mem,
                 pmpo_answer *out, pmpo_error *err)
{
    double begin = pmpo_now_ms();
    pmpo_arena own = {0};
    asking a = {.of = of, .n = pmpo_data_count(of->data)};
    a.ids = pmpo_arena_alloc(&own, a.n, sizeof(*a.ids));
    a.q = pmpo_arena_alloc(&own, a.n, sizeof(*a.q));
    a.replies = pmpo_arena_alloc(&own, a.n, sizeof(*a.replies));
    int rc = a.ids && a.q && a.replies ? ask_for(&a, prompt, &own, err)
                                       : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : generate(&a, err);
    rc = rc == PMPO_ETOOLONG ? name_long(&a, err) : rc;
    rc = rc < 0 ? rc : keep(&a, mem, out, err);
    if (rc == 0 && of->after && a.n_done < a.n) { /* not told one by one */
        of->after(of->ud, a.n, a.n);
    }
    for (size_t i = 0; a.ids && a.replies && i < a.n; i++) {
        pmpo_buf_release(&a.replies[i].text);
        pmpo_tokens_release(&a.ids[i]);
    }
    pmpo_arena_release(&own);
    of->cost->seconds += (pmpo_now_ms() - begin) / 1e3;
    return rc;
}
