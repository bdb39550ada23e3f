/* replies.c: see replies.h. */
#include "propose/replies.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "propose/rewriter_batch.h"
#include "propose/forms.h"
#include "text/text.h"

#define SHORT_CASE_BYTES 400 /* second try, when the request is too long */
#define WARMER 0.3           /* what is asked again */
/* With openings: these make replies differ, so it need not be chance. */
#define COOLER 0.3
#define WARM_STEP 0.1        /* for each earlier iteration that repeated itself */
#define MOST_WARMTH 0.4      /* of these steps together */

pmpo_gen_params pmpo_replies_sampling(const pmpo_optimize_options *o)
{
    return (pmpo_gen_params){.temperature = o->temperature,
                             .top_p = o->top_p,
                             .max_tokens = o->max_reply_tokens,
                             .stop = PMPO_STR(PMPO_REPLY_CLOSE)};
}

/* ---- warmth ----------------------------------------------------------------- */

/* Replies of one iteration that were more than a third repetitions. */
static bool repeated_itself(const pmpo_scene *s, const char *name, int iteration)
{
    size_t n = 0, same = 0;
    for (size_t i = 0; i < s->n_rows; i++) {
        const pmpo_candidate_row *r = &s->rows[i];
        if (r->iteration == iteration && r->proposer && r->reply.len > 0
            && !strcmp(r->proposer, name)) {
            n++;
            same += r->fate == PMPO_FATE_DUPLICATE;
        }
    }
    return 3 * same > n;
}

double pmpo_replies_temperature(const pmpo_scene *s, const char *name)
{
    double more = 0;
    for (int t = 0; t < s->iteration && !s->o->paper; t++) {
        more += repeated_itself(s, name, t) ? WARM_STEP : 0;
    }
    return s->o->temperature + (more < MOST_WARMTH ? more : MOST_WARMTH);
}

/* ---- asking ------------------------------------------------------------------ */

typedef struct gathering {
    const pmpo_scene *s;
    const pmpo_rewrite_plan *a;
    pmpo_proposals *out;
    bool small, begins;
    pmpo_str grammar;
    double temperature;
    size_t first; /* of our proposals in out */
} gathering;

static bool plain_ascii(pmpo_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

static int settle_form(gathering *g, pmpo_error *err)
{
    const pmpo_scene *s = g->s;
    g->small = s->o->form == PMPO_FORM_SMALL && !s->o->paper;
    g->begins = g->small || (!s->o->paper && !g->a->diagnoses);
    g->grammar = PMPO_STR("");
    if (!g->small) {
        return 0;
    }
    pmpo_buf b = {0};
    pmpo_str like = g->a->sentence ? PMPO_STR("") : s->instruction;
    bool ascii = plain_ascii(s->instruction) && plain_ascii(s->o->task);
    pmpo_form_grammar(like, g->a->n_openings > 0, ascii, g->a->sentence, &b);
    g->grammar = pmpo_arena_str(s->scratch, pmpo_buf_str(&b));
    bool failed = b.failed || !g->grammar.ptr;
    pmpo_buf_release(&b);
    return failed ? pmpo_fail_memory(err) : 0;
}

/* What a request of one job asks: the plan's request and, if it has a single
 * sample, which variant that is. */
typedef struct slot {
    size_t request, variant;
} slot;

static int begin(const gathering *g, slot at, pmpo_str *out, pmpo_error *err)
{
    const pmpo_rewrite_plan *a = g->a;
    pmpo_buf b = {0};
    if (!g->begins) {
        return 0;
    }
    pmpo_buf_puts(&b, PMPO_REPLY_OPEN);
    if (g->small && a->n_openings > 0) {
        size_t k = at.request * a->n_samples + at.variant
                   + (size_t)g->s->iteration * a->n_requests * a->n_samples;
        pmpo_buf_puts(&b, a->openings[k % a->n_openings]);
    }
    *out = pmpo_arena_str(g->s->scratch, pmpo_buf_str(&b));
    bool failed = b.failed || !out->ptr;
    pmpo_buf_release(&b);
    return failed ? pmpo_fail_memory(err) : 0;
}

static int fill(const gathering *g, pmpo_rewriter_batch *q, const slot *slots,
                size_t max, pmpo_error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < q->n_requests; i++) {
        pmpo_buf_clear(&q->forms[i]);
        rc = g->a->fill(g->s, g->a->ud, slots[i].request, max, &q->forms[i],
                        err);
        rc = rc < 0 ? rc : begin(g, slots[i], &q->begun[i], err);
    }
    q->grammar = g->grammar;
    q->json = g->s->o->paper ? NULL : pmpo_form_json(!g->begins);
    return rc;
}

