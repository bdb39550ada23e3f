/* mask.c: marking, masking, effects with their paired intervals. */
#include "search/mask.h"

#include <math.h>

#include "base/error.h"
#include "propose/forms.h"
#include "stats/stats.h"
#include "text/demos.h"

/* ---- marking ------------------------------------------------------------- */

/* Room for the copy and its tags; a faithful copy needs no more. */
static int marking_tokens(const pmpo_model *m, pmpo_str prompt, int max,
                          int *out, pmpo_error *err)
{
    pmpo_tokens t = {0};
    if (!m->vocab.tokenize) { /* a server of chats: no text has more tokens */
        *out = (int)prompt.len + 16 * max + 64;
        return 0;
    }
    int rc = m->vocab.tokenize(m->vocab.self, prompt, false, &t, err);
    *out = (int)t.n + 16 * max + 64;
    pmpo_tokens_release(&t);
    return rc;
}

/* What is to be marked, and by whom. */
typedef struct order {
    pmpo_jobs *jobs;
    pmpo_str prompt;
    int max, iteration;
    uint64_t seed;
} order;

static int ask_marking(const order *o, pmpo_arena *mem, pmpo_job_reply *reply,
                       pmpo_error *err)
{
    pmpo_buf form = {0};
    pmpo_form_mark(o->prompt, o->max, &form);
    pmpo_message message = {PMPO_STR("user"), pmpo_buf_str(&form)};
    uint64_t sample_seed = pmpo_seed_for(o->seed, "mark", 0, 0, 0);
    pmpo_gen_request request = {.messages = &message, .n_messages = 1,
                                .seeds = &sample_seed, .n_samples = 1};
    pmpo_job job = {
        .kind = "mark",
        .iteration = o->iteration,
        .requests = &request,
        .n_requests = 1,
        .params = {.temperature = 0, .top_p = 1, .stop = PMPO_STR("")},
    };
    int rc = form.failed ? pmpo_fail_memory(err)
                         : marking_tokens(o->jobs->model, o->prompt, o->max,
                                          &job.params.max_tokens, err);
    if (rc == 0) {
        rc = pmpo_jobs_run(o->jobs, &job, mem, reply, err);
    }
    pmpo_buf_release(&form);
    return rc;
}

/* The model's marking into *out; *why is NULL when it was accepted. */
static int mark_by_model(const order *o, pmpo_marking *out, const char **why,
                         pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_job_reply reply;
    int rc = ask_marking(o, &mem, &reply, err);
    if (rc == PMPO_ETOOLONG) {
        *why = "the instruction does not fit the rewriter's context";
        rc = 0;
    } else if (rc == 0) {
        *why = pmpo_text_read_marking(o->prompt, reply.text, o->max, out->spans,
                                      &out->n);
        if (!*why && out->n == 0) {
            *why = "nothing was marked";
        }
    }
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_mark(pmpo_jobs *jobs, pmpo_str prompt, int max, int iteration,
              uint64_t seed, pmpo_marking *out, pmpo_error *err)
{
    const char *why = NULL;
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    out->n = 0;
    if (pmpo_str_trim(d.instruction).len == 0) {
        why = "the instruction is empty";
    } else if (!jobs) {
        why = "no model is asked";
    } else if (pmpo_text_has_tags(d.instruction)) {
        why = "the instruction holds tags used for marking or replies";
    } else {
        const order o = {jobs, d.instruction, max, iteration, seed};
        int rc = mark_by_model(&o, out, &why, err);
        if (rc < 0) {
            return rc;
        }
    }
    out->by_model = why == NULL;
    out->note = why ? why : "";
    if (why) {
        pmpo_text_segment(prompt, max, out->spans, &out->n);
    } else {
        pmpo_demos_add_segment(prompt, &d, max, out->spans, &out->n);
    }
    return 0;
}

/* ---- effects ------------------------------------------------------------- */

int pmpo_paired_losses(const pmpo_prompt_score *a, const pmpo_prompt_score *b,
                       pmpo_arena *mem, double **diff, double **weights,
                       size_t *n, pmpo_error *err)
{
    size_t all = a->n_examples;
    size_t *group = pmpo_arena_alloc(mem, all, sizeof(*group));
    *diff = pmpo_arena_alloc(mem, all, sizeof(**diff));
    *weights = pmpo_arena_alloc(mem, all, sizeof(**weights));
    if (!*diff || !*weights || !group) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < all; i++) {
        (*diff)[i] = a->examples[i].loss - b->examples[i].loss;
        (*weights)[i] = a->examples[i].weight;
        group[i] = a->examples[i].group;
    }
    *n = pmpo_by_group(*diff, *weights, group, all);
    return 0;
}

