/* common.c: see common.h. */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- errors ------------------------------------------------------------- */

int cli_error(pmpo_error *err, int code, const char *fmt, ...)
{
    char text[sizeof(err->text)]; /* an argument may be err's own text */
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
    err->code = code;
    memcpy(err->text, text, sizeof(text));
    return code;
}

void cli_warn(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("pmpo: warning: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

void cli_warn_cut_off(const options *o, const char *which, size_t n_cut_off,
                      size_t n)
{
    if (!o->quiet && n_cut_off * 20 > n) {
        cli_warn("%s: %zu of %zu replies were cut off at --max-tokens %d, "
                 "perhaps before their answer; a higher limit would tell",
                 which, n_cut_off, n, o->max_tokens);
    }
}

void cli_quote(const char *path, char *out, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQR"
                                "STUVWXYZ0123456789_./+,:@%-";
    const char *here = path[0] == '-' ? "./" : ""; /* else it is an option */
    if (strspn(path, plain) == strlen(path)) {
        snprintf(out, size, "%s%s", here, path);
        return;
    }
    size_t n = (size_t)snprintf(out, size, "'%s", here);
    for (; *path && n + 6 < size; path++) {
        if (*path == '\'') {
            memcpy(out + n, "'\\''", 4);
            n += 4;
        } else {
            out[n++] = *path;
        }
    }
    out[n++] = '\'';
    out[n] = '\0';
}

const char *cli_resume_command(const char *path, bool approve,
                               char out[RESUME_ROOM])
{
    char word[RESUME_ROOM - 40]; /* room for the other words */
    cli_quote(path, word, sizeof(word));
    snprintf(out, RESUME_ROOM, "pmpo resume %s%s", word,
             approve ? " --approve" : "");
    return out;
}

/* ---- memory ------------------------------------------------------------- */

void cli_no_memory(void)
{
    fputs("pmpo: out of memory\n", stderr);
    exit(pmpo_code_exit(PMPO_ENOMEM));
}

void *cli_grow(void *old, size_t n, size_t size)
{
    void *p = size && n > SIZE_MAX / size ? NULL : realloc(old, n * size + 1);
    if (!p) {
        cli_no_memory();
    }
    return p;
}

void cli_free(void *p)
{
    free(p);
}

/* Texts that live until the end of the program. */
static struct {
    char **items;
    size_t n;
    bool stdin_taken;
} texts;

void cli_release(void)
{
    for (size_t i = 0; i < texts.n; i++) {
        cli_free(texts.items[i]);
    }
    cli_free(texts.items);
    texts.items = NULL;
    texts.n = 0;
}

static void keep(char *text)
{
    texts.items = cli_grow(texts.items, texts.n + 1, sizeof(*texts.items));
    texts.items[texts.n++] = text;
}

bool cli_is_url(const char *model)
{
    return model && (!strncmp(model, "http://", 7) ||
                     !strncmp(model, "https://", 8));
}

const char *cli_join_urls(const char *before, const char *text)
{
    if (!cli_is_url(before) || !cli_is_url(text)) {
        return text; /* of files the last one counts */
    }
    size_t n = strlen(before) + strlen(text) + 2;
    char *both = cli_grow(NULL, n, 1);
    snprintf(both, n, "%s,%s", before, text);
    keep(both);
    return both;
}

const char *cli_without_blanks(const char *names)
{
    size_t n = 0;
    char *copy = cli_grow(NULL, strlen(names) + 1, 1);
    for (; *names; names++) {
        if (*names != ' ' && *names != '\t') {
            copy[n++] = *names;
        }
    }
    copy[n] = '\0';
    keep(copy);
    return copy;
}

/* ---- texts -------------------------------------------------------------- */

int cli_take_stdin(pmpo_error *err)
{
    if (texts.stdin_taken) {
        return cli_error(err, PMPO_EUSAGE,
                         "standard input can be read only once");
    }
    texts.stdin_taken = true;
    return 0;
}

/* All of `f`; NULL: reading failed, errno says why. */
static char *slurp(FILE *f, size_t *n)
{
    size_t room = 4096;
    char *text = cli_grow(NULL, room, 1);
    *n = 0;
    for (size_t got; (got = fread(text + *n, 1, room - *n - 1, f)) > 0;) {
        *n += got;
        if (room - *n == 1) {
            room *= 2;
            text = cli_grow(text, room, 1);
        }
    }
    if (ferror(f)) {
        cli_free(text);
        return NULL;
    }
    text[*n] = '\0';
    return text;
}

int cli_read_file(const char *path, pmpo_str *out, pmpo_error *err)
{
    bool is_stdin = !strcmp(path, "-");
    int rc = is_stdin ? cli_take_stdin(err) : 0;
    if (rc < 0) {
        return rc;
    }
    FILE *f = is_stdin ? stdin : fopen(path, "rb");
    size_t n = 0;
    char *text = f ? slurp(f, &n) : NULL;
    int cause = errno;
    if (f && !is_stdin) {
        fclose(f);
    }
    if (!text) {
        return cli_error(err, PMPO_EDATA, "cannot read %s: %s",
                         is_stdin ? "standard input" : path, strerror(cause));
    }
    keep(text);
    *out = (pmpo_str){text, n};
    return 0;
}

static bool is_utf8(pmpo_str s)
{
    json_t *j = json_stringn(s.len ? s.ptr : "", s.len);
    json_decref(j);
    return j != NULL;
}

static void cut_newline(pmpo_str *s)
{
    if (s->len > 0 && s->ptr[s->len - 1] == '\n') {
        s->len--;
        if (s->len > 0 && s->ptr[s->len - 1] == '\r') {
            s->len--;
        }
        ((char *)s->ptr)[s->len] = '\0'; /* a kept text: ours */
    }
}

void cli_skip_mark(pmpo_str *s)
{
    if (s->len >= 3 && !memcmp(s->ptr, "\xef\xbb\xbf", 3)) {
        *s = (pmpo_str){s->ptr + 3, s->len - 3};
    }
}

/* Surely a file that was meant, not a text of one word. */
static bool names_a_file(const char *given)
{
    struct stat st;
    return strpbrk(given, "./") && stat(given, &st) == 0 && S_ISREG(st.st_mode);
}

int cli_text(const char *given, bool dash, pmpo_str *out, pmpo_error *err)
{
    bool is_dash = dash && !strcmp(given, "-");
    pmpo_str s = {given, strlen(given)};
    if (!strcmp(given, "@")) {
        return cli_error(err, PMPO_EUSAGE,
                         "@ reads a file: its name has to "
                         "follow, as in @prompt.txt");
    }
    if (is_dash || given[0] == '@') {
        int rc = cli_read_file(is_dash ? "-" : given + 1, &s, err);
        if (rc < 0) {
            return rc;
        }
        cli_skip_mark(&s);
        cut_newline(&s);
    }
    if (!is_dash && given[0] != '@' && names_a_file(given)) {
        return cli_error(err, PMPO_EUSAGE, "%s is a file: @%s reads it", given,
                         given);
    }
    if (!is_utf8(s)) {
        return cli_error(err, PMPO_EDATA, "%s is not valid UTF-8",
                         is_dash ? "standard input"
                         : given[0] == '@' ? given + 1
                                           : "a text of the command line");
    }
    *out = s;
    return 0;
}

int cli_library(const char *path, pmpo_str *out, pmpo_error *err)
{
    pmpo_str s;
    int rc = cli_read_file(path, &s, err);
    if (rc < 0) {
        return rc;
    }
    cli_skip_mark(&s);
    if (s.len == 0 || !is_utf8(s)) {
        return cli_error(err, PMPO_EDATA, "%s %s", path,
                         s.len ? "is not valid UTF-8" : "is empty");
    }
    *out = s;
    return 0;
}

static int add_baseline(const char *name, size_t n, pmpo_str *prompts,
                        size_t *n_prompts, pmpo_error *err)
{
    size_t before = *n_prompts;
    bool all = n == 3 && !strncmp(name, "all", n);
    for (int i = 0; i < PMPO_N_BASELINES; i++) {
        const char *text, *known = pmpo_baseline(i, &text);
        if (all || (strlen(known) == n && !strncmp(known, name, n))) {
            prompts[(*n_prompts)++] = (pmpo_str){text, strlen(text)};
        }
    }
    return *n_prompts > before
               ? 0
               : cli_error(err, PMPO_EUSAGE, "--baseline %.*s: must be of "
                           "answer-only, cot, step-back, rar, all", (int)n,
                           name);
}

/* The baselines named, with commas. */
static int add_baselines(const char *names, pmpo_str **prompts, size_t *n,
                         pmpo_error *err)
{
    int rc = 0;
    while (rc == 0 && names && *names) {
        size_t k = strcspn(names, ",");
        *prompts = cli_grow(*prompts, *n + PMPO_N_BASELINES, sizeof(**prompts));
        rc = add_baseline(names, k, *prompts, n, err);
        names += k + (names[k] == ',');
    }
    return rc;
}

void cli_warn_of_places(const options *o, pmpo_str prompt)
{
    static const char *const places[] = {"{input}", "{prompt}"};
    for (size_t i = 0; prompt.len && !o->quiet && i < 2; i++) {
        if (strstr(prompt.ptr, places[i])) {
            cli_warn("the prompt has %s, which is not filled in; the input "
                     "follows the prompt by itself, --template says where",
                     places[i]);
        }
    }
}

/* One text of -p as the model is to read it. */
static int read_prompt(const options *o, const char *given, pmpo_str *out,
                       pmpo_error *err)
{
    pmpo_str s;
    int rc = cli_text(given, true, &s, err);
    if (rc < 0) {
        return rc;
    }
    cli_warn_of_places(o, s);
    if (o->command->id == CMD_COMPRESS) { /* it reads the marks */
        *out = s;
        return 0;
    }
    size_t n = 0;
    char *plain = cli_grow(NULL, s.len + 1, 1);
    keep(plain);
    rc = pmpo_prompt_unmark(s, plain, &n, err);
    plain[rc < 0 ? 0 : n] = '\0';
    *out = (pmpo_str){plain, n};
    return rc;
}

int cli_prompts(const options *o, pmpo_str **prompts, size_t *n,
                pmpo_error *err)
{
    const char *name = o->command->name;
    int rc = 0;
    *n = 0;
    *prompts = cli_grow(NULL, o->prompts.n, sizeof(**prompts));
    if (o->prompts.n == 0 && !o->baseline) {
        return cli_error(err, PMPO_EUSAGE, "%s: no prompt: give -p PROMPT; "
                         "see pmpo %s --help", name, name);
    }
    for (; rc == 0 && *n < o->prompts.n; (*n)++) {
        rc = read_prompt(o, o->prompts.items[*n], &(*prompts)[*n], err);
    }
    return rc < 0 ? rc : add_baselines(o->baseline, prompts, n, err);
}

int cli_prompt(const options *o, pmpo_str *out, pmpo_error *err)
{
    const char *name = o->command->name;
    if (o->prompts.n != 1) {
        return cli_error(err, PMPO_EUSAGE, "%s: %s prompt: give one -p PROMPT; "
                         "see pmpo %s --help", name,
                         o->prompts.n ? "more than one" : "no", name);
    }
    return read_prompt(o, o->prompts.items[0], out, err);
}

static int metric_of(const options *o, const char *name, size_t n,
                     unsigned *out, pmpo_error *err)
{
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        const char *known = pmpo_metric_name(i);
        if (strlen(known) == n && !strncmp(known, name, n)) {
            *out |= 1u << i;
            return 0;
        }
    }
    return cli_error(err, PMPO_EUSAGE, "%s: --metric %.*s: not a metric; see "
                     "pmpo %s --help", o->command->name, (int)n, name,
                     o->command->name);
}

int cli_metrics(const options *o, unsigned *out, pmpo_error *err)
{
    const char *names = o->metrics;
    *out = 0;
    while (names && *names) {
        size_t n = strcspn(names, ",");
        int rc = metric_of(o, names, n, out, err);
        if (rc < 0) {
            return rc;
        }
        names += n + (names[n] == ',');
    }
    return 0;
}

unsigned cli_generated(void)
{
    unsigned all = 0;
    for (int i = 0; i < PMPO_N_METRICS; i++) {
        all |= pmpo_metric_needs_answers(i) ? 1u << i : 0;
    }
    return all;
}

unsigned cli_metrics_for(const pmpo_data *d, unsigned metrics)
{
    return metrics ? metrics : pmpo_metrics_default(d);
}

int cli_check_metrics(const options *o, const pmpo_data *d, unsigned metrics,
                      pmpo_error *err)
{
    const unsigned generated = cli_generated();
    metrics = cli_metrics_for(d, metrics);
    if (o->command->id == CMD_AUDIT && metrics == PMPO_METRIC_PAIRS) {
        metrics = PMPO_METRIC_EXACT; /* an audit has no pairs: by form */
    }
    if (options_said(o, "max-tokens") && !(metrics & generated)) {
        return cli_error(err, PMPO_EUSAGE, "%s: --max-tokens has no effect: "
                         "nothing is generated for these metrics; see pmpo %s "
                         "--help", o->command->name, o->command->name);
    }
    if (o->command->id == CMD_EVAL && options_said(o, "end")
        && !(metrics & ~generated)) {
        return cli_error(err, PMPO_EUSAGE, "eval: --end has no effect: no "
                         "target is scored for these metrics; see pmpo eval "
                         "--help");
    }
    return 0;
}

bool cli_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return a && b && stat(a, &x) == 0 && stat(b, &y) == 0 &&
           x.st_dev == y.st_dev && x.st_ino == y.st_ino && S_ISREG(x.st_mode);
}

