/* resume.c: pmpo_resume, and which models a run was made with. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/optimize_options.h"
#include "api/sitting.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/words.h"
#include "search/settings.h"

void pmpo_resume_options_init(pmpo_resume_options *o)
{
    *o = (pmpo_resume_options){.size = sizeof(*o)};
}

/* ---- going on ------------------------------------------------------------ */

/* What extending a run changes. */
typedef struct length {
    int iterations;
    double patience_from; /* iterations without gain count after that one */
    bool has_patience_from;
} length;

/* Both or, after a failure, none. */
static int put_length(pmpo_store *s, const length *l, pmpo_error *err)
{
    pmpo_optimize_options o;
    pmpo_optimize_options_init(&o);
    o.iterations = l->iterations;
    int rc = pmpo_store_begin(s, err);
    rc = rc < 0 ? rc : pmpo_settings_put_one(s, &o, "iterations", err);
    if (rc == 0 && l->has_patience_from) {
        rc = pmpo_store_put_number(s, "patience_from", l->patience_from, err);
    } else if (rc == 0) {
        rc = pmpo_store_drop_number(s, "patience_from", err);
    }
    rc = rc < 0 ? rc : pmpo_store_commit(s, err);
    if (rc < 0) {
        pmpo_store_rollback(s);
    }
    return rc;
}

/* *extended: the file has the new length. */
static int extend(pmpo_store *s, const pmpo_optimize_options *o, int iterations,
                  bool *extended, pmpo_error *err)
{
    double decided = 0;
    bool found;
    if (iterations == 0 || iterations == o->iterations) {
        return 0;
    }
    int rc = pmpo_store_get_number(s, "decided", &decided, &found, err);
    if (rc == 0 && found && iterations < (int)decided) {
        rc = pmpo_fail(err, PMPO_EUSAGE, "the run has %d iterations already; "
                       "%d is no total for it", (int)decided, iterations);
    }
    rc = rc < 0 ? rc : put_length(s, &(length){iterations, decided, true}, err);
    *extended = rc == 0;
    return rc;
}

/* *was: the run's length before it was *extended. */
static int prepare(pmpo_store *s, const pmpo_model *scorer,
                   const pmpo_model *rewriter, const pmpo_resume_options *asked,
                   length *was, bool *extended, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_optimize_options o;
    pmpo_optimize_options_init(&o);
    o.custom = asked->custom;
    o.n_custom = asked->n_custom;
    int rc = pmpo_settings_get(s, &mem, &o, err);
    rc = rc < 0 ? rc : pmpo_optimize_check_proposers(&o, err);
    rc = rc < 0 ? rc : pmpo_run_check_models(s, scorer, rewriter, err);
    rc = rc < 0 ? rc : pmpo_run_check_template(s, o.score.template_name, err);
    rc = rc < 0 ? rc : pmpo_run_put_places(s, scorer, rewriter, err);
    *was = (length){.iterations = o.iterations};
    rc = rc < 0 ? rc
                : pmpo_store_get_number(s, "patience_from", &was->patience_from,
                                        &was->has_patience_from, err);
    rc = rc < 0 ? rc : extend(s, &o, asked->iterations, extended, err);
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_resume(pmpo_model *scorer, pmpo_model *rewriter, const char *path,
                const pmpo_resume_options *o, pmpo_run **out, pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION, "pmpo_resume_options of another "
                         "version of pmpo.h");
    }
    if (o->iterations < 0) {
        return pmpo_fail(err, PMPO_EUSAGE, "iterations must be 0 or more");
    }
    pmpo_store *s = NULL;
    length was = {0};
    bool extended = false;
    rewriter = rewriter ? rewriter : scorer;
    int rc = pmpo_store_open(path, &s, err);
    rc = rc < 0 ? rc : prepare(s, scorer, rewriter, o, &was, &extended, err);
    pmpo_sitting_options so = {.budget_ms = o->budget_ms,
                               .budget_tokens = o->budget_tokens,
                               .budget_dollars = o->budget_dollars,
                               .custom = o->custom,
                               .n_custom = o->n_custom,
                               .no_cache = o->no_cache,
                               .progress = o->progress,
                               .progress_ud = o->progress_ud,
                               .ask = o->ask,
                               .ask_ud = o->ask_ud};
    rc = rc < 0 ? rc : pmpo_run_sit(s, scorer, rewriter, &so, err);
    if (rc == PMPO_EVERSION && extended) {
        put_length(s, &was, NULL); /* this program can't go on with it */
    }
    return pmpo_run_leave(s, path, rc, out, err);
}

