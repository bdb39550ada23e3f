/* rate.c: rates measured by doing a little of the work. */
#include "api/rate.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "model/model.h"
#include "propose/propose.h"

#define TIMED_ROWS                                                             \
    700 /* more than a batch of the engine, so that rates are those of full ones */
#define TIMED_SECONDS 10.0 /* at most, going by the first example */
#define TIMED_TOKENS 12    /* of each reply */
#define MOST_REPLIES 64

typedef struct work {
    pmpo_model *model;
    const pmpo_data *data;
    const pmpo_scorer_options *how;
    pmpo_str prompt;
} work;

typedef struct timed {
    uint64_t rows;
    double seconds;
} timed;

/* Scores the n examples from `at` on. */
static int score_some(const work *w, size_t at, size_t n, timed *t,
                      pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_data *some = NULL;
    pmpo_scorer *s = NULL;
    pmpo_result r;
    pmpo_cost own = {0};
    const pmpo_score_context c = {.prompt_id = -1, .cost = &own};
    size_t *idx = pmpo_arena_alloc(&mem, n, sizeof(*idx));
    int rc = idx ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        idx[i] = at + i;
    }
    rc = rc < 0 ? rc : pmpo_data_subset(w->data, idx, n, &some, err);
    rc = rc < 0 ? rc : pmpo_joint_scorer_new(w->model, some, w->how, &s, err);
    double start = pmpo_now_ms();
    rc = rc < 0 ? rc : pmpo_scorer_score(s, w->prompt, &c, &mem, &r, err);
    *t = (timed){own.prefill_tokens, (pmpo_now_ms() - start) / 1000};
    pmpo_scorer_free(s);
    pmpo_data_free(some);
    pmpo_arena_release(&mem);
    return rc;
}

static double per_second(uint64_t n, double seconds)
{
    return (double)n / (seconds > 1e-6 ? seconds : 1e-6);
}

/* So many examples are timed, after the one that took `first`. */
static size_t how_many(const timed *first, size_t left)
{
    double rows = first->rows ? (double)first->rows : 1;
    double by_rows = TIMED_ROWS / rows;
    double by_time = TIMED_SECONDS /
                     (first->seconds > 1e-6 ? first->seconds : 1e-6);
    double n = by_rows < by_time ? by_rows : by_time;
    n = n < 1 ? 1 : n + 1;
    return n < (double)left ? (size_t)n : left;
}

int pmpo_rate_scoring(pmpo_model *m, const pmpo_data *d,
                      const pmpo_scorer_options *so, pmpo_str prompt,
                      double *per_s, pmpo_error *err)
{
    pmpo_scorer_options nll = *so;
    nll.loss = PMPO_LOSS_NLL;
    nll.calibrate = PMPO_CALIBRATE_NONE;
    const work w = {m, d, &nll, prompt};
    size_t all = pmpo_data_count(d);
    timed first, rest;
    int rc = score_some(&w, 0, 1, &first, err);
    size_t at = all > 1 ? 1 : 0; /* the only one is timed warm */
    rc = rc < 0 ? rc
                : score_some(&w, at, how_many(&first, all - at), &rest, err);
    if (rc == 0) {
        *per_s = per_second(rest.rows, rest.seconds);
    }
    return rc;
}

int pmpo_rate_generating(pmpo_model *m, size_t n, double *per_s,
                         pmpo_error *err)
{
    pmpo_message message = {PMPO_STR("user"),
                            PMPO_STR("Count from one to a hundred.")};
    uint64_t seeds[MOST_REPLIES];
    pmpo_job_reply replies[MOST_REPLIES];
    n = n < 1 ? 1 : n > MOST_REPLIES ? MOST_REPLIES : n;
    for (size_t i = 0; i < n; i++) {
        seeds[i] = i;
    }
    pmpo_gen_request request = {.messages = &message,
                                .n_messages = 1,
                                .seeds = seeds,
                                .n_samples = n};
    pmpo_job job = {
        .kind = "rate",
        .requests = &request,
        .n_requests = 1,
        .params = {.temperature = 1,
                   .top_p = 1,
                   .max_tokens = TIMED_TOKENS,
                   .stop = PMPO_STR("")},
    };
    pmpo_arena mem = {0};
    pmpo_cost cost = {0};
    pmpo_jobs jobs = {.model = m, .cost = &cost};
    double start = pmpo_now_ms();
    int rc = pmpo_jobs_run(&jobs, &job, &mem, replies, err);
    *per_s = per_second(cost.generated_tokens, (pmpo_now_ms() - start) / 1000);
    pmpo_arena_release(&mem);
    return rc;
}
