/* engines.h: the table of engines: how a model's name looks, and who opens it.
 * To add an engine: a folder beside llama/, and a row in engines.c. */
#ifndef PMPO_ENGINE_ENGINES_H
#define PMPO_ENGINE_ENGINES_H

#include "model/model.h"

typedef struct pmpo_engine_kind {
    const char *name;
    /* Whether a model asked for as `model` (NULL: none named) is one of its
     * own; the first row that says so opens it. */
    bool (*takes)(const char *model);
    /* As pmpo_model_open. */
    int (*open)(const pmpo_model_options *o, pmpo_model **out,
                pmpo_error *err);
} pmpo_engine_kind;

extern const pmpo_engine_kind pmpo_engines[];
extern const size_t pmpo_n_engines;

#endif
