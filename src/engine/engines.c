/* engines.c: see engines.h. */
#include "engine/engines.h"

#include "engine/custom/custom_engine.h"
#include "engine/http/http.h"
#include "engine/llama/llama.h"

/* A path or a name of the list of models: whatever no row above takes. */
static bool takes_files(const char *model)
{
    (void)model;
    return true;
}

const pmpo_engine_kind pmpo_engines[] = {
    {"custom", pmpo_custom_takes, pmpo_custom_open},
    {"http", pmpo_http_takes, pmpo_http_open},
    {"llama", takes_files, pmpo_llama_open},
};

const size_t pmpo_n_engines = sizeof(pmpo_engines) / sizeof(*pmpo_engines);

int pmpo_tokenizer_open(const char *model, pmpo_tokenizer **out,
                        pmpo_error *err)
{
    return pmpo_llama_tokenizer(model, out, err);
}
