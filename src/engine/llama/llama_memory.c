/* llama_memory.c: see llama_memory.h. */
#include "engine/llama/llama_memory.h"

#include "engine/llama/llama_bf16.h"
#include "engine/llama/llama_engine.h"

#define TYPICAL_CELLS 2048 /* of the KV memory: a window and a long prompt */
#define LEAST_CELLS 512    /* two windows of LEAST_WINDOW, and two replies */
#define LEAST_WINDOW 128
#define MOST_SLOT_BYTES ((uint64_t)3 << 30)
#define OTHER_BYTES ((uint64_t)200 << 20) /* the engine's buffers, and ours */

bool pmpo_llama_exact(pmpo_precision p)
{
    return p == PMPO_PRECISION_F32 || p == PMPO_PRECISION_BF16;
}

bool pmpo_llama_packs(const pmpo_llama_file *f, pmpo_precision p)
{
    bool has = p == PMPO_PRECISION_BF16 ||
               (f->any_bf16 &&
                (p == PMPO_PRECISION_NATIVE || p == PMPO_PRECISION_F16));
    return has && *pmpo_bf16_name();
}

uint64_t pmpo_llama_weight_bytes(const pmpo_llama_file *f, pmpo_precision p)
{
    return p == PMPO_PRECISION_NATIVE ? f->n_bytes
           : p == PMPO_PRECISION_F16 || p == PMPO_PRECISION_BF16
               ? 2 * f->n_params
               : 4 * f->n_params;
}

uint64_t pmpo_llama_cell_bytes(const pmpo_llama_file *f, pmpo_precision p)
{
    return f->kv_values * (pmpo_llama_exact(p) ? 4 : 2);
}

uint64_t pmpo_llama_fixed_bytes(const pmpo_llama_file *f, pmpo_precision p)
{
    /* Of an output layer that is the table of tokens, too, there is a copy. */
    bool twice = pmpo_llama_packs(f, p) && !f->has_output;
    return pmpo_llama_weight_bytes(f, p) +
           (twice ? 2 * f->n_vocab * f->n_embd : 0) +
           2 * PMPO_MAX_LOGIT_ROWS * f->n_vocab * sizeof(float) + OTHER_BYTES;
}

uint64_t pmpo_llama_needed_bytes(const pmpo_llama_file *f, pmpo_precision p,
                                 bool least)
{
    uint64_t cells = least ? LEAST_CELLS : TYPICAL_CELLS;
    cells = f->n_context && f->n_context < cells ? f->n_context : cells;
    return pmpo_llama_fixed_bytes(f, p) + cells * pmpo_llama_cell_bytes(f, p);
}

/* Half is for replies, half for scoring; half of that for the prefix. */
pmpo_llama_shares pmpo_llama_share_out(const pmpo_llama_file *f,
                                       pmpo_precision p, uint64_t allowed)
{
    pmpo_llama_shares s = {0, MOST_SLOT_BYTES, PMPO_MAX_CELLS, 0};
    uint64_t fixed = pmpo_llama_fixed_bytes(f, p);
    uint64_t cell = pmpo_llama_cell_bytes(f, p);
    if (!allowed || !cell || allowed <= fixed) {
        return s;
    }
    uint64_t room = allowed - fixed;
    s.slot_bytes = room / 2 < MOST_SLOT_BYTES ? room / 2 : MOST_SLOT_BYTES;
    s.kv_bytes = room - s.slot_bytes;
    uint64_t window = s.kv_bytes / cell / 2;
    s.most = window < LEAST_WINDOW ? LEAST_WINDOW : (size_t)window;
    s.window = s.most > PMPO_MAX_CELLS ? PMPO_MAX_CELLS : s.most;
    return s;
}
