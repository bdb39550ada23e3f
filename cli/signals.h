/* signals.h: the first ^C or SIGTERM cancels the call in progress, which keeps
 * what it has; the second one ends the program. */
#ifndef PMPO_CLI_SIGNALS_H
#define PMPO_CLI_SIGNALS_H

#include "pmpo.h"

#define SIGNALS_MODELS 2 /* scorer, and rewriter or judge */

/* Installs the handlers. Signals that are ignored (nohup) stay ignored. */
void signals_listen(void);
/* Has one come? For what waits for something else than a model. */
bool signals_came(void);
/* Registers `m`, at place 0..SIGNALS_MODELS-1, to be cancelled by a signal;
 * NULL removes the model at that place. */
void signals_cancel(int place, pmpo_model *m);

#endif
