/* rewriter_batch.c: see rewriter_batch.h. */
#include "propose/rewriter_batch.h"

#include "base/error.h"

int pmpo_rewriter_batch_init(pmpo_rewriter_batch *a, size_t k, size_t n,
                             pmpo_arena *mem, pmpo_error *err)
{
    *a = (pmpo_rewriter_batch){.n_requests = k,
                               .n_samples = n,
                               .grammar = PMPO_STR("")};
    a->forms = pmpo_arena_alloc(mem, k, sizeof(*a->forms));
    a->begun = pmpo_arena_alloc(mem, k, sizeof(*a->begun));
    a->messages = pmpo_arena_alloc(mem, k, sizeof(*a->messages));
    a->requests = pmpo_arena_alloc(mem, k, sizeof(*a->requests));
    a->seeds = pmpo_arena_alloc(mem, k * n, sizeof(*a->seeds));
    a->replies = pmpo_arena_alloc(mem, k * n, sizeof(*a->replies));
    bool ok = a->forms && a->begun && a->messages && a->requests && a->seeds &&
              a->replies;
    if (!ok) {
        *a = (pmpo_rewriter_batch){0};
    }
    return ok ? 0 : pmpo_fail_memory(err);
}

void pmpo_rewriter_batch_release(pmpo_rewriter_batch *a)
{
    for (size_t i = 0; i < a->n_requests; i++) {
        pmpo_buf_release(&a->forms[i]);
    }
}

/* The whole replies: what was begun, and what the model added. */
static int put_beginnings(pmpo_rewriter_batch *a, pmpo_arena *mem,
                          pmpo_error *err)
{
    pmpo_buf whole = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->n_requests * a->n_samples; i++) {
        pmpo_buf_clear(&whole);
        pmpo_buf_put(&whole, a->requests[i / a->n_samples].begun);
        pmpo_buf_put(&whole, a->replies[i].text);
        a->replies[i].text = pmpo_arena_str(mem, pmpo_buf_str(&whole));
        rc = whole.failed || !a->replies[i].text.ptr ? pmpo_fail_memory(err)
                                                     : 0;
    }
    pmpo_buf_release(&whole);
    return rc;
}

int pmpo_rewriter_batch_run(pmpo_rewriter_batch *a, pmpo_jobs *jobs,
                            const char *kind, int iteration,
                            const pmpo_gen_params *params, pmpo_arena *mem,
                            pmpo_error *err)
{
    const pmpo_str none = PMPO_STR("");
    bool begins = pmpo_begins_replies(jobs->model);
    pmpo_str grammar = jobs->model->obeys_grammars ? a->grammar : none;
    for (size_t i = 0; i < a->n_requests; i++) {
        if (a->forms[i].failed) {
            return pmpo_fail_memory(err);
        }
        a->messages[i] =
            (pmpo_message){PMPO_STR("user"), pmpo_buf_str(&a->forms[i])};
        a->requests[i] = (pmpo_gen_request){
            .messages = &a->messages[i],
            .n_messages = 1,
            .begun = begins && a->begun[i].len > 0 ? a->begun[i] : none,
            .grammar = grammar,
            .json = begins ? NULL : a->json,
            .seeds = a->seeds + i * a->n_samples,
            .n_samples = a->n_samples,
        };
    }
    pmpo_job job = {
        .kind = kind,
        .iteration = iteration,
        .requests = a->requests,
        .n_requests = a->n_requests,
        .params = *params,
    };
    int rc = pmpo_jobs_run(jobs, &job, mem, a->replies, err);
    return rc < 0 || !begins ? rc : put_beginnings(a, mem, err);
}
