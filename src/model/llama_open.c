/* llama_open.c: opening a GGUF: which precision, which file, what identity.
 *
 * A quantised file can be scored as it is ("native"), but then activations
 * are rounded to 8 bits and a token's score jitters by some hundredths of a
 * nat with the layout alone. A copy with widened weights costs disk and no
 * quality and scores quietly; fetch/ keeps it. */
#define _GNU_SOURCE /* sched_getaffinity */
#include <gguf.h>
#include <ggml.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "fetch/fetch.h"
#include "model/llama_blas.h"
#include "model/llama_engine.h"
#include "model/llama_rate.h"

/* ---- what the file holds --------------------------------------------------------- */

typedef struct file_facts {
    uint64_t n_params;
    uint64_t n_bytes; /* of tensors */
    bool all_f32;     /* nothing is narrower */
    bool all_16;      /* nothing is narrower than 16 bits */
    uint64_t kv_values; /* keys and values of one position, all layers */
    uint64_t n_vocab, n_context;
} file_facts;

/* The number that the file gives for ARCH.what, or for each layer (then the
 * largest); 0: none. */
static uint64_t arch_number(const struct gguf_context *g, const char *what)
{
    char key[128];
    int64_t arch = gguf_find_key(g, "general.architecture");
    if (arch < 0) {
        return 0;
    }
    snprintf(key, sizeof(key), "%s.%s", gguf_get_val_str(g, arch), what);
    int64_t at = gguf_find_key(g, key);
    if (at < 0) {
        return 0;
    }
    if (gguf_get_kv_type(g, at) == GGUF_TYPE_UINT32) {
        return gguf_get_val_u32(g, at);
    }
    uint64_t most = 0;
    if (gguf_get_kv_type(g, at) == GGUF_TYPE_ARRAY &&
        (gguf_get_arr_type(g, at) == GGUF_TYPE_UINT32 ||
         gguf_get_arr_type(g, at) == GGUF_TYPE_INT32)) {
        const uint32_t *v = gguf_get_arr_data(g, at);
        for (size_t i = 0; i < gguf_get_arr_n(g, at); i++) {
            most = v[i] > most ? v[i] : most;
        }
    }
    return most;
}

static void read_shape(const struct gguf_context *g, file_facts *out)
{
    uint64_t heads = arch_number(g, "attention.head_count");
    uint64_t kv_heads = arch_number(g, "attention.head_count_kv");
    uint64_t key = arch_number(g, "attention.key_length");
    uint64_t value = arch_number(g, "attention.value_length");
    uint64_t width = heads ? arch_number(g, "embedding_length") / heads : 0;
    int64_t tokens = gguf_find_key(g, "tokenizer.ggml.tokens");
    out->kv_values = arch_number(g, "block_count") *
                     (kv_heads ? kv_heads : heads) *
                     ((key ? key : width) + (value ? value : width));
    out->n_vocab = tokens < 0 ? 0 : gguf_get_arr_n(g, tokens);
    out->n_context = arch_number(g, "context_length");
}

static bool read_facts(const char *path, file_facts *out)
{
    struct gguf_context *g = gguf_init_from_file(
        path, (struct gguf_init_params){.no_alloc = true, .ctx = NULL});
    if (!g) {
        return false;
    }
    *out = (file_facts){.all_f32 = true, .all_16 = true};
    for (int64_t i = 0; i < gguf_get_n_tensors(g); i++) {
        const int64_t *ne = gguf_get_tensor_ne(g, i);
        enum ggml_type t = gguf_get_tensor_type(g, i);
        out->n_params += (uint64_t)(ne[0] * ne[1] * ne[2] * ne[3]);
        out->n_bytes += gguf_get_tensor_size(g, i);
        out->all_f32 = out->all_f32 && t == GGML_TYPE_F32;
        out->all_16 = out->all_16 && (t == GGML_TYPE_F32 ||
                                      t == GGML_TYPE_F16 || t == GGML_TYPE_BF16);
    }
    read_shape(g, out);
    gguf_free(g);
    return true;
}

/* ---- precision -------------------------------------------------------------------- */

static const char *const precision_names[] = {"auto", "native", "f16", "f32",
                                              "f32-fast"};

static uint64_t weight_bytes(const file_facts *f, pmpo_precision p)
{
    return p == PMPO_PRECISION_NATIVE ? f->n_bytes
           : p == PMPO_PRECISION_F16  ? 2 * f->n_params
                                      : 4 * f->n_params;
}

#define TYPICAL_CELLS 2048 /* of the KV memory: a window and a long prompt */
#define OTHER_BYTES ((uint64_t)200 << 20) /* the engine's buffers, and ours */

