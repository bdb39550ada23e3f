/* number.h: numbers in text. Pure. */
#ifndef PMPO_EVAL_NUMBER_H
#define PMPO_EVAL_NUMBER_H

#include "base/str.h"
#include "pmpo.h"

/* The number that a sentence states: the last one in digits that is not an
 * operand ("16 - 7 = 9"), a circumstance ("in 3 weeks"), negated ("not 7") or
 * one of two ("16 or 17");
 * if there is none, the last one in digits that is not negated; else the last
 * one in words. */
bool pmpo_states_number(pmpo_str sentence, double *v);

/* Is `a` the number b? Whole numbers must be equal, others to 1e-6 of b, or of
 * `least` if that is more. */
bool pmpo_near(double a, double b, double least);

#endif
