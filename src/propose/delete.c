/* delete.c: the incumbent without the segments that don't help it.
 *
 * A segment whose effect is 0 or below costs length for nothing, or worse. Each
 * is taken out alone, and all of them together. */
#include "base/error.h"
#include "propose/propose.h"
#include "text/text.h"

static int add(const pmpo_scene *s, const pmpo_buf *b, pmpo_proposals *out,
               pmpo_error *err)
{
    pmpo_str prompt = pmpo_str_trim(pmpo_buf_str(b));
    if (b->failed) {
        return pmpo_fail_memory(err);
    }
    if (prompt.len == 0 || pmpo_scene_tried(s, prompt)) {
        return 0;
    }
    pmpo_proposal *p = pmpo_proposals_add(out);
    if (!p) {
        return pmpo_fail_memory(err);
    }
    p->whole = true;
    p->parents[0] = s->incumbent_id;
    p->n_parents = 1;
    p->prompt = pmpo_arena_str(out->mem, prompt);
    return p->prompt.ptr ? 0 : pmpo_fail_memory(err);
}

static int without(const pmpo_scene *s, size_t i, pmpo_proposals *out,
                   pmpo_error *err)
{
    const pmpo_span span = {s->segments[i].begin, s->segments[i].end};
    pmpo_buf b = {0};
    pmpo_text_without(s->incumbent, &span, 1, &b);
    int rc = add(s, &b, out, err);
    pmpo_buf_release(&b);
    return rc;
}

int pmpo_propose_deletions(const pmpo_scene *s, pmpo_proposals *out,
                           pmpo_error *err)
{
    pmpo_span useless[PMPO_MAX_SEGMENTS];
    size_t n = 0;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->n_segments; i++) {
        const pmpo_span span = {s->segments[i].begin, s->segments[i].end};
        bool stays = s->kept && pmpo_keep_touches(s->kept, s->incumbent, span);
        if (!stays && s->segments[i].effect <= 0) { /* false of NAN */
            useless[n++] = span;
            rc = without(s, i, out, err);
        }
    }
    if (rc == 0 && n > 1) {
        pmpo_buf b = {0};
        pmpo_text_without(s->incumbent, useless, n, &b);
        rc = add(s, &b, out, err);
        pmpo_buf_release(&b);
    }
    return rc;
}

size_t pmpo_most_deletions(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 || o->no_mask ? 0 : (size_t)o->segments + 1;
}
