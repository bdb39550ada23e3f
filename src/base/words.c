/* words.c: the words of the public enums, from their lists in pmpo_words.h. */
#include "base/words.h"

#include <string.h>

#define WORD(name, word) word,

/* The array, and the public function that looks into it. */
#define WORDS(type, list, array, word_of)                                      \
    const char *const array[] = {list(WORD) NULL};                             \
    const char *word_of(type value)                                            \
    {                                                                          \
        size_t n = sizeof(array) / sizeof(array[0]) - 1;                       \
        return (unsigned)value < n ? array[value] : "";                        \
    }

WORDS(pmpo_precision, PMPO_PRECISIONS, pmpo_precision_words,
      pmpo_precision_name)
WORDS(pmpo_products, PMPO_PRODUCTS, pmpo_products_words, pmpo_products_name)
WORDS(pmpo_loss_kind, PMPO_LOSSES, pmpo_loss_words, pmpo_loss_name)
WORDS(pmpo_reduction, PMPO_REDUCTIONS, pmpo_reduction_words,
      pmpo_reduction_name)
WORDS(pmpo_loss_on, PMPO_LOSS_ONS, pmpo_loss_on_words, pmpo_loss_on_name)
WORDS(pmpo_normalize, PMPO_NORMALIZATIONS, pmpo_normalize_words,
      pmpo_normalize_name)
WORDS(pmpo_calibrate, PMPO_CALIBRATIONS, pmpo_calibrate_words,
      pmpo_calibrate_name)
WORDS(pmpo_end, PMPO_ENDS, pmpo_end_words, pmpo_end_name)
WORDS(pmpo_rewrite_form, PMPO_FORMS, pmpo_form_words, pmpo_form_name)
WORDS(pmpo_race, PMPO_RACES, pmpo_race_words, pmpo_race_name)
WORDS(pmpo_demos_as, PMPO_DEMOS_ASES, pmpo_demos_as_words, pmpo_demos_as_name)
WORDS(pmpo_joint, PMPO_JOINTS, pmpo_joint_words, pmpo_joint_name)
WORDS(pmpo_part, PMPO_PARTS, pmpo_part_words, pmpo_part_name)
WORDS(pmpo_run_metric, PMPO_RUN_METRICS, pmpo_run_metric_words,
      pmpo_run_metric_name)
WORDS(pmpo_fate, PMPO_FATES, pmpo_fate_words, pmpo_fate_name)
WORDS(pmpo_finding, PMPO_FINDINGS, pmpo_finding_words, pmpo_finding_name)
WORDS(pmpo_effect, PMPO_EFFECTS, pmpo_effect_words, pmpo_effect_name)
WORDS(pmpo_grain, PMPO_GRAINS, pmpo_grain_words, pmpo_grain_name)

int pmpo_word_place(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], word)) {
            return i;
        }
    }
    return -1;
}
