/* match.c: compares a reply's answer, as a free text, with the expected one. */
#include "eval/match.h"

#include "base/fold.h"
#include "base/thinking.h"
#include "eval/reply.h"

/* ---- texts --------------------------------------------------------------------------- */

/* Where a remark begins: ", you return", ". We", " because", "(". */
static const char *const remarks[] = {
    ", you ", ", we ", ", it ", ", he ", ", she ", ", they ", ", this ",
    ", that ", ", the ", ", since ", ", because ", ", as ", ", so ", ", but ",
    ", not ", ", which ", ", there ", ". ", "; ", " because ", " since ",
    " (", " - ", "\n", NULL,
};

/* The same words, also where a minus is written otherwise or stands before a
 * box, "-\boxed{18". */
static bool same_text(pmpo_str s, pmpo_str answer)
{
    pmpo_str box = PMPO_STR("\\boxed{");
    size_t n = pmpo_minus_at(s, 0), m = pmpo_minus_at(answer, 0);
    if (n == 0 || m == 0 || answer.len == m) {
        return pmpo_same_words(s, answer);
    }
    s = pmpo_str_sub(s, n, s.len);
    s = pmpo_str_sub(s, pmpo_str_starts(s, box) ? box.len : 0, s.len);
    return pmpo_same_words(s, pmpo_str_sub(answer, m, answer.len));
}

/* Is `s` the answer, with at most a remark after it? */
static bool says(pmpo_str s, pmpo_str answer)
{
    s = pmpo_str_trim(s);
    size_t end = pmpo_find_any_word(s, 0, remarks);
    pmpo_str whole = pmpo_unwrap(pmpo_str_sub(s, pmpo_skip_markup(s, 0),
                                              s.len));
    return same_text(pmpo_unwrap(s), answer) || same_text(whole, answer) ||
           same_text(pmpo_unwrap(pmpo_str_sub(s, 0, end)), answer);
}

/* An announcement always has a text, right or wrong. */
static bool begins_text(const void *ud, pmpo_str s, double *v)
{
    pmpo_str braces = pmpo_str_sub(s, pmpo_skip_markup(s, 0), s.len);
    while (braces.len > 0 && strchr("}]\\)$", braces.ptr[braces.len - 1])) {
        braces.len--;
    }
    *v = says(s, *(const pmpo_str *)ud) || says(braces, *(const pmpo_str *)ud);
    return true;
}

static bool opens_text(const void *ud, pmpo_str line, pmpo_str next,
                       double *v)
{
    (void)next;
    *v = 1;
    return says(line, *(const pmpo_str *)ud);
}

static bool states_text(const void *ud, pmpo_str s, double *v)
{
    *v = says(s, *(const pmpo_str *)ud);
    return true;
}

static bool match_text(pmpo_str reply, bool complete, pmpo_str answer)
{
    const pmpo_answer_kind kind = {begins_text, states_text, opens_text, NULL,
                                   &answer};
    double v;
    return same_text(pmpo_unwrap(reply), answer) ||
           (pmpo_reply_read(reply, complete, &kind, &v) && v == 1);
}

bool pmpo_match_exact(pmpo_str reply, bool complete, pmpo_str answer,
                      const pmpo_answers_known *k)
{
    bool ended;
    if (same_text(pmpo_unwrap(reply), pmpo_unwrap(answer))) {
        return true; /* an answer may name the tags of thinking */
    }
    reply = pmpo_after_thinking(reply, &ended);
    answer = pmpo_unwrap(pmpo_after_thinking(answer, &ended));
    for (size_t i = 0; k && i < k->n; i++) {
        if (pmpo_same_words(pmpo_unwrap(k->options[i]), answer)) {
            return pmpo_read_option(reply, complete, k) == i;
        }
    }
    return match_text(reply, complete, answer);
}
