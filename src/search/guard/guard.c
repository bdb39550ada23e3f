/* guard.c: the table of rules. To add one, write it in a file of its own, declare
 * it in rules.h and add its row at the end; then add candidates that it refuses,
 * and some like them that it must not, to tests/data/guards. */
#include "base/error.h"
#include "search/guard/rules.h"

static pmpo_rule *const rules[] = {pmpo_rule_turns,    pmpo_rule_request,
                                   pmpo_rule_language, pmpo_rule_labels,
                                   pmpo_rule_retold,   pmpo_rule_question,
                                   pmpo_rule_babble,   pmpo_rule_nothing};

int pmpo_guard(const pmpo_guard_input *in, char *reason, size_t bytes,
               bool *refused, pmpo_error *err)
{
    pmpo_guard_refusal r = {reason, bytes, false};
    reason[0] = '\0';
    int rc = 0;
    for (size_t i = 0;
         rc == 0 && !r.refused && i < sizeof(rules) / sizeof(rules[0]); i++) {
        pmpo_arena mem = {0};
        rc = rules[i](in, &mem, &r);
        pmpo_arena_release(&mem);
    }
    *refused = r.refused;
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}
