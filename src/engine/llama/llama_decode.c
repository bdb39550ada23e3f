/* llama_decode.c: the context, its KV memory, and feeding rows to it.
 *
 * The memory is one unified buffer: sequence 0 has the prefix of the current
 * unit and keeps it for the next one; everything else belongs to a wave and is
 * removed with it. So the cells of rows do not depend on what was computed
 * before: the prefix is in the first cells, the wave directly after it.
 *
 * What else in llama.cpp 0.5.0 depends on the size of the context, of batches
 * or on what was decoded before, and why no score does:
 * - rope factors for long texts are taken once the CONTEXT is longer than the
 *   model's original one: the choice is fixed at loading (llama_open.c) and
 *   stands in the identity.
 * - n_batch is at most n_ctx: a batch never has more rows than there are
 *   cells, so a unit is never split otherwise.
 * - the window of cells that attention reads ends at the last cell in use,
 *   rounded up to 256, and n_ctx is a multiple of 256: a function of the unit.
 *   Stale cells within it are masked, which holds unless they are NaN: see
 *   pmpo_llama_wipe.
 * - the search for a free cell begins where rows were last put or freed:
 *   behind the prefix, as a wave's cells are freed from its first on.
 * - sliding windows: with swa_full their cache has n_ctx cells, too.
 * - flash attention cuts the cells of a batch of one row by the number of
 *   threads, which stands in the identity.
 * - graphs are used again only for the same shapes; where a buffer comes to
 *   lie changes no kernel's sums (of BLAS: see
 *   llama_blas.cpp).
 * - recurrent models: their state is written anew for each sequence. */
#include "engine/llama/llama_engine.h"

#include <pthread.h>
#include <stdio.h>

#include "base/error.h"
#include "engine/llama/llama_attention.h"
#include "engine/llama/llama_bf16.h"
#include "engine/llama/llama_blas.h"
#include "engine/llama/llama_device.h"

/* ---- the library, once a process --------------------------------------------- */

static _Thread_local char last_log[400];
static char system_info[1000]; /* llama.cpp's own is made anew at each call */

static void on_log(enum ggml_log_level level, const char *text, void *ud)
{
    (void)ud;
    if (level == GGML_LOG_LEVEL_ERROR) {
        snprintf(last_log, sizeof(last_log), "%s", text);
        last_log[strcspn(last_log, "\n")] = '\0';
    }
}

static void start(void)
{
    pmpo_device_no_tf32();
    llama_log_set(on_log, NULL);
    llama_backend_init();
    snprintf(system_info, sizeof(system_info), "%s", llama_print_system_info());
    pmpo_attention_start();
    pmpo_blas_start();
    pmpo_bf16_start();
}

void pmpo_llama_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start);
    last_log[0] = '\0';
}

const char *pmpo_llama_system(void)
{
    return system_info;
}

const char *pmpo_llama_log(void)
{
    return last_log;
}

/* ---- the context --------------------------------------------------------------- */

static bool is_cancelled(void *ud)
{
    const pmpo_llama *l = ud;
    return l->cancelled;
}

/* For scoring: sequences share the cells of one memory. */
static struct llama_context_params context_params(pmpo_llama *l, size_t cells)
{
    struct llama_context_params p = llama_context_default_params();
    p.n_ctx = (uint32_t)cells;
    p.n_batch = PMPO_MAX_ROWS;
    p.n_ubatch = PMPO_MAX_ROWS;
    p.n_seq_max = l->shares ? PMPO_MAX_SEQUENCES : 1;
    p.n_outputs_max = PMPO_MAX_LOGIT_ROWS;
    p.n_threads = l->threads;
    p.n_threads_batch = l->threads;
    p.kv_unified = true;
    p.swa_full = true;
    p.yarn_orig_ctx = l->n_short; /* what load() hides; 0: as the file says */
    p.type_k = p.type_v = l->exact ? GGML_TYPE_F32 : GGML_TYPE_F16;
    p.flash_attn_type = l->exact ? LLAMA_FLASH_ATTN_TYPE_DISABLED
                                 : LLAMA_FLASH_ATTN_TYPE_AUTO;
    p.abort_callback = is_cancelled;
    p.abort_callback_data = l;
    p.no_perf = true;
    if (l->exact && l->pool->attention) {
        p.cb_eval = pmpo_attention_see;
        p.cb_eval_user_data = l->pool->attention;
    }
    return p;
}

