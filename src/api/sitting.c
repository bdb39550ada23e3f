/* sitting.c: see sitting.h. */
#include "api/sitting.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "api/cache.h"
#include "api/parts.h"
#include "base/error.h"
#include "base/paths.h"
#include "base/plain.h"
#include "search/search.h"
#include "search/settings.h"

/* ---- models -------------------------------------------------------------- */

static const char *or_empty(const char *s)
{
    return s ? s : "";
}

static int put_fact(pmpo_store *s, const char *who, const char *what,
                    const char *value, pmpo_error *err)
{
    char name[64];
    snprintf(name, sizeof(name), "setting.%s_%s", who, what);
    return pmpo_store_put_text(s, name, pmpo_str_of(or_empty(value)), err);
}

/* Where the model is: absolute, for resume may be called elsewhere; or a URL. */
static int put_place(pmpo_store *s, const char *who, const pmpo_model *m,
                     pmpo_error *err)
{
    const pmpo_model_info *i = &m->info;
    const char *given = i->source_path ? i->source_path : i->path;
    pmpo_buf path = {0};
    if (strstr(or_empty(given), "://")) {
        pmpo_buf_puts(&path, given);
    } else {
        pmpo_absolute(or_empty(given), &path);
    }
    int rc = path.failed ? pmpo_fail_memory(err)
                         : put_fact(s, who, "path", path.ptr, err);
    pmpo_buf_release(&path);
    return rc;
}

static int put_model(pmpo_store *s, const char *who, const pmpo_model *m,
                     pmpo_error *err)
{
    const pmpo_model_info *i = &m->info;
    char threads[16], layers[16], memory[24];
    snprintf(threads, sizeof(threads), "%d", i->threads);
    snprintf(layers, sizeof(layers), "%d", i->gpu_layers);
    snprintf(memory, sizeof(memory), "%" PRIu64, i->memory_bytes);
    int rc = put_fact(s, who, "model", i->name, err);
    rc = rc < 0 ? rc : put_place(s, who, m, err);
    rc = rc < 0 ? rc : put_fact(s, who, "identity", i->identity, err);
    rc = rc < 0 ? rc : put_fact(s, who, "precision", i->precision, err);
    rc = rc < 0 ? rc : put_fact(s, who, "products", i->products, err);
    rc = rc < 0 ? rc : put_fact(s, who, "dialect", i->dialect, err);
    rc = rc < 0 ? rc : put_fact(s, who, "tokenizer", i->tokenizer, err);
    rc = rc < 0 ? rc : put_fact(s, who, "fingerprint", i->fingerprint, err);
    rc = rc < 0 ? rc : put_fact(s, who, "threads", threads, err);
    rc = rc < 0 ? rc : put_fact(s, who, "memory", memory, err);
    return rc < 0 ? rc : put_fact(s, who, "gpu_layers", layers, err);
}

/* Of the i-th that the scorer is joined with. */
static void name_other(size_t i, char out[32])
{
    snprintf(out, 32, "scorer%zu", i + 2);
}

static int put_others(pmpo_store *s, const pmpo_model *scorer, pmpo_error *err)
{
    const char *word = scorer->n_others ? pmpo_joint_name(scorer->joint)
                                        : "none";
    int rc = pmpo_store_put_text(s, "setting.joint", pmpo_str_of(word), err);
    pmpo_buf names = {0};
    pmpo_buf_puts(&names, or_empty(scorer->info.name));
    for (size_t i = 0; rc == 0 && i < scorer->n_others; i++) {
        char who[32];
        name_other(i, who);
        pmpo_buf_printf(&names, " + %s",
                        or_empty(scorer->others[i]->info.name));
        rc = put_model(s, who, scorer->others[i], err);
    }
    rc = rc == 0 && names.failed ? pmpo_fail_memory(err) : rc;
    rc = rc < 0
             ? rc
             : pmpo_store_put_text(s, "scorer.name", pmpo_buf_str(&names), err);
    pmpo_buf_release(&names);
    return rc;
}

