/* compress_loop.h: makes a prompt shorter by removing parts, for the room above.
 *
 * Backward elimination: the training examples rank the parts, the validation
 * examples check each step, the test examples measure the result. */
#ifndef PMPO_SEARCH_COMPRESS_LOOP_H
#define PMPO_SEARCH_COMPRESS_LOOP_H

#include "score/score.h"
#include "text/keep.h"

typedef struct pmpo_compress_input {
    pmpo_scorer *train, *validation;
    pmpo_scorer *test; /* NULL: none */
    const pmpo_vocab *vocab;
    const pmpo_kept *kept; /* parts that stay */
    pmpo_str prompt;       /* without marks */
    double margin;         /* nats */
    pmpo_grain finest;
    pmpo_score_context context; /* cache, cost, tick; purpose is set here */
    /* Called after each step; may be NULL. */
    void (*step)(void *ud, const pmpo_compress_step *s, size_t tokens_before);
    void *ud;
} pmpo_compress_input;

/* Fills prompts, tokens, losses, interval and steps of *out, which live in
 * `mem`. */
int pmpo_search_compress(const pmpo_compress_input *in, pmpo_arena *mem,
                         pmpo_compression *out, pmpo_error *err);

#endif
