/* rules.c: options that would have no effect beside others are refused, models
 * that would be dropped, and outputs that would replace an input.
 *
 * One row a rule. Only what is on the command line itself is refused: a
 * --config file serves many commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"
#include "options.h"

typedef struct rule {
    unsigned commands;
    const char *option;
    bool (*idle)(const options *o); /* it has no effect then */
    const char *why;
} rule;

static bool is_paper(const options *o)
{
    return o->preset == PRESET_PAPER;
}

/* --proposers is given and has no `name` in it. */
static bool proposes_no(const options *o, const char *name)
{
    return o->proposers && !pmpo_proposers_have(o->proposers, name);
}

bool options_race_library(const options *o)
{
    return !proposes_no(o, "library") && !is_paper(o);
}

static bool has_no_library(const options *o)
{
    return !options_race_library(o);
}

static bool takes_nothing_from(const options *o)
{
    return has_no_library(o) && o->prompts.n > 0;
}

/* No proposer that asks a rewriter takes part. */
static bool rewrites_nothing(const options *o)
{
    bool none = true;
    for (int i = 0; none && pmpo_proposer_name(i); i++) {
        none = !pmpo_proposer_asks(i) || proposes_no(o, pmpo_proposer_name(i));
    }
    return none || (o->rewriter && !strcmp(o->rewriter, "none"));
}

/* Nothing that a model wrote is looked at for what it copies. */
static bool guards_nothing(const options *o)
{
    return rewrites_nothing(o) || is_paper(o) || o->no_guard;
}

bool options_allow_copy(const options *o)
{
    return o->allow_copy && !guards_nothing(o);
}

static bool masks_nothing(const options *o)
{
    return o->no_mask;
}

static bool is_zero(const char *part)
{
    return part && !strcmp(part, "0");
}

/* With the preset paper, auto is none. */
static bool answers_nothing(const options *o)
{
    bool nobody = is_zero(o->val) && is_zero(o->test);
    return nobody || o->run_metric == PMPO_RUN_METRIC_NONE ||
           (is_paper(o) && o->run_metric == PMPO_RUN_METRIC_AUTO);
}

/* Prompts are not compared once more at the end. */
static bool has_no_last_choice(const options *o)
{
    return is_paper(o) || o->iterations == 0 || is_zero(o->val);
}

static bool has_nobody_to_answer(const options *o)
{
    return is_zero(o->val) && is_zero(o->test) &&
           o->run_metric != PMPO_RUN_METRIC_NONE;
}

static bool has_no_shortlist(const options *o)
{
    return has_no_last_choice(o) || answers_nothing(o) || o->lowest_loss;
}

/* There is no last choice; or no answers have a say in it, and there is no
 * prompt with a rewriter's words, or a person has read them. */
static bool takes_lowest(const options *o)
{
    return has_no_last_choice(o) ||
           (answers_nothing(o) && (o->approve || rewrites_nothing(o)));
}

static bool has_one_model(const options *o)
{
    return o->each_model.n < 2;
}

bool options_joint(const options *o)
{
    return o->joint != JOINT_NONE && !has_one_model(o);
}

pmpo_joint options_joint_how(const options *o)
{
    return (pmpo_joint)(o->joint - JOINT_NONE - 1);
}

static bool is_json(const options *o)
{
    return o->json;
}

static bool prints_best(const options *o)
{
    return o->best && options_said(o, "best");
}

static bool is_quiet(const options *o)
{
    return o->quiet;
}

static bool writes_no_examples(const options *o)
{
    return !o->examples;
}

static bool writes_no_page(const options *o)
{
    return !o->html;
}

static bool writes_page_only(const options *o)
{
    return o->html && !strcmp(o->html, "-");
}

static bool shows_nothing(const options *o)
{
    return strspn(o->shots, "0,") == strlen(o->shots);
}

