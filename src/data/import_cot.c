/* import_cot.c: chain-of-thought demonstrations of BIG-Bench Hard.
 *
 * A text file: a warning that ends at a line of dashes, a few words about the
 * task, then paragraphs "Q: ..." and "A: ...", the latter ending in "So the
 * answer is X." The question becomes the input, all of the worked answer the
 * target, and X the answer. */
#include "data/import.h"

#include "base/error.h"

#define ANNOUNCED "the answer is "

/* One pair in the making; offsets into the file. */
typedef struct demo {
    size_t question, answer, end; /* where the texts begin, and the pair ends */
    int line;                     /* of the question */
    bool open, answered;
} demo;

/* What follows the last "the answer is", without the full stop. */
static pmpo_str final_answer(pmpo_str worked)
{
    const pmpo_str words = PMPO_STR(ANNOUNCED);
    pmpo_str answer = {"", 0};
    for (size_t at = 0; (at = pmpo_str_find(worked, words, at)) != SIZE_MAX;) {
        at += words.len;
        size_t end = pmpo_str_find(worked, PMPO_STR("\n"), at);
        answer = pmpo_str_trim(pmpo_str_sub(worked, at, end));
    }
    if (answer.len && answer.ptr[answer.len - 1] == '.') {
        answer.len--;
    }
    return answer;
}

static int put_demo(pmpo_import *im, pmpo_str text, const demo *d,
                    pmpo_error *err)
{
    if (!d->answered) {
        return pmpo_fail(err, PMPO_EDATA, "a question without an answer: no "
                         "line below begins with \"A:\"");
    }
    pmpo_str question = pmpo_str_sub(text, d->question, d->answer);
    pmpo_str worked = pmpo_str_trim(pmpo_str_sub(text, d->answer + 2, d->end));
    pmpo_str answer = final_answer(worked);
    if (answer.len == 0) {
        return pmpo_fail(err, PMPO_EDATA, "no \"So the answer is\" in the "
                         "answer to this question");
    }
    pmpo_fields f = {.object = json_object()};
    pmpo_fields_text(&f, "input", pmpo_str_trim(question));
    pmpo_fields_text(&f, "target", worked);
    pmpo_fields_text(&f, "answer", answer);
    return pmpo_import_put(im, &f, d->line, err);
}

static int end_demo(pmpo_import *im, pmpo_str text, demo *d, size_t end,
                    pmpo_error *err)
{
    if (!d->open || pmpo_reader_full(&im->r)) {
        return 0;
    }
    d->end = end;
    int rc = put_demo(im, text, d, err);
    return rc < 0 ? pmpo_reader_bad(&im->r, d->line, err) : 0;
}

/* The first paragraph before the questions, which describes the task. */
static int take_task(pmpo_import *im, pmpo_str head, pmpo_error *err)
{
    size_t dashes = pmpo_str_find(head, PMPO_STR("\n-----"), 0);
    if (dashes == SIZE_MAX) {
        return 0;
    }
    size_t from = pmpo_str_find(head, PMPO_STR("\n"), dashes + 1);
    head = pmpo_str_trim(
        pmpo_str_sub(head, from < head.len ? from : head.len, head.len));
    size_t end = pmpo_str_find(head, PMPO_STR("\n"), 0);
    head = pmpo_str_trim(pmpo_str_sub(head, 0, end));
    return head.len ? pmpo_import_task(im, head, err) : 0;
}

int pmpo_import_cot(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    demo d = {.open = false};
    pmpo_str line;
    int rc = pmpo_import_check(im, text, err), number = 0;
    for (size_t at = 0, begin = 0;
         rc == 0 && pmpo_next_line(text, &at, &line); begin = at) {
        number++;
        if (pmpo_str_starts(line, PMPO_STR("Q:"))) {
            rc = d.open ? end_demo(im, text, &d, begin, err)
                        : take_task(im, pmpo_str_sub(text, 0, begin), err);
            d = (demo){.question = begin + 2, .line = number, .open = true};
        } else if (d.open && !d.answered &&
                   pmpo_str_starts(line, PMPO_STR("A:"))) {
            d.answer = begin;
            d.answered = true;
        }
    }
    rc = rc < 0 ? rc : end_demo(im, text, &d, text.len, err);
    if (rc == 0 && !d.open && pmpo_str_trim(text).len) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s: no demonstrations: no line begins "
                       "with \"Q:\"", im->r.name);
    }
    return rc;
}
