/* rewrite.c: the published proposer, which shows the rewriter the incumbent,
 * its mask table and a hard case (arXiv 2505.16307, section 3), and the probe
 * that chooses its form. Sentences of the contract that a rewrite has lost are
 * put behind it (contract.h; not as published).
 *
 * A reply that holds no usable instruction costs nothing but itself: it is
 * kept with its reason and the run goes on. */
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"
#include "propose/rewriter_batch.h"
#include "propose/contract.h"
#include "propose/forms.h"
#include "propose/replies.h"
#include "text/text.h"

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

static int run_probe(pmpo_jobs *jobs, const pmpo_optimize_options *o,
                     pmpo_arena *mem, int *n_usable, pmpo_error *err)
{
    pmpo_rewriter_batch a;
    int rc = pmpo_rewriter_batch_init(&a, 1, PMPO_PROBE_SAMPLES, mem, err);
    if (rc < 0) {
        return rc;
    }
    const pmpo_form_input in = {
        .task = PMPO_STR(PMPO_PROBE_TASK),
        .instruction = PMPO_STR(PMPO_PROBE_INSTRUCTION),
        .example = &pmpo_probe_example,
        .max_bytes = PMPO_CASE_BYTES,
    };
    pmpo_form_rewrite(PMPO_FORM_LARGE, &in, &a.forms[0]);
    a.json = o->paper ? NULL : pmpo_form_json(true);
    for (size_t i = 0; i < a.n_samples; i++) {
        a.seeds[i] = pmpo_seed_for(o->seed, "probe", 0, 0, i);
    }
    pmpo_gen_params params = pmpo_replies_sampling(o);
    rc = pmpo_rewriter_batch_run(&a, jobs, "probe", 0, &params, mem, err);
    *n_usable = 0;
    for (size_t i = 0; rc == 0 && i < a.n_samples; i++) {
        *n_usable += usable_probe(&a.replies[i]);
    }
    pmpo_rewriter_batch_release(&a);
    return rc;
}

int pmpo_probe_large_form(pmpo_jobs *jobs, const pmpo_optimize_options *o,
                          int *n_usable, pmpo_error *err)
{
    pmpo_arena mem = {0};
    int rc = run_probe(jobs, o, &mem, n_usable, err);
    pmpo_arena_release(&mem);
    return rc;
}

/* ---- rewriting ----------------------------------------------------------- */

static int note_cut(const pmpo_scene *s, size_t i, size_t max,
                    pmpo_error *err)
{
    const pmpo_example *e = pmpo_data_example(s->train, s->cases[i]);
    char text[500];
    snprintf(text, sizeof(text), "example %.*s was cut in the middle, to %zu "
             "bytes a text, in the rewriting request",
             e->id.len < 300 ? (int)e->id.len : 300, e->id.ptr, max);
    return s->note(s->ud, PMPO_NOTE_SHORTENED, s->iteration, (int)i, text,
                   err);
}

/* See induce.c. */
static const char *const openings[] = {
    "Read the", "Solve", "Answer", "Think about", "Find", "Work through",
    "You will get",
};

static int fill(const pmpo_scene *s, const void *ud, size_t i, size_t max,
                pmpo_buf *out, pmpo_error *err)
{
    (void)ud;
    bool small = s->o->form == PMPO_FORM_SMALL && !s->o->paper; /* cuts all */
    bool less = small && max > PMPO_SMALL_CASE_BYTES;
    size_t n = 0; /* demonstrations are the last segment: not shown */
    while (n < s->n_segments && pmpo_scene_instructs(s, n)) {
        n++;
    }
    const pmpo_form_input in = {
        .task = s->o->task,
        .instruction = s->instruction,
        .example = pmpo_data_example(s->train, s->cases[i]),
        .max_bytes = less ? PMPO_SMALL_CASE_BYTES : max,
        .segments = s->segments,
        .n_segments = n,
        .noise_floor = s->noise_floor,
    };
    bool cut = pmpo_form_rewrite(s->o->form, &in, out);
    return cut && !small ? note_cut(s, i, max, err) : 0;
}

int pmpo_propose_rewrites(const pmpo_scene *s, pmpo_proposals *out,
                          pmpo_error *err)
{
    pmpo_contract held;
    int *parents = pmpo_arena_alloc(s->scratch, s->n_cases, sizeof(*parents));
    int rc = pmpo_contract_held(s, &held, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; parents && i < s->n_cases; i++) {
        parents[i] = s->incumbent_id;
    }
    const pmpo_rewrite_plan rewrites = {
        .name = "rewrite",
        .n_requests = s->n_cases,
        .n_samples = (size_t)s->o->variants,
        .fill = fill,
        .splice = pmpo_contract_restore,
        .ud = &held,
        .openings = openings,
        .n_openings = sizeof(openings) / sizeof(openings[0]),
        .parents = parents,
        .shows_cases = true,
        .diagnoses = true,
    };
    return parents ? pmpo_replies_gather(s, &rewrites, out, err)
                   : pmpo_fail_memory(err);
}

size_t pmpo_most_rewrites(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 ? 0 : (size_t)o->hard * (size_t)o->variants;
}
