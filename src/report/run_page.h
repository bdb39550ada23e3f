/* run_page.h: what the parts of a run's page share. */
#ifndef PMPO_REPORT_RUN_PAGE_H
#define PMPO_REPORT_RUN_PAGE_H

#include "base/mem.h"
#include "report/report.h"
#include "stats/stats.h"

typedef struct pmpo_run_page {
    const pmpo_report_run *run;
    const pmpo_run_view *v;
    pmpo_buf *b;       /* of the body */
    pmpo_arena *mem;
    int *incumbents;   /* [v->n_iterations + 1]: candidate ids, at the start of
                        * each iteration and at the end */
    const size_t *groups[3]; /* of pmpo_run_groups; NULL: not asked for yet */
    bool failed;       /* memory ran out */
} pmpo_run_page;

/* ---- looking things up (run_facts.c) -------------------------------------- */

/* NULL: not known. */
const pmpo_candidate *pmpo_run_candidate(const pmpo_run_view *v, int id,
                                         int *iteration);
/* Iterations that were decided; the opening is none. */
size_t pmpo_run_iterations(const pmpo_run_view *v);
/* The prompt of a candidate; of 0: the start prompt. */
pmpo_str pmpo_run_prompt(const pmpo_run_view *v, int id);
/* The losses of a prompt on a part; NULL: not kept, or not of all examples. */
const pmpo_prompt_losses *pmpo_run_losses(const pmpo_report_run *r, int id,
                                          pmpo_part part);
/* Mean loss of a prompt on a part, weighted; NAN: not known. */
double pmpo_run_mean(const pmpo_report_run *r, int id, pmpo_part part);
/* The groups of a part's examples by input, as of pmpo_data_groups; NULL: there is
 * no such part, or memory ran out. */
const size_t *pmpo_run_groups(pmpo_run_page *p, pmpo_part part);
/* The loss of `from` minus that of `to`, paired by example; above 0, `to` is
 * better. Examples with the same input count as one. NAN if one is not known. */
pmpo_interval pmpo_run_gain(pmpo_run_page *p, int from, int to, pmpo_part part);
/* The finding on the test part, as in the verdict. */
pmpo_finding pmpo_run_finding(const pmpo_run_view *v);
/* Examples with options, and those whose likeliest option is right. */
void pmpo_run_right(const pmpo_report_run *r, int id, pmpo_part part, size_t *n,
                    size_t *right);
/* Their share with its 95 % interval; examples with the same input count as one.
 * NAN: not known. */
pmpo_interval pmpo_run_right_interval(pmpo_run_page *p, int id, pmpo_part part);
size_t pmpo_count_words(pmpo_str s);
/* A setting of the run, as text; "": it is not stored. */
const char *pmpo_page_setting(const pmpo_run_view *v, const char *name);
/* Appends a setting's value as pages show it: paths reveal facts about the user's
 * machine, so of files only the names. */
void pmpo_put_setting(pmpo_buf *b, const char *name, const char *value);
/* The same as text of a page. */
void pmpo_html_setting(pmpo_buf *b, const char *name, const char *value);
/* Is it a path, or may it be one? */
bool pmpo_is_path_setting(const char *name);

/* ---- parts of the page ------------------------------------------------------ */

/* In the order of the page. Each function writes nothing if its data is
 * missing. To add a part: its function in a file run_NAME.c, and its row. */
#define PMPO_RUN_PAGE_PARTS(X)                                                 \
    X(pmpo_page_verdict) /* run_page.c */                                      \
    X(pmpo_page_prompts) /* run_prompts.c */                                   \
    X(pmpo_page_losses)  /* run_plots.c */                                     \
    X(pmpo_page_accuracy)                                                      \
    X(pmpo_page_segments) /* run_prompts.c */                                  \
    X(pmpo_page_examples) /* run_examples.c */                                 \
    X(pmpo_page_hard)                                                          \
    X(pmpo_page_lineage)    /* run_prompts.c */                                \
    X(pmpo_page_choice)     /* run_choice.c */                                 \
    X(pmpo_page_tradeoffs)  /* run_plots.c */                                  \
    X(pmpo_page_models)     /* run_models.c */                                 \
    X(pmpo_page_candidates) /* run_record.c */                                 \
    X(pmpo_page_cost)                                                          \
    X(pmpo_page_settings)

#define PMPO_RUN_PAGE_PART(part) void part(pmpo_run_page *p);
PMPO_RUN_PAGE_PARTS(PMPO_RUN_PAGE_PART)
#undef PMPO_RUN_PAGE_PART

/* The command that repeats the run, within pmpo_page_settings. run_again.c */
void pmpo_page_again(pmpo_run_page *p);

/* Writes the text with its changes marked by <del> and <ins>. */
int pmpo_put_diff(pmpo_buf *b, pmpo_str before, pmpo_str after,
                  pmpo_arena *mem);

#endif
