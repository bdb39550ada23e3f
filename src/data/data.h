/* data.h: what the rooms above need of data sets beyond pmpo.h.
 *
 * A pmpo_data is immutable once made. It owns one arena with everything. */
#ifndef PMPO_DATA_DATA_H
#define PMPO_DATA_DATA_H

#include "base/str.h"
#include "pmpo.h"

/* As pmpo_data_load, from bytes. `name` is what errors call the file. */
int pmpo_data_parse(pmpo_str bytes, const char *name,
                    const pmpo_data_options *o, pmpo_data **out,
                    pmpo_error *err);

/* The file name the data came from; borrowed. */
const char *pmpo_data_name(const pmpo_data *d);

/* A new set holding copies of d's examples idx[0..n) in that order (n may be
 * 0). The rejected outputs of free-form answers from an importer that asks for
 * it (BBH), or from rows marked "rejected_drawn", are drawn anew: at most 4
 * targets of other examples OF THIS SUBSET, distinct and different from their
 * own, chosen by hash of their id. Given ones are never touched.
 * PMPO_EUSAGE: an index out of range. */
int pmpo_data_subset(const pmpo_data *d, const size_t *idx, size_t n,
                     pmpo_data **out, pmpo_error *err);

/* The first `limit` examples as a set of their own; NULL in *out where that
 * is all of them (limit 0, or not fewer). */
int pmpo_data_first(const pmpo_data *d, size_t limit, pmpo_data **out,
                    pmpo_error *err);

/* One example as one JSON object without a newline; every field it has is
 * written, so that pmpo_data_parse of the line gives an equal example. */
int pmpo_example_json(const pmpo_example *e, pmpo_buf *out, pmpo_error *err);

#endif
