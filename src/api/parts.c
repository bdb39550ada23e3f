/* parts.c: the training, validation and test part of a run: split, kept in the run
 * file, read back. */
#include "api/parts.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "data/data.h"
#include "propose/propose.h"
#include "score/score.h"
#include "search/answers.h"
#include "search/search.h"

/* ---- making -------------------------------------------------------------- */

static int subset(const pmpo_data *d, const size_t *idx, size_t n,
                  pmpo_data **out, pmpo_error *err)
{
    *out = NULL;
    return n == 0 ? 0 : pmpo_data_subset(d, idx, n, out, err);
}

/* A copy of the first `limit` of `d` (0: all). */
static int take_first(const pmpo_data *d, size_t limit, pmpo_data **out,
                      pmpo_error *err)
{
    int rc = pmpo_data_first(d, limit, out, err);
    if (rc < 0 || *out) {
        return rc;
    }
    return pmpo_data_shots(d, NULL, 0, 0, out, err); /* all: a plain copy */
}

/* The published split: a fifth, at most 50, at least 3; the rest is for the
 * test. What the caller asked for explicitly stays. */
static pmpo_split split_of(const pmpo_optimize_options *o, size_t n)
{
    pmpo_split s = o->split;
    if (o->paper) {
        size_t train = n / 5 > 50 ? 50 : n / 5;
        train = train < 3 ? 3 : train;
        train = train > n ? n : train;
        s.train = s.train < 0 ? (double)train : s.train;
        s.validation = s.validation < 0 ? 0 : s.validation;
    }
    return s;
}

static int deal(const pmpo_data *d, const unsigned char *part,
                pmpo_parts *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    size_t *idx = pmpo_calloc(n, sizeof(*idx));
    int rc = idx ? 0 : pmpo_fail_memory(err);
    for (unsigned char p = 0; rc == 0 && p < 3; p++) {
        size_t k = 0;
        for (size_t i = 0; i < n; i++) {
            if (part[i] == p) {
                idx[k++] = i;
            }
        }
        rc = subset(d, idx, k, &out->of[p], err);
    }
    pmpo_free(idx);
    return rc;
}

static int split(const pmpo_data *d, const pmpo_optimize_options *o,
                 pmpo_parts *out, pmpo_error *err)
{
    size_t n = pmpo_data_count(d);
    pmpo_split s = split_of(o, n);
    unsigned char *part = pmpo_calloc(n, 1);
    size_t size[3];
    int rc = part ? pmpo_data_split(d, &s, part, err) : pmpo_fail_memory(err);
    rc = rc < 0 ? rc : pmpo_split_sizes(&s, n, size, err);
    rc = rc < 0 ? rc : deal(d, part, out, err);
    for (int p = 0; rc == 0 && p < 3; p++) {
        out->lost[p] = size[p] > 0 && !out->of[p];
    }
    pmpo_free(part);
    return rc;
}

/* No example of one part may be asked in another: the verdict is about
 * examples that the search has not seen. */
static int check_apart(const pmpo_data *const given[3], pmpo_error *err)
{
    for (int a = 0; a < 2; a++) {
        for (int b = a + 1; b < 3; b++) {
            const pmpo_example *e = NULL;
            size_t n = 0;
            int rc = given[a] && given[b]
                         ? pmpo_data_overlap(given[a], given[b], &e, &n, err)
                         : 0;
            if (rc < 0) {
                return rc;
            }
            if (e) {
                pmpo_fail(err, PMPO_EDATA,
                          "example %.*s (one of %zu) is in "
                          "the %s part and among the %s examples: take it out "
                          "of one, or let one file be split",
                          (int)e->id.len, e->id.ptr, n, pmpo_part_name(b),
                          pmpo_part_name(a));
                return pmpo_fail_at(given[b], e, PMPO_EDATA, err);
            }
        }
    }
    return 0;
}

static int take_given(const pmpo_data *const given[3], size_t limit,
                      pmpo_parts *out, pmpo_error *err)
{
    int rc = check_apart(given, err);
    for (int p = 0; rc == 0 && p < 3; p++) {
        rc = given[p] ? take_first(given[p], limit, &out->of[p], err) : 0;
    }
    return rc;
}