int pmpo_run_put_models(pmpo_store *s, const pmpo_model *scorer,
                        const pmpo_model *rewriter, pmpo_error *err)
{
    pmpo_str other = pmpo_str_of(or_empty(rewriter->info.name));
    pmpo_str precision = pmpo_str_of(or_empty(scorer->info.precision));
    int rc = put_model(s, "scorer", scorer, err);
    rc = rc < 0 ? rc : put_model(s, "rewriter", rewriter, err);
    rc = rc < 0 ? rc : put_others(s, scorer, err);
    rc = rc < 0 ? rc : pmpo_store_put_text(s, "rewriter.name", other, err);
    rc = rc < 0 ? rc : pmpo_store_put_text(s, "scorer.precision", precision,
                                           err);
    return rc < 0 ? rc
                  : pmpo_store_put_text(s, "setting.one_model",
                                        pmpo_str_of(scorer == rewriter ? "yes"
                                                                       : "no"),
                                        err);
}

static int get_fact(pmpo_store *s, const char *who, const char *what,
                    pmpo_buf *out, pmpo_error *err)
{
    char name[64];
    bool found;
    snprintf(name, sizeof(name), "setting.%s_%s", who, what);
    pmpo_buf_clear(out);
    int rc = pmpo_store_get_text(s, name, out, &found, err);
    if (rc == 0 && !found) {
        return pmpo_fail(err, PMPO_EDATA, "%s does not say which model it was "
                         "made with: start it anew", pmpo_store_path(s));
    }
    return rc < 0 || !out->failed ? rc : pmpo_fail_memory(err);
}

/* An error that describes the run's model and this one. */
static int another_model(pmpo_store *s, const char *who, const pmpo_model *m,
                         pmpo_error *err)
{
    pmpo_buf name = {0}, precision = {0}, threads = {0}, identity = {0};
    int rc = get_fact(s, who, "model", &name, err);
    rc = rc < 0 ? rc : get_fact(s, who, "precision", &precision, err);
    rc = rc < 0 ? rc : get_fact(s, who, "threads", &threads, err);
    rc = rc < 0 ? rc : get_fact(s, who, "identity", &identity, err);
    if (rc == 0) {
        const pmpo_model_info *i = &m->info;
        bool alike = !strcmp(name.ptr ? name.ptr : "", or_empty(i->name));
        rc = pmpo_fail(err, PMPO_EMODEL, "the run's %s was %s (precision %s, "
                       "%s threads, identity %.8s); this one is %s (precision "
                       "%s, %d threads, identity %.8s)%s", who,
                       pmpo_buf_str(&name).ptr, pmpo_buf_str(&precision).ptr,
                       pmpo_buf_str(&threads).ptr, pmpo_buf_str(&identity).ptr,
                       or_empty(i->name), or_empty(i->precision), i->threads,
                       or_empty(i->identity),
                       alike ? "; the weights, the build and the processor "
                               "count too"
                             : "");
    }
    pmpo_buf_release(&name);
    pmpo_buf_release(&precision);
    pmpo_buf_release(&threads);
    pmpo_buf_release(&identity);
    return rc;
}

/* Mean absolute difference of two fingerprints' numbers; 0 where one has none:
 * it was not taken. */
static double apart(const char *a, const char *b)
{
    double sum = 0;
    size_t n = 0;
    while (*a && *b) {
        char *after_a, *after_b;
        double x = pmpo_read_double(a, &after_a);
        double y = pmpo_read_double(b, &after_b);
        if (after_a == a || after_b == b) {
            break;
        }
        sum += fabs(x - y);
        n++;
        a = after_a;
        b = after_b;
    }
    return n ? sum / (double)n : 0;
}

#define OTHER_WEIGHTS 0.1 /* nats a token; rounding in half precision is less */

/* A server may serve other weights under the same name. */
static int check_fingerprint(pmpo_store *s, const char *who,
                             const pmpo_model *m, pmpo_error *err)
{
    pmpo_buf then = {0};
    int rc = get_fact(s, who, "fingerprint", &then, err);
    double d = rc == 0 ? apart(pmpo_buf_str(&then).ptr, m->info.fingerprint)
                       : 0;
    if (d > OTHER_WEIGHTS) {
        rc = pmpo_fail(err, PMPO_EMODEL, "%s at %s has other weights than when "
                       "the run was made: a known text's log-probabilities are "
                       "%.2g nats a token apart", m->info.name, m->info.path, d);
    }
    pmpo_buf_release(&then);
    return rc;
}

