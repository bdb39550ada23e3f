/* loop.c: the plain llama.cpp loop, over its C API alone.
 *
 *     loop MODEL.gguf f32|native THREADS UNITS.jsonl
 *
 * Scores each sequence of UNITS (units.c) by itself: an empty memory, one batch
 * with all of its tokens but the last, logits where a target token is asked
 * for, a log-softmax in double. `native` has the engine's own defaults; `f32`
 * keeps keys and values in f32 and flash attention off, whose CPU kernel
 * rounds to f16. Prints a line once it has loaded, then one for each prompt: its
 * seconds, and the nats of its sequences in their order. */
#include <jansson.h>
#include <llama.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 4096 /* tokens of a sequence */
#ifndef SOURCE
#define SOURCE "" /* of llama.cpp, set by compare.sh */
#endif

typedef struct sequence {
    long prompt;
    int n, n_context;
    llama_token *ids;
} sequence;

typedef struct units {
    sequence *of;
    size_t n;
} units;

static void die(const char *what)
{
    fprintf(stderr, "loop: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static sequence read_one(const char *line)
{
    json_t *row = json_loads(line, 0, NULL);
    json_t *ids = json_object_get(row, "ids");
    sequence s = {.prompt =
                      (long)json_integer_value(json_object_get(row, "prompt")),
                  .n = (int)json_array_size(ids),
                  .n_context = (int)json_integer_value(
                      json_object_get(row, "n_context"))};
    if (s.n_context < 1 || s.n <= s.n_context || s.n > MOST) {
        die("a line that is no sequence, or one too long");
    }
    s.ids = calloc((size_t)s.n, sizeof(*s.ids));
    if (!s.ids) {
        die("out of memory");
    }
    for (int i = 0; i < s.n; i++) {
        s.ids[i] =
            (llama_token)json_integer_value(json_array_get(ids, (size_t)i));
    }
    json_decref(row);
    return s;
}

static units read_units(const char *path)
{
    units u = {0};
    char *line = NULL;
    size_t room = 0;
    FILE *f = fopen(path, "r");
    if (!f) {
        die("the sequences can't be read");
    }
    while (getline(&line, &room, f) > 0) {
        u.of = realloc(u.of, (u.n + 1) * sizeof(*u.of));
        if (!u.of) {
            die("out of memory");
        }
        u.of[u.n++] = read_one(line);
    }
    free(line);
    fclose(f);
    return u;
}

static double nats(const float *logits, int n_vocab, llama_token id)
{
    double most = (double)logits[0], sum = 0;
    for (int i = 1; i < n_vocab; i++) {
        most = fmax(most, (double)logits[i]);
    }
    for (int i = 0; i < n_vocab; i++) {
        sum += exp((double)logits[i] - most);
    }
    return most + log(sum) - (double)logits[id];
}

static double score(struct llama_context *c, struct llama_batch *b,
                    const sequence *s, int n_vocab)
{
    double sum = 0;
    llama_memory_clear(llama_get_memory(c), false);
    b->n_tokens = s->n - 1;
    for (int i = 0; i < b->n_tokens; i++) {
        b->token[i] = s->ids[i];
        b->pos[i] = i;
        b->n_seq_id[i] = 1;
        b->seq_id[i][0] = 0;
        b->logits[i] = i + 1 >= s->n_context;
    }
    if (llama_decode(c, *b) != 0) {
        die("a sequence was not decoded");
    }
    for (int i = s->n_context; i < s->n; i++) {
        sum += nats(llama_get_logits_ith(c, i - 1), n_vocab, s->ids[i]);
    }
    return sum;
}

/* The sequences [*at, ..) of one prompt; moves *at behind them. */
static void score_prompt(struct llama_context *c, struct llama_batch *b,
                         const units *u, size_t *at, int n_vocab)
{
    long prompt = u->of[*at].prompt;
    json_t *all = json_array();
    double begin = now();
    for (; *at < u->n && u->of[*at].prompt == prompt; (*at)++) {
        json_array_append_new(all,
                              json_real(score(c, b, &u->of[*at], n_vocab)));
    }
    json_t *row = json_pack("{s:I, s:f, s:o}", "prompt", (json_int_t)prompt,
                            "seconds", now() - begin, "nats", all);
    json_dumpf(row, stdout, JSON_COMPACT);
    puts("");
    fflush(stdout);
    json_decref(row);
}

static void quiet(enum ggml_log_level level, const char *text, void *ud)
{
    (void)ud;
    if (level == GGML_LOG_LEVEL_ERROR) {
        fputs(text, stderr);
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "loop MODEL.gguf f32|native THREADS UNITS.jsonl\n");
        return 2;
    }
    bool f32 = strcmp(argv[2], "f32") == 0;
    units u = read_units(argv[4]);
    int longest = 0;
    for (size_t i = 0; i < u.n; i++) {
        longest = u.of[i].n > longest ? u.of[i].n : longest;
    }
    llama_log_set(quiet, NULL);
    struct llama_model_params mp = llama_model_default_params();
    struct llama_model *m = llama_model_load_from_file(argv[1], mp);
    struct llama_context_params cp = llama_context_default_params();
    cp.n_ctx = (uint32_t)longest;
    cp.n_batch = cp.n_ubatch = (uint32_t)longest;
    cp.n_threads = cp.n_threads_batch = atoi(argv[3]);
    if (f32) {
        cp.type_k = cp.type_v = GGML_TYPE_F32;
        cp.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    }
    struct llama_context *c = m ? llama_init_from_model(m, cp) : NULL;
    if (!c || u.n == 0) {
        die("the model can't be loaded, or there is nothing to do");
    }
    struct llama_batch b = llama_batch_init(longest, 0, 1);
    int n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(m));
    score(c, &b, &u.of[0], n_vocab); /* warms up */
    printf("{\"loaded\": true, \"version\": \"%s\", \"settings\": \"%s\"}\n",
           SOURCE,
           f32 ? "keys and values in f32, flash attention off" : "defaults");
    fflush(stdout);
    for (size_t at = 0; at < u.n;) {
        score_prompt(c, &b, &u, &at, n_vocab);
    }
    for (size_t i = 0; i < u.n; i++) {
        free(u.of[i].ids);
    }
    free(u.of);
    llama_batch_free(b);
    llama_free(c);
    llama_model_free(m);
    return 0;
}
