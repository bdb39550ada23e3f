/* llama_file.h: facts from a GGUF's header, before anything is loaded. */
#ifndef PMPO_ENGINE_LLAMA_FILE_H
#define PMPO_ENGINE_LLAMA_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Key suffix, after the architecture's name: the text length up to which the
 * rope factors for short texts hold. */
#define PMPO_ORIGINAL_CONTEXT "rope.scaling.original_context_length"

typedef struct pmpo_llama_file {
    char arch[64];
    uint64_t n_params;
    uint64_t n_bytes; /* of tensors */
    bool all_f32;     /* nothing is narrower */
    bool all_16;      /* nothing is narrower than 16 bits */
    bool any_bf16, any_f16;
    uint64_t kv_values; /* keys and values of one position, all layers */
    uint64_t n_vocab, n_context;
    uint64_t n_embd;    /* width of a token's vector */
    uint64_t n_experts; /* 0: all weights multiply every row */
    bool has_output;    /* a matrix of its own gives the logits, not the one
                         * that tokens are looked up in */
    unsigned n_parts;   /* files that the model is split into; 0: it isn't */
    int64_t n_tensors;
    uint64_t n_file; /* bytes that the file must have at least */
    uint64_t n_short; /* see pmpo_llama; 0: no rope factors for long texts */
} pmpo_llama_file;

/* False: not a GGUF. */
bool pmpo_llama_file_read(const char *path, pmpo_llama_file *out);

#endif
