/* token_text.h: the bytes behind the name that a vocabulary has for a token.
 * Pure. */
#ifndef PMPO_ENGINE_HTTP_TOKEN_TEXT_H
#define PMPO_ENGINE_HTTP_TOKEN_TEXT_H

#include "base/str.h"

typedef enum pmpo_token_style {
    PMPO_TOKENS_PLAIN,  /* the name is the text */
    PMPO_TOKENS_BYTES,  /* byte-level BPE: a code point for each byte, a space is
                         * U+0120 */
    PMPO_TOKENS_PIECES, /* SentencePiece: a space is U+2581, <0x0A> a byte */
} pmpo_token_style;

/* The style of a vocabulary in which `name` occurs among the tokens of a text
 * with a space; PMPO_TOKENS_PLAIN: it doesn't tell. */
pmpo_token_style pmpo_token_style_of(pmpo_str name);
/* Appends the bytes. A name that is not in the style (special tokens often
 * aren't) is its own text. */
void pmpo_token_bytes(pmpo_token_style style, pmpo_str name, pmpo_buf *out);
/* It looks like <|im_end|>, </s> or [INST]: special tokens do. */
bool pmpo_token_looks_special(pmpo_str text);

#endif
