/* baselines.c: fixed instructions that an optimised one has to beat; the
 * four of arXiv 2505.16307, section 4, the last two in our words. */
#include "pmpo.h"

#include <string.h>

static const struct {
    const char *name, *text;
} rows[PMPO_N_BASELINES] = {
    {"answer-only",
     "Please output directly and only output the final answer."},
    {"cot", "Let's think step by step."},
    {"step-back",
     "First think about the principles that the question involves, then solve "
     "it step by step."},
    {"rar",
     "First rephrase the question so that nothing in it is ambiguous, then "
     "solve it step by step."},
};

const char *pmpo_baseline(int i, const char **text)
{
    bool known = i >= 0 && i < PMPO_N_BASELINES;
    if (text) {
        *text = known ? rows[i].text : "";
    }
    return known ? rows[i].name : "";
}
