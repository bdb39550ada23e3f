/* words.h: the words of each public enum, in its order; the last is NULL. */
#ifndef PMPO_BASE_WORDS_H
#define PMPO_BASE_WORDS_H

#include "pmpo.h"

extern const char *const pmpo_precision_words[],
    *const pmpo_products_words[],
        *const pmpo_loss_words[],
            *const pmpo_reduction_words[],
                *const pmpo_loss_on_words[],
                    *const pmpo_normalize_words[],
                        *const pmpo_calibrate_words[],
                            *const pmpo_end_words[],
                                *const pmpo_form_words[],
                                    *const pmpo_race_words[],
                                        *const pmpo_demos_as_words[],
                                            *const pmpo_run_metric_words[],
                                                *const pmpo_fate_words[],
                                                    *const pmpo_effect_words[],
                                                        *const
                                                            pmpo_finding_words[],
                                                                *const
                                                                    pmpo_grain_words
                                                                        [];

/* The place of `word` in such a list; -1: it is not there. */
int pmpo_word_place(const char *const *words, const char *word);

#endif