int cli_check_folder(const char *path, pmpo_error *err)
{
    struct stat st;
    bool there = stat(path, &st) == 0;
    if (there && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
        return 0; /* a device or a pipe is written where it is */
    }
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) + 1 : 2;
    char *folder = cli_grow(NULL, n + 1, 1);
    snprintf(folder, n + 1, "%s", slash ? path : "./");
    bool is_folder = there && S_ISDIR(st.st_mode);
    int rc = 0;
    if (is_folder) {
        rc = cli_error(err, PMPO_EIO, "cannot write %s: it is a folder", path);
    } else if (access(folder, W_OK | X_OK) < 0) {
        rc = cli_error(err, PMPO_EIO, "cannot write %s: %s: %s", path, folder,
                       strerror(errno));
    }
    cli_free(folder);
    return rc;
}

int cli_check_output(const options *o, const char *path, pmpo_error *err)
{
    struct stat st;
    bool file = stat(path, &st) == 0 && S_ISREG(st.st_mode);
    if (!strcmp(path, "-")) {
        return 0; /* standard output */
    }
    if (file && !o->force) {
        return cli_error(err, PMPO_EUSAGE, "%s exists; --force replaces it",
                         path);
    }
    return cli_check_folder(path, err);
}

FILE *cli_begin_file(cli_text_file *t)
{
    t->f = open_memstream(&t->text, &t->size);
    if (!t->f) {
        cli_no_memory();
    }
    return t->f;
}

