/* rewrite.c: the proposer that asks a model to rewrite the instruction, and
 * the probe that chooses its form.
 *
 * A reply that holds no usable instruction costs nothing but itself: it is
 * kept with its reason and the run goes on. */
#include "base/error.h"
#include "data/data.h"
#include "search/forms.h"
#include "search/state.h"

#define SHORT_CASE_BYTES 400 /* second try, when the request is too long */

/* ---- one generation job -------------------------------------------------- */

/* k requests of n samples each, with room for their parts. */
typedef struct batch {
    size_t n_requests, n_samples;
    pmpo_buf *forms;            /* [n_requests] */
    pmpo_message *messages;     /* [n_requests] */
    pmpo_gen_request *requests; /* [n_requests] */
    uint64_t *seeds;            /* [n_requests * n_samples] */
    pmpo_job_reply *replies;    /* likewise */
} batch;

static int batch_init(batch *b, size_t k, size_t n, pmpo_arena *mem,
                      pmpo_error *err)
{
    *b = (batch){.n_requests = k, .n_samples = n};
    b->forms = pmpo_arena_alloc(mem, k, sizeof(*b->forms));
    b->messages = pmpo_arena_alloc(mem, k, sizeof(*b->messages));
    b->requests = pmpo_arena_alloc(mem, k, sizeof(*b->requests));
    b->seeds = pmpo_arena_alloc(mem, k * n, sizeof(*b->seeds));
    b->replies = pmpo_arena_alloc(mem, k * n, sizeof(*b->replies));
    bool ok = b->forms && b->messages && b->requests && b->seeds && b->replies;
    if (!ok) {
        *b = (batch){0};
    }
    return ok ? 0 : pmpo_fail_memory(err);
}

static void batch_release(batch *b)
{
    for (size_t i = 0; i < b->n_requests; i++) {
        pmpo_buf_release(&b->forms[i]);
    }
}

static int batch_run(pmpo_state *st, batch *b, const char *kind,
                     int iteration, pmpo_arena *mem, pmpo_error *err)
{
    for (size_t i = 0; i < b->n_requests; i++) {
        if (b->forms[i].failed) {
            return pmpo_fail_memory(err);
        }
        b->messages[i] = (pmpo_message){PMPO_STR("user"),
                                        pmpo_buf_str(&b->forms[i])};
        b->requests[i] = (pmpo_gen_request){
            .messages = &b->messages[i],
            .n_messages = 1,
            .seeds = b->seeds + i * b->n_samples,
            .n_samples = b->n_samples,
        };
    }
    pmpo_job job = {
        .kind = kind,
        .iteration = iteration,
        .requests = b->requests,
        .n_requests = b->n_requests,
        .params = {.temperature = st->o.temperature,
                   .top_p = st->o.top_p,
                   .max_tokens = st->o.max_reply_tokens,
                   .stop = PMPO_STR(PMPO_REPLY_CLOSE)},
    };
    return pmpo_jobs_run(&st->jobs, &job, mem, b->replies, err);
}

/* ---- the probe ----------------------------------------------------------- */

static bool usable_probe(const pmpo_job_reply *r)
{
    pmpo_str found;
    if (pmpo_text_read_reply(r->text, r->complete, &found)) {
        return false;
    }
    bool same = pmpo_str_eq(found, PMPO_STR(PMPO_PROBE_INSTRUCTION));
    bool copies = pmpo_str_find(found, pmpo_probe_example.input, 0)
                  != SIZE_MAX;
    return !same && !copies;
}

static int run_probe(pmpo_state *st, pmpo_arena *mem, int *n_usable,
                     pmpo_error *err)
{
    batch b;
    int rc = batch_init(&b, 1, PMPO_PROBE_SAMPLES, mem, err);
    if (rc < 0) {
        return rc;
    }
    pmpo_form_input in = {
        .task = PMPO_STR(PMPO_PROBE_TASK),
        .instruction = PMPO_STR(PMPO_PROBE_INSTRUCTION),
        .example = &pmpo_probe_example,
        .max_bytes = PMPO_CASE_BYTES,
    };
    pmpo_form_rewrite(PMPO_FORM_LARGE, &in, &b.forms[0]);
    for (size_t i = 0; i < b.n_samples; i++) {
        b.seeds[i] = pmpo_seed_for(st->o.seed, "probe", 0, 0, i);
    }
    rc = batch_run(st, &b, "probe", 0, mem, err);
    *n_usable = 0;
    for (size_t i = 0; rc == 0 && i < b.n_samples; i++) {
        *n_usable += usable_probe(&b.replies[i]);
    }
    batch_release(&b);
    return rc;
}

