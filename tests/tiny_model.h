/* tiny_model.h: a GGUF of random weights, small enough to be made in a test:
 * llama.cpp itself runs, without a model on disk. Its tokens are the 256 bytes
 * and three specials; it makes no sense of any text, but of every token
 * before the one at hand. */
#ifndef PMPO_TESTS_TINY_MODEL_H
#define PMPO_TESTS_TINY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct tiny_options {
    uint32_t n_context;       /* 0: 2048 */
    /* Positions up to which the factors for short texts hold; 0: the model
     * has no such factors. */
    uint32_t n_context_short;
    uint32_t n_head;          /* 0: 4, of 16 values */
    bool recurrent;           /* a Mamba; without rope factors, then */
    bool chat;                /* two specials are ChatML's, with its template */
    uint16_t n_parts;         /* it says that it is one of so many files */
    bool odd_architecture;    /* whose name is a number */
    int32_t bad_token;        /* its embedding is NaN; 0: none is */
} tiny_options;

/* Writes the model to `path`; fails the test where it can't. */
void tiny_model_write(const char *path, const tiny_options *o);

#endif
