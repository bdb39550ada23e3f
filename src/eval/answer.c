/* answer.c: answers by greedy decoding; see eval.h. */
#include "base/clock.h"
#include "base/error.h"
#include "data/data.h"
#include "eval/eval.h"
#include "model/render.h"

/* Answers decoded together: they share the weights' traffic, but attention
 * costs in proportion to all their tokens. */
#define TOGETHER 8

typedef struct asking {
    pmpo_asking of;
    pmpo_template *template;
    pmpo_str prompt;
    pmpo_gen_params params;
} asking;

static int render_group(asking *a, size_t first, size_t n, pmpo_tokens *ids,
                        pmpo_gen_request *q, const uint64_t *seed,
                        pmpo_error *err)
{
    for (size_t i = 0; i < n; i++) {
        int rc = pmpo_render_prompt(a->template, a->prompt,
                                    pmpo_data_example(a->of.data, first + i),
                                    &ids[i], err);
        if (rc < 0) {
            return rc;
        }
        q[i] = (pmpo_gen_request){.ids = ids[i].ids, .n_ids = ids[i].n,
                                  .seeds = seed, .n_samples = 1};
    }
    return 0;
}

static int answer_group(asking *a, size_t first, size_t n, pmpo_arena *mem,
                        pmpo_answer *out, pmpo_error *err)
{
    static const uint64_t seed = 0; /* greedy: of no effect */
    pmpo_tokens ids[TOGETHER] = {{0}};
    pmpo_gen_request q[TOGETHER];
    pmpo_reply replies[TOGETHER] = {{.n_tokens = 0}};
    double begin = pmpo_now_ms();
    int rc = render_group(a, first, n, ids, q, &seed, err);
    rc = rc < 0 ? rc
                : pmpo_generate(a->of.model, q, n, &a->params, replies, err);
    for (size_t i = 0; i < n; i++) {
        if (rc == 0) {
            out[i] = (pmpo_answer){
                pmpo_arena_str(mem, pmpo_buf_str(&replies[i].text)),
                replies[i].complete};
            a->of.cost->generated_tokens += replies[i].n_tokens;
            a->of.cost->prompt_tokens += replies[i].n_fed;
            rc = out[i].text.ptr ? 0 : pmpo_fail_memory(err);
        }
        pmpo_buf_release(&replies[i].text);
        pmpo_tokens_release(&ids[i]);
    }
    a->of.cost->seconds += (pmpo_now_ms() - begin) / 1e3;
    return rc;
}

int pmpo_answers(const pmpo_asking *of, pmpo_str prompt, pmpo_arena *mem,
                 pmpo_answer *out, pmpo_error *err)
{
    asking a = {.of = *of, .prompt = prompt,
                .params = {.temperature = 0, .top_p = 1,
                           .max_tokens = of->max_tokens,
                           .stop = PMPO_STR("")}};
    size_t total = pmpo_data_count(of->data);
    int rc = pmpo_template_new(&of->model->vocab, of->template_name,
                               &a.template, err);
    for (size_t i = 0; rc == 0 && i < total; i += TOGETHER) {
        size_t n = total - i < TOGETHER ? total - i : TOGETHER;
        rc = answer_group(&a, i, n, mem, out + i, err);
        if (rc == 0 && of->after) {
            of->after(of->ud, i + n, total);
        }
    }
    pmpo_template_free(a.template);
    return rc;
}
