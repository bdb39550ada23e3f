/* options.c: reading the command line by the table.
 *
 * getopt_long parses; this file makes its arguments from the table and converts
 * texts to values. The command line takes precedence over the --config file
 * (config.c), and the file over the defaults. */
#define _POSIX_C_SOURCE 200809L
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

#define MAX_SHOWN 2147483647.0 /* a greatest value that is no news */
#define SIZE_WORD "N|SHARE"    /* what the table calls the size of a part */
#define FIRST_VALUE 1000 /* getopt's values: row i is this + 2 * i, its off
                          * form one more; letters are smaller */

/* ---- rows -------------------------------------------------------------- */

static const option_row *row_of_letter(int letter, unsigned id)
{
    for (size_t i = 0; i < n_option_rows; i++) {
        const option_row *r = &option_rows[i];
        if (r->letter == letter && (r->commands & id)) {
            return r;
        }
    }
    return NULL;
}

static bool has_off_form(const option_row *r)
{
    return r->type == OPT_SWITCH && strcmp(r->name, "help") != 0;
}

/* "no-cache" becomes "cache", "json" becomes "no-json". In `out`. */
static const char *off_form(const option_row *r, char out[64])
{
    if (!strncmp(r->name, "no-", 3)) {
        return r->name + 3;
    }
    snprintf(out, 64, "no-%s", r->name);
    return out;
}

/* ---- values ------------------------------------------------------------- */

bool parse_real(const char *text, double *out)
{
    char *end;
    /* strtod also reads blanks, "inf", "nan" and hexadecimal. */
    if (!*text || strspn(text, "0123456789.eE+-") != strlen(text)) {
        return false;
    }
    errno = 0;
    double v = strtod(text, &end);
    if (*end || !isfinite(v) || (errno == ERANGE && fabs(v) > 1)) {
        return false;
    }
    *out = v;
    return true;
}

/* All of `text` as decimal digits of a 64-bit number. */
static bool parse_count(const char *text, uint64_t *out)
{
    if (!*text || strspn(text, "0123456789") != strlen(text)) {
        return false;
    }
    errno = 0;
    unsigned long long v = strtoull(text, NULL, 10);
    *out = v;
    return errno == 0;
}

/* A number with one of the endings in `units`; its factor is in `factors`. */
static bool parse_scaled(const char *text, const char *const *units,
                         const double *factors, size_t n, double *out,
                         size_t *unit)
{
    size_t digits = strspn(text, "0123456789.");
    char number[64];
    if (digits == 0 || digits >= sizeof(number)) {
        return false;
    }
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(text + digits, units[i])) {
            *unit = i;
            bool ok = parse_real(number, out);
            *out = ok ? *out * factors[i] : *out;
            return ok;
        }
    }
    return false;
}

static int out_of_range(const option_row *r, const char *text,
                        pmpo_error *err)
{
    if (r->high >= MAX_SHOWN) {
        double v;
        return parse_real(text, &v) && v > r->high
                   ? cli_error(err, PMPO_EUSAGE, "--%s %s: too large", r->name,
                               text)
                   : cli_error(err, PMPO_EUSAGE,
                               "--%s %s: must be %.15g or more", r->name, text,
                               r->low);
    }
    return cli_error(err, PMPO_EUSAGE, "--%s %s: must be from %.15g to %.15g",
                     r->name, text, r->low, r->high);
}

int check_size(const char *name, const char *text, double v, pmpo_error *err)
{
    if (v < 1 || !strpbrk(text, ".")) {
        return 0;
    }
    return v == floor(v)
               ? cli_error(err, PMPO_EUSAGE,
                           "--%s %s: shares are below 1; write %.0f for %s",
                           name, text, v,
                           v > 1 ? "that many examples" : "one example")
               : cli_error(err, PMPO_EUSAGE,
                           "--%s %s: shares are below 1, and counts whole "
                           "numbers",
                           name, text);
}

