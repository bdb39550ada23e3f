/* engine.c: a model of your own behind pmpo: counts of byte pairs.
 *
 *     engine TEXT DATA PROMPT...
 *
 * The model has read TEXT: the next byte's probability after a byte is how often
 * it came there, with one added to each count. Which PROMPT makes the outputs of
 * DATA likeliest? Instead of counts there might be anything that can tell
 * log-probabilities of given tokens. */
#include <math.h>
#include <pmpo_custom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_BYTES = 256 };

typedef struct pairs {
    unsigned long count[N_BYTES][N_BYTES], total[N_BYTES];
    uint64_t hash; /* of all counts: two texts are two models */
} pairs;

/* ---- the model -------------------------------------------------------------- */

static int learn(const char *path, pairs *p)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        return -1;
    }
    int before = '\n', c;
    p->hash = 14695981039346656037u; /* FNV-1a */
    while ((c = getc(f)) != EOF) {
        p->count[before][c]++;
        p->total[before]++;
        p->hash = (p->hash ^ (uint64_t)c) * 1099511628211u;
        before = c;
    }
    fclose(f);
    return 0;
}

/* ---- what pmpo asks for ------------------------------------------------------- */

static ptrdiff_t tokenize(void *ud, pmpo_str text, bool special, int32_t *ids,
                          size_t room, pmpo_error *err)
{
    (void)ud, (void)special, (void)err; /* no special tokens, nothing can fail */
    for (size_t i = 0; i < text.len && i < room; i++) {
        ids[i] = (unsigned char)text.ptr[i];
    }
    return (ptrdiff_t)text.len;
}

static ptrdiff_t piece(void *ud, int32_t id, char *bytes, size_t room,
                       pmpo_error *err)
{
    (void)ud, (void)err;
    if (room > 0) {
        bytes[0] = (char)id;
    }
    return 1;
}

static int score(void *ud, const pmpo_custom_sequence *s, size_t n,
                 size_t n_prefix, float *logprobs, pmpo_error *err)
{
    const pairs *p = ud;
    (void)n_prefix, (void)err;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = s[i].n_context; k < s[i].n_ids; k++) {
            int32_t a = s[i].ids[k - 1], b = s[i].ids[k];
            *logprobs++ = (float)log((double)(p->count[a][b] + 1)
                                     / (double)(p->total[a] + N_BYTES));
        }
    }
    return 0;
}

static void forget(void *ud)
{
    free(ud);
}

static int open_pairs(const char *path, pmpo_model **out, pmpo_error *err)
{
    char identity[40];
    pairs *p = calloc(1, sizeof(*p));
    if (!p || learn(path, p) < 0) {
        free(p);
        err->code = PMPO_EIO;
        snprintf(err->text, sizeof(err->text), "can't learn from %s", path);
        return err->code;
    }
    snprintf(identity, sizeof(identity), "byte pairs 1, %016llx",
             (unsigned long long)p->hash);
    const pmpo_custom_engine e = {
        .size = sizeof(e), .name = "byte-pairs", .identity = identity,
        .n_vocab = N_BYTES, .n_context = 1 << 20, .bos = -1, .eos = -1,
        .eot = -1, .tokenize = tokenize, .piece = piece, .score = score,
        .close = forget, .ud = p};
    int rc = pmpo_model_custom(&e, out, err);
    if (rc < 0) {
        free(p); /* close is called only for a model that was made */
    }
    return rc;
}

/* ---- the program --------------------------------------------------------------- */

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("engine TEXT DATA PROMPT...\n", stderr);
        return 2;
    }
    pmpo_error err;
    pmpo_model *model = NULL;
    pmpo_data *data = NULL;
    pmpo_scores *scores = NULL;
    size_t n = (size_t)argc - 3;
    pmpo_str *prompts = calloc(n, sizeof(*prompts));
    for (size_t i = 0; prompts && i < n; i++) {
        prompts[i] = (pmpo_str){argv[i + 3], strlen(argv[i + 3])};
    }
    pmpo_score_options so;
    pmpo_score_options_init(&so);
    so.template_name = "raw"; /* it knows of no chats */
    int rc = open_pairs(argv[1], &model, &err);
    if (rc == 0) {
        rc = pmpo_data_load(argv[2], NULL, &data, &err);
    }
    if (rc == 0) {
        rc = pmpo_score(model, data, prompts, n, &so, &scores, &err);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        printf("%9.4f  %s\n", scores->prompts[i].loss, argv[i + 3]);
    }
    if (rc < 0) {
        fprintf(stderr, "engine: %s\n", err.text);
    }
    pmpo_scores_free(scores);
    pmpo_data_free(data);
    pmpo_model_free(model);
    free(prompts);
    return pmpo_code_exit(rc);
}
