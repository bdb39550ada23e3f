/* data.h: what the rooms above need of data sets beyond pmpo.h.
 *
 * A pmpo_data is immutable once made. It owns one arena with everything. */
#ifndef PMPO_DATA_DATA_H
#define PMPO_DATA_DATA_H

#include "base/mem.h"
#include "base/str.h"
#include "pmpo.h"
#include "text/demos.h"

/* A set of copies of examples made in memory, with ids of their own; `name` is
 * what errors call it. Line numbers count them from 1, weights of 0 are 1,
 * and options make the rejected outputs where there are none. */
int pmpo_data_make(const pmpo_example *examples, size_t n, const char *name,
                   pmpo_data **out, pmpo_error *err);

/* The file name the data came from; borrowed. */
const char *pmpo_data_name(const pmpo_data *d);

/* The first `limit` examples as a set of their own; NULL in *out where that
 * is all of them (limit 0, or not fewer). */
int pmpo_data_first(const pmpo_data *d, size_t limit, pmpo_data **out,
                    pmpo_error *err);

/* The first example of `b` that asks what an example of `a` asks (the same
 * input or messages, whatever the ids); NULL: none. *n (may be NULL) is how many do. PMPO_ENOMEM. */
int pmpo_data_overlap(const pmpo_data *a, const pmpo_data *b,
                      const pmpo_example **first, size_t *n, pmpo_error *err);

/* group[i], for every example: the same number for those that ask the same
 * (input or messages), from 0 in the order of first appearance. `group` has
 * room for all. PMPO_ENOMEM. */
int pmpo_data_groups(const pmpo_data *d, size_t *group, pmpo_error *err);

/* One example as one JSON object without a newline; every field it has is
 * written, so that pmpo_data_parse of the line gives an equal example. */
int pmpo_example_json(const pmpo_example *e, pmpo_buf *out, pmpo_error *err);

/* Where the answer stands last in the target, not as a part of a longer word
 * or number: bytes [*begin, *end). False: it has none, or not there. */
bool pmpo_answer_place(const pmpo_example *e, size_t *begin, size_t *end);

/* `e` after the n demonstrations as turns of a chat: its leading system
 * messages, a message of the user and one of the assistant for each, then what
 * it asks. *out borrows from e, d and `mem`. PMPO_ENOMEM. */
int pmpo_example_after(const pmpo_example *e, const pmpo_demo *d, size_t n,
                       pmpo_arena *mem, pmpo_example *out);

#endif
