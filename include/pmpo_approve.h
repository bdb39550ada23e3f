/* pmpo_approve.h: the part of pmpo.h that lets a person approve each new
 * incumbent of a run. Do not include it: pmpo.h does. */
#ifndef PMPO_APPROVE_H
#define PMPO_APPROVE_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* A piece of text in a comparison of an old and a new text: in both, only in
 * the old one, only in the new one. */
typedef enum pmpo_change { PMPO_SAME, PMPO_GONE, PMPO_NEW } pmpo_change;

typedef struct pmpo_diff_piece {
    pmpo_change change;
    pmpo_str text; /* from the old text if GONE, else from the new one; white
                    * space belongs to the word before it */
} pmpo_diff_piece;

/* A candidate that is about to become the incumbent: its training loss is lower
 * and it has passed validation. Valid during the call only. */
typedef struct pmpo_would_be {
    int iteration; /* 1..; 0: the opening */
    int id;        /* of the candidate */
    const char *proposer;
    pmpo_str incumbent, candidate;
    const pmpo_diff_piece *diff; /* from incumbent to candidate */
    size_t n_diff;
    double train_before, train_after; /* losses, nats */
    double val_before, val_after;     /* NAN: no validation part */
} pmpo_would_be;

typedef enum pmpo_approval {
    PMPO_APPROVAL_ACCEPT,
    PMPO_APPROVAL_REFUSE, /* then the next best candidate is asked about */
    PMPO_APPROVAL_EDIT,   /* *edited is scored instead, and asked about if it is
                           * good enough */
} pmpo_approval;

/* Returns a pmpo_approval, for PMPO_APPROVAL_EDIT with *edited set to text that
 * stays valid until the next call; or a negative pmpo_code, which stops
 * pmpo_optimize with everything saved. After PMPO_ECANCELLED, pmpo_resume asks
 * again. */
typedef int (*pmpo_ask_fn)(void *ud, const pmpo_would_be *w,
                           pmpo_str *edited, pmpo_error *err);

#endif
