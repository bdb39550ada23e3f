/* bigram.h: an example of an engine, for docs/design.md and its test: this
 * folder's bigram.c, and one row in engine/engines.c. */
#ifndef PMPO_EXAMPLE_BIGRAM_H
#define PMPO_EXAMPLE_BIGRAM_H

#include "model/model.h"

/* "bigram:TEXT": how often a byte follows another in TEXT, plus one. */
bool pmpo_bigram_takes(const char *model);
int pmpo_bigram_open(const pmpo_model_options *o, pmpo_model **out,
                     pmpo_error *err);

#endif
