/* page.c: writes a report page to its file. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common.h"

/* May `path` be overwritten: does it not exist, or is it a page of pmpo? A pipe
 * or a device is written to; who reads a pipe waits for its writer. */
static bool is_replaceable(const char *path)
{
    char head[4096] = "";
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
        return true;
    }
    FILE *f = fopen(path, "rb");
    if (!f) {
        return false;
    }
    size_t n = fread(head, 1, sizeof(head) - 1, f);
    fclose(f);
    head[n] = '\0';
    return n == 0 || strstr(head, "name=\"generator\" content=\"pmpo") != NULL;
}

int cli_check_page(const char *path, bool force, pmpo_error *err)
{
    if (!strcmp(path, "-")) {
        return 0;
    }
    int rc = cli_check_folder(path, err);
    return rc < 0 || force || is_replaceable(path)
               ? rc
               : cli_error(err, PMPO_EUSAGE,
                           "%s exists already and is no page "
                           "of pmpo's: --force replaces it",
                           path);
}

int cli_write_page(const options *o, const char *path, const pmpo_report *r,
                   pmpo_error *err)
{
    pmpo_str html = pmpo_report_html(r);
    if (!strcmp(path, "-")) {
        fwrite(html.ptr, 1, html.len, stdout); /* main looks at ferror */
        return 0;
    }
    int rc = cli_check_page(path, o->force, err);
    rc = rc < 0 ? rc : pmpo_report_write(r, path, err);
    if (rc == 0 && !(o->json && o->quiet)) {
        fprintf(o->json ? stderr : stdout, "page          %s (%zu kB)\n", path,
                (html.len + 999) / 1000);
    }
    return rc;
}
