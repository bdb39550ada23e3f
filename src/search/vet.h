/* vet.h: is a proposed prompt worth scoring?
 *
 * The candidates of all proposers are checked here, by pmpo_vet_row (state.h).
 * The rules do not depend on the state of a run. To add one, add its row to the
 * table in vet.c. */
#ifndef PMPO_SEARCH_VET_H
#define PMPO_SEARCH_VET_H

#include "model/model.h"
#include "search/guard/guard.h"
#include "store/store.h"
#include "text/keep.h"

#define PMPO_VET_REASON_BYTES 1000

typedef struct pmpo_vet_input {
    pmpo_str prompt;
    const pmpo_candidate_row *rows; /* [n_rows] the run's earlier prompts */
    size_t n_rows;
    int incumbent;          /* which of them */
    const pmpo_guard_input *guard; /* its `prompt` is ignored; NULL: no guard */
    const pmpo_vocab *vocab; /* of the scorer */
    int max_tokens;         /* 0: no limit */
    bool may_repeat;        /* a sentence may occur twice */
    bool is_joined; /* of sentences of several prompts, which have to fit
                             * together (pmpo_text_at_odds) and not to say the
                             * same (pmpo_text_alone_twice) */
    pmpo_str start; /* whose sentences may stay */
    const pmpo_kept *kept;  /* parts that it must have; NULL: none */
} pmpo_vet_input;

typedef struct pmpo_verdict {
    pmpo_fate fate; /* PMPO_FATE_PENDING: to be scored */
    size_t n_tokens; /* of the prompt; 0: refused before it was counted */
    char reason[PMPO_VET_REASON_BYTES]; /* one line; "" while pending */
} pmpo_verdict;

/* Applies the rules in turn; the first that refuses the prompt decides. Fails
 * only if the tokeniser fails or memory runs out. */
int pmpo_vet(const pmpo_vet_input *in, pmpo_verdict *out, pmpo_error *err);

/* *n is the number of tokens of the prompt alone. */
int pmpo_count_tokens(const pmpo_vocab *v, pmpo_str prompt, size_t *n,
                      pmpo_error *err);

/* The index of the first of rows[0..n) with this prompt, or -1; white space at
 * the ends is ignored. */
int pmpo_find_prompt(const pmpo_candidate_row *rows, size_t n,
                     pmpo_str prompt);

#endif
