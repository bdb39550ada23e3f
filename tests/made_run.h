/* made_run.h: writes a run file of any size without a model, through the
 * store, for what reads runs. With `evil`, that text is in every field that
 * data, models or people can fill. */
#ifndef PMPO_TESTS_MADE_RUN_H
#define PMPO_TESTS_MADE_RUN_H

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/store.h"

typedef struct made_run {
    size_t n_train, n_val, n_test;
    int n_iterations, n_candidates; /* of each iteration */
    size_t n_words;                 /* of an answer */
    const char *evil;               /* NULL: none */
    bool unfinished;                /* no outcome, the last iteration undecided */
    bool bare;                      /* no losses of examples, no options */
    bool twice;                     /* every input is that of two examples */
} made_run;

typedef struct maker {
    const made_run *m;
    pmpo_store *s;
    pmpo_arena mem;
    uint64_t random;
    size_t n[3];
    pmpo_str *targets[3];
} maker;

static inline double chance(maker *k)
{
    return pmpo_random_unit(&k->random);
}

static inline void must(int rc)
{
    if (rc < 0) {
        fprintf(stderr, "made_run: %s\n", pmpo_code_text(rc));
        abort();
    }
}

static inline const char *cstr(maker *k, pmpo_buf *b)
{
    const char *s = pmpo_arena_cstr(&k->mem, b->len ? b->ptr : "");
    pmpo_buf_release(b);
    return s;
}

/* n words, with the evil text after them where there is one. */
static inline const char *words(maker *k, size_t n)
{
    static const char *const list[] = {
        "track",  "each",   "step",  "and",   "turn",  "north", "south",
        "left",   "right",  "then",  "count", "how",   "many",  "steps",
        "remain", "before", "the",   "final", "place", "is",    "compared",
        "with",   "where",  "you",   "began", "keep",  "a",     "running",
        "total",  "of",     "every", "move",  "caf\xc3\xa9", "\xe2\x86\x92"};
    pmpo_buf b = {0};
    for (size_t i = 0; i < n; i++) {
        size_t w = (size_t)(chance(k) * sizeof(list) / sizeof(*list));
        pmpo_buf_printf(&b, "%s%s", i ? i % 11 == 10 ? ". " : " " : "", list[w]);
    }
    if (k->m->evil) {
        pmpo_buf_printf(&b, " %s", k->m->evil);
    }
    return cstr(k, &b);
}

static inline void put_text(maker *k, const char *name, const char *value)
{
    pmpo_buf b = {0};
    pmpo_buf_puts(&b, value);
    if (k->m->evil) {
        pmpo_buf_puts(&b, k->m->evil);
    }
    must(pmpo_store_put_text(k->s, name, pmpo_buf_str(&b), NULL));
    pmpo_buf_release(&b);
}

/* ---- examples ------------------------------------------------------------- */

static inline void put_example(maker *k, int part, size_t i)
{
    bool yes = chance(k) < 0.6;
    pmpo_buf id = {0}, target = {0};
    pmpo_buf_printf(&id, "e%d-%zu%s", part, i, k->m->evil ? k->m->evil : "");
    pmpo_buf_puts(&target, k->m->n_words > 1 ? words(k, k->m->n_words)
                           : yes             ? "Yes"
                                             : "No");
    if (k->m->evil && k->m->n_words <= 1) {
        pmpo_buf_puts(&target, k->m->evil);
    }
    json_t *j = json_object();
    json_object_set_new(j, "id", json_string(id.ptr));
    pmpo_buf input = {0};
    pmpo_buf_printf(&input, "input %zu", i / 2);
    const char *own = words(k, 40), *shared = cstr(k, &input);
    json_object_set_new(j, "input", json_string(k->m->twice ? shared : own));
    json_object_set_new(j, "target", json_string(target.ptr));
    if (!k->m->bare) {
        json_object_set_new(j, "options", json_pack("[ss]", target.ptr, "Other"));
    }
    char *text = json_dumps(j, JSON_COMPACT);
    must(pmpo_store_put_example(k->s, (pmpo_part)part, i, pmpo_str_of(text),
                                NULL));
    k->targets[part][i] = pmpo_arena_str(&k->mem, pmpo_buf_str(&target));
    free(text);
    json_decref(j);
    pmpo_buf_release(&id);
    pmpo_buf_release(&target);
}

