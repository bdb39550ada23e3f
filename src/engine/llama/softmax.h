/* softmax.h: the normaliser of a row of logits, in one pass. */
#ifndef PMPO_ENGINE_SOFTMAX_H
#define PMPO_ENGINE_SOFTMAX_H

#include <stddef.h>

/* log(sum exp logits[i]) over a row of n > 0, each element read from memory
 * once, to about 1e-7 relative. NAN or +infinity in the row give NAN. */
double pmpo_logsumexp_row(const float *logits, size_t n);

/* The same, two passes in double: the reference. */
double pmpo_logsumexp_plain(const float *logits, size_t n);

#endif
