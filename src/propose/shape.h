/* shape.h: the form that the answers of a data set share. Pure.
 *
 * Looks at targets only, and at options if they are known. Its sentences are
 * true for every answer of the set and quote no words except those that all
 * answers share, or all labels, so they reveal no example's content. */
#ifndef PMPO_PROPOSE_SHAPE_H
#define PMPO_PROPOSE_SHAPE_H

#include "base/str.h"
#include "pmpo.h"

/* One sentence each; empty if the answers do not share such a form. The caller
 * releases them. */
typedef struct pmpo_shape {
    pmpo_buf answer; /* "Answer with exactly one of: yes, no." */
    pmpo_buf steps;  /* "Work in brief steps, one per line." */
    pmpo_buf end;    /* "End with a line '#### ' and the number." */
    pmpo_buf style;  /* "Answer in German." */
    bool labels;     /* answers are labels, letters of options, or options */
    bool choices; /* so, or they end a text that chooses among such letters */
    bool known;   /* false: too few answers to tell */
} pmpo_shape;

/* Of the targets of `d`; where they are labels, also of those of `validation`
 * (NULL: there are none). PMPO_ENOMEM. *out is zeroed first; release it in any
 * case. */
int pmpo_shape_read(const pmpo_data *d, const pmpo_data *validation,
                    pmpo_shape *out, pmpo_error *err);
void pmpo_shape_release(pmpo_shape *s);

#endif
