/* language.h: in which language and script a text is, roughly. Pure.
 *
 * Scripts are told by code points, languages of Latin script by their most
 * frequent function words; a text with few of them is in no known language,
 * which is no harm: nothing is concluded then. */
#ifndef PMPO_TEXT_LANGUAGE_H
#define PMPO_TEXT_LANGUAGE_H

#include "base/mem.h"
#include "base/str.h"

typedef enum pmpo_script {
    PMPO_SCRIPT_LATIN, /* and all that is not below */
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
/* Letters of each script in valid UTF-8, added to n[PMPO_N_SCRIPTS]. */
void pmpo_text_scripts(pmpo_str s, size_t *n);

/* The language of one text: "English", ..., static; NULL: cannot be told. */
int pmpo_text_language(pmpo_str s, pmpo_arena *mem, const char **out);

/* The language of many short texts together, by their script (which stands for
 * the language that most texts in it have: Cyrillic for Russian) or by words
 * that the other languages lack. Static; NULL: can't be told. */
const char *pmpo_language_of(const pmpo_str *texts, size_t n);

#endif
