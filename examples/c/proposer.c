/* proposer.c: prompts from a proposer of your own.
 *
 *     proposer MODEL DATA IDEAS RUN [TEMPLATE]
 *
 * IDEAS is a text file, an idea a line. Each iteration tries the incumbent with
 * the next few ideas after it; what lowers the loss is kept by the search, and
 * the next ideas come on top of it. A run that was stopped goes on when the
 * program is called again: the proposer looks at nothing but its ideas and the
 * scene, so it proposes the same again. */
#include <pmpo_custom.h>
#include <stdio.h>
#include <string.h>

enum { MAX_IDEAS = 100, AT_A_TIME = 3 };

typedef struct ideas {
    char text[MAX_IDEAS][200];
    int n;
} ideas;

static int read_ideas(const char *path, ideas *out)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        return -1;
    }
    out->n = 0;
    while (out->n < MAX_IDEAS && fgets(out->text[out->n], 200, f)) {
        char *line = out->text[out->n];
        line[strcspn(line, "\r\n")] = '\0';
        out->n += line[0] != '\0';
    }
    fclose(f);
    return out->n ? 0 : -1;
}

static int propose(void *ud, const pmpo_custom_scene *s, pmpo_error *err)
{
    const ideas *list = ud;
    int first = (s->iteration - 1) * AT_A_TIME;
    for (int i = first; i < first + AT_A_TIME && i < list->n; i++) {
        char prompt[4096];
        int n = snprintf(prompt, sizeof(prompt), "%.*s %s",
                         (int)s->incumbent.len, s->incumbent.ptr,
                         list->text[i]);
        if (n < 0 || n >= (int)sizeof(prompt)) {
            continue; /* grown too long for this example */
        }
        int rc = pmpo_custom_propose(s, (pmpo_str){prompt, (size_t)n}, -1, err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static void print(const pmpo_run *run)
{
    const pmpo_run_view *v = pmpo_run_describe(run);
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            const pmpo_candidate *c = &it->candidates[k];
            printf("%d %-8s %-9s %9.4f  %.*s\n", it->index, c->proposer,
                   pmpo_fate_name(c->fate), c->loss, (int)c->prompt.len,
                   c->prompt.ptr);
        }
    }
    printf("%s: %.*s\n", v->status, (int)v->best.prompt.len,
           v->best.prompt.ptr);
}

static int run_it(pmpo_model *model, char **argv, const char *template_name,
                  ideas *list, pmpo_run **run, pmpo_error *err)
{
    const pmpo_custom_proposer mine = {
        .size = sizeof(mine), .name = "ideas", .most = AT_A_TIME,
        .propose = propose, .ud = list};
    FILE *there = fopen(argv[4], "rb");
    if (there) {
        fclose(there);
        pmpo_resume_options r;
        pmpo_resume_options_init(&r);
        r.custom = &mine;
        r.n_custom = 1;
        return pmpo_resume(model, NULL, argv[4], &r, run, err);
    }
    pmpo_data *data = NULL;
    int rc = pmpo_data_load(argv[2], NULL, &data, err);
    if (rc == 0) {
        pmpo_optimize_options o;
        pmpo_optimize_options_init(&o);
        o.prompt = PMPO_STR("Answer the question.");
        o.iterations = (list->n + AT_A_TIME - 1) / AT_A_TIME;
        o.proposers = "ideas"; /* and no other */
        o.custom = &mine;
        o.n_custom = 1;
        o.no_rewriter = true;
        o.metric = PMPO_RUN_METRIC_NONE;
        o.score.template_name = template_name;
        const pmpo_optimize_input in = {.scorer = model, .train = data};
        rc = pmpo_optimize(&in, &o, argv[4], run, err);
    }
    pmpo_data_free(data);
    return rc;
}

int main(int argc, char **argv)
{
    static ideas list;
    if (argc < 5) {
        fputs("proposer MODEL DATA IDEAS RUN [TEMPLATE]\n", stderr);
        return 2;
    }
    if (read_ideas(argv[3], &list) < 0) {
        fprintf(stderr, "proposer: no ideas in %s\n", argv[3]);
        return 2;
    }
    pmpo_error err;
    pmpo_model *model = NULL;
    pmpo_run *run = NULL;
    pmpo_model_options mo;
    pmpo_model_options_init(&mo);
    mo.model = argv[1];
    int rc = pmpo_model_open(&mo, &model, &err);
    if (rc == 0) {
        rc = run_it(model, argv, argc > 5 ? argv[5] : "chat", &list, &run,
                    &err);
    }
    if (rc < 0) {
        fprintf(stderr, "proposer: %s\n", err.text);
    }
    if (run) {
        print(run);
    }
    pmpo_run_free(run);
    pmpo_model_free(model);
    return pmpo_code_exit(rc);
}
