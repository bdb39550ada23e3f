/* common.h: what the commands share: errors, memory, texts from files. */
#ifndef PMPO_CLI_COMMON_H
#define PMPO_CLI_COMMON_H

#include <stddef.h>
#include <stdio.h>

#include "options.h"
#include "pmpo.h"

/* Fills *err and returns `code`; main prints it. */
int cli_error(pmpo_error *err, int code, const char *fmt, ...)
    PMPO_PRINTF(3, 4);
/* Prints the line "pmpo: warning: ..." on standard error. */
void cli_warn(const char *fmt, ...) PMPO_PRINTF(1, 2);

/* Warns if more than 5 % of `n` replies to `which` were cut off. */
void cli_warn_cut_off(const options *o, const char *which, size_t n_cut_off,
                      size_t n);

/* `old` (may be NULL) grown to n * size bytes. Ends the program if memory runs
 * out. */
void *cli_grow(void *old, size_t n, size_t size);
void cli_free(void *p);
void cli_no_memory(void);

/* Reads a whole file ("-": standard input, which can be read only once). The
 * text, followed by a NUL, lives until cli_release. */
int cli_read_file(const char *path, pmpo_str *out, pmpo_error *err);
/* Takes a byte order mark off the beginning: it is not part of a text. */
void cli_skip_mark(pmpo_str *s);
/* The text of an option: itself, @FILE, or where `dash` "-". One final
 * newline of a file is cut, so that what `show --best` prints reads back as
 * it was. PMPO_EDATA unless it is UTF-8. */
int cli_text(const char *given, bool dash, pmpo_str *out, pmpo_error *err);
/* `names` without its blanks; lives until cli_release. */
const char *cli_without_blanks(const char *names);
/* A file of instructions, as it is. PMPO_EDATA: empty, or not UTF-8. */
int cli_library(const char *path, pmpo_str *out, pmpo_error *err);
/* --metric's names as bits; 0: none given. */
int cli_metrics(const options *o, unsigned *out, pmpo_error *err);
/* The metrics of generated answers. */
unsigned cli_generated(void);
/* `metrics`, or the default for `d` where that is 0. */
unsigned cli_metrics_for(const pmpo_data *d, unsigned metrics);
/* Refuses options that none of `metrics` (0: the default for `d`) uses:
 * --max-tokens, and --end of eval. PMPO_EUSAGE. */
int cli_check_metrics(const options *o, const pmpo_data *d, unsigned metrics,
                      pmpo_error *err);
/* Said before standard input is read. PMPO_EUSAGE: it was before. */
int cli_take_stdin(pmpo_error *err);
/* `path` as a shell word that is no option, cut where `out` (of 10 bytes or more)
 * is full. */
void cli_quote(const char *path, char *out, size_t size);
/* How to go on with the run at `path`, as a command line: fills `out` and returns
 * it. */
#define RESUME_ROOM 640
const char *cli_resume_command(const char *path, bool approve,
                               char out[RESUME_ROOM]);
/* Are both, which may be NULL, names of one regular file? */
bool cli_same_file(const char *a, const char *b);
/* PMPO_EIO: no file `path` can be made in its folder. Asked before any work. */
int cli_check_folder(const char *path, pmpo_error *err);
/* PMPO_EUSAGE: the file `path` exists, and --force was not given. PMPO_EIO as
 * above. */
int cli_check_output(const options *o, const char *path, pmpo_error *err);
/* All texts of -p without marks {{keep}}, then those of --baseline; *prompts is
 * the caller's to cli_free in any case. PMPO_EUSAGE when there is none, or marks
 * don't match. */
int cli_prompts(const options *o, pmpo_str **prompts, size_t *n,
                pmpo_error *err);
/* The one text of -p, for compress with its marks. PMPO_EUSAGE: there is none, or
 * more. */
int cli_prompt(const options *o, pmpo_str *out, pmpo_error *err);
/* Warns, without --quiet, of {input} or {prompt} in a prompt, where it is just
 * text. */
void cli_warn_of_places(const options *o, pmpo_str prompt);
/* The data of -d; PMPO_EUSAGE when there is no -d. */
int cli_data(const options *o, pmpo_data **out, pmpo_error *err);
/* A file that is first made in memory, so that it is whole or not there. */
typedef struct cli_text_file {
    FILE *f;
    char *text;
    size_t size;
} cli_text_file;
/* To be written to. Ends the program if memory runs out. */
FILE *cli_begin_file(cli_text_file *t);
/* Writes what there is to `path`, in place of an old file, and releases *t. */
int cli_end_file(cli_text_file *t, const char *path, pmpo_error *err);
/* PMPO_EUSAGE: without `force`, if `path` is a file that is not a page of
 * pmpo. PMPO_EIO: no file can be made there. */
int cli_check_page(const char *path, bool force, pmpo_error *err);
/* Writes a page to `path` ("-": standard output) whole or not at all, and says
 * so; with --json on standard error, for standard output is a document then.
 * PMPO_EUSAGE as above, by --force. */
int cli_write_page(const options *o, const char *path, const pmpo_report *r,
                   pmpo_error *err);
void cli_release(void);
/* An http(s) URL, or several with commas. */
bool cli_is_url(const char *model);
/* `text`; where both are URLs, both with a comma between. Lives until
 * cli_release. */
const char *cli_join_urls(const char *before, const char *text);

#endif
