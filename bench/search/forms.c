/* forms.c: what a rewriter makes of the forms.
 *
 *     forms MODEL TASK DATA SEED PROPOSER...
 *
 * Asks each proposer as a run's first iteration does (2 requests of 3 samples,
 * paraphrase one; 16 training examples, the start prompt below, small form) and
 * vets what comes, but scores nothing. One JSON row a proposer: replies asked
 * for; of these the usable (a prompt that vetting lets through, or a duplicate
 * of one) and the distinct ones, at the first try and with what was asked once
 * more in place of what failed; tokens and seconds; and every reply with its
 * prompt and what was objected to. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/data.h"
#include "propose/forms.h"
#include "propose/propose.h"
#include "search/vet.h"
#include "text/text.h"

#define START                                                                  \
    "Read the input with care. Let's think step by step."
#define N_TRAIN 16
#define HARD 2
#define VARIANTS 3
#define MOST_ROWS 64

typedef struct trial {
    pmpo_model *rewriter;
    pmpo_data *train;
    pmpo_optimize_options o;
    pmpo_candidate_row rows[MOST_ROWS];
    size_t n_rows;
    const char *task;
    uint64_t seed;
} trial;

static void die(const pmpo_error *err)
{
    fprintf(stderr, "forms: %s\n", err->text);
    exit(1);
}

/* ---- vetting --------------------------------------------------------------- */

static pmpo_verdict vet(trial *t, pmpo_str prompt)
{
    const pmpo_guard_input guard = {.start = t->rows[0].prompt,
                                    .incumbent = t->rows[0].prompt,
                                    .task = t->o.task,
                                    .train = t->train};
    const pmpo_vet_input in = {.prompt = prompt,
                               .rows = t->rows,
                               .n_rows = t->n_rows,
                               .guard = &guard,
                               .vocab = &t->rewriter->vocab};
    pmpo_verdict v;
    pmpo_error err = {0};
    if (pmpo_vet(&in, &v, &err) < 0) {
        die(&err);
    }
    return v;
}

static int sound(void *ud, pmpo_str prompt, bool joined, bool *yes,
                 pmpo_error *err)
{
    (void)err;
    (void)joined;
    *yes = vet(ud, prompt).fate == PMPO_FATE_PENDING;
    return 0;
}

static int note(void *ud, pmpo_note kind, int iteration, int place,
                const char *text, pmpo_error *err)
{
    (void)ud;
    (void)kind;
    (void)iteration;
    (void)place;
    (void)err;
    fprintf(stderr, "forms: %s\n", text);
    return 0;
}

/* ---- a proposer ------------------------------------------------------------- */

typedef struct tally {
    int usable, distinct, usable_again, distinct_again, asked_again;
} tally;

/* The proposal as JSON; counted. `again`: it is in place of one that failed. */
static json_t *judge(trial *t, const pmpo_proposal *p, bool again, tally *n)
{
    pmpo_verdict v = {.fate = PMPO_FATE_BAD_REPLY};
    if (!p->why) {
        v = vet(t, p->prompt);
    }
    bool distinct = v.fate == PMPO_FATE_PENDING;
    /* The same as another reply's: usable, but nothing new. */
    bool usable = distinct
                  || (v.fate == PMPO_FATE_DUPLICATE
                      && pmpo_find_prompt(t->rows, t->n_rows, p->prompt) > 0);
    n->usable += !again && usable;
    n->distinct += !again && distinct;
    n->usable_again += again && usable;
    n->distinct_again += again && distinct;
    n->asked_again += again;
    if (distinct && t->n_rows < MOST_ROWS) {
        t->rows[t->n_rows++] = (pmpo_candidate_row){.prompt = p->prompt,
                                                    .reply = p->reply};
    }
    return json_pack("{s:s%, s:s%, s:s, s:b}", "reply", p->reply.ptr,
                     p->reply.len, "prompt", p->prompt.ptr, p->prompt.len,
                     "why", p->why ? p->why : v.reason, "again", again);
}

/* Fails often enough that a place without a sound reply counts once. */
static void print_row(trial *t, const pmpo_proposer *by, size_t n_first,
                      const tally *n, const pmpo_cost *cost, json_t *replies)
{
    double asked = (double)n_first;
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:I, s:s, s:I, s:f, s:f, s:f, s:I, s:I, s:I, s:f, "
        "s:o}",
        "model", t->rewriter->info.name, "precision",
        t->rewriter->info.precision, "task", t->task, "seed",
        (json_int_t)t->seed, "proposer", by->name, "asked",
        (json_int_t)n_first, "usable", n->usable / asked, "distinct",
        n->distinct / asked, "distinct_with_repair",
        (n->distinct + n->distinct_again) / asked, "asked_again",
        (json_int_t)n->asked_again, "generated_tokens",
        (json_int_t)cost->generated_tokens, "prompt_tokens",
        (json_int_t)cost->prompt_tokens, "seconds", cost->seconds, "replies",
        replies);
    char *text = json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(4));
    puts(text ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(row);
}

