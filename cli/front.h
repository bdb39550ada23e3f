/* front.h: the prompts worth going on with from an earlier run. */
#ifndef PMPO_CLI_FRONT_H
#define PMPO_CLI_FRONT_H

#include "pmpo.h"

/* Of the run in the file `path`: *best is what it ended with, or is at; *front
 * has the others that were accepted or came to its last choice, as a library
 * of pmpo_optimize_options, after `library`. *best lives in *run, *front is the
 * caller's to cli_free; both are set in any case. */
int cli_front(const char *path, pmpo_str library, pmpo_run **run,
              pmpo_str *best, char **front, pmpo_error *err);

#endif
