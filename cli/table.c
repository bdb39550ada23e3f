/* table.c: the table of options; see options.h. */
#include <stddef.h>

#include "export.h"
#include "options.h"

#define RUNS (CMD_OPTIMIZE | CMD_SCORE | CMD_ANALYZE)
#define SCORES (RUNS | CMD_BENCH)
#define LOSSES (SCORES | CMD_COMPARE | CMD_COMPRESS)
#define MODELS (LOSSES | CMD_EVAL | CMD_AUDIT)
#define OPENS (MODELS | CMD_MODELS_INFO)
#define WORKS (MODELS | CMD_RESUME)
#define REACHES (OPENS | CMD_RESUME) /* models that may be on servers */
#define PRINTS_JSON                                                            \
    (CMD_ALL                                                                   \
     & ~(CMD_MODELS_PULL | CMD_MODELS_RM | CMD_REPORT | CMD_COMPLETION))

#define AT(member) offsetof(options, member)
#define MAX 2147483647.0
#define MAX64 9007199254740992.0 /* 2^53: all are exact as double */

#define SWITCH(letter, name, member, help, commands)                           \
    {letter, name, OPT_SWITCH, AT(member), "", help, "off", commands, "", 0, 0}
#define TEXT(letter, name, member, arg, help, value, commands)                 \
    {letter, name, OPT_TEXT, AT(member), arg, help, value, commands, "", 0, 0}
#define SPACED(name, word) " " word
#define SPACED_NAME(name, asks, opens, what) " " name
#define WORD(name, member, words, help, value, commands)                       \
    {0, name, OPT_WORD, AT(member), words, help, value, commands, words, 0, 0}
/* "a|b|c" of a list in pmpo_words.h, whose first bar is left out. */
#define BAR(value, word) "|" word
#define WORDS(list) (list(BAR) + 1)
#define NUMBER(name, type, member, arg, help, value, commands, low, high)      \
    {0, name, type, AT(member), arg, help, value, commands, "", low, high}

#define MODEL_HELP                                                             \
    "a GGUF file, a name from `pmpo models list`, or the URL of a server"
#define ONE_MODEL_HELP                                                         \
    MODEL_HELP " such as http://host:8000/v1; repeat it for replica URLs; "    \
               "only one file or name"
#define DATA_HELP                                                              \
    "examples: a JSONL, BIG-Bench Hard, .csv or .tsv file; - is standard "     \
    "input"
#define PROMPT_HELP                                                            \
    "the text, @FILE, or - for standard input; one newline at the end of a "   \
    "file is dropped"

