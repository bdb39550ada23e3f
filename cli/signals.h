/* signals.h: the first ^C or SIGTERM cancels the call in progress, which keeps
 * what it has; the second one ends the program. */
#ifndef PMPO_CLI_SIGNALS_H
#define PMPO_CLI_SIGNALS_H

#include "pmpo.h"

#define SIGNALS_MODELS 2

/* From now on. What is ignored (nohup) stays ignored. */
void signals_listen(void);
/* `m` is cancelled by a signal; place 0..SIGNALS_MODELS-1. NULL: none is. */
void signals_cancel(int place, pmpo_model *m);

#endif
