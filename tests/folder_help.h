/* folder_help.h: a folder of a test program's own, for its files: made by
 * begin_folder, removed by end_folder. */
#ifndef PMPO_TESTS_FOLDER_HELP_H
#define PMPO_TESTS_FOLDER_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char folder[] = "/tmp/pmpo-test-XXXXXX";

/* The path of a file in it; good for four calls. */
static inline const char *at(const char *name)
{
    static char path[4][600];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", folder, name);
    return path[turn];
}

static inline void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static inline int begin_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

/* By its whole name: tests change PATH. */
static inline int end_folder(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof(command), "/bin/rm -rf %s", folder);
    return system(command) == 0 ? 0 : -1;
}

#endif
