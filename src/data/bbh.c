/* bbh.c: BIG-Bench Hard files as they are published.
 *
 * Such a file is one JSON object whose "examples" are {input, target}; the
 * possible answers are not stated and must be inferred. An input that ends in
 * an "Options:" block names them. Without one, a file with only a few distinct
 * targets is a choice between these; any other file is free-form, and its
 * rejected outputs are drawn from the set that the example is in. */
#include "data/set.h"

#include <limits.h>
#include <stdlib.h>

#include "base/error.h"

#define MAX_LABELS 4 /* of a task whose targets are its options */

/* ---- what the tasks are ------------------------------------------------- */

static const struct {
    const char *file, *task;
} tasks[] = {
    {"boolean_expressions",
     "Evaluate a Boolean expression; answer True or False."},
    {"causal_judgement",
     "Judge a question about causes in a short story as a typical person "
     "would; answer Yes or No."},
    {"date_understanding",
     "Work out a date from a description; answer with the letter of the right "
     "option, such as (A)."},
    {"disambiguation_qa",
     "Decide what a pronoun in a sentence refers to, or that it is ambiguous; "
     "answer with the letter of the right option, such as (A)."},
    {"dyck_languages",
     "Complete a sequence of brackets so that all of them are closed properly; "
     "answer with the missing brackets, separated by spaces."},
    {"formal_fallacies",
     "Decide whether an argument follows deductively from its premises; answer "
     "valid or invalid."},
    {"geometric_shapes",
     "Name the shape that an SVG path draws; answer with the letter of the "
     "right option, such as (A)."},
    {"hyperbaton",
     "Decide which sentence has its adjectives in the usual English order; "
     "answer with the letter of the right option, such as (A)."},
    {"logical_deduction_five_objects",
     "Deduce the order of five objects from statements about them; answer with "
     "the letter of the right option, such as (A)."},
    {"logical_deduction_seven_objects",
     "Deduce the order of seven objects from statements about them; answer "
     "with the letter of the right option, such as (A)."},
    {"logical_deduction_three_objects",
     "Deduce the order of three objects from statements about them; answer "
     "with the letter of the right option, such as (A)."},
    {"movie_recommendation",
     "Choose the film most similar to a given list of films; answer with the "
     "letter of the right option, such as (A)."},
    {"multistep_arithmetic_two",
     "Compute the value of an arithmetic expression; answer with the number."},
    {"navigate",
     "Decide whether a sequence of steps leads back to the starting point; "
     "answer Yes or No."},
    {"object_counting",
     "Count the things of a given kind in a list of possessions; answer with "
     "the number in digits."},
    {"penguins_in_a_table",
     "Answer a question about a table of animals; answer with the letter of "
     "the right option, such as (A)."},
    {"reasoning_about_colored_objects",
     "Answer a question about the colours and places of objects; answer with "
     "the letter of the right option, such as (A)."},
    {"ruin_names",
     "Choose the funniest one-letter or one-word change of a name; answer with "
     "the letter of the right option, such as (A)."},
    {"salient_translation_error_detection",
     "Name the kind of error in a translation from German to English; answer "
     "with the letter of the right option, such as (A)."},
    {"snarks",
     "Decide which of two statements is sarcastic; answer with the letter of "
     "the right option, such as (A)."},
    {"sports_understanding",
     "Decide whether a sentence about sports is plausible; answer yes or no."},
    {"temporal_sequences",
     "Work out from someone's day when they could have gone to a place; answer "
     "with the letter of the right option, such as (A)."},
    {"tracking_shuffled_objects_five_objects",
     "Follow who holds what as five people swap objects; answer with the "
     "letter of the right option, such as (A)."},
    {"tracking_shuffled_objects_seven_objects",
     "Follow who holds what as seven people swap objects; answer with the "
     "letter of the right option, such as (A)."},
    {"tracking_shuffled_objects_three_objects",
     "Follow who holds what as three people swap objects; answer with the "
     "letter of the right option, such as (A)."},
    {"web_of_lies",
     "Decide whether the last person in a chain of claims tells the truth; "
     "answer Yes or No."},
    {"word_sorting",
     "Sort a list of words alphabetically; answer with the words, separated "
     "by spaces."},
};

pmpo_str pmpo_bbh_task(const char *name)
{
    const char *slash = strrchr(name, '/');
    pmpo_str base = pmpo_str_of(slash ? slash + 1 : name);
    const size_t tail = sizeof(".json") - 1;
    if (base.len > tail && !strcmp(base.ptr + base.len - tail, ".json")) {
        base.len -= tail;
    }
    for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
        if (pmpo_str_eq(base, pmpo_str_of(tasks[i].file))) {
            return pmpo_str_of(tasks[i].task);
        }
    }
    return PMPO_STR("");
}

