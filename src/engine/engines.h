/* engines.h: the table of engines, which tells by a model's name which engine
 * opens it; and what one engine does for another.
 * To add an engine: a folder beside llama/, and a row in engines.c. */
#ifndef PMPO_ENGINE_ENGINES_H
#define PMPO_ENGINE_ENGINES_H

#include "model/model.h"

typedef struct pmpo_engine_kind {
    const char *name;
    /* Does this engine open the model called `model` (NULL: none was named)?
     * The first row for which this is true opens it. */
    bool (*takes)(const char *model);
    /* As pmpo_model_open. */
    int (*open)(const pmpo_model_options *o, pmpo_model **out,
                pmpo_error *err);
    /* As pmpo_model_find; NULL: what it takes is there. */
    int (*find)(const char *model, pmpo_error *err);
} pmpo_engine_kind;

extern const pmpo_engine_kind pmpo_engines[];
extern const size_t pmpo_n_engines;

/* ---- a vocabulary without weights ---------------------------------------------- */

typedef struct pmpo_tokenizer {
    pmpo_vocab vocab; /* and the chat template, where the file has one */
    void (*close)(struct pmpo_tokenizer *t);
} pmpo_tokenizer;

/* Reads tokens and chat template of a GGUF (a path, or a name of the list of
 * models), not its weights. PMPO_EMODEL: no such file, or it has none. End it
 * by its `close`. */
int pmpo_tokenizer_open(const char *model, pmpo_tokenizer **out,
                        pmpo_error *err);

#endif
