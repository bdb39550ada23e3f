/* words.h: the words of each public enum, in its order; the last is NULL. */
#ifndef PMPO_BASE_WORDS_H
#define PMPO_BASE_WORDS_H

#include "pmpo.h"

extern const char *const pmpo_precision_words[];
extern const char *const pmpo_products_words[];
extern const char *const pmpo_loss_words[];
extern const char *const pmpo_reduction_words[];
extern const char *const pmpo_loss_on_words[];
extern const char *const pmpo_normalize_words[];
extern const char *const pmpo_calibrate_words[];
extern const char *const pmpo_end_words[];
extern const char *const pmpo_form_words[];
extern const char *const pmpo_race_words[];
extern const char *const pmpo_demos_as_words[];
extern const char *const pmpo_joint_words[];
extern const char *const pmpo_part_words[];
extern const char *const pmpo_run_metric_words[];
extern const char *const pmpo_fate_words[];
extern const char *const pmpo_effect_words[];
extern const char *const pmpo_finding_words[];
extern const char *const pmpo_grain_words[];

/* The index of `word` in one of these lists; -1: it is not in it. */
int pmpo_word_place(const char *const *words, const char *word);

#endif