/* The effect of a variant with score `masked`; NAN where that is NULL. */
static int fill_effect(const pmpo_prompt_score *masked,
                       const pmpo_prompt_score *whole, pmpo_segment_effect *e,
                       pmpo_error *err)
{
    e->effect = e->low = e->high = NAN;
    if (!masked) {
        return 0;
    }
    pmpo_arena scratch = {0};
    double *diff, *weights;
    size_t n;
    int rc = pmpo_paired_losses(masked, whole, &scratch, &diff, &weights, &n,
                                err);
    if (rc == 0) {
        pmpo_interval in = pmpo_mean_interval(diff, weights, n);
        e->effect = masked->loss - whole->loss;
        e->low = in.low;
        e->high = in.high;
    }
    pmpo_arena_release(&scratch);
    return rc;
}

/* A masked variant for each segment, in `mem`, to be scored together. */
static int make_variants(pmpo_scorer *s, pmpo_str prompt,
                         const pmpo_marking *m, const pmpo_score_context *c,
                         pmpo_arena *mem, pmpo_scoring *out)
{
    for (size_t i = 0; i < m->n; i++) {
        pmpo_buf masked = {0};
        pmpo_text_mask(prompt, m->spans[i], &masked);
        out[i] = (pmpo_scoring){
            .scorer = s,
            .prompt = pmpo_arena_str(mem, pmpo_buf_str(&masked)),
            .context = *c,
            .mem = mem,
        };
        bool failed = masked.failed || !out[i].prompt.ptr;
        pmpo_buf_release(&masked);
        if (failed) {
            return PMPO_ENOMEM;
        }
    }
    return 0;
}

static int put_effect(pmpo_str prompt, const pmpo_prompt_score *whole,
                      pmpo_span span, const pmpo_scoring *masked,
                      pmpo_arena *mem, pmpo_segment_effect *out,
                      pmpo_error *err)
{
    bool fits = masked->code == 0; /* the mask may be the longer text */
    out->begin = span.begin;
    out->end = span.end;
    out->text = pmpo_arena_str(mem, pmpo_str_sub(prompt, span.begin,
                                                 span.end));
    return !out->text.ptr ? pmpo_fail_memory(err)
                          : fill_effect(fits ? &masked->result.score : NULL,
                                        whole, out, err);
}

int pmpo_mask_effects(pmpo_scorer *s, const pmpo_prompt_score *whole,
                      const pmpo_marking *m, const pmpo_score_context *c,
                      pmpo_arena *mem, pmpo_segment_effect *out,
                      pmpo_error *err)
{
    pmpo_str prompt = whole->prompt;
    pmpo_arena scratch = {0};
    pmpo_scoring *list = pmpo_arena_alloc(&scratch, m->n, sizeof(*list));
    int rc = list && make_variants(s, prompt, m, c, &scratch, list) == 0
                 ? pmpo_score_together(list, m->n, NULL, NULL, err)
                 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < m->n; i++) {
        rc = put_effect(prompt, whole, m->spans[i], &list[i], mem, &out[i],
                        err);
    }
    pmpo_arena_release(&scratch);
    return rc;
}