static int check_model(pmpo_store *s, const char *who, const pmpo_model *m,
                       pmpo_error *err)
{
    pmpo_buf identity = {0};
    int rc = get_fact(s, who, "identity", &identity, err);
    if (rc == 0 && strcmp(pmpo_buf_str(&identity).ptr,
                          or_empty(m->info.identity))) {
        rc = another_model(s, who, m, err);
    }
    pmpo_buf_release(&identity);
    return rc == 0 && m->info.fingerprint ? check_fingerprint(s, who, m, err)
                                          : rc;
}

static int check_others(pmpo_store *s, const pmpo_model *scorer,
                        pmpo_error *err)
{
    const char *word = scorer->n_others ? pmpo_joint_name(scorer->joint)
                                        : "none";
    pmpo_buf was = {0}, ignored = {0};
    bool found;
    char who[32];
    int rc = pmpo_store_get_text(s, "setting.joint", &was, &found, err);
    if (rc == 0 && strcmp(found ? pmpo_buf_str(&was).ptr : "none", word)) {
        rc = pmpo_fail(err, PMPO_EMODEL,
                       "the run's models are joined by %s, "
                       "these by %s",
                       found ? pmpo_buf_str(&was).ptr : "none", word);
    }
    for (size_t i = 0; rc == 0 && i < scorer->n_others; i++) {
        name_other(i, who);
        rc = check_model(s, who, scorer->others[i], err);
    }
    name_other(scorer->n_others, who);
    if (rc == 0 && get_fact(s, who, "model", &ignored, NULL) == 0) {
        rc = pmpo_fail(err, PMPO_EMODEL, "the run is of more than %zu models",
                       1 + scorer->n_others);
    }
    pmpo_buf_release(&was);
    pmpo_buf_release(&ignored);
    return rc;
}

int pmpo_run_check_models(pmpo_store *s, const pmpo_model *scorer,
                          const pmpo_model *rewriter, pmpo_error *err)
{
    int rc = check_model(s, "scorer", scorer, err);
    rc = rc < 0 ? rc : check_others(s, scorer, err);
    return rc < 0 ? rc : check_model(s, "rewriter", rewriter, err);
}

int pmpo_run_put_places(pmpo_store *s, const pmpo_model *scorer,
                        const pmpo_model *rewriter, pmpo_error *err)
{
    int rc = put_place(s, "scorer", scorer, err);
    for (size_t i = 0; rc == 0 && i < scorer->n_others; i++) {
        char who[32];
        name_other(i, who);
        rc = put_place(s, who, scorer->others[i], err);
    }
    return rc < 0 ? rc : put_place(s, "rewriter", rewriter, err);
}

/* ---- template files ------------------------------------------------------ */

#define TEMPLATE_TEXT "template_text"

int pmpo_run_put_template(pmpo_store *s, const char *name, pmpo_error *err)
{
    if (name[0] != '@') {
        return 0;
    }
    pmpo_buf text = {0};
    int rc = pmpo_read_file(name + 1, &text, err);
    rc = rc < 0 ? rc
                : pmpo_store_put_text(s, TEMPLATE_TEXT, pmpo_buf_str(&text),
                                      err);
    pmpo_buf_release(&text);
    return rc;
}

int pmpo_run_same_template(const char *name, pmpo_str then, pmpo_error *err)
{
    if (name[0] != '@') {
        return 0;
    }
    pmpo_buf now = {0};
    int rc = pmpo_read_file(name + 1, &now, err);
    if (rc == 0 && !pmpo_str_eq(pmpo_buf_str(&now), then)) {
        rc = pmpo_fail(err, PMPO_EDATA, "the template file %s is not what it "
                       "was when the run was made: put that back", name + 1);
    }
    pmpo_buf_release(&now);
    return rc;
}

int pmpo_run_check_template(pmpo_store *s, const char *name, pmpo_error *err)
{
    pmpo_buf then = {0};
    bool found = false;
    int rc = pmpo_store_get_text(s, TEMPLATE_TEXT, &then, &found, err);
    rc = rc < 0 ? rc
                : pmpo_run_same_template(name, pmpo_buf_str(&then), err);
    pmpo_buf_release(&then);
    return rc;
}

/* ---- a sitting ----------------------------------------------------------- */

static int put_status(pmpo_store *s, const char *status, const char *reason,
                      pmpo_error *err)
{
    int rc = pmpo_store_put_text(s, "status_reason", pmpo_str_of(reason), err);
    return rc < 0 ? rc
                  : pmpo_store_put_text(s, "status", pmpo_str_of(status), err);
}

