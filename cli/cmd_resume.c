/* cmd_resume.c: pmpo resume, and how a sitting of a run ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "approve.h"
#include "commands.h"
#include "common.h"
#include "progress.h"
#include "session.h"

/* A failure after which the run itself is whole. */
static bool can_go_on(int rc)
{
    return rc == PMPO_EBACKEND || rc == PMPO_EIO || rc == PMPO_ENOMEM ||
           rc == PMPO_EBUSY || rc == PMPO_ENAN;
}

/* Says how to go on with the run at `path`, unless it can't be read or another
 * process is at it. */
static int say_kept(int rc, const char *path, const options *o, pmpo_error *err)
{
    char resume[RESUME_ROOM];
    pmpo_run *run = NULL;
    if (pmpo_run_open(path, &run, NULL) < 0) {
        return rc;
    }
    if (strcmp(pmpo_run_describe(run)->status, "running") != 0) {
        rc = cli_error(err, rc, "%s; what was done is kept, go on with: %s",
                       err->text, cli_resume_command(path, o->approve, resume));
    }
    pmpo_run_free(run);
    return rc;
}

/* Iterations that were decided; the opening isn't counted. */
static int n_decided(const pmpo_run_view *v)
{
    int n = 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        n = it->index > n && *it->decision ? it->index : n;
    }
    return n;
}

static int n_wanted(const pmpo_run_view *v)
{
    const char *n = pmpo_run_setting(v, "iterations");
    return n ? (int)strtol(n, NULL, 10) : 0;
}

/* How a stopped run gets a last choice and a verdict as it is; "": it can't, or
 * nothing else is left to do. */
static const char *say_end(const pmpo_run_view *v, const char *resume,
                           char out[RESUME_ROOM + 80])
{
    int n = n_decided(v);
    out[0] = '\0';
    if (n > 0 && n < n_wanted(v)) {
        snprintf(out, RESUME_ROOM + 80,
                 "; or end it here, with a verdict: %s --iterations %d", resume,
                 n);
    }
    return out;
}

int finish_sitting(int rc, pmpo_run *run, const char *path, const options *o,
                   pmpo_error *err)
{
    char resume[RESUME_ROOM];
    bool stopped = rc == PMPO_ECANCELLED || rc == PMPO_EBUDGET;
    if (run && (rc == 0 || stopped)) {
        show_run(run, path, o->json);
    }
    if (run && stopped) {
        char end[RESUME_ROOM + 80];
        cli_resume_command(path, o->approve, resume);
        rc = cli_error(err, rc, "%s; everything is kept, go on with: %s%s",
                       err->text[0] ? err->text : pmpo_code_text(rc), resume,
                       say_end(pmpo_run_describe(run), resume, end));
    }
    if (!run && can_go_on(rc)) {
        rc = say_kept(rc, path, o, err);
    }
    pmpo_run_free(run);
    return rc;
}

/* ---- the run's models ------------------------------------------------------ */

/* Their names live in the run, or in the command line. */
typedef struct run_models {
    pmpo_model_options scorers[PMPO_MOST_JOINED], rewriter;
    size_t n;  /* scorers */
    bool same; /* one model does both */
    pmpo_joint how;
} run_models;

static int read_models(const pmpo_run *run, run_models *m, pmpo_error *err)
{
    *m = (run_models){.n = 1, .how = PMPO_JOINT_MEAN};
    int rc = pmpo_run_models(run, &m->scorers[0], &m->rewriter, &m->same, err);
    while (rc == 0 && m->n < PMPO_MOST_JOINED &&
           pmpo_run_joined(run, m->n - 1, &m->scorers[m->n], &m->how)) {
        m->n++;
    }
    return rc;
}

/* Does the command line say where all of them are now? */
static int check_places(const options *o, const run_models *m, pmpo_error *err)
{
    size_t n = o->each_model.n;
    bool urls = true;
    for (size_t i = 0; i < n; i++) {
        urls = urls && cli_is_url(o->each_model.items[i]);
    }
    if (m->n == 1 && n > 1 && !urls) {
        return cli_error(err, PMPO_EUSAGE,
                         "resume: the run has one scoring model: -m takes one "
                         "file or name, or the URLs of its replicas");
    }
    if (m->n > 1 && n > 0 && n != m->n) {
        return cli_error(err, PMPO_EUSAGE,
                         "resume: the run has %zu scoring models: give -m for "
                         "each of them, in the order of `pmpo show`, or not at "
                         "all",
                         m->n);
    }
    return m->same && o->rewriter
               ? cli_error(err, PMPO_EUSAGE,
                           "resume: --rewriter has no effect: the run's "
                           "scoring model rewrites, too; -m says where it is")
               : 0;
}

