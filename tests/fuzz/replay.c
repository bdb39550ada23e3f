/* replay.c: runs kept inputs through a fuzz target, without a fuzzer.
 *
 *     replay_data tests/fuzz/corpus/data [FOLDER...]
 *
 * Exit 0 when the target came back from every file; a crash is the failure.
 * A folder that can't be read, or none with a file, is a failure too. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The whole file, for free(). The block has just its size, so that a
 * sanitizer sees a read past the end. NULL: error. */
static uint8_t *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        return NULL;
    }
    uint8_t *bytes = NULL;
    long size = fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    if (size >= 0 && fseek(f, 0, SEEK_SET) == 0) {
        *n = (size_t)size;
        bytes = malloc(*n ? *n : 1);
        if (bytes && fread(bytes, 1, *n, f) != *n) {
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(f);
    return bytes;
}

static int replay_file(const char *path)
{
    size_t n;
    uint8_t *bytes = read_all(path, &n);
    if (!bytes) {
        fprintf(stderr, "cannot read %s\n", path);
        return -1;
    }
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
    return 0;
}

/* How many files there were; -1: error. */
static int replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (!dir) {
        fprintf(stderr, "cannot open %s\n", folder);
        return -1;
    }
    int n = 0;
    for (struct dirent *e; n >= 0 && (e = readdir(dir));) {
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.') {
            continue;
        }
        n = len < (int)sizeof(path) && replay_file(path) == 0 ? n + 1 : -1;
    }
    closedir(dir);
    return n;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int n = replay_folder(argv[i]);
        if (n < 0) {
            return 1;
        }
        total += n;
    }
    printf("%d inputs\n", total);
    return total > 0 ? 0 : 1;
}
