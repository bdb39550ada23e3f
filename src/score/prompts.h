/* prompts.h: scores several prompts on the same data and reports progress. */
#ifndef PMPO_SCORE_PROMPTS_H
#define PMPO_SCORE_PROMPTS_H

#include "score/score.h"

typedef struct pmpo_prompt_list {
    const pmpo_str *prompts;
    size_t n;
    pmpo_cache *cache;         /* NULL: none */
    pmpo_progress_fn progress; /* may be NULL */
    void *progress_ud;
    pmpo_cost *cost;           /* added to */
    pmpo_arena *mem;           /* of the scores */
} pmpo_prompt_list;

/* Scores all prompts together; out[i] is the score of prompt i. If `reversed`,
 * a scorer with the other packing, is not NULL, it scores the first prompt into
 * *other. The first failure of any prompt fails the call. */
int pmpo_score_prompts(pmpo_scorer *s, pmpo_scorer *reversed,
                       const pmpo_prompt_list *l, pmpo_prompt_score *out,
                       pmpo_prompt_score *other, pmpo_error *err);

#endif
