/* cmd_show.c: pmpo show: the state or outcome of a run; optimize and resume
 * print it at their end. */
#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "export.h"
#include "json.h"
#include "print.h"

/* ---- JSON: the parts ---------------------------------------------------- */

static json_t *outcome_json(const pmpo_outcome *x)
{
    json_t *o = js_object();
    js_put(o, "prompt", js_str(x->prompt));
    js_put(o, "train_loss", js_number(x->train_loss));
    js_put(o, "val_loss", js_number(x->val_loss));
    js_put(o, "test_loss", js_number(x->test_loss));
    js_put(o, "train_format", js_number(x->train_format));
    js_put(o, "train_choice", js_number(x->train_choice));
    js_put(o, "test_format", js_number(x->test_format));
    js_put(o, "test_choice", js_number(x->test_choice));
    js_put(o, "test_n_options", js_count(x->test_n_options));
    js_put(o, "test_n_correct", js_count(x->test_n_correct));
    return o;
}

/* Of a run for several models. */
static json_t *joined_json(const pmpo_run_view *v)
{
    json_t *list = js_array();
    for (size_t i = 0; i < v->n_models; i++) {
        const pmpo_run_model *m = &v->models[i];
        json_t *o = js_object(), *of[2] = {js_object(), js_object()};
        js_put(o, "name", js_text(m->name));
        for (int k = 0; k < 2; k++) {
            js_put(of[k], "train_loss", js_number(m->train_loss[k]));
            js_put(of[k], "val_loss", js_number(m->val_loss[k]));
            js_put(of[k], "test_loss", js_number(m->test_loss[k]));
        }
        js_put(o, "initial", of[0]);
        js_put(o, "best", of[1]);
        js_add(list, o);
    }
    return list;
}

static json_t *candidate_json(const pmpo_candidate *c)
{
    json_t *o = js_object(), *parents = js_array();
    for (size_t i = 0; i < c->n_parents; i++) {
        js_add(parents, json_integer(c->parents[i]));
    }
    js_put(o, "id", json_integer(c->id));
    js_put(o, "prompt", js_str(c->prompt));
    js_put(o, "parents", parents);
    js_put(o, "proposer", js_text(c->proposer));
    js_put(o, "loss", js_number(c->loss));
    js_put(o, "lower_bound", js_number(c->lower_bound));
    js_put(o, "fate", js_text(pmpo_fate_name(c->fate)));
    js_put(o, "n_tokens", js_count(c->n_tokens));
    js_put(o, "reason", js_text(c->reason));
    js_put(o, "reply", js_str(c->reply));
    js_put(o, "hard_case",
           c->hard_case >= 0 ? json_integer(c->hard_case) : json_null());
    js_put(o, "variant", json_integer(c->variant));
    return o;
}

static json_t *iteration_json(const pmpo_iteration *it)
{
    json_t *o = js_object(), *candidates = js_array();
    json_t *segments = js_array(), *hard = js_array();
    for (size_t i = 0; i < it->n_candidates; i++) {
        js_add(candidates, candidate_json(&it->candidates[i]));
    }
    for (size_t i = 0; i < it->n_segments; i++) {
        js_add(segments, js_segment(&it->segments[i]));
    }
    for (size_t i = 0; i < it->n_hard; i++) {
        js_add(hard, js_str(it->hard_ids[i]));
    }
    js_put(o, "index", json_integer(it->index));
    js_put(o, "incumbent_loss", js_number(it->incumbent_loss));
    js_put(o, "best_loss", js_number(it->best_loss));
    js_put(o, "decision", js_text(it->decision));
    js_put(o, "seconds", js_number(it->seconds));
    js_put(o, "marked_by_model", js_bool(it->marked_by_model));
    js_put(o, "marking_note", js_text(it->marking_note));
    js_put(o, "hard", hard);
    js_put(o, "candidates", candidates);
    js_put(o, "segments", segments);
    return o;
}

static json_t *answers_of_json(const pmpo_outcome *x)
{
    json_t *o = js_object();
    js_put(o, "n", js_count(x->test_n_answers));
    js_put(o, "right", js_count(x->test_n_right));
    js_put(o, "cut_off", js_count(x->test_n_cut_off));
    js_put(o, "interval", js_interval(x->test_right_low, x->test_right_high));
    return o;
}

