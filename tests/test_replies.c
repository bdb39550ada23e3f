/* test_replies.c: replies marked by hand, and how often they are read as a
 * person reads them.
 *
 * data/replies.jsonl has a reply a line: `metric`, `options` and the `texts` of
 * lettered ones, where there are any, `reply`, whether it is `complete`, and
 * `mark`: the answer that it gives to a careful reader, null for none, written
 * down before any program had read it. `part` says what the row is for:
 * "tuned" and "unseen" are what real models (`model`, `task`) replied, the
 * rules of reading were worked out on the first half only; "by hand" is
 * awkward wording made up to try them, all of which must be read right. To add
 * a case add a line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "eval/match.h"

#define LEAST 0.98 /* of each metric's real replies */
#define MAX_OPTIONS 64

enum { NUMBER, CHOICE, EXACT, N_METRICS };
enum { TUNED, UNSEEN, BY_HAND, N_PARTS };

static const char *const metrics[] = {"number", "choice", "exact"};
static const char *const parts[] = {"tuned", "unseen", "by hand"};

static json_t *lines[2000];
static size_t n_lines;
static size_t n[N_METRICS][N_PARTS], right[N_METRICS][N_PARTS];

static int find(const char *name, const char *const *list, int n_list)
{
    for (int i = 0; i < n_list; i++) {
        if (strcmp(name, list[i]) == 0) {
            return i;
        }
    }
    fail_msg("unknown: %s", name);
    return 0;
}

static pmpo_str text(const json_t *row, const char *field)
{
    const json_t *v = json_object_get(row, field);
    return json_is_string(v) ? (pmpo_str){json_string_value(v),
                                          json_string_length(v)}
                             : (pmpo_str){NULL, 0};
}

static const pmpo_str *list(const json_t *row, const char *field,
                            pmpo_str room[MAX_OPTIONS], size_t *n_items)
{
    const json_t *v = json_object_get(row, field);
    *n_items = json_array_size(v);
    assert_true(*n_items <= MAX_OPTIONS);
    for (size_t i = 0; i < *n_items; i++) {
        room[i] = pmpo_str_of(json_string_value(json_array_get(v, i)));
    }
    return *n_items ? room : NULL;
}

/* What the reply is read as, in the words of the marks; "": none. */
static void read_reply(const json_t *row, char *out, size_t room)
{
    pmpo_str options[MAX_OPTIONS], texts[MAX_OPTIONS];
    pmpo_str reply = text(row, "reply"), mark = text(row, "mark");
    pmpo_answers_known k = {NULL, NULL, 0};
    size_t n_texts, i;
    double v, want;
    bool complete = json_is_true(json_object_get(row, "complete"));
    k.options = list(row, "options", options, &k.n);
    k.texts = list(row, "texts", texts, &n_texts);
    assert_true(n_texts == 0 || n_texts == k.n);
    out[0] = '\0';
    switch (find(text(row, "metric").ptr, metrics, N_METRICS)) {
    case NUMBER:
        if (pmpo_read_number(reply, complete, &v)) {
            want = mark.ptr ? strtod(mark.ptr, NULL) : NAN;
            if (fabs(v - want) <= 1e-6 * fmax(1, fabs(want))) {
                snprintf(out, room, "%s", mark.ptr);
            } else {
                snprintf(out, room, "%.10g", v);
            }
        }
        break;
    case CHOICE:
        out[0] = pmpo_read_letter(reply, complete, &k);
        out[1] = '\0';
        break;
    case EXACT:
        i = k.n ? pmpo_read_option(reply, complete, &k) : SIZE_MAX;
        bool free_form = k.n == 0 && mark.ptr &&
                         pmpo_match_exact(reply, complete, mark, &k);
        snprintf(out, room, "%s",
                 i < k.n ? k.options[i].ptr : free_form ? mark.ptr : "");
        break;
    }
}

static void load(void)
{
    FILE *f = fopen(PMPO_TEST_DATA "/replies.jsonl", "r");
    json_error_t why;
    assert_non_null(f);
    for (json_t *row; (row = json_loadf(f, JSON_DISABLE_EOF_CHECK, &why));) {
        assert_true(n_lines < sizeof(lines) / sizeof(*lines));
        lines[n_lines++] = row;
    }
    assert_true(feof(f));
    fclose(f);
}

static void test_replies_are_read_as_by_a_person(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_lines; i++) {
        char got[256];
        pmpo_str mark = text(lines[i], "mark");
        int m = find(text(lines[i], "metric").ptr, metrics, N_METRICS);
        int p = find(text(lines[i], "part").ptr, parts, N_PARTS);
        read_reply(lines[i], got, sizeof(got));
        bool same = strcmp(got, mark.ptr ? mark.ptr : "") == 0;
        n[m][p]++;
        right[m][p] += same;
        if (!same) {
            print_message("line %zu: %s, %s: read as [%s], by a person as "
                          "[%s]:\n%s\n\n", i + 1, metrics[m], parts[p], got,
                          mark.ptr ? mark.ptr : "", text(lines[i], "reply").ptr);
        }
    }
    for (int m = 0; m < N_METRICS; m++) {
        size_t real = n[m][TUNED] + n[m][UNSEEN];
        size_t agree = right[m][TUNED] + right[m][UNSEEN];
        print_message("%-8s tuned %zu/%zu, unseen %zu/%zu, by hand %zu/%zu\n",
                      metrics[m], right[m][TUNED], n[m][TUNED],
                      right[m][UNSEEN], n[m][UNSEEN], right[m][BY_HAND],
                      n[m][BY_HAND]);
        assert_true((double)agree >= LEAST * (double)real);
        assert_int_equal(right[m][BY_HAND], n[m][BY_HAND]);
    }
}

static void test_there_are_enough(void **state)
{
    (void)state;
    size_t real = 0, made_up = 0;
    for (int m = 0; m < N_METRICS; m++) {
        assert_true(n[m][TUNED] >= 40 && n[m][UNSEEN] >= 40);
        real += n[m][TUNED] + n[m][UNSEEN];
        made_up += n[m][BY_HAND];
    }
    assert_true(real >= 300);
    assert_true(made_up >= 49);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_are_read_as_by_a_person),
        cmocka_unit_test(test_there_are_enough),
    };
    load();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < n_lines; i++) {
        json_decref(lines[i]);
    }
    return failed;
}
