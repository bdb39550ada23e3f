/* question.c: it asks a question and gives no instruction, or asks that of an example. */
#include "base/bounds.h"
#include "data/data.h"
#include "search/guard/rules.h"

/* First words of a sentence that tells somebody to do something. */
static const char instructing[] =
    "answer assess apply analyse analyze ask assign assume avoid be begin "
    "break calculate categorise "
    "categorize check choose classify combine compare complete compute "
    "conclude consider count create "
    "decide deduce define describe determine display distinguish divide do "
    "draw end ensure estimate "
    "evaluate examine explain extract figure find finish first focus follow "
    "for format generate get give "
    "go group identify ignore imagine include infer indicate interpret judge "
    "keep label let let's list "
    "locate look make map mark match name never note number only order "
    "organise organize output parse "
    "perform pick place plan please predict present print produce provide put "
    "rank read reason recall "
    "record remember reply report respond restate return review route round "
    "say select set show simplify "
    "simulate solve sort specify start state sum summarise summarize then "
    "think trace track treat try "
    "understand use verify visualise visualize work write you your";

static bool begins_instruction(pmpo_str word)
{
    for (const char *p = instructing; *p;) {
        size_t n = strcspn(p, " ");
        if (pmpo_str_alike((pmpo_str){p, n}, word)) {
            return true;
        }
        p += n + (p[n] == ' ');
    }
    return false;
}

/* How many examples have the sentence in their input. */
static size_t examples_saying(const pmpo_data *d, pmpo_str sentence)
{
    size_t n = 0;
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        pmpo_str input = pmpo_data_example(d, i)->input;
        size_t at = 0;
        while (at + sentence.len <= input.len &&
               !pmpo_same_at(input, at, sentence)) {
            at++;
        }
        n += at + sentence.len <= input.len;
    }
    return n;
}

#define QUESTION_WORDS 5 /* fewer may be said by chance */

/* A question of some examples, of no more than half of them. */
static bool is_examples_question(const pmpo_guard_input *in, pmpo_str sentence,
                                 size_t n_words)
{
    size_t n = examples_saying(in->train, sentence);
    return !in->may_copy && n_words >= QUESTION_WORDS && n > 0 &&
           (n == 1 || 2 * n <= pmpo_data_count(in->train)) &&
           !pmpo_may_say(in, sentence);
}

int pmpo_rule_question(const pmpo_guard_input *in, pmpo_arena *mem,
                       pmpo_guard_refusal *r)
{
    pmpo_str s = in->prompt, asked = PMPO_STR("");
    bool instructs = false;
    for (size_t at = 0, n; at < s.len;) {
        pmpo_str one;
        pmpo_term *t;
        if (pmpo_next_sentence(s, &at, mem, &one, &t, &n) < 0) {
            return PMPO_ENOMEM;
        }
        bool question = one.len > 0 && one.ptr[one.len - 1] == '?';
        asked = question && n > 0 ? one : asked;
        if (question && is_examples_question(in, one, n)) {
            return pmpo_refuse(r, "it asks the question of an example: '%.*s'",
                               pmpo_quoted(one), one.ptr);
        }
        for (size_t i = 0; i < n && !question && !instructs; i++) {
            bool head = i == 0 || t[i - 1].marker ||
                        t[i - 1].text.ptr + t[i - 1].text.len + 1 <
                            t[i].text.ptr;
            instructs = head && begins_instruction(t[i].text) &&
                        examples_saying(in->train, one) == 0;
        }
    }
    return asked.len == 0 || instructs
               ? 0
               : pmpo_refuse(r, "it asks '%.*s' and gives no instruction",
                             pmpo_quoted(asked), asked.ptr);
}