int pmpo_probe_form(pmpo_state *st, pmpo_error *err)
{
    pmpo_arena mem = {0};
    int n = 0;
    pmpo_stage(st, "probing", 0, 0);
    int rc = run_probe(st, &mem, &n, err);
    pmpo_arena_release(&mem);
    if (rc < 0) {
        return rc;
    }
    bool large = n >= PMPO_PROBE_SAMPLES - 1;
    st->o.form = large ? PMPO_FORM_LARGE : PMPO_FORM_SMALL;
    return pmpo_record_note(st, "form_reason",
                            pmpo_say(st, "%d of %d replies to the large form "
                                     "were usable", n, PMPO_PROBE_SAMPLES),
                            err);
}

/* ---- requests ------------------------------------------------------------ */

static const pmpo_example *case_of(const pmpo_state *st,
                                   const pmpo_step *step, size_t i)
{
    return pmpo_data_example(st->in->train, step->cases[i]);
}

static int note_cut(pmpo_state *st, const pmpo_step *step, size_t i,
                    size_t max, pmpo_error *err)
{
    const pmpo_example *e = case_of(st, step, i);
    const char *name = pmpo_say(st, "shortened.%d.%zu", step->index, i);
    return pmpo_record_note(st, name,
                            pmpo_say(st, "example %.*s was cut in the middle, "
                                     "to %zu bytes a text, in the rewriting "
                                     "request", (int)e->id.len, e->id.ptr,
                                     max),
                            err);
}

static int fill_batch(pmpo_state *st, const pmpo_step *step, size_t max_bytes,
                      batch *b, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < b->n_requests; i++) {
        pmpo_form_input in = {
            .task = st->o.task,
            .instruction = st->rows[st->incumbent].prompt,
            .example = case_of(st, step, i),
            .max_bytes = max_bytes,
            .segments = step->segments,
            .n_segments = step->n_segments,
        };
        pmpo_buf_clear(&b->forms[i]);
        if (pmpo_form_rewrite(st->o.form, &in, &b->forms[i])) {
            rc = note_cut(st, step, i, max_bytes, err);
        }
        for (size_t v = 0; v < b->n_samples; v++) {
            b->seeds[i * b->n_samples + v] = pmpo_seed_for(
                st->o.seed, "rewrite", (uint64_t)step->index, i, v);
        }
    }
    return rc;
}

static int ask(pmpo_state *st, pmpo_step *step, batch *b, pmpo_error *err)
{
    int rc = fill_batch(st, step, PMPO_CASE_BYTES, b, err);
    rc = rc < 0 ? rc
                : batch_run(st, b, "rewrite", step->index, &step->mem, err);
    if (rc == PMPO_ETOOLONG) {
        rc = fill_batch(st, step, SHORT_CASE_BYTES, b, err);
        rc = rc < 0 ? rc
                    : batch_run(st, b, "rewrite", step->index, &step->mem,
                                err);
    }
    return rc;
}

/* ---- replies ------------------------------------------------------------- */

static int add_candidate(pmpo_state *st, const pmpo_step *step,
                         const batch *b, size_t i, pmpo_error *err)
{
    pmpo_candidate_row *row = pmpo_new_row(st);
    if (!row) {
        return pmpo_fail_memory(err);
    }
    size_t k = i / b->n_samples;
    row->parent = st->incumbent;
    row->iteration = step->index;
    row->index = (int)i;
    row->proposer = "rewrite";
    row->hard_case = (int)k;
    row->variant = (int)(i % b->n_samples);
    row->seed = b->seeds[i];
    row->reply = pmpo_arena_str(&st->mem, b->replies[i].text);
    if (!row->reply.ptr) {
        return pmpo_fail_memory(err);
    }
    st->n_replies++;
    return pmpo_vet_reply(st, row, b->replies[i].complete, err);
}

static int propose_rewrites(pmpo_state *st, pmpo_step *step, pmpo_error *err)
{
    batch b;
    pmpo_error why = {0};
    int rc = batch_init(&b, step->n_cases, (size_t)st->o.variants,
                        &step->mem, err);
    size_t n = rc < 0 ? 0 : b.n_requests * b.n_samples;
    rc = rc < 0 ? rc : ask(st, step, &b, &why);
    if (rc == PMPO_ETOOLONG) { /* no rewrites this time; the run goes on */
        n = 0;
        rc = pmpo_record_note(st, pmpo_say(st, "no_rewrites.%d", step->index),
                              pmpo_say(st, "the rewriting request is too long "
                                       "for the rewriter: %s", why.text), err);
    } else if (rc < 0 && why.code) {
        rc = pmpo_fail(err, rc, "%s", why.text);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add_candidate(st, step, &b, i, err);
    }
    batch_release(&b);
    return rc;
}

const pmpo_proposer pmpo_proposers[] = {
    {"rewrite", propose_rewrites},
};
const size_t pmpo_n_proposers
    = sizeof(pmpo_proposers) / sizeof(pmpo_proposers[0]);
