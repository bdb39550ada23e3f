/* accept.h: which candidate of an iteration replaces the incumbent. Pure.
 *
 * The default rule requires a training gain above twice the noise floor and, if
 * there is a validation part, a validation loss that is at most the incumbent's
 * and below the start prompt's by at least the paired standard error. Comparing
 * with the incumbent alone would drift, because each incumbent was accepted by
 * the same examples (bench/gate.c compares such rules). The published rule
 * (arXiv 2505.16307) takes the lowest training loss if it is lower than the
 * incumbent's. */
#ifndef PMPO_SEARCH_ACCEPT_H
#define PMPO_SEARCH_ACCEPT_H

#include "pmpo.h"

#define PMPO_REASON_BYTES                                                      \
    240 /* of one line with a few numbers; longer text is cut */

typedef struct pmpo_accept_rule {
    bool paper;
    bool has_validation;   /* without effect under `paper` */
    double incumbent_loss; /* on the training part */
    double noise_floor;    /* nats; NAN counts as 0 */
    bool priced;           /* all losses are with their prompts' prices */
} pmpo_accept_rule;

/* One candidate; the caller fills the losses, pmpo_accept the reason. */
typedef struct pmpo_accept_entry {
    double loss;        /* on the training part; NAN: scoring stopped early */
    const char *given_up; /* why scoring stopped early; NULL */
    double lower_bound; /* of the loss, if scoring stopped early; else NAN */
    bool considered;    /* false: its fate is already decided; ignore it */
    pmpo_fate fate;     /* that fate; PMPO_FATE_PENDING: it was new and sound */
    char reason[PMPO_REASON_BYTES];
} pmpo_accept_entry;

typedef struct pmpo_validation {
    double start, incumbent, candidate; /* losses */
    double error; /* paired standard error of start less candidate; NAN:
                   * unknown, counts as 0 */
} pmpo_validation;

/* The result of the validation losses; public for bench/gate.c. */
typedef enum pmpo_gate {
    PMPO_GATE_PASSES,
    PMPO_GATE_WORSE,      /* above the incumbent's */
    PMPO_GATE_NO_GAIN,    /* not clearly below the start prompt's */
} pmpo_gate;

pmpo_gate pmpo_validation_gate(const pmpo_validation *v);

/* Scores candidate `i` on the validation part; called only if the result
 * matters. */
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

/* Decides, and sets the reason of every considered entry. Of equal candidates
 * the first is accepted. Fails only if `validate` fails. */
int pmpo_accept(const pmpo_accept_rule *rule, pmpo_accept_entry *entries,
                size_t n, pmpo_validate_fn validate, void *ud,
                pmpo_decision *out, pmpo_error *err);

#endif