static json_t *answers_json(const pmpo_run_view *v)
{
    json_t *o = js_object();
    js_put(o, "metric", js_text(v->metric));
    js_put(o, "initial", answers_of_json(&v->initial));
    js_put(o, "best", answers_of_json(&v->best));
    js_put(o, "gain", js_number(v->answers_gain));
    js_put(o, "gain_interval",
           js_interval(v->answers_gain_low, v->answers_gain_high));
    js_put(o, "p_value", js_number(v->answers_p));
    js_put(o, "majority", js_number(v->answers_majority));
    return o;
}

static json_t *finalists_json(const pmpo_run_view *v)
{
    json_t *a = js_array();
    for (size_t i = 0; i < v->n_finalists; i++) {
        const pmpo_run_finalist *f = &v->finalists[i];
        json_t *o = js_object();
        js_put(o, "id", json_integer(f->id));
        js_put(o, "val_loss", js_number(f->val_loss));
        js_put(o, "answers", js_count(f->n_answers));
        js_put(o, "right", js_count(f->n_right));
        js_put(o, "cut_off", js_count(f->n_cut_off));
        js_put(o, "why", js_text(f->why));
        js_add(a, o);
    }
    return a;
}

static json_t *test_json(const pmpo_run_view *v)
{
    json_t *o = js_object(), *accuracy = js_object();
    const char *const names[] = {"initial", "best"};
    for (int i = 0; i < 2; i++) {
        js_put(accuracy, names[i],
               js_interval(v->test_accuracy_low[i], v->test_accuracy_high[i]));
    }
    json_t *looks = js_array();
    for (size_t i = 0; i < v->n_test_looks; i++) {
        const pmpo_test_look *l = &v->test_looks[i];
        json_t *x = js_object();
        js_put(x, "iterations", json_integer(l->iterations));
        js_put(x, "candidate", json_integer(l->candidate));
        js_put(x, "gain", js_number(l->gain));
        js_put(x, "gain_interval", js_interval(l->low, l->high));
        js_add(looks, x);
    }
    js_put(o, "gain", js_number(v->test_gain));
    js_put(o, "gain_interval",
           js_interval(v->test_gain_low, v->test_gain_high));
    js_put(o, "accuracy_interval", accuracy);
    js_put(o, "looks", looks);
    js_put(o, "majority", js_number(v->test_majority));
    return o;
}

/* ---- JSON: the document ------------------------------------------------- */

static void put_models_json(json_t *o, const pmpo_run_view *v)
{
    js_put(o, "scorer", js_text(v->scorer));
    js_put(o, "rewriter", js_text(v->rewriter));
    js_put(o, "precision", js_text(v->precision));
    js_put(o, "loss", js_text(v->loss));
    js_put(o, "form", js_text(v->form));
    js_put(o, "max_iterations", json_integer(v->max_iterations));
    js_put(o, "n_train", js_count(v->n_train));
    js_put(o, "n_val", js_count(v->n_val));
    js_put(o, "n_test", js_count(v->n_test));
}

static void run_json(const pmpo_run_view *v, const char *path)
{
    json_t *o = js_object(), *iterations = js_array();
    json_t *settings = js_object();
    for (size_t i = 0; i < v->n_iterations; i++) {
        js_add(iterations, iteration_json(&v->iterations[i]));
    }
    for (size_t i = 0; i < v->n_settings; i++) {
        js_put(settings, v->setting_names[i], js_text(v->setting_values[i]));
    }
    js_put(o, "file", js_text(path));
    js_put(o, "status", js_text(v->status));
    js_put(o, "status_reason", js_text(v->status_reason));
    js_put(o, "verdict", js_text(v->verdict));
    js_put(o, "test_seen", js_count(v->n_test_seen));
    js_put(o, "loss_check_start", js_text(v->loss_check_start));
    js_put(o, "loss_check_end", js_text(v->loss_check_end));
    json_t *notes = js_array();
    for (size_t i = 0; i < v->n_notes; i++) {
        js_add(notes, js_text(v->notes[i]));
    }
    js_put(o, "notes", notes);
    js_put(o, "initial", outcome_json(&v->initial));
    js_put(o, "best", outcome_json(&v->best));
    js_put(o, "test", test_json(v));
    js_put(o, "answers", answers_json(v));
    js_put(o, "finalists", finalists_json(v));
    js_put(o, "noise_floor", js_number(v->noise_floor));
    js_put(o, "share_marked_by_model", js_number(v->share_marked_by_model));
    put_models_json(o, v);
    if (v->n_models > 0) {
        js_put(o, "joint", js_text(v->joint));
        js_put(o, "models", joined_json(v));
    }
    js_put(o, "iterations", iterations);
    js_put(o, "cost", js_cost(&v->cost));
    js_put(o, "settings", settings);
    js_print(o);
}

