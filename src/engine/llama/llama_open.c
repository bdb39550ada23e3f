/* llama_open.c: opening a GGUF: loading, description, identity, closing. */
#include <ggml-cpu.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "engine/llama/llama.h"
#include "engine/llama/llama_bf16.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_device.h"
#include "engine/llama/llama_engine.h"
#include "engine/llama/llama_machine.h"
#include "engine/llama/llama_memory.h"
#include "engine/llama/llama_precision.h"
#include "fetch/fetch.h"

/* ---- identity --------------------------------------------------------------------- */

/* What multiplies beside llama.cpp. */
static void name_libraries(pmpo_hasher *h, const pmpo_llama *l,
                           const pmpo_llama_opening *w)
{
    pmpo_hasher_str(h, pmpo_str_of(l->pool->blas ? pmpo_blas_name() : ""));
    if (pmpo_llama_packs(&w->facts, w->precision)) {
        pmpo_hasher_str(h, pmpo_str_of(pmpo_bf16_name()));
    }
}

static int identify(pmpo_llama *l, struct pmpo_model *m,
                    const pmpo_llama_opening *w, pmpo_error *err)
{
    int gpu_layers = w->o->gpu_layers;
    pmpo_hasher *h = pmpo_hasher_new();
    if (!h) {
        return pmpo_fail_memory(err);
    }
    pmpo_hasher_bytes(h, w->hash.bytes, sizeof(w->hash.bytes));
    pmpo_hasher_str(h, pmpo_str_of(m->info.precision));
    pmpo_hasher_str(h, pmpo_str_of(l->exact ? "kv f32, no flash attention"
                                            : "kv f16, flash attention auto"));
    pmpo_hasher_str(h, pmpo_str_of(llama_version()));
    pmpo_hasher_str(h, pmpo_str_of(pmpo_llama_system()));
    name_libraries(h, l, w);
    const uint64_t layout[] = {(uint64_t)l->threads, (uint64_t)gpu_layers,
                               PMPO_LAYOUT_VERSION,  PMPO_MAX_ROWS,
                               PMPO_MAX_LOGIT_ROWS,  PMPO_MAX_SEQUENCES,
                               l->limits.max_cells};
    for (size_t i = 0; i < sizeof(layout) / sizeof(*layout); i++) {
        pmpo_hasher_u64(h, layout[i]);
    }
    if (l->limits.most_cells) { /* of other packings; 0 as before there was one */
        pmpo_hasher_u64(h, l->limits.most_cells);
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

/* AUTO has left quantised weights as they are. */
static void note_native(const pmpo_llama_opening *w, pmpo_buf *notes)
{
    if (w->no_place) {
        add_note(notes, "widened weights have no place, as the cache folder "
                        "can't be written: scored as the file is, with more "
                        "noise");
    } else if (w->o->precision == PMPO_PRECISION_AUTO &&
               !w->o->for_generation && !w->facts.all_16 &&
               w->precision == PMPO_PRECISION_NATIVE) {
        add_note(notes, "widened weights don't fit into the memory: scored "
                        "as the file is, whose 8-bit activations jitter");
    }
}

/* What the user of this model should know. */
static const char *note_on(const pmpo_llama *l, struct pmpo_model *m,
                           const pmpo_llama_opening *w, bool on_gpu)
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
    if (!l->shares) {
        add_note(&notes, "it is scored one sequence by one, slowly: this kind "
                         "of model can't share the beginnings of sequences");
    }
    if (l->n_short) {
        add_note(&notes, "its rope factors for short texts are used: longer "
                         "ones than the context given here are refused");
    }
    /* llama.cpp's own kernels for products of up to 16 rows take TF32 from
     * Ampere on, whatever cuBLAS is set to. */
    if (w->precision == PMPO_PRECISION_F32 && on_gpu) {
        add_note(&notes, "f32 is not exact on this GPU: products of few rows "
                         "are rounded to TF32");
    }
    if (w->precision == PMPO_PRECISION_BF16 && !*pmpo_bf16_name() && !on_gpu) {
        add_note(&notes, ggml_cpu_has_avx512_bf16()
                             ? "products by llama.cpp: a build with oneDNN "
                               "multiplies bfloat16 faster"
                             : "nothing multiplies bfloat16 fast here, by "
                               "this processor or build: try f32");
    }
    note_native(w, &notes);
    const char *kept = pmpo_arena_cstr(&m->mem, notes.ptr ? notes.ptr : "");
    kept = notes.failed ? NULL : kept;
    pmpo_buf_release(&notes);
    return kept;
}

static int describe(pmpo_llama *l, struct pmpo_model *m, const pmpo_llama_opening *w,
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
        .precision = pmpo_precision_name(w->precision),
        .products = pmpo_products_name(l->pool->blas ? PMPO_PRODUCTS_BLAS
                                                    : PMPO_PRODUCTS_OWN),
        .template_name = chat ? "chat" : "none",
        .note = note_on(l, m, w, on_gpu),
        .n_params = llama_model_n_params(l->weights),
        .file_bytes = w->bytes,
        .n_vocab = (int)l->n_vocab,
        .n_context = (int)l->n_context,
        .threads = l->threads,
        .gpu_layers = w->o->gpu_layers,
        .memory_bytes = w->o->memory_bytes,
        .shares_prefixes = l->shares,
    };
    const pmpo_model_info *i = &m->info;
    return i->name && i->path && i->source_path && i->architecture &&
                   i->description && i->note
               ? 0
               : pmpo_fail_memory(err);
}

