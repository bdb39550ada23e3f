/* pmpo_report.h: the part of pmpo.h that shows what was found: pages for people,
 * prompts for other programs. pmpo.h includes it where it belongs; include
 * that. */
#ifndef PMPO_REPORT_H
#define PMPO_REPORT_H

#ifndef PMPO_H
#error "include pmpo.h"
#endif

/* ---- a prompt for other programs -------------------------------------------- */

typedef struct pmpo_messages {
    const pmpo_message *messages; /* [n] */
    size_t n;
} pmpo_messages;

/* The chat that `e` becomes under `prompt`, as a server of chats takes it, where
 * the template (docs/templates.md) puts the prompt. Only input and messages of
 * `e` are read. PMPO_EUSAGE: the template is none of chat, user and
 * user-suffix: the others have no turns. */
PMPO_API int pmpo_prompt_messages(const char *template_name, pmpo_str prompt,
                                  const pmpo_example *e, pmpo_messages **out,
                                  pmpo_error *err);
PMPO_API void pmpo_messages_free(pmpo_messages *m);

/* ---- reports for people ---------------------------------------------------- */

/* A page of HTML that needs nothing beside it: no network, no other file. */
typedef struct pmpo_report pmpo_report;

/* The page of one run, or of several beside each other: verdict, prompts,
 * losses, examples, candidates, cost, settings, as far as the runs have them.
 * PMPO_EUSAGE: n is 0. Else as pmpo_run_open. */
PMPO_API int pmpo_report_runs(const char *const *paths, size_t n,
                              pmpo_report **out, pmpo_error *err);
/* The page of an analysis of a prompt on `d`; `model` names its model. */
PMPO_API int pmpo_report_analysis(const pmpo_analysis *a, const pmpo_data *d,
                                  const char *model, pmpo_report **out,
                                  pmpo_error *err);
/* The page of a comparison. PMPO_EUSAGE: no model was added yet. */
PMPO_API int pmpo_report_comparison(const pmpo_comparison *c,
                                    pmpo_report **out, pmpo_error *err);
/* Writes the page to `path` whole or not at all; what is there is replaced. */
PMPO_API int pmpo_report_write(const pmpo_report *r, const char *path,
                               pmpo_error *err);
/* The page's bytes. Borrowed until pmpo_report_free. */
PMPO_API pmpo_str pmpo_report_html(const pmpo_report *r);
PMPO_API void pmpo_report_free(pmpo_report *r);

#endif
