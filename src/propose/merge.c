/* merge.c: the incumbent with the best of what other prompts say.
 *
 * What a part is worth is known from the mask tables of earlier incumbents,
 * and from short prompts that were scored whole: one is worth what it gained
 * on the start prompt. */
#include <math.h>

#include "base/error.h"
#include "propose/propose.h"
#include "text/demos.h"
#include "text/text.h"

#define MOST_MERGED 3    /* parts, each added by itself; and the first two */
#define PART_BYTES 240   /* a longer one is no part but a prompt */

typedef struct parts {
    pmpo_known_segment of[MOST_MERGED]; /* the best first */
    size_t n;
} parts;

static bool says(const pmpo_scene *s, const parts *p, pmpo_str text)
{
    for (size_t i = 0; i < p->n; i++) {
        if (pmpo_str_eq(p->of[i].text, text)) {
            return true;
        }
    }
    return pmpo_str_find(s->instruction, text, 0) != SIZE_MAX;
}

static void offer(const pmpo_scene *s, parts *p, pmpo_str text, double effect,
                  int prompt)
{
    double least = isnan(s->noise_floor) ? 0 : s->noise_floor;
    text = pmpo_str_trim(text);
    if (!(effect > least) || text.len == 0 || text.len > PART_BYTES
        || says(s, p, text)) {
        return;
    }
    size_t k = p->n < MOST_MERGED ? p->n : MOST_MERGED - 1;
    if (p->n == MOST_MERGED && !(effect > p->of[k].effect)) {
        return;
    }
    p->n = k + 1;
    for (; k > 0 && effect > p->of[k - 1].effect; k--) {
        p->of[k] = p->of[k - 1];
    }
    p->of[k] = (pmpo_known_segment){text, effect, prompt};
}

static void find_parts(const pmpo_scene *s, parts *p)
{
    for (size_t i = 0; i < s->n_past_segments; i++) {
        if (s->past_segments[i].prompt != s->incumbent_id) {
            offer(s, p, s->past_segments[i].text, s->past_segments[i].effect,
                  s->past_segments[i].prompt);
        }
    }
    for (size_t i = 1; i < s->n_rows; i++) {
        const pmpo_candidate_row *r = &s->rows[i];
        pmpo_demos d; /* what they gain is none of the instruction's */
        pmpo_demos_read(r->prompt, &d);
        if (d.n == 0 && r->id != s->incumbent_id &&
            r->fate != PMPO_FATE_DUPLICATE) {
            offer(s, p, r->prompt, s->rows[0].loss - r->loss, r->id);
        }
    }
}

static int add(const pmpo_scene *s, const pmpo_known_segment *more, size_t n,
               pmpo_proposals *out, pmpo_error *err)
{
    pmpo_buf b[2] = {{0}};
    pmpo_buf_put(&b[0], s->instruction);
    for (size_t i = 0; i < n; i++) {
        pmpo_buf_clear(&b[1]);
        pmpo_text_join_new(pmpo_buf_str(&b[0]), more[i].text, &b[1]);
        pmpo_buf_clear(&b[0]);
        pmpo_buf_put(&b[0], pmpo_buf_str(&b[1]));
    }
    bool failed = b[0].failed || b[1].failed;
    bool tried = pmpo_scene_tried(s, pmpo_buf_str(&b[0]));
    pmpo_proposal *p = failed || tried ? NULL : pmpo_proposals_add(out);
    failed = failed || (!tried && !p);
    if (p) {
        p->prompt = pmpo_arena_str(out->mem, pmpo_buf_str(&b[0]));
        failed = !p->prompt.ptr;
        p->joined = true;
        p->parents[p->n_parents++] = s->incumbent_id;
        for (size_t i = 0; i < n && p->n_parents < PMPO_MAX_PARENTS; i++) {
            p->parents[p->n_parents++] = more[i].prompt;
        }
    }
    pmpo_buf_release(&b[0]);
    pmpo_buf_release(&b[1]);
    return failed ? pmpo_fail_memory(err) : 0;
}

int pmpo_propose_mergers(const pmpo_scene *s, pmpo_proposals *out,
                         pmpo_error *err)
{
    parts p = {.n = 0};
    int rc = 0;
    find_parts(s, &p);
    for (size_t i = 0; rc == 0 && i < p.n; i++) {
        rc = add(s, &p.of[i], 1, out, err);
    }
    return rc < 0 || p.n < 2 ? rc : add(s, p.of, 2, out, err);
}

size_t pmpo_most_mergers(const pmpo_optimize_options *o, int iteration)
{
    (void)o;
    return iteration == 0 ? 0 : MOST_MERGED + 1;
}