/* `given`: where the model is now; NULL: where it was. */
static int place(pmpo_model_options *m, const char *given, const char *who,
                 const char *option, pmpo_error *err)
{
    m->model = given ? given : m->model;
    int rc = pmpo_model_find(m->model, err);
    return rc < 0 && !given ? cli_error(err, rc,
                                        "%s; it is the run's %s: put it back, "
                                        "or say where it is now with %s",
                                        err->text, who, option)
                            : rc;
}

static int place_all(const options *o, run_models *m, pmpo_error *err)
{
    int rc = check_places(o, m, err);
    for (size_t i = 0; rc == 0 && i < m->n; i++) {
        const char *given = m->n == 1             ? o->model
                            : o->each_model.n > 0 ? o->each_model.items[i]
                                                  : NULL;
        rc = place(&m->scorers[i], given, "model", "-m", err);
    }
    return rc < 0 || m->same ? rc
                             : place(&m->rewriter, o->rewriter, "rewriter",
                                     "--rewriter", err);
}

/* A server that doesn't answer may have another address. */
static int say_moved(int rc, const run_models *m, const session *s,
                     pmpo_error *err)
{
    size_t at = s->n_others + 1;
    bool first = !s->scorer, other = !first && !m->same && !s->rewriter;
    const pmpo_model_options *failed = first       ? &m->scorers[0]
                                       : other     ? &m->rewriter
                                       : at < m->n ? &m->scorers[at]
                                                   : NULL;
    if (rc != PMPO_EBACKEND || !failed || !cli_is_url(failed->model)) {
        return rc;
    }
    return cli_error(err, rc,
                     "%s; if it has another address now, say so with %s",
                     err->text, other ? "--rewriter" : "-m");
}

/* The models the run names, or where the command line says they are. */
static int open_models(const options *o, const pmpo_run *run, session *s,
                       pmpo_error *err)
{
    run_models m;
    *s = (session){0};
    int rc = read_models(run, &m, err);
    rc = rc < 0 ? rc : place_all(o, &m, err);
    if (rc < 0) {
        return rc;
    }
    rc = session_open_as(o, &m.scorers[0], m.same ? NULL : &m.rewriter, s, err);
    for (size_t i = 1; rc == 0 && i < m.n; i++) {
        rc = session_add(o, &m.scorers[i], s, err);
    }
    rc = rc < 0 ? say_moved(rc, &m, s, err) : rc;
    return rc < 0 || m.n == 1 ? rc : session_join(s, m.how, err);
}

/* A sitting that shows progress has begun: *begun. */
static void note_progress(void *begun, const pmpo_progress *p)
{
    *(bool *)begun = true;
    progress_show(NULL, p);
}

/* A run that is done, and isn't extended. */
static void say_done(const options *o, const pmpo_run_view *v)
{
    int n = n_wanted(v);
    if (!o->quiet && !strcmp(v->status, "done") &&
        (o->iterations == 0 || o->iterations == n)) {
        fprintf(stderr,
                "pmpo: nothing is left to do: the run is done (%s); "
                "--iterations N, above %d, extends it\n",
                v->status_reason, n);
    }
}

int cmd_resume(const options *o, pmpo_error *err)
{
    const char *path = o->args[0];
    pmpo_run *before = NULL, *after = NULL;
    pmpo_resume_options ro;
    session s;
    bool begun = false;
    pmpo_resume_options_init(&ro);
    ro.iterations = o->iterations;
    ro.budget_ms = o->budget_ms;
    ro.budget_tokens = o->budget_tokens;
    ro.budget_dollars = o->budget_dollars;
    ro.no_cache = o->no_cache;
    ro.progress = note_progress;
    ro.progress_ud = &begun;
    ro.ask = o->approve ? approve_ask : NULL;
    int rc = pmpo_run_open(path, &before, err);
    if (rc < 0) {
        return rc;
    }
    rc = open_models(o, before, &s, err);
    rc = rc < 0 ? rc
                : pmpo_resume(s.scorer, s.rewriter, path, &ro, &after, err);
    if (rc == 0) {
        progress_end();
        say_done(o, pmpo_run_describe(before));
    }
    session_close(&s);
    pmpo_run_free(before);
    if (rc < 0 && !after && !begun) {
        return rc; /* the same command would fail again */
    }
    return finish_sitting(rc, after, path, o, err);
}
