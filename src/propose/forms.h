/* forms.h: the texts of the requests to the rewriter. Pure.
 *
 * Mark the segments of an instruction; rewrite it (large models:
 * diagnose, then rewrite; small models: short); find the instruction behind
 * some examples; write one sentence of it. The user's texts are put in
 * unchanged, between lines that say what they are. A form is never parsed, so
 * these texts may have any content. */
#ifndef PMPO_PROPOSE_FORMS_H
#define PMPO_PROPOSE_FORMS_H

#include "base/str.h"
#include "model/model.h"
#include "pmpo.h"
#include "text/frame.h"

/* The lines around the instruction in each form. */
#define PMPO_FORM_BEGIN "=== instruction ===\n"
#define PMPO_FORM_END "\n=== end of instruction ===\n"

typedef struct pmpo_form_input {
    pmpo_str task;
    pmpo_str instruction;
    const pmpo_example *example; /* the hard case */
    size_t max_bytes;            /* of each of its texts; cut in the middle */
    const pmpo_segment_effect *segments; /* the mask table; may be empty */
    size_t n_segments;
    double noise_floor; /* of their effects; NAN: not measured */
} pmpo_form_input;

/* Appends the rewriting form (LARGE or SMALL). Returns true when some text
 * of the example was cut. */
bool pmpo_form_rewrite(pmpo_rewrite_form form, const pmpo_form_input *in,
                       pmpo_buf *out);

/* Appends the form that asks for the instruction behind some examples, whose
 * answers are shown without `frame`. */
void pmpo_form_induce(pmpo_str task, const pmpo_example *const *pairs, size_t n,
                      pmpo_frame frame, size_t max_bytes, pmpo_buf *out);

/* Appends the form that asks for one sentence, to stand in place of `segment`
 * or, where that is "", to be added. */
void pmpo_form_edit(const pmpo_form_input *in, pmpo_str segment, pmpo_buf *out);

/* Appends the form that asks for an instruction in other words. */
void pmpo_form_paraphrase(pmpo_str instruction, pmpo_buf *out);

/* The JSON form of a reply, for servers that can enforce one: the prompt, with
 * `analysis` after a field for the analysis. */
const pmpo_json_form *pmpo_form_json(bool analysis);
/* Appends the grammar (GBNF) of a reply that was begun with PMPO_REPLY_OPEN:
 * one sentence, or an instruction that may be twice as long as `like` and has
 * line breaks if that has; no question, no tags but the closing one. Numbers
 * are allowed: a model that may not write the one it means writes nonsense in
 * its place, and an example's numbers are the guards' to find. `opened`: the
 * first words were begun, too. `ascii`: of ASCII's characters only. */
void pmpo_form_grammar(pmpo_str like, bool opened, bool ascii, bool sentence,
                       pmpo_buf *out);

/* Appends the marking form: copy, with at most `max` segments marked. */
void pmpo_form_mark(pmpo_str instruction, int max, pmpo_buf *out);

/* Appends an example's input: its text, or its chat a line a message. */
void pmpo_form_example_input(const pmpo_example *e, pmpo_buf *out);

/* The task description if neither the user nor the data gives one. */
#define PMPO_NEUTRAL_TASK                                                      \
    "Give the expected answer to each input, following the instruction."

/* The toy task of the probe that chooses between the forms. */
extern const pmpo_example pmpo_probe_example;
#define PMPO_PROBE_TASK                                                        \
    "Sort short customer messages into one of three folders: billing, "        \
    "delivery or other."
#define PMPO_PROBE_INSTRUCTION "Say which folder the message belongs to."

#endif