static void try_proposer(trial *t, const pmpo_proposer *by)
{
    pmpo_arena scratch = {0}, mem = {0};
    pmpo_cost cost = {0};
    pmpo_jobs jobs = {.model = t->rewriter, .cost = &cost};
    pmpo_proposals list = {.mem = &mem};
    pmpo_span spans[2];
    size_t n_spans, cases[HARD] = {0, 1};
    pmpo_segment_effect units[2];
    pmpo_error err = {0};
    t->n_rows = 1;
    pmpo_str start = t->rows[0].prompt;
    pmpo_text_segment(start, 2, spans, &n_spans);
    for (size_t i = 0; i < n_spans; i++) { /* the first helps least */
        units[i] = (pmpo_segment_effect){
            .begin = spans[i].begin,
            .end = spans[i].end,
            .text = pmpo_str_sub(start, spans[i].begin, spans[i].end),
            .effect = 0.01 * (double)i};
    }
    const pmpo_scene scene = {
        .jobs = &jobs, .o = &t->o, .train = t->train, .iteration = 1,
        .rows = t->rows, .n_rows = 1, .incumbent = start,
        .instruction = start, .segments = units,
        .n_segments = n_spans, .noise_floor = 0.001, .cases = cases,
        .n_cases = HARD, .note = note, .sound = sound, .ud = t,
        .scratch = &scratch,
    };
    if (by->propose(&scene, &list, &err) < 0) {
        die(&err);
    }
    size_t n_first = strcmp(by->name, "paraphrase") ? HARD * VARIANTS : VARIANTS;
    n_first = list.n < n_first ? list.n : n_first;
    tally n = {0};
    json_t *replies = json_array();
    for (size_t i = 0; i < list.n; i++) {
        json_array_append_new(replies, judge(t, &list.of[i], i >= n_first, &n));
    }
    print_row(t, by, n_first, &n, &cost, replies);
    free(list.of);
    pmpo_arena_release(&scratch);
    pmpo_arena_release(&mem);
}

/* ---- main -------------------------------------------------------------------- */

static void load(trial *t, const char *path, pmpo_error *err)
{
    size_t order[N_TRAIN];
    pmpo_data *all;
    if (pmpo_data_load(path, NULL, &all, err) < 0) {
        die(err);
    }
    size_t n = pmpo_data_count(all);
    uint64_t state = t->seed;
    for (size_t i = 0; i < N_TRAIN; i++) { /* repetition does no harm */
        order[i] = (size_t)(pmpo_random(&state) % n);
    }
    if (pmpo_data_subset(all, order, N_TRAIN, &t->train, err) < 0) {
        die(err);
    }
    pmpo_data_free(all);
}

int main(int argc, char **argv)
{
    pmpo_error err = {0};
    if (argc < 6) {
        fprintf(stderr, "forms MODEL TASK DATA SEED PROPOSER...\n");
        return 2;
    }
    trial t = {.task = argv[2], .seed = strtoull(argv[4], NULL, 10)};
    pmpo_model_options m;
    pmpo_model_options_init(&m);
    m.model = argv[1];
    m.precision = PMPO_PRECISION_NATIVE;
    if (pmpo_model_open(&m, &t.rewriter, &err) < 0) {
        die(&err);
    }
    load(&t, argv[3], &err);
    pmpo_optimize_options_init(&t.o);
    t.o.task = pmpo_data_task(t.train);
    t.o.task = t.o.task.len > 0 ? t.o.task : PMPO_STR(PMPO_NEUTRAL_TASK);
    t.o.form = PMPO_FORM_SMALL;
    t.o.hard = HARD;
    t.o.variants = VARIANTS;
    t.o.max_reply_tokens = 160;
    t.o.seed = t.seed;
    t.rows[0] = (pmpo_candidate_row){.prompt = PMPO_STR(START)};
    for (int i = 5; i < argc; i++) {
        for (size_t k = 0; k < pmpo_n_proposers; k++) {
            if (!strcmp(argv[i], pmpo_proposers[k].name)) {
                try_proposer(&t, &pmpo_proposers[k]);
            }
        }
    }
    pmpo_data_free(t.train);
    pmpo_model_free(t.rewriter);
    return 0;
}