static int note_cache(pmpo_store *s, const pmpo_cache *c, pmpo_error *err)
{
    const char *trouble = c ? pmpo_cache_trouble(c) : NULL;
    return trouble ? pmpo_store_put_note(s, PMPO_NOTE_CACHE, 0, 0, trouble,
                                         err)
                   : 0;
}

/* Runs the search and stores the status, also after a failure. */
static int search(pmpo_store *s, const pmpo_search_input *in, pmpo_error *err)
{
    char why[240] = "";
    pmpo_error first = {0};
    pmpo_buf status = {0}, reason = {0}; /* of the sitting before */
    bool found;
    int rc = pmpo_store_get_text(s, "status", &status, &found, &first);
    rc = rc < 0
             ? rc
             : pmpo_store_get_text(s, "status_reason", &reason, &found, &first);
    rc = rc < 0 ? rc : put_status(s, "running", "", &first);
    rc = rc < 0 ? rc : pmpo_search_run(in, why, sizeof(why), &first);
    if (rc == PMPO_EVERSION) { /* another pmpo's run stays as it was */
        put_status(s, pmpo_buf_str(&status).ptr, pmpo_buf_str(&reason).ptr,
                   NULL);
    }
    pmpo_buf_release(&status);
    pmpo_buf_release(&reason);
    if (rc == PMPO_EVERSION) {
        return pmpo_fail(err, rc, "%s", first.text);
    }
    if (rc == 0) {
        rc = note_cache(s, in->cache, err);
        return rc < 0 ? rc : put_status(s, "done", why, err);
    }
    if (first.text[0] == '\0') {
        pmpo_fail(&first, rc, "%s", pmpo_code_text(rc));
    }
    pmpo_store_rollback(s); /* of a put that failed half-way */
    put_status(s, "stopped", first.text, NULL);
    return pmpo_fail(err, rc, "%s", first.text);
}

static int sit(pmpo_store *s, pmpo_model *scorer, pmpo_model *rewriter,
               const pmpo_sitting_options *so, const pmpo_optimize_options *o,
               const pmpo_parts *parts, pmpo_error *err)
{
    pmpo_cache *cache = NULL;
    int rc = pmpo_user_cache(o->score.no_cache || so->no_cache ||
                                 scorer->may_change, &cache, err);
    pmpo_search_input in = {
        .scorer = scorer,
        .rewriter = rewriter,
        .store = s,
        .cache = cache,
        .train = parts->of[PMPO_PART_TRAIN],
        .validation = parts->of[PMPO_PART_VALIDATION],
        .test = parts->of[PMPO_PART_TEST],
        .o = o,
    };
    rc = rc < 0 ? rc : search(s, &in, err);
    pmpo_cache_free(cache);
    return rc;
}

int pmpo_run_sit(pmpo_store *s, pmpo_model *scorer, pmpo_model *rewriter,
                 const pmpo_sitting_options *so, pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_parts parts = {0};
    pmpo_optimize_options o;
    pmpo_optimize_options_init(&o);
    o.budget_ms = so->budget_ms;
    o.budget_tokens = so->budget_tokens;
    o.budget_dollars = so->budget_dollars;
    o.custom = so->custom;
    o.n_custom = so->n_custom;
    o.score.progress = so->progress;
    o.score.progress_ud = so->progress_ud;
    o.ask = so->ask;
    o.ask_ud = so->ask_ud;
    int rc = pmpo_settings_get(s, &mem, &o, err);
    rc = rc < 0 ? rc : pmpo_parts_load(s, &parts, err);
    rc = rc < 0 ? rc : sit(s, scorer, rewriter, so, &o, &parts, err);
    pmpo_parts_release(&parts);
    pmpo_arena_release(&mem);
    return rc;
}

int pmpo_run_leave(pmpo_store *s, const char *path, int rc, pmpo_run **out,
                   pmpo_error *err)
{
    pmpo_store_free(s);
    bool shown = rc == 0 || rc == PMPO_ECANCELLED || rc == PMPO_EBUDGET;
    if (!shown || !out) {
        return rc;
    }
    pmpo_error why = {0};
    int opened = pmpo_run_open(path, out, &why);
    return opened < 0 ? pmpo_fail(err, opened, "%s", why.text) : rc;
}
