/* approve.h: asks a person at the terminal about a new incumbent. */
#ifndef PMPO_CLI_APPROVE_H
#define PMPO_CLI_APPROVE_H

#include "pmpo.h"

/* A pmpo_ask_fn: shows what would change and its numbers on standard error,
 * reads the answer from standard input, and lets $VISUAL or $EDITOR change the
 * prompt. The end of the input stops the run, to be resumed. */
int approve_ask(void *ud, const pmpo_would_be *w, pmpo_str *edited,
                pmpo_error *err);

#endif