/* ---- telling the format ------------------------------------------------- */

static size_t skip_space(pmpo_str s, size_t at)
{
    while (at < s.len && s.ptr[at] && strchr(" \t\r\n", s.ptr[at])) {
        at++;
    }
    return at;
}

/* True when an object's member "examples" seems to begin a list somewhere. In
 * text inside a JSON string its quotes would have a backslash before them. */
static bool has_example_list(pmpo_str text)
{
    const pmpo_str key = PMPO_STR("\"examples\"");
    for (size_t at = 0; (at = pmpo_str_find(text, key, at)) != SIZE_MAX;) {
        bool quoted = at > 0 && text.ptr[at - 1] == '\\';
        at += key.len;
        size_t colon = skip_space(text, at);
        size_t list = skip_space(text, colon + 1);
        if (!quoted && list < text.len && text.ptr[colon] == ':' &&
            text.ptr[list] == '[') {
            return true;
        }
    }
    return false;
}

/* True when the first line alone is JSON: then the file is meant as JSONL. */
static bool first_line_is_json(pmpo_str text)
{
    size_t from = skip_space(text, 0);
    size_t end = pmpo_str_find(text, PMPO_STR("\n"), from);
    json_t *v = pmpo_json_read(pmpo_str_sub(text, from, end), NULL, NULL);
    json_decref(v);
    return v != NULL;
}

int pmpo_bbh_sniff(pmpo_str text, bool *is_bbh, json_t **root, int *line,
                   pmpo_error *err)
{
    *root = NULL;
    *is_bbh = false;
    size_t first = skip_space(text, 0);
    bool object = first < text.len && text.ptr[first] == '{';
    if (!object || !has_example_list(text)) {
        return 0;
    }
    *root = pmpo_json_read(text, line, err);
    if (*root) {
        *is_bbh = json_is_array(json_object_get(*root, "examples"));
        if (!*is_bbh) {
            json_decref(*root);
            *root = NULL;
        }
        return 0;
    }
    if (err->code == PMPO_ENOMEM) {
        return PMPO_ENOMEM;
    }
    *is_bbh = !first_line_is_json(text);
    size_t bad = pmpo_utf8_check(text);
    if (*is_bbh && bad != SIZE_MAX) {
        *line = 1;
        for (size_t i = 0; i < bad; i++) {
            *line += text.ptr[i] == '\n';
        }
        pmpo_fail(err, PMPO_EDATA, "invalid UTF-8 at byte %zu of the file; "
                  "save it as UTF-8", bad + 1);
    }
    return 0;
}

/* ---- options ------------------------------------------------------------ */

/* The text after the last line "Options:"; empty: there is no such line. */
static pmpo_str option_block(pmpo_str input)
{
    const pmpo_str head = PMPO_STR("Options:");
    pmpo_str block = {"", 0};
    for (size_t at = 0; (at = pmpo_str_find(input, head, at)) != SIZE_MAX;) {
        bool begins = at == 0 || input.ptr[at - 1] == '\n';
        at += head.len;
        size_t end = pmpo_str_find(input, PMPO_STR("\n"), at);
        if (begins && end != SIZE_MAX &&
            pmpo_str_trim(pmpo_str_sub(input, at, end)).len == 0) {
            block = pmpo_str_sub(input, end + 1, input.len);
        }
    }
    return block;
}

/* The answer that a line of the block stands for: "(A)" of "(A) text", "Yes"
 * of "- Yes"; empty for any other line. */
static pmpo_str option_of(pmpo_str line)
{
    line = pmpo_str_trim(line);
    if (line.len >= 3 && line.ptr[0] == '(' && line.ptr[1] >= 'A' &&
        line.ptr[1] <= 'Z' && line.ptr[2] == ')') {
        return pmpo_str_sub(line, 0, 3);
    }
    if (pmpo_str_starts(line, PMPO_STR("- "))) {
        return pmpo_str_trim(pmpo_str_sub(line, 2, line.len));
    }
    return PMPO_STR("");
}

/* Fills e's options from `block`. None of them when they do not hold the
 * target: a few published examples are so, and count as free-form. */
static int read_block(pmpo_arena *mem, pmpo_str block, pmpo_example *e)
{
    pmpo_str *list = pmpo_arena_alloc(mem, block.len / 3 + 1, sizeof(*list));
    if (!list) {
        return PMPO_ENOMEM;
    }
    size_t n = 0;
    bool holds_target = false;
    for (size_t at = 0; at < block.len && n < PMPO_MAX_OUTPUTS_PER_EXAMPLE;) {
        size_t end = pmpo_str_find(block, PMPO_STR("\n"), at);
        end = end == SIZE_MAX ? block.len : end;
        pmpo_str option = option_of(pmpo_str_sub(block, at, end));
        at = end + 1;
        bool known = option.len == 0;
        for (size_t i = 0; i < n && !known; i++) {
            known = pmpo_str_eq(list[i], option);
        }
        if (!known) {
            list[n++] = option;
            holds_target |= pmpo_str_eq(option, e->target);
        }
    }
    if (n >= 2 && holds_target) {
        e->options = list;
        e->n_options = n;
    }
    return 0;
}