static inline void put_examples(maker *k)
{
    for (int part = 0; part < 3; part++) {
        k->targets[part] =
            pmpo_arena_alloc(&k->mem, k->n[part] + 1, sizeof(pmpo_str));
        for (size_t i = 0; i < k->n[part]; i++) {
            put_example(k, part, i);
        }
    }
}

/* ---- losses of examples ----------------------------------------------------- */

/* A token a word, each with the blank before it. */
static inline void fill_tokens(maker *k, double level, pmpo_target_score *t)
{
    uint32_t *ends = pmpo_arena_alloc(&k->mem, t->text.len + 1, sizeof(*ends));
    float *lp = pmpo_arena_alloc(&k->mem, t->text.len + 1, sizeof(*lp));
    size_t n = 0;
    for (size_t i = 1; i <= t->text.len; i++) {
        if (i == t->text.len || t->text.ptr[i] == ' ') {
            ends[n] = (uint32_t)i;
            lp[n++] = (float)(-level * 2 * chance(k));
        }
    }
    t->token_ends = ends;
    t->token_logprobs = lp;
    t->n_tokens = n;
}

static inline double put_losses(maker *k, int prompt, int part, double level,
                                bool answers)
{
    size_t n = k->n[part];
    pmpo_example_score *x = pmpo_arena_alloc(&k->mem, n + 1, sizeof(*x));
    pmpo_target_score *t = pmpo_arena_alloc(&k->mem, 2 * n + 1, sizeof(*t));
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t own = i * 3 + (uint64_t)part;
        double hard = 0.3 + 1.4 * pmpo_random_unit(&own);
        bool right = chance(k) > level * hard * 0.5;
        t[2 * i].text = k->targets[part][i];
        t[2 * i + 1].text = PMPO_STR("Other");
        x[i] = (pmpo_example_score){.loss = level * hard * (0.8 + 0.4 * chance(k)),
                                    .weight = 1,
                                    .targets = &t[2 * i],
                                    .n_targets = 2,
                                    .picked = right ? 0 : 1,
                                    .correct = right};
        sum += x[i].loss;
        if (answers) {
            fill_tokens(k, level * hard, &t[2 * i]);
        }
    }
    const pmpo_prompt_score p = {.examples = x, .n_examples = n};
    if (n > 0 && !k->m->bare) {
        must(pmpo_store_put_losses(k->s, prompt, (pmpo_part)part, &p, answers,
                                   NULL));
    }
    return n > 0 ? sum / (double)n : NAN;
}

/* ---- the search ---------------------------------------------------------------- */

static inline const char *decorated(maker *k, const char *s)
{
    pmpo_buf b = {0};
    pmpo_buf_printf(&b, "%s%s", s, k->m->evil ? k->m->evil : "");
    return cstr(k, &b);
}

static inline void put_segments(maker *k, int iteration, const char *prompt)
{
    size_t len = strlen(prompt), n = 4;
    for (size_t i = 0; i < n; i++) {
        double effect = 0.2 * chance(k) - 0.05;
        size_t begin = pmpo_utf8_floor(pmpo_str_of(prompt), i * len / n);
        size_t end = pmpo_utf8_floor(pmpo_str_of(prompt), (i + 1) * len / n);
        const pmpo_segment_effect e = {begin, end,
                                       {prompt + begin, end - begin}, effect,
                                       effect - 0.04, effect + 0.04};
        must(pmpo_store_put_segment(k->s, iteration, (int)i, &e, NULL));
    }
}

