/* pmpo_report.h: the part of pmpo.h that presents results: HTML pages, and
 * prompts for other programs. Do not include it: pmpo.h does. */
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

/* The messages of example `e` with `prompt` where the template
 * (docs/templates.md) puts it, as for a chat server. Only the input and
 * messages of `e` are read. PMPO_EUSAGE: the template is not chat, user,
 * user-suffix or place; the others have no turns. */
PMPO_API int pmpo_prompt_messages(const char *template_name, pmpo_str prompt,
                                  const pmpo_example *e, pmpo_messages **out,
                                  pmpo_error *err);
PMPO_API void pmpo_messages_free(pmpo_messages *m);

/* ---- reports ------------------------------------------------------------ */

/* An HTML page that needs no network and no other file. */
typedef struct pmpo_report pmpo_report;

/* The page about one run, or about several side by side: verdict, prompts,
 * losses, examples, candidates, cost and settings, as far as the runs have
 * them.
 * PMPO_EUSAGE: n is 0. Other codes as for pmpo_run_open. */
PMPO_API int pmpo_report_runs(const char *const *paths, size_t n,
                              pmpo_report **out, pmpo_error *err);
/* The page about an analysis of a prompt on `d`; `model`: the model's name. */
PMPO_API int pmpo_report_analysis(const pmpo_analysis *a, const pmpo_data *d,
                                  const char *model, pmpo_report **out,
                                  pmpo_error *err);
/* The page about a comparison. PMPO_EUSAGE: no model was added yet. */
PMPO_API int pmpo_report_comparison(const pmpo_comparison *c,
                                    pmpo_report **out, pmpo_error *err);
/* Writes the page to `path` completely or not at all; an existing file is
 * replaced. */
PMPO_API int pmpo_report_write(const pmpo_report *r, const char *path,
                               pmpo_error *err);
/* The page's bytes. Borrowed until pmpo_report_free. */
PMPO_API pmpo_str pmpo_report_html(const pmpo_report *r);
PMPO_API void pmpo_report_free(pmpo_report *r);

#endif
