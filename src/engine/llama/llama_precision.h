/* llama_precision.h: the precision at which a model is opened, and the file
 * that is loaded for it. */
#ifndef PMPO_ENGINE_LLAMA_PRECISION_H
#define PMPO_ENGINE_LLAMA_PRECISION_H

#include "base/hash.h"
#include "base/str.h"
#include "engine/llama/llama_file.h"
#include "engine/llama/llama_rate.h"

/* What is known before the weights are loaded. */
typedef struct pmpo_llama_opening {
    const pmpo_model_options *o;
    const char *name, *source; /* as given; the path of that file */
    pmpo_llama_file facts;     /* of the source */
    pmpo_hash hash;
    pmpo_llama_rates rates; /* of this machine, where they decide something */
    bool measured;
    bool no_place; /* AUTO would have widened, but a copy can't be written */
    pmpo_precision precision;
    uint64_t bytes; /* of weights */
    pmpo_buf file;  /* to load: the source, or its widened copy */
} pmpo_llama_opening;

/* The rates; measured at the first call for an opening. */
const pmpo_llama_rates *pmpo_llama_rates_of(pmpo_llama_opening *w);

/* Are products of f32 weights, if it has any, to be BLAS's? As asked for, else
 * where that is measured to be faster. */
bool pmpo_llama_by_blas(pmpo_llama_opening *w);

/* Sets w->precision to the one that will be used. AUTO becomes the fastest one
 * with low noise, or native if only the unchanged file fits into memory.
 * PMPO_EMODEL: the model does not fit into memory. */
int pmpo_llama_choose(pmpo_llama_opening *w, pmpo_error *err);
/* Sets w->file: the source itself or its widened copy, made where it is
 * missing. AUTO becomes native where copies have no place; w->bytes is set to
 * match. */
int pmpo_llama_file_for(pmpo_llama_opening *w, pmpo_error *err);

#endif
