/* edit.c: one new sentence, which the program puts into the incumbent.
 *
 * A small model writes a sentence well and a whole instruction badly. The
 * first request asks for a sentence to add; the others for one in place of the
 * segment of the mask table that helps least, the second least, and so on. */
#include <math.h>

#include "base/error.h"
#include "data/data.h"
#include "propose/forms.h"
#include "propose/replies.h"
#include "text/text.h"

/* What rules begin with; see induce.c. */
static const char *const openings[] = {
    "Before you answer,", "Always", "First,",   "The answer must",
    "Work out",           "Check",  "When you", "Look for",
    "In the end,",        "Keep",
};

/* Which segment a request is about. */
typedef struct plan {
    size_t segment[PMPO_MAX_SEGMENTS + 1]; /* SIZE_MAX: a sentence is added */
    int parents[PMPO_MAX_SEGMENTS + 1]; /* the incumbent's id */
    size_t n;
} plan;

static bool in_plan(const plan *p, size_t segment)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->segment[i] == segment) {
            return true;
        }
    }
    return false;
}

static bool stays(const pmpo_scene *s, size_t segment)
{
    const pmpo_span span = {s->segments[segment].begin,
                            s->segments[segment].end};
    return s->kept && pmpo_keep_touches(s->kept, s->instruction, span);
}

/* Adding first, then the least useful segments; a segment that is all of the
 * instruction is left alone, and so is one whose effect is not known. */
static void make_plan(const pmpo_scene *s, size_t most, plan *p)
{
    size_t n_own = 0;
    for (size_t i = 0; i < s->n_segments; i++) {
        n_own += pmpo_scene_instructs(s, i);
    }
    p->segment[0] = SIZE_MAX;
    p->n = 1;
    while (p->n < most && n_own >= 2) {
        size_t least = SIZE_MAX;
        for (size_t i = 0; i < s->n_segments; i++) {
            double e = s->segments[i].effect;
            if (!isnan(e) && pmpo_scene_instructs(s, i) && !in_plan(p, i) &&
                !stays(s, i) &&
                (least == SIZE_MAX || e < s->segments[least].effect)) {
                least = i;
            }
        }
        if (least == SIZE_MAX) {
            return;
        }
        p->segment[p->n++] = least;
    }
}

static int fill(const pmpo_scene *s, const void *ud, size_t i, size_t max,
                pmpo_buf *out, pmpo_error *err)
{
    (void)err;
    const plan *p = ud;
    bool less = s->o->form == PMPO_FORM_SMALL && max > PMPO_SMALL_CASE_BYTES;
    const pmpo_form_input in = {
        .task = s->o->task,
        .instruction = s->instruction,
        .example = pmpo_data_example(s->train, s->cases[i % s->n_cases]),
        .max_bytes = less ? PMPO_SMALL_CASE_BYTES : max,
    };
    size_t u = p->segment[i];
    pmpo_form_edit(&in, u == SIZE_MAX ? PMPO_STR("") : s->segments[u].text,
                   out);
    return 0;
}

static void splice(const pmpo_scene *s, const void *ud, size_t i,
                   pmpo_str said, pmpo_buf *out)
{
    size_t u = ((const plan *)ud)->segment[i];
    if (u == SIZE_MAX) {
        pmpo_text_join(s->instruction, said, out);
        return;
    }
    const pmpo_span span = {s->segments[u].begin, s->segments[u].end};
    pmpo_text_replace(s->instruction, span, said, out);
}

int pmpo_propose_edits(const pmpo_scene *s, pmpo_proposals *out,
                       pmpo_error *err)
{
    plan p;
    size_t most = (size_t)s->o->hard;
    if (s->n_cases == 0) {
        return 0;
    }
    make_plan(s, most < PMPO_MAX_SEGMENTS ? most : PMPO_MAX_SEGMENTS, &p);
    for (size_t i = 0; i < p.n; i++) {
        p.parents[i] = s->incumbent_id;
    }
    const pmpo_rewrite_plan rewrites = {
        .name = "edit",
        .n_requests = p.n,
        .n_samples = (size_t)s->o->variants,
        .fill = fill,
        .splice = splice,
        .openings = openings,
        .n_openings = sizeof(openings) / sizeof(openings[0]),
        .ud = &p,
        .parents = p.parents,
        .sentence = true,
    };
    return pmpo_replies_gather(s, &rewrites, out, err);
}

size_t pmpo_most_edits(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 ? 0 : (size_t)o->hard * (size_t)o->variants;
}