const option_row option_rows[] = {
    /* ---- what to work on ---- */
    {'m', "model", OPT_MODEL, AT(model), "MODEL",
     ONE_MODEL_HELP "; several different ones with --joint",
     "($PMPO_MODEL, else the list's default)", CMD_OPTIMIZE, "", 0, 0},
    {'m', "model", OPT_MODEL, AT(model), "MODEL", ONE_MODEL_HELP,
     "($PMPO_MODEL, else the list's default)",
     MODELS & ~(CMD_OPTIMIZE | CMD_AUDIT | CMD_COMPARE), "", 0, 0},
    {'m', "model", OPT_MODEL, AT(model), "MODEL",
     "where the run's scoring model is now: a GGUF file, a name or the URL of "
     "a server; it has to be the same model; of several all, in the order of "
     "`pmpo show`",
     "(where it was)", CMD_RESUME, "", 0, 0},
    {'m', "model", OPT_TEXTS, AT(models), "MODEL",
     MODEL_HELP " (URLs of replicas: separated by commas); may be repeated",
     "($PMPO_MODEL, else the list's default)", CMD_COMPARE, "", 0, 0},
    {'m', "model", OPT_MODEL, AT(model), "MODEL", ONE_MODEL_HELP,
     "(the run's, else $PMPO_MODEL, else the list's default)", CMD_AUDIT, "", 0,
     0},
    TEXT(0, "rewriter", rewriter, "MODEL",
         "the model that rewrites prompts and marks their parts: as for -m, "
         "or a chat server, its key in $PMPO_REWRITER_API_KEY; none: use no "
         "model for that",
         "(the scoring model itself)", CMD_OPTIMIZE),
    TEXT(0, "rewriter", rewriter, "MODEL",
         "where the run's rewriter is now; it has to be the same model",
         "(where it was)", CMD_RESUME),
    TEXT(0, "rewriter", rewriter, "MODEL",
         "the model that marks the parts of the prompt; a server's key is in "
         "$PMPO_REWRITER_API_KEY",
         "(the scoring model itself)", CMD_ANALYZE),
    TEXT('d', "data", data, "FILE", DATA_HELP, "(none; required)",
         RUNS | CMD_EVAL | CMD_COMPARE | CMD_COMPRESS),
    TEXT('d', "data", data, "FILE", DATA_HELP, "(the run's test part)",
         CMD_AUDIT),
    TEXT('d', "data", data, "FILE", DATA_HELP,
         "(a made-up set of 50 questions)", CMD_BENCH),
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     PROMPT_HELP "; may be repeated", "(none; required)",
     CMD_SCORE | CMD_EVAL | CMD_COMPARE, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     PROMPT_HELP "; may be repeated",
     "(the run's prompts alone; these are added)", CMD_AUDIT, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT", PROMPT_HELP,
     "(none; required)", CMD_ANALYZE | CMD_COMPRESS, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT", PROMPT_HELP,
     "(Let's think step by step.)", CMD_OPTIMIZE, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     PROMPT_HELP "; several are scored together, as a search does",
     "(Let's think step by step.)", CMD_BENCH, "", 0, 0},
    TEXT(0, "task", task, "TEXT",
         "description of the task for the rewriter: the text or @FILE",
         "(the data's own description, else a neutral sentence)", CMD_OPTIMIZE),
    TEXT('o', "output", output, "RUN", "the run file to write",
         "(pmpo-DATE-TIME.pmpo)", CMD_OPTIMIZE),
    TEXT('o', "output", output, "PREFIX",
         "writes PREFIX.train.jsonl, PREFIX.val.jsonl and PREFIX.test.jsonl",
         "(FILE without its extension)", CMD_DATA_SPLIT),
    TEXT('o', "output", output, "FILE", "where to write", "-", CMD_DATA_IMPORT),
    TEXT('o', "output", output, "FILE",
         "where to write; - is standard output; an existing pmpo page is "
         "replaced",
         "(RUN with the extension .html; of several runs required)",
         CMD_REPORT),
    SWITCH(0, "force", force, "replace files that exist",
           CMD_OPTIMIZE | CMD_DATA_SPLIT | CMD_DATA_IMPORT | CMD_EVAL |
               CMD_REPORT | CMD_COMPARE | CMD_ANALYZE),
    TEXT(0, "html", html, "FILE",
         "also write an HTML page; - prints it on standard output in place "
         "of the text; an existing pmpo page is replaced",
         "(none)", CMD_COMPARE | CMD_ANALYZE),

    /* ---- what to import ---- */
    TEXT(0, "as", as, "FORM",
         "aqua: what is scored: target (the rationale), options (the right "
         "letter among all letters) or preference (the right letter against "
         "each other one)",
         "(target)", CMD_DATA_IMPORT),
    TEXT(0, "annotations", annotations, "keep|strip",
         "gsm8k: what to do with the <<...>> annotations in solutions",
         "(strip)", CMD_DATA_IMPORT),
    TEXT(0, "separator", separator, "CHAR",
         "csv: the field separator: one character, or the word tab",
         "(a tab in a .tsv file, else a comma)",
         CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "input", columns.input, "COLUMN", "csv, jsonl: the input's column",
         "(input, prompt or question; jsonl: also messages or conversations, "
         "or "
         "instruction with input)",
         CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "target", columns.target, "COLUMN",
         "csv, jsonl: the target's column",
         "(target, if there is one; jsonl: also the last turn of messages)",
         CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "chosen", columns.chosen, "COLUMN",
         "csv, jsonl: the preferred output's column; needs --rejected",
         "(chosen, if there is one)", CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "rejected", columns.rejected, "COLUMN",
         "csv, jsonl: the rejected output's column",
         "(rejected, if there is one)", CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "id", columns.id, "COLUMN", "csv, jsonl: the column of unique ids",
         "(id, if there is one, else a hash of the content)",
         CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "answer", columns.answer, "COLUMN",
         "csv, jsonl: the short answer's column", "(answer, if there is one)",
         CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "options", columns.options, "COLUMN",
         "csv, jsonl: the options' column: texts separated by |, or a JSON "
         "list",
         "(options, if there is one)", CMD_DATA_IMPORT | CMD_DATA_CHECK),
    TEXT(0, "weight", columns.weight, "COLUMN",
         "csv, jsonl: the weight's column", "(weight, if there is one)",
         CMD_DATA_IMPORT | CMD_DATA_CHECK),
    SWITCH(0, "labels", labels,
           "csv, jsonl: the targets are labels, at most 26 different ones and "
           "each there twice at least: give every example all of them as "
           "options, so that optimize tells format from choice and counts "
           "right options. With options the loss auto of the other commands "
           "is preference",
           CMD_DATA_IMPORT),

    /* ---- the parts of the data ---- */
    NUMBER("train", OPT_REAL, train, "N|SHARE",
           "size of the training part: a count, or a share below 1",
           "(50, at most half of the data)", CMD_OPTIMIZE | CMD_DATA_SPLIT, 0,
           MAX64),
    TEXT(0, "val", val, "FILE|N|SHARE",
         "the validation examples: a file, a count, or a share below 1; with "
         "a file, all of --data is used for training",
         "(a quarter of the data)", CMD_OPTIMIZE),
    TEXT(0, "test", test, "FILE|N|SHARE",
         "the test examples, given like those of --val; scored at the end "
         "only",
         "(the rest)", CMD_OPTIMIZE),
    TEXT(0, "val", val, "N|SHARE", "size of the validation part",
         "(a quarter of the data)", CMD_DATA_SPLIT),
    TEXT(0, "test", test, "N|SHARE", "size of the test part", "(the rest)",
         CMD_DATA_SPLIT),
    NUMBER("limit", OPT_COUNT, limit, "N",
           "use only the first N examples; 0: all", "",
           MODELS | CMD_DATA_SPLIT | CMD_DATA_IMPORT, 0, MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N",
           "seed of all random choices: the split of the data and sampling", "",
           CMD_OPTIMIZE, 0, MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N", "seed of the random split", "",
           CMD_DATA_SPLIT | CMD_COMPRESS, 0, MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N",
           "seed for choosing the shots and for the bootstrap", "", CMD_EVAL, 0,
           MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N",
           "seed of the bootstrap and of permutation tests", "",
           CMD_AUDIT | CMD_COMPARE, 0, MAX64),

    /* ---- the loss ---- */
    WORD("loss", how.loss, WORDS(PMPO_LOSSES),
         "nll: negative log-likelihood of the target; preference: target "
         "against rejected outputs; choice: cross-entropy of the target "
         "among the options; auto: preference if rejected outputs are known, "
         "else nll; in optimize nll, too, where answers are generated "
         "(--metric), unless the data are preference pairs",
         "", LOSSES),
    WORD("reduction", how.reduction, WORDS(PMPO_REDUCTIONS),
         "nll only: mean or sum over the target's tokens", "", LOSSES),
    WORD("loss-on", how.loss_on, WORDS(PMPO_LOSS_ONS),
         "nll only: the loss of the whole target, or only of the example's "
         "answer in it, given the text before the answer",
         "", LOSSES),
    WORD("normalize", how.normalize, WORDS(PMPO_NORMALIZATIONS),
         "preference and choice only: compare outputs by their "
         "log-likelihood (none) or by its mean per token (length)",
         "", LOSSES),
    WORD("calibrate", how.calibrate, WORDS(PMPO_CALIBRATIONS),
         "content-free: subtract from each output's log-likelihood the one "
         "that it has with the input N/A",
         "", LOSSES),
    NUMBER("beta", OPT_REAL, how.beta, "X",
           "preference only: the loss is -log sigmoid(X * margin)", "", LOSSES,
           1e-6, 1e6),
    TEXT(0, "template", how.template_name, "NAME",
         "where the prompt goes: chat, user, user-suffix, place, raw or @FILE",
         "", MODELS),
    WORD("end", how.end, WORDS(PMPO_ENDS),
         "score the end-of-turn token as part of a target; auto: only if one "
         "option is the beginning of another",
         "", MODELS),
    SWITCH(0, "noise-floor", noise_floor,
           "also measure the noise floor of the loss: one more pass",
           CMD_SCORE | CMD_ANALYZE),
    SWITCH(0, "plain", plain,
           "score with the slow reference code, one sequence at a time",
           CMD_SCORE),

    /* ---- the machine ---- */
    WORD("precision", precision, WORDS(PMPO_PRECISIONS),
         "precision of the scoring model's weights; auto: the fastest with "
         "low noise that fits into memory",
         "", MODELS),
    WORD("precision", precision, WORDS(PMPO_PRECISIONS),
         "precision of the weights; any but native may write a widened copy "
         "of the file",
         "native", CMD_MODELS_INFO),
    NUMBER("threads", OPT_INT, threads, "N",
           "number of compute threads; 0: the processors that this process "
           "may use",
           "", OPENS, 0, PMPO_MOST_THREADS),
    NUMBER("gpu-layers", OPT_INT, gpu_layers, "N",
           "number of layers on the GPU; -1: all", "", OPENS, -1, 100000),
    NUMBER("memory", OPT_BYTES, memory_bytes, "SIZE",
           "memory limit for weights and working memory, such as 4G; 0: what "
           "is free. A rewriter gets what the scoring model's file leaves of "
           "it",
           "", OPENS, 0, 1e18),
    SWITCH(0, "no-cache", no_cache, "neither read nor write the score cache",
           RUNS | CMD_RESUME | CMD_EVAL | CMD_AUDIT | CMD_COMPARE |
               CMD_COMPRESS),

    /* ---- servers ---- */
    TEXT(0, "model-name", model_name, "NAME",
         "name of the model on the server of -m", "(the only one it serves)",
         OPENS),
    TEXT(0, "rewriter-name", rewriter_name, "NAME",
         "name of the model on the server of --rewriter",
         "(the only one it serves)", CMD_OPTIMIZE | CMD_ANALYZE),
    TEXT(0, "judge-name", judge_name, "NAME",
         "name of the model on the server of --judge",
         "(the only one it serves)", CMD_EVAL),
    WORD("dialect", dialect, "auto|vllm|sglang|echo",
         "how the server of -m returns log-probabilities; auto: detected by "
         "scoring a known text",
         "auto", OPENS),
    TEXT(0, "tokenizer", tokenizer, "MODEL",
         "a GGUF file or listed name with the vocabulary and chat template "
         "of the model on the server",
         "(the server's own)", OPENS),
    TEXT(0, "key-file", key_file, "FILE",
         "file with the API key for the server of -m, of several models for "
         "that of the first URL; refused if other users can read it",
         "($PMPO_API_KEY)", REACHES),
    TEXT(0, "cacert", cacert, "FILE",
         "CA certificates to trust instead of the system's",
         "($SSL_CERT_FILE, else the system's)", REACHES),
    SWITCH(0, "insecure", insecure,
           "allow sending a key to another host over plain http", REACHES),
    NUMBER("concurrency", OPT_INT, concurrency, "N",
           "requests in flight per server; 0: adapted to the server's "
           "measured rate",
           "", REACHES, 0, 100000),
    TEXT(0, "price", price, "IN,OUT",
         "dollars per million tokens sent to and generated by the server of "
         "--rewriter or --judge, or that of -m if there is neither",
         "(0,0)", CMD_OPTIMIZE | CMD_RESUME | CMD_EVAL),
    {0, "timeout", OPT_INT, AT(timeout_s), "SECONDS",
     "time limit of one request to a server, after which it is retried", "600",
     REACHES, "", 1, 1000000},

    /* ---- evaluation ---- */
    TEXT(0, "metric", metrics, "NAMES",
         "one of these, or several separated by commas:" PMPO_METRICS(SPACED),
         "(options where they are known, pairs where rejected outputs are, "
         "else by the form of the answers)",
         CMD_EVAL),
    TEXT(0, "metric", metrics, "NAMES",
         "the metrics of eval except pairs, regex and judge; several are "
         "separated by commas",
         "(the options metrics where they apply, else number, choice or exact "
         "by "
         "the form of the answers)",
         CMD_AUDIT),
    TEXT(0, "metric", metrics, "NAME",
         "what counts as right: a metric of eval except regex and judge; "
         "none: losses only",
         "(options where they are known, pairs where rejected outputs are, "
         "else "
         "by the form of the answers)",
         CMD_COMPARE),
    WORD("metric", run_metric, WORDS(PMPO_RUN_METRICS),
         "how to mark the answers generated at the end, which choose and "
         "judge the prompt; auto: by the form of the data's answers; none: "
         "the loss alone decides",
         "", CMD_OPTIMIZE),
    TEXT(0, "shots", shots, "NUMBERS",
         "numbers of solved examples to show before each question, such as "
         "0,1,3: one result row for each number",
         "0", CMD_EVAL),
    TEXT(0, "train", train_file, "FILE",
         "where the shots come from: a file of examples, or a .txt file of "
         "BIG-Bench Hard's worked demonstrations; without it, the training "
         "part of --data, and the rest is evaluated",
         "(none)", CMD_EVAL),
    TEXT(0, "regex", regex, "PATTERN",
         "for the metric regex: a POSIX extended regular expression; the "
         "answer is the first group of its last match (without groups, the "
         "whole match)",
         "(none)", CMD_EVAL),
    TEXT(0, "judge", judge, "MODEL",
         "for the metric judge: the model that compares each prompt's "
         "answers with those of prompt 1, and those of prompt 1 with the "
         "targets; a server's key is in $PMPO_JUDGE_API_KEY",
         "(the model itself)", CMD_EVAL),
    TEXT(0, "examples", examples, "FILE",
         "also write each example's question, target, answer and metric "
         "values, one line of JSON each",
         "(none)", CMD_EVAL),
    TEXT(0, "baseline", baseline, "NAMES",
         "built-in prompts to add after those of -p: answer-only, cot, "
         "step-back, rar, or all; several are separated by commas",
         "(none)", CMD_SCORE | CMD_EVAL | CMD_AUDIT | CMD_COMPARE),
    NUMBER("max-tokens", OPT_INT, max_tokens, "N",
           "maximum number of tokens in a generated answer", "",
           CMD_EVAL | CMD_AUDIT | CMD_OPTIMIZE | CMD_COMPARE, 1, MAX),
    NUMBER("shortlist", OPT_INT, shortlist, "N",
           "number of prompts, the best by validation loss, that answer the "
           "validation examples at the end",
           "", CMD_OPTIMIZE, 1, 100),

    /* ---- the search ---- */
    NUMBER("iterations", OPT_INT, iterations, "N",
           "maximum number of search iterations", "", CMD_OPTIMIZE, 0, MAX),
    NUMBER("iterations", OPT_INT, iterations, "N",
           "the new total number of iterations, including those done",
           "(as in the run)", CMD_RESUME, 1, MAX),
    NUMBER("hard", OPT_INT, hard, "N",
           "number of highest-loss examples shown to the rewriter, one at a "
           "time",
           "", CMD_OPTIMIZE, 1, 1000),
    NUMBER("variants", OPT_INT, variants, "N",
           "number of rewrites for each example of --hard", "", CMD_OPTIMIZE, 1,
           1000),
    NUMBER("segments", OPT_INT, segments, "N",
           "maximum number of parts of the prompt to mask, one at a time", "",
           CMD_OPTIMIZE | CMD_ANALYZE, 1, 64),
    NUMBER("temperature", OPT_REAL, temperature, "X",
           "sampling temperature of the rewriter", "", CMD_OPTIMIZE, 0, 100),
    NUMBER("top-p", OPT_REAL, top_p, "X",
           "nucleus sampling of the rewriter: keep the likeliest tokens up "
           "to this total probability",
           "", CMD_OPTIMIZE, 1e-6, 1),
    NUMBER("max-reply-tokens", OPT_INT, max_reply_tokens, "N",
           "maximum number of tokens in a reply of the rewriter", "",
           CMD_OPTIMIZE, 1, MAX),
    NUMBER("max-prompt-tokens", OPT_INT, max_prompt_tokens, "N",
           "reject candidates with more tokens; 0: no limit", "", CMD_OPTIMIZE,
           0, MAX),
    NUMBER("length-price", OPT_REAL, length_price, "NATS",
           "added to a candidate's loss for each token of its prompt when "
           "candidates are compared",
           "", CMD_OPTIMIZE, 0, 1e6),
    NUMBER("patience", OPT_INT, patience, "N",
           "stop after N iterations without gain; 0: never", "", CMD_OPTIMIZE,
           0, MAX),
    WORD("preset", preset, "default|paper",
         "paper: the published algorithm: no noise floor, no validation part, "
         "a fifth of the data (3 to 50) for training, no answers, no race",
         "default", CMD_OPTIMIZE),
    WORD("joint", joint, "none" PMPO_JOINTS(BAR),
         "treat several -m as different models, not replicas, and find one "
         "prompt for all; its loss is the mean or the maximum over them",
         "none", CMD_OPTIMIZE),
    WORD("race", race, WORDS(PMPO_RACES),
         "when to stop scoring a candidate early: off: never; exact: once it "
         "is certain to lose; paired: also once a paired test at 5 % says that "
         "it will. Before the first iteration all but off thin out by a rule "
         "of "
         "thumb, on parts of the training examples",
         "", CMD_OPTIMIZE),
    TEXT(0, "proposers", proposers, "NAMES",
         "where new prompts come from: one of these, or several separated by "
         "commas:" PMPO_PROPOSERS(SPACED_NAME),
         "(all but paraphrase; with --rewriter none, those that need no "
         "model)",
         CMD_OPTIMIZE),
    NUMBER("demos", OPT_INT, demos, "N",
           "maximum number of training examples to append as demonstrations, "
           "chosen to lower the loss on the others; 0: none",
           "", CMD_OPTIMIZE, 0, PMPO_MAX_DEMOS),
    WORD("demos-as", demos_as, WORDS(PMPO_DEMOS_ASES),
         "how demonstrations are shown: as text in the prompt, or as turns "
         "of the chat",
         "", CMD_OPTIMIZE),
    TEXT(0, "library", library, "FILE",
         "file with your own instructions, one per line, tried at the start "
         "together with the built-in ones",
         "(none)", CMD_OPTIMIZE),
    WORD("rewrite-form", form, WORDS(PMPO_FORMS),
         "how the rewriter is asked: large: to diagnose and then rewrite; "
         "small: to fill in a short form; auto: by one trial at the start",
         "", CMD_OPTIMIZE),
    SWITCH(0, "no-mask", no_mask,
           "mask no parts of the prompt, so the rewriter is not told which "
           "help",
           CMD_OPTIMIZE),
    SWITCH(0, "no-hard-cases", no_hard_cases,
           "show the rewriter random examples instead of the highest-loss "
           "ones",
           CMD_OPTIMIZE),
    SWITCH(0, "no-loss-check", no_loss_check,
           "do not check whether a lower loss goes with more right options",
           CMD_OPTIMIZE),
    SWITCH(0, "lowest-loss", lowest_loss,
           "end with the lowest validation loss, whatever the answers say and "
           "even if what a rewriter's words gain may be chance",
           CMD_OPTIMIZE),
    TEXT(0, "from", from, "RUN",
         "start from the best prompt of an earlier run, unless -p is given; "
         "try its other good prompts (with -p the best, too) together with the "
         "library",
         "(none)", CMD_OPTIMIZE),
    TEXT(0, "freeze", freeze, "TEXT",
         "part of the prompt that every candidate keeps byte for byte, as if "
         "marked {{keep}}...{{/keep}}: the text or @FILE",
         "(none)", CMD_OPTIMIZE),
    TEXT(0, "freeze", freeze, "TEXT",
         "part of the prompt to keep, as if marked {{keep}}...{{/keep}}: the "
         "text or @FILE",
         "(none)", CMD_COMPRESS),
    NUMBER("margin", OPT_REAL, margin, "NATS",
           "how much higher the loss of the shorter prompt may be", "",
           CMD_COMPRESS, 0, 1e6),
    WORD("grain", grain, WORDS(PMPO_GRAINS),
         "the smallest parts to remove, after larger ones; word: the result "
         "may read like a telegram",
         "", CMD_COMPRESS),
    SWITCH(0, "approve", approve,
           "ask on the terminal before a prompt becomes the incumbent: accept, "
           "refuse, or edit it in $VISUAL or $EDITOR",
           CMD_OPTIMIZE),
    SWITCH(0, "approve", approve,
           "ask again, as in a run that was started with --approve",
           CMD_RESUME),
    SWITCH(0, "allow-copy", allow_copy,
           "allow candidates that copy or retell training examples",
           CMD_OPTIMIZE),
    SWITCH(0, "no-guard", no_guard,
           "also score candidates that retell an example, only ask its "
           "question, use another language, continue the chat, or name only "
           "some of the labels",
           CMD_OPTIMIZE),
    {0, "budget", OPT_BUDGET, 0, "AMOUNT",
     "stop after this much time (90s, 10m, 2h), this many tokens (500ktok, "
     "2Mtok) or this much money (2usd); may be given once for each",
     "(none)", CMD_OPTIMIZE | CMD_RESUME, "", 0, 0},
    SWITCH(0, "dry-run", dry_run, "print what it would cost and change nothing",
           CMD_OPTIMIZE | CMD_SCORE),

    /* ---- what is printed ---- */
    SWITCH(0, "best", best, "print the best prompt and nothing else", CMD_SHOW),
    SWITCH(0, "best", best, "print the shorter prompt and nothing else",
           CMD_COMPRESS),
    WORD("format", format, WORDS(EXPORT_FORMATS),
         "summary: readable text; text: exactly what the model reads with "
         "the best prompt; messages, openai, dspy, promptfoo: the best "
         "prompt in that format; json: the whole run; jsonl: one line per "
         "iteration, for MLflow and W&B; csv: all candidates",
         "summary", CMD_SHOW),
    SWITCH(0, "table", table, "print all candidates, one per line", CMD_SHOW),
    SWITCH(0, "pareto", pareto,
           "print the prompts that no other prompt beats in both loss and "
           "length, and the run's",
           CMD_SHOW),
    SWITCH(0, "json", json, "print one JSON document instead", PRINTS_JSON),
    SWITCH('q', "quiet", quiet, "print no progress and no notes",
           WORKS | CMD_MODELS_PULL | CMD_MODELS_INFO | CMD_DATA_IMPORT),
    SWITCH('v', "verbose", verbose, "print a line for each iteration",
           CMD_OPTIMIZE | CMD_RESUME),
    SWITCH('v', "verbose", verbose, "print a row for each example",
           CMD_SCORE | CMD_EVAL),
    SWITCH('v', "verbose", verbose, "print each prompt with its losses",
           CMD_AUDIT),
    TEXT(0, "config", config, "FILE",
         "read options from FILE, with lines `name = value` or "
         "`command.name = value`; the command line takes precedence",
         "(none)", CMD_ALL & ~(CMD_MODELS_RM | CMD_COMPLETION)),
    SWITCH('h', "help", help, "print this help", CMD_ALL),
};

const size_t n_option_rows = sizeof(option_rows) / sizeof(option_rows[0]);
_Static_assert(sizeof(option_rows) / sizeof(option_rows[0]) <= MAX_OPTION_ROWS,
               "MAX_OPTION_ROWS is too small");