/* ---- text: what it is --------------------------------------------------- */

static bool is_set(const pmpo_run_view *v, const char *name, const char *value)
{
    const char *stored = pmpo_run_setting(v, name);
    return stored && !strcmp(stored, value);
}

/* The loss, and the settings that it uses. */
static void put_loss(const pmpo_run_view *v)
{
    const loss_words how = {
        .nll = !strcmp(v->loss, "nll"),
        .on_answer = is_set(v, "loss_on", "answer"),
        .sum = !strcmp(v->reduction, "sum"),
        .per_token = !is_set(v, "normalize", "none"),
    };
    const char *beta =
        !strcmp(v->loss, "preference") ? pmpo_run_setting(v, "beta") : NULL;
    bool calibrated = is_set(v, "calibrate", "content-free");
    put_fact("loss", "%s, %s%s%s%s; template %s", v->loss,
             how_loss_is_made(&how), beta ? ", beta " : "", beta ? beta : "",
             calibrated ? CALIBRATED : "", v->template_name);
}

static void put_what(const pmpo_run_view *v, const char *path)
{
    bool reason = v->status_reason && *v->status_reason;
    put_fact("run", "%s", path);
    put_fact("status", "%s%s%s", v->status, reason ? ": " : "",
             reason ? v->status_reason : "");
    put_fact("model", "%s%s%s%s, %s%s%s", v->scorer,
             v->n_models ? " (the " : "", v->n_models ? v->joint : "",
             v->n_models ? " of their losses)" : "", v->precision,
             strcmp(v->scorer, v->rewriter) ? "; rewriter " : "",
             strcmp(v->scorer, v->rewriter) ? v->rewriter : "");
    put_fact("data", "%zu training, %zu validation, %zu test examples",
             v->n_train, v->n_val, v->n_test);
    put_loss(v);
}

static void put_prompts(const pmpo_run_view *v)
{
    pmpo_str a = v->initial.prompt, b = v->best.prompt;
    bool same = a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
    put_heading("prompt before");
    put_text(stdout, a, "  | ");
    put_heading("prompt after");
    if (same) {
        printf("  (the same)\n");
    } else {
        put_text(stdout, b, "  | ");
    }
}

/* ---- text: the figures -------------------------------------------------- */

static void put_pair(const char *name, double before, double after)
{
    char a[SHORT], b[SHORT];
    if (isfinite(before) || isfinite(after)) {
        printf("%-22s %16s %16s\n", name, show_loss(before, a),
               show_loss(after, b));
    }
}

static const char *show_interval(double low, double high, char out[SHORT])
{
    if (isfinite(low) && isfinite(high)) {
        snprintf(out, SHORT, "%.1f-%.1f %%", 100 * low, 100 * high);
    } else {
        snprintf(out, SHORT, "-");
    }
    return out;
}

static void put_accuracy(const pmpo_run_view *v)
{
    const pmpo_outcome *x = &v->initial, *y = &v->best;
    char a[SHORT], b[SHORT];
    if (x->test_n_options == 0 && y->test_n_options == 0) {
        return;
    }
    printf("%-22s %16s %16s\n", "test, right option",
           show_share(x->test_n_correct, x->test_n_options, a),
           show_share(y->test_n_correct, y->test_n_options, b));
    printf("%-22s %16s %16s\n", "  95 % interval",
           show_interval(v->test_accuracy_low[0], v->test_accuracy_high[0],
                         a),
           show_interval(v->test_accuracy_low[1], v->test_accuracy_high[1],
                         b));
    if (isfinite(v->test_majority)) {
        printf("%-22s %15.1f %%\n", "  commonest answer",
               100 * v->test_majority);
    }
}

/* Into out[SHORT]; "-": nothing was asked. */
static const char *show_right(const pmpo_outcome *x, char *out)
{
    snprintf(out, SHORT, x->test_n_answers ? "%zu/%zu" : "-", x->test_n_right,
             x->test_n_answers);
    return out;
}

