/* run_again.c: the command that repeats a run. What can't be known from a run, or
 * can't be said on a command line, is a word in capitals: DATA, SERVER, LIBRARY,
 * TEXT. That parts came from files of their own, and a --limit, no run tells. */
#include <stdio.h>
#include <string.h>

#include "propose/propose.h"
#include "report/html.h"
#include "report/run_page.h"

static bool is(const pmpo_run_view *v, const char *setting, const char *value)
{
    return !strcmp(pmpo_page_setting(v, setting), value);
}

/* ---- where a setting is not said: it is refused there ------------------------ */

static bool is_paper(const pmpo_run_view *v)
{
    return is(v, "paper", "yes");
}

static bool is_on_server(const pmpo_run_view *v, const char *who)
{
    char name[64];
    snprintf(name, sizeof(name), "%s_dialect", who);
    return *pmpo_page_setting(v, name);
}

static void name_scorer(size_t i, char out[32])
{
    snprintf(out, 32, i ? "scorer%zu" : "scorer", i + 1);
}

static bool no_scorer_here(const pmpo_run_view *v)
{
    bool none = is_on_server(v, "scorer");
    for (size_t i = 1; i < v->n_models; i++) {
        char who[32];
        name_scorer(i, who);
        none = none && is_on_server(v, who);
    }
    return none;
}

static bool no_model_here(const pmpo_run_view *v)
{
    return no_scorer_here(v) &&
           (is(v, "one_model", "yes") || is_on_server(v, "rewriter"));
}

static bool masks_nothing(const pmpo_run_view *v)
{
    return is(v, "no_mask", "yes");
}

static bool shows_no_demos(const pmpo_run_view *v)
{
    return is(v, "demos", "0");
}

static bool answers_nothing(const pmpo_run_view *v)
{
    return is(v, "metric", "none") || (is_paper(v) && is(v, "metric", "auto"));
}

static bool asks_nobody(const pmpo_run_view *v)
{
    const char *all = pmpo_page_setting(v, "proposers");
    return (*all && !pmpo_proposers_ask(all)) || is(v, "no_rewriter", "yes");
}

static bool has_no_last_choice(const pmpo_run_view *v)
{
    return is_paper(v) || is(v, "iterations", "0") ||
           is(v, "split_validation", "0");
}

static bool has_no_shortlist(const pmpo_run_view *v)
{
    return has_no_last_choice(v) || answers_nothing(v) ||
           is(v, "lowest_loss", "yes");
}

static bool takes_lowest(const pmpo_run_view *v)
{
    return has_no_last_choice(v) ||
           (answers_nothing(v) && (asks_nobody(v) || is(v, "approve", "yes")));
}

static bool has_no_loss_check(const pmpo_run_view *v)
{
    return is_paper(v) || v->n_models > 1;
}

/* ---- the settings ------------------------------------------------------------- */

typedef struct row {
    const char *setting, *option, *usual; /* not said where it is as usual */
    bool (*moot)(const pmpo_run_view *v); /* NULL: never */
} row;

static const row spoken[] = {
    {"loss", "--loss", "", NULL},
    {"reduction", "--reduction", "mean", NULL},
    {"loss_on", "--loss-on", "target", NULL},
    {"normalize", "--normalize", "none", NULL},
    {"calibrate", "--calibrate", "none", NULL},
    {"beta", "--beta", "1", NULL},
    {"template", "--template", "chat", NULL},
    {"end", "--end", "", NULL},
    {"scorer_precision", "--precision", "", no_scorer_here},
    {"scorer_threads", "--threads", "", no_model_here},
    {"scorer_gpu_layers", "--gpu-layers", "0", no_model_here},
    {"scorer_memory", "--memory", "0", no_model_here},
    {"split_train", "--train", "-1", NULL},
    {"split_validation", "--val", "-1", NULL},
    {"split_test", "--test", "-1", NULL},
    {"iterations", "--iterations", "", NULL},
    {"hard", "--hard", "3", NULL},
    {"variants", "--variants", "4", asks_nobody},
    {"segments", "--segments", "5", masks_nothing},
    {"temperature", "--temperature", "0.90000000000000002", asks_nobody},
    {"top_p", "--top-p", "0.94999999999999996", asks_nobody},
    {"max_reply_tokens", "--max-reply-tokens", "512", asks_nobody},
    {"max_prompt_tokens", "--max-prompt-tokens", "0", NULL},
    {"length_price", "--length-price", "0", NULL},
    {"patience", "--patience", "0", NULL},
    {"form", "--rewrite-form", "auto", asks_nobody},
    {"race", "--race", "exact", is_paper},
    {"proposers", "--proposers", "", NULL},
    {"demos", "--demos", "0", NULL},
    {"demos_as", "--demos-as", "text", shows_no_demos},
    {"metric", "--metric", "auto", NULL},
    {"max_answer_tokens", "--max-tokens", "", answers_nothing},
    {"shortlist", "--shortlist", "", has_no_shortlist},
    {"seed", "--seed", "", NULL},
};

