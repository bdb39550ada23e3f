/* loss.h: the table row by which the rest of the program knows a loss.
 *
 * To add a loss: a file loss_NAME.c with its row, and its line in PMPO_LOSSES
 * (pmpo_words.h). Scorer, checks of settings, options and audit read the
 * row. */
#ifndef PMPO_SCORE_LOSS_H
#define PMPO_SCORE_LOSS_H

#include "pmpo.h"

/* The outputs that a loss compares with the target or chosen one. It is not
 * defined for an example without them. */
typedef enum pmpo_loss_reads {
    PMPO_READS_TARGET,   /* none */
    PMPO_READS_REJECTED, /* one at least */
    PMPO_READS_OPTIONS,  /* two at least, the target among them */
} pmpo_loss_reads;

/* The settings that change a loss; the others are refused. */
enum {
    PMPO_USES_REDUCTION = 1 << 0,
    PMPO_USES_NORMALIZE = 1 << 1,
    PMPO_USES_BETA = 1 << 2,
    PMPO_USES_LOSS_ON = 1 << 3,
};

typedef struct pmpo_loss_row {
    pmpo_loss_reads reads;
    unsigned uses;     /* PMPO_USES_ */
    bool may_be_negative; /* if calibrated: pmpo_loss_may_be_negative */
    /* The loss of an example, in nats. targets[0] is the target or chosen
     * output; the others are those of `reads`, which it is compared with. */
    double (*loss)(const pmpo_target_score *targets, size_t n,
                   const pmpo_score_settings *how);
} pmpo_loss_row;

/* Rows are named after the enum: PMPO_LOSS_NLL_ROW. */
#define PMPO_LOSS_ROW(name, word) extern const pmpo_loss_row name##_ROW;
PMPO_LOSSES(PMPO_LOSS_ROW)
#undef PMPO_LOSS_ROW

/* How many kinds there are, AUTO among them. */
enum {
#define PMPO_LOSS_ONE(name, word) +1
    PMPO_N_LOSSES = 0 PMPO_LOSSES(PMPO_LOSS_ONE)
#undef PMPO_LOSS_ONE
};

const pmpo_loss_row *pmpo_loss_row_of(pmpo_loss_kind kind);

/* Does the example have the outputs that the loss reads? */
bool pmpo_loss_fits(pmpo_loss_kind kind, const pmpo_example *e);
/* The *n outputs of `e` that the loss compares with the target. */
const pmpo_str *pmpo_loss_others(pmpo_loss_kind kind, const pmpo_example *e,
                                 size_t *n);

/* The score s(y) of an output: its log-likelihood, minus its prior if
 * calibrated, in nats; with `per_token`, the mean over its tokens. */
double pmpo_output_score(const pmpo_target_score *t, bool per_token);
/* May an example's loss be below 0? If not, a sum over some examples is a bound
 * of that over all. */
bool pmpo_loss_may_be_negative(const pmpo_score_settings *how);
/* Are outputs compared per token? */
bool pmpo_compares_per_token(const pmpo_score_settings *how);

#endif
