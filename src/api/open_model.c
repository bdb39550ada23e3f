/* open_model.c: opening a model by name, path or URL. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/engines.h"

void pmpo_model_options_init(pmpo_model_options *o)
{
    *o = (pmpo_model_options){.size = sizeof(*o)};
}

/* The model meant by `model`; NULL: the list's default. */
static const char *model_meant(const char *model)
{
    const char *from = getenv("PMPO_MODEL");
    return model ? model : from && *from ? from : NULL;
}

static const pmpo_engine_kind *engine_of(const char *model)
{
    size_t i = 0;
    while (i < pmpo_n_engines && !pmpo_engines[i].takes(model)) {
        i++;
    }
    return i < pmpo_n_engines ? &pmpo_engines[i] : NULL;
}

static int fail_engine(const char *model, pmpo_error *err)
{
    return pmpo_fail(err, PMPO_EMODEL, "%s: no engine takes such a model",
                     model ? model : "(none)");
}

int pmpo_model_find(const char *model, pmpo_error *err)
{
    const char *meant = model_meant(model);
    const pmpo_engine_kind *k = engine_of(meant);
    if (!k) {
        return fail_engine(model, err);
    }
    return k->find ? k->find(meant, err) : 0;
}

static bool is_price(double dollars)
{
    return dollars >= 0 && isfinite(dollars);
}

static int check(const pmpo_model_options *o, pmpo_error *err)
{
    if (o->size != sizeof(*o)) {
        return pmpo_fail(err, PMPO_EVERSION,
                         "pmpo_model_options of another version of pmpo.h");
    }
    if (o->threads < 0 || o->threads > PMPO_MOST_THREADS) {
        return pmpo_fail(err, PMPO_EUSAGE, "threads must be 0 to %d",
                         PMPO_MOST_THREADS);
    }
    if (o->concurrency < 0 || o->timeout_s < 0) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "concurrency and timeout_s must be 0 or more");
    }
    if (!is_price(o->price_in) || !is_price(o->price_out)) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "prices must be dollars a million tokens, 0 or more");
    }
    return 0;
}

int pmpo_model_open(const pmpo_model_options *o, pmpo_model **out,
                    pmpo_error *err)
{
    int rc = check(o, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_model_options named = *o;
    named.model = model_meant(o->model);
    const pmpo_engine_kind *k = engine_of(named.model);
    return k ? k->open(&named, out, err) : fail_engine(o->model, err);
}
