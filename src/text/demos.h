/* demos.h: demonstrations, solved examples at the end of a prompt.
 *
 * They are part of the prompt's text, so that whatever holds a prompt holds
 * them: run files, the cache, an export. They have two forms. As text, which
 * the model reads as it stands:
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

#define PMPO_DEMO_OPEN "{{example}}"
#define PMPO_DEMO_ANSWER "{{answer}}"
#define PMPO_DEMO_CLOSE "{{/example}}"

/* No white space at the ends of either; neither is empty. */
typedef struct pmpo_demo {
    pmpo_str input, output;
} pmpo_demo;

typedef struct pmpo_demos {
    pmpo_str instruction; /* before them; without white space at its end where
                           * there are some */
    pmpo_str rest;        /* the text from there on; empty: there are none */
    pmpo_demo of[PMPO_MAX_DEMOS];
    size_t n;
    pmpo_demos_as as;
} pmpo_demos;

/* Takes a prompt apart; texts borrow from it. What is not whole, or more than
 * PMPO_MAX_DEMOS, is not taken for demonstrations: n is 0 then and the
 * instruction all of the prompt, byte for byte. */
void pmpo_demos_read(pmpo_str prompt, pmpo_demos *out);

/* Appends the instruction and the n demonstrations (`rest` is not looked at). */
void pmpo_demos_write(const pmpo_demos *d, pmpo_buf *out);

/* Would it be read as it was written? *yes is false of one whose texts have
 * the marks in them, or are empty. PMPO_ENOMEM. */
int pmpo_demos_can_hold(pmpo_demos_as as, pmpo_demo d, bool *yes);

#endif
