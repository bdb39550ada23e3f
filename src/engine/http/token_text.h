/* token_text.h: from a token's name in a vocabulary to its bytes. Pure. */
#ifndef PMPO_ENGINE_HTTP_TOKEN_TEXT_H
#define PMPO_ENGINE_HTTP_TOKEN_TEXT_H

#include "base/str.h"

typedef enum pmpo_token_style {
    PMPO_TOKENS_PLAIN,  /* the name is the text */
    PMPO_TOKENS_BYTES,  /* byte-level BPE: a code point for each byte, a space is
                         * U+0120 */
    PMPO_TOKENS_PIECES, /* SentencePiece: a space is U+2581, <0x0A> a byte */
} pmpo_token_style;

/* The style of a vocabulary, judged by the name of one token of a text that has
 * a space; PMPO_TOKENS_PLAIN if this name does not show it. */
pmpo_token_style pmpo_token_style_of(pmpo_str name);
/* Appends the bytes. A name that is not in the style (special tokens often
 * aren't) is its own text. */
void pmpo_token_bytes(pmpo_token_style style, pmpo_str name, pmpo_buf *out);
/* Does it look like a special token: <|im_end|>, </s>, [INST]? */
bool pmpo_token_looks_special(pmpo_str text);

#endif
