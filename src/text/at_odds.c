/* at_odds.c: a prompt that asks for two things that exclude each other, or for the
 * answer alone twice. */
#include <string.h>

#include "base/bounds.h"
#include "text/text.h"

/* Nothing but the answer, whatever it is: two sentences of these say the same. */
static const char *const plain_words[] = {
    "only output",         "output only",           "answer only",
    "only the answer",     "only the final answer", "without any explanation",
    "without explanation", "no explanation",        NULL};

/* The answer alone. Some are of the sentences that propose/shape.c writes for short
 * answers; those that list labels or ask for a form go with steps. */
static const char *const alone_words[] = {
    "only the label", "label only",         "number only",  "words only",
    "with one word",  "one short sentence", "nothing else", NULL};

/* The way to it, too. */
static const char *const way_words[] = {"step by step",
                                        "step-by-step",
                                        "in steps",
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

static const char *const brief_words[] = {"briefly", NULL};
static const char *const full_words[] = {"in full", "in detail", NULL};

typedef struct side {
    const char *asks_for;
    const char *const *words[2]; /* the second may be NULL */
} side;

static const side pairs[][2] = {
    {{"the answer alone", {plain_words, alone_words}},
     {"the way to it", {way_words}}},
    {{"a brief answer", {brief_words}}, {"a full one", {full_words}}},
};

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
    for (; list && *list; list++) {
        pmpo_str words = pmpo_str_of(*list);
        size_t at = pmpo_find_word(s, words);
        if (at != SIZE_MAX && !is_denied(s, at)) {
            return pmpo_str_sub(s, at, at + words.len);
        }
    }
    return PMPO_STR("");
}

static pmpo_str said_of(pmpo_str s, const side *of)
{
    pmpo_str a = said(s, of->words[0]);
    return a.len > 0 ? a : said(s, of->words[1]);
}

bool pmpo_text_at_odds(pmpo_str prompt, pmpo_odds *out)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        *out = (pmpo_odds){{pairs[i][0].asks_for, pairs[i][1].asks_for},
                           {said_of(prompt, &pairs[i][0]),
                            said_of(prompt, &pairs[i][1])}};
        if (out->words[0].len > 0 && out->words[1].len > 0) {
            return true;
        }
    }
    return false;
}

bool pmpo_text_alone_twice(pmpo_str prompt, pmpo_str start, pmpo_str *first,
                           pmpo_str *second)
{
    pmpo_span s[PMPO_MAX_SEGMENTS];
    size_t n, found = 0;
    pmpo_text_segment(prompt, PMPO_MAX_SEGMENTS, s, &n);
    for (size_t i = 0; i < n && found < 2; i++) {
        pmpo_str one = pmpo_str_sub(prompt, s[i].begin, s[i].end);
        if (said(one, plain_words).len > 0 &&
            pmpo_str_find(start, one, 0) == SIZE_MAX) {
            *(found++ ? second : first) = one;
        }
    }
    return found == 2;
}
