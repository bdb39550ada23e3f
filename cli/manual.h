/* manual.h: manual pages, from the tables of commands and of options, so that
 * they say what the program does. */
#ifndef PMPO_CLI_MANUAL_H
#define PMPO_CLI_MANUAL_H

#include "pmpo.h"

/* Writes pmpo.1 and a page for each command, pmpo-COMMAND.1, into `folder`,
 * which exists. The build calls it. */
int manual_write(const char *folder, pmpo_error *err);

#endif
