/* import_aqua.c: algebra questions with rationales (AQuA-RAT).
 *
 * {"question", "options": ["A)21", ..], "rationale", "correct": "A"}. The
 * input shows the options as BIG-Bench Hard does, "(A) 21". What the target
 * is depends on the form asked for: the rationale, or a letter, "(A)", with
 * the others as options or as rejected outputs. */
#include "data/import.h"

#include "base/error.h"

#define MAX_LETTERS 26 /* A to Z */

/* The text of option i, which is "A)..." for the first; ptr NULL: it isn't. */
static pmpo_str option_text(json_t *options, size_t i)
{
    pmpo_str s = pmpo_str_trim(pmpo_json_str(json_array_get(options, i)));
    if (s.len < 2 || s.ptr[0] != (char)('A' + i) || s.ptr[1] != ')') {
        return (pmpo_str){NULL, 0};
    }
    return pmpo_str_trim(pmpo_str_sub(s, 2, s.len));
}

static int check_options(json_t *options, pmpo_str correct, pmpo_error *err)
{
    size_t n = json_array_size(options);
    if (n < 2 || n > MAX_LETTERS) {
        return pmpo_fail(err, PMPO_EDATA, "options is not a list of 2 to %d "
                         "strings", MAX_LETTERS);
    }
    for (size_t i = 0; i < n; i++) {
        if (!option_text(options, i).ptr) {
            return pmpo_fail(err, PMPO_EDATA, "option %zu does not begin with "
                             "\"%c)\"", i + 1, (int)('A' + i));
        }
    }
    if (correct.len != 1 || correct.ptr[0] < 'A' ||
        correct.ptr[0] >= (char)('A' + n)) {
        return pmpo_fail(err, PMPO_EDATA, "correct is \"%.*s\", none of the "
                         "options A to %c", pmpo_shown(correct), correct.ptr,
                         (int)('A' + n - 1));
    }
    return 0;
}

/* The question with its options below it. */
static void put_input(pmpo_fields *f, pmpo_str question, json_t *options)
{
    pmpo_buf b = {0};
    pmpo_buf_put(&b, question);
    pmpo_buf_puts(&b, "\nOptions:");
    for (size_t i = 0; i < json_array_size(options); i++) {
        pmpo_buf_printf(&b, "\n(%c) ", (int)('A' + i));
        pmpo_buf_put(&b, option_text(options, i));
    }
    f->failed |= b.failed;
    pmpo_fields_text(f, "input", pmpo_buf_str(&b));
    pmpo_buf_release(&b);
}

/* "(A)", "(B)" and so on, n of them; without the one at `but`. */
static json_t *letters(size_t n, size_t but)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) {
        const char text[] = {'(', (char)('A' + i), ')', '\0'};
        if (i != but && json_array_append_new(list, json_string(text)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void put_target(pmpo_fields *f, const char *as, pmpo_str rationale,
                       char correct, size_t n)
{
    const char letter[] = {'(', correct, ')', '\0'};
    if (!strcmp(as, "target")) {
        pmpo_fields_text(f, "target", rationale);
        pmpo_fields_text(f, "answer", (pmpo_str){&correct, 1});
    } else if (!strcmp(as, "options")) {
        pmpo_fields_text(f, "target", pmpo_str_of(letter));
        pmpo_fields_value(f, "options", letters(n, SIZE_MAX));
    } else {
        pmpo_fields_text(f, "chosen", pmpo_str_of(letter));
        pmpo_fields_value(f, "rejected", letters(n, (size_t)(correct - 'A')));
        pmpo_fields_text(f, "answer", (pmpo_str){&correct, 1});
    }
}

static int read_record(pmpo_import *im, json_t *o, int line, pmpo_error *err)
{
    pmpo_str question, rationale, correct;
    json_t *options = pmpo_json_field(o, "options");
    int rc = pmpo_record_text(o, "question", &question, err);
    rc = rc < 0 ? rc : pmpo_record_text(o, "rationale", &rationale, err);
    rc = rc < 0 ? rc : pmpo_record_text(o, "correct", &correct, err);
    rc = rc < 0 ? rc : check_options(options, correct, err);
    if (rc < 0) {
        return rc;
    }
    const char *as = im->o->as ? im->o->as : "target";
    if (!strcmp(as, "target") && rationale.len == 0) {
        return pmpo_import_drop(im, "no rationale");
    }
    pmpo_fields f = {.object = json_object()};
    put_input(&f, question, options);
    put_target(&f, as, rationale, correct.ptr[0], json_array_size(options));
    return pmpo_import_put(im, &f, line, err);
}

int pmpo_import_aqua(pmpo_import *im, pmpo_str text, pmpo_error *err)
{
    bool worked = !im->o->as || !strcmp(im->o->as, "target");
    int rc = pmpo_import_task(
        im, worked ? PMPO_STR("Solve an algebra word problem step by step; end "
                              "with the letter of the right option.")
                   : PMPO_STR("Solve an algebra word problem; answer with the "
                              "letter of the right option, such as (A)."),
        err);
    return rc < 0 ? rc : pmpo_import_records(im, text, read_record, err);
}
