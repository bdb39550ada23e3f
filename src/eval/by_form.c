/* by_form.c: the metric of a run, chosen by the form of the data's answers or
 * named. */
#include "eval/eval.h"
#include "eval/match.h"
#include "text/text.h"

#define SHORT_BYTES 60 /* an answer, not a text */
#define SHORT_WORDS 5

/* "(B)", "B" or "B.", and nothing else. */
static bool is_letter(pmpo_str s)
{
    s = pmpo_str_trim(s);
    if (s.len == 3 && s.ptr[0] == '(' && s.ptr[2] == ')') {
        s = pmpo_str_sub(s, 1, 2);
    } else if (s.len == 2 && (s.ptr[1] == '.' || s.ptr[1] == ')')) {
        s.len = 1;
    }
    return s.len == 1 && pmpo_is_upper(s.ptr[0]);
}

static bool is_short(pmpo_str s)
{
    size_t words = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool space = pmpo_is_space(s.ptr[i]);
        words += !space && (i == 0 || pmpo_is_space(s.ptr[i - 1]));
    }
    return s.len <= SHORT_BYTES && words <= SHORT_WORDS;
}

static bool all(const pmpo_data *d, bool (*is)(pmpo_str s))
{
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        if (!is(pmpo_example_label(pmpo_data_example(d, i)))) {
            return false;
        }
    }
    return pmpo_data_count(d) > 0;
}

/* Has some example a known answer beside its outputs, or options? */
static bool has_answers(const pmpo_data *d)
{
    bool has = false;
    for (size_t i = 0; i < pmpo_data_count(d); i++) {
        const pmpo_example *e = pmpo_data_example(d, i);
        has = has || e->answer.len > 0 || e->n_options > 0;
    }
    return has;
}

unsigned pmpo_metric_by_form(const pmpo_data *d)
{
    return pmpo_all_are_pairs(d) && !has_answers(d) ? 0
           : all(d, pmpo_text_is_number)            ? PMPO_METRIC_NUMBER
           : all(d, is_letter)                      ? PMPO_METRIC_CHOICE
           : all(d, is_short)                       ? PMPO_METRIC_EXACT
                                                    : 0;
}

unsigned pmpo_run_metric_bit(pmpo_run_metric m)
{
    switch (m) {
    case PMPO_RUN_METRIC_EXACT:
        return PMPO_METRIC_EXACT;
    case PMPO_RUN_METRIC_NUMBER:
        return PMPO_METRIC_NUMBER;
    case PMPO_RUN_METRIC_CHOICE:
        return PMPO_METRIC_CHOICE;
    case PMPO_RUN_METRIC_AUTO:
    case PMPO_RUN_METRIC_NONE:
        break;
    }
    return 0;
}
