/* cmd_optimize.c: pmpo optimize, the main command, and its dry run. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "approve.h"
#include "commands.h"
#include "common.h"
#include "front.h"
#include "json.h"
#include "print.h"
#include "progress.h"
#include "session.h"

typedef struct work {
    pmpo_optimize_options o;
    pmpo_data *train, *validation, *test; /* the latter two: NULL or given */
    const char *path;                     /* of the run file */
    char dated[64];
    pmpo_run *from; /* --from, and its prompts as a library */
    pmpo_data *seen[2]; /* what it trained on and validated with */
    char *front;
} work;

/* ---- data --------------------------------------------------------------- */

/* --val and --test: a size goes to *size, anything else is a file. */
static int size_or_file(const char *name, const char *given, double *size,
                        pmpo_data **out, pmpo_error *err)
{
    if (!given) {
        return 0;
    }
    if (!parse_real(given, size)) {
        return !strcmp(given, "-")
                   ? cli_error(err, PMPO_EUSAGE, "--%s cannot be standard "
                               "input", name)
                   : pmpo_data_load(given, NULL, out, err);
    }
    return *size >= 0 ? check_size(name, given, *size, err)
                      : cli_error(err, PMPO_EUSAGE,
                                  "--%s %s: neither a file "
                                  "nor a count nor a share",
                                  name, given);
}

/* With a file for one part, -d is not dealt into parts at all. */
static int check_parts(const options *o, const work *w, pmpo_error *err)
{
    bool any_file = w->validation || w->test;
    if (any_file &&
        (o->train >= 0 || w->o.split.validation > 0 || w->o.split.test > 0)) {
        return cli_error(err, PMPO_EUSAGE, "optimize: with a file for --val "
                         "or --test all of -d is for training, and sizes do "
                         "not go with it; `pmpo data split` makes files");
    }
    return 0;
}

/* Without rejected outputs or options the loss auto is nll. */
static int check_loss(const work *w, pmpo_error *err)
{
    pmpo_score_options so = w->o.score;
    bool compares = false;
    for (size_t i = 0; i < pmpo_data_count(w->train); i++) {
        const pmpo_example *e = pmpo_data_example(w->train, i);
        compares = compares || e->n_rejected > 0 || e->n_options > 0;
    }
    so.loss = so.loss == PMPO_LOSS_AUTO && !compares ? PMPO_LOSS_NLL : so.loss;
    return pmpo_score_check(&so, NULL, err);
}

static int load_sets(const options *o, work *w, pmpo_error *err)
{
    pmpo_split *s = &w->o.split;
    s->train = o->train;
    s->seed = o->seed;
    int rc = cli_data(o, &w->train, err);
    rc = rc < 0
             ? rc
             : size_or_file("val", o->val, &s->validation, &w->validation, err);
    rc = rc < 0 ? rc : size_or_file("test", o->test, &s->test, &w->test, err);
    rc = rc < 0 ? rc : check_parts(o, w, err);
    return rc < 0 ? rc : check_loss(w, err);
}

static void release_sets(work *w)
{
    pmpo_data_free(w->train);
    pmpo_data_free(w->validation);
    pmpo_data_free(w->test);
}

/* ---- options ------------------------------------------------------------ */

