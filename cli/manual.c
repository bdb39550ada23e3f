/* manual.c: manual pages in the man(7) macros. */
#include "manual.h"

#include <stdio.h>
#include <string.h>

#include "common.h"
#include "options.h"

/* ---- text ------------------------------------------------------------------ */

/* `s` as running text: nothing in it is a request or an escape. */
static void put_text(FILE *f, const char *s)
{
    for (bool start = true; *s; s++) {
        if (start && (*s == '.' || *s == '\'')) {
            fputs("\\&", f);
        }
        if (*s == '\\') {
            fputs("\\e", f);
        } else if (*s == '-') {
            fputs("\\-", f);
        } else if (*s == '`') {
            fputs("\\(ga", f);
        } else {
            putc(*s, f);
        }
        start = *s == '\n';
    }
}

static void put_paragraph(FILE *f, const char *s)
{
    put_text(f, s);
    putc('\n', f);
}

/* "models list" is the page pmpo-models-list. */
static void page_of(const command *c, char out[64])
{
    snprintf(out, 64, "pmpo-%s", c->name);
    for (char *p = out; *p; p++) {
        *p = *p == ' ' ? '-' : *p;
    }
}

static void put_head(FILE *f, const char *page, const char *what)
{
    char upper[64];
    size_t n = 0;
    for (; page[n] && n + 1 < sizeof(upper); n++) {
        char c = page[n];
        upper[n] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    }
    upper[n] = '\0';
    fprintf(f, ".TH %s 1 \"\" \"pmpo %s\" \"User Commands\"\n.SH NAME\n%s \\- ",
            upper, pmpo_version(), page);
    put_paragraph(f, what);
}

/* ---- parts that all pages have ------------------------------------------------ */

static void put_exits(FILE *f)
{
    fputs(".SH EXIT STATUS\n"
          ".TP\n0\nDone.\n"
          ".TP\n1\nFailed: no such model, no memory, input or output failed.\n"
          ".TP\n2\nMisuse, or bad input data.\n"
          ".TP\n3\nStopped by a budget, by ^C or by SIGTERM; everything is "
          "saved, and\n.B pmpo resume\ncontinues.\n"
          "Before the first model is open there is nothing to save: ^C ends "
          "the\ncommand by the signal (130 in a shell).\n",
          f);
}

static void put_environment(FILE *f)
{
    fputs(".SH ENVIRONMENT\n"
          ".TP\n.B PMPO_MODEL\nThe model, if there is no\n.BR \\-\\-model .\n"
          ".TP\n.B PMPO_API_KEY\nThe key for the server of\n.BR \\-\\-model "
          ";\nof several models, for the server of the first URL.\n"
          ".TP\n.B PMPO_REWRITER_API_KEY\nThe key for the server of\n.BR "
          "\\-\\-rewriter .\n"
          ".TP\n.B PMPO_JUDGE_API_KEY\nThe key for the server of\n.BR "
          "\\-\\-judge .\n"
          ".TP\n.B XDG_CACHE_HOME\nModels, widened copies and the score cache "
          "are in its folder\n.IR pmpo ;\nif it is not set, in\n.IR "
          "~/.cache/pmpo .\n"
          ".TP\n.B NO_COLOR\nIf it is set, to any value, no colours are used."
          "\n",
          f);
}

/* ---- a command ------------------------------------------------------------------ */

static void put_option(FILE *f, const command *c, const option_row *r)
{
    char value[200];
    bool takes = r->type != OPT_SWITCH;
    fputs(".TP\n", f);
    if (r->letter) {
        fprintf(f, ".BR \\-%c \", \" ", r->letter);
    } else {
        fputs(".BR ", f);
    }
    fputs("\\-\\-", f);
    put_text(f, r->name);
    if (takes) {
        fputs(" \" \\fI", f);
        put_text(f, r->type == OPT_WORD ? r->words : r->arg);
        fputs("\\fR\"", f);
    }
    putc('\n', f);
    put_text(f, r->help);
    if (takes) {
        fputs(" (default: ", f);
        put_text(f, options_default(c, r, value, sizeof(value)));
        putc(')', f);
    }
    putc('\n', f);
}

static void put_command(FILE *f, const command *c)
{
    char page[64];
    page_of(c, page);
    put_head(f, page, c->what);
    fprintf(f, ".SH SYNOPSIS\n.B pmpo %s\n[\\fIOPTION\\fR]... ", c->name);
    put_paragraph(f, c->args);
    if (*c->more) {
        fputs(".SH DESCRIPTION\n", f);
        put_paragraph(f, c->more);
    }
    fputs(".SH OPTIONS\n", f);
    for (size_t i = 0; i < n_option_rows; i++) {
        if (option_rows[i].commands & c->id) {
            put_option(f, c, &option_rows[i]);
        }
    }
    put_exits(f);
    put_environment(f);
    fputs(".SH SEE ALSO\n.BR pmpo (1)\n", f);
}

/* ---- the first page --------------------------------------------------------------- */

static void put_all(FILE *f)
{
    put_head(f, "pmpo", "improve prompts for language models by measurement");
    fputs(".SH SYNOPSIS\n.B pmpo\n\\fICOMMAND\\fR [\\fIOPTION\\fR]... "
          "[\\fIARGUMENT\\fR]...\n"
          ".SH DESCRIPTION\n"
          "pmpo finds better instructions for language models by "
          "measurement. The loss of a prompt is the cross\\-entropy of known "
          "answers, or of preferred against rejected ones. It is computed by "
          "forward passes; nothing is generated for it. At its end, a run is "
          "tested on examples that it has not seen.\n.PP\n"
          "Results go to standard output, everything else to "
          "standard error.\n.SH COMMANDS\n", f);
    for (size_t i = 0; i < n_commands; i++) {
        char page[64];
        page_of(&commands[i], page);
        fputs(".TP\n.BR ", f);
        put_text(f, page);
        fputs(" (1)\n", f);
        put_paragraph(f, commands[i].what);
    }
    put_exits(f);
    put_environment(f);
    fputs(".SH EXAMPLE\n.EX\npmpo optimize \\-d train.jsonl \\-p \"Answer "
          "briefly.\" \\-o run.pmpo\npmpo show \\-\\-best run.pmpo\npmpo report "
          "run.pmpo \\-o report.html\n.EE\n.SH SEE ALSO\n.BR pmpo (3)\n", f);
}

/* ---- files --------------------------------------------------------------------------- */

static int write_page(const char *folder, const command *c, pmpo_error *err)
{
    char page[64] = "pmpo", path[4096];
    if (c) {
        page_of(c, page);
    }
    snprintf(path, sizeof(path), "%s/%s.1", folder, page);
    cli_text_file t;
    FILE *f = cli_begin_file(&t);
    if (c) {
        put_command(f, c);
    } else {
        put_all(f);
    }
    return cli_end_file(&t, path, err);
}

int manual_write(const char *folder, pmpo_error *err)
{
    int rc = write_page(folder, NULL, err);
    for (size_t i = 0; rc == 0 && i < n_commands; i++) {
        rc = write_page(folder, &commands[i], err);
    }
    return rc;
}