/* Weights, KV memory, two copies of a batch's logits, and the rest. */
static uint64_t needed_bytes(const file_facts *f, pmpo_precision p)
{
    uint64_t cells = f->n_context && f->n_context < TYPICAL_CELLS
                         ? f->n_context
                         : TYPICAL_CELLS;
    uint64_t value = p == PMPO_PRECISION_F32 ? 4 : 2;
    return weight_bytes(f, p) + cells * f->kv_values * value +
           2 * PMPO_MAX_OUTPUTS * f->n_vocab * sizeof(float) + OTHER_BYTES;
}

typedef struct widening {
    enum llama_ftype ftype;
    int threads;
} widening;

static int widen(void *ud, const char *from, const char *to, pmpo_error *err)
{
    const widening *w = ud;
    llama_model_quantize_params p = llama_model_quantize_default_params();
    p.nthread = w->threads;
    p.ftype = w->ftype;
    p.allow_requantize = true;
    p.pure = true;
    if (pmpo_guard_quantize(from, to, &p) < 0) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: cannot be widened: %s", from,
                         pmpo_llama_log());
    }
    return 0;
}

static void report(const pmpo_model_options *o, const char *stage)
{
    if (o->progress) {
        o->progress(o->progress_ud,
                    &(pmpo_progress){.stage = stage, .unit = "bytes",
                                     .loss = NAN, .best = NAN, .left_ms = -1});
    }
}

/* The file to load: `path` itself or its widened copy. */
static int file_for(const pmpo_model_options *o, const char *path,
                    pmpo_hash hash, pmpo_precision p, const file_facts *facts,
                    uint64_t bytes, int threads, pmpo_buf *out,
                    pmpo_error *err)
{
    bool as_is = p == PMPO_PRECISION_NATIVE ||
                 (p != PMPO_PRECISION_F16 && facts->all_f32);
    if (as_is) {
        pmpo_buf_puts(out, path);
        return out->failed ? pmpo_fail_memory(err) : 0;
    }
    report(o, "widening");
    widening w = {p == PMPO_PRECISION_F16 ? LLAMA_FTYPE_MOSTLY_F16
                                          : LLAMA_FTYPE_ALL_F32,
                  threads};
    const char *copy = p == PMPO_PRECISION_F16 ? "f16" : "f32";
    return pmpo_fetch_widened(path, hash, copy, bytes, widen, &w, out, err);
}

/* ---- does it fit ------------------------------------------------------------------ */

static uint64_t available_bytes(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    unsigned long long kb = 0;
    char line[128];
    while (f && fgets(line, sizeof(line), f)) {
        if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1) {
            break;
        }
    }
    if (f) {
        fclose(f);
    }
    return kb * 1024;
}

static int usable_threads(int asked)
{
    cpu_set_t set;
    if (asked > 0) {
        return asked;
    }
    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0) {
        return CPU_COUNT(&set);
    }
    return 1;
}

/* Quantised weights mean 8-bit activations, which jitter: they are widened
 * where that fits, to what this machine multiplies fastest. A GPU has no use
 * for f32 weights. */
static pmpo_precision choose_auto(const pmpo_model_options *o,
                                  const file_facts *f, uint64_t room)
{
    if (o->for_generation || f->all_f32) {
        return PMPO_PRECISION_NATIVE;
    }
    bool f32 = o->gpu_layers == 0 &&
               (!room ||
                needed_bytes(f, PMPO_PRECISION_F32_FAST) <= room / 2) &&
               pmpo_llama_measure(usable_threads(o->threads)).f32;
    if (f32) {
        return PMPO_PRECISION_F32_FAST;
    }
    return f->all_16 || (room && needed_bytes(f, PMPO_PRECISION_F16) > room)
               ? PMPO_PRECISION_NATIVE
               : PMPO_PRECISION_F16;
}

/* The precision in use for what was asked: auto is the one with low noise, or
 * the file as it is where that alone fits. */
static int choose(const pmpo_model_options *o, const file_facts *f,
                  const char *name, pmpo_precision *out, pmpo_error *err)
{
    uint64_t room = o->memory_bytes ? o->memory_bytes : available_bytes();
    pmpo_precision p = o->precision;
    if (p == PMPO_PRECISION_AUTO) {
        p = choose_auto(o, f, room);
    }
    uint64_t needed = needed_bytes(f, p);
    *out = p;
    if (!room || needed <= room) {
        return 0;
    }
    return pmpo_fail(err, PMPO_EMODEL,
                     "%s: %.2f GB are needed at precision %s (%.2f GB of "
                     "weights, the rest working memory), there are %.2f GB: "
                     "try %sa smaller model",
                     name, (double)needed / 1e9, precision_names[p],
                     (double)weight_bytes(f, p) / 1e9, (double)room / 1e9,
                     p == PMPO_PRECISION_NATIVE ? "" : "--precision native or ");
}

/* ---- identity --------------------------------------------------------------------- */