static int run(const gathering *g, pmpo_rewriter_batch *q, const slot *slots,
               bool again, const char *kind, pmpo_error *err)
{
    pmpo_gen_params p = pmpo_replies_sampling(g->s->o);
    p.temperature = g->temperature + (again ? WARMER : 0);
    bool least = again && g->small;
    size_t shorter = g->small ? PMPO_REPAIR_CASE_BYTES : SHORT_CASE_BYTES;
    int rc = fill(g, q, slots, least ? PMPO_REPAIR_CASE_BYTES : PMPO_CASE_BYTES,
                  err);
    rc = rc < 0 ? rc
                : pmpo_rewriter_batch_run(q, g->s->jobs, kind, g->s->iteration,
                                          &p, g->s->scratch, err);
    if (rc == PMPO_ETOOLONG && !least) {
        rc = fill(g, q, slots, shorter, err);
        rc = rc < 0
                 ? rc
                 : pmpo_rewriter_batch_run(q, g->s->jobs, kind, g->s->iteration,
                                           &p, g->s->scratch, err);
    }
    return rc;
}

/* ---- reading ------------------------------------------------------------------ */

static int splice(const gathering *g, size_t i, pmpo_str said,
                  pmpo_proposal *p, pmpo_error *err)
{
    pmpo_buf b = {0};
    if (!g->a->splice) {
        p->prompt = said;
        return 0;
    }
    g->a->splice(g->s, g->a->ud, i, said, &b);
    p->prompt = pmpo_arena_str(g->out->mem, pmpo_str_trim(pmpo_buf_str(&b)));
    p->joined = !pmpo_str_eq(p->prompt, pmpo_str_trim(said));
    bool failed = b.failed || !p->prompt.ptr;
    pmpo_buf_release(&b);
    return failed ? pmpo_fail_memory(err) : 0;
}

/* Variant v of the plan's request i. */
static int add(const gathering *g, const pmpo_job_reply *reply, uint64_t seed,
               size_t i, size_t v, pmpo_error *err)
{
    pmpo_proposal *p = pmpo_proposals_add(g->out);
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->n_parents = g->a->parents != NULL;
    p->parents[0] = g->a->parents ? g->a->parents[i] : 0;
    p->n_tokens = reply->n_tokens;
    p->hard_case = g->a->shows_cases ? (int)i : -1;
    p->variant = (int)v;
    p->seed = seed;
    p->asked = true;
    p->reply = pmpo_arena_str(g->out->mem, reply->text);
    if (!p->reply.ptr) {
        return pmpo_fail_memory(err);
    }
    pmpo_str said;
    p->why = pmpo_text_read_reply(p->reply, reply->complete, &said);
    return p->why ? 0 : splice(g, i, said, p, err);
}

/* Was something worth scoring made of out->of[k]? */
static int is_useful(const gathering *g, size_t k, bool *yes, pmpo_error *err)
{
    const pmpo_proposal *p = &g->out->of[k];
    *yes = !p->why && !pmpo_scene_tried(g->s, p->prompt);
    for (size_t i = 0; *yes && i < k; i++) {
        *yes = !pmpo_str_eq(g->out->of[i].prompt, p->prompt);
    }
    return *yes && g->s->sound
               ? g->s->sound(g->s->ud, p->prompt, p->joined, yes, err)
               : 0;
}

/* What the rewriter's engine found out is part of the run. */
static int tell_learned(const pmpo_scene *s, pmpo_error *err)
{
    const char *text = s->jobs->model->learned;
    return text ? s->note(s->ud, PMPO_NOTE_WARNING, s->iteration, 0, text, err)
                : 0;
}

/* ---- once more ----------------------------------------------------------------- */

