/* settings.h: the settings of a run as text in its run file.
 *
 * They are written once, before the first work, and read back by every
 * sitting, the first one too: what is run is what the file says. */
#ifndef PMPO_SEARCH_SETTINGS_H
#define PMPO_SEARCH_SETTINGS_H

#include "base/mem.h"
#include "pmpo.h"
#include "store/store.h"

/* Writes every setting as text "setting.NAME". */
int pmpo_settings_put(pmpo_store *s, const pmpo_optimize_options *o,
                      pmpo_error *err);
/* Reads them into *o (initialised by pmpo_optimize_options_init; what is no
 * setting, such as budgets, stays); strings live in `mem`. PMPO_EDATA: one is
 * missing or not understood. */
int pmpo_settings_get(pmpo_store *s, pmpo_arena *mem,
                      pmpo_optimize_options *o, pmpo_error *err);
/* The same, from a run that was opened for reading: strings live in it. */
int pmpo_settings_of(const pmpo_run_view *v, pmpo_optimize_options *o,
                     pmpo_error *err);
/* Rewrites one setting that was decided by measurement or extended. */
int pmpo_settings_put_one(pmpo_store *s, const pmpo_optimize_options *o,
                          const char *name, pmpo_error *err);

#endif