static int identify(pmpo_llama *l, struct pmpo_model *m, pmpo_hash weights,
                    int gpu_layers, pmpo_error *err)
{
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return pmpo_fail_memory(err);
    }
    pmpo_hasher_bytes(h, weights.bytes, sizeof(weights.bytes));
    pmpo_hasher_str(h, pmpo_str_of(m->info.precision));
    pmpo_hasher_str(h, pmpo_str_of(l->exact ? "kv f32, no flash attention"
                                            : "kv f16, flash attention auto"));
    pmpo_hasher_str(h, pmpo_str_of(llama_version()));
    pmpo_blas_hold();
    pmpo_hasher_str(h, pmpo_str_of(llama_print_system_info()));
    pmpo_blas_release();
    pmpo_hasher_str(h, pmpo_str_of(l->blas ? pmpo_blas_name() : ""));
    const uint64_t layout[] = {(uint64_t)l->threads, (uint64_t)gpu_layers,
                               PMPO_LAYOUT_VERSION, PMPO_MAX_ROWS,
                               PMPO_MAX_OUTPUTS,    PMPO_MAX_SEQUENCES,
                               PMPO_MAX_CELLS};
    for (size_t i = 0; i < sizeof(layout) / sizeof(*layout); i++) {
        pmpo_hasher_u64(h, layout[i]);
    }
    m->identity = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    char hex[33];
    pmpo_hash_hex(m->identity, hex);
    m->info.identity = pmpo_arena_cstr(&m->mem, hex);
    return m->info.identity ? 0 : pmpo_fail_memory(err);
}

/* ---- description ------------------------------------------------------------------- */

static const char *note_on(const char *tmpl)
{
    /* Where the model's own template brings a system message of its own, the
     * text is in it: "You are ..." or "You're ...". */
    if (tmpl && (strstr(tmpl, "You are") || strstr(tmpl, "You\\'re"))) {
        return "the model's own chat template adds a default system message; "
               "here there is none: give it as the prompt if you want it";
    }
    return "";
}

static int describe(pmpo_llama *l, struct pmpo_model *m, const char *name,
                    const char *source, const char *path,
                    pmpo_precision precision, uint64_t bytes, int gpu_layers,
                    pmpo_error *err)
{
    char text[256], arch[64];
    const char *tmpl = llama_model_chat_template(l->weights, NULL);
    llama_model_desc(l->weights, text, sizeof(text));
    llama_model_meta_val_str(l->weights, "general.architecture", arch,
                             sizeof(arch));
    const pmpo_message probe = {PMPO_STR("user"), PMPO_STR("x")};
    pmpo_buf rendered = {0};
    bool chat = m->vocab.chat(m->vocab.self, &probe, 1, true, &rendered,
                              NULL) == 0;
    pmpo_buf_release(&rendered);
    m->info = (pmpo_model_info){
        .name = pmpo_arena_cstr(&m->mem, name),
        .path = pmpo_arena_cstr(&m->mem, path),
        .source_path = pmpo_arena_cstr(&m->mem, source),
        .architecture = pmpo_arena_cstr(&m->mem, arch),
        .description = pmpo_arena_cstr(&m->mem, text),
        .precision = precision_names[precision],
        .template_name = chat ? "chat" : "none",
        .note = note_on(tmpl),
        .n_params = llama_model_n_params(l->weights),
        .file_bytes = bytes,
        .n_vocab = (int)l->n_vocab,
        .n_context = (int)l->n_context,
        .threads = l->threads,
        .gpu_layers = gpu_layers,
        .shares_prefixes = l->shares,
    };
    const pmpo_model_info *i = &m->info;
    return i->name && i->path && i->source_path && i->architecture &&
                   i->description
               ? 0
               : pmpo_fail_memory(err);
}

/* ---- opening and ending -------------------------------------------------------------- */

static void engine_cancel(void *self, bool on)
{
    ((pmpo_llama *)self)->cancelled = on;
}

static void engine_close(void *self)
{
    pmpo_llama *l = self;
    llama_free(l->ctx);
    llama_model_free(l->weights);
    if (l->has_batch) {
        llama_batch_free(l->batch);
    }
    pmpo_free(l->prefix);
    pmpo_free(l);
}

static const pmpo_engine llama_engine = {
    .score = pmpo_llama_score,
    .score_plain = pmpo_llama_score_plain,
    .generate = pmpo_llama_generate,
    .cancel = engine_cancel,
    .close = engine_close,
};

typedef struct loading {
    const pmpo_model_options *o;
    uint64_t bytes;
    float last;
} loading;

