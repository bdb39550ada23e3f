/* custom_engine.h: engines of the calling program (pmpo_custom.h), for the
 * table of engines. */
#ifndef PMPO_ENGINE_CUSTOM_H
#define PMPO_ENGINE_CUSTOM_H

#include "model/model.h"

/* Is it "custom://NAME", which is how runs refer to such models? */
bool pmpo_custom_takes(const char *model);
/* Always PMPO_EMODEL: only the program that has the engine can open it. */
int pmpo_custom_open(const pmpo_model_options *o, pmpo_model **out,
                     pmpo_error *err);

#endif
