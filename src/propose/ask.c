/* ask.c: see ask.h. */
#include "propose/ask.h"

#include "base/error.h"

int pmpo_ask_init(pmpo_ask *a, size_t k, size_t n, pmpo_arena *mem,
                  pmpo_error *err)
{
    *a = (pmpo_ask){.n_requests = k, .n_samples = n};
    a->forms = pmpo_arena_alloc(mem, k, sizeof(*a->forms));
    a->messages = pmpo_arena_alloc(mem, k, sizeof(*a->messages));
    a->requests = pmpo_arena_alloc(mem, k, sizeof(*a->requests));
    a->seeds = pmpo_arena_alloc(mem, k * n, sizeof(*a->seeds));
    a->replies = pmpo_arena_alloc(mem, k * n, sizeof(*a->replies));
    bool ok = a->forms && a->messages && a->requests && a->seeds && a->replies;
    if (!ok) {
        *a = (pmpo_ask){0};
    }
    return ok ? 0 : pmpo_fail_memory(err);
}

void pmpo_ask_release(pmpo_ask *a)
{
    for (size_t i = 0; i < a->n_requests; i++) {
        pmpo_buf_release(&a->forms[i]);
    }
}

int pmpo_ask_run(pmpo_ask *a, pmpo_jobs *jobs, const char *kind,
                 int iteration, const pmpo_gen_params *params,
                 pmpo_arena *mem, pmpo_error *err)
{
    for (size_t i = 0; i < a->n_requests; i++) {
        if (a->forms[i].failed) {
            return pmpo_fail_memory(err);
        }
        a->messages[i] = (pmpo_message){PMPO_STR("user"),
                                        pmpo_buf_str(&a->forms[i])};
        a->requests[i] = (pmpo_gen_request){
            .messages = &a->messages[i],
            .n_messages = 1,
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
    return pmpo_jobs_run(jobs, &job, mem, a->replies, err);
}
