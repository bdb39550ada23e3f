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
#define WORD(name, member, words, help, value, commands)                       \
    {0, name, OPT_WORD, AT(member), words, help, value, commands, words, 0, 0}
/* "a|b|c" of a list in pmpo_words.h, whose first bar is left out. */
#define BAR(value, word) "|" word
#define WORDS(list) (list(BAR) + 1)
#define NUMBER(name, type, member, arg, help, value, commands, low, high)      \
    {0, name, type, AT(member), arg, help, value, commands, "", low, high}

const option_row option_rows[] = {
    /* ---- what to work on ---- */
    {'m', "model", OPT_MODEL, AT(model), "MODEL",
     "a GGUF file, a name of `pmpo models list`, or the URL of a server such "
     "as "
     "http://host:8000/v1; repeated for replicas of one",
     "($PMPO_MODEL, else the list's default)",
     MODELS & ~(CMD_AUDIT | CMD_COMPARE), "", 0, 0},
    {'m', "model", OPT_TEXTS, AT(models), "MODEL",
     "a GGUF file, a name of `pmpo models list`, or the URL of a server (of "
     "replicas: with commas); may be repeated",
     "($PMPO_MODEL, else the list's default)", CMD_COMPARE, "", 0, 0},
    {'m', "model", OPT_MODEL, AT(model), "MODEL",
     "a GGUF file, a name of `pmpo models list`, or the URL of a server such "
     "as "
     "http://host:8000/v1; repeated for replicas of one",
     "(the run's, else $PMPO_MODEL, else the list's)", CMD_AUDIT, "", 0, 0},
    TEXT(0, "rewriter", rewriter, "MODEL",
         "the model that rewrites and marks prompts, as -m, or a server of "
         "chats; "
         "none: no model is asked for words",
         "(the scoring model itself)", CMD_OPTIMIZE),
    TEXT(0, "rewriter", rewriter, "MODEL", "the model that marks prompts",
         "(the scoring model itself)", CMD_ANALYZE),
    TEXT('d', "data", data, "FILE",
         "examples: JSONL or a BIG-Bench Hard file; - is standard input",
         "(none: it must be given)",
         RUNS | CMD_EVAL | CMD_COMPARE | CMD_COMPRESS),
    TEXT('d', "data", data, "FILE",
         "examples: JSONL or a BIG-Bench Hard file; - is standard input",
         "(the run's test part)", CMD_AUDIT),
    TEXT('d', "data", data, "FILE",
         "examples: JSONL or a BIG-Bench Hard file; - is standard input",
         "(a made-up set of 50 questions)", CMD_BENCH),
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     "the text, @FILE, or - for standard input; one final newline of a file "
     "is not part of it; may be repeated",
     "(none: it must be given)", CMD_SCORE | CMD_EVAL | CMD_COMPARE, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     "the text, @FILE, or - for standard input; one final newline of a file "
     "is not part of it; may be repeated",
     "(those of the run)", CMD_AUDIT, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     "the text, @FILE, or - for standard input; one final newline of a file "
     "is not part of it",
     "(none: it must be given)", CMD_ANALYZE | CMD_COMPRESS, "", 0, 0},
    {'p', "prompt", OPT_TEXTS, AT(prompts), "PROMPT",
     "the text, @FILE, or - for standard input; one final newline of a file "
     "is not part of it",
     "(Let's think step by step.)", CMD_OPTIMIZE | CMD_BENCH, "", 0, 0},
    TEXT(0, "task", task, "TEXT",
         "describes the task to the rewriter: the text or @FILE",
         "(what the data says, else a neutral sentence)", CMD_OPTIMIZE),
    TEXT('o', "output", output, "RUN", "the run file to make",
         "(pmpo-DATE-TIME.pmpo)", CMD_OPTIMIZE),
    TEXT('o', "output", output, "PREFIX",
         "writes PREFIX.train.jsonl, PREFIX.val.jsonl and PREFIX.test.jsonl",
         "(FILE without its ending)", CMD_DATA_SPLIT),
    TEXT('o', "output", output, "FILE", "where to write", "-", CMD_DATA_IMPORT),
    TEXT('o', "output", output, "FILE",
         "where to write; - is standard output; an earlier page is replaced",
         "(RUN with the ending .html)", CMD_REPORT),
    SWITCH(0, "force", force, "replace files that exist",
           CMD_OPTIMIZE | CMD_DATA_SPLIT | CMD_DATA_IMPORT | CMD_EVAL |
               CMD_REPORT | CMD_COMPARE | CMD_ANALYZE),
    TEXT(0, "html", html, "FILE",
         "also write a page for people; - is standard output, and then nothing "
         "else goes there; an earlier page is replaced",
         "(none)", CMD_COMPARE | CMD_ANALYZE),

    /* ---- what to import ---- */
    TEXT(0, "as", as, "FORM",
         "aqua: target (the rationale), options (the letter among the "
         "others) or preference (the letter against the others)",
         "(target)", CMD_DATA_IMPORT),
    TEXT(0, "annotations", annotations, "keep|strip",
         "gsm8k: what becomes of the <<...>> in its solutions", "(strip)",
         CMD_DATA_IMPORT),
    TEXT(0, "separator", separator, "CHAR",
         "csv: what stands between fields: one character, or tab",
         "(a tab in a .tsv file, else a comma)", CMD_DATA_IMPORT),
    TEXT(0, "input", columns.input, "COLUMN", "csv: the input's column",
         "(input, prompt or question)", CMD_DATA_IMPORT),
    TEXT(0, "target", columns.target, "COLUMN", "csv: the target's column",
         "(target, if there is one)", CMD_DATA_IMPORT),
    TEXT(0, "chosen", columns.chosen, "COLUMN",
         "csv: the preferred output's column; needs --rejected",
         "(chosen, if there is one)", CMD_DATA_IMPORT),
    TEXT(0, "rejected", columns.rejected, "COLUMN",
         "csv: the rejected output's column", "(rejected, if there is one)",
         CMD_DATA_IMPORT),
    TEXT(0, "id", columns.id, "COLUMN", "csv: the column of unique names",
         "(id, if there is one, else a hash of the content)", CMD_DATA_IMPORT),
    TEXT(0, "answer", columns.answer, "COLUMN",
         "csv: the short answer's column", "(answer, if there is one)",
         CMD_DATA_IMPORT),
    TEXT(0, "options", columns.options, "COLUMN",
         "csv: the column of options: texts with | between them, or a JSON "
         "list",
         "(options, if there is one)", CMD_DATA_IMPORT),
    TEXT(0, "weight", columns.weight, "COLUMN", "csv: the weight's column",
         "(weight, if there is one)", CMD_DATA_IMPORT),

    /* ---- the parts of the data ---- */
    NUMBER("train", OPT_REAL, train, "N|SHARE",
           "size of the training part: a count, or a share below 1",
           "(the smaller of 50 and half)", CMD_OPTIMIZE | CMD_DATA_SPLIT, 0,
           MAX64),
    TEXT(0, "val", val, "FILE|N|SHARE",
         "the validation examples: a file, a count, or a share below 1; "
         "with a file all of --data is for training",
         "(a quarter)", CMD_OPTIMIZE),
    TEXT(0, "test", test, "FILE|N|SHARE",
         "the test examples, likewise; they are scored at the end",
         "(the rest)", CMD_OPTIMIZE),
    TEXT(0, "val", val, "N|SHARE", "size of the validation part", "(a quarter)",
         CMD_DATA_SPLIT),
    TEXT(0, "test", test, "N|SHARE", "size of the test part", "(the rest)",
         CMD_DATA_SPLIT),
    NUMBER("limit", OPT_COUNT, limit, "N", "the first N examples only; 0: all",
           "", MODELS | CMD_DATA_SPLIT | CMD_DATA_IMPORT, 0, MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N",
           "seed of all random choices: the parts and the samples", "",
           CMD_OPTIMIZE, 0, MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N", "seed of the choice of parts", "",
           CMD_DATA_SPLIT | CMD_COMPRESS, 0, MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N",
           "seed of the choice of shots and of the bootstrap", "", CMD_EVAL, 0,
           MAX64),
    NUMBER("seed", OPT_COUNT, seed, "N", "seed of the bootstrap", "",
           CMD_AUDIT | CMD_COMPARE, 0, MAX64),

    /* ---- the loss ---- */
    WORD("loss", how.loss, WORDS(PMPO_LOSSES),
         "nll: cost of the target; preference: target against rejected; "
         "choice: the target's share of the options; auto: preference where "
         "rejected outputs are known",
         "", LOSSES),
    WORD("reduction", how.reduction, WORDS(PMPO_REDUCTIONS),
         "nll only: a target costs the mean, or the sum, over its tokens", "",
         LOSSES),
    WORD("loss-on", how.loss_on, WORDS(PMPO_LOSS_ONS),
         "nll only: the cost of the whole target, or of the example's answer "
         "in "
         "it, given what stands before that",
         "", LOSSES),
    WORD("normalize", how.normalize, WORDS(PMPO_NORMALIZATIONS),
         "preference and choice only: outputs are compared by their "
         "log-likelihood, or by its mean per token",
         "", LOSSES),
    WORD("calibrate", how.calibrate, WORDS(PMPO_CALIBRATIONS),
         "content-free: from each output's log-likelihood take off the one "
         "that "
         "it has with the input N/A",
         "", LOSSES),
    NUMBER("beta", OPT_REAL, how.beta, "X",
           "preference only: how steeply the loss falls with the margin", "",
           LOSSES, 1e-6, 1e6),
    TEXT(0, "template", how.template_name, "NAME",
         "where the prompt goes: chat, user, user-suffix, place, raw or @FILE",
         "", MODELS),
    WORD("end", how.end, WORDS(PMPO_ENDS),
         "score the end-of-turn token as part of a target; auto: where one "
         "option is the beginning of another",
         "", MODELS),
    SWITCH(0, "noise-floor", noise_floor,
           "also measure how much a loss jitters: one more pass",
           CMD_SCORE | CMD_ANALYZE),
    SWITCH(0, "plain", plain,
           "score by the slow reference, one sequence at a time", CMD_SCORE),

    /* ---- the machine ---- */
    WORD("precision", precision, WORDS(PMPO_PRECISIONS),
         "precision of the scoring model's weights; auto: the fastest whose "
         "noise is low and that fits into memory",
         "", MODELS),
    WORD("precision", precision, WORDS(PMPO_PRECISIONS),
         "precision of the weights; others than native may write a widened "
         "copy",
         "native", CMD_MODELS_INFO),
    NUMBER("threads", OPT_INT, threads, "N",
           "threads that compute; 0: as many as this process has processors",
           "", OPENS, 0, 4096),
    NUMBER("gpu-layers", OPT_INT, gpu_layers, "N", "layers on the GPU; -1: all",
           "", OPENS, -1, 100000),
    NUMBER("memory", OPT_BYTES, memory_bytes, "SIZE",
           "at most so much memory for weights and working memory, such as 4G; "
           "0: what is free. A rewriter gets what the scoring model's file "
           "leaves",
           "", OPENS, 0, 1e18),
    SWITCH(0, "no-cache", no_cache, "neither read nor write the score cache",
           RUNS | CMD_RESUME | CMD_EVAL | CMD_AUDIT | CMD_COMPARE |
               CMD_COMPRESS),

    /* ---- servers ---- */
    TEXT(0, "model-name", model_name, "NAME",
         "how the server of -m calls the model", "(the only one it serves)",
         OPENS),
    TEXT(0, "rewriter-name", rewriter_name, "NAME",
         "how the server of --rewriter calls the model",
         "(the only one it serves)", CMD_OPTIMIZE | CMD_ANALYZE),
    TEXT(0, "judge-name", judge_name, "NAME",
         "how the server of --judge calls the model",
         "(the only one it serves)", CMD_EVAL),
    WORD("dialect", dialect, "auto|vllm|sglang|echo",
         "how the server of -m is asked for log-probabilities; auto: found out "
         "by a known text",
         "auto", OPENS),
    TEXT(0, "tokenizer", tokenizer, "MODEL",
         "a GGUF file, or a name of the list, that has the tokens and the chat "
         "template of the model on the server",
         "(the server is asked)", OPENS),
    TEXT(0, "key-file", key_file, "FILE",
         "holds the key for the server of -m; nobody else may read it",
         "($PMPO_API_KEY)", REACHES),
    TEXT(0, "cacert", cacert, "FILE",
         "certificates to trust in place of the system's", "(the system's)",
         REACHES),
    SWITCH(0, "insecure", insecure,
           "a key may go over plain http to another host", REACHES),
    NUMBER("concurrency", OPT_INT, concurrency, "N",
           "requests in flight for each server; 0: found out by watching its "
           "rate",
           "", REACHES, 0, 100000),
    TEXT(0, "price", price, "IN,OUT",
         "dollars for a million tokens sent to and written by the server of "
         "--rewriter or --judge, or of -m where there is none of these",
         "(0,0)", CMD_OPTIMIZE | CMD_RESUME | CMD_EVAL),
    {0, "timeout", OPT_INT, AT(timeout_s), "SECONDS",
     "of one request to a server, which is tried again then", "600", REACHES,
     "", 1, 1000000},

    /* ---- evaluation ---- */
    TEXT(0, "metric", metrics, "NAMES",
         "one or, with commas, several of" PMPO_METRICS(SPACED),
         "(options where they are known, else exact)", CMD_EVAL),
    TEXT(0, "metric", metrics, "NAMES",
         "as eval's, but for pairs, regex and judge; several with commas",
         "(the three of options where they are known, else exact)", CMD_AUDIT),
    TEXT(0, "metric", metrics, "NAME",
         "what counts as right: one of eval's, but for regex and judge; none: "
         "losses only",
         "(options where they are known, pairs where rejected outputs are, "
         "else "
         "by the form of the answers)",
         CMD_COMPARE),
    WORD("metric", run_metric, WORDS(PMPO_RUN_METRICS),
         "how the answers are marked that are generated at the end, by which "
         "the "
         "prompt is chosen and judged; auto: by the form of the data's "
         "answers; "
         "none: the loss alone decides",
         "", CMD_OPTIMIZE),
    TEXT(0, "shots", shots, "NUMBERS",
         "solved examples shown before each question, such as 0,1,3: one row "
         "each",
         "0", CMD_EVAL),
    TEXT(0, "train", train_file, "FILE",
         "where the shots are from: examples, or a .txt file of BIG-Bench "
         "Hard's worked demonstrations; without it, the training part of "
         "--data, and the others are asked",
         "(none)", CMD_EVAL),
    TEXT(0, "regex", regex, "PATTERN",
         "for the metric regex: a POSIX extended expression; its first group "
         "(or all of it), where it matches last, is the answer",
         "(none)", CMD_EVAL),
    TEXT(0, "judge", judge, "MODEL",
         "for the metric judge: the model that compares the answers with "
         "prompt 1's, and prompt 1's with the targets",
         "(the model itself)", CMD_EVAL),
    TEXT(0, "examples", examples, "FILE",
         "also write each example's answer and marks as a line of JSON",
         "(none)", CMD_EVAL),
    TEXT(0, "baseline", baseline, "NAMES",
         "fixed prompts after those of -p: answer-only, cot, step-back, rar, "
         "or all; several with commas",
         "(none)", CMD_SCORE | CMD_EVAL | CMD_AUDIT | CMD_COMPARE),
    NUMBER("max-tokens", OPT_INT, max_tokens, "N",
           "at most so many tokens in a generated answer", "",
           CMD_EVAL | CMD_AUDIT | CMD_OPTIMIZE | CMD_COMPARE, 1, MAX),
    NUMBER("shortlist", OPT_INT, shortlist, "N",
           "how many prompts, the best by validation loss, answer the "
           "validation examples at the end",
           "", CMD_OPTIMIZE, 1, 100),

    /* ---- the search ---- */
    NUMBER("iterations", OPT_INT, iterations, "N", "rounds of rewriting", "",
           CMD_OPTIMIZE, 0, MAX),
    NUMBER("iterations", OPT_INT, iterations, "N",
           "the new total, counting those done", "(as in the run)", CMD_RESUME,
           1, MAX),
    NUMBER("hard", OPT_INT, hard, "N",
           "how many of the costliest examples are shown to the rewriter, one "
           "at "
           "a time",
           "", CMD_OPTIMIZE, 1, 1000),
    NUMBER("variants", OPT_INT, variants, "N", "rewrites for each of them", "",
           CMD_OPTIMIZE, 1, 1000),
    NUMBER("segments", OPT_INT, segments, "N",
           "at most so many parts of the prompt are masked, one after the "
           "other",
           "", CMD_OPTIMIZE | CMD_ANALYZE, 1, 64),
    NUMBER("temperature", OPT_REAL, temperature, "X",
           "sampling temperature of the rewriter", "", CMD_OPTIMIZE, 0, 100),
    NUMBER("top-p", OPT_REAL, top_p, "X",
           "the rewriter samples from the likeliest tokens that together have "
           "this probability",
           "", CMD_OPTIMIZE, 1e-6, 1),
    NUMBER("max-reply-tokens", OPT_INT, max_reply_tokens, "N",
           "at most so many tokens in a reply of the rewriter", "",
           CMD_OPTIMIZE, 1, MAX),
    NUMBER("max-prompt-tokens", OPT_INT, max_prompt_tokens, "N",
           "longer candidates are rejected; 0: no cap", "", CMD_OPTIMIZE, 0,
           MAX),
    NUMBER("length-price", OPT_REAL, length_price, "NATS",
           "what a token of the prompt costs: candidates are compared with "
           "this "
           "added to their losses",
           "", CMD_OPTIMIZE, 0, 1e6),
    NUMBER("patience", OPT_INT, patience, "N",
           "stop after N iterations without gain; 0: never", "", CMD_OPTIMIZE,
           0, MAX),
    WORD("preset", preset, "default|paper",
         "paper: the published loop, without noise floor and validation",
         "default", CMD_OPTIMIZE),
    WORD("joint", joint, "none|mean|max",
         "several -m are not replicas: the prompt is for all these models, and "
         "costs the mean of its losses on them, or the highest",
         "none", CMD_OPTIMIZE),
    WORD("race", race, WORDS(PMPO_RACES),
         "when a candidate is given up before it is scored on all examples: "
         "off: "
         "never, also not before the first iteration; exact: once it is sure "
         "to lose; paired: also once a test at 5 % says that it will",
         "", CMD_OPTIMIZE),
    TEXT(0, "proposers", proposers, "NAMES",
         "where new prompts come from: library, contract, delete, merge, "
         "demos, "
         "induce, edit, rewrite, paraphrase; several with commas",
         "(all but the last that the rewriter allows)", CMD_OPTIMIZE),
    NUMBER("demos", OPT_INT, demos, "N",
           "at most so many training examples behind the instruction, as "
           "demonstrations that lower the loss on the others; 0: none",
           "", CMD_OPTIMIZE, 0, PMPO_MAX_DEMOS),
    WORD("demos-as", demos_as, WORDS(PMPO_DEMOS_ASES),
         "how demonstrations are shown: as text of the prompt, or as turns of "
         "the chat",
         "", CMD_OPTIMIZE),
    TEXT(0, "library", library, "FILE",
         "instructions of your own, one a line, that are raced with the "
         "built-in ones at "
         "the start",
         "(none)", CMD_OPTIMIZE),
    WORD("rewrite-form", form, WORDS(PMPO_FORMS),
         "how the rewriter is asked: to diagnose first and then rewrite "
         "(large), "
         "or by a short form to fill in (small); auto: tried out once",
         "", CMD_OPTIMIZE),
    SWITCH(0, "no-mask", no_mask, "do not tell the rewriter which parts help",
           CMD_OPTIMIZE),
    SWITCH(0, "no-hard-cases", no_hard_cases,
           "show the rewriter examples at random in place of the costliest "
           "ones",
           CMD_OPTIMIZE),
    SWITCH(0, "no-loss-check", no_loss_check,
           "do not look whether a lower loss goes with more right options",
           CMD_OPTIMIZE),
    TEXT(0, "from", from, "RUN",
         "start with an earlier run's best prompt, unless -p gives another; "
         "its "
         "other good ones are raced with the library",
         "(none)", CMD_OPTIMIZE),
    TEXT(0, "freeze", freeze, "TEXT",
         "this part of the prompt stands byte for byte in every candidate, as "
         "if marked {{keep}}...{{/keep}}: the text or @FILE",
         "(none)", CMD_OPTIMIZE),
    TEXT(0, "freeze", freeze, "TEXT",
         "this part of the prompt stays, as if marked {{keep}}...{{/keep}}: "
         "the text or @FILE",
         "(none)", CMD_COMPRESS),
    NUMBER("margin", OPT_REAL, margin, "NATS",
           "what the shorter prompt's loss may be above the given one's", "",
           CMD_COMPRESS, 0, 1e6),
    WORD("grain", grain, WORDS(PMPO_GRAINS),
         "the finest parts that are taken out, after coarser ones; word: what "
         "is left may read like a telegram",
         "", CMD_COMPRESS),
    SWITCH(0, "approve", approve,
           "ask on the terminal before a prompt becomes the incumbent: accept, "
           "refuse, or edit it in $VISUAL or $EDITOR",
           CMD_OPTIMIZE),
    SWITCH(0, "approve", approve,
           "answer the questions of a run that was begun with --approve",
           CMD_RESUME),
    SWITCH(0, "allow-copy", allow_copy,
           "candidates may copy and retell training examples", CMD_OPTIMIZE),
    SWITCH(0, "no-guard", no_guard,
           "also score candidates that retell an example, only ask its "
           "question, speak another language, play the chat on, or name some "
           "of the labels only",
           CMD_OPTIMIZE),
    {0, "budget", OPT_BUDGET, 0, "AMOUNT",
     "stop after this much time (90s, 10m, 2h), so many tokens (500ktok, "
     "2Mtok) or so much money (2usd); one of each may be given",
     "(none)", CMD_OPTIMIZE | CMD_RESUME, "", 0, 0},
    SWITCH(0, "dry-run", dry_run, "say what it would cost, change nothing",
           CMD_OPTIMIZE | CMD_SCORE),

    /* ---- what is printed ---- */
    SWITCH(0, "best", best, "print the best prompt and nothing else", CMD_SHOW),
    SWITCH(0, "best", best, "print the shorter prompt and nothing else",
           CMD_COMPRESS),
    WORD("format", format, WORDS(EXPORT_FORMATS),
         "summary: for people; text: exactly what the model reads under the "
         "best "
         "prompt; messages, openai, dspy, promptfoo: the best prompt for "
         "these; "
         "json: all of the run; jsonl: a line for each iteration, for MLflow "
         "and "
         "W&B; csv: all candidates",
         "summary", CMD_SHOW),
    SWITCH(0, "table", table, "print all candidates, a line each", CMD_SHOW),
    SWITCH(0, "pareto", pareto,
           "print the prompts that no other beats both in loss and in length",
           CMD_SHOW),
    SWITCH(0, "json", json, "print one JSON document instead", PRINTS_JSON),
    SWITCH('q', "quiet", quiet, "no progress and no remarks",
           WORKS | CMD_MODELS_PULL | CMD_MODELS_INFO | CMD_DATA_IMPORT),
    SWITCH('v', "verbose", verbose, "a line for each iteration",
           CMD_OPTIMIZE | CMD_RESUME),
    SWITCH('v', "verbose", verbose, "a row for each example",
           CMD_SCORE | CMD_EVAL),
    SWITCH('v', "verbose", verbose, "each prompt with its losses", CMD_AUDIT),
    TEXT(0, "config", config, "FILE",
         "read options from FILE, lines of `name = value`; the command line "
         "goes before it",
         "(none)", CMD_ALL & ~(CMD_MODELS_RM | CMD_COMPLETION)),
    SWITCH('h', "help", help, "print this help", CMD_ALL),
};

const size_t n_option_rows = sizeof(option_rows) / sizeof(option_rows[0]);