typedef struct standing {
    int id;
    const char *prompt;
    double level, loss;
    int n_rows;
} standing;

static inline void put_one(maker *k, standing *now, int iteration, int index,
                           bool accept, standing *next)
{
    int id = now->n_rows++;
    bool bad = !accept && chance(k) < 0.1, pruned = !accept && chance(k) < 0.4;
    double level = accept ? now->level * 0.9 : now->level * (1 + chance(k));
    pmpo_buf prompt = {0};
    size_t kept = strlen(now->prompt) / 2;
    kept = pmpo_utf8_floor(pmpo_str_of(now->prompt), kept);
    pmpo_buf_put(&prompt, (pmpo_str){now->prompt, kept});
    pmpo_buf_printf(&prompt, ". %s", words(k, 10 + (size_t)(30 * chance(k))));
    const char *text = cstr(k, &prompt);
    pmpo_candidate_row r = {
        .id = id, .parents = {now->id}, .n_parents = 1, .iteration = iteration,
        .index = index, .prompt = pmpo_str_of(bad ? "" : text),
        .reply = pmpo_str_of(words(k, 12)),
        .proposer = decorated(k, "rewrite"), .loss = NAN, .lower_bound = NAN,
        .fate = bad      ? PMPO_FATE_BAD_REPLY
                : accept ? PMPO_FATE_ACCEPTED
                         : PMPO_FATE_REJECTED,
        .reason = decorated(k, bad ? "no tags in the reply"
                               : accept ? "the lowest training loss"
                                        : "the gain is below twice the noise"),
        .hard_case = index % 3, .variant = index / 3, .seed = 7};
    if (!bad && !pruned) {
        r.loss = put_losses(k, id, 0, level, false);
    } else if (!bad) {
        r.lower_bound = now->loss * (1.01 + 0.2 * chance(k));
    }
    must(pmpo_store_put_candidate(k->s, &r, NULL));
    if (accept) {
        *next = (standing){id, text, level, r.loss, now->n_rows};
        put_losses(k, id, 1, level * 1.05, false);
    }
}

static inline void put_iteration(maker *k, standing *now, int t)
{
    bool gains = t % 3 != 0;
    standing next = *now;
    double before = now->loss;
    put_segments(k, t, now->prompt);
    for (int i = 0; i < 3 && (size_t)i < k->n[0]; i++) {
        char id[4200];
        snprintf(id, sizeof(id), "e0-%zu%s",
                 (size_t)(t % 2 ? i : i * 2) % k->n[0],
                 k->m->evil ? k->m->evil : "");
        must(pmpo_store_put_hard(k->s, t, i, pmpo_str_of(id), NULL));
    }
    for (int i = 0; i < k->m->n_candidates; i++) {
        put_one(k, now, t, i, gains && i == k->m->n_candidates / 2, &next);
    }
    next.n_rows = now->n_rows;
    bool open = k->m->unfinished && t == k->m->n_iterations;
    const pmpo_iteration_row row = {
        .index = t, .incumbent_loss = before,
        .best_loss = open ? NAN : next.loss, .marked_by_model = t % 2,
        .marking_note = decorated(k, ""),
        .decision = decorated(k, open ? "" : gains ? "accepted" : "none gained"),
        .incumbent = now->id, .best = open ? -1 : next.id, .seconds = 12};
    must(pmpo_store_put_iteration(k->s, &row, NULL));
    *now = next;
}

/* ---- the outcome ------------------------------------------------------------------ */

static inline void put_number(maker *k, const char *name, double v)
{
    must(pmpo_store_put_number(k->s, name, v, NULL));
}

static inline void put_side(maker *k, const char *who, int id, double level)
{
    char name[64];
    static const char *const parts[] = {"train", "val", "test"};
    for (int part = 0; part < 3; part++) {
        snprintf(name, sizeof(name), "%s.%s_loss", who, parts[part]);
        put_number(k, name, put_losses(k, id, part, level, true));
    }
    double n = k->m->bare ? 0 : (double)k->n[2];
    snprintf(name, sizeof(name), "%s.test_n_options", who);
    put_number(k, name, n);
    snprintf(name, sizeof(name), "%s.test_n_correct", who);
    put_number(k, name, floor(n * (1 - level / 2)));
}

