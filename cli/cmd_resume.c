/* cmd_resume.c: pmpo resume, and how a sitting of a run ends. */
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

int finish_sitting(int rc, pmpo_run *run, const char *path, const options *o,
                   pmpo_error *err)
{
    char resume[RESUME_ROOM];
    bool stopped = rc == PMPO_ECANCELLED || rc == PMPO_EBUDGET;
    if (run && (rc == 0 || stopped)) {
        show_run(run, path, o->json);
    }
    if (run && stopped) {
        rc = cli_error(err, rc, "%s; everything is kept, go on with: %s",
                       err->text[0] ? err->text : pmpo_code_text(rc),
                       cli_resume_command(path, o->approve, resume));
    }
    if (!run && can_go_on(rc)) {
        rc = say_kept(rc, path, o, err);
    }
    pmpo_run_free(run);
    return rc;
}

/* The models the run names. Their names live in `run`. */
static int open_models(const options *o, const pmpo_run *run, session *s,
                       pmpo_error *err)
{
    pmpo_model_options scorer, rewriter;
    bool same = true;
    *s = (session){0};
    int rc = pmpo_run_models(run, &scorer, &rewriter, &same, err);
    rc = rc < 0 ? rc
                : session_open_as(o, &scorer, same ? NULL : &rewriter, s, err);
    pmpo_model_options other;
    pmpo_joint how = PMPO_JOINT_MEAN;
    size_t n = 0;
    while (rc == 0 && pmpo_run_joined(run, n, &other, &how)) {
        rc = session_add(o, &other, s, err);
        n++;
    }
    return rc < 0 || n == 0 ? rc : session_join(s, how, err);
}

int cmd_resume(const options *o, pmpo_error *err)
{
    const char *path = o->args[0];
    pmpo_run *before = NULL, *after = NULL;
    pmpo_resume_options ro;
    session s;
    pmpo_resume_options_init(&ro);
    ro.iterations = o->iterations;
    ro.budget_ms = o->budget_ms;
    ro.budget_tokens = o->budget_tokens;
    ro.budget_dollars = o->budget_dollars;
    ro.no_cache = o->no_cache;
    ro.progress = progress_show;
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
    }
    session_close(&s);
    pmpo_run_free(before);
    return finish_sitting(rc, after, path, o, err);
}
