/* bigram.c: see bigram.h. A token is a byte, and begins or ends a text. */
#include "bigram.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

#define PREFIX "bigram:"
#define BYTES 256
#define BOS 256
#define END 257
#define N_TOKENS 258

typedef struct bigram {
    double count[N_TOKENS][N_TOKENS], sum[N_TOKENS];
    volatile bool cancelled;
} bigram;

static double logprob(const bigram *b, int32_t before, int32_t id)
{
    return log(b->count[before][id] / b->sum[before]);
}

/* ---- vocabulary ------------------------------------------------------------ */

static int tokenize(void *self, pmpo_str text, bool special, pmpo_tokens *out,
                    pmpo_error *err)
{
    (void)self;
    int rc = special ? pmpo_tokens_put(out, BOS) : 0;
    for (size_t i = 0; rc == 0 && i < text.len; i++) {
        rc = pmpo_tokens_put(out, (unsigned char)text.ptr[i]);
    }
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

static int piece(void *self, int32_t id, pmpo_buf *out, pmpo_error *err)
{
    (void)self;
    if (id < BYTES) {
        pmpo_buf_putc(out, (char)id);
    }
    return out->failed ? pmpo_fail_memory(err) : 0;
}

static int chat(void *self, const pmpo_message *m, size_t n, bool assistant,
                pmpo_buf *out, pmpo_error *err)
{
    (void)self, (void)m, (void)n, (void)assistant, (void)out;
    return pmpo_fail(err, PMPO_EMODEL, "a bigram has no chat template");
}

/* ---- scoring --------------------------------------------------------------- */

static void score_unit(const bigram *b, const pmpo_unit *u, pmpo_unit_result *r)
{
    float *lp = r->logprobs;
    for (size_t i = 0; i < u->n_requests; i++) {
        const pmpo_request *q = &u->requests[i];
        for (size_t k = q->n_context; k < q->n_ids; k++) {
            *lp++ = (float)logprob(b, q->ids[k - 1], q->ids[k]);
        }
        r->prefill_tokens += q->n_ids - 1;
        r->output_rows += q->n_ids - q->n_context;
    }
    r->logical_tokens = pmpo_unit_logical(u);
}

static int score(void *self, const pmpo_queue *q, pmpo_error *err)
{
    const bigram *b = self;
    for (pmpo_task *t; (t = q->next(q->ud)) != NULL; q->done(q->ud, t)) {
        if (b->cancelled) {
            return pmpo_fail(err, PMPO_ECANCELLED, "cancelled");
        }
        score_unit(b, &t->unit, &t->result);
        t->code = 0;
    }
    return 0;
}

static int count(void *self, const pmpo_unit *units, size_t n, uint64_t *rows,
                 pmpo_error *err)
{
    (void)self, (void)err;
    *rows = 0;
    for (size_t i = 0; i < n; i++) {
        *rows += pmpo_unit_logical(&units[i]) - units[i].n_requests;
    }
    return 0;
}

/* ---- generating ------------------------------------------------------------ */

static int32_t likeliest(const bigram *b, int32_t before)
{
    int32_t best = END;
    for (int32_t id = ' '; id < 127; id++) { /* text that can be read */
        best = b->count[before][id] > b->count[before][best] ? id : best;
    }
    return best;
}

/* Greedy, whatever the temperature: an example. */
static int generate(void *self, const pmpo_gen_request *requests, size_t n,
                    const pmpo_gen_params *p, pmpo_reply *out, pmpo_error *err)
{
    const bigram *b = self;
    for (size_t i = 0; i < n; i++) {
        for (size_t v = 0; v < requests[i].n_samples; v++, out++) {
            int32_t id = requests[i].ids[requests[i].n_ids - 1];
            while ((int)out->n_tokens < p->max_tokens &&
                   (id = likeliest(b, id)) != END) {
                pmpo_buf_putc(&out->text, (char)id);
                out->n_tokens++;
            }
            out->n_fed = v == 0 ? requests[i].n_ids : 0;
            out->complete = id == END;
            if (out->text.failed) {
                return pmpo_fail_memory(err);
            }
        }
    }
    return 0;
}

/* ---- opening --------------------------------------------------------------- */

static void cancel(void *self, bool on)
{
    ((bigram *)self)->cancelled = on;
}

static void close_bigram(void *self)
{
    pmpo_free(self);
}

static const pmpo_engine engine = {
    .score = score,
    .count = count,
    .generate = generate,
    .cancel = cancel,
    .close = close_bigram,
};

bool pmpo_bigram_takes(const char *model)
{
    return model && !strncmp(model, PREFIX, strlen(PREFIX));
}

static void learn(bigram *b, const char *text)
{
    int32_t before = BOS;
    for (int i = 0; i < N_TOKENS; i++) {
        for (int k = 0; k < N_TOKENS; k++) {
            b->count[i][k] = 1;
        }
        b->sum[i] = N_TOKENS;
    }
    for (size_t i = 0; i <= strlen(text); i++) {
        int32_t id = text[i] ? (unsigned char)text[i] : END;
        b->count[before][id]++;
        b->sum[before]++;
        before = id;
    }
}

int pmpo_bigram_open(const pmpo_model_options *o, pmpo_model **out,
                     pmpo_error *err)
{
    const char *text = o->model + strlen(PREFIX);
    pmpo_model *m = pmpo_calloc(1, sizeof(*m));
    bigram *b = pmpo_calloc(1, sizeof(*b));
    char *hex = m ? pmpo_arena_alloc(&m->mem, 33, 1) : NULL;
    char *name = m ? pmpo_arena_cstr(&m->mem, o->model) : NULL;
    if (!b || !hex || !name) {
        pmpo_free(b);
        pmpo_model_free(m);
        return pmpo_fail_memory(err);
    }
    learn(b, text);
    m->engine = &engine;
    m->self = b;
    m->vocab = (pmpo_vocab){.self = b,
                            .tokenize = tokenize,
                            .piece = piece,
                            .chat = chat,
                            .add_bos = true,
                            .bos = BOS,
                            .eos = END,
                            .eot = END,
                            .n_tokens = N_TOKENS};
    pmpo_hasher *h = pmpo_hasher_new(); /* the text is all that counts */
    if (h) {
        pmpo_hasher_str(h, pmpo_str_of(name));
        m->identity = pmpo_hasher_end(h);
        pmpo_hasher_free(h);
    }
    pmpo_hash_hex(m->identity, hex);
    m->limits = (pmpo_limits){.max_requests = 64, .max_context = 4096};
    m->info = (pmpo_model_info){.name = name,
                                .path = name,
                                .source_path = name,
                                .architecture = "bigram",
                                .description = "bytes",
                                .precision = "f32",
                                .products = "own",
                                .identity = hex,
                                .template_name = "none",
                                .note = "",
                                .n_vocab = N_TOKENS,
                                .n_context = 4096,
                                .threads = 1};
    *out = m;
    return 0;
}
