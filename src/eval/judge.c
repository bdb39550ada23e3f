/* judge.c: a model compares two answers to each question.
 *
 * After AlpacaEval 2.0 (arXiv 2404.04475, section 2): uses the judge's
 * log-probabilities instead of its words, and both orders of the answers,
 * because judges favour one position. Each comparison is an example with the
 * options A and B, so the scorer does the work. */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/thinking.h"
#include "data/data.h"
#include "eval/eval.h"
#include "model/reply_cache.h"
#include "score/score.h"

#define INSTRUCTION                                                            \
    "You compare two answers to one question and say which of them is better."
#define ASK                                                                    \
    "Which answer is better: more correct, more helpful, easier to follow? "   \
    "Reply with A or B and nothing else."

static void put_question(const pmpo_example *e, pmpo_buf *out)
{
    pmpo_buf_puts(out, "Question:\n");
    pmpo_buf_put(out, e->input);
    for (size_t i = 0; i < e->n_messages; i++) {
        pmpo_buf_put(out, e->messages[i].role);
        pmpo_buf_puts(out, ": ");
        pmpo_buf_put(out, e->messages[i].content);
        pmpo_buf_puts(out, i + 1 < e->n_messages ? "\n" : "");
    }
}

/* One comparison, its texts in `mem`; returns false for want of memory. */
static bool make_comparison(const pmpo_example *e, pmpo_str a, pmpo_str b,
                            size_t number, pmpo_arena *mem, pmpo_example *out)
{
    static const pmpo_str letters[2] = {{"A", 1}, {"B", 1}};
    pmpo_buf text = {0};
    char id[24];
    snprintf(id, sizeof(id), "%zu", number);
    put_question(e, &text);
    pmpo_buf_puts(&text, "\n\nAnswer A:\n");
    pmpo_buf_put(&text, a);
    pmpo_buf_puts(&text, "\n\nAnswer B:\n");
    pmpo_buf_put(&text, b);
    pmpo_buf_puts(&text, "\n\n" ASK);
    *out = (pmpo_example){.id = pmpo_arena_str(mem, pmpo_str_of(id)),
                          .input = pmpo_arena_str(mem, pmpo_buf_str(&text)),
                          .target = letters[0],
                          .options = letters,
                          .n_options = 2};
    bool ok = !text.failed && out->id.ptr && out->input.ptr;
    pmpo_buf_release(&text);
    return ok;
}

/* Two comparisons an example: the answer first, then second. */
static int make_comparisons(const pmpo_data *d, const pmpo_answer *answers,
                            const pmpo_answer *references, pmpo_data **out,
                            pmpo_error *err)
{
    pmpo_arena mem = {0};
    size_t n = pmpo_data_count(d);
    pmpo_example *x = pmpo_arena_alloc(&mem, 2 * n, sizeof(*x));
    bool ok = x != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        bool ended;
        pmpo_str ours = pmpo_after_thinking(answers[i].text, &ended);
        pmpo_str theirs = pmpo_after_thinking(references[i].text, &ended);
        ok = make_comparison(e, ours, theirs, 2 * i, &mem, &x[2 * i]) &&
             make_comparison(e, theirs, ours, 2 * i + 1, &mem, &x[2 * i + 1]);
    }
    int rc = ok ? pmpo_data_make(x, 2 * n, "the judge's comparisons", out, err)
                : pmpo_fail_memory(err);
    pmpo_arena_release(&mem);
    return rc;
}

/* p(A) / (p(A) + p(B)) */
static double first_is_better(const pmpo_example_score *x)
{
    return exp(-x->choice);
}

static void on_block(void *ud, const pmpo_score_context *c, size_t done,
                     size_t total, double loss)
{
    const pmpo_answering *a = ud;
    (void)c;
    (void)loss;
    if (a->after) {
        a->after(a->ud, done / 2, total / 2);
    }
}

/* ---- a judge that only writes ---------------------------------------------- */

#define WORDS_OF_A_VERDICT 16 /* tokens; A or B is expected */

/* A or B as the first word; 1: A, 0: B, else undecided. */
static double read_verdict(pmpo_str s)
{
    bool ended;
    size_t at = 0;
    s = pmpo_after_thinking(s, &ended);
    while (at < s.len && strchr(" \t\r\n*\"'([`", s.ptr[at])) {
        at++;
    }
    bool alone = at + 1 >= s.len || !pmpo_is_letter(s.ptr[at + 1]);
    return at < s.len && alone && s.ptr[at] == 'A'   ? 1
           : at < s.len && alone && s.ptr[at] == 'B' ? 0
                                                     : 0.5;
}

/* A judge that never answers A or B has failed; that does not count as ties. */
static int check_verdicts(const pmpo_reply *replies, size_t n, pmpo_error *err)
{
    size_t i = 0;
    while (i < n && read_verdict(pmpo_buf_str(&replies[i].text)) == 0.5) {
        i++;
    }
    if (n == 0 || i < n) {
        return 0;
    }
    pmpo_str s = pmpo_str_trim(pmpo_buf_str(&replies[0].text));
    s.len = pmpo_utf8_floor(s, s.len < 100 ? s.len : 100);
    return pmpo_fail(err, PMPO_EBACKEND,
                     "the judge said neither A nor B in any "
                     "of %zu comparisons; the first reply begins \"%.*s\": "
                     "give "
                     "a model that answers with the letter at once",
                     n, (int)s.len, s.len ? s.ptr : "");
}

