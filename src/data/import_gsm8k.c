/* import_gsm8k.c: grade-school math word problems (GSM8K).
 *
 * {"question", "answer"}, where the answer is a worked solution whose last
 * line is "#### 42". The solution becomes the target, 42 the answer. Its
 * calculations are annotated for a calculator, "2+3=<<2+3=5>>5", which no one
 * would write: left out unless they are asked for. */
#include "data/import.h"

#include "base/error.h"

/* What follows the last "####"; empty unless there is a digit in it. */
static pmpo_str final_number(pmpo_str worked)
{
    const pmpo_str mark = PMPO_STR("####");
    size_t from = worked.len;
    for (size_t at = 0; (at = pmpo_str_find(worked, mark, at)) != SIZE_MAX;) {
        at += mark.len;
        from = at;
    }
    pmpo_str number = pmpo_str_trim(pmpo_str_sub(worked, from, worked.len));
    for (size_t i = 0; i < number.len; i++) {
        if (pmpo_is_digit(number.ptr[i])) {
            return number;
        }
    }
    return (pmpo_str){"", 0};
}

/* Without "<<...>>", as far as the marks are closed in their line. */
static void put_stripped(pmpo_buf *out, pmpo_str s)
{
    size_t at = 0, open;
    while ((open = pmpo_str_find(s, PMPO_STR("<<"), at)) != SIZE_MAX) {
        size_t close = pmpo_str_find(s, PMPO_STR(">>"), open + 2);
        size_t end = pmpo_str_find(s, PMPO_STR("\n"), open);
        bool closed = close != SIZE_MAX && close < end;
        pmpo_buf_put(out, pmpo_str_sub(s, at, closed ? open : open + 2));
        at = closed ? close + 2 : open + 2;
    }
    pmpo_buf_put(out, pmpo_str_sub(s, at, s.len));
}

static int read_record(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    pmpo_str question, worked;
    int rc = pmpo_record_text(o, "question", &question, err);
    rc = rc < 0 ? rc : pmpo_record_text(o, "answer", &worked, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_str number = final_number(worked);
    if (number.len == 0) {
        return pmpo_fail(err, PMPO_EDATA, "no number after \"####\" in the "
                         "answer");
    }
    const char *annotations = im->o->annotations;
    bool keep = annotations && !strcmp(annotations, "keep");
    pmpo_buf plain = {0};
    if (!keep) {
        put_stripped(&plain, worked);
        worked = pmpo_buf_str(&plain);
    }
    pmpo_fields f = {.object = json_object(), .failed = plain.failed};
    pmpo_fields_text(&f, "input", question);
    pmpo_fields_text(&f, "target", worked);
    pmpo_fields_text(&f, "answer", number);
    pmpo_buf_release(&plain);
    return pmpo_import_put(im, &f, line, err);
}

int pmpo_import_gsm8k(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    int rc = pmpo_import_task(
        im, PMPO_STR("Solve a grade-school math word problem step by step; end "
                     "with #### and the number."), err);
    return rc < 0 ? rc : pmpo_import_records(im, text, read_record, err);
}
