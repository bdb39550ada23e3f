/* render.h: from instruction, input and answer to tokens.
 *
 * A rendered sequence is a list of runs: special ids (only from the template)
 * and plain bytes. Adjacent plain runs are joined and tokenised once, with
 * special-token parsing off, so data can't smuggle in <|im_end|> and tokens
 * fall where they would in the whole text.
 *
 * The seam between prompt and answer is a byte offset. All targets of an
 * example are tokenised joined to the prompt; the context is the longest run
 * of tokens that all of them share and that ends at or before the seam. Where
 * a token crosses the seam, the context ends before it and the tail up to the
 * seam is scored with every target alike; `seam` marks the example. */
#ifndef PMPO_MODEL_RENDER_H
#define PMPO_MODEL_RENDER_H

#include "model/model.h"

typedef struct pmpo_template pmpo_template;

/* What the template `place` replaces by the prompt. */
#define PMPO_PROMPT_PLACE_TEXT "{{prompt}}"
#define PMPO_PROMPT_PLACE PMPO_STR(PMPO_PROMPT_PLACE_TEXT)

/* name: "chat", "user", "user-suffix", "place", "raw" or "@file" (see
 * templates: docs/templates.md). Borrows `v` until freed. PMPO_EMODEL: `chat`
 * and the like with a model without recognised template, or one whose
 * literals depend on the content (advice: --template raw or @file).
 * PMPO_EUSAGE: unknown name, @file unreadable or without {input}. */
int pmpo_template_new(const pmpo_vocab *v, const char *name,
                      pmpo_template **out, pmpo_error *err);
void pmpo_template_free(pmpo_template *t);

typedef struct pmpo_rendered_target {
    const int32_t *ids; /* context and target together */
    size_t n_ids;
} pmpo_rendered_target;

typedef struct pmpo_rendered {
    size_t n_context;  /* the same for all targets */
    bool seam;
    const pmpo_rendered_target *targets; /* [n_targets] */
    size_t n_targets;
} pmpo_rendered;

typedef struct pmpo_render_input {
    pmpo_str instruction; /* if empty, its separator or the system turn is left
                           * out, too */
    const pmpo_example *example;
    const pmpo_str *targets; /* [n_targets] */
    size_t n_targets;
    bool end; /* the end-of-turn token after each */
} pmpo_render_input;

/* Renders one example with each of the targets. Everything lives in `mem`.
 * PMPO_EMODEL: nothing to condition on and no BOS; `end` without an
 * end-of-turn token; roles that the chat template has no place for.
 * PMPO_EDATA: an empty target (fine with `end`). PMPO_EUSAGE: no targets; an
 * instruction for an @file without {prompt}. Not thread-safe for one `t`. */
int pmpo_render(pmpo_template *t, const pmpo_render_input *in, pmpo_arena *mem,
                pmpo_rendered *out, pmpo_error *err);

/* Renders one example with `instruction` up to the beginning of the answer, for
 * generating it. Appends to *out. Errors as pmpo_render. */
int pmpo_render_prompt(pmpo_template *t, pmpo_str instruction,
                       const pmpo_example *e, pmpo_tokens *out,
                       pmpo_error *err);

/* The messages of one example with `instruction`, [*n] in `mem`, as the
 * templates chat, user and user-suffix make them. PMPO_EUSAGE: another
 * template; PMPO_ENOMEM. */
int pmpo_render_turns(const char *template_name, pmpo_str instruction,
                      const pmpo_example *e, pmpo_arena *mem,
                      pmpo_message **out, size_t *n, pmpo_error *err);

/* The text that pmpo_render_prompt tokenises, with the texts of special tokens,
 * and of BOS if it is added. Appends to *out. Errors as pmpo_render. */
int pmpo_render_text(pmpo_template *t, pmpo_str instruction,
                     const pmpo_example *e, pmpo_buf *out, pmpo_error *err);

/* Renders a chat with the beginning of the assistant's turn, for generating,
 * and `begun`, the beginning of the reply (may be ""). A model without a known
 * template gets the contents as plain text, with blank lines between. */
int pmpo_render_chat(const pmpo_vocab *v, const pmpo_message *messages,
                     size_t n, pmpo_str begun, pmpo_tokens *out,
                     pmpo_error *err);

/* Is one of the targets, as a list of tokens after the context, a proper prefix
 * of another? With `--end auto`, all targets then get the end-of-turn token. */
bool pmpo_rendered_prefixes(const pmpo_rendered *r);

#endif
