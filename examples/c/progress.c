/* progress.c: shows how a run goes, stops it cleanly at ^C, and goes on with it.
 *
 *     progress MODEL DATA RUN [TEMPLATE [STOP-AFTER]]
 *
 * RUN is made, or resumed where it is there. ^C asks for a stop: everything
 * that is finished is kept. STOP-AFTER does the same after so many reports, to
 * try it. Exit status 3: stopped, call it again to go on. */
#include <pmpo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pmpo_model *model; /* for the handler: pmpo_cancel may be called there */

static void stop(int signal_number)
{
    (void)signal_number;
    if (model) {
        pmpo_cancel(model);
    }
}

typedef struct watch {
    char stage[40];
    int iteration;
    long n, stop_after;
} watch;

/* Comes often: a line is printed only when there is something new. */
static void on_progress(void *ud, const pmpo_progress *p)
{
    watch *w = ud;
    if (++w->n == w->stop_after) {
        pmpo_cancel(model);
    }
    if (p->iteration == w->iteration && !strcmp(p->stage, w->stage)) {
        return;
    }
    w->iteration = p->iteration;
    snprintf(w->stage, sizeof(w->stage), "%s", p->stage);
    printf("iteration %d of %d: %s", p->iteration, p->iterations, p->stage);
    if (p->best == p->best) { /* not NAN */
        printf(", best loss %.4f", p->best);
    }
    if (p->left_ms >= 0) {
        printf(", about %lld s left", (long long)(p->left_ms / 1000));
    }
    putchar('\n');
}

static int begin(const char *path, const char *data_path,
                 const char *template_name, watch *w, pmpo_run **run,
                 pmpo_error *err)
{
    pmpo_data *data = NULL;
    int rc = pmpo_data_load(data_path, NULL, &data, err);
    if (rc == 0) {
        pmpo_optimize_options o;
        pmpo_optimize_options_init(&o);
        o.prompt = PMPO_STR("Answer the question. Answer yes or no.");
        o.iterations = 2;
        o.no_rewriter = true; /* small models rewrite poorly */
        o.metric = PMPO_RUN_METRIC_NONE;
        o.score.progress = on_progress;
        o.score.progress_ud = w;
        o.score.template_name = template_name;
        const pmpo_optimize_input in = {.scorer = model, .train = data};
        rc = pmpo_optimize(&in, &o, path, run, err);
    }
    pmpo_data_free(data);
    return rc;
}

static int go_on(const char *path, watch *w, pmpo_run **run, pmpo_error *err)
{
    pmpo_resume_options o;
    pmpo_resume_options_init(&o);
    o.progress = on_progress;
    o.progress_ud = w;
    return pmpo_resume(model, NULL, path, &o, run, err);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fputs("progress MODEL DATA RUN [TEMPLATE [STOP-AFTER]]\n", stderr);
        return 2;
    }
    watch w = {.iteration = -1};
    w.stop_after = argc > 5 ? atol(argv[5]) : 0;
    pmpo_error err;
    pmpo_run *run = NULL;
    pmpo_model_options mo;
    pmpo_model_options_init(&mo);
    mo.model = argv[1];
    int rc = pmpo_model_open(&mo, &model, &err);
    if (rc == 0) {
        signal(SIGINT, stop);
        FILE *there = fopen(argv[3], "rb");
        if (there) {
            fclose(there);
        }
        rc = there ? go_on(argv[3], &w, &run, &err)
                   : begin(argv[3], argv[2], argc > 4 ? argv[4] : "chat", &w,
                           &run, &err);
        signal(SIGINT, SIG_DFL);
    }
    if (rc < 0) {
        fprintf(stderr, "progress: %s\n", err.text);
    }
    if (run) {
        const pmpo_run_view *v = pmpo_run_describe(run);
        printf("%s: best prompt so far: %.*s\n", v->status,
               (int)v->best.prompt.len, v->best.prompt.ptr);
    }
    pmpo_run_free(run);
    pmpo_model_free(model);
    return pmpo_code_exit(rc);
}
