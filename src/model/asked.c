/* asked.c: puts the demonstrations of a prompt in their place; see
 * pmpo_asked. */
#include "base/error.h"
#include "data/data.h"
#include "model/template.h"
#include "text/demos.h"

/* What a demonstration's input is compared with. */
static pmpo_str question_of(const pmpo_example *e)
{
    for (size_t i = e->n_messages; i-- > 0;) {
        if (pmpo_str_eq(e->messages[i].role, PMPO_STR("user"))) {
            return pmpo_str_trim(e->messages[i].content);
        }
    }
    return pmpo_str_trim(e->input);
}

/* Takes the example itself out. Returns how many that were. */
static size_t drop_own(pmpo_demos *d, const pmpo_example *e)
{
    pmpo_str own = question_of(e);
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++) {
        if (!pmpo_str_eq(d->of[i].input, own)) {
            d->of[n++] = d->of[i];
        }
    }
    size_t dropped = d->n - n;
    d->n = n;
    return dropped;
}

int pmpo_asked_with(pmpo_str prompt, const pmpo_example *e, pmpo_arena *mem,
                    pmpo_asked *out, pmpo_error *err)
{
    pmpo_demos d;
    pmpo_demos_read(prompt, &d);
    *out = (pmpo_asked){prompt, *e};
    if (d.n == 0) {
        return 0;
    }
    size_t dropped = drop_own(&d, e);
    if (d.as == PMPO_DEMOS_AS_TURNS) {
        out->instruction = d.instruction;
        return d.n > 0 &&
                       pmpo_example_after(e, d.of, d.n, mem, &out->example) < 0
                   ? pmpo_fail_memory(err)
                   : 0;
    }
    if (dropped > 0) {
        pmpo_buf b = {0};
        pmpo_demos_write(&d, &b);
        out->instruction = pmpo_arena_str(mem, pmpo_buf_str(&b));
        bool failed = b.failed || !out->instruction.ptr;
        pmpo_buf_release(&b);
        return failed ? pmpo_fail_memory(err) : 0;
    }
    return 0;
}
