/* data.h: functions on data sets for the rooms above, beyond those of pmpo.h.
 *
 * A pmpo_data is immutable once made. It owns everything in it, in one
 * arena. */
#ifndef PMPO_DATA_DATA_H
#define PMPO_DATA_DATA_H

#include "base/mem.h"
#include "base/str.h"
#include "pmpo.h"
#include "text/demos.h"

/* Makes a set with copies of n examples, which get new ids. Error messages call
 * the set `name`. Line numbers count from 1, a weight of 0 becomes 1, and an
 * example without rejected outputs gets its other options as such. */
int pmpo_data_make(const pmpo_example *examples, size_t n, const char *name,
                   pmpo_data **out, pmpo_error *err);

/* How many of `all` examples each part is to have. PMPO_EUSAGE: more than there
 * are. */
int pmpo_split_sizes(const pmpo_split *s, size_t all, size_t size[3],
                     pmpo_error *err);

/* The examples' different labels (answer, or target), the commonest first; [*n],
 * for pmpo_free, texts borrowed from `d`. NULL: out of memory. */
pmpo_label_count *pmpo_data_count_labels(const pmpo_data *d, size_t *n);

/* The file name the data came from; borrowed. */
const char *pmpo_data_name(const pmpo_data *d);

/* Puts the place of the example `e` of `d` before the text in *err: "FILE:LINE:",
 * or "FILE: example N:" where the file is one list. Returns err->code, or
 * `code` when err is NULL. */
int pmpo_fail_at(const pmpo_data *d, const pmpo_example *e, int code,
                 pmpo_error *err);

/* A new set with the first `limit` examples; *out is NULL if these are all of
 * them (limit 0, or at least their number). */
int pmpo_data_first(const pmpo_data *d, size_t limit, pmpo_data **out,
                    pmpo_error *err);

/* The first example of `b` that has the same input or messages as an example of
 * `a`, whatever the ids; NULL: none. *n (may be NULL) is the number of such
 * examples of `b`. PMPO_ENOMEM. */
int pmpo_data_overlap(const pmpo_data *a, const pmpo_data *b,
                      const pmpo_example **first, size_t *n, pmpo_error *err);

/* Numbers the distinct inputs (or messages) from 0 in order of first
 * appearance: group[i] is the number of example i's input. `group` has one
 * element per example. PMPO_ENOMEM. */
int pmpo_data_groups(const pmpo_data *d, size_t *group, pmpo_error *err);

/* Has some example rejected outputs that were given as such, neither as options
 * nor drawn from other examples? */
bool pmpo_data_has_pairs(const pmpo_data *d);

/* One example as one JSON object without a newline; every field it has is
 * written, so that pmpo_data_parse of the line gives an equal example. */
int pmpo_example_json(const pmpo_example *e, pmpo_buf *out, pmpo_error *err);

/* Finds the last occurrence of the answer in the target, not inside a longer
 * word or number: bytes [*begin, *end). False: the example has no answer, or
 * the target does not contain it. */
bool pmpo_answer_place(const pmpo_example *e, size_t *begin, size_t *end);

/* The example `e` as a chat that has n demonstrations as turns: e's leading
 * system messages, then a user and an assistant message per demonstration, then
 * e's other messages or its input. *out borrows from e, d and `mem`.
 * PMPO_ENOMEM. */
int pmpo_example_after(const pmpo_example *e, const pmpo_demo *d, size_t n,
                       pmpo_arena *mem, pmpo_example *out);

#endif