static void make_batch(pmpo_llama *l)
{
    if (!l->has_batch) {
        l->batch = llama_batch_init(PMPO_MAX_ROWS, 0, PMPO_MAX_SEQUENCES);
        l->has_batch = true;
    }
}

/* PMPO_ETOOLONG: keys and values of so many tokens aren't allowed. */
static int check_room(const pmpo_llama *l, size_t cells, uint64_t allowed,
                      pmpo_error *err)
{
    double bytes = (double)cells * (double)l->cell_bytes;
    if (cells > (size_t)1 << 24) {
        return pmpo_fail(err, PMPO_ETOOLONG, "a KV memory of %zu tokens",
                         cells);
    }
    if (l->kv_bytes && bytes > (double)allowed) {
        return pmpo_fail(err, PMPO_ETOOLONG,
                         "keys and values of %zu tokens take %.2f GB, the "
                         "limit set for memory leaves %.2f GB: raise it "
                         "(--memory)", cells, bytes / 1e9,
                         (double)allowed / 1e9);
    }
    return 0;
}

/* A memory that has to grow grows by half, so that what follows seldom needs
 * another; within what is allowed. */
static size_t cells_to_make(const pmpo_llama *l, size_t cells)
{
    size_t first = l->n_context < PMPO_FIRST_CELLS ? l->n_context
                                                   : PMPO_FIRST_CELLS;
    size_t want =
        pmpo_llama_pad(l->n_cells ? l->n_cells + l->n_cells / 2 : first);
    size_t most = l->kv_bytes ? l->kv_bytes / l->cell_bytes / 256 * 256 : want;
    want = want < most ? want : most;
    return want > cells ? want : cells;
}

/* Where memory is limited, what is kept gives way to the KV memory. */
static void keep_within(pmpo_llama *l, size_t cells)
{
    if (l->kv_bytes) {
        uint64_t used = (uint64_t)cells * l->cell_bytes;
        l->lead_bytes = l->kv_bytes > used ? l->kv_bytes - used : 0;
    }
    if (pmpo_leads_bytes(l->leads) > l->lead_bytes) {
        pmpo_leads_clear(l->leads);
    }
}

int pmpo_llama_reserve(pmpo_llama *l, size_t cells, pmpo_error *err)
{
    cells = pmpo_llama_pad(cells);
    if (l->ctx && l->n_cells >= cells) {
        return 0;
    }
    int rc = check_room(l, cells, l->kv_bytes, err);
    if (rc < 0) {
        return rc;
    }
    cells = cells_to_make(l, cells);
    keep_within(l, cells);
    llama_free(l->ctx);
    l->n_prefix = 0;
    l->n_cells = 0;
    l->ctx = pmpo_guard_context(l->weights, context_params(l, cells));
    if (!l->ctx) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "no context of %zu tokens can be made: %s", cells,
                         pmpo_llama_log());
    }
    l->n_cells = cells;
    l->model->n_contexts++;
    llama_attach_threadpool(l->ctx, l->pool->threads, l->pool->threads);
    make_batch(l);
    return 0;
}

/* A size that also suits the purpose of the last memory, if it fits. */
static void widen_streams(const pmpo_llama *l, size_t *n, size_t *cells)
{
    size_t grown = pmpo_llama_pad(l->stream_cells + l->stream_cells / 2);
    size_t all = *n > l->n_streams ? *n : l->n_streams;
    size_t each = *cells <= l->stream_cells ? l->stream_cells
                  : *cells > grown          ? *cells
                                            : grown;
    if (l->n_streams && all * each * l->cell_bytes <= l->slot_bytes &&
        all * each <= (size_t)1 << 24) {
        *n = all;
        *cells = each;
    }
}

int pmpo_llama_streams(pmpo_llama *l, size_t n, size_t cells, pmpo_error *err)
{
    if (l->streams && l->n_streams >= n && l->stream_cells >= cells) {
        llama_memory_clear(llama_get_memory(l->streams), true);
        return 0;
    }
    int rc = check_room(l, n * cells, l->slot_bytes, err);
    if (rc < 0) {
        return rc;
    }
    widen_streams(l, &n, &cells);
    struct llama_context_params p = context_params(l, n * cells);
    p.n_seq_max = (uint32_t)n;
    p.n_outputs_max = (uint32_t)n;
    p.kv_unified = false;
    llama_free(l->streams);
    l->n_streams = 0;
    l->streams = pmpo_guard_context(l->weights, p);
    if (!l->streams) {
        return pmpo_fail(err, PMPO_EBACKEND,
                         "no context for %zu replies of %zu tokens can be "
                         "made: %s", n, cells, pmpo_llama_log());
    }
    l->n_streams = n;
    l->model->n_contexts++;
    l->stream_cells = cells;
    llama_attach_threadpool(l->streams, l->pool->threads, l->pool->threads);
    make_batch(l);
    return 0;
}

