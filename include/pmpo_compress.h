/* pmpo_compress.h: the part of pmpo.h that makes a prompt shorter. pmpo.h
 * includes it where it belongs; include that. */
#ifndef PMPO_COMPRESS_H
#define PMPO_COMPRESS_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

typedef struct pmpo_compress_options {
    size_t size;
    pmpo_score_options score; /* `limit`: of all examples, before the split */
    /* Nats: what a shorter prompt's loss may be above the given one's. 0.01 */
    double margin;
    /* The finest parts that are taken out. Coarser ones go first. */
    pmpo_grain grain; /* PMPO_GRAIN_CLAUSE */
    pmpo_str freeze;  /* as in pmpo_optimize_options */
    /* Two fifths each for training, which ranks the parts, and validation,
     * which has a say in each step; a fifth for the test. */
    pmpo_split split;
} pmpo_compress_options;

PMPO_API void pmpo_compress_options_init(pmpo_compress_options *o);

/* One more thing taken out. */
typedef struct pmpo_compress_step {
    pmpo_str prompt;   /* after it */
    size_t n_pieces;   /* taken out together in this step */
    pmpo_grain grain;  /* of this kind */
    size_t n_tokens;   /* of `prompt`, by the model's tokeniser */
    double train_loss, val_loss;
} pmpo_compress_step;

typedef struct pmpo_compression {
    pmpo_str before, after; /* equal where nothing could go */
    size_t tokens_before, tokens_after;
    double train_before, train_after; /* losses */
    double val_before, val_after;
    double test_before, test_after; /* NAN: no test part */
    /* Paired 95 % interval of test_after - test_before, over different inputs:
     * the one figure here that had no part in the choice. */
    double test_low, test_high;
    const pmpo_compress_step *steps; /* in order; the last gives `after` */
    size_t n_steps;
    size_t n_train, n_val, n_test;
    double margin;
    pmpo_cost cost;
    const char *warning; /* "" or one line */
} pmpo_compression;

/* Takes parts out of `prompt` (which may hold {{keep}} marks) while its loss
 * stays within the margin of the given prompt's, on the training and on the
 * validation examples. In each round every part is tried alone on the training
 * examples; those that save most tokens for their loss go together, as many as
 * the margins allow. PMPO_EDATA: too few examples for two parts. */
PMPO_API int pmpo_compress(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                           const pmpo_compress_options *o,
                           pmpo_compression **out, pmpo_error *err);
PMPO_API void pmpo_compression_free(pmpo_compression *c);

#endif
