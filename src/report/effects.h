/* effects.h: the plot of the effects of a prompt's parts. */
#ifndef PMPO_REPORT_EFFECTS_H
#define PMPO_REPORT_EFFECTS_H

#include "base/str.h"
#include "pmpo.h"

typedef struct pmpo_effects {
    const pmpo_segment_effect *list; /* [n], in the order of the text */
    size_t n;
    pmpo_str prompt;    /* that they are parts of */
    double noise_floor; /* NAN: not measured */
} pmpo_effects;

/* Writes the prompt and its plot side by side. `id` is the plot's id: a
 * literal, or as safe as one. */
void pmpo_put_effects(pmpo_buf *b, const pmpo_effects *e, const char *id);

#endif
