/* main.c: the program pmpo: finds the command, runs it, reports failures.
 *
 * To add a command: a file cmd_NAME.c, a row here, a section in docs/cli.md. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "manual.h"
#include "progress.h"

const command commands[] = {
    {"optimize", CMD_OPTIMIZE, 0, 0, "", "find a better prompt for a task",
     "Improves --prompt on the training part of --data, checks it on the "
     "validation part, and tests it on a part that the search does not see. "
     "Everything is saved in the run file as it happens; `pmpo resume` "
     "continues the run after an interruption.",
     cmd_optimize},
    {"resume", CMD_RESUME, 1, 1, "RUN",
     "continue a run after an interruption, or extend it",
     "Finished work is not computed again. Models and settings are those of "
     "the run.",
     cmd_resume},
    {"score", CMD_SCORE, 0, 0, "", "measure the loss of prompts on examples",
     "", cmd_score},
    {"eval", CMD_EVAL, 0, 0, "", "measure how often the model answers right",
     "The metrics mark generated answers (exact, number, choice, regex), "
     "compare log-likelihoods of given outputs (options, options-mean, "
     "options-calibrated, pairs), or ask a judge model which answer is "
     "better (judge).",
     cmd_eval},
    {"compare", CMD_COMPARE, 0, 0, "",
     "compare prompts and models on the same examples",
     "Runs every --prompt with every --model on the same examples. Prints "
     "loss and share of right answers with confidence intervals, paired "
     "tests against the first prompt, corrected for multiple testing, and "
     "the best prompt for each model and for all models. Models are opened "
     "one after the other.",
     cmd_compare},
    {"audit", CMD_AUDIT, 0, 1, "[RUN]",
     "check whether a lower loss means more right answers",
     "Ranks prompts by each loss and by their share of right answers, on "
     "examples they were not made with. With RUN, the prompts, template, "
     "model, model settings and test part of the run are used unless the "
     "command line gives others; examples of --data that the run used for "
     "training or validation are left out.",
     cmd_audit},
    {"analyze", CMD_ANALYZE, 0, 0, "",
     "measure how much each part of a prompt helps", "", cmd_analyze},
    {"compress", CMD_COMPRESS, 0, 0, "",
     "make a prompt shorter without making it worse",
     "Splits --data: two fifths rank the parts of the prompt, two fifths "
     "check each removal, and the last fifth measures the result. Parts "
     "marked {{keep}}...{{/keep}} and placeholders such as {context} are "
     "kept.",
     cmd_compress},
    {"show", CMD_SHOW, 1, 1, "RUN", "print the state or the outcome of a run",
     "Also works while the run is being written.", cmd_show},
    {"report", CMD_REPORT, 1, INT_MAX, "RUN...",
     "write an HTML page about one run or several",
     "Writes one HTML file that needs no network and no other file. It opens "
     "in any browser, prints well, and can be sent to colleagues. It "
     "contains the prompts and the examples. Also works while a run is being "
     "written.",
     cmd_report},
    {"bench", CMD_BENCH, 0, 0, "",
     "measure this machine's speed and noise floor", "", cmd_bench},
    {"models list", CMD_MODELS_LIST, 0, 0, "",
     "list the known models and those on this machine", "", cmd_models_list},
    {"models pull", CMD_MODELS_PULL, 1, 1, "NAME", "download a listed model",
     "", cmd_models_pull},
    {"models info", CMD_MODELS_INFO, 0, 1, "[MODEL]",
     "describe a model: a GGUF file, a listed name or a URL", "",
     cmd_models_info},
    {"models rm", CMD_MODELS_RM, 1, 1, "NAME",
     "delete a model and its widened copies, or one copy", "", cmd_models_rm},
    {"data check", CMD_DATA_CHECK, 1, 1, "FILE",
     "list every problem in a data file", "", cmd_data_check},
    {"data split", CMD_DATA_SPLIT, 1, 1, "FILE",
     "split examples into training, validation and test files", "",
     cmd_data_split},
    {"data import", CMD_DATA_IMPORT, 2, INT_MAX, "FORMAT FILE...",
     "convert examples of another format to JSONL",
     "FORMAT is bbh (BIG-Bench Hard), bbh-cot (its chain-of-thought "
     "demonstrations), gsm8k, aqua (AQuA-RAT), alpaca-eval (AlpacaEval "
     "annotations), dpo (preference pairs), csv (a table with a header row) "
     "or jsonl (JSON records with fields of any names, or chats). Files are "
     "read as published, in the given order; examples that "
     "an earlier file already had are left out. A summary goes to standard "
     "output, or to standard error if the examples go to standard output.",
     cmd_data_import},
    {"completion", CMD_COMPLETION, 1, 1, "SHELL",
     "print the completion script for bash, zsh or fish",
     "An installed pmpo has it where the shells look for it. To load it by "
     "hand: eval \"$(pmpo completion bash)\", or for fish: pmpo completion "
     "fish | source.",
     cmd_completion},
};

const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

static const char usage[] =
    "usage: pmpo COMMAND [OPTION]...; see pmpo help\n";

/* ---- finding a command -------------------------------------------------- */

