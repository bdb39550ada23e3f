/* cmd_import.c: pmpo data import. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "commands.h"
#include "common.h"
#include "json.h"
#include "print.h"

/* ---- what was asked for ------------------------------------------------- */

static int separator_of(const char *word, char *out, pmpo_error *err)
{
    bool tab = word && (!strcmp(word, "tab") || !strcmp(word, "\\t"));
    *out = '\0';
    if (!word) {
        return 0;
    }
    if (!tab && (strlen(word) != 1 || strchr("\"\r\n", word[0]) ||
                 (unsigned char)word[0] >= 0x80)) {
        return cli_error(err, PMPO_EUSAGE, "--separator %s: must be one ASCII "
                         "character other than a quote, or tab", word);
    }
    *out = tab ? '\t' : word[0];
    return 0;
}

int cli_columns(const options *o, pmpo_import_options *io, pmpo_error *err)
{
    pmpo_import_options_init(io);
    io->columns = o->columns;
    io->labels = o->labels;
    return separator_of(o->separator, &io->separator, err);
}

static bool to_stdout(const options *o)
{
    return !strcmp(o->output, "-");
}

static int check_output(const options *o, pmpo_error *err)
{
    if (to_stdout(o) && o->json) {
        return cli_error(err, PMPO_EUSAGE, "data import: --json needs -o FILE, "
                         "or the examples go to standard output too; see pmpo "
                         "data import --help");
    }
    const char *dot = strrchr(o->output, '.');
    if (dot && (!strcasecmp(dot, ".csv") || !strcasecmp(dot, ".tsv"))) {
        return cli_error(err, PMPO_EUSAGE,
                         "data import: %s would hold JSONL "
                         "under a table's name: call it %.*s.jsonl; see pmpo "
                         "data import --help",
                         o->output, (int)(dot - o->output), o->output);
    }
    return cli_check_output(o, o->output, err);
}

/* ---- the summary -------------------------------------------------------- */

/* Names are in a column as wide as put_fact's. */
static void put_text_summary(FILE *f, const pmpo_import_summary *s,
                             pmpo_str task)
{
    char share[SHORT];
    size_t commonest = (size_t)(s->majority * (double)s->n_labelled + 0.5);
    fprintf(f, "%-14s%zu\n", "read", s->n_read);
    for (size_t i = 0; i < s->n_drops; i++) {
        fprintf(f, "%-14s%zu: %s\n", "dropped", s->drops[i].n,
                s->drops[i].reason);
    }
    fprintf(f, "%-14s%zu\n", "written", s->n_kept);
    if (s->n_labelled) {
        fprintf(f, "%-14s%zu distinct; the commonest is ", "answers",
                s->n_labels);
        put_cut(f, s->majority_label, 20);
        fprintf(f, ": %s\n", show_share(commonest, s->n_labelled, share));
    }
    if (task.len) {
        fprintf(f, "%-14s", "task");
        put_hanging(f, task, 14);
    }
}

static void put_json_summary(const options *o, const pmpo_import_summary *s,
                             pmpo_str task)
{
    json_t *j = js_object(), *files = js_array(), *dropped = js_array();
    for (int i = 1; i < o->n_args; i++) {
        js_add(files, js_text(o->args[i]));
    }
    for (size_t i = 0; i < s->n_drops; i++) {
        json_t *d = js_object();
        js_put(d, "reason", js_text(s->drops[i].reason));
        js_put(d, "n", js_count(s->drops[i].n));
        js_add(dropped, d);
    }
    bool some = s->n_labelled > 0;
    js_put(j, "format", js_text(o->args[0]));
    js_put(j, "files", files);
    js_put(j, "output", js_text(o->output));
    js_put(j, "read", js_count(s->n_read));
    js_put(j, "written", js_count(s->n_kept));
    js_put(j, "dropped", dropped);
    js_put(j, "labelled", js_count(s->n_labelled));
    js_put(j, "distinct_labels", js_count(s->n_labels));
    js_put(j, "majority", some ? js_number(s->majority) : js_text(NULL));
    js_put(j, "majority_label",
           some ? js_str(s->majority_label) : js_text(NULL));
    js_put(j, "task", task.len ? js_str(task) : js_text(NULL));
    js_print(j);
}

/* ---- the command -------------------------------------------------------- */

static int import(const options *o, pmpo_data **out, pmpo_import_summary *sum,
                  pmpo_error *err)
{
    pmpo_import_options io;
    int rc = cli_columns(o, &io, err);
    io.format = o->args[0];
    io.as = o->as;
    io.annotations = o->annotations;
    io.limit = (size_t)o->limit;
    rc = rc < 0 ? rc : pmpo_data_import(o->args + 1, (size_t)o->n_args - 1,
                                        &io, out, sum, err);
    if (rc == PMPO_EUSAGE) {
        return cli_error(err, rc, "data import: %s; see pmpo data import "
                         "--help", err->text);
    }
    return rc;
}

int cmd_data_import(const options *o, pmpo_error *err)
{
    pmpo_data *d = NULL;
    pmpo_import_summary sum;
    int rc = check_output(o, err);
    rc = rc < 0 ? rc : import(o, &d, &sum, err);
    rc = rc < 0 ? rc : pmpo_data_write(d, NULL, 0, o->output, err);
    if (rc == 0 && o->json) {
        put_json_summary(o, &sum, pmpo_data_task(d));
    } else if (rc == 0 && !o->quiet) {
        put_text_summary(to_stdout(o) ? stderr : stdout, &sum,
                         pmpo_data_task(d));
    }
    pmpo_data_free(d);
    return rc;
}
