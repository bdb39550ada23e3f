/* approve.h: asks the user at the terminal to approve a new incumbent. */
#ifndef PMPO_CLI_APPROVE_H
#define PMPO_CLI_APPROVE_H

#include "pmpo.h"

/* A pmpo_ask_fn: shows the changes and the losses on standard error, reads the
 * answer from standard input, and lets the user edit the prompt in $VISUAL or
 * $EDITOR. The end of the input stops the run, which can be resumed. */
int approve_ask(void *ud, const pmpo_would_be *w, pmpo_str *edited,
                pmpo_error *err);

#endif
