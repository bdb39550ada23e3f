/* optimize.c: pmpo_optimize: checks its arguments, makes the decisions that
 * hold for the whole run, creates the run file, and runs the first sitting. */
#include <stdio.h>

#include "api/optimize_options.h"
#include "api/sitting.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/paths.h"
#include "data/data.h"
#include "score/score.h"
#include "propose/forms.h"
#include "propose/labels.h"
#include "propose/propose.h"
#include "search/search.h"
#include "search/settings.h"

void pmpo_optimize_options_init(pmpo_optimize_options *o)
{
    *o = (pmpo_optimize_options){
        .size = sizeof(*o),
        .prompt = PMPO_STR("Let's think step by step."),
        .freeze = PMPO_STR(""),
        .marked_prompt = PMPO_STR(""),
        .task = PMPO_STR(""),
        .library = PMPO_STR(""),
        .split = {-1, -1, -1, 1},
        .iterations = 20,
        .hard = 3,
        .variants = 4,
        .segments = 5,
        .temperature = 0.9,
        .top_p = 0.95,
        .max_reply_tokens = 512,
        .form = PMPO_FORM_AUTO,
        .race = PMPO_RACE_EXACT,
        .metric = PMPO_RUN_METRIC_AUTO,
        .shortlist = 4,
        .max_answer_tokens = 512,
        .seed = 1,
    };
    pmpo_score_options_init(&o->score);
}

/* ---- the first commit ---------------------------------------------------- */

/* Fewer training examples than this: a prompt can fit each of them. */
#define FEW_TRAINING 3
/* Fewer validation examples than this: their mean loss tells little. */
#define FEW_VALIDATION 5
#define PLACE_OF_LABELS 3 /* among a run's warnings: answers.c has 2 */

static int put_lost(pmpo_store *s, const pmpo_parts *p, pmpo_error *err)
{
    char text[160];
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        snprintf(text, sizeof(text),
                 "examples of one input stay together: nothing is left for the "
                 "%s part; give examples with other inputs",
                 pmpo_part_name(i));
        rc = p->lost[i]
                 ? pmpo_store_put_note(s, PMPO_NOTE_WARNING, 0, i, text, err)
                 : 0;
    }
    return rc;
}

static int put_notes(pmpo_store *s, const pmpo_parts *p, pmpo_error *err)
{
    const pmpo_data *val = p->of[PMPO_PART_VALIDATION];
    size_t n = val ? pmpo_data_count(val) : 0;
    char text[160];
    int rc = 0;
    if (pmpo_data_count(p->of[PMPO_PART_TRAIN]) < FEW_TRAINING) {
        snprintf(text, sizeof(text),
                 "fewer than %d training examples: the prompt will fit their "
                 "wording",
                 FEW_TRAINING);
        rc = pmpo_store_put_note(s, PMPO_NOTE_WARNING, 0, 0, text, err);
    }
    if (rc < 0 || n == 0 || n >= FEW_VALIDATION) {
        return rc;
    }
    snprintf(text, sizeof(text),
             "%zu validation example%s: too few to tell a "
             "better prompt from one that fits the training examples; give "
             "more examples, or a larger --val",
             n, n == 1 ? "" : "s");
    return pmpo_store_put_note(s, PMPO_NOTE_WARNING, 0, 1, text, err);
}

/* A label that no example of the search has is never asked for. */
static int put_unknown_labels(pmpo_store *s, const pmpo_parts *p,
                              pmpo_error *err)
{
    pmpo_arena mem = {0};
    pmpo_labels known;
    pmpo_str first = PMPO_STR("");
    char text[300];
    int rc = pmpo_labels_read(p->of[PMPO_PART_TRAIN],
                              p->of[PMPO_PART_VALIDATION], &mem, &known, err);
    size_t n = rc == 0 && p->of[PMPO_PART_TEST]
                   ? pmpo_labels_lacking(&known, p->of[PMPO_PART_TEST], &first)
                   : 0;
    if (n > 0) {
        size_t shown = pmpo_utf8_floor(first, first.len < 80 ? first.len : 80);
        snprintf(text, sizeof(text),
                 "%zu test example%s a label that neither the training nor the "
                 "validation part has ('%.*s'): a prompt that lists the labels "
                 "will lack it; give more examples, or a larger --train",
                 n, n == 1 ? " has" : "s have", (int)shown, first.ptr);
        rc = pmpo_store_put_note(s, PMPO_NOTE_WARNING, 0, PLACE_OF_LABELS, text,
                                 err);
    }
    pmpo_arena_release(&mem);
    return rc;
}

/* The number of test examples with the input of an example of o->seen. */
static int put_seen(pmpo_store *s, const pmpo_data *test,
                    const pmpo_optimize_options *o, pmpo_error *err)
{
    size_t all = 0;
    for (int i = 0; test && i < 2; i++) {
        const pmpo_example *first = NULL;
        size_t n = 0;
        if (o->seen[i] &&
            pmpo_data_overlap(o->seen[i], test, &first, &n, err) < 0) {
            return pmpo_fail_memory(err);
        }
        all += n;
    }
    return pmpo_store_put_number(s, "test_seen", (double)all, err);
}

