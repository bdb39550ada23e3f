/* thinking.c: what a reply says once its model has thought. */
#include "base/thinking.h"

#define OPENED "<think>"
#define CLOSED "</think>"

static pmpo_str behind(pmpo_str s, size_t closed_at)
{
    return pmpo_str_sub(s, closed_at + sizeof(CLOSED) - 1, s.len);
}

pmpo_str pmpo_after_thinking(pmpo_str reply, bool *ended)
{
    pmpo_str rest = reply;
    size_t at;
    while ((at = pmpo_str_find(rest, PMPO_STR(CLOSED), 0)) != SIZE_MAX) {
        rest = behind(rest, at);
    }
    *ended = pmpo_str_find(rest, PMPO_STR(OPENED), 0) == SIZE_MAX;
    return *ended ? rest : PMPO_STR("");
}

pmpo_str pmpo_after_first_thought(pmpo_str reply, bool *ended)
{
    size_t open = pmpo_str_find(reply, PMPO_STR(OPENED), 0);
    size_t close = pmpo_str_find(reply, PMPO_STR(CLOSED), 0);
    bool begins = pmpo_str_starts(pmpo_str_trim(reply), PMPO_STR(OPENED));
    *ended = !begins || close != SIZE_MAX;
    return !*ended                  ? PMPO_STR("")
           : begins || close < open ? behind(reply, close)
                                    : reply;
}

size_t pmpo_stop_in(pmpo_str reply, pmpo_str stop)
{
    bool ended;
    pmpo_str said = pmpo_after_first_thought(reply, &ended);
    return ended && stop.len ? pmpo_str_find(reply, stop, reply.len - said.len)
                             : SIZE_MAX;
}
