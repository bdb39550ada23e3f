/* mark.c: is a reply right, by pmpo's own metric? For optimisers to compare
 * with, which so search by the very marks that their prompts get.
 *
 *     mark METRIC DATA...
 *
 * Reads lines of JSON, {"example": its index over all DATA, "reply": text,
 * "complete": false if it was cut off}, and prints 1 or 0 for each. METRIC:
 * exact, number or choice. */
#define _POSIX_C_SOURCE 200809L /* getline */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/data.h"
#include "eval/eval.h"

#define MOST_FILES 8

typedef struct files {
    pmpo_data *data[MOST_FILES];
    int n;
} files;

static void die(const char *text)
{
    fprintf(stderr, "mark: %s\n", text);
    exit(1);
}

static const pmpo_metric_row *metric_of(const char *name)
{
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        if (strcmp(name, pmpo_metric_name(i)) == 0 &&
            pmpo_metrics[i]->kind == PMPO_BY_ANSWER && strcmp(name, "regex")) {
            return pmpo_metrics[i];
        }
    }
    die("the metric is exact, number or choice");
    return NULL;
}

static const pmpo_example *example_of(const files *f, json_int_t i)
{
    for (int d = 0; i >= 0 && d < f->n; d++) {
        json_int_t n = (json_int_t)pmpo_data_count(f->data[d]);
        if (i < n) {
            return pmpo_data_example(f->data[d], (size_t)i);
        }
        i -= n;
    }
    die("no such example");
    return NULL;
}

static bool is_right(const files *f, const pmpo_metric_row *metric,
                     const char *line)
{
    json_int_t example;
    const char *reply;
    size_t len;
    int complete;
    json_error_t wrong;
    json_t *row = json_loads(line, 0, &wrong);
    if (!row || json_unpack(row, "{s:I, s:s%, s:b}", "example", &example,
                            "reply", &reply, &len, "complete", &complete)) {
        die("a line is not {\"example\", \"reply\", \"complete\"}");
    }
    const pmpo_answer a = {.text = {reply, len}, .complete = complete};
    bool right = metric->right(example_of(f, example), &a, NULL);
    json_decref(row);
    return right;
}

int main(int argc, char **argv)
{
    files f = {{NULL}, 0};
    pmpo_error err = {0};
    char *line = NULL;
    size_t room = 0;
    if (argc < 3 || argc > 2 + MOST_FILES) {
        fprintf(stderr, "mark METRIC DATA...\n");
        return 2;
    }
    const pmpo_metric_row *metric = metric_of(argv[1]);
    for (; f.n < argc - 2; f.n++) {
        if (pmpo_data_load(argv[2 + f.n], NULL, &f.data[f.n], &err) < 0) {
            die(err.text);
        }
    }
    while (getline(&line, &room, stdin) > 0) {
        printf("%d\n", is_right(&f, metric, line));
        fflush(stdout);
    }
    free(line);
    for (int i = 0; i < f.n; i++) {
        pmpo_data_free(f.data[i]);
    }
    return 0;
}