static int put_all(pmpo_store *s, const pmpo_parts *p, pmpo_model *scorer,
                   pmpo_model *rewriter, const pmpo_optimize_options *o,
                   pmpo_error *err)
{
    int rc = pmpo_settings_put(s, o, err);
    rc = rc < 0 ? rc : pmpo_run_put_models(s, scorer, rewriter, err);
    if (rc == 0 && o->no_rewriter) {
        rc = pmpo_store_put_text(s, "rewriter.name", PMPO_STR("none"), err);
    }
    rc = rc < 0 ? rc : pmpo_run_put_template(s, o->score.template_name, err);
    rc = rc < 0
             ? rc
             : pmpo_run_put_rendering(s, scorer, p->of[PMPO_PART_TRAIN],
                                      o->score.template_name, o->prompt, err);
    rc = rc < 0 ? rc : pmpo_parts_put(s, p, err);
    rc = rc < 0 ? rc : put_notes(s, p, err);
    rc = rc < 0 ? rc : put_lost(s, p, err);
    rc = rc < 0 ? rc : put_unknown_labels(s, p, err);
    rc = rc < 0 ? rc : put_seen(s, p->of[PMPO_PART_TEST], o, err);
    return rc < 0 ? rc : pmpo_store_put_text(s, "status", PMPO_STR("running"),
                                             err);
}

typedef struct start {
    pmpo_model *scorer, *rewriter;
    const pmpo_parts *parts;
    const pmpo_optimize_options *o;
} start;

/* In one commit, before the file has its name: a run file that is there can
 * be resumed. */
static int write_start(pmpo_store *s, void *ud, pmpo_error *err)
{
    const start *x = ud;
    int rc = pmpo_store_begin(s, err);
    rc = rc < 0 ? rc
                : put_all(s, x->parts, x->scorer, x->rewriter, x->o, err);
    return rc < 0 ? rc : pmpo_store_commit(s, err);
}

/* ---- the call ------------------------------------------------------------ */

static int begin(pmpo_model *scorer, pmpo_model *rewriter,
                 const pmpo_parts *parts, pmpo_optimize_options *o,
                 const char *path, pmpo_store **out, pmpo_error *err)
{
    int rc = pmpo_optimize_settle(scorer, o, err);
    rc = rc < 0 ? rc : pmpo_optimize_resolve(parts, scorer, o, err);
    rc = rc < 0 ? rc : pmpo_parts_fit(parts, scorer, o, err);
    const char *name = o->score.template_name;
    pmpo_buf whole = {0}; /* resume may be called in another folder */
    if (name[0] == '@') {
        pmpo_buf_putc(&whole, '@');
        pmpo_absolute(name + 1, &whole);
        o->score.template_name = whole.ptr;
        rc = rc == 0 && whole.failed ? pmpo_fail_memory(err) : rc;
    }
    start x = {scorer, rewriter, parts, o};
    rc = rc < 0 ? rc : pmpo_store_create(path, o->force, write_start, &x, out,
                                         err);
    o->score.template_name = name;
    pmpo_buf_release(&whole);
    return rc;
}

/* Appends the default proposers to `names`. */
static int name_proposers(pmpo_optimize_options *o, pmpo_buf *names,
                          pmpo_error *err)
{
    if (o->proposers) {
        return 0;
    }
    pmpo_buf_puts(names, pmpo_proposers_default(o->paper, o->no_rewriter));
    for (size_t i = 0; i < o->n_custom; i++) {
        pmpo_buf_printf(names, ",%s", o->custom[i].name);
    }
    o->proposers = pmpo_buf_str(names).ptr;
    return names->failed ? pmpo_fail_memory(err) : 0;
}

int pmpo_optimize(const pmpo_optimize_input *in,
                  const pmpo_optimize_options *asked, const char *path,
                  pmpo_run **out, pmpo_error *err)
{
    int rc = pmpo_optimize_check(asked, err);
    if (rc < 0) {
        return rc; /* it may be of another size */
    }
    pmpo_optimize_options o = *asked;
    pmpo_store *store = NULL;
    pmpo_parts parts = {0};
    pmpo_arena mem = {0};
    pmpo_model *scorer = in->scorer;
    pmpo_model *rewriter = in->rewriter ? in->rewriter : scorer;
    rc = pmpo_optimize_unmark(&o, &mem, err);
    rc = rc < 0 ? rc : pmpo_parts_make(in, &o, &parts, err);
    if (rc == 0 && o.task.len == 0) {
        o.task = pmpo_data_task(in->train);
    }
    if (rc == 0 && o.task.len == 0) {
        o.task = PMPO_STR(PMPO_NEUTRAL_TASK);
    }
    pmpo_buf names = {0};
    rc = rc < 0 ? rc : name_proposers(&o, &names, err);
    rc = rc < 0 ? rc
                : begin(scorer, rewriter, &parts, &o, path, &store, err);
    pmpo_buf_release(&names);
    pmpo_parts_release(&parts);
    pmpo_arena_release(&mem); /* the run file has what it held */
    pmpo_sitting_options so = {.budget_ms = o.budget_ms,
                               .budget_tokens = o.budget_tokens,
                               .budget_dollars = o.budget_dollars,
                               .custom = o.custom,
                               .n_custom = o.n_custom,
                               .no_cache = o.score.no_cache,
                               .progress = o.score.progress,
                               .progress_ud = o.score.progress_ud,
                               .ask = o.ask,
                               .ask_ud = o.ask_ud};
    rc = rc < 0 ? rc : pmpo_run_sit(store, scorer, rewriter, &so, err);
    return pmpo_run_leave(store, path, rc, out, err);
}
