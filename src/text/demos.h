/* demos.h: demonstrations, solved examples at the end of a prompt.
 *
 * They are part of the prompt's text, so run files, the cache and exports have
 * them without further support. They have two forms. As text, which the model
 * reads unchanged:
 *
 *     Classify the message.
 *
 *     Examples:
 *
 *     Input: Where is my parcel?
 *     Output: delivery
 *
 *     Input: ...
 *
 * and as turns, which become messages of the user and the assistant before
 * the example's own (model/render.h):
 *
 *     Classify the message.
 *
 *     {{example}}
 *     Where is my parcel?
 *     {{answer}}
 *     delivery
 *     {{/example}}
 */
#ifndef PMPO_TEXT_DEMOS_H
#define PMPO_TEXT_DEMOS_H

#include "base/str.h"
#include "pmpo.h"
#include "text/text.h"

#define PMPO_DEMO_OPEN "{{example}}"
#define PMPO_DEMO_ANSWER "{{answer}}"
#define PMPO_DEMO_CLOSE "{{/example}}"

/* No white space at the ends of either; neither is empty. */
typedef struct pmpo_demo {
    pmpo_str input, output;
} pmpo_demo;

typedef struct pmpo_demos {
    pmpo_str instruction; /* before them; if n > 0, without white space at its
                           * end */
    pmpo_str rest;        /* the text of the demonstrations; empty if n is 0 */
    pmpo_demo of[PMPO_MAX_DEMOS];
    size_t n;
    pmpo_demos_as as;
    pmpo_str tail; /* as text: what pmpo_demos_write puts behind the last one */
} pmpo_demos;

/* Splits a prompt into instruction and demonstrations, which borrow from it. If
 * the demonstrations are incomplete or more than PMPO_MAX_DEMOS, n is 0 and the
 * instruction is the whole prompt, byte for byte. */
void pmpo_demos_read(pmpo_str prompt, pmpo_demos *out);

/* Where the demonstrations of `prompt` stand, without white space at the ends;
 * d->n > 0. */
pmpo_span pmpo_demos_span(pmpo_str prompt, const pmpo_demos *d);

/* Puts them, if there are any, as one segment behind the *n of the instruction;
 * to the last one where there are `max` (at least 1) or PMPO_MAX_SEGMENTS. */
void pmpo_demos_add_segment(pmpo_str prompt, const pmpo_demos *d, int max,
                            pmpo_span *segments, size_t *n);

/* Appends the instruction, the n demonstrations and the tail (`rest` is not looked
 * at). */
void pmpo_demos_write(const pmpo_demos *d, pmpo_buf *out);

/* *yes: the demonstration would be read as it is written. False if its texts
 * are empty or contain the marks. PMPO_ENOMEM. */
int pmpo_demos_can_hold(pmpo_demos_as as, pmpo_demo d, bool *yes);

#endif
