/* settings.h: the settings of a run as text in its run file.
 *
 * They are written once, before anything is computed, and read by every
 * sitting, the first one too, so a run always follows its file. */
#ifndef PMPO_SEARCH_SETTINGS_H
#define PMPO_SEARCH_SETTINGS_H

#include "base/mem.h"
#include "pmpo.h"
#include "store/store.h"

/* Writes every setting as text "setting.NAME". */
int pmpo_settings_put(pmpo_store *s, const pmpo_optimize_options *o,
                      pmpo_error *err);
/* Reads them into *o, which pmpo_optimize_options_init has initialised; fields
 * that are not settings, such as budgets, are unchanged. Strings live in `mem`.
 * PMPO_EDATA: one is missing or invalid. */
int pmpo_settings_get(pmpo_store *s, pmpo_arena *mem,
                      pmpo_optimize_options *o, pmpo_error *err);
/* The same, from a run that was opened for reading: strings live in it. */
int pmpo_settings_of(const pmpo_run_view *v, pmpo_optimize_options *o,
                     pmpo_error *err);
/* Rewrites one setting that was decided by measurement or extended. */
int pmpo_settings_put_one(pmpo_store *s, const pmpo_optimize_options *o,
                          const char *name, pmpo_error *err);

#endif
