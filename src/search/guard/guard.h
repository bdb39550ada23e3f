/* guard.h: refuses proposed prompts that a reader would reject at once. Pure.
 *
 * A small rewriter often retells the example that it was shown, asks its
 * question, or answers it. Such a text may lower the loss on a few examples,
 * but it is not an instruction. Each rule has a file and a row in guard.c and
 * gives its reason in one line. The rules are tested on candidates of real
 * rewriters that were marked by hand (tests/data/guards). */
#ifndef PMPO_SEARCH_GUARD_GUARD_H
#define PMPO_SEARCH_GUARD_GUARD_H

#include "base/mem.h"
#include "base/str.h"
#include "pmpo.h"

typedef struct pmpo_guard_input {
    pmpo_str prompt; /* the candidate */
    /* Words of these are always allowed: the start prompt, the incumbent, the
     * description of the task. */
    pmpo_str start, incumbent, task;
    const pmpo_data *train;
    const pmpo_data *validation; /* for the set of labels; NULL: none */
    bool may_copy;   /* words of training examples are allowed, too */
} pmpo_guard_input;

/* Applies the rules in turn. *refused: one refuses the prompt, and `reason` (of
 * `bytes` bytes) says why; else `reason` is "". 0 or PMPO_ENOMEM. */
int pmpo_guard(const pmpo_guard_input *in, char *reason, size_t bytes,
               bool *refused, pmpo_error *err);

/* ---- retelling (retell.c) -------------------------------------------------- */

/* How much of a prompt is specific to one training example. A word, or two
 * words in a row, that df of N examples have counts log(N/df) / log N: 1 if
 * only one example has it, 0 if all have it. Function words, words common in
 * instructions, and those of the start prompt, the incumbent, the task and the
 * options count 0. */
typedef struct pmpo_retelling {
    size_t example;   /* index of the one with which the prompt shares most */
    double own;       /* sum over the words and pairs shared with it */
    double others;    /* mean of the same sum over the other examples */
    double share;     /* of the prompt's words that count, those shared; 0..1 */
    size_t n_words;   /* distinct words of the prompt that count */
    size_t n_names;   /* of these, words written like names and in an example */
    size_t n_runs;    /* places where eight words in a row are from an example,
                       * but from at most half of the examples */
    pmpo_str run;     /* the first such place; borrowed from the prompt */
    pmpo_str words[3]; /* the first words that only this example has; borrowed
                        * from the prompt; len 0: there are fewer */
} pmpo_retelling;

int pmpo_retell(const pmpo_guard_input *in, pmpo_arena *mem,
                pmpo_retelling *out);
/* Is it enough to call the prompt a retelling? */
bool pmpo_retells(const pmpo_retelling *r);

#endif
