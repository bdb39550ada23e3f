/* prompts.c: see prompts.h. */
#include "score/prompts.h"

#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "score/scorer.h"

typedef struct work {
    const pmpo_prompt_list *l;
    pmpo_scorer *scorer, *reversed;
    size_t *done;  /* [l->n] examples of each prompt */
    size_t n_done; /* of all prompts */
    size_t rows;   /* fed so far */
    double begin_ms;
} work;

/* ---- progress -------------------------------------------------------------- */

static void on_rows(void *ud, size_t rows)
{
    ((work *)ud)->rows += rows;
}

static void on_block(void *ud, const pmpo_score_context *c, size_t done,
                     size_t total, double loss)
{
    work *w = ud;
    size_t i = (size_t)c->place - 1;
    w->n_done += done - w->done[i];
    w->done[i] = done;
    if (!w->l->progress) {
        return;
    }
    double ms = pmpo_now_ms() - w->begin_ms;
    double left = (double)(total * w->l->n - w->n_done);
    w->l->progress(w->l->progress_ud,
                   &(pmpo_progress){
                       .stage = "scoring",
                       .done = done,
                       .total = total,
                       .unit = "examples",
                       .candidate = c->place,
                       .candidates = (int)w->l->n,
                       .loss = loss,
                       .best = NAN,
                       .tokens_per_s = ms > 0 ? (double)w->rows / ms * 1e3 : 0,
                       .left_ms = (int64_t)(ms * left / (double)w->n_done),
                   });
}

/* ---- scoring --------------------------------------------------------------- */

static pmpo_scoring scoring_of(work *w, size_t i)
{
    return (pmpo_scoring){
        .scorer = w->scorer,
        .prompt = w->l->prompts[i],
        .context = {.cache = w->l->cache, .prompt_id = (int)i,
                    .place = (int)i + 1, .after = on_block, .ud = w,
                    .cost = w->l->cost},
        .mem = w->l->mem,
    };
}

/* The prompts, and after the first its reversed packing where there is one. */
static size_t list_all(work *w, pmpo_scoring *list)
{
    size_t n = 0;
    for (size_t i = 0; i < w->l->n; i++) {
        list[n++] = scoring_of(w, i);
        if (i == 0 && w->reversed) {
            list[n] = scoring_of(w, i);
            list[n].context.after = NULL;
            list[n++].scorer = w->reversed;
        }
    }
    return n;
}

static int score_list(work *w, pmpo_scoring *list, pmpo_prompt_score *out,
                      pmpo_prompt_score *other, pmpo_error *err)
{
    size_t n = list_all(w, list);
    int rc = pmpo_score_together(list, n, NULL, NULL, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (list[i].code < 0) {
            return pmpo_fail(err, list[i].code, "%s", list[i].error.text);
        }
        if (list[i].scorer == w->scorer) {
            *out++ = list[i].result.score;
        } else {
            *other = list[i].result.score;
        }
    }
    return rc;
}

int pmpo_score_prompts(pmpo_scorer *s, pmpo_scorer *reversed,
                       const pmpo_prompt_list *l, pmpo_prompt_score *out,
                       pmpo_prompt_score *other, pmpo_error *err)
{
    pmpo_arena mem = {0};
    work w = {.l = l, .scorer = s, .reversed = reversed,
              .begin_ms = pmpo_now_ms()};
    pmpo_scoring *list = pmpo_arena_alloc(&mem, l->n + 1, sizeof(*list));
    w.done = pmpo_arena_alloc(&mem, l->n, sizeof(*w.done));
    s->model->tick = on_rows;
    s->model->tick_ud = &w;
    int rc = list && w.done ? score_list(&w, list, out, other, err)
                            : pmpo_fail_memory(err);
    s->model->tick = NULL;
    pmpo_arena_release(&mem);
    return rc;
}
