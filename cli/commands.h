/* commands.h: the functions of all commands, for the table in main.c. */
#ifndef PMPO_CLI_COMMANDS_H
#define PMPO_CLI_COMMANDS_H

#include "options.h"
#include "pmpo.h"

int cmd_optimize(const options *o, pmpo_error *err);
int cmd_resume(const options *o, pmpo_error *err);
int cmd_score(const options *o, pmpo_error *err);
int cmd_eval(const options *o, pmpo_error *err);
int cmd_compare(const options *o, pmpo_error *err);
int cmd_audit(const options *o, pmpo_error *err);
int cmd_analyze(const options *o, pmpo_error *err);
int cmd_compress(const options *o, pmpo_error *err);
int cmd_show(const options *o, pmpo_error *err);
int cmd_report(const options *o, pmpo_error *err);
int cmd_bench(const options *o, pmpo_error *err);
int cmd_models_list(const options *o, pmpo_error *err);
int cmd_models_pull(const options *o, pmpo_error *err);
int cmd_models_info(const options *o, pmpo_error *err);
int cmd_models_rm(const options *o, pmpo_error *err);
int cmd_data_check(const options *o, pmpo_error *err);
int cmd_data_split(const options *o, pmpo_error *err);
int cmd_data_import(const options *o, pmpo_error *err);

int cmd_completion(const options *o, pmpo_error *err);

/* ---- shared by them ----------------------------------------------------- */

/* What --separator, the columns' names and --labels say; the rest is unset.
 * PMPO_EUSAGE: --separator is none. cmd_import.c */
int cli_columns(const options *o, pmpo_import_options *io, pmpo_error *err);
/* Prints the summary of a run, as text or as JSON. cmd_show.c */
void show_run(const pmpo_run *run, const char *path, bool json);
/* Ends a sitting: prints the summary of the run if `run` is not NULL; if the
 * sitting stopped early, *err says how to continue. Frees `run`. Returns rc.
 * cmd_resume.c */
int finish_sitting(int rc, pmpo_run *run, const char *path, const options *o,
                   pmpo_error *err);

#endif
