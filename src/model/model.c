/* model.c: code that all engines share. */
#include "model/model.h"

#include "base/error.h"

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

/* Also in a signal handler. */
static void cancel(pmpo_model *m, bool on)
{
    m->engine->cancel(m->self, on);
    for (size_t i = 0; i < m->n_others; i++) {
        m->others[i]->engine->cancel(m->others[i]->self, on);
    }
}

void pmpo_cancel(pmpo_model *m)
{
    cancel(m, true);
}

void pmpo_uncancel(pmpo_model *m)
{
    cancel(m, false);
}

int pmpo_model_join(pmpo_model *m, pmpo_model *const *others, size_t n,
                    pmpo_joint how, pmpo_error *err)
{
    int rc = pmpo_check_scores(m, err);
    if (rc == 0 && n + 1 > PMPO_MOST_JOINED) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "%zu models: %d at most can be joined",
                       n + 1, PMPO_MOST_JOINED);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        bool again = others[i] == m || others[i]->n_others > 0;
        for (size_t k = 0; k < i; k++) {
            again = again || others[k] == others[i];
        }
        rc = again ? pmpo_fail(err, PMPO_EUSAGE, "%s is joined already",
                               others[i]->info.name)
                   : pmpo_check_scores(others[i], err);
    }
    if (rc == 0) {
        m->n_others = n;
        m->joint = how;
        for (size_t i = 0; i < n; i++) {
            m->others[i] = others[i];
        }
    }
    return rc;
}

static bool has(const pmpo_model *m, const pmpo_model *other)
{
    bool is = m == other;
    for (size_t i = 0; m && i < m->n_others; i++) {
        is = is || m->others[i] == other;
    }
    return is;
}

double pmpo_paid(const pmpo_model *a, const pmpo_model *b)
{
    double sum = a ? a->dollars : 0;
    for (size_t i = 0; a && i < a->n_others; i++) {
        sum += a->others[i]->dollars;
    }
    sum += b && !has(a, b) ? b->dollars : 0;
    for (size_t i = 0; b && i < b->n_others; i++) {
        sum += has(a, b->others[i]) ? 0 : b->others[i]->dollars;
    }
    return sum;
}

int pmpo_check_scores(const pmpo_model *m, pmpo_error *err)
{
    return m->cant_score ? pmpo_fail(err, PMPO_EMODEL, "%s", m->cant_score) : 0;
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

/* ---- units --------------------------------------------------------------------- */

size_t pmpo_unit_targets(const pmpo_unit *u)
{
    size_t n = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        n += u->requests[i].n_ids - u->requests[i].n_context;
    }
    return n;
}

uint64_t pmpo_unit_logical(const pmpo_unit *u)
{
    uint64_t n = 0;
    for (size_t i = 0; i < u->n_requests; i++) {
        n += u->requests[i].n_ids;
    }
    return n;
}

int pmpo_unit_check(const pmpo_unit *u, pmpo_error *err)
{
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *r = &u->requests[i];
        if (r->n_context < 1 || r->n_context >= r->n_ids) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "request %zu has %zu tokens, %zu of them context",
                             i, r->n_ids, r->n_context);
        }
        if (u->n_prefix >= r->n_context) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "request %zu lies within the unit's prefix", i);
        }
        if (r->n_lead >= r->n_context) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "request %zu has no context after its lead", i);
        }
        if (memcmp(r->ids, u->requests[0].ids,
                   u->n_prefix * sizeof(*r->ids)) != 0) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "request %zu has another prefix than its unit", i);
        }
    }
    return 0;
}