static void count_products(struct pmpo_model *m, const pmpo_llama_file *f)
{
    double table = (double)f->n_vocab * (double)f->n_embd;
    double rest = (double)m->info.n_params - table * (f->has_output ? 2 : 1);
    if (f->n_experts == 0 && rest > 0) {
        m->row_macs = rest;
        m->output_macs = table;
    }
}

/* ---- pmpo_llama_opening and ending -------------------------------------------------------------- */

static void engine_cancel(void *self, bool on)
{
    ((pmpo_llama *)self)->cancelled = on;
}

static void engine_close(void *self)
{
    pmpo_llama *l = self;
    llama_free(l->ctx);
    llama_free(l->streams);
    llama_model_free(l->weights);
    pmpo_pool_free(l->pool);
    pmpo_leads_free(l->leads);
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

static void read_sizes(pmpo_llama *l, const pmpo_llama_opening *w)
{
    l->vocab = llama_model_get_vocab(l->weights);
    l->n_vocab = (size_t)llama_vocab_n_tokens(l->vocab);
    l->n_context = (size_t)llama_model_n_ctx_train(l->weights);
    l->n_short = (uint32_t)w->facts.n_short;
    if (l->n_short && l->n_short < l->n_context) {
        l->n_context = l->n_short;
    }
    l->shares = !llama_model_is_recurrent(l->weights) &&
                !llama_model_is_hybrid(l->weights);
}

static int load(pmpo_llama *l, const pmpo_llama_opening *w, pmpo_error *err)
{
    if (w->o->gpu_layers != 0 && !llama_supports_gpu_offload()) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%d layers for a GPU, but this build "
                         "finds none: leave --gpu-layers at 0",
                         w->o->gpu_layers);
    }
    loading progress = {w->o, w->bytes, 0};
    /* llama.cpp would take the factors for long texts once the context, which
     * grows with what is scored, is longer than the original one: it is told
     * that none ever is. The context gets the true number back. */
    struct llama_model_kv_override overrides[2] = {
        {.tag = LLAMA_KV_OVERRIDE_TYPE_INT, .val_i64 = INT32_MAX},
    };
    snprintf(overrides[0].key, sizeof(overrides[0].key),
             "%s." PMPO_ORIGINAL_CONTEXT, w->facts.arch);
    struct llama_model_params p = llama_model_default_params();
    p.n_gpu_layers = w->o->gpu_layers;
    if (pmpo_llama_packs(&w->facts, w->precision)) {
        p.load_mode = LLAMA_LOAD_MODE_NONE; /* weights are packed elsewhere */
    }
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
    read_sizes(l, w);
    return 0;
}

