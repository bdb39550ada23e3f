/* accept.h: which candidate of an iteration replaces the incumbent. Pure.
 *
 * The default rule wants a training gain above twice the noise floor and,
 * where there is a validation part, a validation loss that is not above the
 * incumbent's and below the start prompt's by its paired standard error or
 * more: the incumbent alone as a measure drifts, since each got there by a
 * look at the same examples (bench/gate.c compares such rules). The published rule (arXiv 2505.16307)
 * takes the lowest training loss if it is lower than the incumbent's. */
#ifndef PMPO_SEARCH_ACCEPT_H
#define PMPO_SEARCH_ACCEPT_H

#include "pmpo.h"

#define PMPO_REASON_BYTES 240

typedef struct pmpo_accept_rule {
    bool paper;
    bool has_validation;   /* without effect under `paper` */
    double incumbent_loss; /* on the training part */
    double noise_floor;    /* nats; NAN counts as 0 */
} pmpo_accept_rule;

/* One candidate; the caller fills the losses, pmpo_accept the reason. */
typedef struct pmpo_accept_entry {
    double loss;        /* on the training part; NAN: not scored to the end */
    const char *given_up; /* why it wasn't scored to the end; NULL */
    double lower_bound; /* of it, where scoring was given up; else NAN */
    bool considered;    /* false: leave it alone, it has its fate already */
    char reason[PMPO_REASON_BYTES];
} pmpo_accept_entry;

typedef struct pmpo_validation {
    double start, incumbent, candidate; /* losses */
    double error; /* paired standard error of start less candidate; NAN:
                   * unknown, counts as 0 */
} pmpo_validation;

/* What the losses on the validation part decide; exposed for bench/gate.c. */
typedef enum pmpo_gate {
    PMPO_GATE_PASSES,
    PMPO_GATE_WORSE,      /* above the incumbent's */
    PMPO_GATE_NO_GAIN,    /* not clearly below the start prompt's */
} pmpo_gate;

pmpo_gate pmpo_validation_gate(const pmpo_validation *v);

/* Scores candidate `i` on the validation part; only asked where it matters. */
typedef int (*pmpo_validate_fn)(void *ud, size_t i, pmpo_validation *out,
                                pmpo_error *err);

#define PMPO_ACCEPT_NONE ((size_t)-1)

typedef struct pmpo_decision {
    size_t accepted;   /* index, or PMPO_ACCEPT_NONE */
    double best_gain;  /* largest training gain seen; NAN: nothing scored */
    double threshold;  /* a gain must exceed this */
    size_t n_failed_validation;
    char text[PMPO_REASON_BYTES]; /* one line */
} pmpo_decision;

/* Decides and gives every considered entry its reason. Ties go to the first.
 * Fails only with what `validate` returns. */
int pmpo_accept(const pmpo_accept_rule *rule, pmpo_accept_entry *entries,
                size_t n, pmpo_validate_fn validate, void *ud,
                pmpo_decision *out, pmpo_error *err);

#endif
