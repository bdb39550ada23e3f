/* at_odds.c: a prompt that asks for two things that exclude each other. */
#include <string.h>

#include "base/bounds.h"
#include "text/text.h"

/* The answer alone. */
static const char *const alone_words[] = {"only output",
                                          "output only",
                                          "answer only",
                                          "only the answer",
                                          "only the final answer",
                                          "only the label",
                                          "label only",
                                          "without any explanation",
                                          "without explanation",
                                          "no explanation",
                                          "nothing else",
                                          NULL};

/* The way to it, too. */
static const char *const way_words[] = {"step by step",
                                        "step-by-step",
                                        "in brief steps",
                                        "each step",
                                        "with the reasons",
                                        "intermediate result",
                                        "in your own words",
                                        "list the given facts",
                                        "smaller questions",
                                        "explain your",
                                        "show your work",
                                        "show your reasoning",
                                        "the calculation of each",
                                        NULL};

/* Is what begins at `at` denied in its sentence: "don't explain your answer"? */
static bool is_denied(pmpo_str s, size_t at)
{
    size_t begin = at;
    while (begin > 0 && !strchr(".!?\n", s.ptr[begin - 1])) {
        begin--;
    }
    pmpo_str before = pmpo_str_sub(s, begin, at);
    return pmpo_find_word(before, PMPO_STR("not")) != SIZE_MAX ||
           pmpo_find_word(before, PMPO_STR("don't")) != SIZE_MAX ||
           pmpo_find_word(before, PMPO_STR("never")) != SIZE_MAX ||
           pmpo_find_word(before, PMPO_STR("without")) != SIZE_MAX;
}

/* The first of the list that it says; empty: none. */
static pmpo_str said(pmpo_str s, const char *const *list)
{
    for (; *list; list++) {
        pmpo_str words = pmpo_str_of(*list);
        size_t at = pmpo_find_word(s, words);
        if (at != SIZE_MAX && !is_denied(s, at)) {
            return pmpo_str_sub(s, at, at + words.len);
        }
    }
    return PMPO_STR("");
}

bool pmpo_text_at_odds(pmpo_str prompt, pmpo_str *alone, pmpo_str *way)
{
    *alone = said(prompt, alone_words);
    *way = said(prompt, way_words);
    return alone->len > 0 && way->len > 0;
}