static inline void put_outcome(maker *k, const standing *now)
{
    put_side(k, "initial", 0, 1);
    put_side(k, "best", now->id, now->level);
    put_number(k, "final", now->id);
    put_number(k, "test_gain", 1 - now->level);
    put_number(k, "test_gain_low", (1 - now->level) * 0.6);
    put_number(k, "test_gain_high", (1 - now->level) * 1.4);
    put_number(k, "test_majority", k->m->bare ? NAN : 0.6);
    put_text(k, "verdict", "A gain of loss on unseen examples: a made-up sentence that "
             "tells what the losses were, on how many examples, and by how much "
             "they fell.");
    put_text(k, "loss_check_end", "lower loss goes with more right options: "
             "made up");
}

static inline void put_facts(maker *k)
{
    static const char *const settings[][2] = {
        {"setting.loss", "nll"},        {"setting.reduction", "mean"},
        {"setting.template", "chat"},   {"setting.seed", "1"},
        {"setting.form", "large"},      {"setting.temperature", "0.9"},
        {"setting.prompt", "it's \"this\" $HOME `id`"},
        {"setting.scorer_model", "made-up-0.5b"},
        {"setting.scorer_path", "/home/somebody/models/made-up.gguf"},
        {"setting.scorer_identity", "0123456789abcdef0123456789abcdef"},
        {"setting.iterations", "20"},   {"setting.one_model", "yes"},
        {"setting.no_mask", "yes"},     {"setting.task", "Decide."},
        {"scorer.name", "made-up-0.5b"}, {"rewriter.name", "made-up-1.5b"},
        {"scorer.precision", "f32"},      {"status_reason", "made up"},
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
        put_text(k, settings[i][0], settings[i][1]);
    }
    if (k->m->evil) {
        char name[5000];
        snprintf(name, sizeof(name), "setting.%s", k->m->evil);
        put_text(k, name, "x");
    }
    must(pmpo_store_put_text(k->s, "status",
                             pmpo_str_of(k->m->unfinished ? "stopped" : "done"),
                             NULL));
    put_number(k, "noise_floor", 0.002);
    must(pmpo_store_put_note(k->s, PMPO_NOTE_WARNING, 0, 0,
                             words(k, 4), NULL));
}

/* Makes the run `path`, replacing one that is there. Commits are few, so that
 * a big one is made quickly. */
static inline void make_run_file(const char *path, const made_run *m)
{
    maker k = {.m = m, .random = 1, .n = {m->n_train, m->n_val, m->n_test}};
    must(pmpo_store_create(path, true, NULL, NULL, &k.s, NULL));
    put_facts(&k);
    put_examples(&k);
    standing now = {0, words(&k, 6), 1, 1, 1};
    pmpo_candidate_row start = {.id = 0, .prompt = pmpo_str_of(now.prompt),
                                .reply = PMPO_STR(""), .proposer = "given",
                                .loss = 1, .lower_bound = NAN,
                                .fate = PMPO_FATE_ACCEPTED,
                                .reason = decorated(&k, "the start prompt"),
                                .hard_case = -1, .variant = -1};
    must(pmpo_store_put_candidate(k.s, &start, NULL));
    start.loss = now.loss = put_losses(&k, 0, 0, 1, false);
    must(pmpo_store_put_candidate(k.s, &start, NULL));
    put_losses(&k, 0, 1, 1, false);
    for (int t = 1; t <= m->n_iterations; t++) {
        put_iteration(&k, &now, t);
    }
    if (!m->unfinished) {
        put_outcome(&k, &now);
    }
    pmpo_store_free(k.s);
    pmpo_arena_release(&k.mem);
}

#endif