void pmpo_llama_forget(pmpo_llama *l)
{
    if (l->ctx) {
        llama_memory_clear(llama_get_memory(l->ctx), false);
    }
    l->n_prefix = 0;
}

void pmpo_llama_wipe(pmpo_llama *l)
{
    if (l->ctx) {
        llama_memory_clear(llama_get_memory(l->ctx), true);
    }
    pmpo_leads_clear(l->leads);
    l->n_prefix = 0;
}

/* ---- rows ----------------------------------------------------------------------- */

void pmpo_llama_rows_clear(pmpo_llama *l)
{
    l->batch.n_tokens = 0;
}

void pmpo_llama_row(pmpo_llama *l, const pmpo_plan_row *r)
{
    int i = l->batch.n_tokens++;
    l->batch.token[i] = r->token;
    l->batch.pos[i] = r->position;
    l->batch.n_seq_id[i] = r->seq_end - r->seq_begin;
    for (int32_t s = r->seq_begin; s < r->seq_end; s++) {
        l->batch.seq_id[i][s - r->seq_begin] = s;
    }
    l->batch.logits[i] = r->output;
}

int pmpo_llama_decode_in(pmpo_llama *l, struct llama_context *ctx,
                         pmpo_error *err)
{
    if (l->batch.n_tokens == 0) {
        return 0;
    }
    pmpo_attention_begin(l->pool->attention);
    last_log[0] = '\0'; /* of this decoding, if it fails */
    int rc = l->cancelled ? 2 : pmpo_guard_decode(ctx, l->batch);
    if (rc == 0) {
        if (l->model->tick) {
            l->model->tick(l->model->tick_ud, (size_t)l->batch.n_tokens);
        }
        return 0;
    }
    if (rc == 2 || l->cancelled) {
        return pmpo_fail(err, PMPO_ECANCELLED, "cancelled");
    }
    return pmpo_fail(err, PMPO_EBACKEND, "llama.cpp could not decode %d rows "
                     "(code %d): %s", l->batch.n_tokens, rc, pmpo_llama_log());
}

int pmpo_llama_decode(pmpo_llama *l, pmpo_error *err)
{
    int rc = pmpo_llama_decode_in(l, l->ctx, err);
    if (rc < 0) {
        pmpo_llama_forget(l);
    }
    return rc;
}

/* ---- the prefix ------------------------------------------------------------------ */

static int feed_prefix(pmpo_llama *l, const int32_t *prefix, size_t n,
                       pmpo_error *err)
{
    for (size_t at = 0; at < n;) {
        size_t end = pmpo_plan_piece(at, n, PMPO_MAX_ROWS);
        pmpo_llama_rows_clear(l);
        for (; at < end; at++) {
            pmpo_llama_row(l, &(pmpo_plan_row){prefix[at], (int32_t)at, 0, 1,
                                               false, false});
        }
        int rc = pmpo_llama_decode(l, err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

int pmpo_llama_prefix(pmpo_llama *l, const int32_t *prefix, size_t n,
                      size_t *fed, pmpo_error *err)
{
    *fed = 0;
    if (n == l->n_prefix &&
        (n == 0 || !memcmp(prefix, l->prefix, n * sizeof(*prefix)))) {
        return 0;
    }
    pmpo_llama_forget(l);
    if (PMPO_GROW(l->prefix, l->cap_prefix, n) < 0) {
        return pmpo_fail_memory(err);
    }
    int rc = feed_prefix(l, prefix, n, err);
    if (rc < 0) {
        return rc;
    }
    if (n) {
        memcpy(l->prefix, prefix, n * sizeof(*prefix));
    }
    l->n_prefix = n;
    *fed = n;
    return 0;
}

void pmpo_llama_wave_end(pmpo_llama *l, size_t n_sequences)
{
    llama_memory_t memory = llama_get_memory(l->ctx);
    for (size_t s = 1; s < n_sequences; s++) {
        llama_memory_seq_rm(memory, (llama_seq_id)s, -1, -1);
    }
    llama_memory_seq_rm(memory, 0, (llama_pos)l->n_prefix, -1);
}