static const char *show_cut_off(const pmpo_outcome *x, char *out)
{
    snprintf(out, SHORT, x->test_n_answers ? "%zu" : "-", x->test_n_cut_off);
    return out;
}

/* Answers generated on the test part, and their cut-off ones. */
static void put_answers(const pmpo_run_view *v)
{
    const pmpo_outcome *x = &v->initial, *y = &v->best;
    char a[SHORT], b[SHORT];
    if (x->test_n_answers == 0) {
        return;
    }
    printf("%-22s %16s %16s\n", "test answers right", show_right(x, a),
           show_right(y, b));
    printf("%-22s %16s %16s\n", "  95 % interval",
           show_interval(x->test_right_low, x->test_right_high, a),
           show_interval(y->test_right_low, y->test_right_high, b));
    printf("%-22s %16s %16s\n", "  cut off", show_cut_off(x, a),
           show_cut_off(y, b));
    if (x->test_n_options == 0) {
        printf("%-22s %15.1f %%\n", "  commonest answer",
               100 * v->answers_majority);
    }
}

/* Those that answered the validation part, where any did. */
static void put_finalists(const pmpo_run_view *v)
{
    char loss[SHORT];
    if (v->n_finalists == 0 || v->finalists[0].n_answers == 0) {
        return;
    }
    put_heading("the last choice, on the validation part");
    printf("%6s %10s %8s %8s\n", "prompt", "loss", "right", "cut off");
    for (size_t i = 0; i < v->n_finalists; i++) {
        const pmpo_run_finalist *f = &v->finalists[i];
        char right[SHORT];
        snprintf(right, sizeof(right), "%zu/%zu", f->n_right, f->n_answers);
        printf("%6d %10s %8s %8zu  ", f->id, show_loss(f->val_loss, loss),
               right, f->n_cut_off);
        put_hanging(stdout, str_of(f->why), 37);
    }
}

/* Only if there were several: the verdict already describes a single one. */
static void put_test_looks(const pmpo_run_view *v)
{
    for (size_t i = 0; v->n_test_looks > 1 && i < v->n_test_looks; i++) {
        const pmpo_test_look *l = &v->test_looks[i];
        char gain[SHORT], interval[80] = "too few inputs for an interval";
        if (isfinite(l->low) && isfinite(l->high)) {
            snprintf(interval, sizeof(interval), "95 %% interval %.4f to %.4f",
                     l->low, l->high);
        }
        put_fact(i ? "" : "test looks",
                 "after %d iterations: gain %s nats, %s%s", l->iterations,
                 show_loss(l->gain, gain), interval,
                 i                    ? "; not unseen any more"
                 : v->n_test_seen > 0 ? "; some were not unseen"
                                      : "; on unseen examples");
    }
}

/* What the prompts cost on each of several models. */
static void put_each_model(const pmpo_run_view *v)
{
    if (v->n_models > 0 &&
        (v->initial.test_n_options > 0 || v->initial.test_n_answers > 0)) {
        printf("(format, choice, options and answers are those of %s)\n",
               v->models[0].name);
    }
    for (size_t i = 0; i < v->n_models; i++) {
        const pmpo_run_model *m = &v->models[i];
        printf("%s\n", m->name);
        put_pair("  training loss", m->train_loss[0], m->train_loss[1]);
        put_pair("  validation loss", m->val_loss[0], m->val_loss[1]);
        put_pair("  test loss", m->test_loss[0], m->test_loss[1]);
    }
}

/* The proposer of a note of the rewriter's turn; empty: it is another note. */
static pmpo_str turn_of(const char *note)
{
    size_t n = strlen(PMPO_TURN_NOTE);
    const char *name = strncmp(note, PMPO_TURN_NOTE, n) ? "" : note + n;
    return (pmpo_str){name, strcspn(name, ":")};
}

/* How many of the notes from `at` on are of the proposer `name`. */
static size_t n_turns(const pmpo_run_view *v, size_t at, pmpo_str name)
{
    size_t n = 0;
    for (; at < v->n_notes; at++) {
        pmpo_str other = turn_of(v->notes[at]);
        n += other.len == name.len && !memcmp(other.ptr, name.ptr, name.len);
    }
    return n;
}

