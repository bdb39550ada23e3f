/* engines.c: see engines.h. */
#include "engine/engines.h"

#include "engine/custom/custom_engine.h"
#include "engine/http/http.h"
#include "engine/llama/llama.h"
#include "fetch/fetch.h"

/* A path or a name of the list of models: whatever no row above takes. */
static bool takes_files(const char *model)
{
    (void)model;
    return true;
}

static int find_file(const char *model, pmpo_error *err)
{
    pmpo_buf path = {0}, name = {0};
    int rc = pmpo_fetch_resolve(model, &path, &name, err);
    pmpo_buf_release(&path);
    pmpo_buf_release(&name);
    return rc;
}

const pmpo_engine_kind pmpo_engines[] = {
    {"custom", pmpo_custom_takes, pmpo_custom_open, NULL},
    {"http", pmpo_http_takes, pmpo_http_open, NULL},
    {"llama", takes_files, pmpo_llama_open, find_file},
};

const size_t pmpo_n_engines = sizeof(pmpo_engines) / sizeof(*pmpo_engines);

int pmpo_tokenizer_open(const char *model, pmpo_tokenizer **out,
                        pmpo_error *err)
{
    return pmpo_llama_tokenizer(model, out, err);
}
