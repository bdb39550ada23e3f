/* guard.h: proposed prompts that a person would throw away on reading. Pure.
 *
 * A small rewriter often retells the example that it was shown, asks its
 * question, or answers it. Such a text may well lower the loss on a few
 * examples; it is no instruction. Each rule is a row of the table in guard.c
 * and gives its reason in one line; tests/data/guards has candidates of real
 * rewriters, marked by hand, that the rules are held to. */
#ifndef PMPO_SEARCH_GUARD_H
#define PMPO_SEARCH_GUARD_H

#include "base/mem.h"
#include "base/str.h"

typedef struct pmpo_guard_input {
    pmpo_str prompt; /* the candidate */
    /* What stands in one of these is allowed: the start prompt, the prompt it
     * was made from, the task's description. */
    pmpo_str start, incumbent, task;
    const pmpo_data *train;
    bool may_copy;   /* words of training examples are welcome */
} pmpo_guard_input;

/* Asks the rules in turn. *refused: one objects, and `reason` (of `bytes`)
 * says why; else reason is "". 0 or PMPO_ENOMEM. */
int pmpo_guard(const pmpo_guard_input *in, char *reason, size_t bytes,
               bool *refused, pmpo_error *err);

/* ---- retelling (retell.c) -------------------------------------------------- */

/* How much of a prompt is one training example's own. A word, or two words in
 * a row, that N examples share with df of them counts log(N/df) / log N: 1
 * for what only one example has, 0 for what all have. Function words, words
 * of instructions in general, and those of the start prompt, the incumbent,
 * the task and the options count nothing. */
typedef struct pmpo_retelling {
    size_t example;   /* that the prompt shares most with */
    double own;       /* summed over the words and pairs shared with it */
    double others;    /* the same sum, mean over the other examples */
    double share;     /* of the prompt's words that count, those shared; 0..1 */
    size_t n_words;   /* of the prompt that count, distinct */
    size_t n_names;   /* of these: written as names are, and in an example */
    size_t n_runs;    /* places where eight words in a row are an example's,
                       * and of no more than half of the examples */
    pmpo_str run;     /* the first; borrowed from the prompt */
    pmpo_str words[3]; /* the first that only this example has; borrowed from
                        * the prompt; len 0: fewer */
} pmpo_retelling;

int pmpo_retell(const pmpo_guard_input *in, pmpo_arena *mem,
                pmpo_retelling *out);
/* Enough to be called a retelling. */
bool pmpo_retells(const pmpo_retelling *r);

#endif