static int set_number(const option_row *r, const char *text, void *at,
                      pmpo_error *err)
{
    double v;
    bool whole = r->type != OPT_REAL;
    if (r->type == OPT_COUNT && parse_count(text, (uint64_t *)at)
        && *(uint64_t *)at >= (uint64_t)r->low) {
        return 0; /* also those that a double would round */
    }
    if (!parse_real(text, &v) || (whole && (v != floor(v)
                                            || strpbrk(text, ".eE")))) {
        return cli_error(err, PMPO_EUSAGE, "--%s %s: not a%s number", r->name,
                         text, whole ? " whole" : "");
    }
    if (v < r->low || v > r->high) {
        return out_of_range(r, text, err);
    }
    if (r->type == OPT_INT) {
        *(int *)at = (int)v;
    } else if (r->type == OPT_COUNT) {
        *(uint64_t *)at = (uint64_t)v;
    } else {
        *(double *)at = v;
    }
    return strcmp(r->arg, SIZE_WORD) ? 0 : check_size(r->name, text, v, err);
}

static int set_bytes(const option_row *r, const char *text, void *at,
                     pmpo_error *err)
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    static const double factors[] = {1, 0x1p10, 0x1p20, 0x1p30, 0x1p40};
    double v;
    size_t unit;
    if (!parse_scaled(text, units, factors, 5, &v, &unit)) {
        return cli_error(err, PMPO_EUSAGE, "--%s %s: not a size such as 4G "
                         "or 500M", r->name, text);
    }
    if (v < r->low || v > r->high) {
        return cli_error(err, PMPO_EUSAGE, "--%s %s: too much", r->name, text);
    }
    *(uint64_t *)at = (uint64_t)v;
    return 0;
}

static int set_budget(const option_row *r, const char *text, options *o,
                      pmpo_error *err)
{
    static const char *const units[] = {"s", "m", "h", "tok", "ktok", "Mtok",
                                        "usd"};
    static const double factors[] = {1e3, 6e4, 3.6e6, 1, 1e3, 1e6, 1};
    double v;
    size_t unit;
    if (!parse_scaled(text, units, factors, 7, &v, &unit)) {
        return cli_error(err, PMPO_EUSAGE, "--%s %s: neither a time such as "
                         "90s, 10m, 2h nor tokens such as 500ktok, 2Mtok nor "
                         "money such as 2usd", r->name, text);
    }
    if (unit == 6 && v > 0 && v < 1e9) {
        o->budget_dollars = v;
        return 0;
    }
    if (v < 1 || v > 9e15) {
        return cli_error(err, PMPO_EUSAGE, "--%s %s: too %s", r->name, text,
                         v < 1 ? "little" : "much");
    }
    if (unit < 3) {
        o->budget_ms = (int64_t)v;
    } else {
        o->budget_tokens = (uint64_t)v;
    }
    return 0;
}

static int set_word(const option_row *r, const char *text, void *at,
                    pmpo_error *err)
{
    int place = 0;
    for (const char *w = r->words; *w; place++) {
        size_t n = strcspn(w, "|");
        if (strlen(text) == n && !strncmp(text, w, n)) {
            *(int *)at = place;
            return 0;
        }
        w += n + (w[n] == '|');
    }
    return cli_error(err, PMPO_EUSAGE, "--%s %s: must be one of %s", r->name,
                     text, r->words);
}

static int set_switch(const option_row *r, const char *text, void *at,
                      pmpo_error *err)
{
    bool on = !strcmp(text, "on") || !strcmp(text, "yes");
    if (!on && strcmp(text, "off") != 0 && strcmp(text, "no") != 0) {
        return cli_error(err, PMPO_EUSAGE, "%s = %s: must be yes or no",
                         r->name, text);
    }
    *(bool *)at = on;
    return 0;
}

static void add_text(text_list *l, const char *text)
{
    l->items = cli_grow(l->items, l->n + 1, sizeof(*l->items));
    l->items[l->n++] = text;
}

/* A text that names something. An empty one is an unset variable of a script,
 * and the default would be taken in its place. */
static bool names_nothing(const option_row *r, const char *text)
{
    bool named = r->type == OPT_TEXT || r->type == OPT_TEXTS ||
                 r->type == OPT_MODEL;
    return named && !*text && strcmp(r->arg, "PROMPT") != 0 &&
           strcmp(r->arg, "TEXT") != 0;
}

