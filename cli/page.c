/* page.c: writing a page for people to its place. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

/* May `path` be written over: is it not there, or a page of ours? */
static bool is_replaceable(const char *path)
{
    char head[4096] = "";
    FILE *f = fopen(path, "rb");
    if (!f) {
        return errno == ENOENT;
    }
    size_t n = fread(head, 1, sizeof(head) - 1, f);
    fclose(f);
    head[n] = '\0';
    return n == 0 || strstr(head, "name=\"generator\" content=\"pmpo") != NULL;
}

/* Beside its place first, so that a page is never half there. */
static int put_page(const char *path, pmpo_str html, pmpo_error *err)
{
    size_t room = strlen(path) + 32;
    char *beside = cli_grow(NULL, room, 1);
    snprintf(beside, room, "%s.new-%ld", path, (long)getpid());
    FILE *f = fopen(beside, "wb");
    bool ok = f && fwrite(html.ptr, 1, html.len, f) == html.len;
    ok = f && fclose(f) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    int rc = ok ? 0
                : cli_error(err, PMPO_EIO, "cannot write %s: %s", path,
                            strerror(errno));
    if (!ok) {
        remove(beside);
    }
    cli_free(beside);
    return rc;
}

int cli_check_page(const char *path, bool force, pmpo_error *err)
{
    bool free = force || !strcmp(path, "-") || is_replaceable(path);
    return free ? 0
                : cli_error(err, PMPO_EUSAGE, "%s exists already and is no page "
                            "of pmpo's: --force replaces it", path);
}

int cli_write_page(const char *path, bool force, pmpo_str html,
                   pmpo_error *err)
{
    if (!strcmp(path, "-")) {
        fwrite(html.ptr, 1, html.len, stdout); /* main looks at ferror */
        return 0;
    }
    int rc = cli_check_page(path, force, err);
    rc = rc < 0 ? rc : put_page(path, html, err);
    if (rc == 0) {
        printf("page          %s (%zu kB)\n", path, (html.len + 999) / 1000);
    }
    return rc;
}
