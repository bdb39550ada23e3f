/* cmd_report.c: pmpo report: an HTML page about one run or several. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "common.h"

/* RUN.pmpo becomes RUN.html. */
static char *page_name(const char *run)
{
    const char *slash = strrchr(run, '/'), *dot = strrchr(run, '.');
    size_t n = dot && dot > (slash ? slash + 1 : run) ? (size_t)(dot - run)
                                                      : strlen(run);
    char *name = cli_grow(NULL, n + sizeof(".html"), 1);
    memcpy(name, run, n);
    memcpy(name + n, ".html", sizeof(".html"));
    return name;
}

/* RUN.html is not the page of itself. */
static int check_name(const options *o, const char *made, pmpo_error *err)
{
    return made && !strcmp(made, o->args[0])
               ? cli_error(err, PMPO_EUSAGE,
                           "report: the page would replace "
                           "the run %s: give -o FILE",
                           made)
               : 0;
}

int cmd_report(const options *o, pmpo_error *err)
{
    pmpo_report *r = NULL;
    if (o->n_args > 1 && !o->output) {
        return cli_error(err, PMPO_EUSAGE,
                         "report: a page of several runs "
                         "needs -o FILE; see pmpo report --help");
    }
    int rc = pmpo_report_runs(o->args, (size_t)o->n_args, &r, err);
    if (rc < 0) {
        return rc;
    }
    char *made = o->output ? NULL : page_name(o->args[0]);
    rc = check_name(o, made, err);
    rc = rc < 0 ? rc : cli_write_page(o, o->output ? o->output : made, r, err);
    cli_free(made);
    pmpo_report_free(r);
    return rc;
}
