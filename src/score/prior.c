/* prior.c: see prior.h. A scorer of its own over a made-up set does the work. */
#include "score/prior.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "data/data.h"

#define CONTENT_FREE "N/A"

struct pmpo_prior {
    pmpo_data *data;
    pmpo_scorer *scorer;
    pmpo_str *texts; /* [n], sorted by bytes, distinct */
    double *nats;    /* [n], under the last prompt */
    size_t n;
    pmpo_arena mem;
};

static int by_bytes(const void *a, const void *b)
{
    return pmpo_str_cmp(*(const pmpo_str *)a, *(const pmpo_str *)b);
}

static int collect(pmpo_prior *p, const pmpo_str *texts, size_t n)
{
    p->texts = pmpo_arena_alloc(&p->mem, n, sizeof(*p->texts));
    p->nats = pmpo_arena_alloc(&p->mem, n, sizeof(*p->nats));
    if (!p->texts || !p->nats) {
        return PMPO_ENOMEM;
    }
    memcpy(p->texts, texts, n * sizeof(*texts));
    qsort(p->texts, n, sizeof(*p->texts), by_bytes);
    for (size_t i = 0; i < n; i++) {
        if (p->n == 0 || !pmpo_str_eq(p->texts[p->n - 1], p->texts[i])) {
            p->texts[p->n++] = p->texts[i];
        }
    }
    return 0;
}

/* The set of examples that have nothing but an output. */
static int make_data(pmpo_prior *p, pmpo_error *err)
{
    pmpo_buf jsonl = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        char id[24];
        snprintf(id, sizeof(id), "%zu", i);
        const pmpo_example e = {.id = {id, strlen(id)},
                                .input = PMPO_STR(CONTENT_FREE),
                                .target = p->texts[i],
                                .weight = 1};
        rc = pmpo_example_json(&e, &jsonl, err);
        pmpo_buf_putc(&jsonl, '\n');
    }
    if (rc == 0) {
        rc = jsonl.failed
                 ? pmpo_fail_memory(err)
                 : pmpo_data_parse(pmpo_buf_str(&jsonl), "the content-free set",
                                   NULL, &p->data, err);
    }
    pmpo_buf_release(&jsonl);
    return rc;
}

int pmpo_prior_new(pmpo_model *m, const pmpo_str *texts, size_t n,
                   const pmpo_scorer_options *o, pmpo_prior **out,
                   pmpo_error *err)
{
    pmpo_prior *p = pmpo_calloc(1, sizeof(*p));
    if (!p) {
        return pmpo_fail_memory(err);
    }
    pmpo_scorer_options own = *o;
    own.loss = PMPO_LOSS_NLL;
    own.reduction = PMPO_REDUCE_SUM;
    own.calibrate = PMPO_CALIBRATE_NONE;
    own.targets = PMPO_TARGETS_LOSS;
    int rc = collect(p, texts, n) < 0 ? pmpo_fail_memory(err)
                                      : make_data(p, err);
    rc = rc < 0 ? rc : pmpo_scorer_new(m, p->data, &own, &p->scorer, err);
    if (rc < 0) {
        pmpo_prior_free(p);
        return rc;
    }
    *out = p;
    return 0;
}

void pmpo_prior_free(pmpo_prior *p)
{
    if (p) {
        pmpo_scorer_free(p->scorer);
        pmpo_data_free(p->data);
        pmpo_arena_release(&p->mem);
        pmpo_free(p);
    }
}

int pmpo_prior_score(pmpo_prior *p, pmpo_str prompt,
                     const pmpo_score_context *c, pmpo_error *err)
{
    pmpo_score_context quiet = *c;
    pmpo_arena mem = {0};
    pmpo_result r;
    quiet.after = NULL; /* its examples are not the caller's */
    quiet.whole = NULL;
    quiet.bound = INFINITY;
    int rc = pmpo_scorer_score(p->scorer, prompt, &quiet, &mem, &r, err);
    for (size_t i = 0; rc == 0 && i < p->n; i++) {
        p->nats[i] = r.score.examples[i].targets[0].nats;
    }
    pmpo_arena_release(&mem);
    return rc;
}

double pmpo_prior_of(const pmpo_prior *p, pmpo_str text)
{
    const pmpo_str *at =
        bsearch(&text, p->texts, p->n, sizeof(*p->texts), by_bytes);
    return p->nats[at - p->texts];
}

int pmpo_prior_count(pmpo_prior *p, pmpo_str prompt, uint64_t *prefill,
                     uint64_t *logical, pmpo_error *err)
{
    return pmpo_scorer_count(p->scorer, prompt, prefill, logical, err);
}
