/* nothing.c: it asks for nothing, or takes the task back. */
#include "search/guard/rules.h"

static bool is(const pmpo_term *t, const char *word)
{
    return pmpo_str_alike(t->text, pmpo_str_of(word));
}

static bool is_one_of(const pmpo_term *t, const char *const *words)
{
    for (; *words; words++) {
        if (is(t, *words)) {
            return true;
        }
    }
    return false;
}

/* Of t[0..n): nothing, or "(to) the message". */
static bool is_all_of_it(const pmpo_term *t, size_t n)
{
    static const char *const to[] = {"to", NULL};
    static const char *const which[] = {"the", "this",  "any",
                                        "all", "every", NULL};
    static const char *const what[] = {
        "message",  "messages",  "input",       "inputs",       "text", "texts",
        "question", "questions", "problem",     "problems",     "task", "tasks",
        "request",  "requests",  "instruction", "instructions", NULL};
    size_t i = n > 0 && is_one_of(&t[0], to);
    return n == 0 || (n == i + 2 && is_one_of(&t[i], which) &&
                      is_one_of(&t[i + 1], what));
}

/* Words of a denial that t[0..n) begins with: "do not", "never". */
static size_t n_denying(const pmpo_term *t, size_t n)
{
    bool two = n > 1 && is(&t[0], "do") && is(&t[1], "not");
    bool one = n > 0 && (is(&t[0], "never") || is(&t[0], "don't"));
    return two ? 2 : one;
}

/* "Do not classify the message.", "Ignore the input.", "Do nothing." and no more;
 * "Do not answer the question directly" says how. */
static bool denies_task(const pmpo_term *t, size_t n)
{
    static const char *const verbs[] = {"answer",     "assign",  "categorise",
                                        "categorize", "choose",  "classify",
                                        "decide",     "label",   "process",
                                        "reply",      "respond", "solve",
                                        "sort",       NULL};
    size_t polite = n > 0 && is(&t[0], "please");
    t += polite;
    n -= polite;
    size_t i = n_denying(t, n);
    bool nothing = n == 2 && is(&t[0], "do") && is(&t[1], "nothing");
    bool denied = i > 0 ? n > i && is_one_of(&t[i], verbs)
                        : n > 1 && is(&t[0], "ignore");
    return nothing || (denied && is_all_of_it(t + i + 1, n - i - 1));
}

/* A sentence that takes the task back; numbers alone; a heading alone. */
int pmpo_rule_nothing(const pmpo_guard_input *in, pmpo_arena *mem,
                      pmpo_guard_refusal *r)
{
    pmpo_str s = pmpo_str_trim(in->prompt);
    size_t words = 0;
    for (size_t at = 0, n; at < s.len;) {
        pmpo_str one;
        pmpo_term *t;
        if (pmpo_next_sentence(s, &at, mem, &one, &t, &n) < 0) {
            return PMPO_ENOMEM;
        }
        for (size_t i = 0; i < n; i++) {
            words += !t[i].number;
        }
        if (denies_task(t, n) && !pmpo_may_say(in, one)) {
            return pmpo_refuse(r, "it takes the task back: '%.*s'",
                               pmpo_quoted(one), one.ptr);
        }
    }
    bool heading = words == 1 && s.ptr[s.len - 1] == ':';
    return (words > 0 && !heading) || pmpo_was_there(in, s)
               ? 0
               : pmpo_refuse(r, "it tells nobody to do anything");
}
