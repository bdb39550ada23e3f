/* contract.h: the form of the answers in what a rewriter writes.
 *
 * A rewriter says what to do; how the answer is to look it leaves out or says
 * worse, and without that its instruction can't win. So the sentences of the
 * contract that the incumbent has stand behind what it wrote, too. */
#ifndef PMPO_PROPOSE_CONTRACT_H
#define PMPO_PROPOSE_CONTRACT_H

#include "propose/propose.h"

#define PMPO_CONTRACT_SENTENCES 4 /* of pmpo_shape: steps, answer, end, style */

typedef struct pmpo_contract {
    pmpo_str sentences[PMPO_CONTRACT_SENTENCES];
    size_t n;
} pmpo_contract;

/* Those that the incumbent's instruction has word for word, in s->scratch; none
 * for the published algorithm. PMPO_ENOMEM. */
int pmpo_contract_held(const pmpo_scene *s, pmpo_contract *out,
                       pmpo_error *err);

/* A splice of replies.h: appends `said` and, behind it, the sentences of `held`,
 * a pmpo_contract, that it lacks. */
void pmpo_contract_restore(const pmpo_scene *s, const void *held, size_t i,
                           pmpo_str said, pmpo_buf *out);

#endif
