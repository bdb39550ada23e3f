/* llama_file.c: see llama_file.h. */
#include "engine/llama/llama_file.h"

#include <ggml.h>
#include <gguf.h>
#include <stdio.h>
#include <string.h>

#define ARCHITECTURE "general.architecture"

/* "": the file has no text of that name. */
static const char *text_of(const struct gguf_context *g, const char *key)
{
    int64_t at = gguf_find_key(g, key);
    return at >= 0 && gguf_get_kv_type(g, at) == GGUF_TYPE_STRING
               ? gguf_get_val_str(g, at)
               : "";
}

static size_t length_of(const struct gguf_context *g, const char *key)
{
    int64_t at = gguf_find_key(g, key);
    return at >= 0 && gguf_get_kv_type(g, at) == GGUF_TYPE_ARRAY
               ? gguf_get_arr_n(g, at)
               : 0;
}

/* The number that the file gives for ARCH.what, or for each layer (then the
 * largest); 0: none. */
static uint64_t arch_number(const struct gguf_context *g, const char *what)
{
    char key[128];
    snprintf(key, sizeof(key), "%s.%s", text_of(g, ARCHITECTURE), what);
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

static void read_shape(const struct gguf_context *g, pmpo_llama_file *out)
{
    snprintf(out->arch, sizeof(out->arch), "%s", text_of(g, ARCHITECTURE));
    uint64_t heads = arch_number(g, "attention.head_count");
    uint64_t kv_heads = arch_number(g, "attention.head_count_kv");
    uint64_t key = arch_number(g, "attention.key_length");
    uint64_t value = arch_number(g, "attention.value_length");
    uint64_t width = heads ? arch_number(g, "embedding_length") / heads : 0;
    out->kv_values = arch_number(g, "block_count") *
                     (kv_heads ? kv_heads : heads) *
                     ((key ? key : width) + (value ? value : width));
    out->n_vocab = length_of(g, "tokenizer.ggml.tokens");
    out->n_context = arch_number(g, "context_length");
    out->n_embd = arch_number(g, "embedding_length");
    out->n_experts = arch_number(g, "expert_count");
    out->has_output = gguf_find_tensor(g, "output.weight") >= 0;
}

/* llama-gguf-split writes the number as 16 bits. */
static void read_parts(const struct gguf_context *g, pmpo_llama_file *out)
{
    int64_t at = gguf_find_key(g, "split.count");
    bool has = at >= 0 && gguf_get_kv_type(g, at) == GGUF_TYPE_UINT16;
    out->n_parts = has ? gguf_get_val_u16(g, at) : 0;
}

static void read_rope(const struct gguf_context *g, pmpo_llama_file *out)
{
    for (int64_t i = 0; i < gguf_get_n_tensors(g); i++) {
        const char *name = gguf_get_tensor_name(g, i);
        if (strstr(name, "rope_factors_long") ||
            strstr(name, "rope_factors_short")) {
            uint64_t n = arch_number(g, PMPO_ORIGINAL_CONTEXT);
            out->n_short = n ? n : out->n_context;
        }
    }
}

bool pmpo_llama_file_read(const char *path, pmpo_llama_file *out)
{
    struct gguf_context *g = gguf_init_from_file(
        path, (struct gguf_init_params){.no_alloc = true, .ctx = NULL});
    if (!g) {
        return false;
    }
    *out = (pmpo_llama_file){.all_f32 = true, .all_16 = true};
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
        out->any_bf16 = out->any_bf16 || t == GGML_TYPE_BF16;
        out->any_f16 = out->any_f16 || t == GGML_TYPE_F16;
    }
    read_shape(g, out);
    read_rope(g, out);
    read_parts(g, out);
    gguf_free(g);
    return true;
}