static bool asks(const options *o, unsigned metrics)
{
    unsigned asked = 0;
    return cli_metrics(o, &asked, &(pmpo_error){0}) == 0 && (asked & metrics);
}

static bool proposes_no_demos(const options *o)
{
    return is_paper(o) || proposes_no(o, "demos");
}

static bool is_calibrated(const options *o)
{
    return o->how.calibrate != PMPO_CALIBRATE_NONE;
}

static bool shows_no_demos(const options *o)
{
    return o->demos == 0;
}

static bool has_no_pattern(const options *o)
{
    return o->metrics && !asks(o, PMPO_METRIC_REGEX); /* alone it says so */
}

static bool has_no_judge(const options *o)
{
    return !asks(o, PMPO_METRIC_JUDGE);
}

static const rule rules[] = {
    {CMD_OPTIMIZE, "joint", has_one_model, "it takes -m twice or more"},
    {CMD_OPTIMIZE, "no-loss-check", options_joint,
     "a prompt for several models has no loss check"},
    {CMD_OPTIMIZE, "race", is_paper, "--preset paper gives no candidate up"},
    {CMD_OPTIMIZE, "no-loss-check", is_paper,
     "--preset paper has no loss check"},
    {CMD_OPTIMIZE, "no-guard", is_paper, "--preset paper has no guard"},
    {CMD_OPTIMIZE, "allow-copy", guards_nothing, "no copies are looked for"},
    {CMD_OPTIMIZE, "max-tokens", answers_nothing,
     "nothing is answered: it takes a --metric, and a validation or test part"},
    {CMD_OPTIMIZE, "metric", has_nobody_to_answer,
     "with --val 0 --test 0 nothing is answered"},
    {CMD_OPTIMIZE, "shortlist", has_no_shortlist,
     "nothing is answered to choose by"},
    {CMD_OPTIMIZE, "lowest-loss", takes_lowest, "the run ends so without it"},
    {CMD_OPTIMIZE, "from", takes_nothing_from,
     "-p gives another start prompt, and no library is raced"},
    {CMD_OPTIMIZE, "library", has_no_library, "no library is raced"},
    {CMD_OPTIMIZE, "demos", proposes_no_demos,
     "the proposer demos does not take part"},
    {CMD_OPTIMIZE, "demos", is_calibrated,
     "there are no demonstrations with --calibrate"},
    {CMD_OPTIMIZE, "demos-as", shows_no_demos, "--demos 0 shows none"},
    {CMD_OPTIMIZE, "task", rewrites_nothing, "no rewriter reads it"},
    {CMD_OPTIMIZE, "temperature", rewrites_nothing, "nothing is rewritten"},
    {CMD_OPTIMIZE, "top-p", rewrites_nothing, "nothing is rewritten"},
    {CMD_OPTIMIZE, "rewrite-form", rewrites_nothing, "nothing is rewritten"},
    {CMD_OPTIMIZE, "variants", rewrites_nothing, "nothing is rewritten"},
    {CMD_OPTIMIZE, "max-reply-tokens", rewrites_nothing,
     "nothing is rewritten"},
    {CMD_OPTIMIZE, "segments", masks_nothing, "--no-mask masks none"},
    {CMD_SCORE | CMD_EVAL | CMD_AUDIT, "verbose", is_json,
     "--json has all of it"},
    {CMD_COMPRESS, "json", prints_best, "--best prints the prompt alone"},
    {CMD_OPTIMIZE | CMD_RESUME, "verbose", is_quiet, "--quiet forbids it"},
    {CMD_EVAL, "regex", has_no_pattern, "only --metric regex reads it"},
    {CMD_EVAL, "judge", has_no_judge, "only --metric judge asks it"},
    {CMD_EVAL, "train", shows_nothing, "--shots 0 shows no example"},
    {CMD_COMPARE | CMD_ANALYZE, "force", writes_no_page,
     "there is no --html FILE"},
    {CMD_COMPARE | CMD_ANALYZE, "json", writes_page_only,
     "--html - has standard output"},
    {CMD_EVAL, "force", writes_no_examples, "there is no --examples FILE"},
};

