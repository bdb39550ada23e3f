/* labels.h: the closed set of labels that the known answers of a run are from.
 * Pure.
 *
 * Either all examples have the same options, or the targets are short and each
 * occurs twice or more on average. The validation part counts, too: a small
 * training part may lack a label, and a prompt that lists the others would never
 * let it be answered. The test part never does. */
#ifndef PMPO_PROPOSE_LABELS_H
#define PMPO_PROPOSE_LABELS_H

#include "base/mem.h"
#include "pmpo.h"

typedef struct pmpo_labels {
    const pmpo_str *of; /* options in the file's order, or targets by their
                         * bytes; texts borrowed from the data */
    size_t n;           /* 0: there is no closed set */
    bool numbers;       /* each is a number: marks of a scale */
} pmpo_labels;

/* *out lives in `mem`. `validation` may be NULL. PMPO_ENOMEM. */
int pmpo_labels_read(const pmpo_data *train, const pmpo_data *validation,
                     pmpo_arena *mem, pmpo_labels *out, pmpo_error *err);
/* How many examples of `test` have a target that is none of them; 0 where there is
 * no closed set. *first: the first such target. */
size_t pmpo_labels_lacking(const pmpo_labels *labels, const pmpo_data *test,
                           pmpo_str *first);

#endif