static int split_first(const pmpo_data *train, const pmpo_optimize_options *o,
                       pmpo_parts *out, pmpo_error *err)
{
    /* Split before subsetting: rejected outputs that a subset makes up must
     * come from the same part. */
    size_t limit = o->score.limit;
    if (limit == 0 || limit >= pmpo_data_count(train)) {
        return split(train, o, out, err);
    }
    pmpo_data *some = NULL;
    int rc = take_first(train, limit, &some, err);
    rc = rc < 0 ? rc : split(some, o, out, err);
    pmpo_data_free(some);
    return rc;
}

typedef struct place {
    uint64_t order;
    size_t index;
} place;

static int by_order(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int c = (x->order > y->order) - (x->order < y->order);
    return c ? c : (x->index > y->index) - (x->index < y->index);
}

/* A part in an order that depends on seed and ids only: files are often sorted,
 * and both the race on the training part and the last choice, which looks at the
 * answers to the validation part as they come, need examples that come at
 * random. */
static int shuffle(pmpo_parts *p, pmpo_part which, uint64_t seed,
                   pmpo_error *err)
{
    pmpo_data *d = p->of[which], *shuffled = NULL;
    size_t n = d ? pmpo_data_count(d) : 0;
    place *places = pmpo_calloc(n, sizeof(*places));
    size_t *idx = pmpo_calloc(n, sizeof(*idx));
    int rc = places && idx ? 0 : pmpo_fail_memory(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        pmpo_str id = pmpo_data_example(d, i)->id;
        places[i] = (place){pmpo_hash64(id.ptr, id.len, ~seed), i};
    }
    if (rc == 0 && n > 0) {
        qsort(places, n, sizeof(*places), by_order);
        for (size_t i = 0; i < n; i++) {
            idx[i] = places[i].index;
        }
        rc = pmpo_data_subset(d, idx, n, &shuffled, err);
    }
    if (rc == 0 && n > 0) {
        pmpo_data_free(d);
        p->of[which] = shuffled;
    }
    pmpo_free(places);
    pmpo_free(idx);
    return rc;
}

/* A limit under which none would ever be proposed. */
static int check_demos(const pmpo_parts *p, const pmpo_optimize_options *o,
                       pmpo_error *err)
{
    size_t least = pmpo_least_demonstrations(p->of[PMPO_PART_TRAIN]);
    return o->demos == 0 || (size_t)o->demos >= least
               ? 0
               : pmpo_fail(err, PMPO_EUSAGE,
                           "one demonstration of answers that are labels would "
                           "show a single label and only move its share: allow "
                           "at least %zu",
                           least);
}

int pmpo_parts_make(const pmpo_optimize_input *in,
                    const pmpo_optimize_options *o, pmpo_parts *out,
                    pmpo_error *err)
{
    const pmpo_data *train = in->train;
    *out = (pmpo_parts){0};
    if (!train || pmpo_data_count(train) == 0) {
        return pmpo_fail(err, PMPO_EDATA, "no training examples");
    }
    const pmpo_data *const given[3] = {train, in->validation, in->test};
    int rc = in->validation || in->test
                 ? take_given(given, o->score.limit, out, err)
                 : split_first(train, o, out, err);
    rc = rc < 0 ? rc : shuffle(out, PMPO_PART_TRAIN, o->split.seed, err);
    rc = rc < 0 ? rc : shuffle(out, PMPO_PART_VALIDATION, o->split.seed, err);
    if (rc == 0 && !out->of[PMPO_PART_TRAIN]) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s: the training part of the split "
                       "is empty", pmpo_data_name(train));
    }
    rc = rc < 0 ? rc : check_demos(out, o, err);
    if (rc < 0) {
        pmpo_parts_release(out);
    }
    return rc;
}

void pmpo_parts_release(pmpo_parts *p)
{
    for (int i = 0; i < 3; i++) {
        pmpo_data_free(p->of[i]);
        p->of[i] = NULL;
    }
}

/* ---- in a run file ------------------------------------------------------- */

