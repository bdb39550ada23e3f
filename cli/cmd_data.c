/* cmd_data.c: pmpo data check and split. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"

/* ---- check -------------------------------------------------------------- */

static void check_json(const char *path, const pmpo_data_report *r)
{
    json_t *o = js_object(), *problems = js_array(), *labels = js_array();
    for (size_t i = 0; i < r->n_problems; i++) {
        const pmpo_data_problem *p = &r->problems[i];
        json_t *j = js_object();
        js_put(j, "line", js_count((uint64_t)p->line));
        js_put(j, "severity", js_text(p->is_warning ? "warning" : "error"));
        js_put(j, "text", js_text(p->text));
        js_add(problems, j);
    }
    for (size_t i = 0; i < r->n_labels; i++) {
        json_t *j = js_object();
        js_put(j, "label", js_str(r->labels[i].label));
        js_put(j, "n", js_count(r->labels[i].n));
        js_add(labels, j);
    }
    js_put(o, "file", js_text(path));
    js_put(o, "examples", js_count(r->n_examples));
    js_put(o, "supervised", js_count(r->n_supervised));
    js_put(o, "preference", js_count(r->n_preference));
    js_put(o, "with_options", js_count(r->n_with_options));
    js_put(o, "errors", js_count(r->n_errors));
    js_put(o, "warnings", js_count(r->n_problems - r->n_errors));
    js_put(o, "problems", problems);
    bool some = r->n_distinct_labels > 0;
    js_put(o, "distinct_labels", js_count(r->n_distinct_labels));
    js_put(o, "majority", some ? js_number(r->majority) : js_text(NULL));
    js_put(o, "labels", labels);
    js_put(o, "closed_labels", js_count(r->n_closed));
    js_print(o);
}

static void put_labels(const pmpo_data_report *r)
{
    /* A list of answers that are all different tells nothing. */
    if (r->n_distinct_labels > r->n_examples / 2 && r->n_examples > 10) {
        return;
    }
    put_heading("answers");
    for (size_t i = 0; i < r->n_labels; i++) {
        printf("%8zu  ", r->labels[i].n);
        put_cut(stdout, r->labels[i].label, COLUMNS - 10);
        putchar('\n');
    }
    if (r->n_distinct_labels > r->n_labels) {
        printf("%8s  and %zu others\n", "", r->n_distinct_labels
                                                - r->n_labels);
    }
}

