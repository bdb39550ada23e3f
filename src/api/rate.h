/* rate.h: what this machine does a second, measured on the work that it is about to do. */
#ifndef PMPO_API_RATE_H
#define PMPO_API_RATE_H

#include "pmpo.h"
#include "score/score.h"

/* Rows a second at which `m` scores the examples of `d` under `prompt`. One example warms it up; then come as many
 * as have about 700 rows, fewer where those would take it more than 10 s. The likelihood of the targets (nll) is
 * scored, which costs about what *so does: made-up rejected outputs would need the rest of the data. */
int pmpo_rate_scoring(pmpo_model *m, const pmpo_data *d,
                      const pmpo_scorer_options *so, pmpo_str prompt,
                      double *per_s, pmpo_error *err);

/* Tokens a second at which `m` writes n replies (1..64) at once, all together; each is a few tokens long. */
int pmpo_rate_generating(pmpo_model *m, size_t n, double *per_s,
                         pmpo_error *err);

#endif