/* "turns  induce 15, edit 2", in the order of the first ones. */
static void put_turns(const pmpo_run_view *v)
{
    char text[400];
    size_t at = 0;
    for (size_t i = 0; i < v->n_notes && at < sizeof(text); i++) {
        pmpo_str name = turn_of(v->notes[i]);
        size_t n = n_turns(v, i, name);
        if (name.len > 0 && n == n_turns(v, 0, name)) { /* the first */
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%.*s %zu",
                                   at ? ", " : "", (int)name.len, name.ptr, n);
        }
    }
    if (at > 0) {
        put_fact("turns", "%s (`--json` says why)", text);
    }
}

static void put_notes(const pmpo_run_view *v)
{
    bool first = true;
    for (size_t i = 0; i < v->n_notes; i++) {
        if (turn_of(v->notes[i]).len == 0) {
            put_fact(first ? "notes" : "", "%s", v->notes[i]);
            first = false;
        }
    }
    put_turns(v);
}

static void put_figures(const pmpo_run_view *v)
{
    const pmpo_outcome *x = &v->initial, *y = &v->best;
    printf("\n%-22s %16s %16s\n", "nats", "before", "after");
    put_pair("training loss", x->train_loss, y->train_loss);
    put_pair("  format", x->train_format, y->train_format);
    put_pair("  choice", x->train_choice, y->train_choice);
    put_pair("validation loss", x->val_loss, y->val_loss);
    put_pair("test loss", x->test_loss, y->test_loss);
    put_pair("  format", x->test_format, y->test_format);
    put_pair("  choice", x->test_choice, y->test_choice);
    put_accuracy(v);
    put_answers(v);
    put_each_model(v);
    putchar('\n');
    bool none = v->test_gain_low == 0 && v->test_gain_high == 0; /* same */
    if (!none && isfinite(v->test_gain_low) && isfinite(v->test_gain_high)) {
        put_fact("test gain", "%.4f nats, 95 %% interval %.4f to %.4f",
                 v->test_gain, v->test_gain_low, v->test_gain_high);
    }
    put_test_looks(v);
    if (v->verdict && *v->verdict) {
        put_fact("verdict", "%s", v->verdict);
    }
    /* The later look knows more. */
    const char *check = *v->loss_check_end ? v->loss_check_end
                                           : v->loss_check_start;
    if (*check) {
        put_fact("loss check", "%s", check);
    }
    put_notes(v);
}

/* ---- text: iterations --------------------------------------------------- */

/* To the end; or given up before. A duplicate has its loss from the prompt that it
 * repeats. */
static size_t n_scored(const pmpo_iteration *it, bool whole)
{
    size_t n = 0;
    for (size_t i = 0; i < it->n_candidates; i++) {
        const pmpo_candidate *c = &it->candidates[i];
        bool counts = whole ? isfinite(c->loss)
                            : !isfinite(c->loss) && isfinite(c->lower_bound);
        n += counts && c->fate != PMPO_FATE_DUPLICATE;
    }
    return n;
}

static void put_iterations(const pmpo_run_view *v)
{
    char a[SHORT], b[SHORT], t[SHORT];
    if (v->n_iterations == 0) {
        return;
    }
    put_heading("iterations");
    printf("%7s %8s %8s %7s %8s %11s  %s\n", "", "before", "after", "scored",
           "given up", "time", "decision");
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        char scored[SHORT];
        snprintf(scored, sizeof(scored), "%zu/%zu", n_scored(it, true),
                 it->n_candidates);
        char index[SHORT] = "opening"; /* ready-made prompts, before all */
        if (it->index > 0) {
            snprintf(index, sizeof(index), "%d", it->index);
        }
        printf("%7s %8s %8s %7s %8zu %11s  ", index,
               show_loss(it->incumbent_loss, a), show_loss(it->best_loss, b),
               scored, n_scored(it, false),
               show_duration(it->seconds * 1000, t));
        put_hanging(stdout, str_of(it->decision), 56);
    }
}

static void put_remarks(const pmpo_run_view *v)
{
    if (v->noise_floor == 0) {
        put_fact("noise floor", "0 nats of training loss: any gain counts");
    } else if (isfinite(v->noise_floor)) {
        put_fact("noise floor", "%.2g nats of training loss; a gain has to "
                 "exceed twice that", v->noise_floor);
    }
    if (isfinite(v->share_marked_by_model)) {
        put_fact("parts", "marked by the model itself in %.0f %% of the "
                 "iterations, by fixed rules in the others",
                 100 * v->share_marked_by_model);
    }
    put_cost(&v->cost);
}