static bool is_table(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && (!strcasecmp(path + n - 4, ".csv") ||
                     !strcasecmp(path + n - 4, ".tsv"));
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void put_counts(const options *o, const pmpo_data_report *r)
{
    size_t warnings = r->n_problems - r->n_errors;
    if (r->n_examples) {
        put_fact("examples",
                 "%zu sound: %zu supervised, %zu preference; %zu with "
                 "options",
                 r->n_examples, r->n_supervised, r->n_preference,
                 r->n_with_options);
    }
    put_fact("problems", "%zu error%s, %zu warning%s", r->n_errors,
             plural(r->n_errors), warnings, plural(warnings));
    if (r->n_closed && !r->n_errors) {
        bool table = o->separator || is_table(o->args[0]);
        put_fact("options",
                 "none; `pmpo data import %s --labels` makes the %zu targets "
                 "options",
                 table ? "csv" : "jsonl", r->n_closed);
    }
}

/* ---- check: problems, and how many more are like them ----------------------- */

#define SHOWN_ALIKE 3

/* A problem and its place among those that are like it. */
typedef struct problem {
    const pmpo_data_problem *p;
    size_t index; /* in the report */
    char *kind;   /* the same of all that are alike */
    size_t place, n_alike;
} problem;

/* The text without numbers and, of errors, without what is quoted: "the label "x"
 * is ..." is another warning for each label. */
static char *kind_of(const pmpo_data_problem *p)
{
    size_t n = strlen(p->text), at = 0;
    char *kind = cli_grow(NULL, n + 2, 1);
    kind[at++] = p->is_warning ? 'w' : 'e';
    for (size_t i = 0; i < n; i++) {
        char c = p->text[i];
        bool opens = c == '"' || (c == '\'' && i > 0 && p->text[i - 1] == ' ');
        if (opens && !p->is_warning) {
            const char *end = strchr(p->text + i + 1, c);
            i = end ? (size_t)(end - p->text) : n;
        } else if (c < '0' || c > '9') {
            kind[at++] = c;
        }
    }
    kind[at] = '\0';
    return kind;
}

static int by_kind(const void *a, const void *b)
{
    const problem *x = a, *y = b;
    int c = strcmp(x->kind, y->kind);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

static int by_index(const void *a, const void *b)
{
    const problem *x = a, *y = b;
    return (x->index > y->index) - (x->index < y->index);
}

/* Fills place and n_alike; in the report's order again. */
static void count_alike(problem *all, size_t n)
{
    qsort(all, n, sizeof(*all), by_kind);
    for (size_t begin = 0, end; begin < n; begin = end) {
        for (end = begin; end < n && !strcmp(all[end].kind, all[begin].kind);) {
            end++;
        }
        for (size_t i = begin; i < end; i++) {
            all[i].place = i - begin;
            all[i].n_alike = end - begin;
        }
    }
    qsort(all, n, sizeof(*all), by_index);
}

static void put_problems(const pmpo_data_report *r)
{
    size_t n = r->n_problems;
    problem *all = cli_grow(NULL, n + 1, sizeof(*all));
    for (size_t i = 0; i < n; i++) {
        const pmpo_data_problem *p = &r->problems[i];
        all[i] = (problem){.p = p, .index = i, .kind = kind_of(p)};
    }
    count_alike(all, n);
    for (size_t i = 0; i < n; i++) {
        const problem *x = &all[i];
        bool many = x->n_alike > SHOWN_ALIKE + 1; /* "1 more" is no shorter */
        if (!many || x->place < SHOWN_ALIKE) {
            printf("%d: %s: %s\n", x->p->line,
                   x->p->is_warning ? "warning" : "error", x->p->text);
        }
        if (many && x->place == SHOWN_ALIKE - 1) {
            printf("   and %zu more like it\n", x->n_alike - SHOWN_ALIKE);
        }
        cli_free(x->kind);
    }
    cli_free(all);
    if (n > 0) {
        putchar('\n');
    }
}

static void check_text(const options *o, const pmpo_data_report *r)
{
    put_problems(r);
    put_counts(o, r);
    if (r->n_distinct_labels) {
        put_fact("answers", "%zu distinct; the commonest is %.1f %% of all",
                 r->n_distinct_labels, 100 * r->majority);
        put_labels(r);
    }
}

static bool names_columns(const options *o)
{
    const pmpo_columns *c = &o->columns;
    return o->separator || c->input || c->target || c->chosen || c->rejected ||
           c->id || c->answer || c->options || c->weight;
}

/* As an import would read the file, where columns are named. */
static int check(const options *o, pmpo_data_report **out, pmpo_error *err)
{
    pmpo_import_options io;
    if (!names_columns(o)) {
        return pmpo_data_check(o->args[0], out, err);
    }
    int rc = cli_columns(o, &io, err);
    rc = rc < 0 ? rc : pmpo_data_check_as(o->args[0], &io, out, err);
    return rc == PMPO_EUSAGE ? cli_error(err, rc,
                                         "data check: %s; see pmpo data check "
                                         "--help",
                                         err->text)
                             : rc;
}

int cmd_data_check(const options *o, pmpo_error *err)
{
    pmpo_data_report *r = NULL;
    int rc = check(o, &r, err);
    if (rc < 0) {
        return rc;
    }
    if (o->json) {
        check_json(o->args[0], r);
    } else {
        check_text(o, r);
    }
    if (r->n_errors > 0 && r->n_examples == 0) {
        rc = cli_error(err, PMPO_EDATA, "%s: no example can be used",
                       o->args[0]);
    } else if (r->n_errors > 0) {
        rc = cli_error(err, PMPO_EDATA, "%s: %zu of its examples cannot be "
                       "used", o->args[0], r->n_errors);
    }
    pmpo_data_report_free(r);
    return rc;
}

/* ---- split -------------------------------------------------------------- */

static const char *const part_names[] = {"train", "val", "test"};

typedef struct parts {
    const pmpo_data *data;
    unsigned char *part; /* [count] */
    size_t n[4];         /* the fourth: in no part */
    char names[3][4096];
} parts;

static int part_size(const char *name, const char *text, double *out,
                     pmpo_error *err)
{
    if (text && (!parse_real(text, out) || *out < 0)) {
        return cli_error(err, PMPO_EUSAGE, "--%s %s: neither a count nor a "
                         "share", name, text);
    }
    return text ? check_size(name, text, *out, err) : 0;
}

static int split_sizes(const options *o, pmpo_split *s, pmpo_error *err)
{
    *s = (pmpo_split){o->train, -1, -1, o->seed};
    int rc = part_size("val", o->val, &s->validation, err);
    return rc < 0 ? rc : part_size("test", o->test, &s->test, err);
}

/* FILE without its extension. */
static size_t stem_length(const char *path)
{
    static const char *const endings[] = {".jsonl", ".json", ".csv", ".tsv"};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        size_t e = strlen(endings[i]);
        if (n > e && !strcasecmp(path + n - e, endings[i])) {
            return n - e;
        }
    }
    return n;
}

static int name_parts(const options *o, parts *p, pmpo_error *err)
{
    const char *stem = o->output ? o->output : o->args[0];
    size_t n = o->output ? strlen(stem) : stem_length(stem);
    struct stat st;
    if (n == 0 || stem[n - 1] == '/' ||
        (stat(stem, &st) == 0 && S_ISDIR(st.st_mode))) {
        return cli_error(err, PMPO_EUSAGE,
                         "data split: -o takes the beginning "
                         "of the parts' names, such as %s%smine; see pmpo data "
                         "split --help",
                         stem, n == 0 || stem[n - 1] == '/' ? "" : "/");
    }
    if (!strcmp(stem, "-")) {
        return cli_error(err, PMPO_EUSAGE, "data split: a split of standard "
                         "input needs -o PREFIX; see pmpo data split --help");
    }
    if (n + 20 > sizeof(p->names[0])) {
        return cli_error(err, PMPO_EUSAGE, "the name %s is too long", stem);
    }
    for (int i = 0; i < 3; i++) {
        snprintf(p->names[i], sizeof(p->names[i]), "%.*s.%s.jsonl", (int)n,
                 stem, part_names[i]);
        if (cli_same_file(p->names[i], o->args[0])) {
            return cli_error(err, PMPO_EUSAGE,
                             "%s is what data split reads: give another "
                             "-o PREFIX",
                             p->names[i]);
        }
        if (!o->force && access(p->names[i], F_OK) == 0) {
            return cli_error(err, PMPO_EUSAGE, "%s exists; --force replaces "
                             "it", p->names[i]);
        }
    }
    return 0;
}

static void split_json(const parts *p)
{
    json_t *o = js_object();
    for (int i = 0; i < 3; i++) {
        json_t *j = js_object();
        js_put(j, "file", js_text(p->n[i] ? p->names[i] : NULL));
        js_put(j, "examples", js_count(p->n[i]));
        js_put(o, part_names[i], j);
    }
    js_put(o, "unused", js_count(p->n[3]));
    js_print(o);
}

static void split_text(const parts *p)
{
    for (int i = 0; i < 3; i++) {
        printf("%-12s%8zu  %s\n", pmpo_part_name(i), p->n[i],
               p->n[i] ? p->names[i] : "(no file)");
    }
    if (p->n[3]) {
        printf("%-12s%8zu\n", "unused", p->n[3]);
    }
}

static int split(const options *o, parts *p, pmpo_error *err)
{
    pmpo_split s;
    size_t n = pmpo_data_count(p->data);
    p->part = cli_grow(NULL, n, sizeof(*p->part));
    int rc = split_sizes(o, &s, err);
    rc = rc < 0 ? rc : pmpo_data_split(p->data, &s, p->part, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        p->n[p->part[i] & 3]++;
    }
    rc = rc < 0 ? rc : name_parts(o, p, err);
    const char *const names[] = {p->names[0], p->names[1], p->names[2]};
    return rc < 0 ? rc : pmpo_data_write_split(p->data, p->part, names, err);
}

int cmd_data_split(const options *o, pmpo_error *err)
{
    static parts p; /* its names are long */
    pmpo_data *d = NULL;
    pmpo_data_options dopt;
    pmpo_data_options_init(&dopt);
    dopt.limit = (size_t)o->limit;
    int rc = pmpo_data_load(o->args[0], &dopt, &d, err);
    if (rc < 0) {
        return rc;
    }
    p = (parts){.data = d};
    rc = split(o, &p, err);
    if (rc == 0 && o->json) {
        split_json(&p);
    } else if (rc == 0) {
        split_text(&p);
    }
    cli_free(p.part);
    pmpo_data_free(d);
    return rc;
}
