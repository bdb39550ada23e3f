/* paraphrase.c: the run's best prompts in other words.
 *
 * The rewriter sees no example, so it can't tell one again. */
#include <math.h>

#include "base/error.h"
#include "propose/forms.h"
#include "propose/replies.h"
#include "text/demos.h"

typedef struct originals {
    size_t *rows; /* [n] the incumbent first, then by loss */
    int *ids;     /* [n] */
    size_t n;
} originals;

static bool is_in(const originals *x, size_t row)
{
    for (size_t i = 0; i < x->n; i++) {
        if (x->rows[i] == row) {
            return true;
        }
    }
    return false;
}

static int choose(const pmpo_scene *s, size_t most, originals *x,
                  pmpo_error *err)
{
    x->rows = pmpo_arena_alloc(s->scratch, most, sizeof(*x->rows));
    x->ids = pmpo_arena_alloc(s->scratch, most, sizeof(*x->ids));
    if (!x->rows || !x->ids) {
        return pmpo_fail_memory(err);
    }
    size_t next = (size_t)s->incumbent_id;
    while (x->n < most && next != SIZE_MAX) {
        x->rows[x->n] = next;
        x->ids[x->n++] = s->rows[next].id;
        next = SIZE_MAX;
        for (size_t i = 0; i < s->n_rows; i++) {
            const pmpo_candidate_row *r = &s->rows[i];
            bool better = next == SIZE_MAX || r->loss < s->rows[next].loss;
            if (!isnan(r->loss) && r->fate != PMPO_FATE_DUPLICATE
                && r->prompt.len > 0 && !is_in(x, i) && better) {
                next = i;
            }
        }
    }
    return 0;
}

static int fill(const pmpo_scene *s, const void *ud, size_t i, size_t max,
                pmpo_buf *out, pmpo_error *err)
{
    const originals *x = ud;
    (void)max;
    (void)err;
    pmpo_demos d;
    pmpo_demos_read(s->rows[x->rows[i]].prompt, &d);
    pmpo_form_paraphrase(d.instruction, out);
    return 0;
}

int pmpo_propose_paraphrases(const pmpo_scene *s, pmpo_proposals *out,
                             pmpo_error *err)
{
    originals x = {0};
    int rc = choose(s, (size_t)s->o->hard, &x, err);
    const pmpo_rewrite_plan rewrites = {
        .name = "paraphrase",
        .n_requests = x.n,
        .n_samples = (size_t)s->o->variants,
        .fill = fill,
        .ud = &x,
        .parents = x.ids,
    };
    return rc < 0 ? rc : pmpo_replies_gather(s, &rewrites, out, err);
}

size_t pmpo_most_paraphrases(const pmpo_optimize_options *o, int iteration)
{
    return iteration == 0 ? 0 : (size_t)o->hard * (size_t)o->variants;
}