/* The file of "@FILE"; NULL: the text is none. */
static const char *file_of(const char *text)
{
    return text && text[0] == '@' ? text + 1 : NULL;
}

static bool is_one_of(const char *output, const text_list *models)
{
    bool same = false;
    for (size_t i = 0; i < models->n; i++) {
        same = same || cli_same_file(output, models->items[i]);
    }
    return same;
}

/* Is `output` the file of a model? */
static bool is_model(const options *o, const char *output)
{
    const char *given = o->model ? o->model : getenv("PMPO_MODEL");
    return cli_same_file(output, given) || cli_same_file(output, o->rewriter) ||
           cli_same_file(output, o->judge) ||
           cli_same_file(output, o->tokenizer) ||
           is_one_of(output, &o->each_model) || is_one_of(output, &o->models);
}

/* Does the command read the file `output`? */
static bool is_read(const options *o, const char *output)
{
    const char *const inputs[] = {o->data,
                                  o->val,
                                  o->test,
                                  o->train_file,
                                  o->from,
                                  o->library,
                                  o->config,
                                  o->key_file,
                                  file_of(o->task),
                                  file_of(o->freeze),
                                  file_of(o->how.template_name)};
    bool same = is_model(o, output);
    for (size_t i = 0; i < sizeof(inputs) / sizeof(*inputs); i++) {
        same = same || cli_same_file(output, inputs[i]);
    }
    for (size_t i = 0; i < o->prompts.n; i++) {
        same = same || cli_same_file(output, file_of(o->prompts.items[i]));
    }
    for (int i = 0; i < o->n_args; i++) {
        same = same || cli_same_file(output, o->args[i]);
    }
    return same;
}

/* --force is not meant for what the command reads. */
static int check_outputs(const options *o, pmpo_error *err)
{
    bool prefix = o->command->id == CMD_DATA_SPLIT; /* it checks its own */
    const char *const outputs[] = {prefix ? NULL : o->output, o->html,
                                   o->examples};
    for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
        if (is_read(o, outputs[i])) {
            return cli_error(err, PMPO_EUSAGE,
                             "%s is what this command reads: "
                             "write to another file",
                             outputs[i]);
        }
    }
    return 0;
}

/* URLs are replicas of one model; of files and names none may be dropped. */
static int check_models(const options *o, pmpo_error *err)
{
    bool urls = true;
    for (size_t i = 0; i < o->each_model.n; i++) {
        urls = urls && cli_is_url(o->each_model.items[i]);
    }
    bool later = o->command->id == CMD_RESUME; /* the run says how many */
    return urls || o->each_model.n < 2 || options_joint(o) || later
               ? 0
               : cli_error(err, PMPO_EUSAGE,
                           "-m takes one model here, or the "
                           "URLs of its replicas; compare and --joint take "
                           "several");
}

static bool is_stdin(const char *text)
{
    return text && !strcmp(text, "-");
}

/* Answers come from standard input. */
static int check_approve(const options *o, pmpo_error *err)
{
    bool used = is_stdin(o->data) || is_stdin(o->freeze) ||
                (o->prompts.n == 1 && is_stdin(o->prompts.items[0]));
    return o->approve && used ? cli_error(err, PMPO_EUSAGE,
                                          "--approve reads its answers from "
                                          "standard input: give a file for -")
                              : 0;
}

int options_check(const options *o, pmpo_error *err)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const rule *r = &rules[i];
        if ((r->commands & o->command->id) && options_said(o, r->option)
            && r->idle(o)) {
            return cli_error(err, PMPO_EUSAGE, "--%s has no effect: %s",
                             r->option, r->why);
        }
    }
    int rc = check_models(o, err);
    rc = rc < 0 ? rc : check_approve(o, err);
    return rc < 0 ? rc : check_outputs(o, err);
}