int cli_end_file(cli_text_file *t, const char *path, pmpo_error *err)
{
    bool bad = ferror(t->f) != 0;
    bad |= fclose(t->f) != 0;
    if (bad) {
        cli_no_memory();
    }
    int rc = pmpo_file_write(path, (pmpo_str){t->text, t->size}, err);
    free(t->text);
    return rc;
}

/* The first examples of a file that is sorted by its answers. */
static void warn_of_one_answer(const options *o, const pmpo_data *d)
{
    pmpo_str label = PMPO_STR("");
    size_t n = pmpo_data_count(d);
    bool one = n > 1 && n == (size_t)o->limit &&
               pmpo_data_example(d, 0)->n_options > 1 &&
               pmpo_data_majority(d, &label) == 1;
    if (one && !o->quiet) {
        cli_warn("the first %zu examples all have the answer \"%.*s\": shuffle "
                 "the file, or leave --limit out",
                 n, (int)label.len, label.ptr);
    }
}

int cli_data(const options *o, pmpo_data **out, pmpo_error *err)
{
    const char *name = o->command->name;
    if (!o->data) {
        return cli_error(err, PMPO_EUSAGE, "%s: no data: give -d FILE; see "
                         "pmpo %s --help", name, name);
    }
    /* The others take parts of the file first. */
    bool first = o->command->id & (CMD_SCORE | CMD_ANALYZE | CMD_BENCH
                                  | CMD_COMPARE);
    pmpo_data_options d;
    pmpo_data_options_init(&d);
    d.limit = first ? (size_t)o->limit : 0;
    int rc = !strcmp(o->data, "-") ? cli_take_stdin(err) : 0;
    rc = rc < 0 ? rc : pmpo_data_load(o->data, &d, out, err);
    if (rc == 0 && d.limit > 0) {
        warn_of_one_answer(o, *out);
    }
    return rc;
}
