/* calls.c: calls of an engine for the rooms above: scoring a single unit,
 * replies to chats. */
#include "base/error.h"
#include "model/model.h"
#include "model/render.h"

/* ---- one unit ---------------------------------------------------------------- */

typedef struct alone {
    pmpo_task task;
    bool given, done;
} alone;

static pmpo_task *give(void *ud)
{
    alone *a = ud;
    if (a->given) {
        return NULL;
    }
    a->given = true;
    return &a->task;
}

static void take(void *ud, pmpo_task *t)
{
    (void)t;
    ((alone *)ud)->done = true;
}

int pmpo_score_unit(struct pmpo_model *m, const pmpo_unit *u,
                    pmpo_unit_result *r, pmpo_error *err)
{
    alone a = {.task = {.unit = *u, .result = *r}};
    const pmpo_queue q = {give, take, &a};
    int rc = m->engine->score(m->self, &q, err);
    *r = a.task.result;
    if (rc < 0) {
        return rc;
    }
    if (!a.done) {
        return pmpo_fail(err, PMPO_EBACKEND, "the engine left a unit behind");
    }
    return a.task.code < 0
               ? pmpo_fail(err, a.task.code, "%s", a.task.error.text)
               : 0;
}

/* ---- chats --------------------------------------------------------------------- */

bool pmpo_begins_replies(const struct pmpo_model *m)
{
    return !m->takes_messages || m->takes_begun;
}

static int check(const struct pmpo_model *m, const pmpo_gen_request *r,
                 pmpo_error *err)
{
    if (r->begun.len > 0 && (r->n_messages == 0 || !pmpo_begins_replies(m))) {
        return pmpo_fail(err, PMPO_EUSAGE, "this model's replies can't be "
                         "begun for it");
    }
    if (r->grammar.len > 0 && !m->obeys_grammars) {
        return pmpo_fail(err, PMPO_EUSAGE, "this model's replies can't be held "
                         "to a grammar");
    }
    return 0;
}

static int render(const struct pmpo_model *m, pmpo_gen_request *r,
                  pmpo_arena *mem, pmpo_error *err)
{
    if (r->n_messages == 0 || m->takes_messages) {
        return 0;
    }
    pmpo_tokens t = {0};
    int rc = pmpo_render_chat(&m->vocab, r->messages, r->n_messages, r->begun,
                              &t, err);
    int32_t *ids = rc < 0 ? NULL : pmpo_arena_alloc(mem, t.n, sizeof(*ids));
    if (ids && t.n) {
        memcpy(ids, t.ids, t.n * sizeof(*ids));
    }
    r->ids = ids;
    r->n_ids = t.n;
    pmpo_tokens_release(&t);
    return rc < 0 || ids ? rc : pmpo_fail_memory(err);
}

int pmpo_ready_requests(struct pmpo_model *m, const pmpo_gen_request *requests,
                        size_t n, pmpo_arena *mem, pmpo_gen_request **out,
                        pmpo_error *err)
{
    pmpo_gen_request *q = *out = pmpo_arena_alloc(mem, n, sizeof(*q));
    int rc = q ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        q[i] = requests[i];
        rc = check(m, &q[i], err);
        rc = rc < 0 ? rc : render(m, &q[i], mem, err);
    }
    return rc;
}

int pmpo_generate(struct pmpo_model *m, const pmpo_gen_request *requests,
                  size_t n, const pmpo_gen_params *p, pmpo_reply *out,
                  pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_gen_request *own;
    int rc = pmpo_ready_requests(m, requests, n, &mem, &own, err);
    rc = rc < 0 ? rc : m->engine->generate(m->self, own, n, p, out, err);
    pmpo_arena_release(&mem);
    return rc;
}
