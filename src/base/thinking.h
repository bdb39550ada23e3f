/* thinking.h: what a reply says once its model has thought, which some models
 * write down between <think> and </think>. The chat template may have opened the
 * thinking, so that the reply begins inside it. Pure; results borrow from
 * `reply` and end where it ends, or are "". */
#ifndef PMPO_BASE_THINKING_H
#define PMPO_BASE_THINKING_H

#include "base/str.h"

/* What follows the last </think>; all of the reply where there is none. *ended:
 * false, and the result empty, where a <think> behind it is never closed. */
pmpo_str pmpo_after_thinking(pmpo_str reply, bool *ended);

/* The same for replies whose text may itself name these tags, as a prompt does
 * that asks for them: only thinking that the reply begins with is left out. */
pmpo_str pmpo_after_first_thought(pmpo_str reply, bool *ended);

/* Where `stop`, which thinking may name, ends a reply that is still being
 * written or is whole: its first byte behind such thinking. SIZE_MAX: nowhere,
 * or it is empty. */
size_t pmpo_stop_in(pmpo_str reply, pmpo_str stop);

#endif