static bool on_load(float share, void *ud)
{
    loading *l = ud;
    if (l->o->progress && share - l->last > 0.01f) {
        l->last = share;
        l->o->progress(l->o->progress_ud,
                       &(pmpo_progress){
                           .stage = "loading",
                           .done = (size_t)((double)share * (double)l->bytes),
                           .total = (size_t)l->bytes,
                           .unit = "bytes",
                           .loss = NAN,
                           .best = NAN,
                           .left_ms = -1,
                       });
    }
    return true;
}

static int load(pmpo_llama *l, const pmpo_model_options *o, const char *path,
                uint64_t bytes, pmpo_error *err)
{
    loading progress = {o, bytes, 0};
    struct llama_model_params p = llama_model_default_params();
    p.n_gpu_layers = o->gpu_layers;
    p.progress_callback = on_load;
    p.progress_callback_user_data = &progress;
    pmpo_blas_hold();
    l->weights = pmpo_guard_load(path, p);
    pmpo_blas_release();
    if (!l->weights) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: cannot be loaded: %s", path,
                         pmpo_llama_log());
    }
    if (llama_model_has_encoder(l->weights) ||
        !llama_model_has_decoder(l->weights) ||
        llama_model_is_diffusion(l->weights)) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s: not a causal language model", path);
    }
    l->vocab = llama_model_get_vocab(l->weights);
    l->n_vocab = (size_t)llama_vocab_n_tokens(l->vocab);
    l->n_context = (size_t)llama_model_n_ctx_train(l->weights);
    l->shares = !llama_model_is_recurrent(l->weights) &&
                !llama_model_is_hybrid(l->weights);
    return 0;
}

/* Everything after the file to load is known; `f32`: so are its weights. */
static int assemble(struct pmpo_model *m, const pmpo_model_options *o,
                    const char *name, const char *source, const char *path,
                    pmpo_hash hash, pmpo_precision p, uint64_t bytes,
                    bool f32, pmpo_error *err)
{
    pmpo_llama *l = pmpo_calloc(1, sizeof(*l));
    if (!l) {
        return pmpo_fail_memory(err);
    }
    m->engine = &llama_engine;
    m->self = l;
    m->max_requests = PMPO_MAX_SEQUENCES;
    l->model = m;
    l->exact = p == PMPO_PRECISION_F32;
    l->threads = usable_threads(o->threads);
    l->blas = f32 && o->gpu_layers == 0 && pmpo_llama_measure(l->threads).blas;
    int rc = load(l, o, path, bytes, err);
    l->limits = (pmpo_plan_limits){
        .max_rows = PMPO_MAX_ROWS,
        .max_outputs = PMPO_MAX_OUTPUTS,
        .max_sequences = PMPO_MAX_SEQUENCES,
        .max_cells = PMPO_MAX_CELLS,
        .max_context = l->n_context,
    };
    m->limits = &l->limits;
    rc = rc < 0 ? rc : pmpo_llama_vocab(l, m, err);
    rc = rc < 0 ? rc : describe(l, m, name, source, path, p, bytes,
                               o->gpu_layers, err);
    return rc < 0 ? rc : identify(l, m, hash, o->gpu_layers, err);
}

int pmpo_llama_open(const pmpo_model_options *o, const char *path,
                    const char *name, pmpo_model **out, pmpo_error *err)
{
    pmpo_llama_start();
    file_facts facts;
    pmpo_hash hash;
    pmpo_buf file = {0};
    uint64_t bytes = 0;
    if (!read_facts(path, &facts)) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: not a GGUF file: %s", path,
                         pmpo_llama_log());
    }
    int rc = pmpo_fetch_weights_hash(path, o->progress, o->progress_ud, &hash,
                                     err);
    if (rc < 0) {
        return rc;
    }
    pmpo_precision p;
    rc = choose(o, &facts, name, &p, err);
    if (rc == 0) {
        bytes = weight_bytes(&facts, p);
        rc = file_for(o, path, hash, p, &facts, bytes,
                      usable_threads(o->threads), &file, err);
    }
    struct pmpo_model *m = rc < 0 ? NULL : pmpo_calloc(1, sizeof(*m));
    if (rc == 0 && !m) {
        rc = pmpo_fail_memory(err);
    }
    if (rc == 0) {
        rc = assemble(m, o, name, path, file.ptr, hash, p, bytes,
                      facts.all_f32 || p == PMPO_PRECISION_F32 ||
                          p == PMPO_PRECISION_F32_FAST, err);
    }
    bool asked_for_less = o->precision == PMPO_PRECISION_AUTO &&
                          !o->for_generation && !facts.all_16 &&
                          p == PMPO_PRECISION_NATIVE;
    if (rc == 0 && asked_for_less) {
        m->info.note = "widened weights don't fit into the memory: scored as "
                       "the file is, whose 8-bit activations jitter";
    }
    pmpo_buf_release(&file);
    if (rc < 0) {
        pmpo_model_free(m);
        return rc;
    }
    *out = m;
    return 0;
}
