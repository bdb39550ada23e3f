/* turns.c: it plays the chat on. */
#include "base/bounds.h"
#include "search/guard/rules.h"

static const char *const turn_marks[] = {
    "<|", "|>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>",
    "<end_of_turn>", "<s>", "</s>", "<bos>", "<eos>", "<think>", "</think>",
    "### Response", "### Input", "### Instruction", NULL};

static const char *const speakers[] = {"user:", "assistant:", "system:",
                                       "human:", "bot:", NULL};

int pmpo_rule_turns(const pmpo_guard_input *in, pmpo_arena *mem,
                    pmpo_guard_refusal *r)
{
    (void)mem;
    const char *mark = pmpo_first_said(in, turn_marks);
    if (mark) {
        return pmpo_refuse(r, "it holds '%s', which ends a turn of the chat",
                           mark);
    }
    pmpo_str s = in->prompt;
    for (size_t at = 0; at < s.len; at++) {
        if (at > 0 && s.ptr[at - 1] != '\n') {
            continue;
        }
        for (const char *const *w = speakers; *w; w++) {
            if (pmpo_same_at(s, at, pmpo_str_of(*w)) &&
                !pmpo_may_say(in, pmpo_str_of(*w))) {
                return pmpo_refuse(r,
                                   "a line of it begins with '%s', as if "
                                   "another turn of the chat began",
                                   *w);
            }
        }
    }
    return 0;
}