/* Asks for slots[0..n), each of a request with n_samples samples. */
static int ask(const gathering *g, bool again, const slot *slots, size_t n,
               size_t n_samples, pmpo_error *err)
{
    pmpo_rewriter_batch q;
    char kind[48];
    snprintf(kind, sizeof(kind), "%s%s", g->a->name, again ? " again" : "");
    int rc = pmpo_rewriter_batch_init(&q, n, n_samples, g->s->scratch, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < n * n_samples; i++) {
        const slot *at = &slots[i / n_samples];
        q.seeds[i] = pmpo_seed_for(g->s->o->seed, kind,
                                   (uint64_t)g->s->iteration, at->request,
                                   at->variant + i % n_samples);
    }
    rc = run(g, &q, slots, again, kind, err);
    rc = rc < 0 ? rc : tell_learned(g->s, err);
    for (size_t i = 0; rc == 0 && i < n * n_samples; i++) {
        const slot *at = &slots[i / n_samples];
        rc = add(g, &q.replies[i], q.seeds[i], at->request,
                 at->variant + i % n_samples, err);
    }
    pmpo_rewriter_batch_release(&q);
    return rc;
}

/* Requests that begin alike have their samples together. */
static int ask_all(const gathering *g, pmpo_error *err)
{
    const pmpo_rewrite_plan *a = g->a;
    bool alike = !g->small || a->n_openings == 0;
    size_t each = alike ? a->n_samples : 1;
    size_t n = a->n_requests * a->n_samples / each;
    slot *slots = pmpo_arena_alloc(g->s->scratch, n, sizeof(*slots));
    for (size_t i = 0; slots && i < n; i++) {
        slots[i] = (slot){i * each / a->n_samples, i * each % a->n_samples};
    }
    return slots ? ask(g, false, slots, n, each, err)
                 : pmpo_fail_memory(err);
}

/* The slots without a useful reply, once more. */
static int repair(const gathering *g, pmpo_error *err)
{
    size_t n = 0, end = g->out->n;
    int rc = 0;
    slot *slots = pmpo_arena_alloc(g->s->scratch, end - g->first,
                                   sizeof(*slots));
    if (!slots) {
        return pmpo_fail_memory(err);
    }
    for (size_t k = g->first; rc == 0 && k < end; k++) {
        bool yes;
        rc = is_useful(g, k, &yes, err);
        if (rc == 0 && !yes) {
            size_t at = k - g->first;
            slots[n++] = (slot){at / g->a->n_samples, at % g->a->n_samples};
        }
    }
    return rc < 0 || n == 0 ? rc : ask(g, true, slots, n, 1, err);
}

/* ---- all ------------------------------------------------------------------------ */

static int note_too_long(const pmpo_scene *s, const char *name,
                         const pmpo_error *why, pmpo_error *err)
{
    char text[sizeof(why->text) + 80];
    snprintf(text, sizeof(text), "the request of the proposer %s is too long "
             "for the rewriter: %s", name, why->text);
    return s->note(s->ud, PMPO_NOTE_NO_REWRITES, s->iteration, 0, text, err);
}

int pmpo_replies_gather(const pmpo_scene *s, const pmpo_rewrite_plan *a,
                        pmpo_proposals *out, pmpo_error *err)
{
    gathering g = {.s = s, .a = a, .out = out, .first = out->n};
    pmpo_error why = {0};
    if (a->n_requests == 0 || a->n_samples == 0) {
        return 0;
    }
    int rc = settle_form(&g, &why);
    g.temperature = pmpo_replies_temperature(s, a->name);
    if (g.small && a->n_openings > 0) {
        g.temperature = fmax(g.temperature - COOLER, 0);
    }
    rc = rc < 0 ? rc : ask_all(&g, &why);
    if (rc == 0 && !s->o->paper) {
        rc = repair(&g, &why);
    }
    s->jobs->model->learned =
        NULL;                  /* the next proposer has a note of its own */
    if (rc == PMPO_ETOOLONG) { /* no replies this time; the run goes on */
        return note_too_long(s, a->name, &why, err);
    }
    return rc < 0 && why.code ? pmpo_fail(err, rc, "%s", why.text) : rc;
}
