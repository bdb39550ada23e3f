/* llama.h: the llama.cpp engine, as the rest of the program sees it. */
#ifndef PMPO_ENGINE_LLAMA_H
#define PMPO_ENGINE_LLAMA_H

#include "engine/engines.h"

/* Opens a GGUF: a path, or a name of the list of models. As pmpo_model_open. */
int pmpo_llama_open(const pmpo_model_options *o, pmpo_model **out,
                    pmpo_error *err);
/* As pmpo_tokenizer_open. */
int pmpo_llama_tokenizer(const char *model, pmpo_tokenizer **out,
                         pmpo_error *err);

#endif
