/* tiny_model.c: see tiny_model.h. */
#include "tiny_model.h"

#include <ggml.h>
#include <gguf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

enum {
    N_EMBD = 64,
    N_HEAD = 4,
    N_FF = 128,
    N_LAYER = 2,
    N_ROT = N_EMBD / N_HEAD,
    N_VOCAB = 3 + 256,
    TYPE_NORMAL = 1, /* llama.cpp's token types */
    TYPE_UNKNOWN = 2,
    TYPE_CONTROL = 3,
    TYPE_BYTE = 6,
};

typedef struct maker {
    struct gguf_context *g;
    struct ggml_context *c;
    uint64_t state;
} maker;

/* A tensor of `rows` rows of `width` values around `middle`. */
static void put(maker *m, const char *name, int64_t width, int64_t rows,
                float middle, float spread)
{
    struct ggml_tensor *t =
        rows == 1 ? ggml_new_tensor_1d(m->c, GGML_TYPE_F32, width)
                  : ggml_new_tensor_2d(m->c, GGML_TYPE_F32, width, rows);
    float *v = t->data;
    for (int64_t i = 0; i < width * rows; i++) {
        double u = 2 * pmpo_random_unit(&m->state) - 1;
        v[i] = middle + spread * (float)u;
    }
    ggml_set_name(t, name);
    gguf_add_tensor(m->g, t);
}

static void put_layer(maker *m, int i)
{
    static const struct {
        const char *name;
        int64_t width, rows;
    } rows[] = {
        {"attn_q", N_EMBD, N_EMBD},   {"attn_k", N_EMBD, N_EMBD},
        {"attn_v", N_EMBD, N_EMBD},   {"attn_output", N_EMBD, N_EMBD},
        {"ffn_gate", N_EMBD, N_FF},   {"ffn_up", N_EMBD, N_FF},
        {"ffn_down", N_FF, N_EMBD},
    };
    char name[64];
    snprintf(name, sizeof(name), "blk.%d.attn_norm.weight", i);
    put(m, name, N_EMBD, 1, 1, 0);
    snprintf(name, sizeof(name), "blk.%d.ffn_norm.weight", i);
    put(m, name, N_EMBD, 1, 1, 0);
    for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
        snprintf(name, sizeof(name), "blk.%d.%s.weight", i, rows[k].name);
        put(m, name, rows[k].width, rows[k].rows, 0, 0.4f);
    }
}

enum { D_CONV = 4, D_STATE = 8, D_RANK = 4, D_INNER = 2 * N_EMBD };

static void put_recurrent_layer(maker *m, int i)
{
    static const struct {
        const char *name;
        int64_t width, rows;
        float middle, spread;
    } rows[] = {
        {"attn_norm.weight", N_EMBD, 1, 1, 0},
        {"ssm_in.weight", N_EMBD, 2 * D_INNER, 0, 0.4f},
        {"ssm_conv1d.weight", D_CONV, D_INNER, 0, 0.5f},
        {"ssm_conv1d.bias", D_INNER, 1, 0, 0.1f},
        {"ssm_x.weight", D_INNER, D_RANK + 2 * D_STATE, 0, 0.3f},
        {"ssm_dt.weight", D_RANK, D_INNER, 0, 0.5f},
        {"ssm_dt.bias", D_INNER, 1, 0, 0.5f},
        {"ssm_a", D_STATE, D_INNER, -0.5f, 0.4f},
        {"ssm_d", D_INNER, 1, 1, 0.5f},
        {"ssm_out.weight", D_INNER, N_EMBD, 0, 0.3f},
    };
    char name[64];
    for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
        snprintf(name, sizeof(name), "blk.%d.%s", i, rows[k].name);
        put(m, name, rows[k].width, rows[k].rows, rows[k].middle,
            rows[k].spread);
    }
}

static void put_recurrent_shape(maker *m, const tiny_options *o)
{
    gguf_set_val_str(m->g, "general.architecture", "mamba");
    gguf_set_val_str(m->g, "general.name", "tiny");
    gguf_set_val_u32(m->g, "mamba.block_count", N_LAYER);
    gguf_set_val_u32(m->g, "mamba.context_length",
                     o->n_context ? o->n_context : 2048);
    gguf_set_val_u32(m->g, "mamba.embedding_length", N_EMBD);
    gguf_set_val_u32(m->g, "mamba.feed_forward_length", 0);
    gguf_set_val_u32(m->g, "mamba.attention.head_count", 0);
    gguf_set_val_u32(m->g, "mamba.ssm.conv_kernel", D_CONV);
    gguf_set_val_u32(m->g, "mamba.ssm.inner_size", D_INNER);
    gguf_set_val_u32(m->g, "mamba.ssm.state_size", D_STATE);
    gguf_set_val_u32(m->g, "mamba.ssm.time_step_rank", D_RANK);
    gguf_set_val_f32(m->g, "mamba.attention.layer_norm_rms_epsilon", 1e-5f);
}