/* The command named by argv[at] or, of two words, argv[at] and argv[at + 1];
 * *n is the number of words. NULL: there is none. */
static const command *find(int argc, char **argv, int at, int *n)
{
    for (size_t i = 0; at < argc && i < n_commands; i++) {
        const char *name = commands[i].name, *blank = strchr(name, ' ');
        if (!blank && !strcmp(name, argv[at])) {
            *n = 1;
            return &commands[i];
        }
        size_t len = blank ? (size_t)(blank - name) : 0;
        if (blank && at + 1 < argc && strlen(argv[at]) == len
            && !strncmp(name, argv[at], len)
            && !strcmp(blank + 1, argv[at + 1])) {
            *n = 2;
            return &commands[i];
        }
    }
    return NULL;
}

/* Is `word` the first of two, as "models" is? */
static bool is_group(const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < n_commands; i++) {
        if (!strncmp(commands[i].name, word, len)
            && commands[i].name[len] == ' ') {
            return true;
        }
    }
    return false;
}

/* ---- help --------------------------------------------------------------- */

/* `group`: its commands only; NULL: all. */
static void put_commands(const char *group)
{
    size_t len = group ? strlen(group) : 0;
    for (size_t i = 0; i < n_commands; i++) {
        const command *c = &commands[i];
        if (!group || (!strncmp(c->name, group, len) && c->name[len] == ' ')) {
            printf("  %-12s %s\n", c->name, c->what);
        }
    }
}

static int help_all(void)
{
    printf("pmpo %s: improves prompts for language models by measurement\n\n"
           "pmpo COMMAND [OPTION]...\n\n", pmpo_version());
    put_commands(NULL);
    printf("\npmpo COMMAND --help lists a command's options with their "
           "defaults.\n"
           "pmpo --version prints the version.\n\n"
           "Exit status: 0 done, 1 failed, 2 misuse or bad data, 3 stopped "
           "with everything\nkept.\n");
    return 0;
}

static int unknown(int argc, char **argv, int at)
{
    if (is_group(argv[at]) && at + 1 < argc) {
        fprintf(stderr, "pmpo: unknown command %s %s; see pmpo %s --help\n",
                argv[at], argv[at + 1], argv[at]);
    } else if (is_group(argv[at])) {
        fprintf(stderr, "pmpo: %s needs a command; see pmpo %s --help\n",
                argv[at], argv[at]);
    } else {
        bool is_option = argv[at][0] == '-';
        fprintf(stderr, "pmpo: unknown %s %s; see pmpo --help\n",
                is_option ? "option" : "command", argv[at]);
    }
    return pmpo_code_exit(PMPO_EUSAGE);
}

static int help_of(int argc, char **argv, int at)
{
    int n = 0;
    const command *c = find(argc, argv, at, &n);
    if (c) {
        options_help(c);
        return 0;
    }
    if (is_group(argv[at]) && at + 1 == argc) {
        put_commands(argv[at]);
        return 0;
    }
    return unknown(argc, argv, at);
}

static bool is_help(const char *word)
{
    return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* ---- running ------------------------------------------------------------ */

static int run(const command *c, int argc, char **argv, int first)
{
    options o;
    pmpo_error err = {0};
    int rc = options_parse(c, argc, argv, first, &o, &err);
    if (rc == 0 && o.help) {
        options_help(c);
    } else if (rc == 0) {
        rc = c->run(&o, &err);
    }
    options_release(&o);
    cli_release();
    if (rc < 0) {
        progress_clear();
        fflush(stdout); /* what is printed comes before why it ends */
        fprintf(stderr, "pmpo: %s\n",
                err.text[0] ? err.text : pmpo_code_text(rc));
    }
    return pmpo_code_exit(rc);
}

static int write_manual(const char *folder)
{
    pmpo_error err = {0};
    int rc = manual_write(folder, &err);
    if (rc < 0) {
        fprintf(stderr, "pmpo: %s\n", err.text);
    }
    return pmpo_code_exit(rc);
}

static int dispatch(int argc, char **argv)
{
    int n = 0;
    if (argc < 2) {
        fputs(usage, stderr);
        return pmpo_code_exit(PMPO_EUSAGE);
    }
    if (is_help(argv[1])) {
        return help_all();
    }
    if (!strcmp(argv[1], "--version")) {
        printf("pmpo %s\n", pmpo_version());
        return 0;
    }
    if (!strcmp(argv[1], "--list-options")) { /* for the tests */
        options_list();
        return 0;
    }
    if (!strcmp(argv[1], "--write-manual") && argc == 3) { /* for the build */
        return write_manual(argv[2]);
    }
    if (!strcmp(argv[1], "help")) {
        return argc == 2 ? help_all() : help_of(argc, argv, 2);
    }
    const command *c = find(argc, argv, 1, &n);
    if (c) {
        return run(c, argc, argv, 1 + n);
    }
    if (argc == 3 && is_group(argv[1]) && is_help(argv[2])) {
        put_commands(argv[1]);
        return 0;
    }
    return unknown(argc, argv, 1);
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "pmpo: write: %s\n",
                errno ? strerror(errno) : "the output could not be written");
        return status ? status : pmpo_code_exit(PMPO_EIO);
    }
    return status;
}
