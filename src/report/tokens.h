/* tokens.h: an answer's tokens, coloured by their log-probabilities. */
#ifndef PMPO_REPORT_TOKENS_H
#define PMPO_REPORT_TOKENS_H

#include "base/str.h"
#include "pmpo.h"

/* Writes `text` token by token, each with its colour and, for the page's
 * script, its log-probabilities. The colour shows how much likelier the token
 * is in `b` than in `a`; if `b` is NULL, its log-probability in `a`. Both have
 * the same tokens. */
void pmpo_put_tokens(pmpo_buf *out, pmpo_str text, const pmpo_kept_example *a,
                     const pmpo_kept_example *b);

#endif
