/* model.c: opening a model by name or path. */
#include "base/error.h"
#include "fetch/fetch.h"
#include "model/model.h"

void pmpo_model_options_init(pmpo_model_options *o)
{
    *o = (pmpo_model_options){.size = sizeof(*o)};
}

int pmpo_model_open(const pmpo_model_options *o, pmpo_model **out,
                    pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_model_options of another version of pmpo.h");
    }
    pmpo_buf path = {0}, name = {0};
    int rc = pmpo_fetch_resolve(o->model, &path, &name, err);
    if (rc == 0) {
        rc = pmpo_llama_open(o, path.ptr, name.ptr, out, err);
    }
    pmpo_buf_release(&path);
    pmpo_buf_release(&name);
    return rc;
}