int options_set(const option_row *r, const char *text, options *o,
                pmpo_error *err)
{
    void *at = (char *)o + r->at;
    if (names_nothing(r, text)) {
        return cli_error(err, PMPO_EUSAGE,
                         "--%s: the value is empty (an unset "
                         "variable?)",
                         r->name);
    }
    switch (r->type) {
    case OPT_SWITCH:
        return set_switch(r, text, at, err);
    case OPT_TEXT:
        *(const char **)at = strcmp(r->arg, "NAMES") ? text
                                                     : cli_without_blanks(text);
        return 0;
    case OPT_TEXTS:
        add_text(at, text);
        return 0;
    case OPT_MODEL:
        *(const char **)at = cli_join_urls(*(const char **)at, text);
        add_text(&o->each_model, text);
        return 0;
    case OPT_INT:
    case OPT_COUNT:
    case OPT_REAL:
        return set_number(r, text, at, err);
    case OPT_BYTES:
        return set_bytes(r, text, at, err);
    case OPT_WORD:
        return set_word(r, text, at, err);
    case OPT_BUDGET:
        return set_budget(r, text, o, err);
    }
    return 0;
}

static int set_defaults(options *o, unsigned id, pmpo_error *err)
{
    int rc = 0;
    options_library_defaults(o);
    for (size_t i = 0; rc == 0 && i < n_option_rows; i++) {
        const option_row *r = &option_rows[i];
        if ((r->commands & id) && r->value[0] && r->value[0] != '(') {
            rc = options_set(r, r->value, o, err);
        }
    }
    return rc;
}

/* ---- the command line --------------------------------------------------- */

typedef struct getopt_tables {
    struct option longs[256];
    char names[MAX_OPTION_ROWS][64]; /* of the off forms */
    char letters[64];
} getopt_tables;

static void put_row(getopt_tables *t, size_t row, size_t *n)
{
    const option_row *r = &option_rows[row];
    int value = FIRST_VALUE + 2 * (int)row;
    bool takes = r->type != OPT_SWITCH;
    t->longs[(*n)++] = (struct option){
        r->name, takes ? required_argument : no_argument, NULL, value};
    if (has_off_form(r)) {
        t->longs[(*n)++] = (struct option){off_form(r, t->names[row]),
                                           no_argument, NULL, value + 1};
    }
    if (r->letter) {
        size_t at = strlen(t->letters);
        snprintf(t->letters + at, sizeof(t->letters) - at, "%c%s", r->letter,
                 takes ? ":" : "");
    }
}

static void make_tables(getopt_tables *t, unsigned id)
{
    size_t n = 0;
    memset(t, 0, sizeof(*t));
    t->letters[0] = ':'; /* tells a missing argument from a bad option */
    for (size_t i = 0; i < n_option_rows; i++) {
        if (option_rows[i].commands & id) {
            put_row(t, i, &n);
        }
    }
}

static int bad_option(int found, char **argv, pmpo_error *err)
{
    const char *word = argv[optind - 1];
    if (found == ':' && optopt < FIRST_VALUE) {
        return cli_error(err, PMPO_EUSAGE, "-%c needs a value", optopt);
    }
    if (optopt >= FIRST_VALUE) {
        const option_row *r = &option_rows[(optopt - FIRST_VALUE) / 2];
        return cli_error(err, PMPO_EUSAGE, "--%s %s", r->name,
                         found == ':' ? "needs a value" : "takes no value");
    }
    if (optopt) {
        return cli_error(err, PMPO_EUSAGE, "unknown option -%c", optopt);
    }
    return cli_error(err, PMPO_EUSAGE, "unknown option %.*s",
                     (int)strcspn(word, "="), word);
}

static int take(options *o, int found, pmpo_error *err)
{
    const option_row *r =
        found >= FIRST_VALUE ? &option_rows[(found - FIRST_VALUE) / 2]
                             : row_of_letter(found, o->command->id);
    bool off = found >= FIRST_VALUE && (found - FIRST_VALUE) % 2 == 1;
    o->said[r - option_rows] = true;
    if (r->type == OPT_SWITCH) {
        return options_set(r, off ? "off" : "on", o, err);
    }
    return options_set(r, optarg, o, err);
}

static int take_arguments(options *o, int argc, char **argv, pmpo_error *err)
{
    const command *c = o->command;
    int n = argc - optind;
    if (n > c->max_args) {
        return cli_error(err, PMPO_EUSAGE, "unexpected argument %s",
                         argv[optind + c->max_args]);
    }
    if (n < c->min_args) {
        return cli_error(err, PMPO_EUSAGE, "missing %s", c->args);
    }
    for (int i = 0; i < n; i++) {
        if (!argv[optind + i][0]) {
            return cli_error(err, PMPO_EUSAGE,
                             "an argument is empty (an unset "
                             "variable?)");
        }
    }
    o->args = (const char *const *)(argv + optind);
    o->n_args = n;
    return 0;
}

