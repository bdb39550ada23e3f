/* vet.h: is a proposed prompt worth scoring?
 *
 * Every proposer's candidates pass here, by pmpo_vet_row (state.h). The rules themselves know nothing of a run in work: to add one,
 * add its row to the table in vet.c. */
#ifndef PMPO_SEARCH_VET_H
#define PMPO_SEARCH_VET_H

#include "model/model.h"
#include "search/guard.h"
#include "store/store.h"
#include "text/keep.h"

#define PMPO_VET_REASON_BYTES 1000

typedef struct pmpo_vet_input {
    pmpo_str prompt;
    const pmpo_candidate_row *rows; /* [n_rows] the run's earlier prompts */
    size_t n_rows;
    int incumbent;          /* which of them */
    const pmpo_guard_input *guard; /* but for its prompt; NULL: no guard */
    const pmpo_vocab *vocab; /* of the scorer */
    int max_tokens;         /* 0: no cap */
    bool may_repeat;        /* a sentence may stand there twice */
    const pmpo_kept *kept;  /* what it must hold; NULL: nothing */
} pmpo_vet_input;

typedef struct pmpo_verdict {
    pmpo_fate fate; /* PMPO_FATE_PENDING: to be scored */
    size_t n_tokens; /* of the prompt; 0: refused before it was counted */
    char reason[PMPO_VET_REASON_BYTES]; /* one line; "" while pending */
} pmpo_verdict;

/* Asks the rules in turn; the first that objects decides. Fails only with
 * what the tokeniser returns, or for want of memory. */
int pmpo_vet(const pmpo_vet_input *in, pmpo_verdict *out, pmpo_error *err);

/* Tokens of the prompt alone. */
int pmpo_count_tokens(const pmpo_vocab *v, pmpo_str prompt, size_t *n,
                      pmpo_error *err);

/* The first of rows[0..n) with this prompt, or -1; white space at the ends
 * doesn't make another prompt. */
int pmpo_find_prompt(const pmpo_candidate_row *rows, size_t n,
                     pmpo_str prompt);

#endif
