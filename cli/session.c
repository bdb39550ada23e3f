/* session.c: the models of a command, opened and closed; see session.h. */
#include "session.h"

#include <string.h>

#include "common.h"
#include "progress.h"
#include "signals.h"

void cli_model_options(const options *o, pmpo_model_options *mo)
{
    pmpo_model_options_init(mo);
    mo->model = o->model;
    mo->precision = (pmpo_precision)o->precision;
    mo->threads = o->threads;
    mo->gpu_layers = o->gpu_layers;
    mo->memory_bytes = o->memory_bytes;
    mo->model_name = o->model_name;
    mo->dialect = cli_dialect(o);
    mo->tokenizer = o->tokenizer;
}

void cli_score_options(const options *o, pmpo_score_options *so)
{
    pmpo_score_options_init(so);
    so->how = o->how;
    so->limit = (size_t)o->limit;
    so->no_cache = o->no_cache;
    so->plain = o->plain;
    so->noise_floor = o->noise_floor;
    so->dry_run = o->dry_run;
    so->progress = progress_show;
}

static int open_one(const pmpo_model_options *asked, int place,
                    pmpo_model **out, pmpo_error *err)
{
    pmpo_model_options mo = *asked;
    mo.progress = progress_show;
    int rc = pmpo_model_open(&mo, out, err);
    if (rc == 0) {
        signals_cancel(place, *out);
    }
    if (rc == 0 && signals_came()) { /* while it was opened */
        pmpo_cancel(*out);
    }
    return rc;
}

/* What a model's file leaves of a limit of memory. */
static uint64_t memory_left(uint64_t cap, const pmpo_model *m)
{
    uint64_t used = pmpo_model_describe(m)->file_bytes;
    return cap == 0 ? 0 : cap > used ? cap - used : 1;
}

/* `shared`: one limit of memory for all, of which the rewriter gets what the
 * scorer's file leaves; else each has its own. */
static int open_both(const options *o, const pmpo_model_options *scorer,
                     const pmpo_model_options *rewriter, bool shared,
                     session *s, pmpo_error *err)
{
    pmpo_model_options a = *scorer, b = rewriter ? *rewriter : *scorer;
    *s = (session){0};
    int rc = servers_connect(o, &s->keyed, &a, rewriter ? &b : NULL, err);
    progress_begin(o->quiet, o->verbose && o->command->id != CMD_SCORE);
    if (rc == 0 && rewriter && b.model) { /* before the first one is opened */
        rc = pmpo_model_find(b.model, err);
    }
    rc = rc < 0 ? rc : open_one(&a, 0, &s->scorer, err);
    if (rc == 0) {
        signals_listen();
    }
    if (rc == 0 && rewriter) {
        b.memory_bytes = shared ? memory_left(a.memory_bytes, s->scorer)
                                : b.memory_bytes;
        rc = open_one(&b, 1, &s->rewriter, err);
    }
    progress_clear();
    return rc;
}

int session_open_as(const options *o, const pmpo_model_options *scorer,
                    const pmpo_model_options *rewriter, session *s,
                    pmpo_error *err)
{
    return open_both(o, scorer, rewriter, false, s, err);
}

int session_add(const options *o, const pmpo_model_options *other, session *s,
                pmpo_error *err)
{
    pmpo_model_options a = *other, ignored = *other;
    if (s->n_others + 1 >= PMPO_MOST_JOINED) {
        return cli_error(err, PMPO_EUSAGE,
                         "%s: --joint takes %d models at most",
                         o->command->name, PMPO_MOST_JOINED);
    }
    a.for_generation = false;
    a.progress = progress_show;
    int rc =
        servers_connect(o, &s->keyed, &a, s->rewriter ? &ignored : NULL, err);
    rc = rc < 0 ? rc : pmpo_model_open(&a, &s->others[s->n_others], err);
    s->n_others += rc == 0;
    progress_clear();
    return rc;
}

int session_join(session *s, pmpo_joint how, pmpo_error *err)
{
    return pmpo_model_join(s->scorer, s->others, s->n_others, how, err);
}

/* The other -m of --joint. */
static int open_others(const options *o, session *s, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 1; rc == 0 && i < o->each_model.n; i++) {
        pmpo_model_options other;
        cli_model_options(o, &other);
        other.model = o->each_model.items[i];
        other.memory_bytes = memory_left(other.memory_bytes, s->scorer);
        for (size_t k = 0; k < s->n_others; k++) {
            other.memory_bytes = memory_left(other.memory_bytes, s->others[k]);
        }
        rc = session_add(o, &other, s, err);
    }
    return rc < 0 ? rc : session_join(s, options_joint_how(o), err);
}

int session_open(const options *o, session *s, pmpo_error *err)
{
    return session_open_for(o, false, s, err);
}

int session_open_for(const options *o, bool generation, session *s,
                     pmpo_error *err)
{
    pmpo_model_options scorer, rewriter;
    cli_model_options(o, &scorer);
    int rc = 0;
    for (size_t i = 1; rc == 0 && options_joint(o) && i < o->each_model.n;
         i++) {
        rc = pmpo_model_find(o->each_model.items[i], err);
    }
    if (rc < 0) {
        *s = (session){0};
        return rc;
    }
    scorer.model = options_joint(o) ? o->each_model.items[0] : scorer.model;
    rewriter = scorer;
    scorer.for_generation = generation;
    bool none = o->command->id == CMD_OPTIMIZE && o->rewriter
                && !strcmp(o->rewriter, "none");
    rewriter.model = o->rewriter && !none ? o->rewriter : o->judge;
    rewriter.precision = PMPO_PRECISION_AUTO; /* --precision: the scorer's */
    rewriter.model_name = o->judge ? o->judge_name : o->rewriter_name;
    rewriter.dialect = rewriter.tokenizer = NULL;
    rewriter.for_generation = !o->judge; /* a judge scores */
    rc = open_both(o, &scorer, rewriter.model ? &rewriter : NULL, true, s, err);
    return rc < 0 || !options_joint(o) ? rc : open_others(o, s, err);
}

void session_close(session *s)
{
    progress_clear();
    signals_cancel(0, NULL);
    signals_cancel(1, NULL);
    pmpo_model_free(s->rewriter);
    pmpo_model_free(s->scorer);
    for (size_t i = 0; i < s->n_others; i++) {
        pmpo_model_free(s->others[i]);
    }
    *s = (session){0};
}