static int parse_all(options *o, int argc, char **argv, pmpo_error *err)
{
    getopt_tables t;
    int found, rc = 0;
    make_tables(&t, o->command->id);
    opterr = 0;
    optind = 1;
    while (rc == 0 && (found = getopt_long(argc, argv, t.letters, t.longs,
                                           NULL)) != -1) {
        bool bad = found == '?' || found == ':';
        rc = bad ? bad_option(found, argv, err) : take(o, found, err);
    }
    if (rc < 0 || o->help) {
        return rc;
    }
    if (o->config) {
        rc = options_read_config(o, err);
    }
    rc = rc < 0 ? rc : take_arguments(o, argc, argv, err);
    return rc < 0 ? rc : options_check(o, err);
}

int options_parse(const command *c, int argc, char **argv, int first,
                  options *o, pmpo_error *err)
{
    pmpo_error why = {0};
    memset(o, 0, sizeof(*o));
    o->command = c;
    int rc = set_defaults(o, c->id, &why);
    if (rc == 0) { /* getopt skips what it takes for the program's name */
        rc = parse_all(o, argc - first + 1, argv + first - 1, &why);
    }
    if (rc == PMPO_EUSAGE) {
        return cli_error(err, rc, "%s: %s; see pmpo %s --help", c->name,
                         why.text, c->name);
    }
    return rc < 0 ? cli_error(err, rc, "%s", why.text) : 0;
}

bool options_said(const options *o, const char *name)
{
    for (size_t i = 0; i < n_option_rows; i++) {
        if (o->said[i] && !strcmp(option_rows[i].name, name)) {
            return true;
        }
    }
    return false;
}

void options_release(options *o)
{
    cli_free(o->prompts.items);
    cli_free(o->models.items);
    cli_free(o->each_model.items);
    o->prompts = o->models = o->each_model = (text_list){NULL, 0};
}

/* ---- help --------------------------------------------------------------- */

#define HELP_WIDTH 79  /* so that no line fills a terminal of 80 columns */
#define HELP_COLUMN 28 /* where the texts of options begin */

/* Prints `text` wrapped at HELP_WIDTH; the cursor is at column `at`, and
 * further lines begin at column `indent`. */
static void put_wrapped(const char *text, size_t indent, size_t at)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        if (at > indent && at + 1 + n > HELP_WIDTH) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)n, text);
        at += n;
        text += n + (text[n] == ' ');
    }
    putchar('\n');
}

static void help_row(const command *c, const option_row *r)
{
    char head[100], body[700], value[100];
    bool is_help = !strcmp(r->name, "help");
    int n = snprintf(head, sizeof(head), "  %c%c%c --%s%s%s",
                     r->letter ? '-' : ' ', r->letter ? r->letter : ' ',
                     r->letter ? ',' : ' ', r->name, *r->arg ? " " : "",
                     r->arg);
    snprintf(body, sizeof(body), is_help ? "%s" : "%s [default: %s]", r->help,
             options_default(c, r, value, sizeof(value)));
    printf("%s", head);
    if (n > HELP_COLUMN - 2) { /* two blanks at least between the columns */
        printf("\n%*s", HELP_COLUMN, "");
    } else {
        printf("%*s", HELP_COLUMN - n, "");
    }
    put_wrapped(body, HELP_COLUMN, HELP_COLUMN);
}

void options_help(const command *c)
{
    printf("pmpo %s%s%s [OPTION]...\n\n", c->name, *c->args ? " " : "",
           c->args);
    put_wrapped(c->what, 0, 0);
    if (*c->more) {
        putchar('\n');
        put_wrapped(c->more, 0, 0);
    }
    printf("\nOptions (--no-NAME turns off a switch, --NAME one called "
           "--no-NAME):\n");
    for (size_t i = 0; i < n_option_rows; i++) {
        if (option_rows[i].commands & c->id) {
            help_row(c, &option_rows[i]);
        }
    }
}

void options_list(void)
{
    char value[100];
    for (size_t i = 0; i < n_commands; i++) {
        for (size_t k = 0; k < n_option_rows; k++) {
            const option_row *r = &option_rows[k];
            if (r->commands & commands[i].id) {
                printf("%s\t--%s\t%s\n", commands[i].name, r->name,
                       options_default(&commands[i], r, value, sizeof(value)));
            }
        }
    }
}
