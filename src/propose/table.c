/* table.c: all proposers, and the list they append to. */
#include "propose/propose.h"

const pmpo_proposer pmpo_proposers[] = {
    {"rewrite", true, pmpo_propose_rewrites},
};
const size_t pmpo_n_proposers =
    sizeof(pmpo_proposers) / sizeof(pmpo_proposers[0]);

pmpo_proposal *pmpo_proposals_add(pmpo_proposals *list)
{
    if (PMPO_GROW(list->of, list->cap, list->n + 1) < 0) {
        return NULL;
    }
    pmpo_proposal *p = &list->of[list->n++];
    *p = (pmpo_proposal){
        .prompt = PMPO_STR(""),
        .reply = PMPO_STR(""),
        .hard_case = -1,
        .variant = -1,
    };
    return p;
}
