/* approve.c: see approve.h. */
#define _POSIX_C_SOURCE 200809L
#include "approve.h"

#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "print.h"
#include "progress.h"
#include "signals.h"

/* ---- what is asked ------------------------------------------------------- */

/* Control characters become blanks: an escape could hide words from the person
 * who is asked. */
static void put_words(pmpo_str s)
{
    for (size_t i = 0; i < s.len;) {
        if (s.ptr[i] == '\n') {
            fputs("\n  | ", stderr);
            i++;
        } else {
            i += put_char(stderr, s, i);
        }
    }
}

static bool colours(void)
{
    const char *no = getenv("NO_COLOR");
    return isatty(2) && !(no && *no);
}

/* Words that go in [-...-], new ones in {+...+}, on a terminal in red and
 * green. */
static void put_diff(const pmpo_would_be *w)
{
    static const struct {
        const char *plain[2], *colour[2];
    } marks[] = {
        [PMPO_SAME] = {{"", ""}, {"", ""}},
        [PMPO_GONE] = {{"[-", "-]"}, {"\033[31;9m", "\033[0m"}},
        [PMPO_NEW] = {{"{+", "+}"}, {"\033[32m", "\033[0m"}},
    };
    bool colour = colours();
    fputs("  | ", stderr);
    for (size_t i = 0; i < w->n_diff; i++) {
        pmpo_change c = w->diff[i].change;
        pmpo_str text = w->diff[i].text;
        size_t n = text.len;
        while (c != PMPO_SAME && n > 0 && strchr(" \n\t", text.ptr[n - 1])) {
            n--;
        }
        const char *const *m = colour ? marks[c].colour : marks[c].plain;
        fputs(m[0], stderr);
        put_words((pmpo_str){text.ptr, n});
        fputs(m[1], stderr);
        put_words((pmpo_str){text.ptr + n, text.len - n});
    }
    fputc('\n', stderr);
}

static void put_would_be(const pmpo_would_be *w)
{
    fprintf(stderr, "\niteration %d: prompt %d, by %s, would be the new "
            "incumbent\n", w->iteration, w->id, w->proposer);
    put_diff(w);
    fprintf(stderr, "  training loss %.4f, was %.4f", w->train_after,
            w->train_before);
    if (isfinite(w->val_after)) {
        fprintf(stderr, "; validation loss %.4f, was %.4f", w->val_after,
                w->val_before);
    }
    fputc('\n', stderr);
}

/* ---- editing ------------------------------------------------------------- */

static const char *editor(void)
{
    const char *e = getenv("VISUAL");
    e = e && *e ? e : getenv("EDITOR");
    return e && *e ? e : "vi";
}

static int write_all(int fd, pmpo_str s)
{
    FILE *f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return -1;
    }
    bool bad = fwrite(s.ptr, 1, s.len, f) != s.len || fputc('\n', f) < 0;
    return fclose(f) != 0 || bad ? -1 : 0;
}

/* A new file in the folder for such; `path` is PATH_MAX bytes. */
static int write_new(pmpo_str text, char *path, pmpo_error *err)
{
    const char *folder = getenv("TMPDIR");
    folder = folder && *folder ? folder : "/tmp";
    int n = snprintf(path, PATH_MAX, "%s/pmpo-prompt-XXXXXX", folder);
    int fd = n < PATH_MAX ? mkstemp(path) : -1;
    bool written = fd >= 0 && write_all(fd, text) == 0;
    if (fd >= 0 && !written) {
        unlink(path);
    }
    return written ? 0
                   : cli_error(err, PMPO_EIO,
                               "no prompt can be written in "
                               "%s for the editor: TMPDIR is another "
                               "folder",
                               folder);
}

/* The variable with the file's name for the shell, whatever is in the name. */
#define EDITED "PMPO_EDITED"

static int run_editor(const char *path, pmpo_error *err)
{
    char run[1000];
    /* A script's editor needs no terminal. */
    int n = snprintf(run, sizeof(run), "%s \"$" EDITED "\"%s", editor(),
                     isatty(0) ? " </dev/tty >/dev/tty" : "");
    bool ok = n < (int)sizeof(run) && setenv(EDITED, path, 1) == 0 &&
              system(run) == 0;
    unsetenv(EDITED);
    return ok ? 0
              : cli_error(err, PMPO_EIO, "the editor failed: %s %s", editor(),
                          path);
}

/* Opens the candidate in the editor. *edited lives until cli_release. */
static int edit(pmpo_str candidate, pmpo_str *edited, pmpo_error *err)
{
    char at[1 + PATH_MAX] = "@", *path = at + 1;
    int rc = write_new(candidate, path, err);
    if (rc < 0) {
        return rc;
    }
    rc = run_editor(path, err);
    rc = rc < 0 ? rc : cli_text(at, false, edited, err);
    unlink(path);
    return rc;
}

/* ---- the answer ---------------------------------------------------------- */

/* The first letter of the next line; 0: there is none, or ^C came. A signal
 * doesn't end a read, so nothing is read before it is there. */
static char read_letter(void)
{
    struct pollfd in = {.fd = 0, .events = POLLIN};
    char first = 0, c = 0;
    fputs("accept, refuse, edit or stop? [a/r/e/s] ", stderr);
    fflush(stderr);
    while (c != '\n' && !signals_came()) {
        if (poll(&in, 1, 100) <= 0) {
            continue;
        }
        if (read(0, &c, 1) != 1) {
            break;
        }
        first = first ? first : c;
    }
    if (!first || signals_came()) {
        fputc('\n', stderr);
        return 0;
    }
    return first;
}

int approve_ask(void *ud, const pmpo_would_be *w, pmpo_str *edited,
                pmpo_error *err)
{
    (void)ud;
    progress_clear();
    put_would_be(w);
    for (;;) {
        switch (read_letter()) {
        case 'a':
            return PMPO_APPROVAL_ACCEPT;
        case 'r':
            return PMPO_APPROVAL_REFUSE;
        case 'e': {
            pmpo_error why = {0};
            if (edit(w->candidate, edited, &why) == 0) {
                return PMPO_APPROVAL_EDIT;
            }
            fprintf(stderr, "%s\n", why.text);
            break;
        }
        case 's':
        case 0:
            return cli_error(err, PMPO_ECANCELLED, "prompt %d waits for an "
                             "answer", w->id);
        }
    }
}
