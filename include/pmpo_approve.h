/* pmpo_approve.h: the part of pmpo.h by which a person has the last word on
 * each new incumbent of a run. pmpo.h includes it where it belongs; include
 * that. */
#ifndef PMPO_APPROVE_H
#define PMPO_APPROVE_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* What became of some words between two texts. */
typedef enum pmpo_change { PMPO_SAME, PMPO_GONE, PMPO_NEW } pmpo_change;

typedef struct pmpo_diff_piece {
    pmpo_change change;
    pmpo_str text; /* of the old text where gone, else of the new; white space
                    * goes with the word before it */
} pmpo_diff_piece;

/* A candidate that would become the incumbent: it has a lower training loss
 * and has passed validation. Borrowed during the call. */
typedef struct pmpo_would_be {
    int iteration; /* 1..; 0: the opening */
    int id;        /* of the candidate */
    const char *proposer;
    pmpo_str incumbent, candidate;
    const pmpo_diff_piece *diff; /* from the one to the other */
    size_t n_diff;
    double train_before, train_after; /* losses, nats */
    double val_before, val_after;     /* NAN: no validation part */
} pmpo_would_be;

typedef enum pmpo_approval {
    PMPO_APPROVAL_ACCEPT,
    PMPO_APPROVAL_REFUSE, /* the next best is asked about, if there is one */
    PMPO_APPROVAL_EDIT,   /* *edited is scored in its place, and asked about if
                         * it is good enough */
} pmpo_approval;

/* Returns a pmpo_approval, with *edited set (borrowed until the next call) where
 * it is PMPO_APPROVAL_EDIT; or a negative pmpo_code, which ends the sitting with
 * everything kept: PMPO_ECANCELLED to be asked again by pmpo_resume. */
typedef int (*pmpo_ask_fn)(void *ud, const pmpo_would_be *w,
                           pmpo_str *edited, pmpo_error *err);

#endif
