/* units.c: the work of `pmpo score` as token ids, for programs to compare with.
 *
 *     units MODEL DATA LOSS LIMIT PROMPT...
 *
 * Renders the first LIMIT examples of DATA (0: all) under each prompt with
 * MODEL's vocabulary and chat template, as scoring does (end token auto), and
 * prints a line of JSON for each sequence: the indices of its prompt, example
 * and target (0 is the chosen one, the others are what LOSS compares it with),
 * its ids, and how many of them are context: the log-probability of each id
 * after these is what is asked for. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/data.h"
#include "model/render.h"
#include "score/loss.h"
#include "score/score.h"

#define MOST_TARGETS 64

typedef struct job {
    pmpo_model *model;
    pmpo_data *data;
    pmpo_template *template;
    pmpo_loss_kind loss;
    bool end;
} job;

static void die(const char *text)
{
    fprintf(stderr, "units: %s\n", text);
    exit(1);
}

static void print_target(const pmpo_rendered *r, size_t target, size_t example,
                         int prompt)
{
    const pmpo_rendered_target *t = &r->targets[target];
    json_t *ids = json_array();
    for (size_t i = 0; i < t->n_ids; i++) {
        json_array_append_new(ids, json_integer(t->ids[i]));
    }
    json_t *row = json_pack("{s:i, s:I, s:I, s:I, s:o}", "prompt", prompt,
                            "example", (json_int_t)example, "target",
                            (json_int_t)target, "n_context",
                            (json_int_t)r->n_context, "ids", ids);
    if (!row || json_dumpf(row, stdout, JSON_COMPACT) < 0) {
        die("out of memory, or output failed");
    }
    putchar('\n');
    json_decref(row);
}

static void print_example(const job *j, size_t example, const char *text,
                          int prompt)
{
    const pmpo_example *e = pmpo_data_example(j->data, example);
    pmpo_str targets[MOST_TARGETS] = {e->target};
    pmpo_error err = {0};
    pmpo_arena mem = {0};
    pmpo_rendered r;
    size_t n;
    const pmpo_str *others = pmpo_loss_others(j->loss, e, &n);
    if (n + 1 > MOST_TARGETS) {
        die("more targets than fit");
    }
    for (size_t i = 0; i < n; i++) {
        targets[i + 1] = others[i];
    }
    const pmpo_render_input in = {pmpo_str_of(text), e, targets, n + 1, j->end};
    if (pmpo_render(j->template, &in, &mem, &r, &err) < 0) {
        die(err.text);
    }
    for (size_t i = 0; i <= n; i++) {
        print_target(&r, i, example, prompt);
    }
    pmpo_arena_release(&mem);
}

static void open_job(job *j, char **argv, pmpo_loss_kind loss)
{
    pmpo_error err = {0};
    pmpo_data *all;
    pmpo_end end;
    pmpo_model_options m;
    pmpo_model_options_init(&m);
    m.model = argv[1];
    m.precision = PMPO_PRECISION_NATIVE;
    int rc = pmpo_model_open(&m, &j->model, &err);
    rc = rc < 0 ? rc : pmpo_data_load(argv[2], NULL, &all, &err);
    rc = rc < 0 ? rc
                : pmpo_data_first(all, strtoull(argv[4], NULL, 10), &j->data,
                                  &err);
    if (rc < 0) {
        die(err.text);
    }
    j->data = j->data ? j->data : all;
    rc = pmpo_loss_resolve(loss, j->data, &j->loss, &err);
    rc = rc < 0 ? rc
                : pmpo_end_resolve(j->model, j->data, pmpo_str_of(argv[5]),
                                   "chat", PMPO_END_AUTO, &end, &err);
    rc = rc < 0
             ? rc
             : pmpo_template_new(&j->model->vocab, "chat", &j->template, &err);
    if (rc < 0) {
        die(err.text);
    }
    j->end = end == PMPO_END_YES;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *word;
        pmpo_loss_kind kind;
    } losses[] = {{"nll", PMPO_LOSS_NLL}, {"preference", PMPO_LOSS_PREFERENCE}};
    job j = {0};
    size_t l = 0;
    while (argc > 5 && l < 2 && strcmp(argv[3], losses[l].word)) {
        l++;
    }
    if (argc < 6 || l == 2) {
        fprintf(stderr, "units MODEL DATA nll|preference LIMIT PROMPT...\n");
        return 2;
    }
    open_job(&j, argv, losses[l].kind);
    for (int p = 5; p < argc; p++) {
        for (size_t i = 0; i < pmpo_data_count(j.data); i++) {
            print_example(&j, i, argv[p], p - 5);
        }
    }
    pmpo_template_free(j.template);
    pmpo_data_free(j.data);
    pmpo_model_free(j.model);
    return ferror(stdout) || fclose(stdout) ? 1 : 0;
}