static const char chatml[] =
    "{% for m in messages %}{{'<|im_start|>' + m['role'] + '\\n' + "
    "m['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\\n'}}{% endif %}";

static void put_vocab(maker *m, bool chat)
{
    char texts[N_VOCAB][16] = {"<unk>", "<s>", "</s>"};
    if (chat) {
        snprintf(texts[1], sizeof(texts[1]), "<|im_start|>");
        snprintf(texts[2], sizeof(texts[2]), "<|im_end|>");
        gguf_set_val_str(m->g, "tokenizer.chat_template", chatml);
    }
    const char *list[N_VOCAB];
    float scores[N_VOCAB] = {0};
    int32_t types[N_VOCAB] = {TYPE_UNKNOWN, TYPE_CONTROL, TYPE_CONTROL};
    for (int i = 0; i < N_VOCAB; i++) {
        if (i >= 3) {
            snprintf(texts[i], sizeof(texts[i]), "<0x%02X>", i - 3);
            types[i] = TYPE_BYTE;
        }
        list[i] = texts[i];
    }
    gguf_set_val_str(m->g, "tokenizer.ggml.model", "llama");
    gguf_set_arr_str(m->g, "tokenizer.ggml.tokens", list, N_VOCAB);
    gguf_set_arr_data(m->g, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores,
                      N_VOCAB);
    gguf_set_arr_data(m->g, "tokenizer.ggml.token_type", GGUF_TYPE_INT32,
                      types, N_VOCAB);
    gguf_set_val_u32(m->g, "tokenizer.ggml.unknown_token_id", 0);
    gguf_set_val_u32(m->g, "tokenizer.ggml.bos_token_id", 1);
    gguf_set_val_u32(m->g, "tokenizer.ggml.eos_token_id", 2);
    gguf_set_val_bool(m->g, "tokenizer.ggml.add_bos_token", !chat);
    gguf_set_val_bool(m->g, "tokenizer.ggml.add_space_prefix", false);
}

static void put_shape(maker *m, const tiny_options *o)
{
    gguf_set_val_str(m->g, "general.architecture", "llama");
    gguf_set_val_str(m->g, "general.name", "tiny");
    gguf_set_val_u32(m->g, "llama.block_count", N_LAYER);
    gguf_set_val_u32(m->g, "llama.context_length",
                     o->n_context ? o->n_context : 2048);
    gguf_set_val_u32(m->g, "llama.embedding_length", N_EMBD);
    gguf_set_val_u32(m->g, "llama.feed_forward_length", N_FF);
    uint32_t n_head = o->n_head ? o->n_head : N_HEAD;
    gguf_set_val_u32(m->g, "llama.attention.head_count", n_head);
    gguf_set_val_f32(m->g, "llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf_set_val_u32(m->g, "llama.rope.dimension_count", N_EMBD / n_head);
}

static void put_factors(maker *m, const tiny_options *o)
{
    gguf_set_val_str(m->g, "llama.rope.scaling.type", "longrope");
    gguf_set_val_u32(m->g, "llama.rope.scaling.original_context_length",
                     o->n_context_short);
    put(m, "rope_factors_long.weight", N_ROT / 2, 1, 4, 1);
    put(m, "rope_factors_short.weight", N_ROT / 2, 1, 1, 0.1f);
}

void tiny_model_write(const char *path, const tiny_options *o)
{
    maker m = {
        .g = gguf_init_empty(),
        .c = ggml_init((struct ggml_init_params){.mem_size = 8 << 20}),
        .state = 1,
    };
    if (o->recurrent) {
        put_recurrent_shape(&m, o);
    } else {
        put_shape(&m, o);
    }
    if (o->n_parts) {
        gguf_set_val_u16(m.g, "split.count", o->n_parts);
    }
    if (o->odd_architecture) {
        gguf_set_val_u32(m.g, "general.architecture", 7);
    }
    put_vocab(&m, o->chat);
    put(&m, "token_embd.weight", N_EMBD, N_VOCAB, 0, 1);
    for (int i = 0; o->bad_token && i < N_EMBD; i++) {
        float *v = ggml_get_tensor(m.c, "token_embd.weight")->data;
        v[o->bad_token * N_EMBD + i] = NAN;
    }
    put(&m, "output.weight", N_EMBD, N_VOCAB, 0, 0.4f);
    put(&m, "output_norm.weight", N_EMBD, 1, 1, 0);
    for (int i = 0; i < N_LAYER; i++) {
        if (o->recurrent) {
            put_recurrent_layer(&m, i);
        } else {
            put_layer(&m, i);
        }
    }
    if (o->n_context_short) {
        put_factors(&m, o);
    }
    if (!gguf_write_to_file(m.g, path, false)) {
        perror(path);
        abort();
    }
    gguf_free(m.g);
    ggml_free(m.c);
}
