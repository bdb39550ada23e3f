/* rules.h: what the rules of the guard share; a file a rule. */
#ifndef PMPO_SEARCH_GUARD_RULES_H
#define PMPO_SEARCH_GUARD_RULES_H

#include "search/guard/guard.h"
#include "text/terms.h"

/* Where a rule puts its reason. */
typedef struct pmpo_guard_refusal {
    char *reason;
    size_t bytes;
    bool refused;
} pmpo_guard_refusal;

/* 0 or PMPO_ENOMEM. It refuses nothing unless it calls pmpo_refuse. `mem` is
 * released behind it. */
typedef int pmpo_rule(const pmpo_guard_input *in, pmpo_arena *mem,
                      pmpo_guard_refusal *r);

pmpo_rule pmpo_rule_turns;    /* turns.c: it plays the chat on */
pmpo_rule pmpo_rule_request;  /* request.c: it speaks of the rewriter's task */
pmpo_rule pmpo_rule_language; /* other_language.c */
pmpo_rule pmpo_rule_labels;   /* some_labels.c: it prefers some labels */
pmpo_rule pmpo_rule_retold;   /* retold.c: it tells an example again */
pmpo_rule pmpo_rule_question; /* question.c: it asks and doesn't instruct */
pmpo_rule pmpo_rule_babble;   /* babble.c: the same words over and over */
pmpo_rule pmpo_rule_nothing;  /* nothing.c: nothing is to be done */

/* ---- said.c: what a text says --------------------------------------------- */

/* Refuses the prompt for a reason. 0, for a rule to return. */
int pmpo_refuse(pmpo_guard_refusal *r, const char *fmt, ...) PMPO_PRINTF(2, 3);

/* For "%.*s": as much of `s` as a reason quotes; no code point is cut. */
int pmpo_quoted(pmpo_str s);

/* `what` is in `s`, as whole words. */
bool pmpo_says(pmpo_str s, pmpo_str what);

/* The start prompt, the incumbent or the task says it: as whole words, or (for
 * scripts without spaces) anywhere. */
bool pmpo_may_say(const pmpo_guard_input *in, pmpo_str what);
bool pmpo_was_there(const pmpo_guard_input *in, pmpo_str what);

/* The first of a NULL-ended list that the prompt says and may not say; NULL:
 * none. */
const char *pmpo_first_said(const pmpo_guard_input *in,
                            const char *const *list);

/* The sentence of `s` that begins at *at, with its n terms (in `mem`); then *at
 * is behind its stop. 0 or PMPO_ENOMEM. */
int pmpo_next_sentence(pmpo_str s, size_t *at, pmpo_arena *mem, pmpo_str *one,
                       pmpo_term **terms, size_t *n);

#endif
