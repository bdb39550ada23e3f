/* split.c: splitting a set into training, validation and test part.
 *
 * Examples are ordered by a hash of the seed and their id, and the parts are
 * cut from that order. So the sizes are exact, the order of the file does not
 * matter, and the same ids with the same seed give the same parts. Examples
 * of one input stay together, or the test part would hold what was trained
 * on; where there are such groups a part may grow by the rest of one. */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "data/set.h"

enum { TRAIN, VALIDATION, TEST, UNUSED };

#define MAX_DEFAULT_TRAIN 50 /* about the published size of the part */
#define SLACK 1e-9 /* shares such as 0.7 + 0.2 + 0.1 are not exact */

/* ---- sizes -------------------------------------------------------------- */

/* A size that was given. Sets *share when it is one. */
static int given_size(double v, size_t all, const char *what, size_t *out,
                      double *share, pmpo_error *err)
{
    if (!(v >= 0) || (v > 1 && (v != floor(v) || v > 9e15))) {
        return pmpo_fail(err, PMPO_EUSAGE,
                         "%s %g is neither a share below 1 nor a count", what,
                         v);
    }
    if (v == 0 || v >= 1) {
        *out = (size_t)v;
        return 0;
    }
    *share += v;
    *out = (size_t)floor(v * (double)all + SLACK);
    *out += *out == 0; /* who asks for a share wants some */
    return 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t left_of(size_t all, const size_t size[3])
{
    return all - size[TRAIN] - size[VALIDATION] - size[TEST];
}

int pmpo_split_sizes(const pmpo_split *s, size_t all, size_t size[3],
                     pmpo_error *err)
{
    const double asked[3] = {s->train, s->validation, s->test};
    const char *const names[3] = {"train", "validation", "test"};
    double share = 0;
    int n_shares = 0;
    size_t sum = 0;
    for (int i = 0; i < 3; i++) {
        int rc = 0;
        size[i] = 0;
        if (!(asked[i] < 0)) {
            rc = given_size(asked[i], all, names[i], &size[i], &share, err);
        }
        if (rc < 0) {
            return rc;
        }
        n_shares += asked[i] > 0 && asked[i] < 1;
        sum = size[i] > all - sum ? SIZE_MAX : sum + size[i];
        if (sum > all || share > 1 + SLACK) {
            return pmpo_fail(err, PMPO_EUSAGE, "the parts ask for more than "
                             "the %zu examples", all);
        }
    }
    if (s->train < 0) {
        size_t half = all / 2 + (all == 1);
        size[TRAIN] = smaller(smaller(MAX_DEFAULT_TRAIN, half),
                              left_of(all, size));
        if (size[TRAIN] == 0) {
            return pmpo_fail(err, PMPO_EUSAGE, "no example is left to train "
                             "on; make validation or test smaller");
        }
    }
    if (s->validation < 0) {
        size[VALIDATION] = smaller(all / 4, left_of(all, size));
    }
    if (s->test < 0 || (n_shares == 3 && share > 1 - SLACK)) {
        size[TEST] += left_of(all, size); /* what rounding down left over */
    }
    return 0;
}

/* ---- order -------------------------------------------------------------- */

typedef struct row {
    pmpo_hash content; /* equal for examples that must share a part */
    uint64_t own, group; /* hash of seed and id; the least one of the group */
    pmpo_str id;
    size_t index;
} row;

static int by_content(const void *a, const void *b)
{
    const row *x = a, *y = b;
    return memcmp(x->content.bytes, y->content.bytes, sizeof(x->content.bytes));
}

static int by_group(const void *a, const void *b)
{
    const row *x = a, *y = b;
    int c = (x->group > y->group) - (x->group < y->group);
    if (c == 0) {
        c = by_content(a, b);
    }
    return c ? c : pmpo_str_cmp(x->id, y->id);
}

static row *ordered_rows(const pmpo_data *d, uint64_t seed)
{
    row *rows = pmpo_calloc(d->n, sizeof(*rows));
    for (size_t i = 0; rows && i < d->n; i++) {
        const pmpo_example *e = &d->items[i].e;
        rows[i].own = pmpo_hash64(e->id.ptr, e->id.len, seed);
        rows[i].id = e->id;
        rows[i].index = i;
        if (pmpo_content_hash(e, false, &rows[i].content) < 0) {
            pmpo_free(rows);
            return NULL;
        }
    }
    if (!rows) {
        return NULL;
    }
    qsort(rows, d->n, sizeof(*rows), by_content);
    for (size_t from = 0, to; from < d->n; from = to) {
        uint64_t least = rows[from].own;
        to = from;
        while (to < d->n && !by_content(&rows[from], &rows[to])) {
            least = rows[to].own < least ? rows[to].own : least;
            to++;
        }
        for (size_t i = from; i < to; i++) {
            rows[i].group = least;
        }
    }
    qsort(rows, d->n, sizeof(*rows), by_group);
    return rows;
}

/* Groups can use up what was asked for a later part. */
static int check_dealt(const pmpo_split *s, const size_t size[3],
                       const bool dealt[4], bool one_input, pmpo_error *err)
{
    const double asked[3] = {s->train, s->validation, s->test};
    for (int i = 0; i < 3; i++) {
        if (asked[i] > 0 && size[i] > 0 && !dealt[i]) {
            return pmpo_fail(err, PMPO_EUSAGE,
                             "%s: nothing is left for the %s "
                             "part; give examples with other inputs, or 0 as "
                             "its size",
                             one_input ? "all examples have one input and stay "
                                         "together"
                                       : "examples of one input stay together",
                             pmpo_part_name(i));
        }
    }
    return 0;
}

int pmpo_data_split(const pmpo_data *d, const pmpo_split *s,
                    unsigned char *part, pmpo_error *err)
{
    size_t size[3];
    int rc = pmpo_split_sizes(s, d->n, size, err);
    if (rc < 0) {
        return rc;
    }
    row *rows = ordered_rows(d, s->seed);
    if (!rows) {
        return pmpo_fail_memory(err);
    }
    unsigned char now = TRAIN;
    bool has[4] = {false};
    size_t dealt = 0;
    for (size_t i = 0; i < d->n; i++) {
        bool new_group = i == 0 || by_content(&rows[i - 1], &rows[i]);
        while (new_group && now < UNUSED && dealt >= size[now]) {
            now++;
            dealt = 0;
        }
        part[rows[i].index] = now;
        has[now] = true;
        dealt++;
    }
    bool one_input = d->n > 0 && by_content(&rows[0], &rows[d->n - 1]) == 0;
    pmpo_free(rows);
    return check_dealt(s, size, has, one_input, err);
}

/* ---- overlap ------------------------------------------------------------ */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(((const pmpo_hash *)a)->bytes, ((const pmpo_hash *)b)->bytes,
                  sizeof(((const pmpo_hash *)a)->bytes));
}

