/* open_model.c: opening a model by name, path or URL. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/engines.h"

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
    pmpo_model_options named = *o;
    const char *from = getenv("PMPO_MODEL");
    named.model = o->model ? o->model : from && *from ? from : NULL;
    for (size_t i = 0; i < pmpo_n_engines; i++) {
        if (pmpo_engines[i].takes(named.model)) {
            return pmpo_engines[i].open(&named, out, err);
        }
    }
    return pmpo_fail(err, PMPO_EMODEL, "%s: no engine takes such a model",
                     o->model ? o->model : "(none)");
}