static int put_example(pmpo_store *s, pmpo_part part, size_t i,
                       const pmpo_example *e, pmpo_error *err)
{
    pmpo_buf json = {0};
    int rc = pmpo_example_json(e, &json, err);
    if (rc == 0) {
        rc = json.failed ? pmpo_fail_memory(err)
                         : pmpo_store_put_example(s, part, i,
                                                  pmpo_buf_str(&json), err);
    }
    pmpo_buf_release(&json);
    return rc;
}

int pmpo_parts_put(pmpo_store *s, const pmpo_parts *p, pmpo_error *err)
{
    int rc = 0;
    for (int part = 0; part < 3; part++) {
        size_t n = p->of[part] ? pmpo_data_count(p->of[part]) : 0;
        for (size_t i = 0; rc == 0 && i < n; i++) {
            rc = put_example(s, (pmpo_part)part, i,
                             pmpo_data_example(p->of[part], i), err);
        }
    }
    return rc;
}

/* The JSONL of a run's part. Its name doesn't end as a table's does, whatever
 * the run file is called. */
static int parse_part(const char *path, pmpo_part part, const pmpo_buf *jsonl,
                      pmpo_data **out, pmpo_error *err)
{
    pmpo_buf name = {0};
    pmpo_buf_printf(&name, "%s (%s part)", path, pmpo_part_name(part));
    int rc = name.failed ? pmpo_fail_memory(err)
                         : pmpo_data_parse(pmpo_buf_str(jsonl), name.ptr, NULL,
                                           out, err);
    pmpo_buf_release(&name);
    return rc;
}

int pmpo_run_data(const char *path, pmpo_part part, pmpo_data **out,
                  pmpo_error *err)
{
    pmpo_buf jsonl = {0};
    pmpo_data *d = NULL;
    size_t n = 0;
    if (!*pmpo_part_name(part)) {
        return pmpo_fail(err, PMPO_EUSAGE, "a run has the parts 0 to 2");
    }
    int rc = pmpo_store_read_part(path, part, &jsonl, &n, err);
    if (rc == 0 && n > 0) {
        rc = parse_part(path, part, &jsonl, &d, err);
    }
    pmpo_buf_release(&jsonl);
    if (rc == 0) {
        *out = d;
    }
    return rc;
}

int pmpo_parts_load(pmpo_store *s, pmpo_parts *out, pmpo_error *err)
{
    *out = (pmpo_parts){0};
    int rc = 0;
    for (int part = 0; rc == 0 && part < 3; part++) {
        pmpo_buf jsonl = {0};
        size_t n = 0;
        rc = pmpo_store_get_examples(s, (pmpo_part)part, &jsonl, &n, err);
        if (rc == 0 && n > 0) {
            rc = parse_part(pmpo_store_path(s), part, &jsonl, &out->of[part],
                            err);
        }
        pmpo_buf_release(&jsonl);
    }
    if (rc == 0 && !out->of[PMPO_PART_TRAIN]) {
        rc = pmpo_fail(err, PMPO_EDATA, "%s holds no examples: the run was "
                       "stopped before anything was kept; start it anew",
                       pmpo_store_path(s));
    }
    if (rc < 0) {
        pmpo_parts_release(out);
    }
    return rc;
}

int pmpo_parts_fit(const pmpo_parts *p, pmpo_model *scorer,
                   const pmpo_optimize_options *o, pmpo_error *err)
{
    pmpo_scorer_options so = pmpo_search_scoring(o, PMPO_TARGETS_ALL);
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        pmpo_scorer *s = NULL;
        uint64_t prefill, logical;
        if (!p->of[i]) {
            continue;
        }
        rc = pmpo_joint_scorer_new(scorer, p->of[i], &so, &s, err);
        rc = rc < 0 ? rc
                    : pmpo_scorer_count(s, o->prompt, &prefill, &logical, err);
        pmpo_scorer_free(s);
        bool answered = i == PMPO_PART_VALIDATION
                            ? pmpo_answers_choose(o)
                            : i == PMPO_PART_TEST &&
                                  o->metric != PMPO_RUN_METRIC_NONE;
        rc = rc < 0 || !answered
                 ? rc
                 : pmpo_answers_fit(scorer, o, p->of[i], o->prompt, err);
    }
    return rc;
}
