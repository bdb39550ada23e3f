/* front.h: the good prompts of an earlier run, for --from. */
#ifndef PMPO_CLI_FRONT_H
#define PMPO_CLI_FRONT_H

#include "pmpo.h"

/* Opens the run file `path`. *best is the run's best prompt so far. *front is
 * `library` followed by the other prompts that were accepted or were finalists,
 * and with `all` by the best one, too, in the format of
 * pmpo_optimize_options.library. *best lives in *run; the caller frees *front
 * with cli_free. Both are set in any case. */
int cli_front(const char *path, bool all, pmpo_str library, pmpo_run **run,
              pmpo_str *best, char **front, pmpo_error *err);

#endif