static void set_search(const options *o, pmpo_optimize_options *p)
{
    p->iterations = o->iterations;
    p->hard = o->hard;
    p->variants = o->variants;
    p->segments = o->segments;
    p->temperature = o->temperature;
    p->top_p = o->top_p;
    p->max_reply_tokens = o->max_reply_tokens;
    p->max_prompt_tokens = o->max_prompt_tokens;
    p->patience = o->patience;
    p->length_price = o->length_price;
    p->demos = o->demos;
    p->demos_as = (pmpo_demos_as)o->demos_as;
    p->proposers = o->proposers;
    p->no_rewriter = o->rewriter && !strcmp(o->rewriter, "none");
    p->form = (pmpo_rewrite_form)o->form;
    p->no_mask = o->no_mask;
    p->race = (pmpo_race)o->race;
    p->no_hard_cases = o->no_hard_cases;
    p->no_loss_check = o->no_loss_check;
    p->lowest_loss = o->lowest_loss;
    p->metric = (pmpo_run_metric)o->run_metric;
    p->shortlist = o->shortlist;
    p->max_answer_tokens = o->max_tokens;
    p->approve = o->approve;
    p->ask = o->approve ? approve_ask : NULL;
    p->allow_copy = options_allow_copy(o);
    p->paper = o->preset == PRESET_PAPER;
    p->no_guard = o->no_guard && !p->paper;
    p->seed = o->seed;
    p->budget_ms = o->budget_ms;
    p->budget_tokens = o->budget_tokens;
    p->budget_dollars = o->budget_dollars;
    p->force = o->force;
}

static int set_texts(const options *o, pmpo_optimize_options *p,
                     pmpo_error *err)
{
    int rc = 0;
    if (o->prompts.n > 1) {
        return cli_error(err, PMPO_EUSAGE, "optimize: more than one prompt; "
                         "see pmpo optimize --help");
    }
    if (o->prompts.n == 1) {
        rc = cli_text(o->prompts.items[0], true, &p->prompt, err);
        cli_warn_of_places(o, rc == 0 ? p->prompt : (pmpo_str){NULL, 0});
    }
    if (rc == 0 && o->task) {
        rc = cli_text(o->task, false, &p->task, err);
    }
    if (rc == 0 && o->freeze) {
        rc = cli_text(o->freeze, true, &p->freeze, err);
    }
    if (rc == 0 && o->library) {
        rc = cli_library(o->library, &p->library, err);
    }
    return rc;
}

/* An earlier run's best prompt is the start, unless -p gives another; its
 * other good ones, then the best, too, are raced with the library. */
static int set_front(const options *o, work *w, pmpo_error *err)
{
    pmpo_optimize_options *p = &w->o;
    pmpo_str best;
    if (!o->from) {
        return 0;
    }
    int rc = cli_front(o->from, o->prompts.n > 0, p->library, &w->from, &best,
                       &w->front, err);
    if (rc < 0) {
        return rc;
    }
    for (int i = 0; rc == 0 && i < 2; i++) {
        rc = pmpo_run_data(o->from, i, &w->seen[i], err);
        p->seen[i] = w->seen[i];
    }
    if (rc < 0) {
        return rc;
    }
    if (o->prompts.n == 0) {
        p->prompt = best;
    }
    if (w->front && options_race_library(o)) {
        p->library = (pmpo_str){w->front, strlen(w->front)};
    }
    return 0;
}

static void name_run(const options *o, work *w)
{
    time_t t = time(NULL);
    struct tm tm;
    w->path = o->output;
    if (!o->output && localtime_r(&t, &tm)) {
        strftime(w->dated, sizeof(w->dated), "pmpo-%Y%m%d-%H%M%S.pmpo", &tm);
        w->path = w->dated;
    }
}

static bool is_run(const char *path)
{
    pmpo_run *run = NULL;
    bool yes = pmpo_run_open(path, &run, NULL) == 0;
    pmpo_run_free(run);
    return yes;
}

/* Said before a model is loaded for nothing; the library checks it too. */
static int check_path(const options *o, const work *w, pmpo_error *err)
{
    if (o->output && !strcmp(o->output, "-")) {
        return cli_error(err, PMPO_EUSAGE,
                         "optimize: -o -: a run is a file and can't be "
                         "standard "
                         "output: give -o FILE");
    }
    if (o->dry_run && !o->output) {
        return 0;
    }
    int rc = cli_check_folder(w->path, err);
    if (rc < 0 || o->force || access(w->path, F_OK) != 0) {
        return rc;
    }
    return is_run(w->path) ? cli_error(err, PMPO_EUSAGE,
                                       "%s exists: `pmpo resume` goes on "
                                       "with it, --force replaces it",
                                       w->path)
                           : cli_error(err, PMPO_EUSAGE,
                                       "%s exists and is no run: "
                                       "--force replaces it",
                                       w->path);
}

