/* export.h: a run's prompt and results in the formats of other programs.
 *
 * To add a format: its row here, its function in the table of export.c, a
 * paragraph in docs/formats.md. */
#ifndef PMPO_CLI_EXPORT_H
#define PMPO_CLI_EXPORT_H

#include "pmpo.h"

/* Value and word, as the lists of pmpo_words.h. */
#define EXPORT_FORMATS(X)                                                      \
    X(EXPORT_SUMMARY, "summary") /* for people; not made here */               \
    X(EXPORT_TEXT, "text")                                                     \
    X(EXPORT_MESSAGES, "messages")                                             \
    X(EXPORT_OPENAI, "openai")                                                 \
    X(EXPORT_DSPY, "dspy")                                                     \
    X(EXPORT_PROMPTFOO, "promptfoo")                                           \
    X(EXPORT_JSON, "json")       /* not made here */                           \
    X(EXPORT_JSONL, "jsonl")                                                   \
    X(EXPORT_CSV, "csv")

typedef enum export_format { EXPORT_FORMATS(PMPO_VALUE) } export_format;

/* Prints `run`, which is in the file `path`, in this format. PMPO_EDATA: the
 * run lacks what the format needs. */
int export_run(const pmpo_run *run, const char *path, export_format format,
               pmpo_error *err);

#endif