/* Has it products in f32, of weights or of attention? */
static bool multiplies_f32(const pmpo_llama_opening *w)
{
    return w->facts.all_f32 || pmpo_llama_exact(w->precision) ||
           w->precision == PMPO_PRECISION_F32_FAST;
}

/* A quarter of what the weights leave, which may not be read yet. */
static uint64_t room_for_leads(const pmpo_llama_opening *w)
{
    uint64_t room = pmpo_available_bytes();
    return room > w->bytes ? (room - w->bytes) / 4 : 0;
}

/* Everything after the file to load is known. */
static int assemble(struct pmpo_model *m, pmpo_llama_opening *w, pmpo_error *err)
{
    const pmpo_model_options *o = w->o;
    pmpo_llama *l = pmpo_calloc(1, sizeof(*l));
    if (!l) {
        return pmpo_fail_memory(err);
    }
    m->engine = &llama_engine;
    m->self = l;
    l->model = m;
    l->exact = pmpo_llama_exact(w->precision);
    l->threads = pmpo_usable_threads(o->threads);
    l->pool =
        pmpo_pool_new(l->threads, multiplies_f32(w) && pmpo_llama_by_blas(w));
    l->leads = pmpo_leads_new();
    int rc = l->pool && l->leads ? load(l, w, err) : pmpo_fail_memory(err);
    const pmpo_llama_shares shares =
        pmpo_llama_share_out(&w->facts, w->precision, o->memory_bytes);
    l->cell_bytes = pmpo_llama_cell_bytes(&w->facts, w->precision);
    l->slot_bytes = shares.slot_bytes;
    l->kv_bytes = shares.kv_bytes;
    l->lead_bytes = room_for_leads(w); /* with a limit: see reserve */
    l->limits = (pmpo_plan_limits){
        .max_rows = PMPO_MAX_ROWS,
        .max_outputs = PMPO_MAX_LOGIT_ROWS,
        .max_sequences = PMPO_MAX_SEQUENCES,
        .max_cells = shares.window,
        .max_context = l->n_context,
        .most_cells = shares.most,
    };
    m->limits = (pmpo_limits){PMPO_MAX_SEQUENCES, l->n_context};
    m->obeys_grammars = true;
    /* With sliding windows, where rows come to lie depends on which were freed:
     * after a copy is put back, on others. From a GPU, values that lie
     * transposed, as exact attention has them, are copied one by one. */
    m->keeps_leads = rc == 0 && l->shares &&
                     llama_model_n_swa(l->weights) == 0 &&
                     (o->gpu_layers == 0 || !l->exact);
    rc = rc < 0 ? rc : pmpo_llama_vocab(l, m, err);
    rc = rc < 0 ? rc : describe(l, m, w, err);
    count_products(m, &w->facts);
    return rc < 0 ? rc : identify(l, m, w, err);
}

/* Reads the file's facts, chooses the precision, makes sure of the file. */
static int prepare(pmpo_llama_opening *w, pmpo_error *err)
{
    if (!pmpo_llama_file_read(w->source, &w->facts)) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: not a GGUF file: %s",
                         w->source, pmpo_llama_log());
    }
    if (!w->facts.arch[0]) {
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s: it names no architecture, so it is no model",
                         w->source);
    }
    if (w->facts.n_parts > 1) { /* llama.cpp would load files not hashed here */
        return pmpo_fail(err, PMPO_EMODEL,
                         "%s: one of %u files that a model is split into: join "
                         "them with llama.cpp's `llama-gguf-split --merge "
                         "FIRST-FILE JOINED.gguf`",
                         w->source, w->facts.n_parts);
    }
    int rc = pmpo_fetch_weights_hash(w->source, w->o->progress,
                                     w->o->progress_ud, &w->hash, err);
    rc = rc < 0 ? rc : pmpo_llama_choose(w, err);
    return rc < 0 ? rc : pmpo_llama_file_for(w, err);
}

int pmpo_llama_open(const pmpo_model_options *o, pmpo_model **out,
                    pmpo_error *err)
{
    pmpo_llama_start();
    pmpo_buf path = {0}, name = {0};
    struct pmpo_model *m = NULL;
    pmpo_llama_opening w = {.o = o};
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
