/* facts.c: facts about files and this machine that are stored in the cache folder.
 * Each has a file, named by the hash of its key; the file has key and value, so
 * that a collision is noticed. */
#include "base/files.h"
#include "base/paths.h"
#include "fetch/fetch.h"

static bool fact_path(const char *key, pmpo_buf *out)
{
    if (pmpo_cache_folder("facts", out, NULL) < 0) {
        return false;
    }
    pmpo_buf_printf(out, "/%016llx",
                    (unsigned long long)pmpo_hash64(key, strlen(key), 0));
    return !out->failed;
}

bool pmpo_fetch_recall(const char *key, pmpo_buf *out)
{
    pmpo_buf path = {0}, text = {0}, head = {0};
    bool found = false;
    pmpo_buf_printf(&head, "%s\n", key);
    if (fact_path(key, &path) && pmpo_read_file(path.ptr, &text, NULL) == 0 &&
        pmpo_str_starts(pmpo_buf_str(&text), pmpo_buf_str(&head))) {
        pmpo_buf_put(out,
                     pmpo_str_sub(pmpo_buf_str(&text), head.len, text.len));
        found = !out->failed;
    }
    pmpo_buf_release(&path);
    pmpo_buf_release(&text);
    pmpo_buf_release(&head);
    return found;
}

void pmpo_fetch_remember(const char *key, pmpo_str value)
{
    pmpo_buf path = {0}, text = {0};
    pmpo_buf_printf(&text, "%s\n", key);
    pmpo_buf_put(&text, value);
    if (!text.failed && fact_path(key, &path)) {
        pmpo_file_write(path.ptr, pmpo_buf_str(&text), NULL);
    }
    pmpo_buf_release(&path);
    pmpo_buf_release(&text);
}
