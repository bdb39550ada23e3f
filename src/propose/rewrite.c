/* rewrite.c: the published proposer, which shows the rewriter the incumbent,
 * its mask table and a hard case (arXiv 2505.16307, section 3), and the probe
 * that chooses its form.
 *
 * A reply that holds no usable instruction costs nothing but itself: it is
 * kept with its reason and the run goes on. */
#include <stdio.h>

#include "base/error.h"
#include "data/data.h"
#include "propose/ask.h"
#include "propose/forms.h"
#include "propose/propose.h"
#include "text/text.h"

#define SHORT_CASE_BYTES 400 /* second try, when the request is too long */

static pmpo_gen_params sampling(const pmpo_optimize_options *o)
{
    return (pmpo_gen_params){.temperature = o->temperature,
                             .top_p = o->top_p,
                             .max_tokens = o->max_reply_tokens,
                             .stop = PMPO_STR(PMPO_REPLY_CLOSE)};
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

static int run_probe(pmpo_jobs *jobs, const pmpo_optimize_options *o,
                     pmpo_arena *mem, int *n_usable, pmpo_error *err)
{
    pmpo_ask a;
    int rc = pmpo_ask_init(&a, 1, PMPO_PROBE_SAMPLES, mem, err);
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
    for (size_t i = 0; i < a.n_samples; i++) {
        a.seeds[i] = pmpo_seed_for(o->seed, "probe", 0, 0, i);
    }
    pmpo_gen_params params = sampling(o);
    rc = pmpo_ask_run(&a, jobs, "probe", 0, &params, mem, err);
    *n_usable = 0;
    for (size_t i = 0; rc == 0 && i < a.n_samples; i++) {
        *n_usable += usable_probe(&a.replies[i]);
    }
    pmpo_ask_release(&a);
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

/* ---- requests ------------------------------------------------------------ */

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

static int fill(const pmpo_scene *s, size_t max_bytes, pmpo_ask *a,
                pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < a->n_requests; i++) {
        const pmpo_form_input in = {
            .task = s->o->task,
            .instruction = s->incumbent,
            .example = pmpo_data_example(s->train, s->cases[i]),
            .max_bytes = max_bytes,
            .segments = s->segments,
            .n_segments = s->n_segments,
            .noise_floor = s->noise_floor,
        };
        pmpo_buf_clear(&a->forms[i]);
        if (pmpo_form_rewrite(s->o->form, &in, &a->forms[i])) {
            rc = note_cut(s, i, max_bytes, err);
        }
        for (size_t v = 0; v < a->n_samples; v++) {
            a->seeds[i * a->n_samples + v] = pmpo_seed_for(
                s->o->seed, "rewrite", (uint64_t)s->iteration, i, v);
        }
    }
    return rc;
}

static int ask(const pmpo_scene *s, pmpo_ask *a, pmpo_arena *mem,
               pmpo_error *err)
{
    pmpo_gen_params params = sampling(s->o);
    int rc = fill(s, PMPO_CASE_BYTES, a, err);
    rc = rc < 0 ? rc
                : pmpo_ask_run(a, s->jobs, "rewrite", s->iteration, &params,
                               mem, err);
    if (rc == PMPO_ETOOLONG) {
        rc = fill(s, SHORT_CASE_BYTES, a, err);
        rc = rc < 0 ? rc
                    : pmpo_ask_run(a, s->jobs, "rewrite", s->iteration,
                                   &params, mem, err);
    }
    return rc;
}

/* ---- replies ------------------------------------------------------------- */

static int add(const pmpo_scene *s, const pmpo_ask *a, size_t i,
               pmpo_proposals *out, pmpo_error *err)
{
    pmpo_proposal *p = pmpo_proposals_add(out);
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->parents[0] = s->incumbent_id;
    p->n_parents = 1;
    p->hard_case = (int)(i / a->n_samples);
    p->variant = (int)(i % a->n_samples);
    p->seed = a->seeds[i];
    p->asked = true;
    p->reply = pmpo_arena_str(out->mem, a->replies[i].text);
    if (!p->reply.ptr) {
        return pmpo_fail_memory(err);
    }
    p->why = pmpo_text_read_reply(p->reply, a->replies[i].complete,
                                  &p->prompt);
    p->prompt = p->why ? PMPO_STR("") : p->prompt;
    return 0;
}

static int note_too_long(const pmpo_scene *s, const pmpo_error *why,
                         pmpo_error *err)
{
    char text[sizeof(why->text) + 80];
    snprintf(text, sizeof(text), "the rewriting request is too long for the "
             "rewriter: %s", why->text);
    return s->note(s->ud, PMPO_NOTE_NO_REWRITES, s->iteration, 0, text, err);
}

int pmpo_propose_rewrites(const pmpo_scene *s, pmpo_proposals *out,
                          pmpo_error *err)
{
    pmpo_ask a;
    pmpo_error why = {0};
    int rc = pmpo_ask_init(&a, s->n_cases, (size_t)s->o->variants, s->scratch,
                           err);
    size_t n = rc < 0 ? 0 : a.n_requests * a.n_samples;
    rc = rc < 0 ? rc : ask(s, &a, s->scratch, &why);
    if (rc == PMPO_ETOOLONG) { /* no rewrites this time; the run goes on */
        n = 0;
        rc = note_too_long(s, &why, err);
    } else if (rc < 0 && why.code) {
        rc = pmpo_fail(err, rc, "%s", why.text);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add(s, &a, i, out, err);
    }
    pmpo_ask_release(&a);
    return rc;
}

size_t pmpo_most_rewrites(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 ? 0 : (size_t)o->hard * (size_t)o->variants;
}
