/* pmpo_compress.h: the part of pmpo.h that makes a prompt shorter. Do not
 * include it: pmpo.h does. */
#ifndef PMPO_COMPRESS_H
#define PMPO_COMPRESS_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

typedef struct pmpo_compress_options {
    size_t size;
    pmpo_score_options score; /* `limit` applies before the split */
    /* How many nats the loss of the shorter prompt may be higher. 0.01 */
    double margin;
    /* The smallest parts to remove. Larger parts are tried first. */
    pmpo_grain grain; /* PMPO_GRAIN_CLAUSE */
    pmpo_str freeze;  /* as in pmpo_optimize_options */
    /* By default two fifths for training, which ranks the parts, two fifths for
     * validation, which checks each step, and one fifth for the test. */
    pmpo_split split;
} pmpo_compress_options;

PMPO_API void pmpo_compress_options_init(pmpo_compress_options *o);

/* One removal of one or more parts. */
typedef struct pmpo_compress_step {
    pmpo_str prompt;   /* after the removal */
    size_t n_pieces;   /* parts removed together */
    pmpo_grain grain;  /* their kind */
    size_t n_tokens;   /* of `prompt`, by the model's tokeniser */
    double train_loss, val_loss;
} pmpo_compress_step;

typedef struct pmpo_compression {
    pmpo_str before, after; /* equal if nothing could be removed */
    size_t tokens_before, tokens_after;
    double train_before, train_after; /* losses */
    double val_before, val_after;
    double test_before, test_after; /* NAN: no test part */
    /* Paired 95 % interval of test_after - test_before, over distinct inputs:
     * the only figure here that did not influence what was removed. */
    double test_low, test_high;
    const pmpo_compress_step *steps; /* in order; the last gives `after` */
    size_t n_steps;
    /* Over all rounds: removals of one part that were tried, and those of them that
     * saved tokens within the margin on the training part. */
    size_t n_tried, n_within;
    size_t n_train, n_val, n_test;
    double margin;
    pmpo_cost cost;
    const char *warning; /* "" or one line */
} pmpo_compression;

/* Removes parts of `prompt`, which may have {{keep}} marks, as long as its loss
 * on the training and on the validation examples is at most o->margin higher
 * than that of the given prompt. In each round the removal of every part is
 * tried alone on the training examples; then the parts that save the most
 * tokens for the least loss are removed together, as many as the margin allows.
 * PMPO_EDATA: too few examples for training and validation. */
PMPO_API int pmpo_compress(pmpo_model *m, const pmpo_data *d, pmpo_str prompt,
                           const pmpo_compress_options *o,
                           pmpo_compression **out, pmpo_error *err);
PMPO_API void pmpo_compression_free(pmpo_compression *c);

#endif
