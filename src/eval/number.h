/* number.h: numbers in text. Pure. */
#ifndef PMPO_EVAL_NUMBER_H
#define PMPO_EVAL_NUMBER_H

#include "base/str.h"
#include "pmpo.h"

/* The number that a sentence states: the last one in digits that is no operand
 * ("16 - 7 = 9"), no circumstance ("in 3 weeks") and not denied ("not 7"); the
 * last one not denied where there is no other; else the last in words. */
bool pmpo_states_number(pmpo_str sentence, double *v);

#endif
