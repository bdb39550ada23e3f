/* tokens.h: an answer's tokens, coloured by what they cost. */
#ifndef PMPO_REPORT_TOKENS_H
#define PMPO_REPORT_TOKENS_H

#include "base/str.h"
#include "pmpo.h"

/* `text` token by token: each with its colour, and with its log-probabilities
 * for the page's script. The colour is how much likelier `b` made the token
 * than `a`; `b` NULL: what it costs under `a`. Both have the same tokens. */
void pmpo_put_tokens(pmpo_buf *out, pmpo_str text, const pmpo_kept_example *a,
                     const pmpo_kept_example *b);

#endif