/* Asks for all comparisons and reads the letters: a server that gives no
 * log-probabilities can't say how sure it is. first[i]: as read_verdict. */
static int ask_verdicts(const pmpo_answering *a, const pmpo_data *pairs,
                        double *first, pmpo_arena *mem, pmpo_error *err)
{
    const pmpo_gen_params p = {.temperature = 0, .top_p = 1,
                               .max_tokens = WORDS_OF_A_VERDICT,
                               .stop = PMPO_STR("")};
    static const uint64_t seed = 0;
    static const char *const field[] = {"better"}, *const letters[] = {"A",
                                                                       "B"};
    static const pmpo_json_form form = {field, 1, "", "", letters, 2};
    size_t n = pmpo_data_count(pairs);
    pmpo_gen_request *q = pmpo_arena_alloc(mem, n, sizeof(*q));
    pmpo_message *m = pmpo_arena_alloc(mem, 2 * n, sizeof(*m));
    pmpo_reply *replies = pmpo_arena_alloc(mem, n, sizeof(*replies));
    if (!q || !m || !replies) {
        return pmpo_fail_memory(err);
    }
    for (size_t i = 0; i < n; i++) {
        m[2 * i] = (pmpo_message){PMPO_STR("system"), PMPO_STR(INSTRUCTION)};
        m[2 * i + 1] = (pmpo_message){PMPO_STR("user"),
                                      pmpo_data_example(pairs, i)->input};
        q[i] = (pmpo_gen_request){.messages = &m[2 * i],
                                  .n_messages = 2,
                                  .json = &form,
                                  .seeds = &seed,
                                  .n_samples = 1};
    }
    const pmpo_reply_cache cache = {.cache = a->cache};
    double begin = pmpo_now_ms();
    int rc = pmpo_generate_cached(a->model, &cache, q, n, &p, replies, err);
    if (a->cost) {
        a->cost->seconds += (pmpo_now_ms() - begin) / 1e3;
    }
    rc = rc < 0 ? rc : check_verdicts(replies, n, err);
    for (size_t i = 0; i < n; i++) {
        first[i] = replies[i].code < 0
                       ? NAN
                       : read_verdict(pmpo_buf_str(&replies[i].text));
        if (a->cost) {
            pmpo_cost_add_reply(a->cost, &replies[i]);
        }
        pmpo_buf_release(&replies[i].text);
    }
    return rc;
}

static int judge_by_words(const pmpo_answering *a, const pmpo_data *pairs,
                          double *win, pmpo_error *err)
{
    pmpo_arena mem = {0};
    size_t n = pmpo_data_count(pairs);
    double *first = pmpo_arena_alloc(&mem, n, sizeof(*first));
    int rc = first ? ask_verdicts(a, pairs, first, &mem, err)
                   : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n / 2; i++) {
        win[i] = (first[2 * i] + 1 - first[2 * i + 1]) / 2;
    }
    if (rc == 0 && a->after) {
        a->after(a->ud, n / 2, n / 2);
    }
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_judge_answers(const pmpo_answering *a, const pmpo_answer *answers,
                       const pmpo_answer *references, double *win,
                       pmpo_error *err)
{
    const pmpo_scorer_options so = {.loss = PMPO_LOSS_CHOICE, .beta = 1,
                                    .template_name = "chat",
                                    .targets = PMPO_TARGETS_ALL};
    pmpo_answering watched = *a;
    pmpo_cache *kept = a->model->may_change ? NULL : a->cache;
    const pmpo_score_context c = {.cache = kept, .prompt_id = -1,
                                  .after = on_block, .ud = &watched,
                                  .cost = a->cost};
    pmpo_data *pairs = NULL;
    pmpo_scorer *s = NULL;
    pmpo_arena mem = {0};
    pmpo_result r;
    size_t n = pmpo_data_count(a->data);
    int rc = make_comparisons(a->data, answers, references, &pairs, err);
    if (rc == 0 && a->model->cant_score) {
        rc = judge_by_words(a, pairs, win, err);
    } else if (rc == 0) {
        rc = pmpo_scorer_new(a->model, pairs, &so, &s, err);
        rc = rc < 0 ? rc
                    : pmpo_scorer_score(s, PMPO_STR(INSTRUCTION), &c, &mem, &r,
                                        err);
        for (size_t i = 0; rc == 0 && i < n; i++) {
            const pmpo_example_score *x = &r.score.examples[2 * i];
            win[i] = (first_is_better(&x[0]) + 1 - first_is_better(&x[1])) / 2;
        }
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        win[i] = answers[i].refused || references[i].refused ? NAN : win[i];
    }
    pmpo_arena_release(&mem);
    pmpo_scorer_free(s);
    pmpo_data_free(pairs);
    return rc;
}