/* ---- labels ------------------------------------------------------------- */

typedef struct labels {
    pmpo_str list[MAX_LABELS]; /* sorted by bytes */
    size_t n;                  /* 0: the task is free-form */
} labels;

static int by_bytes(const void *a, const void *b)
{
    return pmpo_str_cmp(*(const pmpo_str *)a, *(const pmpo_str *)b);
}

static pmpo_str string_field(json_t *o, const char *name)
{
    json_t *v = json_object_get(o, name);
    return json_is_string(v)
               ? (pmpo_str){json_string_value(v), json_string_length(v)}
               : (pmpo_str){"", 0};
}

/* The distinct targets of the examples without a block, if there are two to
 * MAX_LABELS. All of the file counts, so that a limit changes no example. */
static labels find_labels(json_t *examples)
{
    labels l = {.n = 0};
    for (size_t i = 0; i < json_array_size(examples); i++) {
        json_t *o = json_array_get(examples, i);
        pmpo_str target = string_field(o, "target");
        bool known = target.len == 0 ||
                     option_block(string_field(o, "input")).len > 0;
        for (size_t k = 0; k < l.n && !known; k++) {
            known = pmpo_str_eq(l.list[k], target);
        }
        if (known) {
            continue;
        }
        if (l.n == MAX_LABELS) {
            return (labels){.n = 0};
        }
        l.list[l.n++] = target;
    }
    qsort(l.list, l.n, sizeof(l.list[0]), by_bytes);
    return l.n >= 2 ? l : (labels){.n = 0};
}

static int use_labels(pmpo_arena *mem, const labels *l, pmpo_example *e)
{
    pmpo_str *list = pmpo_arena_alloc(mem, l->n, sizeof(*list));
    for (size_t i = 0; list && i < l->n; i++) {
        list[i] = pmpo_arena_str(mem, l->list[i]);
        if (!list[i].ptr) {
            return PMPO_ENOMEM;
        }
    }
    e->options = list;
    e->n_options = list ? l->n : 0;
    return list ? 0 : PMPO_ENOMEM;
}

/* ---- examples ----------------------------------------------------------- */

static int read_example(pmpo_arena *mem, json_t *o, const labels *l,
                        pmpo_item *item, pmpo_error *err)
{
    pmpo_example *e = &item->e;
    json_t *input = pmpo_json_field(o, "input");
    json_t *target = pmpo_json_field(o, "target");
    if (!json_is_object(o) || !input || !target) {
        return pmpo_fail(err, PMPO_EDATA, "%s",
                         !json_is_object(o) ? "not an object"
                         : !input           ? "no input"
                                            : "no target");
    }
    if (!json_is_string(input)) {
        return pmpo_fail(err, PMPO_EDATA, "input is not a string");
    }
    int rc = pmpo_json_text(mem, "target", target, &e->target, err);
    if (rc < 0) {
        return rc;
    }
    e->input = pmpo_arena_str(mem, string_field(o, "input"));
    if (!e->input.ptr) {
        return pmpo_fail_memory(err);
    }
    pmpo_str block = option_block(e->input);
    if (block.len) {
        rc = read_block(mem, block, e);
    } else if (l->n) {
        rc = use_labels(mem, l, e);
    }
    if (rc == 0 && e->n_options) {
        rc = pmpo_reject_options(mem, e);
    }
    item->drawn = e->n_options == 0;
    return rc < 0 ? pmpo_fail_memory(err) : 0;
}

int pmpo_bbh_read(pmpo_reader *r, json_t *root, pmpo_error *err)
{
    json_t *examples = json_object_get(root, "examples");
    const labels l = find_labels(examples);
    size_t n = json_array_size(examples);
    r->id_head = PMPO_BBH_ID;
    r->by_index = true;
    for (size_t i = 0; i < n && i < INT_MAX && !pmpo_reader_full(r); i++) {
        pmpo_item item = {.e = {.weight = 1, .line = (int)i + 1}};
        int rc = read_example(r->mem, json_array_get(examples, i), &l, &item,
                              err);
        if (rc == 0) {
            rc = pmpo_reader_add(r, &item, err);
        }
        if (rc < 0) {
            rc = pmpo_reader_bad(r, item.e.line, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}
