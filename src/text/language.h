/* language.h: guesses the language and script of a text. Pure.
 *
 * Scripts are recognised by code points, languages in Latin script by their
 * most frequent function words. A text with few of these has an unknown
 * language, from which callers conclude nothing. */
#ifndef PMPO_TEXT_LANGUAGE_H
#define PMPO_TEXT_LANGUAGE_H

#include "base/mem.h"
#include "base/str.h"

typedef enum pmpo_script {
    PMPO_SCRIPT_LATIN, /* and everything not listed below */
    PMPO_SCRIPT_GREEK,
    PMPO_SCRIPT_CYRILLIC,
    PMPO_SCRIPT_HEBREW,
    PMPO_SCRIPT_ARABIC,
    PMPO_SCRIPT_DEVANAGARI,
    PMPO_SCRIPT_INDIC, /* Bengali to Malayalam */
    PMPO_SCRIPT_THAI,
    PMPO_SCRIPT_HANGUL,
    PMPO_SCRIPT_KANA,
    PMPO_SCRIPT_HAN,
    PMPO_N_SCRIPTS,
} pmpo_script;

/* "Cyrillic" and so on; static. */
const char *pmpo_script_name(pmpo_script s);
/* Counts the letters of each script in valid UTF-8; adds to
 * n[PMPO_N_SCRIPTS]. */
void pmpo_text_scripts(pmpo_str s, size_t *n);

/* *out is the language of one text: "English", ..., static; NULL: unknown. */
int pmpo_text_language(pmpo_str s, pmpo_arena *mem, const char **out);

/* The common language of many short texts, by their script (each script counts
 * as the language of most texts in it: Cyrillic as Russian) or by words that
 * the other languages lack. Static; NULL: unknown. */
const char *pmpo_language_of(const pmpo_str *texts, size_t n);

#endif