static pmpo_hash *sorted_contents(const pmpo_data *d)
{
    pmpo_hash *h = pmpo_calloc(d->n, sizeof(*h));
    for (size_t i = 0; h && i < d->n; i++) {
        if (pmpo_content_hash(&d->items[i].e, false, &h[i]) < 0) {
            pmpo_free(h);
            return NULL;
        }
    }
    if (h) {
        qsort(h, d->n, sizeof(*h), by_bytes);
    }
    return h;
}

/* asked[i]: example i of b has the input of an example of `a`. */
static int mark_overlap(const pmpo_data *a, const pmpo_data *b, bool *asked)
{
    pmpo_hash *have = sorted_contents(a), one;
    int rc = have ? 0 : PMPO_ENOMEM;
    for (size_t i = 0; rc == 0 && i < b->n; i++) {
        rc = pmpo_content_hash(&b->items[i].e, false, &one);
        asked[i] |= rc == 0
                    && bsearch(&one, have, a->n, sizeof(*have), by_bytes);
    }
    pmpo_free(have);
    return rc;
}

int pmpo_data_overlap(const pmpo_data *a, const pmpo_data *b,
                      const pmpo_example **first, size_t *n, pmpo_error *err)
{
    bool *asked = pmpo_calloc(b->n, sizeof(*asked));
    size_t count = 0;
    *first = NULL;
    if (!asked || mark_overlap(a, b, asked) < 0) {
        pmpo_free(asked);
        return pmpo_fail_memory(err);
    }
    for (size_t i = b->n; i > 0; i--) {
        if (asked[i - 1]) {
            *first = &b->items[i - 1].e;
            count++;
        }
    }
    pmpo_free(asked);
    if (n) {
        *n = count;
    }
    return 0;
}

int pmpo_data_unseen(const pmpo_data *d, const pmpo_data *const *seen,
                     size_t n_seen, pmpo_data **out, size_t *n_left_out,
                     pmpo_error *err)
{
    bool *asked = pmpo_calloc(d->n, sizeof(*asked));
    size_t *idx = pmpo_calloc(d->n, sizeof(*idx)), n = 0;
    int rc = asked && idx ? 0 : PMPO_ENOMEM;
    for (size_t i = 0; rc == 0 && i < n_seen; i++) {
        rc = seen[i] ? mark_overlap(seen[i], d, asked) : 0;
    }
    for (size_t i = 0; rc == 0 && i < d->n; i++) {
        if (!asked[i]) {
            idx[n++] = i;
        }
    }
    rc = rc < 0    ? pmpo_fail_memory(err)
         : n == 0 ? pmpo_fail(err, PMPO_EDATA, "%s: every example asks what "
                              "one of the others asks", d->name)
                  : pmpo_data_subset(d, idx, n, out, err);
    if (rc == 0 && n_left_out) {
        *n_left_out = d->n - n;
    }
    pmpo_free(asked);
    pmpo_free(idx);
    return rc;
}
