/* fold.h: letters without their case. */
#ifndef PMPO_BASE_FOLD_H
#define PMPO_BASE_FOLD_H

#include <stdbool.h>

#include "base/str.h"

/* The character at i < s.len in lower case, and in *n its bytes: letters of
 * ASCII, and in UTF-8 those of Latin (without phonetic ones), Greek and
 * Cyrillic by the simple mappings of Unicode's CaseFolding.txt, all of which
 * keep their length. Of all else each byte counts for itself. */
unsigned pmpo_fold_at(pmpo_str s, size_t i, size_t *n);

/* Equal but for case and the amount of ASCII white space. */
bool pmpo_same_words(pmpo_str a, pmpo_str b);

#endif