/* ---- the run's models ---------------------------------------------------- */

static pmpo_precision precision_of(const char *name)
{
    int place = pmpo_word_place(pmpo_precision_words, name);
    return place < 0 ? PMPO_PRECISION_AUTO : (pmpo_precision)place;
}

/* What was chosen by measuring must not be chosen anew: it is in the identity. */
static pmpo_products products_of(const char *name)
{
    int place = name ? pmpo_word_place(pmpo_products_words, name) : 0;
    return place < 0 ? PMPO_PRODUCTS_OWN : (pmpo_products)place;
}

/* A fact of `who`; NULL: the run doesn't have it. */
static const char *fact(const pmpo_run_view *v, const char *who,
                        const char *what)
{
    char name[64];
    snprintf(name, sizeof(name), "%s_%s", who, what);
    return pmpo_run_setting(v, name);
}

/* For models on servers: name, dialect and tokenizer. */
static void fill_server(const pmpo_run_view *v, const char *who,
                        pmpo_model_options *out)
{
    const char *dialect = fact(v, who, "dialect");
    const char *tokenizer = fact(v, who, "tokenizer");
    if (dialect && *dialect) {
        out->model_name = fact(v, who, "model");
        out->dialect = strcmp(dialect, "none") ? dialect : NULL;
        bool file = tokenizer && strcmp(tokenizer, "server") &&
                    strcmp(tokenizer, "none");
        out->tokenizer = file ? tokenizer : NULL;
    }
}

/* False when the run doesn't say which model; by whom products were made, and
 * within which memory, older runs don't say. */
static bool fill_model(const pmpo_run_view *v, const char *who,
                       pmpo_model_options *out)
{
    const char *path = fact(v, who, "path");
    const char *precision = fact(v, who, "precision");
    const char *threads = fact(v, who, "threads");
    const char *layers = fact(v, who, "gpu_layers");
    const char *memory = fact(v, who, "memory");
    pmpo_model_options_init(out);
    if (!path || !precision || !threads || !layers) {
        return false;
    }
    out->model = path;
    out->precision = precision_of(precision);
    out->threads = (int)strtol(threads, NULL, 10);
    out->gpu_layers = (int)strtol(layers, NULL, 10);
    out->memory_bytes = memory ? strtoull(memory, NULL, 10) : 0;
    out->products = products_of(fact(v, who, "products"));
    fill_server(v, who, out);
    return true;
}

int pmpo_run_models(const pmpo_run *run, pmpo_model_options *scorer,
                    pmpo_model_options *rewriter, bool *same, pmpo_error *err)
{
    const pmpo_run_view *v = pmpo_run_describe(run);
    const char *one = pmpo_run_setting(v, "one_model");
    pmpo_model_options s, r;
    if (!one || !fill_model(v, "scorer", &s) ||
        !fill_model(v, "rewriter", &r)) {
        return pmpo_fail(err, PMPO_EDATA, "the run does not say which models "
                         "it was made with");
    }
    bool is_one = !strcmp(one, "yes");
    r.for_generation = !is_one;
    *scorer = s;
    *rewriter = r;
    *same = is_one;
    return 0;
}

int pmpo_run_joined(const pmpo_run *run, size_t i, pmpo_model_options *out,
                    pmpo_joint *how)
{
    const pmpo_run_view *v = pmpo_run_describe(run);
    const char *word = pmpo_run_setting(v, "joint");
    int place = word ? pmpo_word_place(pmpo_joint_words, word) : -1;
    char who[32];
    snprintf(who, sizeof(who), "scorer%zu", i + 2);
    if (place < 0 || i + 1 >= PMPO_MOST_JOINED || !fill_model(v, who, out)) {
        return 0;
    }
    *how = (pmpo_joint)place;
    return 1;
}

int pmpo_run_scoring(const pmpo_run *run, pmpo_score_options *o,
                     pmpo_error *err)
{
    const pmpo_run_view *v = pmpo_run_describe(run);
    pmpo_optimize_options all;
    pmpo_optimize_options_init(&all);
    int rc = pmpo_settings_of(v, &all, err);
    rc = rc < 0 ? rc
                : pmpo_run_same_template(all.score.template_name,
                                         pmpo_str_of(v->template_text), err);
    if (rc == 0) {
        *o = all.score;
    }
    return rc;
}
