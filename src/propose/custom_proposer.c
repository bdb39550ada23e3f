/* custom_proposer.c: proposers that a program brings along (pmpo_custom.h). */
#include "pmpo_custom.h"

#include "base/error.h"
#include "propose/rewriter_batch.h"
#include "propose/propose.h"

/* One call of one proposer. */
struct pmpo_custom_work {
    const pmpo_scene *scene;
    const pmpo_custom_proposer *by;
    pmpo_proposals *out;
    size_t n_asked; /* requests so far: each has seeds of its own */
    pmpo_error failed; /* the first request that failed, not for what it says */
};

/* ---- which there are --------------------------------------------------------- */

static bool good_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t n = name ? strlen(name) : 0;
    return n > 0 && n <= 40 && strspn(name, allowed) == n;
}

static bool own_name(const char *name)
{
    for (int i = 0; pmpo_proposer_name(i); i++) {
        if (!strcmp(pmpo_proposer_name(i), name)) {
            return true;
        }
    }
    return false;
}

const pmpo_custom_proposer *pmpo_custom_find(const pmpo_custom_proposer *of,
                                             size_t n, pmpo_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(pmpo_str_of(of[i].name), name)) {
            return &of[i];
        }
    }
    return NULL;
}

int pmpo_custom_check(const pmpo_custom_proposer *of, size_t n,
                      pmpo_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const pmpo_custom_proposer *p = &of[i];
        if (p->size != sizeof(*p)) {
            return pmpo_fail(err, PMPO_EVERSION, "pmpo_custom_proposer of "
                             "another version of pmpo_custom.h");
        }
        if (!good_name(p->name) || own_name(p->name)
            || pmpo_custom_find(of, i, pmpo_str_of(p->name))) {
            return pmpo_fail(err, PMPO_EUSAGE, "'%s' is no name for a "
                             "proposer: up to 40 letters, digits and '-', not "
                             "one of pmpo's own, none twice",
                             p->name ? p->name : "");
        }
        if (!p->propose || p->most < 1 || p->most > 1000) {
            return pmpo_fail(err, PMPO_EUSAGE, "the proposer %s needs a "
                             "function, and 1 to 1000 proposals at most",
                             p->name);
        }
    }
    return 0;
}

/* ---- asking one ---------------------------------------------------------------- */

int pmpo_propose_custom(const pmpo_scene *s, const pmpo_custom_proposer *by,
                        pmpo_proposals *out, pmpo_error *err)
{
    struct pmpo_custom_work work = {.scene = s, .by = by, .out = out};
    const pmpo_custom_scene scene = {
        .iteration = s->iteration,
        .task = s->o->task,
        .incumbent = s->incumbent,
        .incumbent_id = s->incumbent_id,
        .segments = s->segments,
        .n_segments = s->n_segments,
        .noise_floor = s->noise_floor,
        .train = s->train,
        .cases = s->cases,
        .n_cases = s->n_cases,
        .seed = s->o->seed,
        .work = &work,
    };
    pmpo_error own = {0};
    int rc = by->propose(by->ud, &scene, &own);
    if (work.failed.code != 0) { /* whatever it made of it */
        return pmpo_fail(err, work.failed.code, "%s", work.failed.text);
    }
    if (rc == 0) {
        return 0;
    }
    if (rc > 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "the proposer %s returned %d: it "
                         "must be 0 or a negative code", by->name, rc);
    }
    return pmpo_fail(err, rc, "the proposer %s: %s", by->name,
                     own.text[0] ? own.text : pmpo_code_text(rc));
}

int pmpo_custom_propose(const pmpo_custom_scene *s, pmpo_str prompt,
                        int hard_case, pmpo_error *err)
{
    struct pmpo_custom_work *w = s->work;
    if (w->out->n >= w->by->most) {
        return pmpo_fail(err, PMPO_EUSAGE, "more than its %zu proposals",
                         w->by->most);
    }
    if (hard_case < -1 || hard_case >= (int)s->n_cases
        || pmpo_utf8_check(prompt) != SIZE_MAX) {
        return pmpo_fail(err, PMPO_EUSAGE, "no such hard case, or a prompt "
                         "that is not UTF-8");
    }
    pmpo_str kept = pmpo_arena_str(w->out->mem, prompt);
    pmpo_proposal *p = kept.ptr ? pmpo_proposals_add(w->out) : NULL;
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->prompt = kept;
    p->whole = true; /* it saw all of the incumbent */
    p->parents[0] = s->incumbent_id;
    p->n_parents = 1;
    p->hard_case = hard_case;
    return 0;
}

static int ask(struct pmpo_custom_work *w, pmpo_rewriter_batch *a,
               pmpo_error *err)
{
    const pmpo_scene *s = w->scene;
    uint64_t name = pmpo_hash64(w->by->name, strlen(w->by->name), 0);
    for (size_t v = 0; v < a->n_samples; v++) {
        a->seeds[v] = pmpo_seed_for(s->o->seed ^ name, "custom",
                                    (uint64_t)s->iteration, w->n_asked, v);
    }
    w->n_asked++;
    const pmpo_gen_params params = {.temperature = s->o->temperature,
                                    .top_p = s->o->top_p,
                                    .max_tokens = s->o->max_reply_tokens,
                                    .stop = PMPO_STR("")};
    return pmpo_rewriter_batch_run(a, s->jobs, "custom", s->iteration, &params,
                                   s->scratch, err);
}

int pmpo_custom_ask(const pmpo_custom_scene *s, pmpo_str message, size_t n,
                    pmpo_str *replies, pmpo_error *err)
{
    struct pmpo_custom_work *w = s->work;
    if (w->scene->o->no_rewriter) {
        return pmpo_fail(err, PMPO_EUSAGE, "the run has no rewriter to ask");
    }
    if (n < 1 || n > 1000 || pmpo_utf8_check(message) != SIZE_MAX) {
        return pmpo_fail(err, PMPO_EUSAGE, "1 to 1000 replies, to a message "
                         "in UTF-8");
    }
    pmpo_rewriter_batch a;
    pmpo_error why = {0};
    int rc = pmpo_rewriter_batch_init(&a, 1, n, w->scene->scratch, &why);
    if (rc == 0) {
        pmpo_buf_put(&a.forms[0], message);
        rc = ask(w, &a, &why);
    }
    if (rc < 0) {
        bool of_the_message = rc == PMPO_ETOOLONG || rc == PMPO_EUSAGE;
        w->failed = of_the_message || w->failed.code ? w->failed : why;
        pmpo_fail(err, rc, "%s", why.text);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        replies[i] = a.replies[i].text;
    }
    pmpo_rewriter_batch_release(&a);
    return rc;
}
