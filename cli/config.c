/* config.c: the --config file: lines of `name = value`, for one command or for
 * several.
 *
 * A name is an option's, or a command's and an option's with a point between
 * ("report.output"), which goes before the former. A bare name is read as
 * optimize reads it: where it means something else to a command, that one
 * passes over it, or a file for all would have `report` replace a run. */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <string.h>

#include "common.h"
#include "options.h"

typedef struct config_line {
    int number;
    char *value;
    const option_row *row; /* NULL: of another command, or blank */
    bool own;              /* said of this command by name */
} config_line;

/* ---- bare names that mean something else ---------------------------------- */

static bool always(const char *value)
{
    (void)value;
    return true;
}

static bool is_size(const char *value)
{
    double v;
    return parse_real(value, &v);
}

static bool is_no_size(const char *value)
{
    return !is_size(value);
}

static bool is_auto(const char *value)
{
    return !strcmp(value, "auto");
}

static bool is_none(const char *value)
{
    return !strcmp(value, "none");
}

static const struct {
    const char *name;
    unsigned commands;
    bool (*other)(const char *value); /* it is optimize's alone then */
} others[] = {
    {"output", CMD_ALL & ~CMD_OPTIMIZE, always},
    {"force", CMD_ALL & ~CMD_OPTIMIZE, always},
    {"iterations", CMD_RESUME, always},
    {"model", CMD_RESUME, always},
    {"rewriter", CMD_RESUME, always},
    {"train", CMD_EVAL, is_size},
    {"val", CMD_DATA_SPLIT, is_no_size},
    {"test", CMD_DATA_SPLIT, is_no_size},
    {"metric", CMD_EVAL | CMD_AUDIT | CMD_COMPARE, is_auto},
    {"metric", CMD_EVAL | CMD_AUDIT, is_none},
};

static bool means_other(const options *o, const option_row *r,
                        const char *value)
{
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if ((others[i].commands & o->command->id) &&
            !strcmp(others[i].name, r->name) && others[i].other(value)) {
            return true;
        }
    }
    return false;
}

/* ---- names ---------------------------------------------------------------- */

/* The row called `name` for these commands; NULL: there is none. */
static const option_row *row_of_name(const char *name, unsigned ids)
{
    for (size_t i = 0; i < n_option_rows; i++) {
        const option_row *r = &option_rows[i];
        if (!strcmp(r->name, name) && (r->commands & ids) &&
            strcmp(name, "help") != 0 && strcmp(name, "config") != 0) {
            return r;
        }
    }
    return NULL;
}

static const command *command_called(const char *name)
{
    for (size_t i = 0; i < n_commands; i++) {
        if (!strcmp(commands[i].name, name)) {
            return &commands[i];
        }
    }
    return NULL;
}

static char *trim(char *s)
{
    while (isspace((unsigned char)*s)) {
        s++;
    }
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1])) {
        s[--n] = '\0';
    }
    return s;
}

/* "COMMAND.OPTION" */
static int find_own(const options *o, char *name, char *point, config_line *l,
                    pmpo_error *err)
{
    *point = '\0';
    const char *option = trim(point + 1);
    const command *c = command_called(trim(name));
    if (!c) {
        return cli_error(err, PMPO_EUSAGE, "there is no command %s",
                         trim(name));
    }
    const option_row *r = row_of_name(option, c->id);
    if (!r) {
        return cli_error(err, PMPO_EUSAGE, "%s takes no option --%s", c->name,
                         option);
    }
    l->own = c == o->command;
    l->row = l->own ? r : NULL;
    return 0;
}

static int find_row(const options *o, char *name, config_line *l,
                    pmpo_error *err)
{
    char *point = strchr(name, '.');
    if (point) {
        return find_own(o, name, point, l, err);
    }
    const option_row *r = row_of_name(name, o->command->id);
    if (!r && !row_of_name(name, CMD_ALL)) {
        return cli_error(err, PMPO_EUSAGE, "there is no option --%s", name);
    }
    l->row = r && !means_other(o, r, l->value) ? r : NULL;
    return 0;
}

static int read_line(const options *o, char *line, config_line *l,
                     pmpo_error *err)
{
    char *text = trim(line), *equals = strchr(text, '=');
    if (*text == '\0' || *text == '#') {
        return 0;
    }
    if (!equals) {
        return cli_error(err, PMPO_EUSAGE, "not of the form name = value");
    }
    *equals = '\0';
    l->value = trim(equals + 1);
    return find_row(o, trim(text), l, err);
}

/* ---- the file ------------------------------------------------------------- */

static int in_line(const options *o, const config_line *l, int rc,
                   pmpo_error *err)
{
    return rc < 0 ? cli_error(err, rc, "%s:%d: %s", o->config, l->number,
                              err->text)
                  : 0;
}

/* The lines of `at`, which is cut; *n of them, the caller's to free. */
static int read_lines(const options *o, char *at, config_line **lines,
                      size_t *n, pmpo_error *err)
{
    int rc = 0;
    while (rc == 0 && *at) {
        char *end = at + strcspn(at, "\n"), *next = end + (*end == '\n');
        *end = '\0';
        *lines = cli_grow(*lines, *n + 1, sizeof(**lines));
        config_line *l = &(*lines)[(*n)++];
        *l = (config_line){.number = (int)*n};
        rc = in_line(o, l, read_line(o, at, l, err), err);
        at = next;
    }
    return rc;
}

/* Those said of this command by name, or the others, which they replace. */
static int take_lines(options *o, const config_line *lines, size_t n, bool own,
                      bool taken[MAX_OPTION_ROWS], pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const config_line *l = &lines[i];
        size_t row = l->row ? (size_t)(l->row - option_rows) : 0;
        if (!l->row || l->own != own || o->said[row] || (!own && taken[row])) {
            continue;
        }
        taken[row] = taken[row] || own;
        rc = in_line(o, l, options_set(l->row, l->value, o, err), err);
    }
    return rc;
}

int options_read_config(options *o, pmpo_error *err)
{
    pmpo_str text;
    config_line *lines = NULL;
    size_t n = 0;
    bool taken[MAX_OPTION_ROWS] = {false};
    int rc = cli_read_file(o->config, &text, err);
    if (rc < 0) {
        return rc;
    }
    cli_skip_mark(&text);
    if (strlen(text.ptr) != text.len) {
        return cli_error(err, PMPO_EDATA, "%s: a NUL byte", o->config);
    }
    rc = read_lines(o, (char *)text.ptr, &lines, &n, err); /* ours to cut */
    rc = rc < 0 ? rc : take_lines(o, lines, n, true, taken, err);
    rc = rc < 0 ? rc : take_lines(o, lines, n, false, taken, err);
    cli_free(lines);
    return rc;
}