static int prepare(const options *o, work *w, pmpo_error *err)
{
    pmpo_optimize_options_init(&w->o);
    cli_score_options(o, &w->o.score);
    w->o.score.dry_run = false; /* of this command it is an estimate */
    set_search(o, &w->o);
    name_run(o, w);
    int rc = servers_check_budget(o, err);
    rc = rc < 0 ? rc : check_path(o, w, err);
    rc = rc < 0 ? rc : set_texts(o, &w->o, err);
    rc = rc < 0 ? rc : set_front(o, w, err);
    rc = rc < 0 ? rc : pmpo_optimize_check(&w->o, err);
    rc = rc < 0 ? rc : load_sets(o, w, err);
    const pmpo_optimize_input in = {.train = w->train,
                                    .validation = w->validation,
                                    .test = w->test};
    return rc < 0 ? rc : pmpo_optimize_check_data(&in, &w->o, err);
}

/* ---- dry run ------------------------------------------------------------ */

static void estimate_json(const pmpo_estimate *e)
{
    json_t *o = js_object();
    js_put(o, "dry_run", js_bool(true));
    js_put(o, "n_train", js_count(e->n_train));
    js_put(o, "n_val", js_count(e->n_val));
    js_put(o, "n_test", js_count(e->n_test));
    js_put(o, "first_prefill_tokens", js_count(e->first_prefill_tokens));
    js_put(o, "first_logical_tokens", js_count(e->first_logical_tokens));
    js_put(o, "first_seconds", js_number(e->first_seconds));
    js_put(o, "likely_prefill_tokens", js_count(e->likely_prefill_tokens));
    js_put(o, "likely_prompt_tokens", js_count(e->likely_prompt_tokens));
    js_put(o, "likely_generated_tokens", js_count(e->likely_generated_tokens));
    js_put(o, "likely_answer_tokens", js_count(e->likely_answer_tokens));
    js_put(o, "likely_seconds", js_number(e->likely_seconds));
    js_put(o, "bound_prefill_tokens", js_count(e->bound_prefill_tokens));
    js_put(o, "bound_prompt_tokens", js_count(e->bound_prompt_tokens));
    js_put(o, "bound_generated_tokens", js_count(e->bound_generated_tokens));
    js_put(o, "bound_answer_tokens", js_count(e->bound_answer_tokens));
    js_put(o, "bound_seconds", js_number(e->bound_seconds));
    js_put(o, "prefill_per_s", js_number(e->prefill_per_s));
    js_put(o, "decode_per_s", js_number(e->decode_per_s));
    js_put(o, "answer_per_s", js_number(e->answer_per_s));
    js_put(o, "assumptions", js_text(e->assumptions));
    js_print(o);
}

static void put_rest(const char *name, const char *how, uint64_t rows,
                     uint64_t generated, uint64_t answers, double seconds)
{
    char a[SHORT], g[SHORT], r[SHORT], t[SHORT];
    put_fact(name,
             "%s%s: %s rows to score, %s tokens of rewrites, %s of answers",
             how, show_duration(seconds * 1000, t), show_count(rows, a),
             show_count(generated, g), show_count(answers, r));
}

static void put_rates(const pmpo_estimate *e)
{
    char r[SHORT] = "", a[SHORT] = "";
    if (e->decode_per_s > 0) {
        snprintf(r, sizeof r, ", %.0f tokens/s of rewrites", e->decode_per_s);
    }
    if (e->answer_per_s > 0) {
        snprintf(a, sizeof a, ", %.0f tokens/s of answers", e->answer_per_s);
    }
    put_fact("rates", "%.0f rows/s scored%s%s", e->prefill_per_s, r, a);
}

