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
#include <sys/stat.h>

#include "base/error.h"
#include "fetch/fetch.h"
#include "engine/llama/llama.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_device.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_rate.h"

/* ---- what the file holds --------------------------------------------------------- */

typedef struct file_facts {
    char arch[64];
    uint64_t n_params;
    uint64_t n_bytes; /* of tensors */
    bool all_f32;     /* nothing is narrower */
    bool all_16;      /* nothing is narrower than 16 bits */
    uint64_t kv_values; /* keys and values of one position, all layers */
    uint64_t n_vocab, n_context;
    int64_t n_tensors;
    uint64_t n_file; /* bytes that the file must have at least */
    uint64_t n_short; /* see pmpo_llama; 0: no rope factors for long texts */
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

/* ARCH.this: the texts that rope factors for short ones were made for. */
#define ORIGINAL_CONTEXT "rope.scaling.original_context_length"

static void read_shape(const struct gguf_context *g, file_facts *out)
{
    int64_t arch = gguf_find_key(g, "general.architecture");
    snprintf(out->arch, sizeof(out->arch), "%s",
             arch < 0 ? "" : gguf_get_val_str(g, arch));
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

static void read_rope(const struct gguf_context *g, file_facts *out)
{
    for (int64_t i = 0; i < gguf_get_n_tensors(g); i++) {
        const char *name = gguf_get_tensor_name(g, i);
        if (strstr(name, "rope_factors_long") ||
            strstr(name, "rope_factors_short")) {
            uint64_t n = arch_number(g, ORIGINAL_CONTEXT);
            out->n_short = n ? n : out->n_context;
        }
    }
}

static bool read_facts(const char *path, file_facts *out)
{
    struct gguf_context *g = gguf_init_from_file(
        path, (struct gguf_init_params){.no_alloc = true, .ctx = NULL});
    if (!g) {
        return false;
    }
    *out = (file_facts){.all_f32 = true, .all_16 = true};
    out->n_tensors = gguf_get_n_tensors(g);
    for (int64_t i = 0; i < out->n_tensors; i++) {
        const int64_t *ne = gguf_get_tensor_ne(g, i);
        uint64_t end = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, i) +
                       gguf_get_tensor_size(g, i);
        out->n_file = end > out->n_file ? end : out->n_file;
        enum ggml_type t = gguf_get_tensor_type(g, i);
        out->n_params += (uint64_t)(ne[0] * ne[1] * ne[2] * ne[3]);
        out->n_bytes += gguf_get_tensor_size(g, i);
        out->all_f32 = out->all_f32 && t == GGML_TYPE_F32;
        out->all_16 = out->all_16 && (t == GGML_TYPE_F32 ||
                                      t == GGML_TYPE_F16 || t == GGML_TYPE_BF16);
    }
    read_shape(g, out);
    read_rope(g, out);
    gguf_free(g);
    return true;
}

/* What is known before the weights are loaded. */
typedef struct opening {
    const pmpo_model_options *o;
    const char *name, *source; /* as asked for, and that file */
    file_facts facts;          /* of the source */
    pmpo_hash hash;
    pmpo_llama_rates rates; /* of this machine, where they decide something */
    bool measured;
    pmpo_precision precision;
    uint64_t bytes; /* of weights */
    pmpo_buf file;  /* to load: the source, or its widened copy */
} opening;

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
    const file_facts *source;
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

/* Whether `copy` is whole and has every weight of its source, widened. */
static bool fits(void *ud, const char *copy)
{
    const widening *w = ud;
    file_facts f;
    struct stat st;
    return read_facts(copy, &f) && stat(copy, &st) == 0 &&
           (uint64_t)st.st_size >= f.n_file &&
           f.n_tensors == w->source->n_tensors &&
           f.n_params == w->source->n_params &&
           (w->ftype == LLAMA_FTYPE_ALL_F32 ? f.all_f32 : f.all_16);
}

static void report(const pmpo_model_options *o, const char *stage)
{
    if (o->progress) {
        o->progress(o->progress_ud,
                    &(pmpo_progress){.stage = stage, .unit = "bytes",
                                     .loss = NAN, .best = NAN, .left_ms = -1});
    }
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

static const pmpo_llama_rates *rates_of(opening *w)
{
    if (!w->measured) {
        w->rates = pmpo_llama_measure(usable_threads(w->o->threads));
        w->measured = true;
    }
    return &w->rates;
}

/* Quantised weights mean 8-bit activations, which jitter: they are widened
 * where that fits, to what this machine multiplies fastest. A GPU has no use
 * for f32 weights. */
static pmpo_precision choose_auto(opening *w, uint64_t room)
{
    const pmpo_model_options *o = w->o;
    const file_facts *f = &w->facts;
    if (o->for_generation || f->all_f32) {
        return PMPO_PRECISION_NATIVE;
    }
    bool f32 = o->gpu_layers == 0 &&
               (!room ||
                needed_bytes(f, PMPO_PRECISION_F32_FAST) <= room / 2) &&
               rates_of(w)->f32;
    if (f32) {
        return PMPO_PRECISION_F32_FAST;
    }
    return f->all_16 || (room && needed_bytes(f, PMPO_PRECISION_F16) > room)
               ? PMPO_PRECISION_NATIVE
               : PMPO_PRECISION_F16;
}

/* The precision in use for what was asked: auto is the one with low noise, or
 * the file as it is where that alone fits. */
static int choose(opening *w, pmpo_error *err)
{
    const pmpo_model_options *o = w->o;
    const file_facts *f = &w->facts;
    uint64_t room = o->memory_bytes ? o->memory_bytes : available_bytes();
    pmpo_precision p = o->precision;
    if (p == PMPO_PRECISION_AUTO) {
        p = choose_auto(w, room);
    }
    uint64_t needed = needed_bytes(f, p);
    w->precision = p;
    if (!room || needed <= room) {
        return 0;
    }
    return pmpo_fail(err, PMPO_EMODEL,
                     "%s: %.2f GB are needed at precision %s (%.2f GB of "
                     "weights, the rest working memory), there are %.2f GB: "
                     "try %sa smaller model",
                     w->name, (double)needed / 1e9, precision_names[p],
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
    pmpo_hasher_str(h, pmpo_str_of(llama_print_system_info()));
    pmpo_hasher_str(h, pmpo_str_of(l->pool->blas ? pmpo_blas_name() : ""));
    const uint64_t layout[] = {(uint64_t)l->threads, (uint64_t)gpu_layers,
                               PMPO_LAYOUT_VERSION, PMPO_MAX_ROWS,
                               PMPO_MAX_OUTPUTS,    PMPO_MAX_SEQUENCES,
                               PMPO_MAX_CELLS};
    for (size_t i = 0; i < sizeof(layout) / sizeof(*layout); i++) {
        pmpo_hasher_u64(h, layout[i]);
    }
    if (l->n_short) {
        pmpo_hasher_str(h, PMPO_STR("rope factors for short texts"));
        pmpo_hasher_u64(h, l->n_short);
    }
    pmpo_buf place = {0};
    pmpo_device_describe(gpu_layers != 0, &place);
    if (place.len) {
        pmpo_hasher_str(h, pmpo_buf_str(&place));
    }
    bool whole = !place.failed;
    pmpo_buf_release(&place);
    m->identity = pmpo_hasher_end(h);
    pmpo_hasher_free(h);
    char hex[33];
    pmpo_hash_hex(m->identity, hex);
    m->info.identity = pmpo_arena_cstr(&m->mem, hex);
    return m->info.identity && whole ? 0 : pmpo_fail_memory(err);
}

/* ---- description ------------------------------------------------------------------- */

static void add_note(pmpo_buf *notes, const char *text)
{
    pmpo_buf_puts(notes, notes->len ? "; " : "");
    pmpo_buf_puts(notes, text);
}

/* What the user of this model should know. */
static const char *note_on(const pmpo_llama *l, struct pmpo_model *m,
                           const opening *w, bool on_gpu)
{
    const char *tmpl = llama_model_chat_template(l->weights, NULL);
    pmpo_buf notes = {0};
    /* Where the model's own template brings a system message of its own, the
     * text is in it: "You are ..." or "You're ...". */
    if (tmpl && (strstr(tmpl, "You are") || strstr(tmpl, "You\\'re"))) {
        add_note(&notes, "the model's own chat template adds a default system "
                         "message; here there is none: give it as the prompt "
                         "if you want it");
    }
    if (l->n_short) {
        add_note(&notes, "its rope factors for short texts are used: longer "
                         "ones than the context given here are refused");
    }
    /* llama.cpp's own kernels for products of up to 16 rows take TF32 from
     * Ampere on, whatever cuBLAS is told. */
    if (l->exact && on_gpu) {
        add_note(&notes, "f32 is not exact on this GPU: products of few rows "
                         "are rounded to TF32");
    }
    if (w->o->precision == PMPO_PRECISION_AUTO && !w->o->for_generation &&
        !w->facts.all_16 && w->precision == PMPO_PRECISION_NATIVE) {
        add_note(&notes, "widened weights don't fit into the memory: scored "
                         "as the file is, whose 8-bit activations jitter");
    }
    const char *kept = pmpo_arena_cstr(&m->mem, notes.ptr ? notes.ptr : "");
    kept = notes.failed ? NULL : kept;
    pmpo_buf_release(&notes);
    return kept;
}

static int describe(pmpo_llama *l, struct pmpo_model *m, const opening *w,
                    pmpo_error *err)
{
    char text[256];
    bool on_gpu = w->o->gpu_layers != 0 && pmpo_device_has_gpu();
    llama_model_desc(l->weights, text, sizeof(text));
    const pmpo_message probe = {PMPO_STR("user"), PMPO_STR("x")};
    pmpo_buf rendered = {0};
    bool chat = m->vocab.chat(m->vocab.self, &probe, 1, true, &rendered,
                              NULL) == 0;
    pmpo_buf_release(&rendered);
    m->info = (pmpo_model_info){
        .name = pmpo_arena_cstr(&m->mem, w->name),
        .path = pmpo_arena_cstr(&m->mem, w->file.ptr),
        .source_path = pmpo_arena_cstr(&m->mem, w->source),
        .architecture = pmpo_arena_cstr(&m->mem, w->facts.arch),
        .description = pmpo_arena_cstr(&m->mem, text),
        .precision = precision_names[w->precision],
        .products = l->pool->blas ? "blas" : "own",
        .template_name = chat ? "chat" : "none",
        .note = note_on(l, m, w, on_gpu),
        .n_params = llama_model_n_params(l->weights),
        .file_bytes = w->bytes,
        .n_vocab = (int)l->n_vocab,
        .n_context = (int)l->n_context,
        .threads = l->threads,
        .gpu_layers = w->o->gpu_layers,
        .shares_prefixes = l->shares,
    };
    const pmpo_model_info *i = &m->info;
    return i->name && i->path && i->source_path && i->architecture &&
                   i->description && i->note
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
    pmpo_pool_free(l->pool);
    if (l->has_batch) {
        llama_batch_free(l->batch);
    }
    pmpo_free(l->prefix);
    pmpo_free(l);
}

static const pmpo_engine llama_engine = {
    .score = pmpo_llama_score,
    .count = pmpo_llama_count,
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

static int load(pmpo_llama *l, const opening *w, pmpo_error *err)
{
    loading progress = {w->o, w->bytes, 0};
    /* llama.cpp would take the factors for long texts once the context, which
     * grows with what is scored, is longer than the original one: it is told
     * that none ever is. The context gets the true number back. */
    struct llama_model_kv_override overrides[2] = {
        {.tag = LLAMA_KV_OVERRIDE_TYPE_INT, .val_i64 = INT32_MAX},
    };
    snprintf(overrides[0].key, sizeof(overrides[0].key),
             "%s." ORIGINAL_CONTEXT, w->facts.arch);
    struct llama_model_params p = llama_model_default_params();
    if (w->o->gpu_layers != 0 && !llama_supports_gpu_offload()) {
        return pmpo_fail(err, PMPO_EUSAGE, "%d layers for a GPU, but this build "
                         "finds none: leave --gpu-layers at 0",
                         w->o->gpu_layers);
    }
    p.n_gpu_layers = w->o->gpu_layers;
    p.kv_overrides = w->facts.n_short ? overrides : NULL;
    p.progress_callback = on_load;
    p.progress_callback_user_data = &progress;
    l->weights = pmpo_guard_load(w->file.ptr, p);
    if (!l->weights) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: cannot be loaded: %s",
                         w->file.ptr, pmpo_llama_log());
    }
    if (llama_model_has_encoder(l->weights) ||
        !llama_model_has_decoder(l->weights) ||
        llama_model_is_diffusion(l->weights)) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s: not a causal language model", w->file.ptr);
    }
    l->vocab = llama_model_get_vocab(l->weights);
    l->n_vocab = (size_t)llama_vocab_n_tokens(l->vocab);
    l->n_context = (size_t)llama_model_n_ctx_train(l->weights);
    l->n_short = (uint32_t)w->facts.n_short;
    if (l->n_short && l->n_short < l->n_context) {
        l->n_context = l->n_short;
    }
    l->shares = !llama_model_is_recurrent(l->weights) &&
                !llama_model_is_hybrid(l->weights);
    return 0;
}

static bool has_f32_weights(const opening *w)
{
    return w->facts.all_f32 || w->precision == PMPO_PRECISION_F32 ||
           w->precision == PMPO_PRECISION_F32_FAST;
}

static bool multiplies_by_blas(opening *w)
{
    return has_f32_weights(w) && w->o->gpu_layers == 0 && *pmpo_blas_name() &&
           (w->o->products == PMPO_PRODUCTS_BLAS ||
            (w->o->products == PMPO_PRODUCTS_AUTO && rates_of(w)->blas));
}

/* Everything after the file to load is known. */
static int assemble(struct pmpo_model *m, opening *w, pmpo_error *err)
{
    const pmpo_model_options *o = w->o;
    pmpo_llama *l = pmpo_calloc(1, sizeof(*l));
    if (!l) {
        return pmpo_fail_memory(err);
    }
    m->engine = &llama_engine;
    m->self = l;
    l->model = m;
    l->exact = w->precision == PMPO_PRECISION_F32;
    l->threads = usable_threads(o->threads);
    l->pool = pmpo_pool_new(l->threads, multiplies_by_blas(w));
    int rc = l->pool ? load(l, w, err) : pmpo_fail_memory(err);
    l->limits = (pmpo_plan_limits){
        .max_rows = PMPO_MAX_ROWS,
        .max_outputs = PMPO_MAX_OUTPUTS,
        .max_sequences = PMPO_MAX_SEQUENCES,
        .max_cells = PMPO_MAX_CELLS,
        .max_context = l->n_context,
    };
    m->limits = (pmpo_limits){PMPO_MAX_SEQUENCES, l->n_context};
    rc = rc < 0 ? rc : pmpo_llama_vocab(l, m, err);
    rc = rc < 0 ? rc : describe(l, m, w, err);
    return rc < 0 ? rc : identify(l, m, w->hash, o->gpu_layers, err);
}

/* The file to load: the source itself or its widened copy. */
static int file_for(opening *w, pmpo_error *err)
{
    bool f16 = w->precision == PMPO_PRECISION_F16;
    if (w->precision == PMPO_PRECISION_NATIVE || (!f16 && w->facts.all_f32)) {
        pmpo_buf_puts(&w->file, w->source);
        return w->file.failed ? pmpo_fail_memory(err) : 0;
    }
    report(w->o, "widening");
    widening wide = {f16 ? LLAMA_FTYPE_MOSTLY_F16 : LLAMA_FTYPE_ALL_F32,
                     usable_threads(w->o->threads), &w->facts};
    const pmpo_widener maker = {widen, fits, &wide};
    return pmpo_fetch_widened(w->source, w->hash, f16 ? "f16" : "f32",
                              w->bytes, &maker, &w->file, err);
}

/* Reads the file's facts, chooses the precision, makes sure of the file. */
static int prepare(opening *w, pmpo_error *err)
{
    if (!read_facts(w->source, &w->facts)) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: not a GGUF file: %s",
                         w->source, pmpo_llama_log());
    }
    int rc = pmpo_fetch_weights_hash(w->source, w->o->progress,
                                     w->o->progress_ud, &w->hash, err);
    rc = rc < 0 ? rc : choose(w, err);
    if (rc < 0) {
        return rc;
    }
    w->bytes = weight_bytes(&w->facts, w->precision);
    return file_for(w, err);
}

int pmpo_llama_open(const pmpo_model_options *o, pmpo_model **out,
                    pmpo_error *err)
{
    pmpo_llama_start();
    pmpo_buf path = {0}, name = {0};
    struct pmpo_model *m = NULL;
    opening w = {.o = o};
    int rc = pmpo_fetch_resolve(o->model, &path, &name, err);
    if (rc == 0) {
        w.source = path.ptr;
        w.name = name.ptr;
        rc = prepare(&w, err);
    }
    if (rc == 0) {
        m = pmpo_calloc(1, sizeof(*m));
        rc = m ? assemble(m, &w, err) : pmpo_fail_memory(err);
    }
    pmpo_buf_release(&w.file);
    pmpo_buf_release(&path);
    pmpo_buf_release(&name);
    if (rc < 0) {
        pmpo_model_free(m);
        return rc;
    }
    *out = m;
    return 0;
}
