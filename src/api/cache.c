/* cache.c: the path and the size limit of the user's score cache. */
#include "api/cache.h"

#include "base/error.h"
#include "base/paths.h"

#define CACHE_BYTES ((uint64_t)512 << 20)

int pmpo_user_cache(bool off, pmpo_cache **out, pmpo_error *err)
{
    if (off) {
        *out = NULL;
        return 0;
    }
    pmpo_buf path = {0};
    pmpo_error why = {0};
    int rc = pmpo_cache_folder("", &path, &why);
    pmpo_buf_puts(&path, "/scores.sqlite");
    if (rc == 0 && path.failed) {
        rc = pmpo_fail_memory(err);
    } else {
        rc = rc == 0 ? pmpo_cache_open(path.ptr, CACHE_BYTES, out, err)
                     : pmpo_cache_none(why.text, out, err);
    }
    pmpo_buf_release(&path);
    return rc;
}