static void estimate_text(const pmpo_estimate *e)
{
    char a[SHORT], b[SHORT], t[SHORT];
    put_fact("data", "%zu training, %zu validation, %zu test examples",
             e->n_train, e->n_val, e->n_test);
    put_fact("first scoring", "exactly %s rows for %s tokens of whole "
             "sequences; about %s", show_count(e->first_prefill_tokens, a),
             show_count(e->first_logical_tokens, b),
             show_duration(e->first_seconds * 1000, t));
    put_rest("likely", "about ", e->likely_prefill_tokens,
             e->likely_generated_tokens, e->likely_answer_tokens,
             e->likely_seconds);
    put_rest("at most", "", e->bound_prefill_tokens, e->bound_generated_tokens,
             e->bound_answer_tokens, e->bound_seconds);
    put_rates(e);
    put_fact("assumptions", "%s", e->assumptions);
}

static pmpo_optimize_input input_of(const work *w, const session *s)
{
    return (pmpo_optimize_input){.scorer = s->scorer,
                                 .rewriter = s->rewriter,
                                 .train = w->train,
                                 .validation = w->validation,
                                 .test = w->test};
}

static int estimate(const options *o, const work *w, const session *s,
                    pmpo_error *err)
{
    pmpo_estimate e;
    const pmpo_optimize_input in = input_of(w, s);
    int rc = pmpo_optimize_estimate(&in, &w->o, &e, err);
    progress_clear();
    if (rc == 0 && o->json) {
        estimate_json(&e);
    } else if (rc == 0) {
        put_model(o, s->scorer);
        estimate_text(&e);
    }
    return rc;
}

/* ---- the work ------------------------------------------------------------ */

/* What is about to be done, once the models are open: before, nothing is kept.
 * The run's name comes first: it is what is needed when all else fails. */
static void put_start(const options *o, const work *w, const session *s)
{
    put_fact("run", "%s", w->path);
    put_model(o, s->scorer);
    for (size_t i = 0; i < s->n_others; i++) {
        put_fact("and model", "%s, %s of the losses",
                 pmpo_model_describe(s->others[i])->name,
                 pmpo_joint_name(options_joint_how(o)));
    }
    if (s->rewriter) {
        put_fact("rewriter", "%s", pmpo_model_describe(s->rewriter)->name);
    }
    if (o->prompts.n == 0 && o->from) {
        put_fact("prompt", "the best of %s", o->from);
    } else if (o->prompts.n == 0) {
        put_fact("prompt", "\"%.*s\", the default", (int)w->o.prompt.len,
                 w->o.prompt.ptr);
    }
    fflush(stdout);
}

/* Tells a file from another one that takes its name; 0: there is none. */
static ino_t file_at(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

static int optimize(const options *o, const work *w, pmpo_error *err)
{
    session s;
    ino_t before = file_at(w->path); /* what --force is to replace */
    pmpo_run *run = NULL;
    bool talk = !o->json && !o->quiet && !o->dry_run;
    int rc = session_open(o, &s, err);
    if (rc == 0 && o->dry_run) {
        rc = estimate(o, w, &s, err);
    } else if (rc == 0) {
        if (talk) {
            put_start(o, w, &s);
        }
        const pmpo_optimize_input in = input_of(w, &s);
        rc = pmpo_optimize(&in, &w->o, w->path, &run, err);
    }
    if (rc == 0) {
        progress_end();
    }
    session_close(&s);
    if (run && talk) {
        putchar('\n');
    }
    bool begun = run || file_at(w->path) != before;
    return begun ? finish_sitting(rc, run, w->path, o, err) : rc;
}

int cmd_optimize(const options *o, pmpo_error *err)
{
    work w = {.path = NULL};
    int rc = prepare(o, &w, err);
    rc = rc < 0 ? rc : optimize(o, &w, err);
    release_sets(&w);
    pmpo_run_free(w.from);
    cli_free(w.front);
    pmpo_data_free(w.seen[0]);
    pmpo_data_free(w.seen[1]);
    return rc;
}
