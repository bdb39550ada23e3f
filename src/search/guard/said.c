/* said.c: what a text says, and may say. */
#include <stdarg.h>

#include "base/bounds.h"
#include "base/plain.h"
#include "search/guard/rules.h"
#include "text/text.h"

#define QUOTED_BYTES 120

int pmpo_quoted(pmpo_str s)
{
    return (int)pmpo_utf8_floor(s, s.len < QUOTED_BYTES ? s.len : QUOTED_BYTES);
}

int pmpo_refuse(pmpo_guard_refusal *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    pmpo_print_list(r->reason, r->bytes, fmt, ap);
    va_end(ap);
    r->refused = true;
    return 0;
}

bool pmpo_says(pmpo_str s, pmpo_str what)
{
    return pmpo_find_word(s, what) != SIZE_MAX;
}

bool pmpo_may_say(const pmpo_guard_input *in, pmpo_str what)
{
    return pmpo_says(in->start, what) || pmpo_says(in->incumbent, what) ||
           pmpo_says(in->task, what);
}

bool pmpo_was_there(const pmpo_guard_input *in, pmpo_str what)
{
    return pmpo_str_find(in->start, what, 0) != SIZE_MAX ||
           pmpo_str_find(in->incumbent, what, 0) != SIZE_MAX ||
           pmpo_str_find(in->task, what, 0) != SIZE_MAX;
}

const char *pmpo_first_said(const pmpo_guard_input *in, const char *const *list)
{
    for (; *list; list++) {
        pmpo_str what = pmpo_str_of(*list);
        if (pmpo_says(in->prompt, what) && !pmpo_may_say(in, what)) {
            return *list;
        }
    }
    return NULL;
}

int pmpo_next_sentence(pmpo_str s, size_t *at, pmpo_arena *mem, pmpo_str *one,
                       pmpo_term **terms, size_t *n)
{
    size_t begin = *at;
    while (*at < s.len && !strchr(".?!\n", s.ptr[*at])) {
        ++*at;
    }
    *at += *at < s.len;
    *one = pmpo_str_trim(pmpo_str_sub(s, begin, *at));
    return pmpo_text_terms(*one, mem, terms, n);
}
