/* model.c: what is the same for every engine. */
#include "model/model.h"

void pmpo_model_free(pmpo_model *m)
{
    if (!m) {
        return;
    }
    if (m->engine && m->self) {
        m->engine->close(m->self);
    }
    pmpo_arena_release(&m->mem);
    pmpo_free(m);
}

const pmpo_model_info *pmpo_model_describe(const pmpo_model *m)
{
    return &m->info;
}

void pmpo_cancel(pmpo_model *m)
{
    m->engine->cancel(m->self, true);
}

void pmpo_uncancel(pmpo_model *m)
{
    m->engine->cancel(m->self, false);
}

/* ---- tokens ----------------------------------------------------------------- */

int pmpo_tokens_put(pmpo_tokens *t, int32_t id)
{
    if (PMPO_GROW(t->ids, t->cap, t->n + 1) < 0) {
        return PMPO_ENOMEM;
    }
    t->ids[t->n++] = id;
    return 0;
}

void pmpo_tokens_release(pmpo_tokens *t)
{
    pmpo_free(t->ids);
    *t = (pmpo_tokens){0};
}
