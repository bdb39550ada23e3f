/* weights.c: the hash of a file's weights, which is kept as a fact (facts.c). */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "fetch/fetch.h"

static bool from_hex(pmpo_str s, pmpo_hash *out)
{
    if (s.len != 32) {
        return false;
    }
    for (size_t i = 0; i < 16; i++) {
        unsigned v;
        char two[3] = {s.ptr[2 * i], s.ptr[2 * i + 1], '\0'};
        if (sscanf(two, "%2x", &v) != 1) {
            return false;
        }
        out->bytes[i] = (unsigned char)v;
    }
    return true;
}

static int hash_file(const char *path, uint64_t total,
                     pmpo_progress_fn progress, void *ud, pmpo_hash *out,
                     pmpo_error *err)
{
    FILE *f = fopen(path, "rb");
    pmpo_hasher *h = pmpo_hasher_new();
    char *chunk = pmpo_calloc(1 << 20, 1);
    int rc = 0;
    if (!f) {
        rc = pmpo_fail(err, PMPO_EMODEL, "%s: %s", path, strerror(errno));
    } else if (!h || !chunk) {
        rc = pmpo_fail_memory(err);
    }
    size_t n;
    uint64_t done = 0;
    while (rc == 0 && (n = fread(chunk, 1, 1 << 20, f)) > 0) {
        pmpo_hasher_bytes(h, chunk, n);
        done += n;
        if (progress) {
            progress(ud, &(pmpo_progress){.stage = "hashing",
                                          .done = (size_t)done,
                                          .total = (size_t)total,
                                          .unit = "bytes",
                                          .loss = NAN,
                                          .best = NAN,
                                          .left_ms = -1});
        }
    }
    if (rc == 0 && ferror(f)) {
        rc = pmpo_fail(err, PMPO_EIO, "%s: %s", path, strerror(errno));
    }
    if (rc == 0) {
        *out = pmpo_hasher_end(h);
    }
    if (f) {
        fclose(f);
    }
    pmpo_hasher_free(h);
    pmpo_free(chunk);
    return rc;
}

int pmpo_fetch_weights_hash(const char *path, pmpo_progress_fn progress,
                            void *ud, pmpo_hash *out, pmpo_error *err)
{
    struct stat st;
    char key[200], hex[33];
    pmpo_buf known = {0};
    if (stat(path, &st) < 0) {
        return pmpo_fail(err, PMPO_EMODEL, "%s: %s", path, strerror(errno));
    }
    snprintf(key, sizeof(key), "weights dev %llu ino %llu size %llu mtime "
             "%lld.%09ld", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino, (unsigned long long)st.st_size,
             (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    bool found = pmpo_fetch_recall(key, &known) &&
                 from_hex(pmpo_buf_str(&known), out);
    pmpo_buf_release(&known);
    if (found) {
        return 0;
    }
    int rc = hash_file(path, (uint64_t)st.st_size, progress, ud, out, err);
    if (rc == 0) {
        pmpo_hash_hex(*out, hex);
        pmpo_fetch_remember(key, pmpo_str_of(hex));
    }
    return rc;
}