static void run_text(const pmpo_run_view *v, const char *path)
{
    put_what(v, path);
    put_prompts(v);
    put_figures(v);
    put_iterations(v);
    put_finalists(v);
    putchar('\n');
    put_remarks(v);
    char word[600];
    cli_quote(path, word, sizeof(word));
    printf("\n`pmpo show --best %s` prints the prompt alone.\n", word);
}

void show_run(const pmpo_run *run, const char *path, bool json)
{
    const pmpo_run_view *v = pmpo_run_describe(run);
    if (json) {
        run_json(v, path);
    } else {
        run_text(v, path);
    }
}

/* ---- the table of candidates -------------------------------------------- */

static void put_candidate(int iteration, const char *fate,
                          const pmpo_candidate *c)
{
    char loss[SHORT], parents[SHORT] = "";
    if (isfinite(c->loss)) {
        show_loss(c->loss, loss);
    } else if (isfinite(c->lower_bound)) {
        snprintf(loss, sizeof(loss), ">%.4f", c->lower_bound);
    } else {
        snprintf(loss, sizeof(loss), "-");
    }
    for (size_t i = 0, at = 0; i < c->n_parents && at < sizeof(parents); i++) {
        at += (size_t)snprintf(parents + at, sizeof(parents) - at,
                               i ? "+%d" : "%d", c->parents[i]);
    }
    printf("%5d %4d %7s  %-10s %-10s %9s  ", c->id, iteration, parents,
           c->proposer, fate, loss);
    put_cut(stdout, c->prompt.len ? c->prompt : str_of(c->reason), 38);
    putchar('\n');
}

static void put_candidates(const pmpo_run_view *v, const char *path)
{
    char word[600], legend[900];
    printf("%5s %4s %7s  %-10s %-10s %9s  %s\n", "id", "iter", "parents",
           "proposer", "fate", "loss", "prompt");
    const pmpo_candidate start = {
        .id = 0, .prompt = v->initial.prompt, .proposer = "given",
        .loss = v->initial.train_loss, .lower_bound = NAN};
    put_candidate(0, "start", &start);
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        for (size_t k = 0; k < it->n_candidates; k++) {
            const pmpo_candidate *c = &it->candidates[k];
            put_candidate(it->index, pmpo_fate_name(c->fate), c);
        }
    }
    cli_quote(path, word, sizeof(word));
    snprintf(legend, sizeof(legend),
             "rejected with a low loss: the validation part said no, or "
             "another gained more; `pmpo show --format csv %s` has each reason",
             word);
    puts("\n>: a lower bound; given up before all examples were scored");
    put_hanging(stdout, str_of(legend), 0);
}

/* ---- length against loss ------------------------------------------------- */

/* No longer, no worse, and better in one of the two. */
static bool beats(const pmpo_candidate *a, const pmpo_candidate *b)
{
    return a->n_tokens <= b->n_tokens && a->loss <= b->loss
           && (a->n_tokens < b->n_tokens || a->loss < b->loss);
}

static bool is_on_front(const pmpo_candidate *all, size_t n, size_t i)
{
    for (size_t k = 0; k < n; k++) {
        bool same = all[k].n_tokens == all[i].n_tokens
                    && all[k].loss == all[i].loss && k < i;
        if (beats(&all[k], &all[i]) || same) {
            return false;
        }
    }
    return true;
}

static int by_length(const void *a, const void *b)
{
    const pmpo_candidate *x = a, *y = b;
    return (x->n_tokens > y->n_tokens) - (x->n_tokens < y->n_tokens);
}

/* All prompts that were scored to the end, the start prompt first. */
static pmpo_candidate *scored_prompts(const pmpo_run_view *v, size_t *n)
{
    pmpo_candidate *all = cli_grow(NULL, 1, sizeof(*all));
    all[0] = (pmpo_candidate){.prompt = v->initial.prompt,
                              .n_tokens = v->initial.n_tokens,
                              .loss = v->initial.train_loss};
    *n = isfinite(all[0].loss) ? 1 : 0;
    for (size_t i = 0; i < v->n_iterations; i++) {
        const pmpo_iteration *it = &v->iterations[i];
        all = cli_grow(all, *n + it->n_candidates + 1, sizeof(*all));
        for (size_t k = 0; k < it->n_candidates; k++) {
            if (isfinite(it->candidates[k].loss)
                && it->candidates[k].n_tokens > 0) {
                all[(*n)++] = it->candidates[k];
            }
        }
    }
    return all;
}

