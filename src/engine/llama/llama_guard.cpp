// llama_guard.cpp: the calls into llama.cpp that may throw, each caught here, since
// an exception must not cross a C frame.
#include <exception>

extern "C" {
#include <llama.h>

#define EBACKEND (-7) /* PMPO_EBACKEND */

struct llama_model *pmpo_guard_load(const char *path,
                                    struct llama_model_params p)
{
    try {
        return llama_model_load_from_file(path, p);
    } catch (...) {
        return nullptr;
    }
}

struct llama_context *pmpo_guard_context(struct llama_model *m,
                                         struct llama_context_params p)
{
    try {
        return llama_init_from_model(m, p);
    } catch (...) {
        return nullptr;
    }
}

int pmpo_guard_decode(struct llama_context *ctx, struct llama_batch b)
{
    try {
        return llama_decode(ctx, b);
    } catch (...) {
        return EBACKEND;
    }
}

int pmpo_guard_tokenize(const struct llama_vocab *v, const char *text,
                        int32_t len, llama_token *ids, int32_t max,
                        bool add_special, bool parse_special)
{
    try {
        return llama_tokenize(v, text, len, ids, max, add_special,
                              parse_special);
    } catch (...) {
        return INT32_MIN;
    }
}

int pmpo_guard_chat(const char *tmpl, const struct llama_chat_message *m,
                    size_t n, bool assistant, char *buf, int32_t len)
{
    try {
        return llama_chat_apply_template(tmpl, m, n, assistant, buf, len);
    } catch (...) {
        return -1;
    }
}

int pmpo_guard_quantize(const char *from, const char *to,
                        const llama_model_quantize_params *p)
{
    try {
        return llama_model_quantize(from, to, p) == 0 ? 0 : EBACKEND;
    } catch (...) {
        return EBACKEND;
    }
}

llama_token pmpo_guard_sample(struct llama_sampler *s,
                              struct llama_context *ctx, int32_t row)
{
    try {
        return llama_sampler_sample(s, ctx, row);
    } catch (...) {
        return LLAMA_TOKEN_NULL;
    }
}

struct llama_sampler *pmpo_guard_grammar(const struct llama_vocab *v,
                                         const char *gbnf, const char *root)
{
    try {
        return llama_sampler_init_grammar(v, gbnf, root);
    } catch (...) {
        return nullptr;
    }
}

int pmpo_guard_apply(struct llama_sampler *s, llama_token_data_array *all)
{
    try {
        llama_sampler_apply(s, all);
        return 0;
    } catch (...) {
        return EBACKEND;
    }
}

int pmpo_guard_accept(struct llama_sampler *s, llama_token t)
{
    try {
        llama_sampler_accept(s, t);
        return 0;
    } catch (...) {
        return EBACKEND;
    }
}

} // extern "C"