static const struct {
    const char *setting, *words; /* said where the setting is yes */
    bool (*moot)(const pmpo_run_view *v);
} switches[] = {
    {"no_rewriter", "--rewriter none", NULL},
    {"no_mask", "--no-mask", NULL},
    {"no_guard", "--no-guard", NULL},
    {"allow_copy", "--allow-copy", NULL},
    {"no_hard_cases", "--no-hard-cases", NULL},
    {"no_loss_check", "--no-loss-check", has_no_loss_check},
    {"lowest_loss", "--lowest-loss", takes_lowest},
    {"approve", "--approve", NULL},
    {"paper", "--preset paper", NULL},
};

/* ---- writing -------------------------------------------------------------------- */

/* ` \ OPTION 'value'`: the value quoted as one shell word. */
static void put(pmpo_run_page *p, const char *option, const char *name,
                const char *value)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,";
    pmpo_buf shown = {0}, word = {0};
    pmpo_put_setting(&shown, name, value);
    pmpo_str s = pmpo_buf_str(&shown);
    bool bare = s.len > 0 && strspn(s.ptr, plain) == s.len;
    for (size_t i = 0; i < s.len; i++) {
        if (!bare && s.ptr[i] == '\'') {
            pmpo_buf_puts(&word, "'\\''");
        } else {
            pmpo_buf_putc(&word, s.ptr[i]);
        }
    }
    s = pmpo_buf_str(&word);
    pmpo_html(p->b, bare ? " \\\n    %s " : " \\\n    %s '", option);
    pmpo_html_copied(p->b, s);
    pmpo_html(p->b, bare ? "" : "'");
    p->b->failed |= shown.failed || word.failed;
    pmpo_buf_release(&shown);
    pmpo_buf_release(&word);
}

/* A file's model, or the name of one on a server. */
static void put_model(pmpo_run_page *p, const char *who, const char *option,
                      const char *name_option)
{
    char model[64];
    snprintf(model, sizeof(model), "%s_model", who);
    const char *name = pmpo_page_setting(p->v, model);
    if (!is_on_server(p->v, who)) {
        put(p, option, "_path", name);
        return;
    }
    put(p, option, "", "SERVER");
    if (name_option) {
        put(p, name_option, "", name);
    }
}

static void put_models(pmpo_run_page *p)
{
    put_model(p, "scorer", "-m", "--model-name");
    for (size_t i = 1; i < p->v->n_models; i++) {
        char who[32];
        name_scorer(i, who);
        put_model(p, who, "-m", NULL);
    }
    const char *tokens = pmpo_page_setting(p->v, "scorer_tokenizer");
    if (*tokens && strcmp(tokens, "server") && strcmp(tokens, "none")) {
        put(p, "--tokenizer", "scorer_tokenizer", tokens);
    }
    if (!is(p->v, "joint", "none") && *pmpo_page_setting(p->v, "joint")) {
        put(p, "--joint", "", pmpo_page_setting(p->v, "joint"));
    }
    if (is(p->v, "one_model", "no")) {
        put_model(p, "rewriter", "--rewriter", "--rewriter-name");
    }
}

/* A text that the command line would take for a file or standard input has to
 * come from a file. */
static void put_text(pmpo_run_page *p, const char *option, const char *text)
{
    bool plain = *text && *text != '@' && strcmp(text, "-");
    put(p, option, "", plain ? text : "@TEXT");
}

void pmpo_page_again(pmpo_run_page *p)
{
    const char *marked = pmpo_page_setting(p->v, "marked_prompt");
    pmpo_html(p->b, "<pre id=\"again\" tabindex=\"0\" aria-label=\"Command\">pmpo "
              "optimize -d DATA");
    put_models(p);
    put_text(p, "-p", *marked ? marked : pmpo_page_setting(p->v, "prompt"));
    if (*pmpo_page_setting(p->v, "task") && !asks_nobody(p->v)) {
        put_text(p, "--task", pmpo_page_setting(p->v, "task"));
    }
    for (size_t i = 0; i < sizeof(spoken) / sizeof(*spoken); i++) {
        const row *r = &spoken[i];
        const char *value = pmpo_page_setting(p->v, r->setting);
        if (*value && strcmp(value, r->usual) && !(r->moot && r->moot(p->v))) {
            put(p, r->option, r->setting, value);
        }
    }
    if (*pmpo_page_setting(p->v, "library")) {
        put(p, "--library", "", "LIBRARY");
    }
    for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
        bool moot = switches[i].moot && switches[i].moot(p->v);
        if (!moot && is(p->v, switches[i].setting, "yes")) {
            pmpo_html(p->b, " \\\n    %s", switches[i].words);
        }
    }
    pmpo_html(p->b, "</pre>\n<button type=\"button\" class=\"js copy\" hidden "
              "data-copy=\"again\">Copy the command</button>\n");
}