/* The run's chosen prompt is there, too, where others beat it. */
static void put_front(const pmpo_run_view *v)
{
    size_t n, k = 0;
    bool chosen = false, beaten = false;
    pmpo_candidate *all = scored_prompts(v, &n);
    pmpo_candidate *front = cli_grow(NULL, n + 1, sizeof(*front));
    for (size_t i = 0; i < n; i++) {
        bool front_one = is_on_front(all, n, i);
        bool best = all[i].id == v->best_id;
        chosen = chosen || best;
        beaten = beaten || (best && !front_one);
        if (front_one || best) {
            front[k++] = all[i];
        }
    }
    qsort(front, k, sizeof(*front), by_length);
    printf("%5s %7s %14s  %s\n", "id", "tokens", "training loss", "prompt");
    for (size_t i = 0; i < k; i++) {
        char loss[SHORT];
        printf("%5d%c%7zu %14s  ", front[i].id,
               front[i].id == v->best_id ? '*' : ' ', front[i].n_tokens,
               show_loss(front[i].loss, loss));
        put_cut(stdout, front[i].prompt, 48);
        putchar('\n');
    }
    if (chosen) {
        printf("\n*: the run's prompt%s\n",
               beaten ? "; another is no longer and has no higher loss" : "");
    }
    cli_free(all);
    cli_free(front);
}

/* ---- the command -------------------------------------------------------- */

static void put_best(const pmpo_run_view *v)
{
    fwrite(v->best.prompt.ptr, 1, v->best.prompt.len, stdout);
    putchar('\n');
}

static void put_go_on(const pmpo_run_view *v, const char *path)
{
    char resume[RESUME_ROOM];
    bool approve = is_set(v, "approve", "yes");
    if (!strcmp(v->status, "stopped") || !strcmp(v->status, "interrupted")) {
        printf("`%s` goes on with it.\n",
               cli_resume_command(path, approve, resume));
    }
}

/* What is said on the command line goes before all that a --config file says. */
static int choose_form(options *o, pmpo_error *err)
{
    static const char *const names[] = {"best", "table", "pareto", "json",
                                        "format"};
    bool summary = o->format == EXPORT_SUMMARY;
    bool *const on[] = {&o->best, &o->table, &o->pareto, &o->json};
    bool any = false;
    int n = 0;
    for (int i = 0; i < 5; i++) {
        bool said = options_said(o, names[i]);
        any = any || said;
        n += said && (i < 4 ? *on[i] : !summary);
    }
    for (int i = 0; any && i < 4; i++) {
        *on[i] = *on[i] && options_said(o, names[i]);
    }
    o->format = any && !options_said(o, "format") ? EXPORT_SUMMARY : o->format;
    return n > 1 ? cli_error(err, PMPO_EUSAGE,
                             "show: only one of --best, "
                             "--table, --pareto, --format and --json; see pmpo "
                             "show --help")
                 : 0;
}

int cmd_show(const options *given, pmpo_error *err)
{
    pmpo_run *run = NULL;
    options form = *given;
    const options *o = &form;
    int rc = choose_form(&form, err);
    if (rc < 0) {
        return rc;
    }
    bool format = o->format != EXPORT_SUMMARY;
    rc = pmpo_run_open(o->args[0], &run, err);
    if (rc < 0) {
        return rc;
    }
    const pmpo_run_view *v = pmpo_run_describe(run);
    if (o->best) {
        put_best(v);
    } else if (o->pareto) {
        put_front(v);
    } else if (o->table) {
        put_candidates(v, o->args[0]);
    } else if (format && o->format != EXPORT_JSON) {
        rc = export_run(run, o->args[0], (export_format)o->format, err);
    } else {
        show_run(run, o->args[0], o->json || format);
        if (!o->json && !format) {
            put_go_on(v, o->args[0]);
        }
    }
    pmpo_run_free(run);
    return rc;
}
