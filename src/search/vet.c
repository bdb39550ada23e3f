/* vet.c: see vet.h. The rules come first, then how they meet a run. */
#include "search/vet.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"
#include "search/state.h"

#define COPY_BYTES 40 /* in a row: no accident in a prompt */

static int object(pmpo_verdict *v, pmpo_fate fate, const char *fmt, ...)
    PMPO_PRINTF(3, 4);

static int object(pmpo_verdict *v, pmpo_fate fate, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(v->reason, sizeof(v->reason), fmt, ap);
    va_end(ap);
    v->fate = fate;
    return 0;
}

/* ---- seen already -------------------------------------------------------- */

int pmpo_find_prompt(const pmpo_candidate_row *rows, size_t n, pmpo_str prompt)
{
    for (size_t i = 0; i < n; i++) {
        if (pmpo_str_eq(pmpo_str_trim(rows[i].prompt), prompt)
            && (i == 0 || rows[i].prompt.len > 0)) {
            return (int)i;
        }
    }
    return -1;
}

/* A duplicate's loss comes once all are scored: see loop.c. */
static int is_new(const pmpo_vet_input *in, pmpo_verdict *v, pmpo_error *err)
{
    (void)err;
    int same = pmpo_find_prompt(in->rows, in->n_rows, in->prompt);
    return same < 0 ? 0
                    : object(v, PMPO_FATE_DUPLICATE, "the same as prompt %d%s",
                             same,
                             same == in->incumbent ? ", the incumbent" : "");
}

/* ---- a training example's words ------------------------------------------ */

/* How many training examples have `words` in their input or a message. */
static size_t examples_with(const pmpo_data *train, pmpo_str words)
{
    size_t n = 0;
    for (size_t i = 0; i < pmpo_data_count(train); i++) {
        const pmpo_example *e = pmpo_data_example(train, i);
        bool has = pmpo_str_find(e->input, words, 0) != SIZE_MAX;
        for (size_t k = 0; k < e->n_messages && !has; k++) {
            has = pmpo_str_find(e->messages[k].content, words, 0) != SIZE_MAX;
        }
        n += has;
    }
    return n;
}

/* The prompt holds COPY_BYTES in a row of `text` that are this example's own:
 * words that half of the examples have are the task's. */
static bool copies(const pmpo_vet_input *in, pmpo_str text)
{
    size_t most = pmpo_data_count(in->train) / 2;
    for (size_t at = 0; at + COPY_BYTES <= text.len; at++) {
        pmpo_str words = pmpo_str_sub(text, at, at + COPY_BYTES);
        if (pmpo_str_find(in->prompt, words, 0) != SIZE_MAX
            && examples_with(in->train, words) <= (most > 1 ? most : 1)) {
            return true;
        }
    }
    return false;
}

static bool copies_example(const pmpo_vet_input *in, const pmpo_example *e)
{
    bool copied = copies(in, e->input);
    for (size_t k = 0; k < e->n_messages && !copied; k++) {
        copied = copies(in, e->messages[k].content);
    }
    return copied;
}

static int is_no_copy(const pmpo_vet_input *in, pmpo_verdict *v,
                      pmpo_error *err)
{
    (void)err;
    for (size_t i = 0; in->train && i < pmpo_data_count(in->train); i++) {
        const pmpo_example *e = pmpo_data_example(in->train, i);
        if (copies_example(in, e)) {
            return object(v, PMPO_FATE_REJECTED,
                          "it copies words of the training example %.*s",
                          (int)e->id.len, e->id.ptr);
        }
    }
    return 0;
}

/* ---- length -------------------------------------------------------------- */

static int is_short_enough(const pmpo_vet_input *in, pmpo_verdict *v,
                           pmpo_error *err)
{
    pmpo_tokens t = {0};
    int rc = in->vocab->tokenize(in->vocab->self, in->prompt, false, &t, err);
    if (rc == 0 && in->max_tokens > 0 && t.n > (size_t)in->max_tokens) {
        object(v, PMPO_FATE_TOO_LONG, "%zu tokens, at most %d are allowed",
               t.n, in->max_tokens);
    }
    pmpo_tokens_release(&t);
    return rc;
}

/* ---- all rules ----------------------------------------------------------- */

typedef int rule(const pmpo_vet_input *in, pmpo_verdict *v, pmpo_error *err);

static rule *const rules[] = {is_new, is_no_copy, is_short_enough};

int pmpo_vet(const pmpo_vet_input *in, pmpo_verdict *out, pmpo_error *err)
{
    *out = (pmpo_verdict){.fate = PMPO_FATE_PENDING};
    int rc = 0;
    for (size_t i = 0; rc == 0 && out->fate == PMPO_FATE_PENDING
                       && i < sizeof(rules) / sizeof(rules[0]);
         i++) {
        rc = rules[i](in, out, err);
    }
    return rc;
}

/* ---- in a run ------------------------------------------------------------ */

int pmpo_vet_row(pmpo_state *st, pmpo_candidate_row *row, pmpo_error *err)
{
    const pmpo_vet_input in = {
        .prompt = row->prompt,
        .rows = st->rows,
        .n_rows = (size_t)row->id,
        .incumbent = st->incumbent,
        .train = st->o.paper ? NULL : st->in->train,
        .vocab = &st->in->scorer->vocab,
        .max_tokens = st->o.max_prompt_tokens,
    };
    pmpo_verdict v;
    int rc = pmpo_vet(&in, &v, err);
    if (rc == 0 && v.fate != PMPO_FATE_PENDING) {
        row->fate = v.fate;
        row->reason = pmpo_say(st, "%s", v.reason);
    }
    return rc;
}

int pmpo_vet_fits(pmpo_state *st, pmpo_candidate_row *row, pmpo_error *err)
{
    pmpo_scorer *const all[] = {st->train_all, st->validation, st->test};
    uint64_t prefill, logical;
    pmpo_error why = {0};
    int rc = 0;
    for (int i = 0; rc == 0 && i < 3; i++) {
        rc = all[i] ? pmpo_scorer_count(all[i], row->prompt, &prefill,
                                        &logical, &why)
                    : 0;
    }
    if (rc == PMPO_ETOOLONG) {
        row->fate = PMPO_FATE_TOO_LONG;
        row->reason = pmpo_say(st, "%s", why.text);
        return 0;
    }
    return rc < 0 ? pmpo_fail(err, rc, "%s", why.text) : 0;
}
